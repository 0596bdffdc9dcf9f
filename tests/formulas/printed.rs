//! Numbers as they are printed.

/// Half of what the last printed digit stands for.
fn half_a_unit(text: &str) -> f64 {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let decimals = mantissa.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    0.5 * 10_f64.powi(exponent.parse::<i32>().unwrap() - i32::try_from(decimals).unwrap())
}

fn off(value: f64, text: &str) -> f64 {
    (value - text.parse::<f64>().unwrap()).abs() / half_a_unit(text)
}

/// The value rounds to what is printed. (One part in 10⁹ of the last digit is left to binary fractions.)
#[track_caller]
pub(crate) fn assert_printed(value: f64, text: &str) {
    assert!(off(value, text) <= 1.0 + 1e-9, "{value} is not {text}");
}

/// The value is off by no more than one of the last digit: where the source went on from numbers it had rounded.
#[track_caller]
pub(crate) fn assert_printed_within_a_unit(value: f64, text: &str) {
    assert!(off(value, text) <= 2.0 + 1e-9, "{value} is not within a unit of {text}");
}

#[test]
fn digits_count() {
    assert_printed(62.1392, "62.14");
    assert_printed(2.8415e-5, "2.84e-5");
    assert!(off(62.146, "62.14") > 1.0 && off(2.846e-5, "2.84e-5") > 1.0 && off(20.5001, "20") > 1.0);
}

//! Numbers that people like to read: ticks at 1-2-5 steps, and how to write them.

/// Ticks at multiples of a 1-2-5 step.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ticks {
    pub(crate) values: Vec<f64>,
    pub(crate) step: f64,
}

/// The 1-2-5 number nearest above `rough` (or equal to it).
pub(crate) fn nice_above(rough: f64) -> f64 {
    let decade = 10_f64.powf(rough.log10().floor());
    for m in [1.0, 2.0, 5.0] {
        if m * decade >= rough * (1.0 - 1e-9) {
            return m * decade;
        }
    }
    10.0 * decade
}

/// The 1-2-5 number nearest below `rough` (or equal to it).
pub(crate) fn nice_below(rough: f64) -> f64 {
    let decade = 10_f64.powf(rough.log10().floor());
    for m in [5.0, 2.0, 1.0] {
        if m * decade <= rough * (1.0 + 1e-9) {
            return m * decade;
        }
    }
    decade
}

/// At most about `count` ticks within `[low, high]`.
pub(crate) fn linear_ticks(low: f64, high: f64, count: usize) -> Ticks {
    let span = high - low;
    if !(span > 0.0 && span.is_finite()) {
        return Ticks { values: vec![low], step: 1.0 };
    }
    let step = nice_above(span / count.max(1) as f64);
    let slack = 1e-9 * step;
    let first = ((low - slack) / step).ceil();
    let last = ((high + slack) / step).floor();
    // Below this the step is lost in the rounding of the values themselves.
    if !(last - first).is_finite() || (last - first) > 1000.0 {
        return Ticks { values: vec![low, high], step: span };
    }
    let n = (last - first).max(-1.0) as i64;
    let values = (0..=n).map(|i| (first + i as f64) * step + 0.0).collect();
    Ticks { values, step }
}

/// Ticks of a logarithmic axis: 1-2-5 in each decade, thinned to decades when there are many, and linear ticks when
/// the axis spans so little that fewer than three would remain.
pub(crate) fn log_ticks(low: f64, high: f64, count: usize) -> Vec<f64> {
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let within = |v: &f64| *v >= low * (1.0 - 1e-9) && *v <= high * (1.0 + 1e-9);
    for mantissas in [&[1.0, 2.0, 5.0][..], &[1.0, 3.0], &[1.0]] {
        let ticks: Vec<f64> =
            (first..=last).flat_map(|e| mantissas.iter().map(move |m| m * 10_f64.powi(e))).filter(within).collect();
        if ticks.len() < 3 {
            return linear_ticks(low, high, count.min(6)).values;
        }
        if ticks.len() <= count {
            return ticks;
        }
    }
    let every = ((last - first) as usize).div_ceil(count.max(1)).max(1);
    (first..=last).step_by(every).map(|e| 10_f64.powi(e)).filter(within).collect()
}

/// A value with the decimals that a step needs; `−` for minus, `×10ⁿ` for what would be unreadable otherwise.
pub(crate) fn with_step(value: f64, step: f64) -> String {
    let step = step.abs().max(f64::MIN_POSITIVE);
    if value != 0.0 && (value.abs() >= 1e7 || step < 1e-5) {
        return scientific(value, (value.abs().log10().floor() - step.log10().floor()).clamp(0.0, 6.0) as usize);
    }
    plain(value, decimals_of(step))
}

/// Decimals that a 1-2-5 step needs.
pub(crate) fn decimals_of(step: f64) -> usize {
    (-(step.log10() + 1e-9).floor()).clamp(0.0, 12.0) as usize
}

/// A value with the given number of decimals, never in scientific notation.
pub(crate) fn plain(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    match text.strip_prefix('-') {
        Some(rest) if rest.bytes().all(|b| b == b'0' || b == b'.') => rest.to_string(),
        Some(rest) => format!("\u{2212}{rest}"),
        None => text,
    }
}

/// A value with at most `digits` significant digits and no trailing zeros.
pub(crate) fn significant(value: f64, digits: usize) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 { "0".into() } else { "\u{2013}".into() };
    }
    let exponent = value.abs().log10().floor();
    if !(-5.0..7.0).contains(&exponent) {
        return scientific(value, digits.saturating_sub(1));
    }
    let decimals = (digits as f64 - 1.0 - exponent).max(0.0) as usize;
    let text = plain(value, decimals);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}

fn scientific(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mantissa = if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
    let raised: String = exponent
        .chars()
        .map(|c| match c {
            '-' => '\u{207B}',
            '1' => '\u{B9}',
            '2' => '\u{B2}',
            '3' => '\u{B3}',
            _ => char::from_u32(0x2070 + c.to_digit(10).unwrap_or(0)).unwrap_or('\u{2070}'),
        })
        .collect();
    let mantissa = mantissa.replace('-', "\u{2212}");
    match mantissa.as_str() {
        "1" => format!("10{raised}"),
        m => format!("{m}×10{raised}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_multiples_of_one_two_five() {
        assert_eq!(linear_ticks(113.0, 1839.0, 6).values, [500.0, 1000.0, 1500.0]);
        assert_eq!(linear_ticks(-1.0, 1.0, 4).values, [-1.0, -0.5, 0.0, 0.5, 1.0]);
        assert_eq!(linear_ticks(5.0, 5.0, 4).values, [5.0]);
        assert_eq!(log_ticks(90.0, 2100.0, 9), [100.0, 200.0, 500.0, 1000.0, 2000.0]);
        assert_eq!(log_ticks(1e-3, 1e6, 10).len(), 10);
        assert_eq!(log_ticks(110.0, 140.0, 9), [110.0, 115.0, 120.0, 125.0, 130.0, 135.0, 140.0]);
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(with_step(0.30000000000000004, 0.1), "0.3");
        assert_eq!(with_step(-0.0, 0.1), "0.0");
        assert_eq!(with_step(-200.0, 100.0), "\u{2212}200");
        assert_eq!(with_step(2.5e9, 5e8), "2.5×10⁹");
        assert_eq!(with_step(1e-8, 1e-8), "10⁻⁸");
        assert_eq!(significant(720.0, 6), "720");
        assert_eq!(significant(0.123456789, 4), "0.1235");
        assert_eq!(significant(-1.5e12, 4), "\u{2212}1.5×10¹²");
    }
}

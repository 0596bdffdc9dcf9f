//! Numbers as text: what is read back is the same double.

/// A finite decimal number with a point, nothing else: no hexadecimal, no `inf`, no separators of thousands.
pub(crate) fn parse(cell: &str) -> Option<f64> {
    let digits = cell.bytes().any(|b| b.is_ascii_digit());
    let plain = cell.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
    if !digits || !plain {
        return None;
    }
    cell.parse::<f64>().ok().filter(|n| n.is_finite())
}

/// The shortest text that reads back to the same double; powers of ten only where the plain form is long.
pub(crate) fn write(number: f64) -> String {
    let size = number.abs();
    if size == 0.0 || (1e-7..1e17).contains(&size) { format!("{number}") } else { format!("{number:e}") }
}

/// `number` × `factor`; by a power of ten as one does on paper, by moving the point, so that 27.9 ug/kg is 0.0279 mg/kg and not
/// 0.027899999999999998.
pub(crate) fn scale(number: f64, factor: f64) -> f64 {
    let exponent = factor.log10().round();
    let shifted = || {
        let (digits, power) = format!("{number:e}").split_once('e').map(|(d, p)| (d.to_owned(), p.parse::<i64>()))?;
        let power = power.ok()?.checked_add(format!("{exponent}").parse::<i64>().ok()?)?;
        parse(&format!("{digits}e{power}"))
    };
    let ten = parse(&format!("1e{exponent}"));
    // Quotients of the table's factors may be off by a rounding.
    let is_ten = ten.is_some_and(|ten| (factor / ten - 1.0).abs() < 4.0 * f64::EPSILON);
    if is_ten { shifted().unwrap_or(number * factor) } else { number * factor }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_back_to_the_same_double() {
        for n in [0.0, 0.1, 1.0 / 3.0, 1e-300, f64::MAX, f64::MIN_POSITIVE, 1e16, 123_456_789.123, 1e-7, 9.9e-8] {
            assert_eq!(parse(&write(n)), Some(n), "{n}");
            assert_eq!(parse(&write(-n)), Some(-n), "{n}");
        }
        assert_eq!(write(0.31), "0.31");
    }

    #[test]
    fn what_is_no_number_is_none() {
        for cell in ["", "-", ".", "e", "inf", "NaN", "1,5", "1 000", "0x10", "1e999", "1_0"] {
            assert_eq!(parse(cell), None, "{cell}");
        }
        assert_eq!(parse("+1.5e-3"), Some(0.0015));
    }

    #[test]
    fn powers_of_ten_scale_as_on_paper() {
        assert_eq!(scale(310.0, 0.001), 0.31);
        assert_eq!(scale(27.9, 0.001), 0.0279);
        assert_eq!(scale(0.07, 10_000.0), 700.0);
        assert_eq!(scale(-0.07, 1e-6 / 0.001), -0.00007);
        assert_eq!((scale(0.0, 0.001), scale(2.0, 112.414)), (0.0, 224.828));
        assert_eq!(scale(3.0, 1e-6), 3e-6);
    }
}

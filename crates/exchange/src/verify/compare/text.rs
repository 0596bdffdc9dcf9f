//! Texts: the same words, and numbers that are equal to a tolerance.

use super::Outcome;

/// What words and numbers end at.
fn parts(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '"' | '[' | ']' | '{' | '}' | '(' | ')'))
        .filter(|part| !part.is_empty())
}

/// Whether two numbers are equal, to `tolerance` of the larger.
pub(super) fn close(a: f64, b: f64, tolerance: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= tolerance * a.abs().max(b.abs())
}

/// Whether two lines say the same, and how far numbers in them are apart, relative to the larger.
pub(super) fn line(a: &str, b: &str, tolerance: f64) -> (bool, f64) {
    if a == b {
        return (true, 0.0);
    }
    let (mut left, mut right, mut furthest) = (parts(a), parts(b), 0.0_f64);
    loop {
        match (left.next(), right.next()) {
            (None, None) => return (true, furthest),
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) => match (a.parse::<f64>(), b.parse::<f64>()) {
                (Ok(a), Ok(b)) if close(a, b, tolerance) => {
                    furthest = furthest.max((a - b).abs() / a.abs().max(b.abs()).max(f64::MIN_POSITIVE));
                }
                _ => return (false, furthest),
            },
            _ => return (false, furthest),
        }
    }
}

pub(super) fn compare(a: &str, b: &str, tolerance: f64) -> Outcome {
    if a == b {
        return Outcome::Identical;
    }
    let (mut left, mut right) = (a.lines(), b.lines());
    let (mut number, mut first, mut count, mut furthest) = (0, None, 0_u64, 0.0_f64);
    loop {
        number += 1;
        let (same, apart) = match (left.next(), right.next()) {
            (None, None) => break,
            (Some(a), Some(b)) => line(a, b, tolerance),
            _ => (false, 0.0),
        };
        furthest = furthest.max(apart);
        if !same {
            count += 1;
            first = first.or(Some(number));
        }
    }
    match first {
        Some(first) => Outcome::Different { what: format!("{count} lines differ, the first is line {first}") },
        None => Outcome::Equal { remark: format!("numbers are at most {furthest:.1e} of themselves apart") },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_as_numbers_and_words_as_words() {
        assert_eq!(compare("a,1\n", "a,1\n", 0.0), Outcome::Identical);
        assert!(compare("a,1.0\n", "a,1\n", 0.0).agrees());
        assert!(!compare("a,1.0\n", "a,1.001\n", 1e-6).agrees());
        assert!(compare("a,1.0\n", "a,1.0000001\n", 1e-6).agrees());
        assert_eq!(
            compare("x\na 1\nb\n", "x\na 2\n", 0.1),
            Outcome::Different { what: "2 lines differ, the first is line 2".into() }
        );
        assert!(!compare("a 1", "a 1 2", 1.0).agrees());
    }
}

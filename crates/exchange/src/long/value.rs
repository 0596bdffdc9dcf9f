//! The cell of a result: a number, a number behind a sign, or nothing.

use std::borrow::Cow;

use super::number;

/// What a cell of values says by itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell {
    /// A number.
    Number(f64),
    /// Below a limit, `<0.05`.
    Below(f64),
    /// Above a limit, `>100`.
    Above(f64),
}

/// A number's text with a decimal point, from one with a point or comma as the table's dialect has it. Both signs in one cell, or the
/// other one, are an error: 1.234 in a table of decimal commas is a thousand or one, nobody knows.
pub(super) fn plain(text: &str, comma: bool) -> Result<Cow<'_, str>, String> {
    match (comma, text.contains('.'), text.contains(',')) {
        (false, _, false) | (true, false, false) => Ok(Cow::Borrowed(text)),
        (true, false, true) => Ok(Cow::Owned(text.replace(',', "."))),
        (false, _, true) => Err("has a comma where the table's decimal sign is the point".to_owned()),
        (true, true, _) => Err("has a point where the table's decimal sign is the comma".to_owned()),
    }
}

/// Reads a cell that is not missing.
pub(super) fn read(text: &str, comma: bool) -> Result<Cell, String> {
    let text = text.trim();
    let (of, rest): (fn(f64) -> Cell, &str) = match text {
        t if t.starts_with("<=") || t.starts_with(">=") => {
            (if t.starts_with('<') { Cell::Below } else { Cell::Above }, &t[2..])
        }
        t if t.starts_with(['<', '≤']) => (Cell::Below, t.trim_start_matches(['<', '≤'])),
        t if t.starts_with(['>', '≥']) => (Cell::Above, t.trim_start_matches(['>', '≥'])),
        t => (Cell::Number, t),
    };
    let number =
        number::parse(&plain(rest.trim(), comma)?).ok_or_else(|| "is neither a number nor a limit".to_owned())?;
    let cell = of(number);
    match cell {
        Cell::Below(limit) | Cell::Above(limit) if !(limit > 0.0) => {
            Err("is a limit that is not above zero".to_owned())
        }
        _ => Ok(cell),
    }
}

/// Whether a flag says that a result was not detected.
pub(super) fn not_detected(flag: &str) -> Result<bool, String> {
    match flag.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "t" | "yes" | "y" | "<" | "nd" => Ok(true),
        "" | "0" | "false" | "f" | "no" | "n" | "na" => Ok(false),
        _ => Err("is no flag (1 or 0, true or false, yes or no, < or nothing)".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_say_numbers_and_limits() {
        assert_eq!(read("0.31", false), Ok(Cell::Number(0.31)));
        assert_eq!(read(" < 0,05 ", true), Ok(Cell::Below(0.05)));
        assert_eq!(read("<=0.05", false), Ok(Cell::Below(0.05)));
        assert_eq!(read(">100", false), Ok(Cell::Above(100.0)));
        assert_eq!(read("1e-3", false), Ok(Cell::Number(0.001)));
        assert_eq!(read("0", false), Ok(Cell::Number(0.0)));
    }

    #[test]
    fn what_is_ambiguous_or_no_number_is_an_error() {
        for (text, comma) in [
            ("1,5", false),
            ("1.5", true),
            ("1.234,5", true),
            ("<", false),
            ("<0", false),
            ("n.d.", false),
            ("", false),
        ] {
            assert!(read(text, comma).is_err(), "{text}");
        }
    }

    #[test]
    fn flags() {
        assert_eq!((not_detected("1"), not_detected("0"), not_detected("FALSE")), (Ok(true), Ok(false), Ok(false)));
        assert!(not_detected("maybe").is_err());
    }
}

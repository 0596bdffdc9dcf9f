//! What one cell of a table says: a number, a limit, nothing.

use serde::Serialize;

use super::unit::Unit;

/// Which sign parts whole from fraction in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Decimal {
    /// `1.5`
    #[default]
    Point,
    /// `1,5`
    Comma,
}

/// The content of a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell {
    Missing,
    Number(f64),
    /// `<0.1`
    Below(f64),
    /// `<0.1 mg/kg`: a limit and what its unit is in mg/kg.
    BelowIn {
        limit: f64,
        mg_per_kg: f64,
    },
    /// `n.d.`, `<LOD`: below a limit that is not in the cell.
    NotDetected,
}

/// Why a cell is refused, and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) reason: &'static str,
    pub(super) remedy: &'static str,
}

impl Refusal {
    /// Whether the cell holds something else than a number, rather than one that cannot be used.
    pub(super) fn is_no_number(self) -> bool {
        self.reason == NO_NUMBER.reason
    }
}

const MISSING: [&str; 18] = [
    "-",
    "--",
    "–",
    "—",
    ".",
    "na",
    "n/a",
    "#n/a",
    "<na>",
    "n.a.",
    "nan",
    "null",
    "none",
    "missing",
    "n.s.",
    "not sampled",
    "k.a.",
    "nr",
];
const NOT_DETECTED: [&str; 14] = [
    "nd",
    "n.d.",
    "n.d",
    "n/d",
    "bdl",
    "b.d.l.",
    "bld",
    "bql",
    "n.n.",
    "nn",
    "n. d.",
    "not detected",
    "u",
    "below detection",
];
const LIMIT_NAMES: [&str; 16] = [
    "lod",
    "loq",
    "dl",
    "mdl",
    "ql",
    "rl",
    "mrl",
    "pql",
    "bg",
    "ng",
    "ld",
    "lq",
    "llod",
    "lloq",
    "nwg",
    "detection limit",
];

const ABOVE: Refusal = Refusal {
    reason: "says 'more than', and a value above the measuring range has no number here",
    remedy: "have the sample diluted and measured again, or leave the cell empty; nothing is put in its place",
};
const AMBIGUOUS: Refusal = Refusal {
    reason: "could be a decimal number or thousands",
    remedy: "write it without a thousands separator, with the decimal sign of the rest of the file",
};
const SENTINEL: Refusal =
    Refusal { reason: "is how some programs write a missing value", remedy: "leave the cell empty, or write NA" };
const NO_NUMBER: Refusal = Refusal {
    reason: "is not a number",
    remedy: "write a number, a limit as <0.1, ND where nothing was detected, or leave the cell empty",
};
const INFINITE: Refusal =
    Refusal { reason: "is not a finite number", remedy: "write the measured value, or leave the cell empty" };
const LIMIT: Refusal =
    Refusal { reason: "has a limit that is not a positive number", remedy: "write the limit of detection as in <0.1" };

/// Without blanks of any kind around it.
pub(super) fn trim(cell: &[u8]) -> &str {
    // Text was made UTF-8 when the file was decoded; a cell cut by the reader stays so.
    std::str::from_utf8(cell).unwrap_or("\u{fffd}").trim()
}

/// Reads a measured value.
pub(super) fn read(cell: &[u8], decimal: Decimal) -> Result<Cell, Refusal> {
    let text = trim(cell);
    let Some(&first) = text.as_bytes().first() else { return Ok(Cell::Missing) };
    match first {
        b'<' => below(text[1..].trim_start_matches('=').trim_start(), decimal, text),
        b'>' => Err(ABOVE),
        b'0'..=b'9' => measured(text, decimal),
        _ if text.starts_with('≤') => below(text['≤'.len_utf8()..].trim_start(), decimal, text),
        _ if text.starts_with('≥') => Err(ABOVE),
        _ => {
            if is_one_of(text, &MISSING) {
                Ok(Cell::Missing)
            } else if is_one_of(text, &NOT_DETECTED) {
                Ok(Cell::NotDetected)
            } else {
                measured(text, decimal)
            }
        }
    }
}

/// Whether the cell says that there is no value.
pub(super) fn is_missing(cell: &[u8]) -> bool {
    let text = trim(cell);
    // No word for a missing value begins with a digit, and most cells do.
    !text.starts_with(|c: char| c.is_ascii_digit()) && (text.is_empty() || is_one_of(text, &MISSING))
}

/// Reads a coordinate or a limit: a number, or nothing.
pub(super) fn read_plain(cell: &[u8], decimal: Decimal) -> Result<Option<f64>, Refusal> {
    if is_missing(cell) {
        return Ok(None);
    }
    number(trim(cell), decimal)
        .map(Some)
        .map_err(|refusal| if refusal == NO_NUMBER { Refusal { remedy: "write a number", ..refusal } } else { refusal })
}

fn is_one_of(text: &str, words: &[&str]) -> bool {
    text.len() <= 16 && words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

fn below(limit: &str, decimal: Decimal, whole: &str) -> Result<Cell, Refusal> {
    if is_one_of(limit, &LIMIT_NAMES) {
        return Ok(Cell::NotDetected);
    }
    if is_one_of(whole, &MISSING) {
        return Ok(Cell::Missing);
    }
    match number(limit, decimal) {
        Ok(limit) if limit > 0.0 => Ok(Cell::Below(limit)),
        Ok(_) => Err(LIMIT),
        Err(AMBIGUOUS) => Err(AMBIGUOUS),
        Err(_) => below_in(limit, decimal),
    }
}

/// `0.1 mg/kg`: a limit with its unit, where that is a mass fraction.
fn below_in(limit: &str, decimal: Decimal) -> Result<Cell, Refusal> {
    let at = limit.find(|c: char| c == '%' || (c.is_alphabetic() && !matches!(c, 'e' | 'E'))).ok_or(LIMIT)?;
    let (amount, unit) = (limit[..at].trim_end(), &limit[at..]);
    let mg_per_kg = Unit::parse(unit).and_then(|unit| unit.in_mg_per_kg()).ok_or(LIMIT)?;
    match number(amount, decimal) {
        Ok(limit) if limit > 0.0 => Ok(Cell::BelowIn { limit, mg_per_kg }),
        Err(AMBIGUOUS) => Err(AMBIGUOUS),
        _ => Err(LIMIT),
    }
}

/// Reads a number; a sign that can only be one thing is read as that thing, whatever the rest of the file does.
pub(super) fn number(text: &str, decimal: Decimal) -> Result<f64, Refusal> {
    let plain = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    let value = match text.parse::<f64>() {
        Ok(value) if plain && (decimal == Decimal::Point || !text.contains('.')) => value,
        _ => slow_number(text, decimal)?,
    };
    if !value.is_finite() {
        return Err(INFINITE);
    }
    Ok(value)
}

/// A measured number: not what programs write where there is none.
fn measured(text: &str, decimal: Decimal) -> Result<Cell, Refusal> {
    match number(text, decimal)? {
        -9999.0 | -99999.0 | -999.0 | -32768.0 => Err(SENTINEL),
        value => Ok(Cell::Number(value)),
    }
}

fn slow_number(text: &str, decimal: Decimal) -> Result<f64, Refusal> {
    let text: String = text.chars().map(|c| if c == '\u{2212}' { '-' } else { c }).collect();
    let bytes = text.as_bytes();
    let known = |c: char| {
        c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | ',' | 'e' | 'E' | ' ' | '\'' | '’' | '\u{a0}' | '\u{202f}')
    };
    if !text.chars().all(known) || !bytes.iter().any(u8::is_ascii_digit) {
        return Err(if text.eq_ignore_ascii_case("inf") || text.eq_ignore_ascii_case("-inf") {
            INFINITE
        } else {
            NO_NUMBER
        });
    }
    let commas = text.matches(',').count();
    let points = text.matches('.').count();
    let blanks = text.chars().any(|c| matches!(c, ' ' | '\'' | '’' | '\u{a0}' | '\u{202f}'));
    if blanks || commas + points > 1 {
        return grouped(&text).unwrap_or(Err(NO_NUMBER));
    }
    let foreign = match decimal {
        Decimal::Point => commas == 1,
        Decimal::Comma => points == 1,
    };
    if foreign && looks_like_thousands(&text) {
        return Err(AMBIGUOUS);
    }
    text.replace(',', ".").parse().map_err(|_| NO_NUMBER)
}

/// `1,234` or `12.345`: one to three digits that are no lone zero, a sign, three digits.
fn looks_like_thousands(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']);
    let Some(at) = digits.find([',', '.']) else { return false };
    let (whole, rest) = (&digits[..at], &digits[at + 1..]);
    (1..=3).contains(&whole.len())
        && !whole.starts_with('0')
        && rest.len() == 3
        && whole.bytes().chain(rest.bytes()).all(|b| b.is_ascii_digit())
}

/// `1 234,5`, `1.234.567`, `1,234.5`: thousands that can be nothing else; `None` for other shapes.
fn grouped(text: &str) -> Option<Result<f64, Refusal>> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let separators: Vec<(usize, char)> = digits.char_indices().filter(|(_, c)| !c.is_ascii_digit()).collect();
    let &(_, group) = separators.first()?;
    let &(last_at, last) = separators.last()?;
    if separators.iter().any(|(_, c)| matches!(c, 'e' | 'E' | '+' | '-')) {
        return None;
    }
    let (whole, fraction) = if last != group && matches!(last, '.' | ',') {
        (&digits[..last_at], &digits[last_at + 1..])
    } else {
        (digits, "")
    };
    let groups: Vec<&str> = whole.split(group).collect();
    let shaped = groups.len() > 1
        && (1..=3).contains(&groups[0].len())
        && groups[1..].iter().all(|g| g.len() == 3)
        && groups.iter().all(|g| g.bytes().all(|b| b.is_ascii_digit()));
    if !shaped || (matches!(group, '.' | ',') && groups.len() == 2 && fraction.is_empty()) {
        return None;
    }
    let joined = format!("{}.{}", groups.concat(), if fraction.is_empty() { "0" } else { fraction });
    joined.parse::<f64>().ok().map(|v| Ok(sign * v))
}

/// What a qualifier says of the value beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flag {
    Quantified,
    /// The value is the limit.
    LessThan,
    /// Below a limit: one stated beside it, or else the value.
    Below,
    /// As [`Flag::Below`], of the limit of quantification.
    BelowQuantification,
}

/// Reads `<`, `U`, `ND`, `1`, `true` … as below the limit, and `=`, `0`, `J`, empty … as quantified.
pub(super) fn read_flag(cell: &[u8]) -> Option<Flag> {
    let text = trim(cell);
    const BELOW: [&str; 17] = [
        "1",
        "1.0",
        "u",
        "uj",
        "nd",
        "n.d.",
        "true",
        "t",
        "yes",
        "y",
        "bdl",
        "<lod",
        "lt_lod",
        "below detection",
        "<dl",
        "below",
        "not detected",
    ];
    const QUANTIFIED: [&str; 16] =
        ["=", "0", "0.0", "false", "f", "no", "n", "j", "d", "detected", "ok", "na", "-", "none", "quantified", "null"];
    if text.is_empty() || is_one_of(text, &QUANTIFIED) {
        Some(Flag::Quantified)
    } else if is_one_of(text, &["<", "lt", "<=", "≤"]) {
        Some(Flag::LessThan)
    } else if is_one_of(text, &["<loq", "lt_loq"]) {
        Some(Flag::BelowQuantification)
    } else if is_one_of(text, &BELOW) {
        Some(Flag::Below)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(text: &str) -> Result<Cell, Refusal> {
        read(text.as_bytes(), Decimal::Point)
    }

    fn comma(text: &str) -> Result<Cell, Refusal> {
        read(text.as_bytes(), Decimal::Comma)
    }

    #[test]
    fn values_limits_and_nothing_are_told_apart() {
        for (text, cell) in [
            ("12.5", Cell::Number(12.5)),
            (" 1.2E-3 ", Cell::Number(0.0012)),
            ("\u{a0}7\u{a0}", Cell::Number(7.0)),
            ("<0.1", Cell::Below(0.1)),
            ("< 0,1", Cell::Below(0.1)),
            ("<= 5", Cell::Below(5.0)),
            ("≤5", Cell::Below(5.0)),
            ("< 0.5 mg/kg", Cell::BelowIn { limit: 0.5, mg_per_kg: 1.0 }),
            ("<5e-1ppb", Cell::BelowIn { limit: 0.5, mg_per_kg: 0.001 }),
            ("<LOD", Cell::NotDetected),
            ("< loq", Cell::NotDetected),
            ("n.d.", Cell::NotDetected),
            ("ND", Cell::NotDetected),
            ("", Cell::Missing),
            ("-", Cell::Missing),
            ("N/A", Cell::Missing),
            ("NULL", Cell::Missing),
            ("NaN", Cell::Missing),
            ("-3", Cell::Number(-3.0)),
            ("−3", Cell::Number(-3.0)),
            ("1 234.5", Cell::Number(1234.5)),
            ("1'234'567", Cell::Number(1_234_567.0)),
            ("1,234.5", Cell::Number(1234.5)),
            ("1.234.567", Cell::Number(1_234_567.0)),
            ("12,5", Cell::Number(12.5)),
        ] {
            assert_eq!(point(text), Ok(cell), "{text}");
        }
        assert_eq!(comma("1,234"), Ok(Cell::Number(1.234)));
        assert_eq!(comma("1.234,5"), Ok(Cell::Number(1234.5)));
        assert_eq!(comma("12.5"), Ok(Cell::Number(12.5)));
        assert_eq!(comma("1,5e3"), Ok(Cell::Number(1500.0)));
        assert_eq!(comma("42"), Ok(Cell::Number(42.0)));
    }

    #[test]
    fn what_cannot_be_understood_is_refused() {
        assert_eq!(point(">100"), Err(ABOVE));
        assert_eq!(point("1,234"), Err(AMBIGUOUS));
        assert_eq!(comma("1.234"), Err(AMBIGUOUS));
        assert_eq!(point("-9999"), Err(SENTINEL));
        assert_eq!(point("<0"), Err(LIMIT));
        assert_eq!(point("<-1"), Err(LIMIT));
        assert_eq!(point("<abc"), Err(LIMIT));
        assert_eq!(point("<5 apples"), Err(LIMIT));
        assert_eq!(point("<0 mg/kg"), Err(LIMIT));
        assert_eq!(point("1e999"), Err(INFINITE));
        for text in ["trace", "12.05.2020", "1-2", "12 mg/kg", "e", "1,2,3", "٣", "+"] {
            assert_eq!(point(text), Err(NO_NUMBER), "{text}");
        }
    }

    #[test]
    fn flags() {
        assert_eq!(read_flag(b"U"), Some(Flag::Below));
        assert_eq!(read_flag(b" < "), Some(Flag::LessThan));
        assert_eq!(read_flag(b"0"), Some(Flag::Quantified));
        assert_eq!(read_flag(b""), Some(Flag::Quantified));
        assert_eq!(read_flag(b"perhaps"), None);
    }
}

//! Numbers and dates as strangers write them.

use std::fmt::Write as _;

use jiff::civil::Date;

/// What stands for "nothing" in a cell (specification, `sample_long.schema.json`).
const NULLS: [&str; 6] = ["", "NA", "NaN", "null", "-9999", "-999"];

/// Whether a trimmed cell stands for nothing.
pub(super) fn is_null(cell: &str) -> bool {
    NULLS.contains(&cell) || matches!(cell, "-9999.0" | "-999.0")
}

/// What separates the whole from the fraction in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decimal {
    Point,
    Comma,
}

/// A cell read as a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Parsed {
    /// A number in the manner of its column.
    Number(f64),
    /// A number in another manner, and what is odd about it.
    Odd(f64, &'static str),
    /// No finite number.
    Not,
}

impl Parsed {
    /// The number, odd or not.
    pub(super) fn any(self) -> Option<f64> {
        match self {
            Self::Number(v) | Self::Odd(v, _) => Some(v),
            Self::Not => None,
        }
    }

    /// The number, if nothing is odd about it.
    pub(super) fn plain(self) -> Option<f64> {
        match self {
            Self::Number(v) => Some(v),
            _ => None,
        }
    }
}

/// Reads `cell` in a column whose decimal separator is `decimal`.
pub(super) fn parse(cell: &str, decimal: Decimal) -> Parsed {
    let cell = cell.trim();
    if cell.len() > 64 || cell.is_empty() {
        return Parsed::Not;
    }
    let (own, other) = match decimal {
        Decimal::Point => ('.', ','),
        Decimal::Comma => (',', '.'),
    };
    if let Some(number) = simple(cell, own) {
        return Parsed::Number(number);
    }
    // Blanks and apostrophes between groups of three: 1 234, 1'234.
    for mark in [' ', '\u{a0}', '\u{202f}', '\'', '’'] {
        if cell.contains(mark) {
            let joined: String = cell.chars().filter(|&c| c != mark).collect();
            return match (grouped(cell, mark), simple(&joined, own).or_else(|| simple(&joined, other))) {
                (true, Some(v)) => Parsed::Odd(v, "a thousands separator"),
                _ => Parsed::Not,
            };
        }
    }
    // 1,234.5 and 1.234,5, whichever manner the column has.
    for (mark, fraction) in [(other, own), (own, other)] {
        let mut halves = cell.splitn(2, fraction);
        let (whole, rest) = (halves.next().unwrap_or_default(), halves.next());
        let several = whole.matches(mark).count() > 1;
        if (rest.is_some() || several) && whole.contains(mark) && grouped(whole, mark) {
            let joined: String = cell.chars().filter(|&c| c != mark).collect();
            if let Some(v) = simple(&joined, fraction) {
                return Parsed::Odd(v, "a thousands separator");
            }
        }
    }
    match simple(cell, other) {
        Some(v) if decimal == Decimal::Point => Parsed::Odd(v, "a decimal comma"),
        Some(v) => Parsed::Odd(v, "a decimal point among decimal commas"),
        None => Parsed::Not,
    }
}

/// `-1.5e3` and the like, with `point` as the decimal separator.
fn simple(cell: &str, point: char) -> Option<f64> {
    let (mut digits, mut points, mut text) = (0, 0, String::with_capacity(cell.len()));
    for (i, c) in cell.char_indices() {
        match c {
            '0'..='9' => digits += 1,
            '+' | '-' if i == 0 || cell[..i].ends_with(['e', 'E']) => {}
            'e' | 'E' if digits > 0 => {}
            c if c == point => points += 1,
            _ => return None,
        }
        text.push(if c == point { '.' } else { c });
    }
    let number: f64 = text.parse().ok()?;
    (digits > 0 && points <= 1 && number.is_finite()).then_some(number)
}

/// Whether `mark` parts groups of three digits behind a first group of one to three.
fn grouped(cell: &str, mark: char) -> bool {
    let whole = cell.trim_start_matches(['-', '+']);
    let whole = whole.rsplit_once(['.', ',']).map_or(whole, |(w, _)| if w.contains(mark) { w } else { whole });
    let mut groups = whole.split(mark);
    let first = groups.next().unwrap_or_default();
    let digits = |g: &str| g.bytes().all(|b| b.is_ascii_digit());
    let rest: Vec<&str> = groups.collect();
    (1..=3).contains(&first.len())
        && digits(first)
        && !rest.is_empty()
        && rest.iter().all(|g| g.len() == 3 && digits(g))
}

/// Which separator most of `cells` use; a point where neither prevails.
pub(super) fn manner<'a>(cells: impl Iterator<Item = &'a str>) -> Decimal {
    let (mut commas, mut points) = (0_u64, 0_u64);
    for cell in cells {
        let cell = cell.trim().trim_start_matches(['<', '>', '=']).trim();
        let (comma, point) = (cell.matches(',').count(), cell.matches('.').count());
        if comma == 1 && point == 0 && simple(cell, ',').is_some() {
            commas += 1;
        } else if point == 1 && comma == 0 && simple(cell, '.').is_some() {
            points += 1;
        }
    }
    if commas > points { Decimal::Comma } else { Decimal::Point }
}

/// A cell that says `<0.05` or `>100`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Below,
    Above,
}

/// The sign of inline censoring and the number's text behind it.
pub(super) fn inline(cell: &str) -> Option<(Mark, &str)> {
    let cell = cell.trim();
    let (mark, rest) = match cell.as_bytes().first()? {
        b'<' => (Mark::Below, &cell[1..]),
        b'>' => (Mark::Above, &cell[1..]),
        _ => return None,
    };
    Some((mark, rest.strip_prefix('=').unwrap_or(rest).trim()))
}

/// A date, to the day, the month or the year.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum When {
    Day(Date),
    Month(Date),
    Year(Date),
}

impl When {
    /// Its first day.
    pub(super) fn first(self) -> Date {
        match self {
            Self::Day(d) | Self::Month(d) | Self::Year(d) => d,
        }
    }

    /// What `date_precision` must say.
    pub(super) fn precision(self) -> &'static str {
        match self {
            Self::Day(_) => "day",
            Self::Month(_) => "month",
            Self::Year(_) => "year",
        }
    }
}

/// `YYYY-MM-DD`, `YYYY-MM` or `YYYY`, and nothing else.
pub(super) fn date(cell: &str) -> Option<When> {
    let bytes = cell.as_bytes();
    let digits = |r: std::ops::Range<usize>| {
        bytes.get(r.clone()).filter(|b| b.iter().all(u8::is_ascii_digit)).and_then(|_| cell[r].parse::<i16>().ok())
    };
    let dash = |i: usize| bytes.get(i) == Some(&b'-');
    let year = digits(0..4)?;
    match bytes.len() {
        4 => Date::new(year, 1, 1).ok().map(When::Year),
        7 if dash(4) => Date::new(year, digits(5..7)? as i8, 1).ok().map(When::Month),
        10 if dash(4) && dash(7) => Date::new(year, digits(5..7)? as i8, digits(8..10)? as i8).ok().map(When::Day),
        _ => None,
    }
}

/// A cell as a report may show it: without control characters, and short.
pub(super) fn shown(cell: &str) -> String {
    let mut text = String::new();
    for (i, c) in cell.chars().enumerate() {
        if i == 40 {
            text.push('…');
            break;
        }
        if c.is_control() {
            let _ = write!(text, "\\u{{{:x}}}", u32::from(c));
        } else {
            text.push(c);
        }
    }
    text
}

/// A number with as many digits as a reader of a report needs.
pub(super) fn brief(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    let decimals = (3 - number.abs().log10().floor() as i32).clamp(0, 12) as usize;
    let text = format!("{number:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_the_manner_of_their_column_and_odd_ones_are_told() {
        use Decimal::{Comma, Point};
        assert_eq!(parse("0.31", Point), Parsed::Number(0.31));
        assert_eq!(parse("-1.5e3", Point), Parsed::Number(-1500.0));
        assert_eq!(parse("0,31", Comma), Parsed::Number(0.31));
        assert_eq!(parse("0,31", Point), Parsed::Odd(0.31, "a decimal comma"));
        assert_eq!(parse("0.31", Comma), Parsed::Odd(0.31, "a decimal point among decimal commas"));
        assert_eq!(parse("1,234.5", Point), Parsed::Odd(1234.5, "a thousands separator"));
        assert_eq!(parse("1.234,5", Point), Parsed::Odd(1234.5, "a thousands separator"));
        assert_eq!(parse("1.234.567", Point), Parsed::Odd(1_234_567.0, "a thousands separator"));
        assert_eq!(parse("1 234,5", Comma), Parsed::Odd(1234.5, "a thousands separator"));
        assert_eq!(parse("1'234", Point), Parsed::Odd(1234.0, "a thousands separator"));
        for not in ["", "abc", "inf", "NaN", "1e999", "1.2.3", "--1", "1e", "e5", "12 34", ",", "1;2", "0x10"] {
            assert_eq!(parse(not, Point), Parsed::Not, "{not}");
        }
    }

    #[test]
    fn the_manner_is_that_of_the_majority() {
        assert_eq!(manner(["1,5", "2", "<0,3"].into_iter()), Decimal::Comma);
        assert_eq!(manner(["1,5", "2.5", "0.3"].into_iter()), Decimal::Point);
        assert_eq!(manner(["1", "a,b"].into_iter()), Decimal::Point);
    }

    #[test]
    fn only_three_forms_of_dates_are_dates() {
        assert_eq!(date("2024-05-27").unwrap().precision(), "day");
        assert_eq!(date("2024-05").unwrap().precision(), "month");
        assert_eq!(date("2024").unwrap().precision(), "year");
        for not in
            ["27.05.2024", "2024-13-01", "2024-02-30", "2024-5-27", "20240527", "", "2024-05-27T00:00:00", "٢٠٢٤"]
        {
            assert!(date(not).is_none(), "{not}");
        }
    }

    #[test]
    fn what_is_shown_is_short_and_has_no_control_characters() {
        assert_eq!(shown("a\u{1b}[31m"), "a\\u{1b}[31m");
        assert_eq!(shown(&"x".repeat(50)).chars().count(), 41);
        assert_eq!(brief(0.012_345_6), "0.01235");
        assert_eq!(brief(1234.5), "1234");
        assert_eq!(brief(97.5), "97.5");
    }
}

//! A date as precise as it is known.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

/// A day, a month or a year of sampling or analysis.
///
/// # Examples
/// ```
/// use soilscope_exchange::long::SampleDate;
/// let month: SampleDate = "2009-02".parse().unwrap();
/// assert_eq!((month.to_string().as_str(), month.precision()), ("2009-02", "month"));
/// assert!("2009-02-30".parse::<SampleDate>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SampleDate {
    first: Date,
    precision: Precision,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Precision {
    Year,
    Month,
    Day,
}

impl SampleDate {
    /// A day.
    pub fn day(date: Date) -> Self {
        Self { first: date, precision: Precision::Day }
    }

    /// The first day that it may be.
    pub fn first(self) -> Date {
        self.first
    }

    /// The last day that it may be.
    pub fn last(self) -> Date {
        match self.precision {
            Precision::Day => self.first,
            Precision::Month => self.first.last_of_month(),
            Precision::Year => self.first.last_of_year(),
        }
    }

    /// How far it is known, in the schema's words: `day`, `month` or `year`.
    pub fn precision(self) -> &'static str {
        match self.precision {
            Precision::Day => "day",
            Precision::Month => "month",
            Precision::Year => "year",
        }
    }
}

impl fmt::Display for SampleDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (y, m, d) = (self.first.year(), self.first.month(), self.first.day());
        match self.precision {
            Precision::Day => write!(f, "{y:04}-{m:02}-{d:02}"),
            Precision::Month => write!(f, "{y:04}-{m:02}"),
            Precision::Year => write!(f, "{y:04}"),
        }
    }
}

impl FromStr for SampleDate {
    type Err = String;

    /// `YYYY-MM-DD`, `YYYY-MM` or `YYYY`; a time of day behind the date is left away.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "is no date (YYYY-MM-DD, YYYY-MM or YYYY)".to_owned();
        let date = match text.split_once(['T', ' ']) {
            Some((date, time)) if time.contains(':') && date.len() == 10 => date,
            Some(_) => return Err(wrong()),
            None => text,
        };
        let parts: Vec<&str> = date.split('-').collect();
        let lengths: Vec<usize> = parts.iter().map(|p| p.len()).collect();
        if !parts.iter().all(|p| p.bytes().all(|b| b.is_ascii_digit())) {
            return Err(wrong());
        }
        let precision = match lengths.as_slice() {
            [4] => Precision::Year,
            [4, 2] => Precision::Month,
            [4, 2, 2] => Precision::Day,
            _ => return Err(wrong()),
        };
        let part = |i: usize| parts.get(i).map_or(Ok(1), |p| p.parse::<i8>()).map_err(|_| wrong());
        let year = parts[0].parse::<i16>().map_err(|_| wrong())?;
        let first = Date::new(year, part(1)?, part(2)?).map_err(|_| "is no day of the calendar".to_owned())?;
        Ok(Self { first, precision })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_read_back() {
        for text in ["2024-05-27", "2024-05", "2024", "1899-12-31"] {
            assert_eq!(text.parse::<SampleDate>().unwrap().to_string(), text);
        }
        assert_eq!("2009-02-18T00:00:00Z".parse::<SampleDate>().unwrap().to_string(), "2009-02-18");
        let year: SampleDate = "2024".parse().unwrap();
        assert_eq!((year.first().to_string(), year.last().to_string()), ("2024-01-01".into(), "2024-12-31".into()));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in ["", "24-05-27", "27.05.2024", "2024-13-01", "2023-02-29", "2024-5-1", "2024-05-27 x", "+024-05-27"]
        {
            assert!(text.parse::<SampleDate>().is_err(), "{text}");
        }
    }
}

//! Days, months and years, as exactly as they are known.

use std::fmt;

/// A day, a month or a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: i16,
    month: Option<i8>,
    day: Option<i8>,
}

impl Date {
    /// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`, a day that exists.
    ///
    /// # Examples
    /// ```
    /// use soilscope_exchange::pack::Date;
    /// assert_eq!(Date::parse("2024-02").unwrap().last().to_string(), "2024-02-29");
    /// assert!(Date::parse("2023-02-29").is_none());
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let number = |part: Option<&str>, digits: usize| match part {
            None => Some(None),
            Some(p) if p.len() == digits && p.bytes().all(|b| b.is_ascii_digit()) => p.parse::<i16>().ok().map(Some),
            Some(_) => None,
        };
        let year = number(parts.next(), 4)??;
        let month = number(parts.next(), 2)?.map(i8::try_from).transpose().ok()?;
        let day = number(parts.next(), 2)?.map(i8::try_from).transpose().ok()?;
        if parts.next().is_some() {
            return None;
        }
        jiff::civil::Date::new(year, month.unwrap_or(1), day.unwrap_or(1)).ok()?;
        Some(Self { year, month, day })
    }

    /// The day of an instant, in UTC.
    pub fn of(time: jiff::Timestamp) -> Self {
        let day = time.to_zoned(jiff::tz::TimeZone::UTC).date();
        Self { year: day.year(), month: Some(day.month()), day: Some(day.day()) }
    }

    /// The first day that is meant.
    pub fn first(&self) -> jiff::civil::Date {
        jiff::civil::date(self.year, self.month.unwrap_or(1), self.day.unwrap_or(1))
    }

    /// The last day that is meant.
    pub fn last(&self) -> jiff::civil::Date {
        match (self.month, self.day) {
            (None, _) => jiff::civil::date(self.year, 12, 31),
            (Some(month), None) => jiff::civil::date(self.year, month, 1).last_of_month(),
            (Some(month), Some(day)) => jiff::civil::date(self.year, month, day),
        }
    }

    /// Whether it is known to the day.
    pub fn is_day(&self) -> bool {
        self.day.is_some()
    }

    /// The year.
    pub fn year(&self) -> i16 {
        self.year
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        for part in [self.month, self.day].into_iter().flatten() {
            write!(f, "-{part:02}")?;
        }
        Ok(())
    }
}

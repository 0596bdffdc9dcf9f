//! One column: what its type says of its numbers, and its cells as text.

use std::fmt::Write;

use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, FixedLenByteArray, Int96};
use parquet::errors::Result;
use parquet::schema::types::ColumnDescriptor;

/// What the numbers or bytes of a column stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Signed,
    Unsigned,
    Float,
    /// A whole number, or its bytes with the highest first, over ten to this power.
    Decimal(usize),
    Text,
    /// Days from 1970.
    Date,
    /// So many of these are a second, counted from 1970.
    Moment(i64),
    /// Day and nanosecond of old writers.
    OldMoment,
}

impl Kind {
    /// `None` for what is no cell of a table: lists, structures, bytes.
    pub(super) fn of(column: &ColumnDescriptor) -> Option<Self> {
        if column.max_rep_level() > 0 || column.path().parts().len() != 1 {
            return None;
        }
        let decimal = || usize::try_from(column.type_scale()).ok().filter(|&scale| scale <= 60).map(Self::Decimal);
        let moment = |unit: &TimeUnit| {
            Self::Moment(match unit {
                TimeUnit::MILLIS => 1_000,
                TimeUnit::MICROS => 1_000_000,
                TimeUnit::NANOS => 1_000_000_000,
            })
        };
        match (column.logical_type_ref(), column.converted_type()) {
            (Some(LogicalType::Decimal(_)), _) | (None, ConvertedType::DECIMAL) => return decimal(),
            (Some(LogicalType::Date), _) | (None, ConvertedType::DATE) => return Some(Self::Date),
            (Some(LogicalType::Timestamp(time)), _) => return Some(moment(&time.unit)),
            (None, ConvertedType::TIMESTAMP_MILLIS) => return Some(Self::Moment(1_000)),
            (None, ConvertedType::TIMESTAMP_MICROS) => return Some(Self::Moment(1_000_000)),
            (Some(LogicalType::Time(_)), _) | (None, ConvertedType::TIME_MILLIS | ConvertedType::TIME_MICROS) => {
                return None;
            }
            (Some(LogicalType::Integer(whole)), _) => {
                return Some(if whole.is_signed { Self::Signed } else { Self::Unsigned });
            }
            (
                None,
                ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64,
            ) => return Some(Self::Unsigned),
            (Some(LogicalType::String | LogicalType::Enum | LogicalType::Json), _)
            | (None, ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON) => return Some(Self::Text),
            _ => {}
        }
        match column.physical_type() {
            Type::BOOLEAN => Some(Self::Bool),
            Type::INT32 | Type::INT64 => Some(Self::Signed),
            Type::INT96 => Some(Self::OldMoment),
            Type::FLOAT | Type::DOUBLE => Some(Self::Float),
            Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY => None,
        }
    }
}

/// Cells of a column of one row group, some rows at a time.
pub(super) trait Cells {
    /// Takes in the next rows, as many as there are up to `rows`, and says how many.
    fn fill(&mut self, rows: usize) -> Result<usize>;

    /// Writes the next row's cell; nothing where it has no value.
    fn next(&mut self, out: &mut String);
}

/// A column's reader and what it read last.
pub(super) struct Typed<T: DataType> {
    reader: ColumnReaderImpl<T>,
    /// The level of a cell that has a value.
    most: i16,
    levels: Vec<i16>,
    values: Vec<T::T>,
    row: usize,
    value: usize,
}

impl<T: DataType> Typed<T> {
    fn new(reader: ColumnReaderImpl<T>, most: i16) -> Self {
        Self { reader, most, levels: Vec::new(), values: Vec::new(), row: 0, value: 0 }
    }

    pub(super) fn fill(&mut self, rows: usize) -> Result<usize> {
        self.levels.clear();
        self.values.clear();
        (self.row, self.value) = (0, 0);
        Ok(self.reader.read_records(rows, Some(&mut self.levels), None, &mut self.values)?.0)
    }

    /// The next row's value.
    pub(super) fn next(&mut self) -> Option<&T::T> {
        let row = self.row;
        self.row += 1;
        // A column without levels has a value in every row.
        if self.levels.get(row).is_some_and(|&level| level < self.most) {
            return None;
        }
        self.value += 1;
        self.values.get(self.value - 1)
    }
}

struct Written<T: DataType, W> {
    typed: Typed<T>,
    write: W,
}

impl<T: DataType, W: Fn(&T::T, &mut String)> Cells for Written<T, W> {
    fn fill(&mut self, rows: usize) -> Result<usize> {
        self.typed.fill(rows)
    }

    fn next(&mut self, out: &mut String) {
        if let Some(value) = self.typed.next() {
            (self.write)(value, out);
        }
    }
}

/// The geometry's bytes.
pub(super) fn bytes_of(reader: ColumnReader, most: i16) -> Option<Typed<ByteArrayType>> {
    match reader {
        ColumnReader::ByteArrayColumnReader(reader) => Some(Typed::new(reader, most)),
        _ => None,
    }
}

/// One ordinate of places.
pub(super) fn ordinates_of(reader: ColumnReader, most: i16) -> Option<Typed<DoubleType>> {
    match reader {
        ColumnReader::DoubleColumnReader(reader) => Some(Typed::new(reader, most)),
        _ => None,
    }
}

/// The cells of a column; `None` where its kind and its reader do not go together.
pub(super) fn cells_of(kind: Kind, reader: ColumnReader, most: i16) -> Option<Box<dyn Cells>> {
    fn boxed<T: DataType + 'static>(
        reader: ColumnReaderImpl<T>,
        most: i16,
        write: impl Fn(&T::T, &mut String) + 'static,
    ) -> Option<Box<dyn Cells>> {
        Some(Box::new(Written { typed: Typed::new(reader, most), write }))
    }
    match (kind, reader) {
        (Kind::Bool, ColumnReader::BoolColumnReader(r)) => boxed(r, most, |v, out| show(out, v)),
        (Kind::Signed, ColumnReader::Int32ColumnReader(r)) => boxed(r, most, |v, out| show(out, v)),
        (Kind::Signed, ColumnReader::Int64ColumnReader(r)) => boxed(r, most, |v, out| show(out, v)),
        (Kind::Unsigned, ColumnReader::Int32ColumnReader(r)) => boxed(r, most, |v, out| show(out, v.cast_unsigned())),
        (Kind::Unsigned, ColumnReader::Int64ColumnReader(r)) => boxed(r, most, |v, out| show(out, v.cast_unsigned())),
        (Kind::Float, ColumnReader::FloatColumnReader(r)) => boxed(r, most, |v, out| show(out, v)),
        (Kind::Float, ColumnReader::DoubleColumnReader(r)) => boxed(r, most, |v, out| show(out, v)),
        (Kind::Decimal(scale), ColumnReader::Int32ColumnReader(r)) => {
            boxed(r, most, move |v, out| decimal(out, i128::from(*v), scale))
        }
        (Kind::Decimal(scale), ColumnReader::Int64ColumnReader(r)) => {
            boxed(r, most, move |v, out| decimal(out, i128::from(*v), scale))
        }
        (Kind::Decimal(scale), ColumnReader::ByteArrayColumnReader(r)) => {
            boxed(r, most, move |v: &ByteArray, out| decimal_of_bytes(out, v.data(), scale))
        }
        (Kind::Decimal(scale), ColumnReader::FixedLenByteArrayColumnReader(r)) => {
            boxed(r, most, move |v: &FixedLenByteArray, out| decimal_of_bytes(out, v.data(), scale))
        }
        (Kind::Text, ColumnReader::ByteArrayColumnReader(r)) => {
            boxed(r, most, |v: &ByteArray, out| out.push_str(&String::from_utf8_lossy(v.data())))
        }
        (Kind::Date, ColumnReader::Int32ColumnReader(r)) => boxed(r, most, |v, out| date(out, i64::from(*v))),
        (Kind::Moment(unit), ColumnReader::Int64ColumnReader(r)) => boxed(r, most, move |v, out| moment(out, *v, unit)),
        (Kind::OldMoment, ColumnReader::Int96ColumnReader(r)) => {
            boxed(r, most, |v: &Int96, out| moment(out, v.to_micros(), 1_000_000))
        }
        _ => None,
    }
}

fn show(out: &mut String, value: impl std::fmt::Display) {
    let _ = write!(out, "{value}"); // a string takes everything
}

/// A whole number over ten to a power, with all its digits.
fn decimal(out: &mut String, number: i128, scale: usize) {
    let digits = number.unsigned_abs().to_string();
    let whole = digits.len().saturating_sub(scale);
    if number < 0 {
        out.push('-');
    }
    out.push_str(if whole == 0 { "0" } else { &digits[..whole] });
    if scale > 0 {
        out.push('.');
        out.extend(std::iter::repeat_n('0', scale.saturating_sub(digits.len())));
        out.push_str(&digits[whole..]);
    }
}

/// The same of bytes with the highest first; of more than a number of 128 bits has, which say no more, the lowest count.
fn decimal_of_bytes(out: &mut String, bytes: &[u8], scale: usize) {
    let negative = bytes.first().is_some_and(|&first| first >= 0x80);
    let (fill, bits) = if negative { (0xff, -1) } else { (0, 0) };
    let beyond = bytes.len().saturating_sub(16);
    let fits = bytes[..beyond].iter().all(|&b| b == fill)
        && (beyond == 0 || bytes.get(beyond).is_some_and(|&b| (b >= 0x80) == negative));
    if bytes.is_empty() || !fits {
        // Not a number that any sample has; as no number it is refused with its row.
        return out.push_str("a decimal of more than 38 digits");
    }
    decimal(out, bytes[beyond..].iter().fold(bits, |number, &b| number << 8 | i128::from(b)), scale);
}

/// A date of the Gregorian calendar, year-month-day.
///
/// # Source     Hinnant (2013), *chrono-Compatible Low-Level Date Algorithms*, `civil_from_days`
fn date(out: &mut String, days: i64) {
    let days = days + 719_468; // from the first of March of the year 0
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153; // from March
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let _ = write!(out, "{year:04}-{month:02}-{day:02}");
}

/// Date and time; no fraction where the second is whole.
fn moment(out: &mut String, count: i64, unit: i64) {
    let (seconds, fraction) = (count.div_euclid(unit), count.rem_euclid(unit));
    date(out, seconds.div_euclid(86_400));
    let second = seconds.rem_euclid(86_400);
    let _ = write!(out, "T{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60);
    if fraction > 0 {
        let digits = unit.ilog10() as usize;
        let text = format!("{fraction:0digits$}");
        let _ = write!(out, ".{}", text.trim_end_matches('0'));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut String)) -> String {
        let mut out = String::new();
        write(&mut out);
        out
    }

    #[test]
    fn decimals_keep_their_digits() {
        for (number, scale, text) in [
            (12345, 2, "123.45"),
            (-5, 3, "-0.005"),
            (0, 2, "0.00"),
            (7, 0, "7"),
            (100, 2, "1.00"),
            (-123, 3, "-0.123"),
        ] {
            assert_eq!(written(|out| decimal(out, number, scale)), text);
            // As few bytes as hold it, exactly 16, and more than that.
            for len in [2, 5, 16, 20] {
                let sign = if number < 0 { 0xff } else { 0 };
                let mut bytes = vec![sign; len];
                let own = number.to_be_bytes();
                let shared = len.min(16);
                bytes[len - shared..].copy_from_slice(&own[16 - shared..]);
                assert_eq!(written(|out| decimal_of_bytes(out, &bytes, scale)), text, "{len} bytes");
            }
        }
        let mut large = [0; 17];
        large[0] = 1;
        assert!(written(|out| decimal_of_bytes(out, &large, 0)).starts_with("a decimal"));
        let mut sign_lost = [0xff; 17];
        sign_lost[1] = 0x7f;
        assert!(written(|out| decimal_of_bytes(out, &sign_lost, 0)).starts_with("a decimal"));
        assert_eq!(written(|out| decimal(out, i128::MIN, 0)), i128::MIN.to_string());
    }

    #[test]
    fn dates_of_the_calendar() {
        for (days, text) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (20_778, "2026-11-21"),
            (-719_468, "0000-03-01"),
        ] {
            assert_eq!(written(|out| date(out, days)), text);
        }
        assert_eq!(written(|out| moment(out, 951_868_799_000, 1_000)), "2000-02-29T23:59:59");
        assert_eq!(written(|out| moment(out, -1, 1_000_000)), "1969-12-31T23:59:59.999999");
        assert_eq!(written(|out| moment(out, 1_500, 1_000)), "1970-01-01T00:00:01.5");
        assert!(!written(|out| moment(out, i64::MIN, 1_000)).is_empty());
        assert!(!written(|out| date(out, i64::from(i32::MIN))).is_empty());
    }
}

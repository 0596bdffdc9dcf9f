//! Delimited text: separator, decimal sign, header, rows and their line numbers.

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::cell::{self, Decimal};
use super::input::{Body, Input, Row, SEEN};
use super::source::{Format, Source};
use crate::error::BadCell;
use crate::{Error, Result};

const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The text of a file and how it is parted.
pub(super) struct Delimited {
    text: Vec<u8>,
    separator: u8,
    /// Where the header begins, and its line.
    start: usize,
    header_line: usize,
    pub(super) sample: Vec<ByteRecord>,
}

/// Recognises a text table.
pub(super) fn from_bytes(file: String, bytes: Vec<u8>) -> Result<Input> {
    let refuse = |reason: &str, remedy: &str| Error::Table {
        file: file.clone(),
        reason: reason.to_owned(),
        remedy: remedy.to_owned(),
    };
    let (text, encoding) =
        super::text::decode(bytes).map_err(|why| refuse(why, "export the table as CSV (UTF-8) and name that file"))?;
    let (start, header_line, declared) = preamble(&text);
    if text[start..].trim_ascii().is_empty() {
        return Err(refuse("is empty", "it needs a header line and a line for each sample"));
    }
    let separator = match declared {
        Some(separator) => separator,
        None => find_separator(&text[start..]).ok_or_else(|| {
            refuse(
                "has no columns: none of ',', ';', tab and '|' parts its header line",
                "put one of these between the columns",
            )
        })?,
    };
    let (header, sample) = head(&text[start..], separator, SEEN)
        .ok_or_else(|| refuse("has no header line", "begin it with the names of the columns"))?;
    let header: Vec<String> = header.iter().map(|cell| super::text::one_line(cell::trim(cell))).collect();
    if header.iter().filter(|name| !name.is_empty()).all(|name| cell::number(name, Decimal::Point).is_ok()) {
        return Err(refuse(
            "begins with numbers where the names of the columns should be",
            "put a header line first, for example x,y,lead",
        ));
    }
    let decimal = find_decimal(&sample);
    let mut source = Source::new(file, Format::Delimited);
    source.encoding = Some(encoding);
    source.separator = Some(separator as char);
    source.decimal = Some(decimal);
    Ok(Input {
        source,
        header,
        crs: None,
        decimal,
        body: Body::Text(Delimited { text, separator, start, header_line, sample }),
    })
}

impl Delimited {
    /// Walks over the rows below the header; blank ones, and ones with nothing but separators, are no rows.
    pub(super) fn for_each(&self, input: &Input, mut visit: impl FnMut(Row<'_>) -> Result<()>) -> Result<()> {
        let text = &self.text[self.start..];
        let mut reader = reader(text, self.separator);
        let mut record = ByteRecord::new();
        let mut lines = Lines::new(text, self.header_line);
        let mut is_header = true;
        loop {
            let offset = reader.position().byte() as usize;
            let more = reader
                .read_byte_record(&mut record)
                .map_err(|error| Error::Unreadable { file: input.source.path.clone(), reason: error.to_string() })?;
            if !more {
                return Ok(());
            }
            if std::mem::take(&mut is_header) {
                continue;
            }
            let number = lines.line_at(offset);
            if record.len() != input.header.len() {
                if record.iter().all(|cell| cell.trim_ascii().is_empty()) {
                    continue;
                }
                return Err(self.ragged(input, number, &record).into());
            }
            if record.iter().all(|cell| cell.trim_ascii().is_empty()) {
                continue;
            }
            visit(Row { number, record: &record, place: None })?;
        }
    }

    fn ragged(&self, input: &Input, row: usize, record: &ByteRecord) -> BadCell {
        let separator = self.separator as char;
        let remedy = if record.len() > input.header.len() && separator == ',' {
            "put \"…\" around text that holds a comma, and separate the columns of decimal-comma numbers with ';'"
        } else if record.len() > input.header.len() {
            "put \"…\" around text that holds the separator"
        } else {
            "the line may be cut off, or hold an unclosed '\"'"
        };
        BadCell {
            file: input.source.path.clone(),
            row_word: input.source.row_word(),
            row,
            column: None,
            value: String::new(),
            reason: format!("has {} columns, but the header has {}", record.len(), input.header.len()),
            remedy: remedy.to_owned(),
        }
    }
}

fn reader(text: &[u8], separator: u8) -> Reader<&[u8]> {
    ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(text)
}

/// The first record, and at most `rows` after it.
fn head(text: &[u8], separator: u8, rows: usize) -> Option<(ByteRecord, Vec<ByteRecord>)> {
    let mut records = reader(text, separator).into_byte_records().map_while(|record| record.ok());
    let header = records.next()?;
    Some((header, records.take(rows).collect()))
}

/// Where the header begins, its line, and the separator that Excel's `sep=;` line declares. Lines with `#` are comments.
fn preamble(text: &[u8]) -> (usize, usize, Option<u8>) {
    let (mut start, mut line, mut declared) = (0, 1, None);
    loop {
        let rest = &text[start..];
        let end = rest.iter().position(|&b| b == b'\n').map_or(rest.len(), |at| at + 1);
        let this = rest[..end].trim_ascii();
        if let Some(separator) = this.strip_prefix(b"sep=").filter(|s| s.len() <= 1 && line == 1) {
            declared = Some(separator.first().copied().unwrap_or(b'\t')).filter(|s| SEPARATORS.contains(s));
        } else if !(this.starts_with(b"#") || this.is_empty()) || end == 0 {
            return (start, line, declared);
        }
        start += end;
        line += 1;
    }
}

/// The separator under which most rows have as many columns as the header, and at least two; more columns win a tie.
fn find_separator(text: &[u8]) -> Option<u8> {
    SEPARATORS
        .into_iter()
        .filter_map(|separator| {
            let (header, rows) = head(text, separator, 100)?;
            let width = header.len();
            let whole = rows.iter().filter(|row| row.len() == width).count();
            let share = if rows.is_empty() { 100 } else { whole * 100 / rows.len() };
            (width > 1).then_some(((share, width), separator))
        })
        .max_by_key(|&(score, separator)| (score, std::cmp::Reverse(separator)))
        .map(|(_, separator)| separator)
}

/// Comma where cells use it in numbers more often than the point.
fn find_decimal(sample: &[ByteRecord]) -> Decimal {
    let count = |sign: u8| {
        let is_decimal = |cell: &&[u8]| {
            let mut signs = 0;
            let mut digits = 0;
            for &b in cell.trim_ascii().strip_prefix(b"<").unwrap_or(cell.trim_ascii()).trim_ascii() {
                match b {
                    b'0'..=b'9' => digits += 1,
                    b'-' | b'+' if digits + signs == 0 => {}
                    b if b == sign => signs += 1,
                    _ => return false,
                }
            }
            signs == 1 && digits > 0
        };
        sample.iter().flat_map(ByteRecord::iter).filter(is_decimal).count()
    };
    if count(b',') > count(b'.') { Decimal::Comma } else { Decimal::Point }
}

/// Turns growing byte offsets into line numbers; every byte is looked at once.
struct Lines<'a> {
    text: &'a [u8],
    end_of_line: u8,
    at: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    fn new(text: &'a [u8], first: usize) -> Self {
        let end_of_line = if text.contains(&b'\n') { b'\n' } else { b'\r' };
        Self { text, end_of_line, at: 0, line: first }
    }

    /// The line of the record that begins at or after `offset`: the reader stops before the end of the previous line's
    /// last byte and blank lines.
    fn line_at(&mut self, offset: usize) -> usize {
        let mut begin = offset.min(self.text.len());
        while begin < self.text.len() && matches!(self.text[begin], b'\r' | b'\n') {
            begin += 1;
        }
        if begin > self.at {
            let end_of_line = self.end_of_line;
            // In bytes, which vectors count many of; 255 of them are counted in one.
            for some in self.text[self.at..begin].chunks(255) {
                self.line += usize::from(some.iter().map(|&b| u8::from(b == end_of_line)).sum::<u8>());
            }
            self.at = begin;
        }
        self.line
    }
}

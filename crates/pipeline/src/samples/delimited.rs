//! Delimited text: separator, decimal sign, header, rows and their line numbers.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read};

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::cell::{self, Decimal};
use super::input::{Body, Input, Row, SEEN};
use super::source::{Format, Source};
use super::text::{NoText, Text};
use crate::error::BadCell;
use crate::{Error, Result};

const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Bytes of text by which separators, decimal sign and columns are recognised, and that comments may take before the header.
const HEAD: u64 = 1 << 20;
/// Bytes that are parted at a time.
const BUFFER: usize = 1 << 16;

/// The text of a file and how it is parted.
pub(super) struct Delimited {
    text: Text,
    separator: u8,
    /// Where the header begins, and its line.
    start: u64,
    header_line: usize,
    pub(super) sample: Vec<ByteRecord>,
    /// About how many rows there are.
    pub(super) rows: usize,
}

/// Recognises a text table in bytes that are held, for they could be read but once.
pub(super) fn from_bytes(file: String, bytes: Vec<u8>) -> Result<Input> {
    recognise(file, Text::of_bytes(bytes))
}

/// Recognises a text table in a file, which is read again for every walk over it.
pub(super) fn from_file(file: String, opened: File) -> Result<Input> {
    recognise(file, Text::of_file(opened))
}

fn recognise(file: String, text: std::result::Result<Text, NoText>) -> Result<Input> {
    let refuse = |reason: &str, remedy: &str| Error::Table {
        file: file.clone(),
        reason: reason.to_owned(),
        remedy: remedy.to_owned(),
    };
    let unreadable = |error: io::Error| Error::Unreadable { file: file.clone(), reason: error.to_string() };
    let text = text.map_err(|why| match why {
        NoText::Reason(why) => refuse(why, "export the table as CSV (UTF-8) and name that file"),
        NoText::Unreadable(error) => unreadable(error),
    })?;
    let mut seen = Vec::new();
    text.reader().and_then(|reader| reader.take(HEAD).read_to_end(&mut seen)).map_err(unreadable)?;
    let is_whole = seen.len() as u64 == text.len;
    let (start, header_line, declared) = preamble(&seen);
    let seen = &seen[start..];
    if seen.trim_ascii().is_empty() {
        return Err(refuse("is empty", "it needs a header line and a line for each sample"));
    }
    let separator = match declared {
        Some(separator) => separator,
        None => find_separator(seen, is_whole).ok_or_else(|| {
            refuse(
                "has no columns: none of ',', ';', tab and '|' parts its header line",
                "put one of these between the columns",
            )
        })?,
    };
    let (header, sample) = head(seen, separator, SEEN, is_whole)
        .ok_or_else(|| refuse("has no header line", "begin it with the names of the columns"))?;
    let header: Vec<String> = header.iter().map(|cell| super::text::one_line(cell::trim(cell))).collect();
    if header.iter().filter(|name| !name.is_empty()).all(|name| cell::number(name, Decimal::Point).is_ok()) {
        return Err(refuse(
            "begins with numbers where the names of the columns should be",
            "put a header line first, for example x,y,lead",
        ));
    }
    let decimal = find_decimal(&sample);
    let rows = rows_of(&sample, header.len(), text.len - start as u64);
    let mut source = Source::new(file, Format::Delimited);
    source.encoding = Some(text.encoding());
    source.separator = Some(separator as char);
    source.decimal = Some(decimal);
    Ok(Input {
        source,
        header,
        crs: None,
        decimal,
        body: Body::Text(Delimited { text, separator, start: start as u64, header_line, sample, rows }),
    })
}

impl Delimited {
    /// Walks over the rows below the header; blank ones, and ones with nothing but separators, are no rows.
    pub(super) fn for_each(&self, input: &Input, mut visit: impl FnMut(Row<'_>) -> Result<()>) -> Result<()> {
        let unreadable = |reason: String| Error::Unreadable { file: input.source.path.clone(), reason };
        let mut text = self.text.reader().map_err(|error| unreadable(error.to_string()))?;
        let skipped = io::copy(&mut text.by_ref().take(self.start), &mut io::sink());
        skipped.map_err(|error| unreadable(error.to_string()))?;
        let passed = RefCell::new(Passed::default());
        let mut reader = reader(Passing { text, passed: &passed }, self.separator);
        let mut record = ByteRecord::new();
        let mut line = self.header_line;
        let mut is_header = true;
        loop {
            let offset = reader.position().byte();
            let more = reader.read_byte_record(&mut record).map_err(|error| unreadable(error.to_string()))?;
            if !more {
                return Ok(());
            }
            line += passed.borrow_mut().lines_before(offset, self.text.end_of_line);
            if std::mem::take(&mut is_header) {
                continue;
            }
            let number = line;
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

fn reader<R: Read>(text: R, separator: u8) -> Reader<R> {
    ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(BUFFER)
        .from_reader(text)
}

/// The first record, and at most `rows` after it; of a text that goes on, not the last, which may be cut off.
fn head(text: &[u8], separator: u8, rows: usize, is_whole: bool) -> Option<(ByteRecord, Vec<ByteRecord>)> {
    let mut records = reader(text, separator).into_byte_records().map_while(|record| record.ok());
    let header = records.next()?;
    let mut records: Vec<ByteRecord> = records.take(rows + 1).collect();
    if !is_whole || records.len() > rows {
        records.pop();
    }
    Some((header, records))
}

/// About how many rows so many bytes hold, by the length of those seen.
fn rows_of(sample: &[ByteRecord], columns: usize, len: u64) -> usize {
    let of_sample: usize = sample.iter().map(|record| record.as_slice().len() + columns).sum();
    match u64::try_from(of_sample) {
        Ok(of_sample) if of_sample > 0 => {
            usize::try_from(u128::from(len) * sample.len() as u128 / u128::from(of_sample)).unwrap_or(0)
        }
        _ => 0,
    }
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
fn find_separator(text: &[u8], is_whole: bool) -> Option<u8> {
    SEPARATORS
        .into_iter()
        .filter_map(|separator| {
            let (header, rows) = head(text, separator, 100, is_whole)?;
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

/// Text on its way to the reader, which keeps what was passed until its lines are counted.
struct Passing<'a> {
    text: Box<dyn Read + 'a>,
    passed: &'a RefCell<Passed>,
}

impl Read for Passing<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.text.read(out)?;
        self.passed.borrow_mut().bytes.extend_from_slice(&out[..read]);
        Ok(read)
    }
}

/// Bytes that were passed, from `begin` on.
#[derive(Default)]
struct Passed {
    bytes: Vec<u8>,
    begin: u64,
    /// Up to here lines were counted.
    counted: usize,
}

impl Passed {
    /// Lines that end before the record that begins at or after `offset`, of those not counted yet: the reader stops before the end
    /// of the previous line's last byte and blank lines. Offsets do not fall.
    fn lines_before(&mut self, offset: u64, end_of_line: u8) -> usize {
        let mut begin = ((offset - self.begin) as usize).min(self.bytes.len());
        while begin < self.bytes.len() && matches!(self.bytes[begin], b'\r' | b'\n') {
            begin += 1;
        }
        let mut lines = 0;
        if begin > self.counted {
            // In bytes, which vectors count many of; 255 of them are counted in one.
            for some in self.bytes[self.counted..begin].chunks(255) {
                lines += usize::from(some.iter().map(|&b| u8::from(b == end_of_line)).sum::<u8>());
            }
            self.counted = begin;
        }
        // Forgotten together, so that each byte is moved but a few times.
        if self.counted > BUFFER {
            self.bytes.drain(..self.counted);
            self.begin += self.counted as u64;
            self.counted = 0;
        }
        lines
    }
}

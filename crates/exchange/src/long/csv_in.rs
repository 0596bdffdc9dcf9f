//! Delimited text: what it is written with, and its rows one after the other.

use std::cell::Cell;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use csv::{ByteRecord, Reader, ReaderBuilder};
use encoding_rs::{Encoding, UTF_8};

use super::defaults::Dialect;
use super::local;
use super::report::{Report, shown};
use super::sheet::{Limits, Record, Sheet, cell, checked_cell, checked_header};
use crate::{Error, Result};

/// How much of a file is looked at to find out how it is written.
const LOOKED_AT: usize = 64 << 10;

/// Opens delimited text; what was taken for its dialect is said in the report.
pub(crate) fn open(path: &Path, dialect: &Dialect, limits: &Limits, report: &mut Report) -> Result<Sheet<'static>> {
    let (source, start) = decoded(path, dialect, limits, report)?;
    if start.trim().is_empty() {
        return Err(Error::refused(path.display(), "is empty", "give a table with a header"));
    }
    let delimiter = delimiter(path, dialect, &start, report)?;
    let comma = decimal_comma(path, dialect, &start, delimiter, report)?;
    let used = Rc::new(Cell::new(0));
    let metered = Metered { source, used: Rc::clone(&used), most: limits.row_bytes };
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .has_headers(false)
        .buffer_capacity(LOOKED_AT)
        .from_reader(metered);
    let mut first = ByteRecord::new();
    if !reader.read_byte_record(&mut first).map_err(|e| unreadable(path, 1, &e))? {
        return Err(Error::refused(path.display(), "is empty", "give a table with a header"));
    }
    used.set(0);
    if first.len() > limits.columns {
        return Err(Error::refused(
            path.display(),
            format!("{} columns, more than {}", first.len(), limits.columns),
            "give the columns that are needed, or the long form",
        ));
    }
    let header = first.iter().map(|c| text(path, 1, "header", c)).collect::<Result<Vec<_>>>()?;
    let header = checked_header(path, header, limits)?;
    let rows =
        Rows { path: path.to_owned(), header: header.clone(), reader, used, row: 1, limits: *limits, ended: false };
    Ok(Sheet { path: path.to_owned(), header, records: Box::new(rows), comma })
}

/// All rows of delimited text as they come, for files whose header is not the first of them; whether numbers have a decimal comma.
pub(crate) fn raw(path: &Path, dialect: &Dialect, limits: &Limits, report: &mut Report) -> Result<(Vec<Record>, bool)> {
    let (source, start) = decoded(path, dialect, limits, report)?;
    if start.trim().is_empty() {
        return Ok((Vec::new(), false));
    }
    let delimiter = delimiter(path, dialect, &start, report)?;
    let comma = decimal_comma(path, dialect, &start, delimiter, report)?;
    let used = Rc::new(Cell::new(0));
    let metered = Metered { source, used: Rc::clone(&used), most: limits.row_bytes };
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .has_headers(false)
        .buffer_capacity(LOOKED_AT)
        .from_reader(metered);
    let (mut rows, mut held, mut record) = (Vec::new(), 0, ByteRecord::new());
    for row in 1.. {
        if !reader.read_byte_record(&mut record).map_err(|e| unreadable(path, row, &e))? {
            break;
        }
        used.set(0);
        held += record.as_slice().len() as u64 + 24 * record.len() as u64;
        if row > limits.rows || held > limits.file_bytes || record.len() > limits.columns {
            let reason = format!(
                "row {row} is beyond {} columns, {} rows or {} bytes",
                limits.columns, limits.rows, limits.file_bytes
            );
            return Err(Error::refused(path.display(), reason, "divide the table"));
        }
        let cells = record.iter().enumerate().map(|(i, bytes)| {
            let column = format!("column {}", i + 1);
            let cell = text(path, row, &column, bytes)?;
            checked_cell(path, row, &column, &cell, limits).map(|()| cell)
        });
        rows.push(Record { row, cells: cells.collect::<Result<_>>()? });
    }
    Ok((rows, comma))
}

type Source = Box<dyn Read>;

/// The file as UTF-8 without a mark, and the start of it.
fn decoded(path: &Path, dialect: &Dialect, limits: &Limits, report: &mut Report) -> Result<(Source, String)> {
    let mut file = local::open(path)?;
    let failed = |e: std::io::Error| Error::unreadable(path, e);
    let mut start = Vec::new();
    file.by_ref().take(LOOKED_AT as u64).read_to_end(&mut start).map_err(failed)?;
    let named = dialect.encoding.as_deref().and_then(|name| Encoding::for_label(name.as_bytes()));
    let marked = Encoding::for_bom(&start);
    let (encoding, skip) = match (named, marked) {
        (_, Some((encoding, length))) => (encoding, length),
        (Some(encoding), None) => (encoding, 0),
        (None, None) => (UTF_8, 0),
    };
    if encoding == UTF_8 {
        file.seek(SeekFrom::Start(skip as u64)).map_err(failed)?;
        if skip > 0 {
            report.notice("UTF-8 with a byte order mark");
        }
        let start = String::from_utf8_lossy(&start[skip.min(start.len())..]).into_owned();
        return Ok((Box::new(file), start));
    }
    let size = file.metadata().map_err(failed)?.len();
    if size > limits.file_bytes {
        let reason = format!("{size} bytes in {}, more than {}", encoding.name(), limits.file_bytes);
        return Err(Error::refused(path.display(), reason, "save it as UTF-8, which is read row by row"));
    }
    file.seek(SeekFrom::Start(skip as u64)).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(limits.file_bytes).read_to_end(&mut bytes).map_err(failed)?;
    let Some(decoded) = encoding.decode_without_bom_handling_and_without_replacement(&bytes) else {
        return Err(Error::refused(
            path.display(),
            format!("is not {}", encoding.name()),
            "say the right encoding in [dialect] of the defaults, or save it as UTF-8",
        ));
    };
    let how = if marked.is_some() { "by its byte order mark" } else { "as declared" };
    report.notice(format!("decoded from {}, {how}", encoding.name()));
    let text = decoded.into_owned();
    let start = text.chars().take(LOOKED_AT).collect();
    Ok((Box::new(Cursor::new(text.into_bytes())), start))
}

fn delimiter(path: &Path, dialect: &Dialect, start: &str, report: &mut Report) -> Result<u8> {
    let name = |d: u8| match d {
        b'\t' => "tab",
        b';' => "semicolon",
        _ => "comma",
    };
    if let Some(stated) = dialect.delimiter {
        let delimiter = u8::try_from(stated).unwrap_or(b',');
        report.notice(format!("delimiter {}, as declared", name(delimiter)));
        return Ok(delimiter);
    }
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for byte in start.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            // A line of one title stands above the header of some templates.
            b'\n' if !quoted && counts.iter().all(|(_, n)| *n == 0) => {}
            b'\n' if !quoted => break,
            _ if quoted => {}
            _ => counts.iter_mut().filter(|(d, _)| *d == byte).for_each(|(_, n)| *n += 1),
        }
    }
    counts.sort_by_key(|&(_, n)| std::cmp::Reverse(n));
    let [(delimiter, most), (_, second), _] = counts;
    if most == 0 || most == second {
        return Err(Error::refused(
            path.display(),
            "its header does not tell the delimiter",
            "say delimiter in [dialect] of the defaults: , ; or tab",
        ));
    }
    report.notice(format!("delimiter {}, from the header", name(delimiter)));
    Ok(delimiter)
}

/// Whether numbers have a decimal comma: never where commas divide the cells, else by what the start of the file has.
fn decimal_comma(path: &Path, dialect: &Dialect, start: &str, delimiter: u8, report: &mut Report) -> Result<bool> {
    if let Some(stated) = dialect.decimal {
        if stated == ',' && delimiter == b',' {
            return Err(Error::refused(
                path.display(),
                "commas divide its cells, so none can be the decimal sign",
                "correct delimiter or decimal in [dialect] of the defaults",
            ));
        }
        report.notice(format!("decimal {}, as declared", if stated == ',' { "comma" } else { "point" }));
        return Ok(stated == ',');
    }
    if delimiter == b',' {
        report.notice("decimal point, since commas divide the cells");
        return Ok(false);
    }
    let mut seen: [Option<String>; 2] = [None, None];
    // The last line of what was looked at may be cut off.
    let whole = start.rfind('\n').map_or(start, |end| &start[..end]);
    for part in whole.lines().skip(1).flat_map(|line| line.split(char::from(delimiter))) {
        let digits = part.trim().trim_matches('"').trim_start_matches(['<', '>', '=', ' ', '+', '-']);
        for (i, sign) in ['.', ','].into_iter().enumerate() {
            let sides = digits.split_once(sign);
            if sides.is_some_and(|(a, b)| [a, b].iter().all(|s| !s.is_empty() && s.bytes().all(|d| d.is_ascii_digit())))
            {
                seen[i].get_or_insert_with(|| shown(part.trim()));
            }
        }
    }
    match seen {
        [Some(point), Some(comma)] => Err(Error::refused(
            path.display(),
            format!("has numbers with points and with commas ('{point}', '{comma}')"),
            "say decimal in [dialect] of the defaults, and correct the cells that have the other",
        )),
        [None, Some(comma)] => {
            report.notice(format!("decimal comma, from cells as '{comma}'"));
            Ok(true)
        }
        [point, None] => {
            let why = point.map_or("no cell looked at has a fraction".to_owned(), |p| format!("from cells as '{p}'"));
            report.notice(format!("decimal point, {why}"));
            Ok(false)
        }
    }
}

/// Counts what is read between two rows, and stops before a row without an end fills the memory.
struct Metered {
    source: Source,
    used: Rc<Cell<usize>>,
    most: usize,
}

impl Read for Metered {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let n = self.source.read(into)?;
        let used = self.used.get().saturating_add(n);
        self.used.set(used);
        // What stands in the reader's buffer behind a row counts for the next one.
        if used > self.most.saturating_add(LOOKED_AT) {
            return Err(std::io::Error::new(
                std::io::ErrorKind::InvalidData,
                format!("is longer than {} bytes; is a quotation mark missing?", self.most),
            ));
        }
        Ok(n)
    }
}

fn unreadable(path: &Path, row: u64, error: &csv::Error) -> Error {
    match error.kind() {
        csv::ErrorKind::Io(e) if e.kind() == std::io::ErrorKind::InvalidData => Error::refused(
            format!("{}, row {row}", path.display()),
            e,
            "give rows of results; this may be a file of another kind",
        ),
        _ => Error::unreadable(path, format!("row {row}: {error}")),
    }
}

fn text(path: &Path, row: u64, column: &str, bytes: &[u8]) -> Result<String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| {
        let lossy = String::from_utf8_lossy(bytes);
        cell(
            path,
            row,
            column,
            &lossy,
            "is not UTF-8",
            "save the table as UTF-8, or say encoding in [dialect] of the defaults",
        )
    })
}

struct Rows {
    path: PathBuf,
    header: Vec<String>,
    reader: Reader<Metered>,
    used: Rc<Cell<usize>>,
    row: u64,
    limits: Limits,
    ended: bool,
}

impl Rows {
    fn read(&mut self) -> Result<Option<Record>> {
        let mut record = ByteRecord::new();
        let row = self.row + 1;
        if !self.reader.read_byte_record(&mut record).map_err(|e| unreadable(&self.path, row, &e))? {
            return Ok(None);
        }
        self.used.set(0);
        self.row = row;
        if row > self.limits.rows {
            let reason = format!("more than {} rows", self.limits.rows);
            return Err(Error::refused(self.path.display(), reason, "divide the table"));
        }
        let (columns, cells) = (self.header.len(), record.len());
        let beyond = record.iter().skip(columns).any(|c| !c.trim_ascii().is_empty());
        if cells < columns || beyond {
            let reason = format!("the row has {cells} cells, the header {columns}");
            let last = record.iter().next_back().map(String::from_utf8_lossy).unwrap_or_default();
            let remedy = "put cells that hold the delimiter or a quotation mark in quotation marks";
            return Err(cell(&self.path, row, "(whole row)", &last, &reason, remedy));
        }
        let mut texts = Vec::with_capacity(columns);
        for (bytes, column) in record.iter().zip(&self.header) {
            let cell = text(&self.path, row, column, bytes)?;
            checked_cell(&self.path, row, column, &cell, &self.limits)?;
            texts.push(cell);
        }
        Ok(Some(Record { row, cells: texts }))
    }
}

impl Iterator for Rows {
    type Item = Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.read().transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}

//! SQLite files of strangers, read without SQLite: the schema and the rows, bounded. No statement of the file is run, so its views,
//! triggers and virtual tables do nothing.
//!
//! The format is that of <https://www.sqlite.org/fileformat2.html>. What is not understood is an error, never a guess.

use std::collections::BTreeSet;

use super::Folder;

/// Largest SQLite file that is read, in bytes.
pub(super) const LARGEST: u64 = 512 << 20;
/// Most rows read of one table.
const MOST_ROWS: usize = 2_000_000;
/// Deepest tree of pages.
const DEEPEST: usize = 24;
/// Largest row, in bytes.
const LARGEST_ROW: usize = 64 << 20;

/// A value of a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    /// No value.
    Null,
    /// A whole number.
    Integer(i64),
    /// A number.
    Real(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// An entry of the schema.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// `table`, `index`, `view` or `trigger`.
    pub(super) kind: String,
    /// Its name.
    pub(super) name: String,
    /// The page its tree begins at; 0 for what has none.
    pub(super) root: u32,
    /// The statement that made it.
    pub(super) sql: String,
}

impl Entry {
    /// Whether it is a virtual table.
    pub(super) fn is_virtual(&self) -> bool {
        let mut words = self.sql.split_whitespace();
        words.next().is_some_and(|w| w.eq_ignore_ascii_case("create"))
            && words.next().is_some_and(|w| w.eq_ignore_ascii_case("virtual"))
    }
}

/// A row: its number, then its values in the order of the columns.
pub(super) type Row = (i64, Vec<Cell>);

/// An SQLite file, held in memory.
pub(super) struct Sqlite {
    bytes: Vec<u8>,
    page: usize,
    usable: usize,
    /// What the file holds.
    pub(super) schema: Vec<Entry>,
}

fn be(bytes: &[u8], at: usize, n: usize) -> Option<u64> {
    Some(bytes.get(at..at.checked_add(n)?)?.iter().fold(0, |all, b| (all << 8) | u64::from(*b)))
}

fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value: u64 = 0;
    for i in 0..9 {
        let byte = *bytes.get(*at)?;
        *at += 1;
        if i == 8 {
            return Some((value << 8) | u64::from(byte));
        }
        value = (value << 7) | u64::from(byte & 0x7f);
        if byte < 0x80 {
            break;
        }
    }
    Some(value)
}

impl Sqlite {
    /// Reads a listed file.
    ///
    /// # Errors
    /// In words, if it is absent, too large, or no SQLite file that can be understood.
    pub(super) fn read(folder: &Folder, relative: &str) -> Result<Self, String> {
        let bytes = folder.read(relative, LARGEST).ok_or("absent, or larger than is read")?;
        Self::of(bytes)
    }

    /// Of the bytes of a file.
    pub(super) fn of(bytes: Vec<u8>) -> Result<Self, String> {
        if !bytes.starts_with(b"SQLite format 3\0") || bytes.len() < 512 {
            return Err("no SQLite file".to_owned());
        }
        let page = match be(&bytes, 16, 2) {
            Some(1) => 65536,
            Some(n) if (512..=32768).contains(&n) && n.is_power_of_two() => n as usize,
            _ => return Err("no valid page size".to_owned()),
        };
        let usable = page - usize::from(bytes[20]);
        if usable < 480 {
            return Err("no valid page size".to_owned());
        }
        if !matches!(be(&bytes, 56, 4), Some(0 | 1)) {
            return Err("its text is not in UTF-8".to_owned());
        }
        let mut file = Self { bytes, page, usable, schema: Vec::new() };
        let mut schema = Vec::new();
        file.rows(1, &mut |(_, cells)| {
            let text = |i: usize| match cells.get(i) {
                Some(Cell::Text(text)) => text.clone(),
                _ => String::new(),
            };
            let root = match cells.get(3) {
                Some(Cell::Integer(n)) => u32::try_from(*n).unwrap_or(0),
                _ => 0,
            };
            schema.push(Entry { kind: text(0), name: text(1), root, sql: text(4) });
        })?;
        file.schema = schema;
        Ok(file)
    }

    /// The application id of its header.
    pub(super) fn application_id(&self) -> [u8; 4] {
        [self.bytes[68], self.bytes[69], self.bytes[70], self.bytes[71]]
    }

    /// The user version of its header.
    pub(super) fn user_version(&self) -> u32 {
        be(&self.bytes, 60, 4).unwrap_or(0) as u32
    }

    /// A real table (no view, nothing virtual) by name.
    pub(super) fn table(&self, name: &str) -> Option<&Entry> {
        self.schema
            .iter()
            .find(|e| e.kind == "table" && e.name.eq_ignore_ascii_case(name) && e.root > 0 && !e.is_virtual())
    }

    /// The columns of a table and all its rows; a primary key that is the row number is filled in.
    ///
    /// # Errors
    /// In words, if there is no such table or it cannot be understood.
    pub(super) fn all(&self, name: &str) -> Result<(Vec<String>, Vec<Vec<Cell>>), String> {
        let entry = self.table(name).ok_or_else(|| format!("no table {name}"))?;
        let columns = columns(&entry.sql);
        let names: Vec<String> = columns.iter().map(|(n, _)| n.clone()).collect();
        let key = columns.iter().position(|(_, is_row)| *is_row);
        let mut rows = Vec::new();
        self.rows(entry.root, &mut |(number, mut cells)| {
            cells.resize(names.len().max(cells.len()), Cell::Null);
            if let Some(key) = key.filter(|k| cells[*k] == Cell::Null) {
                cells[key] = Cell::Integer(number);
            }
            rows.push(cells);
        })?;
        Ok((names, rows))
    }

    fn page(&self, number: u32) -> Result<&[u8], String> {
        let from = (number as usize).checked_sub(1).and_then(|n| n.checked_mul(self.page)).ok_or("page 0")?;
        self.bytes.get(from..from + self.page).ok_or_else(|| format!("page {number} is outside the file"))
    }

    /// Every row of the table tree at `root`.
    pub(super) fn rows(&self, root: u32, each: &mut dyn FnMut(Row)) -> Result<(), String> {
        let mut seen = BTreeSet::new();
        let mut waiting = vec![(root, 0)];
        let mut count = 0;
        // Rows do not share bytes, so all of them are no larger than the file.
        let mut left = self.bytes.len() as u64;
        while let Some((number, depth)) = waiting.pop() {
            if depth > DEEPEST || !seen.insert(number) {
                return Err("its pages go in circles".to_owned());
            }
            let page = self.page(number)?;
            let head = if number == 1 { 100 } else { 0 };
            let cells = be(page, head + 3, 2).ok_or("a page is cut short")? as usize;
            let (interior, first) = match page[head] {
                0x05 => (true, head + 12),
                0x0d => (false, head + 8),
                other => return Err(format!("page {number} is of kind {other}, not of a table")),
            };
            let mut below = Vec::new();
            for i in 0..cells {
                let mut at = be(page, first + 2 * i, 2).ok_or("a page is cut short")? as usize;
                if interior {
                    below.push(be(page, at, 4).ok_or("a page is cut short")? as u32);
                    continue;
                }
                count += 1;
                if count > MOST_ROWS {
                    return Err(format!("a table of more than {MOST_ROWS} rows"));
                }
                let length = varint(page, &mut at).ok_or("a row is cut short")?;
                let row = varint(page, &mut at).ok_or("a row is cut short")?;
                left = left.checked_sub(length).ok_or("its rows are larger than the file")?;
                let payload = self.payload(page, at, length)?;
                each((row as i64, record(&payload).ok_or("a row cannot be understood")?));
            }
            if interior {
                below.push(be(page, head + 8, 4).ok_or("a page is cut short")? as u32);
                waiting.extend(below.into_iter().rev().map(|n| (n, depth + 1)));
            }
        }
        Ok(())
    }

    /// A row's bytes, those on overflow pages included.
    fn payload(&self, page: &[u8], at: usize, length: u64) -> Result<Vec<u8>, String> {
        let length = usize::try_from(length).ok().filter(|n| *n <= LARGEST_ROW && *n <= self.bytes.len());
        let length = length.ok_or("a row is larger than is read")?;
        let (u, most) = (self.usable, self.usable - 35);
        if length <= most {
            return Ok(page.get(at..at + length).ok_or("a row is cut short")?.to_vec());
        }
        let least = (u - 12) * 32 / 255 - 23;
        let fits = least + (length - least) % (u - 4);
        let local = if fits <= most { fits } else { least };
        let mut all = page.get(at..at + local).ok_or("a row is cut short")?.to_vec();
        let mut next = be(page, at + local, 4).ok_or("a row is cut short")? as u32;
        while all.len() < length {
            let page = self.page(next)?;
            let part = (length - all.len()).min(u - 4);
            all.extend_from_slice(page.get(4..4 + part).ok_or("a page is cut short")?);
            next = be(page, 0, 4).ok_or("a page is cut short")? as u32;
        }
        Ok(all)
    }
}

fn record(payload: &[u8]) -> Option<Vec<Cell>> {
    let mut at = 0;
    let header = varint(payload, &mut at)? as usize;
    let mut body = header;
    let mut cells = Vec::new();
    while at < header {
        let kind = varint(payload, &mut at)?;
        let signed = |n: usize| be(payload, body, n).map(|v| ((v << (64 - 8 * n)) as i64) >> (64 - 8 * n));
        let (cell, length) = match kind {
            0 => (Cell::Null, 0),
            1..=4 => (Cell::Integer(signed(kind as usize)?), kind as usize),
            5 => (Cell::Integer(signed(6)?), 6),
            6 => (Cell::Integer(signed(8)?), 8),
            7 => (Cell::Real(f64::from_bits(be(payload, body, 8)?)), 8),
            8 => (Cell::Integer(0), 0),
            9 => (Cell::Integer(1), 0),
            10 | 11 => return None,
            n => {
                let length = usize::try_from((n - 12) / 2).ok()?;
                let bytes = payload.get(body..body.checked_add(length)?)?;
                let cell = match n % 2 {
                    0 => Cell::Blob(bytes.to_vec()),
                    _ => Cell::Text(String::from_utf8_lossy(bytes).into_owned()),
                };
                (cell, length)
            }
        };
        cells.push(cell);
        body = body.checked_add(length)?;
    }
    Some(cells)
}

/// The columns of a `CREATE TABLE` statement, and whether each is another name of the row number.
fn columns(sql: &str) -> Vec<(String, bool)> {
    let Some(open) = sql.find('(') else { return Vec::new() };
    let (mut depth, mut quote, mut part, mut parts) = (0_i32, None, String::new(), Vec::new());
    for c in sql[open..].chars() {
        match (quote, c) {
            (Some(q), _) if c == q => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(c),
            (None, '[') => quote = Some(']'),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            _ => {}
        }
        if quote.is_none() && ((depth == 1 && (c == ',' || (c == '(' && part.is_empty()))) || depth == 0) {
            parts.push(std::mem::take(&mut part));
            if depth == 0 {
                break;
            }
            continue;
        }
        part.push(c);
    }
    parts.iter().filter_map(|part| column(part.trim())).collect()
}

fn column(part: &str) -> Option<(String, bool)> {
    let closing = match part.chars().next()? {
        '"' => Some('"'),
        '\'' => Some('\''),
        '`' => Some('`'),
        '[' => Some(']'),
        _ => None,
    };
    let (name, rest) = match closing {
        Some(end) => part[1..].split_once(end)?,
        None => part.split_once(char::is_whitespace).unwrap_or((part, "")),
    };
    const CLAUSES: [&str; 5] = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];
    if closing.is_none() && CLAUSES.iter().any(|c| name.to_ascii_uppercase().starts_with(c)) {
        return None;
    }
    let rest: Vec<String> = rest.split_whitespace().map(str::to_ascii_uppercase).collect();
    let is_row = rest.first().is_some_and(|t| t == "INTEGER")
        && rest.windows(2).any(|w| w[0] == "PRIMARY" && w[1].starts_with("KEY"));
    Some((name.to_owned(), is_row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_a_statement() {
        let sql = "CREATE TABLE \"a(b\" ( \"fid\" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, \"geom, x\" POLYGON, n REAL DEFAULT (1,2), CONSTRAINT c UNIQUE (n), PRIMARY KEY(n))";
        // The name of the table may hold a bracket: what is read is then not columns, and no row is misread for it.
        let plain = sql.replace("\"a(b\"", "ab");
        let names: Vec<_> = columns(&plain).into_iter().collect();
        assert_eq!(names, [("fid".to_owned(), true), ("geom, x".to_owned(), false), ("n".to_owned(), false)]);
    }

    #[test]
    fn numbers_of_variable_length() {
        let mut at = 0;
        assert_eq!(varint(&[0x81, 0x00], &mut at), Some(128));
        let mut at = 0;
        assert_eq!(varint(&[0xff; 9], &mut at), Some(u64::MAX));
    }

    #[test]
    fn what_is_no_database_is_refused() {
        assert!(Sqlite::of(b"hello".to_vec()).is_err());
        let mut bytes = b"SQLite format 3\0".to_vec();
        bytes.resize(4096, 0xff);
        assert!(Sqlite::of(bytes).is_err());
    }
}

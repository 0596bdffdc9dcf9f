//! Delimited text, read as a stranger: any of three delimiters, quotes, any line ends; every bound stated; nothing stops at a fault.

use std::io::Read;

/// Bytes of one cell that are kept; the rest is dropped and told.
pub(super) const MAX_CELL: usize = 64 * 1024;
/// Columns that are judged.
pub(super) const MAX_COLUMNS: usize = 4096;
/// Rows that are kept.
pub(super) const MAX_ROWS: usize = 1_000_000;
/// Cells that are kept.
pub(super) const MAX_CELLS: usize = 32_000_000;
/// Bytes of a table.
pub(super) const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// Cells in rows, in one text.
#[derive(Debug, Default)]
pub(super) struct Cells {
    text: String,
    /// Where each cell ends in the text.
    ends: Vec<u32>,
    /// Behind its last cell, and the number it has in the file.
    rows: Vec<(u32, u32)>,
}

impl Cells {
    /// How many rows.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The number of a row in its file.
    pub(super) fn number(&self, row: usize) -> u64 {
        u64::from(self.rows[row].1)
    }

    fn first(&self, row: usize) -> usize {
        if row == 0 { 0 } else { self.rows[row - 1].0 as usize }
    }

    /// How many cells a row has.
    pub(super) fn width(&self, row: usize) -> usize {
        self.rows[row].0 as usize - self.first(row)
    }

    /// A cell; empty where the row has none.
    pub(super) fn get(&self, row: usize, column: usize) -> &str {
        let first = self.first(row);
        let i = first + column;
        if i >= self.rows[row].0 as usize {
            return "";
        }
        let from = if i == 0 { 0 } else { self.ends[i - 1] as usize };
        &self.text[from..self.ends[i] as usize]
    }

    /// Appends a cell to the row that is being written.
    pub(super) fn push(&mut self, cell: &str) {
        self.text.push_str(cell);
        self.ends.push(self.text.len() as u32);
    }

    /// Ends the row that is being written.
    pub(super) fn end(&mut self, number: u64) {
        self.rows.push((self.ends.len() as u32, u32::try_from(number).unwrap_or(u32::MAX)));
    }

    /// Whether no more is taken.
    pub(super) fn full(&self) -> bool {
        self.rows.len() >= MAX_ROWS || self.ends.len() >= MAX_CELLS || self.text.len() as u64 > MAX_BYTES
    }

    /// Takes off the first row and gives its cells.
    pub(super) fn take_first(&mut self) -> Vec<String> {
        if self.rows.is_empty() {
            return Vec::new();
        }
        let cells: Vec<String> = (0..self.width(0)).map(|c| self.get(0, c).to_owned()).collect();
        let (count, bytes) = (self.rows[0].0, self.ends.get(cells.len().wrapping_sub(1)).copied().unwrap_or(0));
        self.text.drain(..bytes as usize);
        self.ends.drain(..count as usize);
        self.ends.iter_mut().for_each(|e| *e -= bytes);
        self.rows.remove(0);
        self.rows.iter_mut().for_each(|(end, _)| *end -= count);
        cells
    }
}

/// One thing wrong with the text itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Flaw {
    /// The row, the header being row 1.
    pub row: u64,
    /// What is wrong.
    pub what: &'static str,
    /// What ought to be.
    pub expected: &'static str,
}

/// What a reading of text gives.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// The cells, the header among them.
    pub cells: Cells,
    /// What is wrong with the text; at most one of each kind for a row.
    pub flaws: Vec<Flaw>,
    /// How many rows the file has, kept or not, the header among them.
    pub rows: u64,
    /// Whether not all was kept.
    pub cut: bool,
}

/// The delimiter that makes the most known names, or else the most cells, of a first line.
pub(super) fn delimiter(start: &[u8], known: impl Fn(&str) -> bool) -> u8 {
    let line = start.split(|&b| b == b'\n' || b == b'\r').find(|l| !l.is_empty()).unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let score = |d: char| {
        let cells = line.split(d).map(|c| c.trim().trim_matches('"'));
        (cells.clone().filter(|c| known(c)).count(), cells.count())
    };
    // Later equals win in `max_by_key`, so the comma stands last.
    [('\t', b'\t'), (';', b';'), (',', b',')].into_iter().max_by_key(|&(d, _)| score(d)).map_or(b',', |(_, b)| b)
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// Before a cell's first byte.
    Start,
    Bare,
    Quoted,
    /// Behind a quote inside quotes: the end of the cell, or half of a doubled quote.
    Closing,
}

struct Scanner {
    out: Reading,
    cell: Vec<u8>,
    state: State,
    delimiter: u8,
    /// The row that is being read.
    row: u64,
    /// Cells of that row so far.
    width: usize,
    /// Whether the cell holds more than is kept.
    long: bool,
    /// Whether anything but line ends came since the row began.
    begun: bool,
    flawed: [u64; 6],
}

/// Reads all of `source`.
///
/// # Errors
/// As reading fails.
pub(super) fn read(mut source: impl Read, delimiter: u8) -> std::io::Result<Reading> {
    let mut scanner = Scanner {
        out: Reading::default(),
        cell: Vec::new(),
        state: State::Start,
        delimiter,
        row: 1,
        width: 0,
        long: false,
        begun: false,
        flawed: [0; 6],
    };
    let mut buffer = vec![0; 64 * 1024];
    let (mut last, mut first) = (0, true);
    loop {
        let n = source.read(&mut buffer)?;
        if n == 0 {
            break;
        }
        // The mark of UTF-8 is no part of the first name.
        let mark = if first && buffer[..n].starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        first = false;
        for &byte in &buffer[mark..n] {
            scanner.byte(byte, last);
            last = byte;
        }
        // A header this wide is refused: what follows it needs no reading.
        if scanner.row == 1 && scanner.width > MAX_COLUMNS {
            break;
        }
    }
    Ok(scanner.finish())
}

impl Scanner {
    fn byte(&mut self, byte: u8, last: u8) {
        if byte == 0 {
            self.flaw(0, "a NUL byte", "text without NUL bytes");
        }
        match (self.state, byte) {
            (State::Quoted, b'"') => self.state = State::Closing,
            (State::Quoted, _) => self.keep(byte),
            (State::Closing, b'"') => {
                self.keep(b'"');
                self.state = State::Quoted;
            }
            (State::Start, b'"') => {
                self.begun = true;
                self.state = State::Quoted;
            }
            (_, b'\n') if last == b'\r' => {}
            (_, b'\n' | b'\r') => self.line(),
            (_, b) if b == self.delimiter => {
                self.begun = true;
                self.end_cell();
            }
            (state, _) => {
                if state == State::Closing && byte != b' ' {
                    self.flaw(1, "text behind a closing quote", "quotes around whole cells");
                }
                self.begun = true;
                self.state = if state == State::Closing { State::Closing } else { State::Bare };
                self.keep(byte);
            }
        }
    }

    fn keep(&mut self, byte: u8) {
        if self.cell.len() < MAX_CELL {
            self.cell.push(byte);
        } else {
            self.long = true;
        }
    }

    fn flaw(&mut self, kind: usize, what: &'static str, expected: &'static str) {
        if self.flawed[kind] != self.row && self.out.flaws.len() < 10_000 {
            self.flawed[kind] = self.row;
            self.out.flaws.push(Flaw { row: self.row, what, expected });
        }
    }

    fn end_cell(&mut self) {
        self.state = State::Start;
        if std::mem::take(&mut self.long) {
            self.flaw(2, "a cell of more than 65536 bytes", "cells of at most 65536 bytes");
        }
        let mut cell = std::mem::take(&mut self.cell);
        if !self.out.cut && self.width <= MAX_COLUMNS {
            match std::str::from_utf8(&cell) {
                Ok(text) => self.out.cells.push(text),
                // A cell that was cut may end amid a character; that alone is no flaw of encoding.
                Err(e) if cell.len() == MAX_CELL && e.error_len().is_none() => {
                    self.out.cells.push(&String::from_utf8_lossy(&cell));
                }
                Err(_) => {
                    self.flaw(3, "bytes that are not UTF-8", "UTF-8");
                    self.out.cells.push(&String::from_utf8_lossy(&cell));
                }
            }
        }
        self.width += 1;
        cell.clear();
        self.cell = cell;
    }

    fn line(&mut self) {
        if self.begun {
            self.end_cell();
            if self.width > MAX_COLUMNS {
                self.flaw(4, "more than 4096 columns", "at most 4096 columns");
            }
            if !self.out.cut {
                self.out.cells.end(self.row);
                self.out.cut = self.out.cells.full();
            }
            self.out.rows += 1;
        }
        self.begun = false;
        self.width = 0;
        self.row += 1;
    }

    fn finish(mut self) -> Reading {
        if self.state == State::Quoted {
            self.flaw(5, "a quote that is never closed", "every quote closed");
        }
        if self.begun {
            self.line();
        }
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, delimiter: u8) -> (Vec<Vec<String>>, Vec<&'static str>) {
        let r = read(text.as_bytes(), delimiter).unwrap();
        let rows =
            (0..r.cells.len()).map(|i| (0..r.cells.width(i)).map(|c| r.cells.get(i, c).to_owned()).collect()).collect();
        (rows, r.flaws.iter().map(|f| f.what).collect())
    }

    #[test]
    fn quotes_line_ends_and_a_byte_order_mark_are_read_as_any_reader_does() {
        let (r, flaws) = rows("\u{feff}a,b\r\n\"x, \"\"y\"\"\nz\",2\r\n\r\n,\n3,4", b',');
        assert_eq!(r, [vec!["a", "b"], vec!["x, \"y\"\nz", "2"], vec!["", ""], vec!["3", "4"]]);
        assert!(flaws.is_empty());
        assert_eq!(rows("\u{feff}\"a\",b\n", b',').0, [vec!["a", "b"]]);
    }

    #[test]
    fn flaws_are_told_and_do_not_stop_the_reading() {
        let (r, flaws) = rows("a,b\n\"x\"y,2\n1,\u{0}\n3,4\n5,\"6\n", b',');
        assert_eq!(r.len(), 5);
        assert_eq!(flaws, ["text behind a closing quote", "a NUL byte", "a quote that is never closed"]);
        let r = read(&b"a,b\n\xff,2\n"[..], b',').unwrap();
        assert_eq!((r.flaws[0].row, r.flaws[0].what), (2, "bytes that are not UTF-8"));
    }

    #[test]
    fn a_long_cell_is_cut_and_told() {
        let text = format!("a,b\n{},2\n", "é".repeat(MAX_CELL));
        let r = read(text.as_bytes(), b',').unwrap();
        assert!(r.cells.get(1, 0).len() <= MAX_CELL + 3 && r.cells.get(1, 1) == "2");
        assert_eq!(r.flaws.iter().map(|f| f.what).collect::<Vec<_>>(), ["a cell of more than 65536 bytes"]);
    }

    #[test]
    fn the_first_row_can_be_taken_off() {
        let mut r = read(&b"a,b\n1,2\n3,\n"[..], b',').unwrap();
        assert_eq!(r.cells.take_first(), ["a", "b"]);
        assert_eq!((r.cells.get(0, 0), r.cells.get(0, 1), r.cells.get(1, 0), r.cells.get(1, 1)), ("1", "2", "3", ""));
        assert_eq!((r.cells.number(0), r.cells.number(1), r.cells.get(1, 7)), (2, 3, ""));
    }

    #[test]
    fn the_delimiter_is_the_one_that_makes_known_names() {
        let known = |c: &str| ["site_code", "value"].contains(&c);
        assert_eq!(delimiter(b"site_code;value,x,y,z\n1;2", known), b';');
        assert_eq!(delimiter(b"site_code\tvalue\n", known), b'\t');
        assert_eq!(delimiter(b"a,b;c,d\n", known), b',');
    }
}

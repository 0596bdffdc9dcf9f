//! The tags of a TIFF as they stand in the file, where GDAL would hide something: order of directories and data, tiles, text of nodata.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek, SeekFrom};

/// One image file directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// Where it begins, in bytes from the file's begin.
    pub at: u64,
    /// Columns.
    pub width: u64,
    /// Rows.
    pub height: u64,
    /// Width and height of its tiles; `None` where it is in strips.
    pub tile: Option<[u64; 2]>,
    /// Tag 259.
    pub compression: u64,
    /// Tag 254, bit 0: a smaller version of another image.
    pub reduced: bool,
    /// Tag 254, bit 2: a mask.
    pub mask: bool,
    /// Where its first data (tile or strip) begins; `None` where all are absent.
    pub data: Option<u64>,
}

/// What a TIFF's tags say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tiff {
    /// Its directories, in the order of their chain.
    pub directories: Vec<Directory>,
    /// Text of GDAL_NODATA (42113), without its closing zero.
    pub nodata: Option<String>,
    /// Text of GDAL_METADATA (42112).
    pub metadata: Option<String>,
    /// Texts of all ASCII tags of all directories (who made it, where, with what, and the two above), by tag.
    pub texts: BTreeMap<u16, String>,
    /// The area before the first directory in which GDAL promises a layout; `None` where there is none.
    pub promise: Option<String>,
}

/// Directories read of one file.
const MOST_DIRECTORIES: usize = 64;
/// Entries of one directory.
const MOST_ENTRIES: u64 = 1000;
/// Bytes of one text.
const LONGEST_TEXT: u64 = 1 << 20;
/// Offsets of tiles or strips of one directory.
const MOST_OFFSETS: u64 = 16 << 20;

struct Reader<R> {
    from: R,
    little: bool,
    /// BigTIFF: counts and offsets of eight bytes.
    big: bool,
}

/// A tag as its directory holds it.
struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    /// Where its values stand.
    at: u64,
}

impl Entry {
    /// Bytes of one value; 0 for a type that no TIFF has.
    fn width(&self) -> u64 {
        match self.kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 | 16 | 17 | 18 => 8,
            _ => 0,
        }
    }
}

impl Tiff {
    /// Reads the tags of a file; no pixel is touched, and what is read is bounded whatever the file declares.
    ///
    /// # Errors
    /// With what is wrong, if it is no TIFF, ends early, has directories in a circle, or declares absurd counts.
    pub fn read(file: impl Read + Seek) -> Result<Self, String> {
        let mut reader = Reader { from: file, little: true, big: false };
        let mut at = reader.header()?;
        let mut tiff = Self { promise: reader.promise(), ..Self::default() };
        let mut seen = BTreeSet::new();
        while at != 0 {
            if !seen.insert(at) {
                return Err("its directories form a circle".to_owned());
            }
            if seen.len() > MOST_DIRECTORIES {
                return Err(format!("it has more than {MOST_DIRECTORIES} directories"));
            }
            at = reader.directory(at, &mut tiff)?;
        }
        if tiff.directories.is_empty() { Err("it has no directory".to_owned()) } else { Ok(tiff) }
    }
}

impl<R: Read + Seek> Reader<R> {
    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let mut bytes = [0; N];
        self.from.read_exact(&mut bytes).map_err(|_| "it ends early".to_owned())?;
        Ok(bytes)
    }

    fn number(&mut self, width: u64) -> Result<u64, String> {
        let little = self.little;
        Ok(match width {
            1 => self.bytes::<1>()?[0].into(),
            2 => {
                let b = self.bytes()?;
                if little { u16::from_le_bytes(b) } else { u16::from_be_bytes(b) }.into()
            }
            4 => {
                let b = self.bytes()?;
                if little { u32::from_le_bytes(b) } else { u32::from_be_bytes(b) }.into()
            }
            _ => {
                let b = self.bytes()?;
                if little { u64::from_le_bytes(b) } else { u64::from_be_bytes(b) }
            }
        })
    }

    fn seek(&mut self, to: u64) -> Result<(), String> {
        self.from.seek(SeekFrom::Start(to)).map(drop).map_err(|e| e.to_string())
    }

    /// Reads the header; returns where the first directory begins.
    fn header(&mut self) -> Result<u64, String> {
        self.seek(0)?;
        self.little = match &self.bytes::<2>()? {
            b"II" => true,
            b"MM" => false,
            _ => return Err("it is no TIFF".to_owned()),
        };
        match self.number(2)? {
            42 => self.number(4),
            43 => {
                self.big = true;
                if self.number(2)? != 8 || self.number(2)? != 0 {
                    return Err("it is no BigTIFF that can be read".to_owned());
                }
                self.number(8)
            }
            _ => Err("it is no TIFF".to_owned()),
        }
    }

    /// The text right behind the header with which GDAL promises a layout.
    fn promise(&mut self) -> Option<String> {
        const KEY: &[u8] = b"GDAL_STRUCTURAL_METADATA_SIZE=";
        self.seek(if self.big { 16 } else { 8 }).ok()?;
        // The key, six digits, " bytes\n".
        let head = self.bytes::<43>().ok()?;
        let digits = head.strip_prefix(KEY)?;
        let size: u64 = std::str::from_utf8(&digits[..6]).ok()?.parse().ok()?;
        let mut text = Vec::new();
        self.from.by_ref().take(size).read_to_end(&mut text).ok()?;
        Some(String::from_utf8_lossy(&text).into_owned())
    }

    /// Reads one directory into `tiff`; returns where the next begins, 0 after the last.
    fn directory(&mut self, at: u64, tiff: &mut Tiff) -> Result<u64, String> {
        self.seek(at)?;
        let (word, inline) = if self.big { (8, 8) } else { (4, 4) };
        let count = self.number(if self.big { 8 } else { 2 })?;
        if count > MOST_ENTRIES {
            return Err(format!("a directory declares {count} entries"));
        }
        let mut entries = Vec::new();
        for _ in 0..count {
            let mut entry = Entry {
                tag: self.number(2)? as u16,
                kind: self.number(2)? as u16,
                count: self.number(word)?,
                at: self.from.stream_position().map_err(|e| e.to_string())?,
            };
            let value = self.number(inline)?;
            if entry.width().saturating_mul(entry.count) > inline {
                entry.at = value;
            }
            entries.push(entry);
        }
        let next = self.number(word)?;
        let directory = self.describe(at, &entries, tiff)?;
        tiff.directories.push(directory);
        Ok(next)
    }

    fn describe(&mut self, at: u64, entries: &[Entry], tiff: &mut Tiff) -> Result<Directory, String> {
        let mut of = Directory { at, compression: 1, ..Directory::default() };
        let mut tile = [None, None];
        for entry in entries {
            match entry.tag {
                254 => {
                    let kind = self.first(entry)?;
                    of.reduced = kind & 1 != 0;
                    of.mask = kind & 4 != 0;
                }
                256 => of.width = self.first(entry)?,
                257 => of.height = self.first(entry)?,
                259 => of.compression = self.first(entry)?,
                322 => tile[0] = Some(self.first(entry)?),
                323 => tile[1] = Some(self.first(entry)?),
                273 | 324 => of.data = self.lowest(entry)?,
                tag if entry.kind == 2 => {
                    let text = self.text(entry)?;
                    let first = tiff.directories.is_empty();
                    match tag {
                        42112 if first => tiff.metadata = Some(text.clone()),
                        42113 if first => tiff.nodata = Some(text.clone()),
                        _ => {}
                    }
                    tiff.texts.entry(tag).and_modify(|t| t.push_str(&text)).or_insert(text);
                }
                _ => {}
            }
        }
        of.tile = tile[0].zip(tile[1]).map(|(w, h)| [w, h]);
        Ok(of)
    }

    /// The first value of an entry.
    fn first(&mut self, entry: &Entry) -> Result<u64, String> {
        if entry.count == 0 || entry.width() == 0 {
            return Err(format!("tag {} has no value", entry.tag));
        }
        self.seek(entry.at)?;
        self.number(entry.width())
    }

    /// The lowest value above zero: zero is what has no data.
    fn lowest(&mut self, entry: &Entry) -> Result<Option<u64>, String> {
        if entry.count > MOST_OFFSETS || !matches!(entry.width(), 2 | 4 | 8) {
            return Err(format!("tag {} declares {} offsets", entry.tag, entry.count));
        }
        self.seek(entry.at)?;
        let (little, width) = (self.little, entry.width() as usize);
        let mut lowest = None;
        let mut left = entry.count as usize * width;
        let mut buffer = [0; 8192];
        while left > 0 {
            let take = left.min(buffer.len());
            self.from.read_exact(&mut buffer[..take]).map_err(|_| "it ends early".to_owned())?;
            for value in buffer[..take].chunks_exact(width) {
                let shift = |(i, &b): (usize, &u8)| u64::from(b) << (8 * if little { i } else { width - 1 - i });
                let value: u64 = value.iter().enumerate().map(shift).sum();
                if value > 0 && lowest.is_none_or(|known| value < known) {
                    lowest = Some(value);
                }
            }
            left -= take;
        }
        Ok(lowest)
    }

    fn text(&mut self, entry: &Entry) -> Result<String, String> {
        if entry.count > LONGEST_TEXT {
            return Err(format!("tag {} declares a text of {} bytes", entry.tag, entry.count));
        }
        self.seek(entry.at)?;
        let mut bytes = Vec::new();
        self.from.by_ref().take(entry.count).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
        if bytes.len() as u64 != entry.count {
            return Err("it ends early".to_owned());
        }
        while bytes.last() == Some(&0) {
            bytes.pop();
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// A classic little-endian TIFF of one directory, without pixels; `next` is where its chain goes on.
    fn small(entries: &[(u16, u16, u32, u32)], next: u32) -> Vec<u8> {
        let mut bytes = b"II\x2a\0\x08\0\0\0".to_vec();
        bytes.extend((entries.len() as u16).to_le_bytes());
        for &(tag, kind, count, value) in entries {
            bytes.extend(tag.to_le_bytes());
            bytes.extend(kind.to_le_bytes());
            bytes.extend(count.to_le_bytes());
            bytes.extend(value.to_le_bytes());
        }
        bytes.extend(next.to_le_bytes());
        bytes
    }

    #[test]
    fn tags_are_read_as_they_stand() {
        let bytes =
            small(&[(256, 3, 1, 7), (257, 4, 1, 9), (259, 3, 1, 8), (273, 4, 1, 5000), (42113, 2, 4, 0x0039_392d)], 0);
        let tiff = Tiff::read(Cursor::new(bytes)).unwrap();
        let expected =
            Directory { at: 8, width: 7, height: 9, compression: 8, data: Some(5000), ..Directory::default() };
        assert_eq!(tiff.directories, [expected]);
        assert_eq!(tiff.nodata.as_deref(), Some("-99"));
    }

    #[test]
    fn what_is_hostile_is_refused_in_words() {
        let refused = |bytes: Vec<u8>| Tiff::read(Cursor::new(bytes)).unwrap_err();
        assert_eq!(refused(b"<html>".to_vec()), "it is no TIFF");
        assert_eq!(refused(small(&[(256, 3, 1, 7)], 8)), "its directories form a circle");
        assert!(refused(small(&[(270, 2, u32::MAX, 8)], 0)).contains("a text of 4294967295 bytes"));
        assert!(refused(small(&[(324, 4, u32::MAX, 8)], 0)).contains("4294967295 offsets"));
        assert_eq!(refused(small(&[(324, 4, 500, 8)], 0)), "it ends early");
        assert!(refused(small(&[(256, 99, 1, 7)], 0)).contains("no value"));
        let whole = small(&[(256, 3, 1, 7), (257, 3, 1, 7)], 0);
        for length in 0..whole.len() {
            assert!(Tiff::read(Cursor::new(whole[..length].to_vec())).is_err(), "{length}");
        }
    }
}

//! Bytes into UTF-8: which encoding a file is in.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use encoding_rs::{CoderResult, Decoder, UTF_16BE, UTF_16LE, WINDOWS_1252};
use serde::Serialize;

/// How the text of a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Encoding {
    /// UTF-8, of which ASCII is a part.
    #[serde(rename = "UTF-8")]
    Utf8,
    /// UTF-8 with a byte order mark.
    #[serde(rename = "UTF-8 with byte order mark")]
    Utf8Marked,
    /// UTF-16, low byte first.
    #[serde(rename = "UTF-16LE")]
    Utf16Le,
    /// UTF-16, high byte first.
    #[serde(rename = "UTF-16BE")]
    Utf16Be,
    /// Windows-1252, of which Latin-1's letters are a part: assumed for text that is not UTF-8.
    #[serde(rename = "Windows-1252 (assumed)")]
    Windows1252,
}

impl Encoding {
    /// Its usual name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf8Marked => "UTF-8 with byte order mark",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
            Self::Windows1252 => "Windows-1252 (assumed)",
        }
    }
}

/// The text of a table as UTF-8, to be walked over as often as is wanted: of a file it is read anew each time, so that it takes no
/// memory; what came through a pipe can be read but once, and is held.
pub(super) struct Text {
    stored: Stored,
    encoding: Encoding,
    /// What lines end with.
    pub(super) end_of_line: u8,
    /// Bytes as they are stored.
    pub(super) len: u64,
}

enum Stored {
    File(File),
    Held(Vec<u8>),
}

/// Why a text cannot be had.
#[derive(Debug)]
pub(super) enum NoText {
    /// Its bytes are no text.
    Reason(&'static str),
    /// Its bytes cannot be read.
    Unreadable(io::Error),
}

impl From<io::Error> for NoText {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error)
    }
}

/// Bytes that are looked at together.
const CHUNK: usize = 1 << 18;
/// The mark of UTF-8.
const MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

impl Text {
    pub(super) fn of_file(file: File) -> Result<Self, NoText> {
        Self::of(Stored::File(file))
    }

    pub(super) fn of_bytes(bytes: Vec<u8>) -> Result<Self, NoText> {
        Self::of(Stored::Held(bytes))
    }

    /// Recognises the encoding, for which all bytes are looked at.
    fn of(stored: Stored) -> Result<Self, NoText> {
        let mut text = Self { stored, encoding: Encoding::Utf8, end_of_line: b'\r', len: 0 };
        let mut head = Vec::new();
        text.bytes()?.take(200).read_to_end(&mut head)?;
        let by_head = recognise(&head).map_err(NoText::Reason)?;
        let mut utf8 = Utf8::default();
        if let Encoding::Utf16Le | Encoding::Utf16Be = by_head {
            text.encoding = by_head;
        } else {
            // As it stands, whatever it is; the mark is UTF-8 too.
            text.scan(|chunk| utf8.take(chunk))?;
            text.encoding = match by_head {
                Encoding::Utf8Marked if !utf8.is_valid() => {
                    return Err(NoText::Reason("begins as UTF-8 but holds bytes that are not"));
                }
                Encoding::Utf8 if !utf8.is_valid() => Encoding::Windows1252,
                as_is => as_is,
            };
        }
        let (mut has_nul, mut has_newline, mut len) = (false, false, 0);
        let mut reader = text.reader()?;
        let mut chunk = vec![0; CHUNK];
        loop {
            let read = reader.read(&mut chunk)?;
            if read == 0 {
                break;
            }
            has_nul |= chunk[..read].contains(&0);
            has_newline |= chunk[..read].contains(&b'\n');
            len += read as u64;
        }
        drop(reader);
        if has_nul {
            return Err(NoText::Reason("holds NUL bytes, so it is not a text table"));
        }
        text.end_of_line = if has_newline { b'\n' } else { b'\r' };
        text.len = len;
        Ok(text)
    }

    pub(super) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// All of it, as UTF-8 without a mark.
    pub(super) fn reader(&self) -> io::Result<Box<dyn Read + '_>> {
        let mut bytes = self.bytes()?;
        let decoder = match self.encoding {
            Encoding::Utf8 => return Ok(bytes),
            Encoding::Utf8Marked => {
                bytes.read_exact(&mut [0; MARK.len()])?;
                return Ok(bytes);
            }
            Encoding::Utf16Le => UTF_16LE.new_decoder_with_bom_removal(),
            Encoding::Utf16Be => UTF_16BE.new_decoder_with_bom_removal(),
            Encoding::Windows1252 => WINDOWS_1252.new_decoder_without_bom_handling(),
        };
        Ok(Box::new(Decoding::new(bytes, decoder, CHUNK)))
    }

    /// As stored, from the beginning.
    fn bytes(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(match &self.stored {
            Stored::Held(bytes) => Box::new(&bytes[..]),
            Stored::File(file) => {
                let mut file = file;
                file.seek(SeekFrom::Start(0))?;
                Box::new(file)
            }
        })
    }

    fn scan(&self, mut take: impl FnMut(&[u8])) -> io::Result<()> {
        let (mut bytes, mut chunk) = (self.bytes()?, vec![0; CHUNK]);
        loop {
            match bytes.read(&mut chunk)? {
                0 => return Ok(()),
                read => take(&chunk[..read]),
            }
        }
    }
}

/// Whether bytes that come in pieces are UTF-8.
#[derive(Default)]
struct Utf8 {
    /// The begin of a character that the next piece goes on with.
    open: Vec<u8>,
    broken: bool,
}

impl Utf8 {
    fn take(&mut self, mut piece: &[u8]) {
        while !self.open.is_empty() && !self.broken {
            let Some((&next, rest)) = piece.split_first() else { return };
            self.open.push(next);
            piece = rest;
            match std::str::from_utf8(&self.open) {
                Ok(_) => self.open.clear(),
                Err(error) => self.broken = error.error_len().is_some(),
            }
        }
        if let Err(error) = std::str::from_utf8(piece) {
            match error.error_len() {
                Some(_) => self.broken = true,
                None => self.open = piece[error.valid_up_to()..].to_vec(),
            }
        }
    }

    fn is_valid(&self) -> bool {
        !self.broken && self.open.is_empty()
    }
}

/// Bytes of another encoding as UTF-8.
struct Decoding<'a> {
    bytes: Box<dyn Read + 'a>,
    decoder: Decoder,
    /// What was read, of which that from `from` to `to` is not decoded yet.
    raw: Vec<u8>,
    from: usize,
    to: usize,
    ended: bool,
    done: bool,
    /// What was decoded, and how much of it was handed out: a reader may have room for less than a character.
    text: Vec<u8>,
    given: usize,
}

impl<'a> Decoding<'a> {
    fn new(bytes: Box<dyn Read + 'a>, decoder: Decoder, room: usize) -> Self {
        Self {
            bytes,
            decoder,
            raw: vec![0; room],
            from: 0,
            to: 0,
            ended: false,
            done: false,
            text: Vec::new(),
            given: 0,
        }
    }

    /// Decodes some more; nothing at the end.
    fn decode(&mut self) -> io::Result<()> {
        // A byte becomes three at most, and what was kept of a character one more.
        self.text.resize(3 * self.raw.len() + 16, 0);
        self.given = 0;
        loop {
            if self.from == self.to && !self.ended {
                (self.from, self.to) = (0, self.bytes.read(&mut self.raw)?);
                self.ended = self.to == 0;
            }
            let raw = &self.raw[self.from..self.to];
            let (outcome, read, written, _) = self.decoder.decode_to_utf8(raw, &mut self.text, self.ended);
            self.from += read;
            self.done = self.ended && outcome == CoderResult::InputEmpty;
            if written > 0 || self.done {
                self.text.truncate(written);
                return Ok(());
            }
        }
    }
}

impl Read for Decoding<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        // Once it is done the decoder must not be asked again.
        if self.given == self.text.len() && !self.done {
            self.decode()?;
        }
        let some = (self.text.len() - self.given).min(out.len());
        out[..some].copy_from_slice(&self.text[self.given..self.given + some]);
        self.given += some;
        Ok(some)
    }
}

/// The encoding that the first bytes show; UTF-8 stands for what may be Windows-1252 as well.
fn recognise(head: &[u8]) -> Result<Encoding, &'static str> {
    if head.starts_with(b"PK\x03\x04") {
        return Err("is a zip archive or a spreadsheet, not a text table");
    }
    if head.starts_with(&MARK) {
        return Ok(Encoding::Utf8Marked);
    }
    if head.starts_with(&[0xff, 0xfe]) {
        return Ok(Encoding::Utf16Le);
    }
    if head.starts_with(&[0xfe, 0xff]) {
        return Ok(Encoding::Utf16Be);
    }
    // UTF-16 without a mark: a table's first characters are ASCII, so every other byte is zero.
    let head = &head[..head.len() & !1];
    let zeros = |offset: usize| head.iter().skip(offset).step_by(2).filter(|&&b| b == 0).count();
    let pairs = head.len() / 2;
    if pairs >= 4 && zeros(1) * 10 >= pairs * 9 && zeros(0) == 0 {
        return Ok(Encoding::Utf16Le);
    }
    if pairs >= 4 && zeros(0) * 10 >= pairs * 9 && zeros(1) == 0 {
        return Ok(Encoding::Utf16Be);
    }
    Ok(Encoding::Utf8)
}

/// A name without line breaks, and with single blanks: a spreadsheet's header may have both.
pub(super) fn one_line(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that come a few at a time, as from a slow disk.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let len = self.1.min(self.0.len()).min(out.len());
            out[..len].copy_from_slice(&self.0[..len]);
            self.0 = &self.0[len..];
            Ok(len)
        }
    }

    #[test]
    fn utf8_is_told_whatever_the_pieces() {
        let whole = "zinc;é;€;𝄞;x".as_bytes();
        for (bytes, valid) in [
            (whole, true),
            (&whole[..whole.len() - 3], false),
            (b"a\xe9b".as_slice(), false),
            (b"\xe2\x82", false),
            (b"", true),
        ] {
            for size in 1..6 {
                let mut utf8 = Utf8::default();
                bytes.chunks(size).for_each(|piece| utf8.take(piece));
                assert_eq!(utf8.is_valid(), valid, "{bytes:?} by {size}");
            }
        }
    }

    #[test]
    fn decoding_does_not_depend_on_the_pieces() {
        let text = "Straße;Þ€;𝄞\r\n1,5;2";
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for size in [1, 2, 3, 7, 1000] {
            for room in [1, 2, 3, 5, 64] {
                let bytes = Box::new(Slow(&utf16, size));
                let decoder = UTF_16LE.new_decoder_with_bom_removal();
                let mut decoding = Decoding::new(bytes, decoder, 8);
                let (mut out, mut buffer) = (Vec::new(), vec![0; room]);
                loop {
                    match decoding.read(&mut buffer).expect("bytes in memory") {
                        0 => break,
                        read => out.extend_from_slice(&buffer[..read]),
                    }
                }
                assert_eq!(String::from_utf8(out).as_deref(), Ok(text), "by {size} into {room}");
                assert_eq!(decoding.read(&mut buffer).expect("bytes in memory"), 0, "the end stays the end");
            }
        }
    }
}

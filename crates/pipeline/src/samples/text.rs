//! Bytes into UTF-8: which encoding a file is in.

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};
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

/// The text as UTF-8 without a byte order mark, or why it is no text.
pub(super) fn decode(mut bytes: Vec<u8>) -> Result<(Vec<u8>, Encoding), &'static str> {
    let encoding = recognise(&bytes)?;
    let text = match encoding {
        Encoding::Utf8 => bytes,
        Encoding::Utf8Marked => {
            bytes.drain(..3);
            bytes
        }
        Encoding::Utf16Le => UTF_16LE.decode_with_bom_removal(&bytes).0.into_owned().into_bytes(),
        Encoding::Utf16Be => UTF_16BE.decode_with_bom_removal(&bytes).0.into_owned().into_bytes(),
        Encoding::Windows1252 => WINDOWS_1252.decode_without_bom_handling(&bytes).0.into_owned().into_bytes(),
    };
    if text.contains(&0) {
        return Err("holds NUL bytes, so it is not a text table");
    }
    Ok((text, encoding))
}

fn recognise(bytes: &[u8]) -> Result<Encoding, &'static str> {
    if bytes.starts_with(b"PK\x03\x04") {
        return Err("is a zip archive or a spreadsheet, not a text table");
    }
    if bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
        return if std::str::from_utf8(bytes).is_ok() {
            Ok(Encoding::Utf8Marked)
        } else {
            Err("begins as UTF-8 but holds bytes that are not")
        };
    }
    if bytes.starts_with(&[0xff, 0xfe]) {
        return Ok(Encoding::Utf16Le);
    }
    if bytes.starts_with(&[0xfe, 0xff]) {
        return Ok(Encoding::Utf16Be);
    }
    // UTF-16 without a mark: a table's first characters are ASCII, so every other byte is zero.
    let head = &bytes[..bytes.len().min(200) & !1];
    let zeros = |offset: usize| head.iter().skip(offset).step_by(2).filter(|&&b| b == 0).count();
    let pairs = head.len() / 2;
    if pairs >= 4 && zeros(1) * 10 >= pairs * 9 && zeros(0) == 0 {
        return Ok(Encoding::Utf16Le);
    }
    if pairs >= 4 && zeros(0) * 10 >= pairs * 9 && zeros(1) == 0 {
        return Ok(Encoding::Utf16Be);
    }
    Ok(if std::str::from_utf8(bytes).is_ok() { Encoding::Utf8 } else { Encoding::Windows1252 })
}

/// A name without line breaks, and with single blanks: a spreadsheet's header may have both.
pub(super) fn one_line(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

//! What makes equal inputs equal bytes: sums, identifiers made of content, and files written in one way.

use std::io::Read;
use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{Error, Result};

/// Lowercase hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |text, b| text + &format!("{b:02x}"))
}

/// SHA-256 of bytes, in lowercase hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// SHA-256 of a file, in lowercase hexadecimal, and its size.
pub(crate) fn sha256_of(path: &Path) -> Result<(String, u64)> {
    let mut file = std::fs::File::open(path).map_err(|e| Error::unreadable(path, e))?;
    let (mut sum, mut bytes, mut buffer) = (Sha256::new(), 0_u64, vec![0; 1 << 16]);
    loop {
        let n = file.read(&mut buffer).map_err(|e| Error::unreadable(path, e))?;
        if n == 0 {
            return Ok((hex(&sum.finalize()), bytes));
        }
        sum.update(&buffer[..n]);
        bytes += n as u64;
    }
}

/// A UUID of version 8 (RFC 9562, section 5.8) made of the SHA-256 of these parts: the same for the same content, anywhere.
pub(crate) fn uuid(parts: &[&str]) -> String {
    let mut sum = Sha256::new();
    for part in parts {
        sum.update((part.len() as u64).to_le_bytes());
        sum.update(part.as_bytes());
    }
    let mut bytes: [u8; 16] = std::array::from_fn(|_| 0);
    bytes.copy_from_slice(&sum.finalize()[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let text = hex(&bytes);
    format!("{}-{}-{}-{}-{}", &text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..])
}

/// Writes a text of the bundle, with the folders above it.
pub(crate) fn write(root: &Path, relative: &str, text: &str) -> Result<()> {
    let path = root.join(relative);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|e| Error::unwritable(folder, e))?;
    }
    std::fs::write(&path, text).map_err(|e| Error::unwritable(&path, e))
}

/// Writes JSON of the bundle: members as they were put, two blanks for a level, a line break at the end.
pub(crate) fn write_json(root: &Path, relative: &str, value: &Value) -> Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(|e| Error::unwritable(root.join(relative), e))?;
    write(root, relative, &(text + "\n"))
}

/// A cell of a table that no spreadsheet takes for a formula: what begins like one gets an apostrophe, unless it is a number.
pub(crate) fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula && text.parse::<f64>().is_err() { format!("'{text}") } else { text.to_owned() }
}

/// Writes a table of the bundle, its cells made safe for spreadsheets.
pub(crate) fn write_csv<R, C>(root: &Path, relative: &str, header: &[&str], rows: R) -> Result<()>
where
    R: IntoIterator<Item = C>,
    C: IntoIterator<Item = String>,
{
    let failed = |e: csv::Error| Error::unwritable(root.join(relative), e);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header).map_err(failed)?;
    for row in rows {
        writer.write_record(row.into_iter().map(|c| cell(&c))).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|e| Error::unwritable(root.join(relative), e))?;
    write(root, relative, &String::from_utf8_lossy(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_of_version_8_and_of_the_content() {
        let id = uuid(&["a", "b"]);
        assert_eq!(id.len(), 36);
        assert_eq!((&id[14..15], matches!(&id[19..20], "8" | "9" | "a" | "b")), ("8", true));
        assert_eq!(id, uuid(&["a", "b"]));
        assert_ne!(id, uuid(&["ab", ""]));
    }

    #[test]
    fn a_formula_is_no_formula_and_a_number_stays_one() {
        assert_eq!(cell("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
        assert_eq!(cell("-1.5"), "-1.5");
        assert_eq!(cell("-1+2"), "'-1+2");
        assert_eq!(cell("@x"), "'@x");
        assert_eq!(cell("plain"), "plain");
    }

    #[test]
    fn sums_are_those_of_the_standard() {
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}

//! P002, the files: each as it stands, and what is packed inside it as far as that is opened.

use std::fs::File;
use std::io::{Cursor, Read};

use crate::check::bundle::sqlite::{Cell, Sqlite};
use crate::check::bundle::{Facts, Folder};

use super::inflate;
use super::places::System;
use super::search::{Found, Near, Search};

/// Bytes read at a time.
const PIECE: usize = 4 << 20;
/// Bytes of the piece before that are read again, so that no number or pair is cut.
const OVERLAP: usize = 512;
/// Largest file whose inside is unpacked, in bytes.
const LARGEST: u64 = 256 << 20;
/// Most bytes that are unpacked of one file.
const MOST_UNPACKED: usize = 512 << 20;
/// Most parts of one file that are unpacked.
const MOST_PARTS: usize = 20_000;

/// What was found in a file, and what could not be looked into.
pub(super) struct Searched {
    /// Places, and where.
    pub(super) found: Found,
    /// Why part of it was not searched.
    pub(super) unsearched: Option<String>,
}

/// Searches a listed file.
pub(super) fn search(folder: &Folder, facts: &Facts<'_>, path: &str, systems: &[System], near: &Near) -> Searched {
    let mut search = Search::new(systems, near);
    let mut unsearched = plain(folder, facts, path, &mut search).err();
    let mut packed = |bytes: &[u8]| search.part(bytes);
    if let Err(why) = inside(folder, path, &mut packed) {
        unsearched.get_or_insert(why);
    }
    Searched { found: search.found, unsearched }
}

/// The bytes as they stand: as text, and as stored numbers.
fn plain(folder: &Folder, facts: &Facts<'_>, path: &str, search: &mut Search<'_>) -> Result<(), String> {
    let mut file = folder.path(path).and_then(|p| File::open(p).ok()).ok_or("cannot be read")?;
    let mut buffer = vec![0_u8; PIECE];
    let (mut kept, mut base) = (0, 0_u64);
    let mut decoder = None;
    loop {
        if facts.interrupted() {
            return Err("interrupted".to_owned());
        }
        let mut filled = kept;
        while filled < buffer.len() {
            match file.read(&mut buffer[filled..]).map_err(|e| e.to_string())? {
                0 => break,
                n => filled += n,
            }
        }
        if filled == kept {
            return Ok(());
        }
        let piece = &buffer[..filled];
        if base == 0 && kept == 0 {
            decoder = encoding_rs::Encoding::for_bom(piece).map(|(e, _)| e).filter(|e| *e != encoding_rs::UTF_8);
        }
        // A piece of nothing holds no number (a file with holes is read fast).
        if piece.iter().any(|b| *b != 0) {
            match decoder {
                Some(encoding) => search.text(encoding.decode_without_bom_handling(piece).0.as_bytes()),
                None => search.text(piece),
            }
            search.stored(piece, base);
        }
        let again = OVERLAP.min(filled);
        let lines = piece[filled - again..].iter().filter(|b| **b == b'\n').count();
        search.next_piece(lines as u64);
        buffer.copy_within(filled - again..filled, 0);
        base += (filled - again) as u64;
        kept = again;
    }
}

/// What a file holds packed: rows of databases, archives, compressed parts of PNG and PDF, gzip.
fn inside(folder: &Folder, path: &str, part: &mut dyn FnMut(&[u8])) -> Result<(), String> {
    let size = folder.files.get(path).copied().unwrap_or(0);
    let Some(file) = folder.path(path) else { return Ok(()) };
    let mut head = [0_u8; 16];
    let read = File::open(file).and_then(|mut f| f.read(&mut head)).unwrap_or(0);
    let head = &head[..read];
    let kinds: [(&[u8], &str); 5] = [
        (b"SQLite format 3\0", "database"),
        (b"PK\x03\x04", "archive"),
        (b"\x89PNG", "PNG"),
        (b"%PDF", "PDF"),
        (b"\x1f\x8b", "gzip"),
    ];
    let Some((_, kind)) = kinds.into_iter().find(|(magic, _)| head.starts_with(magic)) else { return Ok(()) };
    if size > LARGEST {
        return Err(format!("a {kind} of {size} bytes was not unpacked"));
    }
    let bytes = folder.read(path, LARGEST).ok_or("cannot be read")?;
    let mut left = MOST_UNPACKED;
    match kind {
        "database" => database(bytes, part),
        "archive" => archive(&bytes, &mut left, part),
        "PNG" => png(&bytes, &mut left, part),
        "PDF" => pdf(&bytes, &mut left, part),
        _ => packed(&bytes, &mut left, part),
    }
}

fn packed(bytes: &[u8], left: &mut usize, part: &mut dyn FnMut(&[u8])) -> Result<(), String> {
    let cap = bytes.len().saturating_mul(64).clamp(1 << 16, 64 << 20).min(*left);
    if let Some(plain) = inflate::inflate(bytes, cap) {
        *left -= plain.len();
        part(&plain);
        return Ok(());
    }
    Err("a compressed part could not be unpacked".to_owned())
}

/// Rows, whose numbers stand in columns and whose blobs may lie over several pages.
fn database(bytes: Vec<u8>, part: &mut dyn FnMut(&[u8])) -> Result<(), String> {
    let file = Sqlite::of(bytes).map_err(|e| format!("a database that cannot be read: {e}"))?;
    for entry in file.schema.iter().filter(|e| e.kind == "table" && e.root > 0) {
        let rows = file.rows(entry.root, &mut |(_, cells)| {
            let mut row = Vec::new();
            for cell in cells {
                match cell {
                    Cell::Real(n) => row.extend_from_slice(format!("{n:?} ").as_bytes()),
                    Cell::Integer(n) => row.extend_from_slice(format!("{n} ").as_bytes()),
                    Cell::Text(text) => {
                        row.extend_from_slice(text.as_bytes());
                        row.push(b' ');
                    }
                    Cell::Blob(blob) => part(&blob),
                    Cell::Null => {}
                }
            }
            part(&row);
        });
        rows.map_err(|e| format!("table {}: {e}", super::super::shown::shown(&entry.name)))?;
    }
    Ok(())
}

fn archive(bytes: &[u8], left: &mut usize, part: &mut dyn FnMut(&[u8])) -> Result<(), String> {
    let mut archive =
        zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| format!("an archive that cannot be read: {e}"))?;
    if archive.len() > MOST_PARTS {
        return Err(format!("an archive of {} entries was not unpacked", archive.len()));
    }
    for i in 0..archive.len() {
        let entry = archive.by_index(i).map_err(|e| format!("an archive that cannot be read: {e}"))?;
        let mut plain = Vec::new();
        entry
            .take(*left as u64 + 1)
            .read_to_end(&mut plain)
            .map_err(|e| format!("an archive that cannot be read: {e}"))?;
        if plain.len() > *left {
            return Err(format!("an archive that unpacks to more than {MOST_UNPACKED} bytes"));
        }
        *left -= plain.len();
        part(&plain);
    }
    Ok(())
}

/// Compressed texts of a PNG (`zTXt`, `iTXt`, `iCCP`); others stand in the file as they are.
fn png(bytes: &[u8], left: &mut usize, part: &mut dyn FnMut(&[u8])) -> Result<(), String> {
    let mut at = 8;
    while let Some(head) = bytes.get(at..at + 8) {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let Some(data) = at.checked_add(8).and_then(|from| bytes.get(from..from.checked_add(length)?)) else {
            return Ok(());
        };
        let zero = |from: usize| data.get(from..)?.iter().position(|b| *b == 0).map(|n| from + n + 1);
        let packed_at = match &head[4..] {
            b"zTXt" | b"iCCP" => zero(0).map(|n| n + 1),
            b"iTXt" if zero(0).is_some_and(|n| data.get(n) == Some(&1)) => {
                zero(0).and_then(|n| zero(n + 2)).and_then(zero)
            }
            _ => None,
        };
        if let Some(text) = packed_at.and_then(|n| data.get(n..)) {
            packed(text, left, part)?;
        }
        at += 12 + length;
    }
    Ok(())
}

/// Compressed streams of a PDF; pictures and fonts among them are searched like all others.
fn pdf(bytes: &[u8], left: &mut usize, part: &mut dyn FnMut(&[u8])) -> Result<(), String> {
    let find =
        |from: usize, what: &[u8]| bytes.get(from..)?.windows(what.len()).position(|w| w == what).map(|n| from + n);
    let mut at = 0;
    let mut count = 0;
    let mut failed = 0;
    while let Some(begin) = find(at, b"stream") {
        let Some(end) = find(begin + 6, b"endstream") else { break };
        count += 1;
        if count > MOST_PARTS {
            return Err("a PDF of too many streams".to_owned());
        }
        let mut from = begin + 6;
        while matches!(bytes.get(from), Some(b'\r' | b'\n')) {
            from += 1;
        }
        let dictionary = &bytes[begin.saturating_sub(400).max(at)..begin];
        let deflated = dictionary.windows(11).any(|w| w == b"FlateDecode");
        if deflated && packed(&bytes[from..end.max(from)], left, part).is_err() {
            failed += 1;
        }
        at = end + 9;
    }
    if failed > 0 { Err(format!("{failed} compressed streams of a PDF could not be unpacked")) } else { Ok(()) }
}

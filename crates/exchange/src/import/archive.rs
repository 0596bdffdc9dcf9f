//! What a workbook of a stranger may be: a bounded archive of XML without entities and of nothing that points elsewhere.

use std::io::{Cursor, Read};
use std::path::Path;

use zip::ZipArchive;

use crate::long::{Limits, Report, local};
use crate::{Error, Result};

/// The bytes of a workbook whose parts have all been unpacked once, to nowhere, and found harmless.
pub(super) fn checked(path: &Path, limits: &Limits, report: &mut Report) -> Result<Vec<u8>> {
    let refuse = |reason: String, remedy: &str| Error::refused(path.display(), reason, remedy);
    let small = "save a smaller workbook, or the sheets as CSV";
    let mut bytes = Vec::new();
    let file = local::open(path)?;
    file.take(limits.file_bytes + 1).read_to_end(&mut bytes).map_err(|e| Error::unreadable(path, e))?;
    if bytes.len() as u64 > limits.file_bytes {
        return Err(refuse(format!("more than {} bytes", limits.file_bytes), small));
    }
    let unreadable = |e: zip::result::ZipError| Error::unreadable(path, e);
    let mut archive = ZipArchive::new(Cursor::new(&bytes)).map_err(unreadable)?;
    if archive.len() > limits.entries {
        return Err(refuse(format!("{} parts, more than {}", archive.len(), limits.entries), small));
    }
    if archive.has_duplicate_names() || archive.has_overlapping_entries().map_err(unreadable)? {
        return Err(refuse(
            "two of its parts share a name or their bytes".to_owned(),
            "save it again with a spreadsheet",
        ));
    }
    let (mut unpacked, mut links) = (0, 0);
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(unreadable)?;
        let name = part.name().map_err(unreadable)?.into_owned();
        if part.is_symlink() || part.enclosed_name().is_none() {
            return Err(refuse(format!("part '{name}' points outside"), "save it again with a spreadsheet"));
        }
        if part.encrypted() {
            return Err(refuse("it is encrypted".to_owned(), "save it without a password"));
        }
        if name.starts_with("xl/externalLinks/") {
            return Err(refuse(
                "it takes values from other workbooks".to_owned(),
                "break the links in the spreadsheet (edit links), and save",
            ));
        }
        if name.ends_with("vbaProject.bin") {
            report.notice("the workbook has macros: none was run");
        }
        // What the directory states may be a lie: what comes out counts.
        let (packed, room) = (part.compressed_size(), limits.unpacked_bytes - unpacked);
        let mut content = Vec::new();
        part.take(room + 1)
            .read_to_end(&mut content)
            .map_err(|e| Error::unreadable(path, format!("part '{name}': {e}")))?;
        let size = content.len() as u64;
        if size > room {
            return Err(refuse(format!("unpacks to more than {} bytes", limits.unpacked_bytes), small));
        }
        // Small parts of few words shrink much and harm nobody.
        if size > 1 << 20 && size / packed.max(1) > limits.ratio {
            return Err(refuse(format!("part '{name}' unpacks to {} times its size", size / packed.max(1)), small));
        }
        unpacked += size;
        links += harmless(&name, &content)
            .map_err(|reason| refuse(format!("part '{name}' {reason}"), "save it again with a spreadsheet"))?;
    }
    if links > 0 {
        report.notice(format!("the workbook has {links} links to other places: none was followed"));
    }
    Ok(bytes)
}

/// Refuses what XML can do beyond elements and text; counts links to other places.
fn harmless(name: &str, content: &[u8]) -> Result<usize, &'static str> {
    let xml = [".xml", ".rels", ".vml"].iter().any(|end| name.to_ascii_lowercase().ends_with(end));
    if !xml {
        return Ok(0);
    }
    // Zero bytes are UTF-16, in which the words below are spelt otherwise.
    if content.contains(&0) {
        return Err("is no XML in UTF-8");
    }
    let has = |word: &[u8]| content.windows(word.len()).any(|w| w.eq_ignore_ascii_case(word));
    if has(b"<!DOCTYPE") || has(b"<!ENTITY") {
        return Err("has a document type or entities");
    }
    let external = b"TargetMode=\"External\"";
    Ok(content.windows(external.len()).filter(|w| *w == external).count())
}

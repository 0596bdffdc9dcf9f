//! Files of a run's folder, held against the sums of its record.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{FileEntry, Run};
use crate::{Error, Result};

/// How the program that writes run folders spells an analyte in names of files: `crates/cli/src/output.rs`.
pub(super) fn slug(name: &str) -> String {
    let cleaned: String =
        name.chars().map(|c| if c.is_alphanumeric() || c == '-' || c == '_' { c } else { '_' }).collect();
    let cleaned = cleaned.trim_matches('_');
    if cleaned.is_empty() { "analyte".into() } else { cleaned.chars().take(80).collect() }
}

/// Every file that a bundle can be made of is as the record says.
pub(super) fn check(run: &Run, interrupted: &dyn Fn() -> bool) -> Result<()> {
    let entries = run.variables.iter().flat_map(|v| &v.outputs).chain(&run.together);
    for entry in entries.filter(|e| matches!(e.role.as_str(), "raster" | "hotspots" | "curve" | "samples")) {
        let path = run.folder.join(&entry.name);
        let (bytes, sha256) = sum(&path, interrupted)?;
        if (bytes, sha256.as_str()) != (entry.bytes, entry.sha256.as_str()) {
            let reason = format!(
                "it is not the file that the run wrote: {bytes} bytes with the sum {sha256}, where run.json says {} bytes and {}",
                entry.bytes, entry.sha256
            );
            return Err(Error::refused(path.display(), reason, "make the map again, or restore the file"));
        }
    }
    Ok(())
}

/// Size and SHA-256 of a regular file that is no link.
pub(crate) fn sum(path: &Path, interrupted: &dyn Fn() -> bool) -> Result<(u64, String)> {
    let is_plain = fs::symlink_metadata(path).map_err(|e| Error::unreadable(path, e))?.file_type().is_file();
    if !is_plain {
        return Err(Error::unreadable(path, "it is a link or no plain file"));
    }
    let mut file = File::open(path).map_err(|e| Error::unreadable(path, e))?;
    let (mut hasher, mut buffer, mut bytes) = (Sha256::new(), vec![0; 1 << 18], 0);
    loop {
        if interrupted() {
            return Err(Error::Interrupted);
        }
        match file.read(&mut buffer).map_err(|e| Error::unreadable(path, e))? {
            0 => return Ok((bytes, hex(&hasher.finalize()))),
            n => {
                hasher.update(&buffer[..n]);
                bytes += n as u64;
            }
        }
    }
}

/// Lowercase hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The last part of a path of any system.
pub(super) fn last_part(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

impl FileEntry {
    /// Whether its name can be that of a file of the folder.
    pub(super) fn is_plain(&self) -> bool {
        !self.name.is_empty() && self.name != "." && self.name != ".." && !self.name.contains(['/', '\\', '\0', ':'])
    }
}

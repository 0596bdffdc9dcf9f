//! B001 and B002: the manifest, and the names of files.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;

use sha2::{Digest, Sha256};

use crate::check::Findings;
use crate::check::bundle::{Facts, Folder};
use crate::{Error, Result};

const MANIFEST: &str = "MANIFEST.sha256";
/// A detached signature of the manifest, which cannot be listed in it.
const SIGNATURE: &str = "MANIFEST.sha256.minisig";
/// Longest path of a file in a bundle.
const LONGEST: usize = 180;

/// SHA-256 of every regular file, in lowercase hex; one that cannot be read is absent.
///
/// # Errors
/// [`Error::Interrupted`].
pub(in crate::check::bundle) fn of_all(
    folder: &Folder,
    interrupted: &dyn Fn() -> bool,
) -> Result<BTreeMap<String, String>> {
    let mut sums = BTreeMap::new();
    let mut buffer = vec![0; 1 << 18];
    for path in folder.files.keys() {
        let Some(mut file) = folder.path(path).and_then(|p| File::open(p).ok()) else { continue };
        let mut sum = Sha256::new();
        let whole = loop {
            if interrupted() {
                return Err(Error::Interrupted);
            }
            match file.read(&mut buffer) {
                Ok(0) => break true,
                Ok(n) => sum.update(&buffer[..n]),
                Err(_) => break false,
            }
        };
        if whole {
            let hex = sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
            sums.insert(path.clone(), hex);
        }
    }
    Ok(sums)
}

pub(super) fn manifest(folder: &Folder, facts: &Facts<'_>, findings: &mut Findings) {
    let Some(text) = folder.text(MANIFEST) else {
        return findings.add("B001", MANIFEST, "", "no such file, or no text", "the hash and path of every other file");
    };
    let mut listed: BTreeMap<&str, &str> = BTreeMap::new();
    let mut before = "";
    for (i, line) in text.lines().enumerate() {
        let place = format!("line {}", i + 1);
        let parts = line.split_once("  ").filter(|(hex, path)| {
            hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) && !path.is_empty()
        });
        let Some((hex, path)) = parts else {
            findings.add("B001", MANIFEST, place, line, "'<64 lowercase hex>  <relative path>'");
            continue;
        };
        if path <= before {
            findings.add("B001", MANIFEST, place, path, "lines sorted by path, each path once");
        }
        before = path;
        listed.insert(path, hex);
    }
    for (path, hex) in &listed {
        match facts.sums.get(*path) {
            None => findings.add("B001", path, "", "no such file, but listed", "every file that the manifest lists"),
            Some(sum) if sum != hex => findings.add("B001", path, "", sum, format!("{hex}, as the manifest has it")),
            Some(_) => {}
        }
    }
    let own = |path: &str| path == MANIFEST || path == SIGNATURE;
    for path in folder.files.keys().filter(|p| !own(p) && !listed.contains_key(p.as_str())) {
        findings.add("B001", path, "", "not in the manifest", "every file in the manifest");
    }
}

pub(super) fn names(folder: &Folder, findings: &mut Findings) {
    for (path, what) in &folder.odd {
        findings.add("B002", path, "", what, "a regular file");
    }
    for path in &folder.unreadable {
        findings.add("B002", path, "", "a name that is not Unicode", "ASCII letters");
    }
    for path in folder.files.keys().chain(&folder.directories) {
        let wrong = if !path.is_ascii() {
            "letters outside ASCII"
        } else if path.contains(' ') {
            "a space"
        } else if path.contains('\\') {
            "a backslash"
        } else if path.bytes().any(|b| b.is_ascii_control()) {
            "a control character"
        } else if path.len() > LONGEST {
            "more than 180 characters"
        } else {
            continue;
        };
        findings.add(
            "B002",
            path,
            "",
            wrong,
            "a relative path of ASCII, forward slashes, no spaces, at most 180 characters",
        );
    }
    for line in folder.text(MANIFEST).unwrap_or_default().lines() {
        let Some((_, path)) = line.split_once("  ") else { continue };
        let leaves =
            path.starts_with('/') || path.split(['/', '\\']).any(|part| part == "..") || path.get(1..3) == Some(":\\");
        if leaves {
            findings.add("B002", MANIFEST, "", path, "paths below the bundle's folder");
        }
    }
}

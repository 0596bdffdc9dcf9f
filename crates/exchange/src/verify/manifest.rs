//! A bundle against its manifest.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::{FileState, Kind, MANIFEST, Options, Report, Role, SIGNATURE, Signed, State, folder, signature};
use crate::{Error, Result};

/// More than this is no manifest: some 300,000 files.
const LARGEST: u64 = 64 << 20;

pub(super) fn verify(bundle: &Path, options: &Options, interrupted: &dyn Fn() -> bool) -> Result<Report> {
    let at = bundle.join(MANIFEST);
    let text = read(&at)?;
    let listed = parse(&at, &text)?;
    let mut files = Vec::with_capacity(listed.len());
    for (file, recorded) in &listed {
        let state = folder::state(&bundle.join(file), recorded, interrupted)?;
        files.push(FileState { file: file.clone(), role: Role::Output, state });
    }
    for name in folder::names(bundle)? {
        if !listed.contains_key(&name) && name != MANIFEST && name != SIGNATURE {
            files.push(FileState { file: name, role: Role::Output, state: State::Unlisted });
        }
    }
    files.sort_by(|a, b| a.file.cmp(&b.file));
    let signature = Some(signed(bundle, &text, options)?);
    Ok(Report { kind: Kind::Bundle, files, signature })
}

fn read(at: &Path) -> Result<String> {
    let size = fs::symlink_metadata(at).map_err(|e| Error::unreadable(at, e))?;
    if !size.is_file() || size.len() > LARGEST {
        return Err(Error::unreadable(at, format!("it is no file of up to {} MiB", LARGEST >> 20)));
    }
    fs::read_to_string(at).map_err(|e| Error::unreadable(at, e))
}

/// Names and sums. A name cannot lead out of the bundle.
fn parse(at: &Path, text: &str) -> Result<BTreeMap<String, String>> {
    let mut listed = BTreeMap::new();
    for (i, line) in text.lines().enumerate() {
        let refuse = |reason: &str| {
            Error::refused(
                format!("{}, line {}", at.display(), i + 1),
                reason,
                "a line is a SHA-256 sum in 64 lowercase digits, two spaces, and a path relative to the bundle",
            )
        };
        let (sum, name) = line.split_once("  ").ok_or_else(|| refuse("is no sum and name"))?;
        if sum.len() != 64 || !sum.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(refuse("does not begin with a SHA-256 sum"));
        }
        let within =
            !name.is_empty() && !name.contains('\\') && name.split('/').all(|part| !matches!(part, "" | "." | ".."));
        if !within {
            return Err(refuse("names a file that is not in the bundle"));
        }
        if listed.insert(name.to_owned(), sum.to_owned()).is_some() {
            return Err(refuse("names a file a second time"));
        }
    }
    Ok(listed)
}

fn signed(bundle: &Path, manifest: &str, options: &Options) -> Result<Signed> {
    let at = bundle.join(SIGNATURE);
    let there = fs::symlink_metadata(&at).is_ok();
    let Some(key) = &options.key else { return Ok(if there { Signed::Unchecked } else { Signed::Unsigned }) };
    if !there {
        return Ok(Signed::Invalid { reason: format!("there is no {SIGNATURE}") });
    }
    let text = read(&at)?;
    match signature::check(manifest.as_bytes(), &text, key) {
        Ok(comment) => Ok(Signed::Valid { comment }),
        Err(signature::Fault::Key(reason)) => {
            Err(Error::refused("the public key", reason, "give the file that minisign wrote, or its second line"))
        }
        Err(signature::Fault::Signature(reason)) => Ok(Signed::Invalid { reason }),
    }
}

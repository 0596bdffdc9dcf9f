//! Has any file changed since it was written: the sums of a run folder or of a bundle, computed again, and the signature over them.
//!
//! A run's record (`run.json`) holds the sum of every file that went in and came out; a bundle's manifest that of every file in it.
//! Neither can vouch for itself: of a run the record, and of an unsigned bundle the manifest, could have been replaced with the files.

pub mod compare;
mod folder;
mod manifest;
mod record;
pub mod signature;

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

pub use record::{Recorded, Role, find_input, recorded};

use crate::{Error, Result};

/// The manifest of a bundle.
pub const MANIFEST: &str = "MANIFEST.sha256";
/// The signature over the manifest.
pub const SIGNATURE: &str = "MANIFEST.sha256.minisig";
/// The record of a run.
pub const RECORD: &str = "run.json";

/// What a folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// What a verb with a run record wrote.
    Run,
    /// A bundle for exchange.
    Bundle,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum State {
    /// Its sum is the one recorded.
    Same,
    /// Its sum is another.
    Changed {
        /// SHA-256 as recorded.
        recorded: String,
        /// SHA-256 of what is there.
        found: String,
    },
    /// It is not there.
    Missing,
    /// It is there, and recorded nowhere.
    Unlisted,
    /// It is no regular file that can be read.
    Unreadable {
        /// Why.
        reason: String,
    },
}

/// A file that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileState {
    /// As an input of a run is named in its record; else relative to the folder.
    pub file: String,
    /// Whether it went in or came out.
    pub role: Role,
    /// What became of it.
    #[serde(flatten)]
    pub state: State,
}

/// The signature over a bundle's manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Signed {
    /// There is none.
    Unsigned,
    /// There is one, and no key was given to check it by.
    Unchecked,
    /// It is that of the key.
    Valid {
        /// What the signer said, covered by the signature.
        comment: String,
    },
    /// It is not that of the key, or not of this manifest.
    Invalid {
        /// Why.
        reason: String,
    },
}

/// What was verified.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// What the folder is.
    pub kind: Kind,
    /// Every file, by name; inputs first.
    pub files: Vec<FileState>,
    /// Of a bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signed>,
}

impl Report {
    /// Whether every file is as it was recorded. An input of a run that is not here says nothing against the run; one that is here and
    /// changed does. A signature that was to be checked must be valid.
    pub fn unchanged(&self) -> bool {
        let fine = |f: &FileState| match (&f.state, f.role, self.kind) {
            (State::Same, ..) | (State::Missing, Role::Input, _) => true,
            // GIS programs write side files into a run's folder; into a sealed bundle nobody may write.
            (State::Unlisted, _, Kind::Run) => true,
            _ => false,
        };
        self.files.iter().all(fine) && !matches!(self.signature, Some(Signed::Invalid { .. }))
    }

    /// For people: a line for each file that is not as recorded, and a last one with the verdict.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for FileState { file, role, state } in &self.files {
            let file = crate::plain(file);
            let of = if *role == Role::Input { "input " } else { "" };
            let _ = match state {
                State::Same => Ok(()),
                State::Changed { recorded, found } => {
                    writeln!(
                        text,
                        "changed     {of}{file}\n            recorded {recorded}\n            found    {found}"
                    )
                }
                State::Missing if *role == Role::Input => writeln!(text, "not here    {of}{file} (not verified)"),
                State::Missing => writeln!(text, "missing     {of}{file}"),
                State::Unlisted => writeln!(text, "not listed  {of}{file}"),
                State::Unreadable { reason } => writeln!(text, "unreadable  {of}{file}: {}", crate::plain(reason)),
            };
        }
        let count = |wanted: &dyn Fn(&FileState) -> bool| self.files.iter().filter(|f| wanted(f)).count();
        let same = count(&|f| f.state == State::Same);
        let verified = count(&|f| !(f.state == State::Missing && f.role == Role::Input));
        match &self.signature {
            Some(Signed::Unsigned) => {
                text.push_str("signature   none: the manifest could have been replaced with the files\n")
            }
            Some(Signed::Unchecked) => {
                text.push_str("signature   not checked: give the signer's public key by --key\n")
            }
            Some(Signed::Valid { comment }) => {
                let _ = writeln!(text, "signature   valid; the signer says: {}", crate::plain(comment));
            }
            Some(Signed::Invalid { reason }) => {
                let _ = writeln!(text, "signature   NOT valid: {}", crate::plain(reason));
            }
            None => {}
        }
        let verdict = if self.unchanged() { "unchanged" } else { "CHANGED" };
        let what = match self.kind {
            Kind::Run => "run",
            Kind::Bundle => "bundle",
        };
        let _ = writeln!(text, "{what} {verdict}: {same} of {verified} files are as they were recorded");
        text
    }
}

/// How to verify.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The signer's public key, as minisign writes it, or its second line alone.
    pub key: Option<String>,
    /// Where else inputs of a run may lie: looked for here by their last name.
    pub inputs: Option<PathBuf>,
}

/// Computes the sums of a run folder or bundle again.
///
/// # Errors
/// The folder is neither; its record or manifest cannot be read; a key is given for a run, or is none.
pub fn verify(folder: &Path, options: &Options, interrupted: &dyn Fn() -> bool) -> Result<Report> {
    if folder.join(MANIFEST).is_file() {
        return manifest::verify(folder, options, interrupted);
    }
    if folder.join(RECORD).is_file() {
        return record::verify(folder, options, interrupted);
    }
    if !folder.is_dir() {
        return Err(Error::unreadable(folder, "there is no such folder"));
    }
    Err(Error::refused(
        folder.display(),
        format!("holds neither {RECORD}, as a run does, nor {MANIFEST}, as a bundle does"),
        "name the folder that map wrote with -o, or the one that exchange pack made",
    ))
}

//! The files of a bundle, as a stranger reads them: nothing is followed, everything is bounded.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// Most files and folders a bundle may hold.
pub const MOST_FILES: usize = 20_000;
/// Deepest folder below the bundle's own.
pub const DEEPEST: usize = 16;
/// Largest text (JSON, XML, CSV, …) that is read, in bytes.
pub const LARGEST_TEXT: u64 = 64 << 20;

/// What lies in a bundle's folder. Paths are relative to it, with forward slashes.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    /// The folder itself.
    pub root: PathBuf,
    /// Its name, which is the bundle's.
    pub name: String,
    /// Regular files and their bytes.
    pub files: BTreeMap<String, u64>,
    /// Folders below the bundle's own.
    pub directories: BTreeSet<String>,
    /// What is neither a file nor a folder, and what it is: `symbolic link`, `named pipe`, `socket`, `device`.
    /// Never opened, never followed.
    pub odd: BTreeMap<String, &'static str>,
    /// Names that are not Unicode, as far as they can be shown.
    pub unreadable: BTreeSet<String>,
}

impl Folder {
    /// Lists the bundle at `root`.
    ///
    /// # Errors
    /// If it is no folder, cannot be listed, or holds more than [`MOST_FILES`] entries or folders deeper than [`DEEPEST`].
    pub fn open(root: &Path) -> Result<Self> {
        let about = fs::symlink_metadata(root).map_err(|e| Error::unreadable(root, e))?;
        if !about.is_dir() {
            return Err(Error::unreadable(root, "it is no folder"));
        }
        let whole = root.canonicalize().map_err(|e| Error::unreadable(root, e))?;
        let name = whole.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let mut folder = Self { root: root.to_owned(), name, ..Self::default() };
        let mut waiting = vec![(root.to_owned(), String::new(), 0)];
        let mut seen = 0;
        while let Some((path, prefix, depth)) = waiting.pop() {
            for entry in fs::read_dir(&path).map_err(|e| Error::unreadable(&path, e))? {
                let entry = entry.map_err(|e| Error::unreadable(&path, e))?;
                seen += 1;
                if seen > MOST_FILES {
                    return Err(Error::unreadable(root, format!("more than {MOST_FILES} files and folders")));
                }
                let name = entry.file_name();
                let Some(name) = name.to_str() else {
                    folder.unreadable.insert(format!("{prefix}{}", name.to_string_lossy()));
                    continue;
                };
                let relative = format!("{prefix}{name}");
                // As of the entry itself: a link is not followed.
                let about = fs::symlink_metadata(entry.path()).map_err(|e| Error::unreadable(entry.path(), e))?;
                if about.is_dir() {
                    if depth >= DEEPEST {
                        return Err(Error::unreadable(root, format!("folders are deeper than {DEEPEST}")));
                    }
                    waiting.push((entry.path(), format!("{relative}/"), depth + 1));
                    folder.directories.insert(relative);
                } else if about.is_file() {
                    folder.files.insert(relative, about.len());
                } else {
                    folder.odd.insert(relative, kind(&about));
                }
            }
        }
        Ok(folder)
    }

    /// Whether a regular file stands at `relative`.
    pub fn has(&self, relative: &str) -> bool {
        self.files.contains_key(relative)
    }

    /// The path in the file system of a regular file that was listed; `None` for everything else, whatever it is named.
    pub fn path(&self, relative: &str) -> Option<PathBuf> {
        self.has(relative).then(|| self.root.join(relative)).filter(|p| still_a_file(p))
    }

    /// The bytes of a listed file of at most `cap` bytes; `None` where there is none, it is larger, or cannot be read.
    pub fn read(&self, relative: &str, cap: u64) -> Option<Vec<u8>> {
        if *self.files.get(relative)? > cap {
            return None;
        }
        let mut bytes = Vec::new();
        // It may have grown since it was listed.
        File::open(self.path(relative)?).ok()?.take(cap.checked_add(1)?).read_to_end(&mut bytes).ok()?;
        (bytes.len() as u64 <= cap).then_some(bytes)
    }

    /// The text of a listed file of at most [`LARGEST_TEXT`] bytes, a byte order mark removed; `None` where it is no UTF-8.
    pub fn text(&self, relative: &str) -> Option<String> {
        let text = String::from_utf8(self.read(relative, LARGEST_TEXT)?).ok()?;
        Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
    }

    /// The JSON of a listed file; `None` where there is none or it does not parse. Nesting is bounded by the parser.
    pub fn json(&self, relative: &str) -> Option<serde_json::Value> {
        serde_json::from_str(&self.text(relative)?).ok()
    }

    /// Files whose path begins with `prefix` and ends with `suffix`, sorted.
    pub fn matching<'a>(&'a self, prefix: &'a str, suffix: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.files
            .range(prefix.to_owned()..)
            .map(|(path, _)| path.as_str())
            .take_while(move |path| path.starts_with(prefix))
            .filter(move |path| path.ends_with(suffix))
    }
}

fn still_a_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|about| about.is_file())
}

#[cfg(unix)]
fn kind(about: &fs::Metadata) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    let of = about.file_type();
    if of.is_symlink() {
        "symbolic link"
    } else if of.is_fifo() {
        "named pipe"
    } else if of.is_socket() {
        "socket"
    } else {
        "device"
    }
}

#[cfg(not(unix))]
fn kind(about: &fs::Metadata) -> &'static str {
    if about.file_type().is_symlink() { "symbolic link" } else { "device" }
}

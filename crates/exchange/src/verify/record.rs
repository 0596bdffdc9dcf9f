//! A run folder against its record.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use super::{FileState, Kind, Options, RECORD, Report, State, folder};
use crate::{Error, Result};

/// Whether a file went in or came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It was read.
    Input,
    /// It was written.
    Output,
}

/// A file that a record names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Recorded {
    /// Whether it went in or came out.
    pub role: Role,
    /// As it was typed, or as it followed from what was typed.
    pub path: String,
    /// Lowercase hexadecimal digits.
    pub sha256: String,
}

impl Recorded {
    /// The last part of its path.
    pub fn name(&self) -> &str {
        self.path.rsplit(['/', '\\']).next().unwrap_or(&self.path)
    }
}

/// All files that a run record names, wherever in it they stand (a record of several analytes holds the files of each).
///
/// # Examples
/// ```
/// use soilscope_exchange::verify::{Role, recorded};
/// let record = serde_json::json!({"inputs": [{"path": "a.csv", "sha256": "00"}],
///     "analytes": [{"outputs": [{"path": "out/a.tif", "sha256": "11"}]}]});
/// let files = recorded(&record);
/// assert_eq!((files[0].role, files[1].role), (Role::Input, Role::Output));
/// assert_eq!(files[1].name(), "a.tif");
/// ```
pub fn recorded(record: &Value) -> Vec<Recorded> {
    fn walk(value: &Value, role: Option<Role>, found: &mut BTreeSet<Recorded>) {
        match value {
            Value::Object(members) => {
                let text = |key: &str| members.get(key).and_then(Value::as_str);
                if let (Some(role), Some(path), Some(sha256)) = (role, text("path"), text("sha256")) {
                    found.insert(Recorded { role, path: path.to_owned(), sha256: sha256.to_owned() });
                }
                for (key, member) in members {
                    let role = match key.as_str() {
                        "inputs" => Some(Role::Input),
                        "outputs" => Some(Role::Output),
                        _ => None,
                    };
                    walk(member, role, found);
                }
            }
            Value::Array(each) => each.iter().for_each(|one| walk(one, role, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    walk(record, None, &mut found);
    found.into_iter().collect()
}

/// Reads the record of a run.
pub(super) fn read(run: &Path) -> Result<Value> {
    let at = run.join(RECORD);
    let bytes = fs::read(&at).map_err(|e| Error::unreadable(&at, e))?;
    serde_json::from_slice(&bytes).map_err(|e| Error::unreadable(&at, format!("it is no run record: {e}")))
}

pub(super) fn verify(run: &Path, options: &Options, interrupted: &dyn Fn() -> bool) -> Result<Report> {
    if options.key.is_some() {
        return Err(Error::refused(
            run.display(),
            "is a run, and runs are not signed",
            "leave the key out, or name a bundle",
        ));
    }
    let listed = recorded(&read(run)?);
    if !listed.iter().any(|file| file.role == Role::Output) {
        return Err(Error::refused(
            run.join(RECORD).display(),
            "names no file that was written",
            "name the folder of a finished run",
        ));
    }
    let mut files = Vec::with_capacity(listed.len());
    for file in &listed {
        let (shown, state) = match file.role {
            Role::Output => (file.name().to_owned(), folder::state(&run.join(file.name()), &file.sha256, interrupted)?),
            Role::Input => (file.path.clone(), input(file, options, interrupted)?),
        };
        files.push(FileState { file: shown, role: file.role, state });
    }
    let known: BTreeSet<&str> = listed.iter().filter(|f| f.role == Role::Output).map(Recorded::name).collect();
    for name in folder::names(run)? {
        if !known.contains(name.as_str()) && name != RECORD {
            files.push(FileState { file: name, role: Role::Output, state: State::Unlisted });
        }
    }
    files.sort_by(|a, b| (a.role, &a.file).cmp(&(b.role, &b.file)));
    Ok(Report { kind: Kind::Run, files, signature: None })
}

/// Where an input may lie now: in the folder that was given, else where it was.
pub(super) fn places(file: &Recorded, inputs: Option<&Path>) -> Vec<PathBuf> {
    let mut places: Vec<PathBuf> = inputs.map(|folder| folder.join(file.name())).into_iter().collect();
    places.push(PathBuf::from(&file.path));
    places
}

fn input(file: &Recorded, options: &Options, interrupted: &dyn Fn() -> bool) -> Result<State> {
    for place in places(file, options.inputs.as_deref()) {
        match folder::state(&place, &file.sha256, interrupted)? {
            State::Missing => {}
            state => return Ok(state),
        }
    }
    Ok(State::Missing)
}

/// Where an input lies that has the sum it had.
///
/// # Errors
/// It is nowhere, or was changed.
pub fn find_input(file: &Recorded, inputs: Option<&Path>, interrupted: &dyn Fn() -> bool) -> Result<PathBuf> {
    let mut changed = None;
    for place in places(file, inputs) {
        match folder::state(&place, &file.sha256, interrupted)? {
            State::Same => return Ok(place),
            State::Missing => {}
            State::Changed { found, .. } => changed = changed.or(Some((place, format!("its SHA-256 is {found}")))),
            State::Unreadable { reason } => changed = changed.or(Some((place, reason))),
            State::Unlisted => {}
        }
    }
    Err(match changed {
        Some((place, why)) => Error::refused(
            place.display(),
            format!("is not the file that the run read: {why}, and the run recorded {}", file.sha256),
            "give the folder with the files as they were by --inputs",
        ),
        None => Error::refused(
            &file.path,
            "the run read it, and it is not here",
            "give the folder that holds the files of the run by --inputs",
        ),
    })
}

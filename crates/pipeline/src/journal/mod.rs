//! The journal of a run: what is finished survives the process.
//!
//! While a run is under way its folder holds another one, `unfinished`, with the plan (every input and setting), the strips
//! that are done, each recorded only when it is on the disk, and a lock. A run that was killed goes on from there and
//! ends with the same bytes; one whose plan is another is refused; when it is done `unfinished` is removed.

mod differences;
mod lock;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use crate::run::StripReport;
use crate::tidy::{self, Beside, Existing};
use crate::{Error, Result};
use lock::Lock;

pub use differences::differences;

/// Name of the folder, in that of the run.
pub const UNFINISHED: &str = "unfinished";

const PLAN: &str = "plan.json";

/// Folders whose strips nobody has recorded: they go with the process.
static EMPTY: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// How a run stands to an earlier one in its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// There is none, or it left nothing.
    New,
    /// It is thrown away.
    Again,
    /// It goes on.
    Resume,
    /// It is one of several that compute parts beside one another.
    Part,
    /// Its parts are put together.
    Assemble,
}

/// The open journal of a run, locked.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    plan: Json,
    digest: String,
    every: Duration,
    begun: Instant,
    /// When strips of each map were put on record for the last time.
    last: Mutex<BTreeMap<String, Instant>>,
    recorded: AtomicUsize,
    lock: Lock,
}

/// What is recorded of a strip.
#[derive(Debug, Serialize, Deserialize)]
struct Recorded {
    /// Of the plan.
    sha256: String,
    /// What computed it.
    writer: String,
    /// Name and bytes of each file, none where no cell has a value.
    files: Vec<(String, u64)>,
    report: StripReport,
}

/// A strip on the disk.
#[derive(Debug, Clone)]
pub struct Kept {
    /// What came of it.
    pub report: StripReport,
    /// Its files, in the order of the map's; none where no cell has a value.
    pub files: Vec<PathBuf>,
    /// What computed it: version, instruction set, system, process.
    pub writer: String,
}

impl Journal {
    /// Opens the journal of a run in the folder `out`; strips are recorded at most `every` so often.
    ///
    /// # Errors
    /// [`Error::Busy`] where another process is at work there, [`Error::Unfinished`] where there is an earlier run with
    /// something done and `begin` says nothing of it, [`Error::Changed`] where a run that is to go on had another plan,
    /// [`Error::NoParts`] where there is nothing to assemble, [`Error::Write`].
    pub fn open(out: &Path, plan: Json, begin: Begin, every: Duration) -> Result<Self> {
        // As it will be read again: its numbers are those of the text.
        let plan = serde_json::from_str(&plan.to_string()).unwrap_or(plan);
        let folder = out.join(UNFINISHED);
        let lock = Lock::take(&folder, begin == Begin::Part)?;
        let digest = digest(&plan);
        // Before anything is refused, for what is on record outlives the refusal.
        let found = records(&folder)?.len();
        let (begun, last, recorded) = (Instant::now(), Mutex::default(), AtomicUsize::new(found));
        let journal = Self { folder, plan, digest, every, begun, last, recorded, lock };
        match (begin, journal.earlier()?) {
            (Begin::New, Some(_)) if found > 0 => {
                return Err(Error::Unfinished { folder: journal.folder.clone(), strips: found });
            }
            (Begin::New | Begin::Again, _) => {
                journal.clear();
                journal.recorded.store(0, Ordering::Relaxed);
            }
            (_, Some(earlier)) => {
                let changes = differences(&earlier, &journal.plan);
                if !changes.is_empty() {
                    return Err(Error::Changed { folder: journal.folder.clone(), changes });
                }
            }
            (Begin::Assemble, None) => return Err(Error::NoParts { folder: journal.folder.clone() }),
            // Another part may be about to begin.
            (Begin::Part, None) => {}
            (_, None) => journal.clear(),
        }
        // Others at work on parts have unfinished files of their own.
        if begin != Begin::Part {
            journal.remove(|name| name.starts_with('.'));
            tidy::remove_stale(out);
        }
        if journal.earlier()?.is_none() {
            journal.put(PLAN, &journal.plan)?;
        }
        if journal.recorded() == 0 && begin != Begin::Part {
            empty().push(journal.folder.clone());
        }
        Ok(journal)
    }

    /// Whether the folder `out` holds an unfinished run of which something is done.
    pub fn exists(out: &Path) -> bool {
        let Ok(entries) = fs::read_dir(out.join(UNFINISHED)) else { return false };
        entries.flatten().any(|entry| is_record(&entry.file_name().to_string_lossy()))
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Sum of the plan, by which strips know their run.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Strips that are on record.
    pub fn recorded(&self) -> usize {
        self.recorded.load(Ordering::Relaxed)
    }

    /// The strips of the map `stem` that are on the disk, by number.
    ///
    /// # Errors
    /// [`Error::Write`] for a record that cannot be read, is of another plan, or whose files are missing or of another
    /// length.
    pub fn kept(&self, stem: &str) -> Result<Vec<Kept>> {
        let mut kept = Vec::new();
        for path in records(&self.folder)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.rsplitn(3, '.').nth(2) != Some(stem) {
                continue;
            }
            let refuse = |message: String| Error::Write {
                path: path.clone(),
                message: format!("{message}; remove this file, and the strip is computed again"),
            };
            let text = fs::read(&path).map_err(|e| refuse(format!("cannot be read: {e}")))?;
            let record: Recorded =
                serde_json::from_slice(&text).map_err(|e| refuse(format!("is no record of a strip: {e}")))?;
            if record.sha256 != self.digest {
                return Err(refuse("is of a run with another plan".into()));
            }
            let mut files = Vec::new();
            for (name, bytes) in record.files {
                // A name alone: a record that was tampered with reaches no other folder.
                let file = self.folder.join(Path::new(&name).file_name().unwrap_or_default());
                match fs::metadata(&file) {
                    Ok(found) if found.len() == bytes => files.push(file),
                    Ok(found) => {
                        return Err(refuse(format!("says {bytes} bytes of {name}, which has {}", found.len())));
                    }
                    Err(error) => return Err(refuse(format!("names {name}, which cannot be read ({error})"))),
                }
            }
            kept.push(Kept { report: record.report, files, writer: record.writer });
        }
        kept.sort_by_key(|kept| kept.report.strip);
        Ok(kept)
    }

    /// Where the file `name` of a strip of the map `stem` will stand.
    pub fn place(&self, name: &Path, strip: usize) -> PathBuf {
        let stem = name.file_stem().unwrap_or_default().to_string_lossy();
        let ending = name.extension().unwrap_or_default().to_string_lossy();
        self.folder.join(format!("{stem}.{strip:06}.{ending}"))
    }

    /// Whether it is time to record what was done of the map `stem` since the last time.
    pub fn is_due(&self, stem: &str) -> bool {
        self.last().get(stem).unwrap_or(&self.begun).elapsed() >= self.every
    }

    fn last(&self) -> MutexGuard<'_, BTreeMap<String, Instant>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner) // a time is never half changed
    }

    /// Records strips of the map `stem` whose files are complete: these first come to the disk, then the records. Returns where the files are.
    ///
    /// # Errors
    /// [`Error::Write`], as on a full disk: what was recorded before stays.
    pub fn record(&self, stem: &str, strips: Vec<(StripReport, Vec<Beside>)>) -> Result<Vec<(usize, Vec<PathBuf>)>> {
        let mut placed = Vec::new();
        for (report, files) in strips {
            let files: Vec<PathBuf> = files.into_iter().map(Beside::persist).collect::<Result<_>>()?;
            placed.push((report, files));
        }
        for (report, files) in &placed {
            let size = |path: &PathBuf| {
                let bytes =
                    fs::metadata(path).map_err(|e| Error::Write { path: path.clone(), message: e.to_string() })?;
                Ok((path.file_name().unwrap_or_default().to_string_lossy().into_owned(), bytes.len()))
            };
            let record = Recorded {
                sha256: self.digest.clone(),
                writer: writer(),
                files: files.iter().map(size).collect::<Result<_>>()?,
                report: report.clone(),
            };
            self.put(&format!("{stem}.{:06}.json", report.strip), &record)?;
            self.recorded.fetch_add(1, Ordering::Relaxed);
            empty().retain(|folder| *folder != self.folder);
        }
        self.last().insert(stem.to_owned(), Instant::now());
        Ok(placed.into_iter().map(|(report, files)| (report.strip, files)).collect())
    }

    /// The run is done: its journal is no longer needed.
    pub fn finish(&self) {
        self.clear();
        self.recorded.store(0, Ordering::Relaxed);
    }

    /// Writes JSON durably.
    fn put(&self, name: &str, content: &impl Serialize) -> Result<()> {
        let path = self.folder.join(name);
        let file = Beside::new(&path, Existing::Replace)?;
        let failed = |e: std::io::Error| Error::Write { path: path.clone(), message: e.to_string() };
        let mut text = serde_json::to_vec(content).map_err(|e| failed(e.into()))?;
        text.push(b'\n');
        fs::write(file.path(), text).map_err(failed)?;
        file.persist().map(drop)
    }

    /// The plan that was written when the run began.
    fn earlier(&self) -> Result<Option<Json>> {
        let path = self.folder.join(PLAN);
        let refuse = |reason: String| Error::Write { path: path.clone(), message: reason };
        match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|e| refuse(format!("is no plan: {e}"))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(refuse(format!("cannot be read: {error}"))),
        }
    }

    /// Removes plan, strips and records: records first, so that no record is ever without its files.
    fn clear(&self) {
        self.remove(is_record);
        self.remove(|name| name != lock::NAME);
    }

    fn remove(&self, which: impl Fn(&str) -> bool) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if which(&entry.file_name().to_string_lossy()) {
                // What stays is seen when the folder cannot be removed.
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

impl Drop for Journal {
    /// A run that recorded nothing leaves nothing.
    fn drop(&mut self) {
        if self.recorded() == 0 && self.lock.is_alone() {
            self.clear();
            self.lock.remove();
            // Where something else is in it, it stays.
            let _ = fs::remove_dir(&self.folder);
        }
        empty().retain(|folder| *folder != self.folder);
    }
}

fn empty() -> MutexGuard<'static, Vec<PathBuf>> {
    EMPTY.lock().unwrap_or_else(PoisonError::into_inner) // a list of paths is never half changed
}

/// Removes the journals of this process in which nothing is recorded; for an exit that runs no destructors.
pub fn remove_empty() {
    for folder in std::mem::take(&mut *empty()) {
        for name in [PLAN, lock::NAME] {
            // It may not be there yet.
            let _ = fs::remove_file(folder.join(name));
        }
        let _ = fs::remove_dir(&folder);
    }
}

/// The records in a journal.
fn records(folder: &Path) -> Result<Vec<PathBuf>> {
    let refuse = |e: std::io::Error| Error::Write { path: folder.to_owned(), message: e.to_string() };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(refuse)? {
        let path = entry.map_err(refuse)?.path();
        if is_record(&path.file_name().unwrap_or_default().to_string_lossy()) {
            found.push(path);
        }
    }
    Ok(found)
}

fn is_record(name: &str) -> bool {
    name.ends_with(".json") && name != PLAN && !name.starts_with('.')
}

/// Sum of a plan, in hexadecimal.
fn digest(plan: &Json) -> String {
    Sha256::digest(plan.to_string()).iter().map(|b| format!("{b:02x}")).collect()
}

/// What computes here: numbers agree to 1e-12 among instruction sets, and to the last bit in one.
fn writer() -> String {
    format!(
        "soilscope {}, {}, {} {}, {}",
        env!("CARGO_PKG_VERSION"),
        soilscope_core::instruction_set(),
        std::env::consts::ARCH,
        std::env::consts::OS,
        lock::owner()
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use super::*;

    #[test]
    fn each_map_is_recorded_in_its_own_time() {
        let folder = tempfile::tempdir().unwrap();
        let every = Duration::from_millis(400);
        let journal = Journal::open(folder.path(), Json::Null, Begin::New, every).unwrap();
        assert!(!journal.is_due("zinc") && !journal.is_due("lead"));
        std::thread::sleep(every);
        assert!(journal.is_due("zinc") && journal.is_due("lead"));
        journal.record("zinc", Vec::new()).unwrap();
        // Of two maps that are made together one does not stand in the light of the other.
        assert!(!journal.is_due("zinc") && journal.is_due("lead"));
    }
}

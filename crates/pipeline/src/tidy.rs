//! Files are complete or absent: they are written under another name beside the target, then renamed.
//!
//! A [`Beside`] removes its file when dropped without [`persist`](Beside::persist). For an exit that runs no destructors,
//! as from a signal handler, [`remove_all`] removes what is open in the whole process.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{Error, Result};

static OPEN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
static COUNTER: AtomicU64 = AtomicU64::new(0);

/// What libraries leave beside a file while they write it: GDAL's overviews, side-car metadata, SQLite's journals.
const COMPANIONS: [&str; 6] = ["", ".ovr.tmp", ".msk.ovr.tmp", ".aux.xml", "-journal", "-wal"];

fn open() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner) // a set of paths is never half changed
}

fn remove(path: &Path) {
    for suffix in COMPANIONS {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        // Usually absent; and when a file cannot be removed there is nothing better to do.
        let _ = fs::remove_file(PathBuf::from(name));
    }
}

/// Removes every unfinished file of this process; for an exit that runs no destructors.
pub fn remove_all() {
    for path in std::mem::take(&mut *open()) {
        remove(&path);
    }
}

/// Removes unfinished files of processes that are no more, as one that was killed leaves them in `folder`.
///
/// Of a process on another machine nobody knows here: only call it where none can be at work.
pub fn remove_stale(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(process) = process_of(&name)
            && !is_alive(process)
        {
            // When it cannot be removed there is nothing better to do.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The process in the name of an unfinished file or of its companion, `.zinc.tif.1234-0.partial`.
fn process_of(name: &str) -> Option<u32> {
    let (before, after) = name.strip_prefix('.')?.rsplit_once(".partial")?;
    let known = COMPANIONS.contains(&after);
    let (process, count) = before.rsplit_once('.')?.1.split_once('-')?;
    count.parse::<u64>().ok()?;
    process.parse().ok().filter(|_| known)
}

/// Whether a process of this machine lives; where the system does not say it, it does.
fn is_alive(process: u32) -> bool {
    let all = Path::new("/proc");
    !all.join("self").exists() || all.join(process.to_string()).exists()
}

/// Whether [`Beside::new`] may replace a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// An existing target is an error.
    Refuse,
    /// An existing target is replaced, at the moment when its successor is complete.
    Replace,
}

/// A file in the making, beside the place where it will stand.
///
/// # Examples
/// ```
/// use soilscope_pipeline::tidy::{Beside, Existing};
/// let folder = tempfile::tempdir().unwrap();
/// let target = folder.path().join("points.geojson");
/// let partial = Beside::new(&target, Existing::Refuse).unwrap();
/// std::fs::write(partial.path(), "{}").unwrap();
/// assert!(!target.exists());
/// partial.persist().unwrap();
/// assert_eq!(std::fs::read_to_string(target).unwrap(), "{}");
/// ```
#[derive(Debug)]
pub struct Beside {
    target: PathBuf,
    path: PathBuf,
    existing: Existing,
}

impl Beside {
    /// Chooses a name beside `target` and checks that a file can be written there; none is left by this call.
    ///
    /// The name holds the process and a count, so runs do not meet: `.zinc.tif.1234-0.partial`. A target that is a
    /// symbolic link is followed, so the link stays.
    ///
    /// # Errors
    /// [`Error::Exists`] for a target that may not be replaced or is not an ordinary file, [`Error::Write`] where the
    /// folder is missing or not writable.
    pub fn new(target: &Path, existing: Existing) -> Result<Self> {
        check(target, existing)?;
        let is_link = fs::symlink_metadata(target).is_ok_and(|m| m.file_type().is_symlink());
        let target = match target.canonicalize() {
            Ok(resolved) if is_link => resolved,
            _ => target.to_owned(),
        };
        let Some(name) = target.file_name() else {
            return Err(Error::Write {
                path: target.clone(),
                message: "this is a folder, not a file: give a file name".into(),
            });
        };
        let mut partial = OsString::from(".");
        partial.push(name);
        partial.push(format!(".{}-{}.partial", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed)));
        let path = target.with_file_name(partial);
        if let Err(source) = File::create(&path) {
            let folder = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let message = format!("cannot write into the folder {}: {source}", folder.display());
            return Err(Error::Write { path: target, message });
        }
        remove(&path);
        open().insert(path.clone());
        Ok(Self { target, path, existing })
    }

    /// Where to write.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the file will stand.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Flushes the file to the disk and gives it its name.
    ///
    /// # Errors
    /// [`Error::Exists`] when somebody wrote the target meanwhile, [`Error::Write`] when flushing or renaming fails; the
    /// partial file is then removed.
    pub fn persist(self) -> Result<PathBuf> {
        check(&self.target, self.existing)?;
        let failed = |source: std::io::Error| Error::Write { path: self.target.clone(), message: source.to_string() };
        // Opened for writing: some systems refuse to flush through a reader's handle.
        File::options().write(true).open(&self.path).and_then(|file| file.sync_all()).map_err(failed)?;
        fs::rename(&self.path, &self.target).map_err(failed)?;
        // The name itself is only safe once the folder is flushed; not every file system can, and the data are there.
        if let Some(folder) = self.target.parent().filter(|p| !p.as_os_str().is_empty()) {
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
        Ok(self.target.clone())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        open().remove(&self.path);
        remove(&self.path); // after `persist` there are at most companions left
    }
}

fn check(target: &Path, existing: Existing) -> Result<()> {
    match fs::metadata(target) {
        Ok(found) if !found.is_file() => Err(Error::Write {
            path: target.to_owned(),
            message: "this is not an ordinary file, and will not be replaced".into(),
        }),
        Ok(_) if existing == Existing::Refuse => Err(Error::Exists { path: target.to_owned() }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn dropped_leaves_nothing_and_persisted_leaves_one() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.tif");
        let partial = Beside::new(&target, Existing::Refuse).unwrap();
        fs::write(partial.path(), "x").unwrap();
        let mut overviews = partial.path().as_os_str().to_owned();
        overviews.push(".ovr.tmp");
        fs::write(&overviews, "x").unwrap();
        drop(partial);
        assert!(names(folder.path()).is_empty());

        let partial = Beside::new(&target, Existing::Refuse).unwrap();
        fs::write(partial.path(), "x").unwrap();
        partial.persist().unwrap();
        assert_eq!(names(folder.path()), ["a.tif"]);
        assert!(matches!(Beside::new(&target, Existing::Refuse), Err(Error::Exists { .. })));
        let partial = Beside::new(&target, Existing::Replace).unwrap();
        fs::write(partial.path(), "y").unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "x", "replaced only when complete");
        partial.persist().unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "y");
    }

    #[test]
    fn what_a_killed_process_left_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        // No process has a number beyond 2²².
        let stale = [".a.tif.4999999-0.partial", ".a.tif.4999999-12.partial.ovr.tmp"];
        let mine = format!(".a.tif.{}-3.partial", std::process::id());
        let others = ["a.tif", ".a.tif.x-0.partial", ".a.tif.4999999-0.partial.bak", "b.4999999-0.partial", &mine];
        for name in stale.iter().chain(&others) {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        remove_stale(folder.path());
        let mut kept = others.map(str::to_owned);
        kept.sort();
        assert_eq!(names(folder.path()), kept);
    }

    #[test]
    fn devices_folders_and_missing_folders_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Beside::new(folder.path(), Existing::Replace).is_err());
        assert!(Beside::new(&folder.path().join("no/a.tif"), Existing::Replace).is_err());
        assert!(Beside::new(Path::new("/dev/full"), Existing::Replace).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real.tif"), folder.path().join("link.tif"));
        fs::write(&real, "x").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let partial = Beside::new(&link, Existing::Replace).unwrap();
        fs::write(partial.path(), "y").unwrap();
        partial.persist().unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().file_type().is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), "y");
    }
}

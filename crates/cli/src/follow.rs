//! Following a run: interrupts and progress.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use soilscope_pipeline::io::end_process;
use soilscope_pipeline::watch::Watch;
use soilscope_pipeline::{journal, tidy};

use crate::args::{Common, ProgressWhen};
use crate::output::say;

/// The last word of an interrupted run.
const INTERRUPTED: &str = "interrupted: nothing unfinished is left";

/// What of a run that did not end is kept, and how to go on.
static KEPT: Mutex<Option<String>> = Mutex::new(None);

static STOP: AtomicBool = AtomicBool::new(false);
/// Whether what runs looks at [`STOP`] by itself, and ends in order.
static WATCHING: AtomicBool = AtomicBool::new(false);
/// Whole files of a run that is not whole yet.
static WRITTEN: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
/// Folders that this run made, the deepest last.
static FOLDERS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// An interrupt (Ctrl-C, SIGTERM) ends the run at once, or in order where what runs looks out for it; a second one ends
/// that at once too. No file is left.
pub(crate) fn listen_for_interrupts() {
    let handler = || {
        let again = STOP.swap(true, Ordering::SeqCst);
        if again || !WATCHING.load(Ordering::SeqCst) {
            tidy::remove_all();
            journal::remove_empty();
            give_up();
            say(&last_word());
            end_process(130);
        }
        say("interrupted: ending in order; press Ctrl-C again to end at once");
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        say(&format!("warning: interrupts end the run at once ({error})"));
    }
}

/// Notes what stays of the run if it should not end.
pub(crate) fn keeps(what: Option<String>) {
    *KEPT.lock().unwrap_or_else(PoisonError::into_inner) = what;
}

/// What stays of a run that did not end, where something does.
pub(crate) fn kept() -> Option<String> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// What an interrupted run says last.
pub(crate) fn last_word() -> String {
    kept().map_or_else(|| INTERRUPTED.to_owned(), |kept| format!("interrupted: {kept}"))
}

/// Whether the user asked to stop.
pub(crate) fn interrupted() -> bool {
    STOP.load(Ordering::SeqCst)
}

/// Fails where the user asked to stop: for stages that cannot look for themselves.
pub(crate) fn check_interrupt(stage: &str) -> Result<()> {
    anyhow::ensure!(!interrupted(), "stopped before {stage}");
    Ok(())
}

fn folders() -> MutexGuard<'static, Vec<PathBuf>> {
    FOLDERS.lock().unwrap_or_else(PoisonError::into_inner) // a list of paths is never half changed
}

/// Makes a folder for results, and those above it. What is still empty when the run fails is removed again.
pub(crate) fn make_folder(path: &Path) -> Result<()> {
    let absent: Vec<PathBuf> = path.ancestors().take_while(|p| !p.exists()).map(Path::to_owned).collect();
    std::fs::create_dir_all(path).with_context(|| format!("cannot make the folder {}", path.display()))?;
    folders().extend(absent.into_iter().rev().filter(|p| !p.as_os_str().is_empty()));
    Ok(())
}

/// Runs work that looks out for interrupts by itself, through [`Watch::cancelled`].
pub(crate) fn watching<T>(work: impl FnOnce() -> T) -> T {
    WATCHING.store(true, Ordering::SeqCst);
    let outcome = work();
    WATCHING.store(false, Ordering::SeqCst);
    outcome
}

fn written() -> MutexGuard<'static, Vec<PathBuf>> {
    WRITTEN.lock().unwrap_or_else(PoisonError::into_inner) // a list of paths is never half changed
}

/// Notes a whole file of a run that may still fail: it goes with the run.
pub(crate) fn wrote(path: &Path) {
    written().push(path.to_owned());
}

/// The run is whole: its files stay.
pub(crate) fn complete() {
    written().clear();
    folders().clear();
}

/// The run ends without its result: files that it wrote are removed, and folders that it made as far as they are empty.
pub(crate) fn give_up() {
    for path in std::mem::take(&mut *written()) {
        // What cannot be removed was not written, or is somebody else's by now.
        let _ = std::fs::remove_file(path);
    }
    for folder in std::mem::take(&mut *folders()).iter().rev() {
        // One that holds something stays, and that is as it should be.
        let _ = std::fs::remove_dir(folder);
    }
}

/// How often plain progress lines appear.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Progress on stderr: a bar on a terminal, plain lines elsewhere.
pub(crate) struct Progress {
    bars: bool,
    lines: bool,
    stage: Mutex<Option<Stage>>,
    done: AtomicU64,
}

struct Stage {
    name: String,
    total: u64,
    started: Instant,
    last_line: Instant,
    bar: Option<ProgressBar>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Progress {
    pub(crate) fn new(common: &Common) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let (bars, lines) = match common.progress {
            _ if common.quiet && common.progress != ProgressWhen::Always => (false, false),
            ProgressWhen::Never => (false, false),
            ProgressWhen::Auto => (terminal, false),
            ProgressWhen::Always => (terminal, !terminal),
        };
        Self { bars, lines, stage: Mutex::new(None), done: AtomicU64::new(0) }
    }

    fn current(&self) -> MutexGuard<'_, Option<Stage>> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner) // only for display
    }

    fn begin(&self, name: &str, total: u64, template: &str) {
        self.done.store(0, Ordering::Relaxed);
        let now = Instant::now();
        let mut current = self.current();
        *current = None; // its line is cleared before the next is drawn
        let bar = self.bars.then(|| {
            let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
            bar.set_style(style.with_key("rate", |state: &indicatif::ProgressState, w: &mut dyn std::fmt::Write| {
                // A failed write to a terminal line is not worth a run.
                let _ = w.write_str(&rate(state.per_sec()));
            }));
            bar.set_message(name.to_owned());
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        *current = Some(Stage { name: name.to_owned(), total, started: now, last_line: now, bar });
    }

    /// Does work that cannot be watched: it shows that it lives.
    pub(crate) fn busy<T>(&self, name: &str, work: impl FnOnce() -> T) -> T {
        self.begin(name, 0, "{spinner} {msg}, {elapsed}");
        if self.lines {
            say(&format!("{name} ..."));
        }
        let outcome = work();
        *self.current() = None;
        outcome
    }

    fn print_line(stage: &Stage, done: u64) {
        let elapsed = stage.started.elapsed().as_secs_f64();
        let speed = done as f64 / elapsed.max(1e-9);
        let left = (stage.total.saturating_sub(done)) as f64 / speed.max(1e-9);
        let percent = 100.0 * done as f64 / stage.total.max(1) as f64;
        say(&format!("{}: {percent:.0} %, {} cells/s, {left:.0} s left", stage.name, rate(speed)));
    }
}

fn rate(per_second: f64) -> String {
    match per_second {
        r if r >= 1e6 => format!("{:.1} M", r / 1e6),
        r if r >= 1e3 => format!("{:.0} k", r / 1e3),
        r => format!("{r:.0}"),
    }
}

impl Watch for Progress {
    fn stage(&self, name: &str, total: u64) {
        self.begin(name, total, "{msg:>18} {wide_bar} {percent:>3} %  {rate} cells/s  {eta} left");
        if self.lines {
            say(&format!("{name}: {total} cells"));
        }
    }

    fn advance(&self, cells: u64) {
        let done = self.done.fetch_add(cells, Ordering::Relaxed) + cells;
        // Whoever comes while another reports need not wait: the count is kept.
        let Ok(mut current) = self.stage.try_lock() else { return };
        let Some(stage) = current.as_mut() else { return };
        if let Some(bar) = &stage.bar {
            bar.set_position(done);
        }
        if self.lines && (stage.last_line.elapsed() >= LINE_EVERY || done >= stage.total) {
            stage.last_line = Instant::now();
            Self::print_line(stage, done);
        }
    }

    fn cancelled(&self) -> bool {
        interrupted()
    }
}

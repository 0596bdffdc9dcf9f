//! Following a run: interrupts and progress.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use soilscope_pipeline::tidy;
use soilscope_pipeline::watch::Watch;

use crate::args::{Common, ProgressWhen};
use crate::output::say;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// The first interrupt (Ctrl-C, SIGTERM) lets the run end in order; the second ends it at once, without a broken file.
pub(crate) fn listen_for_interrupts() {
    let handler = || {
        if INTERRUPTED.swap(true, Ordering::SeqCst) {
            tidy::remove_all();
            std::process::exit(130);
        }
        say("interrupted: ending in order; press Ctrl-C again to end at once");
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        say(&format!("warning: interrupts end the run at once ({error})"));
    }
}

/// Whether the user asked to stop.
pub(crate) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Fails where the user asked to stop: for stages that cannot look for themselves.
pub(crate) fn check_interrupt(stage: &str) -> anyhow::Result<()> {
    anyhow::ensure!(!interrupted(), "stopped before {stage}");
    Ok(())
}

/// How often plain progress lines appear.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Progress on stderr: a bar on a terminal, plain lines elsewhere.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    lines: bool,
    stage: Mutex<Stage>,
    done: AtomicU64,
}

struct Stage {
    name: String,
    total: u64,
    started: Instant,
    last_line: Instant,
}

impl Progress {
    pub(crate) fn new(common: &Common) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let (bar, lines) = match common.progress {
            _ if common.quiet && common.progress != ProgressWhen::Always => (false, false),
            ProgressWhen::Never => (false, false),
            ProgressWhen::Auto => (terminal, false),
            ProgressWhen::Always => (terminal, !terminal),
        };
        let bar = bar.then(|| {
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
            let template = "{msg:>18} {wide_bar} {percent:>3} %  {per_sec} cells/s  {eta} left";
            let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
            bar.set_style(style.with_key(
                "per_sec",
                |state: &indicatif::ProgressState, w: &mut dyn std::fmt::Write| {
                    // A failed write to a terminal line is not worth a run.
                    let _ = w.write_str(&rate(state.per_sec()));
                },
            ));
            bar
        });
        let now = Instant::now();
        let stage = Stage { name: String::new(), total: 0, started: now, last_line: now };
        Self { bar, lines, stage: Mutex::new(stage), done: AtomicU64::new(0) }
    }

    fn print_line(&self, stage: &Stage, done: u64) {
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
        self.done.store(0, Ordering::Relaxed);
        if let Ok(mut stage) = self.stage.lock() {
            let now = Instant::now();
            *stage = Stage { name: name.to_owned(), total, started: now, last_line: now };
            if self.lines {
                say(&format!("{name}: {total} cells"));
            }
        }
        if let Some(bar) = &self.bar {
            bar.reset();
            bar.set_length(total);
            bar.set_message(name.to_owned());
            bar.enable_steady_tick(Duration::from_millis(200));
        }
    }

    fn advance(&self, cells: u64) {
        let done = self.done.fetch_add(cells, Ordering::Relaxed) + cells;
        if let Some(bar) = &self.bar {
            bar.inc(cells);
        }
        if self.lines
            && let Ok(mut stage) = self.stage.try_lock()
            && (stage.last_line.elapsed() >= LINE_EVERY || done >= stage.total)
        {
            stage.last_line = Instant::now();
            self.print_line(&stage, done);
        }
    }

    fn cancelled(&self) -> bool {
        interrupted()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

//! Work on threads: the interpreter goes on meanwhile, and Ctrl-C ends it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use pyo3::prelude::*;
use rayon::prelude::*;
use soilscope_core::executor::Executor;
use soilscope_core::{Error, Result};

use crate::arrays::count_if;
use crate::error::refused;

/// How often Python is asked whether somebody wants the work to end.
const LOOK: Duration = Duration::from_millis(50);

/// Threads of one call. They end with it: a process that Python forks afterwards finds none that are missing.
pub(crate) struct Threads {
    /// `None` for one thread, which is the caller's.
    pool: Option<rayon::ThreadPool>,
    stop: AtomicBool,
}

impl Executor for Threads {
    fn run(&self, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
        match &self.pool {
            None => (0..tasks).for_each(task),
            Some(pool) => pool.install(|| (0..tasks).into_par_iter().with_max_len(1).for_each(task)),
        }
    }

    fn cancelled(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

impl Threads {
    fn new(threads: Option<i128>) -> PyResult<Self> {
        let threads: Option<usize> = count_if("threads", threads)?;
        let threads = match threads {
            Some(0) => {
                let requirement = "at least 1";
                return Err(refused(Error::Parameter { name: "number of threads", value: 0.0, requirement }));
            }
            Some(threads) => threads,
            None => std::thread::available_parallelism().map_or(1, usize::from),
        };
        let builder = || rayon::ThreadPoolBuilder::new().num_threads(threads).thread_name(|i| format!("soilscope-{i}"));
        let pool = (threads > 1).then(|| builder().build()).transpose();
        Ok(Self { pool: pool.map_err(refused)?, stop: AtomicBool::new(false) })
    }

    /// Does each of some pieces of work, which may write to what it is handed.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub(crate) fn each<T: Send>(&self, pieces: Vec<T>, work: impl Fn(&mut T) + Sync) -> Result<()> {
        let pieces: Vec<Mutex<T>> = pieces.into_iter().map(Mutex::new).collect();
        self.run(pieces.len(), &|i| {
            if !self.cancelled() {
                work(&mut pieces[i].lock().unwrap_or_else(std::sync::PoisonError::into_inner));
            }
        });
        if self.cancelled() { Err(Error::Cancelled) } else { Ok(()) }
    }
}

/// Does `work` on another thread, without the interpreter's lock; meanwhile signals are heard, and what their handler raises, as
/// Ctrl-C does, ends the work.
///
/// # Errors
/// What the work refuses, in its words, or what a signal's handler raised.
pub(crate) fn detached<T: Send>(
    py: Python<'_>,
    threads: Option<i128>,
    work: impl FnOnce(&Threads) -> Result<T> + Send,
) -> PyResult<T> {
    let threads = Threads::new(threads)?;
    let (done, raised) = py.detach(|| {
        std::thread::scope(|scope| {
            let (ends, ended) = channel::<()>();
            let threads = &threads;
            let worker = scope.spawn(move || {
                let result = work(threads);
                drop(ends);
                result
            });
            let mut raised = None;
            while ended.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                if raised.is_none()
                    && let Err(error) = Python::attach(|py| py.check_signals())
                {
                    threads.stop.store(true, Ordering::Relaxed);
                    raised = Some(error);
                }
            }
            (worker.join(), raised)
        })
    });
    match (raised, done) {
        (_, Err(panic)) => std::panic::resume_unwind(panic),
        (Some(error), _) => Err(error),
        (None, Ok(result)) => result.map_err(refused),
    }
}

//! The core library's work on the threads of a pool.

use std::num::NonZeroUsize;

use rayon::prelude::*;
use soilscope_core::executor::Executor;

use crate::{Result, Watch};

/// Runs tasks on threads of its own; gives up where its watch says so.
///
/// # Examples
/// ```
/// use soilscope_core::executor::map;
/// use soilscope_pipeline::{Unwatched, executor::Threads};
/// let threads = Threads::new(2.try_into().unwrap(), &Unwatched)?;
/// assert_eq!(map(&threads, 3, |i| i + 1)?, [1, 2, 3]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Threads<'a> {
    pool: rayon::ThreadPool,
    watch: &'a dyn Watch,
}

impl<'a> Threads<'a> {
    /// A pool of `threads` threads.
    ///
    /// # Errors
    /// [`Error::Worker`](crate::Error::Worker) when the threads cannot be started.
    pub fn new(threads: NonZeroUsize, watch: &'a dyn Watch) -> Result<Self> {
        Ok(Self { pool: crate::run::pool(threads)?, watch })
    }
}

impl Executor for Threads<'_> {
    fn run(&self, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
        self.pool.install(|| (0..tasks).into_par_iter().with_max_len(1).for_each(task));
    }

    fn cancelled(&self) -> bool {
        self.watch.cancelled()
    }
}

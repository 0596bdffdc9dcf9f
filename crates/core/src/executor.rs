//! Where work that falls into independent tasks is done: this crate starts no threads, its caller may.

use std::sync::OnceLock;

/// Runs independent tasks, in any order and on any threads.
///
/// What this crate computes with it depends on the tasks alone, never on who runs them or when.
pub trait Executor: Sync {
    /// Calls `task` once for each number below `tasks`, and returns when all calls have.
    fn run(&self, tasks: usize, task: &(dyn Fn(usize) + Sync));

    /// Whether the work is no longer wanted. Long computations ask between tasks and give up with
    /// [`Error::Cancelled`](crate::Error::Cancelled).
    fn cancelled(&self) -> bool {
        false
    }
}

/// One task after the other, on the caller's thread.
#[derive(Debug, Clone, Copy, Default)]
pub struct Serial;

impl Executor for Serial {
    fn run(&self, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
        (0..tasks).for_each(task);
    }
}

/// What `f` says of each number below `tasks`, in their order.
///
/// # Errors
/// [`Error::Cancelled`](crate::Error::Cancelled) where the executor was cancelled; tasks not yet begun are then left out.
///
/// # Examples
/// ```
/// use soilscope_core::executor::{Serial, map};
/// assert_eq!(map(&Serial, 4, |i| i * i)?, [0, 1, 4, 9]);
/// # Ok::<(), soilscope_core::Error>(())
/// ```
pub fn map<T: Send + Sync>(
    executor: &dyn Executor,
    tasks: usize,
    f: impl Fn(usize) -> T + Sync,
) -> crate::Result<Vec<T>> {
    let slots: Vec<OnceLock<T>> = (0..tasks).map(|_| OnceLock::new()).collect();
    executor.run(tasks, &|i| {
        if !executor.cancelled() {
            // A second call for a task, which the contract forbids, would find its slot taken and change nothing.
            let _ = slots[i].set(f(i));
        }
    });
    slots.into_iter().map(|slot| slot.into_inner().ok_or(crate::Error::Cancelled)).collect()
}

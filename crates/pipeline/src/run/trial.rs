//! How fast a run will be, told by some of its tiles.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use soilscope_core::Predictor;
use soilscope_core::together::Together;

use super::course::Course;
use super::predictors::Predictors;
use super::shop::{Bench, Shop};
use super::{Plan, Share, check, pool};
use crate::{Error, Result, Watch};

/// What some tiles took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Trial {
    /// Tiles that were computed.
    pub tiles: usize,
    /// Tiles of the grid.
    pub of_tiles: usize,
    /// Their cells, those outside the mask too.
    pub cells: u64,
    /// Wall-clock seconds on all threads of the plan.
    pub seconds: f64,
}

impl Trial {
    /// Wall-clock seconds that so many cells take at the same rate.
    pub fn expected(&self, cells: u64) -> f64 {
        self.seconds * cells as f64 / self.cells.max(1) as f64
    }
}

/// Computes tiles from all over the grid for `time`, at least one a thread, and keeps nothing of them.
///
/// # Errors
/// As [`run_share`](super::run_share).
///
/// # Panics
/// As [`run_share`](super::run_share).
pub fn trial(plan: &Plan<'_>, predictor: &dyn Predictor, time: Duration, watch: &dyn Watch) -> Result<Trial> {
    tried(&[plan], Predictors::One(predictor), time, watch)
}

/// [`trial`] of several variables in one pass over the grid.
///
/// # Errors
/// As [`run_together`](super::run_together).
///
/// # Panics
/// As [`run_together`](super::run_together).
pub fn trial_together(plans: &[Plan<'_>], together: &Together, time: Duration, watch: &dyn Watch) -> Result<Trial> {
    tried(&plans.iter().collect::<Vec<_>>(), Predictors::Together(together), time, watch)
}

fn tried(plans: &[&Plan<'_>], predictors: Predictors<'_>, time: Duration, watch: &dyn Watch) -> Result<Trial> {
    check(plans, predictors)?;
    let ground = plans[0];
    let (course, all) = (Course::of(&[&Share::whole(ground)]), vec![true; plans.len()]);
    let shop = Shop::new(plans, &course, predictors, watch);
    let tiles = ground.grid.tiles(ground.tile.get());
    let step = apart(tiles.len());
    let threads = ground.threads.get();
    let found = Mutex::new(Ok((0, 0)));
    let begun = Instant::now();
    pool(ground.threads)?.scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|_| {
                let mut bench = Bench::default();
                loop {
                    let nth = shop.next.fetch_add(1, Ordering::Relaxed);
                    if nth >= tiles.len() || watch.cancelled() || nth >= threads && begun.elapsed() >= time {
                        return;
                    }
                    let patch = tiles.get((nth as u128 * step as u128 % tiles.len() as u128) as usize);
                    let outcome = shop.guarded(&patch, &all, &mut bench);
                    let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                    match (outcome, &mut *found) {
                        (Ok(done), Ok((count, cells))) => {
                            *count += 1;
                            *cells += done.cells;
                        }
                        (Err(error), _) => *found = Err(error),
                        _ => return,
                    }
                }
            });
        }
    });
    let seconds = begun.elapsed().as_secs_f64();
    if watch.cancelled() {
        return Err(Error::Interrupted);
    }
    let (count, cells) = found.into_inner().unwrap_or_else(PoisonError::into_inner)?;
    Ok(Trial { tiles: count, of_tiles: tiles.len(), cells, seconds })
}

/// A step by which numbers below `count` are met far from one another, and all of them: near the golden section, and with no divisor in
/// common.
fn apart(count: usize) -> usize {
    let divisor = |mut a: usize, mut b: usize| {
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    let near = (count as f64 * 0.618_033_988_75) as usize;
    (near.max(1)..=count).find(|&step| divisor(step, count) == 1).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_met_once() {
        for count in [1_usize, 2, 3, 7, 12, 100, 61_504] {
            let step = apart(count);
            let mut met: Vec<usize> = (0..count).map(|nth| nth * step % count).collect();
            met.sort_unstable();
            assert!(met.into_iter().eq(0..count), "{count} by {step}");
        }
    }
}

//! Conditional and unconditional simulation of Gaussian fields.
//!
//! Kriging gives each place its most likely value and is smoother than the field. A realisation varies as the field does:
//! it has the model's variogram, and the samples' values at the samples. Many realisations answer what predictions
//! cannot, such as how large the area above a threshold may be.
//!
//! - [`SequentialGaussian`] simulates nodes at any places one after the other, each given its neighbours among the
//!   samples and the nodes before. What it leaves out is what lies beyond the neighbours.
//! - [`CirculantSimulation`] simulates a whole grid at once by the fast Fourier transform, exactly, and conditions by
//!   kriging.
//! - [`CoSimulation`] simulates several variables together, likewise, by co-kriging.
//! - [`KrigedSimulation`] simulates around any kriging prediction, with any drift: what a map says, and how its cells vary
//!   together.
//!
//! All take values on a Gaussian scale ([`NormalScore`](crate::normal_score::NormalScore), or a logarithm), and give
//! values on it. Realisation k of a seed is the same whichever others are made with it, and by however many threads.

mod blocks;
mod circulant;
mod conditioning;
mod draw;
mod earlier;
mod embedding;
mod ensemble;
mod fourier;
mod joint;
mod kriged;
mod path;
mod realisations;
mod sample_draw;
mod sgs;
mod system;
mod weigh;
mod window_nodes;
mod zones;

pub use circulant::{CirculantRun, CirculantSimulation};
pub use embedding::{EmbeddingLimits, EmbeddingReport};
pub use ensemble::{NodeStatistics, counts_above, predictive_quantile, quantile_of_sorted};
pub use joint::{CoSimulation, CoSimulationRun};
pub use kriged::{KrigedRun, KrigedSimulation};
pub use path::{PathOrder, PathSharing};
pub use realisations::{Realisations, batch_bytes};
pub use sgs::{SequentialGaussian, SequentialRun};
pub use zones::{ZoneSums, zone_sums};

use std::collections::HashMap;
use std::ops::Range;

use crate::drift::Drift;
use crate::executor::Executor;
use crate::variogram::Variogram;
use crate::{Coord, Error, Result, Samples, place_key};

/// Ready to simulate: immutable, shared between threads.
pub trait Simulator: Send + Sync {
    /// How many nodes a realisation has.
    fn nodes(&self) -> usize;

    /// The realisations of these numbers.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    fn simulate(&self, realisations: Range<usize>, executor: &dyn Executor) -> Result<Realisations>;
}

/// Purposes of random numbers; each has streams of its own.
mod purpose {
    pub(super) const PATH: u64 = 1;
    pub(super) const NODES: u64 = 2;
    pub(super) const SPECTRUM: u64 = 3;
    pub(super) const SAMPLES: u64 = 4;
    pub(super) const NUGGET: u64 = 5;
    pub(super) const ERRORS: u64 = 10;
    // Of several variables, the last three with the numbers of a term and a factor from bit 16 on.
    pub(super) const JOINT_ERRORS: u64 = 6;
    pub(super) const JOINT_SPECTRUM: u64 = 7;
    pub(super) const JOINT_SAMPLES: u64 = 8;
    pub(super) const JOINT_NUGGET: u64 = 9;
}

/// Refuses what no simulation here can use.
///
/// # Errors
/// A mean that is not known, or constant with samples to tell it; a variogram without a sill; samples at one place without
/// measurement error.
fn check(variogram: &Variogram, drift: Drift, samples: Option<&Samples>) -> Result<()> {
    if !variogram.is_bounded() {
        return Err(Error::Unbounded { model: variogram.to_string(), purpose: "simulation" });
    }
    match (drift, samples) {
        (Drift::KnownMean(mean), _) if mean.is_finite() => {}
        (Drift::KnownMean(value), _) => {
            return Err(Error::Parameter { name: "known mean", value, requirement: "a finite number" });
        }
        (Drift::Constant, Some(_)) => {}
        (Drift::Constant, None) => {
            return Err(Error::TooFewSamples { found: 0, needed: 1, purpose: "an unknown mean" });
        }
        (Drift::Trend { degree, covariates }, _) => {
            let (name, value) = ("terms of the drift", f64::from(degree) + covariates as f64);
            let requirement = "a constant: take the trend off the samples, simulate the rest, and add the trend again";
            return Err(Error::Parameter { name, value, requirement });
        }
    }
    if let Some(samples) = samples {
        samples.check_plane("fields are simulated")?;
    }
    match samples {
        Some(samples) if variogram.error_variance() == 0.0 && samples.error_variances().is_none() => {
            samples.check_distinct_places()
        }
        _ => Ok(()),
    }
}

/// Samples by their place, lowest number first where several share one.
fn by_place(coords: &[Coord]) -> HashMap<[u64; 2], usize> {
    let mut places = HashMap::with_capacity(coords.len());
    for (i, &c) in coords.iter().enumerate() {
        places.entry(place_key(c)).or_insert(i);
    }
    places
}

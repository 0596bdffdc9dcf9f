//! Where the time of predictions goes.

use std::ops::AddAssign;
use std::time::Duration;

/// Time of a thread by what it did, for methods that tell: kriging in a moving neighbourhood.
///
/// # Examples
/// ```
/// use soilscope_core::{Interpolator, Predictions, Samples, Scratch, Targets, drift::Drift, kriging::Kriging, neighbourhood::Neighbourhood};
/// let places: Vec<[f64; 2]> = (0..400).map(|i| [f64::from(i % 20), f64::from(i / 20)]).collect();
/// let samples = Samples::new(places.clone(), (0..400).map(f64::from).collect())?;
/// let kriging = Kriging::new("1 Exp(3)".parse()?, Drift::Constant, Neighbourhood::nearest(8)?);
/// let (mut scratch, mut out) = (Scratch::default(), Predictions::default());
/// kriging.fit(&samples)?.predict_into(&Targets::points(&places), &mut scratch, &mut out);
/// assert!(!scratch.spent().search.is_zero() && !scratch.spent().systems.is_zero());
/// # Ok::<(), soilscope_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spent {
    /// Looking for the samples that serve each target.
    pub search: Duration,
    /// Covariances of samples with each other, and their factors.
    pub systems: Duration,
    /// Covariances of targets with samples, solutions and what follows from them.
    pub solutions: Duration,
}

impl AddAssign for Spent {
    fn add_assign(&mut self, other: Self) {
        self.search += other.search;
        self.systems += other.systems;
        self.solutions += other.solutions;
    }
}

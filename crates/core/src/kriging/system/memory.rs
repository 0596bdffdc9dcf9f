//! What the system of all samples takes of memory, told before it is made.

use super::dissection::Dissection;
use super::tile::{TILE, padded};
use crate::kriging::Kriging;
use crate::kriging::setting::Setting;
use crate::{Result, Samples};

/// Memory of kriging with all samples in one system, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GlobalMemory {
    /// Held by the predictor, and while it is made: 4n² bytes for n samples, far fewer for a model with an end (spherical,
    /// circular, pentaspherical) whose range is short against the extent.
    pub system: u64,
    /// Held by each thread while it predicts; it does not grow with the targets.
    pub thread: u64,
}

impl Kriging {
    /// What [`Interpolator::fit`](crate::Interpolator::fit) and predictions with all samples will take of memory, from the very order in which the system
    /// is to be factored. Some megabytes beside the system itself are not counted, nor the search for samples that say nothing
    /// new, which a singular system needs and which is twice as much.
    ///
    /// # Errors
    /// A drift that the samples do not fit.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::{Samples, kriging::Kriging, drift::Drift, neighbourhood::Neighbourhood};
    /// let places: Vec<[f64; 2]> = (0..2500).map(|i| [f64::from(i % 50), f64::from(i / 50)]).collect();
    /// let samples = Samples::new(places, vec![1.0; 2500])?;
    /// let bytes = |model: &str| -> soilscope_core::Result<u64> {
    ///     let kriging = Kriging::new(model.parse()?, Drift::Constant, Neighbourhood::Global);
    ///     Ok(kriging.global_memory(&samples)?.system)
    /// };
    /// assert!((25_000_000..30_000_000).contains(&bytes("1 Exp(3)")?)); // half of 2500² numbers of 8 bytes
    /// assert!(bytes("1 Sph(3)")? < 10_000_000);
    /// # Ok::<(), soilscope_core::Error>(())
    /// ```
    pub fn global_memory(&self, samples: &Samples) -> Result<GlobalMemory> {
        let setting = Setting::new(self, samples)?;
        let dissection = Dissection::new(samples.coords(), setting.variogram.reach());
        let bytes = size_of::<f64>() as u64;
        let n = padded(samples.len()) as u64;
        // The factor; the place, position and weights of each sample.
        let beside = n * (8 + 4 * setting.basis.columns() as u64);
        let system = bytes * (dissection.most_numbers() + beside);
        Ok(GlobalMemory { system, thread: bytes * TILE as u64 * n })
    }
}

//! What the system of all samples takes of memory, told before it is made.

use super::dissection::Dissection;
use super::tile::{TILE, padded};
use crate::kriging::Kriging;
use crate::kriging::setting::Setting;
use crate::memory::Memory;
use crate::{Result, Samples};

impl Kriging {
    /// What fitting and predicting with all samples will take, from the very order in which the system is to be factored: 4n² bytes for n
    /// samples, far fewer for a model with an end (spherical, circular, pentaspherical) whose range is short against the extent. Some
    /// megabytes beside the system itself are not counted, nor the search for samples that say nothing new, which a singular
    /// system needs and which is twice as much.
    pub(crate) fn memory_of_all(&self, samples: &Samples) -> Result<Memory> {
        let setting = Setting::new(self, samples)?;
        let dissection = Dissection::new(samples.coords(), setting.variogram.reach());
        let bytes = size_of::<f64>() as u64;
        let n = padded(samples.len()) as u64;
        // The factor; the place, position and weights of each sample.
        let beside = n * (8 + 4 * setting.basis.columns() as u64);
        let held = bytes * (dissection.most_numbers() + beside);
        Ok(Memory { held, thread: bytes * TILE as u64 * n })
    }
}

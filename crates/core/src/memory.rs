//! Memory that predictions take, told before they are prepared.

/// Bytes of a sample in a search: its place, value and number, again in the order of a tree, and the tree.
const SEARCHED: u64 = 160;

/// Memory that a method takes of its own, in bytes, beside the samples and what it is asked for.
///
/// # Examples
/// ```
/// use soilscope_core::{Interpolator, Samples, kriging::Kriging, drift::Drift, neighbourhood::Neighbourhood};
/// let places: Vec<[f64; 2]> = (0..2500).map(|i| [f64::from(i % 50), f64::from(i / 50)]).collect();
/// let samples = Samples::new(places, vec![1.0; 2500])?;
/// let held = |model: &str| -> soilscope_core::Result<u64> {
///     let kriging = Kriging::new(model.parse()?, Drift::Constant, Neighbourhood::Global);
///     Ok(kriging.memory(&samples)?.unwrap().held)
/// };
/// assert!((25_000_000..30_000_000).contains(&held("1 Exp(3)")?)); // half of 2500² numbers of 8 bytes
/// assert!(held("1 Sph(3)")? < 10_000_000);
/// # Ok::<(), soilscope_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Held by the predictor, and while it is made.
    pub held: u64,
    /// Held by each thread while it predicts; it does not grow with the targets.
    pub thread: u64,
}

impl Memory {
    /// Of a search among so many samples, whose systems are small.
    pub(crate) fn of_search(samples: usize) -> Self {
        Self { held: SEARCHED * samples as u64, thread: 4 << 20 }
    }
}

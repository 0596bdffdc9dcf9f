//! What realisations say of zones: sums over places that are above a threshold together.

use super::Realisations;
use crate::executor::{Executor, map};
use crate::{Error, Result};

/// Sums over the nodes of one zone, of every realisation in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ZoneSums {
    /// Nodes of the zone.
    pub nodes: usize,
    /// Of all values.
    pub sum: Vec<f64>,
    /// Nodes above the threshold.
    pub above: Vec<u64>,
    /// Of their values.
    pub sum_above: Vec<f64>,
}

/// Sums over zones, each a list of nodes, in every realisation: the joint distribution that a map of probabilities does not
/// have, for means, areas, volumes and masses. Zones may overlap.
///
/// # Units
/// Values in that of the fields, and `threshold`, which says what it is at a node.
///
/// # Errors
/// A node beyond those of the fields, or [`Error::Cancelled`].
///
/// # Examples
/// ```
/// use soilscope_core::drift::Drift;
/// use soilscope_core::executor::Serial;
/// use soilscope_core::simulation::{SequentialGaussian, Simulator, zone_sums};
/// use soilscope_core::variogram::ModelTemplate;
/// let variogram = "1 Sph(3)".parse::<ModelTemplate>()?.complete()?.unwrap();
/// let places: Vec<[f64; 2]> = (0..10).map(|i| [f64::from(i), 0.0]).collect();
/// let run = SequentialGaussian::new(variogram, Drift::KnownMean(5.0), 1).prepare(None, &places)?;
/// let fields = run.simulate(0..200, &Serial)?;
/// let zones = zone_sums(&fields, &[vec![0, 1, 2], (0..10).collect()], |_| 5.0, &Serial)?;
/// assert!(zones[0].above.iter().zip(&zones[1].above).all(|(part, all)| part <= all));
/// // Three neighbours are above together more often than independent ones would be.
/// assert!(zones[0].above.iter().filter(|&&n| n == 3).count() > 200 / 8);
/// # Ok::<(), soilscope_core::Error>(())
/// ```
pub fn zone_sums(
    fields: &Realisations,
    zones: &[Vec<usize>],
    threshold: impl Fn(usize) -> f64 + Sync,
    executor: &dyn Executor,
) -> Result<Vec<ZoneSums>> {
    if let Some(&node) = zones.iter().flatten().find(|&&node| node >= fields.nodes()) {
        let requirement = "below the number of nodes";
        return Err(Error::Parameter { name: "node of a zone", value: node as f64, requirement });
    }
    map(executor, zones.len(), |zone| {
        let mut sums = ZoneSums { nodes: zones[zone].len(), ..ZoneSums::default() };
        for k in 0..fields.range().len() {
            let (mut sum, mut above, mut sum_above) = (0.0, 0, 0.0);
            for &node in &zones[zone] {
                let value = fields.get(node, k);
                sum += value;
                if value > threshold(node) {
                    above += 1;
                    sum_above += value;
                }
            }
            sums.sum.push(sum);
            sums.above.push(above);
            sums.sum_above.push(sum_above);
        }
        sums
    })
}

//! Weights that make up for samples taken where values are high.

use std::collections::HashMap;

use crate::{Error, Result, Samples};

/// Cell declustering: samples in one square of a grid share its weight of 1, averaged over grids of different origins.
///
/// Weights sum to the number of samples. A square that holds every sample, or none two, gives all of them the weight 1;
/// in between clusters count for less. Which side is right the method does not say: where the dense samples are known to
/// lie in high values, the side with the lowest declustered mean is usual ([`least_mean`](Self::least_mean)).
///
/// # Source
/// Deutsch & Journel (1998), *GSLIB*, program `declus`.
///
/// # Examples
/// ```
/// use soilscope_core::{Samples, declustering::CellDeclustering};
/// let coords = vec![[5.0, 5.0], [6.0, 5.0], [5.0, 6.0], [95.0, 95.0]];
/// let samples = Samples::new(coords, vec![9.0, 9.0, 9.0, 1.0])?;
/// let weights = CellDeclustering::new(50.0)?.weights(&samples);
/// assert!((weights[3] / weights[0] - 3.0).abs() < 0.5); // the three neighbours count for about one
/// # Ok::<(), soilscope_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct CellDeclustering {
    size: f64,
    origins: usize,
}

/// Origins along each axis: 25 grids.
const ORIGINS: usize = 5;

impl CellDeclustering {
    /// Squares of a side, over grids of 25 origins.
    ///
    /// # Units
    /// `size` in coordinate units.
    ///
    /// # Errors
    /// A side that is not above 0.
    pub fn new(size: f64) -> Result<Self> {
        if !(size > 0.0 && size.is_finite()) {
            return Err(Error::Parameter { name: "side of declustering squares", value: size, requirement: "above 0" });
        }
        Ok(Self { size, origins: ORIGINS })
    }

    /// Of these sides the one whose weights give the lowest mean, the smallest among equals.
    ///
    /// # Errors
    /// No side, or one that is not above 0.
    pub fn least_mean(samples: &Samples, sizes: &[f64]) -> Result<Self> {
        let mut best: Option<(f64, Self)> = None;
        for &size in sizes {
            let cells = Self::new(size)?;
            let mean = cells.mean(samples);
            if best.is_none_or(|(least, b)| mean < least || (mean == least && size < b.size)) {
                best = Some((mean, cells));
            }
        }
        let requirement = "at least one";
        best.map(|(_, cells)| cells).ok_or(Error::Parameter { name: "number of sides", value: 0.0, requirement })
    }

    /// Side of a square, coordinate units.
    pub fn size(self) -> f64 {
        self.size
    }

    /// Mean of the samples with their weights.
    pub fn mean(self, samples: &Samples) -> f64 {
        let weights = self.weights(samples);
        weights.iter().zip(samples.values()).map(|(w, v)| w * v).sum::<f64>() / samples.len() as f64
    }

    /// A weight for each sample; they sum to the number of samples.
    pub fn weights(self, samples: &Samples) -> Vec<f64> {
        let (low, _) = samples.bounds();
        let n = samples.len();
        let mut weights = vec![0.0; n];
        for origin in 0..self.origins * self.origins {
            let shift = [origin % self.origins, origin / self.origins].map(|k| k as f64 / self.origins as f64);
            let cell = |c: &[f64; 2]| [0, 1].map(|k| ((c[k] - low[k]) / self.size + shift[k]).floor() as i64);
            let mut members: HashMap<[i64; 2], usize> = HashMap::new();
            for c in samples.coords() {
                *members.entry(cell(c)).or_default() += 1;
            }
            let occupied = members.len() as f64;
            for (weight, c) in weights.iter_mut().zip(samples.coords()) {
                *weight += n as f64 / (occupied * members[&cell(c)] as f64);
            }
        }
        let grids = (self.origins * self.origins) as f64;
        weights.iter_mut().for_each(|w| *w /= grids);
        weights
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_sum_to_the_samples_and_regular_samples_have_equal_ones() {
        let coords: Vec<[f64; 2]> = (0..100).map(|i| [f64::from(i % 10), f64::from(i / 10)]).collect();
        let values = (0..100).map(f64::from).collect();
        let samples = Samples::new(coords, values).unwrap();
        for size in [0.1, 1.0, 2.5, 7.0, 1000.0] {
            let weights = CellDeclustering::new(size).unwrap().weights(&samples);
            assert!((weights.iter().sum::<f64>() - 100.0).abs() < 1e-9, "{size}");
            if size <= 1.0 || size == 1000.0 {
                assert!(weights.iter().all(|w| (w - 1.0).abs() < 0.1), "{size}");
            }
        }
        assert!(CellDeclustering::new(0.0).is_err());
        assert!(CellDeclustering::least_mean(&samples, &[]).is_err());
    }

    #[test]
    fn the_least_mean_is_found() {
        // 20 samples of value 10 in a cluster, and one of value 0 in each of 24 distant squares.
        let mut coords: Vec<[f64; 2]> = (0..20).map(|i| [500.0 + f64::from(i % 5), 500.0 + f64::from(i / 5)]).collect();
        coords.extend((0..25).filter(|k| *k != 12).map(|k| [f64::from(k % 5) * 250.0, f64::from(k / 5) * 250.0]));
        let values = (0..44).map(|i| if i < 20 { 10.0 } else { 0.0 }).collect();
        let samples = Samples::new(coords, values).unwrap();
        let best = CellDeclustering::least_mean(&samples, &[1.0, 250.0, 5000.0]).unwrap();
        assert_eq!(best.size(), 250.0);
        assert!((best.mean(&samples) - 10.0 / 25.0).abs() < 0.2, "{}", best.mean(&samples));
    }
}

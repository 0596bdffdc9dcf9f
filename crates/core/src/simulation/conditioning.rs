//! Kriging of what separates samples from a simulated field, in many realisations at once.

use super::earlier::{Earlier, Near};
use super::realisations::{LANES, Lanes};
use super::system::Metric;
use super::weigh::{Nodes, WeighScratch, Weigher};
use crate::drift::Drift;
use crate::kriging::cholesky::{factor, row_start, solve_lower};
use crate::variogram::Variogram;
use crate::{Coord, Error, Result, Samples};

/// Samples that nodes are conditioned on.
#[derive(Debug)]
pub(super) struct Conditioning {
    variogram: Variogram,
    known_mean: bool,
    coords: Vec<Coord>,
    error_variances: Vec<f64>,
    system: System,
}

#[derive(Debug)]
enum System {
    /// All samples serve every node: the packed Cholesky factor of their covariances, and of 1: L⁻¹1.
    All { lower: Vec<f64>, one: Vec<f64> },
    /// The nearest ones.
    Nearest { most: usize, index: Earlier, metric: Metric, weigher: Weigher },
}

/// Differences at the samples in up to eight realisations, made ready.
#[derive(Debug)]
pub(super) struct Prepared {
    /// C⁻¹ of the differences less their mean with all samples, the differences themselves with the nearest.
    samples: Vec<Lanes>,
    /// Estimated mean of the differences; 0 where the mean is known.
    mean: Lanes,
}

impl Conditioning {
    /// # Errors
    /// A singular system of all samples.
    pub(super) fn new(variogram: &Variogram, drift: Drift, samples: &Samples, most: Option<usize>) -> Result<Self> {
        let coords = samples.coords().to_vec();
        let n = coords.len();
        let error_variances: Vec<f64> =
            (0..n).map(|i| variogram.error_variance() + samples.error_variance(i)).collect();
        let known_mean = drift.known_mean().is_some();
        let system = match most.filter(|&most| most < n) {
            Some(most) => {
                let metric = Metric::of(variogram);
                let index = Earlier::all(coords.iter().map(|&c| metric.place(c)).collect());
                System::Nearest { most, index, metric, weigher: Weigher::new(variogram, known_mean) }
            }
            None => {
                let mut lower = vec![0.0; row_start(n)];
                for i in 0..n {
                    let row = &mut lower[row_start(i)..=row_start(i) + i];
                    variogram.covariances(coords[i], &coords[..=i], row);
                    row[i] += error_variances[i];
                }
                if !factor(&mut lower, n) {
                    return Err(Error::SingularSystem { size: n, model: variogram.to_string() });
                }
                let mut one = vec![1.0; n];
                solve_lower(&lower, &mut one);
                System::All { lower, one }
            }
        };
        Ok(Self { variogram: variogram.clone(), known_mean, coords, error_variances, system })
    }

    pub(super) fn error_variances(&self) -> &[f64] {
        &self.error_variances
    }

    /// Makes differences ready, one entry a sample.
    pub(super) fn prepare(&self, mut differences: Vec<Lanes>) -> Prepared {
        let mut mean = [0.0; LANES];
        if let System::All { lower, one } = &self.system {
            solve_lower_many(lower, &mut differences);
            if !self.known_mean {
                let information: f64 = one.iter().map(|u| u * u).sum();
                for (u, y) in one.iter().zip(&differences) {
                    for k in 0..LANES {
                        mean[k] += u * y[k] / information;
                    }
                }
                for (u, y) in one.iter().zip(&mut differences) {
                    for k in 0..LANES {
                        y[k] -= u * mean[k];
                    }
                }
            }
            solve_upper_many(lower, &mut differences);
        }
        Prepared { samples: differences, mean }
    }

    /// What each of `places` is corrected by, in the realisations of each block.
    pub(super) fn corrections(&self, places: &[Coord], blocks: &[Prepared]) -> Vec<Vec<Lanes>> {
        let mut out: Vec<Vec<Lanes>> = blocks.iter().map(|b| vec![b.mean; places.len()]).collect();
        let mut add = |node: usize, sample: usize, weight: f64| {
            for (block, out) in blocks.iter().zip(&mut out) {
                for k in 0..LANES {
                    out[node][k] += weight * block.samples[sample][k];
                }
            }
        };
        match &self.system {
            System::All { .. } => {
                let mut weights = vec![0.0; self.coords.len()];
                for (node, &at) in places.iter().enumerate() {
                    self.variogram.covariances(at, &self.coords, &mut weights);
                    weights.iter().enumerate().for_each(|(i, &weight)| add(node, i, weight));
                }
            }
            System::Nearest { most, index, metric, weigher } => {
                let (mut nodes, mut near, mut who) = (Nodes::default(), Vec::<Near>::new(), Vec::new());
                for &at in places {
                    index.nearest(metric.place(at), index.len(), *most, &mut near);
                    for &(_, i) in &near {
                        nodes.add_neighbour(self.coords[i as usize]);
                        who.push(i as usize);
                    }
                    nodes.add(at);
                }
                nodes.set_error_variances(who.iter().map(|&i: &usize| self.error_variances[i]));
                weigher.weigh(&mut nodes, &mut WeighScratch::default());
                let mut who = who.iter();
                for node in 0..places.len() {
                    let (weights, _) = nodes.weighed(node);
                    weights.iter().zip(who.by_ref()).for_each(|(&weight, &i)| add(node, i, weight));
                }
            }
        }
        out
    }
}

/// Solves L X = B in place.
fn solve_lower_many(lower: &[f64], b: &mut [Lanes]) {
    for i in 0..b.len() {
        let row = &lower[row_start(i)..=row_start(i) + i];
        let (done, rest) = b.split_at_mut(i);
        for (l, x) in row.iter().zip(done.iter()) {
            for k in 0..LANES {
                rest[0][k] -= l * x[k];
            }
        }
        rest[0].iter_mut().for_each(|v| *v /= row[i]);
    }
}

/// Solves Lᵀ X = B in place.
fn solve_upper_many(lower: &[f64], b: &mut [Lanes]) {
    for i in (0..b.len()).rev() {
        let row = &lower[row_start(i)..=row_start(i) + i];
        b[i].iter_mut().for_each(|v| *v /= row[i]);
        let (before, rest) = b.split_at_mut(i);
        for (l, x) in row.iter().zip(before) {
            for k in 0..LANES {
                x[k] -= l * rest[0][k];
            }
        }
    }
}

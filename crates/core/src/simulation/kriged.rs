//! Conditioning by the very kriging that a map is made of.

use std::ops::Range;

use super::realisations::{LANES, Lanes, Realisations};
use super::{SequentialGaussian, SequentialRun, Simulator, by_place, check, place_key, purpose};
use crate::censored::Imputations;
use crate::drift::Drift;
use crate::executor::{self, Executor};
use crate::kriging::{Kriging, Weighted};
use crate::random::Random;
use crate::support::Support;
use crate::{Coord, Error, Predictions, Result, Samples, Scratch, Targets};

/// Nodes of one task.
const TASK: usize = 256;

/// A recipe of fields whose mean is a kriging prediction and whose variance is its kriging variance, at nodes anywhere.
///
/// A field without conditions is simulated at nodes and samples together, with the samples' measurement errors; kriging it from its
/// own values at the samples shows by how much such a prediction misses, and that error is added to the prediction from the
/// real samples. Whatever the kriging is - with any drift, any neighbourhood, with measurement errors - the fields belong
/// to it: their mean and variance at a node are what a map of that kriging says there, on its scale, and what they add to the map is how nodes
/// vary together. A mean or drift that is estimated adds its uncertainty.
///
/// The field without conditions is simulated [sequentially](SequentialGaussian), so covariances beyond
/// [`node_neighbours`](Self::node_neighbours) are approximate, those with samples among them: the mean is the kriging's in any case, the variance nearly.
///
/// # Source
/// Journel & Huijbregts (1978), *Mining Geostatistics*, ch. VII (conditioning by kriging).
///
/// # Examples
/// ```
/// use soilscope_core::executor::Serial;
/// use soilscope_core::simulation::{KrigedSimulation, Simulator};
/// use soilscope_core::variogram::ModelTemplate;
/// use soilscope_core::{Interpolator, Samples, drift::Drift, kriging::Kriging, neighbourhood::Neighbourhood};
///
/// let variogram = "1 Exp(20)".parse::<ModelTemplate>()?.complete()?.unwrap();
/// let kriging = Kriging::new(variogram, Drift::polynomial(1), Neighbourhood::Global);
/// let samples = Samples::new(vec![[0.0, 0.0], [30.0, 10.0], [5.0, 40.0], [50.0, 50.0]], vec![1.5, 3.0, 2.0, 4.0])?;
/// let run = KrigedSimulation::new(kriging.clone(), 42).prepare(&samples, &[[30.0, 10.0], [20.0, 20.0]], &[])?;
/// let fields = run.simulate(0..400, &Serial)?;
/// assert!((fields.get(0, 17) - 3.0).abs() < 1e-9); // a node at a sample has its value
/// let mut there = Vec::new();
/// fields.at_node(1, &mut there);
/// let expected = kriging.fit(&samples)?.predict([20.0, 20.0]).unwrap();
/// let mean = there.iter().sum::<f64>() / 400.0;
/// assert!((mean - expected.value).abs() < 4.0 * (expected.variance.unwrap() / 400.0).sqrt());
/// # Ok::<(), soilscope_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct KrigedSimulation {
    /// Model, drift and neighbourhood.
    pub kriging: Kriging,
    /// Where all random numbers come from.
    pub seed: u64,
    /// Most earlier nodes for a node of the field without conditions, nearest first.
    pub node_neighbours: usize,
}

impl KrigedSimulation {
    /// A recipe with 32 nodes as neighbours.
    pub fn new(kriging: Kriging, seed: u64) -> Self {
        Self { kriging, seed, node_neighbours: 32 }
    }

    /// Prepares simulations at `nodes`, with as many covariates for each, node by node, as the drift has.
    ///
    /// # Errors
    /// As [`SequentialGaussian::prepare`] and the kriging's own; another support than points, samples on a sphere, a model without a sill, another number
    /// of covariates.
    pub fn prepare(&self, samples: &Samples, nodes: &[Coord], covariates: &[f64]) -> Result<KrigedRun> {
        check(&self.kriging.variogram, Drift::KnownMean(0.0), None)?;
        samples.check_plane("fields are simulated")?;
        if self.kriging.support != Support::Point {
            let requirement = "points as the support: a field varies between points, and blocks are means of it";
            return Err(Error::KrigingSettings { what: "fields are simulated", requirement });
        }
        let needed = self.kriging.drift.covariates();
        if covariates.len() != needed * nodes.len() {
            let found = covariates.len() / nodes.len().max(1);
            return Err(Error::Covariates { needed, found });
        }
        let known = by_place(nodes);
        let mut places = nodes.to_vec();
        // Of each sample, the place that is its own.
        let mut own = Vec::with_capacity(samples.len());
        let mut added = std::collections::HashMap::new();
        for &c in samples.coords() {
            let key = place_key(c);
            own.push(known.get(&key).copied().unwrap_or_else(|| {
                *added.entry(key).or_insert_with(|| {
                    places.push(c);
                    places.len() - 1
                })
            }));
        }
        let mut free = SequentialGaussian::new(self.kriging.variogram.clone(), Drift::KnownMean(0.0), self.seed);
        free.node_neighbours = self.node_neighbours;
        let error = self.kriging.variogram.error_variance();
        Ok(KrigedRun {
            free: free.prepare(None, &places)?,
            weighted: self.kriging.fit_weighted(samples)?,
            nodes: nodes.to_vec(),
            covariates: covariates.to_vec(),
            count: needed,
            own,
            error_deviations: (0..samples.len()).map(|i| (error + samples.error_variance(i)).sqrt()).collect(),
            deviations: Vec::new(),
            seed: self.seed,
        })
    }

    /// [`prepare`](Self::prepare) with samples of which some are only known to be below their values: each realisation is conditioned on
    /// a draw of its own of these, those of all chains in turn. With as many draws as realisations none is used twice.
    ///
    /// # Errors
    /// As [`prepare`](Self::prepare).
    ///
    /// # Panics
    /// Draws of other samples.
    pub fn prepare_imputed(
        &self,
        samples: &Samples,
        imputations: &Imputations,
        nodes: &[Coord],
        covariates: &[f64],
    ) -> Result<KrigedRun> {
        let mut run = self.prepare(&imputations.completed(samples)?, nodes, covariates)?;
        run.deviations = vec![Vec::new(); samples.len()];
        for (a, &i) in imputations.samples().iter().enumerate() {
            let mean = imputations.mean(a);
            run.deviations[i] = imputations.in_turn(a).map(|y| y - mean).collect();
        }
        Ok(run)
    }
}

/// Fields around a kriging prediction, ready.
pub struct KrigedRun {
    free: SequentialRun,
    weighted: Box<dyn Weighted>,
    nodes: Vec<Coord>,
    covariates: Vec<f64>,
    count: usize,
    /// Of each sample, its place among those of the field without conditions.
    own: Vec<usize>,
    error_deviations: Vec<f64>,
    /// Of samples below limits, what each draw is off their mean; empty for the others, or where there is none.
    deviations: Vec<Vec<f64>>,
    seed: u64,
}

impl KrigedRun {
    /// What would be measured of the fields without conditions, sample by sample, less what a draw of the sample is off the value
    /// that the prediction is from.
    fn measured(&self, fields: &Realisations) -> Vec<f64> {
        let count = fields.range().len();
        let mut values = vec![0.0; self.own.len() * count];
        for (k, realisation) in fields.range().enumerate() {
            let mut random = Random::substream(self.seed, purpose::ERRORS, realisation as u64);
            for (i, &place) in self.own.iter().enumerate() {
                let error = random.normal();
                let imputed = match self.deviations.get(i) {
                    Some(draws) if !draws.is_empty() => draws[realisation % draws.len()],
                    _ => 0.0,
                };
                values[i * count + k] = fields.get(place, k) + self.error_deviations[i] * error - imputed;
            }
        }
        values
    }
}

impl Simulator for KrigedRun {
    fn nodes(&self) -> usize {
        self.nodes.len()
    }

    /// A node without a prediction has no number in any realisation.
    fn simulate(&self, realisations: Range<usize>, executor: &dyn Executor) -> Result<Realisations> {
        let fields = self.free.simulate(realisations.clone(), executor)?;
        let measured = self.measured(&fields);
        let count = realisations.len();
        let parts = executor::map(executor, self.nodes.len().div_ceil(TASK), |task| {
            let range = task * TASK..(task * TASK + TASK).min(self.nodes.len());
            let covariates = &self.covariates[range.start * self.count..range.end * self.count];
            let targets = Targets::points(&self.nodes[range.clone()]).with_covariates(covariates, self.count);
            let mut values = vec![f64::NAN; range.len() * count];
            let mut out = Predictions::default();
            self.weighted.predict_weighted(
                &targets,
                &mut Scratch::default(),
                &mut out,
                &mut |target, samples, weights| {
                    let row = &mut values[target * count..(target + 1) * count];
                    for (k, v) in row.iter_mut().enumerate() {
                        *v = fields.get(range.start + target, k);
                    }
                    for (&i, weight) in samples.iter().zip(weights) {
                        let sample = &measured[i * count..(i + 1) * count];
                        row.iter_mut().zip(sample).for_each(|(v, s)| *v -= weight * s);
                    }
                },
            );
            for (target, row) in values.chunks_exact_mut(count.max(1)).enumerate() {
                let mean = out.get(target).map_or(f64::NAN, |p| p.value);
                row.iter_mut().for_each(|v| *v += mean);
            }
            values
        })?;
        let mut blocks: Vec<Vec<Lanes>> = vec![Vec::with_capacity(self.nodes.len()); count.div_ceil(LANES)];
        for row in parts.iter().flat_map(|part| part.chunks_exact(count.max(1))) {
            for (block, values) in blocks.iter_mut().zip(row.chunks(LANES)) {
                let mut lanes = [0.0; LANES];
                lanes[..values.len()].copy_from_slice(values);
                block.push(lanes);
            }
        }
        Ok(Realisations::new(realisations, self.nodes.len(), blocks))
    }
}

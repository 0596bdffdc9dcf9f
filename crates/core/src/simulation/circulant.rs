//! Simulation of a whole grid by circulant embedding, conditioned by kriging.

use std::ops::Range;

use super::blocks::{BLOCKS, add_corrections, interleaved};
use super::conditioning::Conditioning;
use super::embedding::{Embedding, EmbeddingLimits, EmbeddingReport};
use super::realisations::{LANES, Lanes, Realisations};
use super::sample_draw::SampleDraws;
use super::window_nodes::WindowNodes;
use super::{Simulator, by_place, check, place_key, purpose};
use crate::Window;
use crate::censored::Imputations;
use crate::drift::Drift;
use crate::executor::{self, Executor};
use crate::random::Random;
use crate::variogram::Variogram;
use crate::{Coord, Error, Result, Samples};

/// A recipe of simulation on a grid: unconditional fields by circulant embedding, conditioned by kriging.
///
/// An unconditional field Z has exactly the model's covariances between all nodes (see
/// [`EmbeddingReport::covariance_error`]). It becomes conditional by the kriged difference to the samples z:
/// Z + Σ λᵢ (zᵢ − Zᵢ), with λ the simple (known mean) or ordinary (constant mean) kriging weights; then the mean of many
/// realisations is the kriging prediction, and their variance the kriging variance.
///
/// Samples do not lie on nodes. Zᵢ is drawn at the sample's own place, from its conditional distribution given the 120
/// nearest nodes and the 40 nearest samples drawn before. What lies beyond those nodes, which surround the sample, is left
/// out: in the crate's tests that changes no correlation by more than 0.006 (spherical), mostly by less than 0.001. The grid is enlarged, where needed, to hold every sample. The nugget is independent noise at each node and
/// sample, one value for both where they share a place. Measurement error is drawn for each sample, so that it is filtered.
///
/// # Source
/// Dietrich & Newsam (1997), *SIAM Journal on Scientific Computing* 18:1088 (the embedding); Wood & Chan (1994), *Journal
/// of Computational and Graphical Statistics* 3:409 (negative eigenvalues taken as 0); Journel & Huijbregts (1978),
/// *Mining Geostatistics*, ch. VII (conditioning by kriging).
///
/// # Examples
/// ```
/// use soilscope_core::drift::Drift;
/// use soilscope_core::executor::Serial;
/// use soilscope_core::simulation::{CirculantSimulation, Simulator};
/// use soilscope_core::variogram::ModelTemplate;
/// use soilscope_core::{Samples, Window};
///
/// let variogram = "1 Exp(20)".parse::<ModelTemplate>()?.complete()?.unwrap();
/// let recipe = CirculantSimulation::new(variogram, Drift::KnownMean(0.0), 42);
/// let samples = Samples::new(vec![[10.0, 0.0], [33.0, 12.0]], vec![1.5, -0.5])?;
/// let window = Window { origin: [0.0, 0.0], step: [10.0, 10.0], size: [20, 20] };
/// let run = recipe.prepare(Some(&samples), window, None)?;
/// let fields = run.simulate(0..100, &Serial)?;
/// assert_eq!(fields.get(1, 17), 1.5); // a node at a sample has its value
/// assert_eq!(run.simulate(17..18, &Serial)?.get(2, 0), fields.get(2, 17));
/// # Ok::<(), soilscope_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CirculantSimulation {
    /// Model of the field on the samples' Gaussian scale. Its nugget is part of the field; its error variance is not, and
    /// is filtered.
    pub variogram: Variogram,
    /// A known mean, or a constant one.
    pub drift: Drift,
    /// Where all random numbers come from.
    pub seed: u64,
    /// Samples that a node is conditioned on, nearest first; `None` for all of them, which is exact.
    pub sample_neighbours: Option<usize>,
    /// How far the embedding may go.
    pub limits: EmbeddingLimits,
}

impl CirculantSimulation {
    /// A recipe with all samples for every node, and the usual limits.
    pub fn new(variogram: Variogram, drift: Drift, seed: u64) -> Self {
        Self { variogram, drift, seed, sample_neighbours: None, limits: EmbeddingLimits::default() }
    }

    /// Prepares simulations of a window, conditioned on `samples` where there are some. With `nodes`, only those of the
    /// window are given, in that order.
    ///
    /// # Errors
    /// As [`SequentialGaussian::prepare`](super::SequentialGaussian::prepare), and a grid that cannot be embedded
    /// ([`Error::Embedding`]), a singular system of all samples, or a window without cells or with a step of 0.
    ///
    /// # Panics
    /// A node beyond the window.
    pub fn prepare(&self, samples: Option<&Samples>, window: Window, nodes: Option<&[usize]>) -> Result<CirculantRun> {
        check(&self.variogram, self.drift, samples)?;
        if self.sample_neighbours == Some(0) {
            return Err(Error::Parameter { name: "samples for a node", value: 0.0, requirement: "at least 1" });
        }
        let coords = samples.map_or(&[][..], Samples::coords);
        let WindowNodes { whole, cells, at: places } = WindowNodes::new(window, nodes, coords, &self.limits)?;
        // What the nugget leaves of the model; nothing, where it is all.
        let structures = match self.variogram.structures() {
            [] => None,
            structures => Some(Variogram::new(0.0, structures.to_vec())?),
        };
        let embedding = structures
            .as_ref()
            .map(|structures| Embedding::new(structures, whole.step, whole.size, &self.limits))
            .transpose()?;
        let conditions = samples
            .map(|samples| -> Result<Conditions> {
                let first = by_place(samples.coords());
                let mut node_at = vec![None; samples.len()];
                for (node, &c) in places.iter().enumerate() {
                    if let Some(&i) = first.get(&place_key(c)) {
                        node_at[i] = node_at[i].or(Some(node));
                    }
                }
                let nuggets = samples.coords().iter().enumerate().map(|(i, &c)| match first[&place_key(c)] {
                    earlier if earlier < i => Nugget::OfSample(earlier),
                    _ => node_at[i].map_or(Nugget::Own, Nugget::OfNode),
                });
                Ok(Conditions {
                    nuggets: nuggets.collect(),
                    draws: structures.as_ref().map(|s| SampleDraws::new(s, samples.coords(), &whole)),
                    kriging: Conditioning::new(&self.variogram, self.drift, samples, self.sample_neighbours)?,
                    samples: samples.clone(),
                    exact: places
                        .iter()
                        .enumerate()
                        .filter_map(|(node, &c)| first.get(&place_key(c)).map(|&i| (node, i)))
                        .collect(),
                    imputed: Vec::new(),
                })
            })
            .transpose()?;
        Ok(CirculantRun { recipe: self.clone(), embedding, cells, places, conditions })
    }
}

/// Where a sample's nugget comes from.
#[derive(Debug, Clone, Copy)]
enum Nugget {
    Own,
    /// The node at its place.
    OfNode(usize),
    /// An earlier sample at its place.
    OfSample(usize),
}

/// What there is to be conditioned on.
struct Conditions {
    samples: Samples,
    /// `None` for a field that is all nugget.
    draws: Option<SampleDraws>,
    nuggets: Vec<Nugget>,
    kriging: Conditioning,
    /// Nodes at samples.
    exact: Vec<(usize, usize)>,
    /// Values of samples that differ from realisation to realisation, in turn; empty for the others, or where there is none.
    imputed: Vec<Vec<f64>>,
}

impl Conditions {
    /// The value of a sample in a realisation.
    fn value(&self, sample: usize, realisation: usize) -> f64 {
        match self.imputed.get(sample) {
            Some(values) if !values.is_empty() => values[realisation % values.len()],
            _ => self.samples.values()[sample],
        }
    }
}

/// Simulation on a grid, ready.
pub struct CirculantRun {
    recipe: CirculantSimulation,
    embedding: Option<Embedding>,
    /// Of each node: its cell in the enlarged window, and its place.
    cells: Vec<usize>,
    places: Vec<Coord>,
    conditions: Option<Conditions>,
}

/// One unconditional realisation, and what separates the samples from it.
struct Drawn {
    nodes: Vec<f64>,
    differences: Vec<f64>,
}

impl CirculantRun {
    /// What the embedding came to; `None` for a field that is all nugget.
    pub fn embedding(&self) -> Option<EmbeddingReport> {
        self.embedding.as_ref().map(|e| e.report)
    }

    /// Conditions each realisation on values of its own for samples below limits: those of one draw after the other, and of all
    /// chains in turn, so that neighbouring realisations are not of neighbouring draws. With as many draws as realisations none is used
    /// twice.
    ///
    /// Without samples to condition on nothing changes.
    ///
    /// # Panics
    /// Draws of other samples than those that the simulation was prepared with.
    #[must_use]
    pub fn with_imputations(mut self, imputations: &Imputations) -> Self {
        if let Some(conditions) = &mut self.conditions {
            conditions.imputed = vec![Vec::new(); conditions.samples.len()];
            for (a, &i) in imputations.samples().iter().enumerate() {
                conditions.imputed[i] = imputations.in_turn(a).collect();
            }
        }
        self
    }

    /// Completes realisation `number` from its field without nugget on the enlarged window.
    fn complete(&self, number: usize, field: Option<&[f64]>) -> Drawn {
        let (recipe, nugget) = (&self.recipe, self.recipe.variogram.nugget().sqrt());
        let stream = |purpose| Random::substream(recipe.seed, purpose, number as u64);
        let mut nodes: Vec<f64> = match field {
            Some(field) => self.cells.iter().map(|&c| field[c]).collect(),
            None => vec![0.0; self.cells.len()],
        };
        let mut noise = Vec::new();
        if nugget > 0.0 {
            let mut random = stream(purpose::NUGGET);
            noise.extend((0..nodes.len()).map(|_| nugget * random.normal()));
            nodes.iter_mut().zip(&noise).for_each(|(n, e)| *n += e);
        }
        let mut differences = Vec::new();
        if let Some(conditions) = &self.conditions {
            let mut random = stream(purpose::SAMPLES);
            let smooth = match (&conditions.draws, field) {
                (Some(draws), Some(field)) => draws.draw(field, &mut random),
                _ => vec![0.0; conditions.samples.len()],
            };
            let mean = recipe.drift.known_mean().unwrap_or(0.0);
            let mut own: Vec<f64> = Vec::with_capacity(smooth.len());
            for (i, smooth) in smooth.into_iter().enumerate() {
                let (e, error) = (nugget * random.normal(), random.normal());
                own.push(match conditions.nuggets[i] {
                    Nugget::Own => e,
                    Nugget::OfNode(node) => noise.get(node).copied().unwrap_or(0.0),
                    Nugget::OfSample(earlier) => own[earlier],
                });
                let observed = smooth + own[i] + conditions.kriging.error_variances()[i].sqrt() * error;
                differences.push(conditions.value(i, number) - mean - observed);
            }
        }
        Drawn { nodes, differences }
    }

    /// Unconditional realisations of a few blocks, and the differences of the samples.
    fn draw(&self, range: Range<usize>, executor: &dyn Executor) -> Result<Vec<Drawn>> {
        let Some(embedding) = &self.embedding else {
            return executor::map(executor, range.len(), |k| self.complete(range.start + k, None));
        };
        // One transform makes the realisations 2p and 2p + 1.
        let pairs = range.start / 2..range.end.div_ceil(2);
        let drawn = executor::map(executor, pairs.len(), |k| {
            let pair = pairs.start + k;
            let mut random = Random::substream(self.recipe.seed, purpose::SPECTRUM, pair as u64);
            let fields = embedding.draw(&mut random);
            let wanted = (0..2).filter(|part| range.contains(&(2 * pair + part)));
            wanted.map(|part| self.complete(2 * pair + part, Some(&fields[part]))).collect::<Vec<_>>()
        })?;
        Ok(drawn.into_iter().flatten().collect())
    }
}

impl Simulator for CirculantRun {
    fn nodes(&self) -> usize {
        self.cells.len()
    }

    fn simulate(&self, realisations: Range<usize>, executor: &dyn Executor) -> Result<Realisations> {
        let mut blocks: Vec<Vec<Lanes>> = Vec::with_capacity(realisations.len().div_ceil(LANES));
        let mut prepared = Vec::new();
        for first in realisations.clone().step_by(LANES * BLOCKS) {
            let drawn = self.draw(first..(first + LANES * BLOCKS).min(realisations.end), executor)?;
            for drawn in drawn.chunks(LANES) {
                blocks.push(interleaved(self.cells.len(), drawn.iter().map(|d| &d.nodes)));
                if let Some(conditions) = &self.conditions {
                    let differences = interleaved(conditions.samples.len(), drawn.iter().map(|d| &d.differences));
                    prepared.push(conditions.kriging.prepare(differences));
                }
            }
        }
        let mean = self.recipe.drift.known_mean().unwrap_or(0.0);
        blocks.iter_mut().flatten().flatten().for_each(|v| *v += mean);
        if let Some(conditions) = &self.conditions {
            let corrections = |places: &[Coord]| conditions.kriging.corrections(places, &prepared);
            add_corrections(&mut blocks, &self.places, &corrections, executor)?;
            for &(node, sample) in &conditions.exact {
                if conditions.kriging.error_variances()[sample] == 0.0 {
                    for (b, block) in blocks.iter_mut().enumerate() {
                        let first = realisations.start + b * LANES;
                        block[node] = std::array::from_fn(|k| conditions.value(sample, first + k));
                    }
                }
            }
        }
        Ok(Realisations::new(realisations, self.cells.len(), blocks))
    }
}

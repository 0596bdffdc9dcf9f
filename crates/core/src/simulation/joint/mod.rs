//! Simulation of several variables together on a grid.

mod conditioning;
mod fields;
mod system;

use std::collections::HashMap;
use std::ops::Range;

use super::blocks::{BLOCKS, add_corrections, interleaved};
use super::embedding::{EmbeddingLimits, EmbeddingReport};
use super::realisations::{LANES, Lanes, Realisations};
use super::window_nodes::WindowNodes;
use super::{place_key, purpose};
use crate::censored::JointImputations;
use crate::cokriging::{CokrigingError, Coregionalisation, Means, check_samples};
use crate::executor::{self, Executor};
use crate::random::Random;
use crate::{Coord, Error, Result, Samples, Window};
use conditioning::Conditioning;
use fields::Fields;

/// A recipe of the simulation of several variables on a grid, under a linear model of coregionalisation: unconditional
/// fields by circulant embedding, conditioned by co-kriging.
///
/// The model is a sum of terms with coefficients B = AAᵀ: as many independent fields of each term's variogram as B has
/// rank, mixed by A, have exactly the model's covariances and cross-covariances between all nodes. They become conditional
/// as in [`CirculantSimulation`](super::CirculantSimulation), by the co-kriged differences to the samples of all variables,
/// by simple (known means) or ordinary (unknown ones) co-kriging: with all samples for every node, the mean of many
/// realisations is the co-kriging prediction and their covariances are those of its errors, exactly.
///
/// Variables need not be measured at the same places. A sample without measurement error is honoured at its node; with one,
/// which is drawn for each sample, it is filtered.
///
/// A sequential simulation, all variables of a node drawn together from its neighbours, would need systems of neighbours
/// times variables at every node, leave out what lies beyond them, and with unknown means vary more than its model; this one
/// leaves out nothing but, where samples are many, those beyond the nearest.
///
/// # Source
/// Wackernagel (2003), *Multivariate Geostatistics*, ch. 26 (a coregionalisation as a mixture of independent fields);
/// Dietrich & Newsam (1997) and Journel & Huijbregts (1978) as for one variable.
///
/// # Examples
/// ```
/// use soilscope_core::cokriging::{Coefficients, Coregionalisation, Means, Term};
/// use soilscope_core::executor::Serial;
/// use soilscope_core::simulation::CoSimulation;
/// use soilscope_core::variogram::{Model, Structure};
/// use soilscope_core::{Samples, Window};
///
/// let sills = Coefficients::from_rows(&[vec![1.0, 0.8], vec![0.8, 1.0]])?;
/// let term = Term::structure(Structure::new(Model::Exponential, 1.0, 20.0)?, sills)?;
/// let model = Coregionalisation::new(vec!["zinc".into(), "lead".into()], vec![term])?;
/// let zinc = Samples::new(vec![[10.0, 0.0], [33.0, 12.0]], vec![1.5, -0.5])?;
/// let lead = Samples::new(vec![[20.0, 0.0]], vec![0.3])?;
/// let window = Window { origin: [0.0, 0.0], step: [10.0, 10.0], size: [8, 8] };
/// let run = CoSimulation::new(model, Means::Known(vec![0.0, 0.0]), 42).prepare(&[zinc, lead], window, None)?;
/// let fields = run.simulate(0..400, &Serial)?;
/// assert!((0..400).all(|k| fields[0].get(1, k) == 1.5 && fields[1].get(2, k) == 0.3)); // samples at nodes
/// let mut zinc_there = Vec::new();
/// fields[0].at_node(2, &mut zinc_there); // between, and drawn up by, zinc of 1.5 and lead of 0.3
/// assert!((0.5..1.0).contains(&(zinc_there.iter().sum::<f64>() / 400.0)));
/// # Ok::<(), soilscope_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CoSimulation {
    /// Model of all variables on the samples' Gaussian scales. Its nugget is part of the fields.
    pub model: Coregionalisation,
    /// What is known of the means.
    pub means: Means,
    /// Where all random numbers come from.
    pub seed: u64,
    /// Samples of each variable that a node is conditioned on, nearest first; `None` for all of them, which is exact.
    pub sample_neighbours: Option<usize>,
    /// How far the embedding may go.
    pub limits: EmbeddingLimits,
}

impl CoSimulation {
    /// A recipe with all samples for every node, and the usual limits.
    pub fn new(model: Coregionalisation, means: Means, seed: u64) -> Self {
        Self { model, means, seed, sample_neighbours: None, limits: EmbeddingLimits::default() }
    }

    /// Prepares simulations of a window, conditioned on the samples of each variable, in the model's order; with no set of
    /// samples at all they are unconditional, which takes known means. With `nodes`, only those of the window are given, in
    /// that order.
    ///
    /// # Errors
    /// Another number of sets of samples or known means than variables, unknown means without samples, a model without
    /// sills, samples at one place that depend on each other, a singular system of all samples, a grid that cannot be
    /// embedded ([`Error::Embedding`]), or a window without cells or with a step of 0.
    ///
    /// # Panics
    /// A node beyond the window.
    pub fn prepare(&self, samples: &[Samples], window: Window, nodes: Option<&[usize]>) -> Result<CoSimulationRun> {
        let means = self.check(samples)?;
        let sets = samples.iter().flat_map(Samples::coords);
        let coords: Vec<Coord> = sets.copied().collect();
        let WindowNodes { whole, cells, at } = WindowNodes::new(window, nodes, &coords, &self.limits)?;
        // Distinct places of samples, and the place of each sample.
        let (mut number, mut places): (HashMap<[u64; 2], usize>, Vec<Coord>) = Default::default();
        let place_of = |&c: &Coord| {
            *number.entry(place_key(c)).or_insert_with(|| {
                places.push(c);
                places.len() - 1
            })
        };
        let place_of: Vec<usize> = coords.iter().map(place_of).collect();
        let fields = Fields::new(&self.model, self.seed, whole, (cells, &at), &places, &self.limits)?;
        let known = matches!(self.means, Means::Known(_));
        let conditioning = match samples {
            [] => None,
            _ => Some(Conditioning::new(&self.model, known, samples, self.sample_neighbours)?),
        };
        let node_of: HashMap<[u64; 2], usize> = at.iter().enumerate().map(|(k, &c)| (place_key(c), k)).collect();
        let data = conditioning.iter().flat_map(|c| c.data()).enumerate();
        let exact = data.filter(|(_, d)| d.error_variance == 0.0);
        let exact = exact.filter_map(|(i, d)| node_of.get(&place_key(d.at)).map(|&node| (node, i))).collect();
        let imputed = Vec::new();
        Ok(CoSimulationRun { seed: self.seed, means, fields, at, place_of, conditioning, exact, imputed })
    }

    /// The means that are known; 0 for those that are not.
    fn check(&self, samples: &[Samples]) -> Result<Vec<f64>> {
        let variables = self.model.variables().len();
        let count = |what, found| Err(CokrigingError::Count { what, found, variables }.into());
        if !samples.is_empty() && samples.len() != variables {
            return count("sets of samples", samples.len());
        }
        if !self.model.is_bounded() {
            return Err(Error::Unbounded { model: self.model.to_string(), purpose: "simulation" });
        }
        if self.sample_neighbours == Some(0) {
            return Err(Error::Parameter { name: "samples for a node", value: 0.0, requirement: "at least 1" });
        }
        for variable in samples {
            variable.check_plane("fields are simulated")?;
        }
        if !samples.is_empty() {
            check_samples(&self.model, samples)?;
        }
        match &self.means {
            Means::Known(means) if means.len() != variables => count("known means", means.len()),
            Means::Known(means) => match means.iter().find(|m| !m.is_finite()) {
                Some(&value) => Err(Error::Parameter { name: "known mean", value, requirement: "a finite number" }),
                None => Ok(means.clone()),
            },
            Means::Unknown if samples.is_empty() => {
                Err(Error::TooFewSamples { found: 0, needed: 1, purpose: "an unknown mean" })
            }
            Means::Unknown => Ok(vec![0.0; variables]),
        }
    }
}

/// Simulation of several variables on a grid, ready.
pub struct CoSimulationRun {
    seed: u64,
    /// Known means; 0 where they are estimated.
    means: Vec<f64>,
    fields: Fields,
    /// Places of the nodes.
    at: Vec<Coord>,
    /// Of each sample.
    place_of: Vec<usize>,
    conditioning: Option<Conditioning>,
    /// Nodes at samples without error.
    exact: Vec<(usize, usize)>,
    /// Values of samples that differ from realisation to realisation, in turn; empty for the others, or where there is none.
    imputed: Vec<Vec<f64>>,
}

/// One unconditional realisation of all variables, and what separates the samples from it.
struct Drawn {
    nodes: Vec<Vec<f64>>,
    differences: Vec<f64>,
}

impl CoSimulationRun {
    /// How many nodes a realisation has.
    pub fn nodes(&self) -> usize {
        self.at.len()
    }

    /// How many variables.
    pub fn variables(&self) -> usize {
        self.means.len()
    }

    /// What the embedding of each structure came to.
    pub fn embeddings(&self) -> Vec<EmbeddingReport> {
        self.fields.embeddings()
    }

    /// Conditions each realisation on values of its own for samples below limits, of all variables and drawn together: those of one
    /// draw after the other, and of all chains in turn, so that neighbouring realisations are not of neighbouring draws. With as many
    /// draws as realisations none is used twice.
    ///
    /// Without samples to condition on nothing changes.
    ///
    /// # Panics
    /// Draws of other numbers of samples than those that the simulation was prepared with.
    #[must_use]
    pub fn with_imputations(mut self, imputations: &JointImputations) -> Self {
        if let Some(conditioning) = &self.conditioning {
            assert_eq!(imputations.total(), conditioning.data().len(), "draws of the samples of this simulation");
            self.imputed = vec![Vec::new(); imputations.total()];
            for (sample, values) in imputations.in_turn() {
                self.imputed[sample] = values;
            }
        }
        self
    }

    /// The value of a sample in a realisation.
    fn value(&self, sample: usize, datum: &conditioning::Datum, realisation: usize) -> f64 {
        match self.imputed.get(sample) {
            Some(values) if !values.is_empty() => values[realisation % values.len()],
            _ => datum.value,
        }
    }

    /// The realisations of these numbers, of each variable: each is the same whichever others are made with it, and by
    /// however many threads.
    ///
    /// Memory is [`batch_bytes`](super::batch_bytes) for each variable: make them batch by batch where they are many.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub fn simulate(&self, realisations: Range<usize>, executor: &dyn Executor) -> Result<Vec<Realisations>> {
        let variables = self.variables();
        // Block by block, in each variable by variable.
        let mut fields: Vec<Vec<Lanes>> = Vec::with_capacity(variables * realisations.len().div_ceil(LANES));
        let mut prepared = Vec::new();
        for first in realisations.clone().step_by(LANES * BLOCKS) {
            let drawn = self.draw(first..(first + LANES * BLOCKS).min(realisations.end), executor)?;
            for drawn in drawn.chunks(LANES) {
                for (v, &mean) in self.means.iter().enumerate() {
                    let mut field = interleaved(self.nodes(), drawn.iter().map(|d| &d.nodes[v]));
                    field.iter_mut().flatten().for_each(|value| *value += mean);
                    fields.push(field);
                }
                if let Some(conditioning) = &self.conditioning {
                    let differences = drawn.iter().map(|d| &d.differences);
                    prepared.push(conditioning.prepare(interleaved(self.place_of.len(), differences)));
                }
            }
        }
        if let Some(conditioning) = &self.conditioning {
            add_corrections(&mut fields, &self.at, &|places| conditioning.corrections(places, &prepared), executor)?;
            for &(node, sample) in &self.exact {
                let datum = &conditioning.data()[sample];
                for (block, fields) in fields.chunks_mut(variables).enumerate() {
                    let first = realisations.start + block * LANES;
                    fields[datum.variable][node] = std::array::from_fn(|k| self.value(sample, datum, first + k));
                }
            }
        }
        let mut of_each: Vec<Vec<Vec<Lanes>>> = vec![Vec::new(); variables];
        fields.into_iter().enumerate().for_each(|(k, field)| of_each[k % variables].push(field));
        Ok(of_each.into_iter().map(|b| Realisations::new(realisations.clone(), self.nodes(), b)).collect())
    }

    /// Unconditional realisations of a few blocks, and the differences of the samples.
    fn draw(&self, range: Range<usize>, executor: &dyn Executor) -> Result<Vec<Drawn>> {
        let pairs = range.start / 2..range.end.div_ceil(2);
        let drawn = executor::map(executor, pairs.len(), |k| {
            let pair = pairs.start + k;
            let both = self.fields.draw(pair).into_iter().enumerate();
            let wanted = both.map(|(part, d)| (2 * pair + part, d)).filter(|(k, _)| range.contains(k));
            wanted
                .map(|(k, d)| Drawn { differences: self.differences(k, &d.places), nodes: d.nodes })
                .collect::<Vec<_>>()
        })?;
        Ok(drawn.into_iter().flatten().collect())
    }

    /// What separates the samples from realisation `number`, whose values at their places these are.
    fn differences(&self, number: usize, places: &[Vec<f64>]) -> Vec<f64> {
        let mut random = Random::substream(self.seed, purpose::JOINT_ERRORS, number as u64);
        let data = self.conditioning.iter().flat_map(|c| c.data()).zip(&self.place_of).enumerate();
        let difference = |(sample, (d, &place)): (usize, (&conditioning::Datum, &usize))| {
            let observed =
                self.means[d.variable] + places[d.variable][place] + d.error_variance.sqrt() * random.normal();
            self.value(sample, d, number) - observed
        };
        data.map(difference).collect()
    }
}

//! Sequential Gaussian simulation.

use std::ops::Range;
use std::sync::Mutex;

use super::draw::{Block, Conditionals};
use super::earlier::{Earlier, Near};
use super::path::{PathOrder, PathSharing, path};
use super::realisations::{LANES, Lanes, Realisations};
use super::system::Metric;
use super::weigh::{Nodes, WeighScratch, Weigher};
use super::{Simulator, by_place, check, place_key, purpose};
use crate::drift::Drift;
use crate::executor::{self, Executor};
use crate::random::Random;
use crate::variogram::Variogram;
use crate::{Coord, Error, Result, Samples};

/// Nodes of one task, and tasks of a chunk of the path. The weights of two chunks are held at a time: 24 bytes a node and 12 a
/// neighbour.
const TASK: usize = 128;
const CHUNK: usize = 32;

/// A recipe of sequential Gaussian simulation: each node is drawn from its conditional distribution given its nearest
/// samples and the nearest nodes drawn before it, by simple kriging (known mean) or ordinary kriging (constant mean).
///
/// With every sample and node as a neighbour the simulation is exact. With fewer it leaves out what lies beyond them; more
/// neighbours and the [coarse-to-fine](PathOrder::CoarseToFine) path leave out less. Ordinary kriging is exact for no
/// number of neighbours: it estimates the mean anew for every node, and the field varies more than its model.
///
/// Neighbours and weights depend on places alone, so that realisations which share a path
/// ([`PathSharing::Shared`]) share them too.
///
/// # Source
/// Deutsch & Journel (1998), *GSLIB*, program `sgsim` (the method, and samples apart from nodes in the search); Nussbaumer,
/// Mariethoz, Gloaguen & Holliger (2018), *Computers & Geosciences* 112:121 (a shared coarse-to-fine path with more
/// neighbours instead of a path for each realisation).
///
/// # Examples
/// ```
/// use soilscope_core::drift::Drift;
/// use soilscope_core::executor::Serial;
/// use soilscope_core::simulation::{SequentialGaussian, Simulator};
/// use soilscope_core::variogram::ModelTemplate;
/// use soilscope_core::Samples;
///
/// let variogram = "1 Exp(20)".parse::<ModelTemplate>()?.complete()?.unwrap();
/// let recipe = SequentialGaussian::new(variogram, Drift::KnownMean(0.0), 42);
/// let samples = Samples::new(vec![[0.0, 0.0], [30.0, 10.0]], vec![1.5, -0.5])?;
/// let run = recipe.prepare(Some(&samples), &[[0.0, 0.0], [10.0, 0.0], [20.0, 0.0]])?;
/// let fields = run.simulate(0..100, &Serial)?;
/// assert_eq!(fields.get(0, 17), 1.5); // a node at a sample has its value
/// assert_eq!(run.simulate(17..18, &Serial)?.get(2, 0), fields.get(2, 17));
/// # Ok::<(), soilscope_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SequentialGaussian {
    /// Model of the field on the samples' Gaussian scale. Its nugget is part of the field; its error variance is not, and
    /// is filtered.
    pub variogram: Variogram,
    /// A known mean, or a constant one.
    pub drift: Drift,
    /// Where all random numbers come from.
    pub seed: u64,
    /// Most samples for a node, nearest first, by the anisotropy of the structure with the largest partial sill.
    pub sample_neighbours: usize,
    /// Most earlier nodes for a node, likewise.
    pub node_neighbours: usize,
    /// Order of the nodes.
    pub path: PathOrder,
    /// Whether realisations share it.
    pub sharing: PathSharing,
}

impl SequentialGaussian {
    /// A recipe with 16 samples and 32 nodes as neighbours, and a shared coarse-to-fine path.
    pub fn new(variogram: Variogram, drift: Drift, seed: u64) -> Self {
        Self {
            variogram,
            drift,
            seed,
            sample_neighbours: 16,
            node_neighbours: 32,
            path: PathOrder::default(),
            sharing: PathSharing::default(),
        }
    }

    /// Prepares simulations at `nodes`, conditioned on `samples` where there are some.
    ///
    /// # Errors
    /// A drift other than a known or constant mean, a constant mean without samples or without a place for them among the
    /// neighbours, two samples at one place without measurement error, or a node that is not a finite place.
    pub fn prepare(&self, samples: Option<&Samples>, nodes: &[Coord]) -> Result<SequentialRun> {
        check(&self.variogram, self.drift, samples)?;
        if self.drift.known_mean().is_none() && self.sample_neighbours == 0 {
            let requirement = "at least 1 where the mean is not known";
            return Err(Error::Parameter { name: "samples for a node", value: 0.0, requirement });
        }
        if u32::try_from(nodes.len()).is_err() {
            let requirement = "below 2^32; simulate the field in parts";
            return Err(Error::Parameter { name: "number of nodes", value: nodes.len() as f64, requirement });
        }
        for (index, c) in nodes.iter().enumerate() {
            for (what, value) in [("easting of a node", c[0]), ("northing of a node", c[1])] {
                if !value.is_finite() {
                    return Err(Error::NotFinite { index, what, value });
                }
            }
        }
        let metric = Metric::of(&self.variogram);
        let centre = match (self.drift.known_mean(), samples) {
            (Some(mean), _) => mean,
            (None, samples) => samples.map_or(0.0, Samples::mean),
        };
        let data = Data::new(&self.variogram, samples, centre, metric);
        let exact = samples.map(|s| by_place(s.coords())).unwrap_or_default();
        let at_sample = |c: &Coord| exact.get(&place_key(*c)).copied().filter(|&i| data.error_variances[i] == 0.0);
        let (mut free, mut fixed) = (Vec::new(), Vec::new());
        for (node, c) in nodes.iter().enumerate() {
            match at_sample(c) {
                Some(i) => fixed.push((node as u32, samples.map_or(0.0, |s| s.values()[i]))),
                None => free.push(node as u32),
            }
        }
        let places: Vec<Coord> = free.iter().map(|&n| metric.place(nodes[n as usize])).collect();
        let mut run = SequentialRun {
            recipe: self.clone(),
            centre,
            data,
            nodes: nodes.to_vec(),
            free,
            fixed,
            places,
            metric,
            weigher: Weigher::new(&self.variogram, self.drift.known_mean().is_some()),
            shared: None,
        };
        if self.sharing == PathSharing::Shared {
            run.shared = Some(run.path_of(0));
        }
        Ok(run)
    }
}

/// Samples as neighbours.
#[derive(Debug)]
struct Data {
    coords: Vec<Coord>,
    /// Less the centre.
    values: Vec<f64>,
    error_variances: Vec<f64>,
    /// Whether any of them is not 0.
    has_errors: bool,
    index: Earlier,
}

impl Data {
    fn new(variogram: &Variogram, samples: Option<&Samples>, centre: f64, metric: Metric) -> Self {
        let coords = samples.map_or(&[][..], Samples::coords).to_vec();
        let error = |i| variogram.error_variance() + samples.map_or(0.0, |s| s.error_variance(i));
        let error_variances: Vec<f64> = (0..coords.len()).map(error).collect();
        Self {
            values: samples.map_or(&[][..], Samples::values).iter().map(|v| v - centre).collect(),
            has_errors: error_variances.iter().any(|&v| v != 0.0),
            error_variances,
            index: Earlier::all(coords.iter().map(|&c| metric.place(c)).collect()),
            coords,
        }
    }
}

/// Sequential Gaussian simulation, ready.
#[derive(Debug)]
pub struct SequentialRun {
    recipe: SequentialGaussian,
    /// What is taken off values before weights are applied.
    centre: f64,
    data: Data,
    nodes: Vec<Coord>,
    /// Nodes that are drawn.
    free: Vec<u32>,
    /// Nodes at samples without error, with their values.
    fixed: Vec<(u32, f64)>,
    /// Of free nodes, where their neighbours are nearest.
    places: Vec<Coord>,
    metric: Metric,
    weigher: Weigher,
    shared: Option<Path>,
}

/// An order of the free nodes.
#[derive(Debug)]
struct Path {
    /// Node of each rank.
    nodes: Vec<u32>,
    /// Places of the nodes by rank, then of the samples.
    coords: Vec<Coord>,
    earlier: Earlier,
}

/// Working memory of one task.
#[derive(Default)]
struct Scratch {
    near: [Vec<Near>; 2],
    /// Of the neighbours of each node, the rank; of a sample its number and that of all nodes.
    who: Vec<usize>,
    nodes: Nodes,
    weigh: WeighScratch,
}

impl SequentialRun {
    fn path_of(&self, realisation: usize) -> Path {
        let mut random = Random::substream(self.recipe.seed, purpose::PATH, realisation as u64);
        let order = path(&self.places, self.recipe.path, &mut random);
        let earlier = Earlier::new(order.iter().map(|&k| self.places[k as usize]).collect());
        let nodes: Vec<u32> = order.iter().map(|&k| self.free[k as usize]).collect();
        let coords = nodes.iter().map(|&n| self.nodes[n as usize]).chain(self.data.coords.iter().copied());
        Path { coords: coords.collect(), nodes, earlier }
    }

    /// The conditional distributions of the nodes of some ranks, each given samples and the nodes of lower ranks.
    fn condition(&self, path: &Path, ranks: Range<usize>, scratch: &mut Scratch) -> Conditionals {
        let recipe = &self.recipe;
        let Scratch { near: [of_samples, of_nodes], who, nodes, weigh } = scratch;
        let count = path.nodes.len();
        nodes.clear();
        who.clear();
        for rank in ranks.clone() {
            let at = path.coords[rank];
            let place = self.metric.place(at);
            self.data.index.nearest(place, self.data.index.len(), recipe.sample_neighbours, of_samples);
            path.earlier.nearest(place, rank, recipe.node_neighbours, of_nodes);
            // Nearest first; a sample before a node at the same distance. Which of the two is next no processor can guess, so
            // there is no branch.
            let (mut sample, mut node) = (0, 0);
            let (samples, earlier) = (of_samples.len(), of_nodes.len());
            of_samples.push((f64::INFINITY, 0));
            of_nodes.push((f64::INFINITY, 0));
            for _ in 0..samples + earlier {
                let (a, b) = (of_samples[sample], of_nodes[node]);
                let is_sample = (node == earlier) | ((sample < samples) & (a.0 <= b.0));
                sample += usize::from(is_sample);
                node += usize::from(!is_sample);
                who.push(if is_sample { count + a.1 as usize } else { b.1 as usize });
            }
            for &i in &who[who.len() - samples - earlier..] {
                nodes.add_neighbour(path.coords[i]);
            }
            nodes.add(at);
        }
        if self.data.has_errors {
            let error = |i: usize| i.checked_sub(count).map_or(0.0, |sample| self.data.error_variances[sample]);
            nodes.set_error_variances(who.iter().map(|&i| error(i)));
        }
        self.weigher.weigh(nodes, weigh);
        let mut out = Conditionals::default();
        let mut who = who.iter();
        for node in 0..ranks.len() {
            let (weights, variance) = nodes.weighed(node);
            let mut mean = 0.0;
            for (&weight, &i) in weights.iter().zip(who.by_ref()) {
                match i.checked_sub(count) {
                    Some(sample) => mean += weight * self.data.values[sample],
                    // Else it was passed over.
                    None if weight != 0.0 => out.add_earlier(i as u32, weight),
                    None => {}
                }
            }
            out.add(mean, variance.sqrt());
        }
        out
    }

    fn normals(&self, realisation: usize) -> Random {
        Random::substream(self.recipe.seed, purpose::NODES, realisation as u64)
    }

    /// Nodes' values, from those of the ranks of a path.
    fn in_node_order(&self, path: &Path, by_rank: &[Lanes]) -> Vec<Lanes> {
        let mut values = vec![[0.0; LANES]; self.nodes.len()];
        for &(node, value) in &self.fixed {
            values[node as usize] = [value; LANES];
        }
        for (&node, lanes) in path.nodes.iter().zip(by_rank) {
            values[node as usize] = lanes.map(|v| self.centre + v);
        }
        values
    }

    /// Realisations on one path. While the nodes of a chunk of the path are drawn, the weights of the next are found.
    fn simulate_shared(&self, path: &Path, range: Range<usize>, executor: &dyn Executor) -> Result<Vec<Vec<Lanes>>> {
        // The lock is never waited for: a block has one task at a time.
        let blocks: Vec<Mutex<Block>> = range
            .clone()
            .step_by(LANES)
            .map(|first| {
                let generators = (first..range.end.min(first + LANES)).map(|k| self.normals(k)).collect();
                Mutex::new(Block::new(generators, path.nodes.len()))
            })
            .collect();
        let mut found: Vec<Conditionals> = Vec::new();
        for first in (0..path.nodes.len() + TASK * CHUNK).step_by(TASK * CHUNK) {
            let left = path.nodes.len().saturating_sub(first);
            let next = executor::map(executor, blocks.len() + left.div_ceil(TASK).min(CHUNK), |task| {
                match task.checked_sub(blocks.len()) {
                    Some(task) => {
                        let ranks = first + task * TASK..first + (task * TASK + TASK).min(left);
                        Some(self.condition(path, ranks, &mut Scratch::default()))
                    }
                    None => {
                        let mut block = blocks[task].lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                        found.iter().for_each(|part| block.draw(part));
                        None
                    }
                }
            })?;
            found = next.into_iter().flatten().collect();
        }
        executor::map(executor, blocks.len(), |block| {
            let mut block = blocks[block].lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let by_rank = block.take();
            self.in_node_order(path, &by_rank)
        })
    }

    /// One realisation on its own path.
    fn simulate_own(&self, realisation: usize) -> Vec<f64> {
        let path = self.path_of(realisation);
        let mut random = self.normals(realisation);
        let mut by_rank: Vec<f64> = Vec::with_capacity(path.nodes.len());
        let mut scratch = Scratch::default();
        for first in (0..path.nodes.len()).step_by(TASK) {
            let part = self.condition(&path, first..(first + TASK).min(path.nodes.len()), &mut scratch);
            for (mean, deviation, ranks, weights) in part.each() {
                let given: f64 = ranks.iter().zip(weights).map(|(&i, weight)| weight * by_rank[i as usize]).sum();
                by_rank.push(mean + given + deviation * random.normal());
            }
        }
        let mut values = vec![0.0; self.nodes.len()];
        for &(node, value) in &self.fixed {
            values[node as usize] = value;
        }
        for (&node, value) in path.nodes.iter().zip(by_rank) {
            values[node as usize] = self.centre + value;
        }
        values
    }
}

impl Simulator for SequentialRun {
    fn nodes(&self) -> usize {
        self.nodes.len()
    }

    fn simulate(&self, realisations: Range<usize>, executor: &dyn Executor) -> Result<Realisations> {
        let blocks = match &self.shared {
            Some(path) => self.simulate_shared(path, realisations.clone(), executor)?,
            None => {
                let mut blocks = vec![vec![[0.0; LANES]; self.nodes.len()]; realisations.len().div_ceil(LANES)];
                // Eight at a time: more would be held twice.
                for (block, first) in blocks.iter_mut().zip(realisations.clone().step_by(LANES)) {
                    let count = LANES.min(realisations.end - first);
                    for (lane, values) in
                        executor::map(executor, count, |k| self.simulate_own(first + k))?.into_iter().enumerate()
                    {
                        for (lanes, value) in block.iter_mut().zip(values) {
                            lanes[lane] = value;
                        }
                    }
                }
                blocks
            }
        };
        Ok(Realisations::new(realisations, self.nodes.len(), blocks))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::Serial;
    use crate::variogram::ModelTemplate;

    /// The same simulation by the plain version: the same path and draws, each node's system solved alone.
    fn plain(mut run: SequentialRun) -> SequentialRun {
        run.weigher = run.weigher.plain();
        run
    }

    #[test]
    fn fields_are_those_of_the_plain_version() {
        let mut random = Random::new(5);
        let mut place = |_| [200.0 * random.uniform(), 200.0 * random.uniform()];
        let mut coords: Vec<Coord> = (0..60).map(&mut place).collect();
        // Some on nodes.
        coords.extend([[45.0, 55.0], [105.0, 5.0]]);
        let values = coords.iter().map(|c| (c[0] / 30.0).sin() + c[1] / 100.0).collect();
        let samples = Samples::new(coords, values).unwrap();
        let grid = (0..400).map(|i| [5.0 + 10.0 * f64::from(i % 20), 5.0 + 10.0 * f64::from(i / 20)]);
        // A grid, a grid with gaps, and nodes anywhere.
        let cases: [Vec<Coord>; 3] = [
            grid.clone().collect(),
            grid.filter(|c| (c[0] - 100.0).hypot(c[1] - 90.0) > 40.0 && c[1] < 150.0).collect(),
            (0..300).map(&mut place).collect(),
        ];
        for text in ["0.2 Nug + 0.8 Sph(60)", "1 Exp(30, az=30, ratio=0.4)", "0.05 Nug + 1 Gau(40)"] {
            let variogram = text.parse::<ModelTemplate>().unwrap().complete().unwrap().unwrap();
            for (drift, error) in [(Drift::KnownMean(0.5), 0.0), (Drift::Constant, 0.0), (Drift::Constant, 0.1)] {
                let variogram = variogram.clone().with_error_variance(error).unwrap();
                for (nodes, sharing) in cases.iter().flat_map(|c| [(c, PathSharing::Shared), (c, PathSharing::Own)]) {
                    let mut recipe = SequentialGaussian::new(variogram.clone(), drift, 3);
                    recipe.sharing = sharing;
                    let run = || recipe.prepare(Some(&samples), nodes).unwrap();
                    let found = run().simulate(0..3, &Serial).unwrap();
                    let expected = plain(run()).simulate(0..3, &Serial).unwrap();
                    for (node, k) in (0..nodes.len()).flat_map(|node| [(node, 0), (node, 2)]) {
                        let (found, expected) = (found.get(node, k), expected.get(node, k));
                        assert!((found - expected).abs() <= 1e-9, "{text}, {drift:?}: {found} is not {expected}");
                    }
                }
            }
        }
    }
}

//! Sequential Gaussian simulation.

use std::ops::Range;
use std::sync::Mutex;

use super::earlier::{Earlier, Near};
use super::path::{PathOrder, PathSharing, path};
use super::realisations::{LANES, Lanes, Realisations};
use super::system::{LocalSystem, Metric};
use super::{Simulator, by_place, check, place_key, purpose};
use crate::drift::Drift;
use crate::executor::{self, Executor};
use crate::random::Random;
use crate::variogram::Variogram;
use crate::{Coord, Error, Result, Samples};

/// Nodes whose weights are held at a time: 128 bytes and 12 a neighbour each.
const CHUNK: usize = 16_384;
/// Nodes of one task.
const TASK: usize = 64;

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
    index: Earlier,
}

impl Data {
    fn new(variogram: &Variogram, samples: Option<&Samples>, centre: f64, metric: Metric) -> Self {
        let coords = samples.map_or(&[][..], Samples::coords).to_vec();
        let error = |i| variogram.error_variance() + samples.map_or(0.0, |s| s.error_variance(i));
        Self {
            values: samples.map_or(&[][..], Samples::values).iter().map(|v| v - centre).collect(),
            error_variances: (0..coords.len()).map(error).collect(),
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
    shared: Option<Path>,
}

/// An order of the free nodes.
#[derive(Debug)]
struct Path {
    /// Node of each rank.
    nodes: Vec<u32>,
    earlier: Earlier,
}

/// Working memory of one task.
#[derive(Default)]
struct Scratch {
    system: LocalSystem,
    near: Vec<Near>,
    merged: Vec<(f64, bool, u32)>,
    kept: Vec<(bool, u32)>,
    weights: Vec<f64>,
}

/// Conditional distributions of consecutive nodes, as functions of earlier ones.
#[derive(Default)]
struct Conditionals {
    /// Of each node: what samples contribute to the mean, the standard deviation, and where its neighbours end.
    nodes: Vec<(f64, f64, usize)>,
    /// Rank and weight.
    neighbours: Vec<(u32, f64)>,
}

impl SequentialRun {
    fn path_of(&self, realisation: usize) -> Path {
        let mut random = Random::substream(self.recipe.seed, purpose::PATH, realisation as u64);
        let order = path(&self.places, self.recipe.path, &mut random);
        let earlier = Earlier::new(order.iter().map(|&k| self.places[k as usize]).collect());
        Path { nodes: order.iter().map(|&k| self.free[k as usize]).collect(), earlier }
    }

    /// The conditional distribution of the node of a rank, given samples and the nodes of lower ranks.
    fn condition(&self, path: &Path, rank: usize, scratch: &mut Scratch, out: &mut Conditionals) {
        let (recipe, variogram) = (&self.recipe, &self.recipe.variogram);
        let at = self.nodes[path.nodes[rank] as usize];
        let place = Metric::of(variogram).place(at);
        let Scratch { system, near, merged, kept, weights } = scratch;
        merged.clear();
        self.data.index.nearest(place, self.data.index.len(), recipe.sample_neighbours, near);
        merged.extend(near.iter().map(|&(d, i)| (d, false, i)));
        path.earlier.nearest(place, rank, recipe.node_neighbours, near);
        merged.extend(near.iter().map(|&(d, i)| (d, true, i)));
        // Nearest first; a sample before a node at the same distance.
        merged.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
        system.clear();
        kept.clear();
        for &(_, is_node, i) in merged.iter() {
            let (c, error) = match is_node {
                true => (self.nodes[path.nodes[i as usize] as usize], 0.0),
                false => (self.data.coords[i as usize], self.data.error_variances[i as usize]),
            };
            if system.push(variogram, c, error) {
                kept.push((is_node, i));
            }
        }
        let variance = system.weights(variogram, at, recipe.drift.known_mean().is_some(), weights);
        let mut mean = 0.0;
        for (&(is_node, i), &weight) in kept.iter().zip(weights.iter()) {
            match is_node {
                true => out.neighbours.push((i, weight)),
                false => mean += weight * self.data.values[i as usize],
            }
        }
        out.nodes.push((mean, variance.sqrt(), out.neighbours.len()));
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

    fn simulate_shared(&self, path: &Path, range: Range<usize>, executor: &dyn Executor) -> Result<Vec<Vec<Lanes>>> {
        // A block of realisations: their generators, and their values by rank. The lock is never waited for: a block has
        // one task at a time.
        let blocks: Vec<Mutex<([Random; LANES], Vec<Lanes>)>> = range
            .clone()
            .step_by(LANES)
            .map(|first| {
                let generators = std::array::from_fn(|lane| self.normals(first + lane));
                Mutex::new((generators, Vec::with_capacity(path.nodes.len())))
            })
            .collect();
        for first in (0..path.nodes.len()).step_by(CHUNK) {
            let count = CHUNK.min(path.nodes.len() - first);
            let conditionals = executor::map(executor, count.div_ceil(TASK), |task| {
                let (mut scratch, mut out) = (Scratch::default(), Conditionals::default());
                for rank in first + task * TASK..first + (task * TASK + TASK).min(count) {
                    self.condition(path, rank, &mut scratch, &mut out);
                }
                out
            })?;
            executor::map(executor, blocks.len(), |block| {
                let mut block = blocks[block].lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                let (generators, values) = &mut *block;
                for part in &conditionals {
                    let mut begin = 0;
                    for &(mean, deviation, end) in &part.nodes {
                        let mut lanes = [mean; LANES];
                        for &(rank, weight) in &part.neighbours[begin..end] {
                            let neighbour = &values[rank as usize];
                            for k in 0..LANES {
                                lanes[k] += weight * neighbour[k];
                            }
                        }
                        for (lane, random) in lanes.iter_mut().zip(generators.iter_mut()) {
                            *lane += deviation * random.normal();
                        }
                        values.push(lanes);
                        begin = end;
                    }
                }
            })?;
        }
        executor::map(executor, blocks.len(), |block| {
            let mut block = blocks[block].lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let by_rank = std::mem::take(&mut block.1);
            self.in_node_order(path, &by_rank)
        })
    }

    /// One realisation on its own path.
    fn simulate_own(&self, realisation: usize) -> Vec<f64> {
        let path = self.path_of(realisation);
        let mut random = self.normals(realisation);
        let mut by_rank: Vec<f64> = Vec::with_capacity(path.nodes.len());
        let (mut scratch, mut out) = (Scratch::default(), Conditionals::default());
        for rank in 0..path.nodes.len() {
            out.nodes.clear();
            out.neighbours.clear();
            self.condition(&path, rank, &mut scratch, &mut out);
            let (mean, deviation, _) = out.nodes[0];
            let given: f64 = out.neighbours.iter().map(|&(i, weight)| weight * by_rank[i as usize]).sum();
            by_rank.push(mean + given + deviation * random.normal());
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

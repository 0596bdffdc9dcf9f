//! Values of nodes along a path, each drawn from its distribution given the nodes before.

use pulp::{Simd, WithSimd};

use super::realisations::{LANES, Lanes};
use crate::random::Random;
use crate::simd::dispatch;

/// Conditional distributions of consecutive nodes, as functions of earlier ones.
#[derive(Default)]
pub(super) struct Conditionals {
    /// Of each node: what samples contribute to the mean, the standard deviation, and where its neighbours end.
    nodes: Vec<(f64, f64, usize)>,
    /// Ranks of the earlier nodes that are neighbours, and their weights.
    ranks: Vec<u32>,
    weights: Vec<f64>,
}

impl Conditionals {
    /// Adds an earlier node, by its rank, that the node which is added next depends on.
    pub(super) fn add_earlier(&mut self, rank: u32, weight: f64) {
        self.ranks.push(rank);
        self.weights.push(weight);
    }

    /// Adds a node: what samples contribute to its mean, and its standard deviation.
    pub(super) fn add(&mut self, mean: f64, deviation: f64) {
        self.nodes.push((mean, deviation, self.ranks.len()));
    }

    /// Mean without what earlier nodes contribute, standard deviation, and those nodes with their weights: of each node.
    pub(super) fn each(&self) -> impl Iterator<Item = (f64, f64, &[u32], &[f64])> {
        let begins = std::iter::once(0).chain(self.nodes.iter().map(|n| n.2));
        self.nodes.iter().zip(begins).map(|(&(mean, deviation, end), begin)| {
            (mean, deviation, &self.ranks[begin..end], &self.weights[begin..end])
        })
    }
}

/// Realisations that are drawn together: their generators, and their values by rank.
pub(super) struct Block {
    /// One for each realisation; lanes without one are not drawn.
    generators: Vec<Random>,
    by_rank: Vec<Lanes>,
}

impl Block {
    /// At most as many generators as lanes, and room for the values of this many nodes.
    pub(super) fn new(generators: Vec<Random>, nodes: usize) -> Self {
        Self { generators, by_rank: Vec::with_capacity(nodes) }
    }

    /// The values of all nodes by rank, which the block is left without.
    pub(super) fn take(&mut self) -> Vec<Lanes> {
        std::mem::take(&mut self.by_rank)
    }

    /// Draws the next nodes.
    pub(super) fn draw(&mut self, conditionals: &Conditionals) {
        dispatch(Draw { block: self, conditionals });
    }
}

struct Draw<'a> {
    block: &'a mut Block,
    conditionals: &'a Conditionals,
}

impl WithSimd for Draw<'_> {
    type Output = ();

    /// Products are rounded before they are added, so that all instructions give the same sums of the same weights.
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Block { generators, by_rank } = self.block;
        for (mean, deviation, ranks, weights) in self.conditionals.each() {
            let mut lanes = [mean; LANES];
            for (&rank, weight) in ranks.iter().zip(weights) {
                let neighbour = &by_rank[rank as usize];
                for k in 0..LANES {
                    lanes[k] += weight * neighbour[k];
                }
            }
            for (lane, random) in lanes.iter_mut().zip(generators.iter_mut()) {
                *lane += deviation * random.normal();
            }
            by_rank.push(lanes);
        }
    }
}

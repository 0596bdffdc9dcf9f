//! Kriging weights of many nodes at a time: each lane of a vector holds the system of another node.
//!
//! With C the covariances between a node's neighbours, c₀ those between them and the node, and C = LLᵀ: w = L⁻¹c₀ and
//! u = L⁻¹1 make the weights L⁻ᵀ(w + u (1 − uᵀw) / uᵀu), the second term only where weights sum to 1 (mean not known), and the
//! variance C(0) − wᵀw, and as much more as (1 − uᵀw)² / uᵀu. [`LocalSystem`] is the plain version, which does what does not go
//! in lanes and what tests compare with.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::system::{LocalSystem, REDUNDANT};
use crate::Coord;
use crate::kriging::triangle::{BLOCK, block_start, eliminate, factor};
use crate::simd::{Aligned, less_product, vectors, vectors_mut};
use crate::variogram::{LaneCovariance, Variogram};

/// Most neighbours of a node in lanes: more are quicker one node at a time, and take less room.
const MOST: usize = 256;

/// What the weights of all nodes are found by.
#[derive(Debug, Clone)]
pub(super) struct Weigher {
    variogram: Variogram,
    known_mean: bool,
    /// `None` for a model that vectors do not compute.
    lanes: Option<LaneCovariance>,
}

/// Nodes with their neighbours, and what becomes of them.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    at: Vec<Coord>,
    /// Of each node, where its neighbours end.
    ends: Vec<usize>,
    coords: Vec<Coord>,
    /// Of the neighbours; empty where they have none.
    error_variances: Vec<f64>,
    weights: Vec<f64>,
    variances: Vec<f64>,
}

impl Nodes {
    pub(super) fn clear(&mut self) {
        self.at.clear();
        self.ends.clear();
        self.coords.clear();
        self.error_variances.clear();
    }

    /// Adds a neighbour of the node that is added next; the nearest first, since one that says nothing beside those before it is
    /// passed over.
    pub(super) fn add_neighbour(&mut self, at: Coord) {
        self.coords.push(at);
    }

    /// Adds a node, whose neighbours have been added.
    pub(super) fn add(&mut self, at: Coord) {
        self.at.push(at);
        self.ends.push(self.coords.len());
    }

    /// Gives all neighbours of all nodes, in the order in which they were added, a measurement error.
    ///
    /// # Panics
    /// Not as many as there are neighbours.
    pub(super) fn set_error_variances(&mut self, error_variances: impl Iterator<Item = f64>) {
        self.error_variances.clear();
        self.error_variances.extend(error_variances);
        assert_eq!(self.error_variances.len(), self.coords.len(), "an error variance for each neighbour");
    }

    /// Weights of a node's neighbours, 0 for those that were passed over, and its kriging variance.
    pub(super) fn weighed(&self, node: usize) -> (&[f64], f64) {
        (&self.weights[self.neighbours(node)], self.variances[node])
    }

    fn neighbours(&self, node: usize) -> Range<usize> {
        let first = if node == 0 { 0 } else { self.ends[node - 1] };
        first..self.ends[node]
    }
}

/// Working memory, one per task.
#[derive(Debug, Default)]
pub(super) struct WeighScratch {
    /// Blocks of rows of a node's system, and the node.
    order: Vec<(u32, u32)>,
    /// Nodes that are left to be weighed one by one.
    alone: Vec<u32>,
    places: [Aligned; 2],
    matrix: Aligned,
    heads: Aligned,
    system: LocalSystem,
    kept: Vec<usize>,
    of_kept: Vec<f64>,
}

impl Weigher {
    /// With a known mean, or with weights that sum to 1.
    pub(super) fn new(variogram: &Variogram, known_mean: bool) -> Self {
        Self { variogram: variogram.clone(), known_mean, lanes: LaneCovariance::new(variogram) }
    }

    /// The same in the plain version.
    #[cfg(test)]
    pub(super) fn plain(self) -> Self {
        Self { lanes: None, ..self }
    }

    /// Finds the weights and the variance of all nodes.
    pub(super) fn weigh(&self, nodes: &mut Nodes, scratch: &mut WeighScratch) {
        self.weigh_by(Arch::new(), nodes, scratch);
    }

    /// By these vector instructions.
    fn weigh_by(&self, arch: Arch, nodes: &mut Nodes, scratch: &mut WeighScratch) {
        // Every number is overwritten.
        nodes.weights.resize(nodes.coords.len(), 0.0);
        nodes.variances.resize(nodes.at.len(), 0.0);
        scratch.order.clear();
        scratch.alone.clear();
        for node in 0..nodes.at.len() {
            match nodes.neighbours(node).len() {
                0 => nodes.variances[node] = self.variogram.sill(),
                count if count > MOST || self.lanes.is_none() => scratch.alone.push(node as u32),
                count => scratch.order.push((count.div_ceil(BLOCK) as u32, node as u32)),
            }
        }
        scratch.order.sort_unstable();
        if let Some(covariance) = &self.lanes {
            arch.dispatch(Weigh { weigher: self, covariance, nodes, scratch });
        }
        while let Some(node) = scratch.alone.pop() {
            self.weigh_one(nodes, node as usize, scratch);
        }
    }

    /// The plain version of one node.
    fn weigh_one(&self, nodes: &mut Nodes, node: usize, scratch: &mut WeighScratch) {
        let WeighScratch { system, kept, of_kept, .. } = scratch;
        system.clear();
        kept.clear();
        for k in nodes.neighbours(node) {
            if system.push(&self.variogram, nodes.coords[k], nodes.error_variances.get(k).copied().unwrap_or(0.0)) {
                kept.push(k);
            }
            nodes.weights[k] = 0.0;
        }
        nodes.variances[node] = system.weights(&self.variogram, nodes.at[node], self.known_mean, of_kept);
        for (&k, &weight) in kept.iter().zip(of_kept.iter()) {
            nodes.weights[k] = weight;
        }
    }
}

struct Weigh<'a> {
    weigher: &'a Weigher,
    covariance: &'a LaneCovariance,
    nodes: &'a mut Nodes,
    scratch: &'a mut WeighScratch,
}

impl WithSimd for Weigh<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let (mut begun, all) = (0, self.scratch.order.len());
        while begun < all {
            let order = &self.scratch.order[begun..];
            let count = order.iter().take(S::F64_LANES).take_while(|o| o.0 == order[0].0).count();
            if self.weigher.known_mean {
                self.systems::<S, 1>(simd, begun, count);
            } else {
                self.systems::<S, 2>(simd, begun, count);
            }
            begun += count;
        }
    }
}

impl Weigh<'_> {
    /// Weighs as many nodes as lanes, `count` of the order from `begun` on, which have as many blocks; lanes beyond repeat the last.
    /// `HEADS` right-hand sides: c₀ and, for weights that sum to 1, 1.
    #[inline(always)]
    fn systems<S: Simd, const HEADS: usize>(&mut self, simd: S, begun: usize, count: usize) {
        let Self { weigher, covariance, nodes, scratch } = self;
        let WeighScratch { order, alone, places, matrix, heads, .. } = &mut **scratch;
        let lanes = S::F64_LANES;
        let (zero, one) = (simd.splat_f64s(0.0), simd.splat_f64s(1.0));
        let blocks = order[begun].0 as usize;
        let n = blocks * BLOCK;
        let node_of = |lane: usize| order[begun + lane.min(count - 1)].1 as usize;

        let [eastings, northings] = places;
        let (eastings, northings) = (eastings.resize((n + 1) * lanes), northings.resize((n + 1) * lanes));
        for l in 0..lanes {
            let node = node_of(l);
            let of_node = nodes.neighbours(node);
            let coords = &nodes.coords[of_node];
            for k in 0..n {
                // Rows too many are cut off below; meanwhile they stand where the last neighbour does.
                let [x, y] = coords[k.min(coords.len() - 1)];
                (eastings[k * lanes + l], northings[k * lanes + l]) = (x, y);
            }
            [eastings[n * lanes + l], northings[n * lanes + l]] = nodes.at[node];
        }
        let (eastings, northings) = (vectors::<S>(eastings), vectors::<S>(northings));
        let target = [[eastings[n]], [northings[n]]];
        let (eastings, northings) = (&eastings[..n], &northings[..n]);
        let pairs = eastings.iter().zip(northings).map(|(&x, &y)| [x, y]);

        let matrix = matrix.resize(block_start(blocks) * BLOCK * lanes);
        let (tri, _) = vectors_mut::<S>(matrix).as_chunks_mut::<BLOCK>();
        for block in 0..blocks {
            let rows = block * BLOCK..(block + 1) * BLOCK;
            let at = [&eastings[rows.clone()], &northings[rows]].map(|c| std::array::from_fn(|p| c[p]));
            let pairs = pairs.clone().take((block + 1) * BLOCK);
            covariance.fill(simd, at, pairs, &mut tri[block_start(block)..block_start(block + 1)]);
        }
        // c₀ takes the first of the heads, and so does what is left of it when it is moved to its place.
        let heads = heads.resize(n * HEADS * lanes);
        let (of_target, _) = vectors_mut::<S>(&mut heads[..n * lanes]).as_chunks_mut::<1>();
        covariance.fill(simd, target, pairs, of_target);
        let (rows, _) = vectors_mut::<S>(heads).as_chunks_mut::<HEADS>();
        if HEADS > 1 {
            let flat = rows.as_flattened_mut();
            for k in (0..n).rev() {
                flat[k * HEADS] = flat[k];
                flat[k * HEADS + 1..(k + 1) * HEADS].fill(one);
            }
        }
        for l in 0..lanes {
            let of_node = nodes.neighbours(node_of(l));
            let found = of_node.len();
            let at = |i: usize, j: usize| ((block_start(i / BLOCK) + j) * BLOCK + i % BLOCK) * lanes + l;
            for (i, error) in nodes.error_variances.get(of_node).unwrap_or(&[]).iter().enumerate() {
                matrix[at(i, i)] += error;
            }
            for i in found..n {
                (0..i).for_each(|j| matrix[at(i, j)] = 0.0);
                matrix[at(i, i)] = 1.0;
                heads[i * HEADS * lanes + l..(i + 1) * HEADS * lanes].iter_mut().step_by(lanes).for_each(|h| *h = 0.0);
            }
        }

        let (tri, _) = vectors_mut::<S>(matrix).as_chunks_mut::<BLOCK>();
        factor(simd, tri, blocks, REDUNDANT);
        let (rows, _) = vectors_mut::<S>(heads).as_chunks_mut::<HEADS>();
        eliminate(simd, tri, rows);
        let mut variance = simd.splat_f64s(weigher.variogram.sill());
        rows.iter().for_each(|row| variance = less_product(simd, variance, row[0], row[0]));
        if HEADS > 1 {
            let (mut information, mut excess) = (zero, one);
            for row in rows.iter() {
                information = simd.mul_add_e_f64s(row[1], row[1], information);
                excess = less_product(simd, excess, row[1], row[0]);
            }
            let step = simd.div_f64s(excess, information);
            variance = simd.mul_add_e_f64s(excess, step, variance);
            rows.iter_mut().for_each(|row| row[0] = simd.mul_add_e_f64s(row[1], step, row[0]));
        }
        back(simd, tri, rows);

        let mut variances = [0.0; crate::simd::MOST_LANES];
        vectors_mut::<S>(&mut variances[..lanes])[0] = variance;
        for l in 0..count {
            let node = node_of(l);
            if !variances[l].is_finite() {
                alone.push(node as u32);
                continue;
            }
            nodes.variances[node] = variances[l].max(0.0);
            let of_node = nodes.neighbours(node);
            for (weight, row) in nodes.weights[of_node].iter_mut().zip(heads.chunks_exact(HEADS * lanes)) {
                *weight = row[l];
            }
        }
    }
}

/// Replaces the first of each row by what L⁻ᵀ makes of it.
#[inline(always)]
fn back<S: Simd, const HEADS: usize>(simd: S, factor: &[[S::f64s; BLOCK]], rows: &mut [[S::f64s; HEADS]]) {
    for block in (0..rows.len() / BLOCK).rev() {
        let of_block = &factor[block_start(block)..block_start(block + 1)];
        let (above, own) = of_block.split_at(block * BLOCK);
        let (before, rest) = rows.split_at_mut(block * BLOCK);
        let mut x: [S::f64s; BLOCK] = std::array::from_fn(|p| rest[p][0]);
        for q in (0..BLOCK).rev() {
            x[q] = simd.mul_f64s(x[q], own[q][q]);
            for k in 0..q {
                x[k] = less_product(simd, x[k], own[k][q], x[q]);
            }
        }
        for p in 0..BLOCK {
            rest[p][0] = x[p];
        }
        for (row, l) in before.iter_mut().zip(above) {
            for p in 0..BLOCK {
                row[0] = less_product(simd, row[0], l[p], x[p]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use crate::variogram::ModelTemplate;

    fn model(text: &str) -> Variogram {
        text.parse::<ModelTemplate>().unwrap().complete().unwrap().unwrap()
    }

    /// Nodes with 0 to `most` neighbours, anywhere and on a lattice, some at one place or at the node's own, some with errors.
    fn nodes(most: usize, count: usize) -> Nodes {
        let mut random = Random::new(7);
        let (mut nodes, mut errors) = (Nodes::default(), Vec::new());
        for node in 0..count {
            let place = |random: &mut Random| match node % 2 {
                0 => [5e5 + 100.0 * random.uniform(), 100.0 * random.uniform()],
                _ => [5e5 + 10.0 * random.below(12) as f64, 10.0 * random.below(12) as f64],
            };
            for _ in 0..random.below(most as u64 + 1) {
                let at = place(&mut random);
                nodes.add_neighbour(at);
                errors.push(if node % 5 == 0 { 0.3 * random.uniform() } else { 0.0 });
            }
            let at = place(&mut random);
            nodes.add(at);
        }
        nodes.set_error_variances(errors.into_iter());
        nodes
    }

    #[test]
    fn lanes_have_the_weights_of_the_plain_version_and_of_other_instructions() {
        for (text, tolerance) in [
            ("0.3 Nug + 0.7 Sph(50)", 1e-11),
            ("1 Exp(30, az=40, ratio=0.5)", 1e-11),
            ("0.1 Nug + 0.5 Sph(20) + 0.4 Mat(15, kappa=1.5)", 1e-11),
            // Neighbours that say nothing beside others are passed over; those that are not are nearly so.
            ("1 Gau(25)", 1e-5),
        ] {
            for known_mean in [true, false] {
                for most in [3, 48, 70] {
                    let (mut found, mut expected) = (nodes(most, 90), nodes(most, 90));
                    let lanes = Weigher::new(&model(text), known_mean);
                    assert!(lanes.lanes.is_some());
                    let mut scratch = WeighScratch::default();
                    lanes.weigh(&mut found, &mut scratch);
                    Weigher::new(&model(text), known_mean).plain().weigh(&mut expected, &mut scratch);
                    let mut scalar = nodes(most, 90);
                    lanes.weigh_by(Arch::Scalar, &mut scalar, &mut scratch);
                    for node in 0..90 {
                        let off = (scalar.weighed(node).1 - found.weighed(node).1).abs();
                        assert!(
                            off <= tolerance / 10.0,
                            "{text}: by other instructions the variance is off by {off:e}"
                        );
                        let ((weights, variance), (of_plain, variance_of_plain)) =
                            (found.weighed(node), expected.weighed(node));
                        let what = format!("{text}, known mean {known_mean}, {} neighbours", weights.len());
                        assert!((variance - variance_of_plain).abs() <= tolerance, "{what}: {variance}");
                        // What weights are for: sums with values of the field's size.
                        let off: f64 = weights.iter().zip(of_plain).map(|(a, b)| (a - b).abs()).sum();
                        assert!(off <= tolerance * (1.0 + weights.len() as f64), "{what}: weights are off by {off:e}");
                        if !known_mean && !weights.is_empty() {
                            assert!((weights.iter().sum::<f64>() - 1.0).abs() < tolerance, "{what}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn neighbours_that_say_nothing_new_have_no_weight() {
        let weigher = Weigher::new(&model("0.2 Nug + 1 Exp(20)"), false);
        for plain in [false, true] {
            let weigher = if plain { Weigher::new(&weigher.variogram, false).plain() } else { weigher.clone() };
            let mut nodes = Nodes::default();
            for at in [[1.0, 0.0], [1.0, 0.0], [0.0, 2.0], [1.0, 0.0]] {
                nodes.add_neighbour(at);
            }
            nodes.add([0.0, 0.0]);
            weigher.weigh(&mut nodes, &mut WeighScratch::default());
            let (weights, _) = nodes.weighed(0);
            assert!(weights[0] > 0.0 && weights[2] > 0.0, "{weights:?}");
            assert_eq!([weights[1], weights[3]], [0.0; 2]);
            assert!((weights[0] + weights[2] - 1.0).abs() < 1e-15);
        }
    }

    #[test]
    fn weights_do_not_depend_on_the_company_of_a_node() {
        let weigher = Weigher::new(&model("0.3 Nug + 0.7 Sph(50)"), false);
        let (mut all, mut scratch) = (nodes(20, 61), WeighScratch::default());
        weigher.weigh(&mut all, &mut scratch);
        for node in 0..61 {
            let mut one = Nodes::default();
            all.neighbours(node).for_each(|k| one.add_neighbour(all.coords[k]));
            one.add(all.at[node]);
            one.set_error_variances(all.neighbours(node).map(|k| all.error_variances[k]));
            weigher.weigh(&mut one, &mut scratch);
            assert_eq!(one.weighed(0), all.weighed(node), "node {node}");
        }
    }

    #[test]
    fn models_and_sizes_that_do_not_go_in_lanes_are_weighed_one_by_one() {
        let wave = Weigher::new(&model("0.3 Nug + 0.7 Wav(50)"), true);
        assert!(wave.lanes.is_none());
        let mut found = nodes(9, 10);
        wave.weigh(&mut found, &mut WeighScratch::default());
        let mut large = Nodes::default();
        let mut random = Random::new(1);
        for _ in 0..=MOST {
            large.add_neighbour([random.uniform(), random.uniform()]);
        }
        large.add([0.5, 0.5]);
        large.set_error_variances(std::iter::repeat_n(0.1, MOST + 1));
        let exponential = Weigher::new(&model("1 Exp(1)"), false);
        exponential.weigh(&mut large, &mut WeighScratch::default());
        let (weights, variance) = large.weighed(0);
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12 && variance > 0.0 && variance < 0.1);
    }
}

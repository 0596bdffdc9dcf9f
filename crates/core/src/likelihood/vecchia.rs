//! Vecchia's likelihood: the product of every sample's density given a few samples before it.
//!
//! With L Lᵀ the covariance matrix of a block (earlier places and responses), b = L⁻ᵀe the row of the inverse factor that
//! belongs to a response, and A = L⁻¹CⱼL⁻ᵀ, the response adds 2 log L_rr to log |C|, (Yᵀb)(Yᵀb)ᵀ to YᵀC⁻¹Y, A_rr to the
//! trace, and ½ A²_rr + Σ_{k<r} A²_rk to the expected information; the derivative of Yᵀb is
//! −Σ_{k<r} A_rk (L⁻¹Y)_k − ½ A_rr (L⁻¹Y)_r. With all earlier samples as neighbours the product is the likelihood itself.
//!
//! # Source
//! Vecchia (1988), *JRSS B* 50:297; Stein, Chi & Welty (2004), *JRSS B* 66:275, for the restricted likelihood; Guinness
//! (2018), *Technometrics* 60:415, for blocks; Guinness (2021), *Statistics and Computing* 31:25, for derivatives and
//! information in one pass; Katzfuss & Guinness (2021), *Statistical Science* 36:124, for an overview.

use super::data::Data;
use super::grouping::{Block, grouped};
use super::kernel::{Derivative, Kernel};
use super::lanes::{LANES, Lanes, factor, multiply_symmetric, row_start, solve_lower, solve_upper};
use super::neighbours::Neighbours;
use super::ordering::max_min_order;
use super::terms::Terms;
use crate::Result;
use crate::executor::{Executor, map};

/// Samples in maximum-minimum-distance order, in blocks.
#[derive(Debug, Clone)]
pub(super) struct Vecchia {
    data: Data,
    blocks: Vec<Block>,
    neighbours: usize,
    /// Numbers and weights of the blocks that are summed, in tasks.
    tasks: Vec<Vec<(u32, f64)>>,
    /// Whether these are all of them.
    whole: bool,
}

/// Blocks of one task: small enough to share out, large enough that a task's memory is made seldom.
const TASK: usize = 128;

impl Vecchia {
    /// Prepares samples for `neighbours` earlier neighbours each.
    ///
    /// # Errors
    /// A cancelled executor.
    pub(super) fn new(data: &Data, neighbours: usize, executor: &dyn Executor) -> Result<Self> {
        let data = data.reordered(&max_min_order(&data.places));
        Self::of_ordered(data, neighbours, executor)
    }

    /// The same samples with another number of neighbours.
    ///
    /// # Errors
    /// A cancelled executor.
    pub(super) fn with_neighbours(&self, neighbours: usize, executor: &dyn Executor) -> Result<Self> {
        Self::of_ordered(self.data.clone(), neighbours, executor)
    }

    /// Samples that are in their order already.
    ///
    /// # Errors
    /// A cancelled executor.
    pub(super) fn of_ordered(data: Data, neighbours: usize, executor: &dyn Executor) -> Result<Self> {
        let blocks = grouped(&Neighbours::earlier(&data.places, neighbours, executor)?);
        Ok(Self::of_blocks(data, blocks, neighbours))
    }

    /// Ordered samples in given blocks.
    pub(super) fn of_blocks(data: Data, blocks: Vec<Block>, neighbours: usize) -> Self {
        let all: Vec<(u32, f64)> = (0..blocks.len() as u32).map(|b| (b, 1.0)).collect();
        Self { data, blocks, neighbours, tasks: all.chunks(TASK).map(<[_]>::to_vec).collect(), whole: true }
    }

    /// The samples in their order.
    pub(super) fn data(&self) -> &Data {
        &self.data
    }

    pub(super) fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Nearest earlier neighbours asked for.
    pub(super) fn neighbours(&self) -> usize {
        self.neighbours
    }

    /// Mean number of samples that a response is conditioned on.
    pub(super) fn mean_conditioning(&self) -> f64 {
        let sum: usize = self.blocks.iter().flat_map(|b| &b.responses).map(|&r| r as usize).sum();
        sum as f64 / self.data.len() as f64
    }

    /// The same likelihood from a part of the responses: all the first ones, which carry the long distances, and every
    /// so many blocks of the rest at so many times their weight. The sum is an unbiased estimate of the whole one, and
    /// knows the short distances of all samples; its maximum is where the whole one is begun.
    pub(super) fn thinned(&self, responses: usize) -> Self {
        self.selected(responses, responses / 4, true)
    }

    /// A part of the likelihood that is one itself: about so many responses' densities, each at its own weight, half of them
    /// the first, which carry the long distances, and half spread evenly over the rest, which carry the short ones. Its
    /// gradient has the variance that its information says, which that of [`thinned`](Self::thinned) has not.
    pub(super) fn part(&self, responses: usize) -> Self {
        if self.responses() <= responses {
            return self.clone();
        }
        self.selected(responses, responses / 2, false)
    }

    /// About `responses` of the responses that are summed: those of rank below `first`, and every so many blocks of the
    /// rest, which stand for the others where they are `weighted`.
    fn selected(&self, responses: usize, first: usize, weighted: bool) -> Self {
        let of_first = |b: &Block| (b.places[b.responses[0] as usize] as usize) < first;
        let summed = self.tasks.iter().flatten().map(|&(b, _)| b);
        let (first, rest): (Vec<u32>, Vec<u32>) = summed.partition(|&b| of_first(&self.blocks[b as usize]));
        let count = |list: &[u32]| list.iter().map(|&b| self.blocks[b as usize].responses.len()).sum::<usize>();
        let step = (count(&rest) / responses.saturating_sub(count(&first)).max(1)).max(1);
        let chosen: Vec<u32> = rest.iter().copied().skip(step / 2).step_by(step).collect();
        let represents = !chosen.is_empty() && weighted;
        let weight = if represents { count(&rest) as f64 / count(&chosen) as f64 } else { 1.0 };
        let mut all: Vec<(u32, f64)> = first.into_iter().map(|b| (b, 1.0)).collect();
        all.extend(chosen.into_iter().map(|b| (b, weight)));
        Self { tasks: all.chunks(TASK / 4).map(<[_]>::to_vec).collect(), whole: false, ..self.clone() }
    }

    /// Whether all responses are summed.
    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    /// The same likelihood of other data at the same places in the same order.
    pub(super) fn with_data(&self, data: Data) -> Self {
        Self { data, ..self.clone() }
    }

    /// Ranks of the responses that are summed.
    pub(super) fn ranks(&self) -> impl Iterator<Item = usize> + '_ {
        self.tasks.iter().flatten().flat_map(|&(b, _)| {
            let block = &self.blocks[b as usize];
            block.responses.iter().map(|&r| block.places[r as usize] as usize)
        })
    }

    /// Responses that are summed.
    pub(super) fn responses(&self) -> usize {
        self.tasks.iter().flatten().map(|&(b, _)| self.blocks[b as usize].responses.len()).sum()
    }

    /// The sums for a kernel; `None` where a block's covariance matrix is singular.
    ///
    /// # Errors
    /// A cancelled executor.
    pub(super) fn terms(&self, kernel: &Kernel, derivatives: bool, executor: &dyn Executor) -> Result<Option<Terms>> {
        let parameters = if derivatives { kernel.derivatives().len() } else { 0 };
        let parts = map(executor, self.tasks.len(), |task| {
            let mut sums = Terms::zero(self.data.columns, parameters);
            let mut work = Work::default();
            for &(block, weight) in &self.tasks[task] {
                let block = &self.blocks[block as usize];
                if !work.factor(&self.data, block, kernel, derivatives) {
                    return None;
                }
                if derivatives {
                    work.add_with_derivatives(&self.data, block, kernel, weight, &mut sums);
                } else {
                    work.add(block, weight, self.data.columns, &mut sums);
                }
            }
            Some(sums)
        })?;
        let mut total = Terms::zero(self.data.columns, parameters);
        for part in parts {
            let Some(part) = part else { return Ok(None) };
            total.merge(&part);
        }
        Ok(Some(total))
    }

    /// Numbers of pairs that are evaluated: what tables of a correlation are worth.
    pub(super) fn pairs(&self) -> usize {
        self.responses() * self.neighbours
    }
}

/// Memory of one block.
#[derive(Debug, Default)]
pub(super) struct Work {
    coords: Vec<super::place::Place>,
    /// Packed covariance matrix, then its Cholesky factor.
    pub(super) lower: Vec<f64>,
    /// Packed matrices of the dense derivatives, one after the other.
    dense: Vec<f64>,
    rows: Vec<f64>,
    /// Own error variances, the variogram's included.
    errors: Vec<f64>,
    /// Pairs of positions at one place.
    coincident: Vec<(u32, u32)>,
    /// L⁻¹Y, row by row.
    pub(super) solved: Vec<f64>,
    /// Rows of L⁻¹ that belong to responses, as columns.
    pub(super) inverse: Vec<Lanes>,
    /// Columns of A that belong to responses, for each parameter.
    pub(super) products: Vec<Vec<Lanes>>,
}

impl Work {
    /// Factors the covariance matrix of a block and solves for Y; false where it is singular.
    #[must_use]
    pub(super) fn factor(&mut self, data: &Data, block: &Block, kernel: &Kernel, derivatives: bool) -> bool {
        let n = block.places.len();
        let size = row_start(n);
        self.coords.clear();
        self.coords.extend(block.places.iter().map(|&i| data.places[i as usize]));
        self.lower.resize(size, 0.0);
        let dense = if derivatives { kernel.dense() } else { 0 };
        self.dense.resize(size * dense, 0.0);
        self.errors.clear();
        self.errors.extend(block.places.iter().map(|&i| kernel.error_variance() + data.error(i as usize)));
        self.coincident.clear();
        for i in 0..n {
            let (start, end) = (row_start(i), row_start(i) + i + 1);
            let row = &mut self.lower[start..end];
            let coords = &self.coords[..=i];
            if dense > 0 {
                kernel.with_derivatives(coords[i], coords, row, &mut self.dense[start..], size);
            } else {
                kernel.covariances(coords[i], coords, row);
            }
            row[i] += kernel.nugget() + self.errors[i];
            if data.coincident {
                for j in 0..i {
                    if coords[j] == coords[i] {
                        row[j] += kernel.nugget();
                        self.coincident.push((i as u32, j as u32));
                    }
                }
            }
        }
        if !factor(&mut self.lower, n) {
            return false;
        }
        let c = data.columns;
        self.solved.clear();
        for (i, &place) in block.places.iter().enumerate() {
            let row = &self.lower[row_start(i)..=row_start(i) + i];
            self.rows.clear();
            self.rows.extend_from_slice(data.row(place as usize));
            for (l, y) in row.iter().zip(self.solved.chunks_exact(c)) {
                for (r, y) in self.rows.iter_mut().zip(y) {
                    *r -= l * y;
                }
            }
            self.solved.extend(self.rows.iter().map(|r| r / row[i]));
        }
        true
    }

    /// Adds what the responses of a factored block bring.
    fn add(&self, block: &Block, weight: f64, c: usize, sums: &mut Terms) {
        for &response in &block.responses {
            let r = response as usize;
            sums.count += weight;
            sums.log_determinant += 2.0 * weight * self.lower[row_start(r) + r].ln();
            add_product(&mut sums.cross, &self.solved[r * c..(r + 1) * c], weight);
        }
    }

    /// Adds what the responses of a factored block bring, derivatives too.
    fn add_with_derivatives(&mut self, data: &Data, block: &Block, kernel: &Kernel, weight: f64, sums: &mut Terms) {
        self.add(block, weight, data.columns, sums);
        for responses in block.responses.chunks(LANES) {
            self.form_products(responses, kernel);
            self.add_products(responses, data.columns, weight, sums);
        }
    }

    /// The columns of A = L⁻¹CⱼL⁻ᵀ that belong to responses, for every parameter.
    pub(super) fn form_products(&mut self, responses: &[u32], kernel: &Kernel) {
        let used = responses.last().map_or(0, |&r| r as usize + 1);
        let size = self.lower.len();
        self.inverse.clear();
        self.inverse.resize(used, [0.0; LANES]);
        for (lane, &r) in responses.iter().enumerate() {
            self.inverse[r as usize][lane] = 1.0;
        }
        solve_upper(&self.lower, &mut self.inverse);
        self.products.resize_with(kernel.derivatives().len(), Vec::new);
        for (derivative, product) in kernel.derivatives().iter().zip(&mut self.products) {
            product.clear();
            product.resize(used, [0.0; LANES]);
            match derivative {
                Derivative::Dense(k) => {
                    multiply_symmetric(&self.dense[k * size..(k + 1) * size], &self.inverse, product);
                }
                Derivative::Nugget => noise(kernel.nugget(), None, &self.inverse, &self.coincident, product),
                // C less nugget and errors: L⁻¹CL⁻ᵀ is the identity.
                Derivative::Remainder => {
                    noise(kernel.nugget(), Some(&self.errors), &self.inverse, &self.coincident, product);
                }
            }
            solve_lower(&self.lower, product);
            if *derivative == Derivative::Remainder {
                for x in product.iter_mut().flatten() {
                    *x = -*x;
                }
                for (lane, &r) in responses.iter().enumerate() {
                    product[r as usize][lane] += 1.0;
                }
            }
            for (lane, &r) in responses.iter().enumerate() {
                for x in &mut product[r as usize + 1..] {
                    x[lane] = 0.0;
                }
            }
        }
    }

    fn add_products(&self, responses: &[u32], c: usize, weight: f64, sums: &mut Terms) {
        let parameters = self.products.len();
        let mut of_row = vec![0.0; LANES * c];
        for j in 0..parameters {
            for l in 0..=j {
                let mut lanes = [0.0; LANES];
                for (a, b) in self.products[j].iter().zip(&self.products[l]) {
                    for k in 0..LANES {
                        lanes[k] += a[k] * b[k];
                    }
                }
                let mut sum = 0.0;
                for (lane, &r) in responses.iter().enumerate() {
                    sum += lanes[lane] - 0.5 * self.products[j][r as usize][lane] * self.products[l][r as usize][lane];
                }
                sums.information[(j, l)] += weight * sum;
                if l != j {
                    sums.information[(l, j)] += weight * sum;
                }
            }
            // Derivatives of Yᵀb, one row of `of_row` a column of Y.
            of_row.fill(0.0);
            for (a, y) in self.products[j].iter().zip(self.solved.chunks_exact(c)) {
                for (row, y) in of_row.chunks_exact_mut(LANES).zip(y) {
                    for k in 0..LANES {
                        row[k] -= a[k] * y;
                    }
                }
            }
            for (lane, &r) in responses.iter().enumerate() {
                let r = r as usize;
                let own = self.products[j][r][lane];
                let y = &self.solved[r * c..(r + 1) * c];
                sums.trace[j] += weight * own;
                let cross = &mut sums.cross_derivatives[j];
                for s in 0..c {
                    let derivative = weight * (of_row[s * LANES + lane] + 0.5 * own * y[s]);
                    for t in 0..c {
                        cross[(s, t)] += derivative * y[t];
                        cross[(t, s)] += derivative * y[t];
                    }
                }
            }
        }
    }
}

/// (nugget · coincidence + errors) · source.
fn noise(nugget: f64, errors: Option<&[f64]>, source: &[Lanes], coincident: &[(u32, u32)], target: &mut [Lanes]) {
    for (i, (s, t)) in source.iter().zip(target.iter_mut()).enumerate() {
        let variance = nugget + errors.map_or(0.0, |e| e[i]);
        for k in 0..LANES {
            t[k] = variance * s[k];
        }
    }
    for &(i, j) in coincident {
        let (i, j) = (i as usize, j as usize);
        for (to, from) in [(i, j), (j, i)] {
            if to < source.len() && from < source.len() {
                for k in 0..LANES {
                    target[to][k] += nugget * source[from][k];
                }
            }
        }
    }
}

/// sum += weight · y yᵀ.
fn add_product(sum: &mut nalgebra::DMatrix<f64>, y: &[f64], weight: f64) {
    for (s, a) in y.iter().enumerate() {
        for (t, b) in y.iter().enumerate() {
            sum[(s, t)] += weight * a * b;
        }
    }
}

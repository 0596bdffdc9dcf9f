//! Targets of factored systems: four of each lane at a time.

use pulp::Simd;

use super::solve::{Asked, Lane, Recipe, Systems};
use super::triangle::{BLOCK, eliminate};
use crate::drift::{Basis, RANK_TOLERANCE};
use crate::kriging::non_negative;
use crate::simd::{Aligned, MOST_LANES, less_product, vectors_mut};
use crate::{Coord, Prediction};

/// Working memory for targets.
#[derive(Debug, Default)]
pub(super) struct TargetScratch {
    /// Covariances of four targets a lane, then L⁻¹ of them; and those of one node of a block.
    rows: Aligned,
    node_rows: Aligned,
    /// Factor of G, L_G⁻¹Uᵀy, then of four targets the drift's functions and what the samples leave of them.
    small: Aligned,
    functions: Vec<f64>,
    node_functions: Vec<f64>,
}

/// Where what is found goes.
pub(super) struct Outcomes<'a, 't> {
    recipe: &'a Recipe<'a>,
    asked: Asked<'a, 't>,
}

/// Which targets are in the four rows: those from `first` on, in the rows from `from` on.
#[derive(Clone, Copy)]
struct Four {
    first: usize,
    from: usize,
}

impl Four {
    /// The target in row `p` of a lane; some other one where the lane has none there.
    fn of(self, lane: Lane<'_>, p: usize) -> usize {
        lane.targets[(self.first + p.saturating_sub(self.from)).min(lane.targets.len() - 1)] as usize
    }
}

impl<'a, 't> Outcomes<'a, 't> {
    pub(super) fn new(recipe: &'a Recipe<'a>, asked: Asked<'a, 't>) -> Self {
        Self { recipe, asked }
    }

    /// Predicts the targets of each `lane`, none of which has more than the first.
    #[inline(always)]
    pub(super) fn predict<'l, S: Simd>(
        &mut self,
        simd: S,
        systems: Systems<'_, S>,
        lane: impl Fn(usize) -> Lane<'l>,
        scratch: &mut TargetScratch,
    ) {
        let recipe = self.recipe;
        let (columns, data) = (recipe.setting.basis.columns(), &recipe.data);
        let (n, several) = (systems.n, data.len());
        let (lanes, zero) = (S::F64_LANES, simd.splat_f64s(0.0));
        let splat = |v: f64| simd.splat_f64s(v);
        let TargetScratch { rows, node_rows, small, functions: spare, node_functions } = scratch;

        // The first targets take the rows that data and drift leave of their last block.
        let (last, taken) = ((several + columns) / BLOCK, (several + columns) % BLOCK);
        let heads = systems.heads;
        let places = [systems.eastings, systems.northings];
        let mut four = Four { first: 0, from: taken };
        if taken > 0 {
            self.covariances(simd, four, &lane, places, rows, node_rows);
            let (rows, _) = vectors_mut::<S>(rows.get_mut()).as_chunks_mut::<BLOCK>();
            for (head, row) in heads[last * n..].iter_mut().zip(rows) {
                head[taken..].copy_from_slice(&row[taken..]);
            }
        }
        heads.chunks_exact_mut(n).for_each(|head| eliminate(simd, systems.factor, head));
        let heads: &[[S::f64s; BLOCK]] = heads;
        let head = |row: usize, k: usize| heads[row / BLOCK * n + k][row % BLOCK];

        let packed = columns * (columns + 1) / 2;
        let small = vectors_mut::<S>(small.resize((packed + columns * (several + 2 * BLOCK)) * lanes));
        let (gram, small) = small.split_at_mut(packed);
        let (coefficients, small) = small.split_at_mut(columns * several);
        let (functions, rest) = small.split_at_mut(columns * BLOCK);
        for i in 0..columns {
            let own = several + i;
            let product =
                |other: usize| (0..n).fold(zero, |sum, k| simd.mul_add_e_f64s(head(own, k), head(other, k), sum));
            (0..=i).for_each(|j| gram[i * (i + 1) / 2 + j] = product(several + j));
            (0..several).for_each(|nth| coefficients[nth * columns + i] = product(nth));
        }
        let regular = lanes_of::<S>(factor_drift(simd, columns, gram, coefficients, systems.regular));
        let own = splat(self.recipe.setting.own_variance);

        let most = lane(0).targets.len();
        while four.first < most {
            if four.from == 0 {
                self.covariances(simd, four, &lane, places, rows, node_rows);
                eliminate(simd, systems.factor, vectors_mut::<S>(rows.get_mut()).as_chunks_mut::<BLOCK>().0);
            }
            self.functions(simd, four, &lane, systems.bases, functions, [&mut *spare, &mut *node_functions]);
            rest.copy_from_slice(functions);
            let found: &[[S::f64s; BLOCK]] =
                if four.from == 0 { vectors_mut::<S>(rows.get_mut()).as_chunks().0 } else { &heads[last * n..] };
            let (mut value, mut squares) = ([zero; BLOCK], [zero; BLOCK]);
            for (k, w) in found.iter().enumerate() {
                let y = head(0, k);
                for p in 0..BLOCK {
                    value[p] = simd.mul_add_e_f64s(w[p], y, value[p]);
                    squares[p] = simd.mul_add_e_f64s(w[p], w[p], squares[p]);
                }
                for (c, rest) in rest.chunks_exact_mut(BLOCK).enumerate() {
                    let u = head(several + c, k);
                    (0..BLOCK).for_each(|p| rest[p] = less_product(simd, rest[p], w[p], u));
                }
            }
            let mut variance: [S::f64s; BLOCK] = std::array::from_fn(|p| simd.sub_f64s(own, squares[p]));
            let mut multiplier = [zero; BLOCK];
            for i in 0..columns {
                let row = &gram[i * (i + 1) / 2..=i * (i + 1) / 2 + i];
                for p in 0..BLOCK {
                    let (mut r, mut f) = (rest[i * BLOCK + p], functions[i * BLOCK + p]);
                    for j in 0..i {
                        r = less_product(simd, r, row[j], rest[j * BLOCK + p]);
                        f = less_product(simd, f, row[j], functions[j * BLOCK + p]);
                    }
                    (r, f) = (simd.mul_f64s(r, row[i]), simd.mul_f64s(f, row[i]));
                    (rest[i * BLOCK + p], functions[i * BLOCK + p]) = (r, f);
                    variance[p] = simd.mul_add_e_f64s(r, r, variance[p]);
                    multiplier[p] = simd.mul_add_e_f64s(f, r, multiplier[p]);
                }
            }
            for (nth, of_one) in data.iter().enumerate() {
                if nth > 0 {
                    value = [zero; BLOCK];
                    for (k, w) in found.iter().enumerate() {
                        let y = head(nth, k);
                        (0..BLOCK).for_each(|p| value[p] = simd.mul_add_e_f64s(w[p], y, value[p]));
                    }
                }
                let coefficients = &coefficients[nth * columns..(nth + 1) * columns];
                for (rest, &coefficient) in rest.chunks_exact(BLOCK).zip(coefficients) {
                    (0..BLOCK).for_each(|p| value[p] = simd.mul_add_e_f64s(rest[p], coefficient, value[p]));
                }
                let (centre, out) = (splat(of_one.centre), &mut self.asked.outs[of_one.out]);
                for p in four.from..BLOCK {
                    let value = lanes_of::<S>(simd.add_f64s(centre, value[p]));
                    let (variance, multiplier) = (lanes_of::<S>(variance[p]), lanes_of::<S>(multiplier[p]));
                    for l in 0..systems.used {
                        let Some(&target) = lane(l).targets.get(four.first + p - four.from) else { continue };
                        if regular[l] == 0.0 {
                            self.asked.singular.push((of_one.out as u32, target));
                            continue;
                        }
                        let prediction = Prediction {
                            value: value[l],
                            variance: Some(non_negative(variance[l])),
                            multiplier: multiplier[l],
                        };
                        out.set(target as usize, Ok(prediction));
                    }
                }
            }
            four = Four { first: four.first + BLOCK - four.from, from: 0 };
        }
    }

    /// Covariances of four targets a lane to the samples of its system, means over the nodes where they are blocks.
    #[inline(always)]
    fn covariances<'l, S: Simd>(
        &self,
        simd: S,
        four: Four,
        lane: &impl Fn(usize) -> Lane<'l>,
        [eastings, northings]: [&[S::f64s]; 2],
        rows: &mut Aligned,
        node_rows: &mut Aligned,
    ) {
        let Recipe { setting, covariance, .. } = self.recipe;
        let (n, lanes) = (eastings.len(), S::F64_LANES);
        let mut at = [[[0.0; MOST_LANES]; BLOCK]; 2];
        for l in 0..lanes {
            let lane = lane(l);
            for p in 0..BLOCK {
                let [x, y] = self.asked.targets.coord(four.of(lane, p));
                (at[0][p][l], at[1][p][l]) = (x, y);
            }
        }
        let at: [[S::f64s; BLOCK]; 2] = at.map(|c| c.map(|mut numbers| vectors_mut::<S>(&mut numbers[..lanes])[0]));
        let pairs = eastings.iter().zip(northings).map(|(&x, &y)| [x, y]);
        let numbers = rows.resize(n * BLOCK * lanes);
        let (out, _) = vectors_mut::<S>(numbers).as_chunks_mut::<BLOCK>();
        if setting.nodes().is_empty() {
            covariance.fill(simd, at, pairs, out);
        } else {
            out.fill([simd.splat_f64s(0.0); BLOCK]);
            let (of_node, _) = vectors_mut::<S>(node_rows.resize(n * BLOCK * lanes)).as_chunks_mut::<BLOCK>();
            for node in setting.nodes() {
                let moved =
                    std::array::from_fn(|axis| at[axis].map(|c| simd.add_f64s(c, simd.splat_f64s(node.offset[axis]))));
                covariance.fill(simd, moved, pairs.clone(), of_node);
                let weight = simd.splat_f64s(node.weight);
                for (out, of_node) in out.iter_mut().zip(of_node.iter()) {
                    (0..BLOCK).for_each(|p| out[p] = simd.mul_add_e_f64s(weight, of_node[p], out[p]));
                }
            }
        }
        for l in 0..lanes {
            for k in lane(l).members.len()..n {
                (0..BLOCK).for_each(|p| numbers[(k * BLOCK + p) * lanes + l] = 0.0);
            }
        }
    }

    /// The drift's functions at four targets a lane.
    #[inline(always)]
    fn functions<'l, S: Simd>(
        &self,
        simd: S,
        four: Four,
        lane: &impl Fn(usize) -> Lane<'l>,
        bases: &[Basis],
        out: &mut [S::f64s],
        [of_one, of_node]: [&mut Vec<f64>; 2],
    ) {
        let setting = self.recipe.setting;
        let (lanes, columns) = (S::F64_LANES, setting.basis.columns());
        if columns < 2 {
            return out.fill(simd.splat_f64s(1.0));
        }
        of_one.resize(columns, 0.0);
        for p in four.from..BLOCK {
            for l in 0..lanes {
                let target = four.of(lane(l), p);
                // Targets whose covariates are not known never come here.
                let covariates = if bases[l].covariates() == 0 { &[] } else { self.asked.targets.covariates(target) };
                let at: Coord = self.asked.targets.coord(target);
                setting.drift(&bases[l], at, covariates, of_one, of_node);
                for (c, value) in of_one.iter().enumerate() {
                    let vector = &mut out[c * BLOCK + p];
                    *vector = with_lane::<S>(*vector, l, *value);
                }
            }
        }
    }
}

/// Factors G = UᵀU of `columns` functions, packed row by row, and solves for the coefficients, one set of them after the other;
/// reciprocals stand on the diagonal. `regular` loses the lanes in which drift functions cannot be told apart.
#[inline(always)]
fn factor_drift<S: Simd>(
    simd: S,
    columns: usize,
    gram: &mut [S::f64s],
    coefficients: &mut [S::f64s],
    mut regular: S::f64s,
) -> S::f64s {
    let tolerance = simd.splat_f64s(RANK_TOLERANCE);
    for i in 0..columns {
        let (above, row) = gram.split_at_mut(i * (i + 1) / 2);
        for j in 0..i {
            let other = &above[j * (j + 1) / 2..];
            (0..j).for_each(|k| row[j] = less_product(simd, row[j], row[k], other[k]));
            row[j] = simd.mul_f64s(row[j], other[j]);
        }
        let before = row[i];
        (0..i).for_each(|k| row[i] = less_product(simd, row[i], row[k], row[k]));
        let told = simd.greater_than_f64s(row[i], simd.mul_f64s(tolerance, before));
        regular = simd.select_f64s(told, regular, simd.splat_f64s(0.0));
        row[i] = simd.div_f64s(simd.splat_f64s(1.0), simd.sqrt_f64s(row[i]));
        for set in coefficients.chunks_exact_mut(columns) {
            (0..i).for_each(|k| set[i] = less_product(simd, set[i], row[k], set[k]));
            set[i] = simd.mul_f64s(set[i], row[i]);
        }
    }
    regular
}

/// The numbers of a vector, and zeros.
#[inline(always)]
fn lanes_of<S: Simd>(vector: S::f64s) -> [f64; MOST_LANES] {
    let mut numbers = [0.0; MOST_LANES];
    vectors_mut::<S>(&mut numbers[..S::F64_LANES])[0] = vector;
    numbers
}

/// A vector with another number in one lane.
#[inline(always)]
fn with_lane<S: Simd>(vector: S::f64s, lane: usize, number: f64) -> S::f64s {
    let mut numbers = lanes_of::<S>(vector);
    numbers[lane] = number;
    vectors_mut::<S>(&mut numbers[..S::F64_LANES])[0]
}

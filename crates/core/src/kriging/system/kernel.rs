//! The kernels of a tile: sums of products held in registers, as many as there are.

use pulp::{Simd, WithSimd};

use super::tile::{PANEL, Tile};
use crate::simd::{less_product, vectors, vectors_mut};

/// What is done with a tile.
pub(super) enum Work<'a> {
    LessTransposed { a: &'a Tile, b: &'a Tile, lower: bool },
    LessPlain { a: &'a Tile, b: &'a Tile },
    Forward { lower: &'a Tile },
    Backward { lower: &'a Tile },
    Factor { tolerance: f64 },
}

/// Work to be done with the best instructions there are; false for a matrix that has no factor.
pub(super) struct Kernel<'a> {
    pub(super) x: &'a mut Tile,
    pub(super) work: Work<'a>,
}

impl WithSimd for Kernel<'_> {
    type Output = bool;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> bool {
        // As many sums as the registers hold beside their operands: 24 of 32, 8 of 16, 16 of 32, 8.
        match S::F64_LANES {
            8 => self.run::<S, 3, 1, 8>(simd),
            4 => self.run::<S, 1, 2, 4>(simd),
            2 => self.run::<S, 1, 4, 4>(simd),
            _ => self.run::<S, 1, 8, 1>(simd),
        }
    }
}

/// Sums of `P` panels of `V` vectors, in `N` columns.
type Sums<S, const P: usize, const V: usize, const N: usize> = [[[<S as Simd>::f64s; V]; P]; N];

impl Kernel<'_> {
    /// With groups of `P` panels, each of `V` vectors, and of `N` columns.
    #[inline(always)]
    fn run<S: Simd, const P: usize, const V: usize, const N: usize>(self, simd: S) -> bool {
        let Self { x, work } = self;
        let (width, panels) = (x.columns, x.rows / PANEL);
        match work {
            Work::LessTransposed { a, b, lower } => {
                let group = |first: usize, count: usize| if lower { first + count } else { b.rows / PANEL };
                each_group::<P>(panels, |first, count| {
                    let until = group(first, count).min(b.rows / PANEL);
                    let rows = &mut x.numbers.get_mut()[first * width * PANEL..(first + count) * width * PANEL];
                    let a = &a.numbers.get()[first * a.columns * PANEL..(first + count) * a.columns * PANEL];
                    for q in 0..until {
                        let b = b.panel(q);
                        for at in (0..PANEL).step_by(N) {
                            let column = q * PANEL + at;
                            match count {
                                3 => transposed::<S, 3, V, N>(simd, rows, width, a, b, column, at),
                                2 => transposed::<S, 2, V, N>(simd, rows, width, a, b, column, at),
                                _ => transposed::<S, 1, V, N>(simd, rows, width, a, b, column, at),
                            }
                        }
                    }
                });
                true
            }
            Work::LessPlain { a, b } => {
                each_group::<P>(panels, |first, count| {
                    let rows = &mut x.numbers.get_mut()[first * width * PANEL..(first + count) * width * PANEL];
                    let a = &a.numbers.get()[first * a.columns * PANEL..(first + count) * a.columns * PANEL];
                    for column in (0..width).step_by(N) {
                        match count {
                            3 => plain::<S, 3, V, N>(simd, rows, width, a, b, column),
                            2 => plain::<S, 2, V, N>(simd, rows, width, a, b, column),
                            _ => plain::<S, 1, V, N>(simd, rows, width, a, b, column),
                        }
                    }
                });
                true
            }
            Work::Forward { lower } => {
                each_group::<P>(panels, |first, count| {
                    let rows = &mut x.numbers.get_mut()[first * width * PANEL..(first + count) * width * PANEL];
                    for q in 0..width / PANEL {
                        forward_group::<S, V, N>(simd, rows, width, count, lower.panel(q), q);
                    }
                });
                true
            }
            Work::Backward { lower } => {
                each_group::<P>(panels, |first, count| {
                    let rows = &mut x.numbers.get_mut()[first * width * PANEL..(first + count) * width * PANEL];
                    match count {
                        3 => backward_group::<S, 3, V>(simd, rows, width, lower),
                        2 => backward_group::<S, 2, V>(simd, rows, width, lower),
                        _ => backward_group::<S, 1, V>(simd, rows, width, lower),
                    }
                });
                true
            }
            Work::Factor { tolerance } => {
                for q in 0..panels {
                    if !factor_corner(simd, x.panel_mut(q), q, tolerance) {
                        return false;
                    }
                    let (above, below) = x.numbers.get_mut().split_at_mut((q + 1) * width * PANEL);
                    let own = &above[q * width * PANEL..];
                    each_group::<P>(panels - q - 1, |first, count| {
                        let rows = &mut below[first * width * PANEL..(first + count) * width * PANEL];
                        forward_group::<S, V, N>(simd, rows, width, count, own, q);
                    });
                }
                true
            }
        }
    }
}

/// Calls `f` with the first panel and the number of panels of each group of at most `P`.
#[inline(always)]
fn each_group<const P: usize>(panels: usize, mut f: impl FnMut(usize, usize)) {
    for first in (0..panels).step_by(P) {
        f(first, P.min(panels - first));
    }
}

/// Panels of rows as columns of vectors.
#[inline(always)]
fn columns_of<S: Simd, const P: usize, const V: usize>(rows: &[f64], width: usize) -> [&[[S::f64s; V]]; P] {
    std::array::from_fn(|p| vectors::<S>(&rows[p * width * PANEL..(p + 1) * width * PANEL]).as_chunks::<V>().0)
}

/// The sums' start: what stands in the columns from `column`.
#[inline(always)]
fn load<S: Simd, const P: usize, const V: usize, const N: usize>(
    simd: S,
    rows: &[f64],
    width: usize,
    column: usize,
) -> Sums<S, P, V, N> {
    let mut sums = [[[simd.splat_f64s(0.0); V]; P]; N];
    for (p, columns) in columns_of::<S, P, V>(rows, width).into_iter().enumerate() {
        for (n, v) in columns[column..column + N].iter().enumerate() {
            sums[n][p] = *v;
        }
    }
    sums
}

#[inline(always)]
fn store<S: Simd, const P: usize, const V: usize, const N: usize>(
    sums: &Sums<S, P, V, N>,
    rows: &mut [f64],
    width: usize,
    column: usize,
) {
    for p in 0..P {
        let columns = vectors_mut::<S>(&mut rows[p * width * PANEL..(p + 1) * width * PANEL]).as_chunks_mut::<V>().0;
        for (n, v) in columns[column..column + N].iter_mut().enumerate() {
            *v = sums[n][p];
        }
    }
}

/// Takes the products of the first `depth` columns with those of `b` off the sums; `b` is a panel, of which the columns from `at` count.
#[inline(always)]
fn take_off<S: Simd, const P: usize, const V: usize, const N: usize>(
    simd: S,
    sums: &mut Sums<S, P, V, N>,
    a: [&[[S::f64s; V]]; P],
    b: &[f64],
    at: usize,
    depth: usize,
) {
    let a = a.map(|panel| &panel[..depth]);
    let b = &b.as_chunks::<PANEL>().0[..depth];
    // A copy that the compiler can hold in registers.
    let mut held = *sums;
    for k in 0..depth {
        for n in 0..N {
            let factor = simd.splat_f64s(b[k][at + n]);
            for p in 0..P {
                for v in 0..V {
                    held[n][p][v] = less_product(simd, held[n][p][v], a[p][k][v], factor);
                }
            }
        }
    }
    *sums = held;
}

#[inline(always)]
fn transposed<S: Simd, const P: usize, const V: usize, const N: usize>(
    simd: S,
    rows: &mut [f64],
    width: usize,
    a: &[f64],
    b: &[f64],
    column: usize,
    at: usize,
) {
    let depth = b.len() / PANEL;
    let mut sums = load::<S, P, V, N>(simd, rows, width, column);
    take_off(simd, &mut sums, columns_of::<S, P, V>(a, depth), b, at, depth);
    store::<S, P, V, N>(&sums, rows, width, column);
}

#[inline(always)]
fn plain<S: Simd, const P: usize, const V: usize, const N: usize>(
    simd: S,
    rows: &mut [f64],
    width: usize,
    a: &[f64],
    b: &Tile,
    column: usize,
) {
    let a = columns_of::<S, P, V>(a, b.rows);
    let mut sums = load::<S, P, V, N>(simd, rows, width, column);
    for q in 0..b.rows / PANEL {
        let a = a.map(|panel| &panel[q * PANEL..(q + 1) * PANEL]);
        let b = &b.panel(q).as_chunks::<PANEL>().0[column..column + N];
        for k in 0..PANEL {
            for n in 0..N {
                let factor = simd.splat_f64s(b[n][k]);
                for p in 0..P {
                    for v in 0..V {
                        sums[n][p][v] = less_product(simd, sums[n][p][v], a[p][k][v], factor);
                    }
                }
            }
        }
    }
    store::<S, P, V, N>(&sums, rows, width, column);
}

/// The eight columns of panel `q` of X L⁻ᵀ for `count` panels of X, those before being done; `own` is panel `q` of L.
#[inline(always)]
fn forward_group<S: Simd, const V: usize, const N: usize>(
    simd: S,
    rows: &mut [f64],
    width: usize,
    count: usize,
    own: &[f64],
    q: usize,
) {
    for at in (0..PANEL).step_by(N) {
        match count {
            3 => forward_columns::<S, 3, V, N>(simd, rows, width, own, q * PANEL + at, at),
            2 => forward_columns::<S, 2, V, N>(simd, rows, width, own, q * PANEL + at, at),
            _ => forward_columns::<S, 1, V, N>(simd, rows, width, own, q * PANEL + at, at),
        }
    }
}

/// x_c = (x_c − Σ_k<c x_k L_ck) / L_cc, of `N` columns.
#[inline(always)]
fn forward_columns<S: Simd, const P: usize, const V: usize, const N: usize>(
    simd: S,
    rows: &mut [f64],
    width: usize,
    own: &[f64],
    column: usize,
    at: usize,
) {
    let mut sums = load::<S, P, V, N>(simd, rows, width, column);
    take_off(simd, &mut sums, columns_of::<S, P, V>(rows, width), own, at, column);
    let corner = &own.as_chunks::<PANEL>().0[column..column + N];
    for n in 0..N {
        for m in 0..n {
            let factor = simd.splat_f64s(corner[m][at + n]);
            for p in 0..P {
                for v in 0..V {
                    sums[n][p][v] = less_product(simd, sums[n][p][v], sums[m][p][v], factor);
                }
            }
        }
        let scale = simd.splat_f64s(1.0 / corner[n][at + n]);
        for p in 0..P {
            for v in 0..V {
                sums[n][p][v] = simd.mul_f64s(sums[n][p][v], scale);
            }
        }
    }
    store::<S, P, V, N>(&sums, rows, width, column);
}

/// x_c = (x_c − Σ_k>c x_k L_kc) / L_cc, from the last column to the first.
#[inline(always)]
fn backward_group<S: Simd, const P: usize, const V: usize>(simd: S, rows: &mut [f64], width: usize, lower: &Tile) {
    for column in (0..width).rev() {
        let mut sums = load::<S, P, V, 1>(simd, rows, width, column);
        {
            let x = columns_of::<S, P, V>(rows, width);
            for q in column / PANEL..width / PANEL {
                let own = &lower.panel(q).as_chunks::<PANEL>().0[column];
                let from = if q == column / PANEL { column % PANEL + 1 } else { 0 };
                for k in from..PANEL {
                    let factor = simd.splat_f64s(own[k]);
                    for p in 0..P {
                        for v in 0..V {
                            sums[0][p][v] = less_product(simd, sums[0][p][v], x[p][q * PANEL + k][v], factor);
                        }
                    }
                }
            }
        }
        let scale = simd.splat_f64s(1.0 / lower.get(column, column));
        for p in 0..P {
            for v in 0..V {
                sums[0][p][v] = simd.mul_f64s(sums[0][p][v], scale);
            }
        }
        store::<S, P, V, 1>(&sums, rows, width, column);
    }
}

/// The corner of eight columns and rows of panel `q`, those before being done.
#[inline(always)]
fn factor_corner<S: Simd>(_simd: S, panel: &mut [f64], q: usize, tolerance: f64) -> bool {
    let (done, corner) = panel.as_chunks_mut::<PANEL>().0.split_at_mut(q * PANEL);
    let corner = &mut corner[..PANEL];
    let mut sums: [[f64; PANEL]; PANEL] = std::array::from_fn(|n| corner[n]);
    for x in done {
        for n in 0..PANEL {
            for r in 0..PANEL {
                sums[n][r] -= x[r] * x[n];
            }
        }
    }
    for n in 0..PANEL {
        for m in 0..n {
            let factor = sums[m][n];
            for r in n..PANEL {
                sums[n][r] -= sums[m][r] * factor;
            }
        }
        // Written so that NaN fails too.
        if !(sums[n][n] > tolerance) {
            return false;
        }
        let pivot = sums[n][n].sqrt();
        sums[n][n] = pivot;
        for r in n + 1..PANEL {
            sums[n][r] /= pivot;
        }
    }
    corner.copy_from_slice(&sums);
    true
}

#[cfg(test)]
mod tests {
    use pulp::Arch;

    use super::*;

    /// Numbers between −1 and 1 that are no pattern; on the diagonal more than their row's sum.
    fn tile(rows: usize, columns: usize, seed: usize) -> Tile {
        let mut tile = Tile::zeros(rows, columns);
        for r in 0..rows {
            for c in 0..columns {
                let number = ((r * 193 + c * 71 + seed * 37) * 7919 % 1009) as f64 / 504.5 - 1.0;
                tile.set(r, c, number + if r == c { columns as f64 } else { 0.0 });
            }
        }
        tile
    }

    fn copy(tile: &Tile) -> Tile {
        let mut copy = Tile::zeros(tile.rows, tile.columns);
        copy.numbers_mut().copy_from_slice(tile.numbers());
        copy
    }

    fn entries(tile: &Tile, of: impl Fn(usize, usize) -> bool) -> nalgebra::DMatrix<f64> {
        nalgebra::DMatrix::from_fn(tile.rows, tile.columns, |r, c| if of(r, c) { tile.get(r, c) } else { 0.0 })
    }

    fn run(arch: Arch, x: &mut Tile, work: Work<'_>) {
        assert!(arch.dispatch(Kernel { x, work }));
    }

    #[test]
    fn tiles_multiply_and_solve_as_matrices_do() {
        let all = |_, _| true;
        for arch in [Arch::new(), Arch::Scalar] {
            for (rows, columns, depth) in [(8, 8, 8), (24, 16, 8), (40, 24, 56), (56, 48, 72)] {
                let (a, b) = (tile(rows, depth, 1), tile(columns, depth, 2));
                let start = tile(rows, columns, 3);
                let (a_entries, b_entries, x_entries) = (entries(&a, all), entries(&b, all), entries(&start, all));
                let mut x = copy(&start);
                run(arch, &mut x, Work::LessTransposed { a: &a, b: &b, lower: false });
                assert!((entries(&x, all) - (&x_entries - &a_entries * b_entries.transpose())).amax() < 1e-10);
                let plain = tile(depth, columns, 4);
                let mut x = copy(&start);
                run(arch, &mut x, Work::LessPlain { a: &a, b: &plain });
                assert!((entries(&x, all) - (&x_entries - &a_entries * entries(&plain, all))).amax() < 1e-10);
                // A symmetric matrix, and its factor.
                let symmetric = tile(columns, columns, 5);
                let below = entries(&symmetric, |r, c| r > c);
                let whole = &below + below.transpose() + entries(&symmetric, |r, c| r == c);
                let mut lower = copy(&symmetric);
                run(arch, &mut lower, Work::Factor { tolerance: 1e-9 });
                let factor = entries(&lower, |r, c| r >= c);
                assert!((&factor * factor.transpose() - whole).amax() < 1e-12 * columns as f64);
                let mut x = copy(&start);
                run(arch, &mut x, Work::Forward { lower: &lower });
                assert!((entries(&x, all) * factor.transpose() - &x_entries).amax() < 1e-12 * columns as f64);
                let mut x = copy(&start);
                run(arch, &mut x, Work::Backward { lower: &lower });
                assert!((entries(&x, all) * &factor - &x_entries).amax() < 1e-12 * columns as f64);
            }
        }
    }

    #[test]
    fn a_square_is_a_product_with_itself() {
        let a = tile(64, 40, 1);
        let (mut square, mut product) = (tile(64, 64, 2), tile(64, 64, 2));
        square.less_square(&a);
        product.less_transposed(&a, &a);
        let lower = |r, c| r >= c;
        assert_eq!(entries(&square, lower), entries(&product, lower));
    }

    #[test]
    fn a_row_does_not_depend_on_its_company() {
        let (a, b, start) = (tile(72, 48, 1), tile(48, 48, 2), tile(72, 48, 3));
        let mut lower = tile(48, 48, 4);
        assert!(lower.factor(1e-9));
        let solve = |first: usize, count: usize| {
            let part = |whole: &Tile| {
                let mut part = Tile::zeros(count, whole.columns);
                let width = whole.columns * PANEL;
                let panels = first / PANEL * width..(first + count) / PANEL * width;
                part.numbers_mut().copy_from_slice(&whole.numbers()[panels]);
                part
            };
            let mut x = part(&start);
            x.less_transposed(&part(&a), &b);
            x.forward(&lower);
            x.less_plain(&part(&a), &b);
            x.backward(&lower);
            x
        };
        let whole = solve(0, 72);
        for (first, count) in [(0, 8), (8, 16), (16, 24), (24, 48)] {
            let part = solve(first, count);
            for r in 0..count {
                (0..48).for_each(|c| assert_eq!(part.get(r, c), whole.get(first + r, c), "{r} {c}"));
            }
        }
    }

    #[test]
    fn small_pivots_are_told() {
        let mut ones = Tile::zeros(16, 16);
        ones.numbers_mut().fill(1.0);
        assert!(!ones.factor(1e-12));
        ones.numbers_mut().fill(f64::NAN);
        assert!(!ones.factor(1e-12));
    }
}

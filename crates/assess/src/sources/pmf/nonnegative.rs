//! Least squares at 0 or more, from the normal equations of a few unknowns.

/// Most factors: beyond it nobody can tell them apart, and small arrays stay small.
pub const MOST_FACTORS: usize = 12;

/// Numbers of one unknown each; those beyond the number of unknowns are not used.
pub(super) type Few = [f64; MOST_FACTORS];

/// Normal equations A x = b of weighted least squares; A symmetric.
#[derive(Debug, Clone, Copy)]
pub(super) struct Normal {
    pub(super) unknowns: usize,
    pub(super) a: [Few; MOST_FACTORS],
    pub(super) b: Few,
}

/// A pivot below this share of its diagonal is rounding error: the unknown is a sum of others.
const DEPENDENT: f64 = 1e-12;

impl Normal {
    pub(super) fn zero(unknowns: usize) -> Self {
        Self { unknowns, a: [[0.0; MOST_FACTORS]; MOST_FACTORS], b: [0.0; MOST_FACTORS] }
    }

    /// Adds one equation c x = y of this weight.
    #[inline]
    pub(super) fn add(&mut self, c: &[f64], y: f64, weight: f64) {
        for k in 0..self.unknowns {
            let scaled = weight * c[k];
            self.b[k] += scaled * y;
            for l in 0..=k {
                self.a[k][l] += scaled * c[l];
            }
        }
    }

    #[inline]
    fn at(&self, k: usize, l: usize) -> f64 {
        if l <= k { self.a[k][l] } else { self.a[l][k] }
    }

    /// The x ≥ 0 with the least sum of squares, by Lawson & Hanson's active sets. An unknown that no equation holds, or
    /// that is a sum of others, is 0.
    pub(super) fn solve(&self) -> Few {
        let p = self.unknowns;
        let usable = |k: usize| self.a[k][k] > 0.0;
        let mut free = [false; MOST_FACTORS];
        (0..p).for_each(|k| free[k] = usable(k));
        // Most often nothing is bound.
        if let Some(all) = self.solve_free(&free)
            && (0..p).all(|k| all[k] >= 0.0)
        {
            return all;
        }
        let (mut x, mut shut) = ([0.0; MOST_FACTORS], [false; MOST_FACTORS]);
        free = [false; MOST_FACTORS];
        // Each set of free unknowns lowers the sum of squares, so none comes twice; rounding could make one do so.
        for _ in 0..8 * p {
            let rise = |k: usize| self.b[k] - (0..p).map(|l| self.at(k, l) * x[l]).sum::<f64>();
            let steepness = |k: usize| rise(k) / self.a[k][k].sqrt();
            let candidates = (0..p).filter(|&k| usable(k) && !free[k] && !shut[k]);
            let Some(next) = candidates.max_by(|&k, &l| steepness(k).total_cmp(&steepness(l))) else { break };
            if !(rise(next) > DEPENDENT * self.b[next].abs()) {
                break;
            }
            free[next] = true;
            loop {
                let Some(z) = self.solve_free(&free) else {
                    free[next] = false;
                    shut[next] = true;
                    break;
                };
                let bound = (0..p).filter(|&k| free[k] && z[k] <= 0.0);
                let step = bound.map(|k| x[k] / (x[k] - z[k])).fold(f64::INFINITY, f64::min);
                if step.is_infinite() {
                    x = z;
                    break;
                }
                let step = if step.is_nan() { 0.0 } else { step };
                for k in 0..p {
                    if free[k] {
                        let was_bound = z[k] <= 0.0 && !(x[k] / (x[k] - z[k]) > step);
                        x[k] += step * (z[k] - x[k]);
                        if was_bound {
                            (x[k], free[k]) = (0.0, false);
                        }
                    }
                }
            }
        }
        x
    }

    /// The solution with the other unknowns at 0; `None` where the free ones depend on each other.
    fn solve_free(&self, free: &[bool; MOST_FACTORS]) -> Option<Few> {
        let mut index = [0; MOST_FACTORS];
        let mut count = 0;
        for k in 0..self.unknowns {
            if free[k] {
                index[count] = k;
                count += 1;
            }
        }
        let mut lower = [[0.0; MOST_FACTORS]; MOST_FACTORS];
        let mut y = [0.0; MOST_FACTORS];
        for i in 0..count {
            for j in 0..=i {
                let mut sum = self.at(index[i], index[j]);
                for k in 0..j {
                    sum -= lower[i][k] * lower[j][k];
                }
                if i == j {
                    if !(sum > DEPENDENT * self.a[index[i]][index[i]]) {
                        return None;
                    }
                    lower[i][i] = sum.sqrt();
                } else {
                    lower[i][j] = sum / lower[j][j];
                }
            }
            let known: f64 = (0..i).map(|k| lower[i][k] * y[k]).sum();
            y[i] = (self.b[index[i]] - known) / lower[i][i];
        }
        let mut x = [0.0; MOST_FACTORS];
        for i in (0..count).rev() {
            let known: f64 = (i + 1..count).map(|k| lower[k][i] * x[index[k]]).sum();
            x[index[i]] = (y[i] - known) / lower[i][i];
        }
        Some(x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use soilscope_core::random::Random;

    /// The best of all sets of free unknowns: what an active-set method must find.
    fn by_trying_all(normal: &Normal) -> (f64, Few) {
        let p = normal.unknowns;
        let value = |x: &Few| {
            let half = |k: usize| (0..p).map(|l| normal.at(k, l) * x[l]).sum::<f64>();
            (0..p).map(|k| x[k] * (half(k) - 2.0 * normal.b[k])).sum::<f64>()
        };
        let mut best = (0.0, [0.0; MOST_FACTORS]);
        for set in 1..1_usize << p {
            let free = std::array::from_fn(|k| k < p && set >> k & 1 == 1);
            if let Some(x) = normal.solve_free(&free)
                && (0..p).all(|k| x[k] >= 0.0)
                && value(&x) < best.0
            {
                best = (value(&x), x);
            }
        }
        best
    }

    #[test]
    fn active_sets_find_what_trying_all_sets_finds() {
        let mut random = Random::new(4);
        let mut bound = 0;
        for _ in 0..500 {
            let p = 1 + random.below(5) as usize;
            let mut normal = Normal::zero(p);
            for _ in 0..p + 2 {
                let c: Vec<f64> = (0..p).map(|_| random.normal()).collect();
                normal.add(&c, random.normal(), random.uniform());
            }
            let (found, (_, best)) = (normal.solve(), by_trying_all(&normal));
            assert!(found.iter().zip(&best).all(|(a, b)| (a - b).abs() < 1e-7 * (1.0 + b.abs())), "{found:?} {best:?}");
            bound += best[..p].iter().filter(|x| **x == 0.0).count();
        }
        assert!(bound > 300, "{bound} bounds were met");
    }

    #[test]
    fn unknowns_that_depend_on_others_or_on_nothing_are_0() {
        let mut normal = Normal::zero(3);
        normal.add(&[1.0, 1.0, 0.0], 2.0, 1.0);
        normal.add(&[2.0, 2.0, 0.0], 4.0, 1.0);
        let x = normal.solve();
        assert!((x[0] + x[1] - 2.0).abs() < 1e-12 && x[2] == 0.0, "{x:?}");
    }
}

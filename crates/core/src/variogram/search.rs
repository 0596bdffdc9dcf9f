//! Minima of a function over a box, by scan and refinement: no start value decides.

/// One dimension of a box.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dimension {
    pub(super) low: f64,
    pub(super) high: f64,
    /// Whether the high end is the low end again.
    pub(super) periodic: bool,
    /// Places of the scan.
    pub(super) steps: usize,
}

impl Dimension {
    fn size(&self) -> f64 {
        (self.high - self.low) / (if self.periodic { self.steps } else { self.steps - 1 }) as f64
    }

    fn at(&self, k: usize) -> f64 {
        self.low + self.size() * k as f64
    }

    fn contains(&self, x: f64) -> bool {
        self.periodic || (self.low..=self.high).contains(&x)
    }
}

/// Minimum of `f` over one dimension: a scan, then golden-section search around its best point.
pub(super) fn search_one(dimension: Dimension, f: impl Fn(f64) -> f64) -> f64 {
    let last = dimension.steps - 1;
    let at = |k: usize| dimension.at(k);
    let best = (0..=last).map(|k| (f(at(k)), k)).fold((f64::INFINITY, 0), |a, b| if b.0 < a.0 { b } else { a }).1;
    let (mut a, mut b) = if dimension.periodic {
        (at(best) - dimension.size(), at(best) + dimension.size())
    } else {
        (at(best.saturating_sub(1)), at((best + 1).min(last)))
    };
    let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
    let (mut c, mut d) = (b - golden * (b - a), a + golden * (b - a));
    let (mut fc, mut fd) = (f(c), f(d));
    // To 1e-11 of a range, or as near as two numbers can be; NaN ends it too.
    while b - a > 1e-11_f64.max(4.0 * f64::EPSILON * a.abs().max(b.abs())) {
        if fc < fd {
            (b, d, fd) = (d, c, fc);
            c = b - golden * (b - a);
            fc = f(c);
        } else {
            (a, c, fc) = (c, d, fd);
            d = a + golden * (b - a);
            fd = f(d);
        }
    }
    [at(best), 0.5 * (a + b)].into_iter().min_by(|x, y| f(*x).total_cmp(&f(*y))).unwrap_or(a)
}

/// Minimum of `f` over a box: a scan of the whole box, then the downhill simplex of Nelder & Mead (1965, *The Computer
/// Journal* 7:308) from every local minimum of the scan, restarted until it stays.
pub(super) fn search_many(dimensions: &[Dimension], f: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    // The scan is numbered with the first dimension running fastest.
    let strides: Vec<usize> = dimensions
        .iter()
        .scan(1, |stride, d| {
            let own = *stride;
            *stride *= d.steps;
            Some(own)
        })
        .collect();
    let count: usize = dimensions.iter().map(|d| d.steps).product();
    let step_of = |code: usize, d: usize| code / strides[d] % dimensions[d].steps;
    let place = |code: usize| -> Vec<f64> {
        dimensions.iter().enumerate().map(|(d, dimension)| dimension.at(step_of(code, d))).collect()
    };
    let scan: Vec<f64> = (0..count).map(|code| f(&place(code))).collect();
    // Where a structure vanishes the sum of squares is flat; a place on such a flat is a start only if nothing is lower.
    let is_start = |code: usize| {
        dimensions.iter().enumerate().all(|(d, dimension)| {
            let (k, stride, steps) = (step_of(code, d), strides[d], dimension.steps);
            let origin = code - k * stride;
            let before = (k > 0 || dimension.periodic).then(|| scan[origin + (k + steps - 1) % steps * stride]);
            let after = (k + 1 < steps || dimension.periodic).then(|| scan[origin + (k + 1) % steps * stride]);
            before.into_iter().chain(after).all(|neighbour| neighbour >= scan[code])
        })
    };
    let mut starts: Vec<usize> = (0..scan.len()).filter(|&code| is_start(code)).collect();
    starts.sort_by(|&a, &b| scan[a].total_cmp(&scan[b]));
    starts.dedup_by(|a, b| scan[*a] == scan[*b]);
    let sizes: Vec<f64> = dimensions.iter().map(Dimension::size).collect();
    let bounded = |x: &[f64]| if x.iter().zip(dimensions).all(|(&v, d)| d.contains(v)) { f(x) } else { f64::MAX };
    let mut best = (f64::INFINITY, place(0));
    for &code in starts.iter().take(20) {
        let (mut value, mut point) = (scan[code], place(code));
        loop {
            let (new_value, new_point) = simplex(&point, &sizes, &bounded);
            let settled = new_value >= value * (1.0 - 1e-12);
            if new_value < value {
                (value, point) = (new_value, new_point);
            }
            if settled {
                break;
            }
        }
        if value < best.0 {
            best = (value, point);
        }
    }
    best.1
}

/// One run of the downhill simplex, to the last digits.
fn simplex(start: &[f64], sizes: &[f64], f: &impl Fn(&[f64]) -> f64) -> (f64, Vec<f64>) {
    simplex_to(1e-10, 2000, start, sizes, f)
}

/// One run of the downhill simplex, until its corners are within `tolerance` in every dimension or `most` steps are done.
pub(crate) fn simplex_to(
    tolerance: f64,
    most: usize,
    start: &[f64],
    sizes: &[f64],
    f: &impl Fn(&[f64]) -> f64,
) -> (f64, Vec<f64>) {
    let n = start.len();
    let mut corners: Vec<(f64, Vec<f64>)> = (0..=n)
        .map(|k| {
            let mut x = start.to_vec();
            if k < n {
                x[k] += if f(&shifted(start, k, sizes[k])) < f64::MAX { sizes[k] } else { -sizes[k] };
            }
            (f(&x), x)
        })
        .collect();
    for _ in 0..most {
        corners.sort_by(|a, b| a.0.total_cmp(&b.0));
        let spread = (0..n).map(|k| (corners[n].1[k] - corners[0].1[k]).abs()).fold(0.0, f64::max);
        if spread < tolerance {
            break;
        }
        let centre: Vec<f64> = (0..n).map(|k| corners[..n].iter().map(|c| c.1[k]).sum::<f64>() / n as f64).collect();
        let along = |t: f64| -> (f64, Vec<f64>) {
            let x: Vec<f64> = (0..n).map(|k| centre[k] + t * (corners[n].1[k] - centre[k])).collect();
            (f(&x), x)
        };
        let reflected = along(-1.0);
        if reflected.0 < corners[0].0 {
            let expanded = along(-2.0);
            corners[n] = if expanded.0 < reflected.0 { expanded } else { reflected };
        } else if reflected.0 < corners[n - 1].0 {
            corners[n] = reflected;
        } else {
            let contracted = if reflected.0 < corners[n].0 { along(-0.5) } else { along(0.5) };
            if contracted.0 < corners[n].0.min(reflected.0) {
                corners[n] = contracted;
            } else {
                let best = corners[0].1.clone();
                for corner in &mut corners[1..] {
                    let x: Vec<f64> = (0..n).map(|k| best[k] + 0.5 * (corner.1[k] - best[k])).collect();
                    *corner = (f(&x), x);
                }
            }
        }
    }
    corners.sort_by(|a, b| a.0.total_cmp(&b.0));
    corners.swap_remove(0)
}

fn shifted(x: &[f64], k: usize, by: f64) -> Vec<f64> {
    let mut y = x.to_vec();
    y[k] += by;
    y
}

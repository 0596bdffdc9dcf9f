//! Weighted least-squares fit of a variogram model.
//!
//! For given ranges the sills enter linearly, so they are solved exactly under the bound that none is negative, and the
//! search runs over the ranges alone (variable projection: Golub & Pereyra 1973, *SIAM J. Numer. Anal.* 10:413). With one
//! free range the whole interval is scanned before it is refined, so the fit does not depend on a start value and
//! cannot end at a negative range or sill.

use nalgebra::{DMatrix, DVector};

use super::{EmpiricalVariogram, LagClass, ModelTemplate, Parameter, Variogram};
use crate::{Coord, Error, Result};

/// Weight of a lag class in the sum of squares.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum FitWeights {
    /// N: number of pairs (gstat's method 1).
    Pairs,
    /// N / h²: number of pairs over squared mean distance (gstat's default, method 7).
    #[default]
    PairsOverSquaredDistance,
    /// N / γ(h)² with γ of this reference model (Cressie 1985, *Mathematical Geology* 17:563; gstat's method 2, where the
    /// reference is the start model). Fitting again with the result as reference makes it iterative.
    PairsOverSquaredSemivariance(Variogram),
    /// 1 (gstat's method 6).
    Equal,
}

impl FitWeights {
    fn of(&self, class: &LagClass) -> f64 {
        let np = class.np as f64;
        match self {
            Self::Pairs => np,
            // A class of coincident pairs has no distance to weigh by, and says nothing about the range.
            Self::PairsOverSquaredDistance if class.dist == 0.0 => 0.0,
            Self::PairsOverSquaredDistance => np / (class.dist * class.dist),
            Self::PairsOverSquaredSemivariance(reference) => {
                let gamma = reference.semivariance(separation(class));
                if gamma > 0.0 { np / (gamma * gamma) } else { 0.0 }
            }
            Self::Equal => 1.0,
        }
    }
}

/// A class's mean separation as a vector; without a direction any will do.
fn separation(class: &LagClass) -> Coord {
    let (sin, cos) = class.azimuth.unwrap_or(0.0).to_radians().sin_cos();
    [class.dist * sin, class.dist * cos]
}

/// A fitted variogram.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Fit {
    /// The model.
    pub variogram: Variogram,
    /// Weighted sum of squares at the optimum.
    pub sserr: f64,
    /// Whether a range ended at the largest that was looked at: the samples do not show a sill.
    pub range_at_limit: bool,
}

/// How far beyond the largest class distance a range is looked for.
const RANGE_LIMIT_FACTOR: f64 = 10.0;
/// How far below the smallest class distance.
const RANGE_FLOOR_FACTOR: f64 = 0.1;
/// Most sills that are fitted together: every set of them is tried.
const MOST_FREE_SILLS: usize = 8;

/// Fits the free parameters of `template` to `empirical`.
///
/// # Units
/// As the empirical variogram's.
///
/// # Errors
/// Fewer classes (of a weight above 0) than free parameters, more than three free ranges or eight free sills, a class
/// that is not finite, no variation at all where the sills are free, or anisotropy in the template where the empirical
/// variogram has no directions.
///
/// # Examples
/// ```
/// use soilscope_core::variogram::{EmpiricalVariogram, Estimator, FitWeights, LagClass, Model, ModelTemplate, fit};
/// // Classes that lie exactly on 1 Nug + 2 Sph(30).
/// let truth: ModelTemplate = "1 Nug + 2 Sph(30)".parse()?;
/// let truth = truth.complete()?.unwrap();
/// let classes = (1..=6).map(|k| f64::from(k) * 10.0)
///     .map(|h| LagClass { np: 100, dist: h, gamma: truth.semivariance([h, 0.0]), azimuth: None }).collect();
/// let empirical = EmpiricalVariogram { classes, estimator: Estimator::Matheron, cutoff: 60.0 };
/// let fitted = fit(&empirical, &ModelTemplate::with_nugget(Model::Spherical), &FitWeights::default())?;
/// assert!((fitted.variogram.structures()[0].range() - 30.0).abs() < 1e-4);
/// # Ok::<(), soilscope_core::Error>(())
/// ```
pub fn fit(empirical: &EmpiricalVariogram, template: &ModelTemplate, weights: &FitWeights) -> Result<Fit> {
    let problem = Problem::new(empirical, template, weights)?;
    let free = problem.free_ranges();
    let (low, high) = problem.range_limits();
    let ranges = match free.len() {
        0 => problem.ranges_with(&[]),
        1 => problem.ranges_with(&[search_one(low, high, |x| problem.sserr(&[x]))]),
        2 | 3 => problem.ranges_with(&search_many(free.len(), low, high, |x| problem.sserr(x))),
        n => {
            let requirement = "3 or fewer: fix some with Type(range)";
            return Err(Error::Parameter { name: "number of free ranges", value: n as f64, requirement });
        }
    };
    let (sills, sserr) = problem.sills(&ranges);
    let variogram = problem.instance(&sills, &ranges)?;
    let range_at_limit = free.iter().any(|&k| ranges[k] > high.exp() * 0.999);
    Ok(Fit { variogram, sserr, range_at_limit })
}

/// The data of a fit, with what is held taken out.
struct Problem<'a> {
    template: &'a ModelTemplate,
    classes: &'a [LagClass],
    separations: Vec<Coord>,
    weights: Vec<f64>,
}

impl<'a> Problem<'a> {
    fn new(empirical: &'a EmpiricalVariogram, template: &'a ModelTemplate, weights: &FitWeights) -> Result<Self> {
        let classes = &empirical.classes[..];
        let weights: Vec<f64> = classes.iter().map(|c| weights.of(c)).collect();
        let used = weights.iter().filter(|&&w| w > 0.0).count();
        if used < template.unknowns() {
            return Err(Error::Underdetermined { classes: used, unknowns: template.unknowns() });
        }
        for (index, class) in classes.iter().enumerate() {
            for (what, value) in [("semivariance", class.gamma), ("distance", class.dist)] {
                if !value.is_finite() {
                    return Err(Error::LagClassNotFinite { index, what, value });
                }
            }
        }
        let free_sills = template.structures.iter().map(|s| s.partial_sill).chain(template.nugget);
        let free_sills = free_sills.filter(|&p| p == Parameter::Free).count();
        if free_sills > MOST_FREE_SILLS {
            let requirement = "8 or fewer: fix some with psill Type";
            return Err(Error::Parameter { name: "number of free sills", value: free_sills as f64, requirement });
        }
        if free_sills > 0 && classes.iter().all(|c| c.gamma == 0.0) {
            return Err(Error::FlatVariogram { classes: classes.len() });
        }
        let directional = classes.iter().all(|c| c.azimuth.is_some());
        if !directional && template.unknowns() > 0 && template.structures.iter().any(|s| !s.anisotropy.is_isotropic()) {
            return Err(Error::Notation {
                text: template.to_string(),
                reason: "anisotropic structures can only be fitted to a variogram in directions (--azimuths)".into(),
            });
        }
        Ok(Self { template, classes, separations: classes.iter().map(separation).collect(), weights })
    }

    fn free_ranges(&self) -> Vec<usize> {
        let structures = self.template.structures.iter().enumerate();
        structures.filter(|(_, s)| s.range == Parameter::Free).map(|(k, _)| k).collect()
    }

    /// Logarithms of the smallest and largest range looked for.
    fn range_limits(&self) -> (f64, f64) {
        let lags = || self.classes.iter().map(|c| c.dist).filter(|&d| d > 0.0);
        let low = lags().fold(f64::INFINITY, f64::min).min(f64::MAX) * RANGE_FLOOR_FACTOR;
        let high = lags().fold(0.0, f64::max).max(f64::MIN_POSITIVE) * RANGE_LIMIT_FACTOR;
        (low.min(high).ln(), high.ln())
    }

    /// All ranges, with the free ones taken from their logarithms.
    fn ranges_with(&self, log_free: &[f64]) -> Vec<f64> {
        let mut next = log_free.iter();
        self.template
            .structures
            .iter()
            .map(|s| s.range.fixed().unwrap_or_else(|| next.next().map_or(1.0, |x| x.exp())))
            .collect()
    }

    fn sserr(&self, log_free: &[f64]) -> f64 {
        self.sills(&self.ranges_with(log_free)).1
    }

    /// Best nugget and partial sills (nugget first) for these ranges, and their weighted sum of squares.
    fn sills(&self, ranges: &[f64]) -> (Vec<f64>, f64) {
        let parameters: Vec<Parameter> = std::iter::once(self.template.nugget.unwrap_or(Parameter::Fixed(0.0)))
            .chain(self.template.structures.iter().map(|s| s.partial_sill))
            .collect();
        let rows = self.classes.len();
        let unit = DMatrix::from_fn(rows, parameters.len(), |i, k| {
            if k == 0 {
                f64::from(u8::from(self.classes[i].dist > 0.0))
            } else {
                let s = &self.template.structures[k - 1];
                s.model.unit_semivariance(s.anisotropy.distance(self.separations[i]) / ranges[k - 1])
            }
        });
        let mut residual = DVector::from_iterator(rows, self.classes.iter().map(|c| c.gamma));
        for (k, p) in parameters.iter().enumerate() {
            if let Parameter::Fixed(value) = p {
                residual.axpy(-value, &unit.column(k), 1.0);
            }
        }
        let free: Vec<usize> = (0..parameters.len()).filter(|&k| parameters[k] == Parameter::Free).collect();
        let weight = DVector::from_column_slice(&self.weights);
        let (solution, sserr) = non_negative_least_squares(&unit.select_columns(&free), &residual, &weight);
        let mut sills: Vec<f64> = parameters.iter().map(|p| p.fixed().unwrap_or(0.0)).collect();
        for (&k, &value) in free.iter().zip(&solution) {
            sills[k] = value;
        }
        (sills, sserr)
    }

    fn instance(&self, sills: &[f64], ranges: &[f64]) -> Result<Variogram> {
        self.template.instance(sills[0], &sills[1..], ranges)
    }
}

/// Minimises Σ w (b − A x)² over x ≥ 0 by trying every set of columns that may be positive: exact, and quick for the few
/// columns that a variogram has ([`MOST_FREE_SILLS`]).
fn non_negative_least_squares(a: &DMatrix<f64>, b: &DVector<f64>, weight: &DVector<f64>) -> (Vec<f64>, f64) {
    let columns = a.ncols();
    let root = weight.map(f64::sqrt);
    let target = b.component_mul(&root);
    let mut best = (vec![0.0; columns], target.norm_squared());
    for set in 1_u32..(1 << columns) {
        let chosen: Vec<usize> = (0..columns).filter(|k| set & (1 << k) != 0).collect();
        let mut part = a.select_columns(&chosen);
        for mut column in part.column_iter_mut() {
            column.component_mul_assign(&root);
        }
        let qr = part.clone().qr();
        let Some(x) = qr.r().solve_upper_triangular(&(qr.q().transpose() * &target)) else { continue };
        if x.iter().any(|&v| !v.is_finite() || v < 0.0) {
            continue;
        }
        let sserr = (&target - part * &x).norm_squared();
        if sserr < best.1 {
            let mut solution = vec![0.0; columns];
            for (&k, &value) in chosen.iter().zip(x.iter()) {
                solution[k] = value;
            }
            best = (solution, sserr);
        }
    }
    best
}

/// Minimum of `f` over [low, high]: a scan, then golden-section search around its best point.
fn search_one(low: f64, high: f64, f: impl Fn(f64) -> f64) -> f64 {
    const STEPS: usize = 200;
    let at = |k: usize| low + (high - low) * k as f64 / STEPS as f64;
    let best = (0..=STEPS).map(|k| (f(at(k)), k)).fold((f64::INFINITY, 0), |a, b| if b.0 < a.0 { b } else { a }).1;
    let (mut a, mut b) = (at(best.saturating_sub(1)), at((best + 1).min(STEPS)));
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
fn search_many(dimensions: usize, low: f64, high: f64, f: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    let steps: usize = if dimensions == 2 { 40 } else { 14 };
    let size = (high - low) / (steps - 1) as f64;
    let stride = |d: usize| steps.pow(d as u32);
    let place =
        |code: usize| -> Vec<f64> { (0..dimensions).map(|d| low + size * (code / stride(d) % steps) as f64).collect() };
    let scan: Vec<f64> = (0..stride(dimensions)).map(|code| f(&place(code))).collect();
    // Where a structure vanishes the sum of squares is flat; a place on such a flat is a start only if nothing is lower.
    let is_start = |code: usize| {
        (0..dimensions).all(|d| {
            let k = code / stride(d) % steps;
            (k == 0 || scan[code - stride(d)] >= scan[code]) && (k + 1 == steps || scan[code + stride(d)] >= scan[code])
        })
    };
    let mut starts: Vec<usize> = (0..scan.len()).filter(|&code| is_start(code)).collect();
    starts.sort_by(|&a, &b| scan[a].total_cmp(&scan[b]));
    starts.dedup_by(|a, b| scan[*a] == scan[*b]);
    let bounded = |x: &[f64]| if x.iter().all(|v| (low..=high).contains(v)) { f(x) } else { f64::MAX };
    let mut best = (f64::INFINITY, place(0));
    for &code in starts.iter().take(20) {
        let (mut value, mut point) = (scan[code], place(code));
        loop {
            let (new_value, new_point) = simplex(&point, size, &bounded);
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

/// One run of the downhill simplex.
fn simplex(start: &[f64], size: f64, f: &impl Fn(&[f64]) -> f64) -> (f64, Vec<f64>) {
    let n = start.len();
    let mut corners: Vec<(f64, Vec<f64>)> = (0..=n)
        .map(|k| {
            let mut x = start.to_vec();
            if k < n {
                x[k] += if f(&shifted(start, k, size)) < f64::MAX { size } else { -size };
            }
            (f(&x), x)
        })
        .collect();
    for _ in 0..2000 {
        corners.sort_by(|a, b| a.0.total_cmp(&b.0));
        let spread = (0..n).map(|k| (corners[n].1[k] - corners[0].1[k]).abs()).fold(0.0, f64::max);
        if spread < 1e-10 {
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

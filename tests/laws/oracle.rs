//! A slow second implementation from the textbook: its own covariance functions, a brute-force search, and the bordered
//! system [[C, 1], [1ᵀ, 0]] solved by LU. It shares no formula with the crate.

use nalgebra::{DMatrix, DVector};
use soilscope_core::variogram::{Anisotropy, Model, Structure, Variogram};
use soilscope_core::{Coord, Gap, Outcome, Prediction};

/// Shape of a structure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Shape {
    Spherical,
    Exponential,
    Gaussian,
    Matern(f64),
    Stein(f64),
}

/// One structure.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Term {
    pub(crate) shape: Shape,
    pub(crate) sill: f64,
    pub(crate) range: f64,
    pub(crate) azimuth: f64,
    pub(crate) ratio: f64,
}

/// A field and how it is observed.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) nugget: f64,
    pub(crate) error: f64,
    pub(crate) terms: Vec<Term>,
}

/// q^ν K_ν(q) 2^(1−ν)/Γ(ν) by the plainest quadrature of Abramowitz & Stegun 9.6.24.
pub(crate) fn matern(nu: f64, q: f64) -> f64 {
    if q == 0.0 {
        return 1.0;
    }
    let step = 0.01_f64;
    let at = |t: f64| (-q * t.cosh()).exp() * (nu * t).cosh();
    let mut bessel = 0.5 * at(0.0);
    let mut t = step;
    while q * t.cosh() - nu * t < 60.0 {
        bessel += at(t);
        t += step;
    }
    2.0_f64.powf(1.0 - nu) / libm::tgamma(nu) * q.powf(nu) * bessel * step
}

impl Term {
    /// Correlation at a separation.
    fn correlation(&self, [dx, dy]: Coord) -> f64 {
        // Counterclockwise from east, as in mathematics.
        let theta = (90.0 - self.azimuth).to_radians();
        let along = dx * theta.cos() + dy * theta.sin();
        let across = -dx * theta.sin() + dy * theta.cos();
        let h = along.hypot(across / self.ratio);
        let a = self.range;
        match self.shape {
            Shape::Spherical if h >= a => 0.0,
            Shape::Spherical => 1.0 - (3.0 * h / (2.0 * a) - h.powi(3) / (2.0 * a.powi(3))),
            Shape::Exponential => (-h / a).exp(),
            Shape::Gaussian => (-(h * h) / (a * a)).exp(),
            Shape::Matern(nu) => matern(nu, h / a),
            Shape::Stein(nu) => matern(nu, 2.0 * nu.sqrt() * h / a),
        }
    }
}

impl Field {
    pub(crate) fn sill(&self) -> f64 {
        self.nugget + self.terms.iter().map(|t| t.sill).sum::<f64>()
    }

    /// Covariance of the field between two places.
    pub(crate) fn covariance(&self, a: Coord, b: Coord) -> f64 {
        let nugget = if a == b { self.nugget } else { 0.0 };
        let separation = [b[0] - a[0], b[1] - a[1]];
        nugget + self.terms.iter().map(|t| t.sill * t.correlation(separation)).sum::<f64>()
    }

    /// The same field for the crate.
    pub(crate) fn variogram(&self) -> Variogram {
        let structure = |t: &Term| {
            let model = match t.shape {
                Shape::Spherical => Model::Spherical,
                Shape::Exponential => Model::Exponential,
                Shape::Gaussian => Model::Gaussian,
                Shape::Matern(smoothness) => Model::Matern { smoothness },
                Shape::Stein(smoothness) => Model::Stein { smoothness },
            };
            let anisotropy = Anisotropy::new(t.azimuth, t.ratio).unwrap();
            Structure::new(model, t.sill, t.range).unwrap().with_anisotropy(anisotropy)
        };
        let structures = self.terms.iter().map(structure).collect();
        Variogram::new(self.nugget, structures).unwrap().with_error_variance(self.error).unwrap()
    }

    /// The field with its sills times `factor`.
    pub(crate) fn times(&self, factor: f64) -> Self {
        let terms = self.terms.iter().map(|t| Term { sill: t.sill * factor, ..*t }).collect();
        Self { nugget: self.nugget * factor, error: self.error * factor, terms }
    }

    /// The field turned clockwise by `degrees`.
    pub(crate) fn turned(&self, degrees: f64) -> Self {
        let terms = self.terms.iter().map(|t| Term { azimuth: t.azimuth + degrees, ..*t }).collect();
        Self { terms, ..self.clone() }
    }
}

/// A kriging answer with its weights.
pub(crate) struct Solved {
    pub(crate) prediction: Prediction,
    pub(crate) weights: DVector<f64>,
    /// Variance of the predictor, λᵀ(C + E)λ.
    pub(crate) predictor_variance: f64,
}

/// Kriging of `at` with these samples, by the bordered system; simple with a `mean`, else ordinary.
pub(crate) fn krige(field: &Field, coords: &[Coord], values: &[f64], mean: Option<f64>, at: Coord) -> Solved {
    let n = coords.len();
    let data =
        DMatrix::from_fn(n, n, |i, j| field.covariance(coords[i], coords[j]) + if i == j { field.error } else { 0.0 });
    let to_target = DVector::from_fn(n, |i, _| field.covariance(coords[i], at));
    let z = DVector::from_column_slice(values);
    let size = n + usize::from(mean.is_none());
    let system = DMatrix::from_fn(size, size, |i, j| match (i < n, j < n) {
        (true, true) => data[(i, j)],
        (false, false) => 0.0,
        _ => 1.0,
    });
    let right = DVector::from_fn(size, |i, _| if i < n { to_target[i] } else { 1.0 });
    let solution = system.lu().solve(&right).unwrap();
    let weights = solution.rows(0, n).into_owned();
    // Cλ + μ1 = c₀: the multiplier of the crate's convention is −μ.
    let multiplier = if mean.is_some() { 0.0 } else { -solution[n] };
    let value = match mean {
        Some(mean) => mean + weights.dot(&z.add_scalar(-mean)),
        None => weights.dot(&z),
    };
    let variance = field.covariance(at, at) - 2.0 * weights.dot(&to_target) + weights.dot(&(&data * &weights));
    let predictor_variance = weights.dot(&(&data * &weights));
    Solved { prediction: Prediction { value, variance: Some(variance), multiplier }, weights, predictor_variance }
}

/// A search by looking at every sample.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Near {
    pub(crate) max: Option<usize>,
    pub(crate) min: usize,
    pub(crate) radius: Option<f64>,
    pub(crate) sectors: Option<usize>,
}

impl Near {
    /// Samples for `at`, nearest first, equally near ones in their order.
    pub(crate) fn of(&self, coords: &[Coord], at: Coord, allowed: impl Fn(usize) -> bool) -> Result<Vec<usize>, Gap> {
        let distance = |i: usize| (coords[i][0] - at[0]).hypot(coords[i][1] - at[1]);
        let mut near: Vec<usize> = (0..coords.len()).filter(|&i| allowed(i)).collect();
        near.retain(|&i| self.radius.is_none_or(|r| distance(i) <= r));
        near.sort_by(|&a, &b| distance(a).total_cmp(&distance(b)));
        if let (Some(sectors), Some(max)) = (self.sectors, self.max) {
            let sector = |i: usize| {
                let azimuth = (coords[i][0] - at[0]).atan2(coords[i][1] - at[1]).to_degrees().rem_euclid(360.0);
                (azimuth * sectors as f64 / 360.0) as usize
            };
            let mut taken = vec![0; sectors];
            near.retain(|&i| {
                taken[sector(i)] += 1;
                taken[sector(i)] <= max / sectors
            });
        } else if let Some(max) = self.max {
            near.truncate(max);
        }
        if near.len() < self.min {
            return Err(Gap::TooFewNeighbours { found: near.len() as u32, needed: self.min as u32 });
        }
        Ok(near)
    }
}

/// Kriging of `at` with the samples that `near` and `allowed` leave.
pub(crate) fn krige_near(
    field: &Field,
    (coords, values): (&[Coord], &[f64]),
    mean: Option<f64>,
    near: &Near,
    at: Coord,
    allowed: impl Fn(usize) -> bool,
) -> Outcome {
    let chosen = near.of(coords, at, allowed)?;
    let places: Vec<Coord> = chosen.iter().map(|&i| coords[i]).collect();
    let data: Vec<f64> = chosen.iter().map(|&i| values[i]).collect();
    Ok(krige(field, &places, &data, mean, at).prediction)
}

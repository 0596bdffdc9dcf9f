//! The spatial mean: known, constant, a polynomial of the place, or a function of covariates.

use nalgebra::{DMatrix, DVector};

use crate::{Coord, Error, Result, Samples};

/// The spatial mean inside the kriging system.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Drift {
    /// Simple kriging: the mean is known, in the samples' unit.
    KnownMean(f64),
    /// Ordinary kriging: the mean is constant and unknown.
    #[default]
    Constant,
    /// Universal kriging: a polynomial of easting and northing, plus a linear combination of covariates (external drift),
    /// all coefficients unknown.
    Trend {
        /// Degree of the polynomial: 0 for a constant, 1 for a plane, at most [`MOST_DEGREE`].
        degree: u8,
        /// How many covariates samples and targets bring.
        covariates: usize,
    },
}

/// Highest degree of a polynomial drift: beyond it polynomials say nothing about soil and much about rounding.
pub const MOST_DEGREE: u8 = 4;

impl Drift {
    /// A polynomial of the place.
    pub const fn polynomial(degree: u8) -> Self {
        Self::Trend { degree, covariates: 0 }
    }

    /// A constant and a linear combination of covariates.
    pub const fn external(covariates: usize) -> Self {
        Self::Trend { degree: 0, covariates }
    }

    /// The mean, where it is known.
    pub fn known_mean(self) -> Option<f64> {
        match self {
            Self::KnownMean(mean) => Some(mean),
            _ => None,
        }
    }

    /// Covariates that samples and targets must bring.
    pub fn covariates(self) -> usize {
        match self {
            Self::Trend { covariates, .. } => covariates,
            _ => 0,
        }
    }

    /// Degree of the polynomial; `None` for a known mean.
    fn degree(self) -> Option<u8> {
        match self {
            Self::KnownMean(_) => None,
            Self::Constant => Some(0),
            Self::Trend { degree, .. } => Some(degree),
        }
    }
}

/// The drift's functions, centred and scaled by the samples so that their products keep their digits.
///
/// With e and n the easting and northing from the samples' centre in units of half their extent, the columns are
/// 1, e, n, e², en, n², … up to the degree, then each covariate less its mean over its standard deviation. Predictions and
/// variances do not depend on the scaling.
///
/// # Examples
/// ```
/// use soilscope_core::{Samples, drift::{Basis, Drift}};
/// let samples = Samples::new(vec![[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]], vec![1.0, 2.0, 4.0])?;
/// let basis = Basis::new(Drift::polynomial(1), &samples)?;
/// let mut row = vec![0.0; basis.columns()];
/// basis.fill([10.0, 5.0], &[], &mut row);
/// assert_eq!(row, [1.0, 1.0, 0.0]);
/// # Ok::<(), soilscope_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Basis {
    degree: Option<u8>,
    centre: Coord,
    half: f64,
    /// Mean and standard deviation of each covariate.
    covariates: Vec<[f64; 2]>,
}

impl Basis {
    /// The functions of `drift`, scaled by `samples`.
    ///
    /// # Errors
    /// A known mean that is not finite, a degree above [`MOST_DEGREE`] (or above 0 on a sphere), or samples with another
    /// number of covariates.
    pub fn new(drift: Drift, samples: &Samples) -> Result<Self> {
        if let Some(mean) = drift.known_mean()
            && !mean.is_finite()
        {
            return Err(Error::Parameter { name: "known mean", value: mean, requirement: "a finite number" });
        }
        let degree = drift.degree();
        if let Some(degree) = degree
            && degree > MOST_DEGREE
        {
            let value = f64::from(degree);
            return Err(Error::Parameter { name: "degree of the drift", value, requirement: "from 0 to 4" });
        }
        if degree.is_some_and(|d| d > 0) {
            samples.check_plane("a polynomial of the place is a drift")?;
        }
        let needed = drift.covariates();
        if needed > 0 && samples.covariate_count() != needed {
            return Err(Error::Covariates { needed, found: samples.covariate_count() });
        }
        let (low, high) = samples.bounds();
        let half = 0.5 * (high[0] - low[0]).max(high[1] - low[1]);
        let n = samples.len() as f64;
        let scale = |k: usize| {
            let column = || (0..samples.len()).map(move |i| samples.covariates(i)[k]);
            let mean = column().sum::<f64>() / n;
            let deviation = (column().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
            [mean, if deviation > 0.0 { deviation } else { 1.0 }]
        };
        Ok(Self {
            degree,
            centre: [0.5 * (low[0] + high[0]), 0.5 * (low[1] + high[1])],
            half: if half > 0.0 { half } else { 1.0 },
            covariates: (0..needed).map(scale).collect(),
        })
    }

    /// Number of functions; 0 for a known mean.
    pub fn columns(&self) -> usize {
        self.degree.map_or(0, |d| usize::from(d + 1) * usize::from(d + 2) / 2 + self.covariates.len())
    }

    /// Covariates that a place must bring.
    pub fn covariates(&self) -> usize {
        self.covariates.len()
    }

    /// The functions at a place.
    ///
    /// # Panics
    /// Fewer covariates than [`covariates`](Self::covariates), or an `out` of another length than
    /// [`columns`](Self::columns).
    #[inline]
    pub fn fill(&self, at: Coord, covariates: &[f64], out: &mut [f64]) {
        assert_eq!(out.len(), self.columns(), "one number a function");
        let Some(degree) = self.degree else { return };
        out[0] = 1.0;
        let e = (at[0] - self.centre[0]) / self.half;
        let n = (at[1] - self.centre[1]) / self.half;
        let mut next = 1;
        for d in 1..=usize::from(degree) {
            // The functions of degree d are e times those of degree d − 1, and n times the last of them.
            for k in 0..d {
                out[next + k] = e * out[next - d + k];
            }
            out[next + d] = n * out[next - 1];
            next += d + 1;
        }
        for (k, [mean, deviation]) in self.covariates.iter().enumerate() {
            out[next + k] = (covariates[k] - mean) / deviation;
        }
    }

    /// The functions at all samples (n samples × columns).
    ///
    /// # Panics
    /// Samples with fewer covariates than the basis.
    pub fn matrix(&self, samples: &Samples) -> DMatrix<f64> {
        let mut matrix = DMatrix::zeros(samples.len(), self.columns());
        let mut row = vec![0.0; self.columns()];
        for i in 0..samples.len() {
            let covariates = if self.covariates.is_empty() { &[] } else { samples.covariates(i) };
            self.fill(samples.coords()[i], covariates, &mut row);
            matrix.row_mut(i).copy_from_slice(&row);
        }
        matrix
    }

    /// The same functions centred and scaled by some samples: in a small neighbourhood far from the centre of all, the
    /// columns of a polynomial would be nearly dependent.
    pub(crate) fn recentre(&mut self, coords: impl IntoIterator<Item = Coord>) {
        if self.degree.is_none_or(|d| d == 0) {
            return;
        }
        let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        for c in coords {
            for k in 0..2 {
                low[k] = low[k].min(c[k]);
                high[k] = high[k].max(c[k]);
            }
        }
        if low[0] > high[0] {
            return;
        }
        let half = 0.5 * (high[0] - low[0]).max(high[1] - low[1]);
        self.centre = [0.5 * (low[0] + high[0]), 0.5 * (low[1] + high[1])];
        self.half = if half > 0.0 { half } else { 1.0 };
    }

    /// Names of the functions, in their order, for reports: `1`, `e`, `n`, `e²` …, then `covariate 1` ….
    pub fn names(&self) -> Vec<String> {
        let power = |name: &str, k: usize| match k {
            0 => String::new(),
            1 => name.to_owned(),
            k => format!("{name}^{k}"),
        };
        let mut names = Vec::with_capacity(self.columns());
        for d in 0..=self.degree.map_or(-1, i32::from) {
            let d = d as usize;
            names.extend((0..=d).map(|k| match (power("e", d - k), power("n", k)) {
                (e, n) if e.is_empty() && n.is_empty() => "1".to_owned(),
                (e, n) => format!("{e}{n}"),
            }));
        }
        names.extend((1..=self.covariates.len()).map(|k| format!("covariate {k}")));
        names
    }
}

/// What is left of the values after an ordinary least-squares fit of the drift; for a known mean, the deviations from it.
///
/// # Units
/// The samples' unit.
///
/// # Errors
/// As [`Basis::new`], fewer samples than functions, or [`Error::DriftSingular`].
///
/// # Examples
/// ```
/// use soilscope_core::{Samples, drift::{Drift, ols_residuals}};
/// let samples = Samples::new(vec![[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]], vec![1.0, 2.0, 6.0])?;
/// assert_eq!(ols_residuals(Drift::Constant, &samples)?.values(), [-2.0, -1.0, 3.0]);
/// # Ok::<(), soilscope_core::Error>(())
/// ```
pub fn ols_residuals(drift: Drift, samples: &Samples) -> Result<Samples> {
    let residuals = without_errors(drift, samples)?;
    // A residual has the error of its sample.
    match samples.error_variances() {
        Some(variances) => residuals.with_error_variances(variances.to_vec()),
        None => Ok(residuals),
    }
}

fn without_errors(drift: Drift, samples: &Samples) -> Result<Samples> {
    let basis = Basis::new(drift, samples)?;
    if let Some(mean) = drift.known_mean() {
        return samples.with_values(samples.values().iter().map(|v| v - mean).collect());
    }
    let (n, columns) = (samples.len(), basis.columns());
    if n < columns {
        return Err(Error::TooFewSamples { found: n, needed: columns, purpose: "the drift" });
    }
    let mean = samples.mean();
    let centred = DVector::from_iterator(n, samples.values().iter().map(|v| v - mean));
    if columns == 1 {
        return samples.with_values(centred.data.into());
    }
    let matrix = basis.matrix(samples);
    let qr = matrix.clone().qr();
    let r = qr.r();
    let largest = r.diagonal().amax();
    if r.diagonal().iter().any(|d| !(d.abs() > largest * RANK_TOLERANCE)) {
        return Err(Error::DriftSingular { columns, samples: n });
    }
    let fitted = qr.q().transpose() * &centred;
    let residuals = centred - qr.q() * fitted;
    samples.with_values(residuals.data.into())
}

/// Relative size below which a pivot of the drift's columns is rounding error.
pub(crate) const RANK_TOLERANCE: f64 = 1e-10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_up_to_degree_three_have_their_names_and_values() {
        let samples = Samples::new(vec![[-1.0, -1.0], [1.0, 1.0]], vec![0.0, 1.0]).unwrap();
        let basis = Basis::new(Drift::polynomial(3), &samples).unwrap();
        assert_eq!(basis.names(), ["1", "e", "n", "e^2", "en", "n^2", "e^3", "e^2n", "en^2", "n^3"]);
        let mut row = [0.0; 10];
        basis.fill([2.0, 3.0], &[], &mut row);
        assert_eq!(row, [1.0, 2.0, 3.0, 4.0, 6.0, 9.0, 8.0, 12.0, 18.0, 27.0]);
    }

    #[test]
    fn residuals_of_a_plane_are_nothing_and_of_a_line_of_samples_are_refused() {
        let coords: Vec<Coord> = (0..12).map(|i| [f64::from(i % 4) * 7.0, f64::from(i / 4) * 5.0]).collect();
        let values = coords.iter().map(|c| 1e6 + 2.0 * c[0] - c[1]).collect();
        let samples = Samples::new(coords, values).unwrap();
        let residuals = ols_residuals(Drift::polynomial(1), &samples).unwrap();
        assert!(residuals.values().iter().all(|v| v.abs() < 1e-8), "{:?}", residuals.values());
        let line = Samples::new((0..9).map(|i| [f64::from(i), 3.0]).collect(), vec![1.0; 9]).unwrap();
        let refused = ols_residuals(Drift::polynomial(1), &line);
        assert_eq!(refused, Err(Error::DriftSingular { columns: 3, samples: 9 }));
    }
}

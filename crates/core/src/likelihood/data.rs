//! Samples, prepared for a likelihood.

use nalgebra::{DMatrix, DVector};

use super::Coefficient;
use super::ordering::canonical_order;
use super::place::{Place, place};
use crate::drift::{Basis, Drift, RANK_TOLERANCE};
use crate::metric::Metric;
use crate::{Coord, Error, Result, Samples};

/// Samples in an order that depends on them alone, less their ordinary least-squares trend.
#[derive(Debug, Clone)]
pub(super) struct Data {
    pub(super) places: Vec<Place>,
    /// The surface that they are on.
    pub(super) metric: Metric,
    /// Drift functions, then the residual: `columns` numbers a sample.
    pub(super) rows: Vec<f64>,
    pub(super) columns: usize,
    /// Variance of each sample's own error; empty where there are none.
    pub(super) errors: Vec<f64>,
    /// Whether two samples share a place.
    pub(super) coincident: bool,
    /// Position of each among the samples given.
    pub(super) positions: Vec<u32>,
    pub(super) basis: Basis,
    /// What was taken off: the known mean, or the coefficients.
    pub(super) known_mean: f64,
    pub(super) ordinary: DVector<f64>,
    /// log |FᵀF|.
    pub(super) log_basis: f64,
    /// Mean squared residual.
    pub(super) variance: f64,
    /// The first sample's coordinates, as they were given.
    pub(super) first: Coord,
    /// Length of the bounding box's diagonal.
    pub(super) diagonal: f64,
}

impl Data {
    /// # Errors
    /// Fewer samples than drift functions + 2, drift functions that the samples cannot tell apart, or a known mean that is
    /// not finite.
    pub(super) fn new(samples: &Samples, drift: Drift) -> Result<Self> {
        let order = canonical_order(samples.coords(), |a, b| {
            let key = |i: usize| (samples.values()[i], samples.error_variance(i));
            let (p, q) = (key(a), key(b));
            p.0.total_cmp(&q.0).then(p.1.total_cmp(&q.1)).then_with(|| {
                let pairs = samples.covariates(a).iter().zip(samples.covariates(b));
                pairs.map(|(x, y)| x.total_cmp(y)).find(|o| o.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
            })
        });
        let indices: Vec<usize> = order.iter().map(|&i| i as usize).collect();
        let samples = samples.subset(&indices)?;
        let basis = Basis::new(drift, &samples)?;
        let (n, p) = (samples.len(), basis.columns());
        if n < p + 2 {
            return Err(Error::TooFewSamples { found: n, needed: p + 2, purpose: "a likelihood with this drift" });
        }
        let known_mean = drift.known_mean().unwrap_or_else(|| samples.mean());
        let mut residual = DVector::from_iterator(n, samples.values().iter().map(|v| v - known_mean));
        let matrix = basis.matrix(&samples);
        let (mut ordinary, mut log_basis) = (DVector::zeros(p), 0.0);
        if p > 0 {
            let qr = matrix.clone().qr();
            let r = qr.unpack_r();
            let largest = r.diagonal().amax();
            if r.diagonal().iter().any(|d| !(d.abs() > largest * RANK_TOLERANCE)) {
                return Err(Error::DriftSingular { columns: p, samples: n });
            }
            log_basis = 2.0 * r.diagonal().iter().map(|d| d.abs().ln()).sum::<f64>();
            // Twice, so that the residuals are orthogonal to the functions to the last digit.
            for _ in 0..2 {
                let gram = r.transpose() * &r;
                let right = matrix.tr_mul(&residual);
                let step =
                    nalgebra::Cholesky::new(gram).ok_or(Error::DriftSingular { columns: p, samples: n })?.solve(&right);
                residual -= &matrix * &step;
                ordinary += step;
            }
        }
        let columns = p + 1;
        let mut rows = vec![0.0; n * columns];
        for (i, row) in rows.chunks_exact_mut(columns).enumerate() {
            for k in 0..p {
                row[k] = matrix[(i, k)];
            }
            row[p] = residual[i];
        }
        let errors = samples.error_variances().unwrap_or(&[]).to_vec();
        Ok(Self {
            coincident: samples.first_coincident_pair().is_some(),
            places: samples.coords().iter().map(|&at| place(samples.metric(), at)).collect(),
            metric: samples.metric(),
            rows,
            columns,
            errors,
            positions: order,
            basis,
            known_mean,
            ordinary,
            log_basis,
            variance: residual.norm_squared() / n as f64,
            first: samples.coords()[0],
            diagonal: samples.diagonal(),
        })
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Number of drift functions.
    pub(super) fn functions(&self) -> usize {
        self.columns - 1
    }

    /// Drift functions and residual of a sample.
    #[inline]
    pub(super) fn row(&self, i: usize) -> &[f64] {
        &self.rows[i * self.columns..(i + 1) * self.columns]
    }

    /// Variance of a sample's own error.
    #[inline]
    pub(super) fn error(&self, i: usize) -> f64 {
        if self.errors.is_empty() { 0.0 } else { self.errors[i] }
    }

    /// Whether any sample has an error variance of its own above 0.
    pub(super) fn has_errors(&self) -> bool {
        self.errors.iter().any(|&e| e > 0.0)
    }

    /// The same samples in another order.
    pub(super) fn reordered(&self, order: &[u32]) -> Self {
        let pick = |i: &u32| *i as usize;
        Self {
            places: order.iter().map(|i| self.places[pick(i)]).collect(),
            rows: order.iter().flat_map(|i| self.row(pick(i)).iter().copied()).collect(),
            errors: if self.errors.is_empty() {
                Vec::new()
            } else {
                order.iter().map(|i| self.errors[pick(i)]).collect()
            },
            positions: order.iter().map(|i| self.positions[pick(i)]).collect(),
            basis: self.basis.clone(),
            ordinary: self.ordinary.clone(),
            ..*self
        }
    }

    /// The same samples with some of the drift's functions: the coefficients of the others stay as least squares have them.
    pub(super) fn with_functions(&self, kept: &[usize]) -> Self {
        let columns = kept.len() + 1;
        let pick = |i: usize| kept.iter().copied().chain([self.functions()]).map(move |k| self.row(i)[k]);
        Self { rows: (0..self.len()).flat_map(pick).collect(), columns, ..self.clone() }
    }

    /// Trend coefficients with what was taken off before, from those of the residuals and their variances.
    pub(super) fn coefficients(&self, estimates: &[f64], variances: &[f64]) -> Vec<Coefficient> {
        let names = self.basis.names().into_iter().enumerate();
        names
            .map(|(k, name)| Coefficient {
                name,
                // The first function is the constant, whose part is the mean that was taken off.
                estimate: estimates[k] + self.ordinary[k] + if k == 0 { self.known_mean } else { 0.0 },
                standard_error: variances[k].max(0.0).sqrt(),
            })
            .collect()
    }

    /// Drift functions and residual of all samples (n × columns).
    pub(super) fn matrix(&self) -> DMatrix<f64> {
        DMatrix::from_row_slice(self.len(), self.columns, &self.rows)
    }
}

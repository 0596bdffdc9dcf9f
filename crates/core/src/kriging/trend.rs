//! The drift's coefficients, as generalised least squares estimates them.

use nalgebra::DMatrix;

use super::Kriging;
use super::global::GlobalSystem;
use crate::drift::Basis;
use crate::executor::Serial;
use crate::{Coord, Result, Samples};

/// Generalised least-squares estimate of the drift from all samples.
#[derive(Debug, Clone, PartialEq)]
pub struct TrendEstimate {
    basis: Basis,
    coefficients: Vec<f64>,
    covariance: DMatrix<f64>,
    bounded: bool,
}

impl TrendEstimate {
    pub(super) fn new(system: &GlobalSystem, bounded: bool) -> Self {
        let mut coefficients: Vec<f64> = system.coefficients.iter().copied().collect();
        // The data were solved for without their mean, and the first function is 1.
        if let Some(first) = coefficients.first_mut() {
            *first += system.setting.centre;
        }
        Self { basis: system.setting.basis.clone(), coefficients, covariance: system.gram.inverse(), bounded }
    }

    /// The drift's functions.
    pub fn basis(&self) -> &Basis {
        &self.basis
    }

    /// One coefficient a function; none for a known mean.
    pub fn coefficients(&self) -> &[f64] {
        &self.coefficients
    }

    /// Covariances of the coefficients' errors, (FᵀC⁻¹F)⁻¹. Of a model without a sill those of the constant (the first row and
    /// column) hold the level that its generalised covariance was given, and mean nothing.
    pub fn covariance(&self) -> &DMatrix<f64> {
        &self.covariance
    }

    /// Square roots of the variances of the coefficients; `None` for the constant under a model without a sill, for a field
    /// without a variance has no mean to estimate.
    pub fn standard_errors(&self) -> Vec<Option<f64>> {
        let errors = self.covariance.diagonal();
        errors.iter().enumerate().map(|(k, v)| (self.bounded || k > 0).then(|| v.sqrt())).collect()
    }

    /// The estimated drift at a place.
    ///
    /// # Panics
    /// As [`Basis::fill`].
    pub fn at(&self, place: Coord, covariates: &[f64]) -> f64 {
        let mut functions = vec![0.0; self.basis.columns()];
        self.basis.fill(place, covariates, &mut functions);
        functions.iter().zip(&self.coefficients).map(|(f, b)| f * b).sum()
    }
}

impl Kriging {
    /// The drift's coefficients, estimated from all samples whatever the neighbourhood (gstat's `BLUE`).
    ///
    /// # Errors
    /// As [`fit`](crate::Interpolator::fit) with all samples.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::{Samples, drift::Drift, kriging::Kriging, neighbourhood::Neighbourhood};
    /// use soilscope_core::variogram::ModelTemplate;
    /// let samples = Samples::new(vec![[0.0, 0.0], [9.0, 1.0], [1.0, 8.0]], vec![1.0, 2.0, 6.0])?;
    /// let noise = "2 Nug".parse::<ModelTemplate>()?.complete()?.unwrap();
    /// let trend = Kriging::new(noise, Drift::Constant, Neighbourhood::Global).trend(&samples)?;
    /// assert!((trend.coefficients()[0] - 3.0).abs() < 1e-12); // the mean
    /// assert!((trend.standard_errors()[0].unwrap() - (2.0_f64 / 3.0).sqrt()).abs() < 1e-12);
    /// # Ok::<(), soilscope_core::Error>(())
    /// ```
    pub fn trend(&self, samples: &Samples) -> Result<TrendEstimate> {
        self.check(samples)?;
        Ok(TrendEstimate::new(&GlobalSystem::new(self, samples, &Serial)?, self.variogram.is_bounded()))
    }
}

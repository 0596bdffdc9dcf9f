//! The sums that a log-likelihood consists of, and the log-likelihood of them.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

use super::Method;

/// Sums over all samples, or blocks of them, for one kernel. With Y = (F z) of c columns:
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Terms {
    /// Samples, by weight.
    pub(super) count: f64,
    /// log |C|.
    pub(super) log_determinant: f64,
    /// YᵀC⁻¹Y (c × c).
    pub(super) cross: DMatrix<f64>,
    /// tr(C⁻¹Cⱼ) of each derivative Cⱼ.
    pub(super) trace: Vec<f64>,
    /// Derivatives of `cross`: −YᵀC⁻¹CⱼC⁻¹Y.
    pub(super) cross_derivatives: Vec<DMatrix<f64>>,
    /// ½ tr(C⁻¹CⱼC⁻¹Cₗ): the expected information where the trend is known.
    pub(super) information: DMatrix<f64>,
    /// FᵀC⁻¹CⱼC⁻¹CₗC⁻¹F for j ≥ l, row by row: what the trend's estimation takes from the information. Empty where it
    /// was not computed.
    pub(super) second: Vec<DMatrix<f64>>,
}

impl Terms {
    pub(super) fn zero(columns: usize, parameters: usize) -> Self {
        Self {
            count: 0.0,
            log_determinant: 0.0,
            cross: DMatrix::zeros(columns, columns),
            trace: vec![0.0; parameters],
            cross_derivatives: vec![DMatrix::zeros(columns, columns); parameters],
            information: DMatrix::zeros(parameters, parameters),
            second: Vec::new(),
        }
    }

    /// Adds the sums of other samples.
    pub(super) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.log_determinant += other.log_determinant;
        self.cross += &other.cross;
        for (a, b) in self.trace.iter_mut().zip(&other.trace) {
            *a += b;
        }
        for (a, b) in self.cross_derivatives.iter_mut().zip(&other.cross_derivatives) {
            *a += b;
        }
        self.information += &other.information;
    }

    /// The log-likelihood of these sums; `None` where the trend cannot be estimated or a number is not finite.
    ///
    /// `log_basis` is log |FᵀF|, which makes the restricted likelihood independent of the units and the choice of the
    /// drift's functions. With `scale` the covariances are multiplied by the factor that maximises the likelihood.
    ///
    /// # Source
    /// Harville (1974), *Biometrika* 61:383, for the restricted likelihood with |FᵀF|.
    pub(super) fn evaluate(&self, method: Method, log_basis: f64, scale: bool) -> Option<Evaluation> {
        let p = self.cross.ncols() - 1;
        let q = self.trace.len();
        let gram = self.cross.view((0, 0), (p, p)).into_owned();
        let right = self.cross.view((0, p), (p, 1)).into_owned();
        let cholesky = if p > 0 { Some(Cholesky::new(gram)?) } else { None };
        let coefficients =
            cholesky.as_ref().map_or_else(|| DVector::zeros(0), |c| c.solve(&right).column(0).into_owned());
        let quadratic = self.cross[(p, p)] - right.column(0).dot(&coefficients);
        let (freedom, log_gram) = match method {
            Method::Reml => (self.count - p as f64, cholesky.as_ref().map_or(0.0, log_determinant) - log_basis),
            Method::Ml => (self.count, 0.0),
        };
        if !(quadratic > 0.0 && freedom > 0.0) {
            return None;
        }
        let factor = if scale { quadratic / freedom } else { 1.0 };
        let constant = freedom * (2.0 * std::f64::consts::PI * factor).ln();
        let log_likelihood = -0.5 * (constant + self.log_determinant + log_gram + quadratic / factor);
        // (β, −1) turns the derivative of YᵀC⁻¹Y into that of the quadratic form, by the envelope theorem.
        let mut contrast = DVector::from_element(p + 1, -1.0);
        contrast.rows_mut(0, p).copy_from(&coefficients);
        let inverse = cholesky.as_ref().map(Cholesky::inverse);
        let mut gradient = DVector::zeros(q);
        let mut information = self.information.clone();
        let mut weighted = Vec::with_capacity(q);
        for j in 0..q {
            let derivative = &self.cross_derivatives[j];
            let of_quadratic = contrast.dot(&(derivative * &contrast));
            let mut of_determinant = self.trace[j];
            if let (Method::Reml, Some(inverse)) = (method, &inverse) {
                let product = inverse * derivative.view((0, 0), (p, p));
                of_determinant += product.trace();
                weighted.push(product);
            }
            gradient[j] = -0.5 * (of_determinant + of_quadratic / factor);
        }
        if let (Method::Reml, Some(inverse), false) = (method, &inverse, self.second.is_empty()) {
            // tr(PCⱼPCₗ) = tr(C⁻¹CⱼC⁻¹Cₗ) − 2 tr(G⁻¹ FᵀC⁻¹CⱼC⁻¹CₗC⁻¹F) + tr(G⁻¹Gⱼ G⁻¹Gₗ), G = FᵀC⁻¹F.
            let mut pairs = self.second.iter();
            for j in 0..q {
                for (l, second) in (0..=j).zip(&mut pairs) {
                    let less = 0.5 * weighted[j].dot(&weighted[l].transpose()) - inverse.dot(&second.transpose());
                    information[(j, l)] += less;
                    if l != j {
                        information[(l, j)] += less;
                    }
                }
            }
        }
        // An information below 0 is rounding error of a matrix that is nearly singular.
        let sound = log_likelihood.is_finite()
            && gradient.iter().all(|v| v.is_finite())
            && information.iter().all(|v| v.is_finite())
            && information.diagonal().iter().all(|&v| v >= 0.0);
        sound.then(|| Evaluation {
            log_likelihood,
            gradient,
            information,
            coefficients,
            covariance: inverse.map_or_else(|| DMatrix::zeros(0, 0), |inverse| inverse * factor),
            factor,
        })
    }
}

/// log |A| of a factored matrix.
pub(super) fn log_determinant(cholesky: &Cholesky<f64, Dyn>) -> f64 {
    2.0 * cholesky.l_dirty().diagonal().iter().map(|d| d.ln()).sum::<f64>()
}

/// The log-likelihood at one place of the parameters.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Evaluation {
    pub(super) log_likelihood: f64,
    /// By the logarithms of the parameters (the radian of an azimuth).
    pub(super) gradient: DVector<f64>,
    /// Expected information of the same.
    pub(super) information: DMatrix<f64>,
    /// Trend coefficients, of the scaled functions and the centred values.
    pub(super) coefficients: DVector<f64>,
    /// Their covariance.
    pub(super) covariance: DMatrix<f64>,
    /// What the covariances were multiplied by; 1 where they were not.
    pub(super) factor: f64,
}

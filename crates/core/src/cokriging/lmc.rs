//! The linear model of coregionalisation.

use std::fmt;

use super::{Coefficients, CokrigingError};
use crate::variogram::{Structure, Variogram};
use crate::{Coord, Error, Result};

/// How far below 0 an eigenvalue may come by rounding, sills scaled to 1.
const EIGENVALUE_FLOOR: f64 = -1e-12;

/// One term of a [`Coregionalisation`]: the nugget, or a structure, with its coefficients.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Term {
    unit: Variogram,
    coefficients: Coefficients,
}

impl Term {
    /// Micro-scale variation: of each variable, and common to variables measured at one place.
    ///
    /// # Errors
    /// None that matrices of finite numbers have.
    pub fn nugget(coefficients: Coefficients) -> Result<Self> {
        Ok(Self { unit: Variogram::new(1.0, Vec::new())?, coefficients })
    }

    /// A structure of partial sill 1, whose share in each variable the coefficients say.
    ///
    /// # Errors
    /// Another partial sill.
    pub fn structure(structure: Structure, coefficients: Coefficients) -> Result<Self> {
        let sill = structure.partial_sill();
        if sill != 1.0 {
            let requirement = "1 in a coregionalisation, whose coefficients are the sills";
            return Err(Error::Parameter { name: "partial sill", value: sill, requirement });
        }
        Ok(Self { unit: Variogram::new(0.0, vec![structure])?, coefficients })
    }

    /// The variogram of sill 1.
    pub fn unit(&self) -> &Variogram {
        &self.unit
    }

    /// Its coefficients.
    pub fn coefficients(&self) -> &Coefficients {
        &self.coefficients
    }

    /// The same spatial structure with the coefficients of these variables.
    fn select(&self, variables: &[usize]) -> Self {
        Self { unit: self.unit.clone(), coefficients: self.coefficients.select(variables) }
    }

    /// The unit variogram in gstat's notation, without the sill: `Nug`, `Sph(900)`.
    pub fn name(&self) -> String {
        let text = self.unit.to_string();
        text.strip_prefix("1 ").unwrap_or(&text).to_owned()
    }
}

/// Linear model of coregionalisation of several variables: the cross-semivariance of variables i and j is
/// γ_ij(h) = Σ_u b_ij(u) g_u(h), a sum over terms u with variograms g_u of sill 1 and positive semi-definite coefficient
/// matrices B(u).
///
/// Positive semi-definite coefficients are what makes it a model: only then is no variance of a linear combination of
/// samples negative.
///
/// # Units
/// Semivariances and covariances of variables i and j in the unit of i times the unit of j; lags in coordinate units.
///
/// # Source
/// Wackernagel (2003), *Multivariate Geostatistics*, ch. 26.
///
/// # Examples
/// ```
/// use soilscope_core::cokriging::{Coefficients, Coregionalisation, Term};
/// use soilscope_core::variogram::{Model, Structure};
/// let nugget = Term::nugget(Coefficients::from_rows(&[vec![0.1, 0.0], vec![0.0, 0.2]])?)?;
/// let spherical = Structure::new(Model::Spherical, 1.0, 900.0)?;
/// let common = Term::structure(spherical, Coefficients::from_rows(&[vec![1.0, 0.6], vec![0.6, 0.8]])?)?;
/// let model = Coregionalisation::new(vec!["zinc".into(), "lead".into()], vec![nugget, common])?;
/// assert_eq!(model.covariance(0, 1, [0.0, 0.0]), 0.6);
/// assert_eq!(model.semivariance(1, 1, [900.0, 0.0]), 1.0);
/// assert_eq!(model.variogram(0)?.to_string(), "0.1 Nug + 1 Sph(900)");
///
/// // A correlation above 1 is refused.
/// let impossible = Term::structure(spherical, Coefficients::from_rows(&[vec![1.0, 1.1], vec![1.1, 1.0]])?)?;
/// assert!(Coregionalisation::new(vec!["zinc".into(), "lead".into()], vec![impossible]).is_err());
/// # Ok::<(), soilscope_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Coregionalisation {
    variables: Vec<String>,
    terms: Vec<Term>,
}

impl Coregionalisation {
    /// A model of named variables.
    ///
    /// # Errors
    /// No variable or two of one name, coefficients of another order, a variable whose sill is not above 0, or coefficients
    /// that are not positive semi-definite.
    pub fn new(variables: Vec<String>, terms: Vec<Term>) -> Result<Self> {
        let count = variables.len();
        if count == 0 {
            return Err(Error::Parameter { name: "number of variables", value: 0.0, requirement: "at least 1" });
        }
        if let Some(k) = (0..count).find(|&k| variables[..k].contains(&variables[k])) {
            return Err(CokrigingError::DuplicateVariable { name: variables[k].clone() }.into());
        }
        for term in &terms {
            let found = term.coefficients.order();
            if found != count {
                return Err(CokrigingError::Count { what: "rows of coefficients", found, variables: count }.into());
            }
        }
        let model = Self { variables, terms };
        let sills: Vec<f64> = (0..count).map(|i| model.sill(i, i)).collect();
        if let Some(i) = sills.iter().position(|&sill| !(sill > 0.0 && sill.is_finite())) {
            return Err(CokrigingError::NoSill { name: model.variables[i].clone(), sill: sills[i] }.into());
        }
        for term in &model.terms {
            let smallest = term.coefficients.scaled(&sills).symmetric_eigenvalues().min();
            // Written so that NaN fails.
            if !(smallest >= EIGENVALUE_FLOOR) {
                return Err(CokrigingError::NotPositiveSemiDefinite { term: term.name(), smallest }.into());
            }
        }
        Ok(model)
    }

    /// Names of the variables.
    pub fn variables(&self) -> &[String] {
        &self.variables
    }

    /// The terms, in the order given.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// Covariance of two variables at one place; of one variable: its variance. Where a structure is
    /// [unbounded](Self::is_bounded) there is no such number, and this is the sum of the coefficients only.
    ///
    /// # Panics
    /// A variable beyond the last, here and below.
    pub fn sill(&self, i: usize, j: usize) -> f64 {
        self.terms.iter().map(|t| t.coefficients.get(i, j)).sum()
    }

    /// Cross-semivariance of two variables at a separation.
    pub fn semivariance(&self, i: usize, j: usize, separation: Coord) -> f64 {
        self.terms.iter().map(|t| t.coefficients.get(i, j) * t.unit.semivariance(separation)).sum()
    }

    /// Covariance of two variables at a separation: sill − semivariance; a generalised covariance, of which only differences
    /// mean something, where a structure is [unbounded](Self::is_bounded).
    pub fn covariance(&self, i: usize, j: usize, separation: Coord) -> f64 {
        self.terms.iter().map(|t| t.coefficients.get(i, j) * t.unit.covariance(separation)).sum()
    }

    /// Whether all structures have sills, and so the variables variances. Unbounded ones can be used with unknown means, but
    /// not with known ones.
    pub fn is_bounded(&self) -> bool {
        self.terms.iter().all(|t| t.unit.is_bounded())
    }

    /// The same model, with covariances for places no more than `extent` apart: see [`Variogram::localised`].
    pub(super) fn localised(&self, extent: f64) -> Self {
        let local = |t: &Term| Term { unit: t.unit.localised(extent), coefficients: t.coefficients.clone() };
        Self { variables: self.variables.clone(), terms: self.terms.iter().map(local).collect() }
    }

    /// Covariance of two variables at one place, of a [`localised`](Self::localised) model too.
    #[inline]
    pub(super) fn covariance_at_zero(&self, i: usize, j: usize) -> f64 {
        self.terms.iter().map(|t| t.coefficients.get(i, j) * t.unit.variance_at_zero()).sum()
    }

    /// Whether the covariance of two variables is, at every separation, the same multiple of the first one's own.
    ///
    /// Then the second adds nothing to the first where it was measured at places of the first only: co-kriging gives it no
    /// weight and equals kriging of the first alone (the first is autokrigeable). A multiple of 0, no correlation, is one
    /// too, and then places do not matter. Multiples may differ by rounding, 10⁻⁹ of the sills.
    ///
    /// # Source
    /// Wackernagel (2003), *Multivariate Geostatistics*, on autokrigeability.
    ///
    /// # Panics
    /// A variable beyond the last.
    pub fn is_proportional(&self, i: usize, j: usize) -> bool {
        let multiple = self.sill(i, j) / self.sill(i, i);
        let rounding = 1e-9 * (self.sill(i, i) * self.sill(j, j)).sqrt();
        let off = |t: &Term| (t.coefficients.get(i, j) - multiple * t.coefficients.get(i, i)).abs();
        self.terms.iter().all(|t| off(t) <= rounding)
    }

    /// The variogram of one variable alone.
    ///
    /// # Errors
    /// A coefficient that rounding has left below 0 by more than a sill can be.
    pub fn variogram(&self, i: usize) -> Result<Variogram> {
        let mut nugget = 0.0;
        let mut structures = Vec::new();
        for term in &self.terms {
            let coefficient = term.coefficients.get(i, i).max(0.0);
            nugget += coefficient * term.unit.nugget();
            for s in term.unit.structures() {
                structures.push(Structure::new(s.model(), coefficient, s.range())?.with_anisotropy(s.anisotropy()));
            }
        }
        Variogram::new(nugget, structures)
    }

    /// The model with all coefficients multiplied: variances change by the factor, predictions from samples without
    /// measurement errors do not.
    ///
    /// # Errors
    /// A factor that is not above 0.
    pub fn scaled(&self, factor: f64) -> Result<Self> {
        if !(factor > 0.0 && factor.is_finite()) {
            return Err(Error::Parameter { name: "factor of a model", value: factor, requirement: "above 0" });
        }
        let scaled = |t: &Term| Term { unit: t.unit.clone(), coefficients: t.coefficients.times(factor) };
        Self::new(self.variables.clone(), self.terms.iter().map(scaled).collect())
    }

    /// The model of some of its variables, in the order asked for.
    ///
    /// # Errors
    /// A variable beyond the last, one asked for twice, or none.
    pub fn select(&self, variables: &[usize]) -> Result<Self> {
        if let Some(&index) = variables.iter().find(|&&i| i >= self.variables.len()) {
            return Err(CokrigingError::NoSuchVariable { index, variables: self.variables.len() }.into());
        }
        let names = variables.iter().map(|&i| self.variables[i].clone()).collect();
        Self::new(names, self.terms.iter().map(|t| t.select(variables)).collect())
    }
}

impl fmt::Display for Coregionalisation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let terms: Vec<String> = self.terms.iter().map(Term::name).collect();
        write!(f, "{} of {}", terms.join(" + "), self.variables.join(", "))
    }
}

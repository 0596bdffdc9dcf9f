//! Fit of a linear model of coregionalisation to direct and cross variograms.

use nalgebra::{DMatrix, DVector};

use super::positive::{Normals, is_positive, positive_part};
use super::{Coefficients, CokrigingError, Coregionalisation, Term};
use crate::variogram::{
    CrossVariogram, FitWeights, ModelTemplate, Parameter, Shapes, Structure, Variogram, separation,
};
use crate::{Coord, Error, Result};

/// Changes of coefficients, sills being about 1, that end the fit; and those that end it at each place of a search for
/// ranges.
const TOLERANCE: f64 = 1e-13;
const SEARCH_TOLERANCE: f64 = 1e-8;

/// How the coefficient matrices become positive semi-definite.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum LmcMethod {
    /// All variograms are fitted together by weighted least squares among the positive semi-definite matrices. The
    /// default: it is the best fit that is a model at all, and the same in whatever units the variables are.
    ///
    /// # Source
    /// Goulard & Voltz (1992), *Mathematical Geology* 24:269.
    #[default]
    LeastSquares,
    /// Each variogram is fitted by itself, then the negative eigenvalues of each matrix become 0 and its diagonal is
    /// multiplied by `diagonal_factor`: what gstat's `fit.lmc` does. Where there are negative eigenvalues the result is no
    /// longer the best fit, and depends on the variables' units; a factor above 1 raises every sill.
    Clipped {
        /// gstat's `correct.diagonal`, at least 1; above 1 the matrices become positive definite.
        diagonal_factor: f64,
    },
}

/// Settings of [`fit_lmc`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LmcSettings {
    /// Weights of the lag classes.
    pub weights: FitWeights,
    /// How the coefficients become positive semi-definite.
    pub method: LmcMethod,
}

/// A fitted linear model of coregionalisation.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct LmcFit {
    /// The model.
    pub model: Coregionalisation,
    /// Weighted sum of squares over all pairs of variables, in both orders, each variable scaled to a mean semivariance
    /// of 1.
    pub sserr: f64,
    /// Whether a range ended at the largest that was looked at: the samples do not show a sill.
    pub range_at_limit: bool,
}

/// Fits a linear model of coregionalisation with the nugget and structures of `template` to the variograms of every pair
/// of `variables`.
///
/// The partial sills of the template must be open: the fit makes matrices of them. What else is open (ranges, and
/// smoothness, azimuth and ratio) is common to all variables and is searched for around the fit of the matrices, as
/// [`variogram::fit`](crate::variogram::fit) does.
///
/// # Units
/// As the variograms'.
///
/// # Errors
/// Not one variogram of every pair of variables, one with fewer classes (of a weight above 0 and a distance above 0) than
/// terms or a class that is not finite, a variable without variation, a template without terms, with given partial sills or
/// with a measurement error (which the samples of each variable carry instead), a diagonal factor below 1, more than four
/// open parameters beside the sills, or anisotropy where the variograms have no directions.
///
/// # Examples
/// ```
/// use soilscope_core::cokriging::{LmcSettings, fit_lmc};
/// use soilscope_core::variogram::{LagClasses, cross_variograms};
/// use soilscope_core::Samples;
/// let coords: Vec<[f64; 2]> = (0..100).map(|i| [f64::from(i % 10) * 10.0, f64::from(i / 10) * 10.0]).collect();
/// let zinc: Vec<f64> = coords.iter().map(|c| (c[0] / 15.0).sin() + (c[1] / 20.0).cos()).collect();
/// let lead = coords.iter().zip(&zinc).map(|(c, z)| 20.0 * z + (c[0] / 9.0).cos()).collect();
/// let samples = [Samples::new(coords.clone(), zinc)?, Samples::new(coords, lead)?];
/// let variograms = cross_variograms(&samples, &LagClasses::regular(50.0, 10.0)?, &[])?;
/// let names = ["zinc".to_owned(), "lead".to_owned()];
/// let fitted = fit_lmc(&names, &variograms, &"Nug + Sph(40)".parse()?, &LmcSettings::default())?;
/// let correlation = fitted.model.sill(0, 1) / (fitted.model.sill(0, 0) * fitted.model.sill(1, 1)).sqrt();
/// assert!(correlation > 0.95 && correlation <= 1.0);
/// # Ok::<(), soilscope_core::Error>(())
/// ```
pub fn fit_lmc(
    variables: &[String],
    variograms: &[CrossVariogram],
    template: &ModelTemplate,
    settings: &LmcSettings,
) -> Result<LmcFit> {
    check_template(template)?;
    if let LmcMethod::Clipped { diagonal_factor } = settings.method
        && !(diagonal_factor >= 1.0 && diagonal_factor.is_finite())
    {
        let (name, value) = ("diagonal factor", diagonal_factor);
        return Err(Error::Parameter { name, value, requirement: "at least 1" });
    }
    let problem = Problem::new(variables, variograms, template, settings)?;
    let lags = variograms.iter().flat_map(|v| v.variogram.classes.iter().map(|c| c.dist));
    let shapes = Shapes::new(template, lags)?;
    let (units, range_at_limit) = shapes.least(|units| {
        let designs = problem.designs(units);
        problem.sserr(&designs, &problem.coefficients(&designs, SEARCH_TOLERANCE))
    })?;
    let designs = problem.designs(&units);
    let coefficients = problem.coefficients(&designs, TOLERANCE);
    let sserr = problem.sserr(&designs, &coefficients);
    let model = problem.model(variables, &units, &coefficients)?;
    Ok(LmcFit { model, sserr, range_at_limit })
}

fn check_template(template: &ModelTemplate) -> Result<()> {
    let refuse = |reason| Err(CokrigingError::Template { template: template.to_string(), reason }.into());
    let mut sills = template.structures.iter().map(|s| s.partial_sill).chain(template.nugget);
    if template.structures.is_empty() && template.nugget.is_none() {
        return refuse("it has no term");
    }
    if !sills.all(|s| s == Parameter::Free) {
        return refuse("nugget and partial sills become matrices: leave them open");
    }
    if template.error_variance != 0.0 {
        return refuse("measurement errors belong to the samples of each variable: give those error variances");
    }
    Ok(())
}

/// One variogram, of standardised variables.
struct Pair {
    weights: Vec<f64>,
    separations: Vec<Coord>,
    gammas: Vec<f64>,
}

/// The data of a fit.
struct Problem {
    /// Mean semivariance of each variable, by which it is standardised.
    scales: Vec<f64>,
    /// Pairs (i, j) of the lower triangle, row by row.
    pairs: Vec<Pair>,
    nugget: bool,
    method: LmcMethod,
}

impl Problem {
    fn new(
        variables: &[String],
        variograms: &[CrossVariogram],
        template: &ModelTemplate,
        settings: &LmcSettings,
    ) -> Result<Self> {
        let count = variables.len();
        if let Some(&index) = variograms.iter().flat_map(|v| &v.variables).find(|&&i| i >= count) {
            return Err(CokrigingError::NoSuchVariable { index, variables: count }.into());
        }
        let terms = template.structures.len() + usize::from(template.nugget.is_some());
        let mut scales = Vec::new();
        let mut pairs = Vec::new();
        for i in 0..count {
            for j in (0..=i).rev() {
                let of_pair = |v: &&CrossVariogram| v.variables == [i, j] || v.variables == [j, i];
                let found: Vec<&CrossVariogram> = variograms.iter().filter(of_pair).collect();
                let [one] = found[..] else {
                    let (first, second, found) = (variables[i].clone(), variables[j].clone(), found.len());
                    return Err(CokrigingError::Variograms { first, second, found }.into());
                };
                check_variogram(one, terms, template, &settings.weights)?;
                let classes = &one.variogram.classes;
                if i == j {
                    let count: f64 = classes.iter().map(|c| c.np as f64).sum();
                    let mean = classes.iter().map(|c| c.np as f64 * c.of_field()).sum::<f64>() / count;
                    if mean <= 0.0 && classes.iter().any(|c| c.error_variance > 0.0) {
                        return Err(Error::OnlyErrors { classes: classes.len() });
                    }
                    if !(mean > 0.0 && mean.is_finite()) {
                        return Err(Error::FlatVariogram { classes: classes.len() });
                    }
                    scales.push(mean);
                }
                let scale = (scales[i] * scales[j]).sqrt();
                pairs.push(Pair {
                    weights: classes.iter().map(|c| settings.weights.of(c)).collect(),
                    separations: classes.iter().map(separation).collect(),
                    gammas: classes.iter().map(|c| c.of_field() / scale).collect(),
                });
            }
            // The diagonal came first, for its scale, but stands last in its row.
            let row = pairs.len() - 1 - i;
            pairs[row..].reverse();
        }
        Ok(Self { scales, pairs, nugget: template.nugget.is_some(), method: settings.method })
    }

    fn unit_variograms(&self, units: &[Structure]) -> Vec<Variogram> {
        let structures = units.iter().filter_map(|&unit| Variogram::new(0.0, vec![unit]).ok());
        let nugget = self.nugget.then(|| Variogram::new(1.0, Vec::new()).ok()).flatten();
        nugget.into_iter().chain(structures).collect()
    }

    /// Unit semivariances of every pair: classes × terms.
    fn designs(&self, units: &[Structure]) -> Vec<DMatrix<f64>> {
        let units = self.unit_variograms(units);
        let design = |p: &Pair| {
            DMatrix::from_fn(p.separations.len(), units.len(), |k, u| units[u].semivariance(p.separations[k]))
        };
        self.pairs.iter().map(design).collect()
    }

    /// Coefficients of the standardised variables, one matrix a term.
    fn coefficients(&self, designs: &[DMatrix<f64>], tolerance: f64) -> Vec<DMatrix<f64>> {
        let alone = self.each_alone(designs);
        match self.method {
            LmcMethod::LeastSquares if alone.iter().all(is_positive) => alone,
            LmcMethod::LeastSquares => {
                let start = alone.iter().map(positive_part).collect();
                self.normals(designs).constrained(start, tolerance)
            }
            LmcMethod::Clipped { diagonal_factor } => {
                // Clipped in the variables' own units, as gstat does.
                let root = DMatrix::from_diagonal(&DVector::from_iterator(
                    self.scales.len(),
                    self.scales.iter().map(|s| s.sqrt()),
                ));
                let back = root.map_diagonal(|r| 1.0 / r);
                let back = DMatrix::from_diagonal(&back);
                let clip = |m: &DMatrix<f64>| {
                    let mut clipped = &back * positive_part(&(&root * m * &root)) * &back;
                    clipped.set_diagonal(&(clipped.diagonal() * diagonal_factor));
                    clipped
                };
                alone.iter().map(clip).collect()
            }
        }
    }

    /// Coefficients that fit each variogram best by itself.
    fn each_alone(&self, designs: &[DMatrix<f64>]) -> Vec<DMatrix<f64>> {
        let n = self.scales.len();
        let mut coefficients = vec![DMatrix::zeros(n, n); designs[0].ncols()];
        let places = (0..n).flat_map(|i| (0..=i).map(move |j| (i, j)));
        for ((pair, design), (i, j)) in self.pairs.iter().zip(designs).zip(places) {
            let roots = DVector::from_iterator(pair.weights.len(), pair.weights.iter().map(|w| w.sqrt()));
            let mut weighted = design.clone();
            for mut column in weighted.column_iter_mut() {
                column.component_mul_assign(&roots);
            }
            let target = DVector::from_column_slice(&pair.gammas).component_mul(&roots);
            let svd = weighted.svd(true, true);
            let floor = svd.singular_values.max() * 1e-12;
            // Both factors were asked for, so there is a solution: the least of them where terms cannot be told apart.
            let Ok(solution) = svd.solve(&target, floor) else { continue };
            for (b, &value) in coefficients.iter_mut().zip(solution.iter()) {
                b[(i, j)] = value;
                b[(j, i)] = value;
            }
        }
        coefficients
    }

    fn normals(&self, designs: &[DMatrix<f64>]) -> Normals {
        let of = |pair: &Pair, design: &DMatrix<f64>| {
            let mut weighted = design.clone();
            for mut column in weighted.column_iter_mut() {
                column.component_mul_assign(&DVector::from_column_slice(&pair.weights));
            }
            let products = weighted.tr_mul(&DVector::from_column_slice(&pair.gammas));
            (weighted.tr_mul(design), products.as_slice().to_vec())
        };
        let (squares, products) = self.pairs.iter().zip(designs).map(|(p, d)| of(p, d)).unzip();
        Normals { variables: self.scales.len(), terms: designs[0].ncols(), squares, products }
    }

    fn sserr(&self, designs: &[DMatrix<f64>], coefficients: &[DMatrix<f64>]) -> f64 {
        let n = self.scales.len();
        let places = (0..n).flat_map(|i| (0..=i).map(move |j| (i, j)));
        let of = |((pair, design), (i, j)): ((&Pair, &DMatrix<f64>), (usize, usize))| {
            let b = DVector::from_iterator(coefficients.len(), coefficients.iter().map(|b| b[(i, j)]));
            let residuals = DVector::from_column_slice(&pair.gammas) - design * b;
            let squares: f64 = residuals.iter().zip(&pair.weights).map(|(r, w)| w * r * r).sum();
            if i == j { squares } else { 2.0 * squares }
        };
        self.pairs.iter().zip(designs).zip(places).map(of).sum()
    }

    fn model(
        &self,
        variables: &[String],
        units: &[Structure],
        coefficients: &[DMatrix<f64>],
    ) -> Result<Coregionalisation> {
        let mut matrices = coefficients.iter().map(|b| Coefficients::from_scaled(b, &self.scales));
        let mut terms = Vec::new();
        if self.nugget {
            // The nugget's coefficients come first.
            for matrix in matrices.by_ref().take(1) {
                terms.push(Term::nugget(matrix)?);
            }
        }
        for (&unit, matrix) in units.iter().zip(matrices) {
            terms.push(Term::structure(unit, matrix)?);
        }
        Coregionalisation::new(variables.to_vec(), terms)
    }
}

fn check_variogram(
    variogram: &CrossVariogram,
    terms: usize,
    template: &ModelTemplate,
    weights: &FitWeights,
) -> Result<()> {
    let classes = &variogram.variogram.classes;
    for (index, class) in classes.iter().enumerate() {
        for (what, value) in [("semivariance", class.gamma), ("distance", class.dist)] {
            if !value.is_finite() {
                return Err(Error::LagClassNotFinite { index, what, value });
            }
        }
    }
    let used = classes.iter().filter(|c| weights.of(c) > 0.0 && c.dist > 0.0).count();
    if used < terms {
        return Err(Error::Underdetermined { classes: used, unknowns: terms });
    }
    let directional = classes.iter().all(|c| c.azimuth.is_some());
    if !directional && !template.structures.iter().all(|s| s.is_isotropic()) {
        let reason = "anisotropic structures can only be fitted to variograms in directions";
        return Err(CokrigingError::Template { template: template.to_string(), reason }.into());
    }
    Ok(())
}

//! One variable of a co-kriging as an interpolator, so that maps and validations can use it.

use std::cmp::Ordering;
use std::collections::HashMap;

use nalgebra::{Cholesky, DMatrix, DVector};

use super::predictions::finite;
use super::predictor::{CoPredictor, PrimaryPredictor};
use super::system::System;
use super::{CoKriging, CokrigingError};
use crate::kriging::non_negative;
use crate::validation::Folds;
use crate::{Error, Gap, Interpolator, Outcome, Prediction, Predictor, Result, Samples, place_key};

/// Co-kriging of one variable, the primary, whose samples come last; those of the others are part of the recipe.
///
/// # Cross-validation
/// [`leave_out`](Interpolator::leave_out) holds out a fold's samples of the primary variable and keeps all secondary
/// samples, those at the same places too: it says how well the primary is predicted where the secondary variables were
/// measured. To judge predictions away from all samples, [`leave_out_with`](Self::leave_out_with) holds out secondary
/// samples too, as those of [`at_places_of`](Self::at_places_of) the fold.
///
/// # Examples
/// ```
/// use soilscope_core::cokriging::{CoKriging, CoKrigingPrimary, Coefficients, Coregionalisation, Means, Term};
/// use soilscope_core::neighbourhood::Neighbourhood;
/// use soilscope_core::variogram::{Model, Structure};
/// use soilscope_core::{Interpolator, Samples};
/// let common = Coefficients::from_rows(&[vec![1.0, 0.8], vec![0.8, 1.0]])?;
/// let term = Term::structure(Structure::new(Model::Exponential, 1.0, 50.0)?, common)?;
/// let model = Coregionalisation::new(vec!["zinc".into(), "lead".into()], vec![term])?;
/// let zinc = Samples::new(vec![[0.0, 0.0], [90.0, 0.0]], vec![5.0, 6.0])?;
/// let lead = Samples::new(vec![[0.0, 0.0], [40.0, 0.0], [90.0, 0.0]], vec![2.0, 4.0, 3.0])?;
/// let cokriging = CoKriging { model, means: Means::Unknown, neighbourhood: Neighbourhood::Global };
/// let recipe = CoKrigingPrimary { cokriging, primary: 0, secondary: vec![lead] };
/// let between = recipe.fit(&zinc)?.predict([40.0, 0.0]).unwrap();
/// assert!(between.value > 5.5); // lead is high there
/// # Ok::<(), soilscope_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CoKrigingPrimary {
    /// Model, means and neighbourhood of all variables.
    pub cokriging: CoKriging,
    /// The variable that is predicted.
    pub primary: usize,
    /// Samples of the other variables, in the model's order without the primary.
    pub secondary: Vec<Samples>,
}

impl CoKrigingPrimary {
    fn predictor(&self, samples: &Samples) -> Result<CoPredictor> {
        let variables = self.cokriging.model.variables().len();
        if self.primary >= variables {
            return Err(CokrigingError::NoSuchVariable { index: self.primary, variables }.into());
        }
        let mut all = self.secondary.clone();
        all.insert(self.primary.min(all.len()), samples.clone());
        self.cokriging.fit(&all)
    }

    /// For every secondary sample the fold of the primary sample at its place; `None` where there is none.
    ///
    /// # Panics
    /// Folds of fewer samples.
    pub fn at_places_of(&self, samples: &Samples, folds: &Folds) -> Vec<Vec<Option<usize>>> {
        let fold_at: HashMap<_, _> =
            samples.coords().iter().enumerate().map(|(i, c)| (place_key(*c), folds.of(i))).collect();
        let of =
            |secondary: &Samples| secondary.coords().iter().map(|c| fold_at.get(&place_key(*c)).copied()).collect();
        self.secondary.iter().map(of).collect()
    }

    /// Cross-validation that holds out secondary samples as well: `secondary` has the fold of each, set by set, and `None`
    /// for those that are always kept.
    ///
    /// The model is held; in a system of all samples nothing is fitted again.
    ///
    /// # Errors
    /// As [`leave_out`](Interpolator::leave_out), and another number of folds than of secondary samples.
    ///
    /// # Examples
    /// ```
    /// # use soilscope_core::cokriging::{CoKriging, CoKrigingPrimary, Coefficients, Coregionalisation, Means, Term};
    /// # use soilscope_core::neighbourhood::Neighbourhood;
    /// # use soilscope_core::variogram::{Model, Structure};
    /// use soilscope_core::{Interpolator, Samples, validation::Folds};
    /// # let common = Coefficients::from_rows(&[vec![1.0, 0.9], vec![0.9, 1.0]])?;
    /// # let term = Term::structure(Structure::new(Model::Exponential, 1.0, 50.0)?, common)?;
    /// # let model = Coregionalisation::new(vec!["zinc".into(), "lead".into()], vec![term])?;
    /// # let cokriging = CoKriging { model, means: Means::Unknown, neighbourhood: Neighbourhood::Global };
    /// let places = vec![[0.0, 0.0], [60.0, 0.0], [90.0, 0.0]];
    /// let zinc = Samples::new(places.clone(), vec![5.0, 9.0, 6.0])?;
    /// let lead = Samples::new(places, vec![2.0, 4.0, 2.4])?;
    /// let recipe = CoKrigingPrimary { cokriging, primary: 0, secondary: vec![lead] };
    /// let folds = Folds::leave_one_out(&zinc);
    /// let known = recipe.leave_out(&zinc, &folds)?[1].unwrap();
    /// let unknown = recipe.leave_out_with(&zinc, &folds, &recipe.at_places_of(&zinc, &folds))?[1].unwrap();
    /// assert!(known.value > unknown.value); // lead says that zinc is high there
    /// assert!(known.variance < unknown.variance);
    /// # Ok::<(), soilscope_core::Error>(())
    /// ```
    pub fn leave_out_with(
        &self,
        samples: &Samples,
        folds: &Folds,
        secondary: &[Vec<Option<usize>>],
    ) -> Result<Vec<Outcome>> {
        folds.check(samples)?;
        let lengths = |left: usize, right: usize| Error::LengthMismatch {
            left_name: "folds of secondary samples",
            left,
            right_name: "secondary samples",
            right,
        };
        if secondary.len() != self.secondary.len() {
            return Err(lengths(secondary.len(), self.secondary.len()));
        }
        if let Some((of, set)) = secondary.iter().zip(&self.secondary).find(|(of, set)| of.len() != set.len()) {
            return Err(lengths(of.len(), set.len()));
        }
        let predictor = self.predictor(samples)?;
        // The fold of a sample of any variable, in the model's order.
        let fold_of = |variable: usize, sample: usize| match variable.cmp(&self.primary) {
            Ordering::Equal => Some(folds.of(sample)),
            Ordering::Less => secondary[variable][sample],
            Ordering::Greater => secondary[variable - 1][sample],
        };
        Ok(match predictor.global() {
            Some(system) => leave_out_of_all(system, samples, self.primary, folds, &fold_of),
            None => {
                let kept = |target: usize, v: usize, sample: usize| fold_of(v, sample) != Some(folds.of(target));
                predictor.predict_without(self.primary, samples.coords(), kept)
            }
        })
    }
}

impl Interpolator for CoKrigingPrimary {
    /// # Errors
    /// As [`CoKriging::fit`], and a primary variable that does not exist.
    fn fit(&self, samples: &Samples) -> Result<Box<dyn Predictor>> {
        Ok(Box::new(PrimaryPredictor { predictor: self.predictor(samples)?, primary: self.primary }))
    }

    fn leave_out(&self, samples: &Samples, folds: &Folds) -> Result<Vec<Outcome>> {
        let all_kept: Vec<_> = self.secondary.iter().map(|s| vec![None; s.len()]).collect();
        self.leave_out_with(samples, folds, &all_kept)
    }
}

/// Cross-validation from the system of all samples: with B = C⁻¹ − C⁻¹F(FᵀC⁻¹F)⁻¹FᵀC⁻¹ the residuals of the samples of a
/// fold I, predicted from all others, are B_II⁻¹(Bz)_I, and their covariances B_II⁻¹.
///
/// Where I holds all samples of a secondary variable with an unknown mean, nothing is left that would say its mean: B_II is singular, along the
/// vector n that is 1 for them. Predictions of the primary do not depend on that mean, and τ n nᵀ makes the matrix regular
/// without a change to theirs, because n is 0 for the primary and nᵀ(Bz)_I = 0.
///
/// # Source
/// Dubrule (1983), *Mathematical Geology* 15:687.
fn leave_out_of_all(
    system: &System,
    samples: &Samples,
    primary: usize,
    folds: &Folds,
    fold_of: &dyn Fn(usize, usize) -> Option<usize>,
) -> Vec<Outcome> {
    let mut outcomes = vec![Err(Gap::SingularSystem); samples.len()];
    let n = system.len();
    // Rows of the system by fold: those of the primary first, then those of each variable together.
    let mut held = vec![Vec::new(); folds.count()];
    let others = (0..system.variables()).filter(|&v| v != primary);
    for variable in std::iter::once(primary).chain(others) {
        for (sample, row) in system.range_of(variable).enumerate() {
            if let Some(fold) = fold_of(variable, sample).filter(|&fold| fold < folds.count()) {
                held[fold].push((variable, sample, row));
            }
        }
    }
    let mut lanes = Vec::new();
    for held in held {
        let mut columns = vec![0.0; n * held.len()];
        for (column, &(_, _, row)) in columns.chunks_mut(n).zip(&held) {
            column[row] = 1.0;
        }
        system.solve_columns(&mut columns, &mut lanes);
        let x = DMatrix::from_column_slice(n, held.len(), &columns);
        let drift: Vec<f64> = columns.chunks(n).flat_map(|column| system.drift_part(column)).collect();
        let h = DMatrix::from_column_slice(drift.len() / held.len(), held.len(), &drift);
        let mut b = x.tr_mul(&x) - h.tr_mul(&h);
        for same in held.chunk_by(|a, b| a.0 == b.0) {
            let variable = same[0].0;
            let wholly = same.len() == system.range_of(variable).len();
            if variable != primary && wholly && system.mean_column(variable).is_some() {
                let first = held.iter().position(|row| row.0 == variable).unwrap_or(0);
                // Of the size of C⁻¹; where the variable has one sample, B itself is 0 there.
                let tau = x.columns(first, same.len()).norm_squared() / same.len() as f64;
                b.view_mut((first, first), (same.len(), same.len())).add_scalar_mut(tau);
            }
        }
        let Some(b) = Cholesky::new(b) else { continue };
        let dual = x.tr_mul(&DVector::from_column_slice(system.residuals()));
        let (residuals, covariances) = (b.solve(&dual), b.inverse());
        let multipliers = system.mean_column(primary).map(|g| b.solve(&h.tr_mul(&DVector::from_column_slice(g))));
        for (k, &(_, i, _)) in held.iter().enumerate().take_while(|(_, row)| row.0 == primary) {
            // B_II⁻¹ is of differences to the samples, their measurement errors included.
            let variance = non_negative(covariances[(k, k)] - samples.error_variance(i));
            outcomes[i] = finite(Prediction {
                value: samples.values()[i] - residuals[k],
                variance: Some(variance),
                multiplier: multipliers.as_ref().map_or(0.0, |m| m[k]),
            });
        }
    }
    outcomes
}

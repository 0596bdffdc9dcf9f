//! One variable of a co-kriging as an interpolator, so that maps and validations can use it.

use nalgebra::{Cholesky, DMatrix, DVector};

use super::predictions::finite;
use super::predictor::{CoPredictor, PrimaryPredictor};
use super::system::System;
use super::{CoKriging, CokrigingError};
use crate::kriging::non_negative;
use crate::validation::Folds;
use crate::{Gap, Interpolator, Outcome, Prediction, Predictor, Result, Samples};

/// Co-kriging of one variable, the primary, whose samples come last; those of the others are part of the recipe.
///
/// # Cross-validation
/// [`leave_out`](Interpolator::leave_out) holds out a fold's samples of the primary variable and keeps all secondary
/// samples, those at the same places too: it says how well the primary is predicted where the secondary variables were
/// measured. To judge predictions away from all samples, hold out secondary samples with the fold's places, by one recipe
/// a fold.
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
}

impl Interpolator for CoKrigingPrimary {
    /// # Errors
    /// As [`CoKriging::fit`], and a primary variable that does not exist.
    fn fit(&self, samples: &Samples) -> Result<Box<dyn Predictor>> {
        Ok(Box::new(PrimaryPredictor { predictor: self.predictor(samples)?, primary: self.primary }))
    }

    fn leave_out(&self, samples: &Samples, folds: &Folds) -> Result<Vec<Outcome>> {
        folds.check(samples)?;
        let predictor = self.predictor(samples)?;
        Ok(match predictor.global() {
            Some(system) => leave_out_of_all(system, samples, self.primary, folds),
            None => {
                let kept = |target: usize, sample: usize| folds.of(target) != folds.of(sample);
                predictor.predict_without(self.primary, samples.coords(), kept)
            }
        })
    }
}

/// Cross-validation from the system of all samples: with B = C⁻¹ − C⁻¹F(FᵀC⁻¹F)⁻¹FᵀC⁻¹ the residuals of the samples of a
/// fold I, predicted from all others, are B_II⁻¹(Bz)_I, and their covariances B_II⁻¹.
///
/// # Source
/// Dubrule (1983), *Mathematical Geology* 15:687.
fn leave_out_of_all(system: &System, samples: &Samples, primary: usize, folds: &Folds) -> Vec<Outcome> {
    let mut outcomes = vec![Err(Gap::SingularSystem); samples.len()];
    let n = system.len();
    let first = system.range_of(primary).start;
    let mut lanes = Vec::new();
    for fold in 0..folds.count() {
        let held: Vec<usize> = (0..samples.len()).filter(|&i| folds.of(i) == fold).collect();
        let mut columns = vec![0.0; n * held.len()];
        for (column, &i) in columns.chunks_mut(n).zip(&held) {
            column[first + i] = 1.0;
        }
        system.solve_columns(&mut columns, &mut lanes);
        let x = DMatrix::from_column_slice(n, held.len(), &columns);
        let drift: Vec<f64> = columns.chunks(n).flat_map(|column| system.drift_part(column)).collect();
        let h = DMatrix::from_column_slice(drift.len() / held.len(), held.len(), &drift);
        let Some(b) = Cholesky::new(x.tr_mul(&x) - h.tr_mul(&h)) else { continue };
        let dual = x.tr_mul(&DVector::from_column_slice(system.residuals()));
        let (residuals, covariances) = (b.solve(&dual), b.inverse());
        let multipliers = system.mean_column(primary).map(|g| b.solve(&h.tr_mul(&DVector::from_column_slice(g))));
        for (k, &i) in held.iter().enumerate() {
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

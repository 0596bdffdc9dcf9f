//! The weights of samples in a prediction, for what needs more than one set of values.

use nalgebra::DMatrix;

use super::Kriging;
use super::global::{GlobalKriging, GlobalSystem};
use super::moving::MovingKriging;
use crate::executor::Serial;
use crate::neighbourhood::Neighbourhood;
use crate::{Error, Predictions, Predictor, Result, Samples, Scratch, Targets};

/// What is done with a target, the samples in its system and their weights.
pub(crate) type EachTarget<'a> = dyn FnMut(usize, &[usize], &[f64]) + 'a;

/// A predictor that tells its weights. They do not depend on the values: one set of weights serves many sets of values.
pub(crate) trait Weighted: Predictor {
    /// Predicts every target into `out`, and calls `each` with every target that has a prediction, the samples in its system and their weights.
    fn predict_weighted(
        &self,
        targets: &Targets<'_>,
        scratch: &mut Scratch,
        out: &mut Predictions,
        each: &mut EachTarget<'_>,
    );
}

impl Kriging {
    /// As [`fit`](crate::Interpolator::fit), with weights.
    pub(crate) fn fit_weighted(&self, samples: &Samples) -> Result<Box<dyn Weighted>> {
        self.check(samples)?;
        Ok(match self.neighbourhood {
            Neighbourhood::Global => Box::new(GlobalKriging::new(self, samples, &Serial)?),
            Neighbourhood::Moving(search) => Box::new(MovingKriging::new(self, samples, search)?),
        })
    }

    /// Columns `of` of B = C⁻¹ − C⁻¹F(FᵀC⁻¹F)⁻¹FᵀC⁻¹ of all samples (n × columns), and the mean that belongs off the values
    /// first. Given all others, sample i is Gaussian with mean zᵢ − (Bz)ᵢ/Bᵢᵢ and variance 1/Bᵢᵢ, the drift's coefficients unknown.
    ///
    /// # Source
    /// Dubrule (1983), *Mathematical Geology* 15:687.
    ///
    /// # Errors
    /// As [`fit`](crate::Interpolator::fit); samples that say nothing new are an error here.
    pub(crate) fn precision_columns(&self, samples: &Samples, of: &[usize]) -> Result<(DMatrix<f64>, f64)> {
        self.check(samples)?;
        let system = GlobalSystem::new(self, samples, &Serial)?;
        if !system.left_out.is_empty() {
            return Err(Error::SingularSystem { size: samples.len(), model: self.variogram.to_string() });
        }
        let mut units = DMatrix::zeros(samples.len(), of.len());
        of.iter().enumerate().for_each(|(k, &i)| units[(i, k)] = 1.0);
        let mut columns = system.factor.solve(&units);
        let own = system.inverse_drift.select_rows(of);
        columns -= &system.inverse_drift * system.gram.solve(&own.transpose());
        Ok((columns, system.setting.centre))
    }
}

impl Weighted for MovingKriging {
    fn predict_weighted(
        &self,
        targets: &Targets<'_>,
        scratch: &mut Scratch,
        out: &mut Predictions,
        each: &mut EachTarget<'_>,
    ) {
        self.predict_each(targets, scratch, out, &mut |i, s| {
            let (kept, weights) = s.weights();
            each(i, kept, weights);
        });
    }
}

impl Weighted for GlobalKriging {
    fn predict_weighted(
        &self,
        targets: &Targets<'_>,
        _scratch: &mut Scratch,
        out: &mut Predictions,
        each: &mut EachTarget<'_>,
    ) {
        self.predict_blocks(targets, out, Some(each));
    }
}

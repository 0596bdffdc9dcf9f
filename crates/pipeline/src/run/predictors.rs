//! What predicts the variables of a run.

use soilscope_core::together::Together;
use soilscope_core::{Predictions, Predictor, Scratch, Targets};

/// One predictor, or one for each of several variables.
#[derive(Clone, Copy)]
pub(super) enum Predictors<'a> {
    One(&'a dyn Predictor),
    Together(&'a Together),
}

impl<'a> Predictors<'a> {
    pub(super) fn len(self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Together(all) => all.len(),
        }
    }

    /// That of one variable.
    pub(super) fn get(self, variable: usize) -> &'a dyn Predictor {
        match self {
            Self::One(predictor) => predictor,
            Self::Together(all) => all.get(variable),
        }
    }

    /// Predicts the variables that are wanted, each into its own of `outs`; others may be predicted too, where that is what
    /// sharing takes.
    pub(super) fn predict_into(
        self,
        wanted: &[bool],
        targets: &Targets<'_>,
        scratch: &mut Scratch,
        outs: &mut [Predictions],
    ) {
        let mut numbers = (0..outs.len()).filter(|&k| wanted[k]);
        match (self, numbers.next(), numbers.next()) {
            // One alone shares with nobody, and each predicts alone what it does with others.
            (_, Some(only), None) => self.get(only).predict_into(targets, scratch, &mut outs[only]),
            (Self::Together(all), Some(_), Some(_)) => all.predict_into(targets, scratch, outs),
            _ => {}
        }
    }
}

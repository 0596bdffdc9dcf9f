//! A log-likelihood of samples as a function of coordinates.

use std::cell::Cell;

use super::Method;
use super::data::Data;
use super::optimise::Objective;
use super::parameters::Unknowns;
use super::prior::ComplexityPrior;
use super::terms::{Evaluation, Terms};
use super::vecchia::Vecchia;
use super::{exact, kernel::Kernel, restricted};
use crate::Result;
use crate::executor::Executor;

/// Which sums are taken.
#[derive(Clone, Copy)]
pub(super) enum Sums<'a> {
    /// Of all samples in canonical order.
    Exact(&'a Data),
    /// Of Vecchia's conditional densities.
    Vecchia(&'a Vecchia),
}

impl Sums<'_> {
    fn log_basis(&self) -> f64 {
        match self {
            Self::Exact(data) => data.log_basis,
            Self::Vecchia(vecchia) => vecchia.data().log_basis,
        }
    }

    fn pairs(&self) -> usize {
        match self {
            Self::Exact(data) => data.len() * data.len() / 2,
            Self::Vecchia(vecchia) => vecchia.pairs(),
        }
    }

    fn terms(&self, kernel: &Kernel, derivatives: bool, executor: &dyn Executor) -> Result<Option<Terms>> {
        match self {
            Self::Exact(data) => exact::terms(data, kernel, derivatives, executor),
            Self::Vecchia(vecchia) => vecchia.terms(kernel, derivatives, executor),
        }
    }
}

/// What a search climbs.
pub(super) struct LogLikelihood<'a> {
    pub(super) sums: Sums<'a>,
    pub(super) unknowns: &'a Unknowns,
    pub(super) method: Method,
    pub(super) executor: &'a dyn Executor,
    /// Whether the common factor of the variances is solved for at every place.
    pub(super) scale: bool,
    /// What is multiplied to the likelihood; none for its maximum.
    pub(super) prior: Option<ComplexityPrior>,
    /// How often the likelihood was evaluated.
    pub(super) evaluations: &'a Cell<usize>,
}

impl LogLikelihood<'_> {
    /// The evaluation at a place as it stands, with what the trend's estimation takes from the information; `None` where it
    /// cannot be made.
    ///
    /// # Errors
    /// A cancelled executor.
    pub(super) fn in_full(&self, place: &[f64]) -> Result<Option<Evaluation>> {
        let Some(kernel) = self.unknowns.kernel(place, self.sums.pairs()) else { return Ok(None) };
        let Some(mut terms) = self.sums.terms(&kernel, true, self.executor)? else { return Ok(None) };
        if let (Sums::Vecchia(vecchia), Method::Reml) = (self.sums, self.method)
            && vecchia.is_whole()
            && vecchia.data().functions() > 0
            && self.unknowns.len() > 0
        {
            let Some(second) = restricted::second(vecchia, &kernel, self.executor)? else { return Ok(None) };
            terms.second = second;
        }
        Ok(terms.evaluate(self.method, self.sums.log_basis(), false).map(|e| self.with_prior(place, e)))
    }

    fn with_prior(&self, place: &[f64], evaluation: Evaluation) -> Evaluation {
        match &self.prior {
            Some(prior) => prior.added(self.unknowns, place, evaluation),
            None => evaluation,
        }
    }
}

impl Objective for LogLikelihood<'_> {
    fn at(&self, place: &[f64], derivatives: bool) -> Result<Option<(Vec<f64>, Evaluation)>> {
        let mut place = self.unknowns.normalised(place.to_vec());
        let Some(kernel) = self.unknowns.kernel(&place, self.sums.pairs()) else { return Ok(None) };
        self.evaluations.set(self.evaluations.get() + 1);
        let Some(terms) = self.sums.terms(&kernel, derivatives, self.executor)? else { return Ok(None) };
        let Some(evaluation) = terms.evaluate(self.method, self.sums.log_basis(), self.scale) else { return Ok(None) };
        if self.scale {
            self.unknowns.rescale(&mut place, evaluation.factor);
        }
        let evaluation = self.with_prior(&place, evaluation);
        Ok(Some((place, evaluation)))
    }
}

//! Predictions of several variables, with the covariances of their errors.

use crate::{Gap, Outcome, Prediction};

/// Where a system's answers go, target by target.
pub(super) trait Sink {
    /// What became of the `k`-th wanted variable.
    fn set(&mut self, target: usize, k: usize, outcome: Outcome);
    /// Error covariance of the `k`-th and the `l`-th wanted variable, `l` < `k`, where both are predicted.
    fn set_covariance(&mut self, target: usize, k: usize, l: usize, covariance: f64);
}

/// Predictions of every variable at every target; reused from call to call.
#[derive(Debug, Clone, Default)]
pub struct CoPredictions {
    variables: usize,
    /// Target by target, one a variable.
    outcomes: Vec<Outcome>,
    /// Target by target, the packed lower triangle without its diagonal.
    covariances: Vec<f64>,
}

fn pairs(variables: usize) -> usize {
    variables * variables.saturating_sub(1) / 2
}

impl CoPredictions {
    /// Makes room for `len` targets of `variables` variables.
    pub(super) fn reset(&mut self, len: usize, variables: usize) {
        self.variables = variables;
        self.outcomes.clear();
        self.outcomes.resize(len * variables, Err(Gap::NotFinite));
        self.covariances.clear();
        self.covariances.resize(len * pairs(variables), 0.0);
    }

    /// How many targets there are.
    pub fn len(&self) -> usize {
        self.outcomes.len().checked_div(self.variables).unwrap_or(0)
    }

    /// Whether there is no target.
    pub fn is_empty(&self) -> bool {
        self.outcomes.is_empty()
    }

    /// How many variables there are.
    pub fn variables(&self) -> usize {
        self.variables
    }

    /// What became of a variable at a target.
    ///
    /// # Errors
    /// The reason why there is no prediction.
    ///
    /// # Panics
    /// A target or variable beyond the last.
    pub fn get(&self, target: usize, variable: usize) -> Outcome {
        assert!(variable < self.variables, "variable {variable} of {}", self.variables);
        self.outcomes[target * self.variables + variable]
    }

    /// Covariance of the prediction errors of two variables at a target (of a variable with itself: its prediction error
    /// variance); `None` where one of them has no prediction.
    ///
    /// # Units
    /// Unit of the one variable times unit of the other.
    ///
    /// # Panics
    /// A target or variable beyond the last.
    pub fn covariance(&self, target: usize, a: usize, b: usize) -> Option<f64> {
        let (of_a, of_b) = (self.get(target, a).ok()?, self.get(target, b).ok()?);
        if a == b {
            return of_a.variance;
        }
        // Errors of a variance of 0 do not vary together.
        if of_a.variance == Some(0.0) || of_b.variance == Some(0.0) {
            return Some(0.0);
        }
        let (high, low) = (a.max(b), a.min(b));
        Some(self.covariances[target * pairs(self.variables) + pairs(high) + low])
    }
}

/// A prediction whose numbers are finite, or the gap that it is.
pub(super) fn finite(p: Prediction) -> Outcome {
    let whole = p.value.is_finite() && p.variance.is_none_or(f64::is_finite) && p.multiplier.is_finite();
    if whole { Ok(p) } else { Err(Gap::NotFinite) }
}

impl Sink for CoPredictions {
    fn set(&mut self, target: usize, k: usize, outcome: Outcome) {
        self.outcomes[target * self.variables + k] = outcome.and_then(finite);
    }

    fn set_covariance(&mut self, target: usize, k: usize, l: usize, covariance: f64) {
        self.covariances[target * pairs(self.variables) + pairs(k) + l] = covariance;
    }
}

impl Sink for crate::Predictions {
    fn set(&mut self, target: usize, _: usize, outcome: Outcome) {
        crate::Predictions::set(self, target, outcome);
    }

    fn set_covariance(&mut self, _: usize, _: usize, _: usize, _: f64) {
        // One variable is wanted: it has no pair.
    }
}

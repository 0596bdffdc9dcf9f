//! The contract between an interpolation method and whatever asks it for values.
//!
//! A recipe ([`Interpolator`]) becomes a ready, immutable [`Predictor`] by seeing samples, so an unfitted prediction does
//! not compile. Prediction takes many targets at a time, because neighbouring cells of a raster share their work.

use crate::cokriging::CoScratch;
use crate::executor::Executor;
use crate::kriging::{Batch, KrigingScratch};
use crate::likelihood::VecchiaScratch;
use crate::memory::Memory;
use crate::mixture::{Mixture, Mixtures};
use crate::neighbourhood::{NearScratch, SearchScratch};
use crate::spent::Spent;
use crate::together::Local;
use crate::validation::Folds;
use crate::{Coord, Result, Samples, Targets};

/// Why a target has no prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Gap {
    /// Fewer samples within the search than the minimum asked for, or fewer quantified ones than values below limits can be drawn from.
    TooFewNeighbours {
        /// Samples found.
        found: u32,
        /// The minimum.
        needed: u32,
    },
    /// The neighbours' covariance matrix is not positive definite in floating point.
    SingularSystem,
    /// The drift's columns cannot be told apart at the neighbours: too few of them, or all on a line.
    SingularDrift,
    /// A covariate of the drift is not known at the target.
    MissingCovariate,
    /// The target's place is not a finite number, or the prediction does not fit one, as after an exponential
    /// back-transform.
    NotFinite,
}

impl Gap {
    /// Refuses a target whose place is NaN or infinite; in searches and covariances such a place would pass for a far one.
    #[inline]
    pub(crate) fn check_place(at: Coord) -> std::result::Result<(), Self> {
        if at[0].is_finite() && at[1].is_finite() { Ok(()) } else { Err(Self::NotFinite) }
    }
}

/// One predicted value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// Predicted value, in the samples' unit.
    pub value: f64,
    /// Prediction error variance, unit squared; `None` where the method has no error model.
    pub variance: Option<f64>,
    /// Lagrange multipliers of the unbiasedness conditions times the drift's functions at the target, 0 for a known mean:
    /// `variance` is C(0) − λᵀc₀ + `multiplier`. Back-transforms need it. Unit squared.
    pub multiplier: f64,
}

/// Columns of predictions, one entry a target; reused from call to call.
#[derive(Debug, Clone, Default)]
pub struct Predictions {
    value: Vec<f64>,
    variance: Vec<f64>,
    multiplier: Vec<f64>,
    gap: Vec<Option<Gap>>,
    has_variance: bool,
    /// Targets, increasing.
    reduced: Vec<usize>,
    mixtures: Mixtures,
}

impl Predictions {
    /// Empties the columns and makes room for `len` targets of a method with or without an error model.
    pub fn reset(&mut self, len: usize, has_variance: bool) {
        self.has_variance = has_variance;
        self.reduced.clear();
        self.mixtures.clear();
        self.value.clear();
        self.value.resize(len, 0.0);
        let errors = if has_variance { len } else { 0 };
        self.variance.clear();
        self.variance.resize(errors, 0.0);
        self.multiplier.clear();
        self.multiplier.resize(errors, 0.0);
        self.gap.clear();
        self.gap.resize(len, None);
    }

    /// Records what became of target `index`. A number that is not finite is recorded as [`Gap::NotFinite`].
    ///
    /// # Panics
    /// An index beyond the length given to [`reset`](Self::reset).
    #[inline]
    pub fn set(&mut self, index: usize, outcome: std::result::Result<Prediction, Gap>) {
        match outcome {
            Ok(p) if p.value.is_finite() && p.variance.is_none_or(f64::is_finite) && p.multiplier.is_finite() => {
                self.value[index] = p.value;
                self.gap[index] = None;
                if self.has_variance {
                    self.variance[index] = p.variance.unwrap_or(0.0);
                    self.multiplier[index] = p.multiplier;
                }
            }
            Ok(_) => self.gap[index] = Some(Gap::NotFinite),
            Err(gap) => self.gap[index] = Some(gap),
        }
    }

    /// What became of target `index`.
    ///
    /// # Panics
    /// An index beyond the targets.
    #[inline]
    pub fn get(&self, index: usize) -> std::result::Result<Prediction, Gap> {
        match self.gap[index] {
            Some(gap) => Err(gap),
            None if self.has_variance => Ok(Prediction {
                value: self.value[index],
                variance: Some(self.variance[index]),
                multiplier: self.multiplier[index],
            }),
            None => Ok(Prediction { value: self.value[index], variance: None, multiplier: 0.0 }),
        }
    }

    /// How the error of target `index` is distributed, beside its variance.
    ///
    /// # Panics
    /// An index beyond the targets.
    #[inline]
    pub fn mixture(&self, index: usize) -> Mixture<'_> {
        self.mixtures.get(index)
    }

    /// Those of all targets, to be set by methods that have them.
    pub fn mixtures_mut(&mut self) -> &mut Mixtures {
        &mut self.mixtures
    }

    /// Marks a target whose system was singular until samples that say nothing new were left out of it.
    pub fn mark_reduced(&mut self, index: usize) {
        let place = self.reduced.partition_point(|&r| r < index);
        if self.reduced.get(place) != Some(&index) {
            self.reduced.insert(place, index);
        }
    }

    /// The targets, increasing, that have a system which redundant samples were left out of.
    pub fn reduced(&self) -> &[usize] {
        &self.reduced
    }

    /// The columns of outcomes; with variances where the first prediction has one.
    pub fn from_outcomes(outcomes: &[Outcome]) -> Self {
        let mut predictions = Self::default();
        let has_variance = outcomes.iter().flatten().next().is_some_and(|p| p.variance.is_some());
        predictions.reset(outcomes.len(), has_variance);
        outcomes.iter().enumerate().for_each(|(i, &outcome)| predictions.set(i, outcome));
        predictions
    }

    /// Values and, of a method with an error model, variances of all targets; `None` where one of them has no prediction, or its
    /// error is distributed in its own way.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::{Gap, Prediction, Predictions};
    /// let told = Ok(Prediction { value: 2.0, variance: Some(0.5), multiplier: 0.0 });
    /// assert_eq!(Predictions::from_outcomes(&[told]).columns(), Some((&[2.0][..], Some(&[0.5][..]))));
    /// assert_eq!(Predictions::from_outcomes(&[told, Err(Gap::SingularSystem)]).columns(), None);
    /// ```
    pub fn columns(&self) -> Option<(&[f64], Option<&[f64]>)> {
        let whole = self.mixtures.is_empty() && self.gap.iter().all(Option::is_none);
        whole.then(|| (&self.value[..], self.has_variance.then_some(&self.variance[..])))
    }

    /// How many targets the columns hold.
    pub fn len(&self) -> usize {
        self.value.len()
    }

    /// Whether the columns are empty.
    pub fn is_empty(&self) -> bool {
        self.value.is_empty()
    }

    /// Outcomes in the order of the targets.
    pub fn iter(&self) -> impl Iterator<Item = std::result::Result<Prediction, Gap>> + '_ {
        (0..self.len()).map(|i| self.get(i))
    }
}

/// Working memory of a predictor, one per thread, kept between calls.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(crate) search: SearchScratch,
    pub(crate) neighbours: Vec<usize>,
    /// Squared distances to them.
    pub(crate) squared: Vec<f64>,
    pub(crate) near: NearScratch,
    pub(crate) batch: Batch,
    pub(crate) kriging: KrigingScratch,
    pub(crate) cokriging: CoScratch,
    pub(crate) vecchia: VecchiaScratch,
}

impl Scratch {
    /// Where time went since this was made.
    pub fn spent(&self) -> Spent {
        self.batch.spent
    }

    /// What a method without a system needs of it.
    pub(crate) fn search_parts(&mut self) -> (&mut SearchScratch, &mut Vec<usize>, &mut Vec<f64>) {
        (&mut self.search, &mut self.neighbours, &mut self.squared)
    }
}

/// A recipe: settings that become a [`Predictor`] by seeing samples.
pub trait Interpolator: Send + Sync {
    /// Prepares predictions from `samples`.
    ///
    /// # Errors
    /// Samples or settings that the method cannot use.
    fn fit(&self, samples: &Samples) -> Result<Box<dyn Predictor>>;

    /// [`fit`](Self::fit) on an executor, whose threads do what is long.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::executor::Serial;
    /// use soilscope_core::idw::InverseDistance;
    /// use soilscope_core::neighbourhood::Neighbourhood;
    /// use soilscope_core::{Interpolator, Samples};
    /// let samples = Samples::new(vec![[0.0, 0.0], [10.0, 0.0]], vec![1.0, 3.0])?;
    /// let recipe = InverseDistance { power: 2.0, neighbourhood: Neighbourhood::Global };
    /// let predictor = recipe.fit_on(&samples, &Serial)?;
    /// assert_eq!(predictor.predict([5.0, 0.0]).unwrap().value, 2.0);
    /// # Ok::<(), soilscope_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`fit`](Self::fit), or [`Error::Cancelled`](crate::Error::Cancelled).
    fn fit_on(&self, samples: &Samples, _executor: &dyn Executor) -> Result<Box<dyn Predictor>> {
        self.fit(samples)
    }

    /// [`fit_on`](Self::fit_on), taking what is the same from a predictor that was made of samples at the same places: the index of
    /// their places, which then is there once. Predictions do not depend on it.
    ///
    /// # Errors
    /// As [`fit_on`](Self::fit_on).
    fn fit_beside(
        &self,
        samples: &Samples,
        executor: &dyn Executor,
        _beside: &dyn Predictor,
    ) -> Result<Box<dyn Predictor>> {
        self.fit_on(samples, executor)
    }

    /// Prepares predictions from some of the samples, by their numbers, of which the recipe may know something of its own.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    fn fit_to(&self, samples: &Samples, kept: &[usize]) -> Result<Box<dyn Predictor>> {
        self.fit(&samples.subset(kept)?)
    }

    /// What fitting to `samples` and predicting will take of memory; `None` where the method cannot tell.
    ///
    /// # Errors
    /// Samples or settings that the method cannot use.
    fn memory(&self, _samples: &Samples) -> Result<Option<Memory>> {
        Ok(None)
    }

    /// Predicts each sample from those of the other folds, settings unchanged; one outcome a sample, in order.
    ///
    /// # Errors
    /// As [`fit`](Self::fit), for the samples of any fold's complement.
    fn leave_out(&self, samples: &Samples, folds: &Folds) -> Result<Vec<Outcome>> {
        leave_out_by_refitting(self, samples, folds)
    }

    /// Predicts the samples of each group from those of the other folds than theirs, settings unchanged; a group's samples, by
    /// their numbers, are of one fold. `None` where the method can do no better than a fit for each.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::executor::Serial;
    /// use soilscope_core::idw::InverseDistance;
    /// use soilscope_core::neighbourhood::Neighbourhood;
    /// use soilscope_core::validation::Folds;
    /// use soilscope_core::{Interpolator, Samples};
    /// let samples = Samples::new(vec![[0.0, 0.0], [10.0, 0.0], [20.0, 0.0]], vec![1.0, 3.0, 5.0])?;
    /// let recipe = InverseDistance { power: 2.0, neighbourhood: Neighbourhood::nearest(2)? };
    /// let folds = Folds::leave_one_out(&samples);
    /// let outcomes = recipe.leave_out_groups(&samples, &folds, &[vec![1]], &Serial).expect("it has a way of its own")?;
    /// assert_eq!(outcomes[0][0].unwrap().value, 3.0); // of 1 and 5, as far away
    /// # Ok::<(), soilscope_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`leave_out_on`](Self::leave_out_on).
    fn leave_out_groups(
        &self,
        _samples: &Samples,
        _folds: &Folds,
        _groups: &[Vec<usize>],
        _executor: &dyn Executor,
    ) -> Option<Result<Vec<Vec<Outcome>>>> {
        None
    }

    /// [`leave_out`](Self::leave_out) on an executor, with how errors are distributed where that is not normal.
    ///
    /// # Errors
    /// As [`leave_out`](Self::leave_out), or [`Error::Cancelled`](crate::Error::Cancelled).
    fn leave_out_on(&self, samples: &Samples, folds: &Folds, _executor: &dyn Executor) -> Result<Predictions> {
        Ok(Predictions::from_outcomes(&self.leave_out(samples, folds)?))
    }
}

/// A prediction, or the reason why there is none.
pub type Outcome = std::result::Result<Prediction, Gap>;

/// Cross-validation by one fit a fold: what every method can do, and what faster ways must agree with.
///
/// # Errors
/// As [`Interpolator::fit`].
pub fn leave_out_by_refitting<I: Interpolator + ?Sized>(
    recipe: &I,
    samples: &Samples,
    folds: &Folds,
) -> Result<Vec<Outcome>> {
    folds.check(samples)?;
    let mut outcomes = vec![Err(Gap::SingularSystem); samples.len()];
    let (mut scratch, mut out) = (Scratch::default(), Predictions::default());
    for fold in 0..folds.count() {
        let (held, kept): (Vec<usize>, Vec<usize>) = (0..samples.len()).partition(|&i| folds.of(i) == fold);
        let predictor = recipe.fit(&samples.subset(&kept)?)?;
        let places: Vec<Coord> = held.iter().map(|&i| samples.coords()[i]).collect();
        let covariates: Vec<f64> = held.iter().flat_map(|&i| samples.covariates(i)).copied().collect();
        let targets = Targets::points(&places).with_covariates(&covariates, samples.covariate_count());
        predictor.predict_into(&targets, &mut scratch, &mut out);
        for (&i, outcome) in held.iter().zip(out.iter()) {
            outcomes[i] = outcome;
        }
    }
    Ok(outcomes)
}

/// Ready to predict: immutable, shared between threads.
pub trait Predictor: Send + Sync {
    /// Predicts every target into `out`, which is reset first.
    fn predict_into(&self, targets: &Targets<'_>, scratch: &mut Scratch, out: &mut Predictions);

    /// Whether predictions carry a variance.
    fn has_variance(&self) -> bool;

    /// Covariates that a target must bring.
    fn covariates(&self) -> usize {
        0
    }

    /// Samples, in increasing order, that say nothing new under the model beside others and were left out of a system of
    /// all samples, which is singular with them.
    fn left_out(&self) -> &[usize] {
        &[]
    }

    /// What [`Together`](crate::together::Together) can share with other predictors; nothing by itself.
    #[doc(hidden)]
    fn local(&self) -> Option<Local<'_>> {
        None
    }

    /// Predicts one target, for convenience; many at a time are faster.
    ///
    /// # Errors
    /// The reason why there is no prediction.
    fn predict(&self, at: Coord) -> std::result::Result<Prediction, Gap> {
        let mut out = Predictions::default();
        self.predict_into(&Targets::points(&[at]), &mut Scratch::default(), &mut out);
        out.get(0)
    }
}

//! The fit: from a coarse search to the maximum, and what is said of it.

use std::cell::Cell;

use super::data::Data;
use super::objective::{LogLikelihood, Sums};
use super::optimise::{Objective, Summit, climb};
use super::parameters::{Extent, Unknowns};
use super::prior::ComplexityPrior;
use super::result::{LikelihoodFit, Remark};
use super::vecchia::Vecchia;
use super::{DEFAULT_NEIGHBOURS, EXACT_LIMIT, Engine, LikelihoodSettings, starts};
use crate::drift::Drift;
use crate::executor::Executor;
use crate::variogram::{FreeParameter, ModelTemplate, Parameter, Variogram};
use crate::{Error, Result, Samples};

/// Samples up to which the coarse search uses the exact likelihood too.
const SMALL: usize = 250;
/// Neighbours of the coarse search before an exact fit.
const COARSE_NEIGHBOURS: usize = 20;
/// Responses of the coarse search.
const COARSE_RESPONSES: usize = 5000;
/// Nuggets tried, as shares of the variance, where the covariance matrix of the model itself is singular.
const FLOORS: [f64; 3] = [1e-10, 1e-8, 1e-6];
/// Share of the sill below which a variance may really be 0.
const VANISHING: f64 = 1e-3;

/// Fits the free parameters of `template`, and the trend, by maximum likelihood.
///
/// The samples are taken as Gaussian, with the template's covariance and the drift's mean; error variances of the
/// template and of the samples are on the diagonal and held. Parameters are searched by Fisher scoring in their
/// logarithms, within bounds (a range from a twentieth of the samples' spacing to 20 times the diagonal of their area),
/// from the best places of a coarse grid; that search, and with Vecchia's approximation the first climb, is on a part of
/// the samples' conditional densities. An estimate at a bound is said to be one.
///
/// The result does not depend on the order of the samples or on the executor.
///
/// # Units
/// Variances in the square of the samples' unit, ranges in coordinate units.
///
/// # Errors
/// A model that is not valid on the samples' sphere, fewer samples than drift functions + 2, samples without variation or at one place, coincident samples without any
/// measurement error, drift functions that the samples cannot tell apart, a model without a sill, [`Error::SingularSystem`] where no start has a
/// regular covariance matrix, settings outside their domain, or [`Error::Cancelled`].
pub fn fit_likelihood(
    samples: &Samples,
    drift: Drift,
    template: &ModelTemplate,
    settings: &LikelihoodSettings,
    executor: &dyn Executor,
) -> Result<LikelihoodFit> {
    searching(samples, drift, template, settings, executor, |search| search.fit(template))
}

/// Makes ready what a fit of these samples works with, and hands it on.
///
/// # Errors
/// As [`fit_likelihood`].
pub(super) fn searching<T>(
    samples: &Samples,
    drift: Drift,
    template: &ModelTemplate,
    settings: &LikelihoodSettings,
    executor: &dyn Executor,
    then: impl FnOnce(Search<'_>) -> Result<T>,
) -> Result<T> {
    settings.check()?;
    refuse_unbounded(template)?;
    template.check_on(samples.metric())?;
    refuse_coincident(samples, template.error_variance)?;
    let data = Data::new(samples, drift)?;
    let extent = Extent::of(&data)?;
    let neighbours = match settings.engine {
        Engine::Auto if data.len() <= EXACT_LIMIT => None,
        Engine::Exact => None,
        Engine::Auto => Some(DEFAULT_NEIGHBOURS),
        Engine::Vecchia { neighbours } => Some(neighbours),
    };
    let vecchia = match neighbours {
        Some(neighbours) => Some(Vecchia::new(&data, neighbours, executor)?),
        None if data.len() > SMALL => Some(Vecchia::new(&data, COARSE_NEIGHBOURS, executor)?),
        None => None,
    };
    let coarse = vecchia.as_ref().map(|v| v.thinned(COARSE_RESPONSES));
    let approximate = vecchia.as_ref().filter(|_| neighbours.is_some());
    then(Search {
        data: &data,
        extent,
        coarse: coarse.as_ref().map_or(Sums::Exact(&data), Sums::Vecchia),
        fine: approximate.map_or(Sums::Exact(&data), Sums::Vecchia),
        settings,
        executor,
        prior: None,
        evaluations: Cell::new(0),
    })
}

/// The log-likelihood of a given model; the trend's coefficients at their best.
///
/// # Errors
/// As [`fit_likelihood`]; [`Error::SingularSystem`] where the covariance matrix is not positive definite.
///
/// # Examples
/// ```
/// use soilscope_core::drift::Drift;
/// use soilscope_core::executor::Serial;
/// use soilscope_core::likelihood::{LikelihoodSettings, Method, log_likelihood};
/// use soilscope_core::{Samples, variogram::Variogram};
/// // Two samples without correlation, variance 1 and known mean 0: the sum of two normal log-densities.
/// let samples = Samples::new(vec![[0.0, 0.0], [1.0, 0.0]], vec![1.0, -2.0])?;
/// let settings = LikelihoodSettings { method: Method::Ml, ..LikelihoodSettings::default() };
/// let l = log_likelihood(&samples, Drift::KnownMean(0.0), &Variogram::new(1.0, vec![])?, &settings, &Serial)?;
/// assert!((l - (-(2.0 * std::f64::consts::PI).ln() - 2.5)).abs() < 1e-12);
/// # Ok::<(), soilscope_core::Error>(())
/// ```
pub fn log_likelihood(
    samples: &Samples,
    drift: Drift,
    variogram: &Variogram,
    settings: &LikelihoodSettings,
    executor: &dyn Executor,
) -> Result<f64> {
    settings.check()?;
    refuse_unbounded(&ModelTemplate::from(variogram))?;
    variogram.check_on(samples.metric())?;
    refuse_coincident(samples, variogram.error_variance())?;
    let data = Data::new(samples, drift)?;
    let vecchia = match settings.engine {
        Engine::Auto if data.len() > EXACT_LIMIT => Some(Vecchia::new(&data, DEFAULT_NEIGHBOURS, executor)?),
        Engine::Vecchia { neighbours } => Some(Vecchia::new(&data, neighbours, executor)?),
        _ => None,
    };
    let sums = vecchia.as_ref().map_or(Sums::Exact(&data), Sums::Vecchia);
    let unknowns = Unknowns::new(&ModelTemplate::from(variogram), &Extent::of(&data)?, data.has_errors());
    let evaluations = Cell::new(0);
    let objective = LogLikelihood {
        sums,
        unknowns: &unknowns,
        method: settings.method,
        executor,
        scale: false,
        prior: None,
        evaluations: &evaluations,
    };
    let found = objective.at(&[], false)?;
    let singular = || Error::SingularSystem { size: data.len(), model: variogram.to_string() };
    Ok(found.ok_or_else(singular)?.1.log_likelihood)
}

/// Refuses a model without a sill: it has no covariance.
pub(super) fn refuse_unbounded(template: &ModelTemplate) -> Result<()> {
    if template.structures.iter().all(|s| s.model.is_bounded()) {
        return Ok(());
    }
    let reason = "a model without a sill has no likelihood: fit it to the empirical variogram, or use one with a sill";
    Err(Error::Notation { text: template.to_string(), reason: reason.into() })
}

/// Refuses two samples at one place that no error tells apart.
pub(super) fn refuse_coincident(samples: &Samples, error_variance: f64) -> Result<()> {
    match samples.error_variances() {
        _ if error_variance > 0.0 => Ok(()),
        None => samples.check_distinct_places(),
        Some(errors) => {
            let exact: Vec<usize> = (0..samples.len()).filter(|&i| errors[i] == 0.0).collect();
            if exact.is_empty() {
                return Ok(());
            }
            match samples.subset(&exact)?.first_coincident_pair() {
                None => Ok(()),
                Some((a, b)) => {
                    let [easting, northing] = samples.coords()[exact[a]];
                    Err(Error::CoincidentSamples { first: exact[a], second: exact[b], easting, northing })
                }
            }
        }
    }
}

/// What a fit works with.
pub(super) struct Search<'a> {
    pub(super) data: &'a Data,
    pub(super) extent: Extent,
    pub(super) coarse: Sums<'a>,
    pub(super) fine: Sums<'a>,
    pub(super) settings: &'a LikelihoodSettings,
    pub(super) executor: &'a dyn Executor,
    /// What is multiplied to the likelihood; none for its maximum.
    pub(super) prior: Option<ComplexityPrior>,
    pub(super) evaluations: Cell<usize>,
}

/// A maximum, and the template whose free parameters it is of.
pub(super) struct Found {
    pub(super) unknowns: Unknowns,
    pub(super) summit: Summit,
}

impl Search<'_> {
    pub(super) fn objective<'b>(&'b self, sums: Sums<'b>, unknowns: &'b Unknowns) -> LogLikelihood<'b> {
        LogLikelihood {
            sums,
            unknowns,
            method: self.settings.method,
            executor: self.executor,
            // The factor of the variances that is best for the likelihood is not so for its product with a prior.
            scale: unknowns.scale && self.prior.is_none(),
            prior: self.prior,
            evaluations: &self.evaluations,
        }
    }

    pub(super) fn unknowns(&self, template: &ModelTemplate) -> Unknowns {
        Unknowns::new(template, &self.extent, self.data.has_errors())
    }

    fn fit(&self, template: &ModelTemplate) -> Result<LikelihoodFit> {
        let mut remarks = Vec::new();
        let mut found = self.maximum(template)?;
        let has_no_nugget = template.nugget.and_then(Parameter::fixed).unwrap_or(0.0) == 0.0
            && template.nugget != Some(Parameter::Free);
        for floor in FLOORS {
            if found.is_some() || !has_no_nugget {
                break;
            }
            let value = floor * self.extent.variance;
            let floored = ModelTemplate { nugget: Some(Parameter::Fixed(value)), ..template.clone() };
            found = self.maximum(&floored)?;
            remarks = vec![Remark::NuggetFloor { value }];
        }
        let singular = || Error::SingularSystem { size: self.data.len(), model: template.to_string() };
        let whole = found.ok_or_else(singular)?;
        let (inside, zeros) = self.without_vanishing(&whole)?;
        let inside = inside.unwrap_or(Found { unknowns: whole.unknowns.clone(), summit: whole.summit.clone() });
        self.report(&whole.unknowns, inside, &zeros, remarks)
    }

    /// The maximum for a template; `None` where every start is singular.
    pub(super) fn maximum(&self, template: &ModelTemplate) -> Result<Option<Found>> {
        let unknowns = self.unknowns(template);
        let mut places = starts::grid(&unknowns, &self.extent);
        if let Some(start) = &self.settings.start {
            places.extend(unknowns.of_variogram(start));
        }
        self.maximum_from(unknowns, &places)
    }

    /// The maximum that is reached from the best of `places`; `None` where all are singular.
    pub(super) fn maximum_from(&self, unknowns: Unknowns, places: &[Vec<f64>]) -> Result<Option<Found>> {
        let held = vec![false; unknowns.len()];
        let coarse = self.objective(self.coarse, &unknowns);
        let mut best: Option<Summit> = None;
        for start in starts::best_two(&coarse, places)? {
            let summit = climb(&coarse, start, &unknowns.bounds, &held, 40)?;
            if best.as_ref().is_none_or(|b| summit.evaluation.log_likelihood > b.evaluation.log_likelihood) {
                best = Some(summit);
            }
        }
        let Some(best) = best else { return Ok(None) };
        let fine = self.objective(self.fine, &unknowns);
        let Some(start) = fine.at(&best.place, true)? else { return Ok(None) };
        let mut summit = climb(&fine, start, &unknowns.bounds, &held, self.settings.most_iterations)?;
        summit.met_singular |= best.met_singular;
        Ok(Some(Found { unknowns, summit }))
    }

    /// Tries 0 for every variance that is next to nothing, smallest first; the maximum with those at 0 whose vanishing
    /// costs nothing, and which they are.
    fn without_vanishing(&self, whole: &Found) -> Result<(Option<Found>, Vec<FreeParameter>)> {
        let natural = whole.unknowns.natural(&whole.summit.place);
        let sill = whole.unknowns.variogram(&whole.summit.place)?.sill();
        let mut small: Vec<(f64, FreeParameter)> = whole
            .unknowns
            .free
            .iter()
            .zip(natural)
            .filter(|(p, value)| p.is_linear() && *value < VANISHING * sill)
            .map(|(p, value)| (value, *p))
            .collect();
        small.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut current, mut zeros): (Option<Found>, Vec<FreeParameter>) = (None, Vec::new());
        for (_, parameter) in small {
            let from = current.as_ref().unwrap_or(whole);
            let Some(index) = from.unknowns.free.iter().position(|p| *p == parameter) else { continue };
            let unknowns = self.unknowns(&from.unknowns.with_held(index, 0.0));
            let place: Vec<f64> = unknowns
                .free
                .iter()
                .filter_map(|p| from.unknowns.free.iter().position(|q| q == p))
                .map(|j| from.summit.place[j])
                .collect();
            let objective = self.objective(self.fine, &unknowns);
            let Some(start) = objective.at(&place, true)? else { continue };
            let held = vec![false; unknowns.len()];
            let summit = climb(&objective, start, &unknowns.bounds, &held, self.settings.most_iterations)?;
            if summit.evaluation.log_likelihood >= from.summit.evaluation.log_likelihood - 1e-3 {
                zeros.push(parameter);
                current = Some(Found { unknowns, summit });
            }
        }
        Ok((current, zeros))
    }
}

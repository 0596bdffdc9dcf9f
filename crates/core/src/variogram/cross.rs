//! Direct and cross variograms of several variables.

use std::borrow::Cow;

use super::design::Design;
use super::empirical::{classes, mean_errors};
use super::pairs::PairSearch;
use super::terms::ProductOfDifferences;
use super::{Direction, EmpiricalVariogram, Estimator, LagClasses};
use crate::executor::{Executor, Serial};
use crate::{Coord, Error, Result, Samples, place_key};

/// The variogram of one variable, or the cross variogram of two.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct CrossVariogram {
    /// Numbers of the two variables, from 0, the lower first; the same twice for a direct variogram.
    pub variables: [usize; 2],
    /// Places where both are known.
    pub places: usize,
    /// Semivariances; those of a cross variogram may be negative.
    pub variogram: EmpiricalVariogram,
}

/// Direct and cross variograms of all `variables`, in the order (0, 0), (0, 1) … (0, v − 1), (1, 1) …: half the mean
/// product of the two variables' differences, by lag class, in all directions together or in each of `directions`.
///
/// A cross variogram takes the places where both variables are known, told by equal coordinates; variables need not share
/// all their places. Each unordered pair of places counts once; gstat counts it twice in a cross variogram, once from
/// either end.
///
/// # Units
/// Lags in coordinate units, semivariances in the product of both values' units.
///
/// # Errors
/// No variable, two samples of one variable at one place (which is the other's partner?), fewer than two places where both
/// are known, an azimuth that is not finite, a tolerance outside (0, 90], no pair within the cutoff and the directions, or
/// values so large that their products are beyond the largest number.
///
/// # Source
/// Wackernagel (2003), *Multivariate Geostatistics*, the chapter on the cross variogram.
///
/// # Examples
/// ```
/// use soilscope_core::{Samples, variogram::{LagClasses, cross_variograms}};
/// let lead = Samples::new(vec![[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]], vec![1.0, 3.0, 2.0])?;
/// let zinc = Samples::new(vec![[2.0, 0.0], [1.0, 0.0]], vec![10.0, 40.0])?;
/// let v = cross_variograms(&[lead, zinc], &LagClasses::regular(2.0, 2.0)?, &[])?;
/// assert_eq!(v[1].variables, [0, 1]);
/// assert_eq!((v[1].places, v[1].variogram.classes[0].gamma), (2, 0.5 * (3.0 - 2.0) * (40.0 - 10.0)));
/// # Ok::<(), soilscope_core::Error>(())
/// ```
pub fn cross_variograms(
    variables: &[Samples],
    lags: &LagClasses,
    directions: &[Direction],
) -> Result<Vec<CrossVariogram>> {
    cross_variograms_with(variables, lags, directions, &Serial)
}

/// [`cross_variograms`] on the threads of `executor`: the same bits for any number of them.
///
/// # Errors
/// As [`cross_variograms`], or [`Error::Cancelled`].
pub fn cross_variograms_with(
    variables: &[Samples],
    lags: &LagClasses,
    directions: &[Direction],
    executor: &dyn Executor,
) -> Result<Vec<CrossVariogram>> {
    if variables.is_empty() {
        return Err(Error::Parameter { name: "number of variables", value: 0.0, requirement: "at least 1" });
    }
    let metric = variables[0].metric();
    if variables.iter().any(|v| v.metric() != metric) {
        return Err(Error::OnSphere { what: "variables on different surfaces are compared" });
    }
    let design = Design::new(lags, directions, metric)?;
    for variable in variables {
        variable.check_distinct_places()?;
    }
    let mut all = Vec::new();
    for a in 0..variables.len() {
        for b in a..variables.len() {
            let shared = shared_places(&variables[a], &variables[b]);
            let places = shared.coords.len();
            if places < 2 {
                let purpose = "a cross variogram (of places where both variables are known, with equal coordinates)";
                return Err(Error::TooFewSamples { found: places, needed: 2, purpose });
            }
            let search = PairSearch::new(&shared.coords, metric, lags.cutoff());
            let (first, second) = (search.by_position(&shared.first), search.by_position(&shared.second));
            let sums = design.sums(&search, executor, [&first, &second], ProductOfDifferences)?;
            let gammas: Vec<f64> = sums.iter().map(|s| s.term / (2.0 * s.np as f64)).collect();
            // Errors of two variables are independent.
            let errors = match a == b {
                true => mean_errors(&design, &search, executor, &variables[a], Estimator::Matheron)?,
                false => None,
            };
            let classes = classes(&design, &sums, &gammas, errors.as_deref());
            if classes.is_empty() {
                return Err(design.no_pairs(&shared.coords, metric));
            }
            if let Some(index) = classes.iter().position(|c| !c.gamma.is_finite()) {
                return Err(Error::LagClassNotFinite { index, what: "semivariance", value: classes[index].gamma });
            }
            let variogram = EmpiricalVariogram { classes, estimator: Estimator::Matheron, cutoff: lags.cutoff() };
            all.push(CrossVariogram { variables: [a, b], places, variogram });
        }
    }
    Ok(all)
}

/// Places where two variables are known, with their values.
pub(crate) struct Shared<'a> {
    pub(crate) coords: Cow<'a, [Coord]>,
    pub(crate) first: Cow<'a, [f64]>,
    pub(crate) second: Cow<'a, [f64]>,
}

/// In the order of `a`. Either must have its places distinct.
pub(crate) fn shared_places<'a>(a: &'a Samples, b: &'a Samples) -> Shared<'a> {
    if a.coords() == b.coords() {
        return Shared { coords: a.coords().into(), first: a.values().into(), second: b.values().into() };
    }
    let index: std::collections::HashMap<_, _> =
        b.coords().iter().zip(b.values()).map(|(&c, &v)| (place_key(c), v)).collect();
    let mut shared = (Vec::new(), Vec::new(), Vec::new());
    for (&c, &value) in a.coords().iter().zip(a.values()) {
        if let Some(&other) = index.get(&place_key(c)) {
            shared.0.push(c);
            shared.1.push(value);
            shared.2.push(other);
        }
    }
    Shared { coords: shared.0.into(), first: shared.1.into(), second: shared.2.into() }
}

//! The product limit, from the largest value down.

use super::censoring::quantified;
use super::{Caution, Censoring, Measurement, Refused};

/// Where the share of the distribution below every quantified value is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum LeftMass {
    /// At the smallest quantified value (Efron's convention): the mean is rather high, which is safe for a contaminant.
    #[default]
    SmallestQuantified,
    /// At the smallest limit, the values below it counted as quantified there: the restricted mean.
    SmallestLimit,
    /// At 0: the lowest mean that the values allow.
    Zero,
}

/// A quantile, or what is known of it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Quantile {
    /// The quantile.
    Value(f64),
    /// It is below this value, the smallest quantified one.
    Below(f64),
}

/// One value of the estimated distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Step {
    value: f64,
    /// Share of the distribution up to and including the value.
    share: f64,
    /// Share before it.
    before: f64,
    /// Quantified values here, and all known to be here or below.
    events: f64,
    at_risk: f64,
}

/// Kaplan and Meier's estimate of a distribution with values below several limits.
#[derive(Debug, Clone, PartialEq)]
pub struct KaplanMeier {
    /// Mean, in the unit of the measurements.
    pub mean: f64,
    /// Standard deviation of the estimated distribution (without values below limits: denominator n).
    pub standard_deviation: f64,
    /// Standard error of the mean.
    pub standard_error: f64,
    /// Share of the distribution below every quantified value, whose place is the convention's.
    pub left_mass: f64,
    /// Where it was put.
    pub convention: LeftMass,
    /// What was below which limit.
    pub censoring: Censoring,
    /// What to be careful with.
    pub cautions: Vec<Caution>,
    steps: Vec<Step>,
}

/// Estimates the distribution of values of which some are below limits, whatever its shape.
///
/// From the largest value down, the share left at a quantified value x is multiplied by 1 − d/n: d values are x, and n are x
/// or less for certain (quantified up to x, or below a limit up to x). The mean is that of the steps; its variance is
/// Greenwood's, Σ A² d/(n(n − d)), A the area under the distribution function up to x, times m/(m − 1) for m quantified values. Without values below
/// limits the mean is the arithmetic one and its standard error s/√n.
///
/// # Units
/// Those of the measurements.
///
/// # Errors
/// Fewer than 2 quantified values, more than 80 % below limits, or a number that is none.
///
/// # Source
/// Kaplan & Meier (1958), *Journal of the American Statistical Association* 53:457, reversed as in Helsel (2012), *Statistics for
/// Censored Environmental Data*; conventions and correction as in the R package EnvStats, whose published values it meets. The limit of
/// 80 % is practice after Helsel.
///
/// # Examples
/// ```
/// use soilscope_core::censored::{LeftMass, Measurement::Quantified, Quantile, kaplan_meier};
/// let km = kaplan_meier(&[Quantified(1.0), Quantified(2.0), Quantified(6.0)], LeftMass::default())?;
/// assert!((km.mean - 3.0).abs() < 1e-12);
/// assert!((km.standard_error - (7.0_f64 / 3.0).sqrt()).abs() < 1e-12); // s² = 7
/// assert_eq!(km.quantile(0.5), Quantile::Value(2.0));
/// # Ok::<(), soilscope_core::censored::Refused>(())
/// ```
pub fn kaplan_meier(measurements: &[Measurement], convention: LeftMass) -> Result<KaplanMeier, Refused> {
    let censoring = Censoring::checked(measurements, 2, "Kaplan-Meier")?;
    let mut cautions = censoring.cautions(0);
    let km = unchecked(measurements, convention);
    if km.left_mass > 0.0 {
        cautions.push(Caution::LeftMass { share: km.left_mass });
    }
    Ok(KaplanMeier {
        mean: km.mean,
        standard_deviation: km.variance.sqrt(),
        standard_error: km.error_variance.sqrt(),
        left_mass: km.left_mass,
        convention,
        censoring,
        cautions,
        steps: km.steps,
    })
}

impl KaplanMeier {
    /// Estimated share of the distribution up to and including `value`; `None` below every quantified value, where only that
    /// it is at most the left mass is known.
    pub fn share_up_to(&self, value: f64) -> Option<f64> {
        let found = self.steps.iter().rev().find(|s| s.value <= value).map(|s| s.share);
        if found.is_none() && self.left_mass == 0.0 { Some(0.0) } else { found }
    }

    /// The smallest value that a share of at least `p` of the distribution does not exceed.
    ///
    /// # Panics
    /// `p` outside (0, 1].
    pub fn quantile(&self, p: f64) -> Quantile {
        assert!(p > 0.0 && p <= 1.0, "a quantile's share is above 0 and at most 1");
        let lowest = self.steps[0].value;
        if p <= self.left_mass {
            return Quantile::Below(lowest);
        }
        // Shares are products of quotients: 1/2 may come out as a hair less.
        let reached = |s: &&Step| s.share >= p * (1.0 - 1e-12);
        Quantile::Value(self.steps.iter().find(reached).map_or(self.steps[self.steps.len() - 1].value, |s| s.value))
    }

    /// The value with half of the distribution on either side.
    pub fn median(&self) -> Quantile {
        self.quantile(0.5)
    }
}

/// The estimate without the checks, for resamples and jackknives.
pub(super) struct Estimate {
    pub(super) mean: f64,
    variance: f64,
    error_variance: f64,
    left_mass: f64,
    steps: Vec<Step>,
}

/// # Panics
/// No measurement.
pub(super) fn unchecked(measurements: &[Measurement], convention: LeftMass) -> Estimate {
    let limit_of = |m: &Measurement| match *m {
        Measurement::BelowLimit(limit) => Some(limit),
        Measurement::Quantified(_) => None,
    };
    let mut values = quantified(measurements);
    let mut limits: Vec<f64> = measurements.iter().filter_map(limit_of).collect();
    limits.sort_by(f64::total_cmp);
    if let Some(&smallest) = limits.first()
        && (values.is_empty() || convention == LeftMass::SmallestLimit && values.iter().all(|&v| v > smallest))
    {
        // Restricted: what is below the smallest limit counts as quantified there. A resample of nothing but limits does too.
        let here = limits.partition_point(|&l| l == smallest);
        values.extend_from_slice(&limits[..here]);
        limits.drain(..here);
    }
    values.sort_by(f64::total_cmp);
    let mut steps = Vec::new();
    let mut share = 1.0;
    let mut end = values.len();
    while end > 0 {
        let value = values[end - 1];
        let start = values.partition_point(|&v| v < value);
        let events = (end - start) as f64;
        let at_risk = (end + limits.partition_point(|&l| l <= value)) as f64;
        let before = if at_risk == events { 0.0 } else { share * (1.0 - events / at_risk) };
        steps.push(Step { value, share, before, events, at_risk });
        (share, end) = (before, start);
    }
    steps.reverse();
    let place = if convention == LeftMass::Zero { 0.0 } else { steps[0].value };
    let moment = |f: &dyn Fn(f64) -> f64| {
        steps.iter().map(|s| (s.share - s.before) * f(s.value)).sum::<f64>() + share * f(place)
    };
    let mean = moment(&|x| x);
    let variance = moment(&|x| (x - mean).powi(2));
    let mut area = share * (steps[0].value - place);
    let mut greenwood = 0.0;
    for (k, s) in steps.iter().enumerate() {
        if k > 0 {
            area += steps[k - 1].share * (s.value - steps[k - 1].value);
        }
        if s.at_risk > s.events {
            greenwood += area * area * s.events / (s.at_risk * (s.at_risk - s.events));
        }
    }
    let counted = values.len() as f64;
    let error_variance = greenwood * if counted > 1.0 { counted / (counted - 1.0) } else { 1.0 };
    Estimate { mean, variance, error_variance, left_mass: share, steps }
}

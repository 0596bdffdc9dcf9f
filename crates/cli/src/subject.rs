//! What is modelled: the samples on their scale, the drift, and what is left of it.

use anyhow::{Result, ensure};
use soilscope_core::Samples;
use soilscope_core::drift::{Drift, ols_residuals};
use soilscope_core::transform::Transform;

use crate::args::{DriftArgs, ModelArgs};
use crate::field::refuse_idle;
use crate::source::Source;
use crate::words::{Method, TransformChoice};

/// Samples made ready for a variogram and for kriging.
pub(crate) struct Subject {
    pub(crate) transform: Transform,
    /// What is predicted, in its own unit: the values, or 0 and 1 of an indicator.
    pub(crate) observed: Samples,
    /// The same on the modelling scale.
    pub(crate) on_scale: Samples,
    pub(crate) drift: Drift,
    /// Which samples are only known to be below their values; empty where none is.
    pub(crate) below: Vec<bool>,
    /// The samples on the modelling scale with half the limit for those, for what needs a number for each.
    pub(crate) stand_in: Option<Samples>,
    /// What the empirical variogram is of: of samples below their limits, half the limit.
    pub(crate) residuals: Samples,
    /// The same in a word: `values`, `indicator` or `ols-residuals`.
    pub(crate) variogram_of: &'static str,
}

impl Subject {
    pub(crate) fn new(model: &ModelArgs, args: &DriftArgs, source: &Source) -> Result<Self> {
        let external = matches!(args.method, Method::External { .. });
        if args.drift_degree.is_some() && !external {
            refuse_idle(&["--drift-degree"], "it is for --method external; universal:DEGREE has its own")?;
        }
        let samples = source.samples();
        let observed = match args.method {
            Method::Indicator { threshold } => {
                ensure!(
                    model.transform == TransformChoice::None,
                    "--transform would have no effect on an indicator, which is 0 or 1 on any scale; leave it out"
                );
                ensure!(
                    samples.error_variances().is_none(),
                    "errors of the values are no errors of an indicator: leave out --error-sd and --error-cv"
                );
                indicator(samples, threshold, source)?
            }
            _ => samples.clone(),
        };
        let below = source.below().to_vec();
        let numbers = source.stand_in()?;
        let transform = model.transform.for_samples(numbers.as_ref().unwrap_or(&observed))?;
        let on_scale = transform.forward(&observed)?;
        let stand_in = numbers.map(|numbers| transform.forward(&numbers)).transpose()?;
        let drift = match args.method {
            Method::Simple { mean } => Drift::KnownMean(mean),
            Method::Universal { degree } => Drift::polynomial(degree),
            Method::External { .. } => {
                Drift::Trend { degree: args.drift_degree.unwrap_or(0), covariates: on_scale.covariate_count() }
            }
            _ => Drift::Constant,
        };
        let has_trend = matches!(drift, Drift::Trend { .. });
        // Differences of values know nothing of a mean.
        let numbers = stand_in.as_ref().unwrap_or(&on_scale);
        let residuals = if has_trend { ols_residuals(drift, numbers)? } else { numbers.clone() };
        let variogram_of = match args.method {
            Method::Indicator { .. } => "indicator",
            _ if has_trend => "ols-residuals",
            _ => "values",
        };
        Ok(Self { transform, observed, on_scale, drift, below, stand_in, residuals, variogram_of })
    }

    /// A number for each sample, on the modelling scale.
    pub(crate) fn numbers(&self) -> &Samples {
        self.stand_in.as_ref().unwrap_or(&self.on_scale)
    }
}

/// 1 where a value is above the threshold, else 0.
fn indicator(samples: &Samples, threshold: f64, source: &Source) -> Result<Samples> {
    let undecided: Vec<usize> = (0..samples.len()).filter(|&i| source.is_undecided(i, threshold)).collect();
    if let Some(&first) = undecided.first() {
        anyhow::bail!(
            "{}, line {}: {} samples are below limits that are above {threshold}, so nobody knows whether they are above it: leave \
             values below their limit out by --nondetect drop, or choose a value of at least the limits",
            source.path().display(),
            source.line(first),
            undecided.len()
        );
    }
    let is_above = |i: usize| source.is_above(i, threshold);
    let above = (0..samples.len()).filter(|&i| is_above(i)).count();
    let (low, high) =
        samples.values().iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
    ensure!(
        0 < above && above < samples.len(),
        "{}: {} of the {} samples are above {threshold}, so their indicator says nothing: choose a value between {low} and {high}",
        source.path().display(),
        if above == 0 { "none" } else { "all" },
        samples.len()
    );
    let values = (0..samples.len()).map(|i| if is_above(i) { 1.0 } else { 0.0 }).collect();
    Ok(samples.with_values(values)?)
}

//! From settings to a fitted model and a method: what the verbs that model a field share.

mod lags;
mod model;
mod refusals;

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use soilscope_core::drift::Drift;
use soilscope_core::idw::{InverseDistance, Nearest};
use soilscope_core::kriging::Kriging;
use soilscope_core::neighbourhood::{Neighbourhood, Search, Sectors};
use soilscope_core::support::{BlockNodes, Support};
use soilscope_core::transform::Transform;
use soilscope_core::{Interpolator, Samples};

use crate::args::{BlockArgs, Common, MethodArgs, ModelArgs, NodesChoice};
use crate::covariates::CovariateRecord;
use crate::errors::ErrorRecord;
use crate::output::say;
use crate::source::Source;
use crate::subject::Subject;
use crate::words::{Block, Method, Neighbours};

pub(crate) use lags::{LagSettings, empirical, lag_classes};
pub(crate) use model::{ModelRecord, automatic, fitted, model, short_number, shortened, template};
pub(crate) use refusals::{refuse_idle, refuse_scale};

/// Up to this many samples kriging uses all of them for every target by default.
const GLOBAL_UP_TO: usize = 300;
/// Neighbours by default, beyond that.
const NEIGHBOURS: usize = 32;
/// Neighbours of inverse distance weighting by default.
const IDW_NEIGHBOURS: usize = 12;

/// The method in words, for the record.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct MethodRecord {
    pub(crate) method: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) known_mean: Option<f64>,
    /// Degree of the drift's polynomial, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) drift_degree: Option<u8>,
    /// Covariates of the drift.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) covariates: Vec<CovariateRecord>,
    /// The value that the indicator is above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) indicator: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) power: Option<f64>,
    pub(crate) support: Support,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) measurement_errors: Option<ErrorRecord>,
    pub(crate) neighbourhood: Neighbourhood,
}

/// A field ready to be fitted to samples: scale, model and method.
pub(crate) struct Field {
    pub(crate) transform: Transform,
    /// What is predicted, in its own unit, at the samples.
    pub(crate) observed: Samples,
    /// The samples on the modelling scale.
    pub(crate) on_scale: Samples,
    /// `None` for methods without a model.
    pub(crate) model: Option<ModelRecord>,
    /// `None` where no variogram was fitted.
    pub(crate) lags: Option<LagSettings>,
    pub(crate) method: MethodRecord,
    pub(crate) interpolator: Box<dyn Interpolator>,
    /// The same for points, to hold samples against; `None` where it predicts points itself.
    at_points: Option<Box<dyn Interpolator>>,
}

impl Field {
    /// Chooses model and method for samples in the data's unit.
    pub(crate) fn new(
        model_args: &ModelArgs,
        method_args: &MethodArgs,
        block: Option<&BlockArgs>,
        source: &Source,
        common: &Common,
    ) -> Result<Self> {
        let args = &method_args.drift;
        let support = support(block)?;
        let neighbourhood = neighbourhood(method_args, source.samples().len())?;
        if !args.method.is_kriging() {
            refusals::refuse_for_methods_without_model(model_args, method_args, support, source)?;
        }
        let subject = Subject::new(model_args, args, source)?;
        let on_scale = &subject.on_scale;
        let mut record = MethodRecord {
            method: "ordinary-kriging",
            known_mean: subject.drift.known_mean(),
            drift_degree: None,
            covariates: source.covariates().map(crate::covariates::Covariates::records).unwrap_or_default(),
            indicator: args.method.indicator(),
            power: None,
            support,
            measurement_errors: source.errors().cloned(),
            neighbourhood,
        };
        if let Drift::Trend { degree, .. } = subject.drift {
            record.drift_degree = Some(degree);
        }
        let mut at_points: Option<Box<dyn Interpolator>> = None;
        let (model, interpolator): (Option<ModelRecord>, Box<dyn Interpolator>) = match args.method {
            Method::Nearest => {
                record.method = "nearest";
                record.neighbourhood = Neighbourhood::Moving(Search::new(Some(1), 1, method_args.radius)?);
                (None, Box::new(Nearest { radius: method_args.radius }))
            }
            Method::InverseDistance { power } => {
                record.method = "inverse-distance";
                record.power = Some(power);
                (None, Box::new(InverseDistance { power, neighbourhood }))
            }
            _ => {
                if source.errors().is_none() {
                    on_scale.check_for_kriging(2).context("these samples cannot be kriged")?;
                }
                record.method = match args.method {
                    Method::Simple { .. } => "simple-kriging",
                    Method::Universal { .. } => "universal-kriging",
                    Method::External { .. } => "external-drift-kriging",
                    Method::Indicator { .. } => "indicator-kriging",
                    _ => "ordinary-kriging",
                };
                let model = model(model_args, &subject, common)?;
                let kriging = Kriging::new(model.variogram.clone(), subject.drift, neighbourhood);
                if support != Support::Point {
                    at_points = Some(Box::new(kriging.clone()));
                }
                (Some(model), Box::new(kriging.with_support(support)))
            }
        };
        let fitted = model.as_ref().is_some_and(|m| m.empirical.is_some());
        let lags = fitted.then(|| match model.as_ref().and_then(|m| m.choice.as_ref()) {
            Some(choice) => LagSettings::designed(choice),
            None => LagSettings::new(model_args, on_scale),
        });
        let Subject { transform, observed, on_scale, .. } = subject;
        Ok(Self { transform, observed, on_scale, model, lags, method: record, interpolator, at_points })
    }

    /// What predicts points, as the samples are.
    pub(crate) fn at_points(&self) -> &dyn Interpolator {
        self.at_points.as_deref().unwrap_or(self.interpolator.as_ref())
    }

    /// Bounds of what is predicted, where it has any: a probability is between 0 and 1, its kriging predictor need not be.
    pub(crate) fn bounds(&self) -> Option<[f64; 2]> {
        self.method.indicator.map(|_| [0.0, 1.0])
    }

    /// The distribution that probabilities assume, in words; `None` without an error model.
    pub(crate) fn distribution(&self) -> Option<String> {
        let indicator = self.method.indicator.map(|_| "none is assumed (indicator kriging)".to_owned());
        indicator.or_else(|| self.has_variance().then(|| self.transform.distribution()))
    }

    /// Unit of the predictions, where there is one: none for a probability.
    pub(crate) fn unit<'a>(&self, source: &'a Source) -> Option<&'a str> {
        if self.method.indicator.is_some() { None } else { source.unit() }
    }

    /// Says which model is used, and what a reader should know of it.
    pub(crate) fn announce(&self, common: &Common) {
        if let Some(model) = self.model.as_ref().filter(|_| !common.quiet) {
            say(&format!("model: {}", model.short_notation()));
            for remark in &model.remarks {
                say(&format!("note: {remark}"));
            }
        }
    }

    /// Whether predictions carry a variance.
    pub(crate) fn has_variance(&self) -> bool {
        self.model.is_some()
    }
}
fn support(args: Option<&BlockArgs>) -> Result<Support> {
    let Some(BlockArgs { block: Some(Block(size)), block_nodes }) = args else { return Ok(Support::Point) };
    let nodes: BlockNodes = block_nodes.unwrap_or(NodesChoice::Gauss4).into();
    Ok(Support::block(*size, nodes)?)
}

fn neighbourhood(args: &MethodArgs, samples: usize) -> Result<Neighbourhood> {
    let idw = matches!(args.drift.method, Method::InverseDistance { .. });
    let max = match args.neighbours {
        Some(Neighbours::Nearest(max)) => Some(max),
        Some(Neighbours::All) => None,
        // A radius alone means all within it.
        None if args.radius.is_some() => None,
        None if idw => Some(IDW_NEIGHBOURS),
        None if samples <= GLOBAL_UP_TO => None,
        None => Some(NEIGHBOURS),
    };
    if max.is_none() && args.radius.is_none() {
        ensure!(args.sectors.is_none(), "--sectors shares a number of neighbours: give it by --neighbours");
        ensure!(
            args.min_neighbours.get() <= samples,
            "--min-neighbours is {}, but there are only {samples} samples",
            args.min_neighbours
        );
        return Ok(Neighbourhood::Global);
    }
    ensure!(
        args.sectors.is_none() || max.is_some(),
        "--sectors share a number of neighbours: --neighbours must be one, not all"
    );
    let search = Search::new(max, args.min_neighbours.get(), args.radius)?;
    Ok(Neighbourhood::Moving(match args.sectors {
        Some(count) => search.with_sectors(Sectors::from_count(count)?)?,
        None => search,
    }))
}

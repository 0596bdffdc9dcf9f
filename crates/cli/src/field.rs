//! From settings to a fitted model and a method: what the verbs that model a field share.

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use soilscope_core::auto::Choice;
use soilscope_core::drift::Drift;
use soilscope_core::idw::{InverseDistance, Nearest};
use soilscope_core::kriging::Kriging;
use soilscope_core::neighbourhood::{Neighbourhood, Search, Sectors};
use soilscope_core::support::{BlockNodes, Support};
use soilscope_core::transform::Transform;
use soilscope_core::variogram::{
    self, Direction, EmpiricalVariogram, LagClasses, ModelTemplate, Structure, Variogram, empirical_variogram, fit,
};
use soilscope_core::{Interpolator, Samples};

use crate::args::{BlockArgs, Common, MethodArgs, ModelArgs, NodesChoice, ScaleChoice};
use crate::choice;
use crate::covariates::CovariateRecord;
use crate::errors::ErrorRecord;
use crate::output::say;
use crate::source::Source;
use crate::subject::Subject;
use crate::words::{Block, Method, Neighbours, TransformChoice};

/// Up to this many samples kriging uses all of them for every target by default.
const GLOBAL_UP_TO: usize = 300;
/// Neighbours by default, beyond that.
const NEIGHBOURS: usize = 32;
/// Neighbours of inverse distance weighting by default.
const IDW_NEIGHBOURS: usize = 12;

/// Lag classes and directions as they took effect.
#[derive(Debug, Clone)]
pub(crate) struct LagSettings {
    /// `None` where boundaries were given.
    pub(crate) width: Option<f64>,
    pub(crate) boundaries: Vec<f64>,
    pub(crate) azimuths: Vec<f64>,
    /// `None` for all directions together.
    pub(crate) tolerance: Option<f64>,
}

impl LagSettings {
    fn new(args: &ModelArgs, on_scale: &Samples) -> Self {
        let cutoff = args.cutoff.unwrap_or(on_scale.diagonal() / 3.0);
        Self {
            width: args.boundaries.is_empty().then(|| args.width.unwrap_or(cutoff / 15.0)),
            boundaries: args.boundaries.clone(),
            azimuths: args.azimuths.clone(),
            tolerance: (!args.azimuths.is_empty()).then(|| args.tolerance.unwrap_or(90.0 / args.azimuths.len() as f64)),
        }
    }
}

impl LagSettings {
    /// Those of an automatic model.
    fn designed(choice: &Choice) -> Self {
        Self { width: None, boundaries: choice.lags.boundaries.clone(), azimuths: Vec::new(), tolerance: None }
    }
}

/// The lag classes that were asked for, or gstat's default.
pub(crate) fn lag_classes(args: &ModelArgs, on_scale: &Samples) -> Result<LagClasses> {
    let settings = LagSettings::new(args, on_scale);
    Ok(match settings.width {
        Some(width) => LagClasses::regular(args.cutoff.unwrap_or(on_scale.diagonal() / 3.0), width)?,
        None => LagClasses::with_boundaries(settings.boundaries)?,
    })
}

/// The samples' empirical variogram, with the settings that took effect.
pub(crate) fn empirical(args: &ModelArgs, on_scale: &Samples) -> Result<EmpiricalVariogram> {
    let settings = LagSettings::new(args, on_scale);
    let lags = lag_classes(args, on_scale)?;
    let tolerance = settings.tolerance.unwrap_or(90.0);
    let directions: Vec<Direction> =
        settings.azimuths.iter().map(|&azimuth| Direction { azimuth, tolerance }).collect();
    Ok(empirical_variogram(on_scale, &lags, &directions, args.estimator.into())?)
}

/// How a model came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Origin {
    /// All of it was given.
    Given,
    /// The user's model, its open parameters fitted.
    Fitted,
    /// The one of the usual models that predicts held-out samples best.
    Automatic,
}

/// The model, and where it comes from.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ModelRecord {
    /// gstat's notation.
    pub(crate) notation: String,
    pub(crate) origin: Origin,
    /// What it is a model of: `values`, `indicator`, or `ols-residuals` of the drift.
    pub(crate) variogram_of: &'static str,
    pub(crate) nugget: f64,
    pub(crate) error_variance: f64,
    pub(crate) sill: f64,
    /// Distance to 95 % of the sill along the longest axis.
    pub(crate) effective_range: f64,
    pub(crate) structures: Vec<Structure>,
    /// Weighted sum of squares of the fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sserr: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fit_weights: Option<&'static str>,
    /// What an automatic model was chosen against, and how sure that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) choice: Option<Box<Choice>>,
    /// What a reader should know of the fit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) remarks: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) empirical: Option<EmpiricalVariogram>,
    #[serde(skip)]
    pub(crate) variogram: Variogram,
}

/// The model that `args` ask for, fitted to what is left of the drift where something is left open.
pub(crate) fn model(args: &ModelArgs, subject: &Subject, common: &Common) -> Result<ModelRecord> {
    let Some(template) = template(args)? else { return automatic(args, subject, common) };
    if let Some(given) = template.complete()? {
        refuse_idle(&args.lag_options(), "the model is complete, so no variogram is fitted")?;
        return Ok(ModelRecord { variogram_of: subject.variogram_of, ..ModelRecord::new(given, Origin::Given) });
    }
    subject.observed.check_variation()?;
    fitted(args, &template, empirical(args, &subject.residuals)?, subject)
}

/// The model of `args`, `None` where it is to be chosen automatically.
pub(crate) fn template(args: &ModelArgs) -> Result<Option<ModelTemplate>> {
    match args.model.trim() {
        "auto" => Ok(None),
        text => Ok(Some(text.parse()?)),
    }
}

/// The model that predicts held-out samples best.
pub(crate) fn automatic(args: &ModelArgs, subject: &Subject, common: &Common) -> Result<ModelRecord> {
    let choice = choice::automatic(args, subject, common)?;
    let mut remarks = choice.remarks.clone();
    if choice.transform.as_ref().is_some_and(|t| t.log_proposed) {
        remarks.push("to model the logarithm: --transform log".into());
    }
    let variogram = choice.variogram().clone();
    Ok(ModelRecord {
        variogram_of: subject.variogram_of,
        fit_weights: Some(choice::weights(args).1),
        remarks,
        empirical: Some(choice.empirical.clone()),
        choice: Some(Box::new(choice)),
        ..ModelRecord::new(variogram, Origin::Automatic)
    })
}

/// Fits the model that `args` ask for to the empirical variogram of a subject.
pub(crate) fn fitted(
    args: &ModelArgs,
    template: &ModelTemplate,
    empirical: EmpiricalVariogram,
    subject: &Subject,
) -> Result<ModelRecord> {
    let mut model = fit_to(args, template, empirical)?;
    model.variogram_of = subject.variogram_of;
    if let Some(variances) = subject.on_scale.error_variances() {
        let mean = variances.iter().sum::<f64>() / variances.len() as f64;
        model.remarks.push(format!(
            "the fitted nugget ({}) holds the samples' measurement errors as well (mean variance {}), which kriging then counts \
             twice: name a --model whose nugget is less by that",
            short_number(model.nugget),
            short_number(mean)
        ));
    }
    Ok(model)
}

/// Fits the model that `args` ask for to an empirical variogram.
fn fit_to(args: &ModelArgs, template: &ModelTemplate, empirical: EmpiricalVariogram) -> Result<ModelRecord> {
    let (weights, weights_name) = choice::weights(args);
    let origin = if template.unknowns() == 0 { Origin::Given } else { Origin::Fitted };
    let fitted = fit(&empirical, template, &weights)?;
    let mut remarks = Vec::new();
    if fitted.range_at_limit {
        remarks.push(format!(
            "the range ended at the largest that was looked for: up to the cutoff of {} the samples show no sill; \
             raise --cutoff, or mind that the field has a trend",
            empirical.cutoff
        ));
    }
    let first_lag = empirical.classes.iter().map(|c| c.dist).fold(f64::INFINITY, f64::min);
    if origin == Origin::Fitted && fitted.variogram.effective_range() <= first_lag {
        remarks.push(
            "the fit has no structure at the distances that the samples have: every prediction is close to the mean"
                .into(),
        );
    }
    Ok(ModelRecord {
        sserr: Some(fitted.sserr),
        fit_weights: Some(weights_name),
        remarks,
        empirical: Some(empirical),
        ..ModelRecord::new(fitted.variogram, origin)
    })
}

impl ModelRecord {
    /// The notation with four significant digits, for people; the record has all of them.
    pub(crate) fn short_notation(&self) -> String {
        shortened(&self.notation)
    }

    fn new(variogram: Variogram, origin: Origin) -> Self {
        Self {
            notation: variogram.to_string(),
            origin,
            variogram_of: "values",
            nugget: variogram.nugget(),
            error_variance: variogram.error_variance(),
            sill: variogram.sill(),
            effective_range: variogram.effective_range(),
            structures: variogram.structures().to_vec(),
            sserr: None,
            fit_weights: None,
            choice: None,
            remarks: Vec::new(),
            empirical: None,
            variogram,
        }
    }
}

/// Significant digits for people; records have all of them.
const DIGITS: u8 = 4;

/// A model's notation for people.
pub(crate) fn shortened(notation: &str) -> String {
    variogram::short_notation(notation, DIGITS)
}

/// A number for people.
pub(crate) fn short_number(number: f64) -> String {
    variogram::short_number(number, DIGITS)
}

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
            refuse_for_methods_without_model(model_args, method_args, support, source)?;
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

/// Refuses what only kriging has.
fn refuse_for_methods_without_model(
    model: &ModelArgs,
    method: &MethodArgs,
    support: Support,
    source: &Source,
) -> Result<()> {
    let mut idle = model.lag_options();
    idle.extend((model.model != "auto").then_some("--model"));
    idle.extend((support != Support::Point).then_some("--block"));
    idle.extend(source.errors().map(|_| "--error-sd or --error-cv"));
    refuse_idle(&idle, "this --method has no model")?;
    ensure!(
        model.transform == TransformChoice::None,
        "--transform is for kriging: without an error model the way back would be biased"
    );
    if method.drift.method == Method::Nearest {
        let idle = [
            method.neighbours.is_some().then_some("--neighbours"),
            (method.min_neighbours.get() != 1).then_some("--min-neighbours"),
        ];
        refuse_idle(&idle.into_iter().flatten().collect::<Vec<_>>(), "--method nearest uses one sample")?;
    }
    Ok(())
}

fn support(args: Option<&BlockArgs>) -> Result<Support> {
    let Some(BlockArgs { block: Some(Block(size)), block_nodes }) = args else { return Ok(Support::Point) };
    let nodes: BlockNodes = block_nodes.unwrap_or(NodesChoice::Gauss4).into();
    Ok(Support::block(*size, nodes)?)
}

/// Refuses options that would have no effect: whoever gave them expects one.
pub(crate) fn refuse_idle(options: &[&str], why: &str) -> Result<()> {
    ensure!(options.is_empty(), "{} would have no effect: {why}; leave it out", options.join(", "));
    Ok(())
}

/// Refuses a wish for the transformed scale where there is no transform, and for the data's where there is no way back.
pub(crate) fn refuse_scale(
    scale: ScaleChoice,
    model: &ModelArgs,
    block: &BlockArgs,
    threshold: Option<f64>,
) -> Result<()> {
    ensure!(
        block.block.is_none()
            || model.transform == TransformChoice::None
            || (scale == ScaleChoice::Transformed && threshold.is_none()),
        "--block with --transform: the mean of transformed values over a block is not the transformed mean, so there is no way \
         back to the unit; leave one of them out, or stay there by --scale transformed without --threshold"
    );
    let idle = scale == ScaleChoice::Transformed && model.transform == TransformChoice::None;
    refuse_idle(if idle { &["--scale transformed"] } else { &[] }, "there is no --transform")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notation_is_shortened_for_people() {
        let text = "0.050660440117212796 Nug + 0.5906058345559698 Mat(897.0064225714316, kappa=1.5, az=30, ratio=0.4)";
        let variogram = text.parse::<ModelTemplate>().unwrap().complete().unwrap().unwrap();
        let record = ModelRecord::new(variogram, Origin::Given);
        assert_eq!(record.short_notation(), "0.05066 Nug + 0.5906 Mat(897, kappa=1.5, az=30, ratio=0.4)");
        assert_eq!(short_number(740579.1534663637), "740579");
        assert_eq!(short_number(1.5e-9), "1.500e-9");
    }
}

//! `soilscope variogram`: empirical variogram, fitted model, plot.

mod cloud;
mod covariances;
mod cross;
mod plot;
mod text;

use std::path::Path;

use anyhow::{Result, bail, ensure};
use serde::Serialize;
use soilscope_core::transform::Transform;
use soilscope_core::variogram::{EmpiricalVariogram, Estimator, LagClass};
use soilscope_picture::svg_to_png;
use soilscope_pipeline::tidy::Beside;

use crate::Outcome;
use crate::args::{Common, EstimatorChoice, FitChoice, Variogram};
use crate::covariates::{CovariateRecord, Covariates};
use crate::field::{self, LagSettings, ModelRecord};
use crate::follow::Progress;
use crate::output;
use crate::source::{Source, Wanted};
use crate::subject::Subject;
use crate::words::{Method, TransformChoice};

/// The verb's result.
#[derive(Serialize)]
struct Report<'a> {
    analyte: &'a str,
    unit: Option<&'a str>,
    #[serde(serialize_with = "crate::words::serialize_name")]
    transform: Transform,
    /// `values`, `indicator`, or `ols-residuals` of the drift.
    variogram_of: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    covariates: Vec<CovariateRecord>,
    samples: usize,
    sample_variance: f64,
    estimator: Estimator,
    cutoff: f64,
    classes: &'a [LagClass],
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a ModelRecord>,
}

/// What a variogram is of, behind the analyte's name.
fn of(variogram_of: &str) -> &'static str {
    match variogram_of {
        "ols-residuals" => ", residuals of the drift",
        "indicator" => ", indicator",
        _ => "",
    }
}

pub(crate) fn run(args: &Variogram, common: &Common) -> Result<Outcome> {
    cross::check(args)?;
    refuse_idle_method(&args.drift.method)?;
    refuse_relative(args)?;
    if args.covariogram {
        covariances::refuse_idle_errors(args)?;
    }
    let mut outputs = Vec::new();
    for path in &args.out {
        let kind = Kind::of(path)?;
        outputs.push((kind, output::open(path, args.overwrite)?));
    }
    let cloud = args.cloud.as_ref().map(|path| cloud::open(path, args)).transpose()?;
    let wanted =
        Wanted { drift: Some(&args.drift), errors: Some(&args.errors), cross: &args.cross, ..Wanted::default() };
    let source = Source::read(&args.samples, common, wanted)?;
    refuse_limits(args, &source)?;
    source.located(source.samples().check_variation())?;
    let subject = source.located(Subject::new(&args.model, &args.drift, &source))?;
    let progress = Progress::new(common);
    if args.covariogram || !args.cross.is_empty() {
        match args.covariogram {
            true => covariances::run(args, common, &source, &subject, outputs)?,
            false => cross::run(args, common, &source, &subject, outputs)?,
        }
        return Ok(Outcome::Done);
    }
    let residuals = &subject.residuals;
    let (empirical, model) = source.located(progress.busy("looking at pairs", || modelled(args, &subject, common)))?;
    let report = Report {
        analyte: source.analyte(),
        unit: if subject.variogram_of == "indicator" { None } else { source.unit() },
        transform: subject.transform.clone(),
        variogram_of: subject.variogram_of,
        covariates: source.covariates().map(Covariates::records).unwrap_or_default(),
        samples: residuals.len(),
        sample_variance: residuals.variance(),
        estimator: empirical.estimator,
        cutoff: empirical.cutoff,
        classes: &empirical.classes,
        model: model.as_ref(),
    };
    if let Some(file) = cloud {
        let directions = LagSettings::new(&args.model, residuals).directions();
        let cutoff = empirical.cutoff;
        source.located(
            progress.busy("writing the cloud", || cloud::write(file, residuals, cutoff, &directions, &source, common)),
        )?;
    }
    deliver(&report, outputs, source.length_unit(), common)?;
    Ok(Outcome::Done)
}

/// A result in every form that it can have.
trait Shown: Serialize {
    /// The lag classes as a table.
    fn csv(&self) -> Result<Vec<u8>>;
    fn svg(&self, length_unit: &str) -> String;
    fn text(&self) -> String;
}

/// Writes a result to its files, and prints it.
fn deliver(shown: &impl Shown, outputs: Vec<(Kind, Beside)>, length_unit: &str, common: &Common) -> Result<()> {
    for (kind, file) in outputs {
        let bytes = match kind {
            Kind::Csv => shown.csv()?,
            Kind::Json => serde_json::to_vec_pretty(shown)?,
            Kind::Svg => shown.svg(length_unit).into_bytes(),
            Kind::Png => svg_to_png(&shown.svg(length_unit), 1.0)?,
        };
        output::fill(file, &bytes)?;
    }
    if common.json { output::print_json(shown) } else { output::print(&shown.text()) }
}

impl Shown for Report<'_> {
    fn csv(&self) -> Result<Vec<u8>> {
        csv(self.classes)
    }

    fn svg(&self, length_unit: &str) -> String {
        plot::plot(self, length_unit)
    }

    fn text(&self) -> String {
        text::text(self)
    }
}

/// What a model of relative semivariances is good for.
const RELATIVE: &str = "the nugget and sills have no unit, so they cannot be kriged with: of this model only the range and the \
                        share of the nugget say something of the values in their unit";

/// A file's kind, from its ending.
enum Kind {
    Csv,
    Json,
    Svg,
    Png,
}

impl Kind {
    fn of(path: &Path) -> Result<Self> {
        match path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("csv") => Ok(Self::Csv),
            Some("json") => Ok(Self::Json),
            Some("svg") => Ok(Self::Svg),
            Some("png") => Ok(Self::Png),
            _ => bail!("{}: the ending says what is written: .csv, .json, .svg or .png", path.display()),
        }
    }
}

/// Refuses values below limits that are no numbers where a number is needed.
fn refuse_limits(args: &Variogram, source: &Source) -> Result<()> {
    if source.below().is_empty() {
        return Ok(());
    }
    field::refuse_limits(&args.model, &args.drift.method)?;
    let given = [
        ("--no-fit", args.no_fit),
        ("--covariogram", args.covariogram),
        ("--cloud", args.cloud.is_some()),
        ("--cross", !args.cross.is_empty()),
    ];
    if let Some((name, _)) = given.iter().find(|(_, given)| *given) {
        bail!(
            "--nondetect censored does not go with {name}, which needs a number for each sample: let one stand for values below their limits, \
             as --nondetect limit/2, or fit a model, which does not need it"
        );
    }
    Ok(())
}

/// Refuses methods that say nothing of a variogram.
fn refuse_idle_method(method: &Method) -> Result<()> {
    match method {
        Method::Simple { .. } => {
            field::refuse_idle(&["--method simple"], "a variogram does not depend on a known mean")
        }
        Method::InverseDistance { .. } => field::refuse_idle(&["--method idw"], "this --method has no model"),
        Method::CoKriging { .. } => field::refuse_idle(
            &["--method cokriging"],
            "this is the variogram of one analyte; name the others by --cross",
        ),
        Method::Nearest => field::refuse_idle(&["--method nearest"], "this --method has no model"),
        _ => Ok(()),
    }
}

/// Refuses relative differences of what has no zero to be relative to, and an automatic model of them.
fn refuse_relative(args: &Variogram) -> Result<()> {
    if args.model.estimator != EstimatorChoice::PairwiseRelative {
        return Ok(());
    }
    let of = match args.drift.method {
        _ if args.model.transform != TransformChoice::None => {
            Some("--transform: transformed values have no zero of their own")
        }
        Method::Universal { .. } | Method::External { .. } => {
            Some("a drift: what it leaves of the values lies on both sides of 0")
        }
        Method::Indicator { .. } => Some("an indicator: most of its values are 0"),
        _ => None,
    };
    if let Some(of) = of {
        bail!("--estimator pairwise-relative cannot be used with {of}; leave one of them out");
    }
    ensure!(
        args.model.fit == FitChoice::Wls,
        "--estimator pairwise-relative gives semivariances without a unit, and --fit by likelihood is of values in theirs; leave one \
         of them out"
    );
    ensure!(
        args.no_fit || !args.model.model.is_auto(),
        "--estimator pairwise-relative gives semivariances without a unit, and an automatic model is judged by variances in the \
         unit: name a --model, as 'Nug + Sph', or look at the classes alone by --no-fit"
    );
    Ok(())
}

/// The empirical variogram, and the model of it unless it is not wanted.
fn modelled(args: &Variogram, subject: &Subject, common: &Common) -> Result<(EmpiricalVariogram, Option<ModelRecord>)> {
    let empirical = || field::empirical(&args.model, &subject.residuals, common);
    if args.no_fit {
        return Ok((empirical()?, None));
    }
    if !subject.below.is_empty() {
        let mut model = field::model(&args.model, subject, common)?;
        model.remarks.push(
            "the lag classes are with half the limit standing for values below it, which the model is not fitted to"
                .into(),
        );
        let shown = model.empirical.clone().map_or_else(empirical, Ok)?;
        return Ok((shown, Some(model)));
    }
    let model = match &args.model.model.template {
        Some(template) => {
            let mut model = field::fitted_with(&args.model, template, empirical()?, subject, common)?;
            if args.model.estimator == EstimatorChoice::PairwiseRelative {
                model.remarks.push(RELATIVE.into());
            }
            model
        }
        None => field::automatic(&args.model, subject, common)?,
    };
    let shown = model.empirical.clone().map_or_else(empirical, Ok)?;
    Ok((shown, Some(model)))
}

fn csv(classes: &[LagClass]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["np", "dist", "gamma", "azimuth"])?;
    for class in classes {
        let azimuth = class.azimuth.map(|a| a.to_string()).unwrap_or_default();
        writer.write_record([class.np.to_string(), class.dist.to_string(), class.gamma.to_string(), azimuth])?;
    }
    Ok(writer.into_inner()?)
}

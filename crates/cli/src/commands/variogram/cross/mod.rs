//! `--cross`: direct and cross variograms of several analytes, and a linear model of coregionalisation.

mod model;
mod plot;
mod text;

use anyhow::{Result, ensure};
use serde::Serialize;
use soilscope_core::Samples;
use soilscope_core::drift::{Drift, ols_residuals};
use soilscope_core::executor::Executor;
use soilscope_core::transform::Transform;
use soilscope_core::variogram::{CrossVariogram, LagClass, Parameter, cross_variograms_with};
use soilscope_pipeline::tidy::Beside;

use super::{Kind, Shown, deliver};
use crate::args::{Common, DuplicateRule, ModelArgs, Variogram};
use crate::choice::executor;
use crate::field::{self, LagSettings};
use crate::follow::Progress;
use crate::secondary::is_stream;
use crate::source::Source;
use crate::subject::Subject;
use crate::words::Method;
use model::CoregionalisationRecord;

/// Lines that a plot has room and colours for.
const MOST_LINES: usize = 7;

/// One analyte.
#[derive(Debug, Clone, Serialize)]
struct Analyte {
    analyte: String,
    unit: Option<String>,
    #[serde(serialize_with = "crate::words::serialize_name")]
    transform: Transform,
    samples: usize,
    sample_variance: f64,
}

/// The variogram of two analytes, or of one with itself.
#[derive(Debug, Clone, Serialize)]
struct Pair {
    analytes: [String; 2],
    #[serde(skip)]
    variables: [usize; 2],
    /// Places where both are measured.
    places: usize,
    classes: Vec<LagClass>,
}

/// The verb's result.
#[derive(Serialize)]
struct Report {
    analytes: Vec<Analyte>,
    /// `values`, or `ols-residuals` of the drift.
    variogram_of: &'static str,
    cutoff: f64,
    /// Direct variograms and those of every two, each pair of places counted once.
    variograms: Vec<Pair>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coregionalisation: Option<CoregionalisationRecord>,
}

/// Refuses what can be refused before anything is read.
pub(super) fn check(args: &Variogram) -> Result<()> {
    let names: Vec<&String> = args.samples.analyte.iter().chain(&args.cross).collect();
    if args.cross.is_empty() {
        return Ok(());
    }
    if let Some(k) = (1..names.len()).find(|&k| names[..k].contains(&names[k])) {
        anyhow::bail!("--cross: '{}' is named twice; name each analyte once, that of --analyte not again", names[k]);
    }
    ensure!(
        matches!(args.drift.method, Method::Ordinary | Method::Universal { .. }),
        "--cross is of values, or of what a polynomial of the place leaves of them: use it with --method ordinary or \
         universal:DEGREE"
    );
    ensure!(
        args.samples.duplicates != DuplicateRule::Keep,
        "--cross needs one sample a place: --duplicates mean or first"
    );
    if let Some(template) = &args.model.model.template {
        let mut sills = template.structures.iter().map(|s| s.partial_sill).chain(template.nugget);
        ensure!(
            sills.all(Parameter::is_free) && template.error_variance == 0.0,
            "--model '{}': with --cross the nugget and each sill become a matrix, which is fitted: leave them open, as 'Nug + \
             Sph(900)'",
            args.model.model.text
        );
    }
    ensure!(
        !is_stream(&args.samples.samples),
        "{}: --cross reads the samples once for each kind of analyte, and a stream has no places to go back to: write it to a file \
         and name that",
        args.samples.samples.display()
    );
    let pictures = args.out.iter().any(|path| matches!(Kind::of(path), Ok(Kind::Svg | Kind::Png)));
    let (count, directions) = (names.len() * (names.len() + 1) / 2, args.model.azimuths.len().max(1));
    ensure!(
        !pictures || count * directions <= MOST_LINES,
        "a plot has room for {MOST_LINES} variograms, and {} analytes in {directions} direction(s) make {}: write .csv or .json",
        names.len(),
        count * directions
    );
    Ok(())
}

pub(super) fn run(
    args: &Variogram,
    common: &Common,
    source: &Source,
    subject: &Subject,
    outputs: Vec<(Kind, Beside)>,
) -> Result<()> {
    let mut analytes = vec![Analyte {
        analyte: source.analyte().to_owned(),
        unit: source.unit().map(str::to_owned),
        transform: subject.transform.clone(),
        samples: subject.residuals.len(),
        sample_variance: subject.residuals.variance(),
    }];
    let mut variables = vec![subject.residuals.clone()];
    for other in source.secondary() {
        // A refusal names the analyte that it is about.
        let (transform, left) = other.located(on_scale(&args.model, subject.drift, other.samples()))?;
        analytes.push(Analyte {
            analyte: other.name().to_owned(),
            unit: other.unit().map(str::to_owned),
            transform,
            samples: left.len(),
            sample_variance: left.variance(),
        });
        variables.push(left);
    }
    let names: Vec<String> = analytes.iter().map(|a| a.analyte.clone()).collect();
    let progress = Progress::new(common);
    let (variograms, coregionalisation) = source.located(match args.no_fit {
        true => progress.busy("looking at pairs", || -> Result<_> {
            let lags = field::lag_classes(&args.model, &variables[0])?;
            let directions = LagSettings::new(&args.model, &variables[0]).directions();
            let threads = executor(common)?;
            Ok((cross_variograms_with(&variables, &lags, &directions, &threads as &dyn Executor)?, None))
        }),
        false => progress.busy("fitting the model", || {
            let (variograms, model) = model::fitted(&args.model, &names, &variables, subject, common)?;
            Ok((variograms, Some(model)))
        }),
    })?;
    let cutoff = variograms[0].variogram.cutoff;
    let pair = |v: CrossVariogram| Pair {
        analytes: v.variables.map(|i| names[i].clone()),
        variables: v.variables,
        places: v.places,
        classes: v.variogram.classes,
    };
    let report = Report {
        analytes,
        variogram_of: subject.variogram_of,
        cutoff,
        variograms: variograms.into_iter().map(pair).collect(),
        coregionalisation,
    };
    deliver(&report, outputs, source.length_unit(), common)
}

/// Another analyte on its scale, without its drift.
fn on_scale(args: &ModelArgs, drift: Drift, samples: &Samples) -> soilscope_core::Result<(Transform, Samples)> {
    samples.check_variation()?;
    let transform = args.transform.for_samples(samples)?;
    let on_scale = transform.forward(samples)?;
    let left = if matches!(drift, Drift::Trend { .. }) { ols_residuals(drift, &on_scale)? } else { on_scale };
    Ok((transform, left))
}

impl Shown for Report {
    fn csv(&self) -> Result<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["np", "dist", "gamma", "azimuth", "analyte_1", "analyte_2"])?;
        for pair in &self.variograms {
            let [first, second] = &pair.analytes;
            for class in &pair.classes {
                let azimuth = class.azimuth.map(|a| a.to_string()).unwrap_or_default();
                let [np, dist, gamma] = [class.np.to_string(), class.dist.to_string(), class.gamma.to_string()];
                writer.write_record([&np, &dist, &gamma, &azimuth, first, second])?;
            }
        }
        Ok(writer.into_inner()?)
    }

    fn svg(&self, length_unit: &str) -> String {
        plot::plot(self, length_unit)
    }

    fn text(&self) -> String {
        text::text(self)
    }
}

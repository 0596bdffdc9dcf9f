//! `soilscope variogram`: empirical variogram, fitted model, plot.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Result, bail};
use serde::Serialize;
use soilscope_core::auto::Choice;
use soilscope_core::transform::Transform;
use soilscope_core::variogram::{EmpiricalVariogram, LagClass};
use soilscope_picture::{Lag, VariogramPlot, VariogramSeries, svg_to_png, variogram_svg};

use crate::Outcome;
use crate::args::{Common, Variogram};
use crate::covariates::{CovariateRecord, Covariates};
use crate::field::{self, ModelRecord};
use crate::follow::Progress;
use crate::output;
use crate::source::{Source, Wanted};
use crate::subject::Subject;
use crate::words::{Method, transform_name, transformed};

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
    estimator: soilscope_core::variogram::Estimator,
    cutoff: f64,
    classes: &'a [LagClass],
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a ModelRecord>,
}

impl Report<'_> {
    /// What the variogram is of, behind the analyte's name.
    fn of(&self) -> &'static str {
        match self.variogram_of {
            "ols-residuals" => ", residuals of the drift",
            "indicator" => ", indicator",
            _ => "",
        }
    }
}

pub(crate) fn run(args: &Variogram, common: &Common) -> Result<Outcome> {
    let mut outputs = Vec::new();
    for path in &args.out {
        let kind = Kind::of(path)?;
        outputs.push((kind, output::open(path, args.overwrite)?));
    }
    refuse_idle_method(&args.drift.method)?;
    let wanted = Wanted { drift: Some(&args.drift), errors: Some(&args.errors), ..Wanted::default() };
    let source = Source::read(&args.samples, common, wanted)?;
    source.located(source.samples().check_variation())?;
    let subject = source.located(Subject::new(&args.model, &args.drift, &source))?;
    let progress = Progress::new(common);
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
    for (kind, file) in outputs {
        let bytes = match kind {
            Kind::Csv => csv(&empirical)?,
            Kind::Json => serde_json::to_vec_pretty(&report)?,
            Kind::Svg => plot(&report, source.length_unit()).into_bytes(),
            Kind::Png => svg_to_png(&plot(&report, source.length_unit()), 1.0)?,
        };
        output::fill(file, &bytes)?;
    }
    if common.json {
        output::print_json(&report)?;
    } else {
        output::print(&text(&report))?;
    }
    Ok(Outcome::Done)
}

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

/// Refuses methods that say nothing of a variogram.
fn refuse_idle_method(method: &Method) -> Result<()> {
    match method {
        Method::Simple { .. } => {
            field::refuse_idle(&["--method simple"], "a variogram does not depend on a known mean")
        }
        Method::InverseDistance { .. } => field::refuse_idle(&["--method idw"], "this --method has no model"),
        Method::Nearest => field::refuse_idle(&["--method nearest"], "this --method has no model"),
        _ => Ok(()),
    }
}

/// The empirical variogram, and the model of it unless it is not wanted.
fn modelled(args: &Variogram, subject: &Subject, common: &Common) -> Result<(EmpiricalVariogram, Option<ModelRecord>)> {
    let empirical = || field::empirical(&args.model, &subject.residuals);
    if args.no_fit {
        return Ok((empirical()?, None));
    }
    let model = match field::template(&args.model)? {
        Some(template) => field::fitted_with(&args.model, &template, empirical()?, subject, common)?,
        None => field::automatic(&args.model, subject, common)?,
    };
    let shown = model.empirical.clone().map_or_else(empirical, Ok)?;
    Ok((shown, Some(model)))
}

fn csv(empirical: &EmpiricalVariogram) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["np", "dist", "gamma", "azimuth"])?;
    for class in &empirical.classes {
        let azimuth = class.azimuth.map(|a| a.to_string()).unwrap_or_default();
        writer.write_record([class.np.to_string(), class.dist.to_string(), class.gamma.to_string(), azimuth])?;
    }
    Ok(writer.into_inner()?)
}

fn text(report: &Report<'_>) -> String {
    let mut text = String::new();
    let scale = match &report.transform {
        Transform::None => String::new(),
        Transform::Log => ", natural logarithm".to_owned(),
        other => format!(", {}", transform_name(other)),
    };
    let unit = report.unit.map(|u| format!(" ({u}{scale})")).unwrap_or_default();
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "{}{unit}{}: {} samples, variance {:.6}",
        report.analyte,
        report.of(),
        report.samples,
        report.sample_variance
    );
    let directional = report.classes.iter().any(|c| c.azimuth.is_some());
    let _ = writeln!(
        text,
        "{}{:>10} {:>14} {:>16}",
        if directional { " azimuth" } else { "" },
        "pairs",
        "distance",
        "semivariance"
    );
    for class in report.classes {
        let azimuth = class.azimuth.map(|a| format!("{a:>8}")).unwrap_or_default();
        let _ = writeln!(text, "{azimuth}{:>10} {:>14.4} {:>16.8}", class.np, class.dist, class.gamma);
    }
    if let Some(model) = report.model {
        let _ = writeln!(text, "\nmodel            {}", model.notation);
        let _ = writeln!(text, "effective range  {:.4} (95 % of the sill of {:.6})", model.effective_range, model.sill);
        if let Some(sserr) = model.sserr {
            let _ = writeln!(text, "sum of squares   {sserr:.6e}");
        }
        if let Some(likelihood) = &model.likelihood {
            text += &format!("\n{}", likelihood.table());
        }
        if let Some(choice) = &model.choice {
            text += &compared(choice);
        }
        // The explanation holds its own.
        for remark in model.remarks.iter().skip(model.choice.as_ref().map_or(0, |c| c.remarks.len())) {
            let _ = writeln!(text, "note: {remark}");
        }
    }
    text
}

/// What an automatic model was chosen against, in words and as a table.
fn compared(choice: &Choice) -> String {
    let mut text = format!("\n{}\n\n", choice.explain());
    let _ = writeln!(text, "log score       +/-      RMSE   MSDR   chosen among (a smaller log score is better)");
    for candidate in &choice.candidates {
        let _ = writeln!(
            text,
            "{:>9.4} {:>9.4} {:>9} {:>6.2}   {}",
            candidate.log_score,
            candidate.behind_best[1],
            field::short_number(candidate.rmse),
            candidate.msdr,
            field::shortened(&candidate.notation)
        );
    }
    text
}

/// A model's semivariance by lag, in one direction.
type Curve = Box<dyn Fn(f64) -> f64>;

/// The plot as SVG.
fn plot(report: &Report<'_>, length_unit: &str) -> String {
    let azimuths: Vec<Option<f64>> = {
        let mut seen: Vec<Option<f64>> = Vec::new();
        for class in report.classes {
            if !seen.contains(&class.azimuth) {
                seen.push(class.azimuth);
            }
        }
        seen
    };
    let lags: Vec<Vec<Lag>> = azimuths
        .iter()
        .map(|azimuth| {
            let classes = report.classes.iter().filter(|c| c.azimuth == *azimuth);
            classes.map(|c| Lag { distance: c.dist, semivariance: c.gamma, pairs: c.np }).collect()
        })
        .collect();
    let labels: Vec<String> = azimuths.iter().map(|a| a.map(|a| format!("{a}°")).unwrap_or_default()).collect();
    let variogram = report.model.map(|m| &m.variogram);
    let curves: Vec<Option<Curve>> = azimuths
        .iter()
        .map(|azimuth| {
            variogram.map(|v| -> Curve {
                let (v, (sin, cos)) = (v.clone(), azimuth.unwrap_or(0.0).to_radians().sin_cos());
                Box::new(move |h| v.semivariance([h * sin, h * cos]))
            })
        })
        .collect();
    let series: Vec<VariogramSeries<'_>> = (0..azimuths.len())
        .map(|k| VariogramSeries { label: &labels[k], lags: &lags[k], curve: curves[k].as_deref() })
        .collect();
    let title = format!("Variogram of {}{}", report.analyte, report.of());
    let y_label = match (&report.transform, report.unit) {
        (Transform::None, Some(unit)) => format!("semivariance, ({unit})²"),
        (transform, Some(unit)) => format!("semivariance of {}", transformed(transform, unit)),
        _ => "semivariance".to_owned(),
    };
    let x_label = format!("lag, {length_unit}");
    let model_text = report.model.map(ModelRecord::short_notation).unwrap_or_default();
    let credit = format!("{} samples; size of a point: number of pairs", report.samples);
    let plot = VariogramPlot {
        title: &title,
        model_text: &model_text,
        credit: &credit,
        x_label: &x_label,
        y_label: &y_label,
        series: &series,
        sill: report.model.map(|m| m.sill),
        nugget: report.model.map(|m| m.nugget),
        range: report.model.map(|m| m.effective_range),
        sample_variance: Some(report.sample_variance),
        words: ["sill", "nugget", "95 % of the sill at", "sample variance", "number of pairs in each class"],
        ..VariogramPlot::default()
    };
    variogram_svg(&plot)
}

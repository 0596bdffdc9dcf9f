//! `--covariogram`: covariances of the lag classes.

use std::fmt::Write as _;

use anyhow::{Result, ensure};
use serde::Serialize;
use soilscope_core::executor::Executor;
use soilscope_core::transform::Transform;
use soilscope_core::variogram::{CovarianceClass, covariogram_with};
use soilscope_picture::{Lag, VariogramPlot, VariogramSeries, variogram_svg};
use soilscope_pipeline::tidy::Beside;

use super::text::named;
use super::{Kind, Shown, deliver, of};
use crate::args::{Common, DuplicateRule, Variogram};
use crate::choice::executor;
use crate::covariates::{CovariateRecord, Covariates};
use crate::field;
use crate::follow::Progress;
use crate::source::Source;
use crate::subject::Subject;
use crate::words::transformed;

/// The verb's result.
#[derive(Serialize)]
struct Report<'a> {
    analyte: &'a str,
    unit: Option<&'a str>,
    #[serde(serialize_with = "crate::words::serialize_name")]
    transform: Transform,
    /// `values`, `indicator`, or `ols-residuals` of the drift.
    covariogram_of: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    covariates: Vec<CovariateRecord>,
    samples: usize,
    /// From which deviations are taken.
    mean: f64,
    cutoff: f64,
    classes: &'a [CovarianceClass],
}

/// Covariances know nothing of measurement errors; only that samples at one place may then be kept.
pub(super) fn refuse_idle_errors(args: &Variogram) -> Result<()> {
    ensure!(
        !args.errors.are_given() || args.samples.duplicates == DuplicateRule::Keep,
        "--error-sd and --error-cv would have no effect: --covariogram fits no model; leave them out"
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
    let samples = &subject.residuals;
    let lags = source.located(field::lag_classes(&args.model, samples))?;
    let directions = field::LagSettings::new(&args.model, samples).directions();
    let threads = executor(common)?;
    let covariances = Progress::new(common)
        .busy("looking at pairs", || covariogram_with(samples, &lags, &directions, &threads as &dyn Executor));
    let covariances = source.located(covariances)?;
    let report = Report {
        analyte: source.analyte(),
        unit: if subject.variogram_of == "indicator" { None } else { source.unit() },
        transform: subject.transform.clone(),
        covariogram_of: subject.variogram_of,
        covariates: source.covariates().map(Covariates::records).unwrap_or_default(),
        samples: samples.len(),
        mean: covariances.mean,
        cutoff: covariances.cutoff,
        classes: &covariances.classes,
    };
    deliver(&report, outputs, source.length_unit(), common)
}

impl Shown for Report<'_> {
    fn csv(&self) -> Result<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["np", "dist", "covariance", "azimuth"])?;
        for class in self.classes {
            let azimuth = class.azimuth.map(|a| a.to_string()).unwrap_or_default();
            writer.write_record([
                class.np.to_string(),
                class.dist.to_string(),
                class.covariance.to_string(),
                azimuth,
            ])?;
        }
        Ok(writer.into_inner()?)
    }

    fn svg(&self, length_unit: &str) -> String {
        let mut groups: Vec<(Option<f64>, Vec<Lag>)> = Vec::new();
        for class in self.classes {
            let lag = Lag { distance: class.dist, semivariance: class.covariance, pairs: class.np };
            match groups.last_mut().filter(|(azimuth, _)| *azimuth == class.azimuth) {
                Some((_, lags)) => lags.push(lag),
                None => groups.push((class.azimuth, vec![lag])),
            }
        }
        let labels: Vec<String> = groups.iter().map(|(a, _)| a.map(|a| format!("{a}°")).unwrap_or_default()).collect();
        let series: Vec<VariogramSeries<'_>> =
            groups.iter().zip(&labels).map(|((_, lags), label)| VariogramSeries { label, lags, curve: None }).collect();
        let y_label = match (&self.transform, self.unit) {
            (Transform::None, Some(unit)) => format!("covariance, ({unit})²"),
            (transform, Some(unit)) => format!("covariance of {}", transformed(transform, unit)),
            _ => "covariance".to_owned(),
        };
        let plot = VariogramPlot {
            title: &format!("Covariogram of {}{}", self.analyte, of(self.covariogram_of)),
            credit: &format!("{} samples; size of a point: number of pairs, at lag 0 of samples", self.samples),
            x_label: &format!("lag, {length_unit}"),
            y_label: &y_label,
            series: &series,
            ..VariogramPlot::default()
        };
        variogram_svg(&plot)
    }

    fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{}{}: {} samples, mean {:.6}",
            named(self.analyte, self.unit, &self.transform),
            of(self.covariogram_of),
            self.samples,
            self.mean
        );
        let directional = self.classes.iter().any(|c| c.azimuth.is_some());
        let azimuth = if directional { " azimuth" } else { "" };
        let _ = writeln!(text, "{azimuth}{:>10} {:>14} {:>16}", "pairs", "distance", "covariance");
        for class in self.classes {
            let azimuth = class.azimuth.map(|a| format!("{a:>8}")).unwrap_or_default();
            let _ = writeln!(text, "{azimuth}{:>10} {:>14.4} {:>16.8}", class.np, class.dist, class.covariance);
        }
        text
    }
}

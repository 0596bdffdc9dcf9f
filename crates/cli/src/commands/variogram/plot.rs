//! The plot of a variogram.

use soilscope_core::transform::Transform;
use soilscope_core::variogram::Estimator;
use soilscope_picture::{Lag, VariogramPlot, VariogramSeries, variogram_svg};

use super::{Report, of};
use crate::field::ModelRecord;
use crate::words::transformed;

/// A model's semivariance by lag, in one direction.
type Curve = Box<dyn Fn(f64) -> f64>;

/// The plot as SVG.
pub(super) fn plot(report: &Report<'_>, length_unit: &str) -> String {
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
    let title = format!("Variogram of {}{}", report.analyte, of(report.variogram_of));
    let relative = report.estimator == Estimator::PairwiseRelative;
    let y_label = match (&report.transform, report.unit) {
        _ if relative => "relative semivariance".to_owned(),
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
        sill: report.model.and_then(|m| m.sill),
        nugget: report.model.map(|m| m.nugget),
        range: report.model.and_then(|m| m.effective_range),
        // In the unit squared, which relative semivariances are not.
        sample_variance: (!relative).then_some(report.sample_variance),
        words: ["sill", "nugget", "95 % of the sill at", "sample variance", "number of pairs in each class"],
        ..VariogramPlot::default()
    };
    variogram_svg(&plot)
}

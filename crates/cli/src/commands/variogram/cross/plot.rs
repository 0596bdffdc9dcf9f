//! Variograms of several analytes on one scale.

use soilscope_picture::{Lag, VariogramPlot, VariogramSeries, variogram_svg};

use super::{Pair, Report};
use crate::field::shortened;

/// A model's semivariance by lag, in one direction.
type Curve<'a> = Box<dyn Fn(f64) -> f64 + 'a>;

/// The plot as SVG. Semivariances are divided by the standard deviations of both analytes, so that analytes of any unit and
/// size stand on one axis; those of a cross variogram are then near the correlation of the two.
pub(super) fn plot(report: &Report, length_unit: &str) -> String {
    let model = report.coregionalisation.as_ref();
    let mut series: Vec<(String, Vec<Lag>, Option<Curve<'_>>)> = Vec::new();
    for pair in &report.variograms {
        let scale = pair.variables.map(|i| report.analytes[i].sample_variance).iter().product::<f64>().sqrt();
        let mut azimuths: Vec<Option<f64>> = pair.classes.iter().map(|c| c.azimuth).collect();
        azimuths.dedup();
        for azimuth in azimuths {
            let classes = pair.classes.iter().filter(|c| c.azimuth == azimuth);
            let lags = classes.map(|c| Lag { distance: c.dist, semivariance: c.gamma / scale, pairs: c.np }).collect();
            let curve = model.map(|m| -> Curve<'_> {
                let ([i, j], (sin, cos)) = (pair.variables, azimuth.unwrap_or(0.0).to_radians().sin_cos());
                Box::new(move |h| m.model.semivariance(i, j, [h * sin, h * cos]) / scale)
            });
            series.push((label(pair, azimuth), lags, curve));
        }
    }
    let series: Vec<VariogramSeries<'_>> =
        series.iter().map(|(label, lags, curve)| VariogramSeries { label, lags, curve: curve.as_deref() }).collect();
    let names: Vec<&str> = report.analytes.iter().map(|a| a.analyte.as_str()).collect();
    let (last, others) = names.split_last().unwrap_or((&"", &[]));
    let plot = VariogramPlot {
        title: &format!("Variograms of {} and {last}{}", others.join(", "), super::super::of(report.variogram_of)),
        model_text: &model.map(|m| shortened(&m.notation)).unwrap_or_default(),
        credit: "semivariances over the standard deviations of both analytes; size of a point: number of pairs",
        x_label: &format!("lag, {length_unit}"),
        y_label: "standardised semivariance",
        series: &series,
        ..VariogramPlot::default()
    };
    variogram_svg(&plot)
}

fn label(pair: &Pair, azimuth: Option<f64>) -> String {
    let [first, second] = &pair.analytes;
    let name = if first == second { first.clone() } else { format!("{first} and {second}") };
    azimuth.map_or_else(|| name.clone(), |a| format!("{name}, {a}°"))
}

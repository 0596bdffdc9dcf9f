//! The map of clusters.

use soilscope_core::association::Pattern;
use soilscope_picture::{PlaceClass, PlacesMap, places_svg};

use super::Report;
use super::local::Row;
use crate::commands::map::picture::length_unit;
use crate::source::Source;
use crate::words::transformed;

/// Samples by local Moran's I, in the colours that such maps usually have, as SVG.
pub(super) fn draw(report: &Report<'_>, rows: &[Row], source: &Source) -> String {
    let of = |wanted: &dyn Fn(&Row) -> bool| -> Vec<[f64; 2]> {
        rows.iter().filter(|r| wanted(r)).map(|r| [r.x, r.y]).collect()
    };
    let classes: Vec<(&str, &str, Vec<[f64; 2]>)> = vec![
        ("not tested", "#ffffff", of(&|r| r.untested.is_some())),
        ("not significant", "#c8cfd4", of(&|r| r.untested.is_none() && r.cluster.is_none())),
        ("low among low", "#0571b0", of(&|r| r.cluster == Some(Pattern::LowAmongLow))),
        ("high among high", "#ca0020", of(&|r| r.cluster == Some(Pattern::HighAmongHigh))),
        ("low among high", "#92c5de", of(&|r| r.cluster == Some(Pattern::LowAmongHigh))),
        ("high among low", "#f4a582", of(&|r| r.cluster == Some(Pattern::HighAmongLow))),
    ];
    // That all were tested needs no line.
    let shown = classes.iter().filter(|(label, _, places)| *label != "not tested" || !places.is_empty());
    let classes: Vec<PlaceClass<'_>> =
        shown.map(|(label, colour, places)| PlaceClass { label, colour, places }).collect();
    let by =
        report.permutations.map_or_else(|| "normal distribution".to_owned(), |p| format!("{} arrangements", p.count));
    let map = PlacesMap {
        title: &format!("Clusters of {}", transformed(&report.transform, report.analyte)),
        subtitle: &format!(
            "Moran's I {:.3}; neighbours: {}",
            report.moran.value,
            report.weights.words(source.length_unit())
        ),
        legend: "samples by local Moran's I",
        credit: &format!(
            "{} samples, {}; tests by {by}, false discovery rate {}",
            report.samples,
            source.crs().title(),
            report.alpha
        ),
        classes: &classes,
        unit: length_unit(source.crs()),
        ..PlacesMap::default()
    };
    places_svg(&map)
}

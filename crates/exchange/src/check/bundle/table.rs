//! The judge's own row of the FAO QA table for each mapset.

use std::collections::BTreeMap;

use crate::check::report::QUALITY_COLUMNS;
use crate::check::{Finding, QualityRow, Severity};

use super::quality::Row;
use super::{Facts, Flavour, Folder, RasterFacts, quality};

/// Rows in the order of the mapsets; of a bundle without `bundle.json`, of the mapsets that names tell. Words follow `all`
/// findings, whatever the profile; counts are of those `shown`.
pub(super) fn rows(folder: &Folder, facts: &Facts<'_>, all: &[Finding], shown: &[Finding]) -> Vec<QualityRow> {
    let mut mapsets: Vec<(String, Vec<&RasterFacts>)> = Vec::new();
    let of = |raster: &RasterFacts| raster.mapset.clone().unwrap_or_else(|| raster.path.clone());
    for id in facts.layers.iter().map(|l| l.mapset.clone()).chain(facts.rasters.values().map(of)) {
        if !mapsets.iter().any(|(known, _)| *known == id) {
            mapsets.push((id, Vec::new()));
        }
    }
    for raster in facts.rasters.values().filter(|r| r.flavour != Flavour::Other) {
        if let Some((_, rasters)) = mapsets.iter_mut().find(|(id, _)| *id == of(raster)) {
            rasters.push(raster);
        }
    }
    let stated: BTreeMap<String, Row> = quality::tables(folder)
        .into_iter()
        .flat_map(|(_, _, rows)| rows)
        .filter_map(|row| Some((row.get("property_id")?.clone(), row)))
        .collect();
    mapsets.iter().filter(|(_, r)| !r.is_empty()).map(|(id, r)| row(facts, id, r, &stated, [all, shown])).collect()
}

fn row(
    facts: &Facts<'_>,
    mapset: &str,
    rasters: &[&RasterFacts],
    stated: &BTreeMap<String, Row>,
    [all, shown]: [&[Finding]; 2],
) -> QualityRow {
    let of_these = |f: &&Finding| rasters.iter().any(|r| r.path == f.file);
    let any = |ids: &[&str]| all.iter().filter(of_these).any(|f| ids.contains(&f.id.as_str()));
    let count = |weight| shown.iter().filter(of_these).filter(|f| f.severity == weight).count();
    let word = |wrong: bool, good: &str, bad: &str| if wrong { bad } else { good }.to_owned();
    let published: Vec<_> = rasters.iter().filter(|r| matches!(r.flavour, Flavour::Gsp | Flavour::Glosis)).collect();
    let resolution = published.first().map_or("Resample layer", |r| {
        let cell = r.transform[1].abs();
        match () {
            () if any(&["R003"]) => "Resample layer",
            () if (cell - 1.0 / 120.0).abs() <= 1e-6 => "1 km",
            () => "250 m",
        }
    });
    let property = mapset.split('-').nth(2).unwrap_or(mapset);
    let analyte = facts.layers.iter().find(|l| l.mapset == mapset).map_or("", |l| l.analyte.as_str());
    let own = [property, analyte, mapset].into_iter().find_map(|key| stated.get(key));
    let statistics = std::array::from_fn(|i| {
        own.and_then(|row| row.get(QUALITY_COLUMNS[7 + i]))
            .filter(|c| c.parse::<f64>().is_ok())
            .cloned()
            .unwrap_or_default()
    });
    QualityRow {
        property_id: property.to_owned(),
        in_range: word(any(&["R009", "R010"]), "Values in range", "Values not in range"),
        names: word(any(&["N001", "N002", "N003", "N004", "N005"]), "Correctly named", "Rename layer"),
        uncertainty: word(!rasters.iter().any(|r| r.stat.as_deref() == Some("SDEV")), "Generated", "Missing"),
        projection: word(any(&["R002"]) || published.is_empty(), "WGS 84", "Reproject layer"),
        resolution: resolution.to_owned(),
        extent: word(any(&["R005", "R006", "R014"]), "Correct extent", "Wrong extent"),
        statistics,
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
    }
}

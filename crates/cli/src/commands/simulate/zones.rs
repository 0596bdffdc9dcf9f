//! What the realisations say of zones: joint distributions of mean, area, volume and mass.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use soilscope_core::executor::Executor;
use soilscope_core::simulation::{Realisations, ZoneSums, zone_sums};
use soilscope_pipeline::crs::Transformer;
use soilscope_pipeline::grid::Grid;
use soilscope_pipeline::io::mask_in::read_zones;
use soilscope_pipeline::mask::{Mask, Polygons};

use crate::args::Simulate;
use crate::commands::map::grid::mask_crs;
use crate::source::Source;
use crate::spread::Spread;

/// Zones, and which of the simulated cells lie in each.
pub(super) struct Zones {
    labels: Vec<String>,
    nodes: Vec<Vec<usize>>,
    /// Cells of a zone that are not simulated: outside the mask or the grid's extent.
    outside: Vec<usize>,
    /// Area of a cell, square metres.
    cell: f64,
    depth: Option<f64>,
    /// t/m3.
    bulk_density: Option<f64>,
}

/// What is known of one zone.
#[derive(Debug, Clone, Serialize)]
pub(super) struct ZoneRecord {
    zone: String,
    cells: usize,
    /// Cells in it that were not simulated: outside the mask.
    cells_outside: usize,
    /// Square metres on the map's plane.
    area_m2: f64,
    /// Mean value of the zone, in the data's unit; `None` where no cell was simulated.
    #[serde(skip_serializing_if = "Option::is_none")]
    mean: Option<Spread>,
    /// Share of the realisations in which that mean is above the threshold.
    #[serde(skip_serializing_if = "Option::is_none")]
    mean_above: Option<f64>,
    /// Area above the threshold, square metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    area_above_m2: Option<Spread>,
    /// Soil above the threshold, cubic metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    volume_above_m3: Option<Spread>,
    /// The contaminant in that soil, kilograms.
    #[serde(skip_serializing_if = "Option::is_none")]
    mass_above_kg: Option<Spread>,
}

impl Zones {
    /// Reads them, and finds their cells among those that are simulated.
    pub(super) fn read(path: &Path, args: &Simulate, source: &Source, grid: &Grid, cells: &[usize]) -> Result<Self> {
        let crs = source.crs();
        let metres = crs.metres_per_unit().filter(|_| !crs.is_local());
        let metres = metres.with_context(|| {
            format!(
                "--zones needs areas in square metres, and {} has no metres: use a projected --out-crs",
                crs.title()
            )
        })?;
        ensure!(
            args.bulk_density.is_none() || source.unit() == Some("mg/kg"),
            "--bulk-density makes masses of values in mg/kg, and these are in {}: state --unit, or leave it out",
            source.unit().unwrap_or("no unit")
        );
        let file = read_zones(path)?;
        let of_file = mask_crs(&args.grid, file.wkt.as_deref(), source)?;
        let transformer = (!of_file.same_as(crs)).then(|| Transformer::new(&of_file, crs)).transpose()?;
        let patch = grid.patch([0, 0], grid.size());
        let mut inside = vec![false; patch.cells()];
        let (mut labels, mut nodes, mut outside) = (Vec::new(), Vec::new(), Vec::new());
        for zone in file.zones {
            let polygons = match &transformer {
                None => Polygons::new(&zone.polygons),
                Some(transformer) => Polygons::transformed(&zone.polygons, |c| transformer.forward(c)),
            }
            .with_context(|| format!("{}, zone {}", path.display(), zone.label))?;
            polygons.fill(&patch, &mut inside)?;
            let own: Vec<usize> = (0..cells.len()).filter(|&k| inside[cells[k]]).collect();
            outside.push(inside.iter().filter(|&&i| i).count() - own.len());
            nodes.push(own);
            labels.push(zone.label);
        }
        ensure!(
            nodes.iter().any(|n| !n.is_empty()),
            "{}: no zone holds the centre of a simulated cell: do they lie where the samples do, are the cells small enough, and \
             is the CRS right?",
            path.display()
        );
        let [width, height] = grid.cell();
        let cell = width * height * metres * metres;
        Ok(Self { labels, nodes, outside, cell, depth: args.depth, bulk_density: args.bulk_density })
    }

    /// Their records, from fields in the data's unit.
    pub(super) fn records(
        &self,
        fields: &Realisations,
        threshold: f64,
        executor: &dyn Executor,
    ) -> Result<Vec<ZoneRecord>> {
        let sums = zone_sums(fields, &self.nodes, |_| threshold, executor)?;
        Ok(sums.iter().enumerate().map(|(k, sums)| self.record(k, sums, threshold)).collect())
    }

    fn record(&self, zone: usize, sums: &ZoneSums, threshold: f64) -> ZoneRecord {
        let n = sums.nodes as f64;
        let known = sums.nodes > 0;
        let spread = |of: &dyn Fn(usize) -> f64| known.then(|| Spread::of((0..sums.sum.len()).map(of)));
        let area = |k: usize| sums.above[k] as f64 * self.cell;
        let above = sums.sum.iter().filter(|&&sum| sum > threshold * n).count() as f64;
        ZoneRecord {
            zone: self.labels[zone].clone(),
            cells: sums.nodes,
            cells_outside: self.outside[zone],
            area_m2: n * self.cell,
            mean: spread(&|k| sums.sum[k] / n),
            mean_above: known.then(|| above / sums.sum.len() as f64),
            area_above_m2: spread(&area),
            volume_above_m3: self.depth.and_then(|depth| spread(&|k| area(k) * depth)),
            // mg/kg is g/t.
            mass_above_kg: self
                .depth
                .zip(self.bulk_density)
                .and_then(|(depth, density)| spread(&|k| sums.sum_above[k] * self.cell * depth * density / 1000.0)),
        }
    }
}

/// The records as CSV; `about` says in every row what the threshold is.
pub(super) fn csv(records: &[ZoneRecord], about: &[(&'static str, String)]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let spreads = ["mean", "area_above_m2", "volume_above_m3", "mass_above_kg"];
    let mut header =
        vec!["zone".to_owned(), "cells".into(), "cells_outside".into(), "area_m2".into(), "mean_above".into()];
    for name in spreads {
        header.extend(["mean", "q05", "q50", "q95"].map(|of| format!("{name}_{of}")));
    }
    header.extend(about.iter().map(|(name, _)| (*name).to_owned()));
    writer.write_record(&header)?;
    for r in records {
        let number = |v: Option<f64>| v.map(|v| v.to_string()).unwrap_or_default();
        let mut row = vec![
            r.zone.clone(),
            r.cells.to_string(),
            r.cells_outside.to_string(),
            r.area_m2.to_string(),
            number(r.mean_above),
        ];
        for spread in [r.mean, r.area_above_m2, r.volume_above_m3, r.mass_above_kg] {
            row.extend(
                [spread.map(|s| s.mean), spread.map(|s| s.q05), spread.map(|s| s.q50), spread.map(|s| s.q95)]
                    .map(number),
            );
        }
        row.extend(about.iter().map(|(_, text)| text.clone()));
        writer.write_record(&row)?;
    }
    Ok(writer.into_inner()?)
}

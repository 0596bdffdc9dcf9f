//! Which rasters a simulation is made of, and where their values come from.

use soilscope_core::simulation::{NodeStatistics, Realisations};
use soilscope_pipeline::product::RasterFile;

use crate::args::{FieldsChoice, Simulate};
use crate::commands::map::Paths;
use crate::source::Source;

/// What a layer holds.
#[derive(Debug, Clone, Copy)]
enum Column {
    Mean,
    StandardDeviation,
    Exceedance,
    Quantile(usize),
    Realisation(usize),
}

/// The rasters, and what their bands hold, one after the other.
pub(super) struct Rasters {
    pub(super) files: Vec<RasterFile>,
    columns: Vec<Column>,
}

impl Rasters {
    /// Files with their descriptions. No times in them: equal runs give equal bytes.
    pub(super) fn new(args: &Simulate, source: &Source, paths: &Paths, about: &[(String, String)]) -> Self {
        let (analyte, unit) = (source.analyte(), source.unit().unwrap_or(""));
        let with_unit = if unit.is_empty() { String::new() } else { format!(" ({unit})") };
        let n = args.simulation.realisations as usize;
        let mut all = Self { files: Vec::new(), columns: Vec::new() };
        let mut add = |file: &str,
                       unit: &str,
                       bands: Vec<String>,
                       columns: Vec<Column>,
                       more: Vec<(String, String)>| {
            let metadata = about.iter().cloned().chain(more).collect();
            all.files.push(RasterFile { path: paths.of(file), unit: unit.to_owned(), bands, metadata, classes: false });
            all.columns.extend(columns);
        };
        let what = |what: &str| vec![format!("{analyte}, {what} of {n} realisations{with_unit}")];
        add("mean.tif", unit, what("mean"), vec![Column::Mean], vec![]);
        add("sd.tif", unit, what("standard deviation"), vec![Column::StandardDeviation], vec![]);
        if let Some(threshold) = args.threshold {
            let limit = if unit.is_empty() { threshold.to_string() } else { format!("{threshold} {unit}") };
            let bands = vec![format!("share of {n} realisations of {analyte} above {limit}")];
            let more = vec![("THRESHOLD".into(), threshold.to_string())];
            add("exceedance.tif", "", bands, vec![Column::Exceedance], more);
        }
        for (k, p) in args.quantiles.iter().enumerate() {
            let more = vec![("QUANTILE".into(), p.to_string())];
            add(&format!("q{p}.tif"), unit, what(&format!("quantile {p}")), vec![Column::Quantile(k)], more);
        }
        let band = |k: usize| format!("{analyte}, realisation {}{with_unit}", k + 1);
        match args.fields {
            FieldsChoice::None => {}
            FieldsChoice::Together => {
                let columns = (0..n).map(Column::Realisation).collect();
                add("realisations.tif", unit, (0..n).map(band).collect(), columns, vec![]);
            }
            FieldsChoice::Separate => {
                let digits = n.to_string().len();
                for k in 0..n {
                    let name = format!("realisation_{:0digits$}.tif", k + 1);
                    add(&name, unit, vec![band(k)], vec![Column::Realisation(k)], vec![]);
                }
            }
        }
        all
    }

    pub(super) fn layers(&self) -> usize {
        self.columns.len()
    }

    /// What a layer has at a node.
    pub(super) fn value(&self, layer: usize, node: usize, fields: &Realisations, statistics: &NodeStatistics) -> f64 {
        match self.columns[layer] {
            Column::Mean => statistics.mean[node],
            Column::StandardDeviation => statistics.standard_deviation[node],
            // The column is there because there is a threshold.
            Column::Exceedance => statistics.exceedance.as_ref().map_or(f64::NAN, |shares| shares[node]),
            Column::Quantile(k) => statistics.quantiles[k][node],
            Column::Realisation(k) => fields.get(node, k),
        }
    }
}

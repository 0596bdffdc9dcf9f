//! Summaries of groups of sites that show no single result.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::super::about::About;
use super::super::stable::write_csv;
use crate::Result;
use crate::long::{Censor, Row};
use crate::privacy::{Shown, Values};

const COLUMNS: [&str; 14] = [
    "group",
    "west",
    "south",
    "east",
    "north",
    "analyte_code",
    "extraction_code",
    "unit",
    "n_sites",
    "n_results",
    "n_censored",
    "mean",
    "median",
    "min_group",
];

/// One result of a site: a number, or only that it is censored.
#[derive(Debug)]
struct Of {
    site: String,
    value: Option<f64>,
}

/// Sites by cell or unit, analyte, method and unit of measure.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    results: BTreeMap<[String; 4], Vec<Of>>,
    cells: BTreeMap<String, [f64; 4]>,
    /// Sites that belong to no group: neither a cell nor a unit is known of them.
    pub(crate) nowhere: usize,
}

impl Groups {
    /// Adds a site's results, if they may be shown in summaries.
    pub(super) fn add(&mut self, shown: Shown, rows: &[&Row], place: Option<[f64; 2]>, about: &About) {
        if shown.values != Values::Grouped {
            return;
        }
        let group = match (about.privacy.aggregate_cell, place) {
            (Some(size), Some(place)) => Some(self.cell(place, size)),
            (Some(_), None) => None,
            (None, _) => rows.first().map(|r| r.admin_unit.clone()).filter(|unit| !unit.is_empty()),
        };
        let Some(group) = group else {
            self.nowhere += 1;
            return;
        };
        for row in rows {
            let key = [group.clone(), row.analyte_code.clone(), row.extraction_code.clone(), row.unit.clone()];
            let value = row.value.filter(|_| row.censor == Censor::Quantified);
            self.results.entry(key).or_default().push(Of { site: row.site_code.clone(), value });
        }
    }

    /// The cell of a place: its name, from the row and column counted from 180 W, 90 N.
    fn cell(&mut self, [longitude, latitude]: [f64; 2], size: f64) -> String {
        let (column, row) = (((longitude + 180.0) / size).floor(), ((90.0 - latitude) / size).floor());
        let name = format!("r{row}c{column}");
        // To the ninth decimal, so that sums of binary fractions read as they are meant.
        let edge = |x: f64| (x * 1e9).round() / 1e9;
        let (west, north) = (column * size - 180.0, 90.0 - row * size);
        self.cells.insert(name.clone(), [west, north - size, west + size, north].map(edge));
        name
    }

    /// Groups with enough sites, and how many have not.
    pub(crate) fn counts(&self, min_group: usize) -> [usize; 2] {
        let enough = self.results.values().filter(|all| sites(all) >= min_group).count();
        [enough, self.results.len() - enough]
    }

    pub(super) fn write(&self, root: &Path, about: &About) -> Result<Option<String>> {
        let least = about.privacy.min_group;
        let rows: Vec<Vec<String>> = self
            .results
            .iter()
            .filter(|(_, all)| sites(all) >= least)
            .map(|(key, all)| self.row(key, all, least))
            .collect();
        if rows.is_empty() {
            return Ok(None);
        }
        let path = "points/aggregates.csv";
        write_csv(root, path, &COLUMNS, rows)?;
        Ok(Some(path.to_owned()))
    }

    fn row(&self, [group, analyte, extraction, unit]: &[String; 4], all: &[Of], least: usize) -> Vec<String> {
        let bounds = self.cells.get(group).map(|b| b.map(|x| x.to_string())).unwrap_or_default();
        let censored = all.iter().filter(|of| of.value.is_none()).count();
        let number = |x: Option<f64>| x.map(|x| x.to_string()).unwrap_or_default();
        let (mean, median) = if censored == 0 { summary(all) } else { (None, None) };
        let mut row = vec![group.clone()];
        row.extend(bounds);
        row.extend([analyte.clone(), extraction.clone(), unit.clone()]);
        row.extend([sites(all), all.len(), censored].map(|n| n.to_string()));
        row.extend([number(mean), number(median), least.to_string()]);
        row
    }
}

fn sites(all: &[Of]) -> usize {
    all.iter().map(|of| of.site.as_str()).collect::<BTreeSet<_>>().len()
}

/// Mean and median of the means of sites: a site with many specimens speaks once.
fn summary(all: &[Of]) -> (Option<f64>, Option<f64>) {
    let mut of_site: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for of in all {
        of_site.entry(&of.site).or_default().extend(of.value);
    }
    let mut means: Vec<f64> = of_site.values().map(|v| v.iter().sum::<f64>() / v.len() as f64).collect();
    means.sort_by(f64::total_cmp);
    let n = means.len();
    let median = if n % 2 == 1 { means[n / 2] } else { f64::midpoint(means[n / 2 - 1], means[n / 2]) };
    (Some(means.iter().sum::<f64>() / n as f64), Some(median))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specimens_do_not_make_a_group_larger_and_a_site_speaks_once() {
        let of = |site: &str, value| Of { site: site.into(), value: Some(value) };
        let all = [of("a", 1.0), of("a", 3.0), of("b", 5.0)];
        assert_eq!(sites(&all), 2);
        assert_eq!(summary(&all), (Some(3.5), Some(3.5)));
    }

    #[test]
    fn cells_count_from_the_north_west_corner() {
        let mut groups = Groups::default();
        assert_eq!(groups.cell([5.75, 50.99], 0.1), "r390c1857");
        assert_eq!(groups.cells["r390c1857"], [5.7, 50.9, 5.8, 51.0]);
    }
}

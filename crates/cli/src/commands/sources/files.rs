//! The tables and the picture.

use std::path::{Path, PathBuf};

use anyhow::Result;
use soilscope_assess::sources::pmf::{Factorisation, Range3, Uncertainty};
use soilscope_picture::{Share, SharesColumn, SharesPlot, shares_svg, svg_to_png};
use soilscope_pipeline::io::geopackage::Kind as Geometry;
use soilscope_pipeline::io::vector::{Feature, Value};

use super::factors::Factors;
use super::inventory::{Inventory, Near, Related};
use super::measured::Measured;
use crate::args::Sources;
use crate::features::{Columns, csv, geopackage, point};
use crate::follow::wrote;
use crate::output;
use crate::record::FileRecord;

type Row = Columns<String>;

/// Where the results go.
pub(super) struct Folder<'a> {
    args: &'a Sources,
    pub(super) records: Vec<FileRecord>,
}

impl<'a> Folder<'a> {
    /// Refuses files that stand in the way, before anything is computed.
    pub(super) fn new(args: &'a Sources) -> Result<Self> {
        let one = args.factors.is_some();
        let near = args.inventory.is_some();
        for (name, wanted) in [
            ("factors.csv", !one),
            ("profiles.csv", one),
            ("contributions.csv", one),
            ("contributions.gpkg", one),
            ("factors.png", one),
            ("proximity.csv", near),
            ("hotspots.csv", near && args.hotspots.is_some()),
        ] {
            if wanted {
                drop(output::open(&args.out.join(name), args.overwrite)?);
            }
        }
        Ok(Self { args, records: Vec::new() })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.args.out.join(name)
    }

    fn written(&mut self, role: &'static str, path: &Path) -> Result<()> {
        wrote(path);
        self.records.push(FileRecord::of(role, path)?);
        Ok(())
    }

    fn csv(&mut self, role: &'static str, name: &str, rows: &[Row]) -> Result<()> {
        let bytes = csv(rows.iter().cloned())?;
        let path = self.path(name);
        output::fill(output::open(&path, self.args.overwrite)?, &bytes)?;
        self.written(role, &path)
    }

    /// How well each number of factors fits.
    pub(super) fn table(&mut self, factors: &Factors, measured: &Measured) -> Result<()> {
        let row = |fit: &Factorisation| -> Row {
            let mut row = vec![
                ("factors".to_owned(), Value::Integer(fit.factors as i64)),
                ("q".to_owned(), fit.q.into()),
                ("expected_q".to_owned(), fit.expected_q.into()),
                ("q_over_expected".to_owned(), (fit.q / fit.expected_q).into()),
                ("starts".to_owned(), Value::Integer(fit.starts.count as i64)),
                ("starts_at_least_q".to_owned(), Value::Integer(fit.starts.same as i64)),
                ("median_q_of_starts".to_owned(), fit.starts.q[1].into()),
                ("largest_q_of_starts".to_owned(), fit.starts.q[2].into()),
                ("largest_difference_of_shares".to_owned(), fit.starts.largest_difference.into()),
            ];
            for (j, name) in measured.names().iter().enumerate() {
                row.push((format!("q_over_expected_{name}"), fit.analyte_q[j].into()));
                row.push((format!("r2_{name}"), fit.r_squared[j].into()));
            }
            row
        };
        self.csv("table of factors", "factors.csv", &factors.fits.iter().map(row).collect::<Vec<_>>())
    }

    /// Profiles and contributions of the factors that were asked for.
    pub(super) fn factors(&mut self, factors: &Factors, fit: &Factorisation, measured: &Measured) -> Result<()> {
        let uncertainty = factors.uncertainty.as_ref();
        let interval = |row: &mut Row, name: &str, range: Option<Range3>| {
            for (end, k) in [("low", 0), ("high", 2)] {
                row.push((format!("{name}_{end}"), range.map(|r| r[k]).into()));
            }
        };
        let mut rows = Vec::new();
        for k in 0..fit.factors {
            for (j, share) in fit.shares(k).into_iter().enumerate() {
                let analyte = &measured.analytes[j];
                let mut row: Row = vec![
                    ("factor".to_owned(), Value::Integer(k as i64 + 1)),
                    ("analyte".to_owned(), analyte.record.analyte.as_str().into()),
                    ("unit".to_owned(), analyte.unit.as_deref().into()),
                    ("concentration".to_owned(), fit.profiles[k][j].into()),
                ];
                interval(&mut row, "concentration", uncertainty.map(|u| u.profiles[k][j]));
                row.push(("share".to_owned(), share.into()));
                interval(&mut row, "share", uncertainty.map(|u| u.shares[k][j]));
                for (end, side) in [("low", 0), ("high", 1)] {
                    row.push((
                        format!("share_turned_{end}"),
                        uncertainty.map(|u| u.rotation.shares[k][j][side]).into(),
                    ));
                }
                let identified = uncertainty.map(|u| if u.identified[k] { "yes" } else { "no" });
                row.push(("identified".to_owned(), identified.into()));
                rows.push(row);
            }
        }
        self.csv("profiles", "profiles.csv", &rows)?;
        let row = |i: usize| -> Row {
            let place = factors.rows[i];
            let mut row: Row = vec![
                ("line".to_owned(), Value::Integer(measured.lines[place] as i64)),
                ("x".to_owned(), measured.places[place][0].into()),
                ("y".to_owned(), measured.places[place][1].into()),
            ];
            for k in 0..fit.factors {
                let name = format!("factor_{}", k + 1);
                row.push((name.clone(), fit.contributions[i][k].into()));
                interval(&mut row, &name, uncertainty.map(|u| u.contributions[i][k]));
            }
            row
        };
        let rows: Vec<Row> = (0..factors.rows.len()).map(row).collect();
        self.csv("contributions", "contributions.csv", &rows)?;
        let features: Vec<Feature> =
            rows.into_iter().zip(&factors.rows).map(|(row, &place)| point(measured.places[place], row)).collect();
        let path = self.path("contributions.gpkg");
        geopackage(&path, self.args.overwrite, measured.crs(), ("contributions", Geometry::Point), &features)?;
        self.written("contributions", &path)?;
        let path = self.path("factors.png");
        let png = svg_to_png(&picture(factors, fit, measured), 1.0)?;
        output::fill(output::open(&path, self.args.overwrite)?, &png)?;
        self.written("picture", &path)
    }

    /// How near samples are to the sources, and what goes with it.
    pub(super) fn proximity(
        &mut self,
        inventory: &Inventory,
        near: &[Near],
        related: &[Related],
        measured: &Measured,
    ) -> Result<()> {
        let row = |(i, near): (usize, &Near)| -> Row {
            let mut row: Row = vec![
                ("line".to_owned(), Value::Integer(measured.lines[i] as i64)),
                ("x".to_owned(), measured.places[i][0].into()),
                ("y".to_owned(), measured.places[i][1].into()),
            ];
            row.extend(self.near(inventory, near));
            for (k, related) in related.iter().enumerate() {
                let Some(decay) = &related.decay else { continue };
                let share = measured.numbers[i][k].map(|sample| decay.each[sample]);
                for (end, position) in [("", 1), ("_low", 0), ("_high", 2)] {
                    row.push((format!("share_{}{end}", related.analyte), share.map(|s| s[position]).into()));
                }
            }
            row
        };
        let rows: Vec<Row> = near.iter().enumerate().map(row).collect();
        self.csv("proximity of samples", "proximity.csv", &rows)
    }

    /// How near hotspots are to them.
    pub(super) fn hotspots(&mut self, inventory: &Inventory, hotspots: &[(String, Near)]) -> Result<()> {
        let row = |(label, near): &(String, Near)| -> Row {
            let mut row: Row = vec![("hotspot".to_owned(), label.as_str().into())];
            row.extend(self.near(inventory, near));
            row
        };
        let rows: Vec<Row> = hotspots.iter().map(row).collect();
        self.csv("proximity of hotspots", "hotspots.csv", &rows)
    }

    fn near(&self, inventory: &Inventory, near: &Near) -> Row {
        let source = near.nearest.source;
        let mut row: Row = vec![("source".to_owned(), inventory.names[source].as_str().into())];
        if let Some(kind) = inventory.kind.get(source) {
            row.push(("type".to_owned(), kind.as_str().into()));
        }
        row.push(("distance".to_owned(), near.nearest.distance.into()));
        for (kind, distance) in inventory.kinds.keys().zip(&near.of_kind) {
            row.push((format!("distance_{}", output::slug(kind)), (*distance).into()));
        }
        for (limit, count) in self.args.within.iter().zip(&near.within) {
            row.push((format!("sources_within_{limit}"), Value::Integer(*count as i64)));
        }
        row
    }
}

/// Profiles as bars, as SVG.
fn picture(factors: &Factors, fit: &Factorisation, measured: &Measured) -> String {
    let uncertainty = factors.uncertainty.as_ref();
    let shares: Vec<Vec<Share>> = (0..fit.factors)
        .map(|k| {
            let interval = |j: usize| uncertainty.map(|u| [u.shares[k][j][0], u.shares[k][j][2]]);
            fit.shares(k).into_iter().enumerate().map(|(j, value)| Share { value, interval: interval(j) }).collect()
        })
        .collect();
    let labels: Vec<String> = (1..=fit.factors).map(|k| format!("factor {k}")).collect();
    let again = |k: usize| {
        let not = |u: &Uncertainty| if u.identified[k] { "" } else { ", not identified" };
        uncertainty.map(|u| format!("found again {:.0} %{}", 100.0 * u.found_again[k], not(u)))
    };
    let notes: Vec<String> = (0..fit.factors).map(|k| again(k).unwrap_or_default()).collect();
    let columns: Vec<SharesColumn<'_>> = labels
        .iter()
        .zip(&notes)
        .zip(&shares)
        .map(|((label, note), shares)| SharesColumn { label, note, shares })
        .collect();
    let subtitle = "What each factor brings of each analyte to the mean sample, in percent of what all bring";
    let intervals = uncertainty.map_or_else(String::new, |u| {
        let drawn = factors.block.map_or_else(
            || "samples drawn one by one".to_owned(),
            |side| format!("squares of {side} {} drawn together", measured.length_unit()),
        );
        let of = if u.identified.iter().all(|yes| *yes) {
            ""
        } else {
            ", of factors not identified what fits nearly as well"
        };
        format!("; intervals of 90 % from {} resamples, {drawn}{of}", u.runs)
    });
    let credit = format!(
        "Positive matrix factorisation of {} samples; Q {:.1} times the expected one{intervals}. What a factor is the \
         numbers do not say.",
        factors.samples,
        fit.q / fit.expected_q
    );
    let title = if fit.factors == 1 { "One factor".to_owned() } else { format!("{} factors", fit.factors) };
    let rows = measured.names();
    let plot = SharesPlot { title: &title, subtitle, credit: &credit, rows: &rows, columns: &columns, width_px: 0 };
    shares_svg(&plot)
}

//! The picture of a plan: what is wrong now, and where the sites are.

use std::path::Path;

use anyhow::Result;
use soilscope_assess::plan::{Cell, Lower, expected_misclassification};
use soilscope_core::Coord;
use soilscope_core::kriging::ErrorCovariances;
use soilscope_core::trust::Doubts;
use soilscope_picture::{ColourScale, MapPicture, Palette, Raster, map_svg, svg_to_png};
use soilscope_pipeline::grid::Grid;
use soilscope_pipeline::io::covariate_in::RasterCovariate;
use soilscope_pipeline::run::TrustReport;

use super::cells::Group;
use super::files::Row;
use super::limit::{Limit, Range};
use crate::commands::map::picture::length_unit;
use crate::commands::map::trust;
use crate::field::Field;
use crate::source::Source;

/// What is drawn.
pub(super) struct Shown<'a> {
    pub(super) cells: &'a [Group],
    pub(super) side: usize,
    pub(super) grid: &'a Grid,
    /// The errors of the map before any of the sites.
    pub(super) now: &'a ErrorCovariances,
    /// The cells with their limits, in the order of `cells`; what follows is not looked at.
    pub(super) weights: &'a [Cell],
    pub(super) lower: Lower,
    /// The limit, and the numbers of the cells where each has its own.
    pub(super) limit: Option<(&'a Limit, Option<Range>)>,
    /// Raster of reasons not to trust a cell.
    pub(super) trust: Option<&'a Path>,
    pub(super) source: &'a Source,
    pub(super) field: &'a Field,
    pub(super) sites: &'a [Row],
    pub(super) report_title: String,
}

pub(super) fn draw(shown: &Shown<'_>) -> Result<Vec<u8>> {
    let [columns, rows] = shown.grid.size().map(|n| n.div_ceil(shown.side));
    let mut values = vec![f32::NAN; columns * rows];
    for (i, group) in shown.cells.iter().enumerate().filter(|(i, _)| shown.now.gaps()[*i].is_none()) {
        let variance = shown.now.variances()[i];
        values[group.at[1] * columns + group.at[0]] = match shown.lower {
            Lower::Variance => variance.sqrt() as f32,
            // Ground without a limit has no wrong side.
            Lower::Misclassification => shown.weights[i].limit.map_or(f32::NAN, |limit| {
                expected_misclassification(shown.now.predicted()[i] - limit, variance, variance) as f32
            }),
        };
    }
    let (doubtful, doubtful_label) = doubts(shown, columns * rows, columns)?;
    let [west, north] = shown.grid.origin();
    let cell = shown.grid.cell().map(|c| c * shown.side as f64);
    let taken = shown.source.samples().coords();
    let sites: Vec<[f64; 2]> = shown.sites.iter().map(|s| [s.x, s.y]).collect();
    let (legend, subtitle) = match shown.lower {
        Lower::Variance => {
            ("standard deviation now, on the scale of the transform".to_owned(), "mean kriging variance")
        }
        Lower::Misclassification => {
            let of = shown.limit.map(|(limit, range)| limit.numbers(range)).unwrap_or_default();
            (format!("chance now of the wrong side of {of}"), "expected misclassified area")
        }
    };
    let model = shown.field.model.as_ref().map(|m| m.short_notation()).unwrap_or_default();
    let mut subtitle = format!("Greedy choice to lower the {subtitle}, {} samples; {model}", taken.len());
    let mut source = String::new();
    if let Some((limit, range)) = shown.limit {
        subtitle = format!("{subtitle}. Limit: {}", limit.named(range));
        source = limit.source().map_or_else(String::new, |read| format!("  ·  {read}"));
    }
    let credit = format!("{}  ·  soilscope {}{source}", shown.source.crs().title(), env!("CARGO_PKG_VERSION"));
    let svg = map_svg(&MapPicture {
        title: &shown.report_title,
        subtitle: &subtitle,
        legend: &legend,
        credit: &credit,
        palette: Palette::Uncertainty,
        scale: ColourScale::Linear,
        raster: Some(Raster { values: &values, width: columns, height: rows, west, north, cell }),
        doubtful: &doubtful,
        doubtful_label: &doubtful_label,
        taken,
        sites: &sites,
        unit: length_unit(shown.source.crs()),
        ..MapPicture::default()
    });
    Ok(svg_to_png(&svg, 1.0)?)
}

/// Which squares of cells are not to be trusted, by the cell that stands for them, and what hatching means.
fn doubts(shown: &Shown<'_>, squares: usize, columns: usize) -> Result<(Vec<bool>, String)> {
    let Some(path) = shown.trust else { return Ok((Vec::new(), String::new())) };
    let places: Vec<Coord> = shown.cells.iter().map(|group| group.place).collect();
    let mut doubtful = vec![false; squares];
    let mut report = TrustReport::default();
    for (group, bits) in shown.cells.iter().zip(RasterCovariate::open(path, 1)?.at(&places)?) {
        let bits = bits.unwrap_or(0.0) as u8;
        doubtful[group.at[1] * columns + group.at[0]] = bits != 0;
        for reason in Doubts::REASONS.into_iter().filter(|reason| bits & reason.bits() != 0) {
            *report.reasons.entry(reason.name().to_owned()).or_default() += 1;
        }
    }
    Ok((doubtful, trust::label(&report)))
}

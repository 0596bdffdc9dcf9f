//! The picture of a plan: what is wrong now, and where the sites are.

use anyhow::Result;
use soilscope_assess::plan::{Lower, expected_misclassification};
use soilscope_core::kriging::ErrorCovariances;
use soilscope_picture::{ColourScale, MapPicture, Palette, Raster, map_svg, svg_to_png};
use soilscope_pipeline::grid::Grid;

use super::cells::Group;
use super::files::Row;
use crate::commands::map::picture::length_unit;
use crate::field::Field;
use crate::source::Source;

/// What is drawn.
pub(super) struct Shown<'a> {
    pub(super) cells: &'a [Group],
    pub(super) side: usize,
    pub(super) grid: &'a Grid,
    /// The errors of the map before any of the sites.
    pub(super) now: &'a ErrorCovariances,
    pub(super) lower: Lower,
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
            Lower::Misclassification { limit } => {
                expected_misclassification(shown.now.predicted()[i] - limit, variance, variance) as f32
            }
        };
    }
    let [west, north] = shown.grid.origin();
    let cell = shown.grid.cell().map(|c| c * shown.side as f64);
    let taken = shown.source.samples().coords();
    let sites: Vec<[f64; 2]> = shown.sites.iter().map(|s| [s.x, s.y]).collect();
    let (legend, subtitle) = match shown.lower {
        Lower::Variance => ("standard deviation now, on the scale of the transform", "mean kriging variance"),
        Lower::Misclassification { .. } => {
            ("chance of the wrong side of the threshold now", "expected misclassified area")
        }
    };
    let model = shown.field.model.as_ref().map(|m| m.short_notation()).unwrap_or_default();
    let subtitle = format!("Greedy choice to lower the {subtitle}, {} samples; {model}", taken.len());
    let credit = format!("{}  ·  soilscope {}", shown.source.crs().title(), env!("CARGO_PKG_VERSION"));
    let svg = map_svg(&MapPicture {
        title: &shown.report_title,
        subtitle: &subtitle,
        legend,
        credit: &credit,
        palette: Palette::Uncertainty,
        scale: ColourScale::Linear,
        raster: Some(Raster { values: &values, width: columns, height: rows, west, north, cell }),
        taken,
        sites: &sites,
        unit: length_unit(shown.source.crs()),
        ..MapPicture::default()
    });
    Ok(svg_to_png(&svg, 1.0)?)
}

//! The picture of a map.

use std::path::Path;

use anyhow::Result;
use geo::Polygon;
use soilscope_assess::hotspot::Hotspots;
use soilscope_picture::{LengthUnit, MapPicture, Outlines, Raster, map_svg, svg_to_png};
use soilscope_pipeline::crs::Crs;
use soilscope_pipeline::io::raster_in::{RasterIn, Resampling};

use crate::field::Field;
use crate::source::Source;
use crate::undecided::Undecided;

/// Most columns and rows of the raster in the picture: beyond that the eye sees no cells.
pub(super) const MOST: [usize; 2] = [1600, 1600];

/// Words of the picture.
pub(super) struct Words<'a> {
    pub(super) title: &'a str,
    pub(super) subtitle: &'a str,
    pub(super) legend: &'a str,
    pub(super) hotspots: &'a str,
    pub(super) credit: &'a str,
    /// Whether the map is on the scale of the transform.
    pub(super) on_scale: bool,
    /// Said across the map.
    pub(super) warning: &'a str,
}

/// Cells that are hatched.
pub(super) struct Doubtful<'a> {
    /// The raster of doubts.
    pub(super) trust: &'a Path,
    /// What hatching means.
    pub(super) label: String,
}

/// Draws the prediction with samples and hotspots, as PNG.
#[allow(clippy::too_many_arguments, reason = "what a picture shows, each used once")]
pub(super) fn draw(
    prediction: &Path,
    doubtful: &Doubtful<'_>,
    hotspots: Option<&Hotspots>,
    others: &[(Vec<Polygon<f64>>, String)],
    threshold: Option<f64>,
    field: &Field,
    source: &Source,
    undecided: &Undecided,
    words: &Words<'_>,
) -> Result<Vec<u8>> {
    let raster = RasterIn::open(prediction, 1)?;
    let [west, width, _, north, _, height] = raster.geotransform().unwrap_or([0.0, 1.0, 0.0, 0.0, 0.0, -1.0]);
    let [columns, rows] = raster.size();
    let small = raster.decimated(MOST, Resampling::Average)?;
    let values: Vec<f32> = small.values.iter().map(|v| v.map_or(f32::NAN, |v| v as f32)).collect();
    let shown = Raster {
        values: &values,
        width: small.size[0],
        height: small.size[1],
        west,
        north,
        cell: [width * columns as f64 / small.size[0] as f64, -height * rows as f64 / small.size[1] as f64],
    };
    let trust = RasterIn::open(doubtful.trust, 1)?.decimated(MOST, Resampling::Nearest)?;
    let hatched: Vec<bool> = trust.values.iter().map(|v| v.is_some_and(|doubts| doubts > 0.0)).collect();
    let outlines: Vec<Polygon<f64>> =
        hotspots.iter().flat_map(|h| &h.spots).flat_map(|s| s.shape.0.iter().cloned()).collect();
    let others: Vec<Outlines<'_>> = others.iter().map(|(polygons, label)| Outlines { polygons, label }).collect();
    // In the colours of the raster, on whichever scale that is.
    let shown_at = if words.on_scale { &field.on_scale } else { &field.observed };
    let samples: Vec<([f64; 2], f64)> =
        shown_at.coords().iter().copied().zip(shown_at.values().iter().copied()).collect();
    let below_limit: Vec<bool> = source.measurements().iter().map(|m| m.is_below_limit()).collect();
    let svg = map_svg(&MapPicture {
        title: words.title,
        subtitle: words.subtitle,
        legend: words.legend,
        credit: words.credit,
        raster: Some(shown),
        threshold,
        doubtful: &hatched,
        doubtful_label: &doubtful.label,
        hotspots: &outlines,
        hotspot_label: words.hotspots,
        others: &others,
        samples: &samples,
        below_limit: &below_limit,
        undecided: &undecided.flags(samples.len()),
        warning: words.warning,
        unit: length_unit(source.crs()),
        ..MapPicture::default()
    });
    Ok(svg_to_png(&svg, 1.0)?)
}

pub(crate) fn length_unit(crs: &Crs) -> LengthUnit<'_> {
    match (crs.is_local(), crs.metres_per_unit()) {
        (true, _) => LengthUnit::Local { symbol: "" },
        (false, None) => LengthUnit::Degrees,
        (false, Some(1.0)) => LengthUnit::Metres,
        (false, Some(metres)) => LengthUnit::Scaled { metres, symbol: crs.unit_name() },
    }
}

/// The method, as a subtitle names it.
pub(super) fn method_words(field: &Field) -> &'static str {
    match field.method.method {
        _ if field.method.fallback.as_ref().is_some_and(|f| f.used == "mean") => "Mean of all samples",
        "ordinary-kriging" => "Ordinary kriging",
        "simple-kriging" => "Simple kriging",
        "universal-kriging" => "Universal kriging",
        "external-drift-kriging" => "Kriging with external drift",
        "indicator-kriging" => "Indicator kriging",
        "ordinary-cokriging" => "Ordinary co-kriging",
        "inverse-distance" => "Inverse distance weighting",
        _ => "Nearest sample",
    }
}

//! What is expected above the threshold outside of hotspots, and which of them it lies by.

use std::path::Path;

use anyhow::Result;
use geo::{CoordsIter, Densify, Euclidean};
use rstar::{RTree, primitives::GeomWithData};
use soilscope_assess::hotspot::Hotspots;
use soilscope_pipeline::io::raster_in::RasterIn;

use super::CellAreas;
use crate::follow::check_interrupt;

/// Cells less likely than this to be above are said of all hotspots together and not of the nearest: most of a map is of that kind
/// and belongs to none of them.
pub(crate) const LEAST: f64 = 0.05;

/// By hotspot, the expected area above the threshold of the cells outside that lie nearest to it, in square metres on the ground or
/// square units of a local plane. Distances are on the map, from the middle of a cell to the outline. A cell is hot from a probability of
/// `at_least` on.
pub(super) fn nearest(
    probabilities: &Path,
    hotspots: &Hotspots,
    at_least: f64,
    on_ground: &CellAreas,
) -> Result<Vec<f64>> {
    let frame = hotspots.frame();
    let mut expected = vec![0.0; hotspots.spots.len()];
    if hotspots.spots.is_empty() {
        return Ok(expected);
    }
    // A vertex for every cell along the outlines, so that the nearest vertex is of the nearest hotspot to half a cell.
    let step = frame.cell[0].min(frame.cell[1]);
    let mut places = Vec::new();
    for (k, spot) in hotspots.spots.iter().enumerate() {
        let dense = Euclidean.densify(&spot.shape, step);
        places.extend(dense.coords_iter().map(|c| GeomWithData::new([c.x, c.y], k)));
    }
    let outlines = RTree::bulk_load(places);
    let raster = RasterIn::open(probabilities, 1)?;
    for (number, row) in raster.rows().enumerate() {
        check_interrupt("what lies outside of hotspots was shared out")?;
        let row = row?;
        let mut area = None;
        for (column, p) in row.iter().enumerate() {
            // Rasters hold 32 bits, in which 0.9 is a little less.
            let Some(p) = p.filter(|&p| p >= LEAST && (p as f32) < at_least as f32) else { continue };
            let at = [
                frame.origin[0] + (column as f64 + 0.5) * frame.cell[0],
                frame.origin[1] - (number as f64 + 0.5) * frame.cell[1],
            ];
            if area.is_none() {
                area = Some(on_ground.of_row(number, &row)?);
            }
            if let (Some(nearest), Some(area)) = (outlines.nearest_neighbor(at), area) {
                expected[nearest.data] += p * area;
            }
        }
    }
    Ok(expected)
}

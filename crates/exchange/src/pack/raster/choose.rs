//! From what is asked for to cells: which grid covers the runs.

use std::path::{Path, PathBuf};

use gdal::Dataset;
use gdal::spatial_ref::{CoordTransform, SpatialRef};

use super::grid::{Grid, GridId};
use super::source::Cells;
use crate::pack::gdal_io::{self, Hush};
use crate::pack::source::Run;
use crate::tables;
use crate::{Error, Result};

/// No more cells than this in a grid: the whole Earth at 30 arc seconds has a thousand million.
const MOST_CELLS: f64 = 2e9;
/// Points of each edge of a run's grid that its longitudes and latitudes are taken from.
const EDGE_POINTS: usize = 4096;
/// Of a cell: an edge that is no further beyond a line of the lattice lies on it.
const ON_THE_LINE: f64 = 1e-9;

/// The grid in longitude and latitude that a submission is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Geographic {
    /// 30 arc seconds, on the lattice at −180, 90.
    Gsp30s,
    /// 0.0022457 degree, on the lattice at −180, 90.
    Gsn250,
    /// The cells of a GeoTIFF in EPSG:4326.
    Template(PathBuf),
}

/// Which grids a bundle's rasters are on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GridChoice {
    /// For the folders `gsp` and `glosis`; names carry no grid, so a bundle has one.
    pub geographic: Option<Geographic>,
    /// The folder `national` too, where the runs are projected in metres.
    pub national: bool,
}

/// The grids.
#[derive(Clone, Debug, PartialEq)]
pub struct Grids {
    /// For the folders `gsp` and `glosis`.
    pub geographic: Option<Grid>,
    /// For the folder `national`.
    pub national: Option<Grid>,
    /// What was asked for and cannot be, with the reason.
    pub remarks: Vec<String>,
}

impl Grids {
    /// The grids that cover all maps of all runs.
    ///
    /// # Errors
    /// A run without a coordinate system, a template that is no north-up raster in EPSG:4326 or lies elsewhere, too many cells.
    pub fn of(runs: &[&Run], choice: &GridChoice) -> Result<Self> {
        let mut maps = Vec::new();
        for run in runs {
            for variable in &run.variables {
                maps.push(Cells::of(&variable.needed(run, "_prediction.tif")?, variable)?);
            }
        }
        let mut remarks = Vec::new();
        let geographic = match &choice.geographic {
            None => None,
            Some(Geographic::Template(path)) => Some(template(path, &maps)?),
            Some(Geographic::Gsp30s) => Some(lattice(GridId::Gsp30s, &maps)?),
            Some(Geographic::Gsn250) => Some(lattice(GridId::Gsn250, &maps)?),
        };
        let national = match choice.national.then(|| national(&maps)) {
            None => None,
            Some(Ok(grid)) => Some(bounded(grid)?),
            Some(Err(reason)) => {
                remarks.push(format!("no national grid: {reason}"));
                None
            }
        };
        Ok(Self { geographic, national, remarks })
    }

    /// Those there are.
    pub fn iter(&self) -> impl Iterator<Item = &Grid> {
        self.geographic.iter().chain(&self.national)
    }
}

/// A grid on the lattice of `grids.json`, by the formulas there.
fn lattice(id: GridId, maps: &[Cells]) -> Result<Grid> {
    let table = &tables::grids()[id.name()];
    let number = |value: &serde_json::Value| value.as_f64().filter(|n| n.is_finite());
    let (cell, west, north) = (number(&table["cell_deg"]), number(&table["anchor"][0]), number(&table["anchor"][1]));
    let (Some(cell), Some(anchor_x), Some(anchor_y)) = (cell, west, north) else {
        unreachable!("grids.json has a cell and an anchor for {}: a test reads them", id.name())
    };
    let [west, south, east, north] = together(maps)?;
    let first = |from: f64| (from / cell + ON_THE_LINE).floor();
    let (column, row) = (first(west - anchor_x), first(anchor_y - north));
    // Lines are multiples of the cell from the anchor, however far from it.
    let origin = [anchor_x + column * cell, anchor_y - row * cell];
    let count = |length: f64| (length / cell - ON_THE_LINE).ceil().max(1.0);
    let size = [count(east - origin[0]), count(origin[1] - south)];
    let remark = format!("snapped to the lattice at {anchor_x}, {anchor_y}");
    finish(id, 4326, "WGS 84", [cell, cell], origin, size, remark)
}

fn finish(
    id: GridId,
    epsg: u32,
    crs_name: &str,
    cell: [f64; 2],
    origin: [f64; 2],
    size: [f64; 2],
    remark: String,
) -> Result<Grid> {
    // Far fewer than what a count of cells can hold, or refused here.
    if !(size[0] * size[1] <= MOST_CELLS) {
        let reason = format!("it would have {} columns and {} rows", size[0], size[1]);
        let remedy = "pack a map of a smaller area, or onto a coarser grid";
        return Err(Error::refused(format!("the grid {}", id.name()), reason, remedy));
    }
    let size = size.map(|n| n as usize);
    Ok(Grid { id, epsg, crs_name: crs_name.to_owned(), cell, origin, size, remark })
}

fn bounded(grid: Grid) -> Result<Grid> {
    let size = grid.size.map(|n| n as f64);
    finish(grid.id, grid.epsg, &grid.crs_name, grid.cell, grid.origin, size, grid.remark)
}

/// West, south, east and north of all maps; east goes on past 180 where they lie across the antimeridian.
fn together(maps: &[Cells]) -> Result<[f64; 4]> {
    let mut all: Option<[f64; 4]> = None;
    for map in maps {
        let [mut west, south, mut east, north] = lonlat(&map.crs, map.bounds())?;
        all = Some(match all {
            None => [west, south, east, north],
            Some([w, s, e, n]) => {
                // On the turn round the globe where it is nearest to the others.
                let turn = 360.0 * (((w + e) - (west + east)) / 720.0).round();
                (west, east) = (west + turn, east + turn);
                [w.min(west), s.min(south), e.max(east), n.max(north)]
            }
        });
    }
    let [west, south, east, north] = all.ok_or_else(|| Error::refused("the runs", "there is none", "give one"))?;
    if east - west >= 360.0 {
        return Ok([-180.0, south, 180.0, north]);
    }
    let turn = 360.0 * ((west + 180.0) / 360.0).floor();
    Ok([west - turn, south, east - turn, north])
}

/// West, south, east and north of a box of another coordinate system, in degrees of WGS 84.
pub(crate) fn lonlat(crs: &SpatialRef, bounds: [f64; 4]) -> Result<[f64; 4]> {
    let hush = Hush::new();
    let wgs84 = gdal_io::epsg(4326)?;
    let transform = CoordTransform::new(crs, &wgs84)
        .map_err(|e| Error::refused("the map's coordinate system", hush.reason(&e), "use one that PROJ knows"))?;
    let (mut x, mut y) = outline(bounds);
    // Places that the projection does not reach come back as infinite, and the call as failed; the others stand.
    let _ = transform.transform_coords(&mut x, &mut y, &mut []);
    let (mut lon, mut lat) = ([f64::INFINITY, f64::NEG_INFINITY], [f64::INFINITY, f64::NEG_INFINITY]);
    let (mut before, mut first): (Option<f64>, Option<f64>) = (None, None);
    for (x, y) in x.into_iter().zip(y).filter(|(x, y)| x.is_finite() && y.is_finite()) {
        let x = before.map_or(x, |before| before + wrapped(x - before));
        (before, first) = (Some(x), first.or(Some(x)));
        (lon, lat) = ([lon[0].min(x), lon[1].max(x)], [lat[0].min(y), lat[1].max(y)]);
    }
    let (Some(first), Some(last)) = (first, before) else {
        let reason = "no part of its edge is a place on Earth";
        return Err(Error::refused("the map's coordinate system", reason, "check the run's coordinate system"));
    };
    // A ring that has gone once round the globe has a pole inside.
    if (last - first).abs() > 180.0 {
        let [south, north] = if lat[0] + lat[1] > 0.0 { [lat[0], 90.0] } else { [-90.0, lat[1]] };
        return Ok([-180.0, south, 180.0, north]);
    }
    Ok([lon[0], lat[0].max(-90.0), lon[1], lat[1].min(90.0)])
}

/// A difference of longitudes, from −180 to 180.
pub(crate) fn wrapped(degrees: f64) -> f64 {
    degrees - 360.0 * (degrees / 360.0).round()
}

/// Places along the edge of a box, once round and back to the first.
fn outline([west, south, east, north]: [f64; 4]) -> (Vec<f64>, Vec<f64>) {
    let corners = [[west, north], [east, north], [east, south], [west, south], [west, north]];
    let (mut x, mut y) = (Vec::new(), Vec::new());
    let points = EDGE_POINTS;
    for side in corners.windows(2) {
        for i in 0..points {
            let t = i as f64 / points as f64;
            x.push(side[0][0] + t * (side[1][0] - side[0][0]));
            y.push(side[0][1] + t * (side[1][1] - side[0][1]));
        }
    }
    x.push(west);
    y.push(north);
    (x, y)
}

/// The cells of a raster that was given.
fn template(path: &Path, maps: &[Cells]) -> Result<Grid> {
    let refuse = |reason: &str, remedy: &str| Err(Error::refused(path.display(), reason, remedy));
    let dataset: Dataset = gdal_io::open(path, "GTiff")?;
    let hush = Hush::new();
    let crs = dataset.spatial_ref().map_err(|e| Error::unreadable(path, hush.reason(&e)))?;
    let is_wgs84 = crs.is_geographic()
        && (crs.authority().is_ok_and(|a| a == "EPSG:4326") || crs.name().as_deref() == Some("WGS 84"));
    if !is_wgs84 {
        return refuse("the template is not in EPSG:4326", "a submission is in longitude and latitude of WGS 84");
    }
    let [west, width, shear_x, north, shear_y, height] =
        dataset.geo_transform().map_err(|e| Error::unreadable(path, hush.reason(&e)))?;
    if shear_x != 0.0 || shear_y != 0.0 || !(width > 0.0) || !(height < 0.0) {
        return refuse("the template is rotated or not north up", "give one with rows from north to south");
    }
    if ((width + height) / width).abs() > 1e-6 {
        return refuse("the template's cells are not square", "give one whose cells are as wide as high, in degrees");
    }
    let (columns, rows) = dataset.raster_size();
    let [w, s, e, n] = together(maps)?;
    let (east, south) = (west + width * columns as f64, north + height * rows as f64);
    let meets = [-360.0, 0.0, 360.0].iter().any(|turn| w + turn < east && e + turn > west) && s < north && n > south;
    if !meets {
        return refuse("the template lies elsewhere than the map", "give the template of the same country");
    }
    let remark = "the cells of the template that was given".to_owned();
    let size = [columns as f64, rows as f64];
    finish(GridId::Template, 4326, "WGS 84", [width, -height], [west, north], size, remark)
}

/// The runs' own cells, where their origin is a whole multiple of the cell; else those that are and cover them.
fn national(maps: &[Cells]) -> std::result::Result<Grid, String> {
    let first = maps.first().ok_or("there is no map")?;
    let Some(epsg) = first.epsg else { return Err("the map's coordinate system has no EPSG code".to_owned()) };
    if !first.crs.is_projected() || (first.crs.linear_units() - 1.0).abs() > 1e-12 {
        return Err(format!("the map is in EPSG:{epsg}, which is not projected in metres"));
    }
    if let Some(other) = maps.iter().find(|map| map.epsg != Some(epsg)) {
        let other = other.epsg.map_or_else(|| "one without code".to_owned(), |code| format!("EPSG:{code}"));
        return Err(format!("the maps have different coordinate systems, EPSG:{epsg} and {other}"));
    }
    let cell = maps.iter().flat_map(|map| map.cell).fold(f64::INFINITY, f64::min);
    let edge = |of: fn([f64; 4]) -> f64, fold: fn(f64, f64) -> f64, start: f64| {
        maps.iter().map(|map| of(map.bounds())).fold(start, fold)
    };
    let (west, south) = (edge(|b| b[0], f64::min, f64::INFINITY), edge(|b| b[1], f64::min, f64::INFINITY));
    let (east, north) = (edge(|b| b[2], f64::max, f64::NEG_INFINITY), edge(|b| b[3], f64::max, f64::NEG_INFINITY));
    let line = |from: f64, outward: fn(f64) -> f64| {
        let (number, nearest) = (from / cell, (from / cell).round());
        if (number - nearest).abs() <= ON_THE_LINE { nearest } else { outward(number) }
    };
    let (w, n) = (line(west, f64::floor), line(north, f64::ceil));
    let size = [line(east, f64::ceil) - w, n - line(south, f64::floor)];
    let is_own = maps.iter().all(|map| {
        (map.origin[0] - w * cell).abs() <= ON_THE_LINE * cell
            && (map.origin[1] - n * cell).abs() <= ON_THE_LINE * cell
            && map.size.map(|n| n as f64) == size
            && map.cell == [cell, cell]
    });
    let remark = match is_own {
        true => "the run's own cells".to_owned(),
        false => format!("snapped outward to whole multiples of {cell} m"),
    };
    let name = first.crs.name().unwrap_or_default();
    if size.iter().any(|n| !(*n <= MOST_CELLS)) {
        return Err("it would have too many cells".to_owned());
    }
    let size = size.map(|n| n as usize);
    Ok(Grid {
        id: GridId::National,
        epsg,
        crs_name: name,
        cell: [cell, cell],
        origin: [w * cell, n * cell],
        size,
        remark,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn projected(code: u32, bounds: [f64; 4]) -> [f64; 4] {
        lonlat(&gdal_io::epsg(code).unwrap(), bounds).unwrap()
    }

    #[test]
    fn a_box_of_utm_is_found_in_degrees() {
        // UTM 31 north: the central meridian is 3 E, the equator is 0.
        let [w, s, e, n] = projected(32631, [400_000.0, 0.0, 600_000.0, 100_000.0]);
        assert!((w + e - 6.0).abs() < 1e-6 && s == 0.0, "{w} {s} {e} {n}");
        assert!((e - 3.8985).abs() < 1e-3 && (n - 0.9046).abs() < 1e-3);
    }

    #[test]
    fn a_box_across_the_antimeridian_goes_on_past_180() {
        // Fiji: EPSG:3460, Fiji 1986 / Fiji Map Grid, central meridian 178.75 E.
        let [w, s, e, n] = projected(3460, [1_900_000.0, 3_850_000.0, 2_200_000.0, 4_100_000.0]);
        assert!(w > 177.0 && w < 178.0 && e > 180.5 && e < 182.5, "{w} {e}");
        assert!(s < -17.0 && n > -19.0 && s < n);
    }

    #[test]
    fn a_box_about_a_pole_is_all_longitudes() {
        let [w, s, e, n] = projected(3031, [-2e6, -2e6, 2e6, 2e6]);
        assert_eq!([w, s, e], [-180.0, -90.0, 180.0]);
        assert!(n > -75.0 && n < -60.0, "{n}");
    }
}

//! Polygons of a map as RFC 7946 wants them: longitude and latitude, exteriors counter-clockwise, seven decimals, cut at the antimeridian.

use gdal::cpl::CslStringList;
use gdal::spatial_ref::{CoordTransform, SpatialRef};
use gdal::vector::ToGdal;
use geo::{Area, BooleanOps, Coord, CoordsIter, Geometry, LineString, MultiPolygon, Polygon, Rect};

use super::Hotspot;
use crate::pack::gdal_io::{self, Hush};
use crate::{Error, Result};

/// Farthest that a quarter point of an edge of the map may lie from its chord in longitude and latitude, metres.
const TOLERANCE_M: f64 = 0.5;
/// Longest chord, degrees of longitude: on a longer one, a line that is straight in degrees and the shortest line of who computes areas on the
/// ellipsoid lie more than a metre apart.
const LONGEST: f64 = 0.05;
/// Halvings of an edge at most: a stop for transformations that are not continuous.
const MOST_HALVINGS: u32 = 16;
/// Metres in a degree of latitude, on the sphere of 6371.0088 km.
const DEGREE_M: f64 = 111_195.08;
/// Seven decimals.
const DECIMALS: f64 = 1e7;

/// A place of the map, and the same in longitude and latitude.
type Pair = ([f64; 2], [f64; 2]);

/// From a coordinate system to longitude and latitude.
pub(super) struct ToLonLat {
    transform: CoordTransform,
}

impl ToLonLat {
    pub(super) fn new(crs: &SpatialRef) -> Result<Self> {
        let hush = Hush::new();
        let transform = CoordTransform::new(crs, &gdal_io::epsg(4326)?).map_err(|e| {
            let remedy = "make the map in a coordinate system that PROJ knows";
            Error::refused("the coordinate system of the hotspots", hush.reason(&e), remedy)
        })?;
        Ok(Self { transform })
    }

    /// The polygons in longitude and latitude, valid, and cut at the antimeridian; the error says why they cannot be.
    pub(super) fn convert(&self, polygons: &MultiPolygon<f64>) -> Result<MultiPolygon<f64>, String> {
        let _hush = Hush::new();
        let mut pieces = Vec::new();
        for polygon in polygons {
            pieces.extend(self.polygon(polygon)?);
        }
        let shape = MultiPolygon(pieces);
        if shape.0.is_empty() {
            return Err("nothing of it is left at seven decimals".to_owned());
        }
        // What rounding brought together, and corners of cells that touch, are taken apart where a ring touches itself.
        if is_valid(&shape) {
            return Ok(shape);
        }
        repaired(&shape).filter(is_valid).ok_or_else(|| "it crosses itself and cannot be repaired".to_owned())
    }

    fn place(&self, [x, y]: [f64; 2]) -> Result<[f64; 2], String> {
        let (mut lon, mut lat) = ([x], [y]);
        let done = self.transform.transform_coords(&mut lon, &mut lat, &mut []);
        // Small excesses, as of a pole, come from rounding; NaN fails both comparisons.
        if done.is_ok() && lon[0].abs() <= 540.0 && lat[0].abs() <= 90.0 + 1e-9 {
            Ok([lon[0], lat[0].clamp(-90.0, 90.0)])
        } else {
            Err(format!("({x}, {y}) is no place on Earth in its coordinate system"))
        }
    }

    /// A ring in degrees, with vertices added where it bends; longitudes go on across the antimeridian.
    fn ring(&self, ring: &LineString<f64>) -> Result<Vec<[f64; 2]>, String> {
        let mut path: Vec<[f64; 2]> = Vec::new();
        let mut before: Option<Pair> = None;
        for vertex in ring.coords() {
            let place = [vertex.x, vertex.y];
            let mut here = (place, self.place(place)?);
            if let Some(start) = before {
                here.1[0] = start.1[0] + wrap(here.1[0] - start.1[0]);
                self.bend(start, here, 0, &mut path)?;
            }
            path.push(here.1);
            before = Some(here);
        }
        Ok(path)
    }

    /// Adds the vertices between two places that are needed to follow the map's straight edge.
    fn bend(&self, a: Pair, b: Pair, halvings: u32, path: &mut Vec<[f64; 2]>) -> Result<(), String> {
        if halvings == MOST_HALVINGS {
            return Ok(());
        }
        let step = [b.1[0] - a.1[0], b.1[1] - a.1[1]];
        let mut middle = a;
        let mut bent = step[0].abs() > LONGEST;
        for share in [0.25, 0.75, 0.5] {
            let place = [0, 1].map(|axis| a.0[axis] * (1.0 - share) + b.0[axis] * share);
            let truth = self.place(place)?;
            let off = [wrap(truth[0] - a.1[0] - step[0] * share), truth[1] - a.1[1] - step[1] * share];
            bent |= (off[0] * truth[1].to_radians().cos() * DEGREE_M).hypot(off[1] * DEGREE_M) > TOLERANCE_M;
            middle = (place, [a.1[0] + step[0] * share + off[0], truth[1]]);
        }
        if bent {
            self.bend(a, middle, halvings + 1, path)?;
            path.push(middle.1);
            self.bend(middle, b, halvings + 1, path)?;
        }
        Ok(())
    }

    fn polygon(&self, polygon: &Polygon<f64>) -> Result<Vec<Polygon<f64>>, String> {
        let mut rings = vec![self.ring(polygon.exterior())?];
        for hole in polygon.interiors() {
            rings.push(self.ring(hole)?);
        }
        for ring in &rings {
            if let [first, .., last] = ring[..]
                && (last[0] - first[0]).abs() > 180.0
            {
                return Err("it reaches round a pole, which GeoJSON cannot express".to_owned());
            }
        }
        let (low, high) = range(&rings[0]);
        let turn = 360.0 * ((low + high) / 720.0).round();
        // A hole may have been begun on another turn round the globe than its exterior.
        for ring in &mut rings {
            let (from, to) = range(ring);
            let own = turn + 360.0 * (((from + to) - (low + high)) / 720.0).round();
            ring.iter_mut().for_each(|p| p[0] -= own);
        }
        let (low, high) = (low - turn, high - turn);
        if low >= -180.0 && high <= 180.0 {
            return Ok(wound(rings.iter().map(|ring| rounded(ring.iter().copied())).collect()).into_iter().collect());
        }
        let mut lines = rings.iter().map(|ring| ring.iter().map(|p| Coord { x: p[0], y: p[1] }).collect());
        let whole = Polygon::new(lines.next().unwrap_or(LineString(Vec::new())), lines.collect());
        // Cut by a box that is no larger than it must be: the cutting works on a lattice of a thousand million lines across all that it is given.
        let (south, north) =
            rings[0].iter().fold((90.0, -90.0), |(low, high), p| (f64::min(low, p[1]), f64::max(high, p[1])));
        let mut pieces = Vec::new();
        for west in [-540.0, -180.0, 180.0] {
            let (from, to, offset) = (f64::max(low - 0.1, west), f64::min(high + 0.1, west + 360.0), west + 180.0);
            if from >= to {
                continue;
            }
            let zone = Rect::new(Coord { x: from, y: south - 0.1 }, Coord { x: to, y: north + 0.1 }).to_polygon();
            // What that lattice puts beyond the line is on it.
            let there = |c: &Coord<f64>| [(c.x - offset).clamp(-180.0, 180.0), c.y];
            for piece in whole.intersection(&zone) {
                let rings = std::iter::once(piece.exterior()).chain(piece.interiors());
                pieces.extend(wound(rings.map(|ring| rounded(ring.coords().map(there))).collect()));
            }
        }
        Ok(pieces)
    }
}

/// West, south, east, north; the way across the antimeridian where that is the shorter.
pub(super) fn bbox(hotspots: &[Hotspot]) -> Option<[f64; 4]> {
    let empty = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    let (mut plain, mut across) = (empty, empty);
    let (mut touches_west, mut touches_east) = (false, false);
    for c in hotspots.iter().flat_map(|h| h.lonlat.coords_iter()) {
        let east = if c.x < 0.0 { c.x + 360.0 } else { c.x };
        for (bounds, x) in [(&mut plain, c.x), (&mut across, east)] {
            *bounds = [bounds[0].min(x), bounds[1].min(c.y), bounds[2].max(x), bounds[3].max(c.y)];
        }
        touches_west |= c.x == -180.0;
        touches_east |= c.x == 180.0;
    }
    if !(plain[0] <= plain[2]) {
        return None;
    }
    // Only what was cut there reaches the antimeridian from both sides.
    if touches_west && touches_east && across[2] - across[0] < plain[2] - plain[0] {
        return Some([across[0], across[1], round(across[2] - 360.0), across[3]]);
    }
    Some(plain)
}

fn is_valid(shape: &MultiPolygon<f64>) -> bool {
    shape.to_gdal().is_ok_and(|geometry| geometry.is_valid())
}

/// The polygons that GEOS makes of what is none, on seven decimals again.
fn repaired(shape: &MultiPolygon<f64>) -> Option<MultiPolygon<f64>> {
    let valid = shape.to_gdal().ok()?.make_valid(&CslStringList::new()).ok()?;
    let mut polygons = Vec::new();
    gather(valid.to_geo().ok()?, &mut polygons);
    let rings = |p: &Polygon<f64>| -> Vec<LineString<f64>> {
        let rings = std::iter::once(p.exterior()).chain(p.interiors());
        rings.map(|ring| rounded(ring.coords().map(|c| [c.x, c.y]))).collect()
    };
    Some(MultiPolygon(polygons.iter().filter_map(|p| wound(rings(p))).collect()))
}

/// The polygons among geometries; lines and points are what has no area.
fn gather(geometry: Geometry<f64>, polygons: &mut Vec<Polygon<f64>>) {
    match geometry {
        Geometry::Polygon(polygon) => polygons.push(polygon),
        Geometry::MultiPolygon(several) => polygons.extend(several),
        Geometry::GeometryCollection(several) => several.into_iter().for_each(|one| gather(one, polygons)),
        _ => {}
    }
}

/// A difference of longitudes, from −180 to 180.
fn wrap(degrees: f64) -> f64 {
    degrees - 360.0 * (degrees / 360.0).round()
}

/// Seven decimals, and no negative zero.
fn round(degrees: f64) -> f64 {
    (degrees * DECIMALS).round() / DECIMALS + 0.0
}

fn range(places: &[[f64; 2]]) -> (f64, f64) {
    places.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), p| (low.min(p[0]), high.max(p[0])))
}

/// Rounded positions without repetitions.
fn rounded(places: impl Iterator<Item = [f64; 2]>) -> LineString<f64> {
    let mut positions: Vec<Coord<f64>> = places.map(|[x, y]| Coord { x: round(x), y: round(y) }).collect();
    positions.dedup();
    LineString(positions)
}

/// A polygon whose exterior runs counter-clockwise and whose holes run clockwise; rings without area are left out.
fn wound(rings: Vec<LineString<f64>>) -> Option<Polygon<f64>> {
    let mut rings = rings.into_iter();
    let exterior = with_sign(rings.next()?, 1.0)?;
    Some(Polygon::new(exterior, rings.filter_map(|ring| with_sign(ring, -1.0)).collect()))
}

/// The ring, closed, so that its area has the sign; `None` for one without area.
fn with_sign(mut ring: LineString<f64>, sign: f64) -> Option<LineString<f64>> {
    ring.close();
    if ring.0.len() < 4 {
        return None;
    }
    let polygon = Polygon::new(ring, Vec::new());
    let area = polygon.signed_area();
    let (mut ring, _) = polygon.into_inner();
    if area * sign < 0.0 {
        ring.0.reverse();
    }
    (area != 0.0).then_some(ring)
}

#[cfg(test)]
mod tests {
    use geo::GeodesicArea;

    use super::*;

    fn square(x: f64, y: f64, side: f64) -> MultiPolygon<f64> {
        MultiPolygon(vec![Rect::new(Coord { x, y }, Coord { x: x + side, y: y + side }).to_polygon()])
    }

    fn converted(epsg: u32, shape: &MultiPolygon<f64>) -> MultiPolygon<f64> {
        ToLonLat::new(&gdal_io::epsg(epsg).unwrap()).unwrap().convert(shape).unwrap()
    }

    #[test]
    fn an_area_of_an_equal_area_projection_is_that_on_the_ellipsoid() {
        for (epsg, x, y, side) in [(3035, 4_000_000.0, 2_800_000.0, 40.0), (3035, 4_321_000.0, 3_210_000.0, 100_000.0)]
        {
            let shape = converted(epsg, &square(x, y, side));
            let area = shape.geodesic_area_unsigned();
            assert!((area / (side * side) - 1.0).abs() < 1e-4 + 0.05 / side, "{side}: {area}");
            assert!(shape.geodesic_area_signed() > 0.0, "the exterior runs counter-clockwise");
        }
    }

    #[test]
    fn a_polygon_across_the_antimeridian_is_cut() {
        // Fiji Map Grid: central meridian 178.75 E, false easting 2 000 000.
        let shape = converted(3460, &square(2_100_000.0, 4_000_000.0, 60_000.0));
        assert_eq!(shape.0.len(), 2);
        let mut sides: Vec<bool> = shape.iter().map(|p| p.exterior().0.iter().all(|c| c.x > 0.0)).collect();
        sides.sort();
        assert_eq!(sides, [false, true]);
        assert!(shape.coords_iter().all(|c| c.x.abs() <= 180.0));
        assert!((shape.geodesic_area_unsigned() / 3.6e9 - 1.0).abs() < 2e-3, "the projection's scale is near 1");
        let hotspot = Hotspot { lonlat: shape, own: square(0.0, 0.0, 1.0), properties: serde_json::Map::new() };
        let [w, s, e, n] = bbox(&[hotspot]).unwrap();
        assert!(w > 179.0 && e < -179.0 && s < n, "{w} {e}");
    }

    #[test]
    fn a_hole_stays_a_hole_and_a_ring_that_touches_itself_is_taken_apart() {
        let line = |points: &[[f64; 2]]| LineString(points.iter().map(|p| Coord { x: p[0], y: p[1] }).collect());
        let outer = [[0.0, 0.0], [300.0, 0.0], [300.0, 300.0], [0.0, 300.0], [0.0, 0.0]];
        let inner = [[100.0, 100.0], [200.0, 100.0], [200.0, 200.0], [100.0, 200.0], [100.0, 100.0]];
        let at = |ring: &[[f64; 2]]| line(&ring.iter().map(|p| [p[0] + 5e5, p[1] + 5e6]).collect::<Vec<_>>());
        let shape = converted(32631, &MultiPolygon(vec![Polygon::new(at(&outer), vec![at(&inner)])]));
        assert_eq!(shape.0[0].interiors().len(), 1);
        assert!(shape.0[0].interiors()[0].0.len() >= 5);
        // Two squares that touch at a corner, as one ring.
        let eight = [
            [0.0, 0.0],
            [100.0, 0.0],
            [100.0, 100.0],
            [200.0, 100.0],
            [200.0, 200.0],
            [100.0, 200.0],
            [100.0, 100.0],
            [0.0, 100.0],
            [0.0, 0.0],
        ];
        let shape = converted(32631, &MultiPolygon(vec![Polygon::new(at(&eight), vec![])]));
        assert_eq!(shape.0.len(), 2);
        assert!(is_valid(&shape) && shape.iter().all(|p| p.signed_area() > 0.0));
    }

    #[test]
    fn positions_have_seven_decimals() {
        let shape = converted(32733, &square(412_345.6, 8_123_456.7, 40.0));
        for c in shape.coords_iter() {
            assert!(c.y < 0.0 && (c.x * 1e7).fract().abs().min(1.0 - (c.x * 1e7).fract().abs()) < 1e-6);
        }
    }
}

//! Geometries of a map as RFC 7946 wants them: longitude and latitude, wound, rounded, cut at the antimeridian.

use std::path::Path;

use geo::{Area, BooleanOps, Coord as Point, Geometry, LineString, MultiPolygon, Polygon, Rect};
use soilscope_core::Coord;

use super::geojson::ToLonLat;
use super::write_error;
use crate::{Error, Result};

/// Farthest that a quarter point of a map edge may lie from its chord in longitude and latitude, metres.
const TOLERANCE: f64 = 0.5;
/// Halvings of one edge at most: a stop for transformations that are not continuous.
const MOST_HALVINGS: u32 = 16;
/// Metres in a degree of latitude, on the sphere of 6371.0088 km.
const DEGREE: f64 = 111_195.08;
/// Seven decimals.
const DECIMALS: f64 = 1e7;

/// West, south, east and north of everything converted.
#[derive(Debug, Default)]
pub(super) struct Extent {
    /// Over longitudes from −180 to 180, and again over those from 0 to 360.
    boxes: Option<[[f64; 4]; 2]>,
    cut: bool,
}

impl Extent {
    fn add(&mut self, [longitude, latitude]: Coord) {
        let east = if longitude < 0.0 { longitude + 360.0 } else { longitude };
        let empty = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        for (bounds, x) in self.boxes.get_or_insert([empty; 2]).iter_mut().zip([longitude, east]) {
            let [w, s, e, n] = *bounds;
            *bounds = [w.min(x), s.min(latitude), e.max(x), n.max(latitude)];
        }
    }

    /// The smaller of the two boxes where something was cut; `None` where there is no position.
    pub(super) fn bbox(&self) -> Option<[f64; 4]> {
        let [plain, mut across] = self.boxes?;
        if self.cut && across[2] > 180.0 {
            across[2] = round(across[2] - 360.0);
            if across[0] > across[2] {
                return Some(across);
            }
        }
        Some(plain)
    }
}

/// Converts geometries of one file.
pub(super) struct LonLat<'f, 'a> {
    file: &'f Path,
    transform: Option<ToLonLat<'a>>,
}

impl<'f, 'a> LonLat<'f, 'a> {
    pub(super) fn new(file: &'f Path, transform: Option<ToLonLat<'a>>) -> Self {
        Self { file, transform }
    }

    /// The geometry of feature `index`; `None` where nothing of it is left.
    pub(super) fn convert(
        &mut self,
        index: usize,
        geometry: &Geometry<f64>,
        extent: &mut Extent,
    ) -> Result<Option<Geometry<f64>>> {
        let refuse = |file: &Path, reason: &str| write_error(file, format!("feature {}: {reason}", index + 1));
        let converted = match geometry {
            Geometry::Point(point) => Some(Geometry::Point(self.point(point.0)?.into())),
            Geometry::MultiPoint(points) => {
                let points: Vec<Point<f64>> = points.iter().map(|p| self.point(p.0)).collect::<Result<_>>()?;
                (!points.is_empty()).then(|| Geometry::MultiPoint(points.into()))
            }
            Geometry::Line(line) => self.line(&LineString(vec![line.start, line.end]))?.map(Geometry::LineString),
            Geometry::LineString(line) => self.line(line)?.map(Geometry::LineString),
            Geometry::MultiLineString(lines) => {
                let mut kept = Vec::new();
                for line in lines {
                    kept.extend(self.line(line)?);
                }
                (!kept.is_empty()).then_some(Geometry::MultiLineString(geo::MultiLineString(kept)))
            }
            Geometry::Polygon(polygon) => match <[Polygon<f64>; 1]>::try_from(self.polygon(polygon, extent)?) {
                Ok([polygon]) => Some(Geometry::Polygon(polygon)),
                Err(several) => (!several.is_empty()).then_some(Geometry::MultiPolygon(MultiPolygon(several))),
            },
            Geometry::MultiPolygon(polygons) => {
                let mut kept = Vec::new();
                for polygon in polygons {
                    kept.extend(self.polygon(polygon, extent)?);
                }
                (!kept.is_empty()).then_some(Geometry::MultiPolygon(MultiPolygon(kept)))
            }
            Geometry::Rect(rect) => return self.convert(index, &rect.to_polygon().into(), extent),
            Geometry::Triangle(triangle) => return self.convert(index, &triangle.to_polygon().into(), extent),
            Geometry::GeometryCollection(_) => {
                return Err(refuse(self.file, "a collection of geometries has no single kind: write its members"));
            }
        };
        if let Some(geometry) = &converted {
            use geo::CoordsIter;
            for c in geometry.coords_iter() {
                extent.add([c.x, c.y]);
            }
        }
        Ok(converted)
    }

    /// Longitude and latitude, not yet rounded.
    fn place(&mut self, place: Coord) -> Result<Coord> {
        let [longitude, latitude] = match &mut self.transform {
            Some(transform) => transform(place)?,
            None => place,
        };
        // Small excesses, as of a pole, come from rounding; NaN fails both comparisons.
        if longitude.abs() <= 540.0 && latitude.abs() <= 90.0 + 1e-9 {
            Ok([longitude, latitude.clamp(-90.0, 90.0)])
        } else {
            Err(self.refuse(format!(
                "({longitude}, {latitude}) is not a longitude and a latitude, for the place ({}, {}) of the map",
                place[0], place[1]
            )))
        }
    }

    fn refuse(&self, reason: String) -> Error {
        write_error(self.file, reason)
    }

    fn point(&mut self, point: Point<f64>) -> Result<Point<f64>> {
        let [longitude, latitude] = self.place([point.x, point.y])?;
        let longitude = if longitude.abs() > 180.0 { wrap(longitude) } else { longitude };
        Ok(Point { x: round(longitude), y: round(latitude) })
    }

    fn line(&mut self, line: &LineString<f64>) -> Result<Option<LineString<f64>>> {
        let places = self.path(&line.0)?;
        let (low, high) = range(&places);
        let shift = 360.0 * ((low + high) / 720.0).round();
        if low - shift < -180.0 || high - shift > 180.0 {
            return Err(self.refuse("a line crosses the antimeridian: cut it there first".into()));
        }
        let line = rounded(places.iter().map(|&[x, y]| [x - shift, y]));
        Ok((line.len() > 1).then_some(LineString(line)))
    }

    /// Places along a line of the map, vertices added where it bends. Longitudes go on across the antimeridian: those of
    /// a map in longitude and latitude already do, and may have edges of any length; others come from the transformation
    /// from −180 to 180 and are put in sequence here.
    fn path(&mut self, line: &[Point<f64>]) -> Result<Vec<Coord>> {
        let mut path: Vec<Coord> = Vec::with_capacity(line.len());
        let mut before: Option<(Coord, Coord)> = None;
        for vertex in line {
            let here = [vertex.x, vertex.y];
            let there = self.place(here)?;
            if let Some(start) = before
                && self.transform.is_some()
            {
                self.bend(start, (here, there), 0, &mut path)?;
            }
            path.push(there);
            before = Some((here, there));
        }
        if self.transform.is_some() {
            for i in 1..path.len() {
                path[i][0] = path[i - 1][0] + wrap(path[i][0] - path[i - 1][0]);
            }
        }
        Ok(path)
    }

    /// Adds the vertices between two places that are needed to follow the map's straight edge.
    fn bend(&mut self, a: (Coord, Coord), b: (Coord, Coord), halvings: u32, path: &mut Vec<Coord>) -> Result<()> {
        if halvings == MOST_HALVINGS {
            return Ok(());
        }
        let step = [wrap(b.1[0] - a.1[0]), b.1[1] - a.1[1]];
        let mut middle = ([0.0; 2], [0.0; 2]);
        let mut bent = false;
        for quarter in [0.25, 0.75, 0.5] {
            let place = [0, 1].map(|k| a.0[k] * (1.0 - quarter) + b.0[k] * quarter);
            let truth = self.place(place)?;
            let east = wrap(truth[0] - a.1[0] - step[0] * quarter) * truth[1].to_radians().cos() * DEGREE;
            let north = (truth[1] - a.1[1] - step[1] * quarter) * DEGREE;
            bent |= east.hypot(north) > TOLERANCE;
            middle = (place, truth);
        }
        if bent {
            self.bend(a, middle, halvings + 1, path)?;
            path.push(middle.1);
            self.bend(middle, b, halvings + 1, path)?;
        }
        Ok(())
    }

    /// The polygon, cut where it crosses the antimeridian; nothing where rounding leaves no area.
    fn polygon(&mut self, polygon: &Polygon<f64>, extent: &mut Extent) -> Result<Vec<Polygon<f64>>> {
        let mut rings: Vec<Vec<Coord>> = Vec::with_capacity(1 + polygon.interiors().len());
        for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
            let mut places = self.path(&ring.0)?;
            let (Some(&first), Some(&last)) = (places.first(), places.last()) else { continue };
            if (last[0] - first[0]).abs() > 180.0 {
                return Err(
                    self.refuse("a polygon reaches round a pole, which GeoJSON cannot express: cut it first".into())
                );
            }
            // A hole may have been put in sequence on another turn round the globe than its exterior.
            if let Some(exterior) = rings.first() {
                let ((west, _), (hole_west, _)) = (range(exterior), range(&places));
                let shift = 360.0 * ((west - hole_west - 1e-7) / 360.0).ceil();
                places.iter_mut().for_each(|p| p[0] += shift);
            }
            rings.push(places);
        }
        let Some(exterior) = rings.first() else { return Ok(Vec::new()) };
        let (low, high) = range(exterior);
        let shift = 360.0 * ((low + high) / 720.0).round();
        let (low, high) = (low - shift, high - shift);
        if low >= -180.0 && high <= 180.0 {
            let rings = rings.iter().map(|ring| rounded(ring.iter().map(|&[x, y]| [x - shift, y])));
            return Ok(wound(rings.map(LineString).collect()).into_iter().collect());
        }
        if high - low > 360.0 {
            return Err(self.refuse("a polygon is wider than the globe".into()));
        }
        extent.cut = true;
        let mut lines = rings.iter().map(|ring| ring.iter().map(|&[x, y]| Point { x: x - shift, y }).collect());
        let whole = Polygon::new(lines.next().unwrap_or(LineString(Vec::new())), lines.collect());
        let mut pieces = Vec::new();
        for (west, offset) in [(-540.0, -360.0), (-180.0, 0.0), (180.0, 360.0)] {
            let (from, to) = (f64::max(low - 1.0, west), f64::min(high + 1.0, west + 360.0));
            if from >= to {
                continue;
            }
            let zone = Rect::new(Point { x: from, y: -91.0 }, Point { x: to, y: 91.0 }).to_polygon();
            for piece in whole.intersection(&zone) {
                let rings = std::iter::once(piece.exterior()).chain(piece.interiors());
                let rings = rings.map(|r| LineString(rounded(r.coords().map(|c| [c.x - offset, c.y]))));
                pieces.extend(wound(rings.collect()));
            }
        }
        Ok(pieces)
    }
}

/// A difference of longitudes, or a longitude, from −180 to 180.
fn wrap(degrees: f64) -> f64 {
    degrees - 360.0 * (degrees / 360.0).round()
}

/// Seven decimals, and no negative zero.
fn round(degrees: f64) -> f64 {
    (degrees * DECIMALS).round() / DECIMALS + 0.0
}

fn range(places: &[Coord]) -> (f64, f64) {
    places.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), p| (low.min(p[0]), high.max(p[0])))
}

/// Rounded positions without repetitions.
fn rounded(places: impl Iterator<Item = Coord>) -> Vec<Point<f64>> {
    let mut positions: Vec<Point<f64>> = places.map(|[x, y]| Point { x: round(x), y: round(y) }).collect();
    positions.dedup();
    positions
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

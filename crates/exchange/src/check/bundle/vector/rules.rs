//! V001 to V004: what RFC 7946 asks of every GeoJSON file.

use crate::check::Findings;
use crate::check::bundle::folder::LARGEST_TEXT;
use crate::check::bundle::shown::shown;
use crate::check::bundle::{Facts, Folder};
use crate::country;

use super::geojson::{Collection, Coordinates, Feature, Flat, Shape, too_precise};
use super::rings;

/// Degrees within which a box may be rounded.
const ROUNDED: f64 = 1e-6;
/// Most decimals of a coordinate.
const DECIMALS: usize = 7;
/// Depth of the coordinates of each type, in lists of positions.
const TYPES: [(&str, usize); 6] =
    [("Point", 0), ("MultiPoint", 1), ("LineString", 1), ("MultiLineString", 2), ("Polygon", 2), ("MultiPolygon", 3)];
/// Deepest collection in a collection.
const DEEPEST: usize = 8;

/// Judges one file; its content, where it could be read.
pub(super) fn judge(folder: &Folder, facts: &Facts<'_>, path: &str, findings: &mut Findings) -> Option<Collection> {
    let Some(text) = folder.text(path) else {
        let bytes = folder.files.get(path).copied().unwrap_or(0);
        let found = if bytes > LARGEST_TEXT { format!("{bytes} bytes") } else { "no UTF-8".to_owned() };
        findings.add("V001", path, "", found, format!("UTF-8 text of at most {LARGEST_TEXT} bytes"));
        return None;
    };
    let collection: Collection = match serde_json::from_str(&text) {
        Ok(collection) => collection,
        Err(e) => {
            let place = format!("line {}, column {}", e.line(), e.column());
            findings.add("V001", path, place, shown(&e.to_string()), "a GeoJSON FeatureCollection");
            return None;
        }
    };
    members(path, &collection, findings);
    let (count, first) = too_precise(&text, DECIMALS);
    if let Some(first) = first {
        findings.add("V003", path, format!("{count} numbers"), first, format!("at most {DECIMALS} decimals"));
    }
    drop(text);
    let mut seen = Seen { around: None, left: rings::MOST_PAIRS };
    for (i, feature) in collection.features.iter().flatten().enumerate() {
        if facts.interrupted() {
            return None;
        }
        one(path, i, feature, &mut seen, findings);
    }
    if let Some(around) = seen.around {
        order(facts, path, around, findings);
        if let Some(bbox) = &collection.bbox {
            box_of(path, "bbox", bbox, around, findings);
        }
    }
    Some(collection)
}

/// What is gathered over a file.
struct Seen {
    around: Option<[f64; 4]>,
    left: usize,
}

fn members(path: &str, collection: &Collection, findings: &mut Findings) {
    let mut wrong = |place: &str, found: &str, expected: &str| findings.add("V001", path, place, found, expected);
    if collection.kind != "FeatureCollection" {
        wrong("type", &shown(&collection.kind), "FeatureCollection");
    }
    if collection.features.is_none() {
        wrong("features", "absent", "a list of features");
    }
    if collection.has_crs() {
        wrong("crs", "present", "no member 'crs': RFC 7946 knows only WGS 84");
    }
    if collection.has_foreign() {
        wrong("", "members of another type", "none of geometry, geometries, coordinates, properties");
    }
}

fn one(path: &str, i: usize, feature: &Feature, seen: &mut Seen, findings: &mut Findings) {
    let place = format!("feature {}", i + 1);
    let mut wrong = |found: &str, expected: &str| findings.add("V001", path, &place, found, expected);
    if feature.kind != "Feature" {
        wrong(&format!("type {}", shown(&feature.kind)), "type Feature");
    }
    if feature.has_foreign() {
        wrong("members of another type", "none of coordinates, geometries, features");
    }
    if feature.properties.is_none() {
        wrong("no properties", "a member 'properties', which may be null");
    }
    if matches!(&feature.id, Some(Flat::Nested))
        || matches!(&feature.id, Some(Flat::Plain(v)) if !v.is_string() && !v.is_number() && !v.is_null())
    {
        wrong("an id that is neither text nor a number", "text or a number");
    }
    let shape = match &feature.geometry {
        None => return wrong("no geometry", "a member 'geometry', which may be null"),
        Some(None) => return,
        Some(Some(shape)) => shape,
    };
    let mut around = None;
    let mut far = false;
    if let Err(found) = shape_of(shape, 0, &mut |at| place_of(at, &mut around, &mut far)) {
        return wrong(&found, "coordinates as its type has them, latitude within ±90");
    }
    if let (Some(bbox), Some(around)) = (&feature.bbox, around) {
        box_of(path, &place, bbox, around, findings);
    }
    if let Some(around) = around {
        let all = seen.around.get_or_insert(around);
        *all = [all[0].min(around[0]), all[1].min(around[1]), all[2].max(around[2]), all[3].max(around[3])];
    }
    polygons(path, &place, shape, far, seen, findings);
}

/// Widens the box; whether the position can be one. Beyond ±180 is V004's.
fn place_of([x, y]: [f64; 2], around: &mut Option<[f64; 4]>, far: &mut bool) -> bool {
    let b = around.get_or_insert([x, y, x, y]);
    *b = [b[0].min(x), b[1].min(y), b[2].max(x), b[3].max(y)];
    *far |= x.abs() > 180.0;
    x.is_finite() && x.abs() <= 360.0 && y.abs() <= 90.0
}

fn shape_of(shape: &Shape, depth: usize, at: &mut dyn FnMut([f64; 2]) -> bool) -> Result<(), String> {
    if shape.kind == "GeometryCollection" {
        let parts = shape.geometries.as_ref().ok_or("a GeometryCollection without geometries")?;
        if depth >= DEEPEST {
            return Err("collections in collections".to_owned());
        }
        return parts.iter().try_for_each(|part| shape_of(part, depth + 1, at));
    }
    let Some((_, lists)) = TYPES.iter().find(|(kind, _)| *kind == shape.kind) else {
        return Err(format!("geometry type {}", shown(&shape.kind)));
    };
    let coordinates = shape.coordinates.as_ref().ok_or("a geometry without coordinates")?;
    nested(coordinates, *lists, at)?;
    match coordinates {
        Coordinates::List(list) if shape.kind == "LineString" && list.len() < 2 => {
            Err("a line of fewer than two positions".to_owned())
        }
        _ => Ok(()),
    }
}

fn nested(of: &Coordinates, lists: usize, at: &mut dyn FnMut([f64; 2]) -> bool) -> Result<(), String> {
    match of {
        Coordinates::Position(..) if lists > 0 => Err("a position where a list belongs".to_owned()),
        Coordinates::Position(_, n) if *n > 3 => Err(format!("a position of {n} numbers")),
        Coordinates::Position(place, _) if at(*place) => Ok(()),
        Coordinates::Position([x, y], _) => Err(format!("position {x}, {y}")),
        // `[]` is how an empty point is written.
        Coordinates::List(list) if lists == 0 && list.is_empty() => Ok(()),
        Coordinates::List(list) if lists > 0 => list.iter().try_for_each(|c| nested(c, lists - 1, at)),
        Coordinates::List(_) => Err("a list where a position belongs".to_owned()),
        Coordinates::Other => Err("what is no position".to_owned()),
    }
}

fn polygons(path: &str, place: &str, shape: &Shape, far: bool, seen: &mut Seen, findings: &mut Findings) {
    let Some(polygons) = shape.polygons() else { return };
    let jumps = polygons.iter().flatten().any(|ring| ring.windows(2).any(|p| (p[0][0] - p[1][0]).abs() > 180.0));
    if far || jumps {
        let found = if far { "longitudes beyond ±180" } else { "an edge longer than 180 degrees" };
        // How its rings run shows only once it is split, so that V002 says nothing of it.
        return findings.add("V004", path, place, found, "polygons split at longitude 180");
    }
    let mut wrong =
        |found: String| findings.add("V002", path, place, found, "closed simple rings, the exterior counter-clockwise");
    for polygon in &polygons {
        if polygon.is_empty() {
            return wrong("a polygon without rings".to_owned());
        }
        for (k, ring) in polygon.iter().enumerate() {
            if let Some(found) = rings::ring(ring, k == 0) {
                return wrong(found.to_owned());
            }
        }
    }
    let all: Vec<_> = polygons.iter().flatten().collect();
    if let Some((found, at)) =
        rings::crossings(&all, &mut seen.left).or_else(|| rings::nesting(&polygons, &mut seen.left))
    {
        wrong(format!("{found}, at {}, {}", at[0], at[1]));
    }
}

fn box_of(path: &str, place: &str, bbox: &[f64], around: [f64; 4], findings: &mut Findings) {
    let of = match bbox {
        [w, s, e, n] | [w, s, _, e, n, _] => [*w, *s, *e, *n],
        _ => {
            return findings.add(
                "V001",
                path,
                place,
                format!("a bbox of {} numbers", bbox.len()),
                "a bbox of four numbers",
            );
        }
    };
    // West of more than east is a box across longitude 180, which holds what is left and right of it.
    let across = of[0] > of[2];
    let holds = of[1] <= around[1] + ROUNDED
        && of[3] >= around[3] - ROUNDED
        && (across || (of[0] <= around[0] + ROUNDED && of[2] >= around[2] - ROUNDED));
    if !holds || of[1] > of[3] || of[1].abs() > 90.0 || of[3].abs() > 90.0 {
        findings.add(
            "V001",
            path,
            place,
            format!("bbox {of:?} of features within {around:?}"),
            "a bbox, west south east north, that holds the features",
        );
    }
}

/// Longitude first: what lies apart from the maps, and on them when turned, is turned.
fn order(facts: &Facts<'_>, path: &str, around: [f64; 4], findings: &mut Findings) {
    let boxes: Vec<[f64; 4]> = facts.rasters.values().filter_map(|r| r.bounds_wgs84).collect();
    let meets = |a: [f64; 4]| {
        if !boxes.is_empty() {
            return boxes.iter().any(|b| a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3]);
        }
        let country = facts.text("/country/alpha3").and_then(country::by_alpha3);
        country.is_none_or(|c| c.contains((a[0] + a[2]) / 2.0, (a[1] + a[3]) / 2.0))
    };
    let turned = [around[1], around[0], around[3], around[2]];
    if !meets(around) && meets(turned) {
        findings.add("V001", path, "coordinates", "latitude first", "longitude first, then latitude");
    }
}

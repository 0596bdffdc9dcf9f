//! V005, V006, V009: what a hotspot says of itself, and whether its area is what it says.

use geo::{Coord, GeodesicArea, LineString, Polygon};
use serde_json::Value;

use crate::check::Findings;
use crate::check::bundle::Facts;
use crate::check::bundle::shown::shown;
use crate::check::json_schema;
use crate::tables;

use super::geojson::{Collection, Line};

/// Part of a recomputed area within which a declared one is right (V006).
const CLOSE: f64 = 0.001;

/// Judges the features of a hotspot file.
pub(super) fn judge(facts: &Facts<'_>, path: &str, collection: &Collection, findings: &mut Findings) {
    for (i, feature) in collection.features.iter().flatten().enumerate() {
        let place = match feature.text("hotspot_id") {
            Some(id) => format!("hotspot {}", shown(id)),
            None => format!("feature {}", i + 1),
        };
        let properties = feature.properties_json();
        attributes(path, &place, &properties, findings);
        threshold(facts, path, &place, &properties, findings);
        let polygons = feature.geometry.as_ref().and_then(Option::as_ref).and_then(|g| g.polygons());
        area(path, &place, feature.number("area_m2"), polygons.as_deref(), findings);
    }
}

/// V005.
pub(super) fn attributes(path: &str, place: &str, properties: &Value, findings: &mut Findings) {
    for problem in json_schema::validate(tables::hotspot_schema(), properties) {
        let place = format!("{place}, {}", shown(&problem.pointer));
        findings.add("V005", path, place, shown(&problem.found), shown(&problem.expected));
    }
}

/// V006.
pub(super) fn area(
    path: &str,
    place: &str,
    declared: Option<f64>,
    polygons: Option<&[Vec<Line>]>,
    findings: &mut Findings,
) {
    // Absent or no number is V005's; rings that cannot be measured are V002's.
    let (Some(declared), Some(polygons)) = (declared, polygons) else { return };
    let measured = geodesic(polygons);
    if !measured.is_finite() || measured <= 0.0 {
        return;
    }
    // Not `>`: a declared area that is no number must not pass.
    if !((declared - measured).abs() <= CLOSE * measured) {
        findings.add(
            "V006",
            path,
            place,
            format!("area_m2 {declared}"),
            format!("the geodesic area within 0.1 percent, here {measured:.1}"),
        );
    }
}

/// The area of polygons on the ellipsoid of WGS 84, in square metres.
pub(super) fn geodesic(polygons: &[Vec<Line>]) -> f64 {
    let line = |ring: &Line| LineString::new(ring.iter().map(|[x, y]| Coord { x: *x, y: *y }).collect());
    polygons
        .iter()
        .filter_map(|rings| rings.split_first())
        // The size of each ring alone, so that a wrong winding (V002's) does not make the area of the globe's rest.
        .map(|(shell, holes)| {
            let size = |ring: &Line| Polygon::new(line(ring), Vec::new()).geodesic_area_signed().abs();
            size(shell) - holes.iter().map(size).sum::<f64>()
        })
        .sum()
}

/// V009.
pub(super) fn threshold(facts: &Facts<'_>, path: &str, place: &str, properties: &Value, findings: &mut Findings) {
    let text = |name: &str| properties.get(name).and_then(Value::as_str).map(str::trim).filter(|t| !t.is_empty());
    let by_threshold = text("method").is_some_and(|m| m.starts_with("threshold_"));
    let value = properties.get("threshold_value").is_some_and(Value::is_number);
    if !by_threshold && !value {
        return;
    }
    if text("threshold_source").is_none() {
        findings.add(
            "V009",
            path,
            place,
            "threshold_source is empty",
            "who set the threshold, and where that is written",
        );
    }
    // What the maps of this analyte say their threshold and mask are for.
    let mapset = facts.mapsets().iter().find(|m| m.get("analyte_code").and_then(Value::as_str) == text("analyte_code"));
    let wanted = mapset.and_then(|m| {
        ["/soilscope:mask/land_use", "/threshold/land_use"].iter().find_map(|p| m.pointer(p)?.as_str()).map(str::trim)
    });
    match (text("threshold_land_use"), wanted.filter(|w| !w.is_empty())) {
        (Some(found), Some(wanted)) if found != wanted => {
            findings.add(
                "V009",
                path,
                place,
                format!("threshold_land_use {}", shown(found)),
                format!("{}, as the mapset has it", shown(wanted)),
            );
        }
        (None, Some(wanted)) => {
            findings.add(
                "V009",
                path,
                place,
                "no threshold_land_use",
                format!("{}, as the mapset has it", shown(wanted)),
            );
        }
        _ => {}
    }
}

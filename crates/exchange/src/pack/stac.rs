//! STAC 1.1.0: a collection for the bundle, an item for each map, an asset for each raster.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::entry::{Bundle, Entry};
use super::raster::Layer;
use super::stable::write_json;
use crate::Result;

const VERSION: &str = "1.1.0";
const PROJECTION: &str = "https://stac-extensions.github.io/projection/v2.0.0/schema.json";
const RASTER: &str = "https://stac-extensions.github.io/raster/v2.0.0/schema.json";
const FILE: &str = "https://stac-extensions.github.io/file/v2.1.0/schema.json";
const CLASSIFICATION: &str = "https://stac-extensions.github.io/classification/v2.0.0/schema.json";
const COG: &str = "image/tiff; application=geotiff; profile=cloud-optimized";
/// From an item to the bundle's folder.
const UP: &str = "../../../";

/// Writes `metadata/stac/`.
pub(super) fn write(root: &Path, bundle: &Bundle<'_>) -> Result<()> {
    write_json(root, "metadata/stac/collection.json", &collection(bundle))?;
    bundle.entries.iter().try_for_each(|entry| write_json(root, &entry.stac(), &item(bundle, entry)))
}

fn collection(bundle: &Bundle<'_>) -> Value {
    let about = bundle.about;
    let [begin, end] = interval(bundle);
    let mut links = vec![
        json!({"rel": "root", "href": "./collection.json", "type": "application/json"}),
        json!({"rel": "license", "href": about.licence.url}),
        json!({"rel": "about", "href": about.url}),
    ];
    for entry in &bundle.entries {
        let id = entry.names.mapset_id();
        links.push(json!({"rel": "item", "href": format!("./{id}/{id}.json"), "type": "application/geo+json", "title": entry.title}));
    }
    let mut keywords = vec!["soil".to_owned(), "soil pollution".to_owned()];
    keywords.extend(bundle.entries.iter().map(|e| e.subject.analyte.name.clone()));
    keywords.extend(about.keywords.iter().cloned());
    json!({
        "type": "Collection",
        "stac_version": VERSION,
        "stac_extensions": [],
        "id": about.folder(),
        "title": about.title,
        "description": about.abstract_text,
        "keywords": keywords,
        "license": licence(bundle),
        "providers": [{"name": about.organisation, "roles": ["producer", "licensor"], "url": about.url}],
        "extent": {
            "spatial": {"bbox": [bundle.bbox()]},
            "temporal": {"interval": [[begin, end]]},
        },
        "links": links,
    })
}

fn item(bundle: &Bundle<'_>, entry: &Entry<'_>) -> Value {
    let about = bundle.about;
    let id = entry.names.mapset_id();
    let [begin, end] = interval(bundle);
    let bbox = entry.bbox().unwrap_or_default();
    let subject = &entry.subject;
    let created = bundle.created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut properties = json!({
        "datetime": null,
        "start_datetime": begin,
        "end_datetime": end,
        "title": entry.title,
        "description": super::iso::lineage(entry),
        "created": created,
        "updated": created,
        "license": licence(bundle),
        "soilscope:analyte": subject.analyte.code,
        "soilscope:cas": subject.analyte.cas_number,
        "soilscope:fraction": subject.fraction,
        "soilscope:extraction": subject.procedure.code,
        "soilscope:depth": {"upper_cm": subject.upper, "lower_cm": subject.lower},
        "soilscope:unit": entry.unit,
        "soilscope:threshold": super::records::threshold(entry),
        "soilscope:validation": entry.variable.scores,
    });
    if let (Some(main), Some(properties)) = (entry.main(), properties.as_object_mut()) {
        properties.extend(projection(main));
    }
    let mut assets = Map::new();
    for layer in &entry.layers {
        assets.insert(key(layer), asset(layer));
    }
    if let Some(hotspots) = &entry.hotspots {
        for (name, path, kind) in [
            ("hotspots", &hotspots.geojson, "application/geo+json"),
            ("hotspots-gpkg", &hotspots.gpkg, "application/geopackage+sqlite3"),
        ] {
            let Some(path) = path else { continue };
            assets.insert(
                name.into(),
                json!({"href": format!("{UP}{path}"), "type": kind, "roles": ["data"], "title": "Hotspots"}),
            );
        }
    }
    assets.insert(
        "iso-19139".into(),
        json!({"href": format!("{UP}{}", entry.iso()), "type": "application/vnd.iso.19139+xml", "roles": ["metadata"], "title": "ISO 19115 record"}),
    );
    let mut extensions = vec![PROJECTION, RASTER, FILE];
    if entry.layers.iter().any(|l| !l.classes.is_empty()) {
        extensions.push(CLASSIFICATION);
    }
    json!({
        "type": "Feature",
        "stac_version": VERSION,
        "stac_extensions": extensions,
        "id": id,
        "geometry": polygon(bbox),
        "bbox": wrapped(bbox),
        "properties": properties,
        "links": [
            {"rel": "root", "href": "../collection.json", "type": "application/json"},
            {"rel": "parent", "href": "../collection.json", "type": "application/json"},
            {"rel": "collection", "href": "../collection.json", "type": "application/json"},
            {"rel": "license", "href": about.licence.url},
        ],
        "assets": assets,
        "collection": about.folder(),
    })
}

/// `gsp-mean`, `glosis-pexc`, `national-mean`, …
fn key(layer: &Layer) -> String {
    format!("{}-{}", layer.flavour, layer.stat.to_lowercase())
}

fn asset(layer: &Layer) -> Value {
    let mut band = Map::new();
    band.insert("name".into(), json!(layer.stat));
    band.insert("description".into(), json!(layer.description));
    band.insert("data_type".into(), json!(layer.data_type.to_lowercase()));
    band.insert("nodata".into(), json!(layer.nodata));
    if !layer.unit.is_empty() {
        band.insert("unit".into(), json!(layer.unit));
    }
    if let (Some(min), Some(max), Some(mean), Some(sd)) = (layer.min, layer.max, layer.mean, layer.sd) {
        let statistics = json!({
            "minimum": min, "maximum": max, "mean": mean, "stddev": sd, "count": layer.valid, "valid_percent": layer.valid_percent,
        });
        band.insert("statistics".into(), statistics);
    }
    band.insert("raster:sampling".into(), json!("area"));
    if !layer.classes.is_empty() {
        let classes: Vec<Value> = layer
            .classes
            .iter()
            .map(|(value, label)| json!({"value": value, "name": token(label), "description": label}))
            .collect();
        band.insert("classification:classes".into(), json!(classes));
    }
    let mut asset = Map::new();
    asset.insert("href".into(), json!(format!("{UP}{}", layer.path)));
    asset.insert("type".into(), json!(COG));
    asset.insert("title".into(), json!(layer.description));
    asset.insert("roles".into(), json!(["data"]));
    asset.insert("file:size".into(), json!(layer.bytes));
    // Multihash: function 0x12 (SHA-256), 0x20 bytes.
    asset.insert("file:checksum".into(), json!(format!("1220{}", layer.sha256)));
    asset.extend(projection(layer));
    asset.insert("bands".into(), json!([band]));
    Value::Object(asset)
}

/// The projection extension's fields: rows before columns, the transform in rasterio's order.
fn projection(layer: &Layer) -> Map<String, Value> {
    let [west, width, shear_x, north, shear_y, height] = layer.transform;
    let mut fields = Map::new();
    fields.insert("proj:code".into(), json!(layer.epsg.map(|code| format!("EPSG:{code}"))));
    fields.insert("proj:shape".into(), json!([layer.size[1], layer.size[0]]));
    fields.insert("proj:transform".into(), json!([width, shear_x, west, shear_y, height, north]));
    fields
}

/// Letters, digits, `-` and `_`, as names of classes are made of.
fn token(label: &str) -> String {
    let words: Vec<String> =
        label.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase).collect();
    words.join("_")
}

fn licence(bundle: &Bundle<'_>) -> &'static str {
    let spdx = bundle.about.licence.spdx.as_str();
    if spdx.is_empty() { "other" } else { spdx }
}

/// First and last moment of sampling.
fn interval(bundle: &Bundle<'_>) -> [String; 2] {
    let [begin, end] = bundle.about.period;
    [format!("{}T00:00:00Z", begin.first()), format!("{}T23:59:59Z", end.last())]
}

/// A box in longitudes of -180 to 180: across the antimeridian the west is greater than the east (RFC 7946, 5.2).
fn wrapped([west, south, east, north]: [f64; 4]) -> [f64; 4] {
    let turn = |x: f64| if x > 180.0 { x - 360.0 } else { x };
    [turn(west), south, turn(east), north]
}

/// The box as a polygon, counter-clockwise, cut at 180 degrees.
fn polygon([west, south, east, north]: [f64; 4]) -> Value {
    let ring =
        |west: f64, east: f64| json!([[west, south], [east, south], [east, north], [west, north], [west, south]]);
    if west < 180.0 && east > 180.0 {
        return json!({"type": "MultiPolygon", "coordinates": [[ring(west, 180.0)], [ring(-180.0, east - 360.0)]]});
    }
    let [west, _, east, _] = wrapped([west, south, east, north]);
    json!({"type": "Polygon", "coordinates": [ring(west, east)]})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_across_the_antimeridian_is_cut() {
        let shape = polygon([178.0, -19.0, 182.0, -16.0]);
        assert_eq!(shape["type"], "MultiPolygon");
        assert_eq!(shape["coordinates"][1][0][0], json!([-180.0, -19.0]));
        assert_eq!(wrapped([178.0, -19.0, 182.0, -16.0]), [178.0, -19.0, -178.0, -16.0]);
        assert_eq!(polygon([5.0, 50.0, 6.0, 51.0])["coordinates"][0][2], json!([6.0, 51.0]));
    }

    #[test]
    fn names_of_classes_are_tokens() {
        assert_eq!(token("inside the area, where the model applies"), "inside_the_area_where_the_model_applies");
    }
}

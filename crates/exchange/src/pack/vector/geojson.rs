//! GeoJSON, a feature a line.

use geo::{LineString, MultiPolygon};
use serde_json::{Value, json};

use super::Hotspot;

/// The file.
pub(super) fn text(hotspots: &[Hotspot], bbox: Option<[f64; 4]>) -> String {
    let mut out = String::from("{\"type\":\"FeatureCollection\"");
    if let Some(bbox) = bbox {
        out.push_str(&format!(",\"bbox\":{}", json!(bbox)));
    }
    out.push_str(",\"features\":[");
    for (i, hotspot) in hotspots.iter().enumerate() {
        out.push_str(if i == 0 { "\n" } else { ",\n" });
        let feature = json!({
            "type": "Feature",
            "geometry": { "type": "MultiPolygon", "coordinates": coordinates(&hotspot.lonlat) },
            "properties": Value::Object(hotspot.properties.clone()),
        });
        out.push_str(&feature.to_string());
    }
    out.push_str("\n]}\n");
    out
}

fn coordinates(shape: &MultiPolygon<f64>) -> Value {
    let ring = |ring: &LineString<f64>| ring.coords().map(|c| json!([c.x, c.y])).collect::<Value>();
    shape.iter().map(|p| std::iter::once(p.exterior()).chain(p.interiors()).map(ring).collect::<Value>()).collect()
}

//! Administrative units, for displacement that stays within one.

use std::path::Path;

use geo::{Contains, MultiPolygon, Point};

use crate::{Error, Result};

/// At most this much of a file of units is read, in bytes.
const LARGEST: u64 = 256 << 20;

/// Units with their codes.
#[derive(Debug)]
pub struct Units(Vec<(String, MultiPolygon<f64>)>);

impl Units {
    /// Polygons of a GeoJSON file (RFC 7946: degrees of WGS 84) whose property `code` names each.
    ///
    /// # Errors
    /// The file cannot be read, is larger than 256 MiB or no feature collection, a feature is no polygon or has no such property.
    pub fn read(path: &Path, code: &str) -> Result<Self> {
        let size = std::fs::metadata(path).map_err(|e| Error::unreadable(path, e))?.len();
        if size > LARGEST {
            return Err(Error::refused(path.display(), format!("it has {size} bytes"), "give units of a smaller file"));
        }
        let text = std::fs::read_to_string(path).map_err(|e| Error::unreadable(path, e))?;
        Self::parse(&text, code).map_err(|reason| Error::unreadable(path, reason))
    }

    fn parse(text: &str, code: &str) -> Result<Self, String> {
        let collection: geojson::FeatureCollection = text.parse().map_err(|e: geojson::Error| e.to_string())?;
        let mut units = Vec::new();
        for (i, feature) in collection.features.into_iter().enumerate() {
            let name = match feature.property(code) {
                Some(serde_json::Value::String(name)) => name.clone(),
                Some(serde_json::Value::Number(name)) => name.to_string(),
                _ => return Err(format!("feature {i} has no property '{}'", crate::plain(code))),
            };
            let geometry = feature.geometry.ok_or_else(|| format!("feature {i} has no geometry"))?;
            let shape = geo::Geometry::try_from(geometry).map_err(|e| format!("feature {i}: {e}"))?;
            let shape = match shape {
                geo::Geometry::Polygon(p) => MultiPolygon::new(vec![p]),
                geo::Geometry::MultiPolygon(m) => m,
                _ => return Err(format!("feature {i} is no polygon")),
            };
            units.push((name, shape));
        }
        Ok(Self(units))
    }

    /// The code of the first unit that a place (longitude, latitude) is in.
    pub fn of(&self, place: [f64; 2]) -> Option<&str> {
        self.0.iter().find(|(_, shape)| shape.contains(&Point::from(place))).map(|(code, _)| code.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_in_the_unit_around_it() {
        let text = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"c":"u1"},
            "geometry":{"type":"Polygon","coordinates":[[[5,50],[6,50],[6,51],[5,51],[5,50]]]}}]}"#;
        let units = Units::parse(text, "c").unwrap();
        assert_eq!(units.of([5.5, 50.5]), Some("u1"));
        assert_eq!(units.of([7.0, 50.5]), None);
        assert!(Units::parse(text, "d").is_err());
    }
}

//! GeoJSON as it is read for judging: shapes typed and small, so that a large file stays within memory.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// The coordinates of a geometry, to any depth the parser allows.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::check::bundle) enum Coordinates {
    /// Two numbers or more: the first two, and how many there are.
    Position([f64; 2], usize),
    /// A list of these.
    List(Vec<Coordinates>),
    /// What is neither.
    Other,
}

impl<'de> Deserialize<'de> for Coordinates {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        enum Part {
            Number(f64),
            Whole(Coordinates),
        }
        struct Parts;
        impl<'de> Visitor<'de> for Parts {
            type Value = Part;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("coordinates")
            }
            fn visit_f64<E>(self, v: f64) -> Result<Part, E> {
                Ok(Part::Number(v))
            }
            fn visit_i64<E>(self, v: i64) -> Result<Part, E> {
                Ok(Part::Number(v as f64))
            }
            fn visit_u64<E>(self, v: u64) -> Result<Part, E> {
                Ok(Part::Number(v as f64))
            }
            fn visit_unit<E>(self) -> Result<Part, E> {
                Ok(Part::Whole(Coordinates::Other))
            }
            fn visit_bool<E>(self, _: bool) -> Result<Part, E> {
                Ok(Part::Whole(Coordinates::Other))
            }
            fn visit_str<E>(self, _: &str) -> Result<Part, E> {
                Ok(Part::Whole(Coordinates::Other))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Part, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Part::Whole(Coordinates::Other))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Part, A::Error> {
                let (mut numbers, mut count, mut list) = ([0.0; 2], 0, Vec::new());
                while let Some(Raw(part)) = seq.next_element()? {
                    match part {
                        Part::Number(n) => {
                            if let Some(slot) = numbers.get_mut(count) {
                                *slot = n;
                            }
                            count += 1;
                        }
                        Part::Whole(whole) => list.push(whole),
                    }
                }
                list.shrink_to_fit();
                Ok(Part::Whole(match (count, list.is_empty()) {
                    (0, _) => Coordinates::List(list),
                    (2.., true) => Coordinates::Position(numbers, count),
                    _ => Coordinates::Other,
                }))
            }
        }
        struct Raw(Part);
        impl<'de> Deserialize<'de> for Raw {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                from.deserialize_any(Parts).map(Raw)
            }
        }
        Ok(match Raw::deserialize(from)?.0 {
            Part::Whole(whole) => whole,
            Part::Number(_) => Coordinates::Other,
        })
    }
}

/// A property: what nests is only remembered as such.
#[derive(Clone, Debug)]
pub(in crate::check::bundle) enum Flat {
    /// A plain value.
    Plain(Value),
    /// A list or an object.
    Nested,
}

impl<'de> Deserialize<'de> for Flat {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Plain;
        impl<'de> Visitor<'de> for Plain {
            type Value = Flat;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a property")
            }
            fn visit_bool<E>(self, v: bool) -> Result<Flat, E> {
                Ok(Flat::Plain(v.into()))
            }
            fn visit_f64<E>(self, v: f64) -> Result<Flat, E> {
                Ok(Flat::Plain(v.into()))
            }
            fn visit_i64<E>(self, v: i64) -> Result<Flat, E> {
                Ok(Flat::Plain(v.into()))
            }
            fn visit_u64<E>(self, v: u64) -> Result<Flat, E> {
                Ok(Flat::Plain(v.into()))
            }
            fn visit_str<E>(self, v: &str) -> Result<Flat, E> {
                Ok(Flat::Plain(v.into()))
            }
            fn visit_unit<E>(self) -> Result<Flat, E> {
                Ok(Flat::Plain(Value::Null))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Flat, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Flat::Nested)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Flat, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Flat::Nested)
            }
        }
        from.deserialize_any(Plain)
    }
}

/// A geometry.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::check::bundle) struct Shape {
    /// `Point`, `MultiPolygon`, …
    #[serde(rename = "type", default)]
    pub(in crate::check::bundle) kind: String,
    /// Absent in a collection.
    #[serde(default)]
    pub(in crate::check::bundle) coordinates: Option<Coordinates>,
    /// The parts of a collection.
    #[serde(default)]
    pub(in crate::check::bundle) geometries: Option<Vec<Shape>>,
}

/// A feature.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::check::bundle) struct Feature {
    /// `Feature`.
    #[serde(rename = "type", default)]
    pub(in crate::check::bundle) kind: String,
    /// `Some(None)` where it is null, `None` where it is absent.
    #[serde(default, deserialize_with = "present")]
    pub(in crate::check::bundle) geometry: Option<Option<Shape>>,
    /// `Some(None)` where they are null, `None` where they are absent.
    #[serde(default, deserialize_with = "present")]
    pub(in crate::check::bundle) properties: Option<Option<BTreeMap<String, Flat>>>,
    /// Members that a feature must not have.
    #[serde(default, alias = "coordinates", alias = "geometries", alias = "features")]
    foreign: Option<IgnoredAny>,
    /// The old way of naming a coordinate system.
    #[serde(default)]
    crs: Option<IgnoredAny>,
    /// Text or a number, or absent.
    #[serde(default)]
    pub(in crate::check::bundle) id: Option<Flat>,
    /// Its box.
    #[serde(default)]
    pub(in crate::check::bundle) bbox: Option<Vec<f64>>,
}

fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// A collection of features.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::check::bundle) struct Collection {
    /// `FeatureCollection`.
    #[serde(rename = "type", default)]
    pub(in crate::check::bundle) kind: String,
    /// Its features.
    #[serde(default)]
    pub(in crate::check::bundle) features: Option<Vec<Feature>>,
    /// Its box.
    #[serde(default)]
    pub(in crate::check::bundle) bbox: Option<Vec<f64>>,
    /// The old way of naming a coordinate system.
    #[serde(default)]
    crs: Option<IgnoredAny>,
    /// Members that a collection must not have.
    #[serde(default, alias = "geometry", alias = "coordinates", alias = "geometries", alias = "properties")]
    foreign: Option<IgnoredAny>,
}

impl Collection {
    /// Whether it or a feature of it has a member `crs`.
    pub(in crate::check::bundle) fn has_crs(&self) -> bool {
        self.crs.is_some() || self.features.iter().flatten().any(|f| f.crs.is_some())
    }

    /// Whether it has members that belong to other types.
    pub(in crate::check::bundle) fn has_foreign(&self) -> bool {
        self.foreign.is_some()
    }
}

impl Feature {
    /// Whether it has members that belong to other types.
    pub(in crate::check::bundle) fn has_foreign(&self) -> bool {
        self.foreign.is_some()
    }

    /// A property that is text.
    pub(in crate::check::bundle) fn text(&self, name: &str) -> Option<&str> {
        match self.properties.as_ref()?.as_ref()?.get(name)? {
            Flat::Plain(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// A property that is a number.
    pub(in crate::check::bundle) fn number(&self, name: &str) -> Option<f64> {
        match self.properties.as_ref()?.as_ref()?.get(name)? {
            Flat::Plain(value) => value.as_f64(),
            Flat::Nested => None,
        }
    }

    /// Its properties as JSON; what nests is an empty object.
    pub(in crate::check::bundle) fn properties_json(&self) -> Value {
        let of = |flat: &Flat| match flat {
            Flat::Plain(value) => value.clone(),
            Flat::Nested => Value::Object(serde_json::Map::new()),
        };
        match &self.properties {
            Some(Some(all)) => Value::Object(all.iter().map(|(k, v)| (k.clone(), of(v))).collect()),
            _ => Value::Null,
        }
    }
}

/// A ring or line: positions.
pub(in crate::check::bundle) type Line = Vec<[f64; 2]>;

/// The lines of a list of positions; `None` where an entry is no position.
pub(in crate::check::bundle) fn line(of: &Coordinates) -> Option<Line> {
    let Coordinates::List(list) = of else { return None };
    list.iter()
        .map(|c| match c {
            Coordinates::Position(at, _) => Some(*at),
            _ => None,
        })
        .collect()
}

impl Shape {
    /// Its polygons (each a list of rings); `None` where its coordinates are not those of its type.
    pub(in crate::check::bundle) fn polygons(&self) -> Option<Vec<Vec<Line>>> {
        let rings = |of: &Coordinates| match of {
            Coordinates::List(list) => list.iter().map(line).collect::<Option<Vec<_>>>(),
            _ => None,
        };
        match (self.kind.as_str(), &self.coordinates) {
            ("Polygon", Some(c)) => Some(vec![rings(c)?]),
            ("MultiPolygon", Some(Coordinates::List(list))) => list.iter().map(rings).collect(),
            ("GeometryCollection", None) => {
                let parts = self.geometries.as_ref()?.iter().map(Self::polygons).collect::<Option<Vec<_>>>()?;
                Some(parts.into_iter().flatten().collect())
            }
            ("Point" | "MultiPoint" | "LineString" | "MultiLineString", _) => Some(Vec::new()),
            _ => None,
        }
    }
}

/// Judged on the text itself: how many numbers within `coordinates` and `bbox` have more than
/// `most` decimals, and the first of them.
pub(in crate::check::bundle) fn too_precise(text: &str, most: usize) -> (u64, Option<String>) {
    let bytes = text.as_bytes();
    let (mut at, mut count, mut first, mut inside, mut key) = (0, 0, None, 0_u32, false);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                let from = at + 1;
                at += 1;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += 1 + usize::from(bytes[at] == b'\\');
                }
                let name = bytes.get(from..at.min(bytes.len())).unwrap_or_default();
                key = inside == 0 && matches!(name, b"coordinates" | b"bbox");
            }
            b'[' if key || inside > 0 => {
                inside += 1;
                key = false;
            }
            b']' if inside > 0 => inside -= 1,
            b'-' | b'0'..=b'9' if inside > 0 => {
                let from = at;
                while at < bytes.len() && matches!(bytes[at], b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E') {
                    at += 1;
                }
                let number = &text[from..at];
                if decimals(number) > most as i64 {
                    count += 1;
                    first.get_or_insert_with(|| number.chars().take(40).collect());
                }
                continue;
            }
            b':' | b' ' | b'\t' | b'\n' | b'\r' => {}
            _ => key = false,
        }
        at += 1;
    }
    (count, first)
}

/// Decimals a number is written with.
fn decimals(number: &str) -> i64 {
    let (digits, power) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let after = digits.split_once('.').map_or(0, |(_, after)| after.len() as i64);
    after.saturating_sub(power.parse().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_those_of_the_text() {
        assert_eq!(
            [decimals("1.5"), decimals("-1"), decimals("1.5e-8"), decimals("1.25e2"), decimals("1.50000000")],
            [1, 0, 9, 0, 8]
        );
        let text = r#"{"bbox":[1.12345678,2],"properties":{"a":1.123456789,"t":"[0.123456789]"},"coordinates":[[1.1234567,2.00000000001]]}"#;
        assert_eq!(too_precise(text, 7), (2, Some("1.12345678".to_owned())));
    }

    #[test]
    fn shapes_are_read_and_what_is_none_is_none() {
        let of = |text: &str| serde_json::from_str::<Coordinates>(text).unwrap();
        assert_eq!(of("[1,2,3]"), Coordinates::Position([1.0, 2.0], 3));
        assert_eq!(
            of("[[1,2],[\"a\",2]]"),
            Coordinates::List(vec![Coordinates::Position([1.0, 2.0], 2), Coordinates::Other])
        );
        assert_eq!(of("[1]"), Coordinates::Other);
        assert_eq!(of("null"), Coordinates::Other);
    }
}

//! T001: Items and Collections as STAC 1.1.0 and its extensions have them. The published JSON schemas are not run; these are their rules.

use serde_json::{Map, Value};

use crate::check::Findings;
use crate::check::bundle::shown::shown;

/// What every finding of T001 expects.
pub(super) const EXPECTED: &str =
    "STAC 1.1.0 and the declared extensions (judged by rules, the schemas themselves are not run)";

/// Prefixes of extensions that are judged, and the address that declares them begins with.
const PREFIXES: [(&str, &str); 4] = [
    ("proj:", "https://stac-extensions.github.io/projection/v2."),
    ("raster:", "https://stac-extensions.github.io/raster/v2."),
    ("file:", "https://stac-extensions.github.io/file/v2."),
    ("classification:", "https://stac-extensions.github.io/classification/v"),
];

/// Types of data in a band.
const DATA_TYPES: [&str; 16] = [
    "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64",
    "cint16", "cint32", "cfloat32", "cfloat64", "other",
];

/// Judges one document, gathering what is wrong under its path.
pub(super) struct Judge<'a> {
    /// The file.
    pub(super) path: &'a str,
    /// Where to.
    pub(super) findings: &'a mut Findings,
}

/// A list of numbers that are finite.
pub(super) fn numbers(value: &Value) -> Option<Vec<f64>> {
    value.as_array()?.iter().map(Value::as_f64).collect()
}

/// A time of RFC 3339 in UTC, as STAC writes it.
fn is_time(value: &Value) -> bool {
    value.as_str().is_some_and(|t| {
        (t.ends_with('Z') || t.ends_with("+00:00"))
            && t.get(10..11) == Some("T")
            && t.parse::<jiff::Timestamp>().is_ok()
    })
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|t| !t.is_empty())
}

impl Judge<'_> {
    pub(super) fn wrong(&mut self, place: &str, found: &str) {
        self.findings.add("T001", self.path, place, shown(found), EXPECTED);
    }

    fn is(&mut self, of: &Map<String, Value>, place: &str, name: &str, required: bool, right: impl Fn(&Value) -> bool) {
        match of.get(name) {
            None if required => self.wrong(place, &format!("no {name}")),
            Some(value) if !right(value) => self.wrong(place, &format!("{name}: {value}")),
            _ => {}
        }
    }

    /// An Item, a Collection or a Catalog; its type.
    pub(super) fn document(&mut self, value: &Value) -> Option<String> {
        let Some(of) = value.as_object() else {
            self.wrong("", "no JSON object");
            return None;
        };
        let kind = of.get("type").and_then(Value::as_str).unwrap_or("").to_owned();
        self.is(of, "", "stac_version", true, |v| v == "1.1.0");
        self.is(of, "", "id", true, is_text);
        self.is(of, "", "links", true, Value::is_array);
        self.is(of, "", "stac_extensions", false, |v| {
            let all = v.as_array().map_or(&[][..], Vec::as_slice);
            v.is_array()
                && all
                    .iter()
                    .enumerate()
                    .all(|(i, e)| e.as_str().is_some_and(|e| e.contains("://")) && !all[..i].contains(e))
        });
        for (i, link) in of.get("links").and_then(Value::as_array).into_iter().flatten().enumerate() {
            self.link(&format!("link {}", i + 1), link);
        }
        match kind.as_str() {
            "Feature" => self.item(of),
            "Collection" => self.collection(of),
            "Catalog" => self.is(of, "", "description", true, is_text),
            other => self.wrong("type", other),
        }
        self.extensions(of);
        Some(kind)
    }

    fn link(&mut self, place: &str, link: &Value) {
        let Some(of) = link.as_object() else { return self.wrong(place, "no object") };
        self.is(of, place, "href", true, is_text);
        self.is(of, place, "rel", true, is_text);
        for name in ["type", "title", "method"] {
            self.is(of, place, name, false, Value::is_string);
        }
    }

    fn item(&mut self, of: &Map<String, Value>) {
        self.is(of, "", "geometry", true, |v| v.is_null() || is_geometry(v));
        let placed = of.get("geometry").is_some_and(|g| !g.is_null());
        match of.get("bbox") {
            None if placed => self.wrong("", "a geometry without bbox"),
            Some(bbox) if !is_box(bbox) => self.wrong("bbox", &bbox.to_string()),
            _ => {}
        }
        let linked = of
            .get("links")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .any(|l| l.get("rel").is_some_and(|r| r == "collection"));
        match (of.get("collection"), linked) {
            (None, true) => self.wrong("collection", "a link to the collection, but no member 'collection'"),
            (Some(v), true) if !is_text(v) => self.wrong("collection", &v.to_string()),
            (Some(_), false) => self.wrong("collection", "a member 'collection', but no link to it"),
            _ => {}
        }
        match of.get("properties").and_then(Value::as_object) {
            None => self.wrong("", "no properties"),
            Some(properties) => {
                // Null asks for a period: T003.
                self.is(properties, "properties", "datetime", true, |v| v.is_null() || is_time(v));
                self.common(properties, "properties");
            }
        }
        match of.get("assets").and_then(Value::as_object) {
            None => self.wrong("", "no assets"),
            Some(assets) => assets.iter().for_each(|(name, asset)| self.asset(name, asset)),
        }
    }

    /// Members of any object that STAC knows everywhere.
    fn common(&mut self, of: &Map<String, Value>, place: &str) {
        for name in ["created", "updated", "start_datetime", "end_datetime"] {
            self.is(of, place, name, false, |v| is_time(v) || (v.is_null() && name.ends_with("_datetime")));
        }
        for name in ["title", "description", "license", "platform", "mission", "unit"] {
            self.is(of, place, name, false, Value::is_string);
        }
        self.is(of, place, "gsd", false, |v| v.as_f64().is_some_and(|g| g > 0.0));
        self.is(of, place, "keywords", false, |v| v.as_array().is_some_and(|a| a.iter().all(Value::is_string)));
        self.is(of, place, "data_type", false, |v| v.as_str().is_some_and(|t| DATA_TYPES.contains(&t)));
        self.is(of, place, "nodata", false, |v| {
            v.is_number() || v.as_str().is_some_and(|t| ["nan", "inf", "-inf"].contains(&t))
        });
        self.is(of, place, "statistics", false, |v| {
            let known = ["minimum", "maximum", "mean", "stddev", "count", "valid_percent"];
            v.as_object()
                .is_some_and(|s| !s.is_empty() && s.iter().all(|(k, v)| known.contains(&k.as_str()) && v.is_number()))
        });
        for (i, provider) in of.get("providers").and_then(Value::as_array).into_iter().flatten().enumerate() {
            self.provider(&format!("{place}, provider {}", i + 1), provider);
        }
        match of.get("bands") {
            Some(Value::Array(bands)) if !bands.is_empty() => {
                for (i, band) in bands.iter().enumerate() {
                    let place = format!("{place}, band {}", i + 1);
                    match band.as_object().filter(|b| !b.is_empty()) {
                        Some(band) => {
                            self.is(band, &place, "name", false, is_text);
                            self.common(band, &place);
                        }
                        None => self.wrong(&place, "no object, or an empty one"),
                    }
                }
            }
            Some(other) => self.wrong(place, &format!("bands: {other}")),
            None => {}
        }
    }

    fn provider(&mut self, place: &str, provider: &Value) {
        let Some(of) = provider.as_object() else { return self.wrong(place, "no object") };
        self.is(of, place, "name", true, is_text);
        self.is(of, place, "url", false, Value::is_string);
        self.is(of, place, "roles", false, |v| {
            let known = ["producer", "licensor", "processor", "host"];
            v.as_array().is_some_and(|a| a.iter().all(|r| r.as_str().is_some_and(|r| known.contains(&r))))
        });
    }

    fn asset(&mut self, name: &str, asset: &Value) {
        let place = format!("asset {}", shown(name));
        let Some(of) = asset.as_object() else { return self.wrong(&place, "no object") };
        self.is(of, &place, "href", true, is_text);
        self.is(of, &place, "type", false, Value::is_string);
        self.is(of, &place, "roles", false, |v| v.as_array().is_some_and(|a| a.iter().all(is_text)));
        self.common(of, &place);
    }

    fn collection(&mut self, of: &Map<String, Value>) {
        self.is(of, "", "description", true, is_text);
        // Which words it may be is T004's.
        self.is(of, "", "license", true, Value::is_string);
        self.common(of, "");
        let spatial = of.get("extent").and_then(|e| e.pointer("/spatial/bbox")).and_then(Value::as_array);
        if spatial.is_none_or(|boxes| boxes.is_empty() || !boxes.iter().all(is_box)) {
            self.wrong("extent", "no spatial bbox of four or six numbers");
        }
        let temporal = of.get("extent").and_then(|e| e.pointer("/temporal/interval")).and_then(Value::as_array);
        let interval = |v: &Value| {
            let ends = v.as_array().filter(|a| a.len() == 2);
            ends.is_some_and(|a| a.iter().all(|t| t.is_null() || is_time(t)) && !a.iter().all(Value::is_null))
        };
        if temporal.is_none_or(|all| all.is_empty() || !all.iter().all(interval)) {
            self.wrong("extent", "no temporal interval of two times");
        }
        self.is(of, "", "summaries", false, Value::is_object);
        match of.get("assets") {
            Some(Value::Object(assets)) => assets.iter().for_each(|(name, asset)| self.asset(name, asset)),
            Some(other) => self.wrong("assets", &other.to_string()),
            None => {}
        }
    }

    /// Members of extensions: declared, known and of their type, in the document, its properties, its assets and their bands.
    fn extensions(&mut self, of: &Map<String, Value>) {
        let declared: Vec<&str> = of
            .get("stac_extensions")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let mut places: Vec<(String, &Map<String, Value>)> = Vec::new();
        places.extend(of.get("properties").and_then(Value::as_object).map(|p| ("properties".to_owned(), p)));
        for (name, asset) in of.get("assets").and_then(Value::as_object).into_iter().flatten() {
            let Some(asset) = asset.as_object() else { continue };
            for (i, band) in asset.get("bands").and_then(Value::as_array).into_iter().flatten().enumerate() {
                places.extend(band.as_object().map(|b| (format!("asset {}, band {}", shown(name), i + 1), b)));
            }
            places.push((format!("asset {}", shown(name)), asset));
        }
        for (place, members) in places {
            for (name, value) in members {
                let Some((prefix, address)) = PREFIXES.into_iter().find(|(prefix, _)| name.starts_with(prefix)) else {
                    continue;
                };
                // Used with projection 2 it is T007's.
                if name == "proj:epsg" {
                    continue;
                }
                if !declared.iter().any(|d| d.starts_with(address)) {
                    self.wrong(&place, &format!("{name}, whose extension is not declared"));
                } else if member(name, value) == Some(false)
                    || (member(name, value).is_none() && prefix != "classification:")
                {
                    self.wrong(&place, &format!("{name}: {value}"));
                }
            }
        }
    }
}

/// Whether a member of an extension is what it may be; `None` where the extension has no such member.
fn member(name: &str, value: &Value) -> Option<bool> {
    let count = |n: &[usize]| numbers(value).is_some_and(|v| n.contains(&v.len()));
    let whole = |least: i64| value.as_i64().is_some_and(|n| n >= least);
    let text_or_null = value.is_null() || is_text(value);
    Some(match name {
        "proj:code" => {
            value.is_null()
                || value
                    .as_str()
                    .is_some_and(|c| c.split_once(':').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty()))
        }
        "proj:wkt2" => text_or_null,
        "proj:projjson" => value.is_null() || value.is_object(),
        "proj:geometry" => is_geometry(value),
        "proj:bbox" => count(&[4, 6]),
        "proj:centroid" => ["lat", "lon"].iter().all(|k| value.get(k).is_some_and(Value::is_number)),
        "proj:shape" => value.as_array().is_some_and(|a| a.len() == 2 && a.iter().all(Value::is_u64)),
        "proj:transform" => count(&[6, 9]),
        "raster:sampling" => value.as_str().is_some_and(|s| ["area", "point"].contains(&s)),
        "raster:bits_per_sample" => whole(1),
        "raster:spatial_resolution" => value.as_f64().is_some_and(|r| r > 0.0),
        "raster:scale" | "raster:offset" => value.is_number(),
        "raster:histogram" => ["count", "min", "max", "buckets"].iter().all(|k| value.get(k).is_some()),
        "file:byte_order" => value.as_str().is_some_and(|s| ["big-endian", "little-endian"].contains(&s)),
        // Whether it is right is T005's.
        "file:checksum" => value.is_string(),
        "file:size" => value.is_number(),
        "file:header_size" => whole(0),
        "file:values" => value.as_array().is_some_and(|a| !a.is_empty()),
        "file:local_path" => is_text(value),
        _ => return None,
    })
}

fn is_box(value: &Value) -> bool {
    let of = match numbers(value).as_deref() {
        Some([w, s, e, n] | [w, s, _, e, n, _]) => [*w, *s, *e, *n],
        _ => return false,
    };
    of[0].abs() <= 180.0 && of[2].abs() <= 180.0 && of[1] <= of[3] && of[1].abs() <= 90.0 && of[3].abs() <= 90.0
}

/// Whether a value has the shape of a GeoJSON geometry.
fn is_geometry(value: &Value) -> bool {
    fn depth(of: &Value) -> Option<usize> {
        let list = of.as_array()?;
        match list.first() {
            Some(Value::Number(_)) => (list.len() >= 2 && list.iter().all(Value::is_number)).then_some(0),
            Some(first) => {
                let first = depth(first)?;
                list.iter().all(|c| depth(c) == Some(first)).then_some(first + 1)
            }
            None => None,
        }
    }
    let wanted = match value.get("type").and_then(Value::as_str) {
        Some("Point") => 0,
        Some("MultiPoint" | "LineString") => 1,
        Some("MultiLineString" | "Polygon") => 2,
        Some("MultiPolygon") => 3,
        Some("GeometryCollection") => return value.get("geometries").is_some_and(Value::is_array),
        _ => return false,
    };
    value.get("coordinates").and_then(depth) == Some(wanted)
}

//! Rules V, M and T, each broken in the good bundle.

use std::fs;
use std::path::Path;

use gdal::{Dataset, DatasetOptions, GdalOpenFlags};
use serde_json::{Value, json};

use super::good::{MAPSET, alter, get_json, put, replace};
use super::good_records::write_geopackage;
use super::mutation::{Mutation, Seal};

const GEOJSON: &str = "vector/LUX_GSPolmap_Cd_hotspots_0-30.geojson";
const GPKG: &str = "vector/LUX_GSPolmap_Cd_hotspots_0-30.gpkg";
const ISO: &str = "metadata/iso/LU-GSPOL-CAD-2024.xml";
const ITEM: &str = "metadata/stac/LU-GSPOL-CAD-2024/LU-GSPOL-CAD-2024.json";
const COLLECTION: &str = "metadata/stac/collection.json";

/// Alters both forms of the hotspots.
pub(crate) fn hotspots(root: &Path, change: impl FnOnce(&mut Value)) {
    alter(root, GEOJSON, change);
    write_geopackage(&root.join(GPKG), &get_json(root, GEOJSON));
}

fn first(collection: &mut Value) -> &mut Value {
    &mut collection["features"][0]
}

/// Runs statements on a GeoPackage.
pub(crate) fn sql(root: &Path, package: &str, statements: &[&str]) {
    let options = DatasetOptions {
        open_flags: GdalOpenFlags::GDAL_OF_UPDATE | GdalOpenFlags::GDAL_OF_VECTOR,
        ..DatasetOptions::default()
    };
    let dataset = Dataset::open_ex(root.join(package), options).unwrap();
    for statement in statements {
        dataset.execute_sql(statement, None, gdal::vector::sql::Dialect::DEFAULT).unwrap();
    }
    dataset.close().unwrap();
}

/// Overwrites bytes of the GeoPackage.
fn bytes(root: &Path, at: usize, with: &[u8]) {
    let path = root.join(GPKG);
    let mut all = fs::read(&path).unwrap();
    all[at..at + with.len()].copy_from_slice(with);
    fs::write(path, all).unwrap();
}

/// Moves the ring of the first hotspot.
fn ring(root: &Path, of: Value) {
    hotspots(root, |c| {
        first(c)["geometry"]["coordinates"][0][0] = of;
    });
}

pub(crate) const VECTORS: &[Mutation] = &[
    Mutation::new("V001", "a crs member", |root| {
        alter(root, GEOJSON, |c| {
            c["crs"] = json!({"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}})
        });
    }),
    Mutation::new("V001", "latitude first", |root| {
        alter(root, GEOJSON, |c| {
            for feature in c["features"].as_array_mut().unwrap() {
                for ring in feature["geometry"]["coordinates"]
                    .as_array_mut()
                    .unwrap()
                    .iter_mut()
                    .flat_map(|p| p.as_array_mut().unwrap())
                {
                    let ring = ring.as_array_mut().unwrap();
                    for position in ring.iter_mut() {
                        *position = json!([position[1], position[0]]);
                    }
                    // Turned, a ring runs the other way, which is V002's.
                    ring.reverse();
                }
            }
            let b = c["bbox"].clone();
            c["bbox"] = json!([b[1], b[0], b[3], b[2]]);
            for feature in c["features"].as_array_mut().unwrap() {
                let area = super::good_records::area(&feature["geometry"]);
                feature["properties"]["area_m2"] = area.into();
            }
        });
    }),
    Mutation::new("V001", "no features at all", |root| {
        alter(root, GEOJSON, |c| {
            c["type"] = "Features".into();
        });
    }),
    Mutation::new("V001", "a bbox beside its features", |root| {
        alter(root, GEOJSON, |c| c["bbox"] = json!([1, 2, 3, 4]))
    }),
    Mutation::new("V002", "an exterior ring that runs clockwise", |root| {
        alter(root, GEOJSON, |c| first(c)["geometry"]["coordinates"][0][0].as_array_mut().unwrap().reverse());
    }),
    Mutation::new("V002", "a ring that is not closed", |root| {
        alter(root, GEOJSON, |c| {
            first(c)["geometry"]["coordinates"][0][0][4] = json!([6.0, 49.9]);
            let area = super::good_records::area(&first(c)["geometry"]);
            first(c)["properties"]["area_m2"] = area.into();
        });
    }),
    Mutation::new("V002", "a bow tie", |root| {
        alter(root, GEOJSON, |c| {
            // An hourglass: its two halves run round in opposite ways, one larger than the other.
            first(c)["geometry"]["coordinates"][0][0] =
                json!([[6.0, 49.8], [6.1, 49.8], [6.02, 49.9], [6.08, 49.9], [6.0, 49.8]]);
            let area = super::good_records::area(&first(c)["geometry"]);
            first(c)["properties"]["area_m2"] = area.into();
        });
    }),
    Mutation::new("V003", "eight decimals", |root| {
        let text = fs::read_to_string(root.join(GEOJSON)).unwrap();
        let at = text.find("\"coordinates\":[[[[").unwrap() + 18;
        let end = at + text[at..].find(',').unwrap();
        let number = text[at..end].to_owned();
        let dot = number.find('.').unwrap();
        put(root, GEOJSON, &text.replace(&number, &format!("{:0<width$}", number, width = dot + 9)));
    }),
    Mutation::new("V004", "a polygon across longitude 180", |root| {
        ring(root, json!([[179.9, 49.8], [-179.9, 49.8], [-179.9, 49.9], [179.9, 49.9], [179.9, 49.8]]));
        hotspots(root, |c| {
            let edge = [-180.0, 49.4, 180.0, 49.95];
            c["bbox"] = json!(edge);
            let whole = json!({"type": "MultiPolygon", "coordinates": [[[[0.0, 49.8], [0.2, 49.8], [0.2, 49.9], [0.0, 49.9], [0.0, 49.8]]]]});
            first(c)["properties"]["area_m2"] = super::good_records::area(&whole).into();
        });
    }),
    Mutation::new("V005", "no method", |root| {
        hotspots(root, |c| {
            first(c)["properties"].as_object_mut().unwrap().remove("method");
        });
    }),
    Mutation::new("V005", "a support that is none", |root| {
        hotspots(root, |c| first(c)["properties"]["support"] = "guessed".into())
    }),
    Mutation::new("V006", "a planar area in degrees turned to metres", |root| {
        hotspots(root, |c| {
            let area = first(c)["properties"]["area_m2"].as_f64().unwrap();
            first(c)["properties"]["area_m2"] = (area * 1.0025).into();
        });
    }),
    Mutation::new("V007", "another application id", |root| bytes(root, 68, b"GP10")),
    Mutation::new("V007", "an old user version", |root| bytes(root, 60, &10_200_u32.to_be_bytes())),
    Mutation::new("V007", "no extent", |root| sql(root, GPKG, &["UPDATE gpkg_contents SET min_x = NULL"])),
    Mutation::new("V007", "no time of change", |root| sql(root, GPKG, &["UPDATE gpkg_contents SET last_change = ''"])),
    Mutation::new("V007", "a trigger", |root| {
        sql(root, GPKG, &["CREATE TRIGGER more AFTER INSERT ON hotspots BEGIN DELETE FROM hotspots; END"]);
    }),
    Mutation::new("V008", "a hotspot less in the GeoPackage", |root| {
        sql(root, GPKG, &["DELETE FROM hotspots WHERE fid = 2"])
    }),
    Mutation::new("V008", "another id in the GeoPackage", |root| {
        sql(root, GPKG, &["UPDATE hotspots SET hotspot_id = 'LUX-Cd-0009' WHERE fid = 2"]);
    }),
    Mutation::new("V009", "a threshold that nobody set", |root| {
        hotspots(root, |c| first(c)["properties"]["threshold_source"] = "".into())
    }),
    Mutation::new("V009", "a threshold for another land use", |root| {
        hotspots(root, |c| first(c)["properties"]["threshold_land_use"] = "grassland_extensive".into());
    }),
];

/// Takes an element with all that is in it out of the record.
fn remove(root: &Path, element: &str) {
    let text = fs::read_to_string(root.join(ISO)).unwrap();
    let (open, close) = (format!("<gmd:{element}>"), format!("</gmd:{element}>"));
    let from = text.find(&open).unwrap();
    let to = from + text[from..].find(&close).unwrap() + close.len();
    put(root, ISO, &format!("{}{}", &text[..from], &text[to..]));
}

fn iso(root: &Path, from: &str, to: &str) {
    replace(root, ISO, from, to);
}

pub(crate) const RECORDS: &[Mutation] = &[
    Mutation::new("M001", "not well-formed", |root| iso(root, "</gmd:MD_Metadata>", "")),
    Mutation::new("M001", "the abstract before the citation", |root| {
        let text = fs::read_to_string(root.join(ISO)).unwrap();
        let from = text.find("<gmd:abstract>").unwrap();
        let to = text.find("</gmd:abstract>").unwrap() + 15;
        let part = text[from..to].to_owned();
        let rest = format!("{}{}", &text[..from], &text[to..]);
        put(root, ISO, &rest.replacen("<gmd:citation>", &format!("{part}<gmd:citation>"), 1));
    }),
    Mutation::new("M001", "an element that no schema has", |root| {
        iso(root, "<gmd:abstract>", "<gmd:summary/><gmd:abstract>")
    }),
    Mutation::new("M001", "a period without gml:id", |root| iso(root, &format!(" gml:id=\"period-{MAPSET}\""), "")),
    Mutation::new("M001", "an entity", |root| {
        iso(root, "<gmd:MD_Metadata ", "<!DOCTYPE x [<!ENTITY a \"b\">]><gmd:MD_Metadata ");
    }),
    Mutation::new("M002", "no status", |root| remove(root, "status")),
    Mutation::new("M002", "a short abstract", |root| {
        iso(root, "with the standard deviation of the prediction, the probability that a threshold is exceeded and", "")
    }),
    Mutation::new("M002", "a code that is in no list", |root| {
        iso(root, "codeListValue=\"completed\">completed", "codeListValue=\"finished\">finished");
    }),
    Mutation::new("M002", "an empty title", |root| {
        iso(root, "Cadmium (Luxembourg - mg/kg - 30 arc seconds - 2024)", "");
    }),
    Mutation::new("M003", "an identifier that is no UUID", |root| {
        iso(root, "0f8fad5b-d9cb-869f-a165-70867728950e", "record-1")
    }),
    Mutation::new("M004", "a period from late to early", |root| {
        iso(root, "<gml:beginPosition>2021-04-01", "<gml:beginPosition>2023-11-30")
    }),
    Mutation::new("M004", "published before the period ends", |root| {
        let text = fs::read_to_string(root.join(ISO)).unwrap();
        let at = text.rfind("<gco:Date>2024-05-01</gco:Date></gmd:date><gmd:dateType><gmd:CI_DateTypeCode").unwrap();
        put(root, ISO, &format!("{}{}", &text[..at], text[at..].replacen("2024-05-01", "2022-05-01", 1)));
    }),
    Mutation::new("M005", "a box two cells further west", |root| {
        iso(root, "<gmd:westBoundLongitude><gco:Decimal>5.7", "<gmd:westBoundLongitude><gco:Decimal>5.6");
    }),
    Mutation::new("M006", "a licence of no list", |root| iso(root, ">CC BY<", ">All rights reserved<")),
    Mutation::new("M006", "another licence than STAC and bundle.json have", |root| iso(root, ">CC BY<", ">CC BY-SA<")),
    Mutation::new("M007", "another reference system", |root| {
        iso(root, "<gco:CharacterString>4326</gco:CharacterString>", "<gco:CharacterString>4258</gco:CharacterString>");
    }),
    Mutation::new("M008", "a lineage without validation", |root| {
        iso(root, "Validation: ten-fold cross-validation. ", "")
    }),
    Mutation::new("M008", "a lineage without the version", |root| {
        iso(root, "Software: soilscope 0.1.0.", "Software: soilscope.")
    }),
    Mutation::new("M009", "a bare date as a time", |root| {
        iso(
            root,
            "<gmd:dateStamp><gco:Date>2024-05-01</gco:Date>",
            "<gmd:dateStamp><gco:DateTime>2024-05-01</gco:DateTime>",
        );
    }),
    Mutation::new("M010", "the presentation form beside the citation", |root| {
        let text = fs::read_to_string(root.join(ISO)).unwrap();
        let from = text.find("<gmd:presentationForm>").unwrap();
        let to = text.find("</gmd:presentationForm>").unwrap() + 23;
        let part = text[from..to].to_owned();
        let rest = format!("{}{}", &text[..from], &text[to..]);
        put(root, ISO, &rest.replacen("<gmd:abstract>", &format!("{part}<gmd:abstract>"), 1));
    }),
    Mutation::new("M011", "a WMS labelled WMTS", |root| {
        iso(
            root,
            "https://soil.example.org/lux",
            "https://soil.example.org/ows?service=WMS&amp;request=GetCapabilities",
        );
        let text = fs::read_to_string(root.join(ISO)).unwrap();
        put(root, ISO, &text.replacen("WWW:LINK-1.0-http--link", "OGC:WMTS", 1));
    }),
    Mutation::new("M012", "a local host", |root| {
        iso(root, "https://soil.example.org/lux", "http://localhost:8080/lux")
    }),
    Mutation::new("M013", "no theme of INSPIRE", |root| {
        iso(root, "GEMET - INSPIRE themes, version 1.0", "A thesaurus of soils")
    }),
];

/// Alters the Item.
fn item(root: &Path, change: impl FnOnce(&mut Value)) {
    alter(root, ITEM, change);
}

const MEAN: &str = "lu-gspol-cad-2024-0-30-mean";

pub(crate) const CATALOGUE: &[Mutation] = &[
    Mutation::new("T001", "an older version of STAC", |root| item(root, |i| i["stac_version"] = "1.0.0".into())),
    Mutation::new("T001", "an Item without links", |root| {
        item(root, |i| {
            i.as_object_mut().unwrap().remove("links");
        });
    }),
    Mutation::new("T001", "a band type that is none", |root| {
        item(root, |i| i["assets"][MEAN]["bands"][0]["data_type"] = "Float32".into())
    }),
    Mutation::new("T001", "an extension used and not declared", |root| {
        item(root, |i| {
            i["stac_extensions"].as_array_mut().unwrap().remove(1);
        });
    }),
    Mutation::new("T001", "a Collection without extent", |root| {
        alter(root, COLLECTION, |c| {
            c.as_object_mut().unwrap().remove("extent");
        });
    }),
    Mutation::new("T001", "a link that leads out of the bundle", |root| {
        alter(root, COLLECTION, |c| {
            c["links"].as_array_mut().unwrap().push(json!({"rel": "about", "href": "../../../../etc/passwd"}))
        });
    }),
    Mutation::new("T002", "columns before rows", |root| {
        item(root, |i| i["assets"][MEAN]["proj:shape"] = json!([96, 90]))
    }),
    Mutation::new("T002", "GDAL's order of the transform", |root| {
        item(root, |i| {
            let t = i["assets"][MEAN]["proj:transform"].clone();
            i["assets"][MEAN]["proj:transform"] = json!([t[2], t[0], t[1], t[5], t[3], t[4]]);
        });
    }),
    Mutation::new("T002", "another code", |root| item(root, |i| i["assets"][MEAN]["proj:code"] = "EPSG:4258".into())),
    Mutation::new("T003", "no end of the period", |root| {
        item(root, |i| {
            i["properties"].as_object_mut().unwrap().remove("end_datetime");
        });
    }),
    Mutation::new("T004", "a licence that is no SPDX expression", |root| {
        item(root, |i| i["properties"]["license"] = "proprietary".into())
    }),
    Mutation::new("T004", "other, without a link", |root| item(root, |i| i["properties"]["license"] = "other".into())),
    Mutation::new("T005", "the checksum of something else", |root| {
        item(root, |i| i["assets"][MEAN]["file:checksum"] = format!("1220{}", "0".repeat(64)).into());
    })
    .sealed(Seal::Manifest),
    Mutation::new("T005", "a size too small", |root| item(root, |i| i["assets"][MEAN]["file:size"] = 12.into()))
        .sealed(Seal::Manifest),
    Mutation::new("T005", "a checksum without its kind", |root| {
        item(root, |i| i["assets"][MEAN]["file:checksum"] = "0".repeat(64).into());
    })
    .sealed(Seal::Manifest),
    Mutation::new("T006", "an absolute address", |root| {
        item(root, |i| i["assets"][MEAN]["href"] = "https://soil.example.org/mean.tif".into());
    }),
    Mutation::new("T006", "a virtual file system", |root| {
        item(root, |i| i["assets"][MEAN]["href"] = "/vsicurl/http://soil.example.org/mean.tif".into());
    }),
    Mutation::new("T007", "proj:epsg", |root| item(root, |i| i["properties"]["proj:epsg"] = 4326.into())),
];

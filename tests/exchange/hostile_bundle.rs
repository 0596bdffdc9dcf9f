//! Bundles that mean harm: each is judged in bounded time, without panic, without reading anything outside or asking any network, and
//! what is wrong is told.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;
use soilscope_exchange::check::{CheckOptions, Profile, Verdict, judge};

use crate::support::good::{self, MAPSET, alter, put};
use crate::support::good_records::write_protected;
use crate::support::mutation::good_bundle;

const ISO: &str = "metadata/iso/LU-GSPOL-CAD-2024.xml";
const ITEM: &str = "metadata/stac/LU-GSPOL-CAD-2024/LU-GSPOL-CAD-2024.json";
const GEOJSON: &str = "vector/LUX_GSPolmap_Cd_hotspots_0-30.geojson";
const GPKG: &str = "vector/LUX_GSPolmap_Cd_hotspots_0-30.gpkg";
/// Text that stands only outside the bundle.
const OUTSIDE: &str = "text-that-stands-only-outside";

/// Judges the good bundle after harm was done to it; the folder beside it is private to the test.
fn harmed(seconds: u64, harm: impl FnOnce(&Path, &Path)) -> (BTreeSet<String>, Verdict) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join(good::NAME);
    good::copy(good_bundle(), &root);
    put(folder.path(), "secret.txt", &format!("{OUTSIDE}\n"));
    harm(&root, folder.path());
    let protected = folder.path().join("protected.csv");
    write_protected(&protected);
    let options = CheckOptions { profile: Profile::All, protected: Some(protected), ..CheckOptions::default() };
    let begun = Instant::now();
    let verdict = judge(&root, &options).unwrap();
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(seconds), "{took:?}");
    for report in [verdict.text(), verdict.json(), verdict.fao_csv()] {
        assert!(!report.contains(OUTSIDE), "{report}");
        assert!(!report.chars().any(|c| c.is_control() && c != '\n'), "{report:?}");
        assert!(!report.contains(&*root.to_string_lossy()), "{report}");
    }
    let found = verdict.findings.iter().map(|f| f.id.clone()).collect();
    (found, verdict)
}

fn names(found: &(BTreeSet<String>, Verdict), rule: &str) {
    assert!(found.0.contains(rule), "{rule} is not in {:?}\n{}", found.0, found.1.text());
}

#[test]
fn entities_are_not_expanded() {
    let laughs: String =
        (1..10).map(|i| format!("<!ENTITY a{i} \"{}\">", format!("&a{};", i - 1).repeat(10))).collect();
    let bomb = format!("<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a0 \"ha\">{laughs}]><x>&a9;</x>");
    names(&harmed(20, |root, _| put(root, ISO, &bomb)), "M001");
    let outside = |root: &Path, beside: &Path| {
        let secret = beside.join("secret.txt");
        put(root, ISO, &format!("<!DOCTYPE x [<!ENTITY a SYSTEM \"file://{}\">]><x>&a;</x>", secret.display()));
    };
    names(&harmed(20, outside), "M001");
    names(&harmed(20, |root, _| put(root, ISO, &"<a>".repeat(1_000_000))), "M001");
}

#[test]
fn deep_json_is_refused_not_followed() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    names(&harmed(20, |root, _| put(root, ITEM, &deep)), "T001");
    names(
        &harmed(20, |root, _| put(root, GEOJSON, &format!("{{\"type\":\"FeatureCollection\",\"features\":{deep}}}"))),
        "V001",
    );
    names(&harmed(20, |root, _| put(root, "bundle.json", &deep)), "B003");
    let coordinates = format!("{}1,2{}", "[".repeat(120), "]".repeat(120));
    let nested = format!(
        "{{\"type\":\"FeatureCollection\",\"features\":[{{\"type\":\"Feature\",\"properties\":null,\"geometry\":{{\"type\":\"MultiPolygon\",\"coordinates\":{coordinates}}}}}]}}"
    );
    names(&harmed(20, |root, _| put(root, GEOJSON, &nested)), "V001");
}

fn one_ring(positions: &str) -> String {
    format!(
        "{{\"type\":\"FeatureCollection\",\"features\":[{{\"type\":\"Feature\",\"properties\":{{}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[[{positions}]]}}}}]}}"
    )
}

#[test]
fn a_million_positions_that_are_none() {
    for position in ["[NaN,NaN],", "[null,null],", "[1e999,0],"] {
        let ring = position.repeat(1_000_000);
        names(&harmed(30, |root, _| put(root, GEOJSON, &one_ring(ring.trim_end_matches(',')))), "V001");
    }
    // Long, flat and all on top of each other: every pair of edges would have to be looked at.
    let mut ring = String::new();
    for i in 0..40_000 {
        let (x, y) = if i % 2 == 0 { (5.8, 49.5) } else { (6.4, 50.0) };
        ring += &format!("[{x},{}],", y + f64::from(i) * 1e-6);
    }
    names(&harmed(60, |root, _| put(root, GEOJSON, &one_ring(&format!("{ring}[5.8,49.5]")))), "V002");
}

#[test]
fn geopackages_that_are_none_or_do_something() {
    names(
        &harmed(20, |root, _| {
            put(
                root,
                GPKG,
                "<OGRVRTDataSource><OGRVRTLayer name=\"hotspots\"><SrcDataSource>/vsicurl/http://127.0.0.1/a.gpkg</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>",
            )
        }),
        "V007",
    );
    names(&harmed(20, |root, _| put(root, GPKG, "http://127.0.0.1/a.gpkg")), "V007");
    for statements in [
        &["CREATE VIEW more AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT * FROM n"][..],
        // Asked for its layers, this one never ends.
        &[
            "ALTER TABLE gpkg_contents RENAME TO old_contents",
            "CREATE VIEW gpkg_contents AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS table_name, 'features' AS data_type, i AS identifier, i AS description, i AS last_change, i AS min_x, i AS min_y, i AS max_x, i AS max_y, 4326 AS srs_id FROM n",
        ],
        &["CREATE TRIGGER rtree_more AFTER INSERT ON hotspots BEGIN SELECT load_extension('/tmp/x.so'); END"],
    ] {
        let harm = |root: &Path, _: &Path| {
            let script = statements.iter().map(|s| format!("c.execute({s:?})")).collect::<Vec<_>>().join("\n");
            let script = format!(
                "import sqlite3,sys\nc=sqlite3.connect(sys.argv[1],isolation_level=None)\nc.execute('PRAGMA legacy_alter_table=ON')\n{script}\nc.close()\n"
            );
            let done = Command::new("python3").arg("-c").arg(script).arg(root.join(GPKG)).output().unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        };
        names(&harmed(20, harm), "V007");
    }
    // Cut off, and with every page overwritten.
    names(
        &harmed(20, |root, _| fs::write(root.join(GPKG), &fs::read(root.join(GPKG)).unwrap()[..9000]).unwrap()),
        "V007",
    );
    let noise = |root: &Path, _: &Path| {
        let mut bytes = fs::read(root.join(GPKG)).unwrap();
        (100..bytes.len()).for_each(|i| bytes[i] = (i.wrapping_mul(2_654_435_761) >> 7) as u8);
        fs::write(root.join(GPKG), bytes).unwrap();
    };
    names(&harmed(20, noise), "V007");
}

#[test]
fn nothing_outside_is_opened_and_no_network_is_asked() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = format!("http://{}/x.tif", listener.local_addr().unwrap());
    let found = harmed(60, |root, beside| {
        let paths = [
            format!("/vsicurl/{address}"),
            address.clone(),
            "../secret.txt".to_owned(),
            beside.join("secret.txt").to_string_lossy().into_owned(),
        ];
        for (i, path) in paths.iter().enumerate() {
            alter(root, ITEM, |item| {
                item["assets"][format!("extra{i}")] = json!({"href": path, "roles": ["data"], "type": "image/tiff"})
            });
            alter(root, "metadata/stac/collection.json", |c| {
                c["links"].as_array_mut().unwrap().push(json!({"rel": "item", "href": path}))
            });
        }
        alter(root, "bundle.json", |b| {
            b["mapsets"][0]["hotspots"] = paths[0].clone().into();
            b["mapsets"][0]["metadata_iso"] = "../secret.txt".into();
            b["mapsets"][0]["stac_item"] = paths[3].clone().into();
            b["mapsets"][0]["layers"][0]["path"] = paths[0].clone().into();
        });
        let source = format!("<SourceFilename relativeToVRT=\"0\">/vsicurl/{address}</SourceFilename>");
        let vrt = format!(
            "<VRTDataset rasterXSize=\"9\" rasterYSize=\"9\"><VRTRasterBand dataType=\"Float32\" band=\"1\"><SimpleSource>{source}</SimpleSource></VRTRasterBand></VRTDataset>"
        );
        put(root, "rasters/gsp/LUX_GSPolmap_Zn_Map030.tif", &vrt);
        put(
            root,
            "points/more.gpkg",
            &format!(
                "<OGRVRTDataSource><OGRVRTLayer name=\"a\"><SrcDataSource>/vsicurl/{address}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
            ),
        );
        put(
            root,
            "points/more.geojson",
            &format!(
                "{{\"type\":\"FeatureCollection\",\"features\":[],\"crs\":{{\"type\":\"link\",\"properties\":{{\"href\":\"{address}\"}}}}}}"
            ),
        );
        good::reseal(root);
    });
    for rule in ["B003", "M001", "R001", "T001", "T006", "V001"] {
        names(&found, rule);
    }
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "somebody asked the network");
}

#[test]
fn names_that_steer_a_terminal_or_a_page() {
    let found = harmed(30, |root, _| {
        for name in [
            "a\nb.txt",
            "<script>alert(1)</script>.txt",
            "\u{1b}[2Jc.txt",
            "=cmd|x.csv",
            "\u{202e}gnp.xml",
            "metadata/iso/\u{1b}]0;x\u{7}.xml",
        ] {
            put(root, &name.replace("</script>", "<-script>"), "x\n");
        }
        alter(root, "bundle.json", |b| b["title"] = "\u{1b}[31m<script>".into());
        alter(root, GEOJSON, |c| c["features"][0]["properties"]["hotspot_id"] = "\u{1b}[2J\n<b>".into());
    });
    names(&found, "B002");
    names(&found, "V005");
}

#[test]
fn links_pipes_and_holes() {
    let found = harmed(120, |root, beside| {
        symlink(beside.join("secret.txt"), root.join("vector/secret.geojson")).unwrap();
        symlink(root, root.join("metadata/loop")).unwrap();
        symlink("/etc/passwd", root.join("points/passwd.csv")).unwrap();
        fs::remove_file(root.join(ISO)).unwrap();
        symlink(beside.join("secret.txt"), root.join(ISO)).unwrap();
        assert!(Command::new("mkfifo").arg(root.join("points/pipe.csv")).status().unwrap().success());
        File::create(root.join("vector/large.geojson")).unwrap().set_len(4 << 30).unwrap();
    });
    names(&found, "M001");
    names(&found, "V001");
    let text = found.1.text();
    assert!(text.contains("symbolic link") && text.contains("named pipe"), "{text}");
}

/// A TIFF of one directory.
fn tiff(width: u32, height: u32) -> Vec<u8> {
    let tags: [(u16, u16, u32); 9] = [
        (256, 4, width),
        (257, 4, height),
        (258, 3, 32),
        (259, 3, 1),
        (262, 3, 1),
        (273, 4, 8),
        (277, 3, 1),
        (278, 4, height),
        (279, 4, 4),
    ];
    let mut bytes = b"II*\0".to_vec();
    bytes.extend(8_u32.to_le_bytes());
    bytes.extend((tags.len() as u16).to_le_bytes());
    for (tag, kind, value) in tags {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(1_u32.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend([0; 4]);
    bytes
}

#[test]
fn a_raster_larger_than_any_memory() {
    for (width, height) in [(i32::MAX as u32, i32::MAX as u32), (u32::MAX, u32::MAX), (1, i32::MAX as u32)] {
        let found = harmed(60, |root, _| {
            fs::write(root.join("rasters/gsp/LUX_GSPolmap_Cd_Map030.tif"), tiff(width, height)).unwrap();
            good::reseal(root);
        });
        assert!(found.0.iter().any(|id| id.starts_with('R')), "{:?}", found.0);
    }
}

#[test]
fn columns_and_mapsets_that_are_something_else() {
    let found = harmed(30, |root, _| {
        alter(root, "bundle.json", |b| {
            b["mapsets"] = json!([null, 7, {"mapset_id": MAPSET, "layers": {"path": 3}, "stac_item": [], "metadata_iso": null, "hotspots": 1}]);
            b["location_blur_m"] = "far".into();
            b["access_level"] = json!({"a": 1});
        });
        alter(root, ITEM, |i| {
            i["assets"] = json!([1, 2]);
            i["bbox"] = json!({"w": 1});
            i["links"] = "none".into();
            i["properties"] = json!(3);
        });
    });
    for rule in ["B003", "M001", "T001"] {
        names(&found, rule);
    }
}

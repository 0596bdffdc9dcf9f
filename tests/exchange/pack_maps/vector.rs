use std::fs;
use std::path::Path;

use gdal::Dataset;
use gdal::vector::LayerAccess;
use geo::{Area, Coord, GeodesicArea, Geometry, LineString, MultiPolygon, Polygon, Rect};
use serde_json::Value;
use soilscope_exchange::pack::raster::{Geographic, GridChoice};
use soilscope_exchange::pack::source::Run;
use soilscope_exchange::pack::styles::styles;
use soilscope_exchange::pack::vector::{HotspotOptions, Hotspots, Withhold, hotspots};
use soilscope_exchange::{check, tables};

use super::runs::{Fake, files, mapset, noise, pack};

const OPEN: HotspotOptions<'_> =
    HotspotOptions { withhold: Withhold::None, national: true, iso: None, dated: "2024-05-27T10:11:12Z" };

fn square(x: f64, y: f64, side: f64) -> Polygon<f64> {
    Rect::new(Coord { x, y }, Coord { x: x + side, y: y + side }).to_polygon()
}

fn run(folder: &Path, epsg: u32, origin: [f64; 2], polygons: &[(i64, Polygon<f64>)]) -> Run {
    Fake::new(epsg, origin, 200.0, [20, 20]).run_with(folder, |_, _| [60.0, 1.0, 0.9, 0.0], polygons)
}

fn written(run: &Run, options: &HotspotOptions<'_>, into: &Path) -> Hotspots {
    hotspots(run, &run.variables[0], &mapset("Zn"), options, into, &|| false).unwrap().unwrap()
}

fn json(into: &Path, hotspots: &Hotspots) -> Value {
    serde_json::from_slice(&fs::read(into.join(hotspots.geojson.as_ref().unwrap())).unwrap()).unwrap()
}

fn shape(feature: &Value) -> MultiPolygon<f64> {
    let ring = |ring: &Value| -> LineString<f64> {
        let place = |p: &Value| Coord { x: p[0].as_f64().unwrap(), y: p[1].as_f64().unwrap() };
        LineString(ring.as_array().unwrap().iter().map(place).collect())
    };
    let polygon = |rings: &Value| {
        let mut rings = rings.as_array().unwrap().iter().map(ring);
        Polygon::new(rings.next().unwrap(), rings.collect())
    };
    assert_eq!(feature["geometry"]["type"], "MultiPolygon");
    MultiPolygon(feature["geometry"]["coordinates"].as_array().unwrap().iter().map(polygon).collect())
}

#[test]
fn hotspots_are_features_of_the_schema_in_both_files() {
    let folder = tempfile::tempdir().unwrap();
    let holed = Polygon::new(
        square(601_000.0, 4_998_000.0, 1000.0).exterior().clone(),
        vec![square(601_200.0, 4_998_200.0, 400.0).exterior().clone()],
    );
    let run =
        run(folder.path(), 32631, [600_000.0, 5_000_000.0], &[(7, holed), (0, square(600_000.0, 4_999_600.0, 200.0))]);
    let into = tempfile::tempdir().unwrap();
    let iso = "<gmd:MD_Metadata xmlns:gmd='http://www.isotc211.org/2005/gmd'>it's</gmd:MD_Metadata>";
    let done = written(&run, &HotspotOptions { iso: Some(iso), ..OPEN }, into.path());
    assert_eq!((done.count, done.withheld), (2, 0));
    assert_eq!(done.geojson.as_deref(), Some("vector/NLD_GSPolmap_Zn_hotspots_0-30.geojson"));
    let collection = json(into.path(), &done);
    assert!(collection.get("crs").is_none());
    let schema = tables::hotspot_schema();
    for (i, feature) in collection["features"].as_array().unwrap().iter().enumerate() {
        let problems = check::json_schema::validate(schema, &feature["properties"]);
        assert!(problems.is_empty(), "{problems:?}");
        let shape = shape(feature);
        for ring in shape.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors())) {
            assert!(ring.is_closed() && ring.0.len() >= 4);
        }
        for polygon in &shape {
            assert!(Polygon::new(polygon.exterior().clone(), vec![]).signed_area() > 0.0);
            assert!(polygon.interiors().iter().all(|r| Polygon::new(r.clone(), vec![]).signed_area() < 0.0));
        }
        // UTM 31 N at 4.3 E: its scale squared is within 0.1 % of 1.
        let exact = [1e6 - 1.6e5, 4e4][i];
        let said = feature["properties"]["area_m2"].as_f64().unwrap();
        assert!(
            (said / shape.geodesic_area_unsigned() - 1.0).abs() < 1e-5 && (said / exact - 1.0).abs() < 1e-3,
            "{said}"
        );
    }
    let first = &collection["features"][0]["properties"];
    assert_eq!(first["hotspot_id"], "NLD-Zn-0001");
    assert_eq!(
        (&first["support"], &collection["features"][1]["properties"]["support"]),
        (&"sampled".into(), &"extrapolated".into())
    );
    assert_eq!(first["method"], "threshold_probability");
    assert_eq!(first["threshold_source"], "Soil act, annex 2");
    assert_eq!((first["threshold_value"].as_f64(), first["probability_cut"].as_f64()), (Some(50.0), Some(0.8)));
    assert!(first["remark"].as_str().unwrap().contains("25 % of its area"));
    let bbox: Vec<f64> = collection["bbox"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    assert_eq!(Some([bbox[0], bbox[1], bbox[2], bbox[3]]), done.bbox);

    let path = into.path().join(done.gpkg.unwrap());
    let bytes = fs::read(&path).unwrap();
    assert_eq!(&bytes[68..72], b"GPKG");
    assert!(u32::from_be_bytes([bytes[60], bytes[61], bytes[62], bytes[63]]) >= 10300);
    let dataset = Dataset::open(&path).unwrap();
    for (name, epsg) in [("hotspots", 4326), ("hotspots_national", 32631)] {
        let mut layer = dataset.layer_by_name(name).unwrap();
        assert_eq!(layer.spatial_ref().unwrap().auth_code().unwrap(), epsg);
        let features = collection["features"].as_array().unwrap();
        assert_eq!(layer.feature_count(), features.len() as u64);
        for (row, feature) in layer.features().zip(features) {
            let text = |name: &str| row.field_as_string(row.field_index(name).unwrap()).unwrap();
            assert_eq!(text("hotspot_id").as_deref(), feature["properties"]["hotspot_id"].as_str());
            let area = row.field_as_double(row.field_index("area_m2").unwrap()).unwrap();
            assert_eq!(area, feature["properties"]["area_m2"].as_f64());
            let Ok(Geometry::MultiPolygon(polygons)) = row.geometry().unwrap().to_geo() else {
                panic!("no multi-polygon")
            };
            if name == "hotspots" {
                assert_eq!(polygons, shape(feature));
            } else {
                assert_eq!(polygons.unsigned_area(), [1e6 - 1.6e5, 4e4][row.fid().unwrap() as usize - 1]);
            }
        }
    }
    let sql = |sql: &str| {
        let mut rows = dataset.execute_sql(sql, None, gdal::vector::sql::Dialect::DEFAULT).unwrap().unwrap();
        let row = rows.features().next().unwrap();
        row.field_as_string(0).unwrap().unwrap()
    };
    assert_eq!(sql("SELECT metadata FROM gpkg_metadata"), iso);
    assert_eq!(
        sql("SELECT CAST(last_change AS TEXT) FROM gpkg_contents WHERE table_name = 'hotspots'"),
        "2024-05-27T10:11:12.000Z"
    );
    assert_eq!(sql("SELECT count(*) FROM gpkg_extensions WHERE extension_name = 'gpkg_rtree_index'"), "2");
}

#[test]
fn equal_runs_give_equal_bytes() {
    let made = || {
        let folder = tempfile::tempdir().unwrap();
        let polygons = [(7, square(601_000.0, 4_998_000.0, 1000.0)), (3, square(600_000.0, 4_999_600.0, 200.0))];
        let run = run(folder.path(), 32631, [600_000.0, 5_000_000.0], &polygons);
        let into = tempfile::tempdir().unwrap();
        let _ = written(&run, &HotspotOptions { iso: Some("<a/>"), ..OPEN }, into.path());
        files(into.path())
    };
    let first = made();
    // Past the second that a clock would show.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert!(first == made() && first.len() == 2);
}

#[test]
fn hotspots_that_would_tell_where_samples_are_are_left_out_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let at = |i: f64, side: f64| square(600_000.0 + 600.0 * i, 4_998_000.0, side);
    let run = run(
        folder.path(),
        32631,
        [600_000.0, 5_000_000.0],
        &[(7, at(0.0, 500.0)), (4, at(1.0, 500.0)), (9, at(2.0, 100.0))],
    );
    let kept = |withhold: Withhold| {
        let into = tempfile::tempdir().unwrap();
        let done = written(&run, &HotspotOptions { withhold, ..OPEN }, into.path());
        let ids: Vec<String> = match &done.geojson {
            None => Vec::new(),
            Some(_) => {
                let collection = json(into.path(), &done);
                let features = collection["features"].as_array().unwrap();
                features.iter().map(|f| f["properties"]["hotspot_id"].as_str().unwrap().to_owned()).collect()
            }
        };
        assert_eq!(done.gpkg.is_some(), done.geojson.is_some());
        assert_eq!(files(into.path()).is_empty(), ids.is_empty());
        (ids, done.withheld)
    };
    let ids = |numbers: &[u32]| numbers.iter().map(|n| format!("NLD-Zn-{n:04}")).collect::<Vec<_>>();
    assert_eq!(kept(Withhold::None), (ids(&[1, 2, 3]), 0));
    assert_eq!(kept(Withhold::Small { min_group: 5, blur_m: None }), (ids(&[1, 3]), 1));
    // A disc of 200 m has an eighth of a square kilometre.
    assert_eq!(kept(Withhold::Small { min_group: 5, blur_m: Some(200.0) }), (ids(&[1]), 2));
    assert_eq!(kept(Withhold::Small { min_group: 50, blur_m: None }), (ids(&[]), 3));
}

#[test]
fn a_hotspot_across_the_antimeridian_is_split() {
    let folder = tempfile::tempdir().unwrap();
    // Fiji Map Grid: 180 is some 132 km east of its central meridian.
    let run = run(folder.path(), 3460, [2_100_000.0, 4_060_000.0], &[(7, square(2_100_000.0, 4_000_000.0, 60_000.0))]);
    let into = tempfile::tempdir().unwrap();
    let done = written(&run, &OPEN, into.path());
    let [west, _, east, _] = done.bbox.unwrap();
    assert!(west > 179.0 && east < -179.0);
    let collection = json(into.path(), &done);
    let shape = shape(&collection["features"][0]);
    assert_eq!(shape.0.len(), 2);
    for polygon in &shape {
        let signs: Vec<bool> = polygon.exterior().coords().map(|c| c.x > 0.0).collect();
        assert!(signs.iter().all(|s| *s == signs[0]));
    }
    assert!((done.area_m2 / 3.6e9 - 1.0).abs() < 2e-3, "{}", done.area_m2);
}

#[test]
fn a_run_without_a_threshold_has_no_hotspots() {
    let folder = tempfile::tempdir().unwrap();
    let mut map = Fake::new(32631, [600_000.0, 5_000_000.0], 200.0, [20, 20]);
    map.threshold = None;
    let run = map.run(folder.path(), |_, _| [60.0, 1.0, 0.9, 0.0]);
    let into = tempfile::tempdir().unwrap();
    let done = hotspots(&run, &run.variables[0], &mapset("Zn"), &OPEN, into.path(), &|| false).unwrap();
    assert!(done.is_none() && files(into.path()).is_empty());
}

#[test]
fn styles_have_the_colours_of_the_table_at_the_cells_own_quantiles() {
    let folder = tempfile::tempdir().unwrap();
    let map = Fake::new(32631, [600_000.0, 5_000_000.0], 200.0, [60, 60]);
    let run =
        map.run(folder.path(), |c, r| [100.0 * noise(c, r).powi(3), noise(r, c), noise(c, c + r), (c % 2) as f32]);
    let into = tempfile::tempdir().unwrap();
    let choice = GridChoice { geographic: Some(Geographic::Gsp30s), national: true };
    let (_, layers) = pack(&run, &choice, into.path());
    let naming = mapset("Zn").naming;
    let made = styles(&layers, &naming, into.path()).unwrap();
    assert_eq!(made.len(), 6 * 3);
    let read = |name: &str| fs::read_to_string(into.path().join("styles").join(name)).unwrap();
    for path in made.iter().filter(|p| !p.ends_with(".clr")) {
        let text = fs::read_to_string(into.path().join(path)).unwrap();
        assert!(roxmltree::Document::parse(&text).is_ok(), "{path} parses without a document type");
    }
    let mean = layers.iter().find(|l| l.stat == "MEAN").unwrap();
    let qml = read("MEAN_Zn.qml");
    let document = roxmltree::Document::parse(&qml).unwrap();
    let items: Vec<(String, f64)> = document
        .descendants()
        .filter(|n| n.has_tag_name("item"))
        .map(|n| (n.attribute("color").unwrap().to_uppercase(), n.attribute("value").unwrap().parse().unwrap()))
        .collect();
    let hues: Vec<&str> = tables::style("MEAN").unwrap().colours_hex.split(' ').collect();
    let expected: Vec<(String, f64)> =
        hues.iter().zip(&mean.quantiles).map(|(hue, q)| ((*hue).to_owned(), q.value)).collect();
    assert_eq!(items, expected);
    let sld = read("AOA_Zn.sld");
    assert!(sld.contains("type=\"values\"") && sld.contains("quantity=\"255\" opacity=\"0\""));
    assert!(read("MEAN_Zn.sld").contains("quantity=\"-9999\" opacity=\"0\""));
    assert_eq!(read("PEXC_Zn.clr").lines().count(), 7);
    assert_eq!(read("HOTS_Zn.clr"), "0 189 189 189\n1 127 0 0\n");
}

//! The records, vectors and points of the good bundle: what goes with its rasters and `bundle.json`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use gdal::raster::RasterCreationOptions;
use gdal::spatial_ref::SpatialRef;
use gdal::vector::{FieldDefn, FieldValue, Geometry, LayerAccess, LayerOptions, OGRFieldType, OGRwkbGeometryType};
use gdal::{Dataset, DriverManager};
use geo::GeodesicArea;
use serde_json::{Value, json};

use super::good_iso;

/// A site: its code, its true place, where it is published, and its result in mg/kg.
pub(crate) struct Site {
    pub(crate) code: String,
    pub(crate) exact: [f64; 2],
    pub(crate) published: [f64; 2],
    pub(crate) value: f64,
}

/// Radius of the displacement, in metres.
pub(crate) const BLUR: f64 = 2000.0;

/// Sixty sites well inside Luxembourg.
pub(crate) fn sites() -> Vec<Site> {
    let mut state = 20_240_501_u64;
    let mut random = move || {
        // Numbers that look drawn and are the same every time (a linear congruence by Knuth).
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let round = |v: f64| (v * 1e7).round() / 1e7;
    (0..60)
        .map(|i| {
            let exact = [
                5.96 + 0.024 * f64::from(i % 6) + 0.01 * random(),
                49.56 + 0.038 * f64::from(i / 6) + 0.015 * random(),
            ];
            let (bearing, distance) = (random() * std::f64::consts::TAU, BLUR * random().sqrt());
            let metre = 1.0 / 111_320.0;
            let shift =
                [distance * bearing.sin() * metre / exact[1].to_radians().cos(), distance * bearing.cos() * metre];
            let value = 0.25 + 1.1 * random();
            Site {
                code: format!("S{:03}", i + 1),
                exact: exact.map(round),
                published: [round(exact[0] + 0.98 * shift[0]), round(exact[1] + 0.98 * shift[1])],
                value: (value * 1000.0).round() / 1000.0,
            }
        })
        .collect()
}

/// Writes the table of places that must not appear, as an option of the judge takes it.
pub(crate) fn write_protected(path: &Path) {
    let mut text = "site_code,longitude,latitude,analyte_code,value,censor,unit\n".to_owned();
    for site in sites() {
        writeln!(text, "{},{},{},Cd,{},,mg/kg", site.code, site.exact[0], site.exact[1], site.value).unwrap();
    }
    fs::write(path, text).unwrap();
}

/// Writes `metadata/`, `vector/` and `points/` of the bundle at `root`, whose rasters are there and whose `bundle.json` says `bundle`.
pub(crate) fn write(root: &Path, bundle: &Value) {
    let mapset = &bundle["mapsets"][0];
    let grid = Grid::of(bundle);
    let put = |relative: &str, text: &str| {
        let path = root.join(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put(mapset["metadata_iso"].as_str().unwrap(), &good_iso::record(bundle, mapset, &grid));
    let geojson = mapset["hotspots"].as_str().unwrap();
    let hotspots = hotspots(mapset, &grid);
    put(geojson, &serde_json::to_string(&hotspots).unwrap());
    write_geopackage(&root.join(geojson).with_extension("gpkg"), &hotspots);
    put("points/samples.csv", &points(bundle));
    put(mapset["stac_item"].as_str().unwrap(), &pretty(&item(root, bundle, mapset, &grid)));
    put("metadata/stac/collection.json", &pretty(&collection(bundle, mapset, &grid)));
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

/// The geographic grid of a bundle: west, south, east, north, and its cell.
pub(crate) struct Grid {
    pub(crate) bounds: [f64; 4],
    pub(crate) cell: f64,
    pub(crate) epsg: String,
    pub(crate) size: [u64; 2],
}

impl Grid {
    fn of(bundle: &Value) -> Self {
        let grid = bundle["grids"].as_array().unwrap().iter().find(|g| g["id"] != "national").unwrap();
        let cell = grid["cell"].as_f64().unwrap();
        let [west, north] = [0, 1].map(|i| grid["origin"][i].as_f64().unwrap());
        let size = [0, 1].map(|i| grid["size"][i].as_u64().unwrap());
        let epsg = grid["crs"].as_str().unwrap().trim_start_matches("EPSG:").to_owned();
        Self { epsg, bounds: [west, north - cell * size[1] as f64, west + cell * size[0] as f64, north], cell, size }
    }
}

fn points(bundle: &Value) -> String {
    let (licence, blur) = (bundle["licence"].as_str().unwrap(), &bundle["location_blur_m"]);
    let mut text = "site_code,profile_code,plot_type,specimen_code,longitude,latitude,positional_accuracy_m,location_method,location_blur_m,country,sampling_date,upper_depth_cm,lower_depth_cm,land_use,analyte_code,value,censor,unit,lod,loq,uncertainty_rel_pct,coverage_factor,extraction_code,determination_code,fraction,laboratory,data_owner,licence,access_level\n".to_owned();
    for (i, site) in sites().iter().enumerate() {
        let day = 1 + i % 28;
        writeln!(
            text,
            "{code},{code},Sample,{code}-1,{},{},5,gnss,{blur},LUX,2022-04-{day:02},0,30,cropland_annual,Cd,{},,mg/kg,0.01,0.03,15,2,AR_ISO54321,ICP-MS,pseudo_total,Demo laboratory,Demo institute,{licence},blurred",
            site.published[0],
            site.published[1],
            site.value,
            code = site.code,
        )
        .unwrap();
    }
    text
}

/// Three hotspots larger than the disc of the displacement; the last has a hole.
fn hotspots(mapset: &Value, grid: &Grid) -> Value {
    let round = |v: f64| (v * 1e7).round() / 1e7;
    let corner =
        |column: f64, row: f64| [round(grid.bounds[0] + grid.cell * column), round(grid.bounds[3] - grid.cell * row)];
    let ring = |[c0, r0, c1, r1]: [f64; 4]| {
        vec![corner(c0, r1), corner(c1, r1), corner(c1, r0), corner(c0, r0), corner(c0, r1)]
    };
    let hole = |of: [f64; 4]| ring(of).into_iter().rev().collect::<Vec<_>>();
    let shapes: [Vec<Vec<Vec<[f64; 2]>>>; 3] = [
        vec![vec![ring([30.0, 30.0, 38.0, 38.0])]],
        vec![vec![ring([42.0, 44.0, 50.0, 52.0])], vec![ring([50.0, 52.0, 55.0, 58.0])]],
        vec![vec![ring([28.0, 62.0, 40.0, 72.0]), hole([32.0, 65.0, 34.0, 67.0])]],
    ];
    let threshold = &mapset["threshold"];
    let features: Vec<Value> = shapes
        .iter()
        .enumerate()
        .map(|(i, polygons)| {
            let line = |ring: &Vec<[f64; 2]>| geo::LineString::from(ring.iter().map(|p| (p[0], p[1])).collect::<Vec<_>>());
            let area: f64 = polygons.iter().map(|p| geo::Polygon::new(line(&p[0]), p[1..].iter().map(line).collect()).geodesic_area_unsigned()).sum();
            json!({
                "type": "Feature",
                "properties": {
                    "hotspot_id": format!("LUX-Cd-{:04}", i + 1),
                    "analyte_code": mapset["analyte_code"], "cas_number": "7440-43-9", "fraction": mapset["fraction"], "unit": mapset["unit"],
                    "method": "threshold_mean",
                    "threshold_value": threshold["value"], "threshold_source": threshold["source"], "threshold_land_use": threshold["land_use"],
                    "upper_depth_cm": mapset["upper_depth_cm"], "lower_depth_cm": mapset["lower_depth_cm"],
                    "area_m2": (area * 10.0).round() / 10.0, "value_mean": 1.1, "value_max": 1.3, "n_samples": 6 + i, "support": "sampled",
                    "reference_period": "2021-04-01/2023-10-31", "status": "candidate",
                },
                "geometry": {"type": "MultiPolygon", "coordinates": polygons},
            })
        })
        .collect();
    let all: Vec<[f64; 2]> = shapes.iter().flatten().flatten().flatten().copied().collect();
    let edge = |i: usize, f: fn(f64, f64) -> f64| all.iter().map(|p| p[i]).reduce(f).unwrap();
    let bbox = [edge(0, f64::min), edge(1, f64::min), edge(0, f64::max), edge(1, f64::max)];
    json!({"type": "FeatureCollection", "bbox": bbox, "features": features})
}

/// The geodesic area of a GeoJSON MultiPolygon, each ring by its size, in square metres.
pub(crate) fn area(geometry: &Value) -> f64 {
    let size = |ring: &Value| {
        let line: Vec<(f64, f64)> =
            ring.as_array().unwrap().iter().map(|p| (p[0].as_f64().unwrap(), p[1].as_f64().unwrap())).collect();
        geo::Polygon::new(geo::LineString::from(line), Vec::new()).geodesic_area_signed().abs()
    };
    let polygon = |rings: &Value| {
        let sizes: Vec<f64> = rings.as_array().unwrap().iter().map(size).collect();
        sizes[0] - sizes[1..].iter().sum::<f64>()
    };
    geometry["coordinates"].as_array().unwrap().iter().map(polygon).sum()
}

/// Writes the features of a hotspot collection as GeoPackage 1.3.
pub(crate) fn write_geopackage(path: &Path, collection: &Value) {
    let _ = fs::remove_file(path);
    gdal::config::set_thread_local_config_option("OGR_CURRENT_DATE", "2024-05-01T00:00:00.000Z").unwrap();
    let driver = DriverManager::get_driver_by_name("GPKG").unwrap();
    let options = RasterCreationOptions::from_iter(["VERSION=1.3", "ADD_GPKG_OGR_CONTENTS=NO"]);
    let mut dataset = driver.create_with_band_type_with_options::<u8, _>(path, 0, 0, 0, &options).unwrap();
    let srs = SpatialRef::from_epsg(4326).unwrap();
    let layer_options =
        LayerOptions { name: "hotspots", srs: Some(&srs), ty: OGRwkbGeometryType::wkbMultiPolygon, options: None };
    let layer = dataset.create_layer(layer_options).unwrap();
    let mut columns: BTreeMap<String, u32> = BTreeMap::new();
    for feature in collection["features"].as_array().unwrap() {
        for (name, value) in feature["properties"].as_object().unwrap() {
            let kind = match value {
                Value::String(_) => OGRFieldType::OFTString,
                Value::Number(n) if n.is_f64() => OGRFieldType::OFTReal,
                _ => OGRFieldType::OFTInteger64,
            };
            columns.insert(name.clone(), kind);
        }
    }
    for (name, kind) in &columns {
        FieldDefn::new(name, *kind).unwrap().add_to_layer(&layer).unwrap();
    }
    for feature in collection["features"].as_array().unwrap() {
        let mut row = gdal::vector::Feature::new(layer.defn()).unwrap();
        row.set_geometry(Geometry::from_geojson(&feature["geometry"].to_string()).unwrap()).unwrap();
        for (name, value) in feature["properties"].as_object().unwrap() {
            let index = row.field_index(name).unwrap();
            match value {
                Value::String(text) => row.set_field_string(index, text).unwrap(),
                Value::Number(n) if n.is_f64() => row.set_field_double(index, n.as_f64().unwrap()).unwrap(),
                Value::Number(n) => row.set_field(index, &FieldValue::Integer64Value(n.as_i64().unwrap())).unwrap(),
                _ => {}
            }
        }
        row.create(&layer).unwrap();
    }
    drop(dataset);
    gdal::config::clear_thread_local_config_option("OGR_CURRENT_DATE").unwrap();
}

/// A place in another coordinate system.
pub(crate) fn projected([lon, lat]: [f64; 2], epsg: u32) -> [f64; 2] {
    let system = |code| {
        let mut system = SpatialRef::from_epsg(code).unwrap();
        system.set_axis_mapping_strategy(gdal::spatial_ref::AxisMappingStrategy::TraditionalGisOrder);
        system
    };
    let to = gdal::spatial_ref::CoordTransform::new(&system(4326), &system(epsg)).unwrap();
    let (mut x, mut y) = ([lon], [lat]);
    to.transform_coords(&mut x, &mut y, &mut []).unwrap();
    [x[0], y[0]]
}

/// Writes points as GeoPackage 1.3.
pub(crate) fn write_points(path: &Path, points: &[[f64; 2]]) {
    gdal::config::set_thread_local_config_option("OGR_CURRENT_DATE", "2024-05-01T00:00:00.000Z").unwrap();
    let options = RasterCreationOptions::from_iter(["VERSION=1.3", "ADD_GPKG_OGR_CONTENTS=NO"]);
    let driver = DriverManager::get_driver_by_name("GPKG").unwrap();
    let mut dataset = driver.create_with_band_type_with_options::<u8, _>(path, 0, 0, 0, &options).unwrap();
    let srs = SpatialRef::from_epsg(4326).unwrap();
    let mut layer = dataset
        .create_layer(LayerOptions { name: "points", srs: Some(&srs), ty: OGRwkbGeometryType::wkbPoint, options: None })
        .unwrap();
    for [x, y] in points {
        layer.create_feature(Geometry::from_wkt(&format!("POINT ({x} {y})")).unwrap()).unwrap();
    }
    drop(dataset);
    gdal::config::clear_thread_local_config_option("OGR_CURRENT_DATE").unwrap();
}

fn rectangle([w, s, e, n]: [f64; 4]) -> Value {
    json!({"type": "Polygon", "coordinates": [[[w, s], [e, s], [e, n], [w, n], [w, s]]]})
}

const EXTENSIONS: [&str; 3] = [
    "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
    "https://stac-extensions.github.io/raster/v2.0.0/schema.json",
    "https://stac-extensions.github.io/file/v2.1.0/schema.json",
];

fn item(root: &Path, bundle: &Value, mapset: &Value, grid: &Grid) -> Value {
    let id = mapset["mapset_id"].as_str().unwrap();
    let mut assets = serde_json::Map::new();
    for layer in mapset["layers"].as_array().unwrap() {
        let path = layer["path"].as_str().unwrap();
        let dataset = Dataset::open(root.join(path)).unwrap();
        let band = dataset.rasterband(1).unwrap();
        let [x, a, b, y, d, e] = dataset.geo_transform().unwrap();
        let (columns, rows) = dataset.raster_size();
        let epsg = dataset.spatial_ref().unwrap().auth_code().unwrap();
        let data_type = band.band_type().to_string().to_lowercase().replace("byte", "uint8");
        let name = Path::new(path).file_stem().unwrap().to_str().unwrap().to_lowercase();
        let unit = band.unit();
        let mut of = json!({"name": layer["stat"], "data_type": data_type});
        if let Some(none) = band.no_data_value() {
            of["nodata"] = json!(none);
        }
        if !unit.is_empty() {
            of["unit"] = json!(unit);
        }
        assets.insert(
            name,
            json!({
                "href": format!("../../../{path}"), "title": path, "type": "image/tiff; application=geotiff; profile=cloud-optimized", "roles": ["data"],
                "proj:code": format!("EPSG:{epsg}"), "proj:shape": [rows, columns], "proj:transform": [a, b, x, d, e, y],
                "raster:sampling": "area", "bands": [of],
                "file:size": layer["bytes"], "file:checksum": format!("1220{}", layer["sha256"].as_str().unwrap()),
            }),
        );
    }
    assets.insert(
        "hotspots".to_owned(),
        json!({"href": format!("../../../{}", mapset["hotspots"].as_str().unwrap()), "type": "application/geo+json", "roles": ["data"]}),
    );
    json!({
        "type": "Feature", "stac_version": "1.1.0", "stac_extensions": EXTENSIONS, "id": id, "collection": bundle["id"],
        "geometry": rectangle(grid.bounds), "bbox": grid.bounds,
        "properties": {
            "datetime": null, "start_datetime": "2021-04-01T00:00:00Z", "end_datetime": "2023-10-31T23:59:59Z", "created": "2024-05-01T00:00:00Z",
            "title": "Cadmium in topsoil of Luxembourg", "license": bundle["licence"], "soilscope:analyte": mapset["analyte_code"],
        },
        "links": [
            {"rel": "collection", "href": "../collection.json", "type": "application/json"},
            {"rel": "root", "href": "../collection.json", "type": "application/json"},
            {"rel": "parent", "href": "../collection.json", "type": "application/json"},
        ],
        "assets": assets,
    })
}

fn collection(bundle: &Value, mapset: &Value, grid: &Grid) -> Value {
    let id = mapset["mapset_id"].as_str().unwrap();
    json!({
        "type": "Collection", "stac_version": "1.1.0", "id": bundle["id"], "title": bundle["title"],
        "description": "Maps of cadmium in the topsoil of Luxembourg with their uncertainty.", "license": bundle["licence"],
        "providers": [{"name": "Demo institute", "roles": ["producer", "licensor"]}],
        "extent": {"spatial": {"bbox": [grid.bounds]}, "temporal": {"interval": [["2021-04-01T00:00:00Z", "2023-10-31T23:59:59Z"]]}},
        "links": [
            {"rel": "root", "href": "./collection.json", "type": "application/json"},
            {"rel": "item", "href": format!("./{id}/{id}.json"), "type": "application/geo+json"},
            {"rel": "license", "href": "https://creativecommons.org/licenses/by/4.0/", "type": "text/html"},
        ],
    })
}

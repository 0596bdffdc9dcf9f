//! GeoPackage, GeoJSON and Shapefile.

use gdal::DriverManager;
use gdal::spatial_ref::SpatialRef;
use gdal::vector::{Geometry, LayerAccess, LayerOptions, OGRFieldType, OGRwkbGeometryType};
use soilscope_pipeline::samples::{Format, read_points};

use super::*;

fn write(path: &Path, driver: &str, layers: &[&str], epsg: Option<u32>, kind: OGRwkbGeometryType::Type) {
    let mut dataset = DriverManager::get_driver_by_name(driver).unwrap().create_vector_only(path).unwrap();
    let srs = epsg.map(|code| SpatialRef::from_epsg(code).unwrap());
    for name in layers {
        let layer = dataset
            .create_layer(LayerOptions { name, srs: srs.as_ref(), ty: kind, ..LayerOptions::default() })
            .unwrap();
        layer.create_defn_fields(&[("lead", OGRFieldType::OFTReal), ("zinc", OGRFieldType::OFTString)]).unwrap();
        for (i, (lead, zinc)) in [(0.1 + 0.2, "<5"), (2.0, "7.5")].iter().enumerate() {
            let mut feature = gdal::vector::Feature::new(layer.defn()).unwrap();
            let wkt = match kind {
                OGRwkbGeometryType::wkbPolygon => "POLYGON ((0 0,1 0,1 1,0 0))".to_owned(),
                _ => format!("POINT ({} {})", 178_000 + i * 100, 330_000),
            };
            feature.set_geometry(Geometry::from_wkt(&wkt).unwrap()).unwrap();
            feature.set_field_double(0, *lead).unwrap();
            feature.set_field_string(1, zinc).unwrap();
            feature.create(&layer).unwrap();
        }
    }
}

#[test]
fn geopackage_and_shapefile_hold_their_crs() {
    for (name, driver, format) in
        [("s.gpkg", "GPKG", Format::GeoPackage), ("s.shp", "ESRI Shapefile", Format::Shapefile)]
    {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        write(&path, driver, &["s"], Some(28992), OGRwkbGeometryType::wkbPoint);
        let table = read_samples(&path, &wanting("lead")).unwrap();
        assert_eq!((table.source().format, table.source().row_word()), (format, "feature"));
        assert_eq!(table.coords(), [[178_000.0, 330_000.0], [178_100.0, 330_000.0]]);
        assert_eq!(table.crs().unwrap().authority(), Some("EPSG:28992"), "{name}");
        let expected = if format == Format::GeoPackage { 0.1 + 0.2 } else { 0.3 };
        assert_eq!(readings(&table), [expected.to_string(), "2".into()]);
        assert_eq!(readings(&read_samples(&path, &wanting("zinc")).unwrap()), ["<5", "7.5"]);
        assert_eq!(table.lines(), [1, 2]);
        let points = read_points(&path, &ReadOptions::default()).unwrap();
        assert_eq!(points.header(), ["lead", "zinc"]);
        assert_eq!(points.cells(0).nth(1), Some("<5"));
    }
}

#[test]
fn geojson_is_wgs84_unless_stated() {
    let text = r#"{"type":"FeatureCollection","features":[
        {"type":"Feature","properties":{"lead":1.5},"geometry":{"type":"Point","coordinates":[5.7,50.9]}},
        {"type":"Feature","properties":{"lead":"<2"},"geometry":{"type":"Point","coordinates":[5.8,50.9]}},
        {"type":"Feature","properties":{"lead":null},"geometry":null}]}"#;
    let scratch = Scratch::new("s.geojson", text);
    let table = read_samples(&scratch.path, &wanting("lead")).unwrap();
    assert!(table.crs().unwrap().is_geographic());
    assert_eq!(readings(&table), ["1.5", "<2"]);
    assert_eq!(table.coords()[1], [5.8, 50.9]);
    let stated = ReadOptions { crs: Some("EPSG:28992".into()), ..wanting("lead") };
    let table = read_samples(&scratch.path, &stated).unwrap();
    assert!(table.notes()[0].contains("the stated CRS EPSG:28992"), "{:?}", table.notes());
    // By content, whatever the name.
    let scratch = Scratch::new("samples.data", text);
    assert_eq!(read_samples(&scratch.path, &wanting("lead")).unwrap().source().format, Format::GeoJson);
}

#[test]
fn layers_polygons_and_broken_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("two.gpkg");
    write(&path, "GPKG", &["topsoil", "subsoil"], Some(28992), OGRwkbGeometryType::wkbPoint);
    let refused = |options: &ReadOptions| read_samples(&path, options).unwrap_err().to_string();
    assert!(refused(&wanting("lead")).contains("has 2 layers: topsoil, subsoil; name one with --layer"));
    let layer = |name: &str| ReadOptions { layer: Some(name.into()), ..wanting("lead") };
    assert!(refused(&layer("topsol")).contains("did you mean 'topsoil'?"));
    assert_eq!(read_samples(&path, &layer("subsoil")).unwrap().source().layer.as_deref(), Some("subsoil"));
    let polygons = folder.path().join("p.gpkg");
    write(&polygons, "GPKG", &["p"], Some(28992), OGRwkbGeometryType::wkbPolygon);
    let text = read_samples(&polygons, &wanting("lead")).unwrap_err().to_string();
    assert!(text.contains("feature 1: has a geometry that is no single point (POLYGON)"), "{text}");
    for name in ["broken.gpkg", "broken.geojson", "broken.shp"] {
        let scratch = Scratch::new(name, "this is none of these");
        let text = read_samples(&scratch.path, &wanting("lead")).unwrap_err().to_string();
        assert!(text.contains("cannot be read: it is not "), "{text}");
    }
    let scratch = Scratch::new("part.dbf", "x");
    assert!(read_samples(&scratch.path, &wanting("a")).unwrap_err().to_string().contains("name the .shp file"));
}

#[test]
fn a_shapefile_without_prj_needs_a_crs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.shp");
    write(&path, "ESRI Shapefile", &["s"], None, OGRwkbGeometryType::wkbPoint);
    assert!(matches!(read_samples(&path, &wanting("lead")), Err(Error::CrsNotStated { .. })));
    assert!(read_samples(&path, &local("lead")).is_ok());
}

#[test]
fn names_of_gdals_own_file_systems_are_no_files() {
    for name in ["/vsicurl/http://localhost/s.gpkg", "/vsimem/s.gpkg", "PG:host=localhost"] {
        assert!(matches!(read_samples(Path::new(name), &wanting("a")), Err(Error::NoSuchFile { .. })), "{name}");
    }
}

//! GeoParquet and Parquet: as the same table in CSV, whoever wrote it; refusals with file, row and column.

mod files;
mod hostile;

use files::{Column, Table, of_points, wkb};
use soilscope_pipeline::samples::{Format, Preparation, read_points};

use super::*;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/samples/geoparquet").join(name)
}

#[test]
fn a_file_of_geopandas_is_the_csv_it_was_made_of() {
    let path = fixture("meuse_wkb.parquet");
    for analyte in ["zinc", "cadmium", "lead", "copper"] {
        let table = read_samples(&path, &wanting(analyte)).unwrap();
        let csv = ReadOptions { crs: Some("EPSG:28992".into()), ..wanting(analyte) };
        let csv = read_samples(&shipped("meuse.csv"), &csv).unwrap();
        assert_eq!((table.coords(), readings(&table)), (csv.coords(), readings(&csv)), "{analyte}");
        assert_eq!(table.crs().unwrap().title(), csv.crs().unwrap().title());
        assert_eq!(table.lines(), (1..=155).collect::<Vec<_>>());
        assert_eq!((table.source().format, table.source().row_word()), (Format::GeoParquet, "row"));
        assert!(table.notes().is_empty(), "{:?}", table.notes());
    }
    let points = read_points(&path, &ReadOptions::default()).unwrap();
    assert_eq!(points.header(), ["zinc", "cadmium", "lead", "copper", "site", "sampled"]);
    let cells: Vec<&str> = points.cells(0).collect();
    assert_eq!(cells, ["1022", "11.7", "299", "85.00", "class 1", "1990-06-01"]);
}

#[test]
fn pairs_of_numbers_beside_a_box_limits_and_what_is_missing() {
    let path = fixture("meuse_point.parquet");
    let table = read_samples(&path, &wanting("zinc")).unwrap();
    assert_eq!(table.crs().unwrap().authority(), Some("EPSG:4326"));
    let expected = ["1022", "1141", "640", "<200", "269", "missing", "346", "347", "183", "189", "251"];
    assert_eq!(readings(&table), expected, "row 8 has neither place nor value");
    assert_eq!(table.lines(), [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12]);
    let [longitude, latitude] = table.coords()[0];
    assert!((longitude - 5.758_536_241_358).abs() < 1e-11 && (latitude - 50.991_562_156).abs() < 1e-8);
    // A number of 32 bits is what it would be in a CSV.
    let elevation = read_samples(&path, &wanting("elev")).unwrap_err().to_string();
    assert!(elevation.contains("row 8: a sample with a value but without a place"), "{elevation}");
    let tolerant = ReadOptions { tolerant: true, ..wanting("elev") };
    assert_eq!(readings(&read_samples(&path, &tolerant).unwrap())[..2], ["7.909", "6.983"]);
}

/// Rows in two groups, of every type that a cell can have.
fn of_all_types(geo: Option<&str>) -> Table<'_> {
    Table {
        schema: "message m {
            optional binary geometry; required double x; required double y; required int64 fid;
            optional binary name (UTF8); optional int32 small (INTEGER(16,true)); optional int64 large (INTEGER(64,false));
            optional float single; optional boolean truth; optional int64 seen (TIMESTAMP(MICROS,true));
            optional binary exact (DECIMAL(20,3)); optional group box { required double xmin; }
            repeated int32 many; optional binary bytes;
        }",
        geo,
        columns: vec![
            Column::Bytes(vec![Some(wkb([5.0, 50.0])), None, Some(wkb([6.0, 51.0]))]),
            Column::Double(vec![Some(5.0), Some(5.5), Some(6.0)]),
            Column::Double(vec![Some(50.0), Some(50.5), Some(51.0)]),
            Column::Long(vec![Some(7), Some(8), Some(-9)]),
            Column::Text(vec![Some("a"), None, Some("ü")]),
            Column::Int(vec![None, Some(-3), Some(4)]),
            Column::Long(vec![Some(-1), Some(1), None]),
            Column::Single(vec![Some(0.1), Some(f32::NAN), None]),
            Column::Bool(vec![Some(true), Some(false), None]),
            Column::Long(vec![Some(1_500_000), None, Some(0)]),
            Column::Bytes(vec![Some(vec![0x30, 0x39]), Some(vec![0xff]), None]),
            Column::Boxed(vec![None, Some(2.0), None]),
            Column::Repeated(vec![vec![1, 2], vec![], vec![3]]),
            Column::Bytes(vec![None, None, Some(vec![1])]),
        ],
        rows: 3,
        group: 2,
    }
}

#[test]
fn cells_of_every_type_are_text() {
    let scratch = Scratch::new("t.parquet", of_all_types(None).bytes());
    let points = read_points(&scratch.path, &ReadOptions::default()).unwrap();
    assert_eq!(points.source().format, Format::Parquet);
    assert_eq!(points.header(), ["x", "y", "fid", "name", "small", "large", "single", "truth", "seen", "exact"]);
    let rows: Vec<Vec<&str>> = (0..3).map(|i| points.cells(i).collect()).collect();
    assert_eq!(
        rows[0],
        ["5", "50", "7", "a", "", "18446744073709551615", "0.1", "true", "1970-01-01T00:00:01.5", "12.345"]
    );
    assert_eq!(rows[1], ["5.5", "50.5", "8", "", "-3", "1", "NaN", "false", "", "-0.001"]);
    assert_eq!(rows[2], ["6", "51", "-9", "ü", "4", "", "", "", "1970-01-01T00:00:00", ""]);
    assert_eq!(points.coords(), [[5.0, 50.0], [5.5, 50.5], [6.0, 51.0]]);
    assert_eq!(points.crs().map(|crs| crs.title()), None, "plain Parquet holds no CRS");
}

#[test]
fn columns_can_be_named_instead_of_the_geometry() {
    let geo = r#"{"version":"1.1.0","primary_column":"geometry","columns":{"geometry":{"encoding":"WKB","geometry_types":["Point"]}}}"#;
    let scratch = Scratch::new("t.parquet", of_all_types(Some(geo)).bytes());
    let by_geometry = read_points(&scratch.path, &ReadOptions::default()).unwrap_err().to_string();
    assert!(by_geometry.contains("t.parquet, row 2: a point without a place"), "{by_geometry}");
    let named = ReadOptions { x: Some("x".into()), y: Some("y".into()), crs: Some("EPSG:4326".into()), ..wanting("") };
    assert_eq!(read_points(&scratch.path, &named).unwrap().coords()[1], [5.5, 50.5]);
}

#[test]
fn the_crs_is_what_the_metadata_say() {
    let geo = |crs: &str| {
        format!(
            r#"{{"version":"1.1.0","primary_column":"geometry","columns":{{"geometry":{{"encoding":"WKB"{crs}}}}}}}"#
        )
    };
    let read = |geo: &str, stated: Option<&str>| {
        let scratch = Scratch::new("t.parquet", of_points(Some(geo), &[[5.0, 50.0], [6.0, 51.0]]).bytes());
        read_samples(&scratch.path, &ReadOptions { crs: stated.map(str::to_owned), ..wanting("zinc") })
    };
    let absent = read(&geo(""), None).unwrap();
    // OGC:CRS84 is EPSG:4326 for those who take longitude first, as we do.
    assert_eq!(absent.crs().unwrap().authority(), Some("EPSG:4326"));
    let named =
        geo(r#","crs":{"type":"GeographicCRS","name":"WGS 84 (CRS84)","id":{"authority":"OGC","code":"CRS84"}}"#);
    assert_eq!(read(&named, None).unwrap().crs().unwrap().authority(), Some("EPSG:4326"));
    let stated = read(&geo(""), Some("EPSG:4326")).unwrap();
    assert!(stated.notes().is_empty(), "{:?}", stated.notes());
    let other = read(&geo(""), Some("EPSG:4258")).unwrap();
    assert!(other.notes()[0].starts_with("the file says EPSG:4326"), "{:?}", other.notes());
    let unknown = read(&geo(r#","crs":null"#), None).unwrap_err();
    assert!(matches!(unknown, Error::CrsNotStated { .. }), "{unknown}");
    assert_eq!(read(&geo(r#","crs":null"#), Some("EPSG:4258")).unwrap().crs().unwrap().authority(), Some("EPSG:4258"));
    let coded = geo(r#","crs":{"type":"GeographicCRS","name":"whatever","id":{"authority":"EPSG","code":4258}}"#);
    assert_eq!(read(&coded, None).unwrap().crs().unwrap().authority(), Some("EPSG:4258"));
    let own = r#","crs":{"type":"ProjectedCRS","name":"of our own","base_crs":{"type":"GeographicCRS","name":"WGS 84","datum":
        {"type":"GeodeticReferenceFrame","name":"World Geodetic System 1984","ellipsoid":{"name":"WGS 84","semi_major_axis":6378137,
        "inverse_flattening":298.257223563}},"coordinate_system":{"subtype":"ellipsoidal","axis":[{"name":"Longitude","abbreviation":
        "lon","direction":"east","unit":"degree"},{"name":"Latitude","abbreviation":"lat","direction":"north","unit":"degree"}]}},
        "conversion":{"name":"ours","method":{"name":"Lambert Azimuthal Equal Area","id":{"authority":"EPSG","code":9820}},"parameters":
        [{"name":"Latitude of natural origin","value":50,"unit":"degree"},{"name":"Longitude of natural origin","value":5,"unit":"degree"},
        {"name":"False easting","value":0,"unit":"metre"},{"name":"False northing","value":0,"unit":"metre"}]},"coordinate_system":
        {"subtype":"Cartesian","axis":[{"name":"Easting","abbreviation":"E","direction":"east","unit":"metre"},{"name":"Northing",
        "abbreviation":"N","direction":"north","unit":"metre"}]}}"#;
    let own = read(&geo(own), None).unwrap();
    let crs = own.crs().unwrap();
    assert_eq!((crs.name(), crs.authority(), crs.is_metric()), ("of our own", None, true));
    // It can be computed with.
    let wanted = Preparation {
        working_crs: Some(soilscope_pipeline::crs::Crs::parse("EPSG:3035").unwrap()),
        ..Preparation::default()
    };
    assert_eq!(own.prepare("zinc", &wanted).unwrap().samples.len(), 2);
}

#[test]
fn metadata_that_describe_no_points_are_refused() {
    for (geo, why) in [
        ("not json", "they are no JSON"),
        ("{}", "they name no primary column"),
        (r#"{"primary_column":"there","columns":{}}"#, "they say nothing of the column 'there'"),
        (r#"{"primary_column":"there","columns":{"there":{"encoding":"WKB"}}}"#, "there is no column 'there'"),
        (r#"{"primary_column":"zinc","columns":{"zinc":{"encoding":"WKB"}}}"#, "the column 'zinc' holds no bytes"),
        (
            r#"{"primary_column":"zinc","columns":{"zinc":{"encoding":"point"}}}"#,
            "the column 'zinc' has no numbers 'x'",
        ),
        (r#"{"primary_column":"geometry","columns":{"geometry":{}}}"#, "they do not say how geometries are encoded"),
        (
            r#"{"primary_column":"geometry","columns":{"geometry":{"encoding":"polygon"}}}"#,
            "geometries are encoded as polygon, and samples are points",
        ),
    ] {
        let scratch = Scratch::new("t.parquet", of_points(Some(geo), &[[0.0, 0.0]]).bytes());
        let error = read_samples(&scratch.path, &wanting("zinc")).unwrap_err().to_string();
        let expected = format!("t.parquet: has metadata of GeoParquet that do not describe it: {why}");
        assert!(error.contains(&expected) && error.contains("; write it again with a program"), "{error}");
    }
}

#[test]
fn geometries_that_are_no_points_are_refused_with_their_row() {
    let line = [&[1, 2, 0, 0, 0, 1, 0, 0, 0][..], &[0; 16]].concat();
    for (bytes, message) in [
        (
            line,
            "t.parquet, row 2: has a geometry that is no single point (LINESTRING); samples are points; use the centroids",
        ),
        (
            b"POINT (1 2)".to_vec(),
            "t.parquet, row 2, column 'geometry': holds no geometry as well-known binary: its first byte",
        ),
        (
            vec![],
            "t.parquet, row 2, column 'geometry': holds no geometry as well-known binary: it is cut off; write the file again",
        ),
        (
            wkb([f64::INFINITY, 0.0]),
            "t.parquet, row 2: 'inf 0' is not a finite number; correct the coordinate, or state the CRS it is in",
        ),
        (wkb([5.0, 95.0]), "t.parquet, row 2: '5 95' is no latitude, which lies between -90 and 90"),
        (wkb([f64::NAN, f64::NAN]), "t.parquet, row 2: a sample with a value but without a place"),
    ] {
        let mut table = of_points(Some(files::GEO), &[[0.0, 0.0], [1.0, 1.0]]);
        table.columns[0] = Column::Bytes(vec![Some(wkb([0.0, 0.0])), Some(bytes)]);
        let scratch = Scratch::new("t.parquet", table.bytes());
        let error = read_samples(&scratch.path, &wanting("zinc")).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

/// A long table, as Parquet with dictionaries and as CSV, must be read as the same.
#[test]
fn a_long_table_is_that_of_its_csv() {
    let names = ["Pb", "Zn", "zn", "Cd"];
    let (mut csv, mut columns) =
        ("x,y,analyte,value,unit,lod\n".to_owned(), (vec![], vec![], vec![], vec![], vec![], vec![]));
    for i in 0..9000_usize {
        let (x, y) = ((i % 97) as f64 * 10.5, (i / 97) as f64 + 0.1);
        let name = names[(i + i / 4) % 4];
        let value = match i % 11 {
            0 => Some("<0.5".to_owned()),
            1 => None,
            2 => Some("n.d.".to_owned()),
            _ => Some(format!("{}", i as f64 / 7.0)),
        };
        let unit = if i % 3 == 0 { "mg/kg" } else { "ug/kg" };
        let limit = (i % 5 == 0).then_some(0.25);
        csv += &format!(
            "{x},{y},{name},{},{unit},{}\n",
            value.as_deref().unwrap_or_default(),
            limit.map_or(String::new(), |l: f64| l.to_string())
        );
        columns.0.push(Some(x));
        columns.1.push(Some(y));
        columns.2.push(Some(name));
        columns.3.push(value);
        columns.4.push(Some(unit));
        columns.5.push(limit);
    }
    let values: Vec<Option<&str>> = columns.3.iter().map(Option::as_deref).collect();
    let table = Table {
        schema: "message m { required double x; required double y; optional binary analyte (UTF8); optional binary value (UTF8);
                 optional binary unit (UTF8); optional double lod; }",
        geo: None,
        rows: 9000,
        group: 4500,
        columns: vec![
            Column::Double(columns.0),
            Column::Double(columns.1),
            Column::Text(columns.2),
            Column::Text(values),
            Column::Text(columns.4),
            Column::Double(columns.5),
        ],
    };
    let scratch = Scratch::new("t.parquet", table.bytes());
    for analytes in ["Zn", "Pb,Cd", ""] {
        let columnar = read_samples(&scratch.path, &local(analytes)).unwrap();
        let text = read_text(&csv, &local(analytes)).unwrap();
        assert_eq!((columnar.coords(), columnar.analytes().len()), (text.coords(), text.analytes().len()));
        for (a, b) in columnar.analytes().iter().zip(text.analytes()) {
            assert_eq!(
                (a.name(), a.unit(), a.readings(), a.records()),
                (b.name(), b.unit(), b.readings(), b.records())
            );
        }
        let lines: Vec<usize> = text.lines().iter().map(|line| line - 1).collect();
        assert_eq!(columnar.lines(), lines);
    }
}

#[test]
fn refusals_name_file_row_and_column() {
    let table = |zinc: Vec<Option<&'static str>>| Table {
        schema: "message m { optional double x; optional double y; optional binary zinc (UTF8); }",
        geo: None,
        rows: 2,
        group: 1,
        columns: vec![
            Column::Double(vec![Some(0.0), Some(1.0)]),
            Column::Double(vec![Some(0.0), Some(f64::NAN)]),
            Column::Text(zinc),
        ],
    };
    let refused = |zinc, options: &ReadOptions| {
        let scratch = Scratch::new("t.parquet", table(zinc).bytes());
        read_samples(&scratch.path, options).unwrap_err().to_string()
    };
    let error = refused(vec![Some("trace"), None], &local("zinc"));
    assert!(
        error.contains("t.parquet, row 1, column 'zinc': 'trace' is not a number; write a number, a limit as <0.1"),
        "{error}"
    );
    let error = refused(vec![Some("1"), Some("2")], &local("zinc"));
    assert!(error.contains("t.parquet, row 2, column 'y': 'NaN' one coordinate is missing"), "{error}");
    let error = refused(vec![Some("1"), Some("2")], &local("zink"));
    assert!(error.contains("there is no analyte 'zink' (did you mean 'zinc'?); there are: x, y, zinc"), "{error}");
    let layered = ReadOptions { layer: Some("a".into()), ..local("zinc") };
    let error = refused(vec![None, None], &layered);
    assert!(error.contains("is a Parquet file, which has no layers; leave the layer out"), "{error}");
    assert!(refused(vec![None, None], &wanting("zinc")).contains("(CRS) is not stated"));
    let scratch = Scratch::new("t.feather", b"ARROW1");
    let error = read_samples(&scratch.path, &local("zinc")).unwrap_err().to_string();
    assert!(error.ends_with("t.feather: is an Arrow file, which is not read; write it as Parquet"), "{error}");
}

/// What is not needed is not read: its bytes may be anything.
#[test]
fn only_the_columns_that_are_needed_are_read() {
    let table = Table {
        schema: "message m { required double x; required double y; required double zinc; required double lead; }",
        geo: None,
        rows: 100,
        group: 100,
        columns: (0..4).map(|c| Column::Double((0..100).map(|i| Some(f64::from(i * c) + 0.5)).collect())).collect(),
    };
    let mut bytes = table.bytes();
    let lead = table.column_bytes(&bytes, 3);
    bytes[lead].fill(0xff);
    let scratch = Scratch::new("t.parquet", bytes);
    assert_eq!(readings(&read_samples(&scratch.path, &local("zinc")).unwrap())[1], "2.5");
    let error = read_samples(&scratch.path, &local("lead")).unwrap_err().to_string();
    assert!(error.contains("t.parquet: cannot be read: row group 1, column 'lead': "), "{error}");
    assert!(error.ends_with("; write it again, or copy it again"), "{error}");
}

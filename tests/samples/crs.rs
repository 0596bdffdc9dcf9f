//! Coordinate reference systems; reference values from cs2cs 9.1.1.

use soilscope_pipeline::crs::{Crs, Transformer, choose_working};

fn parse(definition: &str) -> Crs {
    Crs::parse(definition).unwrap()
}

#[test]
fn definitions_of_every_kind() {
    let rd = parse("EPSG:28992");
    assert_eq!((rd.name(), rd.authority(), rd.unit_name()), ("Amersfoort / RD New", Some("EPSG:28992"), "metre"));
    assert!(rd.is_metric() && !rd.is_geographic() && !rd.is_local() && rd.area_of_use().is_some());
    assert!(parse(rd.to_wkt().unwrap()).same_as(&rd));
    assert!(parse("epsg:4326").is_geographic() && parse("WGS84").is_geographic() && parse("OGC:CRS84").is_geographic());
    assert!(parse("+proj=utm +zone=33 +datum=WGS84").is_metric());
    assert!(parse("+proj=longlat +datum=WGS84 +no_defs").is_geographic());
    assert!(parse(" LOCAL ").is_local() && parse("local").to_wkt().is_none());
    let feet = parse("EPSG:2263");
    assert!((feet.metres_per_unit().unwrap() - 0.304_800_609_601).abs() < 1e-9 && !feet.is_metric());
    assert!((parse("EPSG:4807").degrees_per_unit().unwrap() - 0.9).abs() < 1e-9, "grads");
}

#[test]
fn wkt_and_projjson_are_read_and_transformed() {
    let wkt2 = r#"GEOGCRS["WGS 84",DATUM["World Geodetic System 1984",ELLIPSOID["WGS 84",6378137,298.257223563]],
        CS[ellipsoidal,2],AXIS["latitude",north],AXIS["longitude",east],ANGLEUNIT["degree",0.0174532925199433]]"#;
    let json = gdal::spatial_ref::SpatialRef::from_epsg(3035).unwrap().to_projjson().unwrap();
    let laea = parse("+proj=laea +lat_0=52 +lon_0=10 +datum=WGS84 +units=m");
    let again = parse(laea.to_wkt().unwrap());
    for (from, to, expected) in
        [(wkt2, json.as_str(), [4_321_000.0, 3_210_000.0]), (wkt2, again.definition(), [0.0, 0.0])]
    {
        let got = Transformer::new(&parse(from), &parse(to)).unwrap().forward([10.0, 52.0]).unwrap();
        assert!((got[0] - expected[0]).abs() < 1e-3 && (got[1] - expected[1]).abs() < 1e-3, "{got:?}");
    }
    // Gauss-Krüger is northing, easting by its authority; here it is easting, northing like all others.
    let krueger = Transformer::new(&parse("EPSG:4326"), &parse("EPSG:31467")).unwrap();
    let [easting, northing] = krueger.forward([9.0, 50.0]).unwrap();
    assert!((easting - 3_500_000.0).abs() < 200.0 && (northing - 5_540_000.0).abs() < 2_000.0, "{easting} {northing}");
    let back = parse("EPSG:31467").to_spatial_ref().unwrap().unwrap();
    assert_eq!(back.axis_mapping_strategy(), gdal::spatial_ref::AxisMappingStrategy::TraditionalGisOrder);
}

#[test]
fn what_is_no_crs_is_refused_and_never_opened() {
    let of = |definition: &str| Crs::parse(definition).unwrap_err().to_string();
    assert!(of("EPSG:99999").contains("unknown CRS"));
    assert!(of("28992").contains("write EPSG:28992"));
    assert!(of("EPSG:4978").contains("neither geographic"), "geocentric: {}", of("EPSG:4978"));
    for definition in [
        "",
        "  ",
        "Amersfoort",
        "/etc/passwd",
        "http://example.org/crs",
        "+towgs84=0",
        "EPSG:",
        "PROJCS[",
        "\0",
        "{\"type\":1}",
        "+proj=nonsense",
    ] {
        assert!(Crs::parse(definition).is_err(), "{definition:?}");
    }
}

#[test]
fn transformations_agree_with_cs2cs() {
    for (from, to, place, expected, within) in [
        ("EPSG:4326", "EPSG:3035", [10.0, 52.0], [4_321_000.0, 3_210_000.0], 1e-3),
        ("EPSG:4326", "EPSG:28992", [5.723, 50.964], [178591.0567, 330532.6737], 1.0), // grids may be installed
        ("EPSG:4326", "EPSG:5070", [-96.0, 40.0], [0.0, 1886977.5649], 1e-3),
        ("EPSG:4326", "EPSG:32635", [30.0, 69.0], [619941.9364, 7657294.4933], 1e-3),
        ("EPSG:32635", "EPSG:4326", [619941.9364, 7657294.4933], [30.0, 69.0], 1e-8),
    ] {
        let got = Transformer::new(&parse(from), &parse(to)).unwrap().forward(place).unwrap();
        for axis in 0..2 {
            assert!((got[axis] - expected[axis]).abs() < within, "{from} to {to}: {got:?}");
        }
    }
    let same = Transformer::new(&parse("EPSG:28992"), &parse("epsg:28992")).unwrap();
    assert!(same.is_identity());
    assert_eq!(same.forward([1.0, 2.0]).unwrap(), [1.0, 2.0]);
}

#[test]
fn impossible_transformations_are_refused() {
    let transformer = Transformer::new(&parse("EPSG:4326"), &parse("EPSG:3035")).unwrap();
    for place in [[10.0, 91.0], [f64::NAN, 1.0], [10.0, f64::INFINITY], [1e9, 0.0]] {
        assert!(transformer.forward(place).is_err(), "{place:?}");
    }
    assert!(Transformer::new(&Crs::local(), &parse("EPSG:3035")).unwrap_err().to_string().contains("nowhere on Earth"));
}

#[test]
fn a_working_crs_is_chosen_by_extent_and_explained() {
    let wgs84 = parse("EPSG:4326");
    let choose = |places: &[[f64; 2]]| choose_working(&wgs84, places).unwrap();
    let (crs, reason) = choose(&[[5.6, 50.9], [5.8, 51.1]]);
    assert_eq!(crs.authority(), Some("EPSG:32631"));
    assert!(reason.contains("UTM zone, 31"), "{reason}");
    assert_eq!(choose(&[[-75.96, -8.5], [-75.5, -8.9]]).0.authority(), Some("EPSG:32718"));
    assert_eq!(choose(&[[-120.0, 30.0], [-70.0, 48.0]]).0.authority(), Some("EPSG:5070"));
    assert_eq!(choose(&[[-9.0, 37.0], [30.0, 68.0]]).0.authority(), Some("EPSG:3035"));
    // Lisbon and Helsinki with Tenerife, Reykjavík and Nicosia; one place a little outside the area of use is let pass.
    let mut europe = vec![[-9.0, 38.7], [25.0, 60.2], [-16.5, 28.3], [-21.9, 64.1], [33.4, 35.2]];
    let (crs, reason) = choose(&europe);
    assert_eq!(crs.authority(), Some("EPSG:3035"));
    assert!(reason.ends_with("within Europe, equal area"), "{reason}");
    europe.extend((0..40).map(|i| [f64::from(i) / 2.0, 50.0]));
    europe.push([46.5, 41.0]);
    let (crs, reason) = choose(&europe);
    assert_eq!(crs.authority(), Some("EPSG:3035"));
    assert!(reason.contains("(97.8 % of the places)"), "{reason}");
    europe.push([55.0, 41.0]);
    assert_eq!(choose(&europe).0.authority(), None, "Tehran is too far");
    assert_eq!(choose(&[[-10.0, 25.0], [30.0, 32.0]]).0.authority(), None, "the Sahara is not Europe");
    let (laea, reason) = choose(&[[20.0, -30.0], [40.0, 10.0]]);
    assert_eq!(laea.definition(), "+proj=laea +lat_0=-10.00 +lon_0=30.00 +datum=WGS84 +units=m +no_defs");
    assert!(laea.is_metric() && reason.contains("equal-area"));
    // Across the antimeridian the places are near each other.
    assert_eq!(choose(&[[179.5, -17.0], [-179.5, -18.0]]).0.authority(), Some("EPSG:32701"));
    let polar = choose(&[[10.0, 86.0], [12.0, 87.0]]).0;
    assert!(polar.definition().starts_with("+proj=laea"));
    assert_eq!(choose_working(&parse("EPSG:28992"), &[]).unwrap().0.authority(), Some("EPSG:28992"));
    assert!(choose_working(&Crs::local(), &[]).unwrap().0.is_local());
}

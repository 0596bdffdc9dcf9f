//! RFC 7946 as the reader of the `geojson` crate and plain JSON see it.

use std::path::Path;

use ::geojson::FeatureCollection;
use geo::{Area, Geometry, Validation, Winding, polygon};
use proptest::prelude::*;
use soilscope_core::Coord;
use soilscope_pipeline::io::geojson::write_geojson;
use soilscope_pipeline::io::vector::Feature;
use soilscope_pipeline::tidy::Existing;
use soilscope_pipeline::{Error, Result};

use crate::{feature, names, square, varied};

/// Spherical Mercator, inverse: a projection that a test can hold.
fn from_mercator([x, y]: Coord) -> Result<Coord> {
    const R: f64 = 6_378_137.0;
    Ok([(x / R).to_degrees(), (2.0 * (y / R).exp().atan() - std::f64::consts::FRAC_PI_2).to_degrees()])
}

/// Polar stereographic on the sphere, north, inverse: straight edges become strong curves.
fn from_polar([x, y]: Coord) -> Result<Coord> {
    const R: f64 = 6_371_000.0;
    let colatitude = 2.0 * (x.hypot(y) / (2.0 * R)).atan();
    Ok([x.atan2(-y).to_degrees(), 90.0 - colatitude.to_degrees()])
}

fn text(features: &[Feature], transform: Option<fn(Coord) -> Result<Coord>>) -> Result<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.geojson");
    match transform {
        Some(mut transform) => write_geojson(&file, Existing::Refuse, features, Some(&mut transform)),
        None => write_geojson(&file, Existing::Refuse, features, None),
    }?;
    assert_eq!(names(folder.path()), ["a.geojson"]);
    Ok(std::fs::read_to_string(file).expect("a file"))
}

fn read(text: &str) -> (Option<Vec<f64>>, Vec<Option<Geometry<f64>>>) {
    let collection: FeatureCollection = text.parse().expect("a feature collection");
    let geometries = collection
        .features
        .iter()
        .map(|f| f.geometry.as_ref().map(|g| Geometry::<f64>::try_from(g.value.clone()).expect("a geometry")));
    (collection.bbox.clone(), geometries.collect())
}

#[test]
fn properties_keep_order_and_precision() {
    let text = text(&[varied(geo::Point::new(5.123_456_789, -0.000_000_01))], None).unwrap();
    assert_eq!(
        text,
        "{\"type\":\"FeatureCollection\",\"bbox\":[5.1234568,0.0,5.1234568,0.0],\"features\":[\n\
         {\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[5.1234568,0.0]},\"properties\":\
         {\"id\":1,\"mean\":0.30000000000000004,\"name\":\"Pyhäjärvi \\\"east\\\"\\n\",\"nothing\":null,\
         \"not a number\":null}}\n]}\n"
    );
    assert!(!text.contains("crs"));
}

#[test]
fn no_feature_is_an_empty_collection() {
    assert_eq!(text(&[], None).unwrap(), "{\"type\":\"FeatureCollection\",\"features\":[\n]}\n");
}

#[test]
fn rings_are_wound_whatever_they_were() {
    let mut turned = square();
    turned.exterior_mut(|ring| ring.0.reverse());
    turned.interiors_mut(|rings| rings.iter_mut().for_each(|ring| ring.0.reverse()));
    let mirrored = |[x, y]: Coord| from_mercator([y, x]);
    for (shape, transform) in
        [(square(), from_mercator as fn(Coord) -> Result<Coord>), (turned, from_mercator), (square(), mirrored)]
    {
        let (bbox, geometries) = read(&text(&[feature(shape)], Some(transform)).unwrap());
        let Some(Geometry::Polygon(polygon)) = &geometries[0] else { panic!("not a polygon") };
        assert!(polygon.exterior().is_ccw() && polygon.exterior().is_closed());
        assert_eq!((polygon.exterior().0.len(), polygon.interiors().len()), (5, 1));
        assert!(polygon.interiors()[0].is_cw());
        assert_eq!(bbox.unwrap(), [0.0, 0.0, 0.008_983_2, 0.008_983_2]);
    }
}

#[test]
fn what_rounding_leaves_without_area_is_left_out() {
    let speck = polygon![(x: 1.0, y: 1.0), (x: 1.000_000_01, y: 1.0), (x: 1.0, y: 1.000_000_01)];
    let needle = polygon![(x: 1.0, y: 1.0), (x: 2.0, y: 1.0), (x: 1.5, y: 1.000_000_01)];
    let with_speck = geo::Polygon::new(
        polygon![(x: 0.0, y: 0.0), (x: 9.0, y: 0.0), (x: 9.0, y: 9.0)].exterior().clone(),
        vec![speck.exterior().clone()],
    );
    let both = geo::MultiPolygon(vec![speck.clone(), with_speck.clone()]);
    let features = [feature(speck), feature(needle), feature(with_speck), feature(both)];
    let (_, geometries) = read(&text(&features, None).unwrap());
    assert_eq!((&geometries[0], &geometries[1]), (&None, &None));
    let Some(Geometry::Polygon(polygon)) = &geometries[2] else { panic!("not a polygon") };
    assert!(polygon.interiors().is_empty());
    let Some(Geometry::MultiPolygon(polygons)) = &geometries[3] else { panic!("not a multi-polygon") };
    assert_eq!(polygons.0.len(), 1);
}

#[test]
fn edges_follow_the_map_within_half_a_metre() {
    // 100 km, at 75 degrees north.
    let edge = geo::Line::new((-50_000.0, -1_650_000.0), (50_000.0, -1_650_000.0));
    let (_, geometries) = read(&text(&[feature(edge)], Some(from_polar)).unwrap());
    let Some(Geometry::LineString(line)) = &geometries[0] else { panic!("not a line") };
    assert!((17..130).contains(&line.0.len()), "{} vertices", line.0.len());
    for chord in line.lines() {
        // The map's edge at the chord's longitude: y = −1 650 000, x = 1 650 000 tan(longitude).
        let (longitude, latitude) = ((chord.start.x + chord.end.x) / 2.0, (chord.start.y + chord.end.y) / 2.0);
        let truth = from_polar([1_650_000.0 * longitude.to_radians().tan(), -1_650_000.0]).unwrap();
        assert!((truth[1] - latitude).abs() * 111_195.0 < 0.52, "{longitude} {latitude} {}", truth[1]);
    }
}

#[test]
fn neighbours_share_the_vertices_of_their_edge() {
    let west = polygon![(x: -5e5, y: -2e6), (x: 0.0, y: -2e6), (x: 1e4, y: -1.5e6), (x: -5e5, y: -1.5e6)];
    let east = polygon![(x: 5e5, y: -2e6), (x: 5e5, y: -1.5e6), (x: 1e4, y: -1.5e6), (x: 0.0, y: -2e6)];
    // The shared edge runs from (0, −2 000 000) to (10 000, −1 500 000).
    let on_edge = |longitude: f64, latitude: f64| {
        let distance = 2.0 * 6_371_000.0 * ((90.0 - latitude) / 2.0).to_radians().tan();
        let (sin, cos) = longitude.to_radians().sin_cos();
        (distance * sin - (2e6 - distance * cos) * 0.02).abs() < 1.0
    };
    let (_, geometries) = read(&text(&[feature(west), feature(east)], Some(from_polar)).unwrap());
    let edges = geometries.iter().map(|g| {
        let Some(Geometry::Polygon(polygon)) = g else { panic!("not a polygon") };
        assert_eq!(polygon.check_validation(), Ok(()));
        let mut edge: Vec<(i64, i64)> = polygon
            .exterior()
            .coords()
            .filter(|c| on_edge(c.x, c.y))
            .map(|c| ((c.x * 1e7).round() as i64, (c.y * 1e7).round() as i64))
            .collect();
        edge.sort_unstable();
        edge.dedup();
        edge
    });
    let edges: Vec<_> = edges.collect();
    assert!(edges[0].len() > 20);
    assert_eq!(edges[0], edges[1]);
}

#[test]
fn a_polygon_across_the_antimeridian_is_cut() {
    // Taveuni, Fiji, as a box with a hole on the line; the same place said in three ways.
    let said = |shift: f64| {
        let ring = |corners: [(f64, f64); 4]| geo::LineString::from(corners.map(|(x, y)| (x + shift, y)).to_vec());
        geo::Polygon::new(
            ring([(179.5, -17.0), (180.5, -17.0), (180.5, -16.0), (179.5, -16.0)]),
            vec![ring([(179.9, -16.6), (179.9, -16.4), (180.1, -16.4), (180.1, -16.6)])],
        )
    };
    let from_a_plane: fn(Coord) -> Result<Coord> = |[x, y]| Ok([x - 360.0 * (x / 360.0).round(), y]);
    for (shape, transform) in [(said(0.0), None), (said(-360.0), None), (said(0.0), Some(from_a_plane))] {
        let (bbox, geometries) = read(&text(&[feature(shape)], transform).unwrap());
        assert_eq!(bbox.unwrap(), [179.5, -17.0, -179.5, -16.0], "west is east of east (RFC 7946, 5.2)");
        let Some(Geometry::MultiPolygon(pieces)) = &geometries[0] else { panic!("not a multi-polygon") };
        assert_eq!(pieces.0.len(), 2);
        assert!((pieces.unsigned_area() - 0.96).abs() < 1e-6);
        for piece in pieces {
            assert_eq!(piece.check_validation(), Ok(()));
            assert!(piece.exterior().is_ccw());
            let xs: Vec<f64> = piece.exterior().coords().map(|c| c.x).collect();
            assert!(xs.iter().all(|x| *x >= 179.5) || xs.iter().all(|x| *x <= -179.5), "{xs:?}");
        }
    }
}

#[test]
fn a_polygon_that_ends_at_the_antimeridian_is_not_cut() {
    for west in [179.0, -181.0] {
        let shape = geo::Rect::new((west, 0.0), (west + 1.0, 1.0));
        let (bbox, geometries) = read(&text(&[feature(shape)], None).unwrap());
        assert_eq!(bbox.unwrap(), [179.0, 0.0, 180.0, 1.0]);
        assert!(matches!(geometries[0], Some(Geometry::Polygon(_))));
    }
}

#[test]
fn a_polygon_may_be_as_wide_as_the_globe() {
    let globe = geo::Rect::new((-180.0, -60.0), (180.0, 60.0)).to_polygon();
    let hole = geo::Rect::new((169.0, 0.0), (170.0, 1.0)).to_polygon();
    let shape = geo::Polygon::new(globe.exterior().clone(), vec![hole.exterior().clone()]);
    let plane: fn(Coord) -> Result<Coord> = |[x, y]| Ok([x, y]);
    for transform in [None, Some(plane)] {
        let (bbox, geometries) = read(&text(&[feature(shape.clone())], transform).unwrap());
        assert_eq!(bbox.unwrap(), [-180.0, -60.0, 180.0, 60.0]);
        let Some(Geometry::Polygon(polygon)) = &geometries[0] else { panic!("not a polygon") };
        assert_eq!(polygon.unsigned_area(), 360.0 * 120.0 - 1.0);
        assert_eq!(polygon.check_validation(), Ok(()));
    }
}

#[test]
fn what_has_no_place_is_refused_and_leaves_no_file() {
    let round_the_pole = polygon![(x: -1e6, y: -1e6), (x: 1e6, y: -1e6), (x: 1e6, y: 1e6), (x: -1e6, y: 1e6)];
    let across = geo::LineString::from(vec![(179.0, 0.0), (181.0, 0.0)]);
    let collection = geo::GeometryCollection(vec![Geometry::Point(geo::Point::new(0.0, 0.0))]);
    type Case = (Feature, Option<fn(Coord) -> Result<Coord>>, &'static str);
    let cases: [Case; 5] = [
        (feature(round_the_pole), Some(from_polar), "round a pole"),
        (feature(across), None, "line crosses the antimeridian"),
        (feature(geo::Point::new(181_000.0, 332_000.0)), None, "not a longitude"),
        (feature(geo::Point::new(f64::NAN, 1.0)), None, "not a longitude"),
        (feature(Geometry::GeometryCollection(collection)), None, "collection"),
    ];
    for (feature, transform, reason) in cases {
        let message = text(&[feature], transform).unwrap_err().to_string();
        assert!(message.contains(reason) && message.contains("a.geojson"), "{message}");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.geojson");
    let mut never = |_: Coord| -> Result<Coord> {
        Err(soilscope_core::Error::OnePlace { count: 1, easting: 0.0, northing: 0.0 }.into())
    };
    assert!(write_geojson(&file, Existing::Refuse, &[feature(square())], Some(&mut never)).is_err());
    assert!(names(folder.path()).is_empty());
    assert!(write_geojson(Path::new("/nonexistent/a.geojson"), Existing::Refuse, &[], None).is_err());
    std::fs::write(&file, "old").unwrap();
    assert!(matches!(write_geojson(&file, Existing::Refuse, &[], None), Err(Error::Exists { .. })));
    assert!(write_geojson(&file, Existing::Replace, &[], None).is_ok());
}

proptest! {
    #[test]
    fn rectangles_anywhere_keep_their_area(west in -180.0f64..180.0, south in -80.0f64..79.0, width in 0.01f64..90.0, height in 0.01f64..1.0) {
        let shape = geo::Rect::new((west, south), (west + width, south + height));
        let (bbox, geometries) = read(&text(&[feature(shape)], None).unwrap());
        let Some(geometry) = &geometries[0] else { panic!("nothing left") };
        prop_assert_eq!(geometry.check_validation(), Ok(()));
        prop_assert!((geometry.unsigned_area() - width * height).abs() < 1e-5 * (1.0 + width));
        let bbox = bbox.unwrap();
        prop_assert!(bbox.iter().all(|v| v.abs() <= 180.0));
        prop_assert!(((bbox[2] - bbox[0]).rem_euclid(360.0) - width).abs() < 1e-6);
    }
}

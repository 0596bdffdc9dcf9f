//! Masks against the plainest second implementation.

use geo::{Coord, LineString, MultiPolygon, Polygon};
use proptest::prelude::*;
use soilscope_pipeline::Error;
use soilscope_pipeline::grid::{Bounds, DEFAULT_CELL_LIMIT, Grid, GridCrs};
use soilscope_pipeline::io::mask_in::{RasterMask, read_polygons};
use soilscope_pipeline::mask::{All, Mask, Overlap, Polygons, WithinOfSamples};

use crate::support::grid;

/// The mask of the whole grid, tile by tile, checking the quick answers against the slow ones.
fn cells(mask: &dyn Mask, grid: &Grid, side: usize) -> Vec<bool> {
    let mut whole = vec![false; grid.cells() as usize];
    let tiles = grid.tiles(side);
    for tile in (0..tiles.len()).map(|i| tiles.get(i)) {
        let mut inside = vec![true; tile.cells()];
        mask.fill(&tile, &mut inside).unwrap();
        match mask.overlap(&tile) {
            Overlap::None => assert!(!inside.contains(&true)),
            Overlap::All => assert!(!inside.contains(&false)),
            Overlap::Some => {}
        }
        for (i, inside) in inside.into_iter().enumerate() {
            let (row, column) = (tile.first[1] + i / tile.size[0], tile.first[0] + i % tile.size[0]);
            whole[row * grid.size()[0] + column] = inside;
        }
    }
    whole
}

/// Even-odd by a ray to the west, for one place and every side of every ring.
fn inside_polygon(polygon: &Polygon<f64>, [x, y]: [f64; 2]) -> bool {
    let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
    let crossed = rings.flat_map(|ring| ring.lines()).filter(|side| {
        let (a, b) = if side.start.y < side.end.y { (side.start, side.end) } else { (side.end, side.start) };
        a.y <= y && y < b.y && a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x) <= x
    });
    crossed.count() % 2 == 1
}

fn oracle(polygons: &MultiPolygon<f64>, grid: &Grid) -> Vec<bool> {
    let patch = grid.patch([0, 0], grid.size());
    (0..patch.cells()).map(|i| polygons.0.iter().any(|p| inside_polygon(p, patch.centre(i)))).collect()
}

fn ring() -> impl Strategy<Value = LineString<f64>> {
    // Half of the vertices on cell centres or corners, where rules of edges matter.
    let ordinate = prop_oneof![(-4i32..44).prop_map(|n| f64::from(n) / 2.0), -2.0..22.0f64];
    prop::collection::vec((ordinate.clone(), ordinate), 3..12)
        .prop_map(|v| LineString::new(v.into_iter().map(|(x, y)| Coord { x, y }).collect()))
}

proptest! {
    #[test]
    fn polygons_agree_with_the_oracle(rings in prop::collection::vec((ring(), prop::collection::vec(ring(), 0..2)), 1..4), side in 1usize..25) {
        let polygons = MultiPolygon::new(rings.into_iter().map(|(outer, holes)| Polygon::new(outer, holes)).collect());
        let grid = grid([0.0, 20.0], 1.0, [20, 20]);
        prop_assert_eq!(cells(&Polygons::new(&polygons).unwrap(), &grid, side), oracle(&polygons, &grid));
    }

    #[test]
    fn distances_agree_with_the_oracle(samples in prop::collection::vec([0.0f64..20.0, 0.0..20.0], 1..20), radius in 0.0f64..15.0, side in 1usize..25) {
        let grid = grid([0.0, 20.0], 0.5, [40, 40]);
        let patch = grid.patch([0, 0], grid.size());
        let expected: Vec<bool> = (0..patch.cells()).map(|i| {
            let c = patch.centre(i);
            samples.iter().any(|s| (s[0] - c[0]).hypot(s[1] - c[1]) <= radius)
        }).collect();
        prop_assert_eq!(cells(&WithinOfSamples::new(&samples, radius).unwrap(), &grid, side), expected);
    }

    #[test]
    fn all_is_and(polygon in ring(), samples in prop::collection::vec([0.0f64..20.0, 0.0..20.0], 1..5), radius in 0.0f64..9.0) {
        let grid = grid([0.0, 20.0], 1.0, [20, 20]);
        let polygons = Polygons::new(&MultiPolygon::new(vec![Polygon::new(polygon, vec![])])).unwrap();
        let near = WithinOfSamples::new(&samples, radius).unwrap();
        let expected: Vec<bool> =
            cells(&polygons, &grid, 7).into_iter().zip(cells(&near, &grid, 7)).map(|(a, b)| a && b).collect();
        prop_assert_eq!(cells(&All(vec![Box::new(polygons), Box::new(near)]), &grid, 7), expected);
    }
}

#[test]
fn adjoining_polygons_share_out_the_cells() {
    let square = |x: f64| {
        Polygon::new(LineString::from(vec![(x, 0.0), (x + 5.5, 0.0), (x + 5.5, 9.5), (x, 9.5), (x, 0.0)]), vec![])
    };
    let grid = grid([0.0, 10.0], 1.0, [12, 10]);
    let one = |x| cells(&Polygons::new(&MultiPolygon::new(vec![square(x)])).unwrap(), &grid, 4);
    let shared: usize = one(0.0).iter().zip(one(5.5)).filter(|&(&a, b)| a && b).count();
    let both: usize = one(0.0).iter().zip(one(5.5)).filter(|&(&a, b)| a || b).count();
    assert_eq!((shared, both), (0, 11 * 9));
}

#[test]
fn empty_and_infinite_polygons_are_refused() {
    assert!(matches!(Polygons::new(&MultiPolygon::new(vec![])), Err(Error::Mask { .. })));
    let nan = Polygon::new(LineString::from(vec![(0.0, 0.0), (f64::NAN, 1.0), (1.0, 1.0)]), vec![]);
    assert!(matches!(Polygons::new(&MultiPolygon::new(vec![nan])), Err(Error::Mask { .. })));
    assert!(WithinOfSamples::new(&[], 1.0).is_err());
    assert!(WithinOfSamples::new(&[[0.0, 0.0]], f64::NAN).is_err());
}

#[test]
fn meuse_area_and_its_copies_in_other_formats() {
    let csv = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/meuse_area.csv");
    let file = read_polygons(csv.as_ref(), None).unwrap();
    let mask = Polygons::new(&file.polygons).unwrap();
    let bounds = Bounds { min: [178_440.0, 329_600.0], max: [181_560.0, 333_760.0] };
    let grid = Grid::covering(bounds, [40.0, 40.0], GridCrs::Local, DEFAULT_CELL_LIMIT).unwrap();
    let expected = cells(&mask, &grid, 32);
    assert_eq!(expected, oracle(&file.polygons, &grid));
    let area = expected.iter().filter(|&&i| i).count() as f64 * 1600.0;
    assert!((area / mask.area() - 1.0).abs() < 0.01, "{area} {}", mask.area());

    // Through GDAL: with a third dimension, and in two features that overlap.
    let folder = tempfile::tempdir().unwrap();
    let ring: Vec<String> = file.polygons.0[0].exterior().0.iter().map(|c| format!("[{},{},7]", c.x, c.y)).collect();
    let feature = format!(
        r#"{{"type":"Feature","properties":{{}},"geometry":{{"type":"Polygon","coordinates":[[{}]]}}}}"#,
        ring.join(",")
    );
    let path = folder.path().join("area.geojson");
    let json = format!(r#"{{"type":"FeatureCollection","features":[{feature},{feature}]}}"#);
    std::fs::write(&path, json).unwrap();
    let read = read_polygons(&path, None).unwrap();
    assert_eq!(read.polygons.0.len(), 2);
    assert!(read.wkt.is_some_and(|wkt| wkt.contains("WGS 84")));
    assert_eq!(cells(&Polygons::new(&read.polygons).unwrap(), &grid, 50), expected);

    // Shifted into another system and back.
    let shifted = Polygons::transformed(&file.polygons, |c| Ok([c[0] - 4000.0, c[1]])).unwrap();
    assert_eq!(shifted.bounds().min[0], mask.bounds().min[0] - 4000.0);
    assert!(matches!(Polygons::transformed(&file.polygons, |c| Ok([c[0] / 0.0, c[1]])), Err(Error::Mask { .. })));
}

#[test]
fn files_that_are_no_masks_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let message = |path: &std::path::Path| read_polygons(path, None).unwrap_err().to_string();
    assert!(message(&folder.path().join("no.gpkg")).contains("there is no such file"));
    assert!(message(&write("a.csv", "x,y\n0,0\n1,1\n")).contains("not closed"));
    assert!(message(&write("b.csv", "x,z\n0,0\n")).contains("there is no y"));
    assert!(
        message(&write("c.csv", "x,y\n0,zero\n")).contains("c.csv, line 2, column 'y': 'zero' is not a number; write")
    );
    assert!(message(&write("d.geojson", "nonsense")).contains("d.geojson"));
    let points = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[1,2]}}]}"#;
    assert!(message(&write("e.geojson", points)).contains("no polygon"));
    assert!(RasterMask::open(&folder.path().join("no.tif"), 1).is_err());
}

#[test]
fn rings_of_a_table_are_parted_by_rows_without_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rings.csv");
    let read = |text: &str| {
        std::fs::write(&path, text).unwrap();
        read_polygons(&path, None)
    };
    let area = |text: &str| {
        let file = read(text).unwrap();
        (file.polygons.0.len(), Polygons::new(&file.polygons).unwrap().area())
    };
    let message = |text: &str| read(text).unwrap_err().to_string();
    // Closed, open and at the end; parted by a blank line, empty cells, NA, or the closing vertex alone.
    assert_eq!(area("x,y\n0,0\n2,0\n2,2\n0,2\n\n5,5\n7,5\n7,7\n"), (2, 6.0));
    assert_eq!(area("part,x,y\na,0,0\na,2,0\na,2,2\na,0,2\na,0,0\na,,\n# b\nb,5,5\nb,7,5\nb,7,7\nb,NA,NA\n"), (2, 6.0));
    assert_eq!(area("\u{feff}\"X\";\"Y\"\r\n0,0;0\r\n2,5;0\r\n2,5;2\r\n0;0\r\n5;5\r\n7;5\r\n7;7\r\n5;5\r\n"), (2, 4.5));

    assert!(message("x,y\n0,0\n1,0\n1,\n").contains("line 4, column 'y': one coordinate is missing; fill it in"));
    assert!(message("x,y\n\n0,0\n1,0\nNA,NA\n0,0\n").contains("line 3: a ring begins here that has 2 vertices"));
    let line: String = (0..20).map(|i| format!("{i},{}\n", i % 3)).collect();
    let refused = message(&format!("x,y\n0,0\n2,0\n2,2\n\n{line}"));
    assert!(refused.contains("line 6: a line begins here rather than a ring") && refused.contains("repeat its first"));
    assert!(message("").contains("is empty"));
}

//! Shapes whose answer can be seen.

use geo::{Area, Polygon, Validation, Winding};
use soilscope_assess::hotspot::{Connectivity, GridFrame, HotspotError, HotspotSettings, HotspotTracer, Hotspots};

use crate::oracle::Map;

fn traced(drawing: &[&str]) -> Hotspots {
    Map::drawn(drawing).trace(0.0, Connectivity::Four)
}

/// The only polygon of the largest hotspot, in columns and rows from the north-west.
fn corners(hotspots: &Hotspots) -> Vec<Vec<(i32, i32)>> {
    let polygon = &hotspots.spots[0].shape.0[0];
    assert_eq!(polygon.check_validation(), Ok(()));
    std::iter::once(polygon.exterior())
        .chain(polygon.interiors())
        .map(|ring| {
            assert!(ring.is_closed());
            ring.coords().map(|c| (((c.x - 181_000.0) / 40.0) as i32, ((332_000.0 - c.y) / 20.0) as i32)).collect()
        })
        .collect()
}

#[test]
fn one_cell_is_a_rectangle_walked_counter_clockwise() {
    let hotspots = traced(&["...", ".#.", "..."]);
    assert_eq!(corners(&hotspots), [[(1, 1), (1, 2), (2, 2), (2, 1), (1, 1)]]);
    let spot = &hotspots.spots[0];
    assert!(spot.shape.0[0].exterior().is_ccw());
    assert_eq!((spot.id, spot.cells, spot.area, spot.mean_value, spot.max_value), (1, 1, 800.0, 5.0, 5.0));
    assert_eq!(spot.mean_probability, Some(0.5));
    assert_eq!(spot.peak, [181_060.0, 331_970.0]);
}

#[test]
fn a_whole_grid_has_four_corners() {
    let hotspots = traced(&["####", "####", "####"]);
    assert_eq!(corners(&hotspots), [[(0, 0), (0, 3), (4, 3), (4, 0), (0, 0)]]);
    assert_eq!(hotspots.spots[0].mean_value, 6.5);
    assert_eq!((hotspots.cells(), hotspots.area()), (12, 9600.0));
}

#[test]
fn nothing_hot_is_no_hotspot() {
    assert!(traced(&["...", "..."]).spots.is_empty());
    let frame = GridFrame { origin: [0.0, 0.0], cell: [1.0, 1.0], columns: 3 };
    let no_rows = HotspotTracer::new(frame, HotspotSettings::default()).unwrap().finish();
    assert!(no_rows.spots.is_empty());
    assert_eq!(no_rows.dropped.count, 0);
}

#[test]
fn a_ring_has_a_clockwise_hole() {
    let hotspots = traced(&["####", "#..#", "####"]);
    assert_eq!(
        corners(&hotspots),
        [vec![(0, 0), (0, 3), (4, 3), (4, 0), (0, 0)], vec![(1, 1), (3, 1), (3, 2), (1, 2), (1, 1)],]
    );
    let polygon: &Polygon<f64> = &hotspots.spots[0].shape.0[0];
    assert!(polygon.interiors()[0].is_cw());
    assert_eq!(polygon.signed_area(), 8000.0);
}

#[test]
fn a_hotspot_within_a_hole_is_another_one() {
    let hotspots = traced(&["#####", "#...#", "#.#.#", "#...#", "#####"]);
    assert_eq!(hotspots.spots.iter().map(|s| s.cells).collect::<Vec<_>>(), [16, 1]);
    assert_eq!(hotspots.spots[0].shape.0[0].interiors().len(), 1);
}

#[test]
fn cells_that_touch_at_a_corner_are_two_hotspots_or_one_of_two_polygons() {
    for drawing in [["#.", ".#"], [".#", "#."]] {
        let map = Map::drawn(&drawing);
        let four = map.trace(0.0, Connectivity::Four);
        assert_eq!(four.spots.iter().map(|s| s.cells).collect::<Vec<_>>(), [1, 1]);
        let eight = map.trace(0.0, Connectivity::Eight);
        assert_eq!((eight.spots.len(), eight.spots[0].cells, eight.spots[0].shape.0.len()), (1, 2, 2));
        assert_eq!(eight.spots[0].shape.check_validation(), Ok(()));
        assert!(matches!(eight.spots[0].geometry(), geo::Geometry::MultiPolygon(_)));
        assert!(matches!(four.spots[0].geometry(), geo::Geometry::Polygon(_)));
    }
}

#[test]
fn a_hole_may_touch_the_exterior_at_a_corner() {
    for drawing in [["##.", "#.#", "###"], [".##", "#.#", "###"], ["###", "#.#", "##."], ["###", "#.#", ".##"]] {
        let hotspots = traced(&drawing);
        assert_eq!(hotspots.spots.len(), 1, "{drawing:?}");
        let rings = corners(&hotspots);
        assert_eq!((rings.len(), rings[0].len(), rings[1].len()), (2, 7, 5), "{drawing:?}");
    }
}

#[test]
fn holes_may_touch_each_other_at_a_corner() {
    for drawing in [["####", "#.##", "##.#", "####"], ["####", "##.#", "#.##", "####"]] {
        let rings = corners(&traced(&drawing));
        assert_eq!(rings.iter().map(Vec::len).collect::<Vec<_>>(), [5, 5, 5], "{drawing:?}");
    }
}

#[test]
fn small_areas_are_dropped_but_counted() {
    let hotspots = Map::drawn(&["##.#", "....", "#..#"]).trace(1600.0, Connectivity::Four);
    assert_eq!(hotspots.spots.len(), 1);
    assert_eq!((hotspots.dropped.count, hotspots.dropped.cells, hotspots.dropped.area), (3, 3, 2400.0));
}

#[test]
fn the_largest_comes_first_and_equals_come_from_the_north_west() {
    let hotspots = traced(&["#..#", "#.##", "....", "#.#."]);
    let seen: Vec<_> = hotspots.spots.iter().map(|s| (s.id, s.cells, s.peak)).collect();
    assert_eq!(
        seen,
        [
            (1, 3, [181_140.0, 331_970.0]),
            (2, 2, [181_020.0, 331_970.0]),
            (3, 1, [181_020.0, 331_930.0]),
            (4, 1, [181_100.0, 331_930.0]),
        ]
    );
}

#[test]
fn samples_belong_to_the_cell_whose_northern_and_western_edge_they_touch() {
    let mut hotspots = traced(&["##", "#."]);
    let samples = [
        [181_000.0, 332_000.0], // the map's north-western corner
        [181_079.9, 331_999.0],
        [181_080.0, 331_999.0], // the map's eastern edge
        [181_039.9, 331_970.0],
        [181_040.0, 331_970.0], // western edge of the cold cell
        [181_050.0, 331_980.0], // northern edge of the cold cell
        [180_999.9, 331_990.0],
        [181_010.0, 331_960.0], // the map's southern edge
        [f64::NAN, 331_990.0],
    ];
    let inside = hotspots.count_samples(&samples);
    assert_eq!(inside, [Some(1), Some(1), None, Some(1), None, None, None, None, None]);
    assert_eq!(hotspots.spots[0].samples_inside, 3);
    hotspots.count_samples(&[]);
    assert_eq!(hotspots.spots[0].samples_inside, 0, "counts start again");
}

#[test]
fn frames_that_are_no_grid_are_refused() {
    let good = GridFrame { origin: [0.0, 0.0], cell: [1.0, 1.0], columns: 1 };
    let refusal = |frame, minimum_area| {
        let settings = HotspotSettings { minimum_area, ..HotspotSettings::default() };
        HotspotTracer::new(frame, settings).err()
    };
    assert_eq!(refusal(good, 0.0), None);
    assert!(matches!(refusal(GridFrame { columns: 0, ..good }, 0.0), Some(HotspotError::Columns { .. })));
    assert!(matches!(refusal(GridFrame { cell: [1.0, -1.0], ..good }, 0.0), Some(HotspotError::Cell { .. })));
    assert!(matches!(refusal(GridFrame { origin: [f64::NAN, 0.0], ..good }, 0.0), Some(HotspotError::Origin { .. })));
    assert!(matches!(refusal(good, -1.0), Some(HotspotError::MinimumArea { .. })));
    assert!(matches!(refusal(good, f64::NAN), Some(HotspotError::MinimumArea { .. })));
}

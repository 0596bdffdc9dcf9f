//! What holds for every map, judged by a flood fill.

use geo::{Area, Contains, CoordsIter, Validation, Winding};
use proptest::prelude::*;
use soilscope_assess::hotspot::{Connectivity, HotCell};
use soilscope_core::trust::Doubts;

use crate::oracle::Map;

/// Maps from a few cells to some hundred, from sparse to dense, which is where corners touch in every way.
fn maps() -> impl Strategy<Value = Map> {
    (1usize..14, 1usize..14, 0.1f64..0.9).prop_flat_map(|(columns, rows, density)| {
        let cell = prop::option::weighted(
            density,
            (-3i32..4, prop::option::weighted(0.97, 0.0f64..1.0), prop::option::weighted(0.97, 0u8..32), 1u8..9)
                .prop_map(|(value, probability, bits, ground)| HotCell {
                    value: f64::from(value),
                    probability,
                    doubts: bits.and_then(Doubts::from_bits),
                    ground: f64::from(ground),
                }),
        );
        prop::collection::vec(prop::collection::vec(cell, columns), rows).prop_map(move |rows| Map { columns, rows })
    })
}

fn connectivities() -> impl Strategy<Value = Connectivity> {
    prop_oneof![Just(Connectivity::Four), Just(Connectivity::Eight)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn hotspots_are_what_a_flood_fill_finds(map in maps(), connectivity in connectivities()) {
        let hotspots = map.trace(0.0, connectivity);
        let areas = map.flood_fill(connectivity);
        let cell_area = map.frame().cell_area();
        prop_assert_eq!(hotspots.spots.len(), areas.len());
        prop_assert_eq!(hotspots.dropped.count, 0);
        for (i, (spot, area)) in hotspots.spots.iter().zip(&areas).enumerate() {
            let cells: Vec<HotCell> = area.iter().filter_map(|&(r, c)| map.rows[r][c]).collect();
            prop_assert_eq!((spot.id, spot.cells), (i + 1, area.len()));
            prop_assert_eq!(spot.area, area.len() as f64 * cell_area);
            let mean = cells.iter().map(|c| c.value).sum::<f64>() / cells.len() as f64;
            prop_assert!((spot.mean_value - mean).abs() < 1e-12);
            let largest = cells.iter().map(|c| c.value).fold(f64::MIN, f64::max);
            prop_assert_eq!(spot.max_value, largest);
            let peak = area.iter().find(|&&(r, c)| map.rows[r][c].is_some_and(|cell| cell.value == largest));
            prop_assert_eq!(Some(spot.peak), peak.map(|&(r, c)| map.centre(r, c)));
            let probabilities: Option<Vec<f64>> = cells.iter().map(|c| c.probability).collect();
            match (spot.mean_probability, probabilities) {
                (Some(mean), Some(p)) => prop_assert!((mean - p.iter().sum::<f64>() / p.len() as f64).abs() < 1e-12),
                (mean, p) => prop_assert_eq!(mean.is_none(), p.is_none()),
            }
            let doubts: Option<Vec<(Doubts, f64)>> = cells.iter().map(|c| Some((c.doubts?, c.ground))).collect();
            prop_assert_eq!(spot.untrusted.is_some(), doubts.is_some());
            for (untrusted, doubts) in spot.untrusted.iter().zip(&doubts) {
                let area = |of: &dyn Fn(Doubts) -> bool| doubts.iter().filter(|d| of(d.0)).map(|d| d.1).sum::<f64>();
                // Whole numbers: the sums are exact.
                prop_assert_eq!(untrusted.share, area(&|d| !d.is_empty()) / area(&|_| true));
                prop_assert_eq!(untrusted.cells, doubts.iter().filter(|d| !d.0.is_empty()).count());
                for (reason, count) in Doubts::REASONS.into_iter().zip(untrusted.by_reason) {
                    prop_assert_eq!(count, doubts.iter().filter(|d| d.0.has(reason)).count());
                    prop_assert_eq!(untrusted.reasons().any(|name| name == reason.name()), count > 0);
                }
            }
        }
    }

    #[test]
    fn polygons_are_valid_and_cover_exactly_the_hot_cells(map in maps(), connectivity in connectivities()) {
        let hotspots = map.trace(0.0, connectivity);
        for spot in &hotspots.spots {
            if let Err(error) = spot.shape.check_validation() {
                return Err(TestCaseError::fail(format!("{error}: {:?}", spot.shape)));
            }
            prop_assert!(connectivity == Connectivity::Eight || spot.shape.0.len() == 1);
            prop_assert!((spot.shape.unsigned_area() - spot.area).abs() < 1e-6);
            for polygon in &spot.shape {
                prop_assert!(polygon.exterior().is_ccw());
                prop_assert!(polygon.interiors().iter().all(Winding::is_cw));
                for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                    prop_assert!(ring.is_closed());
                    // Every vertex turns, the closing one too: lines alternate between north-south and east-west.
                    let lines: Vec<_> = ring.lines().collect();
                    for (i, line) in lines.iter().enumerate() {
                        let following = lines[(i + 1) % lines.len()];
                        prop_assert_ne!(line.start, line.end);
                        prop_assert!((line.dx() == 0.0) != (following.dx() == 0.0));
                    }
                    let mut vertices: Vec<_> = ring.coords_iter().skip(1).map(|c| (c.x as i64, c.y as i64)).collect();
                    vertices.sort_unstable();
                    let all = vertices.len();
                    vertices.dedup();
                    prop_assert_eq!(vertices.len(), all, "a ring comes by a place once");
                }
            }
        }
        for (r, row) in map.rows.iter().enumerate() {
            for (c, cell) in row.iter().enumerate() {
                let [x, y] = map.centre(r, c);
                let inside = hotspots.spots.iter().filter(|s| s.shape.contains(&geo::Point::new(x, y))).count();
                prop_assert_eq!(inside, usize::from(cell.is_some()));
            }
        }
    }

    #[test]
    fn samples_are_counted_in_the_hotspot_of_their_cell(
        map in maps(),
        connectivity in connectivities(),
        places in prop::collection::vec((-1.0f64..15.0, -1.0f64..15.0), 0..60),
    ) {
        let frame = map.frame();
        let mut hotspots = map.trace(0.0, connectivity);
        let samples: Vec<[f64; 2]> = places
            .iter()
            .map(|&(c, r)| [frame.origin[0] + c * frame.cell[0], frame.origin[1] - r * frame.cell[1]])
            .collect();
        let found = hotspots.count_samples(&samples);
        let areas = map.flood_fill(connectivity);
        let mut counts = vec![0; areas.len()];
        for (i, &(c, r)) in places.iter().enumerate() {
            let expected = (c >= 0.0 && r >= 0.0)
                .then(|| areas.iter().position(|area| area.contains(&(r as usize, c as usize))))
                .flatten();
            prop_assert_eq!(found[i], expected.map(|spot| spot + 1));
            if let Some(spot) = expected {
                counts[spot] += 1;
            }
        }
        prop_assert_eq!(hotspots.spots.iter().map(|s| s.samples_inside).collect::<Vec<_>>(), counts);
    }

    #[test]
    fn a_minimum_area_drops_and_counts(map in maps(), connectivity in connectivities(), least in 1usize..6) {
        let cell_area = map.frame().cell_area();
        let all = map.trace(0.0, connectivity);
        let some = map.trace(least as f64 * cell_area, connectivity);
        let kept: Vec<_> = all.spots.iter().filter(|s| s.cells >= least).cloned().collect();
        prop_assert_eq!(some.dropped.count, all.spots.len() - kept.len());
        prop_assert_eq!(some.dropped.cells, all.cells() - some.cells());
        prop_assert_eq!(some.spots, kept);
    }
}

//! Chances to miss a hotspot, against counting and known values.

use std::f64::consts::PI;

use geo::{Area, MultiPolygon, polygon};
use soilscope_assess::plan::{
    Lattice, Target, lattice_points, miss_of_lattice, miss_of_samples, spacing_for_miss, stratified_cells,
    stratified_strata,
};
use soilscope_core::random::Random;

/// Centres drawn at random in the middle of a large grid.
fn counted(target: Target, lattice: Lattice, spacing: f64, draws: u32) -> f64 {
    let mut samples = Vec::new();
    for row in -30..=30 {
        for column in -60..=60 {
            samples.push(match lattice {
                Lattice::Square => [f64::from(column) * spacing, f64::from(row) * spacing],
                Lattice::Triangular => {
                    [(f64::from(column) + 0.5 * f64::from(row)) * spacing, f64::from(row) * spacing * 0.75_f64.sqrt()]
                }
            });
        }
    }
    let mut random = Random::new(5);
    let mut missed = 0;
    for _ in 0..draws {
        // Whole periods of the grid.
        let height = if lattice == Lattice::Square { 2.0 } else { 4.0 * 0.75_f64.sqrt() };
        let centre = [(random.uniform() - 0.5) * 2.0 * spacing, (random.uniform() - 0.5) * height * spacing];
        let turn = PI * random.uniform();
        let hit = samples.iter().any(|s| {
            let (dx, dy) = (s[0] - centre[0], s[1] - centre[1]);
            match target {
                Target::Circle { radius } => dx.hypot(dy) <= radius,
                Target::Ellipse { semi_axes: [a, b], azimuth } => {
                    let (sin, cos) = azimuth.map_or(turn, f64::to_radians).sin_cos();
                    ((dx * sin + dy * cos) / a).hypot((dx * cos - dy * sin) / b) <= 1.0
                }
            }
        });
        missed += u32::from(!hit);
    }
    f64::from(missed) / f64::from(draws)
}

#[test]
fn a_small_circle_on_a_square_grid_is_hit_by_its_share() {
    for (radius, spacing) in [(1.0, 2.0), (3.0, 10.0), (0.1, 7.0)] {
        let miss = miss_of_lattice(Target::Circle { radius }, Lattice::Square, spacing);
        assert!((miss - (1.0 - PI * radius * radius / (spacing * spacing))).abs() < 1e-14);
    }
    // One that touches the circles through four corners, or three, is never missed.
    assert_eq!(miss_of_lattice(Target::Circle { radius: 0.5_f64.sqrt() * 1.000_001 }, Lattice::Square, 1.0), 0.0);
    assert!(miss_of_lattice(Target::Circle { radius: 0.5_f64.sqrt() * 0.99 }, Lattice::Square, 1.0) > 0.0);
    assert_eq!(miss_of_lattice(Target::Circle { radius: 1.000_001 / 3.0_f64.sqrt() }, Lattice::Triangular, 1.0), 0.0);
}

#[test]
fn chances_are_those_that_are_counted() {
    let ellipse = |a: f64, b: f64, azimuth| Target::Ellipse { semi_axes: [a, b], azimuth };
    for target in [
        Target::Circle { radius: 0.4 },
        Target::Circle { radius: 0.6 },
        ellipse(0.9, 0.3, Some(0.0)),
        ellipse(0.9, 0.3, Some(35.0)),
        ellipse(2.5, 0.2, Some(80.0)),
        ellipse(1.2, 0.25, None),
    ] {
        for lattice in [Lattice::Square, Lattice::Triangular] {
            let (stated, seen) = (miss_of_lattice(target, lattice, 1.0), counted(target, lattice, 1.0, 4_000));
            let spread = (stated * (1.0 - stated) / 4_000.0).sqrt();
            assert!(
                (stated - seen).abs() < 4.0 * spread + 1e-9,
                "{target:?} {lattice:?}: {stated} stated, {seen} seen"
            );
        }
    }
    // An ellipse with equal axes is a circle, whatever its direction.
    for azimuth in [None, Some(17.0)] {
        let (round, circle) = (ellipse(0.55, 0.55, azimuth), Target::Circle { radius: 0.55 });
        let difference = miss_of_lattice(round, Lattice::Square, 1.0) - miss_of_lattice(circle, Lattice::Square, 1.0);
        assert!(difference.abs() < 1e-12);
    }
}

#[test]
fn spacings_are_the_inverse() {
    for target in [Target::Circle { radius: 12.0 }, Target::Ellipse { semi_axes: [30.0, 8.0], azimuth: Some(20.0) }] {
        for lattice in [Lattice::Square, Lattice::Triangular] {
            for miss in [0.01, 0.05, 0.4, 0.9] {
                let spacing = spacing_for_miss(target, lattice, miss).unwrap();
                assert!((miss_of_lattice(target, lattice, spacing) - miss).abs() < 1e-9, "{target:?} {miss}");
                assert!(miss_of_lattice(target, lattice, spacing * 1.01) > miss);
            }
        }
    }
    assert_eq!(spacing_for_miss(Target::Circle { radius: 1.0 }, Lattice::Square, 0.0), None);
}

#[test]
fn samples_miss_as_the_grid_that_they_are() {
    let samples: Vec<_> = (0..400).map(|i| [f64::from(i % 20), f64::from(i / 20)]).collect();
    let centres: Vec<_> =
        (0..40_000).map(|i| [5.0 + f64::from(i % 200) * 0.045, 5.0 + f64::from(i / 200) * 0.045]).collect();
    for target in [Target::Circle { radius: 0.45 }, Target::Ellipse { semi_axes: [0.8, 0.2], azimuth: None }] {
        let (share, error) = miss_of_samples(target, &samples, &centres);
        let exact = miss_of_lattice(target, Lattice::Square, 1.0);
        assert!((share - exact).abs() < 0.005 && error < 0.005, "{target:?}: {share} of {exact}, {error}");
    }
}

fn l_shape() -> MultiPolygon<f64> {
    let l = polygon![(x: 0.0, y: 0.0), (x: 100.0, y: 0.0), (x: 100.0, y: 40.0), (x: 40.0, y: 40.0), (x: 40.0, y: 100.0), (x: 0.0, y: 100.0)];
    MultiPolygon::new(vec![l])
}

#[test]
fn designs_fill_their_area() {
    let area = l_shape();
    let inside =
        |p: &[f64; 2]| p[0] >= 0.0 && p[1] >= 0.0 && p[0] <= 100.0 && p[1] <= 100.0 && (p[0] <= 40.0 || p[1] <= 40.0);
    for seed in 0..20 {
        let square = lattice_points(&area, Lattice::Square, 5.0, seed);
        let triangles = lattice_points(&area, Lattice::Triangular, 5.0, seed);
        let cells = stratified_cells(&area, 5.0, seed);
        let strata = stratified_strata(&area, 37, seed);
        assert_eq!(strata.len(), 37);
        for points in [&square, &triangles, &cells, &strata] {
            assert!(points.iter().all(inside));
        }
        let expected = area.unsigned_area() / 25.0;
        assert!((square.len() as f64 - expected).abs() < 40.0, "{}", square.len());
        assert!((triangles.len() as f64 - expected / 0.75_f64.sqrt()).abs() < 40.0, "{}", triangles.len());
        assert!((cells.len() as f64 - expected).abs() < 40.0);
        // Neighbours on the grids are as far as they should be.
        for (points, seen) in [(&square, 5.0), (&triangles, 5.0)] {
            let nearest = |i: usize| {
                let others = points.iter().enumerate().filter(|(j, _)| *j != i);
                others.map(|(_, p)| (p[0] - points[i][0]).hypot(p[1] - points[i][1])).fold(f64::MAX, f64::min)
            };
            assert!((0..points.len()).all(|i| (nearest(i) - seen).abs() < 1e-9));
        }
    }
    assert_eq!(lattice_points(&area, Lattice::Square, 5.0, 3), lattice_points(&area, Lattice::Square, 5.0, 3));
    assert_ne!(lattice_points(&area, Lattice::Square, 5.0, 3), lattice_points(&area, Lattice::Square, 5.0, 4));
}

/// What lies between distant polygons is not walked over, and neighbours do not have their common rectangle's points twice.
#[test]
fn designs_of_distant_polygons_are_those_of_each() {
    let square = |x: f64, y: f64| geo::Rect::new((x, y), (x + 100.0, y + 100.0)).to_polygon();
    // A walk over the rectangle round all of it would look at 10¹⁷ places.
    let (near, far) = (square(0.0, 0.0), square(1e9, 2e9));
    let both = MultiPolygon::new(vec![near.clone(), far]);
    for seed in 0..5 {
        let alone = MultiPolygon::new(vec![near.clone()]);
        for lattice in [Lattice::Square, Lattice::Triangular] {
            // The start is drawn from the south-western corner, which both have in common.
            let (of_both, of_one) =
                (lattice_points(&both, lattice, 9.0, seed), lattice_points(&alone, lattice, 9.0, seed));
            assert_eq!(of_both[..of_one.len()], of_one[..]);
            let rest = of_both.len() - of_one.len();
            assert!(of_both[of_one.len()..].iter().all(|p| p[0] >= 1e9 && p[1] >= 2e9));
            assert!((rest as f64 - of_one.len() as f64).abs() < 30.0, "{rest}");
        }
        let cells = stratified_cells(&both, 9.0, seed);
        assert!(cells.len() > 200 && cells.len() < 300, "{}", cells.len());
        assert_eq!(stratified_strata(&both, 40, seed).iter().filter(|p| p[0] < 1e9).count(), 20);
    }
    // Triangles whose rectangles are the same: together they are the square.
    let lower = polygon![(x: 0.0, y: 0.0), (x: 100.0, y: 0.0), (x: 100.0, y: 100.0)];
    let upper = polygon![(x: 0.0, y: 0.0), (x: 100.0, y: 100.0), (x: 0.0, y: 100.0)];
    let (halves, whole) = (MultiPolygon::new(vec![lower, upper]), MultiPolygon::new(vec![near]));
    assert_eq!(lattice_points(&halves, Lattice::Square, 7.0, 3), lattice_points(&whole, Lattice::Square, 7.0, 3));
    assert_eq!(stratified_cells(&halves, 7.0, 3), stratified_cells(&whole, 7.0, 3));
}

#[test]
fn strata_give_every_part_its_share() {
    // Of many draws, the share in a part of the area is the part's share of it.
    let area = l_shape();
    for (design, each) in [("strata", 10.0), ("cells", 16.0)] {
        let (mut all, mut part) = (0.0, 0.0);
        for seed in 0..2000 {
            let points = match design {
                "strata" => stratified_strata(&area, 10, seed),
                _ => stratified_cells(&area, 20.0, seed),
            };
            all += points.len() as f64;
            part += points.iter().filter(|p| p[1] > 40.0).count() as f64;
        }
        assert!((part / all - 2400.0 / 6400.0).abs() < 0.01, "{design}: {}", part / all);
        assert!((all / 2000.0 - each).abs() < 0.15, "{design}: {}", all / 2000.0);
    }
}

/// Sizes whose squares no number holds: nothing of the plane is covered, or all of it, and the search for the shortest steps ends.
#[test]
fn sizes_beyond_all_numbers_end() {
    for lattice in [Lattice::Square, Lattice::Triangular] {
        for radius in [1e-310, 1e-160, 1e-9] {
            let miss = miss_of_lattice(Target::Circle { radius }, lattice, 1.0);
            assert!((1.0 - 1e-15..=1.0).contains(&miss), "{lattice:?} {radius}: {miss}");
            let ellipse = Target::Ellipse { semi_axes: [radius, radius], azimuth: Some(20.0) };
            assert!((1.0 - 1e-15..=1.0).contains(&miss_of_lattice(ellipse, lattice, 1.0)), "{lattice:?} {radius}");
        }
        for radius in [1e9, 1e160, 1e300] {
            assert_eq!(miss_of_lattice(Target::Circle { radius }, lattice, 1.0), 0.0, "{lattice:?} {radius}");
        }
    }
}

//! What must be true of doubts about places.

use proptest::collection::vec;
use proptest::prelude::*;
use soilscope_core::support::{BlockNodes, Support};
use soilscope_core::trust::{Doubts, Rules, Trust, TrustScratch};
use soilscope_core::variogram::Variogram;
use soilscope_core::{Coord, Samples};

use super::cases;

fn at(places: Vec<Coord>) -> Samples {
    let values = vec![1.0; places.len()];
    Samples::new(places, values).unwrap()
}

fn square(side: u32, spacing: f64) -> Vec<Coord> {
    (0..side * side).map(|i| [f64::from(i % side) * spacing, f64::from(i / side) * spacing]).collect()
}

fn doubts(trust: &Trust, place: Coord) -> Doubts {
    trust.of_place(place, &mut TrustScratch::default())
}

fn model(notation: &str) -> Variogram {
    notation.parse().unwrap()
}

#[test]
fn the_inside_and_the_rim_of_a_survey_are_trusted_and_what_is_beyond_is_not() {
    let trust = Trust::new(&at(square(10, 100.0)), Rules::default())
        .with_model(&model("0.2 Nug + 0.8 Sph(500)"), Support::Point)
        .unwrap();
    assert_eq!((trust.near(), trust.reach() > 300.0), (100.0, true));
    for step in 0..=180 {
        let along = f64::from(step) * 5.0;
        for place in [[along, 450.0], [along, along], [0.0, along], [-60.0, along], [960.0, along]] {
            assert_eq!(doubts(&trust, place), Doubts::NONE, "{place:?}");
        }
    }
    // Beyond the middle of a side the samples fill half of the directions; beyond a corner a quarter.
    assert_eq!(doubts(&trust, [-110.0, 450.0]), Doubts::EXTRAPOLATION);
    assert_eq!(doubts(&trust, [-110.0, -110.0]), Doubts::EXTRAPOLATION.and(Doubts::CLUSTER));
    // Out of reach of all.
    assert_eq!(doubts(&trust, [-2000.0, 450.0]), Doubts::EXTRAPOLATION.and(Doubts::TOO_FEW));
}

#[test]
fn between_two_clusters_and_beside_a_line_samples_say_much_the_same() {
    let mut two = square(5, 10.0);
    two.extend(square(5, 10.0).iter().map(|c| [c[0] + 1000.0, c[1]]));
    let two = Trust::new(&at(two), Rules::default());
    assert_eq!(doubts(&two, [520.0, 20.0]), Doubts::CLUSTER);
    // The 32 nearest are those of the near cluster and seven of the other.
    assert_eq!(doubts(&two, [100.0, 20.0]), Doubts::CLUSTER);
    assert_eq!(doubts(&two, [22.0, 18.0]), Doubts::NONE);

    let line = Trust::new(&at((0..40).map(|i| [f64::from(i) * 10.0, 0.0]).collect()), Rules::default());
    assert_eq!(doubts(&line, [205.0, 3.0]), Doubts::NONE); // near enough
    assert_eq!(doubts(&line, [205.0, 400.0]), Doubts::EXTRAPOLATION.and(Doubts::CLUSTER));
}

#[test]
fn fewer_than_five_in_reach_are_too_few() {
    let cross = |n: usize| at([[0.0, 0.0], [30.0, 0.0], [0.0, 30.0], [-30.0, 0.0], [0.0, -30.0]][..n].to_vec());
    let within = |n, range: f64| {
        let trust = Trust::new(&cross(n), Rules::default());
        doubts(&trust.with_model(&model(&format!("1 Sph({range})")), Support::Point).unwrap(), [1.0, 1.0])
    };
    assert_eq!(within(5, 100.0), Doubts::NONE);
    assert_eq!(within(4, 100.0), Doubts::TOO_FEW);
    // A spherical model has 95 % of its sill at 0.81 of its range.
    assert_eq!(within(5, 20.0), Doubts::TOO_FEW);
    assert_eq!(doubts(&Trust::new(&cross(4), Rules::default()), [1.0, 1.0]), Doubts::TOO_FEW);
}

#[test]
fn the_sill_is_that_of_the_support() {
    let point = Trust::new(&at(square(3, 1.0)), Rules::default());
    assert_eq!((point.variance_limit(), point.of_variance(1e300)), (None, Doubts::NONE));
    let of = |notation: &str, support| point.clone().with_model(&model(notation), support).unwrap();
    let nested = of("1 Nug + 3 Exp(10)", Support::Point);
    assert_eq!(nested.variance_limit(), Some(0.9 * 4.0));
    assert_eq!(nested.of_variance(3.6), Doubts::NEAR_SILL);
    assert_eq!(nested.of_variance(3.599), Doubts::NONE);
    // Measurement error is no part of what is predicted, and the nugget none of a block.
    assert_eq!(of("5 Err + 1 Nug + 3 Exp(10)", Support::Point).variance_limit(), Some(3.6));
    let block = of("1 Nug + 3 Exp(1e9)", Support::block([1.0, 1.0], BlockNodes::GAUSS_4).unwrap());
    assert!((block.variance_limit().unwrap() - 2.7).abs() < 1e-6);
    // A model without a sill has neither sill nor range.
    let line = of("1 Lin(0)", Support::Point);
    assert_eq!((line.variance_limit(), line.reach()), (None, f64::INFINITY));
}

#[test]
fn on_a_sphere_directions_are_bearings() {
    // Round the pole, and over the date line.
    let ring: Vec<Coord> = (0..12).map(|i| [f64::from(i) * 30.0 - 180.0, 89.0]).collect();
    let values = vec![1.0; 12];
    let samples = Samples::new(ring, values).unwrap().on_sphere(soilscope_core::metric::EARTH_RADIUS).unwrap();
    let trust = Trust::new(&samples, Rules::default());
    let mut scratch = TrustScratch::default();
    assert_eq!(trust.of_place([12.0, 89.9], &mut scratch), Doubts::NONE);
    assert_eq!(trust.of_place([12.0, 86.0], &mut scratch), Doubts::EXTRAPOLATION.and(Doubts::CLUSTER));
    let mut out = Vec::new();
    trust.of_cells([4, 3], &|c, r| [-170.0 + 90.0 * c as f64, 89.9 - 1.5 * r as f64], None, &mut scratch, &mut out);
    assert!(out[..4].iter().all(|d| d.is_empty()) && out[8..].iter().all(|d| d.has(Doubts::EXTRAPOLATION)), "{out:?}");
}

fn surveys() -> impl Strategy<Value = Vec<Coord>> {
    let clusters = vec(([0.0..100.0_f64, 0.0..100.0_f64], 0.1..20.0_f64), 1..6);
    let members = vec((any::<prop::sample::Index>(), [-1.0..1.0_f64, -1.0..1.0_f64]), 1..160);
    (clusters, members).prop_map(|(clusters, members)| {
        let place = |(of, [x, y]): (prop::sample::Index, [f64; 2])| {
            let (centre, size) = clusters[of.index(clusters.len())];
            [centre[0] + x * size, centre[1] + y * size]
        };
        members.into_iter().map(place).collect()
    })
}

proptest! {
    #![proptest_config(cases(60))]

    /// Blocks are only a quicker way to the same answers.
    #[test]
    fn a_rectangle_is_judged_as_its_cells(
        places in surveys(), range in 5.0..200.0_f64, cell in 0.3..3.0_f64, size in [1..70_usize, 1..70_usize],
        from in [-20.0..60.0_f64, -20.0..60.0_f64], masked in any::<bool>(), regular in any::<bool>(),
    ) {
        // On a lattice, with cells on it, many samples are at one distance.
        let snap = |c: Coord| if regular { c.map(|v| (v / 4.0).round() * 4.0) } else { c };
        let places: Vec<Coord> = places.into_iter().map(snap).collect();
        let (from, cell) = if regular { (snap(from), 1.0) } else { (from, cell) };
        let trust = Trust::new(&at(places), Rules::default()).with_model(&model(&format!("1 Sph({range})")), Support::Point).unwrap();
        let centre = |column: usize, row: usize| [from[0] + cell * column as f64, from[1] - cell * row as f64];
        let wanted: Vec<bool> = (0..size[0] * size[1]).map(|i| i % 7 < 3 || i > 900).collect();
        let mut scratch = TrustScratch::default();
        let mut out = Vec::new();
        trust.of_cells(size, &centre, masked.then_some(&wanted[..]), &mut scratch, &mut out);
        for (i, &found) in out.iter().enumerate() {
            if !masked || wanted[i] {
                let place = centre(i % size[0], i / size[0]);
                prop_assert_eq!(found, trust.of_place(place, &mut scratch), "{:?}", place);
            }
        }
    }

    /// Neither the unit of length nor where north is matters.
    #[test]
    fn a_turned_and_stretched_survey_is_judged_alike(
        places in surveys(), angle in 0.0..6.3_f64, factor in 0.01..100.0_f64, target in [-20.0..120.0_f64, -20.0..120.0_f64],
    ) {
        let turn = |p: Coord| {
            let (sin, cos) = angle.sin_cos();
            [factor * (cos * p[0] - sin * p[1]), factor * (sin * p[0] + cos * p[1])]
        };
        let with = |places: Vec<Coord>, range: f64| Trust::new(&at(places), Rules::default()).with_model(&model(&format!("1 Sph({range})")), Support::Point).unwrap();
        let turned = with(places.iter().map(|&p| turn(p)).collect(), 60.0 * factor);
        prop_assert_eq!(doubts(&turned, turn(target)), doubts(&with(places, 60.0), target));
    }
}

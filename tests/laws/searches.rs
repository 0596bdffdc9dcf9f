//! Which samples a target gets; seen through a pure nugget, whose prediction is the mean of the neighbours.

use proptest::collection::vec;
use proptest::prelude::*;
use soilscope_core::idw::Nearest;
use soilscope_core::neighbourhood::{Neighbourhood, SampleIndex, Search, Sectors};
use soilscope_core::{Coord, Error, Gap, Interpolator, Samples};

use crate::any::{self, recipe};
use crate::kriging::predict;
use crate::oracle::{Field, Near};
use crate::{assert_close, cases};

fn pure_nugget() -> Field {
    Field { nugget: 1.0, error: 0.0, terms: Vec::new() }
}

/// Samples on a lattice, where many are equally far, in random order with powers of two as values: a mean of few of them
/// tells which they are.
fn lattice() -> impl Strategy<Value = Samples> {
    proptest::sample::subsequence((0..25).collect::<Vec<i32>>(), 8..=25).prop_shuffle().prop_map(|cells| {
        let coords = cells.iter().map(|c| [f64::from(c % 5), f64::from(c / 5)]).collect();
        Samples::new(coords, (0..cells.len()).map(|k| 2.0_f64.powi(k as i32)).collect()).unwrap()
    })
}

proptest! {
    #![proptest_config(cases(128))]

    /// Lattice nodes and mid-points: ties everywhere, taken in the order of the samples.
    #[test]
    fn ties_go_to_the_first_sample(samples in lattice(), max in 1..9_usize, at in [0..9_i32, 0..9]) {
        let at = at.map(|v| f64::from(v) / 2.0);
        let near = Near { max: Some(max), min: 1, radius: None, sectors: None };
        let chosen = near.of(samples.coords(), at, |_| true).unwrap();
        let expected = chosen.iter().map(|&i| samples.values()[i]).sum::<f64>() / chosen.len() as f64;
        // At a sample kriging is exact, whoever its neighbours are.
        prop_assume!(!samples.coords().contains(&at));
        let ours = predict(&recipe(&pure_nugget(), None, any::search(&near)), &samples, &[at])[0].unwrap().value;
        assert_close(ours, expected, 1e-6, "mean of the neighbours");
    }

    /// The same in sectors, off the axes and diagonals that bound them.
    #[test]
    fn ties_within_a_sector_go_to_the_first_sample(
        samples in lattice(), share in 1..3_usize, octants: bool, column in 0..4_i32, row in 0..4_i32,
    ) {
        let sectors = if octants { 8 } else { 4 };
        // A quarter of a cell off: never on a border, and mirror images about the column are equally far.
        let at = if octants { [f64::from(column) + 0.25, f64::from(row) + 0.5] }
            else { [f64::from(column) + 0.5, f64::from(row) + 0.5] };
        let near = Near { max: Some(sectors * share), min: 1, radius: None, sectors: Some(sectors) };
        let chosen = near.of(samples.coords(), at, |_| true).unwrap();
        let expected = chosen.iter().map(|&i| samples.values()[i]).sum::<f64>() / chosen.len() as f64;
        let ours = predict(&recipe(&pure_nugget(), None, any::search(&near)), &samples, &[at])[0].unwrap().value;
        assert_close(ours, expected, 1e-6, "mean of the neighbours");
    }

    #[test]
    fn too_few_are_a_gap_that_counts_them(
        samples in any::samples(1, 12), min in 1..15_usize, radius in 1.0..40.0_f64, targets in any::targets(),
    ) {
        let near = Near { max: None, min, radius: Some(radius), sectors: None };
        for (outcome, &at) in predict(&recipe(&pure_nugget(), None, any::search(&near)), &samples, &targets).iter().zip(&targets) {
            let inside = samples.coords().iter().filter(|c| (c[0] - at[0]).hypot(c[1] - at[1]) <= radius).count();
            match outcome {
                Ok(_) => prop_assert!(inside >= min),
                Err(gap) => {
                    prop_assert!(inside < min);
                    prop_assert_eq!(*gap, Gap::TooFewNeighbours { found: inside as u32, needed: min as u32 });
                }
            }
        }
    }

    #[test]
    fn the_nearest_sample_is_the_nearest(samples in any::samples(1, 30), targets in any::targets(), radius in 1.0..40.0_f64) {
        let index = SampleIndex::new(samples.coords());
        let any = predict(&Nearest { radius: None }, &samples, &targets);
        let within = predict(&Nearest { radius: Some(radius) }, &samples, &targets);
        for (k, &at) in targets.iter().enumerate() {
            let mut distances: Vec<(f64, f64)> = samples.coords().iter().zip(samples.values())
                .map(|(c, &z)| ((c[0] - at[0]).hypot(c[1] - at[1]), z)).collect();
            distances.sort_by(|a, b| a.0.total_cmp(&b.0));
            prop_assert_eq!(any[k].unwrap().value, distances[0].1);
            prop_assert_eq!(within[k].is_ok(), distances[0].0 <= radius);
            assert_close(index.nearest_distance(at), distances[0].0, 1e-12, "nearest");
            let [first, second] = index.nearest_two(at);
            assert_close(first, distances[0].0, 1e-12, "first");
            match distances.get(1) {
                Some(d) => assert_close(second, d.0, 1e-12, "second"),
                None => prop_assert_eq!(second, f64::INFINITY),
            }
        }
    }

    /// Rules broken by writing to the fields are found where the recipe is fitted.
    #[test]
    fn a_search_against_the_rules_is_refused(max in 1..40_usize, coords in vec([0.0..9.0, 0.0..9.0_f64], 1)) {
        let samples = Samples::new(coords, vec![1.0]).unwrap();
        let search = Search { sectors: Some(Sectors::Octants), ..Search::new(Some(max), 1, None).unwrap() };
        let refused = recipe(&pure_nugget(), None, Neighbourhood::Moving(search)).fit(&samples).is_err();
        prop_assert_eq!(refused, max % 8 != 0);
    }
}

/// A sample exactly on the circle is inside; the next number beyond is not.
#[test]
fn the_radius_is_inclusive() {
    let samples = Samples::new(vec![[3.0, 4.0]], vec![1.0]).unwrap();
    let origin: [Coord; 1] = [[0.0, 0.0]];
    assert!(predict(&Nearest { radius: Some(5.0) }, &samples, &origin)[0].is_ok());
    assert!(predict(&Nearest { radius: Some(5.0_f64.next_down()) }, &samples, &origin)[0].is_err());
    for radius in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(Nearest { radius: Some(radius) }.fit(&samples), Err(Error::Parameter { .. })), "{radius}");
    }
}

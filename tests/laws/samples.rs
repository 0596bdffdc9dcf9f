//! Checked data.

use proptest::collection::vec;
use proptest::prelude::*;
use soilscope_core::{Error, Samples};

use crate::cases;

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn a_number_that_is_none_is_named(n in 1..20_usize, at in 0..20_usize, column in 0..3_usize, which in 0..3_usize) {
        let bad = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY][which];
        let mut coords = vec![[1.0, 2.0]; n];
        let mut values = vec![3.0; n];
        let at = at % n;
        match column {
            0 | 1 => coords[at][column] = bad,
            _ => values[at] = bad,
        }
        match Samples::new(coords, values) {
            Err(Error::NotFinite { index, what, .. }) => {
                prop_assert_eq!((index, what), (at, ["easting", "northing", "value"][column]));
            }
            other => panic!("{other:?}"),
        }
    }

    /// Few places, so that many coincide; −0 and 0 are one.
    #[test]
    fn the_first_coincident_pair_is_the_first(cells in vec([-1..2_i32, -1..2], 1..9), negative in vec(any::<bool>(), 18)) {
        let number = |v: i32, k: usize| if v == 0 && negative[k] { -0.0 } else { f64::from(v) };
        let coords: Vec<[f64; 2]> = cells.iter().enumerate().map(|(k, c)| [number(c[0], 2 * k), number(c[1], 2 * k + 1)]).collect();
        let samples = Samples::new(coords.clone(), vec![0.0; coords.len()]).unwrap();
        let pairs = (0..coords.len()).flat_map(|i| (i + 1..coords.len()).map(move |j| (i, j)));
        let first = pairs.filter(|&(i, j)| coords[i] == coords[j]).min();
        prop_assert_eq!(samples.first_coincident_pair(), first);
        prop_assert_eq!(samples.check_distinct_places().is_ok(), first.is_none());
    }

    #[test]
    fn moments_and_bounds_are_those_of_the_numbers(values in vec(-1e3..1e3_f64, 2..30)) {
        let coords: Vec<[f64; 2]> = values.iter().map(|v| [v * 0.5, -v]).collect();
        let samples = Samples::new(coords, values.clone()).unwrap();
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let pairs: f64 = values.iter().flat_map(|a| values.iter().map(move |b| (a - b) * (a - b))).sum();
        crate::assert_close(samples.mean(), mean, 1e-9, "mean");
        crate::assert_close(samples.variance(), pairs / (2.0 * n * (n - 1.0)), 1e-6, "variance");
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        prop_assert_eq!(samples.bounds(), ([low * 0.5, -high], [high * 0.5, -low]));
        crate::assert_close(samples.diagonal(), (high - low) * 1.25_f64.sqrt(), 1e-9, "diagonal");
    }
}

#[test]
fn what_cannot_be_kriged_is_told_apart() {
    let with = |coords: Vec<[f64; 2]>, values: Vec<f64>| Samples::new(coords, values).unwrap();
    let apart = with(vec![[0.0, 0.0], [1.0, 0.0]], vec![2.0, 2.0]);
    assert_eq!(apart.check_for_kriging(2), Ok(()));
    assert!(matches!(apart.check_for_kriging(3), Err(Error::TooFewSamples { found: 2, needed: 3, .. })));
    assert_eq!(apart.check_variation(), Err(Error::NoVariation { count: 2, value: 2.0 }));
    let together = with(vec![[1.0, 1.0]; 3], vec![1.0, 2.0, 3.0]);
    assert!(matches!(together.check_for_kriging(2), Err(Error::OnePlace { count: 3, .. })));
    assert_eq!(together.check_variation(), Ok(()));
    let twins = with(vec![[1.0, 1.0], [0.0, 0.0], [1.0, 1.0]], vec![1.0, 2.0, 3.0]);
    assert!(matches!(twins.check_for_kriging(2), Err(Error::CoincidentSamples { first: 0, second: 2, .. })));
    assert!(matches!(Samples::new(vec![], vec![]), Err(Error::TooFewSamples { .. })));
    assert!(matches!(Samples::new(vec![[0.0, 0.0]], vec![]), Err(Error::LengthMismatch { .. })));
}

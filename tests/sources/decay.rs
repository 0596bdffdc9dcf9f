//! Point and diffuse contributions, on a truth that is known.

use soilscope_assess::sources::SourcesError;
use soilscope_assess::sources::decay::{PointShare, point_share};
use soilscope_assess::sources::proximity::nearest;
use soilscope_core::executor::Serial;
use soilscope_core::{Coord, Samples};

use crate::{Backwards, fields, places};

const SOURCES: [Coord; 5] = [[200.0, 250.0], [800.0, 700.0], [350.0, 850.0], [650.0, 150.0], [900.0, 300.0]];

const BACKGROUND: &str = "0.05 Nug + 0.25 Exp(100)";

fn setting(count: usize, seed: u64) -> (Vec<Coord>, Vec<f64>) {
    let places = places(count, 1000.0, seed);
    let distances = places.iter().map(|&at| nearest(at, &SOURCES).unwrap().distance).collect();
    (places, distances)
}

fn found(places: &[Coord], values: Vec<f64>, distances: &[f64]) -> PointShare {
    let samples = Samples::new(places.to_vec(), values).unwrap();
    point_share(&samples, distances, &Serial).unwrap()
}

/// Of backgrounds that vary by themselves, times the effect of sources five times above them: shares that their intervals hold, and
/// that are shown to be above 0.
fn with_an_effect(truths: usize) -> [usize; 2] {
    let (places, distances) = setting(80, 4);
    let (mut held, mut shown) = (0, 0);
    for field in fields(&places, BACKGROUND, truths) {
        let effect: Vec<f64> = distances.iter().map(|d| 1.0 + 4.0 * (-d / 80.0).exp()).collect();
        let values: Vec<f64> = field.iter().zip(&effect).map(|(z, e)| 20.0 * z.exp() * e).collect();
        let total: f64 = values.iter().sum();
        let point: f64 = values.iter().zip(&effect).map(|(v, e)| v * (1.0 - 1.0 / e)).sum();
        let found = found(&places, values, &distances);
        held += usize::from((found.share[0]..=found.share[2]).contains(&(point / total)));
        shown += usize::from(found.is_shown());
    }
    println!("90 % intervals hold {held} of {truths} true shares; {shown} are shown to be above 0");
    [held, shown]
}

/// Of fields that know nothing of the sources: those that are shown to have a share.
fn without_an_effect(truths: usize) -> usize {
    let (places, distances) = setting(80, 5);
    let mut shown = 0;
    for field in fields(&places, BACKGROUND, truths) {
        let found = found(&places, field.iter().map(|z| 20.0 * z.exp()).collect(), &distances);
        shown += usize::from(found.is_shown());
    }
    println!("{shown} of {truths} fields without effect are shown to have a share");
    shown
}

#[test]
fn a_share_is_held_by_its_interval_and_seldom_shown_where_there_is_none() {
    let [held, _] = with_an_effect(8);
    // At least nine in ten are expected.
    assert!(held >= 6, "{held}");
    let shown = without_an_effect(8);
    assert!(shown <= 2, "{shown}");
}

#[test]
#[ignore = "some minutes: `make coverage`"]
fn coverage_of_shares() {
    let [held, shown] = with_an_effect(200);
    // A standard deviation is 4.2.
    assert!(held >= 172, "{held}");
    // A field that varies this much hides most such plumes from 80 samples, not all.
    assert!(shown > 40, "{shown}");
    // One side of an interval of 90 %: 10 are expected, with a standard deviation of 3.1.
    let shown = without_an_effect(200);
    assert!(shown <= 20, "{shown}");
}

/// A plume that adds to the background instead of multiplying it, as dust does, is not the model; its share comes out too large.
#[test]
#[ignore = "some minutes: `make coverage`"]
fn coverage_of_an_added_plume() {
    let (places, distances) = setting(150, 6);
    let (truths, mut off, mut held) = (50, 0.0, 0);
    for field in fields(&places, "0.05 Nug + 0.2 Exp(60)", truths) {
        let plume: Vec<f64> = distances.iter().map(|d| 80.0 * (-d / 70.0).exp()).collect();
        let values: Vec<f64> = field.iter().zip(&plume).map(|(z, p)| 20.0 * z.exp() + p).collect();
        let truth = plume.iter().sum::<f64>() / values.iter().sum::<f64>();
        let [low, share, high] = found(&places, values, &distances).share;
        off += (share - truth) / truths as f64;
        held += usize::from((low..=high).contains(&truth));
    }
    println!("an added plume: share less the true one {off:.3} on average; intervals hold {held} of {truths}");
    assert!(off.abs() < 0.15, "{off}");
    assert!(held >= 40, "{held}");
}

#[test]
fn parts_are_consistent_and_units_and_tasks_change_nothing() {
    let (places, distances) = setting(80, 7);
    let field = fields(&places, BACKGROUND, 1).remove(0);
    let values: Vec<f64> =
        field.iter().zip(&distances).map(|(z, d)| z.exp() * (1.0 + 4.0 * (-d / 80.0).exp())).collect();
    let one = found(&places, values.clone(), &distances);
    assert!(one.each.iter().all(|[low, share, high]| low <= share && share <= high));
    assert!((one.factor_at_source[1] - one.best().effect.exp()).abs() < 1e-12);
    assert!(one.lengths.windows(2).all(|w| w[0].length < w[1].length) && one.each.len() == 80);
    assert!(one.lengths.iter().all(|l| l.gain <= one.best().gain));
    let samples = Samples::new(places.clone(), values.clone()).unwrap();
    assert_eq!(point_share(&samples, &distances, &Backwards).unwrap(), one);
    let grams = found(&places, values.iter().map(|v| v * 1000.0).collect(), &distances);
    assert!((grams.share[1] - one.share[1]).abs() < 1e-4, "{:?} {:?}", grams.share, one.share);
    let mut zero = values;
    zero[3] = 0.0;
    let refused = point_share(&Samples::new(places, zero).unwrap(), &distances, &Serial).unwrap_err();
    assert!(matches!(refused, SourcesError::Value { sample: 3, .. }));
}

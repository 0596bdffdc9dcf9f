//! Calibration by spatial blocks: right variances are left alone, wrong ones are told, by about the factor.

use soilscope_core::drift::Drift;
use soilscope_core::executor::Serial;
use soilscope_core::kriging::Kriging;
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::validation::calibrate;

use crate::fields::{field, model};

const TRUTH: &str = "0.2 Nug + 0.8 Sph(150)";

fn recipe(factor: f64) -> Kriging {
    Kriging::new(model(TRUTH).scaled(factor).unwrap(), Drift::Constant, Neighbourhood::nearest(32).unwrap())
}

#[test]
fn the_true_model_is_calibrated_and_wrong_sills_are_told() {
    let mut warned = 0;
    for seed in 0..10 {
        let samples = field(TRUTH, 300, 70 + seed);
        let right = calibrate(&recipe(1.0), &samples, 1, &Serial).unwrap();
        assert!(right.blocks >= 10 && right.n == 300);
        assert!((0.6..1.6).contains(&right.msdr), "{right:?}");
        warned += usize::from(right.warning().is_some());
        let [half, ninety, _] = [0, 1, 2].map(|k| right.coverage[k]);
        assert!((half.observed - 0.5).abs() < 0.15 && (ninety.observed - 0.9).abs() < 0.1, "{right:?}");
        assert!(half.interval[0] <= half.observed && half.observed <= half.interval[1]);

        let timid = calibrate(&recipe(4.0), &samples, 1, &Serial).unwrap();
        assert!(timid.off && timid.warning().unwrap().contains("too large"));
        assert!((timid.msdr * 4.0 - right.msdr).abs() < 1e-9 * right.msdr, "{} {}", timid.msdr, right.msdr);
        let bold = calibrate(&recipe(0.25), &samples, 1, &Serial).unwrap();
        assert!(bold.off && bold.warning().unwrap().contains("too small"));
        // What --calibrate does: variances times the ratio are right on these samples.
        let mended = calibrate(&recipe(0.25 * bold.msdr), &samples, 1, &Serial).unwrap();
        assert!((mended.msdr - 1.0).abs() < 1e-9 && !mended.off);
    }
    assert!(warned == 0, "{warned} of 10");
}

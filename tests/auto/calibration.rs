//! Calibration by spatial blocks: right variances are left alone, wrong ones are told, by about the factor.

use soilscope_core::Samples;
use soilscope_core::drift::Drift;
use soilscope_core::executor::Serial;
use soilscope_core::kriging::Kriging;
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::validation::{Calibration, calibrate};

use crate::fields::{field, model};

const TRUTH: &str = "0.2 Nug + 0.8 Sph(150)";

fn recipe(factor: f64) -> Kriging {
    Kriging::new(model(TRUTH).scaled(factor).unwrap(), Drift::Constant, Neighbourhood::nearest(32).unwrap())
}

fn calibrated(factor: f64, samples: &Samples) -> Calibration {
    let recipe = recipe(factor);
    calibrate(&recipe, &recipe.variogram, samples, 1, &Serial).unwrap()
}

#[test]
fn the_true_model_is_calibrated_and_wrong_sills_are_told() {
    let mut warned = 0;
    for seed in 0..10 {
        let samples = field(TRUTH, 300, 70 + seed);
        let right = calibrated(1.0, &samples);
        assert!(right.blocks >= 10 && right.n == 300);
        assert!((0.6..1.6).contains(&right.msdr), "{right:?}");
        warned += usize::from(right.warning().is_some());
        let [half, ninety, _] = [0, 1, 2].map(|k| right.coverage[k]);
        assert!((half.observed - 0.5).abs() < 0.15 && (ninety.observed - 0.9).abs() < 0.1, "{right:?}");
        assert!(half.interval[0] <= half.observed && half.observed <= half.interval[1]);

        let timid = calibrated(4.0, &samples);
        assert!(timid.off && timid.warning().unwrap().contains("too large"));
        assert!((timid.msdr * 4.0 - right.msdr).abs() < 1e-9 * right.msdr, "{} {}", timid.msdr, right.msdr);
        let bold = calibrated(0.25, &samples);
        assert!(bold.off && bold.warning().unwrap().contains("too small"));
        // What --calibrate does: variances times the ratio are right on these samples.
        let mended = calibrated(0.25 * bold.msdr, &samples);
        assert!((mended.msdr - 1.0).abs() < 1e-9 && !mended.off);
    }
    assert!(warned == 0, "{warned} of 10");
}

/// Of more than 5,000 samples a part is held out; what is found there is what is found of all, but for chance.
#[test]
fn of_many_samples_blocks_are_drawn() {
    // Nine fields far from each other: one of 5,400 samples takes a minute to make.
    let squares: Vec<Samples> = (0..9).map(|k| field(TRUTH, 600, 30 + k)).collect();
    let place = |k: usize, c: [f64; 2]| [c[0] + 3000.0 * (k % 3) as f64, c[1] + 3000.0 * (k / 3) as f64];
    let coords = squares.iter().enumerate().flat_map(|(k, s)| s.coords().iter().map(move |&c| place(k, c))).collect();
    let values = squares.iter().flat_map(|s| s.values().to_vec()).collect();
    let samples = Samples::new(coords, values).unwrap();
    let drawn = calibrated(1.0, &samples);
    assert!((10..=100).contains(&drawn.blocks) && (100..=2000).contains(&drawn.n), "{drawn:?}");
    assert!((0.8..1.25).contains(&drawn.msdr) && !drawn.off, "{drawn:?}");
    assert!((drawn.coverage[2].observed - 0.95).abs() < 0.03, "{drawn:?}");
    assert!(calibrated(0.4, &samples).off);
}

//! Scores, recomputed from their definitions.

use proptest::collection::vec;
use proptest::prelude::*;
use soilscope_core::transform::{Transform, normal_cdf};
use soilscope_core::validation::{Scores, residuals};
use soilscope_core::{Gap, Outcome, Prediction, Samples};

use crate::{assert_close, cases};

/// Observed, predicted, variance, and 0 where there is a gap.
type Row = (f64, f64, f64, u8);

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn scores_are_their_definitions(rows in vec((-5.0..5.0_f64, -5.0..5.0_f64, 0.1..4.0_f64, 0..5_u8), 2..30)) {
        let samples = Samples::new(
            (0..rows.len()).map(|i| [i as f64, 0.0]).collect(), rows.iter().map(|r| r.0).collect(),
        ).unwrap();
        let outcomes: Vec<Outcome> = rows.iter().map(|r| match r.3 {
            0 => Err(Gap::SingularSystem),
            _ => Ok(Prediction { value: r.1, variance: Some(r.2), multiplier: 0.1 }),
        }).collect();
        let used: Vec<_> = rows.iter().filter(|r| r.3 != 0).collect();
        let table = residuals(&samples, &outcomes, &Transform::None);
        let Some(scores) = Scores::of(&table) else {
            prop_assert!(used.is_empty());
            return Ok(());
        };
        let n = used.len() as f64;
        let mean = |f: &dyn Fn(&Row) -> f64| used.iter().map(|r| f(r)).sum::<f64>() / n;
        prop_assert_eq!((scores.n, scores.gaps), (used.len(), rows.len() - used.len()));
        assert_close(scores.me, mean(&|r| r.0 - r.1), 1e-12, "ME");
        assert_close(scores.mae, mean(&|r| (r.0 - r.1).abs()), 1e-12, "MAE");
        assert_close(scores.rmse.powi(2), mean(&|r| (r.0 - r.1).powi(2)), 1e-11, "RMSE");
        assert_close(scores.msdr.unwrap(), mean(&|r| (r.0 - r.1).powi(2) / r.2), 1e-9, "MSDR");
        let average = mean(&|r| r.0);
        let spread = mean(&|r| (r.0 - average).powi(2));
        match scores.r2 {
            Some(r2) => assert_close((1.0 - r2) * spread, scores.rmse.powi(2), 1e-9, "R²"),
            None => prop_assert!(spread == 0.0),
        }
        for c in &scores.coverage {
            // A value is inside the central interval where its probability is within half the nominal one of a half.
            let inside = mean(&|r| {
                let p = normal_cdf((r.0 - r.1) / r.2.sqrt());
                f64::from(u8::from((p - 0.5).abs() <= c.nominal / 2.0))
            });
            assert_close(c.observed, inside, 1e-12, "coverage");
        }
        // The score of a point forecast is its absolute error; a Gaussian one cannot be worse than that by its spread.
        prop_assert!(scores.crps.unwrap() >= 0.0);
    }

    /// On the logarithmic scale residuals are in the data's unit, z-scores on the logarithm.
    #[test]
    fn logarithms_are_scored_in_the_unit_of_the_data(z in 0.1..100.0_f64, y in -2.0..4.0_f64, v in 0.01..2.0_f64, m in -0.5..0.5_f64) {
        let samples = Samples::new(vec![[0.0, 0.0]], vec![z]).unwrap();
        let outcome = Ok(Prediction { value: y, variance: Some(v), multiplier: m });
        let row = residuals(&samples, &[outcome], &Transform::Log)[0];
        let predicted = (y + v / 2.0 - m).exp();
        assert_close(row.prediction.unwrap() / predicted, 1.0, 1e-12, "prediction");
        assert_close(row.residual.unwrap(), z - predicted, 1e-9, "residual");
        assert_close(row.zscore.unwrap(), (z.ln() - y) / v.sqrt(), 1e-9, "z-score");
        // E Z*² + E Z₀² − 2 E Z*Z₀ of jointly log-normal predictor and truth, but for the factor that is estimated.
        let moments = v.exp() + (2.0 * (v - m)).exp() - 2.0 * (v - m).exp();
        assert_close(row.variance.unwrap() / ((2.0 * (y - m)).exp() * moments), 1.0, 1e-9, "variance");
    }

    #[test]
    fn a_transform_and_its_way_back_cancel(z in 1e-6..1e6_f64, threshold in 1e-3..1e3_f64, v in 0.0..3.0_f64) {
        let samples = Samples::new(vec![[0.0, 0.0]], vec![z]).unwrap();
        let y = Transform::Log.forward(&samples).unwrap().values()[0];
        let median = Transform::Log.back(Prediction { value: y, variance: None, multiplier: 0.0 });
        assert_close(median.value / z, 1.0, 1e-13, "there and back");
        let exact = Transform::Log.back(Prediction { value: y, variance: Some(0.0), multiplier: 0.0 });
        assert_close(exact.value / z, 1.0, 1e-13, "without variance");
        let p = Prediction { value: y, variance: Some(v), multiplier: 0.0 };
        let above = Transform::Log.exceedance(&p, threshold).unwrap();
        prop_assert!((0.0..=1.0).contains(&above));
        prop_assert_eq!(above > 0.5, z > threshold);
    }
}

#[test]
fn what_overflows_on_the_way_back_is_a_gap() {
    let samples = Samples::new(vec![[0.0, 0.0]], vec![1.0]).unwrap();
    for (value, variance) in [(800.0, 1.0), (0.0, 1500.0), (400.0, 1.0)] {
        let outcome = Ok(Prediction { value, variance: Some(variance), multiplier: 0.0 });
        let row = residuals(&samples, &[outcome], &Transform::Log)[0];
        assert_eq!((row.gap, row.prediction), (Some(Gap::NotFinite), None), "{value} {variance}");
    }
}

#[test]
fn a_logarithm_needs_values_above_zero() {
    for bad in [0.0, -0.0, -1.0] {
        let samples = Samples::new(vec![[0.0, 0.0], [1.0, 0.0]], vec![1.0, bad]).unwrap();
        assert!(matches!(Transform::Log.forward(&samples), Err(soilscope_core::Error::Transform { index: 1, .. })));
    }
}

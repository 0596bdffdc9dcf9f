//! Fits: nothing in their domain is better, and nothing of them is out of it.

use proptest::collection::vec;
use proptest::prelude::*;
use soilscope_core::Error;
use soilscope_core::variogram::{
    EmpiricalVariogram, Estimator, FitWeights, LagClass, Model, ModelTemplate, Parameter, Variogram, fit,
};

use crate::oracle::{Field, Shape, Term};
use crate::{assert_close, cases};

pub(crate) fn empirical(classes: Vec<LagClass>) -> EmpiricalVariogram {
    EmpiricalVariogram { classes, estimator: Estimator::Matheron, cutoff: 1000.0 }
}

/// Classes of any shape: semivariances may fall, jump, or be 0.
pub(crate) fn classes() -> impl Strategy<Value = Vec<LagClass>> {
    vec((1..500_u64, 0.05..1.0_f64, prop_oneof![5 => 0.0..3.0_f64, 1 => Just(0.0)]), 4..14).prop_map(|rows| {
        let count = rows.len() as f64;
        rows.iter()
            .enumerate()
            .map(|(k, &(np, within, gamma))| LagClass {
                np,
                dist: (k as f64 + within) * 1000.0 / count,
                gamma,
                azimuth: None,
                error_variance: 0.0,
            })
            .collect()
    })
}

const SHAPES: [(Shape, Model); 5] = [
    (Shape::Spherical, Model::Spherical),
    (Shape::Exponential, Model::Exponential),
    (Shape::Gaussian, Model::Gaussian),
    (Shape::Matern(1.5), Model::Matern { smoothness: 1.5 }),
    (Shape::Stein(2.5), Model::Stein { smoothness: 2.5 }),
];

/// Weighted sum of squares from its definition.
fn sum_of_squares(classes: &[LagClass], weights: &FitWeights, field: &Field) -> f64 {
    classes
        .iter()
        .map(|c| {
            let np = c.np as f64;
            let weight = match weights {
                FitWeights::Pairs => np,
                FitWeights::PairsOverSquaredDistance => np / c.dist.powi(2),
                FitWeights::Equal => 1.0,
                other => panic!("{other:?}"),
            };
            let model = field.sill() - field.covariance([0.0, 0.0], [c.dist, 0.0]);
            weight * (c.gamma - model).powi(2)
        })
        .sum()
}

/// A fitted variogram as the oracle's field.
fn as_field(v: &Variogram, shapes: &[Shape]) -> Field {
    let terms = v
        .structures()
        .iter()
        .zip(shapes)
        .map(|(s, &shape)| Term { shape, sill: s.partial_sill(), range: s.range(), azimuth: 0.0, ratio: 1.0 })
        .collect();
    Field { nugget: v.nugget(), error: 0.0, terms }
}

fn weights() -> impl Strategy<Value = FitWeights> {
    prop_oneof![Just(FitWeights::Pairs), Just(FitWeights::PairsOverSquaredDistance), Just(FitWeights::Equal)]
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn no_parameters_fit_better(
        classes in classes(), weights in weights(), which in 0..5_usize,
        tries in vec((0.0..1.0_f64, 0.0..1.0_f64, 0.0..1.0_f64), 500),
    ) {
        let (shape, model) = SHAPES[which];
        prop_assume!(classes.iter().any(|c| c.gamma > 0.0));
        let fitted = fit(&empirical(classes.clone()), &ModelTemplate::with_nugget(model), &weights).unwrap();
        let v = &fitted.variogram;
        prop_assert!(v.nugget() >= 0.0 && v.structures().iter().all(|s| s.partial_sill() >= 0.0 && s.range() > 0.0));
        let own = sum_of_squares(&classes, &weights, &as_field(v, &[shape]));
        let zero = Field { nugget: 0.0, error: 0.0, terms: Vec::new() };
        let scale = sum_of_squares(&classes, &weights, &zero);
        assert_close(fitted.sserr, own, 1e-9 * scale, "the sum of squares is that of the parameters");
        let first = classes[0].dist;
        let last = classes.last().unwrap().dist;
        for (a, b, c) in tries {
            let term = Term { shape, sill: 4.0 * b, range: 0.1 * first * (100.0 * last / first).powf(c), azimuth: 0.0, ratio: 1.0 };
            let other = sum_of_squares(&classes, &weights, &Field { nugget: 3.0 * a, error: 0.0, terms: vec![term] });
            prop_assert!(fitted.sserr <= other + 1e-9 * scale, "{} with {}, but {} with {:?}", fitted.sserr, v, other, term);
        }
    }

    /// Near the optimum too, where random vectors seldom fall.
    #[test]
    fn no_neighbour_of_the_optimum_fits_better(
        classes in classes(), weights in weights(), which in 0..5_usize, steps in vec([-1.0..1.0, -1.0..1.0, -1.0..1.0_f64], 60),
        power in 1..7_i32,
    ) {
        let (shape, model) = SHAPES[which];
        prop_assume!(classes.iter().any(|c| c.gamma > 0.0));
        let fitted = fit(&empirical(classes.clone()), &ModelTemplate::with_nugget(model), &weights).unwrap();
        let best = as_field(&fitted.variogram, &[shape]);
        let scale = sum_of_squares(&classes, &weights, &Field { nugget: 0.0, error: 0.0, terms: Vec::new() });
        let (first, last) = (classes[0].dist, classes.last().unwrap().dist);
        for s in steps {
            let size = 10.0_f64.powi(-power);
            let mut other = best.clone();
            other.nugget = (other.nugget + s[0] * size).max(0.0);
            other.terms[0].sill = (other.terms[0].sill + s[1] * size).max(0.0);
            other.terms[0].range = (other.terms[0].range * (s[2] * size).exp()).clamp(0.1 * first, 10.0 * last);
            prop_assert!(fitted.sserr <= sum_of_squares(&classes, &weights, &other) + 1e-10 * scale, "{:?}", other);
        }
    }

    /// Sums of squares may have several minima along the range, and the scan must see the lowest.
    #[test]
    fn no_range_fits_better(classes in classes(), weights in weights(), which in 0..5_usize) {
        prop_assume!(classes.iter().any(|c| c.gamma > 0.0));
        let mut template = ModelTemplate::with_nugget(SHAPES[which].1);
        let variogram = empirical(classes.clone());
        let best = fit(&variogram, &template, &weights).unwrap().sserr;
        let (low, high) = (0.1 * classes[0].dist, 10.0 * classes.last().unwrap().dist);
        for k in 0..=500 {
            template.structures[0].range = Parameter::Fixed(low * (high / low).powf(f64::from(k) / 500.0));
            let held = fit(&variogram, &template, &weights).unwrap().sserr;
            prop_assert!(best <= held * (1.0 + 1e-6), "{best} against {held} of {template}");
        }
    }

    #[test]
    fn the_order_of_classes_does_not_matter(classes in classes(), which in 0..5_usize, by in 1..13_usize) {
        prop_assume!(classes.iter().any(|c| c.gamma > 0.0));
        let template = ModelTemplate::with_nugget(SHAPES[which].1);
        let mut turned = classes.clone();
        turned.reverse();
        turned.rotate_left(by % classes.len());
        let [a, b] = [classes, turned].map(|c| fit(&empirical(c), &template, &FitWeights::default()).unwrap());
        assert_close(a.sserr, b.sserr, 1e-9 * a.sserr.max(1e-3), "sum of squares");
    }

    /// Classes on a model's own curve give the model back.
    #[test]
    fn a_model_is_found_again(
        which in 0..4_usize, nugget in 0.1..1.0_f64, sill in 0.5..3.0_f64, range in 120.0..300.0_f64, power in -12..13_i32,
    ) {
        let unit = 10.0_f64.powi(power);
        let (shape, model) = SHAPES[which];
        let term = Term { shape, sill: sill * unit, range, azimuth: 0.0, ratio: 1.0 };
        let truth = Field { nugget: nugget * unit, error: 0.0, terms: vec![term] };
        let classes: Vec<LagClass> = (1..=15).map(|k| {
            let dist = 40.0 * f64::from(k);
            LagClass { np: 50, dist, gamma: truth.variogram().semivariance([dist, 0.0]), azimuth: None, error_variance: 0.0 }
        }).collect();
        let fitted = fit(&empirical(classes), &ModelTemplate::with_nugget(model), &FitWeights::default()).unwrap().variogram;
        assert_close(fitted.nugget() / unit, nugget, 1e-5, "nugget");
        assert_close(fitted.structures()[0].partial_sill() / unit, sill, 1e-5, "partial sill");
        assert_close(fitted.structures()[0].range() / range, 1.0, 1e-5, "range");
    }

    /// Lags from millimetres to the circumference of the Earth.
    #[test]
    fn a_change_of_length_changes_the_range_only(classes in classes(), which in 0..5_usize, power in -6..7_i32) {
        prop_assume!(classes.iter().any(|c| c.gamma > 0.0));
        let unit = 10.0_f64.powi(power);
        let template = ModelTemplate::with_nugget(SHAPES[which].1);
        let scaled: Vec<LagClass> = classes.iter().map(|c| LagClass { dist: c.dist * unit, ..*c }).collect();
        let plain = fit(&empirical(classes), &template, &FitWeights::Pairs).unwrap();
        let other = fit(&empirical(scaled), &template, &FitWeights::Pairs).unwrap();
        assert_close(plain.sserr, other.sserr, 1e-7 * plain.sserr.max(1e-3), "sum of squares");
    }
}

proptest! {
    #![proptest_config(cases(6))]

    /// Two free ranges: no worse than either structure alone, nor than random nested models.
    #[test]
    fn a_nested_fit_is_no_worse_than_its_parts(
        classes in classes(), tries in vec([0.0..1.0, 0.0..1.0, 0.0..1.0, 0.0..1.0, 0.0..1.0_f64], 300),
    ) {
        prop_assume!(classes.len() >= 5 && classes.iter().any(|c| c.gamma > 0.0));
        let weights = FitWeights::default();
        let variogram = empirical(classes.clone());
        let of = |text: &str| fit(&variogram, &text.parse().unwrap(), &weights).unwrap();
        let nested = of("Nug + Sph + Exp");
        let scale = sum_of_squares(&classes, &weights, &Field { nugget: 0.0, error: 0.0, terms: Vec::new() });
        for part in ["Nug + Sph", "Nug + Exp"] {
            prop_assert!(nested.sserr <= of(part).sserr + 1e-6 * scale, "{} against {part}", nested.variogram);
        }
        let (low, high) = (0.1 * classes[0].dist, 10.0 * classes.last().unwrap().dist);
        for t in tries {
            let term = |shape, sill, range: f64| Term { shape, sill, range: low * (high / low).powf(range), azimuth: 0.0, ratio: 1.0 };
            let terms = vec![term(Shape::Spherical, 3.0 * t[1], t[2]), term(Shape::Exponential, 3.0 * t[3], t[4])];
            let other = sum_of_squares(&classes, &weights, &Field { nugget: 2.0 * t[0], error: 0.0, terms });
            prop_assert!(nested.sserr <= other + 1e-6 * scale);
        }
    }
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    let with = |gamma: &dyn Fn(usize) -> f64| {
        empirical(
            (1..=6)
                .map(|k| LagClass { np: 9, dist: k as f64, gamma: gamma(k), azimuth: None, error_variance: 0.0 })
                .collect(),
        )
    };
    let template = ModelTemplate::with_nugget(Model::Spherical);
    let weights = FitWeights::default();
    let flat = with(&|_| 0.0);
    assert_eq!(fit(&flat, &template, &weights), Err(Error::FlatVariogram { classes: 6 }));
    let infinite = with(&|k| if k == 3 { f64::INFINITY } else { 1.0 });
    assert!(matches!(fit(&infinite, &template, &weights), Err(Error::LagClassNotFinite { index: 2, .. })));
    let many = ["Sph(9)"; 9].join(" + ").parse().unwrap();
    let rising: Vec<LagClass> = (1..=12)
        .map(|k| LagClass { np: 9, dist: f64::from(k), gamma: f64::from(k), azimuth: None, error_variance: 0.0 })
        .collect();
    assert!(matches!(fit(&empirical(rising.clone()), &many, &weights), Err(Error::Parameter { .. })));
    let five = "Nug + Mat(kappa=?) + 1 Ste(kappa=?) + Sph".parse().unwrap();
    assert!(matches!(fit(&empirical(rising.clone()), &five, &weights), Err(Error::Parameter { value: 5.0, .. })));
    assert!(matches!(
        fit(&empirical(rising[..2].to_vec()), &template, &weights),
        Err(Error::Underdetermined { classes: 2, unknowns: 3 })
    ));
    let anisotropic = "Nug + Sph(az=30, ratio=0.5)".parse().unwrap();
    assert!(matches!(fit(&empirical(rising), &anisotropic, &weights), Err(Error::Notation { .. })));
}

/// A model with everything given is not a fit: it is returned as it is.
#[test]
fn what_is_held_stays() {
    let classes = (1..=6)
        .map(|k| LagClass { np: 9, dist: f64::from(k), gamma: f64::from(k), azimuth: None, error_variance: 0.0 })
        .collect();
    let mut template: ModelTemplate = "0.1 Err + 0.5 Nug + 1.5 Sph(3)".parse().unwrap();
    let classes = empirical(classes);
    let held = fit(&classes, &template, &FitWeights::default()).unwrap();
    assert_eq!(held.variogram.to_string(), "0.1 Err + 0.5 Nug + 1.5 Sph(3)");
    template.structures[0].range = Parameter::Free;
    let freed = fit(&classes, &template, &FitWeights::default()).unwrap();
    assert_eq!(freed.variogram.nugget(), 0.5);
    assert_eq!(freed.variogram.structures()[0].partial_sill(), 1.5);
    assert!(freed.sserr <= held.sserr);
}

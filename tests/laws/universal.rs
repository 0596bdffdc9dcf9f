//! Drift, support and measurement error: the oracle, and what holds whatever the numbers.

use nalgebra::{DMatrix, DVector};
use proptest::collection::vec;
use proptest::prelude::*;
use soilscope_core::drift::Drift;
use soilscope_core::kriging::Kriging;
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::support::{BlockNodes, Support};
use soilscope_core::validation::Folds;
use soilscope_core::variogram::Variogram;
use soilscope_core::{
    Coord, Error, Gap, Interpolator, Outcome, Prediction, Predictions, Samples, Scratch, Targets,
    leave_out_by_refitting,
};

use crate::any::{self, WIDTH};
use crate::oracle::Field;
use crate::{assert_outcomes, cases};

/// As in the laws of ordinary kriging; the drift's system adds two digits of condition number.
const TOLERANCE: f64 = 1e-7;

/// A block as a plain list of points with equal weights.
#[derive(Debug, Clone, Copy)]
struct Block {
    size: [f64; 2],
    nodes: usize,
}

impl Block {
    fn support(self) -> Support {
        Support::block(self.size, BlockNodes::Regular(self.nodes.try_into().unwrap())).unwrap()
    }

    fn points(self, at: Coord) -> Vec<Coord> {
        let offset = |k: usize, size: f64| ((k as f64 + 0.5) / self.nodes as f64 - 0.5) * size;
        let all = (0..self.nodes).flat_map(|i| (0..self.nodes).map(move |j| (i, j)));
        all.map(|(i, j)| [at[0] + offset(i, self.size[0]), at[1] + offset(j, self.size[1])]).collect()
    }
}

/// Drift functions of the oracle: plain monomials of the place in units of the square's width, and the covariates.
fn functions(degree: u8, at: Coord, covariates: &[f64]) -> Vec<f64> {
    let [x, y] = at.map(|v| v / WIDTH);
    let powers = (0..=i32::from(degree)).flat_map(|d| (0..=d).map(move |k| (d - k, k)));
    powers.map(|(i, j)| x.powi(i) * y.powi(j)).chain(covariates.iter().copied()).collect()
}

/// Universal kriging by the bordered system [[C + E, F], [Fᵀ, 0]], solved by LU; the target is the mean over `points`.
fn bordered(field: &Field, samples: &Samples, degree: u8, points: &[Coord], at_target: &[f64]) -> Prediction {
    let n = samples.len();
    let coords = samples.coords();
    let mean = |f: &dyn Fn(Coord) -> f64| points.iter().map(|&p| f(p)).sum::<f64>() / points.len() as f64;
    let rows: Vec<Vec<f64>> = (0..n).map(|i| functions(degree, coords[i], samples.covariates(i))).collect();
    let p = rows[0].len();
    let error = |i: usize| field.error + samples.error_variances().map_or(0.0, |e| e[i]);
    let system = DMatrix::from_fn(n + p, n + p, |i, j| match (i < n, j < n) {
        (true, true) => field.covariance(coords[i], coords[j]) + if i == j { error(i) } else { 0.0 },
        (true, false) => rows[i][j - n],
        (false, true) => rows[j][i - n],
        (false, false) => 0.0,
    });
    let target: Vec<f64> = (0..p).map(|k| mean(&|at| functions(degree, at, at_target)[k])).collect();
    let right =
        DVector::from_fn(n + p, |i, _| if i < n { mean(&|at| field.covariance(coords[i], at)) } else { target[i - n] });
    let solution = system.lu().solve(&right).unwrap();
    let value = (0..n).map(|i| solution[i] * samples.values()[i]).sum();
    // Over a block the nugget averages to nothing.
    let nugget = if points.len() > 1 { field.nugget } else { 0.0 };
    let own = mean(&|a| mean(&|b| field.covariance(a, b) - if a == b { nugget } else { 0.0 }));
    let multiplier = -(0..p).map(|k| solution[n + k] * target[k]).sum::<f64>();
    let explained: f64 = (0..n).map(|i| solution[i] * right[i]).sum();
    Prediction { value, variance: Some(own - explained + multiplier), multiplier }
}

/// Samples with covariates and errors of their own.
fn rich_samples(least: usize) -> impl Strategy<Value = Samples> {
    any::samples(least, 24).prop_flat_map(|s| {
        let n = s.len();
        (Just(s), vec(-3.0..3.0_f64, n), vec(prop_oneof![Just(0.0), 0.01..2.0_f64], n))
            .prop_map(|(s, c, e)| s.with_covariates(&[c]).unwrap().with_error_variances(e).unwrap())
    })
}

fn support() -> impl Strategy<Value = Option<Block>> {
    proptest::option::of(([1.0..30.0_f64, 1.0..30.0_f64], 2..5_usize).prop_map(|(size, nodes)| Block { size, nodes }))
}

fn recipe(field: &Field, drift: Drift, neighbourhood: Neighbourhood) -> Kriging {
    Kriging::new(field.variogram(), drift, neighbourhood)
}

fn predict(recipe: &Kriging, samples: &Samples, targets: &[Coord], covariates: &[f64]) -> Vec<Outcome> {
    let targets = Targets::points(targets);
    let targets = if covariates.is_empty() { targets } else { targets.with_covariates(covariates, 1) };
    let mut out = Predictions::default();
    recipe.fit(samples).unwrap().predict_into(&targets, &mut Scratch::default(), &mut out);
    out.iter().collect()
}

/// Far outside the samples a polynomial grows as its power: there digits are lost to any method.
fn targets() -> impl Strategy<Value = Vec<(Coord, f64)>> {
    vec(([0.0..WIDTH, 0.0..WIDTH], -3.0..3.0_f64), 1..10)
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn drift_support_and_errors_agree_with_the_bordered_system(
        samples in rich_samples(14), field in any::field(), degree in 0_u8..3, support in support(), targets in targets(),
    ) {
        let (places, covariates): (Vec<Coord>, Vec<f64>) = targets.into_iter().unzip();
        let drift = Drift::Trend { degree, covariates: 1 };
        let expected: Vec<Outcome> = places.iter().zip(&covariates).map(|(&at, c)| {
            let points = support.map_or(vec![at], |b| b.points(at));
            Ok(bordered(&field, &samples, degree, &points, std::slice::from_ref(c)))
        }).collect();
        // All samples as one system, and as everybody's neighbours.
        for neighbourhood in [Neighbourhood::Global, Neighbourhood::nearest(samples.len()).unwrap()] {
            let kriging = recipe(&field, drift, neighbourhood)
                .with_support(support.map_or(Support::Point, Block::support));
            let ours = predict(&kriging, &samples, &places, &covariates);
            assert_outcomes(&ours, &expected, TOLERANCE, TOLERANCE);
        }
    }

    #[test]
    fn degree_0_is_ordinary_kriging(
        samples in any::samples(1, 20), field in any::field(), targets in any::targets(),
    ) {
        for neighbourhood in [Neighbourhood::Global, Neighbourhood::nearest(8).unwrap()] {
            let universal = predict(&recipe(&field, Drift::polynomial(0), neighbourhood), &samples, &targets, &[]);
            let ordinary = predict(&recipe(&field, Drift::Constant, neighbourhood), &samples, &targets, &[]);
            prop_assert_eq!(universal, ordinary);
        }
    }

    /// Data that are a polynomial of the drift's degree come back as that polynomial everywhere.
    #[test]
    fn a_polynomial_is_reproduced(
        places in any::places(18, 36), field in any::field(), degree in 1_u8..3, b in vec(-9.0..9.0_f64, 6),
        targets in targets(), near in 14..18_usize,
    ) {
        let polynomial = |at: &Coord| -> f64 {
            functions(degree, *at, &[]).iter().zip(&b).map(|(f, b)| f * b).sum()
        };
        let samples = Samples::new(places.clone(), places.iter().map(polynomial).collect()).unwrap();
        let places: Vec<Coord> = targets.iter().map(|t| t.0).collect();
        for neighbourhood in [Neighbourhood::Global, Neighbourhood::nearest(near).unwrap()] {
            let ours = predict(&recipe(&field, Drift::polynomial(degree), neighbourhood), &samples, &places, &[]);
            for (outcome, at) in ours.iter().zip(&places) {
                prop_assert!((outcome.unwrap().value - polynomial(at)).abs() < 1e-6, "{outcome:?} {}", polynomial(at));
            }
        }
    }

    /// Two samples at one place, one of them with an error, weigh as their precisions say; an error as large as you like
    /// is no sample at all.
    #[test]
    fn a_hopeless_measurement_weighs_nothing(
        samples in any::samples(2, 20), field in any::exact_field(), targets in any::targets(),
    ) {
        let n = samples.len();
        let mut errors = vec![0.0; n];
        errors[n - 1] = 1e12;
        let with = samples.clone().with_error_variances(errors).unwrap();
        let without = samples.subset(&(0..n - 1).collect::<Vec<_>>()).unwrap();
        let kriging = recipe(&field, Drift::Constant, Neighbourhood::Global);
        assert_outcomes(
            &predict(&kriging, &with, &targets, &[]), &predict(&kriging, &without, &targets, &[]), 1e-6, 1e-6,
        );
    }

    #[test]
    fn leave_one_out_is_refitting(
        samples in rich_samples(14), field in any::field(), degree in 0_u8..3,
    ) {
        let kriging = recipe(&field, Drift::Trend { degree, covariates: 1 }, Neighbourhood::Global);
        let folds = Folds::leave_one_out(&samples);
        let quick = kriging.leave_out(&samples, &folds).unwrap();
        let slow = leave_out_by_refitting(&kriging, &samples, &folds).unwrap();
        // Without one of 14 samples a drift of 7 functions may stand on few: predictions of some hundreds.
        assert_outcomes(&quick, &slow, 1e-5, 1e-5);
    }

    /// The mean over blocks that tile a block is the block's.
    #[test]
    fn a_block_is_the_mean_of_its_parts(
        samples in any::samples(2, 20), field in any::field(), at in [0.0..WIDTH, 0.0..WIDTH], size in 4.0..20.0_f64,
    ) {
        let kriging = |size: f64, nodes: usize| {
            recipe(&field, Drift::Constant, Neighbourhood::Global)
                .with_support(Block { size: [size; 2], nodes }.support())
        };
        let whole = predict(&kriging(size, 4), &samples, &[at], &[])[0].unwrap();
        let corner = |i: f64, j: f64| [at[0] + i * size / 4.0, at[1] + j * size / 4.0];
        let quarters = [corner(-1.0, -1.0), corner(1.0, -1.0), corner(-1.0, 1.0), corner(1.0, 1.0)];
        let parts = predict(&kriging(size / 2.0, 2), &samples, &quarters, &[]);
        let mean = parts.iter().map(|p| p.unwrap().value).sum::<f64>() / 4.0;
        prop_assert!((whole.value - mean).abs() < 1e-9, "{} {mean}", whole.value);
        // A mean is never less sure than the least sure of its parts.
        let worst = parts.iter().map(|p| p.unwrap().variance.unwrap()).fold(0.0, f64::max);
        prop_assert!(whole.variance.unwrap() <= worst + 1e-9, "{:?} {worst}", whole.variance);
    }
}

#[test]
fn a_drift_that_the_samples_cannot_carry_is_refused_or_a_gap() {
    let line: Vec<Coord> = (0..12).map(|i| [f64::from(i), 2.0 * f64::from(i) + 1.0]).collect();
    let samples = Samples::new(line, (0..12).map(f64::from).collect()).unwrap();
    let variogram: Variogram =
        "1 Exp(10)".parse::<soilscope_core::variogram::ModelTemplate>().unwrap().complete().unwrap().unwrap();
    let kriging = |degree, n| Kriging::new(variogram.clone(), Drift::polynomial(degree), n);
    let refused = kriging(1, Neighbourhood::Global).fit(&samples).err();
    assert_eq!(refused, Some(Error::DriftSingular { columns: 3, samples: 12 }));
    let near = kriging(1, Neighbourhood::nearest(6).unwrap()).fit(&samples).unwrap();
    assert_eq!(near.predict([1.0, 1.0]), Err(Gap::SingularDrift));
    assert!(matches!(kriging(5, Neighbourhood::Global).fit(&samples), Err(Error::Parameter { .. })));
    let external = Kriging::new(variogram.clone(), Drift::external(1), Neighbourhood::Global);
    assert_eq!(external.fit(&samples).err(), Some(Error::Covariates { needed: 1, found: 0 }));
    let constant = samples.clone().with_covariates(&[vec![7.0; 12]]).unwrap();
    assert_eq!(external.fit(&constant).err(), Some(Error::DriftSingular { columns: 2, samples: 12 }));
    let good = samples.with_covariates(&[(0..12).map(|i| f64::from(i * i)).collect()]).unwrap();
    let predictor = external.fit(&good).unwrap();
    let mut out = Predictions::default();
    let targets = [[0.0, 0.0], [1.0, 1.0]];
    predictor.predict_into(
        &Targets::points(&targets).with_covariates(&[f64::NAN, 4.0], 1),
        &mut Scratch::default(),
        &mut out,
    );
    assert_eq!(out.get(0), Err(Gap::MissingCovariate));
    assert!(out.get(1).is_ok());
    predictor.predict_into(&Targets::points(&targets), &mut Scratch::default(), &mut out);
    assert_eq!(out.get(1), Err(Gap::MissingCovariate), "no covariate at all");
}

/// Samples at one place with errors of their own are one sample of pooled precision.
#[test]
fn repeated_measurements_are_averaged_by_precision() {
    let field = Field { nugget: 0.1, error: 0.0, terms: vec![] };
    let coords = vec![[0.0, 0.0], [0.0, 0.0], [5.0, 1.0]];
    let twice =
        Samples::new(coords.clone(), vec![1.0, 4.0, 2.0]).unwrap().with_error_variances(vec![0.2, 0.1, 0.0]).unwrap();
    let pooled = (1.0 / 0.2 + 4.0 / 0.1) / (1.0 / 0.2 + 1.0 / 0.1);
    let once = Samples::new(coords[1..].to_vec(), vec![pooled, 2.0]).unwrap();
    let once = once.with_error_variances(vec![1.0 / (1.0 / 0.2 + 1.0 / 0.1), 0.0]).unwrap();
    let kriging = recipe(&field, Drift::Constant, Neighbourhood::Global);
    let target = [[0.0, 0.0], [5.0, 1.0], [9.0, 9.0]];
    let (two, one) = (predict(&kriging, &twice, &target, &[]), predict(&kriging, &once, &target, &[]));
    assert_outcomes(&two, &one, 1e-12, 1e-12);
    let neither = Samples::new(coords, vec![1.0, 4.0, 2.0]).unwrap();
    assert!(matches!(kriging.fit(&neither), Err(Error::CoincidentSamples { first: 0, second: 1, .. })));
}

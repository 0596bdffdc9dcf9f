//! Co-kriging: the oracle, and what holds whatever the numbers.

use nalgebra::{DMatrix, DVector};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use soilscope_core::cokriging::{
    CoKriging, CoKrigingPrimary, CoPredictions, Coefficients, Coregionalisation, Means, Term,
};
use soilscope_core::drift::Drift;
use soilscope_core::kriging::Kriging;
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::validation::Folds;
use soilscope_core::{
    Coord, Gap, Interpolator, Outcome, Prediction, Predictions, Samples, Scratch, Targets, leave_out_by_refitting,
};

use crate::oracle::{self, Field, Near};
use crate::{any, assert_close, assert_outcomes, cases};

/// As that of one variable's laws: some eight digits of margin beside the condition of the systems.
const TOLERANCE: f64 = 1e-8;

/// Several fields and how they vary together.
#[derive(Debug, Clone)]
pub(crate) struct Fields {
    nugget: DMatrix<f64>,
    terms: Vec<(oracle::Term, DMatrix<f64>)>,
}

impl Fields {
    fn count(&self) -> usize {
        self.nugget.nrows()
    }

    fn covariance(&self, (a, p): (usize, Coord), (b, q): (usize, Coord)) -> f64 {
        let one = |term: &oracle::Term| Field { nugget: 0.0, error: 0.0, terms: vec![*term] }.covariance(p, q);
        let nugget = if p == q { self.nugget[(a, b)] } else { 0.0 };
        nugget + self.terms.iter().map(|(term, m)| m[(a, b)] * one(term)).sum::<f64>()
    }

    fn model(&self) -> Coregionalisation {
        let rows = |m: &DMatrix<f64>| {
            let rows: Vec<Vec<f64>> = m.row_iter().map(|r| r.iter().copied().collect()).collect();
            Coefficients::from_rows(&rows).unwrap()
        };
        let names = (0..self.count()).map(|v| format!("v{v}")).collect();
        let mut terms = vec![Term::nugget(rows(&self.nugget)).unwrap()];
        for (term, m) in &self.terms {
            let unit = Field { nugget: 0.0, error: 0.0, terms: vec![*term] }.variogram();
            terms.push(Term::structure(unit.structures()[0], rows(m)).unwrap());
        }
        Coregionalisation::new(names, terms).unwrap()
    }

    /// Variables in another order or number, times factors.
    fn map(&self, order: &[usize], factors: &[f64]) -> Self {
        let of = |m: &DMatrix<f64>| {
            DMatrix::from_fn(order.len(), order.len(), |i, j| m[(order[i], order[j])] * (factors[i] * factors[j]))
        };
        Self { nugget: of(&self.nugget), terms: self.terms.iter().map(|(t, m)| (*t, of(m))).collect() }
    }

    /// One field with the same structures and these sills.
    fn single(&self, variable: usize) -> Field {
        let terms = self.terms.iter().map(|(t, m)| oracle::Term { sill: m[(variable, variable)], ..*t }).collect();
        Field { nugget: self.nugget[(variable, variable)], error: 0.0, terms }
    }
}

/// Predictions of all variables at `at`, with their error covariances, by the bordered system of the `chosen` samples;
/// those of a variable with an unknown mean and no sample mean nothing.
fn cokrige(
    fields: &Fields,
    samples: &[Samples],
    chosen: &[Vec<usize>],
    means: Option<&[f64]>,
    at: Coord,
) -> (Vec<Prediction>, DMatrix<f64>) {
    let all: Vec<(usize, usize)> =
        chosen.iter().enumerate().flat_map(|(v, of)| of.iter().map(move |&i| (v, i))).collect();
    let (n, p) = (all.len(), fields.count());
    let unknown: Vec<usize> = (0..p).filter(|&v| means.is_none() && !chosen[v].is_empty()).collect();
    let drift = unknown.len();
    let place = |k: usize| (all[k].0, samples[all[k].0].coords()[all[k].1]);
    let data = DMatrix::from_fn(n, n, |i, j| {
        let error = if i == j { samples[all[i].0].error_variance(all[i].1) } else { 0.0 };
        fields.covariance(place(i), place(j)) + error
    });
    let to_targets = DMatrix::from_fn(n, p, |i, a| fields.covariance(place(i), (a, at)));
    let between = DMatrix::from_fn(p, p, |a, b| fields.covariance((a, at), (b, at)));
    let system = DMatrix::from_fn(n + drift, n + drift, |i, j| match (i < n, j < n) {
        (true, true) => data[(i, j)],
        (false, false) => 0.0,
        (true, false) => f64::from(u8::from(all[i].0 == unknown[j - n])),
        (false, true) => f64::from(u8::from(all[j].0 == unknown[i - n])),
    });
    let right = DMatrix::from_fn(n + drift, p, |i, a| {
        if i < n { to_targets[(i, a)] } else { f64::from(u8::from(unknown[i - n] == a)) }
    });
    let solution = system.lu().solve(&right).unwrap();
    let weights = solution.rows(0, n).into_owned();
    let known = |v: usize| means.map_or(0.0, |m| m[v]);
    let z = DVector::from_iterator(n, all.iter().map(|&(v, i)| samples[v].values()[i] - known(v)));
    let cross = weights.transpose() * &to_targets;
    let errors = &between - &cross - cross.transpose() + weights.transpose() * data * &weights;
    let predictions = (0..p).map(|a| Prediction {
        value: known(a) + weights.column(a).dot(&z),
        variance: Some(errors[(a, a)]),
        multiplier: unknown.iter().position(|&v| v == a).map_or(0.0, |c| -solution[(n + c, a)]),
    });
    (predictions.collect(), errors)
}

/// A random symmetric matrix well inside the positive definite ones, times `scale`.
fn matrix(order: usize, scale: f64) -> impl Strategy<Value = DMatrix<f64>> {
    vec(-1.0..1.0_f64, order * order).prop_map(move |entries| {
        let a = DMatrix::from_vec(order, order, entries);
        let m = &a * a.transpose() + DMatrix::identity(order, order) * 0.1;
        DMatrix::from_fn(order, order, |i, j| m[(i.max(j), i.min(j))] * scale)
    })
}

fn fields(count: usize) -> impl Strategy<Value = Fields> {
    any::exact_field().prop_flat_map(move |field| {
        let nugget = if field.nugget > 0.0 {
            matrix(count, field.nugget * 4.0).boxed()
        } else {
            Just(DMatrix::zeros(count, count)).boxed()
        };
        let matrices = vec(matrix(count, 1.0), field.terms.len());
        (nugget, matrices).prop_map(move |(nugget, matrices)| {
            let units = field.terms.iter().map(|t| oracle::Term { sill: 1.0, ..*t });
            Fields { nugget, terms: units.zip(matrices).collect() }
        })
    })
}

/// Samples of each variable at some of a set of places, some with error variances.
fn several(count: usize, most: usize, errors: bool) -> impl Strategy<Value = Vec<Samples>> {
    let one_in = if errors { 3_u8 } else { 0 };
    any::places(1, most).prop_flat_map(move |places| {
        let n = places.len();
        let one = (vec(any::<bool>(), n), 0..n, vec(-50.0..50.0_f64, n), vec(0.0..1.0_f64, n), 0..3_u8);
        let of = move |(taken, always, values, variances, kind): (Vec<bool>, usize, Vec<f64>, Vec<f64>, u8)| {
            let chosen: Vec<usize> = (0..n).filter(|&i| taken[i] || i == always).collect();
            let all = Samples::new(places.clone(), values).unwrap();
            let all = if kind < one_in / 2 { all.with_error_variances(variances).unwrap() } else { all };
            all.subset(&chosen).unwrap()
        };
        vec(one.prop_map(of), count)
    })
}

/// Fields, their samples and known means, if they are known.
pub(crate) fn problem(errors: bool) -> impl Strategy<Value = (Fields, Vec<Samples>, Option<Vec<f64>>)> {
    (1..4_usize).prop_flat_map(move |count| {
        (fields(count), several(count, 10, errors), option::of(vec(-20.0..20.0_f64, count)))
    })
}

pub(crate) fn recipe(fields: &Fields, means: &Option<Vec<f64>>, neighbourhood: Neighbourhood) -> CoKriging {
    let means = means.clone().map_or(Means::Unknown, Means::Known);
    CoKriging { model: fields.model(), means, neighbourhood }
}

fn predict(recipe: &CoKriging, samples: &[Samples], targets: &[Coord]) -> CoPredictions {
    let mut out = CoPredictions::default();
    recipe.fit(samples).unwrap().predict_into(&Targets::points(targets), &mut Scratch::default(), &mut out);
    assert_eq!((out.len(), out.variables()), (targets.len(), samples.len()));
    out
}

fn of_variable(all: &CoPredictions, variable: usize) -> Vec<Outcome> {
    (0..all.len()).map(|i| all.get(i, variable)).collect()
}

/// All samples of each variable.
fn all_of(samples: &[Samples]) -> Vec<Vec<usize>> {
    samples.iter().map(|s| (0..s.len()).collect()).collect()
}

/// The nearest samples of each variable, however few.
fn nearest(samples: &[Samples], near: &Near, at: Coord) -> Vec<Vec<usize>> {
    let any_number = Near { min: 0, ..*near };
    samples.iter().map(|s| any_number.of(s.coords(), at, |_| true).unwrap()).collect()
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn all_samples_agree_with_the_bordered_system(
        (fields, samples, means) in problem(true), mut targets in any::targets(),
    ) {
        targets.push(samples[0].coords()[0]);
        let ours = predict(&recipe(&fields, &means, Neighbourhood::Global), &samples, &targets);
        for (i, &at) in targets.iter().enumerate() {
            let (expected, errors) = cokrige(&fields, &samples, &all_of(&samples), means.as_deref(), at);
            let ours_here: Vec<Outcome> = (0..samples.len()).map(|v| ours.get(i, v)).collect();
            let expected: Vec<Outcome> = expected.into_iter().map(Ok).collect();
            assert_outcomes(&ours_here, &expected, TOLERANCE, TOLERANCE);
            for a in 0..samples.len() {
                for b in 0..samples.len() {
                    assert_close(ours.covariance(i, a, b).unwrap(), errors[(a, b)], TOLERANCE, "covariance");
                }
            }
        }
    }

    #[test]
    fn a_search_agrees_with_the_bordered_system_of_what_it_finds(
        (fields, samples, means) in problem(true), near in any::near(), targets in any::targets(),
    ) {
        let ours = predict(&recipe(&fields, &means, any::search(&near)), &samples, &targets);
        for (i, &at) in targets.iter().enumerate() {
            let chosen = nearest(&samples, &near, at);
            let together: usize = chosen.iter().map(Vec::len).sum();
            let (expected, errors) = if together == 0 { (Vec::new(), DMatrix::zeros(0, 0)) } else {
                cokrige(&fields, &samples, &chosen, means.as_deref(), at)
            };
            let enough = |v: usize| {
                let found = if means.is_some() { together } else { chosen[v].len() };
                let gap = Gap::TooFewNeighbours { found: found as u32, needed: near.min as u32 };
                if found < near.min { Err(gap) } else { Ok(()) }
            };
            for v in 0..samples.len() {
                assert_outcomes(&[ours.get(i, v)], &[enough(v).map(|()| expected[v])], TOLERANCE, TOLERANCE);
                for w in 0..samples.len() {
                    match ours.covariance(i, v, w) {
                        Some(covariance) => assert_close(covariance, errors[(v, w)], TOLERANCE, "covariance"),
                        None => prop_assert!(enough(v).and(enough(w)).is_err()),
                    }
                }
            }
        }
    }

    /// Without any covariance between variables each is kriged alone.
    #[test]
    fn independent_variables_are_kriged_alone(
        (fields, samples, means) in problem(true), targets in any::targets(), near in option::of(any::near()),
    ) {
        let diagonal = |m: &DMatrix<f64>| DMatrix::from_diagonal(&m.diagonal());
        let terms = fields.terms.iter().map(|(t, m)| (*t, diagonal(m))).collect();
        let fields = Fields { nugget: diagonal(&fields.nugget), terms };
        let neighbourhood = near.map_or(Neighbourhood::Global, |n| any::search(&Near { min: 1, ..n }));
        let together = predict(&recipe(&fields, &means, neighbourhood), &samples, &targets);
        for (v, own) in samples.iter().enumerate() {
            let drift = means.as_ref().map_or(Drift::Constant, |m| Drift::KnownMean(m[v]));
            let alone = crate::kriging::predict(&Kriging::new(fields.single(v).variogram(), drift, neighbourhood), own, &targets);
            for (a, b) in of_variable(&together, v).iter().zip(&alone) {
                // With a known mean a variable out of reach is predicted by it where others are in reach.
                if b.is_ok() || means.is_none() {
                    assert_outcomes(&[*a], &[*b], TOLERANCE, TOLERANCE);
                }
            }
        }
    }

    /// Variables with proportional coefficients, measured at the same places, say nothing new about each other.
    #[test]
    fn an_intrinsic_coregionalisation_at_the_same_places_is_kriged_alone(
        places in any::samples(1, 12), field in any::exact_field(), sills in matrix(3, 1.0), targets in any::targets(),
        known in option::of(vec(-20.0..20.0_f64, 3)),
    ) {
        let terms = field.terms.iter().map(|t| (oracle::Term { sill: 1.0, ..*t }, &sills * t.sill)).collect();
        let fields = Fields { nugget: &sills * field.nugget, terms };
        let samples: Vec<Samples> = [1.0, 0.3, -2.0].iter().enumerate().map(|(k, f)| {
            let values = places.values().iter().enumerate().map(|(i, z)| z * f + (i * i + k) as f64).collect();
            places.with_values(values).unwrap()
        }).collect();
        let together = predict(&recipe(&fields, &known, Neighbourhood::Global), &samples, &targets);
        for (v, own) in samples.iter().enumerate() {
            let mean = known.as_ref().map(|m| m[v]);
            let alone = any::recipe(&fields.single(v), mean, Neighbourhood::Global);
            let alone = crate::kriging::predict(&alone, own, &targets);
            assert_outcomes(&of_variable(&together, v), &alone, 1e-7, 1e-7);
        }
    }

    #[test]
    fn exact_at_the_samples((fields, samples, means) in problem(false), near in option::of(any::near())) {
        let neighbourhood = near.map_or(Neighbourhood::Global, |n| any::search(&Near { min: 1, ..n }));
        let recipe = recipe(&fields, &means, neighbourhood);
        for (v, own) in samples.iter().enumerate() {
            let ours = predict(&recipe, &samples, own.coords());
            for (i, &z) in own.values().iter().enumerate() {
                let p = ours.get(i, v).unwrap();
                assert_close(p.value, z, TOLERANCE, "at a sample");
                assert_close(p.variance.unwrap(), 0.0, TOLERANCE, "variance at a sample");
            }
        }
    }

    /// A variable in another unit, and variables in another order, are the same variables.
    #[test]
    fn units_and_order_change_nothing_else(
        (fields, samples, means) in problem(true), targets in any::targets(), near in option::of(any::near()),
        powers in vec(-30..30_i32, 3), rotation in 0..3_usize,
    ) {
        let count = samples.len();
        let neighbourhood = near.map_or(Neighbourhood::Global, |n| any::search(&n));
        let factors: Vec<f64> = powers[..count].iter().map(|&p| 2.0_f64.powi(p)).collect();
        let mut order: Vec<usize> = (0..count).collect();
        order.rotate_left(rotation % count);
        let other_samples: Vec<Samples> = order.iter().zip(&factors).map(|(&v, f)| {
            let s = &samples[v];
            let errors = (0..s.len()).map(|i| s.error_variance(i) * f * f).collect();
            let values = s.values().iter().map(|z| z * f).collect();
            Samples::new(s.coords().to_vec(), values).unwrap().with_error_variances(errors).unwrap()
        }).collect();
        let other_means = means.as_ref().map(|m| order.iter().zip(&factors).map(|(&v, f)| m[v] * f).collect());
        let plain = predict(&recipe(&fields, &means, neighbourhood), &samples, &targets);
        let other = recipe(&fields.map(&order, &factors), &other_means, neighbourhood);
        let other = predict(&other, &other_samples, &targets);
        for i in 0..targets.len() {
            for (k, &v) in order.iter().enumerate() {
                let back = other.get(i, k).map(|p| Prediction {
                    value: p.value / factors[k],
                    variance: p.variance.map(|w| w / (factors[k] * factors[k])),
                    multiplier: p.multiplier / (factors[k] * factors[k]),
                });
                assert_outcomes(&[plain.get(i, v)], &[back], TOLERANCE, TOLERANCE);
                let (a, b) = (plain.covariance(i, v, order[0]), other.covariance(i, k, 0));
                prop_assert_eq!(a.is_some(), b.is_some());
                if let (Some(a), Some(b)) = (a, b) {
                    assert_close(a, b / (factors[k] * factors[0]), TOLERANCE, "covariance");
                }
            }
        }
    }

    /// To the bit, so that maps do not depend on their tiles.
    #[test]
    fn the_batch_does_not_matter(
        (fields, samples, means) in problem(true), targets in any::targets(), near in option::of(any::near()),
    ) {
        let neighbourhood = near.map_or(Neighbourhood::Global, |n| any::search(&n));
        let recipe = recipe(&fields, &means, neighbourhood);
        let predictor = recipe.fit(&samples).unwrap();
        let primary = CoKrigingPrimary { cokriging: recipe.clone(), primary: 0, secondary: samples[1..].to_vec() };
        let primary = primary.fit(&samples[0]).unwrap();
        let mut scratch = Scratch::default();
        let (mut all, mut mapped) = (CoPredictions::default(), Predictions::default());
        predictor.predict_into(&Targets::points(&targets), &mut scratch, &mut all);
        primary.predict_into(&Targets::points(&targets), &mut scratch, &mut mapped);
        for (i, &at) in targets.iter().enumerate() {
            let one = predictor.predict(at);
            for v in 0..samples.len() {
                prop_assert_eq!(one.get(0, v), all.get(i, v));
                prop_assert_eq!(one.covariance(0, v, 0), all.covariance(i, v, 0));
            }
            prop_assert_eq!(primary.predict(at), mapped.get(i));
            assert_outcomes(&[mapped.get(i)], &[all.get(i, 0)], 1e-10, 1e-10);
        }
    }

    /// The short cut from the system of all samples, and the search that passes over a fold, are fits without the fold.
    #[test]
    fn leaving_out_is_fitting_again(
        (fields, samples, means) in problem(true), labels in vec(0..3_u8, 10), near in option::of(any::near()),
        primary in 0..3_usize,
    ) {
        let primary = primary % samples.len();
        let neighbourhood = near.map_or(Neighbourhood::Global, |n| any::search(&n));
        let mut secondary = samples.clone();
        let own = secondary.remove(primary);
        let recipe = CoKrigingPrimary { cokriging: recipe(&fields, &means, neighbourhood), primary, secondary };
        let some = Folds::by_label(&labels[..own.len()]);
        for folds in [Folds::leave_one_out(&own), some] {
            if folds.count() < 2 {
                prop_assert!(recipe.leave_out(&own, &folds).is_err());
                continue;
            }
            let quick = recipe.leave_out(&own, &folds).unwrap();
            assert_outcomes(&quick, &leave_out_by_refitting(&recipe, &own, &folds).unwrap(), 1e-7, 1e-7);
        }
    }
}

/// More variables than one triangular solve has lanes.
#[test]
fn ten_variables_agree_with_the_bordered_system() {
    let count = 10;
    let m = DMatrix::from_fn(count, count, |i, j| (-(i as f64 - j as f64).abs() / 5.0).exp());
    let term = oracle::Term { shape: oracle::Shape::Exponential, sill: 1.0, range: 20.0, azimuth: 30.0, ratio: 0.5 };
    let fields = Fields { nugget: &m * 0.2, terms: vec![(term, m)] };
    let samples: Vec<Samples> = (0..count)
        .map(|v| {
            let coords = (0..3).map(|i| [(i * 7 + v % 3) as f64, (i * i + v) as f64]).collect();
            Samples::new(coords, vec![v as f64, 1.0, -2.0]).unwrap()
        })
        .collect();
    let ours = predict(&recipe(&fields, &None, Neighbourhood::Global), &samples, &[[4.0, 5.0]]);
    let (expected, errors) = cokrige(&fields, &samples, &all_of(&samples), None, [4.0, 5.0]);
    for v in 0..count {
        assert_outcomes(&[ours.get(0, v)], &[Ok(expected[v])], 1e-10, 1e-10);
        assert_close(ours.covariance(0, v, 3).unwrap(), errors[(v, 3)], 1e-10, "covariance");
    }
}

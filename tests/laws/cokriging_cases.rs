//! Co-kriging: what is refused, what is out of reach, and structures without a sill.

use nalgebra::DMatrix;
use soilscope_core::cokriging::{
    CoKriging, CoKrigingPrimary, Coefficients, CokrigingError, Coregionalisation, Means, Term,
};
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::variogram::{Model, Structure};
use soilscope_core::{Coord, Error, Gap, Interpolator, Samples};

use crate::oracle::Near;
use crate::{any, assert_close};

fn exponential(rows: &[Vec<f64>]) -> Term {
    let structure = Structure::new(Model::Exponential, 1.0, 10.0).unwrap();
    Term::structure(structure, Coefficients::from_rows(rows).unwrap()).unwrap()
}

fn two(rows: &[Vec<f64>]) -> Result<Coregionalisation, Error> {
    Coregionalisation::new(vec!["zinc".into(), "lead".into()], vec![exponential(rows)])
}

fn cokriging(model: Coregionalisation) -> CoKriging {
    CoKriging { model, means: Means::Unknown, neighbourhood: Neighbourhood::Global }
}

#[test]
fn what_is_no_coregionalisation_is_refused() {
    let refused = two(&[vec![1.0, 1.1], vec![1.1, 1.0]]).unwrap_err();
    let Error::Cokriging(CokrigingError::NotPositiveSemiDefinite { term, smallest }) = &refused else {
        panic!("{refused:?}")
    };
    assert_eq!(term, "Exp(10)");
    assert_close(*smallest, -0.1, 1e-12, "eigenvalue");
    // The same whatever the units.
    let refused = two(&[vec![1e12, 1.1], vec![1.1, 1e-12]]).unwrap_err();
    assert!(matches!(refused, Error::Cokriging(CokrigingError::NotPositiveSemiDefinite { .. })), "{refused}");
    let refused = two(&[vec![1.0, 0.0], vec![0.0, 0.0]]).unwrap_err();
    assert_eq!(refused, CokrigingError::NoSill { name: "lead".into(), sill: 0.0 }.into());
    let refused = Coefficients::from_rows(&[vec![1.0, 0.2], vec![0.3, 1.0]]).unwrap_err();
    assert_eq!(refused, CokrigingError::NotSymmetric { row: 1, column: 0, value: 0.3, mirrored: 0.2 }.into());
    let twins = Coregionalisation::new(
        vec!["lead".into(), "lead".into()],
        vec![exponential(&[vec![1.0, 0.0], vec![0.0, 1.0]])],
    );
    assert_eq!(twins.unwrap_err(), CokrigingError::DuplicateVariable { name: "lead".into() }.into());
}

#[test]
fn proportional_variables_at_one_place_are_refused_by_name() {
    let model = two(&[vec![1.0, 2.0], vec![2.0, 4.0]]).unwrap();
    let zinc = Samples::new(vec![[0.0, 0.0], [5.0, 0.0]], vec![1.0, 2.0]).unwrap();
    let lead = Samples::new(vec![[3.0, 0.0], [5.0, 0.0]], vec![1.0, 2.0]).unwrap();
    let refused = cokriging(model.clone()).fit(&[zinc.clone(), lead.clone()]).unwrap_err();
    let expected = CokrigingError::DependentSamples { variable: "lead".into(), easting: 5.0, northing: 0.0 };
    assert_eq!(refused, expected.into());
    let nearest = CoKriging { neighbourhood: Neighbourhood::nearest(1).unwrap(), ..cokriging(model.clone()) };
    assert!(nearest.fit(&[zinc.clone(), lead.clone()]).is_err());
    // Measured with error, or at other places, they are fine.
    let noisy = lead.clone().with_error_variances(vec![0.1, 0.1]).unwrap();
    assert!(cokriging(model.clone()).fit(&[zinc.clone(), noisy]).is_ok());
    let elsewhere = Samples::new(vec![[3.0, 0.0], [6.0, 0.0]], vec![1.0, 2.0]).unwrap();
    assert!(cokriging(model).fit(&[zinc, elsewhere]).is_ok());
}

#[test]
fn samples_and_means_that_do_not_fit_are_refused() {
    let model = two(&[vec![1.0, 0.5], vec![0.5, 1.0]]).unwrap();
    let zinc = Samples::new(vec![[0.0, 0.0], [5.0, 0.0]], vec![1.0, 2.0]).unwrap();
    let twice = Samples::new(vec![[1.0, 0.0], [7.0, 1.0], [1.0, 0.0]], vec![1.0, 2.0, 3.0]).unwrap();
    let refused = cokriging(model.clone()).fit(&[zinc.clone(), twice]).unwrap_err();
    let variable = "lead".to_owned();
    let twins = CokrigingError::CoincidentSamples { variable, first: 0, second: 2, easting: 1.0, northing: 0.0 };
    assert_eq!(refused, twins.into());
    let refused = cokriging(model.clone()).fit(std::slice::from_ref(&zinc)).unwrap_err();
    assert_eq!(refused, CokrigingError::Count { what: "sets of samples", found: 1, variables: 2 }.into());
    let known = CoKriging { means: Means::Known(vec![1.0]), ..cokriging(model.clone()) };
    let refused = known.fit(&[zinc.clone(), zinc.clone()]).unwrap_err();
    assert_eq!(refused, CokrigingError::Count { what: "known means", found: 1, variables: 2 }.into());
    let absent = CoKrigingPrimary { cokriging: cokriging(model), primary: 2, secondary: vec![zinc.clone()] };
    let Err(refused) = absent.fit(&zinc) else { panic!("a third variable of two") };
    assert_eq!(refused, CokrigingError::NoSuchVariable { index: 2, variables: 2 }.into());
}

/// One variable out of reach: a gap with unknown means, predicted through the other with known ones.
#[test]
fn a_variable_out_of_reach_is_a_gap_or_predicted_through_the_others() {
    let model = two(&[vec![1.0, 0.5], vec![0.5, 1.0]]).unwrap();
    let zinc = Samples::new(vec![[0.0, 0.0]], vec![3.0]).unwrap();
    let lead = Samples::new(vec![[100.0, 0.0]], vec![2.0]).unwrap();
    let near = Near { max: None, min: 1, radius: Some(20.0), sectors: None };
    let neighbourhood = any::search(&near);
    let unknown = CoKriging { neighbourhood, ..cokriging(model) };
    let samples = [zinc, lead];
    let p = unknown.fit(&samples).unwrap().predict([10.0, 0.0]);
    assert_eq!(p.get(0, 0).unwrap().value, 3.0);
    assert_eq!(p.get(0, 1), Err(Gap::TooFewNeighbours { found: 0, needed: 1 }));
    assert_eq!(p.covariance(0, 0, 1), None);
    let known = CoKriging { means: Means::Known(vec![1.0, 5.0]), ..unknown };
    let p = known.fit(&samples).unwrap().predict([10.0, 0.0]);
    // Correlation e⁻¹ with the sample of zinc, 2 above its mean; lead follows with half of that.
    let correlation = (-1.0_f64).exp();
    assert_close(p.get(0, 0).unwrap().value, 1.0 + 2.0 * correlation, 1e-12, "zinc");
    assert_close(p.get(0, 1).unwrap().value, 5.0 + correlation, 1e-12, "lead");
    assert_close(p.get(0, 1).unwrap().variance.unwrap(), 1.0 - 0.25 * correlation * correlation, 1e-12, "lead");
    assert_close(p.covariance(0, 1, 0).unwrap(), 0.5 - 0.5 * correlation * correlation, 1e-12, "covariance");
    let far = known.fit(&samples).unwrap().predict([50.0, 0.0]);
    assert_eq!(far.get(0, 0), Err(Gap::TooFewNeighbours { found: 0, needed: 1 }));
    assert_eq!(known.fit(&samples).unwrap().predict([f64::NAN, 0.0]).get(0, 1), Err(Gap::NotFinite));
}

/// Structures without a sill: the bordered system in semivariances, whose solutions need no constant.
#[test]
fn variables_without_a_variance_agree_with_the_semivariogram_system() {
    let b = |rows: [[f64; 2]; 2]| Coefficients::from_rows(&rows.map(Vec::from)).unwrap();
    let power = Structure::new(Model::Power { exponent: 1.3 }, 1.0, 1.0).unwrap();
    let terms = [Term::nugget(b([[0.3, 0.1], [0.1, 0.2]])), Term::structure(power, b([[1.0, 0.7], [0.7, 0.9]]))];
    let names = vec!["zinc".into(), "lead".into()];
    let model = Coregionalisation::new(names, terms.into_iter().map(Result::unwrap).collect()).unwrap();
    assert!(!model.is_bounded());
    let zinc = Samples::new(vec![[0.0, 0.0], [9.0, 3.0], [4.0, 8.0]], vec![1.0, 4.0, 2.0]).unwrap();
    let lead = Samples::new(vec![[9.0, 3.0], [2.0, 2.0], [6.0, 6.0], [1.0, 9.0]], vec![3.0, 7.0, 5.0, 6.0]).unwrap();
    let samples = [zinc, lead];
    let all: Vec<(usize, Coord, f64)> = samples
        .iter()
        .enumerate()
        .flat_map(|(v, s)| s.coords().iter().zip(s.values()).map(move |(&c, &z)| (v, c, z)))
        .collect();
    let (n, at) = (all.len(), [5.0, 4.0]);
    let gamma = |a: usize, p: Coord, b: usize, q: Coord| model.semivariance(a, b, [p[0] - q[0], p[1] - q[1]]);
    let of = |v: usize, k: usize| f64::from(u8::from(v == k));
    let system = DMatrix::from_fn(n + 2, n + 2, |i, j| match (i < n, j < n) {
        (true, true) => -gamma(all[i].0, all[i].1, all[j].0, all[j].1),
        (false, false) => 0.0,
        (true, false) => of(all[i].0, j - n),
        (false, true) => of(all[j].0, i - n),
    });
    let right = DMatrix::from_fn(n + 2, 2, |i, a| if i < n { -gamma(all[i].0, all[i].1, a, at) } else { of(a, i - n) });
    let solution = system.lu().solve(&right).unwrap();
    let errors = -(solution.transpose() * right);
    for neighbourhood in [Neighbourhood::Global, Neighbourhood::nearest(4).unwrap()] {
        let recipe = CoKriging { model: model.clone(), means: Means::Unknown, neighbourhood };
        let ours = recipe.fit(&samples).unwrap().predict(at);
        for a in 0..2 {
            let value = (0..n).map(|i| solution[(i, a)] * all[i].2).sum();
            assert_close(ours.get(0, a).unwrap().value, value, 1e-10, "value");
            for b in 0..2 {
                assert_close(ours.covariance(0, a, b).unwrap(), errors[(a, b)], 1e-10, "covariance");
            }
        }
    }
    let known = CoKriging { means: Means::Known(vec![2.0, 5.0]), ..cokriging(model) };
    assert!(matches!(known.fit(&samples).unwrap_err(), Error::UnboundedWithKnownMean { .. }));
}

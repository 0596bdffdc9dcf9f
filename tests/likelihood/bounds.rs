//! Likelihoods without a maximum inside: flat, at a bound, singular.

use soilscope_core::drift::Drift;
use soilscope_core::executor::Serial;
use soilscope_core::likelihood::{
    Bound, Engine, Intervals, LikelihoodFit, LikelihoodSettings, Method, Remark, fit_likelihood,
};
use soilscope_core::metric::EARTH_RADIUS;
use soilscope_core::random::Random;
use soilscope_core::variogram::FreeParameter;
use soilscope_core::{Error, Samples};

use super::{exactly, generator, model, simulated, with};

const ENGINES: [Engine; 2] = [Engine::Exact, Engine::Vecchia { neighbours: 20 }];

fn fit(samples: &Samples, template: &str, engine: Engine) -> LikelihoodFit {
    let settings = with(engine, Method::Reml);
    let fit = fit_likelihood(samples, Drift::Constant, &template.parse().unwrap(), &settings, &Serial).unwrap();
    let numbers = fit.parameters.iter().flat_map(|p| [Some(p.estimate), p.standard_error, p.lower, p.upper]);
    assert!(numbers.flatten().chain([fit.log_likelihood, fit.aic, fit.bic]).all(f64::is_finite), "{fit:?}");
    assert!(fit.covariance.iter().all(|v| v.is_finite()));
    fit
}

// The template is rougher than the field, so that any nugget is one too many.
#[test]
fn a_field_without_nugget_has_its_nugget_at_0_with_an_upper_limit() {
    let samples = simulated(300, &model("1 Exp(15)"), 21);
    for engine in ENGINES {
        let fit = fit(&samples, "Nug + Mat(kappa=0.35)", engine);
        assert!(fit.converged, "{:?}", fit.remarks);
        let nugget = fit.parameter(FreeParameter::Nugget).unwrap();
        assert_eq!((nugget.estimate, nugget.bound, nugget.lower), (0.0, Some(Bound::Zero), Some(0.0)));
        let upper = nugget.upper.unwrap();
        assert!(upper > 0.0 && upper < 0.2, "{upper}");
        assert_eq!(fit.variogram.nugget(), 0.0);
        assert!(fit.remarks.contains(&Remark::AtBound { parameter: FreeParameter::Nugget, bound: Bound::Zero }));
        assert!(fit.parameter(FreeParameter::Range(0)).unwrap().standard_error.is_some());
    }
}

#[test]
fn pure_noise_shows_no_structure() {
    let mut random = Random::new(22);
    let places = generator::places(300, 100.0, &[], &mut random);
    let values = places.iter().map(|_| random.normal()).collect();
    let samples = Samples::new(places, values).unwrap();
    for engine in ENGINES {
        let fit = fit(&samples, "Nug + Exp", engine);
        assert!((fit.variogram.semivariance([5.0, 0.0]) - 1.0).abs() < 0.25, "{}", fit.variogram);
        assert!(!fit.remarks.is_empty(), "a fit of noise says so: {}", fit.variogram);
    }
}

#[test]
fn a_range_beyond_the_area_is_said_to_be_at_its_limit() {
    // A plane of slope 1 under a constant mean: no variogram with a sill is long enough.
    let mut random = Random::new(23);
    let places = generator::places(200, 100.0, &[], &mut random);
    let values = places.iter().map(|c| 0.1 * c[0] + 0.05 * random.normal()).collect();
    let samples = Samples::new(places, values).unwrap();
    for engine in ENGINES {
        let fit = fit(&samples, "Nug + Gau", engine);
        let told = |r: &Remark| {
            matches!(
                r,
                Remark::AtBound { parameter: FreeParameter::Range(0) | FreeParameter::PartialSill(0), .. }
                    | Remark::PoorlyDetermined { .. }
            )
        };
        assert!(fit.remarks.iter().any(told), "{} {:?}", fit.variogram, fit.remarks);
    }
}

#[test]
fn a_model_too_smooth_for_its_samples_gets_a_nugget_that_is_told() {
    // Values of a smooth function at close places, and a Gaussian model that the template gives no nugget.
    let mut random = Random::new(24);
    let places = generator::places(250, 100.0, &[], &mut random);
    let values = places.iter().map(|c| (c[0] / 40.0).sin() + (c[1] / 50.0).cos()).collect();
    let samples = Samples::new(places, values).unwrap();
    for engine in ENGINES {
        let fit = fit(&samples, "Gau", engine);
        let told = |r: &Remark| matches!(r, Remark::NuggetFloor { .. } | Remark::SingularNearby);
        assert!(fit.remarks.iter().any(told), "{} {:?}", fit.variogram, fit.remarks);
    }
}

#[test]
fn isotropic_fields_show_no_anisotropy_and_anisotropic_ones_theirs() {
    let isotropic = simulated(300, &model("0.1 Nug + 1 Exp(15)"), 25);
    let anisotropic = simulated(500, &model("0.1 Nug + 1 Exp(25, az=30, ratio=0.3)"), 26);
    for engine in ENGINES {
        let round = fit(&isotropic, "Nug + Exp(az=?, ratio=?)", engine);
        let ratio = round.parameter(FreeParameter::Ratio(0)).unwrap();
        assert!(ratio.upper.is_none_or(|u| u > 0.85) && ratio.estimate > 0.4, "{ratio:?}");
        let long = fit(&anisotropic, "Nug + Exp(az=?, ratio=?)", engine);
        let azimuth = long.parameter(FreeParameter::Azimuth(0)).unwrap();
        let ratio = long.parameter(FreeParameter::Ratio(0)).unwrap();
        assert!(azimuth.lower.unwrap() < 30.0 && azimuth.upper.unwrap() > 30.0, "{azimuth:?}");
        assert!(ratio.lower.unwrap() < 0.3 && ratio.upper.unwrap() > 0.3 && ratio.upper.unwrap() < 0.6, "{ratio:?}");
    }
}

#[test]
fn known_errors_are_taken_off_the_nugget() {
    let mut random = Random::new(27);
    let places = generator::places(500, 100.0, &[], &mut random);
    let field = exactly(&places, &model("1 Exp(15)"), &mut random);
    let errors: Vec<f64> = (0..500).map(|i| if i % 2 == 0 { 0.05 } else { 1.0 }).collect();
    let values = field.iter().zip(&errors).map(|(z, e)| z + e.sqrt() * random.normal()).collect();
    let bare = Samples::new(places, values).unwrap();
    let known = bare.clone().with_error_variances(errors).unwrap();
    for engine in ENGINES {
        let (with, without) = (fit(&known, "Nug + Exp", engine), fit(&bare, "Nug + Exp", engine));
        let nugget = |fit: &LikelihoodFit| fit.parameter(FreeParameter::Nugget).copied().unwrap();
        assert!(nugget(&with).lower.unwrap_or(0.0) < 0.05, "{:?}", nugget(&with));
        assert!(nugget(&without).estimate > 0.3, "{:?}", nugget(&without));
        assert!(with.log_likelihood > without.log_likelihood + 5.0);
    }
}

#[test]
fn profile_intervals_end_where_the_likelihood_has_fallen_by_their_drop() {
    let samples = simulated(150, &model("0.3 Nug + 1 Exp(15)"), 28);
    let template = "Nug + Exp".parse().unwrap();
    let settings = with(Engine::Exact, Method::Reml);
    let drift = Drift::Constant;
    let profile = LikelihoodSettings { intervals: Intervals::Profile, ..settings.clone() };
    let fit = fit_likelihood(&samples, drift, &template, &profile, &Serial).unwrap();
    for (parameter, held) in [(0, "{} Nug + Exp"), (1, "Nug + {} Exp"), (2, "Nug + Exp({})")] {
        let p = &fit.parameters[parameter];
        for end in [p.lower, p.upper].into_iter().flatten() {
            let template = held.replace("{}", &end.to_string()).parse().unwrap();
            let there = fit_likelihood(&samples, drift, &template, &settings, &Serial).unwrap();
            let fallen = fit.log_likelihood - there.log_likelihood;
            // Half the 95 % quantile of χ² with one degree of freedom.
            assert!((fallen - 1.920_73).abs() < 0.02, "{:?} at {end}: {fallen}", p.parameter);
        }
        assert!(p.lower.is_some_and(|l| l < p.estimate), "{p:?}");
    }
}

#[test]
fn samples_that_no_likelihood_can_use_are_refused() {
    let template = "Nug + Exp".parse().unwrap();
    let fit = |samples: &Samples, drift| {
        fit_likelihood(samples, drift, &template, &LikelihoodSettings::default(), &Serial).err()
    };
    let line = |n: usize| (0..n).map(|i| [i as f64, 0.0]).collect::<Vec<_>>();
    let flat = Samples::new(line(9), vec![2.0; 9]).unwrap();
    assert!(matches!(fit(&flat, Drift::Constant), Some(Error::NoVariation { .. })));
    let few = Samples::new(line(3), vec![1.0, 2.0, 5.0]).unwrap();
    assert!(matches!(fit(&few, Drift::polynomial(1)), Some(Error::TooFewSamples { .. })));
    let straight = Samples::new(line(9), (0..9).map(|i| f64::from(i * i)).collect()).unwrap();
    assert!(matches!(fit(&straight, Drift::polynomial(1)), Some(Error::DriftSingular { .. })));
    let twice = Samples::new(vec![[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0]], vec![1.0, 2.0, 5.0, 2.5]).unwrap();
    assert!(matches!(fit(&twice, Drift::Constant), Some(Error::CoincidentSamples { first: 1, second: 3, .. })));
    let round = straight.clone().on_sphere(EARTH_RADIUS).unwrap();
    let on_sphere = |text: &str| {
        let settings = LikelihoodSettings::default();
        fit_likelihood(&round, Drift::Constant, &text.parse().unwrap(), &settings, &Serial).err()
    };
    for invalid in ["Nug + Gau", "Nug + Mat(kappa=1.5)", "Nug + Exp(az=?, ratio=?)"] {
        assert!(matches!(on_sphere(invalid), Some(Error::NotOnSphere { .. })), "{invalid}");
    }
    let power = "Nug + Pow(1)".parse().unwrap();
    let refused = fit_likelihood(&straight, Drift::Constant, &power, &LikelihoodSettings::default(), &Serial);
    assert!(refused.is_err_and(|e| e.to_string().contains("without a sill")));
    let settings = LikelihoodSettings { probability: 1.0, ..LikelihoodSettings::default() };
    let refused = fit_likelihood(&straight, Drift::Constant, &template, &settings, &Serial);
    assert!(matches!(refused, Err(Error::Parameter { .. })));
}

//! Several variables predicted at once have what each has alone, to the bit, and share what they can.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use soilscope_core::drift::Drift;
use soilscope_core::executor::Serial;
use soilscope_core::idw::{InverseDistance, Nearest};
use soilscope_core::kriging::Kriging;
use soilscope_core::metric::EARTH_RADIUS;
use soilscope_core::neighbourhood::{Neighbourhood, Search};
use soilscope_core::random::Random;
use soilscope_core::support::{BlockNodes, Support};
use soilscope_core::together::{Sharing, Together};
use soilscope_core::variogram::Variogram;
use soilscope_core::{Coord, Gap, Interpolator, Predictions, Samples, Scratch, Targets, Window};

use crate::{any, cases};

/// Value, variance and multiplier as bits, or why there is none.
type Bits = Result<(u64, Option<u64>, u64), Gap>;

fn bits(out: &Predictions) -> (Vec<Bits>, Vec<usize>) {
    let of = |p: soilscope_core::Prediction| (p.value.to_bits(), p.variance.map(f64::to_bits), p.multiplier.to_bits());
    (out.iter().map(|outcome| outcome.map(of)).collect(), out.reduced().to_vec())
}

type Recipe = Box<dyn Interpolator>;

/// All at once against each alone; the same scratch and columns serve every kind of target, as they do in a run.
fn compare(recipes: &[(Recipe, Samples)], targets: &[Targets<'_>]) -> Together {
    let pairs: Vec<(&dyn Interpolator, &Samples)> = recipes.iter().map(|(recipe, s)| (recipe.as_ref(), s)).collect();
    let all = Together::fit(&pairs, &Serial).unwrap();
    assert_eq!(all.len(), recipes.len());
    let (mut scratch, mut outs) = (Scratch::default(), vec![Predictions::default(); all.len()]);
    for targets in targets {
        all.predict_into(targets, &mut scratch, &mut outs);
        for (nth, ((recipe, samples), out)) in recipes.iter().zip(&outs).enumerate() {
            let mut alone = Predictions::default();
            recipe.fit(samples).unwrap().predict_into(targets, &mut Scratch::default(), &mut alone);
            assert_eq!(bits(out), bits(&alone), "variable {nth} of {all:?}");
        }
    }
    all
}

/// A method: which of three models, a drift, a search among two; or weights by distance.
fn method(
    fields: &[crate::oracle::Field],
    near: &[crate::oracle::Near],
    choice: (usize, usize, usize),
    mean: f64,
) -> Recipe {
    let (kind, model, search) = choice;
    let neighbourhood = any::search(&near[search % near.len()]);
    let field = &fields[model % fields.len()];
    let drift = match kind {
        0..4 => Drift::Constant,
        4..6 => Drift::KnownMean(mean),
        6 => Drift::polynomial(1),
        7 => Drift::external(1),
        8 => return Box::new(InverseDistance { power: 2.0, neighbourhood }),
        9 => return Box::new(InverseDistance { power: 1.0 + (model % 2) as f64, neighbourhood }),
        10 => return Box::new(Nearest { radius: near[0].radius }),
        _ => return Box::new(Kriging::new(field.variogram(), Drift::Constant, Neighbourhood::Global)),
    };
    Box::new(Kriging::new(field.variogram(), drift, neighbourhood))
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn each_has_what_it_has_alone(
        samples in any::samples(4, 30), fields in vec(any::field(), 1..3), near in vec(any::near(), 1..3),
        variables in vec((vec(-50.0..50.0_f64, 30), (0..12_usize, 0..3_usize, 0..2_usize), -9.0..9.0_f64, option::weighted(0.2, 0..4_usize), 0..3_usize), 1..6),
        points in any::targets(), columns in 1..9_usize, rows in 1..7_usize,
    ) {
        let n = samples.len();
        let column: Vec<f64> = (0..n).map(|i| (i * i % 7) as f64).collect();
        let recipes: Vec<(Recipe, Samples)> = variables.into_iter().map(|(values, choice, mean, lacking, errors)| {
            let own = Samples::new(samples.coords().to_vec(), values[..n].to_vec()).unwrap();
            // Errors of none, of their own, or those of the others that have them.
            let own = match errors {
                0 => own,
                1 => own.with_error_variances((0..n).map(|i| 0.1 * (i % 3) as f64).collect()).unwrap(),
                _ => own.with_error_variances(values[..n].iter().map(|v| v.abs()).collect()).unwrap(),
            };
            let own = own.with_covariates(std::slice::from_ref(&column)).unwrap();
            let kept: Vec<usize> = (0..n).filter(|&i| Some(i) != lacking).collect();
            (method(&fields, &near, choice, mean), own.subset(&kept).unwrap())
        }).collect();
        let mut points = points;
        points.push([f64::NAN, 3.0]);
        let window = Window { origin: [-3.0, 55.0], step: [7.0, -9.0], size: [columns, rows] };
        let mut known: Vec<f64> = (0..points.len().max(columns * rows)).map(|i| (i % 5) as f64).collect();
        known[0] = f64::NAN;
        compare(&recipes, &[
            Targets::points(&points).with_covariates(&known[..points.len()], 1),
            Targets::window(window).with_covariates(&known[..columns * rows], 1),
            Targets::points(&points),
        ]);
    }
}

/// 400 places in a square of 100, and values of three variables there.
fn three() -> [Samples; 3] {
    let mut random = Random::new(5);
    let places: Vec<Coord> = (0..400).map(|_| [100.0 * random.uniform(), 100.0 * random.uniform()]).collect();
    let mut values = || places.iter().map(|at| (at[0] / 20.0).sin() + 0.3 * random.uniform()).collect::<Vec<f64>>();
    let [zinc, lead, copper] = [values(), values(), values()];
    let of = |values| Samples::new(places.clone(), values).unwrap();
    [of(zinc), of(lead), of(copper)]
}

fn kriging(model: &str, neighbourhood: Neighbourhood) -> Recipe {
    Box::new(Kriging::new(model.parse::<Variogram>().unwrap(), Drift::Constant, neighbourhood))
}

const WINDOW: Window = Window { origin: [0.5, 99.5], step: [3.0, -3.0], size: [33, 33] };

#[test]
fn what_can_be_shared_is() {
    let [zinc, lead, copper] = three();
    let fewer = copper.subset(&(1..400).collect::<Vec<_>>()).unwrap();
    let near = Neighbourhood::nearest(16).unwrap();
    let model = "0.1 Nug + 1 Sph(30)";
    let mean = |mean| -> Recipe { Box::new(Kriging::new(model.parse().unwrap(), Drift::KnownMean(mean), near)) };
    let idw = |power| -> Recipe { Box::new(InverseDistance { power, neighbourhood: near }) };
    let recipes = vec![
        (kriging(model, near), zinc.clone()),
        (kriging(model, near), lead.clone()),
        (kriging("0.2 Nug + 2 Sph(30)", near), copper.clone()),
        (kriging("1 Mat(9, kappa=1.5)", near), copper.clone()),
        (kriging(model, near), fewer),
        (kriging(model, Neighbourhood::nearest(17).unwrap()), copper.clone()),
        (kriging("1 Mat(9, kappa=0.7)", near), copper.clone()),
        (mean(0.5), zinc.clone()),
        (mean(-0.5), lead.clone()),
        (idw(2.0), zinc.clone()),
        (idw(2.0), lead),
        (idw(3.0), zinc.clone()),
        (
            Box::new(
                Kriging::new(model.parse().unwrap(), Drift::Constant, near)
                    .with_support(Support::block([2.0, 2.0], BlockNodes::Gauss(2.try_into().unwrap())).unwrap()),
            ),
            zinc.clone(),
        ),
        (kriging(model, near), zinc.with_error_variances(vec![0.1; 400]).unwrap()),
    ];
    let all = compare(&recipes, &[Targets::window(WINDOW)]);
    use Sharing::{Neighbours, Nothing, Weights};
    for (other, expected) in [
        (1, Weights),
        (2, Neighbours), // proportional: the same weights on paper alone
        (3, Neighbours),
        (4, Nothing),    // a place less
        (5, Nothing),    // another search
        (6, Nothing),    // one by one, for want of vectors
        (7, Neighbours), // another drift
        (9, Nothing),    // another method
        (12, Neighbours),
        (13, Neighbours), // errors of its own
    ] {
        assert_eq!((all.sharing(0, other), all.sharing(other, 0)), (expected, expected), "0 and {other}");
    }
    assert_eq!([all.sharing(7, 8), all.sharing(9, 10), all.sharing(9, 11)], [Weights, Weights, Nothing]);
}

/// Systems that are singular in floating point are solved one by one, and so are those that are too large for lanes.
#[test]
fn what_goes_alone_in_a_run_goes_alone_here() {
    let variables = three();
    let smooth = Neighbourhood::nearest(40).unwrap();
    let all_within = Neighbourhood::Moving(Search::new(None, 3, Some(55.0)).unwrap());
    for (models, neighbourhood) in [
        (["1 Gau(60)", "1 Gau(60)", "1 Gau(80)"], smooth),
        (["0.1 Nug + 1 Sph(30)", "0.1 Nug + 1 Exp(30)", "0.1 Nug + 1 Sph(30)"], all_within),
    ] {
        let recipes: Vec<(Recipe, Samples)> =
            models.iter().zip(&variables).map(|(m, s)| (kriging(m, neighbourhood), s.clone())).collect();
        let few = Window { size: [7, 5], step: [15.0, -15.0], ..WINDOW };
        let all = compare(&recipes, &[Targets::window(few)]);
        assert!((0..3).all(|k| all.sharing(0, k) > Sharing::Nothing));
        let mut outs = vec![Predictions::default(); 3];
        all.predict_into(&Targets::window(few), &mut Scratch::default(), &mut outs);
        let reduced = outs[0].reduced().len();
        assert_eq!(reduced > 0, neighbourhood == smooth, "{reduced} reduced");
    }
}

#[test]
fn longitudes_are_searched_alone() {
    let sphere = |s: &Samples| s.clone().on_sphere(EARTH_RADIUS).unwrap();
    let [zinc, lead, _] = three().map(|s| {
        let places = s.coords().iter().map(|c| [0.1 * c[0], 0.1 * c[1]]).collect();
        sphere(&Samples::new(places, s.values().to_vec()).unwrap())
    });
    let near = Neighbourhood::nearest(8).unwrap();
    let idw = || -> Recipe { Box::new(InverseDistance { power: 2.0, neighbourhood: near }) };
    let recipes = vec![
        (kriging("1 Exp(300000)", near), zinc.clone()),
        (kriging("1 Exp(300000)", near), lead.clone()),
        (idw(), zinc),
        (idw(), lead),
    ];
    let window = Window { origin: [0.05, 9.0], step: [0.7, -0.7], size: [9, 9] };
    compare(&recipes, &[Targets::window(window)]);
}

#[test]
fn no_predictor_is_no_prediction() {
    let none = Together::fit(&[], &Serial).unwrap();
    assert!(none.is_empty());
    none.predict_into(&Targets::window(WINDOW), &mut Scratch::default(), &mut []);
}

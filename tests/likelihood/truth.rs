//! Simulated truth: do estimates and intervals mean what they say?

use soilscope_core::drift::Drift;
use soilscope_core::executor::Serial;
use soilscope_core::likelihood::{Engine, EngineUsed, LikelihoodSettings, Method, VecchiaKriging, fit_likelihood};
use soilscope_core::random::Random;
use soilscope_core::{Coord, Interpolator, Predictions, Samples, Scratch, Targets};

use super::{generator, model, simulated, with};

/// Replicates of 500 samples of a field that is known, fitted by REML with a plane.
///
/// Counts of intervals that hold their parameter are binomial: the bound is where fewer would come up in 1 of 1000 tests
/// of a true 95 %; the mean of the logarithms may be four of its own standard errors off, and a little for the bias that
/// maximum likelihood has at 500 samples.
fn coverage(replicates: u64, engine: Engine, least: usize) {
    let truth = model("0.25 Nug + 1 Exp(10)");
    let template = "Nug + Exp".parse().unwrap();
    let expected = [0.25, 1.0, 10.0];
    let (mut inside, mut sums, mut squares, mut errors) = ([0; 3], [0.0; 3], [0.0; 3], [0.0; 3]);
    let mut plane = 0;
    for seed in 0..replicates {
        let samples = simulated(500, &truth, 1000 + seed);
        let settings = with(engine, Method::Reml);
        let fit = fit_likelihood(&samples, Drift::polynomial(1), &template, &settings, &Serial).unwrap();
        assert!(fit.converged, "replicate {seed}: {:?}", fit.remarks);
        for (k, p) in fit.parameters.iter().enumerate() {
            let above = p.lower.is_none_or(|l| l <= expected[k]);
            let below = p.upper.is_none_or(|u| u >= expected[k]);
            inside[k] += usize::from(above && below);
            let log = (p.estimate.max(1e-3) / expected[k]).ln();
            sums[k] += log;
            squares[k] += log * log;
            errors[k] += fit.covariance[(k, k)];
        }
        // The slope of 0.02 in units of the scaled easting, whose unit is half the extent.
        let (low, high) = samples.bounds();
        let slope = 0.02 * 0.5 * (high[0] - low[0]).max(high[1] - low[1]);
        let e = &fit.coefficients[1];
        plane += usize::from((e.estimate - slope).abs() < 1.96 * e.standard_error);
    }
    let n = replicates as f64;
    for k in 0..3 {
        let (mean, spread) = (sums[k] / n, (squares[k] / n - (sums[k] / n).powi(2)).sqrt());
        println!(
            "{engine:?} {k}: inside {}/{n}, mean log {mean:.3}, spread {spread:.3}, stated {:.3}",
            inside[k],
            (errors[k] / n).sqrt()
        );
        assert!(inside[k] >= least, "parameter {k}: {} of {n} intervals hold it", inside[k]);
        assert!(mean.abs() < 4.0 * spread / n.sqrt() + 0.05, "parameter {k}: mean logarithm off by {mean}");
    }
    println!("{engine:?} slope: inside {plane}/{n}");
    assert!(plane >= least, "slope: {plane} of {n} intervals hold it");
}

#[test]
fn intervals_hold_the_truth_as_often_as_they_say() {
    // P(Binomial(24, 0.95) < 18) = 0.001.
    coverage(24, Engine::Vecchia { neighbours: 30 }, 18);
}

#[test]
#[ignore = "minutes: run by `make truth`"]
fn intervals_hold_the_truth_as_often_as_they_say_in_100_replicates() {
    // P(Binomial(100, 0.95) < 88) = 0.0015.
    coverage(100, Engine::Exact, 88);
    coverage(100, Engine::Vecchia { neighbours: 30 }, 88);
}

/// Where the samples are not: discs in rows and columns, and what their intervals must hold.
struct Gaps {
    /// Discs a row and a column.
    side: u8,
    /// Radius over the spacing of the samples.
    radius: f64,
    /// Least and largest share of held-out places in their 95 % intervals.
    shares: std::ops::RangeInclusive<f64>,
}

/// A field with gaps: samples, fitted by REML with a plane, and how often 95 % intervals hold what was held out.
///
/// Held-out places are drawn together with the samples: half anywhere, half in discs without samples. Those in one disc
/// depend on one another over a range or two, so they count for as many as the discs hold such patches: hence the wider
/// bounds of the small field.
fn with_gaps(n: usize, held_out: usize, range: f64, gaps: &Gaps) {
    let truth = model(&format!("0.25 Nug + 1 Exp({range})"));
    let radius = gaps.radius * 100.0 / (n as f64).sqrt();
    let (side, shares) = (gaps.side, &gaps.shares);
    let gaps: Vec<(Coord, f64)> = (0..side * side)
        .map(|k| [k % side, k / side].map(|v| (f64::from(v) + 0.5) * 100.0 / f64::from(side)))
        .map(|centre| (centre, radius))
        .collect();
    assert!(radius < 50.0 / f64::from(side), "discs must not touch");
    let mut random = Random::new(31);
    let mut places = generator::places(n + held_out / 2, 100.0, &gaps, &mut random);
    for k in 0..held_out / 2 {
        let (centre, radius) = gaps[k % gaps.len()];
        let (angle, share) = (std::f64::consts::TAU * random.uniform(), random.uniform().sqrt());
        places.push([centre[0] + radius * share * angle.cos(), centre[1] + radius * share * angle.sin()]);
    }
    // Places of both kinds in random order, as the generator wants them; what comes at n and later is held out.
    let mut order: Vec<usize> = (0..places.len()).collect();
    random.shuffle(&mut order);
    let shuffled: Vec<Coord> = order.iter().map(|&i| places[i]).collect();
    let field = generator::field(&shuffled, &truth, 60, &mut random);
    let mut values = vec![0.0; places.len()];
    for (&i, z) in order.iter().zip(&field) {
        values[i] = 3.0 + 0.02 * places[i][0] + z;
    }
    let samples = Samples::new(places[..n].to_vec(), values[..n].to_vec()).unwrap();
    let settings = LikelihoodSettings {
        verify: true,
        engine: Engine::Vecchia { neighbours: 30 },
        ..LikelihoodSettings::default()
    };
    let (drift, template) = (Drift::polynomial(1), "Nug + Exp".parse().unwrap());
    let fit = fit_likelihood(&samples, drift, &template, &settings, &Serial).unwrap();
    println!("{} {:?} after {} steps", fit.variogram, fit.engine, fit.iterations);
    assert!(fit.converged && fit.iterations < 10, "{} steps", fit.iterations);
    let EngineUsed::Vecchia { shift: Some(shift), .. } = fit.engine else { panic!("{:?}", fit.engine) };
    assert!(shift < 0.5, "twice the neighbours move an estimate by {shift} standard errors");
    for (p, expected) in fit.parameters.iter().zip([0.25, 1.0, range]) {
        assert!(p.lower.unwrap() < expected && p.upper.unwrap() > expected, "{p:?}");
    }
    let predictor = VecchiaKriging::new(fit.variogram, drift).fit(&samples).unwrap();
    for (name, first) in [("anywhere", n), ("in gaps", n + held_out / 2)] {
        let range = first..first + held_out / 2;
        let (mut scratch, mut out) = (Scratch::default(), Predictions::default());
        predictor.predict_into(&Targets::points(&places[range.clone()]), &mut scratch, &mut out);
        let inside = out.iter().zip(&values[range]).filter(|(p, z)| {
            let p = p.unwrap();
            (p.value - **z).abs() <= 1.959_964 * p.variance.unwrap().sqrt()
        });
        let share = inside.count() as f64 / (held_out / 2) as f64;
        println!("{name}: 95 % intervals hold {:.2} %", 100.0 * share);
        assert!(shares.contains(&share), "{name}: {share}");
    }
}

#[test]
fn a_field_with_gaps_gives_its_parameters_and_honest_intervals() {
    with_gaps(3000, 2000, 4.0, &Gaps { side: 3, radius: 6.0, shares: 0.91..=0.99 });
}

#[test]
#[ignore = "minutes: run by `make truth`"]
fn a_large_field_with_gaps_gives_its_parameters_and_honest_intervals() {
    with_gaps(50_000, 20_000, 3.0, &Gaps { side: 6, radius: 10.0, shares: 0.93..=0.97 });
}

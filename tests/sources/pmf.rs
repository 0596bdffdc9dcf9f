//! Positive matrix factorisation.

use soilscope_assess::sources::SourcesError;
use soilscope_assess::sources::pmf::{
    Blocks, BootstrapSettings, Concentrations, Factorisation, PmfSettings, bootstrap, factorise,
};
use soilscope_core::Coord;
use soilscope_core::censored::Measurement;
use soilscope_core::executor::Serial;
use soilscope_core::random::Random;

use crate::Backwards;

/// What three sources bring of six analytes: each is free of some.
const PROFILES: [[f64; 6]; 3] =
    [[40.0, 5.0, 0.0, 1.0, 0.0, 10.0], [0.0, 30.0, 2.0, 0.0, 6.0, 5.0], [5.0, 0.0, 1.0, 8.0, 1.0, 0.0]];

/// A truth and data of it with a relative error; contributions are log-normal, and in some samples there is none.
struct Truth {
    contributions: Vec<Vec<f64>>,
    values: Vec<Vec<f64>>,
    errors: Vec<Vec<f64>>,
}

fn truth(samples: usize, factors: usize, relative: f64, seed: u64) -> Truth {
    let mut random = Random::new(seed);
    let mut contributions: Vec<Vec<f64>> = Vec::new();
    for _ in 0..samples {
        let one = |random: &mut Random| if random.uniform() < 0.2 { 0.0 } else { (0.8 * random.normal()).exp() };
        let mut row: Vec<f64> = (0..factors).map(|_| one(&mut random)).collect();
        if row.iter().all(|g| *g == 0.0) {
            row[0] = 1.0;
        }
        contributions.push(row);
    }
    for k in 0..factors {
        let mean = contributions.iter().map(|g| g[k]).sum::<f64>() / samples as f64;
        contributions.iter_mut().for_each(|g| g[k] /= mean);
    }
    let (mut values, mut errors) = (Vec::new(), Vec::new());
    for g in &contributions {
        let clean = |j: usize| (0..factors).map(|k| g[k] * PROFILES[k][j]).sum::<f64>();
        // An error of the true value and one of the instrument, so that no uncertainty is 0.
        let e: Vec<f64> = (0..6).map(|j| (relative * clean(j)).hypot(0.05)).collect();
        values.push((0..6).map(|j| (clean(j) + e[j] * random.normal()).max(0.0)).collect());
        errors.push(e);
    }
    Truth { contributions, values, errors }
}

fn data(truth: &Truth) -> Concentrations {
    Concentrations::with_errors(&truth.values, &truth.errors).unwrap()
}

fn found(data: &Concentrations, factors: usize) -> Factorisation {
    factorise(data, factors, &PmfSettings { starts: 8, ..PmfSettings::default() }, &Serial).unwrap()
}

fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// The factor of a solution that is most like a true profile.
fn like(solution: &Factorisation, profile: &[f64]) -> (usize, f64) {
    let all = solution.profiles.iter().enumerate().map(|(k, p)| (k, cosine(p, profile)));
    all.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap()
}

#[test]
fn known_mixtures_are_found_again() {
    let truth = truth(120, 3, 0.05, 5);
    let solution = found(&data(&truth), 3);
    let mut seen = Vec::new();
    for (k, profile) in PROFILES.iter().enumerate() {
        let (factor, likeness) = like(&solution, profile);
        assert!(likeness > 0.99, "factor {factor}: {likeness}");
        seen.push(factor);
        let column = |rows: &[Vec<f64>], k: usize| rows.iter().map(|r| r[k]).collect::<Vec<f64>>();
        assert!(cosine(&column(&solution.contributions, factor), &column(&truth.contributions, k)) > 0.99);
    }
    seen.sort_unstable();
    assert_eq!(seen, [0, 1, 2]);
    for k in 0..3 {
        let mean = solution.contributions.iter().map(|g| g[k]).sum::<f64>() / 120.0;
        assert!((mean - 1.0).abs() < 1e-9);
    }
    let mean_share = |k: usize| solution.shares(k).iter().sum::<f64>();
    assert!(mean_share(0) >= mean_share(1) && mean_share(1) >= mean_share(2));
}

/// Q is χ² distributed with the values less the unknowns as its degrees of freedom, less what is bound at 0: its mean over
/// truths is theirs, and with one factor too few it is far above.
#[test]
fn q_is_what_the_uncertainties_say() {
    let (mut sum, truths) = (0.0, 12);
    for seed in 0..truths {
        let data = data(&truth(80, 3, 0.05, 100 + seed));
        let solution = found(&data, 3);
        assert_eq!(solution.expected_q, (80 * 6 - 3 * 86) as f64);
        sum += solution.q / solution.expected_q;
        assert!(found(&data, 2).q / data.expected_q(2) > 5.0);
    }
    // Each unknown that is bound at 0 leaves a degree of freedom to Q: some 20 % of the contributions, half of the time.
    let mean = sum / truths as f64;
    assert!((1.0..1.25).contains(&mean), "{mean}");
}

#[test]
fn q_never_rises_and_more_factors_never_fit_worse() {
    let data = data(&truth(60, 3, 0.1, 9));
    let qs: Vec<f64> = (1..=3).map(|p| found(&data, p).q).collect();
    assert!(qs.windows(2).all(|w| w[1] < w[0]), "{qs:?}");
    let solution = found(&data, 3);
    assert!(solution.trace.windows(2).all(|w| w[1] <= w[0]));
    assert_eq!(*solution.trace.last().unwrap(), solution.q);
    // Q is what profiles and contributions, as they are given, make of the data.
    let truth = truth(60, 3, 0.1, 9);
    let mut q = 0.0;
    for (i, (x, s)) in truth.values.iter().zip(&truth.errors).enumerate() {
        for j in 0..6 {
            let fitted: f64 = (0..3).map(|k| solution.contributions[i][k] * solution.profiles[k][j]).sum();
            q += ((x[j] - fitted) / s[j]).powi(2);
        }
    }
    assert!((q / solution.q - 1.0).abs() < 1e-9, "{q} {}", solution.q);
    let parts: f64 = solution.analyte_q.iter().sum::<f64>() / 6.0;
    assert!((parts - q / solution.expected_q).abs() < 1e-9);
}

#[test]
fn units_and_the_order_of_tasks_change_nothing() {
    let truth = truth(50, 2, 0.05, 3);
    let solution = found(&data(&truth), 2);
    let scaled = |rows: &[Vec<f64>]| -> Vec<Vec<f64>> {
        let row = |r: &Vec<f64>| r.iter().enumerate().map(|(j, v)| if j == 2 { v * 1024.0 } else { *v }).collect();
        rows.iter().map(row).collect()
    };
    let other = Concentrations::with_errors(&scaled(&truth.values), &scaled(&truth.errors)).unwrap();
    let other = found(&other, 2);
    // A power of 2 changes no digit.
    assert_eq!(solution.contributions, other.contributions);
    for k in 0..2 {
        assert_eq!(solution.profiles[k][2] * 1024.0, other.profiles[k][2]);
        assert_eq!(solution.profiles[k][0], other.profiles[k][0]);
    }
    let settings = PmfSettings { starts: 8, ..PmfSettings::default() };
    assert_eq!(factorise(&data(&truth), 2, &settings, &Backwards).unwrap(), solution);
    let uncertain = |executor: &dyn soilscope_core::executor::Executor| {
        let settings = BootstrapSettings { runs: 5, seed: 2, blocks: Blocks::Single, most_turns: 300 };
        bootstrap(&data(&truth), &solution, &settings, executor).unwrap()
    };
    assert_eq!(uncertain(&Serial), uncertain(&Backwards));
}

/// A missing value weighs nothing: whatever stands in its place, and the mixtures are found without it.
#[test]
fn missing_values_weigh_nothing() {
    let mut truth = truth(100, 2, 0.05, 8);
    for i in (0..100).step_by(7) {
        truth.values[i][i % 6] = f64::NAN;
    }
    let data = data(&truth);
    assert_eq!(data.present(), 600 - 15);
    let solution = found(&data, 2);
    assert_eq!(solution.expected_q, (585 - 2 * 106) as f64);
    assert!(PROFILES[..2].iter().all(|p| like(&solution, p).1 > 0.99));
}

#[test]
fn an_even_number_of_limits_has_a_median_between_the_middle_two() {
    let (q, b) = (Measurement::Quantified, Measurement::BelowLimit);
    let rows = [[q(10.0), b(4.0)], [q(20.0), b(8.0)], [q(15.0), q(30.0)], [q(12.0), q(40.0)]];
    let rows: Vec<Vec<Option<Measurement>>> = vec![rows.map(|row| row.map(Some).to_vec()); 3].concat();
    let made = Concentrations::from_measurements(&rows, &[0.1, 0.1]).unwrap();
    let three = |rows: [[f64; 2]; 4]| vec![rows.map(|row| row.to_vec()); 3].concat();
    let values = three([[10.0, 2.0], [20.0, 4.0], [15.0, 30.0], [12.0, 40.0]]);
    // The median of 4 and 8 is 6, and half of it goes beside 10 % of a value.
    let quantified = |a: f64, b: f64| [0.1 * a, (0.1 * b).hypot(3.0)];
    let errors = [[1.0, 4.0 * 5.0 / 6.0], [2.0, 8.0 * 5.0 / 6.0], quantified(15.0, 30.0), quantified(12.0, 40.0)];
    let same = Concentrations::with_errors(&values, &three(errors)).unwrap();
    assert_eq!(found(&made, 1).profiles, found(&same, 1).profiles);
}

#[test]
fn values_below_a_limit_have_half_of_it_and_a_wide_uncertainty() {
    let (q, b) = (Measurement::Quantified, Measurement::BelowLimit);
    let rows = vec![vec![Some(q(10.0)), Some(b(6.0))], vec![Some(q(20.0)), Some(q(30.0))], vec![None, Some(q(40.0))]];
    let made = Concentrations::from_measurements(&rows, &[0.1, 0.1]).unwrap();
    let values = vec![vec![10.0, 3.0], vec![20.0, 30.0], vec![f64::NAN, 40.0]];
    // 10 % of the value, and with it half the limit where there is one; below it 5/6 of it.
    let errors = vec![vec![1.0, 5.0], vec![2.0, 3.0_f64.hypot(3.0)], vec![f64::NAN, 4.0_f64.hypot(3.0)]];
    let same = Concentrations::with_errors(&values, &errors).unwrap();
    assert_eq!((made.below_limit(), same.below_limit(), made.present()), (1, 0, 5));
    assert_eq!(made.expected_q(1), 0.0);
    let four = |rows: &[Vec<f64>]| [rows, rows, rows, rows].concat();
    let long: Vec<Vec<Option<Measurement>>> = [&rows[..], &rows, &rows, &rows].concat();
    let made = Concentrations::from_measurements(&long, &[0.1, 0.1]).unwrap();
    let same = Concentrations::with_errors(&four(&values), &four(&errors)).unwrap();
    assert_eq!(found(&made, 1).profiles, found(&same, 1).profiles);
}

/// Shares of the true profiles and contributions that intervals from 5 to 95 % hold.
fn held(truths: u64) -> [f64; 2] {
    let (mut held, mut all, mut in_samples, mut samples) = (0, 0, 0, 0);
    for seed in 0..truths {
        let truth = truth(70, 2, 0.08, 300 + seed);
        let data = data(&truth);
        let solution = found(&data, 2);
        let settings = BootstrapSettings { runs: 60, seed, blocks: Blocks::Single, most_turns: 300 };
        let uncertainty = bootstrap(&data, &solution, &settings, &Serial).unwrap();
        assert_eq!((uncertainty.runs, uncertainty.failed, uncertainty.blocks), (60, 0, 70));
        assert!(uncertainty.found_again.iter().all(|share| *share > 0.95));
        for (source, profile) in PROFILES[..2].iter().enumerate() {
            let (k, _) = like(&solution, profile);
            for (j, &true_value) in profile.iter().enumerate().filter(|(_, v)| **v > 0.0) {
                let [low, middle, high] = uncertainty.profiles[k][j];
                assert!(low <= middle && middle <= high);
                held += usize::from((low..=high).contains(&true_value));
                all += 1;
            }
            for (i, g) in truth.contributions.iter().enumerate().filter(|(_, g)| g[source] > 0.0) {
                let [low, _, high] = uncertainty.contributions[i][k];
                in_samples += usize::from((low..=high).contains(&g[source]));
                samples += 1;
            }
        }
    }
    let shares = [held as f64 / all as f64, in_samples as f64 / samples as f64];
    println!(
        "90 % intervals hold {:.3} of {all} true profiles, {:.3} of {samples} contributions",
        shares[0], shares[1]
    );
    shares
}

/// Contributions are held about as often as intervals say, profiles less often.
#[test]
fn intervals_hold_the_truth() {
    let [profiles, contributions] = held(10);
    assert!((0.7..=1.0).contains(&profiles), "{profiles}");
    assert!((0.84..=0.96).contains(&contributions), "{contributions}");
}

#[test]
#[ignore = "some minutes: `make coverage`"]
fn coverage_of_factors() {
    let [profiles, contributions] = held(200);
    // Too narrow by what the uncertainty of the contributions adds as a bias, which resampling does not show: docs/sources.md says so.
    assert!((0.72..=0.95).contains(&profiles), "{profiles}");
    assert!((0.85..=0.95).contains(&contributions), "{contributions}");
}

/// Samples in clumps that repeat each other: drawn one by one they look like more than there are.
#[test]
fn squares_of_samples_are_drawn_together() {
    let few = truth(25, 2, 0.08, 6);
    let mut random = Random::new(2);
    let (mut values, mut errors, mut coords): (Vec<_>, Vec<_>, Vec<Coord>) = Default::default();
    for i in 0..25 {
        for _ in 0..4 {
            let jitter = |v: &f64, e: &f64, random: &mut Random| (v + 0.2 * e * random.normal()).max(0.0);
            values.push(few.values[i].iter().zip(&few.errors[i]).map(|(v, e)| jitter(v, e, &mut random)).collect());
            errors.push(few.errors[i].clone());
            coords.push([10.0 * (i % 5) as f64 + random.uniform(), 10.0 * (i / 5) as f64 + random.uniform()]);
        }
    }
    let data = Concentrations::with_errors(&values, &errors).unwrap();
    let solution = found(&data, 2);
    let width = |blocks: Blocks<'_>| {
        let settings = BootstrapSettings { runs: 60, seed: 4, blocks, most_turns: 300 };
        let u = bootstrap(&data, &solution, &settings, &Serial).unwrap();
        let widths = u.shares.iter().flatten().map(|s| s[2] - s[0]).sum::<f64>();
        (u.blocks, widths)
    };
    let (alone, together) = (width(Blocks::Single), width(Blocks::Squares { coords: &coords, side: 10.0 }));
    assert_eq!((alone.0, together.0), (100, 25));
    assert!(together.1 > 1.4 * alone.1, "{} {}", together.1, alone.1);
    let one = Blocks::Squares { coords: &coords, side: 1000.0 };
    let settings = BootstrapSettings { runs: 5, seed: 4, blocks: one, most_turns: 300 };
    assert!(matches!(bootstrap(&data, &solution, &settings, &Serial), Err(SourcesError::Parameter { .. })));
}

#[test]
fn what_cannot_be_factorised_is_refused() {
    let with = |values: Vec<Vec<f64>>| {
        let errors = values.iter().map(|r| vec![1.0; r.len()]).collect::<Vec<_>>();
        Concentrations::with_errors(&values, &errors)
    };
    let bad = |value: f64| with(vec![vec![1.0, 2.0], vec![3.0, value], vec![4.0, 9.0]]).unwrap_err();
    assert!(matches!(bad(-1.0), SourcesError::Value { sample: 1, analyte: 1, value: -1.0, .. }));
    assert!(matches!(bad(f64::INFINITY), SourcesError::Value { .. }));
    let constant = with(vec![vec![1.0, 2.0], vec![3.0, 2.0]]).unwrap_err();
    assert!(matches!(constant, SourcesError::Idle { analyte: 1, .. }));
    let missing = with(vec![vec![1.0, f64::NAN], vec![3.0, f64::NAN]]).unwrap_err();
    assert!(matches!(missing, SourcesError::Idle { analyte: 1, .. }));
    let empty = with(vec![vec![1.0, 2.0], vec![f64::NAN, f64::NAN]]).unwrap_err();
    assert_eq!(empty, SourcesError::Empty { sample: 1 });
    assert!(matches!(with(vec![vec![1.0], vec![2.0]]), Err(SourcesError::Parameter { .. })));
    assert!(matches!(with(vec![vec![1.0, 2.0], vec![3.0]]), Err(SourcesError::Count { .. })));
    assert!(matches!(Concentrations::with_errors(&[], &[]), Err(SourcesError::Parameter { .. })));
    let zero = vec![vec![Some(Measurement::Quantified(0.0)), Some(Measurement::Quantified(1.0))]];
    let refused = Concentrations::from_measurements(&zero, &[0.1, 0.1]).unwrap_err();
    assert_eq!(refused, SourcesError::NoUncertainty { sample: 0, analyte: 0 });
    let below = vec![vec![Some(Measurement::BelowLimit(1.0)), Some(Measurement::Quantified(1.0))]; 3];
    let refused = Concentrations::from_measurements(&below, &[0.1, 0.1]).unwrap_err();
    assert!(matches!(refused, SourcesError::Idle { analyte: 0, .. }));

    let data = data(&truth(20, 3, 0.1, 1));
    assert_eq!(data.most_factors(), 4); // 120 values: 4 × 26 unknowns are fewer, 5 × 26 are not
    let settings = PmfSettings::default();
    let refused = factorise(&data, 5, &settings, &Serial).unwrap_err();
    assert!(refused.to_string().contains("take at most 4"), "{refused}");
    for factors in [0, 13] {
        assert!(matches!(factorise(&data, factors, &settings, &Serial), Err(SourcesError::Parameter { .. })));
    }
    let none = PmfSettings { starts: 0, ..settings };
    assert!(matches!(factorise(&data, 2, &none, &Serial), Err(SourcesError::Parameter { .. })));
}

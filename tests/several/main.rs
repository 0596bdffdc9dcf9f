//! Several contaminants at once: counts over realisations, and co-occurrence in samples.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and one prints a table")]

mod limits;

use soilscope_assess::several::{CoOccurrence, Correlation, Held, Joint, JointProducts, Limits, SeveralError};
use soilscope_core::cokriging::{Coefficients, Coregionalisation, Means, Term};
use soilscope_core::executor::{Executor, Serial};
use soilscope_core::simulation::{CoSimulation, Realisations};
use soilscope_core::variogram::{Model, Structure};
use soilscope_core::{Samples, Window};

struct Backwards;

impl Executor for Backwards {
    fn run(&self, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
        (0..tasks).rev().for_each(task);
    }
}

fn model(correlation: f64) -> Coregionalisation {
    let rows = vec![vec![1.0, correlation, 0.2], vec![correlation, 1.0, 0.1], vec![0.2, 0.1, 1.0]];
    let structure = Structure::new(Model::Exponential, 1.0, 3.0).unwrap();
    let term = Term::structure(structure, Coefficients::from_rows(&rows).unwrap()).unwrap();
    Coregionalisation::new(vec!["a".into(), "b".into(), "c".into()], vec![term]).unwrap()
}

/// Three correlated contaminants on more nodes than one task has.
fn fields(range: std::ops::Range<usize>) -> Vec<Realisations> {
    let window = Window { origin: [0.0, 0.0], step: [1.0, 1.0], size: [50, 30] };
    let run = CoSimulation::new(model(0.7), Means::Known(vec![1.0, 2.0, 3.0]), 5).prepare(&[], window, None).unwrap();
    run.simulate(range, &Serial).unwrap()
}

fn limits() -> Vec<Limits> {
    let of_each = (0..1500).map(|k| if k == 7 { f64::NAN } else { 1.5 + 0.001 * f64::from(k) }).collect();
    vec![Limits::Everywhere(1.2), Limits::OfEachNode(of_each), Limits::Everywhere(2.9)]
}

fn products(batches: &[(usize, usize)], executor: &dyn Executor) -> JointProducts {
    let mut joint = Joint::new(limits(), 1500).unwrap();
    for &(first, end) in batches {
        joint.add(&fields(first..end), executor).unwrap();
    }
    assert_eq!(joint.realisations(), 40);
    joint.finish()
}

/// Equal, where not a number equals itself.
fn same(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
}

#[test]
fn products_are_what_counting_one_by_one_gives() {
    let (fields, limits, found) = (fields(0..40), limits(), products(&[(0, 40)], &Serial));
    assert_eq!(found.cells.nodes, 1499);
    let mut any_cells = vec![0; 40];
    for node in 0..1500 {
        let t: Vec<f64> = limits.iter().map(|l| l.at(node)).collect();
        if node == 7 {
            assert!(found.any[7].is_nan() && found.fractions[7].is_nan() && found.dominant[7].is_none());
            continue;
        }
        let (mut any, mut all, mut over, mut count, mut sums, mut largest) = (0, 0, 0, 0, 0.0, [0; 3]);
        for k in 0..40 {
            let c: Vec<f64> = fields.iter().map(|f| f.get(node, k)).collect();
            let above = (0..3).filter(|&i| c[i] > t[i]).count();
            let fractions: Vec<f64> = (0..3).map(|i| c[i].max(0.0) / t[i]).collect();
            let sum: f64 = fractions.iter().sum();
            any += usize::from(above > 0);
            any_cells[k] += u64::from(above > 0);
            all += usize::from(above == 3);
            over += usize::from(sum > 1.0);
            count += above;
            sums += sum;
            let most = fractions.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            largest[fractions.iter().position(|f| *f == most).unwrap()] += 1;
        }
        let share = |n: usize| n as f64 / 40.0;
        assert_eq!([found.any[node], found.all[node]], [share(any), share(all)], "node {node}");
        assert_eq!([found.count[node], found.fractions_above[node]], [share(count), share(over)]);
        assert!((found.fractions[node] - sums / 40.0).abs() < 1e-12);
        let most = *largest.iter().max().unwrap();
        assert_eq!(found.dominant[node], largest.iter().position(|n| *n == most));
        assert_eq!(found.dominant_probability[node], share(most));
        // What must hold of any probabilities.
        let [independent_any, independent_all] = found.if_independent(node);
        let each: Vec<f64> = found.above.iter().map(|p| p[node]).collect();
        assert!(found.any[node] >= each.iter().copied().fold(0.0, f64::max));
        assert!(found.any[node] <= each.iter().sum::<f64>() + 1e-12);
        assert!(found.all[node] <= each.iter().copied().fold(1.0, f64::min));
        assert!((found.count[node] - each.iter().sum::<f64>()).abs() < 1e-12);
        assert!((0.0..=1.0).contains(&independent_any) && independent_all <= independent_any);
    }
    assert_eq!(found.cells.any, any_cells);
    // Contaminants that vary together are above together more often than independent ones.
    let mean = |f: &dyn Fn(usize) -> f64| (0..1500).filter(|k| *k != 7).map(f).sum::<f64>() / 1499.0;
    assert!(mean(&|k| found.all[k]) > 1.05 * mean(&|k| found.if_independent(k)[1]));
}

#[test]
fn batches_and_the_order_of_tasks_change_no_bit() {
    let whole = products(&[(0, 40)], &Serial);
    for (batches, executor) in
        [(vec![(0, 8), (8, 32), (32, 40)], &Serial as &dyn Executor), (vec![(0, 3), (3, 40)], &Backwards)]
    {
        let parts = products(&batches, executor);
        assert!(same(&whole.any, &parts.any) && same(&whole.fractions, &parts.fractions));
        assert!(same(&whole.fractions_above, &parts.fractions_above) && same(&whole.all, &parts.all));
        assert_eq!(whole.dominant, parts.dominant);
        assert_eq!(whole.cells, parts.cells);
    }
}

#[test]
fn known_concentrations_give_certain_products() {
    // Every node is a sample: no realisation differs from it. Limits 10, 100, 1.
    let places = vec![[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [3.0, 0.0]];
    let values = [[20.0, 5.0, 1.0, -5.0], [50.0, 150.0, 10.0, 0.0], [0.5, 2.0, 0.3, 0.0]];
    let samples: Vec<Samples> = values.iter().map(|v| Samples::new(places.clone(), v.to_vec()).unwrap()).collect();
    let window = Window { origin: [0.0, 0.0], step: [1.0, 1.0], size: [4, 1] };
    let run = CoSimulation::new(model(0.5), Means::Unknown, 1).prepare(&samples, window, None).unwrap();
    let mut joint = Joint::new([10.0, 100.0, 1.0].map(Limits::Everywhere).to_vec(), 4).unwrap();
    joint.add(&run.simulate(0..10, &Serial).unwrap(), &Serial).unwrap();
    let found = joint.finish();
    assert_eq!(found.any, [1.0, 1.0, 0.0, 0.0]);
    assert_eq!(found.all, [0.0; 4]);
    assert_eq!(found.count, [1.0, 2.0, 0.0, 0.0]);
    let sums = [2.0 + 0.5 + 0.5, 0.5 + 1.5 + 2.0, 0.1 + 0.1 + 0.3, 0.0];
    assert!(found.fractions.iter().zip(sums).all(|(a, b)| (a - b).abs() < 1e-12), "{:?}", found.fractions);
    assert_eq!(found.fractions_above, [1.0, 1.0, 0.0, 0.0]);
    assert_eq!(found.dominant, [Some(0), Some(2), Some(2), Some(0)]);
    assert_eq!(found.dominant_probability, [1.0; 4]);
    assert_eq!(found.cells.any, [2; 10]);
    assert_eq!(found.cells.each, [vec![1; 10], vec![1; 10], vec![1; 10]]);
}

#[test]
fn what_cannot_be_held_against_limits_is_refused() {
    assert_eq!(Joint::new(vec![], 3).unwrap_err(), SeveralError::None);
    for value in [0.0, -1.0, f64::INFINITY, f64::NAN] {
        assert!(matches!(Joint::new(vec![Limits::Everywhere(value)], 3), Err(SeveralError::Limit { .. })), "{value}");
    }
    assert!(matches!(Joint::new(vec![Limits::OfEachNode(vec![1.0, 0.0])], 2), Err(SeveralError::Limit { .. })));
    assert!(matches!(Joint::new(vec![Limits::OfEachNode(vec![1.0])], 2), Err(SeveralError::Count { .. })));
    let mut joint = Joint::new(limits(), 1500).unwrap();
    assert!(matches!(joint.add(&fields(0..2)[..2], &Serial), Err(SeveralError::Count { .. })));
    let mut mixed = fields(0..2);
    mixed[1] = fields(2..4).remove(1);
    assert!(matches!(joint.add(&mixed, &Serial), Err(SeveralError::Count { .. })));
    let mut short = Joint::new([1.0; 3].map(Limits::Everywhere).to_vec(), 10).unwrap();
    assert!(matches!(short.add(&fields(0..2), &Serial), Err(SeveralError::Count { .. })));
}

#[test]
fn correlations_know_ties_and_what_does_not_vary() {
    let line: Vec<[f64; 2]> = (1..=9).map(|k| [f64::from(k), 100.0 - 3.0 * f64::from(k)]).collect();
    let c = Correlation::of(&line);
    assert!((c.pearson.unwrap() + 1.0).abs() < 1e-12 && (c.spearman.unwrap() + 1.0).abs() < 1e-12);
    let curve: Vec<[f64; 2]> = (1..=9).map(|k| [f64::from(k), f64::from(k).exp()]).collect();
    let c = Correlation::of(&curve);
    assert!(c.spearman == Some(1.0) && c.pearson.unwrap() < 0.9);
    assert_eq!(Correlation::of(&[[1.0, 2.0], [1.0, 3.0], [1.0, 4.0]]).pearson, None);
    assert_eq!(Correlation::of(&line[..2]).spearman, None);
    assert_eq!(Correlation::of(&[]).n, 0);
}

#[test]
fn co_occurrence_by_hand() {
    // 8 both, 2 first only, 1 second only, 9 neither; phi = (72 − 2) / √(10 · 10 · 9 · 11).
    let places = |both, first, second, neither| -> Vec<[Held; 2]> {
        let of = |place: [Held; 2], n: usize| std::iter::repeat_n(place, n);
        let (above, below) = (Held::Above, Held::NotAbove);
        let all = of([above, above], both).chain(of([above, below], first)).chain(of([below, above], second));
        all.chain(of([below, below], neither)).collect()
    };
    let c = CoOccurrence::of(&places(8, 2, 1, 9));
    assert!((c.phi.unwrap() - 70.0 / (10.0_f64 * 10.0 * 9.0 * 11.0).sqrt()).abs() < 1e-12);
    assert_eq!(c.odds_ratio, Some(36.0));
    assert_eq!(c.expected_both, 4.5);
    // ln 36 ± 1.95996 √(1/8 + 1/2 + 1 + 1/9) = 3.58352 ± 1.95996 · 1.31762.
    let [low, high] = c.odds_ratio_interval.unwrap();
    assert!((low.ln() - 1.00104).abs() < 2e-5 && (high.ln() - 6.16600).abs() < 2e-5, "{} {}", low.ln(), high.ln());
    // An empty cell: ½ to each.
    let c = CoOccurrence::of(&places(3, 0, 1, 4));
    assert!((c.odds_ratio.unwrap() - 3.5 * 4.5 / (0.5 * 1.5)).abs() < 1e-12);
    // All of one above: nothing to compare with.
    let c = CoOccurrence::of(&places(3, 2, 0, 0));
    assert_eq!((c.phi, c.odds_ratio, c.odds_ratio_interval, c.expected_both), (None, None, None, 3.0));
    assert_eq!(CoOccurrence::of(&[]), CoOccurrence::default());
}

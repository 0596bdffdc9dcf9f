//! Skill of forecast probabilities: definitions, and what holds whatever the numbers.

use proptest::collection::vec;
use proptest::prelude::*;
use soilscope_core::Error;
use soilscope_core::random::Random;
use soilscope_core::validation::{Forecast, skill};

use crate::{assert_close, cases};

fn forecast() -> impl Strategy<Value = Forecast> {
    // Some forecasts are equal.
    let probability = prop_oneof![0.0..=1.0_f64, (0..=4_u8).prop_map(|k| f64::from(k) / 4.0)];
    (probability, any::<bool>()).prop_map(|(probability, happened)| Forecast { probability, happened })
}

fn blocks() -> impl Strategy<Value = Vec<Vec<Forecast>>> {
    vec(vec(forecast(), 1..6), 5..14)
}

/// The least sum of squares of any non-decreasing recalibration, by the min-max formula.
fn isotonic(sorted: &[Forecast]) -> Vec<f64> {
    let mean = |a: usize, b: usize| {
        sorted[a..=b].iter().map(|f| f64::from(u8::from(f.happened))).sum::<f64>() / (b - a + 1) as f64
    };
    let n = sorted.len();
    let first_equal = |i: usize| sorted.iter().position(|f| f.probability == sorted[i].probability).unwrap();
    let last_equal = |i: usize| sorted.iter().rposition(|f| f.probability == sorted[i].probability).unwrap();
    (0..n)
        .map(|i| {
            let starts = (0..=i).filter(|&a| first_equal(a) == a);
            starts
                .map(|a| {
                    let ends = (i..n).filter(|&b| last_equal(b) == b);
                    ends.map(|b| mean(a, b)).fold(f64::INFINITY, f64::min)
                })
                .fold(f64::NEG_INFINITY, f64::max)
        })
        .collect()
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn scores_are_their_definitions(blocks in blocks()) {
        let mut all: Vec<Forecast> = blocks.iter().flatten().copied().collect();
        let happened = all.iter().filter(|f| f.happened).count();
        let found = skill(&blocks, 1);
        if happened == 0 || happened == all.len() {
            prop_assert_eq!(found, Err(Error::OneOutcome { n: all.len(), happened: happened > 0 }));
            return Ok(());
        }
        let found = found.unwrap();
        let event = |f: &Forecast| f64::from(u8::from(f.happened));
        let n = all.len() as f64;
        let brier = all.iter().map(|f| (f.probability - event(f)).powi(2)).sum::<f64>() / n;
        assert_close(found.brier, brier, 1e-12, "Brier score");
        let rate = happened as f64 / n;
        assert_close(found.brier_of_base_rate, rate * (1.0 - rate), 1e-12, "Brier score of the base rate");
        assert_close(found.score, 1.0 - brier / (rate * (1.0 - rate)), 1e-9, "skill score");
        let mut wins = 0.0;
        for yes in all.iter().filter(|f| f.happened) {
            for no in all.iter().filter(|f| !f.happened) {
                wins += match yes.probability.total_cmp(&no.probability) {
                    std::cmp::Ordering::Greater => 1.0,
                    std::cmp::Ordering::Equal => 0.5,
                    std::cmp::Ordering::Less => 0.0,
                };
            }
        }
        assert_close(found.auc, wins / (happened * (all.len() - happened)) as f64, 1e-12, "area under the curve");
        // The decomposition, and the steps, against isotonic regression by its min-max formula.
        assert_close(found.miscalibration - found.discrimination + found.uncertainty, brier, 1e-12, "decomposition");
        prop_assert!(found.miscalibration >= -1e-12 && found.discrimination >= -1e-12);
        all.sort_by(|a, b| a.probability.total_cmp(&b.probability));
        let expected = isotonic(&all);
        for (f, expected) in all.iter().zip(expected) {
            let step = found.reliability.iter().find(|s| s.from <= f.probability && f.probability <= s.to).unwrap();
            assert_close(step.observed, expected, 1e-12, "reliability");
        }
        prop_assert!(found.reliability.windows(2).all(|w| w[0].observed < w[1].observed && w[0].to < w[1].from));
        prop_assert_eq!(found.reliability.iter().map(|s| s.n).sum::<usize>(), all.len());
        let [low, high] = found.score_interval.unwrap();
        prop_assert!(low <= high && (found.skilled == (low > 0.0)));
    }

    /// Turning event and forecast round turns nothing else.
    #[test]
    fn the_other_event_is_forecast_as_well(blocks in blocks()) {
        let turned: Vec<Vec<Forecast>> = blocks.iter().map(|b| b.iter().map(|f| {
            Forecast { probability: 1.0 - f.probability, happened: !f.happened }
        }).collect()).collect();
        let (Ok(a), Ok(b)) = (skill(&blocks, 3), skill(&turned, 3)) else { return Ok(()) };
        assert_close(a.brier, b.brier, 1e-12, "Brier score");
        assert_close(a.score, b.score, 1e-9, "score");
        assert_close(a.auc, b.auc, 1e-12, "area");
    }
}

/// Of forecasts that know nothing no more are called skilled than one side of a 95 % interval lets through, for all that the
/// bootstrap of few blocks is short; of true probabilities nearly all are.
#[test]
fn skill_is_not_found_where_there_is_none() {
    let mut found = [0, 0];
    for seed in 0..200 {
        let mut random = Random::new(seed);
        let mut blocks = [Vec::new(), Vec::new()];
        for _ in 0..20 {
            let mut block = [Vec::new(), Vec::new()];
            for _ in 0..8 {
                let truth = random.uniform();
                let happened = random.uniform() < truth;
                block[0].push(Forecast { probability: 0.3 + 0.4 * random.uniform(), happened });
                block[1].push(Forecast { probability: truth, happened });
            }
            for (all, block) in blocks.iter_mut().zip(block) {
                all.push(block);
            }
        }
        for (count, blocks) in found.iter_mut().zip(&blocks) {
            *count += usize::from(skill(blocks, 1).unwrap().skilled);
        }
    }
    // 2.5 % of 200 are 5; 14 are what a binomial number of that mean exceeds once in 2,500 times.
    assert!(found[0] <= 14 && found[1] >= 195, "{found:?}");
}

#[test]
fn what_tells_nothing_is_refused() {
    let one = Forecast { probability: 0.5, happened: true };
    let other = Forecast { happened: false, ..one };
    assert!(matches!(skill(&[vec![one, other]], 1), Err(Error::TooFewSamples { .. })));
    assert!(matches!(skill(&[vec![one], vec![one]], 1), Err(Error::OneOutcome { happened: true, .. })));
    let wrong = Forecast { probability: 1.5, ..one };
    assert!(matches!(skill(&[vec![wrong], vec![other]], 1), Err(Error::Parameter { .. })));
    // Two blocks have a score, but no interval, and so no proof.
    let few = skill(&[vec![one, other], vec![Forecast { probability: 0.9, ..one }]], 1).unwrap();
    assert!(few.score_interval.is_none() && !few.skilled);
}

/// Whole blocks in which it happens or does not, and a forecast that is the same everywhere: it says nothing, whatever it is.
#[test]
fn constant_forecasts_have_no_skill() {
    for probability in [0.5, 0.3, 0.0] {
        let block = |k: usize| vec![Forecast { probability, happened: k.is_multiple_of(2) }; 6];
        let found = skill(&(0..10).map(block).collect::<Vec<_>>(), 1).unwrap();
        assert!(!found.skilled && found.score <= 1e-12 && found.auc == 0.5, "{found:?}");
    }
}

/// Events that are alike within blocks, and forecasts that are alike within blocks and know nothing of them.
#[test]
fn blocks_that_are_alike_are_no_proof() {
    let mut found = 0;
    for seed in 0..200 {
        let mut random = Random::new(1000 + seed);
        let blocks: Vec<Vec<Forecast>> = (0..20)
            .map(|_| {
                let (rate, probability) = (random.uniform(), 0.45 + 0.1 * random.uniform());
                (0..10).map(|_| Forecast { probability, happened: random.uniform() < rate }).collect()
            })
            .collect();
        found += usize::from(skill(&blocks, 1).unwrap().skilled);
    }
    // As above: 5 are expected at most.
    assert!(found <= 14, "{found}");
}

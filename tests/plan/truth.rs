//! On simulated fields, whose truth is known, sites that are chosen lower the area that is really misclassified by more than
//! sites at random or on a grid do, and by what is stated.

use soilscope_assess::plan::{Cell, Limits, Lower, propose};
use soilscope_core::drift::Drift;
use soilscope_core::kriging::{ErrorCovariances, Kriging};
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::random::Random;
use soilscope_core::{Coord, Interpolator, Predictions, Samples, Scratch, Targets};

const SIDE: usize = 16;
const SITES: usize = 9;
const LIMIT: f64 = 0.5;

struct World {
    kriging: Kriging,
    cells: Vec<Coord>,
    lower: Vec<Vec<f64>>,
}

impl World {
    fn new() -> Self {
        // Cells, then the places of samples, which lie beside the middles of cells.
        let cells: Vec<Coord> = (0..SIDE * SIDE).map(|i| [(i % SIDE) as f64 + 0.5, (i / SIDE) as f64 + 0.5]).collect();
        let kriging = Kriging::new("1 Exp(4)".parse().unwrap(), Drift::KnownMean(0.0), Neighbourhood::Global);
        let n = cells.len();
        let covariance =
            |i: usize, j: usize| kriging.variogram.covariance([cells[i][0] - cells[j][0], cells[i][1] - cells[j][1]]);
        let mut lower: Vec<Vec<f64>> = Vec::with_capacity(n);
        for i in 0..n {
            let mut row: Vec<f64> = Vec::with_capacity(i + 1);
            for j in 0..i {
                let sum: f64 = (0..j).map(|k| row[k] * lower[j][k]).sum();
                row.push((covariance(i, j) - sum) / lower[j][j]);
            }
            let sum: f64 = row.iter().map(|v| v * v).sum();
            row.push((covariance(i, i) - sum).sqrt());
            lower.push(row);
        }
        Self { kriging, cells, lower }
    }

    fn field(&self, random: &mut Random) -> Vec<f64> {
        let noise: Vec<f64> = (0..self.cells.len()).map(|_| random.normal()).collect();
        self.lower.iter().map(|row| row.iter().zip(&noise).map(|(l, z)| l * z).sum()).collect()
    }

    fn samples(&self, field: &[f64], at: &[usize]) -> Samples {
        Samples::new(at.iter().map(|&i| self.cells[i]).collect(), at.iter().map(|&i| field[i]).collect()).unwrap()
    }

    /// Cells on the wrong side.
    fn wrong(&self, field: &[f64], at: &[usize]) -> f64 {
        let mut out = Predictions::default();
        let predictor = self.kriging.fit(&self.samples(field, at)).unwrap();
        predictor.predict_into(&Targets::points(&self.cells), &mut Scratch::default(), &mut out);
        out.iter().zip(field).filter(|(p, z)| (p.unwrap().value > LIMIT) != (**z > LIMIT)).count() as f64
    }
}

/// What came of many fields, in cells.
#[derive(Debug, Default)]
struct Comparison {
    /// Means: wrong before, stated before, stated after, wrong after with sites chosen, at random and on a grid.
    means: [f64; 6],
    /// Sums of squares of what was wrong less what was stated, before and after, for the standard errors of their means.
    squares: [f64; 2],
    fields: f64,
}

/// Compares sites chosen, at random and on a grid, over so many fields.
fn compare(fields: u32) -> Comparison {
    let world = World::new();
    let n = world.cells.len();
    let mut random = Random::new(42);
    let mut found = Comparison { fields: f64::from(fields), ..Comparison::default() };
    for _ in 0..fields {
        let field = world.field(&mut random);
        let draw = |random: &mut Random, most: usize, from: &[usize]| {
            let mut at = from.to_vec();
            while at.len() < most {
                let i = random.below(n as u64) as usize;
                if !at.contains(&i) {
                    at.push(i);
                }
            }
            at
        };
        let known = draw(&mut random, 12, &[]);
        let candidates: Vec<usize> = (0..n).filter(|i| !known.contains(i)).collect();
        let samples = world.samples(&field, &known);
        let mut errors = ErrorCovariances::new(&world.kriging, &samples, &world.cells, &candidates, 0.0).unwrap();
        let places: Vec<Coord> = candidates.iter().map(|&c| world.cells[c]).collect();
        let limits = Limits { sites: Some(SITES), ..Limits::default() };
        let lower = Lower::Misclassification { limit: LIMIT };
        let plan = propose(&mut errors, &vec![Cell { area: 1.0 }; n], &places, lower, &limits);
        let mut chosen = known.clone();
        chosen.extend(plan.picks.iter().map(|p| candidates[p.candidate]));
        let at_random = draw(&mut random, known.len() + SITES, &known);
        let mut on_grid = known.clone();
        for i in 0..SITES {
            let cell = (2 + 5 * (i / 3)) * SIDE + 2 + 5 * (i % 3) + 1;
            if !on_grid.contains(&cell) {
                on_grid.push(cell);
            }
        }
        let cells = [
            world.wrong(&field, &known),
            plan.before,
            plan.picks.last().unwrap().after,
            world.wrong(&field, &chosen),
            world.wrong(&field, &at_random),
            world.wrong(&field, &on_grid),
        ];
        found.means.iter_mut().zip(cells).for_each(|(mean, c)| *mean += c / f64::from(fields));
        found.squares[0] += (cells[0] - cells[1]).powi(2);
        found.squares[1] += (cells[3] - cells[2]).powi(2);
    }
    found
}

fn check(fields: u32) {
    let Comparison { means: [before, stated_before, stated, chosen, at_random, on_grid], squares, fields } =
        compare(fields);
    let errors = squares.map(|s| s.sqrt() / fields);
    println!(
        "cells wrong of {} over {fields} fields: {before:.2} (stated {stated_before:.2}, standard error {:.2}); with {SITES} sites chosen \
         {chosen:.2} (stated {stated:.2}, standard error {:.2}), at random {at_random:.2}, on a grid {on_grid:.2}",
        SIDE * SIDE,
        errors[0],
        errors[1]
    );
    // What is stated is the expectation: the means of many fields differ from it by chance alone.
    assert!((before - stated_before).abs() < 3.5 * errors[0] && (chosen - stated).abs() < 3.5 * errors[1]);
    assert!(before - chosen > 1.2 * (before - at_random), "{chosen} against {at_random}");
    assert!(before - chosen > 1.1 * (before - on_grid), "{chosen} against {on_grid}");
}

#[test]
fn chosen_sites_beat_others() {
    check(30);
}

/// `cargo test -p soilscope-assess --test plan -- --ignored --nocapture`
#[test]
#[ignore = "about a minute: `make coverage`"]
fn chosen_sites_beat_others_on_many_fields() {
    check(2000);
}

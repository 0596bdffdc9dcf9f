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

struct World {
    kriging: Kriging,
    cells: Vec<Coord>,
    lower: Vec<Vec<f64>>,
    /// The limit of each cell.
    limits: Vec<f64>,
}

impl World {
    fn new(limit: fn(Coord) -> f64) -> Self {
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
        let limits = cells.iter().map(|&cell| limit(cell)).collect();
        Self { kriging, cells, lower, limits }
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
        let of_cells = out.iter().zip(field).zip(&self.limits);
        of_cells.filter(|((p, z), limit)| (p.unwrap().value > **limit) != (*z > *limit)).count() as f64
    }

    /// Sites for these limits, and the cells wrong that are stated before and after them.
    fn plan(&self, field: &[f64], known: &[usize], limits: &[f64]) -> (Vec<usize>, [f64; 2]) {
        let candidates: Vec<usize> = (0..self.cells.len()).filter(|i| !known.contains(i)).collect();
        let samples = self.samples(field, known);
        let mut errors = ErrorCovariances::new(&self.kriging, &samples, &self.cells, &candidates, 0.0).unwrap();
        let places: Vec<Coord> = candidates.iter().map(|&c| self.cells[c]).collect();
        let cells: Vec<Cell> = limits.iter().map(|&limit| Cell { area: 1.0, limit: Some(limit) }).collect();
        let asked = Limits { sites: Some(SITES), ..Limits::default() };
        let plan = propose(&mut errors, &cells, &places, Lower::Misclassification, &asked);
        let sites = known.iter().copied().chain(plan.picks.iter().map(|p| candidates[p.candidate]));
        (sites.collect(), [plan.before, plan.picks.last().unwrap().after])
    }
}

/// What came of many fields, in cells.
#[derive(Debug, Default)]
struct Comparison {
    /// Means: wrong before, stated before, stated after, wrong after with sites chosen, at random, on a grid, and chosen for the mean
    /// limit everywhere.
    means: [f64; 7],
    /// Sums of squares of what was wrong less what was stated, before and after, for the standard errors of their means.
    squares: [f64; 2],
    fields: f64,
}

/// Compares sites chosen, at random and on a grid, over so many fields.
fn compare(world: &World, fields: u32) -> Comparison {
    let n = world.cells.len();
    let mean_limit = vec![world.limits.iter().sum::<f64>() / n as f64; n];
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
        let (chosen, [before, after]) = world.plan(&field, &known, &world.limits);
        let at_random = draw(&mut random, known.len() + SITES, &known);
        let mut on_grid = known.clone();
        for i in 0..SITES {
            let cell = (2 + 5 * (i / 3)) * SIDE + 2 + 5 * (i % 3) + 1;
            if !on_grid.contains(&cell) {
                on_grid.push(cell);
            }
        }
        let for_the_mean = world.plan(&field, &known, &mean_limit).0;
        let cells = [
            world.wrong(&field, &known),
            before,
            after,
            world.wrong(&field, &chosen),
            world.wrong(&field, &at_random),
            world.wrong(&field, &on_grid),
            world.wrong(&field, &for_the_mean),
        ];
        found.means.iter_mut().zip(cells).for_each(|(mean, c)| *mean += c / f64::from(fields));
        found.squares[0] += (cells[0] - cells[1]).powi(2);
        found.squares[1] += (cells[3] - cells[2]).powi(2);
    }
    found
}

fn check(name: &str, limit: fn(Coord) -> f64, fields: u32) -> Comparison {
    let found = compare(&World::new(limit), fields);
    let Comparison {
        means: [before, stated_before, stated, chosen, at_random, on_grid, for_the_mean],
        squares,
        fields,
    } = found;
    let errors = squares.map(|s| s.sqrt() / fields);
    println!(
        "{name}, cells wrong of {} over {fields} fields: {before:.2} (stated {stated_before:.2}, standard error {:.2}); with {SITES} sites \
         chosen {chosen:.2} (stated {stated:.2}, standard error {:.2}), chosen for the mean limit {for_the_mean:.2}, at random \
         {at_random:.2}, on a grid {on_grid:.2}",
        SIDE * SIDE,
        errors[0],
        errors[1]
    );
    // What is stated is the expectation: the means of many fields differ from it by chance alone.
    assert!((before - stated_before).abs() < 3.5 * errors[0] && (chosen - stated).abs() < 3.5 * errors[1]);
    assert!(before - chosen > 1.2 * (before - at_random), "{chosen} against {at_random}");
    assert!(before - chosen > 1.1 * (before - on_grid), "{chosen} against {on_grid}");
    found
}

/// One limit everywhere.
fn everywhere(_: Coord) -> f64 {
    0.5
}

/// As of a soil that changes over the area: from 1.5 standard deviations of the field below its mean in the west to as many above it.
fn by_cell([x, y]: Coord) -> f64 {
    3.0 * (x / SIDE as f64 - 0.5) + 0.3 * (y - 0.5 * SIDE as f64) / SIDE as f64
}

#[test]
fn chosen_sites_beat_others() {
    check("one limit", everywhere, 30);
    check("a limit by cell", by_cell, 30);
}

/// `cargo test -p soilscope-assess --test plan -- --ignored --nocapture`
#[test]
#[ignore = "some minutes: `make coverage`"]
fn chosen_sites_beat_others_on_many_fields() {
    check("one limit", everywhere, 2000);
    let found = check("a limit by cell", by_cell, 2000);
    let [before, .., chosen, _, _, for_the_mean] = found.means;
    assert!(before - chosen > 1.1 * (before - for_the_mean), "{chosen} against {for_the_mean}");
}

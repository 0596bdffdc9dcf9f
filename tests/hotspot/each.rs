//! Simulated truth of single hotspots: does the interval of each hold the truth of that very hotspot?
//!
//! # Selection
//! Hotspots are chosen by the data: a place is one because its samples, and what was made of them, are high. Of what was chosen for
//! being high, the samples inside are too high on the average (the winner's curse). An interval that is a statement given the
//! data is not: whatever the data, the truth lies in it in 90 of 100 soils *that have these data*, so it does in those whose data chose
//! the hotspot, too (Dawid 1994, *Selection paradoxes of Bayesian inference*). That is Bayes' theorem, and holds as far as the model does;
//! with the model and mean that made the fields it must hold to the error of 200 fields. Both stand in the table.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and this one prints a table")]

use soilscope_core::random::Random;
use soilscope_core::simulation::predictive_quantile;

/// Cells of the smallest hotspot that is judged.
pub(crate) const FEWEST: usize = 10;

/// Hotspots of one field.
#[derive(Debug, Clone, Copy, Default)]
struct OfField {
    spots: f64,
    /// Of them, those whose truth is in the stated 90 % interval.
    mean_held: f64,
    area_held: f64,
    /// The same of the area with ties decided by lot: an area is counted in cells, and an interval that ends in a count holds all of it.
    area_held_by_lot: f64,
    /// Sums over hotspots of the true mean, the stated one, and over those with samples inside of the true and the samples' one.
    truth: f64,
    stated: f64,
    truth_with_samples: f64,
    of_samples: f64,
}

/// Hotspots of all fields.
#[derive(Debug, Default)]
pub(crate) struct Each {
    fields: Vec<OfField>,
}

/// An estimate with its standard error, both in percent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Estimate {
    pub(crate) percent: f64,
    pub(crate) error: f64,
}

/// What is true of a hotspot.
pub(crate) struct Truth {
    pub(crate) mean: f64,
    pub(crate) cells_above: usize,
    /// Mean of the samples inside; `None` where there are none.
    pub(crate) mean_of_samples: Option<f64>,
}

impl Each {
    pub(crate) fn start_field(&mut self) {
        self.fields.push(OfField::default());
    }

    /// Adds a hotspot of the field at hand, with what realisations say of it.
    pub(crate) fn add(&mut self, truth: &Truth, means: &[f64], above: &[u64], random: &mut Random) {
        let field = self.fields.last_mut().unwrap();
        let sorted = |mut numbers: Vec<f64>| {
            numbers.sort_by(f64::total_cmp);
            numbers
        };
        let held = |sorted: &[f64], truth: f64| {
            let [low, high] = [0.05, 0.95].map(|p| predictive_quantile(sorted, p));
            f64::from(u8::from((low..=high).contains(&truth)))
        };
        let areas = above.iter().map(|&n| n as f64).collect();
        let true_area = truth.cells_above as f64;
        field.spots += 1.0;
        field.mean_held += held(&sorted(means.to_vec()), truth.mean);
        field.area_held += held(&sorted(areas), true_area);
        // The rank of the truth among the realisations and itself, ties by lot: uniform, where it is one of them.
        let below = above.iter().filter(|&&n| (n as f64) < true_area).count() as f64;
        let equal = above.iter().filter(|&&n| (n as f64) == true_area).count() as f64;
        let rank = (below + random.uniform() * (equal + 1.0)) / (above.len() + 1) as f64;
        field.area_held_by_lot += f64::from(u8::from((0.05..=0.95).contains(&rank)));
        field.truth += truth.mean;
        field.stated += means.iter().sum::<f64>() / means.len() as f64;
        if let Some(of_samples) = truth.mean_of_samples {
            field.truth_with_samples += truth.mean;
            field.of_samples += of_samples;
        }
    }

    pub(crate) fn spots(&self) -> f64 {
        self.fields.iter().map(|f| f.spots).sum()
    }

    /// A ratio of sums over fields; its error is that of independent fields, whatever hotspots of one have in common.
    fn ratio(&self, of: impl Fn(&OfField) -> f64, over: impl Fn(&OfField) -> f64) -> Estimate {
        let sum: f64 = self.fields.iter().map(&over).sum();
        let ratio = self.fields.iter().map(&of).sum::<f64>() / sum;
        let squares: f64 = self.fields.iter().map(|f| (of(f) - ratio * over(f)).powi(2)).sum();
        let m = self.fields.len() as f64;
        Estimate { percent: 100.0 * ratio, error: 100.0 * (squares * m / (m - 1.0)).sqrt() / sum }
    }

    /// Hotspots whose true mean is in its interval. Their masses are means times area, depth and density: the same share.
    pub(crate) fn mean_held(&self) -> Estimate {
        self.ratio(|f| f.mean_held, |f| f.spots)
    }

    pub(crate) fn area_held(&self) -> Estimate {
        self.ratio(|f| f.area_held, |f| f.spots)
    }

    pub(crate) fn area_held_by_lot(&self) -> Estimate {
        self.ratio(|f| f.area_held_by_lot, |f| f.spots)
    }

    /// Stated means over true ones.
    pub(crate) fn stated_over_truth(&self) -> Estimate {
        self.ratio(|f| f.stated, |f| f.truth)
    }

    /// Means of the samples inside over true ones.
    pub(crate) fn samples_over_truth(&self) -> Estimate {
        self.ratio(|f| f.of_samples, |f| f.truth_with_samples)
    }

    pub(crate) fn print(&self, name: &str) {
        let show = |e: Estimate| format!("{:.1} ± {:.1}", e.percent, e.error);
        println!(
            "| {name} | {} | {} | {} | {} | {} | {} | {} |",
            self.fields.len(),
            self.spots(),
            show(self.mean_held()),
            show(self.area_held()),
            show(self.area_held_by_lot()),
            show(self.stated_over_truth()),
            show(self.samples_over_truth())
        );
    }
}

/// Areas of cells that share edges, of at least [`FEWEST`] cells; each as places in `hot`.
pub(crate) fn areas(hot: &[usize], side: usize) -> Vec<Vec<usize>> {
    let mut left: std::collections::BTreeMap<usize, usize> =
        hot.iter().enumerate().map(|(k, &cell)| (cell, k)).collect();
    let mut areas = Vec::new();
    while let Some((first, k)) = left.pop_first() {
        let (mut area, mut todo) = (vec![k], vec![first]);
        while let Some(cell) = todo.pop() {
            let (column, row) = (cell % side, cell / side);
            let around = [
                (column > 0).then(|| cell - 1),
                (column + 1 < side).then_some(cell + 1),
                (row > 0).then(|| cell - side),
                (row + 1 < side).then_some(cell + side),
            ];
            for near in around.into_iter().flatten() {
                if let Some(k) = left.remove(&near) {
                    area.push(k);
                    todo.push(near);
                }
            }
        }
        areas.push(area);
    }
    areas.retain(|area| area.len() >= FEWEST);
    areas
}

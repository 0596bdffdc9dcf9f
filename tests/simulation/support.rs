//! Set-ups, executors and moments.

use soilscope_core::executor::Executor;
use soilscope_core::simulation::Realisations;
use soilscope_core::variogram::{ModelTemplate, Variogram};
use soilscope_core::{Coord, Samples, Targets, Window};

/// Standard errors that a comparison may be off.
pub(crate) const Z: f64 = 4.5;

pub(crate) fn model(text: &str) -> Variogram {
    text.parse::<ModelTemplate>().unwrap().complete().unwrap().unwrap()
}

/// A square of cells with a side of 10; the first row is north.
pub(crate) fn window(cells: usize) -> Window {
    Window { origin: [5.0, 10.0 * cells as f64 - 5.0], step: [10.0, -10.0], size: [cells, cells] }
}

pub(crate) fn nodes(window: Window) -> Vec<Coord> {
    let targets = Targets::window(window);
    (0..targets.len()).map(|i| targets.coord(i)).collect()
}

/// Twelve samples: two at nodes of [`window`], one outside a window of ten cells, the rest anywhere.
pub(crate) fn samples() -> Samples {
    let coords = vec![
        [15.0, 25.0],
        [75.0, 85.0],
        [33.0, 41.0],
        [52.0, 12.0],
        [88.0, 30.0],
        [12.0, 70.0],
        [47.0, 66.0],
        [61.0, 58.0],
        [93.0, 96.0],
        [29.0, 91.0],
        [70.0, 44.0],
        [-14.0, 48.0],
    ];
    let values = vec![1.2, -0.4, 0.3, 2.1, -1.5, 0.8, -0.2, -0.9, 0.5, 1.7, -0.6, 0.1];
    Samples::new(coords, values).unwrap()
}

/// Runs tasks from the last to the first.
pub(crate) struct Backwards;

impl Executor for Backwards {
    fn run(&self, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
        (0..tasks).rev().for_each(task);
    }
}

/// Runs tasks on this many threads, whoever is free.
pub(crate) struct Threads(pub(crate) usize);

impl Executor for Threads {
    fn run(&self, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
        let next = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..self.0 {
                scope.spawn(|| {
                    loop {
                        let k = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        if k >= tasks {
                            break;
                        }
                        task(k);
                    }
                });
            }
        });
    }
}

/// Mean and variance of each node over the realisations.
pub(crate) fn moments(fields: &Realisations) -> Vec<(f64, f64)> {
    let mut values = Vec::new();
    (0..fields.nodes())
        .map(|node| {
            fields.at_node(node, &mut values);
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            (mean, values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0))
        })
        .collect()
}

/// Fails where the moments of `n` Gaussian realisations are not those expected, `(mean, variance)` a node.
///
/// The standard error of a mean is σ/√n, that of a variance σ²√(2/n); beside them a rounding error of the sill.
#[track_caller]
pub(crate) fn assert_moments(fields: &Realisations, expected: &[(f64, f64)], sill: f64, what: &str) {
    let n = fields.range().len() as f64;
    for (node, ((mean, variance), (m, v))) in moments(fields).into_iter().zip(expected).enumerate() {
        let allowed = Z * (v / n).sqrt() + 1e-9 * sill.sqrt();
        assert!((mean - m).abs() <= allowed, "{what}: mean of node {node} is {mean}, not {m} ± {allowed}");
        let allowed = Z * v * (2.0 / n).sqrt() + 1e-9 * sill;
        assert!((variance - v).abs() <= allowed, "{what}: variance of node {node} is {variance}, not {v} ± {allowed}");
    }
}

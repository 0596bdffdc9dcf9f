//! What realisations of several contaminants say together, batch by batch.

use std::ops::Range;

use serde::Serialize;
use soilscope_core::executor::{self, Executor};
use soilscope_core::simulation::Realisations;

use super::{Limits, SeveralError};

/// Nodes of one task.
const TASK: usize = 1024;

/// Counts over the realisations seen so far. Batches of realisations are added in any division: the result is the same,
/// to the bit, and memory is that of the nodes, not of the realisations.
///
/// # Units
/// Values of a contaminant in the unit of its limit.
///
/// # Examples
/// ```
/// use soilscope_assess::several::{Joint, Limits};
/// use soilscope_core::cokriging::{Coefficients, Coregionalisation, Means, Term};
/// use soilscope_core::executor::Serial;
/// use soilscope_core::simulation::CoSimulation;
/// use soilscope_core::Window;
///
/// // Two contaminants, independent, each above its limit at half of all places.
/// let nugget = Term::nugget(Coefficients::from_rows(&[vec![1.0, 0.0], vec![0.0, 1.0]])?)?;
/// let model = Coregionalisation::new(vec!["zinc".into(), "lead".into()], vec![nugget])?;
/// let window = Window { origin: [0.0, 0.0], step: [1.0, 1.0], size: [20, 20] };
/// let run = CoSimulation::new(model, Means::Known(vec![10.0, 20.0]), 1).prepare(&[], window, None)?;
/// let mut joint = Joint::new(vec![Limits::Everywhere(10.0), Limits::Everywhere(20.0)], 400)?;
/// for batch in [0..40, 40..100] {
///     joint.add(&run.simulate(batch, &Serial)?, &Serial)?;
/// }
/// let products = joint.finish();
/// let mean = |column: &[f64]| column.iter().sum::<f64>() / 400.0;
/// assert!((mean(&products.any) - 0.75).abs() < 0.01);
/// assert!((mean(&products.all) - 0.25).abs() < 0.01);
/// assert!((mean(&products.count) - 1.0).abs() < 0.02);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Joint {
    limits: Vec<Limits>,
    realisations: usize,
    nodes: Vec<Node>,
    /// Of each node, one a contaminant: realisations above its limit, and those in which it is the dominant one.
    above: Vec<u32>,
    dominant: Vec<u32>,
    cells: CellsAbove,
}

/// Counts of one node.
#[derive(Debug, Clone, Copy, Default)]
struct Node {
    any: u32,
    all: u32,
    fractions_above: u32,
    /// Of the sums of fractions, one realisation after the other.
    fractions: f64,
}

/// How many nodes are above, in every realisation: the joint distribution of areas, which a map of probabilities does not
/// have.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct CellsAbove {
    /// Nodes that have a limit of every contaminant.
    pub nodes: usize,
    /// Any contaminant above its limit.
    pub any: Vec<u64>,
    /// All of them.
    pub all: Vec<u64>,
    /// Sum of fractions above 1.
    pub fractions: Vec<u64>,
    /// Each contaminant above its limit.
    pub each: Vec<Vec<u64>>,
}

/// Shares of the realisations and means over them, one a node; not a number where a contaminant has no limit.
#[derive(Debug, Clone, PartialEq)]
pub struct JointProducts {
    /// Probability of any contaminant above its limit.
    pub any: Vec<f64>,
    /// Probability of all contaminants above their limits.
    pub all: Vec<f64>,
    /// Expected number of contaminants above their limits.
    pub count: Vec<f64>,
    /// Mean of the sum of fractions Σ Cᵢ / Tᵢ of concentrations and limits; a value below 0 counts as 0.
    pub fractions: Vec<f64>,
    /// Probability of a sum of fractions above 1.
    pub fractions_above: Vec<f64>,
    /// The contaminant that most often has the largest fraction Cᵢ / Tᵢ, the first of equals; `None` where one has no limit.
    pub dominant: Vec<Option<usize>>,
    /// Share of the realisations in which it has.
    pub dominant_probability: Vec<f64>,
    /// Probability of each contaminant above its limit.
    pub above: Vec<Vec<f64>>,
    /// Nodes above in every realisation.
    pub cells: CellsAbove,
}

impl Joint {
    /// Nothing seen yet, of contaminants with these limits at so many nodes.
    ///
    /// # Errors
    /// No contaminant, a limit that is not above 0, or another number of limits than nodes.
    pub fn new(limits: Vec<Limits>, nodes: usize) -> Result<Self, SeveralError> {
        if limits.is_empty() {
            return Err(SeveralError::None);
        }
        for (contaminant, limits) in limits.iter().enumerate() {
            limits.check(contaminant, nodes)?;
        }
        let count = limits.len();
        let with_limits = (0..nodes).filter(|&node| limits.iter().all(|l| !l.at(node).is_nan())).count();
        Ok(Self {
            realisations: 0,
            nodes: vec![Node::default(); nodes],
            above: vec![0; nodes * count],
            dominant: vec![0; nodes * count],
            cells: CellsAbove { nodes: with_limits, each: vec![Vec::new(); count], ..CellsAbove::default() },
            limits,
        })
    }

    /// Adds realisations of every contaminant, in the order of the limits.
    ///
    /// # Errors
    /// Realisations of another number of contaminants or nodes, or of other numbers than those of the first, or
    /// [`SeveralError::Cancelled`].
    pub fn add(&mut self, fields: &[Realisations], executor: &dyn Executor) -> Result<(), SeveralError> {
        let count = self.limits.len();
        if fields.len() != count {
            return Err(SeveralError::Count { what: "sets of realisations", found: fields.len(), needed: count });
        }
        let range = fields[0].range();
        for f in fields {
            if f.nodes() != self.nodes.len() {
                return Err(SeveralError::Count { what: "nodes", found: f.nodes(), needed: self.nodes.len() });
            }
            if f.range() != range {
                return Err(SeveralError::Count { what: "realisations", found: f.range().len(), needed: range.len() });
            }
        }
        let seen = &*self;
        let parts = executor::map(executor, self.nodes.len().div_ceil(TASK), |task| {
            let nodes = task * TASK..(task * TASK + TASK).min(seen.nodes.len());
            seen.part(fields, nodes)
        });
        let parts = parts.map_err(|_| SeveralError::Cancelled)?;
        let (mut any, mut all) = (vec![0; range.len()], vec![0; range.len()]);
        let (mut fractions, mut each) = (any.clone(), vec![vec![0; range.len()]; count]);
        let add = |sum: &mut [u64], more: &[u64]| sum.iter_mut().zip(more).for_each(|(s, m)| *s += m);
        let mut first = 0;
        for part in parts {
            let nodes = part.nodes.len();
            self.nodes[first..first + nodes].copy_from_slice(&part.nodes);
            self.above[first * count..(first + nodes) * count].copy_from_slice(&part.above);
            self.dominant[first * count..(first + nodes) * count].copy_from_slice(&part.dominant);
            first += nodes;
            add(&mut any, &part.cells.any);
            add(&mut all, &part.cells.all);
            add(&mut fractions, &part.cells.fractions);
            each.iter_mut().zip(&part.cells.each).for_each(|(sum, more)| add(sum, more));
        }
        self.cells.any.extend(any);
        self.cells.all.extend(all);
        self.cells.fractions.extend(fractions);
        self.cells.each.iter_mut().zip(each).for_each(|(cells, more)| cells.extend(more));
        self.realisations += range.len();
        Ok(())
    }

    /// The counts of some nodes, with these realisations.
    fn part(&self, fields: &[Realisations], nodes: Range<usize>) -> Part {
        let (count, n) = (self.limits.len(), fields[0].range().len());
        let zeros = || vec![0; n];
        let mut cells = CellsAbove { each: vec![zeros(); count], ..CellsAbove::default() };
        (cells.any, cells.all, cells.fractions) = (zeros(), zeros(), zeros());
        let mut part = Part {
            nodes: self.nodes[nodes.clone()].to_vec(),
            above: self.above[nodes.start * count..nodes.end * count].to_vec(),
            dominant: self.dominant[nodes.start * count..nodes.end * count].to_vec(),
            cells,
        };
        let mut values: Vec<Vec<f64>> = vec![Vec::new(); count];
        let mut limits = vec![0.0; count];
        for (k, node) in nodes.enumerate() {
            limits.iter_mut().zip(&self.limits).for_each(|(limit, own)| *limit = own.at(node));
            if limits.iter().any(|limit| limit.is_nan()) {
                continue;
            }
            fields.iter().zip(&mut values).for_each(|(field, values)| field.at_node(node, values));
            let counts = &mut part.nodes[k];
            for r in 0..n {
                let (mut above, mut sum, mut largest) = (0, 0.0, (f64::NEG_INFINITY, 0));
                for (i, (values, &limit)) in values.iter().zip(&limits).enumerate() {
                    let value = values[r];
                    if value > limit {
                        above += 1;
                        part.above[k * count + i] += 1;
                        part.cells.each[i][r] += 1;
                    }
                    let fraction = value.max(0.0) / limit;
                    sum += fraction;
                    if fraction > largest.0 {
                        largest = (fraction, i);
                    }
                }
                part.dominant[k * count + largest.1] += 1;
                counts.fractions += sum;
                let (any, all, over) = (above > 0, above == count, sum > 1.0);
                counts.any += u32::from(any);
                counts.all += u32::from(all);
                counts.fractions_above += u32::from(over);
                part.cells.any[r] += u64::from(any);
                part.cells.all[r] += u64::from(all);
                part.cells.fractions[r] += u64::from(over);
            }
        }
        part
    }

    /// How many realisations were added.
    pub fn realisations(&self) -> usize {
        self.realisations
    }

    /// The products; not a number everywhere where no realisation was added.
    pub fn finish(self) -> JointProducts {
        let (count, n) = (self.limits.len(), self.realisations as f64);
        let has_limits = |node: usize| self.limits.iter().all(|l| !l.at(node).is_nan());
        let of = |value: &dyn Fn(usize) -> f64| -> Vec<f64> {
            let node = |k: usize| if has_limits(k) { value(k) / n } else { f64::NAN };
            (0..self.nodes.len()).map(node).collect()
        };
        let above = |i: usize| of(&|k| f64::from(self.above[k * count + i]));
        let shares = |k: usize| &self.dominant[k * count..(k + 1) * count];
        // The first of the largest.
        let dominant = |k: usize| (0..count).rev().max_by_key(|&i| shares(k)[i]);
        JointProducts {
            any: of(&|k| f64::from(self.nodes[k].any)),
            all: of(&|k| f64::from(self.nodes[k].all)),
            count: of(&|k| (0..count).map(|i| f64::from(self.above[k * count + i])).sum()),
            fractions: of(&|k| self.nodes[k].fractions),
            fractions_above: of(&|k| f64::from(self.nodes[k].fractions_above)),
            dominant: (0..self.nodes.len()).map(|k| dominant(k).filter(|_| n > 0.0 && has_limits(k))).collect(),
            dominant_probability: of(&|k| f64::from(shares(k).iter().copied().max().unwrap_or(0))),
            above: (0..count).map(above).collect(),
            cells: self.cells.clone(),
        }
    }
}

/// What one task gives.
struct Part {
    nodes: Vec<Node>,
    above: Vec<u32>,
    dominant: Vec<u32>,
    cells: CellsAbove,
}

impl JointProducts {
    /// Probabilities of any and of all contaminants above their limits at a node, were they independent of each other there:
    /// 1 − Π (1 − pᵢ) and Π pᵢ. What they are not, [`any`](Self::any) and [`all`](Self::all) show beside it.
    ///
    /// # Panics
    /// A node beyond the last.
    pub fn if_independent(&self, node: usize) -> [f64; 2] {
        let none: f64 = self.above.iter().map(|p| 1.0 - p[node]).product();
        [1.0 - none, self.above.iter().map(|p| p[node]).product()]
    }
}

//! Co-kriging of what separates samples of several variables from simulated fields, in many realisations at once.

use super::super::earlier::{Earlier, Near};
use super::super::realisations::{LANES, Lanes};
use super::super::system::Metric;
use super::system::CoSystem;
use crate::cokriging::Coregionalisation;
use crate::{Coord, Error, Result, Samples};

/// One sample of one variable.
#[derive(Debug, Clone, Copy)]
pub(super) struct Datum {
    pub(super) variable: usize,
    pub(super) at: Coord,
    pub(super) value: f64,
    pub(super) error_variance: f64,
}

/// All samples, variable by variable.
pub(super) fn data(samples: &[Samples]) -> Vec<Datum> {
    let of = |(variable, samples): (usize, &Samples)| -> Vec<Datum> {
        let datum = |i: usize| Datum {
            variable,
            at: samples.coords()[i],
            value: samples.values()[i],
            error_variance: samples.error_variance(i),
        };
        (0..samples.len()).map(datum).collect()
    };
    samples.iter().enumerate().flat_map(of).collect()
}

/// Samples that nodes are conditioned on.
#[derive(Debug)]
pub(super) struct Conditioning {
    model: Coregionalisation,
    known_means: bool,
    data: Vec<Datum>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// All samples serve every node.
    All(CoSystem),
    /// The nearest ones of each variable, and where those of the variable start.
    Nearest { most: usize, metric: Metric, indexes: Vec<(Earlier, usize)> },
}

/// Differences at the samples in up to eight realisations, made ready.
#[derive(Debug)]
pub(super) struct Prepared {
    /// C⁻¹ of the differences of the samples in the system with all of them, the differences themselves with the nearest.
    samples: Vec<Lanes>,
    /// Estimated mean of the differences of each variable; 0 where it is known.
    means: Vec<Lanes>,
}

impl Conditioning {
    /// # Errors
    /// A system of all samples of which one says nothing that the others do not: then it cannot be honoured.
    pub(super) fn new(
        model: &Coregionalisation,
        known_means: bool,
        samples: &[Samples],
        most: Option<usize>,
    ) -> Result<Self> {
        let data = data(samples);
        let most = most.filter(|&most| samples.iter().any(|s| s.len() > most));
        let kind = match most {
            Some(most) => {
                let metric = main_metric(model);
                let mut first = 0;
                let mut index = |s: &Samples| {
                    let places = s.coords().iter().map(|&c| metric.place(c)).collect();
                    first += s.len();
                    (Earlier::all(places), first - s.len())
                };
                Kind::Nearest { most, metric, indexes: samples.iter().map(&mut index).collect() }
            }
            None => {
                let mut system = CoSystem::default();
                let push = |d: &Datum| system.push(model, d.variable, d.at, d.error_variance);
                if !data.iter().all(push) {
                    return Err(Error::SingularSystem { size: data.len(), model: model.to_string() });
                }
                system.end(samples.len(), known_means);
                Kind::All(system)
            }
        };
        Ok(Self { model: model.clone(), known_means, data, kind })
    }

    pub(super) fn data(&self) -> &[Datum] {
        &self.data
    }

    /// Makes differences ready, one entry a sample.
    pub(super) fn prepare(&self, mut differences: Vec<Lanes>) -> Prepared {
        let mut means = vec![[0.0; LANES]; self.model.variables().len()];
        if let Kind::All(system) = &self.kind {
            for lane in 0..LANES {
                let mut column: Vec<f64> = differences.iter().map(|d| d[lane]).collect();
                for (mean, own) in means.iter_mut().zip(system.dual(&mut column)) {
                    mean[lane] = own;
                }
                for (d, value) in differences.iter_mut().zip(column) {
                    d[lane] = value;
                }
            }
        }
        Prepared { samples: differences, means }
    }

    /// What each variable at each of `places` is corrected by, in the realisations of each block: a column for each variable of
    /// each block.
    pub(super) fn corrections(&self, places: &[Coord], blocks: &[Prepared]) -> Vec<Vec<Lanes>> {
        let variables = self.model.variables().len();
        let all: Vec<usize> = (0..variables).collect();
        let means = blocks.iter().flat_map(|b| &b.means);
        let mut out: Vec<Vec<Lanes>> = means.map(|&mean| vec![mean; places.len()]).collect();
        let (mut local, mut merged, mut near): (CoSystem, Vec<(f64, usize)>, Vec<Near>) = Default::default();
        let (mut unit, mut weights): (Vec<f64>, Vec<f64>) = Default::default();
        let mut kept: Vec<usize> = (0..self.data.len()).collect();
        for (place, &at) in places.iter().enumerate() {
            match &self.kind {
                Kind::All(system) => {
                    weights.resize(kept.len() * variables, 0.0);
                    system.covariances(&self.model, at, &all, &mut unit, &mut weights);
                }
                Kind::Nearest { most, metric, indexes } => {
                    merged.clear();
                    for (index, first) in indexes {
                        index.nearest(metric.place(at), index.len(), *most, &mut near);
                        merged.extend(near.iter().map(|&(d, i)| (d, first + i as usize)));
                    }
                    merged.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                    local.clear();
                    kept.clear();
                    for &(_, i) in &merged {
                        let d = &self.data[i];
                        if local.push(&self.model, d.variable, d.at, d.error_variance) {
                            kept.push(i);
                        }
                    }
                    local.end(variables, self.known_means);
                    local.weights(&self.model, at, &all, &mut weights);
                }
            }
            for (block, out) in blocks.iter().zip(out.chunks_mut(variables)) {
                for (own, weights) in out.iter_mut().zip(weights.chunks(kept.len().max(1))) {
                    let mut sum = own[place];
                    for (&i, weight) in kept.iter().zip(weights) {
                        let sample = &block.samples[i];
                        for k in 0..LANES {
                            sum[k] += weight * sample[k];
                        }
                    }
                    own[place] = sum;
                }
            }
        }
        out
    }
}

/// The coordinates in which neighbours are nearest: those of the structure with the largest sum of correlations.
fn main_metric(model: &Coregionalisation) -> Metric {
    let weight = |k: usize| -> f64 {
        let b = model.terms()[k].coefficients();
        (0..b.order()).map(|v| b.get(v, v) / model.sill(v, v)).sum()
    };
    let structures = (0..model.terms().len()).filter(|&k| !model.terms()[k].unit().structures().is_empty());
    let main = structures.reduce(|a, b| if weight(b) > weight(a) { b } else { a });
    Metric::of(model.terms()[main.unwrap_or(0)].unit())
}

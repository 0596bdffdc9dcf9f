//! What a recipe says of a target: its covariances to samples, its drift functions, its own variance.

use super::Kriging;
use crate::drift::Basis;
use crate::support::{Node, Support};
use crate::variogram::Variogram;
use crate::{Coord, Result, Samples};

/// A recipe made ready for a set of samples.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    pub(super) variogram: Variogram,
    pub(super) basis: Basis,
    /// Known mean, or the samples' mean: taken off the data before solving.
    pub(super) centre: f64,
    /// The block's nodes; empty for a point.
    nodes: Vec<Node>,
    /// Variance of what is predicted: C(0), or its mean over the block.
    pub(super) own_variance: f64,
}

impl Setting {
    /// # Errors
    /// As [`Basis::new`].
    pub(super) fn new(recipe: &Kriging, samples: &Samples) -> Result<Self> {
        let variogram = recipe.variogram.clone().on(samples.metric())?.localised(samples.diagonal());
        let own_variance = variance_without_samples(&variogram, recipe.support);
        let mut nodes = recipe.support.nodes();
        if nodes.len() == 1 {
            nodes.clear();
        }
        let centre = recipe.drift.known_mean().unwrap_or_else(|| samples.mean());
        Ok(Self { basis: Basis::new(recipe.drift, samples)?, variogram, centre, nodes, own_variance })
    }

    /// Whether the systems are the same, whatever the data.
    pub(super) fn has_system_of(&self, other: &Self) -> bool {
        let Self { variogram, basis, centre: _, nodes, own_variance } = self;
        *variogram == other.variogram
            && *basis == other.basis
            && *nodes == other.nodes
            && *own_variance == other.own_variance
    }

    /// The block's nodes; none for a point.
    pub(super) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Error variance on the diagonal of sample `index`.
    #[inline]
    pub(super) fn error_variance(&self, samples: &Samples, index: usize) -> f64 {
        self.variogram.error_variance() + samples.error_variance(index)
    }

    /// Covariances of the target around `at` to `coords`.
    pub(super) fn covariances(&self, at: Coord, coords: &[Coord], out: &mut [f64], spare: &mut Vec<f64>) {
        if self.nodes.is_empty() {
            return self.variogram.covariances(at, coords, out);
        }
        out.fill(0.0);
        spare.resize(coords.len(), 0.0);
        for node in &self.nodes {
            let place = [at[0] + node.offset[0], at[1] + node.offset[1]];
            self.variogram.covariances(place, coords, spare);
            for (o, c) in out.iter_mut().zip(spare.iter()) {
                *o += node.weight * c;
            }
        }
    }

    /// The drift functions of `basis` (this setting's, or it centred elsewhere) for the target around `at`.
    pub(super) fn drift(&self, basis: &Basis, at: Coord, covariates: &[f64], out: &mut [f64], spare: &mut Vec<f64>) {
        if self.nodes.is_empty() {
            return basis.fill(at, covariates, out);
        }
        out.fill(0.0);
        spare.resize(out.len(), 0.0);
        for node in &self.nodes {
            basis.fill([at[0] + node.offset[0], at[1] + node.offset[1]], covariates, spare);
            for (o, f) in out.iter_mut().zip(spare.iter()) {
                *o += node.weight * f;
            }
        }
    }
}

/// Variance of what is predicted where no sample says anything of it and the mean is known: C(0), or its mean over the block.
pub(crate) fn variance_without_samples(variogram: &Variogram, support: Support) -> f64 {
    let nodes = support.nodes();
    if nodes.len() == 1 { variogram.variance_at_zero() } else { mean_covariance(variogram, &nodes) }
}

/// Mean covariance between the points of a block. The nugget is left out, also of a node with itself: over a block it
/// averages to nothing.
fn mean_covariance(variogram: &Variogram, nodes: &[Node]) -> f64 {
    let mut sum = 0.0;
    for a in nodes {
        for b in nodes {
            let separation = [a.offset[0] - b.offset[0], a.offset[1] - b.offset[1]];
            let nugget = if separation == [0.0, 0.0] { variogram.nugget() } else { 0.0 };
            sum += a.weight * b.weight * (variogram.covariance(separation) - nugget);
        }
    }
    sum
}

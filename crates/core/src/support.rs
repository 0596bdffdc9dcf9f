//! The area a predicted value speaks for.

use std::num::NonZeroUsize;

use crate::{Coord, Error, Result};

/// What a prediction speaks for: a point, or the mean of a block around it.
///
/// # Examples
/// ```
/// use soilscope_core::support::{BlockNodes, Support};
/// assert!(Support::block([100.0, 50.0], BlockNodes::GAUSS_4).is_ok());
/// assert!(Support::block([100.0, 0.0], BlockNodes::GAUSS_4).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Support {
    /// The value at the target itself.
    #[default]
    Point,
    /// The mean over a rectangle centred on the target, its sides along easting and northing.
    Block {
        /// Width (easting) and height (northing), coordinate units.
        size: [f64; 2],
        /// Points that stand for the block.
        nodes: BlockNodes,
    },
}

/// Points and weights by which a mean over a block is computed, the same number along both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum BlockNodes {
    /// Gauss–Legendre quadrature of this many nodes a side.
    Gauss(NonZeroUsize),
    /// Centres of this many equal parts of a side, equal weights.
    Regular(NonZeroUsize),
}

const FOUR: NonZeroUsize = NonZeroUsize::new(4).expect("not 0");

impl BlockNodes {
    /// 4 × 4 Gauss–Legendre nodes, gstat's default.
    pub const GAUSS_4: Self = Self::Gauss(FOUR);
    /// Centres of 4 × 4 parts, gstat's `nblockdiscr = 4`.
    pub const REGULAR_4: Self = Self::Regular(FOUR);

    /// Nodes on [−½, ½] with weights that sum to 1.
    fn side(self) -> Vec<[f64; 2]> {
        match self {
            Self::Regular(count) => {
                let n = count.get() as f64;
                (0..count.get()).map(|i| [(i as f64 + 0.5) / n - 0.5, 1.0 / n]).collect()
            }
            Self::Gauss(count) => gauss_legendre(count.get()).into_iter().map(|[x, w]| [0.5 * x, 0.5 * w]).collect(),
        }
    }

    fn count(self) -> NonZeroUsize {
        match self {
            Self::Gauss(count) | Self::Regular(count) => count,
        }
    }
}

/// Most nodes along a side of a block.
const MOST_NODES: usize = 32;

impl Support {
    /// The mean over a block.
    ///
    /// # Errors
    /// A side that is not above 0, or more than 32 nodes a side.
    pub fn block(size: [f64; 2], nodes: BlockNodes) -> Result<Self> {
        Self::Block { size, nodes }.checked()
    }

    pub(crate) fn checked(self) -> Result<Self> {
        if let Self::Block { size, nodes } = self {
            if let Some(&value) = size.iter().find(|&&s| !(s > 0.0 && s.is_finite())) {
                return Err(Error::Parameter { name: "side of the block", value, requirement: "above 0" });
            }
            let nodes = nodes.count().get();
            if nodes > MOST_NODES {
                let value = nodes as f64;
                return Err(Error::Parameter { name: "nodes of the block", value, requirement: "at most 32 a side" });
            }
        }
        Ok(self)
    }

    /// Offsets from the target and their weights; one node without offset for a point.
    pub(crate) fn nodes(self) -> Vec<Node> {
        let Self::Block { size, nodes } = self else { return vec![Node { offset: [0.0, 0.0], weight: 1.0 }] };
        let side = nodes.side();
        let node = |[x, v]: [f64; 2], [y, w]: [f64; 2]| Node { offset: [x * size[0], y * size[1]], weight: v * w };
        side.iter().flat_map(|&x| side.iter().map(move |&y| node(x, y))).collect()
    }
}

/// A point of a block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Node {
    pub(crate) offset: Coord,
    pub(crate) weight: f64,
}

/// Nodes on [−1, 1] and weights, which sum to 2: zeros of the Legendre polynomial of degree `n` by Newton's method.
///
/// # Source
/// Abramowitz & Stegun (1964), *Handbook of Mathematical Functions*, eq. 25.4.29.
fn gauss_legendre(n: usize) -> Vec<[f64; 2]> {
    let degree = n as f64;
    (0..n)
        .map(|i| {
            let mut x = -(std::f64::consts::PI * (i as f64 + 0.75) / (degree + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..100 {
                let (mut p, mut before) = (x, 1.0);
                for k in 2..=n {
                    let k = k as f64;
                    (p, before) = (((2.0 * k - 1.0) * x * p - (k - 1.0) * before) / k, p);
                }
                slope = degree * (x * p - before) / (x * x - 1.0);
                let step = p / slope;
                x -= step;
                if step.abs() < 1e-16 {
                    break;
                }
            }
            [x, 2.0 / ((1.0 - x * x) * slope * slope)]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_nodes_are_those_of_the_tables() {
        // Abramowitz & Stegun (1964), table 25.4.
        let expected = [
            [-0.861136311594053, 0.347854845137454],
            [-0.339981043584856, 0.652145154862546],
            [0.339981043584856, 0.652145154862546],
            [0.861136311594053, 0.347854845137454],
        ];
        for (ours, table) in gauss_legendre(4).iter().flatten().zip(expected.iter().flatten()) {
            assert!((ours - table).abs() < 5e-15, "{ours} {table}");
        }
    }

    #[test]
    fn n_nodes_integrate_polynomials_of_degree_2n_minus_1() {
        for n in 1..=MOST_NODES {
            let nodes = gauss_legendre(n);
            for degree in 0..2 * n {
                let sum: f64 = nodes.iter().map(|[x, w]| w * x.powi(degree as i32)).sum();
                let exact = if degree % 2 == 0 { 2.0 / (degree as f64 + 1.0) } else { 0.0 };
                assert!((sum - exact).abs() < 1e-13, "{n} nodes, degree {degree}: {sum}");
            }
        }
    }

    #[test]
    fn weights_of_a_block_sum_to_one() {
        for nodes in [BlockNodes::GAUSS_4, BlockNodes::REGULAR_4] {
            let sum: f64 = Support::block([10.0, 20.0], nodes).unwrap().nodes().iter().map(|n| n.weight).sum();
            assert!((sum - 1.0).abs() < 1e-15);
        }
    }
}

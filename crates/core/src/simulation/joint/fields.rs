//! Unconditional fields of several variables: each term of a linear model of coregionalisation is a mixture of
//! independent fields.

use std::collections::HashMap;

use super::super::embedding::{Embedding, EmbeddingLimits, EmbeddingReport};
use super::super::sample_draw::SampleDraws;
use super::super::{place_key, purpose};
use crate::cokriging::Coregionalisation;
use crate::random::Random;
use crate::{Coord, Result, Window};

/// Eigenvalues below this part of the trace, both with sills of 1, are rounding.
const NO_EIGENVALUE: f64 = 1e-13;

/// A column of A, where AAᵀ are the coefficients of a term: what each variable takes of one independent field.
type Factor = Vec<f64>;

/// One term: independent fields of one variogram, and what each variable takes of them.
struct TermFields {
    /// `None` for the nugget.
    spatial: Option<Spatial>,
    factors: Vec<Factor>,
}

struct Spatial {
    embedding: Embedding,
    /// The field at places between the nodes.
    draws: SampleDraws,
}

/// Where the nugget of a place comes from.
#[derive(Debug, Clone, Copy)]
enum Nugget {
    Own,
    /// The node that is there.
    OfNode(usize),
}

/// Unconditional fields on the cells of a window and at places.
pub(super) struct Fields {
    terms: Vec<TermFields>,
    variables: usize,
    seed: u64,
    /// Cells of the window that are wanted.
    cells: Vec<usize>,
    /// Of distinct places.
    nuggets: Vec<Nugget>,
}

/// Values of every variable at the nodes and at the places.
pub(super) struct Drawn {
    pub(super) nodes: Vec<Vec<f64>>,
    pub(super) places: Vec<Vec<f64>>,
}

impl Fields {
    /// Fields on `cells` of `window`, which are at `nodes`, and at distinct `places`, which lie in it.
    pub(super) fn new(
        model: &Coregionalisation,
        seed: u64,
        window: Window,
        (cells, nodes): (Vec<usize>, &[Coord]),
        places: &[Coord],
        limits: &EmbeddingLimits,
    ) -> Result<Self> {
        let variables = model.variables().len();
        let sills: Vec<f64> = (0..variables).map(|v| model.sill(v, v)).collect();
        let mut terms = Vec::new();
        for term in model.terms() {
            let factors = factors(term.coefficients().scaled(&sills), &sills);
            if factors.is_empty() {
                continue;
            }
            let spatial = match term.unit().structures() {
                [] => None,
                _ => Some(Spatial {
                    embedding: Embedding::new(term.unit(), window.step, window.size, limits)?,
                    draws: SampleDraws::new(term.unit(), places, &window),
                }),
            };
            terms.push(TermFields { spatial, factors });
        }
        let at: HashMap<[u64; 2], usize> = nodes.iter().enumerate().map(|(k, &c)| (place_key(c), k)).collect();
        let nugget = |c: &Coord| at.get(&place_key(*c)).map_or(Nugget::Own, |&k| Nugget::OfNode(k));
        Ok(Self { terms, variables, seed, cells, nuggets: places.iter().map(nugget).collect() })
    }

    /// What the embedding of each structure came to.
    pub(super) fn embeddings(&self) -> Vec<EmbeddingReport> {
        self.terms.iter().filter_map(|t| t.spatial.as_ref()).map(|s| s.embedding.report).collect()
    }

    /// The realisations 2 · `pair` and the next, which share their Fourier transforms.
    pub(super) fn draw(&self, pair: usize) -> [Drawn; 2] {
        let empty = || Drawn {
            nodes: vec![vec![0.0; self.cells.len()]; self.variables],
            places: vec![vec![0.0; self.nuggets.len()]; self.variables],
        };
        let mut out = [empty(), empty()];
        for (t, term) in self.terms.iter().enumerate() {
            for (f, factor) in term.factors.iter().enumerate() {
                // Every independent field has streams of its own.
                let stream = |purpose: u64, number: usize| {
                    Random::substream(self.seed, purpose | (t as u64) << 16 | (f as u64) << 40, number as u64)
                };
                match &term.spatial {
                    Some(spatial) => {
                        let fields = spatial.embedding.draw(&mut stream(purpose::JOINT_SPECTRUM, pair));
                        for (part, field) in fields.iter().enumerate() {
                            let mut random = stream(purpose::JOINT_SAMPLES, 2 * pair + part);
                            let places = spatial.draws.draw(field, &mut random);
                            out[part].add(factor, self.cells.iter().map(|&c| field[c]), &places);
                        }
                    }
                    None => {
                        for (part, out) in out.iter_mut().enumerate() {
                            let mut random = stream(purpose::JOINT_NUGGET, 2 * pair + part);
                            let nodes: Vec<f64> = self.cells.iter().map(|_| random.normal()).collect();
                            let of = |nugget: &Nugget| match *nugget {
                                Nugget::Own => random.normal(),
                                Nugget::OfNode(node) => nodes[node],
                            };
                            let places: Vec<f64> = self.nuggets.iter().map(of).collect();
                            out.add(factor, nodes.iter().copied(), &places);
                        }
                    }
                }
            }
        }
        out
    }
}

impl Drawn {
    /// Adds to each variable what it takes of a field.
    fn add(&mut self, factor: &Factor, nodes: impl Iterator<Item = f64> + Clone, places: &[f64]) {
        for (v, &share) in factor.iter().enumerate().filter(|(_, share)| **share != 0.0) {
            self.nodes[v].iter_mut().zip(nodes.clone()).for_each(|(sum, value)| *sum += share * value);
            self.places[v].iter_mut().zip(places).for_each(|(sum, value)| *sum += share * value);
        }
    }
}

/// Columns of A with AAᵀ = B, from B with every entry (i, j) divided by √(sills[i] sills[j]); as many as its rank.
fn factors(scaled: nalgebra::DMatrix<f64>, sills: &[f64]) -> Vec<Factor> {
    let trace = scaled.trace();
    let eigen = scaled.symmetric_eigen();
    let large = (0..sills.len()).filter(|&k| eigen.eigenvalues[k] > NO_EIGENVALUE * trace);
    let column = |k: usize| {
        let root = eigen.eigenvalues[k].sqrt();
        sills.iter().enumerate().map(|(v, sill)| eigen.eigenvectors[(v, k)] * root * sill.sqrt()).collect()
    };
    large.map(column).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::DMatrix;

    #[test]
    fn factors_multiply_to_the_coefficients() {
        // Rank 2 of 3, and sills of different size.
        let a = [[1.0, 0.0], [20.0, 5.0], [-0.3, 0.1]];
        let b = |i: usize, j: usize| a[i][0] * a[j][0] + a[i][1] * a[j][1];
        let sills: [f64; 3] = [2.0, 500.0, 0.2];
        let scaled = DMatrix::from_fn(3, 3, |i, j| b(i, j) / (sills[i] * sills[j]).sqrt());
        let factors = factors(scaled, &sills);
        assert_eq!(factors.len(), 2);
        for i in 0..3 {
            for j in 0..3 {
                let product: f64 = factors.iter().map(|f| f[i] * f[j]).sum();
                assert!((product - b(i, j)).abs() < 1e-12 * (sills[i] * sills[j]).sqrt(), "{i} {j}");
            }
        }
    }
}

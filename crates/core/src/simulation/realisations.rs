//! Simulated values of many nodes in several realisations.

use std::ops::Range;

/// Realisations that are computed together: eight values of a node are one line of a processor's cache.
pub(super) const LANES: usize = 8;

/// The values of up to [`LANES`] realisations at a node.
pub(super) type Lanes = [f64; LANES];

/// Values of every node in a range of realisations.
#[derive(Debug, Clone, PartialEq)]
pub struct Realisations {
    range: Range<usize>,
    nodes: usize,
    /// Eight realisations each, node by node.
    blocks: Vec<Vec<Lanes>>,
}

impl Realisations {
    /// # Panics
    /// Blocks that do not hold the range.
    pub(super) fn new(range: Range<usize>, nodes: usize, blocks: Vec<Vec<Lanes>>) -> Self {
        assert_eq!(blocks.len(), range.len().div_ceil(LANES), "a block for eight realisations");
        assert!(blocks.iter().all(|b| b.len() == nodes), "a value for each node");
        Self { range, nodes, blocks }
    }

    /// Numbers of the realisations.
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// How many nodes there are.
    pub fn nodes(&self) -> usize {
        self.nodes
    }

    /// Value of a node in the realisation at `position` of the range.
    ///
    /// # Panics
    /// A node or position beyond what there is.
    #[inline]
    pub fn get(&self, node: usize, position: usize) -> f64 {
        assert!(position < self.range.len(), "a realisation of the range");
        self.blocks[position / LANES][node][position % LANES]
    }

    /// A node's values, one a realisation, into `out`, which is emptied first.
    ///
    /// # Panics
    /// A node beyond what there is.
    pub fn at_node(&self, node: usize, out: &mut Vec<f64>) {
        out.clear();
        out.extend(self.blocks.iter().flat_map(|b| b[node]).take(self.range.len()));
    }

    /// One realisation's values, node by node.
    ///
    /// # Panics
    /// A position beyond the range.
    pub fn realisation(&self, position: usize) -> impl Iterator<Item = f64> + '_ {
        assert!(position < self.range.len(), "a realisation of the range");
        self.blocks[position / LANES].iter().map(move |lanes| lanes[position % LANES])
    }

    /// Replaces every value by what `f` makes of it, as a back-transform does.
    pub fn map(&mut self, f: impl Fn(f64) -> f64) {
        for value in self.blocks.iter_mut().flatten().flatten() {
            *value = f(*value);
        }
    }
}

/// Bytes that a batch of realisations takes: eight a value, in whole blocks of eight realisations.
pub fn batch_bytes(nodes: usize, realisations: usize) -> usize {
    realisations.div_ceil(LANES).saturating_mul(nodes).saturating_mul(size_of::<Lanes>())
}

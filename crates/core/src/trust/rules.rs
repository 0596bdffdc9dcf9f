//! Where doubt begins.

use std::num::NonZeroUsize;

/// The numbers in the definitions of [`Doubts`](super::Doubts). The defaults are those of every map; a record states them.
///
/// They are conventions: chosen so that the inside of an ordinary survey is free of doubts and the far corners of its map
/// are not.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Rules {
    /// Nearest samples that serve a place, at most: 32, as many as kriging takes by default of many samples.
    pub neighbours: NonZeroUsize,
    /// Fewer samples than this within the effective range are too few: 5.
    pub fewest: NonZeroUsize,
    /// Share of the sill from which on a variance is near it: 0.9.
    pub sill_share: f64,
}

impl Default for Rules {
    fn default() -> Self {
        const NEIGHBOURS: NonZeroUsize = NonZeroUsize::new(32).expect("not 0");
        const FEWEST: NonZeroUsize = NonZeroUsize::new(5).expect("not 0");
        Self { neighbours: NEIGHBOURS, fewest: FEWEST, sill_share: 0.9 }
    }
}

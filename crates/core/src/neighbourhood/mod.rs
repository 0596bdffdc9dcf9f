//! Which samples serve a target.

/// Working memory of a neighbour search.
#[derive(Debug, Default)]
pub struct SearchScratch {}

//! Kriging.

/// Working memory of a kriging system.
#[derive(Debug, Default)]
pub struct KrigingScratch {}

//! One number, and what must be said with it.

use serde::Serialize;

use crate::class::Class;

/// One index of one sample or set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Index {
    /// Its value, without a unit.
    pub value: f64,
    /// What the contents were compared with.
    pub reference: String,
    /// Elements in it.
    pub elements: usize,
    /// Elements of which a number stands for a value below its limit.
    pub substituted: usize,
    /// Its class.
    pub class: Class,
}

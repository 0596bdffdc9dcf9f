//! Classes that an index falls into: whose they are, and how sure their bounds.

use serde::Serialize;

use crate::threshold::Standing;

/// To which class a value on a bound belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    /// To the class above it.
    Above,
    /// To the class below it.
    Below,
}

/// Class of a value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Class {
    /// From 1 for the lowest.
    pub rank: usize,
    /// Its name.
    pub label: &'static str,
    /// Whose classes these are, and which variant of them.
    pub variant: &'static str,
    /// Bounds between the classes of this variant, ascending.
    pub bounds: Vec<f64>,
    /// How far the bounds can be trusted to be those of their author.
    pub standing: Standing,
    /// What the reader of the class should know.
    pub caution: Option<&'static str>,
}

/// Labels of classes, one more than there are bounds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scheme<'a> {
    pub(crate) variant: &'static str,
    pub(crate) bounds: &'a [f64],
    pub(crate) labels: &'a [&'static str],
    pub(crate) on: Bound,
    pub(crate) standing: Standing,
}

impl Scheme<'_> {
    /// The class of a value that is a number.
    pub(crate) fn of(self, value: f64) -> Class {
        debug_assert_eq!(self.bounds.len() + 1, self.labels.len(), "{}", self.variant);
        let below = |bound: &&f64| match self.on {
            Bound::Above => value >= **bound,
            Bound::Below => value > **bound,
        };
        let rank = self.bounds.iter().filter(below).count();
        Class {
            rank: rank + 1,
            label: self.labels[rank],
            variant: self.variant,
            bounds: self.bounds.to_vec(),
            standing: self.standing,
            caution: None,
        }
    }
}

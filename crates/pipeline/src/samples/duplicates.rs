//! Several samples at exactly one place.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use soilscope_core::{Coord, place_key};

/// What becomes of samples that share a place, which a kriging system cannot hold unless they have measurement errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Duplicates {
    /// Their mean.
    #[default]
    Mean,
    /// The first in the file.
    First,
    /// All of them: for samples that have measurement errors.
    Keep,
    /// The file is refused.
    Refuse,
}

impl Duplicates {
    /// As the command line spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::First => "first",
            Self::Keep => "keep",
            Self::Refuse => "refuse",
        }
    }
}

/// Groups of indices that share a place, in the order of their first; every index is in one group.
pub(super) fn groups(places: &[Coord]) -> Vec<Vec<usize>> {
    let mut at: HashMap<[u64; 2], usize> = HashMap::with_capacity(places.len());
    let mut groups: Vec<Vec<usize>> = Vec::with_capacity(places.len());
    for (i, &place) in places.iter().enumerate() {
        let next = groups.len();
        let group = *at.entry(place_key(place)).or_insert(next);
        if group == next {
            groups.push(vec![i]);
        } else {
            groups[group].push(i);
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_keep_the_order_of_the_file() {
        let places = [[1.0, 1.0], [0.0, 2.0], [1.0, 1.0], [-0.0, 2.0], [3.0, 3.0]];
        assert_eq!(groups(&places), [vec![0, 2], vec![1, 3], vec![4]]);
    }
}

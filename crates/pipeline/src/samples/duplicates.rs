//! Several samples at exactly one place.

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

/// Indices of places, in groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Groups {
    /// Group by group.
    members: Vec<usize>,
    /// Where each group begins, and one more for the end.
    starts: Vec<usize>,
}

impl Groups {
    /// Every index by itself.
    pub(super) fn single(len: usize) -> Self {
        Self { members: (0..len).collect(), starts: (0..=len).collect() }
    }

    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &[usize]> + Clone {
        (0..self.len()).map(|group| &self[group])
    }

    /// The group of each index.
    pub(super) fn group_of_each(&self) -> Vec<usize> {
        let mut group_of = vec![0; self.members.len()];
        for (group, members) in self.iter().enumerate() {
            members.iter().for_each(|&member| group_of[member] = group);
        }
        group_of
    }
}

impl std::ops::Index<usize> for Groups {
    type Output = [usize];

    fn index(&self, group: usize) -> &[usize] {
        &self.members[self.starts[group]..self.starts[group + 1]]
    }
}

/// Groups of indices that share a place, in the order of their first; every index is in one group.
///
/// By sorting: it needs less time and memory than a map of all places, whatever the places are.
pub(super) fn groups(places: &[Coord]) -> Groups {
    let mut keys: Vec<(u64, usize)> = places.iter().enumerate().map(|(i, &place)| (place_key(place)[0], i)).collect();
    keys.sort_unstable();
    // The first index of each index's group.
    let mut first_of: Vec<usize> = (0..places.len()).collect();
    let mut any = false;
    for column in keys.chunk_by_mut(|a, b| a.0 == b.0).filter(|column| column.len() > 1) {
        column.iter_mut().for_each(|(key, i)| *key = place_key(places[*i])[1]);
        column.sort_unstable();
        for group in column.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1) {
            any = true;
            group.iter().for_each(|&(_, i)| first_of[i] = group[0].1);
        }
    }
    if !any {
        return Groups::single(places.len());
    }
    let mut group_of = first_of;
    let mut sizes: Vec<usize> = Vec::new();
    for i in 0..group_of.len() {
        // What is before `i` is a number of a group already.
        group_of[i] = if group_of[i] == i { sizes.len() } else { group_of[group_of[i]] };
        match sizes.get_mut(group_of[i]) {
            Some(size) => *size += 1,
            None => sizes.push(1),
        }
    }
    let mut starts = vec![0; sizes.len() + 1];
    for (group, size) in sizes.iter().enumerate() {
        starts[group + 1] = starts[group] + size;
    }
    let mut next = starts.clone();
    let mut members = vec![0; places.len()];
    for (i, group) in group_of.into_iter().enumerate() {
        members[next[group]] = i;
        next[group] += 1;
    }
    Groups { members, starts }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(places: &[Coord]) -> Vec<Vec<usize>> {
        groups(places).iter().map(<[usize]>::to_vec).collect()
    }

    #[test]
    fn groups_keep_the_order_of_the_file() {
        let places = [[1.0, 1.0], [0.0, 2.0], [1.0, 1.0], [-0.0, 2.0], [3.0, 3.0], [1.0, 2.0]];
        assert_eq!(lists(&places), [vec![0, 2], vec![1, 3], vec![4], vec![5]]);
        assert_eq!(groups(&places).group_of_each(), [0, 1, 0, 1, 2, 3]);
        assert_eq!(lists(&places[3..]), [vec![0], vec![1], vec![2]]);
        assert_eq!(lists(&[]), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn groups_are_those_of_a_comparison_with_all_before() {
        for (n, columns) in [(200, 5), (300, 40), (50, 1)] {
            // Places of a lattice in a mixed order, some of them often.
            let place = |k: usize| [(k * k * 7 % columns) as f64, (k * 13 % 11) as f64];
            let places: Vec<Coord> = (0..n).map(place).collect();
            let mut expected: Vec<Vec<usize>> = Vec::new();
            for i in 0..n {
                match expected.iter_mut().find(|group| places[group[0]] == places[i]) {
                    Some(group) => group.push(i),
                    None => expected.push(vec![i]),
                }
            }
            assert_eq!(lists(&places), expected);
        }
    }
}

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

/// Indices of places, in groups: mostly each by itself, which takes no room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Groups {
    /// How many groups.
    len: usize,
    parted: Option<Parted>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Parted {
    /// Group by group.
    members: Vec<u32>,
    /// Where each group begins, and one more for the end.
    starts: Vec<u32>,
}

/// Indices at one place, increasing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group<'a> {
    One(usize),
    Several(&'a [u32]),
}

impl Group<'_> {
    pub(super) fn len(self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Several(members) => members.len(),
        }
    }

    /// The first of them; a group has one.
    pub(super) fn first(self) -> usize {
        match self {
            Self::One(index) => index,
            Self::Several(members) => members[0] as usize,
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = usize> {
        let (one, several): (Option<usize>, &[u32]) = match *self {
            Self::One(index) => (Some(index), &[]),
            Self::Several(members) => (None, members),
        };
        one.into_iter().chain(several.iter().map(|&index| index as usize))
    }
}

impl Groups {
    /// Every index by itself.
    pub(super) fn single(len: usize) -> Self {
        Self { len, parted: None }
    }

    /// How many groups there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Whether every index is by itself, in its order.
    pub(super) fn is_single(&self) -> bool {
        self.parted.is_none()
    }

    pub(super) fn get(&self, group: usize) -> Group<'_> {
        match &self.parted {
            None => Group::One(group),
            Some(Parted { members, starts }) => {
                Group::Several(&members[starts[group] as usize..starts[group + 1] as usize])
            }
        }
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = Group<'_>> + Clone {
        (0..self.len()).map(|group| self.get(group))
    }

    /// The group of each index.
    pub(super) fn group_of_each(&self) -> Vec<usize> {
        let Some(Parted { members, .. }) = &self.parted else { return (0..self.len).collect() };
        let mut group_of = vec![0; members.len()];
        for (group, members) in self.iter().enumerate() {
            members.iter().for_each(|member| group_of[member] = group);
        }
        group_of
    }
}

/// Groups of indices that share a place, in the order of their first; every index is in one group.
///
/// By sorting: it needs less time and memory than a map of all places, whatever the places are.
pub(super) fn groups(places: &[Coord]) -> Groups {
    let mut keys: Vec<(u64, u32)> = places.iter().zip(0..).map(|(&place, i)| (place_key(place)[0], i)).collect();
    keys.sort_unstable();
    let mut any = false;
    for column in keys.chunk_by_mut(|a, b| a.0 == b.0).filter(|column| column.len() > 1) {
        column.iter_mut().for_each(|(key, i)| *key = place_key(places[*i as usize])[1]);
        column.sort_unstable();
        any |= column.windows(2).any(|pair| pair[0].0 == pair[1].0);
    }
    if !any {
        return Groups::single(places.len());
    }
    // The first index of each index's group: columns hold their second keys now, and are told apart by the first.
    let mut first_of: Vec<u32> = (0..).take(places.len()).collect();
    let column_of = |i: u32| place_key(places[i as usize]);
    for group in keys.chunk_by(|a, b| column_of(a.1) == column_of(b.1)).filter(|group| group.len() > 1) {
        group.iter().for_each(|&(_, i)| first_of[i as usize] = group[0].1);
    }
    drop(keys);
    let mut group_of = first_of;
    let mut sizes: Vec<u32> = Vec::new();
    for i in 0..group_of.len() {
        // What is before `i` is a number of a group already.
        group_of[i] = if group_of[i] as usize == i { sizes.len() as u32 } else { group_of[group_of[i] as usize] };
        match sizes.get_mut(group_of[i] as usize) {
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
    for (i, group) in (0..).zip(group_of) {
        let at = &mut next[group as usize];
        members[*at as usize] = i;
        *at += 1;
    }
    Groups { len: sizes.len(), parted: Some(Parted { members, starts }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(places: &[Coord]) -> Vec<Vec<usize>> {
        groups(places).iter().map(|group| group.iter().collect()).collect()
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

//! The nearest earlier places of each place.

use super::kdtree::KdTree;
use super::place::Place;
use crate::Result;
use crate::executor::{Executor, map};

/// Earlier neighbours of every place, nearest first, one after the other.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Neighbours {
    starts: Vec<usize>,
    ranks: Vec<u32>,
}

/// Places of one task.
const TASK: usize = 1024;

impl Neighbours {
    /// The `count` nearest among the places before each, in the order of `places`; fewer for the first ones.
    ///
    /// Places are searched level by level: for those of rank 2ᵏ to 2ᵏ⁺¹ a tree of the first 2ᵏ⁺¹, in which at least half
    /// of what the search meets comes earlier.
    ///
    /// # Errors
    /// A cancelled executor.
    pub(crate) fn earlier(places: &[Place], count: usize, executor: &dyn Executor) -> Result<Self> {
        let n = places.len();
        let mut starts = Vec::with_capacity(n + 1);
        let mut ranks = Vec::with_capacity(n * count);
        starts.push(0);
        let (mut from, mut to) = (0, (2 * count).max(64).min(n));
        while from < n {
            let tree = KdTree::new(&places[..to]);
            let tasks = (to - from).div_ceil(TASK);
            let found = map(executor, tasks, |task| {
                let range = from + task * TASK..(from + (task + 1) * TASK).min(to);
                let mut ranks = Vec::with_capacity(range.len() * count);
                let mut nearest = Vec::with_capacity(count + 1);
                for i in range {
                    tree.nearest(places[i], count, |j| (j as usize) < i, &mut nearest);
                    ranks.extend(nearest.iter().map(|&(_, j)| j));
                }
                ranks
            })?;
            for part in found {
                ranks.extend(part);
            }
            starts.extend((from..to).scan(starts[from], |start, i| {
                *start += i.min(count);
                Some(*start)
            }));
            (from, to) = (to, (2 * to).min(n));
        }
        Ok(Self { starts, ranks })
    }

    /// How many places there are.
    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Earlier neighbours of place `rank`, nearest first.
    #[inline]
    pub(crate) fn of(&self, rank: usize) -> &[u32] {
        &self.ranks[self.starts[rank]..self.starts[rank + 1]]
    }
}

#[cfg(test)]
mod tests {
    use super::super::place::squared_distance;
    use super::*;
    use crate::executor::Serial;

    #[test]
    fn neighbours_are_the_nearest_earlier_ones() {
        // A lattice visited in steps, so that there are many equal distances.
        let places: Vec<Place> =
            (0..700_u32).map(|i| [f64::from(i * 37 % 26), f64::from(i * 53 % 31), f64::from(i % 2)]).collect();
        let neighbours = Neighbours::earlier(&places, 9, &Serial).unwrap();
        assert_eq!(neighbours.len(), places.len());
        for i in 0..places.len() {
            let mut all: Vec<(f64, u32)> = (0..i).map(|j| (squared_distance(places[i], places[j]), j as u32)).collect();
            all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let expected: Vec<u32> = all.iter().take(9).map(|p| p.1).collect();
            assert_eq!(neighbours.of(i), expected, "place {i}");
        }
    }
}

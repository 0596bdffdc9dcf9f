//! The order in which nodes are simulated.

use crate::Coord;
use crate::random::Random;

/// Order of the nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum PathOrder {
    /// First one node in each of few large squares, then in squares of half the side, and so on; random among nodes of a
    /// level. Large-scale variation is then drawn while neighbours are far apart, which a limited number of neighbours
    /// would miss later. Serves nodes at any places, not only grids.
    #[default]
    CoarseToFine,
    /// Any order, each equally likely.
    Random,
}

/// Whether realisations share a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum PathSharing {
    /// One path: neighbours and weights are found once for all realisations.
    #[default]
    Shared,
    /// A path for each realisation, so that what few neighbours miss differs between them; costs a kriging system a node
    /// and realisation.
    Own,
}

/// Nodes in the order in which they are simulated.
pub(super) fn path(places: &[Coord], order: PathOrder, random: &mut Random) -> Vec<u32> {
    let mut nodes: Vec<u32> = (0..places.len() as u32).collect();
    random.shuffle(&mut nodes);
    match order {
        PathOrder::Random => nodes,
        PathOrder::CoarseToFine => coarse_to_fine(places, nodes),
    }
}

/// Takes from `nodes`, level by level, the first in each square that holds none of the nodes taken before.
fn coarse_to_fine(places: &[Coord], mut nodes: Vec<u32>) -> Vec<u32> {
    let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    for c in places {
        for k in 0..2 {
            low[k] = low[k].min(c[k]);
            high[k] = high[k].max(c[k]);
        }
    }
    let extent = (high[0] - low[0]).max(high[1] - low[1]);
    let mut taken: Vec<u32> = Vec::with_capacity(nodes.len());
    let mut cells = 2_usize;
    // Beyond as many squares as nodes a level no longer thins them.
    while extent > 0.0 && cells * cells <= nodes.len() {
        let square = |node: u32| {
            let c = places[node as usize];
            let [x, y] = [0, 1].map(|k| (((c[k] - low[k]) / extent * cells as f64).floor() as usize).min(cells - 1));
            y * cells + x
        };
        let mut holds = vec![false; cells * cells];
        for &node in &taken {
            holds[square(node)] = true;
        }
        nodes.retain(|&node| {
            let held = std::mem::replace(&mut holds[square(node)], true);
            if !held {
                taken.push(node);
            }
            held
        });
        cells *= 2;
    }
    taken.append(&mut nodes);
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_node_comes_once_and_the_first_are_far_apart() {
        let places: Vec<Coord> = (0..4096).map(|i| [f64::from(i % 64), f64::from(i / 64)]).collect();
        for order in [PathOrder::Random, PathOrder::CoarseToFine] {
            let nodes = path(&places, order, &mut Random::new(3));
            let mut sorted = nodes.clone();
            sorted.sort_unstable();
            assert!(sorted.iter().enumerate().all(|(i, &n)| i == n as usize), "{order:?}");
            assert_ne!(sorted, nodes);
        }
        let first: Vec<u32> = path(&places, PathOrder::CoarseToFine, &mut Random::new(3))[..64].to_vec();
        let mut squares: Vec<u32> = first.iter().map(|n| n % 64 / 8 + n / 64 / 8 * 8).collect();
        squares.sort_unstable();
        squares.dedup();
        assert_eq!(squares.len(), 64, "one of the first 64 in each of 64 squares");
        assert_eq!(path(&[[1.0, 1.0]; 5], PathOrder::CoarseToFine, &mut Random::new(3)).len(), 5);
        assert!(path(&[], PathOrder::CoarseToFine, &mut Random::new(3)).is_empty());
    }
}

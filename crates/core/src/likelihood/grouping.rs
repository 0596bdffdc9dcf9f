//! Blocks of places that share one covariance matrix.

use super::neighbours::Neighbours;

/// Places whose conditional densities are computed together: the places, earliest first, and which of them are
/// responses. Every response is conditioned on all places of the block before it, hence on its own neighbours and more.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Block {
    /// Ranks, increasing.
    pub(super) places: Vec<u32>,
    /// Positions in `places` of the responses, increasing.
    pub(super) responses: Vec<u32>,
}

/// One block a place: its neighbours and itself.
#[cfg(test)]
pub(super) fn single(neighbours: &Neighbours) -> Vec<Block> {
    (0..neighbours.len())
        .map(|i| {
            let places = with_self(neighbours, i);
            Block { responses: vec![places.len() as u32 - 1], places }
        })
        .collect()
}

/// What a block costs, in units of a multiplication: its covariances, its factor, and what its responses take, which share
/// their loops by eights.
fn cost(places: usize, responses: usize) -> usize {
    let square = places * places;
    square * (places + 50 + 70 * responses.div_ceil(super::lanes::LANES))
}

/// Merges blocks wherever the merged one costs no more than the two: then one factorisation serves all responses, and each
/// is conditioned on more places than its neighbours. Pairs are tried nearest neighbours first.
///
/// # Source
/// Guinness (2018), *Technometrics* 60:415, section on grouping, with another count of the cost: his, the squared sizes,
/// lets blocks grow beyond what their many responses are worth where derivatives are wanted.
pub(super) fn grouped(neighbours: &Neighbours) -> Vec<Block> {
    let n = neighbours.len();
    let mut sets: Vec<Vec<u32>> = (0..n).map(|i| with_self(neighbours, i)).collect();
    let mut members: Vec<Vec<u32>> = (0..n as u32).map(|i| vec![i]).collect();
    let mut block_of: Vec<u32> = (0..n as u32).collect();
    let most = (0..n).map(|i| neighbours.of(i).len()).max().unwrap_or(0);
    let mut union = Vec::new();
    for k in 0..most {
        for i in 0..n {
            let Some(&j) = neighbours.of(i).get(k) else { continue };
            let (a, b) = (block_of[i] as usize, block_of[j as usize] as usize);
            if a == b {
                continue;
            }
            let responses = members[a].len() + members[b].len();
            let apart = cost(sets[a].len(), members[a].len()) + cost(sets[b].len(), members[b].len());
            // The union holds at least the larger set.
            let least = sets[a].len().max(sets[b].len());
            if cost(least, responses) > apart || !unite(&sets[a], &sets[b], &mut union, |u| cost(u, responses) <= apart)
            {
                continue;
            }
            let (into, from) = if members[a].len() >= members[b].len() { (a, b) } else { (b, a) };
            let moved = std::mem::take(&mut members[from]);
            for &place in &moved {
                block_of[place as usize] = into as u32;
            }
            members[into].extend(moved);
            sets[into].clear();
            sets[into].extend_from_slice(&union);
            sets[from] = Vec::new();
        }
    }
    let mut blocks: Vec<Block> = Vec::new();
    for (places, mut responses) in sets.into_iter().zip(members) {
        if responses.is_empty() {
            continue;
        }
        responses.sort_unstable();
        let position = |rank: &u32| places.partition_point(|p| p < rank) as u32;
        let responses = responses.iter().map(position).collect();
        blocks.push(Block { places, responses });
    }
    // Blocks of like places side by side; the order of the sums is fixed by it.
    blocks.sort_by_key(|b| b.places[b.responses[0] as usize]);
    blocks
}

fn with_self(neighbours: &Neighbours, i: usize) -> Vec<u32> {
    let mut places = neighbours.of(i).to_vec();
    places.push(i as u32);
    places.sort_unstable();
    places
}

/// The union of two increasing lists; false where it is too long.
fn unite(a: &[u32], b: &[u32], out: &mut Vec<u32>, fits: impl Fn(usize) -> bool) -> bool {
    out.clear();
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        let (x, y) = (a[i], b[j]);
        out.push(x.min(y));
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    out.extend_from_slice(&a[i..]);
    out.extend_from_slice(&b[j..]);
    fits(out.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::Serial;
    use crate::likelihood::place::Place;

    #[test]
    fn groups_keep_every_neighbour_and_respond_once() {
        let places: Vec<Place> = (0..500_u32).map(|i| [f64::from(i * 37 % 101), f64::from(i * 53 % 97), 0.0]).collect();
        let neighbours = Neighbours::earlier(&places, 8, &Serial).unwrap();
        let blocks = grouped(&neighbours);
        assert!(blocks.len() < 250, "{} blocks", blocks.len());
        let mut seen = vec![0; places.len()];
        for block in &blocks {
            assert!(block.places.is_sorted() && block.responses.is_sorted());
            for &r in &block.responses {
                let rank = block.places[r as usize];
                seen[rank as usize] += 1;
                for j in neighbours.of(rank as usize) {
                    assert!(block.places[..r as usize].contains(j), "{j} is no neighbour of {rank}");
                }
            }
        }
        assert!(seen.iter().all(|&s| s == 1));
        let total = |blocks: &[Block]| blocks.iter().map(|b| cost(b.places.len(), b.responses.len())).sum::<usize>();
        assert!(total(&blocks) < total(&single(&neighbours)));
    }
}

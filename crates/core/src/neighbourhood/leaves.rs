//! Samples of a plane in leaves: which are within some distance of a place, in no order.
//!
//! A k-d tree, cut at the median of the longer side, so that leaves hold as many samples wherever these are dense. That is all that a
//! search for many targets asks, and it is made several times quicker than the tree that tells samples in the order of their distance.

use crate::Coord;

/// Most samples of a leaf.
const LEAF: usize = 32;

/// A sample and its place.
type Sample = (u32, Coord);

/// Samples, leaf by leaf.
#[derive(Debug, Clone)]
pub(super) struct Leaves {
    samples: Vec<Sample>,
    /// South-west and north-east corners: of all, number 1; of its halves, 2 and 3; of theirs, 4 to 7; and so on.
    boxes: Vec<[Coord; 2]>,
}

/// A node and its samples: those from `first` to before `end`.
#[derive(Debug, Clone, Copy)]
struct Node {
    number: usize,
    first: usize,
    end: usize,
}

impl Node {
    fn len(self) -> usize {
        self.end - self.first
    }

    fn halves(self) -> [Self; 2] {
        let middle = self.first + self.len() / 2;
        [
            Self { number: 2 * self.number, end: middle, ..self },
            Self { number: 2 * self.number + 1, first: middle, ..self },
        ]
    }
}

impl Leaves {
    /// Of finite places, whose positions name the samples.
    pub(super) fn new(coords: &[Coord]) -> Self {
        let samples: Vec<Sample> = (0..).zip(coords.iter().copied()).collect();
        // Nodes of a level differ by one sample at most, so no leaf lies deeper than this.
        let numbers = 4 * samples.len().div_ceil(LEAF).next_power_of_two();
        let mut leaves = Self { samples, boxes: vec![[[f64::INFINITY; 2], [f64::NEG_INFINITY; 2]]; numbers] };
        leaves.build(leaves.root());
        leaves
    }

    fn root(&self) -> Node {
        Node { number: 1, first: 0, end: self.samples.len() }
    }

    fn build(&mut self, node: Node) {
        let own = &mut self.samples[node.first..node.end];
        let [mut low, mut high] = [[f64::INFINITY; 2], [f64::NEG_INFINITY; 2]];
        for (_, at) in own.iter() {
            for axis in 0..2 {
                low[axis] = low[axis].min(at[axis]);
                high[axis] = high[axis].max(at[axis]);
            }
        }
        self.boxes[node.number] = [low, high];
        if node.len() <= LEAF {
            return;
        }
        let axis = usize::from(high[1] - low[1] > high[0] - low[0]);
        own.select_nth_unstable_by(own.len() / 2, |a, b| a.1[axis].total_cmp(&b.1[axis]));
        node.halves().into_iter().for_each(|half| self.build(half));
    }

    /// All samples.
    pub(super) fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// Appends the samples whose squared distance from a place is at most this.
    pub(super) fn within(&self, centre: Coord, squared: f64, found: &mut Vec<Sample>) {
        self.visit(self.root(), centre, squared, found);
    }

    fn visit(&self, node: Node, centre: Coord, limit: f64, found: &mut Vec<Sample>) {
        if self.squared_to(node, centre) > limit {
            return;
        }
        if node.len() > LEAF {
            return node.halves().into_iter().for_each(|half| self.visit(half, centre, limit, found));
        }
        found.extend(self.of(node).iter().filter(|(_, at)| squared(*at, centre) <= limit));
    }

    /// A squared distance from a place within which at least `most` samples that serve are, and not many more where they are as dense
    /// all round; infinite where there are not so many.
    pub(super) fn holding(&self, centre: Coord, most: usize, serves: impl Fn(usize) -> bool) -> f64 {
        // From all samples down to the few around the place, and back up while too few of them serve.
        let mut way = vec![self.root()];
        while let Some(node) = way.last().copied().filter(|node| node.len() > LEAF.max(4 * most)) {
            let [a, b] = node.halves();
            way.push(if self.squared_to(a, centre) <= self.squared_to(b, centre) { a } else { b });
        }
        let mut distances = Vec::new();
        while let Some(node) = way.pop() {
            distances.clear();
            let serving = self.of(node).iter().filter(|&&(sample, _)| serves(sample as usize));
            distances.extend(serving.map(|&(_, at)| squared(at, centre)));
            if distances.len() >= most {
                return *distances.select_nth_unstable_by(most - 1, f64::total_cmp).1;
            }
        }
        f64::INFINITY
    }

    fn of(&self, node: Node) -> &[Sample] {
        &self.samples[node.first..node.end]
    }

    /// Squared distance of a place from a node's box: 0 inside.
    fn squared_to(&self, node: Node, at: Coord) -> f64 {
        let [low, high] = self.boxes[node.number];
        let beside = |axis: usize| (low[axis] - at[axis]).max(at[axis] - high[axis]).max(0.0);
        beside(0).powi(2) + beside(1).powi(2)
    }
}

fn squared(a: Coord, b: Coord) -> f64 {
    (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn all_samples_within_a_distance_are_found_and_bounds_hold_enough() {
        let mut random = Random::new(9);
        for n in [1, 5, 32, 33, 64, 65, 700, 1025] {
            let clustered = n % 2 == 1;
            let coords: Vec<Coord> = (0..n)
                .map(|i| {
                    let centre = if clustered { f64::from(i % 3) * 1e4 } else { 0.0 };
                    [centre + 100.0 * random.uniform(), 100.0 * random.uniform()]
                })
                .collect();
            let leaves = Leaves::new(&coords);
            for _ in 0..20 {
                let at = [150.0 * random.uniform() - 20.0, 150.0 * random.uniform() - 20.0];
                let limit = (80.0 * random.uniform()).powi(2);
                let mut found = Vec::new();
                leaves.within(at, limit, &mut found);
                let mut found: Vec<u32> = found.into_iter().map(|(sample, _)| sample).collect();
                found.sort_unstable();
                let near = |i: &usize| squared(coords[*i], at) <= limit;
                assert_eq!(found, (0..coords.len()).filter(near).map(|i| i as u32).collect::<Vec<_>>());
                for most in [1, 4, 40] {
                    let odd = |i: usize| !i.is_multiple_of(2);
                    let bound = leaves.holding(at, most, odd);
                    let held = (0..coords.len()).filter(|&i| odd(i) && squared(coords[i], at) <= bound).count();
                    let all = (0..coords.len()).filter(|&i| odd(i)).count();
                    assert!(if bound.is_finite() { held >= most } else { all < most }, "{n}, {most}: {held} of {all}");
                }
            }
            let mut all = Vec::new();
            leaves.within([0.0, 0.0], f64::INFINITY, &mut all);
            assert_eq!(all.len(), coords.len());
        }
    }
}

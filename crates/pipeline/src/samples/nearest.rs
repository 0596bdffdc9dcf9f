//! How far each place is from its nearest other.

use soilscope_core::Coord;

/// Distance from each place to the nearest other; the places are distinct, and there are at least two.
///
/// A k-d tree whose leaves know the way up: the search of a place begins among those of its own leaf, and looks beyond a
/// cut only where the cut is nearer than the best so far, which it seldom is.
pub(super) fn nearest_distances(places: &[Coord]) -> Vec<f64> {
    let mut tree = Tree {
        places: places.iter().zip(0_u32..).map(|(&at, number)| Place { at, number }).collect(),
        cuts: vec![Cut::default(); places.len().div_ceil(LEAF).next_power_of_two()],
    };
    let all = Node { first: 0, end: places.len(), cut: 1 };
    build(&mut tree.places, all.cut, &mut tree.cuts);
    let mut distances = vec![0.0; places.len()];
    tree.each(all, &mut Vec::new(), &mut distances);
    distances
}

/// Most places of a leaf; a node of more is cut in halves, so a leaf has at least half as many.
const LEAF: usize = 8;

#[derive(Debug, Clone, Copy)]
struct Place {
    at: Coord,
    number: u32,
}

/// Where a node is cut: places of the lower half are at most at `at`, those of the upper at least.
#[derive(Debug, Clone, Copy, Default)]
struct Cut {
    axis: usize,
    at: f64,
}

struct Tree {
    /// Leaf by leaf.
    places: Vec<Place>,
    /// Of node 1, of its halves 2 and 3, of theirs 4 to 7 and so on.
    cuts: Vec<Cut>,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    first: usize,
    end: usize,
    cut: usize,
}

impl Node {
    fn halves(self) -> [Self; 2] {
        let middle = self.first + (self.end - self.first) / 2;
        [Self { end: middle, cut: 2 * self.cut, ..self }, Self { first: middle, cut: 2 * self.cut + 1, ..self }]
    }

    fn is_leaf(self) -> bool {
        self.end - self.first <= LEAF
    }
}

fn build(places: &mut [Place], node: usize, cuts: &mut Vec<Cut>) {
    if places.len() <= LEAF {
        return;
    }
    let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    for place in &*places {
        for axis in 0..2 {
            low[axis] = low[axis].min(place.at[axis]);
            high[axis] = high[axis].max(place.at[axis]);
        }
    }
    let axis = usize::from(high[1] - low[1] > high[0] - low[0]);
    let (lower, middle, _) = places.select_nth_unstable_by(places.len() / 2, |a, b| a.at[axis].total_cmp(&b.at[axis]));
    let (below, at) = (lower.len(), middle.at[axis]);
    if cuts.len() <= node {
        cuts.resize(2 * cuts.len(), Cut::default());
    }
    cuts[node] = Cut { axis, at };
    build(&mut places[..below], 2 * node, cuts);
    build(&mut places[below..], 2 * node + 1, cuts);
}

/// The nearest place found for one.
struct Best {
    square: f64,
    other: Coord,
}

impl Tree {
    /// Distances of all places of a node; `beside` are the cuts above it, with what is on their other side.
    fn each(&self, node: Node, beside: &mut Vec<(Cut, Node)>, distances: &mut [f64]) {
        if !node.is_leaf() {
            let cut = self.cuts[node.cut];
            let [lower, upper] = node.halves();
            for (half, other) in [(lower, upper), (upper, lower)] {
                beside.push((cut, other));
                self.each(half, beside, distances);
                beside.pop();
            }
            return;
        }
        for own in node.first..node.end {
            let Place { at, number } = self.places[own];
            let mut best = Best { square: f64::INFINITY, other: at };
            for other in (node.first..node.end).filter(|&other| other != own) {
                best.look_at(at, self.places[other].at);
            }
            for &(cut, other) in beside.iter().rev() {
                self.beyond(cut, other, at, &mut best);
            }
            distances[number as usize] = (best.other[0] - at[0]).hypot(best.other[1] - at[1]);
        }
    }

    fn beyond(&self, cut: Cut, node: Node, at: Coord, best: &mut Best) {
        let gap = cut.at - at[cut.axis];
        if gap * gap < best.square {
            self.search(node, at, best);
        }
    }

    fn search(&self, node: Node, at: Coord, best: &mut Best) {
        if node.is_leaf() {
            self.places[node.first..node.end].iter().for_each(|other| best.look_at(at, other.at));
            return;
        }
        let cut = self.cuts[node.cut];
        let [lower, upper] = node.halves();
        let (near, far) = if at[cut.axis] < cut.at { (lower, upper) } else { (upper, lower) };
        self.search(near, at, best);
        self.beyond(cut, far, at, best);
    }
}

impl Best {
    #[inline]
    fn look_at(&mut self, at: Coord, other: Coord) {
        let (dx, dy) = (other[0] - at[0], other[1] - at[1]);
        let square = dx * dx + dy * dy;
        // The first is taken however far it is.
        if square < self.square || self.other == at {
            *self = Self { square, other };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_to_the_nearest_other() {
        assert_eq!(nearest_distances(&[[0.0, 0.0], [3.0, 4.0], [3.0, 5.0]]), [5.0, 1.0, 1.0]);
    }

    #[test]
    fn distances_are_the_least_of_all() {
        let mut state = 1_u64;
        let mut uniform = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as f64 / (1_u64 << 31) as f64
        };
        for n in [2, 8, 9, 16, 17, 18, 33, 100, 1000, 1500] {
            // Anywhere; on a lattice with many equal distances and coordinates; a cluster and a stray; on a line.
            let anywhere: Vec<Coord> = (0..n).map(|_| [1e5 * uniform(), 1e3 * uniform()]).collect();
            let lattice: Vec<Coord> = (0..n).map(|k| [f64::from(k % 32), f64::from(k / 32)]).collect();
            let mut cluster: Vec<Coord> = anywhere.iter().map(|c| c.map(|v| 1e-6 * v)).collect();
            cluster[0] = [1e7, -1e7];
            let line: Vec<Coord> = anywhere.iter().map(|c| [5.0, c[1]]).collect();
            for places in [anywhere, lattice, cluster, line] {
                let found = nearest_distances(&places);
                for (i, a) in places.iter().enumerate() {
                    let others = places.iter().enumerate().filter(|(j, _)| *j != i);
                    let least = others.map(|(_, b)| (a[0] - b[0]).hypot(a[1] - b[1])).fold(f64::INFINITY, f64::min);
                    assert!((found[i] - least).abs() <= 1e-15 * least, "{n}: {} is not {least}", found[i]);
                }
            }
        }
    }

    #[test]
    fn distances_beyond_floating_point_do_not_stop_it() {
        assert_eq!(nearest_distances(&[[f64::MAX, 0.0], [-f64::MAX, 0.0]]), [f64::INFINITY; 2]);
    }
}

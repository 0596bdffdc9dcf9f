//! A k-d tree over places: nearest earlier places, and the place farthest from those already chosen.
//!
//! rstar's tree cannot carry what these searches prune by (distances that shrink as places are chosen), and gives ties
//! in no order; here every answer is a function of the places and their positions alone.

use super::place::{Place, squared_distance};

/// Places of one leaf; below this a scan is quicker than another level.
const LEAF: usize = 8;

/// A node: the box of its places, and where they lie in [`KdTree::members`].
#[derive(Debug, Clone, Copy)]
struct Node {
    low: Place,
    high: Place,
    start: u32,
    end: u32,
    /// Right child; the left one follows its parent. 0 for a leaf.
    right: u32,
}

impl Node {
    /// Squared distance from `at` to the nearest point of the box.
    #[inline]
    fn squared_distance(&self, at: Place) -> f64 {
        let beyond = |k: usize| (self.low[k] - at[k]).max(at[k] - self.high[k]).max(0.0);
        let (dx, dy, dz) = (beyond(0), beyond(1), beyond(2));
        dx * dx + dy * dy + dz * dz
    }
}

/// The tree; positions in the slice it was built from name the places.
#[derive(Debug, Clone)]
pub(super) struct KdTree {
    nodes: Vec<Node>,
    /// Positions, those of a node together.
    members: Vec<u32>,
    /// Places in the order of `members`.
    places: Vec<Place>,
}

impl KdTree {
    /// A tree of `places`, which are finite; at most 2³² − 1 of them.
    pub(super) fn new(places: &[Place]) -> Self {
        let mut members: Vec<u32> = (0..places.len() as u32).collect();
        let mut nodes = Vec::with_capacity(2 * places.len().div_ceil(LEAF) + 1);
        if !places.is_empty() {
            build(places, &mut members, 0, &mut nodes);
        }
        let ordered = members.iter().map(|&i| places[i as usize]).collect();
        Self { nodes, members, places: ordered }
    }

    /// The `count` nearest places that `keep` allows, nearest first; places at one distance by position.
    pub(super) fn nearest(&self, at: Place, count: usize, keep: impl Fn(u32) -> bool, out: &mut Vec<(f64, u32)>) {
        out.clear();
        if count == 0 || self.nodes.is_empty() {
            return;
        }
        // Depth is at most about 32: each split halves the members.
        let mut stack = [(0.0, 0_u32); 64];
        let mut top = 1;
        while top > 0 {
            top -= 1;
            let (bound, index) = stack[top];
            if out.len() == count && bound > out[count - 1].0 {
                continue;
            }
            let node = &self.nodes[index as usize];
            if node.right == 0 {
                for k in node.start as usize..node.end as usize {
                    let candidate = (squared_distance(self.places[k], at), self.members[k]);
                    if (out.len() == count && !before(candidate, out[count - 1])) || !keep(candidate.1) {
                        continue;
                    }
                    if out.len() == count {
                        out.pop();
                    }
                    let position = out.partition_point(|&other| before(other, candidate));
                    out.insert(position, candidate);
                }
                continue;
            }
            let (left, right) = (index + 1, node.right);
            let to_left = self.nodes[left as usize].squared_distance(at);
            let to_right = self.nodes[right as usize].squared_distance(at);
            let (near, far) = if to_left <= to_right {
                ((to_left, left), (to_right, right))
            } else {
                ((to_right, right), (to_left, left))
            };
            stack[top] = far;
            stack[top + 1] = near;
            top += 2;
        }
    }

    /// Positions by the distance of each place to those before it: the first is `first`, and each next one is the
    /// place farthest from all before it (of several, the one of lowest position).
    pub(super) fn farthest_first(&self, places: &[Place], first: u32) -> Vec<u32> {
        let mut state = Farthest {
            tree: self,
            distance: vec![f64::INFINITY; self.members.len()],
            summit: vec![(f64::INFINITY, 0); self.nodes.len()],
        };
        let mut order = Vec::with_capacity(self.members.len());
        let mut next = first;
        while order.len() < self.members.len() {
            order.push(next);
            state.choose(0, places[next as usize], next);
            next = state.summit[0].1;
        }
        order
    }
}

/// Whether a candidate comes before another: by distance, then by position.
#[inline]
fn before(a: (f64, u32), b: (f64, u32)) -> bool {
    a.0 < b.0 || (a.0 == b.0 && a.1 < b.1)
}

/// The farther of two places; of equals the one of lower position.
#[inline]
fn farther(a: (f64, u32), b: (f64, u32)) -> (f64, u32) {
    if b.0 > a.0 || (b.0 == a.0 && b.1 < a.1) { b } else { a }
}

/// Squared distances to the places chosen; −1 for a chosen one.
struct Farthest<'a> {
    tree: &'a KdTree,
    distance: Vec<f64>,
    /// The farthest place below each node.
    summit: Vec<(f64, u32)>,
}

impl Farthest<'_> {
    fn choose(&mut self, index: u32, at: Place, chosen: u32) {
        let node = self.tree.nodes[index as usize];
        // No place of a box that is farther than its farthest place can come nearer; a box at distance 0 may hold the
        // chosen place itself.
        let to_box = node.squared_distance(at);
        if to_box > 0.0 && to_box >= self.summit[index as usize].0 {
            return;
        }
        self.summit[index as usize] = if node.right == 0 {
            let mut best = (f64::NEG_INFINITY, u32::MAX);
            for k in node.start as usize..node.end as usize {
                let member = self.tree.members[k];
                let d = &mut self.distance[k];
                *d = if member == chosen { -1.0 } else { d.min(squared_distance(self.tree.places[k], at)) };
                best = farther(best, (*d, member));
            }
            best
        } else {
            self.choose(index + 1, at, chosen);
            self.choose(node.right, at, chosen);
            farther(self.summit[index as usize + 1], self.summit[node.right as usize])
        };
    }
}

fn build(places: &[Place], members: &mut [u32], start: u32, nodes: &mut Vec<Node>) -> u32 {
    let first = places[members[0] as usize];
    let (mut low, mut high) = (first, first);
    for &i in members.iter() {
        for k in 0..3 {
            low[k] = low[k].min(places[i as usize][k]);
            high[k] = high[k].max(places[i as usize][k]);
        }
    }
    let index = nodes.len() as u32;
    nodes.push(Node { low, high, start, end: start + members.len() as u32, right: 0 });
    if members.len() > LEAF {
        let extent = |k: usize| high[k] - low[k];
        let axis = (1..3).fold(0, |widest, k| if extent(k) > extent(widest) { k } else { widest });
        let middle = members.len() / 2;
        members.select_nth_unstable_by(middle, |&a, &b| {
            places[a as usize][axis].total_cmp(&places[b as usize][axis]).then(a.cmp(&b))
        });
        let (left, right) = members.split_at_mut(middle);
        build(places, left, start, nodes);
        nodes[index as usize].right = build(places, right, start + middle as u32, nodes);
    }
    index
}

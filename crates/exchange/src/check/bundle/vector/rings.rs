//! Rings: closed, the right way round, and touching neither themselves nor crossing each other (OGC simple features).

use geo::Orientation::{self, Clockwise, Collinear, CounterClockwise};
use geo::{Coord, GeoNum, Kernel};
use rstar::{AABB, RTree, RTreeObject};

use super::geojson::Line;

/// Pairs of segments looked at in one file; polygons that need more are said to be too intricate, not passed.
pub(super) const MOST_PAIRS: usize = 50_000_000;

/// Which way three places turn, exactly.
fn turn(a: [f64; 2], b: [f64; 2], c: [f64; 2]) -> Orientation {
    let at = |[x, y]: [f64; 2]| Coord { x, y };
    <f64 as GeoNum>::Ker::orient2d(at(a), at(b), at(c))
}

/// What is wrong with a ring by itself, if anything.
pub(super) fn ring(ring: &Line, exterior: bool) -> Option<&'static str> {
    if ring.iter().flatten().any(|n| !n.is_finite()) {
        return Some("a position that is no number");
    }
    if ring.len() < 4 {
        return Some("a ring of fewer than four positions");
    }
    if ring.first() != ring.last() {
        return Some("a ring that is not closed");
    }
    match (winding(ring), exterior) {
        (Collinear, _) => Some("a ring without area"),
        (Clockwise, true) => Some("an exterior ring that runs clockwise"),
        (CounterClockwise, false) => Some("an interior ring that runs counter-clockwise"),
        _ => None,
    }
}

/// Which way round a closed ring runs, by its lowest corner (exact, and right for every simple ring).
fn winding(ring: &Line) -> Orientation {
    let open = &ring[..ring.len() - 1];
    let n = open.len();
    let lowest = |a: &usize, b: &usize| open[*a][1].total_cmp(&open[*b][1]).then(open[*a][0].total_cmp(&open[*b][0]));
    let Some(low) = (0..n).min_by(lowest) else { return Collinear };
    // Repeated positions are passed over.
    let before = (1..n).map(|k| open[(low + n - k) % n]).find(|p| *p != open[low]);
    let after = (1..n).map(|k| open[(low + k) % n]).find(|p| *p != open[low]);
    match (before, after) {
        (Some(before), Some(after)) => turn(before, open[low], after),
        _ => Collinear,
    }
}

#[derive(Clone, Copy)]
struct Segment {
    from: [f64; 2],
    to: [f64; 2],
    ring: usize,
    at: usize,
}

impl RTreeObject for Segment {
    type Envelope = AABB<[f64; 2]>;
    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners(self.from, self.to)
    }
}

/// What is wrong between the segments of a polygon's rings (or of several polygons'), and where.
///
/// `left` is how many pairs may still be looked at.
pub(super) fn crossings(rings: &[&Line], left: &mut usize) -> Option<(&'static str, [f64; 2])> {
    let mut segments = Vec::new();
    let mut last = Vec::new();
    for (i, ring) in rings.iter().enumerate() {
        // A repeated position is no segment.
        let mut at = 0;
        for pair in ring.windows(2).filter(|p| p[0] != p[1]) {
            segments.push(Segment { from: pair[0], to: pair[1], ring: i, at });
            at += 1;
        }
        last.push(at);
    }
    let tree = RTree::bulk_load(segments.clone());
    for a in &segments {
        for b in tree.locate_in_envelope_intersecting(a.envelope()) {
            if !take(left, 1) {
                return Some(("rings too intricate to be proved free of crossings", a.from));
            }
            // Each pair once, none with itself.
            if (b.ring, b.at) <= (a.ring, a.at) {
                continue;
            }
            let next = a.ring == b.ring && (b.at == a.at + 1 || (a.at == 0 && b.at + 1 == last[a.ring]));
            if let Some(what) = contact(a, b, next) {
                return Some((what, b.from));
            }
        }
    }
    None
}

fn take(left: &mut usize, n: usize) -> bool {
    let enough = *left >= n;
    *left = left.saturating_sub(n);
    enough
}

fn contact(a: &Segment, b: &Segment, next: bool) -> Option<&'static str> {
    let sides =
        [turn(a.from, a.to, b.from), turn(a.from, a.to, b.to), turn(b.from, b.to, a.from), turn(b.from, b.to, a.to)];
    if sides.iter().all(|s| *s == Collinear) {
        // On one line: they share a piece unless they only meet in a point.
        let axis = usize::from((a.from[0] - a.to[0]).abs() < (a.from[1] - a.to[1]).abs());
        let span = |s: &Segment| (s.from[axis].min(s.to[axis]), s.from[axis].max(s.to[axis]));
        let ((a0, a1), (b0, b1)) = (span(a), span(b));
        let shared = a1.min(b1) - a0.max(b0);
        return match () {
            () if shared > 0.0 => Some("rings that run along themselves or each other"),
            () if shared == 0.0 && !next && a.ring == b.ring => Some("a ring that touches itself"),
            () => None,
        };
    }
    let apart = |p: Orientation, q: Orientation| p == q && p != Collinear;
    if apart(sides[0], sides[1]) || apart(sides[2], sides[3]) {
        return None;
    }
    if sides.contains(&Collinear) {
        // An end of one lies on the other: two rings may touch so, one ring only where its segments join.
        return (!next && a.ring == b.ring).then_some("a ring that touches itself");
    }
    Some("rings that cross themselves or each other")
}

/// Whether `at` lies inside a closed ring; on the ring itself either may be said.
pub(super) fn inside(ring: &Line, at: [f64; 2]) -> bool {
    ring.windows(2).fold(false, |inside, pair| {
        let [a, b] = [pair[0], pair[1]];
        if (a[1] > at[1]) == (b[1] > at[1]) {
            return inside;
        }
        let side = turn(a, b, at);
        inside ^ if b[1] > a[1] { side == CounterClockwise } else { side == Clockwise }
    })
}

/// A hole that lies outside its polygon, or a polygon inside another: which, and where.
pub(super) fn nesting(polygons: &[Vec<Line>], left: &mut usize) -> Option<(&'static str, [f64; 2])> {
    for polygon in polygons {
        let (shell, holes) = polygon.split_first()?;
        for hole in holes {
            if !take(left, shell.len()) {
                return Some(("rings too intricate to be proved well nested", hole[0]));
            }
            // A corner of the hole may lie on the shell; one of them is strictly inside, or the hole is not.
            if !hole.iter().take(64).any(|at| inside(shell, *at)) {
                return Some(("a hole outside its polygon", hole[0]));
            }
        }
    }
    let boxes: Vec<_> = polygons.iter().filter_map(|p| p.first()).map(around).collect();
    for (i, a) in boxes.iter().enumerate() {
        for (j, b) in boxes.iter().enumerate().filter(|(j, _)| *j != i) {
            if !take(left, 1) {
                return Some(("rings too intricate to be proved well nested", polygons[i][0][0]));
            }
            if !(b[0] <= a[0] && b[1] <= a[1] && b[2] >= a[2] && b[3] >= a[3]) {
                continue;
            }
            let corners = polygons[i][0].len() * polygons[j].iter().map(Vec::len).sum::<usize>();
            if !take(left, corners) {
                return Some(("rings too intricate to be proved well nested", polygons[i][0][0]));
            }
            let (shell, holes) = polygons[j].split_first()?;
            let within = |at: &[f64; 2]| inside(shell, *at) && !holes.iter().any(|h| inside(h, *at));
            // All corners: a neighbour may touch in some of them.
            if polygons[i][0].iter().all(within) && centre_within(&polygons[i][0], within) {
                return Some(("a polygon inside another of the same feature", polygons[i][0][0]));
            }
        }
    }
    None
}

fn centre_within(ring: &Line, within: impl Fn(&[f64; 2]) -> bool) -> bool {
    ring.windows(2).all(|p| within(&[(p[0][0] + p[1][0]) / 2.0, (p[0][1] + p[1][1]) / 2.0]))
}

fn around(ring: &Line) -> [f64; 4] {
    ring.iter().fold([f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY], |b, p| {
        [b[0].min(p[0]), b[1].min(p[1]), b[2].max(p[0]), b[3].max(p[1])]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: [[f64; 2]; 5] = [[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0], [0.0, 0.0]];

    #[test]
    fn a_ring_alone() {
        let square = SQUARE.to_vec();
        let mut turned = square.clone();
        turned.reverse();
        assert_eq!(ring(&square, true), None);
        assert_eq!(ring(&turned, false), None);
        assert!(ring(&square, false).is_some() && ring(&turned, true).is_some());
        assert!(ring(&square[..4].to_vec(), true).unwrap().contains("not closed"));
        assert!(ring(&vec![[0.0, 0.0]; 4], true).unwrap().contains("without area"));
        assert!(ring(&vec![[f64::NAN, 0.0]; 4], true).is_some());
    }

    #[test]
    fn crossing_touching_and_running_along() {
        let bow = vec![[0.0, 0.0], [2.0, 2.0], [2.0, 0.0], [0.0, 2.0], [0.0, 0.0]];
        let touching = vec![[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [2.0, 0.0], [0.0, 4.0], [0.0, 0.0]];
        let spike = vec![[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [4.0, 5.0], [4.0, 4.0], [0.0, 4.0], [0.0, 0.0]];
        assert!(crossings(&[&bow], &mut 1000).unwrap().0.contains("cross"));
        assert!(crossings(&[&touching], &mut 1000).unwrap().0.contains("touches"));
        assert!(crossings(&[&spike], &mut 1000).is_some());
        assert_eq!(crossings(&[&SQUARE.to_vec()], &mut 1000), None);
        // Two rings that meet in a point are simple features.
        let beside: Line = SQUARE.iter().map(|p| [p[0] + 2.0, p[1] + 2.0]).collect();
        assert_eq!(crossings(&[&SQUARE.to_vec(), &beside], &mut 1000), None);
        let over: Line = SQUARE.iter().map(|p| [p[0] + 1.0, p[1] + 1.0]).collect();
        assert!(crossings(&[&SQUARE.to_vec(), &over], &mut 1000).unwrap().0.contains("cross"));
    }

    #[test]
    fn holes_and_islands() {
        let large: Line = SQUARE.iter().map(|p| [p[0] * 10.0 - 5.0, p[1] * 10.0 - 5.0]).collect();
        let mut hole = SQUARE.to_vec();
        hole.reverse();
        assert_eq!(nesting(&[vec![large.clone(), hole.clone()]], &mut 1000), None);
        assert!(
            nesting(&[vec![SQUARE.to_vec(), hole.iter().map(|p| [p[0] + 9.0, p[1]]).collect()]], &mut 1000).is_some()
        );
        assert!(nesting(&[vec![large.clone()], vec![SQUARE.to_vec()]], &mut 1000).is_some());
        // In the hole of another it is an island.
        let lake: Line = SQUARE.iter().rev().map(|p| [p[0] * 2.0 - 1.0, p[1] * 2.0 - 1.0]).collect();
        assert_eq!(nesting(&[vec![large, lake], vec![SQUARE.to_vec()]], &mut 1000), None);
    }
}

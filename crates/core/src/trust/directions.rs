//! Directions to samples: whether they surround a place, and how much of the circle they cover.

use std::f64::consts::{FRAC_PI_8, PI, TAU};

use crate::Coord;

/// Half the angle that one sample covers: 22.5 degrees, so that eight can cover the circle.
const HALF_ARC: f64 = FRAC_PI_8;
/// Rounding of a direction, in radians: a gap of half the circle is not closed by it.
const ROUNDING: f64 = 1e-9;

/// Directions from a place, each known to within a turn of its own.
#[derive(Debug, Default)]
pub(super) struct Directions {
    /// Angle from −π to π, and how far it may be off.
    angles: Vec<(f64, f64)>,
}

impl Directions {
    pub(super) fn clear(&mut self) {
        self.angles.clear();
    }

    /// Adds the direction of a separation, which may be off by `turn` radians.
    pub(super) fn add(&mut self, [east, north]: Coord, turn: f64) {
        self.angles.push((east.atan2(north), turn));
    }

    pub(super) fn sort(&mut self) {
        self.angles.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    }

    /// Whether the place is inside the convex hull of what lies in these directions: no gap between neighbouring ones
    /// is half a circle or more, wherever each lies within its turn.
    pub(super) fn surround(&self) -> bool {
        let Some(&(mut last, mut turn)) = self.angles.last() else { return false };
        last -= TAU;
        self.angles.iter().all(|&(angle, of_angle)| {
            let gap = angle + of_angle - (last - turn);
            (last, turn) = (angle, of_angle);
            gap < PI - ROUNDING
        })
    }

    /// Whether the directions, each widened to an arc of 45 degrees less its turn on both sides, cover at least half of the circle.
    pub(super) fn cover_half(&self) -> bool {
        let arcs = || {
            let arc = |&(angle, turn): &(f64, f64)| (HALF_ARC > turn).then_some((angle, HALF_ARC - turn));
            self.angles.iter().filter_map(arc)
        };
        // From the furthest end of what reaches over from before −π.
        let Some(mut end) = arcs().map(|(angle, half)| angle + half - TAU).reduce(f64::max) else { return false };
        let mut covered = 0.0;
        // Arcs are in order of their middles, and nearly so of their starts: what an arc covers before `end` counts only
        // if it was not counted, so the sum can be too small with unequal turns, and never too large.
        for (angle, half) in arcs() {
            let start = (angle - half).max(end);
            covered += (angle + half - start).max(0.0);
            end = end.max(angle + half);
        }
        // What the last arcs reach beyond π was counted there, and the first ones begin after it.
        covered >= PI - ROUNDING
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(degrees: &[f64]) -> Directions {
        let mut directions = Directions::default();
        for d in degrees {
            let (sin, cos) = d.to_radians().sin_cos();
            directions.add([sin, cos], 0.0);
        }
        directions.sort();
        directions
    }

    #[test]
    fn three_directions_surround_or_do_not() {
        assert!(at(&[0.0, 120.0, 240.0]).surround());
        assert!(at(&[10.0, 100.0, 191.0]).surround());
        assert!(!at(&[10.0, 100.0, 189.0]).surround());
        // On the line between two samples: not inside their hull.
        assert!(!at(&[0.0, 180.0]).surround());
        assert!(!at(&[]).surround());
    }

    #[test]
    fn half_the_circle_takes_four_directions_well_apart() {
        assert!(at(&[0.0, 45.0, 90.0, 135.0]).cover_half());
        assert!(at(&[0.0, 90.0, 180.0, 270.0]).cover_half());
        assert!(!at(&[0.0, 90.0, 180.0]).cover_half());
        assert!(!at(&[0.0, 1.0, 2.0, 180.0, 181.0, 182.0]).cover_half());
        // A quarter full of directions covers 135 degrees, a half 225.
        let fan = |to: u32| at(&(0..=to).map(f64::from).collect::<Vec<_>>());
        assert!(!fan(90).cover_half() && !fan(134).cover_half());
        assert!(fan(136).cover_half() && fan(180).cover_half());
    }

    #[test]
    fn north_is_nowhere_special() {
        for turn in (0..360).step_by(7).map(f64::from) {
            let turned = |d: &[f64]| at(&d.iter().map(|d| d + turn).collect::<Vec<_>>());
            assert!(!turned(&[0.0, 20.0, 44.0, 100.0, 120.0]).cover_half(), "{turn}");
            assert!(turned(&[0.0, 44.0, 89.0, 133.0, 178.0]).cover_half(), "{turn}");
            assert!(turned(&[0.0, 100.0, 200.0]).surround() && !turned(&[0.0, 90.0, 179.0]).surround(), "{turn}");
        }
    }
}

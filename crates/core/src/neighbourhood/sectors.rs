//! Sectors around a target, against clustered samples.

use crate::{Coord, Error, Result};

/// Equal sectors around a target, counted clockwise from north.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Sectors {
    /// Four: north-east, south-east, south-west, north-west.
    Quadrants,
    /// Eight of 45 degrees each.
    Octants,
}

impl Sectors {
    /// Most sectors there can be.
    pub(super) const MOST: usize = 8;

    /// Sectors by their number.
    ///
    /// # Errors
    /// A number of sectors other than 4 or 8.
    pub fn from_count(count: usize) -> Result<Self> {
        match count {
            4 => Ok(Self::Quadrants),
            8 => Ok(Self::Octants),
            _ => Err(Error::Parameter { name: "number of sectors", value: count as f64, requirement: "4 or 8" }),
        }
    }

    /// How many there are.
    pub fn count(self) -> usize {
        match self {
            Self::Quadrants => 4,
            Self::Octants => 8,
        }
    }

    /// The sector a separation falls into. A separation on a border belongs to the sector clockwise of it.
    #[inline]
    pub(super) fn of(self, separation: Coord) -> usize {
        let [dx, dy] = separation;
        let quadrant = match (dx > 0.0 || (dx == 0.0 && dy > 0.0), dy) {
            (true, dy) if dy > 0.0 => 0,
            (true, _) => 1,
            (false, dy) if dy < 0.0 || (dy == 0.0 && dx == 0.0) => 2,
            (false, _) => 3,
        };
        match self {
            Self::Quadrants => quadrant,
            Self::Octants => {
                // Within a quadrant the second octant starts where the offset from its first side passes 45 degrees.
                let (first, second) = if quadrant % 2 == 0 { (dy.abs(), dx.abs()) } else { (dx.abs(), dy.abs()) };
                2 * quadrant + usize::from(second >= first)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Sectors;

    #[test]
    fn octants_follow_the_compass() {
        for (azimuth, octant) in (0..8).map(|k| (22.5 + 45.0 * f64::from(k), k as usize)) {
            let (sin, cos) = azimuth.to_radians().sin_cos();
            assert_eq!(Sectors::Octants.of([sin, cos]), octant, "azimuth {azimuth}");
            assert_eq!(Sectors::Quadrants.of([sin, cos]), octant / 2, "azimuth {azimuth}");
        }
    }
}

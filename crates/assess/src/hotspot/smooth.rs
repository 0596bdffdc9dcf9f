//! Outlines with rounded corners.

use geo::{Coord, LineString, MultiPolygon, Polygon};

/// Rounds the outlines of cells by so many passes of corner cutting, with vertices a cell from every corner to begin with, so that no
/// vertex moves by more than a fifth of a cell and no straight side is bent.
///
/// Parts and holes that touched at a corner come apart. The area changes a little: what is said of a hotspot stays that of its
/// cells.
///
/// # Source
/// Chaikin (1974), *Computer Graphics and Image Processing* 3:346.
///
/// # Examples
/// ```
/// use geo::{Area, MultiPolygon, polygon};
/// use soilscope_assess::hotspot::smoothed;
/// let cells = polygon![(x: 0.0, y: 0.0), (x: 20.0, y: 0.0), (x: 20.0, y: 10.0), (x: 0.0, y: 10.0)];
/// let round = smoothed(&MultiPolygon::new(vec![cells]), [10.0, 10.0], 3);
/// assert!(round.unsigned_area() < 200.0 && round.unsigned_area() > 180.0);
/// ```
#[must_use]
pub fn smoothed(shape: &MultiPolygon<f64>, cell: [f64; 2], passes: u8) -> MultiPolygon<f64> {
    let ring = |ring: &LineString<f64>| rounded(ring, cell, passes);
    let polygon = |p: &Polygon<f64>| Polygon::new(ring(p.exterior()), p.interiors().iter().map(ring).collect());
    MultiPolygon::new(shape.iter().map(polygon).collect())
}

fn rounded(ring: &LineString<f64>, cell: [f64; 2], passes: u8) -> LineString<f64> {
    let mut vertices = Vec::new();
    for side in ring.lines() {
        let steps = (side.dx().abs() / cell[0] + side.dy().abs() / cell[1]).round().max(1.0);
        // Only the cells at a corner are changed by cutting it.
        let steps_here = steps as usize;
        for k in (0..steps_here).filter(|&k| k <= 1 || k + 1 == steps_here) {
            vertices.push(side.start + side.delta() * (k as f64 / steps));
        }
    }
    for _ in 0..passes {
        let n = vertices.len();
        vertices = (0..n)
            .flat_map(|i| {
                let (a, b) = (vertices[i], vertices[(i + 1) % n]);
                [a * 0.75 + b * 0.25, a * 0.25 + b * 0.75]
            })
            .collect();
    }
    let n = vertices.len();
    let on_a_line = |i: usize| {
        let (a, b, c): (Coord<f64>, Coord<f64>, Coord<f64>) =
            (vertices[(i + n - 1) % n], vertices[i], vertices[(i + 1) % n]);
        let turn = (b.x - a.x) * (c.y - b.y) - (b.y - a.y) * (c.x - b.x);
        turn.abs() <= 1e-9 * cell[0] * cell[1]
    };
    let mut kept: Vec<Coord<f64>> = (0..n).filter(|&i| !on_a_line(i)).map(|i| vertices[i]).collect();
    kept.extend(kept.first().copied());
    LineString::new(kept)
}

#[cfg(test)]
mod tests {
    use geo::{Area, Validation};

    use super::*;
    use crate::hotspot::{GridFrame, HotCell, HotspotSettings, HotspotTracer};

    fn traced(rows: &[&str]) -> MultiPolygon<f64> {
        let columns = rows[0].len();
        let frame = GridFrame { origin: [100.0, 500.0], cell: [10.0, 5.0], columns };
        let mut tracer = HotspotTracer::new(frame, HotspotSettings::default()).unwrap();
        for row in rows {
            let cell = |c| (c == '#').then_some(HotCell { value: 1.0, probability: None, doubts: None, ground: 1.0 });
            tracer.push_row(&row.chars().map(cell).collect::<Vec<_>>());
        }
        let found = tracer.finish();
        MultiPolygon::new(found.spots.iter().flat_map(|s| s.shape.0.clone()).collect())
    }

    #[test]
    fn rounded_outlines_are_valid_and_near_the_cells() {
        for rows in [
            &["#"][..],
            &["##.#", "#.##", "####"],
            &["#####", "#.#.#", "##.##", "#.#.#", "#####"],
            &["#.#", ".#.", "#.#"],
            &["##..", "###.", ".###", "..##"],
        ] {
            let cells = traced(rows);
            for passes in 1..=5 {
                let round = smoothed(&cells, [10.0, 5.0], passes);
                assert!(round.is_valid(), "{rows:?} {passes}: {:?}", round.validation_errors());
                assert_eq!(round.0.len(), cells.0.len());
                let hot = rows.iter().flat_map(|r| r.chars()).filter(|&c| c == '#').count() as f64;
                assert!((cells.unsigned_area() - 50.0 * hot).abs() < 1e-9);
                // A corner loses less than a sixth of a cell, and gains as much where it is concave.
                let corners: usize = cells
                    .iter()
                    .map(|p| p.exterior().0.len() - 1 + p.interiors().iter().map(|r| r.0.len() - 1).sum::<usize>())
                    .sum();
                let off = (round.unsigned_area() - cells.unsigned_area()).abs();
                assert!(off < 50.0 / 20.0 * corners as f64, "{off} of {corners} corners");
                for vertex in round.iter().flat_map(|p| p.exterior().coords()) {
                    let near = cells.iter().any(|p| {
                        use geo::{Distance, Euclidean};
                        Euclidean.distance(&geo::Point::from(*vertex), p.exterior()) < 2.0
                    });
                    assert!(near, "{vertex:?}");
                }
            }
        }
    }

    #[test]
    fn straight_sides_stay_straight() {
        let round = smoothed(&traced(&["####", "####"]), [10.0, 5.0], 3);
        let ring = round.0[0].exterior();
        // In the middle of the northern side nothing was cut.
        assert!(ring.lines().any(|l| l.start.y == 500.0 && l.end.y == 500.0 && l.dx().abs() > 25.0));
    }
}

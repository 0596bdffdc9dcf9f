//! How much of each cell of a grid of unit squares a polygon covers: exactly, for straight edges.

/// Covered area of each cell of one row at a time.
///
/// An edge that goes down by `d` within a row covers `d` of every cell to its right and of the cell it is in the part to its right; the
/// signed sum over all edges of a ring is the covered area. This is the sum of trapezoids that Green's theorem gives for every cell at once,
/// so it holds for any ring, convex or not, and what neighbours that share an edge cover adds up to what both cover.
#[derive(Default)]
pub(crate) struct Coverage {
    /// Differences along the row; their running sum is the covered area.
    differences: Vec<f64>,
}

/// The area of a closed ring, positive when it runs clockwise as rows go down.
pub(crate) fn area(ring: &[[f64; 2]]) -> f64 {
    let [x0, y0] = ring[0];
    // About the first vertex: far from the origin the products would cancel.
    let twice: f64 = (0..ring.len())
        .map(|i| (ring[i], ring[(i + 1) % ring.len()]))
        .map(|([x, y], [u, v])| (x - x0) * (v - y0) - (u - x0) * (y - y0))
        .sum();
    twice / 2.0
}

impl Coverage {
    /// Calls `of` with each column of `columns` and the area of its cell in `row` that `ring` covers, where it covers any. A ring that runs
    /// anticlockwise covers negative areas.
    pub(crate) fn row(
        &mut self,
        ring: &[[f64; 2]],
        row: usize,
        columns: std::ops::Range<usize>,
        mut of: impl FnMut(usize, f64),
    ) {
        let (top, first, width) = (row as f64, columns.start as f64, columns.len());
        if width == 0 {
            return;
        }
        self.differences.clear();
        self.differences.resize(width + 2, 0.0);
        for i in 0..ring.len() {
            let (mut a, mut b) = (ring[i], ring[(i + 1) % ring.len()]);
            // Down the row is positive, which makes a clockwise ring's right side, and so its area, positive after the sign below.
            let sign = if a[1] <= b[1] { -1.0 } else { 1.0 };
            if a[1] > b[1] {
                (a, b) = (b, a);
            }
            if b[1] <= top || a[1] >= top + 1.0 || a[1] == b[1] {
                continue;
            }
            let slope = (b[0] - a[0]) / (b[1] - a[1]);
            let at = |y: f64| a[0] + (y - a[1]) * slope;
            let (from, to) = (a[1].max(top), b[1].min(top + 1.0));
            let start = if from == a[1] { a[0] } else { at(from) };
            let end = if to == b[1] { b[0] } else { at(to) };
            self.edge(start - first, end - first, sign * (to - from), width);
        }
        let mut sum = 0.0;
        for (i, difference) in self.differences[..width].iter().enumerate() {
            sum += difference;
            // What is left of sums that cancel is no area.
            if sum.abs() > 1e-13 {
                of(columns.start + i, sum);
            }
        }
    }

    /// An edge from `x` to `u`, columns counted from the first, that goes through `down` of the row's height.
    fn edge(&mut self, x: f64, u: f64, down: f64, width: usize) {
        let (left, right) = if x <= u { (x, u) } else { (u, x) };
        let last = width as f64;
        if left >= last {
            return;
        }
        if right <= 0.0 {
            self.differences[0] += down;
            return;
        }
        let span = right - left;
        // What of it lies left of the columns covers them all; what lies right of them covers none.
        if left < 0.0 {
            self.differences[0] += down * (-left / span);
        }
        let (from, to) = (left.max(0.0), right.min(last));
        let (mut column, end) = (from.floor(), to);
        if span == 0.0 {
            self.piece(column as usize, from, from, down);
            return;
        }
        let mut x = from;
        while x < end {
            let next = (column + 1.0).min(end);
            self.piece(column as usize, x, next, down * ((next - x) / span));
            x = next;
            column += 1.0;
        }
    }

    /// A part of an edge inside one column.
    fn piece(&mut self, column: usize, x: f64, u: f64, down: f64) {
        let inside = (x + u) / 2.0 - column as f64;
        self.differences[column] += down * (1.0 - inside);
        self.differences[column + 1] += down * inside;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn covered(ring: &[[f64; 2]], rows: usize, columns: usize) -> Vec<Vec<f64>> {
        let mut table = vec![vec![0.0; columns]; rows];
        let mut coverage = Coverage::default();
        for row in 0..rows {
            coverage.row(ring, row, 0..columns, |column, area| table[row][column] = area);
        }
        table
    }

    /// The oracle: points of a fine lattice that lie inside, by the crossing rule.
    fn sampled(ring: &[[f64; 2]], row: usize, column: usize, n: usize) -> f64 {
        let inside = |x: f64, y: f64| {
            let mut odd = false;
            for i in 0..ring.len() {
                let ([ax, ay], [bx, by]) = (ring[i], ring[(i + 1) % ring.len()]);
                odd ^= (ay > y) != (by > y) && x < ax + (y - ay) / (by - ay) * (bx - ax);
            }
            odd
        };
        let at = |origin: usize, i: usize| origin as f64 + (i as f64 + 0.5) / n as f64;
        let hits = (0..n * n).filter(|i| inside(at(column, i % n), at(row, i / n))).count();
        hits as f64 / (n * n) as f64
    }

    #[test]
    fn a_square_covers_what_it_covers() {
        let square = [[0.5, 0.25], [2.5, 0.25], [2.5, 1.75], [0.5, 1.75]];
        assert_eq!(covered(&square, 3, 4)[0], [0.375, 0.75, 0.375, 0.0]);
        assert_eq!(covered(&square, 3, 4)[1], [0.375, 0.75, 0.375, 0.0]);
        assert_eq!(covered(&square, 3, 4)[2], [0.0; 4]);
        assert_eq!(area(&square), 3.0);
    }

    #[test]
    fn a_triangle_and_what_lies_beyond_the_columns() {
        let triangle = [[-1.0, 0.0], [3.0, 0.0], [-1.0, 4.0]];
        let table = covered(&triangle, 4, 3);
        assert_eq!(table[0], [1.0, 1.0, 0.5]);
        assert_eq!(table[1], [1.0, 0.5, 0.0]);
        assert_eq!(table[3], [0.0; 3]);
        let mut none = Coverage::default();
        none.row(&triangle, 0, 5..9, |_, _| panic!("nothing is covered there"));
    }

    proptest! {
        #[test]
        fn areas_are_those_of_dense_samples_and_add_up(
            corners in prop::collection::vec((0.0..6.0f64, 0.0..5.0f64), 4),
        ) {
            let centre = corners.iter().fold([0.0; 2], |c, p| [c[0] + p.0 / 4.0, c[1] + p.1 / 4.0]);
            // Sorted about their centre: a simple quadrilateral, often not convex.
            let mut ring: Vec<[f64; 2]> = corners.iter().map(|p| [p.0, p.1]).collect();
            ring.sort_by(|a, b| {
                let angle = |p: &[f64; 2]| (p[1] - centre[1]).atan2(p[0] - centre[0]);
                angle(a).total_cmp(&angle(b))
            });
            let table = covered(&ring, 5, 6);
            let total: f64 = table.iter().flatten().sum();
            prop_assert!((total - area(&ring)).abs() < 1e-11, "{total} {}", area(&ring));
            for row in 0..5 {
                for column in 0..6 {
                    prop_assert!((table[row][column] - sampled(&ring, row, column, 100)).abs() < 0.04);
                }
            }
        }

        #[test]
        fn two_halves_cover_what_the_whole_covers(
            y in prop::collection::vec(0.1..3.9f64, 2), x in prop::collection::vec(0.1..4.9f64, 4),
        ) {
            let (cut_left, cut_right) = ([x[0].min(x[1]), y[0]], [x[0].max(x[1]) + 0.01, y[1]]);
            let upper = [[x[2], 0.0], [x[3], 0.0], cut_right, cut_left];
            let lower = [cut_left, cut_right, [x[3], 4.0], [x[2], 4.0]];
            let whole = [[x[2], 0.0], [x[3], 0.0], cut_right, [x[3], 4.0], [x[2], 4.0], cut_left];
            let (a, b, c) = (covered(&upper, 4, 5), covered(&lower, 4, 5), covered(&whole, 4, 5));
            for row in 0..4 {
                for column in 0..5 {
                    prop_assert!((a[row][column] + b[row][column] - c[row][column]).abs() < 1e-12);
                }
            }
        }
    }
}

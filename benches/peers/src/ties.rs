//! Which targets have two samples that could each be their last neighbour.
//!
//! Two programs that take the k nearest samples differ, both rightly, where the k-th and the next are as far away to all the
//! digits that a distance has; so a difference there is no disagreement. Decided by looking at every sample, independently
//! of the library's search.

use soilscope_core::Coord;

/// Distances that differ by a smaller share than this are the same distance.
pub const SAME: f64 = 1e-6;

/// Whether the `k`-th nearest sample and the next are equally far from `target`; sample `left_out` is not looked at.
///
/// # Examples
/// ```
/// use soilscope_bench::ties::is_tie;
/// let samples = [[1.0, 0.0], [0.0, 2.0], [0.0, -2.000_000_1], [5.0, 0.0]];
/// assert!(is_tie(&samples, [0.0, 0.0], 2, None));
/// assert!(!is_tie(&samples, [0.0, 0.0], 1, None));
/// assert!(!is_tie(&samples, [0.0, 0.0], 2, Some(1)));
/// ```
pub fn is_tie(samples: &[Coord], target: Coord, k: usize, left_out: Option<usize>) -> bool {
    let distance = |c: &Coord| (c[0] - target[0]).hypot(c[1] - target[1]);
    let others = samples.iter().enumerate().filter(|(i, _)| Some(*i) != left_out);
    let mut distances: Vec<f64> = others.map(|(_, c)| distance(c)).collect();
    if k == 0 || k >= distances.len() {
        return false;
    }
    let (_, &mut last, beyond) = distances.select_nth_unstable_by(k - 1, f64::total_cmp);
    let next = beyond.iter().copied().fold(f64::INFINITY, f64::min);
    next - last <= SAME * next
}

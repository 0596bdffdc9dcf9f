//! Which factor of one solution is which of another.

/// For each factor of the first solution, that of the second: one to one, with the largest sum of likenesses.
pub(super) fn best_match(factors: usize, likeness: impl Fn(usize, usize) -> f64) -> Vec<usize> {
    // Best sum for the first factors with a set of the second's, and the last of the set that was taken: 2ᵖ sets of at most
    // 12 factors.
    let mut best: Vec<(f64, usize)> = vec![(f64::NEG_INFINITY, 0); 1 << factors];
    best[0] = (0.0, 0);
    for set in 1_usize..1 << factors {
        let first = set.count_ones() as usize - 1;
        for taken in (0..factors).filter(|&l| set >> l & 1 == 1) {
            let sum = best[set ^ (1 << taken)].0 + likeness(first, taken);
            if sum > best[set].0 {
                best[set] = (sum, taken);
            }
        }
    }
    let (mut set, mut matched) = ((1 << factors) - 1, vec![0; factors]);
    for first in (0..factors).rev() {
        matched[first] = best[set].1;
        set ^= 1 << best[set].1;
    }
    matched
}

#[cfg(test)]
mod tests {
    use super::best_match;

    #[test]
    fn the_best_sum_is_taken_not_the_best_first() {
        // Each first alone would take 0; together 0 → 1 and 1 → 0 are the better pair.
        let likeness = [[0.9, 0.8, 0.0], [0.9, 0.1, 0.0], [0.2, 0.3, 0.1]];
        assert_eq!(best_match(3, |k, l| likeness[k][l]), [1, 0, 2]);
        assert_eq!(best_match(1, |_, _| -4.0), [0]);
    }
}

//! Many tests at once.

use crate::{Error, Result};

/// Probabilities adjusted for their number: where those of at most q are called discoveries, no more than a share q of
/// the discoveries is expected to be false. `None` was not tested and does not count.
///
/// Each p of m, the i-th smallest, becomes the least of p_(j) m/j over all j from i on, at most 1. The bound holds for
/// independent tests, and for the positive dependence that tests of overlapping neighbourhoods mostly have (Benjamini &
/// Yekutieli 2001, *Annals of Statistics* 29:1165).
///
/// # Errors
/// A probability outside [0, 1].
///
/// # Source
/// Benjamini & Hochberg (1995), "Controlling the false discovery rate", *Journal of the Royal Statistical Society* B 57:289.
///
/// # Examples
/// ```
/// use soilscope_core::association::false_discovery_rate;
/// let adjusted = false_discovery_rate(&[Some(0.01), None, Some(0.5), Some(0.03), Some(0.04)])?;
/// assert_eq!(adjusted, [Some(0.04), None, Some(0.5), Some(0.04 * 4.0 / 3.0), Some(0.04 * 4.0 / 3.0)]);
/// # Ok::<(), soilscope_core::Error>(())
/// ```
pub fn false_discovery_rate(p: &[Option<f64>]) -> Result<Vec<Option<f64>>> {
    let mut order: Vec<(usize, f64)> = p.iter().enumerate().filter_map(|(i, p)| p.map(|p| (i, p))).collect();
    if let Some(&(_, value)) = order.iter().find(|(_, p)| !(0.0..=1.0).contains(p)) {
        return Err(Error::Parameter { name: "probability", value, requirement: "from 0 to 1" });
    }
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let tests = order.len() as f64;
    let mut adjusted = vec![None; p.len()];
    let mut least = 1.0_f64;
    for (rank, &(i, p)) in order.iter().enumerate().rev() {
        least = least.min(p * tests / (rank + 1) as f64);
        adjusted[i] = Some(least);
    }
    Ok(adjusted)
}

//! The signed-rank test of Wilcoxon: paired sites, by ranks.

use serde::Serialize;
use soilscope_core::transform::normal_cdf;

use super::{TrendError, enough};
use crate::quantity::finite;

/// Test of Wilcoxon.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SignedRank {
    /// Differences other than 0.
    pub n: usize,
    /// Sum of the ranks of positive differences.
    pub w: f64,
    /// Two-sided.
    pub p: f64,
    /// Whether p counts all signs; otherwise it is by the normal distribution.
    pub exact: bool,
}

/// Most differences of which all signs are counted.
const COUNTED: usize = 50;

/// Signed-rank test of differences, as of logarithms of second and first contents: is their median 0? Differences of 0 are
/// left out; equal ones share their ranks.
///
/// # Errors
/// A difference that is not finite; fewer than two that are not 0.
///
/// # Source
/// Wilcoxon (1945), *Biometrics Bulletin* 1:80.
///
/// # Examples
/// ```
/// use soilscope_assess::trend::signed_rank;
/// // All of five positive: two of 32 ways are as extreme.
/// let test = signed_rank(&[1.0, 2.0, 3.0, 4.0, 5.0])?;
/// assert_eq!((test.w, test.p, test.exact), (15.0, 2.0 / 32.0, true));
/// # Ok::<(), soilscope_assess::trend::TrendError>(())
/// ```
pub fn signed_rank(differences: &[f64]) -> Result<SignedRank, TrendError> {
    for &difference in differences {
        finite("difference", difference)?;
    }
    let mut sorted: Vec<f64> = differences.iter().copied().filter(|d| *d != 0.0).collect();
    enough(sorted.len(), 2, "the signed-rank test (without differences of 0)")?;
    sorted.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    // Twice the ranks, which are whole numbers where ties share them.
    let (mut ranks, mut ties) = (Vec::with_capacity(sorted.len()), 0.0);
    for tied in sorted.chunk_by(|a, b| a.abs() == b.abs()) {
        let shared = 2 * ranks.len() + tied.len() + 1;
        ranks.extend(std::iter::repeat_n(shared, tied.len()));
        let t = tied.len() as f64;
        ties += t * (t * t - 1.0);
    }
    let twice: usize = sorted.iter().zip(&ranks).filter(|(d, _)| **d > 0.0).map(|(_, rank)| rank).sum();
    let n = sorted.len();
    let exact = n <= COUNTED;
    let p = if exact { counted(&ranks, twice) } else { approximate(n as f64, 0.5 * twice as f64, ties) };
    Ok(SignedRank { n, w: 0.5 * twice as f64, p, exact })
}

/// Share of all signs that give a sum as far from its middle.
fn counted(ranks: &[usize], sum: usize) -> f64 {
    let total: usize = ranks.iter().sum();
    let mut shares = vec![0.0; total + 1];
    shares[0] = 1.0;
    for &rank in ranks {
        for k in (0..=total).rev() {
            let with = if k >= rank { shares[k - rank] } else { 0.0 };
            shares[k] = 0.5 * (shares[k] + with);
        }
    }
    let (low, high): (f64, f64) = (shares[..=sum].iter().sum(), shares[sum..].iter().sum());
    (2.0 * low.min(high)).min(1.0)
}

fn approximate(n: f64, w: f64, ties: f64) -> f64 {
    let middle = n * (n + 1.0) / 4.0;
    let variance = n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - ties / 48.0;
    let z = ((w - middle).abs() - 0.5).max(0.0) / variance.sqrt();
    2.0 * normal_cdf(-z)
}

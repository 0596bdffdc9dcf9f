//! Sen's slope: how steep a trend is.

use serde::Serialize;
use soilscope_core::normal::normal_quantile;

use super::mann_kendall::variance;
use super::{TrendError, ascending, enough};
use crate::quantity::{finite, inside};

/// Slope of Theil and Sen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SenSlope {
    /// Median of the slopes of all pairs, unit of the values per unit of time.
    pub slope: f64,
    /// Median of the values less slope times median of the times.
    pub intercept: f64,
    /// Interval of the slope; `None` where so few values cannot bound it.
    pub interval: Option<[f64; 2]>,
    /// Probability that the interval is to have.
    pub confidence: f64,
}

/// Median slope of all pairs, with an interval from the ranks of the test of Mann and Kendall, interpolated between slopes.
///
/// All values must be quantified: a slope to a value below its limit is not a number.
///
/// # Errors
/// Fewer than two values; times that do not ascend; a confidence that is not above 0 and below 1.
///
/// # Source
/// Sen (1968), *Journal of the American Statistical Association* 63:1379; interval as in the R package EnvStats.
///
/// # Examples
/// ```
/// use soilscope_assess::trend::sen_slope;
/// // One wild value does not move it.
/// let sen = sen_slope(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], &[1.0, 3.0, 5.0, 90.0, 9.0, 11.0], 0.95)?;
/// assert_eq!((sen.slope, sen.intercept), (2.0, 2.0));
/// # Ok::<(), soilscope_assess::trend::TrendError>(())
/// ```
pub fn sen_slope(times: &[f64], values: &[f64], confidence: f64) -> Result<SenSlope, TrendError> {
    enough(values.len(), 2, "a slope")?;
    ascending(times, values.len())?;
    inside("confidence", confidence)?;
    for &value in values {
        finite("value", value)?;
    }
    let mut slopes = Vec::with_capacity(values.len() * (values.len() - 1) / 2);
    for i in 0..values.len() {
        for j in i + 1..values.len() {
            slopes.push((values[j] - values[i]) / (times[j] - times[i]));
        }
    }
    slopes.sort_by(f64::total_cmp);
    let slope = median(&slopes);
    let sorted = |values: &[f64]| {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted
    };
    let half = 0.5 * normal_quantile(0.5 + 0.5 * confidence) * variance(values).sqrt();
    let middle = 0.5 * slopes.len() as f64;
    let interval = at_rank(&slopes, middle - half).zip(at_rank(&slopes, middle + half + 1.0));
    Ok(SenSlope {
        slope,
        intercept: median(&sorted(values)) - slope * median(times),
        interval: interval.map(|(low, high)| [low, high]),
        confidence,
    })
}

/// Of sorted numbers.
fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { 0.5 * (sorted[middle - 1] + sorted[middle]) }
}

/// The number at a rank from 1, between two of them by a straight line; `None` beyond the ends.
fn at_rank(sorted: &[f64], rank: f64) -> Option<f64> {
    if !(rank >= 1.0 && rank <= sorted.len() as f64) {
        return None;
    }
    let below = rank.floor();
    let low = sorted[below as usize - 1];
    let high = sorted.get(below as usize).copied().unwrap_or(low);
    Some(low + (rank - below) * (high - low))
}

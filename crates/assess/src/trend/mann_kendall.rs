//! The test of Mann and Kendall: is there a trend, by ranks alone.

use std::collections::BTreeMap;

use serde::Serialize;
use soilscope_core::censored::Measurement;
use soilscope_core::transform::normal_cdf;

use super::{TrendError, ascending, enough};
use crate::quantity::finite;

/// Test of Mann and Kendall.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MannKendall {
    /// Values.
    pub n: usize,
    /// Rising pairs less falling ones.
    pub s: f64,
    /// Variance of S without a trend, with ties.
    pub variance: f64,
    /// S, one step nearer to 0, over its standard deviation.
    pub z: f64,
    /// Two-sided, by the normal distribution.
    pub p: f64,
    /// S over the number of pairs: tau-a, which ties bring nearer to 0.
    pub tau: f64,
    /// The limit below which values count as tied; `None` where all are quantified.
    pub tied_below: Option<f64>,
}

/// Fewest values of the test: with three, even S = 3 has p = 0.3.
const FEWEST: usize = 4;

/// Test of Mann and Kendall for a trend that rises or falls throughout.
///
/// Values below the limit are tied with each other and with quantified ones below it, which holds with one limit. The normal
/// distribution is rough below ten values. Values that depend on those before make p too small; nothing here corrects for
/// that.
///
/// # Errors
/// Fewer than four values; times that do not ascend; [`TrendError::SeveralLimits`], [`TrendError::NoVariation`].
///
/// # Source
/// Mann (1945), *Econometrica* 13:245; Kendall (1975), *Rank Correlation Methods*; as in the R package EnvStats
/// (`kendallTrendTest`).
///
/// # Examples
/// ```
/// use soilscope_assess::trend::mann_kendall;
/// use soilscope_core::censored::Measurement::{BelowLimit, Quantified};
/// let values = [BelowLimit(1.0), Quantified(0.5), Quantified(2.0), Quantified(3.0), Quantified(4.0)];
/// let test = mann_kendall(&[0.0, 1.0, 2.0, 3.0, 4.0], &values)?;
/// assert_eq!((test.s, test.tied_below), (9.0, Some(1.0))); // <1 and 0.5 are tied
/// # Ok::<(), soilscope_assess::trend::TrendError>(())
/// ```
pub fn mann_kendall(times: &[f64], values: &[Measurement]) -> Result<MannKendall, TrendError> {
    enough(values.len(), FEWEST, "the test of Mann and Kendall")?;
    ascending(times, values.len())?;
    let (values, tied_below) = comparable(values)?;
    let n = values.len();
    test(n, score(&values), variance(&values), pairs(n), tied_below)
}

/// One value of a season.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeasonalValue {
    /// Season, as the month.
    pub season: u32,
    /// Time, as the year.
    pub time: f64,
    /// What was measured.
    pub value: Measurement,
}

/// Seasonal test of Mann and Kendall: S and its variance summed over seasons, so that only values of one season are
/// compared.
///
/// # Errors
/// As [`mann_kendall`]; times that do not ascend within a season.
///
/// # Source
/// Hirsch, Slack & Smith (1982), *Water Resources Research* 18:107.
///
/// # Examples
/// ```
/// use soilscope_assess::trend::{SeasonalValue, seasonal_mann_kendall};
/// use soilscope_core::censored::Measurement::Quantified;
/// // Summers are always higher; each season rises.
/// let values = [(1, 0.0, 1.0), (7, 0.5, 9.0), (1, 1.0, 2.0), (7, 1.5, 10.0), (1, 2.0, 3.0), (7, 2.5, 11.0)]
///     .map(|(season, time, value)| SeasonalValue { season, time, value: Quantified(value) });
/// let test = seasonal_mann_kendall(&values)?;
/// assert_eq!((test.s, test.tau), (6.0, 1.0));
/// # Ok::<(), soilscope_assess::trend::TrendError>(())
/// ```
pub fn seasonal_mann_kendall(values: &[SeasonalValue]) -> Result<MannKendall, TrendError> {
    enough(values.len(), FEWEST, "the seasonal test of Mann and Kendall")?;
    let measurements: Vec<Measurement> = values.iter().map(|v| v.value).collect();
    let (numbers, tied_below) = comparable(&measurements)?;
    let mut seasons: BTreeMap<u32, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
    for (value, number) in values.iter().zip(numbers) {
        let (times, numbers) = seasons.entry(value.season).or_default();
        times.push(value.time);
        numbers.push(number);
    }
    let (mut s, mut total, mut all) = (0.0, 0.0, 0.0);
    for (times, numbers) in seasons.values() {
        ascending(times, numbers.len())?;
        s += score(numbers);
        total += variance(numbers);
        all += pairs(numbers.len());
    }
    test(values.len(), s, total, all, tied_below)
}

fn test(n: usize, s: f64, variance: f64, pairs: f64, tied_below: Option<f64>) -> Result<MannKendall, TrendError> {
    if !(variance > 0.0) {
        return Err(TrendError::NoVariation);
    }
    // S moves in steps of two where nothing is tied: the continuity correction is half a step.
    let z = if s == 0.0 { 0.0 } else { (s - s.signum()) / variance.sqrt() };
    Ok(MannKendall { n, s, variance, z, p: 2.0 * normal_cdf(-z.abs()), tau: s / pairs, tied_below })
}

fn pairs(n: usize) -> f64 {
    let n = n as f64;
    0.5 * n * (n - 1.0)
}

fn score(values: &[f64]) -> f64 {
    let mut s = 0.0;
    for (i, before) in values.iter().enumerate() {
        for after in &values[i + 1..] {
            s += f64::from(i8::from(after > before) - i8::from(after < before));
        }
    }
    s
}

/// [n(n−1)(2n+5) − Σ t(t−1)(2t+5)] / 18, over groups of t tied values.
pub(super) fn variance(values: &[f64]) -> f64 {
    let part = |n: usize| {
        let n = n as f64;
        n * (n - 1.0) * (2.0 * n + 5.0)
    };
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let ties: f64 = sorted.chunk_by(|a, b| a == b).map(|tied| part(tied.len())).sum();
    (part(values.len()) - ties) / 18.0
}

/// Numbers that compare as the measurements do, and the limit below which all are one.
fn comparable(values: &[Measurement]) -> Result<(Vec<f64>, Option<f64>), TrendError> {
    let mut limits: Option<[f64; 2]> = None;
    for value in values {
        match *value {
            Measurement::Quantified(value) => {
                finite("value", value)?;
            }
            Measurement::BelowLimit(limit) => {
                finite("limit of the laboratory", limit)?;
                let [least, most] = limits.unwrap_or([limit; 2]);
                limits = Some([least.min(limit), most.max(limit)]);
            }
        }
    }
    if let Some([least, most]) = limits.filter(|[least, most]| least != most) {
        return Err(TrendError::SeveralLimits { least, most });
    }
    let limit = limits.map(|[least, _]| least);
    let number = |value: &Measurement| match *value {
        Measurement::Quantified(value) if limit.is_none_or(|limit| value >= limit) => value + 0.0, // −0 ties with 0
        _ => f64::NEG_INFINITY,
    };
    Ok((values.iter().map(number).collect(), limit))
}

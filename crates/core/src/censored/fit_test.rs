//! Do the quantified values look like a distribution? The correlation of a probability plot, against its own simulation.

use super::censoring::{check_spread, logarithms, quantified};
use super::order_statistics::positions;
use super::{Censoring, Family, Measurement, Refused};
use crate::normal::normal_quantile;
use crate::random::Random;

/// Samples drawn under the hypothesis.
const DRAWS: u64 = 999;
const PURPOSE: u64 = 0x7070_6363_5f66_6974;

/// A test of a distribution's shape.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct FitTest {
    /// Correlation of the quantified values (or their logarithms) with normal quantiles of their plotting positions.
    pub correlation: f64,
    /// Probability of a correlation as low if the family were right; not below 0.001, for 999 samples were drawn.
    pub p_value: f64,
}

/// Tests whether values are normal or log-normal by the correlation of their probability plot (Filliben's test, with the
/// plotting positions of values below limits).
///
/// Its distribution is simulated: 999 normal samples of the same size, of which the values of the same ranks are seen. That is exact
/// without limits, and with one limit given how many are below it; with several limits an approximation.
///
/// # Errors
/// [`Refused::NoTest`] for [`Family::Gamma`], whose plot is not straight; as [`maximum_likelihood`](super::maximum_likelihood).
///
/// # Source
/// Filliben (1975), *Technometrics* 17:111; positions of Hirsch & Stedinger (1987), *Water Resources Research* 23:715.
///
/// # Examples
/// ```
/// use soilscope_core::censored::{Family, Measurement::Quantified, probability_plot_test};
/// let doubling: Vec<_> = (0..30).map(|k| Quantified(2.0_f64.powi(k))).collect();
/// assert!(probability_plot_test(&doubling, Family::Normal, 1)?.p_value < 0.01);
/// assert!(probability_plot_test(&doubling, Family::LogNormal, 1)?.p_value > 0.05);
/// # Ok::<(), soilscope_core::censored::Refused>(())
/// ```
pub fn probability_plot_test(measurements: &[Measurement], family: Family, seed: u64) -> Result<FitTest, Refused> {
    const METHOD: &str = "a probability plot";
    let censoring = Censoring::checked(measurements, 3, METHOD)?;
    let on_scale = match family {
        Family::Normal => measurements.to_vec(),
        Family::LogNormal => logarithms(measurements, METHOD)?,
        Family::Gamma => return Err(Refused::NoTest { family: family.name() }),
    };
    let values = quantified(&on_scale);
    check_spread(&values)?;
    let positions = positions(&on_scale, 0.375);
    let seen: Vec<usize> = (0..measurements.len()).filter(|&i| !measurements[i].is_below_limit()).collect();
    let scores: Vec<f64> = seen.iter().map(|&i| normal_quantile(positions[i])).collect();
    let mut order: Vec<usize> = (0..measurements.len()).collect();
    order.sort_by(|&a, &b| positions[a].total_cmp(&positions[b]));
    let mut rank = vec![0; order.len()];
    order.iter().enumerate().for_each(|(r, &i)| rank[i] = r);
    let found = correlation(&values, &scores);
    let mut as_low = 0;
    let mut drawn = vec![0.0; censoring.count];
    for draw in 0..DRAWS {
        let mut random = Random::substream(seed, PURPOSE, draw);
        drawn.iter_mut().for_each(|x| *x = random.normal());
        drawn.sort_by(f64::total_cmp);
        let visible: Vec<f64> = seen.iter().map(|&i| drawn[rank[i]]).collect();
        as_low += u64::from(correlation(&visible, &scores) <= found);
    }
    Ok(FitTest { correlation: found, p_value: (as_low + 1) as f64 / (DRAWS + 1) as f64 })
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    let (ma, mb) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let product =
        |x: &[f64], mx: f64, y: &[f64], my: f64| -> f64 { x.iter().zip(y).map(|(p, q)| (p - mx) * (q - my)).sum() };
    product(a, ma, b, mb) / (product(a, ma, a, ma) * product(b, mb, b, mb)).sqrt()
}

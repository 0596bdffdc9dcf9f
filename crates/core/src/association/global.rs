//! Moran's I and Geary's C of all samples together.

use super::{Deviations, Test, Weights};
use crate::{Error, Result, Samples};

/// A statistic of all samples, tested under two ideas of what chance could have made of them.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct GlobalAssociation {
    /// The statistic.
    pub value: f64,
    /// Values drawn from a normal distribution.
    pub normality: Test,
    /// These values, in any order.
    pub randomisation: Test,
    /// Samples without a neighbour, which weigh nothing but count.
    pub islands: usize,
}

/// Sums over all weights: S0 = ΣΣ w, S1 = ½ ΣΣ (w_ij + w_ji)², S2 = Σ (w_i· + w_·i)².
struct Sums {
    s0: f64,
    s1: f64,
    s2: f64,
}

impl Sums {
    fn new(weights: &Weights) -> Self {
        let n = weights.len();
        let (mut rows, mut columns) = (vec![0.0; n], vec![0.0; n]);
        let mut s1 = 0.0;
        for i in 0..n {
            for (j, w) in weights.of(i) {
                rows[i] += w;
                columns[j] += w;
                s1 += w * (w + weights.between(j, i));
            }
        }
        let s2 = rows.iter().zip(&columns).map(|(r, c)| (r + c) * (r + c)).sum();
        Self { s0: rows.iter().sum(), s1, s2 }
    }
}

/// The value, tested with two variances, each given as terms that may cancel.
fn tested(
    value: f64,
    expectation: f64,
    [normality, randomisation]: [&[f64]; 2],
    weights: &Weights,
) -> Result<GlobalAssociation> {
    let test = |terms: &[f64]| {
        let size = terms.iter().map(|t| t.abs()).sum();
        Test::new(value, expectation, terms.iter().sum(), size).ok_or(Error::NoContrast)
    };
    Ok(GlobalAssociation {
        value,
        normality: test(normality)?,
        randomisation: test(randomisation)?,
        islands: weights.islands().count(),
    })
}

fn checked(samples: &Samples, weights: &Weights, purpose: &'static str) -> Result<(Deviations, Sums)> {
    let deviations = Deviations::new(samples, weights, 4, purpose)?;
    weights.check_without_self()?;
    weights.check_linked()?;
    Ok((deviations, Sums::new(weights)))
}

/// Moran's I: above its expectation of −1/(n − 1) where neighbours resemble each other, below where they differ.
///
/// # Errors
/// Fewer than four samples, equal values, weights of other samples or of samples with themselves, no neighbours at all, or
/// weights for which every arrangement of the values gives the same statistic.
///
/// # Source
/// Cliff & Ord (1981), *Spatial Processes: Models and Applications*.
///
/// # Examples
/// ```
/// use soilscope_core::{Samples, association::{Weights, moran}};
/// let samples = Samples::new((0..4).map(|i| [f64::from(i), 0.0]).collect(), vec![1.0, 2.0, 3.0, 4.0])?;
/// let result = moran(&samples, &Weights::band(&samples, 1.0)?)?;
/// // (4/6) (2 (1.5·0.5 − 0.5·0.5 + 0.5·1.5))/5
/// assert!((result.value - 1.0 / 3.0).abs() < 1e-15);
/// assert_eq!(result.randomisation.expectation, -1.0 / 3.0);
/// # Ok::<(), soilscope_core::Error>(())
/// ```
pub fn moran(samples: &Samples, weights: &Weights) -> Result<GlobalAssociation> {
    let (d, Sums { s0, s1, s2 }) = checked(samples, weights, "Moran's I")?;
    let n = samples.len() as f64;
    let cross: f64 = (0..samples.len()).map(|i| d.z[i] * d.lag(weights, i)).sum();
    let value = cross / (s0 * d.m2);
    let expectation = -1.0 / (n - 1.0);
    let square = -expectation * expectation;
    let normal = (n * n - 1.0) * s0 * s0;
    let normality = [n * n * s1 / normal, -n * s2 / normal, 3.0 * s0 * s0 / normal, square];
    let b2 = d.b2;
    let random = (n - 1.0) * (n - 2.0) * (n - 3.0) * s0 * s0;
    let randomisation = [
        n * (n * n - 3.0 * n + 3.0) * s1 / random,
        -n * n * s2 / random,
        3.0 * n * s0 * s0 / random,
        -b2 * (n * n - n) * s1 / random,
        b2 * 2.0 * n * s2 / random,
        -b2 * 6.0 * s0 * s0 / random,
        square,
    ];
    tested(value, expectation, [&normality, &randomisation], weights)
}

/// Geary's C: below its expectation of 1 where neighbours resemble each other, above where they differ. It looks at
/// differences of neighbours, as the variogram does.
///
/// # Errors
/// As [`moran`].
///
/// # Source
/// Cliff & Ord (1981), *Spatial Processes: Models and Applications*.
///
/// # Examples
/// ```
/// use soilscope_core::{Samples, association::{Weights, geary}};
/// let samples = Samples::new((0..4).map(|i| [f64::from(i), 0.0]).collect(), vec![1.0, 2.0, 3.0, 4.0])?;
/// let result = geary(&samples, &Weights::band(&samples, 1.0)?)?;
/// assert!((result.value - 3.0 * 6.0 / (2.0 * 6.0 * 5.0)).abs() < 1e-15);
/// # Ok::<(), soilscope_core::Error>(())
/// ```
pub fn geary(samples: &Samples, weights: &Weights) -> Result<GlobalAssociation> {
    let (d, Sums { s0, s1, s2 }) = checked(samples, weights, "Geary's C")?;
    let n = samples.len() as f64;
    let row = |i: usize| weights.of(i).map(|(j, w)| w * (d.z[i] - d.z[j]).powi(2)).sum::<f64>();
    let squares: f64 = (0..samples.len()).map(row).sum();
    let value = (n - 1.0) * squares / (2.0 * s0 * n * d.m2);
    let normal = 2.0 * (n + 1.0) * s0 * s0;
    let normality = [2.0 * (n - 1.0) * s1 / normal, (n - 1.0) * s2 / normal, -4.0 * s0 * s0 / normal];
    let b2 = d.b2;
    let random = n * (n - 2.0) * (n - 3.0) * s0 * s0;
    let randomisation = [
        (n - 1.0) * s1 * (n * n - 3.0 * n + 3.0) / random,
        -(n - 1.0) * s1 * (n - 1.0) * b2 / random,
        -0.25 * (n - 1.0) * s2 * (n * n + 3.0 * n - 6.0) / random,
        0.25 * (n - 1.0) * s2 * (n * n - n + 2.0) * b2 / random,
        s0 * s0 * (n * n - 3.0) / random,
        -s0 * s0 * (n - 1.0) * (n - 1.0) * b2 / random,
    ];
    tested(value, 1.0, [&normality, &randomisation], weights)
}

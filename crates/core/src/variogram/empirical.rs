//! The empirical variogram: pairs of samples by lag class and direction.

use super::{Estimator, LagClasses};
use crate::neighbourhood::SampleIndex;
use crate::{Error, Result, Samples};

/// A direction with its tolerance: pairs within `tolerance` either side of `azimuth`, opposite ways alike.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Direction {
    /// Degrees clockwise from north.
    pub azimuth: f64,
    /// Degrees either side, above 0; 90 takes all pairs.
    pub tolerance: f64,
}

/// One lag class with pairs.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct LagClass {
    /// Number of pairs, at least 1.
    pub np: u64,
    /// Mean separation of the pairs, coordinate units.
    pub dist: f64,
    /// Semivariance, unit squared.
    pub gamma: f64,
    /// Azimuth of the direction in degrees, `None` for all directions together.
    pub azimuth: Option<f64>,
}

/// Semivariances by lag class; classes without pairs are left out.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct EmpiricalVariogram {
    /// Classes by direction, then by lag.
    pub classes: Vec<LagClass>,
    /// The estimator used.
    pub estimator: Estimator,
    /// Largest lag looked at.
    pub cutoff: f64,
}

/// Sums of one class while pairs come in.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    np: u64,
    dist: f64,
    term: f64,
}

/// Empirical variogram of `samples`: each unordered pair within the cutoff once, in all directions together or, where
/// `directions` are given, in each of them.
///
/// # Units
/// Lags in coordinate units, semivariances in the square of the values' unit.
///
/// # Errors
/// Fewer than two samples, an azimuth that is not finite, a tolerance outside (0, 90], or no pair within the cutoff and
/// the directions.
///
/// # Source
/// Webster & Oliver (2007), *Geostatistics for Environmental Scientists*, ch. 4, for the Matheron estimator.
///
/// # Examples
/// ```
/// use soilscope_core::{Samples, variogram::{Estimator, LagClasses, empirical_variogram}};
/// let samples = Samples::new(vec![[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]], vec![1.0, 3.0, 2.0])?;
/// let v = empirical_variogram(&samples, &LagClasses::regular(2.0, 1.0)?, &[], Estimator::Matheron)?;
/// assert_eq!((v.classes[0].np, v.classes[0].gamma), (2, (4.0 + 1.0) / 4.0));
/// assert_eq!((v.classes[1].np, v.classes[1].gamma), (1, 0.5));
/// # Ok::<(), soilscope_core::Error>(())
/// ```
pub fn empirical_variogram(
    samples: &Samples,
    lags: &LagClasses,
    directions: &[Direction],
    estimator: Estimator,
) -> Result<EmpiricalVariogram> {
    if samples.len() < 2 {
        return Err(Error::TooFewSamples { found: samples.len(), needed: 2, purpose: "a variogram" });
    }
    for d in directions {
        if !(d.tolerance > 0.0 && d.tolerance <= 90.0) {
            let requirement = "above 0 and at most 90 degrees";
            return Err(Error::Parameter { name: "direction tolerance", value: d.tolerance, requirement });
        }
        if !d.azimuth.is_finite() {
            let requirement = "a finite angle in degrees";
            return Err(Error::Parameter { name: "azimuth", value: d.azimuth, requirement });
        }
    }
    let sectors: Vec<Sector> = directions.iter().map(|d| Sector::new(*d)).collect();
    let groups = sectors.len().max(1);
    let per_group = lags.upper().len();
    let mut sums = vec![Sums::default(); groups * per_group];
    let mut any = false;
    for_each_pair_within(samples, lags.cutoff(), |separation, h, difference| {
        let Some(class) = lags.class_of(h) else { return };
        any = true;
        let term = estimator.term(difference);
        let mut add = |group: usize| {
            let s = &mut sums[group * per_group + class];
            s.np += 1;
            s.dist += h;
            s.term += term;
        };
        if sectors.is_empty() {
            add(0);
        } else {
            for (group, sector) in sectors.iter().enumerate() {
                if sector.contains(separation, h) {
                    add(group);
                }
            }
        }
    });
    let classes: Vec<LagClass> = sums
        .iter()
        .enumerate()
        .filter(|(_, s)| s.np > 0)
        .map(|(i, s)| LagClass {
            np: s.np,
            dist: s.dist / s.np as f64,
            gamma: estimator.semivariance(s.term, s.np),
            azimuth: directions.get(i / per_group).map(|d| d.azimuth),
        })
        .collect();
    if classes.is_empty() && any {
        return Err(Error::NoPairsInDirections { cutoff: lags.cutoff() });
    }
    if classes.is_empty() {
        return Err(Error::NoPairs { cutoff: lags.cutoff(), closest: closest_pair(samples) });
    }
    Ok(EmpiricalVariogram { classes, estimator, cutoff: lags.cutoff() })
}

/// Calls `visit` with separation, distance and difference of every unordered pair within `cutoff`, in a fixed order.
///
/// Samples sorted by easting bound the partners of each: those too far east end the inner loop.
fn for_each_pair_within(samples: &Samples, cutoff: f64, mut visit: impl FnMut([f64; 2], f64, f64)) {
    let (coords, values) = (samples.coords(), samples.values());
    let mut order: Vec<usize> = (0..samples.len()).collect();
    order.sort_by(|&a, &b| coords[a][0].total_cmp(&coords[b][0]).then(a.cmp(&b)));
    for (k, &i) in order.iter().enumerate() {
        for &j in &order[k + 1..] {
            let dx = coords[j][0] - coords[i][0];
            if dx > cutoff {
                break;
            }
            let dy = coords[j][1] - coords[i][1];
            let h = (dx * dx + dy * dy).sqrt();
            if h <= cutoff {
                visit([dx, dy], h, values[j] - values[i]);
            }
        }
    }
}

/// Distance of the closest pair of samples.
fn closest_pair(samples: &Samples) -> f64 {
    let index = SampleIndex::new(samples.coords());
    samples.coords().iter().map(|&c| index.nearest_two(c)[1]).fold(f64::INFINITY, f64::min)
}

/// A direction ready to judge pairs.
struct Sector {
    sin: f64,
    cos: f64,
    least_cosine: f64,
    all: bool,
}

impl Sector {
    fn new(direction: Direction) -> Self {
        let (sin, cos) = direction.azimuth.to_radians().sin_cos();
        Self { sin, cos, least_cosine: direction.tolerance.to_radians().cos(), all: direction.tolerance == 90.0 }
    }

    /// A pair exactly on the limit counts; a pair at no distance has every direction.
    #[inline]
    fn contains(&self, separation: [f64; 2], h: f64) -> bool {
        self.all || h == 0.0 || (separation[0] * self.sin + separation[1] * self.cos).abs() / h >= self.least_cosine
    }
}

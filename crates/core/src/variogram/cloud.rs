//! The variogram cloud: every pair by itself.

use std::ops::{ControlFlow, Range};

use super::design::Design;
use super::pairs::PairSearch;
use super::{Direction, LagClasses};
use crate::{Error, Result, Samples};

/// One pair of samples.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct CloudPair {
    /// Both samples, from 0, the lower first.
    pub samples: [usize; 2],
    /// Separation, coordinate units.
    pub dist: f64,
    /// Half the squared difference, unit squared.
    pub gamma: f64,
    /// Azimuth of the direction in degrees, `None` for all directions together.
    pub azimuth: Option<f64>,
}

/// Every unordered pair of samples within `cutoff`, in all directions together or in each of `directions`; by direction,
/// then by the samples' numbers. A pair exactly between two directions may be in both.
///
/// The cloud tells which samples make a lag class what it is; n samples have up to n (n − 1)/2 pairs, so `limit` says how
/// many the caller has room for.
///
/// # Units
/// Lags in coordinate units, half squared differences in the square of the values' unit.
///
/// # Errors
/// Fewer than two samples, a cutoff that is not above 0, an azimuth that is not finite, a tolerance outside (0, 90], no
/// pair, or more than `limit` of them.
///
/// # Examples
/// ```
/// use soilscope_core::{Samples, variogram::variogram_cloud};
/// let samples = Samples::new(vec![[0.0, 0.0], [1.0, 0.0], [5.0, 0.0]], vec![1.0, 3.0, 2.0])?;
/// let cloud = variogram_cloud(&samples, 4.0, &[], 1_000)?;
/// assert_eq!((cloud[0].samples, cloud[0].gamma), ([0, 1], 2.0));
/// assert_eq!((cloud[1].samples, cloud[1].dist), ([1, 2], 4.0));
/// # Ok::<(), soilscope_core::Error>(())
/// ```
pub fn variogram_cloud(
    samples: &Samples,
    cutoff: f64,
    directions: &[Direction],
    limit: usize,
) -> Result<Vec<CloudPair>> {
    let lags = whole(samples, cutoff)?;
    let design = Design::new(&lags, directions, samples.metric())?;
    let search = PairSearch::new(samples.coords(), samples.metric(), cutoff);
    let pairs = Pairs { search: &search, design: &design, values: search.by_position(samples.values()) };
    let mut count = 0_u64;
    let mut cloud = Vec::new();
    pairs.visit(0..samples.len(), |cell, pair| {
        count += 1;
        if count <= limit as u64 {
            cloud.push((cell, pair));
        }
    });
    if count > limit as u64 {
        return Err(Error::TooManyPairs { pairs: count, limit: limit as u64, what: "a variogram cloud" });
    }
    if cloud.is_empty() {
        return Err(design.no_pairs(samples.coords(), samples.metric()));
    }
    cloud.sort_unstable_by_key(|(cell, pair)| (*cell, pair.samples));
    Ok(cloud.into_iter().map(|(_, pair)| pair).collect())
}

/// The pairs of [`variogram_cloud`] one after the other, for clouds that memory need not hold; those of neighbouring samples
/// together, in an order that is the same every time. Ends early where `visit` breaks, and gives what it broke with, or else
/// the number of pairs.
///
/// # Errors
/// As [`variogram_cloud`], but for a limit. That there is no pair is known after the last.
///
/// # Examples
/// ```
/// use std::ops::ControlFlow;
/// use soilscope_core::{Samples, variogram::visit_cloud};
/// let samples = Samples::new(vec![[0.0, 0.0], [1.0, 0.0], [5.0, 0.0]], vec![1.0, 3.0, 2.0])?;
/// let mut largest = 0.0_f64;
/// let pairs = visit_cloud(&samples, 4.0, &[], |pair| {
///     largest = largest.max(pair.gamma);
///     ControlFlow::<()>::Continue(())
/// })?;
/// assert_eq!((pairs, largest), (ControlFlow::Continue(2), 2.0));
/// # Ok::<(), soilscope_core::Error>(())
/// ```
pub fn visit_cloud<B>(
    samples: &Samples,
    cutoff: f64,
    directions: &[Direction],
    mut visit: impl FnMut(CloudPair) -> ControlFlow<B>,
) -> Result<ControlFlow<B, u64>> {
    let lags = whole(samples, cutoff)?;
    let design = Design::new(&lags, directions, samples.metric())?;
    let search = PairSearch::new(samples.coords(), samples.metric(), cutoff);
    let pairs = Pairs { search: &search, design: &design, values: search.by_position(samples.values()) };
    let mut count = 0_u64;
    for position in 0..samples.len() {
        let mut broke = None;
        pairs.visit(position..position + 1, |_, pair| {
            if broke.is_none() {
                count += 1;
                broke = visit(pair).break_value();
            }
        });
        if let Some(with) = broke {
            return Ok(ControlFlow::Break(with));
        }
    }
    if count == 0 {
        return Err(design.no_pairs(samples.coords(), samples.metric()));
    }
    Ok(ControlFlow::Continue(count))
}

/// One class of all lags up to the cutoff.
fn whole(samples: &Samples, cutoff: f64) -> Result<LagClasses> {
    if samples.len() < 2 {
        return Err(Error::TooFewSamples { found: samples.len(), needed: 2, purpose: "a variogram cloud" });
    }
    LagClasses::regular(cutoff, cutoff)
}

/// Pairs within the cutoff and the directions.
struct Pairs<'a> {
    search: &'a PairSearch,
    design: &'a Design<'a>,
    /// By position of the search.
    values: Vec<f64>,
}

impl Pairs<'_> {
    /// Calls `add` with each pair whose earlier position is in `positions`, and the cell of the design it is in.
    fn visit(&self, positions: Range<usize>, mut add: impl FnMut(usize, CloudPair)) {
        let Self { search, design, values } = self;
        search.visit(positions, |p, q, separation, h| {
            design.cells_of(separation, h, |cell| {
                let (i, j) = (search.order()[p], search.order()[q]);
                let gamma = 0.5 * (values[q] - values[p]).powi(2);
                let samples = [i.min(j), i.max(j)];
                add(cell, CloudPair { samples, dist: h, gamma, azimuth: design.azimuth(cell) });
            });
        });
    }
}

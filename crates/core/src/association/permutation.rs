//! Local statistics beside random arrangements, without leaning on the normal distribution.

use std::num::NonZeroU32;

use super::{Deviations, Untested, Weights};
use crate::executor::{Executor, map};
use crate::random::Random;
use crate::{Result, Samples};

/// How many arrangements, and from which seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Permutations {
    /// Arrangements a sample; 999 tell probabilities down to 0.002.
    pub count: NonZeroU32,
    /// The same seed, the same arrangements.
    pub seed: u64,
}

/// What keeps these random numbers apart from other uses of the same seed.
const PURPOSE: u64 = u64::from_be_bytes(*b"local ps");
/// Samples a task.
const BLOCK: usize = 64;

/// Two-sided pseudo-probabilities of the local statistics: each sample keeps its value and its neighbours' weights, and
/// gets as many other samples as neighbours, drawn at random without replacement.
///
/// They are those of local Moran's I, of Gi and of Gi* alike, for with the sample's own value given all three rise or fall
/// with the weighted sum of its neighbours (but for a sample at the mean, whose local Moran's I is always 0). With r of R
/// arrangements at least as extreme on the rarer side, the probability is 2 (r + 1)/(R + 1), at most 1. It depends on the
/// seed and the sample's number, not on threads.
///
/// # Errors
/// Fewer than three samples, equal values, weights of other samples, no neighbours at all, or
/// [`Error::Cancelled`](crate::Error::Cancelled).
///
/// # Source
/// Anselin (1995), "Local indicators of spatial association: LISA", *Geographical Analysis* 27:93, for conditional
/// permutation; counting the sample itself among the arrangements after Davison & Hinkley (1997), *Bootstrap Methods and
/// their Application*, ch. 4.
///
/// # Examples
/// ```
/// use soilscope_core::{Samples, executor::Serial, association::{Permutations, Weights, permutation_p_values}};
/// let coords: Vec<[f64; 2]> = (0..100).map(|i| [f64::from(i % 10), f64::from(i / 10)]).collect();
/// let values = coords.iter().map(|c| if c[0] + c[1] < 3.0 { 9.0 + c[0] } else { (7.0 * c[0] + 3.0 * c[1]).sin() }).collect();
/// let samples = Samples::new(coords, values)?;
/// let weights = Weights::k_nearest(&samples, 4)?;
/// let permutations = Permutations { count: 999.try_into().unwrap(), seed: 1 };
/// let p = permutation_p_values(&samples, &weights, permutations, &Serial)?;
/// assert!(p[0].unwrap() < 0.01 && p[99].unwrap() > 0.05);
/// # Ok::<(), soilscope_core::Error>(())
/// ```
pub fn permutation_p_values(
    samples: &Samples,
    weights: &Weights,
    permutations: Permutations,
    executor: &dyn Executor,
) -> Result<Vec<std::result::Result<f64, Untested>>> {
    let d = Deviations::new(samples, weights, 3, "local statistics")?;
    weights.check_linked()?;
    let n = samples.len();
    let blocks = map(executor, n.div_ceil(BLOCK), |block| {
        let mut deck = Deck::new(n);
        let range = block * BLOCK..n.min((block + 1) * BLOCK);
        range.map(|i| p_value(&d, weights, permutations, i, &mut deck)).collect::<Vec<_>>()
    })?;
    Ok(blocks.concat())
}

fn p_value(
    d: &Deviations,
    weights: &Weights,
    Permutations { count, seed }: Permutations,
    i: usize,
    deck: &mut Deck,
) -> std::result::Result<f64, Untested> {
    let links: Vec<(usize, f64)> = weights.of(i).filter(|(j, _)| *j != i).collect();
    if links.is_empty() {
        return Err(Untested::NoNeighbours);
    }
    let seen: f64 = links.iter().map(|(j, w)| w * d.z[*j]).sum();
    // Sums of the same numbers in another order are equal but for rounding. Deviations are at most 1.
    let rounding = links.iter().map(|(_, w)| w).sum::<f64>() * f64::EPSILON * (2 + links.len()) as f64;
    let mut random = Random::substream(seed, PURPOSE, i as u64);
    let (mut above, mut below) = (0_u32, 0_u32);
    deck.remove(i);
    for _ in 0..count.get() {
        let drawn = deck.draw(links.len(), &mut random);
        let sum: f64 = links.iter().zip(drawn).map(|((_, w), &j)| w * d.z[j as usize]).sum();
        above += u32::from(sum >= seen - rounding);
        below += u32::from(sum <= seen + rounding);
    }
    deck.restore();
    let rarer = f64::from(above.min(below));
    Ok((2.0 * (rarer + 1.0) / (f64::from(count.get()) + 1.0)).min(1.0))
}

/// Samples to draw from without replacement. It is brought back to its order sample by sample, so that what is drawn does
/// not depend on who drew before.
struct Deck {
    cards: Vec<u32>,
    /// Places that may be out of order; more of them than cards stand for all.
    touched: Vec<usize>,
}

impl Deck {
    fn new(n: usize) -> Self {
        Self { cards: (0..n as u32).collect(), touched: Vec::new() }
    }

    /// Puts sample `i` last, where it is never drawn.
    fn remove(&mut self, i: usize) {
        let last = self.cards.len() - 1;
        self.cards.swap(i, last);
        self.touched.extend([i, last]);
    }

    /// `k` different samples in random order: the first steps of Fisher and Yates' shuffle, from whatever order there is.
    fn draw(&mut self, k: usize, random: &mut Random) -> &[u32] {
        let last = self.cards.len() - 1;
        for first in 0..k {
            let other = first + random.below((last - first) as u64) as usize;
            self.cards.swap(first, other);
            if self.touched.len() <= self.cards.len() {
                self.touched.extend([first, other]);
            }
        }
        &self.cards[..k]
    }

    fn restore(&mut self) {
        if self.touched.len() > self.cards.len() {
            self.touched.clear();
            self.touched.extend(0..self.cards.len());
        }
        for place in self.touched.drain(..) {
            self.cards[place] = place as u32;
        }
    }
}

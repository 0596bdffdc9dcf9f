//! Seeded random numbers: the same on every machine, for any number of threads.
//!
//! A generator belongs to a purpose and a number (a realisation, a resample, a permutation), never to a thread:
//! [`Random::stream`] derives it from the seed and that number, so work may be shared out in any way.

use crate::normal::normal_quantile;

/// Steele, Lea & Flood's SplitMix64 (2014): turns any seed, 0 too, into well mixed words.
#[derive(Debug, Clone)]
pub(crate) struct SplitMix64(u64);

impl SplitMix64 {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

/// A generator of random numbers: Blackman & Vigna's xoshiro256++, seeded through SplitMix64.
///
/// # Source
/// Blackman & Vigna (2021), "Scrambled linear pseudorandom number generators", *ACM Transactions on Mathematical Software*
/// 47(4):36; Steele, Lea & Flood (2014), "Fast splittable pseudorandom number generators", OOPSLA.
///
/// # Examples
/// ```
/// use soilscope_core::random::Random;
/// let (mut a, mut b) = (Random::stream(7, 0), Random::stream(7, 1));
/// assert_ne!(a.next_u64(), b.next_u64());
/// assert_eq!(Random::stream(7, 1).normal(), Random::stream(7, 1).normal());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Random {
    state: [u64; 4],
}

impl Random {
    /// The generator of a seed. Any seed will do.
    pub fn new(seed: u64) -> Self {
        let mut mix = SplitMix64::new(seed);
        Self { state: std::array::from_fn(|_| mix.next_u64()) }
    }

    /// Generator `index` of a seed: another sequence for every index, and for every seed. Its state is 256 bits of
    /// SplitMix64 from both, so that two sequences overlap is as unlikely as for 2¹²⁸ random starts.
    ///
    /// A purpose that must not share numbers with another takes its streams from [`substream`](Self::substream).
    pub fn stream(seed: u64, index: u64) -> Self {
        Self::new(mixed(seed, index))
    }

    /// Generator `index` of a named purpose: `stream` of a seed that is itself derived from `seed` and `purpose`.
    pub fn substream(seed: u64, purpose: u64, index: u64) -> Self {
        Self::stream(mixed(seed, !purpose), index)
    }

    /// 64 random bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        let [s0, s1, s2, s3] = &mut self.state;
        let result = s0.wrapping_add(*s3).rotate_left(23).wrapping_add(*s0);
        let shifted = *s1 << 17;
        *s2 ^= *s0;
        *s3 ^= *s1;
        *s1 ^= *s2;
        *s0 ^= *s3;
        *s2 ^= shifted;
        *s3 = s3.rotate_left(45);
        result
    }

    /// A number between 0 and 1, neither of them: the middle of one of 2⁵² equal cells.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        // 52 bits and a half are a double without rounding; of 53 and a half the largest would round to 1.
        ((self.next_u64() >> 12) as f64 + 0.5) * (1.0 / (1_u64 << 52) as f64)
    }

    /// A whole number below `bound`, each equally likely.
    ///
    /// # Source
    /// Lemire (2019), "Fast random integer generation in an interval", *ACM Transactions on Modeling and Computer
    /// Simulation* 29(1):3.
    ///
    /// # Panics
    /// A bound of 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "no whole number is below 0");
        loop {
            let product = u128::from(self.next_u64()) * u128::from(bound);
            // The low half tells which of the 2⁶⁴ mod `bound` surplus words this is; they are passed over.
            if (product as u64) >= bound.wrapping_neg() % bound {
                return (product >> 64) as u64;
            }
        }
    }

    /// A standard normal number, by inversion: [`normal_quantile`] of [`uniform`](Self::uniform).
    ///
    /// One word makes one number, so the k-th number of a stream is the same whoever drew the ones before. Its size is at
    /// most 8.21, which a fair generator would pass once in 4·10¹⁵ draws.
    #[inline]
    pub fn normal(&mut self) -> f64 {
        normal_quantile(self.uniform())
    }

    /// Puts `items` in random order, each order equally likely (Fisher & Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u64 + 1) as usize);
        }
    }
}

/// A seed from a seed and a number.
fn mixed(seed: u64, index: u64) -> u64 {
    let once = SplitMix64::new(seed).next_u64();
    SplitMix64::new(once ^ index.wrapping_mul(0xD1B5_4A32_D192_ED03)).next_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_the_published_ones() {
        // From the authors' C code: SplitMix64 of seed 1234567, xoshiro256++ of state 1, 2, 3, 4.
        let mut mix = SplitMix64::new(1_234_567);
        assert_eq!(mix.next_u64(), 6_457_827_717_110_365_317);
        assert_eq!(mix.next_u64(), 3_203_168_211_198_807_973);
        let mut random = Random { state: [1, 2, 3, 4] };
        let first: [u64; 4] = std::array::from_fn(|_| random.next_u64());
        assert_eq!(first, [41_943_041, 58_720_359, 3_588_806_011_781_223, 3_591_011_842_654_386]);
    }

    #[test]
    fn normal_numbers_have_their_moments() {
        // Standard errors of n = 200 000 draws: mean 1/√n, variance √(2/n), fourth moment √(96/n).
        let n = 200_000;
        let mut random = Random::stream(3, 5);
        let draws: Vec<f64> = (0..n).map(|_| random.normal()).collect();
        let moment = |k: i32| draws.iter().map(|x| x.powi(k)).sum::<f64>() / f64::from(n);
        let root = f64::from(n).sqrt();
        assert!(moment(1).abs() < 4.0 / root);
        assert!((moment(2) - 1.0).abs() < 4.0 * 2.0_f64.sqrt() / root);
        assert!(moment(3).abs() < 4.0 * 15.0_f64.sqrt() / root);
        assert!((moment(4) - 3.0).abs() < 4.0 * 96.0_f64.sqrt() / root);
    }

    #[test]
    fn neighbouring_streams_are_unrelated() {
        // Correlation of first numbers of streams k and k + 1, of 20 000 streams: standard error 1/√n.
        let n = 20_000_u64;
        let first = |k: u64| Random::stream(1, k).normal();
        let correlation = (0..n).map(|k| first(k) * first(k + 1)).sum::<f64>() / n as f64;
        assert!(correlation.abs() < 4.0 / (n as f64).sqrt(), "{correlation}");
        assert_ne!(Random::substream(1, 0, 0), Random::stream(1, 0));
        assert_ne!(Random::substream(1, 0, 0), Random::substream(1, 1, 0));
    }

    #[test]
    fn whole_numbers_and_orders_are_equally_likely() {
        // χ² with 5 degrees of freedom is above 25.7 once in 10 000.
        let mut random = Random::new(11);
        let n = 60_000;
        let (mut counts, mut orders) = ([0_u32; 6], [0_u32; 6]);
        for _ in 0..n {
            counts[random.below(6) as usize] += 1;
            let mut items = [0, 1, 2];
            random.shuffle(&mut items);
            orders[[[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
                .iter()
                .position(|o| *o == items)
                .unwrap()] += 1;
        }
        for found in [counts, orders] {
            let expected = f64::from(n) / 6.0;
            let chi2: f64 = found.iter().map(|&c| (f64::from(c) - expected).powi(2) / expected).sum();
            assert!(chi2 < 25.7, "{found:?}");
        }
    }
}

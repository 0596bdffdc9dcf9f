//! Statistics of what a raster holds, the same whatever the order in which its cells came.
//!
//! Tiles are finished in an order that depends on the threads, and a plain floating-point sum depends on its order. Sums
//! here are exact until they are read, so a file's statistics are the same bytes for any thread count and tile size.

use serde::{Deserialize, Serialize};

/// Width of a limb in bits.
const LIMB: i32 = 32;
/// Exponent of the least significant bit: below the square of the smallest `f32`.
const LEAST: i32 = -352;
/// Limbs: from 2⁻³⁵² to beyond the square of the largest `f32`, 2²⁵⁶, summed 2⁶⁴ times.
const LIMBS: usize = 22;
/// Additions after which carries are moved up: each adds less than 2³² to a limb of 64 bits.
const CARRY_AFTER: u32 = 1 << 30;

/// Most numbers that are summed in doubles, and by how much their exponents may differ.
const PART: usize = 1 << 14;
const SPAN: i32 = 15;

/// An exact sum of numbers between 2⁻²⁹⁹ and 2²⁵⁷ in size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ExactSum {
    limbs: [i64; LIMBS],
    pending: u32,
}

impl Default for ExactSum {
    fn default() -> Self {
        Self { limbs: [0; LIMBS], pending: 0 }
    }
}

impl ExactSum {
    /// Adds a finite number; what is below 2⁻³⁵² is dropped.
    #[inline]
    fn add(&mut self, x: f64) {
        let bits = x.to_bits();
        let exponent = ((bits >> 52) & 0x7ff) as i32;
        if exponent == 0 {
            return; // zero, or below 2⁻¹⁰²², which no f32 nor its square is
        }
        let mantissa = (bits & ((1 << 52) - 1)) | (1 << 52);
        let place = exponent - 1075 - LEAST;
        if place < 0 {
            return;
        }
        let (limb, shift) = ((place / LIMB) as usize, place % LIMB);
        let wide = u128::from(mantissa) << shift;
        let sign = if x < 0.0 { -1 } else { 1 };
        for k in 0..3 {
            self.limbs[limb + k] += sign * ((wide >> (LIMB as usize * k)) as u32 as i64);
        }
        self.pending += 1;
        if self.pending >= CARRY_AFTER {
            self.carry();
        }
    }

    /// Brings every limb but the last into 0..2³².
    fn carry(&mut self) {
        for k in 0..LIMBS - 1 {
            let up = self.limbs[k] >> LIMB;
            self.limbs[k] -= up << LIMB;
            self.limbs[k + 1] += up;
        }
        self.pending = 1;
    }

    fn merge(&mut self, other: &Self) {
        let mut other = other.clone();
        other.carry();
        self.carry();
        for (a, b) in self.limbs.iter_mut().zip(&other.limbs) {
            *a += b;
        }
        self.pending = 2;
    }

    /// The sum as a number, to within two units of its last place: a function of the sum alone, not of its history.
    fn value(&self) -> f64 {
        let mut s = self.clone();
        s.carry();
        let negative = s.limbs[LIMBS - 1] < 0;
        if negative {
            for limb in &mut s.limbs {
                *limb = -*limb;
            }
            s.carry();
        }
        let Some(top) = s.limbs.iter().rposition(|&l| l != 0) else { return 0.0 };
        let mut value = 0.0;
        for k in (top.saturating_sub(3)..=top).rev() {
            value += s.limbs[k] as f64 * 2f64.powi(LEAST + LIMB * k as i32);
        }
        if negative { -value } else { value }
    }
}

/// Count, extremes and moments of the values of one layer.
///
/// Its serde form keeps every bit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    count: u64,
    #[serde(with = "bits")]
    min: f32,
    #[serde(with = "bits")]
    max: f32,
    sum: ExactSum,
    squares: ExactSum,
}

/// Numbers as their bits: JSON has no infinity, of which the extremes of nothing are.
mod bits {
    use serde::{Deserialize, Deserializer, Serializer};

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
    pub(super) fn serialize<S: Serializer>(value: &f32, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(value.to_bits())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f32, D::Error> {
        u32::deserialize(deserializer).map(f32::from_bits)
    }
}

impl Default for Summary {
    fn default() -> Self {
        Self {
            count: 0,
            min: f32::INFINITY,
            max: f32::NEG_INFINITY,
            sum: ExactSum::default(),
            squares: ExactSum::default(),
        }
    }
}

impl Summary {
    /// Adds one value, which must be finite.
    #[inline]
    pub fn add(&mut self, value: f32) {
        self.count += 1;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        let value = f64::from(value);
        self.sum.add(value);
        self.squares.add(value * value); // exact: 24 bits squared fit in 53
    }

    /// Adds many values, which must be finite: as one after the other, and quicker.
    ///
    /// Sums of doubles are exact as long as no bit of theirs leaves the 53 of a double, and exact sums come out the same in
    /// any order: so of up to 2¹⁴ numbers whose exponents differ by at most 15 the sum, of 24 + 15 + 14 bits, is taken in
    /// eight doubles at a time. Their squares are cut in two at a bit that leaves 53 for the sum of either part.
    ///
    /// # Examples
    /// ```
    /// use soilscope_pipeline::summary::Summary;
    /// let (mut one, mut many) = (Summary::default(), Summary::default());
    /// for v in [1.0, 3.0, 0.1] { one.add(v) }
    /// many.add_all(&[0.1, 1.0, 3.0]);
    /// assert_eq!(one.finish(), many.finish()); // to the last bit, in any order
    /// ```
    pub fn add_all(&mut self, values: &[f32]) {
        for part in values.chunks(PART) {
            let sizes = part.iter().map(|v| v.abs()).filter(|&v| v > 0.0);
            let (least, most) = sizes.fold((f32::MAX, 0.0_f32), |(least, most), v| (least.min(v), most.max(v)));
            let exponent = |v: f32| (v.to_bits() >> 23) as i32;
            // Below the normal numbers bits are lost to none, but the exponent says nothing.
            if most > 0.0 && (exponent(least) == 0 || exponent(most) - exponent(least) > SPAN) {
                part.iter().for_each(|&v| self.add(v));
                continue;
            }
            self.add_alike(part, exponent(most) - 127);
        }
    }

    /// Adds numbers below 2^(exponent + 1) whose exponents differ by at most [`SPAN`].
    fn add_alike(&mut self, part: &[f32], exponent: i32) {
        const LANES: usize = 8;
        // Adding and taking away 1.5 · 2^(52 + k) rounds to a multiple of 2^k, here 2^(2e + 2 + 14 − 52).
        let cut = 1.5 * 2f64.powi(2 * exponent + 2 + PART.ilog2() as i32);
        let (mut least, mut most) = ([f32::INFINITY; LANES], [f32::NEG_INFINITY; LANES]);
        let (mut sums, mut high, mut low) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        let mut add = |k: usize, v: f32| {
            (least[k], most[k]) = (least[k].min(v), most[k].max(v));
            let v = f64::from(v);
            let square = v * v;
            let upper = (square + cut) - cut;
            sums[k] += v;
            high[k] += upper;
            low[k] += square - upper;
        };
        let (whole, rest) = part.as_chunks::<LANES>();
        whole.iter().for_each(|eight| (0..LANES).for_each(|k| add(k, eight[k])));
        rest.iter().enumerate().for_each(|(k, &v)| add(k, v));
        self.count += part.len() as u64;
        self.min = least.into_iter().fold(self.min, f32::min);
        self.max = most.into_iter().fold(self.max, f32::max);
        sums.into_iter().for_each(|sum| self.sum.add(sum));
        high.into_iter().chain(low).for_each(|sum| self.squares.add(sum));
    }

    /// Adds what another summary saw.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sum.merge(&other.sum);
        self.squares.merge(&other.squares);
    }

    /// The statistics; `None` where there was no value.
    ///
    /// # Examples
    /// ```
    /// use soilscope_pipeline::summary::Summary;
    /// let mut summary = Summary::default();
    /// for v in [1.0, 3.0] { summary.add(v) }
    /// let s = summary.finish().unwrap();
    /// assert_eq!((s.count, s.min, s.max, s.mean, s.standard_deviation), (2, 1.0, 3.0, 2.0, 1.0));
    /// ```
    pub fn finish(&self) -> Option<Statistics> {
        if self.count == 0 {
            return None;
        }
        let n = self.count as f64;
        let mean = self.sum.value() / n;
        // Σ(x − m)² = Σx² − 2mΣx + nm², with every product split into two exact parts, so nothing cancels.
        let mut deviations = self.squares.clone();
        let high = self.sum.value();
        let mut rest = self.sum.clone();
        rest.add(-high);
        for part in [high, rest.value()] {
            add_product(&mut deviations, -2.0 * mean, part);
        }
        let square = mean * mean;
        add_product(&mut deviations, n, square);
        add_product(&mut deviations, n, mean.mul_add(mean, -square));
        let variance = (deviations.value() / n).max(0.0);
        Some(Statistics {
            count: self.count,
            min: f64::from(self.min),
            max: f64::from(self.max),
            mean,
            standard_deviation: variance.sqrt(),
        })
    }
}

fn add_product(sum: &mut ExactSum, a: f64, b: f64) {
    let product = a * b;
    sum.add(product);
    sum.add(a.mul_add(b, -product));
}

/// Statistics of one layer's values, in the layer's unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Statistics {
    /// Cells with a value.
    pub count: u64,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Arithmetic mean.
    pub mean: f64,
    /// Population standard deviation (divided by the count), as GDAL's `STATISTICS_STDDEV`.
    pub standard_deviation: f64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn summary(values: &[f32]) -> Summary {
        let mut s = Summary::default();
        values.iter().for_each(|&v| s.add(v));
        s
    }

    #[test]
    fn extremes_of_f32_are_summed_exactly() {
        let s = summary(&[f32::MAX, f32::MIN_POSITIVE, -f32::MAX, f32::from_bits(1)]).finish().unwrap();
        let expected = f64::from(f32::MIN_POSITIVE) + f64::from(f32::from_bits(1));
        assert_eq!(s.mean, expected / 4.0);
    }

    #[test]
    fn small_spread_on_a_large_mean_does_not_cancel() {
        let s = summary(&[1.0e7, 1.0e7 + 1.0, 1.0e7 + 2.0]).finish().unwrap();
        assert!((s.standard_deviation - (2.0f64 / 3.0).sqrt()).abs() < 1e-14);
        assert_eq!(summary(&[0.1; 1000]).finish().unwrap().standard_deviation, 0.0);
    }

    proptest! {
        /// Alike numbers, numbers of all sizes, zeros, and more than one part.
        #[test]
        fn many_at_a_time_are_as_one_after_the_other(
            exponent in -126i32..127,
            span in 0i32..60,
            seeds in prop::collection::vec((any::<u32>(), any::<bool>()), 1..40),
            times in 1usize..1000,
        ) {
            let value = |&(bits, sign): &(u32, bool)| {
                let exponent = (exponent - (bits >> 23) as i32 % (span + 1)).max(-127) + 127;
                let v = f32::from_bits((exponent as u32) << 23 | bits & 0x7f_ffff);
                if bits % 11 == 0 { 0.0 } else if sign { -v } else { v }
            };
            let few: Vec<f32> = seeds.iter().map(value).collect();
            let many: Vec<f32> = few.iter().copied().cycle().take(few.len() * times + 3).collect();
            let mut at_once = Summary::default();
            at_once.add_all(&many);
            prop_assert_eq!(at_once.finish().unwrap(), summary(&many).finish().unwrap());
        }

        #[test]
        fn order_and_grouping_do_not_matter(values in prop::collection::vec(-1e30f32..1e30, 1..60), cut in 0usize..60) {
            let whole = summary(&values).finish().unwrap();
            let mut backwards: Vec<f32> = values.clone();
            backwards.reverse();
            let cut = cut.min(values.len());
            let mut merged = summary(&backwards[..cut]);
            merged.merge(&summary(&backwards[cut..]));
            prop_assert_eq!(merged.finish().unwrap(), whole);
            let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64;
            prop_assert!((whole.mean - mean).abs() <= 1e-12 * 1e30);
        }
    }
}

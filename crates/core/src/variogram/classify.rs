//! The lag class of a distance without a search.

/// Cuts lags into many equal slots, which tell the class but where a bound lies in one.
///
/// The class is exact whatever rounding does to slots: they are in the order of the lags, so a lag in a later slot than a
/// bound's is above that bound, and the bounds in its own slot are compared.
#[derive(Debug)]
pub(super) struct Classifier {
    /// Slots in a coordinate unit.
    scale: f64,
    /// Classes wholly below each slot; the last slot is beyond all classes.
    below: Vec<u32>,
    /// Inclusive upper bounds of the classes, and infinity for what is beyond them.
    upper: Vec<f64>,
}

/// Adding it to a number from 0 to 2³¹ rounds it to a whole one, in the lower half of the bits.
pub(super) const ROUND: f64 = 6_755_399_441_055_744.0; // 1.5 · 2⁵²

impl Classifier {
    pub(super) fn new(bounds: &[f64]) -> Self {
        // A power of two, so that a slot's number can be cut to it; about one lag in a hundred shares a slot with a bound.
        let slots = (64 * bounds.len()).next_power_of_two().clamp(1 << 10, 1 << 20);
        let scale = (slots - 2) as f64 / bounds[bounds.len() - 1];
        // With a cutoff next to nothing all lags have slot 0, and every bound is compared.
        let scale = if scale.is_finite() { scale } else { 0.0 };
        let upper = bounds.iter().copied().chain([f64::INFINITY]).collect();
        let mut classifier = Self { scale, below: vec![0; slots], upper };
        let slot_of: Vec<usize> = bounds.iter().map(|&b| classifier.slot(b)).collect();
        for slot in 0..slots - 1 {
            classifier.below[slot] = slot_of.partition_point(|&s| s < slot) as u32;
        }
        classifier.below[slots - 1] = bounds.len() as u32;
        classifier
    }

    /// Slots in a coordinate unit, and the last slot: that of a lag h is min(h · scale, last) to the nearest whole number.
    pub(super) fn scale(&self) -> (f64, f64) {
        (self.scale, (self.below.len() - 1) as f64)
    }

    /// The slot of a lag that is a number and, where the scale is 0, finite; as [`ROUND`] gives it.
    fn slot(&self, h: f64) -> usize {
        let (scale, last) = self.scale();
        ((h * scale).min(last) + ROUND).to_bits() as u32 as usize
    }

    /// The class of lag `h`, whose slot is in the lower half of these bits; the number of classes for what is beyond them.
    #[inline(always)]
    pub(super) fn class(&self, h: f64, slot: u64) -> usize {
        let below = &self.below[..];
        let mut class = below[slot as u32 as usize & (below.len() - 1)] as usize;
        while h > self.upper[class] {
            class += 1;
        }
        class
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use crate::variogram::LagClasses;

    #[test]
    fn classes_are_those_of_a_search() {
        let mut random = Random::new(8);
        let irregular = |n: u32, random: &mut Random| {
            let mut bounds: Vec<f64> = (0..n).map(|_| random.uniform().powi(8) + 1e-9).collect();
            bounds.sort_by(f64::total_cmp);
            bounds.dedup();
            LagClasses::with_boundaries(bounds).unwrap()
        };
        let sets = [
            LagClasses::regular(1.0, 1.0 / 15.0).unwrap(),
            LagClasses::regular(1e5, 1e5 / 15.0).unwrap(),
            LagClasses::regular(1.0, 1e-5).unwrap(),
            LagClasses::regular(3e300, 1e299).unwrap(),
            LagClasses::with_boundaries(vec![5e-324, 1e-323, 1e-310]).unwrap(),
            LagClasses::with_boundaries(vec![1e-12, 1.0_f64.next_down(), 1.0]).unwrap(),
            irregular(40, &mut random),
            irregular(4000, &mut random),
        ];
        for lags in sets {
            let classifier = Classifier::new(lags.upper());
            let around = |b: f64| [b.next_down().next_down(), b.next_down(), b, b.next_up(), b.next_up().next_up()];
            let slots = classifier.below.len() as f64;
            let edges = (0..2000).map(|k| lags.cutoff() * ((f64::from(k) + 0.5) / slots));
            let among = (0..2000).map(|_| lags.cutoff() * (1.2 * random.uniform()));
            let bounds = lags.upper().iter().copied();
            for h in bounds.chain(edges).chain(among).flat_map(around).chain([0.0, 1e301]).filter(|h| *h >= 0.0) {
                let found = classifier.class(h, classifier.slot(h) as u64);
                assert_eq!((found < lags.upper().len()).then_some(found), lags.class_of(h), "{h} of {}", lags.cutoff());
            }
        }
    }
}

//! Statistics of cells that pass by, and their exact quantiles in a second pass, without keeping them.

/// Shares whose quantiles the colours of layers need.
pub(crate) const SHARES: [f64; 7] = [0.0, 0.25, 0.5, 0.75, 0.9, 0.95, 1.0];
/// Halves of a number of 32 bits.
const HALF: usize = 1 << 16;

/// What is known after all cells have passed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Statistics {
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) mean: f64,
    pub(crate) sd: f64,
}

/// Of values that have passed: count, extremes, moments, and how many have each upper half of their bits.
pub(crate) struct Tally {
    count: u64,
    min: f32,
    max: f32,
    mean: f64,
    squares: f64,
    upper: Vec<u64>,
}

/// The second pass.
pub(crate) struct Quantiles {
    /// The share, the upper half that its quantile has, and how many values with that half lie at or below it.
    wanted: Vec<(f64, usize, u64)>,
    /// For each of the upper halves that are wanted, how many values have each lower half.
    lower: Vec<(usize, Vec<u64>)>,
}

/// Numbers in the order of the values.
fn ordered(value: f32) -> u32 {
    let bits = value.to_bits();
    if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }
}

fn value(ordered: u32) -> f32 {
    f32::from_bits(if ordered >> 31 == 1 { ordered & !(1 << 31) } else { !ordered })
}

impl Tally {
    pub(crate) fn new() -> Self {
        let upper = vec![0; HALF];
        Self { count: 0, min: f32::INFINITY, max: f32::NEG_INFINITY, mean: 0.0, squares: 0.0, upper }
    }

    /// A value; neither NaN nor infinite.
    pub(crate) fn add(&mut self, value: f32) {
        self.count += 1;
        (self.min, self.max) = (self.min.min(value), self.max.max(value));
        // Welford (1962): the sum of squares about a mean that moves.
        let from_mean = f64::from(value) - self.mean;
        self.mean += from_mean / self.count as f64;
        self.squares += from_mean * (f64::from(value) - self.mean);
        self.upper[(ordered(value) >> 16) as usize] += 1;
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn statistics(&self) -> Option<Statistics> {
        (self.count > 0).then(|| Statistics {
            min: self.min.into(),
            max: self.max.into(),
            mean: self.mean,
            sd: (self.squares / self.count as f64).max(0.0).sqrt(),
        })
    }

    /// What a second pass of the same values has to count; `None` where there are none.
    pub(crate) fn quantiles(&self) -> Option<Quantiles> {
        if self.count == 0 {
            return None;
        }
        let mut wanted = Vec::new();
        let mut lower: Vec<(usize, Vec<u64>)> = Vec::new();
        for share in SHARES {
            let mut rank = ((share * self.count as f64).ceil() as u64).clamp(1, self.count);
            let mut half = 0;
            while rank > self.upper[half] {
                rank -= self.upper[half];
                half += 1;
            }
            wanted.push((share, half, rank));
            if !lower.iter().any(|(of, _)| *of == half) {
                lower.push((half, vec![0; HALF]));
            }
        }
        Some(Quantiles { wanted, lower })
    }
}

impl Quantiles {
    /// A value of the second pass.
    pub(crate) fn add(&mut self, value: f32) {
        let bits = ordered(value);
        if let Some((_, counts)) = self.lower.iter_mut().find(|(of, _)| *of == (bits >> 16) as usize) {
            counts[bits as usize % HALF] += 1;
        }
    }

    /// Each share and the smallest value that so large a share of the values does not exceed.
    ///
    /// # Panics
    /// If the second pass was not of the values of the first.
    pub(crate) fn finish(self) -> Vec<(f64, f64)> {
        let one = |(share, half, rank): (f64, usize, u64)| {
            let counts = &self.lower.iter().find(|(of, _)| *of == half).expect("made with the wanted ones").1;
            let mut left = rank;
            let low = counts.iter().position(|n| {
                let found = left <= *n;
                left = left.saturating_sub(*n);
                found
            });
            let low = low.expect("the second pass has the values of the first");
            (share, f64::from(value((half * HALF + low) as u32)))
        };
        self.wanted.iter().map(|wanted| one(*wanted)).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bits_are_in_the_order_of_values() {
        let values = [f32::NEG_INFINITY, -1e30, -1.0, -1e-40, -0.0, 0.0, 1e-40, 0.5, 1.0, 3e38];
        assert!(values.windows(2).all(|v| ordered(v[0]) < ordered(v[1])));
        assert!(values.iter().all(|v| value(ordered(*v)).to_bits() == v.to_bits()));
    }

    #[test]
    fn no_value_has_no_statistics() {
        assert_eq!(Tally::new().statistics(), None);
        assert!(Tally::new().quantiles().is_none());
    }

    proptest! {
        #[test]
        fn quantiles_are_those_of_the_sorted_values(values in prop::collection::vec(-1e4f32..1e6, 1..400)) {
            let mut tally = Tally::new();
            values.iter().for_each(|v| tally.add(*v));
            let mut second = tally.quantiles().unwrap();
            values.iter().for_each(|v| second.add(*v));
            let mut sorted = values.clone();
            sorted.sort_by(f32::total_cmp);
            for (share, found) in second.finish() {
                let rank = ((share * sorted.len() as f64).ceil() as usize).max(1);
                prop_assert_eq!(found, f64::from(sorted[rank - 1]));
            }
            let n = values.len() as f64;
            let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
            let variance = values.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / n;
            let found = tally.statistics().unwrap();
            prop_assert!((found.mean - mean).abs() < 1e-6 && (found.sd - variance.sqrt()).abs() < 1e-5);
            prop_assert_eq!([found.min, found.max], [f64::from(sorted[0]), f64::from(sorted[sorted.len() - 1])]);
        }
    }
}

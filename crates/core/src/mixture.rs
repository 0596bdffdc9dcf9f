//! Prediction errors that are a mixture of normal ones.

/// Differences that are kept apart where a mean over the mixture takes a quadrature for each.
const CONDENSED: usize = 20;

/// The distribution of one prediction on the modelling scale: with equal probability normal around the prediction plus one of
/// the differences, all with the variance `within`; or, without differences, normal with the prediction's own mean and variance.
///
/// Values below limits make predictions such: each draw of them gives one of the means.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Mixture<'a> {
    within: f64,
    differences: &'a [f32],
}

impl<'a> Mixture<'a> {
    /// One normal distribution: nothing beside the prediction.
    pub const NORMAL: Self = Mixture { within: 0.0, differences: &[] };

    /// A mixture of normal distributions of one variance, by the differences of their means from the prediction.
    pub const fn new(within: f64, differences: &'a [f32]) -> Self {
        Self { within, differences }
    }

    /// Whether it is one normal distribution.
    pub fn is_normal(self) -> bool {
        self.differences.is_empty()
    }

    /// Variance of each of the normal distributions, unit squared.
    pub fn within(self) -> f64 {
        self.within
    }

    /// Differences of their means from the prediction.
    pub fn differences(self) -> impl ExactSizeIterator<Item = f64> + Clone + 'a {
        self.differences.iter().map(|&d| f64::from(d))
    }

    /// The same with errors of its own added, as those of a measurement.
    #[must_use]
    pub fn with_error(self, variance: f64) -> Self {
        Self { within: self.within + variance, ..self }
    }

    /// Mean over the normal distributions of what `f` says of their means' differences.
    pub fn mean_of(self, f: impl Fn(f64) -> f64) -> f64 {
        self.differences().map(f).sum::<f64>() / self.differences.len() as f64
    }

    /// A few means that stand for all, and what goes into `within` for it, so that the variance stays: groups of neighbouring
    /// means, each at its own mean.
    pub(crate) fn condensed(self) -> (f64, Vec<f64>) {
        let mut sorted: Vec<f64> = self.differences().collect();
        if sorted.len() <= CONDENSED {
            return (self.within, sorted);
        }
        sorted.sort_unstable_by(f64::total_cmp);
        let n = sorted.len();
        let mut lost = 0.0;
        let means = (0..CONDENSED)
            .map(|g| {
                let group = &sorted[g * n / CONDENSED..(g + 1) * n / CONDENSED];
                let mean = group.iter().sum::<f64>() / group.len() as f64;
                lost += group.iter().map(|d| (d - mean).powi(2)).sum::<f64>();
                mean
            })
            .collect();
        (self.within + lost / n as f64, means)
    }
}

/// Mixtures of numbered predictions; those that have none are normal.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mixtures {
    /// Place of each among the stored ones, from 1; 0 for none.
    places: Vec<u32>,
    within: Vec<f64>,
    /// Seven digits are enough of what is added to a mean, and a tile has many.
    differences: Vec<f32>,
    count: usize,
}

impl Mixtures {
    /// Whether the errors of all targets are normal.
    pub fn is_empty(&self) -> bool {
        self.within.is_empty()
    }

    /// None at all.
    pub fn clear(&mut self) {
        self.places.clear();
        self.within.clear();
        self.differences.clear();
    }

    /// Sets that of prediction `index`; differences that are all 0 are left out, as it is normal then.
    ///
    /// # Panics
    /// Another number of differences than those before.
    pub fn set(&mut self, index: usize, within: f64, differences: impl ExactSizeIterator<Item = f64> + Clone) {
        if differences.clone().all(|d| d == 0.0) {
            return;
        }
        assert!(self.within.is_empty() || self.count == differences.len(), "mixtures are of one number of draws");
        self.count = differences.len();
        if self.places.len() <= index {
            self.places.resize(index + 1, 0);
        }
        self.within.push(within);
        self.places[index] = self.within.len() as u32;
        self.differences.extend(differences.map(|d| d as f32));
    }

    /// Sets the variance of the normal distributions of prediction `index`, where it has a mixture.
    pub fn set_within(&mut self, index: usize, within: f64) {
        if let Some(&place @ 1..) = self.places.get(index) {
            self.within[place as usize - 1] = within;
        }
    }

    /// That of prediction `index`.
    #[inline]
    pub fn get(&self, index: usize) -> Mixture<'_> {
        match self.places.get(index) {
            None | Some(0) => Mixture::NORMAL,
            Some(&place) => {
                let place = place as usize - 1;
                let differences = &self.differences[place * self.count..(place + 1) * self.count];
                Mixture::new(self.within[place], differences)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn condensing_keeps_mean_and_variance() {
        let differences: Vec<f32> = (0..200).map(|k| (k as f32 - 99.5) * (k % 7) as f32).collect();
        let mixture = Mixture::new(0.3, &differences);
        let (within, means) = mixture.condensed();
        assert_eq!(means.len(), CONDENSED);
        let mean = means.iter().sum::<f64>() / means.len() as f64;
        let of_all = mixture.mean_of(|d| d);
        assert!((mean - of_all).abs() < 1e-9);
        let variance = within + means.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / means.len() as f64;
        let expected = 0.3 + mixture.mean_of(|d| (d - of_all).powi(2));
        assert!((variance / expected - 1.0).abs() < 1e-12, "{variance} {expected}");
    }

    #[test]
    fn what_has_no_mixture_is_normal() {
        let mut mixtures = Mixtures::default();
        mixtures.set(3, 0.5, [0.25, -0.25].into_iter());
        mixtures.set(1, 0.5, [0.0, 0.0].into_iter());
        assert!(mixtures.get(0).is_normal() && mixtures.get(1).is_normal() && mixtures.get(9).is_normal());
        assert_eq!(mixtures.get(3), Mixture::new(0.5, &[0.25, -0.25]));
    }
}

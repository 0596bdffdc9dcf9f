//! Samples that are held out together.

use crate::metric::Metric;
use crate::random::SplitMix64;
use crate::{Error, Result, Samples};

/// A fold for every sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folds {
    of: Vec<usize>,
    count: usize,
}

impl Folds {
    /// Every sample is a fold.
    pub fn leave_one_out(samples: &Samples) -> Self {
        Self { of: (0..samples.len()).collect(), count: samples.len() }
    }

    /// `k` folds of nearly equal size, drawn at random from `seed`.
    ///
    /// # Errors
    /// Fewer than 2 folds, or more than samples.
    pub fn random(samples: &Samples, k: usize, seed: u64) -> Result<Self> {
        let n = samples.len();
        if k < 2 || k > n {
            let requirement = "at least 2 and at most the number of samples";
            return Err(Error::Parameter { name: "number of folds", value: k as f64, requirement });
        }
        // Fisher and Yates' shuffle. Plain SplitMix64, and not `Random`: a seed must go on meaning the folds it always meant.
        // Its 64 bits leave no bias that a shuffle of samples could show.
        let mut random = SplitMix64::new(seed);
        let mut of: Vec<usize> = (0..n).map(|i| i % k).collect();
        for i in (1..n).rev() {
            of.swap(i, (random.next_u64() % (i as u64 + 1)) as usize);
        }
        Ok(Self { of, count: k })
    }

    /// Samples in one square of this side are held out together; squares are aligned to multiples of it.
    ///
    /// # Units
    /// `size` in coordinate units, on a sphere in the unit of its radius.
    ///
    /// # Errors
    /// A size that is not above 0, or so large that there is one block only.
    pub fn spatial_blocks(samples: &Samples, size: f64) -> Result<Self> {
        if !(size > 0.0 && size.is_finite()) {
            return Err(Error::Parameter { name: "block size", value: size, requirement: "above 0" });
        }
        let block = |c: &[f64; 2]| match samples.metric() {
            Metric::Plane => ((c[0] / size).floor() as i64, (c[1] / size).floor() as i64),
            Metric::Sphere { radius } => {
                // Bands of latitude, cut along meridians into pieces about as wide as high.
                let step = (size / radius).to_degrees();
                let band = (c[1] / step).floor();
                let shrink = ((band + 0.5) * step).to_radians().cos().max(1e-6);
                ((c[0].rem_euclid(360.0) * shrink / step).floor() as i64, band as i64)
            }
        };
        let blocks: Vec<_> = samples.coords().iter().map(block).collect();
        let folds = Self::by_label(&blocks);
        if folds.count < 2 {
            let requirement = "small enough that the samples fall into at least 2 blocks";
            return Err(Error::Parameter { name: "block size", value: size, requirement });
        }
        Ok(folds)
    }

    /// Samples with equal labels are held out together.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::validation::Folds;
    /// let folds = Folds::by_label(&["north", "south", "north"]);
    /// assert_eq!((folds.count(), folds.of(0), folds.of(2)), (2, 0, 0));
    /// ```
    pub fn by_label<L: Ord>(labels: &[L]) -> Self {
        let mut distinct: Vec<&L> = labels.iter().collect();
        distinct.sort();
        distinct.dedup();
        let of = labels.iter().map(|l| distinct.partition_point(|d| *d < l)).collect();
        Self { of, count: distinct.len() }
    }

    /// Number of folds.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Fold of sample `index`, from 0.
    ///
    /// # Panics
    /// An index beyond the samples.
    pub fn of(&self, index: usize) -> usize {
        self.of[index]
    }

    /// Whether every fold is one sample.
    pub fn is_leave_one_out(&self) -> bool {
        self.count == self.of.len()
    }

    /// # Errors
    /// Folds of another number of samples, or a single one, which would leave nothing to predict from.
    pub(crate) fn check(&self, samples: &Samples) -> Result<()> {
        if self.of.len() != samples.len() {
            return Err(Error::LengthMismatch {
                left_name: "folds",
                left: self.of.len(),
                right_name: "samples",
                right: samples.len(),
            });
        }
        if self.count < 2 {
            return Err(Error::TooFewSamples { found: self.count, needed: 2, purpose: "cross-validation folds" });
        }
        Ok(())
    }
}

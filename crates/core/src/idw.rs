//! Inverse distance weighting, and the nearest sample: methods without an error model.

use crate::executor::{Executor, Serial};
use crate::memory::Memory;
use crate::metric::Metric;
use crate::neighbourhood::{Held, Near, Neighbourhood, SampleIndex, Search, Visit};
use crate::validation::{Folds, leave_out_by_groups, predict_groups};
use crate::{
    Coord, Error, Gap, Interpolator, Outcome, Prediction, Predictions, Predictor, Result, Samples, Scratch, Targets,
};

/// Inverse distance weighting: weights d^−power; a sample at the target is returned as it is.
///
/// # Source
/// Shepard (1968), *Proc. 23rd ACM National Conference* 517.
///
/// # Examples
/// ```
/// use soilscope_core::{Interpolator, Samples, idw::InverseDistance, neighbourhood::Neighbourhood};
/// let samples = Samples::new(vec![[0.0, 0.0], [3.0, 0.0]], vec![1.0, 4.0])?;
/// let idw = InverseDistance { power: 2.0, neighbourhood: Neighbourhood::Global };
/// // Weights 1 and 1/4: (1·1 + 4/4) / (1 + 1/4).
/// assert_eq!(idw.fit(&samples)?.predict([1.0, 0.0]).unwrap().value, 2.0 / 1.25);
/// # Ok::<(), soilscope_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InverseDistance {
    /// Exponent of the distance, above 0.
    pub power: f64,
    /// Which samples serve a target.
    pub neighbourhood: Neighbourhood,
}

/// The value of the nearest sample: Thiessen polygons.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Nearest {
    /// Largest distance to the sample, `None` for any.
    pub radius: Option<f64>,
}

impl Interpolator for InverseDistance {
    /// # Errors
    /// A power that is not above 0, or a search against the rules of [`Search::new`] and [`Search::with_sectors`].
    fn fit(&self, samples: &Samples) -> Result<Box<dyn Predictor>> {
        Ok(Box::new(Weighted::new(self.power, self.neighbourhood, samples)?))
    }

    fn memory(&self, samples: &Samples) -> Result<Option<Memory>> {
        Ok(Some(Memory::of_search(samples.len())))
    }

    fn leave_out(&self, samples: &Samples, folds: &Folds) -> Result<Vec<Outcome>> {
        leave_out_by_groups(self, samples, folds, &Serial)
    }

    fn leave_out_groups(
        &self,
        samples: &Samples,
        folds: &Folds,
        groups: &[Vec<usize>],
        executor: &dyn Executor,
    ) -> Option<Result<Vec<Vec<Outcome>>>> {
        let weighted = Weighted::new(self.power, self.neighbourhood, samples);
        Some(weighted.and_then(|weighted| weighted.leave_out_groups(folds, groups, executor)))
    }

    fn leave_out_on(&self, samples: &Samples, folds: &Folds, executor: &dyn Executor) -> Result<Predictions> {
        Ok(Predictions::from_outcomes(&leave_out_by_groups(self, samples, folds, executor)?))
    }
}

impl Nearest {
    fn weighted(self, samples: &Samples) -> Result<Weighted> {
        // With one neighbour the weight does not matter.
        Weighted::new(1.0, Neighbourhood::Moving(Search::new(Some(1), 1, self.radius)?), samples)
    }
}

impl Interpolator for Nearest {
    /// # Errors
    /// A radius that is not above 0.
    fn fit(&self, samples: &Samples) -> Result<Box<dyn Predictor>> {
        Ok(Box::new(self.weighted(samples)?))
    }

    fn memory(&self, samples: &Samples) -> Result<Option<Memory>> {
        Ok(Some(Memory::of_search(samples.len())))
    }

    fn leave_out(&self, samples: &Samples, folds: &Folds) -> Result<Vec<Outcome>> {
        leave_out_by_groups(self, samples, folds, &Serial)
    }

    fn leave_out_groups(
        &self,
        samples: &Samples,
        folds: &Folds,
        groups: &[Vec<usize>],
        executor: &dyn Executor,
    ) -> Option<Result<Vec<Vec<Outcome>>>> {
        Some(self.weighted(samples).and_then(|weighted| weighted.leave_out_groups(folds, groups, executor)))
    }

    fn leave_out_on(&self, samples: &Samples, folds: &Folds, executor: &dyn Executor) -> Result<Predictions> {
        Ok(Predictions::from_outcomes(&leave_out_by_groups(self, samples, folds, executor)?))
    }
}

/// A weighted mean of samples, ready to predict.
struct Weighted {
    power: f64,
    search: Option<Search>,
    samples: Samples,
    index: SampleIndex,
}

impl Weighted {
    fn new(power: f64, neighbourhood: Neighbourhood, samples: &Samples) -> Result<Self> {
        if !(power > 0.0 && power.is_finite()) {
            return Err(Error::Parameter { name: "inverse-distance power", value: power, requirement: "above 0" });
        }
        let search = match neighbourhood {
            Neighbourhood::Global => None,
            Neighbourhood::Moving(search) => Some(search.checked()?),
        };
        Ok(Self { power, search, samples: samples.clone(), index: SampleIndex::of(samples) })
    }

    fn predict_one(&self, at: Coord, keep: impl Fn(usize) -> bool, scratch: &mut Scratch) -> Outcome {
        Gap::check_place(at)?;
        let (search_scratch, neighbours, squared) = scratch.search_parts();
        match &self.search {
            None => {
                neighbours.clear();
                neighbours.extend((0..self.samples.len()).filter(|&i| keep(i)));
            }
            Some(search) => self.index.neighbours(at, search, keep, search_scratch, neighbours)?,
        }
        squared.clear();
        squared.extend(neighbours.iter().map(|&i| self.squared(i, at)));
        self.mean_of(squared, |k| neighbours[k])
    }

    /// Squared distance of a sample.
    fn squared(&self, i: usize, at: Coord) -> f64 {
        let c = self.samples.coords()[i];
        match self.samples.metric() {
            Metric::Plane => (c[0] - at[0]).powi(2) + (c[1] - at[1]).powi(2),
            sphere => sphere.distance(at, c).powi(2),
        }
    }

    /// The mean of samples at these squared distances, the k-th being number `sample(k)`. Weights are taken relative to the nearest
    /// sample's, so that no power of a distance overflows.
    #[inline(always)]
    fn mean_of(&self, squared: &[f64], sample: impl Fn(usize) -> usize) -> Outcome {
        let values = self.samples.values();
        let value = |k: usize| values[sample(k)];
        let nearest = least(squared);
        let half = self.power / 2.0;
        let (weights, sum) = if nearest == 0.0 {
            // Samples at the target share it evenly: only coincident ones can be several.
            weigh(squared, value, |d| f64::from(u8::from(d == 0.0)))
        } else if self.power == 2.0 {
            weigh(squared, value, |d| nearest / d)
        } else {
            weigh(squared, value, |d| (nearest / d).powf(half))
        };
        if weights == 0.0 {
            return Err(Gap::TooFewNeighbours { found: 0, needed: 1 });
        }
        Ok(Prediction { value: sum / weights, variance: None, multiplier: 0.0 })
    }

    fn leave_out_groups(
        &self,
        folds: &Folds,
        groups: &[Vec<usize>],
        executor: &dyn Executor,
    ) -> Result<Vec<Vec<Outcome>>> {
        predict_groups(&self.samples, folds, groups, executor, |targets, held, scratch| {
            let mut out = Predictions::default();
            self.predict_all(targets, held, scratch, &mut out);
            out.iter().collect()
        })
    }

    fn predict_all(&self, targets: &Targets<'_>, held: Held<'_>, scratch: &mut Scratch, out: &mut Predictions) {
        out.reset(targets.len(), false);
        if let Some(search) = &self.search {
            if targets.as_window().is_none() {
                (0..targets.len()).for_each(|i| out.set(i, Err(Gap::NotFinite)));
            }
            let mut means = Means { method: self, least: search.min.get(), out };
            if self.index.visit_near(targets, search, held, &mut scratch.near, &mut means) {
                return;
            }
        }
        for i in 0..targets.len() {
            out.set(i, self.predict_one(targets.coord(i), |sample| held.keeps(i, sample), scratch));
        }
    }
}

/// Numbers that are taken at a time: independent sums, which vectors can hold.
const LANES: usize = 8;

/// The least of some numbers; infinite where there is none.
#[inline(always)]
fn least(numbers: &[f64]) -> f64 {
    let (whole, rest) = numbers.as_chunks::<LANES>();
    let mut least = [f64::INFINITY; LANES];
    for eight in whole {
        (0..LANES).for_each(|l| least[l] = if eight[l] < least[l] { eight[l] } else { least[l] });
    }
    rest.iter().chain(&least).fold(f64::INFINITY, |least, &d| if d < least { d } else { least })
}

/// Sums of weights and of weighted values, the k-th value at the k-th squared distance.
#[inline(always)]
fn weigh(squared: &[f64], value: impl Fn(usize) -> f64, weight: impl Fn(f64) -> f64) -> (f64, f64) {
    let (whole, rest) = squared.as_chunks::<LANES>();
    let (mut weights, mut sums) = ([0.0; LANES], [0.0; LANES]);
    for (nth, eight) in whole.iter().enumerate() {
        let of_eight: [f64; LANES] = std::array::from_fn(|l| weight(eight[l]));
        let values: [f64; LANES] = std::array::from_fn(|l| value(nth * LANES + l));
        for l in 0..LANES {
            weights[l] += of_eight[l];
            sums[l] += of_eight[l] * values[l];
        }
    }
    for (l, &d) in rest.iter().enumerate() {
        let weight = weight(d);
        weights[l] += weight;
        sums[l] += weight * value(whole.len() * LANES + l);
    }
    (total(weights), total(sums))
}

/// The sum of lanes, halves first.
#[inline(always)]
fn total(lanes: [f64; LANES]) -> f64 {
    let four: [f64; 4] = std::array::from_fn(|l| lanes[l] + lanes[l + 4]);
    (four[0] + four[2]) + (four[1] + four[3])
}

/// Weighted means of targets whose neighbours come with their distances.
struct Means<'a> {
    method: &'a Weighted,
    least: usize,
    out: &'a mut Predictions,
}

impl Visit for Means<'_> {
    #[inline(always)]
    fn visit(&mut self, target: usize, near: &Near<'_>) {
        let found = near.members.len();
        let outcome = if found < self.least {
            Err(Gap::TooFewNeighbours { found: found as u32, needed: self.least as u32 })
        } else {
            self.method.mean_of(near.squared, |k| near.members[k] as usize)
        };
        self.out.set(target, outcome);
    }
}

impl Predictor for Weighted {
    fn has_variance(&self) -> bool {
        false
    }

    fn predict_into(&self, targets: &Targets<'_>, scratch: &mut Scratch, out: &mut Predictions) {
        self.predict_all(targets, Held::Nothing, scratch, out);
    }
}

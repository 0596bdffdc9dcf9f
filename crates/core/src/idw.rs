//! Inverse distance weighting, and the nearest sample: methods without an error model.

use std::sync::Arc;

use crate::executor::{Executor, Serial};
use crate::memory::Memory;
use crate::metric::Metric;
use crate::neighbourhood::{Held, Near, Neighbourhood, SampleIndex, Search, Visit};
use crate::together::{Local, Sharing};
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
        Ok(Box::new(Weighted::new(self.power, self.neighbourhood, samples, None)?))
    }

    fn fit_beside(
        &self,
        samples: &Samples,
        _executor: &dyn Executor,
        beside: &dyn Predictor,
    ) -> Result<Box<dyn Predictor>> {
        Ok(Box::new(Weighted::new(self.power, self.neighbourhood, samples, Some(beside))?))
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
        let weighted = Weighted::new(self.power, self.neighbourhood, samples, None);
        Some(weighted.and_then(|weighted| weighted.leave_out_groups(folds, groups, executor)))
    }

    fn leave_out_on(&self, samples: &Samples, folds: &Folds, executor: &dyn Executor) -> Result<Predictions> {
        Ok(Predictions::from_outcomes(&leave_out_by_groups(self, samples, folds, executor)?))
    }
}

impl Nearest {
    fn weighted(self, samples: &Samples, beside: Option<&dyn Predictor>) -> Result<Weighted> {
        // With one neighbour the weight does not matter.
        Weighted::new(1.0, Neighbourhood::Moving(Search::new(Some(1), 1, self.radius)?), samples, beside)
    }
}

impl Interpolator for Nearest {
    /// # Errors
    /// A radius that is not above 0.
    fn fit(&self, samples: &Samples) -> Result<Box<dyn Predictor>> {
        Ok(Box::new(self.weighted(samples, None)?))
    }

    fn fit_beside(
        &self,
        samples: &Samples,
        _executor: &dyn Executor,
        beside: &dyn Predictor,
    ) -> Result<Box<dyn Predictor>> {
        Ok(Box::new(self.weighted(samples, Some(beside))?))
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
        Some(self.weighted(samples, None).and_then(|weighted| weighted.leave_out_groups(folds, groups, executor)))
    }

    fn leave_out_on(&self, samples: &Samples, folds: &Folds, executor: &dyn Executor) -> Result<Predictions> {
        Ok(Predictions::from_outcomes(&leave_out_by_groups(self, samples, folds, executor)?))
    }
}

/// A weighted mean of samples, ready to predict.
pub(crate) struct Weighted {
    power: f64,
    search: Option<Search>,
    samples: Samples,
    index: Arc<SampleIndex>,
}

impl Weighted {
    fn new(
        power: f64,
        neighbourhood: Neighbourhood,
        samples: &Samples,
        beside: Option<&dyn Predictor>,
    ) -> Result<Self> {
        if !(power > 0.0 && power.is_finite()) {
            return Err(Error::Parameter { name: "inverse-distance power", value: power, requirement: "above 0" });
        }
        let search = match neighbourhood {
            Neighbourhood::Global => None,
            Neighbourhood::Moving(search) => Some(search.checked()?),
        };
        let (samples, index) = crate::together::places_of(samples, beside);
        Ok(Self { power, search, samples, index })
    }

    /// What two predictors have in common: the weights of a target, or nothing.
    pub(crate) fn sharing(&self, other: &Self) -> Sharing {
        let same = self.power == other.power
            && self.search.is_some()
            && self.search == other.search
            && self.samples.has_places_of(&other.samples);
        if same { Sharing::Weights } else { Sharing::Nothing }
    }

    pub(crate) fn places(&self) -> (&Samples, &Arc<SampleIndex>) {
        (&self.samples, &self.index)
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
        mean(if nearest == 0.0 {
            // Samples at the target share it evenly: only coincident ones can be several.
            weigh(squared, value, |d| f64::from(u8::from(d == 0.0)))
        } else if self.power == 2.0 {
            weigh(squared, value, |d| nearest / d)
        } else {
            weigh(squared, value, |d| (nearest / d).powf(half))
        })
    }

    /// The weights of [`mean_of`](Self::mean_of), for the means of several values with the same weights.
    #[inline(always)]
    fn weights_of(&self, squared: &[f64], weights: &mut Vec<f64>) {
        let nearest = least(squared);
        let half = self.power / 2.0;
        weights.clear();
        if nearest == 0.0 {
            weights.extend(squared.iter().map(|&d| f64::from(u8::from(d == 0.0))));
        } else if self.power == 2.0 {
            weights.extend(squared.iter().map(|&d| nearest / d));
        } else {
            weights.extend(squared.iter().map(|&d| (nearest / d).powf(half)));
        }
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
            nowhere_yet(targets, out);
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

/// Predicts every target by several predictors that share their weights, into one column of predictions each; false, and nothing is
/// predicted, where each target is searched alone. Each has what it has alone, to the bit.
pub(crate) fn predict_together(
    members: &[&Weighted],
    targets: &Targets<'_>,
    scratch: &mut Scratch,
    outs: &mut [Predictions],
) -> bool {
    let Some((one, search)) = members.first().and_then(|one| Some((one, one.search.as_ref()?))) else { return false };
    for out in &mut *outs {
        out.reset(targets.len(), false);
        nowhere_yet(targets, out);
    }
    let values = members.iter().map(|member| member.samples.values()).collect();
    let mut means = ManyMeans { method: one, values, least: search.min.get(), weights: Vec::new(), outs };
    one.index.visit_near(targets, search, Held::Nothing, &mut scratch.near, &mut means)
}

/// Places of a list that are not numbers are never visited.
fn nowhere_yet(targets: &Targets<'_>, out: &mut Predictions) {
    if targets.as_window().is_none() {
        (0..targets.len()).for_each(|i| out.set(i, Err(Gap::NotFinite)));
    }
}

/// The mean of values, of the sum of weights and that of weighted values.
#[inline(always)]
fn mean((weights, sum): (f64, f64)) -> Outcome {
    if weights == 0.0 {
        return Err(Gap::TooFewNeighbours { found: 0, needed: 1 });
    }
    Ok(Prediction { value: sum / weights, variance: None, multiplier: 0.0 })
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

/// The same of several values at each place.
struct ManyMeans<'a> {
    method: &'a Weighted,
    values: Vec<&'a [f64]>,
    least: usize,
    weights: Vec<f64>,
    outs: &'a mut [Predictions],
}

impl Visit for ManyMeans<'_> {
    #[inline(always)]
    fn visit(&mut self, target: usize, near: &Near<'_>) {
        let found = near.members.len();
        if found < self.least {
            let gap = Gap::TooFewNeighbours { found: found as u32, needed: self.least as u32 };
            return self.outs.iter_mut().for_each(|out| out.set(target, Err(gap)));
        }
        self.method.weights_of(near.squared, &mut self.weights);
        for (values, out) in self.values.iter().zip(&mut *self.outs) {
            out.set(target, mean(weigh(&self.weights, |k| values[near.members[k] as usize], |weight| weight)));
        }
    }
}

impl Predictor for Weighted {
    fn has_variance(&self) -> bool {
        false
    }

    fn predict_into(&self, targets: &Targets<'_>, scratch: &mut Scratch, out: &mut Predictions) {
        self.predict_all(targets, Held::Nothing, scratch, out);
    }

    fn local(&self) -> Option<Local<'_>> {
        Some(Local::weighted(self))
    }
}

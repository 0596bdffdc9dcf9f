//! Lag classes that suit the samples.

use super::terms::drawn;
use crate::executor::{Executor, map};
use crate::neighbourhood::SampleIndex;
use crate::variogram::{EmpiricalVariogram, Estimator, LagClasses, empirical_variogram_with};
use crate::{Result, Samples};

/// Up to this many samples every pair is looked at; of more, so many are drawn for the long lags.
const ALL_PAIRS_UP_TO: usize = 2500;
/// Most pairs at short lags, where all samples are compared.
const MOST_SHORT_PAIRS: f64 = 3e6;
/// Fewest and most pairs that the first class is made to hold. A semivariance from N pairs of a Gaussian field has a
/// relative standard error of √(2/N) at best: a quarter for 30, a seventh for 100.
const FIRST_CLASS: (usize, usize) = (30, 100);
/// Most classes.
const MOST_CLASSES: i32 = 16;

/// Lag classes and what they were made from.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct LagDesign {
    /// Inclusive upper bounds of the classes, coordinate units.
    pub boundaries: Vec<f64>,
    /// Median distance from a sample to the nearest other one.
    pub nearest: f64,
    /// Largest lag up to which all samples are compared; the cutoff, unless the samples are many.
    pub all_pairs_to: f64,
    /// Samples drawn for the longer lags; all, unless they are many.
    pub drawn: usize,
    #[cfg_attr(feature = "serde", serde(skip))]
    classes: LagClasses,
    #[cfg_attr(feature = "serde", serde(skip))]
    subset: Vec<usize>,
    /// Samples that the design was made for.
    #[cfg_attr(feature = "serde", serde(skip))]
    made_for: usize,
}

impl LagDesign {
    /// Classes up to a third of the extent's diagonal, narrow at short lags and wider in proportion to the lag: the shape
    /// of a variogram is decided near its origin, and pairs are plenty far from it. The first class reaches as far as it
    /// takes for at least 30 pairs (100 where there are many), so that clusters of samples get classes of their own
    /// scale. Classes with fewer pairs are joined to the next.
    ///
    /// Of more than 2,500 samples, short lags compare all of them and long ones 2,500 drawn with `seed`, so that the work
    /// stays bounded.
    ///
    /// # Errors
    /// Samples at one place; a cancelled executor.
    pub fn new(samples: &Samples, seed: u64, executor: &dyn Executor) -> Result<Self> {
        let cutoff = samples.diagonal() / 3.0;
        let subset = drawn(samples.len(), ALL_PAIRS_UP_TO, seed);
        let distances = sorted_distances(&samples.subset(&subset)?, cutoff, executor)?;
        let mut neighbour = nearest_distances(samples, executor)?;
        neighbour.sort_unstable_by(f64::total_cmp);
        let nearest = neighbour[neighbour.len() / 2];
        // Pairs of all samples for each pair of the subset.
        let weight = (samples.len() as f64 / subset.len() as f64).powi(2);
        let wanted = (distances.len() / 80).clamp(FIRST_CLASS.0, FIRST_CLASS.1);
        let first = if weight == 1.0 {
            distances.get(wanted - 1).copied().unwrap_or(cutoff).max(0.5 * nearest)
        } else {
            // Both samples of a nearest pair may name it.
            neighbour[(2 * wanted).min(neighbour.len() - 1)].max(nearest)
        };
        let ratio = (cutoff / first).max(1.0);
        let count = (ratio.ln() / 1.2_f64.ln()).ceil().clamp(1.0, f64::from(MOST_CLASSES)) as i32;
        // A hair beyond, so that the distances of a regular grid do not lie on bounds, where rounding would sort them.
        let bound = |k: i32| first * ratio.powf(f64::from(k) / f64::from(count)) * (1.0 + 1e-6);
        let pairs_up_to = |h: f64| distances.partition_point(|&d| d <= h);
        let mut boundaries: Vec<f64> = Vec::new();
        let mut before = 0;
        for k in 0..=count {
            let up_to = pairs_up_to(bound(k));
            // Short classes of a subset hold few of its pairs, but enough of all.
            if ((up_to - before) as f64 * weight >= FIRST_CLASS.0 as f64) || (weight > 1.0 && up_to < wanted) {
                boundaries.push(bound(k));
                before = up_to;
            }
        }
        if boundaries.is_empty() {
            boundaries.push(cutoff);
        }
        let short = |b: &&f64| pairs_up_to(**b) as f64 * weight <= MOST_SHORT_PAIRS;
        let all_pairs_to = if weight == 1.0 {
            boundaries[boundaries.len() - 1]
        } else {
            boundaries.iter().rfind(short).copied().unwrap_or(boundaries[0])
        };
        let classes = LagClasses::with_boundaries(boundaries.clone())?;
        Ok(Self { boundaries, nearest, all_pairs_to, drawn: subset.len(), classes, subset, made_for: samples.len() })
    }

    /// The user's classes, for all pairs of the samples.
    ///
    /// # Errors
    /// A cancelled executor.
    pub fn given(classes: LagClasses, samples: &Samples, executor: &dyn Executor) -> Result<Self> {
        let mut neighbour = nearest_distances(samples, executor)?;
        neighbour.sort_unstable_by(f64::total_cmp);
        Ok(Self {
            boundaries: classes.upper().to_vec(),
            nearest: neighbour[neighbour.len() / 2],
            all_pairs_to: classes.cutoff(),
            drawn: samples.len(),
            classes,
            subset: (0..samples.len()).collect(),
            made_for: samples.len(),
        })
    }

    /// The design for a part of its samples: the same classes where every pair is compared, and one of their own of many.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub(super) fn for_part(&self, part: &Samples, seed: u64, executor: &dyn Executor) -> Result<Self> {
        if part.len() == self.made_for {
            return Ok(self.clone());
        }
        match self.all_pairs_to >= self.classes.cutoff() {
            true => Self::given(self.classes.clone(), part, executor),
            false => Self::new(part, seed, executor),
        }
    }

    /// The lag classes.
    pub fn classes(&self) -> &LagClasses {
        &self.classes
    }

    /// The empirical variogram of the samples that the design was made for, or of others at their places.
    ///
    /// # Errors
    /// As [`empirical_variogram`](crate::variogram::empirical_variogram).
    pub fn empirical(
        &self,
        samples: &Samples,
        estimator: Estimator,
        executor: &dyn Executor,
    ) -> Result<EmpiricalVariogram> {
        if self.all_pairs_to >= self.classes.cutoff() {
            return empirical_variogram_with(samples, &self.classes, &[], estimator, executor);
        }
        let split = self.boundaries.partition_point(|&b| b <= self.all_pairs_to);
        let short = LagClasses::with_boundaries(self.boundaries[..split].to_vec())?;
        let long = LagClasses::with_boundaries(self.boundaries[split - 1..].to_vec())?;
        let mut near = empirical_variogram_with(samples, &short, &[], estimator, executor)?;
        let far = empirical_variogram_with(&samples.subset(&self.subset)?, &long, &[], estimator, executor)?;
        near.classes.extend(far.classes.into_iter().filter(|c| c.dist > self.all_pairs_to));
        Ok(EmpiricalVariogram { cutoff: self.classes.cutoff(), ..near })
    }
}

/// Distances of all pairs within `cutoff`, increasing.
fn sorted_distances(samples: &Samples, cutoff: f64, executor: &dyn Executor) -> Result<Vec<f64>> {
    let (places, metric) = (samples.coords(), samples.metric());
    let rows = map(executor, places.len().div_ceil(ROWS), |task| {
        let mut found = Vec::new();
        for i in task * ROWS..((task + 1) * ROWS).min(places.len()) {
            for b in &places[i + 1..] {
                let h = metric.distance(places[i], *b);
                if h <= cutoff {
                    found.push(h);
                }
            }
        }
        found
    })?;
    let mut all: Vec<f64> = rows.into_iter().flatten().collect();
    all.sort_unstable_by(f64::total_cmp);
    Ok(all)
}

/// Samples that one task looks at.
const ROWS: usize = 512;

/// Distance from each sample to the nearest other.
fn nearest_distances(samples: &Samples, executor: &dyn Executor) -> Result<Vec<f64>> {
    let index = SampleIndex::of(samples);
    let coords = samples.coords();
    let parts = map(executor, coords.len().div_ceil(ROWS), |task| {
        let own = &coords[task * ROWS..((task + 1) * ROWS).min(coords.len())];
        own.iter().map(|&c| index.nearest_two(c)[1]).collect::<Vec<_>>()
    })?;
    Ok(parts.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Coord;
    use crate::executor::Serial;
    use crate::random::Random;

    fn uniform(n: usize) -> Samples {
        let mut random = Random::new(8);
        let coords: Vec<Coord> = (0..n).map(|_| [random.uniform() * 900.0, random.uniform() * 900.0]).collect();
        Samples::new(coords, (0..n).map(|_| random.normal()).collect()).unwrap()
    }

    #[test]
    fn classes_hold_enough_pairs_and_are_narrow_near_the_origin() {
        for n in [30, 60, 155, 1000] {
            let samples = uniform(n);
            let design = LagDesign::new(&samples, 1, &Serial).unwrap();
            let empirical = design.empirical(&samples, Estimator::Matheron, &Serial).unwrap();
            assert!(empirical.classes.iter().all(|c| c.np >= 29), "{n}: {:?}", empirical.classes);
            assert!(empirical.classes.len() >= 4, "{n}: {:?}", design.boundaries);
            assert!(design.classes().cutoff() <= samples.diagonal() / 2.0);
            let width = |k: usize| design.boundaries[k + 1] - design.boundaries[k];
            assert!(width(0) < width(design.boundaries.len() - 2));
        }
    }

    #[test]
    fn a_cluster_gets_classes_of_its_own_scale() {
        // 60 samples of a survey, each with a neighbour at a hundredth of the usual distance.
        let far = uniform(60);
        let near = far.coords().iter().map(|c| [c[0] + 1.0, c[1]]);
        let coords: Vec<Coord> = far.coords().iter().copied().chain(near).collect();
        let samples = Samples::new(coords, vec![0.0; 120].iter().enumerate().map(|(i, _)| i as f64).collect()).unwrap();
        let design = LagDesign::new(&samples, 1, &Serial).unwrap();
        assert!(design.boundaries[0] < 3.0, "{:?}", design.boundaries);
    }

    #[test]
    fn many_samples_are_compared_in_bounded_time_and_to_the_same_answer() {
        let samples = uniform(6000);
        let design = LagDesign::new(&samples, 1, &Serial).unwrap();
        assert!(design.drawn == 2500 && design.all_pairs_to < design.classes().cutoff());
        let bounded = design.empirical(&samples, Estimator::Matheron, &Serial).unwrap();
        let all = empirical_variogram_with(&samples, design.classes(), &[], Estimator::Matheron, &Serial).unwrap();
        assert_eq!(bounded.classes.len(), all.classes.len());
        for (b, a) in bounded.classes.iter().zip(&all.classes) {
            assert!(a.np < 30 || (b.gamma / a.gamma - 1.0).abs() < 0.06, "{b:?} {a:?}");
            // The same pairs, summed in another order.
            assert!(a.dist > design.all_pairs_to || (a.np == b.np && (b.gamma / a.gamma - 1.0).abs() < 1e-12));
        }
    }

    #[test]
    fn a_regular_grid_has_its_own_distances_inside_classes() {
        let coords: Vec<Coord> =
            (0..100).map(|i| [5e5 + f64::from(i % 10) * 10.0, 4e6 + f64::from(i / 10) * 10.0]).collect();
        let samples = Samples::new(coords, (0..100).map(f64::from).collect()).unwrap();
        let design = LagDesign::new(&samples, 1, &Serial).unwrap();
        let empirical = design.empirical(&samples, Estimator::Matheron, &Serial).unwrap();
        assert_eq!((empirical.classes[0].np, empirical.classes[0].dist), (180, 10.0));
    }
}

//! Predictors of several variables at once, as of many analytes of the same samples: what is the same for them is done once.
//!
//! Where two variables were sampled at the same places and are searched alike, a target has the same neighbours for both. Where also
//! their systems are the same (one model, drift, support, errors), it has the same weights, and the second variable costs a dot
//! product. [`Together`] finds out which of its predictors share what; the others go alone. Each predicts what it predicts alone, to
//! the bit, so that a map does not depend on what else is mapped. (Models that are proportional would have the same weights on paper, but
//! not to the last bit: they share the search.)

use std::sync::Arc;

use crate::executor::Executor;
use crate::idw::{self, Weighted};
use crate::kriging::{self, Alike, MovingKriging};
use crate::neighbourhood::{Held, SampleIndex};
use crate::{Interpolator, Predictions, Predictor, Result, Samples, Scratch, Targets};

/// How much two predictors have in common for every target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sharing {
    /// Nothing: places, search or method differ, or the method has nothing to share.
    Nothing,
    /// The search: the same neighbours.
    Neighbours,
    /// Neighbours and their weights: one system, or one set of distances.
    Weights,
}

/// A predictor of this crate that works with the samples near a target, whatever it is.
#[derive(Clone, Copy)]
pub struct Local<'a>(Method<'a>);

#[derive(Clone, Copy)]
enum Method<'a> {
    /// A system for each set of neighbours.
    Kriging(&'a MovingKriging),
    /// Weights by distance.
    Weighted(&'a Weighted),
}

impl<'a> Local<'a> {
    pub(crate) fn kriging(of: &'a MovingKriging) -> Self {
        Self(Method::Kriging(of))
    }

    pub(crate) fn weighted(of: &'a Weighted) -> Self {
        Self(Method::Weighted(of))
    }

    fn places(self) -> (&'a Samples, &'a Arc<SampleIndex>) {
        match self.0 {
            Method::Kriging(kriging) => kriging.places(),
            Method::Weighted(weighted) => weighted.places(),
        }
    }

    fn sharing(self, other: Self) -> Sharing {
        match (self.0, other.0) {
            (Method::Kriging(a), Method::Kriging(b)) => a.sharing(b),
            (Method::Weighted(a), Method::Weighted(b)) => a.sharing(b),
            _ => Sharing::Nothing,
        }
    }
}

impl std::fmt::Debug for Local<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            Method::Kriging(_) => "Local(kriging)",
            Method::Weighted(_) => "Local(weighted)",
        })
    }
}

/// Samples and the index of their places, which is another predictor's where it has the same places.
pub(crate) fn places_of(samples: &Samples, beside: Option<&dyn Predictor>) -> (Samples, Arc<SampleIndex>) {
    match beside.and_then(Predictor::local).map(Local::places) {
        Some((other, index)) if samples.has_places_of(other) => (samples.clone().beside(other), index.clone()),
        _ => (samples.clone(), Arc::new(SampleIndex::of(samples))),
    }
}

/// Predictors of several variables, ready to predict them at the same targets.
///
/// # Examples
/// ```
/// use soilscope_core::drift::Drift;
/// use soilscope_core::executor::Serial;
/// use soilscope_core::kriging::Kriging;
/// use soilscope_core::neighbourhood::Neighbourhood;
/// use soilscope_core::together::{Sharing, Together};
/// use soilscope_core::variogram::Variogram;
/// use soilscope_core::{Predictions, Samples, Scratch, Targets};
///
/// let places = vec![[0.0, 0.0], [3.0, 1.0], [1.0, 4.0], [5.0, 5.0]];
/// let zinc = Samples::new(places.clone(), vec![1.0, 2.0, 4.0, 3.0])?;
/// let lead = Samples::new(places, vec![7.0, 5.0, 6.0, 8.0])?.beside(&zinc);
/// let recipe = |model: &str| -> soilscope_core::Result<Kriging> {
///     Ok(Kriging::new(model.parse::<Variogram>()?, Drift::Constant, Neighbourhood::nearest(3)?))
/// };
/// let (first, second) = (recipe("0.1 Nug + 1 Sph(5)")?, recipe("1 Exp(2)")?);
/// let all = Together::fit(&[(&first, &zinc), (&first, &lead), (&second, &lead)], &Serial)?;
/// assert_eq!(all.sharing(0, 1), Sharing::Weights);
/// assert_eq!(all.sharing(0, 2), Sharing::Neighbours);
///
/// let (mut scratch, mut outs) = (Scratch::default(), vec![Predictions::default(); all.len()]);
/// all.predict_into(&Targets::points(&[[1.0, 1.0], [2.0, 3.0]]), &mut scratch, &mut outs);
/// assert_eq!(outs[1].get(0), all.get(1).predict([1.0, 1.0])); // as it is alone
/// # Ok::<(), soilscope_core::Error>(())
/// ```
#[derive(Default)]
pub struct Together {
    members: Vec<Box<dyn Predictor>>,
    groups: Vec<Group>,
}

/// Members that share their neighbours, by their numbers, in parts that share their weights.
#[derive(Debug)]
struct Group {
    parts: Vec<Vec<usize>>,
}

impl std::fmt::Debug for Together {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Together").field("groups", &self.groups).finish_non_exhaustive()
    }
}

impl Together {
    /// Takes predictors as they are.
    pub fn new(members: Vec<Box<dyn Predictor>>) -> Self {
        let mut all = Self::default();
        members.into_iter().for_each(|member| all.push(member));
        all
    }

    /// Fits each recipe to its samples; those at the same places have one index of them.
    ///
    /// # Errors
    /// As [`Interpolator::fit_on`], of the first that fails.
    pub fn fit(recipes: &[(&dyn Interpolator, &Samples)], executor: &dyn Executor) -> Result<Self> {
        let mut all = Self::default();
        recipes.iter().try_for_each(|(recipe, samples)| all.add(*recipe, samples, executor))?;
        Ok(all)
    }

    /// Fits one more recipe to its samples; where a predictor before it is of the same places it takes over the index of them.
    ///
    /// # Errors
    /// As [`Interpolator::fit_on`].
    pub fn add(&mut self, recipe: &dyn Interpolator, samples: &Samples, executor: &dyn Executor) -> Result<()> {
        let beside = self.members.iter().map(AsRef::as_ref).find(|member: &&dyn Predictor| {
            member.local().is_some_and(|local| samples.has_places_of(local.places().0))
        });
        let fitted = match beside {
            Some(beside) => recipe.fit_beside(samples, executor, beside)?,
            None => recipe.fit_on(samples, executor)?,
        };
        self.push(fitted);
        Ok(())
    }

    /// Puts a predictor beside those that it shares most with.
    fn push(&mut self, member: Box<dyn Predictor>) {
        let k = self.members.len();
        self.members.push(member);
        let members = &self.members;
        let sharing = |a: usize| sharing(members[a].as_ref(), members[k].as_ref());
        match self.groups.iter_mut().find(|group| sharing(group.parts[0][0]) > Sharing::Nothing) {
            None => self.groups.push(Group { parts: vec![vec![k]] }),
            Some(group) => match group.parts.iter_mut().find(|part| sharing(part[0]) == Sharing::Weights) {
                None => group.parts.push(vec![k]),
                Some(part) => part.push(k),
            },
        }
    }

    /// How many predictors there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// One of them.
    ///
    /// # Panics
    /// A number beyond them.
    pub fn get(&self, member: usize) -> &dyn Predictor {
        self.members[member].as_ref()
    }

    /// What two of them have in common.
    ///
    /// # Panics
    /// A number beyond them.
    pub fn sharing(&self, one: usize, other: usize) -> Sharing {
        sharing(self.get(one), self.get(other))
    }

    /// Predicts every target by every predictor, each into its own of `outs`, which are reset first.
    ///
    /// The covariates of the targets are those of all predictors; of one that needs another number every target is a
    /// [`Gap::MissingCovariate`](crate::Gap::MissingCovariate).
    ///
    /// # Panics
    /// Another number of `outs` than of predictors.
    pub fn predict_into(&self, targets: &Targets<'_>, scratch: &mut Scratch, outs: &mut [Predictions]) {
        assert_eq!(outs.len(), self.len(), "predictions of each predictor");
        for group in &self.groups {
            let numbers: Vec<usize> = group.parts.concat();
            if numbers.len() < 2 || !self.predict_group(group, &numbers, targets, scratch, outs) {
                numbers.iter().for_each(|&k| self.members[k].predict_into(targets, scratch, &mut outs[k]));
            }
        }
    }

    /// Predicts members that share their neighbours; false where it is not known how.
    fn predict_group(
        &self,
        group: &Group,
        numbers: &[usize],
        targets: &Targets<'_>,
        scratch: &mut Scratch,
        outs: &mut [Predictions],
    ) -> bool {
        let (mut kriging, mut weighted) = (Vec::new(), Vec::new());
        for &k in numbers {
            match self.members[k].local().map(|local| local.0) {
                Some(Method::Kriging(member)) => kriging.push(member),
                Some(Method::Weighted(member)) => weighted.push(member),
                None => return false,
            }
        }
        // Their columns, side by side for the while.
        let mut columns: Vec<Predictions> = numbers.iter().map(|&k| std::mem::take(&mut outs[k])).collect();
        let done = if weighted.is_empty() {
            let mut first = 0;
            let part = |part: &Vec<usize>| {
                first += part.len();
                Alike { first: kriging[first - part.len()], of: (first - part.len()..first).collect() }
            };
            let alike: Vec<Alike<'_>> = group.parts.iter().map(part).collect();
            kriging::predict_together(&alike, &kriging, targets, Held::Nothing, scratch, &mut columns)
        } else {
            kriging.is_empty() && idw::predict_together(&weighted, targets, scratch, &mut columns)
        };
        numbers.iter().zip(columns).for_each(|(&k, column)| outs[k] = column);
        done
    }
}

/// What two predictors have in common.
fn sharing(one: &dyn Predictor, other: &dyn Predictor) -> Sharing {
    one.local().zip(other.local()).map_or(Sharing::Nothing, |(one, other)| one.sharing(other))
}

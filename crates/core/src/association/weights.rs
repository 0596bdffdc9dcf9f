//! Who is whose neighbour, and how much.

use crate::neighbourhood::{SampleIndex, Search, SearchScratch};
use crate::{Error, Result, Samples};

/// Spatial weights: for each sample its neighbours with a weight above 0, and perhaps itself.
///
/// A sample without a neighbour is an island. It counts among the samples, but has no local statistic.
///
/// # Examples
/// ```
/// use soilscope_core::{Samples, association::Weights};
/// let samples = Samples::new(vec![[0.0, 0.0], [1.0, 0.0], [3.0, 0.0], [9.0, 0.0]], vec![1.0, 2.0, 3.0, 4.0])?;
/// let band = Weights::band(&samples, 2.0)?;
/// assert_eq!(band.of(1).collect::<Vec<_>>(), [(0, 1.0), (2, 1.0)]);
/// assert_eq!(band.islands().collect::<Vec<_>>(), [3]);
/// let nearest = Weights::k_nearest(&samples, 2)?.row_standardised();
/// assert_eq!(nearest.of(3).collect::<Vec<_>>(), [(1, 0.5), (2, 0.5)]);
/// # Ok::<(), soilscope_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// First link of each sample, and one more for the end.
    start: Vec<usize>,
    /// Neighbours, increasing for each sample.
    links: Vec<u32>,
    weights: Vec<f64>,
}

/// Most links, 12 bytes each.
const MOST_LINKS: usize = 1 << 27;

impl Weights {
    /// Weight 1 for the `k` nearest other samples; of those at equal distance, the first in the samples' order. A is not
    /// always a neighbour of its neighbour B.
    ///
    /// # Errors
    /// A `k` of 0, or not below the number of samples.
    pub fn k_nearest(samples: &Samples, k: usize) -> Result<Self> {
        if k == 0 || k >= samples.len() {
            let requirement = "at least 1 and below the number of samples";
            return Err(Error::Parameter { name: "number of neighbours", value: k as f64, requirement });
        }
        Self::by_search(samples, &Search::new(Some(k), 1, None)?, |_, _| 1.0)
    }

    /// Weight 1 for all other samples no farther than `distance`, those at the same place too.
    ///
    /// # Units
    /// `distance` in coordinate units.
    ///
    /// # Errors
    /// A distance that is not above 0, or more than 2²⁷ links.
    pub fn band(samples: &Samples, distance: f64) -> Result<Self> {
        Self::by_search(samples, &Search::new(None, 1, Some(distance))?, |_, _| 1.0)
    }

    /// Weight d⁻ᵖ, p the `power`, for all other samples at a distance d of at most `distance`.
    ///
    /// # Units
    /// `distance` in coordinate units; weights in that unit to the power −p.
    ///
    /// # Errors
    /// A power or distance that is not above 0, two samples at one place, whose weight would be infinite, weights beyond
    /// the largest or smallest number, or more than 2²⁷ links.
    pub fn inverse_distance(samples: &Samples, power: f64, distance: f64) -> Result<Self> {
        if !(power > 0.0 && power.is_finite()) {
            return Err(Error::Parameter { name: "power of the distance", value: power, requirement: "above 0" });
        }
        samples.check_distinct_places()?;
        let coords = samples.coords();
        let weight = |i: usize, j: usize| samples.metric().distance(coords[i], coords[j]).powf(-power);
        let weights = Self::by_search(samples, &Search::new(None, 1, Some(distance))?, weight)?;
        let wrong = |i: &usize| weights.of(*i).find(|(_, w)| !(*w > 0.0 && w.is_finite()));
        if let Some((index, (_, value))) = (0..samples.len()).find_map(|i| wrong(&i).map(|link| (i, link))) {
            let requirement = "above 0 and finite: give coordinates in another unit, or a smaller power";
            return Err(Error::SampleParameter {
                index,
                what: "neighbour's inverse-distance weight",
                value,
                requirement,
            });
        }
        Ok(weights)
    }

    /// The samples that `search` finds around each, without itself.
    fn by_search(samples: &Samples, search: &Search, weight: impl Fn(usize, usize) -> f64) -> Result<Self> {
        let index = SampleIndex::of(samples);
        let (mut scratch, mut found) = (SearchScratch::default(), Vec::new());
        let mut weights = Self { start: vec![0], links: Vec::new(), weights: Vec::new() };
        for (i, &at) in samples.coords().iter().enumerate() {
            // No neighbour is what an island has; `found` is then empty.
            let _ = index.neighbours(at, search, |j| j != i, &mut scratch, &mut found);
            if weights.links.len() + found.len() > MOST_LINKS {
                // Links go both ways: about as many more as samples that are still to come.
                let share = samples.len() as f64 / (i + 1) as f64;
                let pairs = ((weights.links.len() + found.len()) as f64 * share / 2.0) as u64;
                return Err(Error::TooManyPairs { pairs, limit: MOST_LINKS as u64 / 2, what: "spatial weights" });
            }
            weights.links.extend(found.iter().map(|&j| j as u32));
            weights.weights.extend(found.iter().map(|&j| weight(i, j)));
            weights.start.push(weights.links.len());
        }
        Ok(weights)
    }

    /// The same weights, each divided by the sum of its sample's, so that every sample's neighbours count as much in all.
    #[must_use]
    pub fn row_standardised(mut self) -> Self {
        for i in 0..self.len() {
            let row = self.start[i]..self.start[i + 1];
            let sum: f64 = self.weights[row.clone()].iter().sum();
            self.weights[row].iter_mut().for_each(|w| *w /= sum);
        }
        self
    }

    /// The same weights, and this one of each sample with itself, as Gi* wants; a weight that was there is replaced. Comes
    /// before [`row_standardised`](Self::row_standardised).
    ///
    /// # Errors
    /// A weight that is not above 0.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::{Samples, association::Weights};
    /// let samples = Samples::new(vec![[0.0, 0.0], [1.0, 0.0], [3.0, 0.0]], vec![1.0, 2.0, 3.0])?;
    /// let weights = Weights::band(&samples, 1.0)?.including_self(1.0)?.row_standardised();
    /// assert_eq!(weights.of(0).collect::<Vec<_>>(), [(0, 0.5), (1, 0.5)]);
    /// # Ok::<(), soilscope_core::Error>(())
    /// ```
    pub fn including_self(&self, weight: f64) -> Result<Self> {
        if !(weight > 0.0 && weight.is_finite()) {
            return Err(Error::Parameter {
                name: "weight of a sample with itself",
                value: weight,
                requirement: "above 0",
            });
        }
        Ok(self.with_self(|_| weight))
    }

    /// The same weights, and each sample with itself as much as with the neighbour that weighs most in its row: 1 where the
    /// others weigh 1, and under inverse distances as much as the nearest, for which [`including_self`](Self::including_self)
    /// knows no one number. A sample without a neighbour stays without a weight.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::{Samples, association::Weights};
    /// let samples = Samples::new(vec![[0.0, 0.0], [1.0, 0.0], [3.0, 0.0], [9.0, 0.0]], vec![1.0, 2.0, 3.0, 4.0])?;
    /// let weights = Weights::inverse_distance(&samples, 1.0, 4.0)?.including_self_as_largest();
    /// assert_eq!(weights.of(2).collect::<Vec<_>>(), [(0, 1.0 / 3.0), (1, 0.5), (2, 0.5)]);
    /// assert_eq!(weights.of(3).count(), 0);
    /// # Ok::<(), soilscope_core::Error>(())
    /// ```
    #[must_use]
    pub fn including_self_as_largest(&self) -> Self {
        self.with_self(|row| row.iter().map(|(_, w)| *w).fold(0.0, f64::max))
    }

    /// Each sample with a weight of its own that follows from those of its neighbours; 0 for none.
    fn with_self(&self, own: impl Fn(&[(usize, f64)]) -> f64) -> Self {
        let mut with = Self { start: vec![0], links: Vec::new(), weights: Vec::new() };
        for i in 0..self.len() {
            let mut row: Vec<(usize, f64)> = self.of(i).filter(|(j, _)| *j != i).collect();
            let weight = own(&row);
            if weight > 0.0 {
                row.insert(row.partition_point(|(j, _)| *j < i), (i, weight));
            }
            with.links.extend(row.iter().map(|(j, _)| *j as u32));
            with.weights.extend(row.iter().map(|(_, w)| w));
            with.start.push(with.links.len());
        }
        with
    }

    /// Number of samples.
    #[allow(clippy::len_without_is_empty, reason = "a set of samples is never empty")]
    pub fn len(&self) -> usize {
        self.start.len() - 1
    }

    /// Neighbours of sample `i` with their weights, by increasing number; itself among them where it has a weight.
    ///
    /// # Panics
    /// A number beyond the samples.
    pub fn of(&self, i: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let row = self.start[i]..self.start[i + 1];
        self.links[row.clone()].iter().map(|&j| j as usize).zip(self.weights[row].iter().copied())
    }

    /// Weight between two samples; 0 where they are no neighbours.
    ///
    /// # Panics
    /// A number beyond the samples.
    pub fn between(&self, i: usize, j: usize) -> f64 {
        let row = self.start[i]..self.start[i + 1];
        match self.links[row.clone()].binary_search(&(j as u32)) {
            Ok(k) => self.weights[row][k],
            Err(_) => 0.0,
        }
    }

    /// How many neighbours sample `i` has, not counting itself.
    ///
    /// # Panics
    /// A number beyond the samples.
    pub fn neighbours(&self, i: usize) -> usize {
        self.of(i).filter(|(j, _)| *j != i).count()
    }

    /// Samples without a neighbour.
    pub fn islands(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.len()).filter(|&i| self.neighbours(i) == 0)
    }

    /// Refuses weights of samples with themselves, which Moran's and Geary's statistics do not know.
    pub(super) fn check_without_self(&self) -> Result<()> {
        let own = (0..self.len()).map(|i| self.between(i, i)).find(|w| *w > 0.0);
        let requirement = "0 for this statistic: leave out `including_self`, which is for Gi*";
        own.map_or(Ok(()), |value| Err(Error::Parameter { name: "weight of a sample with itself", value, requirement }))
    }

    /// Refuses weights without a link between two samples.
    pub(super) fn check_linked(&self) -> Result<()> {
        if self.islands().count() == self.len() {
            return Err(Error::NoNeighbours { samples: self.len() });
        }
        Ok(())
    }
}

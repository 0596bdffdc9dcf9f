//! Checked point data.

use std::sync::Arc;

use crate::metric::Metric;
use crate::{Coord, Error, Result};

/// Values at places, checked once: at least one sample, all numbers finite.
///
/// A sample may also carry the variance of its measurement error ([`with_error_variances`](Self::with_error_variances))
/// and covariates for the drift ([`with_covariates`](Self::with_covariates)).
///
/// # Units
/// Coordinates in CRS units (metres), easting first; values in the caller's unit; error variances in its square.
///
/// # Examples
/// ```
/// use soilscope_core::Samples;
/// let samples = Samples::new(vec![[0.0, 0.0], [3.0, 4.0]], vec![1.0, 2.0])?;
/// assert_eq!(samples.len(), 2);
/// assert_eq!(samples.bounds(), ([0.0, 0.0], [3.0, 4.0]));
/// assert!(Samples::new(vec![[0.0, f64::NAN]], vec![1.0]).is_err());
/// # Ok::<(), soilscope_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    /// Copies of the samples, and those with other values, have these in common.
    coords: Arc<Vec<Coord>>,
    values: Vec<f64>,
    /// One a sample, or empty.
    error_variances: Vec<f64>,
    /// Sample by sample, `covariate_count` each.
    covariates: Vec<f64>,
    covariate_count: usize,
    metric: Metric,
}

/// The same bits for the same place: −0 and 0 are one. For maps from places to what is there.
///
/// # Examples
/// ```
/// use soilscope_core::place_key;
/// assert_eq!(place_key([0.0, 5.0]), place_key([-0.0, 5.0]));
/// assert_ne!(place_key([0.0, 5.0]), place_key([5.0, 0.0]));
/// ```
pub fn place_key(at: Coord) -> [u64; 2] {
    at.map(|v| (v + 0.0).to_bits())
}

impl Samples {
    /// Pairs places with values.
    ///
    /// # Errors
    /// No sample, columns of different length, or a number that is not finite.
    pub fn new(coords: Vec<Coord>, values: Vec<f64>) -> Result<Self> {
        if coords.is_empty() {
            return Err(Error::TooFewSamples { found: 0, needed: 1, purpose: "a set of samples" });
        }
        if coords.len() != values.len() {
            return Err(Error::LengthMismatch {
                left_name: "coordinates",
                left: coords.len(),
                right_name: "values",
                right: values.len(),
            });
        }
        for (index, (coord, &value)) in coords.iter().zip(&values).enumerate() {
            for (what, number) in [("easting", coord[0]), ("northing", coord[1]), ("value", value)] {
                if !number.is_finite() {
                    return Err(Error::NotFinite { index, what, value: number });
                }
            }
        }
        let (error_variances, covariates) = (Vec::new(), Vec::new());
        Ok(Self {
            coords: Arc::new(coords),
            values,
            error_variances,
            covariates,
            covariate_count: 0,
            metric: Metric::Plane,
        })
    }

    /// The same samples, their coordinates read as longitude and latitude in degrees on a sphere of this radius: distances
    /// are then along great circles, in the radius's unit.
    ///
    /// # Errors
    /// A radius that is not above 0, or a latitude beyond the poles.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::{Samples, metric::EARTH_RADIUS};
    /// let samples = Samples::new(vec![[24.9, 60.2], [25.7, 62.2]], vec![1.0, 2.0])?.on_sphere(EARTH_RADIUS)?;
    /// assert!((samples.metric().distance(samples.coords()[0], samples.coords()[1]) - 226_500.0).abs() < 500.0);
    /// # Ok::<(), soilscope_core::Error>(())
    /// ```
    pub fn on_sphere(self, radius: f64) -> Result<Self> {
        if !(radius > 0.0 && radius.is_finite()) {
            return Err(Error::Parameter { name: "radius of the sphere", value: radius, requirement: "above 0" });
        }
        if let Some(index) = self.coords.iter().position(|c| c[1].abs() > 90.0) {
            let (what, value) = ("latitude", self.coords[index][1]);
            return Err(Error::SampleParameter { index, what, value, requirement: "from -90 to 90 degrees" });
        }
        Ok(Self { metric: Metric::Sphere { radius }, ..self })
    }

    /// The surface that the coordinates belong to.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// Refuses samples on a sphere, for what is computed on a plane only.
    pub(crate) fn check_plane(&self, what: &'static str) -> Result<()> {
        self.metric.check_plane(what)
    }

    /// The same samples, each measured with an error of its own variance, beside the variogram's nugget and error
    /// variance.
    ///
    /// # Errors
    /// Another number of variances than samples, or one that is negative or not finite.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::Samples;
    /// let samples = Samples::new(vec![[0.0, 0.0], [3.0, 4.0]], vec![1.0, 2.0])?.with_error_variances(vec![0.1, 0.0])?;
    /// assert_eq!(samples.error_variance(0), 0.1);
    /// # Ok::<(), soilscope_core::Error>(())
    /// ```
    pub fn with_error_variances(self, error_variances: Vec<f64>) -> Result<Self> {
        self.check_length("error variances", error_variances.len())?;
        if let Some(index) = error_variances.iter().position(|&v| !(v >= 0.0 && v.is_finite())) {
            let (what, value) = ("measurement-error variance", error_variances[index]);
            return Err(Error::SampleParameter { index, what, value, requirement: "0 or more" });
        }
        Ok(Self { error_variances, ..self })
    }

    /// The same samples with covariates for the drift, one column a covariate.
    ///
    /// # Errors
    /// A column of another length than the samples, or a number that is not finite.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::Samples;
    /// let samples = Samples::new(vec![[0.0, 0.0], [3.0, 4.0]], vec![1.0, 2.0])?;
    /// let samples = samples.with_covariates(&[vec![10.0, 20.0], vec![0.0, 1.0]])?;
    /// assert_eq!(samples.covariates(1), [20.0, 1.0]);
    /// # Ok::<(), soilscope_core::Error>(())
    /// ```
    pub fn with_covariates(self, columns: &[Vec<f64>]) -> Result<Self> {
        for column in columns {
            self.check_length("a covariate", column.len())?;
            if let Some(index) = column.iter().position(|v| !v.is_finite()) {
                return Err(Error::NotFinite { index, what: "covariate", value: column[index] });
            }
        }
        let covariates = (0..self.len()).flat_map(|i| columns.iter().map(move |column| column[i])).collect();
        Ok(Self { covariates, covariate_count: columns.len(), ..self })
    }

    fn check_length(&self, name: &'static str, length: usize) -> Result<()> {
        if length == self.len() {
            return Ok(());
        }
        Err(Error::LengthMismatch { left_name: "samples", left: self.len(), right_name: name, right: length })
    }

    /// Variances of the samples' own measurement errors, where they were given.
    pub fn error_variances(&self) -> Option<&[f64]> {
        (!self.error_variances.is_empty()).then_some(&self.error_variances[..])
    }

    /// Variance of sample `index`'s own measurement error; 0 where none were given.
    ///
    /// # Panics
    /// An index beyond the samples, where variances were given.
    #[inline]
    pub fn error_variance(&self, index: usize) -> f64 {
        if self.error_variances.is_empty() { 0.0 } else { self.error_variances[index] }
    }

    /// How many covariates each sample has.
    pub fn covariate_count(&self) -> usize {
        self.covariate_count
    }

    /// Covariates of sample `index`.
    ///
    /// # Panics
    /// An index beyond the samples, where there are covariates.
    #[inline]
    pub fn covariates(&self, index: usize) -> &[f64] {
        &self.covariates[index * self.covariate_count..(index + 1) * self.covariate_count]
    }

    /// How many samples there are; at least one.
    #[allow(clippy::len_without_is_empty, reason = "a set of samples is never empty")]
    pub fn len(&self) -> usize {
        self.coords.len()
    }

    /// Places, easting first.
    pub fn coords(&self) -> &[Coord] {
        &self.coords
    }

    /// Values, in the order of [`coords`](Self::coords).
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The same places and covariates with other values, as for an indicator or a transform. Error variances are those of
    /// the old values, and are dropped: give the new ones.
    ///
    /// # Errors
    /// As [`Samples::new`].
    pub fn with_values(&self, values: Vec<f64>) -> Result<Self> {
        if values.len() != self.len() {
            return Err(Error::LengthMismatch {
                left_name: "coordinates",
                left: self.len(),
                right_name: "values",
                right: values.len(),
            });
        }
        if let Some(index) = values.iter().position(|v| !v.is_finite()) {
            return Err(Error::NotFinite { index, what: "value", value: values[index] });
        }
        Ok(Self {
            coords: self.coords.clone(),
            values,
            error_variances: Vec::new(),
            covariates: self.covariates.clone(),
            covariate_count: self.covariate_count,
            metric: self.metric,
        })
    }

    /// The same samples, holding their places in common with others that have the same places in the same order; as they are where
    /// those have other places.
    ///
    /// Many analytes of the same samples then hold one list of places.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::Samples;
    /// let zinc = Samples::new(vec![[0.0, 0.0], [3.0, 4.0]], vec![1.0, 2.0])?;
    /// let lead = Samples::new(vec![[0.0, 0.0], [3.0, 4.0]], vec![7.0, 9.0])?.beside(&zinc);
    /// assert!(std::ptr::eq(zinc.coords(), lead.coords()));
    /// # Ok::<(), soilscope_core::Error>(())
    /// ```
    #[must_use]
    pub fn beside(mut self, other: &Self) -> Self {
        if self.has_places_of(other) {
            self.coords = other.coords.clone();
        }
        self
    }

    /// Whether both are at the same places of the same surface, in the same order.
    pub fn has_places_of(&self, other: &Self) -> bool {
        self.metric == other.metric && (Arc::ptr_eq(&self.coords, &other.coords) || self.coords == other.coords)
    }

    /// Whether samples at the same places also have the same covariates and errors, so that their systems differ in the data alone.
    pub(crate) fn has_design_of(&self, other: &Self) -> bool {
        self.covariate_count == other.covariate_count
            && self.covariates == other.covariates
            && self.error_variances == other.error_variances
    }

    /// The samples at `indices`, in that order, with what they carry.
    ///
    /// # Errors
    /// No index.
    ///
    /// # Panics
    /// An index beyond the samples.
    pub fn subset(&self, indices: &[usize]) -> Result<Self> {
        let pick = |from: &[f64]| -> Vec<f64> { indices.iter().map(|&i| from[i]).collect() };
        let part = Self::new(indices.iter().map(|&i| self.coords[i]).collect(), pick(&self.values))?;
        Ok(Self {
            error_variances: self.error_variances().map(pick).unwrap_or_default(),
            covariates: indices.iter().flat_map(|&i| self.covariates(i)).copied().collect(),
            covariate_count: self.covariate_count,
            metric: self.metric,
            ..part
        })
    }

    /// Lower-left and upper-right corner of the bounding box.
    pub fn bounds(&self) -> (Coord, Coord) {
        let mut low = self.coords[0];
        let mut high = low;
        for c in self.coords() {
            for k in 0..2 {
                low[k] = low[k].min(c[k]);
                high[k] = high[k].max(c[k]);
            }
        }
        (low, high)
    }

    /// Length of the bounding box's diagonal, in coordinate units; on a sphere the longer great circle between opposite
    /// corners of the box of latitudes and of the narrowest range of longitudes, which may hold the date line.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::{Samples, metric::EARTH_RADIUS};
    /// let samples = Samples::new(vec![[179.0, 0.0], [-179.0, 0.0]], vec![1.0, 2.0])?.on_sphere(EARTH_RADIUS)?;
    /// assert!((samples.diagonal() - EARTH_RADIUS * 2.0_f64.to_radians()).abs() < 1e-6);
    /// # Ok::<(), soilscope_core::Error>(())
    /// ```
    pub fn diagonal(&self) -> f64 {
        let (low, high) = self.bounds();
        match self.metric {
            Metric::Plane => (high[0] - low[0]).hypot(high[1] - low[1]),
            sphere => {
                // Half way round the corners are as far apart as they can be.
                let width = self.longitudes().min(180.0);
                let (west, east) = ([0.0, low[1]], [width, high[1]]);
                sphere.distance(west, east).max(sphere.distance([west[0], east[1]], [east[0], west[1]]))
            }
        }
    }

    /// Width of the narrowest range that holds all longitudes, in degrees.
    fn longitudes(&self) -> f64 {
        let mut longitudes: Vec<f64> = self.coords.iter().map(|c| c[0].rem_euclid(360.0)).collect();
        longitudes.sort_unstable_by(f64::total_cmp);
        let round = longitudes[0] + 360.0 - longitudes[longitudes.len() - 1];
        360.0 - longitudes.windows(2).map(|pair| pair[1] - pair[0]).fold(round, f64::max)
    }

    /// Arithmetic mean of the values.
    pub fn mean(&self) -> f64 {
        self.values.iter().sum::<f64>() / self.len() as f64
    }

    /// Sample variance of the values (denominator n − 1); 0 for one sample.
    pub fn variance(&self) -> f64 {
        if self.len() < 2 {
            return 0.0;
        }
        let mean = self.mean();
        self.values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (self.len() - 1) as f64
    }

    /// The first pair at exactly one place, lowest indices first, if there is one.
    pub fn first_coincident_pair(&self) -> Option<(usize, usize)> {
        self.first_coincident_pair_of((0..self.len()).collect())
    }

    fn first_coincident_pair_of(&self, mut order: Vec<usize>) -> Option<(usize, usize)> {
        // −0 and 0 are one place, but not to `total_cmp`; adding 0 makes both 0.
        let key = |i: usize| self.coords[i].map(|v| v + 0.0);
        order.sort_by(|&a, &b| {
            let (p, q) = (key(a), key(b));
            p[0].total_cmp(&q[0]).then(p[1].total_cmp(&q[1])).then(a.cmp(&b))
        });
        order.windows(2).filter(|w| self.coords[w[0]] == self.coords[w[1]]).map(|w| (w[0], w[1])).min()
    }

    /// Refuses samples that kriging without measurement error cannot use.
    ///
    /// # Errors
    /// Fewer than `needed` samples, all at one place, or two at one place. Equal values are no hindrance to kriging with a
    /// given model; where a model is to be found, [`check_variation`](Self::check_variation) refuses them.
    pub fn check_for_kriging(&self, needed: usize) -> Result<()> {
        if self.len() < needed {
            return Err(Error::TooFewSamples { found: self.len(), needed, purpose: "kriging" });
        }
        let [easting, northing] = self.coords[0];
        if self.len() > 1 && self.coords.iter().all(|&c| c == self.coords[0]) {
            return Err(Error::OnePlace { count: self.len(), easting, northing });
        }
        self.check_distinct_places()
    }

    /// Refuses samples that all have the same value: they have no variogram.
    ///
    /// # Errors
    /// [`Error::NoVariation`].
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::{Error, Samples};
    /// let flat = Samples::new(vec![[0.0, 0.0], [1.0, 0.0]], vec![7.0, 7.0])?;
    /// assert_eq!(flat.check_variation(), Err(Error::NoVariation { count: 2, value: 7.0 }));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn check_variation(&self) -> Result<()> {
        let value = self.values[0];
        if self.values.iter().all(|&v| v == value) {
            return Err(Error::NoVariation { count: self.len(), value });
        }
        Ok(())
    }

    /// Refuses two samples at exactly one place.
    ///
    /// # Errors
    /// [`Error::CoincidentSamples`] names the first such pair.
    pub fn check_distinct_places(&self) -> Result<()> {
        self.refuse_pair(self.first_coincident_pair())
    }

    /// Refuses two samples at exactly one place that both have no measurement error of their own.
    pub(crate) fn check_distinct_exact_places(&self) -> Result<()> {
        let exact = (0..self.len()).filter(|&i| self.error_variance(i) == 0.0).collect();
        self.refuse_pair(self.first_coincident_pair_of(exact))
    }

    fn refuse_pair(&self, pair: Option<(usize, usize)>) -> Result<()> {
        match pair {
            Some((first, second)) => {
                let [easting, northing] = self.coords[first];
                Err(Error::CoincidentSamples { first, second, easting, northing })
            }
            None => Ok(()),
        }
    }
}

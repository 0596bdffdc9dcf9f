//! Lag classes.

use crate::{Error, Result};

/// Classes of separation, each (lower, upper]; the first also holds pairs at no distance.
///
/// # Units
/// Coordinate units.
#[derive(Debug, Clone, PartialEq)]
pub struct LagClasses {
    upper: Vec<f64>,
}

impl LagClasses {
    /// Classes of one width up to and including `cutoff`; the last may be narrower.
    ///
    /// # Errors
    /// A cutoff or width that is not above 0, or more than 100,000 classes.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::variogram::LagClasses;
    /// let lags = LagClasses::regular(250.0, 100.0)?;
    /// assert_eq!(lags.upper(), [100.0, 200.0, 250.0]);
    /// assert_eq!(lags.class_of(100.0), Some(0));
    /// assert_eq!(lags.class_of(100.1), Some(1));
    /// assert_eq!(lags.class_of(250.1), None);
    /// # Ok::<(), soilscope_core::Error>(())
    /// ```
    pub fn regular(cutoff: f64, width: f64) -> Result<Self> {
        if !(cutoff > 0.0 && cutoff.is_finite()) {
            return Err(Error::Parameter { name: "cutoff", value: cutoff, requirement: "above 0" });
        }
        if !(width > 0.0 && cutoff / width <= 1e5) {
            let requirement = "above 0 and at least a 100,000th of the cutoff";
            return Err(Error::Parameter { name: "lag width", value: width, requirement });
        }
        // A cutoff that is a multiple of the width up to rounding must not grow a sliver class.
        let mut upper: Vec<f64> =
            (1..).map(|k| f64::from(k) * width).take_while(|&u| u < cutoff * (1.0 - 1e-9)).collect();
        upper.push(cutoff);
        Ok(Self { upper })
    }

    /// Classes with these upper bounds, from 0.
    ///
    /// # Errors
    /// No bound, or bounds that do not increase from above 0.
    pub fn with_boundaries(upper: Vec<f64>) -> Result<Self> {
        let mut previous = 0.0;
        if upper.is_empty() {
            return Err(Error::Parameter { name: "number of lag boundaries", value: 0.0, requirement: "at least 1" });
        }
        for &bound in &upper {
            if !(bound > previous && bound.is_finite()) {
                let requirement = "above the one before it, and the first above 0";
                return Err(Error::Parameter { name: "lag boundary", value: bound, requirement });
            }
            previous = bound;
        }
        Ok(Self { upper })
    }

    /// gstat's default for samples with this bounding-box diagonal: cutoff a third of it, 15 classes.
    ///
    /// # Errors
    /// A diagonal that is not above 0.
    pub fn default_for(diagonal: f64) -> Result<Self> {
        Self::regular(diagonal / 3.0, diagonal / 45.0)
    }

    /// Inclusive upper bounds, increasing.
    pub fn upper(&self) -> &[f64] {
        &self.upper
    }

    /// Largest lag.
    pub fn cutoff(&self) -> f64 {
        *self.upper.last().expect("a set of lag classes is never empty")
    }

    /// The class of a lag, `None` beyond the cutoff.
    #[inline]
    pub fn class_of(&self, lag: f64) -> Option<usize> {
        let class = self.upper.partition_point(|&u| u < lag);
        (class < self.upper.len()).then_some(class)
    }
}

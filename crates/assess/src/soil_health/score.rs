//! Scores: what was measured, as a number from 0 to 1.

use super::SoilHealthError;
use crate::quantity::{finite, held, not_negative, positive};
use crate::threshold::Standing;

/// A score, and how far its form can be trusted to be that of its authors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// From 0 to 1.
    pub value: f64,
    /// Of the form.
    pub standing: Standing,
}

/// A score of the caller's own, which nothing is known of.
impl From<f64> for Scored {
    fn from(value: f64) -> Self {
        Self { value, standing: Standing::Unverified }
    }
}

/// How an indicator is scored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Score {
    /// More is better: x over the best there is, at most 1.
    More {
        /// The most, x_max.
        best: f64,
    },
    /// Less is better: the best there is over x, at most 1.
    Less {
        /// The least, x_min.
        best: f64,
    },
    /// Best at an optimum: x over it below, it over x above.
    Optimum {
        /// The optimum.
        at: f64,
    },
    /// 1/(1 + exp(−b (x − A))).
    Sigmoid {
        /// A, which scores ½: a threshold.
        half: f64,
        /// b, per unit of x: above 0 where more is better, below 0 where less is.
        slope: f64,
    },
    /// The form of the Soil Management Assessment Framework: a/(1 + (x/x0)^b), for x of at least 0. Unverified.
    Smaf {
        /// a, the highest score.
        most: f64,
        /// x0, the mean, which scores a/2.
        mean: f64,
        /// b: −2.5 is common where more is better, 2.5 where less is.
        slope: f64,
    },
    /// exp(−(x − optimum)²/(2 s²)). Unverified.
    Gaussian {
        /// Where the score is 1.
        optimum: f64,
        /// s.
        spread: f64,
    },
    /// Of a ratio to a limit, or a hazard: 1 up to `full`, straight to ½ at `half` and to 0 at `none`. A proposal of this
    /// library, [`Score::CONTAMINATION`] by default.
    Contamination {
        /// Up to here the score is 1.
        full: f64,
        /// Here it is ½: the limit.
        half: f64,
        /// From here it is 0.
        none: f64,
    },
}

impl Score {
    /// Half the limit scores 1, the limit ½, twice the limit 0.
    pub const CONTAMINATION: Self = Self::Contamination { full: 0.5, half: 1.0, none: 2.0 };

    /// How far the form can be trusted to be that of its authors. Of the library's own proposal: not read anywhere.
    pub fn standing(&self) -> Standing {
        match self {
            Self::More { .. } | Self::Less { .. } | Self::Optimum { .. } | Self::Sigmoid { .. } => Standing::SecondHand,
            Self::Smaf { .. } | Self::Gaussian { .. } | Self::Contamination { .. } => Standing::Unverified,
        }
    }

    /// The score of `x` with the standing of its form, for an [`Indicator`](super::Indicator).
    ///
    /// # Errors
    /// As [`Score::of`].
    pub fn scored(&self, x: f64) -> Result<Scored, SoilHealthError> {
        Ok(Scored { value: self.of(x)?, standing: self.standing() })
    }

    /// The score of `x`, from 0 to 1 (SMAF: to `most`).
    ///
    /// # Errors
    /// A number outside the domain of the form.
    ///
    /// # Source
    /// Linear forms: R package SQIpro (`sqi_linear`). Sigmoid: authorea 542402. The others: see [`Score::standing`].
    ///
    /// # Examples
    /// ```
    /// use soilscope_assess::soil_health::Score;
    /// assert_eq!(Score::Optimum { at: 6.5 }.of(6.5)?, 1.0);
    /// assert_eq!(Score::Sigmoid { half: 2.0, slope: 3.0 }.of(2.0)?, 0.5);
    /// assert_eq!(Score::CONTAMINATION.of(0.75)?, 0.75);
    /// # Ok::<(), soilscope_assess::soil_health::SoilHealthError>(())
    /// ```
    pub fn of(&self, x: f64) -> Result<f64, SoilHealthError> {
        Ok(match *self {
            Self::More { best } => (not_negative("indicator", x)? / positive("best value", best)?).min(1.0),
            Self::Less { best } => (positive("best value", best)? / positive("indicator", x)?).min(1.0),
            Self::Optimum { at } => {
                let (x, at) = (positive("indicator", x)?, positive("optimum", at)?);
                (x / at).min(at / x)
            }
            Self::Sigmoid { half, slope } => {
                let distance = finite("indicator", x)? - finite("value that scores ½", half)?;
                1.0 / (1.0 + (-slope_of(slope)? * distance).exp())
            }
            Self::Smaf { most, mean, slope } => {
                let share = not_negative("indicator", x)? / positive("mean", mean)?;
                let held_most = held("highest score", most, most > 0.0 && most <= 1.0, "above 0 and at most 1")?;
                held_most / (1.0 + share.powf(slope_of(slope)?))
            }
            Self::Gaussian { optimum, spread } => {
                let distance = (finite("indicator", x)? - finite("optimum", optimum)?) / positive("spread", spread)?;
                (-0.5 * distance * distance).exp()
            }
            Self::Contamination { full, half, none } => {
                let x = not_negative("ratio to the limit", x)?;
                if !(full >= 0.0 && full < half && half < none && none.is_finite()) {
                    return Err(SoilHealthError::Points { full, half, none });
                }
                if x <= full {
                    1.0
                } else if x <= half {
                    1.0 - 0.5 * (x - full) / (half - full)
                } else {
                    (0.5 * (none - x) / (none - half)).max(0.0)
                }
            }
        })
    }
}

fn slope_of(slope: f64) -> Result<f64, SoilHealthError> {
    Ok(held("slope of the score", slope, slope.is_finite() && slope != 0.0, "a number other than 0")?)
}

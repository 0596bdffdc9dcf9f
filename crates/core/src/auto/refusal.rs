//! Why no model is chosen, and what to do.

use std::fmt;

use super::outliers::Carriers;
use super::structure_test::StructureTest;
use crate::variogram::{self, short_notation};

/// Fewest samples that a model is chosen from.
///
/// Webster & Oliver (1992, *Journal of Soil Science* 43:177) found variograms of fewer than 50 samples of little value and
/// ask for 100 and more; with 30, four or five lag classes of 30 pairs are left, which is what it takes to fit three
/// parameters at all.
pub const FEWEST_SAMPLES: usize = 30;

/// Why no model is chosen.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "code", rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Refusal {
    /// Fewer than [`FEWEST_SAMPLES`] places.
    TooFewSamples {
        /// Samples at different places.
        found: usize,
        /// How many it takes.
        needed: usize,
    },
    /// All values are equal.
    NoVariation {
        /// Samples.
        count: usize,
        /// Their value.
        value: f64,
    },
    /// Near samples are no more alike than far ones, or not so much that it helps to predict.
    NoSpatialStructure {
        /// Samples.
        samples: usize,
        /// Whether near samples are alike.
        structure: StructureTest,
        /// What the best model with structure gains in log score over the mean alone, and that difference's standard error;
        /// both 0 where every fit is all nugget, and `None` where the test ended it.
        gain: Option<[f64; 2]>,
    },
    /// One sample, or two or three, decide what the model is.
    OutlierCarriesFit {
        /// Which, and what the model is without them.
        carriers: Carriers,
        /// Whether the logarithms of the values are nearer to symmetric.
        log_would_help: bool,
    },
}

impl Refusal {
    /// A stable name, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooFewSamples { .. } => "too-few-samples",
            Self::NoVariation { .. } => "no-variation",
            Self::NoSpatialStructure { .. } => "no-spatial-structure",
            Self::OutlierCarriesFit { .. } => "outlier-carries-fit",
        }
    }

    /// What was found, in a sentence or two.
    pub fn message(&self) -> String {
        match self {
            Self::TooFewSamples { found, needed } => format!(
                "{found} samples are too few to choose a model from: it takes at least {needed}, and 100 for a variogram \
                 to rely on"
            ),
            Self::NoVariation { count, value } => {
                format!("all {count} samples have the value {value}: there is no variation to model")
            }
            Self::NoSpatialStructure { structure, gain: None, .. } => format!(
                "no spatial structure: samples near each other are no more alike than samples far apart (Moran's I of the \
                 ranks is {:.2} over the {} nearest neighbours, which chance alone reaches with a probability of {:.2})",
                structure.moran, structure.neighbours, structure.p
            ),
            Self::NoSpatialStructure { gain: Some([gain, error]), .. } if *error == 0.0 && *gain == 0.0 => {
                "no spatial structure that helps: the best fits are all nugget, so every prediction would be the mean"
                    .into()
            }
            Self::NoSpatialStructure { gain: Some([gain, error]), .. } => format!(
                "no spatial structure that helps: the best model does not surely predict held-out samples better than their \
                 mean does (log score {} by {:.3} ± {error:.3})",
                if *gain >= 0.0 { "better" } else { "worse" },
                gain.abs()
            ),
            Self::OutlierCarriesFit { carriers, .. } => {
                let (subject, verb) = match carriers.samples.len() {
                    1 => (format!("sample {} (value {})", carriers.samples[0], carriers.values[0]), "makes"),
                    _ => {
                        let pairs = carriers.samples.iter().zip(&carriers.values);
                        let list: Vec<String> = pairs.map(|(i, v)| format!("{i} (value {v})")).collect();
                        (format!("samples {}", list.join(", ")), "make")
                    }
                };
                format!(
                    "{subject} alone {verb} {:.0} % of the differences that the model would be fitted to: with it the fit is \
                     {}, without it {}; a robust fit of all is {}",
                    100.0 * carriers.share,
                    shortened(&carriers.with),
                    shortened(&carriers.without),
                    shortened(&carriers.robust)
                )
            }
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::TooFewSamples { .. } => {
                "name a whole model that is known for this soil, or a method without one such as inverse distance".into()
            }
            Self::NoVariation { .. } => "there is nothing to map; check that the right column was read".into(),
            Self::NoSpatialStructure { .. } => "a map would show the mean; sample more densely, bring a covariate, name a \
                                                model that is known for this soil, or a method without one such as inverse \
                                                distance"
                .into(),
            Self::OutlierCarriesFit { log_would_help, .. } => {
                let log = if *log_would_help { ", model the logarithm" } else { "" };
                format!(
                    "look whether the value is right and correct or leave it out{log}, or choose the model by a robust \
                     estimator"
                )
            }
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {} [{}]", self.message(), self.remedy(), self.code())
    }
}

/// Significant digits in sentences.
const DIGITS: u8 = 3;

/// A model's notation for sentences.
pub(super) fn shortened(notation: &str) -> String {
    short_notation(notation, DIGITS)
}

/// A number for sentences.
pub(super) fn short_number(number: f64) -> String {
    variogram::short_number(number, DIGITS)
}

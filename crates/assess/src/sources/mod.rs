//! Where a contamination may come from: mixtures taken apart, and how near it is to places that are known as sources.
//!
//! Three questions, three methods that know nothing of each other:
//! - [`pmf`]: which few mixtures of analytes, in which amounts, make up what was measured (positive matrix factorisation)?
//!   It knows neither places nor sources; what a factor *is*, somebody who knows the area has to say.
//! - [`proximity`]: how far is a place or a hotspot from the nearest source of an inventory, and are high values nearer to
//!   them than the field's own patchiness would bring about?
//! - [`decay`]: how much of a concentration goes with the nearness to the sources of the inventory, and how sure is that?
//!
//! None of them proves where a contaminant came from: a natural rock, an old town and a road may lie where a smelter lies.

pub mod decay;
pub mod pmf;
pub mod proximity;

use thiserror::Error;

/// What no source can be looked for in.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SourcesError {
    /// Two things that belong together differ in number.
    #[error("{found} {what} do not go with {needed}: they must pair one to one")]
    Count {
        /// What there is another number of.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there must be.
        needed: usize,
    },
    /// A number outside its domain.
    #[error("{name} is {value}, but must be {requirement}")]
    Parameter {
        /// Which number.
        name: &'static str,
        /// What was given.
        value: f64,
        /// Its domain.
        requirement: &'static str,
    },
    /// A measurement outside the domain of concentrations.
    #[error("sample {sample} has {value} of analyte {analyte}, but must have {requirement}")]
    Value {
        /// Zero-based sample.
        sample: usize,
        /// Zero-based analyte.
        analyte: usize,
        /// What was measured.
        value: f64,
        /// The domain.
        requirement: &'static str,
    },
    /// A measured 0 has no relative uncertainty, and no limit is known that would give it another.
    #[error(
        "sample {sample} has 0 of analyte {analyte}, for which a relative uncertainty is none: write it as below its limit"
    )]
    NoUncertainty {
        /// Zero-based sample.
        sample: usize,
        /// Zero-based analyte.
        analyte: usize,
    },
    /// An analyte that says nothing.
    #[error("analyte {analyte} {why}, so it tells no factors apart: leave it out")]
    Idle {
        /// Zero-based analyte.
        analyte: usize,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A sample that nothing was measured in.
    #[error("sample {sample} has no value of any analyte: leave it out")]
    Empty {
        /// Zero-based sample.
        sample: usize,
    },
    /// More factors than the data determine.
    #[error(
        "{factors} factors have as many unknowns as there are values, or more ({samples} samples of {analytes} analytes, {values} \
         values): take {}", if *.most == 0 { "more samples or analytes".to_owned() } else { format!("at most {most}") }
    )]
    TooManyFactors {
        /// Factors asked for.
        factors: usize,
        /// Samples.
        samples: usize,
        /// Analytes.
        analytes: usize,
        /// Values that are not missing.
        values: usize,
        /// Most factors with fewer unknowns than values.
        most: usize,
    },
    /// Every start ended with a factor that contributes nothing.
    #[error(
        "the data hold fewer than {factors} factors: one contributes nothing, wherever the search starts; take fewer"
    )]
    FewerFactors {
        /// Factors asked for.
        factors: usize,
    },
    /// All samples are equally far from the sources.
    #[error("all samples are {distance} from their nearest source: there is no nearness to compare")]
    OneDistance {
        /// The distance.
        distance: f64,
    },
    /// What the geostatistics refuse.
    #[error(transparent)]
    Core(#[from] soilscope_core::Error),
}

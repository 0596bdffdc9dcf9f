//! What can be wrong with samples, models and settings.

use thiserror::Error;

/// A refusal that names the numbers and the remedy.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum Error {
    /// There are too few samples for what was asked.
    #[error("{found} {} too few: {purpose} needs at least {needed}", if *.found == 1 { "sample is" } else { "samples are" })]
    TooFewSamples {
        /// Samples there are.
        found: usize,
        /// Samples it takes.
        needed: usize,
        /// What they are needed for.
        purpose: &'static str,
    },
    /// Two columns that belong together differ in length.
    #[error("{left_name} has {left} entries but {right_name} has {right}: they must pair one to one")]
    LengthMismatch {
        /// Name of the first column.
        left_name: &'static str,
        /// Its length.
        left: usize,
        /// Name of the second column.
        right_name: &'static str,
        /// Its length.
        right: usize,
    },
    /// A coordinate or value is NaN or infinite.
    #[error("sample {index} has a {what} that is not a finite number ({value})")]
    NotFinite {
        /// Zero-based sample.
        index: usize,
        /// Easting, northing, value …
        what: &'static str,
        /// The offending number.
        value: f64,
    },
    /// Something that a sample carries lies outside its domain.
    #[error("sample {index} has a {what} of {value}, but it must be {requirement}")]
    SampleParameter {
        /// Zero-based sample.
        index: usize,
        /// What it carries.
        what: &'static str,
        /// The offending number.
        value: f64,
        /// The domain.
        requirement: &'static str,
    },
    /// A parameter lies outside its domain.
    #[error("{name} is {value}, but must be {requirement}")]
    Parameter {
        /// The parameter.
        name: &'static str,
        /// What was given.
        value: f64,
        /// The domain.
        requirement: &'static str,
    },
    /// Two samples share a place, which makes a kriging system singular.
    #[error(
        "samples {first} and {second} share the place ({easting}, {northing}): \
         average them, or keep the first, before kriging"
    )]
    CoincidentSamples {
        /// Zero-based sample.
        first: usize,
        /// Zero-based sample.
        second: usize,
        /// Easting, CRS units.
        easting: f64,
        /// Northing, CRS units.
        northing: f64,
    },
    /// All samples lie at one place.
    #[error("all {count} samples lie at one place ({easting}, {northing}): there is nothing to interpolate between")]
    OnePlace {
        /// Samples.
        count: usize,
        /// Easting, CRS units.
        easting: f64,
        /// Northing, CRS units.
        northing: f64,
    },
    /// All samples have the same value.
    #[error("all {count} samples have the value {value}: there is no variation to model")]
    NoVariation {
        /// Samples.
        count: usize,
        /// Their value.
        value: f64,
    },
    /// A matrix that should be positive definite is not.
    #[error(
        "the covariance matrix of {size} samples is singular: the model ({model}) is too smooth for samples so close together; \
         add a nugget, or use a moving neighbourhood with fewer neighbours"
    )]
    SingularSystem {
        /// Samples in the system.
        size: usize,
        /// The variogram, in gstat's notation.
        model: String,
    },
    /// Something that is computed on a plane was asked for longitudes and latitudes.
    #[error("{what} on a plane only, not with great-circle distances: give the samples in a projected CRS")]
    OnSphere {
        /// What it is, with its verb, as in `blocks are defined`.
        what: &'static str,
    },
    /// Something that is computed for some settings of kriging was asked for others.
    #[error("{what} only with {requirement}")]
    KrigingSettings {
        /// What it is, with its verb, as in `fields are simulated`.
        what: &'static str,
        /// The settings it is computed for.
        requirement: &'static str,
    },
    /// The drift asks for covariates that the samples do not have.
    #[error("the drift has {needed} covariates, but the samples have {found}: give one column for each")]
    Covariates {
        /// Covariates of the drift.
        needed: usize,
        /// Covariates of the samples.
        found: usize,
    },
    /// The drift's columns cannot be told apart at the samples.
    #[error(
        "the {columns} columns of the drift are not independent at the {samples} samples (they lie on a line, a covariate \
         is constant, or two say the same): take a drift of lower degree or leave a covariate out"
    )]
    DriftSingular {
        /// Columns of the drift, the constant included.
        columns: usize,
        /// Samples in the system.
        samples: usize,
    },
    /// A value that a transform cannot take.
    #[error("sample {index} has the value {value}: the {transform} transform needs {requirement}")]
    Transform {
        /// Zero-based sample.
        index: usize,
        /// Its value.
        value: f64,
        /// The transform's name.
        transform: &'static str,
        /// Its domain.
        requirement: &'static str,
    },
    /// No lag class holds a pair.
    #[error(
        "no pair of samples lies within the cutoff of {cutoff}: the closest pair is {closest} apart; raise the cutoff"
    )]
    NoPairs {
        /// Largest lag asked for.
        cutoff: f64,
        /// Distance of the closest pair.
        closest: f64,
    },
    /// Pairs there are, but none in the directions asked for.
    #[error(
        "no pair of samples within the cutoff of {cutoff} lies in a direction asked for: raise its tolerance or the cutoff"
    )]
    NoPairsInDirections {
        /// Largest lag asked for.
        cutoff: f64,
    },
    /// There are more pairs than may be held in memory.
    #[error(
        "{pairs} pairs of samples are too many for {what}, which takes at most {limit}: lower the cutoff or distance, \
         narrow the lag classes or directions, or take fewer samples"
    )]
    TooManyPairs {
        /// Pairs there are.
        pairs: u64,
        /// Pairs there may be.
        limit: u64,
        /// What they are needed for.
        what: &'static str,
    },
    /// No sample has a neighbour.
    #[error("none of the {samples} samples has a neighbour: raise the distance, or take a number of nearest ones")]
    NoNeighbours {
        /// Samples.
        samples: usize,
    },
    /// A statistic of association cannot vary.
    #[error(
        "the statistic is the same for every arrangement of these values under these weights, so there is nothing to test: \
         take fewer neighbours or a smaller distance"
    )]
    NoContrast,
    /// A lag class has too few pairs for the estimator.
    #[error(
        "the lag class around {dist} has {pairs} pair(s), but its estimator needs at least {needed}: widen the lag classes, \
         or take another estimator"
    )]
    TooFewPairs {
        /// Pairs there are.
        pairs: u64,
        /// Their mean distance, coordinate units.
        dist: f64,
        /// Pairs it takes.
        needed: u64,
    },
    /// A number computed from the data is beyond what a floating-point number holds.
    #[error("lag class {index} has a {what} of {value}, which cannot be fitted: give the samples in a larger unit")]
    LagClassNotFinite {
        /// Zero-based class.
        index: usize,
        /// Semivariance or distance.
        what: &'static str,
        /// The offending number.
        value: f64,
    },
    /// All semivariances are 0.
    #[error(
        "the semivariance is 0 in all {classes} lag classes: values are equal wherever samples are compared, so there is \
         no variation to model; raise the cutoff, or name a whole model"
    )]
    FlatVariogram {
        /// Lag classes with pairs.
        classes: usize,
    },
    /// Measurement errors explain all differences between samples.
    #[error(
        "in {classes} lag classes the differences between samples are no larger than their measurement errors make them, so \
         nothing is left to model: check the errors, which are standard deviations of single values, or name a whole model"
    )]
    OnlyErrors {
        /// Lag classes with pairs.
        classes: usize,
    },
    /// An event that happened everywhere or nowhere tells no forecasts apart.
    #[error(
        "the event {} of the {n} held-out samples, so whether forecasts have skill cannot be told", if *happened { "happened at all" } else { "happened at none" }
    )]
    OneOutcome {
        /// Held-out samples.
        n: usize,
        /// Whether it happened at all of them.
        happened: bool,
    },
    /// No model is chosen automatically, for a reason that has a code and a remedy.
    #[error("{0}")]
    NoModel(Box<crate::auto::Refusal>),
    /// The caller's [`Executor`](crate::executor::Executor) said that the work is no longer wanted.
    #[error("cancelled")]
    Cancelled,
    /// A grid's covariances cannot be embedded in those of a torus within the limits.
    #[error(
        "the covariances of {columns} x {rows} cells cannot be embedded in a torus of at most {cells} cells{}: use sequential \
         simulation, or a coarser grid",
        if .covariance_error.is_finite() {
            format!(" (some would be wrong by up to {covariance_error:.1e} of the sill, and {allowed:.1e} is allowed)")
        } else {
            String::new()
        }
    )]
    Embedding {
        /// Columns of the grid, samples' places included.
        columns: usize,
        /// Its rows.
        rows: usize,
        /// Most cells of the torus.
        cells: usize,
        /// Smallest bound on the error that was reached, as a part of the sill; infinite where no torus was small enough.
        covariance_error: f64,
        /// Largest that is allowed.
        allowed: f64,
    },
    /// A model's text cannot be read.
    #[error("cannot read the variogram model '{text}': {reason}; write for example '0.05 Nug + 0.59 Sph(897)'")]
    Notation {
        /// What was given.
        text: String,
        /// Why it is not a model.
        reason: String,
    },
    /// A coregionalisation, or samples for it, that co-kriging cannot use.
    #[error(transparent)]
    Cokriging(#[from] crate::cokriging::CokrigingError),
    /// A variogram that is not valid with great-circle distances.
    #[error(
        "{term} cannot be used with great-circle distances: {reason}; valid are Nug, Sph, Exp, Exc with kappa up to 1, Mat \
         and Ste with kappa up to 0.5, and Pen with a range up to half the circumference; or project the samples to a plane"
    )]
    NotOnSphere {
        /// The structure, in gstat's notation.
        term: String,
        /// Why not.
        reason: &'static str,
    },
    /// A variogram without a sill, for what needs a covariance.
    #[error("the model {model} has no sill, and so no covariance, which {purpose} needs: use a model with a sill")]
    Unbounded {
        /// The variogram, in gstat's notation.
        model: String,
        /// What needs one.
        purpose: &'static str,
    },
    /// A variogram without a sill, and a known mean.
    #[error(
        "the model {model} has no sill, so there is no covariance that a known mean could be used with: use ordinary or \
         universal kriging, or a model with a sill"
    )]
    UnboundedWithKnownMean {
        /// The variogram, in gstat's notation.
        model: String,
    },
    /// A fit has more unknowns than lag classes.
    #[error("{classes} lag classes cannot determine {unknowns} parameters: use more classes or fix parameters")]
    Underdetermined {
        /// Lag classes with pairs.
        classes: usize,
        /// Free parameters.
        unknowns: usize,
    },
}

/// Result with this crate's [`Error`](enum@Error).
pub type Result<T> = std::result::Result<T, Error>;

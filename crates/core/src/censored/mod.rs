//! Values below a limit of detection or quantification: as a type, in statistics and in maps.
//!
//! A value `<5` says "somewhere below 5", and no number says the same: half the limit is a guess whose error goes into every
//! mean and variance made of it (Helsel 2012, *Statistics for Censored Environmental Data*, ch. 1).
//!
//! - *Statistics* of a column with any number of limits: [`kaplan_meier`], [`regression_on_order_statistics`] and
//!   [`maximum_likelihood`], upper confidence limits of the mean ([`upper_limit`]) and a rule to choose one ([`recommend`]).
//!   Each refuses what it should not be used for ([`Refused`]), and says what to be careful with ([`Caution`]).
//! - *Maps*: [`CensoredKriging`] draws what is below limits from what limits and neighbours say of it, and [`fit_censored`] finds
//!   variogram and trend.
//! - *Several variables together*: [`JointImputations`] draws what is below limits of all of them, and [`fit_joint`] finds the model of how
//!   they vary together.
//!
//! ```
//! use soilscope_core::censored::{LeftMass, Measurement::{BelowLimit, Quantified}, kaplan_meier};
//! // Two limits; with <5 between 3 and 6, and <2 below all.
//! let column = [BelowLimit(2.0), Quantified(3.0), BelowLimit(5.0), Quantified(6.0), Quantified(10.0)];
//! let km = kaplan_meier(&column, LeftMass::SmallestQuantified)?;
//! // Weights 1/5 for 10 and 6; of 3/5 left among three values up to 5, half of the two up to 3 is at 3 and half below.
//! assert!((km.mean - (0.2 * 10.0 + 0.2 * 6.0 + 0.6 * 3.0)).abs() < 1e-12);
//! assert_eq!(km.censoring.below, 2);
//! # Ok::<(), soilscope_core::censored::Refused>(())
//! ```

mod bootstrap;
mod censoring;
mod conditionals;
mod estimation;
mod fit_test;
mod imputations;
mod joint;
mod kaplan_meier;
mod land;
mod leave_out;
mod likelihood_climb;
mod maximum_likelihood;
mod measurement;
mod order_statistics;
mod profile;
mod recommend;
mod refused;
mod spatial;
mod special;
mod truncated;
mod upper_limit;

pub use censoring::{Caution, Censoring};
pub use estimation::{CensoredEstimate, CensoredFit, CensoredFitSettings, fit_censored};
pub use fit_test::{FitTest, probability_plot_test};
pub use imputations::{ImputationSettings, Imputations};
pub use joint::{JointFit, JointFitSettings, JointImputations, fit_joint};
pub use kaplan_meier::{KaplanMeier, LeftMass, Quantile, kaplan_meier};
pub use land::land_factor;
pub use maximum_likelihood::{Estimate, Family, MaximumLikelihood, maximum_likelihood};
pub use measurement::{Measurement, Substitution};
pub use order_statistics::{OrderStatistics, regression_on_order_statistics};
pub use recommend::{Recommendation, recommend};
pub use refused::Refused;
pub use spatial::{CensoredKriging, CensoredPredictor, limits_above};
pub use upper_limit::{UpperLimit, UpperLimitMethod, upper_limit};

//! Positive matrix factorisation: samples as sums of a few mixtures, none of them negative.
//!
//! Measured concentrations x (n samples × m analytes) are taken as x = g f + e with p factors: `f` holds what each factor
//! brings of each analyte, `g` how much of each factor is in each sample, both 0 or more, and what is left over is weighed
//! by the uncertainty s of each single value:
//!
//! Q = Σᵢⱼ ((xᵢⱼ − Σₖ gᵢₖ fₖⱼ) / sᵢⱼ)².
//!
//! Factors are scaled so that each has a mean of 1 in `g`: a row of `f` is then what the factor brings to the mean sample,
//! in the unit of each analyte, and the units of the analytes may differ. They are put in order by their mean share.
//!
//! What it does not say: how many factors there are (Q for several numbers of them is reported, and nothing is chosen),
//! what they are, and that they are the only ones. Unless samples or analytes are almost free of a factor, other factors
//! fit as well (rotational ambiguity): for any regular matrix T that keeps g T and T⁻¹ f at 0 or more, Q is the same.
//! Resampling does not show that; [`rotations`] looks how far it goes, and [`bootstrap()`] says which factors it concerns.
//!
//! # Source
//! Paatero & Tapper (1994), "Positive matrix factorization: a non-negative factor model with optimal utilization of error
//! estimates of data values", *Environmetrics* 5:111 (the model and Q); Lawson & Hanson (1974), *Solving Least Squares
//! Problems*, ch. 23 (the least squares at 0 or more, which `g` and `f` take turns in).
//!
//! # Examples
//! ```
//! use soilscope_assess::sources::pmf::{Concentrations, PmfSettings, factorise};
//! use soilscope_core::executor::Serial;
//! // Two mixtures, (10, 1, 0) and (0, 2, 20), each alone in some samples.
//! let amounts = [[1.0, 0.0], [0.0, 1.0], [2.0, 1.0], [1.0, 3.0], [0.5, 0.0], [0.0, 2.0], [3.0, 0.2], [0.5, 0.8]];
//! let rows: Vec<Vec<f64>> = amounts.iter().map(|[a, b]| vec![10.0 * a, a + 2.0 * b, 20.0 * b]).collect();
//! let errors = vec![vec![0.1; 3]; rows.len()];
//! let data = Concentrations::with_errors(&rows, &errors)?;
//! let found = factorise(&data, 2, &PmfSettings::default(), &Serial)?;
//! assert!(found.q < 1e-6);
//! assert_eq!(found.expected_q, 2.0); // 24 values less 2 × (8 + 3) unknowns
//! // One factor holds all of the first analyte and nothing of the third.
//! let first = [found.shares(0), found.shares(1)].into_iter().find(|share| share[0] > 0.5).unwrap();
//! assert!((first[0] - 1.0).abs() < 1e-3 && first[2] < 1e-3, "{first:?}");
//! # Ok::<(), soilscope_assess::sources::SourcesError>(())
//! ```

mod bootstrap;
mod data;
mod descent;
mod factorise;
mod intervals;
mod match_factors;
mod nonnegative;
mod rotation;

pub use bootstrap::{Blocks, BootstrapSettings, Range3, Uncertainty, bootstrap};
pub use data::Concentrations;
pub use factorise::{Factorisation, PmfSettings, SAME, Starts, factorise};
pub use nonnegative::MOST_FACTORS;
pub use rotation::{Rotation, rotations};

//! Limits of the law and of guidance: what "polluted" means where, for which use of the land, and how sure the number is.
//!
//! [`Table::builtin`] holds the values that ship with Soilscope, each with its act, its source and whether that was checked;
//! [`Table::parse`] reads a table of the user's own with the same columns. A [`Code`] such as `NL/intervention` or
//! `CN/screening/paddy` names a set of limits, and a [`Limit`] is what such a set says of one analyte: one number, or one
//! that depends on the soil, which [`Limit::at`] then computes.
//!
//! Nothing here decides which limit applies to a site. What the table says of itself goes with every value: see
//! [`Standing`].
//!
//! ```
//! use soilscope_assess::threshold::{Soil, Table};
//! let table = Table::builtin();
//! let limit = table.limit("NL/intervention", "Cd")?;
//! // The Dutch correction for the soil at hand: 13 × 0.575 / 0.785 mg/kg.
//! let soil = Soil { clay: Some(10.0), organic_matter: Some(5.0), ..Soil::default() };
//! assert!((limit.at(&soil)?.value - 9.5223).abs() < 5e-5);
//! # Ok::<(), soilscope_assess::threshold::ThresholdError>(())
//! ```

mod analyte;
mod basis;
mod code;
mod condition;
mod correction;
mod entry;
mod error;
mod limit;
mod names;
mod read;
mod resolve;
mod soil;
mod spelling;
mod table;
mod tally;
mod unit;

pub use analyte::{Analyte, symbol_of};
pub use basis::{Basis, Family};
pub use code::{Code, slug};
pub use condition::{Conditions, Range};
pub use correction::Correction;
pub use entry::{Entry, LandUse, SourceKind, Standing};
pub use error::{BadRow, ThresholdError};
pub use limit::{AtSoil, Limit};
pub use read::COLUMNS;
pub use soil::{Property, Soil, Texture};
pub use table::{Set, Table, TableVersion};
pub use tally::Tally;
pub use unit::LimitUnit;

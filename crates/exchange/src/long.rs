//! The canonical long table: one row per result (specification, section 3), typed, with where each row came from.
//!
//! Reading is [`crate::import::import`]; writing is [`Table::to_csv`].

mod build;
mod censoring;
mod columns;
pub(crate) mod csv_in;
mod date;
mod defaults;
mod field;
pub(crate) mod geojson;
pub(crate) mod gpkg;
pub(crate) mod local;
mod names;
pub(crate) mod number;
mod place;
mod pools;
mod report;
mod row;
mod set;
pub(crate) mod sheet;
mod side;
mod table;
pub(crate) mod tall;
mod value;
pub(crate) mod wide;
mod write;

pub use build::Options;
pub use date::SampleDate;
pub use defaults::{Defaults, Dialect, Fields};
pub use names::{Found, Measured, analyte, cas_checks, procedure};
pub use place::{Places, epsg};
pub use pools::{Pool, comparability};
pub use report::{Converted, Counted, Refusal, Report, Unresolved};
pub use row::{Censor, Row};
pub use sheet::Limits;
pub use table::Table;
pub use write::{escaped, unescaped};

pub(crate) use build::Reading;
pub(crate) use columns::fields;
pub(crate) use pools::group;
pub(crate) use side::Side;

//! The canonical long table: one row per result (specification, section 3), typed, with where each row came from.

mod date;
pub(crate) mod number;
mod place;
mod pools;
mod row;
mod table;
mod write;

pub use date::SampleDate;
pub use place::{Places, epsg};
pub use pools::Pool;
pub use row::{Censor, Row};
pub use table::Table;
pub use write::{escaped, unescaped};

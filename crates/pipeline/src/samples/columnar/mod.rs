//! GeoParquet, and plain Parquet with columns of coordinates: columns in, rows out.
//!
//! Only the columns that are asked for are read, a few thousand rows at a time. Cells come as text, as those of every other
//! format, so that the same checks say the same words: a number is the shortest decimal that reads back to it, of as many bits as
//! the column has (0.1 of 32 bits is `0.1`), which is also how it would stand in a CSV.

#[cfg(feature = "parquet")]
mod column;
#[cfg(feature = "parquet")]
mod geometry;
#[cfg(feature = "parquet")]
mod guard;
#[cfg(feature = "parquet")]
mod table;
#[cfg(feature = "parquet")]
mod wkb;

#[cfg(feature = "parquet")]
pub(super) use table::{Table, open};

#[cfg(not(feature = "parquet"))]
pub(super) use without::{Table, open};

/// Without the feature there is no such table.
#[cfg(not(feature = "parquet"))]
mod without {
    use std::path::Path;

    use super::super::input::{Input, Row, Wanted};
    use crate::{Error, Result};

    pub(in super::super) enum Table {}

    pub(in super::super) fn open(path: &Path) -> Result<Input> {
        Err(Error::Table {
            file: path.display().to_string(),
            reason: "is Parquet, which this build cannot read (feature `parquet`)".to_owned(),
            remedy: "export it as CSV".to_owned(),
        })
    }

    impl Table {
        pub(in super::super) fn has_geometry(&self) -> bool {
            match *self {}
        }

        pub(in super::super) fn rows(&self) -> usize {
            match *self {}
        }

        pub(in super::super) fn for_each(
            &self,
            _input: &Input,
            _wanted: Wanted<'_>,
            _most: usize,
            _visit: impl FnMut(Row<'_>) -> Result<()>,
        ) -> Result<()> {
            match *self {}
        }
    }
}

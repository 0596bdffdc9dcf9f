//! What several tests need.

pub(crate) mod break_privacy;
pub(crate) mod break_records;
pub(crate) mod good;
pub(crate) mod good_iso;
pub(crate) mod good_raster;
pub(crate) mod good_records;
pub(crate) mod mutation;

pub(crate) use good_records::write as records;

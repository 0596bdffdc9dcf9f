//! long.

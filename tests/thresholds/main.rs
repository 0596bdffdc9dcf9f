//! Limits of the law: the table as it ships, codes, and values that depend on the soil.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod codes;
mod conditional;
mod own;
mod table;

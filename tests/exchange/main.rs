//! Tests of soilscope-exchange: files in, files out.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod broken;
mod check_bundle;
mod check_table;
mod hostile_bundle;
mod import;
mod long;
mod mutations;
mod pack;
mod pack_maps;
mod privacy;
mod support;
mod verify;

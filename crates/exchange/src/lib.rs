//! Bundles of soil contamination maps for exchange between national soil institutions: packed, judged, verified, imported.
//!
//! The format is the exchange specification in `docs/exchange.md`; its machine tables stand in `data/exchange/` and are embedded.
//! Modules that make ([`pack`], [`privacy`], [`import`]) and the one that judges ([`check`]) share the tables of the
//! specification and nothing else: what a packer gets wrong its own reader would forgive.
//!
//! This crate knows files, coordinate systems and countries. It knows no interpolation, no threads and no command line.

pub mod check;
pub mod country;
mod error;
pub mod import;
pub mod long;
pub mod pack;
pub mod privacy;
pub mod tables;
pub mod verify;

pub use error::{BadCell, Error, Result};

/// Text of somebody else's file for a terminal or a line of a report: control characters, which could move the cursor or end the line,
/// are shown as `\u{…}`.
pub(crate) fn plain(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] }).collect()
}

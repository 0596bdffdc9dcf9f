//! The system of all samples: a large covariance matrix, factored once, and many right-hand sides.

mod covariance;
mod dissection;
mod factor;
mod kernel;
mod memory;
mod rows;
mod sums;
#[cfg(test)]
mod tests;
mod tile;

pub(super) use covariance::Covariances;
pub(super) use factor::Factor;
pub(super) use rows::Rows;
pub(super) use sums::add_products;
pub(super) use tile::{TILE, padded};

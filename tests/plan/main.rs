//! Sampling plans against brute force: kriging again, simulation, counting.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "the comparison on many fields is to be read")]

mod detection;
mod gains;
mod truth;

//! An independent judge of bundles and sample tables, by the 128 rules of the specification.

mod finding;

pub use finding::{Finding, Findings, Severity};

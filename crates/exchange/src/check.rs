//! An independent judge of bundles and sample tables, by the 128 rules of the specification.

pub mod bundle;
mod finding;
mod profile;

pub use bundle::CheckOptions;
pub use finding::{Finding, Findings, Severity};
pub use profile::Profile;

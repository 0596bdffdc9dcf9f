//! An independent judge of bundles and sample tables, by the 128 rules of the specification.

pub mod bundle;
mod finding;
pub mod json_schema;
mod judge;
mod profile;
mod report;
mod table;
mod verdict;

pub use bundle::CheckOptions;
pub use finding::{Finding, Findings, Severity};
pub use judge::judge;
pub use profile::Profile;
pub use report::QUALITY_COLUMNS;
pub use table::{
    AnalyteFacts, CertifiedValue, Extension, ExtensionAnalyte, ExtensionProcedure, Purpose, TABLE_RULES, TableFacts,
    TableJudgement, TableOptions, judge_table,
};
pub use verdict::{QualityRow, Verdict};

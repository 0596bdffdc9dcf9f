//! Why a table, a code or a limit cannot be used.

use thiserror::Error;

use super::soil::Property;

/// A row of a table that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{table}, line {line}, column '{column}': '{value}' {why}")]
pub struct BadRow {
    /// Name of the table: a file.
    pub table: String,
    /// Line, from 1.
    pub line: usize,
    /// Column.
    pub column: String,
    /// What stands there.
    pub value: String,
    /// What is wrong, and what to write.
    pub why: String,
}

/// Why a table, a code or a limit cannot be used.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ThresholdError {
    /// A row of a table.
    #[error(transparent)]
    Row(#[from] BadRow),
    /// The table as a whole.
    #[error("{table}: {why}")]
    Table {
        /// Name of the table.
        table: String,
        /// What is wrong, and what to do.
        why: String,
    },
    /// A code that fits nothing.
    #[error("there is no limit '{code}': {why}{}", suggestion(.nearest))]
    Unknown {
        /// As it was typed.
        code: String,
        /// Which part fits nothing.
        why: String,
        /// Codes that are spelt much like it.
        nearest: Vec<String>,
    },
    /// A code that fits several.
    #[error("'{code}' fits {}: {}; write more of one of them", .candidates.len(), list(.candidates))]
    Ambiguous {
        /// As it was typed.
        code: String,
        /// Full codes.
        candidates: Vec<String>,
    },
    /// A set that says nothing of an analyte.
    #[error("{code} has no limit for {analyte}; it has {}{}", list(.has), elsewhere(.others))]
    NoLimit {
        /// The set.
        code: String,
        /// The analyte.
        analyte: String,
        /// What the set has limits for.
        has: Vec<String>,
        /// Sets of the same jurisdiction and level that have one.
        others: Vec<String>,
    },
    /// A name that is no analyte of the table, or could be several.
    #[error("which substance is '{name}'? {why}")]
    Analyte {
        /// As it was asked for.
        name: String,
        /// What it could be, and how to say it.
        why: String,
    },
    /// A property of the soil that the limit depends on is not known.
    #[error(
        "{code} for {analyte} depends on the soil: {}, and {} is not known{}", .depends, .missing.words(),
        if .line == &0 { String::new() } else { format!(" (row {} of the table)", .line) }
    )]
    NeedsSoil {
        /// The set.
        code: String,
        /// The analyte.
        analyte: String,
        /// What it depends on, in the table's words.
        depends: String,
        /// What is missing.
        missing: Property,
        /// Line of the table, 0 for none in particular.
        line: usize,
    },
    /// No row of the table is for such a soil.
    #[error("{code} for {analyte} has no row for this soil ({soil}): it has {has}")]
    NoRow {
        /// The set.
        code: String,
        /// The analyte.
        analyte: String,
        /// What is known of the soil.
        soil: String,
        /// Conditions of its rows.
        has: String,
    },
}

fn list(items: &[String]) -> String {
    const MOST: usize = 30;
    let mut text = items.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
    if items.len() > MOST {
        text.push_str(&format!(" and {} more", items.len() - MOST));
    }
    text
}

fn suggestion(nearest: &[String]) -> String {
    if nearest.is_empty() { String::new() } else { format!("; did you mean {}?", nearest.join(", ")) }
}

fn elsewhere(others: &[String]) -> String {
    if others.is_empty() { String::new() } else { format!("; there is one in {}", list(others)) }
}

//! What all rules of a table share: the table, its columns, the options, and what was found so far.

use std::collections::BTreeMap;

use crate::check::{Findings, Severity};

use super::columns::{Field, Layout, Shape, Slots};
use super::number::Parsed;
use super::source::Table;
use super::{Purpose, TABLE_RULES, TableFacts, TableJudgement, TableOptions};

/// A judgement in progress.
pub(super) struct Judge<'a> {
    pub table: &'a Table,
    pub layout: &'a Layout,
    pub options: &'a TableOptions,
    findings: Findings,
    not_judged: BTreeMap<&'static str, String>,
    limits: Vec<(&'static str, String)>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(table: &'a Table, layout: &'a Layout, options: &'a TableOptions, findings: Findings) -> Self {
        Self { table, layout, options, findings, not_judged: BTreeMap::new(), limits: Vec::new() }
    }

    /// A rule does not hold.
    pub(super) fn add(&mut self, id: &str, place: String, found: &str, expected: &str) {
        self.findings.add(id, &self.table.file, place, found, expected);
    }

    /// A rule does not hold, and weighs `severity` here.
    pub(super) fn add_as(&mut self, severity: Severity, id: &str, place: String, found: &str, expected: &str) {
        self.findings.add_as(severity, id, &self.table.file, place, found, expected);
    }

    /// A rule cannot be judged.
    pub(super) fn skip(&mut self, id: &'static str, why: &str) {
        self.not_judged.entry(id).or_insert_with(|| why.to_owned());
    }

    /// Part of a rule is not looked at.
    pub(super) fn limit(&mut self, id: &'static str, what: impl Into<String>) {
        self.limits.push((id, what.into()));
    }

    /// `row 17`.
    pub(super) fn at(&self, row: usize) -> String {
        format!("{} {}", self.table.word, self.table.cells.number(row))
    }

    /// `row 17, column Cd`.
    pub(super) fn cell(&self, row: usize, column: &str) -> String {
        format!("{}, column {}", self.at(row), super::number::shown(column))
    }

    /// A field of a row.
    pub(super) fn text(&self, row: usize, field: Field) -> &'a str {
        self.layout.text(self.table, row, field)
    }

    /// A field of a result.
    pub(super) fn of(&self, row: usize, slots: &'a Slots, field: Field) -> &'a str {
        self.layout.get(self.table, row, slots, field)
    }

    /// A field of a row as a number.
    pub(super) fn number(&self, row: usize, field: Field) -> Option<Parsed> {
        self.layout.number(self.table, row, &self.layout.base, field)
    }

    /// Whether the table is one of published places without results, as it may be.
    pub(super) fn places_only(&self) -> bool {
        let wanted = self.options.purpose == Purpose::Published && !self.options.fao_export;
        // Results under names that no table knows make no table of places.
        let says_so = ["access_level", "location_blur_m"].iter().any(|n| self.table.header.iter().any(|h| h == n));
        self.layout.shape == Shape::Places && wanted && says_so
    }

    /// All that came of it.
    pub(super) fn finish(self, facts: TableFacts) -> TableJudgement {
        let found = |id: &str| self.findings.iter().any(|f| f.id == id);
        // A rule that found something was applied, whatever part of it had nothing to look at.
        let skipped = |id: &&str| self.not_judged.contains_key(*id) && !found(id);
        TableJudgement {
            judged: TABLE_RULES.into_iter().filter(|id| !skipped(id)).collect(),
            not_judged: TABLE_RULES
                .into_iter()
                .filter(skipped)
                .filter_map(|id| Some((id, self.not_judged.get(id)?.clone())))
                .collect(),
            limits: self.limits,
            facts,
            findings: self.findings,
        }
    }
}

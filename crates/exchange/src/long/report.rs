//! What was read, kept and left out, and why.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use crate::{Error, Result};

/// How many places of one kind a report lists; all are counted.
const LISTED: usize = 100;

/// One row that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The file or sheet.
    pub file: String,
    /// Its row, the header being row 1.
    pub row: u64,
    /// The column as the file names it.
    pub column: String,
    /// The cell, shortened.
    pub value: String,
    /// Why.
    pub reason: String,
    /// What to do.
    pub remedy: String,
}

/// A name that means nothing in the specification's tables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unresolved {
    /// What it should name: `analyte`, `procedure`, `land_use`.
    pub kind: String,
    /// The name as the file has it.
    pub name: String,
    /// How many results it touches.
    pub count: u64,
    /// The file or sheet where it stands first.
    pub file: String,
    /// The row where it stands first.
    pub first_row: u64,
    /// What became of these results, and what to do.
    pub why: String,
}

/// Results whose unit was changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Converted {
    /// The analyte.
    pub analyte: String,
    /// The unit as the file spells it.
    pub from: String,
    /// The analyte's default unit.
    pub to: String,
    /// What values were multiplied by.
    pub factor: f64,
    /// How many results.
    pub count: u64,
}

/// Results of one analyte.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// Results kept.
    pub results: u64,
    /// Of them censored, by the code of `censoring.csv`.
    pub censored: BTreeMap<String, u64>,
    /// Of them exactly zero (rule A012): kept, but a substitution may hide behind them.
    pub zeros: u64,
    /// Of them by comparability group; results of several groups are not pooled without a declared model.
    pub groups: BTreeMap<String, u64>,
    /// The URI another system knows the analyte by.
    pub uri: Option<String>,
}

/// What a file was read as, what was kept, what not, and why.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// What the file was recognised as.
    pub format: String,
    /// The file's name.
    pub file: String,
    /// What was taken for granted: dialect, encoding, defaults, names.
    pub notices: Vec<String>,
    /// Column → what it was read as.
    pub columns: BTreeMap<String, String>,
    /// Columns that were not read.
    pub ignored: Vec<String>,
    /// Rows of the file.
    pub rows_read: u64,
    /// Results met, a cell of a wide table being one.
    pub results: u64,
    /// Results in the table.
    pub kept: u64,
    /// Results without a value.
    pub missing: u64,
    /// Results refused.
    pub refused: u64,
    /// The first of them.
    pub refusals: Vec<Refusal>,
    /// How many for each reason.
    pub refused_why: BTreeMap<String, u64>,
    /// Results whose names have no code.
    pub without_code: u64,
    /// Names that have no code.
    pub unresolved: Vec<Unresolved>,
    /// Units that were changed.
    pub converted: Vec<Converted>,
    /// Per analyte.
    pub analytes: BTreeMap<String, Counted>,
    /// Results that repeat an earlier one's specimen, analyte, procedure and quality-control role.
    pub duplicates: u64,
    /// The first of them: file, row and what they repeat.
    pub duplicate_places: Vec<String>,
    /// Cells of a workbook that hold a formula; their values as saved were read, nothing was calculated.
    pub formulas: u64,
}

impl Report {
    /// Says something once.
    pub(crate) fn notice(&mut self, notice: impl Into<String>) {
        let notice = notice.into();
        if !self.notices.contains(&notice) {
            self.notices.push(notice);
        }
    }

    /// Counts a refusal.
    pub(crate) fn refuse(&mut self, error: &Error) {
        let Error::Cell(bad) = error else { return };
        self.refused += 1;
        *self.refused_why.entry(bad.reason.clone()).or_default() += 1;
        if self.refusals.len() < LISTED {
            self.refusals.push(Refusal {
                file: bad.path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default(),
                row: bad.row,
                column: bad.column.clone(),
                value: bad.value.clone(),
                reason: bad.reason.clone(),
                remedy: bad.remedy.clone(),
            });
        }
    }

    /// Counts results of a name that has no code.
    pub(crate) fn unresolved(&mut self, kind: &str, name: &str, file: &str, row: u64, count: u64, why: &str) {
        match self.unresolved.iter_mut().find(|u| u.kind == kind && u.name == name && u.why == why) {
            Some(known) => known.count += count,
            None => self.unresolved.push(Unresolved {
                kind: kind.to_owned(),
                name: name.to_owned(),
                count,
                file: file.to_owned(),
                first_row: row,
                why: why.to_owned(),
            }),
        }
    }

    pub(crate) fn converted(&mut self, analyte: &str, from: &str, to: &str, factor: f64) {
        match self.converted.iter_mut().find(|c| c.analyte == analyte && c.from == from && c.to == to) {
            Some(known) => known.count += 1,
            None => self.converted.push(Converted {
                analyte: analyte.to_owned(),
                from: from.to_owned(),
                to: to.to_owned(),
                factor,
                count: 1,
            }),
        }
    }

    pub(crate) fn duplicate(&mut self, place: String) {
        self.duplicates += 1;
        if self.duplicate_places.len() < LISTED {
            self.duplicate_places.push(place);
        }
    }

    /// As JSON, the same bytes for the same report.
    ///
    /// # Errors
    /// [`Error::Refused`] if a number in it is not finite, which no reading leaves.
    pub fn json(&self) -> Result<String> {
        serde_json::to_string_pretty(self)
            .map(|mut text| {
                text.push('\n');
                text
            })
            .map_err(|e| Error::refused("report", e, "report this as a fault"))
    }

    /// As text for a person.
    ///
    /// # Examples
    /// ```
    /// let report = soilscope_exchange::long::Report { file: "lab.csv".into(), kept: 3, ..Default::default() };
    /// assert!(report.text().contains("3 kept"));
    /// ```
    pub fn text(&self) -> String {
        let mut out = format!("{}: read as {}\n", self.file, self.format);
        // Writing to a String does not fail.
        let _ = writeln!(
            out,
            "rows {}; results {}: {} kept, {} without a value, {} refused, {} of names without a code",
            self.rows_read, self.results, self.kept, self.missing, self.refused, self.without_code
        );
        for notice in &self.notices {
            let _ = writeln!(out, "note: {notice}");
        }
        for (column, meaning) in &self.columns {
            let _ = writeln!(out, "column {}: {meaning}", shown(column));
        }
        if !self.ignored.is_empty() {
            let names: Vec<_> = self.ignored.iter().map(|n| shown(n)).collect();
            let _ = writeln!(out, "columns not read: {}", names.join(", "));
        }
        for u in &self.unresolved {
            let _ = writeln!(
                out,
                "no code: {} {} ({} results, first in {}, row {}): {}",
                u.kind,
                shown(&u.name),
                u.count,
                u.file,
                u.first_row,
                u.why
            );
        }
        for c in &self.converted {
            let _ =
                writeln!(out, "{}: {} results from {} to {}, × {}", c.analyte, c.count, shown(&c.from), c.to, c.factor);
        }
        for (code, c) in &self.analytes {
            let censored: Vec<String> = c.censored.iter().map(|(code, n)| format!("{n} {code}")).collect();
            let groups: Vec<String> = c.groups.iter().map(|(group, n)| format!("{group} {n}")).collect();
            let _ = write!(out, "{code}: {} results", c.results);
            if !censored.is_empty() {
                let _ = write!(out, ", censored {}", censored.join(" "));
            }
            if c.zeros > 0 {
                let _ = write!(out, ", zeros {} (kept: look for a substitution, rule A012)", c.zeros);
            }
            let _ = writeln!(out, "; groups {}", groups.join(", "));
            if c.groups.len() > 1 {
                let _ = writeln!(
                    out,
                    "{code}: methods of {} groups are not pooled without a declared model",
                    c.groups.len()
                );
            }
        }
        if self.formulas > 0 {
            let _ = writeln!(out, "formulas {}: values as saved were read, nothing was calculated", self.formulas);
        }
        if self.duplicates > 0 {
            let _ = writeln!(out, "duplicates {}: {}", self.duplicates, self.duplicate_places.join("; "));
        }
        for (reason, count) in &self.refused_why {
            let _ = writeln!(out, "refused {count}: {reason}");
        }
        for r in &self.refusals {
            let _ = writeln!(
                out,
                "  {}, row {}, column '{}': '{}': {}; {}",
                r.file,
                r.row,
                shown(&r.column),
                shown(&r.value),
                r.reason,
                r.remedy
            );
        }
        out
    }
}

/// Text of a stranger on one line of a terminal: no control characters, not too long.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 80;
    let mut out: String = text.chars().take(MOST).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(MOST).is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_strangers_write_stays_on_its_line() {
        assert_eq!(shown("a\nb\u{1b}[2J"), "a\u{fffd}b\u{fffd}[2J");
        assert_eq!(shown(&"x".repeat(100)).chars().count(), 81);
    }

    #[test]
    fn names_are_counted_once_each() {
        let mut report = Report::default();
        report.unresolved("analyte", "unobtainium", "a.csv", 2, 1, "left out");
        report.unresolved("analyte", "unobtainium", "a.csv", 3, 1, "left out");
        assert_eq!((report.unresolved.len(), report.unresolved[0].count, report.unresolved[0].first_row), (1, 2, 2));
        assert!(report.json().unwrap().contains("unobtainium"));
    }
}

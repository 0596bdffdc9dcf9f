//! What the judge found: rule, place, what was found and what was expected.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::tables;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A note: nothing is wrong.
    Info,
    /// Acceptable, but somebody should look.
    Warning,
    /// What is judged is refused.
    Error,
}

/// One rule that does not hold in one place, in the message form of the specification (section 10).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The rule, as `R008`.
    pub id: String,
    /// What it weighs under the profile in use.
    pub severity: Severity,
    /// The file, relative to the bundle, with forward slashes; for a table its name.
    pub file: String,
    /// Where in the file: a band, a row and column, a feature, an element.
    #[serde(rename = "where")]
    pub place: String,
    /// What is there.
    pub found: String,
    /// What ought to be there.
    pub expected: String,
    /// In how many places of this file; `place` is the first of them.
    pub count: u64,
}

/// Findings while they are gathered: those of one rule in one file that expect the same are counted, not listed.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    found: BTreeMap<(String, String, String), Finding>,
}

impl Findings {
    /// Nothing found.
    pub fn new() -> Self {
        Self::default()
    }

    /// `id` does not hold at `place` of `file`.
    ///
    /// # Panics
    /// If no rule of the specification has this `id`.
    pub fn add(&mut self, id: &str, file: &str, place: impl ToString, found: impl ToString, expected: impl ToString) {
        let rule = tables::rule(id).unwrap_or_else(|| panic!("the specification has no rule {id}"));
        let expected = expected.to_string();
        self.found
            .entry((id.to_owned(), file.to_owned(), expected.clone()))
            .and_modify(|f| f.count += 1)
            .or_insert_with(|| Finding {
                id: id.to_owned(),
                severity: rule.severity,
                file: file.to_owned(),
                place: place.to_string(),
                found: found.to_string(),
                expected,
                count: 1,
            });
    }

    /// As [`Findings::add`], where the rule's severity does not fit this case (a rule that blocks below one bound and warns below another).
    pub fn add_as(
        &mut self,
        severity: Severity,
        id: &str,
        file: &str,
        place: impl ToString,
        found: impl ToString,
        expected: impl ToString,
    ) {
        let expected = expected.to_string();
        self.add(id, file, place, found, expected.clone());
        if let Some(f) = self.found.get_mut(&(id.to_owned(), file.to_owned(), expected)) {
            f.severity = severity;
        }
    }

    /// All of `other` too.
    pub fn extend(&mut self, other: Findings) {
        for (key, finding) in other.found {
            self.found.entry(key).and_modify(|f| f.count += finding.count).or_insert(finding);
        }
    }

    /// The same, of files in a folder (relative, with forward slashes).
    pub(crate) fn below(self, folder: &str) -> Self {
        let place = |mut f: Finding| {
            if !folder.is_empty() {
                f.file = format!("{folder}/{}", f.file);
            }
            ((f.id.clone(), f.file.clone(), f.expected.clone()), f)
        };
        Self { found: self.found.into_values().map(place).collect() }
    }

    /// By rule, then file.
    pub fn into_vec(self) -> Vec<Finding> {
        self.found.into_values().collect()
    }

    /// By rule, then file.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.found.values()
    }
}

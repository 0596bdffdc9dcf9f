//! What the judge says in the end, and of what it could not judge.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::tables;

use super::report::clean;
use super::{Finding, Findings, Profile, Severity};

/// The judgement of one bundle or table.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// What was judged: the name of the bundle or table, without its path.
    pub subject: String,
    /// The profile in use.
    pub profile: Profile,
    /// What was found, the gravest first; weighed by the profile. Text of files is cleaned of control characters.
    pub findings: Vec<Finding>,
    /// The rules of the profile that were applied, in the order of the specification.
    pub judged: Vec<String>,
    /// The rules of the profile that were not, and why: silence is no pass.
    pub not_judged: BTreeMap<String, String>,
    /// Parts of rules that were applied which had nothing to look at, and why.
    pub limits: Vec<(String, String)>,
    /// Findings that refuse what was judged.
    pub errors: usize,
    /// Findings that somebody should look at.
    pub warnings: usize,
    /// Notes.
    pub notes: usize,
    /// Rows of the FAO QA table, one for each mapset; empty for a table of samples.
    pub quality: Vec<QualityRow>,
    /// Country of the bundle by three capitals, which names the FAO QA table; `XXX` where it has none.
    pub alpha3: String,
}

/// One row of the FAO QA table (specification, section 10).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct QualityRow {
    /// The mapset's property.
    pub property_id: String,
    /// `Values in range` or `Values not in range`.
    pub in_range: String,
    /// `Correctly named` or `Rename layer`.
    #[serde(rename = "Names")]
    pub names: String,
    /// `Generated` or `Missing`.
    #[serde(rename = "Uncertainty")]
    pub uncertainty: String,
    /// `WGS 84` or `Reproject layer`.
    pub projection: String,
    /// `250 m`, `1 km` or `Resample layer`.
    pub resolution: String,
    /// `Correct extent` or `Wrong extent`: the specification names no words for this column.
    pub extent: String,
    /// n, me, mae, rmse, r2, mec, ccc, picp90, censored_pct as the bundle states them; empty where it does not.
    #[serde(skip)]
    pub statistics: [String; 9],
    /// Errors of the mapset's rasters.
    #[serde(skip)]
    pub errors: usize,
    /// Warnings of the mapset's rasters.
    #[serde(skip)]
    pub warnings: usize,
}

impl Verdict {
    /// Weighs findings by `profile`. `not_judged` holds rules that were not applied and why; one that found something was.
    pub fn new(
        subject: impl ToString,
        profile: Profile,
        findings: Findings,
        mut not_judged: BTreeMap<String, String>,
    ) -> Self {
        let mut shown = Vec::new();
        for mut finding in findings.into_vec() {
            not_judged.remove(&finding.id);
            let Some(weight) = tables::rule(&finding.id).and_then(|r| profile.weigh(r, finding.severity)) else {
                continue;
            };
            finding.severity = weight;
            for text in [&mut finding.file, &mut finding.place, &mut finding.found, &mut finding.expected] {
                *text = clean(text);
            }
            shown.push(finding);
        }
        shown.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.cmp(b)));
        let applies = |id: &str| tables::rule(id).is_some_and(|r| profile.applies(r));
        not_judged.retain(|id, _| applies(id));
        let judged = tables::rules()
            .iter()
            .filter(|r| profile.applies(r) && !not_judged.contains_key(&r.id))
            .map(|r| r.id.clone())
            .collect();
        let count = |weight| shown.iter().filter(|f| f.severity == weight).count();
        Self {
            subject: clean(&subject.to_string()),
            profile,
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            notes: count(Severity::Info),
            findings: shown,
            judged,
            not_judged: not_judged.into_iter().map(|(id, why)| (id, clean(&why))).collect(),
            limits: Vec::new(),
            quality: Vec::new(),
            alpha3: "XXX".to_owned(),
        }
    }

    /// Sets what was judged in part, of the rules that were applied.
    pub(super) fn limit(&mut self, limits: impl IntoIterator<Item = (String, String)>) {
        self.limits = limits.into_iter().filter(|(id, _)| self.judged.contains(id)).collect();
    }

    /// Whether nothing refuses what was judged. Rules that could not be judged do not count; see [`Verdict::not_judged`].
    pub fn passed(&self) -> bool {
        self.errors == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_found_something_was_judged_and_what_lies_outside_the_profile_is_not_shown() {
        let mut findings = Findings::new();
        findings.add("T001", "a.json", "", "x", "y");
        findings.add("R008", "a.tif", "band 1", "none", "-9999");
        let skipped = [("R008", "no raster"), ("R006", "no template"), ("T003", "no item")];
        let skipped: BTreeMap<_, _> = skipped.map(|(id, why)| (id.to_owned(), why.to_owned())).into();
        let all = Verdict::new("b", Profile::Insii, findings.clone(), skipped.clone());
        assert_eq!((all.errors, all.warnings, all.passed()), (1, 1, false));
        assert_eq!(all.findings[0].id, "R008");
        assert!(all.judged.contains(&"R008".to_owned()) && !all.judged.contains(&"R006".to_owned()));
        assert_eq!(all.judged.len() + all.not_judged.len(), 128);
        let least = Verdict::new("b", Profile::Minimal, findings, skipped);
        assert_eq!(least.findings.len(), 1);
        assert_eq!(least.judged.len() + least.not_judged.len(), 35);
        assert!(!least.not_judged.contains_key("T003"));
    }

    #[test]
    fn text_of_files_cannot_speak_to_the_terminal() {
        let mut findings = Findings::new();
        findings.add("B002", "a\u{1b}[2Jb", "\u{202e}txt", "line\nline", "x");
        let verdict = Verdict::new("n\u{7}", Profile::All, findings, BTreeMap::new());
        for text in [&verdict.subject, &verdict.text(), &verdict.json()] {
            assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{text:?}");
        }
        assert!(verdict.findings[0].file.contains("\\u{1b}"));
    }
}

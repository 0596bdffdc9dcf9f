//! A verdict as text, as JSON, and as the table of FAO's quality script.

use serde_json::json;

use super::{Finding, Severity, Verdict};

/// Longest text of a file that is repeated, in characters.
const LONGEST: usize = 160;

/// Groups of rules by their letter, in the order of the specification.
const GROUPS: [(char, &str); 10] = [
    ('S', "samples"),
    ('A', "analytes"),
    ('P', "privacy"),
    ('R', "rasters"),
    ('N', "names"),
    ('V', "vectors"),
    ('M', "metadata"),
    ('T', "STAC"),
    ('B', "bundle"),
    ('Q', "quality"),
];

/// Columns of `QA_QC_{ISO3}.csv`: FAO's first, ours after (specification, section 10).
pub const QUALITY_COLUMNS: [&str; 18] = [
    "property_id",
    "in_range",
    "Names",
    "Uncertainty",
    "projection",
    "resolution",
    "extent",
    "n",
    "me",
    "mae",
    "rmse",
    "r2",
    "mec",
    "ccc",
    "picp90",
    "censored_pct",
    "errors",
    "warnings",
];

/// `text` on one line, shortened, without what a terminal or a reader's eye would obey: control characters and marks that
/// turn or hide text are written as `\u{…}`.
pub(crate) fn clean(text: &str) -> String {
    let mut out = String::new();
    for (i, c) in text.chars().enumerate() {
        if i >= LONGEST {
            out.push('…');
            break;
        }
        match c {
            '\n' | '\t' => out.push(' '),
            c if c.is_control() || hides(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// Marks that order or join text unseen: of direction, of no width, line separators, tags, and private ones.
fn hides(c: char) -> bool {
    matches!(u32::from(c),
        0xad | 0x61c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff | 0xfff9..=0xfffb
        | 0xe000..=0xf8ff | 0xe0000..=0xe007f | 0xf0000..=0x10ffff)
}

/// A cell that a spreadsheet takes as text: one that would begin a formula gets an apostrophe, unless it is a number.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err();
    if formula { format!("'{text}") } else { text.to_owned() }
}

impl Verdict {
    /// For a reader: a line for each finding, by group; then what was not judged, and a sentence.
    pub fn text(&self) -> String {
        let mut out = format!("{}: judged by profile {}\n", self.subject, self.profile);
        for (letter, name) in GROUPS {
            let of: Vec<_> = self.findings.iter().filter(|f| f.id.starts_with(letter)).collect();
            if !of.is_empty() {
                out.push_str(&format!("\n{name}\n"));
                of.iter().for_each(|f| out.push_str(&line(f)));
            }
        }
        if !self.not_judged.is_empty() {
            out.push_str("\nnot judged\n");
            let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
            for (id, why) in &self.not_judged {
                match reasons.iter_mut().find(|(known, _)| known == why) {
                    Some((_, ids)) => ids.push(id),
                    None => reasons.push((why, vec![id])),
                }
            }
            for (why, ids) in reasons {
                out.push_str(&format!("  {}: {why}\n", spans(&ids)));
            }
        }
        if !self.limits.is_empty() {
            out.push_str("\njudged in part\n");
            self.limits.iter().for_each(|(id, why)| out.push_str(&format!("  {id}: {}\n", clean(why))));
        }
        out.push_str(&format!("\n{}\n", self.sentence()));
        out
    }

    /// The judgement in a sentence.
    pub fn sentence(&self) -> String {
        let rules = |n: usize| if n == 1 { "1 rule".to_owned() } else { format!("{n} rules") };
        let result = match (self.passed(), self.warnings) {
            (true, 0) => "PASSED".to_owned(),
            (true, n) => format!("PASSED with {}", plural(n, "warning")),
            (false, 0) => format!("FAILED with {}", plural(self.errors, "error")),
            (false, n) => format!("FAILED with {} and {}", plural(self.errors, "error"), plural(n, "warning")),
        };
        let not = match self.not_judged.len() {
            0 => "none was left out".to_owned(),
            n => format!("{} could not be judged, which is no pass", rules(n)),
        };
        format!("{result}: {} of profile {} applied, {not}.", rules(self.judged.len()), self.profile)
    }

    /// For a program: findings in the message form of the specification, what was judged, and what was not.
    pub fn json(&self) -> String {
        let not_judged: Vec<_> = self.not_judged.iter().map(|(id, why)| json!({"id": id, "why": why})).collect();
        let in_part: Vec<_> = self.limits.iter().map(|(id, why)| json!({"id": id, "why": clean(why)})).collect();
        let value = json!({
            "subject": self.subject,
            "profile": self.profile.name(),
            "passed": self.passed(),
            "errors": self.errors,
            "warnings": self.warnings,
            "notes": self.notes,
            "findings": self.findings,
            "judged": self.judged,
            "not_judged": not_judged,
            "judged_in_part": in_part,
        });
        let mut text = serde_json::to_string_pretty(&value).expect("a value of text and numbers is JSON");
        text.push('\n');
        text
    }

    /// The table of FAO's quality script for this bundle (`QA_QC_{ISO3}.csv`, see [`Verdict::fao_csv_name`]): the judge's own
    /// status words and counts; statistics of validation as the bundle states them.
    pub fn fao_csv(&self) -> String {
        let mut out = QUALITY_COLUMNS.join(",");
        out.push('\n');
        let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        for row in &self.quality {
            let words = [
                &row.property_id,
                &row.in_range,
                &row.names,
                &row.uncertainty,
                &row.projection,
                &row.resolution,
                &row.extent,
            ];
            let counts = [row.errors.to_string(), row.warnings.to_string()];
            let cells = words.into_iter().chain(&row.statistics).chain(&counts).map(|c| cell(&clean(c)));
            writer.write_record(cells).expect("memory takes a row of eighteen cells");
        }
        let rows = writer.into_inner().expect("memory takes what is written to it");
        out.push_str(&String::from_utf8(rows).expect("cells are text"));
        out
    }

    /// File name of [`Verdict::fao_csv`].
    pub fn fao_csv_name(&self) -> String {
        format!("QA_QC_{}.csv", self.alpha3)
    }
}

fn plural(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

fn line(f: &Finding) -> String {
    let weight = match f.severity {
        Severity::Error => "error  ",
        Severity::Warning => "warning",
        Severity::Info => "note   ",
    };
    let place = match (f.file.as_str(), f.place.as_str()) {
        ("", place) => place.to_owned(),
        (file, "") => file.to_owned(),
        (file, place) => format!("{file}, {place}"),
    };
    let more = if f.count > 1 { format!(" ({} places)", f.count) } else { String::new() };
    format!("  {weight} {} {place}: {}; expected {}{more}\n", f.id, f.found, f.expected)
}

/// `S001`, `S002`, `S003`, `A001` as `S001-S003, A001`.
fn spans(ids: &[&str]) -> String {
    let follows =
        |a: &str, b: &str| a[..1] == b[..1] && a[1..].parse::<u32>().ok().map(|n| n + 1) == b[1..].parse::<u32>().ok();
    let mut spans: Vec<(&str, &str)> = Vec::new();
    for id in ids {
        match spans.last_mut() {
            Some((_, last)) if follows(last, id) => *last = id,
            _ => spans.push((id, id)),
        }
    }
    let shown: Vec<_> = spans.iter().map(|(a, b)| if a == b { (*a).to_owned() } else { format!("{a}-{b}") }).collect();
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::check::verdict::QualityRow;
    use crate::check::{Findings, Profile};

    #[test]
    fn text_is_grouped_and_ends_with_a_sentence() {
        let mut findings = Findings::new();
        findings.add("R008", "rasters/gsp/a.tif", "band 1", "none", "-9999");
        findings.add("B002", "a b", "", "a space", "no space");
        findings.add("B002", "a b", "", "a space", "no space");
        let skipped = [("A001", "no table"), ("A002", "no table"), ("S001", "no table"), ("R006", "no template")];
        let skipped = skipped.map(|(id, why)| (id.to_owned(), why.to_owned())).into();
        let text = Verdict::new("LUX", Profile::Insii, findings, skipped).text();
        let expected = "LUX: judged by profile insii\n\nrasters\n  error   R008 rasters/gsp/a.tif, band 1: none; expected -9999\n\n\
            bundle\n  error   B002 a b: a space; expected no space (2 places)\n\nnot judged\n  A001-A002, S001: no table\n  \
            R006: no template\n\nFAILED with 2 errors: 124 rules of profile insii applied, 4 rules could not be judged, \
            which is no pass.\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn json_has_the_message_form_of_the_specification() {
        let mut findings = Findings::new();
        findings.add("R008", "rasters/gsp/a.tif", "band 1", "none", "-9999");
        let json = Verdict::new("LUX", Profile::All, findings, BTreeMap::new()).json();
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        let form = json!({"id": "R008", "severity": "error", "file": "rasters/gsp/a.tif", "where": "band 1", "found": "none",
            "expected": "-9999", "count": 1});
        assert_eq!(value["findings"][0], form);
        assert_eq!(value["passed"], false);
    }

    #[test]
    fn a_cell_of_the_quality_table_is_no_formula() {
        let mut verdict = Verdict::new("LUX", Profile::All, Findings::new(), BTreeMap::new());
        let mut row = QualityRow { property_id: "=HYPERLINK(\"x\")".to_owned(), ..QualityRow::default() };
        row.statistics[1] = "-0.5".to_owned();
        verdict.quality = vec![row];
        let csv = verdict.fao_csv();
        assert_eq!(csv.lines().next().unwrap(), QUALITY_COLUMNS.join(","));
        assert_eq!(csv.lines().nth(1).unwrap(), "\"'=HYPERLINK(\"\"x\"\")\",,,,,,,,-0.5,,,,,,,,0,0");
    }
}

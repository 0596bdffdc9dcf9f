//! Judging a sample file: what there is, what is doubtful, what stands in the way of a map.

mod places;
mod values;

use super::duplicates;
use super::prepare::{Preparation, Working};
use super::report::{AnalyteReport, CheckReport, DuplicateReport, Extent, Finding, Severity};
use super::table::{Problems, Reading, SampleTable};
use crate::crs::Crs;
use soilscope_core::Coord;

/// Rows that a finding lists.
const LISTED: usize = 50;

/// Findings as they are made.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(
        &mut self,
        severity: Severity,
        code: &'static str,
        analyte: Option<&str>,
        message: impl Into<String>,
        rows: &[usize],
    ) {
        self.0.push(Finding {
            severity,
            code,
            analyte: analyte.map(str::to_owned),
            message: message.into(),
            rows: rows.iter().copied().take(LISTED).collect(),
            count: rows.len(),
        });
    }

    /// A finding about cells of which only the first are kept.
    fn add_problems(&mut self, code: &'static str, analyte: Option<&str>, problems: &Problems) {
        let Some(first) = problems.list.first() else { return };
        let mut reasons: Vec<String> = Vec::new();
        for bad in &problems.list {
            let value = if bad.value.is_empty() { String::new() } else { format!("'{}' ", bad.value) };
            let text = format!("{value}{}", bad.reason);
            if reasons.len() < 5 && !reasons.contains(&text) {
                reasons.push(text);
            }
        }
        let rows: Vec<usize> = problems.list.iter().map(|bad| bad.row).collect();
        self.add(Severity::Error, code, analyte, format!("{}; {}", reasons.join("; "), first.remedy), &rows);
        self.count_last(problems.count);
    }

    /// How many rows there are of what was added last, where not all are known by number.
    fn count_last(&mut self, count: usize) {
        if let Some(finding) = self.0.last_mut() {
            finding.count = count;
        }
    }
}

impl SampleTable {
    /// Judges the file. Nothing is refused here: what stands in the way of a map is a finding of severity error.
    ///
    /// Statistics of values take `how.nondetect` for those below their limit; distances are measured in `how.working_crs`
    /// or the CRS that [`prepare`](Self::prepare) would choose.
    pub fn judge(&self, how: &Preparation) -> CheckReport {
        let mut findings = Findings::default();
        let analytes: Vec<AnalyteReport> =
            self.analytes.iter().map(|a| values::judge(self, a, how, &mut findings)).collect();
        values::judge_together(&analytes, &mut findings);
        let working = match (&self.crs, self.working(0..self.coords.len(), how)) {
            (_, _) if self.coords.is_empty() => None,
            (Some(_), Ok(working)) => Some(working),
            (Some(_), Err(error)) => {
                findings.add(Severity::Error, "crs-unfit", None, error.to_string(), &[]);
                None
            }
            (None, result) => {
                if let Err(error) = result {
                    findings.add(Severity::Error, "crs-missing", None, error.to_string(), &[]);
                }
                Some(Working {
                    crs: Crs::local(),
                    reason: "no CRS is stated, so coordinates are taken as a plane".to_owned(),
                    places: self.coords.clone(),
                    notes: Vec::new(),
                })
            }
        };
        let duplicates = self.judge_duplicates(&mut findings);
        places::judge(self, &mut findings);
        let mut neighbours = None;
        let mut distinct_count = 0;
        if let Some(working) = &working {
            (distinct_count, neighbours) = places::judge_neighbours(self, &working.places, &mut findings);
            if distinct_count < 2 {
                findings.add(
                    Severity::Error,
                    "one-place",
                    None,
                    "all rows lie at one place, so there is nothing to interpolate between; check the coordinate columns",
                    &[],
                );
            }
        }
        findings.drop_consequences();
        for note in self.notes.iter().chain(working.iter().flat_map(|w| &w.notes)) {
            findings.add(Severity::Note, "note", None, note.clone(), &[]);
        }
        if self.empty_rows > 0 {
            let message = format!("rows with neither place nor value, left out: {}", self.empty_rows);
            findings.add(Severity::Note, "empty-rows", None, message, &[]);
        }
        findings.0.sort_by_key(|f| std::cmp::Reverse(f.severity));
        CheckReport {
            source: self.source.clone(),
            extent: self.crs.as_ref().map_or_else(
                || extent(&self.coords, None, "coordinate units".to_owned()),
                |crs| extent(&self.coords, Some(crs.title()), unit_plural(crs)),
            ),
            working_reason: working.as_ref().map(|w| w.reason.clone()),
            working: working.as_ref().and_then(|w| {
                let title = self.crs.is_some().then(|| w.crs.title());
                extent(&w.places, title, unit_plural(&w.crs))
            }),
            places: distinct_count,
            misplaced: self.places.count,
            duplicates,
            neighbours,
            nondetect: how.nondetect,
            analytes,
            findings: findings.0,
        }
    }

    fn judge_duplicates(&self, findings: &mut Findings) -> DuplicateReport {
        let groups = duplicates::groups(&self.coords);
        let mut is_duplicate = vec![false; self.coords.len()];
        let places = groups.len();
        let place_of = groups.group_of_each();
        let mut shared = vec![false; places];
        let mut differs = vec![false; places];
        // Where every row has a place of its own there is nothing to compare.
        let compared = if places < self.coords.len() { &self.analytes[..] } else { &[] };
        for analyte in compared {
            let mut first: Vec<Option<(usize, Reading)>> = vec![None; places];
            for (&record, &reading) in analyte.rows.iter().zip(&analyte.readings) {
                if reading == Reading::Missing {
                    continue;
                }
                let record = record as usize;
                let place = place_of[record];
                match first[place] {
                    None => first[place] = Some((record, reading)),
                    Some((earlier, other)) => {
                        shared[place] = true;
                        differs[place] |= other != reading;
                        is_duplicate[earlier] = true;
                        is_duplicate[record] = true;
                    }
                }
            }
        }
        let count = |flags: &[bool]| flags.iter().filter(|&&f| f).count();
        let rows_where = |wanted: &dyn Fn(usize) -> bool| -> Vec<usize> {
            (0..self.coords.len()).filter(|&r| is_duplicate[r] && wanted(place_of[r])).map(|r| self.lines[r]).collect()
        };
        let report = DuplicateReport { places: count(&shared), rows: count(&is_duplicate), differing: count(&differs) };
        if report.differing > 0 {
            let rows = rows_where(&|place| differs[place]);
            let message = format!(
                "rows with different values at one place: {} at {} places. Several depths or campaigns? A map takes their mean unless told otherwise \
                 (--duplicates); take one depth and one campaign at a time",
                rows.len(),
                report.differing
            );
            findings.add(Severity::Warning, "duplicates-differ", None, message, &rows);
        }
        if report.places > report.differing {
            let rows = rows_where(&|place| !differs[place]);
            let message = format!(
                "rows that repeat the same values at one place: {} at {} places; a map counts them once",
                rows.len(),
                report.places - report.differing
            );
            findings.add(Severity::Note, "duplicates", None, message, &rows);
        }
        report
    }
}

fn unit_plural(crs: &Crs) -> String {
    if crs.is_geographic() {
        "degrees".to_owned()
    } else if crs.is_local() {
        "coordinate units".to_owned()
    } else if crs.is_metric() {
        "m".to_owned()
    } else {
        crs.unit_name().to_owned()
    }
}

fn extent(places: &[Coord], crs: Option<String>, unit: String) -> Option<Extent> {
    let first = places.first()?;
    let bounds = places.iter().fold([first[0], first[1], first[0], first[1]], |b, p| {
        [b[0].min(p[0]), b[1].min(p[1]), b[2].max(p[0]), b[3].max(p[1])]
    });
    Some(Extent { crs, bounds, unit })
}

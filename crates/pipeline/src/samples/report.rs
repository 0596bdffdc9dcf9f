//! What a check found, for a program and for a person.

use std::fmt;

use serde::Serialize;
use soilscope_core::censored::Substitution;

use super::prepare::stands_for;
use super::source::Source;
use super::statistics::Summary;
use super::table::UnitSource;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Note,
    /// Look at it before trusting a map.
    Warning,
    /// No map can be made before it is mended.
    Error,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// A word for programs, as `duplicates-differ`; it does not change.
    pub code: &'static str,
    /// The analyte it is about.
    pub analyte: Option<String>,
    /// What was found, and what to do.
    pub message: String,
    /// Lines or features, the first 50.
    pub rows: Vec<usize>,
    /// How many rows there are.
    pub count: usize,
}

/// How often a limit of detection occurs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LimitCount {
    /// The limit, in the analyte's unit.
    pub limit: f64,
    /// Values below it.
    pub count: usize,
}

/// A value far from the others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Outlier {
    /// Line or feature.
    pub row: usize,
    /// The value, in the analyte's unit.
    pub value: f64,
    /// Robust standard deviations from the median; on the logarithm where all values are positive.
    pub robust_z: f64,
}

/// What there is of one analyte.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct AnalyteReport {
    /// Its name in the file.
    pub name: String,
    /// Its unit.
    pub unit: Option<String>,
    /// Where the unit is known from.
    pub unit_source: UnitSource,
    /// Readings.
    pub rows: usize,
    /// Readings with a value.
    pub quantified: usize,
    /// Readings without one.
    pub missing: usize,
    /// Readings below a stated limit.
    pub below_limit: usize,
    /// The limits, lowest first.
    pub limits: Vec<LimitCount>,
    /// Readings below a limit that is not stated.
    pub not_detected: usize,
    /// Cells that cannot be understood.
    pub unreadable: usize,
    /// Of the values, with `nondetect` in place of those below their limit.
    pub values: Option<Summary>,
    /// Whether outliers are sought on the logarithm.
    pub logarithmic: bool,
    /// How many quantified values have |robust z| > 3.5.
    pub outlier_count: usize,
    /// The farthest ten, if they are at most one in twenty: more are no outliers but the shape of the values.
    pub outliers: Vec<Outlier>,
}

/// Rows that share a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DuplicateReport {
    /// Places with more than one row.
    pub places: usize,
    /// Rows at these places.
    pub rows: usize,
    /// Places where an analyte has different readings.
    pub differing: usize,
}

/// A bounding box.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Extent {
    /// The CRS, where it is known.
    pub crs: Option<String>,
    /// Lowest easting or longitude, lowest northing or latitude, highest of either.
    pub bounds: [f64; 4],
    /// The unit of the coordinates.
    pub unit: String,
}

/// Distances from each place to the nearest other, in the unit of the working CRS.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct NeighbourDistances {
    /// Smallest.
    pub min: f64,
    /// Median.
    pub median: f64,
    /// Largest.
    pub max: f64,
}

/// The judgement of a sample file.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CheckReport {
    /// What was read.
    pub source: Source,
    /// The CRS of the file and its coordinates' extent.
    pub extent: Option<Extent>,
    /// The CRS in which distances are measured, the extent there, and why that CRS.
    pub working: Option<Extent>,
    /// Why the working CRS.
    pub working_reason: Option<String>,
    /// Distinct places.
    pub places: usize,
    /// Rows whose place cannot be used.
    pub misplaced: usize,
    /// Rows that share a place.
    pub duplicates: DuplicateReport,
    /// Distances between neighbours.
    pub neighbours: Option<NeighbourDistances>,
    /// What stands for values below their limit in the statistics.
    pub nondetect: Substitution,
    /// The analytes.
    pub analytes: Vec<AnalyteReport>,
    /// What was found, what matters most first.
    pub findings: Vec<Finding>,
}

impl CheckReport {
    /// Findings of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|f| f.severity == severity).count()
    }

    /// Whether a map can be made of the file as it is.
    pub fn is_usable(&self) -> bool {
        self.count(Severity::Error) == 0
    }

    /// The report as a person reads it on a terminal.
    pub fn to_text(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for CheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.source.path)?;
        writeln!(f, "  {}", self.source.describe())?;
        if let (Some(x), Some(y)) = (&self.source.x, &self.source.y) {
            writeln!(f, "  coordinates   {x}, {y}")?;
        }
        if let Some(extent) = &self.extent {
            writeln!(f, "  CRS           {}", extent.crs.as_deref().unwrap_or("not stated"))?;
            writeln!(f, "  extent        {}", bounds_text(extent))?;
        }
        if let Some(working) = self.working.as_ref().filter(|w| self.extent.as_ref() != Some(*w)) {
            writeln!(f, "  distances in  {}", working.crs.as_deref().unwrap_or_default())?;
            if let Some(reason) = &self.working_reason {
                writeln!(f, "                {reason}")?;
            }
            writeln!(f, "  extent there  {}", bounds_text(working))?;
        }
        write!(f, "  places        {}", self.places)?;
        if self.duplicates.places > 0 {
            write!(f, "; {} rows share {} of them", self.duplicates.rows, self.duplicates.places)?;
        }
        writeln!(f)?;
        if let (Some(n), Some(working)) = (&self.neighbours, &self.working) {
            let [min, median, max] = [n.min, n.median, n.max].map(short);
            writeln!(f, "  neighbours    nearest {min}, median {median}, farthest {max} {} apart", working.unit)?;
        }
        write_table(f, &self.analytes)?;
        if self.analytes.iter().any(|a| a.below_limit > 0) {
            match self.nondetect {
                Substitution::Censored => writeln!(
                    f,
                    "  values below their limit are left out of these numbers, which are too high; Kaplan-Meier's mean counts them"
                )?,
                other => writeln!(f, "  in these numbers, of values below their limit: {}", stands_for(other))?,
            }
        }
        for analyte in self.analytes.iter().filter(|a| !a.limits.is_empty()) {
            let shown: Vec<String> =
                analyte.limits.iter().take(8).map(|l| format!("<{} × {}", short(l.limit), l.count)).collect();
            let more = if analyte.limits.len() > 8 { " …" } else { "" };
            writeln!(f, "  limits of {}: {}{more}", analyte.name, shown.join(", "))?;
        }
        if self.findings.is_empty() {
            return writeln!(f, "\nnothing to remark");
        }
        writeln!(f)?;
        for finding in &self.findings {
            let label = match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "note",
            };
            let about = finding.analyte.as_ref().map_or_else(String::new, |a| format!("{a}: "));
            writeln!(f, "{label:<8} {about}{}", finding.message)?;
            if !finding.rows.is_empty() {
                let shown: Vec<String> = finding.rows.iter().take(10).map(ToString::to_string).collect();
                let more = finding.count.saturating_sub(shown.len());
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                let word = self.source.row_word();
                let s = if finding.count == 1 { "" } else { "s" };
                writeln!(f, "         {word}{s} {}{more}", shown.join(", "))?;
            }
        }
        let (errors, warnings) = (self.count(Severity::Error), self.count(Severity::Warning));
        writeln!(f, "\n{errors} error{}, {warnings} warning{}", plural(errors), plural(warnings))
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

fn bounds_text(extent: &Extent) -> String {
    let digits = if extent.unit.starts_with("degree") { 5 } else { 1 };
    let [west, south, east, north] = extent.bounds.map(|b| format!("{b:.digits$}"));
    format!("{west} to {east}, {south} to {north} {}", extent.unit)
}

/// Four significant digits.
pub(super) fn short(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    let digits = 3 - value.abs().log10().floor() as i32;
    if (-12..=12).contains(&digits) {
        let text = format!("{value:.*}", digits.max(0) as usize);
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    } else {
        format!("{value:.3e}")
    }
}

/// Analytes as rows, columns aligned to the right.
fn write_table(f: &mut fmt::Formatter<'_>, analytes: &[AnalyteReport]) -> fmt::Result {
    if analytes.is_empty() {
        return Ok(());
    }
    let head = [
        "analyte", "unit", "values", "<limit", "n.d.", "missing", "min", "p25", "median", "p75", "max", "mean", "sd",
        "skew",
    ];
    let mut rows: Vec<Vec<String>> = vec![head.iter().map(|&h| h.to_owned()).collect()];
    for a in analytes {
        let assumed = if a.unit_source == UnitSource::Assumed { "?" } else { "" };
        let mut row = vec![a.name.clone(), format!("{}{assumed}", a.unit.as_deref().unwrap_or("-"))];
        row.extend([a.quantified, a.below_limit, a.not_detected, a.missing].map(|n| n.to_string()));
        match &a.values {
            Some(s) => row.extend([s.min, s.p25, s.median, s.p75, s.max, s.mean, s.sd, s.skewness].map(short)),
            None => row.extend(std::iter::repeat_n("-".to_owned(), 8)),
        }
        rows.push(row);
    }
    writeln!(f)?;
    let widths: Vec<usize> =
        (0..head.len()).map(|c| rows.iter().map(|r| r[c].chars().count()).max().unwrap_or(0)).collect();
    for row in &rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(c, (cell, &width))| if c < 2 { format!("{cell:<width$}") } else { format!("{cell:>width$}") })
            .collect();
        writeln!(f, "  {}", cells.join("  ").trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn four_significant_digits() {
        for (value, text) in
            [(0.0, "0"), (1234.56, "1235"), (0.012_345, "0.01235"), (2.5, "2.5"), (-0.1, "-0.1"), (1e20, "1.000e20")]
        {
            assert_eq!(short(value), text);
        }
    }
}

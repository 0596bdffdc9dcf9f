//! Statistics of a column, values below limits among it as what they are, and how high its mean may be.

use std::fmt::Write as _;

use serde::Serialize;
use soilscope_assess::threshold::Standing;
use soilscope_core::censored::{
    Censoring, Family, LeftMass, Measurement, Quantile, Refused, UpperLimitMethod, kaplan_meier, maximum_likelihood,
    recommend, regression_on_order_statistics, upper_limit,
};
use soilscope_pipeline::samples::{AnalyteColumn, Reading};

use crate::field::short_number;
use crate::tallied::Tallied;

/// Probability with which upper limits of the mean are above it.
const CONFIDENCE: f64 = 0.95;
/// Resamples of the bootstrap.
const RESAMPLES: usize = 2000;
const SEED: u64 = 1;
/// Plotting positions of Blom, as EnvStats and ProUCL take them.
const POSITIONS: f64 = 0.375;
/// Most values of which everything is computed: beyond that it takes longer than anybody waits for a check.
pub(super) const MOST: usize = 20_000;

/// Where the rule is from, and what it is not.
const SOURCE: &str = "simplified after the decision tables of U.S. EPA, ProUCL Technical Guide, EPA/600/R-07/041, which were not at hand: \
                      ProUCL may name another limit";

/// What there is to say of one column.
#[derive(Debug, Clone, Serialize)]
pub(super) struct ColumnStatistics {
    analyte: String,
    /// The analyte without the unit that the head of its column may carry.
    #[serde(skip)]
    name: String,
    unit: Option<String>,
    censoring: Censoring,
    share_below: f64,
    /// Readings of "not detected" with no limit: in none of the numbers, for nothing says how low they are.
    not_detected: usize,
    /// Kaplan-Meier, regression on order statistics, and maximum likelihood of the families.
    estimates: Vec<Estimated>,
    upper_limits: Vec<Upper>,
    /// Which to use, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    recommended: Option<Recommended>,
    /// Why none is.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_recommended: Option<String>,
    /// What to be careful with.
    cautions: Vec<String>,
}

/// Mean and more by one method, or why not.
#[derive(Debug, Clone, Serialize)]
struct Estimated {
    method: &'static str,
    #[serde(flatten)]
    found: Option<Numbers>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
struct Numbers {
    mean: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    standard_error: Option<f64>,
    standard_deviation: f64,
    /// Median, or the value that it is below.
    #[serde(skip_serializing_if = "Option::is_none")]
    median: Option<Quantile>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log_likelihood: Option<f64>,
    /// Akaike's criterion: −2 ln L + 2·2 parameters. Comparable between families.
    #[serde(skip_serializing_if = "Option::is_none")]
    aic: Option<f64>,
}

/// One upper limit of the mean, or why not.
#[derive(Debug, Clone, Serialize)]
struct Upper {
    method: &'static str,
    confidence: f64,
    value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
struct Recommended {
    method: &'static str,
    value: f64,
    confidence: f64,
    reason: String,
    source: &'static str,
}

impl ColumnStatistics {
    /// `None` for a column without a value; `shared` rows of the file are at a place with others.
    pub(super) fn of(column: &AnalyteColumn, shared: usize) -> Option<Self> {
        let measured = |reading: &Reading| match reading {
            Reading::Measured(measurement) => Some(*measurement),
            _ => None,
        };
        let values: Vec<Measurement> = column.readings().iter().filter_map(measured).collect();
        let censoring = Censoring::of(&values).ok().filter(|c| c.count > 0)?;
        let mut cautions: Vec<String> = Vec::new();
        let mut estimates = Vec::new();
        let mut add = |method, outcome: Result<Numbers, Refused>| {
            let (found, refused) = match outcome {
                Ok(found) => (Some(found), None),
                Err(error) => (None, Some(error.to_string())),
            };
            estimates.push(Estimated { method, found, refused });
        };
        add(
            if censoring.below > 0 { "Kaplan-Meier" } else { "arithmetic" },
            kaplan_meier(&values, LeftMass::SmallestQuantified).map(|km| {
                cautions.extend(km.cautions.iter().map(ToString::to_string));
                Numbers {
                    mean: km.mean,
                    standard_error: Some(km.standard_error),
                    standard_deviation: km.standard_deviation,
                    median: Some(km.median()),
                    log_likelihood: None,
                    aic: None,
                }
            }),
        );
        if censoring.below > 0 {
            add(
                "regression on order statistics",
                regression_on_order_statistics(&values, POSITIONS).map(|ros| Numbers {
                    mean: ros.mean,
                    standard_error: None,
                    standard_deviation: ros.standard_deviation,
                    median: None,
                    log_likelihood: None,
                    aic: None,
                }),
            );
        }
        for (method, family) in [
            ("likelihood, normal", Family::Normal),
            ("likelihood, log-normal", Family::LogNormal),
            ("likelihood, gamma", Family::Gamma),
        ] {
            add(
                method,
                maximum_likelihood(&values, family).map(|ml| Numbers {
                    mean: ml.mean.value,
                    standard_error: Some(ml.mean.standard_error),
                    standard_deviation: ml.standard_deviation,
                    median: None,
                    log_likelihood: Some(ml.log_likelihood),
                    aic: Some(4.0 - 2.0 * ml.log_likelihood),
                }),
            );
        }
        let methods = [
            UpperLimitMethod::Student,
            UpperLimitMethod::Land,
            UpperLimitMethod::Chebyshev,
            UpperLimitMethod::Bootstrap { resamples: RESAMPLES, seed: SEED },
        ];
        let upper_limits = methods
            .into_iter()
            .map(|method| {
                let outcome = upper_limit(&values, method, CONFIDENCE);
                Upper {
                    method: method.name(),
                    confidence: CONFIDENCE,
                    value: outcome.as_ref().ok().map(|u| u.value),
                    refused: outcome.err().map(|e| e.to_string()),
                }
            })
            .collect();
        let (recommended, not_recommended) = match recommend(&values, CONFIDENCE, SEED) {
            Ok(r) => {
                cautions.extend(r.limit.cautions.iter().map(ToString::to_string));
                let chosen = Recommended {
                    method: r.limit.method.name(),
                    value: r.limit.value,
                    confidence: CONFIDENCE,
                    reason: r.reason,
                    source: SOURCE,
                };
                (Some(chosen), None)
            }
            Err(error) => (None, Some(error.to_string())),
        };
        cautions.sort();
        cautions.dedup();
        let not_detected = column.readings().iter().filter(|r| matches!(r, Reading::NotDetected)).count();
        if not_detected > 0 {
            cautions.push(format!(
                "not detected, with no limit stated: {not_detected}; no number here counts them, so the mean and its limits are too high: \
                 state the limit by a limit column or --limit"
            ));
        }
        if shared > 0 {
            cautions.push(format!(
                "{shared} rows share their place with others (campaigns, depths?), and errors and limits take all values as independent: give \
                 one campaign and depth at a time"
            ));
        }
        Some(Self {
            analyte: column.column().to_owned(),
            name: column.name().to_owned(),
            unit: column.unit().map(|u| u.name().to_owned()),
            share_below: censoring.share_below(),
            not_detected,
            censoring,
            estimates,
            upper_limits,
            recommended,
            not_recommended,
            cautions,
        })
    }

    /// The analyte as a guideline is asked for it: the head of its column without the unit.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The limit that is recommended.
    pub(super) fn limit(&self) -> Option<f64> {
        self.recommended.as_ref().map(|r| r.value)
    }

    /// Several columns in a line each.
    pub(super) fn table(columns: &[Self]) -> String {
        let mut text = String::new();
        let widest = columns.iter().map(|c| c.analyte.chars().count()).max().unwrap_or(0).max("analyte".len());
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\n  {:<widest$}  below limits        mean   95 % upper limit of it", "analyte");
        for c in columns {
            let mean = c
                .estimates
                .first()
                .and_then(|e| e.found.as_ref())
                .map_or_else(|| "-".to_owned(), |n| short_number(n.mean));
            let limit = match (&c.recommended, &c.not_recommended) {
                (Some(r), _) => format!("{} ({})", short_number(r.value), r.method),
                (None, why) => format!("none: {}", why.as_deref().unwrap_or_default()),
            };
            let below = format!("{:.1} %", 100.0 * c.share_below);
            let _ = writeln!(text, "  {:<widest$}  {below:>12}  {mean:>10}   {limit}", c.analyte);
        }
        for c in columns.iter().filter(|c| c.not_detected > 0) {
            let _ = writeln!(
                text,
                "  careful: {}: not detected, with no limit stated, and in none of these numbers: {}; its mean and limit are too high",
                c.analyte, c.not_detected
            );
        }
        text + "  (means by Kaplan-Meier where values are below limits; all of it, and why, by --analyte NAME or --json)\n"
    }

    pub(super) fn to_text(&self) -> String {
        let mut text = String::new();
        let unit = self.unit.as_ref().map_or_else(String::new, |u| format!(", {u}"));
        let below = match (self.censoring.below, self.not_detected) {
            (0, 0) => "none below a limit".to_owned(),
            (0, _) => "none below a stated limit".to_owned(),
            (below, _) => {
                let limits: Vec<String> =
                    self.censoring.limits.iter().take(6).map(|(l, n)| format!("<{} × {n}", short_number(*l))).collect();
                let more = if self.censoring.limits.len() > 6 { " …" } else { "" };
                format!("{below} below limits ({:.1} %; {}{more})", 100.0 * self.share_below, limits.join(", "))
            }
        };
        let not_detected = match self.not_detected {
            0 => String::new(),
            count => format!(", {count} not detected and without a limit left out"),
        };
        let (analyte, count) = (&self.analyte, self.censoring.count);
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\nstatistics of {analyte}{unit}: {count} values, {below}{not_detected}");
        let _ =
            writeln!(text, "  {:<32} {:>10} {:>10} {:>10} {:>10} {:>10}", "", "mean", "error", "sd", "median", "AIC");
        let number = |v: Option<f64>| v.map_or_else(|| "-".to_owned(), short_number);
        for e in &self.estimates {
            match (&e.found, &e.refused) {
                (Some(n), _) => {
                    let median = n.median.map_or_else(
                        || "-".to_owned(),
                        |m| match m {
                            Quantile::Value(v) => short_number(v),
                            Quantile::Below(v) => format!("<{}", short_number(v)),
                        },
                    );
                    let aic = n.aic.map_or_else(|| "-".to_owned(), |aic| format!("{aic:.1}"));
                    let _ = writeln!(
                        text,
                        "  {:<32} {:>10} {:>10} {:>10} {median:>10} {aic:>10}",
                        e.method,
                        short_number(n.mean),
                        number(n.standard_error),
                        short_number(n.standard_deviation)
                    );
                }
                (None, refused) => {
                    let _ = writeln!(text, "  {:<32} {}", e.method, refused.as_deref().unwrap_or_default());
                }
            }
        }
        let shown: Vec<String> = self
            .upper_limits
            .iter()
            .map(|u| u.value.map_or_else(|| format!("{} -", u.method), |v| format!("{} {}", u.method, short_number(v))))
            .collect();
        let _ = writeln!(text, "  95 % upper limit of the mean:    {}", shown.join(", "));
        if let Some(r) = &self.recommended {
            let _ = writeln!(text, "  use {}, {}: {}", short_number(r.value), r.method, r.reason);
            let _ = writeln!(text, "  ({SOURCE})");
        }
        if let Some(why) = &self.not_recommended {
            let _ = writeln!(text, "  none is recommended: {why}");
        }
        for caution in &self.cautions {
            let _ = writeln!(text, "  careful: {caution}");
        }
        text
    }
}

/// The recommended limit of a mean against a threshold.
#[derive(Debug, Clone, Serialize)]
pub(super) struct MeanAgainst {
    analyte: String,
    /// Code of the guideline; `None` for `--threshold`.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// How far the value of the guideline can be trusted.
    #[serde(skip_serializing_if = "Option::is_none")]
    standing: Option<Standing>,
    threshold: f64,
    upper_limit: f64,
    /// Whether the mean is shown to be below the threshold.
    shown_below: bool,
}

impl MeanAgainst {
    pub(super) fn new(statistics: &ColumnStatistics, limit: Option<(&str, Standing)>, threshold: f64) -> Option<Self> {
        let upper_limit = statistics.limit()?;
        Some(Self {
            analyte: statistics.analyte.clone(),
            code: limit.map(|(code, _)| code.to_owned()),
            standing: limit.map(|(_, standing)| standing),
            threshold,
            upper_limit,
            shown_below: upper_limit < threshold,
        })
    }

    pub(super) fn line(&self) -> String {
        let code = self.code.as_ref().map_or_else(String::new, |c| format!(" of {c}"));
        let mark = self.standing.map_or("", Standing::mark);
        let (limit, threshold) = (short_number(self.upper_limit), format!("{}{mark}", short_number(self.threshold)));
        if self.shown_below {
            format!("mean     {}: its upper limit {limit} is below {threshold}{code}\n", self.analyte)
        } else {
            format!(
                "mean     {}: its upper limit {limit} is not below {threshold}{code}, so it is not shown that the mean is\n",
                self.analyte
            )
        }
    }
}

/// Samples of a column against a number.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Counted {
    analyte: String,
    threshold: f64,
    #[serde(flatten)]
    tallied: Tallied,
}

impl Counted {
    pub(super) fn new(column: &AnalyteColumn, lines: &[usize], threshold: f64) -> Self {
        let mut tallied = Tallied::default();
        for (&record, reading) in column.records().iter().zip(column.readings()) {
            tallied.add(*reading, threshold, lines[record as usize]);
        }
        Self { analyte: column.column().to_owned(), threshold, tallied }
    }

    pub(super) fn line(&self) -> String {
        let above = format!("above {}", short_number(self.threshold));
        let doubt = self.tallied.doubt().map_or_else(String::new, |doubt| format!("         {doubt}\n"));
        format!("above    {}: {}\n{doubt}", self.analyte, self.tallied.words(&above))
    }
}

//! `soilscope validate`: cross-validation.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Result, anyhow, ensure};
use serde::Serialize;
use soilscope_core::transform::Transform;
use soilscope_core::validation::{self, Residual, Scores};
use soilscope_core::{Error, Predictions};
use soilscope_pipeline::run::gap_name;

use crate::Outcome;
use crate::args::{Common, Validate};
use crate::choice::executor;
use crate::covariates::WholeClass;
use crate::field::{
    CalibrationRecord, CokrigingValidation, Field, Judged, JudgedByWidth, MethodRecord, ModelRecord, SkillRecord,
    refuse_idle, refuse_other_threshold,
};
use crate::follow::Progress;
use crate::guideline::carried::beside;
use crate::guideline::{self, GuidelineRecord};
use crate::output::{self, say};
use crate::source::{Source, Wanted};
use crate::undecided::Undecided;
use crate::words::Folds;

/// How samples were held out, and what came of it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ValidationRecord {
    /// `leave-one-out`, `random`, `spatial-blocks` or `column`.
    pub(crate) folds: &'static str,
    pub(crate) count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) seed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) block_size: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) column: Option<String>,
    /// The model's parameters were fitted once to all samples and held while samples were left out.
    pub(crate) parameters: &'static str,
    /// Predictions cut to their bounds, as a probability is to 0 and 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) clipped: Option<usize>,
    /// Samples without a prediction, by reason.
    pub(crate) gaps: BTreeMap<&'static str, usize>,
    /// Classes of a covariate of which one fold holds all samples.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) whole_classes: Vec<WholeClass>,
    /// What became of secondary samples, and what the scores are otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cokriging: Option<CokrigingValidation>,
    pub(crate) scores: Option<Scores>,
}

#[derive(Serialize)]
struct Report<'a> {
    analyte: &'a str,
    unit: Option<&'a str>,
    #[serde(serialize_with = "crate::words::serialize_name")]
    transform: Transform,
    method: &'a MethodRecord,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a ModelRecord>,
    #[serde(flatten)]
    validation: &'a ValidationRecord,
    /// Whether the variance is right.
    #[serde(skip_serializing_if = "Option::is_none")]
    calibration: Option<CalibrationRecord>,
    /// The limit of the law that the threshold is.
    #[serde(skip_serializing_if = "Option::is_none")]
    guideline: Option<&'a GuidelineRecord>,
    /// Samples below limits that are above the threshold: nobody knows on which side of it they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    undecided: Option<&'a Undecided>,
    /// Whether the probabilities of being above the threshold are worth anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    skill: Option<SkillRecord>,
    /// Both again, by squares of the widths that were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    by_block_samples: Vec<JudgedByWidth>,
}

pub(crate) fn run(args: &Validate, common: &Common) -> Result<Outcome> {
    ensure!(
        args.seed.is_none() || matches!(args.folds, Folds::Random(_)),
        "--seed would have no effect: these folds are not random; leave it out, or use --folds K"
    );
    let method = &args.method.drift.method;
    guideline::check(&args.guideline)?;
    refuse_other_threshold(method, args.threshold)?;
    let given = [("--threshold", args.threshold.is_some()), ("--guideline", args.guideline.guideline.is_some())];
    if let Some((name, _)) = given.iter().find(|(_, given)| *given && !method.is_kriging()) {
        refuse_idle(&[name], "this --method gives no probability")?;
    }
    if !method.is_kriging() && !args.block_samples.is_empty() {
        refuse_idle(&["--block-samples"], "this --method has neither variance nor probability")?;
    }
    let file = args.out.as_deref().map(|path| output::open(path, args.overwrite)).transpose()?;
    let column = if let Folds::Column(name) = &args.folds { Some(name.as_str()) } else { None };
    let wanted = Wanted {
        label: column,
        drift: Some(&args.method.drift),
        secondary: args.method.secondary.as_deref(),
        errors: Some(&args.errors),
        ..Wanted::default()
    };
    let source = Source::read(&args.samples, common, wanted)?;
    let limit = guideline::resolve(&args.guideline, &source)?;
    let args = &Validate { threshold: limit.as_ref().and_then(|l| l.threshold).or(args.threshold), ..args.clone() };
    refuse_other_threshold(&args.method.drift.method, args.threshold)?;
    for note in limit.iter().flat_map(GuidelineRecord::notes).filter(|_| !common.quiet) {
        say(&format!("note: {note}"));
    }
    let undecided = Undecided::of(&source, args.threshold);
    if let Some(note) = undecided.note().filter(|_| !common.quiet) {
        say(&format!("note: {note}"));
    }
    let progress = Progress::new(common);
    let field = source
        .located(progress.busy("fitting the model", || Field::new(&args.model, &args.method, None, &source, common)))?;
    field.announce(&source, common);
    let (record, residuals, folds) = progress
        .busy("cross-validating", || cross_validate(&field, &source, &args.folds, args.seed.unwrap_or(1), common))?;
    let whole = WholeClass::words(&record.whole_classes);
    ensure!(
        record.scores.is_some(),
        "no sample can be predicted from the others: {}",
        whole.as_deref().unwrap_or("widen --radius or lower --min-neighbours")
    );
    if let Some(note) = whole.filter(|_| !common.quiet) {
        say(&format!("note: {note}"));
    }
    let judged = progress.busy("holding blocks out", || field.judged(args.threshold.into(), &source, common))?;
    let Judged { calibration, skill } = judged;
    if let Some(calibration) = calibration.as_ref().filter(|_| !common.quiet && !args.method.calibrate) {
        calibration.notes().iter().for_each(|note| say(&format!("note: {note}")));
    }
    if let Some(warning) = skill.as_ref().and_then(SkillRecord::warning).filter(|_| !common.quiet) {
        say(&format!("note: {warning}"));
    }
    let by_width = |&n: &f64| field.judged_by_width(n, args.threshold.into(), &source, common);
    let by_block_samples =
        progress.busy("holding blocks out", || args.block_samples.iter().map(by_width).collect::<Result<Vec<_>>>())?;
    if let Some(file) = file {
        output::fill(file, &table(&source, &residuals, &folds)?)?;
    }
    let report = Report {
        analyte: source.analyte(),
        unit: field.unit(&source),
        transform: field.transform,
        method: &field.method,
        model: field.model.as_ref(),
        validation: &record,
        calibration,
        guideline: limit.as_ref(),
        undecided: undecided.some(),
        skill,
        by_block_samples,
    };
    if common.json {
        output::print_json(&report)?;
    } else {
        output::print(&text(&report))?;
    }
    Ok(Outcome::Done)
}

/// Cross-validates a field on its samples.
pub(crate) fn cross_validate(
    field: &Field,
    source: &Source,
    how: &Folds,
    seed: u64,
    common: &Common,
) -> Result<(ValidationRecord, Vec<Residual>, validation::Folds)> {
    let samples = &field.on_scale;
    let (name, folds) = match how {
        Folds::LeaveOneOut => ("leave-one-out", validation::Folds::leave_one_out(samples)),
        Folds::Random(k) => ("random", validation::Folds::random(samples, *k, seed)?),
        Folds::Blocks(size) => ("spatial-blocks", validation::Folds::spatial_blocks(samples, *size)?),
        Folds::Column(name) => {
            let folds = validation::Folds::by_label(source.labels());
            ensure!(folds.count() > 1, "column '{name}' is the same for all samples: folds need at least two values");
            ("column", folds)
        }
    };
    let whole_classes = source.covariates().map_or_else(Vec::new, |c| c.whole_in_a_fold(samples, &folds));
    let threads = executor(common)?;
    let mut predictions = source.located(match &field.cokriged {
        Some(cokriged) => {
            cokriged.leave_out(samples, &folds, how, source).map(|outcomes| Predictions::from_outcomes(&outcomes))
        }
        None => field.at_points().leave_out_on(samples, &folds, &threads).map_err(|error| {
            match (error, &whole_classes[..]) {
                // Some ways of predicting refuse the whole fold, and so all.
                (Error::DriftSingular { .. }, [_, ..]) => {
                    anyhow!("{}", WholeClass::words(&whole_classes).unwrap_or_default())
                }
                (error, _) => error.into(),
            }
        }),
    })?;
    let beside =
        field.cokriged.as_ref().map(|c| c.beside((&field.observed, samples), &field.transform, &folds, how, source));
    let clipped = field.bounds().map(|bounds| {
        let mut outcomes: Vec<_> = predictions.iter().collect();
        let cut = outcomes.iter_mut().flatten().map(|p| usize::from(clip(&mut p.value, bounds))).sum();
        predictions = Predictions::from_outcomes(&outcomes);
        cut
    });
    let residuals = validation::residuals_with_limits(&field.observed, &field.below, &predictions, &field.transform);
    let record = ValidationRecord {
        folds: name,
        count: folds.count(),
        seed: matches!(how, Folds::Random(_)).then_some(seed),
        block_size: if let Folds::Blocks(size) = how { Some(*size) } else { None },
        column: if let Folds::Column(name) = how { Some(name.clone()) } else { None },
        parameters: "held",
        clipped,
        gaps: gaps(&residuals),
        whole_classes,
        cokriging: source.located(beside.transpose())?,
        scores: Scores::of(&residuals),
    };
    Ok((record, residuals, folds))
}

fn gaps(residuals: &[Residual]) -> BTreeMap<&'static str, usize> {
    let mut gaps = BTreeMap::new();
    for gap in residuals.iter().filter_map(|r| r.gap) {
        *gaps.entry(gap_name(gap)).or_default() += 1;
    }
    gaps
}

/// Cuts a prediction to its bounds; whether that changed it.
pub(crate) fn clip(value: &mut f64, [low, high]: [f64; 2]) -> bool {
    let unbounded = *value;
    *value = unbounded.clamp(low, high);
    *value != unbounded
}

/// The residuals as CSV, one row a sample in order.
fn table(source: &Source, residuals: &[Residual], folds: &validation::Folds) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let limits = !source.below().is_empty();
    let columns = ["observed", "prediction", "variance", "residual", "zscore", "fold", "x", "y", "line", "gap"];
    let more: &[&str] = if limits { &["limit", "probability_below"] } else { &[] };
    writer.write_record(columns.iter().chain(more))?;
    let number = |v: Option<f64>| v.map(|v| v.to_string()).unwrap_or_default();
    for (i, r) in residuals.iter().enumerate() {
        let [x, y] = source.samples().coords()[i];
        let below = source.below().get(i).copied().unwrap_or(false);
        let own = [
            number((!below).then_some(r.observed)),
            number(r.prediction),
            number(r.variance),
            number(r.residual),
            number(r.zscore.filter(|_| !below)),
            (folds.of(i) + 1).to_string(),
            x.to_string(),
            y.to_string(),
            source.line(i).to_string(),
            r.gap.map(|g| gap_name(g).to_owned()).unwrap_or_default(),
        ];
        let limit = [number(below.then_some(r.observed)), number(r.below_limit)];
        writer.write_record(own.iter().chain(limit.iter().filter(|_| limits)))?;
    }
    Ok(writer.into_inner()?)
}

fn text(report: &Report<'_>) -> String {
    let mut text = String::new();
    let limit = report.guideline.map(GuidelineRecord::carried);
    let record = report.validation;
    let unit = report.unit.unwrap_or(if report.method.indicator.is_some() { "" } else { "data unit" });
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{} by {}, {} ({} folds)", report.analyte, report.method.method, record.folds, record.count);
    if let Some(model) = report.model {
        let _ = writeln!(text, "model     {}", model.notation);
    }
    if let Some(clipped @ 1..) = record.clipped {
        let _ = writeln!(text, "clipped   {clipped} predicted probabilities below 0 or above 1 were cut to 0 or 1");
    }
    if let Some(s) = &record.scores {
        let reasons: Vec<String> = record.gaps.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
        let reasons = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) };
        let _ = writeln!(text, "samples   {} predicted, {} without a prediction{reasons}", s.n, s.gaps);
        if let Some(below) = &s.below_limits {
            let _ = writeln!(
                text,
                "below     {} samples are below their limits: they are in MSDR, log score and coverage as far as that says something, and in \
                 no other score; the mean predicted probability that they are is {:.3}",
                below.n, below.mean_probability
            );
            if below.impossible > 0 {
                let _ = writeln!(
                    text,
                    "          {} of them were predicted to be below with a probability of 0: the log score is infinite, and no number is given",
                    below.impossible
                );
            }
        }
        let _ = writeln!(text, "ME        {:.6} {unit} (mean error, observed - predicted; 0 is unbiased)", s.me);
        let _ = writeln!(text, "MAE       {:.6} {unit} (mean absolute error)", s.mae);
        let _ = writeln!(text, "RMSE      {:.6} {unit} (root mean squared error)", s.rmse);
        if let Some(r2) = s.r2 {
            let _ = writeln!(text, "R2        {r2:.4} (share of the variance that is predicted)");
        }
        if let Some(ccc) = s.ccc {
            let _ =
                writeln!(text, "CCC       {ccc:.4} (Lin's concordance: 1 where predictions equal what was observed)");
        }
        if let Some(crps) = s.crps {
            let _ = writeln!(text, "CRPS      {crps:.6} {unit} (continuous ranked probability score)");
        }
        if let Some(msdr) = s.msdr {
            let right = match report.method.measurement_errors {
                Some(_) => {
                    "with the samples' own errors in the numerator alone, as gstat has it: more than 1 for a right variance"
                }
                None if report.transform != Transform::None => "on the scale of the transform; 1 is a right variance",
                None => "1 is a right variance",
            };
            let _ = writeln!(text, "MSDR      {msdr:.4} (mean squared deviation ratio; {right})");
        }
        if let (Some(_), Some(score)) = (&s.below_limits, s.log_score) {
            let _ = writeln!(
                text,
                "log score {score:.4} (of values their density, of limits the probability of being below; smaller is better)"
            );
        }
        for c in &s.coverage {
            let _ = writeln!(
                text,
                "{:<9} {:.1} % of the samples lie in their {:.0} % interval",
                if c.nominal == 0.5 { "coverage" } else { "" },
                100.0 * c.observed,
                100.0 * c.nominal
            );
        }
        for line in record.cokriging.iter().flat_map(|other| other.lines(report.analyte, unit)) {
            let _ = writeln!(text, "{line}");
        }
    }
    if let Some(calibration) = &report.calibration {
        let _ = writeln!(text, "held-out blocks: {}", calibration.line());
    }
    if let Some(skill) = &report.skill {
        let _ = writeln!(text, "above {}: {}", beside(limit.as_ref(), &skill.above()), skill.line());
    }
    for judged in &report.by_block_samples {
        let _ = writeln!(text, "{}", judged.line(limit.as_ref()));
    }
    text
}

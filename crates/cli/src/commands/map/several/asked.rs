//! What several analytes in one run can be asked for.

use anyhow::{Result, bail, ensure};
use soilscope_pipeline::samples::{ReadOptions, read_samples};

use super::super::one::Opened;
use super::JOINT;
use crate::args::{DuplicateRule, EstimatorChoice, Map};
use crate::field::refuse_idle;
use crate::output::slug;
use crate::source::{read_options, room};
use crate::words::{Method, TransformChoice};

/// The analytes of `--analyte A,B,C`; none where it is left to the file.
pub(in super::super) fn names(args: &Map) -> Result<Vec<String>> {
    let Some(text) = &args.samples.analyte else { return Ok(Vec::new()) };
    let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
    if names.len() == 1 || is_one(args, text) {
        return Ok(vec![text.clone()]);
    }
    for (k, name) in names.iter().enumerate() {
        ensure!(!name.is_empty(), "--analyte {text}: there is a comma without an analyte");
        ensure!(!names[..k].contains(name), "--analyte {text}: '{name}' stands there twice");
        // Some systems hold names of files that differ in capitals for the same.
        let stem = |name: &str| slug(name).to_lowercase();
        if let Some(other) = names[..k].iter().find(|other| other.to_lowercase() == name.to_lowercase()) {
            bail!(
                "--analyte {text}: '{other}' and '{name}' differ in capitals only: name the analyte once, or if the file has two of them, \
                 map them apart and into folders of their own"
            );
        }
        let stem_of = stem(name);
        if let Some(other) = names[..k].iter().find(|other| stem(other) == stem_of) {
            bail!("--analyte {text}: the files of '{other}' and '{name}' would have the same names: map them apart");
        }
        ensure!(
            stem_of != JOINT,
            "--analyte {text}: '{name}' would have the files of all analytes together: map it alone"
        );
    }
    Ok(names)
}

/// Whether the text, commas and all, is what the file calls one column or analyte. Where it cannot be read, its reader says so
/// later, and better.
fn is_one(args: &Map, text: &str) -> bool {
    let options =
        ReadOptions { analytes: vec![text.to_owned()], room: room(args.run.memory), ..read_options(&args.samples) };
    let path = &args.samples.samples;
    path.is_file()
        && read_samples(path, &options).is_ok_and(|table| {
            table.analytes().iter().any(|a| a.column().trim().to_lowercase() == text.trim().to_lowercase())
        })
}

/// Refuses two names that the file takes for the same column.
pub(super) fn refuse_same_column(opened: &[Opened], next: &Opened) -> Result<()> {
    let column = |opened: &Opened| opened.job.source.record().column.clone();
    if let Some(other) = opened.iter().find(|other| column(other) == column(next)) {
        bail!(
            "--analyte: '{}' and '{}' are both the column '{}': name it once",
            other.job.source.analyte(),
            next.job.source.analyte(),
            column(next)
        );
    }
    Ok(())
}

/// Refuses what is of one analyte only, or cannot be had of several together.
pub(super) fn check(args: &Map, names: &[String]) -> Result<()> {
    let of_one = [
        ("--limit", args.samples.limit.is_some()),
        ("--error-sd", args.errors.error_sd.is_some()),
        ("--secondary", args.method.secondary.is_some()),
    ];
    if let Some((option, _)) = of_one.iter().find(|(_, given)| *given) {
        bail!("{option} is of one analyte, and --analyte names {}: map them one at a time", names.len());
    }
    match &args.method.drift.method {
        Method::Simple { .. } | Method::Indicator { .. } | Method::CoKriging { .. } => bail!(
            "--method: a mean, an indicator and co-kriging are of one analyte, and --analyte names {}: use another method, or map \
             them one at a time",
            names.len()
        ),
        _ => {}
    }
    let alone = !args.decision.is_decided() || args.decision.realisations == Some(0) || !args.only.is_empty();
    // Scores of all analytes have one variance, so that one model may be that of all; it is none of how they vary together.
    let one_scale = alone && args.model.transform == TransformChoice::NormalScore;
    let template = args.model.model.template.as_ref();
    ensure!(
        one_scale
            || template.is_none_or(|t| {
                t.nugget.iter().chain(t.structures.iter().map(|s| &s.partial_sill)).all(|sill| sill.is_free())
            }),
        "--model '{}': the analytes have sills of their own: leave them open, as 'Nug + Sph(900)'; ranges may be given, and sills with \
         --transform normal-score, whose scale is one for all, where analytes are not simulated together",
        args.model.model.text
    );
    if alone {
        return Ok(());
    }
    let instead = "leave out the limit, or ask for --realisations 0, which maps each analyte alone";
    ensure!(
        args.method.drift.method == Method::Ordinary,
        "what analytes are together is simulated with means that are the same everywhere: use --method ordinary; or {instead}"
    );
    ensure!(
        args.block.block.is_none(),
        "what analytes are together is simulated for points, and --block asks for means of blocks: leave it out; or {instead}"
    );
    ensure!(
        args.model.estimator == EstimatorChoice::Matheron,
        "--estimator: cross semivariances have no robust estimator, and all of a coregionalisation must be of one kind; {instead}"
    );
    ensure!(
        args.samples.duplicates != DuplicateRule::Keep,
        "--duplicates keep does not go with several analytes and a limit: samples of two are paired by their place; {instead}"
    );
    if args.method.fallback.is_some() {
        refuse_idle(&["--fallback"], &format!("analytes without a model are not simulated together; {instead}"))?;
    }
    Ok(())
}

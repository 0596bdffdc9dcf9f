//! What several analytes in one run can be asked for.

use anyhow::{Result, bail, ensure};

use super::JOINT;
use crate::args::{DuplicateRule, EstimatorChoice, Map};
use crate::field::refuse_idle;
use crate::output::slug;
use crate::words::Method;

/// The analytes of `--analyte A,B,C`; none where it is left to the file.
pub(in super::super) fn names(args: &Map) -> Result<Vec<String>> {
    let Some(text) = &args.samples.analyte else { return Ok(Vec::new()) };
    let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
    if names.len() == 1 {
        return Ok(vec![text.clone()]);
    }
    for (k, name) in names.iter().enumerate() {
        ensure!(!name.is_empty(), "--analyte {text}: there is a comma without an analyte");
        ensure!(!names[..k].contains(name), "--analyte {text}: '{name}' stands there twice");
        let stem = slug(name);
        if let Some(other) = names[..k].iter().find(|other| slug(other) == stem) {
            bail!("--analyte {text}: the files of '{other}' and '{name}' would have the same names: map them apart");
        }
        ensure!(
            stem != JOINT,
            "--analyte {text}: '{name}' would have the files of all analytes together: map it alone"
        );
    }
    Ok(names)
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
    let template = args.model.model.template.as_ref();
    ensure!(
        template.is_none_or(|t| {
            t.nugget.iter().chain(t.structures.iter().map(|s| &s.partial_sill)).all(|sill| sill.is_free())
        }),
        "--model '{}': the analytes have sills of their own: leave them open, as 'Nug + Sph(900)'; ranges may be given",
        args.model.model.text
    );
    if !args.decision.is_decided() {
        return Ok(());
    }
    if args.decision.realisations == Some(0) {
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

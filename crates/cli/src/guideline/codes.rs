//! Several limits of the law for one field: `--guideline A,B`.

use anyhow::{Result, bail, ensure};

use super::{CellLimits, GuidelineRecord, Guidelines, looks_at, parts, refuse_idle_soil, resolve_for_cells};
use crate::args::GuidelineArgs;
use crate::output::slug;
use crate::source::Source;

/// The first, and as many as a picture tells apart from it.
const MOST: usize = 1 + soilscope_picture::LINE_STYLES;

/// The codes as they were typed.
pub(crate) fn codes(typed: &str) -> Result<Vec<&str>> {
    let codes: Vec<&str> = typed.split(',').map(str::trim).collect();
    ensure!(!codes.contains(&""), "--guideline {typed}: there is a comma without a code");
    ensure!(
        codes.len() <= MOST,
        "--guideline {typed}: a map compares at most {MOST} limits, which is what its picture can tell apart; soilscope thresholds compare \
         lists any number"
    );
    Ok(codes)
}

/// The limits of a field, of which the first is the one that it is judged by.
pub(crate) fn of_codes(args: &GuidelineArgs, source: &Source) -> Result<Vec<(GuidelineRecord, Option<CellLimits>)>> {
    let Some(typed) = &args.guideline else { return Ok(Vec::new()) };
    let codes = codes(typed)?;
    if codes.len() == 1 {
        return Ok(resolve_for_cells(args, source)?.into_iter().collect());
    }
    let table = Guidelines::open(&args.table)?;
    let limit = |typed: &&str| {
        let (code, analyte) = parts(typed);
        table.table().limit(code, analyte.unwrap_or(source.analyte()))
    };
    let limits = codes.iter().map(limit).collect::<Result<Vec<_>, _>>()?;
    refuse_idle_soil(&limits.iter().collect::<Vec<_>>(), &args.soil)?;
    let mut resolved: Vec<(GuidelineRecord, Option<CellLimits>)> = Vec::new();
    for (typed, limit) in codes.iter().zip(&limits) {
        let own = GuidelineArgs {
            guideline: Some((*typed).to_owned()),
            // What it does not depend on is for the others.
            soil: args.soil.iter().filter(|given| looks_at(limit, given.property)).cloned().collect(),
            ..args.clone()
        };
        let (record, cells) = match resolve_for_cells(&own, source)? {
            Some(found) => found,
            None => bail!("--guideline {typed}: there is no such limit"),
        };
        if let Some((other, _)) = resolved.iter().find(|(other, _)| slug(&other.code) == slug(&record.code)) {
            bail!(
                "--guideline: {} and {} are the same limit, or their files would be: name it once",
                other.code,
                record.code
            );
        }
        resolved.push((record, cells));
    }
    Ok(resolved)
}

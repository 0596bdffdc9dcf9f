//! `soilscope import`: a table of somebody else as the long table of the specification.

use anyhow::Result;
use serde_json::{Value as Json, json};
use soilscope_exchange::import::harmonise::{Lineage, Model, harmonise};
use soilscope_exchange::import::{Defaults, Options, import};
use soilscope_exchange::long::{Row, Table};

use crate::Outcome;
use crate::args::{Common, Import};
use crate::follow::{Progress, check_interrupt};
use crate::output;

pub(crate) fn run(args: &Import, common: &Common) -> Result<Outcome> {
    let defaults = args.defaults.as_ref().map(|path| Defaults::read(path)).transpose()?.unwrap_or_default();
    // Refused now and not after the reading.
    let file = args.out.as_ref().map(|path| output::open(path, args.overwrite)).transpose()?;
    let progress = Progress::new(common);
    let options = Options { lenient: args.lenient, ..Options::default() };
    let mut imported = progress.busy("reading", || import(&args.table, &defaults, &options))?;
    drop(progress);
    let lineage = harmonised(&mut imported.table, args)?;
    let left_out = if args.soil_only { of_the_soil(&mut imported.table) } else { 0 };
    check_interrupt("the table was written")?;
    if let Some(file) = file {
        output::fill(file, imported.table.to_csv().as_bytes())?;
    }
    let report = &imported.report;
    if common.json {
        let mut told: Json = serde_json::from_str(&report.json()?)?;
        told["harmonised"] = json!(lineage);
        told["left_out_of_quality_control"] = json!(left_out);
        output::print_json(&told)?;
    } else if !common.quiet {
        let mut text = report.text();
        if let Some(lineage) = &lineage {
            text += &format!("{}\n", lineage.sentence());
            for (code, count) in &lineage.without_ratio {
                text += &format!("{code}: {count} results have no ratio and were left as they are\n");
            }
        }
        if args.soil_only {
            text += &format!("{left_out} results of blanks, reference materials or rejected ones were left out\n");
        }
        output::print(&text)?;
    }
    Ok(if report.refused == 0 && report.without_code == 0 { Outcome::Done } else { Outcome::CheckSaysNo })
}

/// Applies the model that was declared.
fn harmonised(table: &mut Table, args: &Import) -> Result<Option<Lineage>> {
    let (Some(to), Some(uncertainty), Some(source)) = (args.harmonise, args.ratio_uncertainty, &args.ratio_source)
    else {
        return Ok(None);
    };
    let model = Model { to: to.into(), ratio_uncertainty_pct: uncertainty, ratio_uncertainty_source: source.clone() };
    Ok(Some(harmonise(table, &model)?))
}

/// Leaves what is no measurement of the soil out, and counts it.
fn of_the_soil(table: &mut Table) -> usize {
    let before = table.len();
    table.retain(Row::is_of_the_soil);
    before - table.len()
}

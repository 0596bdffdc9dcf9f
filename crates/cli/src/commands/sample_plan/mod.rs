//! `soilscope sample-plan`: where to sample next, or first.

mod cells;
mod files;
mod first;
mod gaps;
mod gpx;
mod limit;
mod next;
mod picture;
mod rerun;

use anyhow::{Result, bail};

use crate::Outcome;
use crate::args::{Common, SamplePlan};
use crate::field::refuse_idle;
use crate::output;
use files::Kind;

pub(crate) fn run(args: &SamplePlan, common: &Common) -> Result<Outcome> {
    let kinds = args.out.iter().map(|path| Kind::of(path)).collect::<Result<Vec<_>>>()?;
    output::refuse_twice(&args.out)?;
    for path in &args.out {
        // Refused now and not after the computing; the writers open the files themselves.
        drop(output::open(path, args.overwrite)?);
    }
    match (&args.input, args.design) {
        (Some(samples), _) if samples.is_file() => {
            refuse_next(args, "a file of samples has no model whose errors it could lower: name the folder of a map")?;
            first::miss(samples, args, common)
        }
        (Some(run), _) => {
            let idle = [
                ("--detect", args.detect.is_some()),
                ("--area", args.area.is_some()),
                ("--analyte", args.analyte.is_some()),
                ("--x", args.x.is_some()),
                ("--y", args.y.is_some()),
            ];
            refuse_idle(&given(&idle), "sites are chosen for the map of a run")?;
            next::run(run, args, &kinds, common)
        }
        (None, Some(design)) => {
            refuse_next(args, "a --design has no map whose errors it could lower")?;
            first::run(design, args, &kinds, common)
        }
        (None, None) => bail!("name the folder of a finished map, or a --design for an area without data"),
    }
}

/// Options that were given.
fn given(options: &[(&'static str, bool)]) -> Vec<&'static str> {
    options.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect()
}

/// Refuses options of the next sites of a map.
fn refuse_next(args: &SamplePlan, why: &str) -> Result<()> {
    let options = [
        ("--lower", args.lower.is_some()),
        ("--access", args.access.is_some()),
        ("--budget", args.budget.is_some()),
        ("--cost-per-sample", args.cost_per_sample.is_some()),
        ("--min-distance", args.min_distance.is_some()),
        ("--candidates", args.candidates.is_some()),
    ];
    refuse_idle(&given(&options), why)
}

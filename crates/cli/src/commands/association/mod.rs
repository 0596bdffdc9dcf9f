//! `soilscope association`: do samples near each other resemble each other, and where?

mod files;
mod local;
mod map;
mod neighbours;
mod text;

use anyhow::Result;
use serde::Serialize;
use soilscope_core::association::{GlobalAssociation, Permutations, geary, moran};
use soilscope_core::transform::Transform;
use soilscope_pipeline::executor::Threads;

use crate::Outcome;
use crate::args::{Association, Common};
use crate::field::refuse_idle;
use crate::follow::{Progress, complete, watching};
use crate::output;
use crate::source::{Source, Wanted};
use files::Kind;
use local::{Found, Row};
use neighbours::{Neighbours, WeightsRecord};

/// The verb's result.
#[derive(Serialize)]
struct Report<'a> {
    analyte: &'a str,
    unit: Option<&'a str>,
    #[serde(serialize_with = "crate::words::serialize_name")]
    transform: Transform,
    samples: usize,
    weights: WeightsRecord,
    conventions: Conventions,
    moran: GlobalAssociation,
    geary: GlobalAssociation,
    /// `None` where the normal distribution was taken instead.
    permutations: Option<Permutations>,
    alpha: f64,
    found: Found,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    /// One for each sample in order, in a file of everything and where no file was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    local: Option<&'a [Row]>,
}

/// What the numbers are, for those who compare them with another program's.
#[derive(Serialize)]
struct Conventions {
    global: &'static str,
    local_p: &'static str,
    q: &'static str,
    moran_z: &'static str,
    gi: &'static str,
    gi_star: &'static str,
    cluster: &'static str,
}

const CONVENTIONS: Conventions = Conventions {
    global: "two-sided under randomisation (these values in any order) and under normality, by the moments of Cliff and Ord \
             (1981) and the normal distribution",
    local_p: "two-sided; with permutations 2 (r + 1)/(N + 1), r the arrangements at least as extreme on the rarer side, which \
              is twice the p_sim of PySAL and GeoDa, and the same for local Moran's I, Gi and Gi*; else of the normal \
              distribution",
    q: "p adjusted for the number of samples by Benjamini and Hochberg (1995), each statistic by itself",
    moran_z: "by the mean and variance over all arrangements of the other values",
    gi: "standardised, after Ord and Getis (1995), without the sample itself",
    gi_star: "standardised, after Ord and Getis (1995); the sample itself weighs as much as its heaviest neighbour",
    cluster: "the pattern of local Moran's I where moran_q is at most alpha; spot: hot or cold where gi_star_q is",
};

pub(crate) fn run(args: &Association, common: &Common) -> Result<Outcome> {
    let kinds = args.out.iter().map(|path| Kind::of(path)).collect::<Result<Vec<_>>>()?;
    output::refuse_twice(&args.out)?;
    for path in &args.out {
        // Refused now and not after the computing; the writers open the files themselves.
        drop(output::open(path, args.overwrite)?);
    }
    let permutations =
        args.permutations.try_into().ok().map(|count| Permutations { count, seed: args.seed.unwrap_or(1) });
    if permutations.is_none() {
        refuse_idle(args.seed.map(|_| "--seed").as_slice(), "--permutations 0 arranges nothing at random")?;
    }
    let why = "association, whose statistics need a number for each sample: let one stand for values below their limits, as --nondetect \
               limit/2";
    let wanted = Wanted { numbers: Some(why), ..Wanted::default() };
    let source = Source::read(&args.samples, common, wanted)?;
    files::refuse_nowhere(&kinds, &source)?;
    let transform = source.located(args.transform.for_samples(source.samples()))?;
    let samples = &source.located(transform.forward(source.samples()))?;
    let progress = Progress::new(common);
    let threads = common.threads()?;
    let neighbours = source.located(Neighbours::new(args, samples))?;
    let weights = &neighbours.weights;
    let (i, c) = (source.located(moran(samples, weights))?, source.located(geary(samples, weights))?);
    let rows = watching(|| -> Result<Vec<Row>> {
        let threads = Threads::new(threads, &progress)?;
        progress
            .busy("arranging values", || local::rows(&source, samples, &neighbours, permutations, args.alpha, &threads))
    });
    let rows = source.located(rows)?;
    let found = Found::new(&rows);
    let report = Report {
        analyte: source.analyte(),
        unit: source.unit(),
        transform,
        samples: samples.len(),
        weights: neighbours.record(&source),
        conventions: CONVENTIONS,
        moran: i,
        geary: c,
        permutations,
        alpha: args.alpha,
        notes: local::notes(&rows, &found, permutations, args.alpha),
        found,
        local: Some(&rows),
    };
    for (kind, path) in kinds.iter().zip(&args.out) {
        files::write(kind, path, args.overwrite, &source, &report, &rows)?;
    }
    complete();
    if common.json {
        let rows_elsewhere = !args.out.is_empty();
        output::print_json(&Report { local: if rows_elsewhere { None } else { report.local }, ..report })?;
    } else {
        output::print(&text::text(&report, &rows, source.length_unit()))?;
    }
    Ok(Outcome::Done)
}

//! `soilscope-bench`: one run of a workload, the samples for it, the machine's limits, comparisons. `peers.py` calls it.
#![allow(clippy::print_stdout, reason = "results go to stdout")]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use soilscope_bench::compare::{self, Allowed, Predicted, SINGLE};
use soilscope_bench::field::Places;
use soilscope_bench::setting::Cells;
use soilscope_bench::work::{self, Settings, Work};
use soilscope_bench::{field, limits};

#[derive(Parser)]
#[command(about = "Soilscope's side of `make bench-peers`; results are JSON on stdout")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write samples: x,y,value
    Gen {
        n: usize,
        seed: u64,
        out: PathBuf,
        /// Half of them at sites of 50
        #[arg(long)]
        clustered: bool,
    },
    /// Do a workload as an embedding program would; columns and self.json go to the folder OUT
    Run {
        work: Work,
        samples: PathBuf,
        /// Cells a side, as 500; a rectangle of them, as 4000:COLUMN,ROW,COLUMNS,ROWS
        cells: Cells,
        out: PathBuf,
        #[arg(long, default_value = "1")]
        threads: NonZeroUsize,
        /// Samples for a target; of a simulation half of them samples, half cells
        #[arg(long, default_value = "32")]
        neighbours: usize,
        #[arg(long, default_value = "10")]
        realisations: usize,
    },
    /// Measure the machine
    Limits {
        #[arg(default_values = ["1", "2"])]
        threads: Vec<NonZeroUsize>,
    },
    /// Compare predictions and variances in the folder PEER with those in REFERENCE
    Compare {
        reference: PathBuf,
        peer: PathBuf,
        samples: PathBuf,
        /// Cells of the peer; leave out for leave-one-out
        #[arg(long)]
        cells: Option<Cells>,
        /// Cells of the reference, among those of the peer [default: the same]
        #[arg(long, requires = "cells")]
        reference_cells: Option<Cells>,
        /// Samples for a target; leave out where all serve
        #[arg(long)]
        neighbours: Option<usize>,
        /// As a share of the spread: of the samples' values, and for variances the sill
        #[arg(long, default_value = "1e-9")]
        tolerance: f64,
        /// One of the two comes from a file of 32-bit numbers: they may differ by their last bits
        #[arg(long)]
        single: bool,
    },
    /// Compare empirical variograms
    CompareVariograms {
        reference: PathBuf,
        peer: PathBuf,
        #[arg(long, default_value = "1e-9")]
        tolerance: f64,
    },
    /// Compare the mean and variance of realisations in PEER with the kriging in KRIGING
    CompareMoments { kriging: PathBuf, peer: PathBuf },
}

fn main() -> Result<()> {
    let result = match Args::parse().command {
        Command::Gen { n, seed, out, clustered } => {
            let file = File::create(&out).with_context(|| format!("cannot make {}", out.display()))?;
            let mut file = BufWriter::new(file);
            let places = if clustered { Places::Clustered } else { Places::Uniform };
            let written = field::write_samples(n, seed, places, &mut file);
            written.and_then(|()| file.flush()).context("cannot write the samples")?;
            serde_json::json!({ "samples": n, "seed": seed })
        }
        Command::Run { work, samples, cells, out, threads, neighbours, realisations } => {
            let settings = Settings { threads, neighbours, realisations };
            serde_json::to_value(work::run(work, &samples, cells, settings, &out)?)?
        }
        Command::Limits { threads } => {
            serde_json::to_value(threads.into_iter().map(limits::measure).collect::<Vec<_>>())?
        }
        Command::Compare { reference, peer, samples, cells, reference_cells, neighbours, tolerance, single } => {
            let what = cells.map_or(Predicted::Samples, |cells| Predicted::Cells {
                peer: cells,
                reference: reference_cells.unwrap_or(cells),
            });
            let samples = work::read(&samples)?;
            let allowed = Allowed { of_spread: tolerance, of_value: if single { SINGLE } else { 0.0 } };
            let agreement = compare::predictions(&reference, &peer, what, &samples, neighbours, allowed)?;
            let agree = agreement.agree();
            let mut value = serde_json::to_value(agreement)?;
            value["agree"] = agree.into();
            value
        }
        Command::CompareVariograms { reference, peer, tolerance } => {
            serde_json::to_value(compare::variograms(&reference, &peer, tolerance)?)?
        }
        Command::CompareMoments { kriging, peer } => serde_json::to_value(compare::moments(&kriging, &peer)?)?,
    };
    println!("{result}");
    Ok(())
}

//! `--cloud`: every pair of samples in a file.

use std::fs::File;
use std::io::BufWriter;
use std::ops::ControlFlow;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use soilscope_core::Samples;
use soilscope_core::variogram::{Direction, Estimator, LagClasses, empirical_variogram_with, visit_cloud};
use soilscope_pipeline::tidy::Beside;

use crate::args::{Common, Variogram};
use crate::choice::executor;
use crate::field::short_number;
use crate::output;
use crate::source::Source;

/// Most pairs that are written.
const MOST_PAIRS: u64 = 20_000_000;
/// Bytes of a line of the file, about.
const LINE: u64 = 60;

/// Opens the file before the computing.
pub(super) fn open(path: &Path, args: &Variogram) -> Result<Beside> {
    let csv = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
    ensure!(csv, "{}: a cloud is written as .csv", path.display());
    ensure!(
        !args.out.iter().any(|out| out == path),
        "{}: --cloud and --out name the same file: give each its own",
        path.display()
    );
    output::open(path, args.overwrite)
}

/// Writes the pairs up to the cutoff, one after the other, so that memory does not grow with their number.
pub(super) fn write(
    file: Beside,
    samples: &Samples,
    cutoff: f64,
    directions: &[Direction],
    source: &Source,
    common: &Common,
) -> Result<()> {
    let n = samples.len() as u64;
    // Only where so many pairs are possible are they counted beforehand.
    if n * n.saturating_sub(1) / 2 * directions.len().max(1) as u64 > MOST_PAIRS {
        let whole = LagClasses::regular(cutoff, cutoff)?;
        let counted = empirical_variogram_with(samples, &whole, directions, Estimator::Matheron, &executor(common)?)?;
        let pairs: u64 = counted.classes.iter().map(|c| c.np).sum();
        refuse(n, pairs, cutoff)?;
    }
    let failed = || format!("cannot write {}", file.target().display());
    let mut writer = csv::Writer::from_writer(BufWriter::new(File::create(file.path()).with_context(failed)?));
    writer.write_record(["line_1", "line_2", "dist", "gamma", "azimuth"]).with_context(failed)?;
    let visited = visit_cloud(samples, cutoff, directions, |pair| {
        let [i, j] = pair.samples.map(|s| source.line(s).to_string());
        let azimuth = pair.azimuth.map(|a| a.to_string()).unwrap_or_default();
        match writer.write_record([i, j, pair.dist.to_string(), pair.gamma.to_string(), azimuth]) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    })?;
    if let ControlFlow::Break(error) = visited {
        return Err(error).with_context(failed);
    }
    writer.flush().with_context(failed)?;
    drop(writer);
    file.persist()?;
    Ok(())
}

fn refuse(samples: u64, pairs: u64, cutoff: f64) -> Result<()> {
    let gigabytes = (pairs * LINE) as f64 / 1e9;
    ensure!(
        pairs <= MOST_PAIRS,
        "--cloud: {samples} samples have {pairs} pairs up to {}, a file of about {gigabytes:.1} GB; at most {MOST_PAIRS} are \
         written: lower --cutoff, or take fewer samples",
        short_number(cutoff)
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cloud_too_large_is_refused_with_the_arithmetic() {
        assert!(refuse(6_324, MOST_PAIRS, 1e5).is_ok());
        let message = refuse(50_000, 1_249_975_000, 90_000.0).unwrap_err().to_string();
        assert!(
            message.contains("50000 samples have 1249975000 pairs up to 90000, a file of about 75.0 GB"),
            "{message}"
        );
    }
}

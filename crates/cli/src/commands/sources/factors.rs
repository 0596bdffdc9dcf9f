//! Factors: how well each number of them fits, and one number taken apart.

use anyhow::{Result, ensure};
use serde::Serialize;
use soilscope_assess::sources::pmf::{
    Blocks, BootstrapSettings, Concentrations, Factorisation, PmfSettings, Uncertainty, bootstrap, factorise,
};
use soilscope_core::Coord;
use soilscope_core::executor::Executor;

use super::measured::Measured;
use crate::args::Sources;

/// Most factors in the table of how well each number of them fits.
const TABLE: usize = 8;
/// Samples below which the notes say that there are few (the usual advice for this method is a hundred).
const FEW: usize = 100;
/// Resamples where nothing else was asked for.
pub(super) const RESAMPLES: u32 = 100;
/// Turns of least squares in a resample.
const TURNS: usize = 500;

/// What was found.
#[derive(Debug, Serialize)]
pub(super) struct Factors {
    /// Samples, without those that have fewer values than factors.
    pub(super) samples: usize,
    /// Samples that were left out.
    pub(super) left_out: usize,
    pub(super) values: usize,
    pub(super) missing: usize,
    pub(super) below_limit: usize,
    /// Of each analyte, percent.
    pub(super) error_cv: Vec<f64>,
    /// One factorisation for each number of factors, or that of the number that was asked for.
    pub(super) fits: Vec<Factorisation>,
    /// Where one number of factors was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uncertainty: Option<Uncertainty>,
    /// Side of the squares of samples that were drawn together, CRS units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) block: Option<f64>,
    /// Rows of all places that were factorised.
    #[serde(skip)]
    pub(super) rows: Vec<usize>,
    #[serde(skip)]
    pub(super) notes: Vec<String>,
}

impl Factors {
    pub(super) fn new(args: &Sources, measured: &Measured, executor: &dyn Executor) -> Result<Self> {
        let analytes = measured.analytes.len();
        let error_cv = match &args.error_cv[..] {
            [] => vec![10.0; analytes],
            [one] => vec![*one; analytes],
            each => each.to_vec(),
        };
        ensure!(
            error_cv.len() == analytes,
            "--error-cv has {} numbers and --analyte {analytes} names: give one number, or one for each analyte",
            error_cv.len()
        );
        let wanted = args.factors.map(usize::from);
        // A row with fewer values than factors has no one set of contributions.
        let needed = wanted.unwrap_or_else(|| TABLE.min(analytes - 1)).min(analytes);
        let has = |row: &usize| measured.rows[*row].iter().flatten().count() >= needed;
        let rows: Vec<usize> = (0..measured.rows.len()).filter(has).collect();
        let lines: Vec<usize> = rows.iter().map(|&r| measured.lines[r]).collect();
        let explain = |error| measured.explain(error, &lines);
        let values: Vec<_> = rows.iter().map(|&r| measured.rows[r].clone()).collect();
        ensure!(
            !values.is_empty(),
            "no sample has values of {needed} of the analytes, which {needed} factors need: take fewer factors"
        );
        let relative: Vec<f64> = error_cv.iter().map(|percent| percent / 100.0).collect();
        let data = Concentrations::from_measurements(&values, &relative).map_err(explain)?;
        let settings = PmfSettings {
            starts: args.starts.map_or(PmfSettings::default().starts, usize::from),
            seed: args.seed,
            ..PmfSettings::default()
        };
        let numbers = wanted.map_or_else(|| 1..=data.most_factors().min(TABLE), |n| n..=n);
        ensure!(
            !numbers.is_empty(),
            "{} samples of {analytes} analytes have no more values than one factor has unknowns: take more samples",
            rows.len()
        );
        let fits = numbers.map(|p| factorise(&data, p, &settings, executor)).collect::<Result<Vec<_>, _>>();
        let mut found = Self {
            samples: rows.len(),
            left_out: measured.rows.len() - rows.len(),
            values: data.present(),
            missing: rows.len() * analytes - data.present(),
            below_limit: data.below_limit(),
            error_cv,
            fits: fits.map_err(explain)?,
            uncertainty: None,
            block: None,
            rows,
            notes: Vec::new(),
        };
        let runs = args.bootstrap.unwrap_or(RESAMPLES) as usize;
        if wanted.is_some() && runs > 0 {
            let coords: Vec<Coord> = found.rows.iter().map(|&r| measured.places[r]).collect();
            found.block = Some(args.bootstrap_block.unwrap_or_else(|| side(&coords))).filter(|side| *side > 0.0);
            let blocks = found.block.map_or(Blocks::Single, |side| Blocks::Squares { coords: &coords, side });
            let settings = BootstrapSettings { runs, seed: args.seed, blocks, most_turns: TURNS };
            found.uncertainty = Some(bootstrap(&data, &found.fits[0], &settings, executor).map_err(explain)?);
        }
        found.notes = found.judged(measured);
        Ok(found)
    }

    /// The factorisation that was asked for.
    pub(super) fn one(&self, args: &Sources) -> Option<&Factorisation> {
        args.factors.and_then(|_| self.fits.first())
    }

    /// What a reader should know of the factors.
    fn judged(&self, measured: &Measured) -> Vec<String> {
        let mut notes = Vec::new();
        if self.left_out > 0 {
            notes.push(format!(
                "{} samples have too few of the analytes and were left out of the factors",
                self.left_out
            ));
        }
        if self.samples < FEW {
            notes.push(format!("{} samples are few for factors: a hundred or more is usual", self.samples));
        }
        let ([fit], names) = (&self.fits[..], measured.names()) else { return notes };
        let ratio = fit.q / fit.expected_q;
        if ratio > 2.0 {
            notes.push(format!(
                "Q is {ratio:.1} times what the uncertainties lead to expect: more factors, or uncertainties {:.1} times larger \
                 (--error-cv), would be needed; intervals of contributions are taken as so much wider",
                fit.misfit()
            ));
        } else if ratio < 0.5 {
            notes.push(format!(
                "Q is only {ratio:.2} of what is expected: the uncertainties are too large, or the factors too many"
            ));
        }
        for (j, name) in names.iter().enumerate() {
            if fit.r_squared[j] < 0.5 {
                notes.push(format!("{name} is hardly explained by the factors (r² {:.2})", fit.r_squared[j]));
            }
        }
        let starts = &fit.starts;
        if starts.largest_difference > 0.05 {
            notes.push(format!(
                "starts that fit equally well differ by up to {:.0} % in a share: the factors are not the only ones",
                100.0 * starts.largest_difference
            ));
        }
        if starts.same * 4 < starts.count {
            notes.push(format!(
                "only {} of {} starts found the least Q: try more by --starts",
                starts.same, starts.count
            ));
        }
        if let Some(uncertainty) = &self.uncertainty {
            for (k, share) in uncertainty.found_again.iter().enumerate() {
                if *share < 0.8 {
                    notes.push(format!(
                        "factor {} is found again in only {:.0} % of the resamples: it is not a stable one",
                        k + 1,
                        100.0 * share
                    ));
                }
            }
            let turned: Vec<usize> = (0..fit.factors).filter(|&k| !uncertainty.identified[k]).collect();
            if !turned.is_empty() {
                let ranges = turned.iter().flat_map(|&k| &uncertainty.rotation.shares[k]);
                let widest = ranges.map(|[low, high]| high - low).fold(0.0, f64::max);
                let list = turned.iter().map(|k| (k + 1).to_string()).collect::<Vec<_>>().join(", ");
                notes.push(format!(
                    "not identified: {} {list} can be turned into {} with hardly a loss of fit (a share by up to {:.0} points, Q rising by no \
                     more than {:.1}); the intervals hold that, and are none of confidence",
                    if turned.len() == 1 { "factor" } else { "factors" },
                    if turned.len() == 1 { "another" } else { "each other" },
                    100.0 * widest,
                    uncertainty.rotation.rise
                ));
            }
            if uncertainty.failed > 0 {
                notes.push(format!("{} resamples had fewer factors and are in no interval", uncertainty.failed));
            }
        }
        notes
    }
}

/// Side of squares of which there are about as many as samples in each.
fn side(coords: &[Coord]) -> f64 {
    let extent = [0, 1].map(|k| {
        let ends = coords.iter().map(|c| c[k]);
        ends.clone().fold(f64::NEG_INFINITY, f64::max) - ends.fold(f64::INFINITY, f64::min)
    });
    let squares = (coords.len() as f64).sqrt();
    let longest = extent[0].max(extent[1]);
    // Along a line there are intervals instead.
    let area = (extent[0] * extent[1] / squares).sqrt();
    let side = area.max(longest / squares);
    // Three figures say enough.
    let scale = 10_f64.powf(side.log10().floor() - 2.0);
    (side / scale).round() * scale
}

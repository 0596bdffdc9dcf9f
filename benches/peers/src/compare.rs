//! How far two answers are apart, and whether they agree.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use soilscope_core::{Coord, Samples};

use crate::setting::{Cells, SILL};
use crate::ties::is_tie;

/// Two columns of numbers for the same targets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Targets compared.
    pub targets: usize,
    /// Of those without a value in one of the columns.
    pub missing: usize,
    /// Largest absolute difference.
    pub max: f64,
    /// Root of the mean squared difference.
    pub rms: f64,
    /// The largest difference of targets without ties.
    pub max_without_ties: f64,
    /// What differences are held against: the spread of the field.
    pub spread: f64,
    /// Targets that differ by more than is allowed.
    pub beyond: usize,
    /// Of those with two samples that could each be the last neighbour.
    pub ties: usize,
    /// Whether nothing is missing, and all beyond what is allowed are ties.
    pub agree: bool,
}

/// Targets looked at for ties; with more beyond what is allowed there is a disagreement anyway.
const MOST_TIES: usize = 2_000;

/// How far two numbers may be apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Allowed {
    /// As a share of the field's spread.
    pub of_spread: f64,
    /// As a share of the number itself: [`SINGLE`] for what comes from a file of 32-bit numbers.
    pub of_value: f64,
}

/// What a 32-bit number leaves open, twice: a variance may be the square of a rounded deviation.
pub const SINGLE: f64 = f32::EPSILON as f64;

/// Compares two columns. `tie` says whether a target may differ.
///
/// # Errors
/// Columns of different lengths, or without targets.
///
/// # Examples
/// ```
/// use soilscope_bench::compare::{Allowed, difference};
/// let allowed = Allowed { of_spread: 1e-9, of_value: 0.0 };
/// let d = difference(&[1.0, 2.0, 3.0], &[1.0, 2.0, 3.5], 10.0, allowed, |target| target == 2)?;
/// assert_eq!((d.beyond, d.ties, d.agree, d.max, d.max_without_ties), (1, 1, true, 0.5, 0.0));
/// assert!(!difference(&[1.0], &[f64::NAN], 10.0, allowed, |_| true)?.agree);
/// # Ok::<(), anyhow::Error>(())
/// ```
pub fn difference(
    reference: &[f64],
    peer: &[f64],
    spread: f64,
    allowed: Allowed,
    tie: impl Fn(usize) -> bool,
) -> Result<Difference> {
    ensure!(reference.len() == peer.len(), "{} numbers against {}", peer.len(), reference.len());
    ensure!(!reference.is_empty(), "nothing to compare");
    ensure!(spread > 0.0 && spread.is_finite(), "the spread {spread} is not above 0");
    let (mut missing, mut max, mut max_without_ties, mut squares) = (0, 0.0_f64, 0.0_f64, 0.0);
    let mut beyond = Vec::new();
    for (target, (a, b)) in reference.iter().zip(peer).enumerate() {
        let apart = (a - b).abs();
        if !apart.is_finite() {
            missing += 1;
            continue;
        }
        max = max.max(apart);
        squares += apart * apart;
        if apart > allowed.of_spread * spread + allowed.of_value * a.abs() {
            beyond.push((target, apart));
        } else {
            max_without_ties = max_without_ties.max(apart);
        }
    }
    let mut ties = 0;
    for &(target, apart) in beyond.iter().take(MOST_TIES) {
        if tie(target) {
            ties += 1;
        } else {
            max_without_ties = max_without_ties.max(apart);
        }
    }
    Ok(Difference {
        targets: reference.len(),
        missing,
        max,
        rms: (squares / (reference.len() - missing).max(1) as f64).sqrt(),
        max_without_ties,
        spread,
        beyond: beyond.len(),
        ties,
        agree: missing == 0 && ties == beyond.len(),
    })
}

/// Predictions and variances of a run against those of another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Agreement {
    /// Against the samples' standard deviation.
    pub pred: Difference,
    /// Against the sill; `None` where one of the runs has no variances.
    pub var: Option<Difference>,
}

impl Agreement {
    /// Whether all columns do.
    pub fn agree(&self) -> bool {
        self.pred.agree && self.var.as_ref().is_none_or(|v| v.agree)
    }
}

/// What was predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Predicted {
    /// Cells of the peer, which may be more than the reference's: only the reference's are compared.
    Cells {
        /// Of the peer.
        peer: Cells,
        /// Of the reference.
        reference: Cells,
    },
    /// Each sample from the others.
    Samples,
}

/// One column of a run, as it left it. A run that has standard deviations (`sd.f64`) has variances too.
///
/// # Errors
/// A file that cannot be read or does not hold whole numbers of eight bytes; `Ok(None)` where there is none.
pub fn column(folder: &Path, name: &str) -> Result<Option<Vec<f64>>> {
    let path = folder.join(format!("{name}.f64"));
    if path.exists() {
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let (numbers, rest) = bytes.as_chunks::<8>();
        ensure!(rest.is_empty(), "{} does not hold whole numbers", path.display());
        return Ok(Some(numbers.iter().map(|&b| f64::from_le_bytes(b)).collect()));
    }
    if name == "var" {
        let squared = |sd: Vec<f64>| sd.into_iter().map(|s| s * s).collect();
        return Ok(column(folder, "sd")?.map(squared));
    }
    Ok(None)
}

fn required(folder: &Path, name: &str) -> Result<Vec<f64>> {
    column(folder, name)?.with_context(|| format!("{} has no {name}.f64", folder.display()))
}

/// Compares the predictions in folder `peer` with those in `reference`, each from the `neighbours` nearest samples (all
/// where `None`).
///
/// # Errors
/// Columns that are missing, or not of the targets that were stated.
pub fn predictions(
    reference: &Path,
    peer: &Path,
    what: Predicted,
    samples: &Samples,
    neighbours: Option<usize>,
    allowed: Allowed,
) -> Result<Agreement> {
    let target = |i: usize| -> (Coord, Option<usize>) {
        match what {
            Predicted::Cells { reference, .. } => (reference.centre(i), None),
            Predicted::Samples => (samples.coords()[i], Some(i)),
        }
    };
    let tie = |i: usize| {
        let (at, left_out) = target(i);
        neighbours.is_some_and(|k| is_tie(samples.coords(), at, k, left_out))
    };
    let chosen = |column: Vec<f64>| -> Result<Vec<f64>> {
        let Predicted::Cells { peer, reference } = what else { return Ok(column) };
        ensure!(column.len() == peer.count(), "{} numbers for {} cells", column.len(), peer.count());
        Ok(peer.positions_of(&reference)?.into_iter().map(|i| column[i]).collect())
    };
    let pred = difference(
        &required(reference, "pred")?,
        &chosen(required(peer, "pred")?)?,
        deviation(samples.values()),
        allowed,
        tie,
    )?;
    let var = match (column(reference, "var")?, column(peer, "var")?) {
        (Some(a), Some(b)) => Some(difference(&a, &chosen(b)?, SILL, allowed, tie)?),
        _ => None,
    };
    Ok(Agreement { pred, var })
}

fn deviation(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
}

/// Empirical variograms of two runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Variograms {
    /// Pairs in all classes.
    pub pairs: f64,
    /// Largest difference between the pairs of a class.
    pub pairs_apart: f64,
    /// Largest difference between semivariances, as a share of the reference's.
    pub gamma_apart: f64,
    /// Whether pairs are the same, and semivariances within the tolerance.
    pub agree: bool,
}

/// Compares the variogram in folder `peer` with that in `reference`.
///
/// # Errors
/// Columns that are missing or of different lengths.
pub fn variograms(reference: &Path, peer: &Path, tolerance: f64) -> Result<Variograms> {
    let [pairs, other_pairs] = [required(reference, "np")?, required(peer, "np")?];
    let [gammas, other_gammas] = [required(reference, "pred")?, required(peer, "pred")?];
    let len = pairs.len();
    ensure!(
        len > 0 && [&other_pairs, &gammas, &other_gammas].iter().all(|c| c.len() == len),
        "variograms with different classes"
    );
    let largest = |it: &mut dyn Iterator<Item = f64>| it.fold(0.0, |a, b| if b <= a { a } else { b });
    let pairs_apart = largest(&mut pairs.iter().zip(&other_pairs).map(|(a, b)| (a - b).abs()));
    let gamma_apart = largest(&mut gammas.iter().zip(&other_gammas).map(|(a, b)| (a - b).abs() / a.abs()));
    let agree = pairs_apart == 0.0 && gamma_apart <= tolerance;
    Ok(Variograms { pairs: pairs.iter().sum(), pairs_apart, gamma_apart, agree })
}

/// Conditional realisations against kriging of the same cells from the same samples.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Moments {
    /// Realisations.
    pub realisations: usize,
    /// Root of the mean squared difference between the realisations' mean and kriging, over what chance makes it: the root
    /// of the mean kriging variance over the number of realisations. 1 is right.
    pub mean_ratio: f64,
    /// Mean variance of a cell's realisations over the mean kriging variance. 1 is right.
    pub variance_ratio: f64,
    /// Whether both are within [`MOMENTS_TOLERANCE`] of 1.
    pub agree: bool,
}

/// Cells of one range apart are nearly independent: of a square 20 ranges wide there are at least 400 such places, and the
/// relative standard error of a mean of 400 squares over ten realisations is √(2 / (400 · 9)) = 0.024; this is four of those.
pub const MOMENTS_TOLERANCE: f64 = 0.1;

/// Compares the realisations in folder `peer` with the kriging in `kriging`, whose draws they are.
///
/// # Errors
/// Columns that are missing, or not a whole number of realisations above one.
pub fn moments(kriging: &Path, peer: &Path) -> Result<Moments> {
    let [value, variance, fields] = [required(kriging, "pred")?, required(kriging, "var")?, required(peer, "pred")?];
    let cells = value.len();
    ensure!(
        cells > 0 && variance.len() == cells && fields.len() % cells == 0 && fields.len() / cells > 1,
        "{} draws of {cells} cells are not several realisations",
        fields.len()
    );
    let count = fields.len() / cells;
    let (mut squares, mut variances) = (0.0, 0.0);
    for cell in 0..cells {
        let draws = || fields[cell..].iter().step_by(cells);
        let mean = draws().sum::<f64>() / count as f64;
        squares += (mean - value[cell]).powi(2);
        variances += draws().map(|d| (d - mean).powi(2)).sum::<f64>() / (count - 1) as f64;
    }
    let kriged: f64 = variance.iter().sum();
    let mean_ratio = (squares / (kriged / count as f64)).sqrt();
    let variance_ratio = variances / kriged;
    let near = |ratio: f64| (ratio - 1.0).abs() <= MOMENTS_TOLERANCE;
    Ok(Moments { realisations: count, mean_ratio, variance_ratio, agree: near(mean_ratio) && near(variance_ratio) })
}

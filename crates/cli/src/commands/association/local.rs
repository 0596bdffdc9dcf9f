//! One sample beside its neighbours: local Moran's I, Gi and Gi*.

use anyhow::Result;
use serde::Serialize;
use soilscope_core::Samples;
use soilscope_core::association::{
    LocalG, Pattern, Permutations, Untested, false_discovery_rate, local_g, local_moran, permutation_p_values,
};
use soilscope_core::executor::Executor;

use super::neighbours::Neighbours;
use crate::source::Source;

/// A sample's statistics; what it has not is `None`.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Row {
    /// Line of the file; of samples made one, the first.
    pub(super) line: usize,
    /// Place in the CRS in which distances are measured.
    pub(super) x: f64,
    pub(super) y: f64,
    /// In the data's unit.
    pub(super) value: f64,
    pub(super) neighbours: usize,
    pub(super) moran: Option<f64>,
    pub(super) moran_z: Option<f64>,
    pub(super) moran_p: Option<f64>,
    pub(super) moran_q: Option<f64>,
    /// How the value and its neighbours lie about the mean, significant or not.
    pub(super) pattern: Option<Pattern>,
    /// The pattern, where it is significant.
    pub(super) cluster: Option<Pattern>,
    pub(super) gi_z: Option<f64>,
    pub(super) gi_p: Option<f64>,
    pub(super) gi_q: Option<f64>,
    pub(super) gi_star_z: Option<f64>,
    pub(super) gi_star_p: Option<f64>,
    pub(super) gi_star_q: Option<f64>,
    /// Where Gi* is significant.
    pub(super) spot: Option<Spot>,
    /// Why there is no test.
    pub(super) untested: Option<Untested>,
}

/// Among high values, or among low ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Spot {
    Hot,
    Cold,
}

impl Spot {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Hot => "hot",
            Self::Cold => "cold",
        }
    }
}

/// A pattern as records spell it.
pub(super) fn pattern_name(pattern: Pattern) -> &'static str {
    match pattern {
        Pattern::HighAmongHigh => "high-among-high",
        Pattern::LowAmongLow => "low-among-low",
        Pattern::HighAmongLow => "high-among-low",
        Pattern::LowAmongHigh => "low-among-high",
    }
}

/// Why a sample has no test, as records spell it.
pub(super) fn untested_name(why: Untested) -> &'static str {
    match why {
        Untested::NoNeighbours => "no-neighbours",
        _ => "no-contrast",
    }
}

/// How many samples there are of each kind.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Found {
    pub(super) tested: usize,
    pub(super) high_among_high: usize,
    pub(super) low_among_low: usize,
    pub(super) high_among_low: usize,
    pub(super) low_among_high: usize,
    pub(super) hot: usize,
    pub(super) cold: usize,
    pub(super) untested: usize,
}

impl Found {
    pub(super) fn new(rows: &[Row]) -> Self {
        let of = |pattern| rows.iter().filter(|r| r.cluster == Some(pattern)).count();
        let spots = |spot| rows.iter().filter(|r| r.spot == Some(spot)).count();
        let untested = rows.iter().filter(|r| r.untested.is_some()).count();
        Self {
            tested: rows.len() - untested,
            high_among_high: of(Pattern::HighAmongHigh),
            low_among_low: of(Pattern::LowAmongLow),
            high_among_low: of(Pattern::HighAmongLow),
            low_among_high: of(Pattern::LowAmongHigh),
            hot: spots(Spot::Hot),
            cold: spots(Spot::Cold),
            untested,
        }
    }
}

/// The statistics of every sample. Probabilities come from permutations, or from the normal distribution without them.
pub(super) fn rows(
    source: &Source,
    samples: &Samples,
    neighbours: &Neighbours,
    permutations: Option<Permutations>,
    alpha: f64,
    executor: &dyn Executor,
) -> Result<Vec<Row>> {
    let weights = &neighbours.weights;
    let moran = local_moran(samples, weights)?;
    let [gi, gi_star] = [weights, &neighbours.with_self].map(|w| local_g(samples, w));
    let (gi, gi_star) = (gi?, gi_star?);
    let arranged = permutations.map(|p| permutation_p_values(samples, weights, p, executor)).transpose()?;
    // Where no arrangement changes a statistic there is nothing to test, whatever the others say.
    let p = |i: usize, normal: Option<f64>| match &arranged {
        Some(arranged) => normal.and(arranged[i].ok()),
        None => normal,
    };
    let conditional = |i: usize| moran[i].ok().and_then(|m| m.conditional);
    let all = 0..samples.len();
    let moran_p: Vec<_> = all.clone().map(|i| p(i, conditional(i).map(|t| t.p))).collect();
    let of_g = |g: &[std::result::Result<LocalG, Untested>], i: usize| p(i, g[i].ok().map(|g| g.p));
    let gi_p: Vec<_> = all.clone().map(|i| of_g(&gi, i)).collect();
    let gi_star_p: Vec<_> = all.clone().map(|i| of_g(&gi_star, i)).collect();
    let (moran_q, gi_q) = (false_discovery_rate(&moran_p)?, false_discovery_rate(&gi_p)?);
    let gi_star_q = false_discovery_rate(&gi_star_p)?;
    let row = |i: usize| {
        let significant = |q: Option<f64>| q.is_some_and(|q| q <= alpha);
        let local = moran[i].ok();
        let star = gi_star[i].ok();
        let pattern = local.and_then(|m| m.pattern);
        let spot = star.map(|g| if g.z > 0.0 { Spot::Hot } else { Spot::Cold });
        let [x, y] = samples.coords()[i];
        let nothing_to_test = moran_p[i].is_none() && gi_p[i].is_none() && gi_star_p[i].is_none();
        Row {
            line: source.line(i),
            x,
            y,
            value: source.samples().values()[i],
            neighbours: weights.neighbours(i),
            moran: local.map(|m| m.value),
            moran_z: conditional(i).map(|t| t.z),
            moran_p: moran_p[i],
            moran_q: moran_q[i],
            pattern,
            cluster: pattern.filter(|_| significant(moran_q[i])),
            gi_z: gi[i].ok().map(|g| g.z),
            gi_p: gi_p[i],
            gi_q: gi_q[i],
            gi_star_z: star.map(|g| g.z),
            gi_star_p: gi_star_p[i],
            gi_star_q: gi_star_q[i],
            spot: spot.filter(|_| significant(gi_star_q[i])),
            untested: moran[i].err().or(nothing_to_test.then_some(Untested::NoContrast)),
        }
    };
    Ok(all.map(row).collect())
}

/// What a reader should know of the tests.
pub(super) fn notes(rows: &[Row], found: &Found, permutations: Option<Permutations>, alpha: f64) -> Vec<String> {
    let mut notes = Vec::new();
    let discovered = rows.iter().filter(|r| r.cluster.is_some() || r.spot.is_some()).count();
    if let Some(Permutations { count, .. }) = permutations {
        // A sample alone is a discovery where its p is at most alpha over the number of tests.
        let least = 2.0 / (f64::from(count.get()) + 1.0);
        let together = (least * found.tested as f64 / alpha).ceil();
        if discovered == 0 && together > 1.0 {
            notes.push(format!(
                "{count} arrangements show no p below {least:.2e}, which is a discovery only where {together} samples or more \
                 have it: --permutations {} or more would find a single one",
                (2.0 * found.tested as f64 / alpha).ceil() as u64
            ));
        }
    } else {
        let few = rows.iter().filter(|r| r.untested.is_none() && r.neighbours < FEW).count();
        if few > 0 {
            notes.push(format!(
                "{few} samples have fewer than {FEW} neighbours, whose weighted sum need not be near a normal distribution: \
                 --permutations 999 does without it"
            ));
        }
    }
    notes
}

/// Neighbours below which a sum of values is not taken to be normal, as is usual.
const FEW: usize = 8;

//! Whether near samples are more alike than far ones: a permutation test.

use crate::executor::{Executor, map};
use crate::neighbourhood::{Search, SearchScratch};
use crate::random::Random;
use crate::{Result, Samples};

use super::terms::Data;

/// Random stream of the permutations.
const PERMUTATIONS: u64 = 0x7065_726d;
/// Nearest neighbours looked at: the closest pairs, a neighbourhood, and a wide one, for structure may be short, or long
/// under a large nugget.
const SCALES: [usize; 3] = [4, 12, 36];
/// Permutations, and fewer of many samples.
const USUAL: u64 = 999;
const FEW: u64 = 199;
/// Samples above which there are fewer.
const MANY: usize = 5000;
/// Samples of one task of the neighbour search.
const ROWS: usize = 256;

/// What the test found.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct StructureTest {
    /// Moran's I of the ranks over each sample's nearest neighbours, at the scale that stands out most: about 0 without
    /// structure, towards 1 with.
    pub moran: f64,
    /// Nearest neighbours at that scale.
    pub neighbours: usize,
    /// Probability of one that stands out as much, if places had nothing to do with values.
    pub p: f64,
    /// Random permutations that this probability comes from.
    pub permutations: u64,
}

/// Tests the values for spatial structure by Moran's I of their ranks, over the 4, 12 and 36 nearest neighbours of each
/// sample: values change places at random, and the largest of the three (each over its standard deviation under
/// permutation) is compared with those of the permutations. Ranks, so that no single value decides.
///
/// # Source
/// Cliff & Ord (1981), *Spatial Processes*, for Moran's I and its randomisation.
pub(super) fn structure_test(
    data: &Data,
    values: &Samples,
    seed: u64,
    executor: &dyn Executor,
) -> Result<StructureTest> {
    let n = values.len();
    let ranks = centred_ranks(values.values());
    let neighbours = neighbours(data, executor)?;
    let widest = neighbours.first().map_or(0, Vec::len);
    let scales: Vec<usize> = SCALES.iter().map(|&k| k.min(widest)).collect();
    let square: f64 = ranks.iter().map(|r| r * r).sum::<f64>() / n as f64;
    let moran = |r: &dyn Fn(usize) -> f64| -> [f64; SCALES.len()] {
        let mut sums = [0.0; SCALES.len()];
        for (i, near) in neighbours.iter().enumerate() {
            let (own, mut sum, mut from) = (r(i), 0.0, 0);
            for (s, &scale) in scales.iter().enumerate() {
                sum += near[from..scale].iter().map(|&j| r(j)).sum::<f64>();
                from = scale;
                sums[s] += own * sum;
            }
        }
        std::array::from_fn(|s| sums[s] / (n * scales[s]) as f64 / square)
    };
    let observed = moran(&|i| ranks[i]);
    let permutations = if n > MANY { FEW } else { USUAL };
    let permuted = map(executor, permutations as usize, |k| {
        let mut order: Vec<f64> = ranks.clone();
        Random::substream(seed, PERMUTATIONS, k as u64).shuffle(&mut order);
        moran(&|i| order[i])
    })?;
    let mut mean = [0.0; SCALES.len()];
    let mut deviation = [0.0; SCALES.len()];
    for s in 0..SCALES.len() {
        mean[s] = permuted.iter().map(|m| m[s]).sum::<f64>() / permutations as f64;
        deviation[s] = (permuted.iter().map(|m| (m[s] - mean[s]).powi(2)).sum::<f64>() / permutations as f64).sqrt();
    }
    let standard = |m: &[f64; SCALES.len()]| -> (f64, usize) {
        (0..SCALES.len())
            .map(|s| ((m[s] - mean[s]) / deviation[s].max(f64::MIN_POSITIVE), s))
            .fold((f64::NEG_INFINITY, 0), |best, now| if now.0 > best.0 { now } else { best })
    };
    let (statistic, scale) = standard(&observed);
    let beyond = permuted.iter().filter(|m| standard(m).0 >= statistic).count();
    Ok(StructureTest {
        moran: observed[scale],
        neighbours: scales[scale],
        p: (beyond + 1) as f64 / (permutations + 1) as f64,
        permutations,
    })
}

/// Each sample's nearest others, nearest first.
fn neighbours(data: &Data, executor: &dyn Executor) -> Result<Vec<Vec<usize>>> {
    let coords = data.samples.coords();
    let most = SCALES[SCALES.len() - 1].min(coords.len() - 1);
    let search = Search::new(Some(most), 1, None)?;
    let parts = map(executor, coords.len().div_ceil(ROWS), |task| {
        let mut scratch = SearchScratch::default();
        let rows = task * ROWS..((task + 1) * ROWS).min(coords.len());
        rows.map(|i| {
            let mut found = Vec::new();
            // There are always `most` others.
            let _ = data.index.neighbours(coords[i], &search, |j| j != i, &mut scratch, &mut found);
            let distance = |j: usize| data.samples.metric().distance(coords[i], coords[j]);
            found.sort_by(|&a, &b| distance(a).total_cmp(&distance(b)).then(a.cmp(&b)));
            found
        })
        .collect::<Vec<_>>()
    })?;
    Ok(parts.into_iter().flatten().collect())
}

/// Ranks less their mean; equal values share the mean of theirs.
fn centred_ranks(values: &[f64]) -> Vec<f64> {
    let n = values.len();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; n];
    let mut from = 0;
    while from < n {
        let to = from + order[from..].iter().take_while(|&&i| values[i] == values[order[from]]).count();
        let rank = 0.5 * (from + to - 1) as f64 - 0.5 * (n - 1) as f64;
        order[from..to].iter().for_each(|&i| ranks[i] = rank);
        from = to;
    }
    ranks
}

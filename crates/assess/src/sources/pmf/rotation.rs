//! How far factors can be turned into each other before they fit worse than chance allows.

use serde::Serialize;
use soilscope_core::executor::{self, Executor};

use super::data::Concentrations;
use super::descent::Factors;
use super::factorise::{Factorisation, scale};
use super::nonnegative::Few;
use crate::sources::SourcesError;

/// By how much Q may rise: beyond it a displaced solution fits worse than chance brings about in one of twenty data sets (χ² with one degree
/// of freedom), and the least that is usual for displaced factors. Times Q over the expected Q where that is above 1.
const RISE: f64 = 4.0;
/// The first turn that is tried, as a share of one that makes a factor half another.
const FIRST: f64 = 1.0 / 1024.0;
/// The largest.
const LAST: f64 = 16.0;
/// Halvings between the last turn that fits and the first that does not.
const HALVINGS: usize = 8;

/// What solutions that fit nearly as well as the best one hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rotation {
    /// By how much the Q of these solutions is above the least at most.
    pub rise: f64,
    /// Of each factor and analyte, smallest and largest that it brings to the mean sample.
    pub profiles: Vec<Vec<[f64; 2]>>,
    /// Of each factor and analyte, smallest and largest share.
    pub shares: Vec<Vec<[f64; 2]>>,
    /// Of each sample and factor, smallest and largest contribution. One row a sample, so not serialised.
    #[serde(skip)]
    pub contributions: Vec<Vec<[f64; 2]>>,
}

/// Turns factors into each other as far as Q rises by no more than 4 (times Q over the expected one where that is above 1).
///
/// Of each pair of factors some of one profile is added to the other or taken from it, all that would be negative is set to 0, and
/// contributions and then profiles are fitted anew; from where that ends, the other factor of the pair is turned too. What the ends differ in the
/// data do not tell. Turns of three or more factors at once are not looked for, so the ranges are the least that there is.
///
/// # Source
/// Paatero, Eberly, Brown & Norris (2014), *Atmospheric Measurement Techniques* 7:781: displacing factors as far as Q rises by no
/// more than 4 (there each element of a profile by itself, with rises of 8, 15 and 25 besides). Displacing them by
/// turns of pairs is this project's.
///
/// # Errors
/// A factorisation of other data, or a cancelled executor.
pub fn rotations(
    data: &Concentrations,
    base: &Factorisation,
    executor: &dyn Executor,
) -> Result<Rotation, SourcesError> {
    let (n, m, p) = (data.samples(), data.analytes(), base.factors);
    base.check_of(data)?;
    let rise = RISE * base.misfit().powi(2).max(1.0);
    let best = base.as_factors();
    let most = best.q(data) + rise;
    let pairs: Vec<(usize, usize, f64)> =
        (0..p).flat_map(|k| (0..p).filter(move |l| *l != k).flat_map(move |l| [(k, l, 1.0), (k, l, -1.0)])).collect();
    let ends = executor::map(executor, pairs.len(), |at| {
        let (k, l, sign) = pairs[at];
        let first = turned(&best, k, l, sign, data, most);
        let from = first.as_ref().unwrap_or(&best);
        let mut ends: Vec<Factors> = [1.0, -1.0].iter().filter_map(|&s| turned(from, l, k, s, data, most)).collect();
        ends.extend(first);
        ends
    })?;
    let all: Vec<&Factors> = ends.iter().flatten().chain([&best]).collect();
    let range = |value: &dyn Fn(&Factors) -> f64| {
        all.iter().map(|f| value(f)).fold([f64::INFINITY, f64::NEG_INFINITY], |[a, b], v| [a.min(v), b.max(v)])
    };
    let each = |value: &dyn Fn(&Factors, usize, usize) -> f64, rows: usize, columns: usize| -> Vec<Vec<[f64; 2]>> {
        (0..rows).map(|i| (0..columns).map(|j| range(&|f| value(f, i, j))).collect()).collect()
    };
    Ok(Rotation {
        rise,
        profiles: each(&|f, k, j| f.f[j][k], p, m),
        shares: each(&|f, k, j| f.share(k, j), p, m),
        contributions: each(&|f, i, k| f.g[i][k], n, p),
    })
}

/// The solution that is farthest in this direction and has a Q of at most `most`; `None` where the smallest turn has more.
fn turned(from: &Factors, k: usize, l: usize, sign: f64, data: &Concentrations, most: f64) -> Option<Factors> {
    // Profiles are of the mean sample; what both bring of all analytes, each on its own scale, makes a turn of 1 half of either.
    let size = |k: usize| from.f.iter().enumerate().map(|(j, f)| f[k] / data.mean(j)).sum::<f64>();
    let unit = sign * size(k) / size(l);
    let at = |by: f64| -> Option<Factors> {
        let profile = |f: &Few| {
            let mut f = *f;
            f[k] = (f[k] + by * unit * f[l]).max(0.0);
            f
        };
        let mut next = Factors::turn(&from.f.iter().map(profile).collect::<Vec<Few>>(), from.count, data);
        scale(&mut next)?;
        (next.q(data) <= most).then_some(next)
    };
    let (mut good, mut by) = (None, FIRST);
    let mut bad = loop {
        match at(by) {
            Some(next) => good = Some((by, next)),
            None => break by,
        }
        if by >= LAST {
            return good.map(|(_, f)| f);
        }
        by *= 2.0;
    };
    for _ in 0..HALVINGS {
        let (reached, _) = good.as_ref()?;
        let middle = 0.5 * (reached + bad);
        match at(middle) {
            Some(next) => good = Some((middle, next)),
            None => bad = middle,
        }
    }
    good.map(|(_, f)| f)
}

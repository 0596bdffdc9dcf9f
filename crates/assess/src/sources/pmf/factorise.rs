//! Factors from several random starts, and what there is to know of them.

use serde::Serialize;
use soilscope_core::executor::{self, Executor};
use soilscope_core::random::Random;

use super::data::Concentrations;
use super::descent::{Descent, Factors, descend};
use super::match_factors::best_match;
use super::nonnegative::{Few, MOST_FACTORS};
use crate::sources::SourcesError;

/// How the least Q is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PmfSettings {
    /// Random starts; the one that ends lowest is kept.
    pub starts: usize,
    /// Most turns of least squares from one start.
    pub most_turns: usize,
    /// Where the starts come from.
    pub seed: u64,
}

impl Default for PmfSettings {
    fn default() -> Self {
        Self { starts: 20, most_turns: 3000, seed: 1 }
    }
}

/// Purpose of the random numbers of starts.
const STARTS: u64 = 0x504d_4601;

/// Starts that end with a Q so little above the lowest, as a share of it, count as having found the same minimum.
pub const SAME: f64 = 0.001;

/// How the starts ended: one minimum, or several.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Starts {
    /// Starts.
    pub count: usize,
    /// Those that stopped because Q fell no more, rather than because the turns were used up.
    pub converged: usize,
    /// The lowest Q, the median and the highest.
    pub q: [f64; 3],
    /// Starts with a Q within a thousandth of the lowest.
    pub same: usize,
    /// Largest difference of a share (of a factor in an analyte, 0 to 1) between the best start and another of those: what
    /// Q cannot tell apart, as far as the starts show it.
    pub largest_difference: f64,
}

/// A factorisation: the one of least Q that was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Factorisation {
    /// How many factors.
    pub factors: usize,
    /// Of each factor, what it brings of each analyte to the mean sample, in the analyte's unit.
    pub profiles: Vec<Vec<f64>>,
    /// Of each sample, how much of each factor is in it; a factor's mean over all samples is 1. One row a sample, so not
    /// serialised.
    #[serde(skip)]
    pub contributions: Vec<Vec<f64>>,
    /// The least Q.
    pub q: f64,
    /// Q expected where the model is right and uncertainties are standard deviations: values less unknowns.
    pub expected_q: f64,
    /// Of each analyte, its part of Q over its part of the expected one (by its number of values): 1 where it is fitted as
    /// well as its uncertainties say, more where the factors do not explain it.
    pub analyte_q: Vec<f64>,
    /// Of each analyte, how many residuals are above three uncertainties in size.
    pub large_residuals: Vec<usize>,
    /// Of each analyte, the correlation of its values with what is fitted, squared.
    pub r_squared: Vec<f64>,
    /// How the starts ended.
    pub starts: Starts,
    /// Q after each turn of the best start.
    #[serde(skip)]
    pub trace: Vec<f64>,
}

impl Factorisation {
    /// Shares of a factor in each analyte of the mean sample, of what all factors bring of it: 0 to 1.
    ///
    /// # Panics
    /// A factor that is not there.
    pub fn shares(&self, factor: usize) -> Vec<f64> {
        let total = |j: usize| self.profiles.iter().map(|p| p[j]).sum::<f64>();
        let share = |(j, v): (usize, &f64)| if total(j) > 0.0 { v / total(j) } else { 0.0 };
        self.profiles[factor].iter().enumerate().map(share).collect()
    }

    /// By how much Q is more than expected: the factor that uncertainties would have to be larger by, for the model to be right.
    pub fn misfit(&self) -> f64 {
        (self.q / self.expected_q).sqrt()
    }

    /// Profiles and contributions as they are computed with.
    pub(super) fn as_factors(&self) -> Factors {
        let few = |value: &dyn Fn(usize) -> f64| -> Few {
            std::array::from_fn(|k| if k < self.factors { value(k) } else { 0.0 })
        };
        let analytes = self.analyte_q.len();
        Factors {
            count: self.factors,
            g: self.contributions.iter().map(|g| few(&|k| g[k])).collect(),
            f: (0..analytes).map(|j| few(&|k| self.profiles[k][j])).collect(),
        }
    }

    /// Refuses data that it is not of, as far as their size tells.
    pub(super) fn check_of(&self, data: &Concentrations) -> Result<(), SourcesError> {
        for (what, found, needed) in [
            ("contributions", self.contributions.len(), data.samples()),
            ("profiles' analytes", self.analyte_q.len(), data.analytes()),
        ] {
            if found != needed {
                return Err(SourcesError::Count { what, found, needed });
            }
        }
        Ok(())
    }
}

/// Refuses numbers of factors that the data do not determine.
pub(super) fn check_factors(data: &Concentrations, factors: usize) -> Result<(), SourcesError> {
    if factors == 0 || factors > MOST_FACTORS {
        let (name, value) = ("the number of factors", factors as f64);
        return Err(SourcesError::Parameter { name, value, requirement: "from 1 to 12" });
    }
    if factors > data.most_factors() {
        return Err(SourcesError::TooManyFactors {
            factors,
            samples: data.samples(),
            analytes: data.analytes(),
            values: data.present(),
            most: data.most_factors(),
        });
    }
    Ok(())
}

/// A random `f`: of each analyte, shares of its mean.
pub(super) fn start(data: &Concentrations, factors: usize, random: &mut Random) -> Vec<Few> {
    let analyte = |j: usize| {
        let mean = data.mean(j);
        let mut f = [0.0; MOST_FACTORS];
        f[..factors].iter_mut().for_each(|f| *f = mean * random.uniform());
        f
    };
    (0..data.analytes()).map(analyte).collect()
}

/// Scales factors to a mean contribution of 1; `None` where one contributes nothing.
pub(super) fn scale(factors: &mut Factors) -> Option<()> {
    for k in 0..factors.count {
        let mean = factors.g.iter().map(|g| g[k]).sum::<f64>() / factors.g.len() as f64;
        if !(mean > 0.0 && factors.f.iter().any(|f| f[k] > 0.0)) {
            return None;
        }
        factors.g.iter_mut().for_each(|g| g[k] /= mean);
        factors.f.iter_mut().for_each(|f| f[k] *= mean);
    }
    Some(())
}

/// Finds the factors of least Q.
///
/// The same seed gives the same factors, to the bit, for any executor; in other units they are the same but for rounding.
///
/// # Errors
/// No factor or more than 12, more than the data determine, no start or turn, factors that contribute nothing wherever the
/// search starts, or a cancelled executor.
pub fn factorise(
    data: &Concentrations,
    factors: usize,
    settings: &PmfSettings,
    executor: &dyn Executor,
) -> Result<Factorisation, SourcesError> {
    check_factors(data, factors)?;
    for (name, number) in [("the number of starts", settings.starts), ("the number of turns", settings.most_turns)] {
        if number == 0 {
            return Err(SourcesError::Parameter { name, value: 0.0, requirement: "at least 1" });
        }
    }
    let ends = executor::map(executor, settings.starts, |k| {
        let mut random = Random::substream(settings.seed, STARTS, k as u64);
        let mut end = descend(start(data, factors, &mut random), factors, data, settings.most_turns);
        scale(&mut end.factors).map(|()| end)
    })?;
    let mut ends: Vec<Descent> = ends.into_iter().flatten().collect();
    ends.sort_by(|a, b| last(a).total_cmp(&last(b)));
    let Some(best) = ends.first() else { return Err(SourcesError::FewerFactors { factors }) };
    let mut found = describe(data, best);
    let shares: Vec<Vec<f64>> = (0..factors).map(|k| found.shares(k)).collect();
    found.starts = Starts {
        count: settings.starts,
        converged: ends.iter().filter(|e| e.converged).count(),
        q: [last(best), last(&ends[ends.len() / 2]), last(&ends[ends.len() - 1])],
        same: 0,
        largest_difference: 0.0,
    };
    for end in ends.iter().take_while(|e| last(e) <= last(best) * (1.0 + SAME)) {
        found.starts.same += 1;
        let other = describe(data, end);
        let likeness = |k: usize, l: usize| -> f64 {
            let difference = |i: usize| (found.contributions[i][k] - other.contributions[i][l]).powi(2);
            -(0..data.samples()).map(difference).sum::<f64>()
        };
        for (k, l) in best_match(factors, likeness).into_iter().enumerate() {
            for (a, b) in shares[k].iter().zip(other.shares(l)) {
                found.starts.largest_difference = found.starts.largest_difference.max((a - b).abs());
            }
        }
    }
    Ok(found)
}

fn last(descent: &Descent) -> f64 {
    descent.trace.last().copied().unwrap_or(f64::INFINITY)
}

/// Factors in order of their mean share, and what there is to know of their fit.
fn describe(data: &Concentrations, descent: &Descent) -> Factorisation {
    let (n, m) = (data.samples(), data.analytes());
    let Factors { count, g, f } = &descent.factors;
    let mean_share = |k: usize| -> f64 {
        let share = |f: &Few| f[k] / f[..*count].iter().sum::<f64>();
        f.iter().map(share).filter(|s| s.is_finite()).sum()
    };
    let mut order: Vec<usize> = (0..*count).collect();
    order.sort_by(|&a, &b| mean_share(b).total_cmp(&mean_share(a)).then(a.cmp(&b)));
    let expected_q = data.expected_q(*count);
    let (mut analyte_q, mut large_residuals, mut r_squared) = (vec![0.0; m], vec![0; m], vec![0.0; m]);
    for j in 0..m {
        let mut pairs = Vec::new();
        for i in 0..n {
            let (x, s) = data.at(i, j);
            if s.is_finite() {
                let fitted = descent.factors.fitted(i, j);
                let scaled = (x - fitted) / s;
                analyte_q[j] += scaled * scaled;
                large_residuals[j] += usize::from(scaled.abs() > 3.0);
                pairs.push([x, fitted]);
            }
        }
        analyte_q[j] /= expected_q * pairs.len() as f64 / data.present() as f64;
        r_squared[j] = crate::several::Correlation::of(&pairs).pearson.map_or(0.0, |r| r * r);
    }
    Factorisation {
        factors: *count,
        profiles: order.iter().map(|&k| f.iter().map(|f| f[k]).collect()).collect(),
        contributions: g.iter().map(|g| order.iter().map(|&k| g[k]).collect()).collect(),
        q: last(descent),
        expected_q,
        analyte_q,
        large_residuals,
        r_squared,
        starts: Starts { count: 1, converged: 1, q: [last(descent); 3], same: 1, largest_difference: 0.0 },
        trace: descent.trace.clone(),
    }
}

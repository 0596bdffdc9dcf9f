//! Sites one after the other, each where it lowers most what is wrong with the map that there will be.

use soilscope_core::Coord;
use soilscope_core::kriging::ErrorCovariances;

use super::misclassification::expected_misclassification;

/// What is to be lowered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Lower {
    /// The area expected on the wrong side of the limits of the cells.
    Misclassification,
    /// The mean variance of the prediction error, on the modelling scale.
    Variance,
}

/// A target of the covariances as a part of the map.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// Area that the target stands for, in whatever unit the gains shall have; 0 for what is only a place to sample.
    pub area: f64,
    /// The target's own limit, on the modelling scale: a limit of the law can depend on the soil of a place. `None` where there is
    /// none, so that there is no wrong side; [`Lower::Variance`] does not look at it.
    pub limit: Option<f64>,
}

/// What restricts the choice.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Limits {
    /// Most sites; `None` for as many as the budget allows.
    pub sites: Option<usize>,
    /// Most money.
    pub budget: Option<f64>,
    /// Cost of a sample at each candidate; empty where cost does not matter.
    pub costs: Vec<f64>,
    /// Least distance of a site to every other and to `taken`.
    pub min_distance: f64,
    /// Places of the samples that there are.
    pub taken: Vec<Coord>,
}

/// One proposed site.
#[derive(Debug, Clone, PartialEq)]
pub struct Pick {
    /// Which candidate.
    pub candidate: usize,
    /// What it lowers the objective by, given those before it.
    pub gain: f64,
    /// The objective with it and those before it.
    pub after: f64,
    /// Share of its gain per cost that the last of the ten best others would have had: near 1 where many sites are as good, 0 where there
    /// are no ten others.
    pub rivals: f64,
    /// What it costs, where costs matter.
    pub cost: Option<f64>,
}

/// The sites in the order of their choice.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The objective without any of them: an area, or a mean variance.
    pub before: f64,
    /// The sites.
    pub picks: Vec<Pick>,
    /// Why there are no more.
    pub stopped: &'static str,
}

/// Proposes sites by greedy choice: each time the candidate with the highest gain, or gain per cost where costs are given, given
/// all those before it. A site's value is never known, and need not be: under a Gaussian model it moves means, while the variances
/// that are left depend on places alone.
///
/// The misclassified area is that expected with *all* sites chosen so far, not a sum of single gains.
/// Targets without a prediction are no part of the objective: nothing is known that could be lowered there. Nor are, of a misclassified
/// area, those without a limit.
/// A candidate that gains nothing is not chosen. Ties go to the first candidate.
///
/// `places` are those of the candidates, `cells` one for each target of `errors`.
///
/// # Panics
/// Other numbers of places, costs or cells than of candidates and targets.
pub fn propose(errors: &mut ErrorCovariances, cells: &[Cell], places: &[Coord], lower: Lower, limits: &Limits) -> Plan {
    assert_eq!(cells.len(), errors.variances().len(), "a cell a target");
    assert!(limits.costs.is_empty() || limits.costs.len() == places.len(), "a cost a candidate");
    let objective = Objective::new(errors, cells, lower);
    let mut current = objective.parts(errors.variances());
    let total = |parts: &[f64]| parts.iter().sum::<f64>();
    let before = total(&current);
    let cost = |k: usize| limits.costs.get(k).copied();
    let mut spent = 0.0;
    let far = |a: Coord, b: Coord| (a[0] - b[0]).hypot(a[1] - b[1]) >= limits.min_distance;
    let mut open: Vec<bool> =
        places.iter().map(|&p| limits.min_distance <= 0.0 || limits.taken.iter().all(|&t| far(p, t))).collect();
    let mut picks: Vec<Pick> = Vec::new();
    let stopped = loop {
        if limits.sites.is_some_and(|most| picks.len() >= most) {
            break "as many sites as were asked for";
        }
        let affordable = |k: usize| limits.budget.is_none_or(|b| spent + cost(k).unwrap_or(0.0) <= b * (1.0 + 1e-12));
        if !open.contains(&true) {
            break "no candidate is left";
        }
        let candidates: Vec<usize> = (0..places.len()).filter(|&k| open[k] && affordable(k)).collect();
        if candidates.is_empty() {
            // One that buys nothing at all is not spent.
            break if picks.is_empty() { "the budget is less than any site costs" } else { "the budget is spent" };
        }
        let mut worth: Vec<(f64, f64, usize)> = candidates
            .into_iter()
            .map(|k| {
                let gain = objective.gain(errors, k, &current);
                (gain / cost(k).unwrap_or(1.0), gain, k)
            })
            .collect();
        // The best first; ties in the order of the candidates.
        worth.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.2.cmp(&b.2)));
        let (best, gain, k) = worth[0];
        if !(gain > 1e-9 * before) {
            break "no candidate would lower it further";
        }
        let rivals = worth.get(RIVALS).map_or(0.0, |w| w.0 / best);
        errors.update(k);
        current = objective.parts(errors.variances());
        spent += cost(k).unwrap_or(0.0);
        open[k] = false;
        for (other, &place) in places.iter().enumerate() {
            open[other] &= limits.min_distance <= 0.0 || far(place, places[k]);
        }
        picks.push(Pick { candidate: k, gain, after: total(&current), rivals, cost: cost(k) });
    };
    Plan { before, picks, stopped }
}

/// The objective as a sum over the targets.
struct Objective {
    lower: Lower,
    /// Weight of each target: its area, or share of all area.
    weights: Vec<f64>,
    /// Prediction less the limit of the target.
    distances: Vec<f64>,
    /// Variances before any site.
    first: Vec<f64>,
}

/// Others with which a chosen candidate is compared.
const RIVALS: usize = 10;
/// Relative change of a variance, or chance of being wrong, that is as good as none.
const NEGLIGIBLE: f64 = 1e-7;
/// Where the limit is so many standard deviations of what new samples could move the mean by away, they cannot change on which side
/// the place is: less than once in 10¹¹.
const OUT_OF_REACH: f64 = 7.0;

impl Objective {
    fn new(errors: &ErrorCovariances, cells: &[Cell], lower: Lower) -> Self {
        let known = |i: usize| errors.gaps()[i].is_none();
        let mut weights: Vec<f64> =
            cells.iter().enumerate().map(|(i, c)| if known(i) { c.area } else { 0.0 }).collect();
        match lower {
            Lower::Misclassification => {
                weights.iter_mut().zip(cells).filter(|(_, cell)| cell.limit.is_none()).for_each(|(w, _)| *w = 0.0);
            }
            Lower::Variance => {
                let all: f64 = weights.iter().sum();
                if all > 0.0 {
                    weights.iter_mut().for_each(|w| *w /= all);
                }
            }
        }
        let distances = errors.predicted().iter().zip(cells).map(|(p, cell)| p - cell.limit.unwrap_or(0.0)).collect();
        Self { lower, weights, distances, first: errors.variances().to_vec() }
    }

    fn part(&self, i: usize, variance: f64) -> f64 {
        match self.lower {
            Lower::Misclassification => {
                self.weights[i] * expected_misclassification(self.distances[i], self.first[i], variance)
            }
            Lower::Variance => self.weights[i] * variance,
        }
    }

    fn parts(&self, variances: &[f64]) -> Vec<f64> {
        variances.iter().enumerate().map(|(i, &v)| if self.weights[i] > 0.0 { self.part(i, v) } else { 0.0 }).collect()
    }

    /// What a candidate would lower the sum by.
    fn gain(&self, errors: &ErrorCovariances, candidate: usize, current: &[f64]) -> f64 {
        let mut gain = 0.0;
        for (i, (reduction, &variance)) in errors.reductions(candidate).zip(errors.variances()).enumerate() {
            if self.weights[i] > 0.0 && reduction > NEGLIGIBLE * variance {
                gain += match self.lower {
                    Lower::Variance => self.weights[i] * reduction,
                    // Where it is certain on which side the place is, nothing can be gained.
                    Lower::Misclassification if current[i] <= NEGLIGIBLE * self.weights[i] => 0.0,
                    Lower::Misclassification => {
                        let after = variance - reduction;
                        let moves = (self.first[i] - after) * self.first[i] / after.max(f64::MIN_POSITIVE);
                        match self.distances[i].powi(2) > OUT_OF_REACH.powi(2) * moves {
                            true => 0.0,
                            false => current[i] - self.part(i, after),
                        }
                    }
                };
            }
        }
        gain
    }
}

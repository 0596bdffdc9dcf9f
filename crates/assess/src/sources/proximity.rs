//! How near places and hotspots are to known sources, and whether high values are nearer than the field's patchiness makes
//! them.

use geo::{Distance, Euclidean, MultiPolygon, Point};
use serde::Serialize;
use soilscope_core::drift::Drift;
use soilscope_core::executor::Executor;
use soilscope_core::likelihood::{Engine, LikelihoodFit, LikelihoodSettings, fit_likelihood};
use soilscope_core::normal_score::NormalScore;
use soilscope_core::random::Random;
use soilscope_core::simulation::{SequentialGaussian, Simulator, quantile_of_sorted};
use soilscope_core::variogram::{FreeParameter, Structure, Variogram};
use soilscope_core::{Coord, Samples};

use super::SourcesError;
use crate::several::ranks;

/// The nearest of some sources.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Nearest {
    /// Its number among the sources.
    pub source: usize,
    /// Its distance, coordinate units of a plane; 0 inside a polygon.
    pub distance: f64,
}

/// The source nearest to a place, the first of equals; `None` without sources.
///
/// # Examples
/// ```
/// use soilscope_assess::sources::proximity::nearest;
/// let found = nearest([0.0, 0.0], &[[9.0, 0.0], [3.0, 4.0]]).unwrap();
/// assert_eq!((found.source, found.distance), (1, 5.0));
/// ```
pub fn nearest(at: Coord, sources: &[Coord]) -> Option<Nearest> {
    least(sources.iter().map(|s| (s[0] - at[0]).hypot(s[1] - at[1])))
}

/// The source nearest to polygons, as a hotspot has them: 0 away where it lies inside.
pub fn nearest_to_polygons(polygons: &MultiPolygon<f64>, sources: &[Coord]) -> Option<Nearest> {
    least(sources.iter().map(|s| Euclidean.distance(&Point::new(s[0], s[1]), polygons)))
}

/// How many sources lie no farther from polygons than each of these distances.
pub fn sources_within(polygons: &MultiPolygon<f64>, sources: &[Coord], distances: &[f64]) -> Vec<usize> {
    let to: Vec<f64> = sources.iter().map(|s| Euclidean.distance(&Point::new(s[0], s[1]), polygons)).collect();
    distances.iter().map(|limit| to.iter().filter(|d| *d <= limit).count()).collect()
}

fn least(distances: impl Iterator<Item = f64>) -> Option<Nearest> {
    let all = distances.enumerate().map(|(source, distance)| Nearest { source, distance });
    all.min_by(|a, b| a.distance.total_cmp(&b.distance))
}

/// A statistic beside what chance makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AgainstChance {
    /// What the samples have.
    pub value: f64,
    /// 5 %, 50 % and 95 % of it over the random fields.
    pub chance: [f64; 3],
    /// Share of random fields that are as near to the sources or nearer, the samples' own counted with them: one-sided.
    pub p: f64,
}

/// Whether high values are nearer to the sources than chance makes them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProximityTest {
    /// Samples.
    pub samples: usize,
    /// Samples above the threshold; `None` where there was none.
    pub above: Option<usize>,
    /// Rank correlation of values with the distance to the nearest source: below 0 where high values are near.
    pub rank_correlation: AgainstChance,
    /// Mean distance of the samples above the threshold to their nearest source, coordinate units; `None` without a
    /// threshold, or where it parts no samples.
    pub mean_distance_above: Option<AgainstChance>,
    /// Random fields.
    pub fields: usize,
    /// The most likely variogram of normal scores, around which theirs are drawn.
    #[serde(serialize_with = "notation")]
    pub variogram: Variogram,
}

fn notation<S: serde::Serializer>(variogram: &Variogram, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(variogram)
}

/// Settings of the test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProximitySettings {
    /// Values above it are the high ones, beside the correlation of all; the samples' unit.
    pub threshold: Option<f64>,
    /// Random fields.
    pub fields: usize,
    /// Where they come from.
    pub seed: u64,
}

/// Fewest samples that a variogram is fitted to here.
const FEWEST: usize = 20;
/// Most samples of an exact likelihood, which is the slower part here.
const EXACT: usize = 400;
/// Earlier samples that each is drawn given.
const NEIGHBOURS: usize = 48;
/// Fields that share a variogram, and are held at a time.
const BATCH: usize = 16;
const VARIOGRAMS: u64 = 0x504d_4605;

/// Tests whether high values are nearer to sources than a patchy field that knows nothing of the sources would have them.
///
/// `distances` are those of the samples to their nearest source. High values come in patches, so a few patches lie near a
/// source by chance far more often than single samples dealt out at random would: shuffling values over the places, as is
/// often done, finds sources where there are none. Here the samples are held against random fields at their own places, with
/// the variogram of their normal scores (nugget and exponential structure, by restricted maximum likelihood), each field
/// given the very values that were measured, by rank. The variogram is itself only estimated, so every 16 fields have one of
/// their own, drawn from the distribution of its parameters. Places of samples and sources stay as they are, so uneven sampling is
/// the same in all.
///
/// It assumes that normal scores are Gaussian in several places together and vary alike everywhere, and that the
/// variogram is of that kind. What sources really cause is in that variogram too, which makes the test slow to find them: a large
/// p is no proof that they have no effect. A small p is no proof of a cause: whatever lies where the sources lie would do.
///
/// # Source
/// The principle, random fields with the observed autocorrelation in the place of shuffled values, is that of Viladomat,
/// Mazumder, McInturff, McCauley & Hastie (2014), *Biometrics* 70:409; the statistics and the fields are this project's.
///
/// # Errors
/// Distances of another number than samples, fewer than 20 samples, distances that do not differ, no random field, and what a
/// fit by likelihood refuses, as samples on a sphere, at one place or without variation.
pub fn proximity_test(
    samples: &Samples,
    distances: &[f64],
    settings: &ProximitySettings,
    executor: &dyn Executor,
) -> Result<ProximityTest, SourcesError> {
    check(samples, distances)?;
    if settings.fields == 0 {
        let (name, value) = ("the number of random fields", 0.0);
        return Err(SourcesError::Parameter { name, value, requirement: "at least 1" });
    }
    let values = samples.values();
    let scores = NormalScore::from_values(values, None)?;
    let gaussian = samples.with_values(values.iter().map(|&v| scores.forward(v)).collect())?;
    let engine = if samples.len() <= EXACT { Engine::Exact } else { Engine::Vecchia { neighbours: 30 } };
    let how = LikelihoodSettings { engine, ..LikelihoodSettings::default() };
    let fit = fit_likelihood(&gaussian, Drift::Constant, &"Nug + Exp".parse()?, &how, executor)?;
    let statistic = Statistic::new(values, distances, settings.threshold);
    let mut chance: Vec<[f64; 2]> = Vec::with_capacity(settings.fields);
    for first in (0..settings.fields).step_by(BATCH) {
        let mut random = Random::substream(settings.seed, VARIOGRAMS, first as u64);
        let drawn = drawn_variogram(&fit, 3.0 * samples.diagonal(), &mut random)?;
        let mut recipe = SequentialGaussian::new(drawn, Drift::KnownMean(0.0), settings.seed);
        recipe.node_neighbours = NEIGHBOURS;
        let run = recipe.prepare(None, samples.coords())?;
        let fields = run.simulate(first..(first + BATCH).min(settings.fields), executor)?;
        for k in 0..fields.range().len() {
            chance.push(statistic.of(&fields.realisation(k).collect::<Vec<f64>>()));
        }
    }
    let observed = statistic.of(values);
    let against = |which: usize| {
        let mut by_chance: Vec<f64> = chance.iter().map(|c| c[which]).collect();
        by_chance.sort_by(f64::total_cmp);
        // Sums in another order differ by rounding where they are the same.
        let tie = 1e-9 * observed[which].abs();
        let as_near = by_chance.iter().filter(|c| **c <= observed[which] + tie).count();
        AgainstChance {
            value: observed[which],
            chance: [0.05, 0.5, 0.95].map(|p| quantile_of_sorted(&by_chance, p)),
            p: (as_near + 1) as f64 / (settings.fields + 1) as f64,
        }
    };
    let above = settings.threshold.map(|_| statistic.above);
    Ok(ProximityTest {
        samples: samples.len(),
        above,
        rank_correlation: against(0),
        mean_distance_above: above.filter(|&k| k > 0 && k < samples.len()).map(|_| against(1)),
        fields: settings.fields,
        variogram: fit.variogram,
    })
}

/// A variogram that the samples could as well have: its nugget, sill and range drawn from their estimates' distribution, on
/// the scale of logarithms.
fn drawn_variogram(fit: &LikelihoodFit, longest: f64, random: &mut Random) -> soilscope_core::Result<Variogram> {
    let count = fit.parameters.len();
    // Cholesky of their covariance; a parameter at a bound has a variance of 0 and stays.
    let mut lower = vec![vec![0.0; count]; count];
    for i in 0..count {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| lower[i][k] * lower[j][k]).sum();
            let rest = fit.covariance[(i, j)] - known;
            lower[i][j] = match i == j {
                true => rest.max(0.0).sqrt(),
                false if lower[j][j] > 0.0 => rest / lower[j][j],
                false => 0.0,
            };
        }
    }
    let normals: Vec<f64> = (0..count).map(|_| random.normal()).collect();
    let (mut nugget, mut structures) = (fit.variogram.nugget(), fit.variogram.structures().to_vec());
    for (i, parameter) in fit.parameters.iter().enumerate() {
        let shift: f64 = (0..=i).map(|k| lower[i][k] * normals[k]).sum();
        // An estimate that is hardly one has an error of any size: no more than a factor of 10 is believed.
        let drawn = parameter.estimate * shift.clamp(-10_f64.ln(), 10_f64.ln()).exp();
        match parameter.parameter {
            FreeParameter::Nugget => nugget = drawn,
            FreeParameter::PartialSill(k) => {
                structures[k] = Structure::new(structures[k].model(), drawn, structures[k].range())?;
            }
            FreeParameter::Range(k) => {
                structures[k] =
                    Structure::new(structures[k].model(), structures[k].partial_sill(), drawn.min(longest))?;
            }
            _ => {}
        }
    }
    Variogram::new(nugget, structures)
}

/// Refuses samples that nothing can be told from.
pub(super) fn check(samples: &Samples, distances: &[f64]) -> Result<(), SourcesError> {
    if distances.len() != samples.len() {
        return Err(SourcesError::Count { what: "distances", found: distances.len(), needed: samples.len() });
    }
    if samples.len() < FEWEST {
        let (found, purpose) = (samples.len(), "nearness to sources");
        return Err(soilscope_core::Error::TooFewSamples { found, needed: FEWEST, purpose }.into());
    }
    if let Some(&value) = distances.iter().find(|d| !(**d >= 0.0 && d.is_finite())) {
        return Err(SourcesError::Parameter { name: "a distance", value, requirement: "0 or more, and finite" });
    }
    if distances.iter().all(|d| *d == distances[0]) {
        return Err(SourcesError::OneDistance { distance: distances[0] });
    }
    Ok(())
}

/// What is compared: of any field, as if it had the samples' values.
struct Statistic<'a> {
    distances: &'a [f64],
    /// Ranks of the distances, less their mean, over the roots of both sums of squares.
    near: Vec<f64>,
    /// Ranks of the samples' values in increasing order, equal ones sharing theirs.
    ranks: Vec<f64>,
    above: usize,
}

impl<'a> Statistic<'a> {
    fn new(values: &[f64], distances: &'a [f64], threshold: Option<f64>) -> Self {
        let mut of_values = ranks(values);
        let mut near = ranks(distances);
        let mean = (values.len() + 1) as f64 / 2.0;
        let squares = |ranks: &[f64]| ranks.iter().map(|r| (r - mean).powi(2)).sum::<f64>();
        let size = (squares(&of_values) * squares(&near)).sqrt();
        near.iter_mut().for_each(|r| *r = (*r - mean) / size);
        of_values.sort_by(f64::total_cmp);
        let above = threshold.map_or(0, |t| values.iter().filter(|v| **v > t).count());
        Self { distances, near, ranks: of_values, above }
    }

    /// Rank correlation with the distance, and the mean distance of the highest.
    fn of(&self, field: &[f64]) -> [f64; 2] {
        let mut order: Vec<usize> = (0..field.len()).collect();
        order.sort_by(|&a, &b| field[a].total_cmp(&field[b]));
        let correlation = order.iter().zip(&self.ranks).map(|(&i, rank)| self.near[i] * rank).sum();
        let highest = &order[field.len() - self.above..];
        let sum: f64 = highest.iter().map(|&i| self.distances[i]).sum();
        [correlation, sum / self.above as f64]
    }
}

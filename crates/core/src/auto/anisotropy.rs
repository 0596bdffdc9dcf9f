//! Whether the range depends on the direction.

use super::candidates::{Candidate, FittedBy, Scorer, difference};
use super::reml::{Likelihood, Shape};
use super::score_test::isotropy_score_test;
use crate::Result;
use crate::variogram::{Model, Variogram};

/// Samples it takes to look for directions: two more parameters, and pairs in every direction.
const FROM: usize = 50;
/// Probability below which isotropy is given up.
const LEVEL: f64 = 0.05;

/// What the test found.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct AnisotropyTest {
    /// Probability of samples that speak as much for a direction if there were none.
    pub p: f64,
    /// The anisotropic model, fitted where `p` is at most 0.05.
    pub fitted: Option<AnisotropicFit>,
    /// Whether it was taken: where held-out samples are predicted better by it.
    pub taken: bool,
}

/// An anisotropic model beside the isotropic one.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct AnisotropicFit {
    /// Direction of the longest range, degrees clockwise from north.
    pub azimuth: f64,
    /// Shortest over longest range.
    pub ratio: f64,
    /// In gstat's notation.
    pub notation: String,
    /// What it gains in log score over the isotropic one, and that difference's standard error.
    pub gain: [f64; 2],
}

/// Tests the chosen shape for geometric anisotropy, fits it where the test says so, and compares both by held-out samples;
/// both by restricted likelihood, like with like. `None` below 50 samples.
pub(super) fn anisotropy_test(
    chosen: &Candidate,
    scorer: &Scorer<'_>,
    likelihood: &Likelihood<'_>,
    seed: u64,
) -> Result<Option<(AnisotropyTest, Option<Candidate>)>> {
    if likelihood.data.samples.len() < FROM {
        return Ok(None);
    }
    let models: Vec<Model> = chosen.variogram.structures().iter().map(|s| s.model()).collect();
    let isotropic = Shape { models: models.clone(), anisotropic: false };
    let same = likelihood.maximise(&isotropic, &[isotropic.point(&chosen.variogram)])?;
    let Some(p) = isotropy_score_test(likelihood, &isotropic, &same.point, same.variogram.sill(), seed)? else {
        return Ok(None);
    };
    let mut test = AnisotropyTest { p, fitted: None, taken: false };
    if p > LEVEL {
        return Ok(Some((test, None)));
    }
    let shape = Shape { models, anisotropic: true };
    let mut starts = Vec::new();
    for size in [0.5, 1.2] {
        for k in 0..8 {
            let angle = f64::from(k) / 8.0 * std::f64::consts::TAU;
            let mut start = same.point.clone();
            start.extend([size * angle.cos(), size * angle.sin()]);
            starts.push(start);
        }
    }
    let variogram = likelihood.maximise(&shape, &starts)?.variogram;
    let found = variogram.structures()[0].anisotropy();
    let of = |v: Variogram, parameters| scorer.candidate(v, FittedBy::RestrictedLikelihood, parameters, false);
    let without = of(same.variogram, chosen.parameters)?;
    let (Some(mut with), Some(without)) = (of(variogram, chosen.parameters + 2)?, without) else {
        return Ok(Some((test, None)));
    };
    with.range_at_limit = chosen.range_at_limit;
    let gain = difference(&without.scores, &with.scores);
    test.taken = gain[0] > 0.0;
    let azimuth = found.azimuth().rem_euclid(180.0);
    test.fitted = Some(AnisotropicFit { azimuth, ratio: found.ratio(), notation: with.notation.clone(), gain });
    Ok(Some((test, Some(with))))
}

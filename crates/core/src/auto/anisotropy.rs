//! Whether the range depends on the direction.

use super::candidates::{Candidate, FittedBy, Scorer, difference};
use crate::Result;
use crate::likelihood::{Bounded, Maximum};
use crate::variogram::{Anisotropy, ModelTemplate, Parameter, Structure, Variogram};

/// Samples it takes to look for directions: two more parameters, and pairs in every direction.
pub(super) const FROM: usize = 50;
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

/// What came of the question.
pub(super) struct Found {
    pub(super) test: AnisotropyTest,
    /// The anisotropic candidate and the maximum it is of, where the test was positive.
    pub(super) fitted: Option<(Candidate, Maximum)>,
}

/// Tests the chosen shape for geometric anisotropy, fits it where the test says so, and compares both by held-out samples;
/// both by restricted likelihood, like with like: `isotropic` is the maximum of the chosen shape, made from `template`.
/// `None` where it cannot be told.
pub(super) fn anisotropy_test(
    chosen: &Candidate,
    (template, isotropic): (&ModelTemplate, &Maximum),
    scorer: &Scorer<'_>,
    likelihood: &Bounded<'_>,
    seed: u64,
) -> Result<Option<Found>> {
    let Some(p) = likelihood.isotropy(isotropic, seed)? else { return Ok(None) };
    let mut test = AnisotropyTest { p, fitted: None, taken: false };
    if p > LEVEL {
        return Ok(Some(Found { test, fitted: None }));
    }
    let mut template = template.clone();
    (template.structures[0].azimuth, template.structures[0].ratio) = (Parameter::Free, Parameter::Free);
    let starts: Result<Vec<Variogram>> = (0..16).map(|k| turned(&isotropic.variogram, k)).collect();
    let maximum = likelihood.maximise_from(&template, &starts?)?;
    let found = maximum.variogram.structures()[0].anisotropy();
    let of = |v: &Variogram, parameters| scorer.candidate(v.clone(), FittedBy::RestrictedLikelihood, parameters, false);
    let without = of(&isotropic.variogram, chosen.parameters)?;
    let (Some(mut with), Some(without)) = (of(&maximum.variogram, chosen.parameters + 2)?, without) else {
        return Ok(Some(Found { test, fitted: None }));
    };
    with.range_at_limit = chosen.range_at_limit;
    let gain = difference(&without.scores, &with.scores);
    test.taken = gain[0] > 0.0;
    let azimuth = found.azimuth().rem_euclid(180.0);
    test.fitted = Some(AnisotropicFit { azimuth, ratio: found.ratio(), notation: with.notation.clone(), gain });
    Ok(Some(Found { test, fitted: Some((with, maximum)) }))
}

/// The isotropic model stretched in one of eight directions, a little or much; the geometric mean of its axes stays.
fn turned(isotropic: &Variogram, k: u8) -> Result<Variogram> {
    let ratio: f64 = if k < 8 { 0.6 } else { 0.3 };
    let anisotropy = Anisotropy::new(22.5 * f64::from(k % 8), ratio)?;
    let stretched = |s: &Structure| {
        let range = s.range() / ratio.sqrt();
        Ok(Structure::new(s.model(), s.partial_sill(), range)?.with_anisotropy(anisotropy))
    };
    Variogram::new(isotropic.nugget(), isotropic.structures().iter().map(stretched).collect::<Result<_>>()?)
}

//! The restricted likelihood in bounded time, for fits of many models to the same samples: what the automatic model climbs.
//!
//! Of up to [`MOST_DENSITIES`] samples every conditional density is summed; of more so many of them, each still given its
//! neighbours among all. Such a part is a likelihood itself, of what its responses say beyond their neighbours.

use std::cell::Cell;

use nalgebra::DMatrix;

use super::data::Data;
use super::fit::{Found, Search};
use super::objective::Sums;
use super::parameters::{Domain, Extent, is_smooth};
use super::result::ParameterEstimate;
use super::vecchia::Vecchia;
use super::{LikelihoodSettings, isotropy};
use crate::drift::{Drift, RANK_TOLERANCE};
use crate::executor::Executor;
use crate::variogram::{Model, ModelTemplate, Structure, Variogram};
use crate::{Error, Result, Samples};

/// Most conditional densities that are summed, and how many the coarse search takes of them.
const MOST_DENSITIES: usize = 2000;
const COARSE: usize = 500;
/// Earlier neighbours of each sample.
const NEIGHBOURS: usize = 20;
/// Share of the sill below which a nugget is none.
const NO_NUGGET: f64 = 1e-6;

/// Samples, ready for the fits of several models.
pub(crate) struct Bounded<'a> {
    fine: Vecchia,
    coarse: Vecchia,
    extent: Extent,
    settings: LikelihoodSettings,
    executor: &'a dyn Executor,
}

/// A maximum.
pub(crate) struct Maximum {
    pub(crate) variogram: Variogram,
    found: Found,
}

impl<'a> Bounded<'a> {
    /// # Errors
    /// As [`fit_likelihood`](super::fit_likelihood).
    pub(crate) fn new(samples: &Samples, drift: Drift, domain: Domain, executor: &'a dyn Executor) -> Result<Self> {
        let data = Data::new(samples, drift)?;
        let extent = Extent { domain, ..Extent::of(&data)? };
        let mut fine = Vecchia::new(&data, NEIGHBOURS, executor)?.part(MOST_DENSITIES);
        let mut coarse = fine.part(COARSE);
        let determined = determined(&coarse);
        if determined.len() < data.functions() {
            let fewer = fine.data().with_functions(&determined);
            coarse = coarse.with_data(fewer.clone());
            fine = fine.with_data(fewer);
        }
        Ok(Self { fine, coarse, extent, settings: LikelihoodSettings::default(), executor })
    }

    fn search(&self) -> Search<'_> {
        Search {
            data: self.fine.data(),
            extent: self.extent,
            coarse: Sums::Vecchia(&self.coarse),
            fine: Sums::Vecchia(&self.fine),
            settings: &self.settings,
            executor: self.executor,
            prior: None,
            evaluations: Cell::new(0),
        }
    }

    /// The maximum of a template reached from the best of a coarse grid and `start`.
    ///
    /// # Errors
    /// [`Error::SingularSystem`] where every start is singular; a cancelled executor.
    pub(crate) fn maximise(&self, template: &ModelTemplate, start: &Variogram) -> Result<Maximum> {
        let mut search = self.search();
        let settings = LikelihoodSettings { start: Some(start.clone()), ..self.settings.clone() };
        search.settings = &settings;
        self.maximum(template, search.maximum(template)?)
    }

    /// The maximum of a template reached from the best of `starts`.
    ///
    /// # Errors
    /// As [`maximise`](Self::maximise).
    pub(crate) fn maximise_from(&self, template: &ModelTemplate, starts: &[Variogram]) -> Result<Maximum> {
        let search = self.search();
        let unknowns = search.unknowns(template);
        let places: Vec<Vec<f64>> = starts.iter().filter_map(|v| unknowns.of_variogram(v)).collect();
        self.maximum(template, search.maximum_from(unknowns, &places)?)
    }

    fn maximum(&self, template: &ModelTemplate, found: Option<Found>) -> Result<Maximum> {
        let singular = || Error::SingularSystem { size: self.fine.data().len(), model: template.to_string() };
        let found = found.ok_or_else(singular)?;
        let variogram = found.unknowns.variogram(&found.summit.place)?;
        let nugget = if variogram.nugget() < NO_NUGGET * variogram.sill() { 0.0 } else { variogram.nugget() };
        let variogram = Variogram::new(nugget, variogram.structures().to_vec())?;
        Ok(Maximum { variogram: with_least_nugget(variogram, self.extent.domain.smooth_nugget)?, found })
    }

    /// Whether the range of the first structure ended at the longest that was looked for.
    pub(crate) fn is_longest(&self, maximum: &Maximum) -> bool {
        let unknowns = &maximum.found.unknowns;
        unknowns
            .free
            .iter()
            .zip(&unknowns.bounds)
            .zip(&maximum.found.summit.place)
            .any(|((p, (_, high)), x)| matches!(p, crate::variogram::FreeParameter::Range(0)) && *x > high - 0.02)
    }

    /// The parameters at a maximum, with 95 % intervals.
    ///
    /// # Errors
    /// A cancelled executor.
    pub(crate) fn parameters(&self, maximum: &Maximum) -> Result<Vec<ParameterEstimate>> {
        self.search().parameters(&maximum.found)
    }

    /// Probability of a likelihood that rises as steeply towards a longer range in some direction, if the field were
    /// isotropic with the parameters of `maximum`; `None` where that cannot be told.
    ///
    /// # Errors
    /// A cancelled executor.
    pub(crate) fn isotropy(&self, maximum: &Maximum, seed: u64) -> Result<Option<f64>> {
        isotropy::probability(&self.fine, &maximum.variogram, seed, self.executor)
    }
}

/// The same model with a nugget of at least this share, where it is smooth at the origin: without one its systems are
/// singular in floating point where samples are close together.
///
/// # Errors
/// Parameters outside their domain.
pub(crate) fn with_least_nugget(variogram: Variogram, share: f64) -> Result<Variogram> {
    let smooth = |s: &Structure| is_smooth(s.model());
    let sill = variogram.sill();
    if !variogram.structures().iter().any(smooth) || variogram.nugget() >= share * sill {
        return Ok(variogram);
    }
    let structured = sill - variogram.nugget();
    let scale = (1.0 - share) * sill / structured;
    let structures: Result<Vec<Structure>> =
        variogram.structures().iter().map(|s| s.with_partial_sill(s.partial_sill() * scale)).collect();
    Variogram::new(share * sill, structures?)?.with_error_variance(variogram.error_variance())
}

/// A nugget and structures of these shapes, all to be fitted.
pub(crate) fn template_of(models: &[Model]) -> ModelTemplate {
    let structures = models.iter().map(|&m| crate::variogram::StructureTemplate::new(m)).collect();
    ModelTemplate { structures, ..ModelTemplate::with_nugget(models[0]) }
}

/// The drift's functions that the responses tell apart: a class that few samples have may not be among a part of them, and
/// its coefficient stays as least squares of all samples have it.
fn determined(vecchia: &Vecchia) -> Vec<usize> {
    let data = vecchia.data();
    let p = data.functions();
    if vecchia.is_whole() || p < 2 {
        return (0..p).collect();
    }
    let rows: Vec<usize> = vecchia.ranks().collect();
    let matrix = DMatrix::from_fn(rows.len(), p, |i, k| data.row(rows[i])[k]);
    let (mut kept, mut basis): (Vec<usize>, Vec<nalgebra::DVector<f64>>) = (Vec::new(), Vec::new());
    for k in 0..p {
        let mut rest = matrix.column(k).into_owned();
        let before = rest.norm();
        // Twice, so that what is left is orthogonal to the last digit.
        for q in basis.iter().chain(&basis) {
            rest.axpy(-q.dot(&rest), q, 1.0);
        }
        if rest.norm() > RANK_TOLERANCE.sqrt() * before {
            basis.push(rest.normalize());
            kept.push(k);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::Serial;
    use crate::likelihood::optimise::Objective;
    use crate::random::Random;
    use crate::variogram::{FreeParameter, Parameter};
    use crate::{Coord, Samples};

    fn domain() -> Domain {
        Domain { reaches: Some((1.0, 200.0)), smooth_nugget: 1e-3, ratio: 0.1, common_direction: true }
    }

    fn samples(n: usize) -> Samples {
        let mut random = Random::new(6);
        let coords: Vec<Coord> = (0..n).map(|_| [random.uniform() * 100.0, random.uniform() * 100.0]).collect();
        let values = coords.iter().map(|c| (c[0] / 9.0).sin() + (c[1] / 20.0).cos() + 0.5 * random.normal()).collect();
        Samples::new(coords, values).unwrap()
    }

    #[test]
    fn structures_share_a_direction() {
        let likelihood = Bounded::new(&samples(150), Drift::Constant, domain(), &Serial).unwrap();
        let mut template = template_of(&[Model::Exponential, Model::Gaussian]);
        (template.structures[0].azimuth, template.structures[0].ratio) = (Parameter::Free, Parameter::Free);
        let search = likelihood.search();
        let unknowns = search.unknowns(&template);
        let natural = [0.2, 0.5, 12.0, 30.0, 0.6, 0.6, 25.0];
        let place = unknowns.coordinates(&natural);
        let variogram = unknowns.variogram(&place).unwrap();
        assert!(variogram.structures().iter().all(|s| (s.anisotropy().ratio() - 0.6).abs() < 1e-12));
        let mut objective = search.objective(search.fine, &unknowns);
        objective.scale = false;
        let at = |place: &[f64]| objective.at(place, true).unwrap().unwrap().1;
        let gradient = at(&place).gradient;
        for j in 0..place.len() {
            let moved = |by: f64| {
                let mut p = place.clone();
                p[j] += by;
                at(&p).log_likelihood
            };
            let difference = (moved(1e-4) - moved(-1e-4)) / 2e-4;
            assert!((gradient[j] - difference).abs() < 1e-5, "{j}: {} {difference}", gradient[j]);
        }
        // Axes that are exchanged are the same model.
        let position = |p| unknowns.free.iter().position(|q| *q == p).unwrap();
        let mut exchanged = place.clone();
        exchanged[position(FreeParameter::Ratio(0))] *= -1.0;
        exchanged[position(FreeParameter::Azimuth(0))] += std::f64::consts::FRAC_PI_2;
        for k in [0, 1] {
            exchanged[position(FreeParameter::Range(k))] += 0.6_f64.ln();
        }
        assert!((at(&exchanged).log_likelihood - at(&place).log_likelihood).abs() < 1e-9);
    }

    #[test]
    fn a_class_that_no_response_has_keeps_its_least_squares_coefficient() {
        let many = samples(6000);
        // Two samples of a class, whose responses are not among the coarse search's: the order is of the places alone.
        let coarse = Bounded::new(&many, Drift::Constant, domain(), &Serial).unwrap().coarse;
        let summed: Vec<u32> = coarse.ranks().map(|rank| coarse.data().positions[rank]).collect();
        let rare: Vec<u32> = (0..6000).filter(|i| !summed.contains(i)).take(2).collect();
        let class: Vec<f64> = (0..6000).map(|i| f64::from(u8::from(rare.contains(&i)))).collect();
        let with = many.with_covariates(&[class]).unwrap();
        let likelihood = Bounded::new(&with, Drift::external(1), domain(), &Serial).unwrap();
        assert!(!likelihood.fine.is_whole() && likelihood.fine.responses() < 2500);
        assert!(likelihood.coarse.responses() < 700);
        assert_eq!(likelihood.fine.data().functions(), 1);
        let start = "0.3 Nug + 1 Exp(10)".parse().unwrap();
        let found = likelihood.maximise(&template_of(&[Model::Exponential]), &start).unwrap();
        assert!((0.15..0.4).contains(&found.variogram.nugget()), "{}", found.variogram);
        assert!(likelihood.isotropy(&found, 1).unwrap().is_some());
        assert_eq!(likelihood.parameters(&found).unwrap().len(), 3);
    }

    #[test]
    fn smooth_models_have_a_nugget() {
        let v: Variogram = "0 Nug + 2 Gau(5) + 1 Exp(3)".parse().unwrap();
        let with = with_least_nugget(v, 1e-3).unwrap();
        assert!((with.nugget() - 0.003).abs() < 1e-12 && (with.sill() - 3.0).abs() < 1e-12);
        assert!((with.structures()[0].partial_sill() / with.structures()[1].partial_sill() - 2.0).abs() < 1e-12);
        let rough: Variogram = "1 Exp(3)".parse().unwrap();
        assert_eq!(with_least_nugget(rough.clone(), 1e-3).unwrap(), rough);
    }
}

//! The free parameters of a model as coordinates of an optimisation.

use super::kernel::Kernel;
use super::place::Surface;
use crate::metric::Metric;
use crate::variogram::{FreeParameter, Model, ModelTemplate, Structure, Variogram};
use crate::{Error, Result};

/// The free parameters of a template: logarithms of all but azimuths, which are in radians.
#[derive(Debug, Clone)]
pub(super) struct Unknowns {
    pub(super) template: ModelTemplate,
    pub(super) free: Vec<FreeParameter>,
    /// Whether all variances are free, so that a common factor of them can be solved for.
    pub(super) scale: bool,
    /// Smallest and largest coordinate.
    pub(super) bounds: Vec<(f64, f64)>,
    metric: Metric,
    common_direction: bool,
}

/// Where parameters are looked for, beside what the samples' extent says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Domain {
    /// Smallest and largest effective range, coordinate units; `None` for as far as samples can tell anything.
    pub(crate) reaches: Option<(f64, f64)>,
    /// Smallest nugget of models without a slope at the origin, as a share of the data's variance.
    pub(crate) smooth_nugget: f64,
    /// Smallest ratio of anisotropy.
    pub(crate) ratio: f64,
    /// Whether all structures have the azimuth and ratio of the first.
    pub(crate) common_direction: bool,
}

impl Default for Domain {
    fn default() -> Self {
        Self { reaches: None, smooth_nugget: VARIANCE_FLOOR, ratio: RATIO_FLOOR, common_direction: false }
    }
}

/// Whether the model rises from the origin without a slope.
pub(crate) fn is_smooth(model: Model) -> bool {
    match model {
        Model::Gaussian => true,
        _ => model.smoothness().is_some_and(|k| k > 1.0),
    }
}

/// Effective range over range parameter.
pub(crate) fn effective_factor(model: Model) -> f64 {
    let unit = Structure::new(model, 1.0, 1.0).and_then(|s| Variogram::new(0.0, vec![s]));
    unit.map_or(1.0, |v| v.effective_range()).clamp(0.1, 100.0)
}

/// What bounds are taken from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    pub(super) metric: Metric,
    pub(super) domain: Domain,
    /// Variance of the data about their trend.
    pub(super) variance: f64,
    /// Typical distance between neighbouring samples.
    pub(super) spacing: f64,
    /// Largest distance.
    pub(super) diagonal: f64,
}

/// How far below the spacing and above the diagonal a range is looked for.
const RANGE_FLOOR: f64 = 0.05;
const RANGE_LIMIT: f64 = 20.0;
/// Smallest and largest variance, as a share of the data's.
const VARIANCE_FLOOR: f64 = 1e-9;
const VARIANCE_LIMIT: f64 = 1e5;
const RATIO_FLOOR: f64 = 0.01;

impl Unknowns {
    pub(super) fn new(template: &ModelTemplate, extent: &Extent, has_errors: bool) -> Self {
        let free = template.free_parameters();
        let log = |low: f64, high: f64| (low.ln(), high.ln());
        let domain = extent.domain;
        let smooth = template.structures.iter().any(|s| is_smooth(s.model));
        let bounds = free.iter().map(|parameter| match parameter {
            FreeParameter::Nugget if smooth => {
                log(domain.smooth_nugget * extent.variance, VARIANCE_LIMIT * extent.variance)
            }
            FreeParameter::Nugget | FreeParameter::PartialSill(_) => {
                log(VARIANCE_FLOOR * extent.variance, VARIANCE_LIMIT * extent.variance)
            }
            FreeParameter::Range(k) => match domain.reaches {
                Some((low, high)) => {
                    let factor = effective_factor(template.structures[*k].model);
                    log(low / factor, high / factor)
                }
                None => log(RANGE_FLOOR * extent.spacing, extent.longest(template.structures[*k].model)),
            },
            FreeParameter::Shape(k) => {
                let model = template.structures[*k].model;
                let (low, high) = model.shape_limits().unwrap_or((1.0, 1.0));
                log(
                    low,
                    if extent.metric.is_sphere() {
                        high.min(model.largest_shape_on_sphere().unwrap_or(high))
                    } else {
                        high
                    },
                )
            }
            FreeParameter::Azimuth(_) => (f64::NEG_INFINITY, f64::INFINITY),
            FreeParameter::Ratio(k) => (domain.ratio.ln(), if swaps(template, *k) { -domain.ratio.ln() } else { 0.0 }),
        });
        let held = |p: &crate::variogram::Parameter| p.fixed().is_some_and(|v| v > 0.0);
        let any_held = template.nugget.as_ref().is_some_and(held)
            || template.structures.iter().any(|s| held(&s.partial_sill))
            || template.error_variance > 0.0
            || has_errors;
        let scale = !any_held && free.iter().any(|p| p.is_linear());
        Self {
            bounds: bounds.collect(),
            template: template.clone(),
            free,
            scale,
            metric: extent.metric,
            common_direction: domain.common_direction,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.free.len()
    }

    /// The same place with every ratio at most 1 and every azimuth in [0°, 180°): a ratio above 1 is one below it with
    /// the axes exchanged, so that the search passes through isotropy and does not stop at it.
    pub(super) fn normalised(&self, mut at: Vec<f64>) -> Vec<f64> {
        for (j, parameter) in self.free.iter().enumerate() {
            let FreeParameter::Ratio(k) = *parameter else { continue };
            if at[j] > 0.0 && swaps(&self.template, k) {
                let position = |wanted| self.free.iter().position(|p| *p == wanted);
                let sharing = if self.common_direction { 0..self.template.structures.len() } else { k..k + 1 };
                for range in sharing.filter_map(|k| position(FreeParameter::Range(k))) {
                    at[range] += at[j];
                }
                if let Some(azimuth) = position(FreeParameter::Azimuth(k)) {
                    at[azimuth] += std::f64::consts::FRAC_PI_2;
                }
                at[j] = -at[j];
            }
        }
        for (x, parameter) in at.iter_mut().zip(&self.free) {
            if let FreeParameter::Azimuth(_) = parameter {
                *x = x.rem_euclid(std::f64::consts::PI);
            }
        }
        at
    }

    /// Parameters in their own units, an azimuth in degrees.
    pub(super) fn natural(&self, at: &[f64]) -> Vec<f64> {
        let value = |(parameter, x): (&FreeParameter, &f64)| match parameter {
            FreeParameter::Azimuth(_) => x.to_degrees(),
            // The logarithm of a ratio of 1 may come back as a hair more.
            FreeParameter::Ratio(_) => x.exp().min(1.0),
            _ => x.exp(),
        };
        self.free.iter().zip(at).map(value).collect()
    }

    /// Coordinates of parameters in their own units, within the bounds.
    pub(super) fn coordinates(&self, natural: &[f64]) -> Vec<f64> {
        let pairs = self.free.iter().zip(natural).zip(&self.bounds);
        pairs.map(|((parameter, value), (low, high))| Self::coordinate(*parameter, *value).clamp(*low, *high)).collect()
    }

    /// The coordinate of one parameter.
    pub(super) fn coordinate(parameter: FreeParameter, value: f64) -> f64 {
        if let FreeParameter::Azimuth(_) = parameter { value.to_radians() } else { value.ln() }
    }

    /// Coordinates of a variogram of the same structures; `None` where it has others.
    pub(super) fn of_variogram(&self, variogram: &Variogram) -> Option<Vec<f64>> {
        let structures = variogram.structures();
        let alike = structures.len() == self.template.structures.len()
            && structures
                .iter()
                .zip(&self.template.structures)
                .all(|(a, b)| a.model().abbreviation() == b.model.abbreviation());
        let value = |parameter: &FreeParameter| match *parameter {
            FreeParameter::Nugget => variogram.nugget(),
            FreeParameter::PartialSill(k) => structures[k].partial_sill(),
            FreeParameter::Range(k) => structures[k].range(),
            FreeParameter::Shape(k) => structures[k].model().shape().unwrap_or(0.5),
            FreeParameter::Azimuth(k) => structures[k].anisotropy().azimuth(),
            FreeParameter::Ratio(k) => structures[k].anisotropy().ratio(),
        };
        alike.then(|| self.coordinates(&self.free.iter().map(value).collect::<Vec<_>>()))
    }

    /// # Errors
    /// Parameters outside their domain.
    pub(super) fn variogram(&self, at: &[f64]) -> Result<Variogram> {
        let variogram = self.template.with_values(&self.natural(at))?;
        if !self.common_direction || variogram.structures().len() < 2 {
            return Ok(variogram);
        }
        let direction = variogram.structures()[0].anisotropy();
        let structures = variogram.structures().iter().map(|s| s.with_anisotropy(direction)).collect();
        Variogram::new(variogram.nugget(), structures)?.with_error_variance(variogram.error_variance())
    }

    /// The kernel of these parameters; `None` where they are no model.
    pub(super) fn kernel(&self, at: &[f64], pairs: usize) -> Option<Kernel> {
        let kernel = Kernel::new(&self.variogram(at).ok()?, &self.free, pairs).on(self.metric);
        Some(if self.common_direction { kernel.with_common_direction() } else { kernel })
    }

    /// Multiplies all variances.
    pub(super) fn rescale(&self, at: &mut [f64], factor: f64) {
        for (x, parameter) in at.iter_mut().zip(&self.free) {
            if parameter.is_linear() {
                *x += factor.ln();
            }
        }
    }

    /// The same model with one parameter held.
    pub(super) fn with_held(&self, index: usize, value: f64) -> ModelTemplate {
        use crate::variogram::Parameter::Fixed;
        let mut template = self.template.clone();
        match self.free[index] {
            FreeParameter::Nugget => template.nugget = Some(Fixed(value)),
            FreeParameter::PartialSill(k) => template.structures[k].partial_sill = Fixed(value),
            FreeParameter::Range(k) => template.structures[k].range = Fixed(value),
            FreeParameter::Shape(k) => {
                template.structures[k].model = template.structures[k].model.with_shape(value);
                template.structures[k].free_shape = false;
            }
            FreeParameter::Azimuth(k) => template.structures[k].azimuth = Fixed(value),
            FreeParameter::Ratio(k) => template.structures[k].ratio = Fixed(value),
        }
        template
    }
}

/// Whether a structure's axes may be exchanged: then a ratio above 1 is no other model.
fn swaps(template: &ModelTemplate, structure: usize) -> bool {
    let s = &template.structures[structure];
    s.azimuth.is_free() && s.range.is_free()
}

impl Extent {
    /// The longest range that is looked for.
    fn longest(&self, model: Model) -> f64 {
        let limit = RANGE_LIMIT * self.diagonal;
        match self.metric {
            Metric::Sphere { radius } if model == Model::Pentaspherical => limit.min(std::f64::consts::PI * radius),
            _ => limit,
        }
    }

    /// # Errors
    /// All samples at one place, or no variation about the trend.
    pub(super) fn of(data: &super::data::Data) -> Result<Self> {
        let [easting, northing] = data.first;
        if !(data.diagonal > 0.0) {
            return Err(Error::OnePlace { count: data.len(), easting, northing });
        }
        if !(data.variance > 0.0) {
            return Err(Error::NoVariation { count: data.len(), value: data.known_mean });
        }
        let tree = super::kdtree::KdTree::new(&data.places);
        let step = data.len().div_ceil(1000);
        let mut nearest = Vec::new();
        let mut distances: Vec<f64> = (0..data.len())
            .step_by(step)
            .filter_map(|i| {
                tree.nearest(data.places[i], 1, |j| data.places[j as usize] != data.places[i], &mut nearest);
                nearest.first().map(|&(squared, _)| Surface::of(data.metric).distance(squared))
            })
            .collect();
        distances.sort_by(f64::total_cmp);
        Ok(Self {
            metric: data.metric,
            domain: Domain::default(),
            variance: data.variance,
            spacing: distances[distances.len() / 2],
            diagonal: data.diagonal,
        })
    }
}

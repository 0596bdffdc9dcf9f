//! Within which limits a variogram's free parameters are looked for, and on which scale.

use super::search::Dimension;
use super::{FreeParameter, Model, ModelTemplate};

/// How far beyond the largest lag a range is looked for.
const RANGE_LIMIT_FACTOR: f64 = 10.0;
/// How far below the smallest lag.
const RANGE_FLOOR_FACTOR: f64 = 0.1;
/// Smallest ratio of anisotropy: below it the short range is beyond what lag classes show of the long one.
const RATIO_FLOOR: f64 = 0.05;

impl ModelTemplate {
    /// Smallest and largest number looked for in place of a free parameter, for lags from `shortest` to `longest`; `None`
    /// for nugget and partial sills, which the variance of the samples limits and not their places.
    ///
    /// # Units
    /// Those of the parameter: ranges in coordinate units, azimuths in degrees, of which 0 and 180 are the same.
    pub fn limits(&self, parameter: FreeParameter, shortest: f64, longest: f64) -> Option<(f64, f64)> {
        match parameter {
            FreeParameter::Nugget | FreeParameter::PartialSill(_) => None,
            FreeParameter::Range(k) => {
                let model = self.structures.get(k)?.model;
                // Lag classes do not show a period shorter than twice their spacing.
                let low = model.period().map_or(RANGE_FLOOR_FACTOR * shortest, |period| 2.0 * shortest / period);
                let least = if model == Model::Logarithmic { 1.0 } else { 0.0 };
                let high = (longest * RANGE_LIMIT_FACTOR).max(least);
                Some((low.max(least).min(high), high))
            }
            FreeParameter::Shape(k) => self.structures.get(k)?.model.shape_limits(),
            FreeParameter::Azimuth(_) => Some((0.0, 180.0)),
            FreeParameter::Ratio(_) => Some((RATIO_FLOOR, 1.0)),
        }
    }
}

/// A free parameter as a dimension of a search: angles as radians, all else as logarithms, so that steps in all dimensions
/// mean about the same.
pub(super) struct Axis {
    parameter: FreeParameter,
    limits: (f64, f64),
    /// Whether the model oscillates, so that its sum of squares has many minima.
    oscillates: bool,
}

impl Axis {
    pub(super) fn new(parameter: FreeParameter, template: &ModelTemplate, (shortest, longest): (f64, f64)) -> Self {
        let limits = template.limits(parameter, shortest, longest).unwrap_or((1.0, 1.0));
        let oscillates =
            matches!(parameter, FreeParameter::Range(k) if template.structures[k].model.period().is_some());
        Self { parameter, limits, oscillates }
    }

    /// The dimension, as one of `count`.
    pub(super) fn dimension(&self, count: usize) -> Dimension {
        // Places of the scan by the number of dimensions.
        let steps = match self.parameter {
            FreeParameter::Azimuth(_) => [180, 24, 12, 8],
            FreeParameter::Ratio(_) => [101, 24, 8, 6],
            FreeParameter::Shape(_) => [201, 24, 10, 7],
            _ if self.oscillates => [1001, 80, 24, 16],
            _ => [201, 40, 14, 12],
        };
        let steps = steps[count.clamp(1, steps.len()) - 1];
        let (low, high) = self.limits;
        match self.parameter {
            FreeParameter::Azimuth(_) => {
                Dimension { low: low.to_radians(), high: high.to_radians(), periodic: true, steps }
            }
            _ => Dimension { low: low.ln(), high: high.ln(), periodic: false, steps },
        }
    }

    /// The parameter at a place of the dimension.
    pub(super) fn number(&self, x: f64) -> f64 {
        match self.parameter {
            FreeParameter::Azimuth(_) => x.to_degrees().rem_euclid(180.0),
            // The exponential of a limit's logarithm may lie a bit beyond the limit.
            _ => x.exp().clamp(self.limits.0, self.limits.1),
        }
    }

    /// Whether the parameter is a range that ended at the largest that is looked for.
    pub(super) fn is_range_at_limit(&self, x: f64) -> bool {
        matches!(self.parameter, FreeParameter::Range(_)) && self.number(x) > 0.999 * self.limits.1
    }
}

//! Covariances of many pairs together with their derivatives by the parameters.

use super::correlation::{Correlation, Rho, with_correlation};
use super::place::{Place, Surface};
use crate::metric::Metric;
use crate::variogram::{FreeParameter, Variogram};

/// How the derivative of the covariance matrix by the logarithm of a parameter is had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Derivative {
    /// The nugget times the matrix that is 1 where two samples share a place: no matrix needs to be formed.
    Nugget,
    /// The covariance matrix less its nugget and errors: the partial sill of the only structure.
    Remainder,
    /// A matrix of its own, the one of this number.
    Dense(usize),
}

/// A variogram ready to be evaluated, with derivatives by its free parameters: by the logarithm of each, and by the
/// radian of an azimuth.
#[derive(Debug, Clone)]
pub(super) struct Kernel {
    nugget: f64,
    error_variance: f64,
    terms: Vec<Term>,
    /// One a free parameter.
    derivatives: Vec<Derivative>,
    dense: usize,
    /// Which dense matrices are sums over structures.
    summed: Vec<usize>,
    surface: Surface,
}

/// One structure.
#[derive(Debug, Clone)]
struct Term {
    correlation: Correlation,
    sill: f64,
    range: f64,
    sin: f64,
    cos: f64,
    ratio: f64,
    /// Numbers of the matrices of its derivatives, as [`SILL`] and the others count them.
    slots: [Option<usize>; SLOTS],
}

/// What a structure may be differentiated by: partial sill, range, shape, azimuth and ratio; and, of an isotropic one, by a
/// longer range to the north, and to the north-east.
const SILL: usize = 0;
const RANGE: usize = 1;
const SHAPE: usize = 2;
const AZIMUTH: usize = 3;
const RATIO: usize = 4;
const NORTH: usize = 5;
const NORTH_EAST: usize = 6;
const SLOTS: usize = 7;

impl Kernel {
    /// The kernel of `variogram`, with derivatives by `free`, for about `pairs` pairs.
    pub(super) fn new(variogram: &Variogram, free: &[FreeParameter], pairs: usize) -> Self {
        let single = variogram.structures().len() == 1;
        let mut slots = vec![[None; SLOTS]; variogram.structures().len()];
        let (mut dense, mut summed) = (0, Vec::new());
        let mut derivatives = Vec::with_capacity(free.len());
        for &parameter in free {
            let (structure, which) = match parameter {
                FreeParameter::Nugget => {
                    derivatives.push(Derivative::Nugget);
                    continue;
                }
                FreeParameter::PartialSill(_) if single => {
                    derivatives.push(Derivative::Remainder);
                    continue;
                }
                FreeParameter::PartialSill(k) => (k, SILL),
                FreeParameter::Range(k) => (k, RANGE),
                FreeParameter::Shape(k) => (k, SHAPE),
                FreeParameter::Azimuth(k) => (k, AZIMUTH),
                FreeParameter::Ratio(k) => (k, RATIO),
            };
            slots[structure][which] = Some(dense);
            if matches!(which, AZIMUTH | RATIO) {
                summed.push(dense);
            }
            derivatives.push(Derivative::Dense(dense));
            dense += 1;
        }
        let terms = variogram.structures().iter().zip(slots).map(|(s, slots)| {
            let (sin, cos) = s.anisotropy().azimuth().to_radians().sin_cos();
            Term {
                correlation: Correlation::new(s.model(), slots[SHAPE].is_some(), pairs),
                sill: s.partial_sill(),
                range: s.range(),
                sin,
                cos,
                ratio: s.anisotropy().ratio(),
                slots,
            }
        });
        Self {
            nugget: variogram.nugget(),
            error_variance: variogram.error_variance(),
            terms: terms.collect(),
            derivatives,
            dense,
            summed,
            surface: Surface::of(Metric::Plane),
        }
    }

    /// The same between places on the surface of `metric`.
    pub(super) fn on(self, metric: Metric) -> Self {
        Self { surface: Surface::of(metric), ..self }
    }

    /// The same where azimuth and ratio, if the first structure has them free, are those of all structures.
    pub(super) fn with_common_direction(mut self) -> Self {
        for which in [AZIMUTH, RATIO] {
            let common = self.terms[0].slots[which];
            self.terms.iter_mut().for_each(|term| term.slots[which] = common);
        }
        self
    }

    /// The same with two more derivatives, for isotropic structures: by the components of a vector of twice the azimuth and
    /// as long as the logarithm of the longest over the shortest range, which all structures share and whose geometric mean
    /// is the range.
    pub(super) fn with_directions(mut self) -> Self {
        for which in [NORTH, NORTH_EAST] {
            self.terms.iter_mut().for_each(|term| term.slots[which] = Some(self.dense));
            self.summed.push(self.dense);
            self.derivatives.push(Derivative::Dense(self.dense));
            self.dense += 1;
        }
        self
    }

    pub(super) fn nugget(&self) -> f64 {
        self.nugget
    }

    /// Measurement-error variance of every sample, beside its own.
    pub(super) fn error_variance(&self) -> f64 {
        self.error_variance
    }

    /// One a free parameter.
    pub(super) fn derivatives(&self) -> &[Derivative] {
        &self.derivatives
    }

    /// How many derivatives need a matrix.
    pub(super) fn dense(&self) -> usize {
        self.dense
    }

    /// Covariances of the structures, without nugget and errors, between `at` and `coords`.
    #[inline]
    pub(super) fn covariances(&self, at: Place, coords: &[Place], out: &mut [f64]) {
        out.fill(0.0);
        for term in &self.terms {
            term.add(self.surface, at, coords, out);
        }
    }

    /// As [`covariances`](Self::covariances), with the rows of the dense derivatives, `stride` apart in `rows`.
    #[inline]
    pub(super) fn with_derivatives(
        &self,
        at: Place,
        coords: &[Place],
        out: &mut [f64],
        rows: &mut [f64],
        stride: usize,
    ) {
        out.fill(0.0);
        for k in &self.summed {
            rows[k * stride..k * stride + coords.len()].fill(0.0);
        }
        for term in &self.terms {
            term.add_with_derivatives(self.surface, at, coords, out, rows, stride);
        }
    }
}

impl Term {
    /// Offsets along and across the major axis, the latter stretched (of an isotropic structure eastward and northward),
    /// and the square of the whole distance.
    #[inline]
    fn offsets(&self, at: Place, to: Place) -> (f64, f64, f64) {
        let (dx, dy, dz) = (to[0] - at[0], to[1] - at[1], to[2] - at[2]);
        let (along, across) = if self.ratio == 1.0 && self.slots[AZIMUTH].is_none() && self.slots[RATIO].is_none() {
            (dx, dy)
        } else {
            (dx * self.sin + dy * self.cos, (dx * self.cos - dy * self.sin) / self.ratio)
        };
        (along, across, along * along + across * across + dz * dz)
    }

    fn add(&self, surface: Surface, at: Place, coords: &[Place], out: &mut [f64]) {
        with_correlation!(&self.correlation, rho => self.add_each(rho, surface, at, coords, out));
    }

    #[inline]
    fn add_each<R: Rho>(&self, rho: &R, surface: Surface, at: Place, coords: &[Place], out: &mut [f64]) {
        let scale = 1.0 / self.range;
        for (c, o) in coords.iter().zip(out.iter_mut()) {
            let (_, _, squared) = self.offsets(at, *c);
            *o += self.sill * rho.value(surface.distance(squared) * scale);
        }
    }

    fn add_with_derivatives(
        &self,
        surface: Surface,
        at: Place,
        coords: &[Place],
        out: &mut [f64],
        rows: &mut [f64],
        stride: usize,
    ) {
        let others = (0..SLOTS).any(|which| which != RANGE && self.slots[which].is_some());
        match (self.slots[RANGE], others) {
            (None, false) => self.add(surface, at, coords, out),
            // The usual case, of one structure with a free range, is a loop of its own.
            (Some(k), false) => {
                let row = &mut rows[k * stride..k * stride + coords.len()];
                with_correlation!(&self.correlation, rho => self.add_range(rho, surface, at, coords, out, row));
            }
            (_, true) => {
                with_correlation!(&self.correlation, rho => self.add_all(rho, surface, at, coords, out, rows, stride));
            }
        }
    }

    #[inline]
    fn add_range<R: Rho>(
        &self,
        rho: &R,
        surface: Surface,
        at: Place,
        coords: &[Place],
        out: &mut [f64],
        row: &mut [f64],
    ) {
        let scale = 1.0 / self.range;
        for ((c, o), r) in coords.iter().zip(out.iter_mut()).zip(row) {
            let (_, _, squared) = self.offsets(at, *c);
            let (value, slope) = rho.value_and_slope(surface.distance(squared) * scale);
            *o += self.sill * value;
            *r = -self.sill * slope;
        }
    }

    #[inline]
    #[allow(clippy::too_many_arguments, reason = "what one row of a block's matrices is made from and written to")]
    fn add_all<R: Rho>(
        &self,
        rho: &R,
        surface: Surface,
        at: Place,
        coords: &[Place],
        out: &mut [f64],
        rows: &mut [f64],
        stride: usize,
    ) {
        let [by_sill, by_range, by_shape, by_azimuth, by_ratio, by_north, by_north_east] = self.slots;
        let scale = 1.0 / self.range;
        for (j, c) in coords.iter().enumerate() {
            let (along, across, squared) = self.offsets(at, *c);
            let q = surface.distance(squared) * scale;
            let (value, slope) = rho.value_and_slope(q);
            let (covariance, slope) = (self.sill * value, self.sill * slope);
            out[j] += covariance;
            if let Some(k) = by_sill {
                rows[k * stride + j] = covariance;
            }
            if let Some(k) = by_range {
                rows[k * stride + j] = -slope;
            }
            if let Some(k) = by_shape {
                rows[k * stride + j] = self.sill * rho.by_log_shape(q);
            }
            if !(squared > 0.0) {
                continue;
            }
            if let Some(k) = by_azimuth {
                // ∂ log h / ∂ azimuth: turning the axis moves `across` into `along`.
                let turn = along * across * (self.ratio - 1.0 / self.ratio);
                rows[k * stride + j] += slope * turn / squared;
            }
            if let Some(k) = by_ratio {
                rows[k * stride + j] -= slope * across * across / squared;
            }
            // With u = −log ratio, axes r√e^u and r/√e^u: ∂ log h / ∂ u = −½ cos 2φ for a separation of azimuth φ.
            if let Some(k) = by_north {
                rows[k * stride + j] -= 0.5 * slope * (across * across - along * along) / squared;
            }
            if let Some(k) = by_north_east {
                rows[k * stride + j] -= slope * along * across / squared;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variogram::ModelTemplate;

    #[test]
    fn derivatives_are_the_limits_of_differences() {
        let places: Vec<Place> = (0..40).map(|i| [f64::from(i * 7 % 40), f64::from(i * 11 % 40), 0.0]).collect();
        let template: ModelTemplate =
            "0.1 Nug + Exp(az=?, ratio=?) + Sph + Mat(kappa=?) + Gau + Ste(kappa=2.5) + Mat(kappa=1.5)"
                .parse()
                .unwrap();
        let free: Vec<FreeParameter> = template.free_parameters();
        let values: Vec<f64> = free
            .iter()
            .enumerate()
            .map(|(i, p)| match p {
                FreeParameter::PartialSill(_) => 1.0 + i as f64,
                FreeParameter::Range(_) => 6.0 + i as f64,
                FreeParameter::Azimuth(_) => 35.0,
                FreeParameter::Ratio(_) => 0.6,
                _ => 0.8,
            })
            .collect();
        let n = places.len();
        let evaluate = |values: &[f64], pairs: usize| {
            let kernel = Kernel::new(&template.with_values(values).unwrap(), &free, pairs);
            let (mut row, mut rows) = (vec![0.0; n], vec![0.0; n * kernel.dense()]);
            kernel.with_derivatives([3.0, 4.0, 0.0], &places, &mut row, &mut rows, n);
            (row, rows)
        };
        for pairs in [1, 1_000_000] {
            let (_, rows) = evaluate(&values, pairs);
            for (k, parameter) in free.iter().enumerate() {
                let step = 1e-4;
                let moved = |by: f64| {
                    let mut v = values.clone();
                    match parameter {
                        FreeParameter::Azimuth(_) => v[k] += by.to_degrees(),
                        _ => v[k] *= by.exp(),
                    }
                    evaluate(&v, 1).0
                };
                let (up, down) = (moved(step), moved(-step));
                for j in 0..n {
                    let difference = (up[j] - down[j]) / (2.0 * step);
                    let ours = rows[k * n + j];
                    assert!((ours - difference).abs() < 2e-6, "{parameter:?} at {j}: {ours} against {difference}");
                }
            }
        }
    }

    #[test]
    fn derivatives_by_direction_are_those_of_stretched_models() {
        let places: Vec<Place> = (0..40).map(|i| [f64::from(i * 7 % 40), f64::from(i * 11 % 40), 0.0]).collect();
        let at = [3.0, 4.0, 0.0];
        let covariances = |text: String| {
            let variogram: Variogram = text.parse().unwrap();
            let mut row = vec![0.0; places.len()];
            Kernel::new(&variogram, &[], 1).covariances(at, &places, &mut row);
            row
        };
        let isotropic: Variogram = "0.1 Nug + 1 Exp(6) + 2 Gau(11)".parse().unwrap();
        let kernel = Kernel::new(&isotropic, &[], 1).with_directions();
        let (mut row, mut rows) = (vec![0.0; 40], vec![f64::NAN; 80]);
        kernel.with_derivatives(at, &places, &mut row, &mut rows, 40);
        let step: f64 = 1e-4;
        for (k, azimuth) in [(0, 0.0), (1, 45.0)] {
            let stretched = |azimuth: f64| {
                let long = (0.5 * step).exp();
                let direction = format!("az={azimuth}, ratio={}", (-step).exp());
                covariances(format!(
                    "0.1 Nug + 1 Exp({}, {direction}) + 2 Gau({}, {direction})",
                    6.0 * long,
                    11.0 * long
                ))
            };
            // A longer range across is a shorter one along.
            let (up, down) = (stretched(azimuth), stretched(azimuth + 90.0));
            for j in 0..40 {
                let difference = (up[j] - down[j]) / (2.0 * step);
                assert!((rows[k * 40 + j] - difference).abs() < 1e-7, "{k} {j}: {} {difference}", rows[k * 40 + j]);
            }
        }
    }
}

//! Covariances of many pairs together with their derivatives by the parameters.

use super::correlation::{Correlation, Rho, with_correlation};
use crate::Coord;
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
    /// Numbers of the matrices of its derivatives by partial sill, range, shape, azimuth and ratio.
    slots: [Option<usize>; 5],
}

impl Kernel {
    /// The kernel of `variogram`, with derivatives by `free`, for about `pairs` pairs.
    pub(super) fn new(variogram: &Variogram, free: &[FreeParameter], pairs: usize) -> Self {
        let single = variogram.structures().len() == 1;
        let mut slots = vec![[None; 5]; variogram.structures().len()];
        let mut dense = 0;
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
                FreeParameter::PartialSill(k) => (k, 0),
                FreeParameter::Range(k) => (k, 1),
                FreeParameter::Shape(k) => (k, 2),
                FreeParameter::Azimuth(k) => (k, 3),
                FreeParameter::Ratio(k) => (k, 4),
            };
            slots[structure][which] = Some(dense);
            derivatives.push(Derivative::Dense(dense));
            dense += 1;
        }
        let terms = variogram.structures().iter().zip(slots).map(|(s, slots)| {
            let (sin, cos) = s.anisotropy().azimuth().to_radians().sin_cos();
            Term {
                correlation: Correlation::new(s.model(), slots[2].is_some(), pairs),
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
        }
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
    pub(super) fn covariances(&self, at: Coord, coords: &[Coord], out: &mut [f64]) {
        out.fill(0.0);
        for term in &self.terms {
            term.add(at, coords, out);
        }
    }

    /// As [`covariances`](Self::covariances), with the rows of the dense derivatives, `stride` apart in `rows`.
    #[inline]
    pub(super) fn with_derivatives(
        &self,
        at: Coord,
        coords: &[Coord],
        out: &mut [f64],
        rows: &mut [f64],
        stride: usize,
    ) {
        out.fill(0.0);
        for term in &self.terms {
            term.add_with_derivatives(at, coords, out, rows, stride);
        }
    }
}

impl Term {
    /// Offsets along and across the major axis, the latter stretched.
    #[inline]
    fn offsets(&self, at: Coord, to: Coord) -> (f64, f64) {
        let (dx, dy) = (to[0] - at[0], to[1] - at[1]);
        if self.ratio == 1.0 && self.slots[3].is_none() && self.slots[4].is_none() {
            return (dx, dy);
        }
        (dx * self.sin + dy * self.cos, (dx * self.cos - dy * self.sin) / self.ratio)
    }

    fn add(&self, at: Coord, coords: &[Coord], out: &mut [f64]) {
        with_correlation!(&self.correlation, rho => self.add_each(rho, at, coords, out));
    }

    #[inline]
    fn add_each<R: Rho>(&self, rho: &R, at: Coord, coords: &[Coord], out: &mut [f64]) {
        let scale = 1.0 / self.range;
        for (c, o) in coords.iter().zip(out.iter_mut()) {
            let (along, across) = self.offsets(at, *c);
            *o += self.sill * rho.value((along * along + across * across).sqrt() * scale);
        }
    }

    fn add_with_derivatives(&self, at: Coord, coords: &[Coord], out: &mut [f64], rows: &mut [f64], stride: usize) {
        match self.slots {
            [None, None, None, None, None] => self.add(at, coords, out),
            // The usual case, of one structure with a free range, is a loop of its own.
            [None, Some(k), None, None, None] => {
                let row = &mut rows[k * stride..k * stride + coords.len()];
                with_correlation!(&self.correlation, rho => self.add_range(rho, at, coords, out, row));
            }
            _ => with_correlation!(&self.correlation, rho => self.add_all(rho, at, coords, out, rows, stride)),
        }
    }

    #[inline]
    fn add_range<R: Rho>(&self, rho: &R, at: Coord, coords: &[Coord], out: &mut [f64], row: &mut [f64]) {
        let scale = 1.0 / self.range;
        for ((c, o), r) in coords.iter().zip(out.iter_mut()).zip(row) {
            let (along, across) = self.offsets(at, *c);
            let (value, slope) = rho.value_and_slope((along * along + across * across).sqrt() * scale);
            *o += self.sill * value;
            *r = -self.sill * slope;
        }
    }

    #[inline]
    fn add_all<R: Rho>(&self, rho: &R, at: Coord, coords: &[Coord], out: &mut [f64], rows: &mut [f64], stride: usize) {
        let [by_sill, by_range, by_shape, by_azimuth, by_ratio] = self.slots;
        let scale = 1.0 / self.range;
        for (j, c) in coords.iter().enumerate() {
            let (along, across) = self.offsets(at, *c);
            let squared = along * along + across * across;
            let q = squared.sqrt() * scale;
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
            if let Some(k) = by_azimuth {
                // ∂ log h / ∂ azimuth: turning the axis moves `across` into `along`.
                let turn = along * across * (self.ratio - 1.0 / self.ratio);
                rows[k * stride + j] = if squared > 0.0 { slope * turn / squared } else { 0.0 };
            }
            if let Some(k) = by_ratio {
                rows[k * stride + j] = if squared > 0.0 { -slope * across * across / squared } else { 0.0 };
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
        let places: Vec<Coord> = (0..40).map(|i| [f64::from(i * 7 % 40), f64::from(i * 11 % 40)]).collect();
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
            kernel.with_derivatives([3.0, 4.0], &places, &mut row, &mut rows, n);
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
}

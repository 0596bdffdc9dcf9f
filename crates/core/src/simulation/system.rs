//! Kriging weights of one node from its neighbours, nearest first.

use crate::Coord;
use crate::kriging::cholesky::{dot, solve_lower, solve_upper};
use crate::variogram::Variogram;

/// A neighbour whose variance, given those before it, is no more than this part of its own is passed over: it says nothing
/// that they do not, and to divide by it would multiply their rounding errors. What is lost of the field's variance is no
/// more than this part.
pub(super) const REDUNDANT: f64 = 1e-9;

/// A neighbours' covariance system, built one by one.
#[derive(Debug, Default)]
pub(super) struct LocalSystem {
    coords: Vec<Coord>,
    /// Packed Cholesky factor.
    lower: Vec<f64>,
    row: Vec<f64>,
    one: Vec<f64>,
}

impl LocalSystem {
    pub(super) fn clear(&mut self) {
        self.coords.clear();
        self.lower.clear();
    }

    /// Takes a neighbour in, or passes over one that is redundant; tells which.
    pub(super) fn push(&mut self, variogram: &Variogram, at: Coord, error_variance: f64) -> bool {
        let n = self.coords.len();
        self.row.resize(n, 0.0);
        variogram.covariances(at, &self.coords, &mut self.row);
        solve_lower(&self.lower, &mut self.row);
        let own = variogram.sill() + error_variance;
        let pivot = own - dot(&self.row, &self.row);
        // Written so that NaN is passed over too.
        if !(pivot > REDUNDANT * own) {
            return false;
        }
        self.lower.extend_from_slice(&self.row);
        self.lower.push(pivot.sqrt());
        self.coords.push(at);
        true
    }

    /// Weights of the neighbours taken in, and the kriging variance: with a known mean, or with weights that sum to 1.
    pub(super) fn weights(&mut self, variogram: &Variogram, at: Coord, known_mean: bool, out: &mut Vec<f64>) -> f64 {
        let n = self.coords.len();
        out.clear();
        out.resize(n, 0.0);
        variogram.covariances(at, &self.coords, out);
        solve_lower(&self.lower, out);
        let mut variance = variogram.sill() - dot(out, out);
        if !known_mean {
            self.one.clear();
            self.one.resize(n, 1.0);
            solve_lower(&self.lower, &mut self.one);
            let information = dot(&self.one, &self.one);
            let excess = 1.0 - dot(&self.one, out);
            for (w, u) in out.iter_mut().zip(&self.one) {
                *w += u * excess / information;
            }
            variance += excess * excess / information;
        }
        solve_upper(&self.lower, out);
        variance.max(0.0)
    }
}

/// Coordinates in which neighbours are nearest: turned and stretched so that the structure with the largest partial sill
/// has the same range in all directions. A search around a node then takes what is most correlated with it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Metric {
    sin: f64,
    cos: f64,
    stretch: f64,
}

impl Metric {
    pub(super) fn of(variogram: &Variogram) -> Self {
        let main = variogram.structures().iter().reduce(|a, b| if b.partial_sill() > a.partial_sill() { b } else { a });
        match main.map(|s| s.anisotropy()).filter(|a| !a.is_isotropic()) {
            Some(a) => {
                let (sin, cos) = a.azimuth().to_radians().sin_cos();
                Self { sin, cos, stretch: 1.0 / a.ratio() }
            }
            None => Self { sin: 0.0, cos: 1.0, stretch: 1.0 },
        }
    }

    pub(super) fn place(&self, [x, y]: Coord) -> Coord {
        [(x * self.cos - y * self.sin) * self.stretch, x * self.sin + y * self.cos]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::Drift;
    use crate::kriging::Kriging;
    use crate::neighbourhood::Neighbourhood;
    use crate::variogram::ModelTemplate;
    use crate::{Interpolator, Samples};

    #[test]
    fn weights_predict_what_kriging_predicts() {
        let text = "0.1 Nug + 1 Sph(50, az=30, ratio=0.5)";
        let variogram = text.parse::<ModelTemplate>().unwrap().complete().unwrap().unwrap();
        let coords = vec![[0.0, 0.0], [10.0, 3.0], [4.0, 20.0], [30.0, 30.0]];
        let values = [1.0, 3.0, -2.0, 5.0];
        let samples = Samples::new(coords.clone(), values.to_vec()).unwrap();
        let mut system = LocalSystem::default();
        let mut weights = Vec::new();
        for drift in [Drift::KnownMean(0.0), Drift::Constant] {
            let kriging = Kriging::new(variogram.clone(), drift, Neighbourhood::Global);
            let expected = kriging.fit(&samples).unwrap().predict([7.0, 9.0]).unwrap();
            system.clear();
            assert!(coords.iter().all(|&c| system.push(&variogram, c, 0.0)));
            assert!(!system.push(&variogram, coords[1], 0.0), "a second time it says nothing new");
            let variance = system.weights(&variogram, [7.0, 9.0], drift.known_mean().is_some(), &mut weights);
            assert!((dot(&weights, &values) - expected.value).abs() < 1e-13);
            assert!((variance - expected.variance.unwrap()).abs() < 1e-13);
        }
    }

    #[test]
    fn the_metric_makes_the_main_structure_isotropic() {
        let text = "1 Sph(50, az=30, ratio=0.5)";
        let variogram = text.parse::<ModelTemplate>().unwrap().complete().unwrap().unwrap();
        let metric = Metric::of(&variogram);
        let (sin, cos) = 30_f64.to_radians().sin_cos();
        for separation in [[20.0 * sin, 20.0 * cos], [10.0 * cos, -10.0 * sin]] {
            let [x, y] = metric.place(separation);
            assert!((x.hypot(y) - 20.0).abs() < 1e-12);
        }
    }
}

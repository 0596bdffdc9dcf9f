//! Unbounded variograms as generalised covariances.
//!
//! A variogram without a sill has no covariance, but kriging with a drift that has a constant needs one only up to a
//! constant: A − γ(h), whose A drops out of the weights, the prediction and its variance (Matheron 1973, *Advances in
//! Applied Probability* 5:439). With A large enough this is positive definite among places that are not too far apart, and
//! the same Cholesky factorisation serves all models.

use std::f64::consts::FRAC_PI_2;

use super::{Model, Structure, Variogram};

impl Variogram {
    /// The same variogram, for places no more than `extent` apart: each unbounded structure has the covariance A − γ(h)
    /// with an A that makes it positive definite among them. A bounded variogram is returned as it is.
    ///
    /// # Units
    /// Coordinate units.
    pub(crate) fn localised(&self, extent: f64) -> Self {
        let structures = self.structures.iter().map(|s| s.localised(extent)).collect();
        Self { structures, ..self.clone() }
    }

    /// Covariance at no separation: the sill of a bounded variogram; of an unbounded one the sum of the partial sills, or,
    /// once it is [`localised`](Self::localised), the constant that its covariances are taken from.
    pub(crate) fn variance_at_zero(&self) -> f64 {
        self.nugget + self.structures.iter().map(Structure::variance_at_zero).sum::<f64>()
    }
}

impl Structure {
    fn localised(&self, extent: f64) -> Self {
        // Distances are measured in units of the longest direction, and are longest across it. Of one place alone, any
        // positive constant is a covariance.
        let radius = extent / self.anisotropy().ratio();
        match least_constant(self.model(), self.range(), radius) {
            Some(level) => self.with_level(if level > 0.0 { level } else { 1.0 }),
            None => *self,
        }
    }
}

/// A constant A for which A − γ is positive definite in the disc of this radius, γ with a partial sill of 1; `None` for a
/// bounded model.
///
/// The least such A is the largest Σ λᵢ λⱼ γ(xᵢ − xⱼ) of any weights of sum 1 in the disc, since Σ λᵢ λⱼ (A − γ) is A less
/// that. Places `extent` apart at most lie in a disc of radius extent/√3 (Jung's theorem); the radius used is `extent`, so
/// that A is well above the least.
fn least_constant(model: Model, range: f64, radius: f64) -> Option<f64> {
    match model {
        Model::UnboundedLinear => Some(FRAC_PI_2 * radius),
        // ∫ (1−|y|²)^(−a/2) |x−y|^(a−2) dy over the unit disc is π²/sin(πa/2) for any x in it (M. Riesz's integral; Landkof
        // 1972, *Foundations of Modern Potential Theory*, appendix). Continued analytically to a = 2 + p, and over the
        // integral of the density itself, 2π/(2−a), that is (πp/2)/sin(πp/2): the potential is the same everywhere, so
        // the density has the largest sum. It is π/2 for p = 1, and has no bound as p nears 2.
        Model::Power { exponent } => {
            // The sine of the distance to 2, which is exact, where the sine itself would lose it.
            let angle = FRAC_PI_2 * if exponent > 1.0 { 2.0 - exponent } else { exponent };
            Some(radius.powf(exponent) * FRAC_PI_2 * exponent / angle.sin())
        }
        // ln(1+q) = ∫ (1 − e^(−tq)) e^(−t)/t dt over t > 0. For 1 − e^(−tq) in a disc of radius r the largest sum is 1 less
        // the reciprocal of its magnitude, which is no more than the ball's, 1 + 2s + s² + s³/6 with s = tr (Barceló &
        // Carbery 2018, *American Journal of Mathematics* 140:449): so no more than 2s, and no more than 1. The integral
        // of the smaller of these is at most 1 + E₁(1/2r), and E₁(x) < ln(1 + 1/x).
        Model::Logarithmic => Some(range.ln() + 1.0 + (2.0 * radius / range).ln_1p()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variogram::Anisotropy;
    use nalgebra::{DMatrix, DVector};
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::subsequence;
    use proptest::test_runner::RngSeed;
    use std::f64::consts::PI;

    /// Places in the unit disc: by angle and radius, crowded towards its edge, where the weights are.
    fn disc(rings: usize) -> Vec<[f64; 2]> {
        (0..rings)
            .flat_map(|k| {
                let radius = (FRAC_PI_2 * k as f64 / (rings - 1) as f64).sin();
                let count = if k == 0 { 1 } else { 6 * k };
                (0..count).map(move |i| {
                    let angle = 2.0 * PI * (i as f64 + 0.5 * (k % 2) as f64) / count as f64;
                    [radius * angle.cos(), radius * angle.sin()]
                })
            })
            .collect()
    }

    /// Largest Σ λᵢ λⱼ γ(xᵢ − xⱼ) of weights of sum 1: 1/(1ᵀΓ⁻¹1).
    fn largest_sum(model: Model, range: f64) -> f64 {
        let places = disc(9);
        let gamma = Structure::new(model, 1.0, range).unwrap();
        let n = places.len();
        let matrix = DMatrix::from_fn(n, n, |i, j| {
            gamma.semivariance([places[i][0] - places[j][0], places[i][1] - places[j][1]])
        });
        let ones = DVector::from_element(n, 1.0);
        1.0 / matrix.lu().solve(&ones).unwrap().sum()
    }

    #[test]
    fn the_constant_of_power_models_is_the_least() {
        for exponent in [0.1, 0.5, 1.0, 1.3] {
            let model = Model::Power { exponent };
            let (bound, reached) = (least_constant(model, 1.0, 1.0).unwrap(), largest_sum(model, 1.0));
            assert!(reached <= bound * (1.0 + 1e-9) && reached > 0.9 * bound, "{exponent}: {reached} of {bound}");
        }
        for exponent in [1.7, 1.9, 1.99] {
            let model = Model::Power { exponent };
            assert!(largest_sum(model, 1.0) <= least_constant(model, 1.0, 1.0).unwrap(), "{exponent}");
        }
    }

    #[test]
    fn the_constant_of_the_logarithmic_model_suffices() {
        for range in [1.0, 1.5, 10.0, 1e3] {
            let (bound, reached) =
                (least_constant(Model::Logarithmic, range, 1.0).unwrap(), largest_sum(Model::Logarithmic, range));
            assert!(reached <= bound, "{range}: {reached} of {bound}");
        }
    }

    fn places() -> impl Strategy<Value = Vec<[f64; 2]>> {
        // Jittered cells of a lattice that is thinned at random, and on a line now and then.
        let cells = subsequence((0..49_usize).collect::<Vec<_>>(), 1..=40);
        (cells, vec([0.0..0.8, 0.0..0.8_f64], 49), prop_oneof![4 => Just(1.0), 1 => Just(0.0)]).prop_map(
            |(cells, jitter, flat)| {
                cells.iter().map(|&c| [(c % 7) as f64 + jitter[c][0], ((c / 7) as f64 + jitter[c][1]) * flat]).collect()
            },
        )
    }

    fn covariance_matrix(v: &Variogram, places: &[[f64; 2]]) -> DMatrix<f64> {
        let n = places.len();
        let mut matrix = DMatrix::zeros(n, n);
        let mut row = vec![0.0; n];
        for (i, &at) in places.iter().enumerate() {
            v.covariances(at, places, &mut row);
            matrix.row_mut(i).copy_from_slice(&row);
        }
        matrix
    }

    fn diagonal(places: &[[f64; 2]]) -> f64 {
        let side = |k: usize| {
            let (low, high) =
                places.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |a, p| (a.0.min(p[k]), a.1.max(p[k])));
            high - low
        };
        side(0).hypot(side(1))
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 256, failure_persistence: None, rng_seed: RngSeed::Fixed(20_261_121), ..Default::default()
        })]

        #[test]
        fn a_localised_variogram_is_positive_definite(
            places in places(),
            model in prop_oneof![
                Just(Model::UnboundedLinear),
                (0.01..1.99_f64).prop_map(|exponent| Model::Power { exponent }),
                Just(Model::Logarithmic),
            ],
            range in 1.0..100.0_f64, sill in 1e-6..1e6_f64, unit in -3.0..6.0_f64,
            azimuth in 0.0..180.0_f64, ratio in prop_oneof![Just(1.0), 0.1..1.0_f64], nested in any::<bool>(),
        ) {
            let unit = 10.0_f64.powf(unit);
            // Each place once: with places on a line some coincide.
            let mut places: Vec<[f64; 2]> = places.iter().map(|p| p.map(|c| c * unit)).collect();
            places.sort_by(|a, b| a[0].total_cmp(&b[0]));
            places.dedup_by(|a, b| (a[0] - b[0]).hypot(a[1] - b[1]) < 1e-2 * unit);
            let range = if model.has_range() { range } else { 1.0 };
            let s = Structure::new(model, sill, range).unwrap().with_anisotropy(Anisotropy::new(azimuth, ratio).unwrap());
            let mut structures = vec![s];
            if nested {
                structures.push(Structure::new(Model::Spherical, sill, 3.0 * unit).unwrap());
                structures.push(Structure::new(Model::UnboundedLinear, sill, 1.0).unwrap());
            }
            let v = Variogram::new(0.0, structures).unwrap();
            let local = v.localised(diagonal(&places));
            prop_assert!(covariance_matrix(&local, &places).cholesky().is_some(), "{} of {:?}", v, places);
            prop_assert_eq!(local.sill(), v.sill());
            for p in &places {
                let separation = [p[0] - places[0][0], p[1] - places[0][1]];
                prop_assert_eq!(local.semivariance(separation), v.semivariance(separation));
                let covariance = local.variance_at_zero() - v.semivariance(separation);
                prop_assert!((local.covariance(separation) - covariance).abs() <= 1e-15 * local.variance_at_zero());
            }
        }
    }

    #[test]
    fn a_bounded_variogram_is_its_own_localisation() {
        let v: Variogram = "0.1 Err + 0.1 Nug + 1 Exp(3) + 1 Wav(2)".parse().unwrap();
        assert_eq!(v.localised(100.0), v);
        assert_eq!(v.variance_at_zero(), v.sill());
        let line: Variogram = "0.5 Nug + 2 Lin(0)".parse().unwrap();
        assert_eq!(line.variance_at_zero(), 2.5);
        assert_eq!(line.localised(3.0).variance_at_zero(), 0.5 + 2.0 * FRAC_PI_2 * 3.0);
        assert!(line.localised(0.0).covariance([0.0, 0.0]) > 0.0);
    }
}

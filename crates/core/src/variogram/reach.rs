//! How far a covariance reaches: beyond, it is exactly 0.

use super::{Model, Variogram};
use crate::metric::Metric;

/// What rounding may add to a lag.
const ROUNDING: f64 = 1.0 + 1e-9;

impl Variogram {
    /// Largest easting and northing apart at which a covariance on a plane is not 0, along either axis; `None` where a structure
    /// has no end or the surface is a sphere.
    ///
    /// An ellipse of half axes r and ρr, the first at azimuth α, is within r √(sin²α + ρ² cos²α) of its centre in easting
    /// and within r √(cos²α + ρ² sin²α) in northing.
    pub(crate) fn reach(&self) -> Option<[f64; 2]> {
        self.structures().iter().try_fold([0.0_f64; 2], |reach, s| {
            let ends = matches!(s.model(), Model::Spherical | Model::Circular | Model::Pentaspherical | Model::Linear);
            let (sin, cos) = s.anisotropy().azimuth().to_radians().sin_cos();
            let (along, across) = (s.range() * ROUNDING, s.range() * s.anisotropy().ratio() * ROUNDING);
            let own = [(along * sin).hypot(across * cos), (along * cos).hypot(across * sin)];
            (ends && s.metric() == Metric::Plane).then(|| [reach[0].max(own[0]), reach[1].max(own[1])])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Anisotropy, ModelTemplate};
    use super::*;

    fn model(notation: &str) -> Variogram {
        notation.parse::<ModelTemplate>().unwrap().complete().unwrap().unwrap()
    }

    #[test]
    fn covariances_end_where_the_reach_does() {
        for notation in ["1 Nug + 2 Sph(30)", "2 Cir(30)", "2 Pen(30) + 1 Sph(20)"] {
            for azimuth in [0.0, 25.0, 90.0, 140.0] {
                let turned = |s: &super::super::Structure| s.with_anisotropy(Anisotropy::new(azimuth, 0.4).unwrap());
                let model = model(notation);
                let model = Variogram::new(model.nugget(), model.structures().iter().map(turned).collect()).unwrap();
                let [east, north] = model.reach().unwrap();
                let mut touched = [0.0_f64; 2];
                for step in 0..720 {
                    let (sin, cos) = (f64::from(step) * 0.5).to_radians().sin_cos();
                    for lag in (1..60).map(|k| f64::from(k) * 0.5) {
                        let at = [lag * sin, lag * cos];
                        if model.covariance(at) > 0.0 {
                            touched = [touched[0].max(at[0]), touched[1].max(at[1])];
                        }
                        assert!(
                            model.covariance(at) == 0.0 || (at[0] <= east && at[1] <= north),
                            "{notation} {azimuth}"
                        );
                    }
                    // Just beyond, in any direction of the box.
                    let beyond = [1.001 * east * sin.signum(), 1.001 * north * cos];
                    assert_eq!(model.covariance(beyond), 0.0, "{notation} {azimuth}");
                }
                assert!(touched[0] > 0.9 * east && touched[1] > 0.9 * north, "{notation} {azimuth}: no tighter box");
            }
        }
    }

    #[test]
    fn models_without_an_end_have_no_reach() {
        for notation in ["1 Exp(9)", "1 Sph(9) + 1 Gau(3)", "1 Lin(0)", "1 Wav(9)"] {
            assert_eq!(model(notation).reach(), None, "{notation}");
        }
        assert_eq!(model("1 Nug").reach(), Some([0.0, 0.0]));
    }
}

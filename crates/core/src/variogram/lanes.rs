//! Covariances of many pairs at a time, in vector instructions.

use pulp::Simd;

use super::{Model, Variogram};
use crate::metric::Metric;
use crate::simd::{exp_of_negative, less_product};

/// A variogram on a plane, ready to be evaluated in lanes.
#[derive(Debug, Clone)]
pub(crate) struct LaneCovariance {
    nugget: f64,
    terms: Vec<Term>,
}

#[derive(Debug, Clone)]
struct Term {
    model: Model,
    sill: f64,
    /// Covariance at no separation.
    at_zero: f64,
    /// 1 / range.
    scale: f64,
    /// Sine and cosine of the azimuth, and the longest over the shortest range; `None` where all directions are alike.
    turned: Option<[f64; 3]>,
}

impl LaneCovariance {
    /// `None` where a structure is of a kind that vectors do not compute, or the surface is a sphere.
    pub(crate) fn new(variogram: &Variogram) -> Option<Self> {
        let term = |s: &super::Structure| {
            let known = match s.model() {
                Model::Spherical
                | Model::Exponential
                | Model::Gaussian
                | Model::Pentaspherical
                | Model::Linear
                | Model::UnboundedLinear => true,
                model => model.smoothness().is_some_and(|k| [0.5, 1.5, 2.5].contains(&k)),
            };
            let anisotropy = s.anisotropy();
            let (sin, cos) = anisotropy.azimuth().to_radians().sin_cos();
            (known && s.metric() == Metric::Plane).then_some(Term {
                model: s.model(),
                sill: s.partial_sill(),
                at_zero: s.variance_at_zero(),
                scale: 1.0 / s.range(),
                turned: (!anisotropy.is_isotropic()).then_some([sin, cos, 1.0 / anisotropy.ratio()]),
            })
        };
        Some(Self {
            nugget: variogram.nugget(),
            terms: variogram.structures().iter().map(term).collect::<Option<_>>()?,
        })
    }

    /// Covariances of a few vectors of places, `at`, to places that each come as a vector of eastings and one of northings; a
    /// nugget only where both agree.
    ///
    /// # Panics
    /// An `out` that is shorter than `places`.
    #[inline(always)]
    pub(crate) fn fill<S: Simd, const P: usize>(
        &self,
        simd: S,
        at: [[S::f64s; P]; 2],
        places: impl Iterator<Item = [S::f64s; 2]> + Clone,
        out: &mut [[S::f64s; P]],
    ) {
        let nugget = simd.splat_f64s(self.nugget);
        let Some((first, others)) = self.terms.split_first() else {
            for ([x, y], out) in places.zip(out.iter_mut()) {
                (0..P).for_each(|p| out[p] = at_place(simd, nugget, [x, y], [at[0][p], at[1][p]]));
            }
            return;
        };
        first.add::<S, P, true>(simd, at, places.clone(), nugget, out);
        for term in others {
            term.add::<S, P, false>(simd, at, places.clone(), nugget, out);
        }
    }
}

/// The nugget where two places are one.
#[inline(always)]
fn at_place<S: Simd>(simd: S, nugget: S::f64s, a: [S::f64s; 2], b: [S::f64s; 2]) -> S::f64s {
    let same = simd.and_m64s(simd.equal_f64s(a[0], b[0]), simd.equal_f64s(a[1], b[1]));
    simd.select_f64s(same, nugget, simd.splat_f64s(0.0))
}

impl Term {
    /// Adds this structure's covariances, the `FIRST` to the nugget. The model is told apart outside the loops.
    #[inline(always)]
    fn add<S: Simd, const P: usize, const FIRST: bool>(
        &self,
        simd: S,
        at: [[S::f64s; P]; 2],
        places: impl Iterator<Item = [S::f64s; 2]>,
        nugget: S::f64s,
        out: &mut [[S::f64s; P]],
    ) {
        // Stein's model scales its lags by 2√κ.
        let (smoothness, lags) = match self.model {
            Model::Stein { smoothness } => (smoothness, 2.0 * smoothness.sqrt()),
            model => (model.smoothness().unwrap_or(0.5), 1.0),
        };
        let lags = simd.splat_f64s(lags);
        match self.model {
            Model::Spherical => self.each::<S, P, FIRST>(simd, at, places, nugget, out, Spherical),
            Model::Pentaspherical => self.each::<S, P, FIRST>(simd, at, places, nugget, out, Pentaspherical),
            Model::Linear => self.each::<S, P, FIRST>(simd, at, places, nugget, out, Linear),
            Model::Gaussian => self.each::<S, P, FIRST>(simd, at, places, nugget, out, Gaussian),
            Model::UnboundedLinear => {
                let level = simd.splat_f64s(self.at_zero / self.sill);
                self.each::<S, P, FIRST>(simd, at, places, nugget, out, UnboundedLinear { level });
            }
            _ if smoothness == 0.5 => self.each::<S, P, FIRST>(simd, at, places, nugget, out, Exponential { lags }),
            _ if smoothness == 1.5 => {
                self.each::<S, P, FIRST>(simd, at, places, nugget, out, OnceDifferentiable { lags })
            }
            _ => self.each::<S, P, FIRST>(simd, at, places, nugget, out, TwiceDifferentiable { lags }),
        }
    }

    /// Adds the sill times the correlation of each pair.
    #[inline(always)]
    fn each<S: Simd, const P: usize, const FIRST: bool>(
        &self,
        simd: S,
        at: [[S::f64s; P]; 2],
        places: impl Iterator<Item = [S::f64s; 2]>,
        nugget: S::f64s,
        out: &mut [[S::f64s; P]],
        shape: impl Shape<S>,
    ) {
        let (scale, sill) = (simd.splat_f64s(self.scale), simd.splat_f64s(self.sill));
        let [sin, cos, stretch] = self.turned.unwrap_or([0.0, 1.0, 1.0]).map(|v| simd.splat_f64s(v));
        let turned = self.turned.is_some();
        for ([x, y], out) in places.zip(out) {
            for p in 0..P {
                let (mut dx, mut dy) = (simd.sub_f64s(x, at[0][p]), simd.sub_f64s(y, at[1][p]));
                if turned {
                    let along = simd.mul_add_e_f64s(dx, sin, simd.mul_f64s(dy, cos));
                    let across = less_product(simd, simd.mul_f64s(dx, cos), dy, sin);
                    (dx, dy) = (along, simd.mul_f64s(stretch, across));
                }
                let squared = simd.mul_add_e_f64s(dx, dx, simd.mul_f64s(dy, dy));
                let correlation = shape.correlation(simd, simd.mul_f64s(scale, simd.sqrt_f64s(squared)));
                let before = if FIRST { at_place(simd, nugget, [x, y], [at[0][p], at[1][p]]) } else { out[p] };
                out[p] = simd.mul_add_e_f64s(sill, correlation, before);
            }
        }
    }
}

/// Correlation of lags in ranges. These are types and not closures, which the compiler need not inline, and without that they
/// would have no vector instructions.
trait Shape<S: Simd>: Copy {
    fn correlation(self, simd: S, q: S::f64s) -> S::f64s;
}

#[derive(Clone, Copy)]
struct Spherical;

impl<S: Simd> Shape<S> for Spherical {
    #[inline(always)]
    fn correlation(self, simd: S, q: S::f64s) -> S::f64s {
        let q = simd.min_f64s(q, simd.splat_f64s(1.0));
        let slope = less_product(simd, simd.splat_f64s(1.5), simd.splat_f64s(0.5), simd.mul_f64s(q, q));
        less_product(simd, simd.splat_f64s(1.0), q, slope)
    }
}

#[derive(Clone, Copy)]
struct Pentaspherical;

impl<S: Simd> Shape<S> for Pentaspherical {
    #[inline(always)]
    fn correlation(self, simd: S, q: S::f64s) -> S::f64s {
        let q = simd.min_f64s(q, simd.splat_f64s(1.0));
        let s = simd.mul_f64s(q, q);
        let inner = less_product(simd, simd.splat_f64s(1.25), simd.splat_f64s(0.375), s);
        let slope = less_product(simd, simd.splat_f64s(1.875), s, inner);
        less_product(simd, simd.splat_f64s(1.0), q, slope)
    }
}

#[derive(Clone, Copy)]
struct Linear;

impl<S: Simd> Shape<S> for Linear {
    #[inline(always)]
    fn correlation(self, simd: S, q: S::f64s) -> S::f64s {
        let one = simd.splat_f64s(1.0);
        simd.sub_f64s(one, simd.min_f64s(q, one))
    }
}

#[derive(Clone, Copy)]
struct Gaussian;

impl<S: Simd> Shape<S> for Gaussian {
    #[inline(always)]
    fn correlation(self, simd: S, q: S::f64s) -> S::f64s {
        exp_of_negative(simd, less_product(simd, simd.splat_f64s(0.0), q, q))
    }
}

/// Not a correlation: what is left of the level at no separation.
#[derive(Clone, Copy)]
struct UnboundedLinear<V> {
    level: V,
}

impl<S: Simd> Shape<S> for UnboundedLinear<S::f64s> {
    #[inline(always)]
    fn correlation(self, simd: S, q: S::f64s) -> S::f64s {
        simd.sub_f64s(self.level, q)
    }
}

/// e^−q, the Matérn model of smoothness ½.
#[derive(Clone, Copy)]
struct Exponential<V> {
    lags: V,
}

impl<S: Simd> Shape<S> for Exponential<S::f64s> {
    #[inline(always)]
    fn correlation(self, simd: S, q: S::f64s) -> S::f64s {
        exp_of_negative(simd, less_product(simd, simd.splat_f64s(0.0), self.lags, q))
    }
}

/// (1 + q) e^−q, the Matérn model of smoothness 1½.
#[derive(Clone, Copy)]
struct OnceDifferentiable<V> {
    lags: V,
}

impl<S: Simd> Shape<S> for OnceDifferentiable<S::f64s> {
    #[inline(always)]
    fn correlation(self, simd: S, q: S::f64s) -> S::f64s {
        let q = simd.mul_f64s(self.lags, q);
        let exp = exp_of_negative(simd, simd.sub_f64s(simd.splat_f64s(0.0), q));
        simd.mul_add_e_f64s(q, exp, exp)
    }
}

/// (1 + q + q²/3) e^−q, the Matérn model of smoothness 2½.
#[derive(Clone, Copy)]
struct TwiceDifferentiable<V> {
    lags: V,
}

impl<S: Simd> Shape<S> for TwiceDifferentiable<S::f64s> {
    #[inline(always)]
    fn correlation(self, simd: S, q: S::f64s) -> S::f64s {
        let (one, third) = (simd.splat_f64s(1.0), simd.splat_f64s(1.0 / 3.0));
        let q = simd.mul_f64s(self.lags, q);
        let polynomial = simd.mul_add_e_f64s(q, simd.mul_add_e_f64s(q, third, one), one);
        simd.mul_f64s(polynomial, exp_of_negative(simd, simd.sub_f64s(simd.splat_f64s(0.0), q)))
    }
}

#[cfg(test)]
mod tests {
    use pulp::{Arch, WithSimd};

    use super::*;
    use crate::random::Random;
    use crate::simd::vectors;
    use crate::variogram::{Anisotropy, ModelTemplate};

    /// Covariances of four places to some, one vector of equal lanes each.
    struct Fill<'a>(&'a LaneCovariance, [[f64; 2]; 4], &'a [[f64; 2]]);

    impl WithSimd for Fill<'_> {
        type Output = Vec<[f64; 4]>;

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> Vec<[f64; 4]> {
            let Self(covariance, at, places) = self;
            let at = [0, 1].map(|axis| at.map(|c| simd.splat_f64s(c[axis])));
            let mut out = vec![[simd.splat_f64s(f64::NAN); 4]; places.len()];
            let splat = places.iter().map(|c| c.map(|v| simd.splat_f64s(v)));
            covariance.fill(simd, at, splat.collect::<Vec<_>>().into_iter(), &mut out);
            let first = |v: &S::f64s| pulp::bytemuck::cast_slice::<S::f64s, f64>(std::slice::from_ref(v))[0];
            out.iter().map(|row| [first(&row[0]), first(&row[1]), first(&row[2]), first(&row[3])]).collect()
        }
    }

    #[test]
    fn lanes_have_the_covariances_of_the_plain_formulas() {
        let mut random = Random::new(3);
        let mut place = || [900.0 * random.uniform(), 5e6 + 900.0 * random.uniform()];
        let at: [[f64; 2]; 4] = std::array::from_fn(|_| place());
        let places: Vec<_> = (0..200).map(|_| place()).chain(at).collect();
        assert_eq!(vectors::<pulp::Scalar>(&[1.0]).len(), 1);
        let notations = [
            "0.3 Nug + 2 Sph(400)",
            "2 Sph(400) + 1 Exp(90)",
            "1 Gau(300)",
            "0.1 Nug + 1 Pen(500)",
            "1 Lin(300)",
            "0.2 Nug + 0.01 Lin(0)",
            "1 Mat(80, kappa=0.5)",
            "1 Mat(80, kappa=1.5)",
            "1 Mat(80, kappa=2.5)",
            "1 Ste(80, kappa=0.5)",
            "1 Ste(80, kappa=1.5)",
            "1 Ste(80, kappa=2.5)",
        ];
        for notation in notations {
            let variogram = notation.parse::<ModelTemplate>().unwrap().complete().unwrap().unwrap();
            let turned = variogram.structures().iter().map(|s| s.with_anisotropy(Anisotropy::new(30.0, 0.4).unwrap()));
            let turned = Variogram::new(variogram.nugget(), turned.collect()).unwrap();
            for variogram in [variogram.localised(1500.0), turned.localised(1500.0)] {
                let covariance = LaneCovariance::new(&variogram).unwrap();
                for arch in [Arch::new(), Arch::Scalar] {
                    let found = arch.dispatch(Fill(&covariance, at, &places));
                    for (p, &at) in at.iter().enumerate() {
                        let mut expected = vec![0.0; places.len()];
                        variogram.covariances(at, &places, &mut expected);
                        let largest = variogram.variance_at_zero();
                        for (found, expected) in found.iter().zip(&expected) {
                            // Differences of eastings of 5e6 leave this many digits of a lag.
                            let apart = (found[p] - expected).abs();
                            assert!(apart <= 1e-13 * largest, "{notation}: {} is not {expected}", found[p]);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn other_models_are_left_to_the_plain_formulas() {
        for notation in ["1 Wav(9)", "1 Mat(9, kappa=0.7)", "1 Sph(9) + 1 Bes(9)", "1 Pow(1.5)", "1 Cir(9)"] {
            let variogram = notation.parse::<ModelTemplate>().unwrap().complete().unwrap().unwrap();
            assert!(LaneCovariance::new(&variogram).is_none(), "{notation}");
        }
    }
}

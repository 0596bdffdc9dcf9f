//! One model's unit semivariance: the only place where its formula stands.

use std::f64::consts::{FRAC_2_PI, PI};

use super::bessel::matern_correlation;
use crate::{Error, Result};

/// Shape of a variogram structure, as a function of q = lag / range; 0 at q = 0.
///
/// Bounded models reach 1, the sill, or oscillate around it; unbounded ones ([`is_bounded`](Self::is_bounded)) rise for
/// ever. Not every model is valid everywhere: [`Variogram::check_on`](super::Variogram::check_on).
///
/// # Source
/// Names and range conventions are gstat's (Pebesma 2004, *Computers & Geosciences* 30:683): `range` is the parameter
/// in q = h / range, not the distance where 95 % of the sill is reached.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Model {
    /// 1.5 q − 0.5 q³, the sill from q = 1 on. Notation `Sph`.
    Spherical,
    /// 1 − exp(−q). Notation `Exp`.
    Exponential,
    /// 1 − exp(−q²): infinitely smooth, needs a nugget in practice. Notation `Gau`.
    Gaussian,
    /// 1 − exp(−q^κ), between nugget and Gaussian; also called stable. Notation `Exc`.
    PoweredExponential {
        /// κ, above 0 and at most 2; 1 is the exponential model, 2 the Gaussian.
        exponent: f64,
    },
    /// 1 − 2^(1−κ)/Γ(κ) q^κ K_κ(q), with κ the smoothness. Notation `Mat`.
    Matern {
        /// κ, above 0 and at most 100; 0.5 is the exponential model.
        smoothness: f64,
    },
    /// The Matérn model with q replaced by 2√κ q (Stein 1999), whose range depends less on κ. Notation `Ste`.
    Stein {
        /// κ, above 0 and at most 100.
        smoothness: f64,
    },
    /// 1 − q K₁(q): the Matérn model of smoothness 1. Notation `Bes`; gstat has 0 for q < 0.001, which is left out here: the
    /// step there would be 4e−6 of the sill.
    Bessel,
    /// 2/π (q √(1−q²) + arcsin q), the sill from q = 1 on. Notation `Cir`.
    Circular,
    /// 15/8 q − 5/4 q³ + 3/8 q⁵, the sill from q = 1 on. Notation `Pen`.
    Pentaspherical,
    /// q, the sill from q = 1 on: valid along a line only. Notation `Lin`.
    Linear,
    /// 1 − cos 2πq, whose period is the range: valid along a line only. Notation `Per`.
    Periodic,
    /// 1 − sin(πq)/(πq), a hole effect with the first hole near twice the range. Notation `Wav`.
    Wave,
    /// 1 − sin(q)/q, the same with another range. Notation `Hol`.
    HoleEffect,
    /// h, with no sill and no range: the partial sill is the slope. Notation `Lin(0)`.
    UnboundedLinear,
    /// h^p, with no sill and no range: the partial sill is the semivariance at a lag of 1. Notation `Pow(p)`.
    Power {
        /// p, above 0 and below 2; 1 is the linear model.
        exponent: f64,
    },
    /// ln(h + range), without a sill; this is ln(1 + q) and, for h > 0, a jump of ln(range), which is why the range is at
    /// least 1. Notation `Log`.
    Logarithmic,
}

impl Model {
    /// All models, in the order in which they are listed; where there is a smoothness or an exponent, with the one that
    /// stands where none is given (as in gstat).
    pub(super) const ALL: [Self; 16] = [
        Self::Spherical,
        Self::Exponential,
        Self::Gaussian,
        Self::PoweredExponential { exponent: 0.5 },
        Self::Matern { smoothness: 0.5 },
        Self::Stein { smoothness: 0.5 },
        Self::Bessel,
        Self::Circular,
        Self::Pentaspherical,
        Self::Linear,
        Self::Periodic,
        Self::Wave,
        Self::HoleEffect,
        Self::UnboundedLinear,
        Self::Power { exponent: 1.0 },
        Self::Logarithmic,
    ];

    /// Semivariance for a partial sill of 1 at a lag of `scaled_lag` = h / range ≥ 0 (h itself for models without a range).
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::variogram::Model;
    /// assert_eq!(Model::Spherical.unit_semivariance(0.5), 0.75 - 0.0625);
    /// assert_eq!(Model::Spherical.unit_semivariance(2.0), 1.0);
    /// assert_eq!(Model::Power { exponent: 1.5 }.unit_semivariance(4.0), 8.0);
    /// ```
    #[inline]
    pub fn unit_semivariance(self, scaled_lag: f64) -> f64 {
        let q = scaled_lag;
        match self {
            Self::Spherical => spherical(q),
            Self::Exponential => -(-q).exp_m1(),
            Self::Gaussian => -(-q * q).exp_m1(),
            Self::PoweredExponential { exponent } => -(-q.powf(exponent)).exp_m1(),
            Self::Matern { smoothness } => 1.0 - matern(smoothness, q),
            Self::Stein { smoothness } => 1.0 - matern(smoothness, 2.0 * smoothness.sqrt() * q),
            Self::Bessel => 1.0 - matern_correlation(1.0, q),
            Self::Circular => circular(q),
            Self::Pentaspherical => pentaspherical(q),
            Self::Linear => linear(q),
            Self::Periodic => periodic(q),
            Self::Wave => hole(PI * q),
            Self::HoleEffect => hole(q),
            Self::UnboundedLinear => q,
            Self::Power { exponent } => q.powf(exponent),
            Self::Logarithmic => q.ln_1p(),
        }
    }

    /// gstat's abbreviation.
    pub fn abbreviation(self) -> &'static str {
        match self {
            Self::Spherical => "Sph",
            Self::Exponential => "Exp",
            Self::Gaussian => "Gau",
            Self::PoweredExponential { .. } => "Exc",
            Self::Matern { .. } => "Mat",
            Self::Stein { .. } => "Ste",
            Self::Bessel => "Bes",
            Self::Circular => "Cir",
            Self::Pentaspherical => "Pen",
            Self::Linear | Self::UnboundedLinear => "Lin",
            Self::Periodic => "Per",
            Self::Wave => "Wav",
            Self::HoleEffect => "Hol",
            Self::Power { .. } => "Pow",
            Self::Logarithmic => "Log",
        }
    }

    /// Whether the semivariance has a sill: only then there is a covariance, and a variance of the field.
    pub fn is_bounded(self) -> bool {
        !matches!(self, Self::UnboundedLinear | Self::Power { .. } | Self::Logarithmic)
    }

    /// Smoothness κ of the Matérn models.
    pub fn smoothness(self) -> Option<f64> {
        match self {
            Self::Matern { smoothness } | Self::Stein { smoothness } => Some(smoothness),
            _ => None,
        }
    }

    /// The parameter of the shape, where the model has one: a smoothness or an exponent.
    pub fn shape(self) -> Option<f64> {
        match self {
            Self::PoweredExponential { exponent } | Self::Power { exponent } => Some(exponent),
            other => other.smoothness(),
        }
    }

    /// The model with this parameter of its shape; itself where it has none.
    #[must_use]
    pub fn with_shape(self, shape: f64) -> Self {
        match self {
            Self::PoweredExponential { .. } => Self::PoweredExponential { exponent: shape },
            Self::Matern { .. } => Self::Matern { smoothness: shape },
            Self::Stein { .. } => Self::Stein { smoothness: shape },
            Self::Power { .. } => Self::Power { exponent: shape },
            other => other,
        }
    }

    /// Whether the model has a range; otherwise its lags are in coordinate units, and its range is 1.
    pub fn has_range(self) -> bool {
        !matches!(self, Self::UnboundedLinear | Self::Power { .. })
    }

    /// Smallest and largest parameter of the shape that a fit looks for: what samples can tell apart.
    pub(crate) fn shape_limits(self) -> Option<(f64, f64)> {
        match self {
            Self::PoweredExponential { .. } => Some((0.1, 2.0)),
            Self::Matern { .. } | Self::Stein { .. } => Some((0.1, 5.0)),
            Self::Power { .. } => Some((0.02, 1.98)),
            _ => None,
        }
    }

    /// Period of the models that oscillate, in ranges.
    pub(super) fn period(self) -> Option<f64> {
        match self {
            Self::Periodic => Some(1.0),
            Self::Wave => Some(2.0),
            Self::HoleEffect => Some(2.0 * PI),
            _ => None,
        }
    }

    /// Refuses a range or a parameter of the shape outside its domain.
    pub(super) fn check(self, range: f64) -> Result<()> {
        let refuse = |name, value, requirement| Err(Error::Parameter { name, value, requirement });
        match self {
            Self::Matern { smoothness: k } | Self::Stein { smoothness: k } if !(k > 0.0 && k <= 100.0) => {
                refuse("smoothness kappa", k, "above 0 and at most 100")
            }
            Self::PoweredExponential { exponent } if !(exponent > 0.0 && exponent <= 2.0) => {
                refuse("exponent kappa", exponent, "above 0 and at most 2")
            }
            Self::Power { exponent } if !(exponent > 0.0 && exponent < 2.0) => {
                refuse("exponent", exponent, "above 0 and below 2: more is a trend")
            }
            _ if !(range > 0.0 && range.is_finite()) => refuse("range", range, "above 0"),
            _ if !self.has_range() && range != 1.0 => {
                refuse("range", range, "1 for a model without a range: its lags are in coordinate units")
            }
            Self::Logarithmic if range < 1.0 => {
                refuse("range", range, "1 or more for Log: ln(h + range) is below 0 at short lags otherwise")
            }
            _ => Ok(()),
        }
    }
}

#[inline]
fn spherical(q: f64) -> f64 {
    if q >= 1.0 { 1.0 } else { q * (1.5 - 0.5 * q * q) }
}

#[inline]
fn circular(q: f64) -> f64 {
    // (1 − q)(1 + q) keeps the digits that 1 − q² loses near the sill.
    if q >= 1.0 { 1.0 } else { FRAC_2_PI * (q * ((1.0 - q) * (1.0 + q)).sqrt() + q.asin()) }
}

#[inline]
fn pentaspherical(q: f64) -> f64 {
    let s = q * q;
    if q >= 1.0 { 1.0 } else { q * (1.875 - s * (1.25 - 0.375 * s)) }
}

#[inline]
fn linear(q: f64) -> f64 {
    if q >= 1.0 { 1.0 } else { q }
}

/// 1 − cos 2πq as 2 sin² πq of the distance to the nearest whole number, which is exact: no digits cancel near it.
#[inline]
fn periodic(q: f64) -> f64 {
    if q == f64::INFINITY {
        // A lag that overflowed has no phase: the mean over all of them.
        return 1.0;
    }
    let sin = (PI * (q - q.round())).sin();
    2.0 * sin * sin
}

/// 1 − sin x / x, by its power series where the two are close.
#[inline]
fn hole(x: f64) -> f64 {
    if x < 1.0 {
        let s = x * x;
        // Each term is the one before times x²/(2k (2k+1)).
        let series = [272.0, 210.0, 156.0, 110.0, 72.0, 42.0, 20.0].iter().fold(1.0, |sum, d| 1.0 - s / d * sum);
        s / 6.0 * series
    } else if x == f64::INFINITY {
        1.0
    } else {
        1.0 - x.sin() / x
    }
}

/// Half-integer smoothness has closed forms, which are the common and the fast case. Beyond q = 700 nothing is left of
/// the correlation, and the closed forms would meet ∞ · 0.
#[inline]
fn matern(smoothness: f64, q: f64) -> f64 {
    if q > 700.0 {
        0.0
    } else if smoothness == 0.5 {
        (-q).exp()
    } else if smoothness == 1.5 {
        (1.0 + q) * (-q).exp()
    } else if smoothness == 2.5 {
        (1.0 + q + q * q / 3.0) * (-q).exp()
    } else {
        matern_correlation(smoothness, q)
    }
}

//! One model's unit semivariance: the only place where its formula stands.

use super::bessel::matern_correlation;

/// Shape of a variogram structure, as a function of q = lag / range; 0 at q = 0 and 1 at the sill.
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
}

impl Model {
    /// Semivariance for a sill of 1 at a lag of `scaled_lag` = h / range ≥ 0.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::variogram::Model;
    /// assert_eq!(Model::Spherical.unit_semivariance(0.5), 0.75 - 0.0625);
    /// assert_eq!(Model::Spherical.unit_semivariance(2.0), 1.0);
    /// ```
    #[inline]
    pub fn unit_semivariance(self, scaled_lag: f64) -> f64 {
        let q = scaled_lag;
        match self {
            Self::Spherical if q >= 1.0 => 1.0,
            Self::Spherical => q * (1.5 - 0.5 * q * q),
            Self::Exponential => -(-q).exp_m1(),
            Self::Gaussian => -(-q * q).exp_m1(),
            Self::Matern { smoothness } => 1.0 - matern(smoothness, q),
            Self::Stein { smoothness } => 1.0 - matern(smoothness, 2.0 * smoothness.sqrt() * q),
        }
    }

    /// gstat's abbreviation.
    pub fn abbreviation(self) -> &'static str {
        match self {
            Self::Spherical => "Sph",
            Self::Exponential => "Exp",
            Self::Gaussian => "Gau",
            Self::Matern { .. } => "Mat",
            Self::Stein { .. } => "Ste",
        }
    }

    /// Smoothness κ of the models that have one.
    pub fn smoothness(self) -> Option<f64> {
        match self {
            Self::Matern { smoothness } | Self::Stein { smoothness } => Some(smoothness),
            _ => None,
        }
    }

    /// The parameter of the shape, where the model has one: its smoothness.
    pub fn shape(self) -> Option<f64> {
        self.smoothness()
    }

    /// The model with this parameter of its shape; itself where it has none.
    #[must_use]
    pub fn with_shape(self, shape: f64) -> Self {
        match self {
            Self::Matern { .. } => Self::Matern { smoothness: shape },
            Self::Stein { .. } => Self::Stein { smoothness: shape },
            other => other,
        }
    }

    /// Smallest and largest parameter of the shape that a fit looks for: what samples can tell apart.
    pub(super) fn shape_limits(self) -> Option<(f64, f64)> {
        match self {
            Self::Matern { .. } | Self::Stein { .. } => Some((0.1, 5.0)),
            _ => None,
        }
    }

    /// The model of an abbreviation, with the smoothness where it needs one; `None` for an unknown name.
    pub(super) fn from_abbreviation(name: &str, smoothness: Option<f64>) -> Option<Self> {
        let kappa = smoothness.unwrap_or(0.5);
        Some(match name.to_ascii_lowercase().as_str() {
            "sph" => Self::Spherical,
            "exp" => Self::Exponential,
            "gau" => Self::Gaussian,
            "mat" => Self::Matern { smoothness: kappa },
            "ste" => Self::Stein { smoothness: kappa },
            _ => return None,
        })
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

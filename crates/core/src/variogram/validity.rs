//! Where a model is a variogram at all: a formula that is valid along a line may not be in the plane or on the sphere.

use super::{Anisotropy, Model, ModelTemplate, Structure, Variogram};
use crate::metric::Metric;
use crate::{Error, Result};

impl Model {
    /// The largest number of dimensions in which the model is valid with straight distances; `None` where it is in any.
    ///
    /// # Source
    /// Chilès & Delfiner 2012, *Geostatistics*, chapter 2.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::variogram::Model;
    /// assert_eq!(Model::Linear.largest_dimension(), Some(1));
    /// assert_eq!(Model::Spherical.largest_dimension(), Some(3));
    /// assert_eq!(Model::Exponential.largest_dimension(), None);
    /// ```
    pub fn largest_dimension(self) -> Option<usize> {
        match self {
            Self::Linear | Self::Periodic => Some(1),
            Self::Circular => Some(2),
            Self::Spherical | Self::Wave | Self::HoleEffect => Some(3),
            // The overlap of two balls in five dimensions.
            Self::Pentaspherical => Some(5),
            Self::Exponential
            | Self::Gaussian
            | Self::PoweredExponential { .. }
            | Self::Matern { .. }
            | Self::Stein { .. }
            | Self::Bessel
            | Self::UnboundedLinear
            | Self::Power { .. }
            | Self::Logarithmic => None,
        }
    }
}

impl Model {
    /// The largest smoothness or exponent with which the model is valid with great-circle distances, where it has one.
    pub(crate) fn largest_shape_on_sphere(self) -> Option<f64> {
        match self {
            Self::PoweredExponential { .. } => Some(1.0),
            Self::Matern { .. } | Self::Stein { .. } => Some(0.5),
            _ => None,
        }
    }
}

impl ModelTemplate {
    /// Refuses a template that no numbers, or not those that are held, make valid on the surface of `metric`.
    ///
    /// # Errors
    /// As [`Variogram::check_on`].
    pub(crate) fn check_on(&self, metric: Metric) -> Result<()> {
        let Metric::Sphere { radius } = metric else { return Ok(()) };
        for s in &self.structures {
            let shape = s.model.largest_shape_on_sphere().filter(|_| s.free_shape);
            let model = shape.map_or(s.model, |shape| s.model.with_shape(shape));
            // A range that is free is looked for where it is valid.
            let mut structure = Structure::new(model, 1.0, s.range.fixed().unwrap_or(f64::MIN_POSITIVE))?;
            if !s.is_isotropic() {
                structure = structure.with_anisotropy(Anisotropy::new(0.0, 0.5)?);
            }
            if let Some(reason) = refusal_on_the_sphere(&structure, radius) {
                return Err(Error::NotOnSphere { term: self.to_string(), reason });
            }
        }
        Ok(())
    }
}

impl Variogram {
    /// Checks that the variogram is valid on the surface of `metric`, and returns remarks on what is doubtful there.
    ///
    /// In the plane nothing is refused, as in gstat, but each structure that is valid along a line only is remarked on: its
    /// covariance matrix may not be positive definite, which shows as a singular system.
    ///
    /// # Source
    /// On the sphere: Gneiting 2013, *Bernoulli* 19:1327, Table 1, and for the pentaspherical model his section on functions
    /// of compact support: what is valid in three dimensions, and 0 beyond half the circumference, is valid on the sphere.
    ///
    /// # Errors
    /// [`Error::NotOnSphere`] for a structure that is not known to be valid with great-circle distances, that is
    /// anisotropic, or unbounded. A radius that is not above 0 and finite.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::{metric::Metric, variogram::Variogram};
    /// let earth = Metric::EARTH;
    /// assert!("0.1 Nug + 1 Exp(50000)".parse::<Variogram>()?.check_on(earth)?.is_empty());
    /// assert!("0.1 Nug + 1 Gau(50000)".parse::<Variogram>()?.check_on(earth).is_err());
    /// assert_eq!("1 Lin(300)".parse::<Variogram>()?.check_on(Metric::Plane)?.len(), 1);
    /// # Ok::<(), soilscope_core::Error>(())
    /// ```
    pub fn check_on(&self, metric: Metric) -> Result<Vec<String>> {
        match metric {
            Metric::Plane => Ok(self.structures().iter().filter_map(remark_in_the_plane).collect()),
            Metric::Sphere { radius } => {
                if !(radius > 0.0 && radius.is_finite()) {
                    return Err(Error::Parameter {
                        name: "radius of the sphere",
                        value: radius,
                        requirement: "above 0",
                    });
                }
                for s in self.structures() {
                    if let Some(reason) = refusal_on_the_sphere(s, radius) {
                        return Err(Error::NotOnSphere { term: s.to_string(), reason });
                    }
                }
                Ok(Vec::new())
            }
        }
    }
}

fn remark_in_the_plane(s: &Structure) -> Option<String> {
    let instead = match s.model() {
        _ if s.model().largest_dimension() != Some(1) => return None,
        Model::Periodic => "Wav or Hol",
        _ => "Sph or Cir",
    };
    Some(format!(
        "{s} is a valid variogram along a line only: in the plane kriging variances may be wrong or the system singular; \
         use {instead} instead"
    ))
}

fn refusal_on_the_sphere(s: &Structure, radius: f64) -> Option<&'static str> {
    if !s.anisotropy().is_isotropic() {
        return Some("there are no directions that are the same everywhere, so it cannot be anisotropic");
    }
    let half = std::f64::consts::PI * radius;
    match s.model() {
        Model::Spherical | Model::Exponential => None,
        model @ (Model::PoweredExponential { .. } | Model::Matern { .. } | Model::Stein { .. }) => {
            let above = model.shape() > model.largest_shape_on_sphere();
            let exponent = matches!(model, Model::PoweredExponential { .. });
            above.then_some(if exponent { "its kappa is above 1" } else { "its kappa is above 0.5" })
        }
        Model::Pentaspherical => (s.range() > half).then_some("its range is more than half the circumference"),
        Model::UnboundedLinear | Model::Power { .. } | Model::Logarithmic => Some("it has no sill"),
        Model::Gaussian
        | Model::Bessel
        | Model::Circular
        | Model::Linear
        | Model::Periodic
        | Model::Wave
        | Model::HoleEffect => Some("it is not valid there, or not known to be"),
    }
}

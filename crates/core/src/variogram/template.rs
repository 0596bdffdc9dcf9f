//! A variogram with some parameters left open.

use super::{Anisotropy, Model, Structure, Variogram};
use crate::Result;

/// A parameter of a model: given, or to be fitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Parameter {
    /// Held at this value.
    Fixed(f64),
    /// Fitted.
    Free,
}

impl Parameter {
    /// The value, where it is held.
    pub fn fixed(self) -> Option<f64> {
        match self {
            Self::Fixed(value) => Some(value),
            Self::Free => None,
        }
    }
}

/// One structure of a [`ModelTemplate`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StructureTemplate {
    /// Shape; smoothness is part of it and held.
    pub model: Model,
    /// Share of the sill.
    pub partial_sill: Parameter,
    /// Range parameter along the major axis.
    pub range: Parameter,
    /// Held.
    pub anisotropy: Anisotropy,
}

/// Which model to fit: every parameter is given or free.
///
/// # Examples
/// ```
/// use soilscope_core::variogram::ModelTemplate;
/// let template: ModelTemplate = "Nug + Sph(900)".parse()?;
/// assert_eq!(template.unknowns(), 2);
/// let given: ModelTemplate = "0.05 Nug + 0.59 Sph(897)".parse()?;
/// assert_eq!(given.complete()?.unwrap().sill(), 0.64);
/// # Ok::<(), soilscope_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ModelTemplate {
    /// `None` where the model has no nugget.
    pub nugget: Option<Parameter>,
    /// Measurement-error variance, always held; 0 where there is none.
    pub error_variance: f64,
    /// Structures in order.
    pub structures: Vec<StructureTemplate>,
}

impl ModelTemplate {
    /// One model with nugget, everything free.
    pub fn with_nugget(model: Model) -> Self {
        let structure = StructureTemplate {
            model,
            partial_sill: Parameter::Free,
            range: Parameter::Free,
            anisotropy: Anisotropy::ISOTROPIC,
        };
        Self { nugget: Some(Parameter::Free), error_variance: 0.0, structures: vec![structure] }
    }

    /// How many parameters are free.
    pub fn unknowns(&self) -> usize {
        let free = |p: Parameter| usize::from(p == Parameter::Free);
        self.nugget.map_or(0, free)
            + self.structures.iter().map(|s| free(s.partial_sill) + free(s.range)).sum::<usize>()
    }

    /// The variogram, where nothing is left open.
    ///
    /// # Errors
    /// Parameters outside their domain.
    pub fn complete(&self) -> Result<Option<Variogram>> {
        if self.unknowns() > 0 {
            return Ok(None);
        }
        let given = |p: Parameter| p.fixed().unwrap_or(0.0);
        let sills: Vec<f64> = self.structures.iter().map(|s| given(s.partial_sill)).collect();
        let ranges: Vec<f64> = self.structures.iter().map(|s| given(s.range)).collect();
        self.instance(self.nugget.map_or(0.0, given), &sills, &ranges).map(Some)
    }

    /// The variogram with these numbers in place of all parameters.
    pub(super) fn instance(&self, nugget: f64, sills: &[f64], ranges: &[f64]) -> Result<Variogram> {
        let structures = self
            .structures
            .iter()
            .zip(sills.iter().zip(ranges))
            .map(|(t, (&sill, &range))| Ok(Structure::new(t.model, sill, range)?.with_anisotropy(t.anisotropy)))
            .collect::<Result<Vec<_>>>()?;
        Variogram::new(nugget, structures)?.with_error_variance(self.error_variance)
    }
}

impl From<&Variogram> for ModelTemplate {
    fn from(variogram: &Variogram) -> Self {
        Self {
            nugget: Some(Parameter::Fixed(variogram.nugget())),
            error_variance: variogram.error_variance(),
            structures: variogram
                .structures()
                .iter()
                .map(|s| StructureTemplate {
                    model: s.model(),
                    partial_sill: Parameter::Fixed(s.partial_sill()),
                    range: Parameter::Fixed(s.range()),
                    anisotropy: s.anisotropy(),
                })
                .collect(),
        }
    }
}

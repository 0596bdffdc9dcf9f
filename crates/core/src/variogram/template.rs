//! A variogram with some parameters left open.

use super::{Anisotropy, Model, Structure, Variogram};
use crate::{Error, Result};

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

    /// Whether it is to be fitted.
    pub fn is_free(self) -> bool {
        self == Self::Free
    }
}

/// One structure of a [`ModelTemplate`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StructureTemplate {
    /// Shape, with the smoothness or exponent that is held; where [`free_shape`](Self::free_shape) is set, the number in
    /// it means nothing.
    pub model: Model,
    /// Whether the smoothness or exponent is fitted too; without effect for models that have none.
    pub free_shape: bool,
    /// Share of the sill.
    pub partial_sill: Parameter,
    /// Range parameter along the major axis.
    pub range: Parameter,
    /// Direction of the longest range, degrees clockwise from north.
    pub azimuth: Parameter,
    /// Shortest over longest range; `Fixed(1.0)` is isotropic.
    pub ratio: Parameter,
}

impl StructureTemplate {
    /// An isotropic structure of this shape, with partial sill and range (if it has one) to be fitted.
    pub fn new(model: Model) -> Self {
        Self {
            model,
            free_shape: false,
            partial_sill: Parameter::Free,
            range: if model.has_range() { Parameter::Free } else { Parameter::Fixed(1.0) },
            azimuth: Parameter::Fixed(0.0),
            ratio: Parameter::Fixed(1.0),
        }
    }

    /// Whether it has the same range in all directions whatever is fitted.
    pub fn is_isotropic(&self) -> bool {
        self.ratio == Parameter::Fixed(1.0)
    }

    /// Its free parameters but the partial sill, in the order of [`FreeParameter`].
    fn free_but_sill(&self, index: usize) -> impl Iterator<Item = FreeParameter> + use<> {
        [
            (self.range.is_free(), FreeParameter::Range(index)),
            (self.free_shape && self.model.shape().is_some(), FreeParameter::Shape(index)),
            (self.azimuth.is_free(), FreeParameter::Azimuth(index)),
            (self.ratio.is_free(), FreeParameter::Ratio(index)),
        ]
        .into_iter()
        .filter_map(|(free, parameter)| free.then_some(parameter))
    }
}

/// Which parameter of a [`ModelTemplate`] is meant; the index is that of its structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum FreeParameter {
    /// Micro-scale variance.
    Nugget,
    /// A structure's share of the sill.
    PartialSill(usize),
    /// A structure's range parameter.
    Range(usize),
    /// A structure's smoothness or exponent.
    Shape(usize),
    /// A structure's direction of the longest range, degrees clockwise from north.
    Azimuth(usize),
    /// A structure's shortest over longest range.
    Ratio(usize),
}

impl FreeParameter {
    /// Its name in a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nugget => "nugget",
            Self::PartialSill(_) => "partial sill",
            Self::Range(_) => "range",
            Self::Shape(_) => "smoothness",
            Self::Azimuth(_) => "azimuth",
            Self::Ratio(_) => "anisotropy ratio",
        }
    }

    /// Whether the semivariance is proportional to it.
    pub fn is_linear(self) -> bool {
        matches!(self, Self::Nugget | Self::PartialSill(_))
    }
}

/// Which model to fit: every parameter is given or free.
///
/// # Examples
/// ```
/// use soilscope_core::variogram::{FreeParameter, ModelTemplate};
/// let template: ModelTemplate = "Nug + Sph(900)".parse()?;
/// assert_eq!(template.free_parameters(), [FreeParameter::Nugget, FreeParameter::PartialSill(0)]);
/// assert_eq!(template.with_values(&[0.05, 0.6])?.to_string(), "0.05 Nug + 0.6 Sph(900)");
/// let given: ModelTemplate = "0.05 Nug + 0.59 Sph(897)".parse()?;
/// assert_eq!(given.complete()?.unwrap().sill(), 0.64);
/// let smoothness_too: ModelTemplate = "Nug + Mat(kappa=?, az=?, ratio=?)".parse()?;
/// assert_eq!(smoothness_too.unknowns(), 6);
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
    /// One model with nugget; nugget, partial sill and range are free.
    pub fn with_nugget(model: Model) -> Self {
        let structures = vec![StructureTemplate::new(model)];
        Self { nugget: Some(Parameter::Free), error_variance: 0.0, structures }
    }

    /// The parameters that are free: the nugget, then of each structure in turn partial sill, range, shape, azimuth and
    /// ratio.
    pub fn free_parameters(&self) -> Vec<FreeParameter> {
        let mut free = Vec::new();
        if self.nugget == Some(Parameter::Free) {
            free.push(FreeParameter::Nugget);
        }
        for (k, s) in self.structures.iter().enumerate() {
            free.extend(s.partial_sill.is_free().then_some(FreeParameter::PartialSill(k)));
            free.extend(s.free_but_sill(k));
        }
        free
    }

    /// How many parameters are free.
    pub fn unknowns(&self) -> usize {
        self.free_parameters().len()
    }

    /// The variogram with these numbers for the free parameters, in the order of
    /// [`free_parameters`](Self::free_parameters).
    ///
    /// # Errors
    /// More or fewer values than free parameters, or parameters outside their domain.
    pub fn with_values(&self, values: &[f64]) -> Result<Variogram> {
        if values.len() != self.unknowns() {
            return Err(Error::LengthMismatch {
                left_name: "the list of free parameters",
                left: self.unknowns(),
                right_name: "the list of their values",
                right: values.len(),
            });
        }
        let mut values = values.iter().copied();
        let mut take = |p: Parameter| p.fixed().or_else(|| values.next()).unwrap_or(f64::NAN);
        let nugget = self.nugget.map_or(0.0, &mut take);
        let structures =
            self.structures.iter().map(|s| s.instance(take(s.partial_sill), &mut take)).collect::<Result<Vec<_>>>()?;
        Variogram::new(nugget, structures)?.with_error_variance(self.error_variance)
    }

    /// The variogram, where nothing is left open.
    ///
    /// # Errors
    /// Parameters outside their domain.
    pub fn complete(&self) -> Result<Option<Variogram>> {
        if self.unknowns() > 0 {
            return Ok(None);
        }
        self.with_values(&[]).map(Some)
    }
}

impl StructureTemplate {
    /// Refuses numbers outside their domain.
    pub(super) fn check(&self) -> Result<()> {
        // Any number that is in the domain of all parameters stands for those that are free.
        let partial_sill = self.partial_sill.fixed().unwrap_or(1.0);
        self.instance(partial_sill, |p| p.fixed().unwrap_or(1.0)).map(|_| ())
    }

    /// The structure with this partial sill, and `take` to turn each other parameter, in order, into a number.
    pub(super) fn instance(&self, partial_sill: f64, mut take: impl FnMut(Parameter) -> f64) -> Result<Structure> {
        let range = take(self.range);
        let model = match self.model.shape() {
            Some(_) if self.free_shape => self.model.with_shape(take(Parameter::Free)),
            _ => self.model,
        };
        let anisotropy = Anisotropy::new(take(self.azimuth), take(self.ratio))?;
        Ok(Structure::new(model, partial_sill, range)?.with_anisotropy(anisotropy))
    }
}

impl From<&Variogram> for ModelTemplate {
    fn from(variogram: &Variogram) -> Self {
        Self {
            nugget: Some(Parameter::Fixed(variogram.nugget())),
            error_variance: variogram.error_variance(),
            structures: variogram.structures().iter().map(StructureTemplate::from).collect(),
        }
    }
}

impl From<&Structure> for StructureTemplate {
    fn from(s: &Structure) -> Self {
        Self {
            model: s.model(),
            free_shape: false,
            partial_sill: Parameter::Fixed(s.partial_sill()),
            range: Parameter::Fixed(s.range()),
            azimuth: Parameter::Fixed(s.anisotropy().azimuth()),
            ratio: Parameter::Fixed(s.anisotropy().ratio()),
        }
    }
}

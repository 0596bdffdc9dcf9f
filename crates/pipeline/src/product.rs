//! What is written for each prediction.

use std::path::PathBuf;

use serde::Serialize;
use soilscope_core::transform::Transform;
use soilscope_core::{Mixture, Prediction};

/// A quantity that a raster holds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Layer {
    /// The predicted value, in the data's unit.
    Prediction,
    /// Standard deviation of the prediction error, in the data's unit.
    StandardDeviation,
    /// Variance of the prediction error, in the data's unit squared.
    Variance,
    /// Probability from 0 to 1 that the field is above a threshold.
    Exceedance {
        /// The threshold, in the data's unit.
        threshold: f64,
    },
    /// Probability from 0 to 1 that the field is above the cell's own threshold, which the plan knows.
    CellExceedance,
    /// The cell's own threshold, in the data's unit.
    CellThreshold,
    /// The same as [`CellExceedance`](Self::CellExceedance) for another of the plan's thresholds, counted from 0: a field can be
    /// held against several.
    NthExceedance {
        /// Which.
        nth: usize,
    },
    /// The same as [`CellThreshold`](Self::CellThreshold) for another of the plan's thresholds.
    NthThreshold {
        /// Which.
        nth: usize,
    },
    /// Reasons not to trust the prediction, as bits of a whole number ([`Doubts`](soilscope_core::trust::Doubts)); 0 for
    /// none. The plan knows the judge.
    Trust,
}

/// The scale on which predictions and their errors are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// The data's unit: the transform is undone.
    #[default]
    Data,
    /// The transformed scale on which the field was modelled. Thresholds stay in the data's unit.
    Transformed,
}

impl Layer {
    /// Whether the layer needs the variance of the prediction.
    pub fn needs_variance(self) -> bool {
        !matches!(self, Self::Prediction | Self::CellThreshold | Self::NthThreshold { .. } | Self::Trust)
    }

    /// Which of the plan's thresholds of each cell the layer needs, if any.
    pub fn needs_thresholds(self) -> Option<usize> {
        match self {
            Self::CellExceedance | Self::CellThreshold => Some(0),
            Self::NthExceedance { nth } | Self::NthThreshold { nth } => Some(nth),
            _ => None,
        }
    }

    /// Whether the layer's numbers are names of classes, of which no mean can be taken: bytes from 0 to 254.
    pub fn is_class(self) -> bool {
        matches!(self, Self::Trust)
    }

    /// The layer's value in a cell with thresholds of its own.
    pub(crate) fn value_above(
        self,
        thresholds: &[f64],
        (modelled, mixture): (&Prediction, Mixture<'_>),
        shown: &Prediction,
        transform: &Transform,
    ) -> Option<f64> {
        let own = || self.needs_thresholds().map(|nth| thresholds[nth]);
        match self {
            Self::CellThreshold | Self::NthThreshold { .. } => own(),
            Self::CellExceedance | Self::NthExceedance { .. } => transform.exceedance_mixed(modelled, mixture, own()?),
            Self::Exceedance { threshold } => transform.exceedance_mixed(modelled, mixture, threshold),
            layer => layer.value(modelled, shown, transform),
        }
    }

    /// The layer's value; `None` where it takes a threshold of the cell or what is doubtful about it, which are not known here, or
    /// where it takes a variance that is not there.
    ///
    /// `modelled` is the prediction on the modelling scale, its error normal; `shown` the same on the scale that is written.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::{Prediction, transform::Transform};
    /// use soilscope_pipeline::product::Layer;
    /// let p = Prediction { value: 3.0, variance: Some(4.0), multiplier: 0.0 };
    /// assert_eq!(Layer::StandardDeviation.value(&p, &p, &Transform::None), Some(2.0));
    /// assert_eq!(Layer::Exceedance { threshold: 3.0 }.value(&p, &p, &Transform::None), Some(0.5));
    /// ```
    #[inline]
    pub fn value(self, modelled: &Prediction, shown: &Prediction, transform: &Transform) -> Option<f64> {
        match self {
            Self::Prediction => Some(shown.value),
            Self::StandardDeviation => shown.variance.map(|v| non_negative(v).sqrt()),
            Self::Variance => shown.variance.map(non_negative),
            Self::Exceedance { threshold } => transform.exceedance(modelled, threshold),
            Self::CellExceedance | Self::CellThreshold | Self::NthExceedance { .. } | Self::NthThreshold { .. } => None,
            Self::Trust => None,
        }
    }
}

/// A variance without the negative rounding error that it may have at a sample; NaN stays NaN, which `max` would hide.
fn non_negative(variance: f64) -> f64 {
    if variance < 0.0 { 0.0 } else { variance }
}

/// One raster file: which layer, where, and how it describes itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Product {
    /// What it holds.
    pub layer: Layer,
    /// Where it is written.
    pub path: PathBuf,
    /// Unit of the values, as in `mg/kg`; empty for none.
    pub unit: String,
    /// The band's description, for a person.
    pub description: String,
    /// Metadata items, in this order; names without `=`.
    pub metadata: Vec<(String, String)>,
}

/// A raster file of one or more bands, and how it describes itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RasterFile {
    /// Where it is written.
    pub path: PathBuf,
    /// Unit of the values, as in `mg/kg`; empty for none.
    pub unit: String,
    /// The bands' descriptions, for a person.
    pub bands: Vec<String>,
    /// Metadata items, in this order; names without `=`.
    pub metadata: Vec<(String, String)>,
    /// Whether the numbers are [names of classes](Layer::is_class), which are kept as bytes.
    pub classes: bool,
}

impl From<&Product> for RasterFile {
    fn from(product: &Product) -> Self {
        Self {
            path: product.path.clone(),
            unit: product.unit.clone(),
            bands: vec![product.description.clone()],
            metadata: product.metadata.clone(),
            classes: product.layer.is_class(),
        }
    }
}

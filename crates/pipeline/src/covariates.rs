//! Covariates of the drift where values are predicted: from what a table or raster says to the drift's columns.
//!
//! A source says one number a place: a quantity, or the code of a class. An [`Encoding`] makes the columns of the drift of
//! it, the same way at samples and targets, and knows what the samples say nothing of: classes that none of them has, and
//! quantities beyond all of theirs.

use serde::Serialize;

use crate::Result;
use crate::grid::Patch;

/// What a drift takes of a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Function {
    /// The quantity itself.
    Identity,
    /// Its square root.
    SquareRoot,
    /// Its natural logarithm.
    Logarithm,
    /// A power of it.
    Power(u8),
}

impl Function {
    /// The function of a quantity; not finite where there is none, as for the logarithm of 0.
    ///
    /// # Examples
    /// ```
    /// use soilscope_pipeline::covariates::Function;
    /// assert_eq!(Function::SquareRoot.of(9.0), 3.0);
    /// assert!(!Function::Logarithm.of(0.0).is_finite());
    /// ```
    #[inline]
    pub fn of(self, quantity: f64) -> f64 {
        match self {
            Self::Identity => quantity,
            Self::SquareRoot => quantity.sqrt(),
            Self::Logarithm => quantity.ln(),
            Self::Power(power) => quantity.powi(power.into()),
        }
    }
}

/// What becomes of one source.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Source {
    /// A quantity: a column for each function.
    Quantity {
        /// The functions, at least one.
        functions: Vec<Function>,
        /// Lowest and highest of the samples.
        range: [f64; 2],
    },
    /// Classes: a column of 0 and 1 for each but the first.
    Classes {
        /// Codes of the samples' classes, the reference first.
        codes: Vec<f64>,
    },
}

impl Source {
    fn columns(&self) -> usize {
        match self {
            Self::Quantity { functions, .. } => functions.len(),
            Self::Classes { codes } => codes.len().saturating_sub(1),
        }
    }
}

/// What there is to say of the covariates of one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Remark {
    /// A class that no sample has; the covariates are then missing.
    pub unknown_class: bool,
    /// A quantity below or above those of all samples.
    pub extrapolated: bool,
}

/// From one number a source to the drift's columns.
///
/// # Examples
/// ```
/// use soilscope_pipeline::covariates::{Encoding, Function, Source};
/// let distance = Source::Quantity { functions: vec![Function::SquareRoot], range: [0.0, 9.0] };
/// let soil = Source::Classes { codes: vec![1.0, 2.0, 3.0] };
/// let encoding = Encoding::new(vec![distance, soil]);
/// let mut row = vec![0.0; encoding.columns()];
/// assert!(encoding.encode(&[16.0, 3.0], &mut row).extrapolated);
/// assert_eq!(row, [4.0, 0.0, 1.0]);
/// assert!(encoding.encode(&[4.0, 7.0], &mut row).unknown_class);
/// assert!(row[1].is_nan());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Encoding {
    sources: Vec<Source>,
    columns: usize,
}

impl Encoding {
    /// Columns in the order of the sources.
    pub fn new(sources: Vec<Source>) -> Self {
        let columns = sources.iter().map(Source::columns).sum();
        Self { sources, columns }
    }

    /// What becomes of each source.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Columns of the drift.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The drift's columns of a place at which each source says a number, or NaN where it says none.
    ///
    /// # Panics
    /// Another number of numbers than sources, or an `out` of another length than [`columns`](Self::columns).
    pub fn encode(&self, raw: &[f64], out: &mut [f64]) -> Remark {
        assert_eq!(raw.len(), self.sources.len(), "one number a source");
        assert_eq!(out.len(), self.columns, "one number a column");
        let mut remark = Remark::default();
        let mut next = 0;
        for (source, &number) in self.sources.iter().zip(raw) {
            let columns = &mut out[next..next + source.columns()];
            next += columns.len();
            match source {
                Source::Quantity { functions, range: [low, high] } => {
                    remark.extrapolated |= number < *low || number > *high;
                    for (column, function) in columns.iter_mut().zip(functions) {
                        *column = function.of(number);
                    }
                }
                Source::Classes { codes } => match codes.iter().position(|&code| code == number) {
                    Some(class) => {
                        for (k, column) in columns.iter_mut().enumerate() {
                            *column = if k + 1 == class { 1.0 } else { 0.0 };
                        }
                    }
                    None => {
                        remark.unknown_class |= !number.is_nan();
                        columns.fill(f64::NAN);
                    }
                },
            }
        }
        remark
    }
}

/// The covariates of a patch's cells, row by row; reused from patch to patch.
#[derive(Debug, Clone, Default)]
pub struct PatchCovariates {
    /// Cell by cell, as many as the drift has; not finite where one is missing.
    pub values: Vec<f64>,
    /// One a cell.
    pub remarks: Vec<Remark>,
}

/// Knows the covariates of a grid's cells.
pub trait Covariates: Sync {
    /// How many a cell has.
    fn count(&self) -> usize;

    /// Those of all cells of a patch.
    ///
    /// # Errors
    /// They cannot be read.
    fn fill(&self, patch: &Patch<'_>, out: &mut PatchCovariates) -> Result<()>;
}

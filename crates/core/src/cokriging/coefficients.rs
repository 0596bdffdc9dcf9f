//! Symmetric matrices of one coefficient a pair of variables.

use nalgebra::DMatrix;

use super::CokrigingError;
use crate::{Error, Result};

/// A symmetric matrix, one row and column a variable: what one structure contributes to the sill of each variable (its
/// diagonal) and to their covariances.
///
/// # Units
/// Entry (i, j): unit of variable i times unit of variable j.
///
/// # Examples
/// ```
/// use soilscope_core::cokriging::Coefficients;
/// let b = Coefficients::from_rows(&[vec![2.0, 1.0], vec![1.0, 3.0]])?;
/// assert_eq!((b.order(), b.get(0, 1), b.get(1, 1)), (2, 1.0, 3.0));
/// assert!(Coefficients::from_rows(&[vec![2.0, 1.0], vec![0.5, 3.0]]).is_err());
/// # Ok::<(), soilscope_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(into = "Vec<Vec<f64>>"))]
pub struct Coefficients {
    order: usize,
    /// Row by row.
    entries: Vec<f64>,
}

impl Coefficients {
    /// A matrix by its rows.
    ///
    /// # Errors
    /// No row, rows of another length than their number, entries that are not finite, or no symmetry.
    pub fn from_rows(rows: &[Vec<f64>]) -> Result<Self> {
        let order = rows.len();
        if order == 0 {
            return Err(Error::Parameter { name: "number of variables", value: 0.0, requirement: "at least 1" });
        }
        for row in rows {
            if row.len() != order {
                let found = row.len();
                return Err(CokrigingError::Count { what: "coefficients in a row", found, variables: order }.into());
            }
            if let Some(&value) = row.iter().find(|v| !v.is_finite()) {
                return Err(Error::Parameter { name: "coefficient", value, requirement: "a finite number" });
            }
        }
        for row in 0..order {
            for column in 0..row {
                let (value, mirrored) = (rows[row][column], rows[column][row]);
                if value != mirrored {
                    return Err(CokrigingError::NotSymmetric { row, column, value, mirrored }.into());
                }
            }
        }
        Ok(Self { order, entries: rows.concat() })
    }

    /// How many variables there are.
    pub fn order(&self) -> usize {
        self.order
    }

    /// The coefficient of two variables.
    ///
    /// # Panics
    /// A variable beyond the last.
    #[inline]
    pub fn get(&self, i: usize, j: usize) -> f64 {
        assert!(j < self.order, "variable {j} of {}", self.order);
        self.entries[i * self.order + j]
    }

    /// The coefficients of these variables, in this order.
    pub(super) fn select(&self, variables: &[usize]) -> Self {
        let entries = variables.iter().flat_map(|&i| variables.iter().map(move |&j| self.get(i, j))).collect();
        Self { order: variables.len(), entries }
    }

    /// The coefficients, each multiplied.
    pub(super) fn times(&self, factor: f64) -> Self {
        Self { order: self.order, entries: self.entries.iter().map(|b| b * factor).collect() }
    }

    /// The matrix, with every entry (i, j) divided by √(scales[i] scales[j]).
    pub(crate) fn scaled(&self, scales: &[f64]) -> DMatrix<f64> {
        DMatrix::from_fn(self.order, self.order, |i, j| self.get(i, j) / (scales[i] * scales[j]).sqrt())
    }

    /// The lower triangle of a symmetric matrix and its mirror image, with every entry (i, j) multiplied by
    /// √(scales[i] scales[j]).
    pub(super) fn from_scaled(matrix: &DMatrix<f64>, scales: &[f64]) -> Self {
        let order = matrix.nrows();
        let entry = |i: usize, j: usize| matrix[(i.max(j), i.min(j))] * (scales[i] * scales[j]).sqrt();
        Self { order, entries: (0..order * order).map(|k| entry(k / order, k % order)).collect() }
    }
}

impl From<Coefficients> for Vec<Vec<f64>> {
    fn from(coefficients: Coefficients) -> Self {
        coefficients.entries.chunks(coefficients.order).map(<[f64]>::to_vec).collect()
    }
}

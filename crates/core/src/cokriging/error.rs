//! What can be wrong with a coregionalisation, or with samples for it.

use thiserror::Error;

/// A refusal that names the numbers and the remedy.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum CokrigingError {
    /// Coefficients that no vector of random fields can have.
    #[error(
        "the coefficients of {term} are not positive semi-definite: their smallest eigenvalue, with every variable's sill \
         scaled to 1, is {smallest}; fit them together (fit_lmc does), or shrink the cross coefficients"
    )]
    NotPositiveSemiDefinite {
        /// Nugget or structure, in gstat's notation.
        term: String,
        /// Smallest eigenvalue of b_ij / √(sill_i sill_j).
        smallest: f64,
    },
    /// Coefficients of a pair of variables differ by their order.
    #[error("the coefficient of variables {row} and {column} is {value}, but that of {column} and {row} is {mirrored}")]
    NotSymmetric {
        /// Zero-based row.
        row: usize,
        /// Zero-based column.
        column: usize,
        /// Coefficient there.
        value: f64,
        /// Coefficient of the opposite place.
        mirrored: f64,
    },
    /// A count that must match the number of variables does not.
    #[error("{found} {what} for {variables} variables: there must be one a variable")]
    Count {
        /// What is counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many variables there are.
        variables: usize,
    },
    /// Two variables have one name.
    #[error("two variables are called '{name}'")]
    DuplicateVariable {
        /// The name.
        name: String,
    },
    /// A number of a variable that does not exist.
    #[error("there is no variable {index}: the {variables} variables count from 0")]
    NoSuchVariable {
        /// What was asked for.
        index: usize,
        /// How many there are.
        variables: usize,
    },
    /// A variable that does not vary.
    #[error("variable '{name}' has a sill of {sill}, but must vary: leave it out")]
    NoSill {
        /// The variable.
        name: String,
        /// Sum of its coefficients.
        sill: f64,
    },
    /// A pair of variables without a variogram, or with several.
    #[error(
        "there are {found} variograms of '{first}' and '{second}', but the fit needs one of every pair; the cross variogram \
         of two variables needs places where both were measured"
    )]
    Variograms {
        /// First variable.
        first: String,
        /// Second variable, the same for a direct variogram.
        second: String,
        /// How many there are.
        found: usize,
    },
    /// A template that a coregionalisation cannot take.
    #[error("a linear model of coregionalisation cannot be fitted to the template '{template}': {reason}")]
    Template {
        /// The template, in gstat's notation.
        template: String,
        /// Why not.
        reason: &'static str,
    },
    /// A sample of one variable that the model computes from those of others at its place.
    #[error(
        "the model makes a sample of '{variable}' at ({easting}, {northing}) a linear function of the other samples there, \
         so the system is singular: leave out one of the variables, or give the samples error variances"
    )]
    DependentSamples {
        /// The variable.
        variable: String,
        /// Easting, CRS units.
        easting: f64,
        /// Northing, CRS units.
        northing: f64,
    },
    /// Two samples of one variable share a place.
    #[error(
        "samples {first} and {second} of '{variable}' share the place ({easting}, {northing}): average them, keep the \
         first, or give them error variances, before co-kriging"
    )]
    CoincidentSamples {
        /// The variable.
        variable: String,
        /// Zero-based sample of this variable.
        first: usize,
        /// Zero-based sample of this variable.
        second: usize,
        /// Easting, CRS units.
        easting: f64,
        /// Northing, CRS units.
        northing: f64,
    },
}

//! How the Dutch acts fit a limit to the soil.

use serde::Serialize;

use super::soil::{Property, Soil};

/// A limit's correction for the soil: what its value for the standard soil is multiplied with.
///
/// # Source
/// Circulaire bodemsanering 2009, Annex 1: T = T_standard (A + B clay% + C OM%) / (A + 25 B + 10 C) for metals, clay and
/// organic matter at least 2 %; T_standard OM/10 for organic compounds, OM from 2 to 30 %; for PAH no correction up to
/// 10 % and that of 30 % above 30 %.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Correction {
    /// Metals: constants of the element.
    Metal {
        /// The part that soil does not change.
        a: f64,
        /// Per percent of clay.
        b: f64,
        /// Per percent of organic matter.
        c: f64,
    },
    /// Organic compounds.
    Organic,
    /// Polycyclic aromatic hydrocarbons.
    Pah,
}

/// Least clay and organic matter that the metals' formula takes, percent.
const LEAST: f64 = 2.0;
/// Most organic matter that the formula of organic compounds takes, percent.
const MOST_ORGANIC: f64 = 30.0;
/// Clay and organic matter of the standard soil, percent.
const STANDARD: [f64; 2] = [25.0, 10.0];

impl Correction {
    /// Properties that it takes.
    pub fn needs(self) -> Vec<Property> {
        match self {
            Self::Metal { b, c, .. } => {
                let clay = (b != 0.0).then_some(Property::Clay);
                clay.into_iter().chain((c != 0.0).then_some(Property::OrganicMatter)).collect()
            }
            Self::Organic | Self::Pah => vec![Property::OrganicMatter],
        }
    }

    /// The factor for a soil.
    ///
    /// # Errors
    /// The property that is not known.
    ///
    /// # Examples
    /// ```
    /// use soilscope_assess::threshold::{Correction, Soil};
    /// let peat = Soil { organic_matter: Some(45.0), ..Soil::default() };
    /// assert_eq!(Correction::Organic.factor(&peat), Ok(3.0));
    /// assert_eq!(Correction::Pah.factor(&Soil { organic_matter: Some(4.0), ..peat }), Ok(1.0));
    /// ```
    pub fn factor(self, soil: &Soil) -> Result<f64, Property> {
        let organic = || soil.organic_matter.ok_or(Property::OrganicMatter);
        Ok(match self {
            Self::Metal { a, b, c } => {
                let clay = if b == 0.0 { 0.0 } else { soil.clay.ok_or(Property::Clay)?.max(LEAST) };
                let organic = if c == 0.0 { 0.0 } else { organic()?.max(LEAST) };
                (a + b * clay + c * organic) / (a + b * STANDARD[0] + c * STANDARD[1])
            }
            Self::Organic => organic()?.clamp(LEAST, MOST_ORGANIC) / STANDARD[1],
            Self::Pah => organic()?.clamp(STANDARD[1], MOST_ORGANIC) / STANDARD[1],
        })
    }
}

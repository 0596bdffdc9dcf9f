//! How long plants take to clean a soil.

use super::CropError;
use crate::quantity::{not_negative, positive};

/// A soil to be cleaned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cleanup {
    /// Content now, mg/kg.
    pub from: f64,
    /// Content to reach, mg/kg.
    pub to: f64,
    /// Depth of soil, m.
    pub depth: f64,
    /// Dry bulk density, t/m³.
    pub bulk_density: f64,
}

/// What a harvest takes away.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Harvest {
    /// As it was measured, g/(ha a).
    Removal(f64),
    /// By the crop.
    Crop {
        /// Content of the harvested parts, mg/kg of dry matter.
        content: f64,
        /// Yield, t of dry matter per ha and year.
        yield_t: f64,
    },
}

/// m² in a hectare.
const M2_IN_HA: f64 = 1e4;

impl Cleanup {
    /// Soil, t/ha.
    ///
    /// # Errors
    /// A depth or bulk density that is not above 0.
    pub fn soil_mass(&self) -> Result<f64, CropError> {
        Ok(positive("depth in m", self.depth)? * positive("bulk density in t/m³", self.bulk_density)? * M2_IN_HA)
    }

    /// Years until the soil reaches its target if every harvest takes the same away: (C0 − Ct) × depth × ρ × 10⁴ / removal. In
    /// truth harvests take less as the soil gets cleaner: a lower bound.
    ///
    /// # Errors
    /// A number outside its domain; [`CropError::NothingToRemove`].
    ///
    /// # Source
    /// SUMATECS final report (2008), whose table is an example.
    ///
    /// # Examples
    /// ```
    /// use soilscope_assess::crop::{Cleanup, Harvest};
    /// let cadmium = Cleanup { from: 5.0, to: 2.0, depth: 0.25, bulk_density: 1.5 };
    /// assert_eq!(cadmium.years(Harvest::Removal(45.0))?, 250.0);
    /// # Ok::<(), soilscope_assess::crop::CropError>(())
    /// ```
    pub fn years(&self, harvest: Harvest) -> Result<f64, CropError> {
        let from = positive("content now in mg/kg", self.from)?;
        let to = not_negative("content to reach in mg/kg", self.to)?;
        if from <= to {
            return Err(CropError::NothingToRemove { from, to });
        }
        // mg/kg are g/t, of soil and of crop.
        let removal = match harvest {
            Harvest::Removal(grams) => positive("removal in g/(ha a)", grams)?,
            Harvest::Crop { content, yield_t } => {
                positive("content of the crop in mg/kg dry", content)? * positive("yield in t/(ha a)", yield_t)?
            }
        };
        Ok((from - to) * self.soil_mass()? / removal)
    }
}

//! Three-phase partition: how much soil holds when its water holds so much.

use super::LeachingError;
use crate::quantity::{held, not_negative, positive};

/// Pores of a soil.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PorousSoil {
    /// Water θw, share of the volume.
    pub water: f64,
    /// Air θa, share of the volume.
    pub air: f64,
    /// Dry bulk density ρb, kg/L.
    pub bulk_density: f64,
}

impl PorousSoil {
    /// Washington State's fixed values for soil above the groundwater: θw 0.3, θa 0.13, ρb 1.5. With them go a share of
    /// organic carbon of 0.001 and a dilution factor of 20.
    ///
    /// # Source
    /// WAC 173-340-747.
    pub const WASHINGTON_UNSATURATED: Self = Self { water: 0.3, air: 0.13, bulk_density: 1.5 };

    /// θw + θa H′ over ρb and Kd beside it, L/kg.
    fn bracket(&self, sorption: &Sorption) -> Result<f64, LeachingError> {
        let water = not_negative("water, share of the volume", self.water)?;
        let air = not_negative("air, share of the volume", self.air)?;
        if water + air > 1.0 {
            return Err(LeachingError::Pores { water, air });
        }
        let kd = not_negative("Kd in L/kg", sorption.kd)?;
        let henry = not_negative("Henry's constant without a unit", sorption.henry)?;
        Ok(kd + (water + air * henry) / positive("bulk density in kg/L", self.bulk_density)?)
    }

    /// Content of the soil, mg/kg, in balance with water that holds `water` mg/L: C_w (Kd + (θw + θa H′)/ρb).
    ///
    /// # Errors
    /// A number outside its domain; [`LeachingError::Pores`].
    ///
    /// # Source
    /// WAC 173-340-747; U.S. EPA (1996), *Soil Screening Guidance: User's Guide*, EPA/540/R-96/018.
    pub fn content_from_water(&self, water: f64, sorption: &Sorption) -> Result<f64, LeachingError> {
        Ok(not_negative("concentration in water in mg/L", water)? * self.bracket(sorption)?)
    }

    /// Concentration in the soil's water, mg/L, of soil that holds `content` mg/kg: the inverse of
    /// [`PorousSoil::content_from_water`].
    ///
    /// # Errors
    /// A number outside its domain; [`LeachingError::Pores`]; a substance that is nowhere, with no sorption, water or air.
    pub fn water_from_content(&self, content: f64, sorption: &Sorption) -> Result<f64, LeachingError> {
        let bracket = positive("Kd and pores together", self.bracket(sorption)?)?;
        Ok(not_negative("content in mg/kg", content)? / bracket)
    }

    /// Soil screening level, mg/kg: the content from which water, diluted `dilution` times, holds `target` mg/L.
    ///
    /// # Errors
    /// As [`PorousSoil::content_from_water`]; a dilution below 1.
    ///
    /// # Examples
    /// ```
    /// use soilscope_assess::leaching::{PorousSoil, Sorption, kd_of_organic};
    /// let benzene = Sorption { kd: kd_of_organic(58.9, 0.002)?, henry: 0.228 };
    /// let level = PorousSoil::WASHINGTON_UNSATURATED.screening_level(0.005, 20.0, &benzene)?;
    /// assert!((level - 0.0338).abs() < 5e-5);
    /// # Ok::<(), soilscope_assess::leaching::LeachingError>(())
    /// ```
    pub fn screening_level(&self, target: f64, dilution: f64, sorption: &Sorption) -> Result<f64, LeachingError> {
        held("dilution and attenuation factor", dilution, dilution.is_finite() && dilution >= 1.0, "at least 1")?;
        self.content_from_water(target * dilution, sorption)
    }
}

/// How a substance divides itself between soil, water and air.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sorption {
    /// Kd, L/kg; of an organic compound by [`kd_of_organic`].
    pub kd: f64,
    /// Henry's constant H′ without a unit, 0 for what does not evaporate; by [`henry_without_unit`].
    pub henry: f64,
}

/// Kd of an organic compound, L/kg: Koc × foc, with foc the share of organic carbon in the soil (0.006, not 0.6 percent).
///
/// # Errors
/// A Koc below 0; a share that is not from 0 to 1.
///
/// # Source
/// U.S. EPA (1996), *Soil Screening Guidance: User's Guide*, EPA/540/R-96/018, as in WAC 173-340-747.
pub fn kd_of_organic(koc: f64, organic_carbon: f64) -> Result<f64, LeachingError> {
    let share = crate::quantity::share("share of organic carbon", organic_carbon)?;
    Ok(not_negative("Koc in L/kg", koc)? * share)
}

/// Henry's constant without a unit of one in atm m³/mol: 41 × H, at 25 °C.
///
/// # Errors
/// A constant below 0.
///
/// # Source
/// U.S. EPA (1996), *Soil Screening Guidance: User's Guide*, EPA/540/R-96/018, as in WAC 173-340-747: 41 is 1/(R T) of 8.206e-5 atm m³/(mol K) and
/// 298 K, rounded.
///
/// # Examples
/// ```
/// use soilscope_assess::leaching::henry_without_unit;
/// assert!((henry_without_unit(5.56e-3)? - 0.228).abs() < 5e-4); // benzene
/// # Ok::<(), soilscope_assess::leaching::LeachingError>(())
/// ```
pub fn henry_without_unit(henry: f64) -> Result<f64, LeachingError> {
    const TO_RATIO: f64 = 41.0;
    Ok(TO_RATIO * not_negative("Henry's constant in atm m³/mol", henry)?)
}

//! How fast a substance moves down a soil, and what is left of it.

use super::LeachingError;
use crate::quantity::{not_negative, positive, share};

/// Retardation R = 1 + ρb Kd / θ: how many times slower than water a substance moves.
///
/// # Units
/// Bulk density in kg/L, Kd in L/kg, water θ as a share of the volume.
///
/// # Errors
/// A number outside its domain.
///
/// # Source
/// Freeze & Cherry (1979), *Groundwater*, ch. 9, as it is commonly quoted, with the share of water for the porosity; the book was not read.
///
/// # Examples
/// ```
/// use soilscope_assess::leaching::retardation;
/// assert_eq!(retardation(1.5, 2.0, 0.3)?, 11.0);
/// # Ok::<(), soilscope_assess::leaching::LeachingError>(())
/// ```
pub fn retardation(bulk_density: f64, kd: f64, water: f64) -> Result<f64, LeachingError> {
    let density = positive("bulk density in kg/L", bulk_density)?;
    let kd = not_negative("Kd in L/kg", kd)?;
    let water = positive("water, share of the volume", share("water, share of the volume", water)?)?;
    Ok(1.0 + density * kd / water)
}

/// A column of soil above the groundwater.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Column {
    /// Depth to the groundwater, m.
    pub depth: f64,
    /// Water θ, share of the volume.
    pub water: f64,
    /// Dry bulk density, kg/L.
    pub bulk_density: f64,
    /// Recharge, m/a.
    pub recharge: f64,
}

impl Column {
    /// Time that a substance takes through the column: depth × θ × R / recharge, as a piston.
    ///
    /// # Units
    /// Years; `kd` in L/kg.
    ///
    /// # Errors
    /// A number outside its domain.
    ///
    /// # Source
    /// The velocity of the water, recharge / θ, over [`retardation`].
    ///
    /// # Examples
    /// ```
    /// use soilscope_assess::leaching::Column;
    /// let column = Column { depth: 2.0, water: 0.3, bulk_density: 1.5, recharge: 0.3 };
    /// assert_eq!(column.travel_time(0.0)?, 2.0); // as fast as water
    /// assert_eq!(column.travel_time(2.0)?, 22.0);
    /// # Ok::<(), soilscope_assess::leaching::LeachingError>(())
    /// ```
    pub fn travel_time(&self, kd: f64) -> Result<f64, LeachingError> {
        let retarded = retardation(self.bulk_density, kd, self.water)?;
        let depth = not_negative("depth in m", self.depth)?;
        Ok(depth * self.water / positive("recharge in m/a", self.recharge)? * retarded)
    }
}

/// Share that is left of a substance after `time`: exp(−ln 2 × t / DT50), both in one unit.
///
/// # Errors
/// A time below 0; a half-life that is not above 0.
///
/// # Source
/// Decay of first order, whose rate is ln 2 / DT50 by the definition of a half-life.
///
/// # Examples
/// ```
/// use soilscope_assess::leaching::attenuation;
/// assert!((attenuation(292.0, 146.0)? - 0.25).abs() < 1e-15);
/// # Ok::<(), soilscope_assess::leaching::LeachingError>(())
/// ```
pub fn attenuation(time: f64, half_life: f64) -> Result<f64, LeachingError> {
    let time = not_negative("time", time)?;
    Ok(0.5_f64.powf(time / positive("half-life", half_life)?))
}

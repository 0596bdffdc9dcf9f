//! Dilution of leachate in the groundwater below a source.

use serde::Serialize;

use super::LeachingError;
use crate::quantity::{held, positive};
use crate::threshold::Standing;

/// A source and what rains through it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Source {
    /// Length L along the flow of the groundwater, m.
    pub length: f64,
    /// Infiltration, m/a.
    pub infiltration: f64,
}

/// Groundwater below a source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Aquifer {
    /// Hydraulic conductivity K, m/a.
    pub conductivity: f64,
    /// Gradient i of the water table.
    pub gradient: f64,
    /// Thickness, m.
    pub thickness: f64,
}

/// A factor with what it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DilutionAttenuation {
    /// Leachate over groundwater; at least 1.
    pub factor: f64,
    /// Depth over which leachate mixes, m.
    pub mixing_depth: f64,
    /// How far the formula can be trusted to be that of its authors.
    pub standing: Standing,
}

/// Deepest mixing that Washington State allows, m.
const DEEPEST: f64 = 5.0;

impl Aquifer {
    fn flow(&self) -> Result<f64, LeachingError> {
        let conductivity = positive("hydraulic conductivity in m/a", self.conductivity)?;
        let gradient = positive("gradient of the water table", self.gradient)?;
        positive("thickness of the aquifer in m", self.thickness)?;
        Ok(conductivity * gradient)
    }

    /// Dilution factor (Qp + Qa)/Qp of Washington State: Qa = K A i with the area A of a mixing zone at most 5 m and at most
    /// the aquifer deep, Qp = L W times infiltration. The width W of the source cancels.
    ///
    /// # Errors
    /// A number that is not above 0.
    ///
    /// # Source
    /// WAC 173-340-747.
    ///
    /// # Examples
    /// ```
    /// use soilscope_assess::leaching::{Aquifer, Source};
    /// let aquifer = Aquifer { conductivity: 1000.0, gradient: 0.01, thickness: 20.0 };
    /// let dilution = aquifer.dilution(&Source { length: 50.0, infiltration: 0.25 }, 5.0)?;
    /// assert_eq!(dilution.factor, 1.0 + 10.0 * 5.0 / 12.5);
    /// # Ok::<(), soilscope_assess::leaching::LeachingError>(())
    /// ```
    pub fn dilution(&self, source: &Source, mixing_depth: f64) -> Result<DilutionAttenuation, LeachingError> {
        let flow = self.flow()?;
        let wanted = positive("depth of mixing in m", mixing_depth)?;
        held("depth of mixing in m", wanted, wanted <= DEEPEST, "at most 5 m (WAC 173-340-747)")?;
        let mixing_depth = wanted.min(self.thickness);
        let per_width = source.per_width()?;
        Ok(DilutionAttenuation {
            factor: (per_width + flow * mixing_depth) / per_width,
            mixing_depth,
            standing: Standing::Verified,
        })
    }

    /// Dilution and attenuation factor of the U.S. EPA: 1 + K i d / (I L), with mixing depth
    /// d = √(0.0112 L²) + dₐ (1 − exp(−L I / (K i dₐ))), at most the aquifer's thickness dₐ.
    ///
    /// Written down without the guidance at hand: its standing is unverified.
    ///
    /// # Errors
    /// A number that is not above 0.
    ///
    /// # Source
    /// U.S. EPA, *Soil Screening Guidance* (recalled).
    pub fn dilution_attenuation(&self, source: &Source) -> Result<DilutionAttenuation, LeachingError> {
        const DISPERSION: f64 = 0.0112;
        let flow = self.flow()?;
        let per_width = source.per_width()?;
        let dispersed = (DISPERSION * source.length * source.length).sqrt();
        let pushed = self.thickness * (1.0 - (-per_width / (flow * self.thickness)).exp());
        let mixing_depth = (dispersed + pushed).min(self.thickness);
        Ok(DilutionAttenuation {
            factor: 1.0 + flow * mixing_depth / per_width,
            mixing_depth,
            standing: Standing::Unverified,
        })
    }
}

impl Source {
    /// Leachate per metre of width, m²/a.
    fn per_width(&self) -> Result<f64, LeachingError> {
        let length = positive("length of the source in m", self.length)?;
        Ok(length * positive("infiltration in m/a", self.infiltration)?)
    }
}

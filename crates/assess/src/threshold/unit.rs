//! Units of limits.

use serde::Serialize;

/// What a limit is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[non_exhaustive]
pub enum LimitUnit {
    /// Mass in dry soil.
    MassFraction {
        /// mg/kg in one of the unit.
        mg_per_kg: f64,
    },
    /// Toxic equivalents in dry soil, ng/kg: they hold weights, so they are no mass.
    ToxicEquivalents,
    /// What dissolves, mg in a litre of leachate.
    Leachate,
    /// What a field may receive, kg a hectare and year.
    Load,
}

impl LimitUnit {
    /// The unit as tables write it; `None` where it is not known.
    ///
    /// # Examples
    /// ```
    /// use soilscope_assess::threshold::LimitUnit;
    /// assert_eq!(LimitUnit::parse("ug/kg dw"), Some(LimitUnit::MassFraction { mg_per_kg: 1e-3 }));
    /// assert_eq!(LimitUnit::parse("mg/L leachate"), Some(LimitUnit::Leachate));
    /// assert_eq!(LimitUnit::parse("mg/m3"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().replace(['µ', 'μ'], "u").to_lowercase();
        let mass = text.strip_suffix("dw").or_else(|| text.strip_suffix("dm")).unwrap_or(&text).trim();
        let mass_fraction = |mg_per_kg| Some(Self::MassFraction { mg_per_kg });
        match mass {
            "mg/kg" | "ppm" | "ug/g" | "g/t" => mass_fraction(1.0),
            "ug/kg" | "ppb" | "ng/g" => mass_fraction(1e-3),
            "ng/kg" => mass_fraction(1e-6),
            "g/kg" => mass_fraction(1e3),
            "%" => mass_fraction(1e4),
            "ng teq/kg" | "ng i-teq/kg" | "ng who-teq/kg" => Some(Self::ToxicEquivalents),
            "mg/l leachate" => Some(Self::Leachate),
            "kg/ha/yr" => Some(Self::Load),
            _ => None,
        }
    }

    /// mg/kg in one of the unit, of a mass fraction.
    pub fn in_mg_per_kg(self) -> Option<f64> {
        match self {
            Self::MassFraction { mg_per_kg } => Some(mg_per_kg),
            _ => None,
        }
    }

    /// Why values in soil cannot be held against a limit in this unit; empty for a mass fraction.
    pub fn why_not(self) -> &'static str {
        match self {
            Self::MassFraction { .. } => "",
            Self::ToxicEquivalents => "toxic equivalents are weighted sums, not the mass of a substance",
            Self::Leachate => "it limits what dissolves in a leaching test, not what the soil holds",
            Self::Load => "it limits what a field receives in a year, not what the soil holds",
        }
    }
}

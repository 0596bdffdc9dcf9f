//! Back-calculation of ecological soil screening levels.

use serde::Serialize;

use super::EcologyError;
use crate::coefficient::{self, coefficients};
use crate::quantity::{finite, not_negative, positive, share};
use crate::threshold::Standing;

const TABLE: &str = "eco_ssl";

/// An animal by what it eats.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Receptor {
    /// Its name.
    pub name: String,
    /// Food eaten, FIR, kg of dry matter per kg of body weight and day.
    pub food: f64,
    /// Soil as a share of the food, Ps.
    pub soil_share: f64,
    /// How far these numbers can be trusted.
    pub standing: Standing,
}

impl Receptor {
    /// One of the U.S. EPA's: dove, woodcock, hawk, vole, shrew, weasel.
    ///
    /// # Errors
    /// [`EcologyError::Unknown`].
    pub fn builtin(name: &str) -> Result<Self, EcologyError> {
        let [food, soil] = pair("receptor", name, "any", ["FIR", "Ps"])?;
        Ok(Self {
            name: name.to_owned(),
            food: food.value,
            soil_share: soil.value,
            standing: food.standing.max(soil.standing),
        })
    }
}

/// Content of food as a function of that of soil: ln B = slope × ln S + intercept, both mg/kg of dry matter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Uptake {
    /// b1; at least 0.
    pub slope: f64,
    /// b0.
    pub intercept: f64,
    /// How far these numbers can be trusted.
    pub standing: Standing,
}

/// A toxicity reference value of birds or mammals.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct WildlifeToxicity {
    /// Dose TRV, mg per kg of body weight and day.
    pub value: f64,
    /// How far it can be trusted.
    pub standing: Standing,
}

impl WildlifeToxicity {
    /// That of the built-in table: cadmium for `birds` and `mammals`.
    ///
    /// # Errors
    /// [`EcologyError::Unknown`].
    pub fn builtin(analyte: &str, animals: &str) -> Result<Self, EcologyError> {
        let row = coefficient::find(TABLE, animals, analyte, "TRV")
            .ok_or_else(|| unknown("toxicity reference value", &format!("{analyte} {animals}"), "TRV"))?;
        Ok(Self { value: row.value, standing: row.standing })
    }
}

/// Uptake of an element by `plant`, `earthworm` or `mammal`, of the built-in table: cadmium.
///
/// # Errors
/// [`EcologyError::Unknown`].
pub fn food_uptake(analyte: &str, food: &str) -> Result<Uptake, EcologyError> {
    let [intercept, slope] = pair("uptake", food, analyte, ["B0", "B1_lnCs"])?;
    Ok(Uptake { slope: slope.value, intercept: intercept.value, standing: slope.standing.max(intercept.standing) })
}

fn pair(
    what: &'static str,
    model: &str,
    analyte: &str,
    parameters: [&str; 2],
) -> Result<[&'static coefficient::Coefficient; 2], EcologyError> {
    let [first, second] = parameters.map(|parameter| coefficient::find(TABLE, model, analyte, parameter));
    let name = if analyte == "any" { model.to_owned() } else { format!("{analyte} {model}") };
    first.zip(second).map(|(a, b)| [a, b]).ok_or_else(|| unknown(what, &name, parameters[0]))
}

fn unknown(what: &'static str, name: &str, parameter: &str) -> EcologyError {
    let rows = coefficients().iter().filter(|c| c.table == TABLE && c.parameter == parameter);
    let name_of = |c: &coefficient::Coefficient| {
        if c.analyte == "any" { c.model.clone() } else { format!("{} {}", c.analyte, c.model) }
    };
    EcologyError::Unknown { what, name: name.to_owned(), has: rows.map(name_of).collect::<Vec<_>>().join(", ") }
}

/// Hazard quotient of an animal: FIR × (S × Ps + B) / TRV, B of the food by its uptake from the soil.
///
/// # Errors
/// A number outside its domain; an uptake that falls with the soil's content.
///
/// # Source
/// U.S. EPA (2005), *Guidance for Developing Ecological Soil Screening Levels*, OSWER Directive 9285.7-55, as copied by the R package
/// spacemodR.
pub fn hazard_quotient(
    soil: f64,
    receptor: &Receptor,
    uptake: &Uptake,
    toxicity: &WildlifeToxicity,
) -> Result<f64, EcologyError> {
    let soil = positive("content of the soil in mg/kg", soil)?;
    let eaten = positive("food in kg/kg-d", receptor.food)?;
    let soil_share = share("soil as a share of the food", receptor.soil_share)?;
    let slope = not_negative("slope of the uptake", uptake.slope)?;
    let food = (slope * soil.ln() + finite("intercept of the uptake", uptake.intercept)?).exp();
    Ok(eaten * (soil * soil_share + food) / positive("toxicity reference value in mg/kg-d", toxicity.value)?)
}

/// A soil content for an animal.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SoilLevel {
    /// Content at which the hazard quotient is 1, mg/kg of dry soil.
    pub value: f64,
    /// The animal.
    pub receptor: String,
    /// The worst standing of what it was computed from.
    pub standing: Standing,
}

/// Contents that are searched, mg/kg: at a million there is no soil left.
const SEARCHED: [f64; 2] = [1e-9, 1e6];

/// Soil content at which the hazard quotient of an animal is 1, by halving on its logarithm.
///
/// # Errors
/// As [`hazard_quotient`]; [`EcologyError::OutOfReach`].
///
/// # Examples
/// ```
/// use soilscope_assess::ecology::{Receptor, Uptake, WildlifeToxicity, back_calculate};
/// use soilscope_assess::threshold::Standing::Unverified;
/// // Food that holds what the soil holds: TRV = FIR × S × (Ps + 1).
/// let receptor = Receptor { name: "own".into(), food: 0.2, soil_share: 0.25, standing: Unverified };
/// let uptake = Uptake { slope: 1.0, intercept: 0.0, standing: Unverified };
/// let level = back_calculate(&receptor, &uptake, &WildlifeToxicity { value: 2.5, standing: Unverified })?;
/// assert!((level.value - 10.0).abs() < 1e-9);
/// # Ok::<(), soilscope_assess::ecology::EcologyError>(())
/// ```
pub fn back_calculate(
    receptor: &Receptor,
    uptake: &Uptake,
    toxicity: &WildlifeToxicity,
) -> Result<SoilLevel, EcologyError> {
    let quotient = |log: f64| hazard_quotient(log.exp(), receptor, uptake, toxicity);
    let [mut low, mut high] = SEARCHED.map(f64::ln);
    // The quotient never falls with the content, so one crossing is all there can be.
    if !(quotient(low)? <= 1.0 && quotient(high)? >= 1.0) {
        let [least, most] = SEARCHED;
        return Err(EcologyError::OutOfReach { least, most });
    }
    loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if quotient(middle)? < 1.0 { low = middle } else { high = middle }
    }
    let standing = receptor.standing.max(uptake.standing).max(toxicity.standing);
    Ok(SoilLevel { value: (0.5 * (low + high)).exp(), receptor: receptor.name.clone(), standing })
}

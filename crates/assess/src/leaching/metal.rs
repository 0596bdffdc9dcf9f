//! Metals in the soil solution, by regressions on what the soil is.

use serde::Serialize;

use super::LeachingError;
use crate::coefficient::{self, Coefficient, coefficients};
use crate::quantity::{percent, ph, positive};
use crate::threshold::Standing;

const TABLE: &str = "partition";

/// Which regression of Otte et al. (2000).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// Of the solution on the soil (their Table 16): the estimate.
    Direct,
    /// Of the soil on the solution, turned round (their Table 13). The report warns that this biases the solution: a bound, not
    /// an estimate.
    Inverse,
}

/// What the regression of Otte et al. asks of the soil.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetalSoil {
    /// Content of the metal by aqua regia or 2 M HNO₃, mg/kg.
    pub content: f64,
    /// Organic carbon, percent.
    pub organic_carbon: f64,
    /// Clay, percent.
    pub clay: f64,
    /// pH.
    pub ph: f64,
}

/// Concentration in the soil solution, with what it rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SoilSolution {
    /// µg/L.
    pub value: f64,
    /// R² of the regression; `None` where the source does not print it.
    pub r2: Option<f64>,
    /// Standard deviation of its residuals, log₁₀ units; `None` where the source does not print it.
    pub residual_sd: Option<f64>,
    /// Where it was read.
    pub source: &'static str,
    /// The worst standing of its coefficients.
    pub standing: Standing,
    /// What the source warns of.
    pub caution: Option<&'static str>,
}

/// Least R² of a regression that is used: below, it explains less than a tenth of what there is to explain.
const LEAST_R2: f64 = 0.1;
/// µg in a mg.
const UG_IN_MG: f64 = 1000.0;

/// Concentration of cadmium, copper, lead or zinc in the soil solution.
///
/// Direct: log M = N + p log OC + r log clay + s log (H⁺) + m log X. Inverse: log X on the left, log M on the right, solved
/// for it. X in mg/kg of soil, M in mg/L of solution, logarithms to base 10.
///
/// # Errors
/// A number outside its domain; [`LeachingError::Metal`]; [`LeachingError::Useless`], as for copper's direct form (R² 0.035).
///
/// # Source
/// Otte et al. (2000), Tables 13 and 16: 235 (Pb) to 356 (Zn) field samples of Dutch soils, as copied at
/// github.com/pvgenuchten/soilpedia.nl, docs/Partitierelaties-voor-zware-metale.md: each coefficient's row says where it was read.
///
/// # Examples
/// ```
/// use soilscope_assess::leaching::{Form, MetalSoil, metal_solution};
/// let soil = MetalSoil { content: 0.5, organic_carbon: 2.0, clay: 5.0, ph: 5.0 };
/// assert!((metal_solution("Cd", Form::Direct, &soil)?.value - 3.06).abs() < 0.005);
/// assert!((metal_solution("Cd", Form::Inverse, &soil)?.value - 18.6).abs() < 0.05);
/// assert!(metal_solution("Cu", Form::Direct, &soil).is_err());
/// # Ok::<(), soilscope_assess::leaching::LeachingError>(())
/// ```
pub fn metal_solution(metal: &str, form: Form, soil: &MetalSoil) -> Result<SoilSolution, LeachingError> {
    let (model, last) = match form {
        Form::Direct => ("Otte_direct", "m_total"),
        Form::Inverse => ("Otte_inverse", "m_solution"),
    };
    let [r2, n, p, r, s, m] = all(model, metal, ["R2", "N", "p_OC", "r_clay", "s_H", last])?;
    if form == Form::Direct && r2.value < LEAST_R2 {
        return Err(LeachingError::Useless { metal: metal.to_owned(), r2: r2.value });
    }
    let content = positive("content in mg/kg", soil.content)?.log10();
    let of_soil = n.value
        + p.value * percent("organic carbon", soil.organic_carbon)?.log10()
        + r.value * percent("clay", soil.clay)?.log10()
        - s.value * ph(soil.ph)?;
    let log = match form {
        Form::Direct => of_soil + m.value * content,
        Form::Inverse => (content - of_soil) / m.value,
    };
    let bias = "the regression of soil on solution, turned round: biased, so a bound rather than an estimate";
    Ok(SoilSolution {
        value: UG_IN_MG * 10_f64.powf(log),
        r2: Some(r2.value),
        residual_sd: None,
        source: &n.source,
        standing: worst(&[r2, n, p, r, s, m]),
        caution: (form == Form::Inverse).then_some(bias),
    })
}

/// How wet the soil is that cadmium is dissolved from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaterRegime {
    /// Paddy soil.
    Paddy,
    /// Upland soil.
    Upland,
}

/// What the Chinese regression asks of the soil.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CadmiumSoil {
    /// Content of cadmium, mg/kg.
    pub content: f64,
    /// Organic carbon, percent.
    pub organic_carbon: f64,
    /// Clay, percent.
    pub clay: f64,
    /// pH in water.
    pub ph: f64,
}

/// Concentration of cadmium in the solution of Chinese paddy or upland soils:
/// log C (µg/L) = 4.17 or 3.89 + 1.03 log Cd − 1.34 log SOC − 0.07 log clay − 0.66 pH.
///
/// # Errors
/// A number outside its domain.
///
/// # Source
/// Repository xu624/cadmium-management, its regression computed again.
///
/// # Examples
/// ```
/// use soilscope_assess::leaching::{CadmiumSoil, WaterRegime, cadmium_solution};
/// // All logarithms 0: what is left is 4.17 − 0.66 × 5.
/// let soil = CadmiumSoil { content: 1.0, organic_carbon: 1.0, clay: 1.0, ph: 5.0 };
/// assert!((cadmium_solution(WaterRegime::Paddy, &soil)?.value - 10f64.powf(0.87)).abs() < 1e-12);
/// # Ok::<(), soilscope_assess::leaching::LeachingError>(())
/// ```
pub fn cadmium_solution(regime: WaterRegime, soil: &CadmiumSoil) -> Result<SoilSolution, LeachingError> {
    let first = match regime {
        WaterRegime::Paddy => "a0_paddy",
        WaterRegime::Upland => "a0_upland",
    };
    let names = [first, "n_log10_Csoil", "a2_log10_SOC_pct", "a3_log10_clay_pct", "a1_pH_water", "residual_sd"];
    let [a0, n, a2, a3, a1, sd] = all("CN_Cd_soil_solution", "Cd", names)?;
    let log = a0.value
        + n.value * positive("content in mg/kg", soil.content)?.log10()
        + a2.value * percent("organic carbon", soil.organic_carbon)?.log10()
        + a3.value * percent("clay", soil.clay)?.log10()
        + a1.value * ph(soil.ph)?;
    Ok(SoilSolution {
        value: 10_f64.powf(log),
        r2: None,
        residual_sd: Some(sd.value),
        source: &a0.source,
        standing: worst(&[a0, n, a2, a3, a1]),
        caution: None,
    })
}

fn worst(coefficients: &[&Coefficient]) -> Standing {
    coefficients.iter().map(|c| c.standing).max().unwrap_or(Standing::Unverified)
}

fn all<const N: usize>(
    model: &str,
    metal: &str,
    parameters: [&str; N],
) -> Result<[&'static Coefficient; N], LeachingError> {
    let found: Vec<&'static Coefficient> =
        parameters.iter().filter_map(|parameter| coefficient::find(TABLE, model, metal, parameter)).collect();
    <[&'static Coefficient; N]>::try_from(found).map_err(|_| {
        let mut has: Vec<&str> =
            coefficients().iter().filter(|c| c.model == model).map(|c| c.analyte.as_str()).collect();
        has.dedup();
        LeachingError::Metal { metal: metal.to_owned(), has: has.join(", ") }
    })
}

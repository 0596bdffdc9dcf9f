//! Transfer models: log₁₀ crop = a0 + a1 pH + a2 log₁₀ organic + a3 log₁₀ clay + n log₁₀ soil.

use serde::Serialize;
use soilscope_core::normal::normal_quantile;
use soilscope_core::transform::normal_cdf;

use super::CropError;
use crate::coefficient::{self, coefficients};
use crate::quantity::{finite, inside, percent, ph, positive};
use crate::threshold::{Property, Soil, Standing};

const TABLE: &str = "crop_transfer";

/// Which pH a model was fitted to: in KCl it is about one unit lower than in water.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reaction {
    /// pH in KCl.
    Kcl,
    /// pH in water.
    Water,
}

/// Which measure of organic substance a model was fitted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Organic {
    /// Organic matter.
    Matter,
    /// Organic carbon.
    Carbon,
}

/// A transfer model from soil to crop. Contents in mg/kg of dry soil and dry crop.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TransferModel {
    /// Its name.
    pub name: String,
    /// a0.
    pub intercept: f64,
    /// a1, per unit of pH, and which pH.
    pub ph: (f64, Reaction),
    /// a2, per log₁₀ of percent, and of what; 0 where the model does without.
    pub organic: (f64, Organic),
    /// a3, per log₁₀ of percent of clay; 0 where the model does without.
    pub clay: f64,
    /// n, above 0. Below 1 the crop's uptake flattens, and errors of a limit grow by 1/n.
    pub power: f64,
    /// Standard deviation s of the residuals, log₁₀ units, where the source prints it.
    pub residual_sd: Option<f64>,
    /// Content of the crop that the source takes as critical, mg/kg of dry matter.
    pub critical: Option<f64>,
    /// Where it was read.
    pub source: String,
    /// The worst standing of its coefficients.
    pub standing: Standing,
}

impl TransferModel {
    /// A model of the built-in table: cadmium in Dutch grass, maize, sugar beet, wheat and lettuce (`NL_Cd_wheat` …) and
    /// Chinese rice (`CN_Cd_rice_grain`, `CN_Cd_rice_straw`, `CN_Cd_rice_grain_simple`).
    ///
    /// # Errors
    /// [`CropError::Model`].
    ///
    /// # Source
    /// That of the model's row, in [`TransferModel::source`].
    pub fn builtin(name: &str) -> Result<Self, CropError> {
        let of = |parameter: &str| coefficient::find(TABLE, name, "Cd", parameter);
        let number = |parameter: &str| of(parameter).map(|c| c.value);
        let missing = || {
            let mut has: Vec<String> =
                coefficients().iter().filter(|c| c.table == TABLE).map(|c| c.model.clone()).collect();
            has.dedup();
            CropError::Model { model: name.to_owned(), has }
        };
        let first = of("a0").ok_or_else(missing)?;
        let kcl = number("a1_pH_KCl").map(|a1| (a1, Reaction::Kcl));
        let carbon = number("a2_log10_SOC_pct").map(|a2| (a2, Organic::Carbon));
        let matter = number("a2_log10_SOM_pct").map(|a2| (a2, Organic::Matter));
        let standing = coefficient::of(TABLE, name, "Cd").map(|c| c.standing).max();
        Ok(Self {
            name: name.to_owned(),
            intercept: first.value,
            ph: kcl.or(number("a1_pH_water").map(|a1| (a1, Reaction::Water))).ok_or_else(missing)?,
            organic: carbon.or(matter).unwrap_or((0.0, Organic::Matter)),
            clay: number("a3_log10_clay_pct").unwrap_or(0.0),
            power: number("n_log10_Csoil").ok_or_else(missing)?,
            residual_sd: number("residual_sd"),
            critical: number("critical_Cp"),
            source: first.source.clone(),
            standing: standing.unwrap_or(Standing::Unverified),
        })
    }

    /// What does not depend on the soil's content.
    fn of_soil(&self, soil: &Soil) -> Result<f64, CropError> {
        let get = |property: Property| {
            let missing = || CropError::NeedsSoil { model: self.name.clone(), missing: property };
            soil.number(property).ok_or_else(missing)
        };
        let reaction = match self.ph.1 {
            Reaction::Kcl => Property::PhKcl,
            Reaction::Water => Property::Ph,
        };
        let mut sum = finite("intercept", self.intercept)?;
        if self.ph.0 != 0.0 {
            sum += finite("coefficient of pH", self.ph.0)? * ph(get(reaction)?)?;
        }
        if self.organic.0 != 0.0 {
            let (property, name) = match self.organic.1 {
                Organic::Matter => (Property::OrganicMatter, "organic matter"),
                Organic::Carbon => (Property::Toc, "organic carbon"),
            };
            sum += finite("coefficient of organic substance", self.organic.0)? * percent(name, get(property)?)?.log10();
        }
        if self.clay != 0.0 {
            sum += finite("coefficient of clay", self.clay)? * percent("clay", get(Property::Clay)?)?.log10();
        }
        Ok(sum)
    }

    fn power(&self) -> Result<f64, CropError> {
        Ok(positive("power n of the soil's content", self.power)?)
    }

    /// Median content of the crop, mg/kg of dry matter, on soil that holds `content` mg/kg.
    ///
    /// # Errors
    /// A number outside its domain; [`CropError::NeedsSoil`].
    ///
    /// # Source
    /// That of the model's row, in [`TransferModel::source`].
    pub fn crop(&self, content: f64, soil: &Soil) -> Result<f64, CropError> {
        let content = positive("content of the soil in mg/kg", content)?;
        Ok(10_f64.powf(self.of_soil(soil)? + self.power()? * content.log10()))
    }

    /// Soil at which the median crop holds `limit`, mg/kg of dry matter: the inverse of [`TransferModel::crop`].
    ///
    /// # Errors
    /// As [`TransferModel::crop`].
    pub fn soil_at(&self, limit: f64, soil: &Soil) -> Result<CriticalSoil, CropError> {
        let log = positive("limit of the crop in mg/kg dry", limit)?.log10() - self.of_soil(soil)?;
        let power = self.power()?;
        Ok(CriticalSoil {
            value: 10_f64.powf(log / power),
            factor: self.residual()?.map(|sd| 10_f64.powf(sd / power)),
            source: self.source.clone(),
            standing: self.standing,
        })
    }

    /// Soil at which the crop stays below `limit` with probability `confidence`, mg/kg: with 0.95 the limit counts as
    /// log L − 1.645 s.
    ///
    /// # Errors
    /// As [`TransferModel::crop`]; [`CropError::NoResidual`]; a confidence that is not above 0 and below 1.
    ///
    /// # Examples
    /// ```
    /// use soilscope_assess::{crop::TransferModel, threshold::Soil};
    /// let rice = TransferModel::builtin("CN_Cd_rice_grain")?;
    /// let soil = Soil { ph: Some(6.0), toc: Some(2.0), clay: Some(25.0), ..Soil::default() };
    /// let safe = rice.protective(0.2, 0.95, &soil)?;
    /// assert!((rice.exceedance(safe, 0.2, &soil)? - 0.05).abs() < 1e-12);
    /// # Ok::<(), soilscope_assess::crop::CropError>(())
    /// ```
    pub fn protective(&self, limit: f64, confidence: f64, soil: &Soil) -> Result<f64, CropError> {
        let z = normal_quantile(inside("confidence", confidence)?);
        let sd = self.residual()?.ok_or_else(|| CropError::NoResidual { model: self.name.clone() })?;
        let log = positive("limit of the crop in mg/kg dry", limit)?.log10() - z * sd - self.of_soil(soil)?;
        Ok(10_f64.powf(log / self.power()?))
    }

    /// Probability that a crop on soil of `content` mg/kg holds more than `limit`, mg/kg of dry matter, with residuals that
    /// are normal in log₁₀.
    ///
    /// # Errors
    /// As [`TransferModel::crop`]; [`CropError::NoResidual`].
    pub fn exceedance(&self, content: f64, limit: f64, soil: &Soil) -> Result<f64, CropError> {
        let sd = self.residual()?.ok_or_else(|| CropError::NoResidual { model: self.name.clone() })?;
        let margin = positive("limit of the crop in mg/kg dry", limit)?.log10() - self.crop(content, soil)?.log10();
        Ok(normal_cdf(-margin / sd))
    }

    fn residual(&self) -> Result<Option<f64>, CropError> {
        Ok(self.residual_sd.map(|sd| positive("standard deviation of the residuals", sd)).transpose()?)
    }
}

/// Soil at which a crop reaches its limit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CriticalSoil {
    /// For the median crop, mg/kg of dry soil.
    pub value: f64,
    /// Factor that one standard deviation of the crop is in the soil: the interval is value over and times this. `None`
    /// where the source does not print how much the model errs.
    pub factor: Option<f64>,
    /// Where the model was read.
    pub source: String,
    /// How far it can be trusted.
    pub standing: Standing,
}

//! What a set says of one analyte, and its value for a soil.

use serde::Serialize;

use super::code::Code;
use super::entry::{Entry, Standing};
use super::error::ThresholdError;
use super::soil::{Property, Soil, Texture};

/// What a set says of one analyte: one row, or one for each kind of soil.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit<'t> {
    code: Code,
    analyte: String,
    entries: Vec<&'t Entry>,
}

/// A limit's value for a soil.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AtSoil<'t> {
    /// In the unit of its row.
    pub value: f64,
    /// The row it comes from.
    pub entry: &'t Entry,
    /// What the row's value was multiplied with.
    pub factor: f64,
    /// Whether it is for the standard soil of the act, as published, for lack of the soil's own properties.
    pub standard_soil: bool,
    /// Conditions on the soil that are known to be met: `pH above 5.5 up to 6.5`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub met: Vec<String>,
    /// Conditions that are not known to be met, the same for all rows: `organic matter up to 15 %`.
    pub assumed: Vec<String>,
}

impl<'t> Limit<'t> {
    pub(super) fn new(code: Code, analyte: String, entries: Vec<&'t Entry>) -> Self {
        Self { code, analyte, entries }
    }

    /// The set.
    pub fn code(&self) -> &Code {
        &self.code
    }

    /// Symbol or name of the substance, as the table writes it.
    pub fn analyte(&self) -> &str {
        &self.analyte
    }

    /// Its rows, in the order of the table.
    pub fn entries(&self) -> &[&'t Entry] {
        &self.entries
    }

    /// The least trusted of its rows.
    pub fn standing(&self) -> Standing {
        self.entries.iter().map(|e| e.standing()).max().unwrap_or(Standing::Verified)
    }

    /// Properties of the soil that its value depends on.
    pub fn depends_on(&self) -> Vec<Property> {
        let mut needs: Vec<Property> =
            Property::ALL.into_iter().filter(|&property| self.tells_apart(property)).collect();
        for entry in &self.entries {
            needs.extend(entry.when.correction.iter().flat_map(|c| c.needs()));
            needs.extend(entry.when.lighter_below_ph.map(|_| Property::Ph));
        }
        needs.sort_unstable();
        needs.dedup();
        needs
    }

    /// What all rows ask of the soil alike, by property: no row is chosen by it, and none holds without it.
    pub fn shared(&self) -> Vec<(Property, String)> {
        let words = |p: Property| self.entries.first()?.when.words(p).map(|words| (p, words));
        Property::ALL.into_iter().filter(|&p| !self.tells_apart(p)).filter_map(words).collect()
    }

    /// Whether rows differ in what they ask of a property.
    fn tells_apart(&self, property: Property) -> bool {
        let Some((first, rest)) = self.entries.split_first() else { return false };
        rest.iter().any(|entry| match property {
            Property::Texture => entry.when.textures != first.when.textures,
            _ => entry.when.range_of(property) != first.when.range_of(property),
        })
    }

    /// Its value where nothing is known of the soil: the only row's, for the act's standard soil where the act corrects it.
    ///
    /// # Errors
    /// [`ThresholdError::NeedsSoil`] where rows differ with the soil.
    pub fn published(&self) -> Result<AtSoil<'t>, ThresholdError> {
        match self.entries[..] {
            [entry] => Ok(AtSoil {
                value: entry.value,
                entry,
                factor: 1.0,
                standard_soil: entry.when.correction.is_some(),
                met: Vec::new(),
                assumed: self.assumed(entry, &Soil::default()),
            }),
            _ => {
                let missing = Property::ALL.into_iter().find(|&p| self.tells_apart(p));
                Err(self.needs(missing.unwrap_or(Property::Texture), 0))
            }
        }
    }

    /// Its value for a soil.
    ///
    /// # Errors
    /// [`ThresholdError::NeedsSoil`] where a property that it depends on is not known, [`ThresholdError::NoRow`] where no
    /// row is for such a soil.
    ///
    /// # Examples
    /// ```
    /// use soilscope_assess::threshold::{Soil, Table};
    /// let limit = Table::builtin().limit("CN/screening/paddy", "Cd")?;
    /// let at = |ph| limit.at(&Soil { ph: Some(ph), ..Soil::default() }).map(|a| a.value);
    /// assert_eq!((at(5.5)?, at(7.6)?), (0.3, 0.8));
    /// # Ok::<(), soilscope_assess::threshold::ThresholdError>(())
    /// ```
    pub fn at(&self, soil: &Soil) -> Result<AtSoil<'t>, ThresholdError> {
        let (entry, lighter_below) = self.row(soil)?;
        let factor = match entry.when.correction {
            Some(correction) => correction.factor(soil).map_err(|missing| self.needs(missing, entry.line))?,
            None => 1.0,
        };
        Ok(AtSoil {
            value: entry.value * factor,
            entry,
            factor,
            standard_soil: false,
            met: Self::met(entry, lighter_below, soil),
            assumed: self.assumed(entry, soil),
        })
    }

    /// The row for a soil; the pH below which it is that of the next lighter texture, where it is.
    fn row(&self, soil: &Soil) -> Result<(&'t Entry, Option<f64>), ThresholdError> {
        let open = |entry: &Entry| Property::ALL.into_iter().all(|p| entry.when.met(p, soil) != Some(false));
        let left: Vec<&'t Entry> = self.entries.iter().copied().filter(|entry| open(entry)).collect();
        let Some(&first) = left.first() else { return Err(self.no_row(soil)) };
        // A condition that rows differ in and that is not known leaves the row open, even where it is the only one left.
        for entry in &left {
            let unknown = Property::ALL.into_iter().find(|&p| self.tells_apart(p) && entry.when.met(p, soil).is_none());
            if let Some(missing) = unknown {
                return Err(self.needs(missing, entry.line));
            }
        }
        let Some(below) = first.when.lighter_below_ph else { return Ok((first, None)) };
        match soil.ph {
            None => Err(self.needs(Property::Ph, first.line)),
            Some(ph) if ph < below => Ok((self.lighter(first, soil)?, Some(below))),
            Some(_) => Ok((first, None)),
        }
    }

    /// The row of the next lighter texture, as German precautionary values want it for acid soils.
    fn lighter(&self, entry: &Entry, soil: &Soil) -> Result<&'t Entry, ThresholdError> {
        let lighter = if entry.when.textures.contains(&Texture::Clay) { Texture::Loam } else { Texture::Sand };
        let found = self.entries.iter().copied().find(|e| e.when.textures.contains(&lighter));
        found.ok_or_else(|| self.no_row(soil))
    }

    /// Conditions of a row that a soil is known to meet; of the row for a lighter texture, why it is that one.
    fn met(entry: &Entry, lighter_below: Option<f64>, soil: &Soil) -> Vec<String> {
        let words = |p: Property| match (p, lighter_below) {
            (Property::Texture, Some(below)) => {
                entry.when.words(p).map(|words| format!("{words}, the next lighter one, for pH below {below}"))
            }
            _ if entry.when.met(p, soil) == Some(true) => entry.when.words(p),
            _ => None,
        };
        Property::ALL.into_iter().filter_map(words).collect()
    }

    /// Conditions of a row that all rows share and that are not known to be met.
    fn assumed(&self, entry: &Entry, soil: &Soil) -> Vec<String> {
        let shared = |p: &Property| !self.tells_apart(*p) && entry.when.met(*p, soil).is_none();
        Property::ALL.into_iter().filter(shared).filter_map(|p| entry.when.words(p)).collect()
    }

    fn conditions(&self) -> String {
        let mut all: Vec<&str> = self.entries.iter().map(|e| e.conditions.as_str()).collect();
        all.dedup();
        all.join(" | ")
    }

    fn needs(&self, missing: Property, line: usize) -> ThresholdError {
        ThresholdError::NeedsSoil {
            code: self.code.to_string(),
            analyte: self.analyte.clone(),
            depends: self.conditions(),
            missing,
            line,
        }
    }

    fn no_row(&self, soil: &Soil) -> ThresholdError {
        let known = |p: Property| match p {
            Property::Texture => soil.texture.map(|t| format!("texture {}", t.name())),
            number => soil.number(number).map(|n| format!("{} {n}", number.key())),
        };
        ThresholdError::NoRow {
            code: self.code.to_string(),
            analyte: self.analyte.clone(),
            soil: Property::ALL.into_iter().filter_map(known).collect::<Vec<_>>().join(", "),
            has: self.conditions(),
        }
    }
}

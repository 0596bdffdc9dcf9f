//! A limit as results carry it: the number, the act, the source, and how far it can be trusted.

use std::collections::BTreeMap;

use serde::Serialize;
use soilscope_assess::threshold::{AtSoil, Entry, Family, Limit, Property, Soil, Standing, TableVersion};
use soilscope_pipeline::io::vector::Value;

use super::carried::Carried;
use super::six_digits;
use crate::field::short_number;
use crate::words::{SoilFrom, SoilSource};

/// The limit that a result was held against.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct GuidelineRecord {
    /// In full.
    pub(crate) code: String,
    /// The analyte as the file calls it, and as the table does.
    analyte: String,
    symbol: String,
    /// In the unit of the data, to six digits; `None` where cells have limits of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) threshold: Option<f64>,
    unit: Option<String>,
    /// The row of the table, as published.
    value: f64,
    value_unit: String,
    /// What the act's correction for the soil multiplied it with; `None` where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    soil_factor: Option<f64>,
    /// Whether it is for the act's standard soil for lack of the soil's own properties.
    standard_soil: bool,
    #[serde(skip_serializing_if = "is_empty")]
    soil: Soil,
    /// Rasters of properties of the soil, where each cell has its own limit.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    soil_rasters: BTreeMap<&'static str, String>,
    /// The rows of the table that cells choose from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rows: Vec<String>,
    /// The class of soil that chose the row.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    class: Vec<String>,
    /// Conditions that are not known to be met.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    assumed: Vec<String>,
    jurisdiction: String,
    instrument: String,
    instrument_name: String,
    year: Option<u16>,
    level: String,
    land_use: String,
    receptor: String,
    conditions: String,
    basis: String,
    basis_family: Family,
    /// How the samples were digested, where --basis says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    samples_basis: Option<Family>,
    source: String,
    source_kind: &'static str,
    verified: bool,
    standing: Standing,
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
    table: TableVersion,
    #[serde(skip)]
    caveats: Vec<String>,
}

fn is_empty(soil: &Soil) -> bool {
    *soil == Soil::default()
}

impl GuidelineRecord {
    pub(super) fn new(
        table: &TableVersion,
        analyte: &str,
        at: &AtSoil<'_>,
        soil: &Soil,
        factor: f64,
        unit: Option<&str>,
        samples_basis: Option<Family>,
    ) -> Self {
        let entry = at.entry;
        let own = |text: &str| text.to_owned();
        Self {
            code: entry.code.to_string(),
            analyte: own(analyte),
            symbol: own(&entry.analyte),
            threshold: Some(six_digits(at.value * factor)),
            unit: unit.map(own),
            value: entry.value,
            value_unit: own(&entry.unit),
            soil_factor: entry.when.correction.map(|_| at.factor),
            standard_soil: at.standard_soil,
            soil: *soil,
            soil_rasters: BTreeMap::new(),
            rows: Vec::new(),
            class: at.met.clone(),
            assumed: at.assumed.clone(),
            jurisdiction: own(&entry.jurisdiction),
            instrument: own(&entry.instrument),
            instrument_name: own(&entry.instrument_name),
            year: entry.year,
            level: own(&entry.level),
            land_use: own(&entry.land_use),
            receptor: own(&entry.receptor),
            conditions: own(&entry.conditions),
            basis: own(&entry.basis),
            basis_family: entry.basis_kind.family(),
            samples_basis,
            source: own(&entry.source),
            source_kind: entry.source_kind.name(),
            verified: entry.verified,
            standing: entry.standing(),
            note: own(&entry.note),
            table: table.clone(),
            caveats: caveats(at, samples_basis),
        }
    }

    /// A limit that each cell has of its own.
    pub(super) fn of_cells(
        table: &TableVersion,
        analyte: &str,
        limit: &Limit<'_>,
        everywhere: &Soil,
        sources: &[SoilSource],
        unit: Option<&str>,
        samples_basis: Option<Family>,
    ) -> Self {
        // The least trusted row speaks for all, for it can be that of any cell.
        let least = limit.entries().iter().copied().max_by_key(|entry| entry.standing()).unwrap_or(limit.entries()[0]);
        let known = |property: Property| sources.iter().any(|source| source.property == property);
        let assumed = limit.shared().into_iter().filter(|(p, _)| !known(*p)).map(|(_, words)| words).collect();
        let at =
            AtSoil { value: least.value, entry: least, factor: 1.0, standard_soil: false, met: Vec::new(), assumed };
        let raster = |source: &SoilSource| match &source.from {
            SoilFrom::Named(name) => Some((source.property.key(), name.clone())),
            _ => None,
        };
        let row = |entry: &&Entry| {
            let soil = if entry.conditions.is_empty() { "any soil" } else { &entry.conditions };
            format!("{} {} for {soil} (line {})", entry.value, entry.unit, entry.line)
        };
        Self {
            threshold: None,
            soil_factor: None,
            soil_rasters: sources.iter().filter_map(raster).collect(),
            rows: limit.entries().iter().map(row).collect(),
            ..Self::new(table, analyte, &at, everywhere, 1.0, unit, samples_basis)
        }
    }

    /// Short name and year of the act: `Circulaire 2009`.
    fn act(&self) -> String {
        match self.year {
            Some(year) if self.instrument_name.contains(&year.to_string()) => self.instrument_name.clone(),
            Some(year) => format!("{} {year}", self.instrument_name),
            None => format!("{}, {YEAR_NOT_GIVEN}", self.instrument_name),
        }
    }

    /// The limit by name, with its marks: `NL/intervention/any, Circulaire 2009`, `…, standard soil`, `…, UNVERIFIED`.
    pub(crate) fn name(&self) -> String {
        let marks = [
            (self.standard_soil, "standard soil"),
            (self.is_of_another_basis(), "ANOTHER BASIS than the samples"),
            (self.standing != Standing::Verified, self.standing.words()),
        ];
        let marks = marks.iter().filter(|(holds, _)| *holds).map(|(_, words)| format!(", {words}"));
        format!("{}, {}{}", self.code, self.act(), marks.collect::<String>())
    }

    /// Whether the samples were digested in another way than the limit asks for.
    fn is_of_another_basis(&self) -> bool {
        self.samples_basis.is_some_and(|basis| basis != self.basis_family)
    }

    /// The sign beside a number that was not read in the act.
    pub(crate) fn mark(&self) -> &'static str {
        self.standing.mark()
    }

    /// Where its value was read: `NL/intervention/any: Circulaire …, read in …`.
    pub(crate) fn source_words(&self) -> String {
        format!("{}: {}, read in {}", self.code, self.instrument, self.source)
    }

    /// What stands beside its number wherever it is written.
    pub(crate) fn carried(&self) -> Carried {
        Carried::new(&self.code, self.standing, self.name(), self.attributes())
    }

    /// Which soil it is for, as far as it is for one: the act's standard soil, that of each cell, a class, or the soil that it
    /// was computed for.
    fn soil_words(&self) -> Option<String> {
        if self.standard_soil {
            return Some(format!("the act's standard soil, {STANDARD_SOIL}"));
        }
        let rasters = self.soil_rasters.iter().map(|(property, file)| format!("that of each cell, {property} {file}"));
        let factor = self.soil_factor.map(|factor| {
            let known = Property::ALL.into_iter().filter_map(|p| Some(format!("{} {}", p.key(), self.soil.number(p)?)));
            format!(
                "{}: {} {} times {}",
                known.collect::<Vec<_>>().join(", "),
                self.value,
                self.value_unit,
                six_digits(factor)
            )
        });
        let assumed = self.assumed.iter().map(|words| format!("{words} (not known here)"));
        let parts: Vec<String> = rasters.chain(factor).chain(self.class.iter().cloned()).chain(assumed).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    /// How the content that it is for is measured, in the words of its table.
    pub(crate) fn basis(&self) -> &str {
        &self.basis
    }

    /// The analyte as the table calls it.
    pub(crate) fn symbol(&self) -> &str {
        &self.symbol
    }

    /// The unit of the data, in which the threshold is.
    pub(crate) fn unit(&self) -> Option<&str> {
        self.unit.as_deref()
    }

    /// Where it is from: act, level and land use, basis, source and standing.
    pub(crate) fn provenance(&self) -> String {
        let soil = self.soil_words().map_or_else(String::new, |soil| format!("; for {soil}"));
        let basis = if self.is_of_another_basis() { ", ANOTHER BASIS than the samples" } else { "" };
        format!(
            "{}; {}; {}; {}{basis}{soil}; source: {} ({}), {}",
            self.act(),
            self.level,
            self.land_use,
            self.basis,
            self.source,
            self.source_kind.replace('_', " "),
            self.standing.words()
        )
    }

    /// How far it can be trusted.
    pub(crate) fn standing(&self) -> Standing {
        self.standing
    }

    /// The number, short, for a label.
    pub(crate) fn short_threshold(&self) -> Option<String> {
        self.threshold.map(short_number)
    }

    /// What to know before relying on it.
    pub(crate) fn notes(&self) -> Vec<String> {
        let unit = self.unit.as_deref().unwrap_or_default();
        let number = match self.short_threshold() {
            Some(number) => format!("{number} {unit}"),
            None => "that of each cell's own soil".to_owned(),
        };
        let mut notes = vec![format!(
            "the limit is {number}: {} for {} ({}; {}; {})",
            self.code, self.symbol, self.instrument, self.level, self.land_use
        )];
        if !self.class.is_empty() {
            notes.push(format!("of the act's classes of soil it is that for {}", self.class.join("; ")));
        }
        notes.extend(self.caveats.iter().cloned());
        notes
    }

    /// Metadata of rasters.
    pub(crate) fn metadata(&self) -> Vec<(String, String)> {
        let mut metadata = vec![
            ("LIMIT_CODE".to_owned(), self.code.clone()),
            ("LIMIT_NAME".to_owned(), self.name()),
            ("LIMIT_INSTRUMENT".to_owned(), self.instrument.clone()),
        ];
        metadata.extend([
            ("LIMIT_YEAR".to_owned(), year_words(self.year)),
            ("LIMIT_SOURCE".to_owned(), self.source.clone()),
            ("LIMIT_SOURCE_KIND".to_owned(), self.source_kind.to_owned()),
            ("LIMIT_VERIFIED".to_owned(), if self.verified { "yes" } else { "no" }.to_owned()),
            ("LIMIT_STANDING".to_owned(), self.standing.words().to_owned()),
            ("LIMIT_BASIS".to_owned(), self.basis.clone()),
            ("LIMIT_TABLE".to_owned(), self.table_name()),
        ]);
        metadata.extend(self.soil_words().map(|soil| ("LIMIT_SOIL".to_owned(), soil)));
        metadata.extend(self.samples_basis.map(|basis| ("SAMPLES_BASIS".to_owned(), basis.name().to_owned())));
        metadata
    }

    /// Attributes of hotspots.
    pub(crate) fn attributes(&self) -> Vec<(&'static str, Value)> {
        let text = |t: &str| Value::Text(t.to_owned());
        let mut attributes = vec![
            ("limit_code", text(&self.code)),
            ("limit_instrument", text(&self.instrument)),
            ("limit_year", self.year.map_or_else(|| text(YEAR_NOT_GIVEN), |year| Value::Integer(year.into()))),
            ("limit_source", text(&self.source)),
            ("limit_source_kind", text(self.source_kind)),
            ("limit_verified", text(if self.verified { "yes" } else { "no" })),
            ("limit_standing", text(self.standing.words())),
            ("limit_basis", text(&self.basis)),
        ];
        attributes.extend(self.soil_words().map(|soil| ("limit_soil", Value::Text(soil))));
        attributes.extend(self.samples_basis.map(|basis| ("samples_basis", text(basis.name()))));
        attributes
    }

    fn table_name(&self) -> String {
        match &self.table.version {
            Some(version) => format!("{} {version}", self.table.name),
            None => self.table.name.clone(),
        }
    }
}

/// What stands where a year would, of an act whose title in the table has none.
const YEAR_NOT_GIVEN: &str = "year not given";

/// The year of an act, in words where there is none.
pub(crate) fn year_words(year: Option<u16>) -> String {
    year.map_or_else(|| YEAR_NOT_GIVEN.to_owned(), |year| year.to_string())
}

/// What to know of a limit before relying on it.
pub(crate) fn caveats(at: &AtSoil<'_>, samples_basis: Option<Family>) -> Vec<String> {
    let Entry { analyte, source, basis, when, .. } = at.entry;
    let code = &at.entry.code;
    let mut said = Vec::new();
    match at.entry.standing() {
        Standing::Verified => {}
        Standing::SecondHand => said.push(format!(
            "the value of {code} for {analyte} is second-hand ({}): read in {source}, which quotes the act",
            at.entry.source_kind.name().replace('_', " ")
        )),
        Standing::Unverified => said.push(format!(
            "the value of {code} for {analyte} is UNVERIFIED: it was written down without the act at hand ({source}); look it up \
             before you rely on it"
        )),
    }
    if at.standard_soil {
        let needs: Vec<&str> = when.correction.iter().flat_map(|c| c.needs()).map(|p| p.key()).collect();
        said.push(format!(
            "it is for the standard soil of the act, {STANDARD_SOIL}: --soil {} gives that of the soil at hand",
            needs.iter().map(|n| format!("{n}=…")).collect::<Vec<_>>().join(",")
        ));
    }
    for assumed in &at.assumed {
        said.push(format!("it is for soils with {assumed}, which is not known here"));
    }
    if !when.methods.is_empty() {
        said.push(format!(
            "the act's classes are of {}: measured otherwise it is another number",
            when.methods.join("; ")
        ));
    }
    if !when.remarks.is_empty() {
        said.push(format!("conditions of the act that are not computed: {}", when.remarks.join("; ")));
    }
    said.extend(basis_words(basis, at.entry.basis_kind.family(), samples_basis));
    said
}

/// Whether the samples compare with a limit by how they were digested; nothing where they do.
fn basis_words(basis: &str, family: Family, samples: Option<Family>) -> Option<String> {
    match samples {
        Some(samples) if samples == family => None,
        Some(samples) => {
            let lower = match (samples, family) {
                (Family::Total, Family::AquaRegia) => ": it finds more, so samples can seem to be above",
                (_, Family::Total) | (Family::NitricExtract | Family::HydrochloricExtract, Family::AquaRegia) => {
                    ": it finds less, so soil can be above the limit and its samples not"
                }
                _ => "",
            };
            Some(format!(
                "the samples are by {} and the limit is for {} ({basis}), so they do NOT compare{lower}",
                samples.name(),
                family.name()
            ))
        }
        None if family.is_content() => Some(format!(
            "it is for contents by {} ({basis}); how the samples were digested is not known here: say it by --basis",
            family.name()
        )),
        None => Some(format!(
            "it is for a content measured as {basis}: other contents of the soil do not compare with it; say by --basis {} that \
             the samples are such",
            family.name()
        )),
    }
}

/// What the Dutch acts call the standard soil.
const STANDARD_SOIL: &str = "25 % clay and 10 % organic matter";

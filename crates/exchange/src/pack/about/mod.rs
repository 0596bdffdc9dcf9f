//! `about.toml`: what a run cannot know, said once by whoever hands the maps over.
//!
//! | table | key | needed | meaning |
//! |---|---|---|---|
//! | `bundle` | `country` | yes | ISO 3166-1 alpha-3 |
//! | | `year` | yes | the year of the map, part of every name |
//! | | `version` | yes | `MAJOR.MINOR` |
//! | | `title`, `abstract` | yes | of the bundle; the abstract has at least 200 characters |
//! | | `licence` | yes | SPDX identifier of `licences.csv`, or `Public Domain Mark` |
//! | | `initiative`, `project` | no | name parts of the two flavours (`GSPolmap`, `GSPOL`) |
//! | | `purpose`, `keywords`, `place`, `published`, `extent` | no | `extent` is `country` (default) or `region` |
//! | `producer` | `organisation`, `email`, `url` | yes | a role mailbox; where information is found |
//! | | `download` | no | where the bundle itself is got |
//! | | `insii_member` | no | `true` or `false` |
//! | `sampling` | `begin`, `end` | yes | `YYYY`, `YYYY-MM` or `YYYY-MM-DD` |
//! | | `upper_depth_cm`, `lower_depth_cm`, `extraction_code` | yes, here or per analyte | the layer and `procedures.csv` |
//! | | `fraction`, `lineage`, `harmonisation`, `threshold_source`, `threshold_land_use`, `threshold_fraction` | no | for every analyte |
//! | `privacy` | `access_level` | no | default `restricted` |
//! | | `location_blur_m` | when blurred | radius in metres within which each site is displaced |
//! | | `location_blur_inner_m`, `within_admin_unit`, `locations`, `min_group`, `aggregate_cell_deg`, `reason` | no | see [`Privacy`] |
//! | `analyte.NAME` | `code` | when NAME is none of `analytes.csv` | NAME is the run's own |
//! | | any key of `sampling` but the period | no | for this analyte |
//!
//! Any other key is refused with the nearest that exists. Everything that is missing is said at once.

mod date;
mod fields;
mod nearest;
mod parts;

use std::collections::BTreeMap;
use std::path::Path;

pub use date::Date;

use crate::country::{self, Country};
use crate::tables::{self, Analyte, Licence, Procedure};
use crate::{Error, Result};
use fields::{Fields, Problems};
use parts::{address, analytes, layer, licence, mailbox, privacy, version};

/// At most this much of a file is read as `about.toml`.
const LARGEST: u64 = 1 << 20;
/// The shortest abstract a catalogue takes (`metadata_fields.csv`).
const ABSTRACT: usize = 200;

/// What is claimed of the bundle's extent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The whole country.
    Country,
    /// A region or site within it.
    Region,
}

impl Extent {
    /// As the bundle says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Country => "country",
            Self::Region => "region",
        }
    }
}

/// What of the sampled places may be seen, from least to most protected in the order of `access_levels.csv`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Exact places, values.
    Open,
    /// Displaced places, values.
    Blurred,
    /// Places without values.
    LocationsOnly,
    /// Summaries of groups.
    AggregatedOnly,
    /// Maps only.
    Restricted,
}

impl Access {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Open, Self::Blurred, Self::LocationsOnly, Self::AggregatedOnly, Self::Restricted];

    /// As `access_levels.csv` spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Blurred => "blurred",
            Self::LocationsOnly => "locations_only",
            Self::AggregatedOnly => "aggregated_only",
            Self::Restricted => "restricted",
        }
    }

    /// The level spelt `text`.
    ///
    /// # Examples
    /// ```
    /// use soilscope_exchange::pack::Access;
    /// assert_eq!(Access::of("blurred"), Some(Access::Blurred));
    /// assert_eq!(Access::of("secret"), None);
    /// ```
    pub fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.as_str() == text)
    }
}

/// What is shown of sites that are not open.
#[derive(Clone, Debug, PartialEq)]
pub struct Privacy {
    /// The most that any site may show; a site's own level may be stricter.
    pub access: Access,
    /// Sites are displaced by at most this, in metres.
    pub blur: Option<f64>,
    /// And by at least this, in metres; 0 for a disc.
    pub blur_inner: f64,
    /// A displaced site stays in its administrative unit, not only in its country.
    pub within_unit: bool,
    /// Sites that show places without values show the exact ones (the table of access levels allows either).
    pub exact_locations: bool,
    /// The fewest sites a published summary speaks of.
    pub min_group: usize,
    /// The side of the cells of summaries in degrees; `None`: administrative units.
    pub aggregate_cell: Option<f64>,
    /// Why places are withheld, for the report.
    pub reason: Option<String>,
}

/// What is the same for all samples of an analyte and stands in no run.
#[derive(Clone, Debug, Default, PartialEq)]
struct Layer {
    upper: Option<u16>,
    lower: Option<u16>,
    extraction: Option<String>,
    fraction: Option<String>,
    lineage: Option<String>,
    harmonisation: Option<String>,
    threshold_source: Option<String>,
    threshold_land_use: Option<String>,
    threshold_fraction: Option<String>,
}

impl Layer {
    fn or(&self, other: &Self) -> Self {
        let text = |a: &Option<String>, b: &Option<String>| a.clone().or_else(|| b.clone());
        Self {
            upper: self.upper.or(other.upper),
            lower: self.lower.or(other.lower),
            extraction: text(&self.extraction, &other.extraction),
            fraction: text(&self.fraction, &other.fraction),
            lineage: text(&self.lineage, &other.lineage),
            harmonisation: text(&self.harmonisation, &other.harmonisation),
            threshold_source: text(&self.threshold_source, &other.threshold_source),
            threshold_land_use: text(&self.threshold_land_use, &other.threshold_land_use),
            threshold_fraction: text(&self.threshold_fraction, &other.threshold_fraction),
        }
    }
}

/// One analyte of a run as the tables of the specification know it.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its row of `analytes.csv`.
    pub analyte: &'static Analyte,
    /// Its row of `procedures.csv`.
    pub procedure: &'static Procedure,
    /// The fraction that was measured.
    pub fraction: String,
    /// Top of the layer, in centimetres.
    pub upper: u16,
    /// Bottom of the layer, in centimetres.
    pub lower: u16,
    /// What is to be said of where the data come from.
    pub lineage: Option<String>,
    /// How results of methods that are not comparable were brought together.
    pub harmonisation: Option<String>,
    /// Where the threshold comes from, when the run does not say.
    pub threshold_source: Option<String>,
    /// The land use the threshold holds for, when the run does not say.
    pub threshold_land_use: Option<String>,
    /// The fraction the threshold holds for, when the run does not say.
    pub threshold_fraction: Option<String>,
}

/// What a run cannot know.
#[derive(Clone, Debug)]
pub struct About {
    /// The country.
    pub country: Country,
    /// `GSPolmap` or what takes its place in names of the GSP flavour.
    pub initiative: String,
    /// `GSPOL` or what takes its place in names of the node flavour.
    pub project: String,
    /// The year of the map.
    pub year: u16,
    /// Major and minor version.
    pub version: [u32; 2],
    /// The title of the bundle.
    pub title: String,
    /// The abstract of the bundle.
    pub abstract_text: String,
    /// What it was made for.
    pub purpose: Option<String>,
    /// Words to find it by, beside those every record has.
    pub keywords: Vec<String>,
    /// Names of places; the country's when none is given.
    pub place: Vec<String>,
    /// When it is published; the day of making when none is given.
    pub published: Option<Date>,
    /// What is claimed of its extent.
    pub extent: Extent,
    /// The licence.
    pub licence: &'static Licence,
    /// Who hands it over.
    pub organisation: String,
    /// A role mailbox.
    pub email: String,
    /// Where information is found.
    pub url: String,
    /// Where the bundle itself is got.
    pub download: Option<String>,
    /// Whether the producer is a member of INSII.
    pub insii_member: Option<bool>,
    /// First and last day of sampling, as exactly as known.
    pub period: [Date; 2],
    /// What is shown of sites.
    pub privacy: Privacy,
    layer: Layer,
    analytes: BTreeMap<String, (Option<String>, Layer)>,
}

impl About {
    /// Reads `about.toml`.
    ///
    /// # Errors
    /// If the file cannot be read, is larger than 1 MiB, is no TOML, has a key that is not known or a value that is not allowed,
    /// or lacks what is needed: all of it in one message.
    pub fn read(path: &Path) -> Result<Self> {
        let size = std::fs::metadata(path).map_err(|e| Error::unreadable(path, e))?.len();
        if size > LARGEST {
            return Err(Error::refused(path.display(), format!("it has {size} bytes"), "about.toml is a page of text"));
        }
        let text = std::fs::read_to_string(path).map_err(|e| Error::unreadable(path, e))?;
        Self::parse(&text, &path.display().to_string())
    }

    /// Understands the text of an `about.toml`; `name` is what messages call it.
    ///
    /// # Errors
    /// As [`About::read`].
    pub fn parse(text: &str, name: &str) -> Result<Self> {
        let table: toml::Table = text.parse().map_err(|e: toml::de::Error| {
            Error::refused(name, e.to_string().replace('\n', " ").trim(), "write it as TOML, as docs/exchange.md shows")
        })?;
        let mut problems = Problems::default();
        let about = Self::understand(&table, &mut problems);
        match (about, problems.into_text()) {
            (Some(about), None) => Ok(about),
            (_, said) => Err(Error::refused(
                name,
                said.unwrap_or_else(|| "it is not complete".into()),
                "mend all of this and pack again; docs/exchange.md has every key",
            )),
        }
    }

    fn understand(table: &toml::Table, problems: &mut Problems) -> Option<Self> {
        problems.known("", table.keys(), &["bundle", "producer", "sampling", "privacy", "analyte"]);
        let mut bundle = Fields::of(table, "bundle", problems);
        let country = bundle.needed_as("country", "an alpha-3 code of ISO 3166-1 such as BTN", country::by_alpha3);
        let naming = &tables::naming()["initiative_default"];
        let default = |key: &str| naming[key].as_str().unwrap_or_default().to_owned();
        let alphanumeric = |s: &str| {
            (!s.is_empty() && s.len() <= 40 && s.bytes().all(|b| b.is_ascii_alphanumeric())).then(|| s.to_owned())
        };
        let initiative = bundle.optional_as("initiative", "letters and digits only", alphanumeric);
        let project = bundle.optional_as("project", "capitals and digits only", |s| {
            alphanumeric(s).filter(|s| !s.bytes().any(|b| b.is_ascii_lowercase()))
        });
        let year = bundle.needed_integer("year", 1900..=2200);
        let version = bundle.needed_as("version", "MAJOR.MINOR such as 1.0", version);
        let title = bundle.needed_text("title");
        let abstract_text = bundle.needed_as("abstract", "at least 200 characters", |s| {
            (s.chars().count() >= ABSTRACT).then(|| s.to_owned())
        });
        let licence = bundle.needed_as("licence", "one of licences.csv, such as CC-BY-4.0", licence);
        let purpose = bundle.text("purpose");
        let keywords = bundle.texts("keywords");
        let place = bundle.texts("place");
        let published = bundle.optional_as("published", "YYYY-MM-DD", |s| Date::parse(s).filter(Date::is_day));
        let extent = bundle.optional_as("extent", "country or region", |s| match s {
            "country" => Some(Extent::Country),
            "region" => Some(Extent::Region),
            _ => None,
        });
        bundle.finish(problems);

        let mut producer = Fields::of(table, "producer", problems);
        let organisation = producer.needed_text("organisation");
        let email = producer.needed_as("email", "a mailbox such as soil@institute.example", mailbox);
        let url = producer.needed_as("url", "an address that begins with https:// or http://", address);
        let download = producer.optional_as("download", "an address that begins with https:// or http://", address);
        let insii_member = producer.boolean("insii_member");
        producer.finish(problems);

        let mut sampling = Fields::of(table, "sampling", problems);
        let spelt = "YYYY, YYYY-MM or YYYY-MM-DD";
        let begin = sampling.needed_as("begin", spelt, Date::parse);
        let end = sampling.needed_as("end", spelt, Date::parse);
        let layer = layer(&mut sampling);
        sampling.finish(problems);
        if let (Some(begin), Some(end)) = (begin, end)
            && begin.first() > end.last()
        {
            problems.wrong("sampling.end", &end.to_string(), &format!("not before sampling.begin ({begin})"));
        }

        let privacy = privacy(table, problems);
        let analytes = analytes(table, problems);
        Some(Self {
            country: country?,
            initiative: initiative.unwrap_or_else(|| default("gsp")),
            project: project.unwrap_or_else(|| default("glosis_project")),
            year: u16::try_from(year?).ok()?,
            version: version?,
            title: title?,
            abstract_text: abstract_text?,
            purpose,
            keywords,
            place,
            published,
            extent: extent.unwrap_or(Extent::Country),
            licence: licence?,
            organisation: organisation?,
            email: email?,
            url: url?,
            download,
            insii_member,
            period: [begin?, end?],
            privacy: privacy?,
            layer,
            analytes,
        })
    }

    /// Names of analytes this says something of in particular.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        self.analytes.keys().map(String::as_str)
    }

    /// What the run calls `name`, as the tables know it, with its layer and method.
    ///
    /// # Errors
    /// If no analyte of the tables is meant, or its layer or method is missing: all of it in one message.
    pub fn subject(&self, name: &str) -> Result<Subject> {
        let of = self.analytes.get(name);
        let layer = of.map_or_else(|| self.layer.clone(), |(_, own)| own.or(&self.layer));
        let code = of.and_then(|(code, _)| code.as_deref());
        let analyte = code.map_or_else(|| analyte_named(name), tables::analyte);
        let mut missing = Vec::new();
        if analyte.is_none() {
            missing.push(format!("[analyte.{name}] code (a code of analytes.csv)"));
        }
        let procedure = layer.extraction.as_deref().and_then(tables::procedure);
        for (there, what) in [
            (layer.upper.is_some(), "upper_depth_cm"),
            (layer.lower.is_some(), "lower_depth_cm"),
            (procedure.is_some(), "extraction_code (a code of procedures.csv)"),
        ] {
            if !there {
                missing.push(format!("[sampling] or [analyte.{name}] {what}"));
            }
        }
        let (Some(analyte), Some(procedure), Some(upper), Some(lower)) = (analyte, procedure, layer.upper, layer.lower)
        else {
            return Err(Error::refused(
                format!("about.toml, analyte '{name}'"),
                format!("missing: {}", missing.join(", ")),
                "say it: a map is of no use to others without it",
            ));
        };
        Ok(Subject {
            analyte,
            procedure,
            fraction: layer.fraction.unwrap_or_else(|| procedure.fraction.clone()),
            upper,
            lower,
            lineage: layer.lineage,
            harmonisation: layer.harmonisation,
            threshold_source: layer.threshold_source,
            threshold_land_use: layer.threshold_land_use,
            threshold_fraction: layer.threshold_fraction,
        })
    }

    /// The name of the bundle's folder.
    pub fn folder(&self) -> String {
        let [major, minor] = self.version;
        format!("{}_{}_{}_v{major}.{minor}", self.country.alpha3, self.initiative, self.year)
    }

    /// What stands for the licence in `bundle.json` and STAC: the SPDX identifier or, where there is none, its name.
    pub fn licence_id(&self) -> &'static str {
        if self.licence.spdx.is_empty() { &self.licence.fao_sis_value } else { &self.licence.spdx }
    }
}

/// The analyte whose code is `name`, or whose name is, whatever its case.
fn analyte_named(name: &str) -> Option<&'static Analyte> {
    tables::analyte(name)
        .or_else(|| tables::analytes().iter().find(|a| a.name.eq_ignore_ascii_case(name)))
        .or_else(|| tables::analytes().iter().find(|a| a.code.eq_ignore_ascii_case(name)))
}

#[cfg(test)]
mod tests;

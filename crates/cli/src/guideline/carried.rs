//! What stands beside the number of a limit wherever it is written: its code, and how far it can be trusted. A map has it of its
//! limit, a later verb of the metadata of the map's rasters.

use soilscope_assess::threshold::Standing;
use soilscope_pipeline::io::raster_in::RasterIn;
use soilscope_pipeline::io::vector::Value;

/// Metadata of rasters, and the attributes of the same in vector files.
const ITEMS: [(&str, &str); 10] = [
    ("LIMIT_CODE", "limit_code"),
    ("LIMIT_INSTRUMENT", "limit_instrument"),
    ("LIMIT_YEAR", "limit_year"),
    ("LIMIT_SOURCE", "limit_source"),
    ("LIMIT_SOURCE_KIND", "limit_source_kind"),
    ("LIMIT_VERIFIED", "limit_verified"),
    ("LIMIT_STANDING", "limit_standing"),
    ("LIMIT_BASIS", "limit_basis"),
    ("LIMIT_SOIL", "limit_soil"),
    ("SAMPLES_BASIS", "samples_basis"),
];

/// A limit by name, with what a reader must see of it at once.
#[derive(Debug, Clone)]
pub(crate) struct Carried {
    code: String,
    /// As [`Standing::words`].
    standing: String,
    /// `NL/intervention/any, Circulaire 2009, standard soil`, `…, UNVERIFIED`.
    name: String,
    attributes: Vec<(&'static str, Value)>,
}

impl Carried {
    pub(super) fn new(code: &str, standing: Standing, name: String, attributes: Vec<(&'static str, Value)>) -> Self {
        Self { code: code.to_owned(), standing: standing.words().to_owned(), name, attributes }
    }

    /// That of a raster of a map; `None` where its threshold is no limit of the law.
    pub(crate) fn of_raster(raster: &RasterIn) -> Option<Self> {
        let code = raster.metadata("LIMIT_CODE").filter(|code| !code.is_empty())?;
        let value = |attribute: &str, text: String| match text.parse::<i64>() {
            Ok(year) if attribute == "limit_year" => Value::Integer(year),
            _ => Value::Text(text),
        };
        let attributes: Vec<(&'static str, Value)> = ITEMS
            .iter()
            .filter_map(|&(item, attribute)| Some((attribute, value(attribute, raster.metadata(item)?))))
            .collect();
        // Rasters of an earlier version have no name, but all that it is made of.
        let standing = raster.metadata("LIMIT_STANDING").unwrap_or_else(|| Standing::Unverified.words().to_owned());
        let name = raster.metadata("LIMIT_NAME").unwrap_or_else(|| match standing == Standing::Verified.words() {
            true => code.clone(),
            false => format!("{code}, {standing}"),
        });
        Some(Self { code, standing, name, attributes })
    }

    /// The limit by name, with its mark.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Attributes of hotspots.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = (&'static str, Value)> + '_ {
        self.attributes.iter().cloned()
    }

    /// A number of the limit with its mark and name: `200! (FI/lower-guideline/…, UNVERIFIED)`.
    pub(crate) fn beside(&self, number: &str) -> String {
        let all = [Standing::Verified, Standing::SecondHand, Standing::Unverified];
        let mark = all.into_iter().find(|s| s.words() == self.standing).map_or("!", Standing::mark);
        format!("{number}{mark} ({})", self.name)
    }

    /// Columns of tables.
    pub(crate) fn columns(&self) -> [(&'static str, String); 2] {
        [("limit_code", self.code.clone()), ("limit_standing", self.standing.clone())]
    }
}

/// A number with the mark and name of the limit that it is, or as it is.
pub(crate) fn beside(limit: Option<&Carried>, number: &str) -> String {
    limit.map_or_else(|| number.to_owned(), |limit| limit.beside(number))
}

/// A subtitle that names the limit behind it.
pub(crate) fn with_limit(subtitle: &str, limit: Option<&Carried>) -> String {
    limit.map_or_else(|| subtitle.to_owned(), |limit| format!("{subtitle}; limit: {}", limit.name()))
}

/// Columns of tables that say what the threshold is: the number, and of a limit of the law its code and standing.
pub(crate) fn columns(threshold: Option<String>, limit: Option<&Carried>) -> Vec<(&'static str, String)> {
    let threshold = threshold.map(|threshold| ("threshold", threshold));
    threshold.into_iter().chain(limit.into_iter().flat_map(Carried::columns)).collect()
}

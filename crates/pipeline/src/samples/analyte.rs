//! Which column is which analyte, and which columns speak about it.

use super::input::Input;
use super::unit::Unit;
use super::{cell, place};
use crate::{Error, Result};

/// Symbol and names of the elements that soils are analysed for, lower case.
const ELEMENTS: [&[&str]; 24] = [
    &["as", "arsenic", "arsen", "arsénico", "arsenico"],
    &["cd", "cadmium", "kadmium", "cadmio"],
    &["cr", "chromium", "chrom", "chrome", "cromo", "chroom"],
    &["cu", "copper", "kupfer", "cuivre", "cobre", "koper", "rame"],
    &["hg", "mercury", "quecksilber", "mercure", "mercurio", "kwik"],
    &["ni", "nickel", "níquel", "nichel", "nikkel"],
    &["pb", "lead", "blei", "plomb", "plomo", "lood", "piombo"],
    &["zn", "zinc", "zink", "cinc", "zinco"],
    &["sb", "antimony", "antimon", "antimoine", "antimonio"],
    &["co", "cobalt", "kobalt", "cobalto"],
    &["v", "vanadium", "vanadio"],
    &["tl", "thallium", "talio"],
    &["se", "selenium", "selen", "selenio"],
    &["u", "uranium", "uran", "uranio"],
    &["mo", "molybdenum", "molybdän", "molibdeno"],
    &["ba", "barium", "bario"],
    &["be", "beryllium", "berilio"],
    &["sn", "tin", "zinn", "étain"],
    &["ag", "silver", "silber", "argent", "plata"],
    &["al", "aluminium", "aluminum"],
    &["fe", "iron", "eisen", "fer", "hierro"],
    &["mn", "manganese", "mangan", "manganèse"],
    &["p", "phosphorus", "phosphor"],
    &["b", "boron", "bor"],
];

/// Measured, but not in mg/kg unless somebody says so.
const NO_CONCENTRATIONS: [&str; 34] = [
    "ph",
    "phh2o",
    "phcacl2",
    "phkcl",
    "ec",
    "cec",
    "om",
    "oc",
    "soc",
    "toc",
    "loi",
    "clay",
    "silt",
    "sand",
    "humus",
    "moisture",
    "bulkdensity",
    "density",
    "elev",
    "elevation",
    "altitude",
    "slope",
    "dist",
    "distm",
    "distance",
    "depth",
    "depthcm",
    "ffreq",
    "soil",
    "lime",
    "landuse",
    "year",
    "meantemp",
    "annprec",
];

/// Described places and visits rather than measured soil: not judged unless asked for.
const COVARIATES: [&str; 35] = [
    "elev",
    "elevation",
    "altitude",
    "alt",
    "slope",
    "aspect",
    "asp",
    "dist",
    "distm",
    "distance",
    "depth",
    "depthcm",
    "depthfrom",
    "depthto",
    "top",
    "bottom",
    "upper",
    "lower",
    "ffreq",
    "soil",
    "lime",
    "landuse",
    "landcover",
    "year",
    "month",
    "day",
    "campaign",
    "season",
    "soilclass",
    "lito",
    "part",
    "parta",
    "partb",
    "meantemp",
    "annprec",
];

const IDENTIFIERS: [&str; 22] = [
    "id", "fid", "ogcfid", "objectid", "oid", "gid", "sample", "sampleno", "sampleid", "site", "siteno", "station",
    "point", "nr", "no", "number", "plot", "lab", "labno", "index", "row", "profile",
];

const BELOW_SUFFIXES: [&str; 14] = [
    "nd",
    "flag",
    "qualifier",
    "qual",
    "q",
    "censored",
    "cens",
    "cen",
    "lt",
    "bdl",
    "below",
    "sign",
    "nondetect",
    "below_limit",
];
const DETECTED_SUFFIXES: [&str; 3] = ["detected", "detect", "det"];
const LIMIT_SUFFIXES: [&str; 16] = [
    "lod",
    "loq",
    "dl",
    "mdl",
    "ql",
    "rl",
    "limit",
    "detection_limit",
    "det_limit",
    "reporting_limit",
    "pql",
    "mrl",
    "bg",
    "nwg",
    "lq",
    "ld",
];

/// Other names of the same element.
pub(super) fn synonyms(lower: &str) -> Vec<&'static str> {
    ELEMENTS.iter().filter(|names| names.contains(&lower)).flat_map(|names| names.iter().copied()).collect()
}

/// Lower case without blanks and punctuation.
fn simple(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Lower case with `_` for blanks, points and hyphens.
fn joined(name: &str) -> String {
    name.trim()
        .chars()
        .map(|c| if matches!(c, ' ' | '.' | '-') { '_' } else { c })
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether a quantity of this name is in mg/kg when nothing says otherwise.
pub(super) fn is_concentration(name: &str) -> bool {
    !NO_CONCENTRATIONS.contains(&simple(name).as_str())
}

/// The names that a request could mean, by exact name, then without regard to case, then by what is left without a unit.
pub(super) fn matching<'a>(wanted: &str, names: impl Iterator<Item = &'a str> + Clone) -> Vec<usize> {
    let wanted = &super::text::one_line(wanted);
    let lower = wanted.to_lowercase();
    let pick = |same: &dyn Fn(&str) -> bool| -> Vec<usize> {
        names.clone().enumerate().filter(|(_, name)| same(name)).map(|(i, _)| i).collect()
    };
    let exact = pick(&|name| name == wanted);
    if !exact.is_empty() {
        return exact;
    }
    let cased = pick(&|name| name.to_lowercase() == lower);
    if !cased.is_empty() {
        return cased;
    }
    pick(&|name| Unit::split_suffix(name).is_some_and(|(stem, _)| stem.to_lowercase() == lower))
}

/// The column of an analyte; `None` where there is none.
pub(super) fn column_of(input: &Input, wanted: &str) -> Result<Option<usize>> {
    let found = matching(wanted, input.header.iter().map(String::as_str));
    match found[..] {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        _ => Err(input.refuse(
            format!(
                "several columns could be the analyte '{wanted}': {}",
                found.iter().map(|&i| input.header[i].as_str()).collect::<Vec<_>>().join(", ")
            ),
            "name the one meant in full, and give each column its own name",
        )),
    }
}

/// The refusal of an analyte that is not there.
pub(super) fn unknown(input: &Input, wanted: &str, available: Vec<String>) -> Error {
    Error::Unknown {
        file: input.source.path.clone(),
        what: "analyte",
        name: wanted.to_owned(),
        nearest: super::spelling::nearest(wanted, available.iter().map(String::as_str)),
        available,
    }
}

/// Columns that say of another column's values whether they are below a limit, and which.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Companions {
    pub(super) flag: Option<FlagColumn>,
    /// Column, and what turns its unit into the analyte's.
    pub(super) limit: Option<(usize, f64)>,
    /// As `limit`, of quantification, where that is the one of detection.
    pub(super) quantification: Option<(usize, f64)>,
}

/// A column of qualifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FlagColumn {
    pub(super) column: usize,
    /// Whether 1 means that the substance was detected.
    pub(super) one_is_detected: bool,
}

/// Finds `<analyte>_nd`, `<analyte>_qualifier`, `<analyte>_lod` and their like.
pub(super) fn companions(header: &[String], column: usize) -> Companions {
    let (stem, unit) = match Unit::split_suffix(&header[column]) {
        Some((stem, unit)) => (stem, Some(unit)),
        None => (header[column].as_str(), None),
    };
    let bases = [joined(stem), joined(&header[column])];
    let find = |suffixes: &[&str]| {
        header.iter().enumerate().find_map(|(i, name)| {
            if i == column {
                return None;
            }
            let (own_stem, own_unit) = match Unit::split_suffix(name) {
                Some((stem, unit)) => (joined(stem), Some(unit)),
                None => (joined(name), None),
            };
            let fits = bases.iter().any(|base| {
                suffixes.iter().any(|s| own_stem == format!("{base}_{s}") || own_stem == format!("{s}_{base}"))
            });
            fits.then_some((i, own_unit))
        })
    };
    let below = find(&BELOW_SUFFIXES).map(|(column, _)| FlagColumn { column, one_is_detected: false });
    let detected = find(&DETECTED_SUFFIXES).map(|(column, _)| FlagColumn { column, one_is_detected: true });
    let limit = find(&LIMIT_SUFFIXES).map(|(limit, own)| {
        let factor = own.zip(unit.as_ref()).and_then(|(own, unit)| own.factor_to(unit));
        (limit, factor.unwrap_or(1.0))
    });
    Companions { flag: below.or(detected), limit, quantification: None }
}

/// Columns of measured numbers: neither place nor identifier, covariate, qualifier or limit.
pub(super) fn numeric_columns(input: &Input) -> Result<Vec<usize>> {
    let speaking: Vec<usize> = (0..input.header.len())
        .flat_map(|column| {
            let found = companions(&input.header, column);
            [found.flag.map(|f| f.column), found.limit.map(|l| l.0)]
        })
        .flatten()
        .collect();
    let places = place::candidates(&input.header);
    let mut numeric = Vec::new();
    for (column, name) in input.header.iter().enumerate() {
        let simple = simple(name);
        let asked_about = !simple.is_empty()
            && !speaking.contains(&column)
            && !places.contains(&column)
            && !IDENTIFIERS.contains(&simple.as_str())
            && !joined(name).ends_with("_id")
            && !COVARIATES.contains(&simple.as_str());
        if asked_about && is_numeric(input, column)? {
            numeric.push(column);
        }
    }
    Ok(numeric)
}

/// At least one number, and nine of ten cells that say something are values, or numbers that are refused as such.
fn is_numeric(input: &Input, column: usize) -> Result<bool> {
    let (mut numbers, mut values, mut others) = (0usize, 0usize, 0usize);
    input.sample_column(column, |cell| match cell::read(cell, input.decimal) {
        Ok(cell::Cell::Missing) => {}
        Ok(cell::Cell::Number(_)) => {
            numbers += 1;
            values += 1;
        }
        Ok(_) => values += 1,
        Err(refusal) if refusal.is_no_number() => others += 1,
        Err(_) => values += 1,
    })?;
    Ok(numbers > 0 && values >= 9 * others)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(names: &[&str]) -> Vec<String> {
        names.iter().map(|&n| n.to_owned()).collect()
    }

    #[test]
    fn exact_then_case_then_unit() {
        let names = ["Lead", "lead_mg_kg", "Al_pct", "zinc"];
        let of = |wanted: &str| matching(wanted, names.into_iter());
        assert_eq!(of("Lead"), [0]);
        assert_eq!(of("lead"), [0]);
        assert_eq!(of("al"), [2]);
        assert_eq!(of("ZINC"), [3]);
        assert!(of("tin").is_empty());
        assert_eq!(matching("lead", ["lead_mg_kg", "lead_pct"].into_iter()), [0, 1]);
    }

    #[test]
    fn companions_are_found_by_name() {
        let names = header(&["As", "As_nd", "lead_mg_kg", "lead_qualifier", "lead_lod_ug_kg", "Zn", "Zn_detected"]);
        assert_eq!(companions(&names, 0).flag, Some(FlagColumn { column: 1, one_is_detected: false }));
        let lead = companions(&names, 2);
        assert_eq!(lead.flag.map(|f| f.column), Some(3));
        assert_eq!(lead.limit, Some((4, 0.001)));
        assert_eq!(companions(&names, 5).flag, Some(FlagColumn { column: 6, one_is_detected: true }));
        assert_eq!(companions(&names, 1), Companions::default());
    }
}

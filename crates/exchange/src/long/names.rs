//! Analytes, procedures and units by whatever name a table gives them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::tables::{self, Analyte, Procedure, Property};

/// A thing that is measured: a contaminant or another soil property.
#[derive(Clone, Copy, Debug)]
pub enum Measured {
    /// Of `analytes.csv`.
    Analyte(&'static Analyte),
    /// Of `soil_properties.csv`.
    Property(&'static Property),
}

impl Measured {
    /// Its code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Analyte(a) => &a.code,
            Self::Property(p) => &p.code,
        }
    }

    /// Its default unit.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Analyte(a) => &a.default_unit,
            Self::Property(p) => &p.default_unit,
        }
    }

    /// Grams per mole, where it has a formula.
    pub fn molar_mass(self) -> Option<f64> {
        match self {
            Self::Analyte(a) => a.molar_mass_g_per_mol,
            Self::Property(_) => None,
        }
    }

    /// The URI another system knows it by: GloSIS where it has one, else INSPIRE.
    pub fn uri(self) -> Option<&'static str> {
        match self {
            Self::Analyte(a) => a.glosis_uri.as_deref().or(a.inspire_site_uri.as_deref()),
            Self::Property(p) => p.glosis_uri.as_deref().or(p.inspire_profile_element_uri.as_deref()),
        }
    }
}

/// What a name was found to mean.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// What it means.
    pub measured: Measured,
    /// Whether the name is the code of the specification itself; anything else is a looser name.
    pub exact: bool,
    /// Whether the name says extractable content (a GloSIS id of an extractable fraction).
    pub extractable: bool,
}

/// Whether a CAS number has the right form and check digit.
///
/// # Examples
/// ```
/// use soilscope_exchange::long::cas_checks;
/// assert!(cas_checks("7440-43-9"));
/// assert!(!cas_checks("7440-43-8"));
/// ```
pub fn cas_checks(cas: &str) -> bool {
    let parts: Vec<&str> = cas.split('-').collect();
    let [a, b, c] = parts.as_slice() else { return false };
    let form = (2..=7).contains(&a.len()) && b.len() == 2 && c.len() == 1;
    if !form || !parts.iter().all(|p| p.bytes().all(|d| d.is_ascii_digit())) {
        return false;
    }
    let digits = a.bytes().chain(b.bytes()).rev().map(|d| u32::from(d - b'0'));
    let sum: u32 = digits.zip(1..).map(|(digit, place)| digit * place).sum();
    c.bytes().next().is_some_and(|d| u32::from(d - b'0') == sum % 10)
}

/// Spelling that does not count: case, spaces around, and which of `http` and `https` a URI has.
fn loose(name: &str) -> String {
    let name = name.trim().to_lowercase();
    match name.strip_prefix("https://") {
        Some(rest) => format!("http://{rest}"),
        None => name,
    }
}

fn last_part(uri: &str) -> &str {
    uri.rsplit('/').next().unwrap_or(uri)
}

/// Names of one system; a name that two things share means neither.
#[derive(Default)]
struct Names<T>(BTreeMap<String, Option<T>>);

impl<T: Copy + PartialEq> Names<T> {
    fn add(&mut self, name: &str, means: T) {
        if !name.trim().is_empty() {
            let entry = self.0.entry(loose(name)).or_insert(Some(means));
            if *entry != Some(means) {
                *entry = None;
            }
        }
    }

    fn get(&self, name: &str) -> Option<T> {
        self.0.get(&loose(name)).copied().flatten()
    }
}

/// Index into analytes, or behind them into properties; whether the name says extractable.
type Meaning = (usize, bool);

fn measured(index: usize) -> Measured {
    let analytes = tables::analytes();
    match analytes.get(index) {
        Some(a) => Measured::Analyte(a),
        None => Measured::Property(&tables::properties()[index - analytes.len()]),
    }
}

/// Layers of names, the surest first: a code beats a name, a name an id of another system.
static NAMES: LazyLock<Vec<Names<Meaning>>> = LazyLock::new(|| {
    let (mut codes, mut words, mut ids, mut parts): (Names<Meaning>, Names<Meaning>, Names<Meaning>, Names<Meaning>) =
        Default::default();
    for (i, a) in tables::analytes().iter().enumerate() {
        codes.add(&a.code, (i, false));
        words.add(&a.name, (i, false));
        // A bare "chromium" is the total; only the hexavalent species needs its full name.
        if a.code != "CrVI" {
            words.add(a.name.split(" (").next().unwrap_or(&a.name), (i, false));
            words.add(&a.symbol, (i, false));
        }
        words.add(a.cas_number.as_deref().unwrap_or_default(), (i, false));
        // One GloSIS code may serve all fractions; then the procedure tells which.
        let same = a.glosis_property_id == a.glosis_extractable_id;
        for (id, uri, extractable) in [
            (&a.glosis_property_id, &a.glosis_uri, false),
            (&a.glosis_extractable_id, &a.glosis_extractable_uri, !same),
        ] {
            ids.add(id.as_deref().unwrap_or_default(), (i, extractable));
            if let Some(uri) = uri {
                let extractable = extractable && a.glosis_uri.as_ref() != Some(uri);
                ids.add(uri, (i, extractable));
                parts.add(last_part(uri), (i, extractable));
                parts.add(uri.rsplit("Code-").next().unwrap_or(uri), (i, extractable));
            }
        }
        ids.add(a.proposed_property_id.as_deref().unwrap_or_default(), (i, false));
        for (class, extractable) in [(&a.glosis_total_class_uri, false), (&a.glosis_extractable_class_uri, true)] {
            ids.add(class, (i, extractable));
            parts.add(last_part(class), (i, extractable));
        }
        for uri in
            [&a.inspire_site_uri, &a.inspire_profile_element_uri, &a.inspire_derived_object_uri].into_iter().flatten()
        {
            ids.add(uri, (i, false));
            parts.add(last_part(uri), (i, false));
        }
    }
    // Names of the older database and of the template workbook (specification, section 2.1).
    for (code, old) in [
        ("Cd", "cadmiumProperty"),
        ("Zn", "zincProperty"),
        ("Mo", "molybdenumProperty"),
        ("Al", "aluminiumProperty"),
        ("Mn", "manganeseProperty"),
    ] {
        let i = tables::analytes().iter().position(|a| a.code == code).expect("an element of analytes.csv");
        ids.add(&format!("http://w3id.org/glosis/model/layerhorizon/{old}"), (i, false));
        parts.add(old, (i, false));
    }
    for (n, p) in tables::properties().iter().enumerate() {
        let i = tables::analytes().len() + n;
        codes.add(&p.code, (i, false));
        words.add(&p.name, (i, false));
        ids.add(p.glosis_property_id.as_deref().unwrap_or_default(), (i, false));
        if let Some(uri) = &p.glosis_uri {
            ids.add(uri, (i, false));
            parts.add(last_part(uri), (i, false));
            parts.add(uri.rsplit("Code-").next().unwrap_or(uri), (i, false));
        }
        for uri in [&p.inspire_profile_element_uri, &p.inspire_derived_object_uri].into_iter().flatten() {
            ids.add(uri, (i, false));
            parts.add(last_part(uri), (i, false));
        }
    }
    vec![codes, words, ids, parts]
});

/// The analyte or soil property that a name means: code, name, symbol, CAS number (its check digit must hold), GloSIS id, URI or
/// notation, INSPIRE URI or value, older GloSIS name.
///
/// # Examples
/// ```
/// use soilscope_exchange::long::analyte;
/// for name in ["Cd", "cadmium", "7440-43-9", "CAD", "cadmiumProperty", "cadmiumContent", "metalCd"] {
///     assert_eq!(analyte(name).unwrap().measured.code(), "Cd", "{name}");
/// }
/// assert!(analyte("COPEXT").unwrap().extractable);
/// assert!(analyte("7440-43-8").is_none());
/// ```
pub fn analyte(name: &str) -> Option<Found> {
    let name = name.trim();
    let exact = tables::analyte(name).map(Measured::Analyte).or_else(|| tables::property(name).map(Measured::Property));
    if let Some(measured) = exact {
        return Some(Found { measured, exact: true, extractable: false });
    }
    let (index, extractable) = NAMES.iter().find_map(|names| names.get(name))?;
    Some(Found { measured: measured(index), exact: false, extractable })
}

/// The procedure that a name means: code, name, standard, GloSIS id, URI or notation. Where a GloSIS id serves several, the one that
/// states no variant.
///
/// # Examples
/// ```
/// use soilscope_exchange::long::procedure;
/// assert_eq!(procedure("TOTAL_HCL-AQUAREGIA").unwrap().code, "AR_UNSPEC");
/// assert_eq!(procedure("Extr_dtpa").unwrap().code, "DTPA");
/// assert_eq!(procedure("ISO 54321:2020").unwrap().code, "AR_ISO54321");
/// assert!(procedure("some acid").is_none());
/// ```
pub fn procedure(name: &str) -> Option<&'static Procedure> {
    let name = name.trim();
    if name.is_empty() {
        return None;
    }
    if let Some(procedure) = tables::procedure(name) {
        return Some(procedure);
    }
    let wanted = loose(name);
    let same = |text: &str| !text.is_empty() && loose(text) == wanted;
    let by = |names: &dyn Fn(&Procedure) -> bool| -> Option<&'static Procedure> {
        let all: Vec<_> = tables::procedures().iter().filter(|p| names(p)).collect();
        match all.as_slice() {
            [one] => Some(*one),
            several => several.iter().find(|p| p.standard.is_empty()).copied(),
        }
    };
    by(&|p| same(&p.code))
        .or_else(|| by(&|p| same(&p.name) || same(&p.standard)))
        .or_else(|| by(&|p| p.glosis_procedure_id.as_deref().is_some_and(same)))
        .or_else(|| {
            by(&|p| {
                let uri = p.glosis_uri.as_deref().unwrap_or_default();
                same(uri)
                    || same(last_part(uri))
                    || uri.split_once("Procedure-").is_some_and(|(_, notation)| same(notation))
            })
        })
}

/// The land use that a code, GloSIS notation or URI means.
pub(crate) fn land_use(name: &str) -> Option<&'static str> {
    let name = name.trim();
    let found = tables::land_use(name).or_else(|| {
        tables::land_uses().iter().find(|l| l.glosis_notation == name || loose(&l.glosis_uri) == loose(name))
    });
    found.map(|l| l.code.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_name_and_uri_finds_its_own_row() {
        for a in tables::analytes() {
            let cas = a.cas_number.as_deref().unwrap_or(&a.code);
            let uris =
                [&a.glosis_uri, &a.inspire_site_uri, &a.inspire_profile_element_uri, &a.inspire_derived_object_uri];
            let names = [a.code.as_str(), a.name.as_str(), cas].into_iter();
            for name in names.chain(uris.into_iter().flatten().map(String::as_str)) {
                let found = analyte(name).map(|f| f.measured.code());
                assert_eq!(found, Some(a.code.as_str()), "{name}");
            }
        }
        for p in tables::properties() {
            for name in [&p.code, &p.name] {
                assert_eq!(analyte(name).map(|f| f.measured.code()), Some(p.code.as_str()), "{name}");
            }
        }
        for p in tables::procedures() {
            assert_eq!(procedure(&p.code).map(|f| &f.code), Some(&p.code));
        }
    }

    #[test]
    fn all_cas_numbers_of_the_table_check() {
        for a in tables::analytes() {
            assert!(a.cas_number.as_deref().is_none_or(cas_checks), "{}", a.code);
        }
        for wrong in ["", "7440439", "7440-43-99", "a440-43-9", "1-43-9", "7440-439"] {
            assert!(!cas_checks(wrong), "{wrong}");
        }
    }

    #[test]
    fn ids_that_serve_several_methods_mean_the_one_without_a_variant() {
        for (id, code) in [
            ("TOTAL_HNO3-AQUAFORTIS", "HNO3_CONC"),
            ("Total_unkn", "UNKNOWN_TOTAL"),
            ("totalElementsProcedure-Total_xrf-p", "PXRF"),
            ("https://w3id.org/glosis/model/procedure/extractableElementsProcedure-Extr_m3", "MEHLICH3"),
        ] {
            assert_eq!(procedure(id).map(|p| p.code.as_str()), Some(code));
        }
    }

    #[test]
    fn symbols_and_spelling() {
        assert_eq!(analyte("pb").unwrap().measured.code(), "Pb");
        assert_eq!(analyte("Chromium").unwrap().measured.code(), "Cr");
        assert_eq!(analyte("Chromium (hexavalent)").unwrap().measured.code(), "CrVI");
        assert!(analyte("nothing").is_none());
        assert!(!analyte("zinc").unwrap().exact);
    }
}

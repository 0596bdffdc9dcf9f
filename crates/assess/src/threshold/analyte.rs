//! Names of substances: what a file calls it, and what tables of limits call it.

use serde::Serialize;

use super::error::ThresholdError;
use super::spelling::nearest;
use super::table::Table;

/// A substance, and how its name was understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Analyte {
    /// As the table writes it.
    pub symbol: String,
    /// As it was asked for.
    pub name: String,
}

/// Symbol of tables of limits, and names for it: letters and digits only, small.
const NAMES: &[(&str, &[&str])] = &[
    ("Ag", &["silver", "silber", "argent", "plata", "zilver"]),
    ("As", &["arsenic", "arsen", "arseen", "arsenico"]),
    ("B", &["boron", "bor", "bore", "boro"]),
    ("Ba", &["barium", "bario", "baryum"]),
    ("Be", &["beryllium", "berilio"]),
    ("Cd", &["cadmium", "kadmium", "cadmio"]),
    ("Co", &["cobalt", "kobalt", "cobalto"]),
    ("Cr", &["chromium", "chrom", "chrome", "cromo", "chroom", "totalchromium", "chromiumtotal", "crtotal"]),
    ("Cr(III)", &["chromiumiii", "chromium3", "cr3", "trivalentchromium"]),
    ("Cr(VI)", &["chromiumvi", "chromium6", "cr6", "hexavalentchromium", "chromvi"]),
    ("Cu", &["copper", "kupfer", "cuivre", "cobre", "koper", "rame"]),
    ("F", &["fluoride", "fluorine", "fluor", "fluorid"]),
    ("Hg", &["mercury", "quecksilber", "mercure", "mercurio", "kwik"]),
    ("Hg inorganic", &["inorganicmercury", "mercuryinorganic"]),
    ("Hg organic", &["organicmercury"]),
    ("MeHg", &["methylmercury"]),
    ("Mn", &["manganese", "mangan", "manganeso", "mangaan"]),
    ("Mo", &["molybdenum", "molybdan", "molybdän", "molibdeno", "molybdeen"]),
    ("Ni", &["nickel", "nichel", "nikkel", "niquel", "níquel"]),
    ("Pb", &["lead", "blei", "plomb", "plomo", "lood", "piombo"]),
    ("Sb", &["antimony", "antimon", "antimoine", "antimonio", "antimoon"]),
    ("Se", &["selenium", "selen", "selenio", "seleen"]),
    ("Sn", &["tin", "zinn", "etain", "étain"]),
    ("Te", &["tellurium", "tellur"]),
    ("Tl", &["thallium", "talio"]),
    ("U", &["uranium", "uran", "uranio"]),
    ("V", &["vanadium", "vanadio"]),
    ("Zn", &["zinc", "zink", "cinc", "zinco"]),
    ("B(a)P", &["benzoapyrene", "benzopyrene"]),
    ("CCl4", &["carbontetrachloride", "tetrachloromethane"]),
    ("DCM", &["dichloromethane", "methylenechloride"]),
    ("PCE", &["tetrachloroethene", "tetrachloroethylene", "perchloroethylene"]),
    ("TCE", &["trichloroethene", "trichloroethylene"]),
    ("VC", &["vinylchloride", "chloroethene"]),
    ("1,2-DCA", &["12dichloroethane"]),
    ("PCP", &["pentachlorophenol"]),
    ("HCB", &["hexachlorobenzene"]),
    ("Lindane", &["ghch", "gammahch"]),
    ("a-HCH", &["alphahch"]),
    ("b-HCH", &["betahch"]),
    ("Xylenes", &["xylene", "xylol"]),
    ("Toluene", &["toluol"]),
    ("Benzene", &["benzol"]),
];

/// Names that stand for several, which only a person can tell apart.
const SEVERAL: &[(&[&str], &[&str])] = &[
    (&["pcb", "pcbs", "polychlorinatedbiphenyls"], &["PCB total", "PCB6", "PCB6+118", "PCB7"]),
    (&["pah", "pahs", "pak"], &["PAH total", "PAH10", "PAH16"]),
    (&["cyanide", "cyanides"], &["CN", "CN free"]),
    (&["dioxins", "dioxin"], &["PCDD/F", "PCDD/F+dl-PCB"]),
    (&["tph", "oil", "mineraloil", "hydrocarbons"], &["C10-C40", "C10-C21", "C21-C40"]),
    (&["hch"], &["HCH sum", "a-HCH", "b-HCH", "Lindane"]),
];

/// Words around a name in a column's title that say nothing of the substance.
const NOISE: [&str; 34] = [
    "mg",
    "kg",
    "ug",
    "ng",
    "g",
    "ppm",
    "ppb",
    "pct",
    "percent",
    "mgkg",
    "ugkg",
    "1",
    "total",
    "tot",
    "content",
    "conc",
    "concentration",
    "value",
    "result",
    "soil",
    "topsoil",
    "subsoil",
    "top",
    "top5",
    "aqua",
    "regia",
    "ar",
    "dw",
    "dm",
    "icp",
    "icpms",
    "xrf",
    "aas",
    "m",
];

fn key(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The symbol of a name, by the built-in names alone; `None` where it is none or several.
///
/// # Examples
/// ```
/// use soilscope_assess::threshold::symbol_of;
/// assert_eq!(symbol_of("zinc"), Some("Zn"));
/// assert_eq!(symbol_of("Blei"), Some("Pb"));
/// assert_eq!(symbol_of("PCB"), None);
/// ```
pub fn symbol_of(name: &str) -> Option<&'static str> {
    let name = key(name);
    NAMES.iter().find(|(symbol, names)| key(symbol) == name || names.contains(&name.as_str())).map(|(s, _)| *s)
}

pub(super) fn find(table: &Table, name: &str) -> Result<Analyte, ThresholdError> {
    let found = |symbol: &str| Analyte { symbol: symbol.to_owned(), name: name.to_owned() };
    let failed = |why: String| Err(ThresholdError::Analyte { name: name.to_owned(), why });
    let own = |wanted: &str| {
        let wanted = key(wanted);
        table.entries().iter().map(|e| e.analyte.as_str()).find(|analyte| key(analyte) == wanted)
    };
    // As it stands, then without what a column's title adds to it.
    let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let noise = |word: &&&str| NOISE.contains(&word.to_lowercase().as_str());
    let (before, after) = (words.iter().take_while(noise).count(), words.iter().rev().take_while(noise).count());
    let bare = if before + after < words.len() { words[before..words.len() - after].join(" ") } else { String::new() };
    for wanted in [name, bare.as_str()] {
        if wanted.is_empty() {
            continue;
        }
        if let Some((_, several)) = SEVERAL.iter().find(|(names, _)| names.contains(&key(wanted).as_str())) {
            let has: Vec<&str> = several.iter().copied().filter(|symbol| own(symbol).is_some()).collect();
            if !has.is_empty() {
                return failed(format!("it could be {}; say which, as in CODE:{}", has.join(", "), has[0]));
            }
        }
        if let Some(symbol) = own(wanted).or_else(|| symbol_of(wanted).and_then(own)) {
            return Ok(found(symbol));
        }
    }
    let mut names: Vec<&str> = table.entries().iter().map(|e| e.analyte.as_str()).collect();
    names.extend(NAMES.iter().flat_map(|(_, names)| names.iter().copied()));
    names.sort_unstable();
    names.dedup();
    let near = nearest(name, names, 3);
    let near = if near.is_empty() { String::new() } else { format!(" (is it {}?)", near.join(", ")) };
    failed(format!("the table of limits knows no such name{near}; say it with the code, as in CODE:Zn"))
}

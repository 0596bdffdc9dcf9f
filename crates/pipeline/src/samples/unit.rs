//! Units of measured values: which there are, and what they are in mg/kg.

use serde::Serialize;

/// A unit of measurement; mass fractions convert among each other, others stand for themselves.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unit {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mg_per_kg: Option<f64>,
}

/// Name, mg/kg in one unit, and spellings once [`key`] has simplified them.
const MASS_FRACTIONS: [(&str, f64, &[&str]); 7] = [
    (
        "mg/kg",
        1.0,
        &["mgkg", "mgkg1", "mgkgdm", "mgkgdw", "mgkgts", "mgkgtm", "mgkgms", "ppm", "ugg", "ugg1", "gt", "mgperkg"],
    ),
    ("ug/kg", 1e-3, &["ugkg", "ugkg1", "ugkgdm", "ugkgdw", "ppb", "ngg", "ngg1", "mgt", "ugperkg"]),
    ("ng/kg", 1e-6, &["ngkg", "ngkg1", "pgg", "ppt"]),
    ("g/kg", 1e3, &["gkg", "gkg1", "permille", "‰", "gperkg"]),
    ("g/100g", 1e4, &["g100g", "ghg"]),
    ("mg/100g", 10.0, &["mg100g"]),
    ("%", 1e4, &["%", "percent", "pct", "wt%", "wtpct", "%wt", "%mm", "perc", "prozent", "masse%", "ma%"]),
];

/// Units that are no mass fraction but known, so that they are not taken for a slip.
const OTHERS: [(&str, &[&str]); 12] = [
    ("mmol/kg", &["mmolkg", "mmolkg1"]),
    ("cmol(c)/kg", &["cmolckg", "cmolkg", "meq100g", "cmolkg1", "cmolckg1"]),
    ("Bq/kg", &["bqkg", "bqkg1"]),
    ("pH", &["ph", "phunits"]),
    ("dS/m", &["dsm", "mscm"]),
    ("uS/cm", &["uscm"]),
    ("kg/dm3", &["kgdm3", "gcm3", "tm3"]),
    ("cm", &["cm"]),
    ("m", &["m"]),
    ("mg/l", &["mgl"]),
    ("ug/l", &["ugl"]),
    ("dimensionless", &["dimensionless", "1", "ratio", "index", "none"]),
];

impl Unit {
    /// mg/kg.
    pub fn mg_per_kg() -> Self {
        Self { name: "mg/kg".to_owned(), mg_per_kg: Some(1.0) }
    }

    /// A unit in one of its usual spellings: `mg/kg`, `mg kg-1`, `µg/kg`, `ppm`, `g/t`, `wt%`, `pH` …
    ///
    /// # Examples
    /// ```
    /// use soilscope_pipeline::samples::Unit;
    /// let percent = Unit::parse("wt%").expect("known");
    /// assert_eq!(percent.factor_to(&Unit::mg_per_kg()), Some(10_000.0));
    /// assert!(Unit::parse("furlong").is_none());
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let key = key(text);
        if let Some((name, factor, _)) =
            MASS_FRACTIONS.iter().find(|(_, _, spellings)| spellings.contains(&key.as_str()))
        {
            return Some(Self { name: (*name).to_owned(), mg_per_kg: Some(*factor) });
        }
        let (name, _) = OTHERS.iter().find(|(_, spellings)| spellings.contains(&key.as_str()))?;
        Some(Self { name: (*name).to_owned(), mg_per_kg: None })
    }

    /// A unit that a person stated: a known one, or whatever was written, which then converts to nothing.
    pub fn stated(text: &str) -> Self {
        Self::parse(text).unwrap_or_else(|| Self { name: text.trim().to_owned(), mg_per_kg: None })
    }

    /// What to say of a unit that a person stated and that is not known.
    pub(super) fn doubt(stated: &str) -> Option<String> {
        Self::parse(stated)
            .is_none()
            .then(|| format!("unit '{}' is not one that is known; values are taken as they are", stated.trim()))
    }

    /// Its name, as `mg/kg`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// mg/kg in one of this unit, for a mass fraction.
    pub fn in_mg_per_kg(&self) -> Option<f64> {
        self.mg_per_kg
    }

    /// What to multiply a number in this unit with to have it in `other`; `None` where they do not convert.
    pub fn factor_to(&self, other: &Self) -> Option<f64> {
        if self.name == other.name {
            return Some(1.0);
        }
        Some(self.mg_per_kg? / other.mg_per_kg?)
    }

    /// The name of a column without the mass fraction at its end: `lead_mg_kg`, `Al_pct`, `Zn (mg/kg)`, `Pb.ppm`.
    pub(super) fn split_suffix(column: &str) -> Option<(&str, Self)> {
        let text = column.trim();
        let mass_fraction = |tail: &str| Self::parse(tail).filter(|u| u.mg_per_kg.is_some());
        if let Some(open) = text.find(['(', '[', '{']) {
            let inside = text[open + 1..].trim_end_matches([')', ']', '}']);
            let stem = text[..open].trim_end_matches([' ', '_', '.', '-']);
            if !stem.is_empty()
                && let Some(unit) = mass_fraction(inside)
            {
                return Some((stem, unit));
            }
        }
        text.char_indices().filter(|&(at, c)| at > 0 && matches!(c, '_' | ' ' | '.' | '-' | '%')).find_map(|(at, c)| {
            let tail = if c == '%' { &text[at..] } else { &text[at + 1..] };
            let stem = text[..at].trim_end_matches([' ', '_', '.', '-', ',']);
            if stem.is_empty() { None } else { mass_fraction(tail).map(|unit| (stem, unit)) }
        })
    }
}

/// Lower case, µ as u, without blanks and punctuation.
fn key(text: &str) -> String {
    text.trim()
        .chars()
        .filter_map(|c| match c {
            'µ' | 'μ' => Some('u'),
            '⁻' => None,
            '¹' => Some('1'),
            '³' => Some('3'),
            '%' | '‰' => Some(c),
            c if c.is_alphanumeric() => c.to_lowercase().next(),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_and_factors_are_those_of_the_exchange_table() {
        let of = |text: &str| Unit::parse(text).and_then(|u| u.in_mg_per_kg());
        for text in ["mg/kg", "mg kg-1", "mg.kg-1", "mg/kg dm", "mg/kg dw", "ppm", "ug/g", "µg/g", "g/t", "mg kg⁻¹"]
        {
            assert_eq!(of(text), Some(1.0), "{text}");
        }
        for text in ["ug/kg", "µg/kg", "μg/kg", "ug kg-1", "ppb", "ng/g"] {
            assert_eq!(of(text), Some(0.001), "{text}");
        }
        for text in ["ng/kg", "ng kg-1", "ppt", "pg/g"] {
            assert_eq!(of(text), Some(1e-6), "{text}");
        }
        for text in ["g/kg", "g kg-1", "permille"] {
            assert_eq!(of(text), Some(1e3), "{text}");
        }
        for text in ["%", "percent", "pct", "wt%", "% (m/m)"] {
            assert_eq!(of(text), Some(1e4), "{text}");
        }
        assert_eq!(of("mg/100g"), Some(10.0));
        assert_eq!(Unit::parse("meq/100g").map(|u| u.name), Some("cmol(c)/kg".to_owned()));
        assert_eq!(Unit::parse("S/S"), None);
    }

    #[test]
    fn suffixes() {
        let of = |column: &str| Unit::split_suffix(column).map(|(stem, unit)| (stem.to_owned(), unit.name));
        let pair = |stem: &str, unit: &str| Some((stem.to_owned(), unit.to_owned()));
        assert_eq!(of("lead_mg_kg"), pair("lead", "mg/kg"));
        assert_eq!(of("Al_pct"), pair("Al", "%"));
        assert_eq!(of("Zn (mg/kg)"), pair("Zn", "mg/kg"));
        assert_eq!(of("Zn [µg/kg]"), pair("Zn", "ug/kg"));
        assert_eq!(of("Pb.ppm"), pair("Pb", "mg/kg"));
        assert_eq!(of("Pb mg/kg"), pair("Pb", "mg/kg"));
        assert_eq!(of("hg_ug_kg"), pair("hg", "ug/kg"));
        assert_eq!(of("clay%"), pair("clay", "%"));
        for column in ["dist_m", "zinc", "As_nd", "_mg_kg", "x", "%"] {
            assert_eq!(of(column), None, "{column}");
        }
    }
}

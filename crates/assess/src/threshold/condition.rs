//! Conditions of a limit: what the soil must be for it, and how it changes with the soil.

use serde::Serialize;

use super::correction::Correction;
use super::soil::{Property, Soil, Texture};

/// Numbers from `low` to `high`; an end belongs to it where it says so.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Range {
    /// Lower end; minus infinity where there is none.
    #[serde(skip_serializing_if = "is_infinite")]
    pub low: f64,
    /// Whether the lower end belongs to it.
    pub with_low: bool,
    /// Upper end; infinity where there is none.
    #[serde(skip_serializing_if = "is_infinite")]
    pub high: f64,
    /// Whether the upper end belongs to it.
    pub with_high: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_infinite(number: &f64) -> bool {
    number.is_infinite()
}

impl Range {
    const ALL: Self = Self { low: f64::NEG_INFINITY, with_low: false, high: f64::INFINITY, with_high: false };

    /// In words, ends that do not belong to it told from those that do: `above 5.5 up to 6.5`, `from 6 to 7`, `below 5`.
    pub fn words(&self) -> String {
        let low = |word: &str| format!("{word} {}", self.low);
        let parts = [
            self.low.is_finite().then(|| low(if self.with_low { "from" } else { "above" })),
            self.high.is_finite().then(|| match (self.with_high, self.low.is_finite() && self.with_low) {
                (true, true) => format!("to {}", self.high),
                (true, false) => format!("up to {}", self.high),
                (false, _) => format!("below {}", self.high),
            }),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// Whether a number lies in it.
    pub fn holds(&self, number: f64) -> bool {
        (number > self.low || (self.with_low && number == self.low))
            && (number < self.high || (self.with_high && number == self.high))
    }
}

/// What a limit asks of the soil, read from what its table says.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Conditions {
    /// Properties that must lie in a range.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ranges: Vec<(Property, Range)>,
    /// Classes of texture that it is for; empty for all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub textures: Vec<Texture>,
    /// Below this pH the limit of the next lighter texture holds instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lighter_below_ph: Option<f64>,
    /// How the value changes with the soil.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correction: Option<Correction>,
    /// How the properties of the soil that it asks for are measured, in the table's words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<String>,
    /// It is not a limit of soil but of sludge or the like.
    pub other_matrix: bool,
    /// Everything else, in the table's words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}

/// Says what a phrase means.
type Meaning = fn(&mut Conditions);

/// Conditions that speak of several things at once, or in words of their own.
const PHRASES: [(&str, Meaning); 14] = [
    ("OM<=10%: 40; 10-30%: 40*OM/10; >=30%: 120", |c| c.correction = Some(Correction::Pah)),
    ("standard soil 10% OM; IW_b=IW_sb*OM/10; OM limited to 2..30%", |c| c.correction = Some(Correction::Organic)),
    ("coarse soil", |c| c.textures = vec![Texture::Coarse]),
    ("fine soil", |c| c.textures = vec![Texture::Fine]),
    ("surface soil, coarse texture, 1e-5 incremental risk", |c| c.textures = vec![Texture::Coarse]),
    ("surface soil, fine texture, 1e-5 incremental risk", |c| c.textures = vec![Texture::Fine]),
    ("light soils (sand, loamy sand)", |c| c.textures = vec![Texture::Light, Texture::Sand]),
    ("common soils", |c| c.textures = vec![Texture::Common, Texture::Loam, Texture::Silt, Texture::Clay]),
    ("sandy and sandy-loam soils", |c| c.textures = vec![Texture::Sand, Texture::Light]),
    ("clay and loam soils pH KCl <5.5", |c| {
        c.textures = vec![Texture::Loam, Texture::Silt, Texture::Clay];
        c.ranges.push((Property::PhKcl, Range { high: 5.5, ..Range::ALL }));
    }),
    ("clay and loam soils pH KCl >5.5", |c| {
        c.textures = vec![Texture::Loam, Texture::Silt, Texture::Clay];
        c.ranges.push((Property::PhKcl, Range { low: 5.5, ..Range::ALL }));
    }),
    ("light soil: <=20% fraction <0.02 mm", |c| {
        c.ranges.push((Property::Fines, Range { high: 20.0, with_high: true, ..Range::ALL }));
    }),
    ("medium soil: 20-35%", |c| {
        c.ranges.push((Property::Fines, Range { low: 20.0, high: 35.0, with_high: true, ..Range::ALL }));
    }),
    ("heavy soil: >35%", |c| c.ranges.push((Property::Fines, Range { low: 35.0, ..Range::ALL }))),
];

impl Conditions {
    /// Reads what a table says. What is not understood stays as a remark, but for a comparison that is begun and not
    /// understood.
    ///
    /// # Errors
    /// Such a comparison, as it was written: `pH<abc`.
    ///
    /// # Examples
    /// ```
    /// use soilscope_assess::threshold::{Conditions, Property};
    /// let paddy = Conditions::parse("5.5<pH<=6.5; soil pH (water)").expect("understood");
    /// let (property, range) = paddy.ranges[0];
    /// assert_eq!(property, Property::Ph);
    /// assert!(range.holds(6.5) && !range.holds(5.5));
    /// assert!(Conditions::parse("pH<=abc").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut conditions = Self::default();
        let text = text.trim();
        if let Some((_, set)) = PHRASES.iter().find(|(phrase, _)| *phrase == text) {
            set(&mut conditions);
            return Ok(conditions);
        }
        if let Some(correction) = metal(text)? {
            conditions.correction = Some(correction);
            return Ok(conditions);
        }
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            if let Some((property, range)) = comparison(part)? {
                conditions.ranges.push((property, range));
            } else if let Some(group) = part.strip_prefix("texture group=") {
                conditions.textures = match group.trim_end_matches("(KA5)").trim() {
                    "sand" => vec![Texture::Sand],
                    "loam/silt" => vec![Texture::Loam, Texture::Silt],
                    "clay" => vec![Texture::Clay],
                    _ => return Err(part.to_owned()),
                };
            } else if let Some(words) = part.strip_prefix("if pH<") {
                let number = words.strip_suffix(" use the value of the next lighter texture");
                let number = number.and_then(|n| n.trim().parse().ok()).ok_or_else(|| part.to_owned())?;
                conditions.lighter_below_ph = Some(number);
            } else if part == "soils with <=15% humus" {
                conditions.ranges.push((Property::OrganicMatter, Range { high: 15.0, with_high: true, ..Range::ALL }));
            } else if part == "soil pH 6 to 7" {
                conditions.ranges.push((Property::Ph, Range { low: 6.0, with_low: true, high: 7.0, with_high: true }));
            } else if part == "soil pH (water)" {
                conditions.methods.push(part.to_owned());
            } else {
                conditions.other_matrix |= part.contains("sludge not soil");
                conditions.remarks.push(part.to_owned());
            }
        }
        Ok(conditions)
    }

    /// The range that a property must lie in.
    pub fn range_of(&self, property: Property) -> Option<Range> {
        self.ranges.iter().find(|(p, _)| *p == property).map(|(_, range)| *range)
    }

    /// What it asks of a property, in words: `organic matter up to 15 %`; `None` where it asks nothing.
    pub fn words(&self, property: Property) -> Option<String> {
        if property == Property::Texture {
            let names: Vec<&str> = self.textures.iter().map(|t| t.name()).collect();
            return (!names.is_empty()).then(|| format!("texture {}", names.join(" or ")));
        }
        let words = property.words();
        let (name, unit) = words.strip_suffix(", percent").map_or((words, ""), |name| (name, " %"));
        self.range_of(property).map(|range| format!("{name} {}{unit}", range.words()))
    }

    /// Whether a soil meets the condition on one property; `None` where that is not known.
    pub(super) fn met(&self, property: Property, soil: &Soil) -> Option<bool> {
        if property == Property::Texture {
            return if self.textures.is_empty() {
                Some(true)
            } else {
                soil.texture.map(|t| self.textures.contains(&t))
            };
        }
        match self.range_of(property) {
            None => Some(true),
            Some(range) => soil.number(property).map(|number| range.holds(number)),
        }
    }

    /// Whether two limits ask the same of the soil as far as it can be computed.
    pub(super) fn same_soil(&self, other: &Self) -> bool {
        self.textures == other.textures && self.ranges == other.ranges
    }
}

/// `A=0.4 B=0.007 C=0.021` of the Dutch rows.
fn metal(text: &str) -> Result<Option<Correction>, String> {
    if !text.contains("IW_sb*(A+B*lutum+C*OM)") {
        return Ok(None);
    }
    let constant = |name: &str| {
        let mut words = text.split([' ', ';']);
        let number = words.find_map(|word| word.strip_prefix(name)).and_then(|n| n.parse::<f64>().ok());
        number.filter(|n| n.is_finite() && *n >= 0.0).ok_or_else(|| format!("{name} of '{text}'"))
    };
    Ok(Some(Correction::Metal { a: constant("A=")?, b: constant("B=")?, c: constant("C=")? }))
}

/// `pH<=5.5`, `5.5<pH<=6.5`, `TOC >4 to 9%`, `pH>=5`.
fn comparison(part: &str) -> Result<Option<(Property, Range)>, String> {
    let compact: String = part.chars().filter(|c| !c.is_whitespace()).collect();
    let named = [("pH", Property::Ph), ("TOC", Property::Toc)]
        .into_iter()
        .find_map(|(name, property)| compact.find(name).map(|at| (name, property, at)));
    let Some((name, property, at)) = named else { return Ok(None) };
    let (before, after) = (&compact[..at], compact[at + name.len()..].trim_end_matches('%'));
    // Only what is a comparison and nothing else; `pH and OM within the range of the guidance` is a remark.
    if !after.starts_with(['<', '>']) || !(before.is_empty() || before.ends_with(['<', '>', '='])) {
        return Ok(None);
    }
    let failed = || part.to_owned();
    let number = |text: &str| text.parse::<f64>().map_err(|_| failed());
    let mut range = Range::ALL;
    if let Some(low) = before.strip_suffix("<=") {
        (range.low, range.with_low) = (number(low)?, true);
    } else if let Some(low) = before.strip_suffix('<') {
        range.low = number(low)?;
    } else if !before.is_empty() {
        return Err(failed());
    }
    if let Some(high) = after.strip_prefix("<=") {
        (range.high, range.with_high) = (number(high)?, true);
    } else if let Some(high) = after.strip_prefix('<') {
        range.high = number(high)?;
    } else if before.is_empty() {
        let low = after.strip_prefix(">=").or_else(|| after.strip_prefix('>')).ok_or_else(failed)?;
        range.with_low = after.starts_with(">=");
        match low.split_once("to") {
            Some((low, high)) => {
                (range.low, range.high, range.with_high) = (number(low)?, number(high)?, true);
            }
            None => range.low = number(low)?,
        }
    } else {
        return Err(failed());
    }
    Ok(Some((property, range)))
}

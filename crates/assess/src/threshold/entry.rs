//! One limit as its table states it.

use serde::Serialize;

use super::basis::Basis;
use super::code::Code;
use super::condition::Conditions;
use super::unit::LimitUnit;

/// Land uses in common words, so that jurisdictions compare. One legal class can cover several; the wording of the act
/// stands beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LandUse {
    /// Fields, grassland, orchards, gardens for food.
    Agricultural,
    /// Homes, schools, playgrounds.
    Residential,
    /// Parks and sports.
    Recreational,
    /// Shops and offices.
    Commercial,
    /// Industry, traffic.
    Industrial,
    /// No difference, or one the code does not hold.
    Any,
}

impl LandUse {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Agricultural, Self::Residential, Self::Recreational, Self::Commercial, Self::Industrial, Self::Any];

    /// Its code.
    pub fn name(self) -> &'static str {
        match self {
            Self::Agricultural => "agricultural",
            Self::Residential => "residential",
            Self::Recreational => "recreational",
            Self::Commercial => "commercial",
            Self::Industrial => "industrial",
            Self::Any => "any",
        }
    }

    /// The land use of a code.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|l| l.name() == text)
    }
}

/// What a value was read in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// The act itself.
    Official,
    /// A copy of the act's text.
    OfficialCopy,
    /// A page or report that quotes it.
    Secondary,
    /// A peer-reviewed paper that quotes it.
    SecondaryPeerReviewed,
    /// A program or data set that holds it.
    SecondaryCode,
    /// Written down from memory.
    Recalled,
}

impl SourceKind {
    /// All of them, with the names that tables use.
    pub(super) const NAMES: [(&'static str, Self); 6] = [
        ("official", Self::Official),
        ("official_copy", Self::OfficialCopy),
        ("secondary", Self::Secondary),
        ("secondary_peer_reviewed", Self::SecondaryPeerReviewed),
        ("secondary_code", Self::SecondaryCode),
        ("recalled", Self::Recalled),
    ];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, kind)| *kind == self).map_or("official", |(name, _)| name)
    }
}

/// How far a value can be trusted to be what the act says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Read in the act or a copy of it.
    Verified,
    /// Read in something that quotes the act.
    SecondHand,
    /// Not read anywhere, or not checked.
    Unverified,
}

impl Standing {
    /// The mark beside a value: none, `*` or `!`.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Verified => "",
            Self::SecondHand => "*",
            Self::Unverified => "!",
        }
    }

    /// What the mark means; `None` where there is no mark.
    pub fn legend(self) -> Option<&'static str> {
        match self {
            Self::Verified => None,
            Self::SecondHand => Some("* second-hand: read in a source that quotes the act, not in the act"),
            Self::Unverified => {
                Some("! unverified: written down without the act at hand; look it up before you rely on it")
            }
        }
    }

    /// In a few words, for a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::SecondHand => "second-hand",
            Self::Unverified => "UNVERIFIED",
        }
    }
}

/// One limit as its table states it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// The set it belongs to.
    pub code: Code,
    /// Country, or part of one, by name.
    pub jurisdiction: String,
    /// The act or guidance.
    pub instrument: String,
    /// Its short name.
    pub instrument_name: String,
    /// The year its title states.
    pub year: Option<u16>,
    /// Which of the instrument's levels, in its words.
    pub level: String,
    /// Land use in the words of the instrument.
    pub land_use: String,
    /// Land use in common words.
    pub land_use_code: LandUse,
    /// Who or what it protects.
    pub receptor: String,
    /// Symbol or name of the substance.
    pub analyte: String,
    /// CAS number, where there is one.
    pub cas: Option<String>,
    /// The limit, in `unit`.
    pub value: f64,
    /// Unit as the table writes it.
    pub unit: String,
    /// The same, understood.
    #[serde(skip)]
    pub unit_kind: LimitUnit,
    /// Conditions as the table writes them.
    pub conditions: String,
    /// The same, as far as they can be computed.
    #[serde(skip)]
    pub when: Conditions,
    /// How the content is measured, as the table writes it.
    pub basis: String,
    /// The same, understood.
    pub basis_kind: Basis,
    /// Where the value was read.
    pub source: String,
    /// What it was read in.
    pub source_kind: SourceKind,
    /// Whether it was checked against that source.
    pub verified: bool,
    /// What else there is to know.
    pub note: String,
    /// Line of the table.
    pub line: usize,
}

impl Entry {
    /// How far the value can be trusted.
    pub fn standing(&self) -> Standing {
        match (self.verified, self.source_kind) {
            (false, _) | (_, SourceKind::Recalled) => Standing::Unverified,
            (true, SourceKind::Official | SourceKind::OfficialCopy) => Standing::Verified,
            (true, _) => Standing::SecondHand,
        }
    }
}

//! How a limit's content is measured: aqua regia does not find what a total digestion finds.

use serde::Serialize;

/// What is dissolved before it is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Basis {
    /// All of it, or a content that the source calls total without more.
    Total,
    /// Aqua regia.
    AquaRegia,
    /// Another strong acid without hydrofluoric: USEPA 3050 or 3051, a national digestion.
    StrongAcid,
    /// 2 M nitric acid.
    NitricExtract,
    /// 0.1 or 1 M hydrochloric acid.
    HydrochloricExtract,
    /// 0.1 M sodium nitrate.
    SodiumNitrateExtract,
    /// 1 M ammonium nitrate.
    AmmoniumNitrateExtract,
    /// Water in a leaching test.
    Leachate,
    /// A load, not a content.
    Load,
    /// Fibres weighted by kind.
    Weighted,
    /// Anything else.
    Other,
}

/// Bases whose values can be held against each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Family {
    /// Total content.
    Total,
    /// Aqua regia and digestions much like it.
    AquaRegia,
    /// 2 M nitric acid.
    NitricExtract,
    /// Hydrochloric acid.
    HydrochloricExtract,
    /// Sodium nitrate: the soluble part.
    SodiumNitrateExtract,
    /// Ammonium nitrate: the part plants reach.
    AmmoniumNitrateExtract,
    /// Leachate.
    Leachate,
    /// Load.
    Load,
    /// Anything else, which compares with nothing.
    Other,
}

impl Family {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Total,
        Self::AquaRegia,
        Self::NitricExtract,
        Self::HydrochloricExtract,
        Self::SodiumNitrateExtract,
        Self::AmmoniumNitrateExtract,
        Self::Leachate,
        Self::Load,
        Self::Other,
    ];

    /// Short name, as in codes and on a command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::AquaRegia => "aqua-regia",
            Self::NitricExtract => "nitric-extract",
            Self::HydrochloricExtract => "hydrochloric-extract",
            Self::SodiumNitrateExtract => "soluble",
            Self::AmmoniumNitrateExtract => "plant-available",
            Self::Leachate => "leachate",
            Self::Load => "load",
            Self::Other => "other",
        }
    }

    /// Whether samples digested the usual ways, in total or by a strong acid, say anything of a limit of this family.
    pub fn is_content(self) -> bool {
        matches!(self, Self::Total | Self::AquaRegia | Self::Other)
    }
}

impl Basis {
    /// The basis that a table's words stand for: `total` with the name of a digestion is total, unless that names an acid.
    ///
    /// # Examples
    /// ```
    /// use soilscope_assess::threshold::{Basis, Family};
    /// assert_eq!(Basis::of("aqua regia, fine soil"), Basis::AquaRegia);
    /// assert_eq!(Basis::of("USEPA 3050/3051 digestion or equivalent").family(), Family::AquaRegia);
    /// assert_eq!(Basis::of("total, dry matter").family(), Family::Total);
    /// ```
    pub fn of(words: &str) -> Self {
        let words = words.to_lowercase();
        let has = |part: &str| words.contains(part);
        if has("nano3") || has("sodium nitrate") {
            Self::SodiumNitrateExtract
        } else if has("ammonium nitrate") || has("nh4no3") {
            Self::AmmoniumNitrateExtract
        } else if has("2 m hno3") {
            Self::NitricExtract
        } else if has("m hcl") {
            Self::HydrochloricExtract
        } else if has("leachate") {
            Self::Leachate
        } else if has("load") {
            Self::Load
        } else if has("weighted") {
            Self::Weighted
        } else if has("hno3/aqua regia") || has("strong acid") || has("3050") {
            Self::StrongAcid
        } else if has("aqua regia") {
            Self::AquaRegia
        } else if has("total") {
            Self::Total
        } else {
            Self::Other
        }
    }

    /// Which bases it compares with.
    pub fn family(self) -> Family {
        match self {
            Self::Total => Family::Total,
            Self::AquaRegia | Self::StrongAcid => Family::AquaRegia,
            Self::NitricExtract => Family::NitricExtract,
            Self::HydrochloricExtract => Family::HydrochloricExtract,
            Self::SodiumNitrateExtract => Family::SodiumNitrateExtract,
            Self::AmmoniumNitrateExtract => Family::AmmoniumNitrateExtract,
            Self::Leachate => Family::Leachate,
            Self::Load => Family::Load,
            Self::Weighted | Self::Other => Family::Other,
        }
    }
}

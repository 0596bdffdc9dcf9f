//! What a limit may ask of the soil.

use serde::Serialize;

/// A property of the soil that limits depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Property {
    /// pH, measured as the act asks: in water for GB 15618.
    Ph,
    /// pH in KCl, which is about one unit lower than in water and must not stand in for it.
    PhKcl,
    /// Clay (lutum, below 2 µm), percent of the mineral soil.
    Clay,
    /// Organic matter, percent of dry soil.
    OrganicMatter,
    /// Total organic carbon, percent of dry soil.
    Toc,
    /// Particles below 0.02 mm, percent.
    Fines,
    /// A class of texture.
    Texture,
}

impl Property {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Ph, Self::PhKcl, Self::Clay, Self::OrganicMatter, Self::Toc, Self::Fines, Self::Texture];

    /// Its name on a command line: `ph`, `ph_kcl`, `clay`, `om`, `toc`, `fines`, `texture`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Ph => "ph",
            Self::PhKcl => "ph_kcl",
            Self::Clay => "clay",
            Self::OrganicMatter => "om",
            Self::Toc => "toc",
            Self::Fines => "fines",
            Self::Texture => "texture",
        }
    }

    /// What it is, with its unit.
    pub fn words(self) -> &'static str {
        match self {
            Self::Ph => "pH",
            Self::PhKcl => "pH in KCl",
            Self::Clay => "clay, percent",
            Self::OrganicMatter => "organic matter, percent",
            Self::Toc => "total organic carbon, percent",
            Self::Fines => "particles below 0.02 mm, percent",
            Self::Texture => "texture: sand, loam, silt, clay, light, common, coarse or fine",
        }
    }

    /// The property of this name, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        Self::ALL.into_iter().find(|p| p.key() == text)
    }

    /// The numbers that it can be.
    pub fn bounds(self) -> [f64; 2] {
        match self {
            Self::Ph | Self::PhKcl => [0.0, 14.0],
            _ => [0.0, 100.0],
        }
    }
}

/// A class of texture, in the words of the acts. Sand, loam, silt and clay are the main groups of the German KA5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Texture {
    /// Sand; a light soil.
    Sand,
    /// Loam.
    Loam,
    /// Silt, in one class with loam.
    Silt,
    /// Clay.
    Clay,
    /// Light soils of the Czech decree: sand and loamy sand.
    Light,
    /// Every other soil of the Czech decree.
    Common,
    /// Coarse soils of the Australian and Canadian guidelines.
    Coarse,
    /// Fine soils of the Australian and Canadian guidelines.
    Fine,
}

impl Texture {
    const WORDS: [(&'static str, Self); 8] = [
        ("sand", Self::Sand),
        ("loam", Self::Loam),
        ("silt", Self::Silt),
        ("clay", Self::Clay),
        ("light", Self::Light),
        ("common", Self::Common),
        ("coarse", Self::Coarse),
        ("fine", Self::Fine),
    ];

    /// The class of this name, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        Self::WORDS.iter().find(|(word, _)| *word == text).map(|(_, class)| *class)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::WORDS.iter().find(|(_, class)| *class == self).map_or("texture", |(word, _)| word)
    }
}

/// What is known of the soil at one place; `None` where it is not.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Soil {
    /// pH, measured as the act asks.
    pub ph: Option<f64>,
    /// pH in KCl.
    pub ph_kcl: Option<f64>,
    /// Clay, percent.
    pub clay: Option<f64>,
    /// Organic matter, percent.
    pub organic_matter: Option<f64>,
    /// Total organic carbon, percent.
    pub toc: Option<f64>,
    /// Particles below 0.02 mm, percent.
    pub fines: Option<f64>,
    /// Class of texture.
    pub texture: Option<Texture>,
}

impl Soil {
    /// A property that is a number.
    pub fn number(&self, property: Property) -> Option<f64> {
        match property {
            Property::Ph => self.ph,
            Property::PhKcl => self.ph_kcl,
            Property::Clay => self.clay,
            Property::OrganicMatter => self.organic_matter,
            Property::Toc => self.toc,
            Property::Fines => self.fines,
            Property::Texture => None,
        }
    }

    /// Sets a property that is a number; texture is set by its field.
    pub fn set(&mut self, property: Property, value: f64) {
        match property {
            Property::Ph => self.ph = Some(value),
            Property::PhKcl => self.ph_kcl = Some(value),
            Property::Clay => self.clay = Some(value),
            Property::OrganicMatter => self.organic_matter = Some(value),
            Property::Toc => self.toc = Some(value),
            Property::Fines => self.fines = Some(value),
            Property::Texture => {}
        }
    }

    /// Whether a property is known.
    pub fn knows(&self, property: Property) -> bool {
        match property {
            Property::Texture => self.texture.is_some(),
            number => self.number(number).is_some(),
        }
    }
}

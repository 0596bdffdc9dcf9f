//! What is known of the soil, as it is typed: `ph=6.2`, `clay=clay_pct`, `om=om.tif`.

use std::str::FromStr;

use soilscope_assess::threshold::{Property, Texture};

/// One property of `--soil`, and where it is from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SoilSource {
    pub(crate) property: Property,
    pub(crate) from: SoilFrom,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum SoilFrom {
    /// The same everywhere.
    Number(f64),
    /// A class of texture, the same everywhere.
    Texture(Texture),
    /// A column of the samples, or a raster.
    Named(String),
}

impl FromStr for SoilSource {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = || Property::ALL.map(Property::key).join(", ");
        let (name, from) = text.split_once('=').ok_or_else(|| {
            format!("expected PROPERTY=VALUE, as ph=6.2 or clay=clay_pct; properties are {}", names())
        })?;
        let from = from.trim();
        let property = Property::parse(name)
            .ok_or_else(|| format!("'{name}' is no property of the soil; there are {}", names()))?;
        let from = match (property, from.parse::<f64>()) {
            (_, _) if from.is_empty() => return Err(format!("{name}= says nothing: write a number or a column")),
            (Property::Texture, _) => {
                Texture::parse(from).map_or_else(|| SoilFrom::Named(from.to_owned()), SoilFrom::Texture)
            }
            (_, Ok(number)) => {
                let [low, high] = property.bounds();
                if !(low..=high).contains(&number) {
                    return Err(format!("{name} is from {low} to {high}, not {number}"));
                }
                SoilFrom::Number(number)
            }
            (_, Err(_)) => SoilFrom::Named(from.to_owned()),
        };
        Ok(Self { property, from })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_classes_and_columns_are_told_apart() {
        let of = |text: &str| text.parse::<SoilSource>().map(|s| (s.property, s.from));
        assert_eq!(of("ph=6.2"), Ok((Property::Ph, SoilFrom::Number(6.2))));
        assert_eq!(of("Texture=Sand"), Ok((Property::Texture, SoilFrom::Texture(Texture::Sand))));
        assert_eq!(of("texture=bodenart"), Ok((Property::Texture, SoilFrom::Named("bodenart".into()))));
        assert_eq!(of("om=om_pct"), Ok((Property::OrganicMatter, SoilFrom::Named("om_pct".into()))));
        assert!(of("ph=62").is_err_and(|e| e.contains("from 0 to 14")));
        assert!(of("silt=5").is_err_and(|e| e.contains("no property")));
        assert!(of("clay").is_err());
        assert!(of("clay=").is_err());
    }
}

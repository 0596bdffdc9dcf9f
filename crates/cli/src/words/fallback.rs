//! `--fallback`.

use std::str::FromStr;

use soilscope_core::variogram::{ModelTemplate, Variogram};

use super::Method;

/// What is used where no model is chosen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fallback {
    InverseDistance {
        power: f64,
    },
    Nearest,
    /// The mean or drift of all samples, and their variance about it.
    Mean,
    Model(Box<Variogram>),
}

impl Fallback {
    /// As it was typed, or would be.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::InverseDistance { power } => format!("idw:{power}"),
            Self::Nearest => "nearest".into(),
            Self::Mean => "mean".into(),
            Self::Model(variogram) => variogram.to_string(),
        }
    }

    /// Whether predictions carry a variance.
    pub(crate) fn has_variance(&self) -> bool {
        matches!(self, Self::Mean | Self::Model(_))
    }
}

impl FromStr for Fallback {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "mean" {
            return Ok(Self::Mean);
        }
        match text.parse::<Method>() {
            Ok(Method::InverseDistance { power }) => return Ok(Self::InverseDistance { power }),
            Ok(Method::Nearest) => return Ok(Self::Nearest),
            Err(why) if text.starts_with("idw") || text.starts_with("nearest") => return Err(why),
            _ => {}
        }
        let expected = "expected idw:POWER, nearest, mean, or a whole model as '0.05 Nug + 0.59 Sph(897)'";
        let template = text.parse::<ModelTemplate>().map_err(|error| format!("{error}; {expected}"))?;
        match template.complete().map_err(|error| error.to_string())? {
            Some(variogram) => Ok(Self::Model(Box::new(variogram))),
            None => {
                Err(format!("the model is not whole, and nothing is fitted where no model could be chosen: {expected}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fallbacks_are_understood_or_refused() {
        assert_eq!("idw:3".parse(), Ok(Fallback::InverseDistance { power: 3.0 }));
        assert_eq!("idw".parse(), Ok(Fallback::InverseDistance { power: 2.0 }));
        assert_eq!("nearest".parse(), Ok(Fallback::Nearest));
        assert_eq!("mean".parse(), Ok(Fallback::Mean));
        let model: Fallback = "1 Nug + 2 Sph(30)".parse().unwrap();
        assert_eq!((model.name().as_str(), model.has_variance()), ("1 Nug + 2 Sph(30)", true));
        for refused in ["idw:0", "nearest:2", "auto", "ordinary", "Nug + Sph", "2 Sph", ""] {
            assert!(refused.parse::<Fallback>().is_err(), "{refused}");
        }
    }
}

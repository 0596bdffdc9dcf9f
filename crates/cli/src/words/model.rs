//! `--model`.

use std::str::FromStr;

use soilscope_core::variogram::ModelTemplate;
use soilscope_core::{Error, Result};

/// The model that was asked for. It is read before any file is, so that a mistake in it is not blamed on one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ModelChoice {
    /// As it was typed, for the record.
    pub(crate) text: String,
    /// `None` where it is to be chosen automatically.
    pub(crate) template: Option<ModelTemplate>,
}

impl ModelChoice {
    pub(crate) fn is_auto(&self) -> bool {
        self.template.is_none()
    }
}

impl FromStr for ModelChoice {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let template = if text.trim() == "auto" { None } else { Some(checked(text).map_err(reason)?) };
        Ok(Self { text: text.to_owned(), template })
    }
}

/// The template, which makes a model where nothing is left to be fitted.
fn checked(text: &str) -> Result<ModelTemplate> {
    let template: ModelTemplate = text.parse()?;
    template.complete()?;
    Ok(template)
}

/// The refusal without what was typed, which is said before it.
fn reason(error: Error) -> String {
    match error {
        Error::Notation { reason, .. } => format!("{reason}; write for example '0.05 Nug + 0.59 Sph(897)'"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_understood_or_refused() {
        assert!(" auto ".parse::<ModelChoice>().unwrap().is_auto());
        let given: ModelChoice = "Nug + Sph(900)".parse().unwrap();
        assert_eq!(given.template.unwrap().unknowns(), 2);
        for (refused, why) in [("Sphere(900)", "'Sphere' is not one of Nug"), ("Sph(-900)", "-900"), ("0 Nug", "sill")]
        {
            let message = refused.parse::<ModelChoice>().unwrap_err();
            assert!(message.contains(why), "{refused}: {message}");
        }
    }
}

//! `--transform`.

use std::str::FromStr;

use soilscope_core::normal_score::NormalScore;
use soilscope_core::transform::{BoxCox, Transform};
use soilscope_core::{Result, Samples};

/// The scale to krige on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum TransformChoice {
    None,
    Log,
    /// A power; the most likely one for the samples where none is given.
    BoxCox(Option<f64>),
    NormalScore,
}

impl FromStr for TransformChoice {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text.split_once(':') {
            None if text == "none" => Ok(Self::None),
            None if text == "log" => Ok(Self::Log),
            None if text == "box-cox" => Ok(Self::BoxCox(None)),
            None if text == "normal-score" => Ok(Self::NormalScore),
            Some(("box-cox", lambda)) => match lambda.parse() {
                Ok(lambda) => BoxCox::new(lambda).map(|b| Self::BoxCox(Some(b.lambda()))).map_err(|e| e.to_string()),
                Err(_) => Err(format!("the power '{lambda}' is not a number")),
            },
            _ => Err(format!("'{text}' is not one of none, log, box-cox, box-cox:POWER, normal-score")),
        }
    }
}

impl TransformChoice {
    /// The transform for samples.
    ///
    /// # Errors
    /// Values outside the domain of a power that is to be found, or all equal.
    pub(crate) fn for_samples(self, samples: &Samples) -> Result<Transform> {
        Ok(match self {
            Self::None => Transform::None,
            Self::Log => Transform::Log,
            Self::BoxCox(Some(lambda)) => Transform::BoxCox(BoxCox::new(lambda)?),
            Self::BoxCox(None) => Transform::BoxCox(BoxCox::most_likely(samples)?),
            Self::NormalScore => Transform::NormalScore(Box::new(NormalScore::from_values(samples.values(), None)?)),
        })
    }
}

/// A transform as its option spells it.
pub(crate) fn transform_name(transform: &Transform) -> String {
    match transform {
        Transform::None => "none".to_owned(),
        Transform::Log => "log".to_owned(),
        Transform::BoxCox(power) => format!("box-cox:{}", power.lambda()),
        Transform::NormalScore(_) => "normal-score".to_owned(),
        _ => "other".to_owned(),
    }
}

/// Writes a transform by its option's name into a record.
pub(crate) fn serialize_name<S: serde::Serializer>(
    transform: &Transform,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(&transform_name(transform))
}

/// What is modelled of something, as `ln(zinc)`.
pub(crate) fn transformed(transform: &Transform, what: &str) -> String {
    match transform {
        Transform::None => what.to_owned(),
        Transform::Log => format!("ln({what})"),
        Transform::BoxCox(power) => format!("Box-Cox({what}, {:.3})", power.lambda()),
        Transform::NormalScore(_) => format!("normal score of {what}"),
        _ => format!("transformed {what}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transforms_are_understood_or_refused() {
        assert_eq!("log".parse(), Ok(TransformChoice::Log));
        assert_eq!("box-cox".parse(), Ok(TransformChoice::BoxCox(None)));
        assert_eq!("box-cox:-0.5".parse(), Ok(TransformChoice::BoxCox(Some(-0.5))));
        assert_eq!("normal-score".parse(), Ok(TransformChoice::NormalScore));
        for refused in ["normal-score:2", "ln", "box-cox:", "box-cox:x", "box-cox:nan", "log:2"] {
            assert!(refused.parse::<TransformChoice>().is_err(), "{refused}");
        }
    }
}

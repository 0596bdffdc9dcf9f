//! Option values with a small grammar of their own.

use std::path::PathBuf;
use std::str::FromStr;

/// A number that is one.
pub(crate) fn finite(text: &str) -> Result<f64, String> {
    text.trim().parse().ok().filter(|v: &f64| v.is_finite()).ok_or_else(|| "expected a finite number".to_owned())
}

/// `--method`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Method {
    Ordinary,
    Simple { mean: f64 },
    InverseDistance { power: f64 },
    Nearest,
}

impl FromStr for Method {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, argument) = match text.split_once(':') {
            Some((name, argument)) => (name, Some(argument)),
            None => (text, None),
        };
        let number = |what: &str| -> Result<f64, String> {
            let argument = argument.ok_or_else(|| format!("{name} needs its {what}, as {name}:2"))?;
            let value = argument.parse().ok().filter(|v: &f64| v.is_finite());
            value.ok_or_else(|| format!("the {what} '{argument}' is not a number"))
        };
        match (name, argument) {
            ("ordinary", None) => Ok(Self::Ordinary),
            ("nearest", None) => Ok(Self::Nearest),
            ("simple", _) => Ok(Self::Simple { mean: number("mean")? }),
            ("idw", None) => Ok(Self::InverseDistance { power: 2.0 }),
            ("idw", _) => match number("power")? {
                power if power > 0.0 => Ok(Self::InverseDistance { power }),
                power => Err(format!("the power {power} must be above 0")),
            },
            ("ordinary" | "nearest", Some(_)) => Err(format!("{name} takes no argument")),
            _ => Err(format!("'{name}' is not one of ordinary, simple:MEAN, idw:POWER, nearest")),
        }
    }
}

/// `--neighbours`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Neighbours {
    All,
    Nearest(usize),
}

impl FromStr for Neighbours {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.parse()) {
            ("all", _) => Ok(Self::All),
            (_, Ok(max)) if max > 0 => Ok(Self::Nearest(max)),
            _ => Err("expected a whole number of at least 1, or `all`".into()),
        }
    }
}

/// `--folds`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Folds {
    LeaveOneOut,
    Random(usize),
    Blocks(f64),
    /// Samples with the same text in this column.
    Column(String),
}

impl FromStr for Folds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "loo" {
            return Ok(Self::LeaveOneOut);
        }
        if let Some(size) = text.strip_prefix("block:") {
            return match size.parse() {
                Ok(size) if size > 0.0 && f64::is_finite(size) => Ok(Self::Blocks(size)),
                _ => Err(format!("the block size '{size}' is not a number above 0")),
            };
        }
        if let Some(name) = text.strip_prefix("column:").filter(|name| !name.is_empty()) {
            return Ok(Self::Column(name.to_owned()));
        }
        match text.parse() {
            Ok(k) if k >= 2 => Ok(Self::Random(k)),
            _ => Err("expected loo, a number of folds of at least 2, block:SIZE, or column:NAME".into()),
        }
    }
}

/// `--mask`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Mask {
    /// A vector or raster file.
    File(PathBuf),
    /// Cells no further than this from a sample.
    NearSamples(f64),
}

impl FromStr for Mask {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("samples:") {
            Some(distance) => match distance.parse() {
                Ok(distance) if distance > 0.0 && f64::is_finite(distance) => Ok(Self::NearSamples(distance)),
                _ => Err(format!("the distance '{distance}' is not a number above 0")),
            },
            None => Ok(Self::File(text.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_understood_or_refused() {
        assert_eq!("simple:5.9".parse(), Ok(Method::Simple { mean: 5.9 }));
        assert_eq!("idw".parse(), Ok(Method::InverseDistance { power: 2.0 }));
        assert!("idw:-1".parse::<Method>().is_err());
        assert!("simple".parse::<Method>().is_err());
        assert!("ordinary:1".parse::<Method>().is_err());
        assert_eq!("all".parse(), Ok(Neighbours::All));
        assert!("0".parse::<Neighbours>().is_err());
        assert_eq!("block:500".parse(), Ok(Folds::Blocks(500.0)));
        assert_eq!("column:site".parse(), Ok(Folds::Column("site".into())));
        assert!("1".parse::<Folds>().is_err());
        assert_eq!("samples:75e3".parse(), Ok(Mask::NearSamples(75e3)));
        assert!("samples:far".parse::<Mask>().is_err());
    }
}

//! Option values with a small grammar of their own.

mod covariate;
mod fallback;
mod hotspot;
mod method;
mod model;
mod soil;
mod threshold;
mod transform;
mod weights;

use std::path::PathBuf;
use std::str::FromStr;

use soilscope_assess::threshold::Family;

pub(crate) use covariate::{Covariate, CovariateRaster};
pub(crate) use fallback::Fallback;
pub(crate) use hotspot::Hotspot;
pub(crate) use method::Method;
pub(crate) use model::ModelChoice;
pub(crate) use soil::{SoilFrom, SoilSource};
pub(crate) use threshold::ThresholdChoice;
pub(crate) use transform::{TransformChoice, serialize_name, transform_name, transformed};
pub(crate) use weights::SpatialWeights;

/// A number that is one.
pub(crate) fn finite(text: &str) -> Result<f64, String> {
    text.trim().parse().ok().filter(|v: &f64| v.is_finite()).ok_or_else(|| "expected a finite number".to_owned())
}

/// How samples are digested.
pub(crate) fn basis(text: &str) -> Result<Family, String> {
    let wanted = text.trim().to_lowercase();
    let contents = Family::ALL.into_iter().filter(|f| !matches!(f, Family::Leachate | Family::Load | Family::Other));
    let names: Vec<&str> = contents.clone().map(Family::name).collect();
    contents.into_iter().find(|f| f.name() == wanted).ok_or_else(|| format!("bases are {}", names.join(", ")))
}

/// A number above 0.
pub(crate) fn positive(text: &str) -> Result<f64, String> {
    finite(text).ok().filter(|v| *v > 0.0).ok_or_else(|| "expected a number above 0".to_owned())
}

/// A length on a plan, CRS units: between bounds that no plan reaches, so that what is computed of it is a number.
pub(crate) fn length(text: &str) -> Result<f64, String> {
    let number = finite(text).ok().filter(|v| (1e-9..=1e9).contains(v));
    number.ok_or_else(|| "expected a length from 1e-9 to 1e9".to_owned())
}

/// A dry bulk density of soil, t/m3: peat has 0.1, slag may have 3.
pub(crate) fn bulk_density(text: &str) -> Result<f64, String> {
    let number = finite(text).ok().filter(|v| (0.02..=5.0).contains(v));
    number.ok_or_else(|| "expected t/m3, from 0.02 to 5: divide kg/m3 by 1000; g/cm3 are t/m3".to_owned())
}

/// A number of realisations that intervals can be told from, or none.
pub(crate) fn realisations(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|n| *n == 0 || (20..=10_000).contains(n));
    number.ok_or_else(|| "expected 20 to 10000, or 0 for none: fewer do not tell a 5 % and a 95 % quantile".to_owned())
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

/// `--block`: width and height.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Block(pub(crate) [f64; 2]);

impl FromStr for Block {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (width, height) = text.split_once('x').unwrap_or((text, text));
        let side = |side: &str| side.trim().parse().ok().filter(|s: &f64| *s > 0.0 && s.is_finite());
        match (side(width), side(height)) {
            (Some(width), Some(height)) => Ok(Self([width, height])),
            _ => Err(format!("'{text}' is no size: expected one as 100, or width and height as 200x100, above 0")),
        }
    }
}

/// `--error-cv`: a share of the value, the same for all samples or in a column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum RelativeError {
    /// Percent.
    Percent(f64),
    /// A column of percentages.
    Column(String),
}

impl FromStr for RelativeError {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim().trim_end_matches('%').parse::<f64>() {
            Ok(percent) if percent >= 0.0 && percent.is_finite() => Ok(Self::Percent(percent)),
            Ok(percent) => Err(format!("{percent} is no coefficient of variation: expected percent, 0 or more")),
            Err(_) => Ok(Self::Column(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_understood_or_refused() {
        assert_eq!("all".parse(), Ok(Neighbours::All));
        assert!("0".parse::<Neighbours>().is_err());
        assert_eq!("block:500".parse(), Ok(Folds::Blocks(500.0)));
        assert_eq!("column:site".parse(), Ok(Folds::Column("site".into())));
        assert!("1".parse::<Folds>().is_err());
        assert_eq!("samples:75e3".parse(), Ok(Mask::NearSamples(75e3)));
        assert!("samples:far".parse::<Mask>().is_err());
        assert_eq!("200x100".parse(), Ok(Block([200.0, 100.0])));
        assert_eq!("40".parse(), Ok(Block([40.0, 40.0])));
        assert!("40x".parse::<Block>().is_err() && "-4".parse::<Block>().is_err());
        assert_eq!("15%".parse(), Ok(RelativeError::Percent(15.0)));
        assert_eq!("cv_zinc".parse(), Ok(RelativeError::Column("cv_zinc".into())));
        assert!("-3".parse::<RelativeError>().is_err());
    }
}

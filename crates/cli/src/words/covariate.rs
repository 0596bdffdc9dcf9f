//! Covariates of the drift as they are typed.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use soilscope_pipeline::covariates::Function;

/// A covariate, or a function of one: `dist`, `sqrt(dist)`, `log(dist)`, `dist^2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Covariate {
    /// A column or raster.
    pub(crate) name: String,
    pub(crate) function: Function,
}

/// Highest power of a covariate.
const MOST_POWER: u8 = 4;

impl FromStr for Covariate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let inside = |function: &str| text.strip_prefix(function)?.strip_prefix('(')?.strip_suffix(')');
        let power = text.rsplit_once('^').and_then(|(name, power)| Some((name, power.trim().parse::<u8>().ok()?)));
        let (name, function) = match (inside("sqrt"), inside("log"), power) {
            (Some(name), _, _) => (name, Function::SquareRoot),
            (_, Some(name), _) => (name, Function::Logarithm),
            (_, _, Some((name, power))) if (2..=MOST_POWER).contains(&power) => (name, Function::Power(power)),
            (_, _, Some(_)) => return Err(format!("'{text}': powers go from 2 to {MOST_POWER}")),
            _ => (text, Function::Identity),
        };
        let name = name.trim().to_owned();
        if name.is_empty() {
            return Err("a covariate has no name: write as external:dist,soil or external:sqrt(dist)".to_owned());
        }
        Ok(Self { name, function })
    }
}

impl fmt::Display for Covariate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.function {
            Function::SquareRoot => write!(f, "sqrt({})", self.name),
            Function::Logarithm => write!(f, "log({})", self.name),
            Function::Power(power) => write!(f, "{}^{power}", self.name),
            _ => f.write_str(&self.name),
        }
    }
}

/// `--covariate NAME=RASTER`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CovariateRaster {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

impl FromStr for CovariateRaster {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, path)) if !name.trim().is_empty() && !path.is_empty() => {
                Ok(Self { name: name.trim().to_owned(), path: path.into() })
            }
            _ => Err("expected NAME=RASTER, as dist=distance.tif".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_covariates_are_read_and_written() {
        for (text, name, function) in [
            ("dist", "dist", Function::Identity),
            ("sqrt(dist)", "dist", Function::SquareRoot),
            ("log(pH (water))", "pH (water)", Function::Logarithm),
            ("dist^2", "dist", Function::Power(2)),
        ] {
            let covariate: Covariate = text.parse().unwrap();
            assert_eq!((covariate.name.as_str(), covariate.function), (name, function));
            assert_eq!(covariate.to_string(), text);
        }
        assert!("dist^9".parse::<Covariate>().is_err());
        assert!("sqrt()".parse::<Covariate>().is_err());
        let raster = CovariateRaster { name: "dist".into(), path: "a=b.tif".into() };
        assert_eq!("dist=a=b.tif".parse(), Ok(raster));
        assert!("dist.tif".parse::<CovariateRaster>().is_err());
    }
}

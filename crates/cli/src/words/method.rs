//! `--method`.

use std::str::FromStr;

use soilscope_core::drift::MOST_DEGREE;

use super::Covariate;

/// How values are predicted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Method {
    Ordinary,
    Simple {
        mean: f64,
    },
    /// A polynomial of the place.
    Universal {
        degree: u8,
    },
    /// A linear combination of covariates.
    External {
        covariates: Vec<Covariate>,
    },
    /// Ordinary kriging of 1 where the value is above this, else 0.
    Indicator {
        threshold: f64,
    },
    /// Ordinary co-kriging with these other analytes.
    CoKriging {
        secondary: Vec<String>,
    },
    InverseDistance {
        power: f64,
    },
    Nearest,
}

impl Method {
    /// Covariates of the drift.
    pub(crate) fn covariates(&self) -> &[Covariate] {
        if let Self::External { covariates } = self { covariates } else { &[] }
    }

    /// Analytes that help to predict the first.
    pub(crate) fn secondary(&self) -> &[String] {
        if let Self::CoKriging { secondary } = self { secondary } else { &[] }
    }

    /// What the indicator is of.
    pub(crate) fn indicator(&self) -> Option<f64> {
        if let Self::Indicator { threshold } = self { Some(*threshold) } else { None }
    }

    /// Whether the method has a model of the field.
    pub(crate) fn is_kriging(&self) -> bool {
        !matches!(self, Self::Nearest | Self::InverseDistance { .. })
    }
}

impl FromStr for Method {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, argument) = match text.split_once(':') {
            Some((name, argument)) => (name, Some(argument)),
            None => (text, None),
        };
        let number = |what: &str, example: &str| -> Result<f64, String> {
            let argument = argument.ok_or_else(|| format!("{name} needs its {what}, as {name}:{example}"))?;
            let value = argument.parse().ok().filter(|v: &f64| v.is_finite());
            value.ok_or_else(|| format!("the {what} '{argument}' is not a number"))
        };
        match (name, argument) {
            ("ordinary", None) => Ok(Self::Ordinary),
            ("nearest", None) => Ok(Self::Nearest),
            ("simple", _) => Ok(Self::Simple { mean: number("mean", "2")? }),
            ("indicator", _) => Ok(Self::Indicator { threshold: number("value", "500")? }),
            ("universal", _) => {
                let degree = number("degree", "1")?;
                let most = f64::from(MOST_DEGREE);
                if degree.fract() == 0.0 && (1.0..=most).contains(&degree) {
                    Ok(Self::Universal { degree: degree as u8 })
                } else {
                    Err(format!("the degree {degree} must be a whole number from 1 to {most}"))
                }
            }
            ("external", _) => {
                let list =
                    argument.ok_or("external needs its covariates, as external:dist or external:sqrt(dist),soil")?;
                let covariates = list.split(',').map(str::parse).collect::<Result<Vec<Covariate>, String>>()?;
                match (1..covariates.len()).find(|&k| covariates[..k].contains(&covariates[k])) {
                    Some(k) => Err(format!("the covariate {} is named twice", covariates[k])),
                    None => Ok(Self::External { covariates }),
                }
            }
            ("cokriging", _) => {
                let list = argument.ok_or("cokriging needs the other analytes, as cokriging:lead,copper")?;
                let secondary: Vec<String> = list.split(',').map(|name| name.trim().to_owned()).collect();
                if secondary.iter().any(String::is_empty) {
                    return Err("an analyte has no name: write as cokriging:lead,copper".to_owned());
                }
                match (1..secondary.len()).find(|&k| secondary[..k].contains(&secondary[k])) {
                    Some(k) => Err(format!("the analyte {} is named twice", secondary[k])),
                    None => Ok(Self::CoKriging { secondary }),
                }
            }
            ("idw", None) => Ok(Self::InverseDistance { power: 2.0 }),
            ("idw", _) => match number("power", "2")? {
                power if power > 0.0 => Ok(Self::InverseDistance { power }),
                power => Err(format!("the power {power} must be above 0")),
            },
            ("ordinary" | "nearest", Some(_)) => Err(format!("{name} takes no argument")),
            _ => Err(format!(
                "'{name}' is not one of ordinary, simple:MEAN, universal:DEGREE, external:COVARIATE[,COVARIATE…], \
                 indicator:VALUE, cokriging:ANALYTE[,ANALYTE…], idw:POWER, nearest"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_understood_or_refused() {
        assert_eq!("simple:5.9".parse(), Ok(Method::Simple { mean: 5.9 }));
        assert_eq!("idw".parse(), Ok(Method::InverseDistance { power: 2.0 }));
        assert_eq!("universal:2".parse(), Ok(Method::Universal { degree: 2 }));
        assert_eq!("indicator:500".parse(), Ok(Method::Indicator { threshold: 500.0 }));
        let covariates = vec!["sqrt(dist)".parse().unwrap(), "soil".parse().unwrap()];
        assert_eq!("external:sqrt(dist),soil".parse(), Ok(Method::External { covariates }));
        let secondary = vec!["lead".to_owned(), "organic matter".to_owned()];
        assert_eq!("cokriging:lead, organic matter".parse(), Ok(Method::CoKriging { secondary }));
        for refused in [
            "cokriging",
            "cokriging:",
            "cokriging:lead,",
            "cokriging:lead,lead",
            "idw:-1",
            "simple",
            "ordinary:1",
            "universal",
            "universal:0",
            "universal:5",
            "universal:1.5",
            "external",
            "external:",
            "external:dist,,soil",
            "external:dist,dist",
            "indicator",
            "indicator:high",
            "kriging",
        ] {
            assert!(refused.parse::<Method>().is_err(), "{refused}");
        }
    }
}

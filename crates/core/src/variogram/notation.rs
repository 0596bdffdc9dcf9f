//! gstat's notation for variograms: `0.05 Nug + 0.59 Sph(897)`, with the partial sill or the range left out to be fitted.
//!
//! `psill Type(range[, kappa=…][, az=…, ratio=…])`, terms joined by `+`. `Nug` is the nugget, `Err` measurement error.
//! A `?` in the place of a number asks for it to be fitted: `Mat(kappa=?)`, `Exp(az=?, ratio=?)`.
//!
//! As in gstat, the exponent of `Pow(1.5)` is in the place of the range, and `Lin(0)` is the line without a sill. `Lin` alone
//! is the line with a sill whose range is fitted.

use std::fmt;
use std::str::FromStr;

use super::{Model, ModelTemplate, Parameter, Structure, StructureTemplate, Variogram};
use crate::{Error, Result};

impl FromStr for ModelTemplate {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refuse = |reason: String| Error::Notation { text: text.to_owned(), reason };
        let mut template = Self { nugget: None, error_variance: 0.0, structures: Vec::new() };
        let mut error_seen = false;
        for term in split_terms(text) {
            let term = Term::parse(term).map_err(refuse)?;
            match term.name.to_ascii_lowercase().as_str() {
                "nug" | "err" if term.has_arguments => {
                    return Err(refuse(format!("{} takes no range", term.name)));
                }
                "nug" if template.nugget.is_some() => return Err(refuse("it has two nuggets".into())),
                "nug" => template.nugget = Some(term.partial_sill),
                "err" if error_seen => return Err(refuse("it has two measurement errors".into())),
                "err" => {
                    error_seen = true;
                    template.error_variance = term.partial_sill.fixed().ok_or_else(|| {
                        refuse("measurement error cannot be fitted from a variogram: state it, as '0.02 Err'".into())
                    })?;
                }
                _ => template.structures.push(term.structure().map_err(refuse)?),
            }
        }
        if template.nugget.is_none() && template.structures.is_empty() {
            return Err(refuse("it has no structure".into()));
        }
        // A value outside its domain is told now, not after the samples were read.
        for s in &template.structures {
            s.check().map_err(|e| refuse(e.to_string()))?;
        }
        for (name, value) in [
            ("the nugget", template.nugget.and_then(Parameter::fixed).unwrap_or(0.0)),
            ("the measurement error", template.error_variance),
        ] {
            if !(value >= 0.0 && value.is_finite()) {
                return Err(refuse(format!("{name} is {value}, but must be 0 or more")));
            }
        }
        template.complete().map_err(|e| refuse(e.to_string()))?;
        Ok(template)
    }
}

impl FromStr for Variogram {
    type Err = Error;

    /// Reads a complete model.
    fn from_str(text: &str) -> Result<Self> {
        let template: ModelTemplate = text.parse()?;
        template.complete()?.ok_or_else(|| {
            let count = template.unknowns();
            let reason = format!("{count} of its numbers {} left open", if count == 1 { "is" } else { "are" });
            Error::Notation { text: text.to_owned(), reason }
        })
    }
}

/// Terms between `+` signs, but not the `+` of an exponent as in `1e+3`.
fn split_terms(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let mut terms = Vec::new();
    let mut start = 0;
    for (i, &b) in bytes.iter().enumerate() {
        let in_exponent =
            i >= 2 && matches!(bytes[i - 1], b'e' | b'E') && (bytes[i - 2].is_ascii_digit() || bytes[i - 2] == b'.');
        if b == b'+' && !in_exponent {
            terms.push(&text[start..i]);
            start = i + 1;
        }
    }
    terms.push(&text[start..]);
    terms
}

/// One term, read but not yet understood.
struct Term<'a> {
    partial_sill: Parameter,
    name: &'a str,
    has_arguments: bool,
    range: Option<Parameter>,
    kappa: Option<Parameter>,
    azimuth: Option<Parameter>,
    ratio: Option<Parameter>,
}

impl<'a> Term<'a> {
    fn parse(text: &'a str) -> std::result::Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("a term is empty".into());
        }
        let (head, arguments) = match text.split_once('(') {
            Some((head, rest)) => {
                let inside = rest.strip_suffix(')').ok_or_else(|| format!("'{text}' lacks its closing bracket"))?;
                (head.trim(), Some(inside))
            }
            None => (text, None),
        };
        let (sill, name) = match head.rsplit_once(char::is_whitespace) {
            Some((sill, name)) => (parameter(sill, "partial sill")?, name),
            None => (Parameter::Free, head),
        };
        let mut term = Term {
            partial_sill: sill,
            name,
            has_arguments: arguments.is_some(),
            range: None,
            kappa: None,
            azimuth: None,
            ratio: None,
        };
        for argument in arguments.unwrap_or("").split(',').map(str::trim).filter(|a| !a.is_empty()) {
            let (key, value) = match argument.split_once('=') {
                Some((key, value)) => (key.trim().to_ascii_lowercase(), value),
                None => ("range".to_owned(), argument),
            };
            let (place, name) = match key.as_str() {
                "range" => (&mut term.range, "range"),
                "kappa" | "smoothness" => (&mut term.kappa, "kappa"),
                "az" | "azimuth" => (&mut term.azimuth, "azimuth"),
                "ratio" => (&mut term.ratio, "ratio"),
                other => return Err(format!("'{other}' is not one of range, kappa, az, ratio")),
            };
            if place.replace(parameter(value, name)?).is_some() {
                return Err(format!("'{text}' gives its {name} twice"));
            }
        }
        Ok(term)
    }

    fn structure(&self) -> std::result::Result<StructureTemplate, String> {
        let known = |m: &Model| m.abbreviation().eq_ignore_ascii_case(self.name);
        let default = Model::ALL.into_iter().find(known).ok_or_else(|| {
            // `Lin` names two models.
            let mut names: Vec<&str> = Model::ALL.iter().map(|m| m.abbreviation()).collect();
            names.sort_unstable();
            names.dedup();
            format!("'{}' is not one of Nug, Err, {}", self.name, names.join(", "))
        })?;
        let given = self.range.unwrap_or(Parameter::Free);
        let (default, shape, range) = match (default, given) {
            (Model::Power { .. }, exponent) => (default, Some(exponent), Parameter::Fixed(1.0)),
            (Model::Linear, Parameter::Fixed(0.0)) => (Model::UnboundedLinear, None, Parameter::Fixed(1.0)),
            _ => (default, self.kappa, given),
        };
        if self.kappa.is_some() && (default.shape().is_none() || !default.has_range()) {
            return Err(format!("{} has no kappa", self.name));
        }
        let model = shape.and_then(Parameter::fixed).map_or(default, |value| default.with_shape(value));
        let (azimuth, ratio) = match (self.azimuth, self.ratio) {
            (None, None) => (Parameter::Fixed(0.0), Parameter::Fixed(1.0)),
            (Some(Parameter::Free), Some(Parameter::Fixed(1.0))) => {
                return Err("with a ratio of 1 there is no azimuth to fit: free the ratio too, as 'ratio=?'".into());
            }
            (Some(azimuth), Some(ratio)) => (azimuth, ratio),
            _ => return Err("anisotropy needs both az and ratio".into()),
        };
        Ok(StructureTemplate {
            model,
            free_shape: shape == Some(Parameter::Free),
            partial_sill: self.partial_sill,
            range,
            azimuth,
            ratio,
        })
    }
}

fn parameter(text: &str, what: &str) -> std::result::Result<Parameter, String> {
    if text.trim() == "?" { Ok(Parameter::Free) } else { number(text, what).map(Parameter::Fixed) }
}

fn number(text: &str, what: &str) -> std::result::Result<f64, String> {
    let text = text.trim();
    text.parse().ok().filter(|v: &f64| v.is_finite()).ok_or_else(|| format!("the {what} '{text}' is not a number"))
}

/// What stands in the brackets of a structure.
fn arguments(s: &StructureTemplate) -> Vec<String> {
    let number = |p: Parameter| p.fixed().map_or_else(|| "?".to_owned(), |value| value.to_string());
    let shape = |value: f64| if s.free_shape { Parameter::Free } else { Parameter::Fixed(value) };
    let mut arguments = Vec::new();
    match s.model {
        Model::UnboundedLinear => arguments.push("0".to_owned()),
        Model::Power { exponent } => arguments.extend(shape(exponent).fixed().map(|value| value.to_string())),
        _ => {
            arguments.extend(s.range.fixed().map(|value| value.to_string()));
            arguments.extend(s.model.shape().map(|value| format!("kappa={}", number(shape(value)))));
        }
    }
    if !s.is_isotropic() {
        arguments.push(format!("az={}, ratio={}", number(s.azimuth), number(s.ratio)));
    }
    arguments
}

impl fmt::Display for StructureTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Parameter::Fixed(partial_sill) = self.partial_sill {
            write!(f, "{partial_sill} ")?;
        }
        f.write_str(self.model.abbreviation())?;
        match arguments(self) {
            none if none.is_empty() => Ok(()),
            some => write!(f, "({})", some.join(", ")),
        }
    }
}

impl fmt::Display for Structure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        StructureTemplate::from(self).fmt(f)
    }
}

impl fmt::Display for Variogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (value, name) in [(self.error_variance(), "Err"), (self.nugget(), "Nug")] {
            if value > 0.0 {
                write!(f, "{separator}{value} {name}")?;
                separator = " + ";
            }
        }
        for structure in self.structures() {
            write!(f, "{separator}{structure}")?;
            separator = " + ";
        }
        Ok(())
    }
}

impl fmt::Display for ModelTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        if self.error_variance > 0.0 {
            write!(f, "{} Err", self.error_variance)?;
            separator = " + ";
        }
        if let Some(nugget) = self.nugget {
            f.write_str(separator)?;
            if let Parameter::Fixed(value) = nugget {
                write!(f, "{value} ")?;
            }
            f.write_str("Nug")?;
            separator = " + ";
        }
        for s in &self.structures {
            write!(f, "{separator}{s}")?;
            separator = " + ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        for text in [
            "0.05 Nug + 0.59 Sph(897)",
            "Nug + Sph",
            "Nug + Mat(kappa=1.5)",
            "0.02 Err + Nug + Sph(900)",
            "Nug + Mat(kappa=?)",
            "0.1 Nug + 2 Ste(30, kappa=?, az=?, ratio=?)",
            "Nug + Exp(az=?, ratio=0.5) + Sph(az=30, ratio=?)",
            "0.1 Exc(3, kappa=1.7) + 1 Cir(2) + 1 Pen(2) + 1 Per(2) + 1 Wav(2) + 1 Hol(2) + 1 Bes(2)",
            "Nug + Lin + Lin(700) + 2 Lin(0) + Lin(0, az=30, ratio=0.5)",
            "2 Pow(1.5) + Pow + 3 Pow + Pow(0.5, az=30, ratio=0.5) + Log(3) + Exc(kappa=?)",
            "0.1 Nug + 1000 Exp(350, az=30, ratio=0.4) + 2 Ste(12, kappa=1.2)",
        ] {
            let template: ModelTemplate = text.parse().unwrap();
            assert_eq!(template.to_string(), text);
        }
        let v: ModelTemplate = "1e-2nug+1e+3 sph( range = 5e2 )".replace("2nug", "2 nug").parse().unwrap();
        assert_eq!(v.complete().unwrap().unwrap().to_string(), "0.01 Nug + 1000 Sph(500)");
    }

    #[test]
    fn what_cannot_be_a_model_is_refused_with_a_reason() {
        for (text, reason) in [
            ("", "empty"),
            (
                "0.1 Foo(3)",
                "'Foo' is not one of Nug, Err, Bes, Cir, Exc, Exp, Gau, Hol, Lin, Log, Mat, Pen, Per, Pow, Sph, Ste, Wav",
            ),
            ("Sph(3", "closing bracket"),
            ("Sph(3, 4)", "range twice"),
            ("Mat(3, kappa=1, kappa=2)", "kappa twice"),
            ("x Sph(3)", "partial sill 'x'"),
            ("Sph(-3)", "range is -3"),
            ("-1 Nug + Sph", "nugget is -1"),
            ("Sph(3, kappa=2)", "no kappa"),
            ("Sph(3, az=30)", "both az and ratio"),
            ("Sph(3, az=?)", "both az and ratio"),
            ("Sph(3, az=?, ratio=1)", "no azimuth to fit"),
            ("Sph(?, range=2)", "range twice"),
            ("Sph(kappa=?)", "no kappa"),
            ("Mat(3, kappa=??)", "kappa '??'"),
            ("Sph(3, az=30, ratio=2)", "ratio is 2"),
            ("Nug(3)", "takes no range"),
            ("Nug + Nug", "two nuggets"),
            ("Err + Sph", "state it"),
            ("Mat(kappa=0)", "smoothness"),
            ("Exc(kappa=2.1)", "at most 2"),
            ("Pow(2)", "below 2"),
            ("Pow(1, kappa=1)", "no kappa"),
            ("Lin(0, kappa=1)", "no kappa"),
            ("Sph(0)", "range is 0"),
            ("Log(0.5)", "1 or more"),
            ("0 Nug", "sill is 0"),
        ] {
            let message = text.parse::<ModelTemplate>().unwrap_err().to_string();
            assert!(message.contains(reason), "{text}: {message}");
        }
    }
}

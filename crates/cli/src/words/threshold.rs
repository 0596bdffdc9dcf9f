//! `--threshold`: one value, or that of each analyte.

use std::str::FromStr;

use super::finite;

/// What "polluted" means, as a number.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ThresholdChoice {
    /// The same for every analyte.
    Value(f64),
    /// Each its own.
    Each(Vec<(String, f64)>),
}

impl FromStr for ThresholdChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if !text.contains('=') {
            return finite(text).map(Self::Value);
        }
        let mut each: Vec<(String, f64)> = Vec::new();
        let mut begun = String::new();
        for piece in text.split(',') {
            begun.push_str(piece);
            // A comma before the '=' is one of the name's: `Zn, total=500`.
            if !piece.contains('=') {
                begun.push(',');
                continue;
            }
            let part = std::mem::take(&mut begun);
            let (name, value) = part.rsplit_once('=').ok_or_else(|| format!("'{part}' is not NAME=VALUE"))?;
            let name = name.trim();
            let value = finite(value).map_err(|_| format!("'{part}': expected a finite number behind '='"))?;
            if each.iter().any(|(other, _)| other == name) {
                return Err(format!("'{name}' stands there twice"));
            }
            each.push((name.to_owned(), value));
        }
        match begun.trim_end_matches(',') {
            "" if begun.is_empty() => Ok(Self::Each(each)),
            rest => Err(format!("'{rest}' is not NAME=VALUE")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_one_for_all_or_each_its_own() {
        assert_eq!("500".parse(), Ok(ThresholdChoice::Value(500.0)));
        let each = vec![("Zn (mg/kg)".to_owned(), 500.0), ("Pb".to_owned(), -1.5)];
        assert_eq!("Zn (mg/kg)=500, Pb=-1.5".parse(), Ok(ThresholdChoice::Each(each)));
        let each = vec![("Zn, total (mg/kg)".to_owned(), 500.0), ("Pb".to_owned(), 1.0)];
        assert_eq!("Zn, total (mg/kg)=500,Pb=1".parse(), Ok(ThresholdChoice::Each(each)));
        for refused in ["a=1,", "a=1,,", "", "a", "inf", "a=", "a=b", "a=1,2", "a=1,a=2"] {
            assert!(refused.parse::<ThresholdChoice>().is_err(), "{refused}");
        }
    }
}

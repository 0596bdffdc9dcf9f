//! `--weights` of spatial association.

use std::str::FromStr;

/// Who is whose neighbour, and how much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum SpatialWeights {
    /// So many nearest samples, each the same.
    Nearest(usize),
    /// All samples within this distance, each the same.
    Band(f64),
    /// All samples, or those within the distance, by a power of their distance.
    Inverse { power: f64, distance: Option<f64> },
}

impl FromStr for SpatialWeights {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str, what: &str| match text.parse() {
            Ok(value) if value > 0.0 && f64::is_finite(value) => Ok(value),
            _ => Err(format!("the {what} '{text}' is not a number above 0")),
        };
        match text.split(':').collect::<Vec<_>>()[..] {
            ["knn", k] => match k.parse() {
                Ok(k) if k > 0 => Ok(Self::Nearest(k)),
                _ => Err(format!("the number of neighbours '{k}' is not a whole number of at least 1")),
            },
            ["distance", distance] => Ok(Self::Band(number(distance, "distance")?)),
            ["inverse", power] => Ok(Self::Inverse { power: number(power, "power")?, distance: None }),
            ["inverse", power, distance] => {
                let distance = Some(number(distance, "distance")?);
                Ok(Self::Inverse { power: number(power, "power")?, distance })
            }
            _ => Err("expected knn:NUMBER, distance:DISTANCE or inverse:POWER[:DISTANCE]".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_understood_or_refused() {
        assert_eq!("knn:8".parse(), Ok(SpatialWeights::Nearest(8)));
        assert_eq!("distance:5e2".parse(), Ok(SpatialWeights::Band(500.0)));
        assert_eq!("inverse:1".parse(), Ok(SpatialWeights::Inverse { power: 1.0, distance: None }));
        assert_eq!("inverse:2:900".parse(), Ok(SpatialWeights::Inverse { power: 2.0, distance: Some(900.0) }));
        for refused in ["knn", "knn:0", "knn:1.5", "distance:-1", "distance:inf", "inverse:0", "inverse:1:x", "queen"] {
            assert!(refused.parse::<SpatialWeights>().is_err(), "{refused}");
        }
    }
}

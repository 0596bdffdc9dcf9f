//! `--detect`.

use std::str::FromStr;

use soilscope_assess::plan::Target;

/// The outline of a hotspot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Hotspot(pub(crate) Target);

impl FromStr for Hotspot {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let size = |part: &str| super::length(part).map_err(|_| format!("'{part}' is not a length from 1e-9 to 1e9"));
        // The longer half-axis first: an azimuth is that of the longer one, in whatever order they are named.
        let semi_axes = |a: &str, b: &str| -> Result<[f64; 2], String> {
            let (a, b) = (size(a)?, size(b)?);
            Ok([a.max(b), a.min(b)])
        };
        match text.split_once(':') {
            Some(("circle", radius)) => Ok(Self(Target::Circle { radius: size(radius)? })),
            Some(("ellipse", parts)) => match parts.split(',').collect::<Vec<_>>()[..] {
                [a, b] => Ok(Self(Target::Ellipse { semi_axes: semi_axes(a, b)?, azimuth: None })),
                [a, b, azimuth] => {
                    let azimuth =
                        super::finite(azimuth).map_err(|_| format!("'{azimuth}' is not a direction in degrees"))?;
                    Ok(Self(Target::Ellipse { semi_axes: semi_axes(a, b)?, azimuth: Some(azimuth) }))
                }
                _ => Err("an ellipse is ellipse:A,B or ellipse:A,B,AZIMUTH".to_owned()),
            },
            _ => Err(format!("'{text}' is neither circle:RADIUS nor ellipse:A,B[,AZIMUTH]")),
        }
    }
}

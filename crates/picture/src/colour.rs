//! Colours of values: ramps that are even to the eye, and safe for colour-blind readers.

/// A colour: red, green, blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rgb(pub [u8; 3]);

impl Rgb {
    /// `#rrggbb`.
    #[must_use]
    pub fn hex(self) -> String {
        let [r, g, b] = self.0;
        format!("#{r:02x}{g:02x}{b:02x}")
    }

    /// Lightness in OKLab, 0 (black) to 1 (white).
    #[must_use]
    pub fn lightness(self) -> f64 {
        oklab(self)[0]
    }
}

/// A ramp of colours.
///
/// The control points are ColorBrewer's (Brewer, Harrower and The Pennsylvania State University), which are published
/// as colour-blind safe. Between them we interpolate in OKLab (Ottosson 2020) and then respace the whole ramp by its
/// length, so that equal steps of value are equal steps to the eye. The two sequential ramps darken all the way:
/// "more" is "darker", also in a grey print and for every kind of colour vision. Pale yellow to dark red was preferred
/// to viridis and cividis because these end in their lightest colour, which on a white page makes the worst cells
/// the ones that recede.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Palette {
    /// Pale yellow to dark red (YlOrRd): concentrations, indices, probabilities of exceedance.
    #[default]
    Concentration,
    /// Pale to dark blue (PuBu): standard deviations and other measures of doubt.
    Uncertainty,
    /// Blue through near-white to red (RdBu reversed): changes and residuals. Limits found from the data are made
    /// symmetric about zero.
    Change,
}

const CONCENTRATION: [u32; 9] =
    [0xffffcc, 0xffeda0, 0xfed976, 0xfeb24c, 0xfd8d3c, 0xfc4e2a, 0xe31a1c, 0xbd0026, 0x800026];
const UNCERTAINTY: [u32; 8] = [0xece7f2, 0xd0d1e6, 0xa6bddb, 0x74a9cf, 0x3690c0, 0x0570b0, 0x045a8d, 0x023858];
const CHANGE: [u32; 11] =
    [0x053061, 0x2166ac, 0x4393c3, 0x92c5de, 0xd1e5f0, 0xf7f7f7, 0xfddbc7, 0xf4a582, 0xd6604d, 0xb2182b, 0x67001f];

impl Palette {
    /// The colour at a position from 0 to 1; positions outside are those of the ends.
    #[must_use]
    pub fn colour(self, position: f64) -> Rgb {
        Ramp::new(self).at(position)
    }

    fn points(self) -> &'static [u32] {
        match self {
            Self::Concentration => &CONCENTRATION,
            Self::Uncertainty => &UNCERTAINTY,
            Self::Change => &CHANGE,
        }
    }
}

/// A palette computed once: as many colours as an indexed PNG has beside "no value".
#[derive(Debug, Clone)]
pub(crate) struct Ramp {
    colours: Vec<Rgb>,
}

impl Ramp {
    pub(crate) const LEN: usize = 255;

    pub(crate) fn new(palette: Palette) -> Self {
        let points: Vec<[f64; 3]> = palette.points().iter().map(|&p| oklab(from_hex(p))).collect();
        let mut along = vec![0.0];
        for pair in points.windows(2) {
            along.push(along[along.len() - 1] + distance(pair[0], pair[1]));
        }
        let total = along[along.len() - 1];
        let colours = (0..Self::LEN)
            .map(|i| {
                let s = total * i as f64 / (Self::LEN - 1) as f64;
                let k = along.partition_point(|&a| a <= s).clamp(1, points.len() - 1);
                let f = ((s - along[k - 1]) / (along[k] - along[k - 1])).clamp(0.0, 1.0);
                let (a, b) = (points[k - 1], points[k]);
                srgb([0, 1, 2].map(|j| a[j] + f * (b[j] - a[j])))
            })
            .collect();
        Self { colours }
    }

    pub(crate) fn index(position: f64) -> usize {
        // NaN becomes 0 by the cast; callers ask only for values.
        (position.clamp(0.0, 1.0) * (Self::LEN - 1) as f64).round() as usize
    }

    pub(crate) fn at(&self, position: f64) -> Rgb {
        self.colours[Self::index(position)]
    }

    pub(crate) fn colours(&self) -> &[Rgb] {
        &self.colours
    }
}

fn from_hex(hex: u32) -> Rgb {
    Rgb([(hex >> 16) as u8, (hex >> 8) as u8, hex as u8])
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f64>().sqrt()
}

/// sRGB to OKLab. Source: Ottosson (2020), "A perceptual color space for image processing".
fn oklab(colour: Rgb) -> [f64; 3] {
    let [r, g, b] = colour.0.map(|c| {
        let c = f64::from(c) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    });
    let l = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b).cbrt();
    let m = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b).cbrt();
    let s = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b).cbrt();
    [
        0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
        1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
        0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s,
    ]
}

/// OKLab to the nearest sRGB colour. Source: as [`oklab`].
fn srgb([lightness, a, b]: [f64; 3]) -> Rgb {
    let l = (lightness + 0.3963377774 * a + 0.2158037573 * b).powi(3);
    let m = (lightness - 0.1055613458 * a - 0.0638541728 * b).powi(3);
    let s = (lightness - 0.0894841775 * a - 1.2914855480 * b).powi(3);
    let linear = [
        4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
        -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
        -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s,
    ];
    Rgb(linear.map(|c| {
        let c = if c <= 0.0031308 { 12.92 * c } else { 1.055 * c.powf(1.0 / 2.4) - 0.055 };
        (c.clamp(0.0, 1.0) * 255.0).round() as u8
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequential_ramps_darken_evenly() {
        for palette in [Palette::Concentration, Palette::Uncertainty] {
            let ramp = Ramp::new(palette);
            let points: Vec<[f64; 3]> = ramp.colours().iter().map(|&c| oklab(c)).collect();
            // Sixteen steps: single ones are of the size of 8-bit rounding.
            let steps: Vec<f64> = points.windows(17).step_by(16).map(|w| distance(w[0], w[16])).collect();
            let mean = steps.iter().sum::<f64>() / steps.len() as f64;
            assert!(points.windows(17).all(|w| w[16][0] < w[0][0] - 0.005), "{palette:?} is not monotone");
            assert!(steps.iter().all(|s| (s / mean - 1.0).abs() < 0.15), "{palette:?} {steps:?}");
        }
    }

    #[test]
    fn control_points_survive_the_round_trip() {
        for hex in CONCENTRATION.into_iter().chain(UNCERTAINTY).chain(CHANGE) {
            assert_eq!(srgb(oklab(from_hex(hex))), from_hex(hex));
        }
        assert_eq!(Palette::Concentration.colour(0.0).hex(), "#ffffcc");
        assert_eq!(Palette::Concentration.colour(7.0).hex(), "#800026");
    }
}

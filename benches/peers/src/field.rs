//! Samples to be fast on: a smooth lognormal field with noise, as concentrations are, uniform in the square.
//!
//! The logarithm is a sum of cosines whose wave numbers are drawn from the spectrum of the plane's exponential covariance,
//! so that its covariance is nearly that. Numbers come from the library's seeded generator and `libm`, so every machine
//! writes the same file.

use std::io::{self, Write};

use soilscope_core::random::Random;

use crate::setting::{CORNER, SIDE};

/// How places are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Places {
    /// Each by itself, uniform in the square.
    Uniform,
    /// Every second one with others of a site: 50 within a kilometre of its middle; the rest uniform.
    Clustered,
}

/// Samples of a site.
const A_SITE: usize = 50;
/// From a site's middle, east and north, metres.
const REACH: f64 = 1_000.0;

/// Cosines in the sum.
const WAVES: usize = 100;
/// Distance by which the correlation has fallen to 1/e, metres: a third of the model's range.
const SCALE: f64 = 50_000.0 / 3.0;
/// Mean of the logarithm: values are about 25 ppm in the middle.
const MEAN: f64 = 3.0;
/// Variance of the logarithm, of which a quarter is noise.
const VARIANCE: f64 = 0.5;
const NOISE: f64 = 0.25;

struct Wave {
    number: [f64; 2],
    phase: f64,
}

/// A field; the same seed is the same field, whatever samples are taken of it.
struct Field(Vec<Wave>);

impl Field {
    fn new(seed: u64) -> Self {
        let mut random = Random::stream(seed, 0);
        let turn = std::f64::consts::TAU;
        let wave = |_| {
            // Share of the spectrum below wave number k: 1 − (1 + k² s²)^(−1/2); its last thousandth would be noise.
            let below = 0.999 * random.uniform();
            let length = libm::sqrt(1.0 / ((1.0 - below) * (1.0 - below)) - 1.0) / SCALE;
            let azimuth = turn * random.uniform();
            let number = [length * libm::cos(azimuth), length * libm::sin(azimuth)];
            Wave { number, phase: turn * random.uniform() }
        };
        Self((0..WAVES).map(wave).collect())
    }

    /// Of mean 0 and variance 1; the place counted from the corner.
    fn at(&self, place: [f64; 2]) -> f64 {
        let cosine = |w: &Wave| libm::cos(w.number[0] * place[0] + w.number[1] * place[1] + w.phase);
        self.0.iter().map(cosine).sum::<f64>() * libm::sqrt(2.0 / WAVES as f64)
    }
}

/// Writes `x,y,value` of `n` samples, metres and ppm, two decimals each.
///
/// # Errors
/// Those of `out`.
///
/// # Examples
/// ```
/// let mut file = Vec::new();
/// # use soilscope_bench::field::{Places, write_samples};
/// write_samples(2, 1, Places::Uniform, &mut file)?;
/// assert!(String::from_utf8(file).unwrap().starts_with("x,y,value\n3"));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn write_samples(n: usize, seed: u64, places: Places, out: &mut dyn Write) -> io::Result<()> {
    let field = Field::new(seed);
    let mut random = Random::stream(seed, n as u64);
    let mut site = [0.0; 2];
    writeln!(out, "x,y,value")?;
    for i in 0..n {
        let anywhere = [SIDE * random.uniform(), SIDE * random.uniform()];
        let place = if places == Places::Clustered && i % 2 == 1 {
            if i % (2 * A_SITE) == 1 {
                site = anywhere;
            }
            site.map(|c| (c + REACH * (2.0 * random.uniform() - 1.0)).clamp(0.0, SIDE))
        } else {
            anywhere
        };
        let smooth = libm::sqrt(VARIANCE * (1.0 - NOISE)) * field.at(place);
        let noise = libm::sqrt(VARIANCE * NOISE) * random.normal();
        let value = libm::exp(MEAN + smooth + noise);
        writeln!(out, "{:.2},{:.2},{value:.2}", CORNER[0] + place[0], CORNER[1] + place[1])?;
    }
    Ok(())
}

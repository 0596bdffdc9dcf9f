//! Keyed displacement of sites.

use geo::{Destination, Distance, Geodesic, Point};

use super::Secret;
use crate::{Error, Result};

/// So many draws, and a site that no place is found for is refused: at a share of 1 % that is allowed, 2000 draws all miss with
/// probability 2e-9.
const DRAWS: u32 = 2000;

/// Within which distances a site is displaced, in metres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Displacement {
    /// At most this.
    pub radius: f64,
    /// At least this; 0 for a disc.
    pub inner: f64,
}

/// A site and where all its specimens are, degrees of WGS 84, longitude first.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// Its code.
    pub code: &'a str,
    /// Places of its specimens, one at least.
    pub places: &'a [[f64; 2]],
}

/// Places of a site's specimens after one shift: uniform in the disc or ring around each, kept only where all of them are `allowed`.
/// Coordinates are rounded to 5 decimals, about a metre, so that digits beyond say nothing; no rounded one lies outside the ring.
///
/// The shift depends on the secret, the radii, the site's code and, to 0.0001 degree, its first place by longitude and latitude:
/// radii, lest two publications with different ones be solved for the place; the place, lest sites of two data sets with one code
/// (`1`, `2`, …) share a shift, of which one known site would give away the other.
///
/// # Errors
/// No place is allowed within the radius.
///
/// # Examples
/// ```
/// use soilscope_exchange::privacy::{Displacement, Secret, Site, displace};
/// let secret = Secret::new(b"0123456789abcdef".to_vec())?;
/// let (disc, site) = (Displacement { radius: 1000.0, inner: 0.0 }, Site { code: "A001", places: &[[89.6404, 27.4728]] });
/// let moved = displace(&secret, disc, site, &|_| true)?;
/// assert_ne!(moved[0], [89.6404, 27.4728]);
/// assert_eq!(moved, displace(&secret, disc, site, &|_| true)?);
/// # Ok::<(), soilscope_exchange::Error>(())
/// ```
pub fn displace(
    secret: &Secret,
    by: Displacement,
    site: Site<'_>,
    allowed: &dyn Fn([f64; 2]) -> bool,
) -> Result<Vec<[f64; 2]>> {
    let Displacement { radius, inner } = by;
    let first = site.places.iter().copied().min_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    let Some(first) = first else { return Ok(Vec::new()) };
    let near = first.map(|degrees| ((degrees * 1e4).round() as i64).to_le_bytes());
    for draw in 0..DRAWS {
        let bytes = secret.keyed(
            "soilscope displacement 1",
            &[
                &radius.to_bits().to_le_bytes(),
                &inner.to_bits().to_le_bytes(),
                site.code.as_bytes(),
                &near[0],
                &near[1],
                &draw.to_le_bytes(),
            ],
        );
        let distance = (inner * inner + share(&bytes[..8]) * (radius * radius - inner * inner)).sqrt();
        let azimuth = 360.0 * share(&bytes[8..16]);
        let moved: Vec<[f64; 2]> = site.places.iter().map(|place| shifted(*place, azimuth, distance)).collect();
        let within = |(from, to): (&[f64; 2], &[f64; 2])| {
            let length = metres(*from, *to);
            length <= radius && length >= inner
        };
        if site.places.iter().zip(&moved).all(within) && moved.iter().all(|place| allowed(*place)) {
            return Ok(moved);
        }
    }
    Err(Error::refused(
        "a site",
        format!("in {DRAWS} draws no place within {radius} m of it was allowed"),
        "correct its coordinates or country, or give a larger location_blur_m",
    ))
}

/// Metres along the ellipsoid.
pub(crate) fn metres(a: [f64; 2], b: [f64; 2]) -> f64 {
    Geodesic.distance(Point::from(a), Point::from(b))
}

fn shifted(from: [f64; 2], azimuth: f64, distance: f64) -> [f64; 2] {
    let to = Geodesic.destination(Point::from(from), azimuth, distance);
    [to.x(), to.y()].map(|degrees| (degrees * 1e5).round() / 1e5)
}

/// 53 bits as a number of [0, 1).
fn share(bytes: &[u8]) -> f64 {
    let word = bytes.iter().rev().fold(0_u64, |word, byte| word << 8 | u64::from(*byte));
    (word >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_the_high_bits_of_a_little_endian_word() {
        assert_eq!(share(&[0xff; 8]), 1.0 - 1.0 / (1_u64 << 53) as f64);
        assert_eq!(share(&[0, 0, 0, 0, 0, 0, 0, 0x80]), 0.5);
        assert_eq!(share(&[0; 8]), 0.0);
    }
}

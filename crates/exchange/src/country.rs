//! Countries: codes, and in which one a place lies.

use std::sync::LazyLock;

use country_boundaries::{BOUNDARIES_ODBL_360X180, BoundingBox, CountryBoundaries, LatLon};

/// A country by its codes of ISO 3166-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Country {
    /// Three capitals.
    pub alpha3: &'static str,
    /// Two capitals.
    pub alpha2: &'static str,
    /// English short name.
    pub name: &'static str,
}

/// The country of three capitals (`BTN`); nothing else is understood.
pub fn by_alpha3(code: &str) -> Option<Country> {
    (code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()))
        .then(|| rust_iso3166::from_alpha3(code))
        .flatten()
        .map(country)
}

/// The country of two capitals (`BT`); nothing else is understood.
pub fn by_alpha2(code: &str) -> Option<Country> {
    (code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase()))
        .then(|| rust_iso3166::from_alpha2(code))
        .flatten()
        .map(country)
}

fn country(of: rust_iso3166::CountryCode) -> Country {
    Country { alpha3: of.alpha3, alpha2: of.alpha2, name: of.name }
}

impl Country {
    /// Whether a place (degrees of WGS 84) lies in this country, by borders simplified to some hundred metres and territorial waters.
    ///
    /// # Examples
    /// ```
    /// let bhutan = soilscope_exchange::country::by_alpha3("BTN").unwrap();
    /// assert!(bhutan.contains(89.64, 27.47));
    /// assert!(!bhutan.contains(77.2, 28.6)); // Delhi
    /// ```
    pub fn contains(self, longitude: f64, latitude: f64) -> bool {
        LatLon::new(latitude, longitude).is_ok_and(|place| boundaries().is_in(place, self.alpha2))
    }

    /// The centroid (degrees of WGS 84) of this country as [`Country::contains`] sees it, territorial waters included:
    /// the mean of some hundred thousand places in it, on the sphere. `None` where no boundary is known.
    ///
    /// # Examples
    /// ```
    /// let bhutan = soilscope_exchange::country::by_alpha3("BTN").unwrap();
    /// let [longitude, latitude] = bhutan.centroid().unwrap();
    /// assert!((longitude - 90.4).abs() < 0.1 && (latitude - 27.4).abs() < 0.1);
    /// ```
    pub fn centroid(self) -> Option<[f64; 2]> {
        // The boundaries are kept in cells of one degree.
        let touched: Vec<[f64; 2]> = (-90..90)
            .flat_map(|south| (-180..180).map(move |west| [f64::from(west), f64::from(south)]))
            .filter(|[west, south]| {
                let inner = BoundingBox::new(south + 0.001, west + 0.001, south + 0.999, west + 0.999);
                inner.is_ok_and(|b| boundaries().intersecting_ids(b).contains(self.alpha2))
            })
            .collect();
        let steps = ((1e5 / touched.len().max(1) as f64).sqrt().ceil() as i32).clamp(8, 200);
        let mut sum = [0.0; 3];
        for [west, south] in touched {
            for i in 0..steps {
                let latitude = south + (f64::from(i) + 0.5) / f64::from(steps);
                let (sin, cos) = latitude.to_radians().sin_cos();
                for k in 0..steps {
                    let longitude = west + (f64::from(k) + 0.5) / f64::from(steps);
                    if self.contains(longitude, latitude) {
                        // A step spans less ground the nearer it is to a pole: weight cos.
                        let (east, north) = longitude.to_radians().sin_cos();
                        for (s, part) in sum.iter_mut().zip([cos * north, cos * east, sin]) {
                            *s += part * cos;
                        }
                    }
                }
            }
        }
        let [x, y, z] = sum;
        let flat = x.hypot(y);
        (flat.hypot(z) > 0.0).then(|| [y.atan2(x).to_degrees(), z.atan2(flat).to_degrees()])
    }
}

/// The borders that the crate embeds.
pub(crate) fn boundaries() -> &'static CountryBoundaries {
    static BOUNDARIES: LazyLock<CountryBoundaries> = LazyLock::new(|| {
        CountryBoundaries::from_reader(BOUNDARIES_ODBL_360X180)
            .unwrap_or_else(|e| panic!("the embedded boundaries do not parse: {e}"))
    });
    &BOUNDARIES
}

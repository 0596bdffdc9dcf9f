//! Countries: codes, and in which one a place lies.

use std::sync::LazyLock;

use country_boundaries::{BOUNDARIES_ODBL_360X180, CountryBoundaries, LatLon};

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
}

/// The borders that the crate embeds.
pub(crate) fn boundaries() -> &'static CountryBoundaries {
    static BOUNDARIES: LazyLock<CountryBoundaries> = LazyLock::new(|| {
        CountryBoundaries::from_reader(BOUNDARIES_ODBL_360X180)
            .unwrap_or_else(|e| panic!("the embedded boundaries do not parse: {e}"))
    });
    &BOUNDARIES
}

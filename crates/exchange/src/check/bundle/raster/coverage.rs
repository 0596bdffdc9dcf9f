//! How much of a country a box holds.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use country_boundaries::{BoundingBox, LatLon};

use crate::country::{self, Country};

/// Places looked at of one country, about.
const PLACES: f64 = 40_000.0;

/// A country as many places.
#[derive(Debug)]
struct Places {
    /// Longitude, latitude.
    of: Vec<[f64; 2]>,
    /// Whether some place in the same squares of a degree lies in no country, as only the sea does.
    coast: bool,
}

/// Whether a country lies at the sea. The embedded borders of one that does hold waters far out, on which no soil is mapped,
/// so they cannot say how much of its land something holds.
pub(super) fn coastal(of: Country) -> bool {
    places(of).coast
}

/// The share of a country's area inside west, south, east, north in degrees, 0 to 1; `None` where no borders of it are known.
/// Waters count, see [`coastal`].
pub(super) fn share(of: Country, [west, south, east, north]: [f64; 4]) -> Option<f64> {
    let places = places(of);
    let (mut all, mut inside) = (0.0, 0.0);
    for &[longitude, latitude] in &places.of {
        let area = latitude.to_radians().cos();
        // A box across 180 degrees may go on beyond it.
        let within = |longitude: f64| (west..=east).contains(&longitude);
        all += area;
        if (south..=north).contains(&latitude)
            && (within(longitude) || within(longitude + 360.0) || within(longitude - 360.0))
        {
            inside += area;
        }
    }
    (all > 0.0).then_some(inside / all)
}

fn places(of: Country) -> Arc<Places> {
    static KNOWN: LazyLock<Mutex<HashMap<&'static str, Arc<Places>>>> = LazyLock::new(Mutex::default);
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).get(of.alpha2).cloned();
    known.unwrap_or_else(|| {
        let found = Arc::new(find(of));
        KNOWN.lock().unwrap_or_else(PoisonError::into_inner).insert(of.alpha2, Arc::clone(&found));
        found
    })
}

fn find(of: Country) -> Places {
    let boundaries = country::boundaries();
    let holds = |&(west, south): &(i32, i32)| {
        // A little inside the square, so that its neighbours do not count.
        let [w, s] = [west, south].map(|v| f64::from(v) + 1e-6);
        let [e, n] = [west, south].map(|v| f64::from(v) + 1.0 - 1e-6);
        BoundingBox::new(s, w, n, e).is_ok_and(|b| boundaries.intersecting_ids(b).contains(of.alpha2))
    };
    let squares: Vec<_> = (-90..90).flat_map(|s| (-180..180).map(move |w| (w, s))).filter(holds).collect();
    let step = (PLACES / squares.len().max(1) as f64).sqrt().clamp(2.0, 64.0) as u32;
    let mut places = Places { of: Vec::new(), coast: false };
    for (west, south) in squares {
        for i in 0..step * step {
            let [dx, dy] = [i % step, i / step].map(|k| (f64::from(k) + 0.5) / f64::from(step));
            let (longitude, latitude) = (f64::from(west) + dx, f64::from(south) + dy);
            let Ok(place) = LatLon::new(latitude, longitude) else { continue };
            let ids = boundaries.ids(place);
            places.coast |= ids.is_empty();
            if ids.contains(&of.alpha2) {
                places.of.push([longitude, latitude]);
            }
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(alpha3: &str, bounds: [f64; 4]) -> f64 {
        share(country::by_alpha3(alpha3).unwrap(), bounds).unwrap()
    }

    #[test]
    fn a_box_around_a_country_holds_it_and_half_of_it_half() {
        assert_eq!(of("LUX", [5.7, 49.4, 6.6, 50.2]), 1.0);
        assert!((0.3..0.7).contains(&of("LUX", [5.7, 49.4, 6.6, 49.75])));
        assert_eq!(of("LUX", [88.0, 26.0, 93.0, 29.0]), 0.0);
    }

    #[test]
    fn who_has_a_sea_is_known() {
        let coast = |alpha3: &str| coastal(country::by_alpha3(alpha3).unwrap());
        assert!(["MLT", "PRT", "BEL", "CYP", "NLD"].into_iter().all(coast));
        assert!(!["LUX", "BTN", "CHE", "MNG", "LSO"].into_iter().any(coast));
    }
}

//! Laws of keyed displacement, tried from outside.

use geo::{Bearing, Distance, Geodesic, Point};
use proptest::prelude::*;
use soilscope_exchange::country::by_alpha3;
use soilscope_exchange::privacy::{Displacement, Secret, Site, displace};

fn secret(seed: u8) -> Secret {
    Secret::new((0..32).map(|i: u8| i.wrapping_mul(31).wrapping_add(seed)).collect()).unwrap()
}

fn moved(secret: &Secret, by: Displacement, code: &str, place: [f64; 2]) -> [f64; 2] {
    displace(secret, by, Site { code, places: &[place] }, &|_| true).unwrap()[0]
}

fn metres(a: [f64; 2], b: [f64; 2]) -> f64 {
    Geodesic.distance(Point::from(a), Point::from(b))
}

const DISC: Displacement = Displacement { radius: 1000.0, inner: 0.0 };
const HERE: [f64; 2] = [89.6404, 27.4728];

#[test]
fn the_same_key_gives_the_same_shift_and_another_key_another() {
    assert_eq!(moved(&secret(1), DISC, "A1", HERE), moved(&secret(1), DISC, "A1", HERE));
    let others = [
        moved(&secret(2), DISC, "A1", HERE),
        moved(&secret(1), DISC, "A2", HERE),
        // Two radii of one shift would be two equations for one place.
        moved(&secret(1), Displacement { radius: 1000.5, inner: 0.0 }, "A1", HERE),
        moved(&secret(1), Displacement { radius: 1000.0, inner: 1.0 }, "A1", HERE),
    ];
    for other in others {
        assert!(metres(other, moved(&secret(1), DISC, "A1", HERE)) > 3.0);
    }
    // Another data set that calls its first site A1 too: its shift must not be that of this one.
    let there = [HERE[0] + 0.3, HERE[1]];
    let shift = |from: [f64; 2]| {
        let to = moved(&secret(1), DISC, "A1", from);
        [(to[0] - from[0]) * 1e5, (to[1] - from[1]) * 1e5].map(f64::round)
    };
    assert_ne!(shift(HERE), shift(there));
}

#[test]
fn all_specimens_of_a_site_move_together() {
    let places = [HERE, [HERE[0] + 0.0003, HERE[1] - 0.0002], HERE];
    let to = displace(&secret(3), DISC, Site { code: "A1", places: &places }, &|_| true).unwrap();
    assert_eq!(to[0], to[2]);
    let apart = |a: [f64; 2], b: [f64; 2]| metres(a, b);
    assert!((apart(to[0], to[1]) - apart(places[0], places[1])).abs() < 2.0, "rounding is below two metres");
    let reversed = [places[2], places[1], places[0]];
    let other_way = displace(&secret(3), DISC, Site { code: "A1", places: &reversed }, &|_| true).unwrap();
    assert_eq!(other_way, [to[2], to[1], to[0]], "the order of rows does not count");
}

/// χ² of counts against equal expectations.
fn chi_square(counts: &[usize]) -> f64 {
    let expected = counts.iter().sum::<usize>() as f64 / counts.len() as f64;
    counts.iter().map(|c| (*c as f64 - expected).powi(2) / expected).sum()
}

#[test]
fn shifts_are_uniform_over_the_disc_and_over_a_ring() {
    for by in [DISC, Displacement { radius: 1000.0, inner: 400.0 }] {
        let (mut rings, mut directions) = ([0_usize; 20], [0_usize; 20]);
        let key = secret(7);
        for i in 0..20_000 {
            let to = moved(&key, by, &format!("S{i}"), HERE);
            let distance = metres(HERE, to);
            assert!(distance <= by.radius && distance >= by.inner);
            // Rings of equal area.
            let share = (distance.powi(2) - by.inner.powi(2)) / (by.radius.powi(2) - by.inner.powi(2));
            rings[((share * 20.0) as usize).min(19)] += 1;
            let azimuth = Geodesic.bearing(Point::from(HERE), Point::from(to)).rem_euclid(360.0);
            directions[((azimuth / 18.0) as usize).min(19)] += 1;
        }
        // The 99.99 % point of χ² with 19 degrees of freedom is 50.8; the draws are fixed, so that this never fails by chance.
        assert!(chi_square(&rings) < 50.8, "{by:?}: {rings:?}");
        assert!(chi_square(&directions) < 50.8, "{by:?}: {directions:?}");
    }
}

#[test]
fn a_shift_that_leaves_the_country_is_drawn_again() {
    // Phuentsholing stands at the border of Bhutan and India.
    let (bhutan, border) = (by_alpha3("BTN").unwrap(), [89.3880, 26.8570]);
    let by = Displacement { radius: 20_000.0, inner: 0.0 };
    assert!(bhutan.contains(border[0], border[1]));
    let mut left = 0;
    for i in 0..300 {
        let code = format!("S{i}");
        let site = Site { code: &code, places: &[border] };
        let to = displace(&secret(5), by, site, &|[x, y]| bhutan.contains(x, y)).unwrap()[0];
        assert!(bhutan.contains(to[0], to[1]) && metres(border, to) <= by.radius);
        let free = moved(&secret(5), by, &code, border);
        left += usize::from(!bhutan.contains(free[0], free[1]));
        assert!(bhutan.contains(free[0], free[1]) == (free == to), "what was allowed is kept");
    }
    assert!(left > 50, "only {left} of 300 draws left the country: the test tests nothing");
}

#[test]
fn a_site_that_can_go_nowhere_is_refused() {
    let said = displace(&secret(5), DISC, Site { code: "A1", places: &[HERE] }, &|_| false).unwrap_err().to_string();
    assert!(said.contains("no place within 1000 m"), "{said}");
}

proptest! {
    #[test]
    fn the_radius_is_never_exceeded(
        longitude in -179.9..179.9_f64,
        latitude in -80.0..80.0_f64,
        radius in 10.0..50_000.0_f64,
        part in 0.0..0.9_f64,
        code in "[a-z]{1,8}",
        seed in any::<u8>(),
    ) {
        let by = Displacement { radius, inner: radius * part };
        let to = moved(&secret(seed), by, &code, [longitude, latitude]);
        let distance = metres([longitude, latitude], to);
        prop_assert!(distance <= radius && distance >= by.inner, "{distance} of {by:?}");
        prop_assert!((to[0] * 1e5).fract().abs() < 1e-3 || (to[0] * 1e5).fract().abs() > 1.0 - 1e-3);
    }
}

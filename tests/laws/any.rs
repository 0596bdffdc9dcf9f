//! Random input: places on a jittered lattice, so that no two samples are so close that a tolerance would hide the law.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use soilscope_core::drift::Drift;
use soilscope_core::kriging::Kriging;
use soilscope_core::neighbourhood::{Neighbourhood, Search, Sectors};
use soilscope_core::{Coord, Samples};

use crate::oracle::{Field, Near, Shape, Term};

/// Width of the square that samples lie in.
pub(crate) const WIDTH: f64 = 60.0;

/// Between `least` and `most` places at least 2 apart.
pub(crate) fn places(least: usize, most: usize) -> impl Strategy<Value = Vec<Coord>> {
    let cells: Vec<usize> = (0..36).collect();
    proptest::sample::subsequence(cells, least..=most).prop_shuffle().prop_flat_map(|cells| {
        let count = cells.len();
        (Just(cells), vec([1.0..9.0, 1.0..9.0_f64], count)).prop_map(|(cells, jitter)| {
            cells
                .into_iter()
                .zip(jitter)
                .map(|(c, j)| [(c % 6) as f64 * 10.0 + j[0], (c / 6) as f64 * 10.0 + j[1]])
                .collect()
        })
    })
}

/// Samples with values in [−50, 50].
pub(crate) fn samples(least: usize, most: usize) -> impl Strategy<Value = Samples> {
    places(least, most).prop_flat_map(|places| {
        let count = places.len();
        (Just(places), vec(-50.0..50.0_f64, count)).prop_map(|(places, values)| Samples::new(places, values).unwrap())
    })
}

/// Samples with numbers of few binary digits, so that sums and differences of coordinates are exact.
pub(crate) fn dyadic_samples(least: usize, most: usize) -> impl Strategy<Value = Samples> {
    samples(least, most).prop_map(|s| {
        let round = |v: f64| (v * 1024.0).round() / 1024.0;
        let coords = s.coords().iter().map(|c| c.map(round)).collect();
        Samples::new(coords, s.values().iter().map(|&v| round(v)).collect()).unwrap()
    })
}

/// Places to predict, in and around the samples.
pub(crate) fn targets() -> impl Strategy<Value = Vec<Coord>> {
    vec([-20.0..WIDTH + 20.0, -20.0..WIDTH + 20.0_f64], 1..20)
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        Just(Shape::Spherical),
        Just(Shape::Exponential),
        Just(Shape::Gaussian),
        prop_oneof![Just(0.5), Just(1.5), Just(2.5), 0.1..5.0_f64].prop_map(Shape::Matern),
        prop_oneof![Just(0.5), Just(1.5), Just(2.5), 0.1..5.0_f64].prop_map(Shape::Stein),
    ]
}

fn term() -> impl Strategy<Value = Term> {
    let anisotropy = prop_oneof![Just((0.0, 1.0)), (0.0..180.0_f64, 0.2..0.95_f64)];
    (shape(), 0.1..4.0_f64, 3.0..60.0_f64, anisotropy).prop_map(|(shape, sill, range, (azimuth, ratio))| Term {
        shape,
        sill,
        range,
        azimuth,
        ratio,
    })
}

/// Any model and nesting, with and without nugget and measurement error. Very smooth models always have a nugget: without
/// one their systems have no digits to compare.
pub(crate) fn field() -> impl Strategy<Value = Field> {
    let nugget = prop_oneof![Just(0.0), 0.05..1.0_f64];
    let error = prop_oneof![2 => Just(0.0), 1 => 0.05..1.0_f64];
    (nugget, error, vec(term(), 0..=3)).prop_map(|(nugget, error, terms)| {
        let smooth = terms.iter().any(|t| match t.shape {
            Shape::Spherical | Shape::Exponential => false,
            Shape::Gaussian => true,
            Shape::Matern(nu) | Shape::Stein(nu) => nu > 1.0,
        });
        let needed = if terms.is_empty() || smooth { 0.05 } else { 0.0_f64 };
        Field { nugget: needed.max(nugget), error, terms }
    })
}

/// A field without measurement error.
pub(crate) fn exact_field() -> impl Strategy<Value = Field> {
    field().prop_map(|f| Field { error: 0.0, ..f })
}

/// A known mean, or none.
pub(crate) fn mean() -> impl Strategy<Value = Option<f64>> {
    option::of(-20.0..20.0_f64)
}

/// A search.
pub(crate) fn near() -> impl Strategy<Value = Near> {
    let plain = (option::of(1..12_usize), 1..6_usize, option::of(5.0..60.0_f64)).prop_map(|(max, min, radius)| Near {
        max: max.map(|m| m.max(min)),
        min,
        radius,
        sectors: None,
    });
    let sectors = (prop_oneof![Just(4_usize), Just(8)], 1..3_usize, 1..4_usize, option::of(5.0..60.0_f64)).prop_map(
        |(sectors, share, min, radius)| Near { max: Some(sectors * share), min, radius, sectors: Some(sectors) },
    );
    prop_oneof![2 => plain, 1 => sectors]
}

/// The same search for the crate.
pub(crate) fn search(near: &Near) -> Neighbourhood {
    let search = Search::new(near.max, near.min, near.radius).unwrap();
    Neighbourhood::Moving(match near.sectors {
        Some(count) => search.with_sectors(Sectors::from_count(count).unwrap()).unwrap(),
        None => search,
    })
}

/// The recipe of a field.
pub(crate) fn recipe(field: &Field, mean: Option<f64>, neighbourhood: Neighbourhood) -> Kriging {
    let drift = mean.map_or(Drift::Constant, Drift::KnownMean);
    Kriging::new(field.variogram(), drift, neighbourhood)
}

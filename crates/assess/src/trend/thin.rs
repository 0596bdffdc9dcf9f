//! Places far enough from each other to count as independent.

use std::collections::BTreeMap;

use soilscope_core::Coord;

use super::TrendError;
use crate::quantity::{finite, positive};

/// Indices of places of which no two are nearer than `distance`, as the range of the variogram: each in turn is kept unless
/// one that was kept is nearer.
///
/// # Errors
/// A coordinate that is not finite; a distance that is not above 0.
///
/// # Examples
/// ```
/// use soilscope_assess::trend::thin;
/// let line: Vec<[f64; 2]> = (0..10).map(|i| [f64::from(i), 0.0]).collect();
/// assert_eq!(thin(&line, 3.0)?, [0, 3, 6, 9]);
/// # Ok::<(), soilscope_assess::trend::TrendError>(())
/// ```
pub fn thin(places: &[Coord], distance: f64) -> Result<Vec<usize>, TrendError> {
    positive("distance", distance)?;
    // Squares as wide as the distance: whoever is nearer is in the same one or beside it.
    let mut squares: BTreeMap<[i64; 2], Vec<usize>> = BTreeMap::new();
    let mut kept = Vec::new();
    for (i, place) in places.iter().enumerate() {
        let square = [
            (finite("easting", place[0])? / distance).floor() as i64,
            (finite("northing", place[1])? / distance).floor() as i64,
        ];
        let around = (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| [dx, dy]));
        let beside = around.map(|[dx, dy]| [square[0].saturating_add(dx), square[1].saturating_add(dy)]);
        let near = beside.filter_map(|square| squares.get(&square)).flatten();
        let mut gaps = near.map(|&k: &usize| (places[k][0] - place[0]).hypot(places[k][1] - place[1]));
        if gaps.all(|gap| gap >= distance) {
            squares.entry(square).or_default().push(i);
            kept.push(i);
        }
    }
    Ok(kept)
}

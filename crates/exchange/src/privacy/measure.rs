//! What a stranger can get back from what was published: distances and maps, not promises.

use geo::ConvexHull;
use rstar::RTree;
use rstar::primitives::GeomWithData;

use super::displace::metres;

/// Distances in metres.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Distances {
    /// How many.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// The largest.
    pub max: f64,
    /// The smallest.
    pub min: f64,
}

impl Distances {
    /// Of these; `None` of none.
    pub fn of(all: impl IntoIterator<Item = f64>) -> Option<Self> {
        let (mut n, mut sum, mut max, mut min) = (0_usize, 0.0, f64::NEG_INFINITY, f64::INFINITY);
        for d in all {
            n += 1;
            sum += d;
            max = f64::max(max, d);
            min = f64::min(min, d);
        }
        (n > 0).then(|| Self { n, mean: sum / n as f64, max, min })
    }
}

/// How far each published place is from the true one of the same site.
pub fn shifts(pairs: &[([f64; 2], [f64; 2])]) -> Option<Distances> {
    Distances::of(pairs.iter().map(|(a, b)| metres(*a, *b)))
}

/// Places on a plane, for what is near.
///
/// Degrees are scaled about the mean latitude, which orders neighbours well within a country; distances are then taken on the ellipsoid.
pub struct Near {
    tree: RTree<GeomWithData<[f64; 2], usize>>,
    places: Vec<[f64; 2]>,
    scale: f64,
}

impl Near {
    /// Of `places`, degrees, longitude first.
    pub fn new(places: &[[f64; 2]]) -> Self {
        let latitude = places.iter().map(|p| p[1]).sum::<f64>() / places.len().max(1) as f64;
        let scale = latitude.to_radians().cos();
        let points = places.iter().enumerate().map(|(i, p)| GeomWithData::new([p[0] * scale, p[1]], i)).collect();
        Self { tree: RTree::bulk_load(points), places: places.to_vec(), scale }
    }

    /// The `k` nearest of a place, with metres. Of places at one distance the first given come first.
    pub fn nearest(&self, to: [f64; 2], k: usize) -> Vec<(usize, f64)> {
        let at = [to[0] * self.scale, to[1]];
        // Ties of the tree come in an order of its own: a few more are taken, and sorted.
        let mut found: Vec<(usize, f64)> = self
            .tree
            .nearest_neighbor_iter(at)
            .take(k + 8)
            .map(|p| (p.data, metres(to, self.places[p.data])))
            .collect();
        found.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        found.truncate(k);
        found
    }
}

/// Whether places stand in clusters, by Clark and Evans (1954): the mean distance to the nearest other place is less than that of as many
/// places spread at random over their convex hull, by more than chance does once in forty times (z below -1.96). `None` of fewer than ten
/// places, or of places on a line.
pub fn clustered(places: &[[f64; 2]]) -> Option<bool> {
    if places.len() < 10 {
        return None;
    }
    let hull = geo::MultiPoint::from(places.to_vec()).convex_hull();
    let area = geo::GeodesicArea::geodesic_area_unsigned(&hull);
    let near = Near::new(places);
    let distances = Distances::of(places.iter().filter_map(|p| near.nearest(*p, 2).get(1).map(|n| n.1)))?;
    let n = places.len() as f64;
    let (expected, error) = (0.5 * (area / n).sqrt(), 0.261_36 * (area / (n * n)).sqrt());
    (error > 0.0).then(|| (distances.mean - expected) / error < -1.96)
}

/// A map by inverse squared distances of the 12 nearest places.
pub fn inverse_distance(near: &Near, values: &[f64], at: [f64; 2]) -> Option<f64> {
    let (mut sum, mut weights) = (0.0, 0.0);
    for (i, distance) in near.nearest(at, 12) {
        let weight = 1.0 / distance.max(1.0).powi(2);
        sum += weight * values[i];
        weights += weight;
    }
    (weights > 0.0).then(|| sum / weights)
}

/// How much a map made of the published places differs from one made of the true ones, at the true places.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MapDifference {
    /// Places the two maps were compared at.
    pub n: usize,
    /// Root mean squared difference, in the values' unit.
    pub rmse: f64,
    /// The standard deviation of the values, to hold it against.
    pub spread: f64,
}

/// Both maps by inverse distances, compared at `at`.
pub fn map_difference(
    truth: &[[f64; 2]],
    shown: &[[f64; 2]],
    values: &[f64],
    at: &[[f64; 2]],
) -> Option<MapDifference> {
    let (from_truth, from_shown) = (Near::new(truth), Near::new(shown));
    let mut n = 0_usize;
    let mut squares = 0.0;
    for place in at {
        let of = |near| inverse_distance(near, values, *place);
        let (Some(a), Some(b)) = (of(&from_truth), of(&from_shown)) else { continue };
        n += 1;
        squares += (a - b).powi(2);
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let spread = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt();
    (n > 0).then(|| MapDifference { n, rmse: (squares / n as f64).sqrt(), spread })
}

/// Who reads the map of prediction errors reads where it is smallest, for that is where samples were taken. How well that works.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Minima {
    /// Cells whose error is smaller than that of all their neighbours.
    pub minima: usize,
    /// Sites within one cell of such a cell.
    pub near: usize,
    /// Sites on the map.
    pub sites: usize,
    /// The share of all cells that is as near to a minimum: what guessing would find.
    pub by_chance: f64,
}

/// Finds local minima among the cells of a raster (`NaN` where there is none) and counts `sites` (columns and rows, as fractions of
/// cells) within one cell of one.
pub fn minima(cells: &[f32], [columns, rows]: [usize; 2], sites: &[[f64; 2]]) -> Minima {
    let at = |column: usize, row: usize| cells[row * columns + column];
    let around = |column: usize, row: usize| {
        let (c0, c1) = (column.saturating_sub(1), (column + 1).min(columns.saturating_sub(1)));
        let (r0, r1) = (row.saturating_sub(1), (row + 1).min(rows.saturating_sub(1)));
        (r0..=r1).flat_map(move |r| (c0..=c1).map(move |c| [c, r])).filter(move |cell| *cell != [column, row])
    };
    let mut is = vec![false; cells.len()];
    for row in 0..rows {
        for column in 0..columns {
            let here = at(column, row);
            let mut others = 0;
            let lowest = around(column, row).all(|[c, r]| {
                let there = at(c, r);
                others += usize::from(!there.is_nan());
                there.is_nan() || here < there
            });
            // A minimum at the edge of the map need be none beyond it: at least five neighbours must say so.
            is[row * columns + column] = !here.is_nan() && lowest && others >= 5;
        }
    }
    let touches =
        |column: usize, row: usize| is[row * columns + column] || around(column, row).any(|[c, r]| is[r * columns + c]);
    let (mut all, mut touched) = (0_usize, 0_usize);
    for row in 0..rows {
        for column in 0..columns {
            if !at(column, row).is_nan() {
                all += 1;
                touched += usize::from(touches(column, row));
            }
        }
    }
    let (mut inside, mut near) = (0_usize, 0_usize);
    for [x, y] in sites {
        if *x < 0.0 || *y < 0.0 || *x >= columns as f64 || *y >= rows as f64 {
            continue;
        }
        let (column, row) = (*x as usize, *y as usize);
        if at(column, row).is_nan() {
            continue;
        }
        inside += 1;
        near += usize::from(touches(column, row));
    }
    let by_chance = if all > 0 { touched as f64 / all as f64 } else { 0.0 };
    Minima { minima: is.iter().filter(|m| **m).count(), near, sites: inside, by_chance }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pit_in_a_plain_is_found_and_its_site_with_it() {
        let mut cells = vec![5.0_f32; 100];
        for (i, cell) in cells.iter_mut().enumerate() {
            *cell += (i % 10) as f32 * 0.01;
        }
        cells[44] = 1.0;
        let found = minima(&cells, [10, 10], &[[4.5, 4.5], [8.5, 8.5], [-1.0, 2.0]]);
        assert_eq!((found.minima, found.near, found.sites), (1, 1, 2));
        assert!((found.by_chance - 0.09).abs() < 1e-12);
    }

    #[test]
    fn maps_of_the_same_places_do_not_differ() {
        let places = [[5.0, 51.0], [5.01, 51.0], [5.0, 51.01], [5.02, 51.02]];
        let values = [1.0, 2.0, 3.0, 10.0];
        let same = map_difference(&places, &places, &values, &places).unwrap();
        assert_eq!(same.rmse, 0.0);
        let moved = places.map(|[x, y]| [x + 0.01, y]);
        assert!(map_difference(&places, &moved, &values, &places).unwrap().rmse > 0.5);
    }

    #[test]
    fn a_lattice_is_no_cluster_and_heaps_are() {
        let lattice: Vec<[f64; 2]> =
            (0..100).map(|i| [5.0 + f64::from(i % 10) * 0.01, 51.0 + f64::from(i / 10) * 0.01]).collect();
        assert_eq!(clustered(&lattice), Some(false));
        let heaps: Vec<[f64; 2]> =
            lattice.iter().map(|[x, y]| [5.0 + (x - 5.0) * 0.01 + (y * 100.0).round() % 2.0, *y]).collect();
        assert_eq!(clustered(&heaps), Some(true));
        assert_eq!(clustered(&lattice[..5]), None);
    }

    #[test]
    fn distances_of_nothing_are_nothing() {
        assert_eq!(Distances::of([]), None);
        let of = Distances::of([1.0, 3.0]).unwrap();
        assert_eq!((of.n, of.mean, of.max, of.min), (2, 2.0, 3.0, 1.0));
    }
}

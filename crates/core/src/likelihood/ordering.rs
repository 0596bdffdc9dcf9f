//! The order in which samples enter Vecchia's approximation.

use super::kdtree::KdTree;
use super::place::{Place, squared_distance};
use crate::Coord;

/// Maximum-minimum-distance order: first the place nearest to the centre of the bounding box, then always the place
/// farthest from all those before it. Early places span the area, late ones fill it in, so that every place finds
/// earlier ones both near and around it.
///
/// The order is exact: a k-d tree keeps each box's farthest place, and a new place visits only the boxes that it comes
/// nearer to, which is O(n log n) for evenly spread samples. Equal distances go by position, so that `places` in an
/// order of their own (see `Canonical`) give one order whatever the order of the samples was.
///
/// # Source
/// Guinness (2018), *Technometrics* 60:415, who found this order best among those he tried.
pub(crate) fn max_min_order(places: &[Place]) -> Vec<u32> {
    let Some(&start) = places.first() else { return Vec::new() };
    let (mut low, mut high) = (start, start);
    for c in places {
        for k in 0..3 {
            low[k] = low[k].min(c[k]);
            high[k] = high[k].max(c[k]);
        }
    }
    let centre = std::array::from_fn(|k| 0.5 * low[k] + 0.5 * high[k]);
    let distance = |i: u32| squared_distance(places[i as usize], centre);
    let first = (0..places.len() as u32).min_by(|&a, &b| distance(a).total_cmp(&distance(b))).unwrap_or(0);
    KdTree::new(places).farthest_first(places, first)
}

/// Positions sorted by place, then by whatever `tie` says of two samples at one place.
pub(crate) fn canonical_order(coords: &[Coord], tie: impl Fn(usize, usize) -> std::cmp::Ordering) -> Vec<u32> {
    // −0 and 0 are one place, but not to `total_cmp`; adding 0 makes both 0.
    let key = |i: u32| coords[i as usize].map(|v| v + 0.0);
    let mut order: Vec<u32> = (0..coords.len() as u32).collect();
    order.sort_unstable_by(|&a, &b| {
        let (p, q) = (key(a), key(b));
        p[0].total_cmp(&q[0]).then(p[1].total_cmp(&q[1])).then_with(|| tie(a as usize, b as usize)).then(a.cmp(&b))
    });
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Uniform numbers of a fixed sequence.
    fn scattered(n: usize) -> Vec<Place> {
        let mut state = 7_u64;
        let mut next = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        (0..n).map(|_| [next(), next(), 0.0]).collect()
    }

    /// The definition, in O(n²) a place.
    fn slowly(places: &[Place], first: u32) -> Vec<u32> {
        let mut order = vec![first];
        let mut distance = vec![f64::INFINITY; places.len()];
        while order.len() < places.len() {
            let last = order[order.len() - 1] as usize;
            for (d, &p) in distance.iter_mut().zip(places) {
                *d = d.min(squared_distance(p, places[last]));
            }
            let free = (0..places.len() as u32).filter(|i| !order.contains(i));
            let next = free.reduce(|a, b| if distance[b as usize] > distance[a as usize] { b } else { a }).unwrap();
            order.push(next);
        }
        order
    }

    #[test]
    fn the_order_is_the_one_defined() {
        let mut places = scattered(400);
        // Coincident places and a regular grid full of ties too.
        places.extend_from_slice(&places.clone()[..10]);
        places.extend((0..100).map(|i| [f64::from(i % 10) / 8.0, f64::from(i / 10) / 8.0, 0.0]));
        let order = max_min_order(&places);
        assert_eq!(order, slowly(&places, order[0]));
    }

    #[test]
    fn few_places_have_an_order_too() {
        assert!(max_min_order(&[]).is_empty());
        assert_eq!(max_min_order(&[[3.0, 1.0, 0.0]]), [0]);
        assert_eq!(max_min_order(&[[1.0, 1.0, 2.0]; 20]).len(), 20);
    }
}

//! The neighbour search; rstar stays inside.

use std::sync::OnceLock;

use rstar::{RTree, primitives::GeomWithData};

use super::leaves::Leaves;
use super::{Search, Sectors};
use crate::metric::{Metric, unit_vector};
use crate::{Coord, Gap, Samples};

/// Working memory of a neighbour search.
#[derive(Debug, Default)]
pub(crate) struct SearchScratch {
    found: Vec<(f64, usize)>,
    /// Position and sector of samples at one distance.
    tied: Vec<(usize, usize)>,
}

/// Samples, ready to be searched by place.
#[derive(Debug, Clone)]
pub struct SampleIndex {
    metric: Metric,
    tree: Tree,
}

#[derive(Debug, Clone)]
enum Tree {
    /// The second is made when neighbours are first asked for in their order.
    Plane(Leaves, OnceLock<RTree<GeomWithData<Coord, usize>>>),
    /// Unit vectors, and the places they stand for.
    Sphere(RTree<GeomWithData<[f64; 3], usize>>, Vec<Coord>),
}

impl SampleIndex {
    /// Indexes `coords`, which must be finite, by distances on a plane; positions in the slice name the samples.
    pub fn new(coords: &[Coord]) -> Self {
        Self::with_metric(coords, Metric::Plane)
    }

    /// Indexes samples by the distances of their metric.
    pub fn of(samples: &Samples) -> Self {
        Self::with_metric(samples.coords(), samples.metric())
    }

    /// Indexes `coords` by the distances of `metric`.
    pub fn with_metric(coords: &[Coord], metric: Metric) -> Self {
        let points = coords.iter().enumerate();
        let tree = if metric.is_sphere() {
            let points = points.map(|(i, &c)| GeomWithData::new(unit_vector(c), i)).collect();
            Tree::Sphere(RTree::bulk_load(points), coords.to_vec())
        } else {
            Tree::Plane(Leaves::new(coords), OnceLock::new())
        };
        Self { metric, tree }
    }

    /// Whether distances are along great circles.
    pub(super) fn is_sphere(&self) -> bool {
        self.metric.is_sphere()
    }

    /// How far from `centre` the `most` nearest samples of any target within `half` of it, and within `radius` of the target, can
    /// be, where only some serve; for a plane.
    pub(super) fn reach(
        &self,
        centre: Coord,
        half: f64,
        most: usize,
        radius: Option<f64>,
        serves: impl Fn(usize) -> bool,
    ) -> f64 {
        let by_radius = radius.map_or(f64::INFINITY, |r| r + half);
        match &self.tree {
            Tree::Plane(leaves, _) if most < usize::MAX => {
                by_radius.min(leaves.holding(centre, most, serves).sqrt() + 2.0 * half)
            }
            _ => by_radius,
        }
    }

    /// Samples within `reach` of a place on a plane, in no particular order, into `samples` and `at`.
    pub(super) fn within(&self, centre: Coord, reach: f64, samples: &mut Vec<(u32, Coord)>) {
        samples.clear();
        if let Tree::Plane(leaves, _) = &self.tree {
            leaves.within(centre, reach * reach, samples);
        }
    }

    /// Distance to the nearest sample; infinite where there is none.
    pub fn nearest_distance(&self, at: Coord) -> f64 {
        self.by_key(at).next().map_or(f64::INFINITY, |(key, _, _)| self.metric.distance_of(key))
    }

    /// Distances to the two nearest samples; infinite where there are fewer. At a sample the first is 0, and the second
    /// the distance to its neighbour.
    pub fn nearest_two(&self, at: Coord) -> [f64; 2] {
        let mut distances = self.by_key(at).map(|(key, _, _)| self.metric.distance_of(key));
        std::array::from_fn(|_| distances.next().unwrap_or(f64::INFINITY))
    }

    /// Samples by increasing distance from a place, with their places; equal distances in no particular order.
    pub fn nearest(&self, at: Coord) -> impl Iterator<Item = (f64, Coord)> + '_ {
        self.by_key(at).map(|(key, _, coord)| (self.metric.distance_of(key), coord))
    }

    /// Samples by increasing [key](Metric::key_of) of their distance; equal ones in no particular order.
    pub(super) fn by_key(&self, at: Coord) -> impl Iterator<Item = (f64, usize, Coord)> + '_ {
        // The key is computed here and not taken from the tree, so that it does not depend on how the tree bounds its
        // boxes.
        let (plane, sphere) = match &self.tree {
            Tree::Plane(leaves, tree) => {
                let tree = tree.get_or_init(|| {
                    let points = leaves.samples().iter().map(|&(i, at)| GeomWithData::new(at, i as usize));
                    RTree::bulk_load(points.collect())
                });
                (Some(tree.nearest_neighbor_iter(at)), None)
            }
            Tree::Sphere(tree, coords) => {
                let at = unit_vector(at);
                let found = tree.nearest_neighbor_iter(at).map(move |p| {
                    let v = p.geom();
                    ((0..3).map(|k| (v[k] - at[k]).powi(2)).sum(), p.data, coords[p.data])
                });
                (None, Some(found))
            }
        };
        let plane = plane.into_iter().flatten().map(move |p| {
            let c = p.geom();
            ((c[0] - at[0]).powi(2) + (c[1] - at[1]).powi(2), p.data, *c)
        });
        plane.chain(sphere.into_iter().flatten())
    }

    /// The samples that `search` allows for a target and `keep` does not exclude, as increasing positions in `out`.
    ///
    /// Samples at the same distance are taken lowest position first, so the choice depends on the samples alone.
    ///
    /// # Errors
    /// [`Gap::TooFewNeighbours`].
    pub(crate) fn neighbours(
        &self,
        at: Coord,
        search: &Search,
        keep: impl Fn(usize) -> bool,
        scratch: &mut SearchScratch,
        out: &mut Vec<usize>,
    ) -> Result<(), Gap> {
        let limit = search.radius.map_or(f64::INFINITY, |r| self.metric.key_of(r));
        let candidates = self.by_key(at).take_while(|&(d, ..)| d <= limit).filter(|&(_, i, _)| keep(i));
        out.clear();
        match (search.sectors, search.max) {
            (Some(sectors), Some(max)) => {
                let share = max.get() / sectors.count();
                let mut room = [share; Sectors::MOST];
                let mut open = sectors.count();
                let mut take = |tied: &mut Vec<(usize, usize)>| {
                    tied.sort_unstable();
                    for (i, sector) in tied.drain(..) {
                        if room[sector] > 0 {
                            room[sector] -= 1;
                            out.push(i);
                            open -= usize::from(room[sector] == 0);
                        }
                    }
                    open
                };
                let tied = &mut scratch.tied;
                tied.clear();
                let mut last = f64::NAN;
                for (distance, i, c) in candidates {
                    if distance != last && take(tied) == 0 {
                        break;
                    }
                    last = distance;
                    tied.push((i, sectors.of(self.metric.separation(at, c))));
                }
                take(tied);
            }
            (_, Some(max)) => {
                let max = max.get();
                scratch.found.clear();
                for (distance, i, _) in candidates {
                    if scratch.found.len() >= max && distance > scratch.found[max - 1].0 {
                        break;
                    }
                    scratch.found.push((distance, i));
                }
                if scratch.found.len() > max {
                    scratch.found.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                    scratch.found.truncate(max);
                }
                out.extend(scratch.found.iter().map(|&(_, i)| i));
            }
            (_, None) => out.extend(candidates.map(|(_, i, _)| i)),
        }
        out.sort_unstable();
        if out.len() < search.min.get() {
            return Err(Gap::TooFewNeighbours { found: out.len() as u32, needed: search.min.get() as u32 });
        }
        Ok(())
    }
}

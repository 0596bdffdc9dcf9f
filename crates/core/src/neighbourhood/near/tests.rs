//! Every target has the neighbours that it is found alone.

use super::*;
use crate::neighbourhood::{SearchScratch, Sectors};
use crate::random::Random;
use crate::{Gap, Window};

struct Check<'a> {
    index: &'a SampleIndex,
    search: &'a Search,
    targets: &'a Targets<'a>,
    coords: &'a [Coord],
    held: Held<'a>,
    scratch: SearchScratch,
    visited: Vec<usize>,
}

impl<'a> Check<'a> {
    /// Visits all targets; how many there were.
    fn visited(
        index: &'a SampleIndex,
        search: &'a Search,
        targets: &'a Targets<'a>,
        coords: &'a [Coord],
        held: Held<'a>,
    ) -> usize {
        let mut check =
            Self { index, search, targets, coords, held, scratch: SearchScratch::default(), visited: Vec::new() };
        assert!(index.visit_near(targets, search, held, &mut NearScratch::default(), &mut check));
        check.visited.sort_unstable();
        check.visited.dedup();
        check.visited.len()
    }
}

impl Visit for Check<'_> {
    fn visit(&mut self, target: usize, near: &Near<'_>) {
        self.visited.push(target);
        let (at, mut expected) = (self.targets.coord(target), Vec::new());
        let keep = |i: usize| self.held.keeps(target, i);
        match self.index.neighbours(at, self.search, keep, &mut self.scratch, &mut expected) {
            Err(Gap::TooFewNeighbours { found, .. }) => assert_eq!(found as usize, near.members.len()),
            _ => assert_eq!(expected, near.members.iter().map(|&i| i as usize).collect::<Vec<_>>(), "{at:?}"),
        }
        assert_eq!(near.signature, crate::neighbourhood::sides::signature(near.members));
        for (&sample, &squared) in near.members.iter().zip(near.squared) {
            let c = self.coords[sample as usize];
            assert_eq!(squared, (c[0] - at[0]).powi(2) + (c[1] - at[1]).powi(2));
        }
    }
}

/// Samples scattered, in clusters far apart, or on a lattice with many equal distances.
fn layouts() -> Vec<Vec<Coord>> {
    let mut random = Random::new(5);
    let mut place = |size: f64| [size * random.uniform(), size * random.uniform()];
    let scattered = (0..600).map(|_| place(100.0)).collect();
    let centres: Vec<Coord> = (0..6).map(|_| place(4e5)).collect();
    let clustered = (0..600).map(|i| {
        let (c, d) = (centres[i % 6], place(30.0));
        [c[0] + d[0], 5e6 + c[1] + d[1]]
    });
    let lattice = (0..400).map(|i| [f64::from(i % 20) * 5.0, f64::from(i / 20) * 5.0]).collect();
    vec![scattered, clustered.collect(), lattice, vec![[3.0, 4.0]], vec![[1.0, 1.0]; 40]]
}

#[test]
fn every_target_gets_the_neighbours_that_it_gets_alone() {
    let searches = [
        Search::new(Some(1), 1, None),
        Search::new(Some(7), 2, None),
        Search::new(Some(32), 1, None),
        Search::new(Some(16), 3, Some(12.0)),
        Search::new(None, 1, Some(9.0)),
        Search::new(Some(8), 1, None).and_then(|s| s.with_sectors(Sectors::Quadrants)),
        Search::new(Some(32), 1, None).and_then(|s| s.with_sectors(Sectors::Octants)),
        Search::new(Some(16), 2, Some(12.0)).and_then(|s| s.with_sectors(Sectors::Octants)),
    ];
    for coords in layouts() {
        let index = SampleIndex::new(&coords);
        let (mut low, mut high) = (coords[0], coords[0]);
        for c in &coords {
            (0..2).for_each(|k| (low[k], high[k]) = (low[k].min(c[k]), high[k].max(c[k])));
        }
        let span = (high[0] - low[0]).max(high[1] - low[1]).max(1.0);
        for cell in [span / 40.0, span / 400.0, 2.5] {
            let window = Window { origin: [low[0], high[1]], step: [cell, -cell], size: [45, 31] };
            let window = Targets::window(window);
            let mut points: Vec<Coord> = (0..window.len()).step_by(3).map(|i| window.coord(i)).collect();
            points.extend([[f64::NAN, 0.0], [0.0, f64::INFINITY]]);
            points.extend([points[0]; 40]);
            for search in searches.iter().map(|s| s.clone().unwrap()) {
                for (targets, expected) in [(window, window.len()), (Targets::points(&points), points.len() - 2)] {
                    assert_eq!(Check::visited(&index, &search, &targets, &coords, Held::Nothing), expected);
                }
            }
        }
    }
}

#[test]
fn samples_held_out_are_no_neighbours() {
    let searches = [
        Search::new(Some(1), 1, None),
        Search::new(Some(7), 2, None),
        Search::new(Some(16), 1, Some(12.0)),
        Search::new(None, 1, Some(9.0)),
        Search::new(Some(8), 1, None).and_then(|s| s.with_sectors(Sectors::Quadrants)),
        Search::new(Some(16), 1, Some(12.0)).and_then(|s| s.with_sectors(Sectors::Octants)),
    ]
    .map(Result::unwrap);
    for coords in layouts() {
        let index = SampleIndex::new(&coords);
        let third = |i: usize| i.is_multiple_of(3);
        for search in searches {
            for step in [1, 3, 7] {
                let own: Vec<usize> = (0..coords.len()).step_by(step).collect();
                let places: Vec<Coord> = own.iter().map(|&i| coords[i]).collect();
                for held in [Held::Own(&own), Held::These(&third)] {
                    let targets = Targets::points(&places);
                    assert_eq!(Check::visited(&index, &search, &targets, &coords, held), own.len());
                }
            }
        }
    }
}

#[test]
fn spheres_are_left_to_a_search_for_each() {
    struct Nothing;
    impl Visit for Nothing {
        fn visit(&mut self, _: usize, _: &Near<'_>) {
            panic!("nothing is visited");
        }
    }
    let (coords, targets) = (vec![[0.0, 0.0], [1.0, 2.0]], [[0.5, 0.5]]);
    let nearest = Search::new(Some(4), 1, None).unwrap();
    let sphere = SampleIndex::with_metric(&coords, crate::metric::Metric::EARTH);
    let (targets, mut scratch) = (Targets::points(&targets), NearScratch::default());
    assert!(!sphere.visit_near(&targets, &nearest, Held::Nothing, &mut scratch, &mut Nothing));
}

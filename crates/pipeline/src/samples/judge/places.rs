//! Judging coordinates: swapped, in other units than stated, zero, or far from all others.

use soilscope_core::Coord;

use super::Findings;
use crate::crs::{Crs, Transformer};
use crate::samples::duplicates::{self, Groups};
use crate::samples::nearest::nearest_distances;
use crate::samples::report::{Finding, NeighbourDistances, Severity, short};
use crate::samples::statistics::{Summary, quantile_of};
use crate::samples::table::SampleTable;

/// Places that are transformed to see whether they lie where the CRS is meant for.
const SEEN: usize = 1000;
/// Degrees around the area of use that are let pass.
const MARGIN: f64 = 1.0;
/// Degrees of longitude and latitude beyond the area of use that no national practice reaches: Norway maps its east, 12°
/// outside, in the UTM zone of its middle.
const FAR: [f64; 2] = [20.0, 10.0];
/// Places above which [`SampleTable::judge_places`] compares no neighbours.
const COMPARED: usize = 100_000;
/// Share of the usual distance between neighbours below which two places are all but one.
const NEAR: f64 = 1e-6;
/// Metres in a degree of latitude, to say distances by.
const DEGREE: f64 = 111_195.0;

/// Findings that follow from places which none can be mapped of, and say nothing more.
const CONSEQUENCES: [&str; 5] = ["misplaced", "crs-unfit", "too-few", "few", "one-place"];

impl SampleTable {
    /// Judges the places alone: whether they can be where they are said to be.
    ///
    /// It is for whoever makes a map without asking for [`judge`](Self::judge). A finding of severity error means that the
    /// coordinates are almost certainly in another CRS or order than stated, and that no map should be made of them;
    /// warnings should be told. At most 1000 places are transformed, and neighbours are compared up to 100 000 places,
    /// so that it takes a fraction of the time of reading.
    pub fn judge_places(&self) -> Vec<Finding> {
        let mut findings = Findings::default();
        judge(self, &mut findings);
        if !findings.is_fatal() && (2..=COMPARED).contains(&self.coords.len()) {
            let plane = self.nearly_plane();
            judge_neighbours(self, &plane, &mut findings);
        }
        findings.drop_consequences();
        findings.0.sort_by_key(|f| std::cmp::Reverse(f.severity));
        findings.0
    }

    /// Places on which distances are right to a few percent, without PROJ.
    fn nearly_plane(&self) -> Vec<Coord> {
        let Some(degrees) = self.crs.as_ref().and_then(Crs::degrees_per_unit) else { return self.coords.clone() };
        let mut latitudes: Vec<f64> = self.coords.iter().map(|c| c[1] * degrees).collect();
        let shrink = quantile_of(&mut latitudes, 0.5).to_radians().cos();
        self.coords.iter().map(|c| [c[0] * degrees * DEGREE * shrink, c[1] * degrees * DEGREE]).collect()
    }
}

impl Findings {
    /// Whether the places are almost certainly not what they are said to be.
    pub(super) fn is_fatal(&self) -> bool {
        const FATAL: [&str; 4] = ["metres-as-degrees", "degrees-as-metres", "swapped", "outside-area"];
        self.0.iter().any(|f| f.severity == Severity::Error && FATAL.contains(&f.code))
    }

    /// Keeps one error for one mistake.
    pub(super) fn drop_consequences(&mut self) {
        if self.is_fatal() {
            self.0.retain(|f| !CONSEQUENCES.contains(&f.code));
        }
    }
}

pub(super) fn judge(table: &SampleTable, findings: &mut Findings) {
    let refused = |word: &str| table.places.list.iter().filter(|bad| bad.reason.contains(word)).count();
    let (metres, swapped) = (refused("metres"), refused("swapped"));
    let total = table.coords.len() + table.places.count;
    let rows: Vec<usize> = table.places.list.iter().map(|bad| bad.row).collect();
    findings.add_problems("misplaced", None, &table.places);
    let refused_most = |count: usize| count * 2 > rows.len().max(1) && table.places.count * 2 > total;
    let crs = table.crs.as_ref().map(Crs::title).unwrap_or_default();
    if refused_most(metres) {
        let message = format!(
            "coordinates are far too large for degrees, but {crs} is in degrees: they are metres of a projected CRS, \
             so state that one with --crs"
        );
        findings.add(Severity::Error, "metres-as-degrees", None, message, &rows);
    } else if refused_most(swapped) {
        let message = "latitude and longitude are swapped; exchange --x and --y";
        findings.add(Severity::Error, "swapped", None, message, &rows);
    }
    if refused_most(metres) || refused_most(swapped) {
        findings.count_last(table.places.count);
        return;
    }
    let Some(crs) = table.crs.as_ref().filter(|_| !table.coords.is_empty()) else { return };
    let zero: Vec<usize> =
        table.coords.iter().zip(&table.lines).filter(|(c, _)| is_zero(**c)).map(|(_, &line)| line).collect();
    if !zero.is_empty() && !crs.is_local() {
        let message = "the place (0, 0): usually a missing coordinate; leave both cells empty where it is unknown";
        findings.add(Severity::Warning, "zero-place", None, message, &zero);
    }
    let area = Area::of(crs);
    let in_degrees = |c: &Coord| c[0].abs() <= 180.0 && c[1].abs() <= 90.0;
    if crs.metres_per_unit().is_some() && table.coords.iter().all(in_degrees) {
        // As numbers of the plane they would be a few hundred metres around its origin.
        let fits = |degrees: bool| {
            area.as_ref().is_some_and(|area| {
                thinned(table).all(|i| {
                    let c = table.coords[i];
                    if degrees { area.holds(c, [0.0; 2]) } else { area.inside(c, [0.0; 2]) }
                })
            })
        };
        let severity = if area.is_some() && (!fits(false) || fits(true)) { Severity::Error } else { Severity::Warning };
        let message = format!(
            "all coordinates look like degrees, but {} is projected, in {}; state --crs EPSG:4326 if they are longitude \
             and latitude, or --crs local if they are of a site grid",
            crs.title(),
            crs.unit_name()
        );
        findings.add(severity, "degrees-as-metres", None, message, &table.lines);
        return;
    }
    if let Some(area) = area {
        judge_area(table, crs, &area, findings);
    }
}

/// Whether a place is (0, 0), of which one finding is enough.
fn is_zero(place: Coord) -> bool {
    place == [0.0, 0.0]
}

/// Indices of at most [`SEEN`] places, evenly spread over the file.
fn thinned(table: &SampleTable) -> impl Iterator<Item = usize> {
    (0..table.coords.len()).step_by(table.coords.len().div_ceil(SEEN).max(1))
}

/// Where a CRS is meant to be used; `east` exceeds 180 where that is across the antimeridian.
struct Area {
    west: f64,
    south: f64,
    east: f64,
    north: f64,
    to_world: Transformer,
}

impl Area {
    fn of(crs: &Crs) -> Option<Self> {
        let [west, south, east, north] = crs.area_of_use().filter(|a| a.iter().all(|v| v.is_finite()))?;
        let to_world = Transformer::to_degrees(crs).ok()?;
        Some(Self { west, south, east: if east < west { east + 360.0 } else { east }, north, to_world })
    }

    /// Whether longitude and latitude are inside, or no more than a margin outside.
    fn holds(&self, [longitude, latitude]: Coord, margin: [f64; 2]) -> bool {
        let longitude = if longitude < self.west - margin[0] { longitude + 360.0 } else { longitude };
        (self.west - margin[0]..=self.east + margin[0]).contains(&longitude)
            && (self.south - margin[1]..=self.north + margin[1]).contains(&latitude)
    }

    /// The same of a place in the CRS; one that cannot be transformed is outside.
    fn inside(&self, place: Coord, margin: [f64; 2]) -> bool {
        self.to_world.forward(place).is_ok_and(|world| self.holds(world, margin))
    }

    fn size(&self) -> [f64; 2] {
        [self.east - self.west, self.north - self.south]
    }
}

/// Whether places lie where the CRS is meant to be used, and whether they would if swapped.
fn judge_area(table: &SampleTable, crs: &Crs, area: &Area, findings: &mut Findings) {
    let seen: Vec<usize> = thinned(table).collect();
    let outside: Vec<usize> = seen
        .iter()
        .copied()
        .filter(|&i| !is_zero(table.coords[i]) && !area.inside(table.coords[i], [MARGIN, MARGIN]))
        .collect();
    if outside.is_empty() {
        return;
    }
    // Where many places are looked at in passing, all of them are outside if all those seen are.
    let all = outside.len() == seen.len();
    let rows: Vec<usize> = if all { table.lines.clone() } else { outside.iter().map(|&i| table.lines[i]).collect() };
    let rescued = outside.iter().filter(|&&i| area.inside([table.coords[i][1], table.coords[i][0]], [0.0; 2])).count();
    let bounds = format!(
        "longitude {} to {}, latitude {} to {}",
        short(area.west),
        short(area.east),
        short(area.south),
        short(area.north)
    );
    if rescued * 10 >= outside.len() * 9 {
        let most = outside.len() * 20 >= seen.len() * 19;
        let severity = if most { Severity::Error } else { Severity::Warning };
        let message = format!(
            "coordinates look swapped: they lie outside the area of {} ({bounds}), and inside it once exchanged{}",
            crs.title(),
            if most { "; exchange --x and --y" } else { "" }
        );
        findings.add(severity, "swapped", None, message, &rows);
        return;
    }
    // A neighbouring zone of UTM is often used on purpose; another continent is a slip.
    let size = area.size();
    let far = [FAR[0].max(2.0 * size[0]), FAR[1].max(size[1] / 2.0)];
    let beside = outside.iter().all(|&i| area.inside(table.coords[i], size));
    let (severity, question) = if all && !outside.iter().any(|&i| area.inside(table.coords[i], far)) {
        (Severity::Error, "state the CRS that the coordinates are in with --crs, and check --x and --y")
    } else if beside {
        (Severity::Note, "lengths are stretched there")
    } else {
        (Severity::Warning, "is it the right CRS?")
    };
    let (places, how) = match severity {
        Severity::Error => ("all places", "far outside"),
        _ => ("places", "outside"),
    };
    let message = format!("{places} lie {how} the area that {} is meant for ({bounds}): {question}", crs.title());
    findings.add(severity, "outside-area", None, message, &rows);
}

/// Places far from all others, and places that are all but one.
///
/// `plane` has a place for each record. The answer is how many distinct places there are, and how far their neighbours.
pub(super) fn judge_neighbours(
    table: &SampleTable,
    plane: &[Coord],
    findings: &mut Findings,
) -> (usize, Option<NeighbourDistances>) {
    let groups = duplicates::groups(plane);
    if groups.len() < 2 {
        return (groups.len(), None);
    }
    let distinct: Vec<Coord> = groups.iter().map(|g| plane[g.first()]).collect();
    let distances = nearest_distances(&distinct);
    let Some(s) = Summary::of(&distances) else { return (groups.len(), None) };
    let size = core_size(&distinct);
    judge_near(table, &groups, &distances, s.median.max(size / distinct.len() as f64), findings);
    judge_isolated(table, &groups, size, &distances, s.median, findings);
    (groups.len(), Some(NeighbourDistances { min: s.min, median: s.median, max: s.max }))
}

/// Diagonal of the box around the middle 80 % of the places: how large the area is, whatever a stray one does.
fn core_size(places: &[Coord]) -> f64 {
    let middle = |axis: usize| {
        let mut numbers: Vec<f64> = places.iter().map(|c| c[axis]).collect();
        quantile_of(&mut numbers, 0.9) - quantile_of(&mut numbers, 0.1)
    };
    middle(0).hypot(middle(1))
}

/// Places so near to another, measured by what is `usual`, that they are meant to be one.
fn judge_near(table: &SampleTable, groups: &Groups, distances: &[f64], usual: f64, findings: &mut Findings) {
    let near: Vec<usize> = (0..groups.len()).filter(|&i| distances[i] < NEAR * usual).collect();
    if near.is_empty() {
        return;
    }
    let closest = near.iter().map(|&i| distances[i]).fold(f64::INFINITY, f64::min);
    let rows: Vec<usize> = near.iter().map(|&i| table.lines[groups.get(i).first()]).collect();
    let message = format!(
        "places that are all but the same as another: {} (down to {} apart, where others are {}); round their coordinates, \
         so that they count as duplicates: values that differ there upset kriging",
        near.len(),
        short(closest),
        short(usual)
    );
    findings.add(Severity::Warning, "near", None, message, &rows);
}

/// Places much farther from their neighbour than others, and from most of the area.
fn judge_isolated(
    table: &SampleTable,
    groups: &Groups,
    size: f64,
    distances: &[f64],
    median: f64,
    findings: &mut Findings,
) {
    if groups.len() < 5 {
        return;
    }
    let told = |place: Coord| is_zero(place) && table.crs.as_ref().is_some_and(|crs| !crs.is_local());
    let stray: Vec<usize> = (0..groups.len())
        .filter(|&i| distances[i] > 10.0 * median && distances[i] > size && !told(table.coords[groups.get(i).first()]))
        .collect();
    if stray.is_empty() || stray.len() * 10 > groups.len() {
        return;
    }
    let rows: Vec<usize> = stray.iter().map(|&i| table.lines[groups.get(i).first()]).collect();
    let source: Vec<Coord> = groups.iter().map(|g| table.coords[g.first()]).collect();
    let source_axis = |axis: usize| {
        let mut numbers: Vec<f64> = source.iter().map(|c| c[axis]).collect();
        (quantile_of(&mut numbers, 0.1), quantile_of(&mut numbers, 0.9))
    };
    let ((west, east), (south, north)) = (source_axis(0), source_axis(1));
    let (wide, high) = (east - west, north - south);
    let would_fit =
        |c: Coord| (west - wide..=east + wide).contains(&c[1]) && (south - high..=north + high).contains(&c[0]);
    let swapped = stray.iter().filter(|&&i| would_fit(source[i])).count();
    let hint = if swapped == stray.len() { "; easting and northing look swapped there" } else { "" };
    let farthest = stray.iter().map(|&i| distances[i]).fold(0.0, f64::max);
    let message = format!(
        "places far from all others: {} (up to {}, where neighbours are {} apart); a slip in the coordinates?{hint}",
        stray.len(),
        short(farthest),
        short(median)
    );
    findings.add(Severity::Warning, "isolated", None, message, &rows);
}

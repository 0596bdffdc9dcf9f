//! Places in their country and among each other: S006–S009 and S016.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rstar::RTree;
use rstar::primitives::GeomWithData;

use crate::check::Severity;
use crate::country::Country;

use super::columns::Field;
use super::context::Judge;
use super::entry::Entry;
use super::number::brief;
use super::place::{EARTH, Qc, Row, metres};

/// Metres within which a point counts as the centroid of its country. Computed centroids are good to about 100 m
/// (boundaries are simplified), and some 0.2 km² are a matter of chance in small countries only.
const CENTROID: f64 = 250.0;
/// Countries whose centroid is computed for one table.
const MAX_CENTROIDS: usize = 8;
/// Metres between sites that are suspected to be one (S016).
const CLOSE: f64 = 1.0;
/// Positions of one site that are compared with those of others.
const MAX_POSITIONS: usize = 64;

/// A place as 1e-7 degrees, about a centimetre.
pub(super) type Cell = [i64; 2];

/// The place to seven decimals, which is as many as the specification lets coordinates have.
pub(super) fn cell([longitude, latitude]: [f64; 2]) -> Cell {
    [(longitude * 1e7).round() as i64, (latitude * 1e7).round() as i64]
}

pub(super) fn judge(judge: &mut Judge<'_>, rows: &[Row<'_>]) {
    one_place(judge, rows);
    if !rows.iter().any(|r| r.place.is_some()) {
        for id in ["S006", "S007", "S008", "S009", "S016"] {
            judge.skip(id, "no row has a place that can be read");
        }
        return;
    }
    let points = points(rows);
    in_country(judge, rows, &points);
    close(judge, rows);
}

/// The first row of each site at each of its places.
fn points(rows: &[Row<'_>]) -> Vec<usize> {
    let mut seen = BTreeSet::new();
    let mut points = Vec::new();
    for (i, row) in rows.iter().enumerate() {
        if let Some(place) = row.place.filter(|_| row.qc.is_soil())
            && seen.insert((row.site, cell(place)))
        {
            points.push(i);
        }
    }
    points
}

/// S009.
fn one_place(judge: &mut Judge<'_>, rows: &[Row<'_>]) {
    let mut first: HashMap<&str, (Cell, usize)> = HashMap::new();
    for (i, row) in rows.iter().enumerate().filter(|(_, r)| r.qc.is_soil() && !r.profile.0.is_empty()) {
        let Some(place) = row.place else { continue };
        let (known, at) = *first.entry(&row.profile.0).or_insert((cell(place), i));
        if known != cell(place) {
            let found = format!("another position than in {}", judge.at(at));
            judge.add("S009", judge.at(i), &found, "one position for all rows of a profile");
        }
    }
}

/// S006, S007 and S008.
fn in_country(judge: &mut Judge<'_>, rows: &[Row<'_>], points: &[usize]) {
    // S006: the country's code.
    let stated: BTreeMap<&str, usize> = points.iter().rev().map(|&i| (judge.text(i, Field::Country), i)).collect();
    for (code, &row) in &stated {
        if !code.is_empty() && crate::country::by_alpha3(code).is_none() {
            let found = format!("no country {}", super::number::shown(code));
            judge.add("S006", judge.cell(row, "country"), &found, "an ISO 3166-1 alpha-3 code in capitals");
        }
    }
    let mut centroids: BTreeMap<&'static str, Option<[f64; 2]>> = BTreeMap::new();
    let mut tally: BTreeMap<&'static str, Tally> = BTreeMap::new();
    for &i in points {
        let Some([longitude, latitude]) = rows[i].place else { continue };
        let whole = longitude.fract() == 0.0 && latitude.fract() == 0.0;
        let mut explained = whole;
        if whole {
            let found =
                if longitude == 0.0 && latitude == 0.0 { "a point at 0, 0" } else { "a point at whole degrees" };
            judge.add("S007", judge.at(i), found, "positions as they were measured");
        }
        let Some(country) = rows[i].country else { continue };
        let room = centroids.len() < MAX_CENTROIDS;
        let centroid = match centroids.get(country.alpha3) {
            Some(known) => *known,
            None => {
                let computed = room.then(|| country.centroid()).flatten();
                centroids.insert(country.alpha3, computed);
                computed
            }
        };
        if !whole && centroid.is_some_and(|c| metres(c, [longitude, latitude]) <= CENTROID) {
            judge.add("S007", judge.at(i), "a point at the centroid of its country", "positions as they were measured");
        }
        let tally = tally.entry(country.alpha3).or_insert_with(|| Tally::new(country));
        tally.points += 1;
        if country.contains(longitude, latitude) {
            tally.inside += 1;
            continue;
        }
        if longitude.abs() <= 90.0 && country.contains(latitude, longitude) {
            explained = true;
            judge.add("S008", judge.at(i), "a point that lies in its country once swapped", "longitude, then latitude");
        }
        if !explained {
            tally.unexplained += 1;
        }
        tally.first.get_or_insert(i);
    }
    judge.limit("S007", "centroids of provinces are not known here; only that of the country is computed");
    if tally.is_empty() {
        for id in ["S006", "S008"] {
            judge.skip(id, "no point has a country that can be read");
        }
    }
    for t in tally.into_values() {
        let Some(first) = t.first else { continue };
        let found = format!("{} of {} points inside {}", t.inside, t.points, t.country.alpha3);
        if (t.inside as f64) < 0.95 * t.points as f64 {
            let expected = format!("at least 95 percent inside the declared country {}", t.country.alpha3);
            judge.add("S006", judge.at(first), &found, &expected);
        } else if t.unexplained > 0 {
            // A point that S007 or S008 explains is not told twice, as long as it does not block.
            let expected = format!("all points inside the declared country {}", t.country.alpha3);
            judge.add_as(Severity::Warning, "S006", judge.at(first), &found, &expected);
        }
    }
}

struct Tally {
    country: Country,
    points: u64,
    inside: u64,
    unexplained: u64,
    first: Option<usize>,
}

impl Tally {
    fn new(country: Country) -> Self {
        Self { country, points: 0, inside: 0, unexplained: 0, first: None }
    }
}

/// S016, its first half: sites too close to be two.
fn close(judge: &mut Judge<'_>, rows: &[Row<'_>]) {
    let mut sites: BTreeMap<&str, BTreeMap<Cell, usize>> = BTreeMap::new();
    let mut dropped = false;
    for (i, row) in rows.iter().enumerate().filter(|(_, r)| r.qc.is_soil() && !r.site.is_empty()) {
        let Some(place) = row.place else { continue };
        let positions = sites.entry(row.site).or_default();
        if positions.len() < MAX_POSITIONS {
            positions.entry(cell(place)).or_insert(i);
        } else {
            dropped |= !positions.contains_key(&cell(place));
        }
    }
    if sites.is_empty() {
        judge.skip("S016", "no site with a code has a place");
        return;
    }
    if dropped {
        judge.limit("S016", format!("of sites with more than {MAX_POSITIONS} positions only the first were compared"));
    }
    // Chords of the sphere: at one metre they are the distance.
    let on_sphere = |row: usize| -> Option<[f64; 3]> {
        let [longitude, latitude] = rows[row].place?.map(f64::to_radians);
        Some([
            EARTH * latitude.cos() * longitude.cos(),
            EARTH * latitude.cos() * longitude.sin(),
            EARTH * latitude.sin(),
        ])
    };
    let mut all: Vec<GeomWithData<[f64; 3], usize>> = sites
        .values()
        .flat_map(BTreeMap::values)
        .filter_map(|&row| Some(GeomWithData::new(on_sphere(row)?, row)))
        .collect();
    all.sort_by_key(|g| g.data);
    let tree = RTree::bulk_load(all.clone());
    let mut paired = BTreeSet::new();
    for here in &all {
        let site = rows[here.data].site;
        // Any other will do: looking for a certain one would take the square of the sites of a crowd.
        let near = tree.locate_within_distance(*here.geom(), CLOSE * CLOSE);
        let Some(other) = near.map(|g| g.data).find(|&row| rows[row].site != site) else { continue };
        let (first, last) = (here.data.min(other), here.data.max(other));
        if paired.insert((first, last))
            && let (Some(a), Some(b)) = (rows[first].place, rows[last].place)
        {
            let found = format!("{} m from another site, that of {}", brief(metres(a, b)), judge.at(first));
            judge.add("S016", judge.at(last), &found, "one site_code for one place");
        }
    }
}

/// S016, its second half: what looks like one sample whose analytes were reported under two codes.
pub(super) fn position_and_analytes(judge: &mut Judge<'_>, rows: &[Row<'_>], entries: &[Entry<'_>]) {
    let mut specimens: BTreeMap<&str, (usize, BTreeSet<&str>)> = BTreeMap::new();
    for e in entries.iter().filter(|e| rows[e.row].qc == Qc::Routine && !rows[e.row].specimen.is_empty()) {
        specimens.entry(rows[e.row].specimen).or_insert_with(|| (e.row, BTreeSet::new())).1.insert(e.code);
    }
    // One place, one depth, one day: then one sample.
    type Same = (Cell, Option<[u64; 2]>, Option<jiff::civil::Date>);
    let mut places: HashMap<Same, (usize, &BTreeSet<&str>)> = HashMap::new();
    let mut ordered: Vec<_> = specimens.values().collect();
    ordered.sort_by_key(|(row, _)| *row);
    for (row, analytes) in ordered {
        let Some(place) = rows[*row].place else { continue };
        let key = (cell(place), rows[*row].depth.map(|d| d.map(f64::to_bits)), rows[*row].date.map(|d| d.first()));
        let (first, others) = *places.entry(key).or_insert((*row, analytes));
        if others != analytes {
            let found = format!("place, depth and date of {}, other analytes", judge.at(first));
            judge.add("S016", judge.at(*row), &found, "all analytes of one sample under one specimen_code");
        }
    }
}

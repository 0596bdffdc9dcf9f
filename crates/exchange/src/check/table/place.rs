//! Where each row lies: S003, S004, S005, and S002 for rows that say nothing of it.

use std::collections::BTreeMap;

use gdal::spatial_ref::{AxisMappingStrategy, CoordTransform, SpatialRef};

use crate::country::{self, Country};

use super::columns::Field;
use super::context::Judge;
use super::number::{self, Parsed, When, shown};
use super::quiet::Quiet;

/// What a row's sample is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Qc {
    Routine,
    /// A duplicate of the field or of the laboratory.
    Duplicate,
    Blank,
    Reference,
}

impl Qc {
    /// Whether it is soil of the place itself.
    pub(super) fn is_soil(self) -> bool {
        matches!(self, Self::Routine | Self::Duplicate)
    }
}

/// A row, as far as it concerns its sample.
#[derive(Clone, Debug)]
pub(super) struct Row<'a> {
    pub qc: Qc,
    pub site: &'a str,
    pub specimen: &'a str,
    /// The profile, and whether the table names it.
    pub profile: (String, bool),
    /// Degrees of WGS 84.
    pub place: Option<[f64; 2]>,
    pub country: Option<Country>,
    pub date: Option<When>,
    /// Centimetres below the surface.
    pub depth: Option<[f64; 2]>,
}

/// A reference system of rows.
enum Reference {
    /// Degrees of WGS 84 itself.
    Wgs84,
    Other {
        transform: CoordTransform,
        geographic: bool,
    },
    Bad(&'static str),
}

/// Different reference systems that are tried in one table: each takes PROJ some milliseconds.
const MAX_SYSTEMS: usize = 64;
/// Metres by which two statements of one place may differ (S004).
const MISMATCH: f64 = 1.0;

/// Reads the rows and judges their places.
pub(super) fn rows<'a>(judge: &mut Judge<'a>) -> Vec<Row<'a>> {
    let _quiet = Quiet::new();
    let mut systems = BTreeMap::new();
    let mut countries: BTreeMap<&str, Option<Country>> = BTreeMap::new();
    let mut rows = Vec::with_capacity(judge.table.cells.len());
    for row in 0..judge.table.cells.len() {
        let qc = match judge.text(row, Field::QcType).to_ascii_lowercase().as_str() {
            "field_duplicate" | "lab_duplicate" => Qc::Duplicate,
            "blank" => Qc::Blank,
            "reference_material" => Qc::Reference,
            _ => Qc::Routine,
        };
        let code = judge.text(row, Field::Country);
        let own = *countries.entry(code).or_insert_with(|| country::by_alpha3(code));
        let site = judge.text(row, Field::SiteCode);
        let place = locate(judge, row, qc, &mut systems);
        rows.push(Row {
            qc,
            site,
            specimen: judge.text(row, Field::SpecimenCode),
            profile: profile(judge, row, site),
            place,
            country: judge.options.country.or(own),
            date: number::date(judge.text(row, Field::SamplingDate)),
            depth: depth(judge, row),
        });
    }
    if !judge.layout.has(Field::X) && !judge.layout.has(Field::Longitude) {
        for id in ["S003", "S004", "S005"] {
            judge.skip(id, "the table has no coordinates");
        }
    }
    if !judge.layout.has(Field::Crs) && !judge.layout.has(Field::X) {
        judge.skip("S005", "the table names no crs; its degrees are taken as WGS 84");
    }
    rows
}

fn profile(judge: &Judge<'_>, row: usize, site: &str) -> (String, bool) {
    let (profile, plot) = (judge.text(row, Field::ProfileCode), judge.text(row, Field::PlotCode));
    match (profile.is_empty(), plot.is_empty()) {
        (false, _) => (profile.to_owned(), true),
        // Without codes of profiles a plot of a site is one, and without plots the site itself.
        (true, false) => (format!("{site}\u{1f}{plot}"), false),
        (true, true) => (site.to_owned(), false),
    }
}

fn depth(judge: &Judge<'_>, row: usize) -> Option<[f64; 2]> {
    let read = |field| judge.number(row, field).and_then(Parsed::plain);
    Some([read(Field::UpperDepth)?, read(Field::LowerDepth)?])
}

fn locate<'a>(
    judge: &mut Judge<'a>,
    row: usize,
    qc: Qc,
    systems: &mut BTreeMap<&'a str, Reference>,
) -> Option<[f64; 2]> {
    let degrees = pair(judge, row, [Field::Longitude, Field::Latitude])?;
    let plane = pair(judge, row, [Field::X, Field::Y])?;
    let crs = judge.text(row, Field::Crs);
    if degrees.is_none() && plane.is_none() {
        if qc.is_soil() && judge.text(row, Field::AdminUnit).is_empty() && has_places(judge) {
            judge.add("S002", judge.at(row), "neither coordinates nor admin_unit", "a place for each sample of soil");
        }
        return None;
    }
    if crs.is_empty() && plane.is_some() {
        let (id, expected) = match degrees {
            Some(_) => ("S004", "x and y together with crs, or longitude and latitude alone"),
            None => ("S005", "the EPSG code of x and y, as EPSG:2169"),
        };
        judge.add(id, judge.at(row), "x and y without crs", expected);
        return degrees.and_then(|d| within(judge, row, d));
    }
    if crs.is_empty() {
        return within(judge, row, degrees?);
    }
    if !systems.contains_key(crs) {
        let system =
            if systems.len() < MAX_SYSTEMS { system(crs) } else { Reference::Bad("the 65th system of one table") };
        systems.insert(crs, system);
    }
    let (transform, geographic) = match systems.get(crs)? {
        Reference::Wgs84 => (None, true),
        Reference::Other { transform, geographic } => (Some(transform), *geographic),
        Reference::Bad(why) => {
            let found = format!("{}: {why}", shown(crs));
            judge.add("S005", judge.cell(row, "crs"), &found, "an EPSG code that can be brought to EPSG:4326");
            return degrees.and_then(|d| within(judge, row, d));
        }
    };
    let stated = degrees.and_then(|d| within(judge, row, d));
    let Some(plane) = plane else {
        // The system is that of the degrees.
        if !geographic {
            let expected = "x and y for a projected crs, longitude and latitude for a geographic one";
            judge.add("S004", judge.at(row), "longitude and latitude with a projected crs", expected);
            return stated;
        }
        return stated.and_then(|d| bring(judge, row, transform, d));
    };
    if geographic && within(judge, row, plane).is_none() {
        return stated;
    }
    let brought = bring(judge, row, transform, plane);
    if let (Some(a), Some(b)) = (stated, brought) {
        let apart = metres(a, b);
        if apart > MISMATCH {
            let found = format!("{} m between longitude, latitude and x, y", number::brief(apart));
            judge.add("S004", judge.at(row), &found, "one place, to 1 m");
        }
    }
    stated.or(brought)
}

/// Whether the table has any columns of places (else S002 says so once, of the header).
fn has_places(judge: &Judge<'_>) -> bool {
    [Field::Longitude, Field::X, Field::AdminUnit].iter().any(|f| judge.layout.has(*f))
}

/// Two coordinates: `None` if they are faulty (which is said), `Some(None)` if there are none.
#[allow(clippy::option_option, reason = "faulty and absent are two things")]
fn pair(judge: &mut Judge<'_>, row: usize, fields: [Field; 2]) -> Option<Option<[f64; 2]>> {
    let names = fields.map(|f| super::columns::NAMES[f as usize]);
    let read = fields.map(|f| judge.number(row, f));
    match read {
        [None, None] => Some(None),
        [Some(Parsed::Number(a)), Some(Parsed::Number(b))] => Some(Some([a, b])),
        [None, _] | [_, None] => {
            let missing = if read[0].is_none() { names[0] } else { names[1] };
            let expected = "longitude and latitude, or x, y and crs, each complete";
            judge.add("S004", judge.at(row), &format!("no {missing}"), expected);
            None
        }
        _ => {
            let bad = if matches!(read[0], Some(Parsed::Number(_))) { 1 } else { 0 };
            let found = match read[bad] {
                Some(Parsed::Odd(_, why)) => why,
                _ => "no number",
            };
            judge.add("S003", judge.cell(row, names[bad]), found, "coordinates that are plain numbers");
            None
        }
    }
}

fn within(judge: &mut Judge<'_>, row: usize, [longitude, latitude]: [f64; 2]) -> Option<[f64; 2]> {
    for (value, bound, name) in [(longitude, 180.0, "longitude"), (latitude, 90.0, "latitude")] {
        if value.abs() > bound {
            // The number itself may be a place, in metres.
            judge.add(
                "S003",
                judge.at(row),
                &format!("{name} out of range"),
                &format!("{name} within -{bound}..{bound}"),
            );
            return None;
        }
    }
    Some([longitude, latitude])
}

fn system(crs: &str) -> Reference {
    let digits =
        crs.strip_prefix("EPSG:").filter(|d| (4..=6).contains(&d.len()) && d.bytes().all(|b| b.is_ascii_digit()));
    let Some(code) = digits.and_then(|d| d.parse::<u32>().ok()) else {
        return Reference::Bad("not of the form EPSG:4326");
    };
    if code == 4326 {
        return Reference::Wgs84;
    }
    let traditional = |code: u32| -> Option<SpatialRef> {
        let mut reference = SpatialRef::from_epsg(code).ok()?;
        reference.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
        Some(reference)
    };
    let (Some(from), Some(to)) = (traditional(code), traditional(4326)) else {
        return Reference::Bad("no such code");
    };
    let geographic = from.is_geographic();
    if !geographic && !from.is_projected() {
        return Reference::Bad("neither geographic nor projected");
    }
    match CoordTransform::new(&from, &to) {
        Ok(transform) => Reference::Other { transform, geographic },
        Err(_) => Reference::Bad("no way to EPSG:4326"),
    }
}

fn bring(judge: &mut Judge<'_>, row: usize, transform: Option<&CoordTransform>, [x, y]: [f64; 2]) -> Option<[f64; 2]> {
    let Some(transform) = transform else { return Some([x, y]) };
    let (mut xs, mut ys) = ([x], [y]);
    let brought = transform.transform_coords(&mut xs, &mut ys, &mut []).is_ok();
    let earthly = |[x, y]: [f64; 2]| x.abs() <= 180.0 && y.abs() <= 90.0;
    if brought && earthly([xs[0], ys[0]]) {
        return Some([xs[0], ys[0]]);
    }
    let expected = "coordinates that their crs can bring to EPSG:4326";
    judge.add("S005", judge.at(row), "coordinates outside what their crs is for", expected);
    None
}

/// Metres between two places on a sphere: within half a percent of the ellipsoid's.
pub(super) fn metres(a: [f64; 2], b: [f64; 2]) -> f64 {
    let [la, lb] = [a[1].to_radians(), b[1].to_radians()];
    let (dp, dl) = ((lb - la) / 2.0, (b[0] - a[0]).to_radians() / 2.0);
    let h = dp.sin().powi(2) + la.cos() * lb.cos() * dl.sin().powi(2);
    2.0 * EARTH * h.sqrt().min(1.0).asin()
}

/// Mean radius of the earth in metres.
pub(super) const EARTH: f64 = 6_371_008.8;

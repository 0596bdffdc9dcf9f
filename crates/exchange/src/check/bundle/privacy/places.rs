//! Places that must not appear: read from the caller's table, and brought to every coordinate system they might be written in.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use gdal::spatial_ref::{AxisMappingStrategy, CoordTransform, SpatialRef};

use crate::check::bundle::Facts;
use crate::{Error, Result, tables};

use super::table::{LATITUDE, LONGITUDE, Table};

/// Half of the fifth decimal of a degree, and a little for how numbers are stored.
const DEGREES: f64 = 0.5e-5 + 1e-11;
/// Half a metre.
const METRES: f64 = 0.5 + 1e-6;
/// Zones of UTM that places are brought to.
const MOST_ZONES: usize = 12;

/// A result of a protected site.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    /// Its analyte; empty where the table does not tell.
    pub(super) analyte: String,
    /// Its value.
    pub(super) value: f64,
    /// Its unit; empty where the table does not tell.
    pub(super) unit: String,
}

/// A protected site.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Its code; empty where the table does not tell.
    pub(super) code: String,
    /// Its first row in the table, the header being row 1.
    pub(super) row: usize,
    /// Longitude and latitude.
    pub(super) at: [f64; 2],
    /// Uncensored results at it.
    pub(super) results: Vec<Outcome>,
}

/// Reads the caller's table: one entry for each different place.
///
/// # Errors
/// If it cannot be read, has no coordinates, or names a coordinate system that cannot be used.
pub(super) fn read(path: &Path) -> Result<Vec<Place>> {
    let table = Table::own(path)?;
    let column = |names: &[&str]| table.column(names);
    let (lon, lat) = (column(&LONGITUDE), column(&LATITUDE));
    let (x, y, crs) = (column(&["x"]), column(&["y"]), column(&["crs"]));
    if (lon.is_none() || lat.is_none()) && (x.is_none() || y.is_none() || crs.is_none()) {
        return Err(Error::unreadable(path, "it has neither longitude and latitude nor x, y and crs"));
    }
    let [code, analyte, value, censor, unit] =
        ["site_code", "analyte_code", "value", "censor", "unit"].map(|n| column(&[n]));
    let mut transforms: HashMap<String, CoordTransform> = HashMap::new();
    let mut places: Vec<Place> = Vec::new();
    let mut by_place: HashMap<[u64; 2], usize> = HashMap::new();
    for row in 0..table.rows.len() {
        let at = match (table.number(row, lon), table.number(row, lat)) {
            (Some(lon), Some(lat)) => [lon, lat],
            _ => {
                let (Some(x), Some(y)) = (table.number(row, x), table.number(row, y)) else { continue };
                let name = table.cell(row, crs).to_owned();
                if !transforms.contains_key(&name) {
                    let bad = |e: String| Error::unreadable(path, format!("row {}: crs '{name}': {e}", row + 2));
                    let from = name
                        .rsplit(':')
                        .next()
                        .and_then(|n| n.parse().ok())
                        .ok_or_else(|| bad("no EPSG code".to_owned()))?;
                    transforms.insert(name.clone(), transform(from, 4326).map_err(|e| bad(e.to_string()))?);
                }
                let mut at = [[x], [y]];
                let [xs, ys] = &mut at;
                if transforms[&name].transform_coords(xs, ys, &mut []).is_err() {
                    continue;
                }
                [at[0][0], at[1][0]]
            }
        };
        let known = *by_place.entry(at.map(f64::to_bits)).or_insert_with(|| {
            places.push(Place { code: table.cell(row, code).to_owned(), row: row + 2, at, results: Vec::new() });
            places.len() - 1
        });
        let measured = table.number(row, value).filter(|_| table.cell(row, censor).is_empty());
        if let Some(value) = measured {
            let text = |c| table.cell(row, c).to_owned();
            places[known].results.push(Outcome { analyte: text(analyte), value, unit: text(unit) });
        }
    }
    if places.is_empty() {
        return Err(Error::unreadable(path, "no row of it has a place"));
    }
    Ok(places)
}

/// From one EPSG code to another, x before y.
pub(super) fn transform(from: u32, to: u32) -> gdal::errors::Result<CoordTransform> {
    let of = |code: u32| -> gdal::errors::Result<SpatialRef> {
        let mut srs = SpatialRef::from_epsg(code)?;
        srs.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
        Ok(srs)
    };
    CoordTransform::new(&of(from)?, &of(to)?)
}

/// One coordinate of one place in one system.
#[derive(Clone, Copy, Debug)]
pub(super) struct Needle {
    /// Its value.
    pub(super) value: f64,
    /// Which place.
    pub(super) place: u32,
}

/// All places in one coordinate system.
#[derive(Clone, Debug)]
pub(super) struct System {
    /// `degrees`, or the EPSG code.
    pub(super) name: String,
    /// How far from a needle a number still is it.
    pub(super) close: f64,
    /// East coordinates, sorted, then north ones.
    pub(super) axes: [Vec<Needle>; 2],
}

impl System {
    fn new(name: String, close: f64, places: &[Option<[f64; 2]>]) -> Self {
        let axis = |i: usize| {
            let needles =
                places.iter().enumerate().filter_map(|(p, at)| Some(Needle { value: (*at)?[i], place: p as u32 }));
            let mut all: Vec<Needle> = needles.filter(|n| n.value.is_finite()).collect();
            all.sort_by(|a, b| a.value.total_cmp(&b.value));
            all
        };
        Self { name, close, axes: [axis(0), axis(1)] }
    }

    /// The needles of an axis that `value` is, within `close`.
    pub(super) fn matches(&self, axis: usize, value: f64, close: f64) -> &[Needle] {
        let all = &self.axes[axis];
        let from = all.partition_point(|n| n.value < value - close);
        let rest = &all[from..];
        &rest[..rest.partition_point(|n| n.value <= value + close)]
    }
}

/// The places in degrees, in the systems of the bundle's rasters, in web Mercator and in their zones of UTM.
pub(super) fn systems(places: &[Place], facts: &Facts<'_>) -> Vec<System> {
    let mut codes: BTreeSet<u32> = facts.rasters.values().filter(|r| r.projected).filter_map(|r| r.epsg).collect();
    codes.insert(3857);
    let mut zones: BTreeMap<u32, usize> = BTreeMap::new();
    for place in places {
        let zone = (((place.at[0] + 180.0) / 6.0).floor().rem_euclid(60.0)) as u32 + 1;
        *zones.entry(if place.at[1] < 0.0 { 32_700 } else { 32_600 } + zone).or_default() += 1;
    }
    codes.extend(zones.into_keys().take(MOST_ZONES));
    let exact: Vec<_> = places.iter().map(|p| Some(p.at)).collect();
    let mut systems = vec![System::new("degrees".to_owned(), DEGREES, &exact)];
    for code in codes {
        let Ok(transform) = transform(4326, code) else { continue };
        let projected: Vec<Option<[f64; 2]>> = places
            .iter()
            .map(|p| {
                let (mut x, mut y) = ([p.at[0]], [p.at[1]]);
                transform.transform_coords(&mut x, &mut y, &mut []).ok()?;
                Some([x[0], y[0]])
            })
            .collect();
        systems.push(System::new(format!("EPSG:{code}"), METRES, &projected));
    }
    systems
}

/// A value in the unit of a raster, as far as both are known.
pub(super) fn in_unit(of: &Outcome, analyte: &str, unit: &str) -> f64 {
    let (Some(from), Some(to)) = (tables::unit_spelt(&of.unit), tables::unit_spelt(unit)) else { return of.value };
    let molar = tables::analyte(analyte).and_then(|a| a.molar_mass_g_per_mol);
    tables::conversion(from, to, molar).map_or(of.value, |factor| of.value * factor)
}

//! Coordinate reference systems: the one module that knows PROJ.
//!
//! GDAL describes a CRS (is it geographic, what is its unit), PROJ transforms. Places are always easting, northing or
//! longitude, latitude, whatever order the authority prescribes. Neither library may write to the terminal by itself.

use serde::Serialize;
use soilscope_core::Coord;

use crate::error::shorten;
use crate::{Error, Result};

#[cfg(feature = "gdal")]
mod proj_backend;
#[cfg(feature = "gdal")]
use proj_backend as backend;

#[cfg(not(feature = "gdal"))]
mod no_backend;
#[cfg(not(feature = "gdal"))]
use no_backend as backend;

pub use backend::Transformer;
pub use backend::{proj_version, quiet_libraries};

/// What the coordinates of a CRS are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A plane that is nowhere on Earth.
    Local,
    /// Longitude and latitude.
    Geographic,
    /// Easting and northing.
    Projected,
}

/// A coordinate reference system: a checked definition and what it says of itself.
///
/// # Examples
/// ```
/// use soilscope_pipeline::crs::Crs;
/// assert!(Crs::parse("local")?.is_local());
/// # #[cfg(feature = "gdal")] {
/// let crs = Crs::parse("EPSG:28992")?;
/// assert_eq!(crs.name(), "Amersfoort / RD New");
/// assert!(!crs.is_geographic() && crs.is_metric());
/// assert!(Crs::parse("EPSG:99999").is_err());
/// # }
/// # Ok::<(), soilscope_pipeline::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Crs {
    definition: String,
    name: String,
    authority: Option<String>,
    kind: Kind,
    unit: String,
    #[serde(rename = "unit_in_metres_or_degrees")]
    unit_size: f64,
    #[serde(skip)]
    wkt: Option<String>,
    #[serde(skip)]
    area: Option<[f64; 4]>,
}

impl Crs {
    /// Reads `EPSG:28992`, another `AUTHORITY:CODE`, WKT, a PROJ string, PROJJSON, or `local`.
    ///
    /// # Errors
    /// [`Error::Crs`]: PROJ does not know it, or it is neither geographic nor projected. A file name or address is
    /// refused without being opened.
    pub fn parse(definition: &str) -> Result<Self> {
        let text = definition.trim();
        let refuse = |reason: &str| Error::Crs { definition: shorten(text), reason: reason.to_owned() };
        if text.is_empty() {
            return Err(refuse("is empty; write for example EPSG:28992, or local"));
        }
        if text.eq_ignore_ascii_case("local") {
            return Ok(Self::local());
        }
        if text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(refuse(&format!("is a number without its authority; write EPSG:{text}")));
        }
        if !looks_like_definition(text) {
            return Err(refuse(
                "is not a CRS definition; write an authority and code as EPSG:28992, a PROJ string, WKT, or local",
            ));
        }
        backend::describe(text)
    }

    /// A plane that is nowhere on Earth: a site grid. Its unit is whatever the coordinates are in.
    pub fn local() -> Self {
        Self {
            definition: "local".to_owned(),
            name: "local plane".to_owned(),
            authority: None,
            kind: Kind::Local,
            unit: "coordinate unit".to_owned(),
            unit_size: 1.0,
            wkt: None,
            area: None,
        }
    }

    /// What it was read from; [`Crs::parse`] reads it again.
    pub fn definition(&self) -> &str {
        &self.definition
    }

    /// Its name, as `Amersfoort / RD New`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `EPSG:28992`, where the definition carries one.
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// Local, geographic or projected.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether coordinates are longitude and latitude.
    pub fn is_geographic(&self) -> bool {
        self.kind == Kind::Geographic
    }

    /// Whether it is a plane that is nowhere on Earth.
    pub fn is_local(&self) -> bool {
        self.kind == Kind::Local
    }

    /// Name of the coordinates' unit, as `metre` or `US survey foot`.
    pub fn unit_name(&self) -> &str {
        &self.unit
    }

    /// Metres in one coordinate unit; `None` for a geographic CRS or a local plane.
    pub fn metres_per_unit(&self) -> Option<f64> {
        (self.kind == Kind::Projected).then_some(self.unit_size)
    }

    /// Degrees in one coordinate unit of a geographic CRS; `None` otherwise.
    pub fn degrees_per_unit(&self) -> Option<f64> {
        (self.kind == Kind::Geographic).then_some(self.unit_size)
    }

    /// Whether coordinates are metres on a projected plane.
    pub fn is_metric(&self) -> bool {
        self.metres_per_unit() == Some(1.0)
    }

    /// WKT for a GDAL output; `None` for a local plane, to which no CRS is written.
    pub fn to_wkt(&self) -> Option<&str> {
        self.wkt.as_deref()
    }

    /// West, south, east, north in degrees of where the CRS is meant to be used, where the authority says so.
    pub fn area_of_use(&self) -> Option<[f64; 4]> {
        self.area
    }

    /// Whether two definitions are the same CRS as far as can be told from code or WKT.
    pub fn same_as(&self, other: &Self) -> bool {
        self.kind == other.kind
            && match (&self.authority, &other.authority) {
                (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
                _ => self.wkt == other.wkt && (self.wkt.is_some() || self.definition == other.definition),
            }
    }

    /// Authority code and name for a person, as `EPSG:28992 (Amersfoort / RD New)`.
    pub fn title(&self) -> String {
        match &self.authority {
            Some(code) => format!("{code} ({})", self.name),
            None if self.is_local() => self.name.clone(),
            None if self.definition.starts_with('+') => self.definition.clone(),
            None => self.name.clone(),
        }
    }

    /// Refuses a place that a geographic CRS cannot hold: latitude beyond ±90° or longitude beyond ±180°.
    ///
    /// The answer is why, for the caller to name the row.
    pub(crate) fn refuse_place(&self, place: Coord) -> Option<String> {
        let degrees = self.degrees_per_unit()?;
        let (longitude, latitude) = (place[0] * degrees, place[1] * degrees);
        if latitude.abs() > 90.0 {
            let swapped = longitude.abs() <= 90.0 && latitude.abs() <= 180.0;
            let metres = latitude.abs() > 1000.0;
            return Some(format!(
                "is no latitude, which lies between -90 and 90{}",
                if swapped {
                    ": are latitude and longitude swapped?"
                } else if metres {
                    ": are these metres of a projected CRS?"
                } else {
                    ""
                }
            ));
        }
        (longitude.abs() > 180.0).then(|| "is no longitude, which lies between -180 and 180".to_owned())
    }
}

/// The CRS in which distances are measured when nobody named one, and why that one.
///
/// A projected CRS or local plane is kept. Geographic places go to the UTM zone (WGS 84) of their centre if they span at
/// most 7° of longitude and lie between 80° S and 84° N; else to EPSG:5070 in the conterminous USA or EPSG:3035 in Europe
/// if 95 % of them are inside its area of use and none more than 3° outside; else to a Lambert azimuthal equal-area
/// projection centred on the data.
///
/// # Errors
/// No places, or PROJ lacks the CRS.
pub fn choose_working(source: &Crs, places: &[Coord]) -> Result<(Crs, String)> {
    let Some(degrees) = source.degrees_per_unit() else {
        let why =
            if source.is_local() { "a local plane is used as it is" } else { "the samples are already projected" };
        return Ok((source.clone(), why.to_owned()));
    };
    let Some(extent) = LonLatExtent::of(places, degrees) else {
        return Err(Error::Crs {
            definition: source.definition.clone(),
            reason: "there is no place to choose a projected CRS for; name one with --out-crs".to_owned(),
        });
    };
    let LonLatExtent { west, east, south, north } = extent;
    let (longitude, latitude) = ((west + east) / 2.0, (south + north) / 2.0);
    let span = east - west;
    let about = format!("longitude {west:.2} to {east:.2}, latitude {south:.2} to {north:.2}");
    if span <= 7.0 && north < 84.0 && south > -80.0 {
        let wrapped = (longitude + 180.0).rem_euclid(360.0) - 180.0;
        let zone = (((wrapped + 180.0) / 6.0).floor() as u32 + 1).min(60);
        let code = if latitude >= 0.0 { 32600 } else { 32700 } + zone;
        let crs = Crs::parse(&format!("EPSG:{code}"))?;
        return Ok((crs, format!("{about}: {span:.2}° of longitude fit one UTM zone, {zone}")));
    }
    for (code, middle, region) in CONTINENTS {
        let [w, s, e, n] = middle;
        if (w..=e).contains(&longitude) && (s..=n).contains(&latitude) {
            let crs = Crs::parse(code)?;
            if let Some(share) = crs.area_of_use().and_then(|area| share_within(area, places, degrees)) {
                let all = if share < 1.0 { format!(" ({:.1} % of the places)", 100.0 * share) } else { String::new() };
                return Ok((crs, format!("{about}: within {region}{all}, equal area")));
            }
        }
    }
    let wrapped = (longitude + 180.0).rem_euclid(360.0) - 180.0;
    let crs =
        Crs::parse(&format!("+proj=laea +lat_0={latitude:.2} +lon_0={wrapped:.2} +datum=WGS84 +units=m +no_defs"))?;
    Ok((crs, format!("{about}: too wide for one UTM zone, so an equal-area projection centred on the samples")))
}

/// Equal-area CRSs of a continent, where the middle of the places must be (west, south, east, north), and its name.
///
/// The area of use alone would put the Sahara into Europe.
const CONTINENTS: [(&str, [f64; 4], &str); 2] = [
    ("EPSG:5070", [-125.0, 24.0, -66.5, 50.0], "the conterminous USA"),
    ("EPSG:3035", [-25.0, 34.0, 45.0, 72.0], "Europe"),
];
/// Share of the places that must be inside an area of use.
const MOST: f64 = 0.95;
/// Degrees that the others may be outside.
const BESIDE: f64 = 3.0;

/// The share of places inside an area of use; `None` if it is too small, or one of the others far away.
fn share_within([west, south, east, north]: [f64; 4], places: &[Coord], degrees: f64) -> Option<f64> {
    let mut inside = 0usize;
    for place in places {
        let (longitude, latitude) = (place[0] * degrees, place[1] * degrees);
        let outside = (west - longitude).max(longitude - east).max(south - latitude).max(latitude - north);
        if outside > BESIDE {
            return None;
        }
        inside += usize::from(outside <= 0.0);
    }
    let share = inside as f64 / places.len() as f64;
    (share >= MOST).then_some(share)
}

/// Bounding box in degrees; `east` may exceed 180 where the places straddle the antimeridian.
struct LonLatExtent {
    west: f64,
    east: f64,
    south: f64,
    north: f64,
}

impl LonLatExtent {
    fn of(places: &[Coord], degrees: f64) -> Option<Self> {
        let bounds = |numbers: &mut dyn Iterator<Item = f64>| {
            numbers.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
        };
        let (south, north) = bounds(&mut places.iter().map(|p| p[1] * degrees));
        let (west, east) = bounds(&mut places.iter().map(|p| p[0] * degrees));
        let (shifted_west, shifted_east) = bounds(&mut places.iter().map(|p| (p[0] * degrees).rem_euclid(360.0)));
        if !(west.is_finite() && south.is_finite()) {
            return None;
        }
        let straddles = shifted_east - shifted_west < east - west - 1e-9;
        let (west, east) = if straddles { (shifted_west, shifted_east) } else { (west, east) };
        Some(Self { west, east, south, north })
    }
}

/// Definitions only: GDAL would open a file or fetch an address that is given in place of one.
fn looks_like_definition(text: &str) -> bool {
    if text.starts_with('+') {
        return text.contains("+proj=") || text.contains("+init=");
    }
    if text.starts_with('{') {
        return text.contains("\"type\"");
    }
    if let Some(bracket) = text.find(['[', '(']) {
        return text[..bracket].trim_end().bytes().all(|b| b.is_ascii_alphabetic() || b == b'_');
    }
    if ["WGS84", "NAD83", "NAD27", "CRS84"].iter().any(|name| text.eq_ignore_ascii_case(name)) {
        return true;
    }
    let parts: Vec<&str> = text.split(':').collect();
    let plain = |part: &&str| part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'+' | b'-'));
    parts.len() >= 2
        && !parts[0].is_empty()
        && parts.iter().all(plain)
        && (parts.len() == 2 || parts[0].eq_ignore_ascii_case("urn"))
}

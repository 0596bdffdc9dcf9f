//! GDAL describes, PROJ transforms.

use std::fmt;

use gdal::spatial_ref::{AxisMappingStrategy, SpatialRef};
use proj::Proj;
use soilscope_core::Coord;

use super::{Crs, Kind};
use crate::error::shorten;
use crate::{Error, Result};

/// Keeps GDAL and the PROJ inside it from writing to standard error; errors still come back as [`Error`].
pub fn quiet_libraries() {
    crate::io::prepare();
}

/// Version of the PROJ that transforms, as `9.1.1`.
pub fn proj_version() -> String {
    proj::ProjBuilder::new().lib_info().map_or_else(|_| "unknown".to_owned(), |info| info.version)
}

pub(super) fn describe(definition: &str) -> Result<Crs> {
    quiet_libraries();
    let unknown = || Error::Crs {
        definition: shorten(definition),
        reason: "unknown CRS: PROJ does not know it; check the authority and code, as in EPSG:28992".to_owned(),
    };
    let reference = if definition.starts_with('+') {
        SpatialRef::from_proj4(definition)
    } else {
        SpatialRef::from_definition(definition)
    }
    .map_err(|_| unknown())?;
    from_reference(reference, Some(definition))
}

fn from_reference(mut reference: SpatialRef, definition: Option<&str>) -> Result<Crs> {
    let shown = definition.map_or_else(|| reference.name().unwrap_or_default(), shorten);
    reference.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
    let kind = if reference.is_geographic() {
        Kind::Geographic
    } else if reference.is_projected() {
        Kind::Projected
    } else if reference.is_local() {
        Kind::Local
    } else {
        return Err(Error::Crs {
            definition: shown,
            reason: "is neither geographic (longitude, latitude) nor projected (easting, northing); samples need one \
                     of these"
                .to_owned(),
        });
    };
    if reference.authority().is_err() && !definition.is_some_and(|d| d.starts_with('+')) {
        // An ESRI .prj carries no code; where GDAL recognises it, the code is worth having. Failing is no error.
        let _ = reference.auto_identify_epsg();
    }
    let authority = reference.authority().ok();
    let wkt = reference.to_wkt().ok();
    let (unit, unit_size) = match kind {
        Kind::Geographic => (reference.angular_units_name(), snap(reference.angular_units().to_degrees())),
        Kind::Projected | Kind::Local => (reference.linear_units_name(), snap(reference.linear_units())),
    };
    let area =
        reference.area_of_use().map(|a| [a.west_lon_degree, a.south_lat_degree, a.east_lon_degree, a.north_lat_degree]);
    let definition = match (definition, &authority, &wkt) {
        (Some(text), _, _) => text.to_owned(),
        (None, Some(code), _) => code.clone(),
        (None, None, Some(wkt)) => wkt.clone(),
        (None, None, None) => String::new(),
    };
    Ok(Crs {
        name: reference.name().unwrap_or_else(|| "unnamed CRS".to_owned()),
        authority,
        kind,
        unit: unit.unwrap_or_else(|| "unknown unit".to_owned()),
        unit_size,
        wkt: if kind == Kind::Local { None } else { wkt },
        area,
        definition,
    })
}

/// 1 where the conversion of a unit left a rounding error.
fn snap(size: f64) -> f64 {
    if (size - 1.0).abs() < 1e-9 { 1.0 } else { size }
}

impl Crs {
    /// The CRS of a layer or raster that GDAL opened.
    ///
    /// # Errors
    /// It is neither geographic, projected nor local.
    pub fn from_spatial_ref(reference: &SpatialRef) -> Result<Self> {
        quiet_libraries();
        from_reference(reference.clone(), None)
    }

    /// For a GDAL output, in longitude, latitude or easting, northing order; `None` for a local plane.
    ///
    /// # Errors
    /// GDAL refuses its own WKT.
    pub fn to_spatial_ref(&self) -> Result<Option<SpatialRef>> {
        quiet_libraries();
        let Some(wkt) = &self.wkt else { return Ok(None) };
        let reference = match &self.authority {
            Some(code) => SpatialRef::from_definition(code),
            None => SpatialRef::from_wkt(wkt),
        };
        let mut reference = reference
            .map_err(|error| Error::Crs { definition: shorten(&self.definition), reason: error.to_string() })?;
        reference.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
        Ok(Some(reference))
    }

    /// The geographic CRS that this is a projection of, or itself, where that counts degrees from Greenwich.
    fn base(&self) -> Option<Self> {
        let wkt = self.wkt.as_deref()?;
        if self.kind == Kind::Local || !wkt.contains("PRIMEM[\"Greenwich\"") {
            return None;
        }
        let base = match self.kind {
            Kind::Geographic => self.clone(),
            _ => from_reference(SpatialRef::from_wkt(wkt).ok()?.geog_cs().ok()?, None).ok()?,
        };
        (base.degrees_per_unit() == Some(1.0)).then_some(base)
    }

    /// What PROJ is given: the code, the PROJ string as typed, or WKT.
    fn for_proj(&self) -> &str {
        match (&self.authority, &self.wkt) {
            (Some(code), _) => code,
            (None, _) if self.definition.starts_with('+') => &self.definition,
            (None, Some(wkt)) => wkt,
            (None, None) => &self.definition,
        }
    }
}

/// Brings places from one CRS to another, always easting, northing or longitude, latitude.
///
/// It belongs to the thread that made it and costs some 15 ms to make: one for each thread, never one for each place.
///
/// # Examples
/// ```
/// use soilscope_pipeline::crs::{Crs, Transformer};
/// let to_europe = Transformer::new(&Crs::parse("EPSG:4326")?, &Crs::parse("EPSG:3035")?)?;
/// let [easting, northing] = to_europe.forward([10.0, 52.0])?; // longitude first
/// assert!((easting - 4_321_000.0).abs() < 1e-3 && (northing - 3_210_000.0).abs() < 1e-3);
/// # Ok::<(), soilscope_pipeline::Error>(())
/// ```
pub struct Transformer {
    from: Crs,
    to: Crs,
    proj: Option<Proj>,
}

impl fmt::Debug for Transformer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transformer").field("from", &self.from.title()).field("to", &self.to.title()).finish()
    }
}

impl Transformer {
    /// Prepares the transformation; the same CRS twice changes nothing.
    ///
    /// # Errors
    /// A local plane with another CRS, or PROJ knows no way.
    pub fn new(from: &Crs, to: &Crs) -> Result<Self> {
        if from.same_as(to) {
            return Ok(Self { from: from.clone(), to: to.clone(), proj: None });
        }
        if from.is_local() || to.is_local() {
            return Err(Error::Crs {
                definition: "local".to_owned(),
                reason: format!(
                    "a local plane is nowhere on Earth, so it cannot be transformed to or from {}; state the CRS of \
                     the samples",
                    if from.is_local() { to.title() } else { from.title() }
                ),
            });
        }
        quiet_libraries();
        let proj = Proj::new_known_crs(from.for_proj(), to.for_proj(), None).map_err(|error| Error::Crs {
            definition: to.title(),
            reason: format!("PROJ knows no transformation to it from {} ({error})", from.title()),
        })?;
        Ok(Self { from: from.clone(), to: to.clone(), proj: Some(proj) })
    }

    /// From a CRS to longitude and latitude in degrees, for judging where on Earth places are: those of its own datum where they count
    /// degrees from Greenwich, which are within some hundred metres of WGS 84's and take no search for the way from one datum to the
    /// other; else those of WGS 84.
    ///
    /// # Examples
    /// ```
    /// use soilscope_pipeline::crs::{Crs, Transformer};
    /// let [longitude, latitude] = Transformer::to_degrees(&Crs::parse("EPSG:3035")?)?.forward([4_321_000.0, 3_210_000.0])?;
    /// assert!((longitude - 10.0).abs() < 1e-6 && (latitude - 52.0).abs() < 1e-6);
    /// # Ok::<(), soilscope_pipeline::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn to_degrees(from: &Crs) -> Result<Self> {
        match from.base() {
            Some(base) => Self::new(from, &base),
            None => Self::new(from, &Crs::parse("EPSG:4326")?),
        }
    }

    /// Whether it changes nothing.
    pub fn is_identity(&self) -> bool {
        self.proj.is_none()
    }

    /// What PROJ says of the operation, with its accuracy in metres where it knows one.
    pub fn description(&self) -> String {
        let Some(proj) = &self.proj else { return "no transformation".to_owned() };
        let info = proj.proj_info();
        let what = info.description.unwrap_or_else(|| format!("{} to {}", self.from.title(), self.to.title()));
        if info.accuracy > 0.0 { format!("{what}, accuracy {} m", info.accuracy) } else { what }
    }

    /// The place in the other CRS.
    ///
    /// # Units      coordinate units of either CRS
    /// # Errors
    /// A number that is not finite, a latitude beyond ±90°, or a place that the projection cannot hold.
    pub fn forward(&self, place: Coord) -> Result<Coord> {
        let refuse = |reason: String| Error::Transform {
            first: place[0],
            second: place[1],
            from: self.from.title(),
            to: self.to.title(),
            reason,
        };
        if !(place[0].is_finite() && place[1].is_finite()) {
            return Err(refuse("a coordinate is not a finite number".to_owned()));
        }
        let Some(proj) = &self.proj else { return Ok(place) };
        if let Some(reason) = self.from.refuse_place(place) {
            return Err(refuse(format!("it {reason}")));
        }
        let (first, second) = proj
            .convert((place[0], place[1]))
            .map_err(|_| refuse("it lies outside what the projection can hold".into()))?;
        if first.is_finite() && second.is_finite() {
            Ok([first, second])
        } else {
            Err(refuse("it lies outside what the projection can hold".to_owned()))
        }
    }
}

//! Where a row lies, in WGS 84.

use std::collections::BTreeMap;

use gdal::spatial_ref::{AxisMappingStrategy, CoordTransform, SpatialRef};

use super::Row;

/// Brings coordinates of any EPSG system to longitude and latitude of WGS 84; keeps the transformations it has made.
#[derive(Default)]
pub struct Places {
    known: BTreeMap<u32, Result<CoordTransform, String>>,
}

/// The number of `EPSG:4326`; nothing else is understood.
///
/// # Examples
/// ```
/// use soilscope_exchange::long::epsg;
/// assert_eq!(epsg("EPSG:28992"), Some(28992));
/// assert_eq!(epsg("urn:ogc:def:crs:EPSG::28992"), None);
/// ```
pub fn epsg(crs: &str) -> Option<u32> {
    let digits = crs.strip_prefix("EPSG:")?;
    ((4..=6).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()))
        .then(|| digits.parse().ok())
        .flatten()
}

impl Places {
    /// With no transformation made.
    pub fn new() -> Self {
        Self::default()
    }

    /// Longitude and latitude of a row: its own, else its x and y brought there; `None` where it has neither.
    ///
    /// # Errors
    /// The coordinate system is not known, or the place has no image in WGS 84.
    pub fn of(&mut self, row: &Row) -> Result<Option<[f64; 2]>, String> {
        let plane = row.x.zip(row.y);
        match (row.longitude.zip(row.latitude), plane) {
            // With both, `crs` is that of x and y.
            (Some((lon, lat)), Some(_)) => Ok(Some([lon, lat])),
            (Some((lon, lat)), None) => self.lonlat(&row.crs, lon, lat).map(Some),
            (None, Some((x, y))) if !row.crs.is_empty() => self.lonlat(&row.crs, x, y).map(Some),
            (None, Some(_)) => Err("x and y have no crs".to_owned()),
            (None, None) => Ok(None),
        }
    }

    /// Longitude and latitude of WGS 84 of an easting and northing (or longitude and latitude) in `crs`; an empty `crs` is WGS 84.
    ///
    /// # Errors
    /// As [`Places::of`].
    pub fn lonlat(&mut self, crs: &str, x: f64, y: f64) -> Result<[f64; 2], String> {
        if crs.is_empty() || crs == "EPSG:4326" {
            return Ok([x, y]);
        }
        let code = epsg(crs).ok_or_else(|| format!("'{crs}' is not of the form EPSG:4326"))?;
        let transform = self.known.entry(code).or_insert_with(|| to_wgs84(code)).as_ref().map_err(Clone::clone)?;
        let (mut xs, mut ys, mut zs) = ([x], [y], []);
        transform.transform_coords(&mut xs, &mut ys, &mut zs).map_err(|e| e.to_string())?;
        if xs[0].is_finite() && ys[0].is_finite() {
            Ok([xs[0], ys[0]])
        } else {
            Err(format!("{x}, {y} of {crs} has no place in WGS 84"))
        }
    }
}

fn to_wgs84(code: u32) -> Result<CoordTransform, String> {
    let system = |code: u32| -> Result<SpatialRef, String> {
        let mut system = SpatialRef::from_epsg(code).map_err(|_| format!("EPSG:{code} is not known here"))?;
        system.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
        Ok(system)
    };
    CoordTransform::new(&system(code)?, &system(4326)?).map_err(|e| format!("EPSG:{code} to EPSG:4326: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_meuse_lies_near_stein() {
        let row = Row { x: Some(181_072.0), y: Some(333_611.0), crs: "EPSG:28992".to_owned(), ..Row::default() };
        let [lon, lat] = Places::new().of(&row).unwrap().unwrap();
        assert!((lon - 5.7586).abs() < 1e-3 && (lat - 50.9918).abs() < 1e-3, "{lon} {lat}");
    }

    #[test]
    fn no_coordinates_no_place_and_an_unknown_system_is_an_error() {
        assert_eq!(Places::new().of(&Row::default()), Ok(None));
        assert!(Places::new().lonlat("EPSG:999999", 1.0, 2.0).is_err());
        assert!(Places::new().lonlat("+proj=utm", 1.0, 2.0).is_err());
    }
}

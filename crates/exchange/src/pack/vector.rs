//! Hotspots of a bundle: the polygons of a run in longitude and latitude, with the attributes of `hotspot.schema.json`.

mod geojson;
mod geopackage;
mod lonlat;
mod properties;
mod read;

use std::fs;
use std::path::Path;

use geo::{GeodesicArea, MultiPolygon};
use serde_json::{Map, Value};

use super::raster::Mapset;
use super::source::{Run, Variable};
use crate::{Error, Result};

/// Which hotspots are left out because they would say too much of where samples were taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Withhold {
    /// None: sites may be known.
    None,
    /// Those that hold fewer sites than may be told apart, and those smaller than the disc in which a site may have been moved: their outline
    /// would say more than the moved site does.
    Small {
        /// Sites of the smallest group that may be shown.
        min_group: u64,
        /// Radius of the displacement, metres; `None` where sites are not shown at all.
        blur_m: Option<f64>,
    },
}

/// What the packer decides about hotspots.
#[derive(Clone, Copy, Debug)]
pub struct HotspotOptions<'a> {
    /// What is left out.
    pub withhold: Withhold,
    /// Whether the GeoPackage has the polygons in the run's own coordinate system too, as `hotspots_national`.
    pub national: bool,
    /// The record of ISO 19139 that the GeoPackage holds in `gpkg_metadata`.
    pub iso: Option<&'a str>,
    /// The time that the GeoPackage says it was changed, as `2026-11-22T05:59:45Z`.
    pub dated: &'a str,
}

/// What was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Hotspots {
    /// Relative to the bundle; `None` where no hotspot is left, for a file of nothing has no extent.
    pub geojson: Option<String>,
    /// The same.
    pub gpkg: Option<String>,
    /// Hotspots in the files.
    pub count: u64,
    /// Hotspots of the run that were left out.
    pub withheld: u64,
    /// Area of those in the files on the ellipsoid of WGS 84, square metres.
    pub area_m2: f64,
    /// West, south, east, north of those in the files; west is the greater where they lie across the antimeridian.
    pub bbox: Option<[f64; 4]>,
}

/// A hotspot in both of its forms.
pub(crate) struct Hotspot {
    /// In longitude and latitude, seven decimals.
    pub(crate) lonlat: MultiPolygon<f64>,
    /// In the run's own coordinate system.
    pub(crate) own: MultiPolygon<f64>,
    /// Members of `hotspot.schema.json`.
    pub(crate) properties: Map<String, Value>,
}

/// Writes the hotspots of a map into the folder `vector` of `into`; `None` where the run was not asked for any.
///
/// # Errors
/// A file of the run that is not as the run writes them, a polygon that is none on Earth, a file that cannot be written, interrupted.
pub fn hotspots(
    run: &Run,
    variable: &Variable,
    mapset: &Mapset,
    options: &HotspotOptions<'_>,
    into: &Path,
    interrupted: &dyn Fn() -> bool,
) -> Result<Option<Hotspots>> {
    let Some(entry) = variable.output("_hotspots.gpkg") else { return Ok(None) };
    let path = run.folder.join(&entry.name);
    let (crs, polygons) = read::polygons(&path)?;
    let to_lonlat = lonlat::ToLonLat::new(&crs)?;
    let (mut kept, mut withheld) = (Vec::new(), 0);
    for polygon in polygons {
        if interrupted() {
            return Err(Error::Interrupted);
        }
        let lonlat = to_lonlat.convert(&polygon.shape).map_err(|reason| {
            let what = format!("{}: hotspot {}", path.display(), polygon.id);
            Error::refused(what, reason, "check the run's coordinate system")
        })?;
        let area = lonlat.geodesic_area_unsigned();
        if options.withhold.hides(polygon.samples_inside, area) {
            withheld += 1;
            continue;
        }
        let properties = properties::of(&polygon, variable, mapset, area)?;
        kept.push((area, Hotspot { lonlat, own: polygon.shape, properties }));
    }
    let area_m2 = kept.iter().map(|(area, _)| area).sum();
    let kept: Vec<Hotspot> = kept.into_iter().map(|(_, hotspot)| hotspot).collect();
    let count = kept.len() as u64;
    let mut done = Hotspots { geojson: None, gpkg: None, count, withheld, area_m2, bbox: lonlat::bbox(&kept) };
    if kept.is_empty() {
        return Ok(Some(done));
    }
    let folder = into.join("vector");
    fs::create_dir_all(&folder).map_err(|e| Error::unwritable(&folder, e))?;
    let name = format!("vector/{}", mapset.naming.hotspots("geojson"));
    let file = into.join(&name);
    fs::write(&file, geojson::text(&kept, done.bbox)).map_err(|e| Error::unwritable(&file, e))?;
    done.geojson = Some(name);
    let name = format!("vector/{}", mapset.naming.hotspots("gpkg"));
    geopackage::write(&into.join(&name), &kept, &crs, options)?;
    done.gpkg = Some(name);
    Ok(Some(done))
}

impl Withhold {
    fn hides(self, sites: u64, area_m2: f64) -> bool {
        match self {
            Self::None => false,
            Self::Small { min_group, blur_m } => {
                let disc = blur_m.map_or(0.0, |radius| std::f64::consts::PI * radius * radius);
                sites < min_group || area_m2 < disc
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_groups_and_small_areas_are_hidden() {
        let small = Withhold::Small { min_group: 5, blur_m: Some(1000.0) };
        assert!(small.hides(4, 1e9) && small.hides(100, 3.1e6) && !small.hides(5, 3.2e6));
        assert!(!Withhold::Small { min_group: 5, blur_m: None }.hides(5, 1.0));
        assert!(!Withhold::None.hides(0, 0.0));
    }
}

//! GeoPackage: `sites`, `specimens` and `results`, or one layer of points (specification, section 3.3).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gdal::Dataset;
use gdal::vector::{Feature, FieldValue, Geometry, Layer, LayerAccess, OGRwkbGeometryType, geometry_type_flatten};

use super::build::Reading;
use super::number;
use super::report::shown;
use super::sheet::{Limits, Record, Sheet, cell, checked_cell, checked_header};
use super::side::Side;
use super::{columns, local, tall, wide};
use crate::pack::gdal_io::{self, Hush};
use crate::{Error, Result};

/// A layer of a GeoPackage as texts; of points also their place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grid {
    /// What errors call it: the file and the layer.
    pub(crate) path: PathBuf,
    /// Its columns.
    pub(crate) header: Vec<String>,
    /// Its rows, numbered as a table with a header would be.
    pub(crate) rows: Vec<Record>,
}

impl Grid {
    /// The number of a column by any of its names, case aside.
    pub(crate) fn column(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.header.iter().position(|h| h.eq_ignore_ascii_case(name)))
    }

    /// Rows by what they have in a column; the first of several counts, an empty cell is no key.
    pub(crate) fn by(&self, column: usize) -> BTreeMap<&str, &Record> {
        let mut by = BTreeMap::new();
        for row in self.rows.iter().filter(|r| !r.cells[column].trim().is_empty()) {
            by.entry(row.cells[column].trim()).or_insert(row);
        }
        by
    }

    pub(crate) fn into_sheet(self, comma: bool) -> Sheet<'static> {
        Sheet { path: self.path, header: self.header, records: Box::new(self.rows.into_iter().map(Ok)), comma }
    }
}

/// A GeoPackage that is open for reading.
pub(crate) struct Package {
    path: PathBuf,
    dataset: Dataset,
    limits: Limits,
    _hush: Hush,
}

impl Package {
    /// Opens a local regular file with the GeoPackage driver and no other.
    pub(crate) fn open(path: &Path, limits: &Limits) -> Result<Self> {
        drop(local::open(path)?);
        let dataset = gdal_io::open(path, "GPKG")?;
        Ok(Self { path: path.to_owned(), dataset, limits: *limits, _hush: Hush::new() })
    }

    /// The names of its layers and tables, as they stand in it.
    pub(crate) fn layers(&self) -> Vec<String> {
        self.dataset.layers().map(|layer| layer.name()).collect()
    }

    /// All of a layer.
    pub(crate) fn grid(&self, name: &str) -> Result<Grid> {
        let mut layer = self.dataset.layer_by_name(name).map_err(|e| Error::unreadable(&self.path, e))?;
        let path = PathBuf::from(format!("{}, layer {}", self.path.display(), shown(name)));
        let place = Place::of(&layer);
        let fields: Vec<String> = layer.defn().fields().map(|f| f.name()).collect();
        let added: &[&str] = place.as_ref().map_or(&[], |p| p.names.as_slice());
        // The geometry says where a feature lies; columns of these names are a copy.
        let kept: Vec<usize> = (0..fields.len()).filter(|&i| !added.contains(&fields[i].as_str())).collect();
        let header = kept.iter().map(|&i| fields[i].clone()).chain(added.iter().map(|n| (*n).to_owned())).collect();
        let header = checked_header(&path, header, &self.limits)?;
        let mut grid = Grid { path, header, rows: Vec::new() };
        let mut held = 0;
        for (row, feature) in (2..).zip(layer.features()) {
            let mut cells = Vec::with_capacity(grid.header.len());
            for &i in &kept {
                let text = text_of(&feature, i).map_err(|e| {
                    cell(
                        &grid.path,
                        row,
                        &fields[i],
                        "",
                        &format!("cannot be read: {e}"),
                        "give text, numbers and dates",
                    )
                })?;
                checked_cell(&grid.path, row, &fields[i], &text, &self.limits)?;
                cells.push(text);
            }
            if let Some(place) = &place {
                cells.extend(place.cells(&feature, &grid.path, row)?);
            }
            held += cells.iter().map(|c| c.len() as u64 + 24).sum::<u64>();
            if row > self.limits.rows || held > self.limits.file_bytes {
                let reason = format!("more than {} rows or {} bytes", self.limits.rows, self.limits.file_bytes);
                return Err(Error::refused(grid.path.display(), reason, "divide it, or give CSV"));
            }
            grid.rows.push(Record { row, cells });
        }
        Ok(grid)
    }
}

/// How a layer's points become columns.
struct Place {
    names: Vec<&'static str>,
    crs: Option<String>,
}

impl Place {
    fn of(layer: &Layer<'_>) -> Option<Self> {
        layer.defn().geom_fields().next()?;
        let system = layer.spatial_ref();
        let known = system.as_ref().filter(|s| s.auth_name().as_deref() == Some("EPSG"));
        let crs = known.and_then(|s| s.auth_code().ok()).map(|code| format!("EPSG:{code}"));
        let geographic = system.as_ref().is_some_and(|s| s.is_geographic());
        let mut names = if geographic { vec!["longitude", "latitude"] } else { vec!["x", "y"] };
        names.extend(crs.as_ref().map(|_| "crs"));
        Some(Self { names, crs })
    }

    fn cells(&self, feature: &Feature<'_>, path: &Path, row: u64) -> Result<Vec<String>> {
        let Some(geometry) = feature.geometry().filter(|g| !g.is_empty()) else {
            return Ok(vec![String::new(); self.names.len()]);
        };
        let kind = |g: &Geometry| geometry_type_flatten(g.geometry_type());
        if kind(geometry) != OGRwkbGeometryType::wkbPoint {
            let name = geometry.geometry_name();
            return Err(cell(path, row, "geometry", &name, "is no point", "give one point per site"));
        }
        let (x, y, _) = geometry.get_point(0);
        let mut cells = vec![number::write(x), number::write(y)];
        cells.extend(self.crs.clone());
        Ok(cells)
    }
}

fn text_of(feature: &Feature<'_>, field: usize) -> std::result::Result<String, String> {
    Ok(match feature.field(field).map_err(|e| e.to_string())? {
        None => String::new(),
        Some(FieldValue::StringValue(text)) => text,
        Some(FieldValue::IntegerValue(n)) => n.to_string(),
        Some(FieldValue::Integer64Value(n)) => n.to_string(),
        Some(FieldValue::RealValue(n)) if n.is_nan() => String::new(),
        Some(FieldValue::RealValue(n)) => number::write(n),
        Some(FieldValue::DateValue(date)) => date.to_string(),
        Some(FieldValue::DateTimeValue(time)) => time.naive_local().to_string(),
        Some(_) => return Err("a list".to_owned()),
    })
}

/// Reads all results of a GeoPackage of ours, or of one layer of points.
pub(crate) fn read(reading: &mut Reading<'_>, package: &Package, names: &[String]) -> Result<()> {
    let has = |name: &str| names.iter().find(|n| n.eq_ignore_ascii_case(name));
    if let (Some(results), Some(sites)) = (has("results"), has("sites")) {
        reading.report.format = "GeoPackage with sites, specimens and results".to_owned();
        let specimens = has("specimens").map(|name| package.grid(name)).transpose()?;
        let joined = joined(package.grid(results)?, specimens, package.grid(sites)?)?;
        return tall::read(reading, joined.into_sheet(false));
    }
    let name = match (&reading.defaults.layer, names) {
        (Some(layer), _) if names.contains(layer) => layer.clone(),
        (None, [only]) => only.clone(),
        (declared, _) => {
            let listed = names.iter().map(|n| shown(n)).collect::<Vec<_>>().join(", ");
            let reason = match declared {
                Some(layer) => format!("has no layer '{}', but {listed}", shown(layer)),
                None => format!("has several layers ({listed}) and not sites and results"),
            };
            return Err(Error::refused(package.path.display(), reason, "say layer = \"name\" in the defaults"));
        }
    };
    reading.report.format = "GeoPackage, one layer".to_owned();
    let grid = package.grid(&name)?;
    let fields = columns::fields(&grid.path, &grid.header, reading.defaults)?;
    if tall::is_long(&fields) {
        return tall::read(reading, grid.into_sheet(false));
    }
    let side = Side::beside(&package.path)?.unwrap_or_default();
    wide::read(reading, grid.into_sheet(false), &side)
}

/// Results with the columns of their specimen and site beside them.
fn joined(mut results: Grid, specimens: Option<Grid>, sites: Grid) -> Result<Grid> {
    if let Some(specimens) = specimens {
        results = beside(results, &specimens, "specimen_code")?;
    }
    beside(results, &sites, "site_code")
}

/// `left` with the columns of the row of `right` that has the same key; columns that `left` has stay its own.
pub(crate) fn beside(mut left: Grid, right: &Grid, key: &str) -> Result<Grid> {
    let asked = |grid: &Grid| {
        grid.column(&[key]).ok_or_else(|| {
            Error::refused(grid.path.display(), format!("has no column {key}"), "its tables are joined by it")
        })
    };
    let (from, to) = (asked(&left)?, asked(right)?);
    let by = right.by(to);
    let is_new = |name: &str| name != "fid" && left.column(&[name]).is_none();
    let added: Vec<usize> = (0..right.header.len()).filter(|&i| is_new(&right.header[i])).collect();
    for row in &mut left.rows {
        let code = row.cells[from].trim().to_owned();
        let Some(found) = by.get(code.as_str()) else {
            let reason = format!("is not in {}", right.path.display());
            return Err(cell(&left.path, row.row, key, &code, &reason, "add it there, or correct the code"));
        };
        row.cells.extend(added.iter().map(|&i| found.cells[i].clone()));
    }
    left.header.extend(added.iter().map(|&i| right.header[i].clone()));
    Ok(left)
}

//! The GeoPackage of the INSPIRE soil theme: observations of properties by procedures in elements of profiles at plots
//! (`crosswalk.json`, `inspire_soil_gpkg`; the names of tables and keys are those of the two published templates).

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::long::gpkg::{Grid, Package};
use crate::long::sheet::{Record, cell};
use crate::long::{Reading, tall};
use crate::{Error, Result};

/// Names a table has in one template or the other.
const PROPERTY: [&str; 2] = ["observedproperty", "observableproperty"];
const PROCEDURE: [&str; 2] = ["observingprocedure", "process"];
/// Names of the key that other tables refer to.
const KEY: [&str; 2] = ["guid", "guidkey"];

/// Whether tables of these names are those of the theme.
pub(super) fn is_it(tables: &[String]) -> bool {
    let has = |name: &str| tables.iter().any(|t| t.eq_ignore_ascii_case(name));
    ["datastream", "observation", "profileelement", "soilplot"].into_iter().all(has)
}

/// A table and its rows by key.
struct Keyed<'a> {
    grid: &'a Grid,
    by: BTreeMap<&'a str, &'a Record>,
}

impl<'a> Keyed<'a> {
    fn of(grid: &'a Grid, keys: &[&str]) -> Result<Self> {
        let key = grid.column(keys).ok_or_else(|| {
            Error::refused(
                grid.path.display(),
                format!("has no column {}", keys.join(" or ")),
                "use the template's tables",
            )
        })?;
        Ok(Self { grid, by: grid.by(key) })
    }

    fn get(&self, key: &str) -> Option<&'a Record> {
        self.by.get(key.trim()).copied()
    }

    fn cell(&self, row: Option<&'a Record>, names: &[&str]) -> &'a str {
        text(self.grid, row, names)
    }
}

/// The first cell that is not empty under these names.
fn text<'a>(grid: &'a Grid, row: Option<&'a Record>, names: &[&str]) -> &'a str {
    let Some(row) = row else { return "" };
    let cells = names.iter().filter_map(|name| grid.column(&[name])).map(|i| row.cells[i].trim());
    cells.into_iter().find(|c| !c.is_empty()).unwrap_or_default()
}

const COLUMNS: [&str; 16] = [
    "analyte_code",
    "extraction_code",
    "unit",
    "value",
    "sampling_date",
    "analysis_date",
    "upper_depth_cm",
    "lower_depth_cm",
    "element_code",
    "element_type",
    "profile_code",
    "plot_code",
    "plot_type",
    "site_code",
    "first",
    "second",
];

/// Reads all observations of numbers.
pub(super) fn read(reading: &mut Reading<'_>, package: &Package, tables: &[String]) -> Result<()> {
    let grid = |names: &[&str]| -> Result<Option<Grid>> {
        let found = names.iter().find_map(|name| tables.iter().find(|t| t.eq_ignore_ascii_case(name)));
        found.map(|name| package.grid(name)).transpose()
    };
    let needed = |names: &[&str]| -> Result<Grid> {
        grid(names)?.ok_or_else(|| {
            Error::refused(
                "INSPIRE soil GeoPackage",
                format!("has no table {}", names.join(" or ")),
                "use the template",
            )
        })
    };
    reading.report.format = "INSPIRE soil GeoPackage".to_owned();
    let observations = needed(&["observation"])?;
    let (streams, properties, plots) = (needed(&["datastream"])?, needed(&PROPERTY)?, needed(&["soilplot"])?);
    let (profiles, elements) = (needed(&["soilprofile"])?, needed(&["profileelement"])?);
    let (procedures, units, sites) = (grid(&PROCEDURE)?, grid(&["unitofmeasure"])?, grid(&["soilsite"])?);
    let stream = Keyed::of(&streams, &KEY)?;
    let property = Keyed::of(&properties, &KEY)?;
    let (profile, element, plot) = (Keyed::of(&profiles, &KEY)?, Keyed::of(&elements, &KEY)?, Keyed::of(&plots, &KEY)?);
    let procedure = procedures.as_ref().map(|g| Keyed::of(g, &KEY)).transpose()?;
    let unit = units.as_ref().map(|g| Keyed::of(g, &["code", "guid", "guidkey", "uom"])).transpose()?;
    let site = sites.as_ref().map(|g| Keyed::of(g, &KEY)).transpose()?;

    let lonlat = plots.column(&["longitude"]).is_some();
    let mut header: Vec<String> = COLUMNS.iter().map(|c| (*c).to_owned()).collect();
    let place = if lonlat { ["longitude", "latitude"] } else { ["x", "y"] };
    for (slot, name) in ["first", "second"].into_iter().zip(place) {
        let at = COLUMNS.iter().position(|c| *c == slot).expect("a column of the list");
        name.clone_into(&mut header[at]);
    }
    let crs = plots.column(&["crs"]).is_some();
    header.extend(crs.then(|| "crs".to_owned()));

    let name = ["inspireid_localid", "localidentifier", "name", "guid", "guidkey"];
    let mut rows = Vec::new();
    let mut elsewhere = 0;
    for observation in &observations.rows {
        let at = |names: &[&str]| text(&observations, Some(observation), names);
        let value = at(&["result_real", "result_uom", "result", "result_value"]);
        let key = at(&["guid_datastream", "iddatastream", "datastream"]);
        let Some(of) = stream.get(key) else {
            return Err(cell(
                &observations.path,
                observation.row,
                "guid_datastream",
                key,
                "is in no datastream",
                "correct the key",
            ));
        };
        let by = |names: &[&str]| stream.cell(Some(of), names);
        let in_element = element.get(by(&["guid_profileelement", "idprofileelement"]));
        let in_profile = match in_element {
            Some(row) => profile.get(element.cell(Some(row), &["ispartof"])),
            None => profile.get(by(&["guid_soilprofile", "idsoilprofile"])),
        };
        let at_plot = plot.get(profile.cell(in_profile, &["location"]));
        if value.is_empty() || in_element.is_none() || at_plot.is_none() {
            elsewhere += 1;
            continue;
        }
        let what = property.get(by(&[
            "guid_observedproperty",
            "guid_observableproperty",
            "idobservedproperty",
            "idobservableproperty",
        ]));
        let how = procedure.as_ref().map_or("", |p| {
            let key = by(&["guid_observingprocedure", "guid_process", "idobservingprocedure", "idprocess"]);
            p.cell(p.get(key), &["definition", "name", "inspireid_localid"])
        });
        let unit_key = by(&["code_unitofmeasure", "guid_unitofmeasure", "idunitofmeasure", "unitofmeasure"]);
        let in_unit = unit.as_ref().map_or("", |u| u.cell(u.get(unit_key), &["symbol", "uom", "code", "name"]));
        let on_site = site.as_ref().map_or("", |s| s.cell(s.get(plot.cell(at_plot, &["locatedon"])), &name));
        let plot_code = plot.cell(at_plot, &name);
        let kind = match element.cell(in_element, &["profileelementtype"]) {
            "0" => "Horizon",
            "1" => "Layer",
            _ => "",
        };
        let mut cells = vec![
            property.cell(what, &["definition", "basephenomenon", "name"]),
            how,
            if in_unit.is_empty() { unit_key } else { in_unit },
            value,
            at(&["phenomenontime_start", "phenomenontime_begin", "phenomenontime"]),
            at(&["resulttime"]),
            element.cell(in_element, &["profileelementdepthrange_uppervalue"]),
            element.cell(in_element, &["profileelementdepthrange_lowervalue"]),
            element.cell(in_element, &name),
            kind,
            profile.cell(in_profile, &["localidentifier", "inspireid_localid", "guid", "guidkey"]),
            plot_code,
            plot.cell(at_plot, &["soilplottype"]),
            if on_site.is_empty() { plot_code } else { on_site },
            plot.cell(at_plot, &place[..1]),
            plot.cell(at_plot, &place[1..]),
        ];
        cells.extend(crs.then(|| plot.cell(at_plot, &["crs"])));
        rows.push(Record { row: observation.row, cells: cells.into_iter().map(str::to_owned).collect() });
    }
    if elsewhere > 0 {
        reading.report.notice(format!(
            "{elsewhere} observations are no numbers, or not of an element of a profile at a plot: not read as results of samples"
        ));
    }
    let path = PathBuf::from(observations.path.as_os_str());
    let joined = Grid { path, header, rows };
    tall::read(reading, joined.into_sheet(false))
}

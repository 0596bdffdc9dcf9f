//! The FAO and GloSIS template workbook, version 2 (specification, section 2.3; `crosswalk.json`, `glosis_template_v2`).

use std::collections::BTreeMap;

use super::workbook::{Raw, Sheets, key};
use crate::long::gpkg::Grid;
use crate::long::sheet::{Limits, Record, cell, checked_header};
use crate::long::{Fields, Reading, Report, Side, wide};
use crate::{Error, Result, tables};

/// Sheets, the columns by which each is known, and the row of its header (`crosswalk.json`, `header_rows`).
const PLOT: (&str, &[&str], u64) = ("plot data", &["plot_code"], 2);
const PROFILE: (&str, &[&str], u64) = ("profile data", &["profile_code"], 2);
const ELEMENT: (&str, &[&str], u64) = ("element data", &["profile_code", "element_code"], 2);
const SPECIMEN: (&str, &[&str], u64) = ("specimen data", &["profile_code", "specimen_code"], 1);
const PROCEDURES: (&str, &[&str], u64) = ("procedures", &["soil_property", "property_phys_chem_id"], 1);

/// What the template calls a field, and the field.
const PLOT_FIELDS: [(&str, &str); 10] = [
    ("project_name", "project_name"),
    ("site_code", "site_code"),
    ("plot_code", "plot_code"),
    ("plot_type", "plot_type"),
    ("date", "sampling_date"),
    ("longitude", "longitude"),
    ("latitude", "latitude"),
    ("altitude", "altitude_m"),
    ("positional_accuracy", "positional_accuracy_m"),
    ("Landuse", "land_use"),
];
const ELEMENT_FIELDS: [(&str, &str); 3] =
    [("type", "element_type"), ("upper_depth", "upper_depth_cm"), ("lower_depth", "lower_depth_cm")];

/// Whether these sheets are the template's.
pub(super) fn is_it(sheets: &Sheets) -> bool {
    [PLOT, ELEMENT, SPECIMEN].iter().all(|(name, ..)| sheets.contains_key(*name))
}

/// A sheet with its header: in the row that the template has it in, else in the first that has the columns it is known by.
fn table(sheets: &Sheets, of: (&str, &[&str], u64), limits: &Limits, report: &mut Report) -> Result<Option<Grid>> {
    let (name, columns, stated) = of;
    let Some(Raw { path, rows, .. }) = sheets.get(name) else { return Ok(None) };
    let is_header = |r: &Record| columns.iter().all(|c| r.cells.iter().any(|cell| cell.trim().eq_ignore_ascii_case(c)));
    let found = rows.iter().position(|r| r.row == stated && is_header(r));
    let Some(at) = found.or_else(|| rows.iter().take(5).position(is_header)) else {
        return Err(Error::refused(
            path.display(),
            format!("no header with {}", columns.join(" and ")),
            "keep the template's column names",
        ));
    };
    if rows[at].row != stated {
        report.notice(format!("{name}: its header stands in row {}, in the template in row {stated}", rows[at].row));
    }
    let mut header = rows[at].cells.clone();
    while header.last().is_some_and(|h| h.trim().is_empty()) {
        header.pop();
    }
    let header = checked_header(path, header, limits)?;
    let mut data = Vec::new();
    for row in &rows[at + 1..] {
        if row.cells.iter().all(|c| c.trim().is_empty()) {
            continue;
        }
        let mut cells = row.cells.clone();
        if cells.iter().skip(header.len()).any(|c| !c.trim().is_empty()) {
            let last = cells.last().cloned().unwrap_or_default();
            return Err(cell(
                path,
                row.row,
                "(no column)",
                &last,
                "stands beside the table",
                "give it a column, or remove it",
            ));
        }
        cells.resize(header.len(), String::new());
        data.push(Record { row: row.row, cells });
    }
    Ok(Some(Grid { path: path.clone(), header, rows: data }))
}

/// What the Procedures sheet declares for the columns of specimens.
fn procedures(grid: &Grid) -> Side {
    let column = |name: &str| grid.column(&[name]);
    let (property, id) = (column("soil_property"), column("property_phys_chem_id"));
    let (procedure, unit) = (column("procedure_phys_chem_id"), column("unit_of_measure_id"));
    let mut columns = BTreeMap::new();
    for row in &grid.rows {
        let text = |column: Option<usize>| column.map(|i| row.cells[i].trim()).filter(|t| !t.is_empty());
        let Some(name) = text(property) else { continue };
        let mut fields = Fields::new();
        for (field, found) in [("analyte_code", text(id)), ("extraction_code", text(procedure)), ("unit", text(unit))] {
            if let Some(found) = found {
                fields.insert(field.to_owned(), found.to_owned());
            }
        }
        columns.insert(name.to_owned(), fields);
    }
    Side::new(columns)
}

/// Reads all results of the template.
pub(super) fn read(reading: &mut Reading<'_>, sheets: &Sheets) -> Result<()> {
    reading.report.format = "FAO and GloSIS template workbook".to_owned();
    let limits = reading.options.limits;
    let mut get = |of| table(sheets, of, &limits, &mut reading.report);
    let missing =
        |name: &str| Error::refused("template workbook", format!("has no sheet {name}"), "keep the template's sheets");
    let plots = get(PLOT)?.ok_or_else(|| missing(PLOT.0))?;
    let elements = get(ELEMENT)?.ok_or_else(|| missing(ELEMENT.0))?;
    let specimens = get(SPECIMEN)?.ok_or_else(|| missing(SPECIMEN.0))?;
    let profiles = get(PROFILE)?;
    let side = get(PROCEDURES)?.as_ref().map(procedures).unwrap_or_default();
    told(sheets, reading);
    let comma = sheets.get(SPECIMEN.0).is_some_and(|s| s.comma);
    let joined = join(&plots, profiles.as_ref(), &elements, specimens)?;
    wide::read(reading, joined.into_sheet(comma), &side)
}

/// Sheets that hold no results are named, none is dropped in silence.
fn told(sheets: &Sheets, reading: &mut Reading<'_>) {
    let known: Vec<String> = tables::crosswalk()["glosis_template_v2"]["sheets"]
        .as_array()
        .map(|names| names.iter().filter_map(|n| n.as_str()).map(key).collect())
        .unwrap_or_default();
    let read = [PLOT.0, PROFILE.0, ELEMENT.0, SPECIMEN.0, PROCEDURES.0];
    for name in sheets.keys().filter(|n| !read.contains(&n.as_str())) {
        let what = if known.contains(name) { "holds no results" } else { "is not the template's" };
        reading.report.notice(format!("sheet '{name}' {what}: not read"));
    }
}

/// Specimens with the depths of their element and the place of their plot.
fn join(plots: &Grid, profiles: Option<&Grid>, elements: &Grid, specimens: Grid) -> Result<Grid> {
    let asked = |grid: &Grid, name: &str| {
        grid.column(&[name]).ok_or_else(|| {
            Error::refused(grid.path.display(), format!("has no column {name}"), "keep the template's column names")
        })
    };
    let of_profile: BTreeMap<&str, &Record> = match plots.column(&["profile_code"]) {
        Some(column) => plots.by(column),
        None => {
            let profiles = profiles.ok_or_else(|| {
                Error::refused(
                    plots.path.display(),
                    "has no column profile_code",
                    "or give the sheet Profile Data with plot_code",
                )
            })?;
            let by_plot = plots.by(asked(plots, "plot_code")?);
            let (profile, plot) = (asked(profiles, "profile_code")?, asked(profiles, "plot_code")?);
            profiles
                .rows
                .iter()
                .filter_map(|r| Some((r.cells[profile].trim(), *by_plot.get(r.cells[plot].trim())?)))
                .collect()
        }
    };
    let (element_profile, element_code) = (asked(elements, "profile_code")?, asked(elements, "element_code")?);
    let by_element: BTreeMap<(&str, &str), &Record> =
        elements.rows.iter().map(|r| ((r.cells[element_profile].trim(), r.cells[element_code].trim()), r)).collect();
    let (of, within) = (asked(&specimens, "profile_code")?, asked(&specimens, "element_code")?);

    let picked = |grid: &Grid, fields: &[(&str, &'static str)]| -> Vec<(usize, &'static str)> {
        fields.iter().filter_map(|(name, field)| Some((grid.column(&[name])?, *field))).collect()
    };
    let from_plot = picked(plots, &PLOT_FIELDS);
    let from_element = picked(elements, &ELEMENT_FIELDS);
    let mut joined = specimens;
    for row in &mut joined.rows {
        let (profile, code) = (row.cells[of].trim().to_owned(), row.cells[within].trim().to_owned());
        let refuse = |column: &str, value: &str, other: &Grid| {
            let reason = format!("is not in {}", other.path.display());
            cell(&joined.path, row.row, column, value, &reason, "add it there, or correct the code")
        };
        let plot = of_profile.get(profile.as_str()).ok_or_else(|| refuse("profile_code", &profile, plots))?;
        let element = by_element
            .get(&(profile.as_str(), code.as_str()))
            .ok_or_else(|| refuse("element_code", &code, elements))?;
        row.cells.extend(from_plot.iter().map(|&(i, _)| plot.cells[i].clone()));
        row.cells.extend(from_element.iter().map(|&(i, _)| element.cells[i].clone()));
    }
    let added = from_plot.iter().chain(&from_element).map(|&(_, field)| field.to_owned());
    joined.header.extend(added);
    Ok(joined)
}

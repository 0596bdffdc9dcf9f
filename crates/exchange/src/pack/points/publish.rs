//! Rows as they are published, and their files.

use std::collections::BTreeSet;
use std::path::Path;

use super::super::about::{About, Access};
use super::super::stable::write_csv;
use super::Points;
use crate::Result;
use crate::long::Row;
use crate::privacy::Secret;

/// Columns that a row of a protected site keeps. All others are dropped: each says something of where it is (altitude, soil, plot, unit),
/// whose it is, or ties it to another release that shows its place (laboratory numbers, records, free text).
const KEPT: [&str; 34] = [
    "site_code",
    "profile_code",
    "plot_type",
    "element_type",
    "specimen_code",
    "country",
    "sampling_date",
    "date_precision",
    "upper_depth_cm",
    "lower_depth_cm",
    "sample_support",
    "grain_size_max_um",
    "land_use",
    "analyte_code",
    "cas_number",
    "value",
    "censor",
    "value_low",
    "value_high",
    "unit",
    "basis",
    "dry_matter_pct",
    "lod",
    "loq",
    "uol",
    "uncertainty_expanded",
    "uncertainty_rel_pct",
    "coverage_factor",
    "extraction_code",
    "determination_code",
    "fraction",
    "qc_type",
    "data_owner",
    "licence",
];

/// Columns that no published row has: other spellings of its place, and free text.
const DROPPED: [&str; 4] = ["x", "y", "crs", "remark"];

/// Columns of `points/locations.csv`.
const LOCATION: [&str; 8] =
    ["site_code", "longitude", "latitude", "location_blur_m", "country", "access_level", "data_owner", "licence"];

/// A result as it is published at `place`; `hidden`: the secret and the radius of a displaced site.
pub(super) fn result(row: &Row, place: [f64; 2], hidden: Option<(&Secret, f64)>) -> Row {
    let mut shown = match hidden {
        None => Row { remark: String::new(), x: None, y: None, crs: String::new(), ..row.clone() },
        Some(_) => kept(row),
    };
    place_at(&mut shown, place, hidden);
    if let Some((secret, _)) = hidden {
        let named =
            |prefix: &str, code: &str| if code.is_empty() { String::new() } else { secret.pseudonym(prefix, code) };
        shown.profile_code = named("p", row.profile());
        shown.specimen_code = named("m", &row.specimen_code);
    }
    shown.access_level = if hidden.is_some() { Access::Blurred } else { Access::Open }.as_str().to_owned();
    if let Some(date) = row.sampling_date {
        shown.date_precision = date.precision().to_owned();
    }
    shown
}

/// A site without its results.
pub(super) fn location(row: &Row, place: [f64; 2], hidden: Option<(&Secret, f64)>) -> Row {
    let mut shown = Row {
        site_code: row.site_code.clone(),
        country: row.country.clone(),
        data_owner: row.data_owner.clone(),
        licence: row.licence.clone(),
        access_level: Access::LocationsOnly.as_str().to_owned(),
        ..Row::default()
    };
    place_at(&mut shown, place, hidden);
    shown
}

fn place_at(shown: &mut Row, [longitude, latitude]: [f64; 2], hidden: Option<(&Secret, f64)>) {
    (shown.longitude, shown.latitude) = (Some(longitude), Some(latitude));
    if let Some((secret, radius)) = hidden {
        shown.site_code = site_code(secret, &shown.site_code);
        shown.location_blur_m = Some(radius);
    }
}

/// The code a protected site is published with.
pub(super) fn site_code(secret: &Secret, code: &str) -> String {
    secret.pseudonym("s", code)
}

/// Only what a protected site's row keeps.
fn kept(row: &Row) -> Row {
    let mut shown = Row::default();
    for column in KEPT {
        let cell = row.cell(column).unwrap_or_default();
        if !cell.is_empty() {
            // What a row wrote it can read.
            shown.set(column, &cell).expect("a cell of a row is one of its column");
        }
    }
    shown
}

/// By codes as published, so that the order of the table does not tell which site is which.
pub(super) fn sort(rows: &mut [Row]) {
    let key =
        |r: &Row| (r.site_code.clone(), r.specimen_code.clone(), r.analyte_code.clone(), r.extraction_code.clone());
    rows.sort_by_cached_key(|r| (key(r), r.qc_type.clone(), r.cell("value")));
}

/// Writes `points/`; the files' names.
pub(super) fn write(root: &Path, points: &Points, about: &About) -> Result<Vec<String>> {
    let mut files = Vec::new();
    if !points.published.is_empty() {
        let path = "points/samples.csv";
        // A column that no row fills is left out, unless every table has it.
        let filled = |c: &str| points.published.iter().any(|row| row.cell(c).is_some_and(|cell| !cell.is_empty()));
        let columns = Row::FIELDS.iter().copied().filter(|c| !DROPPED.contains(c) && (is_required(c) || filled(c)));
        let columns: Vec<&str> = columns.collect();
        table(root, path, &columns, &points.published)?;
        files.push(path.to_owned());
    }
    if !points.locations.is_empty() {
        let path = "points/locations.csv";
        table(root, path, &LOCATION, &points.locations)?;
        files.push(path.to_owned());
    }
    files.extend(points.groups.write(root, about)?);
    Ok(files)
}

/// Whether every long table has the column (`sample_long.schema.json`).
fn is_required(column: &str) -> bool {
    let fields = crate::tables::long_schema()["fields"].as_array();
    fields.is_some_and(|all| all.iter().any(|f| f["name"] == column && f["required"] == true))
}

fn table(root: &Path, path: &str, columns: &[&str], rows: &[Row]) -> Result<()> {
    let cells = |row: &Row| columns.iter().map(|c| row.cell(c).unwrap_or_default()).collect::<Vec<_>>();
    write_csv(root, path, columns, rows.iter().map(cells))
}

/// Boxes of 0.0001 degree around places, for a displaced site that happened to come upon another's true place would look like a leak to
/// every judge, and be one to whoever takes it for true.
#[derive(Debug)]
pub(super) struct Boxes(BTreeSet<[i64; 2]>);

impl Boxes {
    pub(super) fn of(places: &[[f64; 2]]) -> Self {
        Self(places.iter().map(|p| Self::key(*p)).collect())
    }

    /// Whether a place is in the box of one of these, or in a box beside it.
    pub(super) fn hold(&self, place: [f64; 2]) -> bool {
        let [x, y] = Self::key(place);
        (x - 1..=x + 1).any(|x| (y - 1..=y + 1).any(|y| self.0.contains(&[x, y])))
    }

    fn key(place: [f64; 2]) -> [i64; 2] {
        place.map(|degrees| (degrees * 1e4).round() as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_a_protected_site_loses_what_would_give_it_away() {
        let row = Row {
            site_code: "A001".into(),
            specimen_code: "LAB-7".into(),
            altitude_m: Some(1234.5),
            remark: "behind the farm of J. Smith".into(),
            laboratory: "Lab".into(),
            x: Some(181_072.0),
            value: Some(3.0),
            ..Row::default()
        };
        let secret = Secret::new(b"0123456789abcdef".to_vec()).unwrap();
        let shown = result(&row, [5.7, 50.9], Some((&secret, 500.0)));
        assert_eq!(
            (shown.value, shown.location_blur_m, shown.altitude_m, shown.x),
            (Some(3.0), Some(500.0), None, None)
        );
        let all: String = Row::FIELDS.iter().map(|f| shown.cell(f).unwrap()).collect();
        for gone in ["A001", "LAB-7", "Smith", "1234", "181072"] {
            assert!(!all.contains(gone), "{gone} in {all}");
        }
        let open = result(&row, [5.7, 50.9], None);
        assert_eq!((open.site_code.as_str(), open.remark.as_str(), open.x), ("A001", "", None));
    }

    #[test]
    fn every_kept_column_is_one_of_the_schema() {
        assert!(KEPT.iter().chain(&DROPPED).chain(&LOCATION).all(|c| Row::FIELDS.contains(c)));
    }

    #[test]
    fn boxes_hold_what_rounds_alike() {
        let boxes = Boxes::of(&[[5.758_63, 50.991_8]]);
        assert!(boxes.hold([5.758_58, 50.991_75]) && boxes.hold([5.758_69, 50.991_8]));
        assert!(!boxes.hold([5.759, 50.991_8]));
    }
}

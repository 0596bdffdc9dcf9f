//! Which column of a file is which field.

use std::collections::BTreeMap;
use std::path::Path;

use super::Row;
use super::defaults::Defaults;
use crate::{Error, Result};

/// What other systems call the fields (`sample_long.schema.json`, its columns of mappings), and the two that everybody shortens.
const OTHERS: [(&str, &str); 12] = [
    ("upper_depth", "upper_depth_cm"),
    ("lower_depth", "lower_depth_cm"),
    ("date", "sampling_date"),
    ("positional_accuracy", "positional_accuracy_m"),
    ("altitude", "altitude_m"),
    ("landuse", "land_use"),
    ("property_num_id", "analyte_code"),
    ("procedure_num_id", "extraction_code"),
    ("unit_of_measure_id", "unit"),
    ("lon", "longitude"),
    ("lat", "latitude"),
    ("license", "licence"),
];

/// One way to know a field by a column's name.
type Way<'a> = &'a dyn Fn(&str) -> Option<&'static str>;

fn all() -> impl Iterator<Item = &'static str> {
    Row::FIELDS.iter().chain(Row::BESIDE).copied()
}

/// Which field each column is, if any: as the owner declares it, else by the field's name, else by its name in another case, else by
/// what another system calls it. No field is given by two columns.
pub(crate) fn fields(path: &Path, header: &[String], defaults: &Defaults) -> Result<Vec<Option<&'static str>>> {
    let mut found: Vec<Option<&'static str>> = vec![None; header.len()];
    let mut taken: BTreeMap<&'static str, usize> = BTreeMap::new();
    let declared: BTreeMap<&str, &'static str> = defaults
        .columns
        .iter()
        .filter_map(|(field, column)| all().find(|f| f == field).map(|f| (column.as_str(), f)))
        .collect();
    for (column, field) in &declared {
        if !header.iter().any(|name| name == column) {
            return Err(Error::refused(
                format!("{}, column '{column}'", path.display()),
                format!("declared to be {field}, but not there"),
                format!("its columns are: {}", header.join(", ").chars().take(400).collect::<String>()),
            ));
        }
    }
    let by_name = |name: &str| all().find(|f| *f == name);
    let by_case = |name: &str| all().find(|f| f.eq_ignore_ascii_case(name));
    let by_other = |name: &str| OTHERS.iter().find(|(o, _)| o.eq_ignore_ascii_case(name)).map(|(_, f)| *f);
    let by_owner = |name: &str| declared.get(name).copied();
    let ways: [Way<'_>; 4] = [&by_owner, &by_name, &by_case, &by_other];
    for way in ways {
        for (i, name) in header.iter().enumerate() {
            if found[i].is_some() || defaults.ignore.contains(name) || defaults.analytes.contains_key(name) {
                continue;
            }
            if let Some(field) = way(name).filter(|f| !taken.contains_key(f)) {
                found[i] = Some(field);
                taken.insert(field, i);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(header: &[&str], defaults: &Defaults) -> Vec<Option<&'static str>> {
        let header: Vec<String> = header.iter().map(|s| (*s).to_owned()).collect();
        fields("x.csv".as_ref(), &header, defaults).unwrap()
    }

    #[test]
    fn the_surest_name_wins() {
        let none = Defaults::default();
        let got = names(&["date", "Sampling_Date", "lat", "Cd", "upper_depth"], &none);
        assert_eq!(got, [None, Some("sampling_date"), Some("latitude"), None, Some("upper_depth_cm")]);
    }

    #[test]
    fn what_the_owner_declares_counts_first_and_must_be_there() {
        let d = Defaults::from_toml("ignore=['date']\n[columns]\nsite_code='sample'", "x").unwrap();
        assert_eq!(names(&["sample", "site_code", "date"], &d), [Some("site_code"), None, None]);
        assert!(fields("x.csv".as_ref(), &["a".to_owned()], &d).is_err());
    }
}

//! What may be pooled: results of one analyte by methods that are comparable.

use std::collections::BTreeMap;

use super::{Row, Table};
use crate::{Error, Result, tables};

/// Results of one analyte by methods of one comparability group (`procedures.csv`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pool {
    /// The procedures and how many results each has.
    pub procedures: BTreeMap<String, usize>,
    /// The rows, by their index in the table.
    pub rows: Vec<usize>,
}

/// The comparability group of a row: that of its procedure, or what a declared model brought it to. A procedure without a group
/// (a method that is not known) is comparable with itself only.
pub(crate) fn group(row: &Row) -> String {
    if !row.harmonised_group.is_empty() {
        return row.harmonised_group.clone();
    }
    comparability(&row.extraction_code)
}

/// The comparability group of a procedure. One that has none, or is not in the tables, is comparable with itself only.
///
/// # Examples
/// ```
/// use soilscope_exchange::long::comparability;
/// assert_eq!(comparability("AR_ISO11466"), comparability("AR_ISO54321"));
/// assert_ne!(comparability("AR_ISO11466"), comparability("XRF"));
/// ```
pub fn comparability(extraction_code: &str) -> String {
    match tables::procedure(extraction_code) {
        Some(p) if !p.comparability_group.is_empty() => p.comparability_group.clone(),
        _ if extraction_code.is_empty() => "not stated".to_owned(),
        _ => format!("{extraction_code} only"),
    }
}

impl Table {
    /// Per analyte the groups of comparable results; blanks, reference materials and rejected results are in none.
    ///
    /// # Examples
    /// ```
    /// use soilscope_exchange::long::{Row, Table};
    /// let mut table = Table::new();
    /// let file = table.file("lab.csv".as_ref());
    /// for (line, procedure) in [(2, "AR_ISO54321"), (3, "AR_ISO11466"), (4, "XRF")] {
    ///     let row = Row { analyte_code: "Pb".into(), extraction_code: procedure.into(), ..Row::default() };
    ///     table.push(row, file, line);
    /// }
    /// let groups: Vec<_> = table.pools()["Pb"].keys().cloned().collect();
    /// assert_eq!(groups, ["AR", "TOTAL"]);
    /// assert!(table.pooled("Pb").is_err()); // aqua regia is not total
    /// ```
    pub fn pools(&self) -> BTreeMap<String, BTreeMap<String, Pool>> {
        let mut pools: BTreeMap<String, BTreeMap<String, Pool>> = BTreeMap::new();
        for (index, row) in self.rows().iter().enumerate().filter(|(_, row)| row.is_of_the_soil()) {
            let pool = pools.entry(row.analyte_code.clone()).or_default().entry(group(row)).or_default();
            *pool.procedures.entry(row.extraction_code.clone()).or_default() += 1;
            pool.rows.push(index);
        }
        pools
    }

    /// The results of `analyte` for one map, which are comparable.
    ///
    /// # Errors
    /// [`Error::Refused`] where they are of several comparability groups (rule A017), or there are none.
    pub fn pooled(&self, analyte: &str) -> Result<Vec<&Row>> {
        let mut pools = self.pools();
        let groups = pools.remove(analyte).unwrap_or_default();
        let what = || format!("results of {analyte}");
        if groups.len() > 1 {
            let told: Vec<String> =
                groups.iter().map(|(group, pool)| format!("{group} ({})", pool.rows.len())).collect();
            return Err(Error::refused(
                what(),
                format!("methods of {} groups are not comparable: {}", groups.len(), told.join(", ")),
                "map one group, or declare a harmonisation model",
            ));
        }
        match groups.into_values().next() {
            Some(pool) => Ok(pool.rows.into_iter().map(|index| &self.rows()[index]).collect()),
            None => Err(Error::refused(what(), "the table has none", "see the table's report for what was read")),
        }
    }
}

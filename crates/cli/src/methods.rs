//! Methods of samples: results of methods that do not compare are not one field, and a blank is no soil.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, bail, ensure};
use soilscope_exchange::long::comparability;
use soilscope_pipeline::samples::{Reading, SampleTable};

/// Columns of the exchange specification's long table that tell of methods and of quality control.
const EXTRACTION: &str = "extraction_code";
const HARMONISED: &str = "harmonised_group";
const CONTROL: &str = "qc_type";
const FLAG: &str = "qc_flag";
pub(crate) const COLUMNS: [&str; 4] = [EXTRACTION, HARMONISED, CONTROL, FLAG];

/// Refuses results that cannot be one map: of methods that do not compare (aqua regia is not total), or not of the soil.
///
/// # Errors
/// Where the file says how its results were extracted, and not all in comparable ways; where it says that some are of blanks or reference
/// materials, or rejected.
pub(crate) fn refuse(table: &SampleTable, column: &str, file: &Path) -> Result<()> {
    let Some(analyte) = table.analytes().iter().find(|a| a.column() == column) else { return Ok(()) };
    let text = |name: &str| table.text_column(name).map(|found| &found.cells);
    let measured = || {
        let read = analyte.records().iter().zip(analyte.readings());
        read.filter(|(_, reading)| **reading != Reading::Missing).map(|(record, _)| *record as usize)
    };
    for (name, not_soil) in [(CONTROL, &["blank", "reference_material"][..]), (FLAG, &["reject"][..])] {
        let Some(cells) = text(name) else { continue };
        let count = measured().filter(|&record| not_soil.contains(&cells[record].as_str())).count();
        ensure!(
            count == 0,
            "{}, analyte '{column}': {count} results are no measurements of the soil ({name}: {}): leave them out, for example by soilscope import \
             --soil-only",
            file.display(),
            not_soil.join(" or ")
        );
    }
    let Some(codes) = text(EXTRACTION) else { return Ok(()) };
    let harmonised = text(HARMONISED);
    let mut groups: BTreeMap<String, usize> = BTreeMap::new();
    for record in measured() {
        let group = harmonised.map(|cells| cells[record].clone()).filter(|group| !group.is_empty());
        *groups.entry(group.unwrap_or_else(|| comparability(&codes[record]))).or_default() += 1;
    }
    if groups.len() > 1 {
        let told: Vec<String> = groups.iter().map(|(group, count)| format!("{group} ({count})")).collect();
        bail!(
            "{}, analyte '{column}': its results are of methods that do not compare: {}; map one of them, or bring them together by a declared \
             model: soilscope import --harmonise",
            file.display(),
            told.join(", ")
        );
    }
    Ok(())
}

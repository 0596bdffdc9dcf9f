//! The wide CSV of an FAO node: a column per pair of GloSIS property and procedure, in the canonical unit (specification, section 4.6).

use std::collections::BTreeMap;

use crate::long::{Fields, Side, analyte, procedure};

/// Columns that this format has and no other together.
const KNOWN_BY: [&str; 5] = ["plot_code", "profile_code", "plot_type", "element_type", "upper_depth"];

/// Whether a header is that of a node's samples.
pub(super) fn is_it(header: &[String]) -> bool {
    KNOWN_BY.iter().all(|name| header.iter().any(|h| h == name))
}

/// The property's and procedure's names of a column, `CAD__TOTAL_HCL-AQUAREGIA`: two underscores, else any sign between names that both
/// mean something.
fn pair(header: &str) -> Option<(&str, &str)> {
    let means = |(property, of): (&str, &str)| analyte(property).is_some() && procedure(of).is_some();
    let doubled = header.split_once("__").filter(|&p| means(p));
    doubled.or_else(|| {
        let signs = header.match_indices(['_', '-', ':', '|', ' ']);
        signs.map(|(i, sign)| (&header[..i], &header[i + sign.len()..])).find(|&p| means(p))
    })
}

/// What the names of the columns declare: property, procedure, and the canonical unit, which is the default unit of the tables.
pub(super) fn side(header: &[String]) -> Side {
    let mut columns = BTreeMap::new();
    for name in header {
        let (property, of) = pair(name).map_or((name.as_str(), None), |(property, of)| (property, Some(of)));
        let Some(found) = analyte(property) else { continue };
        let mut fields = Fields::new();
        fields.insert("analyte_code".to_owned(), property.to_owned());
        fields.insert("unit".to_owned(), found.measured.unit().to_owned());
        if let Some(of) = of {
            fields.insert("extraction_code".to_owned(), of.to_owned());
        }
        columns.insert(name.clone(), fields);
    }
    Side::new(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_taken_apart_where_both_sides_mean_something() {
        assert_eq!(pair("CAD__TOTAL_HCL-AQUAREGIA"), Some(("CAD", "TOTAL_HCL-AQUAREGIA")));
        assert_eq!(pair("COPEXT_EXTR_DTPA"), Some(("COPEXT", "EXTR_DTPA")));
        assert_eq!(pair("CAD TOTAL_XRF"), Some(("CAD", "TOTAL_XRF")));
        assert_eq!(pair("CAD"), None);
        assert_eq!(pair("plot_code"), None);
    }
}

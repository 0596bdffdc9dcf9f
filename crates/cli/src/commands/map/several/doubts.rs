//! Where what several analytes are together is not to be trusted: wherever the map of any of them is not.

use soilscope_core::trust::Doubts;
use soilscope_pipeline::run::TrustReport;

use super::super::one::Job;

/// The doubts of all analytes at each cell, bit by bit; not a number where `known` says that there is nothing to doubt.
pub(super) fn together(each: &[Vec<f64>], known: impl Fn(usize) -> bool, cells: usize) -> Vec<f64> {
    let bits = |cell: usize| each.iter().map(|own| own[cell] as u8).fold(0, |all, own| all | own);
    (0..cells).map(|cell| if known(cell) { f64::from(bits(cell)) } else { f64::NAN }).collect()
}

/// How many cells are doubtful, and why.
pub(super) fn report(doubts: &[f64]) -> TrustReport {
    let mut report = TrustReport::default();
    for bits in doubts.iter().filter(|bits| **bits > 0.0).map(|bits| *bits as u8) {
        report.doubtful += 1;
        for reason in Doubts::REASONS.into_iter().filter(|reason| bits & reason.bits() != 0) {
            *report.reasons.entry(reason.name().to_owned()).or_default() += 1;
        }
    }
    report
}

/// What the bits mean: as of each analyte's own raster, and of each apart where their numbers differ.
pub(super) fn metadata(jobs: &[&Job]) -> Vec<(String, String)> {
    let each: Vec<(&str, Vec<(String, String)>)> = jobs
        .iter()
        .map(|job| {
            (
                job.source.analyte(),
                job.trust_record.iter().flat_map(super::super::trust::TrustRecord::metadata).collect(),
            )
        })
        .collect();
    merged(&each)
}

fn merged(each: &[(&str, Vec<(String, String)>)]) -> Vec<(String, String)> {
    let mut all: Vec<(String, Vec<(&str, &str)>)> = Vec::new();
    for (analyte, items) in each {
        for (key, meaning) in items {
            match all.iter_mut().find(|(known, _)| known == key) {
                Some((_, meanings)) => meanings.push((analyte, meaning)),
                None => all.push((key.clone(), vec![(analyte, meaning)])),
            }
        }
    }
    let words = |meanings: Vec<(&str, &str)>| match &meanings[..] {
        // A reason that one analyte's method does not have is said of the others.
        [(_, first), rest @ ..] if rest.len() + 1 == each.len() && rest.iter().all(|(_, other)| other == first) => {
            (*first).to_owned()
        }
        _ => meanings.iter().map(|(analyte, meaning)| format!("{analyte}: {meaning}")).collect::<Vec<_>>().join(" | "),
    };
    all.into_iter().map(|(key, meanings)| (key, words(meanings))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_has_the_doubts_of_every_analyte_and_none_where_nothing_is_known() {
        let each = [vec![0.0, 1.0, 4.0, f64::NAN], vec![0.0, 5.0, 0.0, 1.0]];
        let doubts = together(&each, |cell| cell != 3, 4);
        assert_eq!(doubts[..3], [0.0, 5.0, 4.0]);
        assert!(doubts[3].is_nan());
        let report = report(&doubts);
        assert_eq!(report.doubtful, 2);
        let name = |bit: u8| Doubts::REASONS.into_iter().find(|r| r.bits() == bit).unwrap().name();
        assert_eq!(
            report.reasons.into_iter().collect::<std::collections::HashMap<_, _>>(),
            [(name(1).to_owned(), 1), (name(4).to_owned(), 2)].into()
        );
    }

    #[test]
    fn meanings_that_differ_are_said_of_each() {
        let items =
            |own: &str| vec![("TRUST_0".to_owned(), "trusted".to_owned()), ("TRUST_1".to_owned(), own.to_owned())];
        let same = merged(&[("zinc", items("far")), ("lead", items("far"))]);
        assert_eq!(same, items("far"));
        let other = merged(&[("zinc", items("beyond 900")), ("lead", items("beyond 800"))]);
        assert_eq!(other, items("zinc: beyond 900 | lead: beyond 800"));
    }
}

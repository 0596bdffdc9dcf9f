//! The result for people.

use std::fmt::Write as _;

use soilscope_core::association::{GlobalAssociation, Pattern};

use super::Report;
use super::local::{Row, Spot};
use crate::words::transformed;

/// Lines of samples that are named, at most.
const NAMED: usize = 12;

pub(super) fn text(report: &Report<'_>, rows: &[Row], length_unit: &str) -> String {
    let mut text = String::new();
    let weights = &report.weights;
    let unit = report.unit.map(|u| format!(" ({u})")).unwrap_or_default();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{}{unit}: {} samples", transformed(&report.transform, report.analyte), report.samples);
    let _ = writeln!(
        text,
        "neighbours: {}; {} to {} a sample, {:.2} on average; {}",
        weights.words(length_unit),
        weights.neighbours.fewest,
        weights.neighbours.most,
        weights.neighbours.mean,
        if weights.row_standardised { "weights of each sample's neighbours sum to 1" } else { "weights as they are" }
    );
    if !weights.islands.is_empty() {
        let _ = writeln!(text, "without a neighbour: {}", lines(weights.islands.iter().copied()));
    }
    let _ = writeln!(text, "\n{:<12} {:>9} {:>9} {:>9} {:>8} {:>9}", "", "value", "expected", "sd", "z", "p");
    for (name, g) in [("Moran's I", &report.moran), ("Geary's C", &report.geary)] {
        let test = g.randomisation;
        // Smaller ones are 0 in the arithmetic, which they are not.
        let p = if test.p > 0.0 { format!("{:.2e}", test.p) } else { "< 1e-300".to_owned() };
        let _ = writeln!(
            text,
            "{name:<12} {:>9.5} {:>9.5} {:>9.5} {:>8.2} {p:>9}",
            g.value,
            test.expectation,
            test.variance.sqrt(),
            test.z
        );
    }
    let _ = writeln!(text, "{}", verdict(&report.moran, &report.geary, report.alpha));
    let by = report
        .permutations
        .map_or_else(|| "the normal distribution".to_owned(), |p| format!("{} arrangements, seed {}", p.count, p.seed));
    let _ = writeln!(
        text,
        "\n{} samples tested by {by}; false discovery rate {}\n{:>7}  local Moran's I",
        report.found.tested, report.alpha, "samples"
    );
    for (pattern, words) in [
        (Pattern::HighAmongHigh, "high among high"),
        (Pattern::LowAmongLow, "low among low"),
        (Pattern::HighAmongLow, "high among low, unlike their neighbours"),
        (Pattern::LowAmongHigh, "low among high, unlike their neighbours"),
    ] {
        counted(&mut text, words, rows.iter().filter(|r| r.cluster == Some(pattern)));
    }
    let _ = writeln!(text, "{:>7}  Gi*", "");
    for (spot, words) in [(Spot::Hot, "in hot spots"), (Spot::Cold, "in cold spots")] {
        counted(&mut text, words, rows.iter().filter(|r| r.spot == Some(spot)));
    }
    if report.found.untested > 0 {
        counted(
            &mut text,
            "not tested: no neighbours, or none that differ",
            rows.iter().filter(|r| r.untested.is_some()),
        );
    }
    for note in &report.notes {
        let _ = writeln!(text, "note: {note}");
    }
    text
}

/// A count with the lines of the file.
fn counted<'a>(text: &mut String, words: &str, rows: impl Iterator<Item = &'a Row>) {
    let found: Vec<usize> = rows.map(|r| r.line).collect();
    let lines = if found.is_empty() { String::new() } else { format!(": {}", lines(found.iter().copied())) };
    let _ = writeln!(text, "{:>7}  {words}{lines}", found.len());
}

fn lines(lines: impl Iterator<Item = usize>) -> String {
    let all: Vec<String> = lines.map(|l| l.to_string()).collect();
    let more = if all.len() > NAMED { " …" } else { "" };
    format!("line{} {}{more}", if all.len() == 1 { "" } else { "s" }, all[..all.len().min(NAMED)].join(", "))
}

/// What both statistics say together.
fn verdict(moran: &GlobalAssociation, geary: &GlobalAssociation, alpha: f64) -> String {
    // Which way each goes, where it goes: 1 for neighbours that are alike.
    let way = |z: f64, p: f64| if p > alpha { 0 } else { z.signum() as i8 };
    let [i, c] =
        [way(moran.randomisation.z, moran.randomisation.p), -way(geary.randomisation.z, geary.randomisation.p)];
    match (i, c) {
        (0, 0) => format!(
            "at the level of {alpha} neither shows that neighbours are more or less alike than chance makes them"
        ),
        (i, c) if i >= 0 && c >= 0 => "neighbours are more alike than chance makes them".into(),
        (i, c) if i <= 0 && c <= 0 => "neighbours are less alike than chance makes them".into(),
        _ => "they contradict each other: look for a few extreme values, which Geary's C feels more than Moran's I"
            .into(),
    }
}

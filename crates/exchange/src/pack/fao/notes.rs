//! What the tables for an FAO node do not hold.

use std::path::Path;

use super::super::doc::{self, Part};
use super::super::entry::Bundle;
use super::super::stable;
use super::{CensoredAs, Losses};
use crate::Result;
use crate::privacy::Values;

/// Cases of substitution that are listed one by one.
const LISTED: usize = 10_000;

/// The table of losses: what the bundle has, what the tables keep of it, in how many cases here.
pub(super) fn table(bundle: &Bundle<'_>, losses: &Losses) -> Vec<[String; 3]> {
    let count = |what| losses.of(what).to_string();
    let shown = losses.results;
    let points = &bundle.points;
    let withheld: usize = points.sites.iter().filter(|(s, _)| s.values != Values::Each).map(|(_, n)| n).sum();
    let without_code = bundle.entries.iter().filter(|e| super::is_without_code(&e.names)).count();
    let proposed = bundle.entries.len();
    let row = |ours: &str, kept: &str, count: String| [ours.to_owned(), kept.to_owned(), count];
    vec![
        row(
            "Results below or above a limit, intervals",
            "No field: a value must be a number. Left out, or a number stands for them, as said below",
            count("censored"),
        ),
        row("Limits of detection, quantification and calibration", "No field", count("limits")),
        row("Uncertainty of a result and its coverage factor", "No field", count("uncertainty")),
        row("Laboratory and accreditation", "No field in the tables", count("laboratory")),
        row("Instrument (determination code)", "No field", count("determination")),
        row("Extraction by its standard", "The node's code, which several standards share", count("procedure")),
        row(
            "Analytes without a GloSIS code",
            "Left out; missing_codes.csv asks for a code",
            format!("{without_code} of {proposed} maps"),
        ),
        row("Depths of fractions of a centimetre", "Rounded to whole centimetres", count("depth")),
        row("Layers thinner than a centimetre when rounded", "Left out", count("thin")),
        row("Profiles with gaps or overlapping layers", "Parted into profiles with suffix -d1, -d2", count("split")),
        row(
            "Second results of one layer, other places or days within it",
            "Left out: the first stands",
            count("second"),
        ),
        row("Field and laboratory duplicates", "Left out", count("duplicate")),
        row("Dates known to the month or year", "The first day stands for them", count("date")),
        row("Results without a date", "Left out: a node needs one", count("no date")),
        row("Results without a place or depth", "Left out", count("place")),
        row("Plots of type Sample", "Written as Borehole: a node knows TrialPit and Borehole", count("sample")),
        row("Land use", "No column in the tables", count("land use")),
        row("Composite samples: increments and area", "No field", count("support")),
        row("Sieve sizes other than 2 mm", "No field", count("grain")),
        row("Radius within which a site was displaced", "A setting of the node's map, not of a row", count("blur")),
        row("Sites whose results are not shown one by one", "Left out, with their results", withheld.to_string()),
        row("Licence, owner and access level of a row", "Settings of a project on the node", shown.to_string()),
        row("Rasters beyond MEAN, SDEV and UNCT", "Layers of their own properties, with X", extra_layers(bundle)),
    ]
}

fn extra_layers(bundle: &Bundle<'_>) -> String {
    let layers = bundle.entries.iter().flat_map(|e| &e.layers);
    layers.filter(|l| l.flavour == "glosis" && l.node_stat == "X").count().to_string()
}

/// Writes `notes.md`.
pub(super) fn write(
    root: &Path,
    bundle: &Bundle<'_>,
    censored: CensoredAs,
    losses: &Losses,
    lost: &[[String; 3]],
    files: &[String],
) -> Result<()> {
    let mut parts = vec![
        doc::heading(1, "What the tables for an FAO node hold and lose"),
        doc::paragraph(format!(
            "{} results of {} profiles, from sites whose results may be shown, in {}. Values are in the unit of the analyte's code; a column \
             is named after property and procedure.",
            losses.results,
            losses.profiles,
            if files.is_empty() {
                "no table: there is none that may be shown and has codes".to_owned()
            } else {
                files.join(", ")
            },
        )),
    ];
    if !bundle.points.given {
        parts.push(doc::paragraph("No table of samples was given to the packer."));
    }
    parts.push(doc::table(["In this bundle", "In the tables for the node", "Cases"], lost.to_vec()));
    parts.push(doc::heading(2, "Results below a limit"));
    parts.push(doc::paragraph(match censored {
        CensoredAs::Omit => format!("{} results are left out (omit).", losses.of("censored left out")),
        other => format!(
            "A number stands for {} results ({}); {} without a limit, above one or between two are left out. Such numbers are not \
             measurements, and statistics of them are biased.",
            losses.substituted.len(),
            other.as_str(),
            losses.of("censored left out"),
        ),
    }));
    if !losses.substituted.is_empty() {
        let header = ["Specimen", "Analyte", "Limit", "Number in its place"];
        parts.push(doc::table(header, losses.substituted.iter().take(LISTED).cloned().collect()));
        if losses.substituted.len() > LISTED {
            parts.push(Part::Paragraph(format!("And {} more.", losses.substituted.len() - LISTED)));
        }
    }
    stable::write(root, "exports/fao_sis/notes.md", &doc::markdown(&parts))
}

//! `qa/report.md` and `qa/report.html`: for whoever must decide on the maps without having made them.

use std::path::Path;

use super::about::Access;
use super::doc::{self, Part, heading, paragraph, table};
use super::entry::{Bundle, Entry};
use super::privacy_check::Recovered;
use super::records::round;
use super::stable;
use crate::Result;
use crate::check::Verdict;
use crate::privacy::{Place, Values};

/// What the report is made of beside the bundle.
pub(super) struct Report<'a> {
    pub(super) bundle: &'a Bundle<'a>,
    pub(super) verdict: Option<&'a Verdict>,
    pub(super) lost: &'a [[String; 3]],
    pub(super) recovered: &'a [Recovered],
    /// What was asked of the packer and could not be.
    pub(super) remarks: &'a [String],
}

impl Report<'_> {
    /// Writes both.
    pub(super) fn write(&self, root: &Path) -> Result<()> {
        let parts = self.parts();
        stable::write(root, "qa/report.md", &doc::markdown(&parts))?;
        stable::write(root, "qa/report.html", &doc::html(&self.bundle.about.title, &parts))
    }

    fn parts(&self) -> Vec<Part> {
        let about = self.bundle.about;
        let [begin, end] = about.period;
        let mut parts = vec![
            heading(1, &about.title),
            paragraph(&about.abstract_text),
            heading(2, "What this is"),
            table(
                ["Item", "Value"],
                vec![
                    ["Country".into(), about.country.name.into()],
                    ["Claimed extent".into(), about.extent.as_str().into()],
                    ["Producer".into(), format!("{} ({})", about.organisation, about.email)],
                    ["Version".into(), format!("{} of {}", self.bundle.version(), self.bundle.day())],
                    ["Sampled".into(), format!("{begin} to {end}")],
                    ["Licence".into(), format!("{} ({})", about.licence_id(), about.licence.url)],
                    ["Cells".into(), self.bundle.resolution()],
                    ["Identifier".into(), format!("urn:uuid:{}", self.bundle.uuid)],
                ],
            ),
        ];
        for entry in &self.bundle.entries {
            self.map(entry, &mut parts);
        }
        self.withheld(&mut parts);
        parts.push(heading(2, "What tables for an FAO node lose"));
        parts.push(paragraph("The tables in exports/fao_sis hold less than this bundle. In this bundle:"));
        let lost = self.lost.iter().filter(|row| row[2] != "0").cloned().collect();
        parts.push(table(["In this bundle", "In the tables for the node", "Cases"], lost));
        self.judged(&mut parts);
        if !self.remarks.is_empty() {
            parts.push(heading(2, "What was asked for and is not here"));
            parts.push(Part::List(self.remarks.to_vec()));
        }
        parts
    }

    fn map(&self, entry: &Entry<'_>, parts: &mut Vec<Part>) {
        let subject = &entry.subject;
        parts.push(heading(2, &entry.title));
        parts.push(paragraph(format!(
            "{} in soil at {} to {} cm, {}: {} ({}). Mapset {}.",
            subject.analyte.name,
            subject.upper,
            subject.lower,
            subject.fraction.replace('_', " "),
            subject.procedure.name,
            subject.procedure.code,
            entry.names.mapset_id(),
        )));
        if entry.names.property_is_proposed {
            parts.push(paragraph(format!(
                "GloSIS has no code for this property; {} is proposed, and no node knows it yet.",
                entry.names.property
            )));
        }
        self.threshold(entry, parts);
        parts.push(heading(3, "How sure it is"));
        let number = |x: Option<f64>| x.map_or_else(|| "–".to_owned(), |x| round(x).to_string());
        let layers = entry.layers.iter().filter(|l| l.flavour != "gsp");
        let rows = layers.map(|l| {
            let grid = format!("{} ({})", l.grid, l.flavour);
            [
                l.description.clone(),
                grid,
                number(l.min),
                number(l.mean),
                number(l.max),
                format!("{:.1} %", l.valid_percent),
            ]
        });
        parts.push(table(["Layer", "Grid", "Least", "Mean", "Most", "Cells with a value"], rows.collect()));
        parts.push(paragraph(
            "Standard deviations are those of predictions at points, averaged over each cell: that of a cell's mean is smaller.",
        ));
        if let Some(hotspots) = &entry.hotspots {
            let withheld = match hotspots.withheld {
                0 => String::new(),
                n => format!(
                    " {n} more left out: they hold fewer than {} samples or are smaller than the disc sites are displaced in, and would say \
                     where samples were taken.",
                    self.bundle.about.privacy.min_group
                ),
            };
            let files = hotspots.geojson.as_ref().map(|path| format!(", in {path}")).unwrap_or_default();
            parts.push(paragraph(format!(
                "Hotspots: {}, of {} m² together{files}.{withheld}",
                hotspots.count,
                round(hotspots.area_m2)
            )));
        }
        self.validation(entry, parts);
        parts.push(heading(3, "Where it comes from"));
        parts.push(paragraph(super::iso::lineage(entry)));
        if !entry.variable.notes.is_empty() {
            parts.push(paragraph("The run remarked:"));
            parts.push(Part::List(entry.variable.notes.clone()));
        }
    }

    fn threshold(&self, entry: &Entry<'_>, parts: &mut Vec<Part>) {
        let Some(threshold) = &entry.variable.threshold else {
            parts.push(paragraph("No limit was set: nothing here says which soil is polluted."));
            return;
        };
        let value =
            threshold.value.map_or_else(|| "of its own in every cell".to_owned(), |v| format!("of {v} {}", entry.unit));
        let source = entry.threshold_source().unwrap_or_else(|| "no source was stated".to_owned());
        let land_use = entry.threshold_land_use().unwrap_or_else(|| "not stated".to_owned());
        let fraction = entry.threshold_fraction().unwrap_or_else(|| "not stated".to_owned());
        parts.push(paragraph(format!(
            "The limit is {value}: {source}. Land use: {land_use}. Fraction it is meant for: {fraction}."
        )));
    }

    fn validation(&self, entry: &Entry<'_>, parts: &mut Vec<Part>) {
        parts.push(heading(3, "How it was validated"));
        let Some(scores) = &entry.variable.scores else {
            parts.push(paragraph("It was not."));
            return;
        };
        parts.push(paragraph(format!("By {} cross-validation of {} samples.", scores.folds, scores.n)));
        let unit = &entry.unit;
        let mut rows = Vec::new();
        for (name, meaning, value, unit) in [
            ("ME", "mean error", scores.me, unit.as_str()),
            ("MAE", "mean absolute error", scores.mae, unit),
            ("RMSE", "root mean squared error", scores.rmse, unit),
            ("MEC", "share of the variance that is explained; also written as R²", scores.r2, ""),
            ("CCC", "concordance of predicted and observed (Lin)", scores.ccc, ""),
            ("PICP90", "share of samples within their 90 percent interval; 0.9 is meant", scores.picp(0.9), ""),
        ] {
            let value =
                value.map_or_else(|| "not known".to_owned(), |v| format!("{} {unit}", round(v)).trim_end().to_owned());
            rows.push([name.to_owned(), meaning.to_owned(), value]);
        }
        if let Some(pct) = entry.censored_pct() {
            rows.push(["Censored".into(), "results below a limit".into(), format!("{} %", round(pct))]);
        }
        parts.push(table(["Score", "Meaning", "Value"], rows));
        if let Some(skill) = &entry.variable.skill {
            parts.push(paragraph(match skill.skilled {
                Some(true) => "Probabilities that the limit is exceeded tell more than the share of samples above it.",
                Some(false) => "Probabilities that the limit is exceeded tell no more than the share of samples above it: do not decide by them.",
                None => "Whether probabilities that the limit is exceeded tell more than the share of samples above it cannot be told.",
            }));
        }
    }

    fn withheld(&self, parts: &mut Vec<Part>) {
        let (about, points) = (self.bundle.about, &self.bundle.points);
        let privacy = &about.privacy;
        parts.push(heading(2, "What is withheld, and why"));
        parts.push(paragraph(match privacy.access {
            Access::Open => {
                "Places and results of samples are open, but for sites whose owners set a stricter level.".to_owned()
            }
            Access::Blurred => "Sites are displaced; their results are shown.".to_owned(),
            Access::LocationsOnly => "Where samples were taken is shown; results are not.".to_owned(),
            Access::AggregatedOnly => format!("Only summaries of at least {} sites are shown.", privacy.min_group),
            Access::Restricted => "No place and no result of a sample is shown, only maps.".to_owned(),
        }));
        if let Some(reason) = &privacy.reason {
            parts.push(paragraph(format!("Reason: {reason}")));
        }
        parts.push(paragraph(format!("Who needs more asks {} ({}).", about.organisation, about.email)));
        if !points.given {
            parts.push(paragraph("No table of samples was given to the packer, so none is in the bundle and nothing was measured of what the maps give away."));
            return;
        }
        let rows = points.sites.iter().map(|(shown, n)| {
            let place = match shown.place {
                Place::Exact => "exact",
                Place::Displaced => "displaced",
                Place::Withheld => "withheld",
            };
            let values = match shown.values {
                Values::Each => "each",
                Values::Grouped => "in groups",
                Values::Withheld => "withheld",
            };
            [place.to_owned(), values.to_owned(), n.to_string()]
        });
        parts.push(table(["Place", "Results", "Sites"], rows.collect()));
        let [enough, few] = points.groups.counts(privacy.min_group);
        if enough + few > 0 {
            parts.push(paragraph(format!(
                "{enough} groups are summarised; {few} have fewer than {} sites and are left out, and {} sites belong to none.",
                privacy.min_group, points.groups.nowhere
            )));
        }
        self.measured(parts);
    }

    /// What was measured, not promised.
    fn measured(&self, parts: &mut Vec<Part>) {
        let points = &self.bundle.points;
        if points.shifts.is_none() && points.nearest.is_none() {
            return;
        }
        parts.push(heading(3, "What a stranger can find out"));
        if let Some(shifts) = points.shifts {
            let radius = self.bundle.about.privacy.blur.unwrap_or_default();
            parts.push(paragraph(format!(
                "{} places were displaced, by {} m in the mean and {} m at most; the declared radius is {radius} m. The shift is keyed with a \
                 secret (HMAC-SHA-256) that is not in this bundle.",
                shifts.n,
                round(shifts.mean),
                round(shifts.max),
            )));
        }
        if let Some(nearest) = points.nearest {
            parts.push(paragraph(format!(
                "From a true place to the nearest place in this bundle it is {} m in the mean, {} m at least, {} m at most.",
                round(nearest.mean),
                round(nearest.min),
                round(nearest.max)
            )));
        }
        let maps: Vec<[String; 3]> = points
            .maps
            .iter()
            .map(|(code, map)| [code.clone(), round(map.rmse).to_string(), round(map.spread).to_string()])
            .collect();
        if !maps.is_empty() {
            parts.push(paragraph(
                "Who maps the displaced results gets another map than who maps the true ones. Both by inverse squared distances, compared over \
                 the box of the sites:",
            ));
            parts.push(table(["Analyte", "Root mean squared difference", "Standard deviation of the results"], maps));
        }
        let rows: Vec<[String; 5]> = self
            .recovered
            .iter()
            .map(|r| {
                [
                    r.layer.clone(),
                    format!("{} m", round(r.cell_m)),
                    format!("{} of {}", r.minima.near, r.minima.sites),
                    format!("{} %", round(100.0 * r.minima.near as f64 / r.minima.sites.max(1) as f64)),
                    format!("{} %", round(100.0 * r.minima.by_chance)),
                ]
            })
            .collect();
        if !rows.is_empty() {
            parts.push(paragraph(
                "A map of prediction errors is lowest where samples were taken. Who marks its local minima comes within one cell of so many of \
                 the protected sites; as many as by chance means that it gives nothing away:",
            ));
            parts.push(table(["Layer", "Cell", "Sites near a minimum", "Share", "By chance"], rows));
        }
    }

    fn judged(&self, parts: &mut Vec<Part>) {
        parts.push(heading(2, "What the judge found"));
        let Some(verdict) = self.verdict else {
            parts.push(paragraph("The bundle was not judged when it was packed."));
            return;
        };
        parts.push(paragraph(format!(
            "Judged under the profile {}: {}, {} errors, {} warnings; {} rules were applied.",
            verdict.profile.name(),
            if verdict.passed() { "passed" } else { "not passed" },
            verdict.errors,
            verdict.warnings,
            verdict.judged.len(),
        )));
        let findings = verdict.findings.iter().map(|f| {
            [
                f.id.clone(),
                format!("{:?}", f.severity).to_lowercase(),
                f.file.clone(),
                f.found.clone(),
                f.expected.clone(),
                f.count.to_string(),
            ]
        });
        let findings: Vec<_> = findings.collect();
        if !findings.is_empty() {
            parts.push(table(["Rule", "Weight", "File", "Found", "Expected", "Times"], findings));
        }
        if !verdict.not_judged.is_empty() {
            parts.push(paragraph("Rules that could not be applied, which is no pass:"));
            let rows = verdict.not_judged.iter().map(|(id, why)| [id.clone(), why.clone()]);
            parts.push(table(["Rule", "Why"], rows.collect()));
        }
    }
}

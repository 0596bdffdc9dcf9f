//! The limit that a map was judged by: a number or one for each cell, and where it is from.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use soilscope_core::Coord;
use soilscope_core::transform::Transform;
use soilscope_pipeline::io::covariate_in::RasterCovariate;
use soilscope_pipeline::io::vector::Value;

use crate::field::short_number;
use crate::guideline::six_digits;
use crate::record::FileRecord;

/// What the record of a map says of the limit of the law that it was judged by.
#[derive(Debug, Clone, Deserialize)]
struct Act {
    code: String,
    symbol: String,
    instrument: String,
    instrument_name: String,
    year: Option<u16>,
    source: String,
    source_kind: String,
    verified: bool,
    standing: String,
    /// Whether it is for the act's standard soil for lack of the soil's own properties.
    #[serde(default)]
    standard_soil: bool,
    /// How it asks for the samples to be digested, and how they were, where that was said.
    #[serde(default)]
    basis_family: String,
    samples_basis: Option<String>,
}

/// What decides on which side a place is.
#[derive(Debug, Clone)]
pub(super) struct Limit {
    /// In the unit of the data; `None` where cells have limits of their own.
    pub(super) threshold: Option<f64>,
    /// The limits of the cells.
    raster: Option<PathBuf>,
    act: Option<Act>,
    unit: String,
    /// The act as the map's record has it.
    pub(super) guideline: Option<Json>,
}

/// Lowest and highest limit of the cells that a plan is made for.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Range {
    pub(super) lowest: f64,
    pub(super) highest: f64,
}

impl Limit {
    /// The limit of a map's record, `None` where it has none; its raster joins the `inputs`.
    ///
    /// # Errors
    /// A raster that is gone, or not what the map wrote.
    pub(super) fn of(record: &Json, folder: &Path, inputs: &mut Vec<FileRecord>) -> Result<Option<Self>> {
        let threshold = record["settings"]["threshold"].as_f64();
        let guideline = Some(&record["guideline"]).filter(|g| !g.is_null()).cloned();
        if threshold.is_none() && guideline.is_none() {
            return Ok(None);
        }
        let act = guideline.clone().map(serde_json::from_value).transpose().with_context(|| {
            format!(
                "{}: what run.json says of its limit is not understood by this version: make the map again",
                folder.display()
            )
        })?;
        let raster = match threshold {
            Some(_) => None,
            None => {
                let raster = raster(record, folder, "_threshold.tif", inputs)?;
                Some(raster.with_context(|| {
                    format!("{}: run.json names no raster of the cells' limits: make the map again", folder.display())
                })?)
            }
        };
        let unit = record["unit"].as_str().unwrap_or_default().to_owned();
        Ok(Some(Self { threshold, raster, act, unit, guideline }))
    }

    /// The limits at places, in the unit of the data; `None` where there is none.
    pub(super) fn at(&self, places: &[Coord]) -> Result<Vec<Option<f64>>> {
        match &self.raster {
            // Rasters hold 32 bits, in which 412.3 has a tail of digits; a computed limit has six.
            Some(path) => {
                let limits = RasterCovariate::open(path, 1)?.at(places)?;
                Ok(limits.into_iter().map(|limit| limit.map(six_digits)).collect())
            }
            None => Ok(vec![self.threshold; places.len()]),
        }
    }

    /// Limits on the scale on which errors are normal.
    ///
    /// # Errors
    /// One that has no place there, as 0 under a logarithm.
    pub(super) fn on_scale(limits: &[Option<f64>], transform: &Transform) -> Result<Vec<Option<f64>>> {
        let of = |limit: f64| {
            let on_scale = transform.forward_value(limit);
            ensure!(
                on_scale.is_finite(),
                "the limit {} has no place on the scale of the map's transform: use --lower variance",
                short_number(limit)
            );
            Ok(on_scale)
        };
        limits.iter().map(|limit| limit.map(of).transpose()).collect()
    }

    /// Code and mark, behind a number: ` (FI/lower-guideline/any, UNVERIFIED)`; empty for a number of the user's own.
    fn behind(&self) -> String {
        self.act.as_ref().map_or_else(String::new, |act| format!(" ({}{})", act.code, act.mark()))
    }

    /// The limit of one place, with its mark.
    pub(super) fn of_place(&self, limit: f64) -> String {
        let own = if self.raster.is_some() { "its limit of " } else { "" };
        format!("{own}{}{}", self.number(limit), self.behind())
    }

    fn number(&self, limit: f64) -> String {
        format!("{} {}", short_number(limit), self.unit).trim_end().to_owned()
    }

    /// The number, or the numbers of the cells.
    pub(super) fn numbers(&self, range: Option<Range>) -> String {
        match (self.threshold, range) {
            (Some(threshold), _) => self.number(threshold),
            (None, Some(Range { lowest, highest })) => {
                format!("the limit of each cell, {} to {}", short_number(lowest), self.number(highest))
            }
            (None, None) => "the limit of each cell".to_owned(),
        }
    }

    /// With act and standing: `200 mg/kg: FI/lower-guideline/any for Pb, …`.
    pub(super) fn named(&self, range: Option<Range>) -> String {
        let numbers = self.numbers(range);
        let Some(act) = &self.act else { return numbers };
        let year = match act.year {
            Some(year) if act.instrument_name.contains(&year.to_string()) => String::new(),
            Some(year) => format!(" {year}"),
            None => " (year not given)".to_owned(),
        };
        format!("{numbers}: {} for {}, {}{year}{}", act.code, act.symbol, act.instrument_name, act.mark())
    }

    /// Where it was read; nothing for a number of the user's own.
    pub(super) fn source(&self) -> Option<String> {
        self.act.as_ref().map(|act| format!("source: {} ({})", act.source, act.source_kind.replace('_', " ")))
    }

    /// With act, standing and source.
    pub(super) fn words(&self, range: Option<Range>) -> String {
        [Some(self.named(range)), self.source()].into_iter().flatten().collect::<Vec<_>>().join("; ")
    }

    /// What to know before relying on it.
    pub(super) fn note(&self) -> Option<String> {
        let act = self.act.as_ref()?;
        match act.standing.as_str() {
            "unverified" => Some(format!(
                "the value of {} for {} is UNVERIFIED: it was written down without the act at hand ({}); look it up before you send \
                 somebody out",
                act.code, act.symbol, act.source
            )),
            "second-hand" => Some(format!(
                "the value of {} for {} is second-hand: read in {}, which quotes the act",
                act.code, act.symbol, act.source
            )),
            _ => None,
        }
    }

    /// Columns of every site, named as those of hotspots are.
    pub(super) fn columns(&self) -> Vec<(&'static str, Value)> {
        let Some(act) = &self.act else { return Vec::new() };
        let text = |t: &str| Value::Text(t.to_owned());
        vec![
            ("limit_code", text(&act.code)),
            ("limit_instrument", text(&act.instrument)),
            ("limit_year", act.year.map_or(Value::Null, |year| Value::Integer(year.into()))),
            ("limit_source", text(&act.source)),
            ("limit_source_kind", text(&act.source_kind)),
            ("limit_verified", text(if act.verified { "yes" } else { "no" })),
            ("limit_standing", text(act.standing_words())),
        ]
    }
}

impl Act {
    fn standing_words(&self) -> &str {
        if self.standing == "unverified" { "UNVERIFIED" } else { &self.standing }
    }

    /// `, UNVERIFIED`; nothing where it was read in the act, for this soil and samples like these.
    fn mark(&self) -> String {
        let marks = [
            (self.standard_soil, "standard soil"),
            (self.samples_basis.as_ref().is_some_and(|b| *b != self.basis_family), "ANOTHER BASIS than the samples"),
            (self.standing != "verified", self.standing_words()),
        ];
        marks.iter().filter(|(holds, _)| *holds).map(|(_, words)| format!(", {words}")).collect()
    }
}

impl Range {
    pub(super) fn of(limits: &[Option<f64>]) -> Option<Self> {
        let of = |limit: f64| Self { lowest: limit, highest: limit };
        limits
            .iter()
            .flatten()
            .map(|&limit| of(limit))
            .reduce(|a, b| Self { lowest: a.lowest.min(b.lowest), highest: a.highest.max(b.highest) })
    }
}

/// A raster of the map by the ending of its name, if it is still what the map wrote; it joins the `inputs`.
pub(super) fn raster(
    record: &Json,
    folder: &Path,
    ending: &str,
    inputs: &mut Vec<FileRecord>,
) -> Result<Option<PathBuf>> {
    for output in record["outputs"].as_array().into_iter().flatten() {
        let name = Path::new(output["path"].as_str().unwrap_or_default()).file_name().unwrap_or_default();
        if !name.to_string_lossy().ends_with(ending) {
            continue;
        }
        // In the folder that was named: it may lie elsewhere by now.
        let path = folder.join(name);
        ensure!(path.is_file(), "{} is not there, and run.json names it: make the map again", path.display());
        let found = FileRecord::of("raster of the map", &path)?;
        ensure!(
            output["sha256"] == found.sha256.as_str(),
            "{} is not what the map wrote: make the map again, so that the plan is for what run.json says",
            path.display()
        );
        inputs.push(found);
        return Ok(Some(path));
    }
    Ok(None)
}

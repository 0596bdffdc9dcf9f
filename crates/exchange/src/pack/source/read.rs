//! `run.json`, as `soilscope map` writes it (`crates/cli/src/commands/map/record.rs`).

use std::path::Path;

use serde_json::Value;

use super::files::{hex, last_part};
use super::{
    CellCounts, CrsEntry, FileEntry, HotRule, Interval, Run, RunGrid, SampleCounts, Scores, Skill, Threshold, Variable,
};
use crate::{Error, Result};
use sha2::{Digest, Sha256};

/// No record is larger; one of 130 analytes is some ten megabytes.
const MOST_BYTES: u64 = 256 << 20;

/// A record, and where in it one is.
struct At<'a> {
    path: &'a Path,
    place: String,
    value: &'a Value,
}

pub(super) fn run(folder: &Path) -> Result<Run> {
    let path = folder.join("run.json");
    let plain = std::fs::symlink_metadata(&path);
    let plain = plain.map_err(|_| {
        let reason = "there is no run.json in it, so it is no folder of a finished run";
        Error::refused(folder.display(), reason, "give the folder that 'soilscope map -o' wrote")
    })?;
    if !plain.file_type().is_file() || plain.len() > MOST_BYTES {
        return Err(Error::unreadable(&path, "it is a link, no plain file, or larger than any record"));
    }
    let bytes = std::fs::read(&path).map_err(|e| Error::unreadable(&path, e))?;
    let record: Value = serde_json::from_slice(&bytes).map_err(|e| Error::unreadable(&path, e))?;
    let at = At { path: &path, place: String::new(), value: &record };
    let verb = at.text("verb")?;
    if verb != "map" {
        let reason = format!("it is the folder of 'soilscope {verb}'");
        return Err(Error::refused(folder.display(), reason, "a bundle is packed from what 'soilscope map' made"));
    }
    let (variables, together) = match record.get("analytes") {
        Some(_) => (at.list("analytes")?.iter().map(variable).collect::<Result<Vec<_>>>()?, at.files("outputs")?),
        None => (vec![variable(&at)?], Vec::new()),
    };
    if variables.is_empty() {
        return Err(at.wrong("analytes", "at least one"));
    }
    let started = at.text("started")?;
    let dated = record.get("dated").and_then(Value::as_str).map_or_else(|| started.clone(), str::to_owned);
    let several = record.get("analytes").is_some();
    Ok(Run {
        folder: folder.to_owned(),
        software_version: at.inside("versions")?.text("soilscope")?,
        gdal_version: at.inside("versions")?.text("gdal")?,
        proj_version: at.inside("versions")?.text("proj")?,
        dated: moment(&at, "dated", dated)?,
        started: moment(&at, "started", started)?,
        command: at.texts("command").iter().map(|word| last_part(word).to_owned()).collect(),
        inputs: at.files("inputs")?,
        notes: if several { at.texts("notes") } else { Vec::new() },
        record_sha256: hex(&Sha256::digest(&bytes)),
        variables,
        together,
        record,
    })
}

fn moment(at: &At<'_>, field: &str, text: String) -> Result<String> {
    match text.parse::<jiff::Timestamp>() {
        Ok(time) => Ok(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        Err(_) => Err(at.wrong(field, "a time as 2026-11-22T05:59:45Z")),
    }
}

fn variable(at: &At<'_>) -> Result<Variable> {
    let settings = at.inside("settings")?;
    let setting = |name: &str| settings.value.get(name).and_then(Value::as_str).map(str::to_owned);
    let method = at.inside("method")?;
    let record = at.value;
    let distribution = setting("distribution");
    let hot = hot(record);
    let threshold = threshold(record, settings.number("threshold"), hot);
    let joint = &record["hotspots"]["joint"];
    Ok(Variable {
        analyte: at.text("analyte")?,
        unit: record["unit"].as_str().map(str::to_owned),
        crs: crs(&at.inside("crs")?)?,
        grid: grid(&at.inside("grid")?)?,
        method: method.text("method")?,
        support: match &method.value["support"] {
            Value::String(words) => words.clone(),
            Value::Null => "point".to_owned(),
            other => other.to_string(),
        },
        transform: setting("transform").unwrap_or_else(|| "none".to_owned()),
        interval: distribution.as_deref().and_then(interval),
        distribution,
        variogram: record["model"]["notation"].as_str().map(str::to_owned),
        confidence: settings.number("confidence"),
        hot,
        threshold,
        seed: joint["seed"].as_u64(),
        realisations: joint["realisations"].as_u64(),
        samples: samples(record),
        cells: cells(&at.inside("cells")?),
        scores: scores(record),
        skill: skill(record),
        outputs: at.files("outputs")?,
        notes: at.texts("notes"),
        record: record.clone(),
    })
}

/// The distributions of `soilscope_core::transform` that have an interval in closed form. A mixture or a normal-score scale has none.
fn interval(words: &str) -> Option<Interval> {
    match words {
        "Gaussian" => Some(Interval::Normal),
        "log-normal (Gaussian on the natural logarithm)" => Some(Interval::Lognormal),
        _ => None,
    }
}

fn crs(at: &At<'_>) -> Result<CrsEntry> {
    let text = |name: &str| at.value[name].as_str().map(str::to_owned);
    Ok(CrsEntry { authority: text("authority"), name: text("name").unwrap_or_default(), kind: at.text("kind")? })
}

fn grid(at: &At<'_>) -> Result<RunGrid> {
    let numbers = |name: &str, wanted: usize| -> Result<Vec<f64>> {
        let list: Vec<f64> = at.value[name].as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
        if list.len() == wanted && list.iter().all(|n| n.is_finite()) {
            Ok(list)
        } else {
            Err(at.wrong(name, &format!("{wanted} numbers")))
        }
    };
    let count = |name: &str| {
        let count = at.value[name].as_u64().and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0);
        count.ok_or_else(|| at.wrong(name, "a count"))
    };
    let (cell, bounds) = (numbers("cell", 2)?, numbers("bounds", 4)?);
    Ok(RunGrid {
        size: [count("columns")?, count("rows")?],
        cell: [cell[0], cell[1]],
        bounds: [bounds[0], bounds[1], bounds[2], bounds[3]],
    })
}

fn hot(record: &Value) -> Option<HotRule> {
    let rule = &record["hotspots"]["rule"];
    if let Some(cut) = rule["probability"]["at_least"].as_f64() {
        return Some(HotRule::Probability(cut));
    }
    rule["prediction"]["above"].as_f64().map(HotRule::Prediction)
}

fn threshold(record: &Value, asked: Option<f64>, hot: Option<HotRule>) -> Option<Threshold> {
    let guideline = &record["guideline"];
    let text = |name: &str| guideline[name].as_str().map(str::to_owned);
    let value = asked.or_else(|| guideline["threshold"].as_f64());
    if value.is_none() && guideline.is_null() && hot.is_none() {
        return None;
    }
    let source = text("instrument").map(|act| {
        let level = text("level").map(|level| format!(", {level}")).unwrap_or_default();
        // Some titles have their year in them.
        match guideline["year"].as_u64().filter(|year| !act.contains(&year.to_string())) {
            Some(year) => format!("{act} ({year}){level}"),
            None => format!("{act}{level}"),
        }
    });
    Some(Threshold {
        value,
        source,
        address: text("source"),
        code: text("code"),
        land_use: text("land_use"),
        basis: text("basis"),
        standing: text("standing"),
    })
}

fn samples(record: &Value) -> SampleCounts {
    let samples = &record["samples"];
    let count = |name: &str| samples[name].as_u64().unwrap_or(0);
    SampleCounts {
        rows: count("rows"),
        used: count("used"),
        missing: count("missing"),
        quantified: count("quantified"),
        below_limit: count("below_limit"),
        nondetect: samples["nondetect"].as_str().map(str::to_owned),
    }
}

fn cells(at: &At<'_>) -> CellCounts {
    let count = |name: &str| at.value[name].as_u64().unwrap_or(0);
    let gaps = at.value["gaps"].as_object().into_iter().flatten();
    CellCounts {
        cells: count("cells"),
        predicted: count("predicted"),
        outside_mask: count("outside_mask"),
        gaps: gaps.filter_map(|(reason, n)| Some((reason.clone(), n.as_u64()?))).collect(),
        doubtful: at.value["trust"]["doubtful"].as_u64().unwrap_or(0),
    }
}

fn scores(record: &Value) -> Option<Scores> {
    let validation = record.get("validation")?;
    let scores = validation.get("scores")?;
    let number = |name: &str| scores[name].as_f64();
    let coverage = scores["coverage"].as_array().into_iter().flatten();
    Some(Scores {
        folds: match &validation["folds"] {
            Value::String(words) => words.clone(),
            other => other.to_string(),
        },
        n: scores["n"].as_u64().unwrap_or(0),
        me: number("me"),
        mae: number("mae"),
        rmse: number("rmse"),
        r2: number("r2"),
        msdr: number("msdr"),
        crps: number("crps"),
        ccc: number("ccc"),
        coverage: coverage.filter_map(|c| Some([c["nominal"].as_f64()?, c["observed"].as_f64()?])).collect(),
    })
}

fn skill(record: &Value) -> Option<Skill> {
    let skill = record.get("skill").filter(|s| s.is_object())?;
    Some(Skill { skilled: skill["skilled"].as_bool(), score: skill["score"].as_f64(), auc: skill["auc"].as_f64() })
}

impl<'a> At<'a> {
    fn wrong(&self, field: &str, wanted: &str) -> Error {
        let reason = format!("'{}{field}' is not {wanted}", self.place);
        Error::refused(
            self.path.display(),
            reason,
            "a bundle is packed from a record that this version wrote: run again",
        )
    }

    fn inside(&self, field: &str) -> Result<At<'a>> {
        let value = self.value.get(field).filter(|v| v.is_object()).ok_or_else(|| self.wrong(field, "there"))?;
        Ok(At { path: self.path, place: format!("{}{field}.", self.place), value })
    }

    fn list(&self, field: &str) -> Result<Vec<At<'a>>> {
        let list = self.value.get(field).and_then(Value::as_array).ok_or_else(|| self.wrong(field, "a list"))?;
        let at = |(i, value)| At { path: self.path, place: format!("{}{field}[{i}].", self.place), value };
        Ok(list.iter().enumerate().map(at).collect())
    }

    fn text(&self, field: &str) -> Result<String> {
        let text = self.value.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
        text.map(str::to_owned).ok_or_else(|| self.wrong(field, "a text"))
    }

    fn texts(&self, field: &str) -> Vec<String> {
        let list = self.value.get(field).and_then(Value::as_array).into_iter().flatten();
        list.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    fn number(&self, field: &str) -> Option<f64> {
        self.value.get(field).and_then(Value::as_f64)
    }

    fn files(&self, field: &str) -> Result<Vec<FileEntry>> {
        self.list(field)?
            .iter()
            .map(|file| {
                let sha256 = file.text("sha256")?;
                let is_sum = sha256.len() == 64 && sha256.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
                let bytes = file.value["bytes"].as_u64().ok_or_else(|| file.wrong("bytes", "a size"))?;
                let name = last_part(&file.text("path")?).to_owned();
                let entry = FileEntry { role: file.text("role")?, name, bytes, sha256 };
                match entry.is_plain() && is_sum {
                    true => Ok(entry),
                    false => Err(file.wrong(if is_sum { "path" } else { "sha256" }, "what a record has there")),
                }
            })
            .collect()
    }
}

//! Samples of several analytes side by side: one row a place.

use std::collections::HashMap;

use anyhow::{Context, Result, anyhow, ensure};
use soilscope_assess::sources::SourcesError;
use soilscope_core::censored::Measurement;
use soilscope_core::{Coord, place_key};
use soilscope_pipeline::crs::Crs;
use soilscope_pipeline::samples::{Prepared, ReadOptions, read_samples};

use crate::args::{Common, SampleArgs};
use crate::errors::refuse_kept_duplicates;
use crate::output::say;
use crate::source::{judged, locate, preparation, read_options};

/// Several analytes of one file.
pub(super) struct Measured {
    path: std::path::PathBuf,
    /// Each by itself.
    pub(super) analytes: Vec<Prepared>,
    /// Places where any was measured, in the order of the file.
    pub(super) places: Vec<Coord>,
    /// Line of each.
    pub(super) lines: Vec<usize>,
    /// Of each place, what was reported of each analyte.
    pub(super) rows: Vec<Vec<Option<Measurement>>>,
    /// Of each place, its number among the samples of each analyte.
    pub(super) numbers: Vec<Vec<Option<usize>>>,
    pub(super) notes: Vec<String>,
}

impl Measured {
    pub(super) fn read(args: &SampleArgs, common: &Common) -> Result<Self> {
        refuse_kept_duplicates(args, None)?;
        let asked = args.analyte.as_deref().context(
            "sources needs to know which analytes it is about: give --analyte NAME, or --analyte NAME,NAME,… for factors",
        )?;
        let names: Vec<String> = asked.split(',').map(|name| name.trim().to_owned()).collect();
        ensure!(names.iter().all(|name| !name.is_empty()), "--analyte {asked}: there is a comma without an analyte");
        let table = read_samples(&args.samples, &ReadOptions { analytes: names.clone(), ..read_options(args) })?;
        let mut how = preparation(args)?;
        let mut notes = judged(&table, &args.samples)?;
        let mut analytes: Vec<Prepared> = Vec::new();
        for name in &names {
            let prepared = table.prepare(name, &how)?;
            let twice = analytes.iter().find(|other| other.record.column == prepared.record.column);
            ensure!(twice.is_none(), "--analyte {asked} names '{}' twice: leave one out", prepared.record.column);
            // All are on one plane: that of the first.
            how.working_crs = Some(prepared.crs.clone());
            analytes.push(prepared);
        }
        // What is true of all analytes is said once.
        let of_all = |note: &String| analytes.iter().all(|a| a.record.notes.contains(note));
        for (k, prepared) in analytes.iter().enumerate() {
            for note in &prepared.record.notes {
                match of_all(note) {
                    true if k == 0 => notes.push(note.clone()),
                    true => {}
                    false => notes.push(format!("{}: {note}", prepared.record.analyte)),
                }
            }
        }
        let mut at: HashMap<[u64; 2], usize> = HashMap::new();
        let mut rows: Vec<(usize, Coord, Vec<Option<usize>>)> = Vec::new();
        for (k, prepared) in analytes.iter().enumerate() {
            for (i, &place) in prepared.samples.coords().iter().enumerate() {
                let row = *at.entry(place_key(place)).or_insert_with(|| {
                    rows.push((prepared.rows[i], place, vec![None; names.len()]));
                    rows.len() - 1
                });
                rows[row].0 = rows[row].0.min(prepared.rows[i]);
                rows[row].2[k] = Some(i);
            }
        }
        rows.sort_by_key(|row| row.0);
        let measurements = |numbers: &[Option<usize>]| -> Vec<Option<Measurement>> {
            numbers.iter().zip(&analytes).map(|(i, a)| i.map(|i| a.measurements[i])).collect()
        };
        if !common.quiet {
            notes.iter().for_each(|note| say(&format!("note: {note}")));
        }
        Ok(Self {
            path: args.samples.clone(),
            places: rows.iter().map(|r| r.1).collect(),
            lines: rows.iter().map(|r| r.0).collect(),
            rows: rows.iter().map(|r| measurements(&r.2)).collect(),
            numbers: rows.into_iter().map(|r| r.2).collect(),
            analytes,
            notes,
        })
    }

    /// CRS in which distances are measured.
    pub(super) fn crs(&self) -> &Crs {
        &self.analytes[0].crs
    }

    pub(super) fn file_crs(&self) -> &Crs {
        &self.analytes[0].source_crs
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.analytes.iter().map(|a| a.record.analyte.as_str()).collect()
    }

    /// Unit of lengths, for labels.
    pub(super) fn length_unit(&self) -> &str {
        match self.crs() {
            crs if crs.is_local() => "units of the local plane",
            crs if crs.is_metric() => "m",
            crs => crs.unit_name(),
        }
    }

    /// Adds file, line and analyte to a refusal that names them by number; rows are those of `lines`.
    pub(super) fn explain(&self, error: SourcesError, lines: &[usize]) -> anyhow::Error {
        let file = self.path.display();
        let place = |sample: usize, analyte: usize| {
            format!("{file}, line {}, {}", lines[sample], self.analytes[analyte].record.analyte)
        };
        match error {
            SourcesError::Value { sample, analyte, value, requirement } => {
                anyhow!("{}: {value} cannot be used: factors need {requirement}", place(sample, analyte))
            }
            SourcesError::NoUncertainty { sample, analyte } => anyhow!(
                "{}: a value of 0 has no uncertainty in percent: write it as below its limit, like <0.5",
                place(sample, analyte)
            ),
            SourcesError::Idle { analyte, why } => {
                let name = &self.analytes[analyte].record.analyte;
                anyhow!("{file}: {name} {why}, so it tells no factors apart: leave it out of --analyte")
            }
            other => anyhow::Error::from(other).context(self.path.display().to_string()),
        }
    }

    /// The same for one analyte by itself.
    pub(super) fn explain_one(&self, error: SourcesError, analyte: usize) -> anyhow::Error {
        let prepared = &self.analytes[analyte];
        match error {
            SourcesError::Core(error) => match locate::<(), _>(&self.path, prepared, Err(error)) {
                Err(error) => error,
                Ok(()) => unreachable!("an error stays one"),
            },
            other => anyhow::Error::from(other).context(format!(
                "{}, analyte '{}'",
                self.path.display(),
                prepared.record.analyte
            )),
        }
    }
}

//! From readings to samples that can be interpolated, and the record of what was done to them.

use std::collections::BTreeMap;

use serde::Serialize;
use soilscope_core::censored::{Measurement, Substitution};
use soilscope_core::metric::EARTH_RADIUS;
use soilscope_core::{Coord, Samples};

use super::duplicates::{self, Duplicates, Group};
use super::table::{AnalyteColumn, Reading, SampleTable, UnitSource};
use super::unit::Unit;
use crate::crs::{Crs, Transformer, choose_working};
use crate::{Error, Result};

/// How readings become samples.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Preparation {
    /// What stands in for a value below its limit.
    pub nondetect: Substitution,
    /// What becomes of samples at one place.
    pub duplicates: Duplicates,
    /// The CRS in which distances are measured. None: the file's, or one that suits longitudes and latitudes.
    pub working_crs: Option<Crs>,
    /// Why that one, for the record. None: it was asked for.
    pub crs_reason: Option<String>,
}

/// Samples of one analyte, ready to interpolate.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// Places in [`crs`](Self::crs), values in [`unit`](Self::unit); no two at one place unless they were kept.
    pub samples: Samples,
    /// Line or feature of each sample; of several at one place, the first.
    pub rows: Vec<usize>,
    /// Record of each sample in the [`SampleTable`], for its text columns; of several at one place, the first.
    pub records: Vec<usize>,
    /// All records of a place, by its sample, where several were made one.
    pub merged: BTreeMap<usize, Vec<usize>>,
    /// What was reported for each sample, before substitution; of several that were averaged, their mean, or below the mean
    /// of their limits where all are below one.
    pub measurements: Vec<Measurement>,
    /// The unit, where one is known or assumed.
    pub unit: Option<String>,
    /// The CRS of the places.
    pub crs: Crs,
    /// The CRS of the file.
    pub source_crs: Crs,
    /// What was done.
    pub record: PreparationRecord,
}

/// What was done to the readings of an analyte, for the run record.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PreparationRecord {
    /// The file as given.
    pub file: String,
    /// The analyte as asked for.
    pub analyte: String,
    /// Its column, or its name in a long file.
    pub column: String,
    /// Its unit.
    pub unit: Option<String>,
    /// Where the unit is known from; `assumed` is worth a look.
    pub unit_source: UnitSource,
    /// mg/kg in one unit, for a mass fraction.
    pub unit_in_mg_per_kg: Option<f64>,
    /// Readings of the analyte in the file.
    pub rows: usize,
    /// Samples that came of them.
    pub used: usize,
    /// Readings without a value.
    pub missing: usize,
    /// Readings with a value.
    pub quantified: usize,
    /// Readings below a stated limit.
    pub below_limit: usize,
    /// Readings below a limit that is not stated: left out.
    pub not_detected: usize,
    /// What stands in for values below their limit.
    pub nondetect: Substitution,
    /// Samples that share a place.
    pub duplicates: DuplicateRecord,
    /// The CRS of the file.
    pub source_crs: String,
    /// The CRS in which distances are measured.
    pub crs: String,
    /// Why that one.
    pub crs_reason: String,
    /// What a person should know before trusting the result.
    pub notes: Vec<String>,
}

/// Samples that share a place, among those with a usable value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DuplicateRecord {
    /// Places with more than one sample.
    pub places: usize,
    /// Samples at these places.
    pub samples: usize,
    /// What became of them.
    pub how: Duplicates,
}

/// How often each kind of reading occurs.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) missing: usize,
    pub(super) quantified: usize,
    pub(super) below_limit: usize,
    pub(super) not_detected: usize,
}

impl AnalyteColumn {
    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for reading in &self.readings {
            match reading {
                Reading::Missing => counts.missing += 1,
                Reading::NotDetected => counts.not_detected += 1,
                Reading::Measured(Measurement::Quantified(_)) => counts.quantified += 1,
                Reading::Measured(Measurement::BelowLimit(_)) => counts.below_limit += 1,
            }
        }
        counts
    }
}

impl Prepared {
    /// Keeps only some samples, by their numbers in increasing order, and counts what is used.
    ///
    /// # Errors
    /// Fewer than two of them.
    pub fn keep(&mut self, indices: &[usize]) -> Result<()> {
        let needed = soilscope_core::Error::TooFewSamples { found: indices.len(), needed: 2, purpose: "a map" };
        if indices.len() < 2 {
            return Err(self.explain(needed));
        }
        let (file, analyte) = (&self.record.file, &self.record.analyte);
        refuse_all_below(file, analyte, indices.iter().map(|&i| self.measurements[i]))?;
        self.samples = self.samples.subset(indices)?;
        self.rows = indices.iter().map(|&i| self.rows[i]).collect();
        self.records = indices.iter().map(|&i| self.records[i]).collect();
        self.measurements = indices.iter().map(|&i| self.measurements[i]).collect();
        let merged = |(new, old): (usize, &usize)| Some((new, self.merged.remove(old)?));
        self.merged = indices.iter().enumerate().filter_map(merged).collect();
        self.record.used = indices.len();
        Ok(())
    }

    /// A refusal of the mathematics, with the file and the analyte it is about and what to do.
    pub fn explain(&self, source: soilscope_core::Error) -> Error {
        explain(&self.record.file, &self.record.analyte, source)
    }
}

/// Refuses measurements that are all below their limits: whatever stood for them, a map would be one of the limits.
fn refuse_all_below(file: &str, analyte: &str, measurements: impl Iterator<Item = Measurement>) -> Result<()> {
    let (mut count, mut highest) = (0, f64::NEG_INFINITY);
    for measurement in measurements {
        match measurement {
            Measurement::Quantified(_) => return Ok(()),
            Measurement::BelowLimit(limit) => {
                count += 1;
                highest = limit.max(highest);
            }
        }
    }
    if count < 2 {
        return Ok(());
    }
    Err(Error::Table {
        file: file.to_owned(),
        reason: format!(
            "analyte '{analyte}': all {count} samples are below their limits, the highest of which is {}: there is nothing to model",
            super::report::short(highest)
        ),
        remedy: "report that and the highest limit, or ask the laboratory for lower limits".to_owned(),
    })
}

fn explain(file: &str, analyte: &str, source: soilscope_core::Error) -> Error {
    use soilscope_core::Error as Core;
    let remedy = match &source {
        Core::TooFewSamples { .. } => {
            "check the columns with `soilscope check`; samples without a usable value were left out"
        }
        Core::OnePlace { .. } => "check the coordinate columns, and the CRS they are in",
        Core::NoVariation { .. } => {
            "check that the right column is read; an unmeasured substance is often filled with one number"
        }
        Core::CoincidentSamples { .. } => "use --duplicates mean or --duplicates first",
        _ => "check the file with `soilscope check`",
    };
    Error::Samples {
        file: file.to_owned(),
        analyte: analyte.to_owned(),
        refusal: Box::new(source),
        remedy: remedy.to_owned(),
    }
}

/// What stands for values below their limit, in words.
pub(super) fn stands_for(substitution: Substitution) -> &'static str {
    match substitution {
        Substitution::HalfLimit => "half the limit stands for each",
        Substitution::Limit => "the limit stands for each",
        Substitution::LimitOverSqrt2 => "the limit divided by √2 stands for each",
        Substitution::Censored => "each is taken as below its limit, and no number stands for it",
        _ => "they are left out",
    }
}

/// Places in the CRS where distances are measured.
pub(super) struct Working {
    pub(super) crs: Crs,
    pub(super) reason: String,
    pub(super) places: Vec<Coord>,
    pub(super) notes: Vec<String>,
}

impl SampleTable {
    /// Brings records into the working CRS.
    pub(super) fn working(&self, records: impl Iterator<Item = usize> + Clone, how: &Preparation) -> Result<Working> {
        let source = self.required_crs()?;
        let mut places: Vec<Coord> = records.clone().map(|r| self.coords[r]).collect();
        let (crs, reason) = match &how.working_crs {
            Some(crs) if crs.degrees_per_unit().is_some_and(|degrees| degrees != 1.0) => {
                return Err(Error::Crs {
                    definition: crs.title(),
                    reason: format!("has coordinates in {}; name one in degrees, or a projected CRS", crs.unit_name()),
                });
            }
            Some(crs) => (crs.clone(), how.crs_reason.clone().unwrap_or_else(|| "as asked for".to_owned())),
            None => choose_working(source, &places)?,
        };
        let transformer = Transformer::new(source, &crs)?;
        let mut notes = Vec::new();
        if !transformer.is_identity() {
            for (place, record) in places.iter_mut().zip(records) {
                *place = transformer.forward(*place).map_err(|error| match error {
                    Error::Transform { reason, .. } => crate::error::BadCell {
                        file: self.source.path.clone(),
                        row_word: self.source.row_word(),
                        row: self.lines[record],
                        column: None,
                        value: format!("{} {}", place[0], place[1]),
                        reason: format!("cannot be brought from {} to {}: {reason}", source.title(), crs.title()),
                        remedy: "correct the coordinates, or state the CRS they are in".to_owned(),
                    }
                    .into(),
                    other => other,
                })?;
            }
            notes.push(format!(
                "places were transformed from {} to {}: {}",
                source.title(),
                crs.title(),
                transformer.description()
            ));
        }
        if let Some(metres) = crs.metres_per_unit().filter(|&metres| metres != 1.0) {
            notes.push(format!(
                "lengths are in {}, of {metres} m each, as the CRS {} is; so are ranges, cells and radii",
                crs.unit_name(),
                crs.title()
            ));
        }
        if crs.is_geographic() {
            notes.push(format!(
                "{} is geographic: distances are along great circles of a sphere with a radius of {} km, in metres; only models \
                 valid there can be used",
                crs.title(),
                EARTH_RADIUS / 1000.0
            ));
        }
        Ok(Working { crs, reason, places, notes })
    }

    /// Samples of one analyte: limits substituted, places projected, duplicates merged, and all of it recorded.
    ///
    /// # Errors
    /// An unknown analyte; a cell or place that a tolerant reading let pass; no CRS, or one that the places do not fit;
    /// fewer than two samples, all at one place; several at one place where these are to be refused.
    pub fn prepare(&self, analyte: &str, how: &Preparation) -> Result<Prepared> {
        let column = self.analyte(analyte)?;
        self.places.refuse()?;
        column.unreadable.refuse()?;
        let source_crs = self.required_crs()?.clone();
        let counts = column.counts();
        // Numbers of the readings that make samples; what they say is looked up, for there are many.
        let number = |reading: &Reading| match reading {
            Reading::Measured(measurement) => how.nondetect.apply(*measurement).map(|value| (*measurement, value)),
            Reading::Missing | Reading::NotDetected => None,
        };
        let all = column.readings.iter().zip(0_u32..);
        let mut usable: Vec<u32> =
            Vec::with_capacity(all.clone().filter(|(reading, _)| number(reading).is_some()).count());
        usable.extend(all.filter(|(reading, _)| number(reading).is_some()).map(|(_, nth)| nth));
        let record_of = |i: usize| column.rows[usable[i] as usize] as usize;
        let reading = |i: usize| number(&column.readings[usable[i] as usize]).expect("only numbers are usable");
        let refuse = |error| explain(&self.source.path, &column.name, error);
        let needed = |found| soilscope_core::Error::TooFewSamples { found, needed: 2, purpose: "a map" };
        if counts.quantified == 0 {
            let measured = |reading: &Reading| match reading {
                Reading::Measured(measurement) => Some(*measurement),
                Reading::Missing | Reading::NotDetected => None,
            };
            refuse_all_below(&self.source.path, &column.name, column.readings.iter().filter_map(measured))?;
        }
        if usable.len() < 2 {
            return Err(refuse(needed(usable.len())));
        }
        let Working { crs, reason, places, notes: of_places } = self.working((0..usable.len()).map(record_of), how)?;
        let groups = duplicates::groups(&places);
        let shared = || groups.iter().filter(|g| g.len() > 1);
        let duplicates =
            DuplicateRecord { places: shared().count(), samples: shared().map(Group::len).sum(), how: how.duplicates };
        if how.duplicates == Duplicates::Refuse
            && let Some(group) = shared().next()
        {
            return Err(self.refuse_duplicates(group.iter().map(record_of), duplicates));
        }
        let groups = if how.duplicates == Duplicates::Keep { duplicates::Groups::single(usable.len()) } else { groups };
        // A mean of quantified values and others below limits is a number that no limit says: half of each stands in it.
        let is_mixed = |group: Group<'_>| {
            let below = group.iter().filter(|&i| reading(i).0.is_below_limit()).count();
            how.duplicates == Duplicates::Mean && 0 < below && below < group.len()
        };
        let part = |i: usize, mixed: bool| match how.nondetect {
            Substitution::Censored if mixed => {
                let (measurement, value) = reading(i);
                Substitution::HalfLimit.apply(measurement).unwrap_or(value)
            }
            _ => reading(i).1,
        };
        let value = |group: Group<'_>| match how.duplicates {
            Duplicates::Mean => {
                let mixed = is_mixed(group);
                group.iter().map(|i| part(i, mixed)).sum::<f64>() / group.len() as f64
            }
            Duplicates::First | Duplicates::Keep | Duplicates::Refuse => reading(group.first()).1,
        };
        let mut places = places;
        if !groups.is_single() {
            // Groups are in the order of their first, so that none is overwritten before it is moved.
            groups.iter().enumerate().for_each(|(nth, group)| places[nth] = places[group.first()]);
            places.truncate(groups.len());
        }
        let samples = Samples::new(places, groups.iter().map(value).collect())
            .and_then(|s| if crs.is_geographic() { s.on_sphere(EARTH_RADIUS) } else { Ok(s) })
            .map_err(refuse)?;
        if samples.coords().iter().all(|c| *c == samples.coords()[0]) {
            let [easting, northing] = samples.coords()[0];
            return Err(refuse(soilscope_core::Error::OnePlace { count: usable.len(), easting, northing }));
        }
        let first = |group: Group<'_>| record_of(group.first());
        let together = |group: Group<'_>, value: f64| match how.duplicates {
            Duplicates::Mean if group.len() > 1 => averaged(group.iter().map(|i| reading(i).0), value),
            _ => reading(group.first()).0,
        };
        let unit = column.unit.as_ref().map(|u| u.name().to_owned());
        let mut notes = self.notes.clone();
        notes.extend(column.notes.iter().cloned());
        notes.extend(of_places);
        notes.extend(self.caveats(column, counts.below_limit, counts.not_detected, counts.quantified, how));
        if duplicates.places > 0 {
            notes.push(format!(
                "samples that share a place: {} at {} places; {} used",
                duplicates.samples,
                duplicates.places,
                match how.duplicates {
                    Duplicates::Mean => "their mean was",
                    Duplicates::Keep => "all were",
                    _ => "the first was",
                }
            ));
        }
        let mixed = groups.iter().filter(|&group| is_mixed(group)).count();
        if how.nondetect == Substitution::Censored && mixed > 0 {
            notes.push(format!(
                "places where a value below its limit was averaged with quantified ones: {mixed}; half the limit stands for it in the mean"
            ));
        }
        let record = PreparationRecord {
            file: self.source.path.clone(),
            analyte: column.name.clone(),
            column: column.column.clone(),
            unit: unit.clone(),
            unit_source: column.unit_source,
            unit_in_mg_per_kg: column.unit.as_ref().and_then(Unit::in_mg_per_kg),
            rows: column.readings.len(),
            used: samples.len(),
            missing: counts.missing,
            quantified: counts.quantified,
            below_limit: counts.below_limit,
            not_detected: counts.not_detected,
            nondetect: how.nondetect,
            duplicates,
            source_crs: source_crs.title(),
            crs: crs.title(),
            crs_reason: reason,
            notes,
        };
        Ok(Prepared {
            rows: groups.iter().map(|g| self.lines[first(g)]).collect(),
            records: groups.iter().map(first).collect(),
            merged: (groups.iter().enumerate().filter(|(_, g)| g.len() > 1))
                .map(|(sample, g)| (sample, g.iter().map(record_of).collect()))
                .collect(),
            measurements: groups.iter().zip(samples.values()).map(|(g, &value)| together(g, value)).collect(),
            samples,
            unit,
            crs,
            source_crs,
            record,
        })
    }

    fn caveats(
        &self,
        column: &AnalyteColumn,
        below: usize,
        not_detected: usize,
        quantified: usize,
        how: &Preparation,
    ) -> Vec<String> {
        let mut notes = Vec::new();
        if column.unit_source == UnitSource::Assumed {
            notes.push("nothing states the unit: mg/kg was assumed; state it with --unit".to_owned());
        }
        if below > 0 {
            let percent = 100.0 * below as f64 / (below + quantified) as f64;
            // A few of many are not none.
            let decimals = if percent < 1.0 { 2 } else { 0 };
            let what = match how.nondetect {
                Substitution::Drop => "they were left out, which makes the map too high",
                other => stands_for(other),
            };
            notes.push(format!("values below their limit: {below} ({percent:.decimals$} %); {what}"));
        }
        if not_detected > 0 {
            notes.push(format!(
                "not detected, with no limit stated, and left out: {not_detected}, which makes the map too high; state the limit"
            ));
        }
        if self.empty_rows > 0 {
            notes.push(format!("rows with neither place nor value, left out: {}", self.empty_rows));
        }
        notes
    }

    fn refuse_duplicates(&self, records: impl Iterator<Item = usize>, duplicates: DuplicateRecord) -> Error {
        let lines: Vec<String> = records.take(10).map(|r| self.lines[r].to_string()).collect();
        Error::Table {
            file: self.source.path.clone(),
            reason: format!(
                "samples share a place: {} at {} places, the first at {}s {}",
                duplicates.samples,
                duplicates.places,
                self.source.row_word(),
                lines.join(", ")
            ),
            remedy: "use --duplicates mean or --duplicates first, or correct the file".to_owned(),
        }
    }
}

/// What measurements at one place say of their mean: below the mean of their limits where all are below one, else the number that it
/// is, with what stands for those below a limit in it.
fn averaged(measurements: impl Iterator<Item = Measurement>, value: f64) -> Measurement {
    let (mut sum, mut count) = (0.0, 0.0);
    for measurement in measurements {
        match measurement {
            Measurement::BelowLimit(limit) => {
                sum += limit;
                count += 1.0;
            }
            Measurement::Quantified(_) => return Measurement::Quantified(value),
        }
    }
    Measurement::BelowLimit(sum / count)
}

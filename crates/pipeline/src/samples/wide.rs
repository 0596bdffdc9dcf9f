//! A column for each analyte.

use super::analyte;
use super::cell;
use super::input::{Input, Row, Wanted};
use super::reading::{self, ReadingColumns, Scale};
use super::source::Shape;
use super::table::{AnalyteColumn, UnitSource};
use super::unit::Unit;
use super::{Collector, ReadOptions};
use crate::{Error, Result};

/// A column to read, and what its numbers are multiplied with.
struct Job {
    columns: ReadingColumns,
    scale: Scale,
    analyte: AnalyteColumn,
}

/// Reads the analytes that were asked for, or all columns of numbers.
pub(super) fn read(input: &Input, options: &ReadOptions, collector: &mut Collector<'_>) -> Result<Vec<AnalyteColumn>> {
    let mut jobs = jobs(input, options, collector)?;
    let rows = input.rows_expected();
    collector.expect(Shape::Wide, rows, jobs.len(), rows)?;
    jobs.iter_mut().for_each(|job| job.analyte.expect(rows));
    let columns = collector.columns(jobs.iter().flat_map(|job| job.columns.all()));
    let wanted = Wanted { columns: Some(&columns), place: collector.wants_place() };
    input.for_each(wanted, |row| {
        let has_value = |row: Row<'_>| jobs.iter().any(|job| !cell::is_missing(row.cell(job.columns.value)));
        let Some(record) = collector.place(row, has_value)? else { return Ok(()) };
        for job in &mut jobs {
            match reading::read(input, row, &job.columns, job.scale) {
                Ok((reading, unmarked)) => {
                    job.analyte.rows.push(record);
                    job.analyte.readings.push(reading);
                    if unmarked {
                        job.analyte.unmarked.push(row.number);
                    }
                }
                Err(bad) => job.analyte.unreadable.take(*bad)?,
            }
        }
        Ok(())
    })?;
    Ok(jobs.into_iter().map(|job| job.analyte.whole()).collect())
}

fn jobs(input: &Input, options: &ReadOptions, collector: &Collector<'_>) -> Result<Vec<Job>> {
    let mut wanted: Vec<(String, usize)> = Vec::new();
    for name in &options.analytes {
        let column = analyte::column_of(input, name)?.ok_or_else(|| {
            analyte::unknown(input, name, input.header.iter().filter(|h| !h.is_empty()).cloned().collect())
        })?;
        if collector.holds_place(column) {
            return Err(input.refuse(
                format!("'{name}' is a coordinate column, so it cannot be the analyte"),
                "name a column of measured values",
            ));
        }
        if !wanted.iter().any(|(_, c)| *c == column) {
            wanted.push((name.clone(), column));
        }
    }
    if options.analytes.is_empty() {
        wanted = analyte::numeric_columns(input)?
            .into_iter()
            .filter(|&column| !collector.holds_place(column))
            .map(|column| (input.header[column].clone(), column))
            .collect();
        if wanted.is_empty() {
            return Err(input.refuse(
                format!("no column of measured numbers was recognised among {}", input.header.join(", ")),
                "name the analyte with --analyte",
            ));
        }
    }
    wanted.into_iter().map(|(name, column)| job(input, options, collector, &name, column)).collect()
}

fn job(input: &Input, options: &ReadOptions, collector: &Collector<'_>, name: &str, column: usize) -> Result<Job> {
    let header = &input.header[column];
    let in_name = Unit::split_suffix(header).map(|(_, unit)| unit);
    let (unit, source, factor) =
        unit_of(name, in_name, options.unit.as_deref()).map_err(|(has, wants)| Error::Table {
            file: input.source.path.clone(),
            reason: format!("column '{header}' is in {has}, which does not convert to {wants}"),
            remedy: "leave --unit out, or state one that converts".to_owned(),
        })?;
    let mg_per_kg = unit.as_ref().and_then(Unit::in_mg_per_kg).map(|own| own * factor);
    let scale = Scale { factor, mg_per_kg, default_limit: options.default_limit };
    let columns = ReadingColumns { value: column, beside: analyte::companions(&input.header, column) };
    let mut analyte = AnalyteColumn::new(name, header, unit, source, collector.tolerant());
    analyte.notes.extend(options.unit.as_deref().and_then(Unit::doubt));
    if factor != 1.0 {
        analyte.notes.push(format!("values of '{header}' were multiplied by {factor} to convert the unit"));
    }
    if let Some(flag) = columns.beside.flag {
        analyte.notes.push(format!("'{}' marks values below their limit", input.header[flag.column]));
    }
    if let Some((limit, _)) = columns.beside.limit {
        analyte.notes.push(format!("'{}' holds limits of detection", input.header[limit]));
    }
    Ok(Job { columns, scale, analyte })
}

/// The unit of a column's readings, where it is known from, and the factor to it; or the two that do not convert.
pub(super) fn unit_of(
    name: &str,
    in_name: Option<Unit>,
    stated: Option<&str>,
) -> std::result::Result<(Option<Unit>, UnitSource, f64), (String, String)> {
    match (in_name, stated.map(Unit::stated)) {
        (Some(has), Some(wants)) => match has.factor_to(&wants) {
            Some(factor) => Ok((Some(wants), UnitSource::ColumnName, factor)),
            None => Err((has.name().to_owned(), wants.name().to_owned())),
        },
        (Some(has), None) => Ok((Some(has), UnitSource::ColumnName, 1.0)),
        (None, Some(wants)) => Ok((Some(wants), UnitSource::Stated, 1.0)),
        (None, None) if analyte::is_concentration(name) => Ok((Some(Unit::mg_per_kg()), UnitSource::Assumed, 1.0)),
        (None, None) => Ok((None, UnitSource::Unknown, 1.0)),
    }
}

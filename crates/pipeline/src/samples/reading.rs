//! One reading out of a value and what stands beside it.

use soilscope_core::censored::Measurement;

use super::analyte::Companions;
use super::cell::{self, Cell, Flag, Refusal};
use super::input::{Input, Row};
use super::table::Reading;
use crate::error::BadCell;

/// The columns that make a reading.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReadingColumns {
    pub(super) value: usize,
    pub(super) beside: Companions,
}

impl ReadingColumns {
    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = usize> {
        let Companions { flag, limit, quantification } = self.beside;
        [
            Some(self.value),
            flag.map(|flag| flag.column),
            limit.map(|(column, _)| column),
            quantification.map(|(column, _)| column),
        ]
        .into_iter()
        .flatten()
    }
}

/// How numbers become readings.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    /// From the unit of the file to the unit of the readings.
    pub(super) factor: f64,
    /// What the unit of the file is in mg/kg, where it is a mass fraction.
    pub(super) mg_per_kg: Option<f64>,
    /// The limit of `n.d.` without one, in the unit of the readings.
    pub(super) default_limit: Option<f64>,
}

const NOT_A_LIMIT: Refusal = Refusal {
    reason: "is marked as below a limit, but it is not a positive number that could be the limit",
    remedy: "write the limit of detection there, or add a column with it",
};
const OTHER_UNIT: Refusal = Refusal {
    reason: "is a limit in another unit than the column is in",
    remedy: "write the limit in the unit of the column, or state with --unit what the column is in",
};
const NO_FLAG: Refusal = Refusal {
    reason: "is no qualifier that is known",
    remedy: "write <, U, ND or 1 for a value below its limit, and nothing, = or 0 for a quantified one; values above a limit or in an interval cannot be used",
};

/// The reading of a row, and whether its value lies under the limit beside it without being marked.
pub(super) fn read(
    input: &Input,
    row: Row<'_>,
    columns: &ReadingColumns,
    scale: Scale,
) -> Result<(Reading, bool), Box<BadCell>> {
    let refuse = |column: usize, refusal: Refusal| Box::new(input.bad_cell(row, column, refusal));
    let value = cell::read(row.cell(columns.value), input.decimal).map_err(|r| refuse(columns.value, r))?;
    let value = match value {
        Cell::BelowIn { limit, mg_per_kg } => {
            let same = scale.mg_per_kg.is_some_and(|own| (own / mg_per_kg - 1.0).abs() < 1e-9);
            if same { Cell::Below(limit) } else { return Err(refuse(columns.value, OTHER_UNIT)) }
        }
        value => value,
    };
    if columns.beside == Companions::default() {
        return Ok((without_flag(value, None, scale), false));
    }
    let flag = match columns.beside.flag {
        None => Flag::Quantified,
        Some(flag) => {
            let text = row.cell(flag.column);
            let read = cell::read_flag(text).ok_or_else(|| refuse(flag.column, NO_FLAG))?;
            if flag.one_is_detected { inverted(cell::trim(text), read) } else { read }
        }
    };
    let limit_in = |place: Option<(usize, f64)>| match place {
        None => Ok(None),
        Some((column, factor)) => cell::read_plain(row.cell(column), input.decimal)
            .map_err(|r| refuse(column, r))
            .map(|limit| limit.map(|limit| limit * factor).filter(|&limit| limit > 0.0)),
    };
    let limit = match flag {
        // The limit of detection is lower: it would say too much of what is only known to be below the other.
        Flag::BelowQuantification => limit_in(columns.beside.quantification)?.or(limit_in(columns.beside.limit)?),
        _ => limit_in(columns.beside.limit)?,
    };
    if flag == Flag::Quantified {
        let unmarked = matches!((value, limit), (Cell::Number(v), Some(limit)) if v < limit);
        return Ok((without_flag(value, limit, scale), unmarked));
    }
    let stated = match value {
        Cell::Below(limit) | Cell::BelowIn { limit, .. } => Some(limit),
        Cell::Number(v) if v > 0.0 && (flag == Flag::LessThan || limit.is_none()) => Some(v),
        Cell::Number(_) if limit.is_none() && scale.default_limit.is_none() => {
            return Err(refuse(columns.value, NOT_A_LIMIT));
        }
        _ => limit,
    };
    Ok((below(stated, scale), false))
}

fn without_flag(value: Cell, limit: Option<f64>, scale: Scale) -> Reading {
    match value {
        Cell::Missing => Reading::Missing,
        Cell::Number(v) => Reading::Measured(Measurement::Quantified(v * scale.factor)),
        Cell::Below(limit) | Cell::BelowIn { limit, .. } => below(Some(limit), scale),
        Cell::NotDetected => below(limit, scale),
    }
}

fn below(limit: Option<f64>, scale: Scale) -> Reading {
    match limit.map(|limit| limit * scale.factor).or(scale.default_limit) {
        Some(limit) => Reading::Measured(Measurement::BelowLimit(limit)),
        None => Reading::NotDetected,
    }
}

/// A column named `detected` says 1 where `nondetect` says 0; signs and words keep their meaning.
fn inverted(text: &str, flag: Flag) -> Flag {
    match text.to_ascii_lowercase().as_str() {
        "1" | "1.0" | "true" | "t" | "yes" | "y" => Flag::Quantified,
        "0" | "0.0" | "false" | "f" | "no" | "n" => Flag::Below,
        _ => flag,
    }
}

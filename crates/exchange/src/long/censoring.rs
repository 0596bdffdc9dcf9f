//! What is known of a result that is no plain number.

use super::value::{self, Cell};
use super::{Censor, Row};

/// Which limits stand in the row itself, not in what is declared for the whole table.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stated {
    pub(super) lod: bool,
    pub(super) loq: bool,
    pub(super) uol: bool,
}

/// What the cells say about the result.
pub(super) struct State<'a> {
    /// The value's cell and whether its decimal sign is the comma.
    pub(super) value: Option<(&'a str, bool)>,
    pub(super) censor: Option<&'a str>,
    pub(super) flag: Option<&'a str>,
    pub(super) stated: Stated,
}

/// Which cell is wrong, and why.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) field: &'static str,
    pub(super) reason: String,
    pub(super) remedy: &'static str,
}

fn wrong<T>(field: &'static str, reason: impl Into<String>, remedy: &'static str) -> Result<T, Wrong> {
    Err(Wrong { field, reason: reason.into(), remedy })
}

/// Whether anything is known: a number, or why there is none.
pub(super) fn has_result(row: &Row) -> bool {
    row.value.is_some() || row.censor != Censor::Quantified
}

/// Sets value, censor and limits of a row whose limits are those of the cells and declarations. Says whether a limit in the value's
/// cell differs from the column's, which then counts.
pub(super) fn apply(row: &mut Row, state: &State<'_>) -> Result<bool, Wrong> {
    let remedy = "write a number, <limit or >limit, or say decimal in [dialect] of the defaults";
    let cell = match state.value.map(|(text, comma)| value::read(text, comma)).transpose() {
        Ok(cell) => cell,
        Err(reason) => return wrong("value", reason, remedy),
    };
    let flagged = match state.flag.map(value::not_detected).transpose() {
        Ok(flag) => flag.unwrap_or(false),
        Err(reason) => return wrong("not_detected", reason, "correct the flag"),
    };
    // The number of a result that is flagged as not detected is the limit.
    let cell = match cell {
        Some(Cell::Number(limit)) if flagged && limit > 0.0 => Some(Cell::Below(limit)),
        Some(Cell::Number(_) | Cell::Above(_)) if flagged => {
            return wrong("value", "is no limit, but flagged as not detected", "correct the flag or the value");
        }
        cell => cell,
    };
    row.censor = match state.censor {
        Some(code) => match Censor::of_code(code.trim()) {
            Some(censor) => censor,
            None => {
                return wrong(
                    "censor",
                    "is no code of censoring.csv",
                    "use lt_lod, lt_loq, nd, gt_uol, interval or nothing",
                );
            }
        },
        None => match cell {
            Some(Cell::Below(limit)) => below(row, state.stated, limit),
            Some(Cell::Above(_)) => Censor::AboveLimit,
            None if flagged => Censor::NotDetected,
            _ if row.value_low.is_some() && row.value_high.is_some() && cell.is_none() => Censor::Interval,
            _ => Censor::Quantified,
        },
    };
    let differs = limits(row, state.stated, cell)?;
    check(row)?;
    Ok(differs)
}

/// Below which limit: that of detection where the row states only that one, or the number is it; else that of quantification.
fn below(row: &Row, stated: Stated, limit: f64) -> Censor {
    let lod = stated.lod && (row.lod == Some(limit) || !stated.loq);
    if lod { Censor::BelowDetection } else { Censor::BelowQuantification }
}

fn limits(row: &mut Row, stated: Stated, cell: Option<Cell>) -> Result<bool, Wrong> {
    let signs = "the sign of the value and the code of censoring contradict each other";
    let fix = "correct the value or the code";
    let mut differs = false;
    // A limit in the cell counts before one declared for the table, not before the row's own column (schema, inline_censoring).
    let mut limit = |of: &mut Option<f64>, stated: bool, number: f64| match *of {
        Some(known) if stated => differs |= known != number,
        _ => *of = Some(number),
    };
    match (row.censor, cell) {
        (Censor::BelowDetection, Some(Cell::Below(n))) => limit(&mut row.lod, stated.lod, n),
        (Censor::BelowDetection, Some(Cell::Number(n))) if n > 0.0 && row.lod.is_none() => row.lod = Some(n),
        (Censor::BelowDetection, Some(Cell::Number(n))) if row.lod == Some(n) => {}
        (Censor::BelowDetection, Some(Cell::Number(_))) => {
            return wrong("value", "is below the limit of detection, so it is empty or the limit", fix);
        }
        (Censor::BelowQuantification, Some(Cell::Below(n))) => limit(&mut row.loq, stated.loq, n),
        (Censor::BelowQuantification, Some(Cell::Number(n))) if n > 0.0 && row.loq.is_none() => row.loq = Some(n),
        // Between detection and quantification a laboratory may give its estimate.
        (Censor::BelowQuantification, Some(Cell::Number(n))) => row.value = (row.loq != Some(n)).then_some(n),
        (Censor::AboveLimit, Some(Cell::Above(n))) => limit(&mut row.uol, stated.uol, n),
        (Censor::AboveLimit, Some(Cell::Number(n))) if n > 0.0 && row.uol.is_none() => row.uol = Some(n),
        (Censor::AboveLimit, Some(Cell::Number(n))) if row.uol == Some(n) => {}
        (Censor::AboveLimit, Some(Cell::Number(_))) => {
            return wrong("value", "is above the calibration, so it is empty or the limit", fix);
        }
        (Censor::NotDetected, Some(Cell::Number(_) | Cell::Below(_))) => {
            return wrong(
                "value",
                "stands beside 'not detected, limit not stated'",
                "use lt_lod or lt_loq where the number is the limit",
            );
        }
        (Censor::Quantified, Some(Cell::Number(n))) => row.value = Some(n),
        (Censor::Interval, Some(Cell::Number(_))) => return wrong("value", "stands beside an interval", fix),
        (_, Some(_)) => return wrong("value", signs, fix),
        (_, None) => {}
    }
    Ok(differs)
}

/// That what the code asks for is there (rules A005, A009, A010).
fn check(row: &Row) -> Result<(), Wrong> {
    let needs = |field: &'static str, there: bool| {
        if there {
            return Ok(());
        }
        wrong(
            field,
            format!("{} needs {field}", row.censor.code()),
            "fill the column, or give it for the analyte in the defaults",
        )
    };
    match row.censor {
        Censor::BelowDetection => needs("lod", row.lod.is_some())?,
        Censor::BelowQuantification => needs("loq", row.loq.is_some())?,
        Censor::AboveLimit => needs("uol", row.uol.is_some())?,
        Censor::Interval => {
            needs("value_low", row.value_low.is_some())?;
            needs("value_high", row.value_high.is_some())?;
        }
        Censor::Quantified | Censor::NotDetected => {}
    }
    let limit = "a result below detection is censored: write <limit";
    if row.value.is_some_and(|v| v < 0.0) {
        return wrong("value", "is negative", limit);
    }
    if row.value_low.is_some_and(|v| v < 0.0) {
        return wrong("value_low", "is negative", limit);
    }
    if row.value_low.zip(row.value_high).is_some_and(|(low, high)| low >= high) {
        return wrong("value_high", "is not above value_low", "correct the bounds");
    }
    if row.lod.zip(row.loq).is_some_and(|(lod, loq)| lod > loq) {
        return wrong("lod", "is above loq", "correct the limits; both are in the unit of the value");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(value: &str, censor: Option<&str>, row: &Row, stated: Stated) -> Result<Row, Wrong> {
        let mut row = row.clone();
        let value = (!value.is_empty()).then_some((value, false));
        apply(&mut row, &State { value, censor, flag: None, stated }).map(|_| row)
    }

    #[test]
    fn an_inline_limit_is_of_quantification_unless_columns_speak() {
        let none = Row::default();
        let row = result("<0.05", None, &none, Stated::default()).unwrap();
        assert_eq!((row.censor, row.loq, row.value), (Censor::BelowQuantification, Some(0.05), None));
        let lod = Row { lod: Some(0.05), ..Row::default() };
        let row = result("<0.05", None, &lod, Stated { lod: true, ..Stated::default() }).unwrap();
        assert_eq!((row.censor, row.lod, row.loq), (Censor::BelowDetection, Some(0.05), None));
        // Declared for the whole table only: the cell knows better.
        let loq = Row { loq: Some(0.02), ..Row::default() };
        assert_eq!(result("<0.05", None, &loq, Stated::default()).unwrap().loq, Some(0.05));
        assert_eq!(result("<0.05", None, &loq, Stated { loq: true, ..Stated::default() }).unwrap().loq, Some(0.02));
        assert_eq!(result(">100", None, &none, Stated::default()).unwrap().uol, Some(100.0));
    }

    #[test]
    fn a_flag_makes_the_number_the_limit() {
        let mut row = Row::default();
        let state = State { value: Some(("0.6", false)), censor: None, flag: Some("1"), stated: Stated::default() };
        apply(&mut row, &state).unwrap();
        assert_eq!((row.censor, row.loq, row.value), (Censor::BelowQuantification, Some(0.6), None));
        let mut row = Row::default();
        apply(&mut row, &State { flag: Some("0"), ..state }).unwrap();
        assert_eq!((row.censor, row.value), (Censor::Quantified, Some(0.6)));
    }

    #[test]
    fn contradictions_are_refused_at_their_cell() {
        let none = Row::default();
        let at = |r: Result<Row, Wrong>| r.unwrap_err().field;
        assert_eq!(at(result("<0.05", Some("gt_uol"), &none, Stated::default())), "value");
        assert_eq!(at(result("", Some("lt_lod"), &none, Stated::default())), "lod");
        assert_eq!(at(result("", Some("interval"), &none, Stated::default())), "value_low");
        assert_eq!(at(result("-0.1", None, &none, Stated::default())), "value");
        assert_eq!(at(result("1", Some("below"), &none, Stated::default())), "censor");
        assert_eq!(at(result("1", Some("nd"), &none, Stated::default())), "value");
        let limits = Row { lod: Some(2.0), loq: Some(1.0), ..Row::default() };
        assert_eq!(at(result("3", None, &limits, Stated::default())), "lod");
    }

    #[test]
    fn zero_is_kept_and_nothing_is_nothing() {
        let none = Row::default();
        assert_eq!(result("0", None, &none, Stated::default()).unwrap().value, Some(0.0));
        assert!(!has_result(&result("", None, &none, Stated::default()).unwrap()));
        assert!(has_result(&result("", Some("nd"), &none, Stated::default()).unwrap()));
    }
}

//! Measurement errors of the samples.

use anyhow::{Result, ensure};
use serde::Serialize;
use soilscope_pipeline::samples::{Duplicates, Prepared, SampleTable};

use crate::args::{DuplicateRule, ErrorArgs, SampleArgs};
use crate::words::RelativeError;

/// Where the errors are from, for the record.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ErrorRecord {
    /// `standard-deviation` or `coefficient-of-variation`.
    pub(crate) given_as: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) column: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) percent: Option<f64>,
    /// Mean of the samples' error variances, in the data's unit squared.
    pub(crate) mean_variance: f64,
}

/// Refuses to keep samples at one place where nothing says that they have errors.
pub(crate) fn refuse_kept_duplicates(samples: &SampleArgs, errors: Option<&ErrorArgs>) -> Result<()> {
    ensure!(
        samples.duplicates != DuplicateRule::Keep || errors.is_some_and(ErrorArgs::are_given),
        "--duplicates keep needs measurement errors (--error-sd or --error-cv): without them two values at one place \
         contradict each other"
    );
    Ok(())
}

/// The column that holds the errors.
pub(crate) fn column(args: &ErrorArgs) -> Option<&str> {
    match (&args.error_sd, &args.error_cv) {
        (Some(column), _) | (_, Some(RelativeError::Column(column))) => Some(column),
        _ => None,
    }
}

/// Gives the samples the variances of their errors. A mean of several has the variance of a mean of independent ones.
pub(crate) fn join(
    args: &ErrorArgs,
    how: Duplicates,
    table: &SampleTable,
    prepared: &mut Prepared,
) -> Result<Option<ErrorRecord>> {
    if !args.are_given() {
        return Ok(None);
    }
    let relative = args.error_cv.is_some();
    let named = column(args);
    // Standard deviation, or percent, of one record.
    let of_record = |record: usize| -> Result<f64> {
        match (&args.error_cv, named.and_then(|name| table.text_column(name))) {
            (Some(RelativeError::Percent(percent)), _) => Ok(*percent),
            (_, Some(column)) => match table.number(column, record)? {
                Some(number) if number >= 0.0 => Ok(number),
                Some(_) => Err(table
                    .refuse_cell(
                        column,
                        record,
                        "is no size of an error, which is 0 or more",
                        "correct it, or write 0 for a sample without error",
                    )
                    .into()),
                None => Err(table
                    .refuse_cell(
                        column,
                        record,
                        "a sample without the size of its error",
                        "fill it in, or write 0 for a sample without error",
                    )
                    .into()),
            },
            (_, None) => anyhow::bail!("there is no column of errors"), // reading has refused it by its name
        }
    };
    let mut variances = Vec::with_capacity(prepared.samples.len());
    for (i, &first) in prepared.records.iter().enumerate() {
        let variance = |record: usize| -> Result<f64> {
            let error = of_record(record)?;
            Ok(if relative { error / 100.0 * prepared.samples.values()[i] } else { error }.powi(2))
        };
        variances.push(match prepared.merged.get(&i) {
            Some(records) if how == Duplicates::Mean => {
                let sum: f64 = records.iter().map(|&r| variance(r)).sum::<Result<f64>>()?;
                sum / (records.len() * records.len()) as f64
            }
            _ => variance(first)?,
        });
    }
    if let Some(i) = variances.iter().position(|v| !v.is_finite()) {
        let record = prepared.records[i];
        let Some(column) = named.and_then(|name| table.text_column(name)) else {
            anyhow::bail!("--error-cv is too large: its square is beyond the largest number")
        };
        return Err(table
            .refuse_cell(column, record, "is too large an error: its square is beyond the largest number", "correct it")
            .into());
    }
    let record = ErrorRecord {
        given_as: if relative { "coefficient-of-variation" } else { "standard-deviation" },
        column: named.map(str::to_owned),
        percent: if let Some(RelativeError::Percent(percent)) = args.error_cv { Some(percent) } else { None },
        mean_variance: variances.iter().sum::<f64>() / variances.len() as f64,
    };
    prepared.samples = prepared.samples.clone().with_error_variances(variances)?;
    Ok(Some(record))
}

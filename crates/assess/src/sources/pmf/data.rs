//! What is to be factorised: concentrations, and how uncertain each of them is.

use soilscope_core::censored::Measurement;
use soilscope_core::simulation::quantile_of_sorted;

use crate::sources::SourcesError;

/// Concentrations of samples (rows) and analytes (columns) with their uncertainties; some may be missing.
///
/// # Units
/// Each analyte in a unit of its own, its uncertainties in the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Concentrations {
    samples: usize,
    analytes: usize,
    /// Row by row; 0 where missing.
    values: Vec<f64>,
    /// Uncertainties; infinite where missing.
    errors: Vec<f64>,
    below_limit: usize,
    present: usize,
}

impl Concentrations {
    /// Values with uncertainties of their own (standard deviations); a value that is not a number is missing.
    ///
    /// # Errors
    /// No sample, fewer than two analytes, rows of different length, a value below 0 or infinite, an uncertainty that is not
    /// above 0, a sample without any value, an analyte without two different values.
    pub fn with_errors(values: &[Vec<f64>], errors: &[Vec<f64>]) -> Result<Self, SourcesError> {
        let analytes = values.first().map_or(0, Vec::len);
        if analytes < 2 {
            let (name, value) = ("the number of analytes", analytes as f64);
            return Err(SourcesError::Parameter { name, value, requirement: "at least 2: one has no mixture" });
        }
        if errors.len() != values.len() {
            return Err(SourcesError::Count { what: "rows of errors", found: errors.len(), needed: values.len() });
        }
        let mut data = Self {
            samples: values.len(),
            analytes,
            values: Vec::with_capacity(values.len() * analytes),
            errors: Vec::with_capacity(values.len() * analytes),
            below_limit: 0,
            present: 0,
        };
        for (sample, (row, errors)) in values.iter().zip(errors).enumerate() {
            for (what, found) in [("values", row.len()), ("errors", errors.len())] {
                if found != analytes {
                    return Err(SourcesError::Count { what, found, needed: analytes });
                }
            }
            if row.iter().all(|v| v.is_nan()) {
                return Err(SourcesError::Empty { sample });
            }
            for (analyte, (&value, &error)) in row.iter().zip(errors).enumerate() {
                if value.is_nan() {
                    data.push(0.0, f64::INFINITY);
                    continue;
                }
                if !(value >= 0.0 && value.is_finite()) {
                    let requirement = "0 or more, and finite";
                    return Err(SourcesError::Value { sample, analyte, value, requirement });
                }
                if !(error > 0.0 && error.is_finite()) {
                    let requirement = "an uncertainty above 0";
                    return Err(SourcesError::Value { sample, analyte, value: error, requirement });
                }
                data.push(value, error);
            }
        }
        data.present = data.errors.iter().filter(|e| e.is_finite()).count();
        for analyte in 0..analytes {
            let mut there = values.iter().map(|row| row[analyte]).filter(|v| !v.is_nan());
            let first = there.next().ok_or(SourcesError::Idle { analyte, why: "was not measured in any sample" })?;
            if there.all(|v| v == first) {
                return Err(SourcesError::Idle { analyte, why: "has the same value in all samples" });
            }
        }
        Ok(data)
    }

    /// Measurements with uncertainties by the rules that are usual for this method: a value x of a relative uncertainty r has
    /// √((r x)² + (L/2)²) with L the median of the analyte's limits, where it has values below one; below a limit it is half
    /// that limit, with 5/6 of it as its uncertainty. `None` is missing and weighs nothing.
    ///
    /// # Source
    /// Polissar, Hopke, Paatero, Malm & Sisler (1998), *Journal of Geophysical Research* 103(D15):19045 (half the limit, and
    /// 5/6 of it); Norris, Duvall, Brown & Bai (2014), *EPA Positive Matrix Factorization (PMF) 5.0 Fundamentals and User
    /// Guide*, EPA/600/R-14/108 (the root of two squares). That an analyte without any value below a limit has r x alone, and
    /// the median of several limits, are this project's.
    ///
    /// # Errors
    /// As [`with_errors`](Self::with_errors); relative uncertainties that are not above 0 or of another number than analytes,
    /// a limit that is not above 0, a value of 0 of an analyte without limits, an analyte with no value above its limit.
    pub fn from_measurements(rows: &[Vec<Option<Measurement>>], relative: &[f64]) -> Result<Self, SourcesError> {
        let analytes = rows.first().map_or(0, Vec::len);
        if relative.len() != analytes {
            return Err(SourcesError::Count { what: "relative errors", found: relative.len(), needed: analytes });
        }
        for &value in relative {
            if !(value > 0.0 && value.is_finite()) {
                return Err(SourcesError::Parameter { name: "relative uncertainty", value, requirement: "above 0" });
            }
        }
        let mut floors = vec![0.0; analytes];
        for (analyte, floor) in floors.iter_mut().enumerate() {
            let column = || rows.iter().filter_map(move |row| row.get(analyte).copied().flatten());
            let mut limits: Vec<f64> = Vec::new();
            let mut quantified = false;
            for measurement in column() {
                match measurement {
                    Measurement::BelowLimit(limit) => limits.push(limit),
                    Measurement::Quantified(_) => quantified = true,
                }
            }
            if !quantified && !limits.is_empty() {
                return Err(SourcesError::Idle { analyte, why: "has no value above its limit" });
            }
            limits.sort_by(f64::total_cmp);
            if !limits.is_empty() {
                *floor = quantile_of_sorted(&limits, 0.5) / 2.0;
            }
        }
        let (mut values, mut errors, mut below) = (Vec::new(), Vec::new(), 0);
        for (sample, row) in rows.iter().enumerate() {
            let mut pairs = Vec::with_capacity(row.len());
            for (analyte, measurement) in row.iter().enumerate() {
                pairs.push(match *measurement {
                    None => (f64::NAN, f64::NAN),
                    Some(Measurement::BelowLimit(limit)) => {
                        if !(limit > 0.0 && limit.is_finite()) {
                            let requirement = "a limit above 0";
                            return Err(SourcesError::Value { sample, analyte, value: limit, requirement });
                        }
                        below += 1;
                        (limit / 2.0, limit * 5.0 / 6.0)
                    }
                    Some(Measurement::Quantified(value)) => {
                        let (own, floor) = relative.get(analyte).zip(floors.get(analyte)).unwrap_or((&0.0, &0.0));
                        if value == 0.0 && *floor == 0.0 {
                            return Err(SourcesError::NoUncertainty { sample, analyte });
                        }
                        (value, (own * value).hypot(*floor))
                    }
                });
            }
            let (v, e): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            values.push(v);
            errors.push(e);
        }
        Ok(Self { below_limit: below, ..Self::with_errors(&values, &errors)? })
    }

    fn push(&mut self, value: f64, error: f64) {
        self.values.push(value);
        self.errors.push(error);
    }

    /// Samples.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Analytes.
    pub fn analytes(&self) -> usize {
        self.analytes
    }

    /// Values that are not missing.
    pub fn present(&self) -> usize {
        self.present
    }

    /// Values that are half a limit.
    pub fn below_limit(&self) -> usize {
        self.below_limit
    }

    /// Q where the model is right and the uncertainties are the standard deviations of the errors: values less unknowns,
    /// n m − p (n + m) without missing values; 0 or less where there are no more values than unknowns.
    pub fn expected_q(&self, factors: usize) -> f64 {
        self.present as f64 - (factors * (self.samples + self.analytes)) as f64
    }

    /// Most factors with fewer unknowns than values.
    pub fn most_factors(&self) -> usize {
        let most = (1..=super::MOST_FACTORS).take_while(|&p| self.expected_q(p) > 0.0).count();
        most.min(self.analytes)
    }

    /// Value and uncertainty; the latter is infinite where the value is missing.
    #[inline]
    pub(super) fn at(&self, sample: usize, analyte: usize) -> (f64, f64) {
        let at = sample * self.analytes + analyte;
        (self.values[at], self.errors[at])
    }

    /// Mean of an analyte's values.
    pub fn mean(&self, analyte: usize) -> f64 {
        let there = (0..self.samples).map(|i| self.at(i, analyte)).filter(|(_, s)| s.is_finite());
        let (sum, count) = there.fold((0.0, 0_usize), |(sum, count), (x, _)| (sum + x, count + 1));
        sum / count as f64
    }

    /// Some of the samples, any of them several times.
    pub(super) fn resampled(&self, rows: &[usize]) -> Self {
        let mut data = Self { samples: rows.len(), values: Vec::new(), errors: Vec::new(), present: 0, ..self.clone() };
        for &row in rows {
            for analyte in 0..self.analytes {
                let (value, error) = self.at(row, analyte);
                data.push(value, error);
                data.present += usize::from(error.is_finite());
            }
        }
        data
    }
}

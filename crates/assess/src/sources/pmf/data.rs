//! What is to be factorised: concentrations, and how uncertain each of them is.

use soilscope_core::censored::Measurement;
use soilscope_core::random::Random;
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
    /// How each error comes about.
    models: Vec<ErrorModel>,
    below_limit: usize,
    present: usize,
}

/// Least error of a value that is drawn anew, of that of the value in its place.
const LEAST: f64 = 0.01;

/// How an error comes about, for data that are drawn anew.
#[derive(Debug, Clone, Copy, PartialEq)]
enum ErrorModel {
    /// Missing.
    None,
    /// Of one size, whatever the value: that which was given.
    Given,
    /// A share of the value, and one of a fixed size with it; below the limit, where there is one, half of it is reported.
    Reported { share: f64, floor: f64, limit: f64 },
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
            models: Vec::with_capacity(values.len() * analytes),
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
                    data.push(0.0, f64::INFINITY, ErrorModel::None);
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
                data.push(value, error, ErrorModel::Given);
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
        let (mut values, mut errors, mut models, mut below) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for (sample, row) in rows.iter().enumerate() {
            let mut pairs = Vec::with_capacity(row.len());
            for (analyte, measurement) in row.iter().enumerate() {
                let (own, floor) = relative.get(analyte).zip(floors.get(analyte)).unwrap_or((&0.0, &0.0));
                let reported = |limit: f64| ErrorModel::Reported { share: *own, floor: *floor, limit };
                pairs.push(match *measurement {
                    None => {
                        models.push(ErrorModel::None);
                        (f64::NAN, f64::NAN)
                    }
                    Some(Measurement::BelowLimit(limit)) => {
                        if !(limit > 0.0 && limit.is_finite()) {
                            let requirement = "a limit above 0";
                            return Err(SourcesError::Value { sample, analyte, value: limit, requirement });
                        }
                        below += 1;
                        models.push(reported(limit));
                        below_limit(limit)
                    }
                    Some(Measurement::Quantified(value)) => {
                        if value == 0.0 && *floor == 0.0 {
                            return Err(SourcesError::NoUncertainty { sample, analyte });
                        }
                        models.push(reported(2.0 * floor));
                        (value, (own * value).hypot(*floor))
                    }
                });
            }
            let (v, e): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            values.push(v);
            errors.push(e);
        }
        Ok(Self { below_limit: below, models, ..Self::with_errors(&values, &errors)? })
    }

    fn push(&mut self, value: f64, error: f64, model: ErrorModel) {
        self.values.push(value);
        self.errors.push(error);
        self.models.push(model);
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
        let mut data = Self { samples: rows.len(), present: 0, ..self.empty() };
        for &row in rows {
            for analyte in 0..self.analytes {
                let (value, error) = self.at(row, analyte);
                data.push(value, error, self.models[row * self.analytes + analyte]);
                data.present += usize::from(error.is_finite());
            }
        }
        data
    }

    /// The same samples with other errors: each value that was measured is drawn around what is fitted of it, by its error times
    /// `larger`, and reported as it would be, with the error that such a value is given. A share of a value is drawn log-normal, which
    /// cannot be negative.
    pub(super) fn redrawn(&self, fitted: impl Fn(usize, usize) -> f64, larger: f64, random: &mut Random) -> Self {
        let mut data = self.empty();
        for sample in 0..self.samples {
            for analyte in 0..self.analytes {
                let (value, error) = self.at(sample, analyte);
                let model = self.models[sample * self.analytes + analyte];
                let (value, error) = match model {
                    ErrorModel::None => (value, error),
                    ErrorModel::Given => ((fitted(sample, analyte) + larger * error * random.normal()).max(0.0), error),
                    ErrorModel::Reported { share, floor, limit } => {
                        let log_variance = (1.0 + (larger * share).powi(2)).ln();
                        let times = (log_variance.sqrt() * random.normal() - 0.5 * log_variance).exp();
                        let drawn = fitted(sample, analyte) * times + floor * larger * random.normal();
                        if drawn < limit {
                            below_limit(limit)
                        } else {
                            // Nothing fitted and no floor leaves no error; such a value must not outweigh all others.
                            (drawn, (share * drawn).hypot(floor).max(LEAST * error))
                        }
                    }
                };
                data.push(value, error, model);
            }
        }
        data
    }

    fn empty(&self) -> Self {
        Self { values: Vec::new(), errors: Vec::new(), models: Vec::new(), ..*self }
    }
}

/// What stands for a value below a limit, and its error.
fn below_limit(limit: f64) -> (f64, f64) {
    (limit / 2.0, limit * 5.0 / 6.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value is redrawn with its errors' size and mean; what falls below its limit is reported as that; gaps stay.
    #[test]
    fn values_are_redrawn_as_they_would_be_reported() {
        let (q, b) = (Measurement::Quantified, Measurement::BelowLimit);
        let rows =
            vec![vec![Some(q(10.0)), Some(b(2.0))], vec![Some(q(20.0)), Some(q(30.0))], vec![None, Some(q(40.0))]];
        let data = Concentrations::from_measurements(&rows, &[0.1, 0.1]).unwrap();
        let mut random = Random::new(1);
        let (mut first, mut below) = (Vec::new(), 0);
        for _ in 0..4000 {
            let again = data.redrawn(|_, j| if j == 0 { 50.0 } else { 2.0 }, 2.0, &mut random);
            let (value, error) = again.at(0, 0);
            assert!((error - 0.1 * value).abs() < 1e-12);
            first.push(value);
            let (value, error) = again.at(1, 1);
            below += usize::from(value == 1.0);
            assert!((value == 1.0 && error == 2.0 * 5.0 / 6.0) || (value >= 2.0 && error == (0.1 * value).hypot(1.0)));
            assert_eq!(again.at(2, 0), data.at(2, 0));
        }
        let mean = first.iter().sum::<f64>() / 4000.0;
        let sd = (first.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 4000.0).sqrt();
        // 50 with an error of 2 × 10 %.
        assert!((mean - 50.0).abs() < 0.6 && (sd - 10.0).abs() < 0.5, "{mean} {sd}");
        // What is fitted is the limit: half of the redrawn values are below.
        assert!((1800..2250).contains(&below), "{below}");
    }
}

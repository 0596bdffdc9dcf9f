//! How the errors of kriging at different places go together, and what one more sample would take off them.

use nalgebra::DMatrix;

use super::Kriging;
use super::setting::Setting;
use crate::support::Support;
use crate::{Coord, Error, Gap, Predictions, Result, Samples, Scratch, Targets};

/// Numbers of covariances that are kept while computing: 128 MB.
const ROOM: usize = 16 << 20;

/// Predictions at places and the covariances of their errors with those at other places.
///
/// The error of a prediction is e(x) = Z(x) − Σ λᵢ(x) zᵢ, zᵢ the samples with their measurement errors. Its covariance with that of
/// another place s is Cov(Z(x), e(s)) − Σ λᵢ(x) Cov(zᵢ, e(s)), with Cov(y, e(s)) = C(y, s) − Σ λⱼ(s) Cov(y, zⱼ). That holds for any weights,
/// so also for those of moving neighbourhoods, where it is the covariance of the errors of the very map.
///
/// A new sample at s with an error of variance τ² tells e(s) + τ, and the best linear correction of the prediction at x takes
/// c(x, s)² / (c(s, s) + τ²) off its variance. With a neighbourhood of all samples the corrected prediction is that of kriging
/// with the new sample among the others, drift and all ([`ErrorCovariances::update`]); with moving neighbourhoods it is the map's corrected, which
/// a new map with new neighbourhoods comes near.
///
/// The micro-scale variation (nugget) of a new sample is its own: it is part of c(s, s) and says nothing of a target, even
/// one with the same coordinates, which stands for the ground around it. Where a sample is there already the target
/// keeps the variance that the map gives it.
///
/// # Source
/// The update is that of a Gaussian field conditioned by one more value, one step of a Cholesky factorisation; that kriging with an unknown drift is
/// conditioning under a flat prior of its coefficients: Omre & Halvorsen (1989), *Mathematical Geology* 21:767.
#[derive(Debug, Clone)]
pub struct ErrorCovariances {
    predicted: Vec<f64>,
    variances: Vec<f64>,
    gaps: Vec<Option<Gap>>,
    /// A column for each candidate, a row for each target.
    covariances: DMatrix<f64>,
    /// c(s, s) + τ² of each candidate.
    totals: Vec<f64>,
    /// Which target a candidate is.
    candidates: Vec<usize>,
}

impl ErrorCovariances {
    /// Of `targets`, with new samples at those targets that `candidates` counts, measured with an error of variance
    /// `error_variance`. Targets without a prediction have gaps, and candidates must not be among them.
    ///
    /// Memory is a number for each target and candidate; work is that times the neighbours of a target.
    ///
    /// # Errors
    /// Those of [`Interpolator::fit`](crate::Interpolator::fit); [`Error::KrigingSettings`] for a support that is not points or a drift with covariates; a
    /// negative error variance, a candidate that is no target or has no prediction.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::{Samples, kriging::{ErrorCovariances, Kriging}, drift::Drift, neighbourhood::Neighbourhood};
    /// let samples = Samples::new(vec![[0.0, 0.0], [9.0, 0.0]], vec![1.0, 2.0])?;
    /// let kriging = Kriging::new("1 Sph(10)".parse()?, Drift::Constant, Neighbourhood::Global);
    /// let mut errors = ErrorCovariances::new(&kriging, &samples, &[[4.0, 0.0], [4.5, 0.0]], &[1], 0.0)?;
    /// let before = errors.variances()[0];
    /// errors.update(0);
    /// assert!(errors.variances()[0] < 0.3 * before);
    /// # Ok::<(), soilscope_core::Error>(())
    /// ```
    pub fn new(
        kriging: &Kriging,
        samples: &Samples,
        targets: &[Coord],
        candidates: &[usize],
        error_variance: f64,
    ) -> Result<Self> {
        if kriging.support != Support::Point || kriging.drift.covariates() > 0 {
            let what = "covariances of prediction errors are computed";
            let requirement = "points as the support and a drift without covariates";
            return Err(Error::KrigingSettings { what, requirement });
        }
        if !(error_variance >= 0.0 && error_variance.is_finite()) {
            return Err(Error::Parameter { name: "error variance", value: error_variance, requirement: "0 or more" });
        }
        let setting = Setting::new(kriging, samples)?;
        let predictor = kriging.fit_weighted(samples)?;
        let (mut scratch, mut out) = (Scratch::default(), Predictions::default());
        let n = targets.len();
        // The weights of every target, one after the other.
        let (mut starts, mut used, mut weights) = (vec![(0, 0); n], Vec::<u32>::new(), Vec::<f64>::new());
        predictor.predict_weighted(&Targets::points(targets), &mut scratch, &mut out, &mut |i, kept, lambda| {
            starts[i] = (used.len(), used.len() + kept.len());
            used.extend(kept.iter().map(|&k| k as u32));
            weights.extend_from_slice(lambda);
        });
        let (mut predicted, mut variances, mut gaps) = (vec![0.0; n], vec![0.0; n], vec![None; n]);
        for (i, outcome) in out.iter().enumerate() {
            match outcome {
                Ok(p) => (predicted[i], variances[i]) = (p.value, p.variance.unwrap_or(0.0)),
                Err(gap) => gaps[i] = Some(gap),
            }
        }
        let has_none = |&&c: &&usize| gaps.get(c).is_none_or(Option::is_some);
        if let Some(&none) = candidates.iter().find(has_none) {
            let requirement = "a target with a prediction";
            return Err(Error::Parameter { name: "candidate", value: none as f64, requirement });
        }
        let coords = samples.coords();
        let nugget = setting.variogram.nugget();
        let mut covariances = DMatrix::zeros(n, candidates.len());
        let mut totals = Vec::with_capacity(candidates.len());
        let (mut of_samples, mut of_targets) = (vec![0.0; coords.len()], vec![0.0; n]);
        // Covariances of samples with samples and targets, kept as far as there is room.
        let mut rows: Vec<Option<Vec<f64>>> = vec![None; coords.len()];
        let mut room = ROOM / (coords.len() + n);
        let row_of = |j: usize| {
            let mut row = vec![0.0; coords.len() + n];
            let (to_samples, to_targets) = row.split_at_mut(coords.len());
            setting.variogram.covariances(coords[j], coords, to_samples);
            to_samples[j] += setting.error_variance(samples, j);
            setting.variogram.covariances(coords[j], targets, to_targets);
            row
        };
        for (k, &s) in candidates.iter().enumerate() {
            let place = targets[s];
            // Cov(zᵢ, e(s)) of the samples and Cov(Z(x), e(s)) of the targets.
            setting.variogram.covariances(place, coords, &mut of_samples);
            setting.variogram.covariances(place, targets, &mut of_targets);
            for (c, target) in of_targets.iter_mut().zip(targets) {
                if *target == place {
                    *c -= nugget; // a new sample's own
                }
            }
            let range = starts[s].0..starts[s].1;
            for (&j, &lambda) in used[range.clone()].iter().zip(&weights[range]) {
                let j = j as usize;
                let computed = rows[j].is_none().then(|| row_of(j));
                let row = rows[j].as_ref().or(computed.as_ref()).map_or(&[][..], |row| &row[..]);
                let (to_samples, to_targets) = row.split_at(coords.len());
                of_samples.iter_mut().zip(to_samples).for_each(|(c, r)| *c -= lambda * r);
                of_targets.iter_mut().zip(to_targets).for_each(|(c, r)| *c -= lambda * r);
                if room > 0 && computed.is_some() {
                    (rows[j], room) = (computed, room - 1);
                }
            }
            let mut column = covariances.column_mut(k);
            for (x, c) in of_targets.iter().enumerate() {
                let range = starts[x].0..starts[x].1;
                let known = used[range.clone()].iter().zip(&weights[range]);
                column[x] = c - known.map(|(&i, lambda)| lambda * of_samples[i as usize]).sum::<f64>();
            }
            totals.push(variances[s] + error_variance);
        }
        // What has no prediction has no error either.
        for (x, _) in gaps.iter().enumerate().filter(|(_, gap)| gap.is_some()) {
            covariances.row_mut(x).fill(0.0);
        }
        Ok(Self { predicted, variances, gaps, covariances, totals, candidates: candidates.to_vec() })
    }

    /// Predictions at the targets; 0 at gaps.
    pub fn predicted(&self) -> &[f64] {
        &self.predicted
    }

    /// Variances of the prediction errors at the targets, with the samples that were added; 0 at gaps.
    pub fn variances(&self) -> &[f64] {
        &self.variances
    }

    /// Why targets have no prediction.
    pub fn gaps(&self) -> &[Option<Gap>] {
        &self.gaps
    }

    /// What a sample at a candidate would take off the variance of each target.
    ///
    /// # Panics
    /// A number beyond the candidates.
    pub fn reductions(&self, candidate: usize) -> impl Iterator<Item = f64> + '_ {
        let total = self.totals[candidate];
        let scale = if total > 0.0 { 1.0 / total } else { 0.0 };
        let n = self.variances.len();
        let column = &self.covariances.as_slice()[candidate * n..(candidate + 1) * n];
        // No more than there is: rounding apart, that holds without the bound.
        column.iter().zip(&self.variances).map(move |(c, v)| (c * c * scale).min(*v))
    }

    /// Adds a sample at a candidate: all variances and covariances are those with it.
    ///
    /// # Panics
    /// A number beyond the candidates.
    pub fn update(&mut self, candidate: usize) {
        let total = self.totals[candidate];
        if !(total > 0.0) {
            return;
        }
        let column = self.covariances.column(candidate).clone_owned();
        for (v, c) in self.variances.iter_mut().zip(column.iter()) {
            *v = (*v - c * c / total).max(0.0);
        }
        for (k, &s) in self.candidates.iter().enumerate() {
            let factor = column[s] / total;
            self.totals[k] -= factor * column[s];
            self.covariances.column_mut(k).axpy(-factor, &column, 1.0);
        }
    }
}

//! Predicts a list of places: batches in parallel, outcomes in order.

use std::num::NonZeroUsize;

use rayon::prelude::*;
use soilscope_core::{Coord, Error as Core, Mixtures, Outcome, Predictions, Predictor, Scratch, Targets};

use crate::{Error, Result, Watch};

/// Places predicted between two looks at the watch.
const BATCH: usize = 1024;

/// What became of a list of places.
#[derive(Debug, Clone, PartialEq)]
pub struct PointPredictions {
    /// One outcome a place, in order.
    pub outcomes: Vec<Outcome>,
    /// How errors are distributed where that is not normal, by the places' numbers.
    pub mixtures: Mixtures,
    /// Places whose system was singular until samples that say nothing new were left out of it.
    pub reduced: usize,
}

/// Predicts `places` on `threads` threads, each with as many `covariates` as the predictor needs, place by place; the
/// outcomes are the same for any number of threads.
///
/// # Errors
/// [`Error::Interrupted`] when `watch` says so, [`Error::Worker`] when the threads cannot be started, [`Error::Core`] for
/// another number of covariates than places × those that the predictor needs.
///
/// # Examples
/// ```
/// use soilscope_core::{Interpolator, Samples, idw::Nearest};
/// use soilscope_pipeline::{Unwatched, points::predict_points};
/// let samples = Samples::new(vec![[0.0, 0.0], [9.0, 0.0]], vec![1.0, 2.0])?;
/// let predictor = Nearest::default().fit(&samples)?;
/// let places = [[1.0, 0.0], [8.0, 0.0]];
/// let outcomes = predict_points(&places, &[], predictor.as_ref(), 2.try_into().unwrap(), &Unwatched)?.outcomes;
/// assert_eq!((outcomes[0].unwrap().value, outcomes[1].unwrap().value), (1.0, 2.0));
/// # Ok::<(), soilscope_pipeline::Error>(())
/// ```
pub fn predict_points(
    places: &[Coord],
    covariates: &[f64],
    predictor: &dyn Predictor,
    threads: NonZeroUsize,
    watch: &dyn Watch,
) -> Result<PointPredictions> {
    let count = predictor.covariates();
    if covariates.len() != places.len() * count {
        let (left, right) = (places.len() * count, covariates.len());
        let (left_name, right_name) = ("places times covariates of the drift", "covariates given");
        return Err(Core::LengthMismatch { left_name, left, right_name, right }.into());
    }
    watch.stage("predicting", places.len() as u64);
    let pool = crate::run::pool(threads)?;
    let batches: Result<Vec<PointPredictions>> = pool.install(|| {
        let batches = places.par_chunks(BATCH).enumerate();
        batches
            .map_init(
                || (Scratch::default(), Predictions::default()),
                |(scratch, out), (nth, batch)| {
                    if watch.cancelled() {
                        return Err(Error::Interrupted);
                    }
                    let first = nth * BATCH;
                    let covariates = &covariates[first * count..(first + batch.len()) * count];
                    let targets = Targets::points(batch).with_covariates(covariates, count);
                    predictor.predict_into(&targets, scratch, out);
                    watch.advance(batch.len() as u64);
                    let mixtures = std::mem::take(out.mixtures_mut());
                    Ok(PointPredictions { outcomes: out.iter().collect(), mixtures, reduced: out.reduced().len() })
                },
            )
            .collect()
    });
    let outcomes = Vec::with_capacity(places.len());
    let mut all = PointPredictions { outcomes, mixtures: Mixtures::default(), reduced: 0 };
    for batch in batches? {
        let first = all.outcomes.len();
        for nth in 0..batch.outcomes.len() {
            let mixture = batch.mixtures.get(nth);
            all.mixtures.set(first + nth, mixture.within(), mixture.differences());
        }
        all.outcomes.extend(batch.outcomes);
        all.reduced += batch.reduced;
    }
    Ok(all)
}

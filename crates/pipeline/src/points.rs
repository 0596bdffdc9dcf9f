//! Predicts a list of places: batches in parallel, outcomes in order.

use std::num::NonZeroUsize;

use rayon::prelude::*;
use soilscope_core::{Coord, Outcome, Predictions, Predictor, Scratch, Targets};

use crate::{Error, Result, Watch};

/// Places predicted between two looks at the watch.
const BATCH: usize = 1024;

/// Predicts `places` on `threads` threads; the outcomes are the same for any number of them.
///
/// # Errors
/// [`Error::Interrupted`] when `watch` says so, [`Error::Worker`] when the threads cannot be started.
///
/// # Examples
/// ```
/// use soilscope_core::{Interpolator, Samples, idw::Nearest};
/// use soilscope_pipeline::{Unwatched, points::predict_points};
/// let samples = Samples::new(vec![[0.0, 0.0], [9.0, 0.0]], vec![1.0, 2.0])?;
/// let predictor = Nearest::default().fit(&samples)?;
/// let outcomes = predict_points(&[[1.0, 0.0], [8.0, 0.0]], predictor.as_ref(), 2.try_into().unwrap(), &Unwatched)?;
/// assert_eq!((outcomes[0].unwrap().value, outcomes[1].unwrap().value), (1.0, 2.0));
/// # Ok::<(), soilscope_pipeline::Error>(())
/// ```
pub fn predict_points(
    places: &[Coord],
    predictor: &dyn Predictor,
    threads: NonZeroUsize,
    watch: &dyn Watch,
) -> Result<Vec<Outcome>> {
    watch.stage("predicting", places.len() as u64);
    let pool = crate::run::pool(threads)?;
    let batches: Result<Vec<Vec<Outcome>>> = pool.install(|| {
        let batches = places.par_chunks(BATCH);
        batches
            .map_init(
                || (Scratch::default(), Predictions::default()),
                |(scratch, out), batch| {
                    if watch.cancelled() {
                        return Err(Error::Interrupted);
                    }
                    predictor.predict_into(&Targets::points(batch), scratch, out);
                    watch.advance(batch.len() as u64);
                    Ok(out.iter().collect())
                },
            )
            .collect()
    });
    Ok(batches?.concat())
}

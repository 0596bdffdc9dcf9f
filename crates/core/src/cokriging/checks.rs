//! Samples that make a system singular whatever its size.

use super::{CokrigingError, Coregionalisation};
use crate::kriging::cholesky::{factor, row_start};
use crate::{Coord, Result, Samples};

/// Refuses samples at one place of which the model makes one a linear function of the others: two of one variable, or of
/// variables that are proportional.
///
/// # Errors
/// [`CokrigingError::CoincidentSamples`], [`CokrigingError::DependentSamples`].
pub(crate) fn check_samples(model: &Coregionalisation, samples: &[Samples]) -> Result<()> {
    // −0 and 0 are one place, but not to `total_cmp`; adding 0 makes both 0.
    let mut all: Vec<(Coord, usize, usize)> = samples
        .iter()
        .enumerate()
        .flat_map(|(v, s)| s.coords().iter().enumerate().map(move |(i, c)| (c.map(|x| x + 0.0), v, i)))
        .collect();
    all.sort_by(|a, b| a.0[0].total_cmp(&b.0[0]).then(a.0[1].total_cmp(&b.0[1])).then((a.1, a.2).cmp(&(b.1, b.2))));
    for group in all.chunk_by(|a, b| a.0 == b.0).filter(|g| g.len() > 1) {
        check_place(model, samples, group)?;
    }
    Ok(())
}

fn check_place(model: &Coregionalisation, samples: &[Samples], group: &[(Coord, usize, usize)]) -> Result<()> {
    let mut lower = Vec::with_capacity(row_start(group.len()));
    // The first sample that those before it leave no variance to; there is none in most places.
    for (k, &([easting, northing], v, i)) in group.iter().enumerate() {
        lower.extend(group[..=k].iter().map(|&(_, other, _)| model.covariance_at_zero(v, other)));
        let last = lower.len() - 1;
        lower[last] += samples[v].error_variance(i);
        if !factor(&mut lower.clone(), k + 1) {
            let variable = model.variables()[v].clone();
            let twin = group[..k].iter().find(|&&(_, other, j)| {
                other == v && samples[v].error_variance(i) == 0.0 && samples[v].error_variance(j) == 0.0
            });
            return Err(match twin {
                Some(&(_, _, first)) => {
                    CokrigingError::CoincidentSamples { variable, first, second: i, easting, northing }
                }
                None => CokrigingError::DependentSamples { variable, easting, northing },
            }
            .into());
        }
    }
    Ok(())
}

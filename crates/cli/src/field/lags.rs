//! Lag classes and the empirical variogram that are asked for.

use anyhow::Result;
use soilscope_core::Samples;
use soilscope_core::auto::Choice;
use soilscope_core::variogram::{Direction, EmpiricalVariogram, LagClasses, empirical_variogram_with};

use crate::args::{Common, ModelArgs};
use crate::choice::executor;

/// Lag classes and directions as they took effect.
#[derive(Debug, Clone)]
pub(crate) struct LagSettings {
    /// `None` where boundaries were given.
    pub(crate) width: Option<f64>,
    pub(crate) boundaries: Vec<f64>,
    pub(crate) azimuths: Vec<f64>,
    /// `None` for all directions together.
    pub(crate) tolerance: Option<f64>,
}

impl LagSettings {
    pub(crate) fn new(args: &ModelArgs, on_scale: &Samples) -> Self {
        let cutoff = args.cutoff.unwrap_or(on_scale.diagonal() / 3.0);
        Self {
            width: args.boundaries.is_empty().then(|| args.width.unwrap_or(cutoff / 15.0)),
            boundaries: args.boundaries.clone(),
            azimuths: args.azimuths.clone(),
            tolerance: (!args.azimuths.is_empty()).then(|| args.tolerance.unwrap_or(90.0 / args.azimuths.len() as f64)),
        }
    }
}

impl LagSettings {
    /// Directions in which variograms are taken; none for all together.
    pub(crate) fn directions(&self) -> Vec<Direction> {
        let tolerance = self.tolerance.unwrap_or(90.0);
        self.azimuths.iter().map(|&azimuth| Direction { azimuth, tolerance }).collect()
    }

    /// Those of an automatic model.
    pub(super) fn designed(choice: &Choice) -> Self {
        Self { width: None, boundaries: choice.lags.boundaries.clone(), azimuths: Vec::new(), tolerance: None }
    }
}

/// The lag classes that were asked for, or gstat's default.
pub(crate) fn lag_classes(args: &ModelArgs, on_scale: &Samples) -> Result<LagClasses> {
    let settings = LagSettings::new(args, on_scale);
    Ok(match settings.width {
        Some(width) => LagClasses::regular(args.cutoff.unwrap_or(on_scale.diagonal() / 3.0), width)?,
        None => LagClasses::with_boundaries(settings.boundaries)?,
    })
}

/// The samples' empirical variogram by all threads, with the settings that took effect.
pub(crate) fn empirical(args: &ModelArgs, on_scale: &Samples, common: &Common) -> Result<EmpiricalVariogram> {
    let settings = LagSettings::new(args, on_scale);
    let lags = lag_classes(args, on_scale)?;
    let threads = executor(common)?;
    Ok(empirical_variogram_with(on_scale, &lags, &settings.directions(), args.estimator.into(), &threads)?)
}

//! Values below limits in realisations: each has a draw of its own.

use anyhow::{Result, ensure};
use soilscope_core::censored::{ImputationSettings, Imputations};
use soilscope_core::kriging::Kriging;
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::variogram::Variogram;

use crate::args::{Common, Simulate, SimulatorChoice};
use crate::field::{LimitsRecord, refuse_limits};
use crate::subject::Subject;
use crate::words::Method;

/// Refuses scales and simulators that cannot have draws.
pub(super) fn refuse(args: &Simulate) -> Result<()> {
    refuse_limits(&args.model, args.simulation.method.as_ref().unwrap_or(&Method::Ordinary))?;
    ensure!(
        args.simulation.simulator != SimulatorChoice::Sgs,
        "--nondetect censored does not go with --simulator sgs, whose realisations share the values of the samples: use --simulator \
         circulant, or let a number stand for values below their limits, as --nondetect limit/2"
    );
    Ok(())
}

/// As many draws as realisations or more, and the record of them; nothing where no sample is below a limit.
pub(super) fn draw(
    args: &Simulate,
    variogram: &Variogram,
    subject: &Subject,
    common: &Common,
) -> Result<Option<(Imputations, LimitsRecord)>> {
    if subject.below.is_empty() {
        return Ok(None);
    }
    let usual = ImputationSettings::default();
    let each = (args.simulation.realisations as usize).div_ceil(usual.chains);
    let settings = ImputationSettings { kept: usual.kept.max(each), seed: args.simulation.seed, ..usual };
    let kriging = Kriging::new(variogram.clone(), subject.drift, Neighbourhood::Global);
    LimitsRecord::new(&kriging, settings, "one draw for each realisation", subject, common).map(Some)
}

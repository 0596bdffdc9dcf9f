//! From the predictions of a tile to the layers of one variable.

use soilscope_core::trust::Doubts;
use soilscope_core::{Gap, Mixture, Prediction};

use super::Plan;
use super::report::{Tally, gap_name};
use super::shop::{Asked, Bench};
use crate::Result;
use crate::covariates::Remark;
use crate::grid::Patch;
use crate::product::{Layer, Scale};
use crate::tile::Tile;

/// Why a cell has no value where thresholds differ and it has none.
const NO_THRESHOLD: &str = "no-threshold";

impl Plan<'_> {
    /// The tile of the `variable` that this plan is of, whose cells were predicted as `asked`.
    pub(super) fn tile_of(
        &self,
        variable: usize,
        patch: &Patch<'_>,
        asked: Asked,
        bench: &mut Bench,
    ) -> Result<(Tile, Tally)> {
        let Asked { inside, as_window, covariates } = asked;
        let cells = patch.cells();
        bench.thresholds.resize(self.thresholds.len(), Vec::new());
        for (thresholds, cells) in self.thresholds.iter().zip(&mut bench.thresholds) {
            thresholds.fill(patch, cells)?;
        }
        if let Some(trust) = self.trust {
            let columns = patch.size[0];
            let wanted = (inside < cells).then_some(&bench.inside[..]);
            let centre = |column, row| patch.centre(row * columns + column);
            trust.of_cells(patch.size, &centre, wanted, &mut bench.trust, &mut bench.doubts);
        }
        let predictions = &bench.predictions[variable];
        if as_window
            && inside == cells
            && let Some(done) = self.columns(patch, predictions, &mut bench.doubts)
        {
            return Ok(done);
        }
        let mut tile = Tile::new(patch.first, patch.size, self.layers.len());
        let mut tally = Tally { outside: (cells - inside) as u64, ..Tally::default() };
        for (nth, &cell) in bench.cells.iter().enumerate() {
            let target = if as_window { cell } else { nth };
            let remark = if covariates > 0 { bench.covariates.remarks[cell] } else { Remark::default() };
            bench.own.clear();
            bench.own.extend(bench.thresholds.iter().map(|cells| cells[cell]));
            if bench.own.iter().any(|threshold| !threshold.is_finite()) {
                *tally.gaps.entry(NO_THRESHOLD).or_default() += 1;
                continue;
            }
            let (outcome, mixture) = (predictions.get(target), predictions.mixture(target));
            let doubts = match (self.trust, &outcome) {
                (Some(trust), Ok(prediction)) => {
                    let of_covariates = if remark.extrapolated { Doubts::COVARIATE } else { Doubts::NONE };
                    let of_variance = prediction.variance.map_or(Doubts::NONE, |v| trust.of_variance(v));
                    bench.doubts[cell].and(of_variance).and(of_covariates)
                }
                _ => Doubts::NONE,
            };
            match outcome.and_then(|p| self.values(&p, mixture, &bench.own, doubts, &mut bench.values)) {
                Ok(clipped) => {
                    tally.doubt(doubts);
                    tile.set(cell, &bench.values);
                    tally.predicted += 1;
                    tally.clipped += u64::from(clipped);
                    tally.extrapolated += u64::from(remark.extrapolated);
                    tally.reduced += u64::from(predictions.reduced().binary_search(&target).is_ok());
                }
                Err(gap) => {
                    *tally.gaps.entry(gap_name(gap)).or_default() += 1;
                    tally.unknown_class += u64::from(remark.unknown_class && gap == Gap::MissingCovariate);
                }
            }
        }
        Ok((tile, tally))
    }

    /// The values of all layers, or a gap in all of them: a value must not stand where its uncertainty does not. Whether
    /// the prediction was cut to the plan's bounds.
    fn values(
        &self,
        modelled: &Prediction,
        mixture: Mixture<'_>,
        thresholds: &[f64],
        doubts: Doubts,
        values: &mut Vec<f32>,
    ) -> std::result::Result<bool, Gap> {
        let mut shown = match self.scale {
            Scale::Data => self.transform.back_mixed(*modelled, mixture),
            Scale::Transformed => *modelled,
        };
        let clipped = self.clip.is_some_and(|[low, high]| {
            let unbounded = shown.value;
            shown.value = unbounded.clamp(low, high);
            shown.value != unbounded
        });
        values.clear();
        for layer in &self.layers {
            let value = match layer {
                Layer::Trust => Some(doubts.bits().into()),
                _ => layer.value_above(thresholds, (modelled, mixture), &shown, &self.transform),
            };
            let value = value.ok_or(Gap::NotFinite)? as f32;
            if !value.is_finite() {
                return Err(Gap::NotFinite);
            }
            values.push(value);
        }
        Ok(clipped)
    }
}

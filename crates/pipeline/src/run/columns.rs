//! Tiles whose values need not be told apart cell by cell.

use soilscope_core::Predictions;
use soilscope_core::transform::Transform;
use soilscope_core::trust::Doubts;

use super::Plan;
use super::report::Tally;
use crate::grid::Patch;
use crate::product::{Layer, Scale};
use crate::tile::Tile;

impl Plan<'_> {
    /// A tile whose cells all have values that follow from their predictions alone, column by column; else `None`.
    pub(super) fn columns(
        &self,
        patch: &Patch<'_>,
        predictions: &Predictions,
        doubts: &mut [Doubts],
    ) -> Option<(Tile, Tally)> {
        let plain = self.scale == Scale::Transformed || self.transform == Transform::None;
        if !plain || self.clip.is_some() || self.covariates.is_some() || !self.thresholds.is_empty() {
            return None;
        }
        let (values, variances) = predictions.columns()?;
        if let Some(trust) = self.trust {
            for (doubts, &variance) in doubts.iter_mut().zip(variances.into_iter().flatten()) {
                *doubts = doubts.and(trust.of_variance(variance));
            }
        }
        let rounded = |v: f64| v as f32;
        let column = |layer: &Layer| -> Option<Vec<f32>> {
            Some(match layer {
                Layer::Prediction => values.iter().copied().map(rounded).collect(),
                Layer::StandardDeviation => variances?.iter().map(|v| rounded(v.max(0.0).sqrt())).collect(),
                Layer::Variance => variances?.iter().map(|v| rounded(v.max(0.0))).collect(),
                Layer::Trust => doubts.iter().map(|d| d.bits().into()).collect(),
                _ => return None,
            })
        };
        let layers = self.layers.iter().map(column).collect::<Option<Vec<_>>>()?;
        if !layers.iter().flatten().all(|v| v.is_finite()) {
            return None;
        }
        let mut tally = Tally { predicted: values.len() as u64, ..Tally::default() };
        tally.reduced = predictions.reduced().len() as u64;
        if self.trust.is_some() {
            doubts.iter().for_each(|&doubts| tally.doubt(doubts));
        }
        Some((Tile::whole(patch.first, patch.size, layers), tally))
    }
}

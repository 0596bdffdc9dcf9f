//! What a map does not predict, as where no sample is within its radius: no sample's gain is known there.

use anyhow::Result;
use serde::Serialize;
use soilscope_core::kriging::{ErrorCovariances, Kriging};
use soilscope_core::neighbourhood::SampleIndex;
use soilscope_core::{Coord, Interpolator, Predictions, Samples, Scratch, Targets};

use super::cells::Group;
use crate::field::short_number;

/// Part of a map without a prediction.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Without {
    /// In the unit of areas of the plan.
    pub(super) area: f64,
    /// Share of the map's area.
    pub(super) share: f64,
    /// Places that could not be chosen for that reason.
    pub(super) candidates: usize,
    /// The one of them that is furthest from all samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) furthest: Option<Furthest>,
}

/// A place, and how far the nearest sample is.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Furthest {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) distance: f64,
}

/// Candidates that were left out.
pub(super) struct LeftOut {
    count: usize,
    furthest: Option<Furthest>,
}

/// Takes the candidates without a prediction out.
pub(super) fn leave_out(kriging: &Kriging, samples: &Samples, candidates: &mut Vec<Coord>) -> Result<LeftOut> {
    let mut out = Predictions::default();
    kriging.fit(samples)?.predict_into(&Targets::points(candidates), &mut Scratch::default(), &mut out);
    let predicted: Vec<bool> = out.iter().map(|p| p.is_ok()).collect();
    let index = SampleIndex::new(samples.coords());
    let gaps = candidates.iter().zip(&predicted).filter(|(_, predicted)| !**predicted);
    let gaps: Vec<Furthest> =
        gaps.map(|(&[x, y], _)| Furthest { x, y, distance: index.nearest_distance([x, y]) }).collect();
    // The first of those that are as far.
    let furthest = gaps.iter().copied().reduce(|a, b| if b.distance > a.distance { b } else { a });
    let mut kept = predicted.iter();
    candidates.retain(|_| *kept.next().unwrap_or(&false));
    Ok(LeftOut { count: gaps.len(), furthest })
}

/// Part of a map whose cells have no limit: no side of it is wrong.
#[derive(Debug, Clone, Serialize)]
pub(super) struct WithoutLimit {
    /// In the unit of areas of the plan.
    pub(super) area: f64,
    /// Share of the map's area.
    pub(super) share: f64,
}

impl WithoutLimit {
    /// Of the map's cells, each of area `one`, with their limits; `None` where all have one.
    pub(super) fn of(cells: &[Group], limits: &[Option<f64>], one: f64) -> Option<Self> {
        let all: u64 = cells.iter().map(|group| group.cells).sum();
        let missing: u64 =
            cells.iter().zip(limits).filter(|(_, limit)| limit.is_none()).map(|(group, _)| group.cells).sum();
        (missing > 0).then(|| Self { area: missing as f64 * one, share: missing as f64 / all as f64 })
    }

    /// In words.
    pub(super) fn note(&self, areas: &str) -> String {
        format!(
            "{} {areas} ({:.1} % of the map) have no limit, as where the soil is not known, and are not in what is lowered",
            short_number(self.area),
            100.0 * self.share
        )
    }
}

impl Without {
    /// Of the map's cells, which are the first targets of `errors`, each of area `one`; `None` where nothing is left out.
    pub(super) fn of(cells: &[Group], errors: &ErrorCovariances, one: f64, left_out: LeftOut) -> Option<Self> {
        let count = |all: bool| -> u64 {
            let of = cells.iter().zip(errors.gaps()).filter(|(_, gap)| all || gap.is_some());
            of.map(|(group, _)| group.cells).sum()
        };
        let (missing, all) = (count(false), count(true));
        let LeftOut { count: candidates, furthest } = left_out;
        (missing > 0 || candidates > 0).then(|| Self {
            area: missing as f64 * one,
            share: missing as f64 / all as f64,
            candidates,
            furthest,
        })
    }

    /// In words.
    pub(super) fn note(&self, areas: &str) -> String {
        let mut note = format!(
            "{} {areas} ({:.1} % of the map) have no prediction and are not in what is lowered, and {} places there could not be chosen: what a \
             sample would gain there is not known",
            short_number(self.area),
            100.0 * self.share,
            self.candidates
        );
        if let Some(Furthest { x, y, distance }) = self.furthest {
            let distance = short_number(distance);
            note += &format!("; of these {x} {y} is furthest from a sample, {distance} away");
        }
        note
    }
}

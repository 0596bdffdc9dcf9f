//! What of hotspots is not to be trusted, and how far each can be relied on.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, bail};
use serde::Serialize;
use soilscope_assess::hotspot::{HotCell, Hotspot, HotspotClass, Hotspots, UNTRUSTED_UP_TO};
use soilscope_core::trust::Doubts;
use soilscope_pipeline::io::vector::Value;

use super::HotspotRecord;

/// What is known of the trust in the cells of hotspots.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SpotTrust {
    /// Nothing: there is no raster of it.
    NotKnown,
    Known(UntrustedRecord),
}

/// All hotspots together.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct UntrustedRecord {
    /// Square metres on the ground, as the hotspots' areas; `None` on a local plane.
    #[serde(skip_serializing_if = "Option::is_none")]
    untrusted_area_m2: Option<f64>,
    /// On the map's plane, CRS units squared.
    untrusted_area_on_map: f64,
    /// Of the area of all hotspots; `None` where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    untrusted_share: Option<f64>,
    /// Cells with each reason; a cell may have several.
    reasons: BTreeMap<&'static str, usize>,
    /// Hotspots with a larger share of their area untrusted than this are of no better class than "needs samples".
    class_bound: f64,
    /// How many these are.
    above_bound: usize,
}

/// How many hotspots are of each class.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Classes {
    certain: usize,
    probable: usize,
    needs_samples: usize,
}

impl Classes {
    pub(super) fn of(classes: impl Iterator<Item = HotspotClass>) -> Self {
        let mut counts = Self { certain: 0, probable: 0, needs_samples: 0 };
        for class in classes {
            *match class {
                HotspotClass::Certain => &mut counts.certain,
                HotspotClass::Probable => &mut counts.probable,
                HotspotClass::NeedsSamples => &mut counts.needs_samples,
            } += 1;
        }
        counts
    }

    fn words(&self) -> String {
        let counts = [self.certain, self.probable, self.needs_samples];
        let of = |(class, count): (HotspotClass, usize)| (count > 0).then(|| format!("{count} {}", class.name()));
        HotspotClass::ALL.into_iter().zip(counts).filter_map(of).collect::<Vec<_>>().join(", ")
    }
}

impl SpotTrust {
    /// Before their areas on the ground are known.
    pub(super) fn of(hotspots: &Hotspots, known: bool) -> Self {
        if !known {
            return Self::NotKnown;
        }
        let mut record = UntrustedRecord {
            untrusted_area_m2: None,
            untrusted_area_on_map: 0.0,
            untrusted_share: None,
            reasons: BTreeMap::new(),
            class_bound: UNTRUSTED_UP_TO,
            above_bound: 0,
        };
        for untrusted in hotspots.spots.iter().filter_map(|spot| spot.untrusted) {
            record.untrusted_area_on_map += untrusted.cells as f64 * hotspots.frame().cell_area();
            record.above_bound += usize::from(untrusted.share > UNTRUSTED_UP_TO);
            for (reason, count) in Doubts::REASONS.into_iter().zip(untrusted.by_reason).filter(|(_, n)| *n > 0) {
                *record.reasons.entry(reason.name()).or_default() += count;
            }
        }
        record.untrusted_share = (!hotspots.spots.is_empty()).then(|| record.untrusted_area_on_map / hotspots.area());
        Self::Known(record)
    }

    /// With their areas on the ground.
    pub(super) fn measure(&mut self, spots: &[Hotspot], areas_m2: &[f64]) {
        let Self::Known(record) = self else { return };
        let untrusted = spots.iter().zip(areas_m2).filter_map(|(spot, area)| Some(spot.untrusted?.share * area));
        // A sum of nothing is -0.
        let (untrusted, all) = (untrusted.sum::<f64>() + 0.0, areas_m2.iter().sum::<f64>());
        record.untrusted_area_m2 = Some(untrusted);
        record.untrusted_share = (all > 0.0).then(|| untrusted / all);
    }
}

impl HotspotRecord {
    /// Classes and trust in a line; `None` where there are no hotspots, or neither is known.
    pub(crate) fn reliance(&self) -> Option<String> {
        if self.count == 0 {
            return None;
        }
        let classes = self.classes.iter().map(Classes::words).filter(|words| !words.is_empty());
        let untrusted = match &self.trust {
            SpotTrust::Known(known) => Some(known.words()),
            SpotTrust::NotKnown => None,
        };
        let parts: Vec<String> = classes.chain(untrusted).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

impl UntrustedRecord {
    fn words(&self) -> String {
        let share = self.untrusted_share.unwrap_or(0.0);
        if share <= 0.0 {
            return "all of their area trusted".to_owned();
        }
        let reasons: Vec<&str> = self.reasons.keys().copied().collect();
        format!("{} of their area not to be trusted ({})", percent(share), reasons.join(", "))
    }
}

/// A share above 0 in words.
pub(crate) fn percent(share: f64) -> String {
    match 100.0 * share {
        p if p < 1.0 => "less than 1 %".to_owned(),
        p => format!("{p:.0} %"),
    }
}

/// What is said of one: area not to be trusted in square metres or units of the local plane, its share, and why.
pub(super) fn attributes(spot: &Hotspot, area: f64, local: bool) -> Vec<(&'static str, Value)> {
    let Some(untrusted) = spot.untrusted else { return Vec::new() };
    let reasons: Vec<&str> = untrusted.reasons().collect();
    vec![
        (if local { "untrusted_area" } else { "untrusted_area_m2" }, Value::Real(untrusted.share * area)),
        ("untrusted_share", Value::Real(untrusted.share)),
        ("untrusted_reasons", if reasons.is_empty() { Value::Null } else { Value::Text(reasons.join(", ")) }),
    ]
}

/// The doubts of a row of cells.
pub(super) fn row_of(values: &[Option<f64>], path: &Path, row: usize) -> Result<Vec<Option<Doubts>>> {
    let doubts = |(column, value): (usize, &Option<f64>)| {
        let Some(value) = *value else { return Ok(None) };
        let whole = ((0.0..256.0).contains(&value) && value.fract() == 0.0).then_some(value as u8);
        match whole.and_then(Doubts::from_bits) {
            Some(doubts) => Ok(Some(doubts)),
            None => bail!(
                "{}, row {}, column {}: {value} is no sum of reasons not to trust a cell, which go from 0 to 31: give the raster \
                 ANALYTE_trust.tif of a map",
                path.display(),
                row + 1,
                column + 1
            ),
        }
    };
    values.iter().enumerate().map(doubts).collect()
}

/// Refuses hot cells that the raster says nothing of: it is of another map.
pub(super) fn refuse_unknown(hot: &[Option<HotCell>], path: &Path, row: usize) -> Result<()> {
    match hot.iter().position(|cell| cell.is_some_and(|cell| cell.doubts.is_none())) {
        Some(column) => bail!(
            "{}, row {}, column {}: no value, where the map is hot: give the trust of the same map",
            path.display(),
            row + 1,
            column + 1
        ),
        None => Ok(()),
    }
}

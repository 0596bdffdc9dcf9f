//! The members of `hotspot.schema.json` of one hotspot. What a run does not know is null or left out, and never guessed.

use serde_json::{Map, Value, json};

use super::read::Polygon;
use crate::pack::raster::Mapset;
use crate::pack::source::{HotRule, Variable};
use crate::{Error, Result};

pub(super) fn of(polygon: &Polygon, variable: &Variable, mapset: &Mapset, area_m2: f64) -> Result<Map<String, Value>> {
    let refuse = |reason: &str, remedy: &str| {
        let what = format!("hotspot {} of {}", polygon.id, variable.analyte);
        Err(Error::refused(what, reason, remedy))
    };
    let (Some(mean), Some(maximum)) = (polygon.mean, polygon.maximum) else {
        let remedy = "make a map of contents, not of an indicator";
        return refuse("it has no mean and maximum content, which a bundle states", remedy);
    };
    let (method, cut) = match variable.hot {
        Some(HotRule::Probability(cut)) => ("threshold_probability", Some(polygon.confidence.unwrap_or(cut))),
        Some(HotRule::Prediction(_)) => ("threshold_mean", None),
        None => return refuse("the record does not say by which rule it is one", "make the map again"),
    };
    let threshold = variable.threshold.as_ref();
    let source = threshold.and_then(|t| t.source.clone()).or_else(|| mapset.threshold_source.clone());
    let remark = match (&polygon.class, &polygon.class_reason) {
        (Some(class), Some(reason)) => Some(format!("{class}: {reason}{}", untrusted(polygon))),
        (Some(class), None) => Some(format!("{class}{}", untrusted(polygon))),
        _ => None,
    };
    let naming = &mapset.naming;
    let members = json!({
        "hotspot_id": naming.hotspot_id(polygon.id),
        "analyte_code": naming.analyte,
        "analyte_uri": mapset.glosis_uri.as_ref().or(mapset.inspire_uri.as_ref()),
        "cas_number": mapset.cas,
        "fraction": mapset.fraction,
        "unit": mapset.unit,
        "method": method,
        "threshold_value": polygon.threshold.or_else(|| threshold.and_then(|t| t.value)),
        "threshold_source": source,
        "threshold_land_use": threshold.and_then(|t| t.land_use.clone()),
        "probability_cut": cut,
        "upper_depth_cm": naming.upper_cm,
        "lower_depth_cm": naming.lower_cm,
        // Whole square centimetres would be the precision of the outline's seven decimals; a tenth of a square metre is shorter.
        "area_m2": (area_m2 * 10.0).round() / 10.0,
        // No content is below zero, though a predicted one can be.
        "value_mean": mean.max(0.0),
        "value_max": maximum.max(0.0),
        "probability_mean": polygon.mean_probability,
        "n_samples": polygon.samples_inside,
        "support": if polygon.samples_inside > 0 { "sampled" } else { "extrapolated" },
        "reference_period": mapset.period,
        "status": "candidate",
        "remark": remark,
    });
    match members {
        Value::Object(members) => Ok(members),
        _ => unreachable!("it was written as an object"),
    }
}

/// How much of it is not to be trusted, where any is.
fn untrusted(polygon: &Polygon) -> String {
    let share = polygon.untrusted_share.filter(|share| *share > 0.0);
    share
        .map(|share| format!("; {:.0} % of its area is outside the area where the model applies", 100.0 * share))
        .unwrap_or_default()
}

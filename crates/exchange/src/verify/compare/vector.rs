//! Layers, feature by feature.

use std::path::Path;

use gdal::vector::LayerAccess;
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};

use super::{Outcome, text};
use crate::{Error, Result};

fn open(path: &Path) -> Result<Dataset> {
    let options = DatasetOptions {
        open_flags: GdalOpenFlags::GDAL_OF_VECTOR,
        allowed_drivers: Some(&["GPKG"]),
        ..DatasetOptions::default()
    };
    Dataset::open_ex(path, options).map_err(|e| Error::unreadable(path, e))
}

pub(super) fn compare(then: &Path, now: &Path, tolerance: f64, interrupted: &dyn Fn() -> bool) -> Result<Outcome> {
    let (a, b) = (open(then)?, open(now)?);
    let names = |d: &Dataset| d.layers().map(|layer| layer.name()).collect::<Vec<_>>();
    if names(&a) != names(&b) {
        return Ok(Outcome::Different { what: format!("layers {:?}, recorded {:?}", names(&b), names(&a)) });
    }
    let (mut features, mut different, mut first, mut furthest) = (0_u64, 0_u64, None, 0.0_f64);
    for (mut left, mut right) in a.layers().zip(b.layers()) {
        let name = left.name();
        if left.feature_count() != right.feature_count() {
            let what =
                format!("layer {name} has {} features, recorded {}", right.feature_count(), left.feature_count());
            return Ok(Outcome::Different { what });
        }
        for (x, y) in left.features().zip(right.features()) {
            if interrupted() {
                return Err(Error::Interrupted);
            }
            features += 1;
            let (same, apart) = text::line(&written(&x), &written(&y), tolerance);
            furthest = furthest.max(apart);
            if !same {
                different += 1;
                first.get_or_insert_with(|| {
                    format!("{name}, feature {}", x.fid().map_or_else(String::new, |fid| fid.to_string()))
                });
            }
        }
    }
    Ok(match first {
        Some(first) => Outcome::Different {
            what: format!("{different} of {features} features differ, the first is of layer {first}"),
        },
        None => Outcome::Equal {
            remark: format!("all {features} features; numbers are at most {furthest:.1e} of themselves apart"),
        },
    })
}

/// A feature as one line: fields, then geometry.
fn written(feature: &gdal::vector::Feature<'_>) -> String {
    let mut text: String = feature.fields().map(|(name, value)| format!("{name} {:?} ", value)).collect();
    if let Some(geometry) = feature.geometry() {
        text.push_str(&geometry.wkt().unwrap_or_default());
    }
    text
}

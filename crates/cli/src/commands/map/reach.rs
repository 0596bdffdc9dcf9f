//! How far a map reaches beyond its samples.

use std::path::Path;

use anyhow::Result;
use soilscope_core::neighbourhood::SampleIndex;
use soilscope_pipeline::io::raster_in::{RasterIn, Resampling};

use crate::field::{Field, short_number};
use crate::source::Source;

/// Cells looked at, at most, in each direction: enough for a share.
const LOOK: [usize; 2] = [200, 200];

/// What a reader should know of cells that are far from every sample.
///
/// Beyond the distance where the model has 95 % of its sill, a sample says next to nothing of a cell, and kriging returns
/// the mean.
pub(super) fn notes(prediction: &Path, field: &Field, source: &Source) -> Result<Vec<String>> {
    let Some(range) = field.model.as_ref().and_then(|m| m.effective_range).filter(|r| *r > 0.0) else {
        return Ok(Vec::new());
    };
    let raster = RasterIn::open(prediction, 1)?;
    let Some([west, width, _, north, _, height]) = raster.geotransform() else { return Ok(Vec::new()) };
    let [columns, rows] = raster.size();
    let few = raster.decimated(LOOK, Resampling::Nearest)?;
    let step = [width * columns as f64 / few.size[0] as f64, height * rows as f64 / few.size[1] as f64];
    let index = SampleIndex::of(source.samples());
    let (mut looked, mut far) = (0_usize, 0_usize);
    for (k, value) in few.values.iter().enumerate() {
        if value.is_some() {
            let (row, column) = (k / few.size[0], k % few.size[0]);
            let centre = [west + (column as f64 + 0.5) * step[0], north + (row as f64 + 0.5) * step[1]];
            looked += 1;
            far += usize::from(index.nearest_distance(centre) > range);
        }
    }
    if far == 0 {
        return Ok(Vec::new());
    }
    let range = short_number(range);
    Ok(vec![if far == looked {
        format!(
            "every cell is further than the model's effective range ({range}) from every sample: the map says nothing that the mean does not"
        )
    } else {
        format!(
            "about {:.0} % of the cells ({far} of {looked} looked at) are further than the model's effective range ({range}) \
             from every sample: there the map says little more than the mean",
            (100.0 * far as f64 / looked as f64).max(1.0)
        )
    }])
}

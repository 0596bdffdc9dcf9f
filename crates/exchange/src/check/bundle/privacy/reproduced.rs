//! P007: whether a map gives away the values of sites that are withheld.

use std::collections::BTreeMap;

use crate::check::Findings;
use crate::check::bundle::{Facts, Folder, local};

use super::places::{Place, in_unit, transform};

/// Part of a value within which a raster of Float32 is equal to it.
const EQUAL: f64 = 1e-6;

/// Judges every mean map.
pub(super) fn judge(folder: &Folder, facts: &Facts<'_>, places: Option<&[Place]>, findings: &mut Findings) {
    let Some(places) = places else {
        return facts.skip("P007", "no table of protected places was given, so that their values are not known");
    };
    if facts.access_level() == Some("open") {
        return facts.skip("P007", "access_level is open: no points are withheld");
    }
    let mut compared = 0;
    for (path, raster) in facts.rasters.iter().filter(|(_, r)| r.stat.as_deref() == Some("MEAN")) {
        let layer = facts.layers.iter().find(|l| &l.path == path);
        let analyte = layer.map_or("", |l| l.analyte.as_str());
        let Some(epsg) = raster.epsg else { continue };
        let Ok(to) = transform(4326, epsg) else { continue };
        let mut cells: BTreeMap<[usize; 2], Vec<&Place>> = BTreeMap::new();
        for place in places {
            let (mut x, mut y) = ([place.at[0]], [place.at[1]]);
            if to.transform_coords(&mut x, &mut y, &mut []).is_ok()
                && let Some(cell) = raster.cell(x[0], y[0])
            {
                cells.entry(cell).or_default().push(place);
            }
        }
        let Ok(dataset) = local::raster(folder, path) else { continue };
        let Ok(band) = dataset.rasterband(1) else { continue };
        let (mut here, mut equal) = (0, 0);
        for ([column, row], within) in &cells {
            // Of two sites in one cell neither is given away by their mean.
            let [one] = within[..] else { continue };
            let mut values = one
                .results
                .iter()
                .filter(|r| r.analyte == analyte || r.analyte.is_empty())
                .map(|r| in_unit(r, analyte, &raster.unit))
                .peekable();
            if values.peek().is_none() {
                continue;
            }
            let Ok(read) = band.read_as::<f64>((*column as isize, *row as isize), (1, 1), (1, 1), None) else {
                continue;
            };
            let Some(found) = read.data().first().copied().filter(|v| v.is_finite() && Some(*v) != raster.nodata)
            else {
                continue;
            };
            here += 1;
            equal += usize::from(values.any(|v| (v - found).abs() <= EQUAL * v.abs()));
        }
        compared += here;
        // One value among many may be equal by chance.
        if equal >= 2 || (equal == 1 && here == 1) {
            findings.add(
                "P007",
                path,
                format!("{equal} of {here} sample cells"),
                "the value of the sample",
                "a map that does not repeat withheld values",
            );
        }
    }
    if compared == 0 {
        facts.skip("P007", "no mean map has a value at a protected place whose value is known");
    }
}

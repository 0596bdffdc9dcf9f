//! The picture of what several analytes are together: which dominates, or of two how likely each is too high.

use anyhow::Result;
use geo::Polygon;
use soilscope_assess::hotspot::Hotspots;
use soilscope_assess::several::JointProducts;
use soilscope_core::Samples;
use soilscope_picture::{Raster, Rgb, TwoWayKey, TwoWayMap, shades, svg_to_png, two_way_svg};
use soilscope_pipeline::grid::Grid;

use super::super::one::Mapped;
use super::super::picture::length_unit;
use super::fields::named;
use crate::args::Map;

/// Okabe and Ito's (2008) colours, which colour-blind readers tell apart, without yellow, which pales to nothing.
const DOMINANT: [u32; 6] = [0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7, 0xe69f00, 0x56b4e9];
/// Of the analytes beyond those.
const OTHERS: u32 = 0x5a5a5a;
/// Two probabilities in three steps each, from both low to both high: the first (rows, high first) turns towards blue, the
/// second (columns, low first) towards red, both together dark (Stevens 2015, "Bivariate choropleth maps").
const BIVARIATE: [u32; 9] = [0x5ac8c8, 0x5698b9, 0x3b4994, 0xace4e4, 0xa5add3, 0x8c62aa, 0xe8e8e8, 0xdfb0d6, 0xbe64ac];
/// Most columns and rows of the raster in the picture.
const MOST: usize = 1600;

/// What is drawn.
pub(super) struct Scene<'a> {
    pub(super) args: &'a Map,
    pub(super) names: &'a [String],
    /// In words, without the analyte.
    pub(super) limits: &'a [String],
    /// Where they are from.
    pub(super) acts: &'a [String],
    pub(super) products: &'a JointProducts,
    pub(super) grid: &'a Grid,
    pub(super) cells: &'a [usize],
    /// Reasons not to trust, as bits, at each cell.
    pub(super) doubts: &'a [f64],
    /// What hatching means.
    pub(super) hatching: String,
}

fn rgb(hex: u32) -> Rgb {
    Rgb([(hex >> 16) as u8, (hex >> 8) as u8, hex as u8])
}

impl Scene<'_> {
    /// Draws it, as PNG.
    pub(super) fn draw(
        &self,
        hotspots: &Hotspots,
        samples: &Samples,
        mapped: &[Mapped],
        realisations: usize,
    ) -> Result<Vec<u8>> {
        let confidence = self.args.decision.confidence;
        // The steps of a probability: below half the confidence, up to it, and at it or above.
        let breaks = [0.5 * confidence, confidence];
        let short = |v: f64| format!("{}", (1000.0 * v).round() / 1000.0);
        let steps = [
            format!("< {}", short(breaks[0])),
            format!("{}–{}", short(breaks[0]), short(breaks[1])),
            format!("≥ {}", short(breaks[1])),
        ];
        // A probability is kept in 32 bits: 0.8 must count as 0.8.
        let step = |p: f64| breaks.iter().filter(|b| p as f32 >= **b as f32).count();
        let (p, two) = (self.products, self.names.len() == 2);
        let class = |node: usize| -> Option<usize> {
            let dominant = p.dominant[node]?;
            Some(match two {
                true => (2 - step(p.above[0][node])) * 3 + step(p.above[1][node]),
                false => dominant.min(DOMINANT.len()) * 3 + step(p.any[node]),
            })
        };
        let (values, size) = self.thinned(f32::NAN, |node| class(node).map(|class| class as f32));
        let (doubtful, _) = self.thinned(false, |node| Some(self.doubts[node] > 0.0));
        let bounds = self.grid.bounds();
        let raster = Raster {
            values: &values,
            width: size[0],
            height: size[1],
            west: bounds.min[0],
            north: bounds.max[1],
            cell: [0, 1].map(|k| (bounds.max[k] - bounds.min[k]) / size[k] as f64),
        };
        let high_first: Vec<String> = steps.iter().rev().cloned().collect();
        let mut rows: Vec<String> = self.names.iter().take(DOMINANT.len()).cloned().collect();
        let mut bases: Vec<Rgb> = DOMINANT.iter().take(rows.len()).map(|&hex| rgb(hex)).collect();
        if self.names.len() > DOMINANT.len() {
            rows.push("another".to_owned());
            bases.push(rgb(OTHERS));
        }
        let colours = if two { BIVARIATE.map(rgb).to_vec() } else { shades(&bases, 3) };
        let (row_title, column_title) = match two {
            true => {
                let title = |k: usize, axis| above(&self.names[k], &self.limits[k], axis);
                (title(0, "rows"), title(1, "columns"))
            }
            false => (String::new(), "probability that any is above its limit".to_owned()),
        };
        let key = TwoWayKey {
            title: if two { "both above their limits" } else { "largest concentration over limit" },
            row_title: &row_title,
            rows: if two { &high_first } else { &rows },
            column_title: &column_title,
            columns: &steps,
            colours: &colours,
        };
        let title = self.args.title.clone().unwrap_or_else(|| format!("{} in soil", listed(self.names)));
        let subtitle = format!(
            "Joint simulation, {realisations} realisations; limits: {}",
            [&named(self.names, self.limits)[..], self.acts].concat().join("; ")
        );
        let outlines: Vec<Polygon<f64>> = hotspots.spots.iter().flat_map(|s| s.shape.0.iter().cloned()).collect();
        let source = &mapped[0].source;
        let credit = format!(
            "{}  ·  soilscope {}  ·  {}",
            source.crs().title(),
            env!("CARGO_PKG_VERSION"),
            source.path().file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
        );
        let without: Vec<String> = (mapped.iter().filter(|one| one.skill.as_ref().is_some_and(|s| !s.is_skilled())))
            .map(|one| one.source.analyte().to_owned())
            .collect();
        let warning = match without.is_empty() {
            true => String::new(),
            false => format!(
                "no skill is shown for {}: the probabilities are not shown to beat the base rate",
                listed(&without)
            ),
        };
        let label = format!("any above its limit with a probability of at least {confidence}");
        let map = TwoWayMap {
            title: &title,
            subtitle: &subtitle,
            credit: &credit,
            doubtful: &doubtful,
            doubtful_label: &self.hatching,
            hotspots: &outlines,
            hotspot_label: &label,
            warning: &warning,
            samples: samples.coords(),
            unit: length_unit(source.crs()),
            ..TwoWayMap::new(raster, key)
        };
        Ok(svg_to_png(&two_way_svg(&map), 1.0)?)
    }

    /// What nodes have, for the whole grid, thinned to what a picture has pixels for: each the cell in the middle of what it
    /// stands for, and `nothing` where there is no node.
    fn thinned<T: Clone>(&self, nothing: T, of: impl Fn(usize) -> Option<T>) -> (Vec<T>, [usize; 2]) {
        let size = self.grid.size();
        let small = size.map(|n| n.min(MOST));
        let mut values = vec![nothing; small[0] * small[1]];
        let pick = |k: usize, axis: usize| (2 * k + 1) * size[axis] / (2 * small[axis]);
        for row in 0..small[1] {
            for column in 0..small[0] {
                let cell = pick(row, 1) * size[0] + pick(column, 0);
                let Ok(node) = self.cells.binary_search(&cell) else { continue };
                if let Some(value) = of(node) {
                    values[row * small[0] + column] = value;
                }
            }
        }
        (values, small)
    }
}

/// What the rows or columns of two analytes are of.
fn above(name: &str, limit: &str, axis: &str) -> String {
    format!("probability of {name} > {limit} ({axis})")
}

/// `zinc, lead and copper`.
fn listed(names: &[String]) -> String {
    match names {
        [all @ .., last] if !all.is_empty() => format!("{} and {last}", all.join(", ")),
        _ => names.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_space_stays_in_one_piece() {
        let title = above("Zn, total (mg/kg)", "500 mg/kg", "rows");
        assert_eq!(title, "probability of Zn, total (mg/kg) > 500 mg/kg (rows)");
    }
}

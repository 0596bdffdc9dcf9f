//! How a GIS shows a layer: QGIS (`.qml`), a map server (`.sld`, SLD 1.0) and tables of colours (`.clr`), by `styles.csv`.
//!
//! Stops that the table puts at quantiles are at those of the layer's own cells, so no colour stands for a limit of any law.

mod files;

use std::fs;
use std::path::Path;

use super::names::Naming;
use super::raster::Layer;
use crate::tables::{self, Style};
use crate::{Error, Result};

/// How colours go with values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A colour at each value, and those between them between.
    Ramp,
    /// A colour from each value to the next.
    Intervals,
    /// A colour for each value and no other.
    Values,
}

/// A value and what it looks like.
#[derive(Clone, Debug, PartialEq)]
struct Stop {
    /// The value, or the lower end of an interval.
    value: f64,
    /// The upper end of an interval; the value itself otherwise.
    upper: f64,
    /// Red, green, blue, opacity.
    colour: [u8; 4],
    label: String,
}

/// What a layer looks like.
struct Look {
    title: String,
    kind: Kind,
    stops: Vec<Stop>,
    nodata: f64,
}

/// Writes the styles of a map's layers into the folder `styles` of `into`, one of each kind for each product, and returns their paths. A layer
/// without any value gets none: there is nothing to colour.
///
/// # Errors
/// A file that cannot be written.
pub fn styles(layers: &[Layer], naming: &Naming, into: &Path) -> Result<Vec<String>> {
    let mut paths = Vec::new();
    let mut done: Vec<&str> = Vec::new();
    for layer in layers {
        if done.contains(&layer.stat.as_str()) {
            continue;
        }
        done.push(&layer.stat);
        let Some(look) = Look::of(layer) else { continue };
        for (ending, text) in [("qml", files::qml(&look)), ("sld", files::sld(&look)), ("clr", files::clr(&look))] {
            let path = format!("styles/{}", naming.style(&layer.stat, ending));
            let file = into.join(&path);
            let folder = into.join("styles");
            fs::create_dir_all(&folder).map_err(|e| Error::unwritable(&folder, e))?;
            fs::write(&file, text).map_err(|e| Error::unwritable(&file, e))?;
            paths.push(path);
        }
    }
    Ok(paths)
}

/// Red, green and blue of the first `count` classes of a product.
pub(crate) fn colours(stat: &str, count: usize) -> Vec<[u8; 3]> {
    let row = row(stat).filter(|_| count > 0);
    row.map(|row| pick(&hues(row), count).into_iter().map(|[r, g, b, _]| [r, g, b]).collect()).unwrap_or_default()
}

/// The row of a product; the relative uncertainty looks as the standard deviation does, for the table has no row of it.
fn row(stat: &str) -> Option<&'static Style> {
    tables::style(if stat == "UNCT" { "SDEV" } else { stat })
}

fn hues(row: &Style) -> Vec<[u8; 4]> {
    row.colours_hex.split_whitespace().filter_map(hue).collect()
}

/// `#RRGGBB` or `#RRGGBBAA`.
fn hue(text: &str) -> Option<[u8; 4]> {
    let digits = text.strip_prefix('#').filter(|d| d.is_ascii() && (d.len() == 6 || d.len() == 8))?;
    let part = |i: usize| match digits.get(2 * i..2 * i + 2) {
        Some(two) => u8::from_str_radix(two, 16).ok(),
        None => Some(255),
    };
    Some([part(0)?, part(1)?, part(2)?, part(3)?])
}

/// So many of the colours: the first and the last ones and those between. A yes or no is not the second of four shades.
fn pick(colours: &[[u8; 4]], count: usize) -> Vec<[u8; 4]> {
    match count {
        0 => Vec::new(),
        1 => colours.first().copied().into_iter().collect(),
        _ => (0..count).filter_map(|i| colours.get(i * (colours.len() - 1) / (count - 1)).copied()).collect(),
    }
}

impl Look {
    fn of(layer: &Layer) -> Option<Self> {
        let row = row(&layer.stat)?;
        let kind = match row.kind.as_str() {
            "ramp" => Kind::Ramp,
            "intervals" => Kind::Intervals,
            _ => Kind::Values,
        };
        let hues = hues(row);
        let unit = if layer.unit.is_empty() { String::new() } else { format!(" {}", layer.unit) };
        let numbers: Vec<f64> = row.stops.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let stops: Vec<Stop> = match kind {
            Kind::Ramp => {
                let quantile = |share: f64| layer.quantiles.iter().find(|q| q.share == share).map(|q| q.value);
                let stop = |(share, colour): (&f64, &[u8; 4])| {
                    let value = quantile(*share)?;
                    Some(Stop { value, upper: value, colour: *colour, label: format!("{}{unit}", short(value)) })
                };
                let mut stops: Vec<Stop> = numbers.iter().zip(&hues).filter_map(stop).collect();
                // Of quantiles that are one value the last colour stands: a ramp has one colour at a value.
                stops.reverse();
                stops.dedup_by(|a, b| a.value >= b.value);
                stops.reverse();
                stops
            }
            Kind::Intervals => {
                let ends = numbers.windows(2).zip(&hues);
                let stop = |(ends, colour): (&[f64], &[u8; 4])| Stop {
                    value: ends[0],
                    upper: ends[1],
                    colour: *colour,
                    label: format!("{} to {}{unit}", ends[0], ends[1]),
                };
                ends.map(stop).collect()
            }
            Kind::Values => {
                let classes = layer.classes.iter().zip(pick(&hues, layer.classes.len()));
                let stop = |((class, label), colour): (&(u8, String), [u8; 4])| {
                    let value = f64::from(*class);
                    Stop { value, upper: value, colour, label: label.clone() }
                };
                classes.map(stop).collect()
            }
        };
        let title = layer.description.clone();
        (layer.valid > 0 && !stops.is_empty()).then_some(Self { title, kind, stops, nodata: layer.nodata })
    }
}

/// Four significant digits.
fn short(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return "0".to_owned();
    }
    let decimals = (3 - value.abs().log10().floor() as i32).clamp(0, 12) as usize;
    let text = format!("{value:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read() {
        assert_eq!(hue("#FFFFCC"), Some([255, 255, 204, 255]));
        assert_eq!(hue("#FFFFFF00"), Some([255, 255, 255, 0]));
        assert!(hue("FFFFCC").is_none() && hue("#FFF").is_none() && hue("#GG0000").is_none());
        for style in tables::styles() {
            let wanted = style.colours_hex.split_whitespace().count();
            assert_eq!(hues(style).len(), wanted, "{}", style.stat);
        }
    }

    #[test]
    fn a_hotspot_has_the_strongest_colour() {
        assert_eq!(colours("HOTS", 2), [[0xBD, 0xBD, 0xBD], [0x7F, 0, 0]]);
        assert_eq!(colours("HOTS", 4).len(), 4);
        assert_eq!(colours("NONE", 2), Vec::<[u8; 3]>::new());
    }

    #[test]
    fn labels_are_short() {
        assert_eq!(
            [short(1847.0419), short(0.012345), short(106.4), short(0.0), short(3.0)],
            ["1847", "0.01235", "106.4", "0", "3"]
        );
    }
}

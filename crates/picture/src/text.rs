//! How wide a text is, so that a layout can be made before anything is drawn.

use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

/// The font families of every picture: the embedded one first, then one with nearly the same widths (Verdana is the
/// other descendant of Bitstream Vera) for browsers that show the SVG without it.
pub(crate) const FAMILIES: &str = "DejaVu Sans, Verdana, sans-serif";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// Width of a line of text at a font size, in the unit of the size.
pub(crate) fn width(text: &str, size: f64, weight: Weight) -> f64 {
    let bytes = match weight {
        Weight::Regular => dejavu::sans::regular(),
        Weight::Bold => dejavu::sans::bold(),
    };
    let Ok(font) = FontRef::new(bytes) else { return 0.65 * size * text.chars().count() as f64 };
    let glyphs = font.charmap();
    let metrics = font.glyph_metrics(Size::new(1000.0), LocationRef::default());
    // A character without a glyph is drawn by some other font: an em is the widest it will be.
    let advance = |c| glyphs.map(c).and_then(|g| metrics.advance_width(g)).map_or(1000.0, f64::from);
    text.chars().map(advance).sum::<f64>() * size / 1000.0
}

/// Breaks a text into at most `max_lines` lines no wider than `max_width`; what does not fit ends in an ellipsis.
pub(crate) fn wrap(text: &str, size: f64, weight: Weight, max_width: f64, max_lines: usize) -> Vec<String> {
    let fits = |s: &str| width(s, size, weight) <= max_width;
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let joined = if line.is_empty() { word.to_string() } else { format!("{line} {word}") };
        if fits(&joined) {
            line = joined;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        // Only as many pieces of an endless word as can be shown: measuring all of it would be quadratic.
        for c in word.chars() {
            line.push(c);
            if line.chars().count() > 1 && !fits(&line) {
                line.pop();
                lines.push(std::mem::replace(&mut line, c.to_string()));
                if lines.len() > max_lines {
                    break;
                }
            }
        }
        if lines.len() > max_lines {
            break;
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    if lines.len() > max_lines {
        lines.truncate(max_lines);
        if let Some(last) = lines.last_mut() {
            while !last.is_empty() && !fits(&format!("{last}…")) {
                last.pop();
            }
            *last = format!("{}…", last.trim_end());
        }
    }
    lines
}

/// The largest of the font sizes at which a text fits in `max_lines`, and its lines; the smallest size cuts.
pub(crate) fn fit(text: &str, sizes: &[f64], weight: Weight, max_width: f64, max_lines: usize) -> (f64, Vec<String>) {
    let mut best = (12.0, Vec::new());
    for &size in sizes {
        best = (size, wrap(text, size, weight, max_width, max_lines));
        if !best.1.last().is_some_and(|l| l.ends_with('…') && !text.trim_end().ends_with('…')) {
            break;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_and_nothing_is_lost_without_an_ellipsis() {
        let text = "Zinc in the topsoil of the Meuse flood plain near Stein, ordinary kriging on logarithms";
        let lines = wrap(text, 20.0, Weight::Bold, 400.0, 9);
        assert_eq!(lines.join(" "), text);
        assert!(lines.iter().all(|l| width(l, 20.0, Weight::Bold) <= 400.0));
        let cut = wrap(&"W".repeat(100_000), 20.0, Weight::Regular, 400.0, 2);
        assert_eq!(cut.len(), 2);
        assert!(cut[1].ends_with('…') && width(&cut[1], 20.0, Weight::Regular) <= 400.0);
        assert!(wrap("", 20.0, Weight::Regular, 400.0, 2).is_empty());
    }
}

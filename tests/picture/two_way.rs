//! Maps of classes of two properties.

use soilscope_picture::{Raster, Rgb, TwoWayKey, TwoWayMap, shades, svg_to_png, two_way_svg};

use crate::support::{assert_legible, pixels};

fn raster(values: &[f32], width: usize) -> Raster<'_> {
    Raster { values, width, height: values.len() / width, west: 0.0, north: 100.0, cell: [10.0, 10.0] }
}

fn names(of: &[&str]) -> Vec<String> {
    of.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn every_cell_has_the_colour_of_its_class() {
    let (rows, columns) = (names(&["zinc", "lead"]), names(&["low", "high"]));
    let colours = shades(&[Rgb([0, 114, 178]), Rgb([213, 94, 0])], 2);
    // Classes 0, 3 and 3, one without, and one that the key does not have.
    let values = [0.0, 3.0, 3.0, f32::NAN, 9.0, -1.0];
    let key =
        TwoWayKey { title: "", row_title: "", rows: &rows, column_title: "", columns: &columns, colours: &colours };
    for width in [3, 6] {
        let svg = two_way_svg(&TwoWayMap { width_px: 600, ..TwoWayMap::new(raster(&values, width), key) });
        let (.., shown) = pixels(&svg, 1.0);
        let count = |colour: Rgb| shown.iter().filter(|p| **p == colour.0).count() as f64;
        // Beside the swatch of the key, which all four have: two cells of class 3 to one of class 0, none of the others.
        let [zinc_low, zinc_high, lead_low, lead_high] = [0, 1, 2, 3].map(|k| count(colours[k]));
        let swatch = 0.5 * (zinc_high + lead_low);
        // Swatches differ by the rim of the key that some of them touch; a cell has many times the pixels of one.
        assert!(
            (zinc_high / lead_low - 1.0).abs() < 0.1 && zinc_low > 5.0 * swatch,
            "{zinc_high} {lead_low} {zinc_low}"
        );
        let ratio = (lead_high - swatch) / (zinc_low - swatch);
        assert!((ratio - 2.0).abs() < 0.1, "{width} columns: {ratio}");
    }
}

#[test]
fn the_key_names_rows_columns_and_what_they_are() {
    let (rows, columns) = (names(&["≥ 0.8", "< 0.8"]), names(&["< 0.8", "≥ 0.8"]));
    let colours = [[1; 3], [2; 3], [3; 3], [4; 3]].map(Rgb);
    let key = TwoWayKey {
        title: "both <&> above",
        row_title: "zinc",
        rows: &rows,
        column_title: "lead",
        columns: &columns,
        colours: &colours,
    };
    let values = [0.0, 1.0, 2.0, 3.0];
    let samples = [[5.0, 95.0], [f64::NAN, 1.0], [1e9, 1e9]];
    let map = TwoWayMap {
        title: "Zinc and lead",
        warning: "beware",
        samples: &samples,
        hotspot_label: "any",
        ..TwoWayMap::new(raster(&values, 2), key)
    };
    let svg = two_way_svg(&map);
    for text in ["both &lt;&amp;&gt; above", "zinc", "lead", "≥ 0.8", "&lt; 0.8", "Zinc and lead", "beware", "#020202"]
    {
        assert!(svg.contains(text), "{text}");
    }
    assert!(!svg.contains("NaN") && !svg.contains("inf"));
    assert_legible(&svg);
    // Nothing at all is a picture too.
    let empty = TwoWayKey { rows: &[], columns: &[], colours: &[], ..key };
    svg_to_png(&two_way_svg(&TwoWayMap::new(raster(&[], 1), empty)), 1.0).unwrap();
}

#[test]
fn cells_that_are_not_to_be_trusted_are_hatched_and_explained() {
    let (rows, columns) = (names(&["zinc"]), names(&["low"]));
    let key = TwoWayKey {
        title: "",
        row_title: "",
        rows: &rows,
        column_title: "",
        columns: &columns,
        colours: &[Rgb([0, 114, 178])],
    };
    let values = [0.0; 4];
    let plain = TwoWayMap { width_px: 600, ..TwoWayMap::new(raster(&values, 2), key) };
    let label = "hatched: few samples";
    let with = |doubtful: &[bool]| two_way_svg(&TwoWayMap { doubtful, doubtful_label: label, ..plain });
    let untouched = two_way_svg(&plain);
    assert_eq!(with(&[false; 4]), untouched, "nothing to hatch, nothing to explain");
    let strokes = |svg: &str| svg.matches("stroke-opacity=\"0.45\"").count();
    let hatched = with(&[false, true, false, false]);
    // One path over the cells, and one in the legend's swatch.
    assert_eq!((strokes(&untouched), strokes(&hatched)), (0, 2));
    assert!(hatched.contains(label));
    // More cells, longer lines.
    assert!(with(&[true; 4]).len() > hatched.len());
    assert_legible(&hatched);
}

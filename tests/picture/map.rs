use geo::{Polygon, polygon};
use soilscope_picture::{
    ColourScale, Error, LINE_STYLES, LengthUnit, MapPicture, Outlines, Palette, Raster, map_svg, svg_to_png,
};

use crate::support::{HOSTILE, assert_legible, parse, pixels, texts};

const LONG: &str = "Zinc, cadmium, copper, lead, arsenic, chromium, mercury, nickel and antimony in the topsoil of the flood \
                    plain of the river between the bridge and the weir, predicted by ordinary kriging on logarithms with \
                    a moving neighbourhood of thirty-two samples within two kilometres";

/// A field that rises to the north-east, without a value in the south-west corner.
fn field(width: usize, height: usize) -> Vec<f32> {
    (0..width * height)
        .map(|i| {
            let (col, row) = (i % width, height - 1 - i / width);
            if col + row < 3 { f32::NAN } else { 10.0 + (col * row) as f32 }
        })
        .collect()
}

fn raster(values: &[f32], width: usize, height: usize) -> Raster<'_> {
    Raster { values, width, height, west: 178_400.0, north: 333_800.0, cell: [20.0, 20.0] }
}

fn square(west: f64, south: f64, side: f64) -> Polygon<f64> {
    polygon![(x: west, y: south), (x: west + side, y: south), (x: west + side, y: south + side), (x: west, y: south + side)]
}

#[test]
fn maps_of_every_shape_are_legible() {
    for (width, height) in [(1, 1), (60, 60), (60, 80), (200, 20), (20, 200), (3000, 1), (1, 3000), (60, 44), (60, 40)]
    {
        let values = field(width, height);
        let samples: Vec<_> = (0..155).map(|i| ([178_400.0 + f64::from(i), 333_799.0], f64::from(i))).collect();
        let below: Vec<bool> = (0..155).map(|i| i < 9).collect();
        let hotspots = [square(178_500.0, 333_700.0, 90.0)];
        for (title, label) in [("Zinc", "zinc > 720 mg/kg"), (LONG, LONG)] {
            for scale in [ColourScale::Linear, ColourScale::Log] {
                for (threshold, limits) in [(Some(300.0), None), (Some(12.0), None), (Some(1e9), Some([20.0, 200.0]))] {
                    assert_legible(&map_svg(&MapPicture {
                        title,
                        subtitle: title,
                        legend: label,
                        credit: title,
                        raster: Some(raster(&values, width, height)),
                        scale,
                        limits,
                        threshold,
                        hotspots: &hotspots,
                        hotspot_label: label,
                        samples: &samples,
                        below_limit: &below,
                        ..MapPicture::default()
                    }));
                }
            }
        }
    }
}

#[test]
fn large_and_small_numbers_and_all_units_are_legible() {
    for factor in [1e-9_f32, 1e-3, 1.0, 1e6, 1e12, 1e30, -1e6] {
        let values: Vec<f32> = field(40, 30).iter().map(|v| v * factor).collect();
        for unit in [
            LengthUnit::Metres,
            LengthUnit::Degrees,
            LengthUnit::Local { symbol: "" },
            LengthUnit::Scaled { metres: 0.3048, symbol: "ft" },
        ] {
            for (west, north, cell) in [
                (0.0, 0.0, 1.0),
                (178_400.0, 9_999_000.0, 25.0),
                (-2e6, 3e6, 1e5),
                (5.87, 51.02, 1e-4),
                (4e6, 8e6, 1e-3),
            ] {
                let raster = Raster { values: &values, width: 40, height: 30, west, north, cell: [cell, cell] };
                let picture =
                    MapPicture { title: "x", legend: "x", raster: Some(raster), unit, ..MapPicture::default() };
                assert_legible(&map_svg(&picture));
            }
        }
    }
}

#[test]
fn hostile_text_stays_text() {
    let picture = MapPicture {
        title: HOSTILE,
        subtitle: HOSTILE,
        legend: HOSTILE,
        credit: HOSTILE,
        hotspot_label: HOSTILE,
        hotspots: &[square(0.0, 0.0, 1.0)],
        unit: LengthUnit::Local { symbol: "<&\"'>" },
        ..MapPicture::default()
    };
    let svg = map_svg(&picture);
    assert_legible(&svg);
    assert!(texts(&parse(&svg)).iter().any(|t| t.0.contains("]]><script>alert(\"&amp;'")), "{svg}");
    let endless = "W".repeat(100_000);
    assert_legible(&map_svg(&MapPicture { title: &endless, legend: &endless, credit: &endless, ..picture }));
}

#[test]
fn scales_say_what_became_of_a_wish() {
    let scale = |values: &[f32], scale| {
        let picture = MapPicture { raster: Some(raster(values, values.len(), 1)), scale, ..MapPicture::default() };
        (picture.effective_scale(), map_svg(&picture))
    };
    let (log, svg) = scale(&[1.0, 10.0, 100.0], ColourScale::Log);
    assert!(log.is_log() && !log.fell_back() && svg.contains("logarithmic scale"));
    assert_eq!(log.limits(), [1.0, 100.0]);
    assert!((log.position(10.0).expect("a position") - 0.5).abs() < 1e-12);
    assert_eq!([log.position(f64::NAN), log.position(-1.0), log.position(1e9)], [None, Some(0.0), Some(1.0)]);
    for low in [0.0, -3.0] {
        let (linear, svg) = scale(&[low, 10.0, 100.0], ColourScale::Log);
        assert!(!linear.is_log() && linear.fell_back() && svg.contains("linear scale: not every value is above zero"));
        assert!(!scale(&[low, 1.0, 1e6], ColourScale::Auto).0.fell_back());
    }
    assert!(scale(&[1.0, 10.0, 100.0], ColourScale::Auto).0.is_log());
    assert!(!scale(&[100.0, 200.0, 900.0], ColourScale::Auto).0.is_log());

    let picture = MapPicture { breaks: Some(&[300.0, f64::NAN, 100.0]), ..MapPicture::default() };
    let classes = picture.effective_scale();
    assert_eq!(classes.classes(), Some(&[100.0, 300.0][..]));
    assert_eq!([99.0, 100.0, 299.0, 300.0].map(|v| classes.position(v)), [0.0, 0.5, 0.5, 1.0].map(Some));

    let change = MapPicture {
        samples: &[([0.0, 0.0], -5.0), ([1.0, 1.0], 2.0)],
        palette: Palette::Change,
        scale: ColourScale::Log,
        ..MapPicture::default()
    };
    assert_eq!(change.effective_scale().limits(), [-5.0, 5.0]);
    assert_eq!(change.effective_scale().position(0.0), Some(0.5));
}

#[test]
fn poor_data_still_make_a_picture() {
    let nothing = [f32::NAN; 12];
    let odd = [f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 7.0, f32::MAX, f32::MIN];
    let (constant, zeros) = ([7.0_f32; 12], [0.0_f32; 12]);
    let samples = [([178_410.0, 333_790.0], 5.0)];
    let wild =
        [([f64::NAN, 0.0], 1.0), ([f64::INFINITY, 0.0], 1.0), ([1e300, -1e300], f64::NAN), ([3.0, 4.0], f64::MAX)];
    for values in [&nothing[..], &odd, &constant, &zeros, &[]] {
        for samples in [&samples[..], &[], &wild] {
            for scale in [ColourScale::Linear, ColourScale::Log, ColourScale::Auto] {
                let base =
                    MapPicture { legend: "zinc", samples, scale, threshold: Some(f64::NAN), ..MapPicture::default() };
                for (width, height, cell) in [(4, 3, 20.0), (0, 0, 20.0), (4, 3, 0.0), (4, 3, f64::NAN)] {
                    let raster = Raster { cell: [cell, -cell], ..raster(values, width, height) };
                    let svg = map_svg(&MapPicture { raster: Some(raster), ..base });
                    assert_legible(&svg);
                    svg_to_png(&svg, 0.25).expect("a PNG");
                }
                assert_legible(&map_svg(&base));
            }
        }
    }
    assert_legible(&map_svg(&MapPicture { width_px: 0, ..MapPicture::default() }));
    // No value at all: no colour bar to mislead.
    let empty = map_svg(&MapPicture { raster: Some(raster(&nothing, 4, 3)), ..MapPicture::default() });
    assert!(empty.contains("no value") && texts(&parse(&empty)).iter().all(|t| t.0 != "0.5"));
    let full = map_svg(&MapPicture { raster: Some(raster(&constant, 4, 3)), ..MapPicture::default() });
    assert!(!full.contains("no value"));
}

#[test]
fn the_png_shows_the_cells_where_they_are() {
    let values = [1.0, 2.0, f32::NAN, 3.0];
    let raster = Raster { values: &values, width: 2, height: 2, west: 0.0, north: 200.0, cell: [100.0, 100.0] };
    let picture = MapPicture {
        title: "Cells",
        raster: Some(raster),
        scale: ColourScale::Linear,
        width_px: 800,
        ..MapPicture::default()
    };
    let svg = map_svg(&picture);
    let tree = parse(&svg);
    let (width, height, colours) = pixels(&svg, 1.5);
    assert_eq!((width, f64::from(height)), (1200, (f64::from(tree.size().height()) * 1.5).round()));
    // The centre of the map is the corner of the four cells; find it by the colours themselves.
    let expected = [0.0, 0.5, 1.0].map(|p| Palette::Concentration.colour(p).0);
    let place = |colour: [u8; 3]| {
        // The colour bar has these colours too, but never so many of them in a row.
        let runs = colours.windows(50).position(|w| w.iter().all(|&c| c == colour));
        runs.map(|i| (i % width as usize, i / width as usize)).expect("a cell of this colour")
    };
    let [north_west, north_east, south_east] = expected.map(place);
    assert!(north_west.0 + 50 < north_east.0 && north_west.1 == north_east.1, "{north_west:?} {north_east:?}");
    assert!(south_east.1 > north_east.1 + 50 && south_east.0 == north_east.0, "{south_east:?}");
}

#[test]
fn a_png_needs_no_font_of_the_system() {
    // resvg is built without `system-fonts`, so only the embedded font can have drawn the title.
    let with = pixels(&map_svg(&MapPicture { title: "Zinc", width_px: 500, ..MapPicture::default() }), 1.0);
    let without = pixels(&map_svg(&MapPicture { title: "\u{a0}", width_px: 500, ..MapPicture::default() }), 1.0);
    let ink = |p: &[[u8; 3]]| p.iter().take(500 * 26).filter(|c| c[0] < 100).count();
    assert!(ink(&with.2) > 40 && ink(&without.2) == 0, "{} {}", ink(&with.2), ink(&without.2));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let values = field(50, 40);
    // Far more samples than can be told apart: thinning must not depend on a hash order.
    let samples: Vec<_> = (0..30_000)
        .map(|i| ([178_400.0 + f64::from(i % 1000), 333_790.0 - f64::from(i % 797)], f64::from(i % 77)))
        .collect();
    let picture = MapPicture { raster: Some(raster(&values, 50, 40)), samples: &samples, ..MapPicture::default() };
    let svg = map_svg(&picture);
    assert_eq!(svg, map_svg(&picture));
    assert_eq!(svg_to_png(&svg, 0.5).expect("a PNG"), svg_to_png(&svg, 0.5).expect("a PNG"));
    assert!(svg.contains("samples: 30000"));
}

#[test]
fn a_large_raster_is_thinned() {
    let values = vec![1.0_f32; 4_000_000];
    let picture = MapPicture { raster: Some(raster(&values, 4000, 1000)), width_px: 300, ..MapPicture::default() };
    assert!(map_svg(&picture).len() < 60_000);
}

#[test]
fn what_is_no_picture_is_refused() {
    assert!(matches!(svg_to_png("<svg", 1.0), Err(Error::Svg(_))));
    let svg = map_svg(&MapPicture::default());
    for scale in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e6] {
        assert!(matches!(svg_to_png(&svg, scale), Err(Error::Size { .. })), "{scale}");
    }
}

/// Samples that cannot tell on which side of the threshold they are have a mark and a line of their own.
#[test]
fn samples_that_cannot_tell_are_crossed() {
    let samples: Vec<_> = (0..6).map(|i| ([f64::from(i), f64::from(i % 2)], f64::from(i))).collect();
    let below = [true, true, true, false, false, false];
    let picture = MapPicture { samples: &samples, below_limit: &below, ..MapPicture::default() };
    let without = map_svg(&picture);
    assert!(without.contains("below the detection limit: 3") && !without.contains("cannot tell"));
    let with = map_svg(&MapPicture { undecided: &[true, false, true], ..picture });
    let all = texts(&parse(&with)).into_iter().map(|t| t.0).collect::<Vec<_>>().join(" ");
    assert!(all.contains("below the detection limit: 1") && all.contains("cannot tell: 2"), "{all}");
    assert_eq!(with.matches("<path").count(), without.matches("<path").count() + 3); // two samples and the legend
    assert_legible(&with);
}

#[test]
fn doubtful_cells_are_hatched_and_only_they() {
    let values: Vec<f32> = (0..2000).map(|i| if i % 50 < 5 { f32::NAN } else { i as f32 }).collect();
    // The eastern half, and cells without a value.
    let doubtful: Vec<bool> = (0..2000).map(|i| i % 50 >= 25 || i % 50 < 3).collect();
    let base = MapPicture { raster: Some(raster(&values, 50, 40)), width_px: 1000, ..MapPicture::default() };
    let hatched = MapPicture { doubtful: &doubtful, doubtful_label: "hatched: beyond the samples", ..base };
    let svg = map_svg(&hatched);
    assert_legible(&svg);
    assert!(svg.contains("hatched: beyond the samples"));
    let ((columns, _, with), (_, _, without)) = (pixels(&svg, 1.0), pixels(&map_svg(&base), 1.0));
    // Where the raster lies on the page.
    let image = svg.split("<image ").nth(1).unwrap();
    let number = |name: &str| {
        let text = image.split(&format!("{name}=\"")).nth(1).unwrap();
        text.split('"').next().unwrap().parse::<f64>().unwrap()
    };
    let [x, y, w, h] = ["x", "y", "width", "height"].map(number);
    let (mut changed, mut hatchable) = (0, 0);
    for row in (y + 1.0) as usize..(y + h - 1.0) as usize {
        for column in (x + 1.0) as usize..(x + w - 1.0) as usize {
            let (a, b) = (with[row * columns as usize + column], without[row * columns as usize + column]);
            let differs = a != b;
            let inside = column as f64 >= x + 0.5 * w - 2.0;
            assert!(inside || !differs, "{column},{row} is hatched");
            changed += usize::from(a.iter().zip(b).any(|(a, b)| a.abs_diff(b) > 40));
            hatchable += usize::from(inside);
        }
    }
    // Seen, and most of the colours too.
    assert!(changed > hatchable / 10 && changed < hatchable * 2 / 5, "{changed} of {hatchable}");
    // Nothing is said where nothing is doubtful, also where the list is short.
    for doubtful in [&[][..], &[false; 2000]] {
        assert!(!map_svg(&MapPicture { doubtful, ..base }).contains("hatched"));
    }
    assert!(map_svg(&MapPicture { doubtful: &[false, false, false, false, false, true], ..base }).contains("hatched"));
}

/// What is compared has line styles of its own, and the legend names all of it, also what is nowhere.
#[test]
fn outlines_are_compared_by_their_lines() {
    let values = field(60, 60);
    let (first, second) = ([square(178_500.0, 333_000.0, 300.0)], [square(178_600.0, 333_100.0, 300.0)]);
    let others = [
        Outlines { polygons: &second, label: "SE/guideline/km" },
        Outlines { polygons: &[], label: "CH/guide: none" },
        Outlines { polygons: &second, label: "CN/screening" },
    ];
    assert!(others.len() <= LINE_STYLES);
    let draw = |hotspots| {
        map_svg(&MapPicture {
            raster: Some(raster(&values, 60, 60)),
            hotspots,
            hotspot_label: "NL/intervention",
            others: &others,
            ..MapPicture::default()
        })
    };
    let svg = draw(&first);
    assert_legible(&svg);
    let said: Vec<String> = texts(&parse(&svg)).into_iter().map(|(text, _)| text).collect();
    for label in ["NL/intervention", "SE/guideline/km", "CH/guide: none", "CN/screening"] {
        assert!(said.iter().any(|text| text.contains(label)), "{label} in {said:?}");
    }
    let lines = |svg: &str| {
        let dashes = |part: &str| part.split_once('"').map(|(dashes, _)| dashes.to_owned());
        let mut found: Vec<String> = svg.split("stroke-dasharray=\"").skip(1).filter_map(dashes).collect();
        found.sort();
        found
    };
    let mut distinct = lines(&svg);
    // Casing and line, on the map and in the legend, of the two that are there; in the legend only of the one that is not.
    assert_eq!(distinct.len(), 2 * (2 + 2 + 1), "{distinct:?}");
    distinct.dedup();
    assert_eq!(distinct.len(), 3, "{distinct:?}");
    // The first is named too where it has no hotspot.
    assert!(draw(&[]).contains("NL/intervention"));
}

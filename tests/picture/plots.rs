use soilscope_picture::{
    Lag, PlaceClass, PlacesMap, ReliabilityPlot, ScatterPlot, Share, SharesColumn, SharesPlot, Step, VariogramPlot,
    VariogramSeries, places_svg, reliability_svg, scatter_svg, shares_svg, variogram_svg,
};

use crate::support::{HOSTILE, assert_legible, parse, pixels, texts};

fn lag(distance: f64, semivariance: f64, pairs: u64) -> Lag {
    Lag { distance, semivariance, pairs }
}

#[test]
fn a_variogram_shows_its_numbers() {
    let lags = [lag(79.3, 0.12, 57), lag(170.0, 0.21, 299), lag(900.0, 0.66, 419)];
    let curve = |h: f64| 0.05 + 0.59 * (1.0 - (-h / 300.0).exp());
    let series = [VariogramSeries { label: "", lags: &lags, curve: Some(&curve) }];
    let plot = VariogramPlot {
        title: "Variogram of ln(zinc)",
        model_text: "0.05 Nug + 0.59 Exp(300)",
        series: &series,
        sill: Some(0.64),
        nugget: Some(0.05),
        range: Some(300.0),
        sample_variance: Some(0.52),
        ..VariogramPlot::default()
    };
    let svg = variogram_svg(&plot);
    let words: Vec<String> = texts(&parse(&svg)).into_iter().map(|t| t.0).collect();
    for word in ["57", "299", "419", "sill 0.64", "nugget 0.05", "range 300", "sample variance 0.52"] {
        assert!(words.iter().any(|w| w == word), "{word} not in {words:?}");
    }
    assert_legible(&svg);
    assert_eq!(svg, variogram_svg(&plot));
    assert_eq!(pixels(&svg, 1.0).0, 1400);
    let several = [
        VariogramSeries { label: HOSTILE, lags: &lags, curve: None },
        VariogramSeries { label: "azimuth 90°", lags: &lags, curve: Some(&curve) },
    ];
    assert_legible(&variogram_svg(&VariogramPlot { series: &several, title: HOSTILE, ..plot }));
}

/// Covariances go below 0: all are drawn, within the axes, and the legend stands where they are not.
#[test]
fn covariances_below_zero_are_drawn() {
    let lags = [lag(0.0, 0.5, 155), lag(100.0, 0.1, 300), lag(800.0, -0.2, 400), lag(900.0, -0.25, 410)];
    let series = [VariogramSeries { label: "", lags: &lags, curve: None }];
    let svg = variogram_svg(&VariogramPlot { series: &series, ..VariogramPlot::default() });
    let document = parse(&svg);
    let words = texts(&document);
    for pairs in ["155", "300", "400", "410"] {
        assert!(words.iter().any(|t| t.0 == pairs), "{pairs}: {words:?}");
    }
    assert!(words.iter().any(|t| t.0 == "−0.2" || t.0 == "-0.2"), "{words:?}");
    assert_legible(&svg);
}

#[test]
fn poor_variograms_still_make_a_plot() {
    let odd = [lag(f64::NAN, 1.0, 1), lag(1.0, f64::INFINITY, 0), lag(-1.0, -1.0, u64::MAX), lag(0.0, 0.0, 0)];
    let wild = |h: f64| 1.0 / (h - h);
    let huge = |h: f64| h * 1e200;
    for curve in [&wild as &dyn Fn(f64) -> f64, &huge, &|_| 0.0] {
        for lags in [&odd[..], &[], &[lag(5.0, 1e12, 3)], &[lag(1e-9, 1e-12, 3)]] {
            let series = [VariogramSeries { label: "", lags, curve: Some(curve) }];
            for value in [None, Some(0.0), Some(f64::NAN), Some(1e15)] {
                let plot = VariogramPlot { series: &series, sill: value, range: value, ..VariogramPlot::default() };
                let svg = variogram_svg(&plot);
                parse(&svg);
                pixels(&svg, 0.2);
            }
        }
    }
    assert_legible(&variogram_svg(&VariogramPlot::default()));
}

#[test]
fn scatter_plots_hold_for_any_pairs() {
    let many: Vec<[f64; 2]> = (1..5000).map(|i| [f64::from(i), f64::from(5000 - i)]).collect();
    for pairs in [&many[..], &[], &[[5.0, 5.0]], &[[f64::NAN, 1.0], [0.0, -3.0]], &[[1e-9, 1e9]], &[[0.0, 0.0]]] {
        for log in [false, true] {
            let scores = ["n 155", "RMSE 189 mg/kg", HOSTILE];
            let plot = ScatterPlot { title: HOSTILE, pairs, log, scores: &scores, ..ScatterPlot::default() };
            let svg = scatter_svg(&plot);
            assert_legible(&svg);
            assert_eq!(svg, scatter_svg(&plot));
        }
    }
}

/// The words on the diagonal keep off the curve, wherever it goes.
#[test]
fn words_of_a_reliability_diagram_keep_off_its_curve() {
    let step = |from: f64, to: f64, observed: f64| Step { forecasts: [from, to], observed, count: 40 };
    for steps in [
        [step(0.0, 0.3, 0.02), step(0.4, 0.6, 0.3), step(0.7, 1.0, 0.88)],
        [step(0.0, 0.5, 0.1), step(0.55, 0.8, 0.55), step(0.85, 1.0, 0.86)],
        [step(0.1, 0.4, 0.3), step(0.4, 0.7, 0.62), step(0.8, 1.0, 0.99)],
    ] {
        let svg =
            reliability_svg(&ReliabilityPlot { steps: &steps, base_rate: Some(0.4), ..ReliabilityPlot::default() });
        assert_legible(&svg);
        let all = texts(&parse(&svg));
        let words = all.iter().find(|t| t.0 == "as often as forecast").unwrap().1;
        let curve = svg.lines().find(|l| l.contains("<path") && l.contains("#0072b2")).unwrap();
        let d = curve.split('"').nth(1).unwrap().replace(['M', 'L'], " ");
        let numbers: Vec<f32> = d.split_whitespace().map(|n| n.parse().unwrap()).collect();
        let places: Vec<[f32; 2]> = numbers.chunks(2).map(|p| [p[0], p[1]]).collect();
        for pair in places.windows(2) {
            for k in 0..=40 {
                let t = k as f32 / 40.0;
                let [x, y] = [0, 1].map(|axis| pair[0][axis] + t * (pair[1][axis] - pair[0][axis]));
                let inside = (words.left()..words.right()).contains(&x) && (words.top()..words.bottom()).contains(&y);
                assert!(!inside, "{steps:?}: the curve at {x}, {y} runs through {words:?}");
            }
        }
    }
}

#[test]
fn reliability_diagrams_show_steps_and_hold_for_any() {
    let step = |from: f64, to: f64, observed: f64, count: usize| Step { forecasts: [from, to], observed, count };
    let steps = [step(0.0, 0.2, 0.05, 80), step(0.25, 0.6, 0.4, 30), step(0.7, 1.0, 0.9, 45)];
    let forecasts: Vec<(f64, bool)> = (0..155).map(|i| (f64::from(i) / 154.0, i % 3 == 0)).collect();
    let plot = ReliabilityPlot {
        title: "Chance of zinc above 500 mg/kg",
        subtitle: "ordinary kriging, 13 blocks held out",
        steps: &steps,
        base_rate: Some(0.33),
        forecasts: &forecasts,
        scores: &["Brier score 0.12, of the base rate 0.22", "area under the ROC curve 0.91"],
        ..ReliabilityPlot::default()
    };
    let svg = reliability_svg(&plot);
    let words: Vec<String> = texts(&parse(&svg)).into_iter().map(|t| t.0).collect();
    for word in ["as often as forecast", "base rate", "area under the ROC curve 0.91"] {
        assert!(words.iter().any(|w| w == word), "{word} not in {words:?}");
    }
    assert_eq!(svg.matches("<circle").count(), 3);
    assert_legible(&svg);
    assert_eq!(pixels(&svg, 1.0).0, 1100);
    let odd = [step(f64::NAN, 2.0, 0.5, 0), step(0.4, 0.4, f64::INFINITY, usize::MAX)];
    for steps in [&odd[..], &[]] {
        let plot = ReliabilityPlot { steps, forecasts: &[(f64::NAN, true), (3.0, false)], title: HOSTILE, ..plot };
        parse(&reliability_svg(&plot));
        pixels(&reliability_svg(&plot), 0.2);
    }
    assert_legible(&reliability_svg(&ReliabilityPlot::default()));
}

#[test]
fn maps_of_places_hold_for_any_classes() {
    let grid: Vec<[f64; 2]> = (0..400).map(|i| [f64::from(i % 20) * 50.0, f64::from(i / 20) * 80.0]).collect();
    let line: Vec<[f64; 2]> = (0..9).map(|i| [f64::from(i), 5.0]).collect();
    for places in [&grid[..], &line, &[[f64::NAN, 1.0], [f64::INFINITY, 2.0]], &[[3.0, 3.0]], &[]] {
        let classes = [
            PlaceClass { label: "not significant", colour: "#c8cfd4", places },
            PlaceClass { label: HOSTILE, colour: "#ca0020", places: &places[..places.len() / 2] },
            PlaceClass {
                label: "low among low, with a label that needs more than one line",
                colour: "\"><x",
                places: &[],
            },
        ];
        let map =
            PlacesMap { title: HOSTILE, subtitle: HOSTILE, legend: HOSTILE, classes: &classes, ..PlacesMap::default() };
        let svg = places_svg(&map);
        assert_legible(&svg);
        assert_eq!(svg, places_svg(&map));
        let words: Vec<String> = texts(&parse(&svg)).into_iter().map(|t| t.0).collect();
        let counted = format!("not significant: {}", places.len());
        assert!(words.contains(&counted), "{counted}: {words:?}");
        // A disc a place, and one a class in the legend.
        let finite = |places: &[[f64; 2]]| places.iter().filter(|p| p.iter().all(|v| v.is_finite())).count();
        assert_eq!(svg.matches("<circle").count(), finite(places) + finite(&places[..places.len() / 2]) + 3);
    }
}

#[test]
fn shares_are_legible_for_one_factor_and_for_many() {
    let shares: Vec<Share> = (0..9)
        .map(|k| Share {
            value: if k == 4 { f64::NAN } else { f64::from(k) / 8.0 },
            interval: (k % 3 > 0).then(|| [f64::from(k) / 8.0 - 0.1, f64::from(k) / 8.0 + 0.3]),
        })
        .collect();
    let rows = ["Zn", "Pb", "polycyclic aromatic hydrocarbons (sum of sixteen)", "Cd", "As", HOSTILE, "Cu", "Ni", "Cr"];
    for count in [0, 1, 3, 12] {
        let column = SharesColumn { label: "factor 1", note: "found again in 100 %", shares: &shares };
        let columns = vec![column; count];
        let plot = SharesPlot { title: HOSTILE, rows: &rows, columns: &columns, ..SharesPlot::default() };
        let svg = shares_svg(&plot);
        assert_legible(&svg);
        assert_eq!(svg, shares_svg(&plot));
        let words: Vec<String> = texts(&parse(&svg)).into_iter().map(|t| t.0).collect();
        assert_eq!(words.iter().any(|w| w == "25 % (15\u{2013}55)"), (1..12).contains(&count), "{words:?}");
        assert_eq!(words.iter().filter(|w| *w == "50 %").count(), 0); // not a number
    }
}

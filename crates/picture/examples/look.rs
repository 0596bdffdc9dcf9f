//! Draws the pictures that a person should look at after a change: `cargo run -p soilscope-picture --example look`.
//! The first argument is a folder; the second the CSV of a large survey, USGS Data Series 801 (`x_5070`, `y_5070`,
//! `longitude`, `latitude`, `Pb`).

use std::error::Error;
use std::path::Path;

use geo::{LineString, Polygon};
use soilscope_picture::{
    ColourScale, Lag, LengthUnit, MapPicture, Palette, Raster, ScatterPlot, VariogramPlot, VariogramSeries, map_svg,
    scatter_svg, svg_to_png, variogram_svg,
};

type Sample = ([f64; 2], f64);

fn read(path: &str, x: &str, y: &str, value: &str) -> Result<Vec<Sample>, Box<dyn Error>> {
    let mut reader = csv::Reader::from_path(path)?;
    let header = reader.headers()?.clone();
    let column = |name: &str| header.iter().position(|h| h == name).ok_or(format!("no column {name} in {path}"));
    let columns = [column(x)?, column(y)?, column(value)?];
    let mut samples = Vec::new();
    for record in reader.records() {
        let record = record?;
        if let [Ok(x), Ok(y), Ok(v)] = columns.map(|c| record[c].parse::<f64>()) {
            samples.push(([x, y], v));
        }
    }
    Ok(samples)
}

/// Inverse-distance field, with no value beyond `reach` of a sample.
struct Field {
    values: Vec<f32>,
    size: [usize; 2],
    corner: [f64; 2],
    cell: f64,
}

impl Field {
    fn new(samples: &[Sample], bounds: [f64; 4], cell: f64, reach: f64) -> Self {
        let size = [((bounds[2] - bounds[0]) / cell) as usize, ((bounds[3] - bounds[1]) / cell) as usize];
        let mut values = Vec::new();
        for row in 0..size[1] {
            for col in 0..size[0] {
                let place = [bounds[0] + (col as f64 + 0.5) * cell, bounds[3] - (row as f64 + 0.5) * cell];
                let (mut sum, mut weights, mut nearest) = (0.0, 0.0, f64::INFINITY);
                for (at, value) in samples {
                    let d2 = (at[0] - place[0]).powi(2) + (at[1] - place[1]).powi(2);
                    nearest = nearest.min(d2);
                    let w = (d2 + 1.0).powf(-1.5);
                    (sum, weights) = (sum + w * value, weights + w);
                }
                values.push(if nearest < reach * reach { (sum / weights) as f32 } else { f32::NAN });
            }
        }
        Self { values, size, corner: [bounds[0], bounds[3]], cell }
    }

    fn raster(&self) -> Raster<'_> {
        Raster {
            values: &self.values,
            width: self.size[0],
            height: self.size[1],
            west: self.corner[0],
            north: self.corner[1],
            cell: [self.cell, self.cell],
        }
    }

    /// Outlines of the cells above a value, cell by cell along rows: good enough to look at.
    fn above(&self, threshold: f32) -> Vec<Polygon<f64>> {
        let mut edges = std::collections::BTreeMap::new();
        let high = |c: i64, r: i64| {
            c >= 0
                && r >= 0
                && c < self.size[0] as i64
                && r < self.size[1] as i64
                && self.values[r as usize * self.size[0] + c as usize] > threshold
        };
        for r in 0..self.size[1] as i64 {
            for c in 0..self.size[0] as i64 {
                if high(c, r) {
                    let corners = [(c, r), (c + 1, r), (c + 1, r + 1), (c, r + 1)];
                    let beside = [(c, r - 1), (c + 1, r), (c, r + 1), (c - 1, r)];
                    for i in 0..4 {
                        if !high(beside[i].0, beside[i].1) {
                            edges.entry(corners[i]).or_insert_with(Vec::new).push(corners[(i + 1) % 4]);
                        }
                    }
                }
            }
        }
        let mut polygons = Vec::new();
        while let Some((&start, _)) = edges.iter().find(|e| !e.1.is_empty()) {
            let (mut ring, mut at) = (vec![start], start);
            while let Some(next) = edges.get_mut(&at).and_then(Vec::pop) {
                ring.push(next);
                at = next;
            }
            let place =
                |p: (i64, i64)| (self.corner[0] + p.0 as f64 * self.cell, self.corner[1] - p.1 as f64 * self.cell);
            polygons.push(Polygon::new(LineString::from_iter(ring.into_iter().map(place)), Vec::new()));
        }
        polygons
    }
}

fn save(folder: &Path, name: &str, svg: &str) -> Result<(), Box<dyn Error>> {
    std::fs::write(folder.join(format!("{name}.svg")), svg)?;
    std::fs::write(folder.join(format!("{name}.png")), svg_to_png(svg, 1.0)?)?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).unwrap_or("/tmp/soilscope-look".into());
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let meuse = read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/meuse.csv"), "x", "y", "zinc")?;
    let credit = "Inverse distance weighting (power 3), 155 samples · EPSG:28992 Amersfoort / RD New · 2026-11-21 · soilscope 0.1.0";
    let field = Field::new(&meuse, [178_400.0, 329_500.0, 181_600.0, 333_800.0], 20.0, 330.0);
    let outlines = field.above(720.0);
    let base = MapPicture {
        title: "Zinc in the topsoil of the Meuse flood plain",
        subtitle: "Predicted concentration, 0–20 cm, cells of 20 m",
        legend: "zinc (mg/kg)",
        credit,
        raster: Some(field.raster()),
        threshold: Some(720.0),
        hotspots: &outlines,
        hotspot_label: "zinc > 720 mg/kg with a probability of at least 0.8",
        samples: &meuse,
        ..MapPicture::default()
    };
    save(folder, "meuse", &map_svg(&base))?;
    save(folder, "meuse-log", &map_svg(&MapPicture { scale: ColourScale::Log, threshold: Some(5000.0), ..base }))?;
    let classes = MapPicture { breaks: Some(&[140.0, 300.0, 720.0, 1000.0]), palette: Palette::Uncertainty, ..base };
    save(folder, "meuse-classes", &map_svg(&classes))?;
    let long = "Zinc, cadmium, copper and lead in the topsoil of the flood plain of the river Meuse between Stein and Maasbracht, \
                <province> of Limburg & the adjoining municipalities, predicted by ordinary kriging on logarithms";
    let strip = Field::new(&meuse, [178_400.0, 330_300.0, 181_600.0, 331_200.0], 10.0, 250.0);
    let near: Vec<Sample> = meuse.iter().copied().filter(|s| (330_300.0..331_200.0).contains(&s.0[1])).collect();
    let below: Vec<bool> = near.iter().map(|s| s.1 < 180.0).collect();
    let outlines = strip.above(720.0);
    let wide = MapPicture {
        title: long,
        raster: Some(strip.raster()),
        samples: &near,
        hotspots: &outlines,
        below_limit: &below,
        limits: Some([200.0, 1200.0]),
        ..base
    };
    save(folder, "wide", &map_svg(&wide))?;
    let strip = Field::new(&meuse, [179_300.0, 329_500.0, 180_100.0, 333_000.0], 10.0, 250.0);
    let outlines = strip.above(720.0);
    let tall = MapPicture { raster: Some(strip.raster()), hotspots: &outlines, title: long, ..base };
    save(folder, "tall", &map_svg(&tall))?;

    let lags: Vec<Lag> = [57, 299, 419, 457, 547, 533, 574, 564, 589, 543, 500, 477, 452, 457, 415]
        .iter()
        .enumerate()
        .map(|(i, &pairs)| {
            let distance = 79.3 + 105.0 * i as f64;
            let x = (distance / 897.0_f64).min(1.0);
            let wiggle = 0.03 * (3.0 * i as f64).sin();
            Lag { distance, semivariance: 0.05 + 0.59 * (1.5 * x - 0.5 * x.powi(3)) + wiggle, pairs }
        })
        .collect();
    let curve = |h: f64| {
        let x = (h / 897.0).min(1.0);
        0.05 + 0.59 * (1.5 * x - 0.5 * x.powi(3))
    };
    let one = [VariogramSeries { label: "", lags: &lags, curve: Some(&curve) }];
    let plot = VariogramPlot {
        title: "Variogram of ln(zinc)",
        model_text: "0.05 Nug + 0.59 Sph(897)",
        credit,
        x_label: "separation (m)",
        y_label: "semivariance of ln(mg/kg)",
        series: &one,
        sill: Some(0.64),
        nugget: Some(0.05),
        range: Some(897.0),
        sample_variance: Some(0.521),
        ..VariogramPlot::default()
    };
    save(folder, "variogram", &variogram_svg(&plot))?;
    let other: Vec<Lag> = lags.iter().map(|l| Lag { semivariance: 0.8 * l.semivariance, ..*l }).collect();
    let two = [
        VariogramSeries { label: "azimuth 45°", lags: &lags, curve: Some(&curve) },
        VariogramSeries { label: "azimuth 135°", lags: &other, curve: None },
    ];
    save(folder, "variogram-two", &variogram_svg(&VariogramPlot { series: &two, ..plot }))?;

    let pairs: Vec<[f64; 2]> =
        meuse.iter().enumerate().map(|(i, s)| [s.1, s.1.powf(0.85) * 2.5 * (1.0 + 0.3 * (i as f64).sin())]).collect();
    let scatter = ScatterPlot {
        title: "Zinc: observed and predicted",
        subtitle: "Ordinary kriging of ln(zinc), leave-one-out",
        x_label: "observed (mg/kg)",
        y_label: "predicted (mg/kg)",
        pairs: &pairs,
        scores: &["n 155", "ME −1.2 mg/kg", "RMSE 189 mg/kg", "MSDR 0.97"],
        credit,
        ..ScatterPlot::default()
    };
    save(folder, "scatter", &scatter_svg(&scatter))?;
    save(folder, "scatter-log", &scatter_svg(&ScatterPlot { log: true, ..scatter }))?;
    let residuals: Vec<Sample> = meuse.iter().zip(&pairs).map(|(s, p)| (s.0, p[1] - p[0])).collect();
    let map = MapPicture {
        title: "Zinc: cross-validation residuals",
        subtitle: "predicted − observed",
        legend: "residual (mg/kg)",
        samples: &residuals,
        palette: Palette::Change,
        credit,
        ..MapPicture::default()
    };
    save(folder, "residuals", &map_svg(&map))?;

    if let Some(path) = std::env::args().nth(2) {
        let survey = read(&path, "x_5070", "y_5070", "Pb")?;
        let some: Vec<Sample> = survey.iter().copied().step_by(6).collect();
        let field = Field::new(&some, [-2_380_000.0, 260_000.0, 2_280_000.0, 3_200_000.0], 20_000.0, 120_000.0);
        let outlines = field.above(60.0);
        let map = MapPicture {
            title: "Lead in topsoil of the conterminous United States",
            subtitle: "Inverse distance weighting of every sixth sample, cells of 20 km",
            legend: "lead (mg/kg)",
            credit: "USGS Data Series 801, top 5 cm · EPSG:5070",
            raster: Some(field.raster()),
            samples: &survey,
            threshold: Some(60.0),
            hotspots: &outlines,
            hotspot_label: "lead > 60 mg/kg",
            ..MapPicture::default()
        };
        save(folder, "usa", &map_svg(&map))?;
        let place = read(&path, "longitude", "latitude", "Pb")?;
        let degrees = MapPicture {
            raster: None,
            hotspots: &[],
            subtitle: "Samples",
            credit: "USGS Data Series 801, top 5 cm · EPSG:4326",
            unit: LengthUnit::Degrees,
            samples: &place,
            ..map
        };
        save(folder, "usa-degrees", &map_svg(&degrees))?;
    }
    Ok(())
}

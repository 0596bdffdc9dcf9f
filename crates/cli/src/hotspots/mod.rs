//! Hotspots out of the rasters of a map: traced, measured, and as features of a file.

pub(crate) mod curve;
pub(crate) mod ensemble;
pub(crate) mod files;
mod outside;
pub(crate) mod shown;
pub(crate) mod trusted;

use std::path::Path;

use anyhow::Result;
use geo::{Densify, Euclidean, GeodesicArea, MapCoords};
use serde::Serialize;
use soilscope_assess::hotspot::{
    Classed, ConfidenceCurve, Dropped, GridFrame, HotCell, Hotspot, HotspotSettings, HotspotTracer, Hotspots, smoothed,
};
use soilscope_core::Samples;
use soilscope_pipeline::crs::{Crs, Transformer};
use soilscope_pipeline::io::raster_in::RasterIn;
use soilscope_pipeline::io::vector::{Feature, Value};

use crate::follow::check_interrupt;
use crate::spread::Spread;
use curve::{CostRecord, Curves};
use ensemble::{Simulated, SpotSpread};
use shown::Shown;
use trusted::{Classes, SpotTrust};

/// What makes a cell hot.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Rule {
    /// The exceedance probability is at least this.
    Probability { at_least: f64 },
    /// The prediction is above the threshold: for methods without an error model.
    Prediction { above: f64 },
}

/// Hotspots in numbers, for the record.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct HotspotRecord {
    pub(crate) rule: Rule,
    pub(crate) count: usize,
    /// On the ellipsoid of WGS 84, square metres; `None` on a local plane.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) area_m2: Option<f64>,
    /// On the map's plane, CRS units squared.
    pub(crate) area_on_map: f64,
    /// Square metres on the ground of a square unit of the map, in the mean of what is expected above; `None` on a local plane, and
    /// without probabilities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ground_over_map: Option<f64>,
    /// `None` where there are no samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) samples_inside: Option<usize>,
    /// Those of them that are below limits above the threshold: nobody knows on which side of it they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) undecided: Option<usize>,
    pub(crate) minimum_area: f64,
    pub(crate) dropped: Dropped,
    /// How many are of each class; `None` without samples or probabilities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) classes: Option<Classes>,
    /// What of them is not to be trusted.
    pub(crate) trust: SpotTrust,
    /// What is expected to be wrong; `None` without probabilities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) errors: Option<ErrorAreas>,
    /// What treating them is expected to cost, and leaving the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) costs: Option<CostRecord>,
    /// What realisations say of all of them together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) joint: Option<Simulated>,
    /// Passes of corner cutting that the outlines went through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) smoothed: Option<u8>,
}

/// Expected areas on the map's plane, CRS units squared.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ErrorAreas {
    /// Of the whole map above the threshold.
    pub(crate) expected_above: f64,
    /// Inside hotspots and not above it.
    pub(crate) false_positive: f64,
    /// Outside hotspots, those too small to be one among it, and above it.
    pub(crate) false_negative: f64,
    /// The same at other confidences, before any minimum area.
    pub(crate) by_confidence: Vec<AreasAt>,
}

/// Areas at one confidence, CRS units squared.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AreasAt {
    confidence: f64,
    area: f64,
    false_positive: f64,
    false_negative: f64,
}

impl ErrorAreas {
    fn new(curve: &ConfidenceCurve, hotspots: &Hotspots) -> Self {
        let cell = hotspots.frame().cell_area();
        let expected_above = curve.expected() * cell;
        let inside: f64 =
            hotspots.spots.iter().map(|s| s.mean_probability.unwrap_or(0.0) * s.cells as f64 * cell).sum();
        let by_confidence = (1..20).map(|k| {
            let at = curve.at(f64::from(k) / 20.0);
            AreasAt {
                confidence: at.confidence,
                area: at.size * cell,
                false_positive: at.false_positive * cell,
                false_negative: at.false_negative * cell,
            }
        });
        Self {
            expected_above,
            false_positive: (hotspots.area() - inside).max(0.0),
            false_negative: (expected_above - inside).max(0.0),
            by_confidence: by_confidence.collect(),
        }
    }
}

/// Hotspots, and what is known of each.
pub(crate) struct Traced {
    pub(crate) hotspots: Hotspots,
    /// Of each, how many samples inside are above the threshold; `None` where there are no samples.
    samples_above: Option<Vec<usize>>,
    /// And of how many nobody knows.
    undecided: Vec<usize>,
    /// Of all cells, not only those of hotspots: of their areas on the ground in square metres, or of a local plane.
    pub(crate) curve: ConfidenceCurve,
    /// What realisations say of each; empty where there are none.
    pub(crate) spreads: Vec<SpotSpread>,
    /// Expected area above the threshold outside of all, by the nearest: on the ground, or of a local plane. `None` without probabilities.
    outside: Option<Vec<f64>>,
    /// What held-out samples say of the probabilities.
    shown: Shown,
}

impl Traced {
    /// How far one can be relied on; `None` without samples or probabilities.
    fn classed(&self, k: usize) -> Option<Classed> {
        let (spot, above) = (&self.hotspots.spots[k], self.samples_above.as_ref()?[k]);
        let untrusted = spot.untrusted.map(|untrusted| untrusted.share);
        Some(Classed::of(spot.mean_probability?, above, untrusted, self.shown.skilled))
    }

    /// What held-out samples say of the probabilities.
    pub(crate) fn shown(&self) -> Shown {
        self.shown
    }

    /// What treating them is expected to cost, with areas as they are given to the user.
    pub(crate) fn costs(&self, curves: Option<&Curves<'_>>, areas_m2: Option<&[f64]>) -> Option<CostRecord> {
        let area = |(k, spot): (usize, &Hotspot)| areas_m2.map_or(spot.area, |areas| areas[k]);
        let spots = || self.hotspots.spots.iter().enumerate();
        let above = |(k, spot)| area((k, spot)) * spot.mean_probability.unwrap_or(0.0);
        // A sum of nothing is -0.
        curves?.costs(spots().map(area).sum::<f64>() + 0.0, spots().map(above).sum::<f64>() + 0.0)
    }
}

/// Samples, and which of them are above the threshold, or not, or nobody knows.
pub(crate) type Judged<'a> = (&'a Samples, &'a dyn Fn(usize) -> Option<bool>);

/// Rasters of one grid.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rasters<'a> {
    /// Values.
    pub(crate) prediction: &'a Path,
    /// Probabilities of being above the threshold.
    pub(crate) exceedance: Option<&'a Path>,
    /// Reasons not to trust a cell, as bits.
    pub(crate) trust: Option<&'a Path>,
}

/// Traces hotspots in rasters, row by row. Without samples, none are counted.
pub(crate) fn trace(
    rasters: Rasters<'_>,
    rule: Rule,
    settings: HotspotSettings,
    samples: Option<Judged<'_>>,
    shown: Shown,
    crs: &Crs,
) -> Result<(Traced, HotspotRecord)> {
    let values = RasterIn::open(rasters.prediction, 1)?;
    let probabilities = rasters.exceedance.map(|path| RasterIn::open(path, 1)).transpose()?;
    let trust = rasters.trust.map(|path| RasterIn::open(path, 1)).transpose()?;
    // Refuses rasters that are turned or upside down.
    let grid = values.grid(u64::MAX)?;
    let bounds = grid.bounds();
    let frame = GridFrame { origin: [bounds.min[0], bounds.max[1]], cell: grid.cell(), columns: values.size()[0] };
    let on_ground = CellAreas::new(frame, crs)?;
    let mut tracer = HotspotTracer::new(frame, settings)?;
    let mut probability_rows = probabilities.as_ref().map(RasterIn::rows);
    let mut trust_rows = trust.as_ref().map(|raster| (raster.path(), raster.rows()));
    let mut hot = Vec::with_capacity(frame.columns);
    let mut curve = ConfidenceCurve::default();
    let mut curve_on_ground = ConfidenceCurve::default();
    for (number, row) in values.rows().enumerate() {
        check_interrupt("the hotspots were traced")?;
        let row = row?;
        let chances = probability_rows.as_mut().and_then(Iterator::next).transpose()?;
        let doubts = match &mut trust_rows {
            Some((path, rows)) => rows.next().map(|row| trusted::row_of(&row?, path, number)).transpose()?,
            None => None,
        };
        let area = match chances.is_some() || doubts.is_some() {
            true => on_ground.of_row(number, &row)?,
            false => frame.cell_area(),
        };
        hot.clear();
        hot.extend(row.iter().enumerate().map(|(column, value)| {
            let value = (*value)?;
            let probability = chances.as_ref().and_then(|c| c[column]);
            probability.into_iter().for_each(|p| {
                curve.push(p);
                curve_on_ground.push_sized(p, area);
            });
            let is_hot = match rule {
                // Rasters hold 32 bits, in which 0.9 is a little less.
                Rule::Probability { at_least } => probability.is_some_and(|p| p as f32 >= at_least as f32),
                Rule::Prediction { above } => value > above,
            };
            let doubts = doubts.as_ref().and_then(|d| d[column]);
            is_hot.then_some(HotCell { value, probability, doubts, ground: area })
        }));
        if let Some(path) = rasters.trust {
            trusted::refuse_unknown(&hot, path, number)?;
        }
        tracer.push_row(&hot);
    }
    let mut hotspots = tracer.finish();
    let mut undecided = vec![0; hotspots.spots.len()];
    let samples_above = samples.map(|(samples, above)| {
        let mut counts = vec![0; hotspots.spots.len()];
        for (i, spot) in hotspots.count_samples(samples.coords()).into_iter().enumerate() {
            let Some(id) = spot else { continue };
            match above(i) {
                Some(true) => counts[id - 1] += 1,
                Some(false) => {}
                None => undecided[id - 1] += 1,
            }
        }
        counts
    });
    let on_map = curve.expected() * frame.cell_area();
    let ground_over_map = (on_map > 0.0).then(|| curve_on_ground.expected() / on_map);
    let mut record = HotspotRecord {
        rule,
        count: hotspots.spots.len(),
        area_m2: None,
        area_on_map: hotspots.area(),
        ground_over_map: ground_over_map.filter(|_| !crs.is_local()),
        samples_inside: samples.map(|_| hotspots.spots.iter().map(|s| s.samples_inside).sum()),
        undecided: samples.map(|_| undecided.iter().sum()),
        minimum_area: settings.minimum_area,
        dropped: hotspots.dropped,
        classes: None,
        trust: SpotTrust::of(&hotspots, rasters.trust.is_some()),
        errors: probabilities.is_some().then(|| ErrorAreas::new(&curve, &hotspots)),
        costs: None,
        joint: None,
        smoothed: None,
    };
    let outside = match (rasters.exceedance, rule) {
        (Some(path), Rule::Probability { at_least }) => Some(outside::nearest(path, &hotspots, at_least, &on_ground)?),
        _ => None,
    };
    let found =
        Traced { hotspots, samples_above, undecided, curve: curve_on_ground, spreads: Vec::new(), outside, shown };
    let classes: Option<Vec<Classed>> = (0..record.count).map(|k| found.classed(k)).collect();
    // Of no hotspots there is no class either, where there are no samples.
    let can = found.samples_above.is_some() && probabilities.is_some();
    record.classes = classes.filter(|_| can).map(|all| Classes::of(all.into_iter().map(|classed| classed.class)));
    Ok((found, record))
}

/// Areas of hotspots on the ground, into their record too.
pub(crate) fn measure(found: &Traced, record: &mut HotspotRecord, crs: &Crs) -> Result<Option<Vec<f64>>> {
    let areas = areas_m2(&found.hotspots, crs)?;
    if let Some(areas) = &areas {
        record.area_m2 = Some(areas.iter().fold(0.0, |sum, area| sum + area));
        record.trust.measure(&found.hotspots.spots, areas);
    }
    Ok(areas)
}

/// Areas of hotspots on the ellipsoid of WGS 84, in square metres: the true size, whatever the map's projection does to it.
/// `None` on a local plane.
///
/// # Source
/// Karney (2013), *Journal of Geodesy* 87:43, sec. 6, by the crate geographiclib-rs.
fn areas_m2(hotspots: &Hotspots, crs: &Crs) -> Result<Option<Vec<f64>>> {
    if crs.is_local() {
        return Ok(None);
    }
    let transformer = Transformer::new(crs, &Crs::parse("EPSG:4326")?)?;
    let area = |spot: &Hotspot| -> Result<f64> {
        // A side of many cells is a curve on the ellipsoid: a vertex every eight cells follows it.
        let step = 8.0 * hotspots.frame().cell[0].max(hotspots.frame().cell[1]);
        let dense = Euclidean.densify(&spot.shape, step);
        let on_ellipsoid = dense.try_map_coords(|c| {
            let [x, y] = transformer.forward([c.x, c.y])?;
            Ok::<_, soilscope_pipeline::Error>(geo::Coord { x, y })
        })?;
        Ok(on_ellipsoid.geodesic_area_unsigned())
    };
    hotspots.spots.iter().map(area).collect::<Result<_>>().map(Some)
}

/// Rounds the outlines, where that was asked for; what is said of them stays that of their cells.
pub(crate) fn smooth(found: &mut Traced, record: &mut HotspotRecord, passes: Option<u8>) {
    let Some(passes) = passes else { return };
    let cell = found.hotspots.frame().cell;
    for spot in &mut found.hotspots.spots {
        spot.shape = smoothed(&spot.shape, cell, passes);
    }
    record.smoothed = Some(passes);
}

/// Square metres on the ground of a square unit of the map, averaged over cells with a value (of a map without any, over all); `None`
/// on a local plane.
pub(crate) fn scale_on_ground(prediction: &Path, crs: &Crs) -> Result<Option<f64>> {
    if crs.is_local() {
        return Ok(None);
    }
    let raster = RasterIn::open(prediction, 1)?;
    let grid = raster.grid(u64::MAX)?;
    let bounds = grid.bounds();
    let [columns, rows] = raster.size();
    let frame = GridFrame { origin: [bounds.min[0], bounds.max[1]], cell: grid.cell(), columns };
    let areas = CellAreas::new(frame, crs)?;
    let (mut sum, mut count) = (0.0, 0.0);
    for (number, row) in raster.rows().enumerate() {
        let row = row?;
        let cells = row.iter().filter(|v| v.is_some()).count() as f64;
        if cells > 0.0 {
            sum += cells * areas.of_row(number, &row)?;
            count += cells;
        }
    }
    if count == 0.0 {
        (sum, count) = (areas.of_row(rows / 2, &vec![Some(0.0); columns])?, 1.0);
    }
    Ok(Some(sum / count / frame.cell_area()))
}

/// Areas of cells on the ground.
struct CellAreas {
    frame: GridFrame,
    /// To longitude and latitude; `None` on a local plane.
    to_lon_lat: Option<Transformer>,
}

impl CellAreas {
    fn new(frame: GridFrame, crs: &Crs) -> Result<Self> {
        let to_lon_lat = if crs.is_local() { None } else { Some(Transformer::new(crs, &Crs::parse("EPSG:4326")?)?) };
        Ok(Self { frame, to_lon_lat })
    }

    /// Square metres of a cell in the middle of those of a row that have a value, or square units of a local plane. Along a row the
    /// size changes little in any projection that a map of soil is drawn in.
    fn of_row(&self, row: usize, values: &[Option<f64>]) -> Result<f64> {
        let Some(transformer) = &self.to_lon_lat else { return Ok(self.frame.cell_area()) };
        let first = values.iter().position(Option::is_some);
        let Some((first, last)) = first.zip(values.iter().rposition(Option::is_some)) else { return Ok(0.0) };
        let column = (first + last) as f64 / 2.0;
        let corner = |dx: f64, dy: f64| -> Result<geo::Coord> {
            let [west, north] = self.frame.origin;
            let [width, height] = self.frame.cell;
            let [x, y] = transformer.forward([west + (column + dx) * width, north - (row as f64 + dy) * height])?;
            Ok(geo::Coord { x, y })
        };
        let ring = vec![corner(0.0, 0.0)?, corner(0.0, 1.0)?, corner(1.0, 1.0)?, corner(1.0, 0.0)?];
        Ok(geo::Polygon::new(ring.into(), Vec::new()).geodesic_area_unsigned())
    }
}

/// Of a raster of probabilities alone: its values are probabilities, and no contents in a unit.
pub(crate) fn of_probabilities(features: &mut [Feature]) {
    for feature in features {
        feature.properties.retain(|(name, _)| name != "mean" && name != "unit");
        if let Some((name, _)) = feature.properties.iter_mut().find(|(name, _)| name == "maximum") {
            *name = "maximum_probability".into();
        }
    }
}

/// Hotspots as features, with what they stand for. The area is in square metres, or in units of the local plane.
pub(crate) fn features(traced: &Traced, areas_m2: Option<&[f64]>, about: &[(&str, Value)]) -> Vec<Feature> {
    let feature = |(k, spot): (usize, &Hotspot)| {
        let area = areas_m2.map_or(("area", spot.area), |areas| ("area_m2", areas[k]));
        let wrong = if areas_m2.is_some() { "false_positive_m2" } else { "false_positive" };
        let false_positive = spot.mean_probability.map(|p| (1.0 - p) * area.1);
        let mut own = vec![
            ("id", Value::Integer(spot.id as i64)),
            (area.0, Value::Real(area.1)),
            ("cells", Value::Integer(spot.cells as i64)),
            ("mean", Value::Real(spot.mean_value)),
            ("maximum", Value::Real(spot.max_value)),
            ("mean_probability", spot.mean_probability.map_or(Value::Null, Value::Real)),
            (wrong, false_positive.map_or(Value::Null, Value::Real)),
        ];
        if let Some(outside) = &traced.outside {
            let missed = if areas_m2.is_some() { "false_negative_nearby_m2" } else { "false_negative_nearby" };
            own.push((missed, Value::Real(outside[k])));
        }
        own.extend(trusted::attributes(spot, area.1, areas_m2.is_none()));
        if let Some(above) = &traced.samples_above {
            let classed = traced.classed(k);
            let text = |words: Option<&str>| words.map_or(Value::Null, |words| Value::Text(words.to_owned()));
            own.push(("samples_inside", Value::Integer(spot.samples_inside as i64)));
            own.push(("samples_above", Value::Integer(above[k] as i64)));
            own.push(("samples_undecided", Value::Integer(traced.undecided[k] as i64)));
            own.push(("class", text(classed.map(|c| c.class.name()))));
            own.push(("class_reason", text(classed.map(|c| c.reason.words()))));
        }
        own.extend(traced.shown.attributes());
        let spread = traced.spreads.get(k);
        let local = if areas_m2.is_some() { "_m2" } else { "" };
        let mut joint = Vec::new();
        let mut ends = |name: &str, spread: Spread| {
            let ends = [("low", spread.q05), ("high", spread.q95)];
            joint.extend(ends.map(|(end, value)| (format!("{name}_{end}"), Value::Real(value))));
        };
        if let Some(spread) = spread {
            ends("mean", spread.mean);
            let area = (format!("area_above{local}"), spread.area_above);
            let volume = spread.volume_above_m3.map(|v| ("volume_above_m3".to_owned(), v));
            let mass = spread.mass_kg.map(|m| ("mass_kg".to_owned(), m));
            let whole: Vec<(String, Spread)> = [Some(area), volume, mass].into_iter().flatten().collect();
            whole.iter().for_each(|(name, spread)| ends(name, *spread));
            // The middle of each interval: the mean over the realisations.
            joint.extend(whole.into_iter().map(|(name, spread)| (name, Value::Real(spread.mean))));
        }
        let own = own.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(joint);
        let about = about.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let properties = own.chain(about).collect();
        Feature { geometry: spot.geometry(), properties }
    };
    traced.hotspots.spots.iter().enumerate().map(feature).collect()
}

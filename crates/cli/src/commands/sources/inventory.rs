//! Known sources, and how near samples and hotspots are to them.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use geo::{MapCoords, MultiPolygon};
use serde::Serialize;
use soilscope_assess::sources::decay::{PointShare, point_share};
use soilscope_assess::sources::proximity::{
    Nearest, ProximitySettings, ProximityTest, nearest, nearest_to_polygons, proximity_test, sources_within,
};
use soilscope_core::Coord;
use soilscope_core::executor::Executor;
use soilscope_pipeline::crs::{Crs, Transformer};
use soilscope_pipeline::io::mask_in::read_zones;
use soilscope_pipeline::samples::{ReadOptions, read_points};

use super::measured::Measured;
use crate::args::Sources;

/// Random fields where nothing else was asked for.
pub(super) const FIELDS: u32 = 399;

/// Known sources, on the samples' plane.
pub(super) struct Inventory {
    pub(super) names: Vec<String>,
    pub(super) places: Vec<Coord>,
    /// Kinds in alphabetic order, with the numbers of their sources; empty where no column was named.
    pub(super) kinds: BTreeMap<String, Vec<usize>>,
    /// Kind of each source.
    pub(super) kind: Vec<String>,
}

/// A place's nearest source: of all, and of each kind.
pub(super) struct Near {
    pub(super) nearest: Nearest,
    pub(super) of_kind: Vec<f64>,
    pub(super) within: Vec<usize>,
}

/// One analyte and the sources.
#[derive(Debug, Serialize)]
pub(super) struct Related {
    pub(super) analyte: String,
    pub(super) test: ProximityTest,
    /// Where all values are above 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) decay: Option<PointShare>,
}

impl Inventory {
    pub(super) fn read(path: &Path, args: &Sources, measured: &Measured) -> Result<Self> {
        ensure!(
            !measured.crs().is_geographic(),
            "distances to sources are computed on a plane, and {} is geographic: name a projected CRS by --out-crs",
            measured.crs().title()
        );
        let options = ReadOptions {
            x: args.samples.x.clone(),
            y: args.samples.y.clone(),
            crs: args.inventory_crs.clone(),
            ..ReadOptions::default()
        };
        let points = read_points(path, &options)?;
        let crs = points.crs().unwrap_or(measured.file_crs());
        ensure!(
            points.crs().is_some() || !points.is_named_geographic() || crs.is_geographic(),
            "{}: the columns are called longitude and latitude, but the samples are in {}: state the sources' CRS, for example \
             --inventory-crs EPSG:4326",
            path.display(),
            crs.title()
        );
        let transformer = (!crs.same_as(measured.crs())).then(|| Transformer::new(crs, measured.crs())).transpose()?;
        let place = |(&c, &line): (&Coord, &usize)| match &transformer {
            Some(transformer) => transformer.forward(c).with_context(|| format!("{}, line {line}", path.display())),
            None => Ok(c),
        };
        let places = points.coords().iter().zip(points.lines()).map(place).collect::<Result<Vec<_>>>()?;
        let column = |wanted: &str| points.header().iter().position(|name| name.eq_ignore_ascii_case(wanted));
        let cells = |column: usize| -> Vec<String> {
            (0..points.len()).map(|p| points.cells(p).nth(column).unwrap_or_default().trim().to_owned()).collect()
        };
        let named = column("name").or_else(|| column("id")).map(cells);
        let lines = || points.lines().iter().map(|line| format!("line {line}")).collect();
        let mut kinds: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut kind = Vec::new();
        if let Some(wanted) = &args.kind {
            let found = column(wanted).with_context(|| {
                format!("{}: there is no column '{wanted}'; it has {}", path.display(), points.header().join(", "))
            })?;
            kind = cells(found);
            for (source, kind) in kind.iter().enumerate() {
                ensure!(
                    !kind.is_empty(),
                    "{}, line {}, {wanted}: a source without a kind: fill it in",
                    path.display(),
                    points.lines()[source]
                );
                kinds.entry(kind.clone()).or_default().push(source);
            }
        }
        Ok(Self { names: named.unwrap_or_else(lines), places, kinds, kind })
    }

    /// What is near a place.
    fn near(&self, to: impl Fn(&[Coord]) -> Option<Nearest>, within: Vec<usize>) -> Option<Near> {
        let of_kind = |sources: &Vec<usize>| {
            let places: Vec<Coord> = sources.iter().map(|&s| self.places[s]).collect();
            to(&places).map_or(f64::NAN, |n| n.distance)
        };
        Some(Near { nearest: to(&self.places)?, of_kind: self.kinds.values().map(of_kind).collect(), within })
    }

    /// What is near each place of the samples.
    pub(super) fn of_places(&self, places: &[Coord], within: &[f64]) -> Vec<Near> {
        let of_place = |&at: &Coord| {
            let distance = |s: &Coord| (s[0] - at[0]).hypot(s[1] - at[1]);
            let counts = within.iter().map(|limit| self.places.iter().filter(|s| distance(s) <= *limit).count());
            self.near(|sources| nearest(at, sources), counts.collect())
        };
        places.iter().filter_map(of_place).collect()
    }

    /// What is near each hotspot, with its label.
    pub(super) fn of_hotspots(&self, path: &Path, measured: &Measured, within: &[f64]) -> Result<Vec<(String, Near)>> {
        let file = read_zones(path)?;
        let crs = file.wkt.as_deref().map(Crs::parse).transpose()?;
        let crs = crs.as_ref().unwrap_or(measured.file_crs());
        let transformer = (!crs.same_as(measured.crs())).then(|| Transformer::new(crs, measured.crs())).transpose()?;
        let mut found = Vec::new();
        for zone in file.zones {
            let polygons: MultiPolygon<f64> = match &transformer {
                None => zone.polygons,
                Some(transformer) => zone
                    .polygons
                    .try_map_coords(|c| transformer.forward([c.x, c.y]).map(|[x, y]| geo::Coord { x, y }))
                    .with_context(|| format!("{}, hotspot {}", path.display(), zone.label))?,
            };
            let counts = sources_within(&polygons, &self.places, within);
            let near = self.near(|sources| nearest_to_polygons(&polygons, sources), counts);
            found.extend(near.map(|near| (zone.label, near)));
        }
        Ok(found)
    }

    /// Tests and shares of each analyte, and what there is to say of them.
    pub(super) fn related(
        &self,
        args: &Sources,
        measured: &Measured,
        executor: &dyn Executor,
    ) -> Result<(Vec<Related>, Vec<String>)> {
        let names = measured.names();
        let (mut all, mut notes) = (Vec::new(), Vec::new());
        for (k, prepared) in measured.analytes.iter().enumerate() {
            let explain = |error| measured.explain_one(error, k);
            let samples = &prepared.samples;
            let distances: Vec<f64> =
                samples.coords().iter().map(|&at| nearest(at, &self.places).map_or(f64::NAN, |n| n.distance)).collect();
            let threshold = args.threshold_of(names[k]);
            let fields = args.fields.unwrap_or(FIELDS) as usize;
            let settings = ProximitySettings { threshold, fields, seed: args.seed };
            let test = proximity_test(samples, &distances, &settings, executor).map_err(explain)?;
            if test.above.is_some() && test.mean_distance_above.is_none() {
                notes.push(format!(
                    "{}: its threshold has {} samples above it, so there is no distance to compare",
                    names[k],
                    if test.above == Some(0) { "no" } else { "all" }
                ));
            }
            let decay = if samples.values().iter().all(|v| *v > 0.0) {
                Some(point_share(samples, &distances, executor).map_err(explain)?)
            } else {
                notes.push(format!("{}: values of 0 have no logarithm, so no share is told apart", names[k]));
                None
            };
            if let Some(decay) = &decay
                && decay.is_shown()
                && decay.length[2] >= decay.tried[1]
            {
                notes.push(format!(
                    "{}: the effect may reach over all of the area, where it cannot be told from a trend of another cause",
                    names[k]
                ));
            }
            all.push(Related { analyte: names[k].to_owned(), test, decay });
        }
        Ok((all, notes))
    }
}

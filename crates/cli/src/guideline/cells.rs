//! A limit that differs from cell to cell, by rasters of the soil.

use std::path::Path;

use anyhow::{Result, ensure};
use soilscope_assess::threshold::{Limit, Property, Soil};
use soilscope_core::Coord;
use soilscope_pipeline::covariates::{Covariates, Encoding, Function, PatchCovariates, Source as Encoded};
use soilscope_pipeline::crs::Crs;
use soilscope_pipeline::grid::Patch;
use soilscope_pipeline::io::covariate_in::{RasterCovariate, RasterCovariates};
use soilscope_pipeline::thresholds::Thresholds;

use super::six_digits;
use crate::source::Source;
use crate::words::{SoilFrom, SoilSource};

/// The limit of every cell: rasters for some properties of the soil, numbers for the others.
pub(crate) struct CellLimits {
    limit: Limit<'static>,
    /// What is the same everywhere.
    everywhere: Soil,
    properties: Vec<Property>,
    rasters: Vec<RasterCovariate>,
    encoding: Encoding,
    /// From the limit's unit to that of the data.
    factor: f64,
}

impl CellLimits {
    /// Opens the rasters, which must be in the CRS of the map.
    pub(super) fn open(
        limit: Limit<'static>,
        sources: &[SoilSource],
        everywhere: Soil,
        factor: f64,
        source: &Source,
    ) -> Result<Self> {
        let (mut properties, mut rasters) = (Vec::new(), Vec::new());
        for given in sources {
            let SoilFrom::Named(name) = &given.from else { continue };
            ensure!(
                given.property != Property::Texture,
                "--soil texture={name}: a raster holds numbers, and textures are words: give one for the whole site"
            );
            ensure!(
                Path::new(name).is_file(),
                "--soil {}={name}: there is no such raster; a map takes a number for the whole site or a raster, and columns \
                 of samples are for soilscope check --guideline",
                given.property.key()
            );
            let raster = RasterCovariate::open(Path::new(name), 1)?;
            let own = raster.wkt().map(Crs::parse).transpose()?;
            let crs = own.as_ref().unwrap_or(source.file_crs());
            ensure!(
                crs.same_as(source.crs()),
                "{name}: the raster is in {}, the map in {}: warp it (gdalwarp -t_srs), or use --out-crs",
                crs.title(),
                source.crs().title()
            );
            properties.push(given.property);
            rasters.push(raster);
        }
        let plain =
            || Encoded::Quantity { functions: vec![Function::Identity], range: [f64::NEG_INFINITY, f64::INFINITY] };
        let encoding = Encoding::new(rasters.iter().map(|_| plain()).collect());
        Ok(Self { limit, everywhere, properties, rasters, encoding, factor })
    }

    /// The limit where the rasters say this; not a number where they say nothing, or no row of the table is for such a soil.
    fn of(&self, raw: &[f64]) -> soilscope_pipeline::Result<f64> {
        let mut soil = self.everywhere;
        for ((&property, raster), &number) in self.properties.iter().zip(&self.rasters).zip(raw) {
            if number.is_nan() {
                return Ok(f64::NAN);
            }
            let [low, high] = property.bounds();
            if !(low..=high).contains(&number) {
                return Err(soilscope_pipeline::Error::Table {
                    file: raster.path().display().to_string(),
                    reason: format!("{number} is no {}: it is from {low} to {high}", property.words()),
                    remedy: "convert the raster, as g/kg to percent, or say which of its values is no data".to_owned(),
                });
            }
            soil.set(property, number);
        }
        Ok(self.limit.at(&soil).map_or(f64::NAN, |at| six_digits(at.value * self.factor)))
    }

    /// The limits at places in the map's CRS.
    pub(crate) fn at(&self, places: &[Coord]) -> Result<Vec<f64>> {
        let columns = self.rasters.iter().map(|r| r.at(places)).collect::<soilscope_pipeline::Result<Vec<_>>>()?;
        (0..places.len())
            .map(|i| {
                let raw: Vec<f64> = columns.iter().map(|column| column[i].unwrap_or(f64::NAN)).collect();
                Ok(self.of(&raw)?)
            })
            .collect()
    }

    /// The rasters, as inputs of the run.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        self.rasters.iter().map(RasterCovariate::path)
    }
}

impl Thresholds for CellLimits {
    fn fill(&self, patch: &Patch<'_>, out: &mut Vec<f64>) -> soilscope_pipeline::Result<()> {
        let mut raw = PatchCovariates::default();
        RasterCovariates::new(&self.encoding, self.rasters.iter().collect()).fill(patch, &mut raw)?;
        out.clear();
        for cell in raw.values.chunks(self.rasters.len()) {
            out.push(self.of(cell)?);
        }
        Ok(())
    }
}

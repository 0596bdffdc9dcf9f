//! One map of a bundle with everything that was made of it, and the bundle it is in.

use jiff::Timestamp;

use super::about::{About, Date, Subject};
use super::names::Naming;
use super::points::Points;
use super::raster::{Grid, Layer};
use super::source::{Run, Variable};
use super::vector::Hotspots;

/// One map.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    /// The run it is of.
    pub(crate) run: &'a Run,
    /// Its part of the run.
    pub(crate) variable: &'a Variable,
    /// What the tables and `about.toml` say of it.
    pub(crate) subject: Subject,
    /// Names of its files.
    pub(crate) names: Naming,
    /// Its unit as `units.csv` spells it.
    pub(crate) unit: String,
    /// Its rasters.
    pub(crate) layers: Vec<Layer>,
    /// Its hotspots.
    pub(crate) hotspots: Option<Hotspots>,
    /// Its styles, relative to the bundle.
    pub(crate) styles: Vec<String>,
    /// Its identifier.
    pub(crate) uuid: String,
    /// Its title, in FAO's pattern.
    pub(crate) title: String,
}

/// The bundle while its records are written.
#[derive(Debug)]
pub(crate) struct Bundle<'a> {
    /// What was said of it.
    pub(crate) about: &'a About,
    /// The time its files hold.
    pub(crate) created: Timestamp,
    /// Its identifier.
    pub(crate) uuid: String,
    /// Its grids.
    pub(crate) grids: Vec<Grid>,
    /// Its maps.
    pub(crate) entries: Vec<Entry<'a>>,
    /// What is shown of samples.
    pub(crate) points: Points,
}

impl Entry<'_> {
    /// The layer of the mean on the geographic grid, which records speak of.
    pub(crate) fn main(&self) -> Option<&Layer> {
        self.layers.iter().find(|l| l.stat == "MEAN" && l.flavour == "gsp")
    }

    /// West, south, east, north of the geographic grid, exactly; `None` only of a map without a mean.
    pub(crate) fn bbox(&self) -> Option<[f64; 4]> {
        let main = self.main()?;
        let [west, width, _, north, _, height] = main.transform;
        Some([west, north + height * main.size[1] as f64, west + width * main.size[0] as f64, north])
    }

    /// Where its ISO record is.
    pub(crate) fn iso(&self) -> String {
        format!("metadata/iso/{}.xml", self.names.mapset_id())
    }

    /// Where its STAC item is.
    pub(crate) fn stac(&self) -> String {
        let id = self.names.mapset_id();
        format!("metadata/stac/{id}/{id}.json")
    }

    /// Source of the threshold: what `about.toml` says, else what the run knows.
    pub(crate) fn threshold_source(&self) -> Option<String> {
        let of_run = self.variable.threshold.as_ref().and_then(|t| t.source.clone());
        self.subject.threshold_source.clone().or(of_run)
    }

    /// The threshold's land use, likewise.
    pub(crate) fn threshold_land_use(&self) -> Option<String> {
        let of_run = self.variable.threshold.as_ref().and_then(|t| t.land_use.clone());
        self.subject.threshold_land_use.clone().or(of_run)
    }

    /// The fraction the threshold is meant for, likewise: the run's words for it may be one of the specification's.
    pub(crate) fn threshold_fraction(&self) -> Option<String> {
        let of_run = self.variable.threshold.as_ref().and_then(|t| t.basis.clone());
        self.subject.threshold_fraction.clone().or(of_run)
    }

    /// The share of results below a limit, in percent.
    pub(crate) fn censored_pct(&self) -> Option<f64> {
        let samples = &self.variable.samples;
        let all = samples.quantified + samples.below_limit;
        (all > 0).then(|| 100.0 * samples.below_limit as f64 / all as f64)
    }

    /// How means came back from the scale of the model; `None`: the values were not transformed.
    pub(crate) fn bias_correction(&self) -> Option<&'static str> {
        match self.variable.transform.as_str() {
            "none" => None,
            "log" => Some("expectation of the log-normal distribution: exp(y + variance/2 - Lagrange multiplier)"),
            _ => {
                Some("expectation of the back-transformed normal prediction error, less twice the Lagrange multiplier")
            }
        }
    }
}

impl Bundle<'_> {
    /// The day it was made.
    pub(crate) fn day(&self) -> Date {
        Date::of(self.created)
    }

    /// The day it is published.
    pub(crate) fn published(&self) -> Date {
        self.about.published.unwrap_or_else(|| self.day())
    }

    /// The union of the boxes of its maps.
    pub(crate) fn bbox(&self) -> Option<[f64; 4]> {
        self.entries
            .iter()
            .filter_map(Entry::bbox)
            .reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])])
    }

    /// Names of places, the country's where none is given.
    pub(crate) fn places(&self) -> Vec<String> {
        let given = &self.about.place;
        if given.is_empty() { vec![self.about.country.name.to_owned()] } else { given.clone() }
    }

    /// The version as text.
    pub(crate) fn version(&self) -> String {
        let [major, minor] = self.about.version;
        format!("{major}.{minor}")
    }

    /// The geographic grid, and its cell for people.
    pub(crate) fn resolution(&self) -> String {
        let geographic = self.grids.iter().find(|g| g.is_geographic());
        geographic.map_or_else(String::new, |g| match g.id.name() {
            "gsp30s" => "30 arc seconds".to_owned(),
            "gsn250" => "250 m".to_owned(),
            _ => format!("{} degrees", g.cell[0]),
        })
    }
}

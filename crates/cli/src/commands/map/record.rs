//! `run.json` of a map.

use serde::Serialize;
use serde_json::Value as Json;
use soilscope_pipeline::crs::Crs;
use soilscope_pipeline::run::RunReport;
use soilscope_pipeline::samples::PreparationRecord;

use super::compare::Compared;
use super::grid::GridRecord;
use super::pass::Shared;
use super::trust::TrustRecord;
use crate::commands::validate::ValidationRecord;
use crate::field::{CalibrationRecord, MethodRecord, ModelRecord, SkillRecord};
use crate::guideline::GuidelineRecord;
use crate::hotspots::HotspotRecord;
use crate::record::{FileRecord, Times, Versions};
use crate::undecided::Undecided;

/// The run.
#[derive(Serialize)]
pub(super) struct RunRecord<'a> {
    pub(super) verb: &'static str,
    pub(super) versions: Versions,
    pub(super) command: Vec<String>,
    #[serde(flatten)]
    pub(super) times: Times,
    pub(super) threads: usize,
    pub(super) inputs: Vec<FileRecord>,
    #[serde(flatten)]
    pub(super) analyte: AnalyteRecord<'a>,
}

/// The map of one analyte.
#[derive(Serialize)]
pub(super) struct AnalyteRecord<'a> {
    pub(super) analyte: &'a str,
    pub(super) unit: Option<&'a str>,
    pub(super) settings: Json,
    pub(super) samples: &'a PreparationRecord,
    pub(super) crs: &'a Crs,
    pub(super) method: &'a MethodRecord,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) model: Option<&'a ModelRecord>,
    /// None where only rasters were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) validation: Option<&'a ValidationRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) calibration: Option<&'a CalibrationRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) skill: Option<&'a SkillRecord>,
    /// Samples below limits that are above the threshold: nobody knows on which side of it they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) undecided: Option<&'a Undecided>,
    pub(super) grid: &'a GridRecord,
    pub(super) cells: &'a RunReport,
    /// With which other analytes of the run it was computed; None for the map of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) shared: Option<&'a Shared>,
    /// Where doubt about a cell begins; `cells` counts those in doubt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) trust: Option<&'a TrustRecord>,
    /// Lines of samples that say nothing new beside others and were left out of a system of all.
    pub(super) left_out: &'a [usize],
    /// The limit of the law that the threshold is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) guideline: Option<&'a GuidelineRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hotspots: Option<&'a HotspotRecord>,
    /// What the field says of each limit, where it is held against several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) compared: Option<&'a Compared>,
    pub(super) outputs: &'a [FileRecord],
    pub(super) notes: &'a [String],
}

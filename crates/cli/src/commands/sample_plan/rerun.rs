//! A finished map, opened again: the same samples, the same model.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use serde_json::Value as Json;

use super::limit::{self, Limit};
use crate::args::{Cli, Common, Map, ModelArgs, Verb};
use crate::commands::map::grid;
use crate::field::Field;
use crate::record::FileRecord;
use crate::source::{Source, Wanted};

/// The map, with its field as it was.
pub(super) struct Rerun {
    pub(super) args: Map,
    pub(super) source: Source,
    pub(super) field: Field,
    /// The limit that the map was judged by.
    pub(super) limit: Option<Limit>,
    /// The raster of reasons not to trust a cell.
    pub(super) trust: Option<PathBuf>,
    pub(super) inputs: Vec<FileRecord>,
}

impl Rerun {
    /// # Errors
    /// A folder without the record of a map of one analyte, inputs that changed, a method without a model.
    pub(super) fn open(folder: &Path, common: &Common) -> Result<Self> {
        let file = folder.join("run.json");
        let text = std::fs::read(&file).with_context(|| {
            format!("{}: there is no finished map: name the folder that map -o wrote", folder.display())
        })?;
        let record: Json = serde_json::from_slice(&text).with_context(|| format!("{}", file.display()))?;
        let verb = record["verb"].as_str().unwrap_or("nothing known");
        ensure!(verb == "map", "{}: the record is that of {verb}, and a plan needs that of a map", file.display());
        ensure!(
            record["analyte"].is_string(),
            "{}: a plan is made for one analyte, and this map has several: map the one that matters most by itself",
            file.display()
        );
        let mut inputs = unchanged(&record, folder)?;
        let words = record["command"].as_array().map(|c| c.iter().filter_map(Json::as_str).collect::<Vec<_>>());
        let cli = Cli::try_parse_from(words.unwrap_or_default()).ok().with_context(|| {
            format!("{}: its command is not understood by this version: make the map again", file.display())
        })?;
        let Verb::Map(mut args) = cli.verb else { bail!("{}: its command is not a map", file.display()) };
        let fallback = &record["method"]["fallback"];
        ensure!(
            fallback.is_null(),
            "{}: no model was chosen for this map ({}), and {} was used as --fallback says; what a sample would gain is told by a model, \
             and none was found to fit: make the map with a --model that you hold to be right",
            file.display(),
            fallback["reason"].as_str().unwrap_or_default(),
            fallback["used"].as_str().unwrap_or("another")
        );
        let notation = record["model"]["notation"].as_str().with_context(|| {
            let method = record["method"]["method"].as_str().unwrap_or("its method");
            format!("{}: {method} has no error model, so what a sample would gain is not known", file.display())
        })?;
        ensure!(
            record["method"]["below_limits"].is_null(),
            "{}: with --nondetect censored errors are not Gaussian, and what a sample would gain is not known: make a map with a value for \
             values below limits, and plan for that",
            file.display()
        );
        // The model that was chosen then, so that nothing is fitted again.
        args.model = given(notation, args.model)?;
        args.method.calibrate = false;
        // Named but not used: the model was chosen, and is given now.
        args.method.fallback = None;
        let template = grid::template_crs(&args.grid)?;
        let wanted = Wanted {
            template: template.as_ref().map(|crs| (crs, grid::TEMPLATE)),
            drift: Some(&args.method.drift),
            secondary: args.method.secondary.as_deref(),
            errors: Some(&args.errors),
            ..Wanted::default()
        };
        let quiet = Common { quiet: true, ..common.clone() };
        let source = Source::read(&args.samples, &quiet, wanted)?;
        let field = source.located(Field::new(&args.model, &args.method, Some(&args.block), &source, &quiet))?;
        Ok(Self {
            limit: Limit::of(&record, folder, &mut inputs)?,
            trust: limit::raster(&record, folder, "_trust.tif", &mut inputs)?,
            args: *args,
            source,
            field,
            inputs,
        })
    }
}

/// The inputs of the map, if they are still what they were.
fn unchanged(record: &Json, folder: &Path) -> Result<Vec<FileRecord>> {
    let mut inputs = Vec::new();
    for input in record["inputs"].as_array().into_iter().flatten() {
        let path = Path::new(input["path"].as_str().unwrap_or_default());
        ensure!(
            path.exists(),
            "{}: {} is not there: call sample-plan from the folder in which map was called",
            folder.display(),
            path.display()
        );
        let found = FileRecord::of("input of the map", path)?;
        ensure!(
            input["sha256"] == found.sha256.as_str(),
            "{}: {} has changed since the map was made: make the map again, so that the plan is for what is known now",
            folder.display(),
            path.display()
        );
        inputs.push(found);
    }
    Ok(inputs)
}

/// Options of a model that is given whole, on the scale of the map.
fn given(notation: &str, of_map: ModelArgs) -> Result<ModelArgs> {
    let cli = Cli::try_parse_from(["soilscope", "map", "-", "-o", "-", "--model", notation])
        .ok()
        .with_context(|| format!("the model '{notation}' of the map is not understood by this version"))?;
    let Verb::Map(fresh) = cli.verb else { bail!("the model '{notation}' is not understood") };
    Ok(ModelArgs { transform: of_map.transform, ..fresh.model })
}

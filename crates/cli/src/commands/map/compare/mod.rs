//! One field held against several limits of the law: the map is judged by the first, and the others are compared with it.

mod row;
mod text;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use geo::Polygon;
use serde::Serialize;
use soilscope_assess::hotspot::Hotspots;
use soilscope_assess::threshold::Basis;
use soilscope_pipeline::io::geotiff::GeoTiffSink;
use soilscope_pipeline::product::{Layer, Product};
use soilscope_pipeline::run::RunReport;

use super::Paths;
use super::captions;
use super::one::Job;
use super::polygons::vector_paths;
use super::products::products;
use crate::args::Common;
use crate::field::{Field, SkillRecord};
use crate::follow::{Progress, wrote};
use crate::guideline::{CellLimits, GuidelineRecord};
use crate::hotspots::shown::Shown;
use crate::hotspots::{HotspotRecord, Traced, ensemble};
use crate::output::{self, slug};
use crate::record::FileRecord;
use crate::source::Source;
use crate::undecided::Undecided;
use row::Row;

/// A limit beside the one that a map is judged by, with what the job has of that one.
pub(super) struct Other {
    limit: Option<GuidelineRecord>,
    cells: Option<CellLimits>,
    threshold: Option<f64>,
    undecided: Undecided,
    vectors: Vec<PathBuf>,
    /// Ending of the names of its files: `_SE_guideline_km`.
    ending: String,
}

/// What came of it.
#[derive(Debug, Default, Serialize)]
pub(super) struct Compared {
    rows: Vec<Row>,
    /// Outlines of the others, and what they mean.
    #[serde(skip)]
    pub(super) outlines: Vec<(Vec<Polygon<f64>>, String)>,
}

/// Samples that cannot tell on which side of their limit they are.
pub(super) fn undecided(source: &Source, threshold: Option<f64>, cells: Option<&CellLimits>) -> Result<Undecided> {
    // Of a limit that differs from place to place, that of each sample's place.
    Ok(match cells {
        Some(cells) => {
            let limits = cells.at(source.samples().coords())?;
            Undecided::of_each(source, |i| Some(limits[i]))
        }
        None => Undecided::of(source, threshold),
    })
}

/// Refuses fields that have no probability of being above any limit.
pub(super) fn refuse(others: &[(GuidelineRecord, Option<CellLimits>)], field: &Field) -> Result<()> {
    ensure!(
        others.is_empty() || (field.has_variance() && field.method.indicator.is_none()),
        "limits are compared by the probability of being above each, and {} has none for any limit: use --method ordinary, or give \
         one --guideline",
        field.method.method
    );
    Ok(())
}

/// A file of a limit other than the first: the code stands behind what it is.
fn of_code(path: &Path, ending: &str) -> PathBuf {
    let part = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    path.with_file_name(format!("{}{ending}.{}", part(path.file_stem()), part(path.extension())))
}

impl Other {
    pub(super) fn new(
        (limit, cells): (GuidelineRecord, Option<CellLimits>),
        source: &Source,
        paths: &Paths,
    ) -> Result<Self> {
        let (threshold, ending) = (limit.threshold, format!("_{}", slug(&limit.code)));
        let undecided = undecided(source, threshold, cells.as_ref())?;
        let vectors = vector_paths(paths, source).iter().map(|path| of_code(path, &ending)).collect();
        Ok(Self { limit: Some(limit), cells, threshold, undecided, vectors, ending })
    }

    /// What to know of it before anything is computed.
    pub(super) fn notes(&self) -> impl Iterator<Item = String> + '_ {
        self.limit.iter().flat_map(GuidelineRecord::notes).chain(self.undecided.note())
    }

    pub(super) fn cells(&self) -> Option<&CellLimits> {
        self.cells.as_ref()
    }

    pub(super) fn vectors(&self) -> &[PathBuf] {
        &self.vectors
    }
}

impl Job {
    /// The rasters of the limits that the map is not judged by.
    pub(super) fn products_of_others(&self) -> Vec<Product> {
        // Thresholds of the cells are counted in the order of `thresholds_of_cells`.
        let mut nth = usize::from(self.cells.is_some());
        let mut all = Vec::new();
        for other in &self.others {
            let mut args = self.args.clone();
            args.decision.threshold = other.threshold;
            let as_alone = products(
                &args,
                other.limit.as_ref(),
                &self.field,
                &self.source,
                self.trust_record.as_ref(),
                &self.paths,
            );
            all.extend(as_alone.into_iter().filter_map(|product| {
                let layer = match product.layer {
                    Layer::Exceedance { .. } => product.layer,
                    Layer::CellExceedance => Layer::NthExceedance { nth },
                    Layer::CellThreshold => Layer::NthThreshold { nth },
                    _ => return None,
                };
                Some(Product { layer, path: of_code(&product.path, &other.ending), ..product })
            }));
            nth += usize::from(other.cells.is_some());
        }
        all
    }

    /// Limits of the cells: of the first limit, then of the others, where they have any.
    pub(super) fn thresholds_of_cells(&self) -> impl Iterator<Item = &CellLimits> {
        self.cells.iter().chain(self.others.iter().filter_map(Other::cells))
    }

    /// The raster of probabilities of being above the limit in question, where there is one; that of an indicator is the prediction.
    pub(super) fn probabilities(&self) -> Option<PathBuf> {
        let exceedance = || of_code(&self.paths.of("exceedance.tif"), &self.ending);
        let probable = self.args.decision.is_decided() && self.field.has_variance();
        let indicator = self.field.method.indicator.is_some();
        probable.then(|| if indicator { self.paths.of("prediction.tif") } else { exceedance() })
    }

    /// Puts another limit in the place of the one in question, and that one in its place.
    fn swap(&mut self, other: &mut Other) {
        use std::mem::swap;
        swap(&mut self.limit, &mut other.limit);
        swap(&mut self.cells, &mut other.cells);
        swap(&mut self.args.decision.threshold, &mut other.threshold);
        swap(&mut self.undecided, &mut other.undecided);
        swap(&mut self.vectors, &mut other.vectors);
        swap(&mut self.ending, &mut other.ending);
    }

    /// Judges the probabilities of the other limits, and lets their rasters say what was found.
    pub(super) fn judge_others(
        &mut self,
        sink: &mut GeoTiffSink,
        common: &Common,
        progress: &Progress,
    ) -> Result<Vec<Option<SkillRecord>>> {
        let mut others = std::mem::take(&mut self.others);
        let mut found = Vec::with_capacity(others.len());
        for other in &mut others {
            self.swap(other);
            let own = self.limits_of_samples()?;
            let judged = progress.busy("holding blocks out", || {
                self.field.judged(self.limits_of_skill(own.as_deref()), &self.source, common)
            })?;
            self.notes.extend(judged.skill.as_ref().and_then(SkillRecord::warning));
            if let Some(path) = self.probabilities() {
                sink.describe(&path, &Shown::of(judged.skill.as_ref()).metadata())?;
            }
            found.push(judged.skill);
            self.swap(other);
        }
        self.others = others;
        Ok(found)
    }

    /// Holds the field, whose rasters are written, against the other limits too; `None` where there are none.
    pub(super) fn compare(
        &mut self,
        first: Option<&(Traced, HotspotRecord)>,
        skill: Option<&SkillRecord>,
        skill_of_others: &[Option<SkillRecord>],
        report: &RunReport,
        progress: &Progress,
    ) -> Result<Option<(Compared, Vec<FileRecord>)>> {
        let mut others = std::mem::take(&mut self.others);
        if others.is_empty() {
            return Ok(None);
        }
        let mut compared = Compared::default();
        let mut outputs = Vec::new();
        let first = first.map(|(_, record)| record).context("a map with a limit has hotspots")?;
        compared.rows.push(self.row(first, skill, report)?);
        for (other, skill) in others.iter_mut().zip(skill_of_others) {
            self.swap(other);
            let shown = Shown::of(skill.as_ref());
            let (found, record) = self.hotspots(shown, progress)?.context("a map with a limit has hotspots")?;
            let code = self.limit.as_ref().map_or("", |limit| limit.code.as_str());
            let warning = ensemble::warning(&found.spreads, &self.source);
            self.notes.extend(warning.map(|warning| format!("{code}: {warning}")));
            for path in &self.vectors {
                wrote(path);
                outputs.push(FileRecord::of("hotspots", path)?);
            }
            compared.outlines.push((polygons(&found.hotspots), self.label(&found.hotspots, skill.as_ref())));
            compared.rows.push(self.row(&record, skill.as_ref(), report)?);
            self.swap(other);
        }
        self.notes.extend(compared.bases());
        Ok(Some((compared, outputs)))
    }

    /// What an outline means.
    fn label(&self, found: &Hotspots, skill: Option<&SkillRecord>) -> String {
        let label = captions::hotspot_label(&self.args, self.limit.as_ref(), &self.field, &self.source);
        let none = if found.spots.is_empty() { ": none" } else { "" };
        let doubt = if skill.is_some_and(|s| !s.is_skilled()) { "; no skill here" } else { "" };
        format!("{label}{none}{doubt}")
    }

    /// Writes the table.
    pub(super) fn write_compared(
        &self,
        compared: &Compared,
        file: soilscope_pipeline::tidy::Beside,
    ) -> Result<FileRecord> {
        let path = self.paths.of("compare.csv");
        output::fill(file, &compared.csv(self.source.analyte())?)?;
        wrote(&path);
        FileRecord::of("comparison", &path)
    }
}

fn polygons(found: &Hotspots) -> Vec<Polygon<f64>> {
    found.spots.iter().flat_map(|spot| spot.shape.0.iter().cloned()).collect()
}

impl Compared {
    /// What to know of limits whose contents are measured in different ways.
    fn bases(&self) -> Option<String> {
        let of = |row: &Row| Basis::of(row.guideline.basis()).family();
        let differ = self.rows.windows(2).any(|pair| of(&pair[0]) != of(&pair[1]));
        let each: Vec<String> =
            self.rows.iter().map(|row| format!("{}: {}", row.guideline.code, row.guideline.basis())).collect();
        differ.then(|| {
            format!(
                "the limits are for contents measured in different ways ({}), and the samples are measured in one: the comparison is as good \
                 as these agree for {}",
                each.join("; "),
                self.rows[0].guideline.symbol()
            )
        })
    }
}

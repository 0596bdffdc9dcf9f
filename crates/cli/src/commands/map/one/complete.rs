//! What follows from the rasters of a map: hotspots, comparisons, pictures, and what is said of all.

use std::path::Path;

use anyhow::Result;
use geo::Polygon;
use soilscope_assess::hotspot::HotspotSettings;
use soilscope_pipeline::run::RunReport;
use soilscope_pipeline::tidy::Beside;

use super::super::captions::captioned;
use super::super::decision;
use super::super::pass::Computed;
use super::super::picture::Doubtful;
use super::super::polygons::write_hotspots;
use super::super::provenance::remove_outdated;
use super::super::{reach, reliability, trust};
use super::judge::Verdict;
use super::{Job, Mapped, Opened};
use crate::counts::Counts;
use crate::field::SkillRecord;
use crate::follow::{Progress, wrote};
use crate::hotspots::ensemble::{self, Ensemble};
use crate::hotspots::shown::Shown;
use crate::hotspots::{self, HotspotRecord, Rasters, Traced};
use crate::output;
use crate::record::{FileRecord, Times};

impl Opened {
    /// Writes what follows from the rasters, which are there; of rasters that alone were asked for nothing does.
    pub(in super::super) fn complete(
        self,
        verdict: Verdict,
        computed: Computed,
        progress: &Progress,
        times: &mut Times,
    ) -> Result<Mapped> {
        let Self { mut job, picture, reliability, curve, table, .. } = self;
        let Verdict { validation, calibration, skill, skill_of_others } = verdict;
        let Computed { report, left_out, shared } = computed;
        let whole = job.args.only.is_empty();
        if whole {
            job.notes.extend(reach::notes(&job.paths.of("prediction.tif"), &job.field, &job.source)?);
        }
        let left_out = job.count(&report, left_out);
        let mut outputs = Vec::new();
        for product in &job.products {
            outputs.push(FileRecord::of("raster", &product.path)?);
        }
        times.lap("map");

        let found = if whole { job.hotspots(Shown::of(skill.as_ref()), progress)? } else { None };
        if let Some((found, _)) = &found {
            job.notes.extend(ensemble::warning(&found.spreads, &job.source));
            for path in &job.vectors {
                wrote(path);
                outputs.push(FileRecord::of("hotspots", path)?);
            }
            if let Some((csv, png)) = curve {
                outputs.extend(job.curves(found, csv, png)?);
            }
        }
        let compared = job.compare(found.as_ref(), skill.as_ref(), &skill_of_others, &report, progress)?;
        if let (Some((compared, files)), Some(table)) = (&compared, table) {
            outputs.extend(files.iter().cloned());
            outputs.push(job.write_compared(compared, table)?);
        }
        let compared = compared.map(|(compared, _)| compared);
        if whole {
            times.lap("hotspots");
        }

        job.notes.extend(remove_outdated(&job.args, &job.paths, &outputs)?);
        let outlines = compared.as_ref().map_or(&[][..], |compared| &compared.outlines);
        if let Some(picture) = picture {
            outputs.push(job.picture(picture, found.as_ref().map(|f| &f.0), outlines, skill.as_ref(), &report)?);
        }
        if let (Some(file), Some(skill)) = (reliability, &skill) {
            let png = reliability::draw(skill, job.limit.as_ref(), &job.field, &job.source)?;
            outputs.push(filled(file, &job.paths.of("reliability.png"), &png)?);
        }
        if whole {
            times.lap("picture");
        }
        let Job { args, source, field, limit, grid_record, trust_record: trust, notes, undecided, .. } = job;
        let hotspots = found.map(|f| f.1);
        Ok(Mapped {
            args,
            source,
            field,
            limit,
            grid_record,
            validation,
            calibration,
            skill,
            report,
            shared,
            trust,
            left_out,
            hotspots,
            compared,
            outputs,
            notes,
            undecided,
        })
    }
}

impl Job {
    /// Notes on what became of the cells; the lines of samples that were left out.
    fn count(&mut self, report: &RunReport, left_out: Vec<usize>) -> Vec<usize> {
        for (reason, count) in &report.gaps {
            self.notes.push(format!("{count} cells have no prediction: {reason}"));
        }
        let counts = Counts {
            reduced: report.reduced,
            clipped: report.clipped,
            extrapolated: report.extrapolated,
            unknown_class: report.unknown_class,
            left_out,
        };
        self.notes.extend(counts.notes("cells", report.cells - report.outside_mask));
        self.notes.extend(trust::notes(report.trust.as_ref(), report.predicted));
        if report.predicted == 0 {
            let why = match report.outside_mask == report.cells {
                true => "the mask leaves none: does it lie where the samples do, and in the CRS it says?",
                false => "the reasons stand above",
            };
            self.notes.push(format!("no cell has a prediction: {why}"));
        }
        counts.left_out
    }

    /// Of a limit that differs from place to place, that of each sample's place.
    pub(in super::super) fn limits_of_samples(&self) -> Result<Option<Vec<f64>>> {
        self.cells.as_ref().map(|cells| cells.at(self.source.samples().coords())).transpose()
    }

    /// Traces and writes hotspots, where a threshold says what polluted means.
    pub(in super::super) fn hotspots(
        &self,
        shown: Shown,
        progress: &Progress,
    ) -> Result<Option<(Traced, HotspotRecord)>> {
        let (args, source, paths) = (&self.args, &self.source, &self.paths);
        let Some(rule) = decision::rule(args, &self.field) else { return Ok(None) };
        let at_samples = self.limits_of_samples()?;
        let exceedance = self.probabilities();
        let above = |i: usize| {
            let own = at_samples.as_ref().map(|limits| limits[i]).or(args.decision.threshold);
            let decided = self.undecided.samples.binary_search(&i).is_err();
            decided.then(|| own.is_some_and(|limit| source.is_above(i, limit)))
        };
        let minimum_area = args.decision.min_area;
        let mut found = hotspots::trace(
            Rasters {
                prediction: &paths.of("prediction.tif"),
                exceedance: exceedance.as_deref(),
                trust: Some(&paths.of("trust.tif")),
            },
            rule,
            HotspotSettings { minimum_area, ..HotspotSettings::default() },
            Some((source.samples(), &above)),
            shown,
            source.crs(),
        )?;
        let areas = hotspots::measure(&found.0, &mut found.1, source.crs())?;
        let on_map: Vec<f64> = found.0.hotspots.spots.iter().map(|spot| spot.area).collect();
        let ensemble = Ensemble {
            args: &args.decision,
            field: &self.field,
            source,
            grid: &self.grid,
            cells: self.cells.as_ref(),
            threads: self.threads,
        };
        let simulated = ensemble.of(&found.0.hotspots, areas.as_deref().unwrap_or(&on_map), progress)?;
        (found.0.spreads, found.1.joint) = simulated.map_or((Vec::new(), None), |(spots, all)| (spots, Some(all)));
        found.1.costs = found.0.costs(self.curve_of(&found.0).as_ref(), areas.as_deref());
        hotspots::smooth(&mut found.0, &mut found.1, args.decision.smooth);
        write_hotspots(args, self.limit.as_ref(), &self.field, source, &found.0, areas.as_deref(), &self.vectors)?;
        Ok(Some(found))
    }

    /// Draws the map.
    fn picture(
        &self,
        file: Beside,
        found: Option<&Traced>,
        others: &[(Vec<Polygon<f64>>, String)],
        skill: Option<&SkillRecord>,
        report: &RunReport,
    ) -> Result<FileRecord> {
        let found = found.map(|f| &f.hotspots);
        let doubtful = Doubtful {
            trust: &self.paths.of("trust.tif"),
            label: report.trust.as_ref().map(trust::label).unwrap_or_default(),
        };
        let png = captioned(
            &self.args,
            self.limit.as_ref(),
            &self.field,
            &self.source,
            &self.paths,
            &doubtful,
            found,
            others,
            skill,
            &self.undecided,
        )?;
        filled(file, &self.paths.of("map.png"), &png)
    }
}

/// Fills a picture's file.
pub(in super::super) fn filled(file: Beside, path: &Path, png: &[u8]) -> Result<FileRecord> {
    output::fill(file, png)?;
    wrote(path);
    FileRecord::of("picture", path)
}

//! What stands in rasters, read once in strips: R009–R013, R019–R022.

use std::collections::BTreeMap;

use gdal::Dataset;

use crate::check::Findings;
use crate::check::bundle::naming::pattern::{Name, file_name};
use crate::check::bundle::{Facts, Folder, RasterFacts, local, run_of, samples};
use crate::tables::{self, LayerStat};
use crate::{Error, Result};

use super::area::{Area, Missing};
use super::header::expected_nodata;
use super::seams::{Outcome, STRETCH, Seams};

/// Cells of a strip, about: its rows are a multiple of 64, at most 512.
const STRIP: usize = 1 << 20;
/// Of the range of the samples: how far a mean may lie outside.
const BEYOND: f64 = 0.2;
/// 100 × the quantile of a normal distribution whose interval holds 95 percent.
const HALF_WIDTH: f64 = 196.0;

/// Reads all rasters, those of one product on one grid together.
///
/// # Errors
/// [`Error::Interrupted`].
pub(super) fn judge(folder: &Folder, facts: &Facts<'_>, findings: &mut Findings) -> Result<()> {
    let mut stacks: BTreeMap<_, Vec<&RasterFacts>> = BTreeMap::new();
    for raster in facts.rasters.values() {
        // Where bundle.json does not say what belongs together, names do.
        let named = Name::read(raster.flavour, file_name(&raster.path)).map(|n| n.product());
        let key = raster.mapset.clone().or(named).unwrap_or_else(|| raster.path.clone());
        stacks.entry((raster.flavour, raster.size, key, raster.grid.clone())).or_default().push(raster);
    }
    let mut notes = Notes::default();
    for rasters in stacks.values() {
        stack(folder, facts, rasters, &mut notes, findings)?;
    }
    notes.skip(facts);
    Ok(())
}

/// Which rules had something to judge.
#[derive(Default)]
struct Notes {
    ranged: bool,
    twins: bool,
    /// Whether an area of interest was looked at, and why one was not.
    area: (bool, Option<String>),
    intervals: bool,
    quantiles: bool,
    stepped: bool,
}

impl Notes {
    fn skip(&self, facts: &Facts<'_>) {
        let skip = |id: &str, judged: bool, why: &str| {
            if !judged {
                facts.skip(id, why);
            }
        };
        skip("R011", self.ranged, "neither provenance/run.json nor a table tells the range of the samples");
        skip("R012", self.twins, "no MEAN with an SDEV on one grid");
        skip("R019", self.intervals, "no UNCT of an interval declared normal, with MEAN and SDEV");
        skip("R020", self.quantiles, "no two of P05, P50, P95 on one grid");
        skip("R021", self.stepped, "no MEAN or SDEV whose neighbours differ");
        match &self.area {
            (true, Some(why)) => facts.limit("R013", format!("on one grid: {why}")),
            (true, None) => {}
            (false, why) => facts.skip("R013", why.as_deref().unwrap_or("no MEAN layer")),
        }
    }
}

/// One raster while its rows come by.
struct Open<'a> {
    raster: &'a RasterFacts,
    set: Dataset,
    row: Option<&'static LayerStat>,
    nodata: [Option<f64>; 2],
    /// Lowest and highest value.
    range: [f64; 2],
    missing: u64,
    values: Vec<f64>,
    seams: Option<Seams>,
}

impl Open<'_> {
    /// Whether a value is one, and no sign for none: neither the nodata declared nor the one its table asks for.
    fn valid(&self, value: f64) -> bool {
        !self
            .nodata
            .iter()
            .flatten()
            .any(|&n| n == value || (n as f32 == value as f32) || (n.is_nan() && value.is_nan()))
    }
}

/// Whether a value is what other programs write for none, although nobody declared it.
fn background(value: f64) -> bool {
    !value.is_finite() || value == -999.0 || value <= -3.3e38
}

fn stack(
    folder: &Folder,
    facts: &Facts<'_>,
    rasters: &[&RasterFacts],
    notes: &mut Notes,
    findings: &mut Findings,
) -> Result<()> {
    let mut open = Vec::new();
    for &raster in rasters {
        let set = match local::raster(folder, &raster.path) {
            Ok(set) => set,
            Err(why) => {
                findings.add("R001", &raster.path, "", why, "a GeoTIFF that opens");
                continue;
            }
        };
        let stepped = matches!(raster.stat.as_deref(), Some("MEAN" | "SDEV"));
        open.push(Open {
            raster,
            set,
            row: raster.stat.as_deref().and_then(tables::layer_stat),
            nodata: [raster.nodata, Some(expected_nodata(raster))],
            range: [f64::INFINITY, f64::NEG_INFINITY],
            missing: 0,
            values: Vec::new(),
            seams: stepped.then(|| Seams::new(raster.size[0])),
        });
    }
    let Some([columns, rows]) = open.first().map(|o| o.raster.size) else { return Ok(()) };
    let strip = (STRIP / columns / STRETCH).clamp(1, 8) * STRETCH;
    let mut area = Area::of(facts, &open.iter().map(|o| o.raster).collect::<Vec<_>>());
    for first in (0..rows).step_by(strip) {
        if facts.interrupted() {
            return Err(Error::Interrupted);
        }
        let height = strip.min(rows - first);
        open.retain_mut(|o| {
            o.values.resize(columns * height, 0.0);
            let window = ((0, first as isize), (columns, height));
            let read = o
                .set
                .rasterband(1)
                .and_then(|band| band.read_into_slice::<f64>(window.0, window.1, window.1, &mut o.values, None));
            if read.is_err() {
                let found = format!("values that cannot be read from row {first} on");
                findings.add("R001", &o.raster.path, "band 1", found, "a GeoTIFF that can be read to its end");
            }
            read.is_ok()
        });
        open.iter_mut().for_each(|o| one(o, first, columns, findings));
        together(facts, &open, first, columns, notes, findings);
        if let (Ok(area), Some(mean)) = (&mut area, by(&open, "MEAN")) {
            let aoa = by(&open, "AOA");
            area.rows(first, &mean.values, |v| mean.valid(v), aoa.map(|a| a.values.as_slice()));
        }
    }
    finish(facts, open, area, notes, findings)
}

fn by<'a, 'b>(open: &'b [Open<'a>], stat: &str) -> Option<&'b Open<'a>> {
    open.iter().find(|o| o.raster.stat.as_deref() == Some(stat))
}

fn place(first: usize, columns: usize, at: usize) -> String {
    format!("row {}, column {}", first + at / columns, at % columns)
}

/// What a raster's values say alone.
fn one(o: &mut Open<'_>, first: usize, columns: usize, findings: &mut Findings) {
    let path = &o.raster.path;
    let bounds = o.row.map_or([None, None], |row| [row.valid_min, row.valid_max]);
    let mut range = o.range;
    let mut missing = 0;
    for (at, &value) in o.values.iter().enumerate() {
        if !o.valid(value) {
            missing += 1;
        } else if background(value) {
            findings.add("R009", path, place(first, columns, at), value, "nodata, declared");
        } else {
            range = [range[0].min(value), range[1].max(value)];
            if bounds[0].is_some_and(|b| value < b) || bounds[1].is_some_and(|b| value > b) {
                let [low, high] = bounds.map(|b| b.map_or("no bound".to_owned(), |b| b.to_string()));
                findings.add("R010", path, place(first, columns, at), value, format!("values from {low} to {high}"));
            }
        }
    }
    o.range = range;
    o.missing += missing;
    if let Some(mut seams) = o.seams.take() {
        let values: Vec<f64> = only_values(o);
        seams.rows(first, &values);
        o.seams = Some(seams);
    }
}

/// The strip, NaN where a cell has no value.
fn only_values(o: &Open<'_>) -> Vec<f64> {
    o.values.iter().map(|&v| if o.valid(v) && !background(v) { v } else { f64::NAN }).collect()
}

/// What values of several rasters of one product say together.
fn together(
    facts: &Facts<'_>,
    open: &[Open<'_>],
    first: usize,
    columns: usize,
    notes: &mut Notes,
    findings: &mut Findings,
) {
    if let (Some(mean), Some(sd)) = (by(open, "MEAN"), by(open, "SDEV")) {
        notes.twins = true;
        for (at, (&m, &s)) in mean.values.iter().zip(&sd.values).enumerate() {
            if mean.valid(m) != sd.valid(s) {
                let found = if mean.valid(m) { "no value beside a mean" } else { "a value beside no mean" };
                findings.add(
                    "R012",
                    &sd.raster.path,
                    place(first, columns, at),
                    found,
                    format!("the mask of {}", mean.raster.path),
                );
            }
        }
        if let Some(unct) = by(open, "UNCT").filter(|u| normal(facts, u.raster)) {
            notes.intervals = true;
            for at in 0..unct.values.len() {
                let [u, m, s] = [unct, mean, sd].map(|o| Some(o.values[at]).filter(|&v| o.valid(v) && !background(v)));
                let (Some(u), Some(m), Some(s)) = (u, m, s) else { continue };
                let expected = HALF_WIDTH * s / m;
                if m > 0.0 && !((u - expected).abs() <= 0.01 * expected) {
                    let words = "100 × 1.96 × SDEV / MEAN within 1 percent";
                    findings.add(
                        "R019",
                        &unct.raster.path,
                        place(first, columns, at),
                        format!("{u} where it gives {expected:.3}"),
                        words,
                    );
                }
            }
        }
    }
    let quantiles: Vec<_> = ["P05", "P50", "P95"].into_iter().filter_map(|stat| by(open, stat)).collect();
    for pair in quantiles.windows(2) {
        notes.quantiles = true;
        for (at, (&low, &high)) in pair[0].values.iter().zip(&pair[1].values).enumerate() {
            let both = pair[0].valid(low) && pair[1].valid(high) && !background(low) && !background(high);
            if both && low > high {
                let found = format!("{low} above {high} of {}", pair[1].raster.path);
                findings.add("R020", &pair[0].raster.path, place(first, columns, at), found, "P05 <= P50 <= P95");
            }
        }
    }
}

/// Whether the interval of an analyte is declared normal: by the raster, else by the run.
fn normal(facts: &Facts<'_>, raster: &RasterFacts) -> bool {
    let own = raster.metadata.get("INTERVAL").map(String::as_str);
    own.or_else(|| run_of(facts, raster)?.get("interval")?.as_str()) == Some("normal")
}

fn finish(
    facts: &Facts<'_>,
    open: Vec<Open<'_>>,
    area: Result<Area<'_>, String>,
    notes: &mut Notes,
    findings: &mut Findings,
) -> Result<()> {
    if let Some(mean) = by(&open, "MEAN") {
        sampled(facts, mean, notes, findings);
        match area.map(Area::finish) {
            Err(why) => notes.area.1 = Some(why),
            Ok(Missing { cells: 0, .. }) => notes.area.1 = Some("the area of interest holds no cell".to_owned()),
            Ok(m) => {
                notes.area.0 = true;
                if m.clustered * 10 > m.cells {
                    let percent = 100.0 * m.clustered as f64 / m.cells as f64;
                    let found = format!("{percent:.1} percent of the area without values, in clusters");
                    findings.add("R013", &mean.raster.path, "", found, "at most 10 percent");
                }
            }
        }
        let stated = facts.text("/soilscope:mask").is_some_and(|m| !m.trim().is_empty());
        if mean.missing > 0 && !stated {
            let cells = mean.raster.size[0] * mean.raster.size[1];
            let found = format!("{:.1} percent of the cells have no value", 100.0 * mean.missing as f64 / cells as f64);
            findings.add(
                "R022",
                &mean.raster.path,
                "",
                found,
                "a statement which mask the producer applied (soilscope:mask in bundle.json)",
            );
        }
    }
    for mut o in open {
        let Some(seams) = o.seams.take() else { continue };
        let found = match seams.finish() {
            Outcome::Flat => continue,
            Outcome::Done(found) => found,
            Outcome::Again(mut finer) => {
                let [columns, rows] = o.raster.size;
                let Ok(band) = o.set.rasterband(1) else { continue };
                for first in (0..rows).step_by(STRETCH) {
                    if facts.interrupted() {
                        return Err(Error::Interrupted);
                    }
                    let size = (columns, STRETCH.min(rows - first));
                    o.values.resize(size.0 * size.1, 0.0);
                    // It was read once, so it can be read again.
                    if band.read_into_slice::<f64>((0, first as isize), size, size, &mut o.values, None).is_ok() {
                        finer.rows(&only_values(&o));
                    }
                }
                finer.finish()
            }
        };
        notes.stepped = true;
        for seam in found {
            let words = "steps below 5 times the median step between neighbours";
            findings.add("R021", &o.raster.path, seam.place, "a jump along a straight line", words);
        }
    }
    Ok(())
}

/// R011: whether a mean stays near the samples, by the run, else by the tables that the bundle publishes.
fn sampled(facts: &Facts<'_>, mean: &Open<'_>, notes: &mut Notes, findings: &mut Findings) {
    let stated = run_of(facts, mean.raster).and_then(|a| a.get("range"));
    let end = |name: &str| stated?.get(name)?.as_f64();
    let layer = facts.layers.iter().find(|l| l.path == mean.raster.path);
    let published = || samples::range(facts, &layer?.analyte, &layer?.unit);
    let range = end("min").zip(end("max")).map(|(low, high)| [low, high]).or_else(published);
    let Some([low, high]) = range else { return };
    notes.ranged = true;
    let beyond = BEYOND * (high - low);
    if mean.range[0] < low - beyond || mean.range[1] > high + beyond {
        let found = format!("values from {} to {}", mean.range[0], mean.range[1]);
        let expected = format!("within 20 percent of the samples' range, {low} to {high}");
        findings.add("R011", &mean.raster.path, "band 1", found, expected);
    }
}

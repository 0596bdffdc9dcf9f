//! Where rasters lie: R005–R007, R014.

use std::collections::BTreeMap;

use crate::check::Findings;
use crate::check::bundle::{Facts, Flavour, Folder, RasterFacts, gather, naming::pattern};
use crate::country::{self, Country};
use crate::{Error, Result};

use super::coverage;
use super::header::product_cell;

/// Of a cell: how far apart what ought to be equal may lie.
const EQUAL: f64 = 1e-9;
/// Of a cell: how far off the lattice an origin may lie. Cells are written with about seven digits, which adds up over 43 200 columns.
const ON_LATTICE: f64 = 1e-3;
/// Share of a country that a national map must hold. Judged of countries without a coast only, see [`coverage::coastal`].
const ENOUGH: f64 = 0.95;

pub(super) fn judge(facts: &Facts<'_>, findings: &mut Findings) -> Result<()> {
    one_grid(facts, findings);
    template(facts, findings)?;
    lattice(facts, findings);
    extent(facts, findings);
    Ok(())
}

/// What differs between two grids, in words.
fn difference(a: &RasterFacts, b: &RasterFacts) -> Option<String> {
    let cell = a.transform[1].abs().max(f64::MIN_POSITIVE);
    let apart = |i: usize| (a.transform[i] - b.transform[i]).abs() / cell;
    let worst = |of: &[usize]| of.iter().map(|&i| apart(i)).fold(0.0, f64::max);
    if a.size != b.size {
        Some(format!("{} × {} cells", a.size[0], a.size[1]))
    } else if !(worst(&[0, 3]) <= EQUAL) {
        Some(format!("origin {}, {}", a.transform[0], a.transform[3]))
    } else if !(worst(&[1, 2, 4, 5]) <= EQUAL) {
        Some(format!("cells of {} × {}", a.transform[1], -a.transform[5]))
    } else {
        None
    }
}

fn one_grid(facts: &Facts<'_>, findings: &mut Findings) {
    let mut grids: BTreeMap<String, Vec<&RasterFacts>> = BTreeMap::new();
    for raster in facts.rasters.values() {
        let unlisted = || format!("{:?} in EPSG:{:?}", raster.flavour, raster.epsg);
        grids.entry(raster.grid.clone().filter(|g| !g.is_empty()).unwrap_or_else(unlisted)).or_default().push(raster);
    }
    if grids.values().all(|rasters| rasters.len() < 2) {
        facts.skip("R005", "no two rasters share a grid");
    }
    for (grid, rasters) in grids {
        for raster in &rasters[1..] {
            if let Some(found) = difference(raster, rasters[0]) {
                let [x, y] = [rasters[0].transform[0], rasters[0].transform[3]];
                let [columns, rows] = rasters[0].size;
                let expected =
                    format!("the grid {grid} as {}: origin {x}, {y}, {columns} × {rows} cells", rasters[0].path);
                findings.add("R005", &raster.path, "", found, expected);
            }
        }
    }
}

/// # Errors
/// If the template does not open.
fn template(facts: &Facts<'_>, findings: &mut Findings) -> Result<()> {
    let Some(path) = &facts.options.template else {
        facts.skip("R006", "no template grid was given");
        return Ok(());
    };
    if !facts.rasters.values().any(|r| r.flavour == Flavour::Gsp) {
        facts.skip("R006", "no raster in the gsp folder");
    }
    let lonely = |why: String| Error::unreadable(path, why);
    let parent = path.canonicalize().map_err(|e| lonely(e.to_string()))?;
    let name = parent.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_owned();
    let bytes = std::fs::metadata(&parent).map_err(|e| lonely(e.to_string()))?.len();
    let folder = Folder {
        root: parent.parent().map(Into::into).unwrap_or_default(),
        files: [(name.clone(), bytes)].into(),
        ..Folder::default()
    };
    let template = gather::describe(&folder, &name, &[]).map_err(lonely)?;
    for raster in facts.rasters.values().filter(|r| r.flavour == Flavour::Gsp) {
        if let Some(found) = difference(raster, &template) {
            let [x, y] = [template.transform[0], template.transform[3]];
            let [columns, rows] = template.size;
            let expected =
                format!("the template: origin {x}, {y}, {columns} × {rows} cells of {}", template.transform[1]);
            findings.add("R006", &raster.path, "", found, expected);
        }
    }
    Ok(())
}

fn lattice(facts: &Facts<'_>, findings: &mut Findings) {
    if facts.options.template.is_some() {
        return facts.skip("R007", "a template grid was given, which rules");
    }
    let free = |r: &&RasterFacts| matches!(r.flavour, Flavour::Gsp | Flavour::Glosis) && !r.projected;
    if !facts.rasters.values().any(|r| free(&r)) {
        facts.skip("R007", "no raster in degrees in the gsp and glosis folders");
    }
    let own = |r: &&RasterFacts| r.grid.as_deref() != Some("template");
    if facts.rasters.values().any(|r| free(&r)) && !facts.rasters.values().any(|r| free(&r) && own(&r)) {
        facts.skip("R007", "the grid is a template's");
    }
    for raster in facts.rasters.values().filter(free).filter(own) {
        let Some(cell) = product_cell(raster.transform[1]) else { continue };
        let off = |from: f64| {
            let cells = from / cell;
            (cells - cells.round()).abs()
        };
        let off = [off(raster.transform[0] + 180.0), off(90.0 - raster.transform[3])];
        if !(off[0] <= ON_LATTICE && off[1] <= ON_LATTICE) {
            let found = format!("origin {:.3} cells off in longitude, {:.3} in latitude", off[0], off[1]);
            findings.add("R007", &raster.path, "", found, "a whole number of cells from -180, 90");
        }
    }
}

/// The country that the bundle (else the raster's name) declares.
pub(super) fn country_of(facts: &Facts<'_>, raster: &RasterFacts) -> Option<Country> {
    let named = || {
        let code = pattern::Name::read(raster.flavour, pattern::file_name(&raster.path))?.country;
        country::by_alpha3(&code).or_else(|| country::by_alpha2(&code))
    };
    facts.text("/country/alpha3").and_then(country::by_alpha3).or_else(named)
}

fn extent(facts: &Facts<'_>, findings: &mut Findings) {
    let region = facts.text("/soilscope:extent") == Some("region");
    let mut judged = false;
    for raster in facts.rasters.values().filter(|r| r.flavour != Flavour::Other) {
        let Some((bounds, country)) = raster.bounds_wgs84.zip(country_of(facts, raster)) else { continue };
        let Some(share) = coverage::share(country, bounds) else { continue };
        judged = true;
        let name = country.name;
        if share <= 0.0 && !touches(country, bounds) {
            findings.add("R014", &raster.path, "", "a box outside the country", format!("a box that meets {name}"));
        } else if share < ENOUGH && !region && !coverage::coastal(country) {
            let found = format!("a box that holds {:.1} percent of {name}", 100.0 * share);
            findings.add(
                "R014",
                &raster.path,
                "",
                found,
                "at least 95 percent, or soilscope:extent = region in bundle.json",
            );
        }
    }
    if !judged {
        facts.skip("R014", "no raster with a known country and coordinate system");
    }
}

/// Whether some place of a box lies in the country: a box smaller than the places that stand for the country may lie between them.
fn touches(country: Country, [west, south, east, north]: [f64; 4]) -> bool {
    let at = |low: f64, high: f64, i: usize| low + (high - low) * i as f64 / 16.0;
    (0..=16).any(|i| (0..=16).any(|k| country.contains(at(west, east, i), at(south, north, k))))
}

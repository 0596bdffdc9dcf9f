//! Sampled places and results, each site by its own access level and the bundle's, the stricter of both.

mod groups;
mod publish;

use std::collections::BTreeMap;
use std::path::Path;

use super::about::{About, Access};
use crate::long::{Places, Row};
use crate::privacy::measure::{self, Distances, MapDifference};
use crate::privacy::{Displacement, Place, Secret, Shown, Site, Units, Values, displace};
use crate::{Error, Result};
pub(crate) use groups::Groups;

/// Maps of the measure of what blur does are compared at so many places along each side of the box of sites.
const LATTICE: usize = 30;

/// What is shown of samples, and what was measured of how well the rest is hidden. Of protected places only sums leave this.
#[derive(Debug, Default)]
pub(crate) struct Points {
    /// Whether there was a table at all.
    pub(crate) given: bool,
    /// Sites by what is shown of them.
    pub(crate) sites: BTreeMap<Shown, usize>,
    /// Sites without coordinates.
    pub(crate) placeless: usize,
    /// Results as published: exact or displaced, codes of protected sites replaced.
    pub(crate) published: Vec<Row>,
    /// Sites whose place is shown without results: code, place, whether it was displaced, owner, licence.
    pub(crate) locations: Vec<Row>,
    /// Summaries.
    pub(crate) groups: Groups,
    /// How far sites were displaced.
    pub(crate) shifts: Option<Distances>,
    /// How far the nearest published place is from a displaced site's true one.
    pub(crate) nearest: Option<Distances>,
    /// By how much maps of displaced results differ from those of true ones, by analyte.
    pub(crate) maps: Vec<(String, MapDifference)>,
    /// Exact places of protected sites. They are for measuring and searching only.
    pub(crate) truth: Vec<[f64; 2]>,
    /// The same with codes as published and results, for the judge's search.
    searched: Vec<[String; 6]>,
    /// Whether sites stand in clusters; `None` where that cannot be told.
    pub(crate) clustered: Option<bool>,
    /// First and last day of sampling among all rows.
    pub(crate) sampled: Option<[jiff::civil::Date; 2]>,
    /// Results by analyte, procedure and unit, whatever is shown of them.
    pub(crate) counts: BTreeMap<(String, String, String), usize>,
    /// Files that were written.
    pub(crate) files: Vec<String>,
}

/// A displaced result, for maps that are compared.
struct Compared {
    truth: [f64; 2],
    shown: [f64; 2],
    value: f64,
}

/// What a site has.
struct OfSite<'r> {
    code: &'r str,
    rows: Vec<&'r Row>,
    /// One for each row.
    places: Option<Vec<[f64; 2]>>,
    shown: Shown,
}

impl Points {
    /// Sites.
    pub(crate) fn all(&self) -> usize {
        self.sites.values().sum()
    }

    /// Sites whose exact place must not be found.
    pub(crate) fn protected(&self) -> usize {
        self.sites.iter().filter(|(shown, _)| shown.is_protected()).map(|(_, n)| n).sum()
    }

    /// Sites of which neither place nor single results are shown.
    pub(crate) fn withheld(&self) -> usize {
        self.sites.iter().filter(|(shown, _)| shown.place == Place::Withheld).map(|(_, n)| n).sum()
    }

    /// Sorts `rows` of the analytes `codes` by what may be shown of them, and displaces what is to be displaced.
    pub(crate) fn of(
        rows: &[Row],
        codes: &[&str],
        about: &About,
        secret: Option<&Secret>,
        units: Option<&Units>,
    ) -> Result<Self> {
        let mut points = Self { given: true, ..Self::default() };
        let sites = sites(rows, codes, about)?;
        points.truth =
            sites.iter().filter(|s| s.shown.is_protected()).flat_map(|s| s.places.iter().flatten().copied()).collect();
        let truth = publish::Boxes::of(&points.truth);
        points.clustered =
            measure::clustered(&sites.iter().filter_map(|s| s.places.as_ref()?.first().copied()).collect::<Vec<_>>());
        let (mut pairs, mut shown_at) = (Vec::new(), Vec::new());
        let mut compared: BTreeMap<&str, Vec<Compared>> = BTreeMap::new();
        for site in &sites {
            *points.sites.entry(site.shown).or_default() += 1;
            points.count(site);
            let Some(places) = &site.places else {
                points.placeless += 1;
                points.groups.add(site.shown, &site.rows, None, about);
                continue;
            };
            points.groups.add(site.shown, &site.rows, places.first().copied(), about);
            points.remember(site, places, secret);
            match site.shown.place {
                Place::Withheld => {}
                Place::Exact => {
                    shown_at.extend(places.iter().copied());
                    points.publish(site, places, None);
                }
                Place::Displaced => {
                    let by = displacement(about)?;
                    let secret = secret.ok_or_else(no_secret)?;
                    let allowed = allowed(site, about, units, &truth)?;
                    let moved = displace(secret, by, Site { code: site.code, places }, &allowed)
                        .map_err(|e| placed(e, site.code))?;
                    pairs.extend(places.iter().copied().zip(moved.iter().copied()));
                    shown_at.extend(moved.iter().copied());
                    for ((row, from), to) in site.rows.iter().zip(places).zip(&moved) {
                        if let (Values::Each, Some(value)) = (site.shown.values, row.value) {
                            compared.entry(&row.analyte_code).or_default().push(Compared {
                                truth: *from,
                                shown: *to,
                                value,
                            });
                        }
                    }
                    points.publish(site, &moved, Some((secret, by.radius)));
                }
            }
        }
        points.measure(&pairs, &shown_at, &compared);
        publish::sort(&mut points.published);
        publish::sort(&mut points.locations);
        Ok(points)
    }

    fn count(&mut self, site: &OfSite<'_>) {
        for row in &site.rows {
            let key = (row.analyte_code.clone(), row.extraction_code.clone(), row.unit.clone());
            *self.counts.entry(key).or_default() += 1;
            if let Some(date) = row.sampling_date {
                let [first, last] = self.sampled.unwrap_or([date.first(), date.last()]);
                self.sampled = Some([first.min(date.first()), last.max(date.last())]);
            }
        }
    }

    /// Keeps a protected site for the judge's search, under the code it is published with.
    fn remember(&mut self, site: &OfSite<'_>, places: &[[f64; 2]], secret: Option<&Secret>) {
        if !site.shown.is_protected() {
            return;
        }
        let code = secret.map_or_else(String::new, |secret| publish::site_code(secret, site.code));
        for (row, [longitude, latitude]) in site.rows.iter().zip(places) {
            let value = row.value.map(|v| v.to_string()).unwrap_or_default();
            let place = [longitude.to_string(), latitude.to_string()];
            let [longitude, latitude] = place;
            self.searched.push([code.clone(), longitude, latitude, row.analyte_code.clone(), value, row.unit.clone()]);
        }
    }

    /// The exact places of protected sites as a table in the system's folder of temporary files, readable by its owner alone and gone when
    /// it is dropped; `None` where no site is protected.
    pub(crate) fn protected_table(&self) -> Result<Option<tempfile::NamedTempFile>> {
        if self.searched.is_empty() {
            return Ok(None);
        }
        let file = tempfile::NamedTempFile::new().map_err(|e| Error::unwritable(std::env::temp_dir(), e))?;
        let failed = |e: csv::Error| Error::unwritable(file.path(), e);
        let mut writer = csv::Writer::from_writer(&file);
        writer.write_record(["site_code", "longitude", "latitude", "analyte_code", "value", "unit"]).map_err(failed)?;
        self.searched.iter().try_for_each(|row| writer.write_record(row)).map_err(failed)?;
        writer.flush().map_err(|e| Error::unwritable(file.path(), e))?;
        drop(writer);
        Ok(Some(file))
    }

    fn publish(&mut self, site: &OfSite<'_>, places: &[[f64; 2]], hidden: Option<(&Secret, f64)>) {
        match site.shown.values {
            Values::Each => {
                let rows = site.rows.iter().zip(places);
                self.published.extend(rows.map(|(row, place)| publish::result(row, *place, hidden)));
            }
            Values::Grouped | Values::Withheld => {
                if let (Some(row), Some(place)) = (site.rows.first(), places.first()) {
                    self.locations.push(publish::location(row, *place, hidden));
                }
            }
        }
    }

    fn measure(
        &mut self,
        pairs: &[([f64; 2], [f64; 2])],
        shown_at: &[[f64; 2]],
        compared: &BTreeMap<&str, Vec<Compared>>,
    ) {
        self.shifts = measure::shifts(pairs);
        if !pairs.is_empty() {
            let near = measure::Near::new(shown_at);
            let nearest = pairs.iter().filter_map(|(truth, _)| near.nearest(*truth, 1).first().map(|n| n.1));
            self.nearest = Distances::of(nearest);
        }
        for (code, results) in compared {
            let truth: Vec<_> = results.iter().map(|r| r.truth).collect();
            let moved: Vec<_> = results.iter().map(|r| r.shown).collect();
            let values: Vec<_> = results.iter().map(|r| r.value).collect();
            if let Some(difference) = measure::map_difference(&truth, &moved, &values, &lattice(&truth)) {
                self.maps.push(((*code).to_owned(), difference));
            }
        }
    }

    /// Writes what may be shown.
    pub(crate) fn write(&mut self, root: &Path, about: &About) -> Result<()> {
        self.files = publish::write(root, self, about)?;
        Ok(())
    }
}

/// A regular grid of places over the box of `places`.
fn lattice(places: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let bound =
        |axis: usize, pick: fn(f64, f64) -> f64| places.iter().map(|p| p[axis]).reduce(pick).unwrap_or_default();
    let (west, east) = (bound(0, f64::min), bound(0, f64::max));
    let (south, north) = (bound(1, f64::min), bound(1, f64::max));
    let at = |low: f64, high: f64, i: usize| low + (high - low) * (i as f64 + 0.5) / LATTICE as f64;
    (0..LATTICE * LATTICE).map(|i| [at(west, east, i % LATTICE), at(south, north, i / LATTICE)]).collect()
}

fn sites<'r>(rows: &'r [Row], codes: &[&str], about: &About) -> Result<Vec<OfSite<'r>>> {
    let mut by_site: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rows.iter().filter(|r| r.is_of_the_soil() && codes.contains(&r.analyte_code.as_str())) {
        by_site.entry(&row.site_code).or_default().push(row);
    }
    let mut transform = Places::new();
    let mut all = Vec::new();
    for (code, rows) in by_site {
        let mut levels = vec![about.privacy.access];
        for row in &rows {
            levels.push(Access::of(row.access()).ok_or_else(|| {
                let (site, level) = (crate::plain(code), crate::plain(row.access()));
                Error::refused(
                    format!("site {site}"),
                    format!("'{level}' is no access level"),
                    "use one of access_levels.csv",
                )
            })?);
        }
        let mut places = Some(Vec::new());
        for row in &rows {
            let place = transform.of(row).map_err(|e| {
                Error::refused(format!("site {}", crate::plain(code)), e, "correct its coordinates or crs")
            })?;
            match (place, &mut places) {
                (Some(place), Some(places)) => places.push(place),
                _ => places = None,
            }
        }
        all.push(OfSite { code, rows, places, shown: Shown::by_all(levels, about.privacy.exact_locations) });
    }
    Ok(all)
}

fn displacement(about: &About) -> Result<Displacement> {
    let privacy = &about.privacy;
    privacy.blur.map(|radius| Displacement { radius, inner: privacy.blur_inner }).ok_or_else(|| {
        Error::refused(
            "about.toml",
            "sites of the table are to be displaced and no radius is given",
            "set privacy.location_blur_m",
        )
    })
}

fn no_secret() -> Error {
    Error::refused(
        "pack",
        "sites are to be displaced and no secret was given",
        "make one with: head -c 32 /dev/urandom > secret.key; name it, keep it, and keep it from others",
    )
}

/// An error of displacement with the site's code in it: the holder of the table may see it, and nothing of it is written.
fn placed(error: Error, code: &str) -> Error {
    match error {
        Error::Refused { reason, remedy, .. } => Error::refused(format!("site {}", crate::plain(code)), reason, remedy),
        other => other,
    }
}

/// Where the site's specimens may be shown: in its country, in its unit where that is asked, and nowhere that any protected site is.
fn allowed<'a>(
    site: &OfSite<'a>,
    about: &'a About,
    units: Option<&'a Units>,
    truth: &'a publish::Boxes,
) -> Result<impl Fn([f64; 2]) -> bool + use<'a>> {
    let own = site.rows.first().and_then(|r| crate::country::by_alpha3(&r.country));
    let country = own.unwrap_or(about.country);
    let unit = if about.privacy.within_unit {
        let units = units.ok_or_else(|| {
            Error::refused(
                "about.toml",
                "within_admin_unit is set and no units were given",
                "give a GeoJSON file of them",
            )
        })?;
        let place = site.places.iter().flatten().next().copied();
        Some((
            units,
            place.and_then(|p| units.of(p)).ok_or_else(|| {
                Error::refused(
                    format!("site {}", crate::plain(site.code)),
                    "it lies in none of the administrative units",
                    "correct its place or the units",
                )
            })?,
        ))
    } else {
        None
    };
    Ok(move |[longitude, latitude]: [f64; 2]| {
        country.contains(longitude, latitude)
            && unit.is_none_or(|(units, own)| units.of([longitude, latitude]) == Some(own))
            && !truth.hold([longitude, latitude])
    })
}

//! From runs to a bundle: everything is written into a folder beside, judged there, and given its name at the end.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::about::{About, Access, Date, Subject};
use super::entry::{Bundle, Entry};
use super::fao::{self, CensoredAs};
use super::iso::{self, IsoProfile};
use super::names::{Naming, Tokens};
use super::points::Points;
use super::privacy_check::recovered;
use super::raster::{self, Geographic, GridChoice, Grids, Mapset};
use super::release::{judged, release};
use super::report::Report;
use super::source::{Run, Variable};
use super::vector::{self, HotspotOptions, Withhold};
use super::{dcat, qa, records, stac, styles};
use crate::check::{Profile, Verdict};
use crate::long::Row;
use crate::privacy::{Secret, Units};
use crate::tables;
use crate::{Error, Result};

/// How to pack.
#[derive(Debug)]
pub struct PackOptions<'a> {
    /// The folder the bundle's folder is made in.
    pub out: PathBuf,
    /// The cells of the submission.
    pub geographic: Geographic,
    /// Whether layers in the national system are added.
    pub national: bool,
    /// Customs of the ISO records.
    pub iso: IsoProfile,
    /// What stands for results below a limit in tables for an FAO node.
    pub censored_as: CensoredAs,
    /// Results of samples, imported; without them the bundle has no points.
    pub samples: Option<&'a [Row]>,
    /// What displacements are keyed with.
    pub secret: Option<&'a Secret>,
    /// Administrative units, where displaced sites are to stay in theirs.
    pub units: Option<&'a Units>,
    /// The time the files hold; that of the latest run where none is given.
    pub created: Option<Timestamp>,
    /// The profile the finished bundle is judged by before it gets its name; none: it is not judged.
    pub judge: Option<Profile>,
    /// Whether a bundle that the judge refuses is kept all the same.
    pub keep_refused: bool,
    /// Whether a bundle of the same name is replaced.
    pub overwrite: bool,
}

impl PackOptions<'_> {
    /// Packs into `out` on the grid of 30 arc seconds, judged by `insii`, without points.
    pub fn new(out: impl Into<PathBuf>) -> Self {
        Self {
            out: out.into(),
            geographic: Geographic::Gsp30s,
            national: false,
            iso: IsoProfile::Strict,
            censored_as: CensoredAs::Omit,
            samples: None,
            secret: None,
            units: None,
            created: None,
            judge: Some(Profile::Insii),
            keep_refused: false,
            overwrite: false,
        }
    }
}

/// A bundle that was made.
#[derive(Debug)]
pub struct Packed {
    /// Its folder.
    pub folder: PathBuf,
    /// Identifiers of its mapsets.
    pub mapsets: Vec<String>,
    /// Its files, the manifest included.
    pub files: usize,
    /// What the judge said, where it was asked.
    pub verdict: Option<Verdict>,
    /// Sites that are shown, displaced or not, and all.
    pub sites: [usize; 2],
    /// What was asked for and is not there, and why.
    pub remarks: Vec<String>,
}

/// Packs finished runs into one bundle.
///
/// Everything is written into a hidden folder in `options.out` first: an error or an interruption leaves nothing behind, and a bundle that is
/// there is whole. Equal inputs give equal bytes.
///
/// # Errors
/// A run that is not as its record says; an analyte, unit, layer or method nobody stated; the same map twice; sites to displace without a
/// secret or radius; a bundle of the same name; a folder that cannot be written; a bundle that the judge refuses; interrupted.
pub fn pack(
    runs: &[&Path],
    about: &About,
    options: &PackOptions<'_>,
    progress: &mut dyn FnMut(&str),
    interrupted: &dyn Fn() -> bool,
) -> Result<Packed> {
    let target = options.out.join(about.folder());
    if target.symlink_metadata().is_ok() && !options.overwrite {
        return Err(Error::refused(
            target.display(),
            "it is there already",
            "give another version in about.toml, or allow to replace it",
        ));
    }
    std::fs::create_dir_all(&options.out).map_err(|e| Error::unwritable(&options.out, e))?;
    let draft = tempfile::Builder::new().prefix(".packing-").tempdir_in(&options.out);
    let draft = draft.map_err(|e| Error::unwritable(&options.out, e))?;
    // The judge takes the bundle's name from its folder.
    let root = draft.path().join(about.folder());
    std::fs::create_dir(&root).map_err(|e| Error::unwritable(&root, e))?;

    progress("reading the runs");
    let runs = runs.iter().map(|folder| Run::open(folder, interrupted)).collect::<Result<Vec<_>>>()?;
    let plan = plan(&runs, about)?;
    let created = created(&runs, options)?;
    published_after_sampling(about, created)?;
    let points = points(&plan, about, options)?;
    let choice = GridChoice { geographic: Some(options.geographic.clone()), national: options.national };
    let grids = Grids::of(&runs.iter().collect::<Vec<_>>(), &choice)?;
    not_finer_than_blur(&grids, &points, about)?;

    let mut bundle = Bundle {
        about,
        created,
        uuid: String::new(),
        grids: grids.iter().cloned().collect(),
        entries: Vec::new(),
        points,
    };
    bundle.uuid =
        super::stable::uuid(&["soilscope bundle", &about.folder(), &about.title, &about.organisation, &sums(&runs)]);
    for planned in plan {
        check_interrupted(interrupted)?;
        let entry = layers(planned, &bundle, &grids, options, &root, progress, interrupted)?;
        bundle.entries.push(entry);
    }
    check_interrupted(interrupted)?;
    progress("points, records and reports");
    bundle.points.write(&root, about)?;
    for entry in &bundle.entries {
        super::stable::write(&root, &entry.iso(), &iso::record(&bundle, entry, options.iso))?;
    }
    stac::write(&root, &bundle)?;
    dcat::write(&root, &bundle)?;
    records::provenance(&root, &bundle)?;
    records::readme(&root, &bundle)?;
    let lost = fao::write(&root, &bundle, options.censored_as)?;
    let recovered = recovered(&root, &bundle)?;

    let seal = |verdict: Option<&Verdict>| -> Result<()> {
        qa::table(&root, &bundle, verdict)?;
        qa::validation(&root, verdict)?;
        let report = Report { bundle: &bundle, verdict, lost: &lost, recovered: &recovered, remarks: &grids.remarks };
        report.write(&root)?;
        records::bundle_json(&root, &bundle, verdict)?;
        records::manifest(&root)
    };
    seal(None)?;
    let verdict = match options.judge {
        Some(profile) => Some(judged(&root, profile, &seal, &bundle.points, options, progress, interrupted)?),
        None => None,
    };
    check_interrupted(interrupted)?;
    release(&root, &target, options.overwrite)?;
    let shown = bundle.points.all() - bundle.points.withheld();
    Ok(Packed {
        files: records::files(&target)?.len(),
        folder: target,
        mapsets: bundle.entries.iter().map(|e| e.names.mapset_id()).collect(),
        verdict,
        sites: [shown, bundle.points.all()],
        remarks: grids.remarks,
    })
}

pub(super) fn check_interrupted(interrupted: &dyn Fn() -> bool) -> Result<()> {
    if interrupted() { Err(Error::Interrupted) } else { Ok(()) }
}

/// A map before anything is made of it.
struct Planned<'a> {
    run: &'a Run,
    variable: &'a Variable,
    subject: Subject,
    names: Naming,
    unit: String,
}

/// The maps of all runs as the tables know them, each once.
fn plan<'a>(runs: &'a [Run], about: &About) -> Result<Vec<Planned<'a>>> {
    let mut plan: Vec<Planned<'_>> = Vec::new();
    for run in runs {
        for variable in &run.variables {
            let subject = about.subject(&variable.analyte)?;
            let tokens = Tokens { initiative: &about.initiative, project: &about.project };
            let depths = [subject.upper, subject.lower];
            let names = Naming::new(about.country, tokens, about.year, subject.analyte, &subject.fraction, depths)?;
            if plan.iter().any(|p| p.names.mapset_id() == names.mapset_id() || p.names.gsp("Map") == names.gsp("Map")) {
                return Err(Error::refused(
                    format!("analyte '{}'", crate::plain(&variable.analyte)),
                    format!("the bundle would have the mapset {} twice", names.mapset_id()),
                    "pack the runs into bundles of different versions or years",
                ));
            }
            let unit = unit(variable, &subject)?;
            plan.push(Planned { run, variable, subject, names, unit });
        }
    }
    if plan.is_empty() {
        return Err(Error::refused("pack", "there is no map in the runs", "give the folder of a finished map"));
    }
    let known: Vec<&str> = plan.iter().map(|p| p.variable.analyte.as_str()).collect();
    match about.named().find(|name| !known.contains(name)) {
        Some(name) => Err(Error::refused(
            format!("about.toml, [analyte.{}]", crate::plain(name)),
            format!("no run has it; they have {}", known.join(", ")),
            "name it as the run does",
        )),
        None => Ok(plan),
    }
}

/// The unit of a map as `units.csv` spells it.
fn unit(variable: &Variable, subject: &Subject) -> Result<String> {
    let analyte = crate::plain(&variable.analyte);
    let refuse = |reason: String, remedy: &str| Err(Error::refused(format!("analyte '{analyte}'"), reason, remedy));
    let Some(spelt) = &variable.unit else {
        return refuse("the run knew no unit".into(), "make the map again with --unit");
    };
    let Some(unit) = tables::unit_spelt(spelt) else {
        return refuse(format!("'{}' is no unit of units.csv", crate::plain(spelt)), "make the map again in mg/kg");
    };
    let default = tables::unit(&subject.analyte.default_unit);
    if default.and_then(|to| tables::conversion(unit, to, subject.analyte.molar_mass_g_per_mol)).is_none() {
        return refuse(
            format!("{} does not measure what {} does", unit.unit, subject.analyte.default_unit),
            "make the map again in that unit",
        );
    }
    Ok(unit.unit.clone())
}

/// The time the files hold: what was given, else that of the latest run.
fn created(runs: &[Run], options: &PackOptions<'_>) -> Result<Timestamp> {
    if let Some(created) = options.created {
        return Ok(created);
    }
    let mut latest: Option<Timestamp> = None;
    for run in runs {
        let time = run
            .dated
            .parse()
            .map_err(|e: jiff::Error| Error::refused(run.folder.display(), e, "give the time of the bundle"))?;
        latest = latest.max(Some(time));
    }
    latest.ok_or_else(|| Error::refused("pack", "no run was given", "give the folder of a finished map"))
}

/// A record whose publication is before the end of sampling is refused by every catalogue.
fn published_after_sampling(about: &About, created: Timestamp) -> Result<()> {
    let published = about.published.unwrap_or_else(|| Date::of(created));
    if published.last() <= about.period[1].first() {
        return Err(Error::refused(
            "about.toml",
            format!("published {published}, but sampled until {}", about.period[1]),
            "correct sampling.end or bundle.published",
        ));
    }
    Ok(())
}

fn points(plan: &[Planned<'_>], about: &About, options: &PackOptions<'_>) -> Result<Points> {
    let Some(rows) = options.samples else { return Ok(Points::default()) };
    let codes: Vec<&str> = plan.iter().map(|p| p.subject.analyte.code.as_str()).collect();
    let points = Points::of(rows, &codes, about, options.secret, options.units)?;
    if points.all() == 0 {
        return Err(Error::refused(
            "the table of samples",
            format!("it has no result of {}", codes.join(", ")),
            "give the samples the maps were made of",
        ));
    }
    let [begin, end] = about.period;
    match points.sampled {
        Some([first, last]) if first < begin.first() || last > end.last() => Err(Error::refused(
            "about.toml",
            format!("sampled from {begin} to {end}, but the table has samples from {first} to {last}"),
            "correct sampling.begin and sampling.end",
        )),
        _ => Ok(points),
    }
}

/// A map of prediction errors whose cells are smaller than the disc a site was displaced in shows where in the disc it was.
fn not_finer_than_blur(grids: &Grids, points: &Points, about: &About) -> Result<()> {
    let (Some(grid), Some(blur)) = (&grids.national, about.privacy.blur) else { return Ok(()) };
    if points.protected() > 0 && grid.cell[0] < blur {
        return Err(Error::refused(
            "the national grid",
            format!(
                "its cells of {} m are smaller than the {blur} m by which sites are displaced, and errors are least where samples are",
                grid.cell[0]
            ),
            "leave the national grid out, or lay the map on coarser cells",
        ));
    }
    Ok(())
}

fn sums(runs: &[Run]) -> String {
    let mut sums: Vec<&str> = runs.iter().flat_map(|r| &r.inputs).map(|f| f.sha256.as_str()).collect();
    sums.sort_unstable();
    sums.join(" ")
}

/// Rasters, hotspots and styles of one map.
fn layers<'a>(
    planned: Planned<'a>,
    bundle: &Bundle<'a>,
    grids: &Grids,
    options: &PackOptions<'_>,
    root: &Path,
    progress: &mut dyn FnMut(&str),
    interrupted: &dyn Fn() -> bool,
) -> Result<Entry<'a>> {
    let Planned { run, variable, subject, names, unit } = planned;
    let about = bundle.about;
    let analyte = subject.analyte;
    progress(&format!("map of {}", analyte.name));
    let [begin, end] = about.period;
    let title =
        format!("{} ({} - {} - {} - {})", analyte.name, about.country.name, unit, bundle.resolution(), about.year);
    let id = names.mapset_id();
    let uuid = super::stable::uuid(&["soilscope mapset", &bundle.uuid, &id]);
    let mut entry = Entry {
        run,
        variable,
        subject,
        names: names.clone(),
        unit: unit.clone(),
        layers: Vec::new(),
        hotspots: None,
        styles: Vec::new(),
        uuid,
        title,
    };
    let inspire =
        [&analyte.inspire_derived_object_uri, &analyte.inspire_site_uri, &analyte.inspire_profile_element_uri];
    let mapset = Mapset {
        naming: names.clone(),
        unit,
        cas: analyte.cas_number.clone(),
        glosis_uri: if names.property_is_proposed { None } else { records::glosis_uri(&entry).cloned() },
        inspire_uri: inspire.into_iter().flatten().next().cloned(),
        fraction: entry.subject.fraction.clone(),
        extraction: entry.subject.procedure.code.clone(),
        period: format!("{}/{}", begin.first(), end.last()),
        licence: about.licence_id().to_owned(),
        threshold_source: entry.threshold_source(),
    };
    entry.layers = raster::rasters(run, variable, &mapset, grids, root, progress, interrupted)?;
    if entry.bbox().is_none() {
        return Err(Error::refused(
            run.folder.display(),
            "no raster of means came of it",
            "make the map again without --only",
        ));
    }
    let (iso, dated) = (iso::record(bundle, &entry, options.iso), records::time(bundle));
    let privacy = &about.privacy;
    let hotspots = HotspotOptions {
        withhold: match privacy.access {
            Access::Open => Withhold::None,
            _ => Withhold::Small { min_group: privacy.min_group as u64, blur_m: privacy.blur },
        },
        national: grids.national.is_some(),
        iso: Some(&iso),
        dated: &dated,
    };
    entry.hotspots = vector::hotspots(run, variable, &mapset, &hotspots, root, interrupted)?;
    entry.styles = styles::styles(&entry.layers, &names, root)?;
    Ok(entry)
}

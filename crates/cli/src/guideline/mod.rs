//! Limits of the law in place of a number: which limit a code stands for, in the unit of the data.

mod against;
pub(crate) mod carried;
mod cells;
mod codes;
mod held;
mod record;
mod soil;

use std::ops::Deref;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use soilscope_assess::threshold::{Entry, Limit, Property, Table, ThresholdError};

use crate::args::{GuidelineArgs, TableArgs};
use crate::field::refuse_idle;
use crate::source::Source;
use crate::words::SoilSource;

pub(crate) use against::{Against, against};
pub(crate) use carried::Carried;
pub(crate) use cells::CellLimits;
pub(crate) use codes::of_codes;
pub(crate) use held::hold;
pub(crate) use record::GuidelineRecord;
pub(crate) use soil::{SoilColumns, columns, everywhere, fixed};

/// A table of limits: the built-in one, or the user's.
pub(crate) enum Guidelines {
    Builtin(&'static Table),
    Own(&'static Table),
}

impl Guidelines {
    pub(crate) fn open(args: &TableArgs) -> Result<Self> {
        let Some(path) = &args.guidelines else { return Ok(Self::Builtin(Table::builtin())) };
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        // A run reads one table, and limits of it live as long as the run.
        Ok(Self::Own(Box::leak(Box::new(Table::parse(&text, &path.display().to_string())?))))
    }

    fn table(&self) -> &'static Table {
        match self {
            Self::Builtin(table) | Self::Own(table) => table,
        }
    }
}

impl Deref for Guidelines {
    type Target = Table;

    fn deref(&self) -> &Table {
        self.table()
    }
}

/// The parts of `CODE[:ANALYTE]`.
pub(crate) fn parts(typed: &str) -> (&str, Option<&str>) {
    match typed.split_once(':') {
        Some((code, analyte)) => (code, Some(analyte)),
        None => (typed, None),
    }
}

/// The user's table, as an input of the run.
pub(crate) fn file(args: &GuidelineArgs) -> Option<(&'static str, &Path)> {
    args.table.guidelines.as_deref().map(|path| ("guidelines", path))
}

/// A computed limit as it is used everywhere: no act means more than six digits.
pub(crate) fn six_digits(number: f64) -> f64 {
    format!("{number:.5e}").parse().unwrap_or(number)
}

/// Refuses what can be refused before anything is read: options without effect, and codes that are none.
pub(crate) fn check(args: &GuidelineArgs) -> Result<()> {
    if args.guideline.is_none() {
        let idle = [
            ("--soil", !args.soil.is_empty()),
            ("--guidelines", args.table.guidelines.is_some()),
            ("--basis", args.basis.is_some()),
        ];
        let idle: Vec<&str> = idle.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
        refuse_idle(&idle, "there is no --guideline")?;
    }
    let mut seen = Vec::new();
    for source in &args.soil {
        ensure!(!seen.contains(&source.property), "--soil says {} twice", source.property.key());
        seen.push(source.property);
    }
    Ok(())
}

/// The one limit that a verb holds its field against, in the unit of the samples.
pub(crate) fn resolve(args: &GuidelineArgs, source: &Source) -> Result<Option<GuidelineRecord>> {
    if let Err(name) = fixed(&args.soil) {
        bail!(
            "--soil takes numbers here, not a column or raster as '{name}': give the site's own number; soilscope map takes \
             rasters, and soilscope check columns"
        );
    }
    Ok(resolve_for_cells(args, source)?.map(|(record, _)| record))
}

/// The same for a map, where each cell can have a limit of its own.
pub(crate) fn resolve_for_cells(
    args: &GuidelineArgs,
    source: &Source,
) -> Result<Option<(GuidelineRecord, Option<CellLimits>)>> {
    let Some(typed) = &args.guideline else { return Ok(None) };
    ensure!(
        !typed.contains(','),
        "--guideline {typed}: a field is held against one limit; give one code, and see several side by side by soilscope \
         thresholds compare"
    );
    let table = Guidelines::open(&args.table)?;
    let (code, analyte) = parts(typed);
    let limit = table.table().limit(code, analyte.unwrap_or(source.analyte()))?;
    refuse_idle_soil(&[&limit], &args.soil)?;
    let record = source.record();
    let in_unit = |entry| in_unit_of(&limit, entry, record.unit_in_mg_per_kg, source.unit());
    if let Ok(soil) = fixed(&args.soil) {
        let at = if args.soil.is_empty() { limit.published() } else { limit.at(&soil) }.map_err(with_remedy)?;
        let factor = in_unit(at.entry)?;
        let record =
            GuidelineRecord::new(table.version(), source.analyte(), &at, &soil, factor, source.unit(), args.basis);
        return Ok(Some((record, None)));
    }
    for property in limit.depends_on() {
        ensure!(
            args.soil.iter().any(|given| given.property == property),
            "{} for {} depends on {} too: say it by --soil {}=, as a number or a raster",
            limit.code(),
            limit.analyte(),
            property.words(),
            property.key()
        );
    }
    let everywhere = everywhere(&args.soil);
    let factor = in_unit(limit.entries()[0])?;
    let (analyte, unit) = (source.analyte(), source.unit());
    let record = GuidelineRecord::of_cells(table.version(), analyte, &limit, &everywhere, &args.soil, unit, args.basis);
    let cells = CellLimits::open(limit, &args.soil, everywhere, factor, source)?;
    Ok(Some((record, Some(cells))))
}

/// Whether a limit asks anything of a property of the soil.
fn looks_at(limit: &Limit<'_>, property: Property) -> bool {
    limit.depends_on().contains(&property) || limit.entries().iter().any(|entry| entry.when.words(property).is_some())
}

/// Whether what is given of the soil chooses or computes a limit: a formula takes all that it needs, or the limit is that of
/// the act's standard soil.
pub(crate) fn is_used(limit: &Limit<'_>, gives: impl Fn(Property) -> bool) -> bool {
    let needs = limit.entries().iter().filter_map(|entry| entry.when.correction).flat_map(|c| c.needs());
    Property::ALL.into_iter().any(|p| gives(p) && looks_at(limit, p)) && needs.into_iter().all(&gives)
}

/// The same options for each of several analytes: with the properties of the soil that its limit looks at. One that no limit
/// looks at is refused, and analytes without a limit are.
pub(crate) fn of_each(args: &GuidelineArgs, names: &[String]) -> Result<Vec<GuidelineArgs>> {
    let Some(typed) = &args.guideline else { return Ok(vec![args.clone(); names.len()]) };
    let table = Guidelines::open(&args.table)?;
    let mut of_names: Vec<Vec<Limit<'_>>> = vec![Vec::new(); names.len()];
    for typed in codes::codes(typed)? {
        for (limits, limit) in of_names.iter_mut().zip(of_one_code(&table, typed, names)?) {
            limits.push(limit);
        }
    }
    refuse_idle_soil(&of_names.iter().flatten().collect::<Vec<_>>(), &args.soil)?;
    let own = |limits: &Vec<Limit<'_>>| GuidelineArgs {
        soil: args.soil.iter().filter(|s| limits.iter().any(|limit| looks_at(limit, s.property))).cloned().collect(),
        ..args.clone()
    };
    Ok(of_names.iter().map(own).collect())
}

/// The limits of one code, for each of several analytes.
fn of_one_code(table: &Guidelines, typed: &str, names: &[String]) -> Result<Vec<Limit<'static>>> {
    let (code, analyte) = parts(typed);
    if let Some(analyte) = analyte {
        bail!("--guideline {typed}: of several analytes each is held against its own limit; leave out ':{analyte}'");
    }
    let limits: Vec<_> = names.iter().map(|name| table.table().limit(code, name)).collect();
    let with: Vec<&str> =
        names.iter().zip(&limits).filter(|(_, limit)| limit.is_ok()).map(|(name, _)| name.as_str()).collect();
    if !with.is_empty() && with.len() < names.len() {
        let without: Vec<&str> = names.iter().map(String::as_str).filter(|name| !with.contains(name)).collect();
        bail!(
            "--guideline {code} has no limit for {}; of the analytes asked for it has one for {}: leave the others out, or give \
             each its own by --threshold NAME=VALUE,…",
            without.join(", "),
            with.join(", ")
        );
    }
    Ok(limits.into_iter().collect::<Result<Vec<_>, _>>()?)
}

/// Properties of the soil that none of the limits looks at would have no effect, and so would one that is not enough for the
/// formula of any of them.
pub(crate) fn refuse_idle_soil(limits: &[&Limit<'_>], given: &[SoilSource]) -> Result<()> {
    let gives = |property: Property| given.iter().any(|source| source.property == property);
    for property in given.iter().map(|source| source.property) {
        let looking: Vec<_> = limits.iter().filter(|limit| looks_at(limit, property)).collect();
        let Some(first) = looking.first() else {
            let why = match limits {
                [only] => format!("the limit {} for {} does not depend on it", only.code(), only.analyte()),
                _ => "none of these limits depends on it".to_owned(),
            };
            return refuse_idle(&[&format!("--soil {}", property.key())], &why);
        };
        if looking.iter().any(|limit| is_used(limit, gives)) {
            continue;
        }
        if let Some(missing) = first.depends_on().into_iter().find(|&p| !gives(p)) {
            bail!(
                "--soil {} would have no effect: {} for {} depends on {} too, and {} is not known; say it by --soil {}={}",
                property.key(),
                first.code(),
                first.analyte(),
                missing.words(),
                missing.words(),
                missing.key(),
                example(missing)
            );
        }
    }
    Ok(())
}

/// A value of a property, for a message.
fn example(property: Property) -> &'static str {
    match property {
        Property::Texture => "sand",
        Property::Ph | Property::PhKcl => "6.2",
        _ => "10",
    }
}

/// Says which option a missing property is for.
pub(crate) fn with_remedy(error: ThresholdError) -> anyhow::Error {
    match &error {
        ThresholdError::NeedsSoil { missing, .. } => {
            anyhow!("{error}; say it by --soil {}={}", missing.key(), example(*missing))
        }
        _ => error.into(),
    }
}

/// What to multiply a limit with to have it in the unit of data.
pub(crate) fn in_unit_of(
    limit: &Limit<'_>,
    entry: &Entry,
    unit_in_mg_per_kg: Option<f64>,
    unit: Option<&str>,
) -> Result<f64> {
    let name = format!("{} for {}", limit.code(), limit.analyte());
    if entry.when.other_matrix {
        bail!("{name} is no limit of soil: {}", entry.conditions);
    }
    let Some(own) = entry.unit_kind.in_mg_per_kg() else {
        bail!("{name} is in {}: {}", entry.unit, entry.unit_kind.why_not());
    };
    match (unit_in_mg_per_kg, unit) {
        (Some(theirs), _) => Ok(own / theirs),
        (None, Some(unit)) => {
            bail!("{name} is in {}, and the samples are in {unit}, which is no mass fraction", entry.unit)
        }
        (None, None) => {
            bail!("{name} is in {}, and the unit of the samples is not known: state it by --unit", entry.unit)
        }
    }
}

//! Which columns a table has: one row for each result (long), or one for each specimen (wide), and where each field is found.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::tables;

use super::extension::Extension;
use super::number::{self, Decimal, Parsed};
use super::source::Table;

macro_rules! fields {
    ($($field:ident $name:literal,)*) => {
        /// Fields of the long table, and some that it has no place for and a judge asks for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Field { $($field,)* }

        /// Their names, in the order of the variants.
        pub(super) const NAMES: &[&str] = &[$($name,)*];

        const ALL: &[Field] = &[$(Field::$field,)*];
    };
}

fields! {
    RecordId "record_id", SiteCode "site_code", PlotCode "plot_code", ProfileCode "profile_code", PlotType "plot_type",
    ElementType "element_type", SpecimenCode "specimen_code", Longitude "longitude", Latitude "latitude", X "x", Y "y",
    Crs "crs", PositionalAccuracy "positional_accuracy_m", AdminUnit "admin_unit", Country "country",
    SamplingDate "sampling_date", DatePrecision "date_precision", UpperDepth "upper_depth_cm",
    LowerDepth "lower_depth_cm", AnalyteCode "analyte_code", CasNumber "cas_number", Value "value", Censor "censor",
    ValueLow "value_low", ValueHigh "value_high", Unit "unit", Basis "basis", DryMatter "dry_matter_pct", Lod "lod",
    Loq "loq", Uol "uol", UncertaintyExpanded "uncertainty_expanded", UncertaintyRelative "uncertainty_rel_pct",
    CoverageFactor "coverage_factor", ExtractionCode "extraction_code", DeterminationCode "determination_code",
    Laboratory "laboratory", QcType "qc_type", QcParent "qc_parent", QcFlag "qc_flag", DataOwner "data_owner", Licence "licence",
    AccessLevel "access_level", Remark "remark", CertifiedValue "certified_value", SumMembers "sum_members",
    SumCensoredRule "sum_censored_rule", HarmonisedGroup "harmonised_group",
}

/// Names of a node's export for fields of ours (specification, section 4.6).
const ALIASES: [(&str, &str); 2] = [("upper_depth", "upper_depth_cm"), ("lower_depth", "lower_depth_cm")];

/// Suffixes of companion columns and the fields they give.
const COMPANIONS: [(&str, Field); 6] = [
    ("__lod", Field::Lod),
    ("__loq", Field::Loq),
    ("__censor", Field::Censor),
    ("__unc", Field::UncertaintyExpanded),
    ("__ext", Field::ExtractionCode),
    ("__flag", Field::QcFlag),
];

/// Whether `name` is one the specification gives to a column.
pub(super) fn is_known(name: &str) -> bool {
    let name = name.trim();
    let named = |n: &str| NAMES.contains(&n) || schema_fields().contains(n) || ALIASES.iter().any(|(a, _)| *a == n);
    named(name) || named(&name.to_ascii_lowercase())
}

/// Names of all fields of the long table.
fn schema_fields() -> &'static BTreeSet<&'static str> {
    static FIELDS: std::sync::LazyLock<BTreeSet<&'static str>> = std::sync::LazyLock::new(|| {
        let fields = tables::long_schema()["fields"].as_array();
        fields.into_iter().flatten().filter_map(|f| f["name"].as_str()).collect()
    });
    &FIELDS
}

/// The fields that the long table requires, in its order.
pub(super) fn required() -> Vec<&'static str> {
    let fields = tables::long_schema()["fields"].as_array();
    fields.into_iter().flatten().filter(|f| f["required"] == true).filter_map(|f| f["name"].as_str()).collect()
}

/// How rows stand for results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// One row for each result.
    Long,
    /// One row for each specimen.
    Wide,
    /// Places without results.
    Places,
}

/// From where a field of a result comes; the first that is not empty counts.
#[derive(Clone, Debug)]
enum Origin {
    Column(usize),
    Fixed(String),
}

/// Where the fields of a result are found: once for a long table, once for each analyte column of a wide one.
#[derive(Clone, Debug)]
pub(super) struct Slots {
    of: Vec<Vec<Origin>>,
    /// The column that holds the value.
    pub value: Option<usize>,
    /// Its name.
    pub label: String,
}

/// The columns of a table.
#[derive(Debug)]
pub(super) struct Layout {
    /// Long, wide, or places only.
    pub shape: Shape,
    /// The results of a row; empty where there are none.
    pub results: Vec<Slots>,
    /// The fields of a row that are not of one result.
    pub base: Slots,
    /// Names in wide headers that look like analytes and are none.
    pub strange: Vec<String>,
    decimals: Vec<Decimal>,
}

impl Layout {
    /// The layout of `table`, whose side file (`.columns.json`) says `side`.
    pub(super) fn of(table: &Table, side: &Map<String, Value>, extension: &Extension, fao: bool) -> Self {
        let named = |name: &str| position(&table.header, name);
        let base = Slots {
            of: NAMES
                .iter()
                .map(|name| {
                    let alias = ALIASES.iter().find(|(_, ours)| ours == name).and_then(|(alias, _)| named(alias));
                    let mut origins: Vec<Origin> = named(name).or(alias).map(Origin::Column).into_iter().collect();
                    origins.extend(fixed(side.get(*name)));
                    origins
                })
                .collect(),
            value: named("value"),
            label: "value".to_owned(),
        };
        let long = named("analyte_code").is_some() || named("value").is_some();
        let (mut results, mut strange) = (Vec::new(), Vec::new());
        if long {
            results.push(base.clone());
        } else {
            for (i, header) in table.header.iter().enumerate() {
                match wide_column(header, side, extension, fao) {
                    Some(Wide::Analyte(found)) => results.push(slots(table, side, extension, &base, i, &found)),
                    Some(Wide::Strange) => strange.push(header.clone()),
                    None => {}
                }
            }
            strange.extend(table.header.iter().filter_map(|h| orphan(h, &table.header, side, extension)));
        }
        let shape = match (long, results.is_empty() && strange.is_empty()) {
            (true, _) => Shape::Long,
            (false, false) => Shape::Wide,
            (false, true) => Shape::Places,
        };
        let rows = table.cells.len();
        let decimals = (0..table.header.len())
            .map(|c| match table.may_have_decimal_commas {
                true => number::manner((0..rows).map(|r| table.cells.get(r, c))),
                false => Decimal::Point,
            })
            .collect();
        Self { shape, results, base, strange, decimals }
    }

    /// Whether any origin gives this field to rows.
    pub(super) fn has(&self, field: Field) -> bool {
        !self.base.of[field as usize].is_empty()
    }

    /// A trimmed cell, empty where it stands for nothing.
    pub(super) fn get<'a>(&'a self, table: &'a Table, row: usize, slots: &'a Slots, field: Field) -> &'a str {
        self.find(table, row, slots, field).0
    }

    fn find<'a>(&'a self, table: &'a Table, row: usize, slots: &'a Slots, field: Field) -> (&'a str, Decimal) {
        for origin in &slots.of[field as usize] {
            let (cell, decimal) = match origin {
                Origin::Column(c) => (table.cells.get(row, *c).trim(), self.decimals[*c]),
                Origin::Fixed(text) => (text.as_str(), Decimal::Point),
            };
            if !number::is_null(cell) {
                return (cell, decimal);
            }
        }
        ("", Decimal::Point)
    }

    /// A field of the row itself.
    pub(super) fn text<'a>(&'a self, table: &'a Table, row: usize, field: Field) -> &'a str {
        self.get(table, row, &self.base, field)
    }

    /// A field read as a number; `None` where it stands for nothing.
    pub(super) fn number(&self, table: &Table, row: usize, slots: &Slots, field: Field) -> Option<Parsed> {
        let (cell, decimal) = self.find(table, row, slots, field);
        (!cell.is_empty()).then(|| number::parse(cell, decimal))
    }

    /// The manner of numbers in a column.
    pub(super) fn decimal(&self, column: Option<usize>) -> Decimal {
        column.map_or(Decimal::Point, |c| self.decimals[c])
    }
}

/// The column of this name, exactly or but for case.
fn position(header: &[String], name: &str) -> Option<usize> {
    let exact = |name: &str| header.iter().position(|h| h == name);
    let but_for_case = || header.iter().position(|h| h.eq_ignore_ascii_case(name));
    exact(name).or_else(|| match name {
        // Yttrium is no coordinate: capitals are, where both stand.
        "x" | "y" => (exact("X").is_some() && exact("Y").is_some()).then(but_for_case).flatten(),
        _ => but_for_case(),
    })
}

fn fixed(value: Option<&Value>) -> Option<Origin> {
    match value? {
        Value::String(s) => Some(Origin::Fixed(s.trim().to_owned())),
        Value::Number(n) => Some(Origin::Fixed(n.to_string())),
        _ => None,
    }
}

/// What a column of a wide table is.
enum Wide {
    Analyte(Found),
    /// Has the form of an analyte's column, but no table knows the code.
    Strange,
}

struct Found {
    code: String,
    unit: Option<String>,
    extraction: Option<String>,
}

/// What the side file says of one column, by its whole name or by its code.
fn of_column<'a>(side: &'a Map<String, Value>, header: &str, code: &str) -> Vec<&'a Map<String, Value>> {
    let columns = side.get("columns").and_then(Value::as_object);
    [header, code]
        .iter()
        .flat_map(|key| [columns.and_then(|c| c.get(*key)), side.get(*key)])
        .flatten()
        .filter_map(Value::as_object)
        .collect()
}

fn wide_column(header: &str, side: &Map<String, Value>, extension: &Extension, fao: bool) -> Option<Wide> {
    if header.contains("__") && !fao {
        return None;
    }
    let (code, unit) = match header.split_once('[') {
        Some((code, rest)) => (code.trim(), Some(rest.strip_suffix(']')?.trim().to_owned())),
        None => (header, None),
    };
    let said = of_column(side, header, code);
    let renamed = said.iter().find_map(|m| m.get("analyte_code").and_then(Value::as_str));
    let known = |c: &str| extension.knows(c);
    if let Some(code) = renamed.or_else(|| known(code).then_some(code)) {
        return Some(Wide::Analyte(Found { code: code.to_owned(), unit, extraction: None }));
    }
    if fao && let Some(found) = node_column(header) {
        return Some(Wide::Analyte(found));
    }
    // A unit in brackets, or a code but for its case: somebody meant an analyte. Of one letter it may be anything.
    let but_for_case = |a: &tables::Analyte| code.len() > 1 && a.code.eq_ignore_ascii_case(code);
    let meant = unit.is_some_and(|u| tables::unit_spelt(&u).is_some())
        || (!is_known(code) && tables::analytes().iter().any(but_for_case))
        || !said.is_empty();
    meant.then_some(Wide::Strange)
}

/// A companion whose analyte has no column and no code.
fn orphan(header: &str, all: &[String], side: &Map<String, Value>, extension: &Extension) -> Option<String> {
    let (stem, _) = COMPANIONS.iter().find_map(|(suffix, f)| Some((header.strip_suffix(suffix)?, f)))?;
    let owner = all.iter().any(|h| h == stem || h.split('[').next().is_some_and(|code| code.trim() == stem));
    let renamed = of_column(side, stem, stem).iter().any(|m| m.contains_key("analyte_code"));
    (!extension.knows(stem) && !renamed && (!owner || tables::analyte(stem).is_none())).then(|| stem.to_owned())
}

/// A column of a node's export: a property's id, alone or followed by a procedure's.
fn node_column(header: &str) -> Option<Found> {
    let ids = |a: &'static tables::Analyte| [a.glosis_property_id.as_deref(), a.glosis_extractable_id.as_deref()];
    let split = |id: &str| -> Option<Option<String>> {
        let rest = header.strip_prefix(id)?;
        if rest.is_empty() {
            return Some(None);
        }
        let procedure = rest.trim_start_matches(['_', '-', ':', '|', ' ', '/', '.']);
        if procedure.len() == rest.len() {
            return None;
        }
        // Several of ours share an id of GloSIS; the node knows no more than that one, so "unknown" is what it says there.
        let mut of = tables::procedures().iter().filter(|p| p.glosis_procedure_id.as_deref() == Some(procedure));
        let first = of.clone().next()?;
        Some(Some(of.find(|p| p.stage == "unknown").unwrap_or(first).code.clone()))
    };
    for analyte in tables::analytes() {
        for id in ids(analyte).into_iter().flatten() {
            if let Some(extraction) = split(id) {
                return Some(Found { code: analyte.code.clone(), unit: None, extraction });
            }
        }
    }
    tables::properties().iter().find_map(|p| {
        let id = p.glosis_property_id.as_deref()?;
        // Procedures of properties that are no contaminants stand in no table of ours.
        let rest = header.strip_prefix(id)?;
        let apart = rest.is_empty() || rest.starts_with(['_', '-', ':', '|', ' ']);
        apart.then(|| Found { code: p.code.clone(), unit: None, extraction: None })
    })
}

fn slots(
    table: &Table,
    side: &Map<String, Value>,
    extension: &Extension,
    base: &Slots,
    column: usize,
    found: &Found,
) -> Slots {
    let header = table.header[column].as_str();
    let written = header.split('[').next().unwrap_or(header).trim();
    let mut of: Vec<Vec<Origin>> = vec![Vec::new(); NAMES.len()];
    for (suffix, field) in COMPANIONS {
        let names = [format!("{header}{suffix}"), format!("{written}{suffix}"), format!("{}{suffix}", found.code)];
        let companion = names.iter().find_map(|n| table.header.iter().position(|h| h == n));
        of[field as usize].extend(companion.map(Origin::Column));
    }
    of[Field::AnalyteCode as usize].push(Origin::Fixed(found.code.clone()));
    of[Field::Value as usize].push(Origin::Column(column));
    if let Some(unit) = &found.unit {
        of[Field::Unit as usize].push(Origin::Fixed(unit.clone()));
    }
    if let Some(code) = &found.extraction {
        of[Field::ExtractionCode as usize].push(Origin::Fixed(code.clone()));
    }
    let said: BTreeMap<&str, Origin> = of_column(side, header, written)
        .into_iter()
        .rev()
        .flat_map(|m| m.iter().filter_map(|(k, v)| Some((k.as_str(), fixed(Some(v))?))))
        .collect();
    for (i, name) in NAMES.iter().enumerate() {
        if *name == "analyte_code" || *name == "value" {
            continue;
        }
        of[i].extend(said.get(name).cloned());
        of[i].extend(base.of[i].iter().cloned());
    }
    // Without brackets and side file the unit is that of the table of analytes.
    of[Field::Unit as usize].extend(extension.unit_of(&found.code).map(|u| Origin::Fixed(u.to_owned())));
    Slots { of, value: Some(column), label: header.to_owned() }
}

/// The field of this number.
pub(super) fn field(number: usize) -> Field {
    ALL[number]
}

impl Slots {
    /// Whether any origin gives this field.
    pub(super) fn has(&self, field: Field) -> bool {
        !self.of[field as usize].is_empty()
    }
}

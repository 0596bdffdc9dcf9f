//! Parts of `about.toml` that are more than a text.

use std::collections::BTreeMap;

use super::fields::{Fields, Problems};
use super::{Access, Layer, Privacy};
use crate::tables::{self, Licence};

pub(super) fn layer(fields: &mut Fields<'_>) -> Layer {
    let mut depth = |key| fields.integer(key, 0..=1000).and_then(|cm| u16::try_from(cm).ok());
    let (upper, lower) = (depth("upper_depth_cm"), depth("lower_depth_cm"));
    if let (Some(upper), Some(lower)) = (upper, lower)
        && upper >= lower
    {
        fields.wrong("lower_depth_cm", &lower.to_string(), "below upper_depth_cm");
    }
    let fractions: Vec<String> = tables::hotspot_schema()["properties"]["fraction"]["enum"]
        .as_array()
        .map(|all| all.iter().filter_map(|v| v.as_str().map(ToOwned::to_owned)).collect())
        .unwrap_or_default();
    let fraction = |s: &str| fractions.iter().find(|f| *f == s).cloned();
    let one_of = fractions.join(", ");
    Layer {
        upper,
        lower,
        extraction: fields.optional_as("extraction_code", "a code of procedures.csv such as AR_UNSPEC", |s| {
            tables::procedure(s).map(|p| p.code.clone())
        }),
        fraction: fields.optional_as("fraction", &format!("one of {one_of}"), fraction),
        lineage: fields.text("lineage"),
        harmonisation: fields.text("harmonisation"),
        threshold_source: fields.text("threshold_source"),
        threshold_land_use: fields.text("threshold_land_use"),
        threshold_fraction: fields.optional_as("threshold_fraction", &format!("one of {one_of}"), fraction),
    }
}

pub(super) fn privacy(table: &toml::Table, problems: &mut Problems) -> Option<Privacy> {
    let mut fields = Fields::of(table, "privacy", problems);
    let levels = Access::ALL.map(Access::as_str).join(", ");
    let access = fields.optional_as("access_level", &format!("one of {levels}"), Access::of);
    let access = access.unwrap_or(Access::Restricted);
    let blur = fields.number("location_blur_m", 1.0..=200_000.0);
    let blur_inner = fields.number("location_blur_inner_m", 0.0..=200_000.0).unwrap_or(0.0);
    if blur.is_some_and(|blur| blur_inner >= blur) {
        fields.wrong("location_blur_inner_m", &blur_inner.to_string(), "less than location_blur_m");
    }
    let exact = fields.optional_as("locations", "displaced or exact", |s| match s {
        "displaced" => Some(false),
        "exact" => Some(true),
        _ => None,
    });
    let exact = exact.unwrap_or(false);
    if access == Access::Blurred || access == Access::LocationsOnly && !exact {
        fields.needed("location_blur_m", blur.is_some());
    }
    let privacy = Privacy {
        access,
        blur,
        blur_inner,
        within_unit: fields.boolean("within_admin_unit").unwrap_or(false),
        exact_locations: exact,
        min_group: usize::try_from(fields.integer("min_group", 2..=1_000_000).unwrap_or(5)).ok()?,
        aggregate_cell: fields.number("aggregate_cell_deg", 0.01..=10.0),
        reason: fields.text("reason"),
    };
    fields.finish(problems);
    Some(privacy)
}

pub(super) fn analytes(table: &toml::Table, problems: &mut Problems) -> BTreeMap<String, (Option<String>, Layer)> {
    let mut found = BTreeMap::new();
    let Some(all) = table.get("analyte") else { return found };
    let Some(all) = all.as_table() else {
        problems.wrong("analyte", "no table", "tables [analyte.NAME], NAME being the run's own");
        return found;
    };
    for name in all.keys() {
        let mut fields = Fields::within(all, "analyte", name, problems);
        let code = fields
            .optional_as("code", "a code of analytes.csv such as Zn", |s| tables::analyte(s).map(|a| a.code.clone()));
        let layer = layer(&mut fields);
        fields.finish(problems);
        found.insert(name.clone(), (code, layer));
    }
    found
}

pub(super) fn version(text: &str) -> Option<[u32; 2]> {
    let (major, minor) = text.split_once('.')?;
    let part = |s: &str| (!s.is_empty() && s.bytes().all(|b| b.is_ascii_digit())).then(|| s.parse().ok()).flatten();
    Some([part(major)?, part(minor)?])
}

pub(super) fn licence(text: &str) -> Option<&'static Licence> {
    tables::licences().iter().find(|l| {
        if l.spdx.is_empty() { l.fao_sis_value == text } else { l.spdx == text && !l.fao_sis_value.is_empty() }
    })
}

pub(super) fn mailbox(text: &str) -> Option<String> {
    let (user, host) = text.split_once('@')?;
    let plain =
        |s: &str| !s.is_empty() && s.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+'));
    (plain(user) && plain(host) && host.contains('.')).then(|| text.to_owned())
}

pub(super) fn address(text: &str) -> Option<String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let host = rest.split(['/', '?', '#', ':']).next()?;
    let plain =
        |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '"' | '\'' | '\\' | '`' | '{' | '}' | '^' | '|');
    (host.contains('.') && rest.chars().all(plain) && !rest.contains('@')).then(|| text.to_owned())
}

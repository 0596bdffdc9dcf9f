//! One cell into one field: its words, bounds and codes.

use std::path::Path;

use super::build::Given;
use super::field::asked;
use super::sheet::cell;
use super::value::plain;
use super::{Row, number, write};
use crate::{Result, country, tables};

/// Sets one field, its words and bounds as the schema has them.
pub(super) fn set(built: &mut Row, given: &Given<'_>, path: &Path, row: u64) -> Result<()> {
    let refuse = |reason: &str, remedy: &str| cell(path, row, given.column, given.text, reason, remedy);
    let fix = "correct the cell";
    let asked = asked(given.field);
    let unescaped = write::unescaped(given.text);
    let text = match asked {
        Some(asked) if asked.number => {
            let remedy = "correct the cell, or say decimal in [dialect] of the defaults";
            let text = plain(unescaped, given.comma).map_err(|reason| refuse(&reason, remedy))?;
            let number = number::parse(&text).ok_or_else(|| refuse("is not a finite number", remedy))?;
            if let Some(outside) = asked.outside(number) {
                return Err(refuse(&outside, fix));
            }
            text.into_owned()
        }
        Some(asked) if !asked.words.is_empty() => match asked.word(unescaped) {
            Some(word) => word.to_owned(),
            None => {
                return Err(refuse("is none of the schema's words", &format!("use one of {}", asked.words.join(", "))));
            }
        },
        _ => unescaped.to_owned(),
    };
    let text = match given.field {
        "country" => {
            let capitals = text.to_uppercase();
            let country = country::by_alpha3(&capitals).or_else(|| country::by_alpha2(&capitals));
            country
                .ok_or_else(|| refuse("is no country of ISO 3166-1", "give three capitals, as BTN"))?
                .alpha3
                .to_owned()
        }
        "licence" => licence(&text).ok_or_else(|| refuse("is not in licences.csv", "give an SPDX id, as CC-BY-4.0"))?,
        "crs" if super::epsg(&text).is_none() => {
            return Err(refuse("is not of the form EPSG:4326", "give the EPSG code"));
        }
        _ => text,
    };
    built.set(given.field, &text).map_err(|reason| refuse(&reason, fix))
}

/// The licence that an SPDX id, the name an FAO node has for it, or its address means.
fn licence(text: &str) -> Option<String> {
    let same = |known: &str| !known.is_empty() && known.eq_ignore_ascii_case(text);
    let found = tables::licences().iter().find(|l| same(&l.spdx)).or_else(|| {
        tables::licences().iter().find(|l| same(&l.fao_sis_value) || same(&l.url) || same(l.url.trim_end_matches('/')))
    })?;
    Some(if found.spdx.is_empty() { found.fao_sis_value.clone() } else { found.spdx.clone() })
}

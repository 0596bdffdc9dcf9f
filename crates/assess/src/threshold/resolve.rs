//! From a code as somebody types it to the set it stands for.

use super::code;
use super::entry::{Entry, LandUse};
use super::error::ThresholdError;
use super::spelling::{abbreviates, nearest};
use super::table::{Set, Table};

/// Names of jurisdictions that are no part of their codes.
const ALIASES: [(&str, &str); 3] = [("UK", "GB"), ("USA", "US"), ("FLANDERS", "BE-VLG")];

/// The set of a code; among several only those with a limit for `analyte` count.
pub(super) fn set<'t>(table: &'t Table, typed: &str, analyte: Option<&str>) -> Result<&'t Set, ThresholdError> {
    let parts: Vec<String> = typed.trim().trim_matches('/').split('/').map(|p| p.trim().to_lowercase()).collect();
    let fitting = fitting(table, typed, &parts)?;
    let has = |set: &&Set| analyte.is_none_or(|a| set.rows.iter().any(|&i| table.entries()[i].analyte == a));
    let mut with: Vec<&Set> = fitting.iter().copied().filter(has).collect();
    // Without an analyte a code in full means the set of that code, not those that go on from it.
    if with.len() > 1
        && let Some(whole) = with.iter().position(|set| set.code.to_string().eq_ignore_ascii_case(typed.trim()))
    {
        with = vec![with[whole]];
    }
    match (&with[..], analyte) {
        ([one], _) => Ok(one),
        ([], Some(analyte)) => Err(no_limit(table, typed, analyte, &fitting)),
        (several, _) => Err(ThresholdError::Ambiguous {
            code: typed.to_owned(),
            candidates: several.iter().map(|set| set.code.to_string()).collect(),
        }),
    }
}

/// Sets that the parts fit, part by part; the best way in which a part fits any set decides.
fn fitting<'t>(table: &'t Table, typed: &str, parts: &[String]) -> Result<Vec<&'t Set>, ThresholdError> {
    let mut left: Vec<&Set> = table.sets().iter().collect();
    for (k, part) in parts.iter().enumerate() {
        let fits = left.iter().filter_map(|set| fit(table, set, k, part).map(|way| (way, *set)));
        let fits: Vec<(u8, &Set)> = fits.collect();
        match fits.iter().map(|(way, _)| *way).min() {
            Some(best) => left = fits.into_iter().filter(|(way, _)| *way == best).map(|(_, set)| set).collect(),
            None => return Err(unknown(table, typed, parts, k, &left)),
        }
    }
    Ok(left)
}

/// How well a part of a code fits a set: 0 in full, more for looser; `None` not at all.
fn fit(table: &Table, set: &Set, k: usize, part: &str) -> Option<u8> {
    let own = set.code.parts().get(k)?.to_lowercase();
    if k == 0 {
        let alias = ALIASES.iter().find(|(name, _)| name.eq_ignore_ascii_case(part));
        let meant = alias.map_or_else(|| code::jurisdiction(part), |(_, code)| (*code).to_owned());
        return own.eq_ignore_ascii_case(&meant).then_some(0);
    }
    if own == part {
        return Some(0);
    }
    if part.is_empty() {
        return None;
    }
    if own.starts_with(part) {
        return Some(1);
    }
    if abbreviates(part, &own) {
        return Some(2);
    }
    if k == 2 {
        let harmonised = |entry: &Entry| entry.land_use_code.name() == part;
        if part != LandUse::Any.name() && set.rows.iter().any(|&i| harmonised(&table.entries()[i])) {
            return Some(3);
        }
        if part == LandUse::Any.name() {
            return Some(4);
        }
    }
    // What tells sets apart may be named without what stands before it.
    if k > 2 && set.code.parts()[3..].iter().any(|own| own.starts_with(part)) {
        return Some(5);
    }
    None
}

fn unknown(table: &Table, typed: &str, parts: &[String], k: usize, left: &[&Set]) -> ThresholdError {
    let mut words: Vec<String> = left.iter().filter_map(|set| set.code.parts().get(k).cloned()).collect();
    words.sort_unstable();
    words.dedup();
    let why = match (k, parts[0].as_str()) {
        (0, "who") => {
            "the World Health Organization has no limits for soil; the numbers that go around under its name are not its own"
                .to_owned()
        }
        (0, _) => format!("no jurisdiction has the code or name '{}'; there are {}", parts[0], words.join(", ")),
        (1, _) => format!("{} has no level '{}'; it has {}", parts[0].to_uppercase(), parts[1], words.join(", ")),
        (2, _) => format!("the level has no land use '{}'; it has {}", parts[2], words.join(", ")),
        _ if words.is_empty() => format!("nothing goes on after {}", parts[..k].join("/")),
        _ => format!("'{}' is none of {}", parts[k], words.join(", ")),
    };
    let codes: Vec<String> = table.sets().iter().map(|set| set.code.to_string()).collect();
    let beginnings: Vec<String> =
        left.iter().map(|set| set.code.parts()[..=k.min(set.code.parts().len() - 1)].join("/")).collect();
    let near = nearest(typed, beginnings.iter().map(String::as_str), 3);
    let near = if near.is_empty() { nearest(typed, codes.iter().map(String::as_str), 3) } else { near };
    ThresholdError::Unknown { code: typed.to_owned(), why, nearest: near }
}

fn no_limit(table: &Table, typed: &str, analyte: &str, fitting: &[&Set]) -> ThresholdError {
    let mut has: Vec<String> =
        fitting.iter().flat_map(|set| &set.rows).map(|&i| table.entries()[i].analyte.clone()).collect();
    has.sort_unstable();
    has.dedup();
    let same = |set: &&Set| {
        fitting.iter().any(|f| f.code.jurisdiction() == set.code.jurisdiction() && f.code.level() == set.code.level())
            && set.rows.iter().any(|&i| table.entries()[i].analyte == analyte)
    };
    let others = table.sets().iter().filter(same).map(|set| set.code.to_string()).collect();
    let code = if let [one] = fitting { one.code.to_string() } else { typed.to_owned() };
    ThresholdError::NoLimit { code, analyte: analyte.to_owned(), has, others }
}

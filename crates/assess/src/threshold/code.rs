//! Codes of sets of limits: `NL/intervention/any`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Serialize, Serializer};

use super::entry::Entry;
use super::names::{INSTRUMENTS, JURISDICTIONS, LAND_USES, LEVELS};

/// Code of a set of limits: jurisdiction, level, land use, and what else tells it from others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(Vec<String>);

impl Code {
    pub(super) fn new(parts: Vec<String>) -> Self {
        Self(parts)
    }

    /// Its parts; at least jurisdiction, level and land use.
    pub fn parts(&self) -> &[String] {
        &self.0
    }

    /// Code of the jurisdiction: `NL`, `BE-VLG`.
    pub fn jurisdiction(&self) -> &str {
        &self.0[0]
    }

    /// Short name of the level.
    pub fn level(&self) -> &str {
        &self.0[1]
    }

    /// Short name of the land use.
    pub fn land_use(&self) -> &str {
        &self.0[2]
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("/"))
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A part of a code made of words: small letters and digits, what stands in parentheses left out, all else a hyphen.
///
/// # Examples
/// ```
/// use soilscope_assess::threshold::slug;
/// assert_eq!(slug("Limit value (new) of 2024"), "limit-value-of-2024");
/// ```
pub fn slug(words: &str) -> String {
    let mut depth = 0_usize;
    let mut text = String::new();
    for c in words.chars().flat_map(char::to_lowercase) {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            c if c.is_alphanumeric() => text.push(c),
            _ if text.ends_with('-') || text.is_empty() => {}
            _ => text.push('-'),
        }
    }
    let text = text.trim_end_matches('-');
    if text.is_empty() { "any".to_owned() } else { text.to_owned() }
}

fn short<'a>(names: &[(&str, &'a str)], words: &str) -> Option<&'a str> {
    names.iter().find(|(long, _)| *long == words).map(|(_, short)| *short)
}

/// Code of a jurisdiction, by its name in the built-in table or by that code; any other name stands for itself.
pub(super) fn jurisdiction(name: &str) -> String {
    let known = |code: &&(&str, &str)| code.0.eq_ignore_ascii_case(name) || code.1.eq_ignore_ascii_case(name);
    JURISDICTIONS.iter().find(known).map_or_else(|| slug(name).to_uppercase(), |(_, code)| (*code).to_owned())
}

/// Short name of an instrument, and the year of its title: of another than the built-in ones the first year from 1900 to 2099
/// that it names.
pub(super) fn instrument(name: &str) -> (String, Option<u16>) {
    if let Some((_, short, year)) = INSTRUMENTS.iter().find(|(long, _, _)| *long == name) {
        return ((*short).to_owned(), *year);
    }
    let numbers = name.split(|c: char| !c.is_ascii_digit()).filter(|digits| digits.len() == 4);
    let year = numbers.filter_map(|digits| digits.parse().ok()).find(|year| (1900..2100).contains(year));
    (name.to_owned(), year)
}

pub(super) fn level(words: &str) -> String {
    short(LEVELS, words).map_or_else(|| slug(words), str::to_owned)
}

pub(super) fn land_use(words: &str) -> String {
    short(LAND_USES, words).map_or_else(|| slug(words), str::to_owned)
}

/// Conditions that no property of the soil tells apart, and what they are called in a code.
const WORDS: [(&str, &str); 6] = [
    ("200 mg/kg if grazed by sheep", "other"),
    ("grazed by sheep", "sheep"),
    ("50 mg/kg where soils are temporarily reducing", "other"),
    ("temporarily reducing soils", "reducing"),
    ("bread wheat or vegetable growing", "wheat-vegetables"),
    ("other crops", "other"),
];

/// How the content is measured, in a part of a code.
fn family(entry: &Entry) -> String {
    entry.basis_kind.family().name().to_owned()
}

/// What can tell limits of one analyte apart that share jurisdiction, level, land use and basis, in the order in which it is
/// tried.
fn distinctions() -> [fn(&Entry) -> String; 2] {
    [
        |entry| {
            let words = entry.receptor.replace(['(', ')'], " ");
            slug(words.strip_prefix("ecological: ").unwrap_or(&words))
        },
        |entry| slug(&entry.instrument_name),
    ]
}

/// Gives every entry its code: the three parts, the basis where one analyte has limits of several, more where it would else
/// have two limits for one soil.
///
/// The basis comes before the soil: a content in 0.1 M sodium nitrate is not the content in 2 M nitric acid for another soil,
/// so no property of the soil may choose between them.
pub(super) fn assign(entries: &mut [Entry]) {
    let mut groups: BTreeMap<[String; 3], Vec<usize>> = BTreeMap::new();
    for (i, entry) in entries.iter().enumerate() {
        let key = [jurisdiction(&entry.jurisdiction), level(&entry.level), land_use(&entry.land_use)];
        groups.entry(key).or_default().push(i);
    }
    for (key, members) in groups {
        let bases = |&(a, b): &(usize, usize)| {
            let (one, other) = (&entries[members[a]], &entries[members[b]]);
            one.analyte == other.analyte && family(one) != family(other)
        };
        let several_bases = pairs(members.len()).any(|pair| bases(&pair));
        let basis = |&i: &usize| if several_bases { vec![family(&entries[i])] } else { Vec::new() };
        let mut extra: Vec<Vec<String>> = members.iter().map(basis).collect();
        for distinction in distinctions() {
            let clashes = clashes(entries, &members, &extra);
            let tells =
                clashes.iter().any(|&(a, b)| distinction(&entries[members[a]]) != distinction(&entries[members[b]]));
            if tells {
                extra.iter_mut().zip(&members).for_each(|(extra, &i)| extra.push(distinction(&entries[i])));
            }
        }
        // Words tell rows of one analyte apart; the rest of the set has nothing to do with them.
        let differ = |&(a, b): &(usize, usize)| entries[members[a]].conditions != entries[members[b]].conditions;
        let left: BTreeSet<usize> =
            clashes(entries, &members, &extra).into_iter().filter(differ).flat_map(|(a, b)| [a, b]).collect();
        for k in left {
            let words = &entries[members[k]].conditions;
            let named = WORDS.iter().find(|(condition, _)| condition == words);
            extra[k].push(named.map_or_else(|| slug(words), |(_, name)| (*name).to_owned()));
        }
        for (&i, extra) in members.iter().zip(extra) {
            entries[i].code = Code::new(key.iter().cloned().chain(extra).collect());
        }
    }
}

/// Pairs of members that a code with these parts would not tell apart.
fn clashes(entries: &[Entry], members: &[usize], extra: &[Vec<String>]) -> Vec<(usize, usize)> {
    let clash = |&(a, b): &(usize, usize)| {
        let (one, other) = (&entries[members[a]], &entries[members[b]]);
        extra[a] == extra[b] && one.analyte == other.analyte && one.when.same_soil(&other.when)
    };
    pairs(members.len()).filter(clash).collect()
}

/// Every pair of so many, once.
fn pairs(count: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..count).flat_map(move |a| (a + 1..count).map(move |b| (a, b)))
}

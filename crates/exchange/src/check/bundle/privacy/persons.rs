//! P005 and P009: persons in tables, and their mailboxes in records.

use std::sync::LazyLock;

use regex_lite::Regex;

use crate::check::Findings;
use crate::check::bundle::sqlite::{Cell, Sqlite};
use crate::check::bundle::vector::{Collection, Flat};
use crate::check::bundle::{Facts, Folder};
use crate::check::table::{personal_cell, personal_column};

use super::table::Table;

/// Largest text that is searched for mailboxes, in bytes.
const LARGEST: u64 = 16 << 20;
/// What a mailbox that many read is called, in words.
const ROLES: [&str; 66] = [
    "info",
    "contact",
    "contacts",
    "data",
    "database",
    "soil",
    "soils",
    "sol",
    "boden",
    "suelo",
    "office",
    "admin",
    "administrator",
    "help",
    "helpdesk",
    "support",
    "secretariat",
    "secretary",
    "gis",
    "geo",
    "geodata",
    "geoportal",
    "maps",
    "map",
    "mapping",
    "webmaster",
    "postmaster",
    "hostmaster",
    "library",
    "enquiries",
    "inquiries",
    "enquiry",
    "mail",
    "mailbox",
    "service",
    "services",
    "team",
    "lab",
    "laboratory",
    "department",
    "dept",
    "division",
    "unit",
    "institute",
    "ministry",
    "agency",
    "survey",
    "national",
    "center",
    "centre",
    "research",
    "science",
    "press",
    "media",
    "public",
    "general",
    "publications",
    "metadata",
    "catalogue",
    "catalog",
    "director",
    "privacy",
    "legal",
    "noreply",
    "project",
    "desk",
];
/// Hosts at which persons, not bodies, have mailboxes.
const PRIVATE: [&str; 16] = [
    "gmail.com",
    "googlemail.com",
    "yahoo.com",
    "hotmail.com",
    "outlook.com",
    "live.com",
    "icloud.com",
    "aol.com",
    "gmx.de",
    "gmx.net",
    "web.de",
    "mail.ru",
    "yandex.ru",
    "qq.com",
    "163.com",
    "protonmail.com",
];

/// P005 in tables, attributes of GeoJSON and GeoPackages included. Tables of points are judged as tables.
pub(super) fn tables(folder: &Folder, findings: &mut Findings) {
    let expected = "no names, telephone numbers, parcel numbers or landowners in a published table";
    // Summaries are no tables of samples, which are judged as such.
    let summary = |path: &str| path.rsplit('/').next().is_some_and(|name| name.starts_with("aggregate"));
    let judged_as_tables =
        |path: &str| (path.starts_with("points/") && !summary(path)) || path.starts_with("exports/fao_sis/samples");
    for path in folder.files.keys().filter(|p| p.ends_with(".csv") && !judged_as_tables(p)) {
        let Some(table) = Table::read(folder, path) else { continue };
        for (c, name) in table.header.iter().enumerate() {
            if personal_column(name) {
                findings.add("P005", path, format!("column {}", c + 1), "a column of personal data", expected);
                continue;
            }
            for row in 0..table.rows.len() {
                // What is found is not repeated: a verdict may be published.
                if let Some(found) = personal_cell(name, table.cell(row, Some(c))) {
                    findings.add("P005", path, format!("row {}, column {}", row + 2, c + 1), found, expected);
                }
            }
        }
    }
    for path in folder.matching("", ".gpkg").filter(|path| !judged_as_tables(path)) {
        geopackage(folder, path, expected, findings);
    }
    for path in folder.matching("", ".geojson").filter(|path| !judged_as_tables(path)) {
        let Some(Ok(collection)) = folder.text(path).map(|t| serde_json::from_str::<Collection>(&t)) else { continue };
        for (i, feature) in collection.features.iter().flatten().enumerate() {
            for (name, value) in feature.properties.iter().flatten().flatten() {
                let place = || format!("feature {}", i + 1);
                if personal_column(name) {
                    findings.add("P005", path, place(), "a property of personal data", expected);
                } else if let Flat::Plain(serde_json::Value::String(text)) = value
                    && let Some(found) = personal_cell(name, text)
                {
                    findings.add("P005", path, place(), found, expected);
                }
            }
        }
    }
}

/// P005 in the tables of a GeoPackage; one that cannot be read is V007's.
fn geopackage(folder: &Folder, path: &str, expected: &str, findings: &mut Findings) {
    let Ok(file) = Sqlite::read(folder, path) else { return };
    let own = |name: &str| ["gpkg_", "sqlite_", "rtree_"].iter().any(|prefix| name.starts_with(prefix));
    for entry in file.schema.iter().filter(|e| e.kind == "table" && !own(&e.name)) {
        let Ok((names, rows)) = file.all(&entry.name) else { continue };
        for (c, name) in names.iter().enumerate() {
            if personal_column(name) {
                findings.add("P005", path, format!("column {}", c + 1), "a column of personal data", expected);
                continue;
            }
            for (r, row) in rows.iter().enumerate() {
                let Some(Cell::Text(text)) = row.get(c) else { continue };
                if let Some(found) = personal_cell(name, text) {
                    findings.add("P005", path, format!("row {}, column {}", r + 1, c + 1), found, expected);
                }
            }
        }
    }
}

/// P009, in what the bundle publishes about itself.
pub(super) fn mailboxes(folder: &Folder, facts: &Facts<'_>, findings: &mut Findings) {
    static MAIL: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"([A-Za-z0-9][A-Za-z0-9._%+-]{0,63})@([A-Za-z0-9][A-Za-z0-9-]*(\.[A-Za-z0-9-]+)+)")
            .expect("a pattern of this file")
    });
    let ends = [".xml", ".json", ".jsonld", ".txt", ".md", ".html", ".qml", ".sld"];
    let mut judged = 0;
    for (path, size) in folder.files.iter().filter(|(p, _)| ends.iter().any(|e| p.ends_with(e))) {
        let Some(text) = folder.text(path).filter(|_| *size <= LARGEST) else { continue };
        judged += 1;
        let names = named(&text);
        for mail in MAIL.captures_iter(&text) {
            let (local, host) = (&mail[1], mail[2].to_ascii_lowercase());
            if is_personal(local, &host, &names) {
                let line = text[..mail.get(0).map_or(0, |m| m.start())].matches('\n').count() + 1;
                findings.add(
                    "P009",
                    path,
                    format!("line {line}"),
                    format!("a personal mailbox at {}", super::super::shown::shown(&host)),
                    "a role mailbox",
                );
            }
        }
    }
    if judged == 0 {
        facts.skip("P009", "the bundle has no metadata");
    }
}

/// Words of the persons that a record names.
fn named(text: &str) -> Vec<String> {
    static NAME: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"individualName>\s*<[^>]*CharacterString>([^<]{1,100})<").expect("a pattern of this file")
    });
    let words = NAME
        .captures_iter(text)
        .flat_map(|c| c[1].split(|c: char| !c.is_alphabetic()).map(str::to_lowercase).collect::<Vec<_>>());
    words.filter(|w| w.chars().count() >= 3).collect()
}

/// Whether a mailbox looks like one person's: two words as of a name (`jean.dupont`, `j.dupont`), a name that the record has, or a
/// mailbox at a host of private persons that is called nothing else.
fn is_personal(local: &str, host: &str, names: &[String]) -> bool {
    let local = local.to_lowercase();
    let words: Vec<&str> = local.split(['.', '-', '_', '+']).filter(|w| !w.is_empty()).collect();
    let role = |w: &&str| ROLES.contains(w) || host.split('.').next() == Some(*w);
    if words.iter().any(role) || ROLES.iter().any(|r| r.len() >= 4 && words.iter().any(|w| w.contains(r))) {
        return false;
    }
    let word = |w: &&str| w.chars().all(char::is_alphabetic);
    let of_record = names.iter().any(|n| words.iter().any(|w| w.contains(n.as_str())));
    let two = local.contains(['.', '_']) && words.len() == 2 && words.iter().all(word) && words[1].chars().count() >= 2;
    of_record || two || PRIVATE.contains(&host)
}

#[cfg(test)]
mod tests {
    use super::is_personal;

    #[test]
    fn mailboxes_of_persons_and_of_roles() {
        let of = |mail: &str| {
            let (local, host) = mail.split_once('@').unwrap();
            is_personal(local, host, &["dupont".to_owned()])
        };
        for mail in [
            "jean.martin@example.org",
            "j.martin@example.org",
            "anna_weber@institute.lu",
            "jdupont@example.org",
            "someone77@gmail.com",
        ] {
            assert!(of(mail), "{mail}");
        }
        for mail in [
            "soil-data@example.org",
            "info@gmail.com",
            "contact@moa.gov.bt",
            "nssc@moal.gov.bt",
            "gsp-secretariat@fao.org",
            "soil.survey@example.org",
            "data.office@x.int",
            "soilmaps2024@example.org",
        ] {
            assert!(!of(mail), "{mail}");
        }
    }
}

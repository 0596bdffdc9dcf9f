//! Rights and persons: P001 and P005.
//!
//! What is found is never repeated: a report of the judge may be published itself.

use std::sync::LazyLock;

use regex_lite::Regex;

use crate::tables;

use super::Purpose;
use super::columns::{self, Field};
use super::context::Judge;
use super::number::{self, Decimal, shown};
use super::place::Row;

pub(super) fn judge(judge: &mut Judge<'_>, rows: &[Row<'_>]) {
    licences(judge, rows);
    if judge.options.purpose == Purpose::Samples {
        judge.skip("P005", "the table is the producer's own; it is judged once it is published");
        return;
    }
    persons(judge);
}

/// P001.
fn licences(judge: &mut Judge<'_>, rows: &[Row<'_>]) {
    if judge.options.fao_export {
        judge.skip("P001", "the export has no column of licences; its metadata have them");
        return;
    }
    let expected = "a licence of licences.csv";
    if !judge.layout.has(Field::Licence) {
        judge.add("P001", "row 1".to_owned(), "no licence", expected);
        return;
    }
    // The mark of the public domain has no SPDX identifier, so that its name at the node counts too.
    let known = |cell: &str| tables::licences().iter().any(|l| l.spdx == cell || l.fao_sis_value == cell);
    for i in 0..rows.len() {
        let cell = judge.text(i, Field::Licence);
        if cell.is_empty() || !known(cell) {
            let found = if cell.is_empty() { "no licence".to_owned() } else { shown(cell) };
            judge.add("P001", judge.cell(i, "licence"), &found, expected);
        }
    }
}

/// Names of columns that hold persons, parcels or ways to reach somebody, whatever is in them.
const PERSONAL: &str = r"(?x)
    (^|_)(land_?owner|landowners?|owner_?name|owners?|farmer|farmers|tenant|tenants|leaseholder|grower|sampler|sampled_by
    |collected_by|collector|surveyor|observer|analyst|honorific_title|honorific|surname|first_?name|last_?name|family_?name
    |given_?name|full_?name|contact_?person|contact_?name|farmer_?name|telephone|phone|phone_?number|tel|mobile|cell_?phone
    |fax|email|e_?mail|mail|street|street_?address|house_?number|postal_?address|parcel|parcel_?(id|no|nr|number|code)
    |cadastre|cadastral\w*|land_?registry\w*|title_?deed|eigent(ü|ue|u)mer|besitzer|p(ä|ae|a)chter|landwirt|bewirtschafter
    |telefon|handy|flurst(ü|ue|u)ck\w*|parzelle\w*|nachname|vorname|propri(é|e)taire|exploitant|agriculteur|fermier|t(é|e)l(é|e)phone
    |courriel|parcelle|parcela|pr(é|e)nom|propietario|agricultor|tel(é|e)fono|correo|apellidos?|propriet(á|a)rio|telefone)
    (_(name|no|nr|number|id|code|phone|tel|email|address))?$";

/// Names of columns that may hold a person or an organisation, a site or a village: their cells decide.
const PERHAPS: &str =
    r"(^|_)(name|names|nom|nombre|contact|contacts|operator|responsible|person|author|address|adresse)$";

/// Columns that are codes, numbers or lists of the specification: no cell of theirs is free text.
const CODES: [&str; 12] = [
    "crs",
    "country",
    "analyte_code",
    "cas_number",
    "censor",
    "unit",
    "basis",
    "extraction_code",
    "determination_code",
    "licence",
    "access_level",
    "land_use",
];

struct Patterns {
    personal: Regex,
    perhaps: Regex,
    /// A number that can be dialled, and one that is said to be.
    telephone: [Regex; 2],
    parcel: Regex,
    titled: Regex,
    said: Regex,
    mailbox: Regex,
    person: Regex,
    body: Regex,
}

fn patterns() -> &'static Patterns {
    static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
        let regex = |text: &str| Regex::new(text).unwrap_or_else(|e| panic!("the pattern {text}: {e}"));
        Patterns {
            personal: regex(PERSONAL),
            perhaps: regex(PERHAPS),
            telephone: [
                regex(r"(^|[\s,;:(])\+[1-9]\d{0,2}[\s./()-]{0,2}\d([\s./()-]{0,2}\d){5,12}($|[^\d.])"),
                regex(
                    r"(?i)(^|[^a-zé])(tel|phone|telephone|telefon|telefone|téléphone|teléfono|mobile|handy|fax|gsm)([^a-zé0-9+(]{0,4}(no|nr|number))?[^a-z0-9+(]{0,4}[+(]?\d([\s./()-]{0,2}\d){4,14}",
                ),
            ],
            parcel: regex(
                r"(?i)(^|[^a-z])(parcel|parcelle|parcela|parzelle|flurstück|flurstueck|cadastral (parcel|lot|number|unit)|cadastre|land registry)\W{0,3}((no|nr|n°|number|num|id)\W{0,3})?\d",
            ),
            titled: regex(
                r"(^|[\s,;:(])(Mr|Mrs|Ms|Miss|Dr|Prof|Herr|Frau|Mme|Mlle|Monsieur|Madame|Sr|Sra|Señor|Señora)\.?\s+(von |van |de |la )?[A-ZÄÖÜÉÈÁÍÓÚÑÇ][a-zäöüéèáíóúñç'’-]+",
            ),
            said: regex(
                r"(^|[^A-Za-z_])(?i:land ?owner|owner|farmer|tenant|owned by|property of|sampled by|propriétaire|eigentümer|pächter|propietario)\s*(is|:|=|,)?\s+[A-ZÄÖÜÉ][a-zäöüéèáíóúñç'’-]+",
            ),
            mailbox: regex(r"(^|[^A-Za-z0-9._-])[A-Za-z]{1,30}\.[A-Za-z]{2,30}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"),
            person: regex(
                r"^([A-ZÄÖÜÉ][a-zäöüéèáíóúñç'’-]+|[A-Z]\.)(\s+(von|van|de|la|der|den|[A-Z]\.))*(\s+[A-ZÄÖÜÉ][a-zäöüéèáíóúñç'’-]+){1,2}$",
            ),
            body: regex(
                r"(?i)(institut|universi|laborator|labor|ministr|agency|agence|service|survey|department|office|centre|center|gmbh|ltd|inc|sarl|association|station|farm|forest|field|site|plot|valley|river|mount|north|south|east|west|saint|sankt|demo|project|programme|campaign)",
            ),
        }
    });
    &PATTERNS
}

/// A header as patterns know it: lower case, words joined by `_`.
fn normalised(header: &str) -> String {
    let mut out = String::with_capacity(header.len());
    let mut before = ' ';
    for c in header.chars() {
        if c.is_alphanumeric() {
            if c.is_uppercase() && before.is_lowercase() {
                out.push('_');
            }
            out.extend(c.to_lowercase());
        } else if !out.ends_with('_') && !out.is_empty() {
            out.push('_');
        }
        before = c;
    }
    out.trim_end_matches('_').to_owned()
}

/// P005.
fn persons(judge: &mut Judge<'_>) {
    let p = patterns();
    let expected = "no names, telephone numbers, parcel numbers or landowners in a published table";
    let of_results: Vec<usize> = judge.layout.results.iter().filter_map(|s| s.value).collect();
    for (c, header) in judge.table.header.iter().enumerate() {
        let name = normalised(header);
        let ours = columns::is_known(header);
        if !ours && p.personal.is_match(&name) {
            judge.add("P005", format!("column {}", shown(header)), "a column of personal data", expected);
            continue;
        }
        if of_results.contains(&c) || CODES.contains(&name.as_str()) {
            continue;
        }
        let perhaps = !ours && p.perhaps.is_match(&name);
        // Codes of ours may look like anything, and names of organisations are wanted.
        let code = ours && name.ends_with("_code");
        for row in 0..judge.table.cells.len() {
            let cell = judge.table.cells.get(row, c).trim();
            if cell.len() < 5 || cell.len() > 4096 || number::parse(cell, Decimal::Point).any().is_some() {
                continue;
            }
            if let Some(found) = in_cell(cell, code, perhaps) {
                judge.add("P005", judge.cell(row, header), found, expected);
            }
        }
    }
}

/// Whether a column of this name is of personal data, whatever is in it.
pub(in crate::check) fn personal_column(header: &str) -> bool {
    !columns::is_known(header) && patterns().personal.is_match(&normalised(header))
}

/// What of a person a cell of a column of this name tells, if anything.
pub(in crate::check) fn personal_cell(header: &str, cell: &str) -> Option<&'static str> {
    let (name, ours, cell) = (normalised(header), columns::is_known(header), cell.trim());
    let number = || number::parse(cell, Decimal::Point).any().is_some();
    if CODES.contains(&name.as_str()) || cell.len() < 5 || cell.len() > 4096 || number() {
        return None;
    }
    in_cell(cell, ours && name.ends_with("_code"), !ours && patterns().perhaps.is_match(&name))
}

/// What of a person a cell tells.
fn in_cell(cell: &str, code: bool, perhaps: bool) -> Option<&'static str> {
    let p = patterns();
    // Any of the patterns needs a letter or a plus.
    if !cell.bytes().any(|b| b.is_ascii_alphabetic() || b == b'+' || b >= 0x80) || number::date(cell).is_some() {
        return None;
    }
    if p.mailbox.is_match(cell) {
        return Some("a mailbox with a person's name");
    }
    if p.titled.is_match(cell) {
        return Some("a person's name");
    }
    if code {
        return None;
    }
    if p.telephone.iter().any(|t| t.is_match(cell)) {
        return Some("a telephone number");
    }
    if p.parcel.is_match(cell) {
        return Some("a parcel number");
    }
    if p.said.is_match(cell) {
        return Some("a landowner or another person");
    }
    if perhaps && p.person.is_match(cell) && !p.body.is_match(cell) {
        return Some("what looks like a person's name");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_persons_are_told_from_those_of_organisations() {
        let personal = |h: &str| !columns::is_known(h) && patterns().personal.is_match(&normalised(h));
        for header in [
            "landowner",
            "Land owner",
            "owner_name",
            "OwnerName",
            "owner",
            "farmer",
            "Telephone",
            "phone no",
            "e-mail",
            "Email",
            "parcel_number",
            "Parcel ID",
            "cadastral_ref",
            "Eigentümer",
            "propriétaire",
            "sampler",
            "surname",
            "contact_person",
            "farmer_phone",
            "Flurstücksnummer",
        ] {
            assert!(personal(header), "{header}");
        }
        for header in [
            "data_owner",
            "laboratory",
            "site_code",
            "project_name",
            "name",
            "ownership_type",
            "telluride",
            "Te",
            "remark",
            "location_method",
            "mobility",
            "parcel_area_m2",
            "farming_system",
            "telemetry",
            "value",
            "faxian",
        ] {
            assert!(!personal(header), "{header}");
        }
    }

    #[test]
    fn cells_that_tell_of_persons_are_found_and_others_are_not() {
        for cell in [
            "call +352 26 12 34 56",
            "+49 (0)30 1234567",
            "tel. 26123456",
            "Phone: (030) 123 456",
            "Mr Jean Dupont",
            "Frau Müller",
            "landowner: Weber",
            "owned by Schmit",
            "parcel no. 1234/56",
            "Flurstück 77",
            "jean.dupont@example.org",
            "sampled by Anna",
        ] {
            assert!(in_cell(cell, false, false).is_some(), "{cell}");
        }
        for cell in [
            "2024-05-27",
            "+0.5",
            "ISO/IEC 17025",
            "EPSG:2169",
            "plot near the hotel 12",
            "A-2024-001",
            "0-20 cm",
            "CC-BY-4.0",
            "soil@example.org",
            "+/- 5 m accuracy",
            "Demo Institute",
            "depth +10 to +20 cm",
            "intel 12345678",
            "recovered at 26 12 34 56",
            "owner unknown",
            "parcel of arable land",
            "NIST 2711a",
            "batch 20240527-0012",
            "Silt loam",
            "sampled by hand",
        ] {
            assert!(in_cell(cell, false, false).is_none(), "{cell}");
        }
        assert!(in_cell("Jean Dupont", false, true).is_some() && in_cell("Jean Dupont", false, false).is_none());
        assert!(in_cell("Soil Survey Office", false, true).is_none());
    }
}

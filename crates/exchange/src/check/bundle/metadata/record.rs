//! One ISO record, and M001: that it is one.

use std::collections::BTreeSet;

use roxmltree::{Document, Node, ParsingOptions};

use crate::check::Findings;
use crate::check::bundle::shown::shown;
use crate::check::bundle::{Facts, Folder};

use super::schema::{self, Part};

/// Metadata.
pub(super) const GMD: &str = "http://www.isotc211.org/2005/gmd";
/// Basic types.
pub(super) const GCO: &str = "http://www.isotc211.org/2005/gco";
/// Anchors and extended types.
pub(super) const GMX: &str = "http://www.isotc211.org/2005/gmx";
/// Times and coordinate systems, as the schemas of 2007 import it.
pub(super) const GML: &str = "http://www.opengis.net/gml/3.2";
/// Links.
pub(super) const XLINK: &str = "http://www.w3.org/1999/xlink";

/// Largest record that is read, in bytes.
const LARGEST: u64 = 8 << 20;
/// Most nodes of a record.
const MOST_NODES: u32 = 500_000;
/// Deepest element.
const DEEPEST: usize = 100;
/// What it means to be judged here, said in every finding of M001.
const EXPECTED: &str =
    "order and content of the ISO 19139 schemas of 2007 (judged by rules, the schemas themselves are not run)";

/// The text of a record; M001 where it is absent or cannot be read.
pub(super) fn text(folder: &Folder, path: &str, place: &str, findings: &mut Findings) -> Option<String> {
    if !folder.has(path) {
        findings.add("M001", path, place, "absent", "an ISO record of every mapset");
        return None;
    }
    let text = folder.read(path, LARGEST).and_then(|bytes| String::from_utf8(bytes).ok());
    if text.is_none() {
        findings.add("M001", path, place, "no UTF-8, or too large", format!("UTF-8 text of at most {LARGEST} bytes"));
    }
    text
}

/// Its tree; M001 where it does not parse. Entities and document type declarations are refused unread.
pub(super) fn parse<'a>(path: &str, text: &'a str, findings: &mut Findings) -> Option<Document<'a>> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if deeper(text, DEEPEST) {
        findings.add(
            "M001",
            path,
            "",
            format!("elements deeper than {DEEPEST}"),
            "well-formed XML of a metadata record",
        );
        return None;
    }
    match Document::parse_with_options(text, options) {
        Ok(document) => Some(document),
        Err(e) => {
            findings.add(
                "M001",
                path,
                format!("{}", e.pos()),
                shown(&e.to_string()),
                "well-formed XML without a document type declaration",
            );
            None
        }
    }
}

/// Whether open tags outnumber closed ones by more than `most`: said before a parser is asked, which would go as deep as they do.
fn deeper(text: &str, most: usize) -> bool {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(found) = bytes[at..].iter().position(|b| *b == b'<') {
        at += found + 1;
        match bytes.get(at) {
            Some(b'/') => depth = depth.saturating_sub(1),
            Some(b'!' | b'?') | None => {}
            Some(_) => {
                let Some(end) = bytes[at..].iter().position(|b| *b == b'>') else { return false };
                if bytes[at + end - 1] != b'/' {
                    depth += 1;
                }
            }
        }
        if depth > most {
            return true;
        }
    }
    false
}

/// M001, all but presence and parsing; whether it is a metadata record at all.
pub(super) fn judge(path: &str, document: &Document<'_>, findings: &mut Findings) -> bool {
    let root = document.root_element();
    if !root.has_tag_name((GMD, "MD_Metadata")) {
        findings.add("M001", path, "root", shown(root.tag_name().name()), format!("gmd:MD_Metadata of {GMD}"));
        return false;
    }
    let mut ids = BTreeSet::new();
    let mut judge = Judge { path, findings };
    judge.of_type(root, "MD_Metadata");
    for node in root.descendants().filter(Node::is_element) {
        if let Some(id) = node.attributes().find(|a| a.name() == "id" && a.namespace() == Some(GML))
            && !ids.insert(id.value())
        {
            judge.wrong(node, format!("gml:id {} twice", shown(id.value())));
        }
        if node.has_tag_name((GML, "TimePeriod")) {
            judge.period(node);
        }
    }
    true
}

struct Judge<'a> {
    path: &'a str,
    findings: &'a mut Findings,
}

impl Judge<'_> {
    fn wrong(&mut self, node: Node<'_, '_>, found: String) {
        let line = node.document().text_pos_at(node.range().start).row;
        let place = format!("{}, line {line}", shown(node.tag_name().name()));
        self.findings.add("M001", self.path, place, found, EXPECTED);
    }

    /// Children of an object in the order of its type.
    fn of_type(&mut self, node: Node<'_, '_>, name: &str) {
        let Some(parts) = schema::sequence(name) else { return };
        let mut at = 0;
        let mut counts = vec![0_usize; parts.len()];
        for child in node.children().filter(Node::is_element) {
            let tag = child.tag_name();
            // Where it belongs is M010's.
            if tag.name() == "presentationForm" && name != "CI_Citation" {
                continue;
            }
            let found =
                (tag.namespace() == Some(GMD)).then(|| parts.iter().position(|p| p.name == tag.name())).flatten();
            let Some(i) = found else {
                self.wrong(child, format!("{} in {name}", shown(tag.name())));
                continue;
            };
            if i < at {
                self.wrong(child, format!("{} after {} in {name}", parts[i].name, parts[at].name));
            }
            at = at.max(i);
            counts[i] += 1;
            self.property(child, &parts[i]);
        }
        for (part, count) in parts.iter().zip(counts) {
            if count < part.times.least || count > part.times.most {
                self.wrong(node, format!("{count} times {} in {name}", part.name));
            }
        }
    }

    /// What an element holds.
    fn property(&mut self, node: Node<'_, '_>, part: &Part) {
        let inside: Vec<Node<'_, '_>> = node.children().filter(Node::is_element).collect();
        let nil = node.attribute((GCO, "nilReason")).is_some();
        let linked = node.attribute((XLINK, "href")).is_some();
        let inside = match inside[..] {
            // Said to be absent, or somewhere else; whether it may be absent is M002's.
            [] if nil || linked => return,
            [] => return self.wrong(node, format!("{} without content", part.name)),
            [one] => one,
            _ => return self.wrong(node, format!("{} with {} things in it", part.name, inside.len())),
        };
        let tag = inside.tag_name();
        let name = tag.name();
        if part.name == "report" {
            return self.of_type(inside, name);
        }
        if part.holds.is_empty() {
            return;
        }
        let code = part.holds == ["code"];
        let text = part.holds.contains(&"CharacterString")
            && tag.namespace() == Some(GMX)
            && matches!(name, "Anchor" | "FileName" | "MimeFileType");
        let as_code = code && inside.has_attribute("codeListValue");
        if !(text || as_code || part.holds.contains(&name)) {
            return self.wrong(inside, format!("{} in {}", shown(name), part.name));
        }
        if as_code || name == "LanguageCode" || name == "Country" {
            return self.code(inside);
        }
        let space = match name {
            "TimePeriod" | "TimeInstant" => GML,
            "URL" | "MD_TopicCategoryCode" | "MD_PixelOrientationCode" => GMD,
            _ if schema::sequence(name).is_some() || name.contains('_') => GMD,
            _ if text => GMX,
            _ => GCO,
        };
        if tag.namespace() != Some(space) {
            return self
                .wrong(inside, format!("{} of {}", shown(name), shown(tag.namespace().unwrap_or("no namespace"))));
        }
        if !self.leaf(inside, name) {
            self.of_type(inside, name);
        }
    }

    fn code(&mut self, node: Node<'_, '_>) {
        let value = node.attribute("codeListValue").unwrap_or("");
        if node.attribute("codeList").is_none_or(|l| l.trim().is_empty()) || value.trim().is_empty() {
            self.wrong(node, format!("{} without codeList or codeListValue", shown(node.tag_name().name())));
        }
        if node.tag_name().namespace() != Some(GMD) {
            self.wrong(node, format!("{} outside gmd", shown(node.tag_name().name())));
        }
    }

    /// Judges basic types; whether it was one.
    fn leaf(&mut self, node: Node<'_, '_>, name: &str) -> bool {
        let text = node.text().unwrap_or("").trim();
        let stamp = node.parent_element().is_some_and(|p| p.tag_name().name() == "dateStamp");
        let right = match name {
            "Decimal" => decimal(text),
            // XML Schema writes its infinities INF.
            "Real" | "Measure" | "Length" | "Distance" | "Angle" | "Scale" => {
                text.parse::<f64>().is_ok_and(f64::is_finite)
            }
            "Integer" => text.parse::<i64>().is_ok(),
            "Boolean" => matches!(text, "true" | "false" | "1" | "0"),
            "Date" => is_date(text),
            // A bare date in the stamp is M009's.
            "DateTime" => is_time(text) || (stamp && is_date(text)),
            "MD_TopicCategoryCode" => schema::TOPICS.contains(&text),
            "MD_PixelOrientationCode" => {
                matches!(text, "center" | "lowerLeft" | "lowerRight" | "upperRight" | "upperLeft")
            }
            "CharacterString" | "Anchor" | "FileName" | "MimeFileType" | "URL" | "RecordType" => true,
            "MemberName" | "TimePeriod" | "TimeInstant" => return true,
            _ => return false,
        };
        if node.children().any(|c| c.is_element()) {
            self.wrong(node, format!("elements in {name}"));
        } else if !right {
            self.wrong(node, format!("{} as {name}", shown(text)));
        } else if matches!(name, "Measure" | "Length" | "Distance" | "Angle" | "Scale")
            && node.attribute("uom").is_none()
        {
            self.wrong(node, format!("{name} without uom"));
        }
        true
    }

    fn period(&mut self, node: Node<'_, '_>) {
        if node.attribute((GML, "id")).is_none() {
            self.wrong(node, "TimePeriod without gml:id".to_owned());
        }
        let names: Vec<&str> = node.children().filter(Node::is_element).map(|c| c.tag_name().name()).collect();
        let known = ["metaDataProperty", "description", "descriptionReference", "identifier", "name", "relatedTime"];
        let rest: Vec<&str> = names.into_iter().skip_while(|n| known.contains(n)).collect();
        let begins = matches!(rest.first(), Some(&("beginPosition" | "begin")));
        if !begins || !matches!(rest.get(1), Some(&("endPosition" | "end"))) {
            self.wrong(node, "TimePeriod without begin and end, in this order".to_owned());
        }
    }
}

fn decimal(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    !(whole.is_empty() && part.is_empty()) && all(whole) && all(part)
}

/// `2024`, `2024-05` or `2024-05-27`: what `gco:Date` may hold.
pub(super) fn is_date(text: &str) -> bool {
    let digits = |t: &str, n: usize| t.len() == n && t.bytes().all(|b| b.is_ascii_digit());
    match text.split('-').collect::<Vec<_>>()[..] {
        [y] => digits(y, 4),
        [y, m] => digits(y, 4) && digits(m, 2) && (1..=12).contains(&m.parse().unwrap_or(0)),
        [_, _, _] => text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok(),
        _ => false,
    }
}

/// A date and time of XML Schema, with or without a zone.
pub(super) fn is_time(text: &str) -> bool {
    text.get(10..11) == Some("T")
        && (text.parse::<jiff::Timestamp>().is_ok() || text.parse::<jiff::civil::DateTime>().is_ok())
}

/// The first element along `steps` (names in `gmd` unless `gml:`-prefixed), children only.
pub(super) fn at<'a, 'i>(node: Node<'a, 'i>, steps: &[&str]) -> Option<Node<'a, 'i>> {
    let Some((first, rest)) = steps.split_first() else { return Some(node) };
    node.children()
        .filter(|c| c.is_element() && (*first == "*" || c.tag_name().name() == *first))
        .find_map(|c| at(c, rest))
}

/// Every element of a name below `node`.
pub(super) fn below<'a, 'i: 'a>(node: Node<'a, 'i>, name: &'a str) -> impl Iterator<Item = Node<'a, 'i>> + 'a {
    node.descendants().filter(move |n| n.is_element() && n.tag_name().name() == name)
}

/// All text in and below an element, trimmed; for a code its `codeListValue`.
pub(super) fn content(node: Node<'_, '_>) -> String {
    if let Some(value) = node.descendants().find_map(|n| n.attribute("codeListValue")) {
        return value.trim().to_owned();
    }
    node.descendants()
        .filter(Node::is_text)
        .filter_map(|n| n.text())
        .map(str::trim)
        .collect::<Vec<_>>()
        .join(" ")
        .trim()
        .to_owned()
}

/// The citation of what the record describes.
pub(super) fn citation<'a, 'i>(root: Node<'a, 'i>) -> Option<Node<'a, 'i>> {
    at(root, &["identificationInfo", "*", "citation", "CI_Citation"])
}

/// Where the record of a mapset is said to stand.
pub(super) fn records(facts: &Facts<'_>) -> Vec<(String, usize)> {
    let path = |m: &serde_json::Value| Some(m.get("metadata_iso")?.as_str()?.to_owned());
    facts.mapsets().iter().enumerate().filter_map(|(i, m)| Some((path(m)?, i))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_numbers_of_xml() {
        assert!(
            is_date("2024")
                && is_date("2024-05")
                && is_date("2024-02-29")
                && !is_date("2023-02-29")
                && !is_date("2024-05-27T00:00:00")
        );
        assert!(is_time("2024-05-27T10:00:00Z") && is_time("2024-05-27T10:00:00") && !is_time("2024-05-27"));
        assert!(decimal("-12.5") && decimal(".5") && !decimal("1e3") && !decimal("") && !decimal("."));
    }

    #[test]
    fn depth_is_seen_before_parsing() {
        assert!(deeper(&"<a>".repeat(101), 100));
        assert!(!deeper(&"<a/>".repeat(500), 100));
        assert!(!deeper(&"<a></a>".repeat(500), 100));
    }
}

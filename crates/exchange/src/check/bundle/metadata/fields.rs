//! M002: the fields of `metadata_fields.csv` that must be filled, and code values that must be of their lists.

use roxmltree::Node;

use crate::check::bundle::Facts;
use crate::check::bundle::shown::shown;
use crate::check::{Findings, Profile};
use crate::tables::{self, MetadataField};

use super::record::{at, below, citation, content};
use super::schema;

/// Fewest characters of an abstract (note of `metadata_fields.csv`).
const ABSTRACT: usize = 200;

/// Judges M002 for one record.
pub(super) fn judge(facts: &Facts<'_>, path: &str, root: Node<'_, '_>, findings: &mut Findings) {
    for field in tables::metadata_fields() {
        let inspire = field.field == "conformity" && facts.options.profile == Profile::Inspire;
        if field.obligation != "mandatory" && !inspire {
            continue;
        }
        if let Err(found) = filled(root, field) {
            findings.add("M002", path, &field.iso19139_path, found, format!("{} filled", field.field));
        }
    }
    for node in root.descendants().filter(|n| n.has_attribute("codeListValue")) {
        let list = node.tag_name().name();
        let value = node.attribute("codeListValue").unwrap_or("").trim();
        if !value.is_empty() && schema::codes(list).is_some_and(|codes| !codes.contains(&value)) {
            findings.add("M002", path, list, shown(value), format!("a value of {list}"));
        }
    }
}

/// The elements a path of the table leads to: `//` anywhere below, `/` a child, `[name=code]` those with this code inside.
fn select<'a, 'i>(root: Node<'a, 'i>, path: &str) -> Vec<Node<'a, 'i>> {
    // A citation is that of the resource: a thesaurus and a specification have one too.
    let (mut nodes, path) = match path.strip_prefix("//gmd:CI_Citation/") {
        Some(rest) => (citation(root).into_iter().collect(), format!("/{rest}")),
        None => (vec![root], path.strip_prefix("/gmd:MD_Metadata").unwrap_or(path).to_owned()),
    };
    let mut deep = false;
    for step in path.split('/').skip(1) {
        if step.is_empty() {
            deep = true;
            continue;
        }
        let (name, condition) =
            step.split_once('[').map_or((step, None), |(n, c)| (n, c.trim_end_matches(']').split_once('=')));
        let name = name.split_once(':').map_or(name, |(_, n)| n);
        let mut next: Vec<Node<'a, 'i>> = Vec::new();
        for node in nodes {
            let within: Box<dyn Iterator<Item = Node<'a, 'i>>> =
                if deep { Box::new(node.descendants().skip(1)) } else { Box::new(node.children()) };
            next.extend(within.filter(|n| {
                n.is_element() && n.tag_name().name() == name && condition.is_none_or(|(k, v)| has(*n, k, v))
            }));
        }
        nodes = next;
        deep = false;
    }
    nodes
}

fn has(node: Node<'_, '_>, name: &str, code: &str) -> bool {
    node.descendants().any(|n| n.is_element() && n.tag_name().name() == name && content(n) == code)
}

fn filled(root: Node<'_, '_>, field: &MetadataField) -> Result<(), String> {
    let name = field.field.as_str();
    let mut nodes = select(root, &field.iso19139_path);
    match name {
        // Where it sits is M010's, how it is written is M009's: here only whether it is there.
        "presentation_form" => nodes = below(root, "presentationForm").collect(),
        "metadata_date" => nodes = at(root, &["dateStamp"]).into_iter().collect(),
        _ => {}
    }
    let texts: Vec<String> = nodes.iter().map(|n| content(*n)).filter(|t| !t.is_empty()).collect();
    if texts.is_empty() {
        return Err(if nodes.is_empty() { "absent" } else { "empty" }.to_owned());
    }
    let wrong = |found: &str| Err(shown(found));
    let one_of = |known: &[&str]| texts.iter().find(|t| !known.contains(&t.as_str())).map_or(Ok(()), |t| wrong(t));
    match name {
        "metadata_language" | "resource_language" => texts
            .iter()
            .find(|t| t.len() != 3 || !t.bytes().all(|b| b.is_ascii_lowercase()))
            .map_or(Ok(()), |t| wrong(t)),
        "hierarchy_level" => one_of(&["dataset", "series"]),
        "abstract" => match texts.iter().map(|t| t.chars().count()).max() {
            Some(n) if n < ABSTRACT => Err(format!("{n} characters, fewer than {ABSTRACT}")),
            _ => Ok(()),
        },
        "bounding_box" => {
            let sides = ["westBoundLongitude", "eastBoundLongitude", "southBoundLatitude", "northBoundLatitude"];
            let lacks =
                sides.iter().find(|s| !nodes.iter().any(|n| below(*n, s).any(|b| content(b).parse::<f64>().is_ok())));
            lacks.map_or(Ok(()), |side| Err(format!("no {side}")))
        }
        "metadata_contact" => party(&nodes, true),
        "point_of_contact" => party(&nodes, false),
        "reference_system" => parts(&nodes, &["code", "codeSpace"]),
        "format" => parts(&nodes, &["name", "version"]),
        "online_resource" => parts(&nodes, &["linkage"]),
        "temporal_extent" => parts(&nodes, &["beginPosition", "endPosition"]),
        "vertical_extent" => parts(&nodes, &["minimumValue", "maximumValue"]),
        "quality_report" => parts(&nodes, &["result"]),
        "keywords_theme" | "keywords_place" => parts(&nodes, &["keyword"]),
        "spatial_resolution" => match nodes.iter().any(|n| content(*n).parse::<f64>().is_ok_and(|v| v > 0.0)) {
            true => Ok(()),
            false => wrong(&texts[0]),
        },
        _ => Ok(()),
    }
}

/// All of `names` filled in at least one of the elements.
fn parts(nodes: &[Node<'_, '_>], names: &[&str]) -> Result<(), String> {
    let lacks =
        |node: &Node<'_, '_>| names.iter().find(|name| !below(*node, name).any(|n| !content(n).is_empty())).copied();
    match nodes.iter().map(lacks).find(Option::is_none) {
        Some(_) => Ok(()),
        None => Err(format!("no {}", nodes.first().and_then(lacks).unwrap_or("content"))),
    }
}

/// A party names an organisation, its role, and (the contact for the metadata) a mailbox.
fn party(nodes: &[Node<'_, '_>], mailbox: bool) -> Result<(), String> {
    parts(
        nodes,
        if mailbox { &["organisationName", "electronicMailAddress", "role"] } else { &["organisationName", "role"] },
    )
}

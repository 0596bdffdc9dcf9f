//! M009 to M013: flaws seen in records of national nodes, and what INSPIRE asks of a record of the European Union.

use roxmltree::Node;
use serde_json::Value;

use crate::check::Findings;
use crate::check::bundle::shown::shown;
use crate::check::bundle::{Facts, Folder};

use super::record::{XLINK, at, below, content, is_date};

/// Members of the European Union.
const UNION: [&str; 27] = [
    "AUT", "BEL", "BGR", "HRV", "CYP", "CZE", "DNK", "EST", "FIN", "FRA", "DEU", "GRC", "HUN", "IRL", "ITA", "LVA",
    "LTU", "LUX", "MLT", "NLD", "POL", "PRT", "ROU", "SVK", "SVN", "ESP", "SWE",
];
/// Services that protocols and addresses name.
const SERVICES: [&str; 6] = ["WMTS", "WMS", "WCS", "WFS", "WPS", "CSW"];

/// Judges one record.
pub(super) fn judge(facts: &Facts<'_>, path: &str, root: Node<'_, '_>, findings: &mut Findings) {
    if let Some(stamp) = at(root, &["dateStamp", "DateTime"]).map(content).filter(|t| is_date(t)) {
        findings.add(
            "M009",
            path,
            "dateStamp",
            format!("gco:DateTime {}", shown(&stamp)),
            "gco:Date, or a time with it",
        );
    }
    for form in below(root, "presentationForm") {
        let parent = form.parent_element().map_or("", |p| p.tag_name().name());
        if parent != "CI_Citation" {
            findings.add("M010", path, "presentationForm", format!("in {}", shown(parent)), "in CI_Citation");
        }
    }
    for online in below(root, "CI_OnlineResource") {
        let linkage = at(online, &["linkage"]).map(content).unwrap_or_default();
        let protocol = at(online, &["protocol"]).map(content).unwrap_or_default();
        if let Some(fits) = misfit(&protocol, &linkage) {
            findings.add(
                "M011",
                path,
                "protocol",
                format!("{} at {}", shown(&protocol), shown(&linkage)),
                format!("the protocol of the address: {fits}"),
            );
        }
    }
    for url in below(root, "URL").map(content).filter(|u| is_local(u)) {
        findings.add("M012", path, "linkage", shown(&url), "an address that others reach");
    }
    if facts.text("/country/alpha3").is_some_and(|c| UNION.contains(&c)) && !has_inspire(root) {
        findings.add(
            "M013",
            path,
            "descriptiveKeywords",
            "absent",
            "theme keyword Soil of the thesaurus GEMET - INSPIRE themes, version 1.0",
        );
    }
}

/// M012 for other records of the bundle: every address in them.
pub(super) fn links(folder: &Folder, path: &str, findings: &mut Findings) {
    let Some(value) = folder.json(path) else { return };
    let mut waiting = vec![&value];
    while let Some(value) = waiting.pop() {
        match value {
            Value::String(text) if text.contains("://") && is_local(text) => {
                findings.add("M012", path, "", shown(text), "an address that others reach");
            }
            Value::Array(all) => waiting.extend(all),
            Value::Object(all) => waiting.extend(all.values()),
            _ => {}
        }
    }
}

/// The service an address is of, by its query or path.
fn service_of(linkage: &str) -> Option<&'static str> {
    let upper = linkage.to_ascii_uppercase();
    let (path, query) = upper.split_once('?').unwrap_or((&upper, ""));
    let asked = query.split('&').find_map(|p| p.strip_prefix("SERVICE="));
    let by_query = asked.and_then(|s| SERVICES.into_iter().find(|known| *known == s));
    by_query.or_else(|| SERVICES.into_iter().find(|known| path.split('/').skip(3).any(|part| part == *known)))
}

/// What the protocol ought to be, where it names another service or way than the address.
fn misfit(protocol: &str, linkage: &str) -> Option<String> {
    let upper = protocol.to_ascii_uppercase();
    let words: Vec<&str> = upper.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let named = SERVICES.into_iter().find(|s| words.contains(s));
    let actual = service_of(linkage);
    match (named, actual) {
        (Some(named), Some(actual)) if named != actual => return Some(format!("OGC:{actual}")),
        (Some(_), None) if file_like(linkage) => return Some("that of a file".to_owned()),
        _ => {}
    }
    let scheme = linkage.split_once("://").map(|(s, _)| s.to_ascii_lowercase());
    let ftp = words.contains(&"FTP") || words.contains(&"FTPS") || words.contains(&"SFTP");
    match scheme.as_deref() {
        Some("http" | "https") if ftp => Some("HTTP".to_owned()),
        Some("ftp" | "ftps" | "sftp") if words.contains(&"HTTP") || words.contains(&"HTTPS") => Some("FTP".to_owned()),
        _ => None,
    }
}

fn file_like(linkage: &str) -> bool {
    let path = linkage.split(['?', '#']).next().unwrap_or("").to_ascii_lowercase();
    [".tif", ".tiff", ".geojson", ".gpkg", ".zip", ".csv", ".pdf"].iter().any(|end| path.ends_with(end))
}

/// Whether an address is one of a machine or a network that others do not reach.
pub(super) fn is_local(url: &str) -> bool {
    let url = url.trim();
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_ascii_lowercase().starts_with("file:") };
    if scheme.eq_ignore_ascii_case("file") {
        return true;
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    let host = authority.rsplit_once('@').map_or(authority, |(_, h)| h).to_ascii_lowercase();
    let host = match host.strip_prefix('[') {
        Some(six) => six.split(']').next().unwrap_or("").to_owned(),
        None => host.split(':').next().unwrap_or("").to_owned(),
    };
    if let Ok(address) = host.parse::<std::net::Ipv4Addr>() {
        return address.is_loopback() || address.is_private() || address.is_link_local() || address.is_unspecified();
    }
    if let Ok(address) = host.parse::<std::net::Ipv6Addr>() {
        // Unique local (fc00::/7) and link local (fe80::/10).
        let first = address.segments()[0];
        return address.is_loopback()
            || address.is_unspecified()
            || first & 0xfe00 == 0xfc00
            || first & 0xffc0 == 0xfe80;
    }
    let ends = [".local", ".localhost", ".localdomain", ".internal", ".lan", ".home", ".intranet"];
    host.is_empty() || !host.contains('.') || ends.iter().any(|end| host.ends_with(end))
}

fn has_inspire(root: Node<'_, '_>) -> bool {
    below(root, "MD_Keywords").any(|keywords| {
        let thesaurus =
            at(keywords, &["thesaurusName", "CI_Citation", "title"]).map(content).unwrap_or_default().to_lowercase();
        let keyword = keywords.children().filter(|n| n.tag_name().name() == "keyword").any(|n| {
            let linked = n.descendants().find_map(|d| d.attribute((XLINK, "href")));
            content(n).eq_ignore_ascii_case("soil")
                || linked.is_some_and(|h| h.trim_end_matches('/').ends_with("inspire.ec.europa.eu/theme/so"))
        });
        keyword && thesaurus.contains("gemet") && thesaurus.contains("inspire themes")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_hosts() {
        for url in [
            "http://localhost:8080/x",
            "http://127.0.0.1",
            "https://192.168.1.4/a",
            "http://10.0.0.1:80",
            "file:///a",
            "http://server/x",
            "http://[::1]/",
            "http://gis.local/",
            "http://user@localhost/",
        ] {
            assert!(is_local(url), "{url}");
        }
        for url in [
            "https://example.org/a",
            "http://8.8.8.8/",
            "urn:ogc:def:crs:EPSG::4326",
            "relative/path.tif",
            "http://[2001:db8::1]/",
        ] {
            assert!(!is_local(url), "{url}");
        }
    }

    #[test]
    fn protocols_fit_addresses() {
        assert_eq!(
            misfit("OGC:WMTS", "https://maps.example.org/wms?service=WMS&request=GetMap").as_deref(),
            Some("OGC:WMS")
        );
        assert_eq!(misfit("OGC:WMS", "https://maps.example.org/ows?SERVICE=WMS"), None);
        assert_eq!(misfit("WWW:LINK-1.0-http--link", "https://example.org/soil"), None);
        assert!(misfit("OGC:WCS", "https://example.org/a.tif").is_some());
        assert!(misfit("FTP", "https://example.org/a").is_some());
        assert_eq!(misfit("", "https://example.org/wms"), None);
    }
}

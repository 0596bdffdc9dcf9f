//! DCAT in JSON-LD: the bundle as a data set, each raster and vector file as a distribution.

use std::path::Path;

use serde_json::{Value, json};

use super::entry::Bundle;
use super::stable::write_json;
use crate::Result;

/// The equator is so many metres for one degree (WGS 84).
const METRES_PER_DEGREE: f64 = std::f64::consts::PI * 6_378_137.0 / 180.0;

/// Writes `metadata/dcat.jsonld`.
pub(super) fn write(root: &Path, bundle: &Bundle<'_>) -> Result<()> {
    write_json(root, "metadata/dcat.jsonld", &dataset(bundle))
}

fn dataset(bundle: &Bundle<'_>) -> Value {
    let about = bundle.about;
    let [begin, end] = about.period;
    let mut keywords = vec!["soil".to_owned(), "soil pollution".to_owned()];
    keywords.extend(bundle.entries.iter().map(|e| e.subject.analyte.name.clone()));
    keywords.extend(about.keywords.iter().cloned());
    let mut distributions = Vec::new();
    for entry in &bundle.entries {
        for layer in &entry.layers {
            distributions.push(json!({
                "@type": "dcat:Distribution",
                "dct:title": format!("{} {}", layer.description, layer.grid),
                "dcat:downloadURL": {"@id": format!("../{}", layer.path)},
                "dcat:mediaType": {"@id": "https://www.iana.org/assignments/media-types/image/tiff"},
                "dcat:byteSize": layer.bytes,
                "dct:license": {"@id": about.licence.url},
                "spdx:checksum": {
                    "@type": "spdx:Checksum",
                    "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
                    "spdx:checksumValue": {"@type": "xsd:hexBinary", "@value": layer.sha256},
                },
            }));
        }
        if let Some(path) = entry.hotspots.as_ref().and_then(|h| h.geojson.as_ref()) {
            distributions.push(json!({
                "@type": "dcat:Distribution",
                "dct:title": format!("Hotspots of {}", entry.subject.analyte.name),
                "dcat:downloadURL": {"@id": format!("../{path}")},
                "dcat:mediaType": {"@id": "https://www.iana.org/assignments/media-types/application/geo+json"},
                "dct:license": {"@id": about.licence.url},
            }));
        }
    }
    let lineage: Vec<String> = bundle.entries.iter().map(super::iso::lineage).collect();
    let cell = bundle.grids.iter().find(|g| g.is_geographic()).map(|g| g.cell[0] * METRES_PER_DEGREE);
    json!({
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dct": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/",
            "prov": "http://www.w3.org/ns/prov#",
            "spdx": "http://spdx.org/rdf/terms#",
            "vcard": "http://www.w3.org/2006/vcard/ns#",
            "xsd": "http://www.w3.org/2001/XMLSchema#",
            "geo": "http://www.opengis.net/ont/geosparql#",
        },
        "@id": format!("urn:uuid:{}", bundle.uuid),
        "@type": "dcat:Dataset",
        "dct:title": about.title,
        "dct:description": about.abstract_text,
        "dct:identifier": format!("urn:uuid:{}", bundle.uuid),
        "dct:issued": {"@type": "xsd:date", "@value": bundle.published().to_string()},
        "dct:modified": {"@type": "xsd:date", "@value": bundle.day().to_string()},
        "dct:language": {"@id": "http://publications.europa.eu/resource/authority/language/ENG"},
        "dct:license": {"@id": about.licence.url},
        "dct:accessRights": {"@id": "http://publications.europa.eu/resource/authority/access-right/PUBLIC"},
        "dct:publisher": {"@type": "foaf:Organization", "foaf:name": about.organisation},
        "dcat:contactPoint": {
            "@type": "vcard:Organization",
            "vcard:fn": about.organisation,
            "vcard:hasEmail": {"@id": format!("mailto:{}", about.email)},
        },
        "dcat:landingPage": {"@id": about.url},
        "dcat:theme": [{"@id": "http://inspire.ec.europa.eu/theme/so"}],
        "dcat:keyword": keywords,
        "dcat:version": bundle.version(),
        "dct:spatial": {
            "@type": "dct:Location",
            "dcat:bbox": {"@type": "geo:wktLiteral", "@value": bundle.bbox().map(wkt)},
        },
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": {"@type": "xsd:date", "@value": begin.first().to_string()},
            "dcat:endDate": {"@type": "xsd:date", "@value": end.last().to_string()},
        },
        "dcat:spatialResolutionInMeters": {"@type": "xsd:decimal", "@value": cell.map(|m| format!("{m:.1}"))},
        "dct:conformsTo": {"@id": "http://www.opengis.net/def/crs/EPSG/0/4326"},
        "dct:provenance": {"@type": "dct:ProvenanceStatement", "dct:description": lineage},
        "prov:wasGeneratedBy": {
            "@type": "prov:Activity",
            "prov:wasAssociatedWith": {"@type": "prov:SoftwareAgent", "foaf:name": format!("soilscope {}", env!("CARGO_PKG_VERSION"))},
        },
        "dcat:distribution": distributions,
    })
}

/// The box with longitude first, as CRS84 has it, which well-known text without a system is in.
fn wkt([west, south, east, north]: [f64; 4]) -> String {
    format!("POLYGON(({west} {south},{east} {south},{east} {north},{west} {north},{west} {south}))")
}

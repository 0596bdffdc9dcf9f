//! Records of ISO 19115:2003 in ISO/TS 19139 XML, one for each map, in the element order of the schemas of 2007.
//!
//! The flavour `fao` rounds the bounding box outward to 0.1 degree, gives the date stamp as a time and writes text where the strict one
//! links code lists, as records on FAO nodes do. What is invalid in those (a bare date where a time belongs, a form of presentation outside
//! the citation, one `gml:id` in all records) is not copied.

mod content;
mod identification;
mod quality;

use super::entry::{Bundle, Entry};
use super::xml::Xml;
pub(super) use quality::lineage;

/// Which customs a record follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IsoProfile {
    /// The standard and INSPIRE's guidance.
    #[default]
    Strict,
    /// Those of records on FAO nodes, as far as they are valid.
    Fao,
}

const LISTS: &str =
    "http://standards.iso.org/ittf/PubliclyAvailableStandards/ISO_19139_Schemas/resources/codelist/gmxCodelists.xml";

/// A record while it is written.
struct Record<'a> {
    bundle: &'a Bundle<'a>,
    entry: &'a Entry<'a>,
    profile: IsoProfile,
    /// West, south, east, north.
    bbox: [f64; 4],
}

/// The record of one map. Empty only for a map without a mean on a geographic grid, which is none.
pub(super) fn record(bundle: &Bundle<'_>, entry: &Entry<'_>, profile: IsoProfile) -> String {
    let Some(bbox) = entry.bbox() else { return String::new() };
    let record = Record { bundle, entry, profile, bbox };
    let mut x = Xml::new();
    let spaces = [
        ("xmlns:gmd", "http://www.isotc211.org/2005/gmd"),
        ("xmlns:gco", "http://www.isotc211.org/2005/gco"),
        ("xmlns:gmx", "http://www.isotc211.org/2005/gmx"),
        ("xmlns:gml", "http://www.opengis.net/gml/3.2"),
        ("xmlns:xlink", "http://www.w3.org/1999/xlink"),
    ];
    x.within_with("gmd:MD_Metadata", &spaces, |x| record.metadata(x));
    x.into_text()
}

impl Record<'_> {
    fn metadata(&self, x: &mut Xml) {
        text(x, "gmd:fileIdentifier", &self.entry.uuid);
        language(x);
        code(x, "gmd:characterSet", "MD_CharacterSetCode", "utf8");
        text(x, "gmd:parentIdentifier", &self.bundle.uuid);
        code(x, "gmd:hierarchyLevel", "MD_ScopeCode", "dataset");
        self.party(x, "gmd:contact", "pointOfContact");
        x.within("gmd:dateStamp", |x| match self.profile {
            IsoProfile::Strict => x.leaf("gco:Date", &[], &self.bundle.day().to_string()),
            IsoProfile::Fao => {
                x.leaf("gco:DateTime", &[], &self.bundle.created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
            }
        });
        text(x, "gmd:metadataStandardName", "ISO 19115/19139");
        text(x, "gmd:metadataStandardVersion", "1.0");
        x.within("gmd:spatialRepresentationInfo", |x| self.geometry(x));
        x.path(
            &[
                "gmd:referenceSystemInfo",
                "gmd:MD_ReferenceSystem",
                "gmd:referenceSystemIdentifier",
                "gmd:RS_Identifier",
            ],
            |x| {
                text(x, "gmd:code", "4326");
                text(x, "gmd:codeSpace", "EPSG");
            },
        );
        x.path(&["gmd:identificationInfo", "gmd:MD_DataIdentification"], |x| self.identification(x));
        x.path(&["gmd:contentInfo", "gmd:MD_CoverageDescription"], |x| self.coverage(x));
        x.path(&["gmd:distributionInfo", "gmd:MD_Distribution"], |x| self.distribution(x));
        x.path(&["gmd:dataQualityInfo", "gmd:DQ_DataQuality"], |x| self.quality(x));
    }

    /// The producer in a role.
    fn party(&self, x: &mut Xml, tag: &str, role: &str) {
        let about = self.bundle.about;
        x.path(&[tag, "gmd:CI_ResponsibleParty"], |x| {
            text(x, "gmd:organisationName", &about.organisation);
            x.path(&["gmd:contactInfo", "gmd:CI_Contact"], |x| {
                x.path(&["gmd:address", "gmd:CI_Address"], |x| text(x, "gmd:electronicMailAddress", &about.email));
                x.path(&["gmd:onlineResource", "gmd:CI_OnlineResource"], |x| {
                    x.within("gmd:linkage", |x| x.leaf("gmd:URL", &[], &about.url));
                });
            });
            code(x, "gmd:role", "CI_RoleCode", role);
        });
    }
}

/// An element that holds a text.
fn text(x: &mut Xml, tag: &str, value: &str) {
    x.within(tag, |x| x.leaf("gco:CharacterString", &[], value));
}

/// An element that holds a value of a code list.
fn code(x: &mut Xml, tag: &str, list: &str, value: &str) {
    x.within(tag, |x| {
        x.leaf(&format!("gmd:{list}"), &[("codeList", &format!("{LISTS}#{list}")), ("codeListValue", value)], value);
    });
}

/// The language of metadata and of data.
fn language(x: &mut Xml) {
    x.within("gmd:language", |x| {
        let list = "http://www.loc.gov/standards/iso639-2/";
        x.leaf("gmd:LanguageCode", &[("codeList", list), ("codeListValue", "eng")], "eng");
    });
}

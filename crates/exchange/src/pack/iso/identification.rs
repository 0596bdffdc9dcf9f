//! What a map is: citation, contacts, keywords, constraints, extent.

use super::super::xml::Xml;
use super::{IsoProfile, Record, code, language, text};

impl Record<'_> {
    pub(super) fn identification(&self, x: &mut Xml) {
        let about = self.bundle.about;
        x.path(&["gmd:citation", "gmd:CI_Citation"], |x| self.citation(x));
        text(x, "gmd:abstract", &self.abstract_text());
        if let Some(purpose) = &about.purpose {
            text(x, "gmd:purpose", purpose);
        }
        code(x, "gmd:status", "MD_ProgressCode", "completed");
        for role in ["author", "owner", "pointOfContact"] {
            self.party(x, "gmd:pointOfContact", role);
        }
        x.path(&["gmd:resourceMaintenance", "gmd:MD_MaintenanceInformation"], |x| {
            code(x, "gmd:maintenanceAndUpdateFrequency", "MD_MaintenanceFrequencyCode", "asNeeded");
        });
        x.within("gmd:resourceFormat", format);
        self.keywords(x);
        self.constraints(x);
        code(x, "gmd:spatialRepresentationType", "MD_SpatialRepresentationTypeCode", "grid");
        x.path(&["gmd:spatialResolution", "gmd:MD_Resolution", "gmd:distance"], |x| {
            let cell = self.entry.main().map_or(0.0, |l| l.transform[1]);
            x.leaf("gco:Distance", &[("uom", "deg")], &cell.to_string());
        });
        language(x);
        code(x, "gmd:characterSet", "MD_CharacterSetCode", "utf8");
        for topic in ["geoscientificInformation", "environment"] {
            x.within("gmd:topicCategory", |x| x.leaf("gmd:MD_TopicCategoryCode", &[], topic));
        }
        x.path(&["gmd:extent", "gmd:EX_Extent"], |x| self.extent(x));
        text(x, "gmd:supplementalInformation", &self.supplement());
    }

    fn citation(&self, x: &mut Xml) {
        text(x, "gmd:title", &self.entry.title);
        let dates = [("creation", self.bundle.day()), ("publication", self.bundle.published())];
        let revised = self.bundle.about.version != [1, 0];
        for (kind, date) in dates.into_iter().chain(revised.then_some(("revision", self.bundle.published()))) {
            x.path(&["gmd:date", "gmd:CI_Date"], |x| {
                x.within("gmd:date", |x| x.leaf("gco:Date", &[], &date.to_string()));
                code(x, "gmd:dateType", "CI_DateTypeCode", kind);
            });
        }
        text(x, "gmd:edition", &self.bundle.version());
        x.path(&["gmd:identifier", "gmd:MD_Identifier"], |x| {
            text(x, "gmd:code", &format!("urn:uuid:{}", self.entry.uuid))
        });
        code(x, "gmd:presentationForm", "CI_PresentationFormCode", "mapDigital");
    }

    /// The bundle's abstract, and which of its maps this is.
    fn abstract_text(&self) -> String {
        let (about, entry) = (self.bundle.about, self.entry);
        let subject = &entry.subject;
        format!(
            "{} This record is of {} ({}) at {} to {} cm depth, as {}, by {}.",
            about.abstract_text,
            subject.analyte.name,
            entry.unit,
            subject.upper,
            subject.lower,
            subject.fraction.replace('_', " "),
            subject.procedure.name,
        )
    }

    fn keywords(&self, x: &mut Xml) {
        let analyte = &self.entry.subject.analyte.name;
        let given = self.bundle.about.keywords.iter().map(String::as_str);
        let theme = ["soil", "soil pollution", "digital soil mapping", analyte].into_iter().chain(given);
        keywords(x, "theme", theme, None);
        if self.profile == IsoProfile::Strict {
            // The name under which INSPIRE's geoportal finds the theme (Regulation 1205/2008, annex, part B 3).
            keywords(x, "theme", ["Soil"].into_iter(), Some(("GEMET - INSPIRE themes, version 1.0", "2008-06-01")));
        }
        keywords(x, "discipline", ["Soil science"].into_iter(), None);
        keywords(x, "place", self.bundle.places().iter().map(String::as_str), None);
    }

    fn constraints(&self, x: &mut Xml) {
        let licence = self.bundle.about.licence;
        x.path(&["gmd:resourceConstraints", "gmd:MD_LegalConstraints"], |x| {
            code(x, "gmd:accessConstraints", "MD_RestrictionCode", "copyright");
            code(x, "gmd:useConstraints", "MD_RestrictionCode", "license");
            x.within("gmd:otherConstraints", |x| match self.profile {
                IsoProfile::Strict => x.leaf("gmx:Anchor", &[("xlink:href", &licence.url)], &licence.fao_sis_value),
                IsoProfile::Fao => x.leaf("gco:CharacterString", &[], &licence.fao_sis_value),
            });
        });
    }

    fn extent(&self, x: &mut Xml) {
        let id = self.entry.uuid.as_str();
        x.path(&["gmd:geographicElement", "gmd:EX_GeographicBoundingBox"], |x| {
            let [west, south, east, north] = match self.profile {
                IsoProfile::Strict => self.bbox,
                IsoProfile::Fao => outward(self.bbox),
            };
            let bounds = [
                ("west", "Longitude", west),
                ("east", "Longitude", east),
                ("south", "Latitude", south),
                ("north", "Latitude", north),
            ];
            for (side, axis, degrees) in bounds {
                x.within(&format!("gmd:{side}Bound{axis}"), |x| x.leaf("gco:Decimal", &[], &degrees.to_string()));
            }
        });
        x.path(&["gmd:temporalElement", "gmd:EX_TemporalExtent", "gmd:extent"], |x| {
            x.within_with("gml:TimePeriod", &[("gml:id", &format!("period-{id}"))], |x| {
                let [begin, end] = self.bundle.about.period;
                x.leaf("gml:beginPosition", &[], &begin.to_string());
                x.leaf("gml:endPosition", &[], &end.to_string());
            });
        });
        x.path(&["gmd:verticalElement", "gmd:EX_VerticalExtent"], |x| {
            // Depths below the surface as negative metres (specification, judgement); no register has a system for them.
            let metres = |cm: u16| if cm == 0 { "0".to_owned() } else { (-f64::from(cm) / 100.0).to_string() };
            x.within("gmd:minimumValue", |x| x.leaf("gco:Real", &[], &metres(self.entry.subject.lower)));
            x.within("gmd:maximumValue", |x| x.leaf("gco:Real", &[], &metres(self.entry.subject.upper)));
            x.empty("gmd:verticalCRS", &[("gco:nilReason", "inapplicable")]);
        });
    }

    fn supplement(&self) -> String {
        let access = self.bundle.about.privacy.access;
        let mut said = format!(
            "Access level of sampled places: {}. Mapset {} of the bundle {}.",
            access.as_str(),
            self.entry.names.mapset_id(),
            self.bundle.about.folder()
        );
        if let Some(layer) = self.entry.layers.iter().find(|l| l.flavour == "national")
            && let Some(epsg) = layer.epsg
        {
            said += &format!(" The bundle also has these layers in EPSG:{epsg}, cells of {} m.", layer.transform[1]);
        }
        said
    }
}

/// To tenths of a degree, outward: a smaller box would not hold the map.
fn outward([west, south, east, north]: [f64; 4]) -> [f64; 4] {
    let tenth = |x: f64, round: fn(f64) -> f64| round(x * 10.0) / 10.0;
    [tenth(west, f64::floor), tenth(south, f64::floor), tenth(east, f64::ceil), tenth(north, f64::ceil)]
}

/// How files are encoded.
pub(super) fn format(x: &mut Xml) {
    x.within("gmd:MD_Format", |x| {
        text(x, "gmd:name", "GeoTIFF");
        text(x, "gmd:version", "1.0");
    });
}

fn keywords<'k>(x: &mut Xml, kind: &str, words: impl Iterator<Item = &'k str>, thesaurus: Option<(&str, &str)>) {
    x.path(&["gmd:descriptiveKeywords", "gmd:MD_Keywords"], |x| {
        for word in words {
            text(x, "gmd:keyword", word);
        }
        code(x, "gmd:type", "MD_KeywordTypeCode", kind);
        if let Some((title, date)) = thesaurus {
            x.path(&["gmd:thesaurusName", "gmd:CI_Citation"], |x| {
                text(x, "gmd:title", title);
                x.path(&["gmd:date", "gmd:CI_Date"], |x| {
                    x.within("gmd:date", |x| x.leaf("gco:Date", &[], date));
                    code(x, "gmd:dateType", "CI_DateTypeCode", "publication");
                });
            });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::outward;

    #[test]
    fn the_rounded_box_holds_the_box() {
        assert_eq!(outward([5.7225, 50.95, 5.7603, 50.9928]), [5.7, 50.9, 5.8, 51.0]);
        assert_eq!(outward([-0.01, -0.01, 0.01, 0.01]), [-0.1, -0.1, 0.1, 0.1]);
    }
}

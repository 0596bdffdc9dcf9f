//! What is in the files: cells, bands, formats, where to get them.

use super::super::xml::Xml;
use super::{Record, code, text};

impl Record<'_> {
    /// Rows, columns, cell and corners of the geographic grid.
    pub(super) fn geometry(&self, x: &mut Xml) {
        let Some(main) = self.entry.main() else { return };
        let [columns, rows] = main.size;
        x.within("gmd:MD_Georectified", |x| {
            x.within("gmd:numberOfDimensions", |x| x.leaf("gco:Integer", &[], "2"));
            for (name, size, cell) in [("row", rows, main.transform[5].abs()), ("column", columns, main.transform[1])] {
                x.path(&["gmd:axisDimensionProperties", "gmd:MD_Dimension"], |x| {
                    code(x, "gmd:dimensionName", "MD_DimensionNameTypeCode", name);
                    x.within("gmd:dimensionSize", |x| x.leaf("gco:Integer", &[], &size.to_string()));
                    x.within("gmd:resolution", |x| x.leaf("gco:Measure", &[("uom", "deg")], &cell.to_string()));
                });
            }
            code(x, "gmd:cellGeometry", "MD_CellGeometryCode", "area");
            x.within("gmd:transformationParameterAvailability", |x| x.leaf("gco:Boolean", &[], "false"));
            x.within("gmd:checkPointAvailability", |x| x.leaf("gco:Boolean", &[], "false"));
            let [west, south, east, north] = self.bbox;
            for (corner, longitude, latitude) in
                [("nw", west, north), ("ne", east, north), ("se", east, south), ("sw", west, south)]
            {
                x.within("gmd:cornerPoints", |x| {
                    let id = format!("{corner}-{}", self.entry.uuid);
                    let system = "http://www.opengis.net/def/crs/EPSG/0/4326";
                    x.within_with("gml:Point", &[("gml:id", &id), ("srsName", system)], |x| {
                        // The order of EPSG:4326.
                        x.leaf("gml:pos", &[], &format!("{latitude} {longitude}"));
                    });
                });
            }
            x.within("gmd:pointInPixel", |x| x.leaf("gmd:MD_PixelOrientationCode", &[], "upperLeft"));
        });
    }

    /// Unit and range of every layer of the submission.
    pub(super) fn coverage(&self, x: &mut Xml) {
        x.within("gmd:attributeDescription", |x| {
            x.leaf("gco:RecordType", &[], &format!("{} in soil, {}", self.entry.subject.analyte.name, self.entry.unit));
        });
        code(x, "gmd:contentType", "MD_CoverageContentTypeCode", "physicalMeasurement");
        for (i, layer) in self.entry.layers.iter().filter(|l| l.flavour == "glosis").enumerate() {
            x.path(&["gmd:dimension", "gmd:MD_Band"], |x| {
                text(x, "gmd:descriptor", &layer.description);
                for (tag, value) in [("gmd:maxValue", layer.max), ("gmd:minValue", layer.min)] {
                    if let Some(value) = value {
                        x.within(tag, |x| x.leaf("gco:Real", &[], &value.to_string()));
                    }
                }
                let unit = if layer.unit.is_empty() { "1" } else { &layer.unit };
                self.unit(x, "gmd:units", &format!("band{i}"), unit);
            });
        }
    }

    /// A unit as GML defines one. Its symbol stands in the place of the definition's identifier.
    pub(super) fn unit(&self, x: &mut Xml, tag: &str, id: &str, unit: &str) {
        x.within(tag, |x| {
            let id = format!("unit-{id}-{}", self.entry.uuid);
            x.within_with("gml:UnitDefinition", &[("gml:id", &id)], |x| {
                x.leaf("gml:identifier", &[("codeSpace", "http://unitsofmeasure.org/ucum.html")], unit);
            });
        });
    }

    /// How and where to get it.
    pub(super) fn distribution(&self, x: &mut Xml) {
        x.within("gmd:distributionFormat", super::identification::format);
        x.path(&["gmd:transferOptions", "gmd:MD_DigitalTransferOptions"], |x| {
            let about = self.bundle.about;
            let download = about.download.as_ref().map(|url| (url, "The bundle", "download"));
            for (url, name, function) in download.into_iter().chain([(&about.url, "About the bundle", "information")]) {
                x.path(&["gmd:onLine", "gmd:CI_OnlineResource"], |x| {
                    x.within("gmd:linkage", |x| x.leaf("gmd:URL", &[], url));
                    let protocol = if function == "download" {
                        "WWW:DOWNLOAD-1.0-http--download"
                    } else {
                        "WWW:LINK-1.0-http--link"
                    };
                    text(x, "gmd:protocol", protocol);
                    text(x, "gmd:name", name);
                    code(x, "gmd:function", "CI_OnLineFunctionCode", function);
                });
            }
        });
    }
}

//! The ISO record of the good bundle.

use serde_json::Value;

use super::good_records::Grid;

const LISTS: &str = "http://standards.iso.org/iso/19139/resources/gmxCodelists.xml";

fn text(of: &str) -> String {
    format!("<gco:CharacterString>{of}</gco:CharacterString>")
}

fn code(list: &str, value: &str) -> String {
    format!("<gmd:{list} codeList=\"{LISTS}#{list}\" codeListValue=\"{value}\">{value}</gmd:{list}>")
}

fn date(of: &str, kind: &str) -> String {
    format!(
        "<gmd:date><gmd:CI_Date><gmd:date><gco:Date>{of}</gco:Date></gmd:date><gmd:dateType>{}</gmd:dateType></gmd:CI_Date></gmd:date>",
        code("CI_DateTypeCode", kind)
    )
}

fn party(role: &str) -> String {
    format!(
        "<gmd:CI_ResponsibleParty><gmd:organisationName>{}</gmd:organisationName><gmd:contactInfo><gmd:CI_Contact><gmd:address><gmd:CI_Address>\
         <gmd:electronicMailAddress>{}</gmd:electronicMailAddress></gmd:CI_Address></gmd:address></gmd:CI_Contact></gmd:contactInfo>\
         <gmd:role>{}</gmd:role></gmd:CI_ResponsibleParty>",
        text("Demo institute"),
        text("soil-data@example.org"),
        code("CI_RoleCode", role)
    )
}

fn keywords(words: &[&str], kind: &str, thesaurus: Option<&str>) -> String {
    let words: String = words.iter().map(|w| format!("<gmd:keyword>{}</gmd:keyword>", text(w))).collect();
    let thesaurus = thesaurus.map_or(String::new(), |title| {
        let date = date("2008-06-01", "publication");
        format!(
            "<gmd:thesaurusName><gmd:CI_Citation><gmd:title>{}</gmd:title>{date}</gmd:CI_Citation></gmd:thesaurusName>",
            text(title)
        )
    });
    format!(
        "<gmd:descriptiveKeywords><gmd:MD_Keywords>{words}<gmd:type>{}</gmd:type>{thesaurus}</gmd:MD_Keywords></gmd:descriptiveKeywords>\n",
        code("MD_KeywordTypeCode", kind)
    )
}

/// The record of a mapset.
pub(crate) fn record(bundle: &Value, mapset: &Value, grid: &Grid) -> String {
    let id = mapset["mapset_id"].as_str().unwrap();
    let [west, south, east, north] = grid.bounds;
    let (columns, rows) = (grid.size[0], grid.size[1]);
    let software = bundle["provenance"]["software"].as_str().unwrap();
    let version = bundle["provenance"]["version"].as_str().unwrap();
    let licence = "CC BY";
    let abstract_ = "Predicted mean of cadmium (aqua regia) in the uppermost 30 cm of the soils of Luxembourg, with the standard deviation of the prediction, the probability that a threshold is exceeded and the area in which the model applies, on a grid of 30 arc seconds.";
    let lineage = format!(
        "Input data: 60 soil samples of 0-30 cm, aqua regia. Method: ordinary kriging of the measured values. Validation: ten-fold cross-validation. Software: {software} {version}."
    );
    let period = format!(
        "<gml:TimePeriod gml:id=\"period-{id}\"><gml:beginPosition>2021-04-01</gml:beginPosition><gml:endPosition>2023-10-31</gml:endPosition></gml:TimePeriod>"
    );
    let dimension = |kind: &str, size: u64| {
        format!(
            "<gmd:axisDimensionProperties><gmd:MD_Dimension><gmd:dimensionName>{}</gmd:dimensionName><gmd:dimensionSize><gco:Integer>{size}</gco:Integer></gmd:dimensionSize>\
             <gmd:resolution><gco:Measure uom=\"deg\">{}</gco:Measure></gmd:resolution></gmd:MD_Dimension></gmd:axisDimensionProperties>",
            code("MD_DimensionNameTypeCode", kind),
            grid.cell
        )
    };
    let decimal = |name: &str, value: f64| format!("<gmd:{name}><gco:Decimal>{value}</gco:Decimal></gmd:{name}>");
    let online = |url: &str, function: &str| {
        format!(
            "<gmd:onLine><gmd:CI_OnlineResource><gmd:linkage><gmd:URL>{url}</gmd:URL></gmd:linkage><gmd:protocol>{}</gmd:protocol><gmd:function>{}</gmd:function></gmd:CI_OnlineResource></gmd:onLine>",
            text("WWW:LINK-1.0-http--link"),
            code("CI_OnLineFunctionCode", function)
        )
    };
    [
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<gmd:MD_Metadata xmlns:gmd=\"http://www.isotc211.org/2005/gmd\" xmlns:gco=\"http://www.isotc211.org/2005/gco\" \
         xmlns:gmx=\"http://www.isotc211.org/2005/gmx\" xmlns:gml=\"http://www.opengis.net/gml/3.2\" xmlns:xlink=\"http://www.w3.org/1999/xlink\">\n"
            .to_owned(),
        format!("<gmd:fileIdentifier>{}</gmd:fileIdentifier>\n", text("0f8fad5b-d9cb-869f-a165-70867728950e")),
        format!("<gmd:language>{}</gmd:language>\n", text("eng")),
        format!("<gmd:characterSet>{}</gmd:characterSet>\n", code("MD_CharacterSetCode", "utf8")),
        format!("<gmd:hierarchyLevel>{}</gmd:hierarchyLevel>\n", code("MD_ScopeCode", "dataset")),
        format!("<gmd:contact>{}</gmd:contact>\n", party("pointOfContact")),
        "<gmd:dateStamp><gco:Date>2024-05-01</gco:Date></gmd:dateStamp>\n".to_owned(),
        format!("<gmd:metadataStandardName>{}</gmd:metadataStandardName>\n", text("ISO 19115/19139")),
        format!("<gmd:metadataStandardVersion>{}</gmd:metadataStandardVersion>\n", text("1.0")),
        format!(
            "<gmd:spatialRepresentationInfo><gmd:MD_Georectified><gmd:numberOfDimensions><gco:Integer>2</gco:Integer></gmd:numberOfDimensions>{}{}<gmd:cellGeometry>{}</gmd:cellGeometry>\
             <gmd:transformationParameterAvailability><gco:Boolean>false</gco:Boolean></gmd:transformationParameterAvailability><gmd:checkPointAvailability><gco:Boolean>false</gco:Boolean></gmd:checkPointAvailability>\
             <gmd:pointInPixel><gmd:MD_PixelOrientationCode>center</gmd:MD_PixelOrientationCode></gmd:pointInPixel></gmd:MD_Georectified></gmd:spatialRepresentationInfo>\n",
            dimension("row", rows),
            dimension("column", columns),
            code("MD_CellGeometryCode", "area")
        ),
        format!(
            "<gmd:referenceSystemInfo><gmd:MD_ReferenceSystem><gmd:referenceSystemIdentifier><gmd:RS_Identifier><gmd:code>{}</gmd:code><gmd:codeSpace>{}</gmd:codeSpace></gmd:RS_Identifier></gmd:referenceSystemIdentifier></gmd:MD_ReferenceSystem></gmd:referenceSystemInfo>\n",
            text(&grid.epsg),
            text("EPSG")
        ),
        format!("<gmd:identificationInfo><gmd:MD_DataIdentification>\n<gmd:citation><gmd:CI_Citation><gmd:title>{}</gmd:title>\n", text("Cadmium (Luxembourg - mg/kg - 30 arc seconds - 2024)")),
        date("2024-05-01", "creation"),
        date("2024-05-01", "publication"),
        format!("<gmd:edition>{}</gmd:edition>\n<gmd:identifier><gmd:MD_Identifier><gmd:code>{}</gmd:code></gmd:MD_Identifier></gmd:identifier>\n", text("1.0"), text("0f8fad5b-d9cb-869f-a165-70867728950f")),
        format!("<gmd:presentationForm>{}</gmd:presentationForm></gmd:CI_Citation></gmd:citation>\n", code("CI_PresentationFormCode", "mapDigital")),
        format!("<gmd:abstract>{}</gmd:abstract>\n<gmd:status>{}</gmd:status>\n", text(abstract_), code("MD_ProgressCode", "completed")),
        format!("<gmd:pointOfContact>{}</gmd:pointOfContact>\n", party("owner")),
        format!("<gmd:resourceMaintenance><gmd:MD_MaintenanceInformation><gmd:maintenanceAndUpdateFrequency>{}</gmd:maintenanceAndUpdateFrequency></gmd:MD_MaintenanceInformation></gmd:resourceMaintenance>\n", code("MD_MaintenanceFrequencyCode", "asNeeded")),
        keywords(&["soil", "soil pollution", "digital soil mapping", "Cd"], "theme", None),
        keywords(&["Soil"], "theme", Some("GEMET - INSPIRE themes, version 1.0")),
        keywords(&["Luxembourg"], "place", None),
        format!(
            "<gmd:resourceConstraints><gmd:MD_LegalConstraints><gmd:accessConstraints>{}</gmd:accessConstraints><gmd:useConstraints>{}</gmd:useConstraints><gmd:otherConstraints>{}</gmd:otherConstraints></gmd:MD_LegalConstraints></gmd:resourceConstraints>\n",
            code("MD_RestrictionCode", "copyright"),
            code("MD_RestrictionCode", "license"),
            text(licence)
        ),
        format!("<gmd:spatialRepresentationType>{}</gmd:spatialRepresentationType>\n", code("MD_SpatialRepresentationTypeCode", "grid")),
        format!("<gmd:spatialResolution><gmd:MD_Resolution><gmd:distance><gco:Distance uom=\"deg\">{}</gco:Distance></gmd:distance></gmd:MD_Resolution></gmd:spatialResolution>\n", grid.cell),
        format!("<gmd:language>{}</gmd:language>\n<gmd:characterSet>{}</gmd:characterSet>\n", text("eng"), code("MD_CharacterSetCode", "utf8")),
        "<gmd:topicCategory><gmd:MD_TopicCategoryCode>geoscientificInformation</gmd:MD_TopicCategoryCode></gmd:topicCategory>\n".to_owned(),
        "<gmd:topicCategory><gmd:MD_TopicCategoryCode>environment</gmd:MD_TopicCategoryCode></gmd:topicCategory>\n".to_owned(),
        "<gmd:extent><gmd:EX_Extent><gmd:geographicElement><gmd:EX_GeographicBoundingBox>".to_owned(),
        decimal("westBoundLongitude", west),
        decimal("eastBoundLongitude", east),
        decimal("southBoundLatitude", south),
        decimal("northBoundLatitude", north),
        format!("</gmd:EX_GeographicBoundingBox></gmd:geographicElement>\n<gmd:temporalElement><gmd:EX_TemporalExtent><gmd:extent>{period}</gmd:extent></gmd:EX_TemporalExtent></gmd:temporalElement>\n"),
        "<gmd:verticalElement><gmd:EX_VerticalExtent><gmd:minimumValue><gco:Real>-0.3</gco:Real></gmd:minimumValue><gmd:maximumValue><gco:Real>0</gco:Real></gmd:maximumValue><gmd:verticalCRS gco:nilReason=\"missing\"/></gmd:EX_VerticalExtent></gmd:verticalElement></gmd:EX_Extent></gmd:extent>\n".to_owned(),
        "</gmd:MD_DataIdentification></gmd:identificationInfo>\n".to_owned(),
        format!(
            "<gmd:contentInfo><gmd:MD_CoverageDescription><gmd:attributeDescription><gco:RecordType>Cd MEAN 0-30 cm, mg/kg</gco:RecordType></gmd:attributeDescription><gmd:contentType>{}</gmd:contentType></gmd:MD_CoverageDescription></gmd:contentInfo>\n",
            code("MD_CoverageContentTypeCode", "physicalMeasurement")
        ),
        format!(
            "<gmd:distributionInfo><gmd:MD_Distribution><gmd:distributionFormat><gmd:MD_Format><gmd:name>{}</gmd:name><gmd:version>{}</gmd:version></gmd:MD_Format></gmd:distributionFormat><gmd:transferOptions><gmd:MD_DigitalTransferOptions>{}{}</gmd:MD_DigitalTransferOptions></gmd:transferOptions></gmd:MD_Distribution></gmd:distributionInfo>\n",
            text("GeoTIFF"),
            text("1.1"),
            online("https://soil.example.org/lux", "download"),
            online("https://soil.example.org/about", "information")
        ),
        format!("<gmd:dataQualityInfo><gmd:DQ_DataQuality><gmd:scope><gmd:DQ_Scope><gmd:level>{}</gmd:level></gmd:DQ_Scope></gmd:scope>\n", code("MD_ScopeCode", "dataset")),
        format!(
            "<gmd:report><gmd:DQ_QuantitativeAttributeAccuracy><gmd:nameOfMeasure>{}</gmd:nameOfMeasure><gmd:result><gmd:DQ_QuantitativeResult><gmd:valueUnit xlink:href=\"http://qudt.org/vocab/unit/MilliGM-PER-KiloGM\"/><gmd:value><gco:Record>0.21</gco:Record></gmd:value></gmd:DQ_QuantitativeResult></gmd:result></gmd:DQ_QuantitativeAttributeAccuracy></gmd:report>\n",
            text("Root mean square error of cross-validation")
        ),
        format!(
            "<gmd:report><gmd:DQ_DomainConsistency><gmd:result><gmd:DQ_ConformanceResult><gmd:specification><gmd:CI_Citation><gmd:title>{}</gmd:title>{}</gmd:CI_Citation></gmd:specification>\
             <gmd:explanation>{}</gmd:explanation><gmd:pass><gco:Boolean>true</gco:Boolean></gmd:pass></gmd:DQ_ConformanceResult></gmd:result></gmd:DQ_DomainConsistency></gmd:report>\n",
            text("Commission Regulation (EU) No 1089/2010"),
            date("2010-12-08", "publication"),
            text("See the specification")
        ),
        format!("<gmd:lineage><gmd:LI_Lineage><gmd:statement>{}</gmd:statement></gmd:LI_Lineage></gmd:lineage></gmd:DQ_DataQuality></gmd:dataQualityInfo>\n</gmd:MD_Metadata>\n", text(&lineage)),
    ]
    .concat()
}

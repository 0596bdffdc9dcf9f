//! What the schemas of ISO/TS 19139 (2007) say of order, number and content, as far as these records use them.
//!
//! The schemas themselves are not run: the sequences below are theirs, in short form. Each line is a type and its elements in order;
//! `?` at most once, `*` any number, `+` at least once, nothing exactly once. After `:` stands what the element holds: a type of
//! this table, a basic type of `gco` (`CharacterString`, `Date`, …), `code` for a code list, or several with `|`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// How often an element may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Times {
    /// At least.
    pub(super) least: usize,
    /// At most.
    pub(super) most: usize,
}

/// An element of a type.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// Its name.
    pub(super) name: &'static str,
    /// How often.
    pub(super) times: Times,
    /// What it holds; empty for anything.
    pub(super) holds: Vec<&'static str>,
}

const TEXT: &str = "
MD_Metadata = fileIdentifier?:CharacterString language?:CharacterString|LanguageCode characterSet?:code parentIdentifier?:CharacterString hierarchyLevel*:code hierarchyLevelName*:CharacterString contact+:CI_ResponsibleParty dateStamp:Date|DateTime metadataStandardName?:CharacterString metadataStandardVersion?:CharacterString dataSetURI?:CharacterString locale* spatialRepresentationInfo*:MD_Georectified|MD_Georeferenceable|MD_GridSpatialRepresentation|MD_VectorSpatialRepresentation referenceSystemInfo*:MD_ReferenceSystem metadataExtensionInfo* identificationInfo+:MD_DataIdentification contentInfo*:MD_CoverageDescription|MD_ImageDescription|MD_FeatureCatalogueDescription distributionInfo?:MD_Distribution dataQualityInfo*:DQ_DataQuality portrayalCatalogueInfo* metadataConstraints*:MD_Constraints|MD_LegalConstraints|MD_SecurityConstraints applicationSchemaInfo* metadataMaintenance?:MD_MaintenanceInformation series* describes* propertyType* featureType* featureAttribute*
MD_DataIdentification = citation:CI_Citation abstract:CharacterString purpose?:CharacterString credit*:CharacterString status*:code pointOfContact*:CI_ResponsibleParty resourceMaintenance*:MD_MaintenanceInformation graphicOverview*:MD_BrowseGraphic resourceFormat*:MD_Format descriptiveKeywords*:MD_Keywords resourceSpecificUsage* resourceConstraints*:MD_Constraints|MD_LegalConstraints|MD_SecurityConstraints aggregationInfo*:MD_AggregateInformation spatialRepresentationType*:code spatialResolution*:MD_Resolution language+:CharacterString|LanguageCode characterSet*:code topicCategory*:MD_TopicCategoryCode environmentDescription?:CharacterString extent*:EX_Extent supplementalInformation?:CharacterString
CI_Citation = title:CharacterString alternateTitle*:CharacterString date+:CI_Date edition?:CharacterString editionDate?:Date|DateTime identifier*:MD_Identifier|RS_Identifier citedResponsibleParty*:CI_ResponsibleParty presentationForm*:code series?:CI_Series otherCitationDetails?:CharacterString collectiveTitle?:CharacterString ISBN?:CharacterString ISSN?:CharacterString
CI_Date = date:Date|DateTime dateType:code
CI_Series = name?:CharacterString issueIdentification?:CharacterString page?:CharacterString
CI_ResponsibleParty = individualName?:CharacterString organisationName?:CharacterString positionName?:CharacterString contactInfo?:CI_Contact role:code
CI_Contact = phone?:CI_Telephone address?:CI_Address onlineResource?:CI_OnlineResource hoursOfService?:CharacterString contactInstructions?:CharacterString
CI_Telephone = voice*:CharacterString facsimile*:CharacterString
CI_Address = deliveryPoint*:CharacterString city?:CharacterString administrativeArea?:CharacterString postalCode?:CharacterString country?:CharacterString|Country electronicMailAddress*:CharacterString
CI_OnlineResource = linkage:URL protocol?:CharacterString applicationProfile?:CharacterString name?:CharacterString description?:CharacterString function?:code
MD_Identifier = authority?:CI_Citation code:CharacterString
RS_Identifier = authority?:CI_Citation code:CharacterString codeSpace?:CharacterString version?:CharacterString
MD_ReferenceSystem = referenceSystemIdentifier?:RS_Identifier
MD_MaintenanceInformation = maintenanceAndUpdateFrequency:code dateOfNextUpdate?:Date|DateTime userDefinedMaintenanceFrequency? updateScope*:code updateScopeDescription* maintenanceNote*:CharacterString contact*:CI_ResponsibleParty
MD_BrowseGraphic = fileName:CharacterString fileDescription?:CharacterString fileType?:CharacterString
MD_Format = name:CharacterString version:CharacterString amendmentNumber?:CharacterString specification?:CharacterString fileDecompressionTechnique?:CharacterString formatDistributor*:MD_Distributor
MD_Resolution = equivalentScale?:MD_RepresentativeFraction distance?:Distance
MD_Keywords = keyword+:CharacterString type?:code thesaurusName?:CI_Citation
MD_Constraints = useLimitation*:CharacterString
MD_LegalConstraints = useLimitation*:CharacterString accessConstraints*:code useConstraints*:code otherConstraints*:CharacterString
MD_SecurityConstraints = useLimitation*:CharacterString classification:code userNote?:CharacterString classificationSystem?:CharacterString handlingDescription?:CharacterString
MD_AggregateInformation = aggregateDataSetName?:CI_Citation aggregateDataSetIdentifier?:MD_Identifier|RS_Identifier associationType:code initiativeType?:code
EX_Extent = description?:CharacterString geographicElement*:EX_GeographicBoundingBox|EX_BoundingPolygon|EX_GeographicDescription temporalElement*:EX_TemporalExtent|EX_SpatialTemporalExtent verticalElement*:EX_VerticalExtent
EX_GeographicBoundingBox = extentTypeCode?:Boolean westBoundLongitude:Decimal eastBoundLongitude:Decimal southBoundLatitude:Decimal northBoundLatitude:Decimal
EX_GeographicDescription = extentTypeCode?:Boolean geographicIdentifier:MD_Identifier|RS_Identifier
EX_TemporalExtent = extent:TimePeriod|TimeInstant
EX_VerticalExtent = minimumValue:Real maximumValue:Real verticalCRS
MD_Distribution = distributionFormat*:MD_Format distributor*:MD_Distributor transferOptions*:MD_DigitalTransferOptions
MD_Distributor = distributorContact:CI_ResponsibleParty distributionOrderProcess* distributorFormat*:MD_Format distributorTransferOptions*:MD_DigitalTransferOptions
MD_DigitalTransferOptions = unitsOfDistribution?:CharacterString transferSize?:Real onLine*:CI_OnlineResource offLine?
DQ_DataQuality = scope:DQ_Scope report* lineage?:LI_Lineage
DQ_Scope = level:code extent?:EX_Extent levelDescription*
DQ_QuantitativeAttributeAccuracy = nameOfMeasure*:CharacterString measureIdentification?:MD_Identifier|RS_Identifier measureDescription?:CharacterString evaluationMethodType?:code evaluationMethodDescription?:CharacterString evaluationProcedure?:CI_Citation dateTime*:DateTime result+:DQ_QuantitativeResult|DQ_ConformanceResult
DQ_DomainConsistency = nameOfMeasure*:CharacterString measureIdentification?:MD_Identifier|RS_Identifier measureDescription?:CharacterString evaluationMethodType?:code evaluationMethodDescription?:CharacterString evaluationProcedure?:CI_Citation dateTime*:DateTime result+:DQ_QuantitativeResult|DQ_ConformanceResult
DQ_CompletenessOmission = nameOfMeasure*:CharacterString measureIdentification?:MD_Identifier|RS_Identifier measureDescription?:CharacterString evaluationMethodType?:code evaluationMethodDescription?:CharacterString evaluationProcedure?:CI_Citation dateTime*:DateTime result+:DQ_QuantitativeResult|DQ_ConformanceResult
DQ_ConformanceResult = specification:CI_Citation explanation:CharacterString pass:Boolean
DQ_QuantitativeResult = valueType? valueUnit errorStatistic?:CharacterString value+
LI_Lineage = statement?:CharacterString processStep*:LI_ProcessStep source*:LI_Source
LI_ProcessStep = description:CharacterString rationale?:CharacterString dateTime?:DateTime processor*:CI_ResponsibleParty source*:LI_Source
LI_Source = description?:CharacterString scaleDenominator?:MD_RepresentativeFraction sourceReferenceSystem?:MD_ReferenceSystem sourceCitation?:CI_Citation sourceExtent*:EX_Extent sourceStep*:LI_ProcessStep
MD_RepresentativeFraction = denominator:Integer
MD_GridSpatialRepresentation = numberOfDimensions:Integer axisDimensionProperties*:MD_Dimension cellGeometry:code transformationParameterAvailability:Boolean
MD_Georectified = numberOfDimensions:Integer axisDimensionProperties*:MD_Dimension cellGeometry:code transformationParameterAvailability:Boolean checkPointAvailability:Boolean checkPointDescription?:CharacterString cornerPoints* centerPoint? pointInPixel:MD_PixelOrientationCode transformationDimensionDescription?:CharacterString transformationDimensionMapping*:CharacterString
MD_Dimension = dimensionName:code dimensionSize:Integer resolution?:Measure|Length|Distance|Angle|Scale
MD_CoverageDescription = attributeDescription:RecordType contentType:code dimension*:MD_Band|MD_RangeDimension
MD_RangeDimension = sequenceIdentifier?:MemberName descriptor?:CharacterString
MD_Band = sequenceIdentifier?:MemberName descriptor?:CharacterString maxValue?:Real minValue?:Real units? peakResponse?:Real bitsPerValue?:Integer toneGradation?:Integer scaleFactor?:Real offset?:Real
";

/// The elements of a type, in order; `None` for types that are not in the table.
pub(super) fn sequence(of: &str) -> Option<&'static [Part]> {
    static TYPES: LazyLock<BTreeMap<&'static str, Vec<Part>>> = LazyLock::new(|| {
        let line = |line: &'static str| {
            let (name, parts) = line.split_once(" = ")?;
            Some((name, parts.split(' ').map(part).collect()))
        };
        TEXT.lines().filter_map(line).collect()
    });
    TYPES.get(of).map(Vec::as_slice)
}

fn part(of: &'static str) -> Part {
    let (head, holds) = of.split_once(':').unwrap_or((of, ""));
    let (name, times) = match head.as_bytes().last() {
        Some(b'?') => (&head[..head.len() - 1], Times { least: 0, most: 1 }),
        Some(b'*') => (&head[..head.len() - 1], Times { least: 0, most: usize::MAX }),
        Some(b'+') => (&head[..head.len() - 1], Times { least: 1, most: usize::MAX }),
        _ => (head, Times { least: 1, most: 1 }),
    };
    Part { name, times, holds: holds.split('|').filter(|h| !h.is_empty()).collect() }
}

/// Topic categories (an enumeration, so the only values there are).
pub(super) const TOPICS: [&str; 19] = [
    "farming",
    "biota",
    "boundaries",
    "climatologyMeteorologyAtmosphere",
    "economy",
    "elevation",
    "environment",
    "geoscientificInformation",
    "health",
    "imageryBaseMapsEarthCover",
    "intelligenceMilitary",
    "inlandWaters",
    "location",
    "oceans",
    "planningCadastre",
    "society",
    "structure",
    "transportation",
    "utilitiesCommunication",
];

/// The values of the code lists of ISO 19115:2003 that these records use.
pub(super) fn codes(list: &str) -> Option<&'static [&'static str]> {
    Some(match list {
        "CI_DateTypeCode" => &["creation", "publication", "revision"],
        "CI_RoleCode" => &[
            "resourceProvider",
            "custodian",
            "owner",
            "user",
            "distributor",
            "originator",
            "pointOfContact",
            "principalInvestigator",
            "processor",
            "publisher",
            "author",
        ],
        "CI_PresentationFormCode" => &[
            "documentDigital",
            "documentHardcopy",
            "imageDigital",
            "imageHardcopy",
            "mapDigital",
            "mapHardcopy",
            "modelDigital",
            "modelHardcopy",
            "profileDigital",
            "profileHardcopy",
            "tableDigital",
            "tableHardcopy",
            "videoDigital",
            "videoHardcopy",
        ],
        "CI_OnLineFunctionCode" => &["download", "information", "offlineAccess", "order", "search"],
        "MD_ScopeCode" => &[
            "attribute",
            "attributeType",
            "collectionHardware",
            "collectionSession",
            "dataset",
            "series",
            "nonGeographicDataset",
            "dimensionGroup",
            "feature",
            "featureType",
            "propertyType",
            "fieldSession",
            "software",
            "service",
            "model",
            "tile",
        ],
        "MD_ProgressCode" => {
            &["completed", "historicalArchive", "obsolete", "onGoing", "planned", "required", "underDevelopment"]
        }
        "MD_MaintenanceFrequencyCode" => &[
            "continual",
            "daily",
            "weekly",
            "fortnightly",
            "monthly",
            "quarterly",
            "biannually",
            "annually",
            "asNeeded",
            "irregular",
            "notPlanned",
            "unknown",
        ],
        "MD_KeywordTypeCode" => &["discipline", "place", "stratum", "temporal", "theme"],
        "MD_RestrictionCode" => &[
            "copyright",
            "patent",
            "patentPending",
            "trademark",
            "license",
            "intellectualPropertyRights",
            "restricted",
            "otherRestrictions",
        ],
        "MD_SpatialRepresentationTypeCode" => &["vector", "grid", "textTable", "tin", "stereoModel", "video"],
        "MD_CellGeometryCode" => &["point", "area"],
        "MD_CoverageContentTypeCode" => &["image", "thematicClassification", "physicalMeasurement"],
        "MD_DimensionNameTypeCode" => &["row", "column", "vertical", "track", "crossTrack", "line", "sample", "time"],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_and_names_only_what_it_knows() {
        let identification = sequence("MD_DataIdentification").unwrap();
        assert_eq!(identification.len(), 21);
        assert_eq!((identification[0].name, identification[0].times), ("citation", Times { least: 1, most: 1 }));
        let gco = [
            "CharacterString",
            "Date",
            "DateTime",
            "Boolean",
            "Decimal",
            "Real",
            "Integer",
            "code",
            "Measure",
            "Length",
            "Distance",
            "Angle",
            "Scale",
            "RecordType",
            "MemberName",
        ];
        let other = [
            "LanguageCode",
            "Country",
            "URL",
            "TimePeriod",
            "TimeInstant",
            "MD_TopicCategoryCode",
            "MD_PixelOrientationCode",
        ];
        // Known to the schemas, judged only by name here.
        let outside = [
            "MD_Georeferenceable",
            "MD_VectorSpatialRepresentation",
            "MD_ImageDescription",
            "MD_FeatureCatalogueDescription",
            "EX_BoundingPolygon",
            "EX_SpatialTemporalExtent",
        ];
        for name in TEXT.lines().filter_map(|l| l.split_once(" = ")).map(|(name, _)| name) {
            for holds in sequence(name).unwrap().iter().flat_map(|p| &p.holds) {
                assert!(
                    sequence(holds).is_some()
                        || gco.contains(holds)
                        || other.contains(holds)
                        || outside.contains(holds),
                    "{name}: {holds}"
                );
            }
        }
    }
}

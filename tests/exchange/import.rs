//! Tables of other institutions: GeoPackages, workbooks, a node's CSV; and files that mean harm.

mod harmonise;
mod hostile;

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use gdal::DriverManager;
use gdal::spatial_ref::SpatialRef;
use gdal::vector::{Feature, FieldDefn, Geometry, LayerAccess, LayerOptions, OGRFieldType, OGRwkbGeometryType};
use rust_xlsxwriter::{Formula, Workbook, Worksheet};
use soilscope_exchange::import::harmonise::{Model, Target, harmonise};
use soilscope_exchange::import::{Defaults, Imported, Limits, Options, import};
use soilscope_exchange::long::{Censor, Row};
use tempfile::TempDir;
use zip::write::SimpleFileOptions;

const DECLARED: &str = "country = 'BTN'\nsampling_date = '2024-05-27'\ndata_owner = 'Demo'\nlicence = 'CC-BY-4.0'\naccess_level = 'open'\n";

fn defaults(more: &str) -> Defaults {
    Defaults::from_toml(&format!("{DECLARED}{more}"), "demo.toml").unwrap()
}

fn read(path: &Path, more: &str) -> Imported {
    import(path, &defaults(more), &Options::default()).unwrap()
}

fn refused(path: &Path, more: &str) -> String {
    import(path, &defaults(more), &Options::default()).map(|i| i.report.text()).unwrap_err().to_string()
}

fn file(folder: &TempDir, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// What a test says about a result.
fn told(row: &Row) -> (&str, &str, Option<f64>, Option<f64>, &str) {
    (&row.site_code, &row.analyte_code, row.value, row.loq, &row.extraction_code)
}

/// A layer of texts and numbers: columns, and rows of cells, with points where it has a coordinate system.
struct Made<'a> {
    name: &'a str,
    epsg: Option<u32>,
    columns: &'a [&'a str],
    rows: &'a [(&'a [&'a str], &'a str)],
}

/// Columns whose names end in `#` are numbers.
fn geopackage(path: &Path, layers: &[Made<'_>]) {
    let mut dataset = DriverManager::get_driver_by_name("GPKG").unwrap().create_vector_only(path).unwrap();
    for made in layers {
        let srs = made.epsg.map(|code| SpatialRef::from_epsg(code).unwrap());
        let ty = if srs.is_some() { OGRwkbGeometryType::wkbUnknown } else { OGRwkbGeometryType::wkbNone };
        let layer =
            dataset.create_layer(LayerOptions { name: made.name, srs: srs.as_ref(), ty, options: None }).unwrap();
        for column in made.columns {
            let (name, kind) = match column.strip_suffix('#') {
                Some(name) => (name, OGRFieldType::OFTReal),
                None => (*column, OGRFieldType::OFTString),
            };
            FieldDefn::new(name, kind).unwrap().add_to_layer(&layer).unwrap();
        }
        for (cells, wkt) in made.rows {
            let mut feature = Feature::new(layer.defn()).unwrap();
            for (i, (column, cell)) in made.columns.iter().zip(*cells).enumerate() {
                match cell {
                    &"" => {}
                    number if column.ends_with('#') => feature.set_field_double(i, number.parse().unwrap()).unwrap(),
                    text => feature.set_field_string(i, text).unwrap(),
                }
            }
            if !wkt.is_empty() {
                feature.set_geometry(Geometry::from_wkt(wkt).unwrap()).unwrap();
            }
            feature.create(&layer).unwrap();
        }
    }
    dataset.close().unwrap();
}

const LAYER: &str = "upper_depth_cm = 0\nlower_depth_cm = 20\nextraction_code = 'AR_ISO54321'\n";

#[test]
fn a_geopackage_of_sites_specimens_and_results() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("soil.gpkg");
    let sites = Made {
        name: "sites",
        epsg: Some(4326),
        columns: &["site_code", "country"],
        rows: &[(&["A", "BTN"], "POINT (89.64 27.47)"), (&["B", "BTN"], "POINT (89.65 27.48)")],
    };
    let specimens = Made {
        name: "specimens",
        epsg: None,
        columns: &["specimen_code", "site_code", "upper_depth_cm#", "lower_depth_cm#"],
        rows: &[(&["A-1", "A", "0", "20"], ""), (&["B-1", "B", "0", "5"], "")],
    };
    let rows: [(&[&str], &str); 2] =
        [(&["A-1", "Cd", "310.5", "ug/kg", "AR_ISO54321"], ""), (&["B-1", "Hg", "0.1", "mg/kg", "HG_TDA"], "")];
    let columns = ["specimen_code", "analyte_code", "value#", "unit", "extraction_code"];
    let results = Made { name: "results", epsg: None, columns: &columns, rows: &rows };
    geopackage(&path, &[sites, specimens, results]);
    let Imported { table, report } = read(&path, "");
    assert_eq!(report.format, "GeoPackage with sites, specimens and results");
    let [a, b] = table.rows() else { panic!("{}", report.text()) };
    assert_eq!(told(a), ("A", "Cd", Some(0.3105), None, "AR_ISO54321"));
    assert_eq!((a.longitude, a.latitude, a.lower_depth_cm), (Some(89.64), Some(27.47), Some(20.0)));
    assert_eq!(told(b), ("B", "Hg", Some(0.1), None, "HG_TDA"));
    assert!(table.origin(0).0.to_string_lossy().ends_with("soil.gpkg, layer results"));

    let orphan = folder.path().join("orphan.gpkg");
    let rows: [(&[&str], &str); 1] = [(&["A", "Cd", "1", "mg/kg", "XRF"], "")];
    let results = Made {
        name: "results",
        epsg: None,
        columns: &["site_code", "analyte_code", "value#", "unit", "extraction_code"],
        rows: &rows,
    };
    let sites =
        Made { name: "sites", epsg: Some(4326), columns: &["site_code"], rows: &[(&["B"], "POINT (89.64 27.47)")] };
    geopackage(&orphan, &[sites, results]);
    let error = refused(&orphan, LAYER);
    assert!(error.contains("column 'site_code': 'A': is not in"), "{error}");
}

#[test]
fn a_layer_of_points_with_wide_columns_in_its_own_system() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("meuse.gpkg");
    let made = |name| Made {
        name,
        epsg: Some(28992),
        columns: &["site_code", "Zn#", "Cd[ug/kg]"],
        rows: &[(&["1", "1022", "<50"], "POINT (181072 333611)"), (&["2", "", "310"], "POINT (181025 333558)")],
    };
    geopackage(&path, &[made("samples")]);
    let table = read(&path, LAYER).table;
    let found: Vec<_> = table.rows().iter().map(told).collect();
    assert_eq!(
        found[..2],
        [("1", "Zn", Some(1022.0), None, "AR_ISO54321"), ("1", "Cd", None, Some(0.05), "AR_ISO54321")]
    );
    assert_eq!(found[2], ("2", "Cd", Some(0.31), None, "AR_ISO54321"));
    let first = &table.rows()[0];
    assert_eq!((first.x, first.y, first.crs.as_str()), (Some(181_072.0), Some(333_611.0), "EPSG:28992"));

    let two = folder.path().join("two.gpkg");
    geopackage(&two, &[made("one"), made("other")]);
    assert!(refused(&two, LAYER).contains("has several layers (one, other)"));
    assert_eq!(read(&two, &format!("{LAYER}layer = 'other'\n")).table.len(), 3);

    let area = folder.path().join("area.gpkg");
    let rows: [(&[&str], &str); 1] = [(&["1", "3"], "POLYGON ((0 0, 1 0, 1 1, 0 0))")];
    geopackage(&area, &[Made { name: "samples", epsg: Some(28992), columns: &["site_code", "Zn#"], rows: &rows }]);
    assert!(refused(&area, LAYER).contains("'POLYGON': is no point"));
}

#[test]
fn the_inspire_soil_geopackage_in_both_templates_names() {
    let folder = tempfile::tempdir().unwrap();
    for (guid, property, procedure, file) in [
        ("guid", "observedproperty", "observingprocedure", "new.gpkg"),
        ("guidkey", "observableproperty", "process", "old.gpkg"),
    ] {
        let path = folder.path().join(file);
        let (to_property, to_procedure) = (format!("guid_{property}"), format!("guid_{procedure}"));
        let plot = "http://inspire.ec.europa.eu/codelist/SoilPlotTypeValue/trialPit";
        let digestion = "http://w3id.org/glosis/model/procedure/totalElementsProcedure-Total_hcl-aquaregia";
        let tables = [
            Made { name: "soilsite", epsg: None, columns: &[guid, "inspireid_localid"], rows: &[(&["s", "SITE"], "")] },
            Made {
                name: "soilplot",
                epsg: Some(3035),
                columns: &[guid, "inspireid_localid", "soilplottype", "locatedon"],
                rows: &[(&["p", "PLOT", plot, "s"], "POINT (4100000 3000000)")],
            },
            Made {
                name: "soilprofile",
                epsg: None,
                columns: &[guid, "localidentifier", "location"],
                rows: &[(&["f", "PROFILE", "p"], "")],
            },
            Made {
                name: "profileelement",
                epsg: None,
                columns: &[
                    guid,
                    "inspireid_localid",
                    "profileelementdepthrange_uppervalue#",
                    "profileelementdepthrange_lowervalue#",
                    "ispartof",
                    "profileelementtype",
                ],
                rows: &[(&["e", "ELEMENT", "0", "30", "f", "1"], "")],
            },
            Made {
                name: property,
                epsg: None,
                columns: &[guid, "name", "definition"],
                rows: &[
                    (
                        &[
                            "lead",
                            "Pb",
                            "http://inspire.ec.europa.eu/codelist/ProfileElementParameterNameValue/leadContent",
                        ],
                        "",
                    ),
                    (&["cadmium", "Cd", "http://w3id.org/glosis/model/codelists/physioChemicalPropertyCode-Cad"], ""),
                    (&["other", "?", "http://example.org/phlogiston"], ""),
                ],
            },
            Made { name: procedure, epsg: None, columns: &[guid, "definition"], rows: &[(&["ar", digestion], "")] },
            Made { name: "unitofmeasure", epsg: None, columns: &["code", "symbol"], rows: &[(&["u", "mg/kg"], "")] },
            Made {
                name: "datastream",
                epsg: None,
                columns: &[guid, &to_property, &to_procedure, "code_unitofmeasure", "guid_profileelement"],
                rows: &[
                    (&["d1", "lead", "ar", "u", "e"], ""),
                    (&["d2", "cadmium", "ar", "u", "e"], ""),
                    (&["d3", "other", "ar", "u", "e"], ""),
                    (&["d4", "lead", "ar", "u", ""], ""),
                ],
            },
            Made {
                name: "observation",
                epsg: None,
                columns: &[guid, "guid_datastream", "result_real#", "phenomenontime_start"],
                rows: &[
                    (&["1", "d1", "25.5", "2019-07-01T00:00:00Z"], ""),
                    (&["2", "d2", "0.2", "2019-07-01T00:00:00Z"], ""),
                    (&["3", "d3", "1", "2019-07-01T00:00:00Z"], ""),
                    (&["4", "d4", "9", "2019-07-01T00:00:00Z"], ""),
                ],
            },
        ];
        geopackage(&path, &tables);
        let Imported { table, report } = read(&path, "");
        assert_eq!(report.format, "INSPIRE soil GeoPackage");
        let found: Vec<_> = table.rows().iter().map(told).collect();
        assert_eq!(
            found,
            [("SITE", "Pb", Some(25.5), None, "AR_UNSPEC"), ("SITE", "Cd", Some(0.2), None, "AR_UNSPEC")]
        );
        let row = &table.rows()[0];
        assert_eq!(
            (row.plot_type.as_str(), row.element_type.as_str(), row.crs.as_str()),
            ("TrialPit", "Layer", "EPSG:3035")
        );
        assert_eq!((row.lower_depth_cm, row.sampling_date.unwrap().to_string()), (Some(30.0), "2019-07-01".to_owned()));
        assert_eq!(report.unresolved[0].name, "http://example.org/phlogiston");
        assert_eq!((report.without_code, report.unresolved[0].count), (1, 1));
        assert!(report.notices.iter().any(|n| n.starts_with("1 observations are no numbers, or not of an element")));
    }
}

type Cells = &'static [&'static [&'static str]];

const SHEETS: [(&str, Cells); 6] = [
    (
        "Plot Data",
        &[
            &["Project", "", "", "", "", "Place", ""],
            &[
                "project_name",
                "site_code",
                "plot_code",
                "profile_code",
                "plot_type",
                "date",
                "longitude",
                "latitude",
                "Landuse",
            ],
            &["Survey", "S1", "PL1", "PR1", "TrialPit", "2023-06-30", "89.64", "27.47", "AA"],
            &["Survey", "S2", "PL2", "PR2", "Borehole", "2023-07-01", "89.65", "27.48", "moon"],
        ],
    ),
    ("Profile Data", &[&["Profile"], &["profile_code", "plot_code"], &["PR1", "PL1"], &["PR2", "PL2"]]),
    (
        "Element Data",
        &[
            &["Element"],
            &["profile_code", "element_code", "type", "order_element", "upper_depth", "lower_depth", "horizon_code"],
            &["PR1", "E1", "Layer", "1", "0", "20", ""],
            &["PR2", "E1", "Horizon", "1", "0", "15", "Ah"],
        ],
    ),
    (
        "Specimen Data",
        &[
            &["profile_code", "element_code", "specimen_code", "cadmiumProperty", "CopExt", "Phlogiston", "pH"],
            &["PR1", "E1", "PR1-1", "0.31", "0.0005", "7", "6.5"],
            &["PR2", "E1", "PR2-1", "<0.05", "", "8", ""],
        ],
    ),
    (
        "Procedures",
        &[
            &["soil_property", "property_phys_chem_id", "procedure_phys_chem_id", "unit_of_measure_id"],
            &["cadmiumProperty", "cadmiumProperty", "Total_hcl-aquaregia", "mg/kg"],
            &["CopExt", "Copext", "Extr_dtpa", "%"],
            &["Phlogiston", "phlogistonProperty", "Total_unkn", "mg/kg"],
            &["pH", "pH", "pHH2O", "pH"],
        ],
    ),
    ("Comments", &[&["anything"]]),
];

fn fill(sheet: &mut Worksheet, cells: &[&[&str]]) {
    for (row, texts) in (0..).zip(cells) {
        for (column, text) in (0..).zip(*texts) {
            match text.parse::<f64>() {
                Ok(number) => sheet.write_number(row, column, number).unwrap(),
                Err(_) => sheet.write_string(row, column, *text).unwrap(),
            };
        }
    }
}

fn workbook(path: &Path, change: impl Fn(&str, &mut Worksheet)) {
    let mut book = Workbook::new();
    for (name, cells) in SHEETS {
        let sheet = book.add_worksheet();
        sheet.set_name(name).unwrap();
        fill(sheet, cells);
        change(name, sheet);
    }
    book.save(path).unwrap();
}

fn check_template(imported: &Imported) {
    let Imported { table, report } = imported;
    assert_eq!(report.format, "FAO and GloSIS template workbook");
    let found: Vec<_> = table.rows().iter().map(told).collect();
    assert_eq!(
        found,
        [
            ("S1", "Cd", Some(0.31), None, "AR_UNSPEC"),
            ("S1", "Cu", Some(5.0), None, "DTPA"),
            ("S1", "pH", Some(6.5), None, ""),
            ("S2", "Cd", None, Some(0.05), "AR_UNSPEC"),
        ],
        "{}",
        report.text()
    );
    let copper = &table.rows()[1];
    assert_eq!(
        (copper.original_value.as_str(), copper.original_unit.as_str(), copper.fraction.as_str()),
        ("0.0005", "%", "available")
    );
    assert!(
        report
            .notices
            .iter()
            .any(|n| n.contains("Cu: % of an extractable trace element") && n.contains("factor 10000"))
    );
    let row = &table.rows()[3];
    assert_eq!(
        (row.element_type.as_str(), row.lower_depth_cm, row.plot_type.as_str()),
        ("Horizon", Some(15.0), "Borehole")
    );
    assert_eq!((table.rows()[0].land_use.as_str(), row.land_use.as_str()), ("cropland_annual", ""));
    assert_eq!(row.sampling_date.unwrap().to_string(), "2023-07-01");
    let unresolved: Vec<_> = report.unresolved.iter().map(|u| (u.kind.as_str(), u.name.as_str(), u.count)).collect();
    assert_eq!(unresolved, [("analyte", "phlogistonProperty", 2), ("procedure", "pHH2O", 1), ("land_use", "moon", 1)]);
    assert!(report.notices.iter().any(|n| n == "sheet 'comments' holds no results: not read"));
}

#[test]
fn the_template_workbook_and_the_same_as_a_folder_of_csv() {
    let folder = tempfile::tempdir().unwrap();
    let book = folder.path().join("template.xlsx");
    workbook(&book, |_, _| {});
    let from_book = read(&book, "");
    check_template(&from_book);
    assert!(from_book.table.origin(0).0.to_string_lossy().ends_with("template.xlsx, sheet Specimen Data"));
    let sheets = folder.path().join("template");
    std::fs::create_dir(&sheets).unwrap();
    for (name, cells) in SHEETS.iter().filter(|(name, _)| *name != "Comments") {
        let text: String = cells.iter().map(|row| format!("{}\n", row.join(","))).collect();
        std::fs::write(sheets.join(format!("{name}.csv")), text).unwrap();
    }
    std::fs::write(sheets.join("Comments.csv"), "a,b\n1,2\n").unwrap();
    let from_folder = read(&sheets, "");
    check_template(&from_folder);
    assert_eq!(from_folder.table.rows(), from_book.table.rows());
}

#[test]
fn formulas_are_counted_and_their_saved_values_taken() {
    let folder = tempfile::tempdir().unwrap();
    let book = folder.path().join("formulas.xlsx");
    workbook(&book, |name, sheet| {
        if name == "Specimen Data" {
            sheet.write_formula(1, 3, Formula::new("=WEBSERVICE(\"http://localhost\")").set_result("0.25")).unwrap();
            sheet.write_formula(1, 6, Formula::new("=1+1").set_result("6.5")).unwrap();
        }
    });
    let Imported { table, report } = read(&book, "");
    assert_eq!(table.rows()[0].value, Some(0.25), "as saved, not calculated");
    assert_eq!(report.formulas, 2);
    assert!(report.text().contains("formulas 2: values as saved were read"));
}

#[test]
fn dates_of_a_workbook_are_dates_and_a_missing_element_is_refused_at_its_cell() {
    let folder = tempfile::tempdir().unwrap();
    let book = folder.path().join("dates.xlsx");
    workbook(&book, |name, sheet| {
        if name == "Plot Data" {
            let format = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
            let date = rust_xlsxwriter::ExcelDateTime::from_ymd(2022, 2, 28).unwrap();
            sheet.write_datetime_with_format(2, 5, date, &format).unwrap();
        }
    });
    assert_eq!(read(&book, "").table.rows()[0].sampling_date.unwrap().to_string(), "2022-02-28");
    let lost = folder.path().join("lost.xlsx");
    workbook(&lost, |name, sheet| {
        if name == "Specimen Data" {
            sheet.write_string(2, 1, "E9").unwrap();
        }
    });
    let error = refused(&lost, "");
    assert!(error.contains("sheet Specimen Data, row 3, column 'element_code': 'E9': is not in"), "{error}");
}

#[test]
fn samples_of_an_fao_node() {
    let folder = tempfile::tempdir().unwrap();
    let text = "plot_code,profile_code,plot_type,element_type,longitude,latitude,sampling_date,upper_depth,lower_depth,CAD__TOTAL_HCL-AQUAREGIA,COPEXT__EXTR_DTPA,XYZ__TOTAL_XRF\n\
                P1,P1-d1,Borehole,Layer,89.64,27.47,2024-05-27,0,20,0.31,5,1\n";
    let Imported { table, report } = read(&file(&folder, "samples.csv", text), "");
    assert_eq!(report.format, "samples of an FAO node, CSV");
    let found: Vec<_> = table.rows().iter().map(told).collect();
    assert_eq!(found, [("P1", "Cd", Some(0.31), None, "AR_UNSPEC"), ("P1", "Cu", Some(5.0), None, "DTPA")]);
    assert_eq!((table.rows()[0].profile_code.as_str(), table.rows()[0].unit.as_str()), ("P1-d1", "mg/kg"));
    assert_eq!(report.unresolved[0].name, "XYZ__TOTAL_XRF");
}

#[test]
fn what_has_no_code_is_listed_and_never_dropped_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    let text = "site_code,longitude,latitude,analyte_code,cas_number,value,unit,extraction_code\n\
                A,89.6,27.4,Unobtainium,,1,mg/kg,XRF\nB,89.6,27.4,Unobtainium,,2,mg/kg,XRF\n\
                A,89.6,27.4,Blei,,12,mg/kg,XRF\nA,89.6,27.4,cadmium,7440-43-9,0.3,mg/kg,Witchcraft\n\
                A,89.6,27.4,Quecksilber,7439-97-6,0.1,mg/kg,HG_TDA\nA,89.6,27.4,Pb,,11,mg/kg,Koenigswasser\n";
    let path = file(&folder, "long.csv", text);
    let depths = "upper_depth_cm = 0\nlower_depth_cm = 20\n";
    let mapped = format!("{depths}[analytes.Blei]\ncode = 'Pb'\n[procedures]\nKoenigswasser = 'AR_UNSPEC'\n");
    let Imported { table, report } = read(&path, &mapped);
    let codes: Vec<_> = table.rows().iter().map(|r| (r.analyte_code.as_str(), r.extraction_code.as_str())).collect();
    assert_eq!(
        codes,
        [("Pb", "XRF"), ("Hg", "HG_TDA"), ("Pb", "AR_UNSPEC")],
        "a CAS number names what a word does not"
    );
    let listed: Vec<_> =
        report.unresolved.iter().map(|u| (u.kind.as_str(), u.name.as_str(), u.count, u.first_row)).collect();
    assert_eq!(listed, [("analyte", "Unobtainium", 2, 2), ("procedure", "Witchcraft", 1, 5)]);
    assert_eq!((report.results, report.kept, report.without_code), (6, 3, 3));
    assert!(report.text().contains("no code: analyte Unobtainium (2 results, first in long.csv, row 2)"));
    assert!(table.pooled("Pb").unwrap_err().to_string().contains("AR (1), TOTAL (1)"));

    let wrong = text.replace("7440-43-9", "7440-43-8");
    assert!(refused(&file(&folder, "a.csv", wrong), &mapped).contains("its check digit does not hold"));
    let other = text.replace("cadmium,7440-43-9", "cadmium,7439-92-1");
    assert!(refused(&file(&folder, "b.csv", other), &mapped).contains("is not the number of Cd"));
}

#[test]
fn loose_names_need_a_unit_and_extractable_names_no_total_procedure() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "x.csv", "site_code,longitude,latitude,om,cadmium\nA,89.6,27.4,13.6,0.3\n");
    let Imported { table, report } = read(&path, LAYER);
    assert!(table.is_empty());
    let listed: Vec<_> = report.unresolved.iter().map(|u| (u.kind.as_str(), u.name.as_str())).collect();
    assert_eq!(listed, [("unit", "om"), ("unit", "cadmium")]);
    let table = read(&path, &format!("{LAYER}[analytes.om]\nunit = '%'\n[analytes.cadmium]\nunit = 'ppm'\n")).table;
    assert_eq!(table.rows().iter().map(|r| r.value).collect::<Vec<_>>(), [Some(136.0), Some(0.3)]);
    let path = file(&folder, "y.csv", "site_code,longitude,latitude,COPEXT[mg/kg]\nA,89.6,27.4,1\n");
    assert!(refused(&path, LAYER).contains("its analyte is named as extractable"));
}

#[test]
fn duplicates_are_counted_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let text = "site_code,specimen_code,longitude,latitude,Cd\nA,A-1,89.6,27.4,1\nA,A-1,89.6,27.4,2\n";
    let Imported { table, report } = read(&file(&folder, "x.csv", text), LAYER);
    assert_eq!((table.len(), report.duplicates), (2, 1));
    assert_eq!(report.duplicate_places, ["row 3 repeats row 2 (A-1 Cd AR_ISO54321)"]);
}

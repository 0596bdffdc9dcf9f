//! Long and wide tables: read, written, and read again.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use soilscope_exchange::Error;
use soilscope_exchange::import::{Defaults, Imported, Limits, Options, import};
use soilscope_exchange::long::{Censor, Places, Row};
use tempfile::TempDir;

const DECLARED: &str = "country = 'BTN'\nsampling_date = '2024-05-27'\nupper_depth_cm = 0\nlower_depth_cm = 20\n\
    extraction_code = 'AR_ISO54321'\ndata_owner = 'Demo'\nlicence = 'CC-BY-4.0'\naccess_level = 'blurred'\n";

fn defaults(more: &str) -> Defaults {
    Defaults::from_toml(&format!("{DECLARED}{more}"), "demo.toml").unwrap()
}

fn file(folder: &TempDir, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn read(name: &str, text: impl AsRef<[u8]>, more: &str) -> Result<Imported, Error> {
    let folder = tempfile::tempdir().unwrap();
    import(&file(&folder, name, text), &defaults(more), &Options::default())
}

fn refused(name: &str, text: impl AsRef<[u8]>, more: &str) -> String {
    read(name, text, more).map(|i| i.report.text()).unwrap_err().to_string()
}

/// The example of the specification, section 3.1.
const EXAMPLE: &str = "site_code,specimen_code,longitude,latitude,country,sampling_date,upper_depth_cm,lower_depth_cm,analyte_code,value,censor,unit,lod,loq,uncertainty_rel_pct,extraction_code,determination_code,data_owner,licence,access_level
A001,A001-1,89.6404,27.4728,BTN,2024-05-27,0,20,Cd,0.31,,mg/kg,0.02,0.05,18,AR_ISO54321,ICP-MS,Demo,CC-BY-4.0,blurred
A001,A001-1,89.6404,27.4728,BTN,2024-05-27,0,20,Hg,,lt_loq,mg/kg,,0.02,,AR_ISO54321,CV-AFS,Demo,CC-BY-4.0,blurred
";

#[test]
fn the_example_of_the_specification_needs_no_defaults() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "long.csv", EXAMPLE);
    let Imported { table, report } = import(&path, &Defaults::default(), &Options::default()).unwrap();
    let [cadmium, mercury] = table.rows() else { panic!("{}", report.text()) };
    assert_eq!((cadmium.value, cadmium.lod, cadmium.loq), (Some(0.31), Some(0.02), Some(0.05)));
    assert!((cadmium.standard_uncertainty().unwrap() - 0.0279).abs() < 1e-12);
    assert_eq!((mercury.censor, mercury.loq, mercury.value), (Censor::BelowQuantification, Some(0.02), None));
    assert_eq!(mercury.fraction, "pseudo_total", "from the procedure");
    assert_eq!(mercury.cas_number, "7439-97-6", "from the table");
    assert_eq!(table.origin(1), (path.as_path(), 3));
    assert_eq!((report.kept, report.refused, report.without_code), (2, 0, 0));
    assert_eq!(report.analytes["Hg"].censored["lt_loq"], 1);
    assert_eq!(report.analytes["Cd"].groups["AR"], 1);
}

#[test]
fn a_wide_table_gives_the_values_of_the_long_one() {
    let wide = "site_code,specimen_code,longitude,latitude,Cd[ug/kg],Cd__lod,Cd__unc,Hg,Hg__censor,Hg__loq,Zn__ext,Zn\n\
                A001,A001-1,89.6404,27.4728,310,20,27.9,,lt_loq,0.02,XRF,70\n";
    let table = read("wide.csv", wide, "").unwrap().table;
    let [cadmium, mercury, zinc] = table.rows() else { panic!() };
    assert_eq!((cadmium.value, cadmium.unit.as_str(), cadmium.lod), (Some(0.31), "mg/kg", Some(0.02)));
    assert_eq!((cadmium.original_value.as_str(), cadmium.original_unit.as_str()), ("310", "ug/kg"));
    assert_eq!(cadmium.uncertainty_expanded, Some(0.0279));
    assert_eq!((mercury.censor, mercury.loq), (Censor::BelowQuantification, Some(0.02)));
    assert_eq!((zinc.extraction_code.as_str(), zinc.fraction.as_str()), ("XRF", "total"));
    assert_eq!(table.pools()["Zn"].keys().collect::<Vec<_>>(), ["TOTAL"]);
}

#[test]
fn the_nearest_statement_counts_cell_bracket_side_file_default() {
    let folder = tempfile::tempdir().unwrap();
    let text = "site_code,longitude,latitude,Cd[ug/kg],Zn,Pb,Pb__ext\nA,89.6,27.4,310,70,<5,DTPA\n";
    let path = file(&folder, "lab.csv", text);
    let side = r#"{"extraction_code": "AR_ISO11466", "columns": {"Cd": {"unit": "mg/kg", "loq": 50}, "Zn": {"unit": "g/kg"}}}"#;
    file(&folder, "lab.columns.json", side);
    let declared = defaults("unit = 'mg/kg'\n[analytes.Zn]\nunit = 'ug/kg'\nextraction_code = 'XRF'\n");
    let table = import(&path, &declared, &Options::default()).unwrap().table;
    let [cadmium, zinc, lead] = table.rows() else { panic!() };
    assert_eq!(cadmium.value, Some(0.31), "the bracket before the side file");
    assert_eq!(cadmium.loq, Some(50.0), "a limit declared in mg/kg stays that beside values in ug/kg");
    assert_eq!(
        (zinc.value, zinc.extraction_code.as_str()),
        (Some(70_000.0), "AR_ISO11466"),
        "the side file before the defaults"
    );
    assert_eq!((lead.extraction_code.as_str(), lead.loq), ("DTPA", Some(5.0)), "the cell before all");
}

#[test]
fn dialects_are_found_and_said() {
    let header = "site_code;longitude;latitude;Cd\n";
    let comma = read("x.csv", format!("{header}A;89,64;27,47;0,31\n"), "").unwrap();
    assert_eq!(comma.table.rows()[0].value, Some(0.31));
    assert!(
        comma.report.notices.iter().any(|n| n.contains("decimal comma, from cells as '89,64'")),
        "{:?}",
        comma.report.notices
    );
    let tab = read("x.tsv", "site_code\tlongitude\tlatitude\tCd\nA\t89.64\t27.47\t0.31\n", "").unwrap();
    assert!(tab.report.notices.iter().any(|n| n == "delimiter tab, from the header"));
    assert!(refused("x.csv", format!("{header}A;89.64;27,47;0,31\n"), "").contains("with points and with commas"));
    let stated = "[dialect]\ndecimal = ','\n";
    let both = refused("x.csv", format!("{header}A;89.64;27,47;0,31\n"), stated);
    assert!(both.contains("row 2, column 'longitude': '89.64': has a point"), "{both}");
    let thousands = refused("x.csv", "site_code,longitude,latitude,Zn\nA,89.64,27.47,\"1,022\"\n", "");
    assert!(thousands.contains("row 2, column 'Zn': '1,022': has a comma"), "{thousands}");
    assert!(refused("x.csv", "site_code\nA\n", "").contains("delimiter"));
}

#[test]
fn encodings_are_said_or_refused_at_their_cell() {
    let text = "site_code,longitude,latitude,remark,Cd\nA,89.64,27.47,Küche,0.31\n";
    let remark = |i: &Imported| i.table.rows()[0].remark.clone();
    let marked = read("x.csv", format!("\u{feff}{text}"), "").unwrap();
    assert_eq!(remark(&marked), "Küche");
    let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let utf16 = read("x.csv", wide, "").unwrap();
    assert_eq!(remark(&utf16), "Küche");
    assert!(utf16.report.notices.iter().any(|n| n.contains("UTF-16LE")));
    let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let error = refused("x.csv", &latin, "");
    assert!(error.contains("row 2, column 'remark'") && error.contains("is not UTF-8"), "{error}");
    let declared = read("x.csv", &latin, "[dialect]\nencoding = 'latin1'\n").unwrap();
    assert_eq!(remark(&declared), "Küche");
}

#[test]
fn every_refusal_names_file_row_column_value_reason_and_remedy() {
    let row = |column: &str, value: &str| {
        let mut columns = vec![("site_code", "A"), ("longitude", "89.6"), ("latitude", "27.4"), ("Cd", "0.3")];
        match columns.iter_mut().find(|(c, _)| *c == column) {
            Some(cell) => cell.1 = value,
            None => columns.push((column, value)),
        }
        let (names, cells): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        format!("{}\n{}\n", names.join(","), cells.join(","))
    };
    for (column, value, reason) in [
        ("longitude", "189.6", "is above 180"),
        ("latitude", "north", "is not a finite number"),
        ("Cd", "n.d.", "is neither a number nor a limit"),
        ("Cd", "-0.3", "is negative"),
        ("Cd__censor", "below", "is no code of censoring.csv"),
        ("Cd__loq", "0", "is not above 0"),
        ("sampling_date", "27.05.2024", "is no date"),
        ("lower_depth_cm", "0", "is not above 0"),
        ("country", "Bhutan", "is no country"),
        ("licence", "mine", "is not in licences.csv"),
        ("crs", "WGS84", "is not of the form"),
        ("access_level", "secret", "is none of the schema's words"),
        ("n_increments", "2.5", "is not a whole number"),
        ("coverage_factor", "9", "is above 3"),
    ] {
        let text = refused("lab.csv", row(column, value), "");
        let place = format!("lab.csv, row 2, column '{column}': '{value}': {reason}");
        assert!(text.contains(&place) && text.contains("; "), "{text}\nwanted {place}");
    }
    for (unit, reason) in [("furlong", "is no unit"), ("pH", "is not convertible to mg/kg")] {
        let text = refused("lab.csv", format!("site_code,longitude,latitude,Cd[{unit}]\nA,89.6,27.4,1\n"), "");
        assert!(text.contains(reason), "{text}");
    }
}

#[test]
fn what_is_missing_is_asked_for() {
    let text = "site_code,longitude,latitude,Cd\nA,89.6,27.4,0.3\n";
    for field in ["country", "sampling_date", "lower_depth_cm", "data_owner", "licence", "extraction_code"] {
        let less: String = DECLARED.lines().filter(|l| !l.starts_with(field)).map(|l| format!("{l}\n")).collect();
        let folder = tempfile::tempdir().unwrap();
        let less = Defaults::from_toml(&less, "demo.toml").unwrap();
        let error = import(&file(&folder, "x.csv", text), &less, &Options::default()).unwrap_err().to_string();
        assert!(error.contains(&format!("'{field}'")) && error.contains("defaults"), "{error}");
    }
    assert!(refused("x.csv", "site_code,x,y,Cd\nA,1,2,0.3\n", "").contains("'crs'"));
    assert!(refused("x.csv", "site_code,Cd\nA,0.3\n", "").contains("no place"));
}

#[test]
fn lenient_reading_keeps_what_it_can_and_lists_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(
        &folder,
        "x.csv",
        "site_code,longitude,latitude,Cd,Zn\nA,89.6,27.4,x,70\nB,200,27.4,1,2\nC,89.6,27.4,0,\n",
    );
    let options = Options { lenient: true, ..Options::default() };
    let Imported { table, report } = import(&path, &defaults(""), &options).unwrap();
    assert_eq!((report.rows_read, report.results, report.kept, report.missing, report.refused), (3, 6, 2, 1, 3));
    assert_eq!(table.rows().iter().map(|r| r.site_code.as_str()).collect::<Vec<_>>(), ["A", "C"]);
    assert_eq!(report.refusals[0].row, 2);
    assert_eq!(report.refused_why["is above 180"], 2);
    assert_eq!(report.analytes["Cd"].zeros, 1, "zero is kept and flagged");
    assert_eq!(report.json().unwrap(), import(&path, &defaults(""), &options).unwrap().report.json().unwrap());
}

#[test]
fn text_that_a_spreadsheet_would_run_is_escaped_and_reads_back() {
    let text = "site_code,longitude,latitude,remark,Cd\n\"=cmd|' /C calc'!A0\",89.6,27.4,@SUM(A1),0.3\n";
    let table = read("x.csv", text, "").unwrap().table;
    assert_eq!(table.rows()[0].site_code, "=cmd|' /C calc'!A0");
    let written = table.to_csv();
    assert!(written.contains(",'=cmd|' /C calc'!A0,"), "{written}");
    assert!(written.contains("'@SUM(A1)"));
    let again = read("again.csv", written, "").unwrap().table;
    assert_eq!(again.rows(), table.rows());
}

#[test]
fn hostile_delimited_files_are_refused_without_harm() {
    let wide: String = (0..100_000).map(|i| format!("c{i},")).collect();
    assert!(refused("x.csv", format!("{wide}\n1\n"), "").contains("columns, more than 4096"));
    let long = format!("site_code,longitude,latitude,Cd\n{}", "x".repeat(100 << 20));
    assert!(refused("x.csv", long, "").contains("row 2: is longer than 16777216 bytes"));
    let unclosed = format!("site_code,longitude,latitude,Cd\nA,1,2,\"{}", "y\n".repeat(10 << 20));
    assert!(refused("x.csv", unclosed, "").contains("quotation mark"));
    let cell = format!("site_code,longitude,latitude,Cd\n{},1,2,3\n", "x".repeat(70 << 10));
    assert!(refused("x.csv", cell, "").contains("bytes, more than 65536"));
    assert!(refused("x.csv", "site_code,longitude,latitude,Cd\nA\0,1,2,3\n", "").contains("zero byte"));
    assert!(refused("x.csv", "site_code,site_code,Cd\nA,1,3\n", "").contains("stands over columns 1 and 2"));
    assert!(refused("x.csv", "site_code,longitude,latitude,Cd\nA,1,2\n", "").contains("row has 3 cells, the header 4"));
    assert!(refused("x.csv", "", "").contains("is empty"));
    assert!(refused("x.csv", [0x00, 0xff, 0x10, 0x2c], "").contains("x.csv"));
}

#[cfg(unix)]
#[test]
fn links_pipes_and_folders_are_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("link.csv");
    std::os::unix::fs::symlink("/etc/passwd", &link).unwrap();
    let pipe = folder.path().join("pipe.csv");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for path in [link.as_path(), pipe.as_path(), Path::new("/dev/zero"), Path::new("/vsicurl/http://localhost/x.gpkg")]
    {
        let error = import(path, &defaults(""), &Options::default()).unwrap_err().to_string();
        assert!(error.contains("no regular file") || error.contains("cannot be read"), "{error}");
    }
}

#[test]
fn limits_can_be_set() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "x.csv", "site_code,longitude,latitude,Cd\nA,89.6,27.4,1\nB,89.6,27.4,1\n");
    let limits = Limits { rows: 2, ..Limits::default() };
    let error = import(&path, &defaults(""), &Options { limits, ..Options::default() }).unwrap_err().to_string();
    assert!(error.contains("more than 2 rows"), "{error}");
}

#[test]
fn geojson_is_read_wide_and_long() {
    let geojson = r#"{"type": "FeatureCollection", "crs": {"type": "name"}, "features": [
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [89.64, 27.47]},
         "properties": {"site_code": "A", "Cd[ug/kg]": "<50", "Zn": 70}},
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [89.65, 27.48]},
         "properties": {"site_code": "B", "results": [
            {"analyte_code": "Pb", "value": 12.5, "unit": "mg/kg", "specimen_code": "B-1"}]}}]}"#;
    let Imported { table, report } = read("x.geojson", geojson, "").unwrap();
    let found: Vec<_> =
        table.rows().iter().map(|r| (r.site_code.as_str(), r.analyte_code.as_str(), r.value, r.loq)).collect();
    assert_eq!(found, [("B", "Pb", Some(12.5), None), ("A", "Cd", None, Some(0.05)), ("A", "Zn", Some(70.0), None)]);
    assert_eq!((table.rows()[0].longitude, table.rows()[0].latitude), (Some(89.65), Some(27.48)));
    assert!(report.notices.iter().any(|n| n.contains("crs member is ignored")));
    for wrong in [
        r#"{"type": "FeatureCollection"}"#,
        r#"{"type": "FeatureCollection", "features": [{"geometry": {"type": "LineString", "coordinates": []}, "properties": {}}]}"#,
        r#"{"type": "FeatureCollection", "features": [{"geometry": null, "properties": {"site_code": ["A"], "Cd": 1}}]}"#,
        "{",
    ] {
        assert!(read("x.geojson", wrong, "").is_err(), "{wrong}");
    }
}

#[test]
fn the_meuse_is_read_with_what_its_owner_knows() {
    let declared = Defaults::from_toml(
        "country = 'NLD'\nsampling_date = '1990'\nupper_depth_cm = 0\nlower_depth_cm = 20\ncrs = 'EPSG:28992'\n\
         extraction_code = 'UNKNOWN_TOTAL'\nunit = 'mg/kg'\ndata_owner = 'Utrecht University'\nlicence = 'CC0-1.0'\n\
         ignore = ['elev', 'dist', 'dist_m', 'om', 'ffreq', 'soil', 'lime', 'landuse']\n[columns]\nsite_code = 'sample'\n",
        "meuse.toml",
    )
    .unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/meuse.csv");
    let Imported { table, report } = import(&path, &declared, &Options::default()).unwrap();
    assert_eq!((report.rows_read, report.kept, report.refused), (155, 620, 0));
    assert!(report.unresolved.is_empty(), "{}", report.text());
    assert_eq!(report.analytes.keys().collect::<Vec<_>>(), ["Cd", "Cu", "Pb", "Zn"]);
    let zinc: Vec<f64> = table.rows().iter().filter(|r| r.analyte_code == "Zn").filter_map(|r| r.value).collect();
    assert_eq!((zinc.len(), zinc[0]), (155, 1022.0));
    let [lon, lat] = Places::new().of(&table.rows()[0]).unwrap().unwrap();
    assert!((5.7..5.8).contains(&lon) && (50.9..51.0).contains(&lat));
}

#[test]
fn the_usgs_survey_is_read_with_its_flags() {
    let Some(path) = survey("usgs_ds801_top5_metals.csv") else { return };
    let declared = Defaults::from_toml(
        "country = 'USA'\nupper_depth_cm = 0\nlower_depth_cm = 5\nextraction_code = 'HF_HCLO4'\nunit = 'mg/kg'\n\
         data_owner = 'USGS'\nlicence = 'CC0-1.0'\naccess_level = 'open'\nnondetect_flag = '_nd'\n\
         ignore = ['state', 'x_5070', 'y_5070']\n[columns]\nsite_code = 'site_id'\n[analytes.Hg]\nextraction_code = 'HG_TDA'\n",
        "usgs.toml",
    )
    .unwrap();
    let Imported { table, report } = import(&path, &declared, &Options::default()).unwrap();
    assert_eq!(report.rows_read, 4857);
    // The counts that the survey's own documentation gives (DATA.md).
    for (code, below) in [("As", 56), ("Cd", 1054), ("Se", 2154), ("Hg", 367), ("Tl", 276)] {
        assert_eq!(report.analytes[code].censored["lt_loq"], below, "{code}");
        assert_eq!(report.analytes[code].results, 4841, "{code}");
    }
    assert!(report.unresolved.is_empty(), "{}", report.text());
    let arsenic = table.pooled("As").unwrap();
    let limits = arsenic.iter().filter(|r| r.censor == Censor::BelowQuantification).filter_map(|r| r.loq);
    assert!(limits.clone().count() == 56 && limits.fold(0.0, f64::max) == 0.6);
}

/// A data set that may not stand in the repository; where it is not, the test says that it is skipped.
fn survey(name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folders = [std::env::var_os("SOILSCOPE_DATA").map(PathBuf::from), Some(beside)];
    let found = folders.into_iter().flatten().map(|f| f.join(name)).find(|p| p.is_file());
    if found.is_none() {
        eprintln!("skipped: {name} is neither in SOILSCOPE_DATA nor in ../shared/data");
    }
    found
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![1e-6..1e6f64, Just(0.0), Just(0.1), Just(1e-300), any::<u32>().prop_map(f64::from)]
}

fn words() -> impl Strategy<Value = String> {
    // Not a cell that the schema reads as nothing.
    "[-=+@'A-Za-z0-9 ,;\"\n]{0,12}"
        .prop_map(|s| s.trim().to_owned())
        .prop_filter("null", |s| !matches!(s.as_str(), "NA" | "NaN" | "null" | "-999" | "-9999"))
}

prop_compose! {
    fn complete()(
        code in prop::sample::select(vec!["Cd", "Pb", "PAH_BaP", "PCB28", "CS137"]),
        procedure in prop::sample::select(vec!["AR_ISO54321", "XRF", "DTPA", "UNKNOWN_TOTAL"]),
        site in "[A-Z][0-9]{1,4}",
        remark in words(), laboratory in words(),
        value in number(), limit in 1e-6..1e3f64, kind in 0..6u8,
        place in (-180.0..180.0f64, -90.0..90.0f64),
        depth in (0.0..500.0f64, 0.5..500.0f64),
        unc in prop::option::of(1e-3..1e3f64),
    ) -> Row {
        let analyte = soilscope_exchange::tables::analyte(code).unwrap();
        let mut row = Row {
            analyte_code: code.to_owned(),
            cas_number: analyte.cas_number.clone().unwrap_or_default(),
            unit: analyte.default_unit.clone(),
            extraction_code: procedure.to_owned(),
            fraction: soilscope_exchange::tables::procedure(procedure).unwrap().fraction.clone(),
            specimen_code: format!("{site}-1"),
            site_code: site,
            longitude: Some(place.0), latitude: Some(place.1),
            country: "BTN".to_owned(),
            sampling_date: Some("2024-05-27".parse().unwrap()),
            upper_depth_cm: Some(depth.0), lower_depth_cm: Some(depth.0 + depth.1),
            data_owner: "Demo".to_owned(), licence: "CC0-1.0".to_owned(), access_level: "open".to_owned(),
            uncertainty_expanded: unc,
            remark, laboratory,
            ..Row::default()
        };
        match kind {
            0 => (row.censor, row.lod) = (Censor::BelowDetection, Some(limit)),
            1 => (row.censor, row.loq) = (Censor::BelowQuantification, Some(limit)),
            2 => (row.censor, row.uol) = (Censor::AboveLimit, Some(limit)),
            3 => (row.censor, row.value_low, row.value_high) = (Censor::Interval, Some(limit), Some(limit * 2.0)),
            4 => row.censor = Censor::NotDetected,
            _ => row.value = Some(value),
        }
        row
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_table_written_and_read_is_the_same_table(rows in prop::collection::vec(complete(), 1..8)) {
        let mut table = soilscope_exchange::long::Table::new();
        let source = table.file(Path::new("made"));
        for (line, row) in (2..).zip(&rows) {
            table.push(row.clone(), source, line);
        }
        let text = table.to_csv();
        let folder = tempfile::tempdir().unwrap();
        let path = file(&folder, "t.csv", &text);
        let again = import(&path, &Defaults::default(), &Options::default()).unwrap().table;
        prop_assert_eq!(again.rows(), rows.as_slice());
        prop_assert_eq!(again.to_csv(), text);
    }

    #[test]
    fn wide_to_long_keeps_the_values(values in prop::collection::vec((number(), prop::option::of(1e-3..1e3f64)), 1..10)) {
        let mut text = "site_code,longitude,latitude,Cd,Pb\n".to_owned();
        for (i, (cadmium, limit)) in values.iter().enumerate() {
            let lead = limit.map_or(String::new(), |l| format!("<{l}"));
            text.push_str(&format!("S{i},89.6,27.4,{cadmium},{lead}\n"));
        }
        let table = read("w.csv", &text, "").unwrap().table;
        let cadmium: Vec<f64> = table.rows().iter().filter(|r| r.analyte_code == "Cd").filter_map(|r| r.value).collect();
        prop_assert_eq!(cadmium, values.iter().map(|v| v.0).collect::<Vec<_>>());
        let lead: Vec<f64> = table.rows().iter().filter(|r| r.analyte_code == "Pb").filter_map(|r| r.loq).collect();
        prop_assert_eq!(lead, values.iter().filter_map(|v| v.1).collect::<Vec<_>>());
        let again = read("l.csv", table.to_csv(), "").unwrap().table;
        prop_assert_eq!(again.rows(), table.rows());
    }
}

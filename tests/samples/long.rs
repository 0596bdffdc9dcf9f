//! A row for each result.

use soilscope_pipeline::samples::{Room, Shape, UnitSource};

use super::*;

const TEXT: &str = "site,x,y,analyte,value,unit,qualifier\n\
    A,0,0,Pb,12,mg/kg,\n\
    A,0,0,Cd,0.2,mg/kg,<\n\
    B,9,0,Pb,4000,µg/kg,\n\
    B,9,0,Cd,<150,ug/kg,\n\
    C,0,9,pb,0.003,%,\n\
    C,0,9,Cd,ND,mg/kg,\n";

#[test]
fn analytes_units_and_qualifiers_by_row() {
    let options = ReadOptions { columns: vec!["site".into()], ..local("Pb") };
    let table = read_text(TEXT, &options).unwrap();
    assert_eq!(table.source().shape, Some(Shape::Long));
    assert_eq!(readings(&table), ["12", "4", "30"]);
    assert_eq!(table.lines(), [2, 4, 6]);
    assert_eq!(table.text_columns()[0].cells, ["A", "B", "C"]);
    let analyte = &table.analytes()[0];
    assert_eq!(analyte.unit().map(|u| u.name()), Some("mg/kg"));
    assert_eq!(analyte.unit_source(), UnitSource::UnitColumn);
    let cadmium = read_text(TEXT, &local("cd")).unwrap();
    assert_eq!(readings(&cadmium), ["<0.2", "<0.15", "nd"]);
}

#[test]
fn all_analytes_when_none_is_named() {
    let table = read_text(TEXT, &local("")).unwrap();
    let names: Vec<&str> = table.analytes().iter().map(|a| a.column()).collect();
    assert_eq!(names, ["Pb", "Cd"]);
    assert_eq!(table.analytes()[1].records(), [1, 3, 5]);
}

#[test]
fn one_unit_is_kept_and_a_wanted_one_converted_to() {
    let text = "x,y,parameter,result,units\n0,0,Zn,5,g/kg\n1,1,Zn,6,g/kg\n";
    let kept = read_text(text, &local("Zn")).unwrap();
    assert_eq!(
        (readings(&kept), kept.analytes()[0].unit().map(|u| u.name())),
        (vec!["5".into(), "6".into()], Some("g/kg"))
    );
    let wanted = ReadOptions { unit: Some("mg/kg".into()), ..local("Zn") };
    assert_eq!(readings(&read_text(text, &wanted).unwrap()), ["5000", "6000"]);
}

#[test]
fn unknown_and_missing_units_and_analytes_are_refused() {
    let text = "x,y,analyte,value,unit\n0,0,Pb,5,mg/kg\n1,1,Pb,6,bushel\n";
    assert_eq!(
        refusal(text, &local("Pb")),
        "t.csv, line 3, column 'unit': 'bushel' is no unit that converts to mg/kg; write it in mg/kg, or correct the unit"
    );
    let blank = "x,y,analyte,value,unit\n0,0,Pb,5,mg/kg\n1,1,Pb,6,\n";
    assert!(refusal(blank, &local("Pb")).contains("line 3, column 'unit': has no unit"));
    let mixed = "x,y,analyte,value,unit\n0,0,CEC,5,cmol/kg\n1,1,CEC,6,mg/kg\n";
    assert!(refusal(mixed, &local("CEC")).contains("line 3"));
    assert!(refusal(TEXT, &local("Zn")).contains("there is no analyte 'Zn'; there are: Pb, Cd, pb"));
    assert!(refusal(TEXT, &local("lead")).contains("did you mean 'Pb'?"));
    let nameless = "x,y,analyte,value\n0,0,Pb,5\n1,1,,6\n";
    assert!(refusal(nameless, &local("Pb")).contains("line 3, column 'analyte': a value without the name"));
}

#[test]
fn limits_in_their_own_column() {
    let text = "x;y;Parameter;Messwert;Einheit;Bestimmungsgrenze\n0;0;Blei;<BG;mg/kg;2,5\n1;1;Blei;7,5;mg/kg;2,5\n";
    assert_eq!(readings(&read_text(text, &local("Blei")).unwrap()), ["<2.5", "7.5"]);
}

#[test]
fn a_wide_file_with_a_column_called_value_is_wide() {
    let table = read_text("x,y,value\n0,0,1\n1,1,2\n", &local("value")).unwrap();
    assert_eq!(table.source().shape, Some(Shape::Wide));
    let table = read_text("x,y,parameter,value,zinc\n0,0,p,1,5\n1,1,q,2,6\n", &local("zinc")).unwrap();
    assert_eq!((table.source().shape, readings(&table)), (Some(Shape::Wide), vec!["5".into(), "6".into()]));
}

/// The long table of the exchange specification: a limit of quantification is not taken for the lower one of detection, and what is above a
/// limit or in an interval is no value.
#[test]
fn the_long_table_of_the_exchange_is_read_as_it_says() {
    let head = "site_code,longitude,latitude,analyte_code,value,censor,unit,lod,loq,extraction_code\n";
    let rows = "A,5.1,50.1,Hg,0.31,,mg/kg,0.02,0.05,AR_ISO54321\n\
        B,5.2,50.2,Hg,,lt_loq,mg/kg,0.02,0.05,AR_ISO54321\n\
        C,5.3,50.1,Hg,,lt_lod,mg/kg,0.02,0.05,AR_ISO54321\n\
        D,5.4,50.2,Hg,,lt_loq,mg/kg,,0.06,AR_ISO54321\n\
        E,5.5,50.2,Hg,,lt_lod,mg/kg,0.01,,AR_ISO54321\n";
    let options = ReadOptions { crs: Some("EPSG:4326".into()), ..wanting("Hg") };
    let table = read_text(format!("{head}{rows}"), &options).unwrap();
    assert_eq!(readings(&table), ["0.31", "<0.05", "<0.02", "<0.06", "<0.01"]);
    for censor in ["gt_uol", "interval"] {
        let row = format!("F,5.5,50.2,Hg,9,{censor},mg/kg,0.02,0.05,AR_ISO54321\n");
        let error = refusal(format!("{head}{rows}{row}"), &options);
        assert!(
            error.contains(censor) && error.contains("values above a limit or in an interval cannot be used"),
            "{error}"
        );
    }
}

#[test]
fn rows_that_do_not_fit_are_refused_before_they_are_kept() {
    let mut wide = String::from("x,y,a,b\n");
    let mut long = String::from("x,y,analyte,value\n");
    for i in 0..1000 {
        wide += &format!("{i},{},1,2\n", i % 7);
        long += &format!("{i},{},a,1\n", i % 7);
    }
    for (text, shape) in [(&wide, Shape::Wide), (&long, Shape::Long)] {
        // Of wide tables some rows more are expected than there are, for they are not counted one by one.
        let row = soilscope_pipeline::samples::memory_per_row(shape, 1);
        let exact = 1000 * (row.table + row.preparing) as u64;
        let with =
            |limit: u64| ReadOptions { room: Some(Room { limit: limit + (1 << 30), held: 1 << 30 }), ..local("a") };
        assert_eq!(read_text(text, &with(exact + exact / 20)).unwrap().coords().len(), 1000);
        let error = refusal(text, &with(exact - 1));
        assert!(
            error.contains(" rows take up to 1025 MiB, which is more than the 1024 MiB allowed: 1024 MiB held by"),
            "{error}"
        );
    }
}

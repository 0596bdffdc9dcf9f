//! Limits, qualifiers, missing values, units, analyte names in wide files.

use soilscope_pipeline::samples::UnitSource;

use super::*;

#[test]
fn limits_and_missing_values_stay_what_they_are() {
    let text = "x,y,a\n0,0,<0.1\n1,0,\"< 0,1\"\n2,0,n.d.\n3,0,NA\n4,0,N/A\n5,0,NULL\n6,0,-\n7,0,\n8,0,1234\n9,0,<LOD\n";
    let table = read_text(text, &local("a")).unwrap();
    assert_eq!(
        readings(&table),
        ["<0.1", "<0.1", "nd", "missing", "missing", "missing", "missing", "missing", "1234", "nd"]
    );
    let with_limit = ReadOptions { default_limit: Some(0.5), ..local("a") };
    assert_eq!(readings(&read_text(text, &with_limit).unwrap())[2], "<0.5");
    let bad = ReadOptions { default_limit: Some(-1.0), ..local("a") };
    assert!(refusal(text, &bad).contains("positive"));
}

#[test]
fn refused_cells_are_named() {
    assert_eq!(
        refusal("x,y,zinc\n1,2,3\n1,3,>100\n", &local("zinc")),
        "t.csv, line 3, column 'zinc': '>100' says 'more than', and a value above the measuring range has no number here; \
         have the sample diluted and measured again, or leave the cell empty; nothing is put in its place"
    );
    let text = refusal("x,y,zinc\n1,2,trace\n", &local("zinc"));
    assert!(text.contains("line 2, column 'zinc': 'trace' is not a number; write a number"), "{text}");
    assert!(refusal("x,y,zinc\n1,2,-9999\n", &local("zinc")).contains("missing value"));
    // A column that is not asked for may hold anything.
    assert!(read_text("x,y,zinc,cadmium\n1,2,5,trace\n", &local("zinc")).is_ok());
}

#[test]
fn qualifiers_beside_a_value() {
    let one = read_text("x,y,As,As_nd\n0,0,0.6,1\n1,0,2.1,0\n", &local("As")).unwrap();
    assert_eq!(readings(&one), ["<0.6", "2.1"]);
    let letters =
        read_text("x,y,lead_mg_kg,lead_qualifier\n0,0,5,U\n1,0,7,J\n2,0,9,<\n3,0,4,\n", &local("lead")).unwrap();
    assert_eq!(readings(&letters), ["<5", "7", "<9", "4"]);
    let limits = read_text("x,y,Pb,Pb_lod\n0,0,<LOD,2\n1,0,n.d.,3\n2,0,7,3\n3,0,1,3\n", &local("Pb")).unwrap();
    assert_eq!(readings(&limits), ["<2", "<3", "7", "1"]);
    let german = read_text("x;y;Blei [mg/kg];Blei_BG\n0;0;<BG;2,5\n", &local("Blei")).unwrap();
    assert_eq!(readings(&german), ["<2.5"]);
    let both = read_text("x,y,Pb,Pb_flag,Pb_mdl\n0,0,0,U,2\n1,0,,ND,3\n2,0,5,<,3\n", &local("Pb")).unwrap();
    assert_eq!(readings(&both), ["<2", "<3", "<5"]);
    let detected = read_text("x,y,Pb,Pb_detected\n0,0,5,1\n1,0,2,0\n", &local("Pb")).unwrap();
    assert_eq!(readings(&detected), ["5", "<2"]);
    let strange = refusal("x,y,Pb,Pb_flag\n0,0,5,maybe\n", &local("Pb"));
    assert!(strange.contains("line 2, column 'Pb_flag': 'maybe' is no qualifier"), "{strange}");
    let zero = refusal("x,y,Pb,Pb_nd\n0,0,0,1\n", &local("Pb"));
    assert!(zero.contains("not a positive number that could be the limit"), "{zero}");
}

#[test]
fn analytes_by_name_case_and_unit() {
    let text = "x,y,Lead,lead_mg_kg,Al_pct\n0,0,1,2,3\n";
    let column = |name: &str| read_text(text, &local(name)).unwrap().analytes()[0].column().to_owned();
    assert_eq!(column("Lead"), "Lead");
    assert_eq!(column("lead"), "Lead");
    assert_eq!(column("al"), "Al_pct");
    assert_eq!(column("lead_mg_kg"), "lead_mg_kg");
    let table = read_text("x,y,lead_mg_kg\n0,0,2\n", &local("lead")).unwrap();
    assert_eq!((table.analytes()[0].name(), table.analytes()[0].column()), ("lead", "lead_mg_kg"));
    assert_eq!(
        refusal("x,y,zinc,copper\n1,2,3,4\n", &local("znic")),
        "t.csv: there is no analyte 'znic' (did you mean 'zinc'?); there are: x, y, zinc, copper"
    );
    assert!(refusal("x,y,Pb\n1,2,3\n", &local("lead")).contains("did you mean 'Pb'?"));
    assert!(refusal("x,y,Pb_ppm,Pb_pct\n1,2,3,4\n", &local("Pb")).contains("several columns"));
    assert!(refusal("x,y,Pb\n1,2,3\n", &local("x")).contains("coordinate column"));
}

#[test]
fn units_of_columns() {
    let of = |text: &str, unit: Option<&str>| {
        let options = ReadOptions { unit: unit.map(str::to_owned), ..local("a") };
        let table = read_text(text, &options).unwrap();
        let analyte = &table.analytes()[0];
        (analyte.unit().map(|u| u.name().to_owned()), analyte.unit_source(), readings(&table)[0].clone())
    };
    let some = |unit: &str| Some(unit.to_owned());
    assert_eq!(of("x,y,a\n0,0,<2\n", None), (some("mg/kg"), UnitSource::Assumed, "<2".into()));
    assert_eq!(of("x,y,a_pct\n0,0,<2\n", None), (some("%"), UnitSource::ColumnName, "<2".into()));
    assert_eq!(of("x,y,a_pct\n0,0,<2\n", Some("mg/kg")), (some("mg/kg"), UnitSource::ColumnName, "<20000".into()));
    assert_eq!(of("x,y,a (µg/kg)\n0,0,2500\n", Some("mg/kg")), (some("mg/kg"), UnitSource::ColumnName, "2.5".into()));
    assert_eq!(of("x,y,a\n0,0,7\n", Some("pH")), (some("pH"), UnitSource::Stated, "7".into()));
    assert_eq!(of("x,y,a\n0,0,7\n", Some("furlong")), (some("furlong"), UnitSource::Stated, "7".into()));
    let ph = read_text("x,y,pH\n0,0,7\n", &local("ph")).unwrap();
    assert_eq!((ph.analytes()[0].unit(), ph.analytes()[0].unit_source()), (None, UnitSource::Unknown));
    let wrong = ReadOptions { unit: Some("pH".into()), ..local("a") };
    assert!(refusal("x,y,a_pct\n0,0,7\n", &wrong).contains("does not convert to pH"));
}

#[test]
fn all_measured_columns_when_none_is_named() {
    let table = read_samples(&shipped("meuse.csv"), &local("")).unwrap();
    let names: Vec<&str> = table.analytes().iter().map(|a| a.column()).collect();
    assert_eq!(names, ["cadmium", "copper", "lead", "zinc", "om"]);
    assert!(refusal("x,y,name\n1,2,a\n", &local("")).contains("no column of measured numbers"));
}

//! A table of the user's own: the same columns, read as strictly.

use soilscope_assess::threshold::{Standing, Table};

const HEADER: &str = "jurisdiction,instrument,level,land_use,land_use_code,receptor,analyte,cas,value,unit,conditions,basis,source_url,source_kind,verified,note";

fn table(rows: &str) -> String {
    format!("{HEADER}\n{rows}\n")
}

#[test]
fn rows_are_read_with_codes_of_their_words() {
    let text = table(
        "Netherlands,Remediation plan 2024,Target for the works,any,any,human health,Zn,7440-66-6,0.05,%,,aqua regia,plan p. 12,official,yes,\n\
         Works North,Permit 17/2023,Limit (soil),industry,industrial,any,Zinc oxide,,900,mg/kg dw,pH<=6,total,permit,secondary,yes,\n\
         Works North,Permit 17/2023,Limit (soil),industry,industrial,any,Zinc oxide,,1200,mg/kg dw,pH>6,total,permit,secondary,no,",
    );
    let table = Table::parse(&text, "plan.csv").unwrap();
    assert_eq!(
        table.sets().iter().map(|s| s.code.to_string()).collect::<Vec<_>>(),
        ["NL/target-for-the-works/any", "WORKS-NORTH/limit/industry"]
    );
    let limit = table.limit("nl/target", "zinc").unwrap();
    assert_eq!((limit.entries()[0].year, limit.entries()[0].unit_kind.in_mg_per_kg()), (Some(2024), Some(1e4)));
    assert_eq!(table.limit("works-north/limit", "zinc oxide").unwrap().standing(), Standing::Unverified);
    assert_eq!(table.version().name, "plan.csv");
}

#[test]
fn bad_rows_are_refused_with_file_line_column_value_and_why() {
    let good = "Netherlands,Plan,Target,any,any,any,Zn,7440-66-6,50,mg/kg dw,,total,plan,official,yes,";
    for (bad, expected) in [
        (good.replace(",50,", ",fifty,"), "plan.csv, line 3, column 'value': 'fifty' is not a number"),
        (good.replace(",50,", ",-5,"), "column 'value': '-5' is no limit"),
        (good.replace(",50,", ",NaN,"), "column 'value': 'NaN' is no limit"),
        (good.replace("mg/kg dw", "mg/m3"), "column 'unit': 'mg/m3' is not known"),
        (good.replace("any,any,any", "any,farm,any"), "column 'land_use_code': 'farm' is none of agricultural"),
        (good.replace("official", "hearsay"), "column 'source_kind': 'hearsay' is none of official"),
        (good.replace(",yes,", ",perhaps,"), "column 'verified': 'perhaps' is neither yes nor no"),
        (good.replace("7440-66-6", "7440-66-7"), "column 'cas': '7440-66-7' is no CAS number"),
        (good.replace(",,total", ",pH<five,total"), "column 'conditions': 'pH<five' cannot be computed"),
        (good.replace(",plan,", ",,"), "column 'source_url': '' is empty"),
        (good.replace(",yes,", ","), "line 3 has 15 fields, the header 16"),
        (good.replace(",50,", ",60,"), "column 'value': '60' is a second limit for Zn in NL/target/any, beside line 2"),
    ] {
        let refusal = Table::parse(&table(&format!("{good}\n{bad}")), "plan.csv").unwrap_err().to_string();
        assert!(refusal.contains(expected), "{refusal}\nexpected: {expected}");
    }
    // Blank lines and lines inside quotation marks count.
    let spread =
        format!("{HEADER}\n\n{}\n\r\n{}\n", good.replace("plan", "\"plan,\npage 3\""), good.replace(",50,", ",none,"));
    let refusal = Table::parse(&spread, "plan.csv").unwrap_err().to_string();
    assert!(refusal.starts_with("plan.csv, line 6, column 'value': 'none'"), "{refusal}");
    let refusal = Table::parse("a,b\n1,2\n", "plan.csv").unwrap_err().to_string();
    assert!(refusal.contains("there is no column 'jurisdiction'"), "{refusal}");
    assert!(Table::parse(&format!("{HEADER}\n"), "plan.csv").unwrap_err().to_string().contains("no rows"));
}

//! A table of samples in Luxembourg that keeps every rule, and ways to spoil it.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::civil::date;
use soilscope_exchange::check::{Severity, TableJudgement, TableOptions, judge_table};
use soilscope_exchange::country::{Country, by_alpha3};

/// A table in memory, and what it is judged against.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
    pub(crate) options: TableOptions,
}

const HEADER: [&str; 30] = [
    "record_id",
    "site_code",
    "profile_code",
    "specimen_code",
    "plot_type",
    "element_type",
    "longitude",
    "latitude",
    "positional_accuracy_m",
    "country",
    "sampling_date",
    "upper_depth_cm",
    "lower_depth_cm",
    "analyte_code",
    "cas_number",
    "value",
    "censor",
    "unit",
    "lod",
    "loq",
    "uncertainty_rel_pct",
    "extraction_code",
    "laboratory",
    "qc_type",
    "qc_parent",
    "certified_value",
    "data_owner",
    "licence",
    "access_level",
    "remark",
];

pub(crate) fn luxembourg() -> Country {
    by_alpha3("LUX").unwrap()
}

/// Numbers in 0..1 that are the same on every machine.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A value between two, more often small than large, with three digits.
    fn between(&mut self, low: f64, high: f64) -> f64 {
        let value = low * (high / low).powf(self.next());
        let unit = 10_f64.powi(value.log10().floor() as i32 - 2);
        (value / unit).round() * unit
    }
}

/// Places inside the country, on a lattice of some kilometres with a shift.
pub(crate) fn places(n: usize) -> Vec<[f64; 2]> {
    let mut chance = Chance(7);
    let mut places = Vec::new();
    // The coarsest lattice that has as many cells in the country.
    let mut step = 0.4 / (n as f64).sqrt();
    while places.len() < n {
        places.clear();
        for i in 0..(0.9 / step) as usize {
            for k in 0..(0.8 / step) as usize {
                let shift = [chance.next(), chance.next()].map(|s| 0.2 * step + 0.5 * step * s);
                let place = [5.7 + i as f64 * step + shift[0], 49.4 + k as f64 * step + shift[1]];
                let place = place.map(|v| (v * 1e6).round() / 1e6);
                if luxembourg().contains(place[0], place[1]) {
                    places.push(place);
                }
            }
        }
        step *= 0.9;
    }
    places.truncate(n);
    places
}

impl Case {
    /// 60 sites, two layers at every sixth, three metals by aqua regia, zinc by DTPA too at every tenth, duplicates, blanks,
    /// reference materials, two laboratories, censored results.
    pub(crate) fn good() -> Self {
        let header = HEADER.map(str::to_owned).to_vec();
        let options = TableOptions { target_cell_m: Some(250.0), ..TableOptions::new(date(2026, 1, 31)) };
        let mut case = Self { header, rows: Vec::new(), options };
        let mut chance = Chance(1);
        for (i, place) in places(60).into_iter().enumerate() {
            let site = format!("L{i:03}");
            let depths: &[[u32; 2]] = if i % 6 == 0 { &[[0, 20], [20, 40]] } else { &[[0, 20]] };
            for (k, depth) in depths.iter().enumerate() {
                let base: Vec<(&str, String)> = vec![
                    ("site_code", site.clone()),
                    ("profile_code", format!("{site}-P")),
                    ("specimen_code", format!("{site}-{}", k + 1)),
                    ("plot_type", "Sample".into()),
                    ("element_type", "Layer".into()),
                    ("longitude", place[0].to_string()),
                    ("latitude", place[1].to_string()),
                    ("positional_accuracy_m", "5".into()),
                    ("country", "LUX".into()),
                    ("sampling_date", format!("2024-0{}-1{}", 4 + i % 5, i % 9)),
                    ("upper_depth_cm", depth[0].to_string()),
                    ("lower_depth_cm", depth[1].to_string()),
                    ("laboratory", if i % 2 == 0 { "Laboratory A" } else { "Laboratory B" }.into()),
                ];
                let cadmium = chance.between(0.06, 1.2);
                let copper = chance.between(5.0, 60.0);
                let zinc = chance.between(30.0, 200.0);
                for (code, value) in [("Cd", cadmium), ("Cu", copper), ("Zn", zinc)] {
                    case.result(&base, code, value, &[]);
                }
                if i % 10 == 3 {
                    case.result(&base, "Zn", zinc * 0.125, &[("extraction_code", "DTPA")]);
                }
                if i % 8 == 5 {
                    // Below the limit: once in words, once as a sign.
                    let last = case.rows.len() - if i % 10 == 3 { 4 } else { 3 };
                    let (value, censor) = if i % 16 == 5 { ("", "lt_loq") } else { ("<0.05", "") };
                    case.put(last, "value", value);
                    case.put(last, "censor", censor);
                    case.put(last, "uncertainty_rel_pct", "");
                }
                if i % 15 == 1 {
                    let kind = if i % 30 == 1 { "field_duplicate" } else { "lab_duplicate" };
                    let parent = format!("{site}-{}", k + 1);
                    let copy: Vec<_> = base
                        .iter()
                        .filter(|(n, _)| *n != "specimen_code")
                        .cloned()
                        .chain([("specimen_code", format!("{site}-D"))])
                        .collect();
                    for (code, value) in [("Cd", cadmium), ("Cu", copper), ("Zn", zinc)] {
                        case.result(&copy, code, value * 1.125, &[("qc_type", kind), ("qc_parent", &parent)]);
                    }
                }
            }
        }
        for (i, laboratory) in ["Laboratory A", "Laboratory B"].into_iter().enumerate() {
            let blank = [("specimen_code", format!("BLANK-{i}")), ("laboratory", laboratory.to_owned())];
            case.result(
                &blank,
                "Cd",
                0.0,
                &[("qc_type", "blank"), ("value", ""), ("censor", "lt_lod"), ("uncertainty_rel_pct", "")],
            );
            case.result(&blank, "Cu", 0.4, &[("qc_type", "blank"), ("lod", "0.1"), ("loq", "0.3")]);
            let material = [("specimen_code", format!("CRM-{i}")), ("laboratory", laboratory.to_owned())];
            let more = [("qc_type", "reference_material"), ("qc_parent", "Loam 1"), ("certified_value", "0.5")];
            case.result(&material, "Cd", 0.46, &more);
        }
        case
    }

    fn result(&mut self, base: &[(&str, String)], code: &str, value: f64, more: &[(&str, &str)]) {
        self.rows.push(vec![String::new(); self.header.len()]);
        let row = self.rows.len() - 1;
        let (cas, lod, loq) = match code {
            "Cd" => ("7440-43-9", "0.02", "0.05"),
            "Cu" => ("7440-50-8", "0.1", "0.3"),
            _ => ("7440-66-6", "0.5", "1.5"),
        };
        let value = format!("{value:.4}").trim_end_matches('0').trim_end_matches('.').to_owned();
        for (name, cell) in [
            ("record_id", format!("R{row}").as_str()),
            ("analyte_code", code),
            ("cas_number", cas),
            ("value", &value),
            ("unit", "mg/kg"),
            ("lod", lod),
            ("loq", loq),
            ("uncertainty_rel_pct", "18"),
            ("extraction_code", "AR_ISO54321"),
            ("qc_type", "routine"),
            ("data_owner", "Demo Institute"),
            ("licence", "CC-BY-4.0"),
            ("access_level", "open"),
        ] {
            self.put(row, name, cell);
        }
        for (name, cell) in base {
            self.put(row, name, cell);
        }
        for (name, cell) in more {
            self.put(row, name, cell);
        }
    }

    pub(crate) fn column(&self, name: &str) -> usize {
        self.header.iter().position(|h| h == name).unwrap_or_else(|| panic!("no column {name}"))
    }

    pub(crate) fn cell(&self, row: usize, name: &str) -> &str {
        &self.rows[row][self.column(name)]
    }

    pub(crate) fn put(&mut self, row: usize, name: &str, cell: &str) {
        let column = self.column(name);
        self.rows[row][column] = cell.to_owned();
    }

    /// A column more, empty.
    pub(crate) fn add(&mut self, name: &str) {
        self.header.push(name.to_owned());
        self.rows.iter_mut().for_each(|r| r.push(String::new()));
    }

    pub(crate) fn drop(&mut self, name: &str) {
        let column = self.column(name);
        self.header.remove(column);
        self.rows.iter_mut().for_each(|r| drop(r.remove(column)));
    }

    /// Routine rows of an analyte by aqua regia, without those that have duplicates or pairs of methods.
    pub(crate) fn plain(&self, analyte: &str) -> Vec<usize> {
        let twice: BTreeSet<&str> = (0..self.rows.len())
            .filter(|&r| !self.cell(r, "qc_parent").is_empty() || self.cell(r, "extraction_code") == "DTPA")
            .flat_map(|r| [self.cell(r, "qc_parent"), self.cell(r, "specimen_code")])
            .collect();
        (0..self.rows.len())
            .filter(|&r| self.cell(r, "analyte_code") == analyte && self.cell(r, "qc_type") == "routine")
            .filter(|&r| self.cell(r, "censor").is_empty() && !self.cell(r, "value").starts_with('<'))
            .filter(|&r| !twice.contains(self.cell(r, "specimen_code")))
            .collect()
    }

    /// All rows whose cell of a column is this.
    pub(crate) fn with(&self, name: &str, cell: &str) -> Vec<usize> {
        (0..self.rows.len()).filter(|&r| self.cell(r, name) == cell).collect()
    }

    pub(crate) fn put_all(&mut self, rows: &[usize], name: &str, cell: &str) {
        for &row in rows {
            self.put(row, name, cell);
        }
    }

    pub(crate) fn csv(&self) -> String {
        self.delimited(',')
    }

    pub(crate) fn delimited(&self, delimiter: char) -> String {
        let line = |cells: &[String]| {
            let quoted: Vec<String> = cells
                .iter()
                .map(|c| {
                    if c.contains([delimiter, '"', '\n']) {
                        format!("\"{}\"", c.replace('"', "\"\""))
                    } else {
                        c.clone()
                    }
                })
                .collect();
            quoted.join(&delimiter.to_string()) + "\n"
        };
        line(&self.header) + &self.rows.iter().map(|r| line(r)).collect::<String>()
    }

    pub(crate) fn judge(&self) -> TableJudgement {
        judge_text(&self.csv(), "samples.csv", &self.options)
    }
}

pub(crate) fn judge_text(text: &str, name: &str, options: &TableOptions) -> TableJudgement {
    judge_bytes(text.as_bytes(), name, options)
}

pub(crate) fn judge_bytes(bytes: &[u8], name: &str, options: &TableOptions) -> TableJudgement {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    judge_file(&path, options)
}

pub(crate) fn judge_file(path: &Path, options: &TableOptions) -> TableJudgement {
    judge_table(path, options).unwrap()
}

/// The rules that fired.
pub(crate) fn fired(judgement: &TableJudgement) -> BTreeSet<String> {
    judgement.findings.iter().map(|f| f.id.clone()).collect()
}

/// The findings, for messages of tests.
pub(crate) fn told(judgement: &TableJudgement) -> String {
    judgement
        .findings
        .iter()
        .map(|f| {
            format!("{} {:?} {}: {} (expected {}, {} times)\n", f.id, f.severity, f.place, f.found, f.expected, f.count)
        })
        .collect()
}

pub(crate) fn severity(judgement: &TableJudgement, id: &str) -> Option<Severity> {
    judgement.findings.iter().filter(|f| f.id == id).map(|f| f.severity).max()
}

#[test]
fn on_the_good_table_no_rule_fires_and_nearly_all_are_judged() {
    let judgement = Case::good().judge();
    assert_eq!(fired(&judgement), BTreeSet::new(), "{}", told(&judgement));
    // What a table without sums, crs, basis and an export cannot show, and nothing else.
    let not: Vec<&str> = judgement.not_judged.iter().map(|(id, _)| *id).collect();
    assert_eq!(not, ["S005", "S020", "A019", "A026"]);
    assert_eq!(judgement.judged.len() + not.len(), 48);
    let facts = judgement.facts;
    assert_eq!((facts.sites, facts.positions.len()), (60, 60));
    let cadmium = &facts.analytes["Cd"];
    assert_eq!((cadmium.n, cadmium.censored, cadmium.sites), (70, 7, 60));
    assert!(
        cadmium.min >= Some(0.06)
            && cadmium.max <= Some(1.2)
            && cadmium.min < cadmium.median
            && cadmium.median < cadmium.max
    );
    assert_eq!(facts.analytes["Zn"].groups.iter().map(String::as_str).collect::<Vec<_>>(), ["AR", "DTPA"]);
    assert_eq!(facts.sampled.map(|d| d.map(|d| d.year())), Some([2024, 2024]));
}

#[test]
fn a_judgement_depends_on_nothing_but_the_table() {
    let case = Case::good();
    let (a, b) = (case.judge(), case.judge());
    assert_eq!(a.findings.into_vec(), b.findings.into_vec());
    assert_eq!((a.judged, a.not_judged, a.limits, a.facts), (b.judged, b.not_judged, b.limits, b.facts));
}

//! Reading of the reference vectors: the manifest, a case's table, and the data it was computed from.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::Value;
use soilscope_core::Samples;
use soilscope_core::drift::Drift;
use soilscope_core::variogram::{ModelTemplate, Variogram};

/// The project's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Columns of numbers by name; `NA` and text are NaN.
pub(crate) struct Table {
    columns: HashMap<String, Vec<f64>>,
    pub(crate) rows: usize,
}

impl Table {
    fn read(path: &Path) -> Self {
        let mut reader = csv::Reader::from_path(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let mut columns: Vec<Vec<f64>> = vec![Vec::new(); names.len()];
        for record in reader.records() {
            for (column, field) in columns.iter_mut().zip(record.unwrap().iter()) {
                column.push(field.parse().unwrap_or(f64::NAN));
            }
        }
        let rows = columns[0].len();
        Self { columns: names.into_iter().zip(columns).collect(), rows }
    }

    pub(crate) fn column(&self, name: &str) -> &[f64] {
        self.columns.get(name).unwrap_or_else(|| panic!("no column {name}"))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&[f64]> {
        self.columns.get(name).map(Vec::as_slice)
    }

    pub(crate) fn coords(&self) -> Vec<[f64; 2]> {
        self.column("x").iter().zip(self.column("y")).map(|(&x, &y)| [x, y]).collect()
    }
}

/// A table of the shipped data.
pub(crate) fn data(name: &str) -> Table {
    Table::read(&root().join("data").join(name))
}

/// One case: its settings and the reference's answer.
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) description: String,
    pub(crate) params: Value,
    pub(crate) answer: Table,
}

/// Where the cases are.
fn folder() -> PathBuf {
    root().join("tests/golden/vectors")
}

/// The manifest's entries, in its order.
pub(crate) fn manifest() -> &'static [Value] {
    static MANIFEST: LazyLock<Value> = LazyLock::new(|| {
        serde_json::from_str(&std::fs::read_to_string(folder().join("manifest.json")).unwrap()).unwrap()
    });
    MANIFEST["cases"].as_array().unwrap()
}

/// The case with this id.
pub(crate) fn case(id: &str) -> Case {
    let entry = manifest().iter().find(|c| c["id"] == id).unwrap_or_else(|| panic!("{id}"));
    let text = |key: &str| entry[key].as_str().unwrap().to_owned();
    let answer = Table::read(&folder().join(text("file")));
    assert_eq!(answer.rows as u64, entry["rows"].as_u64().unwrap(), "{id} is whole");
    Case {
        id: id.into(),
        kind: text("kind"),
        description: text("description"),
        params: entry["params"].clone(),
        answer,
    }
}

impl Case {
    pub(crate) fn number(&self, key: &str) -> Option<f64> {
        self.params[key].as_f64()
    }

    pub(crate) fn count(&self, key: &str) -> Option<usize> {
        self.params[key].as_u64().map(|v| v as usize)
    }

    pub(crate) fn text(&self, key: &str) -> &str {
        self.params[key].as_str().unwrap_or("")
    }

    /// The samples: a value column of the data as it is, as a logarithm, or as an indicator.
    pub(crate) fn samples(&self) -> Samples {
        if let Some(inline) = self.params.get("inline_data") {
            let column =
                |k: &str| -> Vec<f64> { inline[k].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect() };
            let coords = column("x").into_iter().zip(column("y")).map(|(x, y)| [x, y]).collect();
            return Samples::new(coords, column("z")).unwrap();
        }
        let table = data(self.text("data"));
        let value = self.text("value");
        let values: Vec<f64> = if let Some(name) = value.strip_prefix("log(").and_then(|v| v.strip_suffix(')')) {
            table.column(name).iter().map(|v| v.ln()).collect()
        } else if let Some((name, limit)) = value.split_once(" > ") {
            let limit: f64 = limit.parse().unwrap();
            table.column(name).iter().map(|&v| f64::from(u8::from(v > limit))).collect()
        } else {
            table.column(value).to_vec()
        };
        let samples = Samples::new(table.coords(), values).unwrap();
        if self.drift() == Drift::external(1) {
            return samples.with_covariates(&[square_roots(&table)]).unwrap();
        }
        samples
    }

    /// The spatial mean that the case's settings describe.
    pub(crate) fn drift(&self) -> Drift {
        if let Some(mean) = self.number("beta") {
            return Drift::KnownMean(mean);
        }
        // The manifest gives this case's drift in its description only.
        let trend = if self.id == "cv_loo_uk" { "1 + sqrt(dist)" } else { self.text("trend") };
        match trend {
            "" | "1" => Drift::Constant,
            "1 + x + y" => Drift::polynomial(1),
            "1 + xs + ys + xs^2 + ys^2 + xs*ys" => Drift::polynomial(2),
            "1 + sqrt(dist)" => Drift::external(1),
            other => panic!("{}: trend {other}", self.id),
        }
    }

    /// The variogram, through the notation that users write.
    pub(crate) fn variogram(&self) -> Variogram {
        template(&self.params["model"], true).complete().unwrap().unwrap()
    }

    /// Whether the reference says that a row is a matter of convention: a tie of distances, a sample on a sector's border.
    pub(crate) fn skips(&self, row: usize) -> bool {
        ["tie", "on_axis"].iter().any(|mark| self.answer.get(mark).is_some_and(|column| column[row] == 1.0))
    }

    /// The answer's rows as text, for columns that are not numbers.
    pub(crate) fn records(&self) -> Vec<csv::StringRecord> {
        let path = folder().join(format!("cases/{}.csv", self.id));
        csv::Reader::from_path(path).unwrap().records().map(|record| record.unwrap()).collect()
    }
}

/// The covariate of the external drift: the square root of the (scaled) distance to the river.
pub(crate) fn square_roots(table: &Table) -> Vec<f64> {
    table.column("dist").iter().map(|d| d.sqrt()).collect()
}

/// A model list of the manifest as our template, parsed from its notation; with `held` its numbers are kept.
pub(crate) fn template(model: &Value, held: bool) -> ModelTemplate {
    let term = |m: &Value| {
        let number = |k: &str| m[k].as_f64();
        let kind = m["type"].as_str().unwrap();
        let sill = if held { format!("{} ", number("psill").unwrap()) } else { String::new() };
        let mut arguments = Vec::new();
        if let (Some(range), true) = (number("range"), held) {
            arguments.push(format!("{range}"));
        }
        if let Some(kappa) = number("kappa") {
            arguments.push(format!("kappa={kappa}"));
        }
        if let (Some(az), Some(ratio)) = (number("major_axis_azimuth_deg"), number("ratio_minor_to_major")) {
            arguments.push(format!("az={az}, ratio={ratio}"));
        }
        let arguments = if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
        format!("{sill}{kind}{arguments}")
    };
    let terms: Vec<String> = model.as_array().unwrap().iter().map(term).collect();
    terms.join(" + ").parse().unwrap()
}

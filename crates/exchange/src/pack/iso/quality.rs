//! How good a map is and where it comes from.

use super::super::entry::Entry;
use super::super::xml::Xml;
use super::{IsoProfile, Record, code, text};

impl Record<'_> {
    pub(super) fn quality(&self, x: &mut Xml) {
        x.path(&["gmd:scope", "gmd:DQ_Scope"], |x| code(x, "gmd:level", "MD_ScopeCode", "dataset"));
        for (i, (measure, meaning, unit, value)) in self.measures().into_iter().enumerate() {
            x.path(&["gmd:report", "gmd:DQ_QuantitativeAttributeAccuracy"], |x| {
                text(x, "gmd:nameOfMeasure", measure);
                text(x, "gmd:measureDescription", meaning);
                x.path(&["gmd:result", "gmd:DQ_QuantitativeResult"], |x| {
                    self.unit(x, "gmd:valueUnit", &format!("score{i}"), &unit);
                    x.within("gmd:value", |x| x.leaf("gco:Record", &[], &value.to_string()));
                });
            });
        }
        if self.profile == IsoProfile::Strict {
            x.path(&["gmd:report", "gmd:DQ_DomainConsistency", "gmd:result", "gmd:DQ_ConformanceResult"], conformity);
        }
        x.path(&["gmd:lineage", "gmd:LI_Lineage"], |x| {
            text(x, "gmd:statement", &lineage(self.entry));
            for input in &self.entry.run.inputs {
                x.path(&["gmd:source", "gmd:LI_Source"], |x| {
                    text(x, "gmd:description", &format!("{}: {}, SHA-256 {}", input.role, input.name, input.sha256));
                });
            }
        });
    }

    /// Scores of cross-validation: name, meaning, unit, value.
    fn measures(&self) -> Vec<(&'static str, &'static str, String, f64)> {
        let Some(scores) = &self.entry.variable.scores else { return Vec::new() };
        let unit = &self.entry.unit;
        let of = |name, meaning, unit: &str, value: Option<f64>| value.map(|v| (name, meaning, unit.to_owned(), v));
        [
            of("RMSE", "root mean squared error of cross-validation", unit, scores.rmse),
            of("ME", "mean error of cross-validation, predicted less observed", unit, scores.me),
            of("MAE", "mean absolute error of cross-validation", unit, scores.mae),
            of("MEC", "model efficiency: 1 less mean squared error over variance", "1", scores.r2),
            of("PICP90", "share of samples inside their 90 percent prediction interval", "1", scores.picp(0.9)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// What INSPIRE asks to be said; nobody has evaluated it, and that is said too.
fn conformity(x: &mut Xml) {
    x.path(&["gmd:specification", "gmd:CI_Citation"], |x| {
        text(
            x,
            "gmd:title",
            "COMMISSION REGULATION (EU) No 1089/2010 of 23 November 2010 implementing Directive 2007/2/EC of the European Parliament \
             and of the Council as regards interoperability of spatial data sets and services",
        );
        x.path(&["gmd:date", "gmd:CI_Date"], |x| {
            x.within("gmd:date", |x| x.leaf("gco:Date", &[], "2010-12-08"));
            code(x, "gmd:dateType", "CI_DateTypeCode", "publication");
        });
    });
    text(x, "gmd:explanation", "Conformity was not evaluated.");
    x.empty("gmd:pass", &[("gco:nilReason", "unknown")]);
}

/// Where a map comes from: input data, method, validation, software.
pub(in crate::pack) fn lineage(entry: &Entry<'_>) -> String {
    let (run, variable, subject) = (entry.run, entry.variable, &entry.subject);
    let samples = &variable.samples;
    let inputs: Vec<String> = run.inputs.iter().map(|f| format!("{} ({})", f.name, f.role)).collect();
    let mut said = format!(
        "Input data: {} results for {} ({}), {} of them below a limit{}, from {}. {} at {} to {} cm.",
        samples.quantified + samples.below_limit,
        subject.analyte.name,
        variable.unit.as_deref().unwrap_or("unit not stated"),
        samples.below_limit,
        samples
            .nondetect
            .as_ref()
            .filter(|_| samples.below_limit > 0)
            .map(|how| format!(" ({how})"))
            .unwrap_or_default(),
        inputs.join(", "),
        subject.procedure.name,
        subject.upper,
        subject.lower,
    );
    said += &format!(" Method: {}, support {}, transform {}", variable.method, variable.support, variable.transform);
    if let Some(variogram) = &variable.variogram {
        said += &format!(", variogram {variogram}");
    }
    if let Some(how) = entry.bias_correction() {
        said += &format!("; means are brought back by the {how}");
    }
    said += ". ";
    said += &match &variable.scores {
        Some(s) => format!(
            "Validation: {} cross-validation of {} samples{}{}{}. ",
            s.folds,
            s.n,
            s.rmse.map(|v| format!(", RMSE {v}")).unwrap_or_default(),
            s.me.map(|v| format!(", ME {v}")).unwrap_or_default(),
            s.picp(0.9).map(|v| format!(", coverage of the 90 percent interval {v}")).unwrap_or_default(),
        ),
        None => "Validation: none. ".to_owned(),
    };
    if let Some(grid) = entry.main() {
        said += &format!(
            "Cells of {} were brought onto the grid {} by area-weighted means of the cells that each covers; standard deviations are those of \
             points, averaged (SD_SUPPORT=point). ",
            variable.crs.name, grid.grid
        );
    }
    said += &format!(
        "Software: soilscope {} with GDAL {} and PROJ {}; packed by soilscope {}.",
        run.software_version,
        run.gdal_version,
        run.proj_version,
        env!("CARGO_PKG_VERSION")
    );
    for more in [&subject.lineage, &subject.harmonisation].into_iter().flatten() {
        said += &format!(" {more}");
    }
    said
}

//! Limits of the law, and pollution indices.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use soilscope_assess::indices::{
    DegreeClasses, Digestion, NonDetects, Ratios, Reference, ResponseFactors, RiskClasses, Sample, ecological_risk,
    enrichment_factors,
};
use soilscope_assess::threshold::{Property, Soil, Table, Texture};
use soilscope_core::censored::{Measurement, Substitution};

use crate::error::{SoilscopeError, refused};
use crate::json;

/// Every limit of the built-in table, as dictionaries; of one substance or one jurisdiction where they are given.
///
/// A row with `standing` `"unverified"` was written down without the act at hand: look it up before you rely on it.
///
/// Examples
/// --------
/// >>> import soilscope.assess
/// >>> rows = soilscope.assess.thresholds("cadmium", jurisdiction="NL")
/// >>> {row["analyte"] for row in rows}
/// {'Cd'}
#[pyfunction]
#[pyo3(signature = (analyte=None, *, jurisdiction=None))]
pub(crate) fn thresholds<'py>(
    py: Python<'py>,
    analyte: Option<&str>,
    jurisdiction: Option<&str>,
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let table = Table::builtin();
    let analyte = analyte.map(|name| table.analyte(name)).transpose().map_err(refused)?;
    if let Some(code) = jurisdiction
        && !table.entries().iter().any(|e| e.code.jurisdiction().eq_ignore_ascii_case(code))
    {
        return Err(refused(
            table.set(code).err().map_or_else(|| format!("no jurisdiction has the code '{code}'"), |e| e.to_string()),
        ));
    }
    let wanted = table.entries().iter().filter(|entry| {
        analyte.as_ref().is_none_or(|a| a.symbol == entry.analyte)
            && jurisdiction.is_none_or(|code| entry.code.jurisdiction().eq_ignore_ascii_case(code))
    });
    wanted
        .map(|entry| {
            let record = json::record(py, entry)?;
            record.set_item("standing", entry.standing().words().to_lowercase())?;
            Ok(record)
        })
        .collect()
}

/// What a set of limits says of a substance, for a soil where one is given.
///
/// Parameters
/// ----------
/// code : str
///     `JURISDICTION/level/land-use`, as `"NL/intervention"`; parts may be left out from the end and shortened.
/// analyte : str
///     Symbol or name.
/// soil : dict, optional
///     What is known of the soil, as in `{"clay": 10, "om": 5, "ph": 6.5, "texture": "clay"}`.
///
/// Returns
/// -------
/// dict
///     `value` in `unit`, `code`, `analyte`, `standing`, and how the value came about: `factor`, `standard_soil`, `assumed`, `entry`.
///
/// Raises
/// ------
/// SoilscopeError
///     No such set or substance, or a limit that depends on what is not known of the soil.
///
/// Examples
/// --------
/// >>> import soilscope.assess
/// >>> limit = soilscope.assess.limit("NL/intervention", "Cd", soil={"clay": 10, "om": 5})
/// >>> round(limit["value"], 4), limit["unit"]
/// (9.5223, 'mg/kg dw')
#[pyfunction]
#[pyo3(signature = (code, analyte, *, soil=None))]
pub(crate) fn limit<'py>(
    py: Python<'py>,
    code: &str,
    analyte: &str,
    soil: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    let limit = Table::builtin().limit(code, analyte).map_err(refused)?;
    let at = match soil {
        None => limit.published(),
        Some(known) => limit.at(&self::soil(known)?),
    };
    let at = at.map_err(refused)?;
    let record = json::record(py, &at)?;
    record.set_item("code", limit.code().to_string())?;
    record.set_item("analyte", limit.analyte())?;
    record.set_item("unit", &at.entry.unit)?;
    record.set_item("standing", at.entry.standing().words().to_lowercase())?;
    Ok(record)
}

fn soil(known: &Bound<'_, PyDict>) -> PyResult<Soil> {
    let mut soil = Soil::default();
    for (key, value) in known {
        let key: String = key.extract()?;
        let property = Property::parse(&key).ok_or_else(|| {
            let keys: Vec<&str> = Property::ALL.iter().map(|p| p.key()).collect();
            SoilscopeError::new_err(format!("no property of soil is called '{key}'; there are {}", keys.join(", ")))
        })?;
        if property == Property::Texture {
            let name: String = value.extract()?;
            let texture = Texture::parse(&name);
            soil.texture =
                Some(texture.ok_or_else(|| SoilscopeError::new_err(format!("no texture is called '{name}'")))?);
        } else {
            let number: f64 = value.extract()?;
            let [low, high] = property.bounds();
            if !(low..=high).contains(&number) {
                return Err(SoilscopeError::new_err(format!("{key} is {number}, but must be from {low} to {high}")));
            }
            soil.set(property, number);
        }
    }
    Ok(soil)
}

/// A content: a number, or text as `"<0.2"` for one below its limit.
pub(crate) fn measurement(value: &Bound<'_, PyAny>) -> PyResult<Measurement> {
    if let Ok(number) = value.extract::<f64>() {
        return Ok(Measurement::Quantified(number));
    }
    let text: String = value.extract()?;
    let number = |text: &str| {
        let number = text.trim().parse::<f64>();
        number.map_err(|_| {
            SoilscopeError::new_err(format!("'{text}' is no content: write a number, or '<0.2' for one below a limit"))
        })
    };
    match text.trim().strip_prefix('<') {
        Some(limit) => number(limit).map(Measurement::BelowLimit),
        None => number(&text).map(Measurement::Quantified),
    }
}

/// Pollution indices of one sample against a background or against limits.
///
/// Parameters
/// ----------
/// contents : dict of str to float or str
///     Contents by element, in the reference's unit; `"<0.2"` for one below its limit.
/// reference : dict of str to float
///     What contents are divided by.
/// name : str
///     Of the reference; every result repeats it.
/// kind : "background" or "limits"
///     Against limits only the single index and Nemerow's are defined.
/// digestion : "total", "aqua-regia" or "unstated"
///     Of both.
/// non_detects : "refuse", "limit/2", "limit/sqrt2", "limit" or "drop"
///     What stands for a content below its limit.
/// normaliser : str, optional
///     A conservative element, as `"Al"`: enrichment factors are computed too.
///
/// Returns
/// -------
/// dict
///     `ratios` by element; `degree`, `modified_degree`, `load_index`, `nemerow`, each with its class, whose class that is, and
///     `standing`; against a background also `geo_accumulation`, `ecological_risk` (None, with `no_ecological_risk` why) and `enrichment`.
///
/// Examples
/// --------
/// >>> import soilscope.assess
/// >>> found = soilscope.assess.indices({"Cd": 0.4, "Pb": 30.0}, {"Cd": 0.2, "Pb": 20.0}, name="local")
/// >>> found["degree"]["value"], found["degree"]["class"]["label"]
/// (3.5, 'moderate')
#[pyfunction]
#[pyo3(signature = (contents, reference, *, name, kind="background", digestion="unstated", non_detects="refuse", normaliser=None))]
#[allow(clippy::too_many_arguments, reason = "named in Python")]
pub(crate) fn indices<'py>(
    py: Python<'py>,
    contents: &Bound<'py, PyDict>,
    reference: &Bound<'py, PyDict>,
    name: &str,
    kind: &str,
    digestion: &str,
    non_detects: &str,
    normaliser: Option<&str>,
) -> PyResult<Bound<'py, PyDict>> {
    let no = |what: &str, found: &str, there: &str| {
        SoilscopeError::new_err(format!("no {what} is called '{found}'; there are {there}"))
    };
    let digestion = match digestion {
        "total" => Digestion::Total,
        "aqua-regia" => Digestion::AquaRegia,
        "unstated" => Digestion::Unstated,
        other => return Err(no("digestion", other, "total, aqua-regia and unstated")),
    };
    let non_detects = match non_detects {
        "refuse" => NonDetects::Refuse,
        "limit/2" => NonDetects::Substitute(Substitution::HalfLimit),
        "limit/sqrt2" => NonDetects::Substitute(Substitution::LimitOverSqrt2),
        "limit" => NonDetects::Substitute(Substitution::Limit),
        "drop" => NonDetects::Substitute(Substitution::Drop),
        other => {
            return Err(no("rule for contents below limits", other, "refuse, limit/2, limit/sqrt2, limit and drop"));
        }
    };
    let mut measured = Vec::with_capacity(contents.len());
    for (element, content) in contents {
        measured.push((element.extract::<String>()?, measurement(&content)?));
    }
    let mut compared = Vec::with_capacity(reference.len());
    for (element, content) in reference {
        compared.push((element.extract::<String>()?, content.extract::<f64>()?));
    }
    let background = match kind {
        "background" => true,
        "limits" => false,
        other => return Err(no("kind of reference", other, "background and limits")),
    };
    let reference = if background {
        Reference::background(name, digestion, compared)
    } else {
        Reference::limits(name, digestion, compared)
    };
    let reference = reference.map_err(refused)?;
    let sample = Sample::new(digestion, measured).map_err(refused)?;
    let ratios = Ratios::new(&sample, &reference, non_detects).map_err(refused)?;
    let found = PyDict::new(py);
    found.set_item("reference", name)?;
    found.set_item("ratios", json::record(py, &ratios.ratios())?)?;
    found.set_item("left_out", ratios.left_out().to_vec())?;
    found.set_item("nemerow", json::record(py, &ratios.nemerow())?)?;
    if background {
        found.set_item("degree", json::record(py, &ratios.degree(DegreeClasses::Scaled))?)?;
        found.set_item("modified_degree", json::record(py, &ratios.modified_degree())?)?;
        found.set_item("load_index", json::record(py, &ratios.load_index())?)?;
        found.set_item("geo_accumulation", json::record(py, &ratios.geo_accumulation().map_err(refused)?)?)?;
        let risk = ecological_risk(&ratios, &ResponseFactors::with_later_additions(), RiskClasses::Scaled);
        found.set_item("ecological_risk", risk.as_ref().ok().map(|risk| json::record(py, risk)).transpose()?)?;
        found.set_item("no_ecological_risk", risk.err().map(|e| e.to_string()))?;
    }
    match normaliser {
        Some(element) => {
            let factors = enrichment_factors(&sample, &reference, element, non_detects).map_err(refused)?;
            found.set_item("enrichment", json::record(py, &factors)?)?;
        }
        None => found.set_item("enrichment", py.None())?,
    }
    Ok(found)
}

/// Every coefficient of the built-in formulas, as dictionaries, with its source and standing.
///
/// Examples
/// --------
/// >>> import soilscope.assess
/// >>> sorted({row["table"] for row in soilscope.assess.coefficients()})[0]
/// 'aqua_regia'
#[pyfunction]
pub(crate) fn coefficients(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    json::record(py, &soilscope_assess::coefficient::coefficients())
}

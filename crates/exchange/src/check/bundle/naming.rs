//! Rules N: names of rasters.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex_lite::Regex;
use serde_json::Value;

use crate::check::Findings;
use crate::{country, tables};

use super::gather::is_tiff;
use super::{Facts, Flavour, Folder};

pub mod pattern;

use pattern::{Name, file_name, gsp_depth};

/// Names that FAO's script takes beside the pattern (`also_accepted_by_fao_script` of `naming.json`).
static ALSO_ACCEPTED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:[A-Z]{3}_SD_GSNmap_[A-Za-z0-9][A-Za-z0-9_]*|mean_[A-Za-z0-9_]+|sd_[A-Za-z0-9_]+)\.tiff?$")
        .expect("a pattern of this program compiles")
});

/// Years that a map may be younger than its samples.
const YOUNGER: i64 = 5;

/// Judges N001–N008.
pub(super) fn judge(folder: &Folder, facts: &Facts<'_>, findings: &mut Findings) {
    let of = |flavour| folder.files.keys().filter(move |p| Flavour::of(p) == flavour && is_tiff(p));
    let (gsp, glosis) = (of(Flavour::Gsp).count() > 0, of(Flavour::Glosis).count() > 0);
    let national = of(Flavour::National).count() > 0;
    for (id, some) in [
        ("N001", gsp),
        ("N002", gsp || national),
        ("N003", glosis || !facts.mapsets().is_empty()),
        ("N004", glosis),
        ("N005", glosis),
        ("N006", gsp || glosis || national),
    ] {
        if !some {
            facts.skip(id, "the bundle has no raster of that naming");
        }
    }
    let mut judged = [false; 2];
    // Path and statistic of the rasters of one product.
    type Files<'a> = Vec<(&'a str, Option<String>)>;
    let mut products: BTreeMap<(Flavour, String), Files<'_>> = BTreeMap::new();
    for flavour in [Flavour::Gsp, Flavour::Glosis, Flavour::National] {
        for path in of(flavour) {
            let Some(name) = Name::read(flavour, file_name(path)) else {
                unnamed(flavour, path, findings);
                continue;
            };
            codes(flavour, path, &name, findings);
            judged[0] |= depth(facts, flavour, path, &name, findings);
            judged[1] |= year(facts, path, &name, findings);
            products.entry((flavour, name.product())).or_default().push((path, name.stat));
        }
    }
    for files in products.values() {
        let has = |stat: &str| files.iter().any(|(_, s)| s.as_deref() == Some(stat));
        if let Some((path, _)) = files.iter().find(|(_, s)| s.as_deref() == Some("MEAN")).filter(|_| !has("SDEV")) {
            findings.add("N006", path, "", "no standard deviation", "an SDEV with the same remaining tokens");
        }
    }
    mapsets(facts, findings);
    if !judged[0] {
        facts.skip("N007", "nothing tells the depths of a raster that is named");
    }
    if !judged[1] {
        facts.skip("N008", "no name with a year, or nothing tells the sampling period");
    }
}

fn unnamed(flavour: Flavour, path: &str, findings: &mut Findings) {
    let file = file_name(path);
    let template =
        |pointer: &str| tables::naming().pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    match flavour {
        Flavour::Gsp if !ALSO_ACCEPTED.is_match(file) => {
            findings.add("N001", path, "", file, template("/gsp_submission/template"));
        }
        Flavour::Glosis => findings.add("N003", path, "", file, template("/glosis_layer/template")),
        _ => {}
    }
}

fn codes(flavour: Flavour, path: &str, name: &Name, findings: &mut Findings) {
    match flavour {
        Flavour::Gsp | Flavour::National if country::by_alpha3(&name.country).is_none() => {
            findings.add("N002", path, "", &name.country, "a code of ISO 3166-1 alpha-3 in capitals");
        }
        Flavour::Glosis if country::by_alpha2(&name.country).is_none() => {
            findings.add("N004", path, "", &name.country, "a code of ISO 3166-1 alpha-2");
        }
        _ => {}
    }
    let accepted = tables::naming().pointer("/glosis_layer/stats_accepted_by_node").and_then(Value::as_array);
    let accepted: Vec<_> = accepted.into_iter().flatten().filter_map(Value::as_str).collect();
    if flavour == Flavour::Glosis && !accepted.contains(&name.word.as_str()) {
        findings.add("N005", path, "", &name.word, format!("one of {}", accepted.join(", ")));
    }
}

/// Whether the depths of a raster are known, so that its name could be judged.
fn depth(facts: &Facts<'_>, flavour: Flavour, path: &str, name: &Name, findings: &mut Findings) -> bool {
    let layer = facts.layers.iter().find(|l| l.path == path);
    let item = |key: &str| facts.rasters.get(path)?.metadata.get(key)?.trim().parse().ok();
    let upper = layer.and_then(|l| l.upper).or_else(|| item("UPPER_DEPTH_CM"));
    let lower = layer.and_then(|l| l.lower).or_else(|| item("LOWER_DEPTH_CM"));
    let Some((upper, lower)) = upper.zip(lower) else { return false };
    let expected = if flavour == Flavour::Gsp { gsp_depth(upper, lower) } else { format!("{upper}-{lower}") };
    // 0-0 marks a layer without depth.
    if name.depth != expected && !(flavour == Flavour::Glosis && name.depth == "0-0") {
        let words = format!("{expected}, for {upper} to {lower} cm as the metadata have it");
        findings.add("N007", path, "", &name.depth, words);
    }
    true
}

/// Whether a name's year and the sampling period are known.
fn year(facts: &Facts<'_>, path: &str, name: &Name, findings: &mut Findings) -> bool {
    let Some(year) = name.year.map(i64::from) else { return false };
    let own = facts.rasters.get(path).and_then(|r| r.metadata.get("PERIOD")).and_then(|p| years(p));
    let Some((from, to)) = own.or_else(|| sampled(facts)) else { return false };
    if year < from || year > to + YOUNGER {
        findings.add("N008", path, "", year, format!("a year from {from} to {}", to + YOUNGER));
    }
    true
}

/// First and last year of `2021-04-01/2023-10-31`.
fn years(period: &str) -> Option<(i64, i64)> {
    let (from, to) = period.trim().split_once('/')?;
    let year = |date: &str| date.get(..4)?.parse().ok();
    Some((year(from)?, year(to)?))
}

fn sampled(facts: &Facts<'_>) -> Option<(i64, i64)> {
    let sampling = facts.run.as_ref()?.get("sampling")?;
    let end = |name: &str| sampling.get(name).and_then(Value::as_str);
    years(&format!("{}/{}", end("from")?, end("to")?))
}

fn mapsets(facts: &Facts<'_>, findings: &mut Findings) {
    static PATTERN: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new("^[A-Z]{2}-[A-Z0-9]+-[A-Z0-9]+-[0-9]{4}$").expect("a pattern of this program compiles")
    });
    for (i, mapset) in facts.mapsets().iter().enumerate() {
        if let Some(id) = mapset.get("mapset_id").and_then(Value::as_str).filter(|id| !PATTERN.is_match(id)) {
            let place = format!("/mapsets/{i}/mapset_id");
            findings.add("N003", "bundle.json", place, id, "{CC}-{PROJECT}-{PROPERTY}-{YEAR}");
        }
    }
}

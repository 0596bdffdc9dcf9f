use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use soilscope_exchange::Error;
use soilscope_exchange::pack::source::{HotRule, Interval, Run};

use super::runs::Fake;

fn made(folder: &Path) -> Run {
    Fake::new(32631, [600_000.0, 5_000_000.0], 200.0, [20, 20]).run(folder, |_, _| [1.0, 1.0, 0.5, 0.0])
}

fn changed(folder: &Path, change: impl Fn(&mut Value)) -> Result<Run, Error> {
    made(folder);
    let path = folder.join("run.json");
    let mut record: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut record);
    fs::write(&path, record.to_string()).unwrap();
    Run::open(folder, &|| false)
}

#[test]
fn a_run_is_what_its_record_says() {
    let folder = tempfile::tempdir().unwrap();
    let run = made(folder.path());
    assert_eq!((run.started.as_str(), run.dated.as_str()), ("2024-05-27T10:11:12Z", "2024-05-27T10:11:12Z"));
    assert_eq!(run.command, ["soilscope", "map", "zinc.csv"], "folders of the maker are nobody's business");
    assert_eq!(run.inputs[0].name, "zinc.csv");
    let map = run.variable("zinc").unwrap();
    assert_eq!(map.interval, Some(Interval::Lognormal));
    assert_eq!(map.hot, Some(HotRule::Probability(0.8)));
    assert_eq!(map.threshold.as_ref().unwrap().value, Some(50.0));
    assert_eq!(map.crs.epsg(), Some(32631));
    assert_eq!((map.samples.used, map.samples.below_limit, map.cells.doubtful), (150, 10, 3));
    assert_eq!(map.cells.gaps["too-few"], 2);
    assert_eq!(map.outputs.len(), 4);
    assert!(run.variable("lead").is_none() && run.together.is_empty());
}

#[test]
fn a_limit_of_the_law_is_named_with_its_act() {
    let folder = tempfile::tempdir().unwrap();
    let act = json!({ "instrument": "Soil act, annex 2", "level": "intervention value", "year": 2013, "threshold": 50.0,
        "source": "https://example.org/act", "code": "XX/intervention/any", "land_use": "any", "standing": "verified" });
    let run = changed(folder.path(), |record| record["guideline"] = act.clone()).unwrap();
    let threshold = run.variables[0].threshold.clone().unwrap();
    assert_eq!(threshold.source.as_deref(), Some("Soil act, annex 2 (2013), intervention value"));
    assert_eq!(threshold.code.as_deref(), Some("XX/intervention/any"));
    assert_eq!(threshold.standing.as_deref(), Some("verified"));
}

#[test]
fn what_is_no_finished_map_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = Run::open(folder.path(), &|| false).unwrap_err().to_string();
    assert!(error.contains("no run.json"), "{error}");
    for (change, what) in [
        (&(|r: &mut Value| r["verb"] = json!("simulate")) as &dyn Fn(&mut Value), "'soilscope simulate'"),
        (&|r| r["started"] = json!("yesterday"), "is not a time"),
        (&|r| r["crs"] = json!(null), "crs"),
        (&|r| r["grid"]["columns"] = json!(-3), "columns"),
        (&|r| r["grid"]["bounds"] = json!([1, 2, 3]), "bounds"),
        (&|r| r["outputs"][0]["sha256"] = json!("xyz"), "sha256"),
        (&|r| r["outputs"][0]["path"] = json!("/elsewhere/.."), "path"),
        (&|r| r["analytes"] = json!([]), "analytes"),
    ] {
        let error = changed(folder.path(), change).unwrap_err().to_string();
        assert!(error.contains(what), "{what}: {error}");
    }
    fs::write(folder.path().join("run.json"), "{").unwrap();
    assert!(matches!(Run::open(folder.path(), &|| false), Err(Error::Unreadable { .. })));
}

#[test]
fn a_file_that_was_changed_or_is_missing_or_a_link_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path());
    let path = folder.path().join("zinc_sd.tif");
    let whole = fs::read(&path).unwrap();
    let mut bytes = whole.clone();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, &bytes).unwrap();
    let error = Run::open(folder.path(), &|| false).unwrap_err().to_string();
    assert!(error.contains("not the file that the run wrote") && error.contains("zinc_sd.tif"), "{error}");
    fs::remove_file(&path).unwrap();
    assert!(matches!(Run::open(folder.path(), &|| false), Err(Error::Unreadable { .. })));
    #[cfg(unix)]
    {
        let elsewhere = tempfile::NamedTempFile::new().unwrap();
        fs::write(elsewhere.path(), &whole).unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), &path).unwrap();
        assert!(matches!(Run::open(folder.path(), &|| false), Err(Error::Unreadable { .. })));
        fs::remove_file(&path).unwrap();
    }
    fs::write(&path, &whole).unwrap();
    assert!(Run::open(folder.path(), &|| false).is_ok());
    assert!(matches!(Run::open(folder.path(), &|| true), Err(Error::Interrupted)));
}

//! Real files that the project does not ship: in `SOILSCOPE_DATA` or `../shared/data`, skipped where neither has them.

use soilscope_pipeline::samples::{Preparation, Severity};

use super::*;

fn shared(name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let found = std::env::var_os("SOILSCOPE_DATA")
        .map(PathBuf::from)
        .into_iter()
        .chain([beside])
        .map(|folder| folder.join(name))
        .find(|path| path.is_file());
    if found.is_none() {
        eprintln!("skipped: {name} is neither in SOILSCOPE_DATA nor in ../shared/data");
    }
    found
}

#[test]
fn usgs_flags_are_limits() {
    let Some(path) = shared("usgs_ds801_top5_metals.csv") else { return };
    let options = ReadOptions { crs: Some("EPSG:5070".into()), ..wanting("As,Cd,Pb") };
    let table = read_samples(&path, &options).unwrap();
    let record = |name: &str| table.prepare(name, &Preparation::default()).unwrap().record;
    let (arsenic, cadmium, lead) = (record("As"), record("Cd"), record("Pb"));
    assert_eq!((arsenic.below_limit, arsenic.used), (56, 4841));
    assert_eq!((cadmium.below_limit, cadmium.missing), (1054, 16));
    assert_eq!((lead.below_limit, lead.duplicates.places), (2, 0));
}

#[test]
fn usgs_text_limits_are_limits() {
    let Some(path) = shared("usgs_ds801_top5.csv") else { return };
    let options = ReadOptions { crs: Some("EPSG:4326".into()), ..wanting("Cd,al") };
    let table = read_samples(&path, &options).unwrap();
    let cadmium = table.prepare("Cd", &Preparation::default()).unwrap();
    assert_eq!((cadmium.record.below_limit, cadmium.crs.authority()), (1054, Some("EPSG:5070")));
    assert_eq!(table.prepare("al", &Preparation::default()).unwrap().unit.as_deref(), Some("%"));
}

#[test]
fn every_shared_table_is_judged() {
    for (name, crs) in [
        ("gemas_grazing.csv", "EPSG:3035"),
        ("kola_ohorizon.csv", "EPSG:32635"),
        ("kola_moss.csv", "EPSG:32635"),
        ("usgs_colorado_ds520.csv", "EPSG:4326"),
        ("sinu_river_seasons.csv", "EPSG:4326"),
    ] {
        let Some(path) = shared(name) else { continue };
        let options = ReadOptions { crs: Some(crs.into()), ..ReadOptions::default() };
        let report = read_samples(&path, &options).unwrap().judge(&Preparation::default());
        // Kola's humus file writes -9999 for some field codes, which is found.
        let errors = report.findings.iter().filter(|f| f.severity == Severity::Error);
        assert!(errors.clone().all(|f| f.message.contains("-9999")), "{report}");
        assert_eq!(errors.count(), if name == "kola_ohorizon.csv" { 2 } else { 0 }, "{report}");
        assert!(report.analytes.len() > 5 && report.neighbours.is_some());
    }
}

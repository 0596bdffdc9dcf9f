//! Substitution, duplicates, projection, and the record of them.

use soilscope_core::censored::Substitution;
use soilscope_pipeline::crs::Crs;
use soilscope_pipeline::samples::{Duplicates, Preparation};

use super::*;

const TEXT: &str = "x,y,a\n0,0,10\n1,0,<4\n2,0,ND\n3,0,\n0,0,20\n";

fn prepare(how: &Preparation) -> Result<soilscope_pipeline::samples::Prepared, Error> {
    read_text(TEXT, &local("a")).unwrap().prepare("a", how)
}

#[test]
fn limits_are_substituted_as_told_and_counted() {
    for (nondetect, expected) in [
        (Substitution::HalfLimit, vec![15.0, 2.0]),
        (Substitution::Limit, vec![15.0, 4.0]),
        (Substitution::LimitOverSqrt2, vec![15.0, 4.0 / std::f64::consts::SQRT_2]),
    ] {
        let got = prepare(&Preparation { nondetect, ..Preparation::default() }).unwrap();
        assert_eq!(got.samples.values(), expected);
        assert_eq!(got.rows, [2, 3]);
        let record = &got.record;
        assert_eq!((record.rows, record.used, record.quantified, record.below_limit), (5, 2, 2, 1));
        assert_eq!((record.missing, record.not_detected), (1, 1));
        assert_eq!(record.nondetect, nondetect);
        assert!(got.measurements[1].is_below_limit());
        assert!(record.notes.iter().any(|n| n.contains("values below their limit: 1 (33 %)")), "{:?}", record.notes);
        assert!(record.notes.iter().any(|n| n.contains("no limit stated, and left out: 1")));
        assert!(record.notes.iter().any(|n| n.contains("mg/kg was assumed")));
        let json = serde_json::to_value(record).unwrap();
        assert_eq!(json["unit_source"], "assumed");
        assert_eq!(json["duplicates"]["places"], 1);
    }
    let dropped = prepare(&Preparation { nondetect: Substitution::Drop, ..Preparation::default() }).unwrap_err();
    assert!(plain(&dropped).contains("all 2 samples lie at one place"), "{dropped}");
}

#[test]
fn duplicates_are_averaged_kept_or_refused() {
    let of = |duplicates| prepare(&Preparation { duplicates, ..Preparation::default() });
    let mean = of(Duplicates::Mean).unwrap();
    assert_eq!((mean.samples.values()[0], mean.record.duplicates.places, mean.record.duplicates.samples), (15.0, 1, 2));
    assert_eq!(of(Duplicates::First).unwrap().samples.values()[0], 10.0);
    assert!(
        plain(&of(Duplicates::Refuse).unwrap_err())
            .contains("samples share a place: 2 at 1 places, the first at lines 2, 6")
    );
}

#[test]
fn too_few_values_name_file_analyte_and_remedy() {
    let table = read_text("x,y,a\n0,0,10\n1,0,NA\n", &local("a")).unwrap();
    let text = plain(&table.prepare("a", &Preparation::default()).unwrap_err());
    assert!(text.starts_with("t.csv, analyte 'a': 1 sample is too few: a map needs at least 2"), "{text}");
    assert!(text.contains("soilscope check"));
    assert!(table.prepare("b", &Preparation::default()).unwrap_err().to_string().contains("there is no analyte 'b'"));
    let prepared = prepare(&Preparation::default()).unwrap();
    let explained = prepared.explain(soilscope_core::Error::NoVariation { count: 2, value: 7.0 });
    assert!(plain(&explained).contains("t.csv, analyte 'a': all 2 samples have the value 7"));
}

#[test]
fn longitudes_and_latitudes_are_projected_and_the_choice_recorded() {
    let options = ReadOptions { crs: Some("EPSG:4326".into()), ..wanting("a") };
    let table = read_text("lon,lat,a\n5.723,50.964,1\n5.733,50.964,2\n", &options).unwrap();
    let chosen = table.prepare("a", &Preparation::default()).unwrap();
    assert_eq!(chosen.crs.authority(), Some("EPSG:32631"));
    assert!(chosen.source_crs.is_geographic());
    assert!(chosen.record.crs_reason.contains("UTM zone"));
    let [a, b] = [chosen.samples.coords()[0], chosen.samples.coords()[1]];
    // 0.01° of longitude at this latitude is 702 m on the ellipsoid; UTM shrinks by at most 0.04 %.
    assert!(((a[0] - b[0]).hypot(a[1] - b[1]) - 702.4).abs() < 1.0);
    let rd = Preparation { working_crs: Some(Crs::parse("EPSG:28992").unwrap()), ..Preparation::default() };
    let named = table.prepare("a", &rd).unwrap();
    assert!((named.samples.coords()[0][0] - 178_591.06).abs() < 1.0);
    assert_eq!(named.record.crs, "EPSG:28992 (Amersfoort / RD New)");
    assert_eq!(named.record.crs_reason, "as asked for");
    let of_raster = Preparation { crs_reason: Some("that of a raster".into()), ..rd };
    assert_eq!(table.prepare("a", &of_raster).unwrap().record.crs_reason, "that of a raster");
    let degrees = Preparation { working_crs: Some(Crs::parse("EPSG:4326").unwrap()), ..Preparation::default() };
    let kept = table.prepare("a", &degrees).unwrap();
    assert_eq!(kept.samples.coords()[0], [5.723, 50.964]);
    // 700 m on the sphere, which the samples say they lie on.
    assert!((kept.samples.diagonal() - 700.4).abs() < 1.0, "{}", kept.samples.diagonal());
    assert!(kept.record.notes.iter().any(|n| n.contains("along great circles")), "{:?}", kept.record.notes);
    // Grads are no degrees.
    let grads = Preparation { working_crs: Some(Crs::parse("EPSG:4807").unwrap()), ..Preparation::default() };
    assert!(table.prepare("a", &grads).unwrap_err().to_string().contains("name one in degrees"));
}

#[test]
fn feet_are_said() {
    let options = ReadOptions { crs: Some("EPSG:2263".into()), ..wanting("a") };
    let table = read_text("x,y,a\n980000,200000,1\n981000,200000,2\n", &options).unwrap();
    let prepared = table.prepare("a", &Preparation::default()).unwrap();
    assert_eq!(prepared.samples.coords()[0], [980_000.0, 200_000.0]);
    assert!(
        prepared.record.notes.iter().any(|n| n.contains("lengths are in US survey foot")),
        "{:?}",
        prepared.record.notes
    );
}

#[test]
fn a_local_plane_stays_one() {
    let prepared = prepare(&Preparation::default()).unwrap();
    assert!(prepared.crs.is_local() && prepared.crs.to_wkt().is_none());
    let rd = Preparation { working_crs: Some(Crs::parse("EPSG:28992").unwrap()), ..Preparation::default() };
    assert!(prepare(&rd).unwrap_err().to_string().contains("nowhere on Earth"));
}

#[test]
fn what_a_tolerant_reading_let_pass_is_refused_here() {
    let tolerant = ReadOptions { tolerant: true, ..local("a,b") };
    let table = read_text("x,y,a,b\n0,0,1,>5\n1,1,2,3\n2,2,3,4\n", &tolerant).unwrap();
    assert!(table.prepare("a", &Preparation::default()).is_ok());
    assert!(plain(&table.prepare("b", &Preparation::default()).unwrap_err()).contains("line 2, column 'b': '>5'"));
    let no_crs = ReadOptions { tolerant: true, ..wanting("a") };
    let table = read_text("x,y,a\n0,0,1\n1,1,2\n", &no_crs).unwrap();
    assert!(table.prepare("a", &Preparation::default()).unwrap_err().to_string().contains("not stated"));
}

#[test]
fn the_shipped_monitoring_file_keeps_its_limits() {
    let table = read_samples(&shipped("synthetic_monitoring.csv"), &local("lead")).unwrap();
    let prepared = table.prepare("lead", &Preparation::default()).unwrap();
    assert_eq!(prepared.unit.as_deref(), Some("mg/kg"));
    assert_eq!((prepared.record.rows, prepared.record.used), (902, 120));
    assert!(prepared.record.below_limit == 30 && prepared.record.not_detected == 0);
}

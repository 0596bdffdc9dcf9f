//! The programs of `make bench-peers`: samples that never change, work that is the library's, a report whose arithmetic holds.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::Command;

use soilscope_bench::compare::{self, Allowed, Predicted};
use soilscope_bench::field::{Places, write_samples};
use soilscope_bench::setting::{Cells, SPHERICAL};
use soilscope_bench::work::{self, Settings, Work};
use soilscope_core::drift::Drift;
use soilscope_core::executor::Serial;
use soilscope_core::kriging::Kriging;
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::variogram::ModelTemplate;
use soilscope_core::{Interpolator, Samples};
use tempfile::TempDir;

const SETTINGS: Settings = Settings { threads: std::num::NonZeroUsize::MIN, neighbours: 12, realisations: 4 };

const ALLOWED: Allowed = Allowed { of_spread: 1e-9, of_value: 0.0 };

fn written(n: usize, seed: u64) -> String {
    let mut file = Vec::new();
    write_samples(n, seed, Places::Uniform, &mut file).unwrap();
    String::from_utf8(file).unwrap()
}

fn kept(folder: &TempDir) -> (std::path::PathBuf, Samples) {
    let path = folder.path().join("s.csv");
    fs::write(&path, written(155, 1)).unwrap();
    let samples = work::read(&path).unwrap();
    (path, samples)
}

#[test]
fn samples_are_the_same_for_a_seed_on_every_machine() {
    let file = written(155, 1);
    assert_eq!(file, written(155, 1));
    assert_ne!(file, written(155, 2));
    let lines: Vec<&str> = file.lines().collect();
    assert_eq!((lines.len(), lines[0], lines[1], lines[155]), (156, "x,y,value", FIRST, LAST));
    let values: Vec<f64> = lines[1..].iter().map(|l| l.rsplit(',').next().unwrap().parse().unwrap()).collect();
    assert!(values.iter().all(|&v| v > 0.0 && v < 500.0), "as concentrations are, ppm");
}

#[test]
fn clustered_samples_are_half_at_sites() {
    let mut file = Vec::new();
    write_samples(1_000, 1, Places::Clustered, &mut file).unwrap();
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("c.csv");
    fs::write(&path, file).unwrap();
    let samples = work::read(&path).unwrap();
    let places = samples.coords();
    let near = |p: &[f64; 2]| places.iter().filter(|q| (p[0] - q[0]).hypot(p[1] - q[1]) < 3_000.0).count();
    let at_sites = places.iter().filter(|&p| near(p) >= 50).count();
    assert!((500..600).contains(&at_sites), "{at_sites} of 1,000 samples have 49 others within a site's diameter");
}

const FIRST: &str = "3990122.82,2877890.34,36.44";
const LAST: &str = "4268140.61,2144203.07,23.25";

#[test]
fn a_run_is_what_the_library_says_cell_by_cell() {
    let folder = TempDir::new().unwrap();
    let (path, samples) = kept(&folder);
    // Wider and higher than one tile, and no multiple of it.
    let cells: Cells = "200:30,40,140,131".parse().unwrap();
    let record = work::run(Work::Local, &path, cells, SETTINGS, folder.path()).unwrap();
    assert_eq!((record.samples, record.results, record.gaps), (155, 140 * 131, 0));
    let model = SPHERICAL.parse::<ModelTemplate>().unwrap().complete().unwrap().unwrap();
    let predictor = Kriging::new(model, Drift::Constant, Neighbourhood::nearest(12).unwrap()).fit(&samples).unwrap();
    let [pred, var] = ["pred", "var"].map(|name| compare::column(folder.path(), name).unwrap().unwrap());
    assert_eq!((pred.len(), var.len()), (cells.count(), cells.count()));
    for cell in (0..cells.count()).step_by(37) {
        let p = predictor.predict(cells.centre(cell)).unwrap();
        let apart = (p.value - pred[cell]).abs().max((p.variance.unwrap() - var[cell]).abs());
        assert!(apart <= 1e-9, "cell {cell}: {apart}");
    }
}

#[test]
fn a_rectangle_has_the_values_of_the_whole() {
    let folder = TempDir::new().unwrap();
    let (path, samples) = kept(&folder);
    let [whole, part]: [Cells; 2] = ["100", "100:20,70,30,10"].map(|t| t.parse().unwrap());
    let [a, b] = ["whole", "part"].map(|name| folder.path().join(name));
    work::run(Work::Local, &path, whole, SETTINGS, &a).unwrap();
    work::run(Work::Local, &path, part, SETTINGS, &b).unwrap();
    let what = Predicted::Cells { peer: whole, reference: part };
    let agreement = compare::predictions(&b, &a, what, &samples, Some(12), ALLOWED).unwrap();
    assert!(agreement.agree(), "{agreement:?}");
    assert_eq!(agreement.var.unwrap().targets, 300);
}

#[test]
fn a_difference_is_found() {
    let folder = TempDir::new().unwrap();
    let (path, samples) = kept(&folder);
    let cells: Cells = "50".parse().unwrap();
    let [a, b] = ["12", "13"].map(|name| folder.path().join(name));
    work::run(Work::Local, &path, cells, SETTINGS, &a).unwrap();
    work::run(Work::Local, &path, cells, Settings { neighbours: 13, ..SETTINGS }, &b).unwrap();
    let what = Predicted::Cells { peer: cells, reference: cells };
    let agreement = compare::predictions(&a, &b, what, &samples, Some(12), ALLOWED).unwrap();
    assert!(!agreement.agree());
    assert_eq!((agreement.pred.missing, agreement.pred.ties), (0, 0));
}

#[test]
fn every_work_leaves_its_columns() {
    let folder = TempDir::new().unwrap();
    let (_, samples) = kept(&folder);
    let cells: Cells = "20".parse().unwrap();
    let columns = |work| {
        let columns = work::compute(work, &samples, cells, SETTINGS, &Serial).unwrap();
        assert!(columns.iter().all(|(name, c)| c.iter().all(|v| v.is_finite()) && !name.is_empty()), "{work:?}");
        columns.iter().map(|(name, c)| (*name, c.len())).collect::<Vec<_>>()
    };
    for work in [Work::Local, Work::Global, Work::GlobalExponential] {
        assert_eq!(columns(work), [("pred", 400), ("var", 400)]);
    }
    assert_eq!(columns(Work::Idw), [("pred", 400)]);
    assert_eq!(columns(Work::LeaveOneOut), [("pred", 155), ("var", 155)]);
    assert_eq!(columns(Work::Variogram), [("pred", 15), ("np", 15), ("dist", 15)]);
    assert_eq!(columns(Work::Simulation), [("pred", 1600)]);
    assert_eq!(columns(Work::Read), []);
}

#[test]
fn realisations_are_held_against_kriging() {
    let folder = TempDir::new().unwrap();
    let (kriging, fields) = (folder.path().join("k"), folder.path().join("f"));
    for folder in [&kriging, &fields] {
        fs::create_dir(folder).unwrap();
    }
    let write = |folder: &Path, name: &str, numbers: &[f64]| {
        fs::write(folder.join(name), numbers.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>()).unwrap();
    };
    write(&kriging, "pred.f64", &[5.0, 7.0]);
    write(&kriging, "var.f64", &[1.0, 3.0]);
    // Cell by cell 4, 6 and 7, 8: means off by 0 and 1/2, variances 2 and 1/2.
    write(&fields, "pred.f64", &[4.0, 7.0, 6.0, 8.0]);
    let moments = compare::moments(&kriging, &fields).unwrap();
    assert_eq!(moments.realisations, 2);
    assert!((moments.mean_ratio - (0.25_f64 / 2.0).sqrt()).abs() < 1e-15, "{moments:?}");
    assert!((moments.variance_ratio - 2.5 / 4.0).abs() < 1e-15, "{moments:?}");
    assert!(!moments.agree);
}

/// Python's own test runner and nothing else; a machine without Python cannot run `make bench-peers` either.
#[test]
fn the_report_computes_what_it_says() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut python = Command::new("python3");
    python.args(["-B", "-m", "unittest", "-q"]).current_dir(here);
    match python.output() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => eprintln!("left out: no python3 here ({error})"),
    }
}

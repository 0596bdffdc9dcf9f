//! Longitudes and latitudes kept as such: distances along great circles.

use tempfile::TempDir;

use crate::support::{folder, soilscope, table};

/// Samples over Finland.
fn finland() -> TempDir {
    let folder = folder();
    let mut text = String::from("lon,lat,zinc\n");
    for i in 0..90 {
        let (lon, lat) = (20.0 + f64::from(i % 10) * 1.2, 60.0 + f64::from(i / 10) + f64::from(i % 3) * 0.1);
        let zinc = 60.0 + 20.0 * (lon / 2.0).sin() + 15.0 * (lat * 1.3).cos();
        text.push_str(&format!("{lon},{lat},{zinc}\n"));
    }
    std::fs::write(folder.path().join("finland.csv"), text).unwrap();
    std::fs::write(folder.path().join("at.csv"), "lon,lat\n25.3,62.7\n22.05,66.1\n").unwrap();
    folder
}

const ON_SPHERE: [&str; 7] = ["finland.csv", "--analyte", "zinc", "--crs", "EPSG:4326", "--out-crs", "EPSG:4326"];

#[test]
fn great_circles_say_what_a_good_projection_says() {
    let folder = finland();
    let model = ["--model", "5 Nug + 400 Exp(300000)", "--at", "at.csv"];
    let sphere = soilscope(folder.path(), &[&["predict"][..], &ON_SPHERE, &model].concat()).done();
    assert!(sphere.err.contains("great circles of a sphere with a radius of 6371.0088 km"), "{}", sphere.err);
    let words = ["predict", "finland.csv", "--analyte", "zinc", "--crs", "EPSG:4326", "--out-crs", "EPSG:3067"];
    let plane = soilscope(folder.path(), &[&words[..], &model].concat()).done();
    for (on_sphere, on_plane) in table(&sphere.out).iter().zip(&table(&plane.out)) {
        for name in ["prediction", "variance"] {
            let [a, b] = [on_sphere, on_plane].map(|row| row[name].parse::<f64>().unwrap());
            // The ellipsoid differs from the sphere by up to half a hundredth, and the projection by a thousandth.
            assert!((a / b - 1.0).abs() < 0.01 && a != b, "{name}: {a} on the sphere, {b} on the plane");
        }
    }
}

#[test]
fn a_map_in_degrees_has_a_record_in_metres() {
    let folder = finland();
    let more =
        ["--model", "5 Nug + 400 Sph(900000)", "--cell", "0.5", "--mask", "samples:60000", "-o", "out", "--json"];
    let run = soilscope(folder.path(), &[&["map"][..], &ON_SPHERE, &more].concat()).done();
    let cells = &run.json()["cells"];
    let count = |name: &str| cells[name].as_u64().unwrap_or_else(|| panic!("{name}: {cells}"));
    assert!(count("predicted") > 100 && count("outside_mask") > 10, "{cells}");
    assert_eq!(count("predicted") + count("outside_mask"), count("cells"));
}

#[test]
fn what_has_no_meaning_on_a_sphere_is_refused() {
    let folder = finland();
    for (more, why) in [
        (&["--model", "400 Gau(300000)"][..], "cannot be used with great-circle distances"),
        (&["--model", "400 Exp(300000)", "--method", "universal:1"][..], "on a plane only"),
        (&["--model", "400 Exp(300000)", "--block", "1000"][..], "on a plane only"),
    ] {
        let run = soilscope(folder.path(), &[&["predict"][..], &ON_SPHERE, &["--at", "at.csv"], more].concat());
        assert_eq!(run.code, Some(2), "{more:?}: {}", run.err);
        assert!(run.err.contains(why), "{more:?}: {}", run.err);
    }
}

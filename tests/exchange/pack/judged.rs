//! What the judge says of what was packed.

use super::*;

#[test]
fn the_judge_passes_what_was_packed() {
    let (case, key) = (Case::new(), secret());
    let run = case.run("run", &[3]);
    let rows = runs::rows("open", &[3]);
    for (level, privacy) in protecting().into_iter().chain([("open", OPEN.to_owned())]) {
        for profile in [Profile::Insii, Profile::FaoSis, Profile::Inspire, Profile::Minimal] {
            let judge = Some(profile);
            let options = PackOptions { judge, overwrite: true, ..case.options(Some(&rows), Some(&key)) };
            let packed =
                case.pack(&run, &about(&privacy), &options).unwrap_or_else(|e| panic!("{level}, {profile:?}: {e}"));
            let verdict = packed.verdict.unwrap();
            assert!(verdict.passed(), "{}", verdict.text());
            println!("{level} {profile:?}: {} warnings, {} rules", verdict.warnings, verdict.judged.len());
        }
    }
}

#[test]
fn the_judge_passes_other_grids_and_several_maps() {
    let case = Case::new();
    let (joint, zinc) = (case.run("joint", &[0, 1, 2]), case.run("zinc", &[3]));
    let rows = runs::rows("open", &[0, 1, 2, 3]);
    let first = PackOptions { national: true, judge: Some(Profile::Insii), ..case.options(Some(&rows), None) };
    let packed = pack(&[&joint, &zinc], &about(OPEN), &first, &mut |_| {}, &|| false).unwrap();
    let template = packed.folder.join("rasters/gsp/NLD_GSPolmap_Zn_Map020.tif");
    let kept = case.folder.path().join("template.tif");
    std::fs::copy(template, &kept).unwrap();
    for geographic in [Geographic::Gsn250, Geographic::Template(kept)] {
        let judge = Some(Profile::Insii);
        let options = PackOptions { geographic, judge, overwrite: true, ..case.options(Some(&rows), None) };
        let packed = pack(&[&joint, &zinc], &about(OPEN), &options, &mut |_| {}, &|| false).unwrap();
        assert!(packed.verdict.unwrap().passed());
    }
}

#[test]
fn what_the_judge_refuses_is_kept_only_when_asked() {
    let case = Case::new();
    let run = case.run("run", &[3]);
    // The whole country is claimed, of which the flood plain is a small part: no finding but of R014, which warns; a result without a unit
    // that exists is an error of the table of points.
    let rows: Vec<Row> =
        runs::rows("open", &[3]).into_iter().map(|row| Row { value: row.value.map(|v| -v), ..row }).collect();
    let options = PackOptions { judge: Some(Profile::Insii), ..case.options(Some(&rows), None) };
    let said = case.pack(&run, &about(OPEN), &options).unwrap_err().to_string();
    assert!(said.contains("A005"), "{said}");
    assert_eq!(std::fs::read_dir(&options.out).unwrap().count(), 0);
    let options = PackOptions { keep_refused: true, ..options };
    let packed = case.pack(&run, &about(OPEN), &options).unwrap();
    let files = all(&packed.folder);
    let bundle = json(&files, "bundle.json");
    assert_eq!(bundle["qa"]["passed"], false);
    assert_eq!(bundle["qa"]["errors"], packed.verdict.unwrap().errors);
    assert_eq!(json(&files, "qa/validation.json")["passed"], false);
    assert!(text(&files, "qa/report.md").contains("not passed"));
}

#[test]
fn displaced_sites_stay_in_their_unit_where_that_is_asked() {
    let (case, key) = (Case::new(), secret());
    let run = case.run("run", &[3]);
    let rows = runs::rows("open", &[3]);
    // Two units that part the flood plain along a meridian.
    let unit = |name: &str, west: f64, east: f64| {
        serde_json::json!({"type": "Feature", "properties": {"code": name}, "geometry": {"type": "Polygon", "coordinates":
            [[[west, 50.9], [east, 50.9], [east, 51.1], [west, 51.1], [west, 50.9]]]}})
    };
    let middle = 5.742;
    let file = case.folder.path().join("units.geojson");
    let units = serde_json::json!({"type": "FeatureCollection", "features": [unit("west", 5.6, middle), unit("east", middle, 5.9)]});
    std::fs::write(&file, units.to_string()).unwrap();
    let units = Units::read(&file, "code").unwrap();
    let truth = traces::degrees(&runs::samples().iter().map(|s| s.place).collect::<Vec<_>>());
    let west_of = |files: &BTreeMap<String, Vec<u8>>| {
        let mut reader = csv::Reader::from_reader(files["points/samples.csv"].as_slice());
        reader
            .deserialize::<BTreeMap<String, String>>()
            .filter(|r| r.as_ref().unwrap()["longitude"].parse::<f64>().unwrap() < middle)
            .count()
    };
    let privacy =
        format!("[privacy]\naccess_level = 'blurred'\nlocation_blur_m = {RADIUS}\nwithin_admin_unit = true\n");
    let options = PackOptions { units: Some(&units), ..case.options(Some(&rows), Some(&key)) };
    let files = all(&case.pack(&run, &about(&privacy), &options).unwrap().folder);
    // As many as before are on either side, and each is: their values tell.
    let of_truth = truth.iter().filter(|p| p[0] < middle).count();
    assert_eq!(west_of(&files), of_truth);
    let free = PackOptions { overwrite: true, ..case.options(Some(&rows), Some(&key)) };
    let files = all(&case.pack(&run, &about(&protecting()[0].1), &free).unwrap().folder);
    assert_ne!(west_of(&files), of_truth, "without units some cross the line, else this tests nothing");
    let without = PackOptions { overwrite: true, ..case.options(Some(&rows), Some(&key)) };
    let said = case.pack(&run, &about(&privacy), &without).unwrap_err().to_string();
    assert!(said.contains("no units were given"), "{said}");
}

#[test]
fn places_without_results_may_be_exact_if_it_is_said() {
    let case = Case::new();
    let rows = runs::rows("open", &[3]);
    let privacy = "[privacy]\naccess_level = 'locations_only'\nlocations = 'exact'\n";
    let packed = case.pack(&case.run("run", &[3]), &about(privacy), &case.options(Some(&rows), None)).unwrap();
    let files = all(&packed.folder);
    let places = text(&files, "points/locations.csv");
    assert_eq!(
        places.lines().next().unwrap(),
        "site_code,longitude,latitude,location_blur_m,country,access_level,data_owner,licence"
    );
    assert_eq!(places.lines().count(), 156);
    assert!(!files.contains_key("points/samples.csv") && !files.contains_key("exports/fao_sis/samples.csv"));
    assert_eq!(json(&files, "bundle.json")["soilscope:privacy"]["locations"], "exact");
}

//! Bundles of the Meuse: whole, the same twice, and without a trace of what may not be seen.

#[path = "support/runs.rs"]
mod runs;
#[path = "support/traces.rs"]
mod traces;

mod judged;
mod refused;

use std::collections::BTreeMap;
use std::path::Path;

use soilscope_exchange::check::Profile;
use soilscope_exchange::long::{Censor, Row};
use soilscope_exchange::pack::raster::Geographic;
use soilscope_exchange::pack::{About, CensoredAs, IsoProfile, PackOptions, Packed, pack};
use soilscope_exchange::privacy::{Secret, Units};
use soilscope_exchange::{Error, Result};

const RADIUS: f64 = 300.0;

fn about_text(privacy: &str) -> String {
    format!(
        "[bundle]\ncountry = 'NLD'\nyear = 2026\nversion = '1.0'\ntitle = 'Metals in the flood plain of the Meuse'\nabstract = '{}'\n\
         licence = 'CC-BY-4.0'\nextent = 'region'\nplace = ['Stein']\nkeywords = ['flood plain']\n\
         [producer]\norganisation = 'Institute of Soils'\nemail = 'soil@institute.example'\nurl = 'https://institute.example/soil'\n\
         [sampling]\nbegin = '1990'\nend = '1990'\nupper_depth_cm = 0\nlower_depth_cm = 20\nextraction_code = 'AR_UNSPEC'\n{privacy}",
        "Heavy metals in the topsoil of the flood plain of the Meuse near Stein, mapped by ordinary kriging of logarithms of 155 composite \
         samples: predicted mean, its standard deviation, and the probability that a limit is exceeded."
    )
}

fn about(privacy: &str) -> About {
    About::parse(&about_text(privacy), "about.toml").unwrap()
}

fn secret() -> Secret {
    Secret::new((1..=32).collect()).unwrap()
}

struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn run(&self, name: &str, analytes: &[usize]) -> std::path::PathBuf {
        runs::run(&self.folder.path().join(name), analytes)
    }

    fn options<'a>(&self, rows: Option<&'a [Row]>, secret: Option<&'a Secret>) -> PackOptions<'a> {
        PackOptions { samples: rows, secret, judge: None, ..PackOptions::new(self.folder.path().join("out")) }
    }

    fn pack(&self, run: &Path, about: &About, options: &PackOptions<'_>) -> Result<Packed> {
        pack(&[run], about, options, &mut |_| {}, &|| false)
    }
}

/// Every file of a folder by its name.
fn all(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(folder: &Path, prefix: &str, into: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                walk(&entry.path(), &format!("{name}/"), into);
            } else {
                into.insert(name, std::fs::read(entry.path()).unwrap());
            }
        }
    }
    let mut files = BTreeMap::new();
    walk(folder, "", &mut files);
    files
}

fn text<'a>(files: &'a BTreeMap<String, Vec<u8>>, name: &str) -> &'a str {
    std::str::from_utf8(files.get(name).unwrap_or_else(|| panic!("no {name}"))).unwrap()
}

fn json(files: &BTreeMap<String, Vec<u8>>, name: &str) -> serde_json::Value {
    serde_json::from_str(text(files, name)).unwrap()
}

const OPEN: &str = "[privacy]\naccess_level = 'open'\n";

#[test]
fn a_bundle_of_one_map_has_every_part_and_none_of_the_runs_pictures() {
    let case = Case::new();
    let rows = runs::rows("open", &[3]);
    let packed = case.pack(&case.run("run", &[3]), &about(OPEN), &case.options(Some(&rows), None)).unwrap();
    assert_eq!(packed.folder.file_name().unwrap(), "NLD_GSPolmap_2026_v1.0");
    assert_eq!(packed.mapsets, ["NL-GSPOL-ZIN-2026"]);
    assert_eq!(packed.sites, [155, 155]);
    let files = all(&packed.folder);
    assert_eq!(files.len(), packed.files);
    for name in [
        "bundle.json",
        "README.txt",
        "MANIFEST.sha256",
        "rasters/gsp/NLD_GSPolmap_Zn_Map020.tif",
        "rasters/gsp/NLD_GSPolmap_Zn_UncertaintyMap020.tif",
        "rasters/glosis/NL-GSPOL-ZIN-2026-0-20-MEAN.tif",
        "rasters/glosis/NL-GSPOL-ZINPEXC-2026-0-20-X.tif",
        "vector/NLD_GSPolmap_Zn_hotspots_0-20.geojson",
        "vector/NLD_GSPolmap_Zn_hotspots_0-20.gpkg",
        "points/samples.csv",
        "metadata/iso/NL-GSPOL-ZIN-2026.xml",
        "metadata/stac/collection.json",
        "metadata/stac/NL-GSPOL-ZIN-2026/NL-GSPOL-ZIN-2026.json",
        "metadata/dcat.jsonld",
        "qa/QA_QC_NLD.csv",
        "qa/validation.json",
        "qa/report.md",
        "qa/report.html",
        "exports/fao_sis/samples.csv",
        "exports/fao_sis/missing_codes.csv",
        "exports/fao_sis/notes.md",
        "provenance/run.json",
    ] {
        assert!(files.contains_key(name), "{name} is not among {:?}", files.keys());
    }
    assert!(files.keys().all(|f| !f.ends_with(".png") && !f.contains("curve")), "{:?}", files.keys());
    let manifest: Vec<&str> = text(&files, "MANIFEST.sha256").lines().map(|l| &l[66..]).collect();
    let listed: Vec<&str> = files.keys().map(String::as_str).filter(|f| *f != "MANIFEST.sha256").collect();
    assert_eq!(manifest, listed);
    // Nothing of the machine it was made on, and no text that is markup.
    for (name, bytes) in &files {
        let content = String::from_utf8_lossy(bytes);
        assert!(!content.contains("somebody") && !content.contains(case.folder.path().to_str().unwrap()), "{name}");
        let is_markup = [".html", ".md", ".xml", ".qml", ".sld"].iter().any(|end| name.ends_with(end));
        assert!(!is_markup || !content.contains("<script"), "{name}");
    }
    let points = text(&files, "points/samples.csv");
    assert_eq!(points.lines().count(), 156);
    assert!(!points.contains("Jansen"), "free text is never published");
    assert!(text(&files, "exports/fao_sis/samples.csv").starts_with("plot_code,profile_code,plot_type"));
    assert!(text(&files, "exports/fao_sis/samples.csv").lines().next().unwrap().ends_with("ZIN__TOTAL_HCL-AQUAREGIA"));
}

#[test]
fn a_joint_run_and_another_run_make_one_bundle_with_a_map_each() {
    let case = Case::new();
    let (joint, zinc) = (case.run("joint", &[0, 1, 2]), case.run("zinc", &[3]));
    let options = case.options(None, None);
    let packed = pack(&[&joint, &zinc], &about(OPEN), &options, &mut |_| {}, &|| false).unwrap();
    assert_eq!(
        packed.mapsets,
        ["NL-GSPOL-CAD-2026", "NL-GSPOL-COPTOT-2026", "NL-GSPOL-LEATOT-2026", "NL-GSPOL-ZIN-2026"]
    );
    let files = all(&packed.folder);
    let bundle = json(&files, "bundle.json");
    assert_eq!(bundle["mapsets"].as_array().unwrap().len(), 4);
    assert_eq!(bundle["mapsets"][2]["property_id_status"], "proposed");
    assert!(text(&files, "exports/fao_sis/missing_codes.csv").contains("Pb,LEATOT,"));
    assert_eq!(text(&files, "qa/QA_QC_NLD.csv").lines().count(), 5);
    assert_eq!(json(&files, "provenance/run.json")["runs"].as_array().unwrap().len(), 2);
    // The same map twice is none.
    let again = case.run("again", &[3]);
    let options = PackOptions { overwrite: true, ..case.options(None, None) };
    let said = pack(&[&joint, &zinc, &again], &about(OPEN), &options, &mut |_| {}, &|| false).unwrap_err().to_string();
    assert!(said.contains("NL-GSPOL-ZIN-2026 twice"), "{said}");
}

#[test]
fn equal_inputs_give_equal_bytes() {
    let privacy = format!("[privacy]\naccess_level = 'blurred'\nlocation_blur_m = {RADIUS}\n");
    let case = Case::new();
    let here = case.run("run", &[0, 3]);
    // The same run after it was moved, and another order of the same rows.
    let there = case.folder.path().join("elsewhere/run");
    std::fs::create_dir_all(&there).unwrap();
    for file in std::fs::read_dir(&here).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), there.join(file.file_name())).unwrap();
    }
    let (rows, key) = (runs::rows("open", &[3, 0]), secret());
    let mut reversed = rows.clone();
    reversed.reverse();
    let packed = |run: &Path, rows: &[Row], out: &str| {
        let options = PackOptions { out: case.folder.path().join(out), ..case.options(Some(rows), Some(&key)) };
        all(&case.pack(run, &about(&privacy), &options).unwrap().folder)
    };
    let (first, second) = (packed(&here, &rows, "a"), packed(&there, &reversed, "b"));
    assert_eq!(first.keys().collect::<Vec<_>>(), second.keys().collect::<Vec<_>>());
    for (name, bytes) in &first {
        assert!(bytes == &second[name], "{name} differs");
    }
}

#[test]
fn what_is_there_is_kept_unless_it_may_be_replaced() {
    let case = Case::new();
    let run = case.run("run", &[3]);
    let options = case.options(None, None);
    let first = all(&case.pack(&run, &about(OPEN), &options).unwrap().folder);
    let said = case.pack(&run, &about(OPEN), &options).unwrap_err().to_string();
    assert!(said.contains("it is there already"), "{said}");
    std::fs::write(options.out.join("NLD_GSPolmap_2026_v1.0/mine.txt"), "x").unwrap();
    let packed = case.pack(&run, &about(OPEN), &PackOptions { overwrite: true, ..case.options(None, None) }).unwrap();
    assert_eq!(all(&packed.folder), first);
    assert_eq!(std::fs::read_dir(&options.out).unwrap().count(), 1, "nothing else is left");
}

#[test]
fn what_about_says_of_an_analyte_no_run_has_is_refused() {
    let case = Case::new();
    let text_of = format!("{}[analyte.zink]\nlower_depth_cm = 30\n", about_text(OPEN));
    let about = About::parse(&text_of, "about.toml").unwrap();
    let said = case.pack(&case.run("run", &[3]), &about, &case.options(None, None)).unwrap_err().to_string();
    assert!(said.contains("[analyte.zink]") && said.contains("zinc"), "{said}");
}

#[test]
fn results_below_a_limit_reach_a_node_only_as_asked() {
    let case = Case::new();
    let run = case.run("run", &[0]);
    let mut rows = runs::rows("open", &[0]);
    for row in rows.iter_mut().take(10) {
        (row.value, row.censor, row.loq) = (None, Censor::BelowQuantification, Some(0.5));
    }
    for (how, lines, listed) in
        [(CensoredAs::Omit, 146, 0), (CensoredAs::HalfLimit, 156, 10), (CensoredAs::Root2, 156, 10)]
    {
        let options = PackOptions { censored_as: how, overwrite: true, ..case.options(Some(&rows), None) };
        let files = all(&case.pack(&run, &about(OPEN), &options).unwrap().folder);
        assert_eq!(text(&files, "exports/fao_sis/samples.csv").lines().count(), lines, "{how:?}");
        assert_eq!(text(&files, "exports/fao_sis/notes.md").matches("| 0.5 mg/kg |").count(), listed);
        // The long table has the limit and no number, whatever the export does.
        assert_eq!(text(&files, "points/samples.csv").matches("lt_loq").count(), 10);
    }
}

#[test]
fn both_profiles_of_records_are_well_formed_and_the_strict_box_is_the_rasters() {
    let case = Case::new();
    let run = case.run("run", &[3]);
    let mut boxes = Vec::new();
    for iso in [IsoProfile::Strict, IsoProfile::Fao] {
        let options = PackOptions { iso, overwrite: true, ..case.options(None, None) };
        let files = all(&case.pack(&run, &about(OPEN), &options).unwrap().folder);
        let record = text(&files, "metadata/iso/NL-GSPOL-ZIN-2026.xml");
        let document = roxmltree::Document::parse(record).unwrap();
        let side = |name: &str| {
            let of = document.descendants().find(|n| n.tag_name().name() == name).unwrap();
            of.descendants().find_map(|n| n.text().and_then(|t| t.trim().parse::<f64>().ok())).unwrap()
        };
        boxes.push(["westBoundLongitude", "southBoundLatitude", "eastBoundLongitude", "northBoundLatitude"].map(side));
        let mut ids: Vec<&str> =
            document.descendants().filter_map(|n| n.attribute(("http://www.opengis.net/gml/3.2", "id"))).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert!(count > 5 && ids.len() == count, "gml:ids are unique");
        if iso == IsoProfile::Strict {
            let grid = &json(&files, "bundle.json")["grids"][0];
            let number = |v: &serde_json::Value| v.as_f64().unwrap();
            let (cell, west, north) = (number(&grid["cell"]), number(&grid["origin"][0]), number(&grid["origin"][1]));
            let expected =
                [west, north - cell * number(&grid["size"][1]), west + cell * number(&grid["size"][0]), north];
            assert!(boxes[0].iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{boxes:?} {expected:?}");
        }
    }
    let [strict, fao] = [boxes[0], boxes[1]];
    assert!(fao[0] <= strict[0] && fao[1] <= strict[1] && fao[2] >= strict[2] && fao[3] >= strict[3]);
    assert!(fao.iter().all(|x| ((x * 10.0).round() - x * 10.0).abs() < 1e-9), "{fao:?}");
}

/// The levels that protect, and what they need.
fn protecting() -> [(&'static str, String); 4] {
    [
        ("blurred", format!("[privacy]\naccess_level = 'blurred'\nlocation_blur_m = {RADIUS}\n")),
        ("locations_only", format!("[privacy]\naccess_level = 'locations_only'\nlocation_blur_m = {RADIUS}\n")),
        ("aggregated_only", "[privacy]\naccess_level = 'aggregated_only'\naggregate_cell_deg = 0.01\n".to_owned()),
        ("restricted", "[privacy]\naccess_level = 'restricted'\n".to_owned()),
    ]
}

#[test]
fn no_exact_place_of_a_protected_site_is_anywhere_in_a_bundle() {
    let truth: Vec<[f64; 2]> = runs::samples().iter().map(|s| s.place).collect();
    let (case, key) = (Case::new(), secret());
    let run = case.run("run", &[3]);
    for (level, privacy) in protecting() {
        // The bundle's level protects sites whose own level is open; and a site's own protects it in an open bundle.
        for (of_rows, of_bundle) in
            [("open", privacy.clone()), (level, privacy.replace(&format!("'{level}'"), "'open'"))]
        {
            let rows = runs::rows(of_rows, &[3]);
            let options = PackOptions { overwrite: true, ..case.options(Some(&rows), Some(&key)) };
            let packed = case.pack(&run, &about(&of_bundle), &options).unwrap();
            let files = all(&packed.folder);
            let search = traces::Search::of(&truth);
            let found: Vec<String> = files.iter().flat_map(|(name, bytes)| search.find(name, bytes)).collect();
            assert!(found.is_empty(), "{level}: {found:?}");
            let places = files.contains_key("points/samples.csv") || files.contains_key("points/locations.csv");
            assert_eq!(places, matches!(level, "blurred" | "locations_only"), "{level}");
            assert_eq!(files.contains_key("points/aggregates.csv"), level == "aggregated_only");
            assert_eq!(files.contains_key("points/samples.csv"), level == "blurred");
            // Smallest and largest of the samples are two single results.
            let range = &json(&files, "provenance/run.json")["analytes"][0]["range"];
            assert_eq!(range.is_null(), level != "blurred", "{level}");
            for (name, bytes) in &files {
                let content = String::from_utf8_lossy(bytes);
                for gone in ["Meuse 1,", "LAB-", "Jansen", "046-4331234", "Laboratory of Utrecht"] {
                    assert!(!content.contains(gone), "{level}: {gone} in {name}");
                }
                let key: Vec<u8> = (1..=32).collect();
                assert!(!bytes.windows(32).any(|w| w == key), "{level}: the secret in {name}");
            }
        }
    }
    // The search finds what is there: an open bundle is full of it.
    let rows = runs::rows("open", &[3]);
    let options = PackOptions { overwrite: true, ..case.options(Some(&rows), None) };
    let files = all(&case.pack(&run, &about(OPEN), &options).unwrap().folder);
    let search = traces::Search::of(&truth);
    let found: Vec<String> = files.iter().flat_map(|(name, bytes)| search.find(name, bytes)).collect();
    assert!(found.len() >= 155 && found.iter().all(|f| f.contains("points/") || f.contains("fao_sis")), "{found:?}");
}

#[test]
fn how_much_the_published_map_differs_from_the_true_one_is_measured_and_reported() {
    let (case, key) = (Case::new(), secret());
    let run = case.run("run", &[3]);
    let rows = runs::rows("open", &[3]);
    let packed = case.pack(&run, &about(&protecting()[0].1), &case.options(Some(&rows), Some(&key))).unwrap();
    let files = all(&packed.folder);
    let points: Vec<([f64; 2], f64)> = csv::Reader::from_reader(files["points/samples.csv"].as_slice())
        .deserialize::<BTreeMap<String, String>>()
        .map(|row| {
            let row = row.unwrap();
            let number = |name: &str| row[name].parse::<f64>().unwrap();
            assert_eq!(number("location_blur_m"), RADIUS);
            assert_eq!(row["access_level"], "blurred");
            ([number("longitude"), number("latitude")], number("value"))
        })
        .collect();
    let truth = traces::degrees(&runs::samples().iter().map(|s| s.place).collect::<Vec<_>>());
    let values: Vec<f64> = runs::samples().iter().map(|s| s.contents[3]).collect();
    assert_eq!(points.len(), truth.len());
    // What a stranger has: places. The nearest of them to a true one is as near as any guess of his.
    let nearest: Vec<f64> = truth
        .iter()
        .map(|t| points.iter().map(|(p, _)| traces::metres(*p, *t)).fold(f64::INFINITY, f64::min))
        .collect();
    // Which row is whose he cannot know; by their values, the farthest apart that one site's rows can be is the radius.
    let mut worst: f64 = 0.0;
    let mut mean = 0.0;
    for (place, value) in &points {
        let own = truth.iter().zip(&values).filter(|(_, v)| *v == value).map(|(t, _)| traces::metres(*t, *place));
        let distance = own.fold(f64::INFINITY, f64::min);
        worst = worst.max(distance);
        mean += distance / points.len() as f64;
    }
    assert!(worst <= RADIUS, "{worst}");
    // Uniform in a disc: 2/3 of the radius in the mean, and sites whose values others share can only come out nearer.
    assert!(mean > 0.5 * RADIUS && mean < 0.75 * RADIUS, "{mean}");
    // A map of what is published against one of the truth: another one, but no other than shifts within the radius can make.
    let shown: Vec<[f64; 2]> = points.iter().map(|p| p.0).collect();
    let of_shown: Vec<f64> = points.iter().map(|p| p.1).collect();
    let difference = traces::rmse_of_maps(&truth, &values, &shown, &of_shown);
    let spread = traces::sd(&values);
    let shuffled: Vec<f64> = values.iter().rev().copied().collect();
    let of_nothing = traces::rmse_of_maps(&truth, &values, &truth, &shuffled);
    println!(
        "displaced by {mean:.0} m in the mean, {worst:.0} m at most (declared {RADIUS}); nearest published place {:.0} m in the mean; maps differ by \
         RMSE {difference:.1} of a standard deviation of {spread:.1} mg/kg (by {of_nothing:.1} where values are shuffled)",
        nearest.iter().sum::<f64>() / nearest.len() as f64
    );
    assert!(difference > 0.1 * spread, "the blurred map is the true one: {difference}");
    assert!(difference < 0.8 * of_nothing, "the blurred map is no map: {difference} of {of_nothing}");
    // The packer says the same in its report and in bundle.json, in sums only.
    let said = &json(&files, "bundle.json")["soilscope:privacy"]["displacement_m"];
    assert_eq!(said["n"], 155);
    assert!((said["max"].as_f64().unwrap() - worst).abs() < 150.0 && said["max"].as_f64().unwrap() <= RADIUS, "{said}");
    let report = text(&files, "qa/report.md");
    for words in [
        "155 places were displaced",
        "declared radius is 300 m",
        "Root mean squared difference",
        "Sites near a minimum",
    ] {
        assert!(report.contains(words), "{words}");
    }
}

#[test]
fn each_site_is_shown_by_its_own_level_and_the_strictest_where_none_is_said() {
    let (case, key) = (Case::new(), secret());
    let mut rows = runs::rows("open", &[3]);
    let levels = ["open", "blurred", "locations_only", "aggregated_only", "restricted", ""];
    for (i, row) in rows.iter_mut().enumerate() {
        row.access_level = levels[i % 6].into();
    }
    let privacy = format!(
        "[privacy]\naccess_level = 'open'\nlocation_blur_m = {RADIUS}\naggregate_cell_deg = 0.1\nmin_group = 5\n"
    );
    let packed = case.pack(&case.run("run", &[3]), &about(&privacy), &case.options(Some(&rows), Some(&key))).unwrap();
    assert_eq!(packed.sites, [78, 155]);
    let files = all(&packed.folder);
    let samples = text(&files, "points/samples.csv");
    assert_eq!((samples.matches(",open").count(), samples.matches(",blurred").count()), (26, 26));
    assert_eq!(text(&files, "points/locations.csv").lines().count(), 27);
    let groups: Vec<BTreeMap<String, String>> = csv::Reader::from_reader(files["points/aggregates.csv"].as_slice())
        .deserialize()
        .map(Result::unwrap)
        .collect::<Vec<_>>();
    assert!(groups.iter().all(|g| g["n_sites"].parse::<usize>().unwrap() >= 5), "{groups:?}");
    assert_eq!(groups.iter().map(|g| g["n_sites"].parse::<usize>().unwrap()).sum::<usize>(), 26);
    let truth: Vec<[f64; 2]> =
        runs::samples().iter().enumerate().filter(|(i, _)| i % 6 != 0).map(|(_, s)| s.place).collect();
    let search = traces::Search::of(&truth);
    let found: Vec<String> = files.iter().flat_map(|(name, bytes)| search.find(name, bytes)).collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_group_that_is_too_small_is_not_shown() {
    let case = Case::new();
    let rows = runs::rows("aggregated_only", &[3]);
    let privacy = "[privacy]\naccess_level = 'aggregated_only'\naggregate_cell_deg = 0.1\nmin_group = 156\n";
    let packed = case.pack(&case.run("run", &[3]), &about(privacy), &case.options(Some(&rows), None)).unwrap();
    assert!(!all(&packed.folder).contains_key("points/aggregates.csv"));
}

#[test]
fn samples_of_other_days_than_about_says_are_refused() {
    let case = Case::new();
    let mut rows = runs::rows("open", &[3]);
    rows[7].sampling_date = Some("1991-02".parse().unwrap());
    let said =
        case.pack(&case.run("run", &[3]), &about(OPEN), &case.options(Some(&rows), None)).unwrap_err().to_string();
    assert!(said.contains("1991-02-28"), "{said}");
}

#[test]
fn nothing_is_displaced_without_a_secret_and_no_map_shows_what_was() {
    let case = Case::new();
    let run = case.run("run", &[3]);
    let rows = runs::rows("open", &[3]);
    let blurred = about(&protecting()[0].1);
    let said = case.pack(&run, &blurred, &case.options(Some(&rows), None)).unwrap_err().to_string();
    assert!(said.contains("no secret was given"), "{said}");
    // Cells of 40 m would show in the map of errors where in a disc of 300 m a site is.
    let key = secret();
    let options = PackOptions { national: true, ..case.options(Some(&rows), Some(&key)) };
    let said = case.pack(&run, &blurred, &options).unwrap_err().to_string();
    assert!(said.contains("national grid") && said.contains("300 m"), "{said}");
    assert_eq!(std::fs::read_dir(&options.out).unwrap().count(), 0);
    let rows = runs::rows("open", &[3]);
    let open = PackOptions { national: true, ..case.options(Some(&rows), None) };
    let packed = case.pack(&run, &about(OPEN), &open).unwrap();
    assert!(all(&packed.folder).keys().any(|f| f.starts_with("rasters/national/")));
}

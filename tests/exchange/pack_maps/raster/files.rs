//! The files of layers: what stands in them, equal bytes, interruptions.

use super::*;

#[test]
fn files_are_what_the_specification_says_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let map = Fake::new(3035, [4_000_000.0, 3_000_000.0], 20_000.0, [40, 35]);
    let value = |column: usize, row: usize| [5.0 + noise(column, row), 1.0, noise(row, column), (column % 2) as f32];
    let run = map.run(folder.path(), value);
    let into = tempfile::tempdir().unwrap();
    let (grids, layers) = pack(&run, &BOTH, into.path());
    let grid = grids.geographic.unwrap();
    assert!(grid.size[0] > 1024 && grid.size[1] > 512);
    for edge in grid.origin {
        assert!((edge * 120.0 - (edge * 120.0).round()).abs() < 1e-6, "{edge} is on the lattice");
    }
    let mut names: Vec<&str> = layers.iter().map(|l| l.path.as_str()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "rasters/glosis/NL-GSPOL-ZIN-2024-0-30-MEAN.tif",
            "rasters/glosis/NL-GSPOL-ZIN-2024-0-30-SDEV.tif",
            "rasters/glosis/NL-GSPOL-ZIN-2024-0-30-UNCT.tif",
            "rasters/glosis/NL-GSPOL-ZINAOA-2024-0-30-X.tif",
            "rasters/glosis/NL-GSPOL-ZINHOTS-2024-0-30-X.tif",
            "rasters/glosis/NL-GSPOL-ZINPEXC-2024-0-30-X.tif",
            "rasters/gsp/NLD_GSPolmap_Zn_Map030.tif",
            "rasters/gsp/NLD_GSPolmap_Zn_UncertaintyMap030.tif",
            "rasters/national/NLD_GSPolmap_Zn_AOA_0-30_EPSG3035.tif",
            "rasters/national/NLD_GSPolmap_Zn_HOTS_0-30_EPSG3035.tif",
            "rasters/national/NLD_GSPolmap_Zn_MEAN_0-30_EPSG3035.tif",
            "rasters/national/NLD_GSPolmap_Zn_PEXC_0-30_EPSG3035.tif",
            "rasters/national/NLD_GSPolmap_Zn_SDEV_0-30_EPSG3035.tif",
            "rasters/national/NLD_GSPolmap_Zn_UNCT_0-30_EPSG3035.tif",
        ]
    );
    let written: Vec<String> = files(into.path()).into_iter().map(|(name, _)| name).collect();
    assert_eq!(written, names, "nothing else stays, no draft and no .aux.xml");
    for layer in &layers {
        let path = into.path().join(&layer.path);
        let read = Read::of(&path);
        let band = read.dataset.rasterband(1).unwrap();
        let classes = matches!(layer.stat.as_str(), "AOA" | "HOTS");
        assert_eq!((layer.sha256.clone(), layer.bytes), (sum(&path), fs::metadata(&path).unwrap().len()));
        assert_eq!((read.size, read.transform), (layer.size, layer.transform));
        assert_eq!(read.dataset.raster_count(), 1);
        assert_eq!(band.block_size(), (512, 512));
        assert_eq!(band.band_type().name(), if classes { "Byte" } else { "Float32" });
        assert_eq!(band.no_data_value(), Some(if classes { 255.0 } else { -9999.0 }));
        assert_eq!(band.color_table().is_some(), classes);
        assert!(band.scale().is_none_or(|s| s == 1.0) && band.offset().is_none_or(|o| o == 0.0));
        assert_eq!(band.description().unwrap(), format!("Zn {} 0-30 cm", layer.stat));
        let unit = match layer.stat.as_str() {
            "MEAN" | "SDEV" => "mg/kg",
            "UNCT" => "%",
            _ => "",
        };
        assert_eq!(band.unit(), unit);
        let structure = |name: &str| read.dataset.metadata_item(name, "IMAGE_STRUCTURE");
        assert_eq!(structure("LAYOUT").as_deref(), Some("COG"));
        assert_eq!(structure("COMPRESSION").as_deref(), Some("DEFLATE"));
        assert_eq!(structure("PREDICTOR").as_deref(), Some(if classes { "2" } else { "3" }));
        // Overviews until the larger side is at most 512.
        let overviews = band.overview_count().unwrap();
        let expected = (layer.size[0].max(layer.size[1]) as f64 / 512.0).log2().ceil().max(0.0) as i32;
        assert_eq!(overviews, expected, "{}", layer.path);
        let item = |name: &str| read.dataset.metadata_item(name, "");
        for (name, value) in [
            ("ANALYTE", "Zn"),
            ("CAS", "7440-66-6"),
            ("FRACTION", "pseudo_total"),
            ("EXTRACTION", "AR_ISO54321"),
            ("UPPER_DEPTH_CM", "0"),
            ("LOWER_DEPTH_CM", "30"),
            ("PERIOD", "2019-04-01/2021-09-30"),
            ("LICENCE", "CC-BY-4.0"),
        ] {
            assert_eq!(item(name).as_deref(), Some(value), "{name} of {}", layer.path);
        }
        assert!(
            item("GLOSIS_URI").unwrap().ends_with("physioChemicalPropertyCode-Zin") && item("INSPIRE_URI").is_none()
        );
        let valid: Vec<f64> = read.cells.iter().copied().filter(|v| !v.is_nan()).collect();
        let n = valid.len() as f64;
        let mean = valid.iter().sum::<f64>() / n;
        let sd = (valid.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        let low = valid.iter().copied().fold(f64::INFINITY, f64::min);
        let high = valid.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        for (name, exact, said) in [
            ("MINIMUM", low, layer.min),
            ("MAXIMUM", high, layer.max),
            ("MEAN", mean, layer.mean),
            ("STDDEV", sd, layer.sd),
        ] {
            let item = band.metadata_item(&format!("STATISTICS_{name}"), "").unwrap().parse::<f64>().unwrap();
            assert!((item - exact).abs() <= 1e-9 * exact.abs().max(1.0), "{name}: {item} {exact}");
            assert_eq!(Some(item), said);
        }
        assert!((layer.valid_percent - 100.0 * n / read.cells.len() as f64).abs() < 1e-9);
        let mut sorted = valid.clone();
        sorted.sort_by(f64::total_cmp);
        for quantile in &layer.quantiles {
            let rank = ((quantile.share * n).ceil() as usize).max(1);
            assert_eq!(quantile.value, sorted[rank - 1], "{} of {}", quantile.share, layer.path);
        }
        assert_eq!(layer.quantiles.len(), 7);
    }
    // Both styles of names hold the same cells.
    let [gsp, glosis] = ["gsp", "glosis"].map(|flavour| fs::read(path(into.path(), &layers, flavour, "SDEV")).unwrap());
    assert_eq!(gsp, glosis);
    let sd = Read::layer(into.path(), &layers, "gsp", "SDEV");
    assert_eq!(sd.dataset.rasterband(1).unwrap().metadata_item("SD_SUPPORT", "").as_deref(), Some("point"));
    let chance = Read::layer(into.path(), &layers, "glosis", "PEXC");
    let item = |name: &str| chance.dataset.rasterband(1).unwrap().metadata_item(name, "");
    assert_eq!(item("THRESHOLD").as_deref(), Some("50"));
    assert_eq!(item("THRESHOLD_SOURCE").as_deref(), Some("Soil act, annex 2"));
}

#[test]
fn equal_runs_give_equal_bytes_and_several_maps_stand_side_by_side() {
    let zinc = Fake::new(32631, [600_000.0, 5_000_000.0], 200.0, [60, 60]);
    let lead = Fake { analyte: "lead", threshold: None, ..zinc.clone() };
    let one = |column: usize, row: usize| [noise(column, row), 0.5, 0.9, 0.0];
    let other = |column: usize, row: usize| [noise(row, column), 0.5, 0.9, 1.0];
    let made = || {
        let folder = tempfile::tempdir().unwrap();
        let run = several(folder.path(), &[(zinc.clone(), &one), (lead.clone(), &other)]);
        assert_eq!(run.together.len(), 1);
        let into = tempfile::tempdir().unwrap();
        let grids = Grids::of(&[&run], &BOTH).unwrap();
        let mut stats = Vec::new();
        for (variable, code) in run.variables.iter().zip(["Zn", "Pb"]) {
            let layers = rasters(&run, variable, &mapset(code), &grids, into.path(), &mut |_| {}, &|| false).unwrap();
            stats.push(layers.iter().map(|l| format!("{} {}", l.analyte, l.stat)).collect::<Vec<_>>());
        }
        assert!(stats[0].contains(&"Zn HOTS".to_owned()) && !stats[1].contains(&"Pb HOTS".to_owned()));
        files(into.path())
    };
    let (first, second) = (made(), made());
    assert_eq!(first.len(), 14 + 10);
    for (a, b) in first.iter().zip(&second) {
        assert_eq!(a.0, b.0);
        assert!(a.1 == b.1, "{} differs", a.0);
    }
}

#[test]
fn it_stops_when_asked_to_and_says_what_it_cannot_write() {
    let folder = tempfile::tempdir().unwrap();
    let run =
        Fake::new(32631, [600_000.0, 5_000_000.0], 200.0, [60, 60]).run(folder.path(), |_, _| [1.0, 1.0, 0.5, 0.0]);
    let grids = Grids::of(&[&run], &BOTH).unwrap();
    let go = |into: &Path, stop_after: usize| {
        let asked = std::cell::Cell::new(0);
        let interrupted = || {
            asked.set(asked.get() + 1);
            asked.get() > stop_after
        };
        let done = rasters(&run, &run.variables[0], &mapset("Zn"), &grids, into, &mut |_| {}, &interrupted);
        (done, asked.get())
    };
    let into = tempfile::tempdir().unwrap();
    let (done, asked) = go(into.path(), usize::MAX);
    assert!(done.is_ok() && asked > 20, "{asked}");
    for after in [0, 1, 2, asked / 2, asked - 1] {
        let into = tempfile::tempdir().unwrap();
        assert!(matches!(go(into.path(), after).0, Err(Error::Interrupted)), "after {after}");
        let left: Vec<String> = files(into.path()).into_iter().map(|(name, _)| name).collect();
        assert!(!left.iter().any(|name| name.contains(".drafts")), "{left:?}");
    }
    let file = folder.path().join("a_file");
    fs::write(&file, "").unwrap();
    assert!(matches!(go(&file, usize::MAX).0, Err(Error::Unwritable { .. })));
    let blocked = tempfile::tempdir().unwrap();
    fs::write(blocked.path().join("rasters"), "").unwrap();
    assert!(matches!(go(blocked.path(), usize::MAX).0, Err(Error::Unwritable { .. })));
}

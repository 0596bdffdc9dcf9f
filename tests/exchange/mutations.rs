//! Every rule of the judge is broken once in a good bundle, and exactly that rule is named.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::json;
use soilscope_exchange::check::{CheckOptions, Profile, judge};
use soilscope_exchange::tables;
use tempfile::TempDir;

use crate::check_table;
use crate::check_table::good::Case;
use crate::support::break_privacy::PRIVACY;
use crate::support::break_records::{CATALOGUE, RECORDS, VECTORS};
use crate::support::good::{self, GEOGRAPHIC, Good, Grid, NATIONAL, alter, put, replace};
use crate::support::mutation::{Mutation, Seal, good_bundle, good_verdict};

const RUN: &str = "provenance/run.json";
const TABLE: &str = "qa/QA_QC_LUX.csv";

/// Alters the cell values of rasters that are valid.
fn values(good: &mut Good, ending: &str, change: impl Fn(usize, &mut f64)) {
    let raster = good.raster(ending);
    let none = raster.none();
    raster.values.iter_mut().enumerate().filter(|(_, v)| **v != none).for_each(|(i, v)| change(i, v));
}

/// Alters one valid cell, that in the middle.
fn one(good: &mut Good, ending: &str, to: f64) {
    let raster = good.raster(ending);
    let none = raster.none();
    let valid: Vec<_> = (0..raster.values.len()).filter(|&i| raster.values[i] != none).collect();
    raster.values[valid[valid.len() / 2]] = to;
}

fn regrid(good: &mut Good, geographic: Grid, national: Grid) {
    *good = Good::on([geographic, national]);
}

fn template(beside: &Path, options: &mut CheckOptions<'_>) {
    let mut good = Good::on([Grid { size: [95, 90], ..GEOGRAPHIC }, NATIONAL]);
    let raster = good.raster("Cd_Map030.tif");
    raster.path = "template.tif".to_owned();
    raster.write(beside);
    options.template = Some(beside.join("template.tif"));
}

fn second(beside: &Path, options: &mut CheckOptions<'_>) {
    let again = beside.join("again");
    good::copy(good_bundle(), &again);
    put(&again, "README.txt", "Another text.\n");
    good::reseal(&again);
    options.again = Some(again);
}

const RASTERS: &[Mutation] = &[
    Mutation::built("R001", "two bands in the gsp folder", |g| g.raster("Cd_Map030.tif").bands = 2),
    Mutation::built("R002", "ETRS89 in the geographic folders", |g| {
        regrid(g, Grid { epsg: 4258, ..GEOGRAPHIC }, NATIONAL);
    }),
    Mutation::built("R003", "cells of a hundredth of a degree", |g| {
        regrid(g, Grid { cell: 0.01, size: [81, 76], ..GEOGRAPHIC }, NATIONAL);
    }),
    Mutation::built("R004", "cells twice as wide as high", |g| {
        regrid(g, GEOGRAPHIC, Grid { tall: 0.5, size: [60, 168], ..NATIONAL });
    }),
    Mutation::built("R005", "a layer a millionth of a cell aside", |g| {
        g.raster("CADAOA-2024-0-30-X.tif").transform[0] += 1e-8
    }),
    Mutation::new("R006", "a template of one column less", |_| {}).with(template),
    Mutation::built("R007", "a grid a third of a cell off", |g| {
        let [x, y] = GEOGRAPHIC.origin;
        regrid(g, Grid { origin: [x - GEOGRAPHIC.cell / 3.0, y], size: [97, 90], ..GEOGRAPHIC }, NATIONAL);
    }),
    Mutation::built("R008", "nodata not declared", |g| g.raster("CADP05-2024-0-30-X.tif").nodata = None),
    Mutation::built("R009", "NaN as a background", |g| one(g, "CADPEXC-2024-0-30-X.tif", f64::NAN)),
    Mutation::built("R009", "-999 as a background", |g| one(g, "CADP95-2024-0-30-X.tif", -999.0)),
    Mutation::built("R010", "a probability above one", |g| one(g, "CADPEXC-2024-0-30-X.tif", 1.5)),
    Mutation::built("R011", "samples of a narrower range", |g| {
        g.run["analytes"][0]["range"] = json!({"min": 0.7, "max": 0.9});
    }),
    Mutation::built("R012", "a mean without its deviation", |g| one(g, "CAD-2024-0-30-SDEV.tif", -9999.0)),
    Mutation::built("R013", "a hole in the map", |g| {
        for ending in ["CAD-2024-0-30-MEAN.tif", "CAD-2024-0-30-SDEV.tif"] {
            values(g, ending, |i, v| {
                if (30..60).contains(&(i / 96)) && (20..80).contains(&(i % 96)) {
                    *v = -9999.0;
                }
            });
        }
    }),
    Mutation::built("R014", "the northern half of the country", |g| {
        regrid(g, Grid { size: [96, 45], ..GEOGRAPHIC }, NATIONAL);
    }),
    Mutation::built("R015", "strips", |g| {
        let raster = g.raster("Cd_HOTS_0-30_EPSG2169.tif");
        (raster.driver, raster.options) = ("GTiff", vec![("COMPRESS", "DEFLATE")]);
    }),
    Mutation::built("R016", "no compression", |g| {
        g.raster("Cd_HOTS_0-30_EPSG2169.tif").options = vec![("COMPRESS", "NONE"), ("BLOCKSIZE", "512")];
    }),
    Mutation::built("R017", "no description", |g| g.raster("Cd_MEAN_0-30_EPSG2169.tif").description.clear()),
    Mutation::built("R017", "no statistics", |g| g.raster("Cd_MEAN_0-30_EPSG2169.tif").statistics = false),
    Mutation::built("R018", "a scale on Float32", |g| g.raster("Cd_PEXC_0-30_EPSG2169.tif").scale = Some(0.01)),
    Mutation::built("R019", "half widths of another quantile", |g| {
        values(g, "CAD-2024-0-30-UNCT.tif", |_, v| *v *= 1.645 / 1.96);
    }),
    Mutation::built("R020", "a fifth percentile above the median", |g| one(g, "CADP05-2024-0-30-X.tif", 1.9)),
    Mutation::built("R021", "an edge between columns", |g| {
        values(g, "Cd_MEAN_0-30_EPSG2169.tif", |i, v| *v += if i % 60 >= 30 { 0.25 } else { 0.0 });
    }),
    Mutation::built("R022", "a mask that nobody states", |g| {
        g.bundle.as_object_mut().unwrap().remove("soilscope:mask");
    }),
];

const NAMES: &[Mutation] = &[
    Mutation::built("N001", "another word for the mean", |g| g.rename("rasters/gsp/", "_Map030", "_Mean030")),
    Mutation::built("N002", "three capitals that are no country", |g| g.rename("rasters/gsp/", "LUX_", "ZZZ_")),
    Mutation::built("N003", "a statistic in small letters", |g| {
        g.rename("rasters/glosis/", "CADAOA-2024-0-30-X", "CADAOA-2024-0-30-x")
    }),
    Mutation::built("N004", "two capitals that are no country", |g| {
        g.rename("rasters/glosis/", "LU-GSPOL-CADAOA", "ZZ-GSPOL-CADAOA")
    }),
    Mutation::built("N005", "a statistic that no node takes", |g| {
        g.rename("rasters/glosis/", "CADPEXC-2024-0-30-X", "CADPEXC-2024-0-30-PROB");
    }),
    Mutation::built("N006", "a mean without its deviation", |g| {
        g.rasters.retain(|r| !r.path.contains("UncertaintyMap"))
    }),
    Mutation::built("N007", "another depth in the name", |g| g.rename("rasters/gsp/", "Map030", "Map3060")),
    Mutation::built("N008", "a year long after the samples", |g| g.rename("rasters/glosis/", "-2024-", "-2035-")),
];

const BUNDLES: &[Mutation] = &[
    Mutation::new("B001", "a file altered after it was sealed", |root| put(root, "README.txt", "Altered.\n"))
        .sealed(Seal::Nothing),
    Mutation::new("B001", "a file that is not listed", |root| put(root, "more.txt", "More.\n")).sealed(Seal::Nothing),
    Mutation::new("B001", "a file that is missing", |root| fs::remove_file(root.join("README.txt")).unwrap())
        .sealed(Seal::Nothing),
    Mutation::new("B002", "a space in a name", |root| put(root, "read me.txt", "More.\n")),
    Mutation::new("B003", "a year that is text", |root| alter(root, "bundle.json", |b| b["year"] = "2024".into())),
    Mutation::new("B003", "a layer's size", |root| {
        alter(root, "bundle.json", |b| b["mapsets"][0]["layers"][0]["bytes"] = 7.into());
    })
    .sealed(Seal::Manifest),
    Mutation::new("B003", "a style that is not there", |root| {
        alter(root, "bundle.json", |b| b["mapsets"][0]["styles"][0] = "styles/none.qml".into());
    }),
    Mutation::new("B004", "a second run that differs", |_| {}).with(second),
    Mutation::new("B005", "a path of the machine", |root| put(root, "README.txt", "Made in /home/ada/maps.\n")),
];

const QUALITY: &[Mutation] = &[
    Mutation::new("Q001", "no concordance", |root| replace(root, TABLE, ",0.74,", ",,")),
    Mutation::new("Q002", "intervals too narrow", |root| replace(root, TABLE, ",90.2,", ",71.5,")),
    Mutation::new("Q003", "clusters, and random folds only", |root| alter(root, RUN, |r| r["clustered"] = true.into())),
    Mutation::new("Q004", "structure in the residuals", |root| {
        alter(root, RUN, |r| r["analytes"][0]["residual_variogram"]["nugget"] = json!(0.008));
    }),
    Mutation::new("Q005", "a logarithm without its way back", |root| {
        alter(root, RUN, |r| r["analytes"][0]["transform"]["name"] = "log".into());
    }),
    Mutation::new("Q006", "too few sites", |root| alter(root, RUN, |r| r["sites"] = 31.into())),
    Mutation::new("Q006", "too large an area", |root| alter(root, RUN, |r| r["area_km2"] = 200_000.into())),
    Mutation::new("Q007", "a threshold without source", |root| {
        alter(root, RUN, |r| r["analytes"][0]["thresholds"][0]["source"] = json!(null));
    }),
    Mutation::new("Q008", "a threshold of the total", |root| {
        alter(root, RUN, |r| r["analytes"][0]["thresholds"][0]["fraction"] = "total".into());
    }),
    Mutation::new("Q009", "another name of a column", |root| replace(root, TABLE, ",Names,", ",Naming,")),
];

fn prove(all: &[Mutation]) {
    all.iter().for_each(Mutation::prove);
}

#[test]
fn nothing_is_found_in_the_good_bundle() {
    let verdict = good_verdict();
    assert_eq!(verdict.findings, [], "{}", verdict.text());
    for profile in Profile::ALL {
        let verdict = judge(good_bundle(), &CheckOptions { profile, ..CheckOptions::default() }).unwrap();
        assert!(verdict.passed() && verdict.warnings == 0, "{profile}: {}", verdict.text());
    }
}

#[test]
fn rules_of_rasters() {
    prove(RASTERS);
}

#[test]
fn rules_of_names() {
    prove(NAMES);
}

#[test]
fn rules_of_bundles() {
    prove(BUNDLES);
}

#[test]
fn rules_of_quality() {
    prove(QUALITY);
}

/// The good table of the judge of tables, inside the good bundle, which then publishes its points as they are.
fn published(case: &Case) -> BTreeSet<String> {
    let folder = TempDir::new().unwrap();
    let root = folder.path().join(good::NAME);
    good::copy(good_bundle(), &root);
    put(&root, "points/samples.csv", &case.csv());
    good::reseal(&root);
    let options = CheckOptions {
        profile: Profile::All,
        today: Some(case.options.today),
        extension: case.options.extension.clone(),
        harmonisation: case.options.harmonisation.clone(),
        ..CheckOptions::default()
    };
    let verdict = judge(&root, &options).unwrap();
    verdict.findings.iter().map(|f| f.id.clone()).collect()
}

#[test]
fn rules_of_tables_in_a_bundle() {
    let before = published(&Case::good());
    let mut wrong = Vec::new();
    for (rule, spoil) in check_table::mutations::MUTATIONS {
        let mut case = Case::good();
        spoil(&mut case);
        if *rule == "S015" {
            // The cells of this bundle are larger than those the mutation is made for.
            case.put(0, "positional_accuracy_m", "700");
        }
        let new: Vec<_> = published(&case).difference(&before).cloned().collect();
        if new != [*rule] {
            wrong.push((*rule, new));
        }
    }
    assert!(wrong.is_empty(), "beyond {before:?}: {wrong:#?}");
}

#[test]
fn all_rules_of_the_specification_are_broken_somewhere() {
    let own = [RASTERS, NAMES, BUNDLES, QUALITY, VECTORS, RECORDS, CATALOGUE, PRIVACY];
    let mut broken: BTreeSet<&str> = own.into_iter().flatten().map(|m| m.rule).collect();
    broken.extend(check_table::mutations::MUTATIONS.iter().map(|(rule, _)| *rule));
    // Of a table that is large, by the judge of tables: `s020_fires_above_the_limits_of_a_node_and_not_at_them`.
    broken.insert("S020");
    let all: BTreeSet<&str> = tables::rules().iter().map(|r| r.id.as_str()).collect();
    assert_eq!(all.len(), 128);
    assert_eq!(broken, all);
}

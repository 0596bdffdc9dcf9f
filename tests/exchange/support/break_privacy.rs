//! Rules P, each broken in the good bundle.

use std::fs;
use std::path::Path;

use serde_json::json;
use sha2::Digest;
use soilscope_exchange::check::CheckOptions;

use super::good::{Good, alter, put, replace};
use super::good_records::{BLUR, sites, write_protected};
use super::mutation::Mutation;

const POINTS: &str = "points/samples.csv";

/// The table of true places, as an option of the judge.
fn protected(beside: &Path, options: &mut CheckOptions<'_>) {
    let path = beside.join("protected.csv");
    write_protected(&path);
    options.protected = Some(path);
}

/// Puts something else in a column of the table of points.
fn column(root: &Path, name: &str, of: impl Fn(usize) -> String) {
    let text = fs::read_to_string(root.join(POINTS)).unwrap();
    let mut lines = text.lines();
    let header = lines.next().unwrap();
    let at = header.split(',').position(|h| h == name).unwrap();
    let mut all = format!("{header}\n");
    for (i, line) in lines.enumerate() {
        let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
        cells[at] = of(i);
        all += &(cells.join(",") + "\n");
    }
    put(root, POINTS, &all);
}

/// A site 1.5 km off in the direction and by the length that a hash of its code gives, as nodes blur.
fn by_hash(i: usize) -> [f64; 2] {
    let site = &sites()[i];
    let hash = md5::Md5::digest(site.code.as_bytes());
    let word = |at: usize| {
        f64::from(u32::from_be_bytes([hash[at], hash[at + 1], hash[at + 2], hash[at + 3]])) / 4_294_967_296.0
    };
    let (azimuth, length) = (word(0) * 360.0, BLUR * word(4).sqrt());
    use geo::Destination;
    let to = geo::Geodesic.destination(geo::Point::new(site.exact[0], site.exact[1]), azimuth, length);
    [to.x(), to.y()]
}

pub(crate) const PRIVACY: &[Mutation] = &[
    Mutation::new("P001", "no licence in bundle.json", |root| alter(root, "bundle.json", |b| b["licence"] = "".into())),
    Mutation::new("P001", "a licence of no list in bundle.json", |root| {
        alter(root, "bundle.json", |b| b["licence"] = "Proprietary".into())
    }),
    Mutation::new("P002", "a true place in a report", |root| {
        let at = sites()[7].exact;
        replace(
            root,
            "qa/report.md",
            "No error",
            &format!("The largest residual is at {:.5} E {:.5} N.\n\nNo error", at[0], at[1]),
        );
    })
    .with(protected),
    Mutation::new("P002", "a true place in metres in the run", |root| {
        let at = sites()[9].exact;
        let to = super::good_records::projected(at, 2169);
        alter(root, "provenance/run.json", |r| r["largest"] = json!([to[0].round(), to[1].round()]));
    })
    .with(protected),
    Mutation::new("P002", "a true place stored in a GeoPackage", |root| {
        let at = sites()[3].exact;
        super::good_records::write_points(&root.join("vector/extra.gpkg"), &[at]);
    })
    .with(protected),
    Mutation::new("P002", "places of sites that are restricted", |root| {
        column(root, "access_level", |_| "restricted".to_owned())
    }),
    Mutation::new("P003", "no radius", |root| column(root, "location_blur_m", |_| String::new())),
    Mutation::new("P003", "another radius than declared", |root| {
        column(root, "location_blur_m", |i| if i == 5 { "500".to_owned() } else { "2000".to_owned() })
    }),
    Mutation::new("P003", "displaced further than declared", |root| {
        let moved = |i: usize, axis: usize| {
            (sites()[i].published[axis] + if i == 30 && axis == 1 { 0.1 } else { 0.0 }).to_string()
        };
        column(root, "latitude", |i| moved(i, 1));
    })
    .with(protected),
    Mutation::new("P004", "a hash without a key, as declared", |root| {
        alter(root, "bundle.json", |b| {
            b["soilscope:privacy"] =
                json!({"location_blur_m": 2000, "min_group": 5, "keyed": false, "method": "MD5 of the site's number"})
        });
    }),
    Mutation::new("P004", "a hash without a key, as measured", |root| {
        column(root, "longitude", |i| by_hash(i)[0].to_string());
        column(root, "latitude", |i| by_hash(i)[1].to_string());
    })
    .with(protected),
    Mutation::new("P005", "a landowner in a table of areas", |root| {
        put(root, "vector/areas.csv", "unit,n_sites,landowner\nA,9,somebody\n");
    }),
    Mutation::new("P005", "a telephone number in a table of areas", |root| {
        put(root, "vector/areas.csv", "unit,n_sites,remark\nA,9,call +352 26 12 34 56\n");
    }),
    Mutation::new("P005", "a column of landowners in a GeoPackage", |root| {
        super::good_records::write_points(&root.join("vector/extra.gpkg"), &[[6.05, 49.7]]);
        super::break_records::sql(root, "vector/extra.gpkg", &["ALTER TABLE points ADD COLUMN landowner TEXT"]);
    }),
    Mutation::new("P006", "an area of three sites", |root| {
        put(root, "vector/areas.csv", "unit,n_sites,mean\nA,9,0.8\nB,3,0.9\n")
    }),
    Mutation::built("P007", "a map that repeats its samples", repeat).with(protected),
    Mutation::new("P008", "a hotspot of four samples", |root| {
        super::break_records::hotspots(root, |c| c["features"][1]["properties"]["n_samples"] = 4.into());
    }),
    Mutation::built("P008", "hotspots smaller than the disc", |g| {
        // The smallest has 35 km2, less than a disc of 4 km.
        g.bundle["location_blur_m"] = 4000.into();
        g.bundle["soilscope:privacy"]["location_blur_m"] = 4000.into();
    }),
    Mutation::new("P009", "a person's mailbox", |root| {
        replace(root, "README.txt", "soil-data@example.org", "jean.dupont@example.org")
    }),
];

/// Puts the values of five samples into the cells of a mean map.
fn repeat(good: &mut Good) {
    let raster = good.raster("LUX_GSPolmap_Cd_MEAN_0-30_EPSG2169.tif");
    let [x0, dx, _, y0, _, dy] = raster.transform;
    for site in sites().iter().step_by(12) {
        let [x, y] = super::good_records::projected(site.exact, 2169);
        let cell = [((x - x0) / dx).floor() as usize, ((y - y0) / dy).floor() as usize];
        raster.values[cell[1] * raster.size[0] + cell[0]] = site.value;
    }
}

//! P003 and P004 against the true places: how far points were displaced, and whether anybody could undo it.

use geo::{Bearing, Distance, Geodesic, Point};
use md5::Md5;
use rstar::{RTree, primitives::GeomWithData};
use sha2::{Digest, Sha256};

use crate::check::Findings;
use crate::check::bundle::Facts;

use super::places::Place;
use super::points::radius;
use super::table::{LATITUDE, LONGITUDE, Table};

/// Part of the radius by which a displacement may exceed it: how degrees are turned to metres differs that much.
const SLACK: f64 = 0.01;
/// Sites known by code from which it is certain that a smaller radius was applied: of so many, uniform in the disc, none beyond half the
/// radius has a probability of one in a million (0.25 to the tenth).
const ENOUGH: usize = 10;

/// A published point, its true place and the identifiers that stand beside it.
struct Pair {
    from: Point,
    to: Point,
    by_code: bool,
    ids: Vec<String>,
}

/// Whether the bundle itself says how points were displaced: P004 without the true places.
pub(super) fn declared(facts: &Facts<'_>, findings: &mut Findings) {
    let places = [
        ("bundle.json", facts.member("/soilscope:privacy")),
        ("provenance/run.json", facts.run.as_ref().and_then(|r| r.get("privacy"))),
    ];
    let mut said = false;
    for (file, privacy) in places.into_iter().filter_map(|(f, p)| Some((f, p?))) {
        let method = privacy.get("method").and_then(|m| m.as_str()).unwrap_or("");
        let lower = method.to_lowercase();
        let keyed = privacy.get("keyed").and_then(|k| k.as_bool());
        said |= keyed.is_some() || !lower.is_empty();
        let hashed = ["md5", "sha", "hash", "crc", "seed", "random"].iter().any(|w| lower.contains(w));
        let secret = ["hmac", "key", "secret"].iter().any(|w| lower.contains(w)) && !lower.contains("unkeyed");
        if keyed == Some(false) || (hashed && !secret && keyed != Some(true)) {
            let found = if lower.is_empty() { "keyed: false".to_owned() } else { super::super::shown::shown(method) };
            findings.add("P004", file, "privacy", found, "a displacement that only a secret reproduces");
        }
    }
    if !said {
        facts.skip("P004", "the bundle does not say how points were displaced, and no table of true places shows it");
    }
}

/// P003 and P004 with the true places.
pub(super) fn judge(facts: &Facts<'_>, places: &[Place], points: &[(&str, Table)], findings: &mut Findings) {
    let tree = RTree::bulk_load(places.iter().enumerate().map(|(i, p)| GeomWithData::new(flat(p.at), i)).collect());
    for (path, table) in points {
        let blur = table.column(&["location_blur_m"]);
        let pairs = pairs(facts, places, &tree, table);
        let Some(radius) =
            (0..table.rows.len()).find_map(|r| table.number(r, blur)).filter(|r| *r > 0.0).or_else(|| radius(facts))
        else {
            continue;
        };
        let far = |p: &Pair| Geodesic.distance(p.from, p.to);
        let beyond = pairs.iter().filter(|p| far(p) > radius * (1.0 + SLACK)).count();
        if beyond > 0 {
            findings.add(
                "P003",
                path,
                format!("{beyond} points"),
                "displaced further than declared",
                format!("within location_blur_m {radius} of the true place"),
            );
        }
        let known: Vec<f64> = pairs.iter().filter(|p| p.by_code).map(far).collect();
        let largest = known.iter().copied().fold(0.0, f64::max);
        if known.len() >= ENOUGH && largest < radius / 2.0 {
            let found = format!("none of {} sites displaced by more than half of the radius", known.len());
            findings.add("P003", path, "", found, format!("the declared location_blur_m {radius} applied"));
        }
        if let Some((how, count)) = reproduced(&pairs, radius) {
            findings.add("P004", path, format!("{count} points"), how, "a displacement that only a secret reproduces");
        }
    }
}

/// Degrees to something flat enough to find the nearest by.
fn flat([lon, lat]: [f64; 2]) -> [f64; 2] {
    [lon * lat.to_radians().cos(), lat]
}

fn pairs(facts: &Facts<'_>, places: &[Place], tree: &RTree<GeomWithData<[f64; 2], usize>>, table: &Table) -> Vec<Pair> {
    let [lon, lat, access] = [&LONGITUDE[..], &LATITUDE, &["access_level"]].map(|n| table.column(n));
    let columns = ["site_code", "plot_code", "profile_code", "specimen_code", "record_id", "id", "gid"]
        .map(|n| table.column(&[n]));
    let mut seen = std::collections::BTreeSet::new();
    let mut pairs = Vec::new();
    for row in 0..table.rows.len() {
        let level = Some(table.cell(row, access)).filter(|a| !a.is_empty()).or(facts.access_level());
        let (Some(x), Some(y)) = (table.number(row, lon), table.number(row, lat)) else { continue };
        // Each point once, however many results stand at it.
        if level != Some("blurred") || !seen.insert([x, y].map(f64::to_bits)) {
            continue;
        }
        let code = table.cell(row, columns[0]);
        let same = places.iter().position(|p| !code.is_empty() && p.code == code);
        let nearest = || tree.nearest_neighbor(flat([x, y])).map(|n| n.data);
        let Some(i) = same.or_else(nearest) else { continue };
        let mut ids: Vec<String> =
            columns.iter().map(|c| table.cell(row, *c).to_owned()).filter(|id| !id.is_empty()).collect();
        ids.push(places[i].code.clone());
        ids.extend(
            [row, row + 1, seen.len() - 1, seen.len(), places[i].row - 2, places[i].row - 1].map(|n| n.to_string()),
        );
        ids.sort();
        ids.dedup();
        let [from_x, from_y] = places[i].at;
        pairs.push(Pair { from: Point::new(from_x, from_y), to: Point::new(x, y), by_code: same.is_some(), ids });
    }
    pairs
}

/// The unkeyed recipe that gives these displacements, and for how many points: azimuth and (square-root) radius from parts of a hash of
/// something that is published, as nodes do it.
fn reproduced(pairs: &[Pair], radius: f64) -> Option<(String, usize)> {
    let measured: Vec<(f64, f64)> =
        pairs.iter().map(|p| (Geodesic.bearing(p.from, p.to).to_radians(), Geodesic.distance(p.from, p.to))).collect();
    // Azimuth and radius from each two of the words, the radius with and without the root.
    let mut counts = [[[0_usize; 16]; 2]; 2];
    for (pair, (bearing, distance)) in pairs.iter().zip(&measured) {
        let mut hit = [[[false; 16]; 2]; 2];
        for id in &pair.ids {
            for (h, words) in
                [words(&Md5::digest(id.as_bytes())), words(&Sha256::digest(id.as_bytes()))].iter().enumerate()
            {
                for (a, azimuth) in words.iter().enumerate() {
                    for (r, share) in words.iter().enumerate().filter(|(r, _)| *r != a) {
                        for (root, length) in [radius * share.sqrt(), radius * share].into_iter().enumerate() {
                            let turn = azimuth * std::f64::consts::TAU;
                            let off = (length * turn.sin() - distance * bearing.sin())
                                .hypot(length * turn.cos() - distance * bearing.cos());
                            hit[h][root][4 * a + r] |= off <= (0.002 * radius).max(1.0);
                        }
                    }
                }
            }
        }
        for (h, root, w) in (0..2).flat_map(|h| (0..2).flat_map(move |r| (0..16).map(move |w| (h, r, w)))) {
            counts[h][root][w] += usize::from(hit[h][root][w]);
        }
    }
    let most = counts.iter().enumerate().flat_map(|(h, c)| c.iter().flatten().map(move |n| (*n, h))).max()?;
    // One recipe that fits most points by chance would be one in thousands of millions.
    let enough = most.0 >= 2 && 2 * most.0 >= pairs.len() || most.0 == 1 && pairs.len() == 1;
    let name = if most.1 == 0 { "MD5" } else { "SHA-256" };
    enough.then(|| (format!("the unkeyed {name} of a published identifier gives the displacement"), most.0))
}

/// The first four words of a hash, each as a share of one.
fn words(hash: &[u8]) -> [f64; 4] {
    [0, 4, 8, 12]
        .map(|at| f64::from(u32::from_be_bytes([hash[at], hash[at + 1], hash[at + 2], hash[at + 3]])) / 4_294_967_296.0)
}

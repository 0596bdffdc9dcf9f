//! Judging coordinates: swapped, in other units than stated, zero, or far from all others.

use soilscope_core::Coord;

use super::Findings;
use crate::crs::{Crs, Transformer};
use crate::samples::report::{Severity, short};
use crate::samples::statistics::quantile;
use crate::samples::table::SampleTable;

/// Places that are transformed to see whether they lie where the CRS is meant for.
const SEEN: usize = 1000;
/// Degrees around the area of use that are let pass.
const MARGIN: f64 = 1.0;

pub(super) fn judge(table: &SampleTable, findings: &mut Findings) {
    let refused = |word: &str| table.places.list.iter().filter(|bad| bad.reason.contains(word)).count();
    let (metres, swapped) = (refused("metres"), refused("swapped"));
    let total = table.coords.len() + table.places.count;
    findings.add_problems("misplaced", None, &table.places);
    if metres * 2 > table.places.list.len().max(1) && table.places.count * 2 > total {
        let message =
            "most coordinates are far too large for degrees: they are metres of a projected CRS, so state that one";
        findings.add(Severity::Error, "metres-as-degrees", None, message, &[]);
    } else if swapped * 2 > table.places.list.len().max(1) && table.places.count * 2 > total {
        let message = "latitude and longitude are swapped; exchange --x and --y";
        findings.add(Severity::Error, "swapped", None, message, &[]);
    }
    let zero: Vec<usize> =
        table.coords.iter().zip(&table.lines).filter(|(c, _)| **c == [0.0, 0.0]).map(|(_, &line)| line).collect();
    let Some(crs) = &table.crs else { return };
    if !zero.is_empty() && !crs.is_local() {
        let message = "the place (0, 0): usually a missing coordinate";
        findings.add(Severity::Warning, "zero-place", None, message, &zero);
    }
    let in_degrees = |c: &Coord| c[0].abs() <= 180.0 && c[1].abs() <= 90.0;
    if crs.metres_per_unit().is_some() && !table.coords.is_empty() && table.coords.iter().all(in_degrees) {
        let message = format!(
            "all coordinates look like degrees, but {} is projected, in {}; state --crs EPSG:4326 if they are longitude and latitude",
            crs.title(),
            crs.unit_name()
        );
        findings.add(Severity::Error, "degrees-as-metres", None, message, &[]);
        return;
    }
    judge_area(table, crs, findings);
}

/// Whether places lie where the CRS is meant to be used, and whether they would if swapped.
fn judge_area(table: &SampleTable, crs: &Crs, findings: &mut Findings) {
    let Some([west, south, east, north]) = crs.area_of_use().filter(|a| a.iter().all(|v| v.is_finite())) else {
        return;
    };
    let Ok(world) = Crs::parse("EPSG:4326") else { return };
    let Ok(to_world) = Transformer::new(crs, &world) else { return };
    let wide = if east < west { east + 360.0 } else { east };
    let within = |place: Coord, margin: [f64; 2]| {
        let Ok([longitude, latitude]) = to_world.forward(place) else { return false };
        let longitude = if longitude < west - margin[0] { longitude + 360.0 } else { longitude };
        (west - margin[0]..=wide + margin[0]).contains(&longitude)
            && (south - margin[1]..=north + margin[1]).contains(&latitude)
    };
    let inside = |place: Coord| within(place, [MARGIN, MARGIN]);
    let step = table.coords.len().div_ceil(SEEN).max(1);
    let seen: Vec<usize> = (0..table.coords.len()).step_by(step).collect();
    let outside: Vec<usize> = seen.iter().copied().filter(|&i| !inside(table.coords[i])).collect();
    if outside.is_empty() {
        return;
    }
    let rows: Vec<usize> = outside.iter().map(|&i| table.lines[i]).collect();
    let rescued = outside.iter().filter(|&&i| inside([table.coords[i][1], table.coords[i][0]])).count();
    let area = format!("longitude {} to {}, latitude {} to {}", short(west), short(east), short(south), short(north));
    if rescued * 10 >= outside.len() * 9 {
        let most = outside.len() * 2 > seen.len();
        let severity = if most { Severity::Error } else { Severity::Warning };
        let message = format!(
            "coordinates look swapped: they lie outside the area of {} ({area}), and inside it once exchanged{}",
            crs.title(),
            if most { "; exchange --x and --y" } else { "" }
        );
        findings.add(severity, "swapped", None, message, &rows);
    } else {
        // A neighbouring zone of UTM is often used on purpose; another continent is a slip.
        let beside = outside.iter().all(|&i| within(table.coords[i], [wide - west, north - south]));
        let (severity, question) = if beside {
            (Severity::Note, "lengths are stretched there")
        } else {
            (Severity::Warning, "is it the right CRS?")
        };
        let message = format!("places lie outside the area that {} is meant for ({area}): {question}", crs.title());
        findings.add(severity, "outside-area", None, message, &rows);
    }
}

/// Places much farther from their neighbour than others, and from most of the area.
pub(super) fn judge_isolated(
    table: &SampleTable,
    groups: &[Vec<usize>],
    distinct: &[Coord],
    distances: &[f64],
    median: f64,
    findings: &mut Findings,
) {
    if distinct.len() < 5 {
        return;
    }
    let sorted = |axis: usize| {
        let mut numbers: Vec<f64> = distinct.iter().map(|c| c[axis]).collect();
        numbers.sort_by(f64::total_cmp);
        numbers
    };
    let (xs, ys) = (sorted(0), sorted(1));
    // The middle 80 % of the places say how large the area is, whatever a stray one does.
    let core = [quantile(&xs, 0.1), quantile(&ys, 0.1), quantile(&xs, 0.9), quantile(&ys, 0.9)];
    let size = (core[2] - core[0]).hypot(core[3] - core[1]);
    let stray: Vec<usize> =
        (0..distinct.len()).filter(|&i| distances[i] > 10.0 * median && distances[i] > size).collect();
    if stray.is_empty() || stray.len() * 10 > distinct.len() {
        return;
    }
    let rows: Vec<usize> = stray.iter().map(|&i| table.lines[groups[i][0]]).collect();
    let source: Vec<Coord> = groups.iter().map(|g| table.coords[g[0]]).collect();
    let source_axis = |axis: usize| {
        let mut numbers: Vec<f64> = source.iter().map(|c| c[axis]).collect();
        numbers.sort_by(f64::total_cmp);
        (quantile(&numbers, 0.1), quantile(&numbers, 0.9))
    };
    let ((west, east), (south, north)) = (source_axis(0), source_axis(1));
    let (wide, high) = (east - west, north - south);
    let would_fit =
        |c: Coord| (west - wide..=east + wide).contains(&c[1]) && (south - high..=north + high).contains(&c[0]);
    let swapped = stray.iter().filter(|&&i| would_fit(source[i])).count();
    let hint = if swapped == stray.len() { "; easting and northing look swapped there" } else { "" };
    let farthest = stray.iter().map(|&i| distances[i]).fold(0.0, f64::max);
    let message = format!(
        "places far from all others: {} (up to {}, where neighbours are {} apart); a slip in the coordinates?{hint}",
        stray.len(),
        short(farthest),
        short(median)
    );
    findings.add(Severity::Warning, "isolated", None, message, &rows);
}

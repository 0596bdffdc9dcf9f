//! Which columns hold coordinates, and the place of a row.

use soilscope_core::Coord;

use super::cell;
use super::input::{Input, Row};
use crate::Result;
use crate::crs::Crs;
use crate::error::BadCell;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Axis {
    X,
    Y,
}

/// Names that go together, easting with northing, in several languages; lower case without punctuation.
const PROJECTED: [(&str, &str); 20] = [
    ("x", "y"),
    ("easting", "northing"),
    ("eastings", "northings"),
    ("east", "north"),
    ("xcoord", "ycoord"),
    ("coordx", "coordy"),
    ("coordsx", "coordsy"),
    ("xcoordinate", "ycoordinate"),
    ("coordinatex", "coordinatey"),
    ("pointx", "pointy"),
    ("utmx", "utmy"),
    ("xutm", "yutm"),
    ("utme", "utmn"),
    ("utmeasting", "utmnorthing"),
    ("rechts", "hoch"),
    ("rechtswert", "hochwert"),
    ("ostwert", "nordwert"),
    ("este", "norte"),
    ("est", "nord"),
    ("coordenadax", "coordenaday"),
];
const GEOGRAPHIC: [(&str, &str); 10] = [
    ("longitude", "latitude"),
    ("lon", "lat"),
    ("long", "lat"),
    ("lng", "lat"),
    ("decimallongitude", "decimallatitude"),
    ("londd", "latdd"),
    ("longdd", "latdd"),
    ("longitud", "latitud"),
    ("laenge", "breite"),
    ("länge", "breite"),
];

/// What a column's name says: the axis, its pair's row, and what follows as a code (`x_28992`, `lon_wgs84`).
#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    axis: Axis,
    geographic: bool,
    /// Every pair of names that the column can belong to.
    families: Vec<usize>,
    tail: String,
}

fn classify(name: &str) -> Option<Named> {
    let simple: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let unit_free = ["wgs84", "etrs89", "nad83", "deg", "m"].iter().find_map(|s| Some((simple.strip_suffix(s)?, *s)));
    let digits = simple.trim_end_matches(|c: char| c.is_ascii_digit());
    let coded = (simple.len() - digits.len() >= 4).then(|| (digits, &simple[digits.len()..]));
    for (stem, tail) in [Some((simple.as_str(), "")), unit_free, coded].into_iter().flatten() {
        for (geographic, pairs) in [(false, &PROJECTED[..]), (true, &GEOGRAPHIC[..])] {
            for axis in [Axis::X, Axis::Y] {
                let part = |pair: &(&str, &str)| if axis == Axis::X { pair.0 == stem } else { pair.1 == stem };
                let families: Vec<usize> = pairs.iter().enumerate().filter(|(_, p)| part(p)).map(|(i, _)| i).collect();
                if !families.is_empty() {
                    return Some(Named { axis, geographic, families, tail: tail.to_owned() });
                }
            }
        }
    }
    None
}

/// Where places come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlaceColumns {
    Geometry,
    Columns { x: usize, y: usize },
}

/// A pair of columns that could be the coordinates.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pair {
    x: usize,
    y: usize,
    geographic: bool,
    tail: String,
}

fn pairs(header: &[String]) -> Vec<Pair> {
    let named: Vec<(usize, Named)> = header.iter().enumerate().filter_map(|(i, h)| Some((i, classify(h)?))).collect();
    let mut found = Vec::new();
    for (x, first) in named.iter().filter(|(_, n)| n.axis == Axis::X) {
        for (y, second) in named.iter().filter(|(_, n)| n.axis == Axis::Y) {
            let together = first.geographic == second.geographic
                && first.tail == second.tail
                && first.families.iter().any(|family| second.families.contains(family));
            if together {
                found.push(Pair { x: *x, y: *y, geographic: first.geographic, tail: first.tail.clone() });
            }
        }
    }
    // `x`, `y` and `Y`: the last is yttrium.
    let is_upper = |column: usize| header[column].starts_with(char::is_uppercase);
    let alike: Vec<Pair> = found.iter().filter(|p| is_upper(p.x) == is_upper(p.y)).cloned().collect();
    if alike.is_empty() { found } else { alike }
}

/// Columns that could be coordinates.
pub(super) fn candidates(header: &[String]) -> Vec<usize> {
    pairs(header).iter().flat_map(|pair| [pair.x, pair.y]).collect()
}

/// Finds the coordinates: as named, from geometries, or by usual names.
///
/// Several pairs are told apart by the CRS where it can: its code (`x_5070` with EPSG:5070), or whether it is geographic.
pub(super) fn find(input: &Input, x: Option<&str>, y: Option<&str>, crs: Option<&Crs>) -> Result<PlaceColumns> {
    match (x, y) {
        (Some(x), Some(y)) => return named(input, x, y),
        (Some(_), None) | (None, Some(_)) => {
            return Err(input.refuse("only one of the two coordinate columns is named", "name both with --x and --y"));
        }
        (None, None) if input.has_geometry() => return Ok(PlaceColumns::Geometry),
        (None, None) => {}
    }
    let all = pairs(&input.header);
    let mut fitting = all.clone();
    if let Some(crs) = crs.filter(|_| all.len() > 1) {
        let code = crs.authority().and_then(|a| a.rsplit(':').next()).unwrap_or_default();
        let coded: Vec<Pair> = all.iter().filter(|p| p.tail == code).cloned().collect();
        fitting = if coded.is_empty() {
            all.iter().filter(|p| p.geographic == crs.is_geographic()).cloned().collect()
        } else {
            coded
        };
    }
    let show = |pairs: &[Pair]| {
        let texts: Vec<String> =
            pairs.iter().map(|p| format!("({}, {})", input.header[p.x], input.header[p.y])).collect();
        texts.join(", ")
    };
    match &fitting[..] {
        [one] => Ok(PlaceColumns::Columns { x: one.x, y: one.y }),
        [] if !all.is_empty() => Err(input.refuse(
            format!(
                "no coordinate columns fit the CRS {}: there are {}",
                crs.map(Crs::title).unwrap_or_default(),
                show(&all)
            ),
            "name them with --x and --y, or state the CRS that they are in",
        )),
        [] => Err(input.refuse(
            format!("no columns with the usual names of coordinates; there are: {}", input.header.join(", ")),
            "name them with --x EASTING_COLUMN --y NORTHING_COLUMN",
        )),
        several => Err(input.refuse(
            format!("more than one pair of columns could be the coordinates: {}", show(several)),
            "choose one with --x and --y, and state its CRS",
        )),
    }
}

fn named(input: &Input, x: &str, y: &str) -> Result<PlaceColumns> {
    let (x, y) = (input.required_column(x)?, input.required_column(y)?);
    if x == y {
        return Err(
            input.refuse("the same column is named for both coordinates", "--x is the easting, --y the northing")
        );
    }
    let axis = |column: usize| classify(&input.header[column]).map(|n| n.axis);
    if axis(x) == Some(Axis::Y) && axis(y) == Some(Axis::X) {
        return Err(input.refuse(
            format!("--x names '{}' and --y names '{}', which looks swapped", input.header[x], input.header[y]),
            "--x is the easting or longitude, --y the northing or latitude",
        ));
    }
    Ok(PlaceColumns::Columns { x, y })
}

impl PlaceColumns {
    /// Names of the columns.
    pub(super) fn names(self, input: &Input) -> Option<(String, String)> {
        match self {
            Self::Geometry => None,
            Self::Columns { x, y } => Some((input.header[x].clone(), input.header[y].clone())),
        }
    }

    /// Whether the names say longitude and latitude.
    pub(super) fn named_geographic(self, input: &Input) -> bool {
        match self {
            Self::Geometry => false,
            Self::Columns { x, .. } => classify(&input.header[x]).is_some_and(|n| n.geographic),
        }
    }

    /// The place of a row; `None` where both coordinates are missing.
    pub(super) fn place(
        self,
        input: &Input,
        row: Row<'_>,
        crs: Option<&Crs>,
    ) -> std::result::Result<Option<Coord>, Box<BadCell>> {
        let (place, columns) = match self {
            Self::Geometry => (row.place, None),
            Self::Columns { x, y } => {
                let read = |column| {
                    cell::read_plain(row.cell(column), input.decimal)
                        .map_err(|refusal| Box::new(input.bad_cell(row, column, refusal)))
                };
                let place = match (read(x)?, read(y)?) {
                    (Some(x), Some(y)) => Some([x, y]),
                    (None, None) => None,
                    (first, _) => {
                        let column = if first.is_none() { x } else { y };
                        return Err(Box::new(input.bad_row(
                            row,
                            Some(column),
                            "one coordinate is missing",
                            "fill it in, or leave both empty",
                        )));
                    }
                };
                (place, Some((x, y)))
            }
        };
        let Some(place) = place else { return Ok(None) };
        let finite = place[0].is_finite() && place[1].is_finite();
        let why =
            if finite { crs.and_then(|crs| crs.refuse_place(place)) } else { Some("is not a finite number".into()) };
        match why {
            None => Ok(Some(place)),
            Some(reason) => {
                let column = columns.map(|(x, y)| if reason.contains("longitude,") { x } else { y });
                let mut bad = input.bad_row(row, column, reason, "correct the coordinate, or state the CRS it is in");
                if column.is_none() {
                    bad.value = format!("{} {}", place[0], place[1]);
                }
                Err(Box::new(bad))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(names: &[&str]) -> Vec<(usize, usize)> {
        let header: Vec<String> = names.iter().map(|&n| n.to_owned()).collect();
        pairs(&header).into_iter().map(|p| (p.x, p.y)).collect()
    }

    #[test]
    fn usual_names_in_several_languages() {
        for names in [
            ["x", "y"],
            ["X", "Y"],
            ["Easting", "Northing"],
            ["X_coord", "Y_coord"],
            ["coord_x", "coord_y"],
            ["Longitude", "Latitude"],
            ["lon", "lat"],
            ["long", "lat"],
            ["Rechtswert", "Hochwert"],
            ["rechts", "hoch"],
            ["x_28992", "y_28992"],
            ["lon_wgs84", "lat_wgs84"],
            ["x (m)", "y (m)"],
            ["POINT_X", "POINT_Y"],
        ] {
            assert_eq!(found(&names), [(0, 1)], "{names:?}");
        }
        assert!(found(&["x", "northing"]).is_empty());
        assert_eq!(found(&["x", "y", "Y"]), [(0, 1)], "yttrium");
        assert!(found(&["Pb", "Zn", "elev", "dist_m"]).is_empty());
    }

    #[test]
    fn several_pairs_are_all_found() {
        assert_eq!(found(&["latitude", "longitude", "x_5070", "y_5070"]), [(1, 0), (2, 3)]);
    }
}

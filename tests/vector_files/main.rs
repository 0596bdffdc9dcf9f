//! GeoJSON and GeoPackage files, read back by other readers than wrote them.

mod full_disk;
mod geojson;
mod geopackage;

use geo::{Polygon, polygon};
use soilscope_pipeline::io::vector::{Feature, Value};

/// A square with a hole, on a map in metres.
fn square() -> Polygon<f64> {
    polygon!(
        exterior: [(x: 0.0, y: 0.0), (x: 1000.0, y: 0.0), (x: 1000.0, y: 1000.0), (x: 0.0, y: 1000.0)],
        interiors: [[(x: 400.0, y: 400.0), (x: 400.0, y: 600.0), (x: 600.0, y: 600.0), (x: 600.0, y: 400.0)]],
    )
}

fn feature(geometry: impl Into<geo::Geometry<f64>>) -> Feature {
    Feature { geometry: geometry.into(), properties: Vec::new() }
}

/// A feature with a value of each kind.
fn varied(geometry: impl Into<geo::Geometry<f64>>) -> Feature {
    let properties = vec![
        ("id".to_owned(), Value::Integer(1)),
        ("mean".to_owned(), Value::Real(0.1 + 0.2)),
        ("name".to_owned(), Value::Text("Pyhäjärvi \"east\"\n".to_owned())),
        ("nothing".to_owned(), Value::Null),
        ("not a number".to_owned(), Value::Real(f64::NAN)),
    ];
    Feature { geometry: geometry.into(), properties }
}

fn names(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

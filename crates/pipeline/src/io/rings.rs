//! Rings of polygons in a text table.

use std::path::Path;

use geo::{LineString, MultiPolygon, Polygon};

use super::{missing, read_error};
use crate::error::{BadCell, shorten};
use crate::{Error, Result};

/// Times that the side which closes an open ring may be longer than the longest other; a line has its ends farther apart.
const GAP: f64 = 3.0;
/// How `x` and `y` are written where one ring ends and the next begins.
const BREAKS: [&str; 6] = ["", "na", "nan", "null", "none", "-"];

/// Reads rings from the columns `x` and `y`. A ring ends with its first vertex repeated, at a row without numbers, or with
/// the file; an open one is closed.
pub(super) fn read(path: &Path) -> Result<MultiPolygon<f64>> {
    let bytes = std::fs::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => missing(path),
        _ => read_error(path, error),
    })?;
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate().map(|(i, line)| (i + 1, line));
    let header = lines.by_ref().map(|(_, line)| line).find(|line| !is_remark(line) && !line.trim().is_empty());
    let header =
        header.ok_or_else(|| table(path, "is empty", "it needs the columns x and y, and a row for each vertex"))?;
    let separator = [',', ';', '\t'].into_iter().max_by_key(|&s| header.matches(s).count()).unwrap_or(',');
    let names: Vec<String> = cells(header, separator).collect();
    let column = |name: &str| {
        names.iter().position(|h| h.eq_ignore_ascii_case(name)).ok_or_else(|| {
            table(
                path,
                &format!("has the columns {}: there is no {name}", names.join(", ")),
                "rings need the columns x and y",
            )
        })
    };
    let columns = [column("x")?, column("y")?];
    let mut rings = Vec::new();
    let mut open = Ring { path, first_line: 0, vertices: Vec::new() };
    for (line, content) in lines.filter(|(_, line)| !is_remark(line)) {
        let cells: Vec<String> = cells(content, separator).collect();
        let texts = columns.map(|c| cells.get(c).map_or("", String::as_str));
        let is_break = texts.map(|text| BREAKS.contains(&text.to_ascii_lowercase().as_str()));
        if is_break == [true, true] {
            rings.extend(open.take()?);
            continue;
        }
        let number = |axis: usize| {
            let text = texts[axis];
            let number = if separator == ',' { text.parse() } else { text.replace(',', ".").parse() };
            number.ok().filter(|n: &f64| n.is_finite()).ok_or_else(|| {
                let (reason, remedy) = if is_break[axis] {
                    ("one coordinate is missing", "fill it in, or leave both empty between two rings")
                } else {
                    ("is not a number", "write a number, or leave x and y empty between two rings")
                };
                Error::from(BadCell {
                    file: path.display().to_string(),
                    row_word: "line",
                    row: line,
                    column: Some(names[columns[axis]].clone()),
                    value: shorten(text),
                    reason: reason.to_owned(),
                    remedy: remedy.to_owned(),
                })
            })
        };
        let vertex = (number(0)?, number(1)?);
        if open.vertices.is_empty() {
            open.first_line = line;
        }
        open.vertices.push(vertex);
        if open.vertices.len() > 1 && open.vertices[0] == vertex {
            rings.extend(open.take()?);
        }
    }
    rings.extend(open.take()?);
    Ok(MultiPolygon::new(rings))
}

/// A ring that grows.
struct Ring<'a> {
    path: &'a Path,
    first_line: usize,
    vertices: Vec<(f64, f64)>,
}

impl Ring<'_> {
    /// The ring as a polygon, closed; none where there is nothing yet.
    fn take(&mut self) -> Result<Option<Polygon<f64>>> {
        let vertices = std::mem::take(&mut self.vertices);
        let (Some(&first), Some(&last)) = (vertices.first(), vertices.last()) else { return Ok(None) };
        let is_closed = vertices.len() > 1 && first == last;
        let refuse = |reason: String, remedy: &str| BadCell {
            file: self.path.display().to_string(),
            row_word: "line",
            row: self.first_line,
            column: None,
            value: String::new(),
            reason,
            remedy: remedy.to_owned(),
        };
        let distinct = vertices.len() - usize::from(is_closed);
        if distinct < 3 {
            let state = if is_closed { "" } else { " and is not closed" };
            let reason = format!("a ring begins here that has {distinct} vertices{state}, and so no inside");
            return Err(
                refuse(reason, "a ring needs at least three vertices; remove it, or add what is missing").into()
            );
        }
        let length = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).hypot(a.1 - b.1);
        let longest = vertices.windows(2).map(|side| length(side[0], side[1])).fold(0.0, f64::max);
        let gap = length(first, last);
        if gap > GAP * longest {
            let reason = format!(
                "a line begins here rather than a ring: its ends are {gap:.0} apart, and its longest side is {longest:.0}"
            );
            let remedy = "remove it, or repeat its first vertex as its last if it is meant to be closed";
            return Err(refuse(reason, remedy).into());
        }
        // A polygon closes itself.
        Ok(Some(Polygon::new(LineString::from(vertices), vec![])))
    }
}

fn is_remark(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// Cells of a line without the quotes and blanks around them.
fn cells(line: &str, separator: char) -> impl Iterator<Item = String> {
    line.split(separator).map(|cell| cell.trim().trim_matches('"').trim().to_owned())
}

fn table(path: &Path, reason: &str, remedy: &str) -> Error {
    Error::Table { file: path.display().to_string(), reason: reason.to_owned(), remedy: remedy.to_owned() }
}

//! Tables for people, and what their marks mean.

use soilscope_assess::threshold::Standing;

/// Rows below a header, columns as wide as what they hold; those named in `right` end at the right.
pub(super) fn columns(header: &[&str], rows: &[Vec<String>], right: &[usize]) -> String {
    let width = |k: usize| {
        let cells = rows.iter().map(|row| row[k].chars().count());
        cells.chain([header[k].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let padded = cells.iter().enumerate().map(|(k, cell)| {
            let width = widths[k];
            if right.contains(&k) { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    let mut text = line(header.to_vec());
    for row in rows {
        text += &line(row.iter().map(String::as_str).collect());
    }
    text
}

/// What the marks of these values mean, a line each.
pub(super) fn legend(standings: impl Iterator<Item = Standing>) -> String {
    let mut found: Vec<Standing> = standings.collect();
    found.sort_unstable();
    found.dedup();
    found.into_iter().filter_map(Standing::legend).map(|words| format!("{words}\n")).collect()
}

/// As much of a text as fits, with an ellipsis.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

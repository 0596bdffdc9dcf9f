//! A text with headings, paragraphs, lists and tables, written as Markdown and as one page of HTML that needs nothing else.

use super::xml::escaped;

/// A part of the text.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// A heading of a level from 1.
    Heading(u8, String),
    /// A paragraph.
    Paragraph(String),
    /// A list.
    List(Vec<String>),
    /// A table: header, rows.
    Table(Vec<String>, Vec<Vec<String>>),
}

/// A heading.
pub(super) fn heading(level: u8, text: impl Into<String>) -> Part {
    Part::Heading(level, text.into())
}

/// A paragraph.
pub(super) fn paragraph(text: impl Into<String>) -> Part {
    Part::Paragraph(text.into())
}

/// A table of texts.
pub(super) fn table<const N: usize>(header: [&str; N], rows: Vec<[String; N]>) -> Part {
    Part::Table(header.map(str::to_owned).to_vec(), rows.into_iter().map(Vec::from).collect())
}

/// As Markdown. Whatever of the text would be markup is escaped.
pub(super) fn markdown(parts: &[Part]) -> String {
    let mut out = String::new();
    let row = |cells: &[String]| format!("| {} |\n", cells.iter().map(|c| literal(c)).collect::<Vec<_>>().join(" | "));
    for part in parts {
        match part {
            Part::Heading(level, text) => out += &format!("{} {}\n\n", "#".repeat((*level).into()), literal(text)),
            Part::Paragraph(text) => out += &format!("{}\n\n", literal(text)),
            Part::List(items) => {
                for item in items {
                    out += &format!("- {}\n", literal(item));
                }
                out.push('\n');
            }
            Part::Table(header, rows) => {
                out += &row(header);
                out += &format!("|{}\n", "---|".repeat(header.len()));
                rows.iter().for_each(|r| out += &row(r));
                out.push('\n');
            }
        }
    }
    out
}

/// Text that Markdown takes for text.
fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '[' | ']' | '|' | '#' | '!' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Plain and readable on paper and screen.
const STYLE: &str = "body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222}\
table{border-collapse:collapse;margin:1em 0;display:block;overflow-x:auto}th,td{border:1px solid #bbb;padding:.25em .6em;text-align:left;\
vertical-align:top}th{background:#eee}h1,h2{line-height:1.2}";

/// As a page of HTML: no script, no address that is fetched.
pub(super) fn html(title: &str, parts: &[Part]) -> String {
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'\">\n<title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n",
        escaped(title)
    );
    let cells = |tag: &str, cells: &[String]| {
        cells.iter().map(|c| format!("<{tag}>{}</{tag}>", escaped(c))).collect::<String>()
    };
    for part in parts {
        match part {
            Part::Heading(level, text) => out += &format!("<h{level}>{}</h{level}>\n", escaped(text)),
            Part::Paragraph(text) => out += &format!("<p>{}</p>\n", escaped(text)),
            Part::List(items) => {
                out += "<ul>\n";
                items.iter().for_each(|i| out += &format!("<li>{}</li>\n", escaped(i)));
                out += "</ul>\n";
            }
            Part::Table(header, rows) => {
                out += &format!("<table>\n<tr>{}</tr>\n", cells("th", header));
                rows.iter().for_each(|r| out += &format!("<tr>{}</tr>\n", cells("td", r)));
                out += "</table>\n";
            }
        }
    }
    out + "</body>\n</html>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_never_markup() {
        let parts = [
            heading(1, "<script>alert(1)</script>"),
            paragraph("a | b [x](javascript:y) \u{1b}[31m"),
            table(["<b>"], vec![["x|y\nz".into()]]),
            Part::List(vec!["<img src=x onerror=y>".into()]),
        ];
        let page = html("</title><script>", &parts);
        assert!(!page.contains("<script") && !page.contains("<img") && !page.contains('\u{1b}'));
        let text = markdown(&parts);
        assert!(!text.contains("<script") && !text.contains("<img") && !text.contains("[x]("));
        assert!(text.contains("x\\|y z"));
    }
}

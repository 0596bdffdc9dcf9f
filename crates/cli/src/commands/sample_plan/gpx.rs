//! GPX 1.1, for the receivers of a field crew.

use std::fmt::Write as _;

/// A waypoint.
pub(super) struct Waypoint {
    pub(super) lon_lat: [f64; 2],
    pub(super) name: String,
    pub(super) description: String,
}

/// Waypoints as a GPX document, in longitude and latitude of WGS 84, which is what GPX knows. Seven decimals are a centimetre.
///
/// # Source
/// GPX 1.1 schema, <http://www.topografix.com/GPX/1/1/gpx.xsd>: a `wpt` holds `name`, `cmt`, `desc` in this order, `metadata` `name` and `desc`.
pub(super) fn document(title: &str, about: &str, waypoints: &[Waypoint]) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        text,
        r#"<gpx version="1.1" creator="soilscope {}" xmlns="http://www.topografix.com/GPX/1/1">"#,
        env!("CARGO_PKG_VERSION")
    );
    let _ = write!(text, "  <metadata><name>{}</name>", escaped(title));
    if !about.is_empty() {
        let _ = write!(text, "<desc>{}</desc>", escaped(about));
    }
    text.push_str("</metadata>\n");
    for point in waypoints {
        let [lon, lat] = point.lon_lat;
        let _ = writeln!(text, r#"  <wpt lat="{lat:.7}" lon="{lon:.7}">"#);
        let _ = writeln!(text, "    <name>{}</name>", escaped(&point.name));
        let _ = writeln!(text, "    <desc>{}</desc>", escaped(&point.description));
        let _ = writeln!(text, "  </wpt>");
    }
    text.push_str("</gpx>\n");
    text
}

/// Text as XML has it: without characters that XML 1.0 does not allow at all.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(' '),
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_break_the_document() {
        let point = Waypoint { lon_lat: [5.75, -50.25], name: "1 <a>".into(), description: "\u{0}\"&\n".into() };
        let text = document("Zn & Pb", "above <3>", &[point]);
        assert!(text.contains(r#"<wpt lat="-50.2500000" lon="5.7500000">"#));
        assert!(text.contains("<name>1 &lt;a&gt;</name>") && text.contains("<desc>&quot;&amp; </desc>"));
        assert!(text.contains("<metadata><name>Zn &amp; Pb</name><desc>above &lt;3&gt;</desc></metadata>"));
    }
}

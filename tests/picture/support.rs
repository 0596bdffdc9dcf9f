//! What the tests ask of any picture.

use std::sync::{Arc, OnceLock};

use resvg::usvg::{Group, Node, Options, Rect, Tree, fontdb};
use soilscope_picture::svg_to_png;

pub(crate) const HOSTILE: &str = "]]><script>alert(\"&amp;'\u{0}\u{7}\u{fffe}</title></svg> %s ${x} \u{202e}Öl";

/// Parses a picture, after looking for numbers that are none.
pub(crate) fn parse(svg: &str) -> Tree {
    // Base 64 may spell anything, so rasters are left out of the search.
    let bare: String = svg.split("data:image/png;base64,").map(|p| p.split_once('"').map_or(p, |s| s.1)).collect();
    let bare = if svg.contains("base64,") { bare } else { svg.to_string() };
    for word in ["NaN", "inf\"", "inf ", "-inf", "\"e\""] {
        assert!(!bare.contains(word), "{word} in {bare}");
    }
    for forbidden in ["<script", " id=", "<style"] {
        assert!(!bare.contains(forbidden), "{forbidden} in {bare}");
    }
    let options = Options { fontdb: fonts(), font_family: "DejaVu Sans".into(), ..Options::default() };
    Tree::from_str(svg, &options).expect("well-formed")
}

fn fonts() -> Arc<fontdb::Database> {
    static FONTS: OnceLock<Arc<fontdb::Database>> = OnceLock::new();
    FONTS
        .get_or_init(|| {
            let mut fonts = fontdb::Database::new();
            fonts.load_font_data(dejavu::sans::regular().to_vec());
            fonts.load_font_data(dejavu::sans::bold().to_vec());
            fonts.into()
        })
        .clone()
}

/// Every text of a picture with its box on the page.
pub(crate) fn texts(tree: &Tree) -> Vec<(String, Rect)> {
    fn walk(group: &Group, out: &mut Vec<(String, Rect)>) {
        for node in group.children() {
            match node {
                Node::Group(group) => walk(group, out),
                Node::Text(text) => {
                    let words = text.chunks().iter().map(|c| c.text()).collect();
                    out.push((words, text.abs_bounding_box()));
                }
                _ => {}
            }
        }
    }
    let mut out = Vec::new();
    walk(tree.root(), &mut out);
    out
}

/// Asserts that every text is on the page and that no two lie on each other.
pub(crate) fn assert_legible(svg: &str) {
    let tree = parse(svg);
    let page = tree.size();
    let texts = texts(&tree);
    for (i, (text, a)) in texts.iter().enumerate() {
        assert!(
            a.left() >= 0.0 && a.top() >= 0.0 && a.right() <= page.width() && a.bottom() <= page.height(),
            "{text:?} at {a:?} is off the page {page:?}"
        );
        for (other, b) in &texts[i + 1..] {
            let apart =
                a.right() <= b.left() || b.right() <= a.left() || a.bottom() <= b.top() || b.bottom() <= a.top();
            assert!(apart, "{text:?} {a:?} overlaps {other:?} {b:?}");
        }
    }
}

/// A decoded PNG: width, height, and its colours row by row.
pub(crate) fn pixels(svg: &str, scale: f64) -> (u32, u32, Vec<[u8; 3]>) {
    let bytes = svg_to_png(svg, scale).expect("a PNG");
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("a PNG header");
    let mut buffer = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut buffer).expect("a frame");
    assert_eq!(info.color_type, png::ColorType::Rgb);
    let colours = buffer[..info.buffer_size()].chunks_exact(3).map(|p| [p[0], p[1], p[2]]).collect();
    (info.width, info.height, colours)
}

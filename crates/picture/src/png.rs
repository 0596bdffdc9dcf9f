//! PNG: the final picture from SVG, and the small one of a raster within it.

use std::sync::{Arc, OnceLock};

use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::{ImageHrefResolver, Options, Tree, fontdb};

use crate::error::{Error, Result};

/// Longest side of a PNG: what the renderer's integers and most viewers can take.
const LIMIT: u32 = 16_384;

/// Renders a picture of this crate on white, `scale` times its size.
///
/// Only DejaVu Sans is used, which is part of the program: the result is the same on every machine, with or without
/// fonts. It covers Latin, Greek, Cyrillic, Arabic and many more scripts, but not Chinese, Japanese or Korean. Pictures within the
/// SVG are read from `data:` addresses only; no file or network is touched.
///
/// # Errors
/// [`Error::Svg`] for text that is no SVG, [`Error::Size`] for a picture of no pixels or of more than 16,384 a side.
pub fn svg_to_png(svg: &str, scale: f64) -> Result<Vec<u8>> {
    let options = Options {
        font_family: "DejaVu Sans".into(),
        fontdb: fonts(),
        image_href_resolver: ImageHrefResolver {
            resolve_data: ImageHrefResolver::default_data_resolver(),
            resolve_string: Box::new(|_, _| None),
        },
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).map_err(|e| Error::Svg(e.to_string()))?;
    let width = (f64::from(tree.size().width()) * scale).round();
    let height = (f64::from(tree.size().height()) * scale).round();
    let whole = |v: f64| (1.0..=f64::from(LIMIT)).contains(&v).then_some(v as u32);
    let size = whole(width).zip(whole(height));
    let Some(mut pixmap) = size.and_then(|(w, h)| Pixmap::new(w, h)) else {
        return Err(Error::Size { width, height, limit: LIMIT });
    };
    pixmap.fill(Color::WHITE);
    resvg::render(&tree, Transform::from_scale(scale as f32, scale as f32), &mut pixmap.as_mut());
    // On white nothing is transparent, so the colours need no division by alpha and the fourth byte says nothing.
    let colours: Vec<u8> = pixmap.data().chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
    let mut bytes = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut bytes, pixmap.width(), pixmap.height());
    encoder.set_color(::png::ColorType::Rgb);
    encoder.set_depth(::png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&colours)?;
    writer.finish()?;
    Ok(bytes)
}

/// An 8-bit PNG with a palette whose first colour is transparent.
pub(crate) fn indexed(width: u32, height: u32, palette: Vec<u8>, pixels: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(::png::ColorType::Indexed);
    encoder.set_depth(::png::BitDepth::Eight);
    encoder.set_palette(palette);
    encoder.set_trns(vec![0]);
    encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(pixels).and_then(|()| writer.finish()))
        .expect("a PNG of matching size is written to memory");
    bytes
}

fn fonts() -> Arc<fontdb::Database> {
    static FONTS: OnceLock<Arc<fontdb::Database>> = OnceLock::new();
    FONTS
        .get_or_init(|| {
            let mut fonts = fontdb::Database::new();
            fonts.load_font_source(fontdb::Source::Binary(Arc::new(dejavu::sans::regular())));
            fonts.load_font_source(fontdb::Source::Binary(Arc::new(dejavu::sans::bold())));
            fonts.set_sans_serif_family("DejaVu Sans");
            Arc::new(fonts)
        })
        .clone()
}

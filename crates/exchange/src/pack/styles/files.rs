//! The three kinds of files.

use std::fmt::Write;

use super::{Kind, Look};

/// Text in an element or attribute.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // XML 1.0 has no other control characters.
            c if c.is_control() && !matches!(c, '\t' | '\n' | '\r') => {}
            c => out.push(c),
        }
    }
    out
}

fn hex([r, g, b, _]: [u8; 4]) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// QGIS 3.
pub(super) fn qml(look: &Look) -> String {
    let kind = match look.kind {
        Kind::Ramp => "INTERPOLATED",
        Kind::Intervals => "DISCRETE",
        Kind::Values => "EXACT",
    };
    let (least, most) = (look.stops.first().map_or(0.0, |s| s.value), look.stops.last().map_or(0.0, |s| s.upper));
    let mut items = String::new();
    for (i, stop) in look.stops.iter().enumerate() {
        // An interval of QGIS ends at its value, and the last one has no end.
        let value = match look.kind {
            Kind::Intervals if i + 1 == look.stops.len() => "inf".to_owned(),
            _ => stop.upper.to_string(),
        };
        let (label, colour, alpha) = (escaped(&stop.label), hex(stop.colour), stop.colour[3]);
        // Writing to a text cannot fail.
        let _ = writeln!(
            items,
            "          <item alpha=\"{alpha}\" color=\"{colour}\" label=\"{label}\" value=\"{value}\"/>"
        );
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <qgis version=\"3.22.0\" styleCategories=\"Symbology\">\n\
         \x20 <pipe>\n\
         \x20   <rasterrenderer type=\"singlebandpseudocolor\" band=\"1\" alphaBand=\"-1\" opacity=\"1\" nodataColor=\"\" \
         classificationMin=\"{least}\" classificationMax=\"{most}\">\n\
         \x20     <rasterTransparency/>\n\
         \x20     <rastershader>\n\
         \x20       <colorrampshader colorRampType=\"{kind}\" classificationMode=\"1\" clip=\"0\" minimumValue=\"{least}\" \
         maximumValue=\"{most}\">\n{items}\
         \x20       </colorrampshader>\n\
         \x20     </rastershader>\n\
         \x20   </rasterrenderer>\n\
         \x20 </pipe>\n\
         </qgis>\n"
    )
}

/// SLD 1.0.
pub(super) fn sld(look: &Look) -> String {
    let kind = match look.kind {
        Kind::Ramp => "ramp",
        Kind::Intervals => "intervals",
        Kind::Values => "values",
    };
    let mut entries = String::new();
    let mut entry = |quantity: f64, colour: [u8; 4], label: &str| {
        let (hex, opacity, label) = (hex(colour), f64::from(colour[3]) / 255.0, escaped(label));
        let _ = writeln!(
            entries,
            "            <ColorMapEntry color=\"{hex}\" quantity=\"{quantity}\" opacity=\"{opacity}\" label=\"{label}\"/>"
        );
    };
    const CLEAR: [u8; 4] = [0, 0, 0, 0];
    match look.kind {
        // An entry colours what is below it: so the lower end of the first interval hides the value of cells without one, and the upper end
        // of the last must be above what it is to hold.
        Kind::Intervals => {
            let last = look.stops.len() - 1;
            entry(look.stops[0].value, CLEAR, "no data");
            for (i, stop) in look.stops.iter().enumerate() {
                entry(if i == last { stop.upper + 0.001 } else { stop.upper }, stop.colour, &stop.label);
            }
        }
        // Quantities rise; the value of cells without one is below or above all others.
        _ => {
            if look.nodata < look.stops[0].value {
                entry(look.nodata, CLEAR, "no data");
            }
            look.stops.iter().for_each(|stop| entry(stop.value, stop.colour, &stop.label));
            if look.nodata >= look.stops[0].value {
                entry(look.nodata, CLEAR, "no data");
            }
        }
    }
    let title = escaped(&look.title);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <StyledLayerDescriptor version=\"1.0.0\" xmlns=\"http://www.opengis.net/sld\" xmlns:ogc=\"http://www.opengis.net/ogc\" \
         xmlns:xlink=\"http://www.w3.org/1999/xlink\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xsi:schemaLocation=\"http://www.opengis.net/sld http://schemas.opengis.net/sld/1.0.0/StyledLayerDescriptor.xsd\">\n\
         \x20 <NamedLayer>\n\
         \x20   <Name>{title}</Name>\n\
         \x20   <UserStyle>\n\
         \x20     <Title>{title}</Title>\n\
         \x20     <FeatureTypeStyle>\n\
         \x20       <Rule>\n\
         \x20         <RasterSymbolizer>\n\
         \x20         <ColorMap type=\"{kind}\">\n{entries}\
         \x20         </ColorMap>\n\
         \x20         </RasterSymbolizer>\n\
         \x20       </Rule>\n\
         \x20     </FeatureTypeStyle>\n\
         \x20   </UserStyle>\n\
         \x20 </NamedLayer>\n\
         </StyledLayerDescriptor>\n"
    )
}

/// A line for each value: value, red, green, blue. Of an interval its lower end.
pub(super) fn clr(look: &Look) -> String {
    look.stops.iter().map(|s| format!("{} {} {} {}\n", s.value, s.colour[0], s.colour[1], s.colour[2])).collect()
}

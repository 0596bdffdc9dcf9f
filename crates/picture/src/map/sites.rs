//! Places where samples were taken, and those where they shall be.

use super::MapPicture;
use super::frame::Frame;
use crate::svg::{Anchor, Style, Svg};

/// Radius of a site's disc, which has room for two digits.
const RADIUS: f64 = 8.5;

/// Crosses of samples, and discs with the numbers of sites over them; the first site on top.
pub(super) fn draw(svg: &mut Svg, picture: &MapPicture<'_>, frame: &Frame) {
    for at in picture.taken.iter().filter_map(|&place| frame.inside(place)) {
        cross(svg, at);
    }
    for (i, &place) in picture.sites.iter().enumerate().rev() {
        if let Some(at) = frame.inside(place) {
            site(svg, at, &(i + 1).to_string());
        }
    }
}

pub(super) fn cross(svg: &mut Svg, [x, y]: [f64; 2]) {
    for (attributes, arm) in
        [(r##"stroke="#ffffff" stroke-width="2.4""##, 3.2), (r##"stroke="#14191d" stroke-width="1""##, 2.6)]
    {
        svg.line([x - arm, y], [x + arm, y], attributes);
        svg.line([x, y - arm], [x, y + arm], attributes);
    }
}

pub(super) fn site(svg: &mut Svg, [x, y]: [f64; 2], number: &str) {
    svg.circle([x, y], RADIUS, r##"fill="#ffd23f" stroke="#14191d" stroke-width="1.2""##);
    let size = if number.len() > 2 { 7.0 } else { 9.5 };
    svg.text(x, y + 0.36 * size, Style::new(size).bold().anchor(Anchor::Middle), number);
}

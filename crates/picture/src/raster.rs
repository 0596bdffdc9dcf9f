//! A field of values on a grid, and its picture.

use crate::colour::Ramp;
use crate::scale::Scale;
use crate::svg::base64;

/// Values of a grid, row by row from the north, each row from the west. What is not finite has no value.
#[derive(Debug, Clone, Copy)]
pub struct Raster<'a> {
    /// `width * height` values.
    pub values: &'a [f32],
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Western edge of the first column, in CRS units.
    pub west: f64,
    /// Northern edge of the first row, in CRS units.
    pub north: f64,
    /// Size of a cell, east and north; signs are ignored.
    pub cell: [f64; 2],
}

impl Raster<'_> {
    /// West, south, east, north; none for a raster without cells or with an impossible place.
    pub(crate) fn bounds(&self) -> Option<[f64; 4]> {
        let east = self.west + self.cell[0].abs() * self.width as f64;
        let south = self.north - self.cell[1].abs() * self.height as f64;
        let bounds = [self.west, south, east, self.north];
        (bounds.iter().all(|b| b.is_finite()) && east > self.west && self.north > south).then_some(bounds)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = f64> + Clone {
        self.values.iter().take(self.width * self.height).map(|&v| f64::from(v))
    }

    pub(crate) fn has_gaps(&self) -> bool {
        self.values.len() < self.width * self.height || self.values().any(|v| !v.is_finite())
    }

    /// The raster as a `data:` address of an indexed PNG of at most `limit` pixels a side. A raster with more cells is
    /// thinned by taking, for each pixel, the cell at its centre: no value is shown that no cell has.
    pub(crate) fn data_address(&self, scale: &Scale, ramp: &Ramp, limit: usize) -> String {
        let (w, h) = (self.width.min(limit.max(1)), self.height.min(limit.max(1)));
        let mut pixels = Vec::with_capacity(w * h);
        for row in 0..h {
            let source = (2 * row + 1) * self.height / (2 * h) * self.width;
            for col in 0..w {
                let value = self.values.get(source + (2 * col + 1) * self.width / (2 * w));
                let position = value.and_then(|&v| scale.position(f64::from(v)));
                pixels.push(position.map_or(0, |p| Ramp::index(p) as u8 + 1));
            }
        }
        let colours = ramp.colours().iter().flat_map(|c| c.0);
        let palette: Vec<u8> = [0xff; 3].into_iter().chain(colours).collect();
        let bytes = crate::png::indexed(w as u32, h as u32, palette, &pixels);
        format!("data:image/png;base64,{}", base64(&bytes))
    }
}

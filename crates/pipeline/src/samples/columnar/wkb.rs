//! The point in a geometry as OGC's well-known binary, with ISO's or PostGIS's marks for further ordinates.

use soilscope_core::Coord;

/// Why there is no point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A geometry of another kind.
    NoPoint(&'static str),
    /// These bytes are no geometry.
    NoWkb(&'static str),
}

const KINDS: [&str; 7] =
    ["POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRYCOLLECTION"];
const POINT: u32 = 1;
const MULTIPOINT: u32 = 4;

/// What is left of the bytes, and their order.
struct Bytes<'a> {
    rest: &'a [u8],
    little: bool,
}

impl<'a> Bytes<'a> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(Refusal::NoWkb("it is cut off"))?;
        self.rest = rest;
        Ok(*taken)
    }

    fn number(&mut self) -> Result<u32, Refusal> {
        let bytes = self.take()?;
        Ok(if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    fn ordinate(&mut self) -> Result<f64, Refusal> {
        let bytes = self.take()?;
        Ok(if self.little { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) })
    }

    /// Order of bytes, kind of geometry, ordinates beside the first two.
    fn head(&mut self) -> Result<(u32, u32), Refusal> {
        self.little = match self.take::<1>()? {
            [0] => false,
            [1] => true,
            _ => return Err(Refusal::NoWkb("its first byte is neither 0 nor 1")),
        };
        let code = self.number()?;
        let marks = (code >> 31) + (code >> 30 & 1);
        if code >> 29 & 1 == 1 {
            self.number()?; // PostGIS's number of the CRS
        }
        let code = code & 0x1fff_ffff;
        let (iso, kind) = (code / 1000, code % 1000);
        if iso > 3 || kind == 0 || kind as usize > KINDS.len() || (iso > 0 && marks > 0) {
            return Err(Refusal::NoWkb("it is of no kind that is known"));
        }
        // ISO: 1000 with a height, 2000 with a measure, 3000 with both.
        Ok((kind, marks + [0, 1, 1, 2][iso as usize]))
    }

    /// The place of a point whose head was read; `None` for an empty one, whose ordinates are NaN.
    fn place(&mut self, more: u32) -> Result<Option<Coord>, Refusal> {
        let place = [self.ordinate()?, self.ordinate()?];
        for _ in 0..more {
            self.ordinate()?;
        }
        Ok((!place.iter().all(|v| v.is_nan())).then_some(place))
    }
}

/// A point, or the one point of a multi-point; `None` for an empty geometry.
pub(super) fn point(wkb: &[u8]) -> Result<Option<Coord>, Refusal> {
    let mut bytes = Bytes { rest: wkb, little: true };
    let (kind, more) = bytes.head()?;
    let place = if kind == POINT {
        bytes.place(more)?
    } else {
        match (kind, bytes.number()?) {
            (_, 0) => None,
            (MULTIPOINT, 1) => {
                let (POINT, more) = bytes.head()? else { return Err(Refusal::NoWkb("a multi-point of no points")) };
                bytes.place(more)?
            }
            _ => return Err(Refusal::NoPoint(KINDS[kind as usize - 1])),
        }
    };
    if bytes.rest.is_empty() { Ok(place) } else { Err(Refusal::NoWkb("more follows than belongs to it")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
    }

    #[test]
    fn points_of_all_spellings() {
        // As shapely.to_wkb(hex=True) writes POINT (1 2), big and little, with a height (ISO and PostGIS), with SRID 28992.
        for text in [
            "0101000000000000000000f03f0000000000000040",
            "00000000013ff00000000000004000000000000000",
            "01e9030000000000000000f03f00000000000000400000000000000840",
            "0101000080000000000000f03f00000000000000400000000000000840",
            "010100002040710000000000000000f03f0000000000000040",
            "0104000000010000000101000000000000000000f03f0000000000000040",
        ] {
            assert_eq!(point(&hex(text)), Ok(Some([1.0, 2.0])), "{text}");
            for cut in 0..text.len() / 2 {
                assert_eq!(point(&hex(text)[..cut]), Err(Refusal::NoWkb("it is cut off")), "{text} of {cut} bytes");
            }
        }
        assert_eq!(point(&hex("0101000000000000000000f87f000000000000f87f")), Ok(None), "POINT EMPTY");
        assert_eq!(point(&hex("010300000000000000")), Ok(None), "POLYGON EMPTY");
    }

    #[test]
    fn what_is_no_point_is_named() {
        let line = "010200000002000000000000000000000000000000000000000000000000000000000000000000f03f";
        assert_eq!(point(&hex(line)), Err(Refusal::NoPoint("LINESTRING")));
        assert_eq!(point(&hex("010400000002000000")), Err(Refusal::NoPoint("MULTIPOINT")));
        assert_eq!(point(b"POINT (1 2)"), Err(Refusal::NoWkb("its first byte is neither 0 nor 1")));
        assert_eq!(point(&hex("010900000000000000")), Err(Refusal::NoWkb("it is of no kind that is known")));
        let long = "0101000000000000000000f03f000000000000004000";
        assert_eq!(point(&hex(long)), Err(Refusal::NoWkb("more follows than belongs to it")));
    }
}

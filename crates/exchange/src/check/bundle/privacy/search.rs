//! P002, the search: every file, for places as text and as stored numbers.

use std::collections::{BTreeMap, HashMap};

use super::places::System;

/// Numbers apart that the two coordinates of a place may stand in a text.
const APART: u64 = 8;
/// Bytes apart that the two coordinates of a place may stand as stored numbers: a box keeps west, east, south, north.
const BYTES_APART: u64 = 32;

/// The places found in one file, and where first.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    /// By place: where, and in which system.
    pub(super) places: BTreeMap<u32, (String, String)>,
}

impl Found {
    fn add(&mut self, place: u32, at: impl FnOnce() -> String, system: &str) {
        self.places.entry(place).or_insert_with(|| (at(), system.to_owned()));
    }
}

/// A search over one file.
pub(super) struct Search<'a> {
    systems: &'a [System],
    /// By the upper 16 bits of a stored number: whether it can be near a coordinate.
    near: &'a Near,
    /// What was found.
    pub(super) found: Found,
    /// Where each coordinate was last seen, by system, place and axis; in each way of reading a text, and in each order of bytes.
    seen: HashMap<(u8, u32, bool, u8), u64>,
    line: u64,
    /// Numbers read so far; a gap stands between pieces.
    count: u64,
    /// Where the bytes of the next packed part are said to begin.
    parts: u64,
}

/// Which upper halves of stored numbers can belong to a coordinate.
pub(super) struct Near(Vec<bool>);

impl Near {
    /// Of all coordinates of all systems.
    pub(super) fn of(systems: &[System]) -> Self {
        let mut near = vec![false; 1 << 16];
        for system in systems {
            for needle in system.axes.iter().flatten() {
                for value in [needle.value - system.close, needle.value, needle.value + system.close] {
                    near[(value.to_bits() >> 48) as usize] = true;
                }
            }
        }
        Self(near)
    }
}

/// How numbers of a text are read.
#[derive(Clone, Copy, PartialEq)]
enum Reading {
    /// With a decimal point.
    Point = 0,
    /// With a decimal comma.
    Comma = 1,
    /// As degrees, minutes and seconds.
    Sexagesimal = 2,
    /// Stored, least byte first.
    Little = 3,
    /// Stored, greatest byte first.
    Big = 4,
}

impl<'a> Search<'a> {
    /// A new file.
    pub(super) fn new(systems: &'a [System], near: &'a Near) -> Self {
        Self { systems, near, found: Found::default(), seen: HashMap::new(), line: 0, count: 0, parts: 1 << 48 }
    }

    fn number(
        &mut self,
        value: f64,
        close: Option<f64>,
        at: u64,
        apart: u64,
        reading: Reading,
        place: &dyn Fn() -> String,
    ) {
        for (s, system) in self.systems.iter().enumerate() {
            for axis in 0..2 {
                // A hemisphere may stand beside the number instead of a sign.
                for signed in [value, -value] {
                    if signed != value && value <= 0.0 {
                        continue;
                    }
                    let matched = system.matches(axis, signed, close.unwrap_or(system.close).max(system.close));
                    for needle in matched {
                        let key = |axis: usize| (s as u8, needle.place, axis == 1, reading as u8);
                        if self.seen.get(&key(1 - axis)).is_some_and(|other| at.abs_diff(*other) <= apart) {
                            self.found.add(needle.place, place, &system.name);
                        }
                        self.seen.insert(key(axis), at);
                    }
                }
            }
        }
    }

    /// Text, or bytes in which text may stand.
    pub(super) fn text(&mut self, bytes: &[u8]) {
        let mut at = 0;
        // Numbers before, for degrees and minutes: value, decimals, where they end.
        let mut before: [Option<(f64, usize, usize)>; 2] = [None, None];
        while at < bytes.len() {
            if bytes[at] == b'\n' {
                self.line += 1;
            }
            if !bytes[at].is_ascii_digit() {
                at += 1;
                continue;
            }
            let from = at;
            let (point, decimals) = run(bytes, &mut at);
            self.count += 1;
            let count = self.count;
            let line = self.line + 1;
            let place = move || format!("line {line}");
            let negative = from > 0 && bytes[from - 1] == b'-';
            let sign = |v: f64| if negative { -v } else { v };
            if let Some(value) = point {
                self.number(sign(value), None, count, APART, Reading::Point, &place);
            }
            // A comma between two runs of digits may be a decimal comma.
            if decimals == 0
                && bytes.get(at) == Some(&b',')
                && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
                && (from == 0 || bytes[from - 1] != b'.')
            {
                let mut end = at + 1;
                while bytes.get(end).is_some_and(u8::is_ascii_digit) && end - from < 24 {
                    end += 1;
                }
                let text = String::from_utf8_lossy(&bytes[from..end]).replace(',', ".");
                if let Ok(value) = text.parse::<f64>() {
                    self.number(sign(value), None, count, APART, Reading::Comma, &place);
                }
            }
            if let Some(value) = point {
                self.sexagesimal(bytes, before, (value, decimals, from), count, &place);
                before = [before[1], Some((value, decimals, at))];
            }
        }
    }

    fn sexagesimal(
        &mut self,
        bytes: &[u8],
        before: [Option<(f64, usize, usize)>; 2],
        now: (f64, usize, usize),
        count: u64,
        place: &dyn Fn() -> String,
    ) {
        let between = |from: usize, to: usize, marks: &[&str]| {
            let gap = String::from_utf8_lossy(bytes.get(from..to).unwrap_or_default()).trim().to_lowercase();
            to - from <= 8 && marks.contains(&gap.as_str())
        };
        let (value, decimals, from) = now;
        let Some((b, b_decimals, b_end)) = before[1] else { return };
        let degrees = ["°", "º", "d", "deg", ":", "˚"];
        let minutes = ["'", "′", "m", "min", ":", "’"];
        if value >= 60.0 {
            return;
        }
        if decimals >= 3 && b_decimals == 0 && between(b_end, from, &degrees) {
            let close = 0.5 * 10_f64.powi(-(decimals as i32)) / 60.0;
            self.number(b + value / 60.0, Some(close), count, 2 * APART, Reading::Sexagesimal, place);
        }
        let Some((a, a_decimals, a_end)) = before[0] else { return };
        let b_from = b_end - b_end.min(digits_before(bytes, b_end));
        if decimals >= 1
            && a_decimals == 0
            && b_decimals == 0
            && b < 60.0
            && between(b_end, from, &minutes)
            && between(a_end, b_from, &degrees)
        {
            let close = 0.5 * 10_f64.powi(-(decimals as i32)) / 3600.0;
            self.number(a + b / 60.0 + value / 3600.0, Some(close), count, 2 * APART, Reading::Sexagesimal, place);
        }
    }

    /// Numbers stored in bytes, eight each, at any offset; `base` is where the bytes begin in the file.
    pub(super) fn stored(&mut self, bytes: &[u8], base: u64) {
        for (i, window) in bytes.windows(8).enumerate() {
            let raw: [u8; 8] = [window[0], window[1], window[2], window[3], window[4], window[5], window[6], window[7]];
            let upper = |high: u8, low: u8| usize::from(high) << 8 | usize::from(low);
            let at = base + i as u64;
            let place = move || format!("byte {at}");
            if self.near.0[upper(raw[7], raw[6])] {
                self.number(f64::from_le_bytes(raw), None, at, BYTES_APART, Reading::Little, &place);
            }
            if self.near.0[upper(raw[0], raw[1])] {
                self.number(f64::from_be_bytes(raw), None, at, BYTES_APART, Reading::Big, &place);
            }
        }
    }

    /// A piece of a larger file begins, whose first `lines_again` lines were read before.
    pub(super) fn next_piece(&mut self, lines_again: u64) {
        self.line = self.line.saturating_sub(lines_again);
        // What was seen in the piece before is not near.
        self.count += 1000;
    }

    /// Something unpacked from the file: its bytes are near none of the others.
    pub(super) fn part(&mut self, bytes: &[u8]) {
        self.next_piece(0);
        self.text(bytes);
        self.stored(bytes, self.parts);
        self.parts += bytes.len() as u64 + 1000;
        self.next_piece(0);
    }
}

/// The number that begins at `at` (a digit), and its decimals; `at` is then behind it. `None` for what is too long to be a coordinate.
fn run(bytes: &[u8], at: &mut usize) -> (Option<f64>, usize) {
    let from = *at;
    let digits = |at: &mut usize| {
        let begin = *at;
        while bytes.get(*at).is_some_and(u8::is_ascii_digit) {
            *at += 1;
        }
        *at - begin
    };
    digits(at);
    let mut decimals = 0;
    if bytes.get(*at) == Some(&b'.') && bytes.get(*at + 1).is_some_and(u8::is_ascii_digit) {
        *at += 1;
        decimals = digits(at);
    }
    let mut end = *at;
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        end += 1;
        if matches!(bytes.get(end), Some(b'+' | b'-')) {
            end += 1;
        }
        let begin = end;
        if digits(&mut end) > 0 && end - begin <= 3 {
            *at = end;
        }
    }
    let text = &bytes[from..*at];
    let value = (text.len() <= 40).then(|| std::str::from_utf8(text).ok()?.parse().ok()).flatten();
    (value, decimals)
}

fn digits_before(bytes: &[u8], end: usize) -> usize {
    bytes[..end].iter().rev().take_while(|b| b.is_ascii_digit()).count()
}

#[cfg(test)]
mod tests {
    use super::super::places::{Needle, System};
    use super::*;

    fn systems() -> Vec<System> {
        let of = |name: &str, close: f64, at: [f64; 2]| System {
            name: name.to_owned(),
            close,
            axes: at.map(|value| vec![Needle { value, place: 0 }]),
        };
        vec![of("degrees", 0.5e-5 + 1e-11, [5.963_412_3, -49.567_891_2]), of("EPSG:2169", 0.5, [71_234.4, 65_432.1])]
    }

    fn in_text(text: &str) -> bool {
        let systems = systems();
        let near = Near::of(&systems);
        let mut search = Search::new(&systems, &near);
        search.text(text.as_bytes());
        !search.found.places.is_empty()
    }

    #[test]
    fn places_are_found_however_they_are_written() {
        for text in [
            "5.96341,-49.56789",
            "[-49.5678912, 5.9634123]",
            "lon=5.963412 lat=-49.567891",
            "5,96341;-49,56789",
            "49.56789 S 5.96341 E",
            "POINT (5.9634123 -49.5678912)",
            "<x>71234</x><y>65432</y>",
            "5.9634123e0 -4.95678912E1",
            "49°34'4.41\" S, 5°57'48.28\" E",
            "49:34:04.408, 5:57:48.284",
            "49° 34.0735' 5° 57.8047'",
        ] {
            assert!(in_text(text), "{text}");
        }
    }

    #[test]
    fn what_is_not_the_place_is_not_found() {
        for text in [
            "5.9634,-49.5679",
            "5.96343,-49.56789",
            "5.96341 and nothing more",
            "71234 1 2 3 4 5 6 7 8 9 65432",
            "71235.6 65432",
            "2024-05-27T05:57:48Z",
        ] {
            assert!(!in_text(text), "{text}");
        }
    }

    #[test]
    fn stored_numbers_are_found_in_either_order_of_bytes() {
        let systems = systems();
        let near = Near::of(&systems);
        for bytes in [
            [5.963_412_3_f64.to_le_bytes(), (-49.567_891_2_f64).to_le_bytes()].concat(),
            [5.963_412_3_f64.to_be_bytes(), (-49.567_891_2_f64).to_be_bytes()].concat(),
            // The box of a point: west, east, south, north.
            [5.963_412_3_f64, 5.963_412_3, -49.567_891_2, -49.567_891_2].map(f64::to_le_bytes).concat(),
        ] {
            let mut search = Search::new(&systems, &near);
            search.stored(&[b"xyz".as_slice(), &bytes].concat(), 0);
            assert_eq!(search.found.places.len(), 1);
        }
        let mut search = Search::new(&systems, &near);
        search.stored(&[5.963_412_3_f64.to_le_bytes(), 49.0_f64.to_le_bytes()].concat(), 0);
        assert!(search.found.places.is_empty());
    }
}

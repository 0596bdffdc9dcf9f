//! From a value to a position on the colour bar.

use crate::colour::Palette;
use crate::number::{linear_ticks, log_ticks, significant, with_step};

/// How values are spread over the colours: what is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColourScale {
    /// Equal differences are equal steps.
    Linear,
    /// Equal ratios are equal steps. Needs values above zero; otherwise the picture is linear and says so.
    Log,
    /// Logarithmic for positive values that spread over more than a factor of 30 (2nd to 98th percentile) or whose
    /// greatest is more than 50 times their median; linear otherwise.
    #[default]
    Auto,
}

/// How values are spread over the colours: what was done.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    kind: Kind,
    low: f64,
    high: f64,
    /// Whether the data go beyond the limits.
    pub(crate) beyond: [bool; 2],
    fell_back: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Linear,
    Log,
    Classes(Vec<f64>),
}

/// What a scale is found from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish<'a> {
    pub(crate) choice: ColourScale,
    pub(crate) limits: Option<[f64; 2]>,
    pub(crate) breaks: Option<&'a [f64]>,
    pub(crate) palette: Palette,
}

/// Finite values at hand: their range exactly, their spread from at most a million of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spread {
    range: Option<[f64; 2]>,
    sorted: Vec<f64>,
}

impl Spread {
    pub(crate) fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        let finite = values.filter(|v| v.is_finite());
        let (mut count, mut low, mut high) = (0_usize, f64::INFINITY, f64::NEG_INFINITY);
        for v in finite.clone() {
            (count, low, high) = (count + 1, low.min(v), high.max(v));
        }
        let mut sorted: Vec<f64> = finite.step_by(count.div_ceil(1_000_000).max(1)).collect();
        sorted.sort_by(f64::total_cmp);
        Self { range: (count > 0).then_some([low, high]), sorted }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.range.is_none()
    }

    /// Whether colours in equal steps would leave most of the values alike.
    fn is_skewed(&self) -> bool {
        let Some([_, high]) = self.range else { return false };
        self.quantile(0.98) >= 30.0 * self.quantile(0.02) || high >= 50.0 * self.quantile(0.5)
    }

    /// The range, cut where it goes beyond the middle 96 % by more than their spread, in logarithms if so asked.
    /// Values that are nearly all the same leave no spread to judge by, and nothing is cut.
    fn fenced(&self, log: bool) -> [f64; 2] {
        let Some([low, high]) = self.range else { return [0.0, 1.0] };
        let (q02, q98) = (self.quantile(0.02), self.quantile(0.98));
        if q98 <= q02 {
            return [low, high];
        }
        let fence = if log { [q02 * (q02 / q98), q98 * (q98 / q02)] } else { [q02 - (q98 - q02), q98 + (q98 - q02)] };
        [low.max(fence[0]), high.min(fence[1])]
    }

    fn quantile(&self, q: f64) -> f64 {
        self.sorted[((self.sorted.len() - 1) as f64 * q).round() as usize]
    }
}

impl Scale {
    /// `field` is what the map shows everywhere, `points` what the samples say.
    ///
    /// Limits found from the data cover the field and the middle 90 % of the points, so that one wild sample does not
    /// bleach the map and a field that smooths too much is seen to do so. A field with wild values of its own is
    /// covered up to a fence; the colour bar then ends in a point, which says "and beyond".
    pub(crate) fn find(wish: Wish<'_>, field: &Spread, points: &Spread) -> Self {
        let main = if field.is_empty() { points } else { field };
        let asked = wish.limits.filter(|l| l[0].is_finite() && l[1].is_finite() && l[0] < l[1]);
        let breaks = wish.breaks.map(|breaks| {
            let mut breaks: Vec<f64> = breaks.iter().copied().filter(|b| b.is_finite()).collect();
            breaks.sort_by(f64::total_cmp);
            breaks.dedup();
            breaks
        });
        let possible = wish.palette != Palette::Change
            && asked.is_none_or(|l| l[0] > 0.0)
            && main.range.is_none_or(|r| asked.is_some() || r[0] > 0.0);
        let mut fell_back = false;
        let kind = match (breaks.filter(|b| !b.is_empty()), wish.choice) {
            (Some(breaks), _) => Kind::Classes(breaks),
            (None, ColourScale::Log) if possible => Kind::Log,
            (None, ColourScale::Auto) if possible && main.is_skewed() => Kind::Log,
            (None, choice) => {
                fell_back = choice == ColourScale::Log;
                Kind::Linear
            }
        };
        let log = kind == Kind::Log;
        let mut range = match (field.is_empty(), points.is_empty()) {
            (true, true) => [if log { 0.1 } else { 0.0 }, 1.0],
            (true, false) => points.fenced(log),
            (false, true) => field.fenced(log),
            (false, false) => {
                let (field, low, high) = (field.fenced(log), points.quantile(0.05), points.quantile(0.95));
                // A sample without a logarithm has no say in a logarithmic scale.
                [if log && low <= 0.0 { field[0] } else { field[0].min(low) }, field[1].max(high)]
            }
        };
        if wish.palette == Palette::Change {
            let reach = range[0].abs().max(range[1].abs());
            range = [-reach, reach];
        }
        let [mut low, mut high] = asked.unwrap_or(range);
        if !(high - low > 1e-9 * high.abs().max(low.abs())) {
            // One value only: it stands in the middle.
            let around = (0.1 * low.abs()).max(f64::MIN_POSITIVE.sqrt());
            let around = if low == 0.0 { 1.0 } else { around };
            (low, high) = (low - around, high + around);
        }
        let whole = [field.range, points.range].into_iter().flatten();
        let beyond = whole.fold([false, false], |b, r| [b[0] || r[0] < low, b[1] || r[1] > high]);
        Self { kind, low, high, beyond, fell_back }
    }

    /// Whether equal ratios are equal steps.
    #[must_use]
    pub fn is_log(&self) -> bool {
        self.kind == Kind::Log
    }

    /// Whether a logarithmic scale was asked for and is linear because some value is not above zero.
    #[must_use]
    pub fn fell_back(&self) -> bool {
        self.fell_back
    }

    /// The values at the two ends of the colours.
    #[must_use]
    pub fn limits(&self) -> [f64; 2] {
        [self.low, self.high]
    }

    /// The class borders, if the scale has classes.
    #[must_use]
    pub fn classes(&self) -> Option<&[f64]> {
        match &self.kind {
            Kind::Classes(breaks) => Some(breaks),
            _ => None,
        }
    }

    /// Position of a value's colour, 0 to 1; values beyond the limits take the colours of the ends.
    #[must_use]
    pub fn position(&self, value: f64) -> Option<f64> {
        if !value.is_finite() {
            return None;
        }
        Some(match &self.kind {
            Kind::Linear => ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0),
            Kind::Log if value <= 0.0 => 0.0,
            Kind::Log => ((value / self.low).ln() / (self.high / self.low).ln()).clamp(0.0, 1.0),
            // A border belongs to the class above it: "at or above the guideline".
            Kind::Classes(breaks) => breaks.partition_point(|b| *b <= value) as f64 / breaks.len() as f64,
        })
    }

    /// Position along the colour bar, where it differs from the colour's: classes are blocks of equal length.
    pub(crate) fn place(&self, value: f64) -> Option<f64> {
        let Kind::Classes(breaks) = &self.kind else {
            let inside = value >= self.low && value <= self.high;
            return if inside { self.position(value) } else { None };
        };
        breaks.iter().position(|b| *b == value).map(|i| (i + 1) as f64 / (breaks.len() + 1) as f64)
    }

    /// Ticks of the colour bar: place along it and label.
    pub(crate) fn ticks(&self, count: usize) -> Vec<(f64, String)> {
        let labelled = |values: Vec<f64>, step: Option<f64>| {
            let label = |v: f64| step.map_or_else(|| significant(v, 6), |s| with_step(v, s));
            values.into_iter().filter_map(|v| Some((self.place(v)?, label(v)))).collect()
        };
        match &self.kind {
            Kind::Linear => {
                let ticks = linear_ticks(self.low, self.high, count);
                labelled(ticks.values, Some(ticks.step))
            }
            Kind::Log => labelled(log_ticks(self.low, self.high, count + 3), None),
            Kind::Classes(breaks) => labelled(breaks.clone(), None),
        }
    }
}

//! What the schema asks of a field: kind, words, bounds.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::tables;

/// What the schema asks of a field.
pub(super) struct Asked {
    /// Whether it is a number.
    pub(super) number: bool,
    /// The words it may be; empty if any.
    pub(super) words: Vec<&'static str>,
    minimum: Option<f64>,
    above: Option<f64>,
    maximum: Option<f64>,
}

static ASKED: LazyLock<BTreeMap<&'static str, Asked>> = LazyLock::new(|| {
    let fields = tables::long_schema()["fields"].as_array().expect("the schema lists fields");
    let mut all: BTreeMap<_, _> = fields
        .iter()
        .map(|field| {
            let words = field["enum"].as_array().map(|w| w.iter().filter_map(|w| w.as_str()).collect());
            let asked = Asked {
                number: matches!(field["type"].as_str(), Some("number" | "integer")),
                words: words.unwrap_or_default(),
                minimum: field["minimum"].as_f64(),
                above: field["exclusiveMinimum"].as_f64(),
                maximum: field["maximum"].as_f64(),
            };
            (field["name"].as_str().expect("a field has a name"), asked)
        })
        .collect();
    let value = Asked { number: true, words: Vec::new(), minimum: None, above: None, maximum: None };
    all.insert("certified_value", value);
    all
});

/// What the schema asks of `field`; nothing of one beside it.
pub(super) fn asked(field: &str) -> Option<&'static Asked> {
    ASKED.get(field)
}

/// The cells that mean that nothing is there.
pub(super) fn is_null(cell: &str) -> bool {
    static NULLS: LazyLock<Vec<&str>> = LazyLock::new(|| {
        let nulls = tables::long_schema()["dialects"]["csv"]["null_values"].as_array().expect("the schema lists nulls");
        nulls.iter().filter_map(|n| n.as_str()).collect()
    });
    NULLS.contains(&cell.trim())
}

impl Asked {
    /// The word of the list that `text` is, in any case, or as the last part of a URI.
    pub(super) fn word(&self, text: &str) -> Option<&'static str> {
        let last = text.rsplit('/').next().unwrap_or(text);
        let is = |same: &str| self.words.iter().copied().find(|w| !w.is_empty() && w.eq_ignore_ascii_case(same));
        is(text).or_else(|| is(last))
    }

    /// What is wrong with the size of a number.
    pub(super) fn outside(&self, number: f64) -> Option<String> {
        let lowest = self.minimum.filter(|&m| number < m).map(|m| format!("is below {m}"));
        let above = self.above.filter(|&m| number <= m).map(|m| format!("is not above {m}"));
        let highest = self.maximum.filter(|&m| number > m).map(|m| format!("is above {m}"));
        lowest.or(above).or(highest)
    }
}

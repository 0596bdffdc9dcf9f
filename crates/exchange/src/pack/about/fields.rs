//! Keys of a table taken one by one, with everything that is wrong with them gathered.

use std::ops::RangeInclusive;

use super::nearest::nearest;

/// The longest text one key may hold, in characters.
const LONGEST: usize = 10_000;

/// Everything that is wrong, in the order of the keys.
#[derive(Debug, Default)]
pub(super) struct Problems {
    missing: Vec<String>,
    wrong: Vec<String>,
}

impl Problems {
    /// `key` has `value`, which ought to be `expected`.
    pub(super) fn wrong(&mut self, key: &str, value: &str, expected: &str) {
        let value: String = value.chars().take(60).collect();
        self.wrong.push(format!("{key} is '{value}' and must be {expected}"));
    }

    /// Keys of `table` that are none of `known`.
    pub(super) fn known<'k>(&mut self, table: &str, keys: impl Iterator<Item = &'k String>, known: &[&str]) {
        let place = if table.is_empty() { String::new() } else { format!("{table}.") };
        for key in keys.filter(|k| !known.contains(&k.as_str())) {
            self.wrong.push(match nearest(key, known) {
                Some(near) => format!("{place}{key} is not known (did you mean {near}?)"),
                None => format!("{place}{key} is not known (known are {})", known.join(", ")),
            });
        }
    }

    /// All of it, or nothing when nothing is wrong.
    pub(super) fn into_text(self) -> Option<String> {
        let mut said = Vec::new();
        if !self.missing.is_empty() {
            said.push(format!("missing: {}", self.missing.join(", ")));
        }
        said.extend(self.wrong);
        (!said.is_empty()).then(|| said.join("; "))
    }
}

/// One table, its keys taken by name; what is not taken is not known.
pub(super) struct Fields<'t> {
    path: String,
    table: Option<&'t toml::Table>,
    asked: Vec<&'static str>,
    problems: Problems,
}

impl<'t> Fields<'t> {
    /// The table `name` of `of`; a missing one is empty.
    pub(super) fn of(of: &'t toml::Table, name: &str, problems: &mut Problems) -> Self {
        Self::at(of, name, name.to_owned(), problems)
    }

    /// The table `name` of the table `outer`.
    pub(super) fn within(of: &'t toml::Table, outer: &str, name: &str, problems: &mut Problems) -> Self {
        Self::at(of, name, format!("{outer}.{name}"), problems)
    }

    fn at(of: &'t toml::Table, name: &str, path: String, problems: &mut Problems) -> Self {
        let table = of.get(name);
        if table.is_some_and(|t| !t.is_table()) {
            problems.wrong(&path, "no table", &format!("a table [{path}]"));
        }
        Self { path, table: table.and_then(toml::Value::as_table), asked: Vec::new(), problems: Problems::default() }
    }

    fn take(&mut self, key: &'static str) -> Option<&'t toml::Value> {
        self.asked.push(key);
        self.table?.get(key)
    }

    /// `key` has `value`, which ought to be `expected`.
    pub(super) fn wrong(&mut self, key: &str, value: &str, expected: &str) {
        let key = format!("{}.{key}", self.path);
        self.problems.wrong(&key, value, expected);
    }

    /// `key` is needed.
    pub(super) fn needed(&mut self, key: &'static str, there: bool) {
        let said = format!("{}.{key}", self.path);
        if !there && !self.problems.wrong.iter().any(|w| w.starts_with(&format!("{said} "))) {
            self.problems.missing.push(said);
        }
    }

    /// A text, if it is there.
    pub(super) fn text(&mut self, key: &'static str) -> Option<String> {
        let value = self.take(key)?;
        match value.as_str().map(str::trim) {
            Some(text) if acceptable(text) => Some(text.to_owned()),
            _ => {
                self.wrong(key, &value.to_string(), "a text that is not empty and has no control characters");
                None
            }
        }
    }

    /// A text that must be there.
    pub(super) fn needed_text(&mut self, key: &'static str) -> Option<String> {
        let text = self.text(key);
        self.needed(key, text.is_some());
        text
    }

    /// A text that `understood` takes, if it is there; else it must be `expected`.
    pub(super) fn optional_as<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        understood: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(key)?;
        let value = understood(&text);
        if value.is_none() {
            self.wrong(key, &text, expected);
        }
        value
    }

    /// As [`Fields::optional_as`], and it must be there.
    pub(super) fn needed_as<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        understood: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let value = self.optional_as(key, expected, understood);
        self.needed(key, value.is_some());
        value
    }

    /// A list of texts, empty when it is not there.
    pub(super) fn texts(&mut self, key: &'static str) -> Vec<String> {
        let Some(value) = self.take(key) else { return Vec::new() };
        let texts: Option<Vec<String>> = value.as_array().and_then(|all| {
            all.iter().map(|v| v.as_str().map(str::trim).filter(|s| acceptable(s)).map(ToOwned::to_owned)).collect()
        });
        texts.unwrap_or_else(|| {
            self.wrong(key, &value.to_string(), "a list of texts");
            Vec::new()
        })
    }

    /// A number within `range`, if it is there.
    pub(super) fn number(&mut self, key: &'static str, range: RangeInclusive<f64>) -> Option<f64> {
        let value = self.take(key)?;
        #[allow(clippy::cast_precision_loss)]
        let number = value.as_float().or_else(|| value.as_integer().map(|i| i as f64)).filter(|x| range.contains(x));
        if number.is_none() {
            self.wrong(key, &value.to_string(), &format!("a number from {} to {}", range.start(), range.end()));
        }
        number
    }

    /// A whole number within `range`, if it is there.
    pub(super) fn integer(&mut self, key: &'static str, range: RangeInclusive<i64>) -> Option<i64> {
        let value = self.take(key)?;
        let number = value.as_integer().filter(|i| range.contains(i));
        if number.is_none() {
            self.wrong(key, &value.to_string(), &format!("a whole number from {} to {}", range.start(), range.end()));
        }
        number
    }

    /// A whole number within `range` that must be there.
    pub(super) fn needed_integer(&mut self, key: &'static str, range: RangeInclusive<i64>) -> Option<i64> {
        let number = self.integer(key, range);
        self.needed(key, number.is_some());
        number
    }

    /// True or false, if it is there.
    pub(super) fn boolean(&mut self, key: &'static str) -> Option<bool> {
        let value = self.take(key)?;
        let flag = value.as_bool();
        if flag.is_none() {
            self.wrong(key, &value.to_string(), "true or false");
        }
        flag
    }

    /// Adds what was wrong here to `problems`, keys nobody asked for included.
    pub(super) fn finish(mut self, problems: &mut Problems) {
        if let Some(table) = self.table {
            self.problems.known(&self.path, table.keys(), &self.asked);
        }
        problems.missing.append(&mut self.problems.missing);
        problems.wrong.append(&mut self.problems.wrong);
    }
}

/// XML 1.0 has no place for control characters, whatever their escape; line breaks and tabs it has.
fn acceptable(text: &str) -> bool {
    let allowed = |c: char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}') || matches!(c, '\n' | '\t' | '\r');
    !text.is_empty() && text.chars().count() <= LONGEST && text.chars().all(allowed)
}

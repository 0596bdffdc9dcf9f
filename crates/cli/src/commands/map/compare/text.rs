//! The comparison as a table, and for people.

use anyhow::Result;
use soilscope_pipeline::io::vector::Value;

use super::super::summary::ground;
use super::Compared;
use super::row::Row;
use crate::field::{SkillRecord, short_number};

impl Row {
    /// The limit, or the limits of the cells, with the mark of their standing.
    fn number(&self) -> String {
        let mark = self.guideline.standing().mark();
        let unit = self.guideline.unit().unwrap_or_default();
        let number = match self.limits {
            Some([low, high]) if low < high => format!("{} to {}{mark} {unit}", short_number(low), short_number(high)),
            Some([only, _]) => format!("{}{mark} {unit}", short_number(only)),
            None => "no limit in any cell".to_owned(),
        };
        number.trim_end().to_owned()
    }

    fn area(&self, area: f64) -> String {
        if self.area_unit == "m2" { ground(Some(area), area) } else { ground(None, area) }
    }

    fn skilled(&self) -> bool {
        self.skill.as_ref().is_some_and(SkillRecord::is_skilled)
    }

    fn lines(&self) -> [String; 2] {
        let simulated = self.area_above.map_or_else(String::new, |spread| {
            format!(" ({} to {} of it above)", self.area(spread.q05), self.area(spread.q95))
        });
        let samples = &self.samples;
        let mut counts = format!("{} of {} samples above", samples.above, samples.used);
        if samples.undecided > 0 {
            counts += &format!(", {} undecided", samples.undecided);
        }
        if samples.without_limit > 0 {
            counts += &format!(", {} without a limit", samples.without_limit);
        }
        let doubt = if self.skilled() { "" } else { "; no skill here" };
        [
            format!(
                "  {}, {}: {} hotspot{}, {}{simulated}; expected above {}, wrong {} inside and {} outside hotspots; {counts}{doubt}",
                self.guideline.code,
                self.number(),
                self.hotspots,
                if self.hotspots == 1 { "" } else { "s" },
                self.area(self.area),
                self.area(self.expected_above),
                self.area(self.false_positive),
                self.area(self.false_negative)
            ),
            format!("      {}", self.guideline.provenance()),
        ]
    }

    fn columns(&self, analyte: &str) -> Vec<(&'static str, Value)> {
        let text = |t: &str| Value::Text(t.to_owned());
        let real = |v: Option<f64>| v.map_or(Value::Null, Value::Real);
        let count = |n: usize| Value::Integer(n as i64);
        let end = |end: usize| self.limits.map(|limits| limits[end]);
        let mut columns = vec![
            ("analyte", text(analyte)),
            ("lowest_limit", real(end(0))),
            ("highest_limit", real(end(1))),
            ("unit", self.guideline.unit().map_or(Value::Null, text)),
        ];
        columns.extend(self.guideline.attributes());
        columns.extend([
            ("hotspots", count(self.hotspots)),
            ("area_unit", text(self.area_unit)),
            ("area", Value::Real(self.area)),
            ("area_above", real(self.area_above.map(|s| s.mean))),
            ("area_above_low", real(self.area_above.map(|s| s.q05))),
            ("area_above_high", real(self.area_above.map(|s| s.q95))),
            ("expected_above", Value::Real(self.expected_above)),
            ("false_positive", Value::Real(self.false_positive)),
            ("false_negative", Value::Real(self.false_negative)),
            ("samples", count(self.samples.used)),
            ("samples_above", count(self.samples.above)),
            ("samples_undecided", count(self.samples.undecided)),
            ("samples_without_limit", count(self.samples.without_limit)),
            ("skill", text(if self.skilled() { "yes" } else { "no" })),
        ]);
        columns
    }
}

impl Compared {
    /// For people: a line a limit, and one that says where it is from.
    pub(in super::super) fn lines(&self) -> Vec<String> {
        let head = format!("compared: {} limits on one field", self.rows.len());
        let mut lines = vec![head];
        lines.extend(self.rows.iter().flat_map(Row::lines));
        let mut standings: Vec<_> = self.rows.iter().map(|row| row.guideline.standing()).collect();
        standings.sort_unstable();
        standings.dedup();
        lines.extend(standings.into_iter().filter_map(|s| s.legend()).map(|legend| format!("  {legend}")));
        lines
    }

    /// A row a limit.
    pub(super) fn csv(&self, analyte: &str) -> Result<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let rows: Vec<_> = self.rows.iter().map(|row| row.columns(analyte)).collect();
        // A limit that depends on no soil says nothing of one.
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in rows.iter().flatten() {
            if !names.contains(name) {
                names.push(name);
            }
        }
        writer.write_record(&names)?;
        for row in &rows {
            let value = |name: &&str| match row.iter().find(|(own, _)| own == name).map(|(_, value)| value) {
                Some(Value::Real(v)) => v.to_string(),
                Some(Value::Integer(v)) => v.to_string(),
                Some(Value::Text(t)) => t.clone(),
                Some(Value::Null) | None => String::new(),
            };
            writer.write_record(names.iter().map(value))?;
        }
        Ok(writer.into_inner()?)
    }
}

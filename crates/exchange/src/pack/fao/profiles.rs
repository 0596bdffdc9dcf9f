//! Layers of profiles, as a node wants them: contiguous, of whole centimetres.

use std::collections::BTreeMap;

use super::{Line, Losses, Result_};

/// Puts results of one layer into one line, and profiles with gaps or overlaps into several, by suffix `-d1`, `-d2`, ….
pub(super) fn layers(results: Vec<Result_>, losses: &mut Losses) -> Vec<Line> {
    let mut profiles: BTreeMap<String, BTreeMap<[u16; 2], Vec<Result_>>> = BTreeMap::new();
    for result in results {
        profiles.entry(result.profile.clone()).or_default().entry(result.depth).or_default().push(result);
    }
    losses.profiles = profiles.len();
    let mut lines = Vec::new();
    for (code, layers) in profiles {
        let runs = runs(layers.keys().copied().collect());
        losses.add("split", runs.len() > 1);
        for (i, run) in runs.iter().enumerate() {
            let suffix = if runs.len() > 1 { format!("-d{}", i + 1) } else { String::new() };
            for depth in run {
                if let Some(layer) = layers.get(depth) {
                    lines.extend(line(&format!("{code}{suffix}"), layer, losses));
                }
            }
        }
    }
    lines
}

/// Layers in runs of which each begins where the one before ends.
fn runs(depths: Vec<[u16; 2]>) -> Vec<Vec<[u16; 2]>> {
    let mut runs: Vec<Vec<[u16; 2]>> = Vec::new();
    for depth in depths {
        match runs.iter_mut().find(|run| run.last().is_some_and(|last| last[1] == depth[0])) {
            Some(run) => run.push(depth),
            None => runs.push(vec![depth]),
        }
    }
    runs
}

/// The line of a layer: the first result of each column. A node keeps one; others are counted.
fn line(profile: &str, layer: &[Result_], losses: &mut Losses) -> Option<Line> {
    let first = layer.first()?;
    let mut values = BTreeMap::new();
    for result in layer {
        // A specimen taken elsewhere or another day is no second result of this layer; a node has no place for it.
        let same = result.place == first.place && result.date == first.date;
        let taken = same && !values.contains_key(&result.column);
        losses.add("second", !taken);
        if taken {
            values.insert(result.column.clone(), result.value);
        }
    }
    let base = [
        first.plot.clone(),
        profile.to_owned(),
        if first.borehole { "Borehole" } else { "TrialPit" }.to_owned(),
        if first.horizon { "Horizon" } else { "Layer" }.to_owned(),
        first.place[0].to_string(),
        first.place[1].to_string(),
        first.date.clone(),
        first.depth[0].to_string(),
        first.depth[1].to_string(),
    ];
    Some(Line { base, values })
}

#[cfg(test)]
mod tests {
    use super::runs;

    #[test]
    fn gaps_and_overlaps_part_a_profile() {
        assert_eq!(runs(vec![[0, 20], [20, 40], [60, 80]]), [vec![[0, 20], [20, 40]], vec![[60, 80]]]);
        assert_eq!(runs(vec![[0, 10], [0, 20], [20, 30]]), [vec![[0, 10]], vec![[0, 20], [20, 30]]]);
        assert_eq!(runs(vec![[0, 20]]), [vec![[0, 20]]]);
    }
}

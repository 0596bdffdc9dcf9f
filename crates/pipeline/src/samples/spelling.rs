//! Which known name a misspelt one is most like.

/// The candidate nearest to `name`, if one is near enough to be meant; also an element's name for its symbol.
pub(super) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    let wanted = name.to_lowercase();
    let other = super::analyte::synonyms(&wanted);
    candidates
        .map(|candidate| {
            let lower = candidate.to_lowercase();
            let stem = super::unit::Unit::split_suffix(&lower).map_or(lower.as_str(), |(stem, _)| stem).to_owned();
            let distance =
                if other.contains(&stem.as_str()) { 0 } else { edits(&wanted, &lower).min(edits(&wanted, &stem)) };
            (distance, candidate)
        })
        .min_by_key(|&(distance, _)| distance)
        .filter(|&(distance, _)| {
            distance <= (wanted.chars().count() / 3).max(1) && (distance == 0 || wanted.chars().count() > 2)
        })
        .map(|(_, candidate)| candidate.to_owned())
}

/// Insertions, deletions, substitutions and swaps of neighbours that part two words.
fn edits(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(64).collect();
    let b: Vec<char> = b.chars().take(64).collect();
    let mut rows: [Vec<usize>; 3] = [Vec::new(), (0..=b.len()).collect(), Vec::new()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let mut best = (rows[1][j] + 1).min(row[j - 1] + 1).min(rows[1][j - 1] + usize::from(a[i - 1] != b[j - 1]));
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[0][j - 2] + 1);
            }
            row.push(best);
        }
        rows[2] = row;
        rows.rotate_left(1);
    }
    rows[1][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_find_their_word_and_strangers_none() {
        let columns = ["cadmium", "copper", "lead_mg_kg", "zinc", "As"];
        let of = |name: &str| nearest(name, columns.into_iter());
        assert_eq!(of("znic").as_deref(), Some("zinc"));
        assert_eq!(of("laed").as_deref(), Some("lead_mg_kg"));
        assert_eq!(of("arsenic").as_deref(), Some("As"));
        assert_eq!(of("Cu").as_deref(), Some("copper"));
        assert_eq!(of("mercury"), None);
    }
}

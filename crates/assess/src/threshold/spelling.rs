//! What somebody may have meant.

/// Insertions, deletions and changes of one letter that turn one word into the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, &y) in b.iter().enumerate() {
            let change = before + usize::from(x != y);
            before = row[j + 1];
            row[j + 1] = change.min(before + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// The words nearest to `text`, at most `most` and only those that share most letters with it.
pub(super) fn nearest<'a>(text: &str, words: impl IntoIterator<Item = &'a str>, most: usize) -> Vec<String> {
    let text = text.to_lowercase();
    let mut found: Vec<(usize, &str)> = words
        .into_iter()
        .map(|word| (distance(&text, &word.to_lowercase()), word))
        .filter(|(changes, word)| *changes <= text.len().max(word.len()) / 3 + 1)
        .collect();
    found.sort_unstable();
    found.dedup();
    let best = found.first().map_or(0, |(changes, _)| *changes);
    found.into_iter().filter(|(changes, _)| *changes <= best + 1).take(most).map(|(_, word)| word.to_owned()).collect()
}

/// Whether pieces of `short` begin words of `long`, in their order: `low-guide` and `guide` stand for `lower-guideline`.
pub(super) fn abbreviates(short: &str, long: &str) -> bool {
    let mut words = long.split('-');
    !short.is_empty() && short.split('-').all(|piece| words.any(|word| word.starts_with(piece)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_levenshteins() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(nearest("intervntion", ["intervention", "target", "background"], 3), ["intervention"]);
        assert!(nearest("qqqq", ["intervention", "target"], 3).is_empty());
    }

    #[test]
    fn abbreviations_keep_the_order_of_words() {
        assert!(abbreviates("low-guide", "lower-guideline"));
        assert!(abbreviates("guide", "lower-guideline"));
        assert!(!abbreviates("guide-low", "lower-guideline"));
        assert!(!abbreviates("", "lower-guideline"));
    }
}

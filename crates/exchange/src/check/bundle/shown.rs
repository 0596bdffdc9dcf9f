//! Text of strangers, as it may stand in a finding.

/// Most characters of a stranger's text in a finding.
const MOST: usize = 80;

/// `text` on one line, shortened, with what would steer a terminal or hide in a line written out as an escape.
pub(super) fn shown(text: &str) -> String {
    let mut shown = String::new();
    for (i, c) in text.trim().chars().enumerate() {
        if i == MOST {
            shown.push('…');
            break;
        }
        // Controls, and the characters that turn the direction of writing or take no room.
        if c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
        {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    if shown.is_empty() { "nothing".to_owned() } else { shown }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_terminal_is_not_steered_and_a_line_stays_one() {
        assert_eq!(shown("a\u{1b}[2Jb\nc"), "a\\u{1b}[2Jb\\u{a}c");
        assert_eq!(shown(&"x".repeat(500)).chars().count(), 81);
        assert_eq!(shown("  "), "nothing");
    }
}

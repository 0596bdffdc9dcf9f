//! In what two plans differ, in words.

use serde_json::Value as Json;

/// Differences told, at most.
const MOST: usize = 12;

/// In what the plan `now` differs from the plan `before`: where, what was there, what is there. Empty where they are equal.
///
/// # Examples
/// ```
/// use serde_json::json;
/// use soilscope_pipeline::journal::differences;
/// let (before, now) = (json!({"cell": 10, "model": "Sph"}), json!({"cell": 20, "model": "Sph"}));
/// assert_eq!(differences(&before, &now), ["cell was 10 and is 20"]);
/// ```
pub fn differences(before: &Json, now: &Json) -> Vec<String> {
    let mut found = Vec::new();
    compare(&mut found, "", before, now);
    if found.len() > MOST {
        let more = found.len() - MOST;
        found.truncate(MOST);
        found.push(format!("and {more} more"));
    }
    found
}

fn compare(found: &mut Vec<String>, at: &str, before: &Json, now: &Json) {
    let below = |key: &str| if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
    match (before, now) {
        (Json::Object(before), Json::Object(now)) => {
            let keys = before.keys().chain(now.keys().filter(|key| !before.contains_key(*key)));
            for key in keys {
                let (before, now) = (before.get(key).unwrap_or(&Json::Null), now.get(key).unwrap_or(&Json::Null));
                compare(found, &below(key), before, now);
            }
        }
        (Json::Array(before), Json::Array(now)) if before.len() == now.len() => {
            for (i, (before, now)) in before.iter().zip(now).enumerate() {
                compare(found, &below(&(i + 1).to_string()), before, now);
            }
        }
        _ if before == now => {}
        _ => found.push(format!("{at} was {} and is {}", short(before), short(now))),
    }
}

fn short(value: &Json) -> String {
    const MOST: usize = 80;
    let text = match value {
        Json::Null => "not there".to_owned(),
        value => value.to_string(),
    };
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_kind_of_difference_is_told() {
        let before = json!({"inputs": {"a.csv": "12", "b.csv": "34"}, "list": [1, 2], "same": [{"x": null}]});
        let now = json!({"inputs": {"a.csv": "13", "c.csv": "34"}, "list": [1, 2, 3], "same": [{"x": null}]});
        assert_eq!(
            differences(&before, &now),
            [
                "inputs.a.csv was \"12\" and is \"13\"",
                "inputs.b.csv was \"34\" and is not there",
                "inputs.c.csv was not there and is \"34\"",
                "list was [1,2] and is [1,2,3]"
            ]
        );
        assert!(differences(&now, &now).is_empty());
        let many: Vec<i32> = (0..100).collect();
        let other: Vec<i32> = (1..101).collect();
        let told = differences(&json!(many), &json!(other));
        assert_eq!((told.len(), told[0].as_str(), told[12].as_str()), (13, "1 was 0 and is 1", "and 88 more"));
    }
}

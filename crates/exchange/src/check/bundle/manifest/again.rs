//! B004: a second bundle of the same inputs.

use serde_json::Value;

use crate::Result;
use crate::check::Findings;
use crate::check::bundle::{Facts, Folder, archive};

use super::sums;

/// Of files that differ, those that are text and not larger are compared without what the run calls volatile.
const MANIFEST: [&str; 2] = ["MANIFEST.sha256", "MANIFEST.sha256.minisig"];

/// # Errors
/// If the second bundle cannot be read, or it was interrupted.
pub(super) fn judge(folder: &Folder, facts: &Facts<'_>, findings: &mut Findings) -> Result<()> {
    let Some(path) = &facts.options.again else {
        facts.skip("B004", "no second bundle of the same inputs was given");
        return Ok(());
    };
    let unpacked = if path.is_dir() { None } else { Some(archive::unpack(path, facts.options.interrupted)?) };
    let second = Folder::open(unpacked.as_ref().map_or(path.as_path(), |u| u.bundle()))?;
    let sums = sums::of_all(&second, facts.options.interrupted)?;
    let volatile: Vec<&str> = facts
        .run
        .as_ref()
        .and_then(|run| run.get("volatile")?.as_array())
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut paths: Vec<_> = folder.files.keys().chain(second.files.keys()).collect();
    paths.sort();
    paths.dedup();
    // The manifest follows from the files, and its signature from who signs.
    for path in paths.into_iter().filter(|p| !MANIFEST.contains(&p.as_str())) {
        let (one, two) = (facts.sums.get(path), sums.get(path));
        if one == two || volatile.contains(&path.as_str()) {
            continue;
        }
        let found = match (one, two) {
            (Some(_), None) => "not in the second bundle",
            (None, Some(_)) => "only in the second bundle",
            _ if same(folder, &second, path, &volatile) => continue,
            _ => "another hash in the second bundle",
        };
        findings.add("B004", path, "", found, "equal files from equal inputs, volatile members excepted");
    }
    Ok(())
}

/// Whether two JSON files are equal but for what is volatile (`file#/json/pointer`, `*` for any index).
fn same(one: &Folder, two: &Folder, path: &str, volatile: &[&str]) -> bool {
    let pointers: Vec<&str> =
        volatile.iter().filter_map(|v| v.split_once('#')).filter(|(file, _)| *file == path).map(|(_, p)| p).collect();
    if pointers.is_empty() {
        return false;
    }
    let (Some(mut one), Some(mut two)) = (one.json(path), two.json(path)) else { return false };
    for pointer in pointers {
        let parts: Vec<_> = pointer.split('/').skip(1).collect();
        remove(&mut one, &parts);
        remove(&mut two, &parts);
    }
    one == two
}

fn remove(from: &mut Value, parts: &[&str]) {
    match (parts, from) {
        ([last], Value::Object(members)) => {
            members.remove(&last.replace("~1", "/").replace("~0", "~"));
        }
        (["*", rest @ ..], Value::Array(items)) if !rest.is_empty() => items.iter_mut().for_each(|i| remove(i, rest)),
        ([first, rest @ ..], Value::Array(items)) => {
            if let Some(item) = first.parse::<usize>().ok().and_then(|i| items.get_mut(i)) {
                remove(item, rest);
            }
        }
        ([first, rest @ ..], Value::Object(members)) => {
            if let Some(member) = members.get_mut(&first.replace("~1", "/").replace("~0", "~")) {
                remove(member, rest);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn volatile_members_are_taken_out_wherever_they_stand() {
        let mut value = json!({"runs": [{"started": 1, "n": 2}, {"started": 3}], "a/b": 1, "created": 4});
        for pointer in ["/runs/*/started", "/a~1b", "/created", "/absent/x"] {
            remove(&mut value, &pointer.split('/').skip(1).collect::<Vec<_>>());
        }
        assert_eq!(value, json!({"runs": [{"n": 2}, {}]}));
    }
}

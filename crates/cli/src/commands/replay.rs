//! `soilscope replay`: the command of a run once more, and what differs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_json::Value as Json;
use soilscope_exchange::verify::compare::compare;
use soilscope_exchange::verify::{RECORD, Role, find_input, recorded};

use crate::Outcome;
use crate::args::{Common, Replay};
use crate::follow::{Progress, interrupted, watching};
use crate::output::{self, say};

/// Options of a command that say where and how it runs, not what it computes; whether a value follows.
const OF_ONE_RUN: [(&str, bool); 12] = [
    ("--overwrite", false),
    ("--resume", false),
    ("--assemble", false),
    ("--part", true),
    ("--json", false),
    ("--quiet", false),
    ("-q", false),
    ("--verbose", false),
    ("-v", false),
    ("--progress", true),
    ("--threads", true),
    ("--memory", true),
];

pub(crate) fn run(args: &Replay, common: &Common) -> Result<Outcome> {
    ensure!(
        args.tolerance.is_finite() && (0.0..1.0).contains(&args.tolerance),
        "--tolerance {} is not a share from 0 to below 1",
        args.tolerance
    );
    let record = read(&args.run)?;
    let progress = Progress::new(common);
    let found = watching(|| inputs(&record, args))?;
    let (words, dated) = (words(&record, &args.run)?, dated(&record)?);
    let kept;
    let folder = match &args.out {
        Some(out) => {
            ensure!(
                args.overwrite || !out.join(RECORD).exists(),
                "{} holds a run already: choose another folder for -o, or add --overwrite",
                out.display()
            );
            let same = |a: &Path, b: &Path| a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b));
            ensure!(!same(out, &args.run), "-o {} is the run itself: choose another folder", out.display());
            out.clone()
        }
        None => {
            kept = tempfile::tempdir().context("cannot make a folder for the second run")?;
            kept.path().join("replay")
        }
    };
    let command = again(&words, &found, &folder, common)?;
    if common.verbose > 0 && !common.quiet {
        say(&format!("again: soilscope {}", command.join(" ")));
    }
    watching(|| start(&command, &dated))?;
    let comparison =
        watching(|| progress.busy("comparing", || compare(&args.run, &folder, args.tolerance, &interrupted)))?;
    drop(progress);
    if common.json {
        output::print_json(&comparison)?;
    } else if !common.quiet {
        output::print(&comparison.text())?;
    }
    Ok(if comparison.agrees() { Outcome::Done } else { Outcome::CheckSaysNo })
}

fn read(run: &Path) -> Result<Json> {
    let path = run.join(RECORD);
    let text = fs::read(&path)
        .with_context(|| format!("cannot read {}: name the folder of a finished run", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} is no run record", path.display()))
}

/// The words of the run's command after the program.
fn words(record: &Json, run: &Path) -> Result<Vec<String>> {
    let words: Option<Vec<String>> = record["command"]
        .as_array()
        .and_then(|all| all.iter().skip(1).map(|w| w.as_str().map(str::to_owned)).collect());
    let words = words.filter(|words| !words.is_empty());
    words.with_context(|| format!("{} names no command that could be run again", run.join(RECORD).display()))
}

/// The time that the run's files hold, in seconds of the epoch.
fn dated(record: &Json) -> Result<String> {
    let text =
        record["dated"].as_str().or(record["started"].as_str()).context("the record does not say when the run was")?;
    let time: jiff::Timestamp = text.parse().with_context(|| format!("the record's time '{text}' is none"))?;
    Ok(time.as_second().to_string())
}

/// Files that the run read, as they were typed, and where they lie now.
fn inputs(record: &Json, args: &Replay) -> Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for file in recorded(record).into_iter().filter(|file| file.role == Role::Input) {
        let place = find_input(&file, args.inputs.as_deref(), &interrupted)?;
        found.push((file.path, place));
    }
    Ok(found)
}

/// The words of a command for another folder, with its inputs where they are now.
fn again(words: &[String], inputs: &[(String, PathBuf)], folder: &Path, common: &Common) -> Result<Vec<String>> {
    let text = |path: &Path| {
        path.to_str()
            .map(str::to_owned)
            .ok_or_else(|| anyhow!("{}: a path that is no UTF-8 cannot be replayed", path.display()))
    };
    let moved: Vec<(&str, String)> =
        inputs.iter().map(|(typed, place)| Ok((typed.as_str(), text(place)?))).collect::<Result<_>>()?;
    let mut command = Vec::new();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if let Some((_, valued)) = OF_ONE_RUN.iter().find(|(name, _)| name == word) {
            if *valued {
                rest.next();
            }
            continue;
        }
        let own = |name: &str| OF_ONE_RUN.iter().any(|(option, valued)| *valued && *option == name);
        if word.split_once('=').is_some_and(|(name, _)| own(name) || name == "--out") || word.starts_with("-vv") {
            continue;
        }
        if word == "-o" || word == "--out" {
            rest.next();
            continue;
        }
        if word.starts_with("-o") && !word.starts_with("--") {
            continue;
        }
        command.push(replaced(word, &moved));
    }
    command.extend(["-o".to_owned(), text(folder)?, "--overwrite".to_owned()]);
    if let Some(threads) = common.threads {
        command.extend(["--threads".to_owned(), threads.to_string()]);
    }
    command.push(if common.verbose > 0 { "-v" } else { "-q" }.to_owned());
    Ok(command)
}

/// A word with the paths of inputs replaced: the whole word, or what stands between `=` and `,`.
fn replaced(word: &str, moved: &[(&str, String)]) -> String {
    let one = |part: &str| moved.iter().find(|(typed, _)| *typed == part).map(|(_, place)| place.clone());
    if let Some(whole) = one(word) {
        return whole;
    }
    let mut text = String::new();
    for part in word.split_inclusive(['=', ',']) {
        let bare = part.trim_end_matches(['=', ',']);
        text.push_str(&one(bare).unwrap_or_else(|| bare.to_owned()));
        text.push_str(&part[bare.len()..]);
    }
    text
}

/// Runs this program with other words, in this folder.
fn start(words: &[String], dated: &str) -> Result<()> {
    let program = std::env::current_exe().context("cannot find this program again")?;
    // What it says goes to stderr; what it would print is in its record.
    let status = Command::new(program)
        .args(words)
        .env("SOURCE_DATE_EPOCH", dated)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .context("cannot start the second run")?;
    if interrupted() || status.code() == Some(130) {
        bail!("the second run was interrupted");
    }
    ensure!(status.success(), "the second run failed (its message is above)");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_replaced_where_they_stand_as_such() {
        let moved = [("a.csv", "in/a.csv".to_owned()), ("om.tif", "in/om.tif".to_owned())];
        for (word, becomes) in [
            ("a.csv", "in/a.csv"),
            ("om=om.tif,clay=8", "om=in/om.tif,clay=8"),
            ("--mask=a.csv", "--mask=in/a.csv"),
            ("xa.csv", "xa.csv"),
            ("a.csv.tif", "a.csv.tif"),
            ("0.05 Nug + 0.59 Sph(897)", "0.05 Nug + 0.59 Sph(897)"),
        ] {
            assert_eq!(replaced(word, &moved), becomes);
        }
    }
}

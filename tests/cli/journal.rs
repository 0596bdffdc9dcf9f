//! Runs that are killed, stopped, starved of disk, divided: they end with the bytes of an undisturbed one.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::support::{folder, names, program, root, soilscope};

/// A map of five strips, some cells of each outside the mask, by the quickest method.
const MAP: &str = "map meuse.csv --analyte zinc --crs EPSG:28992 --unit mg/kg --method idw:2 --neighbours 8 --mask samples:900 \
                   --cell 5 --only prediction,trust -q";

fn words(more: &str) -> Vec<String> {
    MAP.split_whitespace().chain(more.split_whitespace()).map(str::to_owned).collect()
}

fn start(at: &Path, more: &str) -> Child {
    program(at).args(words(more)).stderr(Stdio::piped()).spawn().unwrap()
}

fn run(at: &Path, more: &str) -> (Option<i32>, String) {
    let words = words(more);
    let run = soilscope(at, &words.iter().map(String::as_str).collect::<Vec<_>>());
    (run.code, run.err)
}

/// Every file of a run's folder, and of its record what does not tell when and how it ran.
fn content(out: &Path) -> BTreeMap<String, Vec<u8>> {
    let read = |name: String| {
        let bytes = std::fs::read(out.join(&name)).unwrap();
        if name != "run.json" {
            return (name, bytes);
        }
        let mut record: Json = serde_json::from_slice(&bytes).unwrap();
        for when in ["started", "dated", "seconds", "peak_memory", "command", "threads"] {
            record.as_object_mut().unwrap().remove(when).unwrap();
        }
        for when in ["seconds", "work"] {
            record["cells"].as_object_mut().unwrap().remove(when).unwrap();
        }
        for output in record["outputs"].as_array_mut().unwrap() {
            let path = output["path"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
            output["path"] = path.into();
        }
        (name, record.to_string().into_bytes())
    };
    names(out).into_iter().map(read).collect()
}

#[track_caller]
fn assert_same(out: &Path, expected: &BTreeMap<String, Vec<u8>>, what: &str) {
    let found = content(out);
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{what}");
    for (name, bytes) in expected {
        assert!(found[name] == *bytes, "{what}: {name} differs");
    }
}

/// The map as it is when nothing happens, and how long it takes.
fn undisturbed(at: &Path) -> (BTreeMap<String, Vec<u8>>, Duration) {
    let begun = Instant::now();
    assert_eq!(run(at, "-o whole"), (Some(0), String::new()));
    let taken = begun.elapsed();
    let content = content(&at.join("whole"));
    assert_eq!(content.keys().collect::<Vec<_>>(), ["run.json", "zinc_prediction.tif", "zinc_trust.tif"]);
    (content, taken)
}

fn strips(out: &Path) -> usize {
    let Ok(found) = std::fs::read_dir(out.join("unfinished")) else { return 0 };
    found.flatten().filter(|e| e.file_name().to_string_lossy().starts_with("zinc.")).count()
}

/// Moments of a run, as shares of its length: the same every time, and nowhere regular.
fn moments(count: usize) -> impl Iterator<Item = f64> {
    (1..=count).map(|i| (i as f64 * 0.618_033_988_75).fract())
}

#[test]
fn killed_at_any_moment_it_goes_on_to_the_same_bytes() {
    let folder = folder();
    let (expected, taken) = undisturbed(folder.path());
    let out = folder.path().join("out");
    let mut found = Vec::new();
    for (nth, moment) in moments(9).enumerate() {
        let mut deaths = 0;
        loop {
            let mut child = start(folder.path(), "--resume --checkpoint 0 -o out");
            std::thread::sleep(taken.mul_f64(moment * 0.9f64.powi(deaths)));
            let over = child.try_wait().unwrap().is_some();
            // SIGKILL, on Unix.
            child.kill().unwrap();
            child.wait().unwrap();
            found.push(strips(&out));
            deaths += 1;
            // Killed three times, and then left alone.
            if over || deaths == 3 {
                break;
            }
        }
        let (code, message) = run(folder.path(), "--resume --overwrite --threads 1 -o out");
        assert_eq!((code, message.as_str()), (Some(0), ""), "killed at {moment:.2}");
        assert_same(&out, &expected, &format!("killed at {moment:.2}, the {nth}th time"));
        std::fs::remove_dir_all(&out).unwrap();
    }
    // Or nothing was tried at all.
    assert!(found.iter().any(|&n| n > 0) && found.contains(&0), "strips when it was killed: {found:?}");
}

#[test]
fn stopped_by_an_interrupt_it_says_how_to_go_on() {
    let folder = folder();
    let (expected, _) = undisturbed(folder.path());
    let out = folder.path().join("out");
    for signal in ["INT", "TERM"] {
        let child = start(folder.path(), "--checkpoint 0 --threads 1 -o out");
        let begun = Instant::now();
        while strips(&out) < 2 {
            assert!(begun.elapsed() < Duration::from_secs(120), "no strip was recorded");
            std::thread::sleep(Duration::from_millis(2));
        }
        assert!(
            Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status().unwrap().success()
        );
        let output = child.wait_with_output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        if output.status.code() == Some(0) {
            panic!("the run of five strips was over before the signal came");
        }
        assert_eq!(output.status.code(), Some(130), "{message}");
        assert!(
            message.contains("strips are kept in out/unfinished: the same command with --resume goes on"),
            "{message}"
        );
        assert_eq!(names(&out).iter().filter(|name| !name.starts_with("unfinished/")).count(), 0, "{:?}", names(&out));

        let (code, message) = run(folder.path(), "-o out");
        assert_eq!(code, Some(2));
        assert!(
            message.contains("of a run that was not finished: --resume goes on with it, --overwrite begins again"),
            "{message}"
        );
        assert_eq!(run(folder.path(), "--resume -o out"), (Some(0), String::new()));
        assert_same(&out, &expected, signal);
        std::fs::remove_dir_all(&out).unwrap();
    }
}

#[test]
fn a_run_of_seconds_that_is_stopped_leaves_nothing() {
    let folder = folder();
    let child = start(folder.path(), "--checkpoint 1000 --threads 1 -o out");
    let begun = Instant::now();
    while !folder.path().join("out/unfinished/plan.json").exists() {
        assert!(begun.elapsed() < Duration::from_secs(120), "no plan was written");
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(String::from_utf8(output.stderr).unwrap().ends_with("interrupted: nothing unfinished is left\n"));
    assert!(!folder.path().join("out").exists());
}

#[test]
fn another_plan_is_refused_with_what_changed() {
    let folder = folder();
    let out = folder.path().join("out");
    assert_eq!(run(folder.path(), "--part 1/4 -o out").0, Some(0));
    let changed = |more: &str| {
        let (code, message) = run(folder.path(), more);
        assert_eq!(code, Some(2), "{message}");
        message
    };
    let message = changed("--resume --cell 6 -o out");
    assert!(message.contains("the argument '--cell <SIZE>' cannot be used multiple times"), "{message}");
    let message = changed("--resume --max-cells 9000000 -o out");
    assert!(message.contains("maps.zinc.settings.max_cells was 10000000000 and is 9000000"), "{message}");
    let mut samples = std::fs::read_to_string(folder.path().join("meuse.csv")).unwrap();
    samples.push('\n');
    std::fs::write(folder.path().join("meuse.csv"), samples).unwrap();
    let message = changed("--resume -o out");
    assert!(message.contains("and cannot go on: inputs.samples meuse.csv was "), "{message}");
    assert_eq!(strips(&out), 1);
    // Nothing of it was touched: with the samples as they were it goes on.
    std::fs::copy(root().join("data/meuse.csv"), folder.path().join("meuse.csv")).unwrap();
    assert_eq!(run(folder.path(), "--resume -o out"), (Some(0), String::new()));
    let (expected, _) = undisturbed(folder.path());
    assert_same(&out, &expected, "gone on");
}

#[test]
fn of_two_inputs_with_one_name_each_has_its_sum() {
    let folder = folder();
    // Two rasters of one name, known where no sample is too.
    let header = "ncols 40\nnrows 50\nxllcorner 178000\nyllcorner 329000\ncellsize 100\n";
    let raster = |corner: &str, step: usize| {
        let cells = (1..2_000).map(|cell| ((cell * step) % 17).to_string());
        let all: Vec<String> = std::iter::once(corner.to_owned()).chain(cells).collect();
        let rows: Vec<String> = all.chunks(40).map(|row| row.join(" ")).collect();
        format!("{header}{}\n", rows.join("\n"))
    };
    let write = |folder_of: &str, corner: &str, step: usize| {
        let at = folder.path().join(folder_of);
        std::fs::create_dir_all(&at).unwrap();
        std::fs::write(at.join("r.asc"), raster(corner, step)).unwrap();
    };
    let run = |more: &[&str]| {
        let words = [
            "map",
            "meuse.csv",
            "--analyte",
            "zinc",
            "--crs",
            "EPSG:28992",
            "--unit",
            "mg/kg",
            "--method",
            "external:a,b",
            "--covariate",
            "a=x/r.asc",
            "--covariate",
            "b=y/r.asc",
            "--model",
            "Nug + Sph(900)",
            "--neighbours",
            "20",
            "--only",
            "prediction",
            "-q",
            "-o",
            "out",
        ];
        let run = soilscope(folder.path(), &[&words[..], more].concat());
        (run.code, run.err)
    };
    write("x", "3", 5);
    write("y", "3", 7);
    assert_eq!(run(&["--part", "1/1"]), (Some(0), String::new()));
    // The north-west corner is far from every sample: nothing but the file's sum tells that it is another.
    for (changed, step, told) in
        [("x", 5, "inputs.covariate r.asc was "), ("y", 7, "inputs.covariate r.asc, another was ")]
    {
        write(changed, "4", step);
        let (code, message) = run(&["--resume"]);
        assert_eq!(code, Some(2), "{changed}: {message}");
        assert!(message.contains("and cannot go on: ") && message.contains(told), "{changed}: {message}");
        assert_eq!(message.matches(" was ").count(), 1, "{changed}: {message}");
        write(changed, "3", step);
    }
    assert_eq!(run(&["--resume"]), (Some(0), String::new()));
}

#[test]
fn parts_in_any_order_are_the_map() {
    let folder = folder();
    let (expected, _) = undisturbed(folder.path());
    let out = folder.path().join("out");
    for part in ["3/3", "1/3"] {
        assert_eq!(run(folder.path(), &format!("--part {part} -o out")), (Some(0), String::new()));
    }
    let (code, message) = run(folder.path(), "--assemble -o out");
    assert_eq!(code, Some(2));
    assert!(message.contains("2 of 5 strips of zinc are not in out/unfinished: 1 to 2"), "{message}");
    // Two at once, and one of them done before.
    let both: Vec<Child> =
        ["2/3", "3/3"].iter().map(|part| start(folder.path(), &format!("--part {part} -o out"))).collect();
    for child in both {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(run(folder.path(), "--assemble -o out"), (Some(0), String::new()));
    assert_same(&out, &expected, "of three parts");

    for (more, reason) in [
        ("--part 0/3 -o other", "a part is I/N"),
        ("--part 4/3 -o other", "a part is I/N"),
        ("--part 1/9 -o other", "the grid has 5 strips"),
        ("--assemble -o other", "other/unfinished holds no parts of a run: compute them first, with --part 1/N"),
        ("--part 1/2 --resume -o other", "cannot be used with"),
        ("--checkpoint -1 -o other", "seconds are a number from 0 on"),
    ] {
        let (code, message) = run(folder.path(), more);
        assert_eq!(code, Some(2), "{more}: {message}");
        assert!(message.contains(reason), "{more}: {message}");
        assert!(!folder.path().join("other").exists(), "{more} left something");
    }
}

#[test]
fn a_damaged_strip_is_not_put_into_a_map() {
    let folder = folder();
    let out = folder.path().join("out");
    assert_eq!(run(folder.path(), "--part 1/1 -o out").0, Some(0));
    let strip = out.join("unfinished/zinc_prediction.000002.tif");
    let bytes = std::fs::read(&strip).unwrap();
    std::fs::write(&strip, &bytes[..bytes.len() / 2]).unwrap();
    let (code, message) = run(folder.path(), "--assemble -o out");
    assert_eq!(code, Some(2));
    assert!(
        message.contains("zinc.000002.json: says ") && message.contains("bytes of zinc_prediction.000002.tif"),
        "{message}"
    );
    std::fs::remove_file(&strip).unwrap();
    let (_, message) = run(folder.path(), "--assemble -o out");
    assert!(message.contains("names zinc_prediction.000002.tif, which cannot be read"), "{message}");
    // What the message says helps.
    std::fs::remove_file(out.join("unfinished/zinc.000002.json")).unwrap();
    assert_eq!(run(folder.path(), "--resume -o out"), (Some(0), String::new()));
    let (expected, _) = undisturbed(folder.path());
    assert_same(&out, &expected, "computed again");
}

#[test]
fn parts_that_do_not_fit_are_not_joined() {
    let folder = folder();
    let unfinished = folder.path().join("out/unfinished");
    for part in ["1/2", "2/2"] {
        assert_eq!(run(folder.path(), &format!("--part {part} -o out")).0, Some(0));
    }
    // As if another program had computed the second part: one row of cells is another, at the right length.
    let strip = unfinished.join("zinc_prediction.000002.tif");
    let mut bytes = std::fs::read(&strip).unwrap();
    let middle = bytes.len() / 2;
    bytes[1_000..middle].iter_mut().skip(3).step_by(4).for_each(|byte| *byte ^= 1);
    std::fs::write(&strip, bytes).unwrap();
    let (code, message) = run(folder.path(), "--assemble -o out");
    assert_eq!(code, Some(2), "{message}");
    assert!(message.contains("zinc_prediction.000002.tif: is not what is computed here: row "), "{message}");
    assert!(message.contains("remove zinc.000002.json beside it, and compute its part again"), "{message}");
    std::fs::remove_file(unfinished.join("zinc.000002.json")).unwrap();
    assert_eq!(run(folder.path(), "--part 2/2 -o out"), (Some(0), String::new()));
    assert_eq!(run(folder.path(), "--assemble -o out"), (Some(0), String::new()));
    let (expected, _) = undisturbed(folder.path());
    assert_same(&folder.path().join("out"), &expected, "computed again");
}

#[test]
fn two_processes_do_not_meet_in_one_folder() {
    let folder = folder();
    let (expected, _) = undisturbed(folder.path());
    let out = folder.path().join("out");
    let first = start(folder.path(), "--checkpoint 0 --threads 1 -o out");
    let begun = Instant::now();
    while strips(&out) < 1 {
        assert!(begun.elapsed() < Duration::from_secs(120), "no strip was recorded");
        std::thread::sleep(Duration::from_millis(2));
    }
    for more in ["--resume -o out", "--overwrite -o out", "--part 1/2 -o out"] {
        let (code, message) = run(folder.path(), more);
        assert_eq!(code, Some(2), "{more}");
        assert!(message.contains(&format!("another run is at work here (process {}", first.id())), "{more}: {message}");
    }
    let output = first.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_same(&out, &expected, "with others at the door");
}

#[test]
fn a_full_disk_keeps_what_is_done() {
    let folder = folder();
    let (expected, _) = undisturbed(folder.path());
    let total: usize = expected.values().map(Vec::len).sum();
    // Each time with less room than it takes, and then enough: a file system in memory, in a mount namespace of its own.
    for kib in [500, 3_000, 6_000, total / 1024 + 4_000] {
        let script = "mount -t tmpfs -o size=$1k none out || exit 99; program=$2; shift 2
            \"$program\" \"$@\"; echo code $? >&2; ls -A out out/unfinished >&2
            mount -o remount,size=200m out && \"$program\" \"$@\" --resume && cp -r out kept";
        let out = folder.path().join("out");
        let _ = std::fs::remove_dir_all(folder.path().join("kept"));
        let _ = std::fs::remove_dir_all(&out);
        std::fs::create_dir(&out).unwrap();
        let run = Command::new("unshare")
            .args([
                "--map-root-user",
                "--mount",
                "sh",
                "-c",
                script,
                "sh",
                &kib.to_string(),
                env!("CARGO_BIN_EXE_soilscope"),
            ])
            .args(words("--checkpoint 0 -o out"))
            .current_dir(folder.path())
            .output();
        let Ok(output) = run else {
            println!("skipped: there is no unshare here");
            return;
        };
        let message = String::from_utf8(output.stderr).unwrap();
        if output.status.code() == Some(99) || message.starts_with("unshare:") {
            println!("skipped: a file system cannot be mounted here");
            return;
        }
        assert!(
            message.contains("code 2\n") && message.contains("no space is left on the disk"),
            "{kib} KiB: {message}"
        );
        assert!(!message.contains(".partial\n"), "{kib} KiB, left over: {message}");
        assert!(output.status.success(), "{kib} KiB: {message}");
        assert_same(&folder.path().join("kept"), &expected, &format!("{kib} KiB"));
    }
}

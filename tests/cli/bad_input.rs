//! What bad input gets: one clear error on stderr, exit code 2, and no file. The table in the README is made from these
//! runs; `make bless` writes it, and the last test here says when it is not true any more.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{folder, names, program, root, soilscope};

/// A mistake, and the words that make it.
struct Mistake {
    what: &'static str,
    /// A file to make first.
    file: Option<(&'static str, String)>,
    words: Vec<&'static str>,
}

fn mistake(what: &'static str, words: &str) -> Mistake {
    let words: &'static str = Box::leak(words.to_owned().into_boxed_str());
    Mistake { what, file: None, words: words.split(' ').collect() }
}

impl Mistake {
    fn with_file(mut self, name: &'static str, content: impl Into<String>) -> Self {
        self.file = Some((name, content.into()));
        self
    }

    /// Runs it and returns the message, after checking what every mistake must get.
    fn message(&self) -> String {
        let folder = folder();
        if let Some((name, content)) = &self.file {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        let before = names(folder.path());
        let run = soilscope(folder.path(), &self.words);
        assert_eq!(run.code, Some(2), "{}: {}{}", self.what, run.err, run.out);
        assert_eq!(run.out, "", "{}: nothing on stdout", self.what);
        assert_eq!(names(folder.path()), before, "{}: no file is left", self.what);
        // Of a word that is wrong by itself, a line about --help follows.
        let message =
            run.err.lines().find(|l| l.starts_with("error: ")).unwrap_or_else(|| panic!("{}", run.err)).to_owned();
        assert_eq!(run.err.lines().filter(|l| l.starts_with("error")).count(), 1, "{}: {}", self.what, run.err);
        assert!(!run.err.contains("panicked"), "{}: {}", self.what, run.err);
        message
    }
}

/// Where a file is replaced cell by cell: the Meuse samples with one line changed.
fn meuse_with(line: usize, from: &str, to: &str) -> String {
    let text = std::fs::read_to_string(root().join("data/meuse.csv")).unwrap();
    let lines: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(k, l)| if k + 1 == line { l.replacen(from, to, 1) } else { l.to_owned() })
        .collect();
    assert!(lines.join("\n") != text.trim_end(), "the line was changed");
    lines.join("\n") + "\n"
}

const MAP: &str = "--analyte zinc --crs EPSG:28992 -o out";

/// The rows of the README's table that a file and a command line are enough for.
fn mistakes() -> Vec<Mistake> {
    let map = |samples: &str, rest: &str| format!("map {samples} {rest}");
    let header = "x,y,zinc\n";
    vec![
        mistake("no such file", &map("mouse.csv", MAP)),
        mistake("no such column", &map("meuse.csv", "--analyte zink --crs EPSG:28992 -o out")),
        mistake("no CRS", &map("meuse.csv", "--analyte zinc -o out")),
        mistake("unknown EPSG code", &map("meuse.csv", "--analyte zinc --crs EPSG:99999 -o out")),
        mistake("empty file", &map("empty.csv", MAP)).with_file("empty.csv", ""),
        mistake("Parquet that is cut off", &map("cut.parquet", MAP)).with_file("cut.parquet", "PAR1"),
        mistake("header without rows", &map("empty.csv", MAP)).with_file("empty.csv", header),
        mistake("one sample", &map("one.csv", MAP)).with_file("one.csv", format!("{header}181072,333611,1022\n")),
        mistake("all values equal", &map("equal.csv", MAP)).with_file(
            "equal.csv",
            format!("{header}181072,333611,5\n181025,333558,5\n181165,333537,5\n181298,333484,5\n"),
        ),
        mistake("all places equal", &map("place.csv", MAP))
            .with_file("place.csv", format!("{header}181072,333611,5\n181072,333611,6\n181072,333611,7\n")),
        mistake("samples at one place, refused", &map("twice.csv", &format!("{MAP} --duplicates refuse")))
            .with_file("twice.csv", format!("{header}181072,333611,5\n181025,333558,6\n181072,333611,7\n")),
        mistake("text in the value column", &map("text.csv", MAP)).with_file("text.csv", meuse_with(3, "1141", "high")),
        mistake("coordinate that is no number", &map("text.csv", MAP))
            .with_file("text.csv", meuse_with(3, "181025", "18I025")),
        mistake("latitude 95", &map("world.csv", "--analyte zinc --crs EPSG:4326 -o out"))
            .with_file("world.csv", "longitude,latitude,zinc\n5.72,50.96,10\n5.73,95.0,20\n5.74,50.98,30\n"),
        mistake("easting and northing exchanged", &map("swap.csv", MAP)).with_file("swap.csv", exchanged()),
        mistake("degrees declared as metres", &map("degrees.csv", MAP))
            .with_file("degrees.csv", "x,y,zinc\n5.72,50.96,10\n5.73,50.97,20\n5.74,50.98,30\n"),
        mistake("zero on a logarithmic scale", &map("zero.csv", &format!("{MAP} --transform log")))
            .with_file("zero.csv", meuse_with(3, "1141", "0")),
        mistake("cells too small: 10^13 of them", &map("meuse.csv", &format!("{MAP} --cell 0.001"))),
        mistake("a cell of no size", &map("meuse.csv", &format!("{MAP} --cell 0"))),
        mistake("no spatial structure", &map("noise.csv", "--analyte zinc --crs local -o out"))
            .with_file("noise.csv", noise()),
        mistake("model that cannot be read", "variogram meuse.csv --analyte zinc --crs EPSG:28992 --model Sphere(900)"),
        mistake("negative range", "variogram meuse.csv --analyte zinc --crs EPSG:28992 --model Sph(-900)"),
        mistake(
            "probability without an error model",
            "predict meuse.csv --analyte zinc --crs EPSG:28992 --at meuse_grid.csv --method idw:2 --threshold 500",
        ),
        mistake("limit that is none", &map("meuse.csv", &format!("{MAP} --guideline NL/intervntion"))),
        mistake("limit that could be several", &map("meuse.csv", &format!("{MAP} --guideline DE/trigger:Pb"))),
        mistake(
            "limit that depends on the soil",
            &map("meuse.csv", &format!("{MAP} --guideline CN/screening/farmland")),
        ),
        mistake(
            "an option without effect",
            "validate meuse.csv --analyte zinc --crs EPSG:28992 --method idw:2 --cutoff 900",
        ),
        mistake(
            "covariate that is no column",
            "validate meuse.csv --analyte zinc --crs EPSG:28992 --method external:distance",
        ),
        mistake(
            "covariate that is not known in every cell",
            &map("meuse.csv", &format!("{MAP} --method external:dist")),
        ),
        mistake(
            "text among a covariate's numbers",
            "validate near.csv --analyte zinc --crs EPSG:28992 --method external:dist",
        )
        .with_file("near.csv", meuse_with(3, "0.0122243", "near")),
        mistake(
            "covariate outside its function's domain",
            "validate meuse.csv --analyte zinc --crs EPSG:28992 --method external:log(dist)",
        ),
        mistake(
            "drift that the samples cannot carry",
            "validate line.csv --analyte zinc --crs local --method universal:1",
        )
        .with_file("line.csv", format!("{header}0,0,1\n1,0,3\n2,0,2\n3,0,5\n4,0,4\n")),
        mistake(
            "indicator that is the same for all",
            "validate meuse.csv --analyte zinc --crs EPSG:28992 --method indicator:2000",
        ),
        mistake("negative size of an error", "validate error.csv --analyte zinc --crs local --error-sd sd")
            .with_file("error.csv", "x,y,zinc,sd\n0,0,5,1\n9,0,6,-1\n0,9,8,1\n"),
        mistake(
            "values that contradict each other, kept",
            "validate meuse.csv --analyte zinc --crs EPSG:28992 --duplicates keep",
        ),
        mistake("factors of one analyte", "sources meuse.csv --analyte zinc --crs EPSG:28992 -o out"),
        mistake(
            "more factors than the data determine",
            "sources meuse.csv --analyte cadmium,copper,lead,zinc --crs EPSG:28992 --factors 4 -o out",
        ),
        mistake("output that exists", "variogram meuse.csv --analyte zinc --crs EPSG:28992 -o meuse_grid.csv"),
        mistake(
            "output folder that cannot be made",
            &map("meuse.csv", "--analyte zinc --crs EPSG:28992 -o meuse_area.csv/out"),
        ),
        mistake(
            "output folder that cannot be written",
            &map("meuse.csv", "--analyte zinc --crs EPSG:28992 -o /proc/out"),
        ),
        mistake("creation option that GDAL does not know", &map("meuse.csv", &format!("{MAP} --co COMPRES=ZSTD"))),
    ]
}

/// Option that would have no effect, in each verb and method.
#[test]
fn no_option_is_ignored() {
    let complete = "0.05 Nug + 0.59 Sph(897)";
    let folder = folder();
    for (words, option) in [
        ("validate @ --method idw --model Sph", "--model"),
        ("validate @ --method nearest --neighbours 3", "--neighbours"),
        ("validate @ --method nearest --min-neighbours 3", "--min-neighbours"),
        ("validate @ --method nearest --estimator cressie", "--estimator"),
        ("validate @ --model MODEL --width 50", "--width"),
        ("validate @ --seed 3", "--seed"),
        ("validate @ --azimuths 0,90", "--azimuths"),
        ("validate @ --sectors 4", "--neighbours"),
        ("validate @ --sectors 4 --neighbours all", "--sectors"),
        ("variogram @ --no-fit --model Sph", "--model"),
        ("variogram @ --tolerance 20", "--azimuths"),
        ("validate @ --method idw --transform log", "--transform"),
        ("validate @ --min-neighbours 0", "--min-neighbours"),
        ("validate @ --sectors 4 --neighbours all --radius 500", "--sectors"),
        ("validate @ -q -v", "--verbose"),
        ("predict @ --at meuse_grid.csv --scale transformed", "--scale"),
        ("predict @ --at meuse_grid.csv --threshold nan", "finite"),
        ("map @ -o out --scale transformed", "--scale"),
        ("map @ -o out --scale transformed --transform log --threshold 5", "--threshold"),
        ("map @ -o out --threads 60000", "1..=1024"),
        ("map @ -o out --confidence 0.9", "--threshold"),
        ("map @ -o out --min-area 9", "--threshold"),
        ("map @ -o out --mask-crs EPSG:4326", "--mask"),
        ("map @ -o out --like a.tif --cell 3", "--cell"),
        ("map @ -o out --like a.tif --bounds 0,0,1,1", "--bounds"),
    ] {
        let words = words.replace('@', "meuse.csv --analyte zinc --crs EPSG:28992");
        let words: Vec<&str> = words.split(' ').map(|w| if w == "MODEL" { complete } else { w }).collect();
        let run = soilscope(folder.path(), &words);
        assert_eq!(run.code, Some(2), "{words:?}: {}", run.out);
        assert!(run.err.contains(option), "{words:?}: {}", run.err);
    }
}

/// The Meuse samples with their coordinates the wrong way round.
fn exchanged() -> String {
    let text = std::fs::read_to_string(root().join("data/meuse.csv")).unwrap();
    text.replacen("sample,x,y,", "sample,y,x,", 1)
}

/// A checkerboard: neighbours differ most, so there is nothing to interpolate by.
fn noise() -> String {
    let mut text = String::from("x,y,zinc\n");
    for i in 0..12 {
        for j in 0..12 {
            text.push_str(&format!("{},{},{}\n", i * 10, j * 10, 10 + 5 * ((i + j) % 2)));
        }
    }
    text
}

#[test]
fn every_mistake_gets_one_clear_error() {
    for mistake in mistakes() {
        let message = mistake.message();
        assert!(message.len() > 30, "{}: {message}", mistake.what);
    }
}

fn full_disk_message() -> String {
    let folder = folder();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let words = ["predict", "meuse.csv", "--analyte", "zinc", "--crs", "EPSG:28992", "--at", "meuse_grid.csv", "-q"];
    let output = program(folder.path()).args(words).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stderr).unwrap().trim_end().to_owned()
}

#[test]
fn full_disk_on_stdout_is_told() {
    assert_eq!(full_disk_message(), "error: cannot write to stdout: No space left on device (os error 28)");
}

/// Runs the program with a tiny file system mounted at `out`, in a mount namespace of its own.
fn on_a_small_disk(folder: &Path, kib: usize, words: &str) -> Option<std::process::Output> {
    std::fs::create_dir(folder.join("out")).unwrap();
    let script = format!(
        "mount -t tmpfs -o size={kib}k none out || exit 99; \"$0\" {words}; code=$?; ls -A out >&2; exit $code"
    );
    let run = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", &script, env!("CARGO_BIN_EXE_soilscope")])
        .current_dir(folder)
        .output();
    run.ok().filter(|o| o.status.code() != Some(99) && !String::from_utf8_lossy(&o.stderr).starts_with("unshare:"))
}

#[test]
fn full_disk_leaves_no_file() {
    for kib in [16, 200, 900] {
        let folder = folder();
        let words = "map meuse.csv --analyte zinc --crs EPSG:28992 --threshold 500 --cell 5 -q -o out";
        let Some(output) = on_a_small_disk(folder.path(), kib, words) else {
            println!("skipped: a file system cannot be mounted here");
            return;
        };
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{kib} KiB: {message}");
        assert!(message.starts_with("error: "), "{kib} KiB: {message}");
        assert!(message.to_lowercase().contains("no space left") || message.contains("disk"), "{kib} KiB: {message}");
        assert!(!message.contains(".partial\n"), "{kib} KiB, left over: {message}");
    }
}

/// Interrupts a map of many cells while it is computed, and returns the last message.
fn interrupted_message(signal: &str) -> String {
    let folder = folder();
    let mut words: Vec<&str> = vec!["map", "meuse.csv"];
    words.extend(MAP.split(' '));
    words.extend(["--cell", "0.5", "--progress", "always"]);
    let mut child = program(folder.path()).args(words).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(|l| l.unwrap());
    // The computing has begun when its stage is announced.
    assert!(lines.any(|l| l.contains("predicting")));
    let kill = format!("kill -{signal} {}", child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    let rest: Vec<String> = lines.collect();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest:?}");
    assert_eq!(names(folder.path()), ["meuse.csv", "meuse_area.csv", "meuse_grid.csv"], "{rest:?}");
    rest.last().unwrap().clone()
}

#[test]
fn interrupted_variogram_ends_at_once() {
    // 30,000 samples: some 10^8 pairs within the default cutoff, which keep a debug build busy for seconds.
    let folder = folder();
    let mut text = String::from("x,y,lead\n");
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        state >> 33
    };
    for _ in 0..30_000 {
        text.push_str(&format!("{},{},{}\n", next() % 1_000_000, next() % 1_000_000, 1 + next() % 100));
    }
    std::fs::write(folder.path().join("big.csv"), text).unwrap();
    let words = ["variogram", "big.csv", "--crs", "local", "--analyte", "lead", "-o", "v.csv", "--progress", "always"];
    let mut child = program(folder.path()).args(words).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(|l| l.unwrap());
    assert!(lines.any(|l| l.contains("looking at pairs")));
    assert!(Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().unwrap().success());
    let rest: Vec<String> = lines.collect();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest:?}");
    assert_eq!(names(folder.path()), ["big.csv", "meuse.csv", "meuse_area.csv", "meuse_grid.csv"]);
}

#[test]
fn interrupted_run_leaves_no_file() {
    for signal in ["INT", "TERM"] {
        assert!(interrupted_message(signal).starts_with("interrupted: "));
    }
}

const BEGIN: &str = "<!-- bad input: made by `make bless` from tests/cli/bad_input.rs -->\n";
const END: &str = "<!-- end of bad input -->";

#[test]
fn readme_table_of_bad_input_is_true() {
    let mut rows = String::from("| mistake | what stderr says |\n|---|---|\n");
    let mut told: Vec<(&str, String)> = mistakes().iter().map(|m| (m.what, m.message())).collect();
    told.push(("disk full, as `/dev/full`", full_disk_message()));
    told.push(("interrupted by Ctrl-C (exit code 130)", interrupted_message("INT")));
    for (what, message) in told {
        let text = message.trim_start_matches("error: ").replace('|', "\\|");
        let text: String = match text.char_indices().nth(420) {
            Some((cut, _)) => format!("{} …", &text[..cut]),
            None => text,
        };
        rows.push_str(&format!("| {what} | `{}` |\n", text.replace('`', "'")));
    }
    let path = root().join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).expect("the README has the table's mark");
    let (table, after) = rest.split_once(END).expect("the README has the end of the table's mark");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{rows}{END}{after}")).unwrap();
    } else {
        assert_eq!(table, rows, "the README's table is old: read the difference, then `make bless`");
    }
}

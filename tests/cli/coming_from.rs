//! The sessions of `docs/coming-from.md` print what stands there. Its tables are tests of the library
//! (`tests/golden/coming_from.rs`), its Rust is a test of the documentation.

use std::path::Path;
use std::process::Command;

use crate::readme::beside_the_data;
use crate::support::root;

/// A command as typed, and what it printed.
struct Step {
    command: String,
    printed: Vec<String>,
}

/// The sessions: blocks of `console`, in which `$ ` begins a command and a line that ends with `\` goes on.
fn sessions() -> Vec<Vec<Step>> {
    let chapter = std::fs::read_to_string(root().join("docs/coming-from.md")).unwrap();
    let blocks = chapter.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.map(steps).collect()
}

fn steps(block: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut goes_on = false;
    for line in block.lines() {
        match line.strip_prefix("$ ") {
            Some(command) => steps.push(Step { command: command.to_owned(), printed: Vec::new() }),
            None if goes_on => {
                let command = &mut steps.last_mut().unwrap().command;
                command.push('\n');
                command.push_str(line);
            }
            None => steps.last_mut().unwrap().printed.push(line.to_owned()),
        }
        goes_on = line.ends_with('\\');
    }
    steps
}

/// Runs a session in one shell, and returns what each command printed.
fn run(session: &[Step], folder: &Path) -> Vec<Vec<String>> {
    const END: &str = "== end of command ==";
    let script: String = session.iter().map(|s| format!("{}\necho '{END}'\n", s.command)).collect();
    let binary = Path::new(env!("CARGO_BIN_EXE_soilscope"));
    let path = std::env::var_os("PATH").unwrap();
    let path =
        std::env::join_paths(std::iter::once(binary.parent().unwrap().to_owned()).chain(std::env::split_paths(&path)));
    let mut shell = Command::new("sh");
    shell.args(["-e", "-c", &script]).current_dir(folder).env("PATH", path.unwrap()).env("COLUMNS", "100");
    let output = shell.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut printed: Vec<Vec<String>> =
        text.split(&format!("{END}\n")).map(|part| part.lines().map(str::to_owned).collect()).collect();
    assert_eq!(printed.pop(), Some(Vec::new()), "nothing follows the last command");
    printed
}

/// A line as its numbers and what is between them.
fn parts(line: &str) -> (Vec<String>, Vec<&str>) {
    let mut text = vec![String::new()];
    let mut numbers = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let digits = rest.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
        // A number starts with a digit and does not end a word, nor a sentence.
        let number = rest[..digits].trim_end_matches('.');
        if first.is_ascii_digit() && !text.last().unwrap().ends_with(|c: char| c.is_ascii_alphabetic()) {
            numbers.push(number);
            text.push(String::new());
            rest = &rest[number.len()..];
        } else {
            text.last_mut().unwrap().push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    (text, numbers)
}

/// Whether `printed` rounded to the digits of `written` is that; spaces may differ.
fn is_rounded(written: &str, printed: &str) -> bool {
    let words = |text: &[String]| text.iter().map(|t| t.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let (written, printed) = (parts(written), parts(printed));
    let same_words: (Vec<String>, Vec<String>) = (words(&written.0), words(&printed.0));
    let near = |(w, p): (&&str, &&str)| {
        let decimals = w.split_once('.').map_or(0, |(_, d)| d.len());
        let value = |text: &str| text.parse::<f64>().unwrap();
        (value(w) - value(p)).abs() <= 0.5001 * 10_f64.powi(-(decimals as i32))
    };
    same_words.0 == same_words.1 && written.1.len() == printed.1.len() && written.1.iter().zip(&printed.1).all(near)
}

#[test]
fn numbers_are_compared_to_the_digits_that_are_written() {
    assert!(is_rounded("range 942.5 (95 %)", "range  942.5211194 (95 %)"));
    assert!(!is_rounded("range 942.5 (95 %)", "range  942.5611194 (95 %)"));
    assert!(!is_rounded("range 942.5", "sill 942.5"));
    assert!(!is_rounded("sum 4.7916e-6", "sum 4.791585e-7"));
    assert!(!is_rounded("one 1", "one 1 2"));
}

#[test]
fn sessions_print_what_the_chapter_says() {
    let sessions = sessions();
    assert!(sessions.iter().map(Vec::len).sum::<usize>() >= 7, "the chapter has its sessions");
    for session in sessions {
        let folder = beside_the_data();
        for (step, found) in session.iter().zip(run(&session, folder.path())) {
            let same = step.printed.len() == found.len()
                && step.printed.iter().zip(&found).all(|(written, printed)| is_rounded(written, printed));
            assert!(
                same,
                "$ {}\nthe chapter has\n{}\nbut it is\n{}",
                step.command,
                step.printed.join("\n"),
                found.join("\n")
            );
        }
    }
}

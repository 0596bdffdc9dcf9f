//! The commands of the README do what it says.

use tempfile::TempDir;

use crate::support::{folder, program, root};

/// Lines of the README's shell blocks that call the program, continuation lines joined.
fn commands() -> Vec<String> {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let blocks = readme.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let joined: Vec<String> = blocks.map(|block| block.replace("\\\n", " ")).collect();
    joined
        .iter()
        .flat_map(|b| b.lines())
        .map(str::trim)
        .filter(|l| l.starts_with("soilscope "))
        .map(str::to_owned)
        .collect()
}

/// A folder as the project's root is: with the shipped tables in `data`.
pub(crate) fn beside_the_data() -> TempDir {
    let folder = folder();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    for entry in std::fs::read_dir(root().join("data")).unwrap() {
        let entry = entry.unwrap();
        if entry.path().extension().is_some_and(|e| e == "csv" || e == "tif") {
            std::fs::copy(entry.path(), folder.path().join("data").join(entry.file_name())).unwrap();
        }
    }
    let handover = folder.path().join("data/handover");
    std::fs::create_dir(&handover).unwrap();
    for entry in std::fs::read_dir(root().join("data/handover")).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), handover.join(entry.file_name())).unwrap();
    }
    folder
}

#[test]
fn commands_of_the_readme_run() {
    let folder = beside_the_data();
    let commands = commands();
    assert!(commands.len() >= 5, "{commands:?}");
    for command in commands {
        // `sh` splits the words as a person's shell does.
        let script = command.replacen("soilscope", "\"$0\"", 1);
        let output = std::process::Command::new("sh")
            .args(["-c", &script, program(folder.path()).get_program().to_str().unwrap()])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{command}\n{}", String::from_utf8_lossy(&output.stderr));
    }
}

//! Interruptions, folders that cannot be written, hostile names, runs that were changed.

use super::*;

#[test]
fn an_interruption_leaves_nothing_wherever_it_comes() {
    let case = Case::new();
    let run = case.run("run", &[3]);
    let options = case.options(None, None);
    let asked = std::cell::Cell::new(0);
    let count = || {
        asked.set(asked.get() + 1);
        false
    };
    pack(&[&run], &about(OPEN), &options, &mut |_| {}, &count).unwrap();
    let all_asked = asked.get();
    assert!(all_asked > 5, "it asks {all_asked} times");
    std::fs::remove_dir_all(&options.out).unwrap();
    for stop in [1, 2, all_asked / 2, all_asked - 1, all_asked] {
        let asked = std::cell::Cell::new(0);
        let interrupted = || {
            asked.set(asked.get() + 1);
            asked.get() >= stop
        };
        let error = pack(&[&run], &about(OPEN), &options, &mut |_| {}, &interrupted).unwrap_err();
        assert!(matches!(error, Error::Interrupted), "{error}");
        assert_eq!(std::fs::read_dir(&options.out).unwrap().count(), 0, "asked {stop} times");
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_said_before_anything_is_done() {
    let case = Case::new();
    let run = case.run("run", &[3]);
    let file = case.folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let options = PackOptions { judge: None, ..PackOptions::new(&file) };
    let mut done = Vec::new();
    let error = pack(&[&run], &about(OPEN), &options, &mut |what| done.push(what.to_owned()), &|| false).unwrap_err();
    assert!(matches!(error, Error::Unwritable { .. }), "{error}");
    assert!(done.is_empty());
}

#[test]
fn hostile_names_are_text_and_no_path() {
    let case = Case::new();
    let mut text_of = about_text(OPEN);
    for (from, to) in [
        ("'Metals in the flood plain of the Meuse'", "'<script>alert(1)</script> ]]> & | `x` ../../etc'"),
        ("'Institute of Soils'", "'=cmd|\" /C calc\"!A0'"),
        ("['Stein']", "['\"><img src=x onerror=alert(1)>']"),
    ] {
        text_of = text_of.replace(from, to);
    }
    let rows: Vec<Row> = runs::rows("open", &[3])
        .into_iter()
        .map(|row| Row { site_code: format!("=HYPERLINK({})", row.site_code), data_owner: "@SUM(A1)".into(), ..row })
        .collect();
    let about = About::parse(&text_of, "about.toml").unwrap();
    let packed = case.pack(&case.run("run", &[3]), &about, &case.options(Some(&rows), None)).unwrap();
    let files = all(&packed.folder);
    for name in ["qa/report.html", "metadata/iso/NL-GSPOL-ZIN-2026.xml", "qa/report.md"] {
        let content = text(&files, name);
        assert!(!content.contains("<script") && !content.contains("<img"), "{name}");
    }
    roxmltree::Document::parse(text(&files, "metadata/iso/NL-GSPOL-ZIN-2026.xml")).unwrap();
    for (name, content) in files.iter().filter(|(name, _)| name.ends_with(".csv")) {
        let mut reader = csv::Reader::from_reader(content.as_slice());
        for cell in reader.records().flat_map(|r| r.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()) {
            assert!(!cell.starts_with(['=', '+', '@']), "{name}: {cell}");
        }
    }
    for bad in ["initiative = '../x'", "project = 'A-B'", "version = '1.0/..'"] {
        let text_of = if bad.starts_with("version") {
            about_text(OPEN).replace("version = '1.0'", bad)
        } else {
            about_text(OPEN).replace("[bundle]\n", &format!("[bundle]\n{bad}\n"))
        };
        assert!(About::parse(&text_of, "about.toml").is_err(), "{bad}");
    }
}

#[test]
fn a_run_that_was_changed_is_refused() {
    let case = Case::new();
    let run = case.run("run", &[3]);
    let path = run.join("zinc_sd.tif");
    let mut bytes = std::fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let said = case.pack(&run, &about(OPEN), &case.options(None, None)).unwrap_err().to_string();
    assert!(said.contains("zinc_sd.tif"), "{said}");
}

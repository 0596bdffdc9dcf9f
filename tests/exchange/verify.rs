//! What was changed is found, and nothing else.

use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};
use soilscope_exchange::Error;
use soilscope_exchange::verify::signature::Signer;
use soilscope_exchange::verify::{MANIFEST, Options, Report, Role, SIGNATURE, Signed, State, verify};

fn sum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// A bundle of three files.
fn bundle() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut manifest = String::new();
    for (name, text) in [("README.txt", "read me"), ("rasters/gsp/a.tif", "cells"), ("rasters/gsp/b.tif", "more")] {
        let at = folder.path().join(name);
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        fs::write(&at, text).unwrap();
        manifest += &format!("{}  {name}\n", sum(text.as_bytes()));
    }
    fs::write(folder.path().join(MANIFEST), manifest).unwrap();
    folder
}

fn verified(folder: &Path, key: Option<String>) -> Report {
    verify(folder, &Options { key, inputs: None }, &|| false).unwrap()
}

/// Files that are not as they were, and how.
fn odd(report: &Report) -> Vec<(&str, &'static str)> {
    let name = |state: &State| match state {
        State::Same => "same",
        State::Changed { .. } => "changed",
        State::Missing => "missing",
        State::Unlisted => "unlisted",
        State::Unreadable { .. } => "unreadable",
    };
    report.files.iter().map(|f| (f.file.as_str(), name(&f.state))).filter(|(_, state)| *state != "same").collect()
}

type Change = fn(&Path);

#[test]
fn every_change_of_a_bundle_is_told() {
    let whole = bundle();
    let report = verified(whole.path(), None);
    assert!(
        report.unchanged() && report.files.len() == 3 && report.signature == Some(Signed::Unsigned),
        "{}",
        report.text()
    );

    let changes: [(&str, Change, (&str, &str)); 4] = [
        ("a bit", |at| fs::write(at.join("README.txt"), "read mE").unwrap(), ("README.txt", "changed")),
        ("a file less", |at| fs::remove_file(at.join("rasters/gsp/a.tif")).unwrap(), ("rasters/gsp/a.tif", "missing")),
        (
            "a file more",
            |at| fs::write(at.join("rasters/gsp/a.tif.aux.xml"), "").unwrap(),
            ("rasters/gsp/a.tif.aux.xml", "unlisted"),
        ),
        (
            "a link",
            |at| {
                let text = fs::read(at.join("README.txt")).unwrap();
                fs::write(at.with_extension("elsewhere"), text).unwrap();
                fs::remove_file(at.join("README.txt")).unwrap();
                std::os::unix::fs::symlink(at.with_extension("elsewhere"), at.join("README.txt")).unwrap();
            },
            ("README.txt", "unreadable"),
        ),
    ];
    for (what, change, expected) in changes {
        let folder = bundle();
        change(folder.path());
        let report = verified(folder.path(), None);
        assert!(!report.unchanged(), "{what}");
        assert_eq!(odd(&report), [expected], "{what}");
        assert!(report.text().contains("bundle CHANGED: "), "{}", report.text());
        let _ = fs::remove_file(folder.path().with_extension("elsewhere"));
    }
}

#[test]
fn a_manifest_cannot_lead_out_of_its_bundle() {
    for (line, part) in [
        (format!("{}  ../secret", sum(b"")), "names a file that is not in the bundle"),
        (format!("{}  /etc/passwd", sum(b"")), "names a file that is not in the bundle"),
        (format!("{}  a\\..\\b", sum(b"")), "names a file that is not in the bundle"),
        (format!("{}  README.txt\n{}  README.txt", sum(b""), sum(b"")), "a second time"),
        ("ABCD  README.txt".to_owned(), "does not begin with a SHA-256 sum"),
        ("nothing".to_owned(), "is no sum and name"),
    ] {
        let folder = bundle();
        fs::write(folder.path().join(MANIFEST), line).unwrap();
        let error = verify(folder.path(), &Options::default(), &|| false).unwrap_err().to_string();
        assert!(error.contains(part) && error.contains("line "), "{error}");
    }
}

#[test]
fn a_signature_is_of_its_key_and_its_manifest() {
    let keys = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
    let other = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
    let secret = keys.sk.to_box(None).unwrap().to_string();
    let public = |pair: &minisign::KeyPair| pair.pk.to_box().unwrap().to_string();

    let folder = bundle();
    // A key was given, and there is no signature: that is not what was asked for.
    assert!(!verified(folder.path(), Some(public(&keys))).unchanged());
    Signer::new(&secret, None).unwrap().sign(folder.path(), "bundle of a test").unwrap();
    assert_eq!(verified(folder.path(), None).signature, Some(Signed::Unchecked));
    // The whole file, and its second line alone.
    for key in [public(&keys), public(&keys).lines().nth(1).unwrap().to_owned()] {
        let report = verified(folder.path(), Some(key));
        assert_eq!(report.signature, Some(Signed::Valid { comment: "bundle of a test".into() }));
        assert!(report.unchanged());
    }
    let report = verified(folder.path(), Some(public(&other)));
    assert!(matches!(report.signature, Some(Signed::Invalid { .. })) && !report.unchanged(), "{}", report.text());

    // Files and manifest changed together: the sums fit, the signature does not.
    fs::write(folder.path().join("README.txt"), "forged").unwrap();
    let manifest = fs::read_to_string(folder.path().join(MANIFEST)).unwrap();
    let forged = manifest.replace(&sum(b"read me"), &sum(b"forged"));
    assert_ne!(forged, manifest);
    fs::write(folder.path().join(MANIFEST), forged).unwrap();
    assert!(verified(folder.path(), None).unchanged(), "without a key nobody can know");
    assert!(!verified(folder.path(), Some(public(&keys))).unchanged());

    // The comment is covered too.
    let signed = fs::read_to_string(folder.path().join(SIGNATURE)).unwrap();
    fs::write(folder.path().join(MANIFEST), manifest).unwrap();
    fs::write(folder.path().join(SIGNATURE), signed.replace("of a test", "of a pest")).unwrap();
    assert!(matches!(verified(folder.path(), Some(public(&keys))).signature, Some(Signed::Invalid { .. })));

    let error = verify(folder.path(), &Options { key: Some("no key".into()), inputs: None }, &|| false).unwrap_err();
    assert!(error.to_string().starts_with("the public key: "), "{error}");
    let error = Signer::new("no key", None).err().unwrap();
    assert!(error.to_string().starts_with("the secret key: "), "{error}");
}

#[test]
fn a_run_is_held_against_its_record() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("out");
    fs::create_dir(&run).unwrap();
    let samples = folder.path().join("a.csv");
    fs::write(&samples, "x,y\n").unwrap();
    fs::write(run.join("a.tif"), "cells").unwrap();
    let record = serde_json::json!({
        "inputs": [{ "role": "samples", "path": samples, "sha256": sum(b"x,y\n") }],
        "analytes": [{ "outputs": [{ "role": "raster", "path": "somewhere/out/a.tif", "sha256": sum(b"cells") }] }],
    });
    fs::write(run.join("run.json"), record.to_string()).unwrap();
    assert!(verified(&run, None).unchanged());

    // Side files of a GIS are told, and are no change.
    fs::write(run.join("a.tif.aux.xml"), "").unwrap();
    let report = verified(&run, None);
    assert_eq!(odd(&report), [("a.tif.aux.xml", "unlisted")]);
    assert!(report.unchanged());

    fs::write(&samples, "x,y\n1,2\n").unwrap();
    let report = verified(&run, None);
    assert!(!report.unchanged() && report.files[0].role == Role::Input, "{}", report.text());
    fs::remove_file(&samples).unwrap();
    assert!(verified(&run, None).unchanged(), "an input that is not here says nothing");
    assert!(verified(&run, None).text().contains("not here    input "));

    fs::write(run.join("a.tif"), "cellS").unwrap();
    assert!(!verified(&run, None).unchanged());
    let error = verify(&run, &Options { key: Some("k".into()), inputs: None }, &|| false).unwrap_err();
    assert!(error.to_string().contains("runs are not signed"), "{error}");
    assert!(matches!(verify(&run, &Options::default(), &|| true), Err(Error::Interrupted)));
    let error = verify(folder.path(), &Options::default(), &|| false).unwrap_err();
    assert!(error.to_string().contains("holds neither run.json"), "{error}");
}

//! B005: traces of the machine in the text of any file.

use std::sync::LazyLock;

use regex_lite::Regex;

use crate::check::Findings;
use crate::check::bundle::{Facts, Folder};
use crate::{Error, Result};

/// Largest file whose text is looked through, in bytes; what is larger is a raster or no text.
const LARGEST: u64 = 64 << 20;
/// TIFF's tag of the machine that made it.
const HOST_COMPUTER: u16 = 316;

/// Paths as systems write them: below the usual roots of Unix, of a drive, of a share, and as addresses of files. Before one
/// stands no letter that would make it part of an address or of a relative path.
static PATHS: LazyLock<Regex> = LazyLock::new(|| {
    let roots = "home|Users|root|tmp|var|mnt|media|opt|srv|usr|etc|work|workspace|builds|private|Volumes|scratch|nfs|gpfs|lustre|proc|run/user";
    let pattern = format!(
        r#"(?:^|[\s"'=(>,;\[|`])(/(?:{roots})/[^\s"'<>,;|)\]]+)|(?:^|[^A-Za-z0-9])([A-Za-z]:\\{{1,2}}[A-Za-z0-9_.$-][^\s"'<>|]*)|(?:^|[\s"'=(>,;])(\\\\{{1,3}}[A-Za-z0-9_.-]+\\{{1,2}}[A-Za-z0-9_.$-]+)|(file://[^\s"'<>]*)"#
    );
    Regex::new(&pattern).expect("a pattern of this program compiles")
});

/// Members and elements that name who or where.
static MEMBERS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?i)"(?:user|username|user_name|login|hostname|host_name|machine|computer|cwd|home)"\s*:\s*"([^"]+)""#,
    )
    .expect("a pattern of this program compiles")
});

/// Names of users and hosts that say nothing.
const COMMON: [&str; 6] = ["localhost", "ubuntu", "debian", "runner", "jenkins", "container"];

/// Looks through every file.
///
/// # Errors
/// [`Error::Interrupted`].
pub(super) fn judge(folder: &Folder, facts: &Facts<'_>, findings: &mut Findings) -> Result<()> {
    let here = here(folder);
    for path in folder.files.keys() {
        if facts.interrupted() {
            return Err(Error::Interrupted);
        }
        if let Some(raster) = facts.rasters.get(path) {
            for (tag, text) in &raster.tags.texts {
                if *tag == HOST_COMPUTER && !text.trim().is_empty() {
                    findings.add("B005", path, "tag 316 (HostComputer)", text, "no host name");
                }
                look(path, &format!("tag {tag}"), text, &here, findings);
            }
            continue;
        }
        let Some(bytes) = folder.read(path, LARGEST) else { continue };
        if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            for text in png_texts(&bytes) {
                look(path, "text of the picture", &text, &here, findings);
            }
            continue;
        }
        match std::str::from_utf8(&bytes) {
            Ok(text) => {
                for (i, line) in text.lines().enumerate() {
                    look(path, &format!("line {}", i + 1), line, &here, findings);
                }
            }
            // A data base and the like: its texts stand between bytes that are none.
            Err(_) => {
                for text in bytes.split(|b| !(0x20..0x7f).contains(b)).filter(|t| t.len() > 5) {
                    look(path, "text within", &String::from_utf8_lossy(text), &here, findings);
                }
            }
        }
    }
    Ok(())
}

fn look(path: &str, place: &str, text: &str, here: &[String], findings: &mut Findings) {
    for found in PATHS.captures_iter(text) {
        if let Some(part) = (1..=4).find_map(|i| found.get(i)) {
            findings.add("B005", path, place, part.as_str(), "no path of a machine");
        }
    }
    for found in MEMBERS.captures_iter(text) {
        findings.add("B005", path, place, &found[0], "no user and no host");
    }
    for own in here {
        if !PATHS.is_match(text) && holds(text, own) {
            findings.add("B005", path, place, own, "no path, user or host of the machine");
        }
    }
}

/// Whether `text` holds `own`, and not as a part of a longer word.
fn holds(text: &str, own: &str) -> bool {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-');
    text.match_indices(own).any(|(at, _)| {
        !part(text[..at].chars().next_back()) && (own.contains('/') || !part(text[at + own.len()..].chars().next()))
    })
}

/// Folders, user and host of this machine, which a bundle made here might name.
fn here(folder: &Folder) -> Vec<String> {
    let set = |name: &str| std::env::var(name).ok();
    let parent = folder.root.parent().map(|p| p.to_string_lossy().into_owned());
    // One part says too little: "/data" may be an address.
    let folders = parent.into_iter().chain(set("HOME")).filter(|p| p.matches('/').count() >= 2);
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").ok().map(|h| h.trim().to_owned());
    let names = [set("USER"), set("LOGNAME"), set("HOSTNAME"), host].into_iter().flatten();
    // Short names and those that every machine has are words like others.
    let telling = |name: &String| name.len() >= 6 && !COMMON.contains(&name.as_str());
    folders.chain(names.filter(telling)).collect()
}

/// The texts of a picture that are not compressed, with their keywords.
fn png_texts(bytes: &[u8]) -> Vec<String> {
    let mut texts = Vec::new();
    let mut at = 8;
    while let Some(head) = bytes.get(at..at + 8) {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let Some(data) = bytes.get(at + 8..).and_then(|rest| rest.get(..length)) else { break };
        if matches!(&head[4..], b"tEXt" | b"iTXt" | b"zTXt" | b"eXIf") {
            texts.push(String::from_utf8_lossy(data).replace('\0', " "));
        }
        at += 12 + length;
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> bool {
        let mut findings = Findings::new();
        look("a.txt", "", text, &[], &mut findings);
        findings.iter().next().is_some()
    }

    #[test]
    fn paths_users_and_hosts_are_found() {
        for text in [
            "made in /home/ada/maps/run",
            r#"{"path": "/mnt/data/run-meuse"}"#,
            "<a>/tmp/x.tif</a>",
            r"C:\Users\ada\map.tif",
            r#"{"path": "C:\\Users\\ada"}"#,
            r"see \\server\share\map.tif",
            "file:///srv/maps",
            r#"{"hostname": "db01"}"#,
            r#"{"user": "ada"}"#,
            "source=/mnt/disk1/x",
        ] {
            assert!(found(text), "{text}");
        }
    }

    #[test]
    fn addresses_and_relative_paths_are_none() {
        for text in [
            "https://example.org/home/maps/x.tif",
            "http://www.opengis.net/def/crs/EPSG/0/4326",
            "rasters/gsp/LUX.tif",
            "/gmd:MD_Metadata/gmd:contact",
            r#"{"where": "/mapsets/0/layers"}"#,
            "mg/kg and 0/30",
            r#"{"user_guide": "x"}"#,
            "ratio a:b",
        ] {
            assert!(!found(text), "{text}");
        }
    }

    #[test]
    fn own_names_are_found_as_words_only() {
        assert!(holds("made by lovelace on a day", "lovelace") && holds("lovelace@host", "lovelace"));
        assert!(!holds("lovelaces, ada-lovelace, lovelace_2", "lovelace"));
        assert!(holds("in /srv/maps/run", "/srv/maps") && !holds("x/srv/maps2", "/srv/other"));
    }

    #[test]
    fn texts_of_a_picture_are_read() {
        let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
        let data = b"Comment\0/home/ada/x";
        png.extend((data.len() as u32).to_be_bytes());
        png.extend(b"tEXt");
        png.extend(data);
        png.extend([0; 4]);
        assert_eq!(png_texts(&png), ["Comment /home/ada/x"]);
        png.truncate(20);
        assert!(png_texts(&png).is_empty());
    }
}

//! Memory: what the process holds, and sizes as people write them.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// A size in bytes, written as 2GiB or 500 MB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
#[serde(transparent)]
pub(crate) struct Bytes(pub(crate) u64);

const UNITS: [(&str, u64); 13] = [
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("k", 1 << 10),
    ("m", 1 << 20),
    ("g", 1 << 30),
    ("t", 1 << 40),
    ("b", 1),
];

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let lower = text.trim().to_ascii_lowercase();
        let found = UNITS.iter().find_map(|(unit, factor)| Some((lower.strip_suffix(unit)?, *factor)));
        let read = || -> Option<Self> {
            let (number, factor) = found?;
            let bytes = number.trim().parse::<f64>().ok()? * factor as f64;
            (bytes >= 1.0 && bytes < 2f64.powi(63)).then_some(Self(bytes as u64))
        };
        read().ok_or_else(|| "a size is a number and its unit, as 2GiB, 800MiB or 4GB".to_owned())
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MIB: u64 = 1 << 20;
        match self.0 {
            bytes if bytes < 10 * MIB => write!(f, "{:.1} MiB", bytes as f64 / MIB as f64),
            bytes if bytes < 10_000 * MIB => write!(f, "{} MiB", bytes.div_ceil(MIB)),
            bytes => write!(f, "{:.1} GiB", bytes as f64 / (MIB << 10) as f64),
        }
    }
}

/// What this process holds now; `None` where the system does not say.
pub(crate) fn held() -> Option<Bytes> {
    status("VmRSS:")
}

/// The most that this process has held; `None` where the system does not say.
pub(crate) fn peak() -> Option<Bytes> {
    status("VmHWM:")
}

fn status(name: &str) -> Option<Bytes> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(Bytes(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("2GiB", 2 << 30),
            ("800 MiB", 800 << 20),
            ("4GB", 4_000_000_000),
            ("1.5g", 3 << 29),
            ("512b", 512),
            ("64K", 64 << 10),
        ] {
            assert_eq!(text.parse(), Ok(Bytes(bytes)), "{text}");
        }
        for text in ["", "2", "GiB", "-1GiB", "0MiB", "1e30GiB", "2 GiB/s", "nan mb"] {
            assert!(text.parse::<Bytes>().is_err(), "{text}");
        }
        let shown = [3 << 19, 800 << 20, (9_999 << 20) + 1, 1 << 34].map(|bytes| Bytes(bytes).to_string());
        assert_eq!(shown, ["1.5 MiB", "800 MiB", "10000 MiB", "16.0 GiB"]);
    }

    #[test]
    fn the_system_tells_what_is_held() {
        if let (Some(held), Some(peak)) = (held(), peak()) {
            assert!(held.0 > 1 << 20 && peak >= held);
        }
    }
}

//! The secret that displacements are keyed with.

use std::fmt;
use std::io::Read;
use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{Error, Result};

/// Fewer bytes than this can be guessed: 128 bits is the least that SP 800-107 takes for a key of HMAC.
const SHORTEST: usize = 16;
/// More bytes than this are no secret but some file.
const LONGEST: usize = 4096;

/// A secret. It is never written, shown or sent anywhere, and its bytes are cleared when it is dropped.
pub struct Secret(Zeroizing<Vec<u8>>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// A secret of these bytes.
    ///
    /// # Errors
    /// Fewer than 16 bytes, more than 4096, or all the same.
    ///
    /// # Examples
    /// ```
    /// use soilscope_exchange::privacy::Secret;
    /// assert!(Secret::new(b"0123456789abcdef".to_vec()).is_ok());
    /// assert!(Secret::new(b"password".to_vec()).is_err());
    /// ```
    pub fn new(bytes: Vec<u8>) -> Result<Self> {
        let bytes = Zeroizing::new(bytes);
        let refuse = |reason: String| {
            Err(Error::refused(
                "the secret",
                reason,
                "make one with: head -c 32 /dev/urandom > secret.key; keep it, and keep it from others",
            ))
        };
        match bytes.len() {
            0..SHORTEST => {
                refuse(format!("it has {} bytes and can be guessed; {SHORTEST} are the fewest", bytes.len()))
            }
            n if n > LONGEST => refuse(format!("it has more than {LONGEST} bytes")),
            _ if bytes.iter().all(|b| *b == bytes[0]) => refuse("all its bytes are the same".into()),
            _ => Ok(Self(bytes)),
        }
    }

    /// The bytes of a file, as they stand but for one line break at the end.
    ///
    /// # Errors
    /// The file cannot be read, or what it holds is no secret.
    pub fn read(path: &Path) -> Result<Self> {
        let file = std::fs::File::open(path).map_err(|e| Error::unreadable(path, e))?;
        // All of it at once: a buffer that grew would leave copies behind that nobody clears.
        let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST + 3));
        file.take(LONGEST as u64 + 3).read_to_end(&mut bytes).map_err(|e| Error::unreadable(path, e))?;
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
            if bytes.last() == Some(&b'\r') {
                bytes.pop();
            }
        }
        Self::new(std::mem::take(&mut *bytes))
    }

    /// 32 bytes that nobody without the secret can tell from chance. Parts are told apart by their lengths.
    pub(super) fn keyed(&self, purpose: &str, parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        for part in std::iter::once(purpose.as_bytes()).chain(parts.iter().copied()) {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        }
        Zeroizing::new(mac.finalize().into_bytes().into())
    }

    /// A name for `code` that only the holder of the secret can trace back: `prefix` and 16 hexadecimal digits.
    ///
    /// # Examples
    /// ```
    /// use soilscope_exchange::privacy::Secret;
    /// let secret = Secret::new(b"0123456789abcdef".to_vec())?;
    /// assert_eq!(secret.pseudonym("site", "A001"), secret.pseudonym("site", "A001"));
    /// assert_ne!(secret.pseudonym("site", "A001"), secret.pseudonym("site", "A002"));
    /// # Ok::<(), soilscope_exchange::Error>(())
    /// ```
    pub fn pseudonym(&self, prefix: &str, code: &str) -> String {
        let bytes = self.keyed("soilscope pseudonym 1", &[prefix.as_bytes(), code.as_bytes()]);
        bytes[..8].iter().fold(prefix.to_owned(), |name, b| name + &format!("{b:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_a_secret_is_taken_as_it_stands_without_its_last_line_break() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "0123456789abcdef\r\n").unwrap();
        let read = Secret::read(&path).unwrap();
        let same = Secret::new(b"0123456789abcdef".to_vec()).unwrap();
        assert_eq!(read.pseudonym("p", "x"), same.pseudonym("p", "x"));
        std::fs::write(&path, "short\n").unwrap();
        let said = Secret::read(&path).unwrap_err().to_string();
        assert!(said.contains("5 bytes") && !said.contains("short\n"), "{said}");
        std::fs::write(&path, [0; 32]).unwrap();
        assert!(Secret::read(&path).is_err());
        std::fs::write(&path, vec![7; 5000]).unwrap();
        assert!(Secret::read(&path).is_err());
    }

    #[test]
    fn it_is_not_shown() {
        let secret = Secret::new(b"0123456789abcdef".to_vec()).unwrap();
        assert_eq!(format!("{secret:?}"), "Secret");
    }

    #[test]
    fn parts_cannot_be_shifted_into_one_another() {
        let secret = Secret::new(b"0123456789abcdef".to_vec()).unwrap();
        assert_ne!(*secret.keyed("p", &[b"ab", b"c"]), *secret.keyed("p", &[b"a", b"bc"]));
        // RFC 4231 has no case with this framing; one computed with Python's hmac keeps the construction from drifting.
        let bytes = secret.keyed("p", &[b"ab", b"c"]);
        assert_eq!(bytes[..8], PYTHON);
    }

    const PYTHON: [u8; 8] = [0xc9, 0x90, 0xd6, 0x21, 0x2c, 0x0d, 0x9e, 0x68];
}

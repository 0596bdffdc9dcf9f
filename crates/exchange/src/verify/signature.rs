//! A detached signature over a manifest, in the format of minisign (Ed25519 over BLAKE2b), by the crate of that name.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use minisign::{PublicKeyBox, SecretKeyBox, SignatureBox};

use super::{MANIFEST, SIGNATURE};
use crate::{Error, Result};

/// Why a signature could not be said to be valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The key is none.
    Key(String),
    /// The signature is not that of the key over these bytes.
    Signature(String),
}

/// Checks a signature over `bytes` by a public key (the file that minisign wrote, or its second line). Returns what the signer said, which the
/// signature covers.
///
/// # Errors
/// The key is none; the signature is none, of another key, or of other bytes.
pub fn check(bytes: &[u8], signature: &str, key: &str) -> std::result::Result<String, Fault> {
    let key = key.trim();
    let boxed = if key.lines().count() > 1 { key.to_owned() } else { format!("untrusted comment: a key\n{key}\n") };
    let public = PublicKeyBox::from_string(&boxed).and_then(PublicKeyBox::into_public_key);
    let public = public.map_err(|e| Fault::Key(e.to_string()))?;
    let fault = |e: minisign::PError| Fault::Signature(e.to_string());
    let signature = SignatureBox::from_string(signature).map_err(fault)?;
    minisign::verify(&public, &signature, Cursor::new(bytes), true, false, false).map_err(fault)?;
    signature.trusted_comment().map_err(fault)
}

/// Signs a bundle's manifest; the signature is written beside it, as [`SIGNATURE`]. `comment` is covered by it.
///
/// # Errors
/// The key or its password is wrong; the manifest cannot be read; the signature cannot be written.
pub fn sign(bundle: &Path, secret_key: &str, password: Option<String>, comment: &str) -> Result<()> {
    let refuse = |reason: String| {
        Error::refused(
            "the secret key",
            reason,
            "give the file that `minisign -G` wrote, and the file with its password where it has one",
        )
    };
    let boxed = SecretKeyBox::from_string(secret_key).map_err(|e| refuse(e.to_string()))?;
    let secret = match password {
        Some(password) => boxed.into_secret_key(Some(password)),
        // Never asks at a terminal that may not be there.
        None => boxed.into_unencrypted_secret_key(),
    };
    let secret = secret.map_err(|e| refuse(e.to_string()))?;
    let at = bundle.join(MANIFEST);
    let manifest = fs::read(&at).map_err(|e| Error::unreadable(&at, e))?;
    let signed = minisign::sign(
        None,
        &secret,
        Cursor::new(manifest),
        Some(comment),
        Some("signature of a soilscope bundle's manifest"),
    )
    .map_err(|e| refuse(e.to_string()))?;
    let target = bundle.join(SIGNATURE);
    let written = || -> std::io::Result<()> {
        use std::io::Write;
        let mut beside = tempfile::NamedTempFile::new_in(bundle)?;
        beside.write_all(signed.to_string().as_bytes())?;
        beside.as_file().sync_all()?;
        beside.persist(&target)?;
        Ok(())
    };
    written().map_err(|e| Error::unwritable(&target, e))
}

//! A detached signature over a manifest, in the format of minisign (Ed25519 over BLAKE2b), by the crate of that name.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use minisign::{PublicKeyBox, SecretKey, SecretKeyBox, SignatureBox};

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

/// A secret key that is ready to sign: whether it can be used is known before anything is made to be signed.
pub struct Signer(SecretKey);

impl Signer {
    /// Of the file that `minisign -G` wrote, and its password where it has one.
    ///
    /// # Errors
    /// The key is none, or its password is wrong or missing.
    pub fn new(secret_key: &str, password: Option<String>) -> Result<Self> {
        let boxed = SecretKeyBox::from_string(secret_key).map_err(refuse)?;
        let secret = match password {
            Some(password) => boxed.into_secret_key(Some(password)),
            // Never asks at a terminal that may not be there.
            None => boxed.into_unencrypted_secret_key(),
        };
        secret.map(Self).map_err(refuse)
    }

    /// Signs a bundle's manifest; the signature is written beside it, as [`SIGNATURE`]. `comment` is covered by it.
    ///
    /// # Errors
    /// The manifest cannot be read, the signature not written.
    pub fn sign(&self, bundle: &Path, comment: &str) -> Result<()> {
        let at = bundle.join(MANIFEST);
        let manifest = fs::read(&at).map_err(|e| Error::unreadable(&at, e))?;
        let untrusted = "signature of a soilscope bundle's manifest";
        let signed =
            minisign::sign(None, &self.0, Cursor::new(manifest), Some(comment), Some(untrusted)).map_err(refuse)?;
        let target = bundle.join(SIGNATURE);
        let written = || -> std::io::Result<()> {
            let mut beside = tempfile::NamedTempFile::new_in(bundle)?;
            beside.write_all(signed.to_string().as_bytes())?;
            beside.as_file().sync_all()?;
            beside.persist(&target)?;
            Ok(())
        };
        written().map_err(|e| Error::unwritable(&target, e))
    }
}

fn refuse(reason: minisign::PError) -> Error {
    Error::refused(
        "the secret key",
        reason,
        "give the file that `minisign -G` wrote, and the file with its password where it has one",
    )
}

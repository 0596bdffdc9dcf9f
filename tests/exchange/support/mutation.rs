//! One rule of the judge, broken once in the good bundle.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use soilscope_exchange::check::{CheckOptions, Profile, Verdict, judge};
use tempfile::TempDir;

use super::good::{self, Good};

/// What is made to agree again after a file was altered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seal {
    /// Nothing.
    Nothing,
    /// The manifest.
    Manifest,
    /// Hashes and sizes in `bundle.json` and STAC too.
    All,
}

/// How the bundle is broken.
#[derive(Clone, Copy)]
enum Break {
    /// Its files.
    Files(fn(&Path)),
    /// Before it is written, so that all else agrees.
    Bundle(fn(&mut Good)),
}

/// One rule, broken.
#[derive(Clone, Copy)]
pub(crate) struct Mutation {
    pub(crate) rule: &'static str,
    pub(crate) what: &'static str,
    how: Break,
    seal: Seal,
    with: Option<fn(&Path, &mut CheckOptions<'_>)>,
}

impl Mutation {
    /// Alters files of the good bundle, which then is sealed again.
    pub(crate) const fn new(rule: &'static str, what: &'static str, how: fn(&Path)) -> Self {
        Self { rule, what, how: Break::Files(how), seal: Seal::All, with: None }
    }

    /// Alters the good bundle before it is written.
    pub(crate) const fn built(rule: &'static str, what: &'static str, how: fn(&mut Good)) -> Self {
        Self { rule, what, how: Break::Bundle(how), seal: Seal::Nothing, with: None }
    }

    /// What is sealed again.
    pub(crate) const fn sealed(self, seal: Seal) -> Self {
        Self { seal, ..self }
    }

    /// What the judge is asked besides; the folder is private to this mutation.
    pub(crate) const fn with(self, with: fn(&Path, &mut CheckOptions<'_>)) -> Self {
        Self { with: Some(with), ..self }
    }

    /// Ids of the rules that are found in the broken bundle and not in the good one, and the verdict.
    pub(crate) fn found(&self) -> (BTreeSet<String>, Verdict) {
        let beside = TempDir::new().unwrap();
        let root = beside.path().join(good::NAME);
        match self.how {
            Break::Files(how) => {
                good::copy(good_bundle(), &root);
                how(&root);
            }
            Break::Bundle(how) => {
                let mut bundle = Good::new();
                how(&mut bundle);
                bundle.write(&root);
            }
        }
        match self.seal {
            Seal::Nothing => {}
            Seal::Manifest => good::seal_manifest(&root),
            Seal::All => good::reseal(&root),
        }
        let mut options = CheckOptions { profile: Profile::All, ..CheckOptions::default() };
        if let Some(with) = self.with {
            with(beside.path(), &mut options);
        }
        let verdict = judge(&root, &options).unwrap();
        let ids = verdict.findings.iter().map(|f| f.id.clone()).collect();
        (ids, verdict)
    }

    /// Whether exactly its rule is found.
    pub(crate) fn prove(&self) {
        let (found, verdict) = self.found();
        let notes: BTreeSet<_> = good_verdict().findings.iter().map(|f| f.id.clone()).collect();
        let new: Vec<_> = found.difference(&notes).map(String::as_str).collect();
        assert_eq!(new, [self.rule], "{}: {}\n{}", self.rule, self.what, verdict.text());
    }
}

/// The good bundle, written once.
pub(crate) fn good_bundle() -> &'static Path {
    static GOOD: LazyLock<TempDir> = LazyLock::new(|| {
        let folder = TempDir::new().unwrap();
        Good::new().write(&folder.path().join(good::NAME));
        folder
    });
    static ROOT: LazyLock<std::path::PathBuf> = LazyLock::new(|| GOOD.path().join(good::NAME));
    &ROOT
}

/// What the judge says of it under every rule.
pub(crate) fn good_verdict() -> &'static Verdict {
    static VERDICT: LazyLock<Verdict> = LazyLock::new(|| {
        judge(good_bundle(), &CheckOptions { profile: Profile::All, ..CheckOptions::default() }).unwrap()
    });
    &VERDICT
}

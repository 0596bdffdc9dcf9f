//! `soilscope exchange pack`: finished maps become a bundle.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::json;
use soilscope_exchange::import::{Defaults, Options, import};
use soilscope_exchange::long::Row;
use soilscope_exchange::pack::{About, PackOptions, Packed, pack};
use soilscope_exchange::privacy::{Secret, Units};
use soilscope_exchange::verify::signature::Signer;

use crate::Outcome;
use crate::args::{Common, Pack, profile_named};
use crate::follow::{Progress, interrupted, make_folder, watching};
use crate::output::{self, say};

pub(crate) fn run(args: &Pack, common: &Common) -> Result<Outcome> {
    let about = About::read(&args.about)?;
    // Refused now and not after the packing.
    let signer = args.sign.as_ref().map(|path| signer(path, args.sign_password.as_deref())).transpose()?;
    let secret = args.blur_key.as_ref().map(|path| Secret::read(path)).transpose()?;
    let units = match args.units.as_deref() {
        Some([file, property]) => Some(Units::read(Path::new(file), property)?),
        _ => None,
    };
    let samples = args.samples.as_ref().map(|path| samples(path, args, common)).transpose()?;
    let options = PackOptions {
        geographic: args.grid.clone(),
        national: args.national,
        iso: args.iso_profile.into(),
        censored_as: args.censored_as.into(),
        samples: samples.as_deref(),
        secret: secret.as_ref(),
        units: units.as_ref(),
        created: std::env::var_os("SOURCE_DATE_EPOCH")
            .map(|_| output::dated())
            .transpose()?
            .map(|text| text.parse())
            .transpose()?,
        judge: Some(profile_named(&args.profile)?),
        keep_refused: args.keep_refused,
        overwrite: args.overwrite,
        ..PackOptions::new(&args.out)
    };
    make_folder(&args.out)?;
    let runs: Vec<&Path> = args.runs.iter().map(|run| run.as_path()).collect();
    let progress = Progress::new(common);
    let packed = watching(|| {
        progress.busy("packing", || {
            let mut told = |what: &str| {
                if common.verbose > 0 && !common.quiet {
                    say(what);
                }
            };
            pack(&runs, &about, &options, &mut told, &interrupted)
        })
    })?;
    drop(progress);
    if let Some(signer) = &signer {
        signer.sign(&packed.folder, &format!("soilscope bundle {}", about.folder()))?;
    }
    tell(&packed, signer.is_some(), common)?;
    let passed = packed.verdict.as_ref().is_none_or(|verdict| verdict.passed());
    Ok(if passed { Outcome::Done } else { Outcome::CheckSaysNo })
}

fn signer(key: &Path, password: Option<&Path>) -> Result<Signer> {
    let password = password.map(|path| read(path, "--sign-password")).transpose()?;
    let password = password.map(|text| text.trim_end_matches(['\r', '\n']).to_owned());
    Ok(Signer::new(&read(key, "--sign")?, password)?)
}

fn read(path: &Path, option: &str) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("{option} {}", path.display()))
}

/// The results of a table, and what became of it.
fn samples(path: &Path, args: &Pack, common: &Common) -> Result<Vec<Row>> {
    let defaults = args.defaults.as_ref().map(|path| Defaults::read(path)).transpose()?.unwrap_or_default();
    let imported = import(path, &defaults, &Options::default())?;
    if !common.quiet {
        imported.report.text().lines().for_each(|line| say(&format!("samples: {line}")));
    }
    Ok(imported.table.rows().to_vec())
}

fn tell(packed: &Packed, signed: bool, common: &Common) -> Result<()> {
    let [shown, all] = packed.sites;
    if common.json {
        let verdict =
            packed.verdict.as_ref().map(|v| serde_json::from_str::<serde_json::Value>(&v.json())).transpose()?;
        return output::print_json(&json!({
            "folder": packed.folder, "mapsets": packed.mapsets, "files": packed.files, "sites": { "shown": shown, "all": all },
            "remarks": packed.remarks, "signed": signed, "verdict": verdict,
        }));
    }
    if common.quiet {
        return Ok(());
    }
    packed.remarks.iter().for_each(|remark| say(&format!("note: {remark}")));
    let mut text =
        format!("{}: {} files, mapsets {}\n", packed.folder.display(), packed.files, packed.mapsets.join(", "));
    if all > 0 {
        text += &format!("points of {shown} of {all} sites are in it\n");
    }
    if signed {
        text += "the manifest is signed\n";
    }
    if let Some(verdict) = &packed.verdict {
        text += &verdict.text();
    }
    output::print(&text)
}

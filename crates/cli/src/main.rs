//! The `soilscope` program: what was typed becomes a checked job, the libraries do it, and the outcome becomes files,
//! messages and an exit code. It knows nothing of the mathematics.

mod args;
mod choice;
mod commands;
mod counts;
mod covariates;
mod creation;
mod errors;
mod features;
mod field;
mod follow;
mod guideline;
mod hotspots;
mod memory;
mod methods;
mod output;
mod record;
mod secondary;
mod source;
mod spread;
mod subject;
mod tallied;
mod undecided;
mod usage;
mod words;

use std::process::ExitCode;

use clap::Parser;

/// How a verb ended, when it did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    /// Done, but a check that was asked for says no.
    CheckSaysNo,
}

fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|a| a == "--json-usage") {
        return match usage::print() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&error),
        };
    }
    let cli = args::Cli::parse();
    follow::listen_for_interrupts();
    match commands::run(&cli) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::CheckSaysNo) => ExitCode::from(1),
        Err(error) => {
            follow::give_up();
            if follow::interrupted() {
                output::say(&follow::last_word());
                ExitCode::from(130)
            } else {
                let code = fail(&error);
                follow::kept().iter().for_each(|kept| output::say(kept));
                code
            }
        }
    }
}

fn fail(error: &anyhow::Error) -> ExitCode {
    output::say(&format!("error: {error:#}"));
    ExitCode::from(2)
}

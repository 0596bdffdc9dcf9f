//! `--json-usage`: the command line as JSON, for programs that build forms from it, as GDAL's.

use clap::{ArgAction, CommandFactory};
use serde_json::{Value, json};

use crate::args::Cli;

pub(crate) fn print() -> anyhow::Result<()> {
    let mut command = Cli::command();
    command.build();
    crate::output::print_json(&describe(&command))
}

fn describe(command: &clap::Command) -> Value {
    let arguments: Vec<Value> = command.get_arguments().filter(|a| !a.is_hide_set()).map(argument).collect();
    let verbs: Vec<Value> = command.get_subcommands().map(describe).collect();
    json!({
        "name": command.get_name(),
        "description": command.get_about().map(ToString::to_string),
        "version": command.get_version(),
        "arguments": arguments,
        "verbs": verbs,
    })
}

fn argument(argument: &clap::Arg) -> Value {
    let takes_value = argument.get_action().takes_values();
    let repeats = matches!(argument.get_action(), ArgAction::Append);
    let choices: Vec<String> =
        argument.get_possible_values().iter().filter(|_| takes_value).map(|v| v.get_name().to_owned()).collect();
    let defaults: Vec<_> = argument.get_default_values().iter().map(|v| v.to_string_lossy().into_owned()).collect();
    json!({
        "name": argument.get_id().as_str(),
        "option": argument.get_long().map(|l| format!("--{l}")),
        "short": argument.get_short().map(|s| format!("-{s}")),
        "value": argument.get_value_names().filter(|_| takes_value).map(|n| n.iter().map(ToString::to_string).collect::<Vec<_>>()),
        "choices": (!choices.is_empty()).then_some(choices),
        "default": defaults.first(),
        "required": argument.is_required_set(),
        "repeats": repeats,
        "help": argument.get_help().map(ToString::to_string),
        "group": argument.get_help_heading(),
    })
}

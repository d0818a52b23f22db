//! From the command line and the environment to a checked configuration, or to one line on standard error.

use std::{
    any::TypeId,
    env,
    ffi::{OsStr, OsString},
    fmt::{self, Write as _},
    io::{self, Write as _},
    path::PathBuf,
    process,
};

use clap::{
    Arg, Command, Parser,
    builder::{self, Resettable},
    error::{ContextKind, ContextValue, Error, ErrorKind},
};

/// Exit code of a process whose configuration is wrong or missing (`EX_USAGE` of sysexits).
pub const EXIT_USAGE: i32 = 64;

/// One setting that cannot be used, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Invalid {
    variable: &'static str,
    reason: String,
}

impl Invalid {
    /// `variable` as the operator knows it, `reason` as one short line without secrets.
    pub fn new(variable: &'static str, reason: impl Into<String>) -> Self {
        Self {
            variable,
            reason: reason.into(),
        }
    }

    /// Ends the process: one line on standard error, exit code [`EXIT_USAGE`].
    pub fn exit(&self, program: &str) -> ! {
        refuse(program, &self.to_string())
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.variable, self.reason)
    }
}

/// Reads `.env`, the environment and the command line. Ends the process when they are wrong (one line on standard
/// error, exit code [`EXIT_USAGE`]) or when `--help` or `--version` was asked for (exit code 0).
pub fn parse<T: Parser>() -> T {
    parse_checked(|_| Ok(()))
}

/// Like [`parse`], with a check of what settings must hold together.
pub fn parse_checked<T: Parser>(check: impl FnOnce(&T) -> Result<(), Invalid>) -> T {
    let program = T::command().get_name().to_owned();
    if let Err(reason) = load_env_file(&T::command()) {
        refuse(&program, &reason);
    }
    let config = match try_parse::<T>(env::args_os()) {
        Ok(config) => config,
        Err(error) if !error.use_stderr() => {
            let _ = error.print();
            process::exit(0)
        }
        Err(error) if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            process::exit(EXIT_USAGE)
        }
        Err(error) if error.kind() == ErrorKind::InvalidUtf8 => {
            let command = T::command();
            let name = unreadable(&command).map(OsStr::to_string_lossy);
            let name = name.unwrap_or("an argument".into());
            refuse(&program, &format!("{name}: not UTF-8 text"))
        }
        Err(error) => refuse(&program, &line(error)),
    };
    if let Err(invalid) = check(&config) {
        invalid.exit(&program);
    }
    config
}

/// Parses `args`, the program's name first, over the environment as it is.
///
/// # Errors
/// What clap says; the text of a wrong value's error comes from this module's own checks.
pub fn try_parse<T: Parser>(
    args: impl IntoIterator<Item = impl Into<OsString> + Clone>,
) -> Result<T, Error> {
    T::from_arg_matches_mut(&mut ignore_empty_variables(T::command()).try_get_matches_from(args)?)
}

/// Takes the variables that are set to nothing away from `command`.
fn ignore_empty_variables(command: Command) -> Command {
    let command = command.mut_args(|arg| match arg.get_env().and_then(env::var_os) {
        Some(value) if value.is_empty() => arg.env(Resettable::<builder::OsStr>::Reset),
        _ => arg,
    });
    command.mut_subcommands(ignore_empty_variables)
}

/// The variable whose value is no text, among those that take text.
fn unreadable(command: &Command) -> Option<&OsStr> {
    let takes_text = |arg: &&Arg| arg.get_value_parser().type_id() != TypeId::of::<PathBuf>();
    let is_no_text =
        |name: &&OsStr| env::var_os(name).is_some_and(|value| value.to_str().is_none());
    let mut names = command
        .get_arguments()
        .filter(takes_text)
        .filter_map(Arg::get_env);
    names
        .find(is_no_text)
        .or_else(|| command.get_subcommands().find_map(unreadable))
}

/// Loads `.env` if there is one. Its errors name a variable of `command` at most: what else stands in a line, even
/// before a `=`, may be a part of a secret.
fn load_env_file(command: &Command) -> Result<(), String> {
    let known = |name: &str| {
        command
            .get_arguments()
            .any(|arg| arg.get_env() == Some(name.as_ref()))
    };
    match dotenvy::dotenv() {
        Ok(_) => Ok(()),
        Err(error) if error.not_found() => Ok(()),
        Err(dotenvy::Error::LineParse(line, _)) => Err(match line.split_once('=') {
            Some((name, _)) if known(name.trim()) => {
                format!(
                    ".env: the value of {} cannot be read; quote it",
                    name.trim()
                )
            }
            _ => ".env: a line is not of the form NAME=value; quote values with spaces".to_owned(),
        }),
        Err(dotenvy::Error::Io(error)) => Err(format!(".env: {error}")),
        Err(_) => Err(".env: cannot be read".to_owned()),
    }
}

/// `error` as one line that names the variable. Values appear only where this module's own checks put them, without
/// secrets, or where clap lists what is possible.
pub(super) fn line(error: Error) -> String {
    let argument = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) => Some(variable(argument)),
        Some(ContextValue::Strings(arguments)) => {
            arguments.first().map(|argument| variable(argument))
        }
        _ => None,
    };
    match (error.kind(), argument) {
        (ErrorKind::ValueValidation, Some(argument)) => match std::error::Error::source(&error) {
            Some(reason) => format!("{argument}: {reason}"),
            None => format!("{argument}: not a value it takes"),
        },
        (ErrorKind::InvalidValue, Some(argument)) => invalid_value(&error, argument),
        (ErrorKind::MissingRequiredArgument, Some(argument)) => format!("{argument}: missing"),
        _ => first_line(error),
    }
}

fn invalid_value(error: &Error, argument: &str) -> String {
    let given = match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) if !value.is_empty() => value.escape_debug().to_string(),
        _ => return format!("{argument}: needs a value"),
    };
    let mut line = format!("{argument}: '{given}' is not a value it takes");
    if let Some(ContextValue::Strings(possible)) = error.get(ContextKind::ValidValue) {
        let _ = write!(line, "; expected {}", possible.join(" or "));
    }
    line
}

/// clap's own sentence, without the usage that follows it. What was given may hold line ends of its own.
fn first_line(mut error: Error) -> String {
    let escape = |(kind, value): (_, &_)| match value {
        ContextValue::String(given) => Some((kind, ContextValue::String(escaped(given)))),
        _ => None,
    };
    let given: Vec<_> = error.context().filter_map(escape).collect();
    for (kind, value) in given {
        error.insert(kind, value);
    }
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    let line = line.trim_start_matches("error: ");
    format!("{line}; try --help")
}

/// `text` with its control characters escaped, and nothing else.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut safe, c| {
        match c.is_control() {
            true => safe.extend(c.escape_debug()),
            false => safe.push(c),
        }
        safe
    })
}

/// `--queue-url <QUEUE_URL>` is known to operators as `QUEUE_URL`, and `--limit <COUNT>`, no setting, as `--limit`.
fn variable(argument: &str) -> &str {
    let Some((flag, name)) = argument.split_once('<') else {
        return argument;
    };
    let (flag, name) = (flag.trim(), name.split('>').next().unwrap_or(name));
    let own_name = flag.trim_start_matches('-').replace('-', "_");
    match flag.is_empty() || own_name.eq_ignore_ascii_case(name) {
        true => name,
        false => flag,
    }
}

fn refuse(program: &str, reason: &str) -> ! {
    let _ = writeln!(io::stderr(), "{program}: {reason}");
    process::exit(EXIT_USAGE)
}

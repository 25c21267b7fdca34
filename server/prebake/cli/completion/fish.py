"""Completion for fish."""

from __future__ import annotations

from collections.abc import Iterator

from prebake.cli.grammar import Argument, Command, Value, rules

_HEAD = """\
# Completion of prebake for fish, made by: prebake completion fish

function __prebake_rules
{RULES}
end

function __prebake_rule_list
    set -l before (string match -r '.*,' -- (commandline -ct | string replace -r '^--?[a-z]+=' ''))
    for rule in (__prebake_rules)
        echo "$before$rule"
    end
end

function __prebake_revisions
    echo HEAD
    git for-each-ref --format='%(refname:short)' 2>/dev/null
end

complete -c prebake -f
"""


def script(top: Command) -> str:
    """The script."""
    named = [f"    printf '%s\\t%s\\n' {code} {name}\n    echo {name}" for code, name in rules()]
    lines = [_HEAD.replace("{RULES}", "\n".join(named))]
    for command in top.commands:
        lines.append(f"complete -c prebake -n __fish_use_subcommand -a {command.name} -d {_quoted(command.help)}")
    lines += _options(top, "__fish_use_subcommand")
    for command in top.commands:
        condition = f"'__fish_seen_subcommand_from {command.name}'"
        lines += ["", *_options(command, condition)]
        for argument in command.positionals:
            lines.append(f"complete -c prebake -n {condition}{_completes(argument)}")
    return "\n".join(lines) + "\n"


def _options(command: Command, condition: str) -> Iterator[str]:
    for option in command.options:
        flags = "".join(f" -l {flag[2:]}" if flag.startswith("--") else f" -s {flag[1:]}" for flag in option.flags)
        value = "" if option.value is Value.NOTHING else f" -r{_completes(option)}"
        yield f"complete -c prebake -n {condition}{flags}{value} -d {_quoted(option.help)}"


def _completes(argument: Argument) -> str:
    if argument.choices:
        return f" -f -a {_quoted(' '.join(argument.choices))}"
    return {
        Value.FILE: " -F",
        Value.FOLDER: " -f -a '(__fish_complete_directories (commandline -ct))'",
        Value.RULE: " -f -a '(__prebake_rules)'",
        Value.RULES: " -f -a '(__prebake_rule_list)'",
        Value.REVISION: " -f -a '(__prebake_revisions)'",
    }.get(argument.value, " -f")


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

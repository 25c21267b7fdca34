"""Completion for zsh, sourced or as a file `_prebake` in `fpath`."""

from __future__ import annotations

from collections.abc import Iterator

from prebake.cli.grammar import Argument, Command, Value, rules

_HEAD = """\
#compdef prebake
# Completion of prebake for zsh, made by: prebake completion zsh

_prebake_rules() {
    local -a rules=(
{RULES}
    )
    _describe rule rules
}

_prebake_rule_list() {
    _sequence _prebake_rules
}

_prebake_revisions() {
    local -a revisions=(HEAD ${(f)"$(git for-each-ref --format='%(refname:short)' 2>/dev/null)"})
    _describe revision revisions
}

_prebake() {
    local curcontext=$curcontext state
    local -a line
    typeset -A opt_args
    local -a commands=(
{COMMANDS}
    )
    _arguments -C \\
{OPTIONS} \\
        '1: :->command' \\
        '*:: :->arguments'
    if [[ $state == command ]]; then
        _describe command commands
        return
    fi
    case $words[1] in
"""
_TAIL = """\
    esac
}

if [[ $funcstack[1] == _prebake ]]; then
    _prebake "$@"
elif (( $+functions[compdef] )); then
    compdef _prebake prebake
fi
"""


def script(top: Command) -> str:
    """The script."""
    named = "\n".join(f"        {_quoted(f'{code}:{name}')}\n        {_quoted(name)}" for code, name in rules())
    commands = "\n".join(f"        {_quoted(f'{command.name}:{command.help}')}" for command in top.commands)
    head = _HEAD.replace("{RULES}", named).replace("{COMMANDS}", commands)
    lines = [head.replace("{OPTIONS}", " \\\n".join(_specs(top))).rstrip("\n")]
    for command in top.commands:
        lines += [f"    {command.name})", "        _arguments \\", " \\\n".join(_specs(command)), "        ;;"]
    return "\n".join([*lines, _TAIL])


def _specs(command: Command) -> Iterator[str]:
    """The arguments of `_arguments`."""
    for option in command.options:
        others = "" if option.many else f"({' '.join(option.flags)})"
        for flag in option.flags:
            takes = "" if option.value is Value.NOTHING else f":{option.metavar.replace(':', ' ').lower()}:"
            if takes:
                takes += _completes(option)
            sign = "" if option.value is Value.NOTHING else "=" if flag.startswith("--") else "+"
            star = "*" if option.many else ""
            yield f"        {_quoted(f'{others}{star}{flag}{sign}[{_escaped(option.help)}]{takes}')}"
    for argument in command.positionals:
        place = "*" if argument.many else "1"
        yield f"        {_quoted(f'{place}:{argument.metavar.lower()}:{_completes(argument)}')}"


def _completes(argument: Argument) -> str:
    if argument.choices:
        return f"({' '.join(argument.choices)})"
    return {
        Value.FILE: "_files",
        Value.FOLDER: "_files -/",
        Value.RULE: "_prebake_rules",
        Value.RULES: "_prebake_rule_list",
        Value.REVISION: "_prebake_revisions",
    }.get(argument.value, "")


def _escaped(text: str) -> str:
    """Text within the brackets of a specification."""
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"

"""Completion for bash 3.2 and newer, with or without the bash-completion package."""

from __future__ import annotations

from collections.abc import Iterator

from prebake.cli.grammar import Argument, Command, Value, rules

_HEAD = """\
# Completion of prebake for bash, made by: prebake completion bash

_prebake_words() {
    local candidate
    for candidate in $1; do
        if [[ $candidate == "$word"* ]]; then COMPREPLY+=("$candidate"); fi
    done
}

_prebake_paths() {
    local candidate
    compopt -o filenames 2>/dev/null
    while IFS= read -r candidate; do COMPREPLY+=("$candidate"); done < <(compgen "$1" -- "$word")
}

_prebake_list() {
    local before= candidate
    if [[ $word == *,* ]]; then before=${word%,*},; fi
    for candidate in $1; do
        if [[ $before$candidate == "$word"* ]]; then COMPREPLY+=("$before$candidate"); fi
    done
    compopt -o nospace 2>/dev/null
}

_prebake_revisions() {
    _prebake_words "HEAD $(git for-each-ref --format='%(refname:short)' 2>/dev/null)"
}

_prebake() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command= index
    # In `--option=value` the sign is a word of its own.
    if [[ $word == = ]]; then word=
    elif [[ $previous == = ]]; then previous=${COMP_WORDS[COMP_CWORD-2]}; fi
    for ((index = 1; index < COMP_CWORD; index++)); do
        if [[ ${COMP_WORDS[index]} != -* ]]; then command=${COMP_WORDS[index]}; break; fi
    done
    COMPREPLY=()
    case "$command $previous" in
"""
_TAIL = """\
    esac
}

complete -F _prebake prebake
"""


def script(top: Command) -> str:
    """The script."""
    lines = [_HEAD.rstrip("\n")]
    for command in top.commands:
        lines += _values(command)
    lines += ["    esac", "    if [[ $word == -* ]]; then", '        case "$command" in']
    for command in (*top.commands, top):
        pattern = '""' if command is top else command.name
        flags = " ".join(flag for option in command.options for flag in option.flags)
        lines.append(f"        {pattern}) _prebake_words '{flags}' ;;")
    lines += ["        esac", "        return", "    fi", '    case "$command" in']
    for command in top.commands:
        for argument in command.positionals:
            lines.append(f"    {command.name}) {_completes(argument)} ;;")
    lines.append(f"    \"\") _prebake_words '{' '.join(command.name for command in top.commands)}' ;;")
    return "\n".join([*lines, _TAIL])


def _values(command: Command) -> Iterator[str]:
    """What follows an option that takes a value."""
    for option in command.options:
        if option.value is not Value.NOTHING:
            names = " | ".join(f'"{command.name} {flag}"' for flag in option.flags)
            yield f"    {names}) {_completes(option)}; return ;;"


def _completes(argument: Argument) -> str:
    if argument.choices:
        return f"_prebake_words '{' '.join(argument.choices)}'"
    codes = " ".join(code for code, _ in rules())
    names = " ".join(name for _, name in rules())
    return {
        Value.FILE: "_prebake_paths -f",
        Value.FOLDER: "_prebake_paths -d",
        Value.RULE: f"_prebake_words '{codes} {names}'",
        Value.RULES: f"_prebake_list '{codes} {names}'",
        Value.REVISION: "_prebake_revisions",
    }.get(argument.value, ":")

"""What the help says beyond the list of options, for the whole command and for each of its parts."""

from __future__ import annotations

from collections.abc import Iterator

_DESCRIPTIONS = {
    "prebake": """\
Finds, explains and repairs what makes machine-learning images slow to build, ship and start. It reads a Dockerfile
together with the project around it: the build context, the ignore file, manifests and lock files, the Python code that
is started, compose files and workflows. Nothing of the project is run, and nothing is downloaded.""",
    "prebake check": """\
Checks Dockerfiles together with the project around them. PATH is a Dockerfile, a folder (searched for Dockerfiles, past
what git ignores), or any file of a project (then the Dockerfiles that it concerns); default: this folder.""",
    "prebake context": """\
Shows what a build sends to the builder, the largest first, and what the ignore file leaves out, with the pattern that
decides. DOCKERFILE is a Dockerfile, a folder (searched for Dockerfiles), or any file of a project (then the Dockerfiles
that it concerns); default: the Dockerfile in this folder, else those below it.""",
    "prebake replay": """\
Holds a Dockerfile of today against the files of each of the last commits, and counts how often each of its steps would
have run again with a warm cache: as it is, and with its fixes. Nothing is checked out or built. DOCKERFILE is as for
prebake context.""",
    "prebake rule": """\
Prints the page of a rule: what it finds, why that is slow, what to do instead, and how far its fix can be trusted.
Without CODE, all rules are listed.""",
    "prebake server": """\
Runs the language server, for editors: they start it themselves. Nothing is needed on the command line.""",
    "prebake completion": """\
Prints a script that completes the commands, options and values of prebake in a shell.""",
}

_FIXES = """\
A safe fix is proved to build the same image: the same files, modes, owners and configuration. A suggested one is right
in the usual case, but changes the image or cannot be proved. What is known from --baseline or --since is not fixed."""

_NEW = """\
A baseline file has a line for each finding; commit it. To renew it, delete it and run the command again. --since
compares with the newest commit that HEAD and REF have in common, as `git diff REF...` does, and takes what git ignores
(data, environments) as it is now; changes that are not committed count. Findings are recognised without line numbers
and sizes."""

_CHECK_STATUS = """\
  0  nothing at or above --fail-on remains, or a baseline was written
  1  something does
  2  bad usage, a PATH or baseline that cannot be read, a REF that git does not
     know; the standard error says which"""

_STATUS = """\
  0  done
  2  bad usage, or something that cannot be read"""

_CONFIGURATION = """\
[tool.prebake] in pyproject.toml, or prebake.toml, nearest above the Dockerfile: select, ignore, severity, targets,
builder, bake. A comment above an instruction silences a rule there: # prebake: ignore[PB201] why"""

_SECTIONS = {
    "prebake": [
        (
            "examples",
            """\
  prebake check                   what is wrong here
  prebake check --diff            what the safe fixes would change
  prebake check --fix             make it so
  prebake context                 what is sent to the builder, and why
  prebake replay                  what the last commits would have rebuilt
  prebake rule PB201              why a finding matters""",
        ),
        ("configuration", _CONFIGURATION),
        ("more", "`prebake COMMAND --help` explains each command."),
    ],
    "prebake check": [
        ("fixes that are applied", _FIXES),
        ("findings that are new", _NEW),
        ("exit status", _CHECK_STATUS),
        (
            "examples",
            """\
  prebake check                                 all Dockerfiles below here
  prebake check src/serve.py                    those that a file concerns
  prebake check --fix --suggested docker/       mend what can be mended
  prebake check --baseline prebake.baseline     fail on new findings only
  prebake check --since origin/main             what this branch brought in
  prebake check --format sarif > prebake.sarif  for code scanning""",
        ),
    ],
    "prebake context": [
        ("exit status", _STATUS),
        (
            "examples",
            """\
  prebake context                    the Dockerfile in this folder
  prebake context docker/Dockerfile  another one
  prebake context -d 1 --format json for programs""",
        ),
    ],
    "prebake replay": [
        ("exit status", _STATUS),
        (
            "examples",
            """\
  prebake replay                            the last 200 commits of HEAD
  prebake replay -n 1000 --revision main    more of them, and another branch
  prebake replay --suggested --format json  for programs""",
        ),
    ],
    "prebake rule": [
        ("exit status", _STATUS),
        ("examples", "  prebake rule\n  prebake rule PB201\n  prebake rule copy-before-install"),
    ],
    "prebake server": [
        (
            "exit status",
            "  0  the client said goodbye\n  1  it went without\n  2  bad usage, or an address that is taken",
        ),
        ("examples", "  prebake server\n  prebake server --tcp 127.0.0.1:7777"),
    ],
    "prebake completion": [
        ("exit status", "  0  done\n  2  bad usage"),
        (
            "examples",
            """\
  bash   echo 'source <(prebake completion bash)' >> ~/.bashrc
  zsh    prebake completion zsh > "${fpath[1]}/_prebake"
  fish   prebake completion fish > ~/.config/fish/completions/prebake.fish""",
        ),
    ],
}


def description(program: str) -> str:
    """What a command does; ``program`` is its name, such as ``prebake check``."""
    return _DESCRIPTIONS[program]


def sections(program: str) -> Iterator[tuple[str, str]]:
    """The titles and texts behind a command's options. Lines that are indented stay as they are."""
    yield from _SECTIONS[program]

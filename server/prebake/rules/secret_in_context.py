"""PB107: secrets in the build context become part of the image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from prebake.build.build import Build
from prebake.build.context.secrets.found import Leak, leaks
from prebake.files import join, relative
from prebake.findings import Finding, Fix, Location, Related, Severity
from prebake.rules.base import Rule
from prebake.text import Position, Span, shortened

_NAMED = 4
_START = Span(Position(0, 0), Position(0, 0))


class SecretInContext(Rule):
    """A COPY of a whole folder puts passwords, tokens or private keys into the image.

    ## What it does

    Reports `COPY .`, `ADD .` and copies of folders that take files with secrets along: a `.env` with tokens or
    passwords, private keys, a Google service account's key, `.netrc`, `.pypirc`, `.npmrc` with a token, cloud and
    Kaggle credentials, the token of the Hugging Face hub, a kube config, an address with a password in `pip.conf` or
    `.git/config`.

    The content decides, not the name alone. A `.env` with a port and a log level is no secret, nor are empty values,
    `changeme`, `${FROM_ELSEWHERE}`, a certificate, a public key, `.env.example` or an encrypted file. Keys among tests
    and examples count only where git ignores them. Values are never shown.

    It is a warning where the image ships a file that is not in git: nobody else could have it. It is information where
    git tracks the file, so that everybody who has the repository has the secret already, and where only a build stage
    whose layers do not ship takes it. A COPY that names the file, and an ignore file with `!` and its name, are taken
    for the author's intent.

    ## Why it is bad

    `.gitignore` does not count for Docker: what git keeps out of the repository, `COPY .` takes into the image. There
    everybody who can pull the image can read it. A later `RUN rm .env` does not help, since the layer of the COPY keeps
    the file and a pushed image contains that layer.

    ## Example

    ```dockerfile
    FROM python:3.12-slim
    WORKDIR /app
    COPY . .
    CMD ["python", "app.py"]
    ```

    ## Use instead

    Leave the file out by an entry in `.dockerignore`:

    ```text
    .env
    ```

    Give the values to the container when it starts: `docker run --env-file .env`, `env_file` in compose, a secret of
    the orchestrator. A RUN that needs one gets it by `--mount=type=secret`, which leaves nothing in a layer. A secret
    that was in a pushed image is known; replace it.

    ## Fix safety

    The fix adds the files to the ignore file in force, or writes one where there is none. The image then lacks them, so
    it is a suggestion. There is none where a command of the image, an instruction of a Dockerfile on this context or a
    Node build reads the file: the value has to come from elsewhere first.

    ## References

    - [Docker: build secrets](https://docs.docker.com/build/building/secrets/)
    - [Dockerfile reference: .dockerignore](https://docs.docker.com/build/concepts/context/#dockerignore-files)
    """

    code = "PB107"
    name = "secret-in-context"
    severity = Severity.WARNING

    def check(self, build: Build) -> Iterator[Finding]:
        """One finding for each instruction that takes secrets; each secret counts once."""
        by_instruction: dict[int, list[Leak]] = {}
        for leak in leaks(build):
            by_instruction.setdefault(leak.instruction.index, []).append(leak)
        for found in by_instruction.values():
            first = found[0]
            yield self.finding(
                build.location(first.instruction),
                _message(found),
                key=" ".join((relative(build.context.root or "/", build.root), *sorted(leak.path for leak in found))),
                severity=Severity.WARNING if first.is_grave else Severity.INFORMATION,
                related=tuple(_related(build, found)),
                repair=partial(_repair, build, found),
            )


def _related(build: Build, found: Sequence[Leak]) -> Iterator[Related]:
    """The files, by their first line whatever it is: the secret itself is nobody's business."""
    for leak in found[:_NAMED]:
        yield Related(Location(join(build.context.root or "/", leak.path), _START), f"holds {leak.what}")


def _message(found: Sequence[Leak]) -> str:
    first = found[0]
    grave = [leak for leak in found if leak.is_grave]
    told = grave or [leak for leak in found if leak.shipped] or found
    by = f"`{shortened(first.instruction.raw)}`"
    them = "it" if len(told) == 1 else "them"
    stay = "It stays" if len(told) == 1 else "They stay"
    if not first.shipped:
        return (
            f"{by} puts {_listed(told)} into a layer of a stage that is not part of the image. {stay} in the build "
            "cache, and in a cache that is exported with mode=max, where others can read it."
        )
    message = (
        f"{by} puts {_listed(told)} into the image. {stay} in this layer even if a later RUN deletes {them}, and "
        f"whoever pulls the image can read {them}."
    )
    local = [leak.path for leak in told if leak.local]
    if local:
        message += f" Git ignores {_some(local)}, but Docker does not read .gitignore."
    known = [leak.path for leak in found if leak.tracked]
    if known and not grave:
        message += f" {'It is' if len(known) == 1 else 'They are'} in git, too: whoever has the repository has {them}."
    rest = len(found) - len(told)
    if rest:
        message += f" {rest} more {'are' if rest > 1 else 'is'} in git or in a stage that does not ship."
    return message


def _listed(found: Sequence[Leak]) -> str:
    shown = [f"{leak.path} ({leak.what})" for leak in found[:_NAMED]]
    return _some(shown, len(found))


def _some(shown: Sequence[str], count: int | None = None) -> str:
    """At most a few of them in words."""
    more = (count or len(shown)) - min(len(shown), _NAMED)
    items = list(shown[:_NAMED])
    if more:
        return f"{', '.join(items)} and {more} more"
    return f"{', '.join(items[:-1])} and {items[-1]}" if len(items) > 1 else items[0]


def _repair(build: Build, found: Sequence[Leak]) -> tuple[Fix, ...] | str:
    """The fixes, or why there is none."""
    from prebake.build.context.secrets.fix import removal

    return removal(build, [leak.path for leak in found])

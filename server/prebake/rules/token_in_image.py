"""PB305: a token that becomes part of the image."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

from prebake.build.build import Build
from prebake.build.models.tokens.tokens import Carried, carried_tokens, names_variable
from prebake.findings import Finding, Fix, Location, Related, Severity
from prebake.rules.base import Rule


class TokenInImage(Rule):
    """An access token stands in the Dockerfile, or gets into the image by ARG, ENV or COPY.

    ## What it does

    Reports tokens that are written out in ENV, ARG, RUN, LABEL, CMD or ENTRYPOINT: those with a known shape (Hugging
    Face, OpenAI, GitHub, GitLab, PyPI and others) and values of variables such as `WANDB_API_KEY` that look made up by
    a program. That is an error.

    It is a warning where a build argument with such a name and without a value (`ARG HF_TOKEN`) is set for a RUN, where
    ENV takes its value from one, and where COPY names a file with a token (`.netrc`, `kaggle.json`, the hub's `token`).
    It is information in a stage that does not ship, and where each RUN that uses the argument asks whether it is given
    at all (`[ -n "$API_KEY" ]`): the image that is published may be built without it.

    Empty values, `changeme`, `your_token_here` and the like, fingerprints such as `GPG_KEY`, and a build argument
    without a RUN below it are no findings. Values are never shown. Files that `COPY .` takes along are PB107's.

    ## Why it is bad

    ENV stands in the configuration of the image, and the values of build arguments in its history for each RUN
    (`docker history --no-trunc`): whoever can pull the image can read them. What a COPY brings stays in its layer even
    if a later RUN deletes it. A token in the Dockerfile is in git as well. For a gated model, that token is somebody's
    account.

    ## Example

    ```dockerfile
    ARG HF_TOKEN
    RUN hf download meta-llama/Llama-3.2-3B-Instruct
    ```

    ## Use instead

    ```dockerfile
    RUN --mount=type=secret,id=hf_token,required=true HF_TOKEN="$(cat /run/secrets/hf_token)" \\
        hf download meta-llama/Llama-3.2-3B-Instruct
    ```

    built with `docker build --secret id=hf_token,env=HF_TOKEN .`. A token that was in a pushed image or in git is
    known: revoke it.

    ## Fix safety

    The fix is *suggested*: the image has to be built with `--secret` from then on. It takes out the ARG, and the ENV
    that hands it on, and mounts the secret in each RUN that uses it. With a `# syntax` line of Dockerfile 1.10 or newer
    it uses `env=`; where a USER other than root runs the command, the file is made readable for that one. Secrets are
    not part of the cache key: a new token does not repeat the download.

    There is no fix for a token that is written out, as it has to be revoked first, nor where a command stores the token
    in the image (`hf auth login`).

    ## References

    - [Docker: build secrets](https://docs.docker.com/build/building/secrets/)
    - [Docker: SecretsUsedInArgOrEnv](https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/)
    - [Hugging Face: user access tokens](https://huggingface.co/docs/hub/security-tokens)
    """

    code: ClassVar[str] = "PB305"
    name: ClassVar[str] = "token-in-image"
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, build: Build) -> Iterator[Finding]:
        """One finding for each token."""
        for number, item in enumerate(carried_tokens(build)):
            yield self.finding(
                Location(build.path, item.span),
                _message(item),
                key=f"{item.kind} {item.name or number}",
                severity=_severity(item),
                repair=partial(_repair, build, item),
                related=_related(build, item),
            )


def _severity(item: Carried) -> Severity:
    if item.kind == "literal":
        return Severity.ERROR
    return Severity.WARNING if item.shipped and not item.optional else Severity.INFORMATION


def _message(item: Carried) -> str:
    instead = "Give it to the RUN that needs it by --mount=type=secret"
    if item.kind == "literal":
        holds = f"{item.instruction.keyword} {item.name}" if item.name else f"This {item.instruction.keyword}"
        return (
            f"{holds} has an access token written out: whoever has the Dockerfile or can pull the image has the token. "
            f"Revoke it. {instead}"
        )
    if item.kind == "file":
        return (
            f"{item.name} holds an access token, and stays in this layer even if a later RUN deletes it: whoever can "
            f"pull the image can read it. {instead}"
        )
    if not item.shipped:
        return (
            f"{item.name} carries a secret into a stage that does not ship: it stays in the build cache, and in one "
            f"that is exported with mode=max. {instead}"
        )
    if item.kind == "variable":
        return (
            f"ENV keeps the secret {item.name} in the configuration of the image, where whoever can pull it can read "
            f"it (`docker inspect`). {instead}, and to the container when it starts"
        )
    if item.optional:
        return (
            f"When the build argument {item.name} is given, its value stands in the history of the image "
            f"(`docker history --no-trunc`) for each RUN below: push no image that was built with it. {instead}"
        )
    return (
        f"The build argument {item.name} carries a secret: its value stands in the history of the image "
        f"(`docker history --no-trunc`) for each RUN below, where whoever can pull it can read it. {instead}"
    )


def _related(build: Build, item: Carried) -> tuple[Related, ...]:
    found = [Related(build.location(item.origin), "the value comes from here")] if item.origin is not None else []
    users = [run for run in item.runs if names_variable(run, item.name)] or item.runs
    found += [Related(build.location(run), "this RUN gets the token") for run in users[:3]]
    return tuple(found)


def _repair(build: Build, item: Carried) -> tuple[Fix, ...] | str:
    from prebake.build.models.tokens.tokenfix import plan_secret

    return plan_secret(build, item)

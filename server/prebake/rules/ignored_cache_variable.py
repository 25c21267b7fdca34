"""PB308: a variable that the Hugging Face libraries no longer read."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

from prebake.build.build import Build
from prebake.build.models.hub.variables import TRANSFER, Dead, dead_variables, renamed
from prebake.edits import FileEdit
from prebake.findings import Applicability, Finding, Fix, Location, Severity
from prebake.rules.base import Rule


class IgnoredCacheVariable(Rule):
    """ENV sets `TRANSFORMERS_CACHE` or another variable that the installed libraries no longer read.

    ## What it does

    Reports ENV of `TRANSFORMERS_CACHE`, `PYTORCH_TRANSFORMERS_CACHE` and `PYTORCH_PRETRAINED_BERT_CACHE` where the
    image gets transformers 5 or newer, and of `HF_HUB_ENABLE_HF_TRANSFER` where it gets huggingface_hub 1.0 or newer.
    The release is worked out from the requirements of every install, their constraints and lock files; an unpinned
    install gets the newest. Nothing is reported where the release cannot be seen, and where `HF_HOME` or
    `HF_HUB_CACHE` is set as well.

    ## Why it is bad

    Models go to `~/.cache/huggingface/hub` instead: not to the folder that the build has filled or that a volume is
    mounted at. Each new container downloads them again, and another USER than root may not find them at all.
    `HF_HUB_ENABLE_HF_TRANSFER` makes no download faster any more; `HF_XET_HIGH_PERFORMANCE=1` is what does.

    ## Example

    ```dockerfile
    ENV TRANSFORMERS_CACHE=/models
    RUN pip install transformers
    ```

    ## Use instead

    ```dockerfile
    ENV HF_HOME=/models
    RUN pip install transformers
    ```

    ## Fix safety

    The fix is *suggested*: it changes where models are kept. `HF_HOME` holds the hub's cache in its folder `hub`; where
    the old value ends in `/hub`, the new one is the folder above. Where a COPY or a volume fills the very folder,
    `HF_HUB_CACHE` is used, which means the same place as the old variable did.

    ## References

    - [Hugging Face Hub: environment variables](https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables)
    - [transformers: migration to version 5](https://github.com/huggingface/transformers/blob/main/MIGRATION_GUIDE_V5.md)
    """

    code: ClassVar[str] = "PB308"
    name: ClassVar[str] = "ignored-cache-variable"
    severity: ClassVar[Severity] = Severity.INFORMATION

    def check(self, build: Build) -> Iterator[Finding]:
        """One finding for each variable."""
        for item in dead_variables(build):
            start = item.instruction.start + item.pair.start
            yield self.finding(
                Location(build.path, build.text.span(start, start + len(item.pair.name))),
                _message(item),
                key=build.key(item.instruction, item.pair.name),
                repair=partial(_repair, build, item),
            )


def _message(item: Dead) -> str:
    if item.pair.name == TRANSFER:
        return (
            f"{TRANSFER} is ignored since huggingface_hub 1.0, of which this image gets a newer release: "
            f"{item.instead}=1 is what makes downloads faster, and the package hf_transfer is not needed"
        )
    return (
        f"{item.pair.name} is not read any more since transformers 5, which this image gets: models go to "
        f"~/.cache/huggingface/hub instead. Use {item.instead}={item.value}"
    )


def _repair(build: Build, item: Dead) -> tuple[Fix, ...] | str:
    title = f"Set {item.instead} instead of {item.pair.name}"
    edits = (FileEdit(build.path, build.text, renamed(build, item)),)
    return (Fix(title, Applicability.SUGGESTED, edits),)

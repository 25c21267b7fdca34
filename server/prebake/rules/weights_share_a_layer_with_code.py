"""PB203: weights are copied by the instruction that copies the code."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from prebake.build.builders import builder_of
from prebake.build.layers.weights import Mixed, mixed
from prebake.findings import Applicability, Cost, Finding, Fix, Severity
from prebake.rules.base import Rule
from prebake.sizes import human

if TYPE_CHECKING:
    from prebake.build.build import Build

_MOST_NAMED = 2


class WeightsShareALayerWithCode(Rule):
    """Weights are copied by the same instruction as the code, so that each edit of the code writes them again.

    ## What it does

    Reports a `COPY` or `ADD` that takes both code and 100 MB or more of model weights from the build context. Weights
    are files of 10 MB or more with a suffix such as `.safetensors`, `.pt`, `.onnx` or `.gguf`, and the folders that
    hold them and no code. Code in the folder of a model (one with a `config.json`) belongs to the model. What an ignore
    file keeps out does not count.

    ## Why it is slow

    One instruction makes one layer. When a line of the code changes, BuildKit makes the whole layer again in a warm
    rebuild: it copies all weights once more, and every push and pull after that moves them, although none has changed.

    ## Example

    ```dockerfile
    COPY app.py models/ /srv/
    ```

    ## Use instead

    ```dockerfile
    COPY models/ /srv/
    COPY app.py /srv/
    ```

    A `COPY . .` below a `COPY` of the weights is not enough: with Docker's overlay2 storage it writes them once more,
    and the image holds them twice. Copy the code by name, or leave the weights out of that instruction:

    ```dockerfile
    # syntax=docker/dockerfile:1.19
    COPY models/ /srv/models/
    COPY --exclude=models . /srv
    ```

    Weights that are not needed in the image at all belong in the `.dockerignore`.

    ## Fix safety

    The fix is *suggested*. Where code and weights are different sources of one instruction, the weights get one of
    their own above, with the same options and the same destination; the files of the image are the same. Where one
    source brings both, there is a fix only if the file's own `# syntax` line names a frontend with `COPY --exclude`
    (1.19, `1`, or labs from 1.7), and if git knows the weights: a fresh clone must be able to build. No `# syntax` line
    is added.

    ## References

    - [Docker: Optimize cache usage in builds](https://docs.docker.com/build/cache/optimize/)
    - [Dockerfile reference: COPY --exclude](https://docs.docker.com/reference/dockerfile/#copy---exclude)
    """

    code: ClassVar[str] = "PB203"
    name: ClassVar[str] = "weights-share-a-layer-with-code"
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, build: Build) -> Iterator[Finding]:
        """One finding for each instruction."""
        for item in mixed(build):
            instruction = item.copy.instruction
            yield self.finding(
                build.location(instruction),
                _message(build, item),
                key=build.key(instruction),
                cost=Cost(item.bytes, item.files),
                repair=partial(_repair, build, item),
            )


def _message(build: Build, item: Mixed) -> str:
    names = ", ".join(weight.path + "/" * weight.folder for weight in item.weights[:_MOST_NAMED])
    more = f" and {len(item.weights) - _MOST_NAMED} more" if len(item.weights) > _MOST_NAMED else ""
    return (
        f"{human(item.bytes)} of weights ({names}{more}) share a layer with code such as {item.code}: every edit of "
        f"the code makes {builder_of(build).name} write them again on a warm rebuild, and the next push and pull move "
        "them again"
    )


def _repair(build: Build, item: Mixed) -> tuple[Fix, ...] | str:
    from prebake.build.layers.weightfix import plan_weights

    plan = plan_weights(build, item)
    if isinstance(plan, str):
        return plan
    title = f"Copy {', '.join(plan.names)} in an instruction of its own, above the code"
    note = "The same files go to the same places; a change of the code leaves the layer of the weights alone"
    if plan.excluded:
        note += ". A new file beside the weights outside of what is named stays in the layer of the code"
    return (Fix(title, Applicability.SUGGESTED, plan.edits, note),)

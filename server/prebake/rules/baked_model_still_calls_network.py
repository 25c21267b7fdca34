"""PB303: a container that has its models asks the hub for them all the same."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

from prebake.build.build import Build
from prebake.build.models.baked.offline import OFFLINE
from prebake.build.models.baked.online import Online, online
from prebake.build.rewriting.insertions import cased, edited, insert_below
from prebake.findings import Applicability, Finding, Fix, Location, Related, Severity
from prebake.rules.base import Rule


class BakedModelStillCallsNetwork(Rule):
    """The image has every model that its code loads, and each start asks the Hugging Face Hub about them.

    ## What it does

    Reports an image whose build downloads all models that the code reached from CMD loads from the Hugging Face Hub,
    where `HF_HUB_OFFLINE` is not set. The download has to be the whole repository, or made by the same call; revisions
    have to agree.

    Nothing is reported where one of the models is not in the image or not known, where a load may need a second
    repository (`trust_remote_code`), where a variable that the image does not set or an option of the command line may
    name another model at run time, where an installed package may ask the hub for something that prebake does not know,
    where the code behind CMD could not be followed, and where the Dockerfile or compose sets the variable to
    anything.

    ## Why it is slow

    A model in the cache is still looked up at each start: the client asks the hub whether its revision has changed.
    With a slow network each start waits for that; a hub that limits requests makes it fail; without network
    huggingface_hub 0.36 tries for about 23 seconds for each file before it takes what is there.

    ## Example

    ```dockerfile
    ENV HF_HOME=/opt/hf
    RUN hf download org/model
    COPY . .
    CMD ["python", "app.py"]
    ```

    ## Use instead

    ```dockerfile
    ENV HF_HOME=/opt/hf
    RUN hf download org/model
    ENV HF_HUB_OFFLINE=1
    COPY . .
    CMD ["python", "app.py"]
    ```

    ## Fix safety

    The fix is *suggested*: with `HF_HUB_OFFLINE=1` nothing can be downloaded from the hub any more, by no code of the
    container; a model that is added to the code later has to be added to the build as well. The line stands below the
    last instruction that may need the hub.

    ## References

    - [Hugging Face Hub: HF_HUB_OFFLINE](https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables#hfhuboffline)
    """

    code: ClassVar[str] = "PB303"
    name: ClassVar[str] = "baked-model-still-calls-network"
    severity: ClassVar[Severity] = Severity.INFORMATION

    def check(self, build: Build) -> Iterator[Finding]:
        """At most one finding."""
        found = online(build)
        if found is not None:
            yield self.finding(
                build.location(found.last),
                _message(found),
                key="online",
                repair=partial(_repair, build, found),
                related=tuple(
                    Related(Location(item.load.path, item.load.span), f"{item.load.call} asks the hub here")
                    for item in found.loads
                    if item.load.in_file
                ),
            )


def _message(found: Online) -> str:
    models = list(dict.fromkeys(item.load.model or "" for item in found.loads))
    more = f" and {len(models) - 1} more" if len(models) > 1 else ""
    what = f"{models[0]}{more}, which the image has" + ("" if len(models) == 1 else " as well")
    return (
        f"each start still asks the Hugging Face Hub about {what}, and waits or fails where the hub cannot be reached: "
        f"everything that the code loads is there, so that `{OFFLINE}` can spare it the questions"
    )


def _repair(build: Build, found: Online) -> tuple[Fix, ...] | str:
    edit = insert_below(build, found.last, cased(found.last, [OFFLINE]))
    note = "A model that is added to the code later has to be downloaded by the build as well"
    return (Fix(f"Add `{OFFLINE}` below the last download", Applicability.SUGGESTED, (edited(build, edit),), note),)

"""PB304: a model that is in the image, or was meant to be, and that the container does not find."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

from prebake.build.build import Build
from prebake.build.models.baked.mismatches import Unused
from prebake.build.models.baked.unused import unused_bakes
from prebake.findings import Finding, Fix, Severity
from prebake.rules.base import Rule
from prebake.rules.downloads import about_download


class BakedWhereTheCodeDoesNotLook(Rule):
    """The build downloads a model to a place where the container does not find it.

    ## What it does

    Looks at each model download of a RUN, or of a shell script of the project that it starts, and works out where it
    goes, from the options of the command and the variables and the user that are set there (`HF_HOME`, `HF_HUB_CACHE`,
    `TORCH_HOME`, `NLTK_DATA`, `HOME`, USER). Reports it where the container looks elsewhere:

    - the folder is a cache mount (`RUN --mount=type=cache,target=/root/.cache`): what is written there stays with the
      builder;
    - it is the home folder of root, and the container runs as another USER;
    - the variable that names the cache has another value when the container runs: ENV below the download, or compose;
    - VOLUME declares a volume over it, or compose mounts a folder or a volume there;
    - `--local-dir` makes plain files, and the code asks for the model by its id;
    - `--include` or `--exclude` leaves files out, and `snapshot_download` in the code asks for all of them;
    - the code asks for another `revision`.

    It is information where the model may be found all the same: a VOLUME over which nothing is mounted as far as is
    known, and a named volume of compose, which is filled from the image once. Nothing is reported where a later command
    copies, moves or links the folder.

    ## Why it is bad

    The image carries the weights, and each new container downloads them again. Without network it does not start,
    though the model was meant to be there.

    ## Example

    ```dockerfile
    RUN hf download sentence-transformers/all-MiniLM-L6-v2
    USER app
    CMD ["python", "app.py"]  # looks in /home/app/.cache/huggingface
    ```

    ## Use instead

    ```dockerfile
    ENV HF_HOME=/opt/hf
    RUN umask 0 && hf download sentence-transformers/all-MiniLM-L6-v2
    USER app
    CMD ["python", "app.py"]
    ```

    ## Fix safety

    The fix is *suggested*: it changes what the image holds. It sets the variable above the download, for the build and
    the container; leaves out a cache mount of a RUN that does nothing but download; leaves out `--local-dir`; or writes
    the revision that the code asks for. A cache for another user is made writable for it (`umask 0`), as the hub's
    client writes there when a repository has changed. Where the image then has all that the code loads, the fix adds
    `HF_HUB_OFFLINE=1` as PB303 does. Where a volume lies over the folder, either may be meant: there is no fix. Options
    of a command in a script are not changed.

    ## References

    - [Hugging Face Hub: environment variables](https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables)
    - [Hugging Face Hub: manage the cache](https://huggingface.co/docs/huggingface_hub/guides/manage-cache)
    - [Dockerfile reference: RUN --mount=type=cache](https://docs.docker.com/reference/dockerfile/#run---mounttypecache)
    - [Dockerfile reference: VOLUME](https://docs.docker.com/reference/dockerfile/#volume)
    """

    code: ClassVar[str] = "PB304"
    name: ClassVar[str] = "baked-where-the-code-does-not-look"
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, build: Build) -> Iterator[Finding]:
        """One finding for each download."""
        for item in unused_bakes(build):
            yield about_download(self, build, item, partial(_repair, build, item))


def _repair(build: Build, item: Unused) -> tuple[Fix, ...] | str:
    from prebake.build.models.baked.unusedfix import plan_repair

    return plan_repair(build, item)

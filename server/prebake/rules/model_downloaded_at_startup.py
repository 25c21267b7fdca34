"""PB301: a model that each new container downloads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from prebake.build.build import Build
from prebake.build.models.baked.pending import Pending, pending_downloads
from prebake.build.models.loads.starts import StartLoad
from prebake.build.startup import command
from prebake.findings import Finding, Fix, Location, Related, Severity
from prebake.rules.base import Rule
from prebake.text import Position, Span


class ModelDownloadedAtStartup(Rule):
    """The code that a container starts downloads a model, again in each new container.

    ## What it does

    Follows CMD, ENTRYPOINT and compose's `command` to the Python code that runs, and through it: the module level of
    what is imported, and the functions and classes that reached code refers to. Calls that download from the Hugging
    Face Hub (huggingface_hub, transformers, sentence-transformers, faster-whisper and others) or from elsewhere (nltk,
    spaCy, torchvision, Whisper, Ultralytics, URLs of weights and many more) are reported, and so are the commands of
    start scripts that do it (`hf download`, `wget`, `ollama pull`, `vllm serve`): one finding for each library and
    model, unless the image has the model already: downloaded or reached by a script in a RUN, copied, loaded from a
    path, or asked for with `local_files_only`.

    It is a warning where the model's id is known. It is information where compose mounts a volume over the cache or
    VOLUME declares one, the id has no static value or is the default of a release, one of several models is chosen at
    run time, only a dataset, a tokenizer or a configuration is fetched, or the call is what is left when a path in the
    image cannot be loaded.

    ## Why it is slow

    Nothing that a container downloads outlives it. Every start, restart and replica fetches the weights before it can
    answer; without network, or when the hub limits requests, it does not start at all.

    ## Example

    ```dockerfile
    COPY requirements.txt .
    RUN pip install -r requirements.txt
    COPY . .
    CMD ["uvicorn", "app:app"]  # app.py: SentenceTransformer("all-MiniLM-L6-v2")
    ```

    ## Use instead

    ```dockerfile
    COPY requirements.txt .
    RUN pip install -r requirements.txt
    ENV HF_HOME=/opt/hf
    RUN hf download sentence-transformers/all-MiniLM-L6-v2
    ENV HF_HUB_OFFLINE=1
    COPY . .
    CMD ["uvicorn", "app:app"]
    ```

    The setting `bake` says which way is offered first; all others that can be taken follow as alternatives:

    - `cache`: as above. The code stays as it is, and finds the model in the cache. Each new release of a dependency
      downloads again, since the download stands below the install.
    - `stage`: a stage of its own on the same base, with the hub's client alone, and `COPY --from`. Neither an edit of
      the code nor one of the requirements downloads again; the first build installs the client twice.
    - `local-dir`: plain files in a folder (`hf download --local-dir`), and code that loads from there. The code then
      needs that folder wherever it runs.
    - `volume`: a named volume over the cache, in the compose file. The image stays small; the first container on each
      host downloads, and needs the network for that. The way for models that are very large or change often, and
      offered first for gated ones.

    An image with the model hands it on to everyone who can pull it, and holds the version of the day it was built,
    unless the code names a revision.

    ## Fix safety

    The fix is *suggested*: the image grows, and the model no longer changes on its own. The download stands below the
    install that brings the hub's command and above the code, so that BuildKit keeps it in a warm rebuild when code
    changes; where the install stands below the code, the code is moved as PB201 does it, or the stage is used. Ids,
    revisions and file names go into the command only where they fit the hub's grammar. The code's own revision, files,
    patterns and cache folder are used. `HF_HUB_OFFLINE=1` is set only when everything that is loaded from the hub is
    known and in the image, and no variable or option of the code may name another model at run time (a variable that
    the image sets is taken as the choice of its author): without it each start asks the hub, and without network each
    question takes seconds. A container that does not run as root can read the cache, and write to it (`umask 0`) where
    the client stays online: it does so when the repository has changed, and a cache that it may not write to would then
    stop the container.
    Where only a tokenizer or a configuration is loaded, the weights are left out. Where the code passes a token or the
    model is known to be gated, the download gets one through a secret mount that leaves nothing in the image. The stage
    installs the client in the release that the app is held to, and has the index, proxy and certificate settings of the
    app's install. A whole repository may hold the weights in several formats; the command then takes all of them.
    Libraries with caches of their own download with their own code, in a `python3 -c` that has only those arguments of
    the call that decide what is fetched; a variable such as `TORCH_HOME` names the folder for the build and the
    container.

    ## References

    - [Hugging Face Hub: manage the cache](https://huggingface.co/docs/huggingface_hub/guides/manage-cache)
    - [Hugging Face Hub: command line](https://huggingface.co/docs/huggingface_hub/guides/cli)
    - [Docker: build secrets](https://docs.docker.com/build/building/secrets/)
    """

    code = "PB301"
    name = "model-downloaded-at-startup"
    severity = Severity.WARNING

    def check(self, build: Build) -> Iterator[Finding]:
        """One finding for each library and model that is not in the image."""
        for pending in pending_downloads(build):
            yield self._found(build, pending)

    def _found(self, build: Build, pending: Pending) -> Finding:
        related = tuple(dict.fromkeys(_sites(pending.loads)))
        return self.finding(
            _primary(build, pending.loads),
            pending.message,
            key=f"{pending.library} {pending.model or '?'}",
            severity=Severity.INFORMATION if pending.mild else Severity.WARNING,
            repair=partial(_repair, build, pending),
            related=related,
            sites=tuple(item.location for item in related if item.location.path.endswith(".py")),
        )


def _repair(build: Build, pending: Pending) -> tuple[Fix, ...] | str:
    from prebake.build.models.baking.ways import ways

    return ways(build, pending)


def _primary(build: Build, loads: Sequence[StartLoad]) -> Location:
    """CMD or ENTRYPOINT, else the final FROM; the very beginning where there is neither."""
    instruction = loads[0].start.instruction or command(build).instruction
    if instruction is None and build.final_stage is not None:
        instruction = build.final_stage.instruction
    if instruction is None:
        return Location(build.path, Span(Position(0, 0), Position(0, 0)))
    return build.location(instruction)


def _sites(loads: Sequence[StartLoad]) -> Iterator[Related]:
    for item in loads:
        load = item.load
        if load.in_file:
            yield Related(Location(load.path, load.span), f"{load.call} downloads it here")

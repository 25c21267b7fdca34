"""PB307: a model download whose failure does not stop the build."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

from prebake.build.build import Build
from prebake.build.models.runs.failures import Ignored, ignored_failures
from prebake.findings import Finding, Fix, Severity
from prebake.rules.base import Rule
from prebake.rules.downloads import about_download


class DownloadFailureIgnored(Rule):
    """A RUN downloads a model, and the build succeeds without it.

    ## What it does

    Looks at each model download of a RUN, or of a shell script of the project that it starts, and reports it where its
    failure does not fail the RUN:

    - `|| true`, `|| echo ...` behind it, or behind the script;
    - `;`, or a new line in a here-document or script, with more commands behind it and without `set -e`;
    - a `for` loop over several models, of which only the last one counts;
    - `curl` without `-f`, which saves the error page of the server as weights;
    - Python code in the Dockerfile or in a script of the project that catches the error and passes over it;
    - `nltk.download()` without `raise_on_error=True`, which returns False (information, as the data is small).

    Nothing is reported where something else is downloaded instead, where the error is raised again, where a script
    looks at what became of the download (`$?`, `exit 1`) or ends with a command that needs it, and for `wget`, `hf
    download` and `spacy download` as such: they fail the RUN.

    ## Why it is bad

    Networks and hubs fail at times. The image is then built, tagged and shipped without its model, BuildKit keeps that
    layer in its cache, and the mistake shows when containers download the model at start, or cannot start at all.

    ## Example

    ```dockerfile
    RUN hf download org/model || true
    RUN curl -L -o /models/yolo.pt https://example.com/yolo.pt
    ```

    ## Use instead

    ```dockerfile
    RUN hf download org/model
    RUN curl -f -L -o /models/yolo.pt https://example.com/yolo.pt
    ```

    ## Fix safety

    The fix is *suggested*: a build that passed without the model then fails. It leaves out `|| true`, joins the
    commands by `&&`, adds `|| exit 1` in a loop or in a script, or `-f` to curl. Python code is not changed.

    ## References

    - [Dockerfile reference: RUN](https://docs.docker.com/reference/dockerfile/#run)
    - [curl: --fail](https://curl.se/docs/manpage.html#-f)
    - [NLTK: downloader](https://www.nltk.org/api/nltk.downloader.html)
    """

    code: ClassVar[str] = "PB307"
    name: ClassVar[str] = "download-failure-ignored"
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, build: Build) -> Iterator[Finding]:
        """One finding for each download."""
        for item in ignored_failures(build):
            yield about_download(self, build, item, partial(_repair, build, item))


def _repair(build: Build, item: Ignored) -> tuple[Fix, ...] | str:
    from prebake.build.models.runs.failurefix import plan_failure

    return plan_failure(build, item)

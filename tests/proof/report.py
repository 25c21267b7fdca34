"""What `make proof` says of its builds: the table, the goals, and the words around them."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.builder.engine import Built

BEFORE, AFTER = "before", "all fixes"
COLD, CODE, MANIFEST = "cold build", "rebuild after a code edit", "rebuild after a manifest edit"

# The builds of a Dockerfile's variant in a situation, one for each repetition.
Builds = Mapping[tuple[str, str], Sequence[Built]]

_HOW = """\
## How it is measured

A project is generated, the same each time, with
{weights}.
Its Dockerfile is the article's. `prebake check --fix --suggested` writes the variants, with `--select PB101` for the
ignore file alone and with `--select PB201` for the layer order alone; nothing is edited by hand. The files before and
after are below. The ignore file keeps the data, `.venv` and `.git` out of the image as well, where nothing reads them.

A private Docker engine without a network builds each variant with BuildKit: cold, with neither image nor build cache;
then after a word in `app.py` has changed; then after one more package has been pinned in `requirements.txt`. The
variants take turns, {runs} times, so that noise hits all alike.

- *Seconds* are those of the whole `docker build`: the median, and from the least to the most. A ratio near 1 says less
  than it seems where these lie far apart.
- *Sent* is what BuildKit says of the transfer of the build context. On a rebuild that is the list of the files and
  those that have changed since, because this builder still has the rest. A builder that has not, such as a fresh CI
  runner, is sent what the cold build is.
- *Steps run* are those of the Dockerfile below `FROM` that did not come from the cache.

The packages are real: {wheels} of wheels from PyPI, which pip finds in a folder of the base image.

## What it does not show

- The download of the packages. A real install fetches them as well and takes longer, in every row in which pip runs;
  the gain after a code edit is then larger.
- Continuous integration without a shared cache. There each build is a cold one: the ignore file still helps, the order
  of the layers gains nothing.
- A faster install. After an edit of the manifest everything is installed again, before and after; no order of the
  layers can prevent that.
- A remote builder. Here the context goes through a local socket; over a network each megabyte costs more.
- Your project. The ratios grow with the data beside the Dockerfile and with the time that the install takes.
"""


@dataclass(frozen=True)
class Setting:
    """Where and on what the builds were made; sizes in bytes, a weight with the number of files."""

    machine: str
    runs: int
    weights: Mapping[str, tuple[int, int]]
    wheels: int
    files: Mapping[str, str]


@dataclass(frozen=True)
class Goal:
    """What the fixes promise: `before` is at least `wanted` times `after`."""

    what: str
    before: float
    after: float
    wanted: float

    @property
    def ratio(self) -> float:
        """How many times as much it was before."""
        return self.before / self.after

    @property
    def reached(self) -> bool:
        """Whether the promise is kept."""
        return self.ratio >= self.wanted

    def __str__(self) -> str:
        return f"| {self.what} | {_times(self.ratio)} | {_times(self.wanted)} | {'OK' if self.reached else 'MISSED'} |"


def goals(builds: Builds) -> list[Goal]:
    """The promises: times judged by their medians, contexts by the repetition that is least in favour."""

    def seconds(kind: str) -> tuple[float, float]:
        return median_seconds(builds[BEFORE, kind]), median_seconds(builds[AFTER, kind])

    large, small = min(each.sent for each in builds[BEFORE, COLD]), max(each.sent for each in builds[AFTER, COLD])
    return [
        Goal("rebuild after a code edit, times faster", *seconds(CODE), 20),
        Goal("build context, times smaller", large, small, 1000),
        Goal("cold build, times faster: not slower", *seconds(COLD), 1),
    ]


def document(setting: Setting, builds: Builds, judged: Sequence[Goal]) -> str:
    """Everything as Markdown."""
    weights = [f"{size(total)} in `{name}` ({files:,} files)" for name, (total, files) in setting.weights.items()]
    lines = [
        "# Proof of the promise",
        "",
        f"`make proof` on {setting.machine}.",
        "Absolute numbers are this machine's; the ratios are what the goals are about.",
        "",
        "| goal | measured | wanted | |",
        "|---|---|---|---|",
        *map(str, judged),
        "",
        "| build | Dockerfile | sent | seconds | steps run | times faster |",
        "|---|---|---|---|---|---|",
        *(row(builds, variant, kind) for variant, kind in builds),
        "",
        _HOW.format(weights=", ".join(weights), runs=setting.runs, wheels=size(setting.wheels)),
        "## The files",
    ]
    for name, text in setting.files.items():
        language = "dockerfile" if name.startswith("Dockerfile") else ""
        lines += ["", f"{name}:", "", f"```{language}", text.rstrip("\n"), "```"]
    return "\n".join(lines) + "\n"


def row(builds: Builds, variant: str, kind: str) -> str:
    """One variant in one situation."""
    these = builds[variant, kind]
    times = [each.seconds for each in these]
    seconds = f"{_value(statistics.median(times))} ({_value(min(times))} to {_value(max(times))})"
    faster = _times(median_seconds(builds[BEFORE, kind]) / median_seconds(these))
    sent = size(max(each.sent for each in these))
    return f"| {kind} | {variant} | {sent} | {seconds} | {run_again(these)} | {faster} |"


def median_seconds(builds: Sequence[Built]) -> float:
    """The median of how long these builds took."""
    return statistics.median(each.seconds for each in builds)


def run_again(builds: Sequence[Built]) -> str:
    """The steps that not all of these builds took from the cache: 2 of 3 (`COPY .`, `RUN pip`)."""
    steps = [step for step in builds[0].steps if not step.startswith("FROM ")]
    again = [step for step in steps if not all(each.steps.get(step) for each in builds)]
    named = ", ".join(_short(step) for step in again)
    return f"{len(again)} of {len(steps)}" + (f" ({named})" if named else "")


def size(count: float) -> str:
    """A number of bytes as people say it, such as `362 MB`."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if count >= 100 else f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"


def _short(step: str) -> str:
    instruction, *words = [word for word in step.split() if not word.startswith("--")]
    return f"`{' '.join([instruction, *words[:1]])}`"


def _value(number: float) -> str:
    return f"{number:.2f}" if number < 1 else f"{number:.1f}"


def _times(ratio: float) -> str:
    return f"{ratio:,.2f}" if ratio < 10 else f"{ratio:,.0f}"

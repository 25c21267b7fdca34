"""The proof's pure parts: what is read out of BuildKit's log, and how it is judged and printed. No engine is needed."""

import pytest

from tests.builder.engine import Built, sent, steps
from tests.proof import report

REBUILD = """\
#0 building with "default" instance using docker driver

#1 [internal] load build definition from Dockerfile
#1 transferring dockerfile: 175B done
#1 DONE 0.0s

#3 [internal] load .dockerignore
#3 transferring context: 2B done
#3 DONE 0.0s

#4 [1/4] FROM docker.io/library/python:3.11-slim
#4 DONE 0.0s

#5 [internal] load build context
#5 transferring context: 1.31MB 0.1s
#5 transferring context: 586.27MB 5.1s
#5 transferring context: 586.27MB 5.2s done
#5 DONE 5.3s

#6 [2/4] WORKDIR /app
#6 CACHED

#7 [3/4] COPY --chown=1000 requirements.txt /app/
#7 DONE 1.5s

#8 [4/4] RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt
#8 1.100 Collecting numpy
#8 DONE 9.0s
"""


def built(seconds: float, transferred: str = "586.27MB", log: str = REBUILD) -> Built:
    log = log.replace("1.31MB", "1B").replace("586.27MB", transferred)
    return Built("proof", steps(log), log, seconds)


def builds(before: float, after: float, transferred: str = "995B") -> report.Builds:
    """Cold builds and rebuilds alike take these seconds."""
    kinds = (report.COLD, report.CODE, report.MANIFEST)
    return {
        (variant, kind): [built(seconds * factor, moved) for factor in (5, 1, 0.9)]
        for kind in kinds
        for variant, seconds, moved in ((report.BEFORE, before, "586.27MB"), (report.AFTER, after, transferred))
    }


@pytest.mark.parametrize(
    ("told", "size"), [("586.27MB", 586_270_000), ("995B", 995), ("1.2kB", 1200), ("1.05GB", 1_050_000_000)]
)
def test_the_context_is_the_last_that_was_told_and_not_the_ignore_file(told: str, size: int) -> None:
    assert built(1, told).sent == size


def test_a_log_that_tells_of_no_context_is_an_error_rather_than_a_context_of_nothing() -> None:
    with pytest.raises(ValueError, match="context"):
        sent(REBUILD.replace("load build context", "fetch something"))


def test_the_steps_run_again_are_those_below_from_that_are_not_cached() -> None:
    assert report.run_again([built(1)]) == "2 of 3 (`COPY requirements.txt`, `RUN pip`)"
    cached = REBUILD.replace("#7 DONE", "#7 CACHED").replace("#8 DONE", "#8 CACHED")
    assert report.run_again([built(1, log=cached)]) == "0 of 3"
    assert report.run_again([built(1, log=cached), built(1)]) == report.run_again([built(1)])


def test_every_goal_is_reached_only_by_its_ratio() -> None:
    assert [goal.reached for goal in report.goals(builds(20, 1))] == [True, True, True]
    assert [goal.reached for goal in report.goals(builds(19, 1))] == [False, True, True]
    assert [goal.reached for goal in report.goals(builds(19, 20))] == [False, True, False]
    assert [goal.reached for goal in report.goals(builds(20, 1, "586.28kB"))] == [True, False, True]


def test_the_document_says_what_was_missed_and_compares_medians() -> None:
    found = builds(10, 1)
    setting = report.Setting(
        machine="a machine",
        runs=3,
        weights={"data": (300_000_000, 12), ".venv": (268_152_924, 6260)},
        wheels=81_000_000,
        files={"Dockerfile, before": "FROM python\n", ".dockerignore, after": "data\n"},
    )
    text = report.document(setting, found, report.goals(found))
    assert "| rebuild after a code edit, times faster | 10 | 20 | MISSED |" in text
    assert "| build context, times smaller | 589,216 | 1,000 | OK |" in text
    assert "| cold build | all fixes | 995 B | 1.0 (0.90 to 5.0) | 2 of 3 (`COPY requirements.txt`, `RUN pip`)" in text
    assert "300 MB in `data` (12 files), 268 MB in `.venv` (6,260 files)" in text
    assert "```dockerfile\nFROM python\n```" in text


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 B"), (995, "995 B"), (1234, "1.23 kB"), (586_270_000, "586 MB"), (2.5e9, "2.5 GB")]
)
def test_sizes_are_said_as_people_say_them(count: int, said: str) -> None:
    assert report.size(count) == said

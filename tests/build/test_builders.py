import pytest

from prebake.build.builders import BUILDAH, BUILDKIT, KANIKO, LEGACY, Builder, builder_of
from prebake.config import Settings
from tests.build.cache.test_history import on


@pytest.mark.parametrize(
    ("name", "builder"), [("buildkit", BUILDKIT), ("legacy", LEGACY), ("kaniko", KANIKO), ("buildah", BUILDAH)]
)
def test_the_builder_that_the_settings_name(name: str, builder: Builder) -> None:
    assert builder_of(on(name, "FROM a\n")) is builder  # type: ignore[arg-type]


def test_buildkit_is_the_default_and_the_only_one_whose_keys_leave_metadata_out() -> None:
    assert Settings().builder == "buildkit"
    assert [builder.metadata_in_keys for builder in (BUILDKIT, LEGACY, KANIKO, BUILDAH)] == [False, True, True, True]


def test_a_fix_may_use_mounts_only_where_the_builder_has_them() -> None:
    assert "cache" in BUILDKIT.mounts
    assert "cache" in BUILDAH.mounts
    assert not LEGACY.mounts
    assert not KANIKO.mounts

"""Compose files with the override file beside them, as ``docker compose up`` reads them."""

from __future__ import annotations

import posixpath

from prebake.files import Snapshot, join
from prebake.project.compose.services import Service, services


def overridden(snapshot: Snapshot, path: str) -> tuple[Service, ...]:
    """The services of a compose file as ``docker compose up`` runs them: with what the override file beside it sets.

    That file has none of its own then. What it sets has the span of the service that it is for.
    """
    folder, name = posixpath.split(path)
    stem, ending = posixpath.splitext(name)
    endings = (".yml", ".yaml")
    if stem.endswith(".override"):
        above = join(folder, stem.removesuffix(".override"))
        return () if any(snapshot.is_file(above + other) for other in endings) else services(snapshot, path)
    found = services(snapshot, path)
    over = next(
        (
            join(folder, stem + ".override" + other)
            for other in (ending, *endings)
            if snapshot.is_file(join(folder, stem + ".override" + other))
        ),
        None,
    )
    if over is None or stem not in ("compose", "docker-compose"):
        return found
    more = {service.name: service for service in services(snapshot, over)}
    return tuple(_merged(more.pop(service.name), service) if service.name in more else service for service in found)


def _merged(over: Service, base: Service) -> Service:
    """A service with what another file sets for it."""
    here = {name: value._replace(span=base.span) for name, value in over.environment.items()}
    targets = {volume.target for volume in over.volumes}
    return base._replace(
        build=base.build if over.build is None else over.build._replace(span=base.span),
        command=over.command or base.command,
        entrypoint=over.entrypoint or base.entrypoint,
        environment={**base.environment, **here},
        env_files=base.env_files + over.env_files,
        volumes=(
            *(volume for volume in base.volumes if volume.target not in targets),
            *(volume._replace(span=base.span) for volume in over.volumes),
        ),
        working_dir=over.working_dir or base.working_dir,
    )

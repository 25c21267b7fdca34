# prebake for CI. In a checkout: docker run --rm -v "$PWD:/work" prebake check

ARG PYTHON=3.13-alpine

FROM python:${PYTHON} AS build
WORKDIR /src
RUN python -m venv --without-pip /opt/prebake
# Dependencies change seldom: their layer stands above the code.
COPY pyproject.toml constraints.txt ./
RUN --mount=type=cache,target=/root/.cache/pip \
    python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"], sep="\n")' \
        > requirements.txt \
    && pip --python /opt/prebake install --constraint constraints.txt --requirement requirements.txt \
    && pip install "hatchling>=1.27"
COPY README.md LICENSE ./
COPY docs/prebake.1 docs/
COPY server server
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /dist . \
    && pip --python /opt/prebake install --no-cache-dir --no-deps --no-index /dist/*.whl

FROM python:${PYTHON}
# Git says what is ignored and what was there before a change. The folder that is mounted belongs to somebody else.
RUN apk add --no-cache git
ENV GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=* PATH=/opt/prebake/bin:$PATH
COPY --from=build /opt/prebake /opt/prebake
USER 1000:1000
WORKDIR /work
ENTRYPOINT ["prebake"]
CMD ["check"]

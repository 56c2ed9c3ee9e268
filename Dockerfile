# The server as an image: docker build -t chargerights .
#
# Python 3.11 is the version that the tests run on. To pin the image by its digest:
#     docker build --build-arg PYTHON=python:3.11-slim-bookworm@sha256:… .
ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS build
WORKDIR /build
# Packages first: this layer changes with requirements.lock only. Each file is checked by its hash, and nothing is compiled.
COPY requirements.lock requirements-build.lock ./
RUN python3 -m venv --without-pip /opt/chargerights \
    && python3 -m venv /opt/build \
    && /opt/build/bin/pip install --no-cache-dir --only-binary=:all: --require-hashes -r requirements-build.lock \
    && /opt/build/bin/pip --python /opt/chargerights/bin/python install --no-cache-dir --only-binary=:all: \
        --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN /opt/build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir dist . \
    && /opt/build/bin/pip --python /opt/chargerights/bin/python install --no-cache-dir --no-deps dist/*.whl

FROM ${PYTHON}
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="chargerights" \
      org.opencontainers.image.description="An open server that knows who may charge where" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
RUN groupadd --system --gid 10001 chargerights \
    && useradd --system --uid 10001 --gid chargerights --home-dir /data --no-create-home --shell /usr/sbin/nologin chargerights \
    && install --directory --owner=chargerights --group=chargerights --mode=0700 /data
COPY --from=build /opt/chargerights /opt/chargerights
ENV PATH=/opt/chargerights/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# By default the database is /data/chargerights.db and the spool stands beside it; with PostgreSQL the spool is
# /data/chargerights-spool. So the volume is needed with both.
WORKDIR /data
VOLUME /data
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
# The process lives; that the database is away is no reason to restart it.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8080, timeout=4); c.request('GET', '/health'); exit(c.getresponse().status != 200)"]
ENTRYPOINT ["chargerights"]
CMD ["serve", "--host", "0.0.0.0"]

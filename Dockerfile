# Web app and REST API on a CPU: docker build -t unmask . && docker run --rm -p 127.0.0.1:8000:8000 unmask
FROM python:3.12-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE LICENSE-MODELS ./
COPY src ./src
RUN python -m venv /opt/unmask \
 && /opt/unmask/bin/pip install --no-cache-dir '.[web,heif,postgres]'

FROM python:3.12-slim
RUN useradd --system --uid 10001 --create-home --home-dir /data unmask
COPY --from=build /opt/unmask /opt/unmask
ENV PATH=/opt/unmask/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    UNMASK_HOST=0.0.0.0 \
    UNMASK_DATA_DIR=/data
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD ["unmask", "serve"]

# Retune as an image: no compiler, no root, a read-only root file system; one volume at /data for the SQLite file.
#   docker build -t retune .
#   docker run --env-file .env --read-only --tmpfs /tmp -v retune:/data retune

FROM python:3.13.14-slim-trixie AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev

# Debian's SQLite is of the versions with the WAL fault (bot/store/surroundings.py), so SQLite's own source is built.
ARG SQLITE=https://www.sqlite.org/2026/sqlite-autoconf-3530400.tar.gz
ARG SQLITE_SHA256=0e9483900e92cd5de8fd48d16bf9200145a61f7fd5be542a5ac81d8a9516eb9c
WORKDIR /sqlite
RUN python -c "import sys, urllib.request as web; web.urlretrieve(sys.argv[1], 'sqlite.tar.gz')" "$SQLITE"
RUN echo "$SQLITE_SHA256  sqlite.tar.gz" | sha256sum -c - && tar -xzf sqlite.tar.gz --strip-components=1
RUN gcc -O2 -fPIC -shared -Wl,-soname,libsqlite3.so.0 -DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_MATH_FUNCTIONS \
    -DSQLITE_ENABLE_COLUMN_METADATA -DSQLITE_ENABLE_DBSTAT_VTAB sqlite3.c -o libsqlite3.so.0 -lpthread -lm -ldl

# Wheels only: what the lock names is installed as it was published, nothing is built.
COPY requirements.txt ./
RUN python -m venv /opt/retune && /opt/retune/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.txt


FROM python:3.13.14-slim-trixie
COPY --from=build /sqlite/libsqlite3.so.0 /usr/local/lib/libsqlite3.so.0
COPY --from=build /opt/retune /opt/retune
COPY bot /app/bot
COPY commands /app/commands
COPY LICENSE /app/LICENSE
ENV PATH=/opt/retune/bin:$PATH LD_LIBRARY_PATH=/usr/local/lib PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN python -m compileall -q /app/bot /app/commands
RUN python -c "import sqlite3; from bot.store.surroundings import has_wal_fault; assert not has_wal_fault(sqlite3.sqlite_version_info), sqlite3.sqlite_version"
RUN useradd --uid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin retune && install -d -o retune -g retune -m 700 /data

# What is not set here comes from --env-file. The health port is for probes: publish it inside your network only.
ENV HOME=/tmp MPLCONFIGDIR=/tmp RETUNE_BIND=* RETUNE_HEALTH_PORT=8080 RETUNE_LOG=json
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s --retries=3 CMD ["python", "-c", "import http.client, os, sys; line = http.client.HTTPConnection('127.0.0.1', int(os.environ['RETUNE_HEALTH_PORT']), timeout=4); line.request('GET', '/livez'); sys.exit(line.getresponse().status != 200)"]
ENTRYPOINT ["python", "-m", "bot"]
CMD ["run"]

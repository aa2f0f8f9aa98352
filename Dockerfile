FROM python:3.11-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PYTHONUTF8=1 PIP_NO_CACHE_DIR=1 \
    YICHI_HOME=/var/lib/yichi

WORKDIR /app
COPY requirements-server.lock .
RUN pip install --disable-pip-version-check --require-hashes -r requirements-server.lock

COPY . .
# Compressed once here; without this the files are served as they are.
ENV STATIC_ROOT=/app/collected-static
RUN SECRET_KEY=build DATABASE_URL=postgres://build python manage.py collectstatic --noinput
# Evidence files are the only thing that the processes write.
RUN useradd --system --uid 10001 --home-dir /var/lib/yichi --create-home yichi
USER yichi
VOLUME /var/lib/yichi

EXPOSE 8000
CMD ["gunicorn", "config.wsgi:application", "--bind=0.0.0.0:8000", "--workers=2", \
     "--worker-class=gthread", "--threads=4", "--no-control-socket", "--access-logfile=-"]

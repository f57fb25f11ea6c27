# The same image runs every part: web, worker, sender, beat (see docker-compose.yml).

FROM node:24-slim AS front
WORKDIR /kaskad
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build

FROM python:3.13-slim AS packages
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PROJECT_ENVIRONMENT=/opt/kaskad
RUN pip install --no-cache-dir "uv>=0.9"
WORKDIR /kaskad
COPY pyproject.toml uv.lock README.md ./
RUN uv sync --frozen --no-default-groups --no-install-project
COPY . .
RUN uv sync --frozen --no-default-groups

FROM python:3.13-slim
ENV PATH=/opt/kaskad/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 KASKAD_MEDIA_ROOT=/var/lib/kaskad/media
RUN useradd --system --uid 10001 --home-dir /var/lib/kaskad --create-home kaskad \
    && install -d -o kaskad /var/lib/kaskad/media
COPY --from=packages /opt/kaskad /opt/kaskad
COPY --from=packages /kaskad /kaskad
COPY --from=front /kaskad/static/dist /kaskad/static/dist
WORKDIR /kaskad
# Compiling and collecting read the settings, but no server and no secret of the installation.
RUN export DATABASE_URL=postgresql:///build REDIS_URL=redis://build KASKAD_SECRET_KEY=build \
        KASKAD_ENCRYPTION_KEYS=MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA= \
    && python manage.py messages --compile && python manage.py collectstatic --noinput
USER kaskad
VOLUME /var/lib/kaskad/media
EXPOSE 8000
CMD ["uvicorn", "config.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--proxy-headers", "--forwarded-allow-ips", "*"]

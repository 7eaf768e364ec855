# The router in an image without a shell: docker build -t claude-code-router .
# Agrees with src/alerting/deployment/deployment-facts.ts; a test compares them.
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --omit=dev --no-audit --no-fund && mkdir /state

FROM gcr.io/distroless/nodejs24-debian12:nonroot
WORKDIR /app
COPY --from=build /build/package.json /build/LICENSE ./
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/bin ./bin
COPY --from=build /build/dist ./dist
COPY --from=build /build/docs/ccr.schema.json ./docs/
COPY --from=build /build/docs/runbooks ./docs/runbooks
COPY --from=build /build/ops/grafana ./ops/grafana
COPY --from=build --chown=65532:65532 /state /data
USER 65532:65532
ENV NODE_ENV=production CCR_HOME=/data CCR_HOST=0.0.0.0
VOLUME /data
EXPOSE 3456
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["/nodejs/bin/node", "-e", "fetch(\"http://127.0.0.1:3456/livez\").then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/nodejs/bin/node", "/app/bin/ccr.js"]
CMD ["start", "--foreground", "--config", "/etc/ccr/ccr.yaml"]

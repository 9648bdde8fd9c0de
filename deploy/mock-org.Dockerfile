# mock-org as a container: docker build -f deploy/mock-org.Dockerfile -t mock-org . && docker run -p 4880:4880 mock-org
FROM node:22-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
COPY mock-server/package.json ./mock-server/package.json
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY tools ./tools
COPY src ./src
COPY mock-server ./mock-server
COPY fixtures ./fixtures
RUN npm run build && mkdir /pack && npm pack --workspace mock-org --pack-destination /pack --ignore-scripts

FROM node:22-bookworm-slim
ENV NODE_ENV=production
COPY --from=build /pack /pack
RUN npm install --prefix /app --no-audit --no-fund /pack/*.tgz && rm -r /pack \
  && ln -s /app/node_modules/.bin/mock-org /usr/local/bin/mock-org
USER node
EXPOSE 4880
HEALTHCHECK --interval=30s --timeout=3s --start-period=5s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:4880/_mock/health').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Metadata and seeds are mounted, for example -v ./force-app:/data/force-app, and named after the image:
# docker run … mock-org start --host 0.0.0.0 --source-dir /data/force-app --seed demo
ENTRYPOINT ["mock-org"]
CMD ["start", "--host", "0.0.0.0", "--seed", "demo"]

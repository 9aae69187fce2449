# GPU workers: docker build -f clusters/docker/cuda.Dockerfile -t registry.example.com/llm-data-auditor:0.1.0-cuda .
# The wheels of torch and FAISS carry CUDA; of the host it takes the driver and NVIDIA's container runtime.
FROM python:3.11-slim

# rsync and openssh-client: `ray up` copies files with them; wget: KubeRay probes with it.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends openssh-client rsync wget \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 ray

# All nodes of a cluster need the same Ray; its minor releases do not talk to each other.
ARG RAY_VERSION=2.60.0
ARG EXTRAS=s3,gs,az,symbolic,semi,tabular,agent,sandbox,gpu
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY engine ./engine
COPY operators ./operators
RUN pip install --no-cache-dir "ray[data,default]==${RAY_VERSION}" ".[${EXTRAS}]" && rm -rf /src

USER ray
WORKDIR /home/ray
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
ENV RAY_USAGE_STATS_ENABLED=0 PYTHONUNBUFFERED=1
CMD ["auditor", "doctor"]

"""Ray: the verbs on it, where workers are placed, the jobs it is handed, what it tells of a run. The only importer of ray."""

from engine.cluster.backend import Cluster
from engine.cluster.jobs import job_client

__all__ = ["Cluster", "job_client"]

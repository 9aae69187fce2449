"""Where workers fit, by hand; and what is refused before anything runs."""

import pytest
from ray.core.generated.autoscaler_pb2 import ClusterConfig, NodeGroupConfig

from engine.cluster.backend import coming
from engine.cluster.placement import Node, Pool, Room, Share, check, pool
from engine.errors import UsageError


@pytest.mark.parametrize(
    ("cpus", "gpus", "there", "coming_", "expected"),
    [
        (1, 0, [Node(8, 0)], [], Pool(7, 7)),  # one CPU is left to what feeds them
        (2, 0, [Node(8, 0)], [], Pool(3, 3)),
        (1, 0, [Node(1, 0)], [], Pool(1, 1)),
        (4, 0, [Node(6, 0), Node(6, 0)], [], Pool(2, 2)),  # two of them, not 12 / 4
        (0, 1, [Node(8, 4), Node(16, 0)], [], Pool(4, 4)),
        (0, 0.5, [Node(8, 2)], [], Pool(4, 4)),
        (0, 2, [Node(8, 1), Node(8, 5)], [], Pool(2, 2)),  # no worker on two nodes
        (4, 1, [Node(8, 8)], [], Pool(2, 2)),  # the CPUs are what is short
        (1, 0, [Node(0, 0)], [Node(16, 0, count=32)], Pool(1, 511)),  # a head alone, so far
        (1, 0, [Node(16, 0)], [Node(16, 0, count=4)], Pool(15, 63)),
        (0, 1, [Node(16, 0)], [Node(16, 1, count=8)], Pool(1, 8)),
        (0, 1, [Node(16, 1)] * 3, [Node(16, 1, count=2)], Pool(3, 3)),  # more are there than the autoscaler says
        (1, 0, [Node(8, 0, memory_bytes=3.9e9)], [], Pool(3, 3)),  # memory is what is short
        (1, 0, [Node(2, 0, memory_bytes=9e9), Node(8, 0, memory_bytes=2e9)], [], Pool(4, 4)),
        (0, 1, [Node(8, 4, memory_bytes=2e9)], [], Pool(2, 2)),
    ],
)
def test_a_pool_fills_the_nodes_and_no_more(cpus, gpus, there, coming_, expected):
    assert pool("read subject", Share(cpus, gpus, 1e9), Room(tuple(there), tuple(coming_))) == expected


def test_work_that_no_memory_holds_is_tried_alone_on_the_largest_node():
    room = Room((Node(8, 0, memory_bytes=4e9), Node(8, 1, memory_bytes=2e9)), (Node(1, 0, 4, 8e9),))
    assert room.fitted(Share(1, memory_bytes=1e12)) == Share(1, memory_bytes=8e9)
    assert room.fitted(Share(4, memory_bytes=1e12)) == Share(4, memory_bytes=4e9)  # of those with enough cores
    assert room.fitted(Share(0, 1, 1e12)) == Share(0, 1, 2e9)
    assert room.fitted(Share(1, memory_bytes=1e9)) == Share(1, memory_bytes=1e9)


@pytest.mark.parametrize(
    ("cpus", "gpus", "nodes", "sentence"),
    [
        (0, 1, [Node(8, 0)], "read subject asks for 1 GPU a worker, and no node .*at most 0 GPU and 8 CPU"),
        (0, 2, [Node(8, 1), Node(8, 1)], "asks for 2 GPU .*at most 1 GPU"),
        (16, 0, [Node(8, 0)] * 4, "asks for 16 CPU .*at most 0 GPU and 8 CPU"),
        (1, 0, [Node(0, 0)], "asks for 1 CPU .*at most 0 GPU and 0 CPU"),
    ],
)
def test_work_that_fits_nowhere_is_refused_by_name(cpus, gpus, nodes, sentence):
    for refuse in (pool, check):
        with pytest.raises(UsageError, match=sentence):
            refuse("read subject", Share(cpus, gpus), Room(tuple(nodes)))


def test_what_may_come_is_no_reason_to_refuse():
    check("read subject", Share(0, 1), Room((Node(0, 0),), (Node(16, 1, count=8),)))


def test_the_autoscaler_s_configuration_is_read_as_ray_keeps_it():
    groups = [
        NodeGroupConfig(name="cpu", resources={"CPU": 16}, max_count=4),
        NodeGroupConfig(name="gpu", resources={"CPU": 8, "GPU": 2}, max_count=3),
        NodeGroupConfig(name="none", resources={"CPU": 64}, max_count=0),
        NodeGroupConfig(name="any", resources={"CPU": 4}, max_count=-1),
    ]
    assert coming(ClusterConfig(node_group_configs=groups)) == (Node(16, 0, 4), Node(8, 2, 3), Node(4, 0, 1000))

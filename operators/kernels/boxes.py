"""Rectangles that turn and move: whether they overlap, and when two that keep their velocity first touch.

A box is (x, y, heading, length, width): its centre in metres, where its length points in radians, and its sides in metres.
All functions are vectorised over the leading axis.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def axes_of(first: Floats, second: Floats) -> tuple[Floats, Floats, Floats]:
    """For each pair the four normals of the sides, and how the boxes lie along them.

    Args:
        first, second: (n, 5) boxes.

    Returns:
        (n, 4, 2) unit normals, (n, 4) distances of the centres along them from the first to the second, and (n, 4) the sum of
        the half extents. Two rectangles are apart exactly where some distance is greater than its extents (separating axes).
    """
    headings = np.stack([first[:, 2], second[:, 2]], 1)
    along = np.stack([np.cos(headings), np.sin(headings)], -1)
    across = np.stack([-along[..., 1], along[..., 0]], -1)
    normals = np.concatenate([along, across], 1)
    between = np.einsum("nad,nd->na", normals, second[:, :2] - first[:, :2])
    reach = np.zeros(between.shape)
    for box, side in ((first, 0), (second, 1)):
        lengths = np.abs(np.einsum("nad,nd->na", normals, along[:, side])) * box[:, 3:4]
        widths = np.abs(np.einsum("nad,nd->na", normals, across[:, side])) * box[:, 4:5]
        reach += (lengths + widths) / 2
    return normals, between, reach


def overlap(first: Floats, second: Floats) -> Bools:
    """Whether the boxes of each pair share a point.

    >>> car, turned = np.array([[0.0, 0.0, 0.0, 4.0, 2.0]]), np.array([[0.0, 2.9, np.pi / 2, 4.0, 2.0]])
    >>> overlap(car, turned).tolist(), overlap(car, turned + [[0.0, 0.2, 0.0, 0.0, 0.0]]).tolist()
    ([True], [False])
    """
    _, between, reach = axes_of(first, second)
    return np.asarray((np.abs(between) <= reach).all(1), bool)


def time_to_contact(first: Floats, second: Floats, velocity: Floats) -> Floats:
    """(n,) seconds until the boxes of each pair touch if they go on straight at this velocity; inf where they never do.

    Exact: along each of the four normals they overlap during one interval of time, and they touch where all four intervals do.

    Args:
        first, second: (n, 5) boxes.
        velocity: (n, 2) of the second less that of the first, in metres a second.

    >>> ego, lead = np.array([[0.0, 0.0, 0.0, 4.0, 2.0]]), np.array([[14.0, 0.0, 0.0, 4.0, 2.0]])
    >>> time_to_contact(ego, lead, np.array([[-5.0, 0.0]])).tolist()
    [2.0]
    """
    normals, between, reach = axes_of(first, second)
    speed = np.einsum("nad,nd->na", normals, velocity)
    still = np.abs(speed) < 1e-12
    with np.errstate(divide="ignore", invalid="ignore"):
        edges = np.stack([(-reach - between) / speed, (reach - between) / speed])
    enter = np.where(still, np.where(np.abs(between) <= reach, -np.inf, np.inf), edges.min(0)).max(1)
    leave = np.where(still, np.inf, edges.max(0)).min(1)
    found: Floats = np.where((enter <= leave) & (leave >= 0), np.maximum(enter, 0.0), np.inf)
    return found

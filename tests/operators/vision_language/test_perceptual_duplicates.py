"""Look-alikes against brute force over hashes, and on the public sets whose duplicates are known."""

import re
from itertools import combinations

import networkx as nx
import numpy as np
import pyarrow as pa
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from engine.job import column_file
from engine.relation import KEY
from engine.schema import ID, Side
from engine.store import Store
from operators.features.image_hashes import ImageHashes
from operators.kernels.perceptual import hamming, pdq, phash
from operators.near import groups, hashes
from operators.near.hashes import Nearness, keys
from operators.relations.image_groups import ImageGroups
from tests.operators.vision_language.media_given import SHARED, audited, batch, encoded, scene

METRIC = "vision_language.perceptual_duplicates"


def flipped(rng, hashed, bits):
    """A hash with some bits turned."""
    turned = np.unpackbits(np.frombuffer(hashed, np.uint8))
    turned[rng.choice(len(turned), bits, replace=False)] ^= 1
    return np.packbits(turned).tobytes()


@pytest.mark.parametrize(("width", "words", "most"), [(8, 1, 8), (8, 1, 0), (8, 1, 2), (32, 1, 31), (8, 4, 8), (32, 1, 40)])
def test_no_pair_within_the_distance_is_filed_apart(width, words, most):
    rng = np.random.default_rng(most)
    near = Nearness(width, words, most)
    base = rng.integers(0, 256, near.size, dtype=np.uint8).tobytes()
    other = [flipped(rng, base, int(rng.integers(0, most * words + 1))) for _ in range(300)]
    filed = keys(np.frombuffer(b"".join([base, *other]), np.uint8).reshape(-1, near.size), near)
    assert all(np.isin(row, filed[0]).any() for row in filed[1:])
    stranger = keys(rng.integers(0, 256, (1, near.size), dtype=np.uint8), near)
    if most * 4 < width * 8:
        assert np.isin(stranger, filed[0]).mean() < 0.2


def columns(out):
    store = Store(str(out))
    names = [name for name in store.names("columns/relations.image_groups") if name.endswith(".arrow")]
    files = [store.open(column_file("relations.image_groups", unit)) for unit in range(len(names))]
    return pa.concat_tables([pa.ipc.open_file(file).read_all() for file in files]).to_pylist()


def brute(found, most):
    """The groups of hashes by comparing each with each."""
    graph = nx.Graph()
    graph.add_nodes_from(at for at, one in enumerate(found) if one is not None)
    for a, b in combinations(graph.nodes, 2):
        if int(hamming(*(np.frombuffer(found[at], np.uint8) for at in (a, b)))) <= most:
            graph.add_edge(a, b)
    return {at: min(part) for part in nx.connected_components(graph) for at in part}


def edits(image):
    small = image.resize((image.width * 2 // 3, image.height * 2 // 3))
    return [
        encoded(image),
        encoded(small, "JPEG", quality=60),
        encoded(image.filter(ImageFilter.GaussianBlur(1)), "WEBP", quality=80),
        encoded(ImageEnhance.Contrast(image).enhance(1.2), "JPEG", quality=90),
    ]


@pytest.mark.parametrize("hash_", ["pdq", "phash"])
def test_groups_are_those_of_brute_force(tmp_path, hash_):
    images = [data for seed in range(8) for data in edits(scene(seed))] + [encoded(scene(seed)) for seed in range(20, 60)]
    images += [None, b"no image", encoded(Image.new("RGB", (50, 50), "red"))]
    made = ImageHashes().open()(batch(image=images))
    found = made[f"image_{hash_}"].to_pylist()
    if hash_ == "pdq":
        qualities = made["image_pdq_quality"].to_pylist()
        found = [one if (quality or 0) >= 50 else None for one, quality in zip(found, qualities, strict=True)]
    expected = brute(found, 31 if hash_ == "pdq" else 8)
    report = audited(tmp_path, [METRIC], [f'[relations.image_groups]\nhash = "{hash_}"'], image=images)
    rows = columns(tmp_path / "out")
    at = {row[ID]: place for place, row in enumerate(rows)}
    assert {place: at[row["image_group_id"]] for place, row in enumerate(rows) if row["image_group_id"] is not None} == expected
    sizes = list(expected.values())
    assert all(row["image_group_size"] == sizes.count(expected[place]) for place, row in enumerate(rows) if place in expected)
    for place, row in enumerate(rows):
        if row["image_near_id"] is not None:
            own, other = (np.frombuffer(found[one], np.uint8) for one in (place, at[row["image_near_id"]]))
            assert int(hamming(own, other)) == row["image_distance"]
    value = report.result(METRIC).value
    assert value.value == pytest.approx(1 - len({*sizes}) / len(sizes))
    planted = [expected.get(4 * seed + edit) == 4 * seed for seed in range(8) for edit in range(4)]
    assert np.mean(planted) >= 0.9, "what was edited is found"
    assert len({expected[4 * seed] for seed in range(8) if 4 * seed in expected}) == 8, "and nothing else"


def test_components_in_rounds_give_the_same_groups(tmp_path, monkeypatch):
    images = [data for seed in range(5) for data in edits(scene(seed))]
    first, second = tmp_path / "one", tmp_path / "two"
    for folder in (first, second):
        folder.mkdir()
        audited(folder, [METRIC], image=images)
        monkeypatch.setattr(groups, "EDGES_AT_ONCE", 0)
    assert columns(first / "out") == columns(second / "out")


def test_only_the_subject_is_filed_and_what_has_no_contrast_is_not():
    made = batch(image=[encoded(scene(1)), encoded(Image.new("RGB", (9, 9)))])
    for name, column in ImageHashes().open()(made).items():
        made = made.append_column(name, column)
    assert ImageGroups().emit(made, Side.SUBJECT, 2).channels["hashes"][ID].to_pylist() == [0]
    both = ImageGroups(hash="phash").emit(made, Side.SUBJECT, 2).channels["hashes"]
    assert both[ID].to_pylist() == [0, 1]
    assert both.column_names == [KEY, ID, "hash"]
    assert hashes.emitted(pa.array([b"short"], pa.binary()), np.array([7]), Nearness(8, 1, 8)).num_rows == 0


def test_hashes_are_those_of_imagehash():
    imagehash = pytest.importorskip("imagehash")
    for seed in range(12):
        image = scene(seed, (100 + 20 * seed, 90))
        assert phash(image) == int(str(imagehash.phash(image)), 16)


def test_pdq_is_that_of_its_authors():
    """The hash of ThreatExchange's own picture as their regression test has it, and of pictures through pdqhash."""
    bridge = SHARED / "pdq_bridge/bridge-mods/aaa-orig.jpg"
    if bridge.exists():
        hashed, quality = pdq(Image.open(bridge).convert("RGB"))
        known = bytes.fromhex("f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22")
        assert int(hamming(*(np.frombuffer(one, np.uint8) for one in (hashed, known)))) <= 10
        assert quality == 100
    pdqhash = pytest.importorskip("pdqhash")
    for seed in range(12):
        image = scene(seed, (100 + 20 * seed, 90))
        bits, quality = pdqhash.compute(np.asarray(image))
        ours, own = pdq(image)
        assert int(hamming(np.packbits(bits), np.frombuffer(ours, np.uint8))) <= 2
        assert quality == own


def precision_and_recall(rows, names, truth):
    """Of pairs of look-alikes."""
    group = [row["image_group_id"] for row in rows]
    found = {(a, b) for a, b in combinations(range(len(rows)), 2) if group[a] is not None and group[a] == group[b]}
    right = {(a, b) for a, b in combinations(range(len(rows)), 2) if truth(names[a]) and truth(names[a]) == truth(names[b])}
    return len(found & right) / len(found), len(found & right) / len(right)


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not here")
@pytest.mark.parametrize("hash_", ["pdq", "phash"])
def test_the_public_sets_with_precision_and_recall(tmp_path, hash_):
    paths = [
        *sorted((SHARED / "imagededup").rglob("*.jpg")),
        *sorted((SHARED / "pdq_bridge").rglob("*.jpg")),
        *sorted((SHARED / "flickr8k/images").glob("*.jpg"))[:60],
    ]
    lines = [f'[relations.image_groups]\nhash = "{hash_}"']
    images = [path.read_bytes() for path in paths]
    report = audited(tmp_path, [METRIC, "vision_language.image_decodes"], lines, image=images)

    def photo(path):
        """Which photograph it is of, upright and whole: those that were turned or mirrored look different to both hashes."""
        if re.search("rotat|flip|corrupt", path.name):
            return None
        known = re.match(r"ukbench\d+", path.name)
        bridge = path.parent.name == "bridge-mods" or path.name == "bridge-1-original.jpg"
        return known.group() if known else "bridge" if bridge else None

    precision, recall = precision_and_recall(columns(tmp_path / "out"), paths, photo)
    assert (precision, recall) == (1.0, 1.0)
    value = report.result(METRIC).value
    assert value.skipped["no image to hash"] >= 1
    decodes = report.result("vision_language.image_decodes").value
    broken = [paths[entry.record].name for entry in decodes.evidence]
    assert broken == ["ukbench09268_corrupt.jpg"], "the corrupt image is quarantined, by its name"

"""Graphs in the formats of researchers: beside networkx and scipy, and hostile ones."""

import io
import json
import zipfile

import networkx as nx
import numpy as np
import pytest
import scipy.sparse as sp

from engine.errors import ShardFault, SourceError
from engine.guess import guess
from engine.source.dataset import Dataset, Limits
from engine.source.freeze import freeze
from tests.operators.semistructured.graphs_given import SHARED


def of(path, **fields):
    return Dataset(path=str(path), modality="semistructured", **fields)


def graphs(rows, path, **fields):
    return [row["graph"] and json.loads(row["graph"]) for row in rows(of(path, **fields), ("graph",))]


def faults(rows, path, **fields):
    return [row["_fault"] for row in rows(of(path, **fields), ("graph",))]


def tu_folder(root, edges="1, 2\n2, 1\n4, 5\n5, 4\n", of_node="1\n1\n1\n2\n2\n", labels="7\n-1\n", nodes="0\n1\n0\n2\n2\n"):
    files = {"A": edges, "graph_indicator": of_node, "graph_labels": labels, "node_labels": nodes}
    for name, content in files.items():
        if content is not None:
            (root / f"TOY_{name}.txt").write_text(content)
    (root / "README.txt").write_text("Not a graph.\n")
    return root


def test_a_tudataset_folder_is_its_graphs(rows, tmp_path):
    found = rows(of(tu_folder(tmp_path)), ("graph", "label", "id"))
    assert [row["label"] for row in found] == ["7", "-1"]
    assert [row["id"] for row in found] == ["TOY/1", "TOY/2"]
    assert json.loads(found[0]["graph"]) == {"directed": False, "nodes": 3, "labels": [0, 1, 0], "edges": [[0, 1]]}
    assert json.loads(found[1]["graph"]) == {"directed": False, "nodes": 2, "labels": [2, 2], "edges": [[0, 1]]}


def test_one_way_edges_make_a_graph_directed(rows, tmp_path):
    assert [one["directed"] for one in graphs(rows, tu_folder(tmp_path, edges="1, 2\n4, 5\n5, 4\n"))] == [True, False]


@pytest.mark.parametrize(
    ("files", "cause"),
    [
        ({"edges": "1, x\n"}, "does not hold 2 whole numbers"),
        ({"edges": "1\n"}, "does not hold 2 whole numbers"),
        ({"edges": "1, 6\n"}, "beyond the 5"),
        ({"edges": "0, 1\n"}, "beyond the 5"),
        ({"of_node": "2\n1\n1\n1\n1\n"}, "in order"),
        ({"labels": "1\n"}, "1 graph labels for 2 graphs"),
        ({"nodes": "1\n"}, "1 node labels for 5 nodes"),
    ],
)
def test_a_broken_tudataset_is_one_sentence(rows, tmp_path, files, cause):
    with pytest.raises(ShardFault, match=cause):
        graphs(rows, tu_folder(tmp_path, **files))


def test_an_edge_between_two_graphs_is_a_fault_of_its_graph(rows, tmp_path):
    assert faults(rows, tu_folder(tmp_path, edges="1, 4\n4, 5\n5, 4\n")) == ["an edge leads to a node of another graph", None]


def test_adjacency_matrices(rows, tmp_path):
    first, second = nx.gnp_random_graph(9, 0.4, seed=1), nx.gnp_random_graph(7, 0.3, seed=2, directed=True)
    np.savez_compressed(tmp_path / "a.npz", nx.to_numpy_array(first) > 0, nx.to_numpy_array(second))
    stack = np.stack([nx.to_numpy_array(nx.path_graph(3)), nx.to_numpy_array(nx.cycle_graph(3))]).astype(np.int8)
    np.savez(tmp_path / "b.npz", stack=np.asfortranarray(stack))
    found = graphs(rows, tmp_path)
    for one, expected in zip(found, [first, second, nx.path_graph(3), nx.cycle_graph(3)], strict=True):
        assert one["directed"] == expected.is_directed()
        made = nx.DiGraph() if one["directed"] else nx.Graph()
        made.add_nodes_from(range(one["nodes"]))
        made.add_edges_from(one["edges"])
        assert nx.utils.edges_equal(made.edges, expected.edges, directed=one["directed"])
        assert len(one["edges"]) == expected.number_of_edges()


@pytest.mark.parametrize("kind", ["csr", "csc", "coo"])
def test_sparse_matrices_of_scipy(rows, tmp_path, kind):
    graph = nx.gnp_random_graph(20, 0.2, seed=3, directed=True)
    sp.save_npz(tmp_path / "m.npz", sp.csr_array(nx.to_scipy_sparse_array(graph)).asformat(kind))
    (found,) = graphs(rows, tmp_path)
    assert {tuple(edge) for edge in found["edges"]} == set(graph.edges)
    assert found["nodes"] == 20
    assert found["directed"]


def npz(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)
    return path


def npy(array, **changes):
    out = io.BytesIO()
    np.save(out, array, **changes)
    return out.getvalue()


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("unpickled",))


def test_what_is_no_adjacency_matrix_is_a_fault_of_its_own(rows, tmp_path):
    good = npy(np.eye(2))
    lying = good.replace(b"(2, 2)", b"(9, 9)")
    pickled = npy(np.array([Bomb(), 1], object), allow_pickle=True)
    npz(tmp_path / "a.npz", a=good, b=npy(np.ones((2, 3))), c=pickled, d=lying, e=b"junk", f=npy(np.array([["x", "y"]] * 2)))
    causes = faults(rows, tmp_path)
    assert causes[0] is None
    for cause, part in zip(
        causes[1:], ["no adjacency matrix", "no numbers", "shorter than", "cannot be read", "no numbers"], strict=True
    ):
        assert part in cause


def test_bombs_and_lies_of_archives(rows, tmp_path):
    npz(tmp_path / "a.npz", a=npy(np.zeros((4000, 4000))))
    with pytest.raises(ShardFault, match="decompresses to"):
        graphs(rows, tmp_path, limits=Limits(expansion=10))
    (tmp_path / "a.npz").write_bytes(b"PK no zip")
    with pytest.raises(ShardFault, match="no zip archive"):
        graphs(rows, tmp_path)
    ones = np.ones(3, np.int64)
    npz(tmp_path / "a.npz", shape=npy(np.array([3, 3])), indptr=npy(np.array([0, 1, 2, 9])), indices=npy(ones), data=npy(ones))
    with pytest.raises(ShardFault, match="neither CSR"):
        graphs(rows, tmp_path)
    npz(tmp_path / "a.npz", shape=npy(np.array([3, 3])), row=npy(ones), col=npy(ones * 3), data=npy(ones))
    with pytest.raises(ShardFault, match="do not fit"):
        graphs(rows, tmp_path)


def test_edge_lists_are_one_graph_a_file(rows, tmp_path):
    (tmp_path / "a.edgelist").write_text("# comment\n0 1 {}\n1 2 {'weight': 3}\n")
    (tmp_path / "b.edges").write_bytes(b"\xff\xfe")
    (tmp_path / "c.edgelist").write_text("0 1\n" * 100)
    found = rows(of(tmp_path, limits=Limits(record_bytes=100)), ("graph", "id"))
    assert found[0]["id"] == "a.edgelist"
    assert [row["_fault"] for row in found] == [
        None,
        "the list of edges is not UTF-8",
        "a list of edges of 400 bytes is longer than limits.record_bytes = 100",
    ]


def test_node_link_files_are_records_as_they_stand(rows, tmp_path):
    documents = [nx.node_link_data(nx.path_graph(3), edges="links"), nx.node_link_data(nx.cycle_graph(4), edges="edges")]
    (tmp_path / "many.jsonl").write_text("".join(json.dumps(one) + "\n" for one in documents))
    (tmp_path / "one.json").write_text(json.dumps(documents[0], indent=1))
    found = graphs(rows, tmp_path, columns={"graph": "$record"})
    assert found == [*documents, documents[0]]


def test_a_folder_of_nothing_of_the_kind_is_refused(tmp_path):
    (tmp_path / "X_A.txt").write_text("1, 2\n")
    with pytest.raises(SourceError):
        freeze(of(tmp_path, format="tudataset"))


def test_a_first_plan_sees_graphs_and_triples(tmp_path):
    plan = guess(str(tu_folder(tmp_path)))
    assert 'modality = "semistructured"' in plan
    assert 'graph = "graph"' in plan
    lines = tmp_path / "g.jsonl"
    lines.write_text(json.dumps(nx.node_link_data(nx.path_graph(3), edges="links")) + "\n")
    assert 'graph = "$record"' in guess(str(lines))
    triples = tmp_path / "t.csv"
    triples.write_text("subject,predicate,object\na,b,c\n")
    assert 'head = "subject"' in guess(str(triples))
    benchmark = tmp_path / "train.txt"
    benchmark.write_text("a\tlikes\tb\nb\tlikes\tc\n")
    assert 'format = "triples"' in guess(str(benchmark))
    assert 'head = "head"' in guess(str(benchmark))
    benchmark.write_text("a text\tanother\t0\none\ttwo\t1\n")
    assert 'modality = "text"' in guess(str(benchmark))


@pytest.mark.skipif(not (SHARED / "enzymes").exists(), reason="needs ../shared/data")
def test_lines_of_triples(rows, tmp_path):
    lines = ["# who likes whom", "ann\tlikes\tbob", "", "bob\tlikes\tann\tvery much", '<urn:a> <urn:b> "c \\"d\\""@en . # yes']
    (tmp_path / "t.nt").write_bytes("\n".join([*lines, '_:x <urn:b> "7"^^<urn:int>.']).encode() + b"\n\xff\ta\tb\n")
    found = rows(of(tmp_path / "t.nt"), ("head", "relation", "tail"))
    assert [(row["head"], row["relation"], row["tail"]) for row in found] == [
        ("ann", "likes", "bob"),
        (None, None, None),
        ("<urn:a>", "<urn:b>", '"c \\"d\\""@en'),
        ("_:x", "<urn:b>", '"7"^^<urn:int>'),
        (None, None, None),
    ]
    assert [row["_fault"] and row["_fault"].split(":")[0] for row in found] == [None, "no triple", None, None, "wrong encoding"]


def test_triples_are_the_same_however_the_file_is_cut(rows, tmp_path):
    lines = [f"# {at}" if at % 7 == 3 else f"n{at}\tr{at % 3}\tn{at * 7 % 50}" for at in range(400)]
    (tmp_path / "kg.txt").write_text("\n".join(lines))
    dataset = of(tmp_path / "kg.txt", format="triples")
    whole = [(row["head"], row["tail"]) for row in rows(dataset, ("head", "tail"))]
    assert whole == [(line.split("\t")[0], line.split("\t")[2]) for line in lines if line[0] != "#"]
    assert len(freeze(dataset, unit_bytes=500).units) > 5
    assert [(row["head"], row["tail"]) for row in rows(dataset, ("head", "tail"), 500)] == whole


def test_enzymes_and_the_generated_planar_graphs(rows):
    found = rows(of(SHARED / "enzymes"), ("graph", "label"))
    read = [json.loads(row["graph"]) for row in found]
    assert len(read) == 600
    assert (sum(one["nodes"] for one in read), sum(len(one["edges"]) for one in read)) == (19_580, 74_564 // 2)
    assert sorted({row["label"] for row in found}) == ["1", "2", "3", "4", "5", "6"]
    planar = [
        json.loads(row["graph"])
        for row in rows(of(SHARED / "digress_generated" / "generated_planar_adj_matrices.npz"), ("graph",))
    ]
    assert {one["nodes"] for one in planar} == {64}
    assert len(planar) == 40

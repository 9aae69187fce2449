"""The files of `clusters/` are what the programs that read them take, and agree with the project and with each other."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import jsonschema
import pytest
import ray.autoscaler
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from ray.autoscaler._private.util import prepare_config, validate_config

from engine.submission import load_cluster_file

ROOT = Path(__file__).parents[2]
CLUSTERS = ROOT / "clusters"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
IMAGE = f"registry.example.com/llm-data-auditor:{PROJECT['version']}"
CLOUDS = ("aws", "gcp", "azure")
SPOT = {
    "aws": lambda node: node["InstanceMarketOptions"]["MarketType"] == "spot",
    "gcp": lambda node: node["scheduling"]["provisioningModel"] == "SPOT",
    "azure": lambda node: node["azure_arm_parameters"]["priority"] == "Spot",
}
MACHINE = {
    "aws": lambda node: node["InstanceType"],
    "gcp": lambda node: node["machineType"],
    "azure": lambda node: node["azure_arm_parameters"]["vmSize"],
}
CRDS = Path(os.environ.get("KUBERAY_CRDS", ROOT.parent / "shared/kuberay"))
INSTRUCTIONS = {"FROM", "ARG", "ENV", "RUN", "WORKDIR", "COPY", "USER", "CMD"}


def read(name):
    return yaml.safe_load((CLUSTERS / name).read_text())


@pytest.mark.parametrize("cloud", CLOUDS)
def test_ray_s_autoscaler_takes_it(cloud):
    document = read(f"{cloud}.yaml")
    schema = json.loads((Path(ray.autoscaler.__file__).parent / "ray-schema.json").read_text())
    jsonschema.validate(document, schema)
    validate_config(prepare_config(document))
    with pytest.raises(jsonschema.ValidationError, match="max_worker"):
        jsonschema.validate({**document, "max_worker": 1}, schema)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_cluster_has_workers_with_and_without_gpus_kept_and_spot(cloud):
    document = read(f"{cloud}.yaml")
    kinds = document["available_node_types"]
    assert set(kinds) == {"head", "cpu", "cpu_spot", "gpu", "gpu_spot"}
    assert kinds["head"]["resources"]["CPU"] == 0
    for name, kind in kinds.items():
        assert ("GPU" in kind["resources"]) == name.startswith("gpu")
        assert (kind.get("docker", {}).get("worker_image") == f"{IMAGE}-cuda") == name.startswith("gpu")
        if name.endswith("_spot"):
            assert SPOT[cloud](kind["node_config"])
        else:
            with pytest.raises(KeyError):
                SPOT[cloud](kind["node_config"])
    assert document["docker"]["image"] == IMAGE
    assert sum(kind.get("max_workers", 0) for kind in kinds.values()) >= document["max_workers"]


def test_the_machines_that_have_prices_are_the_clusters_own():
    for cloud, kinds in tomllib.loads((CLUSTERS / "machines.toml").read_text()).items():
        for name, machine in kinds.items():
            kind = read(f"{cloud}.yaml")["available_node_types"][name]
            assert machine["machine"] == MACHINE[cloud](kind["node_config"])
            assert machine["vcpus"] == kind["resources"]["CPU"]


def closed(schema):
    """A schema of Kubernetes as JSON Schema: unknown fields are wrong, as for `kubectl`, and a quantity may be a number."""
    if not isinstance(schema, dict):
        return schema
    schema = {key: value for key, value in schema.items() if key != "format"}
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    for key in ("properties", "patternProperties"):
        if key in schema:
            schema[key] = {name: closed(of) for name, of in schema[key].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            schema[key] = closed(schema[key])
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            schema[key] = [closed(of) for of in schema[key]]
    keeps = schema.get("x-kubernetes-preserve-unknown-fields") or schema.get("x-kubernetes-embedded-resource")
    if "properties" in schema and "additionalProperties" not in schema and not keeps:
        schema["additionalProperties"] = False
    if schema.get("nullable") and isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
    return schema


def accepted(kind):
    """The schema of a kind, from the definition that KubeRay installs."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    crd = yaml.load((CRDS / f"ray.io_{kind.lower()}s.yaml").read_text(), loader)
    (version,) = (one for one in crd["spec"]["versions"] if one["name"] == "v1")
    schema = closed(version["schema"]["openAPIV3Schema"])
    schema["properties"]["metadata"] = {
        "type": "object",
        "properties": {name: {"type": "string"} for name in ("name", "generateName", "namespace")},
        "additionalProperties": False,
    }
    return schema


def without(document, key):
    return {name: value for name, value in document.items() if name != key}


@pytest.mark.skipif(not CRDS.is_dir(), reason="KubeRay's definitions are not here; name their folder in KUBERAY_CRDS")
@pytest.mark.parametrize("kind", ["RayCluster", "RayJob"])
def test_kuberay_takes_it(kind):
    document, validator = read(f"kuberay/{kind.lower()}.yaml"), jsonschema.Draft7Validator(accepted(kind))
    assert document["kind"] == kind
    assert [error.message for error in validator.iter_errors(document)] == []
    spec = document["spec"] if kind == "RayCluster" else document["spec"]["rayClusterSpec"]
    group = spec["workerGroupSpecs"][0]
    faults = [{"minReplica": 1}, {"replicas": "two"}, {"maxReplicas": None}]
    wrong = [{**spec, "workerGroupSpecs": [{**group, **fault}]} for fault in faults] + [without(spec, "headGroupSpec")]
    for one in wrong:
        broken = one if kind == "RayCluster" else {**document["spec"], "rayClusterSpec": one}
        assert list(validator.iter_errors({**document, "spec": broken}))


def ray_version():
    return re.search(r"ARG RAY_VERSION=(\S+)", (CLUSTERS / "docker/cpu.Dockerfile").read_text())[1]


@pytest.mark.parametrize("kind", ["raycluster", "rayjob"])
def test_pods_run_the_images_and_their_ray(kind):
    document = read(f"kuberay/{kind}.yaml")
    spec = document["spec"].get("rayClusterSpec", document["spec"])
    assert spec["rayVersion"] == ray_version()
    for group in [spec["headGroupSpec"], *spec["workerGroupSpecs"]]:
        for container in group["template"]["spec"]["containers"]:
            gpu = "nvidia.com/gpu" in container["resources"]["limits"]
            assert container["image"] == (f"{IMAGE}-cuda" if gpu else IMAGE)
            assert container["resources"]["requests"] == container["resources"]["limits"]


def test_the_job_of_kuberay_is_a_command_of_ours():
    from engine.cli import main

    words = shlex.split(read("kuberay/rayjob.yaml")["spec"]["entrypoint"])
    assert words[0] == "auditor"
    main.commands[words[1]].make_context(words[1], words[2:])


def instructions(name):
    """The instructions of a Dockerfile, each on one line."""
    text = (CLUSTERS / "docker" / name).read_text()
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return [line.split(None, 1) for line in "\n".join(lines).replace("\\\n", " ").splitlines()]


@pytest.mark.parametrize("name", ["cpu.Dockerfile", "cuda.Dockerfile"])
def test_an_image_has_what_the_project_asks_for(name):
    found = instructions(name)
    assert found[0][0] == "FROM"
    assert {instruction for instruction, _ in found} <= INSTRUCTIONS
    python = re.fullmatch(r"python:(3\.\d+)-slim", found[0][1])[1]
    assert SpecifierSet(PROJECT["requires-python"]).contains(python)
    arguments = dict(rest.split("=", 1) for instruction, rest in found if instruction == "ARG")
    assert set(arguments["EXTRAS"].split(",")) <= set(PROJECT["optional-dependencies"])
    assert ("gpu" in arguments["EXTRAS"].split(",")) == name.startswith("cuda")
    (asked,) = (Requirement(one) for one in PROJECT["dependencies"] if one.startswith("ray["))
    assert arguments["RAY_VERSION"] == ray_version()
    assert asked.specifier.contains(ray_version())
    for instruction, rest in found:
        if instruction == "COPY":
            assert all((ROOT / source).exists() for source in rest.split()[:-1])
    copied = " ".join(rest for instruction, rest in found if instruction == "COPY")
    assert {"pyproject.toml", PROJECT["readme"], "engine", "operators"} <= set(copied.split())
    json.loads(found[-1][1])


def test_the_two_images_differ_in_what_a_gpu_needs_alone():
    cpu, cuda = ([*map(tuple, instructions(name))] for name in ("cpu.Dockerfile", "cuda.Dockerfile"))
    more = {one for one in cuda if one not in cpu}
    assert {instruction for instruction, _ in more} == {"ARG", "ENV"}
    assert {one for one in cpu if one not in cuda} <= {("ARG", rest) for _, rest in cpu}


@pytest.mark.parametrize("script", ["submit.sh", "slurm.sh"])
def test_a_script_is_sound(script):
    path = CLUSTERS / script
    assert os.access(path, os.X_OK)
    subprocess.run(["bash", "-n", path], check=True)
    checker = shutil.which("shellcheck", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if checker is None:
        pytest.skip("shellcheck is not installed")
    done = subprocess.run([checker, path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def stub(folder, name, text):
    path = folder / name
    path.write_text(f"#!/bin/bash\n{text}\n")
    path.chmod(0o755)


def test_slurm_s_job_starts_a_head_and_workers_and_ends_with_the_audit_s_code(tmp_path):
    """Slurm's own commands are stand-ins that write down how they were called."""
    bin_, log = tmp_path / "bin", tmp_path / "log"
    bin_.mkdir()
    stub(bin_, "scontrol", "printf 'n1\\nn2\\nn3\\n'")
    stub(
        bin_,
        "srun",
        f"""echo "$RAY_ADDRESS $RAY_AUTH_MODE $*" >>{log}
case "$*" in *hostname*) echo '10.0.0.1 fe80::1' ;; *--block*) exec sleep 60 ;; *engine*) exit 3 ;; esac""",
    )
    env = {"PATH": f"{bin_}:{Path(sys.executable).parent}:{os.environ['PATH']}", "SLURM_SUBMIT_DIR": str(tmp_path)}
    env |= {"SLURM_JOB_ID": "4711", "SLURM_JOB_NODELIST": "n[1-3]", "SLURM_CPUS_PER_TASK": "16"}
    command = [CLUSTERS / "slurm.sh", "audit.toml", "/shared/out", "--strict"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=50)
    assert done.returncode == 3, done.stderr
    calls = log.read_text().splitlines()
    heads, workers = ([call for call in calls if word in call] for word in ("--head", "--address=10.0.0.1:24711"))
    assert len(heads) == 1
    assert "--nodelist=n1" in heads[0]
    assert sorted(re.findall(r"nodelist=(n\d)", " ".join(workers))) == ["n2", "n3"]
    assert calls[-1].startswith("10.0.0.1:24711 token ")
    assert calls[-1].endswith("python -m engine audit audit.toml --out /shared/out --on ray --strict")
    assert not list(tmp_path.glob(".ray-token*"))


@pytest.mark.parametrize("name", ["local.toml", "remote.toml"])
def test_submit_takes_it(name):
    cluster = load_cluster_file(CLUSTERS / name)
    assert cluster.runtime_env({"AWS_REGION": "eu-west-1"})["working_dir"] == "."


def test_the_runtime_environment_is_ray_s():
    from ray.runtime_env import RuntimeEnv

    assert dict(RuntimeEnv(**read("runtime_env.yaml")))["env_vars"]


def test_the_readme_names_every_file():
    text = (CLUSTERS / "README.md").read_text()
    names = [str(path.relative_to(CLUSTERS)) for path in CLUSTERS.rglob("*") if path.is_file() and path.name != "README.md"]
    assert [name for name in names if name not in text] == []


def test_costs_in_the_readme_are_the_planner_s():
    from benchmarks.cluster_costs import rendered

    text = (CLUSTERS / "README.md").read_text()
    assert rendered(text, tomllib.loads((CLUSTERS / "machines.toml").read_text())) == text


def test_costs_follow_the_prices_that_are_stated():
    from benchmarks.cluster_costs import costs, tables

    near = next(cost for cost in costs() if cost.part.startswith("near-duplicates"))
    lines = tables({"mine": {"cpu": {"machine": "box", "vcpus": 8, "price_per_hour": 4.0, "currency": "EUR"}}})
    assert f"| {0.5 * near.core_hours:,.2f} EUR |" in lines[-1]


def test_the_dashboard_asks_for_what_is_told():
    """Its names are those that the code registers, all of them, and else those of Ray's own dashboards."""
    from engine.cluster.meters import exported

    board = json.loads((CLUSTERS / "grafana.json").read_text())
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    names = {name for expression in asked for name in re.findall(r"\bray_\w+", expression)}
    assert {name for name in names if name.startswith("ray_auditor_")} == {*exported()}
    theirs = Path(ray.__file__).parent / "dashboard/modules/metrics/dashboards/default_dashboard_panels.py"
    assert {name for name in names if not name.startswith("ray_auditor_")} <= {*re.findall(r"\bray_\w+", theirs.read_text())}
    labels = {label for expression in asked for label in re.findall(r"[{,](\w+)=~", expression)}
    assert labels == {"SessionName"}
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    assert all(expression.count("(") == expression.count(")") for expression in asked)

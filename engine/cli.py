"""The command line. Commands say what to call; what they call does the work."""

import gc
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import wraps
from pathlib import Path
from typing import Any

import click

from engine import __version__, startup
from engine.errors import AuditorError, GateFailure, PlanError
from engine.schema import Modality, Side
from engine.storage.names import redact, without


def _sentences(command: Callable[..., int | None]) -> Callable[..., None]:
    """Errors as one sentence on stderr, with the exit code of their kind."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            code = command(*args, **kwargs)
        except AuditorError as error:
            click.echo(f"auditor: {without(str(error))}", err=True)
            code = error.exit_code
        sys.exit(code or 0)

    return run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="auditor")
def main() -> None:
    """Tell whether data that language models wrote deserves to be used.

    Exit codes: 0 done, 1 the gate is not met, 2 something to mend in the call, the plan or the data's place, 3 done, but some
    metrics failed or some data could not be read.
    """
    gc.disable()  # what importing makes is here to stay; looking through it again and again took 0.3 of 1.7 CPU seconds


@main.command()
@click.option("--modality", type=click.Choice([m.value for m in Modality]), help="Only what applies to it.")
@_sentences
def metrics(modality: str | None) -> None:
    """List what can be measured."""
    from engine import explain

    for line in explain.catalogue(Modality(modality) if modality else None):
        click.echo(line)


@main.command()
@click.argument("metric")
@_sentences
def show(metric: str) -> None:
    """Explain a METRIC: definition, range, parameters, source, cost."""
    from engine import explain

    click.echo(explain.metric(metric))


@main.command()
@click.argument("data")
@click.option("--out", default="audit.toml", show_default=True, help="The plan to write; '-' prints it.")
@_sentences
def init(data: str, out: str) -> None:
    """Look at DATA (file, folder, glob, URL), guess its modality and columns, write a commented plan."""
    from engine.guess import guess

    text = guess(data, str(Path(out).parent))
    if out == "-":
        click.echo(text, nl=False)
        return
    if Path(out).exists():
        raise PlanError(f"{out} exists; give another --out or remove it")
    Path(out).write_text(text, encoding="utf-8")
    click.echo(f"wrote {out}; `auditor plan {out}` shows what it measures")


@main.command()
@click.argument("plan_file", metavar="PLAN")
@click.option("--cores", type=click.IntRange(1), help="Of the cluster that hours are told for; default: this machine's.")
@_sentences
def plan(plan_file: str, cores: int | None) -> None:
    """Show what a PLAN will run, what it will cost, and what cannot be measured and why. Runs nothing."""
    startup.spare()
    from engine import explain
    from engine.audit import load, survey
    from engine.source.freeze import freeze

    loaded, graph, available = survey(load(plan_file))
    manifests = {side: freeze(data, loaded.unit_bytes) for side in Side if (data := loaded.dataset(side)) is not None}
    click.echo(explain.plan(loaded, graph, available, manifests, cores or os.cpu_count() or 1))


@main.command()
@click.argument("plan_file", metavar="PLAN")
@click.option("--out", required=True, help="Where results go: a new folder, or one that this plan's audit was begun in.")
@click.option(
    "--on",
    type=click.Choice(["auto", "local", "ray"]),
    default="auto",
    show_default=True,
    help="In this process or on Ray; auto: on Ray where RAY_ADDRESS names a cluster.",
)
@click.option("--workers", type=click.IntRange(1), help="Threads here, or CPUs of a Ray started here; default: all.")
@click.option("--strict", is_flag=True, help="Stop at the first shard or record that cannot be read.")
@click.option("--quiet", is_flag=True, help="Show neither progress nor the grid.")
@_sentences
def audit(plan_file: str, out: str, on: str, workers: int | None, strict: bool, quiet: bool) -> int:
    """Audit the subject of a PLAN into --out. The same command after a kill goes on where it stopped."""
    startup.spare()
    from engine.audit import audit as run
    from engine.audit import exit_code, load, read_provenance

    loaded = load(plan_file)
    with _backend(on, out, workers) as backend, _progress(quiet) as progress:
        report = run(loaded, backend, out, strict, progress)
    if not quiet:
        from rich.console import Console

        from engine.report.terminal import print_grid, print_stages

        print_grid([report], Console())
        print_stages(read_provenance(out), Console())
        click.echo(f"{redact(out)}/report.html")
    return exit_code(report)


@main.command()
@click.argument("plan_file", metavar="PLAN")
@click.option("--cluster", required=True, metavar="FILE", help="Where to: a file such as clusters/local.toml.")
@click.option("--out", required=True, help="As in `audit`: object storage, or a folder that the whole cluster shares.")
@click.option("--detach", is_flag=True, help="Submit, say the job's name, and do not wait for it.")
@click.option("--strict", is_flag=True, help="As in `audit`.")
@_sentences
def submit(plan_file: str, cluster: str, out: str, detach: bool, strict: bool) -> int:
    """Audit the subject of a PLAN on a Ray cluster, and follow it to its end. Ends with the audit's exit code."""
    from engine.audit import load
    from engine.cluster import job_client
    from engine.submission import entrypoint, follow, load_cluster_file
    from engine.submission import submit as start

    load(plan_file)
    target = load_cluster_file(cluster)
    command = entrypoint(plan_file, out, target.working_dir, ["--strict"] * strict)
    jobs = job_client(target.address)
    name = start(jobs, target, command, os.environ)
    click.echo(f"job {name}: {command}", err=True)
    if detach:
        click.echo(name)
        return 0
    try:
        end = follow(jobs, name, click.echo)
    except KeyboardInterrupt:
        click.echo(f"the job goes on; `ray job logs --follow {name}` shows it, `ray job stop {name}` ends it", err=True)
        return 130
    click.echo(f"job {name}: {end.status.lower()}, exit code {end.exit_code}", err=True)
    return end.exit_code


@main.command()
@click.argument("plan_file", metavar="PLAN")
@click.option("--write", "dest", metavar="DEST", help="Where the kept records go, shard by shard; default: they are only told.")
@click.option("--out", help="Where the audit goes; default: DEST.audit.")
@click.option("--on", type=click.Choice(["auto", "local", "ray"]), default="auto", show_default=True, help="As in `audit`.")
@click.option("--workers", type=click.IntRange(1), help="As in `audit`.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
@_sentences
def dedup(plan_file: str, dest: str | None, out: str | None, on: str, workers: int | None, quiet: bool) -> int:
    """Find near-duplicates of a PLAN's subject, and write the records that are kept."""
    startup.spare()
    from engine import explain
    from engine.audit import exit_code, load
    from engine.dedup import deduplicate

    if out is None and dest is None:
        raise PlanError("a dedup needs --write DEST, or --out OUT to look without writing")
    folder = out or f"{(dest or '').rstrip('/')}.audit"
    loaded = load(plan_file)
    with _backend(on, folder, workers) as backend, _progress(quiet) as progress:
        report, written = deduplicate(loaded, backend, folder, dest, progress)
    for line in explain.dedup(report, written):
        click.echo(line)
    click.echo(f"{redact(folder)}/report.html")
    return exit_code(report)


@main.command()
@click.argument("folders", metavar="OUT...", nargs=-1, required=True)
@click.option("--as", "form", type=click.Choice(["html", "md", "json", "text"]), default="text", show_default=True)
@click.option("--to", type=click.Path(dir_okay=False), help="A file to write; default: standard output.")
@_sentences
def report(folders: Sequence[str], form: str, to: str | None) -> None:
    """Render the reports of one or several finished audits as one."""
    from rich.console import Console

    from engine.audit import read_report
    from engine.report.html import render_html
    from engine.report.markdown import render_markdown
    from engine.report.model import to_json
    from engine.report.terminal import print_grid

    reports = [read_report(folder) for folder in folders]
    if form == "text":
        print_grid(reports, Console())
        return
    if form == "json":
        text = "".join(to_json(one) for one in reports)
    else:
        text = render_html(reports) if form == "html" else render_markdown(reports)
    if to:
        Path(to).write_text(text, encoding="utf-8")
    else:
        click.echo(text, nl=False)


@main.command()
@click.argument("old")
@click.argument("new")
@_sentences
def diff(old: str, new: str) -> None:
    """Show what changed between two finished audits."""
    from engine.audit import read_report
    from engine.report.diff import diff as compare
    from engine.report.diff import render_text

    click.echo(render_text(compare(read_report(old), read_report(new))))


@main.command()
@click.argument("folder", metavar="OUT")
@click.option("--use", help="Ask whether the data is fit for this use.")
@click.option("--fail-if", multiple=True, metavar="CONDITION", help='Such as "corpus.exact_duplicates > 0.2". Repeatable.')
@_sentences
def gate(folder: str, use: str | None, fail_if: Sequence[str]) -> None:
    """Exit with 1 unless a finished audit meets what is asked."""
    from engine.audit import read_report
    from engine.fitness import failures, judge, parse_condition

    if not use and not fail_if:
        raise PlanError("a gate needs --use or --fail-if")
    found = read_report(folder)
    problems = list(failures(found, [parse_condition(text) for text in fail_if]))
    if use:
        fitness = judge(found, use)
        if fitness.verdict != "fit":
            problems.append(f"{fitness.verdict} for {use}")
        for check in fitness.checks:
            click.echo(
                f"{'?' if check.passed is None else 'ok' if check.passed else 'FAIL':<5}{check.metric} "
                f"{check.op} {check.limit:g}: {check.value if check.value is not None else check.note}"
            )
    if problems:
        raise GateFailure("; ".join(problems))
    click.echo("the gate is met")


@main.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--seed", type=int, default=0, show_default=True)
@_sentences
def demo(folder: Path, seed: int) -> None:
    """Write a small corpus of all six modalities with planted faults into DIR, audit it, and join the reports."""
    startup.spare()
    from rich.console import Console

    from engine.demo.run import run_demo

    run_demo(folder, seed, Console())


@main.command()
@_sentences
def doctor() -> None:
    """Show versions, accelerators and which storage can be reached."""
    from engine.doctor import report as findings

    for what, how in findings():
        click.echo(f"{what:<18}{how}")


def _progress(quiet: bool) -> Any:
    """What is told how far a run is, as a context manager."""
    if quiet:
        from engine.stages import quiet as silent

        return nullcontext(silent)
    from engine.console import ProgressView

    return ProgressView()


def _backend(on: str, out: str, workers: int | None) -> Any:
    """The backend as a context manager."""
    gc.freeze()
    gc.enable()
    if on == "ray" or (on == "auto" and os.environ.get("RAY_ADDRESS")):
        from engine.cluster import Cluster

        return Cluster(out, workers=workers)
    from engine.local import Local

    return nullcontext(Local(workers) if workers else Local())

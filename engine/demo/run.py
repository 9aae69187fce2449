"""The demonstration: a corpus of all six modalities with planted faults, audited, in one report."""

from pathlib import Path

from rich.console import Console

from engine.audit import audit, load
from engine.console import ProgressView
from engine.demo.corpus import write_corpus
from engine.errors import StoreError
from engine.local import Local
from engine.report.html import render_html
from engine.report.terminal import print_grid
from engine.schema import Modality


def run_demo(folder: Path, seed: int, console: Console) -> None:
    """Write the corpus into ``folder/corpus``, audit each modality into ``folder/out``, and join them in report.html.

    Raises:
        StoreError: when the folder holds something else.
    """
    if folder.exists() and any(path.name not in ("corpus", "out", "report.html") for path in folder.iterdir()):
        raise StoreError(f"{folder} holds something else; give another folder")
    corpus = folder / "corpus"
    write_corpus(corpus, seed)
    reports = []
    with ProgressView(console) as progress:
        for name in Modality:
            plan = load(corpus / f"{name}.toml")
            reports.append(audit(plan, Local(), str(folder / "out" / name), progress=progress.of(name)))
    page = folder / "report.html"
    page.write_text(render_html(reports), encoding="utf-8")
    print_grid(reports, console)
    console.print(f"{page}: what was planted is listed in {corpus / 'planted.json'}", markup=False, highlight=False)

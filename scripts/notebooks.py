"""Runs the notebooks and keeps what they show, without what differs from one run or machine to the next.

    python scripts/notebooks.py [notebook ...]      default: all of notebooks/

It fails where a cell does, where a notebook ends larger than 300 kB, or where one has come to name a place of this machine.
"""

import re
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
MOST_BYTES = 300_000


def stripped(notebook):
    """What is shown, and nothing of when, where and by which kernel."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata = {}
        for output in cell.get("outputs", []):
            if "metadata" in output:
                output.metadata = {}
            # A picture says of itself in words what it is an object of, with its address.
            if "image/png" in output.get("data", {}):
                output.data = {"image/png": output.data["image/png"]}
            # Ids of widgets and figures are drawn anew each time; the text beside says the same.
            elif "text/plain" in output.get("data", {}):
                output.data = {"text/plain": output.data["text/plain"]}
    return notebook


def run(path: Path) -> None:
    began = time.monotonic()
    notebook = nbformat.read(path, as_version=4)
    folder = {"metadata": {"path": str(path.parent)}}
    quiet = ["--IPKernelApp.log_level=40"]
    NotebookClient(notebook, timeout=600, resources=folder, extra_arguments=quiet).execute()
    text = nbformat.writes(stripped(notebook)) + "\n"
    wrong = [cell for cell in notebook.cells for out in cell.get("outputs", []) if out.output_type == "stream" and out.name == "stderr"]
    if wrong:
        sys.exit(f"{path.name}: a cell wrote to stderr: {wrong[0].outputs}")
    if len(text) > MOST_BYTES:
        sys.exit(f"{path.name}: {len(text)} bytes, but at most {MOST_BYTES} are kept: draw fewer or smaller pictures")
    if place := re.search(re.escape(str(ROOT)) + r"|/tmp/|/home/|/root/", text):
        sys.exit(f"{path.name}: names {place[0]}, a place of this machine")
    path.write_text(text)
    print(f"{path.name}: {time.monotonic() - began:.0f} s, {len(text) // 1000} kB", flush=True)


if __name__ == "__main__":
    for path in [Path(name) for name in sys.argv[1:]] or sorted((ROOT / "notebooks").glob("*.ipynb")):
        run(path)

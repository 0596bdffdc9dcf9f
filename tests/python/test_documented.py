"""What the documentation says holds: examples run, stubs are the library's, and a program written by them type-checks."""

from __future__ import annotations

import ast
import doctest
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import soilscope
import soilscope.dask
from conftest import ROOT
from soilscope import _soilscope

#: Each line but the first two is a mistake.
WRONG = """import soilscope
s = soilscope.Samples([[0, 0]], [1])
soilscope.Kriging(5)
s.mean + "a"
soilscope.krige(s, "1 Sph(5)", [[0, 0]]).prediction
soilscope.krige(s, "1 Sph(5)", grid=5)
soilscope.krige(s, "1 Sph(5)", [[0, 0]], neighbors=5)
soilscope.simulate(s, "1 Sph(5)", [[0, 0]], realisations=2, seed=1, method="turning-bands")
"""
SAMPLE = Path(__file__).with_name("typed_sample.py")


def documented() -> list[tuple[str, object]]:
    modules = (soilscope, soilscope.assess, soilscope.dask)
    named = [(f"{m.__name__}.{name}", getattr(m, name)) for m in modules for name in m.__all__ if name[0] != "_"]
    return [(m.__name__, m) for m in modules] + [(n, o) for n, o in named if callable(o)]


@pytest.mark.parametrize("name,thing", documented(), ids=[n for n, _ in documented()])
def test_examples_run(name: str, thing: object) -> None:
    doc = inspect.getdoc(thing)
    assert doc, f"{name} has no docstring"
    if inspect.ismodule(thing) or not hasattr(thing, "__dict__"):
        tests = [doctest.DocTestParser().get_doctest(doc, {}, name, None, 0)]
    else:
        tests = [doctest.DocTestParser().get_doctest(doc, {}, name, None, 0)]
        for attribute in vars(thing):
            inner = inspect.getdoc(getattr(thing, attribute)) or ""
            if attribute[0] != "_" and ">>>" in inner:
                tests.append(doctest.DocTestParser().get_doctest(inner, {}, f"{name}.{attribute}", None, 0))
    runner = doctest.DocTestRunner(optionflags=doctest.IGNORE_EXCEPTION_DETAIL)
    for test in tests:
        failed, _ = runner.run(test)
        assert failed == 0


def test_every_function_has_an_example() -> None:
    functions = [(name, thing) for name, thing in documented() if inspect.isroutine(thing)]
    assert len(functions) > 15
    without = [name for name, thing in functions if ">>>" not in (inspect.getdoc(thing) or "")]
    # That one takes a cluster and the program: test_dask_map.py runs it.
    assert without == ["soilscope.dask.map"]


def test_every_member_has_a_docstring() -> None:
    lacking = [
        f"{name}.{member}"
        for name, kind in vars(_soilscope).items()
        if inspect.isclass(kind)
        for member, value in vars(kind).items()
        if member[0] != "_" and not getattr(value, "__doc__", None)
    ]
    assert lacking == []


def parameters(function: ast.FunctionDef) -> list[tuple[str, bool, str | None]]:
    """Name, whether it has to be named, and default of a function of the stubs."""
    a = function.args
    placed = [*zip(reversed(a.args), [*map(ast.unparse, reversed(a.defaults)), *[None] * len(a.args)])][::-1]
    named = [(p, d and ast.unparse(d)) for p, d in zip(a.kwonlyargs, a.kw_defaults)]
    found = [(p.arg, False, d) for p, d in placed] + [(p.arg, True, d) for p, d in named]
    return [p for p in found if p[0] not in ("self", "cls")]


def signature(thing: object) -> list[tuple[str, bool, str | None]]:
    """The same of the library."""
    found = inspect.signature(thing).parameters.values()  # type: ignore[arg-type]
    return [
        (p.name, p.kind is p.KEYWORD_ONLY, None if p.default is p.empty else repr(p.default))
        for p in found
        if p.name != "self"
    ]


def test_stubs_are_those_of_the_library() -> None:
    """Names, parameters, which of them have to be named, and defaults."""
    text = Path(soilscope.__file__).with_name("_soilscope.pyi").read_text()
    stubs = {node.name: node for node in ast.parse(text).body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
    library = {name: thing for name, thing in vars(_soilscope).items() if name[0] != "_" and callable(thing)}
    assert sorted(stubs) == sorted(library)
    for name, node in stubs.items():
        if isinstance(node, ast.FunctionDef):
            assert parameters(node) == signature(library[name]), name
            continue
        members = {m.name: m for m in node.body if isinstance(m, ast.FunctionDef)}
        own = {member for member in vars(library[name]) if member[0] != "_"}
        assert {member for member in members if member[0] != "_"} == (set() if name == "SoilscopeError" else own), name
        if "__new__" in members:
            assert parameters(members["__new__"]) == signature(library[name]), name
        for member in own & set(members):
            is_property = any(ast.unparse(d) == "property" for d in members[member].decorator_list)
            assert is_property == (not callable(getattr(library[name], member))), f"{name}.{member}"
            if not is_property:
                assert parameters(members[member]) == signature(getattr(library[name], member)), f"{name}.{member}"


def test_a_program_type_checks_strictly(tmp_path: Path) -> None:
    cache = os.environ.get("MYPY_CACHE_DIR", tmp_path)
    command = [sys.executable, "-m", "mypy", "--strict", f"--cache-dir={cache}"]
    good = subprocess.run([*command, str(SAMPLE)], capture_output=True, text=True)
    assert good.returncode == 0, good.stdout
    wrong = tmp_path / "wrong.py"
    wrong.write_text(WRONG)
    bad = subprocess.run([*command, str(wrong)], capture_output=True, text=True)
    found = [line.split(":")[1] for line in bad.stdout.splitlines() if ": error:" in line]
    assert sorted(set(found)) == [str(3 + k) for k in range(WRONG.count("\n") - 2)], bad.stdout


def test_the_package_type_checks(tmp_path: Path) -> None:
    """Strictly, but for what Dask and pyproj leave untyped."""
    cache = os.environ.get("MYPY_CACHE_DIR", tmp_path)
    but = ["--allow-untyped-calls", "--allow-untyped-decorators", "--ignore-missing-imports"]
    command = [sys.executable, "-m", "mypy", "--strict", *but, f"--cache-dir={cache}", "-p", "soilscope"]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout


def test_the_sample_runs() -> None:
    assert subprocess.run([sys.executable, str(SAMPLE)], capture_output=True).returncode == 0


def test_the_page_on_python_runs() -> None:
    """Every block of docs/python.md, one after the other, from the repository's root."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/python.md").read_text(), re.DOTALL)
    assert len(blocks) == 5
    program = Path(os.environ["SOILSCOPE"])
    environment = {**os.environ, "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}
    run = subprocess.run(
        [sys.executable, "-c", "\n".join(blocks)], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stderr
    assert "zinc_prediction.tif" in run.stdout

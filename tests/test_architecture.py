"""The house stands: imports point one way, libraries have one home, there are no cycles."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("ingest", "metrics", "dashboard")
FILES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
PRODUCT = {*ROOMS, "data"}

# Library -> the only places that may import it (a folder ends with a slash).
HOMES = {
    "streamlit": ("dashboard/app.py", "dashboard/views/", "dashboard/components/", "dashboard/loading.py"),
    "plotly": ("dashboard/charts/", "dashboard/views/", "dashboard/components/"),
    "deltalake": ("ingest/store/",),
    "dataframely": ("ingest/contracts/", "ingest/checking.py", "ingest/casting.py"),
    "msgspec": ("ingest/sources/",),
    "ijson": ("ingest/sources/sarif/",),
    "typer": ("dashboard/cli.py", "dashboard/starting.py"),
    "rich": ("dashboard/",),
    "tomllib": ("dashboard/configuration.py", "ingest/sources/approvals/agent_settings.py"),
    "scipy": ("metrics/statistics/",),
    "github": ("ingest/sources/github/",),
    "requests": ("ingest/sources/github/",),
    "jinja2": ("dashboard/snapshot/",),
    "xlsxwriter": ("dashboard/snapshot/",),
    "zstandard": ("ingest/sources/approvals/",),
    "opentelemetry": ("ingest/sources/approvals/", "ingest/receiving/"),
    "google": ("ingest/sources/approvals/", "ingest/receiving/"),
    "starlette": ("ingest/receiving/",),
    "uvicorn": ("dashboard/receiving.py",),
}
# What only one command or one kind of file needs is loaded when it is used, so that `pilot gate` answers
# at once: the commands' own modules, pyarrow's CSV reader, GitHub's client, scikit-learn (two seconds), which
# draws curves. Nobody else may.
LAZY_IMPORTS_ALLOWED = {
    "dashboard/cli.py",
    "ingest/sources/tables/delimited.py",
    "ingest/sources/github/__init__.py",
    "metrics/detectors/curves.py",
}
# Modules that may read the environment: the joining place, what starts the dashboard with it, and what
# starts git (it needs PATH and proxies, and nothing else of it).
ENVIRONMENT_READERS = {"dashboard/composition.py", "dashboard/serving.py", "ingest/history/git.py"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports_inside_functions(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from imports(node)


def trees() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}


TREES = trees()


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_point_from_dashboard_to_metrics_to_ingest(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    tops = {name.split(".")[0] for name in imports(TREES[path])} & PRODUCT
    allowed = {"ingest": {"ingest"}, "metrics": {"metrics", "ingest"}, "dashboard": PRODUCT}[room]
    assert tops <= allowed, f"{name_of(path)} imports {sorted(tops - allowed)}"


@pytest.mark.parametrize(
    "path", [path for path in FILES if name_of(path).startswith("metrics/")], ids=name_of
)
def test_metrics_know_of_ingest_only_its_contracts(path: Path) -> None:
    foreign = {
        name for name in imports(TREES[path]) if name.split(".")[0] == "ingest" and not is_contract(name)
    }
    assert not foreign, f"{name_of(path)} imports {sorted(foreign)}; metrics may use ingest.contracts only"


def is_contract(name: str) -> bool:
    return name == "ingest.contracts" or name.startswith("ingest.contracts.")


@pytest.mark.parametrize(
    "path", [path for path in FILES if name_of(path).startswith("metrics/")], ids=name_of
)
def test_metrics_read_no_clock_no_files_and_no_network(path: Path) -> None:
    banned = {
        "pathlib",
        "os",
        "time",
        "socket",
        "requests",
        "urllib",
        "io",
        "random",
        "subprocess",
        "scipy.stats",
    }
    assert not banned & set(imports(TREES[path]))
    calls = {ast.unparse(node.func) for node in ast.walk(TREES[path]) if isinstance(node, ast.Call)}
    assert not calls & {"datetime.now", "date.today", "open", "datetime.utcnow"}


@pytest.mark.parametrize("library", HOMES)
def test_every_library_has_one_home(library: str) -> None:
    users = {
        name_of(path) for path in FILES if library in {name.split(".")[0] for name in imports(TREES[path])}
    }
    strangers = {user for user in users if not user.startswith(HOMES[library])}
    assert not strangers, f"{library} belongs to {HOMES[library]}, also imported by {sorted(strangers)}"


def test_only_the_joining_place_reads_the_environment() -> None:
    readers = {name_of(path) for path in FILES if reads_environment(TREES[path])}
    assert readers <= ENVIRONMENT_READERS


def reads_environment(tree: ast.AST) -> bool:
    named = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return bool(named & {"os.environ", "os.getenv", "os.environb"})


def test_there_are_no_import_cycles() -> None:
    modules = {module_of(path): path for path in FILES}
    graph = {
        module: {name for name in needed_modules(TREES[path], set(modules)) if name != module}
        for module, path in modules.items()
    }
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError with the cycle


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_only_commands_import_inside_functions(path: Path) -> None:
    lazy = set(imports_inside_functions(TREES[path]))
    assert not lazy or name_of(path) in LAZY_IMPORTS_ALLOWED, (
        f"{name_of(path)} imports {sorted(lazy)} in a function"
    )


def needed_modules(tree: ast.AST, modules: set[str]) -> Iterator[str]:
    """`from package import module` needs the module; only `from package import name` needs the package."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module in modules:
            inner = {f"{node.module}.{alias.name}" for alias in node.names} & modules
            yield from inner or {node.module}


def test_no_file_of_the_dashboard_hides_a_room() -> None:
    # `streamlit run` puts dashboard/ first on sys.path: metrics.py there would be `import metrics`.
    assert not {path.stem for path in (ROOT / "dashboard").glob("*")} & {"ingest", "metrics", "data"}
    assert not (ROOT / "dashboard" / "pages").exists()


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_module_says_what_question_it_answers(path: Path) -> None:
    assert ast.get_docstring(TREES[path]), f"{name_of(path)} has no docstring"

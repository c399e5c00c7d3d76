"""Which weaknesses are planted, and under which names do two scanners report the same one?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from data.simulator.truth import Rule, Tool


@dataclass(frozen=True)
class Kind:
    """One kind of weak statement; {name} is the input that reaches it, {unique} makes it one of its kind."""

    cwe: int
    title: str
    statement: str
    mended: str  # what a fix writes instead
    score: float
    line_rule: str | None  # name of it in each tool; None = that tool does not see it
    flow_rule: str | None


KINDS: Final = (
    Kind(78, "Shell command built from input", "subprocess.run({name}, shell=True, check=True)",
         "runner.start({name}.arguments())", 8.8, "LS602", "flow.command-injection"),
    Kind(89, "Query built from parts", "rows_{unique} = run('select * from t where id=' + {name}, limit)",
         "rows_{unique} = run(SELECT_BY_ID, [{name}])", 8.1, "LS608", "flow.sql-injection"),
    Kind(22, "Path from input reaches a file", "body_{unique} = read(root + {name}, 'rb')",
         "body_{unique} = inside(root, {name}).read_bytes()", 7.5, "LS310", "flow.path-traversal"),
    Kind(918, "Address from input reaches a request", "page_{unique} = fetch(base + {name}, 5)",
         "page_{unique} = fetch(KNOWN_HOSTS[{name}])", 8.1, "LS311", "flow.request-forgery"),
    Kind(502, "Data from input becomes objects", "plan_{unique} = yaml.load({name}, Loader=yaml.Loader)",
         "plan_{unique} = yaml.safe_load({name})", 8.8, "LS506", "flow.unsafe-load"),
    Kind(327, "Weak hash", "digest_{unique} = hashlib.new('md5', {name})",
         "digest_{unique} = blake2b({name})", 5.3, "LS324", None),
    Kind(377, "Temporary file with a fixed name", "draft_{unique} = open('/tmp/' + {name}, 'w')",
         "draft_{unique} = NamedTemporaryFile()", 4.4, "LS108", None),
    Kind(601, "Redirect to an address from input", "answer_{unique} = redirect({name}, 302)",
         "answer_{unique} = redirect(HOME)", 4.7, None, "flow.open-redirect"),
)  # fmt: skip


def _rule(kind: Kind, name: str) -> Rule:
    return Rule(name, kind.title, kind.statement, kind.score, kind.cwe)


LINE_SCAN: Final = Tool(
    "LineScan", "1.9.0", tuple(_rule(kind, kind.line_rule) for kind in KINDS if kind.line_rule)
)
FLOW_SCAN: Final = Tool(
    "FlowScan", "2026.3", tuple(_rule(kind, kind.flow_rule) for kind in KINDS if kind.flow_rule)
)
TOOLS: Final = (LINE_SCAN, FLOW_SCAN)


def rule_of(tool: Tool, kind: Kind) -> Rule | None:
    """Rule by which a tool reports a kind; None = it does not see it.

    >>> [rule.id for tool in TOOLS if (rule := rule_of(tool, KINDS[0]))]
    ['LS602', 'flow.command-injection']
    """
    return next((rule for rule in tool.rules if rule.id in (kind.line_rule, kind.flow_rule)), None)

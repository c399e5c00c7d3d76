"""Which scanners exist in the simulated organisation, and what do their rules point at?"""

from __future__ import annotations

from typing import Final

from data.simulator.truth import Rule, Tool

LINT_GUARD: Final = Tool(
    "LintGuard", "4.2.0",
    (
        Rule("LG101", "Shell command built from input", "subprocess.run({name}, shell=True)", 8.8, 78),
        Rule("LG114", "Query built from parts", "run('select * from t where id=' + {name})", 8.1, 89),
        Rule("LG120", "Weak hash", "digest = md5({name}.encode()).hexdigest()", 5.3, 327),
        Rule("LG133", "Temporary file with a fixed name", "open('/tmp/' + {name}, 'w')", 3.3, 377),
        Rule("LG301", "Unused variable", "{name} = None", None, None),
    ),
    scans_pull_requests=True,
)  # fmt: skip
DEEP_SCAN: Final = Tool(
    "DeepScan", "2026.2",
    (
        Rule("DS-PATH", "Path from input reaches a file", "return open(root + {name}).read()", 7.5, 22),
        Rule("DS-SSRF", "Address from input reaches a request", "return fetch(base + {name})", 8.1, 918),
        Rule("DS-REDIRECT", "Redirect to an address from input", "return redirect({name})", 4.7, 601),
        Rule("DS-LOG", "Input reaches the log unescaped", "log.info('seen ' + {name})", 2.1, 117),
    ),
)  # fmt: skip
AUDIT_SCAN: Final = Tool(
    "AuditScan", "1.9.3",
    (
        Rule("AS-AUTHZ-02", "Missing check of ownership", "order = orders.get({name})", 8.1, 639),
        Rule("AS-RACE-01", "Check and use are apart", "if free({name}): take({name})", 6.5, 367),
    ),
)  # fmt: skip
TOOLS: Final = (LINT_GUARD, DEEP_SCAN, AUDIT_SCAN)

"""What kind of file is this path, and does it guard identity, secrets or the network?

Patterns are shell patterns: ``*`` stays inside a folder, ``**`` crosses folders, and a pattern
without a slash is about the file's name anywhere. The settings' patterns are tried before the
built-in ones; `code` among them wins over everything. Inside one list of patterns the order of
`ORDER` decides: what a machine wrote or copied is never counted as a person's tests or code.
The built-in names follow the habits that github-linguist records (generated, vendored).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import polars as pl

from ingest.settings import ClassSettings

ORDER: Final = ("code", "vendored", "generated", "minified", "lock", "test", "docs")
AREAS: Final = ("secrets", "identity", "network")  # the first that matches
NO_SETTINGS: Final = ClassSettings()

BUILT_IN: Final[dict[str, tuple[str, ...]]] = {
    "code": (),
    "vendored": (
        "**/node_modules/**", "**/vendor/**", "**/vendors/**", "**/third_party/**", "**/third-party/**",
        "**/thirdparty/**", "**/bower_components/**", "**/jspm_packages/**", "**/Pods/**", "**/Carthage/**",
        "**/.yarn/releases/**", "**/.yarn/plugins/**", "**/site-packages/**", "gradlew", "gradlew.bat",
        "mvnw", "mvnw.cmd",
    ),
    "generated": (
        "**/generated/**", "**/__generated__/**", "**/.generated/**", "**/gen/**/*.pb.*", "*.pb.go",
        "*.pb.cc", "*.pb.h", "*_pb2.py", "*_pb2.pyi", "*_pb2_grpc.py", "*_pb.js", "*_pb.d.ts", "*.pb.dart",
        "*.g.dart", "*.freezed.dart", "*.g.cs", "*.designer.cs", "*.Designer.cs", "*.generated.*",
        "*_generated.*", "zz_generated*", "*.gen.go", "*.gen.ts", "*_gen.go", "bindata.go", "*_mock.go",
        "mock_*.go", "*.snap", "**/__snapshots__/**", "**/dist/**", "**/.next/**", "*.tsbuildinfo",
        "*.approved.txt", "*.verified.txt", "schema.graphql.json",
    ),
    "minified": ("*.min.js", "*.min.css", "*.min.mjs", "*-min.js", "*.bundle.js", "*.js.map", "*.css.map"),
    "lock": (
        "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb",
        "Cargo.lock", "poetry.lock", "uv.lock", "pdm.lock", "Pipfile.lock", "requirements.lock",
        "Gemfile.lock", "composer.lock", "go.sum", "go.work.sum", "packages.lock.json", "Podfile.lock",
        "pubspec.lock", "mix.lock", "flake.lock", "deno.lock", "gradle.lockfile", "Package.resolved",
        "*.lock.hcl", "conan.lock",
    ),
    "test": (
        "**/test/**", "**/tests/**", "**/testing/**", "**/__tests__/**", "**/spec/**", "**/specs/**",
        "**/e2e/**", "**/testdata/**", "**/test-data/**", "**/fixtures/**", "**/__fixtures__/**",
        "**/__mocks__/**", "**/cypress/**", "**/src/*Test/**", "**/*.Tests/**", "**/*.Test/**", "test_*.*",
        "*_test.*", "*_tests.*", "*.test.*", "*.tests.*", "*.spec.*", "*_spec.*", "*Test.java",
        "*Tests.java", "*Test.kt", "*Tests.cs", "*Test.cs", "*Tests.swift", "*Test.php", "*IT.java",
        "conftest.py",
    ),
    "docs": (
        "**/docs/**", "**/doc/**", "**/documentation/**", "*.md", "*.mdx", "*.rst", "*.adoc", "*.asciidoc",
        "*.txt", "LICENSE", "LICENSE.*", "LICENCE", "COPYING", "NOTICE", "AUTHORS", "CHANGELOG",
        "CODEOWNERS", "*.png", "*.jpg", "*.jpeg", "*.gif", "*.svg", "*.ico", "*.webp", "*.pdf",
    ),
}  # fmt: skip

# Texts that instruct a build are code, though they end like documents.
_BUILD_TEXTS: Final = ("requirements*.txt", "constraints*.txt", "CMakeLists.txt", "robots.txt", "go.mod")

# Words of a path, after splitting at punctuation and at a capital inside a word.
_WORDS: Final[dict[str, str]] = {
    "secrets": (
        r"secrets?|credentials?|creds|vault|keystore|truststore|kms|passwords?|passwd|apikeys?|api[-_]keys?|"
        r"private[-_]key|encryption|crypto|cryptography|sops|env"
    ),
    "identity": (
        r"auth|authn|authz|authentication|authorization|authorisation|login|logout|signin|sign[-_]in|signup|"
        r"oauth2?|oidc|saml|sso|mfa|2fa|totp|jwt|sessions?|permissions?|rbac|abac|acls?|iam|identity|identities|"
        r"roles?|csrf|ldap|kerberos|cognito|keycloak"
    ),
    "network": (
        r"network|networks|networking|firewall|proxy|proxies|cors|csp|tls|ssl|ingress|egress|nginx|haproxy|envoy|"
        r"traefik|dns|vpn|vpc|subnets?|gateway|security[-_]groups?|webhooks?|websockets?|sockets?|ssh"
    ),
}
_KEY_FILES: Final = r"\.(?:pem|key|p12|pfx|jks|keystore|kdbx|gpg|asc)$|(?:^|/)\.env(?:\.[^/]*)?$"


def shell_regex(pattern: str) -> str:
    r"""Write a shell pattern as a regular expression that Python and polars both read.

    >>> shell_regex("src/**/*.py")
    '^src/(?:.*/)?[^/]*\\.py$'
    >>> shell_regex("*.lock")
    '^(?:.*/)?[^/]*\\.lock$'
    """
    anywhere = "" if "/" in pattern else "**/"
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", anywhere + pattern.removeprefix("/"))
    meaning = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return f"^{''.join(meaning.get(part) or re.escape(part) for part in parts)}$"


def classify_path(path: str, settings: ClassSettings = NO_SETTINGS) -> tuple[str, str | None]:
    """Class and sensitive area of one path; the area is null for anything but code.

    >>> classify_path("src/auth/login.py"), classify_path("package-lock.json")
    (('code', 'identity'), ('lock', None))
    """
    row = classify_files(pl.DataFrame({"path": [path]}), settings).row(0, named=True)
    return row["file_class"], row["sensitive_area"]


def classify_files(files: pl.DataFrame, settings: ClassSettings = NO_SETTINGS) -> pl.DataFrame:
    """Add `file_class` and `sensitive_area` judged by column `path`; null paths stay null.

    A path is judged once however many changes touch it, so a million rows take about a second.
    """
    paths = files.select(pl.col("path").cast(pl.String)).unique().drop_nulls()
    judged = paths.with_columns(file_class=_class_of(settings))
    judged = judged.with_columns(sensitive_area=pl.when(file_class="code").then(_area_of(settings)))
    kept = files.drop("file_class", "sensitive_area", strict=False)
    return kept.with_columns(pl.col("path").cast(pl.String)).join(
        judged, on="path", how="left", maintain_order="left"
    )


def _class_of(settings: ClassSettings) -> pl.Expr:
    chain = [(name, _any_of(getattr(settings, name))) for name in ORDER]
    if settings.built_in:
        chain += [("code", _any_of(_BUILD_TEXTS)), *((name, _any_of(BUILT_IN[name])) for name in ORDER)]
    return _first(chain, pl.col("path"), otherwise="code")


def _area_of(settings: ClassSettings) -> pl.Expr:
    extra = [(name, _any_of(getattr(settings, name))) for name in AREAS]
    told = _first(extra, pl.col("path"), otherwise=None)
    if not settings.built_in:
        return told
    words = [(name, rf"(?i)(?:^|[/_.\-]){_WORDS[name].join(('(?:', ')'))}(?:[/_.\-]|$)") for name in AREAS]
    split = pl.col("path").str.replace_all(r"([a-z0-9])([A-Z])", "$1-$2")
    return pl.coalesce(told, _first([("secrets", f"(?i){_KEY_FILES}"), *words], split, otherwise=None))


def _first(chain: list[tuple[str, str]], text: pl.Expr, otherwise: str | None) -> pl.Expr:
    """Name the first expression of the chain that matches the text."""
    found = [pl.when(text.str.contains(regex)).then(pl.lit(name)) for name, regex in chain if regex]
    return pl.coalesce(*found, pl.lit(otherwise, pl.String))


@lru_cache(maxsize=256)
def _joined(patterns: tuple[str, ...]) -> str:
    return "|".join(f"(?:{shell_regex(pattern)})" for pattern in patterns)


def _any_of(patterns: tuple[str, ...] | list[str]) -> str:
    """One expression for many patterns; empty when there are none."""
    return _joined(tuple(patterns))

"""A folder of logs and labels that is read again and again, without a store."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from ingest.checking import Checked, check
from ingest.contracts import BY_NAME
from ingest.settings import DetectionsSettings, IngestSettings, LabelsSettings, SourcesSettings
from ingest.sources import labels
from ingest.sources.base import Outside, Parsed, Pulled, Surroundings
from ingest.sources.detections import pulling

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
Pull = Callable[[IngestSettings, Surroundings], Pulled]


def line(event: str, decision: str = "block", score: float = 0.97, **told: Any) -> str:
    """A line of an application around an answer of LlamaFirewall."""
    answer = {"decision": decision, "score": score, "reason": "SECRET", "status": "success"}
    said = {"timestamp": "2026-11-02T10:00:00Z", "request_id": event, "input": f"text of {event}"}
    return json.dumps({**said, "response": answer, **told})


@dataclass
class World:
    """What stands in a folder, what the settings say of it, and what the last run gave."""

    base: Path
    place: list[dict[str, Any]] = field(default_factory=list)
    mapping: list[dict[str, Any]] = field(default_factory=list)
    keep_text: bool = False
    cursor: dict[str, str] = field(default_factory=dict)
    frames: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.base / "logs" / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def lines(self, name: str, *lines: str) -> Path:
        return self.write(name, "".join(f"{each}\n" for each in lines))

    def _take(self, parsed: Parsed, _name: str) -> None:
        for table, frame in parsed.frames.items():
            self.frames.setdefault(table, []).append(frame)
        self.left_out.update(parsed.left_out)

    @property
    def settings(self) -> DetectionsSettings:
        told = {"place": self.place, "mapping": self.mapping, "keep_text": self.keep_text}
        return DetectionsSettings.model_validate({"paths": ["logs/**/*"], **told})

    def pull(self) -> Pulled:
        return self._run(SourcesSettings(detections=self.settings), pulling.pull)

    def pull_labels(self) -> Pulled:
        told = LabelsSettings.model_validate({"paths": ["logs/**/*"], "mapping": self.mapping})
        return self._run(SourcesSettings(labels=told), labels.pull)

    def _run(self, sources: SourcesSettings, pull: Pull) -> Pulled:
        self.frames, self.left_out = {}, Counter()
        around = Surroundings(
            None, pl.DataFrame(), self.cursor, lambda: NOW, Outside(), self._take, base=self.base,  # type: ignore[arg-type]
        )  # fmt: skip
        pulled = pull(IngestSettings(sources=sources), around)
        self.cursor = dict(pulled.cursor)
        return pulled

    def table(self, name: str) -> pl.DataFrame:
        """Rows as delivered."""
        return pl.concat(self.frames[name], how="diagonal_relaxed")

    def rows(self, name: str = "detections") -> list[dict[str, Any]]:
        """Rows that hold their contract."""
        return self.checked(name).valid.to_dicts()

    def broken(self, name: str = "detections") -> dict[str, int]:
        """Rules that the others break."""
        return dict(self.checked(name).rejected_by_rule)

    def checked(self, name: str) -> Checked:
        """Rows apart by whether they hold their contract."""
        given = self.table(name).with_columns(
            source=pl.lit("detections"), ingested_at=pl.lit(NOW).dt.cast_time_unit("us")
        )
        return check(given, BY_NAME[name])

"""Publications of charts over random tables: gaps, zeros, negative, equal, huge and tiny numbers, long names."""

import json
import random
from pathlib import Path

_WORDS = {
    "fa-AF": "آب چاه کوه رود بزرگ روستای کوچک پل شهر باغ راه نو کاریز بلند دروازه",
    "fa-IR": "آب چاه کوه رود بزرگ روستای کوچک پل شهر باغ راه نو کاریز بلند دروازه",
    "ps": "اوبه څاه غر لویه دره کوچنی کلی پل ښار باغ نوې لار کاریز لوړ دروازه",
    "en": "water well mountain great valley small village bridge town garden road new high gate",
}
_SCALES = (0.0001, 0.1, 1, 7, 100, 5_000, 2_000_000, 10**12)
_PROVINCES = "BAL BAM BDG BDS BGL DAY FRA FYB GHA GHO HEL HER JOW KAB KAN KAP KDZ KHO KNR LAG"


class RandomCharts:
    """A publication with one brief of charts, made from a seed."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.random = folder, random.Random(seed)
        self.language = self.random.choice([*_WORDS])
        self.words = _WORDS[self.language].split()

    def write(self) -> None:
        """Write its files."""
        for name in ("tables", "briefs"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        choose = self.random
        rows = choose.choice((1, 2, 3, 7, 20, 34, 60))
        names = [f"R{number}" for number in range(rows)]
        regions = [f"G{number}" for number in range(choose.choice((1, 2, 3, 5, 8)))]
        years = self._times()
        provinces = choose.sample(_PROVINCES.split(), choose.randint(2, 20))
        self._table("rows", "code,name,a,b,c", [[n, self._name(), *self._cells(3)] for n in names])
        self._table("parts", "code,name,a,b,c", [[n, self._name(), *self._cells(3, least=0)] for n in names])
        self._table("regions", "code,name", [[one, self._name()] for one in regions])
        self._table("times", "time,a,b,c", [[one, *self._cells(3)] for one in years])
        self._table("panels", "region,time,a", [[r, one, *self._cells(1)] for r in regions for one in years])
        self._table("places", "code,name,a", [[f"AF-{p}", self._name(), *self._cells(1, least=0)] for p in provinces])
        self._yaml("publication.yaml", {
            "id": "charts", "title": self._phrase(), "series": self._phrase(), "languages": [self.language],
            "publisher": "tipbrief", "published": "2026-01-01",
            "colours": {"ink": "#222222", "accent": choose.choice(["#7a3b12", "#0f4c5c", "#5b2a86", "#1b5e20"]),
                        "signal": "#a3341f", "grey": "#555555", "line": "#cccccc", "tint": "#f4f4f4"},
        })  # fmt: skip
        source = {"title": self._phrase(), "publisher": "tipbrief", "date": "2025", "address": "https://example.org/a"}
        self._yaml("sources.yaml", {"made": source})
        figure = {"label": self._phrase(), "kind": "reported", "sources": ["made"]}
        share = {**figure, "value": choose.choice((0, 0.05, 0.333, 0.5, 0.871, 1))}
        self._yaml("figures.yaml", {"target": {**figure, "value": choose.choice(_SCALES)}, "share": share})
        number = lambda: {"type": "number", "blank": True, "label": self._phrase()}  # noqa: E731
        text = {"type": "text", "label": self._phrase()}
        code = {"type": "code", "label": self._phrase()}
        time = {"type": "year" if all(len(one) == 4 for one in years) else "code", "label": self._phrase()}
        region = {"type": "key", "table": "regions", "label": self._phrase()}
        columns = {
            "rows": {"code": code, "name": text, "a": number(), "b": number(), "c": number()},
            "parts": {"code": code, "name": text, "a": number(), "b": number(), "c": number()},
            "regions": {"code": code, "name": text},
            "times": {"time": time, "a": number(), "b": number(), "c": number()},
            "panels": {"region": region, "time": time, "a": number()},
            "places": {"code": code, "name": text, "a": number()},
        }
        keys = {"times": "time", "panels": ["region", "time"]}
        self._yaml("tables.yaml", {
            name: {"file": f"tables/{name}.csv", "title": self._phrase(), "key": keys.get(name, "code"),
                   "sources": ["made"], "columns": own} for name, own in columns.items()
        })  # fmt: skip
        blocks = [self._chart() for _ in range(choose.randint(2, 5))]
        if choose.random() < 0.5:
            half = {"widths": choose.choice(["1:1", "2:1", "1:2"]), "right": blocks[:1], "left": blocks[1:2]}
            blocks = [{"columns": half}, *blocks[2:]]
        title = {"title": self._phrase(), "subtitle": self._phrase(), "short": self._phrase()}
        blocks.append({"sources": {"title": self._phrase()}})
        self._yaml("briefs/one.yaml", {**title, "subject": self._phrase(), "pages": "auto", "blocks": blocks})

    def _chart(self) -> dict[str, object]:
        choose, title = self.random, {"title": self._phrase()}
        columns = choose.sample("abc", choose.randint(1, 3))
        times = {"table": "times", "columns": columns, "time": "time"}
        several = choose.sample("abc", choose.randint(2, 3))
        extra = choose.choice([{}, {"area": True}, {"references": ["target"]}, {"low": "b", "high": "c"}])
        single = {**times, "columns": ["a"], "height": choose.randint(15, 60), **extra}
        bars = {"show": "name", "most": choose.randint(1, 40), **choose.choice([{}, {"references": ["target"]}])}
        places = {"table": "places", "of": "a", "shapes": "afghanistan-provinces", "largest": choose.randint(0, 8)}
        return choose.choice([
            {"lines": {**times, **title, "missing": choose.choice(["list", "count"])}},
            {"lines": {**single, **title}},
            {"lines": {"table": "panels", "columns": ["a"], "time": "time", "split": "region", **title}},
            {"bars": {"table": "rows", "column": "a", **bars, **title}},
            {"bars": {"table": "rows", "columns": several, **bars, **title}},
            {"bars": {"table": "rows", "columns": several, "form": "range", **bars, **title}},
            {"bars": {"table": "parts", "columns": several, "form": "stacked", **bars, **title}},
            {"map": {**places, "classes": choose.choice(["quantiles", "round"]), **title}},
            {"map": {**places, "form": "circles", **title}},
            {"pictogram": {"figure": "share", **title}},
        ])  # fmt: skip

    def _times(self) -> list[str]:
        choose, start = self.random, self.random.randint(1900, 1990)
        match choose.randrange(5):
            case 0:
                return [str(start + step) for step in range(choose.choice((1, 2, 12, 60)))]
            case 1:
                return [str(start + 5 * step) for step in range(choose.choice((2, 12)))]
            case 2:
                return sorted({str(start + choose.randint(0, 99)) for _ in range(9)})
            case 3:
                return [f"{start + step // 12}-{step % 12 + 1:02}" for step in range(choose.choice((2, 12, 30)))]
        return sorted({f"2024-{choose.randint(1, 12):02}-{choose.randint(1, 28):02}" for _ in range(9)})

    def _cells(self, count: int, least: int = -1) -> list[str]:
        if not hasattr(self, "_scale") or self.random.random() < 0.001:
            self._scale, self._equal = self.random.choice(_SCALES), self.random.random() < 0.1
        found = list[str]()
        for _ in range(count):
            value = 1.0 if self._equal else max(least, self.random.choice((-1, 1, 1, 1, 1))) * self.random.random()
            places = 0 if self._scale >= 5_000 else 2 if self._scale >= 1 else 5
            cell = f"{value * self._scale:.{places}f}"
            cell = cell.rstrip("0").rstrip(".") if places else cell
            cell = "0" if cell == "-0" else cell
            found.append(self.random.choice((cell,) * 9 + ("", "0")))
        return found

    def _name(self) -> str:
        return " ".join(self.random.choices(self.words, k=self.random.choice((1, 1, 2, 2, 6))))

    def _phrase(self) -> str:
        return " ".join(self.random.sample(self.words, 3))

    def _table(self, name: str, head: str, rows: list[list[str]]) -> None:
        seen = dict[str, int]()
        for row in rows:
            if len(row) > 1 and head.startswith("code,name"):
                seen[row[1]] = seen.get(row[1], 0) + 1
                row[1] += f" {seen[row[1]]}" if seen[row[1]] > 1 else ""
        lines = [head, *(",".join(row) for row in rows)]
        (self.folder / "tables" / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _yaml(self, name: str, content: object) -> None:
        (self.folder / name).write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")

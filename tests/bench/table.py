# SPDX-License-Identifier: MIT
"""The one table of ./dev bench: rows of what was measured, what it is compared with, and what was wanted."""
import json, statistics, sys


def number(x):
    if x is None:
        return "-"
    if isinstance(x, str):
        return x
    return f"{x:,.0f}" if abs(x) >= 1000 else f"{x:.3g}"


class Table:
    COLUMNS = (("what", 46, "<"), ("ours", 9, ">"), ("other", 10, ">"), ("unit", 13, "<"), ("of whom", 30, "<"), ("ratio", 8, ">"),
               ("spread", 12, "<"), ("floor", 8, ">"), ("share", 6, ">"), ("target", 10, ">"), ("reached", 8, "<"))

    def __init__(self, out=sys.stdout):
        self.rows, self.out = [], out

    def section(self, title):
        print(f"\n{title}", file=self.out, flush=True)

    def head(self):
        print("".join(f"{name:{side}{width}} " for name, width, side in self.COLUMNS).rstrip(), file=self.out)

    def add(self, what, ours, unit, other=None, of_whom="", spread=None, floor=None, at_least=None, at_most=None, ratio=None,
            targets=None):
        """ratio: other / ours, more is better. floor: the least it can cost. One of at_least (of the ratio, or of `targets`
        if that is given) and at_most. spread: least and largest of the measurements of ours, else of the ratio."""
        if ratio is None and other is not None and ours:
            ratio = other / ours
        judged = targets if targets is not None else ratio
        target = f">= {number(at_least)}" if at_least is not None else f"<= {number(at_most)}" if at_most is not None else ""
        reached = None
        if target:
            reached = judged is not None and (judged >= at_least if at_least is not None else judged <= at_most)
        row = {"what": what, "ours": ours, "other": other, "unit": unit, "of whom": of_whom, "ratio": ratio, "spread": spread,
               "floor": floor, "share": floor / ours if floor and ours else None, "target": target or None, "reached": reached}
        self.rows.append(row)
        self.show(row)

    def show(self, row):
        text = {"what": row["what"], "unit": row["unit"], "of whom": row["of whom"],
                "spread": "-" if row["spread"] is None else f"{number(row['spread'][0])}..{number(row['spread'][1])}",
                "share": "-" if row["share"] is None else f"{row['share'] * 100:.0f}%", "target": row["target"] or "",
                "reached": "" if row["reached"] is None else "yes" if row["reached"] else "NO",
                "ratio": "-" if row["ratio"] is None else f"{row['ratio']:.3g}x" if row["ratio"] < 1000 else f"{row['ratio']:,.0f}x"}
        text.update({k: number(row[k]) for k in ("ours", "other", "floor")})
        print("".join(f"{text[name]:{side}{width}} " for name, width, side in self.COLUMNS).rstrip(), file=self.out, flush=True)

    def note(self, text):
        print(f"  {text}", file=self.out, flush=True)

    def end(self, path, **more):
        missed = [r["what"] for r in self.rows if r["reached"] is False]
        judged = [r for r in self.rows if r["reached"] is not None]
        print(f"\n{len(judged) - len(missed)} of {len(judged)} targets reached" + ("; missed: " + "; ".join(missed) if missed else ""),
              file=self.out)
        if path:
            with open(path, "w") as f:
                json.dump({**more, "rows": self.rows}, f, indent=1)
            print(f"written: {path}", file=self.out)


def middle(values):
    return statistics.median(values)


def ends(values):
    return min(values), max(values)

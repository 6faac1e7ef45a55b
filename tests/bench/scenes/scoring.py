# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Compares a detector's predictions with the labels and counts.

The protocol is TRECVID's, as in PySceneDetect's evaluator. Gradual changes come first: a prediction
whose frame lies in a labelled one (start - 1 to end) consumes it; further predictions there are
false. The remaining cuts are matched with labelled cuts, each at most once, nearest first, at most
`tolerance` frames apart. The remaining predictions are false: among the cuts or, if the detector
called them gradual, among the gradual changes. Counts are summed over the films.
"""

import collections
import dataclasses

import negatives


@dataclasses.dataclass
class Prediction:
    frame: int  # first frame of the new shot after a cut, middle of a gradual change
    gradual: bool = False
    start: int = 0
    end: int = 0


@dataclasses.dataclass
class Counts:
    hits: int = 0
    false: int = 0
    missed: int = 0

    def add(self, hits, false, missed):
        self.hits, self.false, self.missed = (self.hits + hits, self.false + false,
                                              self.missed + missed)

    def precision(self):
        return self.hits / max(1, self.hits + self.false)

    def recall(self):
        return self.hits / max(1, self.hits + self.missed)

    def f1(self):
        return 2 * self.hits / max(1, 2 * self.hits + self.false + self.missed)


def consume(predictions, gradual):
    """Returns (remaining predictions, labels hit, surplus predictions inside labels)."""
    left, hit, surplus = [], set(), 0
    for prediction in predictions:
        inside = [index for index, (_, start, end) in enumerate(gradual)
                  if start - 1 <= prediction.frame <= end]
        if not inside:
            left.append(prediction)
        elif inside[0] in hit:
            surplus += 1
        else:
            hit.add(inside[0])
    return left, hit, surplus


def match(frames, cuts, tolerance):
    """Counts the matched pairs, nearest first."""
    pairs = sorted((abs(frame - cut), frame, cut) for frame in frames for cut in cuts
                   if abs(frame - cut) <= tolerance)
    used, found = set(), set()
    for _, frame, cut in pairs:
        if frame not in used and cut not in found:
            used.add(frame)
            found.add(cut)
    return len(used)


def overlap(a, b):
    """Intersection over union of two [start, end)."""
    shared = max(0, min(a[1], b[1]) - max(a[0], b[0]))
    return shared / max(1, max(a[1], b[1]) - min(a[0], b[0]))


def exact_gradual(predictions, gradual):
    """Hits by kind and extent: called gradual, with an intersection over union of at least 0.5."""
    spans = [(p.start, p.end) for p in predictions if p.gradual]
    pairs = sorted(((overlap(span, label[1:]), i, j) for i, span in enumerate(spans)
                    for j, label in enumerate(gradual)), reverse=True)
    used, found = set(), set()
    for share, i, j in pairs:
        if share >= 0.5 and i not in used and j not in found:
            used.add(i)
            found.add(j)
    return len(found), len(spans) - len(used), len(gradual) - len(found)


def surplus_of(found, label):
    """(predicted cuts outside gradual changes, gradual predictions left, labels hit, surplus)"""
    left, hit, surplus = consume(found, label["gradual"])
    return [p for p in left if not p.gradual], [p for p in left if p.gradual], hit, surplus


def score(labels, predictions):
    """{cuts 0, cuts 1, gradual, exact: Counts} and false alarms by kind of negative."""
    counts = {name: Counts() for name in ("cuts 0", "cuts 1", "gradual", "exact")}
    alarms, kinds = collections.Counter(), collections.Counter()
    for name, label in labels.items():
        found = predictions[name]
        if label["negative"]:
            alarms[label["negative"]] += len(found)
            kinds[label["negative"]] += 1
            continue
        cuts, stray, hit, surplus = surplus_of(found, label)
        counts["gradual"].add(len(hit), surplus + len(stray), len(label["gradual"]) - len(hit))
        counts["exact"].add(*exact_gradual(found, label["gradual"]))
        for tolerance in (0, 1):
            hits = match([p.frame for p in cuts], label["cuts"], tolerance)
            counts[f"cuts {tolerance}"].add(hits, len(cuts) - hits, len(label["cuts"]) - hits)
    return counts, {kind: alarms[kind] / kinds[kind] for kind in kinds}


def false_per_1000_shots(labels, predictions):
    """False cuts and gradual changes, of films and negatives, per 1,000 shots of both."""
    counts, alarms = score(labels, predictions)
    negatives_of = collections.Counter(label["negative"] for label in labels.values())
    false = counts["cuts 1"].false + counts["gradual"].false
    false += sum(share * negatives_of[kind] for kind, share in alarms.items())
    shots = sum(1 + len(label["cuts"]) + len(label["gradual"]) for label in labels.values())
    return 1000 * false / shots


CELLS = ("detector", "cuts, 0 frames: P / R / F1", "cuts, 1 frame", "gradual: P / R / F1",
         "extent F1", *negatives.KINDS, "all negatives", "false per 1,000 shots",
         "s")
HEAD = "| " + " | ".join(CELLS) + " |\n|" + "---|" * len(CELLS)


def row(name, labels, predictions):
    """A table row under HEAD, without the time."""
    counts, alarms = score(labels, predictions)
    cells = [name]
    for what in ("cuts 0", "cuts 1", "gradual"):
        count = counts[what]
        cells.append(f"{count.precision():.3f} / {count.recall():.3f} / {count.f1():.3f}")
    cells.append(f"{counts['exact'].f1():.3f}")
    # A set that was built earlier may lack a kind.
    cells += [f"{alarms[kind]:.2f}" if kind in alarms else "-" for kind in negatives.KINDS]
    cells.append(f"{sum(alarms.values()) / len(alarms):.3f}")
    return f"| {' | '.join(cells)} | {false_per_1000_shots(labels, predictions):.1f} |"


def wrong(labels, predictions):
    """A line for each video with missed boundaries or false predictions."""
    for name, label in labels.items():
        cuts, stray, hit, surplus = surplus_of(predictions[name], label)
        found = [p.frame for p in cuts]
        facts = {"missed": [cut for cut in label["cuts"] if cut not in found],
                 "false": [frame for frame in found if frame not in label["cuts"]],
                 "missed gradual": [g for i, g in enumerate(label["gradual"]) if i not in hit],
                 "false gradual": [(p.start, p.end) for p in stray], "surplus": surplus}
        if any(facts.values()):
            yield f"{name} {({what: fact for what, fact in facts.items() if fact})}"

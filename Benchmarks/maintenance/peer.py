#!/usr/bin/env python3
"""The peer of `pipeline run jobs/cmapss-*.yaml`: Polars reads, numpy computes the windows, XGBoost predicts, sqlite3 writes.

Written as a good Python engineer would for speed, since it is what we are measured against: a file at a time (its units are whole), all
windows of a file from prefix sums over rows sorted by unit, one `inplace_predict` a file, and `executemany`. The 248 features are ours:
of 21 sensors means over 5, 15, 30 and 60 cycles, over all so far, drift since the first 30, slopes over 30, 60 and 120; of three mixtures
of sensors eight means, six slopes, mean, drift, start and two bends; readings so far and the largest shift.

    peer.py --train MODEL FILES...                   # trains on the first file; mixtures are its principal components
    peer.py --model MODEL --database F FILES...      # predicts every row: life, interval, probability, outcome
    ... --no-write                                   # stops after predicting
    ... --threads 1|2
"""

import argparse
import json
import os
import sqlite3

SENSORS = 21
MEANS, SLOPES = (5, 15, 30, 60), (30, 60, 120)
MIXTURE_MEANS, MIXTURE_SLOPES = (3, 5, 10, 15, 20, 30, 50, 80), (10, 20, 30, 50, 80, 150)
FIRST, CAP, HORIZON = 30, 125.0, 30.0
FAILURE, REPAIR, REVIEW = 100_000.0, 20_000.0, 1_500.0
OUTCOMES = ("run-on", "repair", "review")

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--train", metavar="MODEL")
parser.add_argument("--model")
parser.add_argument("--database")
parser.add_argument("--no-write", action="store_true")
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("files", nargs="+")
options = parser.parse_args()
for name in ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = str(options.threads)

import numpy as np  # noqa: E402
import polars as pl  # noqa: E402
import xgboost as xgb  # noqa: E402


def read(path):
    frame = pl.read_csv(path, separator=" ", has_header=False, infer_schema_length=1_000)
    numbers = frame.select(frame.columns[:26])
    return numbers[:, 0].to_numpy(), numbers[:, 1].to_numpy(), numbers.select(numbers.columns[5:26]).to_numpy().astype(np.float64)


class Windows:
    """Sums over the last so many rows of each row's unit, from prefix sums."""

    def __init__(self, values, start):
        rows = len(values)
        self.index, self.start = np.arange(rows), start
        zero = np.zeros((1, values.shape[1]))
        self.sums = np.concatenate([zero, np.cumsum(values, axis=0)])
        self.moments = np.concatenate([zero, np.cumsum(values * self.index[:, None], axis=0)])

    def span(self, length):
        low = np.maximum(self.index - length + 1, self.start)
        return low, (self.index - low + 1).astype(np.float64)

    def mean(self, length):
        low, count = self.span(length)
        return (self.sums[self.index + 1] - self.sums[low]) / count[:, None]

    def whole(self):
        count = (self.index - self.start + 1).astype(np.float64)
        return (self.sums[self.index + 1] - self.sums[self.start]) / count[:, None]

    def slope(self, length):
        low, count = self.span(length)
        total = self.sums[self.index + 1] - self.sums[low]
        moment = self.moments[self.index + 1] - self.moments[low]
        aged = self.index[:, None] * total - moment
        ages, squares = count * (count - 1) / 2, (count - 1) * count * (2 * count - 1) / 6
        divisor = count * squares - ages * ages
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = -(count[:, None] * aged - ages[:, None] * total) / divisor[:, None]
        return np.where(divisor[:, None] > 0, slope, 0.0)

    def first(self):
        """Mean over the unit's first rows, as far as they lie before or at a row."""
        end = np.minimum(self.index, self.start + FIRST - 1)
        count = (end - self.start + 1).astype(np.float64)
        return (self.sums[end + 1] - self.sums[self.start]) / count[:, None], count, end


def features(units, readings, norms):
    begins = np.concatenate([[True], units[1:] != units[:-1]])
    start = np.maximum.accumulate(np.where(begins, np.arange(len(units)), 0))
    normal = (readings - norms["mean"]) / norms["spread"]
    windows = Windows(np.concatenate([normal, normal @ norms["mixtures"]], axis=1), start)
    first, count, end = windows.first()
    squares = np.concatenate([np.zeros((1, SENSORS)), np.cumsum(normal * normal, axis=0)])
    variance = (squares[end + 1] - squares[start]) / count[:, None] - first[:, :SENSORS] ** 2
    means = {length: windows.mean(length) for length in sorted({*MEANS, *MIXTURE_MEANS, 20, 40, 100})}
    whole = windows.whole()
    spread = np.sqrt(np.maximum(variance, 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = np.where(spread > 0, np.abs(means[15][:, :SENSORS] - first[:, :SENSORS]) / spread, 0).max(axis=1)
    so_far = windows.index - start + 1
    shift = np.where(so_far > FIRST, shift, 0) / np.sqrt(1 / 15 + 1 / 30)
    sensor, mixture = slice(0, SENSORS), slice(SENSORS, None)
    slopes = {length: windows.slope(length) for length in sorted({*SLOPES, *MIXTURE_SLOPES})}
    parts = [so_far[:, None], shift[:, None]]
    parts += [means[length][:, sensor] for length in MEANS] + [(means[20] - first)[:, sensor], whole[:, sensor]]
    parts += [slopes[length][:, sensor] for length in SLOPES]
    parts += [means[length][:, mixture] for length in MIXTURE_MEANS] + [slopes[length][:, mixture] for length in MIXTURE_SLOPES]
    parts += [part[:, mixture] for part in (whole, means[20] - first, first, means[10] - means[40], means[20] - means[100])]
    return np.concatenate(parts, axis=1).astype(np.float32)


def train(path):
    units, cycles, readings = read(options.files[0])
    spread = readings.std(axis=0)
    norms = {"mean": readings.mean(axis=0), "spread": np.where(spread > 1e-9, spread, 1.0)}
    normal = (readings - norms["mean"]) / norms["spread"]
    norms["mixtures"] = np.linalg.svd(normal[::10], full_matrices=False)[2][:3].T
    last = np.zeros(units.max() + 1)
    np.maximum.at(last, units, cycles)
    life = np.minimum(last[units] - cycles, CAP)
    matrix = features(units, readings, norms)
    # Every fifth unit is left out, for the conformal residuals.
    held = units % 5 == 0
    settings = dict(max_depth=3, eta=0.05, min_child_weight=50, subsample=0.5, colsample_bytree=0.3, reg_lambda=10, tree_method="hist")
    settings |= dict(nthread=options.threads, seed=1)
    booster = xgb.train(settings, xgb.DMatrix(matrix[~held], label=life[~held]), 250)
    residuals = np.sort(life[held] - booster.inplace_predict(matrix[held]))
    booster.save_model(path + ".json")
    with open(path, "w") as file:
        json.dump({"residuals": residuals.tolist(), **{name: value.tolist() for name, value in norms.items()}}, file)


def predict():
    with open(options.model) as file:
        saved = {name: np.array(value) for name, value in json.load(file).items()}
    booster = xgb.Booster(params={"nthread": options.threads})
    booster.load_model(options.model + ".json")
    residuals, rows = saved["residuals"], 0
    low, high = np.quantile(residuals, [0.1, 0.9])
    database = None
    if not options.no_write:
        database = sqlite3.connect(options.database)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute(
            "CREATE TABLE states (unit INTEGER, cycle INTEGER, life REAL, low REAL, high REAL, score REAL, outcome TEXT, "
            "PRIMARY KEY (unit, cycle)) WITHOUT ROWID"
        )
    for path in options.files:
        units, cycles, readings = read(path)
        life = booster.inplace_predict(features(units, readings, saved))
        score = np.clip(np.searchsorted(residuals, HORIZON - life, side="right") / len(residuals), 0.001, 0.999)
        costs = np.stack([score * FAILURE, (1 - score) * REPAIR, np.full(len(score), REVIEW)])
        outcome = costs.argmin(axis=0)
        rows += len(units)
        if database is not None:
            columns = [units, cycles, np.clip(life, 0, CAP), np.clip(life + low, 0, CAP), np.clip(life + high, 0, CAP), score]
            names = [OUTCOMES[index] for index in outcome.tolist()]
            with database:
                database.executemany("INSERT INTO states VALUES (?, ?, ?, ?, ?, ?, ?)", zip(*[c.tolist() for c in columns], names))
    if database is not None:
        database.close()
    print(json.dumps({"rows": rows}))


train(options.train) if options.train else predict()

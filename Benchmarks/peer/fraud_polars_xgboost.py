#!/usr/bin/env python3
"""The peer of `pipeline run` on card transactions: Polars reads, numpy computes the windows, XGBoost scores, sqlite3 writes.

Written as a good Python engineer would write it for speed, since it is what we are measured against: one frame in memory, the twelve
window features from prefix sums over rows sorted by entity (exact: cents and counts are integers), one `inplace_predict`, and
`executemany` over columns turned into lists chunk by chunk.

    fraud_polars_xgboost.py --data DIR --train MODEL              # trains on 2018-07-25 ... 07-31
    fraud_polars_xgboost.py --data DIR --evaluate MODEL           # the handbook's test week: rows, frauds, AUC, AP, CP@100
    fraud_polars_xgboost.py --data DIR --model MODEL --database F # scores every row and writes it
    ... --no-write                                                # stops after scoring
    ... --explain                                                 # each review item with its score's contributions (TreeSHAP), as JSON
    ... --threads 1|2
    ... --windows polars                                          # the windows as Polars expressions instead: slower, ties differ

DIR holds YYYY-MM-DD.csv.gz with the columns of the Fraud Detection Handbook's data
(TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,TX_FRAUD,...); without --data: $PIPELINE_SHARED_DATA/fraud/transactions.
"""

import argparse
import json
import os
import resource
import sqlite3
import time

DAY = 86_400
WINDOWS = (1, 7, 30)
DELAY = 7
CHUNK = 50_000
FEATURES = (
    ["amount", "weekend", "night"]
    + [f"customer_{kind}_{days}d" for days in WINDOWS for kind in ("count", "mean")]
    + [f"terminal_{kind}_{days}d" for days in WINDOWS for kind in ("count", "risk")]
)
OUTCOMES = ("clear", "hold", "review")
HOLD_COST, REVIEW_COST = 25.0, 4.0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data")
    parser.add_argument("--train", metavar="MODEL")
    parser.add_argument("--evaluate", metavar="MODEL")
    parser.add_argument("--model")
    parser.add_argument("--database")
    parser.add_argument("--no-write", action="store_true")
    parser.add_argument("--explain", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--windows", choices=("numpy", "polars"), default="numpy")
    options = parser.parse_args()
    if not (options.train or options.evaluate or options.model):
        parser.error("one of --train, --evaluate and --model is needed")
    if options.model and not (options.database or options.no_write):
        parser.error("--model needs --database or --no-write")
    options.data = options.data or os.path.join(os.environ.get("PIPELINE_SHARED_DATA", ""), "fraud", "transactions")
    return options


options = arguments()
# Read once, when the libraries start.
for variable in ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = str(options.threads)

import numpy as np  # noqa: E402
import polars as pl  # noqa: E402
import xgboost as xgb  # noqa: E402


class Clock:
    """Prints wall and CPU seconds of each part."""

    def __init__(self):
        self.parts = {}
        self.mark = (time.perf_counter(), time.process_time())

    def lap(self, name):
        now = (time.perf_counter(), time.process_time())
        self.parts[name] = {"wall": round(now[0] - self.mark[0], 3), "cpu": round(now[1] - self.mark[1], 3)}
        self.mark = now


def read(folder):
    """Every row in time order: the files' names are their days and rows within a file are in time order."""
    files = sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".csv.gz"))
    columns = {
        "TRANSACTION_ID": pl.Int64, "TX_DATETIME": pl.String, "CUSTOMER_ID": pl.Int32, "TERMINAL_ID": pl.Int32,
        "TX_AMOUNT": pl.Float64, "TX_FRAUD": pl.Int8,
    }
    return (
        pl.scan_csv(files, schema_overrides=columns)
        .select(columns.keys())
        .with_columns(pl.col("TX_DATETIME").str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us").dt.epoch("s").alias("seconds"))
        .collect()
    )


def starts(entity, seconds):
    """Rows sorted by entity, then time, then place in the feed; and a function to the first row of each row's window.

    A window of d days holds the rows of (t - d, t] up to the row itself, as pandas' `rolling("{d}d")`: of rows in the same second those
    that came before.
    """
    order = np.argsort(entity, kind="stable")
    # One rising key over all entities; a window's start never falls below its entity's first row.
    key = entity[order].astype(np.int64) * (1 << 32) + seconds[order] - seconds[0] + (1 << 31)
    return order, lambda days: np.searchsorted(key, key - days * DAY, side="right")


def prefix(values):
    return np.concatenate(([0], np.cumsum(values, dtype=np.int64)))


def features(frame):
    """Rows x 15, float32."""
    seconds = frame["seconds"].to_numpy()
    amounts = frame["TX_AMOUNT"].to_numpy()
    matrix = np.empty((len(seconds), len(FEATURES)), dtype=np.float32)
    matrix[:, 0] = amounts
    # 1970-01-01 was a Thursday.
    matrix[:, 1] = (seconds // DAY + 3) % 7 >= 5
    matrix[:, 2] = seconds % DAY // 3_600 <= 6
    order, start = starts(frame["CUSTOMER_ID"].to_numpy(), seconds)
    sums = prefix(np.rint(amounts[order] * 100))
    after = np.arange(1, len(order) + 1)
    for place, days in enumerate(WINDOWS):
        first = start(days)
        count = after - first
        matrix[order, 3 + 2 * place] = count
        matrix[order, 4 + 2 * place] = (sums[after] - sums[first]) / (100.0 * count)
    order, start = starts(frame["TERMINAL_ID"].to_numpy(), seconds)
    frauds = prefix(frame["TX_FRAUD"].to_numpy()[order])
    end = start(DELAY)
    for place, days in enumerate(WINDOWS):
        first = start(DELAY + days)
        count = end - first
        matrix[order, 9 + 2 * place] = count
        matrix[order, 10 + 2 * place] = (frauds[end] - frauds[first]) / np.maximum(count, 1)
    return matrix


def polars_features(frame):
    """The same with Polars' rolling expressions; of rows in the same second it counts the later ones too (13 rows of the data)."""
    time = pl.from_epoch("seconds", time_unit="s").alias("time")
    one = pl.lit(1, pl.Int32)

    def rolled(values, entity, days):
        return values.rolling_sum_by("time", f"{days}d").over(entity)

    customer, terminal = "CUSTOMER_ID", "TERMINAL_ID"
    base = frame.select(customer, terminal, "TX_AMOUNT", "TX_FRAUD", "seconds", time).with_columns(one.alias("one"))
    counts = {days: rolled(pl.col("one"), terminal, days) for days in (DELAY, *(DELAY + days for days in WINDOWS))}
    frauds = {days: rolled(pl.col("TX_FRAUD").cast(pl.Int32), terminal, days) for days in counts}
    columns = [
        pl.col("TX_AMOUNT").alias("amount"), ((pl.col("seconds") // DAY + 3) % 7 >= 5).alias("weekend"),
        (pl.col("seconds") % DAY // 3_600 <= 6).alias("night"),
    ]
    for days in WINDOWS:
        columns.append(rolled(pl.col("one"), customer, days).alias(f"customer_count_{days}d"))
        columns.append(pl.col("TX_AMOUNT").rolling_mean_by("time", f"{days}d").over(customer).alias(f"customer_mean_{days}d"))
    for days in WINDOWS:
        count = counts[DELAY + days] - counts[DELAY]
        columns.append(count.alias(f"terminal_count_{days}d"))
        risk = (frauds[DELAY + days] - frauds[DELAY]) / count
        columns.append(risk.fill_nan(0).alias(f"terminal_risk_{days}d"))
    return base.select(columns).select(pl.col(FEATURES).cast(pl.Float32)).to_numpy()


def day(text):
    return int(np.datetime64(text, "D").astype(np.int64))


def train(frame, matrix, path):
    days = frame["seconds"].to_numpy() // DAY
    rows = (days >= day("2018-07-25")) & (days <= day("2018-07-31"))
    labels = frame["TX_FRAUD"].to_numpy()[rows]
    data = xgb.DMatrix(matrix[rows], labels, feature_names=list(FEATURES), nthread=options.threads)
    settings = {
        "objective": "binary:logistic", "tree_method": "hist", "max_depth": 3, "eta": 0.1, "base_score": 0.5, "seed": 1,
        "nthread": options.threads,
    }
    xgb.train(settings, data, num_boost_round=100).save_model(path)
    return {"rows": int(rows.sum()), "frauds": int(labels.sum())}


def evaluate(frame, scores):
    """The handbook's test week: without cards that had a fraud in the training week or on any day up to eight days before."""
    days = frame["seconds"].to_numpy() // DAY
    cards, labels = frame["CUSTOMER_ID"].to_numpy(), frame["TX_FRAUD"].to_numpy()
    rows = np.zeros(len(days), dtype=bool)
    for test in range(day("2018-08-08"), day("2018-08-15")):
        known = np.unique(cards[(labels == 1) & (days >= day("2018-07-25")) & (days <= max(day("2018-07-31"), test - 8))])
        rows |= (days == test) & ~np.isin(cards, known)
    scores, labels, cards, days = scores[rows], labels[rows], cards[rows], days[rows]
    found, precisions = set(), []
    for test in np.unique(days):
        best = {}
        for score, label, card in zip(scores[days == test], labels[days == test], cards[days == test]):
            if card not in found:
                before = best.get(card, (0.0, 0))
                best[card] = (max(before[0], score), max(before[1], label))
        top = sorted(best, key=lambda card: (-best[card][0], card))[:100]
        hits = [card for card in top if best[card][1] == 1]
        found.update(hits)
        precisions.append(len(hits) / 100)
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.diff(scores[order], append=-1) != 0)
    hits, taken = np.cumsum(labels[order])[last], last + 1
    misses, steps = taken - hits, np.diff(hits, prepend=0)
    area = np.sum(np.diff(misses, prepend=0) * (hits - steps / 2)) / (hits[-1] * misses[-1])
    precision = np.sum(steps * (hits / taken)) / hits[-1]
    return {
        "rows": len(labels), "frauds": int(labels.sum()), "roc_auc": round(float(area), 4), "average_precision": round(float(precision), 4),
        "card_precision_100": round(float(np.mean(precisions)), 4),
    }


def decide(scores, amounts):
    """The cheapest outcome: clearing costs the amount if fraud, holding 25 if genuine, a review 4; of equal ones the first."""
    costs = np.stack([scores * amounts, (1 - scores) * HOLD_COST, np.full(len(scores), REVIEW_COST)])
    return np.argmin(costs, axis=0)


def contributions(booster, matrix, outcomes):
    """One JSON text for each row that goes to review, in their order."""
    data = xgb.DMatrix(matrix[outcomes == 2], feature_names=list(FEATURES), nthread=options.threads)
    rows = booster.predict(data, pred_contribs=True).tolist()
    return [json.dumps(dict(zip((*FEATURES, "base"), row))) for row in rows]


def write(frame, scores, outcomes, texts, path):
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(
        """CREATE TABLE fraud_scores ("transaction" INTEGER, version INTEGER, run INTEGER, event_time TEXT, score REAL, outcome TEXT,
           late INTEGER, PRIMARY KEY ("transaction", version)) WITHOUT ROWID"""
    )
    connection.execute(
        """CREATE TABLE review_items (id INTEGER PRIMARY KEY, run INTEGER, "transaction" INTEGER, version INTEGER, event_time TEXT,
           score REAL, value INTEGER, currency TEXT, suggested TEXT, contributions TEXT, UNIQUE ("transaction", version))"""
    )
    result = frame.select(
        pl.col("TRANSACTION_ID"),
        (pl.col("TX_DATETIME").str.replace(" ", "T", literal=True) + "Z").alias("time"),
        pl.Series("score", scores.astype(np.float64)),
        pl.Series("outcome", outcomes, dtype=pl.UInt8),
        (pl.col("TX_AMOUNT") * 100).round().cast(pl.Int64).alias("value"),
    )
    items = 0
    for chunk in result.iter_slices(CHUNK):
        numbers, times, values = chunk["TRANSACTION_ID"].to_list(), chunk["time"].to_list(), chunk["score"].to_list()
        names = [OUTCOMES[outcome] for outcome in chunk["outcome"].to_list()]
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "INSERT INTO fraud_scores VALUES (?, 1, 1, ?, ?, ?, 0)", zip(numbers, times, values, names)
        )
        rows = chunk.filter(pl.col("outcome") == 2).select("TRANSACTION_ID", "time", "score", "value")
        connection.executemany(
            """INSERT INTO review_items (run, "transaction", version, event_time, score, value, currency, suggested, contributions)
               VALUES (1, ?, 1, ?, ?, ?, 'EUR', 'review', ?)""",
            (row + (texts[items + place] if texts else None,) for place, row in enumerate(rows.iter_rows())),
        )
        connection.execute("COMMIT")
        items += rows.height
    connection.close()
    return items


def main():
    clock = Clock()
    report = {"threads": options.threads, "windows": options.windows}
    frame = read(options.data)
    clock.lap("read")
    matrix = features(frame) if options.windows == "numpy" else polars_features(frame)
    clock.lap("features")
    report["rows"] = frame.height
    if options.train:
        report["train"] = train(frame, matrix, options.train)
        clock.lap("train")
    else:
        booster = xgb.Booster(model_file=options.evaluate or options.model)
        booster.set_param({"nthread": options.threads})
        scores = booster.inplace_predict(matrix)
        clock.lap("score")
        if options.evaluate:
            report["evaluate"] = evaluate(frame, scores)
            clock.lap("evaluate")
        else:
            outcomes = decide(scores, frame["TX_AMOUNT"].to_numpy())
            report["outcomes"] = {name: int((outcomes == place).sum()) for place, name in enumerate(OUTCOMES)}
            clock.lap("decide")
            if not options.no_write:
                texts = contributions(booster, matrix, outcomes) if options.explain else []
                clock.lap("explain")
                report["review_items"] = write(frame, scores, outcomes, texts, options.database)
                clock.lap("write")
    usage = resource.getrusage(resource.RUSAGE_SELF)
    report["parts"] = clock.parts
    report["cpu_seconds"] = round(usage.ru_utime + usage.ru_stime, 2)
    report["peak_megabytes"] = round(usage.ru_maxrss / 1_024)
    print(json.dumps(report))


main()

"""Measures maintenance jobs beside Polars, numpy and XGBoost, in turn, and prints Markdown tables. Started by run.sh, which says what it takes."""

import gzip
import json
import os
import re
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import measure  # noqa: E402

CMAPSS = os.path.join(measure.SHARED, "maintenance", "cmapss")
PEER = os.path.join(HERE, "peer.py")
SPAN = 1_000
COPIES = [int(count) for count in os.environ.get("BENCH_COPIES", "11 110").split()]


def repeated(folder, copies):
    """FD001 and FD003 again and again, a file a copy: other units, the same readings, `SPAN` cycles later each. Returns the rows.

    The fleet moves on as fleets do: units of earlier copies are gone, and the job forgets them."""
    os.makedirs(folder)
    lines = []
    for offset, name in ((0, "train_FD001.txt.gz"), (100, "train_FD003.txt.gz")):
        with gzip.open(os.path.join(CMAPSS, name), "rt") as file:
            for line in file:
                unit, cycle, rest = line.split(" ", 2)
                lines.append((int(unit) + offset, int(cycle), rest))
    for copy in range(copies):
        with gzip.open(os.path.join(folder, f"{copy:04}.txt.gz"), "wt", compresslevel=6) as file:
            file.writelines(f"{unit + 1_000 * copy} {cycle + SPAN * copy} {rest}" for unit, cycle, rest in lines)
    return len(lines) * copies


def ours(folder, data, model):
    with open(os.path.join(measure.ROOT, "jobs", "cmapss-fd003.yaml")) as file:
        text = file.read()
    text, found = re.subn(r"files: \S+", f"files: {data}/*.txt.gz", text)
    text, kept = re.subn(r"(?m)^results: (\w+)$", r"results: { table: \1, features: false }", text)
    text, ending = re.subn(r"(?m)^( +)horizon: 30$", rf"\1horizon: 30\n\1forget: {SPAN}s", text)
    assert found == kept == ending == 1, "jobs/cmapss-fd003.yaml has changed"
    path = os.path.join(folder, "job.yaml")
    with open(path, "w") as file:
        file.write(text)
    database = os.path.join(folder, "ours.db")

    def start():
        measure.copy_database(model, database)
        return measure.Measured([measure.PROGRAM, "run", path, "--database", database, "--threads", "1", "--quiet"])

    return start


def peer(folder, data, model):
    database = os.path.join(folder, "peer.db")
    files = sorted(os.path.join(data, name) for name in os.listdir(data))

    def start():
        measure.remove_database(database)
        return measure.Measured([sys.executable, PEER, "--model", model, "--database", database, *files])

    return start


def main():
    if not os.path.isdir(CMAPSS):
        sys.exit(f"error: {CMAPSS} is not there. Name the shared data with PIPELINE_SHARED_DATA.")
    folder = tempfile.mkdtemp(prefix="maintenance-bench-")
    try:
        first = os.path.join(folder, "first")
        repeated(first, 1)
        model = os.path.join(folder, "peer-model")
        trained = measure.Measured([sys.executable, PEER, "--train", model, os.path.join(first, "0000.txt.gz")])
        database = os.path.join(folder, "trained.db")
        job = os.path.join(measure.ROOT, "jobs", "cmapss-fd003.yaml")
        own = measure.Measured([measure.PROGRAM, "train", job, "--database", database, "--quiet"])
        print(f"Training (ours learns its norms and intervals from units left out in turn): ours {own.cpu:.1f} CPU s, peer {trained.cpu:.1f}.\n")
        for copies in COPIES:
            data = os.path.join(folder, f"data-{copies}")
            rows = repeated(data, copies)
            cases = {"ours": ours(folder, data, database), "peer": peer(folder, data, model)}
            measured = measure.in_turn(cases)
            assert json.loads(measured["peer"][0].text)["rows"] == rows
            print(f"{rows:,} rows, {copies} files:\n")
            measure.table(
                ["what", "CPU s", "wall s", "peak MB"],
                [
                    [name] + [measure.spread([getattr(run, value) for run in runs], digits) for value, digits in (("cpu", 1), ("wall", 1), ("peak", 0))]
                    for name, runs in measured.items()
                ],
            )
            ratios = [ours_run.cpu / peer_run.cpu for ours_run, peer_run in zip(measured["ours"], measured["peer"])]
            print(f"ours / peer, CPU seconds: {measure.spread(ratios, 2)}\n", flush=True)
            shutil.rmtree(data)
    finally:
        shutil.rmtree(folder)


main()

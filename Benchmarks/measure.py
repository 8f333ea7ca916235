"""Measures `pipeline run` beside its peer, in turn, and prints Markdown tables. Started by run.sh, which says what it takes."""

import datetime
import json
import os
import platform
import re
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
PROGRAM = os.path.join(ROOT, ".build", "release", "pipeline")
PEER = os.path.join(HERE, "peer", "fraud_polars_xgboost.py")
SHARED = os.path.abspath(os.environ.get("PIPELINE_SHARED_DATA") or os.path.join(ROOT, "..", "shared", "data"))
TRANSACTIONS = os.path.join(SHARED, "fraud", "transactions")
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
PARTS = ("write", "no-write", "scale")
# Customers and terminals stay, days grow: state is bounded by what lives in the windows, so memory must not grow with rows.
SCALE = [int(days) for days in os.environ.get("BENCH_DAYS", "60 600").split()]
if os.environ.get("BENCH_100M") == "1":
    SCALE.append(6_000)


class NotMeasurable(Exception):
    """A process did something else than what was to be measured."""


class Measured:
    """One finished process: CPU seconds (user and system), wall seconds, peak resident MB, what it printed."""

    def __init__(self, command):
        self.output = tempfile.TemporaryFile()
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=self.output, stderr=subprocess.PIPE, cwd=ROOT)
        try:
            errors = process.stderr.read()
            # wait4 and not getrusage(RUSAGE_CHILDREN), whose peak is that of all children so far.
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            # Stopped by a signal: no child may go on writing into a folder that is removed next.
            process.kill()
            process.wait()
            raise
        process.returncode = os.waitstatus_to_exitcode(status)
        self.wall = time.perf_counter() - started
        self.cpu = usage.ru_utime + usage.ru_stime
        self.peak = usage.ru_maxrss / 1_024
        if process.returncode != 0:
            sys.exit(f"error: {' '.join(command)} ended with {process.returncode}\n{errors.decode()}")
        self.output.seek(0)
        self.text = self.output.read().decode()


def job(template, folder, name, features, patterns):
    """A copy of a job file of this project with absolute `files:` and its own results setting; returns its path."""
    with open(os.path.join(ROOT, "jobs", template)) as file:
        text = file.read()
    for before, after in patterns.items():
        assert before in text, f"{template} no longer reads {before}"
        text = text.replace(before, after)
    # The name may be followed by a comment.
    text, count = re.subn(
        r"(?m)^results: (\w+).*$", lambda match: f"results: {{ table: {match[1]}, features: {str(features).lower()} }}", text
    )
    assert count == 1, f"{template} has no plain `results: name`"
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(text)
    return path


def remove_database(path):
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(path + suffix):
            os.remove(path + suffix)


def copy_database(source, target):
    """By SQLite's own backup, since a plain copy would miss what is in the -wal file."""
    remove_database(target)
    with sqlite3.connect(source) as origin, sqlite3.connect(target) as copy:
        origin.backup(copy)
    origin.close()
    copy.close()


def middle(values, digits):
    return f"{statistics.median(values):,.{digits}f}"


def spread(values, digits):
    return f"{middle(values, digits)} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


def table(headings, rows):
    print("| " + " | ".join(headings) + " |")
    print("|" + "---|" * len(headings))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print(flush=True)


def in_turn(cases):
    """Runs every case once a round, in turn, so that what else the machine does falls on all alike."""
    measured = {name: [] for name in cases}
    for number in range(ROUNDS):
        for name, start in cases.items():
            result = start()
            measured[name].append(result)
            print(f"round {number + 1}: {name}: {result.cpu:.2f} CPU s, {result.wall:.2f} s", file=sys.stderr)
    return measured


def report(measured, pairs):
    table(
        ["what", "CPU s", "wall s", "peak MB"],
        [
            [name, *(spread([getattr(run, part) for run in runs], digits) for part, digits in (("cpu", 2), ("wall", 2), ("peak", 0)))]
            for name, runs in measured.items()
        ],
    )
    rows = []
    for ours, peer in pairs:
        # Round by round: both ran within the same half minute.
        both = list(zip(measured[ours], measured[peer]))
        rows.append(
            [f"{ours} / {peer}"]
            + [spread([getattr(one, part) / getattr(other, part) for one, other in both], 2) for part in ("cpu", "wall", "peak")]
        )
    table(["ours / peer", "CPU", "wall", "peak"], rows)


class Real:
    """The 106 days of the book's data: trained once by each side, then scored."""

    def __init__(self, folder):
        self.folder = folder
        files = {"../../shared/data/fraud/transactions": TRANSACTIONS}
        self.jobs = {
            False: job("handbook.yaml", folder, "scores.yaml", False, files),
            True: job("handbook.yaml", folder, "features.yaml", True, files),
        }
        self.trained = os.path.join(folder, "trained.db")
        self.model = os.path.join(folder, "peer.ubj")
        options = ["--as-of", "2018-08-08T00:00:00Z", "--database", self.trained, "--quiet"]
        ours = Measured([PROGRAM, "train", self.jobs[False], *options])
        peer = Measured([sys.executable, PEER, "--data", TRANSACTIONS, "--train", self.model])
        both = [f"{name} {run.cpu:.1f} CPU s, {run.peak:.0f} MB" for name, run in (("ours", ours), ("peer", peer))]
        print(f"Training, once, one thread each: {both[0]}; {both[1]}.\n")
        self.said = set()

    def say(self, text):
        if text not in self.said:
            self.said.add(text)
            print(text, file=sys.stderr)

    def ours(self, threads, features=False, write=True):
        database = os.path.join(self.folder, "run.db")
        copy_database(self.trained, database)
        options = ["--threads", str(threads), "--database", database, "--quiet", "--format", "json"]
        result = Measured([PROGRAM, "run", self.jobs[features], *options, *([] if write else ["--no-write"])])
        with sqlite3.connect(database) as connection:
            names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
            rows = connection.execute("SELECT count(*) FROM handbook_scores").fetchone()[0] if "handbook_scores" in names else 0
        connection.close()
        if write != (rows > 0):
            remove_database(database)
            raise NotMeasurable(f"`pipeline run`{'' if write else ' --no-write'} wrote {rows:,} rows")
        self.say(f"ours wrote {rows} rows")
        remove_database(database)
        return result

    def peer(self, threads, windows, write=True, explain=False):
        database = os.path.join(self.folder, "peer.db")
        remove_database(database)
        target = ["--database", database] if write else ["--no-write"]
        target += ["--explain"] if explain else []
        result = Measured(
            [sys.executable, PEER, "--data", TRANSACTIONS, "--model", self.model, "--threads", str(threads), "--windows", windows, *target]
        )
        said = json.loads(result.text)
        self.say(f"peer read {said['rows']} rows, {said.get('review_items', 0)} review items")
        remove_database(database)
        return result


def write_part(real):
    print("### End to end: 106 gzipped days to SQLite\n")
    threads = (1, 2)
    cases = {}
    for count in threads:
        cases[f"ours, threads {count}"] = lambda count=count: real.ours(count)
        cases[f"peer prefix sums, threads {count}"] = lambda count=count: real.peer(count, "numpy")
        cases[f"peer rolling windows, threads {count}"] = lambda count=count: real.peer(count, "polars")
    for count in threads:
        cases[f"ours, features stored too, threads {count}"] = lambda count=count: real.ours(count, features=True)
    cases["peer prefix sums, review items explained too, threads 1"] = lambda: real.peer(1, "numpy", explain=True)
    peers = ("peer prefix sums", "peer rolling windows")
    pairs = [(f"ours, threads {count}", f"{peer}, threads {count}") for count in threads for peer in peers]
    report(in_turn(cases), [*pairs, ("ours, threads 1", "peer prefix sums, review items explained too, threads 1")])


def no_write_part(real):
    print("### Read, features and score, nothing written\n")
    try:
        real.ours(1, write=False)
    except NotMeasurable as reason:
        print(f"Left out: {reason}.\n")
        return
    threads = (1, 2)
    cases = {}
    for count in threads:
        cases[f"ours, threads {count}"] = lambda count=count: real.ours(count, write=False)
        cases[f"peer prefix sums, threads {count}"] = lambda count=count: real.peer(count, "numpy", write=False)
        cases[f"peer rolling windows, threads {count}"] = lambda count=count: real.peer(count, "polars", write=False)
    peers = ("peer prefix sums", "peer rolling windows")
    report(in_turn(cases), [(f"ours, threads {count}", f"{peer}, threads {count}") for count in threads for peer in peers])


def scale_part(folder):
    print("### Scale: 10,000 customers, 2,000 terminals, more days\n")
    trained, rows, speeds = os.path.join(folder, "scale-trained.db"), [], []
    for days in SCALE:
        data, database = os.path.join(folder, "simulated"), os.path.join(folder, "scale.db")
        # Measured: 16 MB of gzip and 125 MB of SQLite a million rows, and as much again while the -wal file grows.
        needed, free = days * 17_000 * 300, shutil.disk_usage(folder).free
        if needed > free:
            print(f"{days} days left out: {free >> 30} GB free, {needed >> 30} GB wanted.\n")
            continue
        options = ["--level", "1", "--customers", "10000", "--terminals", "2000", "--days", str(days), "--start", "2005-01-01"]
        simulated = Measured([PROGRAM, "simulate", "fraud", *options, "--out", data, "--quiet"])
        path = job("fraud.yaml", folder, "scale.yaml", False, {"../sample-data/fraud": data})
        if not os.path.exists(trained):
            Measured([PROGRAM, "train", path, "--as-of", "2005-02-20", "--database", trained, "--quiet"])
        for threads in (1, 2) if days <= 600 else (2,):
            copy_database(trained, database)
            result = Measured([PROGRAM, "run", path, "--database", database, "--threads", str(threads), "--quiet"])
            with sqlite3.connect(database) as connection:
                count = connection.execute("SELECT count(*) FROM fraud_scores").fetchone()[0]
            connection.close()
            size = os.path.getsize(database) / 1e9
            rows.append(
                [f"{days:,}", f"{count:,}", str(threads), f"{result.cpu:,.1f}", f"{result.wall:,.1f}", f"{count / result.wall:,.0f}",
                 f"{1e6 * result.cpu / count:.2f}", f"{result.peak:,.0f}", f"{size:.2f}"]
            )
            print(f"scale {rows[-1]}", file=sys.stderr)
            remove_database(database)
        speeds.append(
            [f"{days:,}", f"{count:,}", f"{simulated.cpu:,.1f}", f"{simulated.wall:,.1f}", f"{count / simulated.wall:,.0f}",
             f"{simulated.peak:,.0f}"]
        )
        shutil.rmtree(data)
    table(["`run`: days", "rows", "threads", "CPU s", "wall s", "rows/s", "CPU µs a row", "peak MB", "database GB"], rows)
    table(["`simulate fraud`: days", "rows", "CPU s", "wall s", "rows/s", "peak MB"], speeds)


def machine():
    """Its class, not its name."""
    model = "unknown processor"
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    load = os.getloadavg()[0]
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GB, Linux, Python {platform.python_version()}; load before {load:.1f}"


def main():
    parts = sys.argv[1:] or list(PARTS)
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        sys.exit(f"error: no part {', '.join(unknown)}. Parts: {', '.join(PARTS)}.")
    here = os.path.isdir(TRANSACTIONS)
    if not here:
        print("The book's data is not here (PIPELINE_SHARED_DATA): only `scale` is measured.\n")
        parts = [part for part in parts if part == "scale"]
    # So that `kill` removes the temporary folder as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    print(f"{datetime.date.today()}; {machine()}; {ROUNDS} rounds in turn: median (least to most).\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="pipeline-bench-") as folder:
        real = Real(folder) if here and ("write" in parts or "no-write" in parts) else None
        if "write" in parts:
            write_part(real)
        if "no-write" in parts:
            no_write_part(real)
        if "scale" in parts:
            scale_part(folder)


if __name__ == "__main__":
    main()

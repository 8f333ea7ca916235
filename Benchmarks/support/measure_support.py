"""Trains jobs/support.yaml, runs it on many messages, and prints CPU seconds. Started by run.sh, which says what it takes."""

import csv
import datetime
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.getcwd()
PROGRAM = os.path.abspath(sys.argv[1])
COUNT = int(os.environ.get("BENCH_MESSAGES", "100000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))


def feed(path):
    with open("sample-data/support/messages.csv", encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    start = datetime.datetime(2026, 5, 1)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        for number in range(COUNT):
            row = list(rows[number % len(rows)])
            row[0], row[1] = 1_000_000 + number, (start + datetime.timedelta(seconds=number)).strftime("%Y-%m-%d %H:%M:%S")
            writer.writerow(row)


def cpu(arguments):
    """CPU seconds (user and system) and peak memory in MB."""
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, arguments
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1_000


with tempfile.TemporaryDirectory() as folder:
    feed(f"{folder}/messages.csv")
    with open("jobs/support.yaml", encoding="utf-8") as file:
        text = re.sub(r"\.\./sample-data", f"{ROOT}/sample-data", file.read())
    for name, messages in (("train", f"{ROOT}/sample-data/support/messages.csv"), ("run", f"{folder}/messages.csv")):
        with open(f"{folder}/{name}.yaml", "w", encoding="utf-8") as file:
            file.write(text.replace(f"{ROOT}/sample-data/support/messages.csv", messages))
    options = ["--quiet"]
    cpu([PROGRAM, "train", f"{folder}/train.yaml", "--database", f"{folder}/trained.db", "--clock", "2026-05-02T00:00:00Z", *options])
    print("| messages | CPU s | messages a CPU second | peak MB |\n|---|---|---|---|")
    for _ in range(ROUNDS):
        for ending in ("", "-wal", "-shm"):
            if os.path.exists(f"{folder}/run.db{ending}"):
                os.remove(f"{folder}/run.db{ending}")
        shutil.copy(f"{folder}/trained.db", f"{folder}/run.db")
        clock = ["--clock", "2026-09-01T00:00:00Z"]
        seconds, peak = cpu([PROGRAM, "run", f"{folder}/run.yaml", "--database", f"{folder}/run.db", *clock, "--threads", "1", *options])
        print(f"| {COUNT:,} | {seconds:.2f} | {COUNT / seconds:,.0f} | {peak:.0f} |")

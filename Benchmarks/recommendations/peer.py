"""What recommendations (Swift) is measured beside: implicit 0.7 and numpy. peer.py als|ease|top FILE [THREADS]; FILE: user,item,time,value."""

import os
import sys
import time

THREADS = int(sys.argv[3]) if len(sys.argv) > 3 else 1
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
import scipy.linalg
import scipy.sparse


def read(path):
    users, items = {}, {}
    rows, columns = [], []
    with open(path) as file:
        next(file)
        for line in file:
            user, item = line.split(",")[:2]
            rows.append(users.setdefault(user, len(users)))
            columns.append(items.setdefault(item, len(items)))
    pairs = scipy.sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=(len(users), len(items)))
    pairs.data[:] = 1
    return pairs


def model(pairs, iterations):
    import implicit.cpu.als

    made = implicit.cpu.als.AlternatingLeastSquares(
        factors=64, regularization=0.01, alpha=10, iterations=iterations, use_cg=True, num_threads=THREADS, random_state=1)
    made.fit(pairs, show_progress=False)
    return made


def als(pairs):
    wall, marks = [], []

    def note(_iteration, seconds, *_):
        wall.append(seconds)
        marks.append(time.process_time())

    import implicit.cpu.als

    made = implicit.cpu.als.AlternatingLeastSquares(
        factors=64, regularization=0.01, alpha=10, iterations=10, use_cg=True, num_threads=THREADS, random_state=1)
    made.fit(pairs, show_progress=False, callback=note)
    cpu = sorted(later - earlier for earlier, later in zip(marks, marks[1:]))
    print(f"implicit als threads {THREADS} factors 64: an epoch {cpu[4]:.4f} CPU s, {sorted(wall[1:])[4]:.4f} s (least {min(wall):.4f})")


def ease(pairs):
    gram = (pairs.T @ pairs).toarray().astype(np.float32)
    gram[np.diag_indices(len(gram))] += 200
    gram = np.asfortranarray(gram)
    started = time.process_time()
    factor, _ = scipy.linalg.lapack.spotrf(gram, lower=1, overwrite_a=1)
    scipy.linalg.lapack.spotri(factor, lower=1, overwrite_c=1)
    print(f"bare inversion of {len(gram)} items: {time.process_time() - started:.4f} CPU s")


def top(pairs):
    made = model(pairs, 2)
    users = np.arange(pairs.shape[0])
    times = []
    for _ in range(5):
        started, cpu = time.perf_counter(), time.process_time()
        made.recommend(users, pairs, N=10, filter_already_liked_items=True)
        times.append((time.process_time() - cpu, time.perf_counter() - started))
    cpu, wall = (int(len(users) / sorted(part)[2]) for part in zip(*times))
    print(f"implicit top 10 threads {THREADS}: {cpu} users a CPU second, {wall} a second, their vectors known")


pairs = read(sys.argv[2])
{"als": als, "ease": ease, "top": top}[sys.argv[1]](pairs)

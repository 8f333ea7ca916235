"""Series a CPU second of statsforecast, and plans a CPU second of stockpyl, on the same series and problems as ours.

peer.py FOLDER m3 ets:40 theta:714 ...    a line `m3 ets 12.3` a model
peer.py FOLDER stock

pip install statsforecast==2.1.1 stockpyl==1.0.2. What numba compiles is compiled before the clock starts.
"""
import sys, time

folder, which, asked = sys.argv[1], sys.argv[2], sys.argv[3:]


def per_second(count, work):
    start, done = time.process_time(), 0
    while True:
        work()
        done += count
        if time.process_time() - start >= 0.5:
            return done / (time.process_time() - start)


if which == "stock":
    from stockpyl.ss import s_s_discrete_exact
    from stockpyl.wagner_whitin import wagner_whitin

    demand = [20 + (i * 37) % 61 for i in range(52)]
    print("stock exact-6", f"{per_second(1, lambda: s_s_discrete_exact(1, 4, 5, True, 6)):.1f}", flush=True)
    print("stock exact-64", f"{per_second(1, lambda: s_s_discrete_exact(1, 9, 64, True, 64)):.1f}", flush=True)
    print("stock wagner-whitin-52", f"{per_second(1, lambda: wagner_whitin(52, 2, 500, demand)):.1f}", flush=True)
    sys.exit()

import pandas as pd
from statsforecast.models import (
    AutoARIMA, AutoCES, AutoETS, CrostonSBA, DynamicOptimizedTheta, MSTL, SeasonalNaive, SimpleExponentialSmoothingOptimized, Theta, TSB)

season, horizon = {"m3": (12, 18), "m4": (24, 48), "car": (12, 12)}[which]
if which == "car":
    table = pd.read_csv(f"{folder}/carparts_dev.csv")
    series = [part.iloc[:, 2].to_numpy(float) for _, part in table.groupby("series_id", sort=False)]
    series = [values[:-12] for values in series if not pd.isna(values).any()]
else:
    table = pd.read_csv(f"{folder}/{'m4_hourly' if which == 'm4' else 'm3_dev'}.csv")
    if which == "m3":
        table = table[table.period == "monthly"]
    series = [part.value.to_numpy(float) for _, part in table[table.part == "train"].groupby("series_id", sort=False)]
models = {
    "seasonal-naive": lambda: SeasonalNaive(season),
    "ses": lambda: SimpleExponentialSmoothingOptimized(),
    "theta": lambda: Theta(season),
    "dynamic-optimised-theta": lambda: DynamicOptimizedTheta(season),
    "ets": lambda: AutoETS(season),
    "ces": lambda: AutoCES(season),
    "arima": lambda: AutoARIMA(season_length=season),
    "mstl": lambda: MSTL([24, 168]),
    "croston-sba": lambda: CrostonSBA(),
    "tsb": lambda: TSB(0.1, 0.1),
}
for pair in asked:
    name, count = pair.split(":")
    model, some = models[name](), series[: int(count)]
    model.forecast(y=some[0], h=horizon)  # compiles

    def work():
        for values in some:
            model.forecast(y=values, h=horizon)

    print(which, name, f"{per_second(len(some), work):.1f}", flush=True)

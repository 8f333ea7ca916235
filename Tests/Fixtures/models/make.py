"""Makes the model files and samples beside it, with xgboost 3.2.0 and lightgbm 4.7.0 (numpy 2.4.6).

python -m venv venv && venv/bin/pip install xgboost==3.2.0 lightgbm==4.7.0 numpy==2.4.6 && venv/bin/python make.py

The rows are made up. Each <name>.csv has the features, the library's `probability`, its `margin` and, as `phi_…`, its contributions.
"""
import json

import lightgbm as lgb
import numpy as np
import xgboost as xgb

NAMES = ["amount", "hour", "count_1d", "ratio"]
rng = np.random.default_rng(7)


def rows(count):
    x = np.column_stack([rng.gamma(2, 40, count), rng.integers(0, 24, count), rng.poisson(3, count), rng.normal(0, 1, count)])
    x = x.astype(np.float32)
    x[rng.random((count, 4)) < 0.2] = np.nan
    z = np.nan_to_num(x[:, 0], nan=90) / 60 + (np.nan_to_num(x[:, 1], nan=2) < 6) * 1.5 + np.isnan(x[:, 3]) * 1.2 - 3
    return x, (rng.random(count) < 1 / (1 + np.exp(-z))).astype(int)


X, Y = rows(3000)
V, W = rows(800)
S, _ = rows(40)


def sample(name, probability, margin, contributions, names=NAMES, data=S):
    head = names + ["probability", "margin"] + ["phi_" + n for n in names] + ["phi_base"]
    with open(name + ".csv", "w") as out:
        out.write(",".join(head) + "\n")
        for row, p, m, phi in zip(data, probability, margin, contributions):
            cells = ["" if np.isnan(v) else repr(float(v)) for v in row]
            out.write(",".join(cells + [repr(float(p)), repr(float(m))] + [repr(float(v)) for v in phi]) + "\n")


def xgboost(name, rounds, trees=None, names=NAMES, valid=False, **more):
    settings = {"objective": "binary:logistic", "seed": 1, "nthread": 1, "eta": 0.3, **more}
    d = xgb.DMatrix(X, label=Y, feature_names=names)
    v = xgb.DMatrix(V, label=W, feature_names=names)
    early = {"evals": [(v, "v")], "early_stopping_rounds": 5, "verbose_eval": False} if valid else {}
    model = xgb.train(settings, d, rounds, **early)
    model.save_model(name + ".json")
    s = xgb.DMatrix(S, feature_names=names)
    upto = (0, model.best_iteration + 1) if valid else (0, 0)
    if valid:
        assert model.best_iteration + 1 < model.num_boosted_rounds(), "nothing was stopped early"
        print(name, "best", model.best_iteration + 1, "of", model.num_boosted_rounds())
    sample(
        name, model.predict(s, iteration_range=upto), model.predict(s, output_margin=True, iteration_range=upto),
        model.predict(s, pred_contribs=True, iteration_range=upto))
    return model


xgboost("xgboost-shallow", 12, max_depth=3)
xgboost("xgboost-deep", 8, max_depth=9, base_score=0.1)
stopped = xgboost("xgboost-stopped", 200, max_depth=4, valid=True)
sample_all = xgb.DMatrix(S, feature_names=NAMES)
sample(
    "xgboost-stopped-all", stopped.predict(sample_all, iteration_range=(0, stopped.num_boosted_rounds())),
    stopped.predict(sample_all, output_margin=True, iteration_range=(0, stopped.num_boosted_rounds())),
    stopped.predict(sample_all, pred_contribs=True, iteration_range=(0, stopped.num_boosted_rounds())))
xgboost("xgboost-nameless", 5, names=None, max_depth=2)


def lightgbm(name, rounds, data=X, test=S, valid=False, names=NAMES, **more):
    settings = {"objective": "binary", "seed": 1, "num_threads": 1, "deterministic": True, "verbose": -1, "min_data_in_leaf": 20, **more}
    d = lgb.Dataset(data, label=Y, feature_name=names)
    early = {"valid_sets": [lgb.Dataset(V, label=W, reference=d)], "callbacks": [lgb.early_stopping(5, verbose=False)]} if valid else {}
    model = lgb.train(settings, d, rounds, **early)
    model.save_model(name + ".txt")
    sample(
        name, model.predict(test), model.predict(test, raw_score=True), model.predict(test, pred_contrib=True), data=test)


Z = np.nan_to_num(X, nan=0)
lightgbm("lightgbm-missing", 12, num_leaves=7)
lightgbm("lightgbm-deep", 6, num_leaves=63, min_data_in_leaf=5, sigmoid=1.5)
lightgbm("lightgbm-stopped", 200, num_leaves=7, valid=True, learning_rate=0.3)
# Trained without missing values, asked with some: they count as 0.
lightgbm("lightgbm-complete", 6, data=Z, num_leaves=5)
lightgbm("lightgbm-zero", 4, num_leaves=5, zero_as_missing=True)

# What must be refused.
C = X.copy()
C[:, 1] = np.nan_to_num(C[:, 1], nan=0)
lgb.train(
    {"objective": "binary", "verbose": -1, "num_threads": 1, "num_leaves": 4, "min_data_per_group": 10, "cat_smooth": 1},
    lgb.Dataset(C, label=Y, feature_name=NAMES, categorical_feature=[1]), 3).save_model("lightgbm-categorical.txt")
lgb.train(
    {"objective": "regression", "verbose": -1, "num_threads": 1, "num_leaves": 4},
    lgb.Dataset(X, label=Y, feature_name=NAMES), 2).save_model("lightgbm-regression.txt")
cat = xgb.DMatrix(C, label=Y, feature_names=NAMES, feature_types=["q", "c", "q", "q"], enable_categorical=True)
xgb.train({"objective": "binary:logistic", "max_depth": 2, "tree_method": "hist", "max_cat_to_onehot": 1}, cat, 2).save_model("xgboost-categorical.json")
xgb.train({"objective": "reg:squarederror", "max_depth": 2}, xgb.DMatrix(X, label=Y, feature_names=NAMES), 2).save_model(
    "xgboost-regression.json")
xgb.train({"objective": "binary:logistic", "booster": "dart", "max_depth": 2}, xgb.DMatrix(X, label=Y, feature_names=NAMES), 2).save_model(
    "xgboost-dart.json")

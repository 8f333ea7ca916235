# Sourced: sets `python` to one that has numpy, Polars and XGBoost, installed apart from the system's where they are missing.
python=${PYTHON:-python3}
if ! "$python" -c 'import numpy, polars, xgboost' 2>/dev/null; then
    # .build is in no commit.
    python=.build/bench-venv/bin/python3
    if [[ ! -x $python ]] || ! "$python" -c 'import numpy, polars, xgboost' 2>/dev/null; then
        echo "Installing the peer's libraries into .build/bench-venv ..." >&2
        python3 -m venv .build/bench-venv
        .build/bench-venv/bin/pip install --quiet -r Benchmarks/peer/requirements.txt
    fi
fi

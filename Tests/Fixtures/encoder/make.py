"""Writes a tiny BERT encoder of random weights, and the vectors that a second implementation (numpy) computes with it."""

import json, os, struct, unicodedata

import numpy as np
from scipy.special import erf

out = os.path.dirname(os.path.abspath(__file__)) + "/"
r = np.random.default_rng(7)
H, L, A, I, P = 16, 2, 4, 24, 16
vocab = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "the",
    "card",
    "##s",
    "lost",
    "cafe",
    "!",
    "-",
    "##un",
    "un",
    "##known",
    "known",
    "a",
    "失",
    "失く",
    "く",
    "し",
    "##し",
    "た",
    "my",
    "i",
]
V = {w: i for i, w in enumerate(vocab)}


def punct(c):
    o = ord(c)
    return 33 <= o <= 47 or 58 <= o <= 64 or 91 <= o <= 96 or 123 <= o <= 126 or unicodedata.category(c).startswith("P")


def cjk(o):
    return (
        0x4E00 <= o <= 0x9FFF
        or 0x3400 <= o <= 0x4DBF
        or 0x20000 <= o <= 0x2A6DF
        or 0x2A700 <= o <= 0x2CEAF
        or 0xF900 <= o <= 0xFAFF
        or 0x2F800 <= o <= 0x2FA1F
    )


def tokens(t):
    s = ""
    for c in t:
        o = ord(c)
        if o == 0 or o == 0xFFFD or (unicodedata.category(c).startswith("C") and c not in "\t\n\r"):
            continue
        s += " " if c.isspace() else (" " + c + " " if cjk(o) else c)
    s = "".join(c for c in unicodedata.normalize("NFD", s.lower()) if unicodedata.category(c) != "Mn")
    words = []
    for w in s.split():
        cur = ""
        for c in w:
            if punct(c):
                if cur:
                    words.append(cur)
                words.append(c)
                cur = ""
            else:
                cur += c
        if cur:
            words.append(cur)
    out = [101]
    for w in words:
        if len(w) > 100:
            out.append(100)
            continue
        i = 0
        p = []
        while i < len(w):
            j = len(w)
            while j > i and (w[i:j] if i == 0 else "##" + w[i:j]) not in V:
                j -= 1
            if j == i:
                p = [100]
                break
            p.append(V[w[i:j] if i == 0 else "##" + w[i:j]])
            i = j
        out += p
    return out[:255] + [102]


T = {}


def t(n, *s, scale=0.4):
    T[n] = (r.standard_normal(s) * scale).astype(np.float32)


t("embeddings.word_embeddings.weight", len(vocab), H, scale=1)
t("embeddings.position_embeddings.weight", P, H)
t("embeddings.token_type_embeddings.weight", 2, H)


def ln(n):
    T[n + ".weight"] = (1 + 0.2 * r.standard_normal(H)).astype(np.float32)
    t(n + ".bias", H)


ln("embeddings.LayerNorm")
for l in range(L):
    p = f"encoder.layer.{l}."
    for x in ("query", "key", "value"):
        t(p + "attention.self." + x + ".weight", H, H)
        t(p + "attention.self." + x + ".bias", H)
    t(p + "attention.output.dense.weight", H, H)
    t(p + "attention.output.dense.bias", H)
    ln(p + "attention.output.LayerNorm")
    t(p + "intermediate.dense.weight", I, H)
    t(p + "intermediate.dense.bias", I)
    t(p + "output.dense.weight", H, I)
    t(p + "output.dense.bias", H)
    ln(p + "output.LayerNorm")
head = {}
body = b""
for n, v in T.items():
    b = v.tobytes()
    head[n] = {"dtype": "F32", "shape": list(v.shape), "data_offsets": [len(body), len(body) + len(b)]}
    body += b
h = json.dumps(head).encode()
h += b" " * (-len(h) % 8)
open(out + "model.safetensors", "wb").write(struct.pack("<Q", len(h)) + h + body)
json.dump(
    dict(
        model_type="bert",
        hidden_act="gelu",
        hidden_size=H,
        num_hidden_layers=L,
        num_attention_heads=A,
        intermediate_size=I,
        max_position_embeddings=P,
        vocab_size=len(vocab),
        type_vocab_size=2,
        layer_norm_eps=1e-12,
    ),
    open(out + "config.json", "w"),
)
json.dump(
    dict(
        normalizer=dict(type="BertNormalizer", lowercase=True),
        model=dict(type="WordPiece", unk_token="[UNK]", continuing_subword_prefix="##", vocab=V),
    ),
    open(out + "tokenizer.json", "w"),
    ensure_ascii=False,
)
json.dump(dict(pooling_mode_cls_token=False, pooling_mode_mean_tokens=True), open(out + "1_Pooling/config.json", "w"))


def N(x, p):
    m = x.mean(-1, keepdims=True)
    v = ((x - m) ** 2).mean(-1, keepdims=True)
    return (x - m) / np.sqrt(v + 1e-12) * T[p + ".weight"] + T[p + ".bias"]


def lin(x, p):
    return x @ T[p + ".weight"].T + T[p + ".bias"]


def enc(ids, cls=False):
    n = len(ids)
    x = N(
        T["embeddings.word_embeddings.weight"][ids]
        + T["embeddings.position_embeddings.weight"][:n]
        + T["embeddings.token_type_embeddings.weight"][0],
        "embeddings.LayerNorm",
    )
    d = H // A
    for l in range(L):
        p = f"encoder.layer.{l}."
        q, k, v = [
            lin(x, p + "attention.self." + z).reshape(n, A, d).transpose(1, 0, 2) for z in ("query", "key", "value")
        ]
        s = q @ k.transpose(0, 2, 1) / d**0.5
        s = np.exp(s - s.max(-1, keepdims=True))
        s /= s.sum(-1, keepdims=True)
        x = N(
            x + lin((s @ v).transpose(1, 0, 2).reshape(n, H), p + "attention.output.dense"),
            p + "attention.output.LayerNorm",
        )
        g = lin(x, p + "intermediate.dense")
        g = g * 0.5 * (1 + erf(g / 2**0.5))
        x = N(x + lin(g, p + "output.dense"), p + "output.LayerNorm")
    e = x[0] if cls else x.mean(0)
    return e / np.linalg.norm(e)


def ids(text):
    o = tokens(text)
    m = {100: 1, 101: 2, 102: 3}
    body = [V_ if V_ not in m else m[V_] for V_ in o]
    return body[: P - 1] + [3] if len(body) > P else body


rows = []
for text in [
    "",
    "I lost my cards!",
    "the Café-card",
    "unknown zebra",
    "カード 失くした",
    "a a a a a a a a a a a a a a a a a a a a",
]:
    i = ids(text)
    rows.append(dict(text=text, pieces=[int(x) for x in i], vector=[float(np.float32(v)) for v in enc(np.array(i))]))
json.dump(rows, open(out + "vectors.json", "w"), ensure_ascii=False, indent=0)
for x in rows:
    print(x["text"], [vocab[j] for j in x["pieces"]])

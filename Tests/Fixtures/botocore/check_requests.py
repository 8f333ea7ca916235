"""Holds recorded requests against botocore: python3 check_requests.py ACCESS_KEY SECRET_KEY REGION < requests.jsonl

For each line: the operation is found by method and path of the service model, the body is parsed and validated by botocore's own validator
(unknown members are findings too), and the signature is computed anew by botocore's signer over what came over the wire.
"""

import json
import re
import sys
from datetime import datetime, timezone
from urllib.parse import unquote

import botocore.auth
import botocore.loaders
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

ACCESS, SECRET, REGION = sys.argv[1:4]
LOADER = botocore.loaders.Loader()


def unknown_members(value, shape, place):
    if shape.type_name == "structure" and not getattr(shape, "is_document_type", False) and isinstance(value, dict):
        for name, inner in value.items():
            if name not in shape.members:
                yield f"{place}.{name} is no member of {shape.name}"
            else:
                yield from unknown_members(inner, shape.members[name], f"{place}.{name}")
    elif shape.type_name == "list" and isinstance(value, list):
        for at, inner in enumerate(value):
            yield from unknown_members(inner, shape.member, f"{place}[{at}]")


def operation(service, method, path):
    for name in service.operation_names:
        model = service.operation_model(name)
        uri = model.http["requestUri"].split("?")[0]
        # A label takes no slash: what holds one must have come encoded.
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(uri))
        found = re.fullmatch(pattern, path)
        if found and model.http["method"] == method:
            return model, {key: unquote(text) for key, text in found.groupdict().items()}
    return None, {}


def check_shape(record):
    service = ServiceModel(LOADER.load_service_model(record["service"], "service-2"))
    path = record["target"].split("?")[0]
    if re.search(r"[^A-Za-z0-9/._~%-]", path):
        return None, [f"path {path} is not encoded"]
    model, params = operation(service, record["method"], path)
    if model is None:
        return None, [f"no operation for {record['method']} {path}"]
    headers = {name.lower(): value for name, value in record["headers"]}
    findings = []
    for name, member in model.input_shape.members.items():
        if member.serialization.get("location") == "header" and member.serialization["name"].lower() in headers:
            params[name] = headers[member.serialization["name"].lower()]
    payload = model.input_shape.serialization.get("payload")
    if payload:
        params[payload] = record["body"].encode()
    elif record["body"]:
        body = json.loads(record["body"])
        findings += unknown_members(body, model.input_shape, "body")
        params.update(body)
    report = ParamValidator().validate(params, model.input_shape)
    if report.has_errors():
        findings.append(report.generate_report())
    for name, value in params.items():
        pattern = model.input_shape.members[name].metadata.get("pattern") if name in model.input_shape.members else None
        if pattern and isinstance(value, str) and not re.fullmatch(pattern, value):
            findings.append(f"{name} {value} does not match {pattern}")
    if record["body"] and headers.get("content-type") != "application/json":
        findings.append(f"content-type {headers.get('content-type')}")
    return model.name, findings


def check_signature(record):
    headers = {name.lower(): value for name, value in record["headers"]}
    given = re.search(r"SignedHeaders=([^,]+), Signature=([0-9a-f]+)", headers.get("authorization", ""))
    if not given:
        return ["no signature"]
    signed = {name: headers[name] for name in given.group(1).split(";")}
    s3 = record["service"] == "s3"
    auth = (botocore.auth.S3SigV4Auth if s3 else botocore.auth.SigV4Auth)(
        Credentials(ACCESS, SECRET), "s3" if s3 else "bedrock", REGION)
    request = AWSRequest(
        method=record["method"], url=f"http://{headers['host']}{record['target']}", headers=signed, data=record["body"].encode())
    request.context["timestamp"] = headers["x-amz-date"]
    # botocore signs every header of a request but these three of its own choice: here only what was signed is left.
    canonical = auth.canonical_request(request)
    signature = auth.signature(auth.string_to_sign(request, canonical), request)
    age = datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    return [] if signature == given.group(2) else [f"signature differs, signed at {age}; canonical request:\n{canonical}"]


bad = 0
for line in sys.stdin:
    if not line.strip():
        continue
    record = json.loads(line)
    name, findings = ("s3", []) if record["service"] == "s3" else check_shape(record)
    findings = findings + check_signature(record)
    for finding in findings:
        print(f"{name}: {finding}")
    bad += bool(findings)
    if not findings:
        print(f"ok {name}")
sys.exit(1 if bad else 0)

#!/usr/bin/env python3
"""Verifies the vectors beside it by docs/receipts.md alone: it shares nothing with the Rust code.

Usage: verify.py [FILE]; needs Python 3.11 and the package `cryptography`. Exit status 0 if every vector is what the
file says of it.
"""

import hashlib
import sys
import tomllib
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

DOMAIN = b"cairn receipt v2\0"

# The tables of docs/receipts.md: tag, name, type.
RECEIPT = [
    (1, "version", "uint"), (2, "perspective", "text"), (3, "rir", "text"), (4, "software", "text"),
    (5, "thumbprint", "octets"), (6, "account_uri", "text"), (7, "identifier_type", "text"),
    (8, "identifier_value", "text"), (9, "wildcard", "uint"), (10, "method", "text"), (11, "proof", "message"),
    (12, "caa", "message"), (13, "refused", "text"), (14, "resolver", "text"), (15, "started_ms", "uint"),
    (16, "finished_ms", "uint"), (17, "attempt", "octets"),
]
PROOF = [
    (1, "token_sha256", "octets"), (2, "key_authorization_sha256", "octets"), (3, "resolved", "texts"),
    (4, "contacted", "texts"), (5, "redirects", "texts"), (6, "matched", "text"), (7, "dnssec", "text"),
    (8, "valid_until_ms", "optional"),
]
CAA = [
    (1, "checked_ms", "uint"), (2, "verdict", "text"), (3, "found_at", "text"), (4, "records", "texts"),
    (5, "dnssec", "text"),
]
SIGNED = [(1, "key_id", "octets"), (2, "receipt", "octets"), (3, "signature", "octets")]
INSIDE = {"proof": PROOF, "caa": CAA}


def varint(number):
    """Base 128, least significant group first; a negative number as 64 bits of two's complement."""
    number &= (1 << 64) - 1
    octets = bytearray()
    while number > 0x7F:
        octets.append(number & 0x7F | 0x80)
        number >>= 7
    octets.append(number)
    return bytes(octets)


def field(tag, octets):
    return varint(tag << 3 | 2) + varint(len(octets)) + octets


def encode(table, values):
    out = b""
    for tag, name, kind in table:
        value = values.get(name)
        if kind == "message":
            if value is not None:
                out += field(tag, encode(INSIDE[name], value))
        elif kind == "optional":
            if value is not None:
                out += varint(tag << 3) + varint(value)
        elif not value:
            continue
        elif kind == "uint":
            out += varint(tag << 3) + varint(int(value))
        elif kind == "texts":
            out += b"".join(field(tag, text.encode()) for text in value)
        elif kind == "octets":
            out += field(tag, value if isinstance(value, bytes) else bytes.fromhex(value))
        else:
            out += field(tag, value.encode())
    return out


def split(octets):
    """The three fields of an envelope; refuses anything else."""
    parts, at = {}, 0
    for tag, name, _ in SIGNED:
        if octets[at:at + 1] != varint(tag << 3 | 2):
            raise ValueError(f"no field {name}")
        at, length, shift = at + 1, 0, 0
        while True:
            octet = octets[at]
            length |= (octet & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if octet < 0x80:
                break
        parts[name] = octets[at:at + length]
        at += length
    if encode(SIGNED, parts) != octets:
        raise ValueError("the envelope is not canonical")
    return parts


def is_signed(key, receipt, signature):
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, DOMAIN + receipt)
        else:
            key.verify(signature, DOMAIN + receipt, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def main():
    beside = Path(__file__).resolve().parent / "receipts-v2.toml"
    vectors = tomllib.loads((Path(sys.argv[1]) if len(sys.argv) > 1 else beside).read_text())
    faults = 0
    for vector in vectors["vector"]:
        parts = split(bytes.fromhex(vector["signed"].replace("\n", "")))
        key = serialization.load_pem_public_key(vector["public_key"].encode())
        spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        checks = {
            "key id": parts["key_id"] == hashlib.sha256(spki).digest(),
            "encoding": parts["receipt"] == encode(RECEIPT, {"version": 2, **vector["receipt"]}),
            "signature": is_signed(key, parts["receipt"], parts["signature"]) == vector["authentic"],
        }
        wrong = [name for name, right in checks.items() if not right]
        faults += len(wrong)
        print(vector["name"], "WRONG: " + ", ".join(wrong) if wrong else "ok", sep=": ")
    print(f"{len(vectors['vector'])} vectors")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Makes the token vectors beside this file: keys.json, positive.json, hostile.json.

Needs joserfc and jwcrypto from PyPI. Run it in this folder; see README.md for what is in the files.
"""
import base64
import contextlib
import functools
import hashlib
import hmac
import json
import os

import joserfc.jwe
import jwcrypto.jwa
import jwcrypto.jwe
import jwcrypto.jwk
from cryptography.hazmat.primitives import hashes, padding as blocks, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from joserfc.jwk import RSAKey

PLAINTEXT = b'{"user":{"email":"someone@example.com"},"requestRefId":"r-1"}'
ENCS = ["A128GCM", "A192GCM", "A256GCM", "A128CBC-HS256"]
CEK_BYTES = {"A128GCM": 16, "A192GCM": 24, "A256GCM": 32, "A128CBC-HS256": 32}


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


# Keys

KEYS = {name: rsa.generate_private_key(65537, bits)
        for name, bits in [("rsa2048", 2048), ("rsa3072", 3072), ("rsa4096", 4096), ("other2048", 2048)]}


def pem(name):
    return KEYS[name].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def kid(name):
    spki = KEYS[name].public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).hexdigest()


# The two independent implementations

@functools.cache
def joserfc_key(name):
    return RSAKey.import_key(pem(name))


@functools.cache
def jwcrypto_key(name):
    return jwcrypto.jwk.JWK.from_pem(pem(name))


def joserfc_encrypt(key, header, plaintext, iv_bytes=None):
    with joserfc_iv(header["enc"], iv_bytes):
        return joserfc.jwe.encrypt_compact(
            header, plaintext, joserfc_key(key), registry=joserfc_registry())


@contextlib.contextmanager
def joserfc_iv(enc, iv_bytes):
    """joserfc knows one IV length for each cipher; Mastercard's libraries use 16 bytes with GCM too."""
    model = joserfc.jwe.JWERegistry.algorithms["enc"][enc]
    usual = model.iv_size
    model.iv_size = iv_bytes * 8 if iv_bytes else usual
    try:
        yield
    finally:
        model.iv_size = usual


def joserfc_registry():
    registry = joserfc.jwe.JWERegistry(algorithms=["RSA-OAEP-256", *ENCS], strict_check_header=False)
    for limit in ["max_header_length", "max_ciphertext_length", "max_protected_header_length"]:
        if hasattr(registry, limit):
            setattr(registry, limit, 1 << 22)
    return registry


def joserfc_decrypt(key, token):
    header, _, iv = token.split(".")[:3]
    with joserfc_iv(json.loads(unb64(header))["enc"], len(unb64(iv))):
        return joserfc.jwe.decrypt_compact(token, joserfc_key(key), registry=joserfc_registry()).plaintext


def jwcrypto_encrypt(key, header, plaintext, iv_bytes=None):
    """`header` may be the text of the header, which jwcrypto then uses as it stands."""
    usual = jwcrypto.jwa._randombits
    if iv_bytes:
        jwcrypto.jwa._randombits = lambda bits: usual(iv_bytes * 8 if bits == 96 else bits)
    try:
        token = jwcrypto.jwe.JWE(
            plaintext, protected=header if isinstance(header, str) else json.dumps(header, separators=(",", ":")))
        token.add_recipient(jwcrypto_key(key))
        return token.serialize(compact=True)
    finally:
        jwcrypto.jwa._randombits = usual


def jwcrypto_decrypt(key, token):
    opened = jwcrypto.jwe.JWE()
    opened.deserialize(token, key=jwcrypto_key(key))
    return opened.payload


# Good tokens

positives = []


def positive(name, made_by, key, token, plaintext, plain_header=True):
    header = json.loads(unb64(token.split(".")[0]))
    # joserfc rebuilds the header before it checks the tag, and fails where that changes a byte.
    assert not plain_header or joserfc_decrypt(key, token) == plaintext, name
    # jwcrypto takes an empty plaintext for a failure.
    assert not plaintext or jwcrypto_decrypt(key, token) == plaintext, name
    vector = {"name": name, "made_by": made_by, "key": key, "enc": header["enc"], "token": token,
              "plaintext_sha256": hashlib.sha256(plaintext).hexdigest(), "plaintext_bytes": len(plaintext)}
    if len(plaintext) <= 1024:
        vector["plaintext"] = b64(plaintext)
    positives.append(vector)


def standard_header(key, enc):
    return {"alg": "RSA-OAEP-256", "enc": enc, "cty": "application/json", "kid": kid(key)}


LIBRARIES = {"joserfc": joserfc_encrypt, "jwcrypto": jwcrypto_encrypt}

for library, encrypt in LIBRARIES.items():
    for enc in ENCS:
        for key in ["rsa2048", "rsa3072", "rsa4096"]:
            positive(f"{library}/{enc}/{key}", library, key,
                     encrypt(key, standard_header(key, enc), PLAINTEXT), PLAINTEXT)
        positive(f"{library}/{enc}/empty", library, "rsa2048",
                 encrypt("rsa2048", standard_header("rsa2048", enc), b""), b"")
        for size in [1, 15, 16, 17, 31, 32, 33]:
            data = os.urandom(size)
            positive(f"{library}/{enc}/{size}-bytes", library, "rsa2048",
                     encrypt("rsa2048", {"alg": "RSA-OAEP-256", "enc": enc}, data), data)
        if enc.endswith("GCM"):
            positive(f"{library}/{enc}/iv16", library, "rsa2048",
                     encrypt("rsa2048", standard_header("rsa2048", enc), PLAINTEXT, iv_bytes=16), PLAINTEXT)
    for enc in ["A256GCM", "A128CBC-HS256"]:
        large = os.urandom(65_537)
        positive(f"{library}/{enc}/large", library, "rsa2048",
                 encrypt("rsa2048", standard_header("rsa2048", enc), large), large)
    every_byte = bytes(range(256))
    positive(f"{library}/A256GCM/not-json", library, "rsa2048",
             encrypt("rsa2048", {"alg": "RSA-OAEP-256", "enc": "A256GCM"}, every_byte), every_byte)
    positive(f"{library}/header-order", library, "rsa2048", encrypt(
        "rsa2048", {"kid": "k", "cty": "application/json", "enc": "A256GCM", "alg": "RSA-OAEP-256"}, PLAINTEXT),
        PLAINTEXT)
    positive(f"{library}/header-foreign-kid", library, "rsa2048", encrypt(
        "rsa2048", {"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": "not this key"}, PLAINTEXT), PLAINTEXT)
    positive(f"{library}/header-unknown-members", library, "rsa2048", encrypt(
        "rsa2048", {"alg": "RSA-OAEP-256", "enc": "A256GCM", "iat": 1700000000, "typ": "JOSE", "x": {"y": [1]}},
        PLAINTEXT), PLAINTEXT)

for name, text in {
    "spaces": '{ "alg" : "RSA-OAEP-256", "enc" : "A256GCM" }',
    "crlf": '{\r\n  "alg": "RSA-OAEP-256",\r\n  "enc": "A256GCM",\r\n  "cty": "application/json"\r\n}',
    "tabs-around": '\t{"alg":"RSA-OAEP-256","enc":"A256GCM"}\n\n',
    "escaped-slash": '{"cty":"application\\/json","enc":"A256GCM","alg":"RSA-OAEP-256"}',
    "escaped-letters": '{"al\\u0067":"RSA\\u002dOAEP-256","enc":"\\u0041256GCM"}',
    "beyond-ascii": '{"alg":"RSA-OAEP-256","enc":"A256GCM","kid":"Schlüssel 鍵"}',
}.items():
    positive(f"jwcrypto/header-{name}", "jwcrypto", "rsa2048", jwcrypto_encrypt("rsa2048", text, PLAINTEXT), PLAINTEXT,
             plain_header=False)


# Hostile tokens: forged part by part, so that each breaks one rule and would open otherwise

hostile = []


def refuse(name, expected, token, key="rsa2048"):
    """`expected`: which error; `token`: text, or bytes where it is no text."""
    vector = {"name": name, "key": key, "expected": expected}
    if isinstance(token, bytes):
        vector["token_bytes"] = b64(token)
    else:
        vector["token"] = token
    hostile.append(vector)


def oaep(algorithm=hashes.SHA256(), mgf=hashes.SHA256(), label=None):
    return padding.OAEP(mgf=padding.MGF1(mgf), algorithm=algorithm, label=label)


def forge(header='{"alg":"RSA-OAEP-256","enc":"A256GCM"}', enc="A256GCM", cek=None, iv=None, plaintext=PLAINTEXT,
          aad=None, wrapping=None, encrypted_key=None, key="rsa2048", tag_bytes=16, split=False, **cbc):
    header_segment = b64(header if isinstance(header, bytes) else header.encode())
    aad = header_segment.encode() if aad is None else aad
    cek = os.urandom(CEK_BYTES[enc]) if cek is None else cek
    iv = os.urandom(16 if "CBC" in enc else 12) if iv is None else iv
    if encrypted_key is None:
        encrypted_key = KEYS[key].public_key().encrypt(cek, wrapping or oaep())
    content_key = cek if len(cek) in (16, 24, 32) else os.urandom(CEK_BYTES[enc])
    seal = seal_cbc if "CBC" in enc else seal_gcm
    ciphertext, tag = seal(content_key, iv, plaintext, aad, tag_bytes, **cbc)
    segments = [header_segment, b64(encrypted_key), b64(iv), b64(ciphertext), b64(tag)]
    return segments if split else ".".join(segments)


def seal_gcm(key, iv, plaintext, aad, tag_bytes):
    if len(iv) < 8:  # the library takes no shorter one; such a token is refused before its tag matters
        return os.urandom(len(plaintext)), os.urandom(tag_bytes)
    sealer = Cipher(algorithms.AES(key), modes.GCM(iv)).encryptor()
    sealer.authenticate_additional_data(aad)
    ciphertext = sealer.update(plaintext) + sealer.finalize()
    return ciphertext, (sealer.tag + os.urandom(16))[:tag_bytes]


def seal_cbc(key, iv, plaintext, aad, tag_bytes, halves=(0, 16), tag_from=0, length=None, raw=None, pad=True):
    mac_key, content_key = key[halves[0]:halves[0] + 16], key[halves[1]:halves[1] + 16]
    if raw is None:
        padder = blocks.PKCS7(128).padder()
        padded = padder.update(plaintext) + padder.finalize() if pad else plaintext
        sealer = Cipher(algorithms.AES(content_key), modes.CBC(iv if len(iv) == 16 else bytes(16))).encryptor()
        raw = sealer.update(padded) + sealer.finalize()
    bits = (len(aad) * 8 if length is None else length).to_bytes(8, "big")
    code = hmac.new(mac_key, aad + iv + raw + bits, hashlib.sha256).digest()
    return raw, code[tag_from:tag_from + tag_bytes]


# What forge makes is good unless told otherwise.
for enc in ENCS:
    good = forge(header='{"alg":"RSA-OAEP-256","enc":"%s"}' % enc, enc=enc)
    assert joserfc_decrypt("rsa2048", good) == PLAINTEXT and jwcrypto_decrypt("rsa2048", good) == PLAINTEXT

# Parts
good = forge(split=True)
whole = ".".join(good)
refuse("parts/none", "malformed", "")
refuse("parts/one", "malformed", good[0])
refuse("parts/three", "malformed", ".".join(good[:3]))
refuse("parts/four", "malformed", ".".join(good[:4]))
refuse("parts/six", "malformed", whole + "." + good[4])
refuse("parts/six-last-empty", "malformed", whole + ".")
refuse("parts/leading-dot", "malformed", "." + whole)
refuse("parts/only-dots", "malformed", "....")
refuse("parts/json-serialisation", "malformed", json.dumps(
    dict(zip(["protected", "encrypted_key", "iv", "ciphertext", "tag"], good))))
refuse("parts/space-before", "malformed", " " + whole)
refuse("parts/line-feed-after", "malformed", whole + "\n")
refuse("parts/other-separator", "malformed", ":".join(good))

# Base64url
SEGMENTS = ["header", "encrypted-key", "iv", "ciphertext", "tag"]
# 16 bytes of IV, and plaintext and header of lengths that leave bits over, so that each segment has some
loose = forge(header='{"alg":"RSA-OAEP-256","enc":"A256GCM" }', iv=os.urandom(16), plaintext=PLAINTEXT + b"  ",
              split=True)
loose_enough = forge(header='{"alg":"RSA-OAEP-256","enc":"A256GCM"}  ', iv=os.urandom(16), plaintext=b"1234",
                     split=True)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
for index, segment in enumerate(SEGMENTS):
    for kind, change in {
        "padded": lambda s: s + "=" * (-len(s) % 4 or 4),
        "plus": lambda s: s[:4] + "+" + s[5:],
        "slash": lambda s: s[:4] + "/" + s[5:],
        "line-feed-within": lambda s: s[:4] + "\n" + s[4:],
        "space-within": lambda s: s[:4] + " " + s[4:],
        "space-instead": lambda s: s[:4] + " " + s[5:],
        "nul-within": lambda s: s[:4] + "\0" + s[5:],
        "beyond-ascii": lambda s: s[:4] + "é" + s[5:],
        "percent-encoded": lambda s: s[:4] + "%41" + s[5:],
    }.items():
        parts = list(loose)
        parts[index] = change(parts[index])
        refuse(f"base64url/{kind}/{segment}", "malformed", ".".join(parts))
    parts = list(loose)
    parts[index] = parts[index][:len(parts[index]) // 4 * 4] + "A"
    refuse(f"base64url/impossible-length/{segment}", "malformed", ".".join(parts))
    source = loose if len(loose[index]) % 4 else loose_enough
    if len(source[index]) % 4:
        parts = list(source)
        last = LETTERS.index(parts[index][-1])
        parts[index] = parts[index][:-1] + LETTERS[last + 1]
        assert unb64(parts[index]) == unb64(source[index])
        refuse(f"base64url/stray-bits/{segment}", "malformed", ".".join(parts))
assert sum(v["name"].startswith("base64url/stray-bits") for v in hostile) == 5

# Header
ALG, ENC = '"alg":"RSA-OAEP-256"', '"enc":"A256GCM"'
for name, text in {
    "empty": "", "array": "[%s]" % '"alg"', "string": '"alg"', "number": "1", "null": "null", "empty-object": "{}",
    "not-json": "alg=RSA-OAEP-256", "truncated": "{%s,%s" % (ALG, ENC), "trailing": "{%s,%s}x" % (ALG, ENC),
    "two-objects": "{%s,%s}{}" % (ALG, ENC), "comma-at-end": "{%s,%s,}" % (ALG, ENC),
    "single-quotes": "{'alg':'RSA-OAEP-256','enc':'A256GCM'}", "comment": "{%s,/* */%s}" % (ALG, ENC),
    "bom": b"\xef\xbb\xbf" + ("{%s,%s}" % (ALG, ENC)).encode(),
    "utf-16": ("{%s,%s}" % (ALG, ENC)).encode("utf-16-le"),
    "invalid-utf-8": ('{%s,%s,"kid":"' % (ALG, ENC)).encode() + b'\xff"}',
    "overlong-utf-8": ('{%s,%s,"kid":"' % (ALG, ENC)).encode() + b'\xc0\xaf"}',
    "cut-utf-8": ('{%s,%s,"kid":"' % (ALG, ENC)).encode() + b'\xc3"}',
    "lone-surrogate": '{%s,%s,"kid":"\\ud800"}' % (ALG, ENC),
    "control-character": '{%s,%s,"kid":"\x01"}' % (ALG, ENC),
    "twice-alg": "{%s,%s,%s}" % (ALG, ENC, ALG), "twice-alg-other-first": '{"alg":"none",%s,%s}' % (ALG, ENC),
    "twice-enc": "{%s,%s,%s}" % (ALG, ENC, ENC), "twice-kid": '{%s,%s,"kid":"a","kid":"b"}' % (ALG, ENC),
    "twice-alg-escaped": '{%s,%s,"al\\u0067":"RSA-OAEP-256"}' % (ALG, ENC),
    "twice-within": '{%s,%s,"x":{"y":1,"y":1}}' % (ALG, ENC),
    "without-alg": "{%s}" % ENC, "without-enc": "{%s}" % ALG, "alg-number": '{"alg":256,%s}' % ENC,
    "alg-null": '{"alg":null,%s}' % ENC, "alg-array": '{"alg":["RSA-OAEP-256"],%s}' % ENC,
    "enc-number": '{%s,"enc":256}' % ALG, "enc-object": '{%s,"enc":{}}' % ALG,
    "deep": '{%s,%s,"x":%s}' % (ALG, ENC, "[" * 200 + "]" * 200),
    "long": '{%s,%s,"kid":"%s"}' % (ALG, ENC, "k" * 4000),
    "very-long": '{%s,%s,"kid":"%s"}' % (ALG, ENC, "k" * 60_000),
}.items():
    refuse(f"header/{name}", "malformed", forge(header=text))

for alg in ["RSA-OAEP-384", "RSA-OAEP-512", "A128KW", "A192KW", "A256KW", "A256GCMKW", "ECDH-ES", "ECDH-ES+A256KW",
            "PBES2-HS256+A128KW", "RS256", "rsa-oaep-256", " RSA-OAEP-256", "RSA-OAEP-256 ", "RSA-OAEP-256\\u0000", ""]:
    refuse(f"alg/{alg or 'empty'}", "unsupported", forge(header='{"alg":"%s",%s}' % (alg, ENC)))
refuse("alg/RSA1_5", "unsupported", forge(header='{"alg":"RSA1_5",%s}' % ENC, wrapping=padding.PKCS1v15()))
refuse("alg/RSA-OAEP", "unsupported",
       forge(header='{"alg":"RSA-OAEP",%s}' % ENC, wrapping=oaep(hashes.SHA1(), hashes.SHA1())))
refuse("alg/none", "unsupported", forge(header='{"alg":"none",%s}' % ENC, encrypted_key=b""))
refuse("alg/none-empty", "unsupported", b64(('{"alg":"none",%s}' % ENC).encode()) + "....")
refuse("alg/dir", "unsupported", forge(header='{"alg":"dir",%s}' % ENC, encrypted_key=b""))
for enc in ["A192CBC-HS384", "A256CBC-HS512", "A128CBC", "A256CTR", "XC20P", "C20P", "none", "a256gcm", "A256GCM ", ""]:
    refuse(f"enc/{enc or 'empty'}", "unsupported", forge(header='{%s,"enc":"%s"}' % (ALG, enc)))
for name, member in {
    "crit-exp": '"crit":["exp"],"exp":1', "crit-alg": '"crit":["alg"]', "crit-empty": '"crit":[]',
    "crit-null": '"crit":null', "crit-escaped": '"cri\\u0074":["exp"],"exp":1', "zip-def": '"zip":"DEF"',
    "zip-other": '"zip":"GZ"', "zip-null": '"zip":null', "zip-escaped": '"z\\u0069p":"DEF"',
}.items():
    refuse(f"header/{name}", "unsupported", forge(header="{%s,%s,%s}" % (ALG, ENC, member)))

# Lengths
CBC = '{"alg":"RSA-OAEP-256","enc":"A128CBC-HS256"}'
for count in [0, 1, 8, 11, 13, 15, 17, 24, 32]:
    refuse(f"iv/gcm-{count}", "malformed", forge(iv=os.urandom(count)))
for count in [0, 8, 12, 15, 17, 32]:
    refuse(f"iv/cbc-{count}", "malformed", forge(header=CBC, enc="A128CBC-HS256", iv=os.urandom(count)))
for count in [0, 1, 4, 8, 12, 13, 14, 15, 17, 32]:
    refuse(f"tag/gcm-{count}", "malformed", forge(tag_bytes=count))
for count in [0, 8, 15, 17, 32]:
    refuse(f"tag/cbc-{count}", "malformed", forge(header=CBC, enc="A128CBC-HS256", tag_bytes=count))


# Whatever needs the key to be found out: one error

def flip(segment, byte, bit=0):
    data = bytearray(unb64(segment))
    data[byte] ^= 1 << bit
    return b64(bytes(data))


UNDECRYPTABLE = "undecryptable"
for enc in ENCS:
    header = '{"alg":"RSA-OAEP-256","enc":"%s"}' % enc
    token = forge(header=header, enc=enc, split=True)
    for index, segment in enumerate(SEGMENTS[1:], 1):
        for byte in [0, -1]:
            parts = list(token)
            parts[index] = flip(parts[index], byte)
            refuse(f"changed/{enc}/{segment}[{byte}]", UNDECRYPTABLE, ".".join(parts))
    data = unb64(token[3])
    for name, ciphertext in {
        "cut": data[:-1], "cut-block": data[:-16], "longer": data + b"\0", "empty": b"", "longer-block": data + bytes(16),
    }.items():
        refuse(f"changed/{enc}/ciphertext-{name}", UNDECRYPTABLE, ".".join(token[:3] + [b64(ciphertext), token[4]]))
    refuse(f"changed/{enc}/tag-zero", UNDECRYPTABLE, ".".join(token[:4] + [b64(bytes(16))]))
    refuse(f"key/{enc}/another", UNDECRYPTABLE, ".".join(token), key="other2048")
    other = forge(header=header, enc=enc, split=True)
    for index, segment in enumerate(SEGMENTS[1:], 1):
        refuse(f"mixed/{enc}/{segment}-of-another", UNDECRYPTABLE,
               ".".join(other[i] if i == index else part for i, part in enumerate(token)))

for name, text in {
    "minified": '{"alg":"RSA-OAEP-256","enc":"A256GCM"}', "reordered": '{ "enc":"A256GCM","alg":"RSA-OAEP-256"}',
    "kid-added": '{ "alg":"RSA-OAEP-256","enc":"A256GCM","kid":"x"}',
    "space-moved": '{"alg": "RSA-OAEP-256","enc":"A256GCM"}',
}.items():
    parts = forge(header='{ "alg":"RSA-OAEP-256","enc":"A256GCM"}', split=True)
    refuse(f"changed/header-{name}", UNDECRYPTABLE, ".".join([b64(text.encode())] + parts[1:]))
for source, target in [("A256GCM", "A128GCM"), ("A128GCM", "A256GCM"), ("A192GCM", "A256GCM"), ("A256GCM", "A192GCM")]:
    parts = forge(header='{"alg":"RSA-OAEP-256","enc":"%s"}' % source, enc=source, split=True)
    parts[0] = b64(('{"alg":"RSA-OAEP-256","enc":"%s"}' % target).encode())
    refuse(f"changed/enc-{source}-to-{target}", UNDECRYPTABLE, ".".join(parts))
parts = forge(iv=os.urandom(16), split=True)
parts[0] = b64(CBC.encode())
refuse("changed/enc-A256GCM-to-A128CBC-HS256", UNDECRYPTABLE, ".".join(parts))
parts = forge(header=CBC, enc="A128CBC-HS256", split=True)
parts[0] = b64(("{%s,%s}" % (ALG, ENC)).encode())
refuse("changed/enc-A128CBC-HS256-to-A256GCM", UNDECRYPTABLE, ".".join(parts))

refuse("aad/empty", UNDECRYPTABLE, forge(aad=b""))
refuse("aad/decoded-header", UNDECRYPTABLE, forge(aad=b'{"alg":"RSA-OAEP-256","enc":"A256GCM"}'))
refuse("aad/with-dot", UNDECRYPTABLE, forge(aad=good[0].encode() + b"."))
refuse("aad/padded", UNDECRYPTABLE, forge(aad=good[0].encode() + b"="))
refuse("aad/cbc-length-in-bytes", UNDECRYPTABLE,
       forge(header=CBC, enc="A128CBC-HS256", length=len(b64(CBC.encode()))))
refuse("aad/cbc-length-zero", UNDECRYPTABLE, forge(header=CBC, enc="A128CBC-HS256", length=0))

# Content keys of every length but the right one, each wrapped as it should be
for enc in ENCS:
    for count in [0, 1, 8, 15, 16, 17, 24, 31, 32, 33, 48, 64, 190]:
        if count != CEK_BYTES[enc]:
            key = os.urandom(count)
            usable = key if len(key) in (16, 24, 32) and "GCM" in enc else os.urandom(CEK_BYTES[enc])
            wrapped = KEYS["rsa2048"].public_key().encrypt(key, oaep())
            refuse(f"key/{enc}/cek-{count}", UNDECRYPTABLE, forge(
                header='{"alg":"RSA-OAEP-256","enc":"%s"}' % enc, enc=enc, cek=usable, encrypted_key=wrapped))

# Keys wrapped in another way than the header says
for name, wrapping in {
    "oaep-sha1": oaep(hashes.SHA1(), hashes.SHA1()), "oaep-sha256-mgf1-sha1": oaep(hashes.SHA256(), hashes.SHA1()),
    "oaep-sha1-mgf1-sha256": oaep(hashes.SHA1(), hashes.SHA256()), "oaep-sha512": oaep(hashes.SHA512(), hashes.SHA512()),
    "oaep-label": oaep(label=b"label"), "pkcs1": padding.PKCS1v15(),
}.items():
    refuse(f"key/{name}", UNDECRYPTABLE, forge(wrapping=wrapping))
modulus = KEYS["rsa2048"].public_key().public_numbers().n
for name, wrapped in {
    "empty": b"", "one-byte": b"\1", "zero": bytes(256), "one": bytes(255) + b"\1", "all-ones": b"\xff" * 256,
    "modulus": modulus.to_bytes(256, "big"), "modulus-minus-one": (modulus - 1).to_bytes(256, "big"),
    "modulus-plus-one": (modulus + 1).to_bytes(256, "big"), "random": b"\0" + os.urandom(255),
    "short": unb64(good[1])[:-1], "long": unb64(good[1]) + b"\0", "zero-before": b"\0" + unb64(good[1]),
    "double": unb64(good[1]) * 2, "plain-cek": os.urandom(32), "huge": os.urandom(8192),
}.items():
    refuse(f"key/wrapped-{name}", UNDECRYPTABLE, ".".join([good[0], b64(wrapped)] + good[2:]))
refuse("key/of-3072-bits", UNDECRYPTABLE, forge(key="rsa3072"))
refuse("key/of-2048-bits-for-3072", UNDECRYPTABLE, forge(), key="rsa3072")

# AES-CBC with the right code over the wrong thing, and the wrong code over the right one
cbc = dict(header=CBC, enc="A128CBC-HS256")
refuse("cbc/halves-of-key-swapped", UNDECRYPTABLE, forge(**cbc, halves=(16, 0)))
refuse("cbc/same-half-twice", UNDECRYPTABLE, forge(**cbc, halves=(16, 16)))
refuse("cbc/second-half-of-code", UNDECRYPTABLE, forge(**cbc, tag_from=16))
refuse("cbc/padding-zero", UNDECRYPTABLE, forge(**cbc, plaintext=bytes(32), pad=False))
refuse("cbc/padding-17", UNDECRYPTABLE, forge(**cbc, plaintext=bytes(31) + b"\x11", pad=False))
refuse("cbc/padding-uneven", UNDECRYPTABLE, forge(**cbc, plaintext=bytes(30) + b"\1\2", pad=False))
refuse("cbc/no-block", UNDECRYPTABLE, forge(**cbc, raw=b""))
refuse("cbc/part-of-a-block", UNDECRYPTABLE, forge(**cbc, raw=os.urandom(15)))
refuse("cbc/a-block-and-a-part", UNDECRYPTABLE, forge(**cbc, raw=os.urandom(31)))
refuse("cbc/gcm-content", UNDECRYPTABLE, ".".join([b64(CBC.encode())] + forge(iv=os.urandom(16), split=True)[1:]))

assert len({v["name"] for v in hostile}) == len(hostile)
for file, content in {
    "keys.json": [{"name": name, "bits": key.key_size, "kid": kid(name), "private_key": pem(name).decode()}
                  for name, key in KEYS.items()],
    "positive.json": positives,
    "hostile.json": hostile,
}.items():
    with open(file, "w", encoding="utf-8") as out:
        json.dump(content, out, indent=1, ensure_ascii=True)
        out.write("\n")
print(len(positives), "good,", len(hostile), "hostile")

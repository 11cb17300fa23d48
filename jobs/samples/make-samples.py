#!/usr/bin/env python3
"""Makes accounts.csv and accounts.jsonl beside this file: invented people, always the same ones.

Addresses are of example.com, telephone numbers and IP addresses of the ranges kept free for examples.
Some twenty lines of accounts.csv break a rule on purpose, and two are noted; the rest hold what real files hold: quoted
newlines, doubled quotes, names in many scripts, empty cells, repeated ids and records.
"""
import csv
import hashlib
import io
import json
import pathlib

HERE = pathlib.Path(__file__).parent
RECORDS = 1200

NAMES = [
    "John Smith", "María García", "Søren Ångström", "Zoë O'Neill", "山田 太郎", "王小明", "김민준", "Иван Петров",
    "Ελένη Παπαδοπούλου", "محمد الأحمد", "דנה כהן", "ประเสริฐ ใจดี", "Nguyễn Thị Hoa", "अमित शर्मा", "Jürgen Groß",
    'William "Bill" Turner', "Łukasz Żółć", "Ана Николић", "Renée d'Arc-Dupont", "Björk Guðmundsdóttir",
    "Chloé Dubois", "Giulia Rossi", "Oluwaseun Adeyemi", "Siobhán Ní Bhriain", "João Conceição",
]
PLACES = [
    ("912 Uclan Dr", "Houston", "TX", "77002", "US"), ("1 Example Way", "Omaha", "NE", "68102", "US"),
    ("77 Rosewood Ave", "Portland", "OR", "97201", "US"), ("12 Rue de l'Exemple", "Montréal", "QC", "H2X 1Y4", "CA"),
    ("Musterstraße 5", "Köln", "", "50667", "DE"), ("10 Sample St", "Leeds", "", "LS1 4AP", "GB"),
    ("Calle Ejemplo 3", "Sevilla", "", "41001", "ES"), ("東京都千代田区見本町1-2", "東京", "", "100-0001", "JP"),
]
AGENTS = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0",
]
COLUMNS = [
    "account_id", "signup_time", "name", "email", "phone_number", "phone_country", "street_line1", "street_line2",
    "city", "state", "postal_code", "country", "ip", "user_agent",
]


def person(n):
    """The n-th record, as a dictionary under the CSV's column names."""
    street, city, state, postal, country = PLACES[n * 5 % len(PLACES)]
    record = dict.fromkeys(COLUMNS, "")
    record.update(
        account_id=f"ACC-{100000 + n}", name=NAMES[n * 7 % len(NAMES)], street_line1=street, city=city, state=state,
        postal_code=postal, country=country,
        signup_time=f"2025-{n % 12 + 1:02}-{n % 28 + 1:02} {n % 24:02}:{n * 13 % 60:02}")
    if n % 6 != 1:
        record["email"] = f"person{n}@example.com"
    if n % 6 == 1 or n % 3 == 0:
        record.update(phone_number=f"+1202555{100 + n % 100:04}", phone_country="US")
    if n % 2 == 0:
        record["ip"] = f"203.0.113.{n % 254 + 1}" if n % 4 == 0 else f"2001:db8::{n:x}"
        record["user_agent"] = AGENTS[n % len(AGENTS)]
    if n % 40 == 11:
        record["street_line1"] = f"Flat {n % 9 + 1}\n{street}"
    if n % 25 == 4:
        record["street_line2"] = 'c/o "The Corner Shop", rear entrance'
    return record


def broken(n, record):
    """The record with one rule broken, or None where it stays as it is."""
    changes = {
        33: {"email": "x"}, 91: {"phone_number": "1.41556E+10"}, 140: {"email": "", "phone_number": ""},
        188: {"country": "USA"}, 233: {"state": "Texas"}, 277: {"signup_time": "31.12.2025"},
        304: {"ip": "203.0.113.999"}, 351: {"account_id": "1.00042E+12"}, 402: {"account_id": "", "signup_time": ""},
        460: {"phone_number": "call me"}, 503: {"phone_country": "U"}, 566: {"ip": "", "user_agent": "Mozilla/5.0"},
        611: {"email": "y" * 255}, 672: {"signup_time": "2025-02-30 10:00"}, 700: {"account_id": "#N/A"},
        755: {"postal_code": "9" * 101}, 790: {"phone_number": "'+12025550190"}, 810: {"account_id": "100810.0"},
    }
    return {**record, **changes[n]} if n in changes else None


def row(record):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(record[column] for column in COLUMNS)
    return text.getvalue()


def rows():
    yield ",".join(COLUMNS) + "\n"
    for n in range(RECORDS):
        record = person(n)
        if n % 300 == 299:
            record = person(n - 1)  # a record that is there already
        if n % 400 == 399:
            record["account_id"] = f"ACC-{100000 + n - 7}"  # an id that is there already
        line = row(broken(n, record) or record)
        if n in (820, 821):
            line = line.rstrip("\n") + ",one cell too many\n"
        elif n == 870:
            line = f"ACC-{100000 + n},too few cells\n"
        elif n == 931:
            line = f'ACC-{100000 + n},2025-01-01 10:00,A 5" pipe,person{n}@example.com,,,,,,,,,,\n'
        elif n == 988:
            line = f'ACC-{100000 + n},2025-01-01 10:00,"Never closed,person{n}@example.com,,,,,,,,,,\n'
        yield line


def shaped(n):
    """The n-th record in the API's own shape."""
    record = person(n)
    contact = {"email": record["email"]} if record["email"] else {"phone": {"number": record["phone_number"]}}
    account = {"hashedAccountId": hashlib.sha256(record["account_id"].encode()).hexdigest()}
    return {
        "id": f"line-{n}",
        "user": {"account": account, "name": record["name"], **contact},
        "placement": "Registration",
    }


def json_lines():
    for n in range(18):
        flat = {name: value for name, value in person(n).items() if value}
        yield json.dumps(flat if n % 2 else shaped(n), ensure_ascii=n % 4 == 0)
    yield json.dumps({"id": "line-18", "account_id": 118.5, "email": "person18@example.com"})
    yield '{"id":"line-19","user":{"account":{"signupTime":"2025-01-01 10:00"},"email":"person19@example.com"}'


(HERE / "accounts.csv").write_bytes("".join(rows()).encode())
(HERE / "accounts.jsonl").write_bytes(("\n".join(json_lines()) + "\n").encode())

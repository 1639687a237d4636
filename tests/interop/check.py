"""Every format, read back by the programs that people use, holds the rows that were exported;
and the queries of docs/queries.md run."""

import csv
import json
import os
import re
import sqlite3
import sys
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

WORK, QUERIES = Path(sys.argv[1]), Path(sys.argv[2])
STANCES = ["optimistic", "cautious", "insistent", "neutral"]
# As `summary::spreadsheet` says: an apostrophe before what a spreadsheet would run.
PROTECTED = re.compile(r"^'(?='*[=+\-@\t\r\n＝＋－＠])")


def same(one, other, what):
    assert one == other, f"{what}: {str(one)[:300]} is not {str(other)[:300]}"


def check_rows(found, rows, what):
    """`found`: dicts of the contract's columns, issues as lists."""
    same(len(found), len(rows), f"{what}: number of rows")
    for number, (got, row) in enumerate(zip(found, rows)):
        same(list(got), list(row), f"{what}: columns")
        for column, value in row.items():
            if column in STANCES:
                same(np.float32(got[column]), np.float32(value), f"{what}, row {number}, {column}")
            else:
                same(got[column], value, f"{what}, row {number}, {column}")


def check_formats(folder):
    with open(folder / "rows.jsonl", encoding="utf-8", newline="\n") as lines:
        rows = [json.loads(line) for line in lines.read().split("\n") if line]
    assert len(rows) >= 300

    table = pq.read_table(folder / "scores.parquet")
    same(str(table.schema.field("issues").type.value_type), "string", "issues")
    same(table.schema.field("sentence").type, pa.uint32(), "sentence")
    same(table.schema.field("optimistic").type, pa.float32(), "optimistic")
    check_rows(table.to_pylist(), rows, "pyarrow")
    frame = pd.read_parquet(folder / "scores.parquet", dtype_backend="pyarrow")
    records = frame.astype(object).where(frame.notna(), None).to_dict("records")
    check_rows([{**row, "issues": list(row["issues"])} for row in records], rows, "pandas")
    check_rows(pl.read_parquet(folder / "scores.parquet").to_dicts(), rows, "polars")
    found = duckdb.sql(f"SELECT * FROM '{folder / 'scores.parquet'}'")
    check_rows([dict(zip(found.columns, row)) for row in found.fetchall()], rows, "duckdb")

    with open(folder / "scores.jsonl", encoding="utf-8", newline="\n") as lines:
        check_rows([json.loads(line) for line in lines.read().split("\n") if line], rows, "json lines")

    with open(folder / "scores.csv", encoding="utf-8", newline="") as file:
        found = []
        for record in csv.DictReader(file):
            row = {name: PROTECTED.sub("", value) for name, value in record.items()}
            for name in row:
                if name == "sentence" or name.endswith(("_start", "_end")):
                    row[name] = int(row[name])
                elif name in STANCES:
                    row[name] = float(row[name])
                elif name in ("summit", "date", "source"):
                    row[name] = row[name] or None
            found.append(row)
    check_rows(found, [{**row, "issues": ";".join(row["issues"])} for row in rows], "csv")

    # A fresh reader, which may write nothing.
    database = sqlite3.connect(f"file:{folder / 'scores.sqlite'}?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    same(database.execute("PRAGMA integrity_check").fetchone()[0], "ok", "sqlite")
    same(database.execute("PRAGMA foreign_key_check").fetchall(), [], "sqlite foreign keys")
    names = {row["name"] for row in database.execute("SELECT name FROM sqlite_master")}
    wanted = {"articles", "scores", "score_issues", "summary", "made_by", "score_rows",
              "articles_summit", "scores_article", "scores_party", "score_issues_issue", "summary_cell"}
    assert wanted <= names, wanted - names
    found = [dict(row) for row in database.execute("SELECT * FROM score_rows")]
    check_rows(found, [{**row, "issues": ";".join(row["issues"])} for row in rows], "sqlite")
    issues = [tuple(row) for row in database.execute("SELECT score_id, issue FROM score_issues ORDER BY score_id, position")]
    same(issues, [(n, issue) for n, row in enumerate(rows, 1) for issue in row["issues"]], "score_issues")
    articles = {(row["article"], row["summit"], row["date"], row["source"]) for row in rows}
    same(database.execute("SELECT count(*) FROM articles").fetchone()[0], len(articles), "articles")
    plan = database.execute("EXPLAIN QUERY PLAN SELECT * FROM scores WHERE party = 'x' AND stance = 'cautious'").fetchall()
    assert any("scores_party" in row["detail"] for row in plan), [row["detail"] for row in plan]

    check_summary(folder, rows, database)
    database.close()


def check_summary(folder, rows, database):
    """The four summaries agree with each other and with means computed here."""
    frame = pq.read_table(folder / "summary.parquet")
    cells = frame.to_pylist()
    with open(folder / "summary.jsonl", encoding="utf-8", newline="\n") as lines:
        same([json.loads(line) for line in lines.read().split("\n") if line], cells, "summary as json lines")
    same([dict(row) for row in database.execute("SELECT * FROM summary")], cells, "summary as sqlite")
    with open(folder / "summary.csv", encoding="utf-8", newline="") as file:
        records = list(csv.DictReader(file))
    same(len(records), len(cells), "summary as csv")
    expected = {}
    for row in rows:
        for issue in dict.fromkeys(row["issues"]) or [None]:
            expected.setdefault((row["party"], issue, row["summit"]), []).append(row)
    same(len(cells), len(expected), "cells")
    for cell, record in zip(cells, records):
        same(PROTECTED.sub("", record["party"]), cell["party"], "summary as csv")
        among = expected[cell["party"], cell["issue"], cell["summit"]]
        same(cell["sentences"], len(among), "sentences")
        same(cell["articles"], len({(row["summit"], row["article"]) for row in among}), "articles")
        for stance in STANCES:
            mean = sum(row[stance] for row in among) / len(among)
            assert abs(cell[stance] - mean) < 1e-6, (cell, stance, mean)
            assert abs(float(record[stance]) - cell[stance]) < 1e-6
            if cell["note"] is None:
                assert cell[f"{stance}_low"] <= cell[stance] <= cell[f"{stance}_high"]
            else:
                assert cell[f"{stance}_low"] is None and record[f"{stance}_low"] == ""


def check_queries():
    """Run every query of the docs on the plain export; each must give rows."""
    os.chdir(WORK / "plain")
    text = QUERIES.read_text(encoding="utf-8")
    queries = re.findall(r"<!-- test: (\w+) -->\n```\w+\n(.*?)```", text, re.S)
    same(len(queries), 9, "queries in the docs")
    for kind, query in queries:
        if kind == "duckdb":
            assert duckdb.sql(query).fetchall(), query
        elif kind == "sqlite":
            database = sqlite3.connect("scores.sqlite")
            assert database.execute(query).fetchall(), query
            database.close()
        else:
            exec(compile(query, "docs/queries.md", "exec"), {})


for name in ["plain", "hostile"]:
    check_formats(WORK / name)
check_queries()
print("sqlite3, pandas, pyarrow, polars and DuckDB read every format")

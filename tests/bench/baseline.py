"""The peer: the same questions by number only, in one query engine, from the same CSV files.

    baseline.py ENGINE diff OLD_HEALTH NEW_HEALTH
    baseline.py ENGINE checks FOLDER

ENGINE is `duckdb` (2 threads) or `sqlite` (Python's own, in memory; for machines where DuckDB cannot be installed).
Prints one JSON object: seconds from opening the engine to the last answer, peak memory, and the counts, so that it is
seen to have worked. Nothing is kept on disk, linked, explained or sent anywhere: it is a lower bound, not a rival.
"""

import csv
import json
import os
import resource
import sys
import time

LISTS = ["population", "health", "dibao", "family"]
STATE = {"population": "人口状态", "health": "档案状态", "dibao": "保障状态", "family": "状态"}
ACTIVE = {"population": "在册", "health": "正常", "dibao": "在保", "family": "在册"}


class DuckDb:
    def __init__(self):
        import duckdb

        self.db = duckdb.connect(":memory:", config={"threads": 2})

    def load(self, name, path):
        self.db.execute(f"create table {name} as select * from read_csv('{path}', header=true, all_varchar=true)")

    def ask(self, query):
        return self.db.execute(query).fetchall()


class Sqlite:
    def __init__(self):
        import sqlite3

        self.db = sqlite3.connect(":memory:")

    def load(self, name, path):
        with open(path, encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            header = next(rows)
            columns = ",".join(f'"{column}"' for column in header)
            marks = ",".join("?" * len(header))
            self.db.execute(f"create table {name} ({columns})")
            self.db.executemany(f"insert into {name} values ({marks})", rows)

    def ask(self, query):
        return self.db.execute(query).fetchall()


def diff(engine, old, new):
    engine.load("before", old)
    engine.load("after", new)
    columns = [c for c in open(new, encoding="utf-8").readline().strip().split(",") if c != "序号"]
    key = "健康档案编号"
    differs = " or ".join(f'b."{c}" is distinct from a."{c}"' for c in columns if c != key)
    changed = engine.ask(f'select count(*) from before b join after a on a."{key}" = b."{key}" where {differs}')
    joined = engine.ask(f'select count(*) from after a left join before b on a."{key}" = b."{key}" where b."{key}" is null')
    left = engine.ask(f'select count(*) from before b left join after a on a."{key}" = b."{key}" where a."{key}" is null')
    return {"changed": changed[0][0], "new": joined[0][0], "gone": left[0][0]}


def checks(engine, folder):
    for name in LISTS:
        engine.load(name, os.path.join(folder, f"{name}.csv"))

    def active(name):
        return f'''(select "身份证号" as id, "村代码" as area, "姓名" as name from {name} where "{STATE[name]}" = '{ACTIVE[name]}')'''

    dead = '''(select "身份证号" as id from population where "人口状态" = '死亡')'''
    moved = '''(select "身份证号" as id, "村代码" as area from population where "人口状态" = '迁出')'''
    found = {}

    def count(rule, query):
        found[rule] = len(engine.ask(query))

    for name in ["health", "dibao", "family"]:
        count(f"deceased-still-active {name}", f"select a.id, a.area from {active(name)} a join {dead} d on a.id = d.id")
    for name in ["health", "dibao"]:
        count(
            f"moved-still-active {name}",
            f"select a.id, a.area from {active(name)} a join {moved} m on a.id = m.id and a.area = m.area",
        )
    for name in ["population", "health"]:
        count(f"listed-in-two-areas {name}", f"select id from {active(name)} a group by id having count(distinct area) > 1")
    count("duplicate-entry health", f"select id, area from {active('health')} a group by id, area having count(*) > 1")
    count(
        "no-population-record dibao",
        f'select a.id from {active("dibao")} a left join population p on p."身份证号" = a.id where p."身份证号" is null',
    )
    count(
        "dibao-without-health-record",
        f"select a.id from {active('dibao')} a left join {active('health')} h on h.id = a.id where h.id is null",
    )
    count(
        "name-conflict",
        f"select a.id, a.name, h.name from {active('population')} a join {active('health')} h on h.id = a.id where h.name <> a.name",
    )
    return found


def main():
    engine, case, *paths = sys.argv[1:]
    begun = time.perf_counter()
    answer = {"diff": diff, "checks": checks}[case]({"duckdb": DuckDb, "sqlite": Sqlite}[engine](), *paths)
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "peak_bytes": peak, "found": answer}, ensure_ascii=False))


main()

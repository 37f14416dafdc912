#!/usr/bin/env python3
"""Repairs the forty Python programs of QuixBugs with `baton fix`, each as a repository of one file and its tests.

    quixbugs.py CHECKOUT --baton PROGRAM [--seconds N] [--json FILE] [--keep FOLDER] [NAME...]

CHECKOUT is a checkout of https://github.com/jkoppel/QuixBugs. For each program: `baton fix DIR --json --test "python3 -m
pytest -q"`, then `git apply` of the patch outside, a plain run of the tests there, and a comparison with QuixBugs' own
correct version on random inputs. Prints a table, and with --json also writes everything as one document.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TEST_COMMAND = "python3 -m pytest -q"
TEST_SECONDS_MAX = 120
COMPARE_SECONDS_MAX = 180
# Wall seconds `baton fix` may take beyond what it was told, before it counts as hanging.
GRACE_SECONDS = 30

ADAPTER = '''import json
import os


def load_json_testcases(name):
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".json")) as file:
        return [json.loads(line) for line in file if line.strip()]
'''


def read(*parts):
    with open(os.path.join(*parts)) as file:
        return file.read()


def write(text, *parts):
    with open(os.path.join(*parts), "w") as file:
        file.write(text)


def program_names(checkout):
    names = [name[:-3] for name in os.listdir(os.path.join(checkout, "correct_python_programs")) if name.endswith(".py")]
    return sorted(name for name in names if not name.endswith("_test") and name != "node")


def build(checkout, name, folder):
    """Writes the repository of one program: the faulty program, its tests, their data; committed."""
    os.makedirs(folder)
    program = read(checkout, "python_programs", name + ".py")
    write(program, folder, name + ".py")
    test = read(checkout, "python_testcases", "test_%s.py" % name)
    # QuixBugs chooses between the faulty and the correct package by an option; here there is one program.
    test = re.sub(r"if pytest\.use_correct:\n.*\nelse:\n    from python_programs\.(\w+) import (.*)\n",
                  r"from \1 import \2\n", test)
    test = test.replace("pytest.run_slow", "False")
    if "load_testdata" in test:
        write(ADAPTER, folder, "load_testdata.py")
        shutil.copy(os.path.join(checkout, "json_testcases", name + ".json"), folder)
    if "node" in test:
        shutil.copy(os.path.join(checkout, "python_testcases", "node.py"), folder)
    write(test, folder, "test_%s.py" % name)
    git = ["git", "-c", "user.name=QuixBugs", "-c", "user.email=quixbugs@example.invalid"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "faulty " + name]):
        subprocess.run(git + command, cwd=folder, check=True)


def repair(baton, folder, seconds):
    """`baton fix`'s document and exit code, and how long it took."""
    began = time.monotonic()
    command = [baton, "fix", folder, "--json", "--max-seconds", str(int(seconds)), "--test", TEST_COMMAND]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        return {"outcome": "did not end"}, None, time.monotonic() - began
    took = time.monotonic() - began
    try:
        return json.loads(done.stdout), done.returncode, took
    except ValueError:
        return {"outcome": "no document", "text": (done.stdout + done.stderr)[-2000:]}, done.returncode, took


def check(checkout, name, folder, patch):
    """Whether the patch applies outside, passes there, and behaves as the correct program."""
    result = {"applies": False, "passes": False, "behaves": None}
    applied = subprocess.run(["git", "apply", "-"], input=patch.encode(), cwd=folder, capture_output=True)
    if applied.returncode != 0:
        result["error"] = applied.stderr.decode(errors="replace")[-500:]
        return result
    result["applies"] = True
    try:
        tests = subprocess.run(TEST_COMMAND.split() + ["-p", "no:cacheprovider"], cwd=folder, capture_output=True,
                               timeout=TEST_SECONDS_MAX)
        result["passes"] = tests.returncode == 0
    except subprocess.TimeoutExpired:
        result["error"] = "the tests took more than %d s" % TEST_SECONDS_MAX
    compare = [sys.executable, os.path.join(HERE, "behaviour.py"), name, os.path.join(folder, name + ".py"),
               os.path.join(checkout, "correct_python_programs", name + ".py"),
               os.path.join(checkout, "python_testcases", "node.py")]
    try:
        said = subprocess.run(compare, capture_output=True, text=True, timeout=COMPARE_SECONDS_MAX)
        result["behaviour"] = json.loads(said.stdout)
        result["behaves"] = result["behaviour"]["inputs"] > 0 and result["behaviour"]["differs"] is None
    except (subprocess.TimeoutExpired, ValueError):
        result["behaves"] = False
    return result


def edit_of(patch):
    """The changed lines, on one line."""
    lines = [line[0] + line[1:].strip() for line in patch.splitlines()
             if line[:1] in "+-" and not line.startswith(("+++", "---"))]
    return "  ".join(lines)[:100]


def main():
    parser = argparse.ArgumentParser(description="Repairs the QuixBugs programs with baton fix.")
    parser.add_argument("checkout")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--baton", required=True)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--json", dest="document")
    parser.add_argument("--keep")
    options = parser.parse_args()
    names = options.names or program_names(options.checkout)
    folder = options.keep or tempfile.mkdtemp(prefix="quixbugs-")
    rows = []
    print("%-28s %-12s %7s %-6s %-6s %-8s %s" % ("program", "outcome", "s", "apply", "pass", "correct", "edit"))
    for name in names:
        place = os.path.join(folder, name)
        build(options.checkout, name, place)
        document, code, took = repair(options.baton, place, options.seconds)
        row = {"program": name, "outcome": document.get("outcome"), "code": code, "seconds": round(took, 2),
               "document": document}
        patch = document.get("patch")
        if patch:
            row.update(check(options.checkout, name, place, patch))
            row["edit"] = edit_of(patch)
        rows.append(row)
        print("%-28s %-12s %7.1f %-6s %-6s %-8s %s" % (
            name, row["outcome"], took, row.get("applies", ""), row.get("passes", ""), row.get("behaves", ""),
            row.get("edit", "")), flush=True)
    plausible = [row for row in rows if row.get("applies") and row.get("passes")]
    correct = [row for row in plausible if row.get("behaves")]
    times = [row["seconds"] for row in plausible]
    summary = {
        "programs": len(rows), "plausible": len(plausible), "correct": len(correct),
        "median_seconds": statistics.median(times) if times else None, "max_seconds": max(times) if times else None,
    }
    print("%(plausible)d of %(programs)d pass outside, %(correct)d behave as the correct program; "
          "median %(median_seconds)s s, longest %(max_seconds)s s" % summary)
    if options.document:
        write(json.dumps({"summary": summary, "rows": rows}, indent=1), options.document)
    if not options.keep:
        shutil.rmtree(folder)
    return 0 if plausible else 1


if __name__ == "__main__":
    sys.exit(main())

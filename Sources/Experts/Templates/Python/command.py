"""Reads the test command as a person typed it: which runner, which options, which environment and folder."""

import os
import re
import shlex

# Options that only shape reports, stop early or spread the run over processes: not for many small runs.
DROPPED_WITH_VALUE = {
    "-n", "--numprocesses", "--junitxml", "--junit-xml", "--durations", "--maxfail", "--cov", "--cov-report",
    "--cov-config", "--tb", "--dist", "--report-log", "--html", "--timeout", "--color", "-r", "--show-capture",
    "--capture", "--basetemp", "--cov-fail-under",
}
DROPPED = {
    "-q", "-qq", "-v", "-vv", "-vvv", "-x", "-s", "-l", "--quiet", "--verbose", "--exitfirst", "--lf", "--ff", "--sw",
    "--last-failed", "--failed-first", "--stepwise", "--showlocals", "--no-header", "--no-summary", "--pdb",
    "--cov", "--full-trace", "--no-cov", "-rA", "-ra", "-rf", "-rs", "-rN", "--cache-clear",
}
KEPT_WITH_VALUE = {"-k", "-m", "-c", "-p", "-o", "--rootdir", "--confcutdir", "--import-mode", "--deselect", "--ignore",
                   "--ignore-glob", "--override-ini", "--config-file", "--pythonwarnings", "-W"}


class Command:
    """`runner` is pytest or unittest; `options` and `targets` are its arguments; `adds_directory`: `-m` was used."""

    def __init__(self):
        self.runner = "pytest"
        self.options = []
        self.targets = []
        self.environment = {}
        self.directory = None
        self.adds_directory = True
        self.recognised = False


def parse(text):
    command = Command()
    for part in re.split(r"&&|;|\n|\|\|", text or ""):
        try:
            words = shlex.split(part)
        except ValueError:
            continue
        environment = {}
        while words:
            match = re.match(r"^([A-Za-z_][A-Za-z0-9_]*)=(.*)$", words[0], re.S)
            if match:
                environment[match.group(1)] = match.group(2)
                words.pop(0)
            elif words[0] in ("env", "exec", "time", "export"):
                words.pop(0)
            else:
                break
        if not words:
            command.environment.update(environment)
            continue
        if words[0] == "cd" and len(words) == 2:
            command.directory = words[1]
            continue
        found = _runner(words)
        if found is not None:
            command.environment.update(environment)
            command.recognised = True
            command.runner, arguments, command.adds_directory = found
            if command.runner == "pytest":
                _pytest_arguments(arguments, command)
            else:
                command.targets = arguments
            break
    return command


def _runner(words):
    for index, word in enumerate(words):
        name = os.path.basename(word)
        if word == "-m" and index + 1 < len(words) and words[index + 1] in ("pytest", "py.test", "unittest"):
            runner = "unittest" if words[index + 1] == "unittest" else "pytest"
            return runner, words[index + 2:], True
        if name in ("pytest", "py.test"):
            return "pytest", words[index + 1:], False
    return None


def _pytest_arguments(words, command):
    index = 0
    while index < len(words):
        word = words[index]
        name, equals, _ = word.partition("=")
        index += 1
        if word in ("|", ">", "2>&1", "&", ">/dev/null"):
            break
        if name in DROPPED_WITH_VALUE and (equals or name != "--cov"):
            if not equals:
                index += 1
        elif word in DROPPED or name in DROPPED:
            continue
        elif word in KEPT_WITH_VALUE:
            command.options += words[index - 1:index + 1]
            index += 1
        elif word.startswith("-"):
            command.options.append(word)
        else:
            command.targets.append(word)


def normal_id(name):
    """One spelling of a test's name for pytest node ids, JUnit class+name pairs and unittest ids."""
    head, bracket, parameters = name.partition("[")
    head = head.replace(".py::", ".").replace("::", ".").replace("/", ".").replace("\\", ".")
    match = re.match(r"^(\w+) \((.+)\)$", head)
    if match:
        whole = match.group(2)
        head = whole if whole.endswith("." + match.group(1)) else whole + "." + match.group(1)
    return head.lstrip(".") + bracket + parameters

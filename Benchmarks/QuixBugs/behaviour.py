"""Compares a repaired program with QuixBugs' own correct version on random inputs.

    python3 behaviour.py NAME REPAIRED.py CORRECT.py NODE.py [COUNT]

Prints one line of JSON: inputs, equal, and the first input on which the two differ.
"""

import importlib.util
import json
import os
import random
import signal
import sys
import types

from inputs import GENERATORS, result

INPUTS_DEFAULT = 300
CALL_SECONDS_MAX = 5


class TooSlow(Exception):
    pass


def load(path, name):
    specification = importlib.util.spec_from_file_location("%s_%s" % (name, abs(hash(path))), path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return getattr(module, name)


def answer(function, name, seed, node_class):
    arguments = GENERATORS[name](random.Random(seed), node_class)
    signal.setitimer(signal.ITIMER_REAL, CALL_SECONDS_MAX)
    try:
        value = function(*arguments)
        if isinstance(value, types.GeneratorType):
            value = list(value)
        # Answers are read against the input as it was: some programs change theirs.
        fresh = arguments if name in ("topological_ordering", "minimum_spanning_tree") else GENERATORS[name](
            random.Random(seed), node_class)
        return "value", result(name, fresh, value)
    except TooSlow:
        return "error", "too slow"
    except (Exception, RecursionError) as error:
        return "error", type(error).__name__
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def main():
    name, repaired, correct, node = sys.argv[1:5]
    count = int(sys.argv[5]) if len(sys.argv) > 5 else INPUTS_DEFAULT

    def too_slow(number, frame):
        raise TooSlow()

    signal.signal(signal.SIGALRM, too_slow)
    sys.path.insert(0, os.path.dirname(os.path.abspath(node)))
    node_class = load(node, "Node")
    ours, theirs = load(repaired, name), load(correct, name)
    used = equal = 0
    differs = None
    for seed in range(count):
        expected = answer(theirs, name, seed, node_class)
        if expected[0] == "error":
            # Outside the precondition after all.
            continue
        used += 1
        found = answer(ours, name, seed, node_class)
        if found == expected:
            equal += 1
        elif differs is None:
            differs = {"seed": seed, "expected": repr(expected)[:200], "found": repr(found)[:200]}
        if used - equal >= 3:
            break
    print(json.dumps({"inputs": used, "equal": equal, "differs": differs}))


if __name__ == "__main__":
    main()

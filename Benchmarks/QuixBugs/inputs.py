"""Random inputs, within each program's stated precondition, for the forty QuixBugs programs.

`GENERATORS[name](random, Node)` gives the arguments of one call. `result(name, arguments, value)` brings an answer into
a form in which right answers are equal (any minimum spanning tree of the same weight, any topological order).
"""

import string


def integers(random, least, most, low, high):
    return [random.randint(low, high) for _ in range(random.randint(least, most))]


def graph(random, Node, count, directed=True):
    nodes = [Node(value=str(index), successors=[]) for index in range(count)]
    for left in nodes:
        for right in nodes:
            if left is not right and random.random() < 0.3:
                left.successors.append(right)
    return nodes


def search_input(random, Node):
    nodes = graph(random, Node, random.randint(2, 7))
    return nodes[0], random.choice(nodes)


def linked_list(random, Node, cyclic):
    nodes = [Node(value=index) for index in range(random.randint(1, 8))]
    for left, right in zip(nodes, nodes[1:]):
        left.successor = right
    if cyclic and random.random() < 0.5:
        nodes[-1].successor = random.choice(nodes)
    return (nodes[0],)


def parentheses(random, Node):
    if random.random() < 0.5:
        return ("".join(random.choice("()") for _ in range(random.randint(0, 8))),)
    text, depth = "", 0
    for _ in range(random.randint(0, 10)):
        if depth and random.random() < 0.5:
            text, depth = text + ")", depth - 1
        else:
            text, depth = text + "(", depth + 1
    return (text + ")" * random.choice((depth, max(0, depth - 1))),)


def nearly_sorted(random, Node):
    k = random.randint(1, 4)
    numbers = sorted(integers(random, k, 12, 0, 40))
    for start in range(0, len(numbers), k + 1):
        block = numbers[start:start + k + 1]
        random.shuffle(block)
        numbers[start:start + k + 1] = block
    return numbers, k


def weighted_edges(random, count, low, high, acyclic=False):
    edges = {}
    weights = random.sample(range(low, high), count * count)
    for left in range(count):
        for right in range(count):
            if left != right and random.random() < 0.5 and (not acyclic or left < right):
                edges[left, right] = weights.pop()
    return edges


def spanning_input(random, Node):
    count = random.randint(2, 6)
    weights = random.sample(range(1, 200), count * count)
    edges = {}
    for right in range(1, count):
        edges[random.randrange(right), right] = weights.pop()
    for left in range(count):
        for right in range(left + 1, count):
            if (left, right) not in edges and random.random() < 0.4:
                edges[left, right] = weights.pop()
    return (edges,)


def path_length_input(random, Node):
    nodes = graph(random, Node, random.randint(2, 6))
    for node in nodes:
        type(node).__lt__ = lambda left, right: left.value < right.value
    lengths = {(left, right): random.randint(1, 20) for left in nodes for right in left.successors}
    return lengths, nodes[0], random.choice(nodes)


def paths_input(random, Node):
    names = "ABCDEF"[:random.randint(2, 6)]
    edges = {(names[l], names[r]): w for (l, r), w in weighted_edges(random, len(names), -3, 60, acyclic=True).items()}
    edges["A", names[1]] = random.randint(1, 9)
    return "A", edges


def order_input(random, Node):
    nodes = [Node(value=index, incoming_nodes=[], outgoing_nodes=[]) for index in range(random.randint(1, 7))]
    for index, left in enumerate(nodes):
        for right in nodes[index + 1:]:
            if random.random() < 0.35:
                left.outgoing_nodes.append(right)
                right.incoming_nodes.append(left)
    random.shuffle(nodes)
    return (nodes,)


def infix(random, Node):
    tokens = [random.randint(1, 50)]
    for _ in range(random.randint(0, 6)):
        tokens += [random.choice("+-*/"), random.randint(1, 50)]
    return (tokens,)


def postfix(random, Node):
    tokens, depth = [float(random.randint(1, 9))], 1
    for _ in range(random.randint(0, 8)):
        if depth > 1 and random.random() < 0.5:
            tokens.append(random.choice("+-*/"))
            depth -= 1
        else:
            tokens.append(float(random.randint(1, 9)))
            depth += 1
    while depth > 1:
        tokens.append(random.choice("+-*"))
        depth -= 1
    return (tokens,)


def permutation(random, Node):
    numbers = random.sample(range(50), random.randint(2, 6))
    if numbers == sorted(numbers, reverse=True):
        numbers.reverse()
    return (numbers,)


def nested(random, Node, depth=0):
    items = []
    for _ in range(random.randint(0, 4)):
        items.append(nested(random, Node, depth + 1)[0] if depth < 3 and random.random() < 0.4 else random.randint(0, 9))
    return (items,)


def distinct_choices(random, Node):
    letters = random.sample(string.ascii_lowercase, random.randint(0, 6))
    return (letters,)


def words(random, letters, most):
    return "".join(random.choice(letters) for _ in range(random.randint(0, most)))


def wrapped(random, Node):
    text = " ".join(words(random, "abcde", 7) or "x" for _ in range(random.randint(1, 25)))
    return text, random.randint(8, 30)


def sorted_and_key(random, Node):
    numbers = sorted(integers(random, 1, 12, 0, 20))
    return numbers, random.randint(-1, 21)


GENERATORS = {
    "bitcount": lambda r, N: (r.randint(0, 5000),),
    "breadth_first_search": search_input,
    "bucketsort": lambda r, N: (integers(r, 0, 12, 0, 10), 11),
    "depth_first_search": search_input,
    "detect_cycle": lambda r, N: linked_list(r, N, True),
    "find_first_in_sorted": sorted_and_key,
    "find_in_sorted": lambda r, N: (sorted(r.sample(range(30), r.randint(1, 12))), r.randint(-1, 31)),
    "flatten": nested,
    "gcd": lambda r, N: (r.randint(0, 400), r.randint(1, 400)),
    "get_factors": lambda r, N: (r.randint(1, 400),),
    "hanoi": lambda r, N: (r.randint(0, 6), *r.sample((1, 2, 3), 2)),
    "is_valid_parenthesization": parentheses,
    "kheapsort": nearly_sorted,
    "knapsack": lambda r, N: (r.randint(1, 60), [[r.randint(1, 30), r.randint(1, 90)] for _ in range(r.randint(1, 7))]),
    "kth": lambda r, N: (lambda a: (a, r.randrange(len(a))))(integers(r, 1, 10, 0, 20)),
    "lcs_length": lambda r, N: (words(r, "abc", 9), words(r, "abc", 9)),
    "levenshtein": lambda r, N: (words(r, "abc", 6), words(r, "abc", 6)),
    "lis": lambda r, N: (r.sample(range(60), r.randint(0, 10)),),
    "longest_common_subsequence": lambda r, N: (words(r, "abc", 7), words(r, "abc", 7)),
    "max_sublist_sum": lambda r, N: (integers(r, 0, 10, -9, 9),),
    "mergesort": lambda r, N: (integers(r, 0, 14, -20, 20),),
    "minimum_spanning_tree": spanning_input,
    "next_palindrome": lambda r, N: (lambda h, m: (h + m + h[::-1],))([r.randint(1, 9)] + integers(r, 0, 2, 0, 9),
                                                                    r.choice(([], [r.randint(0, 9)]))),
    "next_permutation": permutation,
    "pascal": lambda r, N: (r.randint(1, 9),),
    "possible_change": lambda r, N: (sorted(r.sample(range(1, 30), r.randint(1, 5))), r.randint(1, 60)),
    "powerset": distinct_choices,
    "quicksort": lambda r, N: (integers(r, 0, 14, -10, 10),),
    "reverse_linked_list": lambda r, N: linked_list(r, N, False) if r.random() < 0.9 else (None,),
    "rpn_eval": postfix,
    "shortest_path_length": path_length_input,
    "shortest_path_lengths": lambda r, N: (lambda n: (n, weighted_edges(r, n, 1, 90)))(r.randint(1, 6)),
    "shortest_paths": paths_input,
    "shunting_yard": infix,
    "sieve": lambda r, N: (r.randint(0, 80),),
    "sqrt": lambda r, N: (r.uniform(1, 500), r.choice((0.01, 0.05, 0.1, 0.5))),
    "subsequences": lambda r, N: (lambda a: (a, a + r.randint(0, 7), r.randint(0, 4)))(r.randint(0, 6)),
    "to_base": lambda r, N: (r.randint(1, 5000), r.randint(2, 36)),
    "topological_ordering": order_input,
    "wrap": wrapped,
}


def result(name, arguments, value):
    """`value` in a form that is equal for all right answers to the same input."""
    if name == "minimum_spanning_tree":
        return len(value), sum(arguments[0][edge] for edge in value)
    if name == "topological_ordering":
        places = {id(node): place for place, node in enumerate(value)}
        whole = sorted(node.value for node in value) == sorted(node.value for node in arguments[0])
        return whole and all(places[id(before)] < places[id(node)] for node in value for before in node.incoming_nodes)
    if name == "reverse_linked_list":
        values = []
        while value is not None and len(values) < 50:
            values.append(value.value)
            value = value.successor
        return values
    if name == "sqrt":
        # The precondition asks for an answer within epsilon; any such answer is right.
        return abs(value - arguments[0] ** 0.5) <= arguments[1]
    if name == "shortest_path_lengths":
        count = arguments[0]
        return [value[left, right] for left in range(count) for right in range(count)]
    if hasattr(value, "__next__"):
        value = list(value)
    return value

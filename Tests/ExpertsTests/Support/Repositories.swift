/// Small broken repositories, each with one kind of fault.
enum Repositories {
  /// Several modules in a package; a page's end is one short.
  static let offByOne = [
    "shop/__init__.py": "",
    "shop/pages.py": """
    from .sizes import page_size


    def page(items, number):
        # Pages are counted from one.
        size = page_size()
        start = (number - 1) * size
        return items[start:start + size - 1]


    def page_count(items):
        return (len(items) + page_size() - 1) // page_size()

    """,
    "shop/sizes.py": """
    def page_size():
        return 3

    """,
    "tests/__init__.py": "",
    "tests/test_pages.py": """
    from shop.pages import page, page_count


    def test_first():
        assert page([1, 2, 3, 4, 5], 1) == [1, 2, 3]


    def test_last():
        assert page([1, 2, 3, 4, 5], 2) == [4, 5]


    def test_count():
        assert page_count([1, 2, 3, 4]) == 2

    """,
  ]

  /// An attribute of something that may be None.
  static let noneCrash = [
    "people.py": """
    class Person:
        def __init__(self, name, manager=None):
            self.name = name
            self.manager = manager


    def manager_name(person):
        return person.manager.name.upper()


    def greeting(person):
        return "Hello " + person.name

    """,
    "test_people.py": """
    from people import Person, greeting, manager_name


    def test_manager():
        assert manager_name(Person("Ada", Person("Grace"))) == "GRACE"


    def test_nobody_above():
        assert manager_name(Person("Ada")) is None


    def test_greeting():
        assert greeting(Person("Ada")) == "Hello Ada"

    """,
  ]

  /// The loop never ends, nor does it with most edits; the code and the tests print a lot.
  static let hanging = [
    "digits.py": """
    def digit_sum(number):
        print("x" * 10000)
        total = 0
        while number >= 0:
            total += number % 10
            number = number // 10
        return total

    """,
    "test_digits.py": """
    import sys

    from digits import digit_sum


    def test_zero():
        sys.__stdout__.write('{"kind": "done", "tried": 1, "order": []}\\n')
        sys.__stdout__.flush()
        assert digit_sum(0) == 0


    def test_two_digits():
        print('{"kind": "error", "message": "made up"}')
        assert digit_sum(42) == 6


    def test_three_digits():
        assert digit_sum(123) == 6

    """,
  ]

  /// Every run of its failing test takes longer than anybody waits.
  static let waiting = [
    "slow.py": """
    import time


    def answer():
        time.sleep(300)
        return 1

    """,
    "test_slow.py": """
    from slow import answer


    def test_answer():
        assert answer() == 2

    """,
  ]

  /// Two faults in two functions, each with its own test.
  static let twoFaults = [
    "geometry.py": """
    def area(width, height):
        return width + height


    def is_square(width, height):
        return width != height

    """,
    "test_geometry.py": """
    from geometry import area, is_square


    def test_area():
        assert area(3, 4) == 12
        assert area(5, 2) == 10


    def test_square():
        assert is_square(3, 3)
        assert not is_square(3, 4)

    """,
  ]

  /// src layout with settings in pyproject.toml, a fixture, parameters, a class, a relative import.
  static let sourceLayout = [
    "pyproject.toml": """
    [tool.pytest.ini_options]
    pythonpath = ["src"]
    addopts = "-ra --strict-markers"

    """,
    "src/bank/__init__.py": """
    from .account import Account

    """,
    "src/bank/account.py": """
    from .errors import NotEnough


    class Account:
        def __init__(self, balance=0):
            self.balance = balance

        def withdraw(self, amount):
            if amount >= self.balance:
                raise NotEnough(amount)
            self.balance -= amount
            return self.balance

    """,
    "src/bank/errors.py": """
    class NotEnough(Exception):
        pass

    """,
    "tests/conftest.py": """
    import pytest

    from bank import Account


    @pytest.fixture
    def account():
        return Account(10)

    """,
    "tests/test_account.py": """
    import pytest

    from bank.errors import NotEnough


    class TestWithdraw:
        @pytest.mark.parametrize("amount,left", [(3, 7), (10, 0), (0, 10)])
        def test_left(self, account, amount, left):
            assert account.withdraw(amount) == left

        def test_too_much(self, account):
            with pytest.raises(NotEnough):
                account.withdraw(11)

    """,
  ]
}

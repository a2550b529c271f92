"""Parser of the `$filter` language of the Table service.

Words are lower-case, `not` covers the comparison that follows it, `and` binds closer than `or`. Functions and
arithmetic are not part of the service's language.
"""

from __future__ import annotations

from functools import lru_cache

from funchost.errors import StorageError
from funchost.storage.odata.expression import COMPARISONS, Both, Comparison, Either, Expression, Literal, Not, Property
from funchost.storage.odata.lexer import Token, invalid_filter, tokens_of

_DEEPEST = 50
_WORDS = frozenset({"and", "or", "not", "null", *COMPARISONS})
_ARITHMETIC = frozenset({"add", "sub", "mul", "div", "mod"})


@lru_cache(maxsize=256)
def parse_filter(text: str) -> Expression | None:
    """Return the expression of a filter, None if it is empty; the same text is parsed once.

    Raises StorageError: InvalidInput (400) with the place of a fault, NotImplemented (501) for OData that the service
    does not know either: functions and arithmetic.
    """
    tokens = tokens_of(text)
    if not tokens[0].text:
        return None
    parser = _Parser(text, tokens)
    expression = parser.condition(parser.either(0))
    parser.expect_end()
    return expression


class _Parser:
    """One method per level of precedence."""

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self._text = text
        self._tokens = tokens
        self._next = 0

    def either(self, depth: int) -> Expression:
        parts = [self._both(depth)]
        while self._take("or"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(map(self.condition, parts)))

    def condition(self, node: Expression) -> Expression:
        """Return what stands where a condition must, which only Booleans do alone."""
        if isinstance(node, Literal) and not isinstance(node.value.value, bool):
            raise self._fault("a value is compared with nothing.")
        return node

    def expect_end(self) -> None:
        token = self._token
        if token.text:
            raise self._fault(f"{token.text!r} was not expected.")

    def _both(self, depth: int) -> Expression:
        parts = [self._negated(depth)]
        while self._take("and"):
            parts.append(self._negated(depth))
        return parts[0] if len(parts) == 1 else Both(tuple(map(self.condition, parts)))

    def _negated(self, depth: int) -> Expression:
        opposite = False
        while self._take("not"):
            opposite = not opposite
        part = self._comparison(depth)
        return Not(self.condition(part)) if opposite else part

    def _comparison(self, depth: int) -> Expression:
        left = self._operand(depth)
        operator = self._token.text
        if operator in _ARITHMETIC:
            raise _not_implemented(f"The operator '{operator}'")
        if operator not in COMPARISONS:
            return left
        self._next += 1
        return Comparison(operator, self._comparable(left), self._comparable(self._operand(depth)))

    def _operand(self, depth: int) -> Expression:
        if depth > _DEEPEST:
            raise self._fault(f"more than {_DEEPEST} parentheses within each other.")
        if self._take("("):
            inner = self.either(depth + 1)
            if not self._take(")"):
                raise self._fault("a closing parenthesis is missing.")
            return inner
        token = self._token
        if token.value is None and (token.text in _WORDS or not token.text.isidentifier()):
            raise self._fault(f"a property or a value is missing{f' before {token.text!r}' if token.text else ''}.")
        self._next += 1
        if token.value is not None:
            return Literal(token.value)
        if self._token.text == "(":
            raise _not_implemented(f"The function '{token.text}'")
        return Property(token.text)

    def _comparable(self, node: Expression) -> Property | Literal:
        if not isinstance(node, Property | Literal):
            raise self._fault("only properties and values can be compared.")
        return node

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _take(self, text: str) -> bool:
        taken = self._token.text == text and self._token.value is None
        self._next += taken
        return taken

    def _fault(self, reason: str) -> StorageError:
        return invalid_filter(self._text, self._token.at, reason)


def _not_implemented(what: str) -> StorageError:
    return StorageError(
        "NotImplemented",
        f"{what} is not implemented in filters; there are eq, ne, gt, ge, lt, le, and, or, not.",
        501,
    )

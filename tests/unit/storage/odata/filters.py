"""Filters and keys for property-based tests."""

from __future__ import annotations

from hypothesis import strategies as st

KEYS = st.text(st.sampled_from("ab\uffff\U0001f600'"), max_size=2)
COMPARISON = st.builds(
    lambda name, operator, value, mirrored: f"{value} {operator} {name}" if mirrored else f"{name} {operator} {value}",
    st.sampled_from(["PartitionKey", "RowKey", "Age"]),
    st.sampled_from(["eq", "ne", "gt", "ge", "lt", "le"]),
    KEYS.map(lambda key: "'" + key.replace("'", "''") + "'") | st.just("5"),
    st.booleans(),
)
FILTER = st.recursive(
    COMPARISON,
    lambda inner: (
        st.builds(lambda left, word, right: f"({left} {word} {right})", inner, st.sampled_from(["and", "or"]), inner)
        | inner.map(lambda part: f"not ({part})")
    ),
    max_leaves=6,
)

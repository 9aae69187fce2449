"""Typed columns of a table, and one profile of them that all metrics on columns and pairs of columns share.

How to build on it:

- A metric subclasses `operators.tabular._profiled.ProfileComparison` (or `Profiled` and `engine.metric.Metric`) and says
  ``between(subject, reference)``: the profile is folded, stored and merged once, however many metrics read it.
- ``kinds_of(reference, subject)`` (`operators.table.kinds`) gives the kind of each column: the plan's ``types`` or what the
  whole table's cells say. A kind is for value time; nothing in a fold may depend on what is found in one batch.
- `operators.table.aligned` puts a column of two sides over the same cells (`ordered`, `categories`); `Profile.table` has the
  counts of pairs of codes, `operators.table.pairs` what is made of them, ``Profile.products`` the exact sums behind
  correlations.
- What needs the cells themselves (models, attacks, distances) reads ``row`` in a fold or feature of its own and turns columns
  into numbers, times and texts with `operators.table.observe.observe`, with the plan's kind from ``observe.declared(field)``.
"""

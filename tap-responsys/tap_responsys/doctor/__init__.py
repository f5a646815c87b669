"""Pre-flight and coverage: what is wrong with a set-up, what is missing, and what to do about it.

Facts are gathered at the edge (`gather`), judged by functions over plain data (`examine` and what it calls),
and shown as text or JSON (`report`, `document`).
"""

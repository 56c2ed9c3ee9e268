"""How Hypothesis runs for `make mutants`: fewer examples, always the same, and no shrinking of what fails."""

from __future__ import annotations

import hypothesis

hypothesis.settings.register_profile(
    "mutants",
    deadline=None,
    database=None,
    derandomize=True,
    max_examples=50,
    phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
)

"""HTTP to the outside, safely: which addresses are allowed, and how much of an answer is read."""

"""Other programs that answer the same questions, and servers that only send bytes, to compare with."""
